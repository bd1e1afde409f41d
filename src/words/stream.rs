//! The contract between a sound driver and what it plays.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// What a driver knows about the block it asks for.
#[derive(Debug, Clone, Copy)]
pub struct BlockStart {
    /// The time of the call, in nanoseconds of [`super::time::Clock`].
    pub now: u64,
    /// The stream broke since the last call (an xrun): time does not continue.
    pub broken: bool,
}

/// A stream that has just been opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamShape {
    /// Frames a second.
    pub rate: u32,
    /// Frames a callback usually asks for.
    pub period: u32,
    /// Pairs of outputs, a bit each, that the card has no channels for: what is meant for
    /// them belongs on the first pair.
    pub lacks: u64,
}

impl StreamShape {
    /// A stream that has channels for every pair.
    pub const fn new(rate: u32, period: u32) -> Self {
        Self { rate, period, lacks: 0 }
    }
}

/// What a driver plays: the engine, or a test's stand-in.
pub trait AudioSource: Send {
    /// How many pairs of outputs it fills, at least 1; never changes while a driver has it.
    fn pairs(&self) -> usize {
        1
    }
    /// Asks it to play at this rate, in frames a second, and to fill so many pairs, which it
    /// may do or not; on the control thread, while no driver has it.
    fn reshape(&mut self, _rate: u32, _pairs: usize) {}
    /// Told before the first block of every stream, on the control thread.
    fn open(&mut self, shape: StreamShape);
    /// Fills `out`: interleaved stereo, one pair of outputs after the other, all of the same
    /// length. Thread: audio callback; real-time.
    fn render(&mut self, block: BlockStart, out: &mut [f32]);
}

/// What a driver counts, shared with the control thread by atomics.
#[derive(Debug, Default)]
pub struct StreamMeters {
    /// Blocks asked for since the program started: the heartbeat.
    pub blocks: AtomicU64,
    /// Xruns since the program started.
    pub xruns: AtomicU64,
    busy: AtomicU64,
    available: AtomicU64,
    /// The bits of an f32.
    worst: AtomicU32,
    longest: AtomicU64,
}

/// How much of their time callbacks used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Nanoseconds spent in callbacks.
    pub busy: u64,
    /// Nanoseconds that the frames they filled last.
    pub available: u64,
    /// The worst callback's time as a part of what its frames last: above 1 it was late.
    pub worst: f32,
    /// Nanoseconds of the longest callback.
    pub longest: u64,
}

impl Load {
    /// The part of their time that callbacks used on average; 0 where there were none.
    pub fn mean(&self) -> f32 {
        if self.available == 0 { 0.0 } else { (self.busy as f64 / self.available as f64) as f32 }
    }

    /// This and another stretch of time together.
    pub fn and(self, other: Load) -> Load {
        Load {
            busy: self.busy.saturating_add(other.busy),
            available: self.available.saturating_add(other.available),
            worst: self.worst.max(other.worst),
            longest: self.longest.max(other.longest),
        }
    }
}

impl StreamMeters {
    /// Counts one more block. Thread: audio callback; real-time.
    pub fn count_block(&self) {
        self.blocks.fetch_add(1, Ordering::Relaxed);
    }
    /// Counts one more xrun. Thread: audio callback; real-time.
    pub fn count_xrun(&self) {
        self.xruns.fetch_add(1, Ordering::Relaxed);
    }
    /// Notes that a callback was busy for so many nanoseconds, filling frames that last
    /// `available` (at least 1). Thread: audio callback; real-time.
    pub fn count_load(&self, busy: u64, available: u64) {
        let available = available.max(1);
        self.busy.fetch_add(busy, Ordering::Relaxed);
        self.available.fetch_add(available, Ordering::Relaxed);
        self.longest.fetch_max(busy, Ordering::Relaxed);
        // positive floats order like their bits
        let worst = (busy as f64 / available as f64) as f32;
        self.worst.fetch_max(worst.to_bits(), Ordering::Relaxed);
    }
    /// The load since the last call.
    pub fn take_load(&self) -> Load {
        let take = |number: &AtomicU64| number.swap(0, Ordering::Relaxed);
        Load {
            busy: take(&self.busy),
            available: take(&self.available),
            worst: f32::from_bits(self.worst.swap(0, Ordering::Relaxed)),
            longest: take(&self.longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_that_since_the_last_question_and_two_stretches_make_one() {
        let meters = StreamMeters::default();
        assert_eq!(meters.take_load().mean(), 0.0);
        meters.count_load(1_000, 4_000);
        meters.count_load(3_000, 4_000);
        let first = meters.take_load();
        assert_eq!((first.mean(), first.worst, first.longest), (0.5, 0.75, 3_000));
        // A longer block may take longer and be no worse.
        meters.count_load(4_000, 8_000);
        let both = first.and(meters.take_load());
        assert_eq!((both.mean(), both.worst, both.longest), (0.5, 0.75, 4_000));
        assert_eq!(meters.take_load(), Load::default());
    }
}
