//! What changes by playing (kit, volume, trims), kept through a power cut; and a copy of the
//! settings that worked last.
//!
//! A file is written to a new name, synced and renamed, so that at every moment either
//! the old or the new one stands there whole; and rarely, because SD cards wear. A thread
//! of its own does so: a card may take seconds to sync, and buttons are not to wait for it.

mod disk;
mod memory;
mod place;
mod writer;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use memory::{State, TRIM_DB};
pub use place::{default_folder, folder_of};

use writer::Writer;

/// A change is written when nothing has changed for this long: scrolling through kits
/// writes once.
const QUIET: Duration = Duration::from_secs(3);
/// What could not be written is tried again after this, and then ever more rarely: a card
/// that was pulled may come back, and one that is worn out is left in peace.
const FIRST_RETRY: Duration = Duration::from_secs(10);
const LAST_RETRY: Duration = Duration::from_secs(640);
/// What is remembered.
const FILE: &str = "state.toml";
/// The settings that worked last.
const GOOD: &str = "good.toml";

/// Keeps the state in a folder, or nowhere.
#[derive(Debug)]
pub struct Keeper {
    folder: Option<PathBuf>,
    writer: Option<Writer>,
    state: State,
    changed: Option<Instant>,
    /// Why the last try to write failed.
    failed: Option<String>,
    retry: Option<Instant>,
    wait: Duration,
    good: Option<String>,
}

impl Keeper {
    /// Reads what was kept. What cannot be understood is a sentence, and is replaced at the
    /// next change; a missing file is a first start. So are a folder that cannot be
    /// written, and one that another module has.
    pub fn open(folder: Option<PathBuf>) -> (Self, Vec<String>) {
        let mut said = Vec::new();
        let mut keeper = Self {
            folder,
            writer: None,
            state: State::default(),
            changed: None,
            failed: None,
            retry: None,
            wait: FIRST_RETRY,
            good: None,
        };
        let Some(folder) = keeper.folder.clone() else { return (keeper, said) };
        let path = folder.join(FILE);
        let (state, odd) = State::read(disk::text(&path));
        keeper.state = state;
        said.extend(odd.iter().map(|why| memory::unreadable(&path, why)));
        keeper.good = disk::text(&folder.join(GOOD)).ok().flatten();
        let (kept, odd) = disk::Kept::open(folder);
        if let Some(why) = odd {
            said.push(not_kept(&why));
            keeper.failed = Some(why);
        }
        match Writer::start(kept.writes()) {
            Ok(writer) => keeper.writer = Some(writer),
            Err(error) => {
                let why = format!("no thread for it: {error}");
                said.push(not_kept(&why));
                keeper.failed = Some(why);
            }
        }
        (keeper, said)
    }

    /// What is remembered.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The folder of it all, if there is one.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Why nothing can be remembered at the moment, as the end of a sentence.
    pub fn trouble(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// The settings that worked last when this was opened, as [`Keeper::keep_good`] got them.
    pub fn good(&self) -> Option<&str> {
        self.good.as_deref()
    }

    /// Has a copy of settings that work written, unless it is there already.
    pub fn keep_good(&mut self, text: String) {
        if self.good.as_ref() == Some(&text) {
            return;
        }
        if let Some(writer) = &mut self.writer {
            writer.write(GOOD, text.clone());
        }
        self.good = Some(text);
    }

    /// Remembers; written a little later by [`Keeper::tick`].
    pub fn set(&mut self, change: impl FnOnce(&mut State), now: Instant) {
        let before = self.state.clone();
        change(&mut self.state);
        if self.state != before {
            self.changed = Some(now);
        }
    }

    /// Has what was changed and then left alone for three seconds written, and what could
    /// not be written tried again, ever more rarely. Of failures in a row the first is a
    /// sentence, and so is their end.
    pub fn tick(&mut self, now: Instant) -> Option<String> {
        let changed = self.changed.is_some_and(|at| now.duration_since(at) >= QUIET);
        let again = self.retry.is_some_and(|at| now >= at);
        if again || (changed && self.retry.is_none()) {
            self.hand_over();
        }
        self.answers(false, now)
    }

    /// Has what was changed written now.
    pub fn hurry(&mut self) {
        if self.changed.is_some() {
            self.hand_over();
        }
    }

    /// Writes what has been changed, or could not be written before (the disk may have room
    /// again), and waits until it is written: at the end of the program.
    pub fn write(&mut self) -> Option<String> {
        let now = Instant::now();
        let sentence = self.answers(true, now);
        if self.changed.is_some() || self.retry.is_some() {
            self.hand_over();
        }
        self.answers(true, now).or(sentence).filter(|_| self.failed.is_some())
    }

    fn hand_over(&mut self) {
        let again = self.retry.is_some();
        (self.changed, self.retry) = (None, None);
        if let Some(writer) = &mut self.writer {
            writer.write(FILE, self.state.text());
            // It may be this one that could not be written; what stands there is left alone.
            if let Some(good) = self.good.clone().filter(|_| again) {
                writer.write(GOOD, good);
            }
        }
    }

    fn answers(&mut self, wait: bool, now: Instant) -> Option<String> {
        let mut sentence = None;
        while let Some(answer) = self.writer.as_mut()?.answer(wait) {
            let Err(why) = answer else {
                if self.failed.take().is_some() {
                    sentence = Some("kit and volume are remembered again".to_owned());
                }
                self.wait = FIRST_RETRY;
                continue;
            };
            if self.failed.as_ref() != Some(&why) {
                sentence = Some(not_kept(&why));
            }
            self.failed = Some(why);
            self.retry = Some(now + self.wait);
            self.wait = (2 * self.wait).min(LAST_RETRY);
        }
        sentence
    }
}

fn not_kept(why: &str) -> String {
    format!("kit and volume cannot be remembered: {why}")
}

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod tests;
