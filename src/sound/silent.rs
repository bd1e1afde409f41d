//! The silent device: what plays when there is no card. It asks for blocks at the pace of
//! a real one, so that rings drain, kits go home and the heartbeat runs. (ALSA's own `null`
//! is not paced: it asks hundreds of thousands of times a second.)

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::words::stream::{StreamMeters, StreamShape};
use crate::words::time::Clock;

use super::berth::{Quay, berth};
use super::shell::{Health, Shell};

/// When the next block is due.
#[derive(Debug)]
struct Pace {
    /// Nanoseconds of the clock at which block 0 is due.
    start: u64,
    shape: StreamShape,
    /// The number of the next block.
    block: u64,
}

/// What to do for the next block.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    /// How long to wait for it.
    wait: Duration,
    /// Blocks were left out before it.
    skipped: bool,
}

impl Pace {
    /// The first block is due at `now`.
    fn new(shape: StreamShape, now: u64) -> Self {
        Self { start: now, shape, block: 0 }
    }

    /// Reckoned from the start each time: rounding never adds up.
    fn deadline(&self, block: u64) -> u64 {
        let frames = u128::from(block) * u128::from(self.shape.period);
        let nanos = frames * 1_000_000_000 / u128::from(self.shape.rate);
        self.start.saturating_add(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The next block, asked for at `now`. A card has a buffer of two periods; who comes
    /// later than that has missed blocks, and goes on with the one that is due now
    /// instead of making up for them in a burst.
    fn next(&mut self, now: u64) -> Step {
        let skipped = now > self.deadline(self.block + 2);
        if skipped {
            let nanos = u128::from(now - self.start);
            let frames = nanos * u128::from(self.shape.rate) / 1_000_000_000;
            let block = frames / u128::from(self.shape.period.max(1));
            self.block = u64::try_from(block).unwrap_or(u64::MAX);
        }
        let wait = self.deadline(self.block).saturating_sub(now);
        self.block += 1;
        Step { wait: Duration::from_nanos(wait), skipped }
    }
}

/// A running silent device; dropped, it stops.
pub(super) struct Silent {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Silent {
    /// Starts the device. Its source, of so many `pairs`, is awaited at the quay. Neither
    /// rate nor period may be 0.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(
        shape: StreamShape,
        pairs: usize,
        clock: Clock,
        meters: Arc<StreamMeters>,
        health: Arc<Health>,
    ) -> std::io::Result<(Self, Quay)> {
        let (quay, berth) = berth();
        let (stop, stopped) = bounded(0);
        let shell = Shell::new(berth, health.clone(), meters, clock, shape.rate, 0, pairs);
        let thread = std::thread::Builder::new()
            .name("rimshot-silent".to_owned())
            .spawn(move || run(shell, shape, clock, &health, &stopped))?;
        Ok((Self { stop: Some(stop), thread: Some(thread) }, quay))
    }
}

fn run(
    mut shell: Shell,
    shape: StreamShape,
    clock: Clock,
    health: &Health,
    stopped: &Receiver<()>,
) {
    let mut pace = Pace::new(shape, clock.now());
    loop {
        let step = pace.next(clock.now());
        // Nothing is ever sent: the channel only tells of its other end's drop.
        if stopped.recv_timeout(step.wait) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        if step.skipped {
            health.break_time();
        }
        shell.block(clock.now(), shape.period as usize, |_, _| ());
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A source that panicked has ended the thread; it is home already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: StreamShape = StreamShape::new(44_100, 128);

    #[test]
    fn an_hour_of_blocks_ends_within_a_nanosecond_of_an_hour() {
        let shape = StreamShape::new(44_100, 147);
        let pace = Pace::new(shape, 5);
        let blocks_an_hour = 3600 * 300;
        assert_eq!(pace.deadline(blocks_an_hour), 3_600_000_000_005);
        assert_eq!(pace.deadline(1), 3_333_338);
    }

    #[test]
    fn a_punctual_device_waits_for_each_deadline() {
        let mut pace = Pace::new(SHAPE, 1_000);
        assert_eq!(pace.next(1_000), Step { wait: Duration::ZERO, skipped: false });
        // 128 frames at 44.1 kHz are 2 902 494.3 ns.
        let step = pace.next(1_500);
        assert_eq!(step, Step { wait: Duration::from_nanos(2_901_994), skipped: false });
    }

    #[test]
    fn a_little_lateness_is_made_up_for_at_once() {
        let mut pace = Pace::new(SHAPE, 0);
        pace.next(0);
        let late = pace.deadline(2);
        let step = Step { wait: Duration::ZERO, skipped: false };
        assert_eq!(pace.next(late), step);
        assert_eq!(pace.next(late), step);
        assert!(pace.next(late).wait > Duration::ZERO);
    }

    #[test]
    fn after_a_stall_it_goes_on_with_the_block_that_is_due_now() {
        let mut pace = Pace::new(SHAPE, 0);
        pace.next(0);
        let after = pace.deadline(1_000) + 7;
        assert_eq!(pace.next(after), Step { wait: Duration::ZERO, skipped: true });
        let step = pace.next(after);
        assert!(!step.skipped);
        assert_eq!(step.wait, Duration::from_nanos(pace.deadline(1_001) - after));
    }
}
