//! Writing a render: complete or not at all.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hound::{SampleFormat, WavSpec};

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// 16-bit.
    I16,
    /// 24-bit.
    I24,
    /// 32-bit float: exactly what the engine made.
    F32,
}

impl Format {
    /// Frames of stereo that a WAV file holds: it counts its bytes, the header's too, in
    /// 32 bits.
    pub fn most_frames(self) -> u64 {
        (u64::from(u32::MAX) - HEADER_BYTES) / (2 * self.bytes() as u64)
    }

    /// Bytes of one sample.
    fn bytes(self) -> usize {
        match self {
            Format::I16 => 2,
            Format::I24 => 3,
            Format::F32 => 4,
        }
    }
}

/// More than the header that hound writes, which has 44 bytes or 68.
const HEADER_BYTES: u64 = 128;

/// Bytes that are gathered before they are written.
const GATHERED: usize = 1 << 16;

/// A stereo WAV file under a temporary name beside its own until it is finished, so that
/// an interrupted render never stands where a whole one stood.
///
/// hound makes the header. The samples are converted here, a block at a time: through
/// hound's writer, one by one, they cost more than a small kit's mixing.
pub struct WavFile {
    file: File,
    /// Bytes of the header; its last four count those of the samples.
    header: usize,
    /// Bytes of samples so far, those in `waiting` too.
    bytes: u64,
    waiting: Vec<u8>,
    format: Format,
    part: PathBuf,
    path: PathBuf,
    finished: bool,
}

impl WavFile {
    /// Begins `path` at this rate in frames a second.
    ///
    /// # Errors
    /// A sentence where the file cannot be made, or where something else has its name.
    pub fn create(path: &Path, rate: u32, format: Format) -> Result<Self, String> {
        // Renaming over a device or a socket (`/dev/null`) would put a recording in its place.
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            let path = path.display();
            return Err(format!(
                "{path}: cannot be written: it is there already and is not a file"
            ));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let (bits, kind) = match format {
            Format::I16 => (16, SampleFormat::Int),
            Format::I24 => (24, SampleFormat::Int),
            Format::F32 => (32, SampleFormat::Float),
        };
        let spec =
            WavSpec { channels: 2, sample_rate: rate, bits_per_sample: bits, sample_format: kind };
        let header = spec.into_header_for_infinite_file();
        let file = File::create(&part)
            .and_then(|mut file| file.write_all(&header).map(|()| file))
            .map_err(|e| format!("{}: cannot be written: {e}", path.display()))?;
        let (header, waiting) = (header.len(), Vec::with_capacity(2 * GATHERED));
        let path = path.to_owned();
        Ok(Self { file, header, bytes: 0, waiting, format, part, path, finished: false })
    }

