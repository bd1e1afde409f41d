//! What a kit asks for beyond playing a recording as it is: envelopes, filters, pitch that
//! follows the stroke.

use crate::words::units::db_to_gain;

/// Longest attack, in ms.
pub const LONGEST_ATTACK: f64 = 10_000.0;
/// Longest hold, decay and release, in ms: a minute, more than any cymbal rings.
pub const LONGEST: f64 = 60_000.0;
/// Cutoffs that a kit may ask for, in Hz: what people hear.
pub const CUTOFF: [f64; 2] = [20.0, 20_000.0];
/// Octaves that a stroke may move a cutoff by, either way: all of [`CUTOFF`].
pub const CUTOFF_OCTAVES: f64 = 10.0;
/// Semitones that the velocity may tune by, either way.
pub const TUNE_VELOCITY: f64 = 12.0;

/// Reverb sends that a kit may ask for, lowest and highest, in dB.
pub const REVERB_DB: [f64; 2] = [-60.0, 6.0];

/// How a sound is shaped. The default leaves every recording as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// How its level moves; `None`: not at all, and a note-off does nothing.
    pub envelope: Option<Envelope>,
    /// The low-pass filter, if any.
    pub lowpass: Option<Cutoff>,
    /// The high-pass filter, if any.
    pub highpass: Option<Cutoff>,
    /// Semitones that velocity 1 is tuned below velocity 127, ±[`TUNE_VELOCITY`];
    /// negative: above. See [`Shape::tuned_by`].
    pub tune_velocity: f32,
    /// Factor of its send to the reverb: 1.0 as loud as the sound itself, 0.0 nothing, at
    /// most the upper end of [`REVERB_DB`].
    pub reverb: f32,
}

impl Default for Shape {
    fn default() -> Self {
        Self { envelope: None, lowpass: None, highpass: None, tune_velocity: 0.0, reverb: 1.0 }
    }
}

impl Shape {
    /// Semitones that a stroke of `velocity` (1..=127) is tuned by: 0 for the hardest,
    /// which sounds as recorded, evenly down to `-tune_velocity` for the softest.
    /// Thread: any; real-time.
    pub fn tuned_by(&self, velocity: f32) -> f32 {
        -self.tune_velocity * softness(velocity)
    }

    /// The nearest in range; what is no number changes nothing.
    pub fn in_range(self) -> Self {
        let most = db_to_gain(REVERB_DB[1] as f32);
        Self {
            envelope: self.envelope.map(Envelope::in_range),
            lowpass: self.lowpass.and_then(Cutoff::in_range),
            highpass: self.highpass.and_then(Cutoff::in_range),
            tune_velocity: either_way(self.tune_velocity, TUNE_VELOCITY),
            reverb: if self.reverb.is_nan() { 1.0 } else { self.reverb.clamp(0.0, most) },
        }
    }
}

/// The nearest of −`most`..=`most`; 0 where it is no number.
fn either_way(x: f32, most: f64) -> f32 {
    if x.is_nan() { 0.0 } else { x.clamp(-most as f32, most as f32) }
}

/// How much softer than the hardest stroke: 0 at velocity 127, 1 at velocity 1.
fn softness(velocity: f32) -> f32 {
    (127.0 - velocity) / 126.0
}

/// How the level of a sound moves after its start: attack, hold, decay, and what a
/// note-off does. All times in ms, 0..=[`LONGEST`] (the attack to [`LONGEST_ATTACK`]).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    /// Time of the rise from silence, linear in amplitude; 0 starts at once.
    pub attack: f32,
    /// Time at full level between attack and decay.
    pub hold: f32,
    /// Time of the fall to silence; `None`: the recording rings as long as it is.
    pub decay: Option<f32>,
    /// Time in which a note-off ends the sound; `None`: a note-off does nothing.
    pub release: Option<f32>,
}

impl Envelope {
    /// The one that changes nothing.
    pub const NONE: Self = Self { attack: 0.0, hold: 0.0, decay: None, release: None };

