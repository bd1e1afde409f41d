//! Wood, struck and scraped: claves, wood block, cajon, guiro, vibraslap.

use super::super::math::sin_turns;
use super::super::osc::{Burst, Noise, Pass, silence};
use super::super::record::Stroke;
use super::body::{Blow, Partial, fall, miked, ring, rise};

/// Two sticks of rosewood. One lies on the finger tips above the hollow of the hand, which
/// is tuned to its first bending mode; the other is held, so that it only clicks. The
/// ratios are those of a thick bar with free ends, below the 2.76 and 5.40 of a thin one
/// (Fletcher and Rossing, ch. 2).
pub fn claves(stroke: Stroke) -> Vec<f64> {
    const MODES: [(f64, f64, f64); 5] = [
        (2435.0, 1.0, 0.115),
        (2471.0, 0.25, 0.085),
        (6270.0, 0.45, 0.035),
        (3320.0, 0.60, 0.014),
        (11_100.0, 0.25, 0.015),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(330));
    let mut out = silence(0.4);
    let width = noise.between(0.9, 1.1) * (0.00022 - 0.00012 * h);
    let force = Blow { at: 0.0, width, impulse: 1.0, rough: 0.1 }.force(&mut noise);
    let tune = noise.between(0.996, 1.004);
    ring(tune, &MODES, &force, &mut noise, &mut out);
    let hollow = Burst { level: 0.35, pass: Pass::Band, hz: 1300.0, q: 0.9, t60: 0.02 };
    hollow.shaped(&mut noise, &mut out, rise);
    miked(out, 0.2 + 0.3 * h, 0.16)
}

/// A wood block: a plate over a slot, whose air and wood swing as a pair; above them
/// bending modes of the plate.
pub fn wood_block(stroke: Stroke) -> Vec<f64> {
    const MODES: [(f64, f64, f64); 8] = [
        (1092.0, 1.0, 0.085),
        (1735.0, 1.0, 0.065),
        (2420.0, 0.45, 0.045),
        (3160.0, 0.5, 0.036),
        (4390.0, 0.7, 0.030),
        (5620.0, 0.5, 0.024),
        (7480.0, 0.5, 0.018),
        (9800.0, 0.35, 0.014),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(331));
    let mut out = silence(0.35);
    let width = noise.between(0.9, 1.1) * (0.00045 - 0.00028 * h);
    let force = Blow { at: 0.0, width, impulse: 1.0, rough: 0.3 }.force(&mut noise);
    let tune = noise.between(0.996, 1.004);
    ring(tune, &MODES, &force, &mut noise, &mut out);
    let stick = Burst { level: 0.15 + 0.3 * h, pass: Pass::Band, hz: 3600.0, q: 0.6, t60: 0.014 };
    stick.shaped(&mut noise, &mut out, rise);
    miked(out, 0.2 + 0.4 * h, 0.16)
}

/// The front of a cajon: width and height, metres.
const FRONT: (f64, f64) = (0.30, 0.47);
/// What makes its lowest mode 128 Hz: stiffness over mass of 3 mm of birch.
const PLYWOOD: f64 = 8.1;

/// A cajon, slapped with the fingers at its upper edge, with wires behind the front. The
/// front bends in the modes f = c·((m ÷ w)² + (n ÷ h)²) of a plate whose edges are held.
pub fn cajon_slap(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(332));
    let mut chance = Noise::new(333, 0);
    let mut out = silence(0.5);
    let (wide, high) = FRONT;
    let (x, y) = (noise.between(0.25, 0.34), noise.between(0.05, 0.07));
    let width = noise.between(0.9, 1.1) * (0.003 - 0.0018 * h);
    let blow = Blow { at: 0.0, width, impulse: 1.0, rough: 0.5 + 0.5 * h };
    let force = blow.force(&mut noise);
    for m in 1..=6 {
        for n in 1..=9 {
            let (m, n) = (f64::from(m), f64::from(n));
            let (across, up) = (m / wide, n / high);
            let hz = PLYWOOD * (across * across + up * up) * chance.between(0.95, 1.05);
            let level = sin_turns(0.5 * m * x) * sin_turns(0.5 * n * y);
            let t60 = 0.24 / (1.0 + hz / 700.0);
            Partial { hz, level: 1.6 * level, t60 }.drive(&force, &mut out);
        }
    }
    Partial { hz: 92.0, level: 0.2, t60: 0.2 }.drive(&force, &mut out);
    let fingers = Burst {
        level: 0.15 + 1.0 * h,
        pass: Pass::Band,
        hz: 1900.0 + 1500.0 * h,
        q: 0.5,
        t60: 0.03,
    };
    fingers.shaped(&mut noise, &mut out, rise);
    // The wires lift off and fall back for some periods of the front.
    let wires = Burst {
        level: 0.35 + 0.8 * h,
        pass: Pass::Band,
        hz: 4600.0 + 1200.0 * h,
        q: 0.6,
        t60: 0.085 + 0.03 * h,
    };
    let mut rattle = Noise::new(334, stroke.stream());
    let mut depth = 0.0;
    wires.shaped(&mut noise, &mut out, |t| {
        depth += 0.012 * (rattle.next() - depth);
        let rise = (t / 0.003).min(1.0);
        rise * (0.75 + 0.25 * sin_turns(205.0 * t) + 3.0 * depth).max(0.0)
    });
    miked(out, 0.5 + 0.7 * h, 0.14)
}

