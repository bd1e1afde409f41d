//! The library's shelves: loaded samples by file, within a budget.
//!
//! A `DashMap`, shared by the loader and the control thread. DashMap takes locks, so the
//! audio callback never sees it: it gets kits whose tables own their samples.

mod room;

use std::cell::RefCell;
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

/// Loaded samples and folder listings. Thread: loader and control, never audio.
#[derive(Debug)]
pub struct SampleLibrary {
    rate: AtomicU32,
    compact: AtomicBool,
    memory: Memory,
    samples: DashMap<Key, Shelved>,
    asks: AtomicU64,
    /// Those to be forgotten next, with the last ask for them.
    oldest: Receiver<(u64, Key)>,
    oldest_in: Sender<(u64, Key)>,
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
        let (oldest_in, oldest) = bounded(room::OLDEST);
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
        self.load(path, &probe, form.compact, &|| false).unwrap_or_else(|| Err(gone(path)))
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

    /// Loads a file that was probed. `None` where `stop` said so.
    pub fn load(
        &self,
        path: &Path,
        probe: &Probe,
        compact: bool,
        stop: &dyn Fn() -> bool,
    ) -> Option<Result<Loaded, Problem>> {
        let key = probe.key(compact);
        let made = with_reader(&key.path, |reader, scratch| {
            let form = Form { compact, ..key.form };
            prepare(reader, &form, self, stop, scratch)
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
mod tests;
