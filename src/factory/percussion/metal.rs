//! Struck metal: cowbell, agogo, triangle.

use super::super::osc::{Noise, silence};
use super::super::record::Stroke;
use super::body::{Blow, Partial, miked, ring};

/// Modes of thin walls above those that can be counted: `count` from `low` to `high` Hz,
/// as many in every hundred Hz (a plate's modes are), the same for every stroke.
struct Walls {
    seed: u64,
    count: usize,
    low: f64,
    high: f64,
    /// T60 at the lowest, and the frequency above it at which it is half of that.
    t60: f64,
    damping: f64,
}

impl Walls {
    fn ring(&self, level: f64, force: &[f64], noise: &mut Noise, out: &mut [f64]) {
        let mut chance = Noise::new(self.seed, 0);
        let share = (self.high - self.low) / self.count as f64;
        for i in 0..self.count {
            let hz = self.low + share * (i as f64 + chance.between(0.0, 1.0));
            let own = chance.between(0.15, 1.0);
            let level = level * own * own * noise.between(0.3, 1.0);
            let t60 = self.t60 * chance.between(0.6, 1.3) / (1.0 + (hz - self.low) / self.damping);
            Partial { hz, level, t60 }.drive(force, out);
        }
    }
}

/// The stick: wood that knocks for some milliseconds.
fn wood(level: f64, force: &[f64], noise: &mut Noise, out: &mut [f64]) {
    let modes = [(1.0, 0.6, 0.012), (1.63, 1.0, 0.010), (2.9, 0.8, 0.007), (4.4, 0.6, 0.005)];
    let modes = modes.map(|(ratio, part, t60)| (ratio, level * part, t60));
    ring(1150.0, &modes, force, noise, out);
}

/// The cowbell, struck with the shoulder of a stick: two plates, welded along their
/// sides. Swinging together and against each other they give the two tones about a fifth
/// apart that make the sound (540 and 800 Hz stand for them in the TR-808's circuit);
/// the next are bending modes of the plates.
pub fn cowbell(stroke: Stroke) -> Vec<f64> {
    #[rustfmt::skip]
    const MODES: [(f64, f64, f64); 8] = [
        (1.000, 1.00, 0.34), (1.487, 0.75, 0.27), (2.18, 0.30, 0.22), (2.71, 0.55, 0.24),
        (3.44, 0.40, 0.20), (4.13, 0.60, 0.18), (5.02, 0.55, 0.16), (5.83, 0.70, 0.15),
    ];
    const WALLS: Walls =
        Walls { seed: 320, count: 60, low: 3400.0, high: 15_000.0, t60: 0.17, damping: 9000.0 };
    let (h, mut noise) = (stroke.hardness, stroke.noise(321));
    let mut out = silence(0.7);
    let width = noise.between(0.92, 1.08) * (0.00032 - 0.00018 * h);
    let force = Blow { at: 0.0, width, impulse: 1.0, rough: 0.15 }.force(&mut noise);
    ring(562.0, &MODES, &force, &mut noise, &mut out);
    WALLS.ring(1.5, &force, &mut noise, &mut out);
    wood(0.5, &force, &mut noise, &mut out);
    miked(out, 0.25 + 0.35 * h, 0.1)
}

/// The higher bell of an agogo: a cone of steel, open at its wide end. Its first tone is
/// the mouth that becomes an ellipse; the others stand far above it.
pub fn agogo(stroke: Stroke) -> Vec<f64> {
    #[rustfmt::skip]
    const MODES: [(f64, f64, f64); 10] = [
        (1.000, 1.00, 0.47), (1.006, 0.30, 0.43), (2.76, 0.50, 0.50), (3.57, 0.80, 0.42),
        (4.31, 0.70, 0.22), (4.82, 0.50, 0.26), (5.66, 0.50, 0.20), (6.40, 0.50, 0.17),
        (7.11, 0.60, 0.16), (8.08, 0.55, 0.13),
    ];
    const WALLS: Walls =
        Walls { seed: 322, count: 36, low: 7800.0, high: 16_500.0, t60: 0.15, damping: 9000.0 };
    let (h, mut noise) = (stroke.hardness, stroke.noise(323));
    let mut out = silence(1.0);
    let width = noise.between(0.92, 1.08) * (0.00018 - 0.00009 * h);
    let force = Blow { at: 0.0, width, impulse: 1.0, rough: 0.1 }.force(&mut noise);
    ring(1085.0, &MODES, &force, &mut noise, &mut out);
    WALLS.ring(1.8, &force, &mut noise, &mut out);
    wood(0.3, &force, &mut noise, &mut out);
    miked(out, 0.15 + 0.25 * h, 0.1)
}

/// Length of the triangle's rod and its thickness, metres.
const ROD: (f64, f64) = (0.47, 0.0085);
/// Speed of sound in steel, m/s.
const STEEL: f64 = 5050.0;

/// A triangle: a rod of steel that is free at both ends. Its bending modes are
/// f = π·K·c ÷ (8·L²) · (3.011², 5², 7² …) with the radius of gyration K = d ÷ 4
/// (Fletcher and Rossing, ch. 2); rotation and shear lower the high ones, and the bends
/// part each into one in the triangle's plane and one across it (Dunlop, *Flexural
/// vibrations of the triangle*, Acustica 55, 1984). A thin rod hardly moves the air at
/// low frequencies.
fn triangle(t60: f64, damping: f64, stream: u64, stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(stream));
    let mut chance = Noise::new(324, 0);
    let mut out = silence(1.25 * t60 + 0.1);
    let width = noise.between(0.9, 1.1) * (0.00032 - 0.00021 * h);
    let force = Blow { at: 0.0, width, impulse: 1.0, rough: 0.1 }.force(&mut noise);
    let (length, thick) = ROD;
    let base = std::f64::consts::PI * 0.25 * thick * STEEL / (8.0 * length * length);
    for i in 1..24 {
        let odd = if i == 1 { 3.011 } else { f64::from(2 * i + 1) };
        // Timoshenko's rod to first order: the bending wave number is k ≈ odd·π ÷ 2L.
        let bow = odd * std::f64::consts::PI * 0.5 / length * 0.25 * thick;
        let plain = base * odd * odd / (1.0 + 2.6 * bow * bow);
        for side in [1.0, 1.0 + chance.between(0.008, 0.05)] {
            let hz = plain * side * chance.between(0.98, 1.02);
            let air = hz / 3200.0;
            let own = chance.between(0.25, 1.0);
            let level = own * air * air / (1.0 + air * air) * noise.between(0.45, 1.0);
            let t60 = t60 * chance.between(0.6, 1.15) / (1.0 + hz / damping);
            if hz < 19_000.0 {
                Partial { hz, level, t60 }.drive(&force, &mut out);
            }
        }
    }
    miked(out, 0.1 + 0.15 * h, 0.1)
}

/// Hanging free.
pub fn open_triangle(stroke: Stroke) -> Vec<f64> {
    triangle(2.5, 9000.0, 325, stroke)
}

/// Held in the hand.
pub fn muted_triangle(stroke: Stroke) -> Vec<f64> {
    triangle(0.16, 20_000.0, 326, stroke)
}
