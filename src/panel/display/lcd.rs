//! LCDs with the chip HD44780 behind a PCF8574, the usual "backpack".
//!
//! The PCF8574 gives eight lines of its own, wired as on all of these boards: bit 0 is the
//! chip's RS (letters or commands), 1 its R/W (always write), 2 its E (it takes over what is
//! there when that falls), 3 the light, 4 to 7 its data lines D4 to D7. So a byte goes over
//! in two halves of two writes each, all in one transfer for a whole line: at the PCF8574's
//! 100 kHz a letter takes 360 µs, and the chip needs 37.

use std::io;
use std::time::Duration;

use super::i2c::Wire;
use super::text::lines;
use super::{Glass, Light, Screen};

const RS: u8 = 0x01;
const ENABLE: u8 = 0x04;
const LIGHT: u8 = 0x08;

// Commands of the HD44780U data sheet, table 6.
const CLEAR: u8 = 0x01;
const ENTRY_RIGHTWARDS: u8 = 0x06;
const DISPLAY_ON: u8 = 0x0C;
const DISPLAY_OFF: u8 = 0x08;
const FOUR_BITS_TWO_LINES: u8 = 0x28;
const CURSOR_AT: u8 = 0x80;
/// Where lines begin in its memory: a display of four is one of two whose halves lie below
/// each other.
const LINES: [u8; 4] = [0x00, 0x40, 0x14, 0x54];

/// An LCD that shows what it is told.
pub struct Lcd {
    wire: Box<dyn Wire>,
    columns: usize,
    /// The lines that it shows, as far as that is known.
    shown: Vec<Option<String>>,
    light: u8,
}

impl Lcd {
    /// Starts a display of 2 or 4 lines, dark and empty. `pause` lets that much time pass.
    pub fn start(
        wire: Box<dyn Wire>,
        columns: usize,
        rows: usize,
        mut pause: impl FnMut(Duration),
    ) -> io::Result<Self> {
        let shown = vec![None; rows.min(LINES.len())];
        let mut lcd = Self { wire, columns, shown, light: 0 };
        // Figure 24 of the data sheet: the way from any state to four bits.
        pause(Duration::from_millis(50));
        for wait in [4_100, 100, 100] {
            lcd.half(0x30)?;
            pause(Duration::from_micros(wait));
        }
        lcd.half(0x20)?;
        for command in [FOUR_BITS_TWO_LINES, DISPLAY_OFF, CLEAR] {
            lcd.write(command, &[])?;
        }
        pause(Duration::from_millis(2));
        lcd.write(ENTRY_RIGHTWARDS, &[])?;
        lcd.write(DISPLAY_ON, &[])?;
        Ok(lcd)
    }

    /// Half a byte, in its upper bits: a command while the chip still takes eight.
    fn half(&mut self, upper: u8) -> io::Result<()> {
        let lines = upper | self.light;
        self.wire.write(&[lines | ENABLE, lines])
    }

    /// A command, and letters where the cursor is then.
    fn write(&mut self, command: u8, letters: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(4 * (1 + letters.len()));
        let letters = letters.iter().map(|letter| (*letter, RS));
        for (byte, select) in std::iter::once((command, 0)).chain(letters) {
            for half in [byte & 0xF0, byte << 4] {
                let lines = half | select | self.light;
                bytes.extend([lines | ENABLE, lines]);
            }
        }
        self.wire.write(&bytes)
    }

    fn put(&mut self, lines: &[String]) -> io::Result<()> {
        for (row, line) in lines.iter().enumerate().take(self.shown.len()) {
            if self.shown[row].as_ref() != Some(line) {
                self.shown[row] = None;
                self.write(CURSOR_AT | LINES[row], line.as_bytes())?;
                self.shown[row] = Some(line.clone());
            }
        }
        Ok(())
    }
}

impl Glass for Lcd {
    fn show(&mut self, screen: &Screen) -> io::Result<()> {
        self.put(&lines(screen, self.columns, self.shown.len()))
    }

    fn light(&mut self, light: Light) -> io::Result<()> {
        self.light = if light == Light::Off { 0 } else { LIGHT };
        self.ping()
    }

    fn ping(&mut self) -> io::Result<()> {
        self.wire.write(&[self.light])
    }

    fn clear(&mut self) -> io::Result<()> {
        self.put(&vec![" ".repeat(self.columns); self.shown.len()])?;
        self.light(Light::Off)
    }
}
