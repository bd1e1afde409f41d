//! Drums with a skin: kick, snare, toms.
//!
//! A struck skin rings in the modes of an ideal round membrane, whose frequencies stand
//! in the ratios 1 : 1.59 : 2.14 : 2.30 : 2.65 : 2.92 … (the zeros of the Bessel
//! functions; Fletcher and Rossing, *The Physics of Musical Instruments*, ch. 3 and 18).
//! A hard blow stretches the skin, so that the pitch starts higher and falls. Amplitudes,
//! decays and noises are our own, set by measuring what comes out.

use super::super::math::{LN_1000, sin_turns};
use super::super::osc::{Burst, FRAME, Mode, Noise, Pass, contact, decay, saturate, silence};
use super::Stroke;

/// Modes of a skin: ratio to the lowest, amplitude, and T60 as a part of the lowest's.
#[rustfmt::skip]
const MEMBRANE: [(f64, f64, f64); 9] = [
    (1.000, 1.00, 1.00), (1.594, 0.52, 0.62), (2.136, 0.34, 0.48),
    (2.296, 0.26, 0.42), (2.653, 0.24, 0.38), (2.918, 0.18, 0.33),
    (3.156, 0.14, 0.30), (3.501, 0.12, 0.26), (3.600, 0.09, 0.24),
];

/// A skin that is struck.
struct Skin {
    /// The lowest mode at rest, Hz.
    hz: f64,
    /// Its T60, seconds.
    t60: f64,
    /// How much higher the pitch starts, as a part of it, and the seconds in which
    /// all but 1/e of that is gone: a quick and a slow fall.
    bend: [(f64, f64); 2],
    /// Highest frequency that the blow excites, Hz ([`contact`]).
    cutoff: f64,
    /// Spread of the modes' amplitudes from stroke to stroke, 0 … 1.
    spread: f64,
}

impl Skin {
    fn ring(&self, noise: &mut Noise, out: &mut [f64]) {
        let falls = self.bend.map(|(_, time)| decay(time * LN_1000));
        for (ratio, level, t60) in MEMBRANE {
            let touch = contact(self.hz * ratio, self.cutoff) / contact(self.hz, self.cutoff);
            let mut level = level * touch * noise.between(1.0 - self.spread, 1.0);
            let r = decay(t60 * self.t60);
            let mut bend = self.bend.map(|(amount, _)| amount);
            let mut phase = 0.0;
            for x in out.iter_mut() {
                *x += level * sin_turns(phase);
                phase += self.hz * ratio * (1.0 + bend[0] + bend[1]) * FRAME;
                bend = [bend[0] * falls[0], bend[1] * falls[1]];
                level *= r;
            }
        }
    }
}

/// Rings a set of (Hz, amplitude, T60) modes, started at random phases.
fn ring_all(modes: &[(f64, f64, f64)], level: f64, noise: &mut Noise, out: &mut [f64]) {
    for &(hz, part, t60) in modes {
        let level = level * part * noise.between(0.8, 1.0);
        Mode { hz: hz * noise.between(0.997, 1.003), level, t60, phase: noise.next() }.ring(out);
    }
}

/// The bass drum: a low skin whose pitch falls, a beater of felt, and the air in the shell.
pub fn kick(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(1));
    let mut out = silence(0.62);
    let skin = Skin {
        hz: 51.0,
        t60: 0.46,
        bend: [(0.5 + 1.5 * h, 0.011), (0.1 + 0.22 * h, 0.055)],
        cutoff: 60.0 + 190.0 * h,
        spread: 0.15,
    };
    skin.ring(&mut noise, &mut out);
    let air = Burst { level: 0.9, pass: Pass::Low, hz: 260.0, q: 0.8, t60: 0.09 };
    air.add(&mut noise, &mut out);
    let beater = Burst {
        level: 0.15 + 1.5 * h,
        pass: Pass::Band,
        hz: 1500.0 + 2300.0 * h,
        q: 0.8,
        t60: 0.022,
    };
    beater.add(&mut noise, &mut out);
    let knock = [(920.0, 0.3, 0.03), (1840.0, 0.4, 0.022), (3350.0, 0.5 * h, 0.016)];
    ring_all(&knock, 0.1 + 0.6 * h, &mut noise, &mut out);
    saturate(&mut out, 0.5 + 0.7 * h);
    out
}

/// The wires under a snare: noise whose bands open with the blow, shaken by the skin.
fn wires(level: f64, stroke: Stroke, noise: &mut Noise, out: &mut [f64]) {
    let h = stroke.hardness;
    let bands = [
        (Pass::Band, 1700.0, 0.9, 1.0, 0.22),
        (Pass::Band, 3900.0, 0.8, 0.75 + 0.5 * h, 0.21),
        (Pass::High, 6200.0, 0.7, 0.12 + 0.5 * h, 0.18),
    ];
    for (pass, hz, q, part, t60) in bands {
        let slow = Burst { level: level * part, pass, hz, q, t60: t60 * (0.85 + 0.25 * h) };
        // The skin throws the wires off and catches them once a period; they need
        // about half a millisecond to come up.
        let shake = |t: f64| {
            let rise = (t / 0.0006).min(1.0);
            rise * (0.72 + 0.28 * sin_turns(188.0 * t))
        };
        slow.shaped(noise, out, shake);
        Burst { level: 1.1 * level * part * h, t60: 0.05, ..slow }.shaped(noise, out, shake);
    }
}

