//! The folder of the state: who writes it, and what is read of it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::app::whole_file;

/// What is longer is nothing that we wrote: ten thousand trims have less.
const MOST: u64 = 1 << 20;

/// The text of a small file; `Ok(None)` where there is none.
///
/// # Errors
/// Why it cannot be read, as the end of a sentence.
pub(super) fn text(path: &Path) -> Result<Option<String>, String> {
    // Before it is opened: a pipe of this name would be waited for.
    match fs::metadata(path) {
        Ok(data) if !data.is_file() => return Err("it is not a file".to_owned()),
        Ok(data) if data.len() > MOST => return Err(format!("it has {} bytes", data.len())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map(Some).map_err(|_| "it is no text".to_owned())
}

/// A folder that one module writes at a time.
pub(super) struct Kept {
    folder: PathBuf,
    /// The folder itself, locked for as long as this lives: no file is left behind.
    lock: Option<File>,
}

impl Kept {
    /// A folder, locked where it is there already; and why it cannot be written, where that
    /// is known by now.
    pub(super) fn open(folder: PathBuf) -> (Self, Option<String>) {
        let mut kept = Self { folder, lock: None };
        let odd = if kept.folder.is_dir() { kept.take().err() } else { None };
        (kept, odd)
    }

    fn take(&mut self) -> Result<(), String> {
        if self.lock.is_some() {
            return Ok(());
        }
        let named = |error: io::Error| format!("{}: {error}", self.folder.display());
        fs::create_dir_all(&self.folder).map_err(named)?;
        let folder = File::open(&self.folder).map_err(named)?;
        match folder.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!("another rimshot has {}", self.folder.display()));
            }
            Err(TryLockError::Error(error)) => return Err(named(error)),
        }
        self.lock = Some(folder);
        Ok(())
    }

    /// Writes a file's new text, where it has another one.
    pub(super) fn writes(mut self) -> impl FnMut(&'static str, &str) -> Result<(), String> + Send {
        move |name, new| {
            self.take()?;
            let path = self.folder.join(name);
            if text(&path).is_ok_and(|old| old.as_deref() == Some(new)) {
                return Ok(());
            }
            let named = |error| format!("{}: {error}", path.display());
            let done = whole_file::write(&path, new, None);
            if done.is_err() {
                // The card may come back as another folder, which is not locked yet.
                self.lock = None;
            }
            done.map_err(named)
        }
    }
}
