//! Whether a roll at one velocity sounds like a machine gun.

use std::f64::consts::PI;
use std::path::Path;

use rimshot::engine::Settings;
use rimshot::engine::ports::Notice;
use rimshot::kit::{Kit, SampleData};
use rimshot::words::{Hit, Slot};

use super::figures::{Spread, number};
use super::stage::{RATE, Stage, frames, hit, load};

/// Sixteenths at 120 a minute.
const APART_MS: f64 = 125.0;
const STROKES: u64 = 32;
/// The roll that is measured, and those whose repeats are counted.
const VELOCITY: f32 = 90.0;
const VELOCITIES: [f32; 7] = [10.0, 30.0, 50.0, 70.0, VELOCITY, 110.0, 127.0];
/// Seconds of a stroke that are looked at, from its onset.
const LOOKED: f64 = 0.2;
/// Frames of the transform: 1.5 Hz from bin to bin.
const POINTS: usize = 32_768;
/// Third-octave bands of ISO 266, from 50 Hz to 12.5 kHz, as steps from 1 kHz.
const THIRDS: std::ops::Range<i32> = -13..12;
/// A band counts that holds more than this below the strongest of its stroke.
const EMPTY_DB: f64 = -40.0;

/// The transform of a power of two of complex numbers, in place (Cooley and Tukey, 1965).
fn transform(values: &mut [[f64; 2]]) {
    let half = values.len() / 2;
    if half == 0 {
        return;
    }
    let mut even: Vec<[f64; 2]> = values.iter().step_by(2).copied().collect();
    let mut odd: Vec<[f64; 2]> = values.iter().skip(1).step_by(2).copied().collect();
    transform(&mut even);
    transform(&mut odd);
    for (bin, (even, odd)) in even.iter().zip(&odd).enumerate() {
        let (sin, cos) = (-PI * bin as f64 / half as f64).sin_cos();
        let turned = [odd[0] * cos - odd[1] * sin, odd[0] * sin + odd[1] * cos];
        values[bin] = [even[0] + turned[0], even[1] + turned[1]];
        values[bin + half] = [even[0] - turned[0], even[1] - turned[1]];
    }
}

/// dB in each third-octave band of the first [`LOOKED`] seconds after the onset (first frame
/// above −40 dB of the peak), both channels, under the falling half of a Hann window.
fn thirds(sample: &SampleData) -> Vec<f64> {
    let outline = |frame: usize| sample.frames.frame(frame).map(f32::abs);
    let peak = (0..sample.len()).flat_map(outline).fold(0.0, f32::max);
    let onset = (0..sample.len()).find(|n| outline(*n).iter().any(|x| *x > 0.01 * peak));
    let onset = onset.unwrap_or(0);
    let length = (LOOKED * f64::from(RATE)) as usize;
    // left and right are real: one is the real, the other the imaginary part
    let mut values: Vec<[f64; 2]> = (0..POINTS)
        .map(|n| {
            let window =
                if n < length { 0.5 + 0.5 * (PI * n as f64 / length as f64).cos() } else { 0.0 };
            sample.frames.frame(onset + n).map(|x| window * f64::from(x))
        })
        .collect();
    transform(&mut values);
    let power = |bin: usize| {
        let [a, b] = [values[bin], values[POINTS - bin]];
        (a[0] * a[0] + a[1] * a[1] + b[0] * b[0] + b[1] * b[1]) / 2.0
    };
    let bin = |hz: f64| (hz * POINTS as f64 / f64::from(RATE)).ceil() as usize;
    THIRDS
        .map(|i| {
            let [low, high] =
                [-0.05, 0.05].map(|edge| 10f64.powf(3.0 + f64::from(i) / 10.0 + edge));
            let sum: f64 = (bin(low)..bin(high)).map(power).sum();
            10.0 * sum.max(1e-20).log10()
        })
        .collect()
}

/// How different two strokes are, dB: the root mean square, over the bands, of the
/// difference of their levels, without the mean difference.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    let floor = |levels: &[f64]| levels.iter().copied().fold(f64::MIN, f64::max) + EMPTY_DB;
    let (floor_a, floor_b) = (floor(a), floor(b));
    let off: Vec<f64> = a
        .iter()
        .zip(b)
        .filter(|(a, b)| **a > floor_a || **b > floor_b)
        .map(|(a, b)| a - b)
        .collect();
    let mean = off.iter().sum::<f64>() / off.len() as f64;
    (off.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / off.len() as f64).sqrt()
}

/// The samples that a roll on a slot plays.
fn roll(kit: &Kit, slot: Slot, velocity: f32) -> Vec<u32> {
    let mut stage = Stage::new(kit, Settings::default());
    let mut played = Vec::new();
    for stroke in 0..STROKES {
        let frame = frames(APART_MS * stroke as f64);
        stage.play_to(frame);
        stage.send(hit(frame, Hit::new(slot, velocity)));
        stage.play(0);
        played.extend(stage.notices().into_iter().filter_map(|notice| match notice {
            Notice::Played { sample, .. } => Some(sample),
            _ => None,
        }));
    }
    played
}

fn repeats(played: &[u32]) -> usize {
    played.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// A row a sound of the kit, and what is wrong.
pub fn table(folder: &Path) -> Result<(String, Vec<String>), String> {
    let kit = load(folder)?;
    let mut problems = Vec::new();
    let mut text =
        "| pad | recordings played | repeats | at any velocity | difference, dB: least | \
                    median | most |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut medians = Vec::new();
    for slot in kit.sounds.iter().map(|sound| sound.slot) {
        let played = roll(&kit, slot, VELOCITY);
        let mut used = played.clone();
        used.sort_unstable();
        used.dedup();
        let spectra: Vec<Vec<f64>> =
            used.iter().map(|sample| thirds(&kit.samples[*sample as usize].data)).collect();
        let of = |sample: u32| &spectra[used.binary_search(&sample).unwrap_or(0)];
        let pairs = played.windows(2).filter(|pair| pair[0] != pair[1]);
        let differences = Spread::new(pairs.map(|pair| difference(of(pair[0]), of(pair[1]))));
        // a roll that plays several recordings has another one to every stroke
        let mut anywhere = 0;
        for velocity in VELOCITIES {
            let played = roll(&kit, slot, velocity);
            let alone = played.iter().all(|sample| *sample == played[0]);
            let again = repeats(&played);
            anywhere += again;
            if again > 0 && !alone {
                problems.push(format!("{slot} at {velocity}: {again} repeats beside others"));
            }
        }
        if used.len() > 1 {
            medians.push(differences.at(0.5));
        }
        text += &format!(
            "| {slot} | {} | {} | {anywhere} | {} | {} | {} |\n",
            used.len(),
            repeats(&played),
            number(differences.at(0.0), 1),
            number(differences.at(0.5), 1),
            number(differences.at(1.0), 1),
        );
    }
    let medians = Spread::new(medians.into_iter());
    text += &format!(
        "\nMedians over the pads: {} to {} dB, {} in the middle.\n",
        number(medians.at(0.0), 1),
        number(medians.at(1.0), 1),
        number(medians.at(0.5), 1)
    );
    Ok((text, problems))
}
