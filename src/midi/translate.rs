//! From messages to what they mean on a drum kit: hits, chokes, pedal movement, actions.

mod guard;
mod pedal;

use std::sync::Arc;

use super::Message;
use super::buttons::{Buttons, Found, Press};
use crate::maps::{Mapped, NoteMap};
use crate::words::{Action, Event, EventKind, HeldBack, Hit, Slot, When};
use guard::Guard;
use pedal::PedalState;

/// Position controllers, 0 centre … 127 edge, and how the slots they speak of begin (MIDI
/// implementations of the TD-27 and TD-50; edrumulus sends the same).
const POSITIONS: [(u8, &str); 3] = [(16, "snare"), (17, "ride"), (18, "tom")];
/// High-resolution velocity prefix: the lower 7 bits of the next note's velocity (MIDI CA-031).
const VELOCITY_PREFIX: u8 = 88;
/// The pedal is open, for a note that strikes another slot then, above this. EFNOTE's 44 comes
/// after CC 4 = 0 for a splash and 127 for a chick (Reference Guide 1.1, page 12).
const HALF_OPEN: f32 = 0.5;

/// What a message led to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Output {
    /// Something to hear, for the engine.
    Event(Event),
    /// Something for the player.
    Action(Action),
    /// A MIDI button, for the panel.
    Button(Press),
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
    guard: Guard,
    buttons: Buttons,
}

impl Translator {
    /// A translator for a device. `channel`, 0..=15, is the only one listened to; `None`
    /// listens to all. `device` is the number its events carry.
    pub fn new(map: Arc<NoteMap>, channel: Option<u8>, device: u8) -> Self {
        Self {
            channel,
            device,
            rate: 48_000.0,
            pedal: PedalState::new(map.pedal),
            positions: [0.0; POSITIONS.len()],
            pads: Slot::all().map(position_of).collect(),
            prefix: None,
            guard: Guard::new(&map),
            buttons: Buttons::default(),
            map,
        }
    }

    /// The rate, in frames a second, that moments given as [`When::Frame`] count in;
    /// 48 000 unless said. Moments in nanoseconds do not need it.
    pub fn with_rate(mut self, rate: u32) -> Self {
        self.rate = f64::from(rate);
        self
    }

    /// Retrigger masks in milliseconds, 0 for none, in place of the map's where `mask` has one
    /// for a slot.
    pub fn with_masks(mut self, mask: impl Fn(Slot) -> Option<f32>) -> Self {
        self.guard.set_masks(mask);
        self
    }

    /// Takes the place of another translator of the same port: where the pedal stands and a
    /// pad was last struck, and a velocity prefix that waits, hold on. A pedal that is read
    /// otherwise now begins anew. Thread: MIDI; does not allocate.
    pub fn follow(&mut self, before: &mut Translator) {
        if self.map.pedal == before.map.pedal {
            std::mem::swap(&mut self.pedal, &mut before.pedal);
        }
        self.positions = before.positions;
        self.prefix = before.prefix;
    }

    /// Notes and controllers that are buttons: they have no other meaning any more, and are
    /// listened to on whatever channel they say.
    pub fn with_buttons(mut self, buttons: Buttons) -> Self {
        self.buttons = buttons;
        self
    }

    /// The map's name.
    pub fn map_name(&self) -> &str {
        &self.map.name
    }

