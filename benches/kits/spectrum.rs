//! Power spectra.

use std::f64::consts::PI;

use realfft::RealFftPlanner;

use crate::sound::Sound;

/// Power of each bin, the channels added.
#[derive(Debug, Clone)]
pub struct Spectrum {
    /// Hz from bin to bin.
    pub step: f64,
    /// From 0 Hz on.
    pub power: Vec<f64>,
}

impl Spectrum {
    /// Of a stretch from a frame on, weighted by `window` of its part passed, 0 to 1. What is
    /// past the end of the recording is silence.
    pub fn of(sound: &Sound, from: usize, frames: usize, window: impl Fn(f64) -> f64) -> Self {
        // Twice as long, so that a partial cannot hide between two bins.
        let length = (2 * frames).next_multiple_of(2);
        let plan = RealFftPlanner::<f64>::new().plan_fft_forward(length);
        let mut power = vec![0.0; length / 2 + 1];
        let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
        for channel in &sound.channels {
            input.fill(0.0);
            let stretch = channel.iter().skip(from).take(frames);
            for (n, (x, into)) in stretch.zip(&mut input).enumerate() {
                *into = x * window(n as f64 / frames as f64);
            }
            if plan.process(&mut input, &mut output).is_ok() {
                power.iter_mut().zip(&output).for_each(|(p, x)| *p += x.norm_sqr());
            }
        }
        Self { step: sound.rate / length as f64, power }
    }

    /// Of the first seconds after the onset, under the falling half of a Hann window: the
    /// blow counts in full.
    pub fn attack(sound: &Sound, seconds: f64) -> Self {
        let falling = |part: f64| 0.5 + 0.5 * (PI * part).cos();
        Self::of(sound, sound.onset(), sound.frames(seconds), falling)
    }

    /// Of a stretch between two times after the onset, s, under a Hann window.
    pub fn between(sound: &Sound, from: f64, to: f64) -> Self {
        let hann = |part: f64| 0.5 - 0.5 * (2.0 * PI * part).cos();
        Self::of(sound, sound.onset() + sound.frames(from), sound.frames(to - from), hann)
    }

    /// The bins between two frequencies, Hz.
    pub fn bins(&self, low: f64, high: f64) -> std::ops::Range<usize> {
        let bin = |hz: f64| ((hz / self.step).ceil() as usize).min(self.power.len());
        bin(low)..bin(high)
    }

    /// The power between two frequencies, Hz.
    pub fn sum(&self, low: f64, high: f64) -> f64 {
        self.power[self.bins(low, high)].iter().sum()
    }
}
