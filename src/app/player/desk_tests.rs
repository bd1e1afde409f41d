//! Sound cards that are plugged, pulled and broken by a script, with a desk that looks after
//! them every 250 ms of scripted time.

use super::super::pulse::RACE_TICKS;
use std::sync::atomic::AtomicU64;

use super::*;
use crate::sound::CardKind;
use crate::sound::scripted::Machine;
use crate::words::stream::BlockStart;

const TICK: Duration = Duration::from_millis(250);
/// Callbacks of 128 frames in a tick, as nearly as whole ones can be.
const BLOCKS: usize = 94;

/// Leaves its mark in every frame.
struct Tone;

impl AudioSource for Tone {
    fn open(&mut self, _: StreamShape) {}
    fn render(&mut self, _: BlockStart, out: &mut [f32]) {
        out.fill(0.5);
    }
}

struct Stage {
    machine: Machine,
    desk: Desk,
    now: Instant,
    hand: &'static AtomicU64,
    said: Lines,
}

impl Stage {
    /// A machine with these USB cards, and a desk that wants this one.
    fn new(cards: &[(&str, CardKind)], device: Option<&str>, fallback: bool) -> Self {
        let machine = Machine::new();
        for (id, kind) in cards {
            machine.plug(id, &format!("The {id}"), *kind);
        }
        let hand: &'static AtomicU64 = Box::leak(Box::default());
        let wanted = Wanted { device: device.map(str::to_owned), fallback, ..Wanted::default() };
        let (clock, now) = (Clock::scripted(hand), Instant::now());
        let mut desk = Desk::new(machine.host(), wanted, Timing::Steady, clock, now);
        let said = desk.open(Box::new(Tone), now).unwrap();
        Self { machine, desk, now, hand, said }
    }

    /// What is heard in one tick: whether the source's blocks reached a card.
    fn tick_of(&mut self, blocks: usize) {
        let mut out = [0.0; 256];
        for _ in 0..blocks {
            self.machine.block(&mut out);
        }
        self.now += TICK;
        self.hand.fetch_add(TICK.as_nanos() as u64, Ordering::Relaxed);
        let lines = self.desk.tick(self.now).unwrap();
        self.said.extend(lines);
    }

    fn ticks(&mut self, count: usize) {
        (0..count).for_each(|_| self.tick_of(BLOCKS));
    }

    /// The PCM that sounds now, by asking it for a block.
    #[track_caller]
    fn sounds_on(&mut self, pcm: &str) {
        let mut out = [0.0; 256];
        assert!(self.machine.block(&mut out), "nothing is open");
        assert_eq!(self.machine.playing().as_deref(), Some(pcm));
        assert_eq!(out, [0.5; 256]);
    }

    fn take_said(&mut self) -> Lines {
        std::mem::take(&mut self.said)
    }
}

const USB: CardKind = CardKind::Usb;
const JACK: (&str, CardKind) = ("Headphones", CardKind::Headphones);
const SCREEN: (&str, CardKind) = ("vc4hdmi0", CardKind::Hdmi);

#[test]
fn a_named_card_that_is_pulled_is_waited_for_and_plays_when_it_is_back() {
    let mut s = Stage::new(&[("U192k", USB), JACK, SCREEN], Some("U192k"), false);
    s.ticks(40);
    s.take_said();
    for round in 0..20 {
        s.machine.unplug("U192k");
        s.ticks(3);
        s.sounds_on("null");
        let said = s.take_said();
        assert_eq!(
            said[..2],
            [
                "sound: The U192k is gone",
                "sound: U192k: it is not there: it is waited for ('fallback = true' under [sound] lets \
                 another card play)",
            ],
            "round {round}"
        );
        // For an hour, if it must be: nothing more is said, and no other card is touched.
        (0..if round == 0 { 4 * 3600 } else { 10 }).for_each(|_| s.tick_of(1));
        assert_eq!(s.take_said(), [""; 0]);
        let tries = s.machine.take_tries();
        assert!(tries.iter().all(|pcm| pcm.contains("U192k")), "{tries:?}");
        assert!(tries.len() < 200, "{} tries in an hour", tries.len());
        s.machine.plug("U192k", "The U192k", USB);
        s.ticks(4);
        s.sounds_on("hw:CARD=U192k,DEV=0");
        assert_eq!(s.take_said()[0], "sound: The U192k");
        s.ticks(30);
    }
}

