//! The control socket of a module that really plays, on the silent device, with a drum kit
//! of wires: what clients hear, what they may ask, and the commands that use it.

mod child;
mod pty;
mod tiny;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use child::{Child, PATIENCE, Process};
use crossbeam_channel::{Receiver, Sender, unbounded};
use rimshot::app::control::event::Topics;
use rimshot::app::control::request::Asked;
use rimshot::app::control::{Event, Greeting, Request, Status};
use rimshot::app::exit::Exit;
use rimshot::app::player::{self, Args, Ground};
use rimshot::midi::Lane;
use rimshot::midi::sequencer::{Address, Connection, Port, Sequencer};
use rimshot::words::Action;
use serde_json::{Value, json};
use tiny::{Folder, Recording};

const PORT: &str = "TD-17:TD-17 MIDI 1";

/// A cable whose one end the test has.
#[derive(Clone, Default)]
struct Cable(Arc<Mutex<Option<Lane>>>, Arc<AtomicBool>);

struct Plugged(Cable);

impl Connection for Plugged {}

impl Drop for Plugged {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap() = None;
    }
}

impl Sequencer for Cable {
    fn ports(&mut self) -> Result<Vec<Port>, String> {
        let address = Address { client: 20, port: 0 };
        if self.1.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        Ok(vec![Port { address, name: PORT.to_owned() }])
    }
    fn connect(&mut self, _: &Port, lane: Lane) -> Result<Box<dyn Connection>, String> {
        *self.0.lock().unwrap() = Some(lane);
        Ok(Box::new(Plugged(self.clone())))
    }
}

/// A module with two kits of one kick each, in this process.
struct Module {
    folder: Folder,
    cable: Cable,
    actions: Sender<Action>,
    thread: Option<JoinHandle<Exit>>,
}

impl Module {
    fn start(name: &str) -> Self {
        Self::with(
            name,
            "[midi]\nmap = 'gm'\n\
             [[midi.input]]\nport = 'TD-17'\npedal_open = 0\npedal_closed = 127\n\
             [[midi.button]]\nnote = 96\naction = 'next-kit'\nlong = 'volume-down 6'\n",
        )
    }

    /// With these settings of its inputs.
    fn with(name: &str, midi: &str) -> Self {
        let folder = Folder::new(name);
        for kit in ["alpha", "beta"] {
            let click = Recording::mono([16384, -16384, 8192]);
            folder.wav(&format!("kits/{kit}/kick/{kit}.wav"), &click);
        }
        folder.wav("kits/alpha/hihat/1.wav", &Recording::mono([8192, -8192]));
        let socket = folder.join("s.sock");
        let config = format!(
            "{midi}\
             [kits]\nstart = 'alpha'\n[control]\nsocket = '{}'\n[slot.china]\nmute = true\n",
            socket.display()
        );
        let args = Args {
            kit: None,
            config: Some(folder.write("r.toml", config)),
            device: Some("null".to_owned()),
        };
        let (cable, channel) = (Cable::default(), unbounded());
        let (wire, actions, state) = (cable.clone(), channel.0.clone(), folder.join("state"));
        let run = move || {
            let ground = Ground {
                terminal: false,
                sequencer: Box::new(wire),
                state: Some(state),
                actions: channel,
                ..Ground::default()
            };
            player::run(&args, ground)
        };
        let module = Self { folder, cable, actions, thread: Some(std::thread::spawn(run)) };
        let plays = |status: &Status| status.kit.is_some() && status.kits[1].ready;
        while !socket.exists() || !plays(&module.connect().status()) {
            assert!(!module.thread.as_ref().unwrap().is_finished(), "it has ended");
            std::thread::yield_now();
        }
        module
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("s.sock")
    }

    fn connect(&self) -> Client {
        Client::connect(&self.socket())
    }

    /// The drum kit sends this.
    fn sends(&self, bytes: &[u8]) {
        // A thread of its own: it is given the priority of a MIDI thread.
        std::thread::scope(|scope| {
            scope.spawn(|| self.cable.0.lock().unwrap().as_mut().unwrap().receive(0, bytes));
        });
    }

    /// One of its commands, with the words after it.
    fn run(&self, words: &str) -> tiny::Ran {
        self.folder.run(&format!("{words} -c r.toml"))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        self.actions.send(Action::Quit).unwrap();
        let exit = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            assert_eq!(exit.unwrap(), Exit::Done);
            assert!(!self.socket().exists());
        }
    }
}

