//! Two heads over a shell of air, struck by a stick or a beater.
//!
//! Each head swings in the modes of a round membrane, J_m(j·r ÷ a)·cos mθ. The air that swings
//! along makes the low modes lower; the air inside couples the heads, so that their lowest modes
//! come in pairs, of which the lower moves the heads together and the higher against each other
//! (Fletcher and Rossing, *The Physics of Musical Instruments*, ch. 18.1 to 18.3: 182 and 330 Hz
//! for the (0,1) modes of a snare drum). The blow is a force of a few milliseconds on one
//! place, which drives every mode by its shape there. While much energy is in it a head is
//! stretched and all its modes are higher (Bilbao, *Numerical Sound Synthesis*, ch. 8.5 and 13).
//! Above the modes of the table they stand so close that they are drawn by chance, by their
//! density.

use std::f64::consts::TAU;

use super::super::math::{cos_turns, exp, sin_turns};
use super::super::osc::{FRAME, Noise, decay};
use super::bessel::{ZEROS, bessel};
use super::ringing::{Ringing, Swing, ring};

/// Density of air, kg/m³, and the speed of sound in it, m/s.
const AIR: f64 = 1.2;
const SOUND: f64 = 343.0;
/// The lowest modes, which the air inside couples to their like in the other head: the higher
/// ones push and pull on places so close that the air between the heads does not feel it.
const COUPLED: usize = 5;
/// How many modes stand for those above the table, and up to which zero.
const CLOUD: usize = 260;
const CLOUD_END: f64 = 120.0;

/// A drum with two heads.
pub struct Drum {
    /// Radius and depth of the shell, metres.
    pub radius: f64,
    pub depth: f64,
    /// The lowest mode of the struck and of the other head, each alone in air, Hz.
    pub batter: f64,
    pub resonant: f64,
    /// What the spring of the enclosed air makes of a slack head, Hz.
    pub cavity: f64,
    /// Mass of the head, kg/m²: 0.25 to 0.35 for one ply of film, 0.5 for two.
    pub film: f64,
    /// T60 of the lowest mode, seconds, and how much faster the others lose their energy: by
    /// this part of it for each multiple of the lowest's frequency.
    pub t60: f64,
    pub loss: f64,
    /// How much a hard blow stretches the head: the most that the squared frequencies rise, as a
    /// part of them.
    pub stretch: f64,
    /// How far the microphone is from the head, metres. Close to a head the sound of a mode
    /// falls with the distance as e^(−k·z), k being its wavenumber.
    pub near: f64,
    /// How far from the middle it is, as a part of the radius.
    pub aside: f64,
    /// Level of the modes above the table.
    pub cloud: f64,
}

/// A blow on the batter head.
pub struct Blow {
    /// Momentum, 1 for the hardest.
    pub force: f64,
    /// Seconds of contact.
    pub contact: f64,
    /// The part of the momentum that is given in the first tenth of it, while the tip of the
    /// stick or beater still moves against the skin alone.
    pub tip: f64,
    /// Distance from the middle as a part of the radius.
    pub place: f64,
    /// Angle between the place and the microphone, turns.
    pub angle: f64,
    /// Spread of the modes' frequencies from stroke to stroke, as a part.
    pub detune: f64,
}

impl Blow {
    /// The force `t` seconds after the first touch.
    fn force_at(&self, t: f64) -> f64 {
        let tip = pulse(t, 0.1 * self.contact);
        self.force * (self.tip * tip + (1.0 - self.tip) * pulse(t, self.contact))
    }
}

/// A push of momentum 1 over `length` seconds. It rises about three times as fast as it falls,
/// since a skin springs back slower than the stick came.
fn pulse(t: f64, length: f64) -> f64 {
    const SKEW: f64 = 0.35;
    let part = t / length;
    if part >= 1.0 {
        return 0.0;
    }
    let swing = sin_turns(0.5 * part / (part + SKEW * (1.0 - part)));
    // ∫ of the skewed sin² from 0 to 1, for a skew of 0.35.
    swing * swing / (0.423_9 * length)
}

impl Drum {
    /// Wavenumber of a mode, 1/m.
    fn wavenumber(&self, zero: f64) -> f64 {
        zero / self.radius
    }

    /// Frequency of a mode over the lowest: the ideal ratio, times what the air on both sides,
    /// a layer of 1 ÷ k each, does less to it than to the lowest (Fletcher and Rossing, ch. 3.3).
    fn ratio(&self, zero: f64) -> f64 {
        let load = |zero: f64| 1.0 + 2.0 * AIR / (self.film * self.wavenumber(zero));
        zero / ZEROS[0].1 * (load(ZEROS[0].1) / load(zero)).sqrt()
    }

