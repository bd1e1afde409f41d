//! The quick side of a hi-hat: the dense modes above those that swing.

use super::super::super::RATE;
use super::super::super::math::cos_turns;
use super::super::super::osc::{FRAME, Noise, decay};
use super::swing::{LIMIT, POINTS};

/// Modes that are stepped together.
const LANES: usize = 8;
/// The highest mode, Hz.
const TOP: f64 = 20_500.0;
/// In how many ways a blow reaches the modes: waves in a plate run at speeds of their own,
/// so that each mode hears the same blow a little differently.
pub const WAYS: usize = 17;
/// How much the balance of frequencies changes from stroke to stroke, 0 … 1.
const SWAY: f64 = 0.3;

/// What sets the dense modes in motion, and how soon they come to rest.
pub struct Wash<'a> {
    /// The stick's force, frame by frame, as it arrives on each way.
    pub blows: &'a [Vec<f64>; WAYS],
    /// Its weight for a mode at some Hz.
    pub blow_level: &'a dyn Fn(f64) -> f64,
    /// What drives the modes from each point of the rims.
    pub forces: &'a [Vec<f64>; POINTS],
    /// Its weight for a mode at some Hz.
    pub force_level: &'a dyn Fn(f64) -> f64,
    /// How many eights of modes stand for the two thousand of two cymbals. Where each rings
    /// long, fewer do to sound as dense.
    pub groups: usize,
    /// T60 of a mode at some Hz.
    pub t60: &'a dyn Fn(f64) -> f64,
}

/// How well a mode is heard: bending waves in so thin a plate are slower than sound in air
/// up to some 15 kHz, and radiate the less the slower they are (Fletcher and Rossing,
/// ch. 3); at the very top the air takes its part.
fn radiation(hz: f64) -> f64 {
    let (x, y) = (hz / 5300.0, hz / 18_000.0);
    (0.04 + 0.96 * x * x / (1.0 + x * x)) / (1.0 + y * y)
}

/// Strengths that wander over frequency: the modes of one ring of a cymbal come in
/// clusters some hundred Hz apart.
struct Clusters([f64; 40]);

impl Clusters {
    const SPACING: f64 = 620.0;

    fn new(chance: &mut Noise, depth: f64) -> Self {
        Self(std::array::from_fn(|_| 1.0 + depth * chance.next()))
    }

    fn at(&self, hz: f64) -> f64 {
        let place = hz / Self::SPACING;
        let i = place as usize;
        let part = place - i as f64;
        self.0[i] + (self.0[i + 1] - self.0[i]) * part * part * (3.0 - 2.0 * part)
    }
}

/// Eight modes, as the terms of their recurrences.
#[derive(Default)]
struct Group {
    a: [f64; LANES],
    b: [f64; LANES],
    /// Weights of the blow and of the force at the rim.
    blow: [f64; LANES],
    force: [f64; LANES],
}

impl Group {
    /// Adds the modes to `out`, driven by the changes of a blow and of a force.
    fn ring(&self, blow: &[f64], force: &[f64], out: &mut [f64]) {
        let (mut now, mut before) = ([0.0; LANES], [0.0; LANES]);
        let (mut last_blow, mut last_force) = (0.0, force[0]);
        for (n, (x, &force)) in out.iter_mut().zip(force).enumerate() {
            if n <= blow.len() {
                let stick = blow.get(n).copied().unwrap_or(0.0);
                for (state, weight) in now.iter_mut().zip(&self.blow) {
                    *state += (stick - last_blow) * weight;
                }
                last_blow = stick;
            }
            let change = force - last_force;
            last_force = force;
            let mut sum = [0.0; LANES];
            for l in 0..LANES {
                let next = self.a[l] * now[l] - self.b[l] * before[l] + change * self.force[l];
                (before[l], now[l], sum[l]) = (now[l], next, next);
            }
            *x += ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
        }
    }
}

impl Wash<'_> {
    /// Adds the sound of the dense modes to `out`. Which of them a stroke finds more and
    /// which less is chance.
    pub fn ring(&self, noise: &mut Noise, out: &mut [f64]) {
        let mut chance = Noise::new(204, 0);
        let cymbals = [Clusters::new(&mut chance, 0.7), Clusters::new(&mut chance, 0.7)];
        let stroke = Clusters::new(noise, SWAY);
        let count = (LANES * self.groups) as f64;
        for n in 0..self.groups {
            let mut group = Group::default();
            for lane in 0..LANES {
                let place = (lane * self.groups + n) as f64 + 8.0 * chance.next();
                let part = (place / count).abs().min(1.0);
                // Nearly three times as dense at the bottom as at the top.
                let hz = LIMIT + (TOP - LIMIT) * part * (0.6 + 0.4 * part);
                let r = decay(chance.between(0.7, 1.3) * (self.t60)(hz));
                let cosine = cos_turns(hz * FRAME);
                let sine = (1.0 - cosine * cosine).sqrt();
                let strength = chance.between(0.25, 1.0) * noise.between(0.5, 1.0);
                let level = sine * radiation(hz) * strength * cymbals[n % 2].at(hz) * stroke.at(hz)
                    / f64::from(RATE);
                let side = if chance.next() > 0.0 { level } else { -level };
                group.a[lane] = 2.0 * r * cosine;
                group.b[lane] = r * r;
                group.blow[lane] = side * (self.blow_level)(hz);
                group.force[lane] = chance.next() * level * (self.force_level)(hz);
            }
            let point = (n * 5 + n / POINTS) % POINTS;
            group.ring(&self.blows[n % WAYS], &self.forces[point], out);
        }
    }
}
