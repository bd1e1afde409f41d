//! The recordings that a kit.toml names.

use std::path::{Path, PathBuf};

use super::choice::{Marked, choose};
use super::files::{Finder, Found, Refusal, is_wav, wavs_in, why};
use super::names::marks;
use super::shaping::tune;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, FilePlan, GAIN_DB, LayerPlan};
use crate::words::Slot;
use crate::words::spec::{Table, Value};

/// Reads the recordings of one slot.
pub struct Reader<'a> {
    /// Finds its files.
    pub finder: &'a Finder<'a>,
    /// The slot.
    pub slot: Slot,
    /// Semitones of the kit and the slot, to which a recording adds its own.
    pub tune: f32,
    /// Whether recordings are chosen by their loudness whatever their names say.
    pub by_loudness: bool,
}

impl Reader<'_> {
    /// The articulations of a list that have recordings and no mistake in their ranges.
    pub fn articulations(&self, table: &Table) -> Vec<ArticulationPlan> {
        let mut read: Vec<ArticulationPlan> = Vec::new();
        let items = table.get("articulations").and_then(|v| v.array("articulations"));
        for (index, item) in items.unwrap_or_default().into_iter().enumerate() {
            let name = format!("slot.{}, articulation {}", self.slot, index + 1);
            let Some(table) = item.table(&name) else { continue };
            let openness = table.get("openness");
            if let Some(value) = openness.filter(|_| !self.slot.is_hihat()) {
                value.error(format!("'openness' is for the hi-hat, not for '{}'", self.slot));
            }
            let openness = part("openness", openness.filter(|_| self.slot.is_hihat()));
            let position = part("position", table.get("position"));
            let choice = self.choice(&table);
            table.finish();
            let (Some(openness), Some(position)) = (openness, position) else { continue };
            let overlap = |other: &ArticulationPlan| {
                overlap(other.openness, openness) && overlap(other.position, position)
            };
            if read.iter().any(overlap) {
                item.warning(format!("[{name}] overlaps an earlier one, which is played there"));
            }
            if let Some(choice) = choice {
                read.push(ArticulationPlan { openness, position, choice });
            }
        }
        read
    }

    /// The recordings of a table with `samples` or `layers`; `None` where none is there.
    pub fn choice(&self, table: &Table) -> Option<ChoicePlan> {
        let (samples, layers) = (table.get("samples"), table.get("layers"));
        if let Some(samples) = samples {
            return self.samples(samples);
        }
        let layers = self.layers(layers?)?;
        (!layers.is_empty()).then_some(ChoicePlan::Layers(layers))
    }

    /// A folder's recordings, as their names have it, or the files of a list.
    fn samples(&self, value: Value) -> Option<ChoicePlan> {
        if let Some(Found::Folder(folder)) = value.as_str().and_then(|s| self.finder.find(s).ok()) {
            let marked = |path: PathBuf| {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                Marked { marks: marks(&name), path: path.clone() }
            };
            let files = in_folder(&folder, value);
            if self.by_loudness && !files.is_empty() {
                return Some(ChoicePlan::Measured(files.into_iter().map(Into::into).collect()));
            }
            return (!files.is_empty()).then(|| choose(files.into_iter().map(marked).collect()));
        }
        let files = self.files(value);
        (!files.is_empty()).then_some(ChoicePlan::Measured(files))
    }

    /// The recordings of a path or of a list, in their order.
    fn files(&self, value: Value) -> Vec<FilePlan> {
        let items = if value.is_array() { value.array("samples") } else { Some(vec![value]) };
        let items = items.unwrap_or_default();
        if items.is_empty() {
            value.warning("'samples' is an empty list");
        }
        items.into_iter().enumerate().flat_map(|(index, item)| self.item(index, item)).collect()
    }

    /// A path, or a table with a path and what is its recording's own.
    fn item(&self, index: usize, value: Value) -> Vec<FilePlan> {
        let (key, path, tune, gain_db) = if value.is_table() {
            let name = format!("slot.{}, sample {}", self.slot, index + 1);
            let Some(table) = value.table(&name) else { return Vec::new() };
            let path = table.get("file");
            let tune = tune(&table, self.tune);
            let gain_db = table.number("gain_db", GAIN_DB[0]..=GAIN_DB[1]).unwrap_or(0.0);
            table.finish();
            let Some(path) = path else {
                value.error(format!("[{name}] names no recording; it needs 'file'"));
                return Vec::new();
            };
            ("file", path, tune, gain_db as f32)
        } else {
            ("samples", value, 0.0, 0.0)
        };
        let own = |path| FilePlan { path, tune, gain_db };
        self.path(key, path).into_iter().map(own).collect()
    }

    fn path(&self, key: &str, value: Value) -> Vec<PathBuf> {
        let Some(written) = value.as_str().filter(|written| !written.is_empty()) else {
            value.wrong::<()>(key, "a folder, a file or a list of files, in quotes");
            return Vec::new();
        };
        match self.finder.find(written) {
            Ok(Found::File(path)) if is_wav(&path) => return vec![path],
            Ok(Found::File(_)) => value.error(format!("'{written}' is not a .wav file")),
            Ok(Found::Folder(folder)) => return in_folder(&folder, value),
            Err(Refusal::Missing) => {
                value.warning(format!("'{written}' is not in the kit's folder; left out"));
            }
            Err(Refusal::Outside) => value.error(format!(
                "'{written}' leads out of the kit's folder; allowed: paths below it"
            )),
        }
        Vec::new()
    }

    fn layers(&self, value: Value) -> Option<Vec<LayerPlan>> {
        let mut read: Vec<LayerPlan> = Vec::new();
        for (index, item) in value.array("layers")?.into_iter().enumerate() {
            let name = format!("slot.{}, layer {}", self.slot, index + 1);
            let Some(table) = item.table(&name) else { continue };
            let (velocity, samples) = (table.get("velocity"), table.get("samples"));
            table.finish();
            let (Some(velocity), Some(samples)) = (velocity, samples) else {
                item.error(format!("[{name}] needs both 'velocity' and 'samples'"));
                continue;
            };
            let files = self.files(samples);
            let Some(velocity) = velocity_range(velocity) else { continue };
            if let Some(other) = read.iter().find(|o| touch(o.velocity, velocity)) {
                let ([a, b], [c, d]) = (velocity, other.velocity);
                item.warning(format!("[{name}] for velocity {a} to {b} overlaps {c} to {d}"));
            }
            if !files.is_empty() {
                read.push(LayerPlan { velocity, files });
            }
        }
        read.sort_by_key(|layer| layer.velocity);
        Some(read)
    }
}

