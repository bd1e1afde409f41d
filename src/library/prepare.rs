//! From a file to a sample: read, measure, trim, resample, keep.
//!
//! What needs no change is read straight into the memory that will hold it. Everything
//! else is read twice, once to measure it and once, block by block, on its way through
//! resampler and dither, so that no recording is in memory in two forms at once.

mod stored;

use std::io;
use std::sync::Arc;

use super::measure;
use super::memory::{Booking, Value};
use super::resample::{Ratio, ResampleError};
use super::wav::{Info, ReadAt, Reader, WavError};
use crate::kit::SampleData;
use crate::kit::sample::{ENVELOPE_FRAMES, peak};
use stored::{Floats, Ints, Keep, Stored};

/// Frames read at a time: a whole number of envelope stretches, and as bytes and as floats
/// together no more than half of a Pi 3's second-level cache.
const BLOCK_FRAMES: usize = 64 * ENVELOPE_FRAMES;
/// How far into a recording its attack is looked for where reading all of it would take
/// too long: drums begin within a quarter of a second.
const ESTIMATE_SECONDS: u64 = 4;

/// In which form a recording is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Form {
    /// Frames a second.
    pub rate: u32,
    /// Thousandths of a cent: the tuning that is applied is rounded to them.
    pub millicents: i32,
    /// Without the silence before the onset.
    pub trim: bool,
    /// As 16-bit, whatever the file has.
    pub compact: bool,
}

/// A finished sample and what was learnt on the way.
#[derive(Debug)]
pub struct Prepared {
    /// The sample.
    pub data: SampleData,
    /// How far into the file the sound begins, in milliseconds.
    pub onset_ms: f32,
    /// What the file says beside its samples, where it says anything.
    pub info: Option<Arc<Info>>,
}

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The file.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// The rates.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// The budget.
    #[error(
        "there is no room for its {:.1} MB: {:.1} MB of the {:.1} MB for samples are in use",
        *wanted as f64 / 1e6, *used as f64 / 1e6, *budget as f64 / 1e6
    )]
    NoRoom {
        /// Bytes that it needs.
        wanted: usize,
        /// Bytes that nobody can give back now.
        used: usize,
        /// Bytes that there may be.
        budget: usize,
    },
    /// Nobody waits for it any more.
    #[error("it is not wanted any more")]
    Stopped,
}

impl From<io::Error> for PrepareError {
    fn from(error: io::Error) -> Self {
        Self::Wav(error.into())
    }
}

/// Gives memory for samples.
pub trait Room<'m> {
    /// A buffer of so many values, whatever they are, and the booking of its bytes and of
    /// `beside` more.
    ///
    /// # Errors
    /// Where the budget or the system has no room.
    fn room<T: Value>(
        &self,
        values: usize,
        beside: usize,
    ) -> Result<(Vec<T>, Booking<'m>), PrepareError>;
}

/// Memory for work, used again for the next file.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Bytes of the file.
    pub bytes: Vec<u8>,
    floats: Vec<f32>,
}

/// Length and width of a recording in the engine's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Frames at the engine's rate.
    pub frames: u64,
    /// 1 or 2.
    pub channels: usize,
    /// Whether it needs more than 16 bits to stay as it was recorded.
    pub wide: bool,
}

impl Extent {
    /// Memory in bytes, envelope included, as recorded or `compact`. It may turn out less:
    /// a file may be cut, or trimmed.
    pub fn bytes(self, compact: bool) -> usize {
        let frames = self.frames as usize;
        let width = if self.wide && !compact { size_of::<f32>() } else { size_of::<i16>() };
        frames * self.channels * width + envelope_bytes(frames)
    }
}

fn envelope_bytes(frames: usize) -> usize {
    frames.div_ceil(ENVELOPE_FRAMES) * size_of::<f32>()
}

impl Form {
    fn ratio<S: ReadAt>(&self, reader: &Reader<S>) -> Result<Ratio, ResampleError> {
        let rate = f64::from(reader.rate());
        let tuned = match self.millicents {
            0 => rate,
            m => rate * 2f64.powf(f64::from(m) / 1_200_000.0),
        };
        Ratio::new(tuned, self.rate)
    }

    /// What a file becomes in this form, untrimmed.
    ///
    /// # Errors
    /// Rates that are too far apart, and too many frames.
    pub fn extent<S: ReadAt>(&self, reader: &Reader<S>) -> Result<Extent, PrepareError> {
        let channels = reader.channels();
        let frames = self.ratio(reader)?.length(reader.frames(), channels)?;
        Ok(Extent { frames, channels, wide: reader.is_wide() })
    }
}

