use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::lamps::Sign;
use super::running::start_with;
use super::works::Works;
use super::*;
use crate::words::time::Clock;

const MS: u64 = 1_000_000;
const TIMES: Times = Times { long_ms: 600, double_ms: 300, repeat_ms: 100, chord_ms: 50 };

/// Lines that a test moves by hand; those of `busy` are somebody else's.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    busy: Vec<u32>,
    clean: bool,
    taken: BTreeMap<usize, Wire>,
    lit: BTreeMap<usize, bool>,
    /// What LEDs were set to, in order.
    sets: Vec<bool>,
    seen: Vec<Seen>,
    /// A written byte here ends a wait.
    bell: Option<UnixStream>,
}

impl Fake {
    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().unwrap()
    }

    /// What the hardware does: seen by whoever waits.
    fn does(&self, seen: impl IntoIterator<Item = Seen>) {
        let mut lines = self.lines();
        lines.seen.extend(seen);
        if let Some(bell) = &lines.bell {
            std::io::Write::write(&mut (&*bell), &[0]).unwrap();
        }
    }
}

impl Gpio for Fake {
    fn take(&mut self, key: usize, wire: &Wire) -> Result<Got, String> {
        let mut lines = self.lines();
        if matches!(wire.place.line, Line::Number(n) if lines.busy.contains(&n)) {
            return Err("it is in use by 'spi0'".into());
        }
        assert!(lines.taken.insert(key, wire.clone()).is_none(), "line {key} twice");
        Ok(Got { clean: lines.clean, active: false })
    }
    fn set(&mut self, key: usize, active: bool) -> bool {
        let mut lines = self.lines();
        assert!(lines.taken.contains_key(&key));
        lines.sets.push(active);
        lines.lit.insert(key, active);
        !lines.busy.contains(&99)
    }
    fn release(&mut self, key: usize) {
        self.lines().taken.remove(&key);
    }
    fn wait(&mut self, wake: &UnixStream, time: Option<Duration>, seen: &mut Vec<Seen>) {
        let bell = self.lines().bell.as_ref().map(|bell| bell.try_clone().unwrap());
        let mut fds: Vec<_> = chardev::readable(wake).into();
        fds.extend(bell.iter().flat_map(chardev::readable));
        chardev::wait_for(&mut fds, time);
        seen.append(&mut self.lines().seen);
    }
}

fn place(number: u32) -> Place {
    Place { line: Line::Number(number), chip: None }
}

fn button(number: u32, action: Action) -> Button {
    Button {
        place: place(number),
        reaction: Reaction { press: Some(action), ..Reaction::default() },
        active_low: true,
        pull: Pull::Up,
        debounce_ms: 20,
    }
}

fn led(number: u32, shows: Shows) -> Led {
    Led { place: place(number), shows, active_low: false }
}

fn encoder(a: u32, b: u32) -> Encoder {
    Encoder {
        places: [place(a), place(b)],
        right: Action::VolumeUp(1),
        left: Action::VolumeDown(1),
        steps: 4,
        active_low: true,
        pull: Pull::Up,
    }
}

fn wiring(buttons: Vec<Button>) -> Wiring {
    Wiring {
        backend: Backend::Auto,
        times: TIMES,
        buttons,
        chords: Vec::new(),
        encoders: Vec::new(),
        leds: Vec::new(),
    }
}

/// Two buttons, an encoder and an LED.
fn full() -> Wiring {
    Wiring {
        encoders: vec![encoder(5, 6)],
        leds: vec![led(22, Shows::Hit)],
        ..wiring(vec![button(17, Action::NextKit), button(18, Action::PreviousKit)])
    }
}

/// Works that have tried to get their lines, and what they said.
fn opened(wiring: Wiring, fake: &Fake) -> (Works, Receiver<Action>, Vec<String>) {
    let (actions, sent) = unbounded();
    let mut works = Works::new(wiring, Vec::new(), actions);
    works.take(&mut fake.clone());
    let said = works.news().lines;
    (works, sent, said)
}

fn edges(key: usize, edges: &[(u64, bool)]) -> Vec<Seen> {
    edges.iter().map(|&(ms, active)| Seen::Edge(key, active, ms * MS)).collect()
}

#[test]
fn a_press_sends_its_action_once_however_the_contact_bounces() {
    let fake = Fake::default();
    let (mut works, sent, said) = opened(full(), &fake);
    assert_eq!((works.working(), said), (4, vec![]));
    let bounce = [(0, true), (1, false), (2, true), (90, false), (91, true), (92, false)];
    // Lines are read one after the other: the stamps say what came first.
    let mut seen = [edges(1, &bounce), edges(0, &[(50, true)])].concat();
    works.seen(&mut fake.clone(), &mut seen);
    works.pass(1_000 * MS);
    let sent: Vec<Action> = sent.try_iter().collect();
    assert_eq!(sent, [Action::PreviousKit, Action::NextKit]);
}

#[test]
fn a_line_that_the_kernel_debounces_is_believed() {
    let fake = Fake::default();
    fake.lines().clean = true;
    let (mut works, sent, _) = opened(full(), &fake);
    let mut seen = edges(0, &[(0, true), (19, false), (38, true)]);
    works.seen(&mut fake.clone(), &mut seen);
    assert_eq!(sent.try_iter().count(), 2);
    assert_eq!(works.wake(38 * MS), None);
}

