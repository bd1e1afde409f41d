//! Cymbals.

mod cascade;
mod crash;
mod plate;
mod ride;

pub use crash::{china, crash, splash};
pub use ride::{ride, ride_bell, ride_edge};

use super::super::osc::{Burst, Noise, Pass, silence};
use super::super::record::Sound;

/// The stick itself: a tick of a few milliseconds.
fn stick(level: f64, hz: f64, noise: &mut Noise, out: &mut [Vec<f64>]) {
    let tick = Burst { level, pass: Pass::High, hz, q: 0.7, t60: 0.008 };
    let mut heard = silence(0.02);
    tick.add(noise, &mut heard);
    for channel in out {
        channel.iter_mut().zip(&heard).for_each(|(x, tick)| *x += tick);
    }
}

/// How long the recording of a stroke of hardness `h` is, when the hardest one's is
/// `longest` seconds: a softer one, some 27 dB below, is gone earlier.
fn length(longest: f64, h: f64) -> f64 {
    longest * (0.45 + 0.55 * h)
}

/// Frames in which a recording comes up: 0.2 ms, about as long as a stick needs to bend
/// the metal.
const RISE: usize = 10;
/// The part of a recording over which it is led to its end. A cymbal rings longer than
/// anybody listens; what is left after this long is 35 to 50 dB down.
const LED: f64 = 0.4;

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
