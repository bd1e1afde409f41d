//! A screen as lines of letters.

use super::Screen;
use super::chars::{ascii, fit, without_folders, wrap};

/// What fills a bar.
const FULL: &str = "#";

/// A screen as so many lines (2 or more) of exactly so many letters of ASCII.
pub fn lines(screen: &Screen, columns: usize, rows: usize) -> Vec<String> {
    let mut lines = match (&screen.words, &screen.problem) {
        (Some(words), _) => wrap(&ascii(words), columns, rows),
        (None, Some(problem)) if rows < 4 => wrap(&warning(problem), columns, rows),
        _ if rows < 4 => short(screen, columns),
        _ => long(screen, columns),
    };
    lines.resize(rows, String::new());
    lines.iter().map(|line| format!("{:columns$}", fit_padded(line, columns))).collect()
}

/// Two lines: the kit, then what comes next and the volume.
fn short(screen: &Screen, columns: usize) -> Vec<String> {
    if let Some(loading) = &screen.loading {
        return vec![fit(&ascii(&loading.kit), columns), bar(screen, columns)];
    }
    let volume = screen.volume().replace(' ', "");
    vec![kit(screen, columns), ends(&next(screen), &volume, columns)]
}

/// Four lines: the kit, its place and the volume, what comes next, how far it is.
fn long(screen: &Screen, columns: usize) -> Vec<String> {
    let head = [kit(screen, columns), ends(&screen.place(), &screen.volume(), columns)];
    let rest = match (&screen.problem, &screen.loading) {
        (Some(problem), _) => wrap(&warning(problem), columns, 2),
        (None, Some(loading)) => {
            vec![fit(&format!("> {}", ascii(&loading.kit)), columns), bar(screen, columns)]
        }
        (None, None) => vec![fit(&next(screen), columns)],
    };
    head.into_iter().chain(rest).collect()
}

fn kit(screen: &Screen, columns: usize) -> String {
    fit(&ascii(&super::draw::title(screen)), columns)
}

fn next(screen: &Screen) -> String {
    screen.next.as_ref().map_or(String::new(), |kit| format!("> {}", ascii(kit)))
}

fn warning(problem: &str) -> String {
    ascii(&without_folders(problem))
}

/// Two texts at the ends of a line; the left one makes room.
fn ends(left: &str, right: &str, columns: usize) -> String {
    let room = columns.saturating_sub(right.chars().count());
    format!("{:room$}{right}", fit(left, room.saturating_sub(1)))
}

/// How far the kit is that is waited for.
fn bar(screen: &Screen, columns: usize) -> String {
    let percent = screen.loading.as_ref().and_then(|loading| loading.percent());
    let number = percent.map_or("...".to_owned(), |percent| format!("{percent}%"));
    // two brackets, and a number of up to four letters
    let room = columns.saturating_sub(2 + 4);
    let full = (room * percent.unwrap_or(0) + 50) / 100;
    format!("[{:room$}]{number:>4}", FULL.repeat(full))
}

/// Nothing is longer than its line, whatever the numbers in it.
fn fit_padded(line: &str, columns: usize) -> String {
    line.chars().take(columns).collect()
}
