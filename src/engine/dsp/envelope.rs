//! The amplitude envelope of one voice: attack, hold, decay.

use crate::kit;
use crate::words::units::ms_to_frames;

/// Frames between two evaluations of the decay's curve; it is linear in between. At 48 kHz
/// 0.7 ms: the corners are inaudible, and an exponential costs a thirty-second of itself.
const SEGMENT: usize = 32;

/// How far a frame lies in its segment.
const PARTS: [f32; SEGMENT] = {
    let mut parts = [0.0; SEGMENT];
    let mut rest: &mut [f32] = &mut parts;
    let mut part = 0.0;
    while let [first, after @ ..] = rest {
        *first = part / SEGMENT as f32;
        part += 1.0;
        rest = after;
    }
    parts
};

/// ln 1000: the decay's exponential has fallen by 60 dB at its end, as the decay time of a
/// room or a string is counted.
const STEEPNESS: f32 = 6.907_755_4;

/// A kit's [`kit::Envelope`] in frames at one rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    /// Frames of the rise.
    attack: u64,
    /// First frame of the fall; `u64::MAX` where there is none.
    falls_at: u64,
    /// Frames of the fall, whole segments.
    decay: u64,
    release: Option<u32>,
}

impl Envelope {
    /// The envelope at `rate` frames a second. A decay is rounded up to whole segments of
    /// 32 frames, so that it always ends at silence and never in a click. Thread: any;
    /// real-time.
    pub fn new(spec: &kit::Envelope, rate: u32) -> Self {
        // A time of 0 is no frame at all, where `ms_to_frames` gives one.
        let frames = |ms: f32| match ms > 0.0 {
            true => u64::from(ms_to_frames(f64::from(ms), rate)),
            false => 0,
        };
        let attack = frames(spec.attack);
        let segment = SEGMENT as u64;
        Self {
            attack,
            falls_at: spec.decay.map_or(u64::MAX, |_| attack.saturating_add(frames(spec.hold))),
            decay: spec.decay.map_or(0, |ms| frames(ms).div_ceil(segment).max(1) * segment),
            release: spec.release.map(|ms| ms_to_frames(f64::from(ms), rate)),
        }
    }

    /// Frames after the voice's start from which on it is silent; `None` where the
    /// recording rings as long as it is. Thread: any; real-time.
    pub fn end(&self) -> Option<u64> {
        (self.falls_at < u64::MAX).then(|| self.falls_at.saturating_add(self.decay))
    }

    /// Frames, at least 1, in which a note-off ends the voice by a linear fall; `None`
    /// where a note-off does nothing. [`Envelope::apply`] knows of no note-off: the fall
    /// is the voice's own fade. Thread: any; real-time.
    pub fn release(&self) -> Option<u32> {
        self.release
    }

    /// The level, 0..=1, at a frame after the voice's start. Thread: any; real-time.
    pub fn level_at(&self, frame: u64) -> f32 {
        let mut one = [1.0; 2];
        self.apply(frame, &mut one);
        let [level, _] = one;
        level
    }

    /// Multiplies interleaved stereo in place with the level from frame `first` after the
    /// voice's start on. Where the level is 1 nothing is touched.
    /// Thread: audio callback; real-time.
    pub fn apply(&self, first: u64, frames: &mut [f32]) {
        let (mut rest, _) = frames.as_chunks_mut::<2>();
        let mut at = first;
        // The next `count` frames at most, and where they start.
        let mut next = |count: u64| {
            let count = usize::try_from(count).unwrap_or(usize::MAX).min(rest.len());
            let start = at;
            at = at.saturating_add(count as u64);
            let (part, after) = std::mem::take(&mut rest).split_at_mut_checked(count)?;
            rest = after;
            Some((start, part)).filter(|(_, part)| !part.is_empty())
        };
        if let Some((start, part)) = next(self.attack.saturating_sub(first)) {
            self.rise(start, part);
        }
        next(self.falls_at.saturating_sub(first.max(self.attack)));
        let fallen = first.saturating_sub(self.falls_at) % SEGMENT as u64;
        let mut level = None;
        let mut count = SEGMENT as u64 - fallen;
        while let Some((start, part)) = next(count) {
            let since = start.saturating_sub(self.falls_at);
            let (segment, inside) = (since / SEGMENT as u64, since % SEGMENT as u64);
            let from = level.unwrap_or_else(|| self.fallen(segment));
            let to = self.fallen(segment + 1);
            if from == 0.0 {
                part.as_flattened_mut().fill(0.0);
            } else {
                slope(from, to, PARTS.get(inside as usize..).unwrap_or_default(), part);
            }
            level = Some(to);
            count = SEGMENT as u64;
        }
    }

    fn rise(&self, first: u64, frames: &mut [[f32; 2]]) {
        // Exact to 2²⁴ frames, 87 s at 192 kHz; the longest attack is 10 s.
        let (first, length) = (first as f32, self.attack as f32);
        for (i, [left, right]) in (0i32..).zip(frames) {
            let level = (first + i as f32) / length;
            *left *= level;
            *right *= level;
        }
    }

