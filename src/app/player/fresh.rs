//! Whether the files of the kit that plays have changed (`[kits] reload = true`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::kit::disk::KIT_FILE;

/// How often the files are looked at. An editor's save is heard within two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Time and length of a file; `None` where there is none.
type Stamp = Option<(SystemTime, u64)>;

/// Watches the files of one kit.
#[derive(Debug, Default)]
pub struct Fresh {
    files: Vec<PathBuf>,
    known: Vec<Stamp>,
    changing: Option<Vec<Stamp>>,
    next: Option<Instant>,
}

fn stamp(path: &PathBuf) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

impl Fresh {
    /// Watches a kit's folder, its description, its recordings and the folders they are in
    /// (where new ones would show) from now on.
    pub fn watch<'p>(&mut self, folder: &Path, recordings: impl Iterator<Item = &'p Path>) {
        let mut files: BTreeSet<PathBuf> = [folder.to_owned(), folder.join(KIT_FILE)].into();
        for recording in recordings {
            files.extend(recording.parent().map(Path::to_owned));
            files.insert(recording.to_owned());
        }
        self.files = files.into_iter().collect();
        self.known = self.files.iter().map(stamp).collect();
        (self.changing, self.next) = (None, None);
    }

    /// Whether the kit has changed and then been left alone for a look: a file that is
    /// being copied is not half of one.
    pub fn has_changed(&mut self, now: Instant) -> bool {
        if self.next.is_some_and(|next| now < next) {
            return false;
        }
        self.next = Some(now + LOOK);
        let stamps: Vec<Stamp> = self.files.iter().map(stamp).collect();
        let settled = self.changing.as_ref() == Some(&stamps);
        self.changing = (stamps != self.known).then(|| stamps.clone());
        if settled && self.changing.is_some() {
            (self.known, self.changing) = (stamps, None);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_kit_is_seen_once_it_is_left_alone_and_only_once() {
        let folder = std::env::temp_dir().join(format!("rimshot-fresh-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("1.wav");
        std::fs::write(&file, "old").unwrap();
        let mut fresh = Fresh::default();
        fresh.watch(&folder, [file.as_path()].into_iter());
        let start = Instant::now();
        let mut look = (0..).map(|n| start + n * LOOK);
        let mut changed = || fresh.has_changed(look.next().unwrap());
        assert!(!changed());
        std::fs::write(&file, "half of a new").unwrap();
        assert!(!changed());
        std::fs::write(&file, "the whole of a new one").unwrap();
        assert!(!changed(), "it is still being written");
        assert!(changed());
        assert!(!changed());
        std::fs::remove_file(&file).unwrap();
        assert!(!changed());
        assert!(changed(), "one that is gone is a change too");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