struct Client {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Client {
    fn connect(path: &Path) -> Self {
        let stream = loop {
            // between its making and its listening
            if let Ok(stream) = UnixStream::connect(path) {
                break stream;
            }
            std::thread::yield_now();
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Self { lines: BufReader::new(stream.try_clone().unwrap()), stream };
        assert_eq!(client.value()["protocol"], 1);
        client
    }

    fn hearing(module: &Module, topics: &[&str]) -> Self {
        let mut client = module.connect();
        let topics = json!({ "request": "events", "topics": topics });
        assert_eq!(client.ask(&topics)["ok"], true);
        client
    }

    fn value(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: '{line}'"))
    }

    fn event(&mut self) -> Event {
        serde_json::from_value(self.value()).unwrap()
    }

    /// Asks, and skips what comes before the answer.
    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.stream, "{request}").unwrap();
        loop {
            let value = self.value();
            if value.get("ok").is_some() {
                return value;
            }
        }
    }

    fn status(&mut self) -> Status {
        let answer = self.ask(&Request::Status.to_json());
        serde_json::from_value(answer["status"].clone()).unwrap()
    }
}

#[test]
fn every_hit_is_told_with_all_that_was_made_of_it_and_silence_with_its_reason() {
    let module = Module::start("told-hits");
    let mut client = Client::hearing(&module, &["hits", "silences", "pedal", "grabs"]);
    module.sends(&[0x99, 36, 100]);
    let Event::Hit { port, note, slot, velocity, openness, recording, latency_ms, .. } =
        client.event()
    else {
        panic!("no hit");
    };
    assert_eq!((port.as_str(), note, slot.as_str()), ("TD-17", Some(36), "kick"));
    assert_eq!((velocity, openness), (100.0, None));
    assert_eq!(recording.as_deref(), Some("kick/alpha.wav"));
    // the silent device has a buffer of one period
    assert!(latency_ms.unwrap() >= 2.7, "{latency_ms:?}");

    // a pedal counts once it has moved
    module.sends(&[0xB9, 4, 0]);
    let pedal = client.event();
    assert!(matches!(pedal, Event::Pedal { openness: 1.0, .. }), "{pedal:?}");
    module.sends(&[0xB9, 4, 127, 0x99, 46, 90]);
    let pedal = client.event();
    assert!(matches!(pedal, Event::Pedal { openness: 0.0, .. }), "{pedal:?}");
    let hat = client.event();
    assert!(matches!(hat, Event::Hit { openness: Some(0.0), .. }), "{hat:?}");

    for _ in 0..2 {
        module.sends(&[0x99, 22, 64]);
        let Event::Silence { note, why, words, velocity, .. } = client.event() else {
            panic!("no silence");
        };
        assert_eq!((note, why.as_str(), velocity), (Some(22), "unmapped", 64.0));
        assert_eq!(
            words,
            "note 22 (roland: hi-hat edge, closed) on 'TD-17' is not in the map 'gm', and kit \
             'alpha' has no sound for it: try map = \"roland\""
        );
    }
    module.sends(&[0x99, 52, 1]);
    let muted = client.value();
    assert_eq!((&muted["why"], &muted["slot"]), (&json!("muted"), &json!("china")));
    module.sends(&[0xA9, 49, 127]);
    let grab = client.event();
    assert!(
        matches!(&grab, Event::Grab { slot, on: true, grip: 1.0, .. } if slot == "crash1"),
        "{grab:?}"
    );

    let status = client.status();
    let causes: Vec<&str> = status.problems.iter().map(|p| p.words.as_str()).collect();
    assert_eq!(causes.iter().filter(|words| words.contains("note 22")).count(), 1, "{causes:?}");
    let port = &status.midi.ports[0];
    assert_eq!(
        (port.name.as_str(), port.map.as_deref(), port.pedal),
        (PORT, Some("gm"), Some(0.0))
    );
    assert_eq!((status.meters.played, status.meters.silent), (2, 2));
}

#[test]
fn a_front_panel_is_told_everything_it_shows() {
    let module = Module::start("status");
    let status = module.connect().status();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(
        (status.kit, status.next, status.previous),
        (name("alpha"), name("beta"), name("beta"))
    );
    let kits: Vec<_> =
        status.kits.iter().map(|k| (k.number, k.name.as_str(), k.plays, k.ready)).collect();
    assert_eq!(kits, [(1, "alpha", true, true), (2, "beta", false, true)]);
    assert_eq!((status.volume_db, status.loading), (0.0, None));
    let sound = status.sound.unwrap();
    assert_eq!(
        (sound.silent, sound.rate, sound.period, sound.latency_ms),
        (true, 48_000, 128, 5.3)
    );
    assert_eq!((status.problems, status.panel), (vec![], vec![]));
    assert_eq!((status.config.standing.as_str(), status.trim_db), ("clean", 0.0));
    let state = module.folder.join("state").display().to_string();
    assert_eq!((status.state.folder, status.state.trouble), (Some(state), None));
    assert_eq!(status.faults, [""; 0]);
}

