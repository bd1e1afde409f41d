//! Every way into the engine and out of it, both ends made in one place.

use std::sync::Arc;

use rtrb::{Consumer, Producer, RingBuffer};

use super::damp::unit;
use super::meters::Meters;
use super::setup::Setup;
use crate::kit::{Kit, KitId, KitMemory};
use crate::words::limits::{
    COMMANDS, NOTICES, NOTICES_FOR_HITS, RETURNS, SOURCE_EVENTS, SOURCE_EVENTS_FOR_HITS, SOURCES,
};
use crate::words::{Event, EventKind, EventSink, HeldBack, Hit, Slot, When};

/// What the control side may say.
#[derive(Debug)]
pub struct Command {
    /// When it applies. [`When::Now`]: at the next block.
    pub when: When,
    /// What it asks for.
    pub order: Order,
}

/// One order to the engine.
#[derive(Debug)]
pub enum Order {
    /// Play this kit. Old tails ring on; the old kit comes home as [`Retired`].
    Play(Box<Kit>, Box<KitMemory>),
    /// Move the master volume to this factor, 0..=1, within so many frames.
    Volume {
        /// The factor to arrive at.
        gain: f32,
        /// Frames of the way, at least 1.
        frames: u32,
    },
    /// End everything that rings, the room too.
    Silence,
    /// A hit that no pad has sent. Its notice names [`STRUCK`] as its source.
    Strike(Hit),
    /// Have these settings from now on. The old ones come home in the same box.
    SetUp(Box<Setup>),
}

/// The source of hits that no pad has sent: behind those of the rings.
pub const STRUCK: usize = SOURCES;

/// A kit on its way home: its last voice has ended, or another generation took its place.
#[derive(Debug)]
pub struct Retired {
    /// The kit, for the control side to drop.
    pub kit: Box<Kit>,
    /// Its memory.
    pub memory: Box<KitMemory>,
}

/// Why a hit made no sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Silence {
    /// No kit has been loaded yet.
    NoKit,
    /// The kit has nothing on this slot nor on its neighbours.
    NoSound,
    /// The map does not name this note.
    Unmapped,
    /// Its sample is not in memory yet; it has been asked for.
    NotLoaded,
    /// The drummer has muted its strip.
    Muted,
    /// It was softer than the threshold of its strip.
    Soft,
    /// The same hit came from another port of the device within a millisecond.
    Duplicate,
    /// Nobody played it, as its edge has found.
    Held(HeldBack),
}

/// What the engine tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Notice {
    /// A hit sounded.
    Played {
        /// What was struck.
        slot: Slot,
        /// Its MIDI note, or [`crate::words::Hit::NO_NOTE`].
        note: u8,
        /// 1..=127.
        velocity: f32,
        /// How open the hi-hat was, 0 closed … 1 open; 0 for everything else.
        openness: f32,
        /// 0 centre … 1 edge.
        position: f32,
        /// Which source ring it came by.
        source: u8,
        /// The sample's index in the kit that plays.
        sample: u32,
        /// How loud it is where it is loudest: linear, before the master volume.
        level: f32,
        /// When its message came, in nanoseconds of [`crate::words::time::Clock`]; `None`
        /// for an event that has no time of its own.
        time: Option<u64>,
        /// Frames from that time to the one at which it sounds; 0 without a time.
        waited: u32,
    },
    /// A hit made no sound.
    Silent {
        /// What was struck.
        slot: Slot,
        /// Its MIDI note, or [`crate::words::Hit::NO_NOTE`].
        note: u8,
        /// 1..=127.
        velocity: f32,
        /// Which source ring it came by.
        source: u8,
        /// When its message came, as for [`Notice::Played`].
        time: Option<u64>,
        /// Why.
        why: Silence,
    },
    /// The hi-hat's pedal moved. Left out where hits need the room ([`NOTICES_FOR_HITS`]).
    Pedal {
        /// 0 closed … 1 open.
        openness: f32,
        /// Which source ring it came by.
        source: u8,
    },
    /// A pad was grabbed or let go. Left out as movements of the pedal are.
    Grabbed {
        /// Any zone of the pad.
        slot: Slot,
        /// How fast: 0 let go … 1 held fast.
        grip: f32,
        /// Which source ring it came by.
        source: u8,
    },
    /// A hit chose a sample that is not in memory: the next one should find it.
    Wanted {
        /// The kit.
        kit: KitId,
        /// The sample's index in it.
        sample: u32,
    },
    /// This kit plays from now on.
    Playing(KitId),
}

/// The sending end of a source ring: one MIDI port holds it at a time.
#[derive(Debug)]
pub struct Source {
    ring: Producer<Event>,
    meters: Arc<Meters>,
}

impl Source {
    /// Events that fit now.
    pub fn room(&self) -> usize {
        self.ring.slots()
    }
}

