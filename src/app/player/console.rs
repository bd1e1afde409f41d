//! The player's terminal: hits as they come, keys. Without a terminal: lines for a log.

use std::io::{IsTerminal, Read, Write, stdin, stdout};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

use crossbeam_channel::Sender;

use crate::words::{Action, Hit, Slot};

/// Widest bar of a hit, in characters.
const BAR: usize = 16;

/// Where the player speaks.
pub struct Console {
    terminal: bool,
    /// Restores the terminal when dropped.
    _keys: Option<Keys>,
}

impl Console {
    /// A console whose keys, where there is a keyboard, send actions.
    pub fn new(actions: Sender<Action>) -> Self {
        let terminal = stdout().is_terminal();
        let keys = if terminal && stdin().is_terminal() { Keys::start(actions) } else { None };
        Self { terminal, _keys: keys }
    }

    /// Whether a person looks at it.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// A line. Nobody left to read it is no reason to stop playing.
    pub fn say(&self, line: &str) {
        let mut out = stdout().lock();
        let _ = writeln!(out, "{line}");
        let _ = out.flush();
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

/// What keys do, in one line.
pub const KEYS: &str =
    "keys: n next kit, p previous kit, + louder, - softer, space silence, q quit";

fn action(key: u8) -> Option<Action> {
    match key {
        b'n' => Some(Action::NextKit),
        b'p' => Some(Action::PreviousKit),
        b'+' | b'=' => Some(Action::VolumeUp),
        b'-' => Some(Action::VolumeDown),
        b' ' => Some(Action::Panic),
        b'q' => Some(Action::Quit),
        _ => None,
    }
}

/// The keyboard, unbuffered and without echo while this lives.
struct Keys {
    before: libc::termios,
}

impl Keys {
    fn start(actions: Sender<Action>) -> Option<Self> {
        let before = attributes()?;
        let mut now = before;
        // Only these two: Ctrl-C stays a signal, and lines still end where they should.
        now.c_lflag &= !(libc::ICANON | libc::ECHO);
        set(&now)?;
        let keys = Self { before };
        let read = move || {
            for key in stdin().lock().bytes().map_while(Result::ok) {
                if let Some(action) = action(key)
                    && actions.send(action).is_err()
                {
                    break;
                }
            }
        };
        // It waits in read() until the program ends, and ends with it.
        std::thread::Builder::new().name("rimshot-keys".to_owned()).spawn(read).ok()?;
        Some(keys)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        set(&self.before);
    }
}

fn attributes() -> Option<libc::termios> {
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the pointer is valid for the call, which fills it or fails.
    let result = unsafe { libc::tcgetattr(stdin().as_raw_fd(), attributes.as_mut_ptr()) };
    // SAFETY: filled, because the call succeeded.
    (result == 0).then(|| unsafe { attributes.assume_init() })
}

fn set(attributes: &libc::termios) -> Option<()> {
    // SAFETY: the pointer is valid for the call, which only reads it.
    let result = unsafe { libc::tcsetattr(stdin().as_raw_fd(), libc::TCSANOW, attributes) };
    (result == 0).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_help_line_does_something_and_others_nothing() {
        for key in *b"np+- q" {
            assert!(action(key).is_some(), "{}", key as char);
        }
        assert_eq!(action(b'x'), None);
        assert_eq!(action(b'q'), Some(Action::Quit));
    }
}
