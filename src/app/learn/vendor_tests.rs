//! The dialogue with drummers of several brands, as their modules speak.

use std::collections::BTreeMap;
use std::path::Path;

use super::heard::Heard;
use super::map_file::Learned;
use super::session::{Input, Key, Said, Session, What};
use super::steps;
use crate::maps::{NoteMap, Pedal};
use crate::words::Slot;

/// What a drummer's module sends after the question of a key, in milliseconds from then.
pub(super) type Answers<'a> = &'a [(&'a str, &'a [(u64, Heard)])];

pub(super) const fn on(note: u8) -> Heard {
    Heard::On { note, velocity: 100 }
}

pub(super) const fn cc(cc: u8, value: u8) -> Heard {
    Heard::Control { cc, value }
}

pub(super) const fn press(note: u8, value: u8) -> Heard {
    Heard::Pressure { note, value }
}

/// A session that is answered by a script; questions without an answer are skipped.
pub(super) struct Lesson {
    pub session: Session,
    pub said: Vec<Said>,
    pub now: f64,
}

impl Lesson {
    pub fn new() -> Self {
        Self::on_with(Learned::nothing("X:X MIDI 1"))
    }

    pub fn on_with(learned: Learned) -> Self {
        let session = Session::new(steps::all(), learned.map, learned.settled);
        Self { session, said: Vec::new(), now: 100.0 }
    }

    pub fn give(&mut self, input: Input) -> Vec<Said> {
        let said = self.session.take(self.now, input);
        self.said.extend(said.iter().cloned());
        said
    }

    /// Ticks until something is said, for at most so many seconds.
    pub fn wait(&mut self, seconds: f64) -> Vec<Said> {
        let end = self.now + seconds;
        while self.now < end && !self.session.is_over() {
            self.now += 0.05;
            let said = self.give(Input::Tick);
            if !said.is_empty() {
                return said;
            }
        }
        Vec::new()
    }

    /// The key of the question that is asked next.
    pub fn question(&mut self) -> Option<String> {
        loop {
            let said = self.wait(2.0);
            if let Some(asks) = said.iter().find(|said| said.what == What::Asks) {
                return asks.step.map(|step| step.key());
            }
            if self.session.is_over() || said.is_empty() {
                return None;
            }
        }
    }

    pub fn play(&mut self, messages: &[(u64, Heard)]) {
        let begun = self.now;
        for (ms, heard) in messages {
            self.now = self.now.max(begun + *ms as f64 / 1e3);
            self.give(Input::Heard(*heard));
        }
    }

    /// To its end, the map read back from its file.
    pub fn learn(&mut self, answers: Answers) -> NoteMap {
        let answers: BTreeMap<&str, &[(u64, Heard)]> = answers.iter().copied().collect();
        while let Some(key) = self.question() {
            let Some(messages) = answers.get(key.as_str()) else {
                self.give(Input::Key(Key::Skip));
                continue;
            };
            let before = self.said.len();
            self.play(messages);
            while self.said.len() == before && !self.wait(5.0).is_empty() {}
            let said = &self.said[before..];
            assert!(said.iter().any(|said| said.what == What::Learned), "{key}: {said:#?}");
        }
        assert!(self.session.is_over() && self.session.is_complete());
        self.read_back()
    }

    /// What a file would hold now.
    pub fn read_back(&self) -> NoteMap {
        let map = self.session.map().clone();
        let learned = Learned { map: map.clone(), settled: self.session.settled().clone() };
        let text = learned.text("X:X MIDI 1");
        let (read, problems) = NoteMap::parse(Path::new("x.toml"), &text);
        assert_eq!(problems, [], "{text}");
        assert_eq!(read.as_ref(), Some(&map), "{text}");
        map
    }

    pub fn words(&self, what: What, key: &str) -> Vec<&str> {
        let of =
            |said: &&Said| said.what == what && said.step.is_some_and(|step| step.key() == key);
        self.said.iter().filter(of).map(|said| said.words.as_str()).collect()
    }
}

