//! Where in the stream a moment lies (decision 13).
//!
//! Callbacks wake late by a varying amount. A delay-locked loop (F. Adriaensen, "Using a
//! DLL to filter time", 2005) turns their times into a smooth line frame ↔ time, so that
//! a hit's place depends on when it was played and not on when the callback woke.

use std::f64::consts::{SQRT_2, TAU};

use crate::words::stream::StreamShape;

/// Bandwidth of the loop in Hz: callbacks' jitter is averaged over several seconds,
/// while the drift between two crystals (under 100 ppm) is followed without an error.
const BANDWIDTH: f64 = 0.2;
/// Bandwidth right after a start; it narrows over [`LOCK_SECONDS`].
const LOCK_BANDWIDTH: f64 = 4.0;
/// How long the loop narrows.
const LOCK_SECONDS: f64 = 2.0;
/// The loop follows the mean wake, but a wake is only ever late: the earliest of the last
/// one to two spans of this many seconds is where the block really began.
const FLOOR_SECONDS: f64 = 1.0;
/// A prediction that is off by more than this many seconds is no jitter: the clock was
/// set, the machine slept. The loop starts anew.
const LOST_SECONDS: f64 = 0.2;
/// Blocks within which a driver may still be filling its buffer.
const FILLING_BLOCKS: u32 = 8;
/// An event further ahead than this many seconds has a broken stamp, because line and
/// floor each lag by [`LOST_SECONDS`] at most. It sounds at once: one that waited would
/// hold up everything behind it in its ring.
const FURTHEST_SECONDS: f64 = 0.5;

/// When a live hit sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// One period after it was played, whatever the phase of the callback: no jitter.
    #[default]
    Steady,
    /// At the start of the next block: the least latency, up to one period of jitter.
    Asap,
}

/// Frames ↔ nanoseconds.
#[derive(Debug)]
pub struct BlockClock {
    timing: Timing,
    nominal: f64,
    period: u64,
    line: Option<Line>,
}

/// Frame `frame` begins `offset` after `wake`; frames are `step` apart (nanoseconds). The
/// large numbers are whole ones: an f64 of nanoseconds has lost some of them after 104 days.
#[derive(Debug, Clone, Copy)]
struct Line {
    frame: u64,
    wake: u64,
    offset: f64,
    step: f64,
    age: f64,
    blocks: u32,
    /// The earliest wake against the line, in this span and in the one before.
    floors: [f64; 2],
    span: f64,
}

/// Nanoseconds from one time to another, either of which may be the later one.
fn nanos_from(from: u64, to: u64) -> f64 {
    (i128::from(to) - i128::from(from)) as f64
}

impl Line {
    /// Nanoseconds from where its block really began to this time.
    fn ahead(&self, nanos: u64) -> f64 {
        let [this, before] = self.floors;
        nanos_from(self.wake, nanos) - self.offset - this.min(before)
    }
}

impl BlockClock {
    /// A clock that has seen no block. `rate`: frames a second.
    pub fn new(rate: u32, timing: Timing) -> Self {
        Self { timing, nominal: 1e9 / f64::from(rate.max(1)), period: 0, line: None }
    }

    /// Live hits sound so from now on; gives how they did. Thread: any; real-time.
    pub fn set_timing(&mut self, timing: Timing) -> Timing {
        std::mem::replace(&mut self.timing, timing)
    }

    /// A new stream begins: time does not continue. A card that runs at a rate of its own
    /// is followed at that rate.
    pub fn reset(&mut self, shape: StreamShape) {
        self.nominal = 1e9 / f64::from(shape.rate.max(1));
        self.period = u64::from(shape.period);
        self.line = None;
    }