#[test]
fn a_named_card_that_comes_late_is_taken_when_it_comes_and_no_screen_before_it() {
    let mut s = Stage::new(&[JACK, SCREEN], Some("U192k"), false);
    s.sounds_on("null");
    s.ticks(40);
    s.machine.plug("U192k", "The U192k", USB);
    s.ticks(4);
    s.sounds_on("hw:CARD=U192k,DEV=0");
}

#[test]
fn where_the_settings_allow_it_another_card_plays_until_the_named_one_is_back() {
    let mut s = Stage::new(&[("U192k", USB), JACK], Some("U192k"), true);
    s.ticks(40);
    s.machine.unplug("U192k");
    s.ticks(1);
    s.sounds_on("hw:CARD=Headphones,DEV=0");
    s.ticks(40);
    s.machine.plug("U192k", "The U192k", USB);
    s.ticks(4);
    s.sounds_on("hw:CARD=U192k,DEV=0");
}

#[test]
fn without_a_name_another_card_is_taken_at_once_and_the_lost_one_again_when_it_is_back() {
    // Two of a kind: the one that had the cables is the one to go back to.
    let mut s = Stage::new(&[("U192k", USB), ("U24", USB)], None, false);
    s.ticks(40);
    s.machine.unplug("U192k");
    s.ticks(1);
    s.sounds_on("hw:CARD=U24,DEV=0");
    s.ticks(40);
    s.take_said();
    s.machine.plug("U192k", "The U192k", USB);
    s.ticks(4);
    s.sounds_on("hw:CARD=U192k,DEV=0");
    assert_eq!(s.take_said()[0], "sound: The U192k");
    // It stays: the other one is there as well.
    s.ticks(400);
    s.sounds_on("hw:CARD=U192k,DEV=0");
    assert_eq!(s.take_said(), [""; 0]);
}

#[test]
fn cards_that_change_their_numbers_are_known_by_their_names() {
    let mut s = Stage::new(&[("U192k", USB), ("U24", USB)], Some("U24"), false);
    s.ticks(40);
    for _ in 0..10 {
        // Both are pulled, and come back in the other order.
        s.machine.unplug("U192k");
        s.machine.unplug("U24");
        s.ticks(2);
        s.machine.plug("U24", "The U24", USB);
        s.machine.plug("U192k", "The U192k", USB);
        s.ticks(30);
        s.sounds_on("hw:CARD=U24,DEV=0");
        s.machine.unplug("U24");
        s.machine.plug("U24", "The U24", USB);
        s.ticks(30);
        s.sounds_on("hw:CARD=U24,DEV=0");
    }
}

#[test]
fn a_card_that_opens_and_fails_at_once_is_tried_ever_more_rarely_and_said_once() {
    let mut s = Stage::new(&[("U192k", USB)], Some("U192k"), false);
    s.take_said();
    s.machine.take_tries();
    let mut opens = 0;
    for _ in 0..4 * 600 {
        if s.machine.playing().as_deref() != Some("null") {
            (0..200).for_each(|_| s.machine.error());
        }
        s.ticks(1);
        opens += s.machine.take_tries().len();
    }
    // 1, 2, 4, 8, 16 s, and then twice a minute.
    assert!((20..=30).contains(&opens), "{opens} times in ten minutes");
    let gone = "sound: The U192k is gone";
    let said = s.take_said();
    assert_eq!(said.iter().filter(|line| *line == gone).count(), 1, "{said:?}");
    // It is mended, which is told once it has lasted.
    s.ticks(4 * 40);
    s.sounds_on("hw:CARD=U192k,DEV=0");
    assert_eq!(s.take_said()[0], "sound: The U192k");
}

#[test]
fn a_storm_of_errors_ends_the_stream_and_xruns_between_blocks_do_not() {
    let mut s = Stage::new(&[("U192k", USB)], None, false);
    s.ticks(40);
    for _ in 0..1000 {
        s.machine.xrun();
        s.tick_of(1);
    }
    s.sounds_on("hw:CARD=U192k,DEV=0");
    let told = s.take_said().iter().filter(|line| line.contains("xruns")).count();
    assert!((20..=26).contains(&told), "{told} lines in 250 s");
    (0..100).for_each(|_| s.machine.error());
    s.tick_of(0);
    // It had held for long: it is opened anew at once.
    assert_eq!(s.take_said()[..2], ["sound: The U192k is gone", "sound: The U192k"]);
    s.sounds_on("hw:CARD=U192k,DEV=0");
}

