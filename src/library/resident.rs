//! Which kits are in memory, and how far the others are.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use serde::Serialize;

use super::SampleLibrary;
use crate::kit::SampleData;

/// What the library remembers of a kit. It owns none of its samples.
#[derive(Debug)]
pub struct Record {
    name: String,
    recordings: usize,
    loading: bool,
    /// With their memory in bytes. Looking at a sample must not make another owner of it:
    /// while there is one it could not make room.
    samples: Vec<(Weak<SampleData>, usize)>,
}

/// How much of a kit is in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resident {
    /// The kit's folder.
    pub folder: PathBuf,
    /// What a person calls it.
    pub name: String,
    /// Recordings that it plays.
    pub recordings: usize,
    /// Of these, in memory now.
    pub in_memory: usize,
    /// Their memory, in bytes. A recording that two kits share counts in both.
    pub bytes: usize,
    /// More of it is being loaded now.
    pub loading: bool,
}

impl Resident {
    /// Whether nothing of it is missing.
    pub fn is_whole(&self) -> bool {
        self.in_memory >= self.recordings
    }
}

impl SampleLibrary {
    /// The kits of which anything is in memory or being loaded, in order of their folders.
    /// Those that nobody plays count as long as their samples have not made room.
    pub fn resident(&self) -> Vec<Resident> {
        let lives = |(sample, _): &&(Weak<SampleData>, usize)| sample.strong_count() > 0;
        self.kits.retain(|_, record| record.loading || record.samples.iter().any(|s| lives(&s)));
        let about = |folder: &PathBuf, record: &Record| {
            let living = || record.samples.iter().filter(lives);
            Resident {
                folder: folder.clone(),
                name: record.name.clone(),
                recordings: record.recordings,
                in_memory: living().count(),
                bytes: living().map(|(_, bytes)| bytes).sum(),
                loading: record.loading,
            }
        };
        let mut kits: Vec<_> = self.kits.iter().map(|kit| about(kit.key(), &kit)).collect();
        kits.sort_by(|a, b| a.folder.cmp(&b.folder));
        kits
    }

    /// A kit of so many recordings is being loaded. What was known of it is forgotten.
    pub(super) fn kit_begins(&self, folder: &Path, name: &str, recordings: usize) {
        let name = name.to_owned();
        let record = Record { name, recordings, loading: true, samples: Vec::new() };
        self.kits.insert(folder.to_owned(), record);
    }

    /// One more of its samples is there.
    pub(super) fn kit_has(&self, folder: &Path, sample: &Arc<SampleData>) {
        if let Some(mut record) = self.kits.get_mut(folder) {
            record.samples.push((Arc::downgrade(sample), sample.bytes()));
        }
    }

    /// Its load has ended: with all of it, with some of it, or broken off.
    pub(super) fn kit_rests(&self, folder: &Path) {
        if let Some(mut record) = self.kits.get_mut(folder) {
            record.loading = false;
        }
    }
}
