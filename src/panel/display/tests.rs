//! Screens on every display, from what is shown to the bytes on the bus.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::*;
use embedded_graphics_simulator::SimulatorDisplay;
use ssd1306::size::{DisplaySize128x32, DisplaySize128x64};

use super::draw::draw;
use super::i2c::Wire;
use super::lcd::Lcd;
use super::oled::{Oled, SH1106_COLUMN};
use super::text::lines;
use super::{Glass, Light, Loading, Screen};
use crate::words::rng::Rng;

/// A wire that keeps what is written, and breaks when it is told to.
#[derive(Clone, Default)]
struct Recorder(Rc<RefCell<Recorded>>);

#[derive(Default)]
struct Recorded {
    writes: Vec<Vec<u8>>,
    /// Writes until the cable is pulled, where it is.
    left: Option<usize>,
}

impl Wire for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut recorded = self.0.borrow_mut();
        if let Some(left) = &mut recorded.left {
            *left = left.checked_sub(1).ok_or(io::Error::from_raw_os_error(libc::EREMOTEIO))?;
        }
        recorded.writes.push(bytes.to_vec());
        Ok(())
    }
}

impl Recorder {
    fn wire(&self) -> Box<dyn Wire> {
        Box::new(self.clone())
    }

    fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.borrow_mut().writes)
    }
}

/// A chip with 132 columns, as its data sheet says it behaves: page addressing only.
struct Chip {
    memory: [[u8; 132]; 8],
    page: usize,
    column: usize,
    on: bool,
    contrast: u8,
}

impl Chip {
    fn new() -> Self {
        // what memory happens to hold when the power comes
        Self { memory: [[0xA5; 132]; 8], page: 7, column: 99, on: false, contrast: 0x7F }
    }

    fn hear(&mut self, writes: &[Vec<u8>]) {
        for bytes in writes {
            match bytes[0] {
                0x40 => {
                    for byte in &bytes[1..] {
                        self.memory[self.page][self.column] = *byte;
                        self.column = (self.column + 1) % 132;
                    }
                }
                0x00 => self.obey(bytes[1..].iter().copied().collect()),
                other => panic!("{other:#04x} is neither commands nor data"),
            }
        }
    }

    fn obey(&mut self, mut commands: VecDeque<u8>) {
        while let Some(command) = commands.pop_front() {
            let mut argument = || commands.pop_front().expect("an argument");
            match command {
                0x00..=0x0F => self.column = self.column & 0xF0 | usize::from(command),
                0x10..=0x1F => self.column = self.column & 0x0F | usize::from(command & 0xF) << 4,
                0xB0..=0xB7 => self.page = usize::from(command & 0xF),
                0x81 => self.contrast = argument(),
                0xAE | 0xAF => self.on = command == 0xAF,
                0x20 => assert_eq!(argument(), 2, "page addressing"),
                0x8D | 0xA8 | 0xD3 | 0xD5 | 0xD9 | 0xDA | 0xDB => drop(argument()),
                0x2E | 0x40 | 0xA0 | 0xA1 | 0xA4 | 0xA6 | 0xC0 | 0xC8 | 0xE3 => {}
                other => panic!("{other:#04x} is no command"),
            }
        }
    }

    /// The dot that a glass shows that begins with this column.
    fn dot(&self, begin: usize, point: Point) -> BinaryColor {
        let (x, y) = (point.x as usize, point.y as usize);
        BinaryColor::from(self.memory[y / 8][begin + x] >> (y % 8) & 1 == 1)
    }
}

fn drawn(screen: &Screen, height: u32) -> SimulatorDisplay<BinaryColor> {
    let mut picture = SimulatorDisplay::new(Size::new(128, height));
    let Ok(()) = draw(screen, &mut picture);
    picture
}

fn screen() -> Screen {
    Screen {
        kit: Some("Studio".into()),
        number: 1,
        kits: 3,
        next: Some("Nine".into()),
        volume_db: -12.0,
        ..Screen::default()
    }
}

fn loading(done: usize, total: usize) -> Option<Loading> {
    Some(Loading { kit: "Größe".into(), done, total })
}

