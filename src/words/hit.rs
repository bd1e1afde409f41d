//! What travels from an edge into the engine.

use super::Slot;

/// The moment of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At this frame of the engine's own count (offline rendering, tests).
    Frame(u64),
    /// At this time, in nanoseconds of [`super::time::Clock`] (live playing).
    Nanos(u64),
    /// At the start of the next block.
    Now,
}

/// A pad was struck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// What it strikes.
    pub slot: Slot,
    /// The MIDI note it came as, 0..=127; [`Hit::NO_NOTE`] where there was none.
    pub note: u8,
    /// 1.0 softest … 127.0 hardest; fractions come from high-resolution velocity.
    pub velocity: f32,
    /// Hi-hat openness, 0 closed … 1 open. Read only for the hi-hat's slots.
    pub openness: f32,
    /// 0 centre … 1 edge.
    pub position: f32,
}

impl Hit {
    /// The `note` of a hit that did not come from a MIDI note.
    pub const NO_NOTE: u8 = 255;

    /// A hit on `slot`, closed and centred. `velocity` is 1..=127.
    pub fn new(slot: Slot, velocity: f32) -> Self {
        Self { slot, note: Self::NO_NOTE, velocity, openness: 0.0, position: 0.0 }
    }
}

/// Why a hit is taken for one that nobody played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldBack {
    /// It followed the last hit on its slot within the retrigger mask, and much softer.
    Retrigger,
    /// It is soft, and its pad is held by a hand.
    Grab,
    /// A very soft chick of the foot right after a stroke on the open hi-hat: the stick has
    /// moved the pedal.
    Stomp,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EventKind {
    /// A pad was struck.
    Hit(Hit),
    /// A pad is held by a hand: every zone of the slot's pad is damped.
    Choke {
        /// Any zone of the pad.
        slot: Slot,
        /// How fast: 0 let go … 1 held fast.
        grip: f32,
    },
    /// A hit that is not played, because the pad and not the drummer made it.
    Held {
        /// What would have been struck.
        hit: Hit,
        /// How that is known.
        why: HeldBack,
    },
    /// A note ended. Only sounds whose kit gives them a release care.
    NoteOff {
        /// What the note had struck.
        slot: Slot,
        /// The note.
        note: u8,
    },
    /// The hi-hat pedal moved to this openness, 0 closed … 1 open.
    Pedal(f32),
}

/// One event on its way into the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Its moment.
    pub when: When,
    /// The device it came from; two ports of one device share the number, and the
    /// same hit from both within 1 ms counts once.
    pub device: u8,
    /// What happened.
    pub kind: EventKind,
}

/// Where an edge puts its events. The engine's source rings are one; a `Vec` in a test another.
pub trait EventSink: Send {
    /// Takes the event, or counts it where it cannot. Never blocks.
    fn send(&mut self, event: Event);
}

impl EventSink for Vec<Event> {
    fn send(&mut self, event: Event) {
        self.push(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_as_large_as_the_arithmetic_of_the_rings_says() {
        assert!(size_of::<Event>() <= 40, "{}", size_of::<Event>());
    }
}
