//! A small picture of a recording for the terminal, and how loud it is.

use std::fmt::Write as _;

use super::loudness::Loudness;
use crate::kit::sample;
use crate::words::units::gain_to_db;

/// Eighths of a character cell, from the bottom.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The picture's height in lines; each has eight steps.
const LINES: usize = 4;
/// Levels below this are drawn as silence, in dBFS: the picture is in decibels, so that
/// ghost notes are seen beside accents.
const FLOOR_DB: f32 = -48.0;
/// Columns that are kept while the length is not known yet; pairs are joined when full.
const MOST_COLUMNS: usize = 1024;

/// Listens to frames and remembers what a picture and the levels need.
pub struct Picture {
    peaks: Vec<f32>,
    per_column: usize,
    filled: usize,
    peak: f32,
    loudness: Option<Loudness>,
}

impl Picture {
    /// A picture of stereo at this rate in frames a second.
    pub fn new(rate: u32) -> Self {
        let loudness = Loudness::new(rate);
        Self { peaks: vec![0.0], per_column: 64, filled: 0, peak: 0.0, loudness }
    }

    /// Listens to the next frames, interleaved stereo.
    pub fn listen(&mut self, frames: &[f32]) {
        let loudest = sample::peak(frames);
        self.peak = self.peak.max(loudest);
        if let Some(loudness) = &mut self.loudness {
            loudness.hear(frames, loudest == 0.0);
        }
        let mut rest = frames;
        while !rest.is_empty() {
            if self.filled == self.per_column {
                self.next_column();
            }
            let count = rest.len().min(2 * (self.per_column - self.filled));
            let (part, after) = rest.split_at(count);
            let whole = loudest == 0.0 || count == frames.len();
            let loud = if whole { loudest } else { sample::peak(part) };
            self.filled += count / 2;
            if let Some(column) = self.peaks.last_mut() {
                *column = column.max(loud);
            }
            rest = after;
        }
    }

    fn next_column(&mut self) {
        if self.peaks.len() == MOST_COLUMNS {
            let pair = |p: &[f32]| p.iter().copied().fold(0.0, f32::max);
            self.peaks = self.peaks.chunks(2).map(pair).collect();
            self.per_column *= 2;
        }
        self.peaks.push(0.0);
        self.filled = 0;
    }

    /// The largest absolute value, linear.
    pub fn peak(&self) -> f32 {
        self.peak
    }

    /// Integrated loudness in LUFS (EBU R 128); `None` where nothing was loud enough.
    pub fn loudness(&mut self) -> Option<f64> {
        self.loudness.as_mut()?.measure()
    }

    /// The levels over time, `width` characters wide, four lines with a scale in dBFS.
    pub fn draw(&self, width: usize) -> String {
        let width = width.clamp(1, self.peaks.len().max(1));
        let column = |i: usize| {
            let from = i * self.peaks.len() / width;
            let to = ((i + 1) * self.peaks.len() / width).max(from + 1);
            let peak =
                self.peaks.get(from..to).unwrap_or_default().iter().copied().fold(0.0, f32::max);
            let height = (1.0 - gain_to_db(peak) / FLOOR_DB).clamp(0.0, 1.0);
            (height * (8 * LINES) as f32).round() as usize
        };
        let columns: Vec<usize> = (0..width).map(column).collect();
        let mut text = String::new();
        for line in (0..LINES).rev() {
            let top = FLOOR_DB - FLOOR_DB * (line + 1) as f32 / LINES as f32;
            let bars = columns.iter().map(|&height| BARS[height.saturating_sub(8 * line).min(8)]);
            let _ = writeln!(text, "{top:>4.0} dB │{}", bars.collect::<String>());
        }
        text
    }
}

/// A level for people: `-3.2 dBFS`.
pub fn dbfs(gain: f32) -> String {
    if gain > 0.0 { format!("{:.1} dBFS", gain_to_db(gain)) } else { "silence".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loud_first_half_and_a_silent_second_are_drawn_so() {
        let mut picture = Picture::new(48_000);
        picture.listen(&[1.0; 20_000]);
        picture.listen(&[0.0; 20_000]);
        let drawn = picture.draw(10);
        for line in drawn.lines() {
            let bars: String = line.split('│').nth(1).unwrap().chars().collect();
            assert!(bars.starts_with("█████") && bars.ends_with("    "), "{drawn}");
        }
        assert_eq!(drawn.lines().count(), LINES);
    }

    #[test]
    fn the_scale_begins_at_0_db_and_goes_down_in_equal_steps() {
        let drawn = Picture::new(48_000).draw(1);
        let scale: Vec<&str> = drawn.lines().map(|l| l.split('│').next().unwrap()).collect();
        assert_eq!(scale, ["   0 dB ", " -12 dB ", " -24 dB ", " -36 dB "]);
    }

    #[test]
    fn the_picture_of_an_hour_stays_small() {
        let mut picture = Picture::new(48_000);
        for _ in 0..100 {
            picture.listen(&[0.5; 100_000]);
        }
        assert!(picture.peaks.len() <= MOST_COLUMNS);
        assert_eq!(picture.draw(60).lines().last().unwrap().matches("█").count(), 60);
    }

    #[test]
    fn a_sine_at_minus_23_has_minus_23_lufs() {
        let mut picture = Picture::new(48_000);
        // EBU Tech 3341, test 1: a stereo sine of 1 kHz at −23 dBFS reads −23 LUFS
        let level = 10f64.powf(-23.0 / 20.0);
        let sine: Vec<f32> = (0..480_000)
            .map(|i| {
                let t = f64::from(i / 2) / 48_000.0;
                (level * (std::f64::consts::TAU * 1000.0 * t).sin()) as f32
            })
            .collect();
        picture.listen(&sine);
        assert!((picture.loudness().unwrap() + 23.0).abs() < 0.1);
    }

    #[test]
    fn silence_has_no_loudness_and_says_so() {
        let mut picture = Picture::new(48_000);
        picture.listen(&[0.0; 96_000]);
        assert_eq!(picture.loudness(), None);
        assert_eq!(dbfs(picture.peak()), "silence");
        assert_eq!(dbfs(0.5), "-6.0 dBFS");
    }
}
