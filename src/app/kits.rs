//! The kits at hand: where they are found, which comes next, and loading one on the spot.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::Config;
use crate::factory;
use crate::kit::Kit;
use crate::kit::disk::{self, KitEntry};
use crate::library::load::load_kit;
use crate::library::{SampleLibrary, half_of_available};
use crate::words::Problem;

/// The library that a configuration asks for, still empty.
pub fn library_of(config: &Config) -> SampleLibrary {
    let library = SampleLibrary::with_budget(config.sound.rate, budget_of(config));
    library.set_compact(config.kits.compact);
    library
}

/// The memory for recordings that a configuration asks for, in bytes.
pub fn budget_of(config: &Config) -> usize {
    match config.kits.memory {
        0 => half_of_available(),
        bytes => bytes,
    }
}

/// The folder beside which kits are looked for: the configuration's, or the working folder
/// where there is none.
pub fn beside(config: Option<&Path>) -> &Path {
    config.and_then(Path::parent).unwrap_or(Path::new("."))
}

/// All kits that are found, in natural order of their folders' names.
#[derive(Debug, Default)]
pub struct Shelf {
    folders: Vec<PathBuf>,
    entries: Vec<KitEntry>,
    /// What was odd about the folders.
    pub problems: Vec<Problem>,
}

impl Shelf {
    /// Looks through the usual folders and `more`. `beside`: see [`beside`].
    pub fn scan(more: &[PathBuf], beside: &Path) -> Self {
        let mut folders = more.to_vec();
        folders.extend(disk::default_dirs(beside));
        let (entries, problems) = disk::list(&folders);
        Self { folders, entries, problems }
    }

    /// A shelf of these kits, for tests.
    #[cfg(test)]
    pub fn with(entries: Vec<KitEntry>) -> Self {
        Self { entries, ..Self::default() }
    }

    /// Where kits are looked for.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The kits.
    pub fn entries(&self) -> &[KitEntry] {
        &self.entries
    }

    /// The kit of a name or a path; else the one that the program brings for the first
    /// minute, where it is there, else the first one.
    ///
    /// # Errors
    /// A problem that names what there is.
    pub fn find(&self, wanted: Option<&str>) -> Result<KitEntry, Problem> {
        if let Some(wanted) = wanted {
            return disk::find(wanted, &self.folders);
        }
        let brought = |e: &&KitEntry| e.folder.ends_with(factory::FIRST.name);
        let first = self.entries.iter().find(brought).or(self.entries.first());
        first.cloned().ok_or_else(|| {
            let folders: Vec<_> = self.folders.iter().map(|f| f.display().to_string()).collect();
            Problem::error(
                Path::new("kits"),
                format!("no kit found; looked in {}", folders.join(", ")),
            )
        })
    }

    /// The kit of a program number.
    pub fn by_program(&self, program: u8) -> Option<&KitEntry> {
        self.entries.iter().find(|e| e.program == Some(program))
    }

    /// The kit in this folder, whichever way its path is written.
    pub fn in_folder(&self, folder: &Path) -> Option<&KitEntry> {
        let real = |folder: &Path| folder.canonicalize().ok();
        let wanted = real(folder)?;
        self.entries.iter().find(|e| real(&e.folder).as_ref() == Some(&wanted))
    }

    /// The kit `by` places after the one in `folder`, round the ends; the first (or last)
    /// where that one is not on the shelf.
    pub fn step(&self, folder: Option<&Path>, by: isize) -> Option<&KitEntry> {
        let count = self.entries.len() as isize;
        let here = folder.and_then(|f| self.entries.iter().position(|e| e.folder == f));
        let start = here.map_or(if by > 0 { -1 } else { 0 }, |i| i as isize);
        let index = (count > 0).then(|| (start + by).rem_euclid(count))?;
        self.entries.get(index as usize)
    }
}

/// A kit that was loaded on the spot.
pub struct Loaded {
    /// The kit.
    pub kit: Box<Kit>,
    /// What was left out of it.
    pub problems: Vec<Problem>,
}

impl Loaded {
    /// How many recordings and how much memory: `60 recordings, 3.1 MB`.
    pub fn size(&self) -> String {
        size(&self.kit)
    }
}

/// How many recordings and how much memory: `60 recordings, 3.1 MB`. A recording that is
/// played by several slots counts once.
pub fn size(kit: &Kit) -> String {
    let mut seen: Vec<_> =
        kit.samples.iter().map(|s| (Arc::as_ptr(&s.data), s.data.bytes())).collect();
    seen.sort_unstable();
    seen.dedup();
    let bytes: usize = seen.iter().map(|(_, bytes)| bytes).sum();
    let recordings = if seen.len() == 1 { "recording" } else { "recordings" };
    format!("{} {recordings}, {:.1} MB in memory", seen.len(), bytes as f64 / 1e6)
}

/// Loads kits while the caller waits, for offline use.
pub struct Stock {
    library: SampleLibrary,
}

impl Stock {
    /// A stock of samples at this rate in frames a second.
    pub fn new(rate: u32) -> Self {
        Self { library: SampleLibrary::new(rate) }
    }

    /// Loads a kit. `progress` hears how many recordings of how many are done.
    ///
    /// # Errors
    /// The problems that left nothing to play.
    pub fn load(
        &self,
        entry: &KitEntry,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Loaded, Vec<Problem>> {
        let (plan, mut problems) = disk::read(&entry.folder);
        let Some(plan) = plan else { return Err(problems) };
        let mut go_on = |done, total| {
            progress(done, total);
            ControlFlow::Continue(())
        };
        let loaded = load_kit(&plan, &self.library, &mut go_on);
        let Some((kit, more)) = loaded else { return Err(problems) };
        problems.extend(more);
        if kit.samples.is_empty() {
            problems.push(Problem::error(&entry.folder, "no recording of this kit can be played"));
            return Err(problems);
        }
        Ok(Loaded { kit: Box::new(kit), problems })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(names: &[&str]) -> Shelf {
        let entry = |n: &&str| KitEntry { name: n.to_string(), folder: n.into(), program: None };
        Shelf::with(names.iter().map(entry).collect())
    }

    #[test]
    fn next_and_previous_go_round_the_ends() {
        let shelf = shelf(&["a", "b", "c"]);
        let step = |from: &str, by| shelf.step(Some(Path::new(from)), by).unwrap().name.clone();
        assert_eq!([step("a", 1), step("c", 1), step("a", -1)], ["b", "a", "c"]);
        assert_eq!(shelf.step(None, 1).unwrap().name, "a");
        assert_eq!(shelf.step(None, -1).unwrap().name, "c");
        assert_eq!(shelf.step(Some(Path::new("gone")), 1).unwrap().name, "a");
    }

    #[test]
    fn the_first_minute_is_the_studio_kits_where_it_is_there() {
        let first = |names: &[&str]| shelf(names).find(None).unwrap().name;
        assert_eq!(first(&["eight", "studio", "zebra"]), "studio");
        assert_eq!(first(&["jazz", "rock"]), "jazz");
    }

    #[test]
    fn an_empty_shelf_has_no_next_kit_and_says_where_it_looked() {
        let shelf = Shelf { folders: vec!["/kits".into()], ..shelf(&[]) };
        assert!(shelf.step(None, 1).is_none());
        assert!(shelf.find(None).unwrap_err().what.contains("/kits"));
    }
}
