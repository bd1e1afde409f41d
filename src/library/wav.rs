//! Reading WAV files, tolerantly: what recorders, editors and broken copies leave.
//!
//! Read with `pread` into a buffer that is used again, never mapped: a mapped file that
//! shrinks, or a stick that is pulled, kills the process; here it costs the rest of one
//! recording.
//!
//! Accepted: RIFF, RF64 and BW64; integer PCM of 8, 16, 24 and 32 bits (fewer valid bits
//! are left-justified in their container, as the format asks), float of 32 and 64 bits,
//! A-law and µ-law, each also as WAVE_FORMAT_EXTENSIBLE; any rate of [`RATES`]; odd chunks
//! with and without their pad byte; data sizes that are 0, 0xFFFFFFFF or past the end;
//! `fmt ` after `data`. Of more than two channels the first two are kept: in every
//! channel order in use these are left and right, and a mean over channels would comb
//! the microphones of a drum against each other.

mod chunks;
mod decode;

use std::fs::File;
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;

use super::Recording;
use crate::words::limits::RECORDING_VALUES;
pub use chunks::Format;

/// Frame rates that are read, in frames a second.
pub const RATES: RangeInclusive<u32> = 1..=768_000;

/// Bytes read at a time: large enough that a system call costs nothing beside the
/// decoding, small enough to stay in a Pi 3's second-level cache.
const BLOCK_BYTES: usize = 128 * 1024;

/// Why a file gives no recording.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The system says no.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Zero bytes.
    #[error("the file is empty")]
    Empty,
    /// Another kind of file, with its article.
    #[error("this is {0}; rimshot reads WAV")]
    OtherFormat(&'static str),
    /// Something else altogether.
    #[error("this is no WAV file: it begins with \"{0}\", a WAV file with \"RIFF\"")]
    NotWav(String),
    /// Nothing says how the samples are stored.
    #[error("there is no \"fmt \" chunk that says how the samples are stored")]
    NoFormat,
    /// The description of the samples is cut.
    #[error("the \"fmt \" chunk has {found} bytes; it needs {needed}")]
    ShortFormat {
        /// Bytes there are.
        found: u64,
        /// Bytes there must be.
        needed: u64,
    },
    /// A codec.
    #[error(
        "the samples are stored as {name} (format {tag:#06x}); allowed are PCM, float, A-law and µ-law"
    )]
    Encoding {
        /// Number in the `fmt ` chunk.
        tag: u16,
        /// What it is called.
        name: &'static str,
    },
    /// A sample width that this encoding does not have.
    #[error("the samples are {bits}-bit {kind}; allowed are {allowed} bits")]
    Width {
        /// Integer, float, A-law or µ-law.
        kind: &'static str,
        /// Width that was found.
        bits: u32,
        /// Widths that are read.
        allowed: &'static str,
    },
    /// No channel.
    #[error("it has 0 channels; at least 1 is needed")]
    NoChannels,
    /// A rate outside [`RATES`].
    #[error("its rate is {0} Hz; allowed are {min} to {max} Hz", min = RATES.start(), max = RATES.end())]
    Rate(u32),
    /// No samples at all.
    #[error("there is no \"data\" chunk")]
    NoData,
    /// Less than one frame.
    #[error("the \"data\" chunk holds no whole frame")]
    NoFrames,
    /// More than [`RECORDING_VALUES`].
    #[error(
        "it has {0} frames; at most {RECORDING_VALUES} values (frames times channels) fit a recording"
    )]
    TooLong(u64),
    /// The system has no memory for it.
    #[error("there is no memory for its {0} frames")]
    NoMemory(u64),
}

/// Where bytes come from: a file, or a test's idea of one.
pub trait ReadAt {
    /// Reads at an offset without moving a cursor; 0 at the end and past it.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Length in bytes.
    fn size(&self) -> io::Result<u64>;
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

/// Fills as much of `buffer` as there is; the count is short only at the end.
fn fill(source: &impl ReadAt, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut got = 0;
    while let Some(rest) = buffer.get_mut(got..).filter(|r| !r.is_empty()) {
        match source.read_at(rest, offset + got as u64) {
            Ok(0) => break,
            Ok(n) => got += n.min(rest.len()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

/// Reads a whole recording. `buffer` is scratch space; its contents do not matter and
/// it keeps its memory for the next file. A file that is cut, or that shrinks while it
/// is read, gives the whole frames there are.
///
/// # Errors
/// See [`WavError`]. Memory is asked for only as the size of the file justifies.
pub fn read(source: &impl ReadAt, buffer: &mut Vec<u8>) -> Result<Recording, WavError> {
    let (format, data) = chunks::scan(source, buffer)?;
    let frame_bytes = format.frame_bytes();
    let frames = (data.end - data.start) / frame_bytes as u64;
    let channels = format.channels.min(2);
    if frames == 0 {
        return Err(WavError::NoFrames);
    }
    if frames * channels as u64 > RECORDING_VALUES {
        return Err(WavError::TooLong(frames));
    }
    let values = frames as usize * channels;
    let mut pcm = decode::room(format.encoding, values).ok_or(WavError::NoMemory(frames))?;
    let block = (BLOCK_BYTES / frame_bytes).max(1) * frame_bytes;
    buffer.resize(block, 0);
    let mut offset = data.start;
    let end = data.start + frames * frame_bytes as u64;
    while offset < end {
        let wanted = usize::try_from(end - offset).unwrap_or(block).min(block);
        let (bytes, _) = buffer.split_at_mut(wanted);
        let got = fill(source, bytes, offset)?;
        let whole = got - got % frame_bytes;
        decode::append(&format, bytes.get(..whole).unwrap_or_default(), channels, &mut pcm);
        if got < wanted {
            break;
        }
        offset += got as u64;
    }
    if pcm.is_empty() {
        return Err(WavError::NoFrames);
    }
    Ok(Recording { rate: format.rate, channels, pcm })
}

#[cfg(test)]
mod tests;
