//! The kit "Eight": the analogue drum machine of 1980, from the behaviour of its circuits.

mod drums;
mod metal;

use super::FactoryKit;
use super::circuit::instrument;
use super::record::{Instrument, Stroke};
use drums::Skin;
use metal::Hat;

/// The kit.
pub const KIT: FactoryKit = FactoryKit {
    name: "eight",
    texts: || vec![("kit.toml", include_bytes!("kit.toml").to_vec())],
    instruments: &EIGHT,
};

#[rustfmt::skip]
static EIGHT: [Instrument; 15] = [
    instrument("kick",         4, 1,  -3.0, |stroke| drums::kick(stroke).into()),
    instrument("snare",        4, 2,  -1.5, |stroke| drums::snare(stroke).into()),
    instrument("rim",          3, 1,  -7.0, |stroke| drums::rim_shot(stroke).into()),
    instrument("clap",         3, 2,  -4.5, |stroke| drums::clap(stroke).into()),
    instrument("tom-high",     3, 1,  -8.0, |stroke| drums::skin(Skin::HighTom, stroke).into()),
    instrument("tom-low",      3, 1,  -8.0, |stroke| drums::skin(Skin::LowTom, stroke).into()),
    instrument("conga",        3, 1,  -8.0, |stroke| drums::skin(Skin::MidConga, stroke).into()),
    instrument("claves",       3, 1, -11.0, |stroke| drums::claves(stroke).into()),
    instrument("maracas",      3, 2, -14.0, |stroke| drums::maracas(stroke).into()),
    instrument("hihat-closed", 4, 3,  -9.5, |stroke| metal::hihat(Hat::Closed, stroke).into()),
    instrument("hihat-half",   3, 2,  -9.5, |stroke| metal::hihat(Hat::Half, stroke).into()),
    instrument("hihat-open",   3, 1,  -9.5, |stroke| metal::hihat(Hat::Open, stroke).into()),
    instrument("hihat-pedal",  3, 2, -12.5, |stroke| metal::hihat(Hat::Pedal, stroke).into()),
    instrument("cowbell",      3, 1,  -9.0, |stroke| metal::cowbell(stroke).into()),
    instrument("cymbal",       3, 1, -13.5, |stroke| metal::cymbal(stroke).into()),
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

    /// Periods between the first upward crossings of 0 after a frame, as frequencies.
    fn pitches(out: &[f64], from: usize) -> Vec<f64> {
        let crossings: Vec<f64> = (from..out.len() - 1)
            .filter(|&n| out[n] <= 0.0 && out[n + 1] > 0.0)
            .map(|n| n as f64 - out[n] / (out[n + 1] - out[n]))
            .collect();
        crossings.windows(2).map(|w| f64::from(RATE) / (w[1] - w[0])).collect()
    }

    #[test]
    fn the_kick_sighs_from_above_down_to_the_frequency_of_its_parts() {
        let hard = pitches(&drums::kick(HARD), 0);
        assert!(hard[1] > 54.0, "{}", hard[1]);
        assert!(hard.windows(2).take(30).all(|w| w[1] < w[0] + 0.3), "it only falls");
        // 1 ÷ (2π·15 nF·√(1 MΩ · (1 MΩ ‖ 470 kΩ ‖ 53.8 kΩ))) = 49.4 Hz.
        let last = hard[40];
        assert!((last - 49.4).abs() < 0.8, "{last}");
        assert!(pitches(&drums::kick(SOFT), 0)[1] < hard[1], "a soft one starts lower");
    }

    #[test]
    fn a_tom_starts_higher_after_a_hard_stroke_and_settles_on_its_tune() {
        for (skin, hz) in [(Skin::LowTom, 90.0), (Skin::HighTom, 185.0), (Skin::MidConga, 280.0)] {
            let hard = pitches(&drums::skin(skin, HARD), 0);
            let soft = pitches(&drums::skin(skin, SOFT), 0);
            assert!(hard[1] > 1.08 * hz && hard[1] > soft[1], "{skin:?}");
            let late = hard[3 * hard.len() / 5];
            assert!((late / hz - 1.0).abs() < 0.03, "{skin:?}: {late}");
        }
    }

    #[test]
    fn a_more_open_hat_rings_longer() {
        let ends = [Hat::Closed, Hat::Pedal, Hat::Half, Hat::Open].map(|hat| {
            let out = metal::hihat(hat, HARD);
            let peak = out.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            out.iter().rposition(|x| x.abs() > 0.01 * peak).unwrap_or(0)
        });
        assert!(ends.windows(2).all(|w| 5 * w[0] < 4 * w[1]), "{ends:?}");
    }

    #[test]
    fn a_harder_stroke_is_brighter() {
        // The claves are one tone at any level.
        for instrument in EIGHT.iter().filter(|i| i.folder != "claves") {
            let bright = |stroke| brightness(&(instrument.play)(stroke).channels[0]);
            assert!(bright(HARD) > bright(SOFT), "{}", instrument.folder);
        }
    }

    #[test]
    fn the_squares_run_on_so_that_no_two_strokes_find_them_alike() {
        let first = metal::hihat(Hat::Closed, HARD);
        let second = metal::hihat(Hat::Closed, Stroke { variation: 1, ..HARD });
        let product: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
        let power = |out: &[f64]| out.iter().map(|x| x * x).sum::<f64>();
        assert!(product.abs() < 0.5 * (power(&first) * power(&second)).sqrt());
    }
}
