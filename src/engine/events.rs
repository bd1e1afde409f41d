//! What an event from a pad or a pedal does.

use super::Engine;
use super::tone::Tone;
use super::voice::Voice;
use crate::words::{Event, EventKind, Slot, When};

impl Engine {
    /// Takes the next event of a source, whose frame has come.
    pub(super) fn event(&mut self, frame: u64, source: usize, out: &mut [f32]) {
        let Some(event) = self.ports.sources.get_mut(source).and_then(|ring| ring.pop().ok())
        else {
            return;
        };
        if let (When::Nanos(_), Some(takes)) = (event.when, self.takes.get_mut(source)) {
            *takes = takes.saturating_sub(1);
        }
        self.ports.tell_movement(source, &event.kind);
        match event.kind {
            EventKind::Hit(hit) => {
                self.count_lateness(&event);
                self.hit(frame, source, &event, hit, out);
            }
            EventKind::Choke { slot, grip } => self.grab(frame, slot, grip, out),
            EventKind::Held { hit, why } => self.held_back(&hit, source, event.when, why),
            EventKind::Pedal(openness) => self.close_hihat(frame, openness, out),
            EventKind::NoteOff { slot, note } => self.release(frame, (slot, note), out),
        }
    }

    fn count_lateness(&self, event: &Event) {
        let wanted = match event.when {
            When::Frame(frame) => frame,
            When::Nanos(time) => self.clock.frame_of(time),
            When::Now => return,
        };
        if wanted < self.now {
            self.meters.late.add();
        }
    }

    /// Ends the voices of a note as their kits ask for; most do not.
    fn release(&mut self, frame: u64, of: (Slot, u8), out: &mut [f32]) {
        let ends = |v: &Voice| {
            let release = v.tone.as_ref().and_then(Tone::release);
            release.filter(|_| (v.struck, v.note) == of && v.sounds_at(frame))
        };
        if !self.voices.iter().any(|v| ends(v).is_some()) {
            return;
        }
        self.mix_to(frame, out);
        for voice in self.voices.iter_mut() {
            if let Some(frames) = ends(voice) {
                voice.fade_out(frame, frames);
            }
        }
    }
}
