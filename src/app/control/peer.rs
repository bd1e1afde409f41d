//! One client: its lines in, its lines out.

use std::io::{ErrorKind, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use super::event::Topics;
use super::lines::{Lines, TooLong};
use super::outbox::Outbox;
use super::request::{Asked, Request};
use super::{Greeting, line};

/// What is read of one client before the others have their turn.
const TURN: usize = 4096;
/// Between two requests of one client: nobody needs more than 500 a second, and a client
/// that sends without end leaves the processor to others.
const REST: Duration = Duration::from_millis(2);

/// A request that the player has to answer.
#[derive(Debug)]
pub struct Wanted {
    /// The client's own mark.
    pub id: Option<Value>,
    /// What it asks.
    pub request: Request,
}

/// A client.
pub struct Peer {
    stream: UnixStream,
    input: Lines,
    /// It sends no more.
    ended: bool,
    /// It has hung up: what it asked before is still done, and nobody hears the answers.
    hung_up: bool,
    /// The player has a request of it, and has not answered.
    waits: bool,
    rests_until: Option<Instant>,
    topics: Topics,
    out: Outbox,
}

/// What a request is answered with.
#[derive(Serialize)]
struct Answer<'a, T> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(flatten)]
    fields: T,
}

/// The line of a successful answer with these fields besides.
pub fn done(id: Option<Value>, fields: &impl Serialize) -> Vec<u8> {
    line(&Answer { ok: true, id, error: None, fields })
}

/// The line of an answer that says why not.
pub fn refused(id: Option<Value>, sentence: &str) -> Vec<u8> {
    line(&Answer { ok: false, id, error: Some(sentence), fields: json!({}) })
}

impl Peer {
    /// A client that has just connected, and is greeted. None where its end cannot be used.
    pub fn new(stream: UnixStream) -> Option<Self> {
        stream.set_nonblocking(true).ok()?;
        let mut out = Outbox::default();
        out.answer(line(&Greeting::own()));
        Some(Self {
            stream,
            input: Lines::default(),
            ended: false,
            hung_up: false,
            waits: false,
            rests_until: None,
            topics: Topics::NONE,
            out,
        })
    }

    /// Tells it why it is not served.
    pub fn turn_away(mut self, sentence: &str) {
        self.out.answer(refused(None, sentence));
        let _ = self.out.write(&mut self.stream);
    }

    /// What it is to be watched by; nothing where it has hung up, which would be told
    /// without end.
    pub fn file(&self) -> RawFd {
        if self.hung_up { -1 } else { self.stream.as_raw_fd() }
    }

    /// What it wants to hear.
    pub fn topics(&self) -> Topics {
        self.topics
    }

    fn is_free(&self, now: Instant) -> bool {
        let rests = self.rests_until.is_some_and(|until| now < until);
        !self.waits && !rests && !self.out.has_answers()
    }

    /// Whether it is worth waiting for what it sends: not while a request of it waits, and
    /// what it sends ahead stays in the socket.
    pub fn reads(&self, now: Instant) -> bool {
        !self.ended && !self.has_line() && self.is_free(now)
    }

    /// Whether it is worth waiting until it takes more.
    pub fn writes(&self) -> bool {
        !self.out.is_empty()
    }

    /// How long until it is served again, where nobody else is waited for.
    pub fn rests(&self, now: Instant) -> Option<Duration> {
        let until = self.rests_until?.saturating_duration_since(now);
        let rests = !self.waits && !self.out.has_answers();
        Some(until).filter(|until| rests && (!until.is_zero() || self.has_line()))
    }

    /// Whether there is nothing left to do for it.
    pub fn is_over(&self) -> bool {
        let idle = self.ended && !self.waits && !self.has_line();
        idle && (self.hung_up || (self.out.is_empty() && self.topics == Topics::NONE))
    }

    /// Whether nobody hears it any more.
    pub fn has_hung_up(&self) -> bool {
        self.hung_up
    }

