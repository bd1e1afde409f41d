//! Tables of slots in a file: `[slot.snare]`, `[slot.snare.rim]`, `[slot.note.56]`.

use super::Slot;
use super::spec::{Table, Value};

/// Names of zones, which may be tables below their pad's: `[slot.snare.rim]`.
const ZONES: [&str; 6] = ["rim", "xstick", "edge", "pedal", "splash", "bell"];

/// A slot, where its name stands in the text (in bytes), and its table.
pub type SlotTable<'d, 'a> = (Slot, usize, Table<'d, 'a>);

/// Every slot of the table `slot`, in the order of the text. `[slot.snare.rim]` is the
/// same as `[slot."snare.rim"]`; a name that is no slot, or stands there twice, is reported
/// and left out. A pad that is there only to hold its zones has no table of its own.
pub fn slot_tables<'d, 'a>(all: &Table<'d, 'a>) -> Vec<SlotTable<'d, 'a>> {
    let mut found = Vec::new();
    let mut keys: Vec<_> = all.entries().collect();
    keys.sort_by_key(|&(_, _, offset)| offset);
    for (name, value, offset) in keys {
        gather(all, name, value, offset, &mut found);
    }
    let mut slots: Vec<SlotTable> = Vec::new();
    for (slot, offset, table) in found {
        if slots.iter().any(|(other, ..)| *other == slot) {
            all.error_at(offset, format!("slot '{slot}' stands here a second time; left out"));
        } else {
            slots.push((slot, offset, table));
        }
    }
    slots
}

/// Finds the slots of one key: itself, and its zones or notes where it is a table of tables.
fn gather<'d, 'a>(
    all: &Table,
    name: &str,
    value: Value<'d, 'a>,
    offset: usize,
    found: &mut Vec<SlotTable<'d, 'a>>,
) {
    let path = format!("slot.{name}");
    if name.eq_ignore_ascii_case("note") {
        let Some(table) = value.table(&path) else { return };
        for (note, value, offset) in table.entries() {
            gather(all, &format!("note.{note}"), value, offset, found);
        }
        return;
    }
    let Some(slot) = Slot::from_name(name) else {
        all.error_at(offset, Slot::unknown(name));
        return;
    };
    let Some(table) = value.table(&path) else { return };
    let zone_slot = |zone: &str| Slot::from_name(&format!("{slot}.{zone}"));
    let is_zone = |key: &str| ZONES.contains(&key) && zone_slot(key).is_some();
    let mut keys = table.entries().peekable();
    let mut has_own = keys.peek().is_none();
    let mut zones = Vec::new();
    for (key, value, offset) in keys {
        if is_zone(key) {
            zones.push((key, value, offset));
        } else {
            has_own = true;
        }
    }
    for zone in ZONES.into_iter().filter(|zone| zone_slot(zone).is_some()) {
        table.get(zone);
    }
    if has_own {
        found.push((slot, offset, table));
    }
    for (zone, value, offset) in zones {
        gather(all, &format!("{slot}.{zone}"), value, offset, found);
    }
}
