//! What changes by playing (kit, volume), kept through a power cut.
//!
//! The file is written to a new name, synced and renamed, so that at every moment either
//! the old or the new one stands there whole; and rarely, because SD cards wear. A thread
//! of its own does so: a card may take seconds to sync, and buttons are not to wait for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use serde::{Deserialize, Serialize};

use super::whole_file;

/// A change is written when nothing has changed for this long: scrolling through kits
/// writes once.
const QUIET: Duration = Duration::from_secs(3);
const FILE: &str = "state.toml";

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Folder of the kit that played last.
    pub kit: Option<PathBuf>,
    /// Volume in dB, −60..=0.
    pub volume_db: Option<f32>,
}

/// Keeps the state in a folder, or nowhere.
#[derive(Debug)]
pub struct Keeper {
    writer: Option<Writer>,
    state: State,
    changed: Option<Instant>,
    failed: bool,
}

/// The thread that writes. It ends when this is dropped and all is written.
#[derive(Debug)]
struct Writer {
    /// States to be written, numbered; of those that wait the newest wins. Unbounded, but
    /// there is at most one in three seconds.
    states: Sender<(u64, State)>,
    /// The number of what was written, and why it could not be.
    written: Receiver<(u64, Result<(), String>)>,
    /// The number that was handed over last.
    last: u64,
    /// The number that was answered last.
    answered: u64,
}

impl Writer {
    fn start(
        mut write: impl FnMut(&State) -> Result<(), String> + Send + 'static,
    ) -> io::Result<Self> {
        let (states, work) = unbounded::<(u64, State)>();
        let (tell, written) = unbounded();
        let work = move || {
            while let Ok(first) = work.recv() {
                let (number, state) = work.try_iter().last().unwrap_or(first);
                if tell.send((number, write(&state))).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("rimshot-state".to_owned()).spawn(work)?;
        Ok(Self { states, written, last: 0, answered: 0 })
    }

    fn write(&mut self, state: State) {
        self.last += 1;
        // Fails only when the thread is gone; then its answers end as well.
        let _ = self.states.send((self.last, state));
    }

    /// Its next answer; `wait`: also one that it has yet to give.
    fn answer(&mut self, wait: bool) -> Option<Result<(), String>> {
        if self.answered >= self.last {
            return None;
        }
        let answer = match wait {
            true => self.written.recv().map_err(|_| TryRecvError::Disconnected),
            false => self.written.try_recv(),
        };
        let (number, result) = match answer {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                (self.last, Err("the thread that writes it has ended".to_owned()))
            }
        };
        self.answered = number;
        Some(result)
    }
}

/// The folder for state: systemd's `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/rimshot` or
/// `~/.local/state/rimshot`.
pub fn default_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("STATE_DIRECTORY").or_else(|| {
        let home = || Some(set("HOME")?.join(".local/state"));
        Some(set("XDG_STATE_HOME").or_else(home)?.join("rimshot"))
    })
}

impl Keeper {
    /// Reads what was kept. A file that cannot be understood is a sentence, and is
    /// replaced at the next change; a missing one is a first start.
    pub fn open(folder: Option<PathBuf>) -> (Self, Option<String>) {
        let path = folder.as_ref().map(|folder| folder.join(FILE));
        let (state, said) = match path.as_ref().map(fs::read_to_string) {
            Some(Ok(text)) => match toml::from_str(&text) {
                Ok(state) => (State::checked(state), None),
                Err(error) => (State::default(), Some(said(&path, error.message()))),
            },
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                (State::default(), Some(said(&path, &error.to_string())))
            }
            _ => (State::default(), None),
        };
        let Some(folder) = folder else {
            return (Self { writer: None, state, changed: None, failed: false }, said);
        };
        let path = folder.join(FILE);
        let write = move |state: &State| {
            let named = |error| format!("{}: {error}", path.display());
            replace(&folder, state).map_err(named)
        };
        let (writer, said) = match Writer::start(write) {
            Ok(writer) => (Some(writer), said),
            Err(error) => (None, Some(not_kept(&format!("no thread for it: {error}")))),
        };
        (Self { writer, state, changed: None, failed: false }, said)
    }

    /// What is remembered.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Remembers; written a little later by [`Keeper::tick`].
    pub fn set(&mut self, change: impl FnOnce(&mut State), now: Instant) {
        let before = self.state.clone();
        change(&mut self.state);
        if self.state != before {
            self.changed = Some(now);
        }
    }

    /// Has what was changed and then left alone for three seconds written. The first failure
    /// of writing is a sentence; later ones are not repeated.
    pub fn tick(&mut self, now: Instant) -> Option<String> {
        if self.changed.is_some_and(|at| now.duration_since(at) >= QUIET) {
            self.hand_over();
        }
        self.answers(false)
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
        let sentence = self.answers(true);
        if self.changed.is_some() || self.failed {
            self.hand_over();
        }
        self.answers(true).or(sentence).filter(|_| self.failed)
    }

    fn hand_over(&mut self) {
        self.changed = None;
        if let Some(writer) = &mut self.writer {
            writer.write(self.state.clone());
        }
    }

    fn answers(&mut self, wait: bool) -> Option<String> {
        let mut sentence = None;
        while let Some(answer) = self.writer.as_mut()?.answer(wait) {
            let why = answer.err();
            if !self.failed {
                sentence = why.as_deref().map(not_kept).or(sentence);
            }
            self.failed = why.is_some();
        }
        sentence
    }
}

