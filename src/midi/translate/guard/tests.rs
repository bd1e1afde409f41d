use std::sync::Arc;

use super::*;
use crate::midi::{Message, Output, Translator};
use crate::words::EventKind;

const MS: u64 = 1_000_000;

struct Port(Translator);

impl Port {
    /// What a message led to at this millisecond, in a word each.
    fn send(&mut self, ms: u64, message: Message) -> String {
        let word = |output| match output {
            Output::Event(event) => match event.kind {
                EventKind::Hit(hit) => format!("{} {}", hit.slot, hit.velocity),
                EventKind::Held { hit, why } => format!("{} {why:?}", hit.slot),
                EventKind::Choke { slot, grip } => format!("{slot} grip {grip}"),
                EventKind::NoteOff { slot, .. } => format!("{slot} off"),
                EventKind::Pedal(openness) => format!("pedal {openness}"),
            },
            Output::Action(action) => format!("{action:?}"),
            Output::Button(press) => format!("{press:?}"),
        };
        let output = self.0.translate(message, When::Nanos(ms * MS));
        output.map(word).collect::<Vec<_>>().join(", ")
    }
    fn on(&mut self, ms: u64, note: u8, velocity: u8) -> String {
        self.send(ms, Message::NoteOn { channel: 9, note, velocity })
    }
    fn pressure(&mut self, ms: u64, note: u8, value: u8) -> String {
        self.send(ms, Message::PolyPressure { channel: 9, note, value })
    }
    fn cc4(&mut self, ms: u64, value: u8) -> String {
        self.send(ms, Message::Control { channel: 9, cc: 4, value })
    }
}

fn roland() -> Port {
    Port(Translator::new(Arc::new(NoteMap::named("roland").unwrap()), None, 0))
}

#[test]
fn a_much_softer_hit_within_the_mask_is_the_pads_and_is_told() {
    let mut port = roland();
    assert_eq!(port.on(0, 38, 100), "snare 100");
    assert_eq!(port.on(14, 38, 49), "snare Retrigger");
    assert_eq!(port.on(15, 38, 49), "snare 49");
}

#[test]
fn flams_doubles_and_buzz_rolls_are_never_held_back() {
    let mut port = roland();
    // a flam: the grace note is soft, and the stroke is hard
    assert_eq!([port.on(0, 38, 30), port.on(12, 38, 110)], ["snare 30", "snare 110"]);
    // two sticks at once
    assert_eq!([port.on(500, 38, 90), port.on(502, 38, 75)], ["snare 90", "snare 75"]);
    // the fastest buzz of the corpus: 18 ms apart on average, not less than 14
    let roll = [(1000, 33), (1014, 25), (1030, 27), (1048, 29), (1072, 29)];
    assert!(roll.iter().all(|&(ms, v)| port.on(ms, 38, v) == format!("snare {v}")));
}

#[test]
fn a_mask_counts_from_the_last_hit_that_sounded_and_does_not_hold_itself_up() {
    let mut port = roland();
    port.0 = port.0.with_masks(|_| Some(10.0));
    let mut sounds = |ms| port.on(ms, 38, if ms == 0 { 120 } else { 50 }) != "snare Retrigger";
    assert_eq!([0, 6, 9, 12].map(&mut sounds), [true, false, false, true]);
}

#[test]
fn other_slots_and_zones_have_masks_of_their_own_and_0_masks_nothing() {
    let mut port = roland();
    // head and rim of one stroke, a foot and a hand
    assert_eq!([port.on(0, 38, 120), port.on(1, 40, 20)], ["snare 120", "snare.rim 20"]);
    assert_eq!([port.on(50, 42, 120), port.on(52, 44, 20)], ["hihat 120", "hihat.pedal 20"]);
    // open and closed notes are one cymbal
    assert_eq!([port.on(90, 46, 120), port.on(92, 42, 20)], ["hihat 120", "hihat Retrigger"]);
    port.0 = port.0.with_masks(|slot| (slot == Slot::SNARE).then_some(0.0));
    assert_eq!([port.on(200, 38, 120), port.on(201, 38, 5)], ["snare 120", "snare 5"]);
}

#[test]
fn soft_hits_on_a_held_cymbal_are_the_hands_and_hard_ones_the_sticks() {
    let mut port = roland();
    port.on(0, 55, 100);
    assert_eq!(port.pressure(900, 55, 127), "crash1.edge grip 1");
    assert_eq!(port.pressure(900, 49, 127), "crash1 grip 1");
    assert_eq!(port.on(903, 49, 7), "crash1 Grab");
    assert_eq!(port.on(950, 55, 39), "crash1.edge Grab");
    assert_eq!(port.on(960, 55, 40), "crash1.edge 40");
    // another cymbal, and this one once it is let go
    assert_eq!(port.on(970, 57, 7), "crash2 7");
    port.pressure(1000, 55, 0);
    assert_eq!(port.on(1100, 49, 7), "crash1 7");
}

#[test]
fn a_hand_whose_letting_go_is_lost_costs_no_hits_after_a_second() {
    let mut port = roland();
    port.pressure(0, 49, 127);
    assert_eq!([port.on(999, 49, 10), port.on(1000, 49, 10)], ["crash1 Grab", "crash1 10"]);
}

#[test]
fn a_very_soft_chick_right_after_an_open_stroke_is_the_sticks() {
    let mut port = roland();
    port.cc4(0, 0);
    port.cc4(10, 45);
    assert_eq!(port.on(100, 46, 90), "hihat 90");
    assert_eq!(port.on(130, 44, 12), "hihat.pedal Stomp");
    // a foot that means it, one that has time, and one that is down
    assert_eq!(port.on(150, 44, 20), "hihat.pedal 20");
    assert_eq!(port.on(260, 44, 12), "hihat.pedal 12");
    assert_eq!(port.on(300, 26, 90), "hihat.edge 90");
    assert_eq!(port.cc4(320, 90), "pedal 0");
    assert_eq!(port.on(330, 44, 12), "hihat.pedal 12");
}

#[test]
fn a_soft_chick_after_a_closed_stroke_or_without_a_pedal_is_played() {
    let mut port = roland();
    assert_eq!([port.on(0, 46, 90), port.on(30, 44, 5)], ["hihat 90", "hihat.pedal 5"]);
    port.cc4(100, 0);
    port.cc4(110, 45);
    assert_eq!([port.on(300, 42, 90), port.on(330, 44, 5)], ["hihat 90", "hihat.pedal 5"]);
}