#[test]
fn both_chips_show_the_picture_to_the_dot() {
    let all: Vec<Point> = (0..64).flat_map(|y| (0..128).map(move |x| Point::new(x, y))).collect();
    let picture = drawn(&screen(), 64);
    for column in [0, SH1106_COLUMN] {
        let (recorder, mut chip) = (Recorder::default(), Chip::new());
        let mut oled = Oled::start(recorder.wire(), DisplaySize128x64, column, false, 50).unwrap();
        chip.hear(&recorder.take());
        assert!(!chip.on, "nobody sees what is in memory at the start");
        oled.show(&screen()).unwrap();
        oled.light(Light::Full).unwrap();
        chip.hear(&recorder.take());
        assert!((chip.on, chip.contrast) == (true, 127));
        let dot = |point: &Point| chip.dot(column.into(), *point) == picture.get_pixel(*point);
        assert!(all.iter().all(dot), "from column {column}");
    }
}

#[test]
fn a_flat_glass_gets_its_four_pages() {
    let (recorder, mut chip) = (Recorder::default(), Chip::new());
    let mut oled = Oled::start(recorder.wire(), DisplaySize128x32, 0, true, 50).unwrap();
    oled.show(&screen()).unwrap();
    let writes = recorder.take();
    assert!(writes.contains(&vec![0, 0xA0]) && writes.contains(&vec![0, 0xC0]), "upside down");
    assert!(writes.contains(&vec![0, 0xA8, 31]), "32 rows");
    chip.hear(&writes);
    let picture = drawn(&screen(), 32);
    for point in picture.bounding_box().points() {
        assert_eq!(chip.dot(0, point), picture.get_pixel(point), "{point}");
    }
    assert_eq!(chip.memory[4][0], 0xA5, "there is no glass below");
}

#[test]
fn only_pages_that_changed_go_over_the_bus() {
    let recorder = Recorder::default();
    let mut oled = Oled::start(recorder.wire(), DisplaySize128x64, 0, false, 50).unwrap();
    oled.show(&screen()).unwrap();
    recorder.take();
    oled.show(&screen()).unwrap();
    assert_eq!(recorder.take().len(), 0);
    oled.show(&Screen { volume_db: -13.0, ..screen() }).unwrap();
    // the number and the bar beside it are in the upper eight rows
    let pages: Vec<u8> =
        recorder.take().iter().filter(|w| w[1] & 0xF0 == 0xB0).map(|w| w[1]).collect();
    assert_eq!(pages, [0xB0]);
}

#[test]
fn a_picture_that_broke_off_is_written_again_from_there() {
    let (recorder, mut chip) = (Recorder::default(), Chip::new());
    let mut oled = Oled::start(recorder.wire(), DisplaySize128x64, 0, false, 50).unwrap();
    recorder.0.borrow_mut().left = Some(4);
    let error = oled.show(&screen()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EREMOTEIO), "the bus's own reason");
    assert!(oled.ping().is_err());
    recorder.0.borrow_mut().left = None;
    oled.show(&screen()).unwrap();
    chip.hear(&recorder.take());
    let picture = drawn(&screen(), 64);
    for point in picture.bounding_box().points() {
        assert_eq!(chip.dot(0, point), picture.get_pixel(point), "{point}");
    }
}

#[test]
fn an_oled_dims_goes_dark_and_is_empty_at_the_end() {
    let (recorder, mut chip) = (Recorder::default(), Chip::new());
    let mut oled = Oled::start(recorder.wire(), DisplaySize128x64, 0, false, 100).unwrap();
    let mut seen = |oled: &mut Oled<_>, light| {
        oled.light(light).unwrap();
        chip.hear(&recorder.take());
        (chip.on, chip.contrast)
    };
    assert_eq!(seen(&mut oled, Light::Full), (true, 255));
    assert_eq!(seen(&mut oled, Light::Dim), (true, 0));
    assert!(!seen(&mut oled, Light::Off).0);
    oled.show(&screen()).unwrap();
    oled.clear().unwrap();
    chip.hear(&recorder.take());
    assert!(!chip.on && chip.memory.iter().all(|page| page[..128].iter().all(|b| *b == 0)));
}

