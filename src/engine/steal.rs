//! Whose place a new voice takes where all are taken. What other rules cost is measured in
//! docs/feel.md.

use super::Engine;
use super::voice::Voice;
use crate::words::Slot;
use crate::words::limits::FADES;

/// A voice weighs what is heard of it at once and these ms later: a hat that a foot is
/// closing is nothing then, and a crash that only begins to swell is loud. Looking further
/// ahead was measured to gain nothing.
pub(super) const WEIGHED_MS: [u32; 3] = [0, 100, 200];
/// Part of the power of all voices, −50 dB, below which nobody hears that a voice is missing.
const UNHEARD: f32 = 1e-5;

/// A voice that may be stolen.
#[derive(Debug, Clone, Copy)]
struct Tail {
    index: usize,
    /// In its first milliseconds.
    young: bool,
    power: f32,
}

impl Tail {
    /// The one to steal: what is not young before what is, then the quieter; the older of equals.
    fn or(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if (other.young, other.power) <= (self.young, self.power) => other,
            _ => self,
        }
    }
}

/// The voices of a slot.
#[derive(Debug, Clone, Copy, Default)]
struct Own {
    count: usize,
    /// Of those that are not young.
    quietest: Option<Tail>,
}

impl Engine {
    /// Fades a voice to make room for a new one: the quietest of all, sparing attacks where
    /// there is anything else. Where even that one would be missed, and one sound has more than
    /// half of the places (a roll on a cymbal), that sound gives up its own quietest tail: its
    /// newer strokes cover it.
    pub(super) fn steal(&mut self, frame: u64, out: &mut [f32]) {
        self.mix_to(frame, out);
        self.free_a_fade(frame);
        let mut quietest: Option<Tail> = None;
        let mut total = 0.0;
        let mut slots = [Own::default(); Slot::COUNT];
        let mut crowd = None;
        for (index, voice) in self.voices.iter().enumerate() {
            if voice.stolen || !voice.sounds_at(frame) {
                continue;
            }
            let young = frame.saturating_sub(voice.start) < self.times.attack;
            let tail = Tail { index, young, power: self.power_ahead(voice, frame) };
            quietest = Some(tail.or(quietest));
            total += tail.power;
            if let Some(own) = slots.get_mut(voice.slot.index()) {
                own.count += 1;
                if !young {
                    own.quietest = Some(tail.or(own.quietest));
                }
                if 2 * own.count > self.max_voices {
                    crowd = Some(voice.slot);
                }
            }
        }
        let own = crowd.and_then(|slot| slots.get(slot.index())?.quietest);
        let victim = match quietest {
            Some(tail) if tail.power > UNHEARD * total => own.or(quietest),
            _ => quietest,
        };
        if let Some(voice) = victim.and_then(|tail| self.voices.get_mut(tail.index)) {
            voice.stolen = true;
            voice.fade_out(frame, self.times.fast);
            self.meters.stolen.add();
        }
    }

    /// What a voice weighs (see [`WEIGHED_MS`]).
    fn power_ahead(&self, voice: &Voice, frame: u64) -> f32 {
        let Some(sample) = self.places.sample(voice) else { return 0.0 };
        let mut power = 0.0;
        for after in self.times.weighed {
            let level = voice.level_at(frame.saturating_add(after), sample);
            power += level * level;
        }
        power
    }

    /// Ends the most faded of the stolen voices where all fade places are taken.
    fn free_a_fade(&mut self, frame: u64) {
        let fading = |v: &&mut Voice| v.stolen && v.sounds_at(frame);
        if self.voices.iter().filter(|v| v.stolen && v.sounds_at(frame)).count() < FADES {
            return;
        }
        let faded = |a: &&mut Voice, b: &&mut Voice| a.fade_at(frame).total_cmp(&b.fade_at(frame));
        if let Some(voice) = self.voices.iter_mut().filter(fading).min_by(faded) {
            voice.end = frame;
            self.meters.fades_cut.add();
        }
    }
}
