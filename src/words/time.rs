//! One clock for MIDI threads, the audio shell and the panel.

use std::time::Instant;

/// Nanoseconds since the program started, by the monotonic clock. Copies agree.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch: Instant,
}

impl Clock {
    /// Starts the count. One is made at start-up and copied to whoever needs the time.
    pub fn start() -> Self {
        Self { epoch: Instant::now() }
    }

    /// Nanoseconds now. Reads the clock through the vDSO: no system call on Linux.
    pub fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
