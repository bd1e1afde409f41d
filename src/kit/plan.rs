//! What a kit's folder says, before any recording is read.

use std::path::PathBuf;

use super::{Dynamics, Shape};
use crate::words::{Slot, SlotSet};

/// A kit on disk: what to load and how to play it.
#[derive(Debug, Clone, PartialEq)]
pub struct KitPlan {
    /// What a person calls it: `name` in kit.toml, else the folder's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its fixed program number, 0..=127, from `program` in kit.toml or a leading number of the folder.
    pub program: Option<u8>,
    /// Remove the silence before the onset of each recording when it is loaded.
    pub trim: bool,
    /// Keep every recording as 16-bit, also those of more: half the memory of float, at a
    /// noise 96 dB below full scale.
    pub compact: bool,
    /// What it puts on its slots.
    pub sounds: Vec<SoundPlan>,
}

/// Levels that a kit may ask for, lowest and highest, in dB.
pub const GAIN_DB: [f64; 2] = [-60.0, 12.0];

/// Semitones that a recording may be tuned by: those of the kit, the slot and the
/// recording together.
pub const TUNE: [f64; 2] = [-24.0, 24.0];

/// What a kit puts on one slot, or on exactly one note.
#[derive(Debug, Clone, PartialEq)]
pub struct SoundPlan {
    /// The slot.
    pub slot: Slot,
    /// Set for a sound that belongs to exactly this note of the slot: it is played
    /// where the input's map puts this note on this slot too, and `slot` has another
    /// sound for its other notes.
    pub note: Option<u8>,
    /// Level in dB, −60..=12.
    pub gain_db: f32,
    /// −1 left … 1 right.
    pub pan: f32,
    /// Semitones of the kit and the slot together, [`TUNE`], applied when the recording
    /// is resampled.
    pub tune: f32,
    /// Name of the choke group, if any.
    pub choke: Option<String>,
    /// Its own earlier hits are choked too.
    pub choke_self: bool,
    /// Slots whose sounds it ends, beside its group's.
    pub chokes: SlotSet,
    /// How velocity becomes loudness; `None`: `Layers` where all articulations have
    /// explicit velocity ranges, else `Level`.
    pub dynamics: Option<Dynamics>,
    /// Envelope, filters, pitch by velocity, reverb.
    pub shape: Shape,
    /// Its articulations, at least one.
    pub articulations: Vec<ArticulationPlan>,
}

/// Recordings valid for a range of openness and position.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticulationPlan {
    /// Openness, 0 closed … 1 open.
    pub openness: [f32; 2],
    /// Position, 0 centre … 1 edge.
    pub position: [f32; 2],
    /// The recordings.
    pub choice: ChoicePlan,
}

/// Recordings and how one is chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum ChoicePlan {
    /// Explicit velocity ranges.
    Layers(Vec<LayerPlan>),
    /// Chosen by measured loudness.
    Measured(Vec<FilePlan>),
}

/// Recordings of one velocity range, played in turn.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerPlan {
    /// Lowest and highest velocity, 1..=127.
    pub velocity: [u8; 2],
    /// The recordings, in the order they are played.
    pub files: Vec<FilePlan>,
}

/// One recording and what is its own.
#[derive(Debug, Clone, PartialEq)]
pub struct FilePlan {
    /// The file.
    pub path: PathBuf,
    /// Semitones beside those of its sound ([`SoundPlan::tune`]).
    pub tune: f32,
    /// Level in dB beside that of its sound, −60..=12.
    pub gain_db: f32,
}

/// The recording as it is.
impl<P: Into<PathBuf>> From<P> for FilePlan {
    fn from(path: P) -> Self {
        Self { path: path.into(), tune: 0.0, gain_db: 0.0 }
    }
}

impl SoundPlan {
    /// A sound at 0 dB in the centre, choking nothing.
    pub fn new(slot: Slot, articulations: Vec<ArticulationPlan>) -> Self {
        Self {
            slot,
            note: None,
            gain_db: 0.0,
            pan: 0.0,
            tune: 0.0,
            choke: None,
            choke_self: false,
            chokes: SlotSet::default(),
            dynamics: None,
            shape: Shape::default(),
            articulations,
        }
    }

    /// Semitones that one of its recordings is tuned by when it is loaded.
    pub fn tune_of(&self, file: &FilePlan) -> f32 {
        self.tune + file.tune
    }
}

impl ArticulationPlan {
    /// For every openness and position.
    pub fn whole(choice: ChoicePlan) -> Self {
        Self { openness: [0.0, 1.0], position: [0.0, 1.0], choice }
    }
}

impl KitPlan {
    /// A kit without a program number, whose recordings are kept as they were recorded.
    pub fn new(
        name: impl Into<String>,
        folder: impl Into<PathBuf>,
        sounds: Vec<SoundPlan>,
    ) -> Self {
        Self {
            name: name.into(),
            folder: folder.into(),
            program: None,
            trim: false,
            compact: false,
            sounds,
        }
    }

    /// Every recording the kit names, with the tuning it is loaded at, in order and with repeats.
    pub fn files(&self) -> impl Iterator<Item = (&PathBuf, f32)> {
        self.sounds.iter().flat_map(|sound| {
            sound.articulations.iter().flat_map(move |a| {
                let files: Vec<&FilePlan> = match &a.choice {
                    ChoicePlan::Layers(layers) => layers.iter().flat_map(|l| &l.files).collect(),
                    ChoicePlan::Measured(files) => files.iter().collect(),
                };
                files.into_iter().map(move |file| (&file.path, sound.tune_of(file)))
            })
        })
    }
}
