//! Whether a hi-hat rings longer the wider its pedal lets it open.

use std::path::PathBuf;

use rimshot::maps::NoteMap;

use super::midi::{Events, control, note, take};
use super::{RATE, load, part, play};
use crate::measure::Measures;
use crate::sound::Sound;

/// Openness from 0 to 1 in so many steps.
const STEPS: u32 = 8;
/// Strokes of each openness.
const STROKES: u32 = 3;
/// From stroke to stroke, ms: each rings out.
const APART: u32 = 7000;
const VELOCITY: u8 = 100;
/// The note of an open hi-hat in the map roland, and the controller and value of its pedal
/// when closed.
const OPEN: u8 = 46;
const PEDAL: u8 = 4;
const CLOSED: u32 = 90;
/// The octave bands that are looked at: 2 to 8 kHz.
const BANDS: std::ops::Range<usize> = 5..8;
/// What a wider hi-hat may ring shorter, as a part: chance, not a step back.
const CHANCE: f64 = 0.1;

/// The table.
pub fn table(kits: &[(String, PathBuf)], problems: &mut Vec<String>) -> Result<String, String> {
    let mut events = Events::new();
    // A controller that has never moved says nothing against a note.
    events.push((0, control(PEDAL, 0)));
    for n in 0..=STEPS * STROKES + STROKES - 1 {
        let openness = n / STROKES;
        let pedal = (CLOSED * (STEPS - openness) + STEPS / 2) / STEPS;
        events.push((APART * n, control(PEDAL, pedal as u8)));
        events.push((APART * n + 20, note(OPEN, VELOCITY)));
    }
    let take = take(&events)?;
    let map = NoteMap::named("roland").ok_or("the map roland is missing")?;
    let steps: Vec<String> =
        (0..=STEPS).map(|n| format!("{:.2}", f64::from(n) / f64::from(STEPS))).collect();
    let mut text = format!(
        "Decay of the hi-hat by 60 dB, s, median of {STROKES} strokes and of the octave bands \
         from 2 to 8 kHz, by how open the pedal is:\n\n| kit | {} |\n|---|{}\n",
        steps.join(" | "),
        "---|".repeat(steps.len())
    );
    for (name, folder) in kits {
        let played = play(load(folder)?, &take, &map, None)?.concat();
        let mut row = Vec::new();
        for openness in 0..=STEPS {
            let mut decays: Vec<f64> = (openness * STROKES..(openness + 1) * STROKES)
                .flat_map(|n| decays(&played, APART * n))
                .collect();
            row.push(part(&mut decays, 0.5));
        }
        let cells: Vec<String> =
            row.iter().map(|t| t.map_or("–".into(), |t| format!("{t:.2}"))).collect();
        text += &format!("| {name} | {} |\n", cells.join(" | "));
        let known: Vec<f64> = row.into_iter().flatten().collect();
        let rises = known.windows(2).all(|pair| pair[1] > pair[0] * (1.0 - CHANCE));
        let ends = known.first().zip(known.last()).is_some_and(|(closed, open)| open > closed);
        if !rises || !ends {
            problems
                .push(format!("{name}: the hi-hat does not ring longer as it opens: {known:.2?}"));
        }
    }
    println!("{text}");
    Ok(text + "\n")
}

/// The decays of what sounds in the time of one stroke.
fn decays(played: &[f32], from: u32) -> Vec<f64> {
    let frame = |ms: u32| 2 * (u64::from(ms) * u64::from(RATE) / 1000) as usize;
    let (from, to) = (frame(from).min(played.len()), frame(from + APART).min(played.len()));
    let side = |side: usize| {
        played[from..to].iter().skip(side).step_by(2).map(|x| f64::from(*x)).collect()
    };
    let sound = Sound { rate: f64::from(RATE), channels: vec![side(0), side(1)] };
    if sound.peak() == 0.0 {
        return Vec::new();
    }
    Measures::of(&sound).t60[BANDS].iter().flatten().copied().collect()
}
