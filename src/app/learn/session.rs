//! The dialogue that makes a map: questions, what is heard after them, answers. It knows no
//! clock, no terminal and no file: messages, keys and moments go in, words come out.

mod answers;

use std::collections::BTreeSet;

use super::book::{Book, Place};
use super::grab::{Owner, Signs};
use super::heard::Heard;
use super::pedal::{Controllers, Sweep};
use super::steps::{Kind, Step};
use super::strokes::{Strokes, Verdict};
use crate::app::spoken::in_words;
use crate::maps::NoteMap;

/// After an answer nothing is asked for so long, in seconds: what still comes belongs to it.
const REST: f64 = 0.3;

/// What somebody at the keyboard wants, or a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// On with the next one; a note that another pad has stays with that.
    Skip,
    /// This pad gets the note that another one has.
    Take,
    /// The question before once more.
    Back,
    /// This question once more.
    Again,
    /// The end; what is learned is kept.
    Quit,
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A MIDI message.
    Heard(Heard),
    /// A key.
    Key(Key),
    /// Time passes; to be told some ten times a second.
    Tick,
}

/// What kind of thing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A question; the words say what to do.
    Asks,
    /// The same question, because the answer was doubtful.
    Again,
    /// The note is another pad's: a [`Key::Take`], [`Key::Skip`] or [`Key::Again`] decides.
    Taken,
    /// An answer was understood.
    Learned,
    /// The question was passed over.
    Left,
    /// Something worth knowing.
    Word,
    /// The end.
    Over,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it is.
    pub what: What,
    /// The question that it is about.
    pub step: Option<Step>,
    /// Its number, from 1, and how many there are.
    pub number: (usize, usize),
    /// In words, without a full stop.
    pub words: String,
}

enum State {
    Rests(f64),
    Asks,
    /// A note that strikes something else already.
    Taken(u8),
    Over,
}

/// The dialogue.
pub struct Session {
    steps: Vec<Step>,
    at: usize,
    state: State,
    book: Book,
    /// Steps that are not asked again though the map has nothing of them.
    settled: BTreeSet<String>,
    /// Whether steps that have an answer are asked as well.
    over_again: bool,
    /// The steps that were asked, the last one last.
    asked: Vec<usize>,
    controllers: Controllers,
    /// Where controllers stood when the stroke began that is being heard.
    at_stroke: Controllers,
    strokes: Strokes,
    sweep: Sweep,
    signs: Signs,
    now: f64,
    said: Vec<Said>,
    changed: bool,
}

impl Session {
    /// Goes on with a map, of which the steps `settled` (by their keys) are done with. Where
    /// none is left all are asked once more.
    pub fn new(steps: Vec<Step>, map: NoteMap, settled: BTreeSet<String>) -> Self {
        let mut session = Self {
            steps,
            at: 0,
            state: State::Rests(f64::MIN),
            book: Book::new(map),
            settled,
            over_again: false,
            asked: Vec::new(),
            controllers: Controllers::default(),
            at_stroke: Controllers::default(),
            strokes: Strokes::default(),
            sweep: Sweep::default(),
            signs: Signs::default(),
            now: f64::MIN,
            said: Vec::new(),
            changed: false,
        };
        session.over_again = session.next(0).is_none();
        session.at = session.next(0).unwrap_or(session.steps.len());
        session
    }

    /// The map so far.
    pub fn map(&self) -> &NoteMap {
        self.book.map()
    }

    /// The steps that are done with though the map has nothing of them.
    pub fn settled(&self) -> &BTreeSet<String> {
        &self.settled
    }

