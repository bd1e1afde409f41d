//! The server under clients of every kind, with a player that only counts.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, select};
use serde_json::{Value, json};

use super::event::Topics;
use super::lines::LINE_BYTES;
use super::server::CLIENTS;
use super::*;
use crate::words::rng::Rng;

/// Nothing takes as long as this; a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server whose player says "yes" to everything and counts it.
struct Stage {
    path: PathBuf,
    events: Option<Sender<Event>>,
    answered: Arc<AtomicU64>,
    player: Option<JoinHandle<()>>,
}

impl Stage {
    fn new(name: &str) -> Self {
        let name = format!("rimshot-control-{name}-{}.sock", std::process::id());
        let path = std::env::temp_dir().join(name);
        let (control, said) = Control::open(&path, None).unwrap();
        assert_eq!(said, None);
        let (events, to_tell) = bounded::<Event>(0);
        let answered = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&answered);
        let player = std::thread::spawn(move || {
            let calls = control.calls().clone();
            loop {
                select! {
                    recv(calls) -> call => {
                        count.fetch_add(1, Ordering::Relaxed);
                        let call = call.expect("the server lives");
                        match &call.request {
                            Request::Kit(_) => control.refused(call, "there is no such kit"),
                            _ => control.done(call, &json!({ "said": "yes" })),
                        }
                    },
                    recv(to_tell) -> event => match event {
                        Ok(event) => control.tell(&event),
                        Err(_) => return,
                    },
                }
            }
        });
        Self { path, events: Some(events), answered, player: Some(player) }
    }

    fn connect(&self) -> Client {
        let stream = UnixStream::connect(&self.path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client { lines: BufReader::new(stream.try_clone().unwrap()), stream };
        assert_eq!(client.value(), serde_json::to_value(Greeting::own()).unwrap());
        client
    }

    fn tell(&self, event: Event) {
        self.events.as_ref().unwrap().send(event).unwrap();
    }

    /// Events go out and requests are answered for somebody who has just come.
    #[track_caller]
    fn serves(&self) {
        let mut client = self.connect();
        assert_eq!(client.ask(r#"{"request":"events","topics":["volume"]}"#)["ok"], true);
        assert_eq!(client.ask(r#"{"request":"status","id":1}"#)["said"], "yes");
        self.tell(Event::Volume { at: 1.0, db: -7.0 });
        assert_eq!(client.value(), json!({"event": "volume", "at": 1.0, "db": -7.0}));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.events = None;
        let player = self.player.take().unwrap().join();
        if !std::thread::panicking() {
            player.unwrap();
            assert!(!self.path.exists(), "the socket goes with the module");
        }
    }
}

struct Client {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Client {
    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }
    fn value(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: '{line}'"))
    }
    fn ask(&mut self, line: &str) -> Value {
        self.send(format!("{line}\n"));
        self.value()
    }
}

#[test]
fn whoever_asks_is_answered_with_his_own_mark_and_in_order() {
    let stage = Stage::new("order");
    let mut client = stage.connect();
    client.send(
        "{\"request\":\"panic\",\"id\":1}\n\n  \n{\"request\":\"kit\",\"name\":\"x\",\"id\":\"b\"}\r\n\
         {\"request\":\"dance\",\"id\":3}\n{\"request\":\"events\",\"topics\":[\"hits\"],\"id\":4}\n",
    );
    assert_eq!(client.value(), json!({ "ok": true, "id": 1, "said": "yes" }));
    assert_eq!(client.value(), json!({ "ok": false, "id": "b", "error": "there is no such kit" }));
    let refused = client.value();
    assert_eq!((&refused["ok"], &refused["id"]), (&json!(false), &json!(3)));
    assert_eq!(client.value(), json!({ "ok": true, "id": 4, "topics": ["hits"] }));
}

#[test]
fn only_those_who_subscribe_hear_and_only_what_they_subscribed_to() {
    let stage = Stage::new("topics");
    let (mut one, mut other) = (stage.connect(), stage.connect());
    one.ask(r#"{"request":"events","topics":["volume","sound"]}"#);
    other.ask(r#"{"request":"events"}"#);
    let sound = || Event::Sound { at: 2.0, words: "the card is gone".to_owned() };
    stage.tell(sound());
    assert_eq!(one.value()["event"], "sound");
    one.ask(r#"{"request":"events","topics":[]}"#);
    stage.tell(sound());
    stage.tell(Event::Volume { at: 3.0, db: 0.0 });
    for event in ["sound", "sound", "volume"] {
        assert_eq!(other.value()["event"], event);
    }
    assert_eq!(one.ask(r#"{"request":"status"}"#)["ok"], true, "nothing came in between");
}

#[test]
fn what_was_asked_before_hanging_up_is_done() {
    let stage = Stage::new("hang-up");
    let mut client = stage.connect();
    client.send("{\"request\":\"panic\"}\n".repeat(3));
    drop(client);
    let mut half = stage.connect();
    half.send("{\"request\":\"status\"}\n{\"request\":\"pan");
    half.stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(half.value()["said"], "yes");
    assert_eq!(half.lines.read(&mut [0; 8]).unwrap(), 0, "then it is let go");
    while stage.answered.load(Ordering::Relaxed) < 4 {
        std::thread::yield_now();
    }
    stage.serves();
}

#[test]
fn lines_that_are_too_long_are_left_out_and_the_next_one_counts() {
    let stage = Stage::new("long");
    let mut client = stage.connect();
    for length in [LINE_BYTES + 1, 1 << 20] {
        let mut line = vec![b'x'; length];
        line.extend_from_slice(b"\n{\"request\":\"status\"}\n");
        client.send(line);
        let sentence = "a line has at most 4096 bytes; this one is left out";
        assert_eq!(client.value()["error"], sentence);
        assert_eq!(client.value()["said"], "yes");
    }
    let spaces = " ".repeat(LINE_BYTES - 20);
    assert_eq!(client.ask(&format!("{spaces}{{\"request\":\"status\"}}"))["ok"], true);
}

#[test]
fn one_that_never_reads_misses_events_and_holds_nobody_up() {
    let stage = Stage::new("deaf");
    let mut deaf = stage.connect();
    deaf.ask(r#"{"request":"events","topics":["sound"]}"#);
    let mut lively = stage.connect();
    lively.ask(r#"{"request":"events","topics":["volume"]}"#);
    // a socket's buffer holds some 200 KB, the outbox as much
    let words = "x".repeat(1000);
    const TOLD: u64 = 3000;
    for n in 0..TOLD {
        stage.tell(Event::Sound { at: n as f64, words: words.clone() });
        if n % 100 == 0 {
            stage.tell(Event::Volume { at: n as f64, db: 0.0 });
            assert_eq!(lively.value()["at"], n as f64);
        }
    }
    let (mut came, mut missed) = (0, 0);
    let mut last = Value::Null;
    while came + missed < TOLD {
        last = deaf.value();
        match last["event"].as_str() {
            Some("missed") => missed += last["count"].as_u64().unwrap(),
            _ => came += 1,
        }
    }
    assert!(missed > 0, "all came");
    assert_eq!(last["at"], (TOLD - 1) as f64, "the newest are kept");
}

#[test]
fn a_flood_of_requests_is_answered_one_after_the_other_and_others_are_served_meanwhile() {
    let stage = Stage::new("flood");
    let flood = stage.connect();
    let mut out = flood.stream.try_clone().unwrap();
    // never reads an answer: the server stops reading it, and its writes stop
    out.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let flooding = std::thread::spawn(move || {
        let lines = "{\"request\":\"events\",\"topics\":[\"hits\"]}\n".repeat(1000);
        while out.write_all(lines.as_bytes()).is_ok() {}
    });
    for _ in 0..20 {
        stage.serves();
    }
    drop(flood);
    flooding.join().unwrap();
    stage.serves();
}

#[test]
fn one_client_too_many_is_told_so_and_there_is_room_again_when_one_goes() {
    let stage = Stage::new("many");
    let mut all: Vec<Client> = (0..CLIENTS).map(|_| stage.connect()).collect();
    let mut turned_away = stage.connect();
    assert_eq!(
        turned_away.value(),
        json!({ "ok": false, "error": "16 programs are connected already" })
    );
    assert_eq!(turned_away.lines.read(&mut [0; 8]).unwrap(), 0);
    all.pop();
    // it is let go when the server sees it: a line to another makes sure of that
    assert_eq!(all[0].ask(r#"{"request":"status"}"#)["ok"], true);
    stage.serves();
}

#[test]
fn random_bytes_from_clients_that_come_and_go_harm_nobody() {
    let stage = Stage::new("fuzz");
    let mut rng = Rng::new(11, 0);
    let pieces: [&[u8]; 12] = [
        b"{\"request\":\"status\"}\n",
        b"{\"request\":",
        b"\"events\"}",
        b"\n",
        b"\r\n\r\n",
        b"{\"request\":\"volume\",\"db\":-1e999}\n",
        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        b"{\"id\":{\"id\":0}}\n",
        b"\xFF\xFE\x00",
        b"{\"request\":\"kit\",\"name\":\"\\ud800\"}\n",
        b"{\"request\":\"events\",\"topics\":[\"midi\",\"hits\"]}\n",
        b"null\n",
    ];
    let mut clients: Vec<UnixStream> = Vec::new();
    for round in 0..400 {
        let dice = rng.draw();
        if clients.len() < 8 && dice.is_multiple_of(3) {
            let client = UnixStream::connect(&stage.path).unwrap();
            client.set_nonblocking(true).unwrap();
            clients.push(client);
        }
        if dice % 7 == 1 && !clients.is_empty() {
            clients.swap_remove((dice >> 8) as usize % clients.len());
        }
        for client in &mut clients {
            let mut bytes = Vec::new();
            for _ in 0..rng.draw() % 6 {
                let dice = rng.draw();
                if dice.is_multiple_of(4) {
                    bytes.extend((0..dice >> 8 & 0x7FF).map(|_| rng.draw() as u8));
                } else {
                    bytes.extend(pieces[(dice >> 8) as usize % pieces.len()]);
                }
            }
            // what finds no room is part of the game
            let _ = client.write(&bytes);
            if rng.draw().is_multiple_of(4) {
                let _ = client.read(&mut [0; 500]);
            }
        }
        if round % 50 == 0 {
            stage.serves();
        }
    }
    clients.clear();
    stage.serves();
}

#[test]
fn a_link_asks_and_listens_and_says_in_words_why_it_cannot() {
    let stage = Stage::new("link");
    let mut link = Link::open(vec!["/no/such.sock".into(), stage.path.clone()]).unwrap();
    assert_eq!(link.greeting, Greeting::own());
    assert_eq!(link.ask(&Request::Status).unwrap()["said"], "yes");
    let kit = Request::Kit(request::Which::Number(1));
    assert_eq!(link.ask(&kit).unwrap_err(), "there is no such kit");
    link.ask(&Request::Events(Topics::VOLUME)).unwrap();
    link.wait_for_ever().unwrap();
    stage.tell(Event::Volume { at: 0.5, db: -1.0 });
    assert_eq!(link.line().unwrap().unwrap(), r#"{"event":"volume","at":0.5,"db":-1.0}"#);
    let hook = link.hook().unwrap();
    hook.hang_up();
    assert_eq!(link.line().unwrap(), None);
    let nobody = Link::open(vec!["/no/such.sock".into()]).unwrap_err();
    assert_eq!(nobody.to_string(), "no module plays: there is none at /no/such.sock");
}

#[test]
fn what_is_no_rimshot_is_not_talked_to() {
    let path = std::env::temp_dir().join(format!("rimshot-odd-{}.sock", std::process::id()));
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    for (says, begins) in [
        ("220 mail\n", "what listens there is no rimshot"),
        ("", "the module hung up"),
        (
            "{\"rimshot\":\"9.0.0\",\"protocol\":9,\"more\":1}\n",
            "the module is rimshot 9.0.0 and speaks protocol 9; this program speaks 1",
        ),
    ] {
        let other = std::thread::scope(|scope| {
            let link = scope.spawn(|| Link::open(vec![path.clone()]));
            listener.accept().unwrap().0.write_all(says.as_bytes()).unwrap();
            link.join().unwrap()
        });
        assert_eq!(other.unwrap_err().to_string(), format!("{}: {begins}", path.display()));
    }
    std::fs::remove_file(path).unwrap();
}
