//! Files that stand there whole at every moment: the old one or the new one.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file under a new name, syncs it and gives it its name; its folder is made where
/// it is missing. `mode`: the permissions of a file that is not there yet, whatever the
/// process's usual ones; one that is there hands its own on.
///
/// # Errors
/// As the system has them. The old file then stands as it was, and nothing is left beside it.
pub fn write(path: &Path, text: &str, mode: Option<Permissions>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mode = fs::metadata(path).map(|old| old.permissions()).ok().or(mode);
    let written = fill(&new, text, mode).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // where even that fails there is nothing to remove
        let _ = fs::remove_file(&new);
    }
    written?;
    // The rename itself has to reach the disk too.
    File::open(folder)?.sync_all()
}

fn fill(path: &Path, text: &str, mode: Option<Permissions>) -> io::Result<()> {
    let mut file = File::create(path)?;
    if let Some(mode) = mode {
        // Not everybody may; then it keeps the usual ones.
        let _ = file.set_permissions(mode);
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