    /// Whether there is something new to be written since the last call.
    pub fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Whether every question is answered or passed over.
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| !self.is_open(step))
    }

    /// Something comes in at a moment, in seconds; what is said of it.
    pub fn take(&mut self, now: f64, input: Input) -> Vec<Said> {
        self.now = self.now.max(now);
        self.look();
        match input {
            Input::Key(key) => self.key(key),
            Input::Heard(heard) => self.hear(heard),
            Input::Tick => {}
        }
        std::mem::take(&mut self.said)
    }

    /// The step that is asked, if one is.
    fn step(&self) -> Option<Step> {
        self.steps.get(self.at).copied()
    }

    fn say(&mut self, what: What, words: impl Into<String>) {
        let step = self.step();
        let usual = self.steps.iter().filter(|step| !step.extra).count();
        let is_extra = step.is_some_and(|step| step.extra);
        let count = if is_extra { self.steps.len() } else { usual };
        let number = ((self.at + 1).min(count), count);
        self.said.push(Said { what, step, number, words: words.into() });
    }

    /// Whether a step still wants an answer.
    fn is_open(&self, step: &Step) -> bool {
        let pad = step.slot.pad();
        let main = self.steps.iter().find(|other| other.slot.pad() == pad);
        let has_pad = self.book.has_pad(pad);
        let no_pad = !has_pad
            && (step.kind == Kind::Grab
                || main.is_some_and(|main| main != step && self.settled.contains(&main.key())));
        !no_pad && !self.settled.contains(&step.key()) && !self.book.knows(step)
    }

    /// The first step from here that is to be asked.
    fn next(&self, from: usize) -> Option<usize> {
        let wanted = |index: &usize| {
            self.steps.get(*index).is_some_and(|step| {
                let grabs_nothing = step.kind == Kind::Grab && !self.book.has_pad(step.slot.pad());
                self.is_open(step) || (self.over_again && !grabs_nothing)
            })
        };
        (from..self.steps.len()).find(wanted)
    }

    /// What time alone decides.
    fn look(&mut self) {
        match self.state {
            State::Rests(until) if self.now >= until => self.ask(),
            State::Asks => {
                let Some(step) = self.step() else { return };
                match step.kind {
                    Kind::Sweep if self.sweep.is_over(self.now) => self.swept(),
                    Kind::Sweep => {}
                    Kind::Grab => {
                        if let Some(grab) = self.signs.verdict(self.now) {
                            self.grabbed(step, grab);
                        }
                    }
                    _ => self.listen(step),
                }
            }
            _ => {}
        }
    }

    fn ask(&mut self) {
        let Some(step) = self.step() else { return self.end() };
        self.forget_heard();
        self.state = State::Asks;
        let first_extra = step.extra && !self.asked.iter().any(|&at| self.steps[at].extra);
        if first_extra {
            self.say(What::Word, "that is the usual kit; what follows only larger ones have");
            self.say_likeness();
        }
        if self.asked.last() != Some(&self.at) {
            self.asked.push(self.at);
        }
        self.say(What::Asks, step.question());
    }

    fn forget_heard(&mut self) {
        self.strokes = Strokes::default();
        self.sweep = Sweep::default();
        self.signs = Signs::default();
    }

    fn end(&mut self) {
        self.state = State::Over;
        let pads = self.map().order.len();
        let notes = if pads == 1 { "1 note is".to_owned() } else { format!("{pads} notes are") };
        self.say(What::Over, format!("{notes} in the map"));
    }

    /// On to the next question, after a rest.
    fn go_on(&mut self) {
        self.at = self.next(self.at + 1).unwrap_or(self.steps.len());
        self.state = State::Rests(self.now + REST);
    }

    fn learned(&mut self, words: impl Into<String>) {
        if let Some(step) = self.step() {
            // What needs no word in the map is answered all the same: a half open hi-hat with
            // the note of the open one.
            match self.book.knows(&step) {
                true => self.settled.remove(&step.key()),
                false => self.settled.insert(step.key()),
            };
            // The same where the open one is asked for behind it.
            let half = |other: &&Step| other.kind == Kind::Half && other.slot == step.slot;
            let half = self.steps.iter().find(half).filter(|half| !self.book.knows(half));
            if let Some(half) = half.filter(|_| step.kind == Kind::Open) {
                self.settled.insert(half.key());
            }
        }
        self.changed = true;
        self.say(What::Learned, words);
        self.go_on();
    }

    /// This step is done with, and the map has nothing of it.
    fn settle(&mut self, what: What, words: impl Into<String>) {
        if let Some(step) = self.step() {
            self.settled.insert(step.key());
        }
        self.changed = true;
        self.say(what, words);
        self.go_on();
    }

    fn key(&mut self, key: Key) {
        match (key, &self.state) {
            (_, State::Over) => {}
            (Key::Quit, _) => self.end(),
            (Key::Back, _) => {
                // the question that stands, and the one before
                if matches!(self.state, State::Asks | State::Taken(_)) {
                    self.asked.pop();
                }
                if let Some(before) = self.asked.pop() {
                    self.at = before;
                }
                self.ask();
            }
            (Key::Again, State::Asks | State::Taken(_)) => self.ask(),
            (Key::Take, State::Taken(note)) => {
                let note = *note;
                self.book.forget(note);
                self.struck(note);
            }
            (Key::Skip, State::Taken(_)) => self.settle(What::Left, "left where it was"),
            (Key::Skip, State::Asks) => self.skip(),
            _ => {}
        }
    }

    fn skip(&mut self) {
        let Some(step) = self.step() else { return };
        if step.kind == Kind::Sweep && self.pedal().is_some() {
            return self.swept();
        }
        if self.book.knows(&step) {
            self.say(What::Left, "as it was");
            return self.go_on();
        }
        if step.kind == Kind::Open {
            self.book.has_no_open(step.slot);
        }
        self.settle(What::Left, "left out");
        if step.kind == Kind::Sweep && self.book.hat_needs_pedal() {
            self.say(
                What::Word,
                "closed and open hi-hat send the same note, and no pedal was found that tells \
                 them apart: all strokes will sound the same",
            );
        }
    }

    fn hear(&mut self, heard: Heard) {
        let Some(step) = self.step() else { return };
        let asks = matches!(self.state, State::Asks);
        if let (Heard::Control { cc, value }, Kind::Sweep, true) = (heard, step.kind, asks) {
            self.sweep.hear(self.now, cc, value, self.controllers.value(cc));
        }
        if let Heard::Control { cc, value } = heard {
            self.controllers.hear(cc, value);
        }
        if !asks {
            return;
        }
        match (step.kind, heard) {
            (Kind::Sweep, _) => {}
            (Kind::Grab, heard) => {
                let pad = step.slot.pad();
                let owner = |note| match self.book.owner(note) {
                    Some(Place::Strikes(slot) | Place::Grabs(slot)) if slot.pad() != pad => {
                        Owner::Other
                    }
                    Some(Place::Strikes(_)) => Owner::Pad,
                    Some(Place::Grabs(_)) | None => Owner::Nobody,
                };
                self.signs.hear(self.now, heard, owner, self.book.map().pedal.cc);
            }
            (_, Heard::On { note, velocity }) => {
                let begins = self.strokes.hear(self.now, note, velocity);
                if begins {
                    self.at_stroke = self.controllers;
                }
            }
            _ => {}
        }
    }

    fn listen(&mut self, step: Step) {
        let book = &self.book;
        match self.strokes.verdict(self.now, |note| book.may_be(note, &step)) {
            Verdict::Nothing => {}
            Verdict::Doubt => {
                self.say(What::Again, format!("once more: {}", step.question()));
            }
            Verdict::Sure(note) => match self.book.owner(note) {
                Some(place) if !self.book.may_be(note, &step) => {
                    self.state = State::Taken(note);
                    let whose = match place {
                        Place::Strikes(slot) => in_words(slot, None),
                        Place::Grabs(slot) => format!("{}, grabbed", in_words(slot, None)),
                    };
                    self.say(What::Taken, format!("note {note} is already: {whose}"));
                }
                _ => self.struck(note),
            },
        }
    }
}
