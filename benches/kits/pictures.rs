//! Spectrograms of our strokes and recorded ones side by side.

use std::path::Path;
use std::{fs, io};

use serde::Deserialize;

use crate::canvas::{Canvas, LETTER, LINE};
use crate::ours::hardest_file;
use crate::sound::{Sound, power_db};
use crate::spectrum::Spectrum;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    picture: Vec<Picture>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    name: String,
    ours: String,
    recorded: String,
    seconds: f64,
}

/// Pixels of one spectrogram.
const WIDTH: usize = 320;
const HEIGHT: usize = 230;
/// Room for the labels: left of the first spectrogram, between the two, and right of the
/// second.
const LEFT: usize = 36;
const BETWEEN: usize = 16;
const RIGHT: usize = 52;
const TOP: usize = 22;
const BOTTOM: usize = 24;

/// The ends of the frequency axis, Hz.
const LOWEST: f64 = 30.0;
const HIGHEST: f64 = 20_000.0;
const FREQUENCIES: [(f64, &str); 8] = [
    (50.0, "50"),
    (100.0, "100"),
    (200.0, "200"),
    (500.0, "500"),
    (1000.0, "1K"),
    (2000.0, "2K"),
    (5000.0, "5K"),
    (10_000.0, "10K"),
];

/// What is so far below a picture's loudest place, dB, is black.
const DEPTH_DB: f64 = 80.0;
/// Shades between black and the brightest.
const SHADES: u8 = 40;
/// The palette's index of the letters and ticks, after the shades; before them the paper.
const INK: u8 = SHADES + 1;

/// Length of the spectra, s: half of it at high frequencies would show no more, at low ones
/// less.
const WINDOW: f64 = 0.04;

/// Draws every picture of pictures.toml into `into`; the Markdown that shows them.
pub fn draw(kits: &Path, recorded: &Path, into: &Path) -> Result<String, String> {
    let list: List =
        toml::from_str(include_str!("pictures.toml")).map_err(|e| format!("pictures.toml: {e}"))?;
    fs::create_dir_all(into).map_err(|e| format!("{}: {e}", into.display()))?;
    let mut text = String::new();
    for picture in &list.picture {
        let ours = hardest_file(&kits.join(&picture.ours));
        let theirs = recorded.join(format!("{}.wav", picture.recorded));
        let (Some(ours), true) = (ours, theirs.exists()) else {
            println!("pictures: {} is left out: a recording is missing", picture.name);
            continue;
        };
        let path = into.join(format!("{}.png", picture.name));
        let bytes = picture.png(&Sound::read(&ours)?, &Sound::read(&theirs)?);
        fs::write(&path, &bytes).map_err(|e: io::Error| format!("{}: {e}", path.display()))?;
        println!("pictures: {} ({} bytes)", path.display(), bytes.len());
        let Picture { name, ours, recorded, .. } = picture;
        text += &format!("![{name}: {ours} | {recorded}](../docs/kits/{name}.png)\n");
    }
    Ok(text)
}

impl Picture {
    fn png(&self, ours: &Sound, recorded: &Sound) -> Vec<u8> {
        let (width, height) = (LEFT + 2 * WIDTH + BETWEEN + RIGHT, TOP + HEIGHT + BOTTOM);
        let mut canvas = Canvas::new(width, height);
        let titles = [format!("ours: {}", self.ours), self.recorded.clone()];
        for (n, (sound, title)) in [ours, recorded].iter().zip(&titles).enumerate() {
            let left = LEFT + n * (WIDTH + BETWEEN);
            canvas.write(left, TOP - LINE - 4, INK, &title[..title.len().min(WIDTH / LETTER)]);
            for (x, column) in columns(sound, self.seconds).iter().enumerate() {
                for (y, level) in column.iter().enumerate() {
                    let shade = (level / DEPTH_DB + 1.0).clamp(0.0, 1.0) * f64::from(SHADES - 1);
                    canvas.dot(left + x, TOP + y, 1 + shade.round() as u8);
                }
            }
            self.time_axis(&mut canvas, left);
        }
        for (hz, label) in FREQUENCIES {
            let y = TOP + row_of(hz).round() as usize;
            (0..4).for_each(|i| canvas.dot(LEFT - 5 + i, y, INK));
            canvas.write(LEFT - 8 - label.len() * LETTER, y.saturating_sub(LINE / 2), INK, label);
        }
        canvas.write(LEFT - 8 - 2 * LETTER, TOP, INK, "HZ");
        canvas.write(LEFT - 8 - LETTER, TOP + HEIGHT + 8, INK, "S");
        colour_scale(&mut canvas, width - RIGHT + 8);
        canvas.png(&palette())
    }

