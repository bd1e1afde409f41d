use std::cell::RefCell;
use std::rc::Rc;

use super::super::names::LONGEST_NAME;
use super::*;
use crate::maps::NoteMap;
use crate::words::{Event, EventKind, When};

/// A sequencer of ports that a test plugs and unplugs by hand.
#[derive(Default)]
struct Rig {
    ports: Vec<Port>,
    /// Says why there is no sequencer, or why no port opens.
    absent: Option<String>,
    stuck: Option<String>,
    lanes: Vec<(Address, Lane)>,
    tries: usize,
}

#[derive(Clone, Default)]
struct Fake(Rc<RefCell<Rig>>);

struct Line(Fake, Address);

impl Connection for Line {}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.0.borrow_mut().lanes.retain(|(address, _)| *address != self.1);
    }
}

impl Sequencer for Fake {
    fn ports(&mut self) -> Result<Vec<Port>, String> {
        let rig = self.0.borrow();
        rig.absent.clone().map_or(Ok(rig.ports.clone()), Err)
    }
    fn connect(&mut self, port: &Port, lane: Lane) -> Result<Box<dyn Connection>, String> {
        let mut rig = self.0.borrow_mut();
        rig.tries += 1;
        if let Some(why) = &rig.stuck {
            return Err(why.clone());
        }
        rig.lanes.push((port.address, lane));
        Ok(Box::new(Line(self.clone(), port.address)))
    }
}

impl Fake {
    fn plug(&self, client: i32, name: &str) {
        let port = Port { address: Address { client, port: 0 }, name: name.into() };
        self.0.borrow_mut().ports.push(port);
    }
    fn unplug(&self, client: i32) {
        self.0.borrow_mut().ports.retain(|port| port.address.client != client);
    }
    /// The device sends bytes at this nanosecond, handed over `late` nanoseconds later.
    fn send(&self, client: i32, stamp: u64, late: u64, bytes: &[u8]) {
        for (address, lane) in &mut self.0.borrow_mut().lanes {
            if address.client == client {
                lane.receive_at(stamp, stamp + late, bytes);
            }
        }
    }
}

/// A source that tells what it got, with its number.
struct Tell(usize, Sender<(usize, Event)>);

impl EventSink for Tell {
    fn send(&mut self, event: Event) {
        let _ = self.1.send((self.0, event));
    }
}

struct Stage {
    fake: Fake,
    inputs: Inputs,
    events: Receiver<(usize, Event)>,
    actions: Receiver<(Arc<str>, Action)>,
}

/// Inputs with this many sources. Ports called `Mixer…` are left alone.
fn stage(sources: usize) -> Stage {
    let fake = Fake::default();
    let (tell, events) = unbounded();
    let (act, actions) = unbounded();
    let sinks = (0..sources).map(|n| Box::new(Tell(n, tell.clone())) as Box<dyn EventSink>);
    let gm = Arc::new(NoteMap::named("gm").unwrap());
    let choose: Chooser = Box::new(move |name, device| {
        let translator = Translator::new(Arc::clone(&gm), None, device);
        (!name.starts_with("Mixer")).then(|| Chosen { translator, why: "by the test".into() })
    });
    let inputs = Inputs::with_sequencer(
        Box::new(fake.clone()),
        Clock::start(),
        sinks.collect(),
        act,
        None,
        choose,
    );
    Stage { fake, inputs, events, actions }
}

fn opened(name: &str, source: usize) -> PortChange {
    PortChange::Opened { name: name.into(), map: "gm".into(), why: "by the test".into(), source }
}
fn closed(name: &str) -> PortChange {
    PortChange::Closed { name: name.into() }
}
fn failed(name: &str, why: &str) -> PortChange {
    PortChange::Failed { name: name.into(), why: why.into() }
}

const HIT: [u8; 3] = [0x99, 38, 100];

