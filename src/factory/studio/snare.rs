//! The snare drum: 14 × 5½ inches, a coated head, twenty wires, steel hoops. Struck on the head,
//! on head and hoop at once, and with the stick laid across.

use super::super::osc::saturate;
use super::super::record::{Sound, Stroke};
use super::membrane::{Blow, Drum};
use super::room::Room;
use super::strokes::{Tip, between};
use super::wires::rattle;

/// The lower head is tuned much higher than the upper. Set by measuring.
const DRUM: Drum = Drum {
    radius: 0.178,
    depth: 0.14,
    batter: 148.0,
    resonant: 320.0,
    cavity: 130.0,
    film: 0.36,
    t60: 0.55,
    loss: 0.07,
    stretch: 0.18,
    near: 0.05,
    aside: 0.45,
    cloud: 0.06,
};

/// The stick on the head.
#[rustfmt::skip]
const STICK: Tip = Tip {
    bands: &[
        (1300.0, 0.7, 0.7, 0.050), (1700.0, 0.6, 1.0, 0.008),
        (3200.0, 0.7, 1.0, 0.030), (7500.0, 0.7, 1.0, 0.020),
    ],
    modes: &[(1180.0, 0.25, 0.02), (2760.0, 0.25, 0.013), (4900.0, 0.15, 0.01)],
};

/// The stick on head and hoop at once: a crack, and what hoop and shell ring.
#[rustfmt::skip]
const CRACK: Tip = Tip {
    bands: &[
        (1000.0, 0.7, 0.9, 0.030), (1700.0, 0.6, 3.5, 0.008), (2400.0, 0.7, 1.0, 0.030),
        (5200.0, 0.7, 1.0, 0.025), (9000.0, 0.7, 0.8, 0.020), (2600.0, 0.5, 0.2, 0.600),
    ],
    modes: &[
        (432.0, 0.10, 0.30), (868.0, 0.14, 0.30), (1465.0, 0.14, 0.24), (2210.0, 0.14, 0.20),
        (3180.0, 0.12, 0.16), (4420.0, 0.10, 0.12), (5870.0, 0.08, 0.10),
    ],
};

/// The stick that lies on the head while its butt taps the hoop: wood, and what the shell rings.
#[rustfmt::skip]
const CLACK: Tip = Tip {
    bands: &[
        (900.0, 0.6, 0.9, 0.020), (2400.0, 0.7, 1.0, 0.018), (5200.0, 0.7, 1.6, 0.016),
        (9500.0, 0.7, 0.9, 0.014), (1200.0, 0.5, 0.18, 0.38), (4500.0, 0.5, 0.20, 0.34),
    ],
    modes: &[
        (472.0, 0.14, 0.20), (1010.0, 0.12, 0.18), (1385.0, 0.10, 0.16), (2190.0, 0.11, 0.13),
        (2870.0, 0.10, 0.11), (3920.0, 0.10, 0.09), (5240.0, 0.08, 0.07), (7100.0, 0.05, 0.05),
    ],
};

const ROOM: Room = Room { early: 0.11, tail: 0.05, t60: 0.34, dull: 5500.0, thin: 140.0 };

/// How one way of striking differs from the others.
struct Way {
    drum: Drum,
    /// How much of the momentum the head gets.
    force: f64,
    /// Seconds of contact: softest, hardest.
    contact: (f64, f64),
    /// Distance from the middle: nearest, farthest.
    place: (f64, f64),
    /// Level of the wires, and of the stick's own sound.
    wires: f64,
    stick: f64,
    /// What the stick's noise hardly reaches, Hz: softest, hardest.
    cutoff: (f64, f64),
    tip: Tip,
}

