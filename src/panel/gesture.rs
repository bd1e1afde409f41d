//! What presses of buttons mean: press, long press, double press, repetition, two at once.
//!
//! Pure functions over a history of debounced edges and their time stamps, in nanoseconds of
//! one steady clock. Each time that a button is held belongs to exactly one gesture.
//!
//! When something is done:
//!
//! | button | a press | long | double |
//! |---|---|---|---|
//! | with a press alone, repeated or not | when it is pressed | | |
//! | with `long` | when it is let go | after `long` | |
//! | with `double` | `double` after it was pressed | | when it is pressed again |
//! | with both | the later of these | after `long` | when it is pressed again |
//! | of a chord | at the earliest `chord` after it was pressed, or let go | | |

use super::Reaction;
use crate::words::Action;

/// What tells gestures apart, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Held for so long is a long press, and the beginning of repetition.
    pub long_ms: u32,
    /// Pressed again within this time of the first press is a double press.
    pub double_ms: u32,
    /// From one repetition to the next.
    pub repeat_ms: u32,
    /// Two buttons that are pressed within this time are pressed at once.
    pub chord_ms: u32,
}

/// Two buttons at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// Which, by their places in the list of buttons.
    pub buttons: [usize; 2],
    /// What it asks for.
    pub action: Action,
    /// How long both have to be held, in milliseconds; 0 is not at all.
    pub hold_ms: u32,
}

/// Repetitions of one press: whoever holds a button longer has left a thing on it.
const REPETITIONS: u32 = 100;

const MS: u64 = 1_000_000;

/// The state of all buttons.
#[derive(Debug)]
pub struct Gestures {
    buttons: Vec<(Reaction, State)>,
    chords: Vec<(Chord, Option<u64>)>,
    long: u64,
    double: u64,
    repeat: u64,
    together: u64,
    /// The latest moment that was spoken of.
    now: u64,
}

/// Of one button.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Nobody touches it, and nothing is left to be done.
    Rest,
    /// Held since then; it is not clear yet what it means.
    Held(u64),
    /// Held, and what it means has been done.
    Done,
    /// Held, and done again at this moment, so many times.
    Repeats(u64, u32),
    /// Let go; a press, unless it is pressed again before this moment.
    Once(u64),
    /// Held together with another.
    Chord(usize),
}

impl Gestures {
    /// Buttons that nobody holds.
    pub fn new(reactions: Vec<Reaction>, chords: &[Chord], times: Times) -> Self {
        let nanos = |ms: u32| u64::from(ms) * MS;
        Self {
            buttons: reactions.into_iter().map(|reaction| (reaction, State::Rest)).collect(),
            chords: chords.iter().map(|chord| (*chord, None)).collect(),
            long: nanos(times.long_ms),
            double: nanos(times.double_ms),
            repeat: nanos(times.repeat_ms).max(MS),
            together: nanos(times.chord_ms),
            now: 0,
        }
    }

    /// A button is pressed or let go. What that and the time until then ask for goes to
    /// `act`, in order. A time before the last counts as that; a press of a button that is
    /// held says that its release was lost, and counts as both; a release of one that is not
    /// held is nothing.
    pub fn edge(&mut self, button: usize, down: bool, time: u64, act: &mut impl FnMut(Action)) {
        self.pass(time, act);
        let Some((_, state)) = self.buttons.get(button) else { return };
        let held = !matches!(state, State::Rest | State::Once(_));
        if held {
            self.release(button, act);
        }
        if down {
            self.press(button, act);
        }
    }

    /// Time passes without an edge.
    pub fn pass(&mut self, time: u64, act: &mut impl FnMut(Action)) {
        while let Some((due, due_of)) = self.next().filter(|(due, _)| *due <= time) {
            self.now = self.now.max(due);
            match due_of {
                Due::Button(button) => self.decide(button, act),
                Due::Chord(chord) => {
                    if let Some((chord, due)) = self.chords.get_mut(chord) {
                        *due = None;
                        act(chord.action);
                    }
                }
            }
        }
        self.now = self.now.max(time);
    }

    /// The button is gone: whoever held it asks for nothing more.
    pub fn forget(&mut self, button: usize) {
        self.part(button);
        self.set(button, State::Rest);
    }

    /// When [`Gestures::pass`] has something to do next.
    pub fn wake(&self) -> Option<u64> {
        self.next().map(|(due, _)| due)
    }

