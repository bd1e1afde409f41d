//! The library's shelves: loaded samples by file, within a budget.
//!
//! A `DashMap`, shared by the loader and the control thread. DashMap takes locks, so the
//! audio callback never sees it: it gets kits whose tables own their samples.

mod room;

use std::cell::{Cell, RefCell};
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, bounded};
use dashmap::{DashMap, Entry};

use super::folders::Folder;
use super::io_sentence;
use super::memory::{Booking, Memory, half_of_available};
use super::prepare::{Extent, Form, PrepareError, Prepared, Scratch, estimate, prepare};
use super::resident::Record;
use super::wav::{Info, Reader, WavError};
use crate::kit::SampleData;
use crate::words::Problem;
use room::Given;
pub use room::Reserved;

/// Samples that are looked for at once when room is needed, the longest unused first.
const OLDEST: usize = 64;

thread_local! {
    /// Memory for reading a file, used again for the next one.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A sample as the library keeps it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The frames, at the engine's rate.
    pub data: Arc<SampleData>,
    /// How far into the file the sound begins, in milliseconds of the file's time;
    /// trimming does not change it.
    pub onset_ms: f32,
    /// What the file says beside its samples, where it says anything.
    pub info: Option<Arc<Info>>,
}

/// One recording, prepared in one way. Another version of the file is another key, so
/// that a file that was replaced on the disk is read again, while kits that play the
/// old one keep it. Recordings of 16 bits and less are never `compact` here: they are the
/// same in both forms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    path: PathBuf,
    version: Version,
    form: Form,
}

/// Time of last change and length.
type Version = (Option<SystemTime>, u64);

#[derive(Debug)]
struct Shelved {
    loaded: Loaded,
    /// When it was last asked for, in asks of the library.
    used: AtomicU64,
}

impl Shelved {
    fn is_owned_elsewhere(&self) -> bool {
        Arc::strong_count(&self.loaded.data) > 1
    }
}

/// A file that was looked at: where it stands and what it will need.
#[derive(Debug, Clone)]
pub struct Probe {
    /// As recorded.
    pub key: Key,
    /// Its size in memory.
    pub extent: Extent,
}

impl Probe {
    /// The key of the form that is wanted.
    pub fn key(&self, compact: bool) -> Key {
        let mut key = self.key.clone();
        key.form.compact = compact && self.extent.wide;
        key
    }
}

/// When a sample was last used, by the library's own count, and which.
type Used = (u64, Key);

/// Loaded samples and folder listings. Thread: loader and control, never audio.
#[derive(Debug)]
pub struct SampleLibrary {
    rate: AtomicU32,
    compact: AtomicBool,
    memory: Memory,
    samples: DashMap<Key, Shelved>,
    asks: AtomicU64,
    /// Those to be forgotten next, with the last ask for them.
    oldest: Receiver<Used>,
    oldest_in: Sender<Used>,
    pub(super) folders: DashMap<PathBuf, Folder>,
    pub(super) kits: DashMap<PathBuf, Record>,
}

impl SampleLibrary {
    /// An empty library for an engine at this rate, in frames a second. Its samples may
    /// take half of the memory that is available now.
    pub fn new(rate: u32) -> Self {
        Self::with_budget(rate, half_of_available())
    }

    /// An empty library whose samples, and the buffers kept for the next ones, may take so
    /// many bytes.
    pub fn with_budget(rate: u32, bytes: usize) -> Self {
        let (oldest_in, oldest) = bounded(OLDEST);
        Self {
            rate: AtomicU32::new(rate),
            compact: AtomicBool::new(false),
            memory: Memory::new(bytes),
            samples: DashMap::new(),
            asks: AtomicU64::new(0),
            oldest,
            oldest_in,
            folders: DashMap::new(),
            kits: DashMap::new(),
        }
    }

    /// The engine's rate, in frames a second.
    pub fn rate(&self) -> u32 {
        self.rate.load(Ordering::Relaxed)
    }

