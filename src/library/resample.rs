//! Recordings at the engine's rate.
//!
//! rubato's FFT resampler works in blocks whose sizes are in the exact ratio of the two
//! rates, and any ratio is one of whole numbers as nearly as the ear asks, so one
//! resampler serves 44.1 kHz files and tuned ones alike, several times faster than a
//! sinc a frame. Its filter is a sinc under a squared Blackman-Harris window as long as
//! one block. The tests hold it to: 0.907 of the lower Nyquist frequency within 0.1 dB,
//! aliases and images below −90 dB. [`BLOCK`] frames of the lower rate measure flat to
//! 0.95 and −130 dB, which is the noise of `f32`. It costs 1 ms a second of sound on a
//! desktop; setting it up 0.1 ms, so nothing is kept for the next file.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use crate::words::limits::RECORDING_VALUES;
use crate::words::rng::Rng;

/// Shortest block at the lower rate. The window's transition is 13.7 × 2 ÷ length of
/// the Nyquist frequency wide (rubato's `calculate_cutoff`): 0.054 for 512.
const BLOCK: usize = 512;
/// Rates in a file are whole numbers; with reduced terms up to this their ratio is exact.
const EXACT_TERM: u64 = 65_536;
/// Terms for other ratios (tuned recordings): 2⁻²⁴ off, 0.000 1 cent, in general, and at
/// most 0.2 cent next to unison.
const NEAREST_TERM: u64 = 4096;
/// Rates further apart than this are a mistake in a header, not a recording.
const MAX_FACTOR: f64 = 256.0;
/// Steps of 16 bits to full scale.
const STEPS: f32 = 32768.0;
/// 32767 less one step of dither.
const HIGHEST: f32 = 32766.0;
/// Seed of the dither: the same file gives the same samples on every load.
const DITHER_SEED: u64 = 0x7070_6466;

