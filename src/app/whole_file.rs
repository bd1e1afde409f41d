//! Files that stand there whole at every moment: the old one or the new one.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::Path;

/// What replacing a file asks of a disk, one step after the other.
pub(crate) trait Disk {
    /// A file that is being written.
    type File;
    /// The folder, made where it is missing.
    fn folder(&mut self) -> io::Result<()>;
    /// An empty file of this name.
    fn create(&mut self, name: &str) -> io::Result<Self::File>;
    /// More of its contents.
    fn write(&mut self, file: &mut Self::File, bytes: &[u8]) -> io::Result<()>;
    /// From here on its contents survive a power cut.
    fn sync(&mut self, file: &mut Self::File) -> io::Result<()>;
    /// Another name, in place of whatever has it.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// From here on names survive a power cut.
    fn sync_names(&mut self) -> io::Result<()>;
}

/// Puts a text in place of a file's, so that whenever the power goes the file is the old or
/// the new one.
///
/// # Errors
/// The disk's. Then the old file is still there, or the new one already.
pub(crate) fn replace<D: Disk>(disk: &mut D, name: &str, text: &str) -> io::Result<()> {
    let new = format!("{name}.new");
    disk.folder()?;
    let mut file = disk.create(&new)?;
    disk.write(&mut file, text.as_bytes())?;
    disk.sync(&mut file)?;
    disk.rename(&new, name)?;
    disk.sync_names()
}

/// A folder of the system, and the permissions of a file that is made in it.
struct System<'f>(&'f Path, Option<Permissions>);

impl Disk for System<'_> {
    type File = File;
    fn folder(&mut self) -> io::Result<()> {
        fs::create_dir_all(self.0)
    }
    fn create(&mut self, name: &str) -> io::Result<File> {
        let file = File::create(self.0.join(name))?;
        if let Some(mode) = &self.1 {
            // Not everybody may; then it keeps the usual ones.
            let _ = file.set_permissions(mode.clone());
        }
        Ok(file)
    }
    fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }
    fn sync(&mut self, file: &mut File) -> io::Result<()> {
        file.sync_all()
    }
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }
    fn sync_names(&mut self) -> io::Result<()> {
        File::open(self.0)?.sync_all()
    }
}

/// Writes a file under a new name, syncs it and gives it its name; its folder is made where
/// it is missing. `mode`: the permissions of a file that is not there yet, whatever the
/// process's usual ones; one that is there hands its own on.
///
/// # Errors
/// As the system has them. Then the old file is still there, or the new one already, and
/// nothing is left beside it.
pub fn write(path: &Path, text: &str, mode: Option<Permissions>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(io::Error::other("its name is no text"));
    };
    let mode = fs::metadata(path).map(|old| old.permissions()).ok().or(mode);
    let written = replace(&mut System(folder, mode), name, text);
    if written.is_err() {
        // Where even that fails there is nothing to remove.
        let _ = fs::remove_file(folder.join(format!("{name}.new")));
    }
    written
}
