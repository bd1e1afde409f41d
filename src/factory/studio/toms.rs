//! Four toms of 10, 12, 14 and 16 inches, two-ply heads over thin ones, sticks.

use super::super::osc::saturate;
use super::super::record::{Sound, Stroke};
use super::membrane::{Blow, Drum};
use super::room::Room;
use super::strokes::{Tip, answer, between};

const fn drum(inches: f64, depth: f64, batter: f64, t60: f64) -> Drum {
    Drum {
        radius: 0.0127 * inches,
        depth,
        batter,
        resonant: 1.35 * batter,
        cavity: 0.65 * batter,
        film: 0.45,
        t60,
        loss: 0.22,
        stretch: 0.08,
        near: 0.035,
        aside: 0.62,
        cloud: 0.1,
    }
}

static TOMS: [Drum; 4] = [
    drum(10.0, 0.20, 142.0, 1.3),
    drum(12.0, 0.23, 116.0, 1.45),
    drum(14.0, 0.32, 92.0, 1.55),
    drum(16.0, 0.38, 74.0, 1.6),
];

const STICK: Tip = Tip {
    bands: &[
        (380.0, 0.7, 3.3, 0.03),
        (950.0, 0.6, 6.0, 0.008),
        (700.0, 0.7, 1.6, 0.05),
        (1800.0, 0.7, 1.0, 0.05),
        (4200.0, 0.7, 1.0, 0.035),
        (8500.0, 0.8, 0.7, 0.025),
    ],
    modes: &[(1180.0, 0.2, 0.02), (2760.0, 0.2, 0.014)],
};

const ROOM: Room = Room { early: 0.16, tail: 0.05, t60: 0.32, dull: 5000.0, thin: 110.0 };

/// A stroke on one of the toms, 0 the highest.
pub fn play(which: usize, stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(5 + which as u64));
    let deep = which as f64;
    let blow = Blow {
        force: h * h,
        contact: between(0.0054, 0.0028, h) * (1.0 + 0.1 * deep) * noise.between(0.94, 1.06),
        tip: 0.09 * h * h,
        place: noise.between(0.15, 0.33),
        angle: noise.between(0.05, 0.20),
        detune: 0.002,
    };
    let mut swing = TOMS[which].strike(&blow, &mut noise, 1.9);
    let mut tip = vec![0.0; swing.close.len()];
    STICK.add(
        0.5 * h * h * between(0.3, 1.0, h),
        between(300.0, 6000.0, h * h),
        &mut noise,
        &mut tip,
    );
    answer(0.02 * h * h * between(0.5, 1.0, h), &mut noise, &mut tip);
    swing.add(&tip);
    saturate(&mut swing.close, 0.4);
    ROOM.mono(&swing.close, &swing.far)
}
