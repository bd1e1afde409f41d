//! A room: the one reverb, to which every slot may send.
//!
//! Early reflections are those of a shoe box with drums in it and a pair of microphones
//! before them; what follows them is a feedback delay network of eight lines (Stautner and
//! Puckette 1982) mixed by a Hadamard matrix, whose decay is set for each line and in two
//! bands (Jot and Chaigne 1991). Allpasses (Schroeder 1962) before the network make the
//! echoes dense at once. Nothing is modulated: a drum excites the room for a moment only,
//! and a moving pitch would be heard on cymbals.

use std::f64::consts::TAU;

use super::delay::{Allpass, Lengths, STRETCH, Stretch, TINY, Tapped, some};
use super::network::{LINES, Network};
use super::shoebox::{Reflection, reflections};
use crate::kit::sample::peak;

/// Allpasses before the network, each side.
const DIFFUSERS: usize = 4;
/// Frames between two decisions on whether the room has fallen silent.
const POINT: usize = 64;
/// Below this (−120 dB) a send does not wake a silent room.
const WAKES: f32 = 1e-6;
/// Below this (−100 dB) the room's tail has ended.
const ENDED: f32 = 1e-5;
/// Beyond this (+80 dB) a send is a mistake, like one that is no number, and counts as silence.
const ABSURD: f32 = 1e4;
/// What rumbles below this, in Hz, does not ring: a kick drum would fill the room, and no
/// constant gets in.
const LOW_CUT: f64 = 70.0;
/// How much longer the room is at size 1.
const ROOM_GROWS: f64 = 3.0;
/// Delays of the allpasses at size 0, in ms, left and right; they grow with the square
/// root of the room, for long ones are heard as a flutter. The shortest are 64 frames at
/// 44.1 kHz: a whole stretch.
const DIFFUSER_MS: [[f64; DIFFUSERS]; 2] = [[1.5, 2.0, 3.1, 4.7], [1.6, 2.3, 2.8, 5.2]];
/// Their coefficient: near the golden section of Schroeder's proposals, 0.6 to 0.7.
const DIFFUSION: f32 = 0.62;
/// Lowest rate: below it the allpasses would be a few frames long.
const LOWEST_RATE: u32 = 8000;
/// Part of the energy that comes out as early reflections.
const EARLY: f32 = 0.4;

/// What a room is like. Values out of range are taken for the nearest; what is no number
/// for the default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomSpec {
    /// Seconds in which low frequencies fall by 60 dB, 0.2..=5.
    pub decay: f32,
    /// 0 a booth … 1 a hall: the distances between its walls.
    pub size: f32,
    /// Frequency in Hz at which the decay takes half as long, 500..=20 000: how much its
    /// walls swallow.
    pub damping: f32,
    /// Seconds before the first reflection beyond those of its size, 0..=0.1.
    pub predelay: f32,
    /// Factor of what comes out, 0..=4. At 1 the room is about as loud as what is sent.
    pub level: f32,
}

impl Default for RoomSpec {
    /// A live room for drums, 12 dB below them.
    fn default() -> Self {
        Self { decay: 0.8, size: 0.4, damping: 6000.0, predelay: 0.0, level: 0.25 }
    }
}

impl RoomSpec {
    fn in_range(self) -> Self {
        let usual = Self::default();
        let near = |x: f32, usual: f32, low: f32, high: f32| {
            if x.is_nan() { usual } else { x.clamp(low, high) }
        };
        Self {
            decay: near(self.decay, usual.decay, 0.2, 5.0),
            size: near(self.size, usual.size, 0.0, 1.0),
            damping: near(self.damping, usual.damping, 500.0, 20_000.0),
            predelay: near(self.predelay, usual.predelay, 0.0, 0.1),
            level: near(self.level, usual.level, 0.0, 4.0),
        }
    }
}

