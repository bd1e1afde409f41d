//! Hi-hat, crash and ride: in the TR-909 recordings of six bits, read by a clock of about 30 kHz
//! and opened by an amplifier whose envelope is the antilogarithm of the address (Reid,
//! Synth Secrets 39; C. Fraser, synth-diy list, 2006: the closed hat has a quarter of
//! 32768 samples, the open one the rest).
//!
//! What stands in our memory is computed: the inharmonic modes of a plate, which lie
//! evenly over frequency (Fletcher and Rossing, *The Physics of Musical Instruments*,
//! ch. 3 and 20). It is levelled before it is rounded, as the machine's was, so that the
//! rounding dies away with the sound. Decays and tilts are set by measuring.

use super::super::RATE;
use super::super::circuit::{high_pass, low_pass};
use super::super::math::exp;
use super::super::osc::{Filter, Mode, Noise, Pass, silence};
use super::Stroke;

/// Steps of a six-bit number on either side of 0.
const STEPS: f64 = 31.0;

/// What is struck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metal {
    Closed,
    Half,
    Open,
    Pedal,
    Crash,
    Ride,
}

/// What stands in a memory, and how it is opened.
struct Memory {
    /// Which memory: the same modes for all that is played from it.
    id: u64,
    /// Samples of it, and how many a second are read.
    length: usize,
    clock: f64,
    modes: usize,
    /// Lowest and highest mode, Hz.
    span: (f64, f64),
    /// Where the spectrum is highest, Hz, and how wide that is, in octaves.
    centre: (f64, f64),
    /// T60 of the lowest and the highest mode, seconds: only their ratio is left after
    /// levelling.
    t60: (f64, f64),
    /// Level of the first ten modes over the others: a bell.
    bell: f64,
    /// Seconds until the modes have bloomed.
    bloom: f64,
    /// Time constant of the amplifier's envelope, seconds.
    constant: f64,
    /// How much further a hard stroke opens it at first, for the stick.
    stick: f64,
    /// High-pass behind it, Hz.
    high_pass: f64,
}

impl Metal {
    fn memory(self) -> Memory {
        let hat = Memory {
            id: 911,
            length: 8192,
            clock: 30_000.0,
            modes: 260,
            span: (2200.0, 14_500.0),
            centre: (9000.0, 1.4),
            t60: (0.5, 0.35),
            bell: 1.0,
            bloom: 0.0,
            constant: 0.024,
            stick: 1.2,
            high_pass: 5000.0,
        };
        match self {
            Self::Closed => hat,
            Self::Pedal => Memory { constant: 0.034, high_pass: 4200.0, ..hat },
            Self::Half => Memory { length: 24_576, constant: 0.075, stick: 0.8, ..hat },
            Self::Open => Memory { length: 24_576, constant: 0.175, stick: 0.6, ..hat },
            Self::Crash => Memory {
                id: 912,
                length: 32_768,
                clock: 24_000.0,
                modes: 420,
                span: (300.0, 11_600.0),
                centre: (5200.0, 1.5),
                t60: (2.4, 0.9),
                bell: 1.0,
                bloom: 0.008,
                constant: 0.29,
                stick: 0.8,
                high_pass: 700.0,
            },
            Self::Ride => Memory {
                id: 913,
                length: 32_768,
                clock: 27_000.0,
                modes: 300,
                span: (900.0, 13_000.0),
                centre: (6800.0, 1.0),
                t60: (1.6, 1.0),
                bell: 6.0,
                bloom: 0.0,
                constant: 0.20,
                stick: 1.4,
                high_pass: 1500.0,
            },
        }
    }
}