    /// The callback asks at `now` (nanoseconds) for `frames` from frame `frame` on.
    /// `broken`: the stream stumbled since the last call. Thread: audio callback; real-time.
    pub fn block(&mut self, now: u64, frame: u64, frames: u64, broken: bool) {
        self.period = self.period.max(frames);
        let fresh = Line {
            frame,
            wake: now,
            offset: 0.0,
            step: self.nominal,
            age: 0.0,
            blocks: 0,
            floors: [0.0; 2],
            span: 0.0,
        };
        let follow = |line: Line| {
            let passed = frame.saturating_sub(line.frame) as f64;
            // Against this wake, as what follows.
            let predicted = line.offset + passed * line.step - nanos_from(line.wake, now);
            let error = -predicted;
            // A driver fills its buffer at the start by callbacks without a pause: until
            // they are paced, an early one moves the line.
            let early = line.blocks < FILLING_BLOCKS && error < -0.5 * frames as f64 * line.step;
            if passed == 0.0 {
                return line;
            }
            if early || error.abs() > LOST_SECONDS * 1e9 {
                return Line { blocks: line.blocks.saturating_add(1), ..fresh };
            }
            let seconds = passed * self.nominal * 1e-9;
            let narrow = (line.age / LOCK_SECONDS).min(1.0);
            let bandwidth = LOCK_BANDWIDTH + (BANDWIDTH - LOCK_BANDWIDTH) * narrow;
            // Long blocks would make the loop unstable: it stays below critical.
            let omega = (TAU * bandwidth * seconds).min(0.5);
            let offset = predicted + SQRT_2 * omega * error;
            let [this, before] = line.floors;
            let ended = line.span >= FLOOR_SECONDS;
            let early = -offset;
            Line {
                frame,
                wake: now,
                offset,
                step: line.step + omega * omega * error / passed,
                age: line.age + seconds,
                blocks: line.blocks.saturating_add(1),
                floors: if ended { [early, this] } else { [this.min(early), before] },
                span: if ended { 0.0 } else { line.span + seconds },
            }
        };
        self.line = Some(match self.line {
            Some(line) if !broken => follow(line),
            _ => fresh,
        });
    }

    /// The frame at which an event of this time sounds. It may lie before the current
    /// block: then the event is late. Thread: audio callback; real-time.
    pub fn frame_of(&self, nanos: u64) -> u64 {
        let Some(line) = self.line else { return 0 };
        if self.timing == Timing::Asap {
            return line.frame;
        }
        let ahead = line.ahead(nanos);
        if ahead > FURTHEST_SECONDS * 1e9 {
            return line.frame;
        }
        let offset = (ahead / line.step).round() as i64;
        line.frame.saturating_add(self.period).saturating_add_signed(offset)
    }

