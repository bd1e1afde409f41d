//! Finding the hi-hat pedal's controller: the one that moves, between which values, and
//! which of them is open.

use crate::maps::Pedal;

/// The least way of a pedal: less is a sensor that trembles, or another controller.
const LEAST_WAY: u8 = 20;
/// A pedal this near to where it began, as a part of its way, has come back.
const BACK: f32 = 0.2;
/// So long a pedal stands still that has come back and stays, in seconds.
const STILL: f64 = 1.0;
/// Controllers that say something of a hit: places on a head (16, 17, 18) and the prefix of
/// its velocity (88). What lies above 119 are commands to a whole channel.
const OF_HITS: [u8; 4] = [16, 17, 18, 88];
const COMMANDS: u8 = 120;

/// The last value of every controller.
#[derive(Debug, Clone, Copy)]
pub struct Controllers([Option<u8>; 128]);

impl Default for Controllers {
    fn default() -> Self {
        Self([None; 128])
    }
}

impl Controllers {
    /// A controller moved.
    pub fn hear(&mut self, cc: u8, value: u8) {
        if let Some(last) = self.0.get_mut(usize::from(cc)) {
            *last = Some(value);
        }
    }

    /// Where it stands.
    pub fn value(&self, cc: u8) -> Option<u8> {
        self.0.get(usize::from(cc)).copied().flatten()
    }

    /// The pedal, where strokes with it pressed and with it let go say which it is: it is
    /// the controller that stood the farthest apart. Its ends are found while it is played.
    pub fn pedal(pressed: &Controllers, let_go: &Controllers) -> Option<Pedal> {
        let both = |cc: u8| Some((cc, pressed.value(cc)?, let_go.value(cc)?));
        let pedals = (0..COMMANDS).filter(|cc| !OF_HITS.contains(cc)).filter_map(both);
        // of equals the usual one, or the first
        let way = |(cc, closed, open): &(u8, u8, u8)| {
            (closed.abs_diff(*open), *cc == Pedal::default().cc, std::cmp::Reverse(*cc))
        };
        let (cc, closed, open) = pedals.max_by_key(way)?;
        let usual = Pedal { cc, ..Pedal::default() };
        (closed.abs_diff(open) >= LEAST_WAY)
            .then(|| usual.with_ends(Some(if open > closed { 127 } else { 0 }), None))
    }
}

/// One controller during a sweep.
#[derive(Debug, Clone, Copy)]
struct Track {
    first: u8,
    last: u8,
    low: u8,
    high: u8,
    /// Everything that it moved, up and down.
    moved: u32,
    at: f64,
}

impl Track {
    fn way(&self) -> u8 {
        self.high - self.low
    }

    fn is_nearer_high(&self, value: u8) -> bool {
        self.high - value < value - self.low
    }

    fn has_come_back(&self) -> bool {
        let from_first = f32::from(self.first.abs_diff(self.last));
        // a first value half way is the first that was sent of a movement
        let end = if self.is_nearer_high(self.first) { self.high } else { self.low };
        let near = f32::from(end.abs_diff(self.last)) <= BACK * f32::from(self.way());
        near || from_first <= BACK * f32::from(self.way())
    }
}

/// A pedal that is pressed slowly all the way down and let come up.
#[derive(Debug, Default)]
pub struct Sweep(Vec<Option<Track>>);

impl Sweep {
    /// A controller moved. `before`: where it stood before the sweep.
    pub fn hear(&mut self, now: f64, cc: u8, value: u8, before: Option<u8>) {
        if OF_HITS.contains(&cc) || cc >= COMMANDS {
            return;
        }
        self.0.resize(usize::from(COMMANDS), None);
        let Some(place) = self.0.get_mut(usize::from(cc)) else { return };
        let first = before.unwrap_or(value);
        let track = place.get_or_insert(Track {
            first,
            last: first,
            low: first,
            high: first,
            moved: 0,
            at: now,
        });
        track.moved += u32::from(track.last.abs_diff(value));
        (track.low, track.high) = (track.low.min(value), track.high.max(value));
        (track.last, track.at) = (value, now);
    }

    /// The controller that moved the most.
    fn best(&self) -> Option<(u8, &Track)> {
        let tracks = (0..COMMANDS).zip(&self.0);
        let moving = tracks.filter_map(|(cc, track)| Some((cc, track.as_ref()?)));
        let far = moving.filter(|(_, track)| track.way() >= LEAST_WAY);
        far.max_by_key(|(cc, track)| (track.moved, std::cmp::Reverse(*cc)))
    }

    /// Whether the pedal has come up again and rests.
    pub fn is_over(&self, now: f64) -> bool {
        self.best().is_some_and(|(_, track)| track.has_come_back() && now - track.at >= STILL)
    }

