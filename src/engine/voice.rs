//! One sounding sample. Everything in it is a function of the absolute frame, its filters'
//! state by way of the frames before it, so that nothing audible depends on where blocks
//! begin and end.

use std::ops::Range;

use super::mix::{Line, Ramp, Run};
use super::tone::{Tone, Tools};
use crate::kit::SampleData;
use crate::words::{Hit, Slot};

/// A voice names its sample by place and index; it never owns one.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    /// The kit's place in the engine.
    pub place: usize,
    /// The sample's index in that kit.
    pub sample: u32,
    /// The slot whose sound it is.
    pub slot: Slot,
    /// The slot that was struck: another one where this sound stands in for it.
    pub struck: Slot,
    /// The MIDI note that struck it.
    pub note: u8,
    /// Its choke group in that kit, 0 for none.
    pub group: u8,
    /// How open the hi-hat was; 0 for everything else.
    pub openness: f32,
    /// Frame of its first sample.
    pub start: u64,
    /// First frame at which it no longer sounds.
    pub end: u64,
    /// Factors for left and right.
    pub gains: [f32; 2],
    /// The pair of outputs it sounds on, from 0.
    pub pair: usize,
    /// Factor of its send to the room.
    pub send: f32,
    /// What it goes through; `None` plays the recording as it is.
    pub tone: Option<Tone>,
    /// It was stolen and fades in one of the fade places.
    pub stolen: bool,
    /// Its end if nothing ends it sooner.
    whole: u64,
    /// What a hand or foot that let go has left of it.
    left: f32,
    fade: Option<Fade>,
}

#[derive(Debug, Clone, Copy)]
struct Fade {
    at: u64,
    frames: u32,
    from: f32,
    /// A hand or foot damps, and may let go.
    damps: bool,
}

/// A damping that is to be slower by less than this factor stays as it is: a pedal that
/// trembles would begin it again and again, and it would never end.
const SLOWER: f32 = 1.5;

impl Fade {
    /// The ramp from an absolute frame of the fade on.
    fn ramp(self, frame: u64) -> Ramp {
        let left = self.frames.saturating_sub(frame.saturating_sub(self.at) as u32);
        Ramp { from: self.from, left, total: self.frames }
    }
}

impl Voice {
    /// A voice that starts at `start`, in no choke group, struck on the slot whose sound it
    /// is, on the first pair of outputs.
    /// `tone`: what it goes through. `frames`: of its recording.
    /// Thread: audio callback; real-time.
    pub fn new(
        (place, sample): (usize, u32),
        slot: Slot,
        start: u64,
        frames: usize,
        tone: Option<Tone>,
    ) -> Self {
        let length = tone.map_or(frames as u64, |tone| tone.length(frames));
        let end = start.saturating_add(length);
        Self {
            place,
            sample,
            slot,
            struck: slot,
            note: Hit::NO_NOTE,
            group: 0,
            openness: 0.0,
            start,
            end,
            gains: [1.0; 2],
            pair: 0,
            send: 0.0,
            tone,
            stolen: false,
            whole: end,
            left: 1.0,
            fade: None,
        }
    }

    /// Whether it still sounds at a frame. Thread: audio callback; real-time.
    pub fn sounds_at(&self, frame: u64) -> bool {
        frame < self.end
    }

    /// Its fade's level at a frame: 1.0 before it, 0.0 after it. Thread: audio callback; real-time.
    pub fn fade_at(&self, frame: u64) -> f32 {
        match self.fade {
            Some(fade) if frame >= fade.at => {
                let left = u64::from(fade.frames).saturating_sub(frame - fade.at);
                fade.from * (left as f32 / fade.frames as f32)
            }
            _ => 1.0,
        }
    }

    /// What fades and hands have left of it at a frame. Thread: audio callback; real-time.
    fn remains_at(&self, frame: u64) -> f32 {
        self.left * self.fade_at(frame)
    }

    /// How loud it is at a frame: fade × gain × the recording's stored envelope.
    /// Thread: audio callback; real-time.
    pub fn level_at(&self, frame: u64, sample: &SampleData) -> f32 {
        let [left, right] = self.gains;
        let since = frame.saturating_sub(self.start);
        let own = match &self.tone {
            Some(tone) => tone.level_at(since, sample),
            None => sample.level_at(since),
        };
        self.remains_at(frame) * left.max(right) * own
    }

    /// Fades it out from `at` within `frames` (at least 1). A fade that would end sooner
    /// stays. Everything before `at` must have been mixed. Thread: audio callback; real-time.
    pub fn fade_out(&mut self, at: u64, frames: u32) {
        let end = at.saturating_add(u64::from(frames.max(1)));
        if let Some(fade) = self.fade.as_mut()
            && fade.at + u64::from(fade.frames) <= end
        {
            // a hand that lets go would bring it back
            fade.damps = false;
            return;
        }
        let from = self.fade_at(at);
        self.fade = Some(Fade { at, frames: frames.max(1), from, damps: false });
        self.end = self.end.min(end);
    }

    /// Whether [`Voice::damp`] would change anything. Thread: audio callback; real-time.
    pub fn is_damped_otherwise(&self, at: u64, frames: Option<u32>) -> bool {
        match (self.fade, frames) {
            (None, frames) => frames.is_some(),
            (Some(fade), _) if !fade.damps => false,
            (Some(_), None) => true,
            (Some(fade), Some(frames)) => {
                let sooner = at + u64::from(frames.max(1)) < fade.at + u64::from(fade.frames);
                sooner || frames as f32 > SLOWER * fade.frames as f32
            }
        }
    }

