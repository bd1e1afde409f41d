//! Cymbals that are struck on the edge with the shoulder of the stick.

use super::super::super::record::Stroke;
use super::plate::{Blow, Cymbal, Plate};
use super::{Hit, length};

/// One of two crashes: 0 a bright one of 16 inch, 1 a darker one of 18 inch.
pub fn crash(which: usize, stroke: Stroke) -> Hit {
    let (h, mut noise) = (stroke.hardness, stroke.noise(31 + which as u64));
    let plate = Plate::new(if which == 0 { BRIGHT } else { DARK });
    let bright = noise.between(0.87, 1.13);
    let blow = Blow {
        radius: noise.between(0.93, 0.97),
        angle: noise.between(-0.03, 0.03),
        push: (0.2 + 1.3 * h, (450.0 + 200.0 * h) * bright),
        touch: (0.018 * h, (3500.0 + 2500.0 * h) * bright),
        floor: 380.0,
        onset: 0.3,
        direct: 0.15,
        mixed: 0.5 + 0.3 * h,
    };
    Hit {
        plate,
        blow,
        stick: (0.35 * h, 3500.0),
        ears: 2,
        seconds: length(if which == 0 { 2.6 } else { 2.7 }, h),
        noise,
    }
}

/// The splash, of 10 inch.
pub fn splash(stroke: Stroke) -> Hit {
    let (h, mut noise) = (stroke.hardness, stroke.noise(35));
    let bright = noise.between(0.87, 1.13);
    let blow = Blow {
        radius: noise.between(0.9, 0.96),
        angle: noise.between(-0.03, 0.03),
        push: (0.15 + 0.85 * h, (700.0 + 600.0 * h) * bright),
        touch: (0.012 + 0.018 * h, (4500.0 + 4000.0 * h) * bright),
        floor: 500.0,
        onset: 0.4,
        direct: 0.2,
        mixed: 0.4 + 0.3 * h,
    };
    Hit {
        plate: Plate::new(SPLASH),
        blow,
        stick: (0.6 * h, 3800.0),
        ears: 2,
        seconds: length(1.25, h),
        noise,
    }
}

/// The china, of 18 inch: its turned-up rim stiffens and detunes it, so that modes couple
/// at once and what is heard is nearly noise.
pub fn china(stroke: Stroke) -> Hit {
    let (h, mut noise) = (stroke.hardness, stroke.noise(36));
    let bright = noise.between(0.87, 1.13);
    let blow = Blow {
        radius: noise.between(0.93, 0.98),
        angle: noise.between(-0.04, 0.04),
        push: (1.5 * h, (500.0 + 500.0 * h) * bright),
        touch: (0.15 * h, (4000.0 + 2000.0 * h) * bright),
        floor: 250.0,
        onset: 0.4,
        direct: 0.15,
        mixed: 0.7,
    };
    Hit {
        plate: Plate::new(CHINA),
        blow,
        stick: (0.45 * h, 3000.0),
        ears: 2,
        seconds: length(1.6, h),
        noise,
    }
}

const BRIGHT: Cymbal = Cymbal {
    seed: 30,
    modes: 1300,
    low: 230.0,
    high: 20_000.0,
    radius: 0.203,
    stiffness: 0.95,
    voice: &[
        (230.0, -16.0),
        (380.0, -4.0),
        (520.0, -2.0),
        (700.0, -6.0),
        (1000.0, -13.0),
        (1500.0, -18.0),
        (2400.0, -17.0),
        (4000.0, -3.0),
        (7000.0, 4.0),
        (11_000.0, 3.0),
        (20_000.0, -7.0),
    ],
    ridges: (5.0, 20.0),
    rings: &[
        (230.0, 3.60),
        (500.0, 3.10),
        (1000.0, 2.90),
        (2000.0, 2.80),
        (4000.0, 2.50),
        (8000.0, 1.90),
        (14_000.0, 1.40),
        (20_000.0, 0.90),
    ],
    coupling: 10_000.0,
};

const DARK: Cymbal = Cymbal {
    seed: 33,
    modes: 1350,
    low: 180.0,
    high: 20_000.0,
    radius: 0.229,
    stiffness: 1.05,
    voice: &[
        (180.0, -16.0),
        (310.0, -6.0),
        (430.0, -2.0),
        (600.0, -3.0),
        (900.0, -10.0),
        (1500.0, -16.0),
        (2300.0, -14.0),
        (3600.0, -3.0),
        (6000.0, 1.0),
        (10_000.0, 2.0),
        (20_000.0, -8.0),
    ],
    ridges: (5.0, 20.0),
    rings: &[
        (180.0, 4.20),
        (500.0, 3.60),
        (1000.0, 3.30),
        (2000.0, 3.10),
        (4000.0, 2.80),
        (8000.0, 2.20),
        (14_000.0, 1.50),
        (20_000.0, 1.00),
    ],
    coupling: 6000.0,
};

const SPLASH: Cymbal = Cymbal {
    seed: 35,
    modes: 760,
    low: 300.0,
    high: 20_000.0,
    radius: 0.127,
    stiffness: 0.62,
    voice: &[
        (300.0, -9.0),
        (550.0, -3.0),
        (800.0, -1.0),
        (1200.0, -4.0),
        (1600.0, -5.0),
        (2600.0, -6.0),
        (4500.0, -4.0),
        (8000.0, 3.0),
        (12_000.0, 4.0),
        (20_000.0, -2.0),
    ],
    ridges: (4.0, 12.0),
    rings: &[
        (300.0, 2.40),
        (1000.0, 2.30),
        (2000.0, 2.20),
        (4000.0, 2.00),
        (8000.0, 1.50),
        (14_000.0, 1.20),
        (20_000.0, 0.90),
    ],
    coupling: 4000.0,
};

const CHINA: Cymbal = Cymbal {
    seed: 36,
    modes: 1300,
    low: 150.0,
    high: 20_000.0,
    radius: 0.229,
    stiffness: 0.95,
    voice: &[
        (150.0, -5.0),
        (260.0, 5.0),
        (330.0, 3.0),
        (600.0, -6.0),
        (900.0, -2.0),
        (1400.0, 0.0),
        (2600.0, 0.0),
        (4500.0, 1.0),
        (7000.0, -2.0),
        (11_000.0, -8.0),
        (20_000.0, -18.0),
    ],
    ridges: (2.0, 10.0),
    rings: &[
        (150.0, 4.00),
        (500.0, 3.00),
        (1000.0, 2.70),
        (2000.0, 2.10),
        (4000.0, 1.60),
        (8000.0, 1.25),
        (14_000.0, 1.10),
        (20_000.0, 0.90),
    ],
    coupling: 12_000.0,
};