    /// The pedal, as far as it has moved. `pressed` and `let_go`: where controllers stood at
    /// strokes with the foot down and off, which say more of which end is open than the sweep:
    /// somebody may begin it with his foot down.
    pub fn pedal(
        &self,
        pressed: Option<Controllers>,
        let_go: Option<Controllers>,
    ) -> Option<Pedal> {
        let (cc, track) = self.best()?;
        let stood = |at: Option<Controllers>| at.and_then(|at| at.value(cc));
        let way = i32::from(LEAST_WAY);
        let open_is_high = match (stood(pressed), stood(let_go)) {
            (Some(closed), Some(open)) if i32::from(open) - i32::from(closed) >= way => true,
            (Some(closed), Some(open)) if i32::from(closed) - i32::from(open) >= way => false,
            _ => track.is_nearer_high(track.first),
        };
        let (open, closed) =
            if open_is_high { (track.high, track.low) } else { (track.low, track.high) };
        Some(Pedal { cc, ..Pedal::default() }.with_ends(Some(open), Some(closed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swept(values: impl IntoIterator<Item = (u8, u8)>) -> Sweep {
        let mut sweep = Sweep::default();
        for (index, (cc, value)) in values.into_iter().enumerate() {
            sweep.hear(0.02 * index as f64, cc, value, None);
        }
        sweep
    }

    fn way(cc: u8, from: u8, to: u8) -> Vec<(u8, u8)> {
        let there: Vec<u8> = if from < to {
            (from..=to).step_by(5).collect()
        } else {
            (to..=from).rev().step_by(5).collect()
        };
        let back = there.iter().rev();
        there.iter().chain([&to]).chain(back).map(|value| (cc, *value)).collect()
    }

    fn ends(pedal: Option<Pedal>) -> (u8, u8, u8, bool) {
        let pedal = pedal.unwrap();
        (pedal.cc, pedal.open, pedal.closed, pedal.auto)
    }

    #[test]
    fn a_pedal_is_found_with_its_range_and_its_polarity() {
        for (values, wanted) in [
            (way(4, 0, 90), (4, 0, 90, false)),
            (way(4, 127, 0), (4, 127, 0, false)),
            (way(1, 3, 121), (1, 3, 121, false)),
        ] {
            let sweep = swept(values);
            assert_eq!(ends(sweep.pedal(None, None)), wanted);
            assert!(!sweep.is_over(0.9) && sweep.is_over(100.0));
        }
    }

    #[test]
    fn the_controller_that_moves_the_most_is_the_pedal_and_those_of_hits_are_none() {
        let mut values = way(4, 0, 127);
        values.extend([(7, 100), (7, 0), (16, 0), (16, 127), (16, 0), (16, 127), (123, 0)]);
        assert_eq!(ends(swept(values).pedal(None, None)).0, 4);
        assert!(swept([(7, 10), (7, 20), (16, 0), (16, 127)]).pedal(None, None).is_none());
        assert!(swept([]).pedal(None, None).is_none());
    }

    #[test]
    fn strokes_with_the_foot_down_and_off_know_better_which_end_is_open() {
        let at = |value| {
            let mut controllers = Controllers::default();
            controllers.hear(4, value);
            Some(controllers)
        };
        // begun with the foot down
        let sweep = swept(way(4, 90, 0));
        assert_eq!(ends(sweep.pedal(at(90), at(0))), (4, 0, 90, false));
        assert_eq!(ends(sweep.pedal(at(50), at(45))), (4, 90, 0, false));
        assert_eq!(ends(sweep.pedal(at(90), None)), (4, 90, 0, false));
    }

    #[test]
    fn a_pedal_that_stays_down_is_waited_for() {
        let down = swept((0..=90).step_by(10).map(|value| (4, value)));
        assert!(!down.is_over(100.0));
        assert_eq!(ends(down.pedal(None, None)), (4, 0, 90, false));
    }

    #[test]
    fn without_a_sweep_the_strokes_tell_the_pedal() {
        let at = |values: &[(u8, u8)]| {
            let mut controllers = Controllers::default();
            values.iter().for_each(|(cc, value)| controllers.hear(*cc, *value));
            controllers
        };
        let pedal =
            |pressed: &[(u8, u8)], open: &[(u8, u8)]| Controllers::pedal(&at(pressed), &at(open));
        assert_eq!(pedal(&[(4, 90), (16, 0)], &[(4, 0), (16, 127)]), Some(Pedal::default()));
        let other = pedal(&[(1, 10)], &[(1, 120)]).unwrap();
        assert_eq!((other.cc, other.open, other.closed, other.auto), (1, 127, 0, true));
        assert_eq!(pedal(&[(4, 90)], &[(4, 80)]), None);
        assert_eq!(pedal(&[(4, 90)], &[]), None);
    }
}
