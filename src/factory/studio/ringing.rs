//! Modes in motion: driven by a blow, stretched by their own energy.

use super::super::math::{cos_turns, sin_turns};
use super::super::osc::{FRAME, silence};

/// Frames for which a head keeps its tension: 0.7 ms.
const BLOCK: usize = 32;
/// Energy below which a mode is not heard any more, of about 1 at a hard blow.
const SILENT: f64 = 1e-14;

/// Energy at which a head is stretched by half of the most it can be. By the linear law of a
/// stretched membrane the rise would go on with the energy; the pitch of recorded toms falls by a
/// sixth in a quarter of a second, as here, and not first by an octave in a hundredth.
const HALF_STRETCHED: f64 = 0.35;

/// What a struck drum does.
pub struct Swing {
    /// Pressure at a microphone close to the struck head.
    pub close: Vec<f64>,
    /// Pressure some metres away.
    pub far: Vec<f64>,
    /// Velocity of the other head.
    pub under: Vec<f64>,
}

impl Swing {
    /// Adds what sounds at the drum's place beside its heads.
    pub fn add(&mut self, other: &[f64]) {
        for ((close, far), x) in self.close.iter_mut().zip(&mut self.far).zip(other) {
            *close += x;
            *far += x;
        }
    }
}

/// A mode. Displacement times 2π·frequency and velocity turn into each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ringing {
    /// Frequency at rest, Hz.
    pub hz: f64,
    /// The factor a frame by which it dies away.
    pub r: f64,
    /// How much of the head it moves, as a part of what the lowest mode does.
    pub mass: f64,
    /// How strongly a force moves it.
    pub struck: f64,
    /// How much of its velocity goes to each of [`Swing`].
    pub close: f64,
    pub far: f64,
    pub under: f64,
    /// Its state.
    pub displaced: f64,
    pub velocity: f64,
}

/// Rings modes that are driven by a force, in momentum a frame, for `seconds`. `stretch`: the
/// rise of the squared frequencies that no blow exceeds, as a part of them.
pub fn ring(mut modes: Vec<Ringing>, force: &[f64], stretch: f64, seconds: f64) -> Swing {
    let mut out = Swing { close: silence(seconds), far: silence(seconds), under: silence(seconds) };
    let frames = out.close.len();
    for start in (0..frames).step_by(BLOCK) {
        let mut pushes = [0.0; BLOCK];
        for (push, f) in pushes.iter_mut().zip(force.iter().skip(start)) {
            *push = *f;
        }
        modes.retain(|mode| start < force.len() || mode.energy() > SILENT);
        let energy: f64 = modes.iter().map(Ringing::energy).sum();
        let stretched = (1.0 + stretch * energy / (energy + HALF_STRETCHED)).sqrt();
        for mode in &mut modes {
            let end = frames.min(start + BLOCK);
            mode.turn(stretched, &pushes, start..end, &mut out);
        }
    }
    out
}

impl Ringing {
    fn energy(&self) -> f64 {
        self.mass * (self.displaced * self.displaced + self.velocity * self.velocity)
    }

    /// Turns the mode on by a block of frames, at `stretched` times its frequency.
    fn turn(
        &mut self,
        stretched: f64,
        pushes: &[f64; BLOCK],
        frames: std::ops::Range<usize>,
        out: &mut Swing,
    ) {
        let angle = self.hz * stretched * FRAME;
        let (c, s) = (self.r * cos_turns(angle), self.r * sin_turns(angle));
        for (n, push) in frames.zip(pushes) {
            let velocity = self.velocity + push * self.struck;
            self.velocity = c * velocity - s * self.displaced;
            self.displaced = c * self.displaced + s * velocity;
            out.close[n] += self.close * self.velocity;
            out.far[n] += self.far * self.velocity;
            out.under[n] += self.under * self.velocity;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(hz: f64) -> Ringing {
        Ringing { hz, r: 1.0, mass: 1.0, struck: 1.0, close: 1.0, ..Ringing::default() }
    }

    fn swings(part: &[f64]) -> usize {
        part.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    }

    #[test]
    fn a_pushed_mode_swings_at_its_frequency_and_keeps_the_momentum() {
        let out = ring(vec![mode(500.0)], &[0.5, 0.25], 0.0, 0.1).close;
        assert_eq!(swings(&out), 50);
        assert!(out.iter().fold(0.0f64, |m, x| m.max(*x)) < 0.75);
        assert!((out[96] - out[96 * 40]).abs() < 1e-9, "without losses it goes on as it began");
    }

    #[test]
    fn energy_makes_all_modes_higher_and_leaves_them_as_loud() {
        let out = ring(vec![mode(500.0)], &[1.0], 0.2835, 0.1).close;
        assert_eq!(swings(&out), 55, "√1.21 times as fast");
        assert!((out.iter().fold(0.0f64, |m, x| m.max(*x)) - 1.0).abs() < 0.01);
    }
}
