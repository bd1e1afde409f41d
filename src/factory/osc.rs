//! The few generators that all drums are made of: decaying sines, noise, a filter.

use super::RATE;
use super::math::{LN_1000, cos_turns, exp, sin_turns};
use crate::words::rng::Rng;

/// Seconds a frame.
pub const FRAME: f64 = 1.0 / RATE as f64;

/// Silence of this many seconds.
pub fn silence(seconds: f64) -> Vec<f64> {
    vec![0.0; (seconds * f64::from(RATE)) as usize]
}

/// The factor a frame of a decay by 60 dB in `t60` seconds.
pub fn decay(t60: f64) -> f64 {
    exp(-LN_1000 * FRAME / t60)
}

/// How strongly a stick or mallet excites a mode at `hz`: a blow lasts about
/// 1 ÷ (2·`cutoff`), and what swings faster than it lasts is hardly moved. A second-order
/// low-pass; harder blows are shorter, so their `cutoff` is higher.
pub fn contact(hz: f64, cutoff: f64) -> f64 {
    1.0 / (1.0 + (hz / cutoff) * (hz / cutoff))
}

/// White noise, and numbers by chance.
pub struct Noise(Rng);

impl Noise {
    /// Noise of its own for each seed and stream.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(Rng::new(seed, stream))
    }

    /// The next value, −1 … 1, evenly spread.
    pub fn next(&mut self) -> f64 {
        // 53 random bits are as many as a f64 holds exactly.
        (self.0.draw() >> 11) as f64 * (2.0 / (1u64 << 53) as f64) - 1.0
    }

    /// The next number between `low` and `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (0.5 + 0.5 * self.next())
    }
}

/// One mode of a body that rings: a sine that decays.
#[derive(Debug, Clone, Copy)]
pub struct Mode {
    /// Frequency, Hz.
    pub hz: f64,
    /// Amplitude at the start.
    pub level: f64,
    /// Time of a decay by 60 dB, seconds.
    pub t60: f64,
    /// Phase at the start, in turns.
    pub phase: f64,
}

impl Mode {
    /// Adds the mode to `out`, by the two-term recurrence of a damped sine:
    /// `y[n] = 2·r·cos ω · y[n−1] − r² · y[n−2]`.
    pub fn ring(self, out: &mut [f64]) {
        let r = decay(self.t60);
        let step = self.hz * FRAME;
        let (a, b) = (2.0 * r * cos_turns(step), r * r);
        let mut now = self.level * sin_turns(self.phase);
        let mut before = self.level / r * sin_turns(self.phase - step);
        // 120 dB down is below a sixteenth of the last bit of a full-scale recording.
        let audible = (2.0 * self.t60 * f64::from(RATE)) as usize;
        for x in out.iter_mut().take(audible) {
            *x += now;
            (now, before) = (a * now - b * before, now);
        }
    }

    /// Adds the mode to `out`, swelling over about `rise` seconds instead of starting at
    /// its full level: the mode less the same mode that dies away faster.
    pub fn swell(self, rise: f64, out: &mut [f64]) {
        self.ring(out);
        // Rates add: 1/t60 of the fast one = 1/t60 + 1/(rise·ln 1000).
        let t60 = 1.0 / (1.0 / self.t60 + 1.0 / (rise * LN_1000));
        Mode { level: -self.level, t60, ..self }.ring(out);
    }
}

/// A state-variable filter in the trapezoidal form (Zavalishin, *The Art of VA Filter
/// Design*, ch. 4): low, band and high pass of one cutoff at once.
pub struct Filter {
    g: f64,
    k: f64,
    s1: f64,
    s2: f64,
}

/// What a [`Filter`] lets through.
#[derive(Debug, Clone, Copy)]
pub enum Pass {
    /// Below the cutoff, 12 dB an octave.
    Low,
    /// Around it, 0 dB at the cutoff.
    Band,
    /// Above it, 12 dB an octave.
    High,
}

impl Filter {
    /// `hz`: cutoff, below half the rate. `q`: 0.7 flat, above: a peak.
    pub fn new(hz: f64, q: f64) -> Self {
        let half = 0.5 * hz * FRAME;
        Self { g: sin_turns(half) / cos_turns(half), k: 1.0 / q, s1: 0.0, s2: 0.0 }
    }

