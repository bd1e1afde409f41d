//! The limiter at the end of the chain (decision 11): no latency, instant attack.

/// Level that the output never passes: −0.3 dBFS, room for the overshoot between
/// samples that a converter makes.
const THRESHOLD: f32 = 0.966_050_9;
/// Time constant of the release, in seconds.
const RELEASE: f64 = 0.080;
/// Below this much reduction (−80 dB) the gain snaps back to exactly 1.0, so that
/// quiet playing is untouched to the bit.
const SNAP: f32 = 1e-4;

/// A stereo-linked peak limiter, and the last guard of the card: a frame that is no number
/// becomes silence. One frame at a time: its output does not depend on how frames are cut
/// into blocks.
#[derive(Debug)]
pub struct Limiter {
    /// Reduction now: the gain is 1 − this.
    reduction: f32,
    /// What is left of the reduction after one frame of release.
    decay: f32,
}

impl Limiter {
    /// A limiter for this sample rate in frames a second.
    pub fn new(rate: u32) -> Self {
        Self { reduction: 0.0, decay: (-1.0 / (RELEASE * f64::from(rate))).exp() as f32 }
    }

    /// Limits interleaved stereo, whose largest absolute value is `peak`, in place; whether
    /// it changed anything. Thread: audio callback; real-time.
    pub fn process(&mut self, out: &mut [f32], peak: f32) -> bool {
        // what is no number is not below the threshold
        if self.reduction == 0.0 && peak <= THRESHOLD {
            return false;
        }
        for frame in out.chunks_exact_mut(2) {
            let loud = frame.iter().fold(0.0f32, |m, x| m.max(x.abs()));
            self.reduction *= self.decay;
            if self.reduction < SNAP {
                self.reduction = 0.0;
            }
            // Recordings are numbers, but the sum of many of 1e38 is none.
            if !frame.iter().all(|x| x.is_finite()) {
                frame.fill(0.0);
                continue;
            }
            if loud > THRESHOLD {
                self.reduction = self.reduction.max(1.0 - THRESHOLD / loud);
            }
            if self.reduction > 0.0 {
                let gain = 1.0 - self.reduction;
                for x in frame {
                    // the last rounding of 1 − (1 − t/l) may pass the threshold by a bit
                    *x = (*x * gain).clamp(-THRESHOLD, THRESHOLD);
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::sample::peak;

    fn limit(limiter: &mut Limiter, out: &mut [f32]) {
        let loudest = peak(out);
        limiter.process(out, loudest);
    }

    #[test]
    fn nothing_passes_the_threshold_and_both_sides_fall_together() {
        let mut limiter = Limiter::new(48_000);
        let mut out = [0.5, -4.0, 0.5, 0.5];
        limit(&mut limiter, &mut out);
        assert!((out[1] + THRESHOLD).abs() < 1e-6);
        assert!((out[0] - 0.5 * THRESHOLD / 4.0).abs() < 1e-6);
        assert!(out[2] < 0.5, "the release is not instant");
    }

    #[test]
    fn quiet_sound_is_untouched_to_the_bit_and_so_is_what_comes_after_the_release() {
        let mut limiter = Limiter::new(1000);
        let quiet = [0.123_456_79, -0.9, 0.3, 0.2];
        let mut out = quiet;
        limit(&mut limiter, &mut out);
        assert_eq!(out, quiet);
        limit(&mut limiter, &mut [2.0, 2.0]);
        // ln(1e4 × reduction) time constants of 80 frames at 1 kHz: under 800 frames
        for _ in 0..800 {
            limit(&mut limiter, &mut [0.0, 0.0]);
        }
        limit(&mut limiter, &mut out);
        assert_eq!(out, quiet);
    }

    #[test]
    fn what_is_no_number_becomes_silence_and_costs_nothing_else() {
        for nonsense in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut limiter = Limiter::new(48_000);
            let mut out = [0.5, nonsense, 0.5, -0.5];
            limit(&mut limiter, &mut out);
            assert_eq!(out, [0.0, 0.0, 0.5, -0.5]);
        }
    }

    #[test]
    fn the_cut_into_blocks_does_not_matter() {
        let signal: Vec<f32> = (0..200).map(|i| if i % 37 == 0 { 3.0 } else { 0.8 }).collect();
        let run = |block: usize| {
            let mut limiter = Limiter::new(100);
            let mut out = signal.clone();
            out.chunks_mut(block * 2).for_each(|b| limit(&mut limiter, b));
            out
        };
        assert_eq!(run(1), run(100));
        assert_eq!(run(7), run(100));
    }
}
