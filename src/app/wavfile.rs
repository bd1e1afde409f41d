//! Writing a render: complete or not at all.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hound::{SampleFormat, WavSpec, WavWriter};

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
        let bytes = match self {
            Format::I16 => 2,
            Format::I24 => 3,
            Format::F32 => 4,
        };
        (u64::from(u32::MAX) - HEADER_BYTES) / (2 * bytes)
    }
}

/// More than the header that hound writes, which has 44 bytes or 68.
const HEADER_BYTES: u64 = 128;

/// A stereo WAV file under a temporary name beside its own until it is finished, so that
/// an interrupted render never stands where a whole one stood.
pub struct WavFile {
    writer: WavWriter<BufWriter<File>>,
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
        let writer = WavWriter::create(&part, spec)
            .map_err(|e| format!("{}: cannot be written: {e}", path.display()))?;
        Ok(Self { writer, format, part, path: path.to_owned(), finished: false })
    }

    /// Adds frames, interleaved stereo. Integer formats are rounded to the nearest step
    /// and never wrap round.
    ///
    /// # Errors
    /// A sentence where the disk is full or the like.
    pub fn write(&mut self, frames: &[f32]) -> Result<(), String> {
        let add = |writer: &mut WavWriter<_>, x: f32| match self.format {
            Format::I16 => writer.write_sample((x * 32768.0).round() as i16),
            Format::I24 => {
                let step = f64::from(x) * f64::from(1 << 23);
                writer.write_sample((step.round() as i32).clamp(-(1 << 23), (1 << 23) - 1))
            }
            Format::F32 => writer.write_sample(x),
        };
        for &x in frames {
            add(&mut self.writer, x)
                .map_err(|e| format!("{}: cannot be written: {e}", self.path.display()))?;
        }
        Ok(())
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// A sentence where the disk is full or the like.
    pub fn finish(mut self) -> Result<(), String> {
        let done = self.writer.flush().map_err(|e| e.to_string());
        let done =
            done.and_then(|()| fs::rename(&self.part, &self.path).map_err(|e| e.to_string()));
        self.finished = done.is_ok();
        done.map_err(|e| format!("{}: cannot be written: {e}", self.path.display()))
    }
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
    fn a_folder_that_is_not_there_is_a_sentence() {
        let error =
            WavFile::create(Path::new("/nowhere/x.wav"), 48_000, Format::I16).err().unwrap();
        assert!(error.starts_with("/nowhere/x.wav: cannot be written: "), "{error}");
    }
}
