//! When what could not be opened is tried again.

use std::time::{Duration, Instant};

/// A device that has just come is still being set up by udev: it is tried after this.
const SETTLE: Duration = Duration::from_millis(300);
/// What could not be opened is tried again after this, and then ever more rarely.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// When the next try is due; at first none is.
#[derive(Debug)]
pub struct Retry {
    at: Option<Instant>,
    wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { at: None, wait: FIRST_RETRY }
    }
}

impl Retry {
    /// Nothing has failed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// It has not been tried yet.
    pub fn at_once(&mut self, now: Instant) {
        self.at = Some(now);
    }

    /// It did not work: again later, and later still the next time.
    pub fn later(&mut self, now: Instant) {
        self.at = Some(now + self.wait);
        self.wait = (2 * self.wait).min(LAST_RETRY);
    }

    /// Something has changed: what did not work may work now.
    pub fn soon(&mut self, now: Instant) {
        self.at = Some(now + SETTLE);
        self.wait = FIRST_RETRY;
    }

    /// What was opened works.
    pub fn works(&mut self) {
        self.wait = FIRST_RETRY;
    }

    /// Whether something is still to be tried again.
    pub fn is_waiting(&self) -> bool {
        self.at.is_some()
    }

    /// When the next try is due, if one is.
    pub fn due(&self) -> Option<Instant> {
        self.at
    }

    /// Whether the time has come; says so once.
    pub fn is_due(&mut self, now: Instant) -> bool {
        self.at.take_if(|at| now >= *at).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_opened_is_tried_ever_more_rarely_until_something_changes() {
        let start = Instant::now();
        let mut retry = Retry::new();
        assert!(!retry.is_due(start));
        let mut waits = Vec::new();
        for _ in 0..7 {
            retry.later(start);
            let due = (1..).find(|&s| retry.is_due(start + Duration::from_secs(s)));
            waits.extend(due);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        retry.soon(start);
        assert!(!retry.is_due(start + SETTLE / 2));
        assert!(retry.is_due(start + SETTLE));
        assert!(!retry.is_due(start + SETTLE), "once");
        retry.later(start);
        assert!(retry.is_waiting());
        assert!(retry.is_due(start + FIRST_RETRY));
        assert!(!retry.is_waiting());
        // What was opened and works has the same patience as at first.
        retry.later(start);
        retry.works();
        retry.later(start);
        assert!(retry.is_due(start + FIRST_RETRY));
    }
}
