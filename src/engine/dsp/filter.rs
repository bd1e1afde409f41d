//! Low- and high-pass filters of one voice.

use std::f64::consts::PI;

/// Frames between two looks at the state.
const LOOK: usize = 32;
/// State below this (−400 dB) becomes zero: numbers that small cost a hundred times as
/// much on many processors, and setting their flush-to-zero flags is undefined in Rust.
const TINY: f32 = 1e-20;
/// Cutoffs that a filter can do: from here, in Hz,
const LOWEST: f64 = 20.0;
/// to this part of the rate. At half of it the prewarped frequency is infinite.
const HIGHEST: f64 = 0.45;

/// What a filter lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// What lies below the cutoff.
    Low,
    /// What lies above the cutoff.
    High,
}

/// A stereo filter of second order: a state-variable filter whose integrators are
/// trapezoidal, so that it is stable and in tune up to its highest cutoff. Equations:
/// Andrew Simper, "Linear Trapezoidal Integrated State Variable Filter With Low Noise
/// Optimisation" (Cytomic, 2013, SvfLinearTrapOptimised2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filter {
    pass: Pass,
    /// 1 ÷ Q.
    damping: f32,
    /// Simper's a1, a2, a3.
    a: [f32; 3],
    /// His ic1eq and ic2eq, left and right.
    first: [f32; 2],
    second: [f32; 2],
    /// Frames until the state is looked at.
    until_look: usize,
}

impl Filter {
    /// The Q at which the level at the cutoff is −3 dB and the passband has no hump
    /// (Butterworth).
    pub const FLAT: f32 = std::f32::consts::FRAC_1_SQRT_2;

    /// A filter at rest. `cutoff` in Hz, taken for the nearest of 20 to 0.45 of `rate`
    /// (frames a second); what is no number lets everything through as far as it can.
    /// `q`: 0.1..=10, [`Filter::FLAT`] where it does not matter; taken for the nearest.
    /// Thread: any; real-time.
    pub fn new(pass: Pass, cutoff: f32, q: f32, rate: u32) -> Self {
        let rate = f64::from(rate.max(1));
        let highest = (rate * HIGHEST).max(LOWEST);
        let open = if pass == Pass::Low { highest } else { LOWEST };
        let cutoff = if cutoff.is_nan() { open } else { f64::from(cutoff) };
        let g = (PI * cutoff.clamp(LOWEST, highest).min(rate * HIGHEST) / rate).tan();
        let q = if q.is_nan() { Self::FLAT } else { q };
        let k = 1.0 / f64::from(q.clamp(0.1, 10.0));
        let a1 = 1.0 / (1.0 + g * (g + k));
        Self {
            pass,
            damping: k as f32,
            a: [a1, g * a1, g * g * a1].map(|a| a as f32),
            first: [0.0; 2],
            second: [0.0; 2],
            until_look: LOOK,
        }
    }

    /// Filters interleaved stereo in place. Input that is no number, or that overflows, is
    /// forgotten within 32 frames. Thread: audio callback; real-time.
    pub fn process(&mut self, frames: &mut [f32]) {
        let (mut rest, _) = frames.as_chunks_mut::<2>();
        while !rest.is_empty() {
            let count = self.until_look.min(rest.len());
            let Some((part, after)) = rest.split_at_mut_checked(count) else { return };
            match self.pass {
                Pass::Low => self.run(part, |_, _, low| low),
                Pass::High => {
                    let k = self.damping;
                    self.run(part, |x, band, low| x - k * band - low);
                }
            }
            self.until_look -= count;
            if self.until_look == 0 {
                self.until_look = LOOK;
                let settle = |x: f32| if x.is_finite() && x.abs() > TINY { x } else { 0.0 };
                self.first = self.first.map(settle);
                self.second = self.second.map(settle);
            }
            rest = after;
        }
    }