#[test]
fn a_reload_changes_what_a_pad_plays_and_a_trim_how_loud_and_the_port_stays_open() {
    let module = Module::start("remap");
    let mut heard = Client::hearing(&module, &["hits", "silences", "ports", "volume"]);
    let mut client = module.connect();
    let level = |heard: &mut Client| {
        module.sends(&[0x99, 36, 100]);
        heard.value()["level_db"].as_f64().unwrap()
    };
    let before = level(&mut heard);
    assert_eq!(client.ask(&json!({"request": "trim", "db": -6}))["said"], "alpha: -6 dB");
    assert_eq!(heard.value()["db"], -6.0);
    let after = level(&mut heard);
    assert!((before - after - 6.0).abs() < 0.11, "{before} {after}");
    assert_eq!(client.ask(&json!({"request": "kit-louder"}))["said"], "alpha: -5 dB");
    assert_eq!(heard.value()["db"], -5.0);

    module.sends(&[0x99, 22, 64]);
    assert_eq!(heard.value()["why"], "unmapped");
    let config = fs::read_to_string(module.folder.join("r.toml")).unwrap();
    module.folder.write("r.toml", config.replace("map = 'gm'", "map = 'roland'"));
    assert_eq!(client.ask(&json!({"request": "reload"}))["said"], "midi.map applied");
    let change = heard.value();
    assert_eq!((&change["change"], &change["map"]), (&json!("map"), &json!("roland")));
    module.sends(&[0x99, 22, 64]);
    assert_eq!(heard.value()["slot"], "hihat.edge");
}

#[test]
fn a_pad_that_is_a_button_switches_kits_and_makes_no_sound() {
    let module = Module::start("pad");
    let mut client = Client::hearing(&module, &["kits", "hits", "silences", "volume"]);
    module.sends(&[0x99, 96, 100, 0x89, 96, 0]);
    assert_eq!(client.value()["name"], "beta");
    module.sends(&[0x99, 36, 100]);
    assert_eq!(client.value()["recording"], "kick/beta.wav", "nothing came before it");
    module.sends(&[0x99, 96, 100]);
    assert_eq!(client.value()["db"], -6.0, "it is held");
}

#[test]
fn shut_down_leaves_its_mark_for_systemd_and_ends_with_everything_saved() {
    let folder = house("power");
    let run = folder.join("run");
    fs::create_dir(&run).unwrap();
    let mut play = folder.rimshot(["play", "-d", "null"]);
    play.env("RUNTIME_DIRECTORY", &run);
    let mut module = Child::start(play);
    module.wait_for("ready");
    let socket = folder.tree().into_iter().find(|name| name.ends_with("rimshot.sock")).unwrap();
    let ran = folder.run(&format!("ctl shut-down -s {socket}")).well();
    assert_eq!(ran.out, "the machine is switched off\n");
    assert_eq!(module.end(), Some(0), "{:#?}", module.said);
    assert_eq!(fs::read(run.join("shut-down")).unwrap(), b"");

    let mut by_hand = folder.rimshot(["play", "-d", "null"]);
    by_hand.env_remove("RUNTIME_DIRECTORY");
    let mut module = Child::start(by_hand);
    module.wait_for("ready");
    let refused = folder.run("ctl shut-down");
    assert_eq!(refused.code, Some(Exit::Problems as i32), "{refused:?}");
    assert!(refused.err.ends_with("(there is no $RUNTIME_DIRECTORY)\n"), "{}", refused.err);
    module.signal(libc::SIGTERM);
    assert_eq!(module.end(), Some(0));
}