/// Why a recording cannot be brought to the engine's rate.
#[derive(Debug, thiserror::Error)]
pub enum ResampleError {
    /// More than [`MAX_FACTOR`] apart.
    #[error("its rate (tuned: {from:.0} Hz) is more than {MAX_FACTOR} times away from {to} Hz")]
    OutOfReach {
        /// Rate of the recording, tuning included.
        from: f64,
        /// Rate of the engine.
        to: u32,
    },
    /// More than [`RECORDING_VALUES`] afterwards.
    #[error(
        "it would have {0} frames at the engine's rate; at most {RECORDING_VALUES} values \
         (frames times channels) fit a recording"
    )]
    TooLong(u64),
    /// The resampler refuses.
    #[error("it cannot be resampled: {0}")]
    Setup(#[from] rubato::ResamplerConstructionError),
    /// The resampler refuses.
    #[error("it cannot be resampled: {0}")]
    Run(#[from] rubato::ResampleError),
    /// The values do not make whole frames.
    #[error("it cannot be resampled: {0}")]
    Frames(#[from] rubato::audioadapter_buffers::SizeError),
}

/// The way from one rate to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// The rates are as `from` to `to`.
    from: usize,
    to: usize,
}

impl Ratio {
    /// From the rate `from` (any positive number of Hz: a tuned recording counts as one of
    /// another rate) to the rate `to`.
    ///
    /// # Errors
    /// Rates more than a factor 256 apart.
    pub fn new(from: f64, to: u32) -> Result<Self, ResampleError> {
        let factor = f64::from(to) / from;
        if !(1.0 / MAX_FACTOR..=MAX_FACTOR).contains(&factor) {
            return Err(ResampleError::OutOfReach { from, to });
        }
        let (from, to) = terms(from, to);
        Ok(Self { from, to })
    }

    /// Whether there is nothing to do.
    pub fn is_unity(self) -> bool {
        self.from == self.to
    }

    /// How many frames these become: rounded up.
    ///
    /// # Errors
    /// More than [`RECORDING_VALUES`] values.
    pub fn length(self, frames: u64, channels: usize) -> Result<u64, ResampleError> {
        let wanted = (frames * self.to as u64).div_ceil(self.from as u64);
        if wanted * channels as u64 > RECORDING_VALUES {
            return Err(ResampleError::TooLong(wanted));
        }
        Ok(wanted)
    }

    /// Takes `frames` frames of `channels` (1 or 2) values from `read`, from frame 0 on, and
    /// hands what they become to `write`, block by block. The resampler's delay is removed:
    /// what was at frame n is at n × to ÷ from. Where `read` gives fewer values than it was
    /// asked for, the recording ends.
    ///
    /// # Errors
    /// Those of `read` and `write`, and what the resampler refuses.
    pub fn stream<E: From<ResampleError>>(
        self,
        channels: usize,
        frames: usize,
        mut read: impl FnMut(u64, &mut [f32]) -> Result<usize, E>,
        mut write: impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut fft = self.resampler(channels)?;
        let (block_in, block_out) = (fft.input_frames_next(), fft.output_frames_next());
        let mut input = vec![0.0; block_in * channels];
        let mut output = vec![0.0; block_out * channels];
        let mut late = fft.output_delay() * channels;
        let (mut end, mut at) = (frames, 0);
        let mut wanted = self.length(frames as u64, channels)? as usize * channels;
        while wanted > 0 {
            let block = (end - at).min(block_in) * channels;
            let (now, rest) = input.split_at_mut(block);
            let got = if block > 0 { read(at as u64, now)? } else { 0 };
            if got < block {
                let lost = wanted_values(self, end, channels)?;
                end = at + got / channels;
                let lost = lost - wanted_values(self, end, channels)?;
                wanted = wanted.saturating_sub(lost);
                now.get_mut(got..).unwrap_or_default().fill(0.0);
            }
            rest.fill(0.0);
            at += got / channels;
            run(&mut fft, &input, &mut output, channels)?;
            let sound = output.get(late.min(output.len())..).unwrap_or_default();
            late = late.saturating_sub(output.len());
            let sound = sound.get(..wanted.min(sound.len())).unwrap_or_default();
            wanted -= sound.len();
            write(sound)?;
        }
        Ok(())
    }

    fn resampler(self, channels: usize) -> Result<Fft<f32>, ResampleError> {
        let (p, q) = (self.from, self.to);
        // Even blocks on both sides have a whole number of frames of delay.
        let blocks = BLOCK.div_ceil(p.min(q)).next_multiple_of(2);
        let window = WindowFunction::BlackmanHarris2;
        Ok(Fft::new_custom(p, q, blocks * p, 1, channels, window, FixedSync::Both)?)
    }
}

fn wanted_values(ratio: Ratio, frames: usize, channels: usize) -> Result<usize, ResampleError> {
    Ok(ratio.length(frames as u64, channels)? as usize * channels)
}

fn run(
    fft: &mut Fft<f32>,
    input: &[f32],
    output: &mut [f32],
    channels: usize,
) -> Result<(), ResampleError> {
    let (frames_in, frames_out) = (input.len() / channels, output.len() / channels);
    let input = InterleavedSlice::new(input, channels, frames_in)?;
    let mut output = InterleavedSlice::new_mut(output, channels, frames_out)?;
    fft.process_into_buffer(&input, &mut output, None)?;
    Ok(())
}

/// The ratio of two rates in whole numbers: exact for rates in whole Hz, else the
/// nearest with terms up to [`NEAREST_TERM`].
fn terms(from: f64, to: u32) -> (usize, usize) {
    let (a, b) = (from as u64, u64::from(to));
    let shared = gcd(a, b).max(1);
    let (p, q) = (a / shared, b / shared);
    if a as f64 == from && p.max(q) <= EXACT_TERM {
        return (p as usize, q as usize);
    }
    let (p, q) = nearest_terms(from / f64::from(to), NEAREST_TERM);
    (p as usize, q as usize)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The best approximation of `x` (1/256..=256) by p ÷ q with neither above `limit`: the
/// last convergent of its continued fraction that fits, or the last semiconvergent
/// where that is nearer (Khinchin, Continued Fractions, §6).
fn nearest_terms(x: f64, limit: u64) -> (u64, u64) {
    let (mut older, mut newer) = ((0, 1), (1, 0));
    let mut rest = x;
    loop {
        let digit = rest.floor();
        let room = |newer: u64, older: u64| match newer {
            0 => u64::MAX,
            n => (limit - older) / n,
        };
        let most = room(newer.0, older.0).min(room(newer.1, older.1));
        let step = (digit as u64).min(most);
        let next = (step * newer.0 + older.0, step * newer.1 + older.1);
        let error = |(p, q): (u64, u64)| (p as f64 / q as f64 - x).abs();
        if (digit as u64) > most {
            return if error(next) < error(newer) { next } else { newer };
        }
        (older, newer) = (newer, next);
        if rest - digit < 1e-9 {
            return newer;
        }
        rest = 1.0 / (rest - digit);
    }
}

/// Floats to 16 bits with triangular dither of ±1 step, which makes the rounding error an
/// even noise that does not follow the sound (Lipshitz, Wannamaker, Vanderkooy 1992).
#[derive(Debug)]
pub struct Dither {
    rng: Rng,
    factor: f32,
    /// Noise that is left of the last draw: one gives enough for two values.
    left: Option<f32>,
}

impl Dither {
    /// Stores everything softer by `scale`, from [`Dither::scale_for`].
    pub fn new(scale: f32) -> Self {
        Self { rng: Rng::new(DITHER_SEED, 0), factor: STEPS / scale, left: None }
    }

    /// Factor that the stored values must be multiplied with so that a recording of this
    /// peak (1.0 is full scale) does not clip by rounding and dither: 1.0 where it fits.
    pub fn scale_for(peak: f32) -> f32 {
        let peak = peak * STEPS;
        if peak > HIGHEST { peak / HIGHEST } else { 1.0 }
    }

    /// The next values.
    pub fn put(&mut self, values: &[f32], out: &mut [i16]) {
        let (mut values, mut out) = (values, out);
        if let (Some(noise), [x, rest @ ..]) = (self.left, values) {
            self.left = None;
            if let Some((first, others)) = std::mem::take(&mut out).split_first_mut() {
                *first = self.rounded(*x, noise);
                out = others;
            }
            values = rest;
        }
        let (pairs, last) = values.as_chunks::<2>();
        let (out_pairs, out_last) = out.as_chunks_mut::<2>();
        for ([a, b], [x, y]) in out_pairs.iter_mut().zip(pairs) {
            let [left, right] = self.noise();
            (*a, *b) = (self.rounded(*x, left), self.rounded(*y, right));
        }
        if let ([out], [x]) = (out_last, last) {
            let [noise, left] = self.noise();
            *out = self.rounded(*x, noise);
            self.left = Some(left);
        }
    }

    /// Two values of triangular noise between −1 and 1, in 2⁻¹⁶.
    fn noise(&mut self) -> [f32; 2] {
        let bits = self.rng.draw();
        let part = |shift: u32| i32::from((bits >> shift) as u16);
        [part(0) - part(16), part(32) - part(48)].map(|noise| noise as f32 / 65_536.0)
    }

    fn rounded(&self, x: f32, noise: f32) -> i16 {
        // Adding and taking away 1.5 × 2²³ leaves a whole number, as floats near it have no
        // others; a call to `round` takes longer than all the rest.
        const WHOLE: f32 = 12_582_912.0;
        // A cast of floats to integers saturates.
        ((x * self.factor + noise).clamp(-65_536.0, 65_536.0) + WHOLE - WHOLE) as i16
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::kit::sample::peak;
    use crate::library::Pcm;

    #[derive(Debug, PartialEq)]
    struct Resampled {
        pcm: Pcm,
        scale: f32,
    }

    /// A recording in memory at another rate, in the width it came in.
    fn resample(pcm: Pcm, channels: usize, from: f64, to: u32) -> Result<Resampled, ResampleError> {
        let ratio = Ratio::new(from, to)?;
        if ratio.is_unity() {
            return Ok(Resampled { pcm, scale: 1.0 });
        }
        let x: Vec<f32> = match &pcm {
            Pcm::I16(x) => x.iter().map(|&s| f32::from(s) / STEPS).collect(),
            Pcm::F32(x) => x.clone(),
        };
        let mut y = Vec::new();
        let read = |at: u64, out: &mut [f32]| {
            let rest = &x[at as usize * channels..];
            let n = rest.len().min(out.len());
            out[..n].copy_from_slice(&rest[..n]);
            Ok(n)
        };
        ratio.stream(channels, x.len() / channels, read, |block| {
            y.extend_from_slice(block);
            Ok::<_, ResampleError>(())
        })?;
        let scale = Dither::scale_for(peak(&y));
        Ok(match pcm {
            Pcm::F32(_) => Resampled { pcm: Pcm::F32(y), scale: 1.0 },
            Pcm::I16(_) => {
                let mut ints = vec![0; y.len()];
                Dither::new(scale).put(&y, &mut ints);
                Resampled { pcm: Pcm::I16(ints), scale }
            }
        })
    }

    fn floats(x: &[f32], from: f64, to: u32) -> Vec<f32> {
        let done = resample(Pcm::F32(x.to_vec()), 1, from, to).unwrap();
        let Pcm::F32(y) = done.pcm else { panic!("floats stay floats") };
        y
    }
    fn sine(cycles_a_frame: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (TAU * cycles_a_frame * n as f64).sin() as f32).collect()
    }
    /// The middle of a resampled sine, without the edges of the recording.
    fn middle(y: &[f32]) -> &[f32] {
        &y[y.len() / 4..y.len() * 3 / 4]
    }
    fn rms(x: impl IntoIterator<Item = f64>) -> f64 {
        let (sum, n) = x.into_iter().fold((0.0, 0), |(s, n), x| (s + x * x, n + 1));
        (sum / f64::from(n)).sqrt()
    }
    /// Level of the sine of this frequency in `y`, and of everything else, in dB below a
    /// full sine: a least-squares fit of sine and cosine.
    fn level_and_rest(y: &[f32], cycles_a_frame: f64) -> (f64, f64) {
        let basis = |n: usize| (TAU * cycles_a_frame * n as f64).sin_cos();
        let [mut ss, mut sc, mut cc, mut sy, mut cy] = [0.0; 5];
        for (n, &v) in y.iter().enumerate() {
            let (s, c) = basis(n);
            (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c);
            (sy, cy) = (sy + s * f64::from(v), cy + c * f64::from(v));
        }
        let det = ss * cc - sc * sc;
        let (a, b) = ((sy * cc - cy * sc) / det, (cy * ss - sy * sc) / det);
        let rest = rms(y.iter().enumerate().map(|(n, &v)| {
            let (s, c) = basis(n);
            f64::from(v) - a * s - b * c
        }));
        (20.0 * a.hypot(b).log10(), 20.0 * (rest * 2f64.sqrt()).log10())
    }

    /// From and to, with a tuned recording (7 semitones down) among them.
    const RATES: [(f64, u32); 7] = [
        (44_100.0, 48_000),
        (48_000.0, 44_100),
        (96_000.0, 48_000),
        (22_050.0, 48_000),
        (192_000.0, 44_100),
        (8000.0, 48_000),
        (29_433.24, 48_000),
    ];

    fn played_rate(from: f64, to: u32) -> f64 {
        let (p, q) = terms(from, to);
        p as f64 / q as f64 * f64::from(to)
    }

    #[test]
    fn the_passband_is_flat_to_0_907_of_the_lower_nyquist_and_carries_no_image() {
        for (from, to) in RATES {
            let nyquist = from.min(f64::from(to)) / 2.0;
            for part in [0.01, 0.3, 0.6, 0.85, 0.907] {
                let hz = part * nyquist;
                // What the ratio in whole numbers makes of the tone, a rounding away.
                let tone = hz / from * played_rate(from, to) / f64::from(to);
                let y = floats(&sine(hz / from, 24_000), from, to);
                let (level, rest) = level_and_rest(middle(&y), tone);
                assert!(level.abs() < 0.1, "{from} to {to}, {part}: {level} dB");
                assert!(rest < -90.0, "{from} to {to}, {part}: {rest} dB beside the tone");
            }
        }
    }

    #[test]
    fn near_and_above_the_lower_nyquist_nothing_comes_back_as_another_tone() {
        for (from, to) in RATES {
            let nyquist = from.min(f64::from(to)) / 2.0;
            for part in [0.95, 0.98, 0.999, 1.001, 1.03, 1.3, 1.9] {
                let hz = part * nyquist;
                if hz >= from / 2.0 {
                    continue;
                }
                let y = floats(&sine(hz / from, 24_000), from, to);
                let rest = if part < 1.0 {
                    level_and_rest(middle(&y), hz / from * played_rate(from, to) / f64::from(to)).1
                } else {
                    20.0 * (rms(middle(&y).iter().map(|&v| f64::from(v))) * 2f64.sqrt()).log10()
                };
                assert!(rest < -90.0, "{from} to {to}, {part}: {rest} dB of alias");
            }
        }
    }

    #[test]
    fn an_impulse_lands_on_the_frame_that_is_its_time() {
        for (from, to) in RATES {
            for n in [0usize, 1, 7, 100, 1000, 5000] {
                let mut x = vec![0.0; n + 1 + n % 3 * 400];
                x[n] = 1.0;
                let y = floats(&x, from, to);
                let at = (0..y.len()).max_by(|&a, &b| y[a].abs().total_cmp(&y[b].abs())).unwrap();
                let exact = n as f64 * f64::from(to) / from;
                assert!((at as f64 - exact).abs() <= 0.51, "{from} to {to}: {n} at {at}, {exact}");
            }
        }
    }

    #[test]
    fn the_length_is_that_of_the_recording_rounded_up() {
        assert_eq!(floats(&[1.0; 147], 44_100.0, 48_000).len(), 160);
        assert_eq!(floats(&[1.0; 148], 44_100.0, 48_000).len(), 162);
        assert_eq!(floats(&[1.0], 48_000.0, 44_100).len(), 1);
    }

    #[test]
    fn equal_rates_give_the_recording_back_bit_for_bit() {
        for pcm in [Pcm::I16(vec![1, -32768, 32767, 5]), Pcm::F32(vec![1e-30, 3.0, -0.1, 0.0])] {
            let same = resample(pcm.clone(), 2, 48_000.0, 48_000).unwrap();
            assert_eq!(same, Resampled { pcm, scale: 1.0 });
        }
    }

    #[test]
    fn left_and_right_stay_apart_and_files_do_not_leak_into_each_other() {
        let left: Vec<f32> = sine(0.01, 3000).iter().flat_map(|&x| [x, 0.0]).collect();
        let run = |x: &[f32]| {
            let done = resample(Pcm::F32(x.to_vec()), 2, 44_100.0, 48_000).unwrap();
            let Pcm::F32(y) = done.pcm else { panic!("floats stay floats") };
            y
        };
        let first = run(&left);
        assert_eq!(first.iter().skip(1).step_by(2).fold(0.0f32, |m, x| m.max(x.abs())), 0.0);
        let mono = floats(&sine(0.01, 3000), 44_100.0, 48_000);
        assert!(first.iter().step_by(2).zip(&mono).all(|(a, b)| (a - b).abs() < 1e-5));
        assert!(run(&[0.0; 400]).iter().all(|&x| x == 0.0));
        assert_eq!(run(&left), first);
    }

    #[test]
    fn sixteen_bits_are_dithered_alike_on_every_load_and_lose_no_more_than_dither_costs() {
        let x: Vec<i16> = sine(0.01, 20_000).iter().map(|x| (x * 8000.0) as i16).collect();
        let run = |pcm| resample(pcm, 1, 44_100.0, 48_000).unwrap();
        let ints = run(Pcm::I16(x.clone()));
        assert_eq!(ints, run(Pcm::I16(x.clone())));
        assert_eq!(ints.scale, 1.0);
        let floats = run(Pcm::F32(x.iter().map(|&s| f32::from(s) / 32768.0).collect()));
        let (Pcm::I16(ints), Pcm::F32(floats)) = (ints.pcm, floats.pcm) else { panic!() };
        let error =
            || ints.iter().zip(&floats).map(|(&i, f)| f64::from(i) - f64::from(f * 32768.0));
        // Rounding (1/12) and triangular dither (1/6) together: a quarter of a step squared.
        assert!((rms(error()) - 0.5).abs() < 0.02, "{}", rms(error()));
        assert!(error().all(|e| e.abs() <= 1.51));
    }

    #[test]
    fn what_overshoots_is_stored_softer_and_played_back_at_its_level() {
        let square: Vec<i16> =
            (0..4000).map(|n| if n / 40 % 2 == 0 { 32767 } else { -32768 }).collect();
        let ints = resample(Pcm::I16(square.clone()), 1, 44_100.0, 48_000).unwrap();
        let square: Vec<f32> = square.iter().map(|&s| f32::from(s) / 32768.0).collect();
        let floats = floats(&square, 44_100.0, 48_000);
        let Pcm::I16(values) = ints.pcm else { panic!() };
        assert!(ints.scale > 1.05 && ints.scale < 1.3, "{}", ints.scale);
        let step = ints.scale / 32768.0;
        for (&i, f) in values.iter().zip(&floats) {
            assert!((f32::from(i) * step - f).abs() <= 1.6 * step);
        }
    }

    #[test]
    fn ratios_are_exact_in_whole_hz_and_tuned_ones_within_a_thousandth_of_a_cent() {
        assert_eq!(terms(44_100.0, 48_000), (147, 160));
        assert_eq!(terms(47_999.0, 48_000), (47_999, 48_000));
        assert_eq!(terms(48_000.0, 48_000), (1, 1));
        for semitones in [-24.0, -7.03, -0.5, 0.21, 1.0, 12.0, 24.0] {
            let from = 44_100.0 * 2f64.powf(semitones / 12.0);
            let (p, q) = terms(from, 48_000);
            let cents = 1200.0 * (p as f64 / q as f64 * 48_000.0 / from).log2();
            assert!(cents.abs() < 1e-3 && p.max(q) <= 4096, "{semitones}: {p}/{q}, {cents}");
        }
    }

    #[test]
    fn absurd_rates_and_lengths_are_refused_in_words() {
        let run = |from, frames| {
            let error = resample(Pcm::I16(vec![0; frames]), 1, from, 48_000);
            error.expect_err("too much").to_string()
        };
        let far = "its rate (tuned: 1 Hz) is more than 256 times away from 48000 Hz";
        assert_eq!(run(1.0, 3), far);
        assert!(run(f64::NAN, 3).contains("away from"));
        assert!(run(200.0, 1 << 20).starts_with("it would have 251658240 frames"));
    }
}
