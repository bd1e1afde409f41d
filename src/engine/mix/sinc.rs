//! Reading a recording faster or slower than it was made: band-limited interpolation.
//!
//! A value between two frames is the sum of the frames around it, weighted by a sinc under
//! a Kaiser window (J. O. Smith, "Digital Audio Resampling Home Page"). The weights come
//! from a table of [`PHASES`] places between two frames; between two places they are
//! interpolated linearly, whose error, (π / [`PHASES`])² / 8, is −94 dB. A recording that is
//! read faster is cut off below the lower Nyquist frequency, so nothing folds back.

use std::f64::consts::PI;
use std::sync::Arc;

use super::kernels::Isa;
use crate::kit::SampleData;
use crate::kit::sample::Frames;

/// Semitones up or down that a recording can be read at.
pub const MOST_SEMITONES: f32 = 12.0;
/// The step of a recording that is read as it is.
pub const UNITY: u64 = 1 << 32;

const PHASES: usize = 256;
/// Frames around a place that count, at steps up to 1: with this window flat to 0.83 of
/// Nyquist, and images of anything below that at −84 dB.
const TAPS: usize = 32;
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
                    Table::new((fastest * TAPS as f64).ceil() as usize, fastest)
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
        let taps = taps.next_multiple_of(8).min(MOST_TAPS);
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

/// What the innermost loop reads.
pub struct Reading<'a> {
    rows: &'a [f32],
    left: &'a [f32],
    /// `None` for mono.
    right: Option<&'a [f32; STAGE]>,
    /// The first frame's place, from the first window's first frame on.
    first: u64,
    step: u64,
    gains: [f32; 2],
}

/// Adds a reading whose windows have `taps` frames.
#[inline(always)]
pub fn add_reading(taps: usize, reading: &Reading, out: &mut [f32]) {
    match taps {
        ..=32 => windows::<4>(reading, out),
        33..=40 => windows::<5>(reading, out),
        41..=48 => windows::<6>(reading, out),
        49..=56 => windows::<7>(reading, out),
        _ => windows::<8>(reading, out),
    }
}

/// Windows of `EIGHTS` times eight frames.
#[inline(always)]
fn windows<const EIGHTS: usize>(reading: &Reading, out: &mut [f32]) {
    let Reading { rows, left, right, first, step, gains: [to_left, to_right] } = *reading;
    let (rows, _) = rows.as_chunks::<8>();
    let (rows, _) = rows.as_chunks::<EIGHTS>();
    for (i, [l, r]) in out.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let place = first + i as u64 * step;
        let between = place as u32;
        let phase = (between >> 24) as usize;
        // exact: 24 bits
        let part = (between & 0xFF_FFFF) as f32 / (1 << 24) as f32;
        let Some([here, next]) = rows.get(phase..).and_then(|rows| rows.first_chunk()) else {
            continue;
        };
        let at = (place >> 32) as usize;
        let window = |side: &[f32]| -> Option<[[f32; 8]; EIGHTS]> {
            let (eights, _) = side.get(at..)?.as_chunks::<8>();
            eights.first_chunk::<EIGHTS>().copied()
        };
        let mut weights = [[0.0f32; 8]; EIGHTS];
        for (weights, (here, next)) in weights.iter_mut().zip(here.iter().zip(next)) {
            for (weight, (here, next)) in weights.iter_mut().zip(here.iter().zip(next)) {
                *weight = here + part * (next - here);
            }
        }
        let Some(x) = window(left).map(|x| product(&weights, &x)) else { continue };
        let y = match right {
            Some(right) => window(right).map_or(0.0, |y| product(&weights, &y)),
            None => x,
        };
        *l += x * to_left;
        *r += y * to_right;
    }
}