#[test]
fn every_port_that_is_plugged_in_feeds_a_source_of_its_own() {
    let mut s = stage(8);
    s.fake.plug(20, "TD-17:TD-17 MIDI 1");
    s.fake.plug(24, "Nitro:Nitro MIDI 1");
    let changes = s.inputs.refresh();
    assert_eq!(changes, [opened("TD-17:TD-17 MIDI 1", 0), opened("Nitro:Nitro MIDI 1", 1)]);
    assert_eq!(s.inputs.refresh(), []);
    s.fake.send(24, 1_000, 0, &HIT);
    s.fake.send(20, 2_000, 0, &HIT);
    let got: Vec<_> = s.events.try_iter().map(|(n, e)| (n, e.device, e.when)).collect();
    assert_eq!(got, [(1, 1, When::Nanos(1_000)), (0, 0, When::Nanos(2_000))]);
}

#[test]
fn two_modules_at_once_are_each_read_by_a_map_of_their_own() {
    let mut s = stage(8);
    s.inputs.choose = Box::new(|name, device| {
        let map = Arc::new(NoteMap::for_port(name)?);
        Some(Chosen { translator: Translator::new(map, None, device), why: String::new() })
    });
    s.fake.plug(20, "TD-17:TD-17 MIDI 1");
    s.fake.plug(24, "DTX502:DTX502 MIDI 1");
    s.inputs.refresh();
    // the edge of a Yamaha's crash, and the bow of a Roland's; each module's own running status
    s.fake.send(20, 1_000, 0, &[0x99, 49]);
    s.fake.send(24, 2_000, 0, &[0x99, 49, 90]);
    s.fake.send(20, 3_000, 0, &[80]);
    let slot = |event: Event| match event.kind {
        EventKind::Hit(hit) => hit.slot.to_string(),
        other => panic!("{other:?}"),
    };
    let got: Vec<_> = s.events.try_iter().map(|(n, e)| (n, slot(e))).collect();
    assert_eq!(got, [(1, "crash1.edge".to_owned()), (0, "crash1".to_owned())]);
    let said: Vec<_> = s.inputs.ports().map(|(_, map, source)| (map.to_owned(), source)).collect();
    assert_eq!(said, [("roland".to_owned(), 0), ("yamaha-dtx502".to_owned(), 1)]);
}

#[test]
fn two_ports_of_one_device_share_its_number() {
    let mut s = stage(8);
    s.fake.plug(20, "TD-17:TD-17 MIDI 1");
    let second = Port { address: Address { client: 20, port: 1 }, name: "TD-17:CTRL".into() };
    s.fake.0.borrow_mut().ports.push(second);
    s.fake.plug(24, "Nitro:Nitro MIDI 1");
    s.inputs.refresh();
    s.fake.send(20, 0, 0, &HIT);
    s.fake.send(24, 0, 0, &HIT);
    let got: Vec<_> = s.events.try_iter().map(|(n, e)| (n, e.device)).collect();
    assert_eq!(got, [(0, 0), (1, 0), (2, 1)]);
}

#[test]
fn an_unplugged_port_gives_its_source_back_and_a_replugged_one_plays_again() {
    let mut s = stage(1);
    s.fake.plug(20, "TD-17:TD-17 MIDI 1");
    s.inputs.refresh();
    s.fake.unplug(20);
    assert_eq!(s.inputs.refresh(), [closed("TD-17:TD-17 MIDI 1")]);
    assert_eq!(s.inputs.ports().count(), 0);
    // The client number is another one this time.
    s.fake.plug(28, "TD-17:TD-17 MIDI 1");
    assert_eq!(s.inputs.refresh(), [opened("TD-17:TD-17 MIDI 1", 0)]);
    s.fake.send(28, 0, 0, &HIT);
    assert_eq!(s.events.try_iter().count(), 1);
}

#[test]
fn a_replug_under_the_same_number_between_two_looks_is_noticed_by_the_announcement() {
    let mut s = stage(1);
    s.fake.plug(20, "TD-17:TD-17 MIDI 1");
    s.inputs.refresh();
    assert_eq!(s.inputs.exited(Address { client: 99, port: 0 }), []);
    let gone = s.inputs.exited(Address { client: 20, port: 0 });
    assert_eq!(gone, [closed("TD-17:TD-17 MIDI 1")]);
    assert_eq!(s.inputs.refresh(), [opened("TD-17:TD-17 MIDI 1", 0)]);
}