impl Way {
    /// Close and far sound. Where and how a stroke falls is the same chance for each variation
    /// of all levels, so that from level to level only the hardness changes; drawn for each
    /// stroke, a rim shot can come out darker than a softer one. `instrument`: see
    /// [`Stroke::noise`].
    fn strike(&self, stroke: Stroke, seconds: f64, instrument: u64) -> [Vec<f64>; 2] {
        let h = stroke.hardness;
        let chance = &mut Stroke { level: 0, ..stroke }.noise(instrument);
        let blow = Blow {
            force: self.force * h * h,
            contact: between(self.contact.0, self.contact.1, h) * chance.between(0.93, 1.07),
            tip: 0.05 * h,
            place: chance.between(self.place.0, self.place.1),
            angle: chance.between(0.05, 0.25),
            detune: 0.003,
        };
        let mut swing = self.drum.strike(&blow, chance, seconds);
        let mut other = vec![0.0; swing.close.len()];
        let cutoff = between(self.cutoff.0, self.cutoff.1, h);
        self.tip.add(self.stick * h * h, cutoff, chance, &mut other);
        let noise = &mut stroke.noise(instrument);
        rattle(&swing.under, self.wires * between(1.15, 1.0, h), h, noise, &mut other);
        swing.add(&other);
        saturate(&mut swing.close, 0.3);
        [swing.close, swing.far]
    }
}

const HEAD: Way = Way {
    drum: DRUM,
    force: 1.0,
    contact: (0.0048, 0.0024),
    place: (0.07, 0.23),
    wires: 4.2,
    stick: 0.35,
    cutoff: (700.0, 8000.0),
    tip: STICK,
};

const RIM: Way = Way {
    drum: Drum { t60: 0.58, cloud: 0.09, ..DRUM },
    force: 1.0,
    contact: (0.0024, 0.0011),
    place: (0.25, 0.42),
    wires: 2.4,
    stick: 1.4,
    cutoff: (1500.0, 8000.0),
    tip: CRACK,
};

const CROSS: Way = Way {
    drum: Drum { t60: 0.36, cloud: 0.10, ..DRUM },
    force: 0.6,
    contact: (0.0022, 0.0012),
    place: (0.5, 0.7),
    wires: 0.2,
    stick: 1.6,
    cutoff: (2200.0, 9000.0),
    tip: CLACK,
};

/// A stroke on the head.
pub fn head(stroke: Stroke) -> Sound {
    let [close, far] = HEAD.strike(stroke, 0.8, 2);
    ROOM.stereo(&close, &far)
}

/// Head and hoop at once.
pub fn rim_shot(stroke: Stroke) -> Sound {
    let [close, far] = RIM.strike(stroke, 0.9, 3);
    ROOM.stereo(&close, &far)
}

/// The stick laid across the head and tapped on the hoop.
pub fn cross_stick(stroke: Stroke) -> Sound {
    let [close, far] = CROSS.strike(stroke, 0.5, 4);
    ROOM.mono(&close, &far)
}

#[cfg(test)]
mod tests {
    use super::super::super::osc::{Filter, Pass};
    use super::super::strokes::brightness;
    use super::*;

    fn stroke(hardness: f64) -> Stroke {
        Stroke { level: 0, variation: 0, hardness }
    }

    /// The part of a sound's energy that comes in its first `seconds`.
    fn early(sound: &Sound, seconds: f64) -> f64 {
        let power = |part: &[f64]| part.iter().map(|x| x * x).sum::<f64>();
        let all = &sound.channels[0];
        power(&all[..(seconds * 48_000.0) as usize]) / power(all)
    }

    #[test]
    fn a_harder_stroke_is_brighter() {
        for play in [head, cross_stick] {
            assert!(brightness(&play(stroke(1.0))) > brightness(&play(stroke(0.2))));
        }
    }

    #[test]
    fn a_rim_shot_has_more_of_its_power_around_1_5_khz_than_a_stroke_on_the_head() {
        let share = |sound: Sound| {
            let mut filter = Filter::new(1500.0, 1.5);
            let part = &sound.channels[0][..4800];
            let band = part.iter().map(|x| filter.next(*x, Pass::Band));
            band.map(|x| x * x).sum::<f64>() / part.iter().map(|x| x * x).sum::<f64>()
        };
        assert!(share(rim_shot(stroke(0.9))) > 1.5 * share(head(stroke(0.9))));
    }

    #[test]
    fn a_cross_stick_is_the_shortest_of_the_three() {
        let hard = stroke(0.9);
        let knock = early(&cross_stick(hard), 0.02);
        assert!(knock > early(&head(hard), 0.02) && knock > early(&rim_shot(hard), 0.02));
    }

    #[test]
    fn equally_hard_strokes_are_not_the_same() {
        let other = Stroke { variation: 1, ..stroke(0.7) };
        assert_ne!(head(stroke(0.7)).channels, head(other).channels);
        assert_eq!(head(other).channels, head(other).channels);
    }
}