#[test]
fn what_buttons_may_ask_for_clients_may_and_all_others_hear_of_it() {
    let module = Module::start("actions");
    let mut listener = Client::hearing(&module, &["kits", "volume"]);
    let mut client = module.connect();
    let mut said = |request: Value| {
        let answer = client.ask(&request);
        let text = if answer["ok"] == true { &answer["said"] } else { &answer["error"] };
        text.as_str().unwrap().to_owned()
    };
    assert_eq!(said(json!({"request": "next-kit"})), "beta");
    assert_eq!(listener.value()["name"], "beta");
    assert_eq!(said(json!({"request": "kit", "name": "ALPHA"})), "alpha");
    assert_eq!(said(json!({"request": "kit", "number": 1})), "alpha is the kit already");
    assert_eq!(said(json!({"request": "kit", "program": 1})), "beta");
    assert_eq!([(); 2].map(|()| listener.value()["name"].clone()), ["alpha", "beta"]);
    assert_eq!(said(json!({"request": "kit", "program": 9})), "no kit has program 9");
    assert_eq!(said(json!({"request": "kit", "number": 3})), "there is no kit 3; there are 2");
    let sentence = said(json!({"request": "kit", "name": "gamma"}));
    assert_eq!(sentence, "'gamma' is not a kit; there are: alpha, beta");
    assert_eq!(said(json!({"request": "volume", "db": -6})), "-6 dB");
    assert_eq!(said(json!({"request": "volume", "by": 2.5})), "-3.5 dB");
    assert_eq!(said(json!({"request": "volume-down"})), "-4.5 dB");
    assert_eq!(said(json!({"request": "kit 9"})), "there is no kit 9; there are 2");
    assert_eq!(said(json!({"request": "kit 2"})), "beta is the kit already");
    assert_eq!([(); 3].map(|()| listener.value()["db"].as_f64().unwrap()), [-6.0, -3.5, -4.5]);
    assert_eq!(said(json!({"request": "panic"})), "silence");
    assert_eq!(said(json!({"request": "reload"})), "loading once more");
    assert_eq!(said(json!({"request": "save"})), "kit and volume are being written");
    let state = module.folder.join("state/state.toml");
    while !fs::read_to_string(&state).is_ok_and(|text| text.contains("volume_db = -4.5")) {
        std::thread::yield_now();
    }
}

#[test]
fn who_learns_a_map_gets_every_message_as_it_came() {
    let module = Module::start("raw");
    module.sends(&[0x99, 36, 1]);
    let mut client = Client::hearing(&module, &["midi"]);
    module.sends(&[0x99, 38, 100]);
    let first = client.value();
    assert_eq!(
        (&first["port"], &first["name"], &first["bytes"]),
        (&json!("TD-17"), &json!(PORT), &json!([0x99, 38, 100]))
    );
    let note = json!({ "type": "note-on", "channel": 10, "note": 38, "velocity": 100 });
    assert_eq!(first["message"], note);
    module.sends(&[0xD0, 64]);
    module.sends(&[0xB0, 17, 3]);
    let pressure = client.value();
    assert_eq!((&pressure["bytes"], &pressure["message"]), (&json!([0xD0, 64]), &Value::Null));
    let control = json!({ "type": "control", "channel": 1, "cc": 17, "value": 3 });
    assert_eq!(client.value()["message"], control);
}

#[test]
fn meters_come_by_themselves_while_somebody_listens() {
    let module = Module::start("meters");
    let mut client = Client::hearing(&module, &["meters"]);
    for _ in 0..2 {
        let event = client.event();
        assert!(matches!(&event, Event::Meters { meters, .. } if meters.lost == 0), "{event:?}");
    }
}

#[test]
fn ctl_does_what_it_is_told_and_says_what_came_of_it() {
    let module = Module::start("ctl");
    assert_eq!(module.run("ctl next").well().out, "beta\n");
    assert_eq!(module.run("ctl prev").well().out, "alpha\n");
    assert_eq!(module.run("ctl kit beta").well().out, "beta\n");
    assert_eq!(module.run("ctl volume -6").well().out, "-6 dB\n");
    assert_eq!(module.run("ctl volume +1").well().out, "-5 dB\n");
    assert_eq!(module.run("ctl volume down").well().out, "-6 dB\n");
    assert_eq!(module.run("ctl do volume-up 2").well().out, "-4 dB\n");
    assert_eq!(module.run("ctl do volume-down 2").well().out, "-6 dB\n");
    let slip = module.run("ctl do volume-dwn");
    assert_eq!(slip.code, Some(Exit::Usage as i32));
    assert!(slip.err.contains("(did you mean \"volume-down\"?)"), "{}", slip.err);
    assert_eq!(module.run("ctl panic").well().out, "silence\n");
    assert_eq!(module.run("ctl reload").well().out, "loading once more\n");
    let status = module.run("ctl status").well();
    assert!(status.says("volume    -6 dB"), "{}", status.out);
    assert!(status.says("midi      TD-17 (map gm)"), "{}", status.out);
    let json: Value = serde_json::from_str(&module.run("ctl status --json").well().out).unwrap();
    assert_eq!(json["status"]["volume_db"], -6.0);
    let refused = module.run("ctl kit gamma");
    assert_eq!(
        (refused.code, refused.err.as_str()),
        (Some(Exit::Problems as i32), "'gamma' is not a kit; there are: alpha, beta\n")
    );
    let socket = module.socket();
    let by_hand = module.folder.run(&format!("ctl status -s {}", socket.display()));
    assert_eq!(by_hand.code, Some(0), "{by_hand:?}");
    let none = module.folder.run("ctl status");
    assert_eq!(none.code, Some(Exit::NoModule as i32));
    assert!(none.err.starts_with("no module plays: there is none at "), "{}", none.err);
}