#[test]
fn another_device_under_the_same_number_is_noticed_by_its_name() {
    let mut s = stage(1);
    s.fake.plug(20, "TD-17:TD-17 MIDI 1");
    s.inputs.refresh();
    s.fake.unplug(20);
    s.fake.plug(20, "Nitro:Nitro MIDI 1");
    let changes = s.inputs.refresh();
    assert_eq!(changes, [closed("TD-17:TD-17 MIDI 1"), opened("Nitro:Nitro MIDI 1", 0)]);
}

#[test]
fn the_loopback_our_own_ports_and_unwanted_ones_are_left_alone() {
    let mut s = stage(8);
    s.fake.plug(14, "Midi Through:Midi Through Port-0");
    s.fake.plug(128, "rimshot:out");
    s.fake.plug(129, "Mixer:Control");
    assert_eq!(s.inputs.refresh(), []);
    assert_eq!(s.fake.0.borrow().tries, 0);
}

#[test]
fn a_port_too_many_is_said_once_and_heard_when_there_is_room() {
    let mut s = stage(1);
    s.fake.plug(20, "A:1");
    s.fake.plug(24, "B:1");
    let why = "every source of the engine is taken by another port";
    assert_eq!(s.inputs.refresh(), [opened("A:1", 0), failed("B:1", why)]);
    assert_eq!(s.inputs.refresh(), []);
    s.fake.unplug(20);
    assert_eq!(s.inputs.refresh(), [closed("A:1"), opened("B:1", 0)]);
}

#[test]
fn a_port_that_does_not_open_is_said_once_and_costs_no_source() {
    let mut s = stage(1);
    s.fake.0.borrow_mut().stuck = Some("it is busy".into());
    s.fake.plug(20, "A:1");
    assert_eq!(s.inputs.refresh(), [failed("A:1", "it is busy")]);
    assert_eq!(s.inputs.refresh(), []);
    assert_eq!(s.fake.0.borrow().tries, 1);
    s.fake.0.borrow_mut().stuck = None;
    s.fake.plug(24, "B:1");
    s.fake.unplug(24);
    s.fake.plug(25, "Mixer:1");
    assert_eq!(s.inputs.refresh(), [opened("A:1", 0)]);
}

#[test]
fn a_machine_without_a_sequencer_is_said_once_and_ports_open_when_it_comes() {
    let mut s = stage(1);
    s.fake.0.borrow_mut().absent = Some("there is no sequencer".into());
    let unavailable = PortChange::Unavailable { why: "there is no sequencer".into() };
    assert_eq!(s.inputs.refresh(), vec![unavailable.clone()]);
    assert_eq!(s.inputs.refresh(), []);
    s.fake.0.borrow_mut().absent = None;
    s.fake.plug(20, "A:1");
    assert_eq!(s.inputs.refresh(), [opened("A:1", 0)]);
    // Lost again, it is said again, and what is open stays open.
    s.fake.0.borrow_mut().absent = Some("there is no sequencer".into());
    assert_eq!(s.inputs.refresh(), [unavailable]);
    assert_eq!(s.inputs.ports().count(), 1);
}

#[test]
fn a_port_whose_thread_has_died_is_closed_and_opened_again() {
    let mut s = stage(1);
    s.fake.plug(20, "A:1");
    s.inputs.refresh();
    // What unwinding drops in the driver's thread.
    s.fake.0.borrow_mut().lanes.clear();
    assert_eq!(s.inputs.refresh(), [closed("A:1"), opened("A:1", 0)]);
    s.fake.send(20, 0, 0, &HIT);
    assert_eq!(s.events.try_iter().count(), 1);
}

