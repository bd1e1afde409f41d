//! The bass drum: 22 inches, a damped head, a hole in the front head, which lets the air out and
//! binds the heads less than a closed shell would, and a felt beater.

use super::super::osc::saturate;
use super::super::record::{Sound, Stroke};
use super::membrane::{Blow, Drum};
use super::room::Room;
use super::strokes::{Tip, answer, between};

/// Tuning, decay and stretch set by measuring.
const DRUM: Drum = Drum {
    radius: 0.28,
    depth: 0.40,
    batter: 54.0,
    resonant: 84.0,
    cavity: 38.0,
    film: 0.5,
    t60: 0.6,
    loss: 0.3,
    stretch: 0.75,
    near: 0.05,
    aside: 0.45,
    cloud: 0.08,
};

/// The felt, and the skin and the plastic disc under it.
#[rustfmt::skip]
const BEATER: Tip = Tip {
    bands: &[
        ( 420.0, 0.7, 1.5, 0.050), (1100.0, 0.8, 1.5, 0.035),
        (3200.0, 0.8, 1.5, 0.030), (7000.0, 0.8, 0.6, 0.020),
    ],
    modes: &[(1350.0, 0.3, 0.020), (2900.0, 0.4, 0.014), (4300.0, 0.3, 0.010)],
};

const ROOM: Room = Room { early: 0.10, tail: 0.05, t60: 0.30, dull: 4500.0, thin: 90.0 };

/// A stroke of the pedal.
pub fn play(stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(1));
    let blow = Blow {
        force: h * h,
        contact: between(0.011, 0.0062, h) * noise.between(0.95, 1.05),
        tip: 0.05 * h,
        place: noise.between(0.03, 0.12),
        angle: noise.between(-0.05, 0.05),
        detune: 0.004,
    };
    let mut swing = DRUM.strike(&blow, &mut noise, 0.75);
    let mut tip = vec![0.0; swing.close.len()];
    let level = 0.22 * h * h * between(0.5, 1.0, h);
    BEATER.add(level, between(200.0, 5000.0, h), &mut noise, &mut tip);
    answer(0.015 * h * h, &mut noise, &mut tip);
    swing.add(&tip);
    saturate(&mut swing.close, 0.3);
    ROOM.mono(&swing.close, &swing.far)
}

#[cfg(test)]
mod tests {
    use super::super::strokes::{brightness, swings};
    use super::*;

    fn stroke(hardness: f64) -> Stroke {
        Stroke { level: 0, variation: 0, hardness }
    }

    #[test]
    fn a_harder_stroke_has_more_of_the_beater() {
        assert!(brightness(&play(stroke(1.0))) > 2.0 * brightness(&play(stroke(0.3))));
    }

    #[test]
    fn the_drum_is_low() {
        let pitch = swings(&play(stroke(0.5)), 0.1, 0.4) as f64 / 0.3;
        assert!((50.0..75.0).contains(&pitch), "{pitch}");
    }
}
