//! `[control]`: who reaches the module, and where.

use std::path::PathBuf;

use super::{Places, settings};
use crate::words::spec::Table;

/// `[control]`: the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Where it lies.
    pub socket: Socket,
    /// The group that may use it, by name or number; `None` is the process's own.
    pub group: Option<String>,
}

/// Where the control socket lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Socket {
    /// In the folder for such things.
    Auto,
    /// Nowhere.
    None,
    /// Here.
    Path(PathBuf),
}

impl Control {
    pub(super) fn read(table: Option<&Table>, places: &Places) -> Self {
        let socket = settings::SOCKET.read(table);
        Self {
            socket: match socket.as_str() {
                "auto" => Socket::Auto,
                "none" => Socket::None,
                path => Socket::Path(places.resolve(path)),
            },
            group: Some(settings::SOCKET_GROUP.read(table)).filter(|group| !group.is_empty()),
        }
    }
}
