//! Floor 2: everything that the audio callback reaches.
//!
//! [`Engine`] is a plain struct. The sound card, the paced silent device, the offline
//! renderer and the tests are drivers of the same [`Engine::process`]; what it plays is
//! the same to the bit however the frames are cut into blocks. Everything here and below
//! is fenced by the lints of `clippy.toml` and proved by `tests/realtime.rs`.
#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::disallowed_macros)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_types,
        clippy::disallowed_methods,
        clippy::disallowed_macros,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests of this floor build and look at things as any other code does"
    )
)]

pub mod clock;
mod damp;
pub mod dsp;
mod events;
pub mod feel;
mod hits;
mod limiter;
mod master;
pub mod meters;
mod mix;
mod mixing;
mod orders;
mod places;
pub mod ports;
pub mod ringing;
mod room;
pub mod select;
pub mod setup;
mod steal;
pub mod strips;
mod tone;
pub mod touch;
mod voice;

#[cfg(test)]
mod damp_tests;
#[cfg(test)]
mod far_tests;
#[cfg(test)]
mod live_tests;
#[cfg(test)]
mod rig_for_tests;
#[cfg(test)]
mod setup_tests;
#[cfg(test)]
mod shape_tests;
#[cfg(test)]
mod steal_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use clock::{BlockClock, Timing};
use dsp::reverb::{Room, RoomSpec};
use feel::{Damping, Feel};
use hits::Recent;
use limiter::Limiter;
use master::Master;
use meters::Meters;
use mix::Isa;
use mix::sinc::Sinc;
use mixing::PIECE;
use places::Places;
use ports::{EngineSide, Notice};
use room::SendBus;
use steal::WEIGHED_MS;
use strips::Strips;
use voice::Voice;

use crate::words::bounded::Bounded;
use crate::words::limits::{
    FADES, FRAMES_AN_EVENT, LEAST_EVENTS, MAX_PAIRS, MAX_VOICES, SOURCES, VOICES,
};
use crate::words::nonblocking;
use crate::words::rng::Rng;
use crate::words::stream::{AudioSource, BlockStart, StreamShape};
use crate::words::units::ms_to_frames;
use crate::words::{Slot, When};

/// A stolen voice, a silenced one, a kit that must leave: short enough that nobody hears
/// an overlap, long enough not to click (sfizz fades out as fast).
const FAST_FADE_MS: f64 = 6.0;
/// A voice younger than this is stolen only where all are: its attack is what is heard.
const ATTACK_MS: f64 = 10.0;

/// What an engine is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Frames a second.
    pub rate: u32,
    /// Voices at once, 1..=[`MAX_VOICES`].
    pub voices: usize,
    /// Seed of all chance.
    pub seed: u64,
    /// When live hits sound.
    pub timing: Timing,
    /// Whether the limiter works.
    pub limiter: bool,
    /// Master volume at the start, a factor of 0..=1.
    pub volume: f32,
    /// Pairs of outputs, 1..=[`MAX_PAIRS`].
    pub pairs: usize,
    /// How it answers hands and feet.
    pub feel: Feel,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate: 48_000,
            voices: VOICES,
            seed: 0,
            timing: Timing::Steady,
            limiter: true,
            volume: 1.0,
            pairs: 1,
            feel: Feel::default(),
        }
    }
}

/// Lengths that depend on the rate, in frames.
#[derive(Debug, Clone, Copy)]
struct Times {
    fast: u32,
    attack: u64,
    twin: u64,
    /// See [`WEIGHED_MS`].
    weighed: [u64; WEIGHED_MS.len()],
}

impl Times {
    fn at(rate: u32) -> Self {
        Self {
            fast: ms_to_frames(FAST_FADE_MS, rate),
            attack: u64::from(ms_to_frames(ATTACK_MS, rate)),
            twin: u64::from(ms_to_frames(1.0, rate)),
            weighed: WEIGHED_MS.map(|ms| u64::from(ms) * u64::from(rate) / 1000),
        }
    }
}

