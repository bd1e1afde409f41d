//! Reading a kit.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::files::Finder;
use super::notes::seats;
use super::samples::Reader;
use super::shaping::{shape, tune};
use crate::kit::plan::{ArticulationPlan, GAIN_DB, SoundPlan};
use crate::kit::{Dynamics, Shape};
use crate::maps::NoteMap;
use crate::words::slot_tables::{SlotTable as SlotEntry, slot_tables};
use crate::words::spec::{Document, Table};
use crate::words::{Problem, Slot, SlotSet};

/// What a kit.toml says.
#[derive(Debug)]
pub struct Description {
    /// What a person calls the kit.
    pub name: Option<String>,
    /// Its fixed program number, 0..=127.
    pub program: Option<u8>,
    /// Reads the numbers in its file names.
    pub map: NoteMap,
    /// Remove the silence before each onset.
    pub trim: Option<bool>,
    /// Keep every recording as 16-bit.
    pub compact: bool,
    /// Level of the whole kit in dB.
    pub gain_db: f32,
    /// Semitones of the whole kit.
    pub tune: f32,
    /// How velocity becomes loudness where a slot does not say it.
    pub dynamics: Option<Dynamics>,
    /// Its slots.
    pub slots: Vec<SlotTable>,
}

/// A `[slot.X]` table.
#[derive(Debug)]
pub struct SlotTable {
    /// The slot as it is written; `note.N` is not yet read with the map.
    pub slot: Slot,
    /// Where it stands in the text, in bytes.
    pub offset: usize,
    /// Its articulations; `None` where it names no recordings.
    pub articulations: Option<Vec<ArticulationPlan>>,
    gain_db: f32,
    pan: f32,
    tune: f32,
    choke: Option<String>,
    choke_self: bool,
    chokes: SlotSet,
    dynamics: Option<Dynamics>,
    shape: Shape,
}

const DYNAMICS: [(&str, Dynamics); 2] = [("layers", Dynamics::Layers), ("level", Dynamics::Level)];

/// Forms in memory, and whether they are compact.
const MEMORY: [(&str, bool); 2] = [("as-recorded", false), ("compact", true)];

/// The maps that kits may be numbered by.
const NOTES: [(&str, &str); 2] = [("gm", "gm"), ("roland", "roland")];

/// Keys of a slot that name recordings.
const RECORDINGS: [&str; 3] = ["samples", "layers", "articulations"];

/// Reads the text of `file`, which describes the kit in `folder`.
pub fn read(folder: &Path, file: &Path, text: &str) -> (Option<Description>, Vec<Problem>) {
    let finder = Finder::new(folder);
    Document::read(file, text, |top| {
        let name = top.string("name");
        // Told to people who look into the file; the module does not need them.
        for key in ["author", "license", "description"] {
            top.string(key);
        }
        let mut description = Description {
            name,
            program: program(top),
            map: top.choice("notes", &NOTES).and_then(NoteMap::named).unwrap_or_else(NoteMap::gm),
            trim: top.boolean("trim"),
            compact: top.choice("memory", &MEMORY).unwrap_or(false),
            gain_db: top.number("gain_db", GAIN_DB[0]..=GAIN_DB[1]).unwrap_or(0.0) as f32,
            tune: tune(top, 0.0),
            dynamics: top.choice("dynamics", &DYNAMICS),
            slots: Vec::new(),
        };
        if let Some(table) = top.table("slot") {
            description.slots = slots(&table, &finder, description.tune, description.dynamics);
        }
        description
    })
}

fn program(top: &Table) -> Option<u8> {
    top.integer("program", 0..=127).and_then(|program| u8::try_from(program).ok())
}

/// Only the name and the program number of a kit.toml, for lists; mistakes are said when
/// the kit is read.
pub fn head(file: &Path, text: &str) -> (Option<String>, Option<u8>) {
    let read = |top: &Table| (top.string("name"), program(top));
    Document::read(file, text, read).0.unwrap_or_default()
}

/// What stands in for a missing description: nothing but the General MIDI map.
impl Default for Description {
    fn default() -> Self {
        Self {
            name: None,
            program: None,
            map: NoteMap::gm(),
            trim: None,
            compact: false,
            gain_db: 0.0,
            tune: 0.0,
            dynamics: None,
            slots: Vec::new(),
        }
    }
}

impl Description {
    /// Whether any slot names its recordings; else the names of the files do.
    pub fn names_recordings(&self) -> bool {
        self.slots.iter().any(|slot| slot.articulations.is_some())
    }

