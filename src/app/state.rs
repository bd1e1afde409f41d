//! What changes by playing (kit, volume), kept through a power cut.
//!
//! The file is written to a new name, synced and renamed, so that at every moment either
//! the old or the new one stands there whole; and rarely, because SD cards wear.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

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
    folder: Option<PathBuf>,
    state: State,
    changed: Option<Instant>,
    failed: bool,
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
        (Self { folder, state, changed: None, failed: false }, said)
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

    /// Writes what has been changed and left alone for three seconds. The first failure is
    /// a sentence; later ones are not repeated.
    pub fn tick(&mut self, now: Instant) -> Option<String> {
        let due = self.changed.is_some_and(|at| now.duration_since(at) >= QUIET);
        if due { self.write() } else { None }
    }

    /// Writes what has been changed now: at the end of the program.
    pub fn write(&mut self) -> Option<String> {
        self.changed.take()?;
        let folder = self.folder.as_ref()?;
        match replace(folder, &self.state) {
            Ok(()) => {
                self.failed = false;
                None
            }
            Err(_) if self.failed => None,
            Err(error) => {
                self.failed = true;
                let path = folder.join(FILE);
                Some(format!("kit and volume cannot be remembered: {}: {error}", path.display()))
            }
        }
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

fn replace(folder: &Path, state: &State) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let text = toml::to_string(state).map_err(io::Error::other)?;
    let new = folder.join(format!("{FILE}.new"));
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, folder.join(FILE))?;
    // The rename itself has to reach the disk too.
    File::open(folder)?.sync_all()
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
        let (again, _) = Keeper::open(Some(folder.clone()));
        assert_eq!(again.state().kit.as_deref(), Some(Path::new("/kits/Jazz")));
        assert_eq!(again.state().volume_db, Some(-6.0));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(folder).unwrap();
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