#[test]
fn after_close_all_everything_is_opened_anew() {
    let mut s = stage(2);
    s.fake.plug(20, "A:1");
    s.fake.plug(24, "B:1");
    s.inputs.refresh();
    assert_eq!(s.inputs.close_all(), [closed("A:1"), closed("B:1")]);
    assert_eq!(s.inputs.refresh(), [opened("A:1", 0), opened("B:1", 1)]);
}

#[test]
fn a_hit_handed_over_late_keeps_its_own_time() {
    let mut s = stage(1);
    s.fake.plug(20, "A:1");
    s.inputs.refresh();
    s.fake.send(20, 1_000_000, 0, &HIT);
    s.fake.send(20, 5_000_000, 3_000_000, &HIT);
    let times: Vec<When> = s.events.try_iter().map(|(_, e)| e.when).collect();
    assert_eq!(times, [When::Nanos(1_000_000), When::Nanos(5_000_000)]);
}

#[test]
fn a_program_change_reaches_the_player_with_the_name_of_its_port() {
    let mut s = stage(1);
    s.fake.plug(20, "A:1");
    s.inputs.refresh();
    s.fake.send(20, 0, 0, &[0xC9, 7]);
    let got: Vec<_> = s.actions.try_iter().collect();
    assert_eq!(got, [("A:1".into(), Action::Program(7))]);
    assert!(s.events.try_recv().is_err());
}

#[test]
fn several_messages_in_one_packet_all_count() {
    let mut s = stage(1);
    s.fake.plug(20, "A:1");
    s.inputs.refresh();
    s.fake.send(20, 0, 0, &[0x99, 38, 100, 36, 90, 0xB9, 4, 64]);
    let kinds: Vec<EventKind> = s.events.try_iter().map(|(_, e)| e.kind).collect();
    assert!(
        matches!(kinds[..], [EventKind::Hit(_), EventKind::Hit(_), EventKind::Pedal(_)]),
        "{kinds:?}"
    );
}

#[test]
fn a_thread_asks_for_its_priority_once() {
    let mut s = stage(1);
    // No thread may have a priority of 100, so the answer is the same for every user.
    s.inputs.priority = Some(100);
    s.fake.plug(20, "A:1");
    s.inputs.refresh();
    for (_, lane) in &mut s.fake.0.borrow_mut().lanes {
        lane.receive(0, &HIT);
        lane.receive(0, &HIT);
    }
    assert_eq!(s.inputs.priorities(), (0, 1));
    assert_eq!(s.events.try_iter().count(), 2);
}

#[test]
fn a_port_is_called_by_its_device_and_a_second_one_by_what_tells_it_apart() {
    for (name, short) in [
        ("TD-17:TD-17 MIDI 1", "TD-17"),
        ("TD-17:TD-17 MIDI 2", "TD-17 MIDI 2"),
        ("f_midi:f_midi", "f_midi"),
        ("MPK mini 3:MPK mini 3 MPK mini 3 MIDI 1", "MPK mini 3 MPK mini 3 MIDI 1"),
        ("VirMIDI 1-0:VirMIDI 1-0", "VirMIDI 1-0"),
        ("Pure Data:Pure Data Midi-Out 1", "Pure Data Midi-Out 1"),
        ("seq:out", "seq out"),
        ("odd", "odd"),
        ("", ""),
    ] {
        assert_eq!(short_name(name), short);
    }
}

#[test]
fn what_ports_send_can_be_watched_with_their_names_even_where_it_means_nothing() {
    let mut s = stage(8);
    s.fake.plug(20, "TD-17:TD-17 MIDI 1");
    s.fake.plug(24, "Mixer:Mixer MIDI 1");
    s.inputs.refresh();
    assert_eq!(s.inputs.left().collect::<Vec<_>>(), ["Mixer:Mixer MIDI 1"]);
    s.fake.send(20, 1_000, 0, &HIT);
    s.inputs.watched().set(true);
    s.fake.send(20, 2_000, 0, &[0xE9, 0, 64]);
    let mut came = Vec::new();
    s.inputs.raw(|name, raw| came.push((name.to_owned(), raw.time, raw.bytes().to_vec())));
    assert_eq!(came, [("TD-17:TD-17 MIDI 1".to_owned(), 2_000, vec![0xE9, 0, 64])]);
}

