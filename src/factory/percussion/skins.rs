//! Drums with a skin: congas, bongos, timbales, and the surdo.
//!
//! A round membrane has modes (m, n) with m nodal diameters and n circles, whose
//! frequencies stand in the ratios of the zeros j of the Bessel functions (Fletcher and
//! Rossing, *The Physics of Musical Instruments*, ch. 3 and 18). A touch at the part `r`
//! of the radius excites each by J_m(j·r), and a palm, which is wide, only those whose
//! pattern is wider than it. So one drum speaks in tones: open near the edge
//! ((0,1), (1,1) and (2,1) together), the slap at the edge itself, where a hand that
//! closes the head silences what is low, and the muted tone, where it stays lying.
//! Decays and noises are set by measuring.

use super::super::math::{cos_turns, exp};
use super::super::osc::{Burst, FRAME, Noise, Pass, silence};
use super::super::record::Stroke;
use super::body::{Blow, Partial, fall, miked, ring, rise};

/// Nodal diameters and zeros of J_m up to 17: the modes up to seven times the lowest.
#[rustfmt::skip]
const ZEROS: [(u32, f64); 35] = [
    (0, 2.4048), (1, 3.8317), (2, 5.1356), (0, 5.5201), (3, 6.3802), (1, 7.0156),
    (4, 7.5883), (2, 8.4172), (0, 8.6537), (5, 8.7715), (3, 9.7610), (6, 9.9361),
    (1, 10.1735), (4, 11.0647), (7, 11.0864), (2, 11.6198), (0, 11.7915), (8, 12.2251),
    (5, 12.3386), (3, 13.0152), (1, 13.3237), (9, 13.3543), (6, 13.5893), (4, 14.3725),
    (10, 14.4755), (2, 14.7960), (7, 14.8213), (0, 14.9309), (11, 15.5898), (5, 15.7002),
    (8, 16.0378), (3, 16.2235), (1, 16.4706), (12, 16.6982), (6, 17.0038),
];

/// J_m(x) by Bessel's integral: the mean of cos(m·θ − x·sin θ) over a turn. Over whole
/// periods equally spaced points are as good as the integral; 40 give 1e-9 for x < 18.
fn bessel(m: u32, x: f64) -> f64 {
    const POINTS: u32 = 40;
    let point = |i: u32| {
        let turn = f64::from(i) / f64::from(POINTS);
        let sine = cos_turns(turn - 0.25);
        cos_turns(f64::from(m) * turn - x * sine / std::f64::consts::TAU)
    };
    (0..POINTS).map(point).sum::<f64>() / f64::from(POINTS)
}

/// A drum.
struct Drum {
    /// Stream of chance that decides how uneven its skin is.
    skin: u64,
    /// Its mode (0,1), Hz.
    hz: f64,
    /// How much higher (1,1) stands above (0,1) than in a vacuum: the air, which is heavy
    /// for a mode that pushes it out, lowers (0,1).
    spread: f64,
    /// T60 of (1,1), seconds.
    t60: f64,
    /// Frequency at which the T60 is half of that, Hz.
    damping: f64,
    /// How well modes with 0, 1, 2, 3 and more diameters are heard.
    heard: [f64; 4],
    /// Air in the shell, driven by what the skin pushes in.
    shell: Partial,
}

/// How it is touched.
struct Touch {
    /// Where, as a part of the radius.
    r: f64,
    /// Size of the hand or stick, as a part of the radius.
    size: f64,
    /// Seconds of contact.
    width: f64,
    /// Roughness of the contact ([`Blow`]).
    rough: f64,
    /// How long the skin may ring: T60 as a part of the free one's.
    free: f64,
    /// How much of (0,1) and (1,1) the hand lets live.
    low: f64,
    /// How much higher the pitch starts, as a part of it.
    bend: f64,
}

/// In seconds, how soon the pitch is back after a blow stretched the skin: all but 1/e.
const BEND_TIME: f64 = 0.035;