/// What a map has, as its file says it.
fn notes(map: &NoteMap) -> Vec<String> {
    let text = map.to_toml();
    let (_, notes) = text.split_once("[notes]\n").unwrap();
    let lines = notes.split("\n\n").next().unwrap_or_default().lines();
    lines.map(|line| line.replace(['"', '{', '}'], "").trim().replace("  ", " ")).collect()
}

fn sweep(number: u8, values: impl Iterator<Item = u8>) -> Vec<(u64, Heard)> {
    values.enumerate().map(|(i, value)| (20 * i as u64, cc(number, value))).collect()
}

fn down_and_up(number: u8, open: u8, closed: u8) -> Vec<(u64, Heard)> {
    let (low, high) = (open.min(closed), open.max(closed));
    let up: Vec<u8> = (low..=high).step_by(3).chain([high]).collect();
    let down: Vec<u8> = up.iter().rev().copied().collect();
    let (first, then) = if open < closed { (up, down) } else { (down, up) };
    sweep(number, first.into_iter().chain(then))
}

#[test]
fn a_roland_with_two_notes_and_a_pedal_that_closes_at_90() {
    let pedal = down_and_up(4, 0, 90);
    let mut lesson = Lesson::new();
    let map = lesson.learn(&[
        ("kick", &[(0, on(36))]),
        ("snare", &[(0, cc(16, 3)), (0, on(38))]),
        ("snare.rim", &[(0, on(40))]),
        ("snare.xstick", &[(0, on(37))]),
        ("tom1", &[(0, on(48)), (4, Heard::On { note: 38, velocity: 12 })]),
        ("hihat closed", &[(0, cc(4, 90)), (2, on(42))]),
        ("hihat half", &[(0, cc(4, 50)), (2, on(46))]),
        ("hihat open", &[(0, cc(4, 0)), (2, on(46))]),
        ("hihat.edge closed", &[(0, cc(4, 90)), (2, on(22))]),
        ("hihat.edge open", &[(0, cc(4, 0)), (2, on(26))]),
        ("hihat.pedal", &[(0, cc(4, 90)), (2, on(44))]),
        ("hihat.splash", &[(0, cc(4, 90)), (2, on(44)), (80, cc(4, 0))]),
        ("hihat pedal", &pedal),
        ("crash1", &[(0, on(49))]),
        ("crash1.edge", &[(0, on(55))]),
        ("crash1 grabbed", &[(0, on(49)), (400, press(49, 127)), (401, press(55, 127))]),
    ]);
    assert_eq!(
        notes(&map),
        [
            "36 = kick",
            "38 = snare",
            "40 = snare.rim",
            "37 = snare.xstick",
            "48 = tom1",
            "42 = slot = hihat, openness = 0.0",
            "46 = slot = hihat, openness = 1.0",
            "22 = slot = hihat.edge, openness = 0.0",
            "26 = slot = hihat.edge, openness = 1.0",
            "44 = hihat.pedal",
            "49 = crash1",
            "55 = crash1.edge",
        ]
    );
    let Pedal { cc, open, closed, auto, from_speed } = map.pedal;
    assert_eq!((cc, open, closed, auto, from_speed), (4, 0, 90, false, false));
    assert_eq!(lesson.words(What::Learned, "hihat pedal"), ["controller 4, 0 open to 90 closed"]);
    assert_eq!(
        lesson.words(What::Learned, "crash1 grabbed"),
        ["pressure on its notes, which needs no word in a map"]
    );
    let likeness = |said: &Said| said.words.contains("built-in map \"roland\"");
    assert!(lesson.said.iter().all(|said| !likeness(said)), "an EFNOTE has all of these too");
}

#[test]
fn a_module_that_grabs_by_a_note_of_its_own() {
    let map = Lesson::new().learn(&[
        ("kick", &[(0, on(36))]),
        ("crash1", &[(0, on(59))]),
        ("crash1.edge", &[(0, on(49))]),
        ("crash1 grabbed", &[(0, on(49)), (500, on(60)), (520, Heard::Else)]),
        ("ride", &[(0, on(51))]),
        ("ride grabbed", &[(0, on(51)), (10, on(52)), (300, on(61)), (310, on(60))]),
    ]);
    assert_eq!(
        notes(&map),
        [
            "36 = kick",
            "59 = crash1",
            "49 = crash1.edge",
            "51 = ride",
            "60 = choke = crash1",
            "61 = choke = ride",
        ]
    );
}

