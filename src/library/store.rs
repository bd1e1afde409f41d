//! The library's shelves: loaded samples by file, and folders by what is in them.
//!
//! Both are `DashMap`s, shared by the loader and the control thread. DashMap takes locks,
//! so the audio callback never sees it: it gets kits whose tables own their samples.

use std::cell::RefCell;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use dashmap::DashMap;

use super::resample::{ResampleError, Resampled, resample};
use super::wav::{self, WavError};
use super::{Recording, measure};
use crate::kit::SampleData;
use crate::words::{Problem, natural};

/// How long a folder must have rested before its listing is believed: FAT, the file
/// system of most sticks, keeps times to two seconds.
const SETTLED: Duration = Duration::from_secs(2);

thread_local! {
    /// Bytes of the file being read, used again for the next one.
    static READ_BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A sample as the library keeps it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The frames, at the engine's rate.
    pub data: Arc<SampleData>,
    /// How far into the file the sound begins, in milliseconds of the file's time;
    /// trimming does not change it.
    pub onset_ms: f32,
}

/// One recording, prepared in one way. Another version of the file is another key, so
/// that a file that was replaced on the disk is read again, while kits that play the
/// old one keep it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    version: Version,
    /// Thousandths of a cent: the tuning that is applied is rounded to them.
    millicents: i32,
    trim: bool,
    rate: u32,
}

/// Time of last change and length.
type Version = (Option<SystemTime>, u64);

fn version(metadata: &Metadata) -> Version {
    (metadata.modified().ok(), metadata.len())
}

#[derive(Debug)]
struct Folder {
    changed: Option<SystemTime>,
    files: Arc<[PathBuf]>,
}

/// Loaded samples and folder listings. Thread: loader and control, never audio.
#[derive(Debug)]
pub struct SampleLibrary {
    rate: AtomicU32,
    samples: DashMap<Key, Loaded>,
    folders: DashMap<PathBuf, Folder>,
}

