//! Which edges of a bouncing contact are presses and releases.

use std::time::Duration;

/// Judges the edges of one line by their time stamps, in nanoseconds.
///
/// An edge that comes after the line has been still for the debounce time counts at once, so
/// a press is never late; the bouncing after it does not count. Where the line comes to rest
/// at another level than the one that counts, that level counts from its last edge on: so a
/// touch that is shorter than the debounce time has its end too. (The kernel's debouncing
/// waits for the end of the bouncing instead; both give one press for one push.)
#[derive(Debug)]
pub struct Debounce {
    still_for: u64,
    /// What counts.
    active: bool,
    /// The level after the last edge, and when that was.
    level: bool,
    last: Option<u64>,
}

impl Debounce {
    /// A line that has been still for ever, at this level. `still_for` zero takes every edge.
    pub fn new(still_for: Duration, active: bool) -> Self {
        let still_for = u64::try_from(still_for.as_nanos()).unwrap_or(u64::MAX);
        Self { still_for, active, level: active, last: None }
    }

    /// An edge; what counts of it, and of the time before, goes to `tell`: whether the line
    /// is active, and since when. A time before the last counts as that.
    pub fn edge(&mut self, active: bool, time: u64, tell: &mut impl FnMut(bool, u64)) {
        self.pass(time, tell);
        let still = self.last.is_none_or(|last| time.saturating_sub(last) >= self.still_for);
        let time = self.last.unwrap_or(0).max(time);
        (self.last, self.level) = (Some(time), active);
        if still {
            self.count(tell, time);
        }
    }

    /// Time passes without an edge.
    pub fn pass(&mut self, time: u64, tell: &mut impl FnMut(bool, u64)) {
        if let Some(last) = self.last
            && self.wake().is_some_and(|wake| wake <= time)
        {
            self.count(tell, last);
        }
    }

    /// When [`Debounce::pass`] has something to do.
    pub fn wake(&self) -> Option<u64> {
        let last = self.last.filter(|_| self.level != self.active)?;
        Some(last.saturating_add(self.still_for))
    }

    fn count(&mut self, tell: &mut impl FnMut(bool, u64), time: u64) {
        if self.level != self.active {
            self.active = self.level;
            tell(self.active, time);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    const MS: u64 = 1_000_000;

    /// What counts of these edges, in ms, up to a second after the last.
    fn counted(edges: &[(u64, bool)]) -> Vec<(u64, bool)> {
        let mut debounce = Debounce::new(Duration::from_millis(20), false);
        let mut told = Vec::new();
        let mut tell = |active, time: u64| told.push((time / MS, active));
        for &(ms, active) in edges {
            debounce.edge(active, ms * MS, &mut tell);
        }
        debounce.pass(edges.last().map_or(0, |(ms, _)| ms + 1_000) * MS, &mut tell);
        assert_eq!(debounce.wake(), None);
        told
    }

    #[test]
    fn a_clean_push_counts_at_once_and_so_does_its_release() {
        assert_eq!(counted(&[(100, true), (250, false)]), [(100, true), (250, false)]);
    }

    #[test]
    fn bouncing_at_push_and_release_adds_no_press() {
        let push = [(100, true), (101, false), (103, true), (104, false), (109, true)];
        let release = [(250, false), (252, true), (253, false), (260, true), (261, false)];
        assert_eq!(counted(&[push, release].concat()), [(100, true), (250, false)]);
    }

    #[test]
    fn a_touch_that_is_shorter_than_the_bouncing_is_a_press_and_a_release() {
        assert_eq!(counted(&[(100, true), (105, false)]), [(100, true), (105, false)]);
        let again = [(100, true), (105, false), (300, true), (400, false)];
        assert_eq!(counted(&again), again);
    }

    #[test]
    fn a_second_push_counts_as_soon_as_the_line_comes_to_rest() {
        let quick = [(0, true), (30, false), (50, true), (80, false)];
        assert_eq!(counted(&quick), quick);
        let quicker = [(0, true), (30, false), (49, true), (80, false)];
        assert_eq!(counted(&quicker), quicker);
    }

    #[test]
    fn a_level_that_bouncing_ends_at_counts_without_another_edge() {
        let mut debounce = Debounce::new(Duration::from_millis(20), true);
        let mut told = Vec::new();
        debounce.edge(false, 10 * MS, &mut |active, _| told.push(active));
        debounce.edge(true, 12 * MS, &mut |active, _| told.push(active));
        assert_eq!(debounce.wake(), Some(32 * MS));
        debounce.pass(32 * MS - 1, &mut |active, _| told.push(active));
        assert_eq!(told, [false]);
        debounce.pass(32 * MS, &mut |active, _| told.push(active));
        assert_eq!((told, debounce.wake()), (vec![false, true], None));
    }

    #[test]
    fn no_debounce_time_takes_every_edge() {
        let mut debounce = Debounce::new(Duration::ZERO, false);
        let mut told = Vec::new();
        for active in [true, false, true] {
            debounce.edge(active, 5, &mut |active, _| told.push(active));
        }
        assert_eq!(told, [true, false, true]);
    }

    #[test]
    fn a_stamp_that_runs_backwards_makes_no_press() {
        assert_eq!(counted(&[(100, true), (90, false), (95, true), (110, true)]), [(100, true)]);
    }

    #[test]
    fn a_thousand_pushes_with_a_worn_contact_are_a_thousand_presses_and_releases() {
        let mut rng = Rng::new(5, 0);
        let mut debounce = Debounce::new(Duration::from_millis(20), false);
        let mut told = Vec::new();
        for push in 0..1_000u64 {
            for (start, settled) in [(push * 200, true), (push * 200 + 100, false)] {
                // Up to 15 ms of an even number of extra edges around the settled level.
                let mut time = start * MS;
                debounce.edge(settled, time, &mut |active, time| told.push((time, active)));
                for bounce in 0..2 * (rng.draw() % 8) {
                    time += rng.draw() % MS;
                    let level = settled ^ (bounce % 2 == 0);
                    debounce.edge(level, time, &mut |active, time| told.push((time, active)));
                }
            }
        }
        let wanted = |i: u64| (i * 100 * MS, i.is_multiple_of(2));
        assert_eq!(told, (0..2_000).map(wanted).collect::<Vec<_>>());
    }
}
