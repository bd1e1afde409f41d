//! What clients may send to the control socket: the requests of `docs/control.md`, mutated
//! without end (the corpus and the rules of `fuzz/fuzz_targets/request.rs`, run where
//! cargo-fuzz is not at hand); and what clients do that are not clients at all.
//!
//! `RIMSHOT_FUZZ=1000000 cargo test --release --test socket_fuzz -- --nocapture` for more
//! rounds.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, select};
use rimshot::app::control::lines::{LINE_BYTES, Lines};
use rimshot::app::control::request::Asked;
use rimshot::app::control::{Control, Event};
use rimshot::words::rng::Rng;
use serde_json::json;

/// Requests of the documentation, one a line.
fn corpus() -> Vec<Vec<u8>> {
    let text = include_str!("../docs/control.md");
    let mut corpus: Vec<Vec<u8>> = text
        .split("```json request\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap_or_default().lines())
        .map(|line| line.as_bytes().to_vec())
        .collect();
    assert!(corpus.len() > 10);
    let odd: [&[u8]; 10] = [
        b"{\"request\":\"volume\",\"db\":-1e999}",
        b"{\"request\":\"volume\",\"by\":1e-999,\"id\":18446744073709551616}",
        b"{\"request\":\"kit\",\"number\":-0}",
        b"{\"request\":\"kit\",\"name\":\"\\ud800\"}",
        b"{\"request\":\"kit\",\"program\":127.0}",
        b"{\"request\":\"status\",\"request\":\"panic\"}",
        b"{\"request\":\"events\",\"topics\":[\"hits\",\"hits\",null]}",
        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        b"\xEF\xBB\xBF{\"request\":\"status\"}",
        b"\xFF\xFE\x00\r\n \t\r\n",
    ];
    corpus.extend(odd.map(<[u8]>::to_vec));
    corpus
}

/// Some lines of the corpus, with bytes changed, taken out, repeated and put in.
fn mutated(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    const PIECES: [&[u8]; 16] = [
        b"{",
        b"}",
        b"[",
        b"\"",
        b":",
        b",",
        b"\\",
        b"\n",
        b"null",
        b"1e308",
        b"-1",
        b"\"id\":7,",
        b"\"topics\":[\"midi\"]",
        b"\\u0000",
        b"\xF0\x9F\xA5\x81",
        b"  ",
    ];
    let below = |rng: &mut Rng, n: usize| (rng.draw() % n.max(1) as u64) as usize;
    let mut bytes = Vec::new();
    for _ in 0..=below(rng, 3) {
        bytes.extend_from_slice(&corpus[below(rng, corpus.len())]);
        if below(rng, 8) > 0 {
            bytes.push(b'\n');
        }
    }
    for _ in 0..below(rng, 6) {
        let at = below(rng, bytes.len());
        match below(rng, 6) {
            0 if !bytes.is_empty() => bytes[at] = rng.draw() as u8,
            1 if !bytes.is_empty() => bytes[at] ^= 1 << below(rng, 8),
            2 => drop(bytes.drain(at..(at + below(rng, 9)).min(bytes.len()))),
            3 => {
                let piece = PIECES[below(rng, PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            4 => {
                let part = bytes[at..(at + below(rng, 40)).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            _ if below(rng, 20) == 0 => {
                let long = std::iter::repeat_n(b'[', 1 << below(rng, 15));
                bytes.splice(at..at, long);
            }
            _ => {}
        }
    }
    bytes
}

/// The lines of these bytes, which come in parts of so many.
fn lines(bytes: &[u8], part: usize) -> Vec<Result<Vec<u8>, String>> {
    let (mut lines, mut got) = (Lines::default(), Vec::new());
    for part in bytes.chunks(part) {
        lines.push(part);
        while let Some(line) = lines.take() {
            got.push(line.map_err(|error| error.to_string()));
        }
        assert!(lines.waiting() <= LINE_BYTES && !lines.has_line());
    }
    got
}

#[test]
fn whatever_is_sent_is_a_request_or_a_sentence_and_a_request_reads_back_as_itself() {
    let rounds = std::env::var("RIMSHOT_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let (corpus, mut rng) = (corpus(), Rng::new(77, 0));
    let mut came: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..rounds {
        let bytes = mutated(&corpus, &mut rng);
        let whole = lines(&bytes, 4096);
        assert_eq!(whole, lines(&bytes, 1 + (rng.draw() % 300) as usize));
        for line in whole {
            let Ok(line) = line else {
                *came.entry("too long".to_owned()).or_default() += 1;
                continue;
            };
            let asked = Asked::read(&line);
            let kind = match asked.request {
                Ok(request) => {
                    let kind = request.to_json()["request"].as_str().unwrap().to_owned();
                    let again = Asked::read(request.to_json().to_string().as_bytes());
                    assert_eq!(again.request, Ok(request), "{}", String::from_utf8_lossy(&line));
                    kind
                }
                Err(sentence) => {
                    assert!(!sentence.is_empty() && sentence.len() < 1000, "{sentence}");
                    sentence.split([':', '\'', ';']).next().unwrap_or_default().to_owned()
                }
            };
            *came.entry(kind).or_default() += 1;
        }
    }
    println!("{rounds} rounds: {came:#?}");
    assert!(came["status"] > 0 && came["kit"] > 0 && came["volume"] > 0 && came["too long"] > 0);
}

/// A server whose player says yes to everything.
struct Stage {
    path: PathBuf,
    events: Option<Sender<Event>>,
    player: Option<JoinHandle<()>>,
}

impl Stage {
    fn new(name: &str) -> Self {
        let name = format!("rimshot-socket-{name}-{}.sock", std::process::id());
        let path = std::env::temp_dir().join(name);
        let (control, _) = Control::open(&path, None).unwrap();
        let (events, to_tell) = bounded::<Event>(0);
        let player = std::thread::spawn(move || {
            let calls = control.calls().clone();
            loop {
                select! {
                    recv(calls) -> call => control.done(call.unwrap(), &json!({ "said": "yes" })),
                    recv(to_tell) -> event => match event {
                        Ok(event) => control.tell(&event),
                        Err(_) => return,
                    },
                }
            }
        });
        Self { path, events: Some(events), player: Some(player) }
    }

    fn connect(&self) -> BufReader<UnixStream> {
        let stream = UnixStream::connect(&self.path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        BufReader::new(stream)
    }

    /// Whether somebody who comes now is greeted and answered.
    #[track_caller]
    fn serves(&self) {
        let mut client = self.connect();
        client.get_mut().write_all(b"{\"request\":\"status\"}\n").unwrap();
        let mut line = String::new();
        client.read_line(&mut line).unwrap();
        line.clear();
        client.read_line(&mut line).unwrap();
        assert!(line.contains("yes"), "'{line}'");
    }

    fn tell(&self) {
        self.events.as_ref().unwrap().send(Event::Volume { at: 1.0, db: -7.0 }).unwrap();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.events = None;
        let ended = self.player.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

/// Ticks of processor time that the server's thread has used, and how often it was woken.
fn used() -> (u64, u64) {
    let (mut ticks, mut turns) = (0, 0);
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let read = |name| std::fs::read_to_string(task.join(name)).unwrap_or_default();
        if read("comm").trim() != "rimshot-control" {
            continue;
        }
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        let status = read("status");
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        turns += line.unwrap().split_whitespace().last().unwrap().parse::<u64>().unwrap();
    }
    (ticks, turns)
}

/// Each in a process of its own, whose limits and whose threads are nobody else's.
fn alone(test: &str, run: impl FnOnce()) {
    const ALONE: &str = "RIMSHOT_ALONE";
    if std::env::var(ALONE).is_ok_and(|which| which == test) {
        return run();
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    let ran = again.args(["--exact", test, "--nocapture"]).env(ALONE, test).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}{said}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn clients_that_hang_in_every_way_leave_the_server_asleep() {
    alone("clients_that_hang_in_every_way_leave_the_server_asleep", || {
        let stage = Stage::new("hang");
        let mut hang = Vec::new();
        for way in 0..8 {
            let mut client = stage.connect();
            let stream = client.get_mut();
            let subscribe = b"{\"request\":\"events\"}\n";
            match way {
                // It sends no more, and wants to hear on.
                0 => {
                    stream.write_all(subscribe).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                }
                // It reads no more, and wants to hear on.
                1 => {
                    stream.write_all(subscribe).unwrap();
                    stream.shutdown(Shutdown::Read).unwrap();
                }
                // Half a line, and silence.
                2 => stream.write_all(b"{\"request\":").unwrap(),
                // A line that never ends.
                3 => stream.write_all(&[b'x'; 100_000]).unwrap(),
                // More requests than it takes answers.
                4 => {
                    stream.set_nonblocking(true).unwrap();
                    while stream.write(&subscribe.repeat(100)).is_ok() {}
                }
                5 => stream.shutdown(Shutdown::Write).unwrap(),
                6 => stream.shutdown(Shutdown::Both).unwrap(),
                _ => {}
            }
            hang.push(client);
        }
        // What is asked ahead is answered, 500 a second, until the answers fill the socket.
        let mut asleep = false;
        for _ in 0..600 {
            let before = used();
            std::thread::sleep(Duration::from_millis(100));
            let after = used();
            asleep = after.1 - before.1 <= 2 && after.0 - before.0 <= 1;
            if asleep {
                break;
            }
        }
        assert!(asleep, "it never rests: {:?}", used());
        for _ in 0..3000 {
            stage.tell();
        }
        stage.serves();
        drop(hang);
        stage.serves();
    });
}

#[test]
fn without_a_file_number_for_one_more_client_those_who_are_there_are_served() {
    alone("without_a_file_number_for_one_more_client_those_who_are_there_are_served", || {
        let stage = Stage::new("files");
        let mut old = stage.connect();
        let mut line = String::new();
        old.read_line(&mut line).unwrap();
        // Both ends of a client are in this process: the number that is left is its own.
        let mut taken: Vec<std::fs::File> = Vec::new();
        let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
        // SAFETY: a valid rlimit that is only read.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
        while let Ok(file) = std::fs::File::open("/dev/null") {
            taken.push(file);
        }
        taken.pop();
        let mut waits = UnixStream::connect(&stage.path).unwrap();
        for n in 0..50 {
            old.get_mut()
                .write_all(format!("{{\"request\":\"status\",\"id\":{n}}}\n").as_bytes())
                .unwrap();
            line.clear();
            old.read_line(&mut line).unwrap();
            assert!(line.contains("yes") && line.contains(&n.to_string()), "{line}");
        }
        // `used` needs files of its own; the door is shut, so these are not a client's.
        taken.truncate(taken.len() - 4);
        let before = used();
        std::thread::sleep(Duration::from_millis(300));
        let after = used();
        assert!(after.0 - before.0 <= 5 && after.1 - before.1 < 100, "{before:?} {after:?}");
        taken.clear();
        waits.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut greeting = [0; 8];
        waits.read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting, b"{\"rimsho", "it was let in when there was room");
        stage.serves();
    });
}