/// A clock that the test sets.
fn hand() -> (&'static std::sync::atomic::AtomicU64, Clock) {
    let hand: &'static std::sync::atomic::AtomicU64 = Box::leak(Box::default());
    (hand, Clock::scripted(hand))
}

#[test]
fn two_modules_of_one_make_have_names_and_sources_of_their_own_and_get_them_back() {
    let mut s = stage(8);
    let name = "TD-17:TD-17 MIDI 1";
    s.fake.plug(20, name);
    s.fake.plug(24, name);
    assert_eq!(s.inputs.refresh(), [opened(name, 0), opened("TD-17:TD-17 MIDI 1 #2", 1)]);
    s.fake.send(24, 0, 0, &HIT);
    let got: Vec<_> = s.events.try_iter().map(|(n, e)| (n, e.device)).collect();
    assert_eq!(got, [(1, 1)]);
    // The first goes and comes back under another number: the second keeps its name.
    s.fake.unplug(20);
    assert_eq!(s.inputs.refresh(), [closed(name)]);
    s.fake.plug(30, name);
    assert_eq!(s.inputs.refresh(), [opened(name, 0)]);
    s.fake.send(30, 0, 0, &HIT);
    s.fake.send(24, 0, 0, &HIT);
    assert_eq!(s.events.try_iter().map(|(n, _)| n).collect::<Vec<_>>(), [0, 1]);
    // Both at once, each under the other's number.
    s.fake.0.borrow_mut().ports.clear();
    assert_eq!(s.inputs.refresh().len(), 2);
    s.fake.plug(30, name);
    s.fake.plug(24, name);
    assert_eq!(s.inputs.refresh().len(), 2);
    let names: Vec<_> =
        s.inputs.ports().map(|(name, _, source)| (name.to_owned(), source)).collect();
    assert_eq!(names, [(name.to_owned(), 0), ("TD-17:TD-17 MIDI 1 #2".to_owned(), 1)]);
    assert_eq!(short_name("TD-17:TD-17 MIDI 1 #2"), "TD-17 #2");
    assert_eq!(short_name("A:A MIDI 2 #12"), "A MIDI 2 #12");
    assert_eq!(short_name("Song #x:out"), "Song #x out");
}

#[test]
fn a_port_that_does_not_open_is_tried_ever_more_rarely_and_opens_without_any_other_news() {
    let mut s = stage(1);
    let (hand, clock) = hand();
    s.inputs.clock = clock;
    s.fake.0.borrow_mut().stuck = Some("it is busy".into());
    s.fake.plug(20, "A:1");
    let mut said = Vec::new();
    // Ten minutes, a look every 250 ms.
    for look in 0..2400u64 {
        hand.store(look * 250_000_000, Ordering::Relaxed);
        said.extend(s.inputs.refresh());
    }
    assert_eq!(said, [failed("A:1", "it is busy")]);
    // 0.25, 0.5, 1 … 16 s, and then twice a minute.
    let tries = s.fake.0.borrow().tries;
    assert!((24..=30).contains(&tries), "{tries} tries");
    s.fake.0.borrow_mut().stuck = None;
    hand.store(631_000_000_000, Ordering::Relaxed);
    assert_eq!(s.inputs.refresh(), [opened("A:1", 0)]);
    s.fake.send(20, 631_000_000_000, 0, &HIT);
    assert_eq!(s.events.try_iter().count(), 1);
}

