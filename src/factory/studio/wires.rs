//! The wires under a snare drum.
//!
//! The lower head throws them off and catches them again: they rattle as fast as it moves and as
//! long as it moves, about a millisecond after the stick, in bands of their own (Fletcher and
//! Rossing, *The Physics of Musical Instruments*, ch. 18.4; Rossing et al., "Acoustics of snare
//! drums", 1992). A soft stroke shakes relatively more of them, since a hard one throws them so
//! far that they are in the air for most of the time.

use super::super::math::LN_1000;
use super::super::osc::{Filter, Noise, Pass, decay};

/// Bands of the rattle: centre, Hz; quality; level; T60 of a hard stroke's rattle after the head
/// has stopped, s; how much of the level is missing at the softest stroke. Set by measuring: about
/// as loud in each octave from 800 Hz to 10 kHz.
#[rustfmt::skip]
const BANDS: [(f64, f64, f64, f64, f64); 4] = [
    ( 950.0, 0.8, 0.75, 0.33, 0.0),
    (2100.0, 0.7, 0.80, 0.34, 0.2),
    (4600.0, 0.7, 0.62, 0.33, 0.4),
    (8800.0, 0.8, 0.50, 0.29, 0.6),
];

/// How fast the wires take the speed of the head that hits them, seconds.
const RISE: f64 = 0.0004;

/// Adds the rattle of wires under a head that moves at `under`. `level`: how many of them, and
/// how tight; `h`: hardness.
pub fn rattle(under: &[f64], level: f64, h: f64, noise: &mut Noise, out: &mut [f64]) {
    let open = 1.0 - decay(RISE * LN_1000);
    for (hz, q, part, t60, missing) in BANDS {
        let part = level * part * (1.0 - missing * (1.0 - h)) * noise.between(0.9, 1.1);
        let part = part * (1000.0 / hz).sqrt();
        let fall = decay(t60 * (0.8 + 0.2 * h) * noise.between(0.93, 1.07));
        let mut filter = Filter::new(hz, q);
        let mut shaken = 0.0;
        for (y, speed) in out.iter_mut().zip(under) {
            // Only a head that comes towards the wires hits them.
            let hit = speed.max(0.0);
            shaken = if hit > shaken { shaken + open * (hit - shaken) } else { shaken * fall };
            let drive = 0.6 * shaken + 0.4 * hit;
            *y += part * filter.next(noise.next() * drive, Pass::Band);
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