/// The sum of products, in eight columns that are added pairwise: the same order whatever
/// the vectors' width.
#[inline(always)]
fn product<const EIGHTS: usize>(weights: &[[f32; 8]; EIGHTS], x: &[[f32; 8]; EIGHTS]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (weights, x) in weights.iter().zip(x) {
        for ((sum, weight), x) in sums.iter_mut().zip(weights).zip(x) {
            *sum += weight * x;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frames: usize, cycles: f64) -> SampleData {
        let x = (0..frames).map(|i| (2.0 * PI * cycles * i as f64).sin() as f32).collect();
        SampleData::new(Frames::MonoF32(x), 1.0, 0.1)
    }

    fn read(
        isa: Isa,
        sample: &SampleData,
        semitones: f32,
        frames: usize,
        piece: usize,
    ) -> Vec<f32> {
        let mut out = vec![0.0; 2 * frames];
        for (i, out) in out.chunks_mut(2 * piece).enumerate() {
            Sinc::shared().add(isa, sample, (i * piece) as u64, step(semitones), [1.0, 0.5], out);
        }
        out
    }

    /// What is left of a tone's output beside the tone itself, in dB.
    fn beside(out: &[f32], cycles: f64) -> f64 {
        let (mut s, mut c, mut all) = (0.0, 0.0, 0.0);
        let window = |i: usize| {
            let x = 2.0 * PI * (i as f64 + 0.5) / out.len() as f64;
            0.355_768 - 0.487_396 * x.cos() + 0.144_232 * (2.0 * x).cos()
                - 0.012_604 * (3.0 * x).cos()
        };
        let weighted = |i: usize| f64::from(out[i]) * window(i);
        for i in 0..out.len() {
            let (sin, cos) = (2.0 * PI * cycles * i as f64).sin_cos();
            s += weighted(i) * sin;
            c += weighted(i) * cos;
        }
        let sum: f64 = (0..out.len()).map(|i| window(i) * window(i)).sum();
        let whole: f64 = (0..out.len()).map(window).sum();
        let (s, c) = (2.0 * s / whole, 2.0 * c / whole);
        for (i, &x) in out.iter().enumerate() {
            let (sin, cos) = (2.0 * PI * cycles * i as f64).sin_cos();
            let rest = (f64::from(x) - s * sin - c * cos) * window(i);
            all += rest * rest;
        }
        10.0 * (all / sum / ((s * s + c * c) / 2.0)).log10()
    }

    #[test]
    fn images_of_a_tuned_tone_are_more_than_80_db_below_it() {
        for semitones in [-12.0, -7.0, -0.1, 0.03, 1.0, 2.5, 7.0, 12.0f32] {
            let ratio = f64::exp2(f64::from(semitones) / 12.0);
            // up to 0.83 of the lower Nyquist frequency
            for of_nyquist in [0.01, 0.3, 0.6, 0.83] {
                let cycles = 0.5 * of_nyquist / ratio.max(1.0);
                let sample = tone(9000, cycles);
                let out = read(Isa::best(), &sample, semitones, 4096, 4096);
                let left: Vec<f32> = out.chunks_exact(2).skip(100).map(|f| f[0]).collect();
                let beside = beside(&left, cycles * ratio);
                assert!(beside < -80.0, "{semitones} semitones, {of_nyquist}: {beside:.1} dB");
            }
        }
    }

    #[test]
    fn a_tone_above_the_new_nyquist_frequency_does_not_fold_back() {
        for semitones in [3.0, 7.0, 12.0f32] {
            let ratio = f64::exp2(f64::from(semitones) / 12.0);
            let sample = tone(9000, 0.5 * (1.25 / ratio).min(0.98));
            let out = read(Isa::best(), &sample, semitones, 4096, 4096);
            let loudest = out.iter().skip(200).take(7000).fold(0.0f32, |m, x| m.max(x.abs()));
            assert!(loudest < 2e-4, "{semitones} semitones: {loudest}");
        }
    }

    #[test]
    fn tuned_up_an_octave_a_recording_lasts_half_as_long_and_stays_as_loud() {
        assert_eq!(length(1000, step(12.0)), 500);
        assert_eq!(length(1000, step(-12.0)), 2000);
        assert_eq!((length(1000, UNITY), step(0.0), step(f32::NAN)), (1000, UNITY, UNITY));
        assert_eq!(step(99.0), step(12.0));
        let steady = SampleData::new(Frames::Stereo16(vec![16384; 2000].into()), 1.0, 0.1);
        for semitones in [-12.0, 0.3, 12.0] {
            let out = read(Isa::best(), &steady, semitones, 400, 400);
            for frame in out.chunks_exact(2).skip(70) {
                assert!((frame[0] - 0.5).abs() < 1e-6 && (frame[1] - 0.25).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn every_set_of_instructions_and_every_cut_reads_the_same_bits() {
        let ints: Box<[i16]> = (0..800).map(|i| (i * 7919 % 65536 - 32768) as i16).collect();
        let floats: Box<[f32]> = ints.iter().map(|&i| f32::from(i) / 32768.0).collect();
        let kinds = [
            Frames::Mono16(ints.clone()),
            Frames::Stereo16(ints),
            Frames::MonoF32(floats.clone()),
            Frames::StereoF32(floats),
        ];
        for frames in kinds {
            let sample = SampleData::new(frames, 1.0, 0.1);
            for semitones in [-5.0, 0.7, 3.0, 5.0, 8.5, 12.0] {
                let bits = |isa, piece| -> Vec<u32> {
                    let out = read(isa, &sample, semitones, 500, piece);
                    out.iter().map(|x| x.to_bits()).collect()
                };
                let whole = bits(Isa::Baseline, 500);
                for isa in Isa::all() {
                    for piece in [1, 13, 64, 500] {
                        assert!(bits(isa, piece) == whole, "{isa:?}, {semitones}, {piece}");
                    }
                }
            }
        }
    }

    #[test]
    fn past_the_end_there_is_silence() {
        let sample = tone(50, 0.1);
        let out = read(Isa::best(), &sample, 1.0, 300, 64);
        assert!(out.iter().skip(200).all(|&x| x == 0.0));
        let mut far = [0.25; 8];
        Sinc::shared().add(Isa::best(), &sample, u64::MAX, step(1.0), [1.0; 2], &mut far);
        assert_eq!(far, [0.25; 8]);
    }
}
