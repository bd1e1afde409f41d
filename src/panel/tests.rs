use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, unbounded};

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
}

impl Fake {
    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().unwrap()
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
        // Whoever tells the panel something wakes it.
        chardev::wait_for(&mut chardev::readable(wake), time);
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
        edges
            .into_iter()
            .enumerate()
            .map(|(time, (key, active))| Seen::Edge(key, active, time as u64))
    };
    works.seen(&mut fake.clone(), &mut turn(2, 3).collect());
    works.seen(&mut fake.clone(), &mut turn(3, 2).collect());
    works.seen(&mut fake.clone(), &mut turn(3, 2).collect());
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
    assert_eq!(works.news().lines, [""; 0]);
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
    let mut at = |works: &mut Works, ms: u64| -> Vec<bool> {
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
    assert!(!fake.lines().lit[&4]);
    fake.lines().busy = vec![99];
    works.sign(Sign::Hit, 300 * MS);
    let news = works.show(&mut fake.clone(), 300 * MS).unwrap();
    assert_eq!(news.lines, ["the LED on GPIO line 22 does nothing: its line is gone"]);
}

/// A panel whose thread runs, on the first of these that gives lines.
fn running(wiring: Wiring, midi: Vec<Reaction>, fakes: &[Fake]) -> (Panel, Receiver<Action>, News) {
    let (actions, sent) = unbounded();
    let fakes = fakes.to_vec();
    let open = move |index: usize| {
        fakes.get(index).map(|fake| Ok(Box::new(fake.clone()) as Box<dyn Gpio>))
    };
    let has_parts = wiring.backend != Backend::None;
    let panel = start_with(wiring, midi, Clock::start(), actions, open).unwrap().unwrap();
    let news = if has_parts { panel.news().recv().unwrap() } else { News::default() };
    (panel, sent, news)
}

#[test]
fn a_running_panel_does_what_its_lines_say_and_is_dark_when_it_is_dropped() {
    let fake = Fake::default();
    let (panel, sent, news) = running(full(), Vec::new(), std::slice::from_ref(&fake));
    assert_eq!((news.lines.len(), news.parts.len()), (0, 4));
    fake.lines().seen = edges(1, &[(1, true)]);
    assert!(panel.shows(Shows::Hit) && !panel.shows(Shows::Clip));
    assert!(panel.tell(Sign::Hit));
    assert_eq!(sent.recv(), Ok(Action::PreviousKit));
    while fake.lines().lit.get(&4) != Some(&true) {
        std::thread::yield_now();
    }
    drop(panel);
    assert!(!fake.lines().lit[&4]);
    assert!(sent.recv().is_err(), "nobody is left to send");
}

#[test]
fn the_second_backend_is_taken_where_the_first_has_not_a_single_line() {
    let (first, second) = (Fake::default(), Fake::default());
    first.lines().busy = vec![17, 18, 5, 22];
    second.lines().busy = vec![18];
    let (panel, sent, news) = running(full(), Vec::new(), &[first.clone(), second.clone()]);
    assert_eq!(news.lines, ["the button on GPIO line 18 does nothing: it is in use by 'spi0'"]);
    // It stays with it.
    first.lines().busy.clear();
    second.lines().busy.clear();
    assert!(panel.retry());
    let lines = panel.news().recv().unwrap().lines;
    assert_eq!(lines, ["4 of 4 buttons, encoders and LEDs work now"]);
    assert!(first.lines().taken.is_empty());
    second.lines().seen = edges(0, &[(1, true)]);
    panel.retry();
    assert_eq!(sent.recv(), Ok(Action::NextKit));
}

#[test]
fn midi_buttons_have_their_gestures_on_a_machine_without_gpio() {
    let pad = Reaction {
        press: Some(Action::NextKit),
        double: Some(Action::Panic),
        ..Reaction::default()
    };
    let wiring = Wiring { backend: Backend::None, ..wiring(vec![button(17, Action::Reload)]) };
    let (panel, sent, _) = running(wiring, vec![pad, Reaction { double: None, ..pad }], &[]);
    for ms in [0, 100] {
        panel.press(0, true, ms * MS);
        panel.press(0, false, (ms + 50) * MS);
    }
    assert_eq!(sent.recv(), Ok(Action::Panic));
    panel.press(1, true, 200 * MS);
    assert_eq!(sent.recv(), Ok(Action::NextKit));
    // Held on a port that goes away: it would be a press when its time is over.
    panel.press(0, true, 1_000 * MS);
    panel.forget_midi();
    panel.press(1, false, 9_000 * MS);
    panel.press(1, true, 9_001 * MS);
    assert_eq!(sent.recv(), Ok(Action::NextKit));
    drop(panel);
    assert_eq!(sent.try_iter().count(), 0);
}

/// What is said of a panel at its start.
fn said(wiring: Wiring) -> Vec<String> {
    let (actions, _sent) = unbounded();
    let panel = start(wiring, Vec::new(), Clock::start(), actions).unwrap();
    panel.map_or_else(Vec::new, |panel| panel.news().recv().unwrap().lines)
}

#[test]
fn without_parts_or_without_a_backend_nothing_is_opened_and_nothing_said() {
    assert_eq!(said(wiring(vec![])), [""; 0]);
    let none = Wiring { backend: Backend::None, ..full() };
    assert_eq!(said(none), [""; 0]);
}

#[test]
fn a_line_that_no_machine_has_costs_a_sentence_and_nothing_else() {
    let mut nowhere = button(0, Action::Panic);
    nowhere.place =
        Place { line: Line::Name("no such line".into()), chip: Some("gpiochip-none".into()) };
    let said = said(Wiring { backend: Backend::Chardev, ..wiring(vec![nowhere]) });
    assert_eq!(said.len(), 1);
    assert!(
        said[0]
            .starts_with("the button on GPIO line 'no such line' does nothing: /dev/gpiochip-none"),
        "{said:?}"
    );
}

#[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
#[test]
fn rppal_off_a_pi_gets_a_sentence() {
    let said = said(Wiring { backend: Backend::Rppal, ..full() });
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("do nothing: the backend \"rppal\" is for a Raspberry Pi"),
        "{said:?}"
    );
}
