//! The one narrow place where voices read frames.
//!
//! Whatever comes later (streaming behind a resident attack) comes in here; it must keep
//! giving the same bits for the same frames, however a voice's life is cut into calls.

mod kernels;
mod lanes;
mod prefetch;
pub mod sinc;

pub use kernels::Isa;

use crate::kit::SampleData;
use crate::kit::sample::Frames;

const FULL_SCALE: f32 = 1.0 / 32768.0;
/// Voices that are added in one go: their frames of a block of 64 are at most 8 KiB, a
/// quarter of a small processor's first cache. Of 8, 16 and 32 the best on a desktop's.
const RUN: usize = 16;

/// A linear fade over the frames of one call: before frame `i` of the call `left - i`
/// of `total` frames are left. A function of the absolute frame alone.
#[derive(Debug, Clone, Copy)]
pub struct Ramp {
    /// Level when the fade began.
    pub from: f32,
    /// Frames left at the first frame of the call.
    pub left: u32,
    /// Length of the whole fade in frames.
    pub total: u32,
}

impl Ramp {
    #[inline(always)]
    fn at(self, index: usize) -> f32 {
        let left = self.left.saturating_sub(index as u32);
        self.from * (left as f32 / self.total as f32)
    }

    /// Multiplies interleaved stereo in place. Thread: audio callback; real-time.
    pub fn apply(self, frames: &mut [f32]) {
        for (i, frame) in frames.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            let level = self.at(i);
            frame.iter_mut().for_each(|x| *x *= level);
        }
    }
}

