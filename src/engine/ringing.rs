//! What sounds, told to whoever measures it.

use super::Engine;
use crate::words::Slot;

/// A voice that sounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ringing {
    /// The slot whose sound it is.
    pub slot: Slot,
    /// The slot that was struck: another one where this sound stands in for it.
    pub struck: Slot,
    /// How open the hi-hat was, 0 closed … 1 open; 0 for everything else.
    pub openness: f32,
    /// Absolute frame of its first sample.
    pub start: u64,
    /// First absolute frame at which it no longer sounds, if nothing ends it sooner.
    pub end: u64,
    /// The sample's index in its kit.
    pub sample: u32,
    /// Factors for left and right.
    pub gains: [f32; 2],
    /// How loud it is now, linear: fade × gain × the recording's stored envelope.
    pub level: f32,
    /// It was stolen and is on its way out.
    pub stolen: bool,
}

impl Engine {
    /// Every voice that sounds at [`Engine::position`], those of older hits first.
    /// Thread: the driver's, between blocks.
    pub fn ringing(&self) -> impl Iterator<Item = Ringing> {
        let now = self.now;
        self.voices.iter().filter(move |v| v.sounds_at(now)).map(move |voice| Ringing {
            slot: voice.slot,
            struck: voice.struck,
            openness: voice.openness,
            start: voice.start,
            end: voice.end,
            sample: voice.sample,
            gains: voice.gains,
            level: self.places.sample(voice).map_or(0.0, |s| voice.level_at(now, s)),
            stolen: voice.stolen,
        })
    }
}