    /// It has hung up. What it sent last still counts, as much as is read at once.
    pub fn hang_up(&mut self) {
        if !self.ended {
            self.read();
        }
        (self.ended, self.hung_up) = (true, true);
        (self.topics, self.out) = (Topics::NONE, Outbox::default());
    }

    /// The line of the player's answer.
    pub fn answer(&mut self, answer: Vec<u8>) {
        self.waits = false;
        self.put(answer);
    }

    fn put(&mut self, answer: Vec<u8>) {
        if !self.hung_up {
            self.out.answer(answer);
        }
    }

    /// An event, where it wants to hear of such; `topic` is none for what everybody hears.
    pub fn event(&mut self, topic: Topics, line: &Arc<[u8]>) {
        if self.topics.has(topic) {
            self.out.event(line);
        }
    }

    /// So many events found no room on their way here.
    pub fn missed(&mut self, count: u64) {
        if self.topics != Topics::NONE {
            self.out.missed(count);
        }
    }

    /// Reads what it has sent.
    pub fn read(&mut self) {
        let mut part = [0; TURN];
        match self.stream.read(&mut part) {
            Ok(0) => self.ended = true,
            Ok(count) => self.input.push(part.get(..count).unwrap_or_default()),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.ended = true,
        }
    }

    fn has_line(&self) -> bool {
        self.input.has_line()
    }

    /// Answers what it can, and hands out what the player has to answer.
    pub fn serve(&mut self, now: Instant) -> Option<Wanted> {
        while self.is_free(now) {
            let asked = self.next()?;
            self.rests_until = Some(now + REST);
            match asked.request {
                Ok(Request::Events(topics)) if self.hears(topics) => {
                    self.put(done(asked.id, &json!({ "topics": topics.list() })));
                }
                Ok(request) => {
                    self.waits = true;
                    return Some(Wanted { id: asked.id, request });
                }
                Err(sentence) => self.put(refused(asked.id, &sentence)),
            }
        }
        None
    }

    /// Notes what it wants to hear of; whether that is all there is to do: raw messages the
    /// player has to ask for.
    fn hears(&mut self, topics: Topics) -> bool {
        self.topics = if self.hung_up { Topics::NONE } else { topics };
        !topics.has(Topics::MIDI)
    }

    /// The next whole line; one that is too long is a sentence.
    fn next(&mut self) -> Option<Asked> {
        let too_long = |error: TooLong| Asked { id: None, request: Err(error.to_string()) };
        self.input.take().map(|line| line.map_or_else(too_long, |line| Asked::read(&line)))
    }

    /// Writes what it takes.
    pub fn write(&mut self) {
        if !self.hung_up && self.out.write(&mut self.stream).is_err() {
            self.hang_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::lines::LINE_BYTES;
    use super::*;

    /// A client that sends these bytes over and over, never waits for an answer and reads
    /// them all, under the turns of the server; how many requests were served.
    fn flood(bytes: &[u8]) -> usize {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut peer = Peer::new(ours).unwrap();
        let mut now = Instant::now();
        let mut served = 0;
        for _ in 0..500 {
            while matches!(theirs.write(bytes), Ok(count) if count == bytes.len()) {}
            if peer.reads(now) {
                peer.read();
            }
            // a line that is not ended yet, and what is read at once
            assert!(peer.input.waiting() <= LINE_BYTES + 2 * TURN, "{:?}", peer.input.waiting());
            if let Some(Wanted { id, .. }) = peer.serve(now) {
                peer.answer(done(id, &json!({})));
                served += 1;
            }
            peer.write();
            let _ = theirs.read(&mut [0; TURN]);
            now += REST;
        }
        served
    }

    #[test]
    fn a_client_that_asks_ahead_is_served_one_by_one_and_its_requests_wait_in_the_socket() {
        assert!(flood(b"{\"request\":\"panic\"}\n") >= 400);
    }

    #[test]
    fn a_line_without_an_end_is_read_on_and_forgotten() {
        assert_eq!(flood(&[b'x'; 64]), 0);
    }
}
