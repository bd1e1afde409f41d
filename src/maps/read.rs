//! A map's file.

use std::collections::BTreeMap;
use std::path::Path;

use super::{LONGEST_MASK_MS, Mapped, NoteMap, Pedal};
use crate::words::slot_tables::slot_tables;
use crate::words::spec::{Document, Table, Value};
use crate::words::{Problem, Slot};

/// What less than this part of the last hit's velocity is a retrigger: see roland.toml, where
/// it is measured.
pub(super) const MASK_BELOW: f64 = 0.5;
/// A grabbed cymbal's false hits are soft (corrados/edrumulus#111, where a TD-27 does the
/// same). Of 1 605 strokes on the edges of crashes in the Groove MIDI Dataset less than 1 in
/// 100 are softer than this.
pub(super) const GRAB_BELOW: f64 = 40.0;

pub(super) fn parse(file: &Path, text: &str) -> (Option<NoteMap>, Vec<Problem>) {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    Document::read(file, text, |top| {
        let number = |key, high, usual| top.number(key, 0.0..=high).unwrap_or(usual) as f32;
        let mut map = NoteMap {
            name: top.string("name").unwrap_or_else(|| stem.clone().into_owned()),
            ports: ports(top),
            notes: [None; 128],
            chokes: [None; 128],
            order: Vec::new(),
            pedal: Pedal::default(),
            mask_ms: number("mask_ms", LONGEST_MASK_MS, 0.0),
            masks: top.table("slot").map(|all| masks(&all)).unwrap_or_default(),
            mask_below: number("mask_below", 1.0, MASK_BELOW),
            grab_below: number("grab_below", 127.0, GRAB_BELOW),
        };
        if let Some(table) = top.table("pedal") {
            map.pedal = pedal(&table);
        }
        match top.table("notes") {
            Some(table) => read_notes(&mut map, &table),
            None if top.get("notes").is_none() => {
                top.error_at(0, "there is no [notes] table with lines such as 36 = \"kick\"");
            }
            None => {}
        }
        map
    })
}

fn ports(top: &Table) -> Vec<String> {
    let list = top.get("ports").and_then(|value| value.array("ports"));
    list.into_iter().flatten().filter_map(|value| value.string("ports")).collect()
}

/// The mask of every slot that is named in `[slot]`, by itself or as a zone of its pad.
fn masks(all: &Table) -> BTreeMap<Slot, f32> {
    let mut tables = slot_tables(all);
    // a zone's own mask comes after, and over, its pad's
    tables.sort_by_key(|(slot, ..)| slot.pad() != *slot);
    let mut masks = BTreeMap::new();
    for (slot, _, table) in &tables {
        if let Some(ms) = table.number("mask_ms", 0.0..=LONGEST_MASK_MS) {
            let heirs = Slot::all().filter(|s| s == slot || s.pad() == *slot);
            masks.extend(heirs.map(|heir| (heir, ms as f32)));
        }
        table.finish();
    }
    masks
}

fn read_notes(map: &mut NoteMap, table: &Table) {
    let mut entries: Vec<_> = table.entries().collect();
    entries.sort_by_key(|&(_, _, offset)| offset);
    for (key, value, offset) in entries {
        let note = key.parse::<u8>().ok().filter(|&note| note < 128);
        let Some(note) = note else {
            table.error_at(offset, format!("'{key}' is not a note; allowed: 0 to 127"));
            continue;
        };
        let place = usize::from(note);
        if map.order.contains(&note) || map.chokes[place].is_some() {
            table.error_at(offset, format!("note {note} stands here a second time"));
            continue;
        }
        match entry(key, value) {
            Some(Entry::Strikes(mapped)) => {
                map.notes[place] = Some(mapped);
                map.order.push(note);
            }
            Some(Entry::Grabs(slot)) => map.chokes[place] = Some(slot),
            None => {}
        }
    }
}

enum Entry {
    Strikes(Mapped),
    Grabs(Slot),
}

fn entry(key: &str, value: Value) -> Option<Entry> {
    if !value.is_table() {
        return Some(Entry::Strikes(Mapped::new(slot_of(&value, key)?)));
    }
    let table = value.table(&format!("notes.{key}"))?;
    if let Some(choke) = table.get("choke") {
        table.finish();
        return Some(Entry::Grabs(slot_of(&choke, "choke")?));
    }
    let slot = table.get("slot");
    let openness = table.number("openness", 0.0..=1.0);
    let open = table.get("open");
    table.finish();
    let Some(slot) = slot else {
        value.error(format!("note {key} has no 'slot'"));
        return None;
    };
    let slot = slot_of(&slot, "slot")?;
    if openness.is_some() && !slot.is_hihat() {
        value.error(format!("'openness' is for the hi-hat's slots, not for '{slot}'"));
    }
    let openness = openness.filter(|_| slot.is_hihat()).map(|x| x as f32);
    let open = open.and_then(|value| slot_of(&value, "open"));
    Some(Entry::Strikes(Mapped { slot, openness, open }))
}

fn slot_of(value: &Value, key: &str) -> Option<Slot> {
    let name = value.string(key)?;
    let slot = Slot::from_name(&name);
    if slot.is_none() {
        value.error(Slot::unknown(&name));
    }
    slot
}

fn pedal(table: &Table) -> Pedal {
    let usual = Pedal::default();
    let whole = |key| table.integer(key, 0..=127).and_then(|x| u8::try_from(x).ok());
    let (cc, open) = (whole("cc").unwrap_or(usual.cc), whole("open"));
    let given = table.get("closed").filter(|value| value.as_str() != Some("auto"));
    let closed = given.and_then(|value| {
        let found = value.as_integer().and_then(|x| u8::try_from(x).ok()).filter(|x| *x < 128);
        found.or_else(|| value.wrong("closed", "a whole number from 0 to 127, or \"auto\""))
    });
    let from_speed = table.choice("foot", &[("sent", false), ("from-pedal", true)]);
    table.finish();
    let usual = Pedal { cc, from_speed: from_speed.unwrap_or(usual.from_speed), ..usual };
    let pedal = usual.with_ends(open, closed);
    if pedal.open == pedal.closed {
        if let Some(value) = given {
            value.error(format!("'open' and 'closed' are both {}; they must differ", pedal.open));
        }
        return usual;
    }
    pedal
}
