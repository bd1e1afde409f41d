//! The player's terminal: hits as they come, keys. Without a terminal: lines for a log.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write, stderr, stdin, stdout};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::app::keys::Keys;
use crate::words::limits::LINES;
use crate::words::{Action, Hit, Slot};

/// Widest bar of a hit, in characters.
const BAR: usize = 16;
/// How long the last lines are waited for at the end.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Where the player speaks. Lines are written by a thread of their own: a terminal that
/// nobody reads (a lost connection, Ctrl-S) would hold the control thread up otherwise.
pub struct Console {
    /// Whether a person looks at it.
    terminal: bool,
    keys: Option<Keys>,
    lines: Option<Sender<Line>>,
    /// Lines that found no room since the last one that did.
    unsaid: Cell<usize>,
    writer: Option<JoinHandle<()>>,
    written: Receiver<()>,
}

/// A line for people, and which way it goes.
enum Line {
    Word(String),
    Problem(String),
}

impl Console {
    /// A console whose keys, where there is a keyboard, send actions.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn new(actions: Sender<Action>) -> io::Result<Self> {
        let terminal = stdout().is_terminal();
        let each = move |key| match action(key) {
            Some(action) => actions.send(action).is_ok(),
            None => true,
        };
        let keys = if terminal && stdin().is_terminal() { Keys::start(each) } else { None };
        let mut console = Self::onto(stdout(), stderr())?;
        (console.terminal, console.keys) = (terminal, keys);
        Ok(console)
    }

    /// One that nobody listens to.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn quiet() -> io::Result<Self> {
        Self::onto(io::sink(), io::sink())
    }

    fn onto(
        mut out: impl Write + Send + 'static,
        mut err: impl Write + Send + 'static,
    ) -> io::Result<Self> {
        let (lines, waiting) = bounded(LINES);
        let (done, written) = bounded::<()>(0);
        let write = move || {
            // Held until the last line is out.
            let _done = done;
            for line in waiting {
                // Nobody left to read it is no reason to stop playing.
                let _ = match line {
                    Line::Word(text) => writeln!(out, "{text}").and_then(|()| out.flush()),
                    Line::Problem(text) => writeln!(err, "{text}"),
                };
            }
        };
        let writer = std::thread::Builder::new().name("rimshot-lines".to_owned()).spawn(write)?;
        let (lines, writer, unsaid) = (Some(lines), Some(writer), Cell::new(0));
        Ok(Self { terminal: false, keys: None, lines, unsaid, writer, written })
    }

    /// Whether a person's keys are listened to.
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// A line. Never waits: a line that finds no room is counted, and the number said.
    pub fn say(&self, line: &str) {
        self.put(Line::Word(line.to_owned()));
    }

    /// A line about something that is wrong with a file, on standard error. Never waits.
    pub fn complain(&self, line: &str) {
        self.put(Line::Problem(line.to_owned()));
    }

    fn put(&self, line: Line) {
        let Some(lines) = &self.lines else { return };
        let unsaid = self.unsaid.get();
        let left_out = || Line::Word(format!("({unsaid} lines left out: nobody was reading)"));
        let fits = unsaid == 0 || lines.try_send(left_out()).is_ok();
        if fits {
            self.unsaid.set(0);
        }
        if !fits || lines.try_send(line).is_err() {
            self.unsaid.set(self.unsaid.get() + 1);
        }
    }

    /// A hit that sounded, with a bar for its velocity.
    pub fn hit(&self, slot: Slot, note: u8, velocity: f32, from: &str) {
        if !self.terminal {
            return;
        }
        let filled = (velocity / 127.0 * BAR as f32).round() as usize;
        let bar: String = (0..BAR).map(|i| if i < filled { '█' } else { '·' }).collect();
        let slot = slot.to_string();
        let note = if note == Hit::NO_NOTE { String::new() } else { format!("note {note}") };
        self.say(&format!("  {slot:<14} {bar} {velocity:>3.0}  {note:<8} {from}"));
    }
}

impl Drop for Console {
    /// Waits for the last lines, but not for ever: the reader may be stuck.
    fn drop(&mut self) {
        self.lines = None;
        let stuck = self.written.recv_timeout(LAST_LINES) == Err(RecvTimeoutError::Timeout);
        if let Some(writer) = self.writer.take().filter(|_| !stuck) {
            let _ = writer.join();
        }
    }
}

/// What keys do, in one line.
pub const KEYS: &str = "keys: n next kit, p previous kit, + louder, - softer, space silence, i how it is doing; \
     stop with q or Ctrl-C";

fn action(key: u8) -> Option<Action> {
    match key {
        b'n' => Some(Action::NextKit),
        b'p' => Some(Action::PreviousKit),
        b'+' | b'=' => Some(Action::VolumeUp(Action::STEP)),
        b'-' => Some(Action::VolumeDown(Action::STEP)),
        b' ' => Some(Action::Panic),
        b'i' => Some(Action::Report),
        b'q' => Some(Action::Quit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes nothing before its gate is opened.
    struct Stuck {
        gate: Receiver<()>,
        out: Sender<String>,
    }
    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.gate.recv();
            let _ = self.out.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_is_stuck_holds_nobody_up_and_is_told_what_it_missed() {
        let (open, gate) = bounded(0);
        let (out, read) = crossbeam_channel::unbounded();
        let console = Console::onto(Stuck { gate, out }, io::sink()).unwrap();
        // One that the writer holds, and all that wait behind it, and two too many.
        for line in 0..LINES + 3 {
            console.say(&format!("line {line}"));
        }
        drop(open);
        while console.lines.as_ref().is_some_and(|lines| !lines.is_empty()) {
            std::thread::yield_now();
        }
        console.say("after");
        drop(console);
        let said: String = read.iter().collect();
        let missed = LINES + 3 - said.matches("line ").count();
        assert!(said.ends_with(&format!("({missed} lines left out: nobody was reading)\nafter\n")));
    }

    #[test]
    fn the_last_line_is_written_before_the_console_is_gone() {
        let (out, read) = crossbeam_channel::unbounded();
        let (_, gate) = bounded(0);
        let console = Console::onto(Stuck { gate, out }, io::sink()).unwrap();
        console.say("stopped");
        drop(console);
        assert_eq!(read.try_iter().collect::<String>(), "stopped\n");
    }

    #[test]
    fn every_key_of_the_help_line_does_something_and_others_nothing() {
        for key in *b"np+- iq" {
            assert!(action(key).is_some(), "{}", key as char);
        }
        assert_eq!(action(b'x'), None);
        assert_eq!(action(b'q'), Some(Action::Quit));
    }
}