    fn press(&mut self, button: usize, act: &mut impl FnMut(Action)) {
        let Some(&(reaction, state)) = self.buttons.get(button) else { return };
        if let State::Once(_) = state {
            self.set(button, State::Done);
            return reaction.double.into_iter().for_each(act);
        }
        if let Some(index) = self.joins(button) {
            let Some((chord, due)) = self.chords.get_mut(index) else { return };
            let chord = *chord;
            match chord.hold_ms {
                0 => act(chord.action),
                hold => *due = Some(self.now + u64::from(hold) * MS),
            }
            chord.buttons.into_iter().for_each(|b| self.set(b, State::Chord(index)));
        } else if self.decided_at(button, self.now).is_some() {
            self.set(button, State::Held(self.now));
        } else {
            self.begin(button, act);
        }
    }

    fn release(&mut self, button: usize, act: &mut impl FnMut(Action)) {
        let Some(&(reaction, state)) = self.buttons.get(button) else { return };
        self.part(button);
        let mut next = State::Rest;
        if let State::Held(since) = state {
            match reaction.double {
                Some(_) if self.now < since + self.double => {
                    next = State::Once(since + self.double);
                }
                _ => reaction.press.into_iter().for_each(act),
            }
        }
        self.set(button, next);
    }

    /// What has to be decided about a button at this moment is.
    fn decide(&mut self, button: usize, act: &mut impl FnMut(Action)) {
        let Some(&(reaction, state)) = self.buttons.get(button) else { return };
        match state {
            State::Held(_) if reaction.long.is_some() => {
                self.set(button, State::Done);
                reaction.long.into_iter().for_each(act);
            }
            State::Held(_) => self.begin(button, act),
            State::Once(_) => {
                self.set(button, State::Rest);
                reaction.press.into_iter().for_each(act);
            }
            State::Repeats(due, left) => {
                let left = left.saturating_sub(1);
                let next = State::Repeats(due + self.repeat, left);
                self.set(button, if left > 0 { next } else { State::Done });
                reaction.press.into_iter().for_each(act);
            }
            State::Rest | State::Done | State::Chord(_) => {}
        }
    }

    /// A press that is still held.
    fn begin(&mut self, button: usize, act: &mut impl FnMut(Action)) {
        let Some(&(reaction, _)) = self.buttons.get(button) else { return };
        let repeats = State::Repeats(self.now + self.long, REPETITIONS);
        self.set(button, if reaction.repeat { repeats } else { State::Done });
        reaction.press.into_iter().for_each(act);
    }

    /// The chord that a press now makes with another button.
    fn joins(&self, button: usize) -> Option<usize> {
        self.chords.iter().position(|(chord, _)| {
            let [one, other] = chord.buttons;
            let partner = match (one == button, other == button) {
                (true, false) => other,
                (false, true) => one,
                _ => return false,
            };
            let state = self.buttons.get(partner).map(|(_, state)| *state);
            matches!(state, Some(State::Held(since)) if self.now <= since + self.together)
        })
    }

    /// A chord that the button is held in ends.
    fn part(&mut self, button: usize) {
        if let Some(&(_, State::Chord(index))) = self.buttons.get(button)
            && let Some((_, due)) = self.chords.get_mut(index)
        {
            *due = None;
        }
    }

    /// When it is clear what a button means that is held since then; `None`: at once.
    fn decided_at(&self, button: usize, since: u64) -> Option<u64> {
        let (reaction, _) = self.buttons.get(button)?;
        let chord = self.chords.iter().any(|(chord, _)| chord.buttons.contains(&button));
        let chord = chord.then_some(self.together);
        let own = match (reaction.long, reaction.double) {
            (Some(_), _) => Some(self.long),
            (None, Some(_)) => Some(self.double),
            (None, None) => None,
        };
        own.max(chord).map(|wait| since + wait)
    }

    fn next(&self) -> Option<(u64, Due)> {
        let buttons = self.buttons.iter().enumerate().filter_map(|(button, (_, state))| {
            let due = match state {
                State::Held(since) => self.decided_at(button, *since),
                State::Repeats(due, _) | State::Once(due) => Some(*due),
                State::Rest | State::Done | State::Chord(_) => None,
            };
            Some((due?, Due::Button(button)))
        });
        let chords = self.chords.iter().enumerate();
        let chords = chords.filter_map(|(chord, (_, due))| Some(((*due)?, Due::Chord(chord))));
        buttons.chain(chords).min_by_key(|(due, _)| *due)
    }

    fn set(&mut self, button: usize, to: State) {
        if let Some((_, state)) = self.buttons.get_mut(button) {
            *state = to;
        }
    }
}

/// Whose moment has come.
enum Due {
    Button(usize),
    Chord(usize),
}

#[cfg(test)]
#[path = "gesture_tests.rs"]
mod tests;
