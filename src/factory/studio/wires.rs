//! The wires under a snare drum.
//!
//! The lower head throws them off and catches them again: they rattle as fast as it moves and as
//! long as it moves, about a millisecond after the stick, in bands of their own (Fletcher and
//! Rossing, *The Physics of Musical Instruments*, ch. 18.4; Rossing et al., "Acoustics of snare
//! drums", 1992). A soft stroke shakes relatively more of them, since a hard one throws them so
//! far that they are in the air for most of the time.

use super::super::math::LN_1000;
use super::super::osc::{Filter, Noise, Pass, decay};
use super::strokes::between;

/// Bands of the rattle: centre, Hz; quality; level; how much of it is missing at the softest
/// stroke. Set by measuring: nearly as loud in each octave from 800 Hz to 10 kHz.
#[rustfmt::skip]
const BANDS: [(f64, f64, f64, f64); 4] = [
    ( 950.0, 0.8, 0.75, 0.0),
    (2100.0, 0.7, 0.80, 0.3),
    (4600.0, 0.7, 0.50, 0.5),
    (8800.0, 0.8, 0.37, 0.7),
];

/// How soon the wires are shaken as fast as the head moves that hits them, seconds: they have to
/// come back from their first flight, which a soft stroke begins later.
const RISE: (f64, f64) = (0.0035, 0.0012);
/// T60 of what a hard stroke leaves in the wires, seconds.
const RING: f64 = 0.33;
/// Speed of the head at which half of the wires' turns hit it at any moment: above, the hits
/// run together into a hiss, below, they come one by one.
const DENSE: f64 = 0.004;

/// Adds the rattle of wires under a head that moves at `under`. `level`: how many of them, and
/// how tight; `h`: hardness.
pub fn rattle(under: &[f64], level: f64, h: f64, noise: &mut Noise, out: &mut [f64]) {
    let open = 1.0 - decay(between(RISE.0, RISE.1, h) * LN_1000);
    let fall = decay(RING * (0.8 + 0.2 * h) * noise.between(0.93, 1.07));
    let mut bands = BANDS.map(|(hz, q, part, missing)| {
        let part = part * (1000.0 / hz).sqrt() * (1.0 - missing * (1.0 - h));
        (level * part * noise.between(0.9, 1.1), Filter::new(hz, q))
    });
    let mut shaken = 0.0;
    for (y, speed) in out.iter_mut().zip(under) {
        // Only a head that comes towards the wires hits them.
        let hit = speed.max(0.0);
        shaken = if hit > shaken { shaken + open * (hit - shaken) } else { shaken * fall };
        let dense = (shaken / (shaken + DENSE)).max(0.04);
        let strength = noise.next() * (0.6 * shaken + 0.4 * hit) / dense.sqrt();
        let hits = if noise.between(0.0, 1.0) < dense { strength } else { 0.0 };
        for (part, filter) in &mut bands {
            *y += *part * filter.next(hits, Pass::Band);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::osc::{Mode, silence};
    use super::*;

    #[test]
    fn wires_are_silent_under_a_head_at_rest_and_rattle_on_after_one_that_moved() {
        let mut out = silence(0.3);
        let mut under = silence(0.3);
        rattle(&under, 1.0, 1.0, &mut Noise::new(1, 1), &mut out);
        assert!(out.iter().all(|x| *x == 0.0));
        Mode { hz: 250.0, level: 1.0, t60: 0.05, phase: 0.0 }.ring(&mut under);
        rattle(&under, 1.0, 1.0, &mut Noise::new(1, 1), &mut out);
        let power = |part: &[f64]| part.iter().map(|x| x * x).sum::<f64>();
        assert!(power(&out[..4800]) > 0.0);
        assert!(power(&out[4800..9600]) > 1e-3 * power(&out[..4800]), "longer than the head");
    }
}
