//! Whether a stream asks for blocks as a card does.

use std::time::Instant;

/// Ticks without a single block after which a card that reports no error is stuck. At 250
/// ms a tick they are 2 s, fifty of the longest periods.
pub const STUCK_TICKS: u32 = 8;
/// A driver that asks for blocks so many times faster than they can be played is not paced
/// by a card; at 1.01 a crystal would be broken, and the rest is for a buffer that fills.
const RACES: f64 = 4.0;
/// So many such ticks in a row, a second, and it is given up: at real-time priority it
/// leaves little to others.
pub const RACE_TICKS: u32 = 4;

/// Whether blocks are still asked for.
pub struct Pulse {
    blocks: u64,
    still: u32,
}

impl Pulse {
    /// For a stream that begins now: what others have asked for does not count.
    pub fn after(blocks: u64) -> Self {
        Self { blocks, still: 1 }
    }

    /// Whether it did at the last tick.
    pub fn beats(&self) -> bool {
        self.still == 0
    }

    /// Asked at every tick with the blocks so far. Ticks and not time are counted: after
    /// a sleep of the whole machine the card gets its chance.
    pub fn is_stuck(&mut self, blocks: u64) -> bool {
        self.still = if blocks == self.blocks { self.still + 1 } else { 0 };
        self.blocks = blocks;
        self.still >= STUCK_TICKS
    }
}

/// Whether blocks are asked for faster than they are played.
pub struct Race {
    blocks: u64,
    at: Instant,
    ticks: u32,
}

impl Race {
    /// For a stream that begins now.
    pub fn after(blocks: u64, now: Instant) -> Self {
        Self { blocks, at: now, ticks: 0 }
    }

    /// Asked at every tick with the blocks so far, each of so many seconds at most.
    pub fn is_lost(&mut self, blocks: u64, block: f64, now: Instant) -> bool {
        let passed = now.duration_since(self.at).as_secs_f64();
        let asked = blocks.saturating_sub(self.blocks) as f64 * block;
        let races = passed > 0.0 && asked > RACES * passed.max(0.1);
        self.ticks = if races { self.ticks + 1 } else { 0 };
        (self.blocks, self.at) = (blocks, now);
        self.ticks >= RACE_TICKS
    }
}