/// A gourd with notches: a scraper falls from tooth to tooth, each a small blow on the
/// gourd's resonances (the ratchet of Cook's *Physically informed sonic modeling*, 1997).
/// `speed`: teeth a second over the stroke's part 0 … 1.
fn guiro(stream: u64, seconds: f64, speed: fn(f64) -> f64, stroke: Stroke) -> Vec<f64> {
    const GOURD: [(f64, f64, f64); 8] = [
        (640.0, 0.35, 0.020),
        (1180.0, 0.60, 0.016),
        (1920.0, 0.80, 0.013),
        (2610.0, 1.00, 0.011),
        (3480.0, 0.90, 0.009),
        (4720.0, 0.80, 0.007),
        (6350.0, 0.60, 0.005),
        (8700.0, 0.40, 0.004),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(stream));
    let mut force = Vec::new();
    let mut at = 0.0;
    let pace = noise.between(0.93, 1.07);
    while at < seconds {
        let part = at / seconds;
        let swell = (0.9 - 1.6 * part * (1.0 - part) + 0.1 * part)
            * if part > 0.85 { (1.0 - part) / 0.15 } else { 1.0 };
        let width = noise.between(0.7, 1.3) * (0.0005 - 0.0003 * h);
        let impulse = swell * noise.between(0.5, 1.0);
        Blow { at, width, impulse, rough: 0.8 }.press(&mut noise, &mut force);
        // The stick slides on between two teeth.
        let slide =
            Blow { at: at + 0.001, width: 0.004, impulse: (0.1 + 0.15 * h) * impulse, rough: 6.0 };
        slide.press(&mut noise, &mut force);
        at += noise.between(0.88, 1.12) / (pace * speed(part));
    }
    let mut out = silence(seconds + 0.2);
    ring(1.0, &GOURD, &force, &mut noise, &mut out);
    miked(out, 0.3 + 0.4 * h, 0.16)
}

/// A short scrape towards the body.
pub fn short_guiro(stroke: Stroke) -> Vec<f64> {
    guiro(335, 0.075, |part| 190.0 + 120.0 * part, stroke)
}

/// A long one that gathers speed.
pub fn long_guiro(stroke: Stroke) -> Vec<f64> {
    guiro(336, 0.27, |part| 62.0 + 120.0 * part * part, stroke)
}

/// The vibraslap: a ball on a rod of steel shakes a box of wood with loose pins. The rod
/// swings about 24 times a second; each time it throws the box, the pins strike it one
/// after another, ever more softly, until the swing no longer lifts them.
pub fn vibraslap(stroke: Stroke) -> Vec<f64> {
    const BOX: [(f64, f64, f64); 7] = [
        (890.0, 0.25, 0.022),
        (1640.0, 0.60, 0.018),
        (2380.0, 1.00, 0.016),
        (2950.0, 0.90, 0.014),
        (3860.0, 0.70, 0.011),
        (5240.0, 0.60, 0.008),
        (7400.0, 0.45, 0.005),
    ];
    const PINS: usize = 7;
    const SWING: f64 = 24.0;
    let (h, mut noise) = (stroke.hardness, stroke.noise(337));
    let seconds = 0.55 + 0.27 * h;
    let mut force = Vec::new();
    Blow { at: 0.0, width: 0.001, impulse: 1.6, rough: 0.5 }.press(&mut noise, &mut force);
    let mut at = 0.004;
    while at < seconds {
        let left = fall(at, 0.42) - fall(seconds, 0.42);
        for _ in 0..PINS {
            let when = at + noise.between(0.0, 0.011);
            let impulse = left * noise.between(0.2, 1.0);
            Blow { at: when, width: 0.00032 - 0.00018 * h, impulse, rough: 0.5 }
                .press(&mut noise, &mut force);
        }
        at += 0.5 / SWING * noise.between(0.96, 1.04);
    }
    let mut out = silence(seconds + 0.25);
    ring(1.0, &BOX, &force, &mut noise, &mut out);
    let body = Burst { level: 0.2, pass: Pass::Band, hz: 420.0, q: 1.0, t60: 0.06 };
    body.shaped(&mut noise, &mut out, rise);
    miked(out, 0.3 + 0.3 * h, 0.14)
}
