//! What the loader is asked and what it answers.

use std::path::PathBuf;
use std::sync::Arc;

use crate::kit::{Kit, SampleData};
use crate::library::fit::Share;
use crate::library::load::{LoadMode, Wanted};
use crate::words::Problem;

/// How much a kit is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It may be wanted soon: loaded where it has room, while nothing urgent is to
    /// be done and, where there is a [`super::Pace`], between hits.
    Preload,
    /// It is to be played: loaded at once, with fewer variations if it must be. The newest
    /// wins.
    Play,
}

/// Asks for a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRequest {
    /// Chosen by the caller; comes back in the reports.
    pub ticket: u64,
    /// The kit's folder.
    pub folder: PathBuf,
    /// To be played, or to be kept ready.
    pub urgency: Urgency,
    /// Whole or lazy.
    pub mode: LoadMode,
    /// The least that is worth having.
    pub least: Share,
}

impl LoadRequest {
    /// A whole kit to be played.
    pub fn play(ticket: u64, folder: PathBuf) -> Self {
        let (urgency, mode) = (Urgency::Play, LoadMode::Whole);
        Self { ticket, folder, urgency, mode, least: Share::Thinned }
    }

    /// A whole kit to be kept ready.
    pub fn preload(ticket: u64, folder: PathBuf) -> Self {
        Self { urgency: Urgency::Preload, least: Share::Full, ..Self::play(ticket, folder) }
    }

    /// All of a kit that has been loaded thinned, in the background: as 16-bit where it must
    /// be, but not thinned again.
    pub fn mend(ticket: u64, folder: PathBuf) -> Self {
        Self { least: Share::Compact, ..Self::preload(ticket, folder) }
    }

    /// The same kit with holes that are filled when they are struck.
    pub fn lazily(self) -> Self {
        Self { mode: LoadMode::Lazy, ..self }
    }
}

/// Asks for one sample of a lazy kit: it goes before all kits.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleRequest {
    /// Chosen by the caller; comes back in the report.
    pub ticket: u64,
    /// The kit's folder.
    pub folder: PathBuf,
    /// Its place in the kit's table.
    pub index: usize,
    /// What is to be there, from [`LoadReport::Ready`].
    pub wanted: Wanted,
}

/// What the loader says about a request. Requests to play that were overtaken by a newer
/// one, and preloads that are not wanted any more or are played now, are not answered; an
/// answer that was ready in the moment a newer request came may still arrive, so compare
/// the ticket.
#[derive(Debug)]
pub enum LoadReport {
    /// Recordings are being loaded. Left out while earlier reports wait to be read.
    Progress {
        /// Which request.
        ticket: u64,
        /// Recordings that are done.
        done: usize,
        /// Recordings there are.
        total: usize,
    },
    /// The kit can be played.
    Ready {
        /// Which request.
        ticket: u64,
        /// The kit. Its samples stay in memory for as long as it does.
        kit: Box<Kit>,
        /// The kit's name, from its plan.
        name: String,
        /// Its fixed program number, from its plan.
        program: Option<u8>,
        /// The rate that its samples are at, in frames a second.
        rate: u32,
        /// For each sample of its table what it is made from: asks for those that are not
        /// there.
        sources: Vec<Wanted>,
        /// Others have the memory that it would need to be whole ([`LoadRequest::mend`]).
        thinned: bool,
        /// What was wrong and is left out.
        problems: Vec<Problem>,
    },
    /// There is nothing to play, or no room to keep it ready.
    Failed {
        /// Which request.
        ticket: u64,
        /// Why; at least one.
        problems: Vec<Problem>,
    },
    /// One sample of a lazy kit.
    Sample {
        /// Which request.
        ticket: u64,
        /// The kit's folder.
        folder: PathBuf,
        /// Its place in the kit's table.
        index: usize,
        /// The sample, for [`Kit::next_generation`], or why there is none.
        loaded: Result<Arc<SampleData>, Problem>,
    },
}
