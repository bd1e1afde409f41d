//! The contract between a sound driver and what it plays.

use std::sync::atomic::{AtomicU64, Ordering};

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
}

/// What a driver plays: the engine, or a test's stand-in.
pub trait AudioSource: Send {
    /// How many pairs of outputs it fills, at least 1; never changes.
    fn pairs(&self) -> usize {
        1
    }
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
}
