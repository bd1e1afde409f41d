//! How loud a recording is, in LUFS, without listening to silence.

use ebur128::{EbuR128, Mode};

/// Frames that the meter is given at a time: it has a price a call.
const GATHERED: usize = 4096;

/// Silence that the meter always hears before any is left out, in seconds. Its slowest
/// filter (a high-pass at 38 Hz) forgets by a factor of e in 4.2 ms: 4 s are e⁻⁹⁵⁰, and
/// it sets to zero what is below the smallest normal number, e⁻⁷⁰⁸. So after them its
/// filters and the 400 ms that it looks back on hold nothing but zeros, and stay so.
const HEARD: u64 = 4;

/// Silence is left out in stretches of so many tenths of a second. The meter looks at
/// 400 ms (500 ms at odd rates) ten times a second: after a stretch it stands where it
/// would have stood, to the frame. What it would have seen meanwhile is below −70 LUFS,
/// where EBU R 128's gate leaves it out.
const STRETCH: u64 = 20;

/// Integrated loudness of stereo (EBU R 128). It costs as much as mixing a kit does, so
/// silence, of which takes have much, is not measured: the result is the same to the bit.
pub struct Loudness {
    meter: EbuR128,
    rate: u64,
    /// Frames that the meter has not heard yet, interleaved.
    waiting: Vec<f32>,
    /// Frames of silence since then.
    silent: u64,
}

impl Loudness {
    /// A meter at this rate in frames a second; `None` where there are no filters for it.
    pub fn new(rate: u32) -> Option<Self> {
        let meter = EbuR128::new(2, rate, Mode::I).ok()?;
        Some(Self { meter, rate: rate.into(), waiting: Vec::new(), silent: 0 })
    }

    /// Hears the next frames, interleaved stereo. `silent`: all of them are exactly 0.
    pub fn hear(&mut self, frames: &[f32], silent: bool) {
        if silent {
            self.silent += frames.len() as u64 / 2;
            return;
        }
        self.hear_silence();
        self.waiting.extend_from_slice(frames);
        if self.waiting.len() >= 2 * GATHERED {
            self.pass_on();
        }
    }

    /// Hears the silence so far, as much of it as matters.
    fn hear_silence(&mut self) {
        let heard = HEARD * self.rate;
        let stretch = STRETCH * ((self.rate + 5) / 10);
        let over = std::mem::take(&mut self.silent);
        let mut left = over.min(heard) + over.saturating_sub(heard) % stretch;
        while left > 0 {
            let now = left.min(GATHERED as u64);
            self.waiting.resize(self.waiting.len() + 2 * now as usize, 0.0);
            self.pass_on();
            left -= now;
        }
    }

    fn pass_on(&mut self) {
        // fails only for half frames
        let _ = self.meter.add_frames_f32(&self.waiting);
        self.waiting.clear();
    }

    /// Loudness so far in LUFS; `None` where nothing was loud enough.
    pub fn measure(&mut self) -> Option<f64> {
        self.hear_silence();
        self.pass_on();
        let loudness = self.meter.loudness_global().ok()?;
        loudness.is_finite().then_some(loudness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    /// Loudness of strokes and pauses (in milliseconds, silent ones negative) as the meter
    /// alone finds it and as it is found here.
    fn both(rate: u32, parts: &[i64]) -> [Option<f64>; 2] {
        let mut plain = EbuR128::new(2, rate, Mode::I).unwrap();
        let mut ours = Loudness::new(rate).unwrap();
        let mut rng = Rng::new(7, 7);
        for &part in parts {
            // an odd frame more, so that nothing falls on a border
            let frames = part.unsigned_abs() * u64::from(rate) / 1000 + 1;
            let loud = if part > 0 { 0.5 } else { 0.0 };
            let mut value = || (rng.draw() >> 40) as f32 / (1 << 24) as f32 * loud;
            let frames: Vec<f32> = (0..2 * frames).map(|_| value()).collect();
            plain.add_frames_f32(&frames).unwrap();
            frames.chunks(2 * 64).for_each(|block| ours.hear(block, part < 0));
        }
        [plain.loudness_global().ok().filter(|l| l.is_finite()), ours.measure()]
    }

    #[test]
    fn silence_that_is_left_out_changes_no_bit_of_the_loudness() {
        for rate in [8000, 44_100, 44_104, 48_000] {
            for parts in [
                &[700, -30_011, 300, -9_333, 50, -4_001, 1000, -6_100, 30][..],
                &[-20_050, 90, -12_345],
                &[-50_000],
                &[3000, -100, 200],
            ] {
                let [plain, ours] = both(rate, parts);
                assert_eq!(plain, ours, "{parts:?} at {rate}");
                assert_eq!(plain.is_some(), parts.len() > 1, "{parts:?} at {rate}");
            }
        }
    }

    #[test]
    fn long_silence_costs_the_meter_nothing() {
        let mut loudness = Loudness::new(8000).unwrap();
        loudness.hear(&[0.5; 64], false);
        for _ in 0..1_000_000 {
            loudness.hear(&[0.0; 64], true);
        }
        let before = loudness.silent;
        assert_eq!(before, 32_000_000);
        assert!(loudness.waiting.len() <= 64);
        loudness.hear(&[0.5; 64], false);
        assert_eq!((loudness.silent, loudness.waiting.len()), (0, 64));
    }
}
