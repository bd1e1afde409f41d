//! From messages to what they mean on a drum kit: hits, chokes, pedal movement, actions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Message;
use crate::maps::NoteMap;
use crate::words::{Action, Event, EventKind, Hit, Slot, When};

/// Position controllers, 0 centre … 127 edge, and how the slots they speak of begin (MIDI
/// implementations of the TD-27 and TD-50; edrumulus sends the same).
const POSITIONS: [(u8, &str); 3] = [(16, "snare"), (17, "ride"), (18, "tom")];
/// High-resolution velocity prefix: the lower 7 bits of the next note's velocity (MIDI CA-031).
const VELOCITY_PREFIX: u8 = 88;
/// Pedal movement goes out at most once in this time: a foot moves no faster than can be
/// heard at that grain, and a full ring would cost hits.
const PEDAL_INTERVAL_MS: f64 = 1.0;

/// What a message led to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Output {
    /// Something to hear, for the engine.
    Event(Event),
    /// Something for the player.
    Action(Action),
}

/// The pedal of one hi-hat.
#[derive(Debug, Default)]
struct PedalState {
    /// Where it stands; `None` until it has moved once.
    openness: Option<f32>,
    /// The movement that was last sent, and its moment.
    sent: Option<(f32, When)>,
}

/// Translates the messages of one port, or of one file, by a note map.
///
/// What a message leaves behind for the next hit (pedal, position, velocity prefix) is kept
/// here, so there is one translator a port.
pub struct Translator {
    map: Arc<NoteMap>,
    channel: Option<u8>,
    device: u8,
    rate: f64,
    pedal: PedalState,
    /// The last value of each position controller, and which of them speaks of each slot.
    positions: [f32; POSITIONS.len()],
    pads: Vec<Option<usize>>,
    /// Channel and value of a velocity prefix that waits for its note.
    prefix: Option<(u8, u8)>,
    /// When each note last sounded, for the retrigger mask.
    struck: [Option<When>; 128],
    masked: Arc<AtomicU64>,
}

impl Translator {
    /// A translator for a device. `channel`, 0..=15, is the only one listened to; `None`
    /// listens to all. `device` is the number its events carry.
    pub fn new(map: Arc<NoteMap>, channel: Option<u8>, device: u8) -> Self {
        Self {
            map,
            channel,
            device,
            rate: 48_000.0,
            pedal: PedalState::default(),
            positions: [0.0; POSITIONS.len()],
            pads: Slot::all().map(position_of).collect(),
            prefix: None,
            struck: [None; 128],
            masked: Arc::default(),
        }
    }

    /// The rate, in frames a second, that moments given as [`When::Frame`] count in;
    /// 48 000 unless said. Moments in nanoseconds do not need it.
    pub fn with_rate(mut self, rate: u32) -> Self {
        self.rate = f64::from(rate);
        self
    }

    /// The map's name.
    pub fn map_name(&self) -> &str {
        &self.map.name
    }

