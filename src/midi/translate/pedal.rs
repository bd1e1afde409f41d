//! The hi-hat's pedal: where it stands, how it got there, and what of it is sent.

use crate::maps;
use crate::words::When;

/// Pedal movement goes out at most once in this time: a foot moves no faster than can be
/// heard at that grain, and a full ring would cost hits.
const SENT_EVERY_MS: f64 = 1.0;

/// Notes that contradict the pedal before its ends change places, of each kind: closed notes
/// at its open end and open notes at its closed one, without a note that agrees between. In
/// 664 real takes (Groove MIDI Dataset, whose pedal is the right way round) there are never
/// more than 2 of both.
const CONTRADICTIONS: u8 = 4;
/// A pedal this near to an end is at that end, for a note that speaks of it.
const NEAR_END: f32 = 0.25;

/// At this openness and below the cymbals are together.
const CLOSED: f32 = 0.05;
/// A foot's chick comes from at least so far open.
const LEAST_WAY: f32 = 0.2;
/// A chick's velocity for each whole way a second that the pedal moves, and the slowest
/// movement that makes a sound. In the Groove MIDI Dataset the pedal reaches its closed end
/// 23 639 times with a chick near; these closings move at 8.6, 11.4 and 15.2 ways a second
/// (quartiles), and the chicks have velocities 50, 70 and 87: 6 a way. (One by one they do not
/// match: a TD-11 sends its pedal each 31 ms only.) 5 % of them are slower than 6.5, and 70 % of
/// the closings without a chick.
const VELOCITY_A_WAY: f32 = 6.0;
/// See [`VELOCITY_A_WAY`].
const SLOWEST_CHICK: f32 = 6.5;
/// Between two messages of a moving pedal there is at most this time; the first message after
/// a rest says nothing of when it began, and is taken to come one grain of a TD-11 after.
const MOVING_MS: f64 = 100.0;
/// See [`MOVING_MS`].
const GRAIN_MS: f64 = 31.0;
/// A foot's second chick comes no sooner.
const FEET_APART_MS: f64 = 100.0;

/// The pedal of one hi-hat.
#[derive(Debug)]
pub(super) struct PedalState {
    pedal: maps::Pedal,
    /// The controller's last value and its moment; `None` until the first one.
    last: Option<(u8, When)>,
    /// Whether it has had two values. A controller that has not may not be a pedal at all.
    moved: bool,
    /// Closed notes at the open end and open notes at the closed one, since a note agreed.
    against: [u8; 2],
    /// Where the present closing began, its first message, and for how many milliseconds the
    /// pedal had moved by then.
    closing: Option<(f32, When, f64)>,
    /// When the foot was last heard.
    chick: Option<When>,
    /// The movement that was last sent, and its moment.
    sent: Option<(f32, When)>,
}

impl PedalState {
    pub(super) fn new(pedal: maps::Pedal) -> Self {
        let against = [0; 2];
        Self { pedal, last: None, moved: false, against, closing: None, chick: None, sent: None }
    }

    /// The controller.
    pub(super) fn cc(&self) -> u8 {
        self.pedal.cc
    }

    /// How open it stands; `None` before its first message.
    pub(super) fn openness(&self) -> Option<f32> {
        self.last.map(|(value, _)| self.pedal.openness(value))
    }

    /// How open a note is that itself says `said`. The pedal counts once it has moved, or where
    /// the note leaves it to the pedal.
    pub(super) fn openness_of(&self, said: Option<f32>) -> f32 {
        match (said, self.openness()) {
            (Some(said), _) if said <= 0.0 || !self.moved => said,
            (said, pedal) => pedal.or(said).unwrap_or(0.0),
        }
    }

