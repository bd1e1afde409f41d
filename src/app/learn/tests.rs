//! The dialogue: keys, doubts, going on, and nonsense.

use super::heard::Heard;
use super::map_file::Learned;
use super::session::{Input, Key, Session, What};
use super::steps;
use super::vendor_tests::{Lesson, cc, on, press};
use crate::maps::NoteMap;
use crate::words::rng::Rng;

fn soft(note: u8) -> Heard {
    Heard::On { note, velocity: 9 }
}

/// Answers until this question is asked.
fn until(lesson: &mut Lesson, key: &str) {
    while lesson.question().unwrap() != key {
        lesson.give(Input::Key(Key::Skip));
    }
}

fn slot_of(map: &NoteMap, note: u8) -> String {
    map.notes[usize::from(note)].map_or("none".to_owned(), |mapped| mapped.slot.to_string())
}

#[test]
fn questions_come_in_their_order_and_an_answer_leads_on_after_a_rest() {
    let mut lesson = Lesson::new();
    assert_eq!(lesson.question().as_deref(), Some("kick"));
    // the beater bounces, and the answer is not the next question's
    lesson.play(&[(0, on(36)), (200, on(36)), (300, on(36))]);
    assert_eq!(lesson.question().as_deref(), Some("snare"));
    assert_eq!(slot_of(&lesson.read_back(), 36), "kick");
    lesson.wait(5.0);
    assert_eq!(lesson.said.iter().filter(|said| said.what == What::Learned).count(), 1);
}

#[test]
fn a_doubtful_answer_is_asked_for_once_more() {
    let mut lesson = Lesson::new();
    lesson.question();
    lesson.play(&[(0, soft(49))]);
    let said = lesson.wait(1.0);
    assert_eq!(said[0].words, "once more: press the bass drum's pedal");
    lesson.play(&[(0, on(36))]);
    lesson.wait(1.0);
    lesson.play(&[(0, on(36))]);
    assert_eq!(lesson.wait(1.0)[0].words, "note 36");
}

#[test]
fn a_note_that_another_pad_has_is_said_and_the_drummer_decides() {
    let mut lesson = Lesson::new();
    let taken = |lesson: &mut Lesson| {
        until(lesson, "snare.rim");
        for _ in 0..2 {
            lesson.play(&[(0, on(38))]);
            let said = lesson.wait(1.0);
            if said[0].what == What::Taken {
                assert_eq!(said[0].words, "note 38 is already: snare");
                return;
            }
        }
        panic!("{:#?}", lesson.said);
    };
    until(&mut lesson, "snare");
    lesson.play(&[(0, on(38))]);
    lesson.wait(1.0);
    taken(&mut lesson);
    lesson.give(Input::Key(Key::Skip));
    assert_eq!(slot_of(&lesson.read_back(), 38), "snare");
    assert_eq!(lesson.question().as_deref(), Some("snare.xstick"));
    lesson.give(Input::Key(Key::Back));
    lesson.play(&[(0, on(38))]);
    let said = lesson.wait(1.0);
    assert_eq!(said[0].what, What::Taken, "{said:?}");
    lesson.give(Input::Key(Key::Take));
    assert_eq!(slot_of(&lesson.read_back(), 38), "snare.rim");
    assert_eq!(lesson.read_back().order, [38]);
}

#[test]
fn back_and_again_ask_anew_and_a_new_answer_takes_the_place_of_the_old_one() {
    let mut lesson = Lesson::new();
    lesson.question();
    lesson.play(&[(0, on(38))]);
    assert_eq!(lesson.question().as_deref(), Some("snare"));
    let said = lesson.give(Input::Key(Key::Back));
    assert_eq!(said[0].step.unwrap().key(), "kick");
    lesson.play(&[(0, on(36))]);
    assert_eq!(lesson.question().as_deref(), Some("snare"));
    assert_eq!(lesson.read_back().order, [36]);
    // heard, and taken back before it counted
    lesson.give(Input::Heard(on(50)));
    lesson.give(Input::Key(Key::Again));
    assert_eq!(lesson.wait(1.0), []);
    // at the first question there is nothing before
    for _ in 0..3 {
        lesson.give(Input::Key(Key::Back));
    }
    lesson.give(Input::Key(Key::Skip));
    assert_eq!(lesson.words(What::Left, "kick"), ["as it was"]);
    assert_eq!(lesson.read_back().order, [36]);
}