/// The drum engine.
#[derive(Debug)]
pub struct Engine {
    ports: EngineSide,
    meters: Arc<Meters>,
    clock: BlockClock,
    rate: f32,
    times: Times,
    damping: Damping,
    feel: Feel,
    /// In order of start, playing and fading ones together: the order of summing.
    voices: Bounded<Voice>,
    max_voices: usize,
    places: Places,
    chance: [Rng; Slot::COUNT],
    recent: Recent,
    master: Master,
    /// One for each pair of outputs.
    limiters: Box<[Limiter]>,
    is_limited: bool,
    /// Pairs of outputs, at least 1.
    pairs: usize,
    /// Pairs, a bit each, that the card has no channels for.
    lacks: u64,
    strips: Box<Strips>,
    /// The room that slots send to, if there is one.
    room: Option<Box<SendBus>>,
    /// Where shaped voices are made.
    scratch: Box<[f32]>,
    sinc: Arc<Sinc>,
    isa: Isa,
    /// First frame of the current block.
    now: u64,
    /// Everything before this frame of the current block has been mixed.
    mixed: u64,
    /// Everything before this frame of the current block has its master volume.
    mastered: u64,
    /// No command is obeyed before this frame: a place is being emptied for one.
    commands_from: u64,
    /// Live events that this block still takes from each source, and whether it left some.
    takes: [usize; SOURCES],
    put_off: bool,
}

/// The next thing to do and its frame.
enum Due {
    Command(u64),
    Event(u64, usize),
}

