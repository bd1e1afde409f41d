//! The master volume: moves without zipper, as a function of the absolute frame.

/// A factor on the way to another.
#[derive(Debug)]
pub struct Master {
    from: f32,
    to: f32,
    at: u64,
    frames: u32,
}

impl Master {
    /// A volume that stands at a factor of 0..=1; what is no number is 1.
    pub fn new(gain: f32) -> Self {
        let gain = if gain.is_nan() { 1.0 } else { gain.clamp(0.0, 1.0) };
        Self { from: gain, to: gain, at: 0, frames: 1 }
    }

    fn gain_at(&self, frame: u64) -> f32 {
        let passed = frame.saturating_sub(self.at);
        if passed >= u64::from(self.frames) {
            return self.to;
        }
        self.from + (self.to - self.from) * (passed as f32 / self.frames as f32)
    }

    /// Moves to `gain` from frame `at` on, within `frames`. Thread: audio callback; real-time.
    pub fn move_to(&mut self, gain: f32, at: u64, frames: u32) {
        let gain = if gain.is_finite() { gain.clamp(0.0, 1.0) } else { self.to };
        *self = Self { from: self.gain_at(at), to: gain, at, frames: frames.max(1) };
    }

    /// Scales interleaved stereo whose first frame is `start`. At exactly 1.0 nothing is
    /// touched. Thread: audio callback; real-time.
    pub fn process(&self, start: u64, out: &mut [f32]) {
        if self.to == 1.0 && self.gain_at(start) == 1.0 {
            return;
        }
        for (i, frame) in out.chunks_exact_mut(2).enumerate() {
            let gain = self.gain_at(start + i as u64);
            for x in frame {
                *x *= gain;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_volume_moves_in_equal_steps_and_then_stands() {
        let mut master = Master::new(1.0);
        master.move_to(0.0, 2, 4);
        let mut out = [1.0; 16];
        master.process(0, &mut out);
        let left: Vec<f32> = out.chunks_exact(2).map(|f| f[0]).collect();
        assert_eq!(left, [1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn nonsense_is_clamped() {
        let mut master = Master::new(0.5);
        master.move_to(f32::NAN, 0, 0);
        assert_eq!(master.gain_at(5), 0.5);
        master.move_to(7.0, 0, 1);
        assert_eq!(master.gain_at(5), 1.0);
        assert_eq!(Master::new(f32::NAN).gain_at(0), 1.0);
        assert_eq!(Master::new(-3.0).gain_at(0), 0.0);
    }
}
