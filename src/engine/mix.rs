//! The one narrow place where a voice reads frames.
//!
//! Whatever comes later (interpolation, streaming behind a resident attack, vector
//! kernels) replaces these two functions; they must keep giving the same bits for the
//! same frames, however a voice's life is cut into calls.

use crate::kit::SampleData;
use crate::kit::sample::Frames;

const FULL_SCALE: f32 = 1.0 / 32768.0;

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
    fn at(self, index: usize) -> f32 {
        let left = self.left.saturating_sub(index as u32);
        self.from * (left as f32 / self.total as f32)
    }
}

/// Adds frames `first..` of a recording to interleaved stereo `out`, as far as both
/// reach. `gains`: factors for left and right. Thread: audio callback; real-time.
pub fn add(sample: &SampleData, first: usize, gains: [f32; 2], out: &mut [f32]) {
    let [left, right] = gains.map(|g| g * sample.scale);
    let [left16, right16] = [left * FULL_SCALE, right * FULL_SCALE];
    let frames = out.chunks_exact_mut(2);
    match &sample.frames {
        Frames::Mono16(x) => {
            for (o, &s) in frames.zip(x.get(first..).unwrap_or_default()) {
                let s = f32::from(s);
                add_frame(o, [s * left16, s * right16]);
            }
        }
        Frames::Stereo16(x) => {
            for (o, s) in
                frames.zip(x.get(first.saturating_mul(2)..).unwrap_or_default().chunks_exact(2))
            {
                if let &[l, r] = s {
                    add_frame(o, [f32::from(l) * left16, f32::from(r) * right16]);
                }
            }
        }
        Frames::MonoF32(x) => {
            for (o, &s) in frames.zip(x.get(first..).unwrap_or_default()) {
                add_frame(o, [s * left, s * right]);
            }
        }
        Frames::StereoF32(x) => {
            for (o, s) in
                frames.zip(x.get(first.saturating_mul(2)..).unwrap_or_default().chunks_exact(2))
            {
                if let &[l, r] = s {
                    add_frame(o, [l * left, r * right]);
                }
            }
        }
    }
}

/// [`add`] while the voice fades. Thread: audio callback; real-time.
pub fn add_fading(sample: &SampleData, first: usize, gains: [f32; 2], ramp: Ramp, out: &mut [f32]) {
    let [left, right] = gains.map(|g| g * sample.scale);
    for (i, o) in out.chunks_exact_mut(2).enumerate() {
        let [l, r] = sample.frames.frame(first.saturating_add(i));
        let fade = ramp.at(i);
        add_frame(o, [l * left * fade, r * right * fade]);
    }
}

fn add_frame(out: &mut [f32], frame: [f32; 2]) {
    for (o, s) in out.iter_mut().zip(frame) {
        *o += s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_kinds() -> Vec<SampleData> {
        let ints: Box<[i16]> = [1, -32768, 32767, 12345].into();
        let floats: Box<[f32]> = ints.iter().map(|&s| f32::from(s) / 32768.0).collect();
        [
            Frames::Mono16(ints.clone()),
            Frames::Stereo16(ints),
            Frames::MonoF32(floats.clone()),
            Frames::StereoF32(floats),
        ]
        .map(|frames| SampleData::new(frames, 1.0, 0.1))
        .into()
    }

    #[test]
    fn at_unity_every_kind_gives_exactly_the_recorded_frames() {
        for sample in all_kinds() {
            let mut out = vec![0.0; 2 * sample.len()];
            add(&sample, 0, [1.0, 1.0], &mut out);
            for (i, o) in out.chunks_exact(2).enumerate() {
                assert_eq!(o, sample.frames.frame(i), "{:?}", sample.frames);
            }
        }
    }

    #[test]
    fn reading_past_the_end_adds_nothing() {
        for sample in all_kinds() {
            let mut out = vec![0.5; 8];
            add(&sample, 100, [1.0, 1.0], &mut out);
            let ramp = Ramp { from: 1.0, left: 4, total: 4 };
            add_fading(&sample, usize::MAX, [1.0, 1.0], ramp, &mut out);
            assert_eq!(out, [0.5; 8]);
        }
    }

    #[test]
    fn a_fade_is_the_same_however_it_is_cut() {
        for sample in all_kinds() {
            let n = sample.len();
            let mut whole = vec![0.0; 2 * n];
            add_fading(&sample, 0, [0.7, 0.3], Ramp { from: 0.9, left: 5, total: 6 }, &mut whole);
            let mut parts = vec![0.0; 2 * n];
            for (i, o) in parts.chunks_exact_mut(2).enumerate() {
                let ramp = Ramp { from: 0.9, left: 5 - i as u32, total: 6 };
                add_fading(&sample, i, [0.7, 0.3], ramp, o);
            }
            assert_eq!(whole, parts);
        }
    }
}