    /// From now on samples are prepared for another rate. Those of the old one go when room
    /// is needed, or by [`SampleLibrary::sweep`].
    pub fn set_rate(&self, rate: u32) {
        self.rate.store(rate, Ordering::Relaxed);
    }

    /// Whether every kit is loaded as 16-bit, whatever it asks for itself.
    pub fn is_compact(&self) -> bool {
        self.compact.load(Ordering::Relaxed)
    }

    /// From now on every kit is loaded as 16-bit, or as it asks for itself.
    pub fn set_compact(&self, compact: bool) {
        self.compact.store(compact, Ordering::Relaxed);
    }

    /// Bytes that samples and waiting buffers may take.
    pub fn budget(&self) -> usize {
        self.memory.budget()
    }

    /// Changes the budget. What nobody owns goes until the rest fits; what kits own stays.
    pub fn set_budget(&self, bytes: usize) {
        self.memory.set_budget(bytes);
        while self.memory.used() > bytes && self.make_room() {}
    }

    /// Bytes that are booked now: samples, samples being loaded, waiting buffers.
    pub fn used(&self) -> usize {
        self.memory.used()
    }

    /// The most bytes that were ever booked at once.
    pub fn most_used(&self) -> usize {
        self.memory.most()
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
        let form = Form {
            rate: self.rate(),
            millicents: millicents(tune),
            trim,
            compact: self.is_compact(),
        };
        self.load_for(path, form).map(|loaded| loaded.data)
    }

    /// As [`SampleLibrary::get_or_load`], in a given form and with what was measured.
    ///
    /// # Errors
    /// As there.
    pub fn load_for(&self, path: &Path, form: Form) -> Result<Loaded, Problem> {
        let probe = self.probe(path, form)?;
        if let Some(found) = self.find(&probe, form.compact) {
            return Ok(found);
        }
        self.load(path, &probe, form.compact, None, &|| false).unwrap_or_else(|| Err(gone(path)))
    }

    /// Looks at a file without loading it.
    ///
    /// # Errors
    /// As [`SampleLibrary::get_or_load`].
    pub fn probe(&self, path: &Path, form: Form) -> Result<Probe, Problem> {
        let key = self.key(path, form)?;
        for compact in [false, true] {
            let mut key = key.clone();
            key.form.compact = compact;
            if let Some(found) = self.samples.get(&key) {
                let frames = &found.loaded.data.frames;
                let extent = Extent {
                    frames: frames.len() as u64,
                    channels: if frames.is_stereo() { 2 } else { 1 },
                    wide: compact || frames.is_float(),
                };
                key.form.compact = false;
                return Ok(Probe { key, extent });
            }
        }
        let extent = with_reader(&key.path, |reader, _| form.extent(reader))
            .map_err(|e| Problem::warning(path, e.to_string()))?;
        Ok(Probe { key, extent })
    }

    fn key(&self, path: &Path, form: Form) -> Result<Key, Problem> {
        let problem = |e: io::Error| Problem::warning(path, io_sentence(&e));
        let real = path.canonicalize().map_err(problem)?;
        let metadata = real.metadata().map_err(problem)?;
        // Also keeps us from waiting for ever at a pipe.
        if !metadata.is_file() {
            return Err(Problem::warning(path, "this is no file; a recording is needed"));
        }
        Ok(Key { path: real, version: version(&metadata), form: Form { compact: false, ..form } })
    }

    /// The sample of a probe, if it is in memory.
    pub fn find(&self, probe: &Probe, compact: bool) -> Option<Loaded> {
        let found = self.samples.get(&probe.key(compact))?;
        found.used.store(self.asks.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(found.loaded.clone())
    }

    /// Memory for a file that was probed, before it is read. (Where the memory of a whole
    /// kit is asked for before any of it is touched, the system can put it into huge pages
    /// that reach across recordings.) `None` where there is no room now.
    pub fn reserve(&self, probe: &Probe, compact: bool) -> Option<Reserved<'_>> {
        let Extent { frames, channels, wide } = probe.extent;
        let values = frames as usize * channels;
        let beside = probe.extent.bytes(true) - values * size_of::<i16>();
        if wide && !compact {
            let (buffer, booking) = self.room::<f32>(values, beside).ok()?;
            Some(Reserved { ints: Vec::new(), floats: buffer, booking })
        } else {
            let (buffer, booking) = self.room::<i16>(values, beside).ok()?;
            Some(Reserved { ints: buffer, floats: Vec::new(), booking })
        }
    }

