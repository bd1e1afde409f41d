//! From strokes to recordings: loudness levels, an end in silence, 16-bit WAV.

use std::io::Cursor;

use super::RATE;
use super::math::{exp, from_db};
use super::osc::{FRAME, Noise};

/// A recording ends where it stays below this, dBFS: some 65 dB under the loudest stroke.
const END_DB: f64 = -74.0;
/// The part of a recording over which it fades to nothing at its end.
const FADE: f64 = 0.2;
/// Silent frames at the very end.
const REST: usize = 16;

/// One stroke: how hard it is, and which of the equally hard ones.
#[derive(Debug, Clone, Copy)]
pub struct Stroke {
    /// 0: the softest.
    pub level: usize,
    /// 0: the first of this level.
    pub variation: usize,
    /// Velocity ÷ 127 of the blow, above 0, at most 1.
    pub hardness: f64,
}

impl Stroke {
    /// A number of its own for each stroke on one instrument.
    pub fn stream(self) -> u64 {
        (16 * self.level + self.variation) as u64
    }

    /// Chance of its own for an instrument.
    pub fn noise(self, instrument: u64) -> Noise {
        Noise::new(instrument, self.stream())
    }
}

/// What a stroke sounds like, at [`RATE`]: one channel, or left and right of one length.
/// Levels are free: a recording is brought to the loudness of its level afterwards.
#[derive(Debug, Clone)]
pub struct Sound {
    /// One or two channels.
    pub channels: Vec<Vec<f64>>,
}

impl From<Vec<f64>> for Sound {
    fn from(mono: Vec<f64>) -> Self {
        Self { channels: vec![mono] }
    }
}

impl From<[Vec<f64>; 2]> for Sound {
    fn from(stereo: [Vec<f64>; 2]) -> Self {
        Self { channels: stereo.into() }
    }
}

impl Sound {
    fn peak(&self) -> f64 {
        self.channels.iter().flatten().fold(0.0, |m, x| m.max(x.abs()))
    }

    /// The loudest of the channels at each frame.
    fn outline(&self) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator {
        let frames = self.channels[0].len();
        (0..frames).map(|n| self.channels.iter().fold(0.0f64, |m, c| m.max(c[n].abs())))
    }

    /// Linear RMS of the 50 ms after the onset, the first frame above −40 dB of the peak:
    /// the measure by which the engine scales recordings too.
    fn attack_loudness(&self) -> f64 {
        let threshold = 0.01 * self.peak();
        let onset = self.outline().position(|x| x > threshold).unwrap_or(0);
        let powers: Vec<f64> = (onset..self.channels[0].len().min(onset + RATE as usize / 20))
            .map(|n| self.channels.iter().map(|c| c[n] * c[n]).sum::<f64>())
            .collect();
        let count = powers.len() * self.channels.len();
        (powers.iter().sum::<f64>() / count as f64).sqrt()
    }

    fn scale(&mut self, gain: f64) {
        self.channels.iter_mut().flatten().for_each(|x| *x *= gain);
    }

    /// Takes out what stands still: a first-order high-pass at 12 Hz.
    fn block_dc(&mut self) {
        let r = exp(-std::f64::consts::TAU * 12.0 * FRAME);
        for channel in &mut self.channels {
            let (mut before, mut y) = (0.0, 0.0);
            for x in channel {
                y = *x - before + r * y;
                before = *x;
                *x = y;
            }
        }
    }

    /// Cuts a recording off where nothing is heard of it any more, with a fade to silence.
    fn end(&mut self) {
        let floor = from_db(END_DB);
        let heard = self.outline().rposition(|x| x > floor).map_or(0, |last| last + 1);
        let fade = (FADE * heard as f64) as usize;
        for channel in &mut self.channels {
            channel.truncate(heard);
            for (n, x) in channel.iter_mut().rev().take(fade).enumerate() {
                let part = n as f64 / fade as f64;
                *x *= part * part * (3.0 - 2.0 * part);
            }
            channel.resize(heard + REST, 0.0);
        }
    }

    /// 16-bit WAV. Without dither: the modes and noises of a drum are enough of it.
    fn wav(&self) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels: self.channels.len() as u16,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let frames = self.channels[0].len();
        let values = frames * self.channels.len();
        let mut bytes = Cursor::new(Vec::with_capacity(2 * values + 44));
        let written = hound::WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
            let mut block = writer.get_i16_writer(values as u32);
            for n in 0..frames {
                self.channels
                    .iter()
                    .for_each(|c| block.write_sample((c[n] * 32768.0).round() as i16));
            }
            block.flush()?;
            writer.finalize()
        });
        debug_assert!(written.is_ok(), "a Vec takes every byte: {written:?}");
        bytes.into_inner()
    }
}

/// What is recorded of one way to strike one instrument.
#[derive(Debug, Clone, Copy)]
pub struct Instrument {
    /// Its folder inside the kit, with `/` between folders.
    pub folder: &'static str,
    /// Loudness levels. They are evenly spaced in dB; the hardest has `hardness` 1.
    pub levels: usize,
    /// How many different strokes there are of each level.
    pub variations: usize,
    /// Loudness of the softest level below the hardest, dB, as a positive number.
    pub range_db: f64,
    /// Peak of the first hardest stroke, dBFS. These numbers are the balance of a kit.
    pub peak_db: f64,
    /// Makes a stroke.
    pub play: fn(Stroke) -> Sound,
}

impl Instrument {
    /// Level and variation of each recording, from soft to hard.
    pub fn strokes(&self) -> impl Iterator<Item = Stroke> + use<> {
        let Self { levels, variations, .. } = *self;
        let of = self.hardnesses();
        (0..levels * variations).map(move |i| {
            let (level, variation) = (i / variations, i % variations);
            Stroke { level, variation, hardness: of(level) }
        })
    }

    /// The hardness of each level: loudness follows (velocity ÷ 127)², so a level `x` dB
    /// below the hardest is what a velocity of 127·10^(−x ÷ 40) asks for.
    fn hardnesses(&self) -> impl Fn(usize) -> f64 + use<> {
        let below = self.below();
        move |level| from_db(-0.5 * below(level))
    }

    /// dB of a level below the hardest.
    fn below(&self) -> impl Fn(usize) -> f64 + use<> {
        let Self { levels, range_db, .. } = *self;
        move |level| range_db * (levels - 1 - level) as f64 / (levels.max(2) - 1) as f64
    }

    /// The path of a stroke's recording inside the kit: `snare/v3_rr2.wav`.
    pub fn path(&self, stroke: Stroke) -> String {
        format!("{}/v{}_rr{}.wav", self.folder, stroke.level + 1, stroke.variation + 1)
    }

    fn played(&self, stroke: Stroke) -> Sound {
        let mut sound = (self.play)(stroke);
        sound.block_dc();
        sound
    }

    /// Loudness of the hardest level, linear: that at which its first stroke has the peak
    /// that is asked for.
    pub fn loudness(&self) -> f64 {
        let level = self.levels - 1;
        let hardest = self.played(Stroke { level, variation: 0, hardness: 1.0 });
        hardest.attack_loudness() / hardest.peak() * from_db(self.peak_db)
    }

    /// The WAV file of a stroke. `loudness`: what [`Instrument::loudness`] says.
    pub fn recording(&self, stroke: Stroke, loudness: f64) -> Vec<u8> {
        let mut sound = self.played(stroke);
        let wanted = loudness * from_db(-self.below()(stroke.level));
        sound.scale(wanted / sound.attack_loudness());
        sound.end();
        sound.wav()
    }
}
