//! The sample library: recordings from files to frames at the engine's rate.
//!
//! A file is read by [`wav`], measured by [`measure`], brought to the engine's rate by
//! [`resample`] and made a sample by [`prepare`]; [`store`] keeps and shares it within the
//! budget of [`memory`]; [`fit`] decides what of a kit has room there; [`load`] gathers a
//! kit by several [`workers`], and the [`loader`] does so in the background. The audio
//! callback meets none of this: it gets finished kits.

pub mod fit;
pub mod folders;
pub mod load;
pub mod loader;
pub mod measure;
pub mod memory;
pub mod prepare;
pub mod resample;
pub mod resident;
pub mod store;
pub mod wav;
pub mod workers;

pub use load::{LoadMode, load_kit};
pub use loader::{LoadReport, LoadRequest, Loader};
pub use memory::half_of_available;
pub use resident::Resident;
pub use store::{Loaded, SampleLibrary};

use std::io;

use crate::kit::sample::Frames;

/// A recording as its file holds it, at the file's rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Frames a second, [`wav::RATES`].
    pub rate: u32,
    /// 1, or 2 with left and right interleaved.
    pub channels: usize,
    /// The values, `channels` for each frame.
    pub pcm: Pcm,
    /// What the file says beside its samples.
    pub info: wav::Info,
}

/// Sample values: 16-bit where the file has no more than that, else float.
#[derive(Debug, Clone, PartialEq)]
pub enum Pcm {
    /// Full scale is 32768.
    I16(Vec<i16>),
    /// Full scale is 1.0. Every value is zero or a normal number.
    F32(Vec<f32>),
}

impl Pcm {
    /// How many values (frames × channels).
    pub fn len(&self) -> usize {
        match self {
            Pcm::I16(x) => x.len(),
            Pcm::F32(x) => x.len(),
        }
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same values in the engine's form. `channels`: 1 or 2.
    pub fn into_frames(self, channels: usize) -> Frames {
        match (self, channels) {
            (Pcm::I16(x), 1) => Frames::Mono16(x.into()),
            (Pcm::I16(x), _) => Frames::Stereo16(x.into()),
            (Pcm::F32(x), 1) => Frames::MonoF32(x.into()),
            (Pcm::F32(x), _) => Frames::StereoF32(x.into()),
        }
    }
}

impl Recording {
    /// Length in frames.
    pub fn frames(&self) -> usize {
        self.pcm.len() / self.channels.max(1)
    }
}

/// A sentence without the system's error number.
fn io_sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "there is no permission to read it".into(),
        _ => format!("it cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    //! What the tests of this floor share.

    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A mono 16-bit WAV file.
    pub fn wav_bytes(rate: u32, values: &[i16]) -> Vec<u8> {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let mut out = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        out.extend(rate.to_le_bytes());
        out.extend((2 * rate).to_le_bytes());
        out.extend(b"\x02\0\x10\0data");
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(data);
        out
    }

    /// A folder of its own under the system's temporary one, gone when dropped.
    pub struct Folder(PathBuf);

    impl Folder {
        pub fn new(name: &str) -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("rimshot-{name}-{}-{count}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
        pub fn path(&self) -> &Path {
            &self.0
        }
        pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