impl EventSink for Source {
    fn send(&mut self, event: Event) {
        use EventKind::{Held, NoteOff, Pedal};
        let spare = matches!(event.kind, Pedal(_) | NoteOff { .. } | Held { .. });
        let thin = spare && self.ring.slots() <= SOURCE_EVENTS_FOR_HITS;
        if thin || self.ring.push(event).is_err() {
            match event.kind {
                EventKind::Hit(_) => self.meters.lost.add(),
                EventKind::Choke { .. } => self.meters.chokes_lost.add(),
                Pedal(_) | NoteOff { .. } | Held { .. } => self.meters.thinned.add(),
            }
        }
    }
}

/// The control thread's end.
#[derive(Debug)]
pub struct ControlSide {
    /// Orders to the engine.
    pub commands: Producer<Command>,
    /// The source rings, by number; taken and put back as ports come and go.
    pub sources: Vec<Source>,
    /// Kits that come home.
    pub retired: Consumer<Retired>,
    /// Settings that come home, to be dropped.
    pub setups: Consumer<Box<Setup>>,
    /// What was played and what was not.
    pub notices: Consumer<Notice>,
    /// The engine's counters.
    pub meters: Arc<Meters>,
}

/// The engine's end.
#[derive(Debug)]
pub struct EngineSide {
    pub(super) commands: Consumer<Command>,
    pub(super) sources: [Consumer<Event>; SOURCES],
    pub(super) retired: Producer<Retired>,
    pub(super) setups: Producer<Box<Setup>>,
    pub(super) notices: Producer<Notice>,
    pub(super) meters: Arc<Meters>,
}

impl EngineSide {
    /// Tells what a foot or a hand did, where that leaves room for hits.
    /// Thread: audio callback; real-time.
    pub(super) fn tell_movement(&mut self, source: usize, kind: &EventKind) {
        let source = source as u8;
        let notice = match *kind {
            EventKind::Pedal(openness) => Notice::Pedal { openness: unit(openness), source },
            EventKind::Choke { slot, grip } => Notice::Grabbed { slot, grip: unit(grip), source },
            EventKind::Hit(_) | EventKind::Held { .. } | EventKind::NoteOff { .. } => return,
        };
        if self.notices.slots() > NOTICES_FOR_HITS {
            // there is room
            let _ = self.notices.push(notice);
        }
    }
}

/// Makes both ends. Thread: control.
#[allow(clippy::disallowed_methods, reason = "made on the control thread before anything plays")]
pub fn connect() -> (ControlSide, EngineSide) {
    let meters = Arc::new(Meters::default());
    let (commands_in, commands) = RingBuffer::new(COMMANDS);
    let (retired, retired_out) = RingBuffer::new(RETURNS);
    let (setups, setups_out) = RingBuffer::new(COMMANDS);
    let (notices, notices_out) = RingBuffer::new(NOTICES);
    let mut sources_in = Vec::with_capacity(SOURCES);
    let sources = std::array::from_fn(|_| {
        let (ring, out) = RingBuffer::new(SOURCE_EVENTS);
        sources_in.push(Source { ring, meters: Arc::clone(&meters) });
        out
    });
    let control = ControlSide {
        commands: commands_in,
        sources: sources_in,
        retired: retired_out,
        setups: setups_out,
        notices: notices_out,
        meters: Arc::clone(&meters),
    };
    (control, EngineSide { commands, sources, retired, setups, notices, meters })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind) -> Event {
        Event { when: When::Now, device: 0, kind }
    }

    #[test]
    fn movements_leave_room_for_notices_of_hits_and_a_notice_is_small() {
        let (control, mut engine) = connect();
        for _ in 0..NOTICES {
            engine.tell_movement(0, &EventKind::Pedal(0.5));
            engine.tell_movement(0, &EventKind::Choke { slot: Slot::KICK, grip: 1.0 });
        }
        assert_eq!(engine.notices.slots(), NOTICES_FOR_HITS);
        assert_eq!(control.notices.slots(), NOTICES - NOTICES_FOR_HITS);
        assert!(size_of::<Notice>() <= 48, "{} bytes", size_of::<Notice>());
    }

    #[test]
    fn pedal_movement_leaves_a_quarter_of_the_ring_to_hits_and_every_loss_is_counted() {
        let (mut control, engine) = connect();
        let source = &mut control.sources[0];
        for _ in 0..SOURCE_EVENTS {
            source.send(event(EventKind::Pedal(0.5)));
        }
        assert_eq!(source.room(), SOURCE_EVENTS_FOR_HITS);
        for _ in 0..SOURCE_EVENTS_FOR_HITS + 3 {
            source.send(event(EventKind::Hit(Hit::new(Slot::KICK, 100.0))));
        }
        source.send(event(EventKind::Choke { slot: Slot::KICK, grip: 1.0 }));
        assert_eq!((engine.meters.lost.get(), engine.meters.chokes_lost.get()), (3, 1));
        assert_eq!(engine.meters.thinned.get(), SOURCE_EVENTS_FOR_HITS as u64);
    }
}
