//! `[state]`: where what changes by playing is remembered.

use std::path::PathBuf;

use super::{Places, settings};
use crate::words::spec::Table;

/// The folder of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatePlace {
    /// The usual one.
    Auto,
    /// None: nothing is remembered, and nothing written.
    None,
    /// This one. It may not exist yet.
    Folder(PathBuf),
}

impl StatePlace {
    pub(super) fn read(table: Option<&Table>, places: &Places) -> Self {
        match settings::STATE_FOLDER.read(table).as_str() {
            "auto" => StatePlace::Auto,
            "none" => StatePlace::None,
            path => StatePlace::Folder(places.resolve(path)),
        }
    }
}
