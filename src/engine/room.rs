//! The send bus: what slots send to the room, and the room's sound.

use super::dsp::reverb::Room;
use super::mix::{self, Ramp, Run};
use super::mixing::PIECE;
use super::voice::Voice;
use crate::kit::SampleData;

/// A room and what is sent to it in one piece of a block.
#[derive(Debug)]
pub struct SendBus {
    room: Room,
    bus: Box<[f32]>,
    /// Something was sent since the last sound.
    sent: bool,
    /// Absolute frame from which on it was to fall silent last, and within how many frames.
    hush: (u64, u32),
}

impl SendBus {
    /// A bus to this room. Thread: control.
    #[allow(clippy::disallowed_macros, reason = "made on the control thread")]
    pub fn new(room: Room) -> Self {
        Self { room, bus: vec![0.0; 2 * PIECE].into(), sent: false, hush: (0, 0) }
    }

    /// Whether nothing rings in the room. Thread: audio callback; real-time.
    pub fn is_silent(&self) -> bool {
        !self.sent && self.room.is_silent()
    }

    fn frames(&mut self, frames: usize) -> &mut [f32] {
        self.bus.get_mut(..2 * frames).unwrap_or_default()
    }

    /// Sends frames of a shaped voice from frame `at` of the piece on.
    /// Thread: audio callback; real-time.
    pub fn send_frames(&mut self, shaped: &[f32], gain: f32, at: usize) {
        if gain > 0.0 {
            self.sent = true;
            mix::add_frames(shaped, gain, at, &mut self.bus);
        }
    }

    /// Sends a voice that plays its recording as it is. `from`: the piece's first absolute
    /// frame, `frames`: its length. Thread: audio callback; real-time.
    pub fn send<'a>(
        &mut self,
        voice: &Voice,
        sample: &'a SampleData,
        from: u64,
        frames: usize,
        run: &mut Run<'a>,
    ) {
        self.sent = true;
        let gains = voice.gains.map(|gain| gain * voice.send);
        voice.mix(sample, gains, from, self.frames(frames), run);
    }

    /// Adds what waits in the run to the piece of `frames` frames.
    /// Thread: audio callback; real-time.
    pub fn flush(&mut self, frames: usize, run: &mut Run) {
        run.flush(self.frames(frames));
    }

    /// Lets the room fall silent from the absolute frame `at` on within `frames`. What is
    /// sent meanwhile fades with it. Everything before `at` must have sounded.
    /// Thread: audio callback; real-time.
    pub fn hush(&mut self, at: u64, frames: u32) {
        if at >= self.silent_from() {
            self.hush = (at, frames);
        }
    }

    /// The frame at which the last fade ends. Thread: audio callback; real-time.
    pub fn silent_from(&self) -> u64 {
        let (at, frames) = self.hush;
        at.saturating_add(u64::from(frames))
    }

    /// Adds the room's answer to the piece of `frames` frames, interleaved stereo, and
    /// empties the bus. `from`: the piece's first absolute frame. `scratch`: room for a
    /// piece. Thread: audio callback; real-time.
    pub fn sound(&mut self, from: u64, frames: usize, scratch: &mut [f32], out: &mut [f32]) {
        if self.is_silent() {
            return;
        }
        let left = self.silent_from().saturating_sub(from) as u32;
        let fading = frames.min(left as usize);
        let bus = self.bus.get_mut(..2 * frames).unwrap_or_default();
        let (first, rest) = bus.split_at_checked(2 * fading).unwrap_or_default();
        if fading > 0 {
            let wet = scratch.get_mut(..2 * fading).unwrap_or_default();
            wet.fill(0.0);
            self.room.process(first, wet);
            Ramp { from: 1.0, left, total: self.hush.1 }.apply(wet);
            mix::add_frames(wet, 1.0, 0, out);
            if fading == left as usize {
                self.room.clear();
            }
        }
        self.room.process(rest, out.get_mut(2 * fading..).unwrap_or_default());
        bus.fill(0.0);
        self.sent = false;
    }
}
