//! The recorded kits: which file is which instrument, as `recorded.toml` says, and what is
//! measured of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::measure::{Measures, difference, growth};
use crate::sound::Sound;

/// Levels that differ by less, dB, are one recording twice.
const ONE_RECORDING_DB: f64 = 0.3;

/// What recorded.toml holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Debian packages that hold them.
    pub packages: Vec<String>,
    /// The kits.
    pub kit: Vec<Kit>,
}

/// A recorded kit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kit {
    /// Its folder.
    pub name: String,
    /// `acoustic` or `machine`.
    pub kind: String,
    /// Where it is below the root of its package.
    folder: Option<PathBuf>,
    /// The loudness of its levels is not that of the blows.
    #[serde(default)]
    scaled: bool,
    /// The instruments of each class.
    instruments: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// The table of this repository.
    pub fn get() -> Result<Self, String> {
        toml::from_str(include_str!("recorded.toml")).map_err(|e| format!("recorded.toml: {e}"))
    }
}

impl Kit {
    /// Where it is below the root of its package.
    pub fn folder(&self) -> PathBuf {
        let usual = || Path::new("usr/share/hydrogen/data/drumkits").join(&self.name);
        self.folder.clone().unwrap_or_else(usual)
    }

    /// The names of its files, without extension.
    pub fn files(&self) -> impl Iterator<Item = String> {
        let patterns = self.instruments.values().flatten();
        patterns.flat_map(|pattern| expand(pattern.trim_start_matches("= ")))
    }
}

/// The file names that a pattern with `{a,b}` or `{1..5}` stands for.
fn expand(pattern: &str) -> Vec<String> {
    let parts = pattern.split_once('{').and_then(|(head, rest)| {
        let (inside, tail) = rest.split_once('}')?;
        Some((head, inside, tail))
    });
    let Some((head, inside, tail)) = parts else { return vec![pattern.to_owned()] };
    let range = inside.split_once("..").and_then(|(from, to)| {
        let (first, last) = (from.parse::<u32>().ok()?, to.parse::<u32>().ok()?);
        Some((first..=last).map(|n| format!("{n:0width$}", width = from.len())).collect())
    });
    let names: Vec<String> = range.unwrap_or_else(|| inside.split(',').map(String::from).collect());
    names.iter().map(|name| format!("{head}{name}{tail}")).collect()
}

/// Strokes on one instrument, from soft to hard, each level with its equally hard strokes.
#[derive(Debug)]
pub struct Strokes {
    /// Where they are from: the kit's name and the first file's.
    pub name: String,
    /// Paths and measures of each level.
    pub levels: Vec<Vec<(PathBuf, Measures)>>,
    /// The loudness of the levels is not that of the blows.
    pub scaled: bool,
}

impl Strokes {
    /// Reads and measures. None where a file is missing or cannot be read.
    fn read(kit: &Kit, pattern: &str, folder: &Path) -> Option<Self> {
        let (equal, names) = match pattern.strip_prefix("= ") {
            Some(names) => (true, expand(names)),
            None => (false, expand(pattern)),
        };
        let measured = names.iter().map(|name| {
            let path = folder.join(format!("{name}.wav"));
            let sound = Sound::read(&path).ok()?;
            Some((path, Measures::of(&sound)))
        });
        let strokes: Vec<_> = measured.collect::<Option<_>>()?;
        let levels = match equal {
            true => vec![strokes],
            false => strokes.into_iter().map(|stroke| vec![stroke]).collect(),
        };
        Some(Self { name: format!("{}: {}", kit.name, names.first()?), levels, scaled: kit.scaled })
    }

    /// [`growth`] over the levels.
    pub fn growth(&self) -> Option<f64> {
        (self.levels.len() >= 3 && !self.scaled)
            .then(|| growth(&self.levels.iter().flatten().map(|(_, m)| m).collect::<Vec<_>>()))
            .flatten()
    }

    /// The differences of neighbouring strokes, dB: of one level where there are several of
    /// it, else of neighbouring levels, which is more than a player varies a stroke.
    pub fn differences(&self) -> Vec<f64> {
        let several = self.levels.iter().filter(|level| level.len() > 1);
        let mut rows: Vec<Vec<&Path>> =
            several.map(|level| level.iter().map(|(path, _)| path.as_path()).collect()).collect();
        if rows.is_empty() {
            rows.push(self.levels.iter().flatten().map(|(path, _)| path.as_path()).collect());
        }
        let mut found = Vec::new();
        for row in rows {
            let sounds: Vec<Sound> = row.iter().filter_map(|path| Sound::read(path).ok()).collect();
            let pairs = sounds.windows(2).map(|pair| difference(&pair[0], &pair[1]));
            found.extend(pairs.filter(|db| *db > ONE_RECORDING_DB));
        }
        found
    }
}

/// Every recorded instrument of some classes in kits of a kind, from folders of the kits'
/// names below `root`.
pub fn instruments(table: &Table, root: &Path, kind: &str, classes: &[String]) -> Vec<Strokes> {
    let kits = table.kit.iter().filter(|kit| kit.kind == kind);
    kits.flat_map(|kit| {
        let patterns = classes.iter().filter_map(|class| kit.instruments.get(class)).flatten();
        patterns.filter_map(|p| Strokes::read(kit, p, &root.join(&kit.name)))
    })
    .collect()
}
