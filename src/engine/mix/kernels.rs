//! The loops that read recordings, once for each set of instructions that pays.
//!
//! A run of voices is added chunk by chunk: a chunk of the output stays in registers while
//! every voice of the run is added to it. That saves storing and loading the output once a
//! voice, and keeps several recordings on their way from memory at once: at 64 frames a
//! block it halves what a voice costs. Each output value is still the sum of its voices in
//! their order, with one multiplication and one addition each and nothing fused, so every
//! set of instructions and every way of cutting gives the same bits.

use super::sinc::{self, Reading};
use super::{Line, Ramp, Source};

/// What the processor can do, as far as these loops gain by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// What every processor of the architecture has: SSE2, NEON.
    Baseline,
    /// 256-bit vectors. (512-bit ones were measured too: the same for stereo, for mono
    /// three times slower, because the compiler spreads a mono value by shuffles.)
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Isa {
    /// The best of this machine. Thread: control.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Isa::Avx2;
        }
        Isa::Baseline
    }

    /// Everything that this machine can do.
    #[cfg(test)]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Isa::Baseline, Isa::best()];
        all.dedup();
        all
    }

    /// Adds a run of voices to interleaved stereo: each line has exactly the output's
    /// frames. Thread: audio callback; real-time.
    pub fn add_lines(self, lines: &[Line], out: &mut [f32]) {
        match self {
            Isa::Baseline => lines_in_chunks::<32, 16>(lines, out),
            // SAFETY: `Isa::Avx2` is only made by `best`, which has seen that it is there.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2::add_lines(lines, out) },
        }
    }

    /// Adds one fading voice. Thread: audio callback; real-time.
    pub fn add_fading(self, line: &Line, ramp: Ramp, out: &mut [f32]) {
        match self {
            Isa::Baseline => fading(line, ramp, out),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2::add_fading(line, ramp, out) },
        }
    }

    /// Adds a recording that is read at another speed, through windows of `taps` frames.
    /// Thread: audio callback; real-time.
    pub fn add_reading(self, taps: usize, reading: &Reading, out: &mut [f32]) {
        match self {
            Isa::Baseline => sinc::add_reading(taps, reading, out),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2::add_reading(taps, reading, out) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::sinc::{self, Reading};
    use super::{Line, Ramp, fading, lines_in_chunks};

    #[target_feature(enable = "avx2")]
    pub fn add_reading(taps: usize, reading: &Reading, out: &mut [f32]) {
        sinc::add_reading(taps, reading, out);
    }

    #[target_feature(enable = "avx2")]
    pub fn add_lines(lines: &[Line], out: &mut [f32]) {
        lines_in_chunks::<64, 32>(lines, out);
    }

    #[target_feature(enable = "avx2")]
    pub fn add_fading(line: &Line, ramp: Ramp, out: &mut [f32]) {
        fading(line, ramp, out);
    }
}

/// A chunk of `VALUES` output values, `FRAMES` frames; then the rest frame by frame.
#[inline(always)]
fn lines_in_chunks<const VALUES: usize, const FRAMES: usize>(lines: &[Line], out: &mut [f32]) {
    let done = chunks::<VALUES, FRAMES>(lines, 0, out);
    let done = done + chunks::<8, 4>(lines, done, out.get_mut(2 * done..).unwrap_or_default());
    chunks::<2, 1>(lines, done, out.get_mut(2 * done..).unwrap_or_default());
}

/// Adds frames `first..` of the lines in chunks, as far as whole chunks reach; how many
/// frames those are.
#[inline(always)]
fn chunks<const VALUES: usize, const FRAMES: usize>(
    lines: &[Line],
    first: usize,
    out: &mut [f32],
) -> usize {
    let (chunks, _) = out.as_chunks_mut::<VALUES>();
    let mut at = first;
    for chunk in chunks {
        let mut sum = *chunk;
        for line in lines {
            let [left, right] = line.gains;
            match line.source {
                Source::StereoF32(x) => {
                    if let Some(x) = part::<VALUES, f32>(x, 2 * at) {
                        for (i, (sum, x)) in sum.iter_mut().zip(x).enumerate() {
                            *sum += x * if i % 2 == 0 { left } else { right };
                        }
                    }
                }
                Source::Stereo16(x) => {
                    if let Some(x) = part::<VALUES, i16>(x, 2 * at) {
                        for (i, (sum, x)) in sum.iter_mut().zip(x).enumerate() {
                            *sum += f32::from(*x) * if i % 2 == 0 { left } else { right };
                        }
                    }
                }
                Source::MonoF32(x) => {
                    if let Some(x) = part::<FRAMES, f32>(x, at) {
                        let (frames, _) = sum.as_chunks_mut::<2>();
                        for ([l, r], x) in frames.iter_mut().zip(x) {
                            *l += x * left;
                            *r += x * right;
                        }
                    }
                }
                Source::Mono16(x) => {
                    if let Some(x) = part::<FRAMES, i16>(x, at) {
                        let (frames, _) = sum.as_chunks_mut::<2>();
                        for ([l, r], x) in frames.iter_mut().zip(x) {
                            let x = f32::from(*x);
                            *l += x * left;
                            *r += x * right;
                        }
                    }
                }
            }
        }
        *chunk = sum;
        at += FRAMES;
    }
    at - first
}

#[inline(always)]
fn part<const N: usize, T>(x: &[T], at: usize) -> Option<&[T; N]> {
    x.get(at..)?.first_chunk()
}

#[inline(always)]
fn fading(line: &Line, ramp: Ramp, out: &mut [f32]) {
    let [left, right] = line.gains;
    let frames = out.as_chunks_mut::<2>().0.iter_mut().enumerate();
    match line.source {
        Source::StereoF32(x) => {
            for ((i, [l, r]), [x, y]) in frames.zip(x.as_chunks::<2>().0) {
                let fade = ramp.at(i);
                *l += x * left * fade;
                *r += y * right * fade;
            }
        }
        Source::Stereo16(x) => {
            for ((i, [l, r]), [x, y]) in frames.zip(x.as_chunks::<2>().0) {
                let fade = ramp.at(i);
                *l += f32::from(*x) * left * fade;
                *r += f32::from(*y) * right * fade;
            }
        }
        Source::MonoF32(x) => {
            for ((i, [l, r]), x) in frames.zip(x) {
                let fade = ramp.at(i);
                *l += x * left * fade;
                *r += x * right * fade;
            }
        }
        Source::Mono16(x) => {
            for ((i, [l, r]), x) in frames.zip(x) {
                let (fade, x) = (ramp.at(i), f32::from(*x));
                *l += x * left * fade;
                *r += x * right * fade;
            }
        }
    }
}
