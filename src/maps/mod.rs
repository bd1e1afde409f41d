//! Note maps: which slot a module's MIDI note strikes.
//!
//! A map is a TOML file, ours (in the program itself, [`BUILT_IN`]) or the user's:
//! ```toml
//! name = "mine"                              # else the file's name
//! ports = ["TD-*"]                           # names of MIDI ports that it is chosen for
//! mask_ms = 15                               # retrigger mask, 0 to 100; else 0
//! mask_below = 0.5                           # see below, 0 to 1; else 0.5
//! grab_below = 40                            # see below, 0 to 127; else 40
//! [notes]
//! 36 = "kick"                                # a slot
//! 22 = { slot = "hihat.edge", openness = 0.0 } # how open the note says the hi-hat is
//! 44 = { slot = "hihat.pedal", open = "hihat.splash" } # another slot where the pedal is open
//! 67 = { choke = "crash1" }                  # grabs that pad, and its note-off lets go
//! [slot.kick]                                # a mask of its own, for zones as for pads
//! mask_ms = 90
//! [pedal]                                    # the hi-hat's pedal
//! cc = 4                                     # controller, 0 to 127; else 4
//! open = 0                                   # its value when open; else 0
//! closed = 127                               # its value when fully closed; else "auto"
//! foot = "sent"                              # or "from-pedal"; else "sent"
//! ```
//! Notes that a map does not name strike the slot `note.N`. Where several notes strike
//! one slot, the one that stands first in the file is the slot's main note
//! ([`NoteMap::main_note`]).
//!
//! - A hit on the slot that was last struck less than `mask_ms` before, and at less than
//!   `mask_below` of its velocity, is a retrigger of the pad.
//! - A hit softer than `grab_below` on a pad that is being grabbed is the hand, not the stick.
//! - `closed = "auto"`: the pedal's range and polarity are found while it is played
//!   ([`Pedal::auto`]).
//! - `foot = "from-pedal"`: for modules that send no note for the foot, or one that is always
//!   as hard; chicks then come from the pedal's speed.

mod ports;
mod read;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use crate::words::{Problem, Slot};

/// The maps in the program, by name, those before others that are chosen first by a port.
pub const BUILT_IN: [&str; 9] = [
    "gm",
    "roland",
    "yamaha-dtxplorer",
    "yamaha-dtx502",
    "alesis-strike",
    "alesis-nitro",
    "efnote",
    "2box",
    "simmons",
];

/// Their files, in the same order.
const TEXTS: [&str; 9] = [
    include_str!("gm.toml"),
    include_str!("roland.toml"),
    include_str!("yamaha-dtxplorer.toml"),
    include_str!("yamaha-dtx502.toml"),
    include_str!("alesis-strike.toml"),
    include_str!("alesis-nitro.toml"),
    include_str!("efnote.toml"),
    include_str!("2box.toml"),
    include_str!("simmons.toml"),
];

/// Longest retrigger mask, in ms: sixteenth notes at 150 BPM are 100 ms apart.
pub const LONGEST_MASK_MS: f64 = 100.0;

/// What a module's notes strike.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteMap {
    /// What a person calls it.
    pub name: String,
    /// Names of MIDI ports that it is chosen for, as patterns: `*` is any text, `?` any one
    /// character, and case does not matter.
    pub ports: Vec<String>,
    /// What each note strikes; `None`: its own slot `note.N`.
    pub notes: [Option<Mapped>; 128],
    /// Notes that grab a pad instead of striking it: any zone of it.
    pub chokes: [Option<Slot>; 128],
    /// The notes that strike, in the order of the file.
    pub order: Vec<u8>,
    /// The hi-hat's pedal.
    pub pedal: Pedal,
    /// A hit on the same slot within this many milliseconds of the last one, 0..=100, is a
    /// retrigger of the pad where it is soft enough; 0 masks nothing.
    pub mask_ms: f32,
    /// The same for slots of their own.
    pub masks: BTreeMap<Slot, f32>,
    /// Only what has less than this part of the last hit's velocity is a retrigger, 0..=1.
    pub mask_below: f32,
    /// Hits softer than this on a pad that is being grabbed are held back, 0..=127.
    pub grab_below: f32,
}

/// What one note strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mapped {
    /// The slot.
    pub slot: Slot,
    /// How open the note itself says that the hi-hat is, 0 closed … 1 open.
    pub openness: Option<f32>,
    /// What it strikes instead where the pedal is more than half open.
    pub open: Option<Slot>,
}

impl Mapped {
    /// A note that always strikes this slot, and says nothing of the hi-hat.
    pub fn new(slot: Slot) -> Self {
        Self { slot, openness: None, open: None }
    }
}

/// The controller of the hi-hat's pedal. `open` and `closed` differ; either may be the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pedal {
    /// Controller number, 0..=127.
    pub cc: u8,
    /// Value at which the hi-hat is fully open, 0..=127.
    pub open: u8,
    /// Value at which it is fully closed, 0..=127.
    pub closed: u8,
    /// Whether these ends are only where it begins: a value beyond the greater one makes it
    /// 127, and notes that contradict the pedal make the ends change places.
    pub auto: bool,
    /// Whether the foot's own hits come from the pedal's speed.
    pub from_speed: bool,
}

