//! Cymbals: thin plates with a thousand inharmonic modes (`plate.rs`), whose energy climbs
//! to high ones after a hard blow (`cascade.rs`).
//!
//! Sizes, thicknesses and the decays of a cymbal's modes are within what real ones have;
//! how loud each part of the spectrum is heard was set by measuring beside recorded kits.

mod cascade;
mod crash;
mod plate;
mod ride;

use super::super::osc::{Burst, Noise, Pass, silence};
use super::super::record::{Sound, Stroke};
use plate::{Blow, Plate};

/// Frames in which a recording comes up: 0.2 ms, about as long as a stick needs to bend
/// the metal.
const RISE: usize = 10;
/// The part of a recording over which it is led to its end. A cymbal rings longer than a
/// kit has room for; what is left when this begins is 20 to 30 dB down after a hard
/// stroke, some 14 after the softest.
const LED: f64 = 0.4;

/// A stroke on a cymbal.
struct Hit {
    plate: Plate,
    blow: Blow,
    /// The stick itself: the level of its tick, and above which frequency, Hz.
    stick: (f64, f64),
    /// 1: mono. 2: left and right.
    ears: usize,
    /// How long its recording is, seconds.
    seconds: f64,
    noise: Noise,
}

impl Hit {
    /// The plate and the stick.
    fn strike(&mut self) -> Vec<Vec<f64>> {
        let mut out = self.plate.strike(&self.blow, &mut self.noise, self.seconds, self.ears);
        let (level, hz) = self.stick;
        let mut tick = silence(0.02);
        let burst = Burst { level, pass: Pass::High, hz, q: 0.7, t60: 0.008 };
        burst.add(&mut self.noise, &mut tick);
        for channel in &mut out {
            channel.iter_mut().zip(&tick).for_each(|(x, tick)| *x += tick);
        }
        out
    }
}

/// How long the recording of a stroke of hardness `h` is, when the hardest one's is
/// `longest` seconds: a softer one, some 27 dB below, is gone earlier.
fn length(longest: f64, h: f64) -> f64 {
    longest * (0.45 + 0.55 * h)
}

/// A sound that starts and ends with its recording.
fn finished(mut channels: Vec<Vec<f64>>) -> Sound {
    for channel in &mut channels {
        for (n, x) in channel.iter_mut().take(RISE).enumerate() {
            *x *= n as f64 / RISE as f64;
        }
        let last = (LED * channel.len() as f64) as usize;
        for (n, x) in channel.iter_mut().rev().take(last).enumerate() {
            let part = n as f64 / last as f64;
            *x *= part * (2.0 - part);
        }
    }
    Sound { channels }
}

/// One of two crashes: 0 a bright one of 16 inch, 1 a darker one of 18 inch.
pub fn crash(which: usize, stroke: Stroke) -> Sound {
    finished(crash::crash(which, stroke).strike())
}

/// The splash.
pub fn splash(stroke: Stroke) -> Sound {
    finished(crash::splash(stroke).strike())
}

/// The china.
pub fn china(stroke: Stroke) -> Sound {
    finished(crash::china(stroke).strike())
}

/// The ride's bow.
pub fn ride(stroke: Stroke) -> Sound {
    finished(ride::bow(stroke).strike())
}

/// The ride's bell.
pub fn ride_bell(stroke: Stroke) -> Sound {
    let mut hit = ride::bell(stroke);
    let mut out = hit.strike();
    ride::dome(stroke, &mut hit.noise, &mut out[0]);
    finished(out)
}

/// The ride's edge.
pub fn ride_edge(stroke: Stroke) -> Sound {
    finished(ride::edge(stroke).strike())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first channel of the first 0.15 s.
    fn start(hit: fn(Stroke) -> Hit, hardness: f64, variation: usize) -> Vec<f64> {
        let stroke = Stroke { level: 0, variation, hardness };
        Hit { seconds: 0.15, ears: 1, ..hit(stroke) }.strike().swap_remove(0)
    }

    fn power(x: &[f64]) -> f64 {
        x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64
    }

    /// Power of the steps from frame to frame: what is high counts more.
    fn treble(x: &[f64]) -> f64 {
        power(&x.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>())
    }

    const CRASHES: [fn(Stroke) -> Hit; 2] =
        [|stroke| crash::crash(0, stroke), |stroke| crash::crash(1, stroke)];

    #[test]
    fn a_harder_stroke_is_brighter() {
        let others = [crash::splash, crash::china, ride::bow, ride::bell, ride::edge];
        for hit in CRASHES.into_iter().chain(others) {
            let [soft, hard] =
                [0.25, 1.0].map(|h| start(hit, h, 0)).map(|x| treble(&x) / power(&x));
            assert!(soft < hard, "{soft} {hard}");
        }
    }

    #[test]
    fn a_hard_crash_blooms_and_a_soft_one_does_not() {
        for hit in CRASHES {
            let [soft, hard] = [0.25, 1.0].map(|h| {
                let sound = start(hit, h, 0);
                treble(&sound[2400..7200]) / treble(&sound[240..720])
            });
            assert!(soft < 0.9 && hard > 1.5, "{soft} {hard}");
        }
    }

    #[test]
    fn equally_hard_strokes_differ() {
        let [one, two] = [0, 1].map(|variation| start(ride::bow, 0.6, variation));
        let difference: Vec<f64> = one.iter().zip(&two).map(|(x, y)| x - y).collect();
        assert!(power(&difference) > 0.5 * power(&one));
    }

    #[test]
    fn the_bow_pings_and_the_edge_swells() {
        let [bow, edge] = [ride::bow, ride::edge].map(|hit| {
            let sound = start(hit, 0.8, 0);
            power(&sound[..144]) / power(&sound[960..4800])
        });
        assert!(bow > 2.0 && edge < 1.0, "{bow} {edge}");
    }

    #[test]
    fn a_softer_stroke_is_shorter() {
        let [soft, hard] = [0.25, 1.0].map(|hardness| {
            let stroke = Stroke { level: 0, variation: 0, hardness };
            splash(stroke).channels[0].len()
        });
        assert!(soft < hard);
    }
}
