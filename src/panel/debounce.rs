//! Which edges of a bouncing contact are presses.

use std::time::Duration;

/// Judges the edges of one line by their time stamps.
///
/// A press is an edge to active that comes after the line has been still for the debounce
/// time, so it counts at its first touch and the bouncing after it does not; nor does the
/// bouncing of a release. (The kernel's debouncing waits for the end of the bouncing
/// instead; both give one press for one push.)
#[derive(Debug)]
pub struct Debounce {
    /// Nanoseconds.
    still_for: u64,
    last: Option<u64>,
}

impl Debounce {
    /// A line that has been still for ever. `still_for` zero takes every edge.
    pub fn new(still_for: Duration) -> Self {
        Self { still_for: u64::try_from(still_for.as_nanos()).unwrap_or(u64::MAX), last: None }
    }

    /// Whether this edge is a press. `time` in nanoseconds; a time before the last counts
    /// as the same.
    pub fn edge(&mut self, active: bool, time: u64) -> bool {
        let still = self.last.map(|last| time.saturating_sub(last));
        self.last = Some(self.last.unwrap_or(0).max(time));
        active && still.is_none_or(|still| still >= self.still_for)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    const MS: u64 = 1_000_000;

    fn presses(edges: &[(u64, bool)]) -> Vec<u64> {
        let mut debounce = Debounce::new(Duration::from_millis(20));
        let press = |&(ms, active): &(u64, bool)| debounce.edge(active, ms * MS).then_some(ms);
        edges.iter().filter_map(press).collect()
    }

    #[test]
    fn a_clean_push_is_one_press_and_its_release_is_none() {
        assert_eq!(presses(&[(100, true), (250, false)]), [100]);
    }

    #[test]
    fn bouncing_at_push_and_release_adds_no_press() {
        let push = [(100, true), (101, false), (103, true), (104, false), (109, true)];
        let release = [(250, false), (252, true), (253, false), (260, true), (261, false)];
        assert_eq!(presses(&[push, release].concat()), [100]);
    }

    #[test]
    fn two_pushes_are_two_presses_as_soon_as_the_line_was_still_between() {
        assert_eq!(presses(&[(0, true), (30, false), (50, true), (80, false)]), [0, 50]);
        assert_eq!(presses(&[(0, true), (30, false), (49, true), (80, false)]), [0]);
    }

    #[test]
    fn no_debounce_time_takes_every_edge() {
        let mut debounce = Debounce::new(Duration::ZERO);
        assert!(debounce.edge(true, 5));
        assert!(!debounce.edge(false, 5));
        assert!(debounce.edge(true, 5));
    }

    #[test]
    fn a_stamp_that_runs_backwards_makes_no_press() {
        assert_eq!(presses(&[(100, true), (90, false), (95, true), (110, true)]), [100]);
    }

    #[test]
    fn a_thousand_pushes_with_a_worn_contact_are_a_thousand_presses() {
        let mut rng = Rng::new(5, 0);
        let mut debounce = Debounce::new(Duration::from_millis(20));
        let mut presses = 0;
        for push in 0..1_000u64 {
            for (start, settled) in [(push * 200, true), (push * 200 + 100, false)] {
                // Up to 15 ms of an even number of extra edges around the settled level.
                let mut time = start * MS;
                presses += usize::from(debounce.edge(settled, time));
                for bounce in 0..2 * (rng.draw() % 8) {
                    time += rng.draw() % MS;
                    presses += usize::from(debounce.edge(settled ^ (bounce % 2 == 0), time));
                }
            }
        }
        assert_eq!(presses, 1_000);
    }
}
