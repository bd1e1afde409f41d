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

/// Makes `add_lines` of the vectors in scope: `Lanes` of `WIDTH` values, and `CHUNK`
/// values of output that stay in registers. A macro and no generics, because the widths of
/// arrays must be known where they are taken apart.
macro_rules! add_lines {
    ($attribute:meta) => {
        use super::{Line, Source};

        #[$attribute]
        pub fn add_lines(lines: &[Line], out: &mut [f32]) {
            let (chunks, rest) = out.as_chunks_mut::<CHUNK>();
            let mut at = 0;
            for chunk in chunks {
                add_chunk(lines, at, chunk);
                at += CHUNK / 2;
            }
            let (chunks, rest) = rest.as_chunks_mut::<{ 2 * WIDTH }>();
            for chunk in chunks {
                add_chunk(lines, at, chunk);
                at += WIDTH;
            }
            for frame in rest.as_chunks_mut::<2>().0 {
                for line in lines {
                    super::add_frame(line, at, frame);
                }
                at += 1;
            }
        }

        /// Adds frames `at..` of the lines to a chunk of output.
        #[inline(always)]
        fn add_chunk<const VALUES: usize>(lines: &[Line], at: usize, chunk: &mut [f32; VALUES]) {
            // as many as the largest chunk has; the compiler forgets those that are not used
            let mut sums = [Lanes::ZERO; CHUNK / WIDTH];
            for (sum, x) in sums.iter_mut().zip(chunk.as_chunks::<WIDTH>().0) {
                *sum = Lanes::load(x);
            }
            for line in lines {
                let gains = Lanes::pairs(line.gains);
                let stereo = 2 * at..2 * at + VALUES;
                let mono = at..at + VALUES / 2;
                match line.source {
                    Source::StereoF32(x) => {
                        let x = x.get(stereo).unwrap_or_default().as_chunks::<WIDTH>().0;
                        for (sum, x) in sums.iter_mut().zip(x) {
                            *sum = sum.plus(Lanes::load(x).times(gains));
                        }
                    }
                    Source::Stereo16(x) => {
                        let x = x.get(stereo).unwrap_or_default().as_chunks::<WIDTH>().0;
                        for (sum, x) in sums.iter_mut().zip(x) {
                            *sum = sum.plus(Lanes::load_16(x).times(gains));
                        }
                    }
                    Source::MonoF32(x) => {
                        let x = x.get(mono).unwrap_or_default().as_chunks::<WIDTH>().0;
                        for ([low, high], x) in sums.as_chunks_mut::<2>().0.iter_mut().zip(x) {
                            let [first, last] = Lanes::load(x).spread();
                            *low = low.plus(first.times(gains));
                            *high = high.plus(last.times(gains));
                        }
                    }
                    Source::Mono16(x) => {
                        let x = x.get(mono).unwrap_or_default().as_chunks::<WIDTH>().0;
                        for ([low, high], x) in sums.as_chunks_mut::<2>().0.iter_mut().zip(x) {
                            let [first, last] = Lanes::load_16(x).spread();
                            *low = low.plus(first.times(gains));
                            *high = high.plus(last.times(gains));
                        }
                    }
                }
            }
            for (sum, x) in sums.iter().zip(chunk.as_chunks_mut::<WIDTH>().0) {
                sum.store(x);
            }
        }
    };
}
use add_lines;

/// What the processor can do, as far as these loops gain by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isa(Kind);

/// Private, so that nobody can name what has not been looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What every processor of the architecture has: SSE2, NEON.
    Baseline,
    /// 256-bit vectors. (512-bit ones were measured too: the same for stereo, for mono
    /// three times slower, because the compiler spreads a mono value by shuffles.)
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// No vectors at all: what a 32-bit processor has for its baseline.
    #[cfg(test)]
    Plain,
}

impl Isa {
    /// The best of this machine. Thread: control.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Isa(Kind::Avx2);
        }
        Isa(Kind::Baseline)
    }

    /// Everything that this machine can do, the plainest first.
    #[cfg(test)]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Isa(Kind::Plain), Isa(Kind::Baseline), Isa::best()];
        all.dedup();
        all
    }

    /// Adds a run of voices to interleaved stereo: each line has exactly the output's
    /// frames. Thread: audio callback; real-time.
    pub fn add_lines(self, lines: &[Line], out: &mut [f32]) {
        match self.0 {
            Kind::Baseline => baseline::add_lines(lines, out),
            #[cfg(test)]
            Kind::Plain => plain::add_lines(lines, out),
            // SAFETY: `Kind::Avx2` is only made by `best`, which has seen that it is there.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::add_lines(lines, out) },
        }
    }

    /// Adds one fading voice. Thread: audio callback; real-time.
    pub fn add_fading(self, line: &Line, ramp: Ramp, out: &mut [f32]) {
        match self.0 {
            #[cfg(test)]
            Kind::Plain => fading(line, ramp, out),
            Kind::Baseline => fading(line, ramp, out),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::add_fading(line, ramp, out) },
        }
    }

    /// Adds a recording that is read at another speed, through windows of `taps` frames.
    /// Thread: audio callback; real-time.
    pub fn add_reading(self, taps: usize, reading: &Reading, out: &mut [f32]) {
        match self.0 {
            #[cfg(test)]
            Kind::Plain => sinc::add_reading::<plain::Vectors>(taps, reading, out),
            Kind::Baseline => sinc::add_reading::<baseline::Vectors>(taps, reading, out),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::add_reading(taps, reading, out) },
        }
    }
}

/// The vectors that every processor of the architecture has.
mod baseline {
    use super::super::lanes::baseline::*;

    super::add_lines!(inline);
    super::sinc::vectors!();
}

#[cfg(test)]
mod plain {
    use super::super::lanes::plain::*;

    super::add_lines!(inline);
    super::sinc::vectors!();
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::super::lanes::avx2::*;
    use super::sinc::{self, Reading};
    use super::{Ramp, fading};

    super::add_lines!(target_feature(enable = "avx2"));
    super::sinc::vectors!();

    #[target_feature(enable = "avx2")]
    pub fn add_reading(taps: usize, reading: &Reading, out: &mut [f32]) {
        sinc::add_reading::<Vectors>(taps, reading, out);
    }

    #[target_feature(enable = "avx2")]
    pub fn add_fading(line: &Line, ramp: Ramp, out: &mut [f32]) {
        fading(line, ramp, out);
    }
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

#[inline(always)]
fn add_frame(line: &Line, at: usize, [l, r]: &mut [f32; 2]) {
    let [left, right] = line.gains;
    let float = |x: &[f32], i: usize| x.get(i).copied().unwrap_or(0.0);
    let int = |x: &[i16], i: usize| x.get(i).map_or(0.0, |&x| f32::from(x));
    let (x, y) = match line.source {
        Source::StereoF32(x) => (float(x, 2 * at), float(x, 2 * at + 1)),
        Source::Stereo16(x) => (int(x, 2 * at), int(x, 2 * at + 1)),
        Source::MonoF32(x) => (float(x, at), float(x, at)),
        Source::Mono16(x) => (int(x, at), int(x, at)),
    };
    *l += x * left;
    *r += y * right;
}