    /// Loads a file that was probed, into `reserved` memory where there is some. `None`
    /// where `stop` said so.
    pub fn load<'m>(
        &'m self,
        path: &Path,
        probe: &Probe,
        compact: bool,
        reserved: Option<Reserved<'m>>,
        stop: &dyn Fn() -> bool,
    ) -> Option<Result<Loaded, Problem>> {
        let key = probe.key(compact);
        let room = Given { library: self, reserved: Cell::new(reserved) };
        let made = with_reader(&key.path, |reader, scratch| {
            let form = Form { compact, ..key.form };
            prepare(reader, &form, &room, stop, scratch)
        });
        match made {
            Ok((made, booking)) => Some(Ok(self.shelve(key, made, booking))),
            Err(PrepareError::Stopped) => None,
            Err(e) => Some(Err(Problem::warning(path, e.to_string()))),
        }
    }

    fn shelve(&self, key: Key, made: Prepared, booking: Booking) -> Loaded {
        let used = self.asks.fetch_add(1, Ordering::Relaxed);
        match self.samples.entry(key) {
            Entry::Occupied(first) => {
                first.get().used.store(used, Ordering::Relaxed);
                first.get().loaded.clone()
            }
            Entry::Vacant(place) => {
                let bytes = made.data.bytes();
                let Prepared { data, onset_ms, info } = made;
                let loaded = Loaded { data: Arc::new(data), onset_ms, info };
                place.insert(Shelved { loaded: loaded.clone(), used: AtomicU64::new(used) });
                booking.keep(bytes);
                loaded
            }
        }
    }

    /// Loudness of a recording by its beginning, in linear RMS; 0 where it cannot be read.
    pub fn estimate(&self, path: &Path) -> f32 {
        let estimate = with_reader(path, |reader, scratch| Ok(estimate(reader, scratch)?));
        estimate.unwrap_or(0.0)
    }

    /// Bytes of samples that somebody beside the library owns and that `ours` does not
    /// name: they cannot make room.
    pub fn owned_beside(&self, ours: &dyn Fn(&Key) -> bool) -> usize {
        let owned = self.samples.iter().filter(|s| s.is_owned_elsewhere() && !ours(s.key()));
        owned.map(|s| s.loaded.data.bytes()).sum()
    }

    /// Memory of all samples, in bytes.
    pub fn bytes(&self) -> usize {
        self.samples.iter().map(|shelved| shelved.loaded.data.bytes()).sum()
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

fn with_reader<T>(
    path: &Path,
    work: impl FnOnce(&Reader<File>, &mut Scratch) -> Result<T, PrepareError>,
) -> Result<T, PrepareError> {
    SCRATCH.with_borrow_mut(|scratch| {
        let file = File::open(path).map_err(WavError::Io)?;
        let reader = Reader::open(&file, &mut scratch.bytes)?;
        work(&reader, scratch)
    })
}

fn version(metadata: &Metadata) -> Version {
    (metadata.modified().ok(), metadata.len())
}

fn gone(path: &Path) -> Problem {
    Problem::warning(path, "it is not wanted any more")
}

/// A tuning in thousandths of a cent, the resolution at which samples are shared.
pub fn millicents(tune: f32) -> i32 {
    (f64::from(tune) * 100_000.0).round() as i32
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

    /// A file of so many frames, of other samples than its neighbours'.
    fn file(folder: &Folder, name: &str, frames: usize) -> PathBuf {
        folder.write(name, &wav_bytes(48_000, &vec![name.len() as i16; frames]))
    }

    #[test]
    fn what_was_not_asked_for_longest_makes_room_and_what_is_owned_stays() {
        let folder = Folder::new("oldest");
        let files = ["a", "b", "c", "d"].map(|name| file(&folder, name, 1000));
        let size = 1000 * 2 + 4 * 4;
        let library = SampleLibrary::with_budget(48_000, 3 * size);
        let load = |i: usize| library.get_or_load(&files[i], 0.0, false).unwrap();
        let owned = load(0);
        load(1);
        load(2);
        load(1);
        load(3);
        assert_eq!((library.len(), library.used(), library.most_used()), (3, 3 * size, 3 * size));
        let form = Form { rate: 48_000, millicents: 0, trim: false, compact: false };
        let here = |i: usize| {
            let probe = library.probe(&files[i], form).unwrap();
            library.find(&probe, false).is_some()
        };
        assert_eq!([0, 1, 2, 3].map(here), [true, true, false, true]);
        assert!(Arc::ptr_eq(&owned, &load(0)));
    }

    #[test]
    fn what_has_no_room_is_said_with_its_size_and_leaves_the_rest_alone() {
        let folder = Folder::new("room");
        let [kept, large] =
            [("kept", 1000), ("large", 2000)].map(|(n, size)| file(&folder, n, size));
        let library = SampleLibrary::with_budget(48_000, 5000);
        let owned = library.get_or_load(&kept, 0.0, false).unwrap();
        let problem = library.get_or_load(&large, 0.0, false).unwrap_err();
        let wanted = "there is no room for its 0.0 MB: 0.0 MB of the 0.0 MB for samples are in use";
        assert_eq!((problem.file, problem.what.as_str()), (large.clone(), wanted));
        assert_eq!(library.used(), owned.bytes());
        drop(owned);
        assert!(library.get_or_load(&large, 0.0, false).is_ok());
        library.set_budget(0);
        assert_eq!((library.used(), library.len()), (0, 0));
    }

    #[test]
    fn the_memory_of_a_sample_that_made_room_is_used_again() {
        let folder = Folder::new("again");
        // Eight of them fit; a buffer may wait where it fills no more than an eighth.
        let frames = 100_000usize;
        let size = frames * 2 + frames.div_ceil(256) * 4;
        let library = SampleLibrary::with_budget(48_000, 8 * size);
        let address = |i: usize| {
            let file = file(&folder, &"x".repeat(i + 1), frames);
            let data = library.get_or_load(&file, 0.0, false).unwrap();
            let Frames::Mono16(x) = &data.frames else { panic!() };
            assert!(x.iter().all(|&x| x == i as i16 + 1));
            x.as_ptr() as usize
        };
        let first: Vec<usize> = (0..8).map(address).collect();
        assert_eq!(address(8), first[0]);
        assert_eq!(address(9), first[1]);
        assert!(library.most_used() <= 8 * size);
    }

    #[test]
    fn compact_halves_what_is_wide_and_shares_what_is_not() {
        let folder = Folder::new("compact");
        let narrow = file(&folder, "narrow", 500);
        let mut bytes = wav_bytes(48_000, &[]);
        bytes.truncate(36);
        bytes[32..36].copy_from_slice(&[3, 0, 24, 0]);
        bytes.extend(b"data\x2c\x01\0\0");
        bytes.extend([0, 0, 0x40].repeat(100));
        let wide = folder.write("wide", &bytes);
        let library = library();
        let load = |path: &Path| library.get_or_load(path, 0.0, false).unwrap();
        let (narrow_before, wide_before) = (load(&narrow), load(&wide));
        library.set_compact(true);
        let compact = load(&wide);
        assert!(Arc::ptr_eq(&narrow_before, &load(&narrow)));
        assert!(wide_before.frames.is_float() && !compact.frames.is_float());
        assert_eq!((wide_before.frames.bytes(), compact.frames.bytes()), (400, 200));
        assert_eq!(wide_before.loudness, compact.loudness);
        // Half of full scale, within rounding and dither.
        let Frames::Mono16(x) = &compact.frames else { panic!() };
        assert!(x.iter().all(|&x| (i32::from(x) - 16384).abs() <= 2));
        assert_eq!(library.len(), 3);
    }
}