/// What an HD44780 of these wires gets: commands and letters, and the light at the end.
fn received(writes: &[Vec<u8>]) -> (Vec<(bool, u8)>, bool) {
    let (mut halves, mut enabled, mut light) = (Vec::new(), None::<u8>, false);
    for byte in writes.iter().flatten() {
        // it takes over what is there when E falls
        if let Some(before) = enabled.filter(|_| byte & 4 == 0) {
            assert_eq!(before & !4, *byte, "the lines hold still while E falls");
            halves.push((byte & 1 == 1, byte >> 4));
        }
        enabled = (byte & 4 != 0).then_some(*byte);
        assert_eq!(byte & 2, 0, "it is never read");
        light = byte & 8 != 0;
    }
    // the start is in halves of their own: 3, 3, 3, 2
    if halves.starts_with(&[(false, 3), (false, 3), (false, 3), (false, 2)]) {
        halves.drain(..4);
    }
    let whole = halves.chunks(2).map(|pair| (pair[0].0, pair[0].1 << 4 | pair[1].1)).collect();
    (whole, light)
}

#[test]
fn an_lcd_starts_and_gets_its_lines() {
    let recorder = Recorder::default();
    let mut paused = 0;
    let mut lcd = Lcd::start(recorder.wire(), 16, 2, |_| paused += 1).unwrap();
    let (commands, light) = received(&recorder.take());
    let start = [0x28, 0x08, 0x01, 0x06, 0x0C].map(|command| (false, command));
    assert_eq!((commands, light, paused), (start.to_vec(), false, 5));

    let letters = |from: u8, text: &str| -> Vec<(bool, u8)> {
        let letters = text.bytes().map(|letter| (true, letter));
        std::iter::once((false, 0x80 | from)).chain(letters).collect()
    };
    lcd.light(Light::Full).unwrap();
    lcd.show(&screen()).unwrap();
    let both = [letters(0, "Studio          "), letters(0x40, "> Nine     -12dB")].concat();
    assert_eq!(received(&recorder.take()), (both, true));
    lcd.show(&Screen { volume_db: -6.0, ..screen() }).unwrap();
    assert_eq!(received(&recorder.take()).0, letters(0x40, "> Nine      -6dB"));
    lcd.clear().unwrap();
    let empty = [letters(0, &" ".repeat(16)), letters(0x40, &" ".repeat(16))].concat();
    assert_eq!(received(&recorder.take()), (empty, false));
}

#[test]
fn two_lines_show_what_matters_now() {
    let shown = |screen: &Screen| lines(screen, 16, 2);
    assert_eq!(shown(&screen()), ["Studio          ", "> Nine     -12dB"]);
    let load = Screen { loading: loading(13, 40), ..screen() };
    assert_eq!(shown(&load), ["Groesse         ", "[###       ] 32%"]);
    let begun = Screen { loading: loading(0, 0), ..screen() };
    assert_eq!(shown(&begun)[1], "[          ] ...");
    let full = Screen { loading: loading(50, 40), ..screen() };
    assert_eq!(shown(&full)[1], "[##########]100%");
    let problem = Screen { problem: Some("no sound card".into()), ..load };
    assert_eq!(shown(&problem), ["no sound card   ", "                "]);
    let words = Screen { words: Some("Hit the edge of the snare".into()), ..problem };
    assert_eq!(shown(&words), ["Hit the edge of ", "the snare       "]);
    let alone = Screen { kit: None, next: None, volume_db: f32::NEG_INFINITY, ..screen() };
    assert_eq!(shown(&alone), ["no kit          ", "             off"]);
    let long = Screen { next: Some("A very long name indeed".into()), ..screen() };
    assert_eq!(shown(&long)[1], "> A very.. -12dB");
}

#[test]
fn four_lines_show_more() {
    let shown = |screen: &Screen| lines(screen, 20, 4);
    assert_eq!(
        shown(&screen()),
        ["Studio              ", "1/3           -12 dB", "> Nine              ", &" ".repeat(20)]
    );
    let load = Screen { loading: loading(10, 40), ..screen() };
    assert_eq!(shown(&load)[2..], ["> Groesse           ", "[####          ] 25%"]);
    let problem = Screen { problem: Some("kit Große cannot be played".into()), ..load };
    assert_eq!(shown(&problem)[2..], ["kit Grosse cannot be", "played              "]);
}