    /// A value of the controller came. The velocity of the chick that it means, where chicks
    /// come from the pedal.
    pub(super) fn take(&mut self, value: u8, when: When, rate: f64) -> Option<f32> {
        let Self { pedal, .. } = self;
        if pedal.auto && value > pedal.open.max(pedal.closed) {
            let high = if pedal.open > pedal.closed { &mut pedal.open } else { &mut pedal.closed };
            *high = 127;
        }
        let before = self.last.replace((value, when));
        let (old, then) = before?;
        self.moved |= old != value;
        let [from, to] = [old, value].map(|v| self.pedal.openness(v));
        if to > from {
            self.closing = None;
        }
        if to >= from {
            return None;
        }
        let since = super::millis_between(then, when, rate).unwrap_or(0.0);
        if self.closing.is_none() || since > MOVING_MS {
            let lead = if since > MOVING_MS { GRAIN_MS } else { since };
            self.closing = Some((from, when, lead));
        }
        let arrived = from > CLOSED && to <= CLOSED;
        if !(self.pedal.from_speed && arrived) || self.is_tapped(when, rate) {
            return None;
        }
        let (begun, ..) = self.closing?;
        let speed = self.speed(when, rate).filter(|_| begun - to >= LEAST_WAY)?;
        (speed >= SLOWEST_CHICK).then(|| {
            self.chick = Some(when);
            velocity(speed)
        })
    }

    /// The foot's own note came: its velocity, from the pedal where that is asked for and it
    /// moves, or `None` where the pedal has made this chick before.
    pub(super) fn foot(&mut self, sent: f32, when: When, rate: f64) -> Option<f32> {
        if !self.pedal.from_speed {
            return Some(sent);
        }
        if self.is_tapped(when, rate) {
            return None;
        }
        self.chick = Some(when);
        Some(self.speed(when, rate).map_or(sent, velocity))
    }

    fn is_tapped(&self, when: When, rate: f64) -> bool {
        let since = self.chick.and_then(|before| super::millis_between(before, when, rate));
        since.is_some_and(|ms| ms < FEET_APART_MS)
    }

    /// Whole ways a second of the present closing, while it goes on.
    fn speed(&self, when: When, rate: f64) -> Option<f32> {
        let ((from, first, lead), (value, last)) = (self.closing?, self.last?);
        let rest = super::millis_between(last, when, rate)?;
        let ms = lead + super::millis_between(first, last, rate)?;
        let way = from - self.pedal.openness(value);
        (rest <= MOVING_MS).then(|| 1e3 * way / (ms.max(1.0) as f32))
    }

    /// A note of the hi-hat came that says how open it is: evidence of which end is which.
    pub(super) fn hear(&mut self, said: f32) {
        let Some(pedal) = self.openness().filter(|_| self.pedal.auto && self.moved) else {
            return;
        };
        let apart = (said - pedal).abs();
        if apart <= NEAR_END {
            self.against = [0; 2];
        } else if apart >= 1.0 - NEAR_END {
            let kind = usize::from(said > pedal);
            self.against[kind] = self.against[kind].saturating_add(1);
        }
        if self.against.iter().all(|n| *n >= CONTRADICTIONS) {
            self.against = [0; 2];
            std::mem::swap(&mut self.pedal.open, &mut self.pedal.closed);
        }
    }

    /// The movement to send, if there is any and its time has come. `at_once`: none comes after.
    pub(super) fn movement(&mut self, when: When, rate: f64, at_once: bool) -> Option<f32> {
        let openness = self.openness()?;
        if let Some((sent, before)) = self.sent {
            if sent == openness {
                return None;
            }
            let since = super::millis_between(before, when, rate);
            let waits = since.is_some_and(|ms| ms < SENT_EVERY_MS);
            if waits && openness > 0.0 && !at_once {
                return None;
            }
        }
        self.sent = Some((openness, when));
        Some(openness)
    }
}

fn velocity(speed: f32) -> f32 {
    (VELOCITY_A_WAY * speed).clamp(1.0, 127.0)
}

#[cfg(test)]
mod tests;
