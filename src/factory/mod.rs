//! The kits that rimshot makes itself: every recording of `kits/` comes from here,
//! the same bytes on every machine (`math.rs` says how), so nobody's recordings are needed to ship
//! a kit, and a test can say that what is shipped is what was made.

mod circuit;
mod eight;
pub mod groove;
mod math;
mod nine;
mod osc;
mod percussion;
pub mod record;
mod studio;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io, thread};

use record::Instrument;

/// Frames a second of every recording.
pub const RATE: u32 = 48_000;

/// One of the kits.
#[derive(Debug)]
pub struct FactoryKit {
    /// Its folder.
    pub name: &'static str,
    /// What it has beside recordings and its README and LICENSE: file names and contents.
    pub texts: fn() -> Vec<(&'static str, Vec<u8>)>,
    /// Its recordings.
    pub instruments: &'static [Instrument],
}

/// The kits.
pub static KITS: [FactoryKit; 4] = [studio::KIT, eight::KIT, nine::KIT, percussion::KIT];

/// The kit that a newcomer hears first.
pub static FIRST: &FactoryKit = &KITS[0];

impl FactoryKit {
    /// Writes the kit into a folder, which is made where it is missing. Files of other
    /// names in it stay. Uses as many threads as there are processors. Returns how many
    /// files and bytes were written.
    ///
    /// # Errors
    /// What the file system says, with the path it is about.
    pub fn write(&self, dir: &Path) -> io::Result<(usize, usize)> {
        let mut total = (0, 0);
        for (name, bytes) in (self.texts)() {
            total = add(total, write(&dir.join(name), &bytes)?);
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut total = (0, 0);
            while let Some(instrument) = self.instruments.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let loudness = instrument.loudness();
                for stroke in instrument.strokes() {
                    let path = dir.join(instrument.path(stroke));
                    total = add(total, write(&path, &instrument.recording(stroke, loudness))?);
                }
            }
            Ok(total)
        };
        thread::scope(|scope| {
            let count = thread::available_parallelism().map_or(1, usize::from);
            let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_fold(total, |total, worker| {
                let done = worker.join().unwrap_or_else(|_| Err(io::Error::other("a panic")));
                Ok(add(total, done?))
            })
        })
    }
}

/// Writes all kits into folders of their names below `dir`, as [`FactoryKit::write`].
///
/// # Errors
/// What the file system says, with the path it is about.
pub fn write_all(dir: &Path) -> io::Result<(usize, usize)> {
    KITS.iter().try_fold((0, 0), |total, kit| Ok(add(total, kit.write(&dir.join(kit.name))?)))
}

fn add(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
    (a.0 + b.0, a.1 + b.1)
}

/// Writes one file and says how much that was.
fn write(path: &Path, bytes: &[u8]) -> io::Result<(usize, usize)> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(named)?;
    }
    fs::write(path, bytes).map_err(named)?;
    Ok((1, bytes.len()))
}
