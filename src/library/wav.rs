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
mod info;

use std::fs::File;
use std::io;
use std::ops::{Range, RangeInclusive};
use std::os::unix::fs::FileExt;

use super::memory::blank;
use super::{Pcm, Recording};
use crate::words::limits::RECORDING_VALUES;
pub use chunks::{Encoding, Format};
pub use info::{Info, Loop};

/// Frame rates that are read, in frames a second.
pub const RATES: RangeInclusive<u32> = 1..=768_000;

/// Bytes read at a time: large enough that a system call costs nothing beside the
/// decoding, small enough to stay in a Pi 3's second-level cache.
const BLOCK_BYTES: usize = 128 * 1024;

/// Why a file gives no recording.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The system says no.
    #[error("{}", super::io_sentence(.0))]
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

/// A WAV file whose chunks have been looked at: its samples can be read from any frame.
#[derive(Debug)]
pub struct Reader<'a, S> {
    source: &'a S,
    format: Format,
    data: Range<u64>,
    channels: usize,
}

impl<'a, S: ReadAt> Reader<'a, S> {
    /// Finds the samples. `buffer` is scratch space; its contents do not matter and it
    /// keeps its memory for the next file.
    ///
    /// # Errors
    /// See [`WavError`].
    pub fn open(source: &'a S, buffer: &mut Vec<u8>) -> Result<Self, WavError> {
        let (format, data) = chunks::scan(source, buffer)?;
        let channels = format.channels.min(2);
        let reader = Self { source, format, data, channels };
        let frames = reader.frames();
        if frames == 0 {
            return Err(WavError::NoFrames);
        }
        if frames * channels as u64 > RECORDING_VALUES {
            return Err(WavError::TooLong(frames));
        }
        Ok(reader)
    }

    /// Frames a second, within [`RATES`].
    pub fn rate(&self) -> u32 {
        self.format.rate
    }

    /// Channels that are kept: 1 or 2.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Length in frames, as the sizes of file and chunk have it.
    pub fn frames(&self) -> u64 {
        (self.data.end - self.data.start) / self.format.frame_bytes() as u64
    }

    /// Whether the samples need more than 16 bits.
    pub fn is_wide(&self) -> bool {
        self.format.encoding.is_wide()
    }

    /// What the file says beside its samples.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn info(&self) -> Result<Info, WavError> {
        Info::read(self.source, self.data.end, self.frames())
    }

    /// Reads values from frame `first` on, as many whole frames as `out` holds; full scale
    /// is 1.0 and every value is zero or a normal number. Gives how many values there were;
    /// fewer only at the end.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn floats(&self, first: u64, out: &mut [f32], buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.read(first, out, buffer, decode::floats)
    }

    /// As [`Reader::floats`], for samples that are not wide; full scale is 32768.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn ints(&self, first: u64, out: &mut [i16], buffer: &mut Vec<u8>) -> io::Result<usize> {
        if self.format.encoding == Encoding::I16 && self.format.channels == self.channels {
            return self.ints_in_place(first, out);
        }
        self.read(first, out, buffer, decode::ints)
    }

    /// 16-bit samples are what memory wants already: they are read where they belong.
    fn ints_in_place(&self, first: u64, out: &mut [i16]) -> io::Result<usize> {
        let frame_bytes = self.format.frame_bytes();
        let (at, frames) = self.stretch(first, out.len() / self.channels);
        let out = out.get_mut(..frames * self.channels).unwrap_or_default();
        let length = size_of_val(out);
        // SAFETY: the bytes are those of `out`, borrowed from here on through `bytes` alone
        // until its last use; every pattern of bits is an i16.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(out.as_mut_ptr().cast::<u8>(), length) };
        let got = fill(self.source, bytes, at)?;
        if cfg!(target_endian = "big") {
            out.iter_mut().for_each(|x| *x = i16::from_le(*x));
        }
        Ok(got / frame_bytes * self.channels)
    }

    fn read<T>(
        &self,
        first: u64,
        out: &mut [T],
        buffer: &mut Vec<u8>,
        convert: impl Fn(&Format, &[u8], usize, &mut [T]),
    ) -> io::Result<usize> {
        let frame_bytes = self.format.frame_bytes();
        let block_frames = (BLOCK_BYTES / frame_bytes).max(1);
        let mut done = 0;
        for (block, out) in out.chunks_mut(block_frames * self.channels).enumerate() {
            let frame = first + (block * block_frames) as u64;
            let (at, frames) = self.stretch(frame, out.len() / self.channels);
            let length = frames * frame_bytes;
            if buffer.len() < length {
                buffer.resize(block_frames * frame_bytes, 0);
            }
            let got = fill(self.source, buffer.get_mut(..length).unwrap_or_default(), at)?;
            let whole = got / frame_bytes;
            let values = whole * self.channels;
            let bytes = buffer.get(..whole * frame_bytes).unwrap_or_default();
            convert(&self.format, bytes, self.channels, out.get_mut(..values).unwrap_or_default());
            done += values;
            if values < out.len() {
                break;
            }
        }
        Ok(done)
    }

    /// Where a frame begins in the file, and how many of `frames` there are from it on.
    fn stretch(&self, first: u64, frames: usize) -> (u64, usize) {
        let left = self.frames().saturating_sub(first);
        let frames = usize::try_from(left).unwrap_or(frames).min(frames);
        (self.data.start + first * self.format.frame_bytes() as u64, frames)
    }
}

/// Reads a whole recording. `buffer` is scratch space, as for [`Reader::open`]. A file that
/// is cut, or that shrinks while it is read, gives the whole frames there are.
///
/// # Errors
/// See [`WavError`]. Memory is asked for only as the size of the file justifies.
pub fn read(source: &impl ReadAt, buffer: &mut Vec<u8>) -> Result<Recording, WavError> {
    let reader = Reader::open(source, buffer)?;
    let values = reader.frames() as usize * reader.channels();
    let no_memory = || WavError::NoMemory(reader.frames());
    let pcm = if reader.is_wide() {
        let mut x = blank(values).ok_or_else(no_memory)?;
        let got = reader.floats(0, &mut x, buffer)?;
        x.truncate(got);
        Pcm::F32(x)
    } else {
        let mut x = blank(values).ok_or_else(no_memory)?;
        let got = reader.ints(0, &mut x, buffer)?;
        x.truncate(got);
        Pcm::I16(x)
    };
    if pcm.is_empty() {
        return Err(WavError::NoFrames);
    }
    let info = reader.info()?;
    Ok(Recording { rate: reader.rate(), channels: reader.channels(), pcm, info })
}

#[cfg(test)]
mod tests;