    /// What a message means at its moment, in order: first pedal movement that had to wait,
    /// then the message's own meaning. Thread: MIDI; does not allocate.
    ///
    /// - A hi-hat's openness is 0 for a note that says closed (and for the foot), else where
    ///   the pedal stands, else what the note says. So a pad that sends its open note for a
    ///   half-closed pedal (VH-12) sounds half closed. A pedal that has never moved says nothing
    ///   against a note.
    /// - The pedal's movement is sent at most once a millisecond. One that comes earlier
    ///   waits for the first message of any kind after that time ([`Translator::flush`]
    ///   sends it without one); only reaching the closed end never waits, because a ringing
    ///   hi-hat must end even if no message follows.
    /// - A hit that the pad and not the drummer made becomes [`EventKind::Held`]: retriggers,
    ///   soft hits on a pad that a hand holds, soft chicks that a stick on the open hi-hat
    ///   makes. (What a hand does before it is known to hold the cymbal sounds, and is damped
    ///   with the rest of it: to wait would make every hit late.)
    pub fn translate(
        &mut self,
        message: Message,
        when: When,
    ) -> impl Iterator<Item = Output> + use<> {
        let listens = match (self.channel, message.channel()) {
            (Some(wanted), Some(channel)) => wanted == channel,
            _ => true,
        };
        let own = match self.buttons.take(message) {
            Found::Edge(number, down) => {
                let time = nanos(when, self.rate);
                Some(Output::Button(Press { number, down, time }))
            }
            Found::Same => None,
            Found::Other if listens => self.meaning(message, when),
            Found::Other => None,
        };
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
                if let Some(slot) = self.choke(note) {
                    return Some(self.grip(slot, 0.0, when));
                }
                let slot = self.slot(note)?;
                Some(self.event(when, EventKind::NoteOff { slot, note }))
            }
            Message::PolyPressure { note, value, .. } => {
                let slot = self.choke(note).or_else(|| self.slot(note))?;
                Some(self.grip(slot, f32::from(value) / 127.0, when))
            }
            Message::Control { channel, cc, value } => {
                if cc == self.pedal.cc() {
                    let chick = self.pedal.take(value, when, self.rate)?;
                    return Some(self.play(Slot::HIHAT_PEDAL, Hit::NO_NOTE, chick, when));
                }
                if let Some(pad) = POSITIONS.iter().position(|p| p.0 == cc) {
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
        if let Some(slot) = self.choke(note) {
            return Some(self.grip(slot, 1.0, when));
        }
        let slot = self.slot(note)?;
        if slot != Slot::HIHAT_PEDAL {
            return Some(self.play(slot, note, velocity, when));
        }
        Some(match self.pedal.foot(velocity, when, self.rate) {
            Some(velocity) => self.play(slot, note, velocity, when),
            None => {
                let (hit, why) = (self.made(slot, note, velocity), HeldBack::Retrigger);
                self.event(when, EventKind::Held { hit, why })
            }
        })
    }

    fn play(&mut self, slot: Slot, note: u8, velocity: f32, when: When) -> Output {
        let hit = self.made(slot, note, velocity);
        if let Some(said) = self.mapped(note).and_then(|mapped| mapped.openness) {
            self.pedal.hear(said);
        }
        let kind = match self.guard.holds(&hit, self.pedal.openness(), when, self.rate) {
            Some(why) => EventKind::Held { hit, why },
            None => EventKind::Hit(hit),
        };
        self.event(when, kind)
    }

    fn made(&self, slot: Slot, note: u8, velocity: f32) -> Hit {
        let openness = self.openness(slot, note);
        Hit { slot, note, velocity, openness, position: self.position(slot) }
    }

    fn grip(&mut self, slot: Slot, grip: f32, when: When) -> Output {
        self.guard.grip(slot, grip, when);
        self.event(when, EventKind::Choke { slot, grip })
    }

    fn openness(&self, slot: Slot, note: u8) -> f32 {
        let said = self.mapped(note).and_then(|mapped| mapped.openness);
        if slot == Slot::HIHAT_PEDAL || !slot.is_hihat() {
            0.0
        } else if slot == Slot::HIHAT_SPLASH {
            // The foot has let go again: it rings, and the next closing ends it.
            said.unwrap_or(1.0)
        } else {
            self.pedal.openness_of(said)
        }
    }

    fn position(&self, slot: Slot) -> f32 {
        let pad = self.pads.get(slot.index()).copied().flatten();
        pad.map_or(0.0, |pad| self.positions[pad])
    }

    fn mapped(&self, note: u8) -> Option<Mapped> {
        self.map.notes.get(usize::from(note)).copied().flatten()
    }

    /// The pad that a note grabs.
    fn choke(&self, note: u8) -> Option<Slot> {
        self.map.chokes.get(usize::from(note)).copied().flatten()
    }

    /// What a note strikes now.
    fn slot(&self, note: u8) -> Option<Slot> {
        let Some(mapped) = self.mapped(note) else { return Slot::of_note(note) };
        let is_open = || self.pedal.openness().is_some_and(|openness| openness > HALF_OPEN);
        Some(mapped.open.filter(|_| is_open()).unwrap_or(mapped.slot))
    }

    fn event(&self, when: When, kind: EventKind) -> Output {
        Output::Event(Event { when, device: self.device, kind })
    }

    fn movement(&mut self, when: When, at_once: bool) -> Option<Event> {
        let openness = self.pedal.movement(when, self.rate, at_once)?;
        Some(Event { when, device: self.device, kind: EventKind::Pedal(openness) })
    }
}

fn nanos(when: When, rate: f64) -> u64 {
    match when {
        When::Nanos(nanos) => nanos,
        When::Frame(frame) => (frame as f64 * 1e9 / rate) as u64,
        When::Now => 0,
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
mod storm_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vendor_tests;
