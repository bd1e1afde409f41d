//! The ride, of 21 inch: one thick plate, struck on its bow, its bell and its edge.

use super::super::super::osc::{Mode, contact};
use super::super::super::record::{Sound, Stroke};
use super::plate::{Blow, Cymbal, Plate};
use super::{finish, stick};

/// The bow, struck with the tip: a ping above a wash.
pub fn ride(stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(41));
    let bright = noise.between(0.9, 1.1);
    let blow = Blow {
        radius: noise.between(0.56, 0.64),
        angle: noise.between(-0.03, 0.03),
        push: (h, (500.0 + 500.0 * h) * bright),
        touch: (0.15, (3500.0 + 6000.0 * h) * bright),
        floor: 500.0,
        onset: 0.7,
        direct: 0.4,
        mixed: 0.15,
    };
    let mut out = Plate::new(RIDE).strike(&blow, &mut noise, 4.0, 1);
    stick(0.5 + 0.5 * h, 5000.0, &mut noise, &mut out);
    finish(out, h)
}

/// The bell, struck with the shoulder: the few modes of its dome, near a chord, and what
/// of the plate rings with them.
pub fn ride_bell(stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(42));
    let bright = noise.between(0.92, 1.08);
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
    let mut out = Plate::new(RIDE).strike(&blow, &mut noise, 4.0, 1);
    let cutoff = (1800.0 + 3400.0 * h) * bright;
    for (hz, level, t60) in BELL {
        let level = level * contact(hz, cutoff) * noise.between(0.75, 1.0);
        // The plate splits each mode of the dome into a few.
        for (apart, part, life) in [(-0.004, 0.35, 1.3), (0.0, 1.0, 1.0), (0.0075, 0.4, 1.6)] {
            let level = 4.0 * level * part * noise.between(0.7, 1.0);
            let phase = 0.12 * noise.next();
            Mode { hz: hz * (1.0 + apart), level, t60: t60 * life, phase }.ring(&mut out[0]);
        }
    }
    stick(0.5 + 0.8 * h, 4000.0, &mut noise, &mut out);
    finish(out, h)
}

/// The edge, struck with the shoulder: it crashes, dark and long.
pub fn ride_edge(stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(43));
    let bright = noise.between(0.9, 1.1);
    let blow = Blow {
        radius: noise.between(0.93, 0.97),
        angle: noise.between(-0.03, 0.03),
        push: (1.5 * h, (350.0 + 300.0 * h) * bright),
        touch: (0.02 * h, (2500.0 + 3000.0 * h) * bright),
        floor: 300.0,
        onset: 0.2,
        direct: 0.2,
        mixed: 0.3 + 0.3 * h,
    };
    let mut out = Plate::new(RIDE).strike(&blow, &mut noise, 5.0, 1);
    stick(0.1 + 0.3 * h, 3500.0, &mut noise, &mut out);
    finish(out, h)
}

const RIDE: Cymbal = Cymbal {
    seed: 40,
    modes: 900,
    low: 190.0,
    high: 17_500.0,
    radius: 0.267,
    stiffness: 1.75,
    voice: &[
        (190.0, -12.0),
        (330.0, -5.0),
        (500.0, -3.0),
        (800.0, -6.0),
        (1300.0, -8.0),
        (2200.0, -5.0),
        (4000.0, 0.0),
        (7000.0, 1.0),
        (10_000.0, 0.0),
        (17_500.0, -8.0),
    ],
    ridges: (6.0, 30.0),
    rings: &[
        (190.0, 4.8),
        (500.0, 4.4),
        (1000.0, 4.0),
        (2000.0, 3.7),
        (4000.0, 3.1),
        (8000.0, 2.2),
        (12_000.0, 1.5),
        (17_500.0, 0.9),
    ],
    coupling: 600.0,
};

/// The modes of the dome: (Hz, amplitude, T60).
const BELL: [(f64, f64, f64); 10] = [
    (466.0, 0.45, 2.2),
    (618.0, 0.25, 2.0),
    (934.0, 0.25, 2.6),
    (1742.0, 0.75, 3.0),
    (2096.0, 0.55, 2.8),
    (2687.0, 0.45, 2.2),
    (3512.0, 1.00, 1.7),
    (3905.0, 0.90, 1.3),
    (4873.0, 0.60, 0.9),
    (5790.0, 0.45, 0.7),
];