impl Drum {
    /// Adds the skin's answer to a touch, of amplitude about 1.
    fn touch(&self, touch: &Touch, noise: &mut Noise, out: &mut [f64]) {
        let mut chance = Noise::new(self.skin, 0);
        let force =
            Blow { at: 0.0, width: touch.width, impulse: 1.0, rough: touch.rough }.force(noise);
        let bend: Vec<f64> =
            (0..out.len()).map(|n| touch.bend * fall(n as f64 * FRAME, BEND_TIME)).collect();
        let angle = noise.next();
        let tune = noise.between(0.997, 1.003);
        for (i, (m, zero)) in ZEROS.into_iter().enumerate() {
            let ratio = zero / ZEROS[0].1;
            let hz = self.hz * tune * if i == 0 { 1.0 } else { ratio * self.spread };
            let heard = self.heard[m.min(3) as usize];
            let hand = zero * touch.size;
            let patch = exp(-0.25 * hand * hand);
            let held = if i < 2 { touch.low } else { 1.0 };
            let level =
                heard * held * patch * bessel(m, zero * touch.r) / bessel(m + 1, zero).abs();
            // What pushes air out loses its energy to it.
            let piston = if m == 0 { 0.75 } else { 1.0 };
            let t60 = touch.free * piston * self.t60 / (1.0 + hz / self.damping);
            // An uneven skin splits each mode with diameters into two, across each other.
            let split = if m == 0 { 0.0 } else { chance.between(0.001, 0.008) };
            let across = cos_turns(0.5 * f64::from(m) * angle + 0.1 * f64::from(m));
            let share = if m == 0 { 1.0 } else { across * across };
            for (hz, share) in [(hz * (1.0 + split), share), (hz * (1.0 - split), 1.0 - share)] {
                if share > 0.0 {
                    let level = level * share.sqrt() * noise.between(0.6, 1.0);
                    Partial { hz, level, t60 }.drive_bent(&force, &bend, out);
                }
            }
        }
        let pushed = bessel(0, ZEROS[0].1 * touch.r) * noise.between(0.9, 1.0);
        let air =
            Blow { at: 0.0, width: 0.004, impulse: pushed * touch.free.min(touch.low), rough: 0.0 }
                .force(noise);
        self.shell.drive(&air, out);
    }
}

/// The noise of skin on skin: a clap of the fingers at about `hz`, and what the head's
/// highest modes, too many to count, make of it: the higher, the sooner gone.
fn flesh(level: f64, hz: f64, t60: f64, noise: &mut Noise, out: &mut [f64]) {
    let hz = hz * noise.between(0.85, 1.15);
    Burst { level, pass: Pass::Band, hz, q: 0.6, t60: 0.3 * t60 }.shaped(noise, out, rise);
    for (part, octave, life) in [(0.30, 0.5, 2.0), (0.26, 1.0, 1.6), (0.13, 2.0, 1.1)] {
        let (hz, t60) = (octave * hz, life * t60);
        Burst { level: part * level, pass: Pass::Band, hz, q: 0.8, t60 }.shaped(noise, out, rise);
    }
}

const LOW_CONGA: Drum = Drum {
    skin: 300,
    hz: 158.0,
    spread: 0.97,
    t60: 0.43,
    damping: 1200.0,
    heard: [1.35, 0.75, 0.5, 0.3],
    shell: Partial { hz: 74.0, level: 0.4, t60: 0.28 },
};

const HIGH_CONGA: Drum = Drum {
    skin: 301,
    hz: 211.0,
    t60: 0.42,
    damping: 1500.0,
    shell: Partial { hz: 88.0, level: 0.3, t60: 0.24 },
    ..LOW_CONGA
};

const LOW_BONGO: Drum = Drum {
    skin: 302,
    hz: 288.0,
    spread: 0.99,
    t60: 0.36,
    damping: 2000.0,
    heard: [1.0, 0.7, 0.55, 0.4],
    shell: Partial { hz: 166.0, level: 0.12, t60: 0.12 },
};

const HIGH_BONGO: Drum = Drum { skin: 303, hz: 402.0, t60: 0.29, damping: 2600.0, ..LOW_BONGO };

