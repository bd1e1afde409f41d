//! What a voice goes through that does not play its recording as it is: tuned, enveloped,
//! filtered.

use super::dsp::envelope::Envelope;
use super::dsp::filter::{Filter, Pass};
use super::mix::sinc::{self, Sinc, UNITY};
use super::mix::{Isa, Line};
use crate::kit::SampleData;
use crate::kit::shape::Shape;

/// What all voices are made with.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// Weights for recordings that are tuned.
    pub sinc: &'a Sinc,
    /// What the processor can do.
    pub isa: Isa,
}

/// How one voice is shaped. Its state is that of the frames that were asked for in turn.
#[derive(Debug, Clone, Copy)]
pub struct Tone {
    step: u64,
    envelope: Option<Envelope>,
    filters: [Option<Filter>; 2],
}

impl Tone {
    /// The shape of a stroke (velocity 1..=127, position 0..=1) that is tuned by so many
    /// semitones beside what the shape does; `None` where nothing is left to do.
    /// Thread: audio callback; real-time.
    pub fn of(shape: &Shape, velocity: f32, position: f32, tune: f32, rate: u32) -> Option<Self> {
        let step = sinc::step(tune + shape.tuned_by(velocity));
        let filter = |pass, cutoff: &crate::kit::shape::Cutoff| {
            Filter::new(pass, cutoff.hz(velocity, position), Filter::FLAT, rate)
        };
        let tone = Self {
            step,
            envelope: shape.envelope.as_ref().map(|envelope| Envelope::new(envelope, rate)),
            filters: [
                shape.lowpass.as_ref().map(|cutoff| filter(Pass::Low, cutoff)),
                shape.highpass.as_ref().map(|cutoff| filter(Pass::High, cutoff)),
            ],
        };
        let plain = step == UNITY && tone.envelope.is_none() && tone.filters == [None; 2];
        (!plain).then_some(tone)
    }

    /// Frames that a recording of `frames` frames lasts. Thread: audio callback; real-time.
    pub fn length(&self, frames: usize) -> u64 {
        let length = sinc::length(frames, self.step);
        self.envelope.and_then(|e| e.end()).map_or(length, |end| end.min(length))
    }

    /// How loud it is at a frame after its start: the envelope × the recording's own.
    /// Thread: audio callback; real-time.
    pub fn level_at(&self, frame: u64, sample: &SampleData) -> f32 {
        let level = self.envelope.map_or(1.0, |envelope| envelope.level_at(frame));
        level * sample.level_at(sinc::place(frame, self.step) >> 32)
    }

    /// Frames in which a note-off ends it; `None` where a note-off does nothing.
    /// Thread: audio callback; real-time.
    pub fn release(&self) -> Option<u32> {
        self.envelope.and_then(|envelope| envelope.release())
    }

    /// Fills `out`, interleaved stereo, with the voice's frames from `first` after its
    /// start on. They must be asked for in turn. Thread: audio callback; real-time.
    pub fn fill(
        &mut self,
        (sample, gains): (&SampleData, [f32; 2]),
        first: u64,
        tools: Tools,
        out: &mut [f32],
    ) {
        out.fill(0.0);
        if self.step == UNITY {
            let line = Line::new(sample, first as usize, out.len() / 2, gains);
            let out = out.get_mut(..2 * line.frames()).unwrap_or_default();
            tools.isa.add_lines(&[line], out);
        } else {
            tools.sinc.add(tools.isa, sample, first, self.step, gains, out);
        }
        if let Some(envelope) = &self.envelope {
            envelope.apply(first, out);
        }
        for filter in self.filters.iter_mut().flatten() {
            filter.process(out);
        }
    }
}
