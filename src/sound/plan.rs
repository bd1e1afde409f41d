//! What is tried, and in which order, until something sounds.

use super::card::{Card, Choice};

/// ALSA's name of the PCM that the system's settings choose.
pub(super) const DEFAULT: &str = "default";

/// One way to open a PCM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Try {
    /// ALSA's name.
    pub(super) pcm: String,
    /// The same by the card's number now, for systems whose ALSA lists no ids.
    pub(super) numbered: Option<String>,
    /// Only at the wanted rate.
    pub(super) exact: bool,
    /// ALSA may convert rate, format and channels.
    pub(super) converts: bool,
}

/// Something to play on, with the ways to open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What a person calls it.
    pub(super) name: String,
    /// The card's id, where it is a card.
    pub(super) card: Option<String>,
    /// In order.
    pub(super) tries: Vec<Try>,
}

/// The choice, then `default`, then every other card, best first: any sound is better
/// than none. The silent device has no candidates.
pub(super) fn plan(cards: &[Card], choice: &Choice) -> Vec<Candidate> {
    let first = match choice {
        Choice::Silent => return Vec::new(),
        Choice::Default => default_pcm(),
        Choice::Card { card, device, converted } => of_card(card, *device, *converted),
        Choice::Pcm(name) => named(name, name),
    };
    let mut plan = vec![first];
    let others = cards.iter().map(|card| of_card(card, card.device, false));
    for candidate in std::iter::once(default_pcm()).chain(others) {
        let same = |c: &Candidate| c.card == candidate.card && c.name == candidate.name;
        if !plan.iter().any(same) {
            plan.push(candidate);
        }
    }
    plan
}

fn default_pcm() -> Candidate {
    named("ALSA's default", DEFAULT)
}

fn named(name: &str, pcm: &str) -> Candidate {
    let only = Try { pcm: pcm.to_owned(), numbered: None, exact: false, converts: true };
    Candidate { name: name.to_owned(), card: None, tries: vec![only] }
}

/// `hw:` at the wanted rate; else `plughw:`, which converts rate, format and channels;
/// else `sysdefault:`, which does it for the screens of a Pi too, whose format (IEC 958
/// subframes) `plughw:` does not know (raspberrypi/linux issues 3043 and 6015); at last
/// `hw:` at the nearest rate.
fn of_card(card: &Card, device: u32, converted: bool) -> Candidate {
    let at = |prefix: &str, exact| Try {
        pcm: format!("{prefix}:CARD={},DEV={device}", card.id),
        numbered: Some(format!("{prefix}:CARD={},DEV={device}", card.index)),
        exact,
        converts: prefix != "hw",
    };
    let system = Try {
        pcm: format!("sysdefault:CARD={}", card.id),
        numbered: None,
        exact: false,
        converts: true,
    };
    let tries = if converted {
        vec![at("plughw", false)]
    } else {
        vec![at("hw", true), at("plughw", false), system, at("hw", false)]
    };
    Candidate { name: card.name.clone(), card: Some(card.id.clone()), tries }
}

#[cfg(test)]
mod tests {
    use super::super::card::{CardKind, choose};
    use super::*;

    fn cards() -> Vec<Card> {
        let card = |index, id: &str, kind| Card {
            index,
            id: id.to_owned(),
            driver: String::new(),
            name: format!("The {id}"),
            kind,
            device: 0,
        };
        vec![card(3, "U192k", CardKind::Usb), card(0, "Headphones", CardKind::Headphones)]
    }
    fn order(wanted: Option<&str>) -> Vec<String> {
        let cards = cards();
        let choice = choose(&cards, wanted).unwrap();
        plan(&cards, &choice).into_iter().map(|c| c.tries[0].pcm.clone()).collect()
    }

    #[test]
    fn the_best_card_comes_first_then_default_then_the_rest() {
        let all = ["hw:CARD=U192k,DEV=0", "default", "hw:CARD=Headphones,DEV=0"];
        assert_eq!(order(None), all);
    }

    #[test]
    fn what_was_asked_for_comes_first_and_nothing_is_tried_twice() {
        let all = ["hw:CARD=Headphones,DEV=0", "default", "hw:CARD=U192k,DEV=0"];
        assert_eq!(order(Some("headphones")), all);
        assert_eq!(order(Some("default")).len(), 3);
        assert_eq!(order(Some("gone"))[..2], ["gone", "default"]);
        assert!(order(Some("null")).is_empty());
    }

    #[test]
    fn a_card_is_opened_as_it_is_before_alsa_may_convert() {
        let cards = cards();
        let plan = plan(&cards, &choose(&cards, None).unwrap());
        let tries: Vec<_> =
            plan[0].tries.iter().map(|t| (t.pcm.as_str(), t.exact, t.converts)).collect();
        let expected = [
            ("hw:CARD=U192k,DEV=0", true, false),
            ("plughw:CARD=U192k,DEV=0", false, true),
            ("sysdefault:CARD=U192k", false, true),
            ("hw:CARD=U192k,DEV=0", false, false),
        ];
        assert_eq!(tries, expected);
        assert_eq!(plan[0].tries[0].numbered.as_deref(), Some("hw:CARD=3,DEV=0"));
    }

    #[test]
    fn plughw_in_a_setting_is_taken_at_its_word() {
        let cards = cards();
        let plan = plan(&cards, &choose(&cards, Some("plughw:CARD=U192k,DEV=1")).unwrap());
        let pcms: Vec<_> = plan[0].tries.iter().map(|t| t.pcm.as_str()).collect();
        assert_eq!(pcms, ["plughw:CARD=U192k,DEV=1"]);
    }
}