    /// `mix` makes the output of input, band-pass and low-pass.
    fn run(&mut self, frames: &mut [[f32; 2]], mix: impl Fn(f32, f32, f32) -> f32) {
        let [a1, a2, a3] = self.a;
        let ([mut l1, mut r1], [mut l2, mut r2]) = (self.first, self.second);
        let side = |x: &mut f32, ic1: &mut f32, ic2: &mut f32| {
            let v3 = *x - *ic2;
            let band = a1 * *ic1 + a2 * v3;
            let low = *ic2 + (a2 * *ic1 + a3 * v3);
            *ic1 = 2.0 * band - *ic1;
            *ic2 = 2.0 * low - *ic2;
            *x = mix(*x, band, low);
        };
        for [left, right] in frames {
            side(left, &mut l1, &mut l2);
            side(right, &mut r1, &mut r2);
        }
        (self.first, self.second) = ([l1, r1], [l2, r2]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::units::gain_to_db;

    const RATE: u32 = 48_000;

    /// Level in dB of a sine of `hz` behind the filter, once it has settled.
    fn level_at(mut filter: Filter, hz: f64) -> f32 {
        let step = std::f64::consts::TAU * hz / f64::from(RATE);
        let tone: Vec<f32> = (0..RATE).map(|i| (f64::from(i) * step).sin() as f32).collect();
        let mut out: Vec<f32> = tone.iter().flat_map(|x| [*x, -*x]).collect();
        filter.process(&mut out);
        out.chunks_exact(2).for_each(|frame| assert_eq!(frame[0], -frame[1]));
        let power = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let half = tone.len() / 2;
        gain_to_db((power(&out[2 * half..]) / 2.0 / power(&tone[half..])).sqrt() as f32)
    }
    fn close(found: f32, wanted: f32) {
        assert!((found - wanted).abs() < 0.1, "{found} dB instead of {wanted}");
    }

    #[test]
    fn the_cutoff_is_three_db_down_and_what_shall_pass_passes() {
        for hz in [100.0, 1000.0, 10_000.0, 18_000.0] {
            for pass in [Pass::Low, Pass::High] {
                close(level_at(Filter::new(pass, hz, Filter::FLAT, RATE), f64::from(hz)), -3.01);
            }
        }
        close(level_at(Filter::new(Pass::Low, 5000.0, Filter::FLAT, RATE), 500.0), 0.0);
        close(level_at(Filter::new(Pass::High, 500.0, Filter::FLAT, RATE), 5000.0), 0.0);
    }

    #[test]
    fn far_from_the_cutoff_an_octave_is_twelve_db() {
        let low = Filter::new(Pass::Low, 100.0, Filter::FLAT, RATE);
        close(level_at(low, 800.0) - level_at(low, 1600.0), 12.04);
        let high = Filter::new(Pass::High, 4000.0, Filter::FLAT, RATE);
        close(level_at(high, 500.0) - level_at(high, 250.0), 12.04);
        close(level_at(Filter::new(Pass::Low, 1000.0, 4.0, RATE), 1000.0), 12.04);
    }

    #[test]
    fn the_same_bits_however_it_is_cut() {
        let signal: Vec<f32> =
            (0..2000).map(|i| if i < 600 { (i as f32 * 1.7).sin() } else { 0.0 }).collect();
        for pass in [Pass::Low, Pass::High] {
            let run = |cut: usize| {
                let mut filter = Filter::new(pass, 3000.0, Filter::FLAT, RATE);
                let mut out = signal.clone();
                out.chunks_mut(2 * cut).for_each(|part| filter.process(part));
                out
            };
            for cut in [1, 7, 32, 100] {
                assert_eq!(run(cut), run(1000), "in pieces of {cut}");
            }
        }
    }

    #[test]
    fn silence_becomes_exactly_silence_by_way_of_no_tiny_number() {
        for pass in [Pass::Low, Pass::High] {
            let mut filter = Filter::new(pass, 1000.0, Filter::FLAT, RATE);
            filter.process(&mut [1.0, 1.0]);
            let mut out = vec![0.0f32; 20_000];
            filter.process(&mut out);
            assert!(out.iter().all(|x| !x.is_subnormal()));
            assert_eq!(out[19_000..], [0.0; 1000]);
        }
    }

    #[test]
    fn every_cutoff_and_rate_stays_finite_and_what_is_no_number_is_forgotten() {
        for rate in [0, 1, 8000, 48_000, 192_000] {
            for cutoff in [f32::NAN, f32::NEG_INFINITY, 0.0, 20.0, 1e4, f32::INFINITY] {
                for q in [f32::NAN, 0.0, 0.7, f32::INFINITY] {
                    for pass in [Pass::Low, Pass::High] {
                        let mut filter = Filter::new(pass, cutoff, q, rate);
                        let mut out: Vec<f32> =
                            (0..4000).map(|i| if i % 14 < 7 { 1.0 } else { -1.0 }).collect();
                        filter.process(&mut out);
                        assert!(out.iter().all(|x| x.abs() < 40.0), "{filter:?}");
                        filter.process(&mut [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN]);
                        filter.process(&mut [0.0; 64]);
                        let mut after = [0.5; 64];
                        filter.process(&mut after);
                        assert!(after.iter().all(|x| x.is_finite()), "{filter:?}");
                    }
                }
            }
        }
    }
}
