//! The ride, of 21 inch: one thick plate, struck on its bow, its bell and its edge.

use super::super::super::osc::{Mode, Noise, contact};
use super::super::super::record::Stroke;
use super::plate::{Blow, Cymbal, Plate};
use super::{Hit, length};

/// The bow, struck with the tip: a ping above a wash.
pub fn bow(stroke: Stroke) -> Hit {
    let (h, mut noise) = (stroke.hardness, stroke.noise(41));
    let bright = noise.between(0.94, 1.06);
    let blow = Blow {
        radius: noise.between(0.56, 0.64),
        angle: noise.between(-0.03, 0.03),
        push: (0.2 + 0.8 * h, (500.0 + 500.0 * h) * bright),
        touch: (0.15, (2800.0 + 6700.0 * h) * bright),
        floor: 500.0,
        onset: 0.8,
        direct: 0.55,
        mixed: 0.15,
    };
    Hit {
        plate: Plate::new(RIDE),
        blow,
        stick: (0.1 + 0.9 * h, 5000.0),
        ears: 1,
        seconds: length(2.2, h),
        noise,
    }
}

/// What of the plate rings with the bell, struck with the shoulder.
pub fn bell(stroke: Stroke) -> Hit {
    let (h, mut noise) = (stroke.hardness, stroke.noise(42));
    let bright = noise.between(0.85, 1.15);
    let blow = Blow {
        radius: noise.between(0.15, 0.19),
        angle: noise.between(-0.03, 0.03),
        push: (0.5 * h, (600.0 + 500.0 * h) * bright),
        touch: (0.15, (3000.0 + 4000.0 * h) * bright),
        floor: 450.0,
        onset: 0.7,
        direct: 0.3,
        mixed: 0.0,
    };
    Hit {
        plate: Plate::new(RIDE),
        blow,
        stick: (0.5 + 0.8 * h, 4000.0),
        ears: 1,
        seconds: length(1.6, h),
        noise,
    }
}

/// Adds the dome of the bell. It gives its energy to the plate, whose modes around its own
/// ring on.
pub fn dome(stroke: Stroke, noise: &mut Noise, out: &mut [f64]) {
    let cutoff = (2400.0 + 4000.0 * stroke.hardness) * noise.between(0.85, 1.15);
    for (hz, level, t60) in BELL {
        let level = 4.0 * level * contact(hz, cutoff) * noise.between(0.6, 1.0);
        let shares = [
            (1.0, 0.6, 0.02),
            (1.0, 1.0, 0.12 * t60),
            (0.9963, 0.2, 1.2 * t60),
            (1.0002, 0.4, t60),
            (1.0071, 0.25, 1.4 * t60),
        ];
        for (ratio, part, t60) in shares {
            let level = level * part * noise.between(0.7, 1.0);
            Mode { hz: hz * ratio, level, t60, phase: 0.05 * noise.next() }.ring(out);
        }
    }
}

/// The edge, struck with the shoulder: it crashes, dark and long.
pub fn edge(stroke: Stroke) -> Hit {
    let (h, mut noise) = (stroke.hardness, stroke.noise(43));
    let bright = noise.between(0.87, 1.13);
    let blow = Blow {
        radius: noise.between(0.93, 0.97),
        angle: noise.between(-0.03, 0.03),
        push: (0.2 + 1.3 * h, (350.0 + 300.0 * h) * bright),
        touch: (0.014 * h, (2500.0 + 3000.0 * h) * bright),
        floor: 300.0,
        onset: 0.2,
        direct: 0.2,
        mixed: 0.6 + 0.2 * h,
    };
    Hit {
        plate: Plate::new(RIDE_EDGE),
        blow,
        stick: (0.45 * h, 3500.0),
        ears: 1,
        seconds: length(2.2, h),
        noise,
    }
}

const RIDE: Cymbal = Cymbal {
    seed: 40,
    modes: 1000,
    low: 190.0,
    high: 20_000.0,
    radius: 0.267,
    stiffness: 1.75,
    voice: &[
        (190.0, -14.0),
        (330.0, -10.0),
        (500.0, -10.0),
        (800.0, -12.0),
        (1300.0, -15.0),
        (2200.0, -12.0),
        (4000.0, -5.0),
        (7000.0, 1.0),
        (10_000.0, 3.0),
        (14_000.0, 2.0),
        (20_000.0, -4.0),
    ],
    ridges: (6.0, 30.0),
    rings: &[
        (190.0, 3.60),
        (500.0, 3.30),
        (1000.0, 3.10),
        (2000.0, 2.90),
        (4000.0, 2.50),
        (8000.0, 1.90),
        (12_000.0, 1.40),
        (20_000.0, 0.80),
    ],
    coupling: 600.0,
};

/// The same heard at its edge, which bends by more than its thickness.
const RIDE_EDGE: Cymbal = Cymbal {
    voice: &[
        (190.0, -12.0),
        (330.0, -6.0),
        (500.0, -4.0),
        (800.0, -11.0),
        (1300.0, -14.0),
        (2200.0, -11.0),
        (4000.0, -2.0),
        (7000.0, -2.0),
        (11_000.0, -4.0),
        (20_000.0, -12.0),
    ],
    ridges: (4.0, 14.0),
    coupling: 5000.0,
    ..RIDE
};

/// The modes of the dome: (Hz, amplitude, T60).
const BELL: [(f64, f64, f64); 10] = [
    (466.0, 0.28, 2.6),
    (618.0, 0.16, 2.4),
    (934.0, 0.22, 3.2),
    (1742.0, 0.19, 3.6),
    (2096.0, 0.16, 3.4),
    (2687.0, 0.35, 2.8),
    (3512.0, 1.00, 2.5),
    (3905.0, 0.95, 2.2),
    (4873.0, 0.85, 1.8),
    (5790.0, 0.80, 1.5),
];
