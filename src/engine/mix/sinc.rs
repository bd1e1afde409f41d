//! Reading a recording faster or slower than it was made: band-limited interpolation.
//!
//! A value between two frames is the sum of the frames around it, weighted by a sinc under
//! a Kaiser window (J. O. Smith, "Digital Audio Resampling Home Page"). The weights come
//! from a table of [`PHASES`] places between two frames; between two places they are
//! interpolated linearly, whose error, (π / [`PHASES`])² / 8, is −94 dB. A recording that is
//! read faster is cut off below the lower Nyquist frequency, so nothing folds back.

mod reading;

use std::f64::consts::PI;
use std::sync::Arc;

pub(super) use reading::vectors;
pub use reading::{Reading, Weigh, add_reading};

use super::kernels::Isa;
use crate::kit::SampleData;
use crate::kit::sample::Frames;

/// Semitones up or down that a recording can be read at.
pub const MOST_SEMITONES: f32 = 12.0;
/// The step of a recording that is read as it is.
pub const UNITY: u64 = 1 << 32;

const PHASES: usize = 256;
/// Frames around a place that count, at steps up to 1: with this window flat to 0.72 of
/// Nyquist, 17 kHz at 48 kHz, and images of anything below that at −84 dB. (32 would be flat
/// to 0.83 and cost a third more.)
const TAPS: usize = 24;
/// As many at twice the speed, where the recording's frames lie twice as dense.
const MOST_TAPS: usize = 2 * TAPS;
/// Kaiser's formula for 84 dB: 0.1102 × (84 − 8.7).
const BETA: f64 = 8.3;
/// Frames of output for which a recording's frames are laid out at once.
const STRETCH: usize = 64;
/// Most frames of a recording that so many need, and the window around them.
const STAGE: usize = 2 * STRETCH + MOST_TAPS;

/// Weights for one range of steps: `PHASES + 1` rows of `taps`.
#[derive(Debug)]
struct Table {
    taps: usize,
    rows: Box<[f32]>,
}

/// The weights for all steps: one table for steps up to 1, and one for each semitone above.
#[derive(Debug)]
pub struct Sinc {
    tables: [Table; MOST_SEMITONES as usize + 1],
}

/// How far a recording moves on with each frame of output, in 2⁻³² frames, if it is tuned
/// by so many semitones; beyond ± [`MOST_SEMITONES`] it is tuned by as many as can be.
/// Thread: any; real-time.
pub fn step(semitones: f32) -> u64 {
    let semitones = if semitones.is_nan() { 0.0 } else { semitones };
    let semitones = semitones.clamp(-MOST_SEMITONES, MOST_SEMITONES);
    if semitones == 0.0 {
        return UNITY;
    }
    (f64::exp2(f64::from(semitones) / 12.0) * UNITY as f64).round() as u64
}

/// Frames of output that a recording of `frames` frames lasts at a step.
/// Thread: any; real-time.
pub fn length(frames: usize, step: u64) -> u64 {
    let length = ((frames as u128) << 32).div_ceil(u128::from(step.max(1)));
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The place in a recording, in 2⁻³² frames, of a frame of output. Thread: any; real-time.
pub fn place(frame: u64, step: u64) -> u64 {
    frame.saturating_mul(step)
}

impl Sinc {
    /// The weights, made once for the program. Thread: control.
    #[allow(
        clippy::disallowed_types,
        clippy::disallowed_methods,
        reason = "made on the control thread before anything plays"
    )]
    pub fn shared() -> Arc<Self> {
        static SHARED: std::sync::LazyLock<Arc<Sinc>> = std::sync::LazyLock::new(|| {
            Arc::new(Sinc {
                tables: std::array::from_fn(|semitones| {
                    let fastest = (semitones as f64 / 12.0).exp2();
                    Table::new((fastest * TAPS as f64 / 8.0).round() as usize * 8, fastest)
                }),
            })
        });
        Arc::clone(&SHARED)
    }

    fn table(&self, step: u64) -> Option<&Table> {
        let fastest = step as f64 / UNITY as f64;
        // a step that is rounded up a little belongs to the semitone it was made from
        let semitones = (12.0 * fastest.log2() - 1e-6).ceil().max(0.0);
        self.tables.get(semitones as usize)
    }

    /// Adds a recording, read from the place of output frame `at` on at this step, to
    /// interleaved stereo. `gains`: factors for left and right.
    /// Thread: audio callback; real-time.
    pub fn add(
        &self,
        isa: Isa,
        sample: &SampleData,
        at: u64,
        step: u64,
        gains: [f32; 2],
        out: &mut [f32],
    ) {
        let Some(table) = self.table(step) else { return };
        let gains = gains.map(|gain| gain * sample.scale);
        let mut stage = Stage { left: [0.0; STAGE], right: [0.0; STAGE] };
        for (part, out) in out.chunks_mut(2 * STRETCH).enumerate() {
            let first = place(at.saturating_add((part * STRETCH) as u64), step);
            let span = place((out.len() / 2) as u64, step).saturating_add(UNITY) >> 32;
            let frames = (span as usize + table.taps).min(STAGE);
            let from = (first >> 32) as i64 - (table.taps / 2) as i64 + 1;
            stage.fill(&sample.frames, from, frames);
            let reading = Reading {
                rows: &table.rows,
                left: &stage.left,
                right: sample.frames.is_stereo().then_some(&stage.right),
                first: first & (UNITY - 1),
                step,
                gains,
            };
            isa.add_reading(table.taps, &reading, out);
        }
    }
}