    /// The sounds of the slots that name their recordings, in the order of the slots.
    pub fn sounds(&mut self) -> Vec<SoundPlan> {
        let tables = std::mem::take(&mut self.slots);
        let sounding = |t: &&SlotTable| t.articulations.as_ref().is_some_and(|a| !a.is_empty());
        let slots = || tables.iter().filter(sounding).map(|table| table.slot);
        let named: BTreeSet<Slot> = slots().filter(|slot| slot.note().is_none()).collect();
        let notes: BTreeSet<u8> = slots().filter_map(Slot::note).collect();
        let seats = seats(&self.map, &notes, &named, false);
        let mut sounds = BTreeMap::new();
        for mut table in tables {
            let articulations = table.articulations.take().unwrap_or_default();
            if articulations.is_empty() {
                continue;
            }
            let seat = table.slot.note().and_then(|note| seats.get(&note));
            let mut sound = match seat {
                Some(seat) => seat.sound(articulations),
                None => SoundPlan::new(table.slot, articulations),
            };
            table.adjust(&mut sound);
            sounds.insert((sound.slot, sound.note), sound);
        }
        sounds.into_values().collect()
    }

    /// Applies the kit's own level, tuning and dynamics.
    pub fn adjust(&self, sound: &mut SoundPlan) {
        let [low, high] = GAIN_DB;
        sound.gain_db = (sound.gain_db + self.gain_db).clamp(low as f32, high as f32);
        sound.tune += self.tune;
        sound.dynamics = sound.dynamics.or(self.dynamics);
    }
}

impl SlotTable {
    /// Gives a sound this table's settings.
    pub fn adjust(&self, sound: &mut SoundPlan) {
        sound.gain_db = self.gain_db;
        sound.pan = self.pan;
        sound.tune = self.tune;
        sound.choke.clone_from(&self.choke);
        sound.choke_self = self.choke_self;
        sound.chokes = self.chokes;
        sound.dynamics = self.dynamics;
        sound.shape = self.shape;
    }
}

/// `tune`: semitones of the whole kit; `dynamics`: what holds where a slot does not say it.
fn slots(all: &Table, finder: &Finder, tune: f32, dynamics: Option<Dynamics>) -> Vec<SlotTable> {
    let entries = slot_tables(all);
    let names_recordings =
        |(_, _, table): &SlotEntry| table.entries().any(|(key, ..)| RECORDINGS.contains(&key));
    let required = entries.iter().any(names_recordings);
    let above = Above { finder, required, tune, dynamics };
    let read = |(slot, offset, table): SlotEntry| slot_table(slot, offset, &table, &above);
    entries.into_iter().map(read).collect()
}

/// What a slot's table is read with.
struct Above<'a> {
    finder: &'a Finder<'a>,
    /// Whether the slot must name its recordings.
    required: bool,
    /// Semitones of the whole kit.
    tune: f32,
    /// How velocity becomes loudness where the slot does not say it.
    dynamics: Option<Dynamics>,
}

fn slot_table(slot: Slot, offset: usize, table: &Table, above: &Above) -> SlotTable {
    let [low, high] = GAIN_DB;
    let present: Vec<&str> =
        RECORDINGS.into_iter().filter(|key| table.get(key).is_some()).collect();
    if present.len() > 1 {
        let what = format!(
            "[slot.{slot}] names its recordings by {}; only one of them is allowed",
            present.join(" and by ")
        );
        table.error_at(offset, what);
    }
    if present.is_empty() && above.required {
        let what =
            format!("[slot.{slot}] names no recordings; allowed: samples, layers or articulations");
        table.error_at(offset, what);
    }
    let number = |key, range| table.number(key, range).unwrap_or(0.0) as f32;
    let (gain_db, pan) = (number("gain_db", low..=high), number("pan", -1.0..=1.0));
    let own_tune = tune(table, above.tune);
    let dynamics = table.choice("dynamics", &DYNAMICS);
    let by_loudness = dynamics.or(above.dynamics) == Some(Dynamics::Level);
    let reader = Reader { finder: above.finder, slot, tune: above.tune + own_tune, by_loudness };
    let articulations = match present.first().copied() {
        None => None,
        Some("articulations") => Some(reader.articulations(table)),
        Some(_) => Some(reader.choice(table).map(ArticulationPlan::whole).into_iter().collect()),
    };
    let read = SlotTable {
        slot,
        offset,
        articulations,
        gain_db,
        pan,
        tune: own_tune,
        choke: table.string("choke"),
        choke_self: table.boolean("choke_self").unwrap_or(false),
        chokes: chokes(table),
        dynamics,
        shape: shape(table),
    };
    table.finish();
    read
}

/// `chokes`: the slots whose sounds this one ends.
fn chokes(table: &Table) -> SlotSet {
    let mut set = SlotSet::default();
    let list = table.get("chokes").and_then(|value| value.array("chokes"));
    for value in list.into_iter().flatten() {
        let Some(name) = value.string("chokes") else { continue };
        match Slot::from_name(&name) {
            Some(slot) => set.add(slot),
            None => value.error(Slot::unknown(&name)),
        }
    }
    set
}