#[test]
fn a_card_whose_callback_stops_without_a_word_is_opened_anew_after_two_seconds() {
    let mut s = Stage::new(&[("U192k", USB)], None, false);
    s.ticks(40);
    s.take_said();
    (0..7).for_each(|_| s.tick_of(0));
    assert_eq!(s.take_said(), [""; 0]);
    s.tick_of(0);
    assert_eq!(s.take_said()[0], "sound: The U192k does not play any more");
    s.sounds_on("hw:CARD=U192k,DEV=0");
    // It never plays again: after the first time it is left alone for a while.
    s.machine.take_tries();
    (0..4 * 120).for_each(|_| {
        let silent = s.machine.playing().as_deref() == Some("null");
        s.tick_of(if silent { BLOCKS } else { 0 });
    });
    let opens = s.machine.take_tries().len();
    assert!((3..=9).contains(&opens), "{opens} times in two minutes");
}

#[test]
fn a_driver_that_asks_without_a_pause_is_given_up_and_a_filling_buffer_is_none() {
    let mut s = Stage::new(&[("U192k", USB)], Some("U192k"), false);
    s.tick_of(4 * BLOCKS);
    s.ticks(40);
    s.take_said();
    (0..RACE_TICKS).for_each(|_| s.tick_of(100 * BLOCKS));
    let said = s.take_said();
    assert_eq!(said[0], "sound: The U192k asks for sound without a pause: it keeps no time");
    // It had held; now it races from the start, and is left alone.
    s.machine.take_tries();
    for _ in 0..4 * 120 {
        let silent = s.machine.playing().as_deref() == Some("null");
        s.tick_of(if silent { BLOCKS } else { 100 * BLOCKS });
    }
    let opens = s.machine.take_tries().len();
    assert!((3..=9).contains(&opens), "{opens} times in two minutes");
}

#[test]
fn a_card_that_another_program_holds_is_taken_when_that_lets_go() {
    let mut s = Stage::new(&[("U192k", USB)], Some("U192k"), false);
    s.ticks(40);
    s.machine.refuse("U192k", Some("another program is playing on it"));
    s.machine.unplug("U192k");
    s.machine.plug("U192k", "The U192k", USB);
    s.take_said();
    s.ticks(4 * 60);
    let said = s.take_said();
    let waits = "sound: The U192k: another program is playing on it: it is waited for";
    assert_eq!(said.iter().filter(|line| line.starts_with(waits)).count(), 1, "{said:?}");
    s.machine.refuse("U192k", None);
    s.ticks(4 * 31);
    s.sounds_on("hw:CARD=U192k,DEV=0");
}

/// Cards come, go, fail, stall and race in any order: the source is never lost, and in the
/// end it plays on the card that is wanted.
#[test]
fn after_any_history_the_source_plays_on_the_card_that_is_wanted() {
    use crate::words::rng::Rng;
    for seed in 0..24 {
        let named = seed % 2 == 0;
        let mut s = Stage::new(&[("U192k", USB)], named.then_some("U192k"), seed % 3 == 0);
        let mut rng = Rng::new(seed, 0);
        for _ in 0..400 {
            let dice = rng.draw();
            let id = ["U192k", "Headphones", "vc4hdmi0"][(dice >> 8) as usize % 3];
            let kind = [USB, JACK.1, SCREEN.1][(dice >> 8) as usize % 3];
            match dice % 12 {
                0 | 1 => {
                    s.machine.unplug(id);
                    s.machine.plug(id, &format!("The {id}"), kind);
                }
                2 | 3 => s.machine.unplug(id),
                4 => s.machine.refuse(id, Some("it is busy")),
                5 | 6 => s.machine.refuse(id, None),
                7 => (0..150).for_each(|_| s.machine.error()),
                8 => s.machine.xrun(),
                _ => {}
            }
            s.tick_of([0, 1, 2, 8 * BLOCKS][(dice >> 16) as usize % 4]);
            assert!(s.machine.playing().is_some() || s.desk.stream.is_some(), "seed {seed}");
        }
        s.machine.refuse("U192k", None);
        s.machine.unplug("U192k");
        s.machine.plug("U192k", "The U192k", USB);
        s.ticks(4 * 40);
        s.sounds_on("hw:CARD=U192k,DEV=0");
    }
}
