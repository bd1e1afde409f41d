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

/// Density of air, kg/m³, and the speed of sound in it, m/s.
const AIR: f64 = 1.2;
const SOUND: f64 = 343.0;
/// The lowest modes, which the air inside couples to their like in the other head: the higher
/// ones push and pull on places so close that the air between the heads does not feel it.
const COUPLED: usize = 5;
/// How many modes stand for those above the table, and up to which zero.
const CLOUD: usize = 200;
const CLOUD_END: f64 = 120.0;
/// Frames for which the heads keep their tension: 0.7 ms.
const BLOCK: usize = 32;
/// Energy below which a mode is not heard any more, of about 1 at a hard blow.
const SILENT: f64 = 1e-14;

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
    /// How much a hard blow stretches the head: the rise of the squared frequency for the energy
    /// of a blow of force 1 that moves the lowest mode alone.
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

/// What a struck drum does.
pub struct Swing {
    /// Pressure at a microphone close to the batter head.
    pub close: Vec<f64>,
    /// Pressure some metres away.
    pub far: Vec<f64>,
    /// Velocity of the other head.
    pub under: Vec<f64>,
}

/// A mode in motion: `swing` and `still` turn into each other, `still` is its velocity.
struct Ringing {
    hz: f64,
    r: f64,
    swing: f64,
    velocity: f64,
    /// How much of the head it moves, as a part of what the lowest does.
    mass: f64,
    /// How strongly the force moves it, and how much of it goes to each of [`Swing`].
    struck: f64,
    close: f64,
    far: f64,
    under: f64,
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

    fn mode(&self, hz: f64, mass: f64, more_loss: f64) -> Ringing {
        let lowest = self.batter;
        let losses = 1.0 + self.loss * (hz / lowest - 1.0).max(0.0) + more_loss;
        let r = decay(self.t60 / losses);
        let (swing, velocity, struck, close, far, under) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        Ringing { hz, r, swing, velocity, mass, struck, close, far, under }
    }

    /// The modes of the table and those above it, as a blow finds them.
    fn modes(&self, blow: &Blow, noise: &mut Noise) -> Vec<Ringing> {
        let mut modes = Vec::new();
        let lowest = bessel(1, ZEROS[0].1);
        for (index, &(m, zero)) in ZEROS.iter().enumerate() {
            // ∫Φ² of a mode over that of the lowest: how much of the head it moves.
            let edge = bessel(m + 1, zero) / lowest;
            let mass = edge * edge * if m == 0 { 1.0 } else { 0.5 };
            let struck = bessel(m, zero * blow.place) / mass;
            let near = exp(-self.near * (self.wavenumber(zero) - self.wavenumber(ZEROS[0].1)));
            let heard = bessel(m, zero * self.aside) * near;
            // A head is never tuned evenly: each pair of modes of one shape stands a little
            // apart, along and across the place where it is loosest.
            let lean = 0.13 + 0.37 * sin_turns(0.31 * index as f64);
            let turn = m as f64 * blow.angle;
            let along = [
                (cos_turns(lean), cos_turns(lean - turn), 0.996),
                (sin_turns(lean), sin_turns(lean - turn), 1.004),
            ];
            for &(excited, seen, apart) in along.iter().take(if m == 0 { 1 } else { 2 }) {
                let (excited, seen, apart) =
                    if m == 0 { (1.0, 1.0, 1.0) } else { (excited, seen, apart) };
                let drawn = apart * (1.0 + blow.detune * noise.next());
                let hz = self.batter * self.ratio(zero) * drawn;
                let struck = struck * excited;
                let far = |hz: f64| {
                    Self::radiated(m, zero, TAU * hz / SOUND * self.radius) * seen * hz
                        / self.batter
                };
                if index >= COUPLED {
                    let mode = self.mode(hz, mass, 0.0);
                    modes.push(Ringing { struck, close: heard * seen, far: far(hz), ..mode });
                    continue;
                }
                let other = self.resonant * self.ratio(zero) * drawn;
                let bond = self.coupling(m, zero, hz * other);
                let spring = bond.max(0.0);
                let (a, b) = (hz * hz + spring, other * other + spring);
                let half = 0.5 * (a - b);
                let root = (half * half + bond * bond).sqrt();
                for square in [0.5 * (a + b) - root, 0.5 * (a + b) + root] {
                    let length = (bond * bond + (square - a) * (square - a)).sqrt();
                    let (top, under) = (bond / length, (square - a) / length);
                    let hz = square.sqrt();
                    // Both inwards: the drum breathes, radiates with the square of frequency and
                    // volume, and is soon out of breath. How soon is set by measuring.
                    let breath = (top + under) * hz / self.batter * ZEROS[0].1 / zero;
                    let more = if m == 0 { 0.5 * breath * breath } else { 0.0 };
                    modes.push(Ringing {
                        struck: struck * top,
                        close: heard * seen * top,
                        far: far(hz) * (top + 0.6 * under),
                        under: under * seen,
                        ..self.mode(hz, mass, more)
                    });
                }
            }
        }
        self.cloud(noise, &mut modes);
        modes
    }

