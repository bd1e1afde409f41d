//! Performances through each kit, by the engine that plays live: loudness, whether the kick
//! is heard through the rest, whether the hi-hat rings longer the wider it is opened, and
//! whether a roll sounds like a machine gun.

mod hihat;
mod midi;
mod performances;
mod roll;

use std::path::Path;
use std::sync::Arc;

use rimshot::app::kits::Stock;
use rimshot::app::offline::{Offline, Studio};
use rimshot::engine::Settings;
use rimshot::engine::strips::{Strip, Strips};
use rimshot::kit::Kit;
use rimshot::kit::disk::KitEntry;
use rimshot::maps::NoteMap;
use rimshot::midi::file::Take;
use rimshot::words::Slot;

use crate::reasons::Reasons;
use crate::report::folders;

/// Frames a second of all of it.
pub const RATE: u32 = 48_000;

/// Markdown, and what must be mended.
pub fn takes(kits: &Path, root: &Path, reasons: &Reasons) -> Result<(String, Vec<String>), String> {
    let mut played = Vec::new();
    for folder in folders(kits)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("takes: {name}");
        played.push((name, folder));
    }
    let mut problems = Vec::new();
    let mut text = performances::table(&played, root, &mut problems)?;
    text += &hihat::table(&played, &mut problems)?;
    text += &roll::table(&played, reasons, &mut problems)?;
    Ok((text, problems))
}

/// Loads a kit.
fn load(folder: &Path) -> Result<Box<Kit>, String> {
    let entry = KitEntry { name: String::new(), folder: folder.to_owned(), program: None };
    let loaded = Stock::new(RATE).load(&entry, &mut |_, _| ());
    let loaded = loaded.map_err(|problems| rimshot::app::render::sentences(&problems))?;
    Ok(loaded.kit)
}

/// Stereo frames, interleaved, of each pair of outputs.
struct Tape(Vec<Vec<f32>>);

impl Studio for Tape {
    type Error = String;

    fn write(&mut self, frames: &[f32]) -> Result<(), String> {
        let pair = frames.len() / self.0.len();
        if pair > 0 {
            let pairs = self.0.iter_mut().zip(frames.chunks_exact(pair));
            pairs.for_each(|(tape, frames)| tape.extend(frames));
        }
        Ok(())
    }

    fn program(&mut self, _: u8) -> Option<Box<Kit>> {
        None
    }
}

/// Plays a take. `alone`: these slots sound on the second pair, all others on the first.
fn play(
    kit: Box<Kit>,
    take: &Take,
    map: &NoteMap,
    alone: Option<&[Slot]>,
) -> Result<Vec<Vec<f32>>, String> {
    let pairs = if alone.is_some() { 2 } else { 1 };
    let settings = Settings { rate: RATE, pairs, limiter: pairs == 1, ..Settings::default() };
    let mut strips = Strips::default();
    for slot in alone.unwrap_or_default() {
        strips.set(*slot, Strip { pair: 1, ..strips.of(*slot) });
    }
    let offline = Offline { strips, ..Offline::new(take, Arc::new(map.clone()), settings) };
    let mut tape = Tape(vec![Vec::new(); pairs]);
    offline.run(kit, &mut tape)?;
    Ok(tape.0)
}

/// The value below which so much of some values lies.
fn part(values: &mut [f64], below: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    values.get((below * last as f64).round() as usize).copied()
}