    /// Frames from an event's time to the frame at which it sounds; 0 where that frame began
    /// before. Thread: audio callback; real-time.
    pub fn waited(&self, nanos: u64, frame: u64) -> u32 {
        let Some(line) = self.line else { return 0 };
        let passed = frame as f64 - line.frame as f64;
        let since = passed - line.ahead(nanos) / line.step;
        since.round() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    const RATE: u32 = 48_000;
    const PERIOD: u64 = 128;
    const SHAPE: StreamShape = StreamShape::new(RATE, PERIOD as u32);

    /// Runs callbacks that wake late by `late()` of a period, on a card whose crystal is
    /// `ppm` fast, and returns for hits of two sources at scripted times how far (in
    /// frames) each lands from its own time, and how many were late. The first four
    /// seconds lock the loop.
    fn placed(timing: Timing, ppm: f64, mut late: impl FnMut() -> f64) -> (Vec<f64>, usize) {
        let mut clock = BlockClock::new(RATE, timing);
        clock.reset(SHAPE);
        let step = 1e9 / (f64::from(RATE) * (1.0 + ppm * 1e-6));
        let span = PERIOD as f64 * step;
        let mut rng = Rng::new(1, 1);
        let (mut errors, mut lates) = (Vec::new(), 0);
        let mut waiting: Vec<f64> = Vec::new();
        for k in 0..5000u64 {
            let due = 5e9 + k as f64 * span;
            let wake = due + late() * span;
            let frame = k * PERIOD;
            for _ in 0..2 {
                waiting.push(due + Rng::of_candidate(rng.draw(), 0) as f64 * span);
            }
            clock.block(wake as u64, frame, PERIOD, false);
            for hit in waiting.extract_if(.., |hit| *hit < wake) {
                let at = clock.frame_of(hit as u64);
                if k > 1500 {
                    lates += usize::from(at < frame);
                    errors.push(at.max(frame) as f64 - (hit - 5e9) / step);
                }
            }
        }
        (errors, lates)
    }

    fn spread(errors: &[f64]) -> f64 {
        errors.iter().copied().fold(f64::MIN, f64::max)
            - errors.iter().copied().fold(f64::MAX, f64::min)
    }

    #[test]
    fn steady_hits_sound_one_period_later_whatever_the_wake_jitter() {
        let mut rng = Rng::new(3, 3);
        let jitter = move || Rng::of_candidate(rng.draw(), 0) as f64 * 0.8;
        let (errors, lates) = placed(Timing::Steady, 60.0, jitter);
        // 16 frames are a third of a millisecond; the jitter itself is 102 frames
        assert!(spread(&errors) < 16.0, "spread {} frames", spread(&errors));
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        assert!((mean - PERIOD as f64).abs() < 16.0, "mean {mean}");
        // the earliest wakes may lie within the loop's own noise of the line
        assert!(lates < errors.len() / 100, "{lates} late of {}", errors.len());
    }

    #[test]
    fn asap_hits_take_the_jitter_and_less_time() {
        let latest = |errors: &[f64]| errors.iter().copied().fold(f64::MIN, f64::max);
        let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
        let (asap, _) = placed(Timing::Asap, 0.0, || 0.0);
        assert!(spread(&asap) > 100.0, "spread {} frames", spread(&asap));
        let (steady, _) = placed(Timing::Steady, 0.0, || 0.0);
        assert!(spread(&steady) < 1.5, "spread {} frames", spread(&steady));
        assert!(latest(&asap) <= latest(&steady), "none takes longer");
        assert!(mean(&asap) < mean(&steady) - 0.4 * PERIOD as f64, "half a period less");
    }

    #[test]
    fn a_buffer_filled_in_one_go_at_the_start_does_not_shift_time() {
        let mut clock = BlockClock::new(RATE, Timing::Steady);
        clock.reset(SHAPE);
        let period_ns = 1e9 / f64::from(RATE) * PERIOD as f64;
        clock.block(1_000_000, 0, PERIOD, false);
        clock.block(1_000_100, PERIOD, PERIOD, false);
        for k in 1..500u64 {
            clock.block(1_000_100 + (k as f64 * period_ns) as u64, (k + 1) * PERIOD, PERIOD, false);
        }
        let now = 1_000_100 + (499.0 * period_ns) as u64;
        assert_eq!(clock.frame_of(now), 500 * PERIOD + PERIOD);
    }

    #[test]
    fn a_card_that_asks_for_ever_other_sizes_delays_all_hits_by_the_largest() {
        let mut clock = BlockClock::new(RATE, Timing::Steady);
        clock.reset(SHAPE);
        let mut rng = Rng::new(2, 2);
        let step = 1e9 / f64::from(RATE);
        let (mut frame, mut last, mut delays) = (0u64, 5e9, Vec::new());
        for _ in 0..6000 {
            // It asks for as many frames as have been played since, out of a buffer of 400.
            let frames = 32 + rng.draw() % 161;
            let wake = 5e9 + (frame + frames) as f64 * step;
            let hit = last + f64::from(Rng::of_candidate(rng.draw(), 0)) * (wake - last);
            last = wake;
            clock.block(wake as u64, frame, frames, false);
            let at = clock.frame_of(hit as u64);
            if frame > 200_000 {
                assert!(at >= frame, "late by {}", frame - at);
                delays.push(at as f64 - (hit - 5e9) / step);
            }
            frame += frames;
        }
        // wakes stray by 160 frames from the line
        assert!(spread(&delays) < 24.0, "spread {} frames", spread(&delays));
    }

    #[test]
    fn after_an_xrun_time_starts_anew() {
        let mut clock = BlockClock::new(RATE, Timing::Steady);
        clock.reset(SHAPE);
        clock.block(1_000_000, 0, PERIOD, false);
        clock.block(90_000_000, PERIOD, PERIOD, true);
        assert_eq!(clock.frame_of(90_000_000), 2 * PERIOD);
    }

    #[test]
    fn a_stamp_from_the_far_future_or_past_is_due_now() {
        let mut clock = BlockClock::new(RATE, Timing::Steady);
        clock.reset(SHAPE);
        clock.block(1_000_000_000, 1000, PERIOD, false);
        for broken in [0, 999_000_000, 1_600_000_000, u64::MAX] {
            assert!(clock.frame_of(broken) <= 1000 + PERIOD, "{broken}");
        }
        assert_eq!(clock.frame_of(0), 0, "and an early one is late");
    }

    #[test]
    fn an_empty_block_says_nothing_about_time() {
        let mut clock = BlockClock::new(RATE, Timing::Steady);
        clock.reset(SHAPE);
        clock.block(1_000_000, 0, PERIOD, false);
        clock.block(2_500_000, 0, 0, false);
        assert_eq!(clock.frame_of(1_000_000), PERIOD);
    }

    #[test]
    fn a_card_with_a_rate_of_its_own_is_followed_at_that_rate() {
        let mut clock = BlockClock::new(RATE, Timing::Steady);
        clock.reset(StreamShape { rate: 44_100, ..SHAPE });
        let span = 1e9 * PERIOD as f64 / 44_100.0;
        for k in 0..20u64 {
            clock.block((k as f64 * span) as u64, k * PERIOD, PERIOD, false);
        }
        assert_eq!(clock.frame_of((19.5 * span) as u64), 20 * PERIOD + PERIOD / 2);
    }
}