/// Fingers near the edge, at once away again: the open tone of a conga.
fn open(drum: &Drum, stream: u64, stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(stream));
    let mut out = silence(1.5 * drum.t60);
    let touch = Touch {
        r: noise.between(0.68, 0.78),
        size: noise.between(0.15, 0.2),
        width: noise.between(0.9, 1.1) * (0.0030 - 0.0019 * h),
        rough: 0.2 + 0.5 * h,
        free: 1.0,
        low: 1.0,
        bend: 0.004 + 0.016 * h * h,
    };
    drum.touch(&touch, &mut noise, &mut out);
    flesh(0.15 + 0.6 * h, 1600.0 + 700.0 * h, 0.10, &mut noise, &mut out);
    miked(out, 0.2 + 0.3 * h, 0.12)
}

/// The higher conga, open.
pub fn high_conga(stroke: Stroke) -> Vec<f64> {
    open(&HIGH_CONGA, 310, stroke)
}

/// The lower conga, open.
pub fn low_conga(stroke: Stroke) -> Vec<f64> {
    open(&LOW_CONGA, 311, stroke)
}

/// The hand stays on the head.
pub fn muted_conga(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(312));
    let mut out = silence(0.4);
    let touch = Touch {
        r: noise.between(0.5, 0.62),
        size: noise.between(0.2, 0.26),
        width: noise.between(0.9, 1.1) * (0.0034 - 0.0021 * h),
        rough: 0.3 + 0.4 * h,
        free: 0.24,
        low: 0.8,
        bend: 0.05,
    };
    HIGH_CONGA.touch(&touch, &mut noise, &mut out);
    flesh(0.2 + 0.4 * h, 1400.0 + 500.0 * h, 0.07, &mut noise, &mut out);
    miked(out, 0.2 + 0.4 * h, 0.12)
}

/// Relaxed fingers whip the edge while the palm stops what is low: all crack.
pub fn slap(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(313));
    let mut out = silence(0.5);
    let touch = Touch {
        r: noise.between(0.84, 0.9),
        size: noise.between(0.08, 0.12),
        width: noise.between(0.9, 1.1) * (0.0022 - 0.0014 * h),
        rough: 0.6 + 0.5 * h,
        free: 0.55,
        low: 0.16,
        bend: 0.01 + 0.02 * h,
    };
    HIGH_CONGA.touch(&touch, &mut noise, &mut out);
    flesh(0.1 + 0.5 * h + 1.0 * h * h, 1400.0 + 800.0 * h, 0.08, &mut noise, &mut out);
    miked(out, 0.4 + 0.8 * h, 0.15)
}

/// One or two finger tips on a small, tight skin.
fn bongo(drum: &Drum, stream: u64, stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(stream));
    let mut out = silence(1.6 * drum.t60);
    let touch = Touch {
        r: noise.between(0.6, 0.74),
        size: noise.between(0.16, 0.22),
        width: noise.between(0.9, 1.1) * (0.0026 - 0.0015 * h),
        rough: 0.3 + 0.6 * h,
        free: 1.0,
        low: 1.0,
        bend: 0.004 + 0.012 * h * h,
    };
    drum.touch(&touch, &mut noise, &mut out);
    flesh(0.08 + 0.36 * h, 2000.0 + 800.0 * h, 0.08, &mut noise, &mut out);
    miked(out, 0.2 + 0.35 * h, 0.12)
}

/// The small bongo.
pub fn high_bongo(stroke: Stroke) -> Vec<f64> {
    bongo(&HIGH_BONGO, 314, stroke)
}

/// The big bongo.
pub fn low_bongo(stroke: Stroke) -> Vec<f64> {
    bongo(&LOW_BONGO, 315, stroke)
}