impl Engine {
    /// An engine with no kit. Thread: control.
    #[allow(
        clippy::disallowed_macros,
        clippy::disallowed_methods,
        reason = "made on the control thread before anything plays"
    )]
    pub fn new(settings: Settings, ports: EngineSide) -> Self {
        let Settings { rate, seed, timing, .. } = settings;
        let max_voices = settings.voices.clamp(1, MAX_VOICES);
        let pairs = settings.pairs.clamp(1, MAX_PAIRS);
        Self {
            meters: Arc::clone(&ports.meters),
            ports,
            clock: BlockClock::new(rate, timing),
            rate: rate as f32,
            times: Times::at(rate),
            damping: Damping::new(&settings.feel, rate),
            feel: settings.feel,
            // Room for the most there may be: settings change while it plays.
            voices: Bounded::new(MAX_VOICES + FADES),
            max_voices,
            places: Places::default(),
            chance: std::array::from_fn(|slot| Rng::new(seed, slot as u64)),
            recent: Recent::default(),
            master: Master::new(settings.volume),
            limiters: (0..pairs).map(|_| Limiter::new(rate)).collect(),
            is_limited: settings.limiter,
            pairs,
            lacks: 0,
            strips: Box::default(),
            room: None,
            scratch: vec![0.0; 2 * PIECE].into(),
            sinc: Sinc::shared(),
            isa: Isa::best(),
            now: 0,
            mixed: 0,
            mastered: 0,
            commands_from: 0,
            takes: [0; SOURCES],
            put_off: false,
        }
    }

    /// With these strips. Thread: control.
    pub fn with_strips(mut self, strips: Strips) -> Self {
        *self.strips = strips;
        self
    }

    /// With a room that slots send to, as their strips and kits say. It sounds on the first
    /// pair of outputs. Thread: control.
    #[allow(clippy::disallowed_methods, reason = "made before anything plays")]
    pub fn with_room(mut self, spec: &RoomSpec) -> Self {
        let rate = self.rate as u32;
        self.room = Some(Box::new(SendBus::new(Room::new(spec, rate))));
        self
    }

    /// The frame that the next call of [`Engine::process`] begins with. Thread: any.
    pub fn position(&self) -> u64 {
        self.now
    }

    /// The frame from which on no voice that has started so far sounds any more.
    /// Thread: the driver's, between blocks.
    pub fn rings_until(&self) -> u64 {
        self.voices.iter().map(|v| v.end).fold(self.now, u64::max)
    }

    /// Whether the room's tail still sounds, which nobody can tell the end of before.
    /// Thread: the driver's, between blocks.
    pub fn room_rings(&self) -> bool {
        self.room.as_ref().is_some_and(|room| !room.is_silent())
    }

    /// Fills `out` with the next frames: as many as fit, interleaved stereo, one pair of
    /// outputs after the other. An empty `out` obeys what is due at this very frame.
    /// Thread: audio callback; real-time.
    pub fn process(&mut self, out: &mut [f32]) {
        let _law = nonblocking::enter();
        let frames = out.len() / 2 / self.pairs;
        let out = out.get_mut(..2 * frames * self.pairs).unwrap_or_default();
        let takes = LEAST_EVENTS.max(frames / FRAMES_AN_EVENT);
        let frames = frames as u64;
        let end = self.now.saturating_add(frames);
        out.fill(0.0);
        self.mixed = self.now;
        self.mastered = self.now;
        let horizon = end.max(self.now.saturating_add(1));
        self.takes = [takes; SOURCES];
        self.put_off = false;
        let mut from = self.now;
        while let Some(due) = self.next_due(from, horizon) {
            match due {
                Due::Command(frame) => {
                    from = frame;
                    self.command(frame, out);
                }
                Due::Event(frame, source) => {
                    from = frame;
                    self.event(frame, source, out);
                }
            }
        }
        self.mix_to(end, out);
        self.forget_ended(end);
        self.send_kits_home();
        self.master_to(end, out);
        let loudest = self.limit(out);
        self.meters.block(self.voices.len(), loudest);
        if self.put_off {
            self.meters.put_off.add();
        }
        self.now = end;
    }

    /// The earliest command or event before `horizon`. At the same frame a command comes
    /// first, then the sources by number. Of live events, which may come faster than they
    /// can be played, a source has only so many a block, so that the work of a block has a
    /// bound and no source delays another; all others are taken when they are due.
    fn next_due(&mut self, from: u64, horizon: u64) -> Option<Due> {
        let mut due: Option<(u64, Due)> = None;
        if let Ok(command) = self.ports.commands.peek() {
            let frame = match command.when {
                When::Frame(frame) => frame,
                When::Nanos(_) | When::Now => from,
            };
            let frame = frame.max(from).max(self.commands_from);
            due = Some((frame, Due::Command(frame)));
        }
        for (source, (ring, takes)) in self.ports.sources.iter_mut().zip(&self.takes).enumerate() {
            let Ok(event) = ring.peek() else { continue };
            let frame = match event.when {
                When::Frame(frame) => frame,
                When::Nanos(time) => self.clock.frame_of(time),
                When::Now => from,
            };
            let frame = frame.max(from);
            if *takes == 0 && frame < horizon && matches!(event.when, When::Nanos(_)) {
                self.put_off = true;
                continue;
            }
            if due.as_ref().is_none_or(|(first, _)| frame < *first) {
                due = Some((frame, Due::Event(frame, source)));
            }
        }
        due.filter(|(frame, _)| *frame < horizon).map(|(_, due)| due)
    }

    fn forget_ended(&mut self, frame: u64) {
        self.voices.retain(|v| v.sounds_at(frame));
    }

    fn notice(&mut self, notice: Notice) {
        tell(&mut self.ports, &self.meters, notice);
    }
}

/// Tells the control side, or counts that it could not be told.
fn tell(ports: &mut EngineSide, meters: &Meters, notice: Notice) {
    if ports.notices.push(notice).is_err() {
        meters.notices_lost.add();
    }
}

impl AudioSource for Engine {
    fn pairs(&self) -> usize {
        self.pairs
    }

    fn reshape(&mut self, rate: u32, pairs: usize) {
        self.change_shape(rate, pairs);
    }

    fn open(&mut self, shape: StreamShape) {
        self.clock.reset(shape);
        // before the limiter of the first pair, which then has all of it
        self.lacks = shape.lacks;
    }

    fn render(&mut self, block: BlockStart, out: &mut [f32]) {
        let _law = nonblocking::enter();
        let frames = out.len() / 2 / self.pairs;
        self.clock.block(block.now, self.now, frames as u64, block.broken);
        self.process(out);
    }
}
