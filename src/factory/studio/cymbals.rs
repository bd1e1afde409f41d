//! Cymbals: hundreds of inharmonic modes.
//!
//! A thin plate has as many modes in every hundred Hz, low or high, and they stand in no
//! simple ratio; high ones decay sooner. A hard blow passes energy on from low modes to
//! high ones over some ten milliseconds (Fletcher and Rossing, ch. 20), which is the
//! bloom of a crash. Amplitudes and decays are our own, set by measuring what comes out.

use super::super::osc::{Burst, Filter, Mode, Noise, Pass, contact, saturate, silence};
use super::Stroke;

/// The modes of one cymbal, the same for every stroke on it.
struct Plate {
    modes: Vec<(f64, f64)>,
}

/// How a plate is struck.
struct Blow {
    /// Highest frequency that is excited, Hz ([`contact`]).
    cutoff: f64,
    /// Frequency below which modes are weak, Hz: where on the plate the stick falls.
    floor: f64,
    /// T60 of the lowest modes, seconds.
    t60: f64,
    /// Frequency at which the T60 is half of that, Hz.
    damping: f64,
    /// Seconds in which a mode at 8 kHz comes up; lower ones are sooner there.
    bloom: f64,
    /// The part of the level that sounds at once, without bloom.
    direct: f64,
}

impl Plate {
    /// `count` modes from `low` to `high` Hz, each somewhere in its own share of the range.
    fn new(seed: u64, count: usize, low: f64, high: f64) -> Self {
        let mut chance = Noise::new(seed, 0);
        let share = (high - low) / count as f64;
        let mode = |i: usize| {
            let hz = low + share * (i as f64 + chance.between(0.0, 1.0));
            (hz, chance.between(0.75, 1.25))
        };
        Self { modes: (0..count).map(mode).collect() }
    }

    /// Adds a stroke at `level`, the root of the modes' summed power. Which modes the
    /// stick finds more and which less is chance.
    fn strike(&self, blow: &Blow, level: f64, noise: &mut Noise, out: &mut [f64]) {
        let weights: Vec<f64> = self
            .modes
            .iter()
            .map(|&(hz, _)| {
                let ratio = hz / blow.floor;
                let above = ratio * ratio / (1.0 + ratio * ratio);
                above * contact(hz, blow.cutoff) * noise.between(0.25, 1.0)
            })
            .collect();
        let power: f64 = weights.iter().map(|w| w * w).sum();
        let scale = level / power.sqrt();
        for (&(hz, life), weight) in self.modes.iter().zip(weights) {
            let mode = Mode {
                hz,
                level: scale * weight,
                t60: life * blow.t60 / (1.0 + hz / blow.damping),
                phase: noise.next(),
            };
            Mode { level: mode.level * blow.direct, ..mode }.ring(out);
            if blow.direct < 1.0 {
                let mode = Mode { level: mode.level * (1.0 - blow.direct), ..mode };
                mode.swell(blow.bloom * (0.15 + hz / 8000.0), out);
            }
        }
    }
}

/// The tick of a stick's tip on metal.
fn tick(level: f64, hz: f64, t60: f64, noise: &mut Noise, out: &mut [f64]) {
    Burst { level, pass: Pass::High, hz, q: 0.7, t60 }.add(noise, out);
}

/// Modes that stand out of the wash: (Hz, amplitude, T60).
fn ping(modes: &[(f64, f64, f64)], level: f64, cutoff: f64, noise: &mut Noise, out: &mut [f64]) {
    for &(hz, part, t60) in modes {
        let level = level * part * contact(hz, cutoff) * noise.between(0.8, 1.0);
        Mode { hz, level, t60, phase: noise.next() }.ring(out);
    }
}

/// How the two hi-hat cymbals lie on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hat {
    /// Pressed together.
    Closed,
    /// Touching: they rattle.
    Half,
    /// Apart.
    Open,
    /// Brought together by the foot, without a stick.
    Pedal,
}

