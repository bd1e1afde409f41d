//! What is shaken: many small collisions and the body that they sound in.
//!
//! Cook's physically informed stochastic event modelling (*Physically informed sonic
//! modeling (PhISM): synthesis of percussive sounds*, Computer Music Journal 21:3, 1997):
//! a stroke gives the beads an energy, which falls; collisions come by chance, as many as
//! the energy allows; each is a grain of noise or a small blow, heard through
//! resonances. The energy's course is the player's: a bead flies before it strikes.

use super::super::osc::{Burst, FRAME, Filter, Noise, Pass, decay, silence};
use super::super::record::Stroke;
use super::body::{Blow, Partial, fall, miked, ring, rise};

/// Beads in a body.
struct Beads {
    /// Collisions a second at full energy. They come as fast as the beads fly.
    rate: f64,
    /// T60 of the noise of one collision, seconds.
    grain: f64,
    /// Band in which a collision sounds: low and high edge, Hz.
    band: (f64, f64),
}

impl Beads {
    /// The force of the beads on their body. `energy`: 0 … 1 at each time in seconds.
    fn rattle(&self, count: usize, noise: &mut Noise, energy: impl Fn(f64) -> f64) -> Vec<f64> {
        let fade = decay(self.grain);
        let (mut high, mut low) = (Filter::new(self.band.0, 0.7), Filter::new(self.band.1, 0.7));
        let mut level = 0.0;
        (0..count)
            .map(|n| {
                let e = energy(n as f64 * FRAME);
                if n == 0 || noise.between(0.0, 1.0) < self.rate * e.sqrt() * FRAME {
                    level += e.sqrt() * if n == 0 { 1.5 } else { noise.between(0.2, 1.0) };
                }
                level *= fade;
                let grain = high.next(level * noise.next(), Pass::High);
                low.next(grain, Pass::Low)
            })
            .collect()
    }
}

/// A stroke's energy: up in `up` seconds, and down by 60 dB in `t60` (of level).
fn swing(up: f64, t60: f64) -> impl Fn(f64) -> f64 {
    move |t| {
        let part = (0.2 + t / up).min(1.0);
        part * part * fall((t - up).max(0.0), t60 / 13.8)
    }
}

/// Adds beads, and what resonances of (Hz, amplitude, T60) make of them.
fn shaken(
    force: &[f64],
    direct: f64,
    body: &[(f64, f64, f64)],
    noise: &mut Noise,
    out: &mut [f64],
) {
    for (x, f) in out.iter_mut().zip(force) {
        *x += direct * f;
    }
    let tune = noise.between(0.98, 1.02);
    ring(tune, body, force, noise, out);
}

/// Maracas: seeds that all meet the wall of a small gourd at the end of the stroke.
pub fn maracas(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(340));
    let mut out = silence(0.3);
    let beads = Beads {
        rate: 6000.0,
        grain: 0.005,
        band: (noise.between(0.85, 1.15) * (3800.0 + 1600.0 * h), 9500.0 + 8000.0 * h),
    };
    let up = noise.between(0.009, 0.013);
    let force = beads.rattle(out.len(), &mut noise, swing(up, 0.12 + 0.05 * h));
    let gourd = [(3350.0, 0.05, 0.006), (5600.0, 0.06, 0.005), (7900.0, 0.05, 0.004)];
    shaken(&force, 1.0, &gourd, &mut noise, &mut out);
    miked(out, 0.2 + 0.3 * h, 0.12)
}

/// An egg or a tube with fine grains: longer, finer and without a tone.
pub fn shaker(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(341));
    let mut out = silence(0.4);
    let beads = Beads {
        rate: 14_000.0,
        grain: 0.003,
        band: (noise.between(0.85, 1.15) * (3000.0 + 1200.0 * h), 8000.0 + 7000.0 * h),
    };
    let up = noise.between(0.011, 0.016);
    let force = beads.rattle(out.len(), &mut noise, swing(up, 0.18 + 0.05 * h));
    let tube = [(4300.0, 0.03, 0.004), (6900.0, 0.04, 0.004)];
    shaken(&force, 1.0, &tube, &mut noise, &mut out);
    miked(out, 0.2 + 0.2 * h, 0.12)
}

