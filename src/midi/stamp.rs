//! From a driver's time stamps to our clock.
//!
//! A message's stamp is set by the kernel when it arrives; our thread runs some time later,
//! now sooner, now not so soon. The smallest delay of the last while is taken for the true
//! distance of the two clocks, so a message that was handed to us late still gets the time
//! it really came at.

/// Half the window. The smallest offset is kept for the current and the previous stretch of
/// this length, so no offset older than 30 s is used and never less than the last 15 s are
/// looked at.
const HALF: u64 = 15_000_000_000;

/// Maps the stamps of one connection to nanoseconds of [`crate::words::time::Clock`].
///
/// Times are never later than the arrival and never run backwards while the stamps do not.
#[derive(Debug, Default)]
pub struct StampClock {
    /// The last stamp.
    last: u64,
    /// The number of the current stretch: arrival ÷ `HALF`.
    stretch: u64,
    /// The smallest arrival − stamp of the current stretch, and of the one before.
    newer: Option<i128>,
    older: Option<i128>,
}

impl StampClock {
    /// A clock that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time of a message: min(arrival, stamp + smallest offset). `stamp` and `arrival`
    /// in nanoseconds, each by its own clock. A stamp that runs backwards (a wrapped or
    /// restarted counter) starts the measurement anew. Thread: MIDI.
    pub fn time(&mut self, stamp: u64, arrival: u64) -> u64 {
        if stamp < self.last {
            self.newer = None;
            self.older = None;
        }
        self.last = stamp;
        let stretch = arrival / HALF;
        if stretch != self.stretch {
            self.older = self.newer.filter(|_| stretch == self.stretch + 1);
            self.newer = None;
            self.stretch = stretch;
        }
        let offset = i128::from(arrival) - i128::from(stamp);
        let newer = self.newer.map_or(offset, |smallest| smallest.min(offset));
        self.newer = Some(newer);
        let smallest = self.older.map_or(newer, |older| older.min(newer));
        let time = (i128::from(stamp) + smallest).clamp(0, i128::from(arrival));
        time as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    const MS: u64 = 1_000_000;
    const S: u64 = 1_000 * MS;

    #[test]
    fn a_late_wake_does_not_make_a_hit_late() {
        let mut clock = StampClock::new();
        // Our clock is 5 s ahead; the first message is handed over at once.
        assert_eq!(clock.time(0, 5 * S), 5 * S);
        assert_eq!(clock.time(10 * MS, 5 * S + 17 * MS), 5 * S + 10 * MS);
        assert_eq!(clock.time(20 * MS, 5 * S + 20 * MS), 5 * S + 20 * MS);
    }

    #[test]
    fn a_smaller_delay_than_ever_is_believed_at_once() {
        let mut clock = StampClock::new();
        assert_eq!(clock.time(0, S + 4 * MS), S + 4 * MS);
        assert_eq!(clock.time(10 * MS, S + 11 * MS), S + 11 * MS);
        assert_eq!(clock.time(20 * MS, S + 24 * MS), S + 21 * MS);
    }

    #[test]
    fn scripted_jitter_leaves_the_spacing_of_the_stamps_and_never_runs_backwards() {
        let mut clock = StampClock::new();
        let mut rng = Rng::new(7, 0);
        let mut last = 0;
        clock.time(0, S);
        for hit in 1..10_000u64 {
            let stamp = hit * 20 * MS;
            // Up to 9 ms late, and every hundredth not at all.
            let late = if hit % 100 == 0 { 0 } else { rng.draw() % (9 * MS) };
            let time = clock.time(stamp, S + stamp + late);
            assert_eq!(time, S + stamp, "hit {hit}");
            assert!(time > last);
            last = time;
        }
    }

    #[test]
    fn an_offset_is_forgotten_after_30_seconds() {
        let mut clock = StampClock::new();
        clock.time(0, 100 * S);
        // From now on the clocks stand 2 ms further apart.
        let mut time = 0;
        for second in 1..=31 {
            time = clock.time(second * S, 100 * S + second * S + 2 * MS);
        }
        assert_eq!(time, 131 * S + 2 * MS);
        assert_eq!(clock.time(40 * S, 140 * S + 5 * MS), 140 * S + 2 * MS);
    }

    #[test]
    fn after_a_long_rest_nothing_old_is_used() {
        let mut clock = StampClock::new();
        clock.time(0, 0);
        assert_eq!(clock.time(S, 100 * S), 100 * S);
    }

    #[test]
    fn stamps_that_jump_back_start_anew() {
        let mut clock = StampClock::new();
        clock.time(u64::MAX - 5, 10 * S);
        assert_eq!(clock.time(3, 11 * S), 11 * S);
        assert_eq!(clock.time(3 + MS, 11 * S + 3 * MS), 11 * S + MS);
    }

    #[test]
    fn no_stamp_gives_a_time_after_the_arrival() {
        let mut clock = StampClock::new();
        let mut rng = Rng::new(9, 0);
        for _ in 0..10_000 {
            let arrival = rng.draw();
            assert!(clock.time(rng.draw(), arrival) <= arrival);
        }
    }
}
