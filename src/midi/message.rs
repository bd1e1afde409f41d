//! MIDI bytes and what they say.

/// One message that a drum module may care about. Channels are 0..=15, everything else
/// 0..=127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A note begins; velocity is 1..=127.
    NoteOn {
        /// Channel.
        channel: u8,
        /// Note.
        note: u8,
        /// Velocity.
        velocity: u8,
    },
    /// A note ends; a note-on of velocity 0 is one too.
    NoteOff {
        /// Channel.
        channel: u8,
        /// Note.
        note: u8,
    },
    /// Pressure on one note: how Roland and Yamaha say that a cymbal is grabbed.
    PolyPressure {
        /// Channel.
        channel: u8,
        /// Note.
        note: u8,
        /// Pressure.
        value: u8,
    },
    /// A controller moved.
    Control {
        /// Channel.
        channel: u8,
        /// Controller number.
        cc: u8,
        /// Value.
        value: u8,
    },
    /// A program is asked for.
    Program {
        /// Channel.
        channel: u8,
        /// Program number.
        program: u8,
    },
    /// Anything else: channel pressure, pitch bend, system messages.
    Other,
}

impl Message {
    /// A channel message of a status byte 0x80..=0xEF and its data bytes, 0..=127 each;
    /// `second` is not looked at where the message has one.
    fn of(status: u8, first: u8, second: u8) -> Message {
        let channel = status & 0x0F;
        match status & 0xF0 {
            0x90 if second > 0 => Message::NoteOn { channel, note: first, velocity: second },
            0x80 | 0x90 => Message::NoteOff { channel, note: first },
            0xA0 => Message::PolyPressure { channel, note: first, value: second },
            0xB0 => Message::Control { channel, cc: first, value: second },
            0xC0 => Message::Program { channel, program: first },
            _ => Message::Other,
        }
    }

    /// The channel, where it has one.
    pub fn channel(self) -> Option<u8> {
        match self {
            Message::NoteOn { channel, .. }
            | Message::NoteOff { channel, .. }
            | Message::PolyPressure { channel, .. }
            | Message::Control { channel, .. }
            | Message::Program { channel, .. } => Some(channel),
            Message::Other => None,
        }
    }
}

/// Reads a stream of MIDI bytes as a cable carries it: with running status, and with
/// real-time bytes in the middle of other messages. Whatever makes no sense is skipped up
/// to the next status byte.
///
/// Source of the rules: MIDI 1.0 Detailed Specification, "Data format" and appendix A-2
/// (receiver's use of running status).
#[derive(Debug, Default)]
pub struct Stream {
    /// The channel status that data bytes belong to; 0 when there is none.
    status: u8,
    /// The first data byte of a message of two.
    first: Option<u8>,
}

impl Stream {
    /// A stream at its start.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one byte; a message once its last byte has come. System messages (exclusive,
    /// clock, active sensing and the like) give nothing.
    pub fn push(&mut self, byte: u8) -> Option<Message> {
        match byte {
            // Real-time: one byte, allowed anywhere, changes nothing.
            0xF8..=0xFF => None,
            // System common and exclusive end the running status; the data bytes behind
            // them then belong to no status and are skipped.
            0xF0..=0xF7 => {
                self.status = 0;
                self.first = None;
                None
            }
            0x80..=0xEF => {
                self.status = byte;
                self.first = None;
                None
            }
            data => self.data(data),
        }
    }

    fn data(&mut self, byte: u8) -> Option<Message> {
        match self.status & 0xF0 {
            0 => None,
            0xC0 | 0xD0 => Some(Message::of(self.status, byte, 0)),
            _ => match self.first.take() {
                None => {
                    self.first = Some(byte);
                    None
                }
                Some(first) => Some(Message::of(self.status, first, byte)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    fn read(bytes: &[u8]) -> Vec<Message> {
        let mut stream = Stream::new();
        bytes.iter().filter_map(|&byte| stream.push(byte)).collect()
    }

    #[test]
    fn every_kind_of_channel_message_is_read() {
        assert_eq!(
            read(&[
                0x99, 38, 100, 0x89, 38, 64, 0xA9, 49, 127, 0xB9, 4, 90, 0xC9, 5, 0xD9, 1, 0xE9, 0,
                64
            ]),
            [
                Message::NoteOn { channel: 9, note: 38, velocity: 100 },
                Message::NoteOff { channel: 9, note: 38 },
                Message::PolyPressure { channel: 9, note: 49, value: 127 },
                Message::Control { channel: 9, cc: 4, value: 90 },
                Message::Program { channel: 9, program: 5 },
                Message::Other,
                Message::Other,
            ]
        );
    }

    #[test]
    fn a_note_on_of_velocity_0_is_a_note_off() {
        assert_eq!(read(&[0x90, 36, 0]), [Message::NoteOff { channel: 0, note: 36 }]);
    }

    #[test]
    fn running_status_carries_on_and_real_time_bytes_do_not_disturb_it() {
        let hit = |note, velocity| Message::NoteOn { channel: 9, note, velocity };
        assert_eq!(
            read(&[0x99, 38, 0xF8, 100, 42, 0xFE, 80, 36, 90]),
            [hit(38, 100), hit(42, 80), hit(36, 90)]
        );
    }

    #[test]
    fn exclusive_messages_are_skipped_and_end_the_running_status() {
        assert_eq!(
            read(&[0x99, 38, 100, 0xF0, 0x41, 0x10, 0xF7, 38, 100, 0x99, 40, 1]),
            [
                Message::NoteOn { channel: 9, note: 38, velocity: 100 },
                Message::NoteOn { channel: 9, note: 40, velocity: 1 },
            ]
        );
    }

    #[test]
    fn a_message_cut_short_costs_only_itself() {
        assert_eq!(
            read(&[0x99, 38, 0x99, 40, 100]),
            [Message::NoteOn { channel: 9, note: 40, velocity: 100 }]
        );
        assert_eq!(read(&[1, 2, 3, 0xF7, 127]), []);
    }

    #[test]
    fn no_bytes_give_values_out_of_range() {
        let mut rng = Rng::new(1, 0);
        let mut stream = Stream::new();
        for _ in 0..100_000 {
            match stream.push(rng.draw() as u8) {
                Some(Message::NoteOn { channel, note, velocity }) => {
                    assert!(channel < 16 && note < 128 && (1..128).contains(&velocity));
                }
                Some(Message::Control { cc, value, .. }) => assert!(cc < 128 && value < 128),
                Some(Message::Program { program, .. }) => assert!(program < 128),
                _ => {}
            }
        }
    }
}