    /// Adds frames, interleaved stereo. Integer formats are rounded to the nearest step
    /// and never wrap round.
    ///
    /// # Errors
    /// A sentence where the disk is full or the like.
    pub fn write(&mut self, frames: &[f32]) -> Result<(), String> {
        let before = self.waiting.len();
        // Zeros (but for −0.0, which has a bit) are zeros in every format; stems are mostly
        // silent, and to look costs a tenth of converting.
        let silent = frames.iter().fold(0, |bits, x| bits | x.to_bits()) == 0;
        match self.format {
            _ if silent => {
                self.waiting.resize(before + frames.len() * self.format.bytes(), 0);
            }
            Format::I16 => {
                let steps = frames.iter().map(|&x| nearest(x, 32768.0) as i16);
                self.waiting.extend(steps.flat_map(i16::to_le_bytes));
            }
            Format::I24 => {
                let three = |step: i32| {
                    let [a, b, c, _] = step.to_le_bytes();
                    [a, b, c]
                };
                self.waiting.extend(frames.iter().flat_map(|&x| three(nearest(x, 8_388_608.0))));
            }
            Format::F32 => self.waiting.extend(frames.iter().flat_map(|x| x.to_le_bytes())),
        }
        self.bytes += (self.waiting.len() - before) as u64;
        if self.waiting.len() >= GATHERED {
            self.pass_on().map_err(|e| self.sentence(&e))?;
        }
        Ok(())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.file.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    fn sentence(&self, error: &io::Error) -> String {
        format!("{}: cannot be written: {error}", self.path.display())
    }

    /// Writes what waits, and into the header how much it is.
    fn complete(&mut self) -> io::Result<()> {
        self.pass_on()?;
        let size = |bytes: u64| {
            let size = u32::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge)?;
            Ok::<_, io::Error>(size.to_le_bytes())
        };
        let header = self.header as u64;
        self.file.seek(SeekFrom::Start(4))?;
        self.file.write_all(&size(header - 8 + self.bytes)?)?;
        self.file.seek(SeekFrom::Start(header - 4))?;
        self.file.write_all(&size(self.bytes)?)
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// A sentence where the disk is full or the like.
    pub fn finish(self) -> Result<(), String> {
        finish_all(vec![self])
    }
}

/// Completes all of these files before the first one gets its name: a full disk leaves
/// none of them.
///
/// # Errors
/// A sentence where the disk is full or the like.
pub fn finish_all(mut files: Vec<WavFile>) -> Result<(), String> {
    for file in &mut files {
        file.complete().map_err(|e| file.sentence(&e))?;
    }
    for file in &mut files {
        fs::rename(&file.part, &file.path).map_err(|e| file.sentence(&e))?;
        file.finished = true;
    }
    Ok(())
}

/// The step nearest to `x` where full scale is `full`; halves go away from zero. (Exact:
/// `x * full` has 24 bits. `f64::round` is a call on older processors.)
fn nearest(x: f32, full: f64) -> i32 {
    let step = f64::from(x) * full;
    (step + 0.5f64.copysign(step)).clamp(-full, full - 1.0) as i32
}

impl Drop for WavFile {
    fn drop(&mut self) {
        if !self.finished {
            // what was written of it is of no use; failing to remove it costs only space
            let _ = fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn every_format_keeps_full_scale_and_silence() {
        let folder = folder("wavfile");
        for (format, top) in [
            (Format::I16, 32767.0 / 32768.0),
            (Format::I24, 1.0 - 1.0 / 8_388_608.0),
            (Format::F32, 1.0),
        ] {
            let path = folder.join("x.wav");
            let mut file = WavFile::create(&path, 48_000, format).unwrap();
            file.write(&[1.0, -1.0, 0.0, 0.5]).unwrap();
            file.finish().unwrap();
            let mut reader = hound::WavReader::open(&path).unwrap();
            let full = 2f32.powi(i32::from(reader.spec().bits_per_sample) - 1);
            let found: Vec<f32> = match format {
                Format::F32 => reader.samples::<f32>().map(|s| s.unwrap()).collect(),
                _ => reader.samples::<i32>().map(|s| s.unwrap() as f32 / full).collect(),
            };
            assert_eq!(found, [top, -1.0, 0.0, 0.5], "{format:?}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn integers_are_the_nearest_step_and_full_scale_never_wraps() {
        let cases = [(0.0, 0), (1.49 / 32768.0, 1), (1.5 / 32768.0, 2), (-1.5 / 32768.0, -2)];
        for (x, step) in cases {
            assert_eq!(nearest(x, 32768.0), step);
        }
        assert_eq!(nearest(0.499_999_97 / 8_388_608.0, 8_388_608.0), 0);
        assert_eq!((nearest(9.0, 32768.0), nearest(-9.0, 32768.0)), (32767, -32768));
        assert_eq!(nearest(f32::NAN, 32768.0), 0);
    }

    #[test]
    fn an_interrupted_render_leaves_the_old_file_and_nothing_else() {
        let folder = folder("wavfile-part");
        let path = folder.join("x.wav");
        fs::write(&path, "the old one").unwrap();
        let mut file = WavFile::create(&path, 48_000, Format::I16).unwrap();
        file.write(&[0.5; 100]).unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "the old one");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn silence_among_sound_is_written_as_long_as_it_is() {
        let folder = folder("wavfile-silence");
        for (format, bytes) in [(Format::I16, 2), (Format::I24, 3), (Format::F32, 4)] {
            let path = folder.join("x.wav");
            let mut file = WavFile::create(&path, 48_000, format).unwrap();
            for frames in [&[0.0; 6][..], &[0.5, 0.0], &[0.0; 4], &[-0.0; 2]] {
                file.write(frames).unwrap();
            }
            file.finish().unwrap();
            let written = fs::read(&path).unwrap();
            let data = &written[written.len() - 14 * bytes..];
            let first = data.iter().position(|&b| b != 0).unwrap();
            assert_eq!(first / bytes, 6, "{format:?}");
            // the sign of a zero is kept where the format has one
            let sign = data.last().unwrap() & 0x80;
            assert_eq!(sign, if format == Format::F32 { 0x80 } else { 0 }, "{format:?}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn of_files_that_belong_together_all_get_their_names_or_none() {
        let folder = folder("wavfile-together");
        let path = |name| folder.join(name);
        let create = |name| WavFile::create(&path(name), 48_000, Format::I16).unwrap();
        let mut files = vec![create("a.wav"), create("b.wav")];
        // a file opened for reading stands for a disk that takes no more
        files[1].file = File::open(path("b.wav.part")).unwrap();
        files[1].write(&[0.5; 8]).unwrap();
        let said = finish_all(files).unwrap_err();
        assert!(said.contains("b.wav: cannot be written: "), "{said}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        finish_all(vec![create("a.wav"), create("b.wav")]).unwrap();
        assert!(path("a.wav").exists() && path("b.wav").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_sentence() {
        let error =
            WavFile::create(Path::new("/nowhere/x.wav"), 48_000, Format::I16).err().unwrap();
        assert!(error.starts_with("/nowhere/x.wav: cannot be written: "), "{error}");
    }
}
