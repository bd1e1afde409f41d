//! The chunks of a WAV file: where its samples are and how they are stored.

use std::ops::Range;

use super::{RATES, ReadAt, WavError, fill};

/// More chunks than this are no file of ours, but a loop in a broken one.
const MAX_CHUNKS: usize = 4096;
/// How far past a chunk of wrong size the next one is looked for.
const RESYNC_BYTES: usize = 64 * 1024;
/// The size that means "see ds64", or "not known when this was written".
const UNKNOWN: u64 = u32::MAX as u64;

/// Chunk names found in the wild; they decide where a chunk of wrong size ends.
const KNOWN: [&[u8; 4]; 27] = [
    b"fmt ", b"data", b"LIST", b"fact", b"cue ", b"smpl", b"inst", b"bext", b"JUNK", b"junk",
    b"FLLR", b"PAD ", b"PEAK", b"id3 ", b"ID3 ", b"iXML", b"axml", b"chna", b"cart", b"plst",
    b"acid", b"strc", b"DISP", b"afsp", b"minf", b"elm1", b"_PMX",
];

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Unsigned, 128 is zero.
    U8,
    /// 16-bit integer.
    I16,
    /// 24-bit integer.
    I24,
    /// 32-bit integer.
    I32,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// ITU-T G.711 A-law.
    ALaw,
    /// ITU-T G.711 µ-law.
    MuLaw,
}

impl Encoding {
    /// Whether it needs more than 16 bits.
    pub fn is_wide(self) -> bool {
        matches!(self, Encoding::I24 | Encoding::I32 | Encoding::F32 | Encoding::F64)
    }

    /// Bytes a sample.
    pub fn bytes(self) -> usize {
        match self {
            Encoding::U8 | Encoding::ALaw | Encoding::MuLaw => 1,
            Encoding::I16 => 2,
            Encoding::I24 => 3,
            Encoding::I32 | Encoding::F32 => 4,
            Encoding::F64 => 8,
        }
    }
}

/// What the `fmt ` chunk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// How samples are stored.
    pub encoding: Encoding,
    /// Channels in the file, at least 1.
    pub channels: usize,
    /// Frames a second.
    pub rate: u32,
}

impl Format {
    /// Bytes a frame, over all channels of the file.
    pub fn frame_bytes(&self) -> usize {
        self.encoding.bytes() * self.channels
    }
}

/// The name of a `fmt ` tag, from RFC 2361 and the registries that followed it.
fn tag_name(tag: u16) -> &'static str {
    match tag {
        0x0002 | 0x0011 => "ADPCM",
        0x0031 => "GSM 6.10",
        0x0050 => "MPEG",
        0x0055 => "MP3",
        0x0160..=0x0163 => "Windows Media Audio",
        0x674f..=0x6771 => "Ogg Vorbis",
        0xf1ac => "FLAC",
        _ => "something else",
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Finds the samples: how they are stored, and the byte range they fill, cut to the
/// file's real size. The range may be empty.
pub fn scan(source: &impl ReadAt, buffer: &mut Vec<u8>) -> Result<(Format, Range<u64>), WavError> {
    let size = source.size()?;
    check_kind(source)?;
    let mut format = None;
    let mut data: Option<Range<u64>> = None;
    let mut size64 = None;
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        let Some((id, length)) = header(source, at)? else { break };
        let body = at + 8;
        let mut length = u64::from(length);
        match &id {
            b"ds64" => {
                let mut bytes = [0; 16];
                let got = fill(source, &mut bytes, body)?;
                size64 = u64_at(bytes.get(..got).unwrap_or_default(), 8).filter(|&n| n > 0);
            }
            b"fmt " if format.is_none() => format = Some(read_format(source, body, length)?),
            b"data" if data.as_ref().is_none_or(Range::is_empty) => {
                length = match length {
                    UNKNOWN => size64.unwrap_or(size),
                    0 if fits(source, body, size)?.is_none() => size,
                    n => n,
                };
                data = Some(body..body.saturating_add(length).clamp(body, size.max(body)));
            }
            _ => {}
        }
        if let (Some(format), Some(data)) = (format, data.clone().filter(|d| !d.is_empty())) {
            return Ok((format, data));
        }
        let next = match next_chunk(source, body, length, size)? {
            None if &id != b"data" => resync(source, buffer, body)?,
            next => next,
        };
        let Some(next) = next else { break };
        at = next;
    }
    Ok((format.ok_or(WavError::NoFormat)?, data.ok_or(WavError::NoData)?))
}

