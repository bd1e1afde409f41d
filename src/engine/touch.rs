//! From the velocity that a pad sends to the velocity that is played: threshold, ceiling,
//! curve, and how much of it is heard as loudness.

/// Points that a curve can have.
pub const CURVE_POINTS: usize = 8;
/// Loudness is moved by at most this factor (24 dB) beside what the kit does: the softest
/// ghost note of a pad without dynamics would be turned up by 84 dB.
const MOST: f32 = 16.0;

/// How the velocities of a slot are read. The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    /// Softest velocity that sounds, 1..=127.
    pub threshold: f32,
    /// Velocity that counts as 127, 1..=127: what the hardest blow on this pad reaches.
    pub ceiling: f32,
    /// What happens in between.
    pub curve: Curve,
    /// How much of the velocity is heard as loudness, 0..=2: 1 as the kit has it, 0 plays
    /// every hit as loud as the hardest. Which recording is chosen does not depend on it.
    pub depth: f32,
}

impl Default for Touch {
    fn default() -> Self {
        Self { threshold: 1.0, ceiling: 127.0, curve: Curve::Power(1.0), depth: 1.0 }
    }
}

/// How velocity in becomes velocity out, both 1..=127.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curve {
    /// 127·(v ÷ 127)^γ: below 1 a light hand plays loud, above 1 it takes a heavy one.
    Power(f32),
    /// From 64 on: nothing is soft.
    Loud,
    /// Always 127.
    Fixed,
    /// Straight between points of (in, out) that rise in their first number, level beyond
    /// the ends; so many of the array count.
    Points([[f32; 2]; CURVE_POINTS], usize),
}

/// The presets, by the names that drum modules use, and what they are. The names are
/// known from the Roland modules' "curve"; the exponents are ours.
pub const CURVES: [(&str, Curve); 7] = [
    ("linear", Curve::Power(1.0)),
    ("exp1", Curve::Power(1.4)),
    ("exp2", Curve::Power(2.0)),
    ("log1", Curve::Power(0.7)),
    ("log2", Curve::Power(0.5)),
    ("loud", Curve::Loud),
    ("fixed", Curve::Fixed),
];

impl Touch {
    /// The velocity that is played for one of 1..=127; `None` below the threshold.
    /// Thread: audio callback; real-time.
    pub fn velocity(&self, velocity: f32) -> Option<f32> {
        if velocity < self.threshold {
            return None;
        }
        let reached = if velocity < self.ceiling { velocity / self.ceiling } else { 1.0 };
        let played = self.curve.at(127.0 * reached);
        // what is no number is the softest hit there is
        Some(if played > 1.0 { played.min(127.0) } else { 1.0 })
    }

    /// The factor that [`Touch::depth`] makes of a hit that the kit would play at this part,
    /// above 0, of its loudest. Exactly 1.0 at a depth of 1. Thread: audio callback; real-time.
    pub fn gain(&self, part: f32) -> f32 {
        if self.depth == 1.0 {
            return 1.0;
        }
        let gain = part.powf(self.depth - 1.0);
        if gain.is_nan() { 1.0 } else { gain.clamp(1.0 / MOST, MOST) }
    }
}

impl Curve {
    fn at(&self, velocity: f32) -> f32 {
        match self {
            Self::Power(exponent) if *exponent == 1.0 => velocity,
            Self::Power(exponent) => 127.0 * (velocity / 127.0).powf(*exponent),
            Self::Loud => 64.0 + 63.0 * velocity / 127.0,
            Self::Fixed => 127.0,
            Self::Points(points, count) => {
                let points = points.get(..*count).unwrap_or_default();
                let mut below: Option<[f32; 2]> = None;
                for &[x, y] in points {
                    if velocity <= x {
                        return below
                            .map_or(y, |[x0, y0]| y0 + (y - y0) * (velocity - x0) / (x - x0));
                    }
                    below = Some([x, y]);
                }
                below.map_or(velocity, |[_, y]| y)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touch_that_nobody_set_changes_no_bit() {
        let touch = Touch::default();
        for v in [1.0, 1.37, 64.0, 126.99, 127.0] {
            assert_eq!(touch.velocity(v), Some(v));
            assert_eq!(touch.gain(v / 127.0), 1.0);
        }
    }

    #[test]
    fn below_the_threshold_nothing_sounds_and_the_ceiling_is_full_velocity() {
        let touch = Touch { threshold: 10.0, ceiling: 100.0, ..Touch::default() };
        assert_eq!(
            [9.9, 10.0, 50.0, 100.0, 120.0].map(|v| touch.velocity(v)),
            [None, Some(12.7), Some(63.5), Some(127.0), Some(127.0)]
        );
    }

    #[test]
    fn every_preset_rises_and_keeps_the_hardest_blow() {
        for (name, curve) in CURVES {
            let touch = Touch { curve, ..Touch::default() };
            let out: Vec<f32> = (1..=127).map(|v| touch.velocity(v as f32).unwrap()).collect();
            assert!(out.is_sorted(), "{name}");
            assert!(out[0] >= 1.0 && out[126] == 127.0, "{name}: {} … {}", out[0], out[126]);
        }
        let half = |curve: Curve| Touch { curve, ..Touch::default() }.velocity(64.0).unwrap();
        assert!(half(CURVES[1].1) < 64.0 && half(CURVES[3].1) > 64.0);
    }

    #[test]
    fn points_are_joined_by_straight_lines_and_level_beyond_their_ends() {
        let mut points = [[0.0; 2]; CURVE_POINTS];
        points[..3].copy_from_slice(&[[10.0, 30.0], [60.0, 80.0], [100.0, 127.0]]);
        let touch = Touch { curve: Curve::Points(points, 3), ..Touch::default() };
        let out = [1.0, 10.0, 35.0, 60.0, 80.0, 127.0].map(|v| touch.velocity(v).unwrap());
        assert_eq!(out, [30.0, 30.0, 55.0, 80.0, 103.5, 127.0]);
    }

    #[test]
    fn without_depth_every_hit_is_as_loud_as_the_hardest_within_24_db() {
        let touch = Touch { depth: 0.0, ..Touch::default() };
        assert_eq!(touch.gain(1.0), 1.0);
        assert!((touch.gain(0.25) - 4.0).abs() < 1e-5, "what the kit took is given back");
        assert_eq!(touch.gain(0.001), 16.0);
        let twice = Touch { depth: 2.0, ..Touch::default() };
        assert!((twice.gain(0.25) - 0.25).abs() < 1e-6);
    }

    #[test]
    fn nonsense_is_the_softest_hit_and_no_panic() {
        let touch = Touch { curve: Curve::Power(f32::NAN), depth: f32::NAN, ..Touch::default() };
        assert_eq!(touch.velocity(64.0), Some(1.0));
        assert_eq!(touch.gain(0.5), 1.0);
        let empty = Touch { curve: Curve::Points([[0.0; 2]; CURVE_POINTS], 0), ..Touch::default() };
        assert_eq!(empty.velocity(64.0), Some(64.0));
    }
}
