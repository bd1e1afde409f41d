//! The feedback delay network of the room: eight lines, each with its losses, each fed by
//! a part of all.

use std::f64::consts::TAU;

use super::delay::{Ring, STRETCH, Stretch, TINY, add_scaled, some};

/// Lines of the network.
pub const LINES: usize = 8;
/// 1 ÷ √8.
const HADAMARD: f32 = 0.353_553_39;
/// Delays of the lines at size 0, in ms, evenly spaced in octaves. Resonances are heard one
/// by one where the sum of the delays is less than 0.15 of the decay (Smith, "Physical
/// Audio Signal Processing", mode density): here beyond 1.0 s, at size 1 beyond 2.3 s.
const LINE_MS: [f64; LINES] = [11.2, 12.9, 14.9, 17.2, 19.8, 22.8, 26.4, 30.4];
/// How much longer they are at size 1. They grow less than the room: their echoes must
/// still be dense after 80 ms.
const GROWS: f64 = 2.2;

/// A line. What leaves it is `gain` × x + `pole` × what left it before.
#[derive(Debug)]
struct Line {
    ring: Ring,
    gain: f32,
    pole: f32,
    state: f32,
}

/// The lines.
#[derive(Debug)]
pub struct Network {
    lines: [Line; LINES],
}

impl Network {
    /// A silent network for a room of `size` 0..=1 whose low frequencies fall by 60 dB in
    /// `decay` seconds, and those at `damping` Hz in half of that, at `rate` frames a
    /// second. `length` finds a length for a number of frames. Thread: control.
    pub fn new(
        size: f32,
        decay: f32,
        damping: f32,
        rate: f64,
        mut length: impl FnMut(f64) -> usize,
    ) -> Self {
        let grow = GROWS.powf(f64::from(size)) * 0.001 * rate;
        let omega = TAU * (f64::from(damping) / rate).min(0.45);
        let decay = f64::from(decay) * rate;
        Self { lines: LINE_MS.map(|ms| Line::new(length(ms * grow), decay, omega)) }
    }

    /// Frames of its longest line. Thread: any; real-time.
    pub fn longest(&self) -> usize {
        self.lines.iter().map(|line| line.ring.frames()).fold(0, usize::max)
    }

    /// The part of the energy of low frequencies that a pass through all lines keeps.
    /// Thread: any; real-time.
    pub fn kept(&self) -> f32 {
        self.lines.iter().map(Line::kept).sum::<f32>() / LINES as f32
    }

    /// The next `count` frames that leave the lines, each scattered over all. A stretch is
    /// no longer than the shortest line. Thread: audio callback; real-time.
    pub fn leave(&mut self, out: &mut Stretch<LINES>, count: usize) {
        for (line, out) in self.lines.iter().zip(&mut *out) {
            line.ring.read(some(out, count));
        }
        damp(&mut self.lines, out, count);
        scatter(out, count);
    }

    /// Sends what has left the lines back in, and with it the input: left and right by
    /// turns, each side's energy over four lines. Thread: audio callback; real-time.
    pub fn enter(&mut self, back: &mut Stretch<LINES>, input: &Stretch<2>, count: usize) {
        for ((line, back), input) in self.lines.iter_mut().zip(back).zip(input.iter().cycle()) {
            let back = some(back, count);
            add_scaled(back, input, 0.5);
            line.ring.write(back);
        }
    }

    /// Silence, as when it was made. Thread: audio callback; real-time.
    pub fn clear(&mut self) {
        for line in &mut self.lines {
            line.ring.clear();
            line.state = 0.0;
        }
    }
}

impl Line {
    /// A line of `length` frames where low frequencies fall by 60 dB in `decay` frames: one
    /// pass keeps g = 10^(−3·length ÷ decay) of them, and g² at `omega` (radians a frame),
    /// where the decay is half as long. The pole p of the low-pass (1 − p) ÷ (1 − p·z⁻¹)
    /// that has the level g there solves p² − 2·b·p + 1 = 0 with
    /// b = (1 − g²·cos ω) ÷ (1 − g²).
    fn new(length: usize, decay: f64, omega: f64) -> Self {
        let g = 10f64.powf(-3.0 * length as f64 / decay);
        let b = (1.0 - g * g * omega.cos()) / (1.0 - g * g);
        let pole = 1.0 / (b + (b * b - 1.0).sqrt());
        Self {
            ring: Ring::new(length),
            gain: (g * (1.0 - pole)) as f32,
            pole: pole as f32,
            state: 0.0,
        }
    }

    /// The part of the energy that a pass keeps at low frequencies.
    fn kept(&self) -> f32 {
        let g = self.gain / (1.0 - self.pole);
        g * g
    }
}

/// What leaves the lines, in place.
fn damp(lines: &mut [Line; LINES], y: &mut Stretch<LINES>, count: usize) {
    // Four recursions side by side take as long as one.
    let (lines, _) = lines.as_chunks_mut::<4>();
    let (y, _) = y.as_chunks_mut::<4>();
    for (lines, y) in lines.iter_mut().zip(y) {
        let [y0, y1, y2, y3] = y;
        let [c0, c1, c2, c3] = lines.each_ref().map(|line| (line.gain, line.pole));
        let [mut s0, mut s1, mut s2, mut s3] = lines.each_ref().map(|line| line.state);
        let step = |y: &mut f32, state: &mut f32, (gain, pole): (f32, f32)| {
            *state = (gain * *y + TINY) + pole * *state;
            *y = *state;
        };
        for (((y0, y1), y2), y3) in y0.iter_mut().zip(y1).zip(y2).zip(y3).take(count) {
            step(y0, &mut s0, c0);
            step(y1, &mut s1, c1);
            step(y2, &mut s2, c2);
            step(y3, &mut s3, c3);
        }
        for (line, state) in lines.iter_mut().zip([s0, s1, s2, s3]) {
            line.state = state;
        }
    }
}

/// Each line gets a part of all: the Hadamard matrix of eight, which keeps their energy.
fn scatter(lines: &mut Stretch<LINES>, count: usize) {
    let butterfly = |a: &mut [f32; STRETCH], b: &mut [f32; STRETCH], scale: f32| {
        for (a, b) in a.iter_mut().zip(b).take(count) {
            (*a, *b) = ((*a + *b) * scale, (*a - *b) * scale);
        }
    };
    let [a, b, c, d, e, f, g, h] = lines;
    for (x, y) in [(&mut *a, &mut *b), (&mut *c, &mut *d), (&mut *e, &mut *f), (&mut *g, &mut *h)] {
        butterfly(x, y, 1.0);
    }
    for (x, y) in [(&mut *a, &mut *c), (&mut *b, &mut *d), (&mut *e, &mut *g), (&mut *f, &mut *h)] {
        butterfly(x, y, 1.0);
    }
    for (x, y) in [(a, e), (b, f), (c, g), (d, h)] {
        butterfly(x, y, HADAMARD);
    }
}
