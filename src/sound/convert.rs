//! From the engine's stereo f32 to a card's channels and sample format.

/// A sample format that cpal and the cards share. 24-bit cards take 32-bit samples and
/// leave out the lowest byte.
pub(super) trait CardSample: cpal::SizedSample + Send + 'static {
    /// Silence.
    const SILENCE: Self;
    /// From −1 … 1; what lies beyond is clamped, not a number is silence.
    fn from_f32(x: f32) -> Self;
}

impl CardSample for i16 {
    const SILENCE: i16 = 0;
    /// Full scale is 2¹⁵, the same as reading 16-bit files takes, so that an unscaled
    /// 16-bit recording leaves as it came. `as` saturates and turns NaN into 0.
    fn from_f32(x: f32) -> i16 {
        (x * 32_768.0).round() as i16
    }
}

impl CardSample for i32 {
    const SILENCE: i32 = 0;
    /// Full scale is 2³¹. From −48 dBFS up an f32 has no bits below that step, so there
    /// is nothing to round; beneath, cutting costs less than one part in 2³¹.
    fn from_f32(x: f32) -> i32 {
        (x * 2_147_483_648.0) as i32
    }
}

impl CardSample for f32 {
    const SILENCE: f32 = 0.0;
    fn from_f32(x: f32) -> f32 {
        if x.is_nan() { 0.0 } else { x.clamp(-1.0, 1.0) }
    }
}

/// Which of a card's channels carry the engine's left and right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outputs {
    /// One channel: half the sum. Pan is normalised to 1 at the centre, so a drum in the
    /// middle, which is in both sides, keeps its level, and two sides below the limiter's
    /// ceiling stay below it; the plain sum would be 6 dB louder and clip.
    Mono,
    /// Two of `channels`, counted from 0; the others are silent.
    Pair { left: usize, right: usize, channels: usize },
}

impl Outputs {
    /// `outputs` counts from 1. Where the card has no such channels, its first two are
    /// taken: better heard at the wrong sockets than not at all. `channels` is at least 1.
    pub(super) fn new(outputs: [u16; 2], channels: u16) -> Self {
        if channels <= 1 {
            return Self::Mono;
        }
        let there = outputs.iter().all(|o| (1..=channels).contains(o));
        let [left, right] = if there { outputs } else { [1, 2] };
        let place = |output| usize::from(output) - 1;
        Self::Pair { left: place(left), right: place(right), channels: usize::from(channels) }
    }

    /// Samples in one frame of the card.
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Pair { channels, .. } => channels,
        }
    }

    /// Writes `stereo` (interleaved) into `card` (interleaved, as many frames). Left and
    /// right on one channel make half their sum. Thread: audio callback; real-time.
    pub(super) fn write<T: CardSample>(self, stereo: &[f32], card: &mut [T]) {
        let frames = stereo.chunks_exact(2);
        match self {
            Self::Mono => {
                for (out, frame) in card.iter_mut().zip(frames) {
                    *out = T::from_f32(half_sum(frame));
                }
            }
            Self::Pair { left, right, channels } => {
                for (out, frame) in card.chunks_exact_mut(channels).zip(frames) {
                    out.fill(T::SILENCE);
                    if left == right {
                        out[left] = T::from_f32(half_sum(frame));
                    } else {
                        out[left] = T::from_f32(frame[0]);
                        out[right] = T::from_f32(frame[1]);
                    }
                }
            }
        }
    }
}

fn half_sum(frame: &[f32]) -> f32 {
    0.5 * (frame[0] + frame[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scale_and_beyond_end_at_the_formats_ends() {
        for (x, short, long, float) in [
            (1.0, i16::MAX, i32::MAX, 1.0),
            (7.5, i16::MAX, i32::MAX, 1.0),
            (f32::INFINITY, i16::MAX, i32::MAX, 1.0),
            (-1.0, i16::MIN, i32::MIN, -1.0),
            (-7.5, i16::MIN, i32::MIN, -1.0),
            (f32::NAN, 0, 0, 0.0),
            (0.5, 1 << 14, 1 << 30, 0.5),
            (0.0, 0, 0, 0.0),
        ] {
            assert_eq!(i16::from_f32(x), short, "{x}");
            assert_eq!(i32::from_f32(x), long, "{x}");
            assert_eq!(f32::from_f32(x), float, "{x}");
        }
    }

    #[test]
    fn every_16_bit_value_comes_out_as_it_went_in() {
        for value in i16::MIN..=i16::MAX {
            let x = f32::from(value) / 32_768.0;
            assert_eq!(i16::from_f32(x), value);
            assert_eq!(i32::from_f32(x), i32::from(value) << 16);
        }
    }

    #[test]
    fn sixteen_bits_are_rounded_not_cut() {
        let step = 1.0 / 32_768.0;
        assert_eq!(i16::from_f32(0.6 * step), 1);
        assert_eq!(i16::from_f32(-0.6 * step), -1);
        assert_eq!(i16::from_f32(0.4 * step), 0);
    }

    #[test]
    fn the_pair_lands_on_its_channels_and_the_others_are_silent() {
        let mut card = [9i16; 8];
        Outputs::new([3, 4], 4).write(&[0.5, -0.5, 0.25, 0.0], &mut card);
        assert_eq!(card, [0, 0, 1 << 14, -(1 << 14), 0, 0, 1 << 13, 0]);
    }

    #[test]
    fn sides_can_be_swapped_or_laid_on_one_channel() {
        let mut card = [9.0f32; 2];
        Outputs::new([2, 1], 2).write(&[0.5, -0.25], &mut card);
        assert_eq!(card, [-0.25, 0.5]);
        Outputs::new([2, 2], 2).write(&[0.5, 0.25], &mut card);
        assert_eq!(card, [0.0, 0.375]);
    }

    #[test]
    fn outputs_that_the_card_does_not_have_become_the_first_two() {
        let first = Outputs::new([1, 2], 2);
        for outputs in [[3, 4], [0, 1], [2, 3], [u16::MAX, 1]] {
            assert_eq!(Outputs::new(outputs, 2), first, "{outputs:?}");
        }
    }

    #[test]
    fn a_mono_card_gets_a_centred_drum_at_its_own_level() {
        let mut card = [9.0f32; 3];
        Outputs::new([1, 2], 1).write(&[0.75, 0.75, 1.0, 0.0, 1.0, 1.0], &mut card);
        assert_eq!(card, [0.75, 0.5, 1.0]);
    }
}