    /// A hand or foot touches it at `at` so that it falls silent in `frames` (at least 1),
    /// or lets go: then it rings on as loud as it is. A voice that fades for another
    /// reason does so. Everything before `at` must have been mixed.
    /// Thread: audio callback; real-time.
    pub fn damp(&mut self, at: u64, frames: Option<u32>) {
        if !self.is_damped_otherwise(at, frames) {
            return;
        }
        let from = self.fade_at(at);
        match frames {
            Some(frames) => {
                let frames = frames.max(1);
                self.fade = Some(Fade { at, frames, from, damps: true });
                self.end = self.whole.min(at.saturating_add(u64::from(frames)));
            }
            None => {
                self.left *= from;
                self.fade = None;
                self.end = self.whole;
            }
        }
    }

    /// The part of `frames` frames from the absolute frame `from` on in which it sounds at
    /// all, and of that the first frame at which it fades.
    fn sounding(&self, from: u64, frames: usize) -> (Range<u64>, u64) {
        let to = from.saturating_add(frames as u64).min(self.end);
        let begin = from.max(self.start).min(to);
        (begin..to, self.fade.map_or(to, |fade| fade.at.clamp(begin, to)))
    }

    /// Adds a recording that plays as it is to `out`, whose first frame is the absolute
    /// frame `from`, at once or with the run's next flush. `gains`: factors for left and
    /// right. Thread: audio callback; real-time.
    #[inline]
    pub fn mix<'a>(
        &self,
        sample: &'a SampleData,
        gains: [f32; 2],
        from: u64,
        out: &mut [f32],
        run: &mut Run<'a>,
    ) {
        let frames = out.len() / 2;
        let gains = gains.map(|gain| gain * self.left);
        let through = self.start <= from && self.end.saturating_sub(from) >= frames as u64;
        if through && self.fade.is_none() {
            let line = Line::new(sample, (from - self.start) as usize, frames, gains);
            return run.add(line, out);
        }
        self.mix_ends(sample, gains, from, out, run);
    }

    /// As [`Voice::mix`], where it starts, ends or fades within `out`: few voices do in a block.
    fn mix_ends<'a>(
        &self,
        sample: &'a SampleData,
        gains: [f32; 2],
        from: u64,
        out: &mut [f32],
        run: &mut Run<'a>,
    ) {
        let (part, turn) = self.sounding(from, out.len() / 2);
        let first = |frame: u64| (frame - self.start) as usize;
        if part.start < turn {
            let frames = (turn - part.start) as usize;
            let line = Line::new(sample, first(part.start), frames, gains);
            if 2 * frames == out.len() {
                run.add(line, out);
            } else {
                run.add_part(line, (part.start - from) as usize, out);
            }
        }
        if let Some(fade) = self.fade.filter(|_| turn < part.end) {
            let line = Line::new(sample, first(turn), (part.end - turn) as usize, gains);
            run.add_fading(line, fade.ramp(turn), (turn - from) as usize, out);
        }
    }

    /// Fills the beginning of `scratch` with the shaped voice's part of `frames` frames from
    /// the absolute frame `from` on; how many frames later the part begins, and its
    /// frames. `None` where it is silent. Frames must be asked for in turn, each once.
    /// Thread: audio callback; real-time.
    pub fn shaped<'s>(
        &mut self,
        sample: &SampleData,
        from: u64,
        frames: usize,
        tools: Tools,
        scratch: &'s mut [f32],
    ) -> Option<(usize, &'s [f32])> {
        let (part, turn) = self.sounding(from, frames);
        let out = scratch.get_mut(..2 * part.end.saturating_sub(part.start) as usize)?;
        let tone = self.tone.as_mut().filter(|_| !out.is_empty())?;
        tone.fill((sample, self.gains), part.start - self.start, tools, out);
        if self.left < 1.0 {
            out.iter_mut().for_each(|x| *x *= self.left);
        }
        if let Some(fade) = self.fade {
            let out = out.get_mut(2 * (turn - part.start) as usize..).unwrap_or_default();
            fade.ramp(turn).apply(out);
        }
        Some(((part.start - from) as usize, out))
    }
}

#[cfg(test)]
mod tests {
    use super::super::mix::Isa;
    use super::*;
    use crate::kit::sample::Frames;

    fn ones(n: usize) -> SampleData {
        SampleData::new(Frames::MonoF32(vec![1.0; n].into()), 1.0, 1.0)
    }
    fn mixed(voice: &Voice, n: usize) -> Vec<f32> {
        let mut out = vec![0.0; 2 * n];
        let sample = ones(100);
        let mut run = Run::new(Isa::best());
        voice.mix(&sample, [1.0; 2], 0, &mut out, &mut run);
        run.flush(&mut out);
        out.chunks_exact(2).map(|f| f[0]).collect()
    }

    #[test]
    fn a_fade_of_four_frames_falls_in_quarters_and_ends_the_voice() {
        let mut voice = Voice::new((0, 0), Slot::KICK, 1, 100, None);
        voice.fade_out(2, 4);
        assert_eq!(mixed(&voice, 8), [0.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]);
        assert!(voice.sounds_at(5) && !voice.sounds_at(6));
    }

    #[test]
    fn a_second_slower_fade_does_not_lift_the_first() {
        let mut voice = Voice::new((0, 0), Slot::KICK, 0, 100, None);
        voice.fade_out(0, 4);
        voice.fade_out(2, 50);
        assert_eq!(voice.end, 4);
        voice.fade_out(2, 1);
        assert_eq!(voice.end, 3);
        assert_eq!(voice.fade_at(2), 0.5, "it goes on from where it was");
    }
}
