//! How the instrument answers hands and feet, over whatever kit plays.

use super::damp::unit;
use crate::kit::shape::{Cutoff, Shape};
use crate::words::Slot;
use crate::words::rng::Rng;
use crate::words::units::{db_to_gain, ms_to_frames};

/// A cymbal grabbed by hand: measured on a real cymbal by DrumGizmo's authors.
const GRAB_MS: f32 = 450.0;
/// A hi-hat that is trodden shut, and a choke group: DrumGizmo's default, a foot's time to
/// close.
const CHOKE_MS: f32 = 68.0;
/// Up to this openness the cymbals lie on each other: a closed pedal's controller does not
/// always reach its end.
const SHUT: f32 = 0.1;
/// How often the time of damping doubles from shut to open. 68 ms become 0.55 s half open
/// and 2.9 s where the cymbals hardly touch, which is how recorded hats ring at these openings.
const DOUBLINGS: f32 = 6.0;
/// A grip of this and more holds fast. Pads that only know held and let go do not all send
/// 127, and letting go must not bring their cymbal back.
const FAST_GRIP: f32 = 0.5;

/// Most that chance adds or takes at full strength, each way: strokes of a good drummer on one
/// pad differ by about so much.
const HUMAN_DB: f32 = 2.0;
/// A fifth of a semitone: a head that is struck a finger's width further out.
const HUMAN_SEMITONES: f32 = 0.2;
/// Hz below which a snare struck at its very edge has lost half of its power: its lowest
/// mode, (0,1), which the edge hardly moves, lies at 180 to 200 Hz. Gentle on purpose: a
/// filter can only take away, and the ringing overtones of a real edge are not there.
const SNARE_EDGE: f32 = 180.0;
/// The same of toms, whose lowest modes lie between 80 and 160 Hz.
const TOM_EDGE: f32 = 90.0;
/// Hz above which a ride struck at its edge has lost half: the bow's ping lies above it.
const RIDE_EDGE: f32 = 7000.0;

/// The times of damping and what may vary. The default is what [`Feel::default`] says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feel {
    /// Milliseconds in which a grabbed pad falls silent, 1..=10 000.
    pub grab_ms: f32,
    /// Milliseconds in which a hi-hat that is trodden shut falls silent, 1..=10 000.
    pub hihat_ms: f32,
    /// Milliseconds in which a choke group's others fall silent, 1..=10 000.
    pub group_ms: f32,
    /// How much level and pitch vary from hit to hit by chance, 0 not at all ..=1.
    pub humanise: f32,
    /// Whether a pad's position is heard where the kit has no recordings for it.
    pub position: bool,
}

impl Default for Feel {
    fn default() -> Self {
        Self {
            grab_ms: GRAB_MS,
            hihat_ms: CHOKE_MS,
            group_ms: CHOKE_MS,
            humanise: 0.0,
            position: true,
        }
    }
}

impl Feel {
    /// What chance adds to a hit that cost this draw: a factor of its level and semitones.
    /// Thread: audio callback; real-time.
    pub fn chance(&self, draw: u64) -> (f32, f32) {
        let amount = unit(self.humanise);
        if amount == 0.0 {
            return (1.0, 0.0);
        }
        // the mean of two even chances: small differences are more frequent than large ones
        let either_way = |n: u64| {
            let [a, b] = [n, n + 1].map(|n| Rng::of_candidate(!draw, n));
            amount * (a + b - 1.0)
        };
        (db_to_gain(HUMAN_DB * either_way(0)), HUMAN_SEMITONES * either_way(2))
    }

    /// The shape of a sound that has no recordings for positions, struck at `position`, 0
    /// centre ..=1 edge. A drum has less body towards its rim, a ride less ping; a kit that
    /// filters by itself is left alone. Thread: audio callback; real-time.
    pub fn shape(&self, shape: &Shape, slot: Slot, position: f32) -> Shape {
        let mut shape = *shape;
        if !self.position || position == 0.0 {
            return shape;
        }
        let moved = |edge: f32, octaves: f32| {
            let base = edge * octaves.exp2();
            Some(Cutoff { base, velocity: 0.0, position: octaves })
        };
        match slot.pad() {
            Slot::RIDE if shape.lowpass.is_none() => shape.lowpass = moved(RIDE_EDGE, 1.5),
            Slot::SNARE if shape.highpass.is_none() => shape.highpass = moved(SNARE_EDGE, -3.0),
            pad if pad.is_tom() && shape.highpass.is_none() => {
                shape.highpass = moved(TOM_EDGE, -3.0);
            }
            _ => {}
        }
        shape
    }
}

/// The same in frames.
#[derive(Debug, Clone, Copy)]
pub struct Damping {
    pub(super) grab: u32,
    pub(super) hihat: u32,
    pub(super) group: u32,
}

impl Damping {
    /// At a rate in frames a second. Thread: control.
    pub fn new(feel: &Feel, rate: u32) -> Self {
        let frames = |ms: f32| ms_to_frames(f64::from(ms), rate);
        Self {
            grab: frames(feel.grab_ms),
            hihat: frames(feel.hihat_ms),
            group: frames(feel.group_ms),
        }
    }

    /// Frames in which a hat that rings more open falls silent where the pedal stands at
    /// `openness`, 0..=1. Thread: audio callback; real-time.
    pub fn pedal(&self, openness: f32) -> u32 {
        slower(self.hihat, (DOUBLINGS * (openness - SHUT).max(0.0)).exp2())
    }

    /// Frames in which a pad held by a grip of 0..=1 falls silent, and whether letting go
    /// lets it ring on: a firm grip is final. `None` for no grip.
    /// Thread: audio callback; real-time.
    pub fn hand(&self, grip: f32) -> Option<(u32, bool)> {
        if grip >= FAST_GRIP {
            Some((self.grab, false))
        } else if grip > 0.0 {
            Some((slower(self.grab, FAST_GRIP / grip), true))
        } else {
            None
        }
    }
}

fn slower(frames: u32, times: f32) -> u32 {
    (frames as f32 * times) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Damping = Damping { grab: 450, hihat: 68, group: 68 };

    #[test]
    fn a_shut_hat_is_silent_in_a_foots_time_and_a_half_open_one_eight_times_later() {
        assert_eq!([0.0, 0.1].map(|p| TIMES.pedal(p)), [68, 68]);
        assert_eq!(TIMES.pedal(0.6), 8 * 68);
        let all: Vec<u32> = (0..=100).map(|p| TIMES.pedal(p as f32 / 100.0)).collect();
        assert!(all.is_sorted() && all.windows(2).all(|w| w[1] <= w[0] + w[0] / 20 + 1));
    }

    #[test]
    fn a_firm_grip_is_final_and_a_light_one_slow_and_taken_back() {
        assert_eq!(TIMES.hand(1.0), Some((450, false)));
        assert_eq!(TIMES.hand(0.5), Some((450, false)));
        assert_eq!(TIMES.hand(0.25), Some((900, true)));
        assert_eq!(TIMES.hand(0.0), None);
        assert_eq!(TIMES.hand(f32::NAN), None);
    }
}