/// The hi-hat.
pub fn hihat(hat: Hat, stroke: Stroke) -> Vec<f64> {
    let h = stroke.hardness;
    let (stream, t60, damping, sizzle) = match hat {
        Hat::Closed => (21, 0.085 + 0.03 * h, 30_000.0, 0.5),
        Hat::Half => (22, 0.52 + 0.1 * h, 24_000.0, 0.9),
        Hat::Open => (23, 1.35 + 0.15 * h, 18_000.0, 0.45),
        Hat::Pedal => (24, 0.10 + 0.02 * h, 14_000.0, 0.4),
    };
    let mut noise = stroke.noise(stream);
    let mut out = silence(1.35 * t60 + 0.08);
    let plate = Plate::new(20, 260, 340.0, 17_500.0);
    let foot = hat == Hat::Pedal;
    let blow = Blow {
        cutoff: if foot { 4000.0 + 2500.0 * h } else { 5500.0 + 7000.0 * h },
        floor: if foot { 1800.0 } else { 3600.0 },
        t60,
        damping,
        bloom: 0.002,
        direct: if hat == Hat::Open { 0.5 } else { 0.8 },
    };
    plate.strike(&blow, 1.0, &mut noise, &mut out);
    // Metal rattling on metal: noise whose strength wanders about as fast as the plates
    // swing against each other.
    let mut wander = Noise::new(25, stroke.stream());
    let mut drift = Filter::new(if hat == Hat::Half { 140.0 } else { 60.0 }, 0.7);
    let rattle = Burst {
        level: sizzle * (0.5 + 0.9 * h),
        pass: Pass::High,
        hz: 4400.0 + 1800.0 * h,
        q: 0.7,
        t60: 0.9 * t60,
    };
    rattle.shaped(&mut noise, &mut out, |_| {
        let x = drift.next(wander.next(), Pass::Low);
        (0.7 + 5.0 * x).abs().min(1.5)
    });
    if foot {
        let clap = Burst { level: 0.7, pass: Pass::Band, hz: 750.0, q: 0.8, t60: 0.03 };
        clap.add(&mut noise, &mut out);
    } else {
        let body = [(412.0, 0.5, 0.06), (688.0, 0.4, 0.05), (1105.0, 0.4, 0.04)];
        ping(&body, 0.25, 4000.0, &mut noise, &mut out);
        tick(0.2 + 0.7 * h, 4200.0, 0.006, &mut noise, &mut out);
    }
    saturate(&mut out, 0.15 + 0.15 * h);
    out
}

/// The crash, struck on the edge with the shoulder of the stick.
pub fn crash(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(31));
    let mut out = silence(3.4);
    let plate = Plate::new(30, 420, 190.0, 17_000.0);
    let blow = Blow {
        cutoff: 2500.0 + 4500.0 * h,
        floor: 520.0,
        t60: 3.5 + 0.5 * h,
        damping: 6500.0,
        bloom: 0.016,
        direct: 0.35,
    };
    plate.strike(&blow, 1.0, &mut noise, &mut out);
    let wash = Burst {
        level: 0.2 + 0.37 * h,
        pass: Pass::High,
        hz: 3800.0 + 1500.0 * h,
        q: 0.7,
        t60: 0.55 + 0.35 * h,
    };
    wash.shaped(&mut noise, &mut out, |t| (0.4 + t / 0.02).min(1.0));
    tick(0.4 + 1.6 * h, 2600.0, 0.010, &mut noise, &mut out);
    saturate(&mut out, 0.12 + 0.18 * h);
    out
}

/// The ride, struck on the bow with the tip: a ping above a wash.
pub fn ride(stroke: Stroke) -> Vec<f64> {
    const PING: [(f64, f64, f64); 8] = [
        (431.0, 0.25, 2.1),
        (1172.0, 0.45, 1.2),
        (2236.0, 0.70, 0.8),
        (3147.0, 1.00, 0.7),
        (4082.0, 0.90, 0.6),
        (5241.0, 0.80, 0.5),
        (6893.0, 0.65, 0.4),
        (8720.0, 0.50, 0.3),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(41));
    let mut out = silence(2.7);
    let wash = Blow {
        cutoff: 2000.0 + 4000.0 * h,
        floor: 650.0,
        t60: 2.9,
        damping: 8000.0,
        bloom: 0.03,
        direct: 0.45,
    };
    Plate::new(40, 240, 260.0, 15_500.0).strike(&wash, 0.55, &mut noise, &mut out);
    ping(&PING, 0.42, 2500.0 + 6500.0 * h, &mut noise, &mut out);
    tick(0.5 + 1.1 * h, 4200.0, 0.009, &mut noise, &mut out);
    saturate(&mut out, 0.1 + 0.1 * h);
    out
}

/// The bell of the ride, struck with the shoulder: few modes, near a chord.
pub fn ride_bell(stroke: Stroke) -> Vec<f64> {
    const BELL: [(f64, f64, f64); 9] = [
        (431.0, 0.18, 2.0),
        (618.0, 0.50, 1.9),
        (1289.0, 0.90, 1.7),
        (2004.0, 0.80, 1.5),
        (2871.0, 0.75, 1.2),
        (3742.0, 0.60, 1.0),
        (4886.0, 0.50, 0.8),
        (6310.0, 0.40, 0.6),
        (7905.0, 0.30, 0.45),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(42));
    let mut out = silence(2.2);
    let wash = Blow {
        cutoff: 1800.0 + 3600.0 * h,
        floor: 700.0,
        t60: 2.2,
        damping: 8000.0,
        bloom: 0.02,
        direct: 0.4,
    };
    Plate::new(40, 240, 260.0, 15_500.0).strike(&wash, 0.22, &mut noise, &mut out);
    ping(&BELL, 0.6, 1800.0 + 6000.0 * h, &mut noise, &mut out);
    tick(0.4 + 1.2 * h, 3200.0, 0.008, &mut noise, &mut out);
    saturate(&mut out, 0.1 + 0.15 * h);
    out
}
