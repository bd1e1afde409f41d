//! Lines that wait for one client. A client that does not read loses the oldest events,
//! and is told how many; what it asked for it gets in any case.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use super::event::Event;
use super::line;

/// Events that wait for one client: some seconds of busy playing, about 200 KB.
pub const EVENTS: usize = 1024;

enum Waiting {
    Answer(Vec<u8>),
    Event(Arc<[u8]>),
    /// How many events are missing here. Only ever the first line.
    Missed(u64, Vec<u8>),
}

impl Waiting {
    fn bytes(&self) -> &[u8] {
        match self {
            Waiting::Answer(bytes) | Waiting::Missed(_, bytes) => bytes,
            Waiting::Event(bytes) => bytes,
        }
    }
}

/// The lines of one client.
#[derive(Default)]
pub struct Outbox {
    lines: VecDeque<Waiting>,
    /// How much of the first one is written.
    written: usize,
    events: usize,
    missed: u64,
}

impl Outbox {
    /// An answer, or the greeting.
    pub fn answer(&mut self, line: Vec<u8>) {
        self.lines.push_back(Waiting::Answer(line));
    }

    /// An event; the oldest one makes room for it.
    pub fn event(&mut self, line: &Arc<[u8]>) {
        if self.events >= EVENTS {
            let begun = usize::from(self.written > 0);
            let is_event = |waiting: &Waiting| matches!(waiting, Waiting::Event(_));
            let oldest = self.lines.iter().skip(begun).position(is_event);
            if oldest.and_then(|index| self.lines.remove(begun + index)).is_some() {
                self.events -= 1;
                self.missed += 1;
            }
        }
        self.lines.push_back(Waiting::Event(Arc::clone(line)));
        self.events += 1;
    }

    /// So many events did not even get here.
    pub fn missed(&mut self, count: u64) {
        self.missed += count;
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.missed == 0
    }

    /// Whether an answer waits: no further request is read before it is gone.
    pub fn has_answers(&self) -> bool {
        let missed = matches!(self.lines.front(), Some(Waiting::Missed(..)));
        self.lines.len() > self.events + usize::from(missed)
    }

    /// Writes what can be written at once.
    ///
    /// # Errors
    /// Where the client is gone.
    pub fn write(&mut self, to: &mut impl Write) -> io::Result<()> {
        loop {
            if self.written == 0 && self.missed > 0 {
                let count = std::mem::take(&mut self.missed);
                let missed = Event::Missed { of: "events".to_owned(), count };
                self.lines.push_front(Waiting::Missed(count, line(&missed)));
            }
            let Some(first) = self.lines.front() else { return Ok(()) };
            let left = first.bytes().get(self.written..).unwrap_or_default();
            match to.write(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) if count < left.len() => self.written += count,
                Ok(_) => {
                    self.written = 0;
                    if let Some(Waiting::Event(_)) = self.lines.pop_front() {
                        self.events -= 1;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.take_back();
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A count of which nothing is written yet goes on counting: there is one such line at
    /// most, however long the client does not read.
    fn take_back(&mut self) {
        if let (0, Some(&Waiting::Missed(count, _))) = (self.written, self.lines.front()) {
            self.lines.pop_front();
            self.missed += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// Takes so many bytes, and then no more for now.
    struct Narrow(Vec<u8>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.1);
            if count == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.1 -= count;
            self.0.extend_from_slice(&bytes[..count]);
            Ok(count)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn event(n: usize) -> Arc<[u8]> {
        format!("event {n}\n").into_bytes().into()
    }

    #[test]
    fn who_does_not_read_loses_the_oldest_events_whole_and_no_answer() {
        let mut outbox = Outbox::default();
        outbox.event(&event(0));
        outbox.answer(b"answer\n".to_vec());
        let mut out = Narrow(Vec::new(), 3);
        outbox.write(&mut out).unwrap();
        for n in 1..EVENTS + 5 {
            outbox.event(&event(n));
        }
        assert!(outbox.has_answers());
        out.1 = usize::MAX;
        outbox.write(&mut out).unwrap();
        let text = String::from_utf8(out.0).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "event 0", "it was begun");
        assert_eq!(lines[1], r#"{"event":"missed","of":"events","count":5}"#);
        assert_eq!(lines[2..4], ["answer", "event 6"]);
        assert_eq!(*lines.last().unwrap(), format!("event {}", EVENTS + 4));
        assert_eq!(lines.len(), 3 + EVENTS - 1);
        assert!(outbox.is_empty() && !outbox.has_answers());
    }

    #[test]
    fn a_client_that_never_reads_costs_no_more_than_its_events_and_learns_how_many_it_missed() {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut outbox = Outbox::default();
        let told = 10_000;
        for n in 0..told {
            outbox.event(&event(n));
            outbox.write(&mut ours).unwrap();
            // the line that is half written and what tells of missing ones
            assert!(outbox.lines.len() <= EVENTS + 1, "{} lines wait", outbox.lines.len());
            assert!(!outbox.has_answers());
        }
        assert!(outbox.missed > 0, "the socket holds less than all");
        let mut bytes = Vec::new();
        while !outbox.is_empty() {
            outbox.write(&mut ours).unwrap();
            // ends where nothing more is there, and keeps what was
            let _ = theirs.read_to_end(&mut bytes);
        }
        let text = String::from_utf8(bytes).unwrap();
        let (missed, events): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.contains("missed"));
        let count = |line: &str| {
            let Ok(Event::Missed { count, .. }) = serde_json::from_str(line) else {
                panic!("'{line}'")
            };
            count
        };
        let missed: u64 = missed.into_iter().map(count).sum();
        assert_eq!(missed + events.len() as u64, told as u64);
        assert_eq!(*events.last().unwrap(), format!("event {}", told - 1));
    }

    #[test]
    fn bytes_that_go_out_one_at_a_time_are_the_same_lines() {
        let mut outbox = Outbox::default();
        outbox.answer(b"one\n".to_vec());
        outbox.event(&event(2));
        let mut out = Narrow(Vec::new(), 0);
        while !outbox.is_empty() {
            out.1 = 1;
            outbox.write(&mut out).unwrap();
        }
        assert_eq!(out.0, b"one\nevent 2\n");
    }
}
