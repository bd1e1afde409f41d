//! Switching the machine off, which the module itself has no right to: it leaves a mark
//! where systemd looks for it.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The file that asks for it, in the folder that systemd gave the service (`/run/rimshot`).
/// A path unit of root's sees it and switches the machine off.
pub const MARK: &str = "shut-down";

/// The folder that systemd gave the service.
fn folder() -> Option<PathBuf> {
    let folders = env::var_os("RUNTIME_DIRECTORY").filter(|folders| !folders.is_empty())?;
    env::split_paths(&folders).next()
}

/// Asks for the machine to be switched off.
///
/// # Errors
/// Why nobody would hear that, as a sentence without a full stop.
pub fn off() -> Result<(), String> {
    mark(folder().as_deref())
}

fn mark(folder: Option<&Path>) -> Result<(), String> {
    let folder = folder.ok_or(
        "the machine is not switched off: only the service may ask for that (there is no \
         $RUNTIME_DIRECTORY)",
    )?;
    let mark = folder.join(MARK);
    let said = |e| format!("the machine is not switched off: {}: {e}", mark.display());
    File::create(&mark).map(drop).map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_an_empty_file_in_the_services_folder() {
        let folder = env::temp_dir().join(format!("rimshot-power-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(mark(Some(&folder)), Ok(()));
        assert_eq!(std::fs::read(folder.join("shut-down")).unwrap(), b"");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn where_nobody_would_see_the_mark_that_is_said() {
        let why = mark(None).unwrap_err();
        assert!(why.ends_with("(there is no $RUNTIME_DIRECTORY)"), "{why}");
        let why = mark(Some(Path::new("/nowhere"))).unwrap_err();
        assert!(why.starts_with("the machine is not switched off: /nowhere/shut-down: "), "{why}");
    }
}
