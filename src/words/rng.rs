//! The small random generator of sample choice.

/// SplitMix64 (Steele, Lea, Flood 2014): one addition and a mix a draw, so that a
/// draw can also be made for a numbered candidate without advancing the state.
#[derive(Debug, Clone, Copy)]
pub struct Rng(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Rng {
    /// A generator for one of many streams of the same seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(mix(seed ^ mix(stream.wrapping_add(GOLDEN))))
    }

    /// The next 64 random bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number in 0..1 that depends on a draw and a candidate's index alone, so that
    /// the draws a hit costs do not depend on how many candidates were looked at.
    pub fn of_candidate(draw: u64, index: u64) -> f32 {
        let bits = mix(draw ^ index.wrapping_mul(GOLDEN)) >> 40;
        bits as f32 / (1u32 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_stream_repeat_and_others_differ() {
        let draws = |seed, stream| {
            let mut rng = Rng::new(seed, stream);
            [rng.draw(), rng.draw(), rng.draw()]
        };
        assert_eq!(draws(1, 2), draws(1, 2));
        assert_ne!(draws(1, 2), draws(1, 3));
        assert_ne!(draws(1, 2), draws(2, 2));
    }

    #[test]
    fn candidates_spread_evenly_between_zero_and_one() {
        let mut rng = Rng::new(7, 0);
        let draw = rng.draw();
        let mut sum = 0.0;
        for index in 0..1000 {
            let x = Rng::of_candidate(draw, index);
            assert!((0.0..1.0).contains(&x));
            sum += x;
        }
        assert!((sum / 1000.0 - 0.5).abs() < 0.05, "{sum}");
    }
}
