//! What is asked for, in its order.

use crate::app::spoken::in_words;
use crate::words::Slot;

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub slot: Slot,
    /// What the drummer is to do.
    pub kind: Kind,
    /// Whether only larger kits have it.
    pub extra: bool,
}

/// What the drummer is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Hit the slot.
    Strike,
    /// Hit it, a zone of the hi-hat, with the pedal pressed.
    Closed,
    /// With the pedal half pressed.
    Half,
    /// With the pedal let go.
    Open,
    /// Close the hi-hat by foot.
    Chick,
    /// Let it ring by foot.
    Splash,
    /// Press the pedal slowly, and let it come up.
    Sweep,
    /// Grab the cymbal.
    Grab,
}

impl Step {
    /// What a file calls it: `snare.rim`, `hihat.edge open`, `crash1 grabbed`.
    pub fn key(&self) -> String {
        let how = match self.kind {
            Kind::Strike | Kind::Chick | Kind::Splash => "",
            Kind::Closed => " closed",
            Kind::Half => " half",
            Kind::Open => " open",
            Kind::Sweep => " pedal",
            Kind::Grab => " grabbed",
        };
        format!("{}{how}", self.slot)
    }

    /// What is asked about, in a few words: `snare rim`, `hi-hat edge, open`.
    pub fn name(&self) -> String {
        match self.kind {
            Kind::Strike => in_words(self.slot, None),
            Kind::Closed => in_words(self.slot, Some(0.0)),
            Kind::Half => in_words(self.slot, Some(0.5)),
            Kind::Open => in_words(self.slot, Some(1.0)),
            Kind::Chick => "hi-hat, closed by foot".to_owned(),
            Kind::Splash => "hi-hat, splashed by foot".to_owned(),
            Kind::Sweep => "hi-hat pedal".to_owned(),
            Kind::Grab => format!("{}, grabbed", in_words(self.slot, None)),
        }
    }

    /// What the drummer is to do, in words.
    pub fn question(&self) -> String {
        let name = self.slot.to_string();
        let zone = name.split_once('.').map_or("", |(_, zone)| zone);
        let pad = in_words(self.slot.pad(), None);
        let foot = match self.kind {
            Kind::Closed => "press the hi-hat's pedal down, and ",
            Kind::Half => "let the pedal come half way up, and ",
            Kind::Open => "take your foot off the pedal, and ",
            Kind::Chick => return "close the hi-hat with your foot alone".to_owned(),
            Kind::Splash => {
                return "tap the pedal and let it come up at once, so that the hi-hat rings"
                    .to_owned();
            }
            Kind::Sweep => {
                return "take your foot off the pedal, press it slowly all the way down, and let \
                        it slowly come up"
                    .to_owned();
            }
            Kind::Grab => {
                return format!("hit {pad}, grab its edge while it rings, and let go");
            }
            Kind::Strike => "",
        };
        let drum = ["snare", "tom", "aux"].iter().any(|drum| name.starts_with(drum));
        let the = if drum || self.slot.is_hihat() { "the " } else { "" };
        let what = match zone {
            "rim" => format!("hit the rim of the {pad}"),
            "xstick" => format!("lay the stick across the {pad} and hit its rim with it"),
            "edge" => format!("hit the edge of {the}{pad}"),
            "bell" => format!("hit the bell of {the}{pad}"),
            _ if self.slot == Slot::KICK => "press the bass drum's pedal".to_owned(),
            _ if drum => format!("hit the head of the {pad}"),
            _ => format!("hit {the}{pad} on top"),
        };
        format!("{foot}{what}")
    }

    /// Whether a sound can ask for it: one can be played that is the answer's.
    pub fn has_sound(&self) -> bool {
        !matches!(self.kind, Kind::Half | Kind::Sweep | Kind::Grab)
    }

    /// How open the hi-hat is in it.
    pub fn openness(&self) -> f32 {
        match self.kind {
            Kind::Open | Kind::Splash => 1.0,
            Kind::Half => 0.5,
            _ => 0.0,
        }
    }
}

/// Pads in the order in which they are asked for, those of larger kits after the `|`. Zones
/// come behind their pads; `!` is the hand.
const PADS: &str = "kick snare .rim .xstick tom1 .rim tom2 .rim tom3 .rim tom4 .rim hihat \
    crash1 .edge .bell ! crash2 .edge .bell ! ride .bell .edge ! | \
    splash .edge .bell ! china .edge .bell ! tom5 .rim tom6 .rim aux1 .rim aux2 .rim aux3 .rim \
    aux4 .rim aux5 .rim aux6 .rim aux7 .rim aux8 .rim";

/// What is asked of a hi-hat.
const HIHAT: [(&str, Kind); 8] = [
    ("hihat", Kind::Closed),
    ("hihat", Kind::Half),
    ("hihat", Kind::Open),
    ("hihat.edge", Kind::Closed),
    ("hihat.edge", Kind::Open),
    ("hihat.pedal", Kind::Chick),
    ("hihat.splash", Kind::Splash),
    ("hihat", Kind::Sweep),
];

/// Every question.
pub fn all() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut extra, mut pad) = (false, "");
    for word in PADS.split_whitespace() {
        let mut add = |name: &str, kind| {
            steps.extend(Slot::from_name(name).map(|slot| Step { slot, kind, extra }));
        };
        match word {
            "|" => extra = true,
            "!" => add(pad, Kind::Grab),
            "hihat" => HIHAT.iter().for_each(|(name, kind)| add(name, *kind)),
            _ if word.starts_with('.') => add(&format!("{pad}{word}"), Kind::Strike),
            _ => {
                pad = word;
                add(pad, Kind::Strike);
            }
        }
    }
    steps
}

/// The questions that sounds can ask, of the usual kit.
pub fn by_sound() -> Vec<Step> {
    all().into_iter().filter(|step| step.has_sound() && !step.extra).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_slot_with_a_name_is_asked_for_once_and_in_a_way_of_its_own() {
        let steps = all();
        let asked: BTreeSet<Slot> = steps.iter().map(|step| step.slot).collect();
        assert_eq!(asked, Slot::named().collect());
        let keys: BTreeSet<String> = steps.iter().map(Step::key).collect();
        let questions: BTreeSet<String> = steps.iter().map(Step::question).collect();
        assert_eq!((keys.len(), questions.len()), (steps.len(), steps.len()));
    }

    #[test]
    fn questions_are_said_as_people_say_them() {
        let question = |key: &str| {
            all().iter().find(|step| step.key() == key).map(Step::question).unwrap_or_default()
        };
        for (key, words) in [
            ("kick", "press the bass drum's pedal"),
            ("snare.rim", "hit the rim of the snare"),
            ("tom2", "hit the head of the tom 2"),
            ("hihat closed", "press the hi-hat's pedal down, and hit the hi-hat on top"),
            ("hihat.edge open", "take your foot off the pedal, and hit the edge of the hi-hat"),
            ("crash1.bell", "hit the bell of crash 1"),
            ("crash1 grabbed", "hit crash 1, grab its edge while it rings, and let go"),
        ] {
            assert_eq!(question(key), words, "{key}");
        }
    }
}