    /// Squared frequency (Hz²) by which the air inside binds a mode to that of the other head.
    fn coupling(&self, m: usize, zero: f64, product: f64) -> f64 {
        if m == 0 {
            // The volume a mode displaces goes with 1 ÷ zero, and enters twice.
            let part = ZEROS[0].1 / zero;
            self.cavity * self.cavity * part * part
        } else {
            // Air sloshing across the shell: a wave of the shell's (m,1) mode, which reaches the
            // other head only over 1 ÷ k. Its zeros are 1.84, 3.05, 4.20.
            let k = (0.65 + 1.19 * m as f64) / self.radius;
            let reach = exp(k * self.depth);
            let mass = AIR / (self.film * k) * 2.0 / (reach - 1.0 / reach);
            -mass * product
        }
    }

    /// What a mode sends far away: Rayleigh's integral over its shape at 45° from the axis
    /// (Morse, *Vibration and Sound*, ch. 28), over that of the lowest at low frequencies.
    fn radiated(m: usize, zero: f64, x: f64) -> f64 {
        let x = (0.707 * x).min(0.9 * zero);
        let lowest = bessel(1, ZEROS[0].1) / ZEROS[0].1;
        zero * bessel(m + 1, zero) * bessel(m, x) / (zero * zero - x * x) / lowest
    }

    /// A mode of both heads: its frequency, and how far it moves the struck and the other head,
    /// both inwards, of two modes that the air inside binds.
    fn pair(&self, m: usize, zero: f64, hz: f64, other: f64) -> [(f64, f64, f64); 2] {
        let bond = self.coupling(m, zero, hz * other);
        let spring = bond.max(0.0);
        let (a, b) = (hz * hz + spring, other * other + spring);
        let half = 0.5 * (a - b);
        let root = (half * half + bond * bond).sqrt();
        [0.5 * (a + b) - root, 0.5 * (a + b) + root].map(|square| {
            let length = (bond * bond + (square - a) * (square - a)).sqrt();
            (square.sqrt(), bond / length, (square - a) / length)
        })
    }

    /// The factor a frame by which a mode dies away.
    fn decay(&self, m: usize, zero: f64, hz: f64, volume: f64) -> f64 {
        let losses = 1.0 + self.loss * (hz / self.batter - 1.0).max(0.0);
        // A drum that breathes radiates, with the square of its size in wavelengths and of what
        // it breathes, and is soon out of breath. How soon is set by measuring.
        let breath = volume * hz * self.radius * ZEROS[0].1 / zero;
        let radiation = if m == 0 { 0.0017 * breath * breath } else { 0.0 };
        decay(self.t60 / (losses + radiation))
    }

    /// The modes of the table and those above it, as a blow finds them.
    fn modes(&self, blow: &Blow, noise: &mut Noise) -> Vec<Ringing> {
        let mut modes = Vec::new();
        let lowest = bessel(1, ZEROS[0].1);
        for (index, &(m, zero)) in ZEROS.iter().enumerate() {
            // The square of a mode over the head, as a part of that of the lowest.
            let edge = bessel(m + 1, zero) / lowest;
            let mass = edge * edge * if m == 0 { 1.0 } else { 0.5 };
            let struck = bessel(m, zero * blow.place) / mass;
            let near = exp(-self.near * (self.wavenumber(zero) - self.wavenumber(ZEROS[0].1)));
            let heard = bessel(m, zero * self.aside) * near;
            // A head is never tuned evenly: the two modes of one shape stand a little apart,
            // along and across the direction in which it is loosest.
            let lean = 0.13 + 0.37 * sin_turns(0.31 * index as f64);
            let turn = lean - m as f64 * blow.angle;
            let both = [
                (cos_turns(lean), cos_turns(turn), 0.996),
                (sin_turns(lean), sin_turns(turn), 1.004),
            ];
            let directions = if m == 0 { &[(1.0, 1.0, 1.0)] } else { &both[..] };
            for &(excited, seen, apart) in directions {
                let tuned = self.ratio(zero) * apart * (1.0 + blow.detune * noise.next());
                let (hz, other) = (self.batter * tuned, self.resonant * tuned);
                let pair = self.pair(m, zero, hz, other);
                let heads = if index < COUPLED { &pair[..] } else { &[(hz, 1.0, 0.0)] };
                for &(hz, top, under) in heads {
                    let far = Self::radiated(m, zero, TAU * hz / SOUND * self.radius);
                    modes.push(Ringing {
                        hz,
                        r: self.decay(m, zero, hz, top + under),
                        mass,
                        struck: struck * excited * top,
                        close: heard * seen * top,
                        // The other head faces away from whoever listens.
                        far: far * seen * hz / self.batter * (top + 0.6 * under),
                        under: seen * under,
                        ..Ringing::default()
                    });
                }
            }
        }
        self.cloud(noise, &mut modes);
        modes
    }