#[test]
fn another_reason_is_said_and_the_same_one_is_not_whatever_else_comes_and_goes() {
    let mut s = stage(4);
    s.fake.0.borrow_mut().stuck = Some("it is busy".into());
    s.fake.plug(20, "A:1");
    assert_eq!(s.inputs.refresh(), [failed("A:1", "it is busy")]);
    s.fake.plug(24, "Mixer:1");
    assert_eq!(s.inputs.refresh(), []);
    s.fake.0.borrow_mut().stuck = Some("it is on fire".into());
    s.fake.unplug(24);
    assert_eq!(s.inputs.refresh(), [failed("A:1", "it is on fire")]);
}

#[test]
fn of_a_hundred_ports_at_once_as_many_play_as_there_are_sources_and_each_other_is_said_once() {
    let mut s = stage(8);
    for client in 0..100 {
        s.fake.plug(20 + client, &format!("Pad {client}:Pad {client} MIDI 1"));
    }
    let changes = s.inputs.refresh();
    let is_open = |c: &&PortChange| matches!(c, PortChange::Opened { .. });
    assert_eq!((changes.len(), changes.iter().filter(is_open).count()), (100, 8));
    assert_eq!(s.inputs.refresh(), []);
    // One goes: the next of them takes its place, and nothing is repeated of the others.
    s.fake.unplug(23);
    let place = opened("Pad 8:Pad 8 MIDI 1", 3);
    assert_eq!(s.inputs.refresh(), [closed("Pad 3:Pad 3 MIDI 1"), place]);
    assert_eq!(s.fake.0.borrow().tries, 9);
    s.fake.0.borrow_mut().ports.clear();
    assert_eq!(s.inputs.refresh().len(), 8);
    assert_eq!((s.inputs.left().count(), s.inputs.free.len()), (0, 8));
}

#[test]
fn whatever_a_port_calls_itself_it_is_heard_and_its_name_moves_no_cursor() {
    let mut s = stage(8);
    let names = ["", ":", "\u{1b}[2J:\u{7}\n", &"long ".repeat(500), "ドラム:鼓", "a:b:c", " #2"];
    for (client, name) in (20..).zip(names) {
        s.fake.plug(client, name);
    }
    assert_eq!(s.inputs.refresh().len(), names.len());
    let shown: Vec<String> = s.inputs.ports().map(|(name, ..)| name.to_owned()).collect();
    assert_eq!(shown[..3], ["unnamed", "unnamed #2", "?[2J:??"]);
    assert!(shown.iter().all(|name| name.chars().count() <= LONGEST_NAME), "{shown:?}");
    assert_eq!(shown[4..], ["ドラム:鼓", "a:b:c", " #2"]);
    for (client, _) in (20..).zip(names) {
        s.fake.send(client, 0, 0, &HIT);
    }
    assert_eq!(s.events.try_iter().count(), names.len());
}

#[test]
fn a_port_that_goes_while_it_is_opened_costs_no_source_and_the_next_one_plays() {
    let mut s = stage(1);
    for round in 0..100 {
        s.fake.0.borrow_mut().stuck = Some("it is gone again".into());
        s.fake.plug(20 + round, "A:1");
        assert_eq!(s.inputs.refresh(), [failed("A:1", "it is gone again")]);
        s.fake.unplug(20 + round);
        assert_eq!(s.inputs.refresh(), []);
        assert_eq!((s.inputs.left().count(), s.inputs.free.len()), (0, 1));
    }
    s.fake.0.borrow_mut().stuck = None;
    s.fake.plug(20, "A:1");
    assert_eq!(s.inputs.refresh(), [opened("A:1", 0)]);
}

