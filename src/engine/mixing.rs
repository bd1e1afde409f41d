//! From voices to the outputs: mixing, the master volume, the limiters.

use std::ops::Range;

use super::Engine;
use super::mix::{self, Run};
use super::tone::Tools;
use crate::kit::sample;

/// Frames that are mixed at a time: what a shaped voice or the room is made in fits the
/// first cache (8 KiB), and a period of a card is never cut.
pub const PIECE: usize = 1024;

impl Engine {
    /// Mixes all voices up to a frame of the current block.
    pub(super) fn mix_to(&mut self, frame: u64, out: &mut [f32]) {
        let rest = self.room.as_ref().is_none_or(|room| room.is_silent());
        if self.voices.is_empty() && rest {
            self.mixed = self.mixed.max(frame);
        }
        while self.mixed < frame {
            let to = frame.min(self.mixed.saturating_add(PIECE as u64));
            self.mix_piece(to, out);
            self.mixed = to;
        }
    }

    /// Mixes all voices up to a frame at most [`PIECE`] away.
    fn mix_piece(&mut self, to: u64, out: &mut [f32]) {
        let from = self.mixed;
        let frames = to.saturating_sub(from) as usize;
        let (count, now) = (self.pairs, self.now);
        let Self { voices, places, scratch, room, .. } = self;
        let tools = Tools { sinc: &self.sinc, isa: self.isa };
        let mut room = room.as_deref_mut();
        for (pair, out) in pairs_of(count, now, from..to, out).enumerate() {
            let mut run = Run::new(tools.isa);
            for voice in voices.iter_mut().filter(|v| v.pair == pair) {
                let Some(sample) = places.sample(voice) else { continue };
                if voice.tone.is_none() {
                    voice.mix(sample, voice.gains, from, out, &mut run);
                    continue;
                }
                run.flush(out);
                let shaped = voice.shaped(sample, from, frames, tools, scratch);
                if let Some((at, shaped)) = shaped {
                    mix::add_frames(shaped, 1.0, at, out);
                    if let Some(room) = &mut room {
                        room.send_frames(shaped, voice.send, at);
                    }
                }
            }
            run.flush(out);
        }
        if let Some(room) = room {
            let mut run = Run::new(tools.isa);
            for voice in voices.iter().filter(|v| v.send > 0.0 && v.tone.is_none()) {
                if let Some(sample) = places.sample(voice) {
                    room.send(voice, sample, from, frames, &mut run);
                }
            }
            room.flush(frames, &mut run);
            if let Some(out) = pairs_of(count, now, from..to, out).next() {
                room.sound(from, frames, scratch, out);
            }
        }
    }

    /// Gives the frames up to this one, which are mixed, their master volume.
    pub(super) fn master_to(&mut self, frame: u64, out: &mut [f32]) {
        for out in pairs_of(self.pairs, self.now, self.mastered..frame, out) {
            self.master.process(self.mastered, out);
        }
        self.mastered = frame;
    }

    /// Keeps every pair of outputs below full scale, where there are limiters; how loud the
    /// loudest is afterwards.
    pub(super) fn limit(&mut self, out: &mut [f32]) -> f32 {
        let mut loudest = 0.0f32;
        let whole = (out.len() / self.pairs).max(1);
        let limiters = if self.is_limited { &mut *self.limiters } else { &mut [] };
        let mut limiters = limiters.iter_mut();
        for out in out.chunks_exact_mut(whole) {
            let mut peak = sample::peak(out);
            if let Some(limiter) = limiters.next()
                && limiter.process(out, peak)
            {
                peak = sample::peak(out);
            }
            loudest = loudest.max(peak);
        }
        loudest
    }
}

/// The frames `which` (absolute) of a block that begins with frame `now`, pair by pair.
fn pairs_of(
    pairs: usize,
    now: u64,
    which: Range<u64>,
    out: &mut [f32],
) -> impl Iterator<Item = &mut [f32]> {
    let [from, to] = [which.start, which.end].map(|f| 2 * f.saturating_sub(now) as usize);
    let whole = (out.len() / pairs).max(1);
    out.chunks_exact_mut(whole).map(move |out| out.get_mut(from..to).unwrap_or_default())
}