impl Default for Pedal {
    /// Found by itself, beginning at the two ranges that there are in the field: Roland's
    /// modules close at 90 or at 127 (MIDI implementation of the TD-27, "HH CC MAX"), all
    /// others at 127, and all are 0 open as they leave the factory.
    fn default() -> Self {
        Self { cc: 4, open: 0, closed: 90, auto: true, from_speed: false }
    }
}

impl Pedal {
    /// The openness of a controller value: 0 closed … 1 open, straight between the two
    /// ends and constant beyond them.
    pub fn openness(&self, cc_value: u8) -> f32 {
        let [value, open, closed] = [cc_value, self.open, self.closed].map(f32::from);
        ((value - closed) / (open - closed)).clamp(0.0, 1.0).abs()
    }

    /// The same pedal with these ends, 0..=127, which must differ. Who gives the closed end
    /// knows the range: it is looked for no more. An end that is not given stays, or is the
    /// far one where it would be on the same side as the other.
    pub fn with_ends(self, open: Option<u8>, closed: Option<u8>) -> Pedal {
        let apart = |from: u8, other: u8| match (from < 64) == (other < 64) {
            true if from < 64 => 127,
            true => 0,
            false => other,
        };
        match (open, closed) {
            (None, None) => self,
            (Some(open), None) => Pedal { open, closed: apart(open, self.closed), ..self },
            (None, Some(closed)) => {
                Pedal { open: apart(closed, self.open), closed, auto: false, ..self }
            }
            (Some(open), Some(closed)) => Pedal { open, closed, auto: false, ..self },
        }
    }
}

impl NoteMap {
    /// Reads a map from the text of `file`. An entry with an error is left out; without
    /// TOML there is no map.
    pub fn parse(file: &Path, text: &str) -> (Option<NoteMap>, Vec<Problem>) {
        read::parse(file, text)
    }

    /// This map, and of `base` what this one has no word for.
    pub fn over(&self, base: &NoteMap) -> NoteMap {
        let mut both = self.clone();
        for note in 0..=127u8 {
            let place = usize::from(note);
            if both.notes[place].is_some() || both.chokes[place].is_some() {
                continue;
            }
            both.notes[place] = base.notes[place];
            both.chokes[place] = base.chokes[place];
        }
        let new = base.order.iter().filter(|note| both.notes[usize::from(**note)].is_some());
        let new: Vec<u8> = new.filter(|note| !self.order.contains(note)).copied().collect();
        both.order.extend(new);
        both
    }

    /// The text of a file that [`NoteMap::parse`] reads as this map, without remarks.
    pub fn to_toml(&self) -> String {
        write::text(self)
    }

    /// Whether it is for a MIDI port of this name, client and port as in `TD-17:TD-17 MIDI 1`.
    pub fn is_for(&self, port: &str) -> bool {
        self.ports.iter().any(|pattern| ports::matches(pattern, port))
    }

    /// The built-in map of this name.
    pub fn named(name: &str) -> Option<NoteMap> {
        let index = BUILT_IN.iter().position(|&n| n == name)?;
        Self::parse(Path::new(name), TEXTS.get(index)?).0
    }

    /// The map of General MIDI, where nothing else is said.
    pub fn gm() -> NoteMap {
        Self::named("gm").expect("gm.toml in the program is TOML; a test reads it")
    }

    /// The built-in map that is chosen for a MIDI port of this name, client and port as in
    /// `TD-17:TD-17 MIDI 1`; `None` where no map knows it.
    pub fn for_port(name: &str) -> Option<NoteMap> {
        BUILT_IN.into_iter().filter_map(Self::named).find(|map| map.is_for(name))
    }

    /// The built-in map of this name, or the map in this file.
    pub fn find(name_or_path: &str) -> (Option<NoteMap>, Vec<Problem>) {
        if let Some(map) = Self::named(name_or_path) {
            return (Some(map), Vec::new());
        }
        let file = Path::new(name_or_path);
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(file, &text),
            Err(error) => {
                let built_in = BUILT_IN.join(", ");
                let what = format!(
                    "neither a built-in note map ({built_in}) nor a file that can be read ({error})"
                );
                (None, vec![Problem::error(file, what)])
            }
        }
    }

    /// The retrigger mask of a slot, in milliseconds.
    pub fn mask_of(&self, slot: Slot) -> f32 {
        self.masks.get(&slot).copied().unwrap_or(self.mask_ms)
    }

    /// The first note of the file that strikes what this one strikes, at the same
    /// openness: the main note of its slot. `None` where the map does not name the note.
    pub fn main_note(&self, note: u8) -> Option<u8> {
        let mapped = (*self.notes.get(usize::from(note))?)?;
        self.order.iter().copied().find(|&n| self.notes[usize::from(n)] == Some(mapped))
    }
}

#[cfg(test)]
mod tests;