/// Ports come, go, fail, die and swap places in every order: no source is lost or given
/// twice, what can play plays, and every change is said.
#[test]
fn after_any_history_of_plugging_every_port_that_can_be_heard_is_heard() {
    use crate::words::rng::Rng;
    for seed in 0..40 {
        let mut s = stage(3);
        let (hand, clock) = hand();
        s.inputs.clock = clock;
        let mut rng = Rng::new(seed, 0);
        for step in 1..300u64 {
            hand.store(step * 250_000_000, Ordering::Relaxed);
            let dice = rng.draw();
            let client = 20 + (dice >> 8) as i32 % 6;
            let has = s.fake.0.borrow().ports.iter().any(|p| p.address.client == client);
            match dice % 10 {
                0..=3 if !has => s.fake.plug(client, if dice & 4096 == 0 { "A:1" } else { "B:1" }),
                4 | 5 => s.fake.unplug(client),
                6 => s.fake.0.borrow_mut().stuck = Some("it is busy".into()),
                7 => s.fake.0.borrow_mut().stuck = None,
                8 => drop(s.inputs.exited(Address { client, port: 0 })),
                _ => s.fake.0.borrow_mut().lanes.clear(),
            }
            if dice & 8192 == 0 {
                s.inputs.refresh();
            }
            let open = s.inputs.open.len();
            let home = s.inputs.home.1.len();
            let dead = open - s.fake.0.borrow().lanes.len().min(open);
            assert_eq!(s.inputs.free.len() + home + open - dead, 3, "seed {seed}, step {step}");
        }
        s.fake.0.borrow_mut().stuck = None;
        hand.store(400_000_000_000, Ordering::Relaxed);
        s.inputs.refresh();
        let there = s.fake.0.borrow().ports.len().min(3);
        assert_eq!(s.inputs.ports().count(), there, "seed {seed}");
        s.events.try_iter().count();
        let clients: Vec<i32> = s.inputs.open.iter().map(|o| o.port.address.client).collect();
        clients.iter().for_each(|client| s.fake.send(*client, 0, 0, &HIT));
        let mut sources: Vec<usize> = s.events.try_iter().map(|(n, _)| n).collect();
        sources.sort();
        sources.dedup();
        assert_eq!(sources.len(), there, "seed {seed}");
    }
}

/// A chooser of this map for every port, with a pedal of fixed ends.
fn by(name: &'static str) -> Chooser {
    Box::new(move |_, device| {
        let map = NoteMap::named(name)?;
        let pedal = NoteMap::gm().pedal.with_ends(Some(0), Some(127));
        let translator = Translator::new(Arc::new(NoteMap { pedal, ..map }), None, device);
        Some(Chosen { translator, why: "by a test".into() })
    })
}

#[test]
fn an_open_port_gets_another_map_between_two_messages_and_its_pedal_stays_where_it_is() {
    let mut s = stage(1);
    s.inputs.choose = by("gm");
    s.fake.plug(20, "TD-17:x");
    s.inputs.refresh();
    s.fake.send(20, 1_000, 0, &[0xB9, 4, 0, 0xB9, 4, 127]);
    let changes = s.inputs.retranslate(by("roland"), None);
    let (name, map, why) = ("TD-17:x".into(), "roland".into(), "by a test".into());
    assert_eq!(changes, [PortChange::Translated { name, map, why }]);
    assert_eq!(s.inputs.refresh(), [], "it stays open");
    s.fake.send(20, 9_000_000, 0, &[0x99, 26, 100]);
    let (_, last) = s.events.try_iter().last().unwrap();
    let EventKind::Hit(hit) = last.kind else { panic!("{last:?}") };
    assert_eq!((hit.slot.to_string().as_str(), hit.openness), ("hihat.edge", 0.0));
    assert_eq!(s.inputs.retranslate(by("roland"), None), [], "nothing to tell");
}

#[test]
fn a_silent_port_that_gets_many_maps_ends_up_with_the_last_of_them() {
    let mut s = stage(1);
    s.fake.plug(20, "TD-17:x");
    s.inputs.refresh();
    for name in ["roland", "gm"].into_iter().cycle().take(41) {
        s.inputs.retranslate(by(name), None);
    }
    for time in 1..=3 {
        s.inputs.refresh();
        s.fake.send(20, time * 1_000, 0, &[0x99, 26, 100]);
    }
    let slots: Vec<String> = s
        .events
        .try_iter()
        .map(|(_, event)| match event.kind {
            EventKind::Hit(hit) => hit.slot.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(slots.len(), 3, "no hit is lost meanwhile");
    assert_eq!(slots[2], "hihat.edge");
}
