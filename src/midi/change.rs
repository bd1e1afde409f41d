//! News of a port, for people.

use std::fmt;

use super::names::short_name;

/// Something that happened to a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortChange {
    /// It is heard from now on.
    Opened {
        /// Client and port name.
        name: String,
        /// The note map it is translated by.
        map: String,
        /// Why this one, as the end of a sentence.
        why: String,
        /// The source of the engine that it feeds.
        source: usize,
    },
    /// It is translated otherwise from its next message on.
    Translated {
        /// Client and port name.
        name: String,
        /// The note map it is translated by.
        map: String,
        /// Why this one, as the end of a sentence.
        why: String,
    },
    /// It is gone.
    Closed {
        /// Client and port name.
        name: String,
    },
    /// It is there and cannot be heard. Said again only when there is another reason.
    Failed {
        /// Client and port name.
        name: String,
        /// Why, as a sentence without a full stop.
        why: String,
    },
    /// There are no ports to be had at all. Said once for as long as the reason is the same.
    Unavailable {
        /// Why, as a sentence without a full stop.
        why: String,
    },
}

impl fmt::Display for PortChange {
    /// As a line for people, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PortChange::Opened { name, map, why, .. } => {
                write!(f, "opened {} (map {map}, {why})", short_name(name))
            }
            PortChange::Translated { name, map, why } => {
                write!(f, "{} has the map {map} now, {why}", short_name(name))
            }
            PortChange::Closed { name } => write!(f, "{} went away", short_name(name)),
            PortChange::Failed { name, why } => write!(f, "{}: {why}", short_name(name)),
            PortChange::Unavailable { why } => write!(f, "{why}"),
        }
    }
}
