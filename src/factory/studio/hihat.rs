//! The hi-hat: two 14-inch cymbals, one upside down under the other, that a foot presses
//! together.
//!
//! The lowest hundred modes swing and collide in the time domain ([`swing`]): whether the rims
//! rattle, for how long and in which rhythm comes from their motion and the gap. The
//! stick's blow, the forces between the rims and the bending of the metal drive the dense
//! modes above ([`wash`]). What an opening changes is the gap and the damping, and what a
//! harder stroke changes follows from them. Levels, decays and gaps are our own, set by
//! measuring what comes out beside recordings of hi-hats.

mod swing;
mod wash;

use super::super::RATE;
use super::super::osc::{Noise, contact, silence};
use super::Stroke;
use swing::{Foot, Hold, Swing};
use wash::{WAYS, Wash};

/// Where the stick falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The tip, on the bow.
    Bow,
    /// The shoulder, across the edge.
    Edge,
}

/// How the cymbals lie to each other and how they come to rest.
#[derive(Debug, Clone, Copy)]
struct Opening {
    /// See [`Hold`].
    gap: f64,
    tilt: f64,
    rock: f64,
    /// T60 of the lowest modes, seconds.
    t60: f64,
    /// Frequency at which the T60 is half of that, Hz.
    damping: f64,
    /// Level of the low modes under a stroke on the edge, or under the foot.
    body: f64,
}

/// From closed to open. Each rings about twice as long as the one before.
#[rustfmt::skip]
const OPENINGS: [Opening; 5] = [
    Opening { gap: -0.6e-4, tilt: 1e-4, rock: 0.05, t60: 0.235, damping: 40e3, body: 0.28 },
    Opening { gap: -0.1e-4, tilt: 1e-4, rock: 0.20, t60: 0.410, damping: 30e3, body: 0.28 },
    Opening { gap:  4.0e-4, tilt: 3e-4, rock: 0.50, t60: 0.700, damping: 25e3, body: 0.38 },
    Opening { gap:  2.0e-3, tilt: 1e-3, rock: 0.70, t60: 1.240, damping: 17e3, body: 0.26 },
    Opening { gap:  8.0e-3, tilt: 3e-3, rock: 0.80, t60: 2.420, damping: 11e3, body: 0.22 },
];
/// Closed by the foot, without a stick. The foot damps more than it does under a stroke.
const CHICK: Opening =
    Opening { gap: -3e-4, tilt: 6e-4, rock: 0.1, t60: 0.26, damping: 9e3, body: 0.55 };
/// The same, and let go again at once.
const SPLASH: Opening = Opening { t60: 1.25, damping: 12e3, ..CHICK };

/// One stroke, by stick or foot.
struct Motion {
    opening: Opening,
    /// Where the stick falls; the edge is 1.
    radius: f64,
    foot: Option<Foot>,
    /// The stick's force, frame by frame, as it reaches the dense modes.
    blows: [Vec<f64>; WAYS],
    /// The weight of that, and the highest frequency in it, Hz ([`contact`]).
    blow: (f64, f64),
    /// Levels of the low modes and of the stand.
    low: f64,
    stand: f64,
    /// See [`swing::Touch::drive`].
    bending: f64,
}

/// How much the forces between the rims drive the dense modes, beside the stick.
const RIMS: f64 = 4.0;
/// Rims that meet gently touch for longer, as the fifth root of their speed (Hertz's law), which
/// the linear springs of [`swing`] leave out: what the softest strokes lose 6 dB at, Hz. Set by
/// measuring.
const GENTLE: f64 = 20_000.0;
/// Frames over which a recording comes up.
const RISE: usize = 16;

