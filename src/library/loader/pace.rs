//! Holding back what is loaded ahead while somebody plays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::words::time::Clock;

/// After a hit nothing is begun for so long: longer than sixteenths are apart at 100 beats
/// a minute, so that steady playing holds, and shorter than a drummer's pause.
const QUIET: Duration = Duration::from_millis(200);
/// Whoever plays without a pause still gets the next kit: one recording in so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Knows when the last hit was.
#[derive(Debug, Clone)]
pub struct Pace {
    last_hit: Arc<AtomicU64>,
    clock: Clock,
}

impl Pace {
    /// `last_hit`: time of the last hit by this clock, in nanoseconds; 0 for none yet.
    pub fn new(last_hit: Arc<AtomicU64>, clock: Clock) -> Self {
        Self { last_hit, clock }
    }

    /// Paces one kit.
    pub(super) fn begin(&self) -> Paced<'_> {
        Paced { pace: self, waiting_since: None }
    }
}

/// The pace of one kit that is loaded ahead.
#[derive(Debug)]
pub(super) struct Paced<'a> {
    pace: &'a Pace,
    waiting_since: Option<u64>,
}

impl Paced<'_> {
    /// How long nothing may be begun; zero lets one recording go.
    pub(super) fn hold(&mut self) -> Duration {
        let now = self.pace.clock.now();
        let last_hit = self.pace.last_hit.load(Ordering::Relaxed);
        let waited = now.saturating_sub(*self.waiting_since.get_or_insert(now));
        let hold = hold(now, last_hit, Duration::from_nanos(waited));
        if hold.is_zero() {
            self.waiting_since = None;
        }
        hold
    }
}

/// The rule. Times in nanoseconds.
fn hold(now: u64, last_hit: u64, waited: Duration) -> Duration {
    if last_hit == 0 {
        return Duration::ZERO;
    }
    let quiet = Duration::from_nanos(now.saturating_sub(last_hit));
    QUIET.saturating_sub(quiet).min(PATIENCE.saturating_sub(waited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_holds_for_a_while_and_steady_playing_for_a_second_at_most() {
        let ms = |ms| Duration::from_millis(ms);
        let rule =
            |now: u64, last: u64, waited| hold(now * 1_000_000, last * 1_000_000, ms(waited));
        assert_eq!(rule(5000, 0, 0), ms(0), "nobody has played yet");
        assert_eq!(rule(5000, 4950, 0), ms(150));
        assert_eq!(rule(5000, 4800, 0), ms(0));
        assert_eq!(rule(5000, 4950, 900), ms(100));
        assert_eq!(rule(5000, 5000, 1000), ms(0));
        assert_eq!(rule(5000, 5001, 0), ms(200), "a hit that another clock read put ahead");
    }

    #[test]
    fn waiting_is_counted_from_the_first_hold_and_anew_for_each_recording() {
        let clock = Clock::start();
        let last_hit = Arc::new(AtomicU64::new(u64::MAX));
        let pace = Pace::new(last_hit.clone(), clock);
        let mut paced = pace.begin();
        assert!(!paced.hold().is_zero());
        let since = paced.waiting_since;
        assert!(!paced.hold().is_zero() && paced.waiting_since == since);
        last_hit.store(0, Ordering::Relaxed);
        assert!(paced.hold().is_zero() && paced.waiting_since.is_none());
    }
}
