//! Slots: what a hit strikes and what a kit puts a sound on, the same for all kits.

use std::fmt;

use super::nearest::nearest;

/// One of [`Slot::COUNT`] slots.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u8);

/// The named slots, a pad's head (or bow) before its other zones.
#[rustfmt::skip]
const NAMES: [&str; NAMED] = [
    "kick",
    "snare", "snare.rim", "snare.xstick",
    "tom1", "tom1.rim", "tom2", "tom2.rim", "tom3", "tom3.rim",
    "tom4", "tom4.rim", "tom5", "tom5.rim", "tom6", "tom6.rim",
    "hihat", "hihat.edge", "hihat.pedal", "hihat.splash",
    "crash1", "crash1.edge", "crash1.bell",
    "crash2", "crash2.edge", "crash2.bell",
    "ride", "ride.edge", "ride.bell",
    "splash", "splash.edge", "splash.bell",
    "china", "china.edge", "china.bell",
    "aux1", "aux1.rim", "aux2", "aux2.rim", "aux3", "aux3.rim", "aux4", "aux4.rim",
    "aux5", "aux5.rim", "aux6", "aux6.rim", "aux7", "aux7.rim", "aux8", "aux8.rim",
];
const NAMED: usize = 51;

/// Where a slot without a sound looks next. `closed`: play it as a closed hi-hat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// The slot whose sound is taken.
    pub slot: Slot,
    /// The neighbour is struck at openness 0.
    pub closed: bool,
}

/// The whole fallback table, besides the rules for toms: a slot and its neighbours in
/// order. Zones go to their own head first; a head without a sound goes to its zones
/// last, because a pad is never silent where a neighbour can sound. `closed` names are
/// marked with a `0` behind them.
#[rustfmt::skip]
const FALLBACKS: [(&str, &[&str]); 22] = [
    ("snare",        &["snare.rim", "snare.xstick"]),
    ("snare.rim",    &["snare", "snare.xstick"]),
    ("snare.xstick", &["snare.rim", "snare"]),
    ("hihat",        &["hihat.edge"]),
    ("hihat.edge",   &["hihat"]),
    ("hihat.pedal",  &["hihat 0", "hihat.edge 0"]),
    ("hihat.splash", &["hihat 0", "hihat.edge 0", "hihat.pedal"]),
    ("crash1",       &["crash1.edge", "ride", "crash2", "china", "splash", "crash1.bell"]),
    ("crash1.edge",  &["crash1", "ride", "crash2", "china", "splash", "crash1.bell"]),
    ("crash1.bell",  &["crash1", "crash1.edge", "ride", "crash2", "china", "splash"]),
    ("crash2",       &["crash2.edge", "crash1", "ride", "china", "splash", "crash2.bell"]),
    ("crash2.edge",  &["crash2", "crash1", "ride", "china", "splash", "crash2.bell"]),
    ("crash2.bell",  &["crash2", "crash2.edge", "crash1", "ride", "china", "splash"]),
    ("ride",         &["ride.edge", "ride.bell", "crash1", "crash2", "china", "splash"]),
    ("ride.edge",    &["ride", "ride.bell", "crash1", "crash2", "china", "splash"]),
    ("ride.bell",    &["ride", "ride.edge", "crash1", "crash2", "china", "splash"]),
    ("splash",       &["splash.edge", "crash1", "ride", "crash2", "china", "splash.bell"]),
    ("splash.edge",  &["splash", "crash1", "ride", "crash2", "china", "splash.bell"]),
    ("splash.bell",  &["splash", "splash.edge", "crash1", "ride", "crash2", "china"]),
    ("china",        &["china.edge", "crash1", "ride", "crash2", "splash", "china.bell"]),
    ("china.edge",   &["china", "crash1", "ride", "crash2", "splash", "china.bell"]),
    ("china.bell",   &["china", "china.edge", "crash1", "ride", "crash2", "splash"]),
];

const TOMS: usize = 6;