/// Makes a sample of a file. `stop` is asked between blocks of about 100 KiB.
///
/// # Errors
/// See [`PrepareError`].
pub fn prepare<'m, S: ReadAt>(
    reader: &Reader<S>,
    form: &Form,
    room: &impl Room<'m>,
    stop: &dyn Fn() -> bool,
    scratch: &mut Scratch,
) -> Result<(Prepared, Booking<'m>), PrepareError> {
    let job = Job { reader, form, ratio: form.ratio(reader)?, stop };
    let wide = reader.is_wide() && !form.compact;
    match (job.ratio.is_unity(), reader.is_wide(), wide) {
        (true, true, true) => job.as_it_is::<f32>(room, scratch),
        (true, false, _) => job.as_it_is::<i16>(room, scratch),
        (_, _, true) => job.changed(room, scratch, Floats),
        (_, _, false) => job.changed(room, scratch, Ints),
    }
}

/// Loudness by the beginning of a recording alone, in linear RMS.
///
/// # Errors
/// Where the file cannot be read.
pub fn estimate<S: ReadAt>(reader: &Reader<S>, scratch: &mut Scratch) -> io::Result<f32> {
    let Scratch { bytes, floats } = scratch;
    let frames = (u64::from(reader.rate()) / ESTIMATE_SECONDS + 1).min(reader.frames()) as usize;
    let mut x = vec![0.0; frames * reader.channels()];
    let got = reader.floats(0, &mut x, bytes)?;
    x.truncate(got);
    let peaks: Vec<f32> = x.chunks(ENVELOPE_FRAMES * reader.channels()).map(peak).collect();
    let mut values = |first: u64, out: &mut [f32]| reader.floats(first, out, bytes);
    let onset = measure::onset(&peaks, reader.channels(), &mut values)?;
    measure::loudness(onset, reader.rate(), reader.channels(), floats, &mut values)
}

struct Job<'a, S> {
    reader: &'a Reader<'a, S>,
    form: &'a Form,
    ratio: Ratio,
    stop: &'a dyn Fn() -> bool,
}