/// A thin stick on a tight plastic head over a shell of steel, which rings with it.
pub fn timbale(stroke: Stroke) -> Vec<f64> {
    const DRUM: Drum = Drum {
        skin: 304,
        hz: 262.0,
        spread: 1.0,
        t60: 0.42,
        damping: 3200.0,
        heard: [0.8, 0.9, 0.7, 0.5],
        shell: Partial { hz: 140.0, level: 0.1, t60: 0.12 },
    };
    const SHELL: [(f64, f64, f64); 7] = [
        (612.0, 0.10, 0.34),
        (1187.0, 0.12, 0.36),
        (1893.0, 0.12, 0.32),
        (2741.0, 0.10, 0.27),
        (3688.0, 0.09, 0.22),
        (4869.0, 0.07, 0.18),
        (6170.0, 0.05, 0.14),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(316));
    let mut out = silence(0.9);
    let touch = Touch {
        r: noise.between(0.4, 0.65),
        size: 0.05,
        width: noise.between(0.9, 1.1) * (0.0006 - 0.00038 * h),
        rough: 0.1 + 0.2 * h,
        free: 1.0,
        low: 1.0,
        bend: 0.006 + 0.02 * h * h,
    };
    DRUM.touch(&touch, &mut noise, &mut out);
    let knock = Blow { at: 0.0, width: 0.0003 - 0.00019 * h, impulse: 1.0, rough: 0.2 };
    let force = knock.force(&mut noise);
    let shell = SHELL.map(|(hz, level, t60)| (hz, level * (1.2 + 1.6 * h), t60));
    ring(1.0, &shell, &force, &mut noise, &mut out);
    flesh(0.4 + 1.1 * h, 3200.0 + 1500.0 * h, 0.07, &mut noise, &mut out);
    miked(out, 0.2 + 0.4 * h, 0.12)
}

/// The surdo: two skins over a deep barrel, a mallet of felt, a hand that shortens it.
pub fn surdo(stroke: Stroke) -> Vec<f64> {
    const DRUM: Drum = Drum {
        skin: 305,
        hz: 61.0,
        spread: 1.0,
        t60: 0.4,
        damping: 450.0,
        heard: [1.0, 0.4, 0.25, 0.15],
        shell: Partial { hz: 98.0, level: 0.3, t60: 0.16 },
    };
    let (h, mut noise) = (stroke.hardness, stroke.noise(317));
    let mut out = silence(0.75);
    let touch = Touch {
        r: noise.between(0.18, 0.34),
        size: 0.16,
        width: noise.between(0.9, 1.1) * (0.0075 - 0.0045 * h),
        rough: 0.05,
        free: 1.0,
        low: 1.0,
        bend: 0.05 + 0.22 * h,
    };
    DRUM.touch(&touch, &mut noise, &mut out);
    flesh(0.3 + 0.6 * h, 800.0 + 500.0 * h, 0.05, &mut noise, &mut out);
    miked(out, 0.4 + 0.6 * h, 0.08)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARD: Stroke = Stroke { level: 2, variation: 0, hardness: 1.0 };

    /// How much of `x` is at a frequency.
    fn at(hz: f64, x: &[f64]) -> f64 {
        let part = |phase: f64| -> f64 {
            let turn = |n: usize| cos_turns(hz * n as f64 * FRAME + phase);
            x.iter().enumerate().map(|(n, x)| x * turn(n)).sum()
        };
        (part(0.0) * part(0.0) + part(0.25) * part(0.25)).sqrt()
    }

    #[test]
    fn bessel_functions_vanish_where_the_table_says() {
        for (m, zero) in ZEROS {
            assert!(bessel(m, zero).abs() < 1e-4, "J_{m}({zero})");
        }
        assert!((bessel(0, 1.0) - 0.765_197_686_557_966_6).abs() < 1e-12);
        assert!((bessel(3, 7.0) + 0.167_555_587_995_334_2).abs() < 1e-12);
    }

    #[test]
    fn a_slap_lacks_the_low_modes_of_the_open_tone() {
        let (open, slap) = (high_conga(HARD), slap(HARD));
        let low = |x: &[f64]| at(HIGH_CONGA.hz, x) / at(3.1 * HIGH_CONGA.hz, x);
        assert!(low(&open) > 5.0 * low(&slap), "{} {}", low(&open), low(&slap));
    }

    #[test]
    fn a_hand_on_the_head_ends_the_tone() {
        let late = |x: &[f64]| x[9600..].iter().map(|x| x * x).sum::<f64>();
        assert!(late(&high_conga(HARD)) > 100.0 * late(&muted_conga(HARD)));
    }

    #[test]
    fn of_two_drums_the_bigger_is_lower() {
        for (high, low, [up, down]) in [
            (high_conga(HARD), low_conga(HARD), [HIGH_CONGA.hz, LOW_CONGA.hz]),
            (high_bongo(HARD), low_bongo(HARD), [HIGH_BONGO.hz, LOW_BONGO.hz]),
        ] {
            assert!(at(up, &high) > at(down, &high), "{up}");
            assert!(at(down, &low) > at(up, &low), "{down}");
        }
    }
}