#[test]
fn monitor_on_paper_tells_each_hit_in_a_line_and_ends_cleanly() {
    let module = Module::start("paper");
    let mut monitor = Child::start(module.folder.rimshot(["monitor", "-c", "r.toml"]));
    monitor.wait_for("kit: alpha");
    assert!(monitor.said[0].contains("the silent device"), "{:?}", monitor.said);
    assert!(monitor.said.contains(&"midi: TD-17 (map gm)".to_owned()), "{:?}", monitor.said);
    module.sends(&[0x99, 36, 100]);
    monitor.wait_for("TD-17        note 36  kick          100.0  ");
    assert!(monitor.said.last().unwrap().ends_with(" ms  kick/alpha.wav"), "{:?}", monitor.said);
    module.sends(&[0x99, 22, 64]);
    monitor
        .wait_for("no sound: note 22 (roland: hi-hat edge, closed) on 'TD-17' is not in the map");
    module.sends(&[0xB9, 4, 64]);
    monitor.wait_for("TD-17        pedal 0.50");
    monitor.signal(libc::SIGINT);
    assert_eq!(monitor.end(), Some(0), "{:#?}", monitor.said);
    assert_eq!(monitor.complaints(), "");
}

/// What appears on a terminal.
struct Screen {
    pieces: Receiver<String>,
    seen: String,
}

impl Screen {
    fn of(mut terminal: File) -> Self {
        let (piece, pieces) = unbounded();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = terminal.read(&mut bytes) {
                let _ = piece.send(String::from_utf8_lossy(&bytes[..count]).into_owned());
            }
        });
        Self { pieces, seen: String::new() }
    }

    #[track_caller]
    fn shows(&mut self, part: &str) {
        // its line is drawn anew each second: patience with all of it, not with each piece
        let end = Instant::now() + PATIENCE;
        while !self.seen.contains(part) {
            let piece = self.pieces.recv_deadline(end);
            let piece = piece.unwrap_or_else(|e| panic!("{e}, no '{part}': {:?}", self.seen));
            self.seen.push_str(&piece);
        }
    }
}

#[test]
fn monitor_on_a_terminal_has_a_line_that_follows_the_module_below_the_hits() {
    let module = Module::start("screen");
    let (mut ours, theirs) = pty::terminal();
    let before = pty::modes(&ours);
    let monitor = module.folder.rimshot(["monitor", "-c", "r.toml"]);
    let mut monitor = Process(pty::on_terminal(monitor, theirs));
    let mut screen = Screen::of(ours.try_clone().unwrap());
    screen.shows("kit alpha  0 dB  0 voices  load ");
    module.sends(&[0x99, 36, 100]);
    screen.shows("TD-17        note 36  kick          100.0  ");
    module.sends(&[0xB9, 4, 64]);
    screen.shows("pedal █████····· 0.50");
    module.sends(&[0x99, 22, 64]);
    screen.shows("no sound: note 22");
    module.connect().ask(&json!({"request": "kit", "name": "beta"}));
    screen.shows("kit: beta");
    screen.shows("kit beta  pedal █████····· 0.50  0 dB");
    ours.write_all(&[3]).unwrap(); // Ctrl-C
    assert_eq!(monitor.0.wait().unwrap().code(), Some(0));
    assert_eq!(pty::modes(&ours), before);
}

#[test]
fn monitor_for_scripts_prints_the_events_as_they_are_and_ends_with_the_module() {
    let module = Module::start("script");
    let mut monitor =
        Child::start(module.folder.rimshot(["monitor", "--json", "--midi", "-c", "r.toml"]));
    let mut client = module.connect();
    while monitor.said.is_empty() {
        client.ask(&json!({"request": "volume-down"}));
        monitor.poll();
    }
    module.sends(&[0x99, 36, 100]);
    monitor.wait_for("\"event\":\"midi\"");
    let parsed = monitor
        .said
        .iter()
        .all(|line| serde_json::from_str::<Event>(line).is_ok_and(|event| event != Event::Unknown));
    assert!(parsed, "{:#?}", monitor.said);
    drop(module);
    assert_eq!(monitor.end(), Some(0));
}

