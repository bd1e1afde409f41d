//! Modules that misbehave: no hit is lost, put off or invented.

use std::sync::Arc;

use super::*;
use crate::midi::message::Stream;
use crate::words::rng::Rng;

const SECOND: u64 = 1_000_000_000;

struct Module {
    stream: Stream,
    translator: Translator,
    events: Vec<(u64, EventKind)>,
}

impl Module {
    fn new(map: &str) -> Self {
        let map = Arc::new(NoteMap::named(map).unwrap());
        let translator = Translator::new(map, None, 0);
        Self { stream: Stream::new(), translator, events: Vec::new() }
    }
    fn send(&mut self, nanos: u64, bytes: &[u8]) {
        for &byte in bytes {
            let Some(message) = self.stream.push(byte) else { continue };
            for output in self.translator.translate(message, When::Nanos(nanos)) {
                if let Output::Event(event) = output {
                    assert_eq!(event.when, When::Nanos(nanos), "an event of another time");
                    self.events.push((nanos, event.kind));
                }
            }
        }
    }
    fn hits(&self) -> Vec<(u64, u8)> {
        let hit = |(nanos, kind): &(u64, EventKind)| match kind {
            EventKind::Hit(hit) => Some((*nanos, hit.note)),
            _ => None,
        };
        self.events.iter().filter_map(hit).collect()
    }
}

/// 100 hits in a second, each after as many bytes of something else as `noise` makes for the
/// number of the hit. Every hit comes out at its own time.
fn all_hits_get_through(noise: impl Fn(u64) -> Vec<u8>) -> Module {
    let mut module = Module::new("roland");
    let mut sent = Vec::new();
    for n in 0..100 {
        let bytes = noise(n);
        let time = |i: usize| (n * SECOND + SECOND * i as u64 / bytes.len().max(1) as u64) / 100;
        for (i, byte) in bytes.iter().enumerate() {
            module.send(time(i), &[*byte]);
        }
        let nanos = (n + 1) * SECOND / 100 - 1;
        let note = [36, 38, 51, 48][n as usize % 4];
        module.send(nanos, &[0x99, note, 100]);
        sent.push((nanos, note));
    }
    assert_eq!(module.hits(), sent);
    module
}

#[test]
fn ten_thousand_controllers_a_second_are_thinned_and_cost_no_hit() {
    // all the way up and down, with running status, as a worn pedal trembles
    let module = all_hits_get_through(|n| {
        let sweep = (0..100).flat_map(|i| [4, ((n * 100 + i) * 37 % 128) as u8]);
        std::iter::once(0xB9).chain(sweep).collect()
    });
    let pedals = module.events.iter().filter(|(_, kind)| matches!(kind, EventKind::Pedal(_)));
    // one a millisecond, and each closing at once
    assert!(pedals.count() <= 2000);
}

#[test]
fn a_pedal_that_trembles_at_its_closed_end_stays_closed_and_is_quiet() {
    let module = all_hits_get_through(|_| [0xB9, 4, 90, 4, 89, 4, 90, 4, 89].repeat(12));
    assert!(module.events.len() < 100 + 2000);
}

#[test]
fn exclusive_floods_and_clocks_inside_messages_cost_no_hit() {
    all_hits_get_through(|_| {
        let mut flood = vec![0xF0];
        flood.extend((0..1000u32).map(|i| (i % 128) as u8));
        flood
    });
    all_hits_get_through(|_| vec![0xF8; 1000]);
    // in the middle of every message, and an exclusive one that nobody ends
    let mut module = Module::new("roland");
    module.send(0, &[0xF0, 0x41, 0xF8, 0x99, 0xFE, 38, 0xF8, 0xFA, 100, 0xFE, 36, 0xFF, 90]);
    assert_eq!(module.hits(), [(0, 38), (0, 36)]);
}

#[test]
fn half_messages_and_stray_data_cost_no_hit() {
    all_hits_get_through(|n| vec![0xF7, 1, 2, 3, 0x99, n as u8, 0xE9, 5]);
}

#[test]
fn ten_thousand_notes_a_second_all_come_out() {
    let mut module = Module::new("roland");
    for n in 0..10_000 {
        module.send(n * SECOND / 10_000, &[0x99, 36 + (n % 8) as u8, 100]);
    }
    let told = |kind: &EventKind| matches!(kind, EventKind::Hit(_) | EventKind::Held { .. });
    let count = module.events.iter().filter(|(_, kind)| told(kind)).count();
    assert_eq!((count, module.hits().len()), (10_000, 10_000));
}

#[test]
fn ends_of_notes_that_never_began_and_notes_that_never_end_strike_nothing_more() {
    let mut module = Module::new("2box");
    module.send(0, &[0x99, 38, 0, 0x89, 40, 64, 0x99, 67, 0]);
    assert_eq!(module.hits(), []);
    // a choke note without an end: the cymbal plays on
    module.send(SECOND, &[0x99, 67, 100]);
    module.send(3 * SECOND, &[0x99, 65, 10]);
    assert_eq!(module.hits(), [(3 * SECOND, 65)]);
}

#[test]
fn whatever_the_bytes_are_every_note_on_is_a_hit_or_is_told() {
    let maps = ["gm", "roland", "efnote", "2box", "alesis-strike"];
    for (seed, map) in maps.into_iter().enumerate() {
        let mut rng = Rng::new(seed as u64, 6);
        let (mut module, mut stream) = (Module::new(map), Stream::new());
        let mut notes = 0;
        for n in 0..200_000 {
            let dice = rng.draw();
            // statuses seldom, so that there are messages
            let byte =
                if dice.is_multiple_of(8) { (dice >> 8) as u8 } else { (dice >> 8) as u8 & 0x7F };
            if let Some(Message::NoteOn { note, .. }) = stream.push(byte) {
                notes += u64::from(module.translator.map.chokes[usize::from(note)].is_none());
            }
            module.send(n * 100_000, &[byte]);
        }
        let told = |(_, kind): &&(u64, EventKind)| {
            matches!(kind, EventKind::Hit(_) | EventKind::Held { .. })
        };
        assert!(notes > 1000);
        assert_eq!(module.events.iter().filter(told).count() as u64, notes, "{map}");
    }
}

#[test]
fn numbers_that_go_out_are_what_they_may_be() {
    let mut rng = Rng::new(9, 9);
    let mut module = Module::new("roland");
    for n in 0..100_000u64 {
        let dice = rng.draw();
        let status = [0x99, 0xA9, 0xB9][dice as usize % 3];
        let cc = [4, 16, 88][(dice >> 4) as usize % 3];
        let first = if status == 0xB9 { cc } else { (dice >> 8) as u8 & 0x7F };
        module.send(n * 50_000, &[status, first, (dice >> 16) as u8 & 0x7F]);
    }
    for (_, kind) in &module.events {
        match kind {
            EventKind::Hit(hit) | EventKind::Held { hit, .. } => {
                assert!((1.0..=127.0).contains(&hit.velocity), "{hit:?}");
                assert!((0.0..=1.0).contains(&hit.openness), "{hit:?}");
                assert!((0.0..=1.0).contains(&hit.position), "{hit:?}");
            }
            EventKind::Choke { grip, .. } => assert!((0.0..=1.0).contains(grip)),
            EventKind::Pedal(openness) => assert!((0.0..=1.0).contains(openness)),
            EventKind::NoteOff { .. } => {}
        }
    }
}
