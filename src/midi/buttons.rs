//! Notes and controllers that are buttons and make no sound.

use super::Message;

/// What a MIDI button sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This note: pressed from its note-on to its note-off.
    Note(u8),
    /// This controller: pressed from [`PRESSED`] on.
    Control(u8),
}

/// Values of a controller from here on are a pressed switch (MIDI 1.0 Detailed
/// Specification, table of controllers: "0-63 off, 64-127 on").
pub const PRESSED: u8 = 64;

/// One MIDI button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button {
    /// What a [`Press`] of it is numbered.
    pub number: u16,
    /// What it sends.
    pub source: Source,
    /// The channel that it comes on, 0..=15; `None`: any.
    pub channel: Option<u8>,
}

/// A MIDI button is pressed or let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    /// Which.
    pub number: u16,
    /// Pressed.
    pub down: bool,
    /// When, in nanoseconds of [`crate::words::time::Clock`].
    pub time: u64,
}

/// The buttons of one port, and which of them are held.
#[derive(Debug, Default)]
pub struct Buttons(Box<[(Button, bool)]>);

/// What a message is to the buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing: it has another meaning.
    Other,
    /// A button's, and no news.
    Same,
    /// The button of this number is pressed, or let go.
    Edge(u16, bool),
}

impl Buttons {
    /// Buttons that nobody holds.
    pub fn new(buttons: impl IntoIterator<Item = Button>) -> Self {
        Self(buttons.into_iter().map(|button| (button, false)).collect())
    }

    /// What a message is to them. A note-on is a press whatever came before (many pads send
    /// no note-off); a controller is pressed and let go once, however many values it sends.
    /// Thread: MIDI; does not allocate.
    pub fn take(&mut self, message: Message) -> Found {
        let (channel, source, down) = match message {
            Message::NoteOn { channel, note, .. } => (channel, Source::Note(note), true),
            Message::NoteOff { channel, note } => (channel, Source::Note(note), false),
            Message::Control { channel, cc, value } => {
                (channel, Source::Control(cc), value >= PRESSED)
            }
            _ => return Found::Other,
        };
        let is_it =
            |b: &Button| b.source == source && b.channel.is_none_or(|wanted| wanted == channel);
        let Some((button, held)) = self.0.iter_mut().find(|(button, _)| is_it(button)) else {
            return Found::Other;
        };
        let again = down && matches!(source, Source::Note(_));
        let news = again || *held != down;
        *held = down;
        if news { Found::Edge(button.number, down) } else { Found::Same }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buttons() -> Buttons {
        Buttons::new([
            Button { number: 4, source: Source::Note(36), channel: None },
            Button { number: 7, source: Source::Control(80), channel: Some(9) },
        ])
    }

    fn cc(channel: u8, value: u8) -> Message {
        Message::Control { channel, cc: 80, value }
    }

    #[test]
    fn a_note_is_pressed_at_each_note_on_and_let_go_once() {
        let mut buttons = buttons();
        let on = Message::NoteOn { channel: 3, note: 36, velocity: 1 };
        let off = Message::NoteOff { channel: 3, note: 36 };
        let found = [on, on, off, off].map(|message| buttons.take(message));
        let [down, up] = [true, false].map(|down| Found::Edge(4, down));
        assert_eq!(found, [down, down, up, Found::Same]);
    }

    #[test]
    fn a_controller_is_pressed_from_64_on_however_it_gets_there() {
        let mut buttons = buttons();
        let found = [0, 63, 64, 127, 64, 63, 0].map(|value| buttons.take(cc(9, value)));
        let [down, up] = [true, false].map(|down| Found::Edge(7, down));
        use Found::Same;
        assert_eq!(found, [Same, Same, down, Same, Same, up, Same]);
    }

    #[test]
    fn what_is_on_another_channel_or_no_button_has_another_meaning() {
        let mut buttons = buttons();
        let note = Message::NoteOn { channel: 9, note: 38, velocity: 100 };
        let program = Message::Program { channel: 9, program: 36 };
        for message in [cc(0, 127), note, program, Message::Other] {
            assert_eq!(buttons.take(message), Found::Other);
        }
    }
}