/// A folder with a kit, for modules that are started as programs.
fn house(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.wav("kits/alpha/kick/1.wav", &Recording::mono([16384, -16384, 8192]));
    folder
}

#[test]
fn where_no_module_plays_monitor_plays_and_others_reach_it() {
    let folder = house("foreground");
    let mut monitor = Child::start(folder.rimshot(["monitor", "-d", "null"]));
    monitor.wait_for("kit: alpha");
    assert!(folder.run("ctl status").well().out.contains("\nkit       alpha (1 of 1)"));
    assert_eq!(folder.run("ctl volume -3").well().out, "-3 dB\n");
    monitor.wait_for("volume: -3 dB");
    monitor.signal(libc::SIGINT);
    assert_eq!(monitor.end(), Some(0), "{:#?}", monitor.said);
    assert!(!folder.tree().iter().any(|name| name.contains("rimshot.sock")), "{:?}", folder.tree());
}

#[test]
fn a_second_module_plays_on_without_the_socket_and_says_so() {
    let folder = house("second");
    let play = || Child::start(folder.rimshot(["play", "-d", "null"]));
    let mut first = play();
    first.wait_for("ready");
    let mut second = play();
    second.wait_for("ready");
    let sentence = format!(
        "control: another rimshot plays already and has the socket {}; rimshot ctl and monitor \
         do not reach this one",
        folder.join("rimshot.sock").display()
    );
    assert!(second.said.contains(&sentence), "{:#?}", second.said);
    second.signal(libc::SIGTERM);
    assert_eq!(second.end(), Some(0));
    folder.run("ctl status").well();
    // killed, it leaves its socket behind; the next one takes it over
    first.signal(libc::SIGKILL);
    assert_eq!(first.end(), None);
    assert_eq!(folder.run("ctl status").code, Some(Exit::NoModule as i32));
    let mut third = play();
    third.wait_for("ready");
    folder.run("ctl status").well();
    third.signal(libc::SIGTERM);
    assert_eq!(third.end(), Some(0));
}

#[test]
fn a_strike_sounds_as_a_hit_that_no_pad_has_sent() {
    let module = Module::start("strike");
    let mut client = Client::hearing(&module, &["hits"]);
    let answer = client.ask(&json!({"request": "strike", "slot": "kick"}));
    assert_eq!(answer["said"], "kick");
    let hit = client.value();
    assert_eq!(
        (&hit["port"], &hit["slot"], &hit["note"], &hit["velocity"]),
        (&json!("the control socket"), &json!("kick"), &Value::Null, &json!(100.0))
    );
}

/// `rimshot learn` at a terminal.
struct Learner {
    process: Process,
    screen: Screen,
    keys: File,
    /// How the terminal was found.
    before: (libc::tcflag_t, [libc::cc_t; libc::NCCS]),
}

