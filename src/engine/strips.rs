//! The mixing desk: what the drummer sets for each slot, over whatever kit plays.

use super::touch::Touch;
use crate::words::Slot;

/// A slot's strip. The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strip {
    /// Factor of its level, 0..=4 (+12 dB).
    pub level: f32,
    /// Balance: −1 left … 1 right; towards one side the other gets softer.
    pub pan: f32,
    /// Semitones, −12..=12.
    pub tune: f32,
    /// It makes no sound; its hits are counted and told.
    pub mute: bool,
    /// The pair of outputs it sounds on, from 0; one that does not exist is the first.
    pub pair: usize,
    /// Factor of its send to the room, 0..=4; `None`: as the kit says.
    pub reverb: Option<f32>,
    /// How its velocities are read.
    pub touch: Touch,
}

impl Default for Strip {
    fn default() -> Self {
        Self {
            level: 1.0,
            pan: 0.0,
            tune: 0.0,
            mute: false,
            pair: 0,
            reverb: None,
            touch: Touch::default(),
        }
    }
}

/// Largest factor of a strip's level and send.
const MOST: f32 = 4.0;

impl Strip {
    /// Factors for left and right. At the defaults exactly 1.0.
    /// Thread: audio callback; real-time.
    pub fn sides(&self) -> [f32; 2] {
        let pan = if self.pan.is_nan() { 0.0 } else { self.pan };
        let level = factor(self.level);
        [(1.0 - pan).clamp(0.0, 1.0) * level, (1.0 + pan).clamp(0.0, 1.0) * level]
    }
}

/// A factor in range; what is no number changes nothing. Thread: any; real-time.
pub fn factor(x: f32) -> f32 {
    if x.is_nan() { 1.0 } else { x.clamp(0.0, MOST) }
}

/// The strips of all slots.
#[derive(Debug, Clone)]
pub struct Strips([Strip; Slot::COUNT]);

impl Default for Strips {
    fn default() -> Self {
        Self([Strip::default(); Slot::COUNT])
    }
}

impl Strips {
    /// The strip of a slot. Thread: any; real-time.
    pub fn of(&self, slot: Slot) -> Strip {
        self.0.get(slot.index()).copied().unwrap_or_default()
    }

    /// Sets one. Thread: any; real-time.
    pub fn set(&mut self, slot: Slot, strip: Strip) {
        if let Some(place) = self.0.get_mut(slot.index()) {
            *place = strip;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_that_nobody_touched_is_exactly_one_and_a_turned_one_softens_the_other_side() {
        assert_eq!(Strip::default().sides(), [1.0, 1.0]);
        let sides = |level, pan| Strip { level, pan, ..Strip::default() }.sides();
        assert_eq!(sides(0.5, 0.5), [0.25, 0.5]);
        assert_eq!(sides(1.0, -3.0), [1.0, 0.0]);
        assert_eq!(sides(f32::NAN, f32::NAN), [1.0, 1.0]);
        assert_eq!(sides(f32::INFINITY, 0.0), [4.0, 4.0]);
    }
}