/// The room. What comes out is a function of what was sent since it woke: the first frame
/// that is sent to a silent room is its frame 0.
#[derive(Debug)]
pub struct Room {
    /// Part of a difference that the low cut follows in a frame; what it has followed.
    low_cut: f32,
    lows: [f32; 2],
    /// What was sent, left and right, without its lows.
    sent: [Tapped; 2],
    /// Frames before the network begins.
    predelay: usize,
    reflections: Box<[Reflection]>,
    diffusers: [[Allpass; DIFFUSERS]; 2],
    network: Network,
    /// Factors of the reflections and of the network.
    early: f32,
    late: f32,
    /// Frames computed at once: no recursion is shorter.
    stride: usize,
    /// Frames of silence, in and out, after which nothing is under way.
    memory: usize,
    awake: bool,
    until_point: usize,
    /// Whether anything was sent or heard since the last point.
    heard: bool,
    /// Frames, up to the last point, since anything was.
    quiet: usize,
}

impl Room {
    /// The room at `rate` frames a second (taken for at least 8000), with all its memory:
    /// at 48 kHz 40 KB at size 0, 90 KB at size 1, and 38 KB more for the longest
    /// predelay. Thread: control.
    #[allow(
        clippy::disallowed_methods,
        reason = "made on the control thread before anything plays"
    )]
    pub fn new(spec: &RoomSpec, rate: u32) -> Self {
        let spec = spec.in_range();
        let rate = f64::from(rate.max(LOWEST_RATE));
        let scale = ROOM_GROWS.powf(f64::from(spec.size));
        let mut lengths = Lengths::<{ LINES + 2 * DIFFUSERS }>::default();
        let mut length = |frames| lengths.next(frames);
        let network = Network::new(spec.size, spec.decay, spec.damping, rate, &mut length);
        let frames = 0.001 * rate * scale.sqrt();
        let diffusers =
            DIFFUSER_MS.map(|side| side.map(|ms| Allpass::new(length(ms * frames), DIFFUSION)));
        let predelay = (f64::from(spec.predelay) * rate).round() as usize;
        let reflections: Box<[Reflection]> = reflections(scale, predelay, rate).collect();
        let farthest = reflections.iter().map(|r| r.delay).fold(predelay, usize::max);
        let allpasses = || diffusers.as_flattened().iter().map(Allpass::frames);
        let longest = network.longest();
        // One side feeds its network energy 1, of which a pass keeps a part and brings an
        // eighth to each side.
        let kept = network.kept();
        let late = LINES as f32 * (1.0 - kept) / kept / 2.0;
        let early = reflections.iter().map(|r| r.gain * r.gain).sum::<f32>() / 2.0;
        Self {
            low_cut: (1.0 - (-TAU * LOW_CUT / rate).exp()) as f32,
            lows: [0.0; 2],
            sent: [(); 2].map(|()| Tapped::new(farthest)),
            predelay,
            early: spec.level * (EARLY / early).sqrt(),
            late: spec.level * ((1.0 - EARLY) * late).sqrt(),
            stride: allpasses().fold(STRETCH, usize::min),
            memory: farthest + longest + allpasses().sum::<usize>(),
            reflections,
            diffusers,
            network,
            awake: false,
            until_point: POINT,
            heard: false,
            quiet: 0,
        }
    }

    /// Whether nothing rings in it: then silence need not be sent. Thread: any; real-time.
    pub fn is_silent(&self) -> bool {
        !self.awake
    }

    /// Adds what the room makes of `send` to `out`, both interleaved stereo, as far as both
    /// reach. Where nothing rings and nothing is sent, that is nothing. A tail that has
    /// fallen below −100 dB ends and leaves the room as it was made: its memory is cleared
    /// once. Thread: audio callback; real-time.
    pub fn process(&mut self, send: &[f32], out: &mut [f32]) {
        let (mut out, _) = out.as_chunks_mut::<2>();
        let (send, _) = send.as_chunks::<2>();
        let mut send = send.get(..out.len()).unwrap_or(send);
        loop {
            if !self.awake {
                let loud = |frame: &[f32; 2]| frame.iter().any(|x| sane(*x).abs() > WAKES);
                let Some(until) = send.iter().position(loud) else { return };
                send = send.get(until..).unwrap_or_default();
                out = std::mem::take(&mut out).get_mut(until..).unwrap_or_default();
                self.awake = true;
            }
            let count = self.stride.min(self.until_point).min(send.len()).min(out.len());
            let Some((now, next)) = send.split_at_checked(count) else { return };
            let Some((to, after)) = std::mem::take(&mut out).split_at_mut_checked(count) else {
                return;
            };
            if count == 0 {
                return;
            }
            self.stretch(now, to);
            (send, out) = (next, after);
            self.until_point -= count;
            if self.until_point == 0 {
                self.point();
            }
        }
    }

    /// Ends the tail where nothing has been sent or heard for as long as anything can be
    /// under way.
    fn point(&mut self) {
        self.until_point = POINT;
        self.quiet = if self.heard { 0 } else { self.quiet.saturating_add(POINT) };
        self.heard = false;
        if self.quiet >= self.memory {
            self.clear();
        }
    }

    /// Silence, as when it was made. Thread: audio callback; real-time.
    pub fn clear(&mut self) {
        self.until_point = POINT;
        self.heard = false;
        self.quiet = 0;
        self.awake = false;
        self.lows = [0.0; 2];
        self.sent.iter_mut().for_each(Tapped::clear);
        self.diffusers.as_flattened_mut().iter_mut().for_each(Allpass::clear);
        self.network.clear();
    }

    /// The next frames, at most `stride` of them.
    fn stretch(&mut self, send: &[[f32; 2]], out: &mut [[f32; 2]]) {
        let count = send.len();
        let mut input: Stretch<2> = [[0.0; STRETCH]; 2];
        let mut early: Stretch<2> = [[0.0; STRETCH]; 2];
        let mut lines: Stretch<LINES> = [[0.0; STRETCH]; LINES];
        let sent = self.take(send, &mut input);
        for reflection in &self.reflections {
            let Reflection { from, to, delay, gain } = *reflection;
            if let (Some(from), Some(to)) = (self.sent.get(from), early.get_mut(to)) {
                from.add(delay, gain, some(to, count));
            }
        }
        for ((input, sent), diffusers) in input.iter_mut().zip(&self.sent).zip(&mut self.diffusers)
        {
            let input = some(input, count);
            input.fill(TINY);
            sent.add(self.predelay, 1.0, input);
            diffusers.iter_mut().for_each(|allpass| allpass.process(input));
        }
        self.network.leave(&mut lines, count);
        let heard = self.give(&early, &lines, out);
        self.network.enter(&mut lines, &input, count);
        self.heard |= sent > WAKES || heard > ENDED;
    }

    /// Takes in what is sent, without its lows; gives its peak.
    fn take(&mut self, send: &[[f32; 2]], input: &mut Stretch<2>) -> f32 {
        let [left, right] = input;
        let [mut low_left, mut low_right] = self.lows;
        let mut loudest = 0.0f32;
        let cut = |x: f32, low: &mut f32| {
            let high = x + TINY - *low;
            *low += self.low_cut * high;
            high
        };
        for ((frame, left), right) in send.iter().zip(left.iter_mut()).zip(right.iter_mut()) {
            let [l, r] = frame.map(sane);
            loudest = loudest.max(l.abs()).max(r.abs());
            *left = cut(l, &mut low_left);
            *right = cut(r, &mut low_right);
        }
        self.lows = [low_left, low_right];
        for (sent, input) in self.sent.iter_mut().zip(input) {
            sent.write(some(input, send.len()));
        }
        loudest
    }

    /// Adds the reflections and the network to the output; gives the peak of both.
    /// Lines 2 and 5 stand for the network: each hears all lines, with signs that have
    /// nothing in common.
    fn give(&self, early: &Stretch<2>, lines: &Stretch<LINES>, out: &mut [[f32; 2]]) -> f32 {
        let [left, right] = early;
        let [_, _, late_left, _, _, late_right, ..] = lines;
        let mut wet = [[0.0; 2]; STRETCH];
        let sides = left.iter().zip(right).zip(late_left.iter().zip(late_right));
        for ((wet, out), ((left, right), (late_left, late_right))) in
            wet.iter_mut().zip(&mut *out).zip(sides)
        {
            *wet = [
                self.early * left + self.late * late_left,
                self.early * right + self.late * late_right,
            ];
            let ([left, right], [wet_left, wet_right]) = (out, *wet);
            *left += wet_left;
            *right += wet_right;
        }
        peak(wet.as_flattened())
    }
}

/// What is sent, or silence for what cannot be meant.
fn sane(x: f32) -> f32 {
    if x.abs() <= ABSURD { x } else { 0.0 }
}

#[cfg(test)]
mod tests;
