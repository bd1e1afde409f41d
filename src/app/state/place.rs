//! Where state lies.

use std::path::PathBuf;

use crate::app::config::StatePlace;

/// The folder for state: systemd's `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/rimshot` or
/// `~/.local/state/rimshot`.
pub fn default_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("STATE_DIRECTORY").or_else(|| {
        let home = || Some(set("HOME")?.join(".local/state"));
        Some(set("XDG_STATE_HOME").or_else(home)?.join("rimshot"))
    })
}

/// The folder that `[state]` asks for. `usual`: where it asks for none by name.
pub fn folder_of(place: &StatePlace, usual: Option<PathBuf>) -> Option<PathBuf> {
    match place {
        StatePlace::Auto => usual,
        StatePlace::None => None,
        StatePlace::Folder(path) => Some(path.clone()),
    }
}