    fn time_axis(&self, canvas: &mut Canvas, left: usize) {
        let steps = [0.1, 0.2, 0.5, 1.0];
        let step = steps.into_iter().find(|step| self.seconds / step <= 6.0).unwrap_or(2.0);
        for n in 0.. {
            let time = step * f64::from(n);
            if time > self.seconds + 1e-9 {
                break;
            }
            let x = left + (time / self.seconds * (WIDTH - 1) as f64).round() as usize;
            (0..4).for_each(|i| canvas.dot(x, TOP + HEIGHT + 1 + i, INK));
            let label = format!("{time:.1}");
            let width = label.len() * LETTER;
            let start = (x - left).saturating_sub(width / 2).min(WIDTH - width);
            canvas.write(left + start, TOP + HEIGHT + 8, INK, &label);
        }
    }
}

/// The shades with their levels, beside the second spectrogram.
fn colour_scale(canvas: &mut Canvas, left: usize) {
    for y in 0..HEIGHT {
        let shade = (HEIGHT - 1 - y) * usize::from(SHADES) / HEIGHT;
        (0..8).for_each(|x| canvas.dot(left + x, TOP + y, 1 + shade as u8));
    }
    for db in [0, 20, 40, 60] {
        let y = TOP + db * HEIGHT / DEPTH_DB as usize;
        canvas.write(left + 12, y, INK, &format!("{}{db}", if db == 0 { "" } else { "-" }));
    }
    canvas.write(left + 12, TOP + HEIGHT - LINE, INK, "DB");
}

/// The row of a frequency, from the top.
fn row_of(hz: f64) -> f64 {
    (HIGHEST / hz).ln() / (HIGHEST / LOWEST).ln() * (HEIGHT - 1) as f64
}

/// The levels of each column of a spectrogram, from high to low, dB below the loudest.
fn columns(sound: &Sound, seconds: f64) -> Vec<Vec<f64>> {
    let onset = sound.onset() as f64;
    let frames = sound.frames(WINDOW);
    let hann = |part: f64| 0.5 - 0.5 * (std::f64::consts::TAU * part).cos();
    let octave = (HIGHEST / LOWEST).ln() / (HEIGHT - 1) as f64;
    let mut columns: Vec<Vec<f64>> = (0..WIDTH)
        .map(|x| {
            let middle = onset + x as f64 / (WIDTH - 1) as f64 * seconds * sound.rate;
            let from = (middle - frames as f64 / 2.0).max(0.0) as usize;
            let spectrum = Spectrum::of(sound, from, frames, hann);
            (0..HEIGHT)
                .map(|y| level(&spectrum, HIGHEST * (-octave * y as f64).exp(), octave))
                .collect()
        })
        .collect();
    let top = columns.iter().flatten().copied().fold(f64::MIN, f64::max);
    columns.iter_mut().flatten().for_each(|level| *level -= top);
    columns
}

/// The level at a frequency: the mean of the bins that a row covers, or between two bins.
fn level(spectrum: &Spectrum, hz: f64, octave: f64) -> f64 {
    let bins = spectrum.bins(hz * (-octave / 2.0).exp(), hz * (octave / 2.0).exp());
    let count = bins.len();
    let power = if count > 1 {
        spectrum.power[bins].iter().sum::<f64>() / count as f64
    } else {
        let at = hz / spectrum.step;
        let [below, above] = [0, 1].map(|i| spectrum.power.get(at as usize + i).unwrap_or(&0.0));
        below + (above - below) * at.fract()
    };
    power_db(power.max(1e-30))
}

/// Paper, shades from black over violet, red and orange to pale yellow, ink.
fn palette() -> Vec<[u8; 3]> {
    const STOPS: [[f64; 3]; 6] = [
        [0.0, 0.0, 8.0],
        [54.0, 16.0, 110.0],
        [140.0, 30.0, 120.0],
        [222.0, 70.0, 70.0],
        [252.0, 160.0, 60.0],
        [252.0, 252.0, 200.0],
    ];
    let mut colours = vec![[255; 3]];
    for shade in 0..SHADES {
        let place = f64::from(shade) / f64::from(SHADES - 1) * (STOPS.len() - 1) as f64;
        let low = (place as usize).min(STOPS.len() - 2);
        let part = place - low as f64;
        let mixed = |i: usize| STOPS[low][i] + (STOPS[low + 1][i] - STOPS[low][i]) * part;
        colours.push([0, 1, 2].map(|i| mixed(i).round() as u8));
    }
    colours.push([40; 3]);
    colours
}
