//! What is remembered, and its text.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A kit's trim in dB: what a kit that was recorded much softer or louder than others needs.
pub const TRIM_DB: RangeInclusive<f32> = -12.0..=12.0;
const VOLUME_DB: RangeInclusive<f32> = -60.0..=0.0;

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// Folder of the kit that played last.
    pub kit: Option<PathBuf>,
    /// Volume in dB, −60..=0.
    pub volume_db: Option<f32>,
    /// Trims in dB, −12..=12 and not 0, by the folder of their kit.
    pub trims: BTreeMap<String, f32>,
}

/// The same as it is written. (A folder whose name is no text cannot be.)
#[derive(Serialize)]
struct Written<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kit: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_db: Option<f32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    trims: &'s BTreeMap<String, f32>,
}

impl State {
    /// The trim of the kit in a folder, in dB.
    pub fn trim(&self, folder: &Path) -> f32 {
        let known = folder.to_str().and_then(|folder| self.trims.get(folder));
        known.copied().unwrap_or(0.0)
    }

    /// Remembers a kit's trim; 0 dB is what a kit has that nobody trimmed.
    pub fn set_trim(&mut self, folder: &Path, db: f32) {
        let Some(folder) = folder.to_str() else { return };
        if db == 0.0 {
            self.trims.remove(folder);
        } else {
            self.trims.insert(folder.to_owned(), db);
        }
    }

    /// As a file.
    pub(super) fn text(&self) -> String {
        let kit = self.kit.as_deref().and_then(Path::to_str);
        let written = Written { kit, volume_db: self.volume_db, trims: &self.trims };
        // Fails for no value of these types.
        toml::to_string(&written).unwrap_or_default()
    }

    /// From a file's text, `None` where there is no file; and why what was left out is.
    pub(super) fn read(text: Result<Option<String>, String>) -> (Self, Vec<String>) {
        let nothing = |why: String| (Self::default(), vec![why]);
        let text = match text {
            Ok(Some(text)) => text,
            Ok(None) => return (Self::default(), Vec::new()),
            Err(why) => return nothing(why),
        };
        if text.trim().is_empty() {
            return nothing("it is empty".to_owned());
        }
        match toml::from_str::<toml::Table>(&text) {
            Ok(table) => Self::salvage(&table),
            Err(error) => nothing(error.message().trim_end().to_owned()),
        }
    }

    /// Each key for itself: one that is wrong costs no other.
    fn salvage(table: &toml::Table) -> (Self, Vec<String>) {
        let mut odd = Vec::new();
        let mut number = |name: &str, value: &toml::Value, range: &RangeInclusive<f32>| {
            let whole = value.as_integer().map(|n| n as f64);
            let found = value.as_float().or(whole).map(|db| db as f32);
            let found = found.filter(|db| range.contains(db));
            if found.is_none() {
                let (low, high) = (range.start(), range.end());
                odd.push(format!("'{name}' is not a number from {low} to {high}"));
            }
            found
        };
        let volume_db = table.get("volume_db").and_then(|v| number("volume_db", v, &VOLUME_DB));
        let trims = table.get("trims").and_then(toml::Value::as_table).into_iter().flatten();
        let trims = trims
            .filter_map(|(folder, v)| Some((folder.clone(), number(folder, v, &TRIM_DB)?)))
            .collect();
        let kit = table.get("kit").and_then(|kit| {
            let text = kit.as_str().filter(|text| !text.is_empty());
            if text.is_none() {
                odd.push("'kit' is not a folder".to_owned());
            }
            text.map(PathBuf::from)
        });
        if table.get("trims").is_some_and(|trims| !trims.is_table()) {
            odd.push("'trims' is not a table".to_owned());
        }
        (Self { kit, volume_db, trims }, odd)
    }
}

/// The sentence about it.
pub(super) fn unreadable(path: &Path, why: &str) -> String {
    format!("what was remembered cannot be read: {}: {why}", path.display())
}