/// Visits every chunk with its name, where its body begins and its length, as far as the
/// sizes lead. `data_end` is where the samples end, whatever their size says.
pub fn walk(
    source: &impl ReadAt,
    data_end: u64,
    mut visit: impl FnMut(&[u8; 4], u64, u64) -> Result<(), WavError>,
) -> Result<(), WavError> {
    let size = source.size()?;
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        let Some((id, length)) = header(source, at)? else { break };
        let body = at + 8;
        let is_data = &id == b"data" && body < data_end;
        let length = if is_data { data_end - body } else { u64::from(length) };
        visit(&id, body, length.min(size.saturating_sub(body)))?;
        let Some(next) = next_chunk(source, body, length, size)? else { break };
        at = next;
    }
    Ok(())
}

/// Refuses what is no WAV file, by its first twelve bytes.
fn check_kind(source: &impl ReadAt) -> Result<(), WavError> {
    let mut bytes = [0; 12];
    let got = fill(source, &mut bytes, 0)?;
    let head = bytes.get(..got).unwrap_or_default();
    let (id, kind) = (head.get(..4).unwrap_or(head), head.get(8..).unwrap_or_default());
    let other = match (id, kind) {
        (b"RIFF" | b"RF64" | b"BW64", b"WAVE") => return Ok(()),
        ([], _) => return Err(WavError::Empty),
        (b"FORM", b"AIFF" | b"AIFC") => "an AIFF file",
        (b"RIFX", _) => "a big-endian WAV file (RIFX)",
        (b"RIFF", b"AVI ") => "an AVI film",
        (b"riff", _) => "a Wave64 file",
        (b"fLaC", _) => "a FLAC file",
        (b"OggS", _) => "an Ogg file",
        (b"caff", _) => "a CAF file",
        (b"wvpk", _) => "a WavPack file",
        (b"MThd", _) => "a MIDI file",
        ([b'I', b'D', b'3', _] | [0xff, 0xf2 | 0xf3 | 0xfa | 0xfb, ..], _) => "an MP3 file",
        (_, [b'f', b't', b'y', b'p']) => "an MP4 file",
        ([b'P', b'K', 3, 4], _) => "a ZIP archive",
        (b"vers", b"http" | b"ttps" | b"tps:") => "a Git LFS pointer, not the file itself",
        (b"RIFF", _) => "a RIFF file of another kind",
        _ => {
            let text: String = id.iter().map(|&b| b.escape_ascii().to_string()).collect();
            return Err(WavError::NotWav(text));
        }
    };
    Err(WavError::OtherFormat(other))
}

/// A chunk's name and size; `None` where the file has no eight bytes left.
fn header(source: &impl ReadAt, at: u64) -> Result<Option<([u8; 4], u32)>, WavError> {
    let mut bytes = [0; 8];
    if fill(source, &mut bytes, at)? < bytes.len() {
        return Ok(None);
    }
    let [a, b, c, d, size @ ..] = bytes;
    Ok(Some(([a, b, c, d], u32::from_le_bytes(size))))
}

/// Whether a chunk may begin here: a printable name and a size that the file has (the
/// samples' own size may be wrong). `Some(true)` for a name that is known.
fn fits(source: &impl ReadAt, at: u64, size: u64) -> Result<Option<bool>, WavError> {
    let Some((id, length)) = header(source, at)? else { return Ok(None) };
    let known = KNOWN.contains(&&id);
    let room = at + 8 + u64::from(length) <= size;
    let printable = id.iter().all(|b| (0x20..0x7f).contains(b));
    Ok((printable && (room || &id == b"data")).then_some(known))
}

