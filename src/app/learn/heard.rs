//! What a message means to somebody who learns.

use crate::app::control::event::Midi;

/// A message; channels are not told apart. All values are 0..=127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of MIDI")]
pub enum Heard {
    On {
        note: u8,
        velocity: u8,
    },
    Pressure {
        note: u8,
        value: u8,
    },
    Channel {
        value: u8,
    },
    Control {
        cc: u8,
        value: u8,
    },
    /// Anything else: note-offs, programs, pitch bend.
    Else,
}

impl Heard {
    /// A message of the module's event `midi`.
    pub fn of(bytes: &[u8], message: Option<Midi>) -> Self {
        match (message, bytes) {
            (Some(Midi::NoteOn { note, velocity, .. }), _) => Heard::On { note, velocity },
            (Some(Midi::PolyPressure { note, value, .. }), _) => Heard::Pressure { note, value },
            (Some(Midi::Control { cc, value, .. }), _) => Heard::Control { cc, value },
            (None, [0xD0..=0xDF, value]) => Heard::Channel { value: value & 0x7F },
            _ => Heard::Else,
        }
    }
}
