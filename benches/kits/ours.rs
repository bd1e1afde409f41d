//! A kit of ours on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::measure::Measures;
use crate::recorded::Strokes;
use crate::sound::Sound;

/// Every folder of recordings named `v{level}_rr{variation}.wav` below a kit's.
pub fn instruments(kit: &Path) -> io::Result<Vec<(String, Strokes)>> {
    let mut folders = BTreeMap::new();
    gather(kit, &mut folders)?;
    let named = folders.into_iter().map(|(folder, levels)| {
        let name = folder.strip_prefix(kit).unwrap_or(&folder).display().to_string();
        let levels = levels.into_values().collect();
        (name.clone(), Strokes { name, levels, scaled: false })
    });
    let mut named: Vec<_> = named.collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(named)
}

type Levels = BTreeMap<u32, Vec<(PathBuf, Measures)>>;

fn gather(folder: &Path, found: &mut BTreeMap<PathBuf, Levels>) -> io::Result<()> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, found)?;
        } else if let Some(level) = level(&path)
            && let Ok(sound) = Sound::read(&path)
        {
            let measures = Measures::of(&sound);
            let levels = found.entry(folder.to_owned()).or_default();
            levels.entry(level).or_default().push((path, measures));
        }
    }
    Ok(())
}

/// The level in a name such as `v3_rr2.wav`.
fn level(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?.strip_suffix(".wav")?;
    let (level, variation) = name.strip_prefix('v')?.split_once("_rr")?;
    variation.parse::<u32>().ok()?;
    level.parse().ok()
}

/// The first of the hardest strokes in a folder.
pub fn hardest_file(folder: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let levels = paths.filter_map(|path| Some((level(&path)?, path)));
    let first = |path: &Path| path.to_string_lossy().ends_with("_rr1.wav");
    levels.filter(|(_, path)| first(path)).max().map(|(_, path)| path)
}