#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error(transparent)]
    Wav(#[from] WavError),
    #[error(transparent)]
    Resample(#[from] ResampleError),
}

impl SampleLibrary {
    /// An empty library for an engine at this rate, in frames a second.
    pub fn new(rate: u32) -> Self {
        let rate = AtomicU32::new(rate);
        Self { rate, samples: DashMap::new(), folders: DashMap::new() }
    }

    /// The engine's rate, in frames a second.
    pub fn rate(&self) -> u32 {
        self.rate.load(Ordering::Relaxed)
    }

    /// From now on samples are prepared for another rate. Those of the old one stay
    /// until [`SampleLibrary::sweep`] finds them without another owner.
    pub fn set_rate(&self, rate: u32) {
        self.rate.store(rate, Ordering::Relaxed);
    }

    /// The sample of a file, from memory where it is there, tuned by `tune` semitones;
    /// `trim` removes what comes before the onset. One file is one sample, whatever path
    /// leads to it. Two threads that ask for the same new file at the same moment may
    /// both read it; both get the one that was put on the shelf first.
    ///
    /// # Errors
    /// A warning that names the file, what was found and what is allowed.
    pub fn get_or_load(
        &self,
        path: &Path,
        tune: f32,
        trim: bool,
    ) -> Result<Arc<SampleData>, Problem> {
        self.load_for(self.rate(), path, tune, trim).map(|loaded| loaded.data)
    }

    /// As [`SampleLibrary::get_or_load`], for a given rate and with what was measured.
    ///
    /// # Errors
    /// As there.
    pub fn load_for(
        &self,
        rate: u32,
        path: &Path,
        tune: f32,
        trim: bool,
    ) -> Result<Loaded, Problem> {
        let problem = |e: io::Error| Problem::warning(path, io_sentence(&e));
        let real = path.canonicalize().map_err(problem)?;
        let metadata = real.metadata().map_err(problem)?;
        // Also keeps us from waiting for ever at a pipe.
        if !metadata.is_file() {
            return Err(Problem::warning(path, "this is no file; a recording is needed"));
        }
        let millicents = millicents(tune);
        let version = version(&metadata);
        let key = Key { path: real, version, millicents, trim, rate };
        if let Some(found) = self.samples.get(&key) {
            return Ok(found.clone());
        }
        let file = File::open(&key.path).map_err(problem)?;
        let loaded = prepare(&file, millicents, trim, rate)
            .map_err(|e| Problem::warning(path, e.to_string()))?;
        Ok(self.samples.entry(key).or_insert(loaded).clone())
    }

    /// The WAV files of a folder (not of the folders below it), in natural order: 2
    /// before 10. Hidden files are left out, among them the `._name.wav` that a Mac
    /// leaves on sticks. The listing is kept until the folder changes.
    ///
    /// # Errors
    /// An error that names the folder, where it cannot be listed.
    pub fn folder(&self, dir: &Path) -> Result<Arc<[PathBuf]>, Problem> {
        let problem = |e: io::Error| Problem::error(dir, io_sentence(&e));
        let real = dir.canonicalize().map_err(problem)?;
        let changed = real.metadata().map_err(problem)?.modified().ok();
        if let Some(found) = self.folders.get(&real)
            && found.changed == changed
            && changed.is_some()
        {
            return Ok(found.files.clone());
        }
        let files = list(&real).map_err(problem)?;
        // A folder that changed a moment ago may change again within the same tick.
        let settled =
            changed.filter(|&t| SystemTime::now().duration_since(t).is_ok_and(|d| d > SETTLED));
        self.folders.insert(real, Folder { changed: settled, files: files.clone() });
        Ok(files)
    }

    /// The file that (folder, index) addresses; the index wraps round the folder.
    ///
    /// # Errors
    /// An error that names the folder, where it cannot be listed or holds no WAV file.
    pub fn at(&self, dir: &Path, index: usize) -> Result<PathBuf, Problem> {
        let files = self.folder(dir)?;
        let wrapped = index.checked_rem(files.len()).and_then(|i| files.get(i));
        wrapped.cloned().ok_or_else(|| Problem::error(dir, "this folder holds no WAV file"))
    }

    /// Forgets the samples that nobody else owns and gives the bytes that became free.
    pub fn sweep(&self) -> usize {
        let mut freed = 0;
        // Nobody can take a new share meanwhile: `retain` holds the shard's lock.
        self.samples.retain(|_, loaded| {
            let owned = Arc::strong_count(&loaded.data) > 1;
            freed += if owned { 0 } else { loaded.data.bytes() };
            owned
        });
        freed
    }

    /// Memory of all samples, in bytes.
    pub fn bytes(&self) -> usize {
        self.samples.iter().map(|loaded| loaded.data.bytes()).sum()
    }

    /// How many samples are loaded.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether no sample is loaded.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }
}

/// A tuning in thousandths of a cent, the resolution at which samples are shared.
pub fn millicents(tune: f32) -> i32 {
    (f64::from(tune) * 100_000.0).round() as i32
}

/// Reads, measures, trims and resamples.
fn prepare(file: &File, millicents: i32, trim: bool, rate: u32) -> Result<Loaded, LoadError> {
    let mut recording: Recording = READ_BUFFER.with_borrow_mut(|buffer| wav::read(file, buffer))?;
    let onset = measure::onset(&recording);
    let onset_ms = measure::frames_to_ms(onset, recording.rate);
    let loudness = measure::loudness(&recording, onset);
    if trim {
        measure::trim(&mut recording, onset);
    }
    let tuned = match millicents {
        0 => f64::from(recording.rate),
        m => f64::from(recording.rate) * 2f64.powf(f64::from(m) / 1_200_000.0),
    };
    let Resampled { pcm, scale } = resample(recording.pcm, recording.channels, tuned, rate)?;
    let frames = pcm.into_frames(recording.channels);
    Ok(Loaded { data: Arc::new(SampleData::new(frames, scale, loudness)), onset_ms })
}

fn list(dir: &Path) -> io::Result<Arc<[PathBuf]>> {
    let mut files: Vec<(String, PathBuf)> = fs::read_dir(dir)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            (!name.starts_with('.') && is_wav(&path) && path.is_file()).then_some((name, path))
        })
        .collect();
    files.sort_by(|(a, _), (b, _)| natural::compare(a, b));
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// Whether a name ends like that of a WAV file, in any case.
pub fn is_wav(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("wav") || extension.eq_ignore_ascii_case("wave")
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
    use super::*;
    use crate::kit::sample::Frames;
    use crate::library::tests::{Folder, wav_bytes};

    fn library() -> SampleLibrary {
        SampleLibrary::new(48_000)
    }

    #[test]
    fn one_file_reached_by_two_paths_is_one_sample() {
        let folder = Folder::new("share");
        let file = folder.write("kick.wav", &wav_bytes(48_000, &[1000; 8]));
        let link = folder.path().join("link.wav");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let library = library();
        let a = library.get_or_load(&file, 0.0, false).unwrap();
        let b = library.get_or_load(&link, 0.0, false).unwrap();
        assert!(Arc::ptr_eq(&a, &b));
        assert_eq!((library.len(), library.bytes()), (1, 8 * 2 + 4));
        assert_eq!(a.frames, Frames::Mono16([1000; 8].into()));
    }

    #[test]
    fn another_tuning_trim_or_rate_is_another_sample() {
        let folder = Folder::new("keys");
        let file = folder.write("a.wav", &wav_bytes(48_000, &[[0; 480], [9000; 480]].concat()));
        let library = library();
        let len = |tune, trim| library.get_or_load(&file, tune, trim).unwrap().len();
        assert_eq!(len(0.0, false), 960);
        assert_eq!(len(12.0, false), 480);
        // Half a millisecond is left before the onset.
        assert_eq!(len(0.0, true), 480 + 24);
        library.set_rate(96_000);
        assert_eq!(len(0.0, false), 1920);
        assert_eq!(library.len(), 4);
    }

    #[test]
    fn sweeping_frees_what_nobody_else_owns() {
        let folder = Folder::new("sweep");
        let library = library();
        let load = |name, frames: usize| {
            let file = folder.write(name, &wav_bytes(48_000, &vec![5; frames]));
            library.get_or_load(&file, 0.0, false).unwrap()
        };
        let kept = load("kept.wav", 100);
        drop(load("gone.wav", 300));
        assert_eq!(library.sweep(), 300 * 2 + 2 * 4);
        assert_eq!((library.len(), library.bytes()), (1, kept.bytes()));
        assert_eq!(library.sweep(), 0);
        drop(kept);
        library.sweep();
        assert!(library.is_empty());
    }

    #[test]
    fn a_file_that_was_replaced_is_read_again() {
        let folder = Folder::new("replace");
        let library = library();
        let file = folder.write("a.wav", &wav_bytes(48_000, &[1, 2, 3]));
        let old = library.get_or_load(&file, 0.0, false).unwrap();
        folder.write("a.wav", &wav_bytes(48_000, &[4, 5]));
        let new = library.get_or_load(&file, 0.0, false).unwrap();
        assert_eq!((old.len(), new.len()), (3, 2));
    }

    #[test]
    fn many_threads_asking_at_once_share_one_sample() {
        let folder = Folder::new("threads");
        let file = folder.write("a.wav", &wav_bytes(44_100, &[700; 4000]));
        let library = library();
        let load = || library.get_or_load(&file, 0.0, false).unwrap();
        let got: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(got.iter().all(|data| Arc::ptr_eq(data, &got[0])));
        assert_eq!(library.len(), 1);
    }

    #[test]
    fn a_folder_is_addressed_by_index_in_natural_order_and_round_again() {
        let folder = Folder::new("index");
        for name in ["hit10.wav", "hit2.WAV", "Hit1.wave", "._hit2.wav", "notes.txt"] {
            folder.write(name, b"");
        }
        std::fs::create_dir(folder.path().join("below.wav")).unwrap();
        let library = library();
        let name = |i| {
            let path = library.at(folder.path(), i).unwrap();
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!([name(0), name(1), name(2)], ["Hit1.wave", "hit2.WAV", "hit10.wav"]);
        assert_eq!([name(3), name(usize::MAX)], [name(0), name(usize::MAX % 3)]);
    }

    #[test]
    fn a_listing_is_kept_while_the_folder_rests_and_made_anew_when_it_changes() {
        let folder = Folder::new("listing");
        folder.write("1.wav", b"");
        let library = library();
        let handle = File::open(folder.path()).unwrap();
        let rest = |seconds| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            handle.set_modified(time).unwrap();
        };
        // Just written: every call looks again.
        assert_eq!(library.folder(folder.path()).unwrap().len(), 1);
        folder.write("2.wav", b"");
        assert_eq!(library.folder(folder.path()).unwrap().len(), 2);
        rest(1_000_000);
        let first = library.folder(folder.path()).unwrap();
        assert!(Arc::ptr_eq(&first, &library.folder(folder.path()).unwrap()));
        folder.write("3.wav", b"");
        assert_eq!(library.folder(folder.path()).unwrap().len(), 3);
    }

    #[test]
    fn what_cannot_be_loaded_is_named_with_its_file() {
        let folder = Folder::new("problems");
        let text = folder.write("notes.wav", b"hello, world");
        let said = |path: &Path| {
            let problem = library().get_or_load(path, 0.0, false).expect_err("no recording");
            assert_eq!(problem.file, path);
            problem.what
        };
        assert!(said(&text).starts_with("this is no WAV file: it begins with \"hell\""));
        assert_eq!(said(&folder.path().join("x.wav")), "there is no such file or folder");
        assert_eq!(said(folder.path()), "this is no file; a recording is needed");
        let none = Folder::new("none");
        let what = library().at(none.path(), 3).expect_err("nothing there").what;
        assert_eq!(what, "this folder holds no WAV file");
    }
}
