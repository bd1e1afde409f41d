//! Which hits nobody played: retriggers, the hand on a cymbal, the stick on the pedal.

use crate::maps::NoteMap;
use crate::words::{HeldBack, Hit, Slot, When};

/// A hand does not rattle at a cymbal for longer than this after it has taken hold; where the
/// message of letting go is lost, or never sent, the pad plays softly again after it.
const GRAB_MS: f64 = 1000.0;

/// A chick softer than this, so soon after a stroke on the open hi-hat and with the pedal
/// not closed, is the stick's (corrados/edrumulus#145: the stroke presses the upper cymbal on
/// the pedal's sensor, and the chick mutes what was just struck; a threshold of 6 of 31
/// cured most of it). Of 32 085 chicks in the Groove MIDI Dataset 504 are softer than 20. If
/// the foot does close, its controller says so, and ends what rings without the chick.
const STOMP_BELOW: f32 = 20.0;
/// See [`STOMP_BELOW`].
const STOMP_MS: f64 = 100.0;
/// More open than this the cymbals are apart.
const APART: f32 = 0.1;

/// What a port has sent that makes its next hits doubtful.
#[derive(Debug)]
pub(super) struct Guard {
    /// Retrigger masks in milliseconds, by slot.
    masks: Vec<f32>,
    mask_below: f32,
    grab_below: f32,
    /// When each slot was last struck, and how hard.
    struck: Vec<Option<(When, f32)>>,
    /// Since when each pad is held, by its first slot.
    held: Vec<Option<When>>,
    /// The last stroke on a hi-hat that was open.
    opened: Option<When>,
}

impl Guard {
    pub(super) fn new(map: &NoteMap) -> Self {
        Self {
            masks: Slot::all().map(|slot| map.mask_of(slot)).collect(),
            mask_below: map.mask_below,
            grab_below: map.grab_below,
            struck: vec![None; Slot::COUNT],
            held: vec![None; Slot::COUNT],
            opened: None,
        }
    }

    /// Another mask for those slots that `mask` has one for.
    pub(super) fn set_masks(&mut self, mask: impl Fn(Slot) -> Option<f32>) {
        for (slot, own) in Slot::all().zip(&mut self.masks) {
            *own = mask(slot).unwrap_or(*own);
        }
    }

    /// A hand takes hold of a pad, or lets go.
    pub(super) fn grip(&mut self, slot: Slot, grip: f32, when: When) {
        if let Some(held) = self.held.get_mut(slot.pad().index()) {
            *held = (grip > 0.0).then_some(when);
        }
    }

    /// Why a hit is not played, if it is not; else it is the last one from now on. `pedal`: how
    /// open the pedal stands.
    pub(super) fn holds(
        &mut self,
        hit: &Hit,
        pedal: Option<f32>,
        when: When,
        rate: f64,
    ) -> Option<HeldBack> {
        let within = |before: When, ms: f64| {
            super::millis_between(before, when, rate).is_some_and(|since| since < ms)
        };
        let held = self.held.get(hit.slot.pad().index()).copied().flatten();
        if hit.velocity < self.grab_below && held.is_some_and(|since| within(since, GRAB_MS)) {
            return Some(HeldBack::Grab);
        }
        let mask = self.masks.get(hit.slot.index()).copied().unwrap_or(0.0);
        let struck = self.struck.get_mut(hit.slot.index())?;
        // From the last hit that sounded: a mask that held itself up would swallow a roll.
        if let Some((before, velocity)) = *struck
            && within(before, f64::from(mask))
            && hit.velocity < self.mask_below * velocity
        {
            return Some(HeldBack::Retrigger);
        }
        let foot = hit.slot == Slot::HIHAT_PEDAL;
        if foot
            && hit.velocity < STOMP_BELOW
            && pedal.is_some_and(|openness| openness > APART)
            && self.opened.is_some_and(|before| within(before, STOMP_MS))
        {
            return Some(HeldBack::Stomp);
        }
        *struck = Some((when, hit.velocity));
        if hit.slot.is_hihat() && !foot && hit.openness > APART {
            self.opened = Some(when);
        }
        None
    }
}

#[cfg(test)]
mod tests;
