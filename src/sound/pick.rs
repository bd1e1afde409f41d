//! Which of a card's configurations is nearest to the wanted one.

use cpal::{SampleFormat, SupportedBufferSize, SupportedStreamConfigRange};

/// The largest period that is tried where the card does not say its own largest.
const LARGEST_PERIOD: u32 = 8192;

/// The formats we can fill, best first. Cards are integer: 32 bits carry 24-bit converters
/// whole, and rounding and clamping happen once, here. Only sound servers offer f32 alone.
const FORMATS: [SampleFormat; 3] = [SampleFormat::I32, SampleFormat::I16, SampleFormat::F32];

/// A configuration that a card offers and we can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pick {
    pub(super) format: SampleFormat,
    pub(super) channels: u16,
    /// Hz.
    pub(super) rate: u32,
    /// Frames, smallest and largest; as the card says, which it may not.
    periods: Option<(u32, u32)>,
}

/// The offer nearest to `rate` that has all of the wanted `outputs` (from 1), or the most of
/// them, and the best format, in that order. `None` where no offer has a format that we can fill.
pub(super) fn pick(
    offers: impl IntoIterator<Item = SupportedStreamConfigRange>,
    rate: u32,
    outputs: &[[u16; 2]],
) -> Option<Pick> {
    let needed = outputs.as_flattened().iter().fold(2, |most, channel| most.max(*channel));
    let pick = |offer: SupportedStreamConfigRange| {
        let taste = FORMATS.iter().position(|f| *f == offer.sample_format())?;
        let low = offer.min_sample_rate().max(1);
        let near = rate.clamp(low, offer.max_sample_rate().max(low));
        let channels = offer.channels();
        let periods = match offer.buffer_size() {
            SupportedBufferSize::Range { min, max } => Some((*min, *max)),
            SupportedBufferSize::Unknown => None,
        };
        let missing = needed.saturating_sub(channels);
        let pick = Pick { format: offer.sample_format(), channels, rate: near, periods };
        Some(((near.abs_diff(rate), missing, channels, taste), pick))
    };
    let best = offers.into_iter().filter_map(pick).min_by_key(|(distance, _)| *distance);
    best.map(|(_, pick)| pick)
}

impl Pick {
    /// Periods to try one after the other, in frames: the wanted one, or the nearest that
    /// the card says it allows, then each time the double. What a card says and what it
    /// then takes are two things (the range is of all its rates together).
    pub(super) fn tries(&self, wanted: u32) -> Vec<u32> {
        let (low, high) = self.periods.unwrap_or((1, LARGEST_PERIOD));
        let (low, high) = (low.max(1), high.max(low).max(1));
        let first = wanted.clamp(low, high);
        let double = |period: &u32| period.checked_mul(2);
        std::iter::successors(Some(first), double)
            .take_while(|p| *p == first || *p <= high.min(LARGEST_PERIOD))
            .collect()
    }

    /// The format in a musician's words.
    pub(super) fn format_name(&self) -> &'static str {
        match self.format {
            SampleFormat::I16 => "16-bit",
            SampleFormat::I32 => "32-bit",
            _ => "float",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SampleFormat::{F32, I16, I24, I32, U8};

    type Offer = (u16, u32, u32, SampleFormat);

    const STEREO: &[[u16; 2]] = &[[1, 2]];

    fn picked(
        offers: &[Offer],
        rate: u32,
        outputs: &[[u16; 2]],
    ) -> Option<(SampleFormat, u16, u32)> {
        let buffer = SupportedBufferSize::Range { min: 32, max: 1024 };
        let offers = offers.iter().map(|&(channels, low, high, format)| {
            SupportedStreamConfigRange::new(channels, low, high, buffer, format)
        });
        pick(offers, rate, outputs).map(|p| (p.format, p.channels, p.rate))
    }
    fn tries(periods: Option<(u32, u32)>, wanted: u32) -> Vec<u32> {
        Pick { format: I16, channels: 2, rate: 48_000, periods }.tries(wanted)
    }

    #[test]
    fn the_wanted_rate_comes_before_the_better_format() {
        let offers = [(2, 44_100, 44_100, I32), (2, 48_000, 48_000, I16)];
        assert_eq!(picked(&offers, 48_000, STEREO), Some((I16, 2, 48_000)));
    }

    #[test]
    fn a_rate_that_is_not_offered_becomes_the_nearest() {
        let offers = [(2, 32_000, 44_100, I16), (2, 96_000, 96_000, I16)];
        assert_eq!(picked(&offers, 48_000, STEREO), Some((I16, 2, 44_100)));
        assert_eq!(picked(&offers, 192_000, STEREO), Some((I16, 2, 96_000)));
        assert_eq!(picked(&offers, 40_000, STEREO), Some((I16, 2, 40_000)));
    }

    #[test]
    fn thirty_two_bits_come_before_sixteen_and_float_last() {
        let all = [F32, I16, I24, U8, I32].map(|f| (2, 8_000, 192_000, f));
        assert_eq!(picked(&all, 48_000, STEREO), Some((I32, 2, 48_000)));
        assert_eq!(picked(&all[..2], 48_000, STEREO), Some((I16, 2, 48_000)));
    }

    #[test]
    fn a_card_with_only_formats_that_we_cannot_fill_gives_nothing() {
        assert_eq!(picked(&[(2, 48_000, 48_000, I24)], 48_000, STEREO), None);
        assert_eq!(picked(&[], 48_000, STEREO), None);
    }

    #[test]
    fn no_more_channels_are_opened_than_the_outputs_need() {
        let offers = [1, 2, 4, 8].map(|c| (c, 48_000, 48_000, I16));
        let [three, apart] = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [1, 2], [3, 3]]];
        for (outputs, channels) in [
            (STEREO, 2),
            (&[[3, 4]], 4),
            (&[[1, 1]], 2),
            (&[[5, 6]], 8),
            (&three[..2], 4),
            (&three, 8),
            (&apart, 8),
        ] {
            let found = picked(&offers, 48_000, outputs);
            assert_eq!(found, Some((I16, channels, 48_000)), "{outputs:?}");
        }
    }

    #[test]
    fn a_card_with_too_few_channels_gives_all_it_has() {
        let offers = [1, 2].map(|c| (c, 48_000, 48_000, I16));
        assert_eq!(picked(&offers, 48_000, &[[7, 8]]), Some((I16, 2, 48_000)));
        assert_eq!(picked(&offers[..1], 48_000, STEREO), Some((I16, 1, 48_000)));
        let offers = [2, 8].map(|c| (c, 48_000, 48_000, I16));
        assert_eq!(picked(&offers, 48_000, &[[1, 2], [9, 10]]), Some((I16, 8, 48_000)));
    }

    #[test]
    fn the_period_is_the_wanted_one_or_the_nearest_and_then_doubles() {
        assert_eq!(tries(Some((32, 1024)), 128), [128, 256, 512, 1024]);
        assert_eq!(tries(Some((480, 1024)), 128), [480, 960]);
        assert_eq!(tries(Some((16, 64)), 128), [64]);
        assert_eq!(tries(None, 2048), [2048, 4096, 8192]);
        assert_eq!(tries(Some((0, 1 << 30)), 0)[..2], [1, 2]);
    }

    #[test]
    fn a_card_that_allows_only_huge_periods_is_asked_for_its_smallest() {
        assert_eq!(tries(Some((20_000, 40_000)), 128), [20_000]);
    }
}
