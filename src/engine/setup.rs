//! What the drummer sets, changed while it plays: a box goes in with the new settings and
//! comes home with the old ones.

use super::clock::Timing;
use super::dsp::reverb::{Room, RoomSpec};
use super::feel::{Damping, Feel};
use super::limiter::Limiter;
use super::room::SendBus;
use super::strips::Strips;
use super::{Engine, Times};
use crate::words::limits::{MAX_PAIRS, MAX_VOICES};
use crate::words::rng::Rng;

/// Everything that an engine can be given while it plays. Whatever rings goes on as it was
/// struck; the next hit follows the new settings.
#[derive(Debug)]
pub struct Setup {
    strips: Box<Strips>,
    feel: Feel,
    damping: Damping,
    voices: usize,
    limiter: bool,
    timing: Timing,
    seed: Option<u64>,
    /// The room to have from now on, if any; `None` leaves the room alone.
    room: Option<Option<Box<SendBus>>>,
}

/// The settings of a [`Setup`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ways {
    /// How it answers hands and feet.
    pub feel: Feel,
    /// Voices at once, 1..=[`MAX_VOICES`]. Where more ring, they ring out.
    pub voices: usize,
    /// Whether the limiter works.
    pub limiter: bool,
    /// When live hits sound.
    pub timing: Timing,
}

impl Setup {
    /// For an engine at `rate` frames a second. Thread: control.
    #[allow(clippy::disallowed_methods, reason = "made on the control thread")]
    pub fn new(rate: u32, strips: Strips, ways: Ways) -> Self {
        let Ways { feel, voices, limiter, timing } = ways;
        Self {
            strips: Box::new(strips),
            damping: Damping::new(&feel, rate),
            feel,
            voices: voices.clamp(1, MAX_VOICES),
            limiter,
            timing,
            seed: None,
            room: None,
        }
    }

    /// With another room, or with none; what rings in the old one fades within
    /// milliseconds. `rate`: the engine's. Thread: control.
    #[allow(clippy::disallowed_methods, reason = "made on the control thread")]
    pub fn with_room(mut self, spec: Option<&RoomSpec>, rate: u32) -> Self {
        self.room = Some(spec.map(|spec| Box::new(SendBus::new(Room::new(spec, rate)))));
        self
    }

    /// Whether it brings another room, or takes the old one away. Thread: any; real-time.
    pub(super) fn replaces_room(&self) -> bool {
        self.room.is_some()
    }

    /// With all chance begun anew from this seed. Thread: control.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Engine {
    /// Whether the settings that wait can be taken at this frame: the old ones must find room
    /// on their way home, and the room must be silent that is taken away.
    pub(super) fn can_take_setup(
        &mut self,
        replaces_room: bool,
        frame: u64,
        out: &mut [f32],
    ) -> bool {
        if self.ports.setups.slots() == 0 {
            self.commands_from = frame.saturating_add(u64::from(self.times.fast));
            return false;
        }
        if !replaces_room {
            return true;
        }
        self.mix_to(frame, out);
        match &mut self.room {
            Some(room) if !room.is_silent() && room.silent_from() != frame => {
                room.hush(frame, self.times.fast);
                self.commands_from = room.silent_from();
                false
            }
            _ => true,
        }
    }

    /// Takes new settings, and sends the old ones home in their box. Everything before this
    /// frame must have been mixed where the room is replaced.
    pub(super) fn set_up(&mut self, mut setup: Box<Setup>) {
        let new = &mut *setup;
        std::mem::swap(&mut self.strips, &mut new.strips);
        std::mem::swap(&mut self.feel, &mut new.feel);
        std::mem::swap(&mut self.damping, &mut new.damping);
        std::mem::swap(&mut self.max_voices, &mut new.voices);
        std::mem::swap(&mut self.is_limited, &mut new.limiter);
        new.timing = self.clock.set_timing(new.timing);
        if let Some(room) = &mut new.room {
            std::mem::swap(&mut self.room, room);
        }
        if let Some(seed) = new.seed {
            self.chance = std::array::from_fn(|slot| Rng::new(seed, slot as u64));
        }
        // There is room: `can_take_setup`. Were there none, leaking would still be better
        // than freeing here.
        if let Err(rtrb::PushError::Full(setup)) = self.ports.setups.push(setup) {
            std::mem::forget(setup);
        }
    }

    /// From the next block on this rate, in frames a second, and this many pairs of outputs.
    /// What rings on a pair that is no more rings on on the first; at another rate nothing
    /// rings on, and there is no room before a [`Setup`] brings one.
    /// Thread: control, while no driver has the engine.
    #[allow(clippy::disallowed_methods, reason = "no callback runs meanwhile")]
    pub(super) fn change_shape(&mut self, rate: u32, pairs: usize) {
        if rate != self.rate as u32 {
            self.voices.clear();
            self.room = None;
            self.rate = rate as f32;
            self.times = Times::at(rate);
            self.damping = Damping::new(&self.feel, rate);
        }
        self.pairs = pairs.clamp(1, MAX_PAIRS);
        self.limiters = (0..self.pairs).map(|_| Limiter::new(rate)).collect();
        for voice in self.voices.iter_mut().filter(|voice| voice.pair >= pairs) {
            voice.pair = 0;
        }
    }
}
