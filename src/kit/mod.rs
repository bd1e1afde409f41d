//! Kits: from a folder of recordings to the table that the engine plays.
//!
//! [`plan`] is what a kit's folder says, with file names; [`Kit`] is what the engine
//! plays, with samples. `library` turns one into the other.

pub mod build;
pub mod disk;
pub mod plan;
pub mod sample;
pub mod shape;

use std::path::PathBuf;
use std::sync::Arc;

pub use plan::KitPlan;
pub use sample::SampleData;
pub use shape::{Cutoff, Envelope, Shape};

use crate::words::{Slot, SlotSet};

/// How velocity becomes loudness (`[slot.X] dynamics = …`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dynamics {
    /// The velocity chooses a layer, which plays as it was recorded.
    Layers,
    /// The chosen recording is scaled from its measured loudness to the wanted one,
    /// by at most ±6 dB; recordings of one loudness follow (v ÷ 127)².
    Level,
}

/// What a kit is to the engine: two builds with the same tables and the same samples in
/// memory have the same id, so that a kit whose tails still ring is recognised when it is
/// chosen again, and its voices and memory carry over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KitId(pub u64);

/// A kit as the engine plays it. Immutable once built; every index is stable. A clone
/// shares the samples.
#[derive(Debug, Clone)]
pub struct Kit {
    /// Which build this is.
    pub id: KitId,
    /// What a person calls it.
    pub name: String,
    /// Every sample, addressed by its place in this table.
    pub samples: Vec<KitSample>,
    /// Every sound, addressed by its place in this table.
    pub sounds: Vec<Sound>,
    /// What each slot plays, fallbacks resolved; indexed by [`Slot::index`].
    pub slots: Vec<Option<Played>>,
    /// Sounds for exactly one note, which win over the slot's: indexed by note.
    pub notes: Vec<Option<Played>>,
    /// Articulations of all sounds.
    pub articulations: Vec<Articulation>,
    /// Layers of all articulations.
    pub layers: Vec<Layer>,
}

/// What a slot plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Played {
    /// Index into [`Kit::sounds`].
    pub sound: u16,
    /// Struck as a closed hi-hat, whatever the hit says (foot sounds that fall back).
    pub closed: bool,
}

/// A stretch of one of a kit's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First index.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl Span {
    /// The items of `table` in this stretch; empty where it lies outside.
    /// Thread: any; real-time.
    pub fn of<T>(self, table: &[T]) -> &[T] {
        let first = self.first as usize;
        table.get(first..first.saturating_add(self.count as usize)).unwrap_or_default()
    }
}

/// What a kit put on one slot (or on one note).
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Its own slot.
    pub slot: Slot,
    /// Stretch of [`Kit::articulations`].
    pub articulations: Span,
    /// Factors for the left and right side of a mono recording (gain and pan).
    pub mono: [f32; 2],
    /// Factors for the left and right channel of a stereo recording (gain and balance).
    pub stereo: [f32; 2],
    /// Choke group, 0 for none. Sounds of the same group end each other.
    pub group: u8,
    /// Its own earlier hits are choked too.
    pub choke_self: bool,
    /// Slots whose sounds it ends, beside its group's.
    pub chokes: SlotSet,
    /// How velocity becomes loudness.
    pub dynamics: Dynamics,
    /// Envelope, filters, pitch by velocity, reverb; all in range.
    pub shape: Shape,
}

impl Sound {
    /// Whether it has recordings of its own for some positions. Thread: any; real-time.
    pub fn is_positioned(&self, kit: &Kit) -> bool {
        self.articulations.of(&kit.articulations).iter().any(|a| a.position != [0.0, 1.0])
    }
}

/// A set of samples valid for a range of openness (hi-hat) and position.
#[derive(Debug, Clone, PartialEq)]
pub struct Articulation {
    /// Openness, 0 closed … 1 open, both ends included.
    pub openness: [f32; 2],
    /// Position, 0 centre … 1 edge, both ends included.
    pub position: [f32; 2],
    /// How a sample is chosen.
    pub choice: Choice,
    /// Loudness of its softest recording (linear RMS).
    pub floor: f32,
    /// Loudness of its loudest recording (linear RMS).
    pub ceiling: f32,
}

impl Articulation {
    /// Whether its recordings are one loudness in variations: less than 6 dB apart, which
    /// is within the scaling that [`Dynamics::Level`] may do to any of them.
    /// Thread: any; real-time.
    pub fn is_one_level(&self) -> bool {
        self.ceiling <= 2.0 * self.floor
    }

    /// The loudness (linear RMS) that a velocity of 1..=127 asks for: (v ÷ 127)² of the
    /// loudest recording. One law for all ways to choose, so that the drums of a kit keep
    /// their balance when they are played softly, however each is described.
    /// Thread: any; real-time.
    pub fn wanted(&self, velocity: f32) -> f32 {
        let v = velocity / 127.0;
        self.ceiling * v * v
    }
}

/// How an articulation chooses its sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// By velocity range, then round robin inside the layer: stretch of [`Kit::layers`].
    Layers(Span),
    /// By measured loudness, time since last use and chance: stretch of
    /// [`Kit::samples`], softest first.
    Measured(Span),
}

/// A velocity range with its recordings, played in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Lowest and highest velocity, 1..=127, both included.
    pub velocity: [u8; 2],
    /// Stretch of [`Kit::samples`].
    pub samples: Span,
}

/// A sample in a kit's table.
#[derive(Debug, Clone)]
pub struct KitSample {
    /// The frames. The library keeps an owner for as long as an engine may, so that the
    /// last one never goes in the audio callback.
    pub data: Arc<SampleData>,
    /// This recording's own factor, 1.0 unless the kit says otherwise.
    pub gain: f32,
    /// The recording is not in memory yet: `data` has no frames, and of its loudness an
    /// estimate (0 where none was needed). A hit that chooses it makes no sound; another
    /// generation of the kit brings it ([`Kit::next_generation`]).
    pub hole: bool,
}

/// What a sample in a kit's table was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSource {
    /// The file.
    pub path: PathBuf,
    /// Semitones it is tuned by.
    pub tune: f32,
}

/// What an engine remembers about one kit: made outside, carried in with the kit, kept
/// when another generation of the same kit takes its place.
#[derive(Debug)]
pub struct KitMemory {
    /// For each sample: the frame of its last use plus one; 0 = never.
    pub last_used: Box<[u64]>,
    /// For each layer: how many of its hits have been played.
    pub turns: Box<[u32]>,
    /// For each articulation: the sample it played last, plus one; 0 = none.
    pub last_sample: Box<[u32]>,
}

impl KitMemory {
    /// A blank memory for this kit.
    pub fn of(kit: &Kit) -> Self {
        Self {
            last_used: vec![0; kit.samples.len()].into(),
            turns: vec![0; kit.layers.len()].into(),
            last_sample: vec![0; kit.articulations.len()].into(),
        }
    }
}