    fn in_range(self) -> Self {
        let ms = |x: f32, longest: f64| if x > 0.0 { x.min(longest as f32) } else { 0.0 };
        let some = |x: Option<f32>| x.filter(|x| !x.is_nan()).map(|x| ms(x, LONGEST));
        Self {
            attack: ms(self.attack, LONGEST_ATTACK),
            hold: ms(self.hold, LONGEST),
            decay: some(self.decay),
            release: some(self.release),
        }
    }
}

/// A filter's cutoff frequency and how the stroke moves it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cutoff {
    /// Cutoff in Hz of a stroke of velocity 127 in the centre, [`CUTOFF`].
    pub base: f32,
    /// Octaves that velocity 1 lies below velocity 127, ±[`CUTOFF_OCTAVES`]; negative: above.
    pub velocity: f32,
    /// Octaves that the edge lies below the centre, ±[`CUTOFF_OCTAVES`]; negative: above.
    pub position: f32,
}

impl Cutoff {
    /// The same cutoff for every stroke.
    pub fn fixed(base: f32) -> Self {
        Self { base, velocity: 0.0, position: 0.0 }
    }

    /// The cutoff in Hz of a stroke: `velocity` 1..=127, `position` 0 centre … 1 edge. In
    /// between it moves evenly in octaves. It may lie outside of [`CUTOFF`]; whoever
    /// filters takes the nearest that can be done. Thread: any; real-time.
    pub fn hz(&self, velocity: f32, position: f32) -> f32 {
        self.base * (-self.velocity * softness(velocity) - self.position * position).exp2()
    }

    fn in_range(self) -> Option<Self> {
        let [low, high] = CUTOFF.map(|hz| hz as f32);
        (!self.base.is_nan()).then(|| Self {
            base: self.base.clamp(low, high),
            velocity: either_way(self.velocity, CUTOFF_OCTAVES),
            position: either_way(self.position, CUTOFF_OCTAVES),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutoff_is_as_written_for_the_hardest_stroke_in_the_centre_and_falls_from_there() {
        let cutoff = Cutoff { base: 8000.0, velocity: 3.0, position: 1.0 };
        assert_eq!(cutoff.hz(127.0, 0.0), 8000.0);
        assert_eq!(cutoff.hz(1.0, 0.0), 1000.0);
        assert_eq!(cutoff.hz(127.0, 1.0), 4000.0);
        assert_eq!(cutoff.hz(1.0, 1.0), 500.0);
        assert!((cutoff.hz(64.0, 0.0) - 8000.0 / 8f32.sqrt()).abs() < 1.0);
        let up = Cutoff { velocity: -1.0, ..Cutoff::fixed(100.0) };
        assert_eq!(up.hz(1.0, 1.0), 200.0);
        assert_eq!(Cutoff::fixed(123.4).hz(17.0, 0.3), 123.4);
    }

    #[test]
    fn the_hardest_stroke_is_tuned_as_recorded_and_the_softest_by_the_whole_span() {
        let tuned =
            |span, velocity| Shape { tune_velocity: span, ..Shape::default() }.tuned_by(velocity);
        assert_eq!(tuned(2.0, 127.0), 0.0);
        assert_eq!(tuned(2.0, 1.0), -2.0);
        assert_eq!(tuned(-2.0, 64.0), 1.0);
    }

    #[test]
    fn what_is_out_of_range_is_the_nearest_in_range() {
        let (nan, beyond) = (f32::NAN, 1e9);
        let wild = Shape {
            envelope: Some(Envelope {
                attack: nan,
                hold: -1.0,
                decay: Some(beyond),
                release: Some(nan),
            }),
            lowpass: Some(Cutoff { base: beyond, velocity: nan, position: -11.0 }),
            highpass: Some(Cutoff::fixed(nan)),
            tune_velocity: 13.0,
            reverb: beyond,
        };
        let wanted = Shape {
            envelope: Some(Envelope { decay: Some(60_000.0), ..Envelope::NONE }),
            lowpass: Some(Cutoff { base: 20_000.0, velocity: 0.0, position: -10.0 }),
            highpass: None,
            tune_velocity: 12.0,
            reverb: db_to_gain(6.0),
        };
        assert_eq!(wild.in_range(), wanted);
        let nothing = Shape { tune_velocity: nan, reverb: nan, ..Shape::default() };
        assert_eq!(nothing.in_range(), Shape::default());
    }
}