impl State {
    fn checked(self) -> Self {
        let in_range = |db: &f32| (-60.0..=0.0).contains(db);
        Self { volume_db: self.volume_db.filter(in_range), ..self }
    }
}

fn said(path: &Option<PathBuf>, why: &str) -> String {
    let path = path.as_deref().unwrap_or(Path::new(FILE));
    format!("what was remembered cannot be read: {}: {}", path.display(), why.trim_end())
}

fn not_kept(why: &str) -> String {
    format!("kit and volume cannot be remembered: {why}")
}

fn replace(folder: &Path, state: &State) -> io::Result<()> {
    let text = toml::to_string(state).map_err(io::Error::other)?;
    whole_file::write(&folder.join(FILE), &text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("rimshot-state-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn kit_and_volume_come_back_after_a_restart() {
        let folder = folder("back");
        let (mut keeper, said) = Keeper::open(Some(folder.clone()));
        assert_eq!((keeper.state(), said), (&State::default(), None));
        let now = Instant::now();
        keeper.set(|s| s.kit = Some("/kits/Jazz".into()), now);
        keeper.set(|s| s.volume_db = Some(-6.0), now);
        assert_eq!(keeper.tick(now), None);
        assert!(!folder.exists(), "scrolling is not written");
        assert_eq!(keeper.tick(now + QUIET), None);
        assert_eq!(keeper.write(), None);
        let (again, _) = Keeper::open(Some(folder.clone()));
        assert_eq!(again.state().kit.as_deref(), Some(Path::new("/kits/Jazz")));
        assert_eq!(again.state().volume_db, Some(-6.0));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_slow_card_delays_nobody_and_then_gets_the_newest_state_alone() {
        let (begun, begins) = unbounded();
        let (open, gate) = unbounded();
        let (tell, written) = unbounded();
        let slow = move |state: &State| {
            begun.send(()).unwrap();
            gate.recv().unwrap();
            tell.send(state.volume_db).unwrap();
            Ok(())
        };
        let (mut keeper, _) = Keeper::open(None);
        keeper.writer = Some(Writer::start(slow).unwrap());
        let now = Instant::now();
        for db in [-1.0, -2.0, -3.0] {
            keeper.set(|s| s.volume_db = Some(db), now);
            assert_eq!(keeper.tick(now + QUIET), None);
            if db == -1.0 {
                begins.recv().unwrap();
            }
        }
        (0..2).for_each(|_| open.send(()).unwrap());
        assert_eq!(keeper.write(), None);
        assert_eq!(written.try_iter().collect::<Vec<_>>(), [Some(-1.0), Some(-3.0)]);
    }

    #[test]
    fn a_writer_that_is_gone_is_told_once_and_ends_no_program() {
        let (mut keeper, _) = Keeper::open(None);
        keeper.writer = Some(Writer::start(|_| panic!("a bug")).unwrap());
        keeper.set(|s| s.volume_db = Some(-1.0), Instant::now());
        let said = keeper.write().unwrap();
        assert!(said.ends_with("remembered: the thread that writes it has ended"), "{said}");
        keeper.set(|s| s.volume_db = Some(-2.0), Instant::now());
        assert_eq!(keeper.write(), None);
    }

    #[test]
    fn what_could_not_be_written_is_written_at_the_end_where_that_works_again() {
        let (tell, written) = unbounded();
        let mut has_room = false;
        let write = move |state: &State| {
            tell.send(state.volume_db).unwrap();
            if std::mem::replace(&mut has_room, true) { Ok(()) } else { Err("full".to_owned()) }
        };
        let (mut keeper, _) = Keeper::open(None);
        keeper.writer = Some(Writer::start(write).unwrap());
        let now = Instant::now();
        keeper.set(|s| s.volume_db = Some(-1.0), now);
        keeper.tick(now + QUIET);
        assert_eq!(keeper.write(), None, "it is remembered after all");
        assert_eq!(keeper.write(), None);
        assert_eq!(written.try_iter().collect::<Vec<_>>(), [Some(-1.0); 2]);
    }

    #[test]
    fn a_plug_pulled_while_writing_leaves_the_old_state() {
        let folder = folder("plug");
        replace(&folder, &State { kit: Some("/old".into()), volume_db: None }).unwrap();
        // as far as a write gets before the power goes: the new name, half written
        fs::write(folder.join("state.toml.new"), "kit = \"/ne").unwrap();
        let (keeper, said) = Keeper::open(Some(folder.clone()));
        assert_eq!((keeper.state().kit.as_deref(), said), (Some(Path::new("/old")), None));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn nonsense_in_the_file_is_a_sentence_and_a_first_start() {
        let folder = folder("nonsense");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(FILE), "volume_db = \"loud\"").unwrap();
        let (keeper, said) = Keeper::open(Some(folder.clone()));
        assert_eq!(keeper.state(), &State::default());
        assert!(said.unwrap().starts_with("what was remembered cannot be read: "));
        fs::write(folder.join(FILE), "volume_db = 900.0").unwrap();
        assert_eq!(Keeper::open(Some(folder.clone())).0.state().volume_db, None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_once() {
        let (mut keeper, _) = Keeper::open(Some("/proc/rimshot".into()));
        let now = Instant::now();
        keeper.set(|s| s.volume_db = Some(-1.0), now);
        assert!(keeper.write().unwrap().starts_with("kit and volume cannot be remembered: /proc/"));
        keeper.set(|s| s.volume_db = Some(-2.0), now);
        assert_eq!(keeper.write(), None);
    }
}