impl Learner {
    fn start(folder: &Folder, words: &str) -> Self {
        let (keys, theirs) = pty::terminal();
        let before = pty::modes(&keys);
        let command = folder.rimshot(format!("learn {words}").split_whitespace());
        let process = Process(pty::on_terminal(command, theirs));
        Self { process, screen: Screen::of(keys.try_clone().unwrap()), keys, before }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn ends(mut self) -> Option<i32> {
        let code = self.process.0.wait().unwrap().code();
        assert_eq!(pty::modes(&self.keys), self.before);
        code
    }
}

#[test]
fn a_module_that_no_map_knows_is_learned_at_a_terminal_and_plays_by_that_at_once() {
    let module = Module::with("learned", "");
    let mut client = Client::hearing(&module, &["ports"]);
    let mut learner = Learner::start(&module.folder, "-c r.toml");
    learner.screen.shows("1 of 32: press the bass drum's pedal");
    module.sends(&[0x99, 20, 100]);
    learner.screen.shows("kick: note 20");
    learner.screen.shows("2 of 32: hit the head of the snare");
    // pulled out of the wall
    learner.process.0.kill().unwrap();
    drop(learner);

    let mut learner = Learner::start(&module.folder, "-c r.toml --port td-1");
    learner.screen.shows("going on behind 1 note that is in it");
    learner.screen.shows("2 of 32: hit the head of the snare");
    // with the crosstalk of another pad
    module.sends(&[0x99, 36, 90]);
    module.sends(&[0x99, 38, 20]);
    learner.screen.shows("snare: note 36");
    learner.screen.shows("3 of 32: hit the rim of the snare");
    learner.press("\nb");
    learner.screen.shows("snare rim: left out");
    module.sends(&[0x99, 20, 90]);
    learner.screen.shows("note 20 is already: kick; Enter leaves it there");
    learner.press("\n");
    learner.screen.shows("snare rim: left where it was");
    learner.press("q");
    learner.screen.shows("the module uses it for 'TD-17' from now on");
    assert_eq!(learner.ends(), Some(0));

    let map = fs::read_to_string(module.folder.join("maps/TD-17.toml")).unwrap();
    assert!(map.starts_with("# Learned by `rimshot learn` from the MIDI port \"TD-17:"), "{map}");
    assert!(map.contains("[notes]\n20 = \"kick\"\n36 = \"snare\"\n"), "{map}");
    let change = client.value();
    assert_eq!((&change["change"], &change["map"]), (&json!("map"), &json!("TD-17")));
    // what was not learned is where it would be
    let mut client = Client::hearing(&module, &["hits"]);
    for (note, slot) in [(20, "kick"), (42, "hihat")] {
        module.sends(&[0x99, note, 100]);
        assert_eq!(client.value()["slot"], slot);
    }
}

#[test]
fn a_module_that_is_unplugged_while_it_is_learned_is_waited_for() {
    let module = Module::start("unplugged");
    let mut learner = Learner::start(&module.folder, "-c r.toml -o mine.toml");
    learner.screen.shows("press the bass drum's pedal");
    module.cable.1.store(true, Ordering::Relaxed);
    learner.screen.shows("TD-17 is gone: plug it in again");
    module.cable.1.store(false, Ordering::Relaxed);
    learner.screen.shows("TD-17 is back");
    module.sends(&[0x99, 20, 100]);
    learner.screen.shows("kick: note 20");
    let mine = module.folder.join("mine.toml");
    assert!(fs::read_to_string(&mine).unwrap().contains("20 = \"kick\""));
    // its input is in the configuration already, which says another map
    learner.press("q");
    learner.screen.shows("it is used when [[midi.input]] of 'TD-17' in r.toml says so: add map = ");
    assert_eq!(learner.ends(), Some(0));
    // the module ends in the middle
    let mut learner = Learner::start(&module.folder, "-c r.toml -o mine.toml");
    learner.screen.shows("hit the head of the snare");
    drop(module);
    learner.screen.shows("what is learned is kept in mine.toml");
    assert_eq!(learner.ends(), Some(Exit::Problems as i32));
}

#[test]
fn learn_without_what_it_needs_says_so() {
    let module = Module::with("learn-odd", "[midi]\nmap = 'roland'\n");
    let ran = module.run("learn");
    assert_eq!(ran.code, Some(Exit::Problems as i32));
    assert!(ran.err.contains("this is no terminal: run it in one"), "{ran:?}");
    let mut learner = Learner::start(&module.folder, "-c r.toml -o r.toml/x.toml");
    learner.screen.shows("r.toml/x.toml: cannot be read: ");
    assert_eq!(learner.ends(), Some(Exit::Problems as i32));
    let mut learner = Learner::start(&module.folder, "-c r.toml -o kits");
    learner.screen.shows("kits: is not a file");
    assert_eq!(learner.ends(), Some(Exit::Problems as i32));
    let mut learner = Learner::start(&module.folder, "-c r.toml -p nitro");
    learner.screen.shows("there is no MIDI port with 'nitro' in its name");
    learner.press("q");
    assert_eq!(learner.ends(), Some(0));
    // where [midi] names a map the lines are offered, and written
    let mut learner = Learner::start(&module.folder, "-c r.toml");
    learner.screen.shows("press the bass drum's pedal");
    learner.press("q");
    learner.screen.shows("w writes them there, any other key does not");
    learner.press("w");
    learner.screen.shows("written; `rimshot ctl reload` takes it");
    assert_eq!(learner.ends(), Some(0));
    let config = fs::read_to_string(module.folder.join("r.toml")).unwrap();
    assert!(config.ends_with("maps/TD-17.toml\"\n"), "{config}");
    assert!(config.contains("\n[[midi.input]]\nport = \"TD-17\"\nmap = \"/"), "{config}");
}

#[test]
fn where_no_module_plays_learn_has_one_of_its_own() {
    let folder = house("own-learner");
    let mut learner = Learner::start(&folder, "-d null -p nowhere");
    learner.screen.shows("there is no MIDI port with 'nowhere' in its name");
    folder.run("ctl status").well();
    learner.press("q");
    assert_eq!(learner.ends(), Some(0));
}

#[test]
fn without_a_keyboard_the_kits_sounds_ask_and_the_button_ends_it() {
    let module = Module::with("headless", "");
    let mut client = Client::hearing(&module, &["learn", "hits"]);
    let press = json!({"request": "learn"});
    let mut panel = module.connect();
    assert_eq!(panel.ask(&press)["said"], "learning begins");
    let asks = client.value();
    assert_eq!(
        (&asks["state"], &asks["slot"], &asks["step"]),
        (&json!("asks"), &json!("kick"), &json!(1))
    );
    for _ in 0..2 {
        let sound = client.value();
        assert_eq!(
            (&sound["port"], &sound["slot"]),
            (&json!("the control socket"), &json!("kick"))
        );
    }
    let learning = module.connect().status().learning.unwrap();
    assert_eq!((learning.port.as_str(), learning.slot.as_deref()), ("TD-17", Some("kick")));
    module.sends(&[0x99, 20, 100]);
    let learned = client.value();
    assert_eq!((&learned["state"], &learned["words"]), (&json!("learned"), &json!("note 20")));
    assert_eq!(panel.ask(&press)["said"], "learning ends");
    let plays = |status: &Status| {
        status.learning.is_none() && status.midi.ports[0].map.as_deref() == Some("TD-17")
    };
    while !plays(&module.connect().status()) {
        std::thread::yield_now();
    }
    let map = fs::read_to_string(module.folder.join("maps/TD-17.toml")).unwrap();
    assert!(map.contains("20 = \"kick\""), "{map}");
}

#[test]
fn a_display_that_is_not_there_costs_a_sentence_and_the_module_plays() {
    let folder = house("display");
    folder.write("r.toml", "[panel.display]\nkind = 'sh1106'\nbus = '/dev/i2c-none'\n");
    let mut module = Child::start(folder.rimshot(["play", "-d", "null", "-c", "r.toml"]));
    module.wait_for("display: /dev/i2c-none is not there: ");
    let status = folder.run("ctl status -c r.toml").well().out;
    assert!(status.contains("display: /dev/i2c-none is not there: "), "{status}");
    module.signal(libc::SIGTERM);
    assert_eq!(module.end(), Some(0));
}

/// The lines of the fenced blocks of docs/control.md that are marked so.
fn examples(kind: &str) -> Vec<String> {
    let text = fs::read_to_string("docs/control.md").unwrap();
    let fences: Vec<&str> = text.split("```").collect();
    let inside = fences.iter().skip(1).step_by(2);
    let head = format!("json {kind}\n");
    let ours = inside.filter_map(|block| block.strip_prefix(head.as_str()));
    let lines: Vec<String> = ours.flat_map(str::lines).map(str::to_owned).collect();
    assert!(!lines.is_empty(), "no {kind}");
    lines
}

#[test]
fn every_example_of_the_protocol_is_one() {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for line in examples("request") {
        let asked = Asked::read(line.as_bytes());
        let request = asked.request.unwrap_or_else(|e| panic!("{line}: {e}"));
        // an action with its number is the same action
        let name = request.to_json()["request"].as_str().unwrap().to_owned();
        names.insert(name.split(' ').next().unwrap().to_owned());
    }
    let unknown = Asked::read(b"{\"request\":\"\"}").request.unwrap_err();
    let all = unknown.split("allowed: ").nth(1).unwrap().split(", ");
    assert_eq!(names, all.map(str::to_owned).collect());

    let mut topics = Topics::NONE;
    let mut missed = 0;
    for line in examples("event") {
        let event: Event = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_ne!(event, Event::Unknown, "{line}");
        // nothing is left out, and nothing is there that is not sent
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
        topics = topics.and(event.topic());
        missed += usize::from(matches!(event, Event::Missed { .. }));
    }
    assert_eq!((topics.list(), missed), (Topics::names(), 2));
    for line in examples("answer") {
        let answer: Value = serde_json::from_str(&line).unwrap();
        let ok = answer["ok"].as_bool().unwrap();
        assert_eq!(ok, answer.get("error").is_none(), "{line}");
    }
    let refused = Asked::read(b"{\"request\":\"panik\"}").request.unwrap_err();
    assert!(examples("answer").iter().any(|line| line.contains(&refused)), "{refused}");
    for line in examples("status") {
        let answer: Value = serde_json::from_str(&line).unwrap();
        let status: Status = serde_json::from_value(answer["status"].clone()).unwrap();
        let status = serde_json::to_string(&status).unwrap();
        assert_eq!(format!("{{\"ok\":true,\"status\":{status}}}"), line);
    }
    assert_eq!(examples("greeting"), [serde_json::to_string(&Greeting::own()).unwrap()]);
}
