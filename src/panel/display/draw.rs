//! A screen as a picture.

use embedded_graphics::mono_font::iso_8859_1::{
    FONT_6X10, FONT_7X13_BOLD, FONT_9X15, FONT_9X15_BOLD, FONT_10X20,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle, MonoTextStyleBuilder};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Baseline, Text};

use super::Screen;
use super::chars::{fit, has_room, latin1, without_folders, wrap};

/// Dots of a line of every display here.
pub const WIDTH: u32 = 128;
/// Letters of the small font in a line.
const COLUMNS: usize = letters(&FONT_6X10);
/// What stands before the next kit.
const NEXT: char = '»';

const fn letters(font: &MonoFont) -> usize {
    (WIDTH / font.character_size.width) as usize
}

/// Draws a screen over whatever was there, 128 dots wide: as for 64 dots of height where
/// there are so many, else as for 32.
pub fn draw<D: DrawTarget<Color = BinaryColor>>(
    screen: &Screen,
    target: &mut D,
) -> Result<(), D::Error> {
    target.clear(BinaryColor::Off)?;
    if target.bounding_box().size.height >= 64 {
        tall(screen, target)
    } else {
        flat(screen, target)
    }
}

/// 64 dots: a head with place and volume, the kit, and below it what comes next.
fn tall<D: DrawTarget<Color = BinaryColor>>(screen: &Screen, to: &mut D) -> Result<(), D::Error> {
    let volume = screen.volume();
    let width = wide(&volume);
    write(to, &FONT_6X10, 0, 0, &fit(&screen.place(), 6))?;
    write(to, &FONT_6X10, WIDTH as i32 - width, 0, &volume)?;
    bar(to, Rectangle::new(Point::new(42, 2), Size::new(34, 6)), screen.fullness())?;
    fill(to, Rectangle::new(Point::new(0, 11), Size::new(WIDTH, 1)))?;
    if let Some(words) = &screen.words {
        return speak(to, words, 14, [(&FONT_9X15, 3, 17), (&FONT_6X10, 4, 13)]);
    }
    name(to, &title(screen), 15, [&FONT_10X20, &FONT_9X15_BOLD, &FONT_7X13_BOLD], 2)?;
    if let Some(problem) = &screen.problem {
        return warn(to, problem, 41);
    }
    if let Some(loading) = &screen.loading {
        let waits = screen.kit.is_some();
        if waits {
            next(to, &loading.kit, 40, COLUMNS)?;
        }
        return progress(to, screen, 53);
    }
    match &screen.next {
        Some(kit) => next(to, kit, 53, COLUMNS),
        None => Ok(()),
    }
}

/// 32 dots: the kit, and below it what comes next and the volume.
fn flat<D: DrawTarget<Color = BinaryColor>>(screen: &Screen, to: &mut D) -> Result<(), D::Error> {
    if let Some(words) = &screen.words {
        return speak(to, words, 0, [(&FONT_9X15, 2, 16), (&FONT_6X10, 3, 11)]);
    }
    if let Some(problem) = &screen.problem {
        write(to, &FONT_6X10, 0, 0, &fit(&title(screen), COLUMNS))?;
        return warn(to, problem, 10);
    }
    let fonts = [&FONT_9X15_BOLD, &FONT_7X13_BOLD, &FONT_6X10];
    if let Some(loading) = &screen.loading {
        // Who steps through kits wants to see where they are.
        let kit = format!("{NEXT} {}", latin1(&loading.kit));
        name(to, &kit, 0, fonts, 1)?;
        return progress(to, screen, 21);
    }
    name(to, &title(screen), 0, fonts, 1)?;
    let volume = screen.volume();
    write(to, &FONT_6X10, WIDTH as i32 - wide(&volume), 22, &volume)?;
    match &screen.next {
        Some(kit) => next(to, kit, 22, COLUMNS - volume.chars().count() - 1),
        None => Ok(()),
    }
}

/// What stands in the place of the kit: the one that plays, else the one that will.
pub(super) fn title(screen: &Screen) -> String {
    let loading = screen.loading.as_ref().map(|loading| &loading.kit);
    screen.kit.as_ref().or(loading).map_or("no kit".to_owned(), |kit| latin1(kit))
}