impl Memory {
    /// The samples, −1 … 1. `take`: chance of one take; the modes are those of the metal.
    fn samples(&self, take: &mut Noise) -> Vec<f64> {
        let mut metal = Noise::new(self.id, 0);
        let mut out = vec![0.0; self.length];
        // Modes ring at the rate of recordings: one frame is one sample of the memory.
        let stretch = f64::from(RATE) / self.clock;
        for n in 0..self.modes {
            let place = (n as f64 + metal.between(0.0, 1.0)) / self.modes as f64;
            let hz = self.span.0 + (self.span.1 - self.span.0) * place;
            let octaves = octaves(hz / self.centre.0) / self.centre.1;
            let part = 1.0 / (1.0 + octaves * octaves);
            let bell = if n % 29 == 7 { self.bell } else { 1.0 };
            let level = part * bell * metal.between(0.3, 1.0) * take.between(0.6, 1.0);
            let t60 = (self.t60.0 + (self.t60.1 - self.t60.0) * place) / stretch;
            let mode = Mode { hz: hz * stretch, level, t60, phase: take.between(0.0, 1.0) };
            if self.bloom > 0.0 {
                mode.swell(self.bloom / stretch * metal.between(0.2, 2.0), &mut out);
            } else {
                mode.ring(&mut out);
            }
        }
        level_out(&mut out);
        out
    }
}

/// log₂ of a ratio, near enough for a tilt: a Padé approximant, right to 2 % within three
/// octaves.
fn octaves(ratio: f64) -> f64 {
    let root = ratio.sqrt();
    let (a, b) = (root - 1.0, root + 1.0);
    let part = a / b;
    5.770_780_163_555_854 * part * (1.0 + part * part / 3.0)
}

/// Brings all of `out` to one level: divides by the RMS around each sample.
fn level_out(out: &mut [f64]) {
    let keep = exp(-1.0 / 600.0);
    let start = out.iter().take(1200).map(|x| x * x).sum::<f64>() / 1200.0;
    let mut power = start;
    for x in out {
        power = *x * *x + keep * (power - *x * *x);
        *x = (0.4 * *x / power.sqrt()).clamp(-1.0, 1.0);
    }
}

/// A stroke.
pub fn play(metal: Metal, stroke: Stroke) -> Vec<f64> {
    let memory = metal.memory();
    let (h, mut take) = (stroke.hardness, stroke.noise(memory.id));
    let samples = memory.samples(&mut take);
    // The clock is a resistor and a capacitor: it drifts.
    let clock = memory.clock / f64::from(RATE) * take.between(0.994, 1.006);
    let frames = memory.length as f64 / clock;
    let constant = memory.constant * (0.8 + 0.2 * h) * f64::from(RATE);
    let strike = memory.stick * (0.2 + 0.8 * h);
    let mut out = silence(0.0);
    out.resize(frames as usize, 0.0);
    for (n, x) in out.iter_mut().enumerate() {
        let time = n as f64;
        let address = ((time * clock) as usize).min(memory.length - 1);
        let rounded = (STEPS * samples[address]).round() / STEPS;
        let end = (1.0 - time / frames).min(0.1) * 10.0;
        let open = exp(-time / constant) + strike * exp(-time / 160.0);
        *x = rounded * open * end * (time / 6.0).min(1.0);
    }
    // What the steps of the clock add lies above half of it.
    let mut smooth = Filter::new(memory.clock * (0.27 + 0.28 * h), 0.8);
    for x in &mut out {
        *x = smooth.next(*x, Pass::Low);
    }
    high_pass(memory.high_pass, 0.8, &mut out);
    low_pass(4000.0 + 18_000.0 * h, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_level_so_that_six_bits_are_enough_to_its_end() {
        let samples = Metal::Open.memory().samples(&mut Noise::new(1, 1));
        let power = |from: usize| samples[from..from + 4000].iter().map(|x| x * x).sum::<f64>();
        assert!((power(1000) / power(20_000) - 1.0).abs() < 0.2);
        assert!(samples.iter().all(|x| x.abs() <= 1.0));
    }

    #[test]
    fn octaves_are_near_enough() {
        for ratio in [0.125, 0.5, 0.9, 1.0, 1.5, 2.0, 8.0f64] {
            assert!((octaves(ratio) - ratio.log2()).abs() < 0.06, "{ratio}");
        }
    }
}
