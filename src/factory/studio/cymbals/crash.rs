//! Cymbals that are struck on the edge with the shoulder of the stick.

use super::super::super::record::{Sound, Stroke};
use super::plate::{Blow, Cymbal, Plate};
use super::{finish, stick};

/// One of two crashes: 0 a bright one of 16 inch, 1 a darker one of 18 inch.
pub fn crash(which: usize, stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(31 + which as u64));
    let plate = Plate::new(if which == 0 { BRIGHT } else { DARK });
    let bright = noise.between(0.9, 1.1);
    let blow = Blow {
        radius: noise.between(0.93, 0.97),
        angle: noise.between(-0.03, 0.03),
        push: (1.5 * h, (380.0 + 250.0 * h) * bright),
        touch: (0.01 * h * h, (3000.0 + 3000.0 * h) * bright),
        floor: 380.0,
        onset: 0.2,
        direct: 0.15,
        mixed: 0.3 + 0.4 * h,
    };
    let mut out = plate.strike(&blow, &mut noise, 5.0, 2);
    stick(0.1 + 0.2 * h, 3500.0, &mut noise, &mut out);
    finish(out, h)
}

/// The splash, of 10 inch.
pub fn splash(stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(35));
    let bright = noise.between(0.9, 1.1);
    let blow = Blow {
        radius: noise.between(0.9, 0.96),
        angle: noise.between(-0.03, 0.03),
        push: (h, (700.0 + 600.0 * h) * bright),
        touch: (0.03 * h, (3500.0 + 5000.0 * h) * bright),
        floor: 500.0,
        onset: 0.4,
        direct: 0.2,
        mixed: 0.2 + 0.4 * h,
    };
    let mut out = Plate::new(SPLASH).strike(&blow, &mut noise, 3.5, 2);
    stick(0.2 + 0.4 * h, 3800.0, &mut noise, &mut out);
    finish(out, h)
}

/// The china, of 18 inch: its turned-up rim stiffens and detunes it, so that modes couple
/// at once and what is heard is nearly noise.
pub fn china(stroke: Stroke) -> Sound {
    let (h, mut noise) = (stroke.hardness, stroke.noise(36));
    let bright = noise.between(0.9, 1.1);
    let blow = Blow {
        radius: noise.between(0.93, 0.98),
        angle: noise.between(-0.04, 0.04),
        push: (1.5 * h, (500.0 + 500.0 * h) * bright),
        touch: (0.1 * h, (2500.0 + 2500.0 * h) * bright),
        floor: 250.0,
        onset: 0.4,
        direct: 0.15,
        mixed: 0.7,
    };
    let mut out = Plate::new(CHINA).strike(&blow, &mut noise, 4.0, 2);
    stick(0.1 + 0.3 * h, 3000.0, &mut noise, &mut out);
    finish(out, h)
}

const BRIGHT: Cymbal = Cymbal {
    seed: 30,
    modes: 900,
    low: 230.0,
    high: 18_500.0,
    radius: 0.203,
    stiffness: 0.95,
    voice: &[
        (230.0, -14.0),
        (380.0, -3.0),
        (520.0, 0.0),
        (700.0, -2.0),
        (1000.0, -7.0),
        (1500.0, -11.0),
        (2400.0, -9.0),
        (4000.0, -1.0),
        (7000.0, 1.0),
        (11_000.0, -1.0),
        (18_500.0, -8.0),
    ],
    ridges: (6.0, 24.0),
    rings: &[
        (230.0, 3.8),
        (500.0, 3.3),
        (1000.0, 3.0),
        (2000.0, 2.8),
        (4000.0, 2.5),
        (8000.0, 2.0),
        (14_000.0, 1.4),
        (18_500.0, 1.0),
    ],
    coupling: 4000.0,
};

const DARK: Cymbal = Cymbal {
    seed: 33,
    modes: 950,
    low: 180.0,
    high: 17_500.0,
    radius: 0.229,
    stiffness: 1.05,
    voice: &[
        (180.0, -14.0),
        (310.0, -3.0),
        (430.0, 1.0),
        (600.0, 0.0),
        (900.0, -6.0),
        (1500.0, -10.0),
        (2300.0, -8.0),
        (3600.0, -2.0),
        (6000.0, -2.0),
        (10_000.0, -5.0),
        (17_500.0, -14.0),
    ],
    ridges: (6.0, 24.0),
    rings: &[
        (180.0, 4.6),
        (500.0, 4.0),
        (1000.0, 3.6),
        (2000.0, 3.4),
        (4000.0, 3.0),
        (8000.0, 2.3),
        (14_000.0, 1.6),
        (17_500.0, 1.2),
    ],
    coupling: 4000.0,
};

const SPLASH: Cymbal = Cymbal {
    seed: 35,
    modes: 520,
    low: 420.0,
    high: 19_000.0,
    radius: 0.127,
    stiffness: 0.62,
    voice: &[
        (420.0, -12.0),
        (700.0, -3.0),
        (1000.0, 0.0),
        (1600.0, -2.0),
        (2600.0, -3.0),
        (4500.0, -1.0),
        (8000.0, -1.0),
        (12_000.0, -3.0),
        (19_000.0, -10.0),
    ],
    ridges: (5.0, 22.0),
    rings: &[
        (420.0, 2.6),
        (1000.0, 2.5),
        (2000.0, 2.3),
        (4000.0, 2.1),
        (8000.0, 1.6),
        (14_000.0, 1.2),
        (19_000.0, 0.9),
    ],
    coupling: 4000.0,
};

const CHINA: Cymbal = Cymbal {
    seed: 36,
    modes: 1000,
    low: 150.0,
    high: 17_500.0,
    radius: 0.229,
    stiffness: 0.95,
    voice: &[
        (150.0, -10.0),
        (260.0, -1.0),
        (330.0, -2.0),
        (600.0, -5.0),
        (900.0, -1.0),
        (1400.0, 0.0),
        (2600.0, 0.0),
        (4500.0, 1.0),
        (7000.0, -2.0),
        (11_000.0, -6.0),
        (17_500.0, -14.0),
    ],
    ridges: (3.0, 14.0),
    rings: &[
        (150.0, 4.0),
        (500.0, 3.6),
        (1000.0, 3.4),
        (2000.0, 2.6),
        (4000.0, 1.9),
        (8000.0, 1.45),
        (14_000.0, 1.2),
        (17_500.0, 1.0),
    ],
    coupling: 8000.0,
};