impl Slot {
    /// How many slots there are: the named ones and one for each MIDI note.
    pub const COUNT: usize = NAMED + 128;
    /// The names a file may use, for the sentence that says what is allowed.
    pub const ALLOWED: &'static str = "kick, snare (.rim .xstick), tom1 to tom6 (.rim), \
        hihat (.edge .pedal .splash), crash1, crash2, ride, splash, china (each .edge .bell), \
        aux1 to aux8 (.rim), note.0 to note.127";
    /// The bass drum.
    pub const KICK: Slot = Slot(0);
    /// The snare's head.
    pub const SNARE: Slot = Slot(1);
    /// The hi-hat's bow.
    pub const HIHAT: Slot = Slot(16);
    /// The foot chick.
    pub const HIHAT_PEDAL: Slot = Slot(18);
    /// The foot splash.
    pub const HIHAT_SPLASH: Slot = Slot(19);
    /// The ride's bow.
    pub const RIDE: Slot = Slot(26);

    /// The slot of a name: `snare.rim`, `note.56`. Case does not matter.
    pub fn from_name(name: &str) -> Option<Slot> {
        let name = name.to_ascii_lowercase();
        if let Some(note) = name.strip_prefix("note.") {
            return note.parse().ok().and_then(Slot::of_note);
        }
        NAMES.iter().position(|&n| n == name).map(|i| Slot(i as u8))
    }

    /// What to say of a name that is no slot: the name, the nearest one if one is near,
    /// and what is allowed.
    pub fn unknown(name: &str) -> String {
        let meant = match nearest(name, NAMES.into_iter()) {
            Some(near) => format!(" (did you mean '{near}'?)"),
            None => String::new(),
        };
        format!("unknown slot '{name}'{meant}; allowed: {}", Self::ALLOWED)
    }

    /// The slot of a MIDI note that no map names. `note` above 127 gives `None`.
    pub fn of_note(note: u8) -> Option<Slot> {
        (note < 128).then(|| Slot(NAMED as u8 + note))
    }

    /// The MIDI note of a `note.N` slot.
    pub fn note(self) -> Option<u8> {
        self.0.checked_sub(NAMED as u8)
    }

    /// 0..[`Slot::COUNT`]. Thread: any; real-time.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Every slot, in order.
    pub fn all() -> impl Iterator<Item = Slot> {
        (0..Self::COUNT).map(|i| Slot(i as u8))
    }

    /// Every slot that has a name of its own, in order.
    pub fn named() -> impl Iterator<Item = Slot> {
        (0..NAMED).map(|i| Slot(i as u8))
    }

    /// Whether it is a tom's head or rim. Thread: any; real-time.
    pub fn is_tom(self) -> bool {
        (4..4 + 2 * TOMS as u8).contains(&self.0)
    }

    /// Whether it belongs to the hi-hat. Thread: any; real-time.
    pub fn is_hihat(self) -> bool {
        (Self::HIHAT.0..=Self::HIHAT_SPLASH.0).contains(&self.0)
    }

    /// The first zone of the same pad: the head of a drum, the bow of a cymbal.
    /// Thread: any; real-time.
    pub fn pad(self) -> Slot {
        match self.0 {
            0 => self,
            1..=3 => Slot::SNARE,
            4..=15 => Slot(4 + (self.0 - 4) / 2 * 2),
            16..=19 => Slot::HIHAT,
            20..=34 => Slot(20 + (self.0 - 20) / 3 * 3),
            35..=50 => Slot(35 + (self.0 - 35) / 2 * 2),
            _ => self,
        }
    }

    /// Where this slot looks for a sound when the kit gives it none, in order. `aux` and
    /// `note.N` have no neighbours besides the zones of the same pad.
    pub fn fallbacks(self) -> Vec<Fallback> {
        let open = |slot| Fallback { slot, closed: false };
        if (4..=15).contains(&self.0) {
            return tom_fallbacks(self).into_iter().map(open).collect();
        }
        if (35..=50).contains(&self.0) {
            let head = self.pad();
            let rim = Slot(head.0 + 1);
            return vec![open(if self == head { rim } else { head })];
        }
        let name = self.to_string();
        let Some((_, chain)) = FALLBACKS.iter().find(|(n, _)| *n == name) else {
            return Vec::new();
        };
        let step = |entry: &&str| {
            let (name, closed) = entry.strip_suffix(" 0").map_or((*entry, false), |n| (n, true));
            Slot::from_name(name).map(|slot| Fallback { slot, closed })
        };
        chain.iter().filter_map(step).collect()
    }
}