impl<S: ReadAt> Job<'_, S> {
    fn go_on(&self) -> Result<(), PrepareError> {
        if (self.stop)() { Err(PrepareError::Stopped) } else { Ok(()) }
    }

    fn finished(&self, data: SampleData, onset: usize) -> Prepared {
        // What an editor wrote beside the samples is never worth the samples.
        let info = self.reader.info().ok().filter(|info| !info.is_empty()).map(Arc::new);
        Prepared { data, onset_ms: measure::frames_to_ms(onset, self.reader.rate()), info }
    }

    /// Reads into the memory that stays.
    fn as_it_is<'m, T: Stored>(
        &self,
        room: &impl Room<'m>,
        scratch: &mut Scratch,
    ) -> Result<(Prepared, Booking<'m>), PrepareError> {
        let (reader, channels) = (self.reader, self.reader.channels());
        let frames = reader.frames() as usize;
        let (mut values, booking) = room.room::<T>(frames * channels, envelope_bytes(frames))?;
        let mut peaks = Vec::with_capacity(frames.div_ceil(ENVELOPE_FRAMES));
        let mut filled = 0;
        for (i, block) in values.chunks_mut(BLOCK_FRAMES * channels).enumerate() {
            self.go_on()?;
            let got = T::read(reader, (i * BLOCK_FRAMES) as u64, block, &mut scratch.bytes)?;
            let sound = block.get(..got).unwrap_or_default();
            peaks.extend(sound.chunks(ENVELOPE_FRAMES * channels).map(T::peak));
            filled += got;
            if got < block.len() {
                break;
            }
        }
        if filled == 0 {
            return Err(WavError::NoFrames.into());
        }
        values.truncate(filled);
        let mut floats = |first: u64, out: &mut [f32]| {
            let rest = values.get(first as usize * channels..).unwrap_or_default();
            out.iter_mut().zip(rest).for_each(|(out, &x)| *out = x.float());
            Ok(rest.len().min(out.len()))
        };
        let onset = measure::onset(&peaks, channels, &mut floats)?;
        let rate = reader.rate();
        let loudness = measure::loudness(onset, rate, channels, &mut scratch.floats, &mut floats)?;
        let dropped = if self.form.trim { measure::pre_roll(onset, rate) } else { 0 };
        let data = if dropped > 0 {
            drop(values.drain(..dropped * channels));
            SampleData::new(T::pcm(values).into_frames(channels), 1.0, loudness)
        } else {
            let frames = T::pcm(values).into_frames(channels);
            SampleData::with_peaks(frames, 1.0, loudness, peaks.into())
        };
        Ok((self.finished(data, onset), booking))
    }

    /// Measures, then reads again on the way through resampler and dither.
    fn changed<'m, K: Keep>(
        &self,
        room: &impl Room<'m>,
        scratch: &mut Scratch,
        keep: K,
    ) -> Result<(Prepared, Booking<'m>), PrepareError> {
        let (reader, channels, rate) = (self.reader, self.reader.channels(), self.reader.rate());
        let Scratch { bytes, floats } = scratch;
        floats.resize(floats.len().max(BLOCK_FRAMES * channels), 0.0);
        let mut peaks = Vec::new();
        let mut frames = 0;
        loop {
            self.go_on()?;
            let block = floats.get_mut(..BLOCK_FRAMES * channels).unwrap_or_default();
            let got = reader.floats(frames, block, bytes)?;
            let sound = block.get(..got).unwrap_or_default();
            peaks.extend(sound.chunks(ENVELOPE_FRAMES * channels).map(peak));
            frames += (got / channels) as u64;
            if got < block.len() {
                break;
            }
        }
        let mut values = |first: u64, out: &mut [f32]| reader.floats(first, out, bytes);
        let onset = measure::onset(&peaks, channels, &mut values)?;
        let loudness = measure::loudness(onset, rate, channels, floats, &mut values)?;
        let dropped = if self.form.trim { measure::pre_roll(onset, rate) as u64 } else { 0 };
        let frames = frames.saturating_sub(dropped);
        if frames == 0 {
            return Err(WavError::NoFrames.into());
        }
        let wanted = self.ratio.length(frames, channels)? as usize;
        let (mut out, booking) =
            room.room::<K::Value>(wanted * channels, envelope_bytes(wanted))?;
        let loudest = peaks.iter().copied().fold(0.0, f32::max);
        let mut scale = if self.ratio.is_unity() { K::scale_for(loudest) } else { 1.0 };
        let filled = loop {
            let (filled, loudest) =
                self.pass(dropped, frames as usize, &keep, scale, &mut out, floats, bytes)?;
            // The resampler may overshoot: then everything once more, softer.
            if scale >= K::scale_for(loudest) {
                break filled;
            }
            scale = K::scale_for(loudest);
        };
        if filled == 0 {
            return Err(WavError::NoFrames.into());
        }
        out.truncate(filled);
        let data = SampleData::new(K::Value::pcm(out).into_frames(channels), scale, loudness);
        Ok((self.finished(data, onset), booking))
    }

    /// One way through; gives how many values there are and the loudest of them.
    #[expect(clippy::too_many_arguments, reason = "the two buffers are borrowed apart")]
    fn pass<K: Keep>(
        &self,
        first: u64,
        frames: usize,
        keep: &K,
        scale: f32,
        out: &mut [K::Value],
        floats: &mut [f32],
        bytes: &mut Vec<u8>,
    ) -> Result<(usize, f32), PrepareError> {
        let (reader, channels) = (self.reader, self.reader.channels());
        let mut state = keep.begin(scale);
        let (mut filled, mut loudest) = (0, 0.0f32);
        let mut write = |sound: &[f32]| {
            self.go_on()?;
            loudest = loudest.max(peak(sound));
            let room = out.get_mut(filled..).unwrap_or_default();
            let fits = room.len().min(sound.len());
            let sound = sound.get(..fits).unwrap_or_default();
            K::put(&mut state, sound, room.get_mut(..fits).unwrap_or_default());
            filled += fits;
            Ok(())
        };
        let mut read = |at: u64, out: &mut [f32]| reader.floats(first + at, out, bytes);
        if self.ratio.is_unity() {
            let mut at = 0;
            while at < frames {
                let block = BLOCK_FRAMES.min(frames - at) * channels;
                let block = floats.get_mut(..block).unwrap_or_default();
                let got = read(at as u64, block)?;
                write(block.get(..got).unwrap_or_default())?;
                at += got / channels;
                if got < block.len() {
                    break;
                }
            }
        } else {
            let read = |at: u64, out: &mut [f32]| read(at, out).map_err(PrepareError::from);
            self.ratio.stream(channels, frames, read, write)?;
        }
        Ok((filled, loudest))
    }
}
