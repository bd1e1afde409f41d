//! The two kinds of sample values, and how each is read and kept.

use std::io;

use crate::kit::sample::{peak, peak_16};
use crate::library::Pcm;
use crate::library::memory::Value;
use crate::library::resample::Dither;
use crate::library::wav::{ReadAt, Reader};

/// Sample values in memory, as a recording is read into them.
pub trait Stored: Value {
    fn read<S: ReadAt>(
        reader: &Reader<S>,
        first: u64,
        out: &mut [Self],
        bytes: &mut Vec<u8>,
    ) -> io::Result<usize>;
    fn peak(values: &[Self]) -> f32;
    fn float(self) -> f32;
    fn pcm(values: Vec<Self>) -> Pcm;
}

impl Stored for i16 {
    fn read<S: ReadAt>(
        reader: &Reader<S>,
        first: u64,
        out: &mut [i16],
        bytes: &mut Vec<u8>,
    ) -> io::Result<usize> {
        reader.ints(first, out, bytes)
    }
    fn peak(values: &[i16]) -> f32 {
        peak_16(values)
    }
    fn float(self) -> f32 {
        f32::from(self) / 32768.0
    }
    fn pcm(values: Vec<i16>) -> Pcm {
        Pcm::I16(values)
    }
}

impl Stored for f32 {
    fn read<S: ReadAt>(
        reader: &Reader<S>,
        first: u64,
        out: &mut [f32],
        bytes: &mut Vec<u8>,
    ) -> io::Result<usize> {
        reader.floats(first, out, bytes)
    }
    fn peak(values: &[f32]) -> f32 {
        peak(values)
    }
    fn float(self) -> f32 {
        self
    }
    fn pcm(values: Vec<f32>) -> Pcm {
        Pcm::F32(values)
    }
}

/// How floats are kept.
pub trait Keep {
    type Value: Stored;
    type State;
    fn begin(&self, scale: f32) -> Self::State;
    fn put(state: &mut Self::State, values: &[f32], out: &mut [Self::Value]);
    fn scale_for(peak: f32) -> f32;
}

/// As floats.
pub struct Floats;
/// As 16-bit, dithered.
pub struct Ints;

impl Keep for Floats {
    type Value = f32;
    type State = ();
    fn begin(&self, _: f32) {}
    fn put((): &mut (), values: &[f32], out: &mut [f32]) {
        out.copy_from_slice(values);
    }
    fn scale_for(_: f32) -> f32 {
        1.0
    }
}

impl Keep for Ints {
    type Value = i16;
    type State = Dither;
    fn begin(&self, scale: f32) -> Dither {
        Dither::new(scale)
    }
    fn put(dither: &mut Dither, values: &[f32], out: &mut [i16]) {
        dither.put(values, out);
    }
    fn scale_for(peak: f32) -> f32 {
        Dither::scale_for(peak)
    }
}
