//! Some of all slots.

use super::Slot;

const WORDS: usize = Slot::COUNT.div_ceil(64);

/// A set of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SlotSet([u64; WORDS]);

impl SlotSet {
    /// Adds a slot; a pad's head or bow stands for all its zones.
    pub fn add(&mut self, slot: Slot) {
        let zones = Slot::all().filter(|zone| *zone == slot || zone.pad() == slot);
        for zone in zones {
            self.0[zone.index() / 64] |= 1 << (zone.index() % 64);
        }
    }

    /// Whether a slot is in it. Thread: any; real-time.
    pub fn has(&self, slot: Slot) -> bool {
        let word = self.0.get(slot.index() / 64).copied().unwrap_or(0);
        word >> (slot.index() % 64) & 1 == 1
    }

    /// Whether none is. Thread: any; real-time.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pad_stands_for_its_zones_and_a_zone_for_itself() {
        let slot = |name| Slot::from_name(name).unwrap();
        let mut set = SlotSet::default();
        assert!(set.is_empty());
        set.add(slot("ride"));
        set.add(slot("snare.rim"));
        set.add(slot("note.127"));
        let names: Vec<String> =
            Slot::all().filter(|&s| set.has(s)).map(|s| s.to_string()).collect();
        assert_eq!(names, ["snare.rim", "ride", "ride.edge", "ride.bell", "note.127"]);
    }
}