    /// The modes above the table: about zero² ÷ 4 of them up to a zero, here fewer and louder.
    fn cloud(&self, noise: &mut Noise, modes: &mut Vec<Ringing>) {
        let start = ZEROS[ZEROS.len() - 1].1;
        let (low, high) = (start * start, CLOUD_END * CLOUD_END);
        let fewer = ((high - low) / (4.0 * CLOUD as f64)).sqrt();
        for _ in 0..CLOUD {
            let zero = noise.between(low, high).sqrt();
            let hz = self.batter * self.ratio(zero);
            if hz > 12_000.0 {
                continue;
            }
            let level = self.cloud * fewer * noise.next() * start / zero;
            modes.push(Ringing {
                struck: 1.0,
                close: level,
                far: level,
                ..self.mode(hz, 0.1, 0.0)
            });
        }
    }

    /// Strikes the drum and lets it ring for `seconds`.
    pub fn strike(&self, blow: &Blow, noise: &mut Noise, seconds: f64) -> Swing {
        let frames = super::super::osc::silence(seconds);
        let mut out = Swing { close: frames.clone(), far: frames.clone(), under: frames };
        let mut modes = self.modes(blow, noise);
        let touching = (blow.contact / FRAME) as usize + 1;
        for start in (0..out.close.len()).step_by(BLOCK) {
            let end = (start + BLOCK).min(out.close.len());
            let mut force = [0.0; BLOCK];
            if start <= touching {
                for (n, f) in force.iter_mut().enumerate() {
                    *f = blow.force_at((start + n) as f64 * FRAME) * FRAME;
                }
            }
            let energy: f64 = modes.iter().map(Ringing::energy).sum();
            let stretched = (1.0 + self.stretch * energy).sqrt();
            modes.retain(|mode| start <= touching || mode.energy() > SILENT);
            for mode in &mut modes {
                mode.ring(stretched, &force, start..end, &mut out);
            }
        }
        out
    }
}

impl Ringing {
    fn energy(&self) -> f64 {
        self.mass * (self.swing * self.swing + self.velocity * self.velocity)
    }

    /// Turns the mode on by a block of frames, at `stretched` times its frequency.
    fn ring(
        &mut self,
        stretched: f64,
        force: &[f64; BLOCK],
        frames: std::ops::Range<usize>,
        out: &mut Swing,
    ) {
        let angle = self.hz * stretched * FRAME;
        let (c, s) = (self.r * cos_turns(angle), self.r * sin_turns(angle));
        for (n, f) in frames.zip(force) {
            let pushed = self.velocity + f * self.struck;
            (self.swing, self.velocity) =
                (c * self.swing + s * pushed, c * pushed - s * self.swing);
            out.close[n] += self.close * self.velocity;
            out.far[n] += self.far * self.velocity;
            out.under[n] += self.under * self.velocity;
        }
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
        let drum = Drum { stretch: 0.4, ..DRUM };
        let out = drum.strike(&blow(0.0, 0.004), &mut Noise::new(1, 1), 0.3).under;
        let swings = |part: &[f64]| part.windows(2).filter(|w| w[0] * w[1] < 0.0).count();
        assert!(swings(&out[..4000]) > swings(&out[8000..12_000]));
    }
}