/// Cabasa: chains of steel beads turned against a ribbed cylinder of steel. The ribs chop
/// the rattle.
pub fn cabasa(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(342));
    let mut out = silence(0.35);
    let beads = Beads {
        rate: 9000.0,
        grain: 0.002,
        band: (noise.between(0.85, 1.15) * (4200.0 + 1500.0 * h), 9000.0 + 8000.0 * h),
    };
    let (length, ribs) = (noise.between(0.07, 0.085), noise.between(230.0, 270.0));
    let turn = move |t: f64| {
        let part = (t / length).min(1.0);
        let speed = (0.1 + t / 0.012).min(1.0) * (1.0 - 0.6 * part);
        let ends = if t > length { fall(t - length, 0.009) } else { 1.0 };
        let phase = ribs * t * (0.7 + 0.3 * part);
        let chop = phase - phase.floor();
        speed * ends * if chop < 0.45 { 1.0 } else { 0.18 }
    };
    let force = beads.rattle(out.len(), &mut noise, turn);
    let drum = [
        (3150.0, 0.05, 0.010),
        (5300.0, 0.10, 0.012),
        (7650.0, 0.10, 0.010),
        (10_300.0, 0.07, 0.008),
    ];
    shaken(&force, 0.8, &drum, &mut noise, &mut out);
    miked(out, 0.2 + 0.3 * h, 0.12)
}

/// Modes of one jingle, a small bossed plate: Hz, amplitude, T60.
#[rustfmt::skip]
const JINGLE: [(f64, f64, f64); 9] = [
    (4010.0, 0.35, 0.15), (4980.0, 0.60, 0.17), (6120.0, 1.00, 0.16),
    (7240.0, 0.80, 0.15), (8630.0, 0.60, 0.13), (9950.0, 0.60, 0.12),
    (11_700.0, 0.70, 0.12), (13_400.0, 0.60, 0.11), (15_600.0, 0.40, 0.09),
];

/// Jingles on a frame. Each strikes its partner by chance, as often and as hard as its
/// energy allows, and rings between.
struct Jingles {
    seed: u64,
    count: usize,
    /// Pitch beside [`JINGLE`].
    tune: f64,
    /// Collisions of one jingle a second at full energy.
    rate: f64,
    /// T60 beside [`JINGLE`].
    free: f64,
    /// Level of what slides and grinds on each other between the collisions.
    chatter: f64,
}

/// The grinding of jingle on jingle.
const CHATTER: Beads = Beads { rate: 5000.0, grain: 0.002, band: (5200.0, 13_000.0) };

impl Jingles {
    /// `width`: seconds of one collision; `energy` as in [`Beads::rattle`], with the
    /// moment at which each jingle gets it later by chance, up to `late` seconds.
    fn shake(
        &self,
        width: f64,
        late: f64,
        noise: &mut Noise,
        out: &mut [f64],
        energy: impl Fn(f64) -> f64,
    ) {
        let mut chance = Noise::new(self.seed, 0);
        let chatter = CHATTER.rattle(out.len(), noise, &energy);
        out.iter_mut().zip(chatter).for_each(|(x, f)| *x += self.chatter * f);
        for i in 0..self.count {
            let start = if i == 0 { 0.0 } else { noise.between(0.0, late) };
            let mut force = Vec::new();
            for n in 0..out.len() {
                let t = n as f64 * FRAME;
                let e = if t < start { 0.0 } else { energy(t - start) };
                let first = n == (start / FRAME) as usize;
                if first || noise.between(0.0, 1.0) < self.rate * e.sqrt() * FRAME {
                    let sign = if noise.next() > 0.0 { 1.0 } else { -1.0 };
                    let part = if first { 1.3 } else { e.sqrt() * noise.between(0.15, 1.0) };
                    let impulse = sign * part;
                    Blow { at: t, width, impulse, rough: 0.3 }.press(noise, &mut force);
                }
            }
            let near = noise.between(0.3, 1.0);
            let tune = self.tune * chance.between(0.87, 1.13);
            for (hz, level, t60) in JINGLE {
                let hz = hz * tune * chance.between(0.985, 1.015);
                let level =
                    near * near * level * chance.between(0.3, 1.0) * noise.between(0.6, 1.0);
                let t60 = t60 * self.free * chance.between(0.7, 1.2);
                if hz < 20_000.0 {
                    Partial { hz, level, t60 }.drive(&force, out);
                }
            }
        }
    }
}

const TAMBOURINE: Jingles =
    Jingles { seed: 343, count: 12, tune: 1.0, rate: 500.0, free: 0.9, chatter: 0.75 };

