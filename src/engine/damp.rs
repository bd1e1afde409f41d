//! Hands, feet and choke groups: what ends a ringing voice before its recording does.

use super::Engine;
use super::voice::Voice;
use crate::words::{Slot, SlotSet};

/// A hi-hat stroke this much more closed than a ringing one ends it (decision 16).
const CLOSING: f32 = 0.1;

/// 0..=1; anything that is no number becomes 0. Thread: audio callback; real-time.
pub fn unit(x: f32) -> f32 {
    if x > 0.0 { x.min(1.0) } else { 0.0 }
}

impl Engine {
    /// The pedal stands at this openness, by its own word or by that of a stroke. Hats that
    /// ring more open are damped in the time that two cymbals so far apart ring; hats that
    /// it has let go of again ring on as loud as they are.
    pub(super) fn close_hihat(&mut self, frame: u64, openness: f32, out: &mut [f32]) {
        let openness = unit(openness);
        let frames = self.damping.pedal(openness);
        let hat = |v: &Voice| v.slot.is_hihat();
        self.damp_where(frame, out, hat, |v| (v.openness > openness + CLOSING).then_some(frames));
    }

    /// A pad is held by a grip of 0 (let go) to 1: the pad that was struck, whichever sound
    /// stood in for its own.
    pub(super) fn grab(&mut self, frame: u64, slot: Slot, grip: f32, out: &mut [f32]) {
        let pad = slot.pad();
        let held = |v: &Voice| v.struck.pad() == pad;
        match self.damping.hand(unit(grip)) {
            Some((frames, false)) => self.fade_where(frame, frames, out, held),
            Some((frames, true)) => self.damp_where(frame, out, held, |_| Some(frames)),
            // a pedal that stands closed keeps its hats
            None => self.damp_where(frame, out, |v| held(v) && !v.slot.is_hihat(), |_| None),
        }
    }

    /// Ends what a new voice chokes: the others of its group, the slots that its kit directs it
    /// at, and its own earlier strokes where the kit says so. The hi-hat's own strokes are left
    /// to [`Engine::close_hihat`]: an equally open one does not choke.
    pub(super) fn choke_others(
        &mut self,
        frame: u64,
        new: &Voice,
        choke_self: bool,
        chokes: SlotSet,
        out: &mut [f32],
    ) {
        if new.group == 0 && !choke_self && chokes.is_empty() {
            return;
        }
        self.fade_where(frame, self.damping.group, out, |v| {
            let both_hihat = v.slot.is_hihat() && new.slot.is_hihat();
            let same = v.slot == new.slot && v.place == new.place;
            let grouped = new.group != 0 && v.group == new.group && v.place == new.place;
            let directed = chokes.has(v.slot) && v.place == new.place;
            if same { choke_self } else { directed || grouped && !both_hihat }
        });
    }

    /// Fades every sounding voice that `which` picks.
    pub(super) fn fade_where(
        &mut self,
        frame: u64,
        frames: u32,
        out: &mut [f32],
        which: impl Fn(&Voice) -> bool,
    ) {
        if self.voices.iter().any(|v| v.sounds_at(frame) && which(v)) {
            self.mix_to(frame, out);
        }
        for voice in self.voices.iter_mut().filter(|v| v.sounds_at(frame) && which(v)) {
            voice.fade_out(frame, frames);
        }
    }

    /// Damps every sounding voice that `which` picks within `frames` of it, or lets it ring
    /// on where that is `None`.
    fn damp_where(
        &mut self,
        frame: u64,
        out: &mut [f32],
        which: impl Fn(&Voice) -> bool,
        frames: impl Fn(&Voice) -> Option<u32>,
    ) {
        let moved =
            |v: &Voice| v.sounds_at(frame) && which(v) && v.is_damped_otherwise(frame, frames(v));
        if !self.voices.iter().any(moved) {
            return;
        }
        self.mix_to(frame, out);
        for voice in self.voices.iter_mut().filter(|v| moved(v)) {
            voice.damp(frame, frames(voice));
        }
    }
}
