//! One clock for MIDI threads, the audio shell and the panel.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Nanoseconds since the program started, by the monotonic clock. Copies agree.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch: Instant,
    hand: Option<&'static AtomicU64>,
}

impl Clock {
    /// Starts the count. One is made at start-up and copied to whoever needs the time.
    pub fn start() -> Self {
        Self { epoch: Instant::now(), hand: None }
    }

    /// A clock whose nanoseconds somebody else writes to `hand`: hours of music in minutes.
    pub fn scripted(hand: &'static AtomicU64) -> Self {
        Self { epoch: Instant::now(), hand: Some(hand) }
    }

    /// Nanoseconds now. Reads the clock through the vDSO: no system call on Linux.
    pub fn now(&self) -> u64 {
        match self.hand {
            Some(hand) => hand.load(Ordering::Relaxed),
            None => u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX),
        }
    }
}