/// A part of 0..=1, all of it where the value is not there; `None` where it is wrong.
fn part(key: &str, value: Option<Value>) -> Option<[f32; 2]> {
    let Some(value) = value else { return Some([0.0, 1.0]) };
    value.range(key, 0.0..=1.0).map(|range| range.map(|x| x as f32))
}

/// The recordings in a folder that the kit names; where there is none, that is said.
fn in_folder(folder: &Path, value: Value) -> Vec<PathBuf> {
    let written = value.as_str().unwrap_or_default();
    match wavs_in(folder) {
        Ok(files) if files.is_empty() => {
            value.warning(format!("the folder '{written}' has no .wav files in it"));
        }
        Ok(files) => return files,
        Err(error) => {
            value.warning(format!("the folder '{written}' cannot be read ({})", why(&error)));
        }
    }
    Vec::new()
}

fn velocity_range(value: Value) -> Option<[u8; 2]> {
    let range = value.range("velocity", 1.0..=127.0)?;
    if range.iter().any(|x| x.fract() != 0.0) {
        value.error(
            "'velocity' has a fraction; allowed: two whole numbers [low, high] from 1 to 127",
        );
        return None;
    }
    Some(range.map(|x| x as u8))
}

/// Whether two ranges share more than an end.
fn overlap(a: [f32; 2], b: [f32; 2]) -> bool {
    a[0].max(b[0]) < a[1].min(b[1])
}

/// Whether two ranges of whole numbers share one.
fn touch(a: [u8; 2], b: [u8; 2]) -> bool {
    a[0].max(b[0]) <= a[1].min(b[1])
}
