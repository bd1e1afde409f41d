//! What a take is played to: files, kits that it asks for, a bar, Ctrl-C.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::show;
use crate::app::kits::{Shelf, Stock};
use crate::app::offline::Studio;
use crate::kit::Kit;
use crate::kit::disk::KitEntry;

/// Frames after which the bar moves: a tenth of a second. It has a price a call.
const BAR_FRAMES: u64 = 4800;

/// The kits of a take's program changes. Each is loaded once, however often it is asked
/// for, so that a take that is played twice is played with the same.
pub struct Programs<'a> {
    /// Where they are found, if program changes are followed.
    pub shelf: Option<&'a Shelf>,
    /// What loads them.
    pub stock: &'a Stock,
    kits: BTreeMap<u8, Option<Kit>>,
}

impl<'a> Programs<'a> {
    /// The kits of this shelf. `None`: program changes are not followed.
    pub fn new(shelf: Option<&'a Shelf>, stock: &'a Stock) -> Self {
        Self { shelf, stock, kits: BTreeMap::new() }
    }

    fn kit(&mut self, program: u8, entry: &KitEntry, bar: &ProgressBar) -> Option<Box<Kit>> {
        let stock = self.stock;
        let kit = self.kits.entry(program).or_insert_with(|| {
            let (kit, problems) = match stock.load(entry, &mut |_, _| ()) {
                Ok(loaded) => (Some(*loaded.kit), loaded.problems),
                Err(problems) => (None, problems),
            };
            bar.suspend(|| show(&problems));
            kit
        });
        kit.clone().map(Box::new)
    }
}

/// Takes the frames of one way through a take.
pub struct Tape<'a, 'p> {
    /// Where they go.
    pub sink: &'a mut dyn FnMut(&[f32]) -> Result<(), String>,
    /// Where kits come from.
    pub programs: &'a mut Programs<'p>,
    /// What shows how far it is.
    pub bar: &'a ProgressBar,
    /// What ends it.
    pub interrupted: &'a Interrupt,
    /// Values a frame.
    pub width: usize,
    /// Frames that the bar does not show yet.
    pub unseen: u64,
    /// Program changes that no kit has the number of, and how many.
    pub missing: BTreeMap<u8, u64>,
}

impl Studio for Tape<'_, '_> {
    type Error = String;

    fn write(&mut self, frames: &[f32]) -> Result<(), String> {
        if self.interrupted.0.load(Ordering::Relaxed) {
            return Err("interrupted: nothing was written".to_owned());
        }
        self.unseen += (frames.len() / self.width) as u64;
        if self.unseen >= BAR_FRAMES {
            self.bar.inc(std::mem::take(&mut self.unseen));
        }
        (self.sink)(frames)
    }

    fn program(&mut self, program: u8) -> Option<Box<Kit>> {
        let Some(entry) = self.programs.shelf?.by_program(program) else {
            *self.missing.entry(program).or_default() += 1;
            return None;
        };
        self.programs.kit(program, entry, self.bar)
    }
}

/// Ctrl-C and SIGTERM end a render between two blocks, so that its half-written files are
/// taken away. A second one ends it at once.
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to watch.
    ///
    /// # Errors
    /// A sentence where signals cannot be watched.
    pub fn watch() -> Result<Self, String> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            let at_once = 128 + signal;
            flag::register_conditional_shutdown(signal, at_once, Arc::clone(&flag))
                .and_then(|_| flag::register(signal, Arc::clone(&flag)))
                .map_err(|e| format!("signals cannot be watched: {e}"))?;
        }
        Ok(Self(flag))
    }
}

/// A bar on a terminal, nothing in a pipe.
pub fn progress() -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:10} {bar:40} {percent:>3} %");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