/// The wooden frame under a hand.
fn frame(level: f64, h: f64, noise: &mut Noise, out: &mut [f64]) {
    #[rustfmt::skip]
    const WOOD: [(f64, f64, f64); 5] = [
        (305.0, 0.7, 0.05), (540.0, 0.8, 0.045), (890.0, 0.6, 0.035),
        (1420.0, 0.5, 0.025), (2300.0, 0.4, 0.015),
    ];
    let blow = Blow { at: 0.0, width: 0.0028 - 0.0014 * h, impulse: level, rough: 0.6 };
    let force = blow.force(noise);
    let tune = noise.between(0.98, 1.02);
    ring(tune, &WOOD, &force, noise, out);
}

/// The tambourine, struck against the hand.
pub fn tambourine(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(344));
    let mut out = silence(0.75);
    let width = 0.00017 - 0.0001 * h;
    let energy = swing(0.003, 0.36 + 0.08 * h);
    TAMBOURINE.shake(width, 0.012, &mut noise, &mut out, energy);
    frame(0.3 + 0.35 * h, h, &mut noise, &mut out);
    miked(out, 0.25 + 0.3 * h, 0.12)
}

/// Shaken to and fro, ten times a second, until it is let go.
pub fn tambourine_roll(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(345));
    let mut out = silence(1.1);
    let width = 0.00017 - 0.0001 * h;
    let turns = noise.between(9.4, 10.6);
    let energy = move |t: f64| {
        let phase = turns * 2.0 * t;
        let stroke = phase - phase.floor();
        let shake = 0.25 + 0.75 * fall(stroke, 0.3);
        let accent = 0.42 + 0.58 * fall(t, 0.05);
        accent * shake * (1.0 - t / 0.6).max(0.0)
    };
    TAMBOURINE.shake(width, 0.010, &mut noise, &mut out, energy);
    frame(0.2 + 0.25 * h, h, &mut noise, &mut out);
    miked(out, 0.25 + 0.3 * h, 0.12)
}

/// A smaller set of jingles on the foot.
pub fn foot_tambourine(stroke: Stroke) -> Vec<f64> {
    const FOOT: Jingles =
        Jingles { seed: 346, count: 8, tune: 0.93, rate: 300.0, free: 0.8, chatter: 0.3 };
    let (h, mut noise) = (stroke.hardness, stroke.noise(347));
    let mut out = silence(0.5);
    FOOT.shake(0.0002 - 0.00012 * h, 0.016, &mut noise, &mut out, swing(0.004, 0.2 + 0.06 * h));
    let shoe = Burst { level: 0.25, pass: Pass::Low, hz: 380.0, q: 0.8, t60: 0.04 };
    shoe.shaped(&mut noise, &mut out, rise);
    miked(out, 0.25 + 0.25 * h, 0.12)
}

/// Sleigh bells: many small bells, higher and purer than jingles.
pub fn jingle_bells(stroke: Stroke) -> Vec<f64> {
    const BELLS: Jingles =
        Jingles { seed: 348, count: 14, tune: 0.78, rate: 110.0, free: 1.5, chatter: 0.1 };
    let (h, mut noise) = (stroke.hardness, stroke.noise(349));
    let mut out = silence(0.8);
    BELLS.shake(0.00024 - 0.00015 * h, 0.02, &mut noise, &mut out, swing(0.008, 0.3 + 0.1 * h));
    miked(out, 0.2 + 0.2 * h, 0.12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(x: &[f64]) -> f64 {
        x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64
    }

    #[test]
    fn beads_rattle_as_long_as_they_have_energy() {
        let beads = Beads { rate: 8000.0, grain: 0.003, band: (3000.0, 12_000.0) };
        let force = beads.rattle(9600, &mut Noise::new(1, 0), swing(0.01, 0.2));
        let [rise, top, end] = [0..240, 480..960, 7200..9600].map(|part| power(&force[part]));
        assert!(top > 2.0 * rise, "a bead flies before it strikes");
        assert!(top > 1000.0 * end);
    }

    #[test]
    fn a_roll_is_still_loud_where_a_stroke_is_over() {
        let stroke = Stroke { level: 0, variation: 0, hardness: 1.0 };
        let late = |x: &[f64]| power(&x[19_200..24_000]) / power(&x[..4800]);
        assert!(late(&tambourine_roll(stroke)) > 20.0 * late(&tambourine(stroke)));
    }
}