/// Where the chunk after this one begins, with or without a pad byte; a known name
/// decides before a merely possible one.
fn next_chunk(
    source: &impl ReadAt,
    body: u64,
    length: u64,
    size: u64,
) -> Result<Option<u64>, WavError> {
    let end = body.saturating_add(length);
    if end >= size {
        return Ok(None);
    }
    let padded = end + (length & 1);
    let (first, second) = (fits(source, padded, size)?, fits(source, end, size)?);
    Ok(match (first, second) {
        (Some(true), _) => Some(padded),
        (_, Some(true)) => Some(end),
        (Some(_), _) => Some(padded),
        (_, Some(_)) => Some(end),
        (None, None) => None,
    })
}

/// Looks for the chunks that matter after one whose size leads nowhere.
fn resync(source: &impl ReadAt, buffer: &mut Vec<u8>, body: u64) -> Result<Option<u64>, WavError> {
    buffer.resize(buffer.len().max(RESYNC_BYTES), 0);
    let window = buffer.get_mut(..RESYNC_BYTES).unwrap_or_default();
    let got = fill(source, window, body)?;
    let found =
        window.get(..got).unwrap_or_default().windows(4).position(|w| w == b"data" || w == b"fmt ");
    Ok(found.map(|n| body + n as u64))
}

fn read_format(source: &impl ReadAt, body: u64, length: u64) -> Result<Format, WavError> {
    let mut bytes = [0; 40];
    // Streams that never filled in their sizes leave 0 here too.
    let length = if length == 0 { 16 } else { length };
    let got = fill(source, &mut bytes, body)?.min(usize::try_from(length).unwrap_or(40));
    let bytes = bytes.get(..got).unwrap_or_default();
    let short = |needed| WavError::ShortFormat { found: got as u64, needed };
    let field = |at: usize| u16_at(bytes, at).ok_or(short(16));
    let (mut tag, channels, block, bits) = (field(0)?, field(2)?, field(12)?, field(14)?);
    let rate = u32_at(bytes, 4).ok_or(short(16))?;
    if tag == 0xfffe {
        // WAVE_FORMAT_EXTENSIBLE: the GUID at 24 begins with the plain tag.
        tag = u16_at(bytes, 24).ok_or(short(26))?;
    }
    if channels == 0 {
        return Err(WavError::NoChannels);
    }
    if !RATES.contains(&rate) {
        return Err(WavError::Rate(rate));
    }
    let encoding = encoding(tag, container_bits(channels, block, bits))?;
    Ok(Format { encoding, channels: usize::from(channels), rate })
}

/// Bits that a sample takes in the file. The block size knows (24 bits may travel in 32);
/// where it is nonsense, the sample width rounded up to bytes.
fn container_bits(channels: u16, block: u16, bits: u16) -> u32 {
    let container = u32::from(block / channels) * 8;
    if block.is_multiple_of(channels) && container >= u32::from(bits).max(8) && container <= 64 {
        container
    } else {
        u32::from(bits).next_multiple_of(8)
    }
}

fn encoding(tag: u16, bits: u32) -> Result<Encoding, WavError> {
    let width = |kind, allowed| Err(WavError::Width { kind, bits, allowed });
    match (tag, bits) {
        (1, 8) => Ok(Encoding::U8),
        (1, 16) => Ok(Encoding::I16),
        (1, 24) => Ok(Encoding::I24),
        (1, 32) => Ok(Encoding::I32),
        (1, _) => width("integers", "8, 16, 24 and 32"),
        (3, 32) => Ok(Encoding::F32),
        (3, 64) => Ok(Encoding::F64),
        (3, _) => width("floats", "32 and 64"),
        (6, 8) => Ok(Encoding::ALaw),
        (6, _) => width("A-law", "8"),
        (7, 8) => Ok(Encoding::MuLaw),
        (7, _) => width("µ-law", "8"),
        (tag, _) => Err(WavError::Encoding { tag, name: tag_name(tag) }),
    }
}
