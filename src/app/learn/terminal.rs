//! The dialogue on a terminal: lines one below the other, which any width can show.

use std::io::{Write, stdout};

use super::session::{Key, Said, What};
use super::talk::{Front, Wish};

/// What keys do, in one line.
pub const KEYS: &str =
    "Enter skips, b goes back one, r asks again, q ends and keeps what is learned";

/// What a key of the keyboard means.
pub fn key(byte: u8) -> Option<Key> {
    match byte.to_ascii_lowercase() {
        b'\n' | b'\r' | b's' => Some(Key::Skip),
        b'b' => Some(Key::Back),
        b'r' => Some(Key::Again),
        b'k' => Some(Key::Take),
        b'q' => Some(Key::Quit),
        _ => None,
    }
}

/// Onto standard output.
pub struct Terminal;

/// A line; a terminal that is gone is the end.
///
/// # Errors
/// A sentence.
pub fn line(words: &str) -> Result<(), String> {
    let mut out = stdout().lock();
    writeln!(out, "{words}")
        .and_then(|()| out.flush())
        .map_err(|error| format!("the terminal cannot be written: {error}"))
}

impl Front for Terminal {
    fn said(&mut self, said: &Said, _: &str) -> Result<(), String> {
        let Said { what, step, number: (number, count), words } = said;
        let name = step.map(|step| step.name()).unwrap_or_default();
        match what {
            What::Asks => line(&format!("\n{number} of {count}: {words}")),
            What::Again => line(&format!("   that was not clear; {words}")),
            What::Taken => line(&format!(
                "   {words}; Enter leaves it there, k gives it to the {name}, r asks again"
            )),
            What::Learned => line(&format!("   {name}: {words}")),
            What::Left => line(&format!("   {name}: {words}")),
            What::Word => line(&format!("   ({words})")),
            What::Over => line(&format!("\n{words}")),
        }
    }

    fn word(&mut self, words: &str) -> Result<(), String> {
        line(words)
    }

    fn tick(&mut self, _: f64) -> Vec<Wish> {
        Vec::new()
    }
}