/// A rim goes to its head; a head to the nearest tom, the lower number first at equal
/// distance, and only then to rims in the same order.
fn tom_fallbacks(slot: Slot) -> Vec<Slot> {
    let own = usize::from(slot.0 - 4) / 2;
    let mut order: Vec<usize> = (0..TOMS).collect();
    order.sort_by_key(|&tom| (tom.abs_diff(own), tom));
    let head = |tom: &usize| Slot(4 + 2 * *tom as u8);
    let rim = |tom: &usize| Slot(5 + 2 * *tom as u8);
    order.iter().map(head).chain(order.iter().map(rim)).filter(|&s| s != slot).collect()
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match (NAMES.get(self.index()), self.note()) {
            (Some(name), _) => f.write_str(name),
            (None, note) => write!(f, "note.{}", note.unwrap_or_default()),
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Slot({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(name: &str) -> Slot {
        Slot::from_name(name).unwrap_or_else(|| panic!("no slot {name}"))
    }
    fn chain(name: &str) -> Vec<String> {
        let step = |f: Fallback| format!("{}{}", f.slot, if f.closed { " closed" } else { "" });
        slot(name).fallbacks().into_iter().map(step).collect()
    }

    #[test]
    fn every_slot_has_a_name_that_finds_it_again() {
        for s in Slot::all() {
            assert_eq!(Slot::from_name(&s.to_string()), Some(s));
        }
        assert_eq!(Slot::from_name("note.128"), None);
        assert_eq!(Slot::from_name("cowbell"), None);
    }

    #[test]
    fn the_constants_name_what_they_say() {
        for (s, name) in [
            (Slot::KICK, "kick"),
            (Slot::SNARE, "snare"),
            (Slot::HIHAT, "hihat"),
            (Slot::HIHAT_PEDAL, "hihat.pedal"),
            (Slot::HIHAT_SPLASH, "hihat.splash"),
        ] {
            assert_eq!(s.to_string(), name);
        }
    }

    #[test]
    fn the_sentence_of_allowed_names_has_every_pad_and_zone() {
        for s in Slot::named() {
            let name = s.to_string();
            let (pad, zone) = name.split_once('.').unwrap_or((&name, ""));
            let family = pad.trim_end_matches(|c: char| c.is_ascii_digit());
            assert!(Slot::ALLOWED.contains(family), "{name}");
            assert!(zone.is_empty() || Slot::ALLOWED.contains(&format!(".{zone}")), "{name}");
        }
        let said = Slot::unknown("snaer");
        assert!(said.starts_with("unknown slot 'snaer' (did you mean 'snare'?); allowed:"));
    }

    #[test]
    fn every_table_entry_names_slots() {
        for (name, chain) in FALLBACKS {
            assert_eq!(slot(name).fallbacks().len(), chain.len(), "{name}");
        }
    }

    #[test]
    fn a_zone_belongs_to_its_pad() {
        for s in Slot::named() {
            let name = s.to_string();
            assert_eq!(s.pad().to_string(), name.split('.').next().unwrap(), "{name}");
        }
        assert_eq!(slot("note.36").pad(), slot("note.36"));
    }

    #[test]
    fn a_rim_falls_back_to_its_head_and_a_head_to_the_nearest_tom_lower_first() {
        assert_eq!(chain("tom4")[..5], ["tom3", "tom5", "tom2", "tom6", "tom1"]);
        assert_eq!(chain("tom1.rim")[..3], ["tom1", "tom2", "tom3"]);
    }

    #[test]
    fn foot_sounds_fall_back_to_the_closed_hihat() {
        assert_eq!(chain("hihat.pedal")[0], "hihat closed");
        assert_eq!(chain("hihat.splash")[0], "hihat closed");
    }

    #[test]
    fn cymbals_end_at_the_first_crash_and_the_ride() {
        assert_eq!(chain("china")[1..3], ["crash1", "ride"]);
        assert_eq!(chain("crash2")[1..3], ["crash1", "ride"]);
        assert_eq!(chain("snare.xstick"), ["snare.rim", "snare"]);
    }

    #[test]
    fn nothing_falls_back_to_itself_and_kick_and_notes_have_no_neighbours() {
        for s in Slot::all() {
            assert!(s.fallbacks().iter().all(|f| f.slot != s));
        }
        assert!(Slot::KICK.fallbacks().is_empty());
        assert!(slot("note.20").fallbacks().is_empty());
        assert_eq!(chain("aux3.rim"), ["aux3"]);
    }
}
