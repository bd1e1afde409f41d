//! From a source's pairs of f32 to a card's channels and sample format.

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

/// Which of a card's channels carry a source's pairs of outputs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outputs {
    /// Samples in one frame of the card, at least 1.
    channels: usize,
    /// Pairs in one stretch of the source, at least 1.
    pairs: usize,
    /// What stands on each channel that is used; the others are silent.
    lanes: Box<[Lane]>,
}

#[derive(Debug, Clone, PartialEq)]
struct Lane {
    channel: usize,
    taps: Box<[Tap]>,
}

/// One side of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tap {
    pair: usize,
    side: usize,
    gain: f32,
}

/// The channels, from 1, on which a card of so many `channels` (at least 1) plays each of
/// `pairs` pairs. A pair whose channels it lacks goes with the first one, and the first one
/// then to the card's first two: better heard at the wrong socket than not at all.
pub(super) fn places(wanted: &[[u16; 2]], pairs: usize, channels: u16) -> Vec<[u16; 2]> {
    let there = |pair: &&[u16; 2]| has(channels, pair);
    let first = wanted.first().filter(there).copied().unwrap_or([1, channels.min(2)]);
    (0..pairs).map(|pair| wanted.get(pair).filter(there).copied().unwrap_or(first)).collect()
}

fn has(channels: u16, pair: &[u16; 2]) -> bool {
    pair.iter().all(|c| (1..=channels).contains(c))
}

/// The pairs of outputs, a bit each, that a card lacks (see [`StreamShape::lacks`]).
///
/// [`StreamShape::lacks`]: crate::words::stream::StreamShape::lacks
pub(super) fn lacking(wanted: &[[u16; 2]], pairs: usize, channels: u16) -> u64 {
    let lacks = |pair: &usize| !wanted.get(*pair).is_some_and(|pair| has(channels, pair));
    (1..pairs.min(64)).filter(lacks).fold(0, |bits, pair| bits | 1 << pair)
}

impl Outputs {
    /// The pairs of a source on their [`places`]. Pairs on the same channel are added up.
    /// Left and right on one channel make half their sum: pan is normalised to 1 at the
    /// centre, so a drum in the middle, which is in both sides, keeps its level, and two
    /// sides below the limiter's ceiling stay below it. Allocates.
    pub(super) fn new(wanted: &[[u16; 2]], pairs: usize, channels: u16) -> Self {
        let (pairs, channels) = (pairs.max(1), channels.max(1));
        let mut taps = vec![Vec::new(); usize::from(channels)];
        for (pair, place) in places(wanted, pairs, channels).into_iter().enumerate() {
            let gain = if place[0] == place[1] { 0.5 } else { 1.0 };
            for (side, channel) in place.into_iter().enumerate() {
                taps[usize::from(channel) - 1].push(Tap { pair, side, gain });
            }
        }
        let lanes = taps.into_iter().enumerate().filter(|(_, taps)| !taps.is_empty());
        let lanes = lanes.map(|(channel, taps)| Lane { channel, taps: taps.into() }).collect();
        Self { channels: usize::from(channels), pairs, lanes }
    }

    /// Samples in one frame of the card.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Writes `stretch` (interleaved stereo, pair after pair) into `card` (interleaved, as
    /// many frames). Thread: audio callback; real-time.
    pub(super) fn write<T: CardSample>(&self, stretch: &[f32], card: &mut [T]) {
        let samples = stretch.len() / self.pairs;
        card.fill(T::SILENCE);
        for Lane { channel, taps } in &self.lanes {
            for (frame, out) in card.chunks_exact_mut(self.channels).enumerate() {
                let tap = |t: &Tap| t.gain * stretch[t.pair * samples + 2 * frame + t.side];
                out[*channel] = T::from_f32(taps.iter().map(tap).sum());
            }
        }
    }
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

