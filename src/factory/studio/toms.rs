//! Four toms of 10, 12, 14 and 16 inches: two-ply heads over thin ones, which are tuned a third
//! higher, struck with sticks.

use super::super::osc::{Mode, saturate};
use super::super::record::{Sound, Stroke};
use super::membrane::{Blow, Drum};
use super::room::Room;
use super::strokes::{Tip, answer, between};

/// Diameter and depth of the shell, inches and metres; the struck head alone, Hz; T60, seconds.
const fn drum(inches: f64, depth: f64, batter: f64, t60: f64) -> Drum {
    Drum {
        radius: 0.0127 * inches,
        depth,
        batter,
        resonant: 1.24 * batter,
        cavity: 0.75 * batter,
        film: 0.45,
        t60,
        loss: 0.26,
        stretch: 0.58,
        near: 0.0036 * inches,
        aside: 0.45,
        cloud: 0.1,
    }
}

/// From high to low. Tuning and decay set by measuring.
static TOMS: [Drum; 4] = [
    drum(10.0, 0.20, 137.0, 1.15),
    drum(12.0, 0.23, 112.0, 1.3),
    drum(14.0, 0.32, 88.0, 1.4),
    drum(16.0, 0.38, 70.0, 1.5),
];

/// The stick, and the slap of the skin under it.
#[rustfmt::skip]
const STICK: Tip = Tip {
    bands: &[
        ( 380.0, 0.7, 3.3, 0.030), ( 700.0, 0.7, 1.6, 0.050), ( 950.0, 0.6, 6.0, 0.008),
        (1800.0, 0.7, 1.0, 0.050), (4200.0, 0.7, 1.0, 0.035), (8500.0, 0.8, 0.6, 0.025),
    ],
    modes: &[(1180.0, 0.2, 0.02), (2760.0, 0.2, 0.014)],
};

/// Level of the dent that the stick pushes into the skin under it. All modes make it together
/// and it runs away at once: those above the table, which are drawn by chance, leave it out, and
/// without it a tom is loudest where its low modes meet again, 20 ms late. Set by measuring.
const DENT: f64 = 2.0;

const ROOM: Room = Room { early: 0.11, tail: 0.05, t60: 0.32, dull: 5000.0, thin: 110.0 };

/// A stroke on one of the toms, 0 the highest.
pub fn play(which: usize, stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(5 + which as u64));
    let blow = Blow {
        force: h * h,
        contact: between(0.0060, 0.0034, h) * noise.between(0.94, 1.06),
        tip: 0.09 * h * h,
        place: noise.between(0.09, 0.25),
        angle: noise.between(0.05, 0.20),
        detune: 0.002,
    };
    let mut swing = TOMS[which].strike(&blow, &mut noise, 1.9);
    let mut tip = vec![0.0; swing.close.len()];
    let level = 0.42 * h * h * between(0.3, 1.0, h);
    STICK.add(level, between(300.0, 6000.0, h * h), &mut noise, &mut tip);
    answer(0.02 * h * h * between(1.2, 1.0, h), &mut noise, &mut tip);
    let dent =
        Mode { hz: 0.75 / blow.contact, level: DENT * h * h, t60: 5.0 * blow.contact, phase: 0.0 };
    dent.swell(0.5 * blow.contact, &mut tip);
    swing.add(&tip);
    saturate(&mut swing.close, 0.4);
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
    fn a_harder_stroke_is_brighter() {
        assert!(brightness(&play(1, stroke(1.0))) > 1.5 * brightness(&play(1, stroke(0.3))));
    }

    #[test]
    fn the_toms_stand_from_high_to_low() {
        let pitches: Vec<usize> =
            (0..4).map(|which| swings(&play(which, stroke(0.4)), 0.3, 0.8)).collect();
        assert!(pitches.windows(2).all(|pair| pair[0] > pair[1]), "{pitches:?}");
        assert!(pitches[0] >= 70 && pitches[3] <= 44, "150 and 80 Hz: {pitches:?}");
    }

    #[test]
    fn the_pitch_of_a_tom_falls_after_a_hard_blow() {
        let blow =
            |force| Blow { force, contact: 0.004, tip: 0.0, place: 0.0, angle: 0.0, detune: 0.0 };
        let early = |force| {
            let close = TOMS[1].strike(&blow(force), &mut stroke(1.0).noise(1), 0.2).close;
            swings(&close.into(), 0.0, 0.1)
        };
        assert!(early(1.0) > early(0.1));
    }
}
