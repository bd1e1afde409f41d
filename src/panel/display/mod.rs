//! A small display on the I²C bus: which kit plays, which is next, how far a load is, how
//! loud it is, and what is wrong.
//!
//! | part | what |
//! |---|---|
//! | [`Screen`] | what is shown, whatever the display |
//! | [`chars`] | names in the letters that a display has, and in the room that it has |
//! | [`draw`] | a screen as a picture, 128 × 64 or 128 × 32 dots |
//! | [`text`] | a screen as lines, 16 × 2 or 20 × 4 letters |
//! | [`oled`] | the chips SSD1306 and SH1106, by the crate ssd1306 |
//! | [`lcd`] | the chip HD44780 behind a PCF8574 |
//! | [`i2c`] | the bus |
//! | [`thread`] | the thread that draws: nobody ever waits for a bus |
//!
//! A display that is not there, or goes, costs a sentence; it is looked for ever more rarely,
//! and drawn anew when it is back.

pub mod chars;
pub mod draw;
pub mod i2c;
pub mod lcd;
pub mod oled;
pub mod text;
pub mod thread;

use std::io;
use std::time::Duration;

pub use thread::Display;

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Screen {
    /// The kit that plays.
    pub kit: Option<String>,
    /// Its place among all kits, from 1; 0 where it has none.
    pub number: usize,
    /// How many kits there are.
    pub kits: usize,
    /// The kit that the button for the next one leads to.
    pub next: Option<String>,
    /// The kit that is waited for.
    pub loading: Option<Loading>,
    /// The volume in dB, −60..=0.
    pub volume_db: f32,
    /// What is wrong now, in words.
    pub problem: Option<String>,
    /// What the drummer is asked or told; it takes the place of everything else.
    pub words: Option<String>,
}

/// A kit that is being loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loading {
    /// Its name.
    pub kit: String,
    /// Recordings that are in memory.
    pub done: usize,
    /// Recordings that it has; 0 before that is known.
    pub total: usize,
}

impl Loading {
    /// How much is done, 0..=100; `None` before that is known.
    pub fn percent(&self) -> Option<usize> {
        (self.done.min(self.total) * 100).checked_div(self.total)
    }
}

impl Screen {
    /// The softest volume there is, in dB.
    const SOFTEST_DB: f32 = -60.0;

    /// The volume as people read it: `-12 dB`.
    pub fn volume(&self) -> String {
        if !self.volume_db.is_finite() {
            return "off".to_owned();
        }
        // adding 0 makes a 0 of a −0
        let tenths = (10.0 * self.volume_db.clamp(-99.0, 99.0)).round() / 10.0 + 0.0;
        format!("{tenths} dB")
    }

    /// The volume between the softest and the loudest, 0..=1.
    pub fn fullness(&self) -> f32 {
        let part = 1.0 - self.volume_db / Self::SOFTEST_DB;
        if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Which kit of how many: `3/12`; empty without one.
    pub fn place(&self) -> String {
        match self.number {
            0 => String::new(),
            number => format!("{number}/{}", self.kits),
        }
    }
}

/// Which display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// None.
    None,
    /// An OLED of 128 × 64 dots with the chip SSD1306, most of 0.96 inch.
    Ssd1306,
    /// An OLED of 128 × 32 dots with that chip, most of 0.91 inch.
    Ssd1306Flat,
    /// An OLED of 128 × 64 dots with the chip SH1106, most of 1.3 inch.
    Sh1106,
    /// An LCD of two lines of 16 letters with the chip HD44780.
    Lcd16x2,
    /// An LCD of four lines of 20 letters with that chip.
    Lcd20x4,
}

impl Kind {
    /// The names in a configuration.
    pub const NAMES: [(&str, Kind); 6] = [
        ("none", Kind::None),
        ("ssd1306-128x64", Kind::Ssd1306),
        ("ssd1306-128x32", Kind::Ssd1306Flat),
        ("sh1106", Kind::Sh1106),
        ("hd44780-16x2", Kind::Lcd16x2),
        ("hd44780-20x4", Kind::Lcd20x4),
    ];

    /// The address that such displays are sold with: 0x3C of an OLED without its resistor
    /// moved, 0x27 of a PCF8574 without a bridge soldered.
    pub fn usual_address(self) -> u16 {
        match self {
            Kind::Lcd16x2 | Kind::Lcd20x4 => 0x27,
            Kind::None | Kind::Ssd1306 | Kind::Ssd1306Flat | Kind::Sh1106 => 0x3C,
        }
    }
}

/// A display and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which.
    pub kind: Kind,
    /// Its bus: a path as in `/dev/i2c-1`, or a part of the name that the bus has in
    /// `/sys/class/i2c-dev`.
    pub bus: String,
    /// Its address on the bus, 0x03..=0x77; `None`: the usual one.
    pub address: Option<u16>,
    /// Whether it is mounted upside down. An HD44780 cannot be turned.
    pub rotated: bool,
    /// Per cent, 1..=100. The light of an HD44780 is on or off.
    pub brightness: u8,
    /// How long after the last hit or change it is dimmed.
    pub dim_after: Option<Duration>,
    /// How long after the last hit or change it goes dark: an OLED ages by its light.
    pub off_after: Option<Duration>,
}

impl Settings {
    /// The display's address.
    pub fn address(&self) -> u16 {
        self.address.unwrap_or(self.kind.usual_address())
    }
}

/// How bright a display is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// As the settings say.
    Full,
    /// As little as it can.
    Dim,
    /// Dark.
    Off,
}

/// A display that is there. Every write may take as long as its bus does, some 25 ms for a
/// whole picture at 400 kHz, and fails where the display has gone.
pub trait Glass {
    /// Shows a screen; only what differs from what is shown goes over the bus.
    fn show(&mut self, screen: &Screen) -> io::Result<()>;
    /// Changes the light.
    fn light(&mut self, light: Light) -> io::Result<()>;
    /// Fails where the display has gone.
    fn ping(&mut self) -> io::Result<()>;
    /// Shows nothing any more.
    fn clear(&mut self) -> io::Result<()>;
}

#[cfg(test)]
mod tests;
