//! Which slot a note in a kit is for (the numbers in `38_v1.wav` and `[slot.note.38]`).
//!
//! The rule, in full:
//! 1. Numbers are read with the kit's own map, gm unless its kit.toml says `notes =
//!    "roland"`, never with the map of the pads that play it.
//! 2. A number that the map does not name is the slot `note.N`.
//! 3. Else it is for the slot that the map gives. Where it is the only number for this
//!    slot, and no name says the slot, it is the slot's sound.
//! 4. Of several numbers for one slot, the one that stands first in the map's file is
//!    the slot's sound (gm: 36 before 35 for the kick); each of the others is a sound for
//!    exactly its own note, played where the input's map puts this note on this slot too.
//!    Where a name says the slot, all numbers are sounds for exactly their own notes.
//! 5. Numbers that differ in openness (gm 42 and 46) do not compete: they are
//!    articulations of one sound. In a kit.toml each `[slot.note.N]` has its own settings,
//!    so there they do compete.

use std::collections::{BTreeMap, BTreeSet};

use crate::maps::{Mapped, NoteMap};
use crate::words::Slot;

/// Where a note's recordings go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seat {
    /// The slot.
    pub slot: Slot,
    /// How open the map says that the hi-hat is, 0..=1.
    pub openness: Option<f32>,
    /// Set where the sound is for exactly this note.
    pub note: Option<u8>,
}

/// The seats of all notes of a kit. `named`: slots whose sound a name or a table says.
/// `merge`: recordings of one slot at different openness become one sound.
pub fn seats(
    map: &NoteMap,
    notes: &BTreeSet<u8>,
    named: &BTreeSet<Slot>,
    merge: bool,
) -> BTreeMap<u8, Seat> {
    let mapped = |note: u8| map.notes.get(usize::from(note)).copied().flatten();
    let rival = |a: Mapped, b: Mapped| a.slot == b.slot && (!merge || a.openness == b.openness);
    let seat = |&note: &u8| {
        let slot = Slot::of_note(note)?;
        let Some(own) = mapped(note) else {
            return Some((note, Seat { slot, openness: None, note: None }));
        };
        let is_rival = |n: &u8| notes.contains(n) && mapped(*n).is_some_and(|m| rival(m, own));
        let main = map.order.iter().copied().find(is_rival) == Some(note);
        let alone = main && !named.contains(&own.slot);
        let openness = own.openness;
        Some((note, Seat { slot: own.slot, openness, note: (!alone).then_some(note) }))
    };
    notes.iter().filter_map(seat).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seated(map: &str, notes: &[u8], named: &[Slot], merge: bool) -> String {
        let map = NoteMap::named(map).unwrap();
        let notes = notes.iter().copied().collect();
        let seats = seats(&map, &notes, &named.iter().copied().collect(), merge);
        let show = |(note, seat): (u8, Seat)| match seat.note {
            Some(_) => format!("{note}: {} alone", seat.slot),
            None => format!("{note}: {}", seat.slot),
        };
        seats.into_iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn of_two_numbers_for_the_kick_the_maps_first_is_its_sound() {
        assert_eq!(seated("gm", &[35, 36], &[], true), "35: kick alone, 36: kick");
        assert_eq!(seated("gm", &[35], &[], true), "35: kick");
    }

    #[test]
    fn numbers_of_different_openness_share_a_sound_unless_each_has_its_own_table() {
        assert_eq!(seated("gm", &[42, 46], &[], true), "42: hihat, 46: hihat");
        assert_eq!(seated("gm", &[42, 46], &[], false), "42: hihat, 46: hihat alone");
    }

    #[test]
    fn a_slot_that_a_name_says_leaves_its_numbers_to_themselves() {
        assert_eq!(seated("gm", &[36, 38], &[Slot::KICK], true), "36: kick alone, 38: snare");
    }

    #[test]
    fn the_kits_own_map_reads_its_numbers_and_unknown_ones_stay_notes() {
        assert_eq!(seated("gm", &[22, 58, 39], &[], true), "22: note.22, 39: note.39, 58: note.58");
        let roland = "22: hihat.edge, 39: tom4.rim, 58: tom3.rim";
        assert_eq!(seated("roland", &[22, 58, 39], &[], true), roland);
    }
}
