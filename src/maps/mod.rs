//! Note maps: which slot a module's MIDI note strikes.
//!
//! A map is a TOML file, ours (in the program itself, [`BUILT_IN`]) or the user's:
//! ```toml
//! name = "mine"                              # else the file's name
//! mask_ms = 8                                # retrigger mask, 0 to 100; else 0
//! [notes]
//! 36 = "kick"                                # a slot
//! 22 = { slot = "hihat.edge", openness = 0.0 } # how open the note says the hi-hat is
//! [pedal]                                    # the hi-hat's pedal
//! cc = 4                                     # controller, 0 to 127; else 4
//! open = 0                                   # its value when open; else 0
//! closed = 127                               # its value when fully closed; else 127
//! ```
//! Notes that a map does not name strike the slot `note.N`. Where several notes strike
//! one slot, the one that stands first in the file is the slot's main note
//! ([`NoteMap::main_note`]).

use std::path::Path;

use crate::words::spec::{Document, Table, Value};
use crate::words::{Problem, Slot};

/// The maps in the program, by name.
pub const BUILT_IN: [&str; 2] = ["gm", "roland"];

/// Their files, in the same order.
const TEXTS: [&str; 2] = [include_str!("gm.toml"), include_str!("roland.toml")];

/// Longest retrigger mask a map may ask for, in ms: sixteenth notes at 150 BPM are 100 ms apart.
const LONGEST_MASK_MS: f64 = 100.0;

/// What a module's notes strike.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteMap {
    /// What a person calls it.
    pub name: String,
    /// What each note strikes; `None`: its own slot `note.N`.
    pub notes: [Option<Mapped>; 128],
    /// The notes it names, in the order of the file.
    pub order: Vec<u8>,
    /// The hi-hat's pedal.
    pub pedal: Pedal,
    /// A hit on the same note within this many milliseconds of the last one is a
    /// retrigger of the pad and is masked; 0 masks nothing.
    pub mask_ms: f32,
}

/// What one note strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mapped {
    /// The slot.
    pub slot: Slot,
    /// How open the note itself says that the hi-hat is, 0 closed … 1 open.
    pub openness: Option<f32>,
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
}

impl Default for Pedal {
    fn default() -> Self {
        Self { cc: 4, open: 0, closed: 127 }
    }
}

impl Pedal {
    /// The openness of a controller value: 0 closed … 1 open, straight between the two
    /// ends and constant beyond them.
    pub fn openness(&self, cc_value: u8) -> f32 {
        let [value, open, closed] = [cc_value, self.open, self.closed].map(f32::from);
        ((value - closed) / (open - closed)).clamp(0.0, 1.0)
    }
}

impl NoteMap {
    /// Reads a map from the text of `file`. An entry with an error is left out; without
    /// TOML there is no map.
    pub fn parse(file: &Path, text: &str) -> (Option<NoteMap>, Vec<Problem>) {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        Document::read(file, text, |top| {
            let mut map = NoteMap {
                name: top.string("name").unwrap_or_else(|| stem.clone().into_owned()),
                notes: [None; 128],
                order: Vec::new(),
                pedal: Pedal::default(),
                mask_ms: top.number("mask_ms", 0.0..=LONGEST_MASK_MS).unwrap_or(0.0) as f32,
            };
            if let Some(table) = top.table("pedal") {
                map.pedal = pedal(&table);
            }
            match top.table("notes") {
                Some(table) => map.read_notes(&table),
                None if top.get("notes").is_none() => {
                    top.error_at(0, "there is no [notes] table with lines such as 36 = \"kick\"");
                }
                None => {}
            }
            map
        })
    }

    fn read_notes(&mut self, table: &Table) {
        let mut entries: Vec<_> = table.entries().collect();
        entries.sort_by_key(|&(_, _, offset)| offset);
        for (key, value, offset) in entries {
            let note = key.parse::<u8>().ok().filter(|&note| note < 128);
            let Some(note) = note else {
                table.error_at(offset, format!("'{key}' is not a note; allowed: 0 to 127"));
                continue;
            };
            if self.order.contains(&note) {
                table.error_at(offset, format!("note {note} stands here a second time"));
            } else if let Some(mapped) = mapped(key, value) {
                self.notes[usize::from(note)] = Some(mapped);
                self.order.push(note);
            }
        }
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

    /// The first note of the file that strikes what this one strikes, at the same
    /// openness: the main note of its slot. `None` where the map does not name the note.
    pub fn main_note(&self, note: u8) -> Option<u8> {
        let mapped = (*self.notes.get(usize::from(note))?)?;
        self.order.iter().copied().find(|&n| self.notes[usize::from(n)] == Some(mapped))
    }
}

fn mapped(key: &str, value: Value) -> Option<Mapped> {
    let (name, slot, openness) = if value.is_table() {
        let table = value.table(&format!("notes.{key}"))?;
        let slot = table.get("slot");
        let openness = table.number("openness", 0.0..=1.0);
        table.finish();
        let Some(slot) = slot else {
            value.error(format!("note {key} has no 'slot'"));
            return None;
        };
        (slot.string("slot")?, slot, openness)
    } else {
        (value.string(key)?, value, None)
    };
    let Some(found) = Slot::from_name(&name) else {
        slot.error(Slot::unknown(&name));
        return None;
    };
    if openness.is_some() && !found.is_hihat() {
        value.error(format!("'openness' is for the hi-hat's slots, not for '{found}'"));
    }
    Some(Mapped { slot: found, openness: openness.filter(|_| found.is_hihat()).map(|x| x as f32) })
}

fn pedal(table: &Table) -> Pedal {
    let usual = Pedal::default();
    let read = |key, usual| {
        table.integer(key, 0..=127).and_then(|x| u8::try_from(x).ok()).unwrap_or(usual)
    };
    let pedal = Pedal {
        cc: read("cc", usual.cc),
        open: read("open", usual.open),
        closed: read("closed", usual.closed),
    };
    table.finish();
    if pedal.open == pedal.closed {
        if let Some(value) = table.get("closed").or_else(|| table.get("open")) {
            value.error(format!("'open' and 'closed' are both {}; they must differ", pedal.open));
        }
        return Pedal { cc: pedal.cc, ..usual };
    }
    pedal
}

#[cfg(test)]
mod tests;