    /// Counts the hits that the map's retrigger mask has held back.
    pub fn masked(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.masked)
    }

    /// What a message means at its moment, in order: first pedal movement that had to wait,
    /// then the message's own meaning. Thread: MIDI; does not allocate.
    ///
    /// - A hi-hat's openness is 0 for a note that says closed (and for the foot), else where
    ///   the pedal stands, else what the note says. So a pad that sends its open note for a
    ///   half-closed pedal (VH-12) sounds half closed.
    /// - The pedal's movement is sent at most once a millisecond. One that comes earlier
    ///   waits for the first message of any kind after that time ([`Translator::flush`]
    ///   sends it without one); only reaching the closed end never waits, because a ringing
    ///   hi-hat must end even if no message follows.
    pub fn translate(
        &mut self,
        message: Message,
        when: When,
    ) -> impl Iterator<Item = Output> + use<> {
        let listens = match (self.channel, message.channel()) {
            (Some(wanted), Some(channel)) => wanted == channel,
            _ => true,
        };
        let own = if listens { self.meaning(message, when) } else { None };
        // A pedal message is answered by its own movement alone: `meaning` sends no event
        // for it, the movement below is its event.
        let pedal = self.movement(when, false).map(Output::Event);
        [pedal, own].into_iter().flatten()
    }

    /// Pedal movement that still waits, at the end of a file.
    pub fn flush(&mut self, when: When) -> Option<Event> {
        self.movement(when, true)
    }

    fn meaning(&mut self, message: Message, when: When) -> Option<Output> {
        match message {
            Message::NoteOn { channel, note, velocity } => {
                let fraction = match self.prefix.take() {
                    Some((c, value)) if c == channel => f32::from(value) / 128.0,
                    _ => 0.0,
                };
                let velocity = (f32::from(velocity) + fraction).min(127.0);
                self.hit(note, velocity, when)
            }
            Message::NoteOff { note, .. } => {
                self.prefix = None;
                let slot = self.slot(note)?;
                Some(self.event(when, EventKind::NoteOff { slot, note }))
            }
            Message::PolyPressure { note, value, .. } => {
                let slot = self.slot(note)?;
                Some(self.event(when, EventKind::Choke { slot, on: value > 0 }))
            }
            Message::Control { channel, cc, value } => {
                if cc == self.map.pedal.cc {
                    self.pedal.openness = Some(self.map.pedal.openness(value));
                } else if let Some(pad) = POSITIONS.iter().position(|p| p.0 == cc) {
                    self.positions[pad] = f32::from(value) / 127.0;
                } else if cc == VELOCITY_PREFIX {
                    self.prefix = Some((channel, value));
                }
                None
            }
            Message::Program { program, .. } => Some(Output::Action(Action::Program(program))),
            Message::Other => None,
        }
    }

    fn hit(&mut self, note: u8, velocity: f32, when: When) -> Option<Output> {
        let slot = self.slot(note)?;
        let struck = self.struck.get_mut(usize::from(note))?;
        // From the last hit that sounded: a mask that held itself up would swallow a roll.
        let since = struck.and_then(|before| millis_between(before, when, self.rate));
        if since.is_some_and(|ms| ms < f64::from(self.map.mask_ms)) {
            self.masked.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        *struck = Some(when);
        let hit = Hit {
            slot,
            note,
            velocity,
            openness: self.openness(slot, note),
            position: self.position(slot),
        };
        Some(self.event(when, EventKind::Hit(hit)))
    }

    fn openness(&self, slot: Slot, note: u8) -> f32 {
        let said = self.map.notes.get(usize::from(note)).copied().flatten();
        let said = said.and_then(|mapped| mapped.openness);
        if slot == Slot::HIHAT_PEDAL || !slot.is_hihat() {
            0.0
        } else if slot == Slot::HIHAT_SPLASH {
            // The foot has let go again: it rings, and the next closing ends it.
            said.unwrap_or(1.0)
        } else if said == Some(0.0) {
            0.0
        } else {
            self.pedal.openness.or(said).unwrap_or(0.0)
        }
    }

    fn position(&self, slot: Slot) -> f32 {
        let pad = self.pads.get(slot.index()).copied().flatten();
        pad.map_or(0.0, |pad| self.positions[pad])
    }

    fn slot(&self, note: u8) -> Option<Slot> {
        let mapped = self.map.notes.get(usize::from(note)).copied().flatten();
        mapped.map(|m| m.slot).or_else(|| Slot::of_note(note))
    }

    fn event(&self, when: When, kind: EventKind) -> Output {
        Output::Event(Event { when, device: self.device, kind })
    }

    /// The pedal's movement, if there is any to send and its time has come.
    fn movement(&mut self, when: When, at_once: bool) -> Option<Event> {
        let openness = self.pedal.openness?;
        if let Some((sent, before)) = self.pedal.sent {
            if sent == openness {
                return None;
            }
            let since = millis_between(before, when, self.rate);
            let waits = since.is_some_and(|ms| ms < PEDAL_INTERVAL_MS);
            if waits && openness > 0.0 && !at_once {
                return None;
            }
        }
        self.pedal.sent = Some((openness, when));
        Some(Event { when, device: self.device, kind: EventKind::Pedal(openness) })
    }
}

fn position_of(slot: Slot) -> Option<usize> {
    let name = slot.to_string();
    POSITIONS.iter().position(|(_, start)| name.starts_with(start))
}

/// Milliseconds from one moment to a later one; `None` where they cannot be compared. A
/// moment before the first counts as 0.
fn millis_between(before: When, after: When, rate: f64) -> Option<f64> {
    match (before, after) {
        (When::Nanos(a), When::Nanos(b)) => Some(b.saturating_sub(a) as f64 / 1e6),
        (When::Frame(a), When::Frame(b)) => Some(b.saturating_sub(a) as f64 * 1e3 / rate),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
