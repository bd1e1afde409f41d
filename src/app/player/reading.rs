//! The configuration, read at the start and once more while it plays.
//!
//! At a start with mistakes in the file the settings that worked last count, as a copy of
//! them is kept beside the state; without a copy each setting that is wrong has its default.
//! While it plays, a file with mistakes changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

use super::Failure;
use super::inputs::Routes;
use crate::app::config::{self, Config};
use crate::app::exit::Exit;
use crate::app::guard::{LIVES, Mode};
use crate::app::learned;
use crate::app::state::{Keeper, folder_of};
use crate::words::Problem;

/// Where the settings that count come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no file: all have their defaults.
    NoFile,
    /// All of the file counts.
    Clean,
    /// The file has mistakes, and the copy of what worked last counts.
    LastGood,
    /// What is wrong in the file has its default.
    Partly,
    /// The file cannot be used at all.
    Defaults,
    /// Safe mode: the file has not been looked at.
    Safe,
}

impl Standing {
    /// As clients have it.
    pub fn code(self) -> &'static str {
        match self {
            Standing::NoFile => "none",
            Standing::Clean => "clean",
            Standing::LastGood => "last-good",
            Standing::Partly => "partly",
            Standing::Defaults => "defaults",
            Standing::Safe => "safe",
        }
    }

    /// What is wrong about it, for as long as it is so.
    pub fn fault(self) -> Option<&'static str> {
        match self {
            Standing::NoFile | Standing::Clean => None,
            Standing::LastGood => {
                Some("rimshot.toml has mistakes; the settings that worked last count")
            }
            Standing::Partly => Some("rimshot.toml has mistakes; what is wrong has its default"),
            Standing::Defaults => {
                Some("rimshot.toml cannot be used; every setting has its default")
            }
            Standing::Safe => Some("safe mode: every setting has its default"),
        }
    }
}

/// What came of reading at a start.
pub struct Read {
    /// The settings that count.
    pub config: Config,
    /// Where they come from.
    pub standing: Standing,
    /// What is wrong, in sentences.
    pub odd: Vec<String>,
    /// A copy to be kept when they have proved to work.
    pub good: Option<String>,
}

/// A file as it is.
struct Found {
    config: Option<Config>,
    problems: Vec<Problem>,
    /// What a copy of it would be.
    copy: Option<String>,
}

impl Found {
    fn at(path: &Path) -> Self {
        let home = std::env::home_dir();
        match config::text_of(path) {
            Ok(text) => {
                let (config, problems) = Config::parse(path, &text, home.as_deref());
                let copy = problems.is_empty().then(|| format!("{}{text}", head(path)));
                Self { config, problems, copy }
            }
            Err(problem) => Self { config: None, problems: vec![problem], copy: None },
        }
    }

    /// The same of a copy, whose paths start where the file itself lies.
    fn of_copy(path: &Path, copy: &str) -> Option<Config> {
        let text = copy.strip_prefix(&head(path))?;
        let (config, problems) = Config::parse(path, text, std::env::home_dir().as_deref());
        config.filter(|_| problems.is_empty())
    }
}

/// The first line of a copy: another file's copy is of no use.
fn head(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("# What worked last of {}, kept by rimshot\n", path.display())
}

/// Whether a service manager waits for word of this process.
pub fn is_service() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some_and(|socket| !socket.is_empty())
}