#[test]
fn a_volume_is_written_as_people_write_it() {
    let volume = |volume_db| Screen { volume_db, ..Screen::default() }.volume();
    assert_eq!([-0.0, -0.04, -6.5, -60.0].map(volume), ["0 dB", "0 dB", "-6.5 dB", "-60 dB"]);
    assert_eq!([f32::NAN, f32::NEG_INFINITY, -1e30].map(volume), ["off", "off", "-99 dB"]);
}

/// A target that is what it must be: dots outside of it are a mistake.
struct Strict(Size);

impl OriginDimensions for Strict {
    fn size(&self) -> Size {
        self.0
    }
}

impl DrawTarget for Strict {
    type Color = BinaryColor;
    type Error = Point;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(
        &mut self,
        all: I,
    ) -> Result<(), Point> {
        let outside = all.into_iter().find(|pixel| !self.bounding_box().contains(pixel.0));
        outside.map_or(Ok(()), |pixel| Err(pixel.0))
    }
}

fn any_text(rng: &mut Rng) -> String {
    const LETTERS: [char; 16] = [
        'a',
        'W',
        ' ',
        ' ',
        'é',
        'ß',
        '\u{301}',
        '\u{2028}',
        '/',
        '~',
        '漢',
        '\u{1F941}',
        '\n',
        '\0',
        '\u{ff}',
        'ő',
    ];
    let length = [0, 1, 8, 15, 22, 60, 400][rng.draw() as usize % 7];
    (0..length).map(|_| LETTERS[rng.draw() as usize % LETTERS.len()]).collect()
}

fn any_screen(rng: &mut Rng) -> Screen {
    let some = |rng: &mut Rng| !rng.draw().is_multiple_of(3);
    let text = |rng: &mut Rng| some(rng).then(|| any_text(rng));
    let count = |rng: &mut Rng| [0, 1, 7, 130, 70_000][rng.draw() as usize % 5];
    let volumes = [0.0, -6.54, -60.0, 12.0, f32::NAN, f32::INFINITY, f32::MIN];
    Screen {
        kit: text(rng),
        number: count(rng),
        kits: count(rng),
        next: text(rng),
        loading: some(rng).then(|| Loading {
            kit: any_text(rng),
            done: count(rng),
            total: count(rng),
        }),
        volume_db: volumes[rng.draw() as usize % volumes.len()],
        problem: text(rng),
        words: text(rng).filter(|_| rng.draw().is_multiple_of(2)),
    }
}

#[test]
fn whatever_is_shown_stays_inside_the_display() {
    let mut rng = Rng::new(7, 7);
    for _ in 0..2000 {
        let screen = any_screen(&mut rng);
        for height in [64, 32] {
            draw(&screen, &mut Strict(Size::new(128, height)))
                .unwrap_or_else(|point| panic!("{point} of {height}: {screen:?}"));
        }
        for (columns, rows) in [(16, 2), (20, 4)] {
            let shown = lines(&screen, columns, rows);
            let fits = shown.iter().all(|line| line.is_ascii() && line.len() == columns);
            assert!(fits && shown.len() == rows, "{shown:?} of {screen:?}");
        }
    }
}

#[test]
fn after_any_screens_a_glass_shows_the_last_one() {
    let mut rng = Rng::new(11, 7);
    let (recorder, mut chip) = (Recorder::default(), Chip::new());
    let mut oled = Oled::start(recorder.wire(), DisplaySize128x64, 0, false, 50).unwrap();
    for _ in 0..50 {
        let screen = any_screen(&mut rng);
        oled.show(&screen).unwrap();
        chip.hear(&recorder.take());
        let picture = drawn(&screen, 64);
        for point in picture.bounding_box().points() {
            assert_eq!(chip.dot(0, point), picture.get_pixel(point), "{point} of {screen:?}");
        }
    }
}