/// Frames of a recording, as they are stored.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// As [`Frames::Mono16`].
    Mono16(&'a [i16]),
    /// As [`Frames::Stereo16`].
    Stereo16(&'a [i16]),
    /// As [`Frames::MonoF32`].
    MonoF32(&'a [f32]),
    /// As [`Frames::StereoF32`].
    StereoF32(&'a [f32]),
}

/// What one voice adds: frames, and the factors from stored values to left and right.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    source: Source<'a>,
    gains: [f32; 2],
}

impl<'a> Line<'a> {
    const SILENT: Line<'static> = Line { source: Source::Mono16(&[]), gains: [0.0; 2] };

    /// Frames `first..` of a recording, `frames` of them or as many as there are.
    /// Thread: audio callback; real-time.
    #[inline]
    pub fn new(sample: &'a SampleData, first: usize, frames: usize, gains: [f32; 2]) -> Self {
        let of = |whole: f32| gains.map(|gain| gain * sample.scale * whole);
        let (source, gains) = match &sample.frames {
            Frames::Mono16(x) => (Source::Mono16(part(x, first, frames)), of(FULL_SCALE)),
            Frames::Stereo16(x) => {
                (Source::Stereo16(part(x, first.saturating_mul(2), 2 * frames)), of(FULL_SCALE))
            }
            Frames::MonoF32(x) => (Source::MonoF32(part(x, first, frames)), of(1.0)),
            Frames::StereoF32(x) => {
                (Source::StereoF32(part(x, first.saturating_mul(2), 2 * frames)), of(1.0))
            }
        };
        Self { source, gains }
    }

    /// How many. Thread: audio callback; real-time.
    pub fn frames(&self) -> usize {
        match self.source {
            Source::Mono16(x) => x.len(),
            Source::Stereo16(x) => x.len() / 2,
            Source::MonoF32(x) => x.len(),
            Source::StereoF32(x) => x.len() / 2,
        }
    }
}

/// Values `first..` of a recording, `count` of them or as many as there are. The next block
/// will want as many of those after them.
fn part<T>(x: &[T], first: usize, count: usize) -> &[T] {
    let rest = x.get(first..).unwrap_or_default();
    let (part, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
    prefetch::next_block(after.get(..count).unwrap_or(after));
    part
}

/// Voices on their way to one output: those that sound through the whole of it wait for
/// company and are added together. They are added in the order in which they came.
#[derive(Debug)]
pub struct Run<'a> {
    isa: Isa,
    lines: [Line<'a>; RUN],
    count: usize,
}

impl<'a> Run<'a> {
    /// An empty run. Thread: audio callback; real-time.
    pub fn new(isa: Isa) -> Self {
        Self { isa, lines: [Line::SILENT; RUN], count: 0 }
    }

    /// Adds a voice to all frames of interleaved stereo `out`, by [`Run::flush`] at the
    /// latest. A line that is shorter than `out` adds what it has.
    /// Thread: audio callback; real-time.
    #[inline]
    pub fn add(&mut self, line: Line<'a>, out: &mut [f32]) {
        if line.frames() < out.len() / 2 {
            return self.add_part(line, 0, out);
        }
        if self.count == RUN {
            self.flush(out);
        }
        if let Some(place) = self.lines.get_mut(self.count) {
            *place = line;
            self.count += 1;
        }
    }

    /// Adds a voice from frame `at` of `out` on. Thread: audio callback; real-time.
    pub fn add_part(&mut self, line: Line<'a>, at: usize, out: &mut [f32]) {
        self.flush(out);
        let frames = line.frames();
        self.isa.add_lines(&[line], stretch(out, at, frames));
    }

    /// As [`Run::add_part`], while it fades. Thread: audio callback; real-time.
    pub fn add_fading(&mut self, line: Line<'a>, ramp: Ramp, at: usize, out: &mut [f32]) {
        self.flush(out);
        let frames = line.frames();
        self.isa.add_fading(&line, ramp, stretch(out, at, frames));
    }

    /// Adds what waits. Thread: audio callback; real-time.
    pub fn flush(&mut self, out: &mut [f32]) {
        let lines = self.lines.get(..self.count).unwrap_or_default();
        if !lines.is_empty() {
            self.isa.add_lines(lines, out);
        }
        self.count = 0;
    }
}

/// Adds frames × `gain` to `out` from its frame `at` on. Thread: audio callback; real-time.
pub fn add_frames(frames: &[f32], gain: f32, at: usize, out: &mut [f32]) {
    for (out, x) in stretch(out, at, frames.len() / 2).iter_mut().zip(frames) {
        *out += x * gain;
    }
}

/// Frames `at..at + frames` of interleaved stereo, as far as there are any.
fn stretch(out: &mut [f32], at: usize, frames: usize) -> &mut [f32] {
    let rest = out.get_mut(2 * at..).unwrap_or_default();
    let end = rest.len().min(2 * frames);
    rest.get_mut(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_kinds(frames: usize) -> Vec<SampleData> {
        let ints: Box<[i16]> =
            (0..2 * frames as i32).map(|i| (i * 7919 % 65536 - 32768) as i16).collect();
        let floats: Box<[f32]> = ints.iter().map(|&s| f32::from(s) / 32768.0).collect();
        [
            Frames::Mono16(ints.get(..frames).unwrap_or_default().into()),
            Frames::Stereo16(ints.clone()),
            Frames::MonoF32(floats.get(..frames).unwrap_or_default().into()),
            Frames::StereoF32(floats),
        ]
        .map(|frames| SampleData::new(frames, 1.0, 0.1))
        .into()
    }

    fn bits(x: &[f32]) -> Vec<u32> {
        x.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn at_unity_every_kind_gives_exactly_the_recorded_frames() {
        for isa in Isa::all() {
            for sample in all_kinds(101) {
                let mut out = vec![0.0; 2 * sample.len()];
                let mut run = Run::new(isa);
                run.add(Line::new(&sample, 0, sample.len(), [1.0, 1.0]), &mut out);
                run.flush(&mut out);
                for (i, o) in out.chunks_exact(2).enumerate() {
                    assert_eq!(o, sample.frames.frame(i), "{isa:?} {:?}", sample.frames);
                }
            }
        }
    }

    #[test]
    fn reading_past_the_end_adds_nothing() {
        for sample in all_kinds(4) {
            let mut out = vec![0.5; 8];
            let mut run = Run::new(Isa::best());
            run.add(Line::new(&sample, 100, 4, [1.0, 1.0]), &mut out);
            run.add(Line::new(&sample, usize::MAX, 4, [1.0, 1.0]), &mut out);
            let ramp = Ramp { from: 1.0, left: 4, total: 4 };
            run.add_fading(Line::new(&sample, usize::MAX, 4, [1.0, 1.0]), ramp, 0, &mut out);
            run.add_part(Line::new(&sample, 0, 4, [1.0, 1.0]), 7, &mut out);
            run.flush(&mut out);
            assert_eq!(out, [0.5; 8]);
        }
    }

    /// Forty voices of all kinds, of which every seventh fades, mixed in pieces of `piece`
    /// frames.
    fn crowd(isa: Isa, piece: usize) -> Vec<u32> {
        const FRAMES: usize = 333;
        let kinds = all_kinds(FRAMES);
        let mut out = vec![0.0f32; 2 * FRAMES];
        for first in (0..FRAMES).step_by(piece) {
            let n = piece.min(FRAMES - first);
            let out = &mut out[2 * first..2 * (first + n)];
            let mut run = Run::new(isa);
            for voice in 0..40usize {
                let gains = [0.1 + voice as f32 * 0.013, 0.9 - voice as f32 * 0.017];
                let line = Line::new(&kinds[voice * 3 % 4], first, n, gains);
                if voice % 7 == 3 {
                    let ramp = Ramp { from: 0.9, left: (400 - first) as u32, total: 401 };
                    run.add_fading(line, ramp, 0, out);
                } else {
                    run.add(line, out);
                }
            }
            run.flush(out);
        }
        bits(&out)
    }

    #[test]
    fn every_set_of_instructions_and_every_cut_gives_the_same_bits() {
        let whole = crowd(Isa::all()[0], 333);
        for isa in Isa::all() {
            for piece in [1, 3, 16, 64, 100, 333] {
                assert!(crowd(isa, piece) == whole, "{isa:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn voices_are_added_in_their_order_whether_they_sound_through_or_not() {
        // large + small − large: only in this order is the small one lost
        let sample = |x: f32| SampleData::new(Frames::MonoF32(vec![x; 8].into()), 1.0, 0.1);
        let (large, small, minus) = (sample(1e9), sample(1.0), sample(-1e9));
        let mut out = [0.0; 16];
        let mut run = Run::new(Isa::best());
        run.add(Line::new(&large, 0, 8, [1.0; 2]), &mut out);
        run.add_part(Line::new(&small, 4, 4, [1.0; 2]), 4, &mut out);
        run.add(Line::new(&minus, 0, 8, [1.0; 2]), &mut out);
        run.flush(&mut out);
        assert_eq!(out, [0.0; 16]);
    }
}
