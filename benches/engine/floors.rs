//! Floors: what no sampler can avoid, as plain loops over the same recordings.

use rimshot::kit::SampleData;
use rimshot::kit::sample::Frames;

/// A stored value.
trait Value: Copy {
    fn float(self) -> f32;
}

impl Value for f32 {
    fn float(self) -> f32 {
        self
    }
}

impl Value for i16 {
    fn float(self) -> f32 {
        f32::from(self)
    }
}

/// The factor from stored values to full scale.
fn scale(frames: &Frames) -> f32 {
    if frames.is_float() { 1.0 } else { 1.0 / 32768.0 }
}

/// Every sample read once from frame `at` on, scaled and added.
pub fn unity<'s>(
    samples: impl Iterator<Item = &'s SampleData>,
    at: usize,
    gain: f32,
    out: &mut [f32],
) {
    fn pairs<T: Value>(x: &[T], gain: f32, out: &mut [f32]) {
        out.iter_mut().zip(x).for_each(|(o, s)| *o += s.float() * gain);
    }
    fn singles<T: Value>(x: &[T], gain: f32, out: &mut [f32]) {
        let frames = out.chunks_exact_mut(2).zip(x);
        frames.for_each(|(o, s)| o.iter_mut().for_each(|o| *o += s.float() * gain));
    }
    out.fill(0.0);
    for sample in samples {
        let gain = gain * scale(&sample.frames);
        match &sample.frames {
            Frames::StereoF32(x) => pairs(&x[2 * at..], gain, out),
            Frames::Stereo16(x) => pairs(&x[2 * at..], gain, out),
            Frames::MonoF32(x) => singles(&x[at..], gain, out),
            Frames::Mono16(x) => singles(&x[at..], gain, out),
        }
    }
}

/// As [`unity`], with a gain that falls by `fall` a frame.
pub fn fade<'s>(
    samples: impl Iterator<Item = &'s SampleData>,
    at: usize,
    (gain, fall): (f32, f32),
    out: &mut [f32],
) {
    fn pairs<T: Value>(x: &[T], (gain, fall): (f32, f32), out: &mut [f32]) {
        for (i, (o, s)) in (0i32..).zip(out.chunks_exact_mut(2).zip(x.chunks_exact(2))) {
            let gain = gain - fall * i as f32;
            o[0] += s[0].float() * gain;
            o[1] += s[1].float() * gain;
        }
    }
    fn singles<T: Value>(x: &[T], (gain, fall): (f32, f32), out: &mut [f32]) {
        for (i, (o, s)) in (0i32..).zip(out.chunks_exact_mut(2).zip(x)) {
            let value = s.float() * (gain - fall * i as f32);
            o.iter_mut().for_each(|o| *o += value);
        }
    }
    out.fill(0.0);
    for sample in samples {
        let scale = scale(&sample.frames);
        let line = (gain * scale, fall * scale);
        match &sample.frames {
            Frames::StereoF32(x) => pairs(&x[2 * at..], line, out),
            Frames::Stereo16(x) => pairs(&x[2 * at..], line, out),
            Frames::MonoF32(x) => singles(&x[at..], line, out),
            Frames::Mono16(x) => singles(&x[at..], line, out),
        }
    }
}

/// A way to make a value between two frames from those around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// A line between the two.
    Linear,
    /// The Hermite polynomial through four.
    Hermite,
}

impl Between {
    /// As [`unity`], read `step` × 2⁻³² frames further with each frame, from the place
    /// `at` × 2⁻³² on.
    pub fn add<'s>(
        self,
        samples: impl Iterator<Item = &'s SampleData>,
        (at, step): (u64, u64),
        gain: f32,
        out: &mut [f32],
    ) {
        out.fill(0.0);
        for sample in samples {
            let way = (at, step, gain * scale(&sample.frames));
            match (self, &sample.frames) {
                (Self::Linear, Frames::StereoF32(x)) => linear::<_, 2>(x, way, out),
                (Self::Linear, Frames::Stereo16(x)) => linear::<_, 2>(x, way, out),
                (Self::Linear, Frames::MonoF32(x)) => linear::<_, 1>(x, way, out),
                (Self::Linear, Frames::Mono16(x)) => linear::<_, 1>(x, way, out),
                (Self::Hermite, Frames::StereoF32(x)) => hermite::<_, 2>(x, way, out),
                (Self::Hermite, Frames::Stereo16(x)) => hermite::<_, 2>(x, way, out),
                (Self::Hermite, Frames::MonoF32(x)) => hermite::<_, 1>(x, way, out),
                (Self::Hermite, Frames::Mono16(x)) => hermite::<_, 1>(x, way, out),
            }
        }
    }
}

/// Place, step and gain.
type Way = (u64, u64, f32);

/// The frame at a place, and how far the place lies behind it.
fn split(place: u64) -> (usize, f32) {
    ((place >> 32) as usize, (place as u32 >> 1) as i32 as f32 * (1.0 / 2_147_483_648.0))
}

/// `N` frames from a place on.
///
/// # Safety
/// They must be there: [`reaches`] asks once for a whole stretch, a floor not again for
/// each of its frames.
unsafe fn around<T, const CHANNELS: usize, const N: usize>(
    x: &[[T; CHANNELS]],
    at: usize,
) -> &[[T; CHANNELS]; N] {
    // SAFETY: the caller's.
    let frames = unsafe { x.get_unchecked(at..at + N) };
    frames.first_chunk().expect("N frames")
}

/// Whether a stretch of output reads at most `more` frames from its last place on that are
/// all there.
fn reaches<T>(x: &[T], (at, step, _): Way, more: usize, out: &[f32]) -> bool {
    let last = at + (out.len() / 2) as u64 * step;
    (last >> 32) as usize + more <= x.len()
}

fn linear<T: Value, const CHANNELS: usize>(x: &[T], way: Way, out: &mut [f32]) {
    let (x, _) = x.as_chunks::<CHANNELS>();
    assert!(reaches(x, way, 2, out), "a recording is too short");
    let (at, step, gain) = way;
    for (i, out) in out.chunks_exact_mut(2).enumerate() {
        let (first, part) = split(at + i as u64 * step);
        // SAFETY: no place is beyond the stretch's last.
        let [a, b] = unsafe { around::<T, CHANNELS, 2>(x, first) };
        let value = |side: usize| {
            let (a, b) = (a[side].float(), b[side].float());
            (a + part * (b - a)) * gain
        };
        add(out, value(0), value(CHANNELS - 1));
    }
}

fn hermite<T: Value, const CHANNELS: usize>(x: &[T], way: Way, out: &mut [f32]) {
    let (x, _) = x.as_chunks::<CHANNELS>();
    assert!(reaches(x, way, 4, out), "a recording is too short");
    let (at, step, gain) = way;
    for (i, out) in out.chunks_exact_mut(2).enumerate() {
        let (first, part) = split(at + i as u64 * step);
        // SAFETY: no place is beyond the stretch's last.
        let around = unsafe { around::<T, CHANNELS, 4>(x, first) };
        let value = |side: usize| {
            let [a, b, c, d] = around.each_ref().map(|frame| frame[side].float());
            let slope = 0.5 * (c - a);
            let second = a - 2.5 * b + 2.0 * c - 0.5 * d;
            let third = 0.5 * (d - a) + 1.5 * (b - c);
            (((third * part + second) * part + slope) * part + b) * gain
        };
        add(out, value(0), value(CHANNELS - 1));
    }
}

fn add(out: &mut [f32], left: f32, right: f32) {
    out[0] += left;
    out[1] += right;
}