#[test]
fn a_pedal_the_other_way_round_and_one_note_for_the_whole_hihat() {
    let pedal = down_and_up(1, 90, 0);
    let map = Lesson::new().learn(&[
        ("hihat closed", &[(0, cc(1, 0)), (2, on(8))]),
        ("hihat half", &[(0, cc(1, 40)), (2, on(8))]),
        ("hihat open", &[(0, cc(1, 88)), (2, on(8))]),
        ("hihat pedal", &pedal),
    ]);
    assert_eq!(notes(&map), ["8 = hihat"]);
    let Pedal { cc, open, closed, auto, from_speed } = map.pedal;
    // it sends no note for the foot, so that its sounds come from the pedal's speed
    assert_eq!((cc, open, closed, auto, from_speed), (1, 90, 0, false, true));
}

#[test]
fn an_alesis_says_half_open_by_a_third_note_and_has_no_pedal_controller() {
    let mut lesson = Lesson::new();
    let map = lesson.learn(&[
        ("hihat closed", &[(0, on(42))]),
        ("hihat half", &[(0, on(23))]),
        ("hihat open", &[(0, on(46))]),
        ("hihat.pedal", &[(0, on(44))]),
        ("hihat.splash", &[(0, on(21))]),
    ]);
    assert_eq!(
        notes(&map),
        [
            "42 = slot = hihat, openness = 0.0",
            "23 = slot = hihat, openness = 0.5",
            "46 = slot = hihat, openness = 1.0",
            "44 = hihat.pedal",
            "21 = hihat.splash",
        ]
    );
    assert_eq!(map.pedal, Pedal::default());
}

#[test]
fn an_efnote_has_one_note_for_both_sounds_of_the_foot_and_the_pedal_tells_them_apart() {
    let pedal = down_and_up(4, 0, 127);
    let mut lesson = Lesson::new();
    let map = lesson.learn(&[
        ("hihat closed", &[(0, cc(4, 127)), (1, on(42))]),
        ("hihat open", &[(0, cc(4, 0)), (1, on(46))]),
        ("hihat.pedal", &[(0, cc(4, 127)), (1, on(44))]),
        ("hihat.splash", &[(0, cc(4, 0)), (1, on(44))]),
        ("hihat pedal", &pedal),
    ]);
    assert_eq!(
        notes(&map),
        [
            "42 = slot = hihat, openness = 0.0",
            "46 = slot = hihat, openness = 1.0",
            "44 = slot = hihat.pedal, open = hihat.splash",
        ]
    );
    assert_eq!((map.pedal.open, map.pedal.closed), (0, 127));
}

#[test]
fn one_note_without_a_pedal_is_said() {
    let mut lesson = Lesson::new();
    lesson.learn(&[("hihat closed", &[(0, on(42))]), ("hihat open", &[(0, on(42))])]);
    let warned = lesson.said.iter().filter(|said| {
        said.what == What::Word && said.words.contains("no pedal was found that tells them apart")
    });
    assert_eq!(warned.count(), 1);
}

#[test]
fn what_a_map_cannot_say_is_told() {
    let mut lesson = Lesson::new();
    let map = lesson.learn(&[
        ("crash1", &[(0, on(49))]),
        ("crash1 grabbed", &[(0, on(49)), (400, Heard::Channel { value: 90 })]),
        ("crash2", &[(0, on(57))]),
        ("crash2 grabbed", &[(0, on(57)), (400, cc(70, 127))]),
    ]);
    assert_eq!(map.chokes, [None::<Slot>; 128]);
    assert!(lesson.words(What::Learned, "crash1 grabbed")[0].contains("channel pressure"));
    assert!(lesson.words(What::Learned, "crash2 grabbed")[0].contains("controller 70"));
}
