//! The send bus: what slots send to the room, and the room's sound.

use super::dsp::reverb::Room;
use super::mix::{self, Run};
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
}

impl SendBus {
    /// A bus to this room. Thread: control.
    #[allow(clippy::disallowed_macros, reason = "made on the control thread")]
    pub fn new(room: Room) -> Self {
        Self { room, bus: vec![0.0; 2 * PIECE].into(), sent: false }
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

    /// Whether its tail still sounds. Thread: any; real-time.
    pub fn rings(&self) -> bool {
        !self.room.is_silent()
    }

    /// Adds the room's answer to the piece of `frames` frames, interleaved stereo, and
    /// empties the bus. Thread: audio callback; real-time.
    pub fn sound(&mut self, frames: usize, out: &mut [f32]) {
        if self.is_silent() {
            return;
        }
        let bus = self.bus.get_mut(..2 * frames).unwrap_or_default();
        self.room.process(bus, out);
        bus.fill(0.0);
        self.sent = false;
    }
}