/// Reads at a start, and opens the state beside which the copy lies. `by_hand`: somebody has
/// just named the file and sees what is said of it; then no copy takes its place, and a file
/// that cannot be read at all is the end. `usual`: the folder of the state where the file
/// names none.
///
/// # Errors
/// Where the file was named by hand and cannot be used.
pub fn at_start(
    path: Option<&Path>,
    by_hand: bool,
    mode: Mode,
    usual: Option<PathBuf>,
) -> Result<(Read, Keeper, Vec<String>), Failure> {
    let found = path.map(Found::at);
    let place = found.as_ref().and_then(|found| Some(found.config.as_ref()?.state.clone()));
    let place = place.unwrap_or(Config::default().state);
    let (keeper, said) = Keeper::open(folder_of(&place, usual));
    let mut read = Read {
        config: Config { state: place, ..Config::default() },
        standing: Standing::NoFile,
        odd: Vec::new(),
        good: None,
    };
    let (Some(path), Some(found)) = (path, found) else { return Ok((read, keeper, said)) };
    if mode != Mode::Usual {
        // What the way out of it goes by.
        if let Some(config) = found.config {
            read.config.control = config.control;
        }
        read.standing = Standing::Safe;
        return Ok((read, keeper, said));
    }
    read.odd.extend(found.problems.iter().map(Problem::to_string));
    let good = || Found::of_copy(path, keeper.good()?);
    let mut sentence = |what: &str| read.odd.push(format!("{}: {what}", path.display()));
    match (found.config, found.problems.is_empty()) {
        (Some(config), true) => {
            (read.config, read.standing) = (config, Standing::Clean);
            read.good = found.copy.filter(|_| !by_hand);
        }
        (None, _) if by_hand => {
            sentence("not used");
            return Err((Exit::Input, read.odd.join("\n")));
        }
        (found, _) => {
            if let Some(config) = good().filter(|_| !by_hand) {
                sentence("not used: the settings that worked last are used instead");
                (read.config, read.standing) = (config, Standing::LastGood);
            } else if let Some(config) = found {
                (read.config, read.standing) = (config, Standing::Partly);
            } else {
                sentence("not used: every setting is at its default");
                read.standing = Standing::Defaults;
            }
        }
    }
    Ok((read, keeper, said))
}

/// What came of reading while it plays.
pub struct Fresh {
    /// The file; `None` where there is none.
    pub path: Option<PathBuf>,
    /// Its settings and what they say of ports, unless anything is wrong.
    pub settings: Result<(Config, Routes), Vec<String>>,
    /// A copy to be kept when they have proved to work.
    pub good: Option<String>,
    /// What is wrong with maps that ports take by themselves: those cost themselves alone.
    pub aside: Vec<String>,
}

impl Fresh {
    fn read(given: Option<&Path>, folders: &[PathBuf]) -> Self {
        let mut aside = Vec::new();
        let own = learned::read(folders, &mut aside);
        let path = Config::find(given);
        let Some(file) = &path else {
            let config = Config::default();
            let routes = Routes::new(&config, own, &mut Vec::new());
            return Self { path, settings: Ok((config, routes)), good: None, aside };
        };
        let Found { config, problems, copy } = Found::at(file);
        let mut odd: Vec<String> = problems.iter().map(Problem::to_string).collect();
        let routes = config.as_ref().map(|config| Routes::new(config, own, &mut odd));
        let settings = match (config, routes) {
            (Some(config), Some(routes)) if odd.is_empty() => Ok((config, routes)),
            _ => Err(odd),
        };
        let good = copy.filter(|_| settings.is_ok());
        Self { path, settings, good, aside }
    }
}

/// Reads on a thread of its own: a disk may take seconds, and the player waits for none.
/// `given`: as for [`Config::find`]; `folders`: of maps that ports take by themselves.
///
/// # Errors
/// Where the system gives no thread.
pub fn again(given: Option<PathBuf>, folders: Arc<[PathBuf]>) -> Result<Receiver<Fresh>, String> {
    let (tell, heard) = bounded(1);
    let read = move || drop(tell.send(Fresh::read(given.as_deref(), &folders)));
    thread::Builder::new()
        .name("rimshot-config".to_owned())
        .spawn(read)
        .map_err(|error| format!("no thread to read the configuration: {error}"))?;
    Ok(heard)
}

/// A copy of settings that has yet to prove that they work.
#[derive(Debug)]
pub struct Trial {
    copy: Option<String>,
    since: Instant,
}

impl Trial {
    /// They count from now on.
    pub fn new(copy: Option<String>, now: Instant) -> Self {
        Self { copy, since: now }
    }

    /// The copy, once it has been used long enough for all that could end the module.
    pub fn passed(&mut self, now: Instant) -> Option<String> {
        let passed = now.duration_since(self.since) >= LIVES + Duration::from_secs(1);
        if passed { self.copy.take() } else { None }
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