impl Motion {
    fn sound(&self, h: f64, noise: &mut Noise) -> Vec<f64> {
        let Opening { gap, tilt, rock, t60, damping, .. } = self.opening;
        // Softer strokes are cut off earlier, because they reach silence earlier.
        let mut out = silence(1.2 * t60 * (0.5 + 0.6 * h) + 0.1);
        let hold = Hold { gap, tilt, t60, rock, foot: self.foot };
        let swing = Swing::new(self.radius, noise);
        let touch = swing.run(&hold, &self.blows[0], noise, &mut out);
        out.iter_mut().for_each(|x| *x *= self.low);
        touch.shake(self.stand, &mut out);
        let (level, cutoff) = self.blow;
        let wash = Wash {
            blows: &self.blows,
            blow_level: &|hz| level * contact(hz, cutoff),
            forces: &touch.drive(self.bending, noise),
            force_level: &|hz| RIMS / (1.0 + (1.0 - h) * (hz / GENTLE) * (hz / GENTLE)),
            groups: (280.0 / (1.0 + 0.45 * t60)) as usize,
            t60: &|hz| t60 / (1.0 + (hz / damping) * (hz / damping)),
        };
        wash.ring(noise, &mut out);
        for (n, x) in out.iter_mut().take(RISE).enumerate() {
            *x *= n as f64 / RISE as f64;
        }
        out
    }
}

/// A stroke with the stick. `opening`: 0 closed … 4 open.
pub fn struck(opening: usize, zone: Zone, stroke: Stroke) -> Vec<f64> {
    let mut noise = stroke.noise(210 + 10 * (zone as u64) + opening as u64);
    let h = stroke.hardness;
    let opening = OPENINGS[opening];
    let softer = 0.45 + 0.55 * h;
    let motion = match zone {
        Zone::Bow => Motion {
            opening,
            radius: 0.72,
            foot: None,
            blows: blows(10, h, &mut noise),
            blow: (1.2, 4800.0 + 4800.0 * h),
            low: 0.54 * softer,
            stand: 2e-4,
            bending: 24.0,
        },
        // The shoulder lies on the edge for longer and over a longer stretch, and stops
        // less of the ring than the tip does.
        Zone::Edge => Motion {
            opening: Opening { t60: 1.12 * opening.t60, ..opening },
            radius: 1.0,
            foot: None,
            blows: blows(40, h, &mut noise),
            blow: (2.4, 4000.0 + 3000.0 * h),
            low: opening.body * softer,
            stand: 2e-4,
            bending: 14.0,
        },
    };
    motion.sound(h, &mut noise)
}

/// Brought together by the foot. `splash`: and let go again at once.
pub fn pedalled(splash: bool, stroke: Stroke) -> Vec<f64> {
    let mut noise = stroke.noise(230 + u64::from(splash));
    let h = stroke.hardness;
    let motion = Motion {
        opening: if splash { SPLASH } else { CHICK },
        radius: 1.0,
        foot: Some(Foot {
            speed: 0.22 * h * noise.between(0.9, 1.1),
            release: splash.then(|| noise.between(0.022, 0.03)),
        }),
        blows: std::array::from_fn(|_| Vec::new()),
        blow: (0.0, 1.0),
        low: CHICK.body,
        stand: 1e-3,
        bending: 120.0,
    };
    motion.sound(h, &mut noise)
}

/// The force of a stick as it comes on each way, frame by frame: a hump of this length,
/// roughened by what wood and metal slide over. Its sum is an impulse of `h`.
fn blows(frames: usize, h: f64, noise: &mut Noise) -> [Vec<f64>; WAYS] {
    std::array::from_fn(|_| {
        let hump = |i: usize| {
            let t = (i as f64 + 0.5) / frames as f64;
            t * (1.0 - t) * (1.0 - t)
        };
        let rough: Vec<f64> = (0..frames).map(|i| hump(i) * (1.0 + 1.5 * noise.next())).collect();
        let scale = h * f64::from(RATE) / rough.iter().sum::<f64>();
        rough.iter().map(|x| scale * x).collect()
    })
}

#[cfg(test)]
mod tests;
