//! OLEDs with the chips SSD1306 and SH1106, by the crate ssd1306.
//!
//! The crate writes pictures by the SSD1306's own commands, which the SH1106 lacks. Both know
//! the older way, page by page (a page is eight rows of dots), and the crate has its commands
//! too: so one way serves both. What differs is that the SH1106 has 132 columns, of which a
//! glass of 128 shows those from the third on. Its start is that of the SSD1306, as in u8g2
//! (`u8x8_d_sh1106_128x64_noname`).

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::rc::Rc;

use display_interface::{DataFormat, DisplayError, WriteOnlyDataCommand};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::*;
use ssd1306::Ssd1306;
use ssd1306::command::AddrMode;
use ssd1306::mode::BasicMode;
use ssd1306::prelude::{Brightness, DisplayRotation};
use ssd1306::size::DisplaySize;

use super::draw::{WIDTH, draw};
use super::i2c::Wire;
use super::{Glass, Light, Screen};

/// Columns of the glass.
const COLUMNS: usize = WIDTH as usize;
/// The first byte of a transfer says what follows (SSD1306 data sheet, 8.1.5.2).
const COMMANDS: u8 = 0x00;
const DATA: u8 = 0x40;
/// A command that does nothing.
const NOP: u8 = 0xE3;
/// The SH1106's column that the glass begins with.
pub const SH1106_COLUMN: u8 = 2;

/// A picture as the chips keep it: pages of eight rows, a byte is eight dots from the top
/// down.
struct Frame {
    bytes: Vec<u8>,
}

impl Frame {
    fn new(height: u8) -> Self {
        Self { bytes: vec![0; COLUMNS * usize::from(height / 8)] }
    }
}

impl OriginDimensions for Frame {
    fn size(&self) -> Size {
        Size::new(WIDTH, (self.bytes.len() / COLUMNS * 8) as u32)
    }
}

impl DrawTarget for Frame {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        let area = self.bounding_box();
        for Pixel(point, color) in pixels.into_iter().filter(|pixel| area.contains(pixel.0)) {
            let (x, y) = (point.x as usize, point.y as usize);
            let byte = &mut self.bytes[y / 8 * COLUMNS + x];
            let dot = 1 << (y % 8);
            if color.is_on() {
                *byte |= dot;
            } else {
                *byte &= !dot;
            }
        }
        Ok(())
    }
}

/// What the crate writes through. It forgets why a write failed; this remembers.
#[derive(Clone)]
struct Line(Rc<RefCell<Port>>);

struct Port {
    wire: Box<dyn Wire>,
    bytes: Vec<u8>,
    failed: Option<io::Error>,
}

impl Line {
    fn new(wire: Box<dyn Wire>) -> Self {
        Self(Rc::new(RefCell::new(Port { wire, bytes: Vec::new(), failed: None })))
    }

    fn send(&self, what: u8, format: DataFormat) -> Result<(), DisplayError> {
        let DataFormat::U8(bytes) = format else {
            return Err(DisplayError::DataFormatNotImplemented);
        };
        let mut port = self.0.borrow_mut();
        let Port { wire, bytes: whole, failed } = &mut *port;
        whole.clear();
        whole.push(what);
        whole.extend_from_slice(bytes);
        wire.write(whole).map_err(|error| {
            *failed = Some(error);
            DisplayError::BusWriteError
        })
    }

    /// The result of a write with the reason that the bus had.
    fn told(&self, result: Result<(), DisplayError>) -> io::Result<()> {
        result.map_err(|error| {
            let failed = self.0.borrow_mut().failed.take();
            failed.unwrap_or_else(|| io::Error::other(format!("{error:?}")))
        })
    }
}

impl WriteOnlyDataCommand for Line {
    fn send_commands(&mut self, commands: DataFormat<'_>) -> Result<(), DisplayError> {
        self.send(COMMANDS, commands)
    }

    fn send_data(&mut self, data: DataFormat<'_>) -> Result<(), DisplayError> {
        self.send(DATA, data)
    }
}

/// An OLED that shows what it is told.
pub struct Oled<S> {
    chip: Ssd1306<Line, S, BasicMode>,
    line: Line,
    frame: Frame,
    /// The pages that the chip has, as far as that is known.
    shown: Vec<Option<Vec<u8>>>,
    column: u8,
    brightness: Brightness,
}

impl<S: DisplaySize> Oled<S> {
    /// Starts a display, dark and empty. `column`: where its glass begins;
    /// `brightness`: per cent.
    pub fn start(
        wire: Box<dyn Wire>,
        size: S,
        column: u8,
        rotated: bool,
        brightness: u8,
    ) -> io::Result<Self> {
        let rotation = if rotated { DisplayRotation::Rotate180 } else { DisplayRotation::Rotate0 };
        let line = Line::new(wire);
        let mut oled = Self {
            chip: Ssd1306::new(line.clone(), size, rotation),
            line,
            frame: Frame::new(S::HEIGHT),
            shown: vec![None; usize::from(S::HEIGHT / 8)],
            column,
            brightness: Brightness::custom(2, contrast(brightness)),
        };
        let started = oled.chip.init_with_addr_mode(AddrMode::Page);
        oled.line.told(started)?;
        // The chip wakes with anything in its memory: nobody needs to see that.
        oled.light(Light::Off)?;
        oled.flush()?;
        Ok(oled)
    }

    /// Writes the pages that differ.
    fn flush(&mut self) -> io::Result<()> {
        let Self { chip, line, frame, shown, column, .. } = self;
        for (index, (page, shown)) in frame.bytes.chunks(COLUMNS).zip(shown).enumerate() {
            if shown.as_deref() == Some(page) {
                continue;
            }
            *shown = None;
            let row = chip.set_row(8 * index as u8);
            line.told(row)?;
            let column = chip.set_column(*column);
            line.told(column)?;
            let drawn = chip.draw(page);
            line.told(drawn)?;
            *shown = Some(page.to_vec());
        }
        Ok(())
    }
}

/// The chip's contrast for a brightness in per cent.
fn contrast(percent: u8) -> u8 {
    (u32::from(percent.min(100)) * 255 / 100) as u8
}

impl<S: DisplaySize> Glass for Oled<S> {
    fn show(&mut self, screen: &Screen) -> io::Result<()> {
        let Ok(()) = draw(screen, &mut self.frame);
        self.flush()
    }

    fn light(&mut self, light: Light) -> io::Result<()> {
        let brightness = match light {
            Light::Full => Some(self.brightness),
            Light::Dim => Some(Brightness::DIMMEST),
            Light::Off => None,
        };
        if let Some(brightness) = brightness {
            let set = self.chip.set_brightness(brightness);
            self.line.told(set)?;
        }
        let set = self.chip.set_display_on(brightness.is_some());
        self.line.told(set)
    }

    fn ping(&mut self) -> io::Result<()> {
        let sent = self.line.send(COMMANDS, DataFormat::U8(&[NOP]));
        self.line.told(sent)
    }

    fn clear(&mut self) -> io::Result<()> {
        let Ok(()) = self.frame.clear(BinaryColor::Off);
        self.flush()?;
        self.light(Light::Off)
    }
}
