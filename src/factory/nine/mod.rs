//! The kit "Nine": the drum machine of 1983, analogue drums and cymbals of six bits.

mod drums;
mod rom;

use super::FactoryKit;
use super::circuit::instrument;
use super::record::{Instrument, Stroke};
use drums::Tom;
use rom::Metal;

/// The kit.
pub const KIT: FactoryKit = FactoryKit {
    name: "nine",
    texts: || vec![("kit.toml", include_bytes!("kit.toml").to_vec())],
    instruments: &NINE,
};

#[rustfmt::skip]
static NINE: [Instrument; 12] = [
    instrument("kick",         4, 2,  -4.5, |stroke| drums::kick(stroke).into()),
    instrument("snare",        4, 3,  -2.5, |stroke| drums::snare(stroke).into()),
    instrument("rim",          3, 1,  -7.0, |stroke| drums::rim_shot(stroke).into()),
    instrument("clap",         3, 2,  -6.0, |stroke| drums::clap(stroke).into()),
    instrument("tom-high",     3, 1,  -8.5, |stroke| drums::tom(Tom::High, stroke).into()),
    instrument("tom-low",      3, 1,  -8.5, |stroke| drums::tom(Tom::Low, stroke).into()),
    instrument("hihat-closed", 4, 2,  -9.5, |stroke| rom::play(Metal::Closed, stroke).into()),
    instrument("hihat-half",   3, 1,  -9.5, |stroke| rom::play(Metal::Half, stroke).into()),
    instrument("hihat-open",   3, 1,  -9.5, |stroke| rom::play(Metal::Open, stroke).into()),
    instrument("hihat-pedal",  3, 1, -12.5, |stroke| rom::play(Metal::Pedal, stroke).into()),
    instrument("crash",        3, 1, -13.5, |stroke| rom::play(Metal::Crash, stroke).into()),
    instrument("ride",         3, 1, -11.5, |stroke| rom::play(Metal::Ride, stroke).into()),
];

#[cfg(test)]
mod tests {
    use super::super::RATE;
    use super::*;

    const SOFT: Stroke = Stroke { level: 0, variation: 0, hardness: 0.28 };
    const HARD: Stroke = Stroke { level: 3, variation: 0, hardness: 1.0 };

    /// The power of the slope over the power of the sound: rises with high frequencies.
    fn brightness(out: &[f64]) -> f64 {
        let out = &out[..out.len().min(RATE as usize / 10)];
        let power: f64 = out.iter().map(|x| x * x).sum();
        out.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum::<f64>() / power
    }

    #[test]
    fn the_kick_falls_from_above_three_times_its_pitch() {
        let out = drums::kick(HARD);
        let crossings: Vec<usize> =
            (0..out.len() - 1).filter(|&n| out[n] <= 0.0 && out[n + 1] > 0.0).collect();
        let pitch = |n: usize| f64::from(RATE) / (crossings[n + 1] - crossings[n]) as f64;
        assert!(pitch(0) > 150.0, "{}", pitch(0));
        assert!((pitch(9) - 49.0).abs() < 3.0, "{}", pitch(9));
    }

    #[test]
    fn a_more_open_hat_rings_longer() {
        let ends = [Metal::Closed, Metal::Pedal, Metal::Half, Metal::Open].map(|metal| {
            let out = rom::play(metal, HARD);
            let peak = out.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            out.iter().rposition(|x| x.abs() > 0.01 * peak).unwrap_or(0)
        });
        assert!(ends.windows(2).all(|w| 6 * w[0] < 5 * w[1]), "{ends:?}");
    }

    #[test]
    fn a_harder_stroke_is_brighter() {
        for instrument in &NINE {
            let bright = |stroke| brightness(&(instrument.play)(stroke).channels[0]);
            assert!(bright(HARD) > bright(SOFT), "{}", instrument.folder);
        }
    }
}
