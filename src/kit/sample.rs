//! One recording in memory, at the engine's rate.

/// Frames of the stored envelope: one value for each stretch of this many frames.
pub const ENVELOPE_FRAMES: usize = 256;

/// The frames, one channel or two interleaved, as they were recorded or as `f32`.
#[derive(Debug, Clone, PartialEq)]
pub enum Frames {
    /// 16-bit, mono. Full scale is 32768.
    Mono16(Box<[i16]>),
    /// 16-bit, left and right interleaved.
    Stereo16(Box<[i16]>),
    /// Float, mono. Full scale is 1.0.
    MonoF32(Box<[f32]>),
    /// Float, left and right interleaved.
    StereoF32(Box<[f32]>),
}

impl Frames {
    /// Length in frames. Thread: any; real-time.
    pub fn len(&self) -> usize {
        match self {
            Frames::Mono16(x) => x.len(),
            Frames::Stereo16(x) => x.len() / 2,
            Frames::MonoF32(x) => x.len(),
            Frames::StereoF32(x) => x.len() / 2,
        }
    }

    /// Whether there is no frame at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it has two channels. Thread: any; real-time.
    pub fn is_stereo(&self) -> bool {
        matches!(self, Frames::Stereo16(_) | Frames::StereoF32(_))
    }

    /// Whether the values are floats.
    pub fn is_float(&self) -> bool {
        matches!(self, Frames::MonoF32(_) | Frames::StereoF32(_))
    }

    /// Memory of the frames, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Frames::Mono16(x) | Frames::Stereo16(x) => size_of_val::<[i16]>(x),
            Frames::MonoF32(x) | Frames::StereoF32(x) => size_of_val::<[f32]>(x),
        }
    }

    /// One frame as floats, left and right (equal for mono); silence past the end.
    /// Thread: any; real-time.
    pub fn frame(&self, index: usize) -> [f32; 2] {
        let left = index.saturating_mul(2);
        let int = |x: &[i16], i: usize| x.get(i).map_or(0.0, |&s| f32::from(s) / 32768.0);
        let float = |x: &[f32], i: usize| x.get(i).copied().unwrap_or(0.0);
        match self {
            Frames::Mono16(x) => [int(x, index); 2],
            Frames::Stereo16(x) => [int(x, left), int(x, left.saturating_add(1))],
            Frames::MonoF32(x) => [float(x, index); 2],
            Frames::StereoF32(x) => [float(x, left), float(x, left.saturating_add(1))],
        }
    }
}

/// Largest absolute value. (For numbers the order of the bits without the sign is that of
/// the sizes, and whole numbers are compared several at a time.)
pub fn peak(x: &[f32]) -> f32 {
    f32::from_bits(x.iter().map(|x| (x.abs().to_bits()) as i32).fold(0, i32::max) as u32)
}

/// Largest absolute value of 16-bit values, as a part of full scale.
pub fn peak_16(x: &[i16]) -> f32 {
    let (low, high) = x.iter().fold((0, 0), |(low, high), &x| (x.min(low), x.max(high)));
    f32::from(low.unsigned_abs().max(high.unsigned_abs())) / 32768.0
}

/// A recording, ready to be mixed.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleData {
    /// The frames.
    pub frames: Frames,
    /// Factor that the frames must be multiplied with: 1.0, but for 16-bit recordings
    /// that overshot when they were resampled and were stored softer.
    pub scale: f32,
    /// Loudness of the attack: linear RMS of the 50 ms after the onset, over all
    /// channels, measured before resampling. 0 for silence.
    pub loudness: f32,
    /// Largest absolute value in each [`ENVELOPE_FRAMES`] frames, `scale` included.
    pub envelope: Box<[f32]>,
}

impl SampleData {
    /// A recording from its frames: the envelope is measured here.
    /// `loudness`: linear RMS of the attack. `scale`: see [`SampleData::scale`].
    pub fn new(frames: Frames, scale: f32, loudness: f32) -> Self {
        let envelope = match &frames {
            Frames::Mono16(x) => x.chunks(ENVELOPE_FRAMES).map(peak_16).collect(),
            Frames::Stereo16(x) => x.chunks(2 * ENVELOPE_FRAMES).map(peak_16).collect(),
            Frames::MonoF32(x) => x.chunks(ENVELOPE_FRAMES).map(peak).collect(),
            Frames::StereoF32(x) => x.chunks(2 * ENVELOPE_FRAMES).map(peak).collect(),
        };
        Self::with_peaks(frames, scale, loudness, envelope)
    }

    /// As [`SampleData::new`], where the peak of each [`ENVELOPE_FRAMES`] frames, before
    /// `scale`, is known already.
    pub fn with_peaks(frames: Frames, scale: f32, loudness: f32, mut peaks: Box<[f32]>) -> Self {
        if scale != 1.0 {
            peaks.iter_mut().for_each(|peak| *peak *= scale);
        }
        Self { frames, scale, loudness, envelope: peaks }
    }

    /// Length in frames. Thread: any; real-time.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no frame at all.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The stored envelope at a frame; 0 past the end. Thread: any; real-time.
    pub fn level_at(&self, frame: u64) -> f32 {
        let stretch = frame / ENVELOPE_FRAMES as u64;
        usize::try_from(stretch).ok().and_then(|i| self.envelope.get(i)).copied().unwrap_or(0.0)
    }

    /// Largest absolute value in the first eight stretches of the envelope, where a drum's
    /// attack is. Thread: any; real-time.
    pub fn attack_peak(&self) -> f32 {
        self.envelope.iter().take(8).fold(0.0, |peak: f32, &x| peak.max(x))
    }

    /// Memory of the frames and the envelope, in bytes.
    pub fn bytes(&self) -> usize {
        self.frames.bytes() + size_of_val::<[f32]>(&self.envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_holds_the_peak_of_each_256_frames() {
        let mut frames = vec![0.0f32; 600];
        frames[3] = -0.5;
        frames[599] = 0.25;
        let sample = SampleData::new(Frames::MonoF32(frames.into()), 1.0, 0.1);
        assert_eq!(&*sample.envelope, &[0.5, 0.0, 0.25]);
        assert_eq!(sample.level_at(255), 0.5);
        assert_eq!(sample.level_at(599), 0.25);
        assert_eq!(sample.level_at(100_000), 0.0);
    }

    #[test]
    fn sixteen_bits_stay_sixteen_bits_and_read_as_fractions_of_32768() {
        let sample = SampleData::new(Frames::Stereo16([16384, -32768].into()), 2.0, 0.1);
        assert_eq!(sample.frames.bytes(), 4);
        assert_eq!(sample.len(), 1);
        assert_eq!(sample.frames.frame(0), [0.5, -1.0]);
        assert_eq!(&*sample.envelope, &[2.0]);
    }
}