    /// Two pairs of two frames: the first is a quarter and a half, the second an eighth and
    /// nothing, louder in the second frame.
    const TWO: [f32; 8] = [0.25, 0.5, 0.5, 1.0, 0.125, 0.0, 0.25, 0.0];

    fn heard(outputs: &[[u16; 2]], pairs: usize, channels: u16, stretch: &[f32]) -> Vec<f32> {
        let frames = stretch.len() / 2 / pairs;
        let mut card = vec![9.0f32; frames * usize::from(channels)];
        Outputs::new(outputs, pairs, channels).write(stretch, &mut card);
        card
    }

    #[test]
    fn the_pair_lands_on_its_channels_and_the_others_are_silent() {
        let mut card = [9i16; 8];
        Outputs::new(&[[3, 4]], 1, 4).write(&[0.5, -0.5, 0.25, 0.0], &mut card);
        assert_eq!(card, [0, 0, 1 << 14, -(1 << 14), 0, 0, 1 << 13, 0]);
    }

    #[test]
    fn every_pair_lands_on_its_own_channels() {
        let card = heard(&[[4, 3], [1, 2]], 2, 5, &TWO);
        assert_eq!(card, [0.125, 0.0, 0.5, 0.25, 0.0, 0.25, 0.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn sides_can_be_swapped_or_laid_on_one_channel() {
        assert_eq!(heard(&[[2, 1]], 1, 2, &[0.5, -0.25]), [-0.25, 0.5]);
        assert_eq!(heard(&[[2, 2]], 1, 2, &[0.5, 0.25]), [0.0, 0.375]);
        assert_eq!(heard(&[[1, 2], [3, 3]], 2, 3, &TWO)[..3], [0.25, 0.5, 0.0625]);
    }

    #[test]
    fn outputs_that_the_card_does_not_have_become_the_first_two() {
        let first = Outputs::new(&[[1, 2]], 1, 2);
        for outputs in [[3, 4], [0, 1], [2, 3], [u16::MAX, 1]] {
            assert_eq!(Outputs::new(&[outputs], 1, 2), first, "{outputs:?}");
        }
        assert_eq!(Outputs::new(&[], 1, 2), first);
    }

    #[test]
    fn a_pair_that_the_card_does_not_have_is_heard_with_the_first() {
        assert_eq!(places(&[[3, 4], [5, 6], [1, 2]], 3, 4), [[3, 4], [3, 4], [1, 2]]);
        assert_eq!(heard(&[[1, 2], [3, 4]], 2, 2, &TWO), [0.375, 0.5, 0.75, 1.0]);
        let nowhere = heard(&[[1, 2]], 2, 3, &TWO);
        assert_eq!(nowhere, [0.375, 0.5, 0.0, 0.75, 1.0, 0.0]);
    }

    #[test]
    fn pairs_that_are_too_loud_together_end_at_full_scale() {
        let mut card = [0i16; 2];
        Outputs::new(&[], 2, 2).write(&[0.75, -0.75, 0.75, -0.75], &mut card);
        assert_eq!(card, [i16::MAX, i16::MIN]);
    }

    #[test]
    fn what_a_card_lacks_is_told_to_the_source_and_never_the_first_pair() {
        assert_eq!(lacking(&[[1, 2], [3, 4], [7, 8]], 4, 4), 0b1100);
        assert_eq!(lacking(&[[5, 6], [1, 2]], 2, 2), 0, "the first one has moved");
        assert_eq!(lacking(&[[1, 2], [1, 1]], 2, 1), 0);
    }

    #[test]
    fn a_mono_card_gets_every_pair_and_a_centred_drum_at_its_own_level() {
        assert_eq!(heard(&[[1, 2]], 1, 1, &[0.75, 0.75, 1.0, 0.0, 1.0, 1.0]), [0.75, 0.5, 1.0]);
        assert_eq!(heard(&[[1, 2], [3, 4]], 2, 1, &TWO), [0.4375, 0.875]);
    }
}
