//! Cymbals.

mod cascade;
mod crash;
mod plate;
mod ride;

pub use crash::{china, crash, splash};
pub use ride::{ride, ride_bell, ride_edge};

use super::super::RATE;
use super::super::math::from_db;
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

/// Ends a stroke of hardness `h` where it has fallen by 50 dB from the loudness of a hard
/// one's first 50 ms: a cymbal rings longer than anybody listens.
fn finish(mut channels: Vec<Vec<f64>>, h: f64) -> Sound {
    let attack = RATE as usize / 20;
    let power: f64 = channels.iter().flat_map(|c| &c[..attack]).map(|x| x * x).sum();
    let floor = (power / (attack * channels.len()) as f64).sqrt() * from_db(-45.0) / (h * h);
    let heard = |c: &Vec<f64>| c.iter().rposition(|x| x.abs() > floor).unwrap_or(0);
    let end = channels.iter().map(heard).max().unwrap_or(0);
    channels.iter_mut().for_each(|c| c.truncate(end.max(attack)));
    Sound { channels }
}
