//! Sample bytes to values.

use super::chunks::{Encoding, Format};
use crate::library::Pcm;

/// An empty store with room for this many values; `None` where there is no memory.
pub fn room(encoding: Encoding, values: usize) -> Option<Pcm> {
    Some(match encoding {
        Encoding::U8 | Encoding::I16 | Encoding::ALaw | Encoding::MuLaw => {
            let mut x = Vec::new();
            x.try_reserve_exact(values).ok()?;
            Pcm::I16(x)
        }
        Encoding::I24 | Encoding::I32 | Encoding::F32 | Encoding::F64 => {
            let mut x = Vec::new();
            x.try_reserve_exact(values).ok()?;
            Pcm::F32(x)
        }
    })
}

/// Appends whole frames, the first `keep` channels of each.
pub fn append(format: &Format, bytes: &[u8], keep: usize, pcm: &mut Pcm) {
    let channels = format.channels;
    match (pcm, format.encoding) {
        (Pcm::I16(out), Encoding::U8) => {
            values(bytes, channels, keep, out, |[b]| (i16::from(b) - 128) << 8);
        }
        (Pcm::I16(out), Encoding::I16) => values(bytes, channels, keep, out, i16::from_le_bytes),
        (Pcm::I16(out), Encoding::ALaw) => values(bytes, channels, keep, out, |[b]| a_law(b)),
        (Pcm::I16(out), Encoding::MuLaw) => values(bytes, channels, keep, out, |[b]| mu_law(b)),
        (Pcm::F32(out), Encoding::I24) => values(bytes, channels, keep, out, |[a, b, c]| {
            (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 8_388_608.0
        }),
        (Pcm::F32(out), Encoding::I32) => values(bytes, channels, keep, out, |b| {
            (f64::from(i32::from_le_bytes(b)) / 2_147_483_648.0) as f32
        }),
        (Pcm::F32(out), Encoding::F32) => {
            values(bytes, channels, keep, out, |b| normal(f32::from_le_bytes(b)));
        }
        (Pcm::F32(out), Encoding::F64) => {
            values(bytes, channels, keep, out, |b| normal(f64::from_le_bytes(b) as f32));
        }
        // `room` made the store that fits the encoding.
        (Pcm::I16(_) | Pcm::F32(_), _) => {}
    }
}

fn values<const BYTES: usize, T>(
    bytes: &[u8],
    channels: usize,
    keep: usize,
    out: &mut Vec<T>,
    convert: impl Fn([u8; BYTES]) -> T,
) {
    let (samples, _) = bytes.as_chunks::<BYTES>();
    if keep == channels {
        out.extend(samples.iter().map(|&b| convert(b)));
    } else {
        let frames = samples.chunks_exact(channels);
        out.extend(frames.flat_map(|f| f.iter().take(keep)).map(|&b| convert(b)));
    }
}

/// NaN and infinity would silence the whole mix, subnormal tails cost a hundred times
/// the work to mix: both become zero.
fn normal(x: f32) -> f32 {
    if x.is_normal() { x } else { 0.0 }
}

/// ITU-T G.711 A-law, 13 bits left-justified in 16.
fn a_law(byte: u8) -> i16 {
    let x = byte ^ 0x55;
    let mantissa = i16::from(x & 0x0f) << 4;
    let size = match (x >> 4) & 7 {
        0 => mantissa + 8,
        exponent => (mantissa + 0x108) << (exponent - 1),
    };
    if x & 0x80 != 0 { size } else { -size }
}

/// ITU-T G.711 µ-law, 14 bits left-justified in 16.
fn mu_law(byte: u8) -> i16 {
    let x = !byte;
    let size = (((i16::from(x & 0x0f) << 3) + 0x84) << ((x >> 4) & 7)) - 0x84;
    if x & 0x80 != 0 { -size } else { size }
}
