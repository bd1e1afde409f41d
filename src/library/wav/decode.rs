//! Sample bytes to values.

use super::chunks::{Encoding, Format};

/// Converts whole frames to floats, the first `keep` channels of each; `out` has exactly
/// the room for them.
pub fn floats(format: &Format, bytes: &[u8], keep: usize, out: &mut [f32]) {
    let channels = format.channels;
    let from_int = |x: i16| f32::from(x) / 32768.0;
    match format.encoding {
        Encoding::I24 if keep == channels => packed_24(bytes, out),
        Encoding::I24 => values(bytes, channels, keep, out, |[a, b, c]| one_24([0, a, b, c])),
        Encoding::I32 => values(bytes, channels, keep, out, |b| {
            (f64::from(i32::from_le_bytes(b)) / 2_147_483_648.0) as f32
        }),
        Encoding::F32 => values(bytes, channels, keep, out, |b| normal(f32::from_le_bytes(b))),
        Encoding::F64 => {
            values(bytes, channels, keep, out, |b| normal(f64::from_le_bytes(b) as f32));
        }
        Encoding::I16 => {
            values(bytes, channels, keep, out, |b| from_int(i16::from_le_bytes(b)));
        }
        Encoding::U8 => values(bytes, channels, keep, out, |[b]| from_int(unsigned_8(b))),
        Encoding::ALaw => values(bytes, channels, keep, out, |[b]| from_int(a_law(b))),
        Encoding::MuLaw => values(bytes, channels, keep, out, |[b]| from_int(mu_law(b))),
    }
}

/// As [`floats`], to 16 bits, for encodings that have no more.
pub fn ints(format: &Format, bytes: &[u8], keep: usize, out: &mut [i16]) {
    let channels = format.channels;
    match format.encoding {
        Encoding::I16 => values(bytes, channels, keep, out, i16::from_le_bytes),
        Encoding::U8 => values(bytes, channels, keep, out, |[b]| unsigned_8(b)),
        Encoding::ALaw => values(bytes, channels, keep, out, |[b]| a_law(b)),
        Encoding::MuLaw => values(bytes, channels, keep, out, |[b]| mu_law(b)),
        // Nobody asks: these are wide.
        Encoding::I24 | Encoding::I32 | Encoding::F32 | Encoding::F64 => out.fill(0),
    }
}

fn values<const BYTES: usize, T>(
    bytes: &[u8],
    channels: usize,
    keep: usize,
    out: &mut [T],
    convert: impl Fn([u8; BYTES]) -> T,
) {
    let (samples, _) = bytes.as_chunks::<BYTES>();
    if keep == channels {
        out.iter_mut().zip(samples).for_each(|(out, &b)| *out = convert(b));
    } else {
        let frames = samples.chunks_exact(channels).flat_map(|frame| frame.iter().take(keep));
        out.iter_mut().zip(frames).for_each(|(out, &b)| *out = convert(b));
    }
}

/// A 24-bit value whose lowest byte is 0, as a part of full scale; exact.
fn one_24(bytes: [u8; 4]) -> f32 {
    const FULL_SCALE: f32 = 2_147_483_648.0;
    i32::from_le_bytes(bytes) as f32 * (1.0 / FULL_SCALE)
}

/// 24-bit values without gaps. Four of them are three words, which shifts take apart
/// faster than twelve bytes are put together.
fn packed_24(bytes: &[u8], out: &mut [f32]) {
    let (groups, rest) = bytes.as_chunks::<12>();
    let (fours, last) = out.as_chunks_mut::<4>();
    for (four, group) in fours.iter_mut().zip(groups) {
        let word = |at: usize| -> u32 {
            let [a, b, c, d] = [group[at], group[at + 1], group[at + 2], group[at + 3]];
            u32::from_le_bytes([a, b, c, d])
        };
        let (a, b, c) = (word(0), word(4), word(8));
        let values = [
            a << 8,
            ((a >> 16) & 0xff00) | (b << 16),
            ((b >> 8) & 0x00ff_ff00) | (c << 24),
            c & !0xff,
        ];
        *four = values.map(|v| one_24(v.to_le_bytes()));
    }
    let (rest, _) = rest.as_chunks::<3>();
    last.iter_mut().zip(rest).for_each(|(out, &[a, b, c])| *out = one_24([0, a, b, c]));
}

fn unsigned_8(byte: u8) -> i16 {
    (i16::from(byte) - 128) << 8
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