#[test]
fn an_encoder_is_read_on_both_lines_and_not_debounced() {
    let fake = Fake::default();
    let (mut works, sent, _) = opened(full(), &fake);
    for key in [2, 3] {
        let way = fake.lines().taken[&key].way;
        assert_eq!(way, Way::In { pull: Pull::Up, debounce: Duration::ZERO });
    }
    let turn = |first: usize, second: usize| {
        let edges = [(first, true), (second, true), (first, false), (second, false)];
        edges.into_iter().enumerate().map(|(time, (key, active))| Seen::Edge(key, active, time as u64))
    };
    works.seen(&mut fake.clone(), &mut turn(2, 3).collect());
    works.seen(&mut fake.clone(), &mut turn(3, 2).chain(turn(3, 2)).collect());
    let sent: Vec<Action> = sent.try_iter().collect();
    assert_eq!(sent, [Action::VolumeUp(1), Action::VolumeDown(1), Action::VolumeDown(1)]);
}

#[test]
fn a_part_whose_line_cannot_be_had_costs_only_itself() {
    let fake = Fake::default();
    fake.lines().busy = vec![17, 6];
    let (mut works, _sent, said) = opened(full(), &fake);
    assert_eq!(works.working(), 2);
    assert_eq!(
        said,
        [
            "the button on GPIO line 17 does nothing: it is in use by 'spi0'",
            "the encoder on GPIO line 5 and GPIO line 6 does nothing: it is in use by 'spi0'",
        ]
    );
    assert!(!fake.lines().taken.contains_key(&2), "half an encoder gives its line back");
    // Tried again: what is the same is not said again.
    works.take(&mut fake.clone());
    assert_eq!(works.news().lines, ["2 of 4 buttons, encoders and LEDs work now"]);
    fake.lines().busy.clear();
    works.take(&mut fake.clone());
    let news = works.news();
    assert_eq!(news.lines, ["4 of 4 buttons, encoders and LEDs work now"]);
    assert!(news.parts.iter().all(|part| part.why.is_none()));
}

#[test]
fn a_trouble_that_all_parts_share_is_said_once() {
    let fake = Fake::default();
    fake.lines().busy = vec![17, 18];
    let buttons = vec![button(17, Action::NextKit), button(18, Action::PreviousKit)];
    let (works, _sent, said) = opened(wiring(buttons), &fake);
    assert_eq!(works.working(), 0);
    assert_eq!(said, ["the buttons do nothing: it is in use by 'spi0'"]);
}

#[test]
fn a_chip_that_vanishes_and_comes_back_costs_what_was_on_it_for_that_time() {
    let fake = Fake::default();
    let (mut works, sent, _) = opened(full(), &fake);
    let mut gone = vec![Seen::Lost(0), Seen::Lost(3)];
    gone.extend(edges(0, &[(5, true)]));
    let news = works.seen(&mut fake.clone(), &mut gone).unwrap();
    assert_eq!(
        news.lines,
        [
            "the button on GPIO line 17 does nothing: its line is gone",
            "the encoder on GPIO line 5 and GPIO line 6 does nothing: its line is gone",
        ]
    );
    let whys: Vec<bool> = news.parts.iter().map(|part| part.why.is_some()).collect();
    assert_eq!(whys, [true, false, true, false]);
    assert_eq!(works.seen(&mut fake.clone(), &mut vec![Seen::Lost(2)]), None, "it is known");
    works.take(&mut fake.clone());
    assert_eq!(works.working(), 4);
    assert_eq!(sent.try_iter().collect::<Vec<_>>(), [Action::NextKit], "pressed before it went");
    works.seen(&mut fake.clone(), &mut edges(0, &[(900, true)]));
    assert_eq!(sent.try_iter().count(), 1);
}

#[test]
fn an_led_follows_what_it_is_told_and_is_dark_at_the_end() {
    let fake = Fake::default();
    let (mut works, _sent, _) = opened(full(), &fake);
    let mut gpio = fake.clone();
    let mut at = |works: &mut Works, ms: u64| {
        works.show(&mut gpio, ms * MS);
        std::mem::take(&mut fake.lines().sets)
    };
    works.sign(Sign::Hit, 100 * MS);
    assert_eq!(at(&mut works, 100), [true]);
    assert_eq!(works.wake(100 * MS), Some(160 * MS));
    assert_eq!(at(&mut works, 159), [false; 0]);
    assert_eq!(at(&mut works, 160), [false]);
    works.sign(Sign::Hit, 200 * MS);
    assert_eq!(at(&mut works, 200), [true]);
    works.dark(&mut fake.clone());
    assert_eq!(fake.lines().lit[&4], false);
    fake.lines().busy = vec![99];
    works.sign(Sign::Hit, 300 * MS);
    let news = works.show(&mut fake.clone(), 300 * MS).unwrap();
    assert_eq!(news.lines, ["the LED on GPIO line 22 does nothing: its line is gone"]);
}

/// A panel whose thread runs, on lines that a test moves.
fn running(
    wiring: Wiring,
    midi: Vec<Reaction>,
    fake: &Fake,
    actions: Sender<Action>,
) -> (Panel, Clock) {
    let (bell, rung) = UnixStream::pair().unwrap();
    // Held by the lines: what is written to one end is read at the other, which is `bell`.
    fake.lines().bell = Some(rung.try_clone().unwrap());
    std::mem::forget(bell);
    let (clock, gpio) = (Clock::start(), fake.clone());
    let open = move |index| (index == 0).then(|| Ok(Box::new(gpio.clone()) as Box<dyn Gpio>));
    (start_with(wiring, midi, clock, actions, open).unwrap().unwrap(), clock)
}