    /// The next frame.
    pub fn next(&mut self, x: f64, pass: Pass) -> f64 {
        let (g, k) = (self.g, self.k);
        let high = (x - (g + k) * self.s1 - self.s2) / (1.0 + g * (g + k));
        let band = g * high + self.s1;
        let low = g * band + self.s2;
        self.s1 = g * high + band;
        self.s2 = g * band + low;
        match pass {
            Pass::Low => low,
            Pass::Band => k * band,
            Pass::High => high,
        }
    }
}

/// A decaying burst of filtered noise.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    /// Amplitude of the noise before the filter.
    pub level: f64,
    /// What is let through.
    pub pass: Pass,
    /// Cutoff, Hz.
    pub hz: f64,
    /// Quality of the filter.
    pub q: f64,
    /// Time of a decay by 60 dB, seconds.
    pub t60: f64,
}

impl Burst {
    /// Adds the burst to `out`, its level at each frame multiplied by `shape(seconds)`.
    pub fn shaped(self, noise: &mut Noise, out: &mut [f64], mut shape: impl FnMut(f64) -> f64) {
        let mut filter = Filter::new(self.hz, self.q);
        let r = decay(self.t60);
        let mut level = self.level;
        for (n, x) in out.iter_mut().enumerate() {
            let envelope = level * shape(n as f64 * FRAME);
            *x += filter.next(noise.next() * envelope, self.pass);
            level *= r;
        }
    }

    /// Adds the burst to `out`.
    pub fn add(self, noise: &mut Noise, out: &mut [f64]) {
        self.shaped(noise, out, |_| 1.0);
    }
}

/// Gentle saturation, x ÷ √(1 + x²), at `drive` times the level.
pub fn saturate(out: &mut [f64], drive: f64) {
    for x in out {
        let driven = *x * drive;
        *x = driven / (1.0 + driven * driven).sqrt();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_the_sine_it_says_and_falls_by_60_db_in_its_t60() {
        let mut out = silence(0.2);
        Mode { hz: 1000.0, level: 0.5, t60: 0.1, phase: 0.25 }.ring(&mut out);
        assert!((out[0] - 0.5).abs() < 1e-12);
        assert!((out[24] + 0.5 * decay(0.1).powi(24)).abs() < 1e-10, "half a period later");
        assert!((out[4800] - 0.0005).abs() < 1e-10);
    }

    #[test]
    fn a_swelling_mode_starts_from_silence_and_ends_as_the_plain_one() {
        let mode = Mode { hz: 500.0, level: 1.0, t60: 1.0, phase: 0.25 };
        let (mut plain, mut swelling) = (silence(0.5), silence(0.5));
        mode.ring(&mut plain);
        mode.swell(0.01, &mut swelling);
        assert!(swelling[0].abs() < 1e-12);
        assert!((swelling[20_000] - plain[20_000]).abs() < 1e-9);
    }

    #[test]
    fn the_filter_passes_its_side_of_the_cutoff() {
        let level = |hz: f64, pass| {
            let mut filter = Filter::new(1000.0, 0.7);
            let mut peak = 0.0f64;
            for n in 0..9600 {
                let y = filter.next(sin_turns(f64::from(n) * hz * FRAME), pass);
                peak = if n > 4800 { peak.max(y.abs()) } else { 0.0 };
            }
            peak
        };
        assert!(level(100.0, Pass::Low) > 0.98 && level(10_000.0, Pass::Low) < 0.02);
        assert!(level(100.0, Pass::High) < 0.02 && level(10_000.0, Pass::High) > 0.98);
        assert!((level(1000.0, Pass::Band) - 1.0).abs() < 0.01);
    }

    #[test]
    fn saturation_never_reaches_full_scale() {
        let mut out = [0.0, 0.01, 100.0, -100.0];
        saturate(&mut out, 1.0);
        assert_eq!(out[0], 0.0);
        assert!((out[1] - 0.01).abs() < 1e-6);
        assert!(out[2] < 1.0 && out[3] > -1.0);
    }
}
