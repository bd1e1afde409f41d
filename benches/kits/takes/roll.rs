//! Whether a roll at one velocity sounds like a machine gun: how different its successive
//! strokes are, and whether one recording sounds twice in a row.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use rimshot::maps::{Mapped, NoteMap};
use rimshot::words::Slot;

use super::midi::{Events, note, take};
use super::{RATE, load, part, play};
use crate::measure::difference;
use crate::reasons::Reasons;
use crate::sound::Sound;

/// Sixteenths at 120 a minute, ms.
const APART: u32 = 125;
const STROKES: u32 = 16;
const VELOCITY: u8 = 90;
/// Recordings are cut to this, s, and faded out over this: strokes that do not overlap can
/// be told apart.
const CUT: f64 = 0.12;
const FADE: f64 = 0.005;
/// Strokes that differ by less, dB, are one recording.
const SAME_DB: f64 = 0.05;

/// The table.
pub fn table(
    kits: &[(String, PathBuf)],
    reasons: &Reasons,
    problems: &mut Vec<String>,
) -> Result<String, String> {
    let mut text = format!(
        "A roll of {STROKES} strokes at velocity {VELOCITY}, {APART} ms apart, on every slot \
         that a kit has a sound of its own for: how different each stroke is from the one before \
         (as above, dB), and how often one recording sounds twice in a row.\n\n| kit | slots | \
         least different slot | median | most | repeats |\n|---|---|---|---|---|---|\n"
    );
    for (name, folder) in kits {
        let scratch = env::temp_dir().join(format!("rimshot-kits-{}-{name}", process::id()));
        let cut = cut(folder, &scratch).and_then(|()| roll(&scratch, folder));
        fs::remove_dir_all(&scratch).map_err(|e| format!("{}: {e}", scratch.display()))?;
        let slots = cut?;
        let repeats: usize = slots.iter().map(|(_, _, repeats)| repeats).sum();
        let least = slots.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let least = least.map_or(String::new(), |(slot, db, _)| format!("{slot}: {db:.1}"));
        let mut all: Vec<f64> = slots.iter().map(|(_, db, _)| *db).collect();
        let [median, most] = [0.5, 1.0].map(|below| part(&mut all, below).unwrap_or(0.0));
        text += &format!(
            "| {name} | {} | {least} | {median:.1} | {most:.1} | {repeats} |\n",
            slots.len()
        );
        for (slot, _, repeats) in slots.iter().filter(|(_, _, repeats)| *repeats > 0) {
            if reasons.find(name, &slot.to_string(), "repeats").is_none() {
                problems.push(format!("{name}: a roll on {slot} has {repeats} repeats"));
            }
        }
    }
    println!("{text}");
    Ok(text + "\n")
}

/// A copy of a kit whose recordings are short.
fn cut(kit: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|e| format!("{}: {e}", to.display()))?;
    for entry in fs::read_dir(kit).map_err(|e| format!("{}: {e}", kit.display()))?.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            cut(&from, &to)?;
        } else if from.extension().is_some_and(|kind| kind == "wav") {
            cut_one(&from, &to).map_err(|e| format!("{}: {e}", from.display()))?;
        } else {
            fs::copy(&from, &to).map_err(|e| format!("{}: {e}", from.display()))?;
        }
    }
    Ok(())
}

fn cut_one(from: &Path, to: &Path) -> Result<(), hound::Error> {
    let mut reader = hound::WavReader::open(from)?;
    let spec = reader.spec();
    let frames = |seconds: f64| (seconds * f64::from(spec.sample_rate)) as usize;
    let (most, fade) = (frames(CUT), frames(FADE));
    let channels = usize::from(spec.channels);
    let length = (reader.duration() as usize).min(most);
    let mut writer = hound::WavWriter::create(to, spec)?;
    for (n, value) in reader.samples::<i16>().take(length * channels).enumerate() {
        let left = (length - n / channels).min(fade);
        writer.write_sample((f64::from(value?) * left as f64 / fade as f64) as i16)?;
    }
    writer.finalize()
}

/// Each slot with the median difference of successive strokes and the number of repeats.
fn roll(kit: &Path, original: &Path) -> Result<Vec<(Slot, f64, usize)>, String> {
    let text = fs::read_to_string(original.join("kit.toml")).map_err(|e| e.to_string())?;
    let table: toml::Table = text.parse().map_err(|e| format!("{}: {e}", original.display()))?;
    let names =
        table.get("slot").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
    let slots: Vec<Slot> = names.filter_map(|name| Slot::from_name(name)).collect();
    let mut map = NoteMap { notes: [None; 128], ..NoteMap::gm() };
    let mut events = Events::new();
    for (n, slot) in slots.iter().enumerate() {
        map.notes[n] = Some(Mapped::new(*slot));
        let start = n as u32 * (STROKES + 8) * APART;
        events.extend((0..STROKES).map(|i| (start + i * APART, note(n as u8, VELOCITY))));
    }
    let played = play(load(kit)?, &take(&events)?, &map, None)?.concat();
    let stroke = |n: usize, i: u32| {
        let ms = u64::from((n as u32 * (STROKES + 8) + i) * APART);
        let from = 2 * (ms * u64::from(RATE) / 1000) as usize;
        let frames = &played[from..(from + 2 * (CUT * f64::from(RATE)) as usize).min(played.len())];
        let side = |side| frames.iter().skip(side).step_by(2).map(|x| f64::from(*x)).collect();
        Sound { rate: f64::from(RATE), channels: vec![side(0), side(1)] }
    };
    let measured = slots.iter().enumerate().map(|(n, slot)| {
        let strokes: Vec<Sound> = (0..STROKES).map(|i| stroke(n, i)).collect();
        if strokes.iter().any(|sound| sound.peak() == 0.0) {
            return Err(format!("{}: a roll on {slot} has silent strokes", original.display()));
        }
        let mut differences: Vec<f64> =
            strokes.windows(2).map(|pair| difference(&pair[0], &pair[1])).collect();
        let repeats = differences.iter().filter(|db| **db < SAME_DB).count();
        Ok((*slot, part(&mut differences, 0.5).unwrap_or(0.0), repeats))
    });
    measured.collect()
}
