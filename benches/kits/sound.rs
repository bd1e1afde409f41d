//! A recording in memory, however it is stored.

use std::f64::consts::TAU;
use std::path::Path;

/// Frames of one or more channels, full scale 1.
#[derive(Debug, Clone)]
pub struct Sound {
    /// Frames a second.
    pub rate: f64,
    /// Of one length.
    pub channels: Vec<Vec<f64>>,
}

impl Sound {
    /// Reads a WAV file of integers of 8 to 32 bits or floats, of any rate.
    pub fn read(path: &Path) -> Result<Self, String> {
        let named = |e: hound::Error| format!("{}: {e}", path.display());
        let mut reader = hound::WavReader::open(path).map_err(named)?;
        let spec = reader.spec();
        let values: Vec<f64> = match spec.sample_format {
            hound::SampleFormat::Float => {
                reader.samples::<f32>().map(|x| x.map(f64::from)).collect::<Result<_, _>>()
            }
            hound::SampleFormat::Int => {
                let full = f64::from(1u32 << (spec.bits_per_sample - 1));
                reader
                    .samples::<i32>()
                    .map(|x| x.map(|x| f64::from(x) / full))
                    .collect::<Result<_, _>>()
            }
        }
        .map_err(named)?;
        let count = usize::from(spec.channels);
        let channel = |c| values.iter().skip(c).step_by(count).copied().collect();
        let sound = Self {
            rate: f64::from(spec.sample_rate),
            channels: (0..count.min(2)).map(channel).collect(),
        };
        if sound.peak() == 0.0 {
            return Err(format!("{}: silent", path.display()));
        }
        Ok(sound)
    }

    /// Frames.
    pub fn len(&self) -> usize {
        self.channels[0].len()
    }

    /// The larger of the channels at each frame, as a magnitude.
    pub fn outline(&self) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator {
        (0..self.len()).map(|n| self.channels.iter().fold(0.0f64, |m, c| m.max(c[n].abs())))
    }

    /// The largest magnitude.
    pub fn peak(&self) -> f64 {
        self.outline().fold(0.0, f64::max)
    }

    /// The first frame above −40 dB of the peak: what the engine calls the onset.
    pub fn onset(&self) -> usize {
        let threshold = 0.01 * self.peak();
        self.outline().position(|x| x > threshold).unwrap_or(0)
    }

    /// One frame past the last one above −96 dB of the peak: silence that a file is filled
    /// up with says nothing about a decay.
    pub fn end(&self) -> usize {
        let threshold = self.peak() * 10f64.powf(-96.0 / 20.0);
        self.outline().rposition(|x| x > threshold).map_or(0, |last| last + 1)
    }

    /// So many seconds, in frames.
    pub fn frames(&self, seconds: f64) -> usize {
        (seconds * self.rate).round() as usize
    }

    /// Mean power per channel of a stretch, which may reach past the end.
    pub fn power(&self, from: usize, frames: usize) -> f64 {
        let to = self.len().min(from + frames);
        let sum: f64 = self.channels.iter().flat_map(|c| &c[from..to]).map(|x| x * x).sum();
        sum / ((to - from).max(1) * self.channels.len()) as f64
    }
}

/// dB of a ratio of amplitudes.
pub fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// dB of a ratio of powers.
pub fn power_db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// A second-order section of a filter in direct form.
#[derive(Debug, Clone, Copy)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

impl Biquad {
    /// Low- or high-pass of this corner, Hz, and Q (R. Bristow-Johnson, Cookbook formulae for
    /// audio EQ biquad filter coefficients).
    fn pass(high: bool, corner: f64, q: f64, rate: f64) -> Self {
        let w = TAU * corner / rate;
        let (cos, alpha) = (w.cos(), w.sin() / (2.0 * q));
        let (edge, middle) =
            if high { ((1.0 + cos) / 2.0, -1.0 - cos) } else { ((1.0 - cos) / 2.0, 1.0 - cos) };
        let norm = 1.0 + alpha;
        Self {
            b: [edge / norm, middle / norm, edge / norm],
            a: [-2.0 * cos / norm, (1.0 - alpha) / norm],
        }
    }

    fn run<'a>(self, frames: impl Iterator<Item = &'a mut f64>) {
        let (mut s1, mut s2) = (0.0, 0.0);
        for x in frames {
            let y = self.b[0] * *x + s1;
            s1 = self.b[1] * *x - self.a[0] * y + s2;
            s2 = self.b[2] * *x - self.a[1] * y;
            *x = y;
        }
    }
}

/// Qs of the two sections of a Butterworth filter of fourth order.
const BUTTERWORTH: [f64; 2] = [0.541_196_100_146_197, 1.306_562_964_876_376_5];

/// Leaves the band between two frequencies, Hz, by a high- and a low-pass of 24 dB an octave
/// (no low-pass where it would lie above 0.45 of the rate). Runs backwards in time: then the
/// filter rings before the onset and not into the decay (ISO 3382-2, 7.3).
pub fn band(frames: &mut [f64], low: f64, high: f64, rate: f64) {
    for q in BUTTERWORTH {
        Biquad::pass(true, low, q, rate).run(frames.iter_mut().rev());
        if high < 0.45 * rate {
            Biquad::pass(false, high, q, rate).run(frames.iter_mut().rev());
        }
    }
}