    /// The level at the start of a segment of the fall: the exponential, lowered and
    /// stretched so that it runs from exactly 1 to exactly 0.
    fn fallen(&self, segment: u64) -> f32 {
        let frames = segment.saturating_mul(SEGMENT as u64);
        if frames == 0 {
            return 1.0;
        }
        if frames >= self.decay {
            return 0.0;
        }
        let floor = (-STEEPNESS).exp();
        let falling = (-STEEPNESS * (frames as f32 / self.decay as f32)).exp();
        (falling - floor) / (1.0 - floor)
    }
}

/// Multiplies a segment's frames, whose places in it are `parts`, with a line.
fn slope(from: f32, to: f32, parts: &[f32], frames: &mut [[f32; 2]]) {
    let rise = to - from;
    for ([left, right], part) in frames.iter_mut().zip(parts) {
        let level = from + rise * part;
        *left *= level;
        *right *= level;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 1000 frames a second a millisecond is a frame.
    fn envelope(attack: f32, hold: f32, decay: Option<f32>) -> Envelope {
        Envelope::new(&kit::Envelope { attack, hold, decay, release: None }, 1000)
    }
    fn levels(envelope: &Envelope, n: usize) -> Vec<f32> {
        let mut frames = vec![1.0; 2 * n];
        envelope.apply(0, &mut frames);
        frames.chunks_exact(2).for_each(|frame| assert_eq!(frame[0], frame[1]));
        frames.into_iter().step_by(2).collect()
    }

    #[test]
    fn an_attack_of_four_frames_rises_in_quarters_and_stays_at_one() {
        assert_eq!(levels(&envelope(4.0, 0.0, None), 7), [0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(envelope(4.0, 0.0, None).end(), None);
    }

    #[test]
    fn the_decay_follows_its_formula_at_every_32nd_frame_and_is_a_line_in_between() {
        let envelope = envelope(3.0, 5.0, Some(320.0));
        let levels = levels(&envelope, 400);
        assert_eq!(levels[3..=8], [1.0; 6], "hold and the first frame of the fall");
        let k = 1000f64.ln();
        for segment in 0..10 {
            let t = f64::from(segment) / 10.0;
            let wanted = ((-k * t).exp() - 0.001) / 0.999;
            let at = 8 + 32 * segment as usize;
            assert!((f64::from(levels[at]) - wanted).abs() < 1e-6, "{segment}: {}", levels[at]);
            let middle = (levels[at] + levels[at + 32]) / 2.0;
            assert!((levels[at + 16] - middle).abs() < 1e-6);
        }
        assert_eq!(envelope.end(), Some(328));
        assert!(levels[327] > 0.0 && levels[328..].iter().all(|x| *x == 0.0));
        assert!(levels[8..].is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn the_shortest_decay_is_a_line_to_silence_and_no_click() {
        let envelope = envelope(0.0, 0.0, Some(1.0));
        assert_eq!(envelope.end(), Some(32));
        let levels = levels(&envelope, 33);
        assert_eq!((levels[0], levels[31], levels[32]), (1.0, 1.0 / 32.0, 0.0));
    }

    #[test]
    fn the_same_bits_however_it_is_cut() {
        for spec in [(0.0, 0.0, Some(1000.0)), (100.0, 33.0, Some(200.0)), (70.0, 9.0, None)] {
            let envelope = envelope(spec.0, spec.1, spec.2);
            let signal: Vec<f32> = (0..3000).map(|i| (i as f32 * 0.37).sin()).collect();
            let mut whole = signal.clone();
            envelope.apply(0, &mut whole);
            for cut in [1, 7, 32, 33, 64, 500] {
                let mut parts = signal.clone();
                for (i, part) in parts.chunks_mut(2 * cut).enumerate() {
                    envelope.apply((i * cut) as u64, part);
                }
                assert_eq!(parts, whole, "{spec:?} in pieces of {cut}");
            }
            for (frame, wanted) in levels(&envelope, 1500).into_iter().enumerate() {
                assert_eq!(envelope.level_at(frame as u64), wanted);
            }
        }
    }

    #[test]
    fn where_the_level_is_one_no_bit_changes_and_far_away_nothing_overflows() {
        let mut frames = [f32::MIN_POSITIVE / 3.0, -0.0, f32::NAN, 1e38];
        let before = frames.map(f32::to_bits);
        envelope(0.0, 0.0, None).apply(0, &mut frames);
        envelope(2.0, 100.0, Some(100.0)).apply(2, &mut frames);
        assert_eq!(frames.map(f32::to_bits), before);
        envelope(1.0, 1.0, Some(1.0)).apply(u64::MAX - 1, &mut frames[2..]);
        assert_eq!(frames[2..], [0.0, 0.0]);
        envelope(1.0, 1.0, None).apply(u64::MAX - 1, &mut []);
    }

    #[test]
    fn a_release_is_told_in_frames_and_at_least_one() {
        let release = |ms| {
            let spec = kit::Envelope { release: ms, ..kit::Envelope::NONE };
            Envelope::new(&spec, 48_000).release()
        };
        assert_eq!(release(Some(50.0)), Some(2400));
        assert_eq!(release(Some(0.0)), Some(1));
        assert_eq!(release(None), None);
    }
}
