//! What a WAV file says beside its samples: loops, the note it was recorded at, markers.
//!
//! Layouts: Microsoft, Multimedia Programming Interface 1.0 (1991), `smpl`, `cue ` and
//! `inst`. Nothing is trusted: counts are cut to what the chunk holds and to [`MOST`].

use super::chunks::{self, u32_at};
use super::{ReadAt, WavError, fill};

/// Loops and markers kept of one file: samplers write one or two, editors some dozens.
const MOST: usize = 64;
/// Bytes read of a chunk: the head of `smpl` and [`MOST`] loops of 24 bytes each.
const MOST_BYTES: u64 = 36 + 24 * MOST as u64;

/// A loop, in frames of the file's rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loop {
    /// First frame.
    pub first: u32,
    /// Last frame, which is played too.
    pub last: u32,
}

/// What a file says beside its samples.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    /// The note at which it sounds as recorded, 0..=127: from `smpl`, else from `inst`.
    pub unity_note: Option<u8>,
    /// Loops that lie inside the recording, from `smpl`.
    pub loops: Vec<Loop>,
    /// Frames of the file's rate that `cue ` marks inside the recording, rising.
    pub cues: Vec<u32>,
    /// Lowest and highest velocity, 1..=127, from `inst`, where they are a range.
    pub velocity: Option<[u8; 2]>,
}

impl Info {
    /// Reads what is there; `frames` is the length of the recording. A chunk that makes no
    /// sense says nothing.
    pub(super) fn read(source: &impl ReadAt, data_end: u64, frames: u64) -> Result<Self, WavError> {
        let mut info = Info::default();
        let mut inst_note = None;
        chunks::walk(source, data_end, |id, body, length| {
            if !matches!(id, b"smpl" | b"cue " | b"inst") {
                return Ok(());
            }
            let mut bytes = vec![0; usize::try_from(length.min(MOST_BYTES)).unwrap_or(0)];
            let got = fill(source, &mut bytes, body)?;
            bytes.truncate(got);
            match id {
                b"smpl" => info.smpl(&bytes, frames),
                b"cue " => info.cue(&bytes, frames),
                _ => inst_note = info.inst(&bytes),
            }
            Ok(())
        })?;
        info.unity_note = info.unity_note.or(inst_note);
        Ok(info)
    }

    /// Whether the file says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Info::default()
    }

    fn smpl(&mut self, bytes: &[u8], frames: u64) {
        self.unity_note = u32_at(bytes, 12).and_then(|n| u8::try_from(n).ok()).filter(|&n| n < 128);
        let count = u32_at(bytes, 28).unwrap_or(0) as usize;
        let loops = bytes.get(36..).unwrap_or_default().chunks_exact(24).take(count.min(MOST));
        self.loops = loops
            .filter_map(|l| Some(Loop { first: u32_at(l, 8)?, last: u32_at(l, 12)? }))
            .filter(|l| l.first <= l.last && u64::from(l.last) < frames)
            .collect();
    }

    fn cue(&mut self, bytes: &[u8], frames: u64) {
        let count = u32_at(bytes, 0).unwrap_or(0) as usize;
        let points = bytes.get(4..).unwrap_or_default().chunks_exact(24).take(count.min(MOST));
        // The last field is the frame in the data chunk; the second is one in a playlist.
        self.cues = points
            .filter_map(|point| u32_at(point, 20))
            .filter(|&frame| u64::from(frame) < frames)
            .collect();
        self.cues.sort_unstable();
    }

    /// The note, and keeps the velocities.
    fn inst(&mut self, bytes: &[u8]) -> Option<u8> {
        let &[note, _, _, _, _, low, high, ..] = bytes else { return None };
        let whole = low <= 1 && high == 127;
        if (1..=127).contains(&low.max(1)) && low <= high && high <= 127 && !whole {
            self.velocity = Some([low.max(1), high]);
        }
        Some(note).filter(|&n| n < 128)
    }
}