/// The kit in the largest font that it fits into, else in so many lines of the smallest.
fn name<D: DrawTarget<Color = BinaryColor>>(
    to: &mut D,
    kit: &str,
    y: i32,
    fonts: [&MonoFont; 3],
    lines: usize,
) -> Result<(), D::Error> {
    for font in fonts {
        if has_room(kit, letters(font), 1) {
            return write(to, font, 0, y, &fit(kit, letters(font)));
        }
    }
    for (index, line) in wrap(kit, COLUMNS, lines).iter().enumerate() {
        write(to, &FONT_6X10, 0, y + 11 * index as i32, line)?;
    }
    Ok(())
}

/// Words in the larger of two fonts if they fit, from `y` down. A font goes with its lines
/// and the dots from one to the next.
fn speak<D: DrawTarget<Color = BinaryColor>>(
    to: &mut D,
    words: &str,
    y: i32,
    [large, small]: [(&MonoFont, usize, i32); 2],
) -> Result<(), D::Error> {
    let words = latin1(words);
    let fits = has_room(&words, letters(large.0), large.1);
    let (font, lines, step) = if fits { large } else { small };
    for (index, line) in wrap(&words, letters(font), lines).iter().enumerate() {
        write(to, font, 0, y + step * index as i32, line)?;
    }
    Ok(())
}

/// A problem in two dark lines on light, from `y` down.
fn warn<D: DrawTarget<Color = BinaryColor>>(
    to: &mut D,
    problem: &str,
    y: i32,
) -> Result<(), D::Error> {
    fill(to, Rectangle::new(Point::new(0, y), Size::new(WIDTH, 22)))?;
    let style = MonoTextStyleBuilder::new().font(&FONT_6X10).text_color(BinaryColor::Off).build();
    for (index, line) in wrap(&warning(problem), COLUMNS, 2).iter().enumerate() {
        let place = Point::new(1, y + 1 + 10 * index as i32);
        Text::with_baseline(line, place, style, Baseline::Top).draw(to)?;
    }
    Ok(())
}

fn warning(problem: &str) -> String {
    latin1(&without_folders(problem))
}

/// How far the kit is that is waited for: a bar and a number, from `y` down.
fn progress<D: DrawTarget<Color = BinaryColor>>(
    to: &mut D,
    screen: &Screen,
    y: i32,
) -> Result<(), D::Error> {
    let percent = screen.loading.as_ref().and_then(|loading| loading.percent());
    let part = percent.unwrap_or(0) as f32 / 100.0;
    bar(to, Rectangle::new(Point::new(0, y), Size::new(98, 10)), part)?;
    let number = percent.map_or("...".to_owned(), |percent| format!("{percent}%"));
    write(to, &FONT_6X10, WIDTH as i32 - wide(&number), y, &number)
}

fn next<D: DrawTarget<Color = BinaryColor>>(
    to: &mut D,
    kit: &str,
    y: i32,
    columns: usize,
) -> Result<(), D::Error> {
    write(to, &FONT_6X10, 0, y, &fit(&format!("{NEXT} {}", latin1(kit)), columns))
}

/// A frame of which a part, 0..=1, is full from the left.
fn bar<D: DrawTarget<Color = BinaryColor>>(
    to: &mut D,
    area: Rectangle,
    part: f32,
) -> Result<(), D::Error> {
    area.into_styled(PrimitiveStyle::with_stroke(BinaryColor::On, 1)).draw(to)?;
    let inner = Size::new(area.size.width - 4, area.size.height - 4);
    let full = (inner.width as f32 * part.clamp(0.0, 1.0)).round() as u32;
    fill(to, Rectangle::new(area.top_left + Point::new(2, 2), Size::new(full, inner.height)))
}

fn fill<D: DrawTarget<Color = BinaryColor>>(to: &mut D, area: Rectangle) -> Result<(), D::Error> {
    area.into_styled(PrimitiveStyle::with_fill(BinaryColor::On)).draw(to)
}

fn write<D: DrawTarget<Color = BinaryColor>>(
    to: &mut D,
    font: &MonoFont,
    x: i32,
    y: i32,
    text: &str,
) -> Result<(), D::Error> {
    let style = MonoTextStyle::new(font, BinaryColor::On);
    Text::with_baseline(text, Point::new(x, y), style, Baseline::Top).draw(to).map(|_| ())
}

/// Dots of a text in the small font.
fn wide(text: &str) -> i32 {
    text.chars().count() as i32 * FONT_6X10.character_size.width as i32
}
