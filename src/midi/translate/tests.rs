use super::*;

const MS: u64 = 1_000_000;

fn roland() -> Translator {
    Translator::new(Arc::new(NoteMap::named("roland").unwrap()), None, 3)
}
fn on(note: u8, velocity: u8) -> Message {
    Message::NoteOn { channel: 9, note, velocity }
}
fn cc(cc: u8, value: u8) -> Message {
    Message::Control { channel: 9, cc, value }
}
fn pressure(note: u8, value: u8) -> Message {
    Message::PolyPressure { channel: 9, note, value }
}
fn slot(name: &str) -> Slot {
    Slot::from_name(name).unwrap()
}

/// What a message means at this many nanoseconds.
fn at(translator: &mut Translator, nanos: u64, message: Message) -> Vec<EventKind> {
    let event = |output| match output {
        Output::Event(event) => {
            assert_eq!((event.when, event.device), (When::Nanos(nanos), 3));
            event.kind
        }
        Output::Action(action) => panic!("{action:?}"),
        Output::Button(press) => panic!("{press:?}"),
    };
    translator.translate(message, When::Nanos(nanos)).map(event).collect()
}

/// The hit that a note gives now.
fn hit(translator: &mut Translator, message: Message) -> Hit {
    match at(translator, 0, message).as_slice() {
        [.., EventKind::Hit(hit)] => *hit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_note_strikes_the_slot_of_the_map_and_an_unmapped_one_its_own() {
    let mut t = roland();
    let struck = hit(&mut t, on(40, 100));
    assert_eq!(struck.slot, slot("snare.rim"));
    assert_eq!((struck.note, struck.velocity, struck.position), (40, 100.0, 0.0));
    assert_eq!(hit(&mut t, on(23, 100)).slot, slot("note.23"));
}

#[test]
fn without_a_pedal_the_note_alone_says_how_open_the_hihat_is() {
    let mut t = roland();
    for (note, openness) in [(42, 0.0), (46, 1.0), (22, 0.0), (26, 1.0), (44, 0.0), (38, 0.0)] {
        assert_eq!(hit(&mut t, on(note, 64)).openness, openness, "note {note}");
    }
}

#[test]
fn with_a_pedal_open_notes_follow_it_and_closed_notes_stay_closed() {
    let mut t = roland();
    // Closed is 90 on the map, so 45 is half.
    t.translate(cc(4, 0), When::Nanos(0)).for_each(drop);
    t.translate(cc(4, 45), When::Nanos(0)).for_each(drop);
    for (note, openness) in [(42, 0.0), (46, 0.5), (22, 0.0), (26, 0.5), (44, 0.0), (38, 0.0)] {
        assert_eq!(hit(&mut t, on(note, 64)).openness, openness, "note {note}");
    }
}

#[test]
fn a_hihat_note_without_openness_follows_the_pedal_and_is_closed_without_one() {
    let mut map = NoteMap::named("roland").unwrap();
    map.notes[42] = Some(Mapped::new(Slot::HIHAT));
    let mut t = Translator::new(Arc::new(map), None, 3);
    assert_eq!(hit(&mut t, on(42, 64)).openness, 0.0);
    t.translate(cc(4, 0), When::Nanos(0)).for_each(drop);
    assert_eq!(hit(&mut t, on(42, 64)).openness, 1.0);
}

#[test]
fn a_foot_splash_rings_open_wherever_the_pedal_stands() {
    let mut map = NoteMap::named("roland").unwrap();
    map.notes[83] = Some(Mapped::new(Slot::HIHAT_SPLASH));
    let mut t = Translator::new(Arc::new(map), None, 3);
    t.translate(cc(4, 90), When::Nanos(0)).for_each(drop);
    assert_eq!(hit(&mut t, on(83, 64)).openness, 1.0);
}

#[test]
fn pedal_movement_is_sent_once_a_millisecond_and_the_last_of_it_with_the_next_message() {
    let mut t = roland();
    assert_eq!(at(&mut t, 0, cc(4, 0)), [EventKind::Pedal(1.0)]);
    assert_eq!(at(&mut t, MS / 4, cc(4, 9)), []);
    assert_eq!(at(&mut t, MS / 2, cc(4, 45)), []);
    assert_eq!(at(&mut t, 2 * MS, Message::Other), [EventKind::Pedal(0.5)]);
    assert_eq!(at(&mut t, 4 * MS, Message::Other), []);
}

#[test]
fn a_hit_between_carries_the_newest_openness_though_the_movement_waits() {
    let mut t = roland();
    at(&mut t, 0, cc(4, 0));
    at(&mut t, MS / 4, cc(4, 45));
    let events = at(&mut t, MS / 2, on(46, 64));
    assert!(matches!(events[..], [EventKind::Hit(Hit { openness: 0.5, .. })]), "{events:?}");
    // Past the millisecond the movement goes ahead of the hit.
    let events = at(&mut t, MS, on(46, 64));
    assert!(matches!(events[..], [EventKind::Pedal(0.5), EventKind::Hit(_)]), "{events:?}");
}

#[test]
fn a_pedal_that_closes_is_heard_at_once_even_if_nothing_follows() {
    let mut t = roland();
    at(&mut t, 0, cc(4, 0));
    assert_eq!(at(&mut t, MS / 4, cc(4, 80)), []);
    assert_eq!(at(&mut t, MS / 2, cc(4, 90)), [EventKind::Pedal(0.0)]);
    assert_eq!(at(&mut t, 3 * MS / 4, cc(4, 89)), []);
    assert_eq!(at(&mut t, 3 * MS / 4, cc(4, 90)), []);
}

#[test]
fn a_pedal_that_says_the_same_again_is_not_sent_again() {
    let mut t = roland();
    assert_eq!(at(&mut t, 0, cc(4, 30)).len(), 1);
    assert_eq!(at(&mut t, 5 * MS, cc(4, 30)), []);
}

#[test]
fn in_a_file_a_millisecond_is_counted_in_frames() {
    let mut t = roland().with_rate(8_000);
    let mut sent = |frame, value| t.translate(cc(4, value), When::Frame(frame)).count();
    assert_eq!(
        [sent(0, 10), sent(7, 20), sent(8, 30), sent(15, 40), sent(16, 50)],
        [1, 0, 1, 0, 1]
    );
    assert_eq!(sent(17, 60), 0);
    let event = t.flush(When::Frame(18)).unwrap();
    assert_eq!(event.kind, EventKind::Pedal(NoteMap::named("roland").unwrap().pedal.openness(60)));
    assert_eq!(t.flush(When::Frame(19)), None);
}

#[test]
fn pressure_on_any_zone_chokes_its_pad_and_none_lets_it_go() {
    let mut t = roland();
    let edge = slot("crash1.edge");
    for (value, grip) in [(127, 1.0), (1, 1.0 / 127.0), (0, 0.0)] {
        let wanted = EventKind::Choke { slot: edge, grip };
        assert_eq!(at(&mut t, 0, pressure(55, value)), [wanted]);
    }
}

#[test]
fn a_position_belongs_to_the_pads_of_its_controller() {
    let mut t = roland();
    for (controller, value) in [(16, 127), (17, 0), (18, 127)] {
        assert_eq!(at(&mut t, 0, cc(controller, value)), []);
    }
    for (note, position) in [(38, 1.0), (40, 1.0), (51, 0.0), (48, 1.0), (41, 1.0), (36, 0.0)] {
        assert_eq!(hit(&mut t, on(note, 64)).position, position, "note {note}");
    }
}

#[test]
fn a_velocity_prefix_refines_the_next_note_of_its_channel_only() {
    let mut t = roland();
    at(&mut t, 0, cc(88, 64));
    assert_eq!(hit(&mut t, on(38, 100)).velocity, 100.5);
    assert_eq!(hit(&mut t, on(38, 100)).velocity, 100.0);
    at(&mut t, 0, cc(88, 127));
    assert_eq!(hit(&mut t, on(38, 127)).velocity, 127.0);
    at(&mut t, 0, Message::Control { channel: 0, cc: 88, value: 64 });
    assert_eq!(hit(&mut t, on(38, 100)).velocity, 100.0);
}

#[test]
fn a_program_change_is_for_the_player_and_a_note_off_for_what_its_note_struck() {
    let mut t = roland();
    let program = Message::Program { channel: 9, program: 5 };
    let out: Vec<Output> = t.translate(program, When::Now).collect();
    assert_eq!(out, [Output::Action(Action::Program(5))]);
    let off = Message::NoteOff { channel: 9, note: 40 };
    let out: Vec<Output> = t.translate(off, When::Now).collect();
    let kind = EventKind::NoteOff { slot: slot("snare.rim"), note: 40 };
    assert_eq!(out, [Output::Event(Event { when: When::Now, device: 3, kind })]);
}

#[test]
fn other_channels_than_the_chosen_one_are_not_heard() {
    let map = Arc::new(NoteMap::named("gm").unwrap());
    let mut t = Translator::new(map, Some(9), 0);
    let other = |message| match message {
        Message::NoteOn { note, velocity, .. } => Message::NoteOn { channel: 0, note, velocity },
        other => other,
    };
    assert_eq!(t.translate(on(38, 100), When::Now).count(), 1);
    assert_eq!(t.translate(other(on(38, 100)), When::Now).count(), 0);
    let pedal = Message::Control { channel: 0, cc: 4, value: 64 };
    assert_eq!(t.translate(pedal, When::Now).count(), 0);
}

#[test]
fn a_note_that_is_a_button_makes_no_sound_on_whatever_channel_the_drums_are() {
    use crate::midi::buttons::{Button, Buttons, Press, Source};
    let buttons = Buttons::new([
        Button { number: 3, source: Source::Note(38), channel: None },
        Button { number: 5, source: Source::Control(4), channel: Some(0) },
    ]);
    let map = Arc::new(NoteMap::gm());
    let mut translator = Translator::new(map, Some(9), 0).with_buttons(buttons);
    let mut came = |message, ms: u64| -> Vec<Output> {
        translator.translate(message, When::Nanos(ms * 1_000_000)).collect()
    };
    let press =
        |number, down, ms: u64| vec![Output::Button(Press { number, down, time: ms * 1_000_000 })];
    let on = Message::NoteOn { channel: 2, note: 38, velocity: 100 };
    assert_eq!(came(on, 5), press(3, true, 5));
    assert_eq!(came(Message::NoteOff { channel: 2, note: 38 }, 9), press(3, false, 9));
    assert_eq!(came(Message::Control { channel: 0, cc: 4, value: 127 }, 20), press(5, true, 20));
    assert_eq!(came(Message::Control { channel: 0, cc: 4, value: 126 }, 21), []);
    // the pedal of the drums is on another channel
    let pedal = came(Message::Control { channel: 9, cc: 4, value: 127 }, 30);
    assert!(matches!(pedal[..], [Output::Event(_)]), "{pedal:?}");
    let drum = came(Message::NoteOn { channel: 9, note: 36, velocity: 100 }, 40);
    assert!(matches!(drum[..], [Output::Event(_)]), "{drum:?}");
}