/// The skin of the snare, and its second head, which swings against the first.
fn snare_skin(h: f64, level: f64, noise: &mut Noise, out: &mut [f64]) {
    let mut body = vec![0.0; out.len()];
    let skin = Skin {
        hz: 188.0,
        t60: 0.24,
        bend: [(0.04 + 0.16 * h, 0.008), (0.01 + 0.05 * h, 0.04)],
        cutoff: 350.0 + 900.0 * h,
        spread: 0.15,
    };
    skin.ring(noise, &mut body);
    // The heads of a snare drum couple into a pair about 1.8 apart.
    ring_all(&[(338.0, 0.55, 0.15), (352.0, 0.3, 0.13)], 1.0, noise, &mut body);
    for (x, y) in out.iter_mut().zip(body) {
        *x += level * y;
    }
}

/// The first thing to be heard of a stick: a tick of a few milliseconds.
fn stick(level: f64, hz: f64, noise: &mut Noise, out: &mut [f64]) {
    Burst { level: 0.8 * level, pass: Pass::High, hz, q: 0.7, t60: 0.011 }.add(noise, out);
    ring_all(&[(1130.0, 0.25, 0.02), (2740.0, 0.2, 0.012)], level, noise, out);
}

/// The snare, struck in the middle.
pub fn snare(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(2));
    let mut out = silence(0.5);
    snare_skin(h, 0.36 + 0.2 * h, &mut noise, &mut out);
    wires(0.8, stroke, &mut noise, &mut out);
    stick(0.08 + 0.8 * h, 1800.0 + 1200.0 * h, &mut noise, &mut out);
    saturate(&mut out, 0.4 + 0.7 * h);
    out
}

/// Head and hoop at once: the hoop's ring, a hard crack, fewer wires.
pub fn rimshot(stroke: Stroke) -> Vec<f64> {
    const HOOP: [(f64, f64, f64); 7] = [
        (432.0, 0.70, 0.26),
        (868.0, 0.62, 0.21),
        (1465.0, 0.50, 0.16),
        (2210.0, 0.42, 0.12),
        (3180.0, 0.30, 0.09),
        (4420.0, 0.22, 0.07),
        (5870.0, 0.16, 0.05),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(3));
    let mut out = silence(0.5);
    snare_skin(h, 0.35, &mut noise, &mut out);
    let hoop = HOOP.map(|(hz, part, t60)| (hz, part * contact(hz, 2200.0 + 4300.0 * h), t60));
    ring_all(&hoop, 0.7, &mut noise, &mut out);
    wires(0.7, stroke, &mut noise, &mut out);
    stick(0.5 + 1.5 * h, 2600.0 + 900.0 * h, &mut noise, &mut out);
    saturate(&mut out, 0.5 + 0.9 * h);
    out
}

/// The stick laid across the head and tapped on the hoop: wood and a little wire.
pub fn cross_stick(stroke: Stroke) -> Vec<f64> {
    const WOOD: [(f64, f64, f64); 7] = [
        (398.0, 0.35, 0.075),
        (815.0, 0.70, 0.070),
        (1238.0, 0.60, 0.060),
        (1710.0, 1.00, 0.062),
        (2475.0, 0.70, 0.045),
        (3380.0, 0.45, 0.032),
        (5120.0, 0.28, 0.022),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(4));
    let mut out = silence(0.25);
    let wood = WOOD.map(|(hz, part, t60)| (hz, part * contact(hz, 800.0 + 3000.0 * h), t60));
    ring_all(&wood, 0.8, &mut noise, &mut out);
    wires(0.05 + 0.03 * h, stroke, &mut noise, &mut out);
    stick(0.1 + 0.5 * h, 2200.0, &mut noise, &mut out);
    saturate(&mut out, 0.3 + 0.4 * h);
    out
}

/// One of three toms, 0 the highest: two skins of nearly the same pitch over a deep shell.
pub fn tom(which: usize, stroke: Stroke) -> Vec<f64> {
    const TOMS: [(f64, f64); 3] = [(158.0, 0.58), (117.0, 0.74), (80.0, 0.92)];
    let (hz, t60) = TOMS[which];
    let (h, mut noise) = (stroke.hardness, stroke.noise(5 + which as u64));
    let mut out = silence(1.3 * t60);
    let skin = Skin {
        hz,
        t60,
        bend: [(0.02 + 0.14 * h, 0.014), (0.02 + 0.10 * h, 0.09)],
        cutoff: 130.0 + hz + 520.0 * h,
        spread: 0.2,
    };
    skin.ring(&mut noise, &mut out);
    let lower = Mode { hz: hz * 0.985, level: 0.22, t60: 1.05 * t60, phase: 0.0 };
    lower.ring(&mut out);
    let air = Burst { level: 0.5, pass: Pass::Low, hz: 3.2 * hz, q: 0.8, t60: 0.11 };
    air.add(&mut noise, &mut out);
    let slap = Burst {
        level: 0.2 + 1.1 * h,
        pass: Pass::Band,
        hz: 1500.0 + 1500.0 * h,
        q: 0.6,
        t60: 0.035,
    };
    slap.add(&mut noise, &mut out);
    stick(0.08 + 0.5 * h, 2400.0, &mut noise, &mut out);
    saturate(&mut out, 0.4 + 0.5 * h);
    out
}
