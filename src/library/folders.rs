//! Folders by what is in them: (folder, index) addresses a recording.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::SampleLibrary;
use super::io_sentence;
use crate::kit::disk::files::wavs_in;
use crate::words::Problem;

/// How long a folder must have rested before its listing is believed: FAT, the file
/// system of most sticks, keeps times to two seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// What was in a folder when it was last looked at.
#[derive(Debug)]
pub struct Folder {
    changed: Option<SystemTime>,
    files: Arc<[PathBuf]>,
}

impl SampleLibrary {
    /// The WAV files of a folder, as [`wavs_in`] lists them. The listing is kept until the
    /// folder changes.
    ///
    /// # Errors
    /// An error that names the folder, where it cannot be listed.
    pub fn folder(&self, dir: &Path) -> Result<Arc<[PathBuf]>, Problem> {
        let problem = |e: io::Error| Problem::error(dir, io_sentence(&e));
        let real = dir.canonicalize().map_err(problem)?;
        let changed = real.metadata().map_err(problem)?.modified().ok();
        if let Some(found) = self.folders.get(&real)
            && found.changed == changed
            && changed.is_some()
        {
            return Ok(found.files.clone());
        }
        let files: Arc<[PathBuf]> = wavs_in(&real).map_err(problem)?.into();
        // A folder that changed a moment ago may change again within the same tick.
        let settled =
            changed.filter(|&t| SystemTime::now().duration_since(t).is_ok_and(|d| d > SETTLED));
        self.folders.insert(real, Folder { changed: settled, files: files.clone() });
        Ok(files)
    }

    /// The file that (folder, index) addresses; the index wraps round the folder.
    ///
    /// # Errors
    /// An error that names the folder, where it cannot be listed or holds no WAV file.
    pub fn at(&self, dir: &Path, index: usize) -> Result<PathBuf, Problem> {
        let files = self.folder(dir)?;
        let wrapped = index.checked_rem(files.len()).and_then(|i| files.get(i));
        wrapped.cloned().ok_or_else(|| Problem::error(dir, "this folder holds no WAV file"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::library::tests::Folder;

    fn library() -> SampleLibrary {
        SampleLibrary::new(48_000)
    }

    #[test]
    fn the_index_wraps_round_the_folder() {
        let folder = Folder::new("index");
        for name in ["hit10.wav", "hit2.WAV", "Hit1.wave"] {
            folder.write(name, b"");
        }
        let library = library();
        let name = |i| {
            let path = library.at(folder.path(), i).unwrap();
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!([name(0), name(1), name(2)], ["Hit1.wave", "hit2.WAV", "hit10.wav"]);
        assert_eq!([name(3), name(usize::MAX)], [name(0), name(usize::MAX % 3)]);
    }

    #[test]
    fn a_listing_is_kept_while_the_folder_rests_and_made_anew_when_it_changes() {
        let folder = Folder::new("listing");
        folder.write("1.wav", b"");
        let library = library();
        let handle = File::open(folder.path()).unwrap();
        let rest = |seconds| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            handle.set_modified(time).unwrap();
        };
        // Just written: every call looks again.
        assert_eq!(library.folder(folder.path()).unwrap().len(), 1);
        folder.write("2.wav", b"");
        assert_eq!(library.folder(folder.path()).unwrap().len(), 2);
        rest(1_000_000);
        let first = library.folder(folder.path()).unwrap();
        assert!(Arc::ptr_eq(&first, &library.folder(folder.path()).unwrap()));
        folder.write("3.wav", b"");
        assert_eq!(library.folder(folder.path()).unwrap().len(), 3);
    }
}