#[test]
fn who_stops_goes_on_where_he_was() {
    let mut lesson = Lesson::new();
    until(&mut lesson, "hihat closed");
    lesson.play(&[(0, cc(4, 90)), (1, on(42))]);
    lesson.wait(1.0);
    lesson.give(Input::Key(Key::Quit));
    assert!(lesson.session.is_over() && !lesson.session.is_complete());
    let map = lesson.read_back();
    let settled = lesson.session.settled().clone();
    let mut lesson = Lesson::on_with(Learned { map, settled });
    assert_eq!(lesson.question().as_deref(), Some("hihat half"));
    lesson.give(Input::Key(Key::Skip));
    assert_eq!(lesson.question().as_deref(), Some("hihat open"));
    lesson.play(&[(0, on(42))]);
    lesson.wait(1.0);
    assert_eq!(lesson.read_back().to_toml().matches("42 = \"hihat\"").count(), 1);
}

#[test]
fn where_all_is_learned_everything_is_asked_once_more_and_kept() {
    let mut lesson = Lesson::new();
    let map = lesson.learn(&[("kick", &[(0, on(36))]), ("snare", &[(0, on(38))])]);
    let settled = lesson.session.settled().clone();
    let mut lesson = Lesson::on_with(Learned { map: map.clone(), settled });
    assert!(lesson.session.is_complete());
    assert_eq!(lesson.question().as_deref(), Some("kick"));
    lesson.give(Input::Key(Key::Skip));
    assert_eq!(lesson.question().as_deref(), Some("snare"));
    lesson.play(&[(0, on(40))]);
    lesson.wait(1.0);
    assert_eq!(lesson.read_back().order, [36, 40]);
}

#[test]
fn zones_of_a_pad_that_is_not_there_are_not_asked_for() {
    let mut lesson = Lesson::new();
    let mut asked = Vec::new();
    while let Some(key) = lesson.question() {
        asked.push(key);
        lesson.give(Input::Key(Key::Skip));
    }
    assert!(asked.contains(&"crash1".to_owned()) && asked.contains(&"aux8".to_owned()));
    assert!(!asked.iter().any(|key| key.contains(".rim") || key.contains("grabbed")), "{asked:?}");
    assert_eq!(lesson.session.map().order, [0; 0]);
}

#[test]
fn no_history_of_messages_and_keys_ends_it_or_makes_a_map_that_is_not_read_back() {
    const KEYS: [Key; 6] = [Key::Skip, Key::Skip, Key::Take, Key::Back, Key::Again, Key::Quit];
    for seed in 0..400 {
        let mut rng = Rng::new(seed, 1);
        let mut below = |n: u64| rng.draw() % n;
        // few notes, so that they meet
        let notes = 1 + below(128);
        let all = if below(2) == 0 { steps::all() } else { steps::by_sound() };
        let nothing = Learned::nothing("X:X");
        let mut lesson = Lesson::on_with(nothing.clone());
        lesson.session = Session::new(all.clone(), nothing.map, nothing.settled);
        for _ in 0..below(1500) {
            lesson.now += [0.0, 0.001, 0.02, 0.3, 2.0, -1.0, f64::NAN][below(7) as usize];
            let (note, value) = (below(notes) as u8, below(128) as u8);
            let input = match below(12) {
                0..=4 => Input::Heard(Heard::On { note, velocity: value.max(1) }),
                5 => Input::Heard(press(note, value)),
                6 => Input::Heard(cc(below(128) as u8, value)),
                7 => Input::Heard(cc(4, value)),
                8 => Input::Heard(Heard::Channel { value }),
                9 if below(12) > 0 => Input::Key(KEYS[below(5) as usize]),
                9 => Input::Key(KEYS[below(6) as usize]),
                _ => Input::Tick,
            };
            if lesson.now.is_nan() {
                lesson.give(input);
                lesson.now = 100.0;
            } else {
                lesson.give(input);
            }
            if below(40) == 0 {
                lesson.read_back();
            }
            if below(300) == 0 {
                // killed, and gone on with
                let map = lesson.read_back();
                let settled = lesson.session.settled().clone();
                lesson.session = Session::new(all.clone(), map, settled);
            }
        }
        lesson.read_back();
        let map = lesson.session.map();
        for note in 0..128 {
            let strikes = map.notes[note].is_some();
            assert_eq!(strikes, map.order.contains(&(note as u8)));
            assert!(!(strikes && map.chokes[note].is_some()));
        }
    }
}