impl Table {
    #[allow(clippy::disallowed_macros, reason = "made on the control thread")]
    fn new(taps: usize, fastest: f64) -> Self {
        let taps = taps.min(MOST_TAPS);
        let half = taps as f64 / 2.0;
        // the last place between two frames is the first mirrored, and so on to the middle
        let mut rows = vec![0.0; (PHASES + 1) * taps];
        let mut weights = [0.0; MOST_TAPS];
        for phase in 0..=PHASES / 2 {
            let weights = weights.get_mut(..taps).unwrap_or_default();
            for (tap, weight) in weights.iter_mut().enumerate() {
                let x = tap as f64 - (half - 1.0) - phase as f64 / PHASES as f64;
                *weight = sinc(x / fastest) * kaiser(x / half);
            }
            // a constant stays what it is at every place
            let sum: f64 = weights.iter().sum();
            let mut fill = |phase: usize, weights: &mut dyn Iterator<Item = &f64>| {
                let row = rows.get_mut(phase * taps..).unwrap_or_default();
                row.iter_mut().zip(weights).for_each(|(place, x)| *place = (x / sum) as f32);
            };
            fill(phase, &mut weights.iter());
            fill(PHASES - phase, &mut weights.iter().rev());
        }
        Self { taps, rows: rows.into() }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// Kaiser's window but for a constant factor, which the rows' sums take away.
fn kaiser(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { bessel(BETA * (1.0 - x * x).sqrt()) }
}

/// The modified Bessel function of the first kind and order zero, by its series; 20 terms
/// leave less than 10⁻¹² of it at [`BETA`].
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..=20 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

/// Frames of a recording as floats, one channel after the other, with silence where it has
/// none.
struct Stage {
    left: [f32; STAGE],
    right: [f32; STAGE],
}

impl Stage {
    fn fill(&mut self, frames: &Frames, from: i64, count: usize) {
        let silent = usize::try_from(-from.min(0)).unwrap_or(0).min(count);
        let first = usize::try_from(from.max(0)).unwrap_or(usize::MAX);
        let [left, right] = [&mut self.left, &mut self.right]
            .map(|side| side.get_mut(..count).unwrap_or_default())
            .map(|side| {
                side.fill(0.0);
                side.get_mut(silent..).unwrap_or_default()
            });
        let pairs = first.saturating_mul(2);
        let int = |x: &i16| f32::from(*x) * super::FULL_SCALE;
        match frames {
            Frames::Mono16(x) => {
                for (to, x) in left.iter_mut().zip(x.get(first..).unwrap_or_default()) {
                    *to = int(x);
                }
            }
            Frames::MonoF32(x) => {
                for (to, x) in left.iter_mut().zip(x.get(first..).unwrap_or_default()) {
                    *to = *x;
                }
            }
            Frames::Stereo16(x) => {
                let (frames, _) = x.get(pairs..).unwrap_or_default().as_chunks::<2>();
                for ((l, r), [x, y]) in left.iter_mut().zip(right).zip(frames) {
                    (*l, *r) = (int(x), int(y));
                }
            }
            Frames::StereoF32(x) => {
                let (frames, _) = x.get(pairs..).unwrap_or_default().as_chunks::<2>();
                for ((l, r), [x, y]) in left.iter_mut().zip(right).zip(frames) {
                    (*l, *r) = (*x, *y);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