    /// The modes above the table: half as many between a zero and the next whole number as the
    /// number itself, here fewer and louder. Their frequencies belong to the drum, how strongly
    /// they are heard to the stroke.
    fn cloud(&self, noise: &mut Noise, modes: &mut Vec<Ringing>) {
        let start = ZEROS[ZEROS.len() - 1].1;
        let apart = (CLOUD_END - start) / CLOUD as f64;
        let mut drum = Noise::new(self.batter as u64, CLOUD as u64);
        for _ in 0..CLOUD {
            let zero = drum.between(start, CLOUD_END);
            let hz = self.batter * self.ratio(zero);
            let level = self.cloud * (0.5 * zero * apart).sqrt() * start / zero * noise.next();
            modes.push(Ringing {
                hz,
                r: self.decay(1, zero, hz, 0.0),
                mass: 0.1,
                struck: 1.0,
                close: level,
                far: level,
                ..Ringing::default()
            });
        }
    }

    /// Strikes the drum and lets it ring for `seconds`.
    pub fn strike(&self, blow: &Blow, noise: &mut Noise, seconds: f64) -> Swing {
        let force: Vec<f64> = (0..=(blow.contact / FRAME) as usize)
            .map(|n| blow.force_at(n as f64 * FRAME) * FRAME)
            .collect();
        ring(self.modes(blow, noise), &force, self.stretch, seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRUM: Drum = Drum {
        radius: 0.178,
        depth: 0.14,
        batter: 200.0,
        resonant: 260.0,
        cavity: 190.0,
        film: 0.35,
        t60: 0.5,
        loss: 0.1,
        stretch: 0.0,
        near: 0.02,
        aside: 0.7,
        cloud: 0.0,
    };

    fn blow(place: f64, contact: f64) -> Blow {
        Blow { force: 1.0, contact, tip: 0.0, place, angle: 0.1, detune: 0.0 }
    }

    #[test]
    fn air_brings_the_modes_of_a_head_closer_to_a_row_of_harmonics() {
        // Fletcher and Rossing, table 18.1: an ideal (1,1) is 1.594 times the (0,1); loaded with
        // air it is higher, because the lowest mode carries the most air.
        let ratio = DRUM.ratio(ZEROS[1].1);
        assert!((1.62..1.80).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_heads_swing_together_below_and_against_each_other_above() {
        let modes = DRUM.modes(&blow(0.0, 0.002), &mut Noise::new(1, 1));
        let (low, high) = (&modes[0], &modes[1]);
        assert!(low.hz > 200.0 && low.hz < 230.0 && high.hz > 300.0 && high.hz < 380.0);
        assert!(low.close * low.under < 0.0 && high.close * high.under > 0.0);
    }

    #[test]
    fn a_blow_in_the_middle_leaves_modes_with_nodal_diameters_at_rest() {
        let modes = DRUM.modes(&blow(0.0, 0.002), &mut Noise::new(1, 1));
        let moved = modes.iter().filter(|mode| mode.struck.abs() > 1e-9).count();
        assert_eq!(moved, 9 + CLOUD, "pairs of (0,1) and (0,2), (0,3) to (0,7), and the cloud");
    }

    #[test]
    fn longer_contact_leaves_the_high_modes_out() {
        let bright = |contact| {
            let swing = DRUM.strike(&blow(0.3, contact), &mut Noise::new(1, 1), 0.1).close;
            let steps: f64 = swing.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum();
            steps / swing.iter().map(|x| x * x).sum::<f64>()
        };
        assert!(bright(0.001) > 2.0 * bright(0.005));
    }

    #[test]
    fn a_hard_blow_starts_higher_than_it_ends() {
        let drum = Drum { stretch: 0.5, ..DRUM };
        let out = drum.strike(&blow(0.0, 0.004), &mut Noise::new(1, 1), 0.3).under;
        let swings = |part: &[f64]| part.windows(2).filter(|w| w[0] * w[1] < 0.0).count();
        assert!(swings(&out[..4000]) > swings(&out[8000..12_000]));
    }
}
