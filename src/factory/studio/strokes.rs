//! What strikes: the noise of a stick or beater itself, and what stroke and drum have in common.

use super::super::osc::{Burst, Mode, Noise, Pass, contact};
#[cfg(test)]
use super::super::osc::{FRAME, Filter};

/// The sound of the striking thing itself and of the skin right under it: a burst of noise in
/// bands, each (centre Hz, quality, level, T60), and modes (Hz, level, T60).
pub struct Tip {
    /// Noise.
    pub bands: &'static [(f64, f64, f64, f64)],
    /// Modes of a stick or beater.
    pub modes: &'static [(f64, f64, f64)],
}

impl Tip {
    /// Adds the sound at `level`. `cutoff`: what the blow hardly excites, Hz.
    pub fn add(&self, level: f64, cutoff: f64, noise: &mut Noise, out: &mut [f64]) {
        for &(hz, q, part, t60) in self.bands {
            let level = level * part * contact(hz, cutoff) * noise.between(0.8, 1.2);
            let t60 = t60 * noise.between(0.85, 1.15);
            // The burst comes up in 0.3 ms: a filter's band does not open at once.
            let rise = |t: f64| (t / 0.0003).min(1.0);
            Burst { level, pass: Pass::Band, hz, q, t60 }.shaped(noise, out, rise);
        }
        for &(hz, part, t60) in self.modes {
            let level = level * part * contact(hz, cutoff) * noise.between(0.7, 1.2);
            Mode { hz: hz * noise.between(0.99, 1.01), level, t60, phase: 0.0 }.ring(out);
        }
    }
}

/// What the rest of the kit answers to a drum: wires that buzz along, other heads, the floor.
/// Bands as in [`Tip`].
#[rustfmt::skip]
const ANSWER: [(f64, f64, f64, f64); 4] = [
    (700.0, 0.6, 1.0, 0.42), (1900.0, 0.6, 0.8, 0.40),
    (4200.0, 0.6, 0.6, 0.38), (8000.0, 0.7, 0.4, 0.34),
];

/// Adds the answer of the rest of the kit, which comes up over some milliseconds.
pub fn answer(level: f64, noise: &mut Noise, out: &mut [f64]) {
    for (hz, q, part, t60) in ANSWER {
        let burst = Burst { level: level * part, pass: Pass::Band, hz, q, t60 };
        burst.shaped(noise, out, |t| (t / 0.006).min(1.0));
    }
}

/// A value between that of the softest stroke that is imaginable and that of the hardest.
pub fn between(soft: f64, hard: f64, h: f64) -> f64 {
    soft + (hard - soft) * h
}

/// Mean square of the slope over that of a sound's first tenth of a second: the mean of the
/// squared frequency, in a scale of its own.
#[cfg(test)]
pub fn brightness(sound: &super::super::record::Sound) -> f64 {
    let part = &sound.channels[0][..4800];
    let slopes: f64 = part.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
    slopes / part.iter().map(|x| x * x).sum::<f64>()
}

/// How often a sound swings up through zero between two moments, in seconds, below about 300 Hz.
#[cfg(test)]
pub fn swings(sound: &super::super::record::Sound, from: f64, to: f64) -> usize {
    let mut filters = [(); 3].map(|()| Filter::new(160.0, 0.6));
    let low: Vec<f64> = sound.channels[0]
        .iter()
        .map(|x| filters.iter_mut().fold(*x, |x, filter| filter.next(x, Pass::Low)))
        .collect();
    let part = &low[(from / FRAME) as usize..(to / FRAME) as usize];
    part.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
}
