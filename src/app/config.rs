//! `rimshot.toml`: from its text to settings that are all present and all in range.
//!
//! What the owner writes is here; what changes by playing (kit, volume) is state and
//! stands apart. [`settings`] is the table of everything that can be written.

mod control;
mod curves;
mod display;
mod kinds;
mod midi;
mod mixing;
mod panel;
pub mod settings;
mod state;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

pub use control::{Control, Socket};
pub use midi::{Input, Midi, MidiButton, NoteMap};
pub use mixing::{Channel, Reverb};
pub use state::StatePlace;

use crate::engine::clock::Timing;
use crate::engine::feel::Feel;
use crate::panel::Wiring;
use crate::panel::display::Settings;
use crate::words::spec::{Document, Table};
use crate::words::{Problem, Slot};

/// The whole configuration. Every field is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[sound]`
    pub sound: Sound,
    /// `[engine]`
    pub engine: Engine,
    /// `[feel]`
    pub feel: Feel,
    /// `[midi]`
    pub midi: Midi,
    /// `[kits]`
    pub kits: Kits,
    /// `[slot.NAME]` of every slot that is named, by itself or as a zone of its pad.
    pub slots: BTreeMap<Slot, Channel>,
    /// `[reverb]`
    pub reverb: Reverb,
    /// `[panel]`
    pub panel: Wiring,
    /// `[panel.display]`
    pub display: Settings,
    /// `[control]`
    pub control: Control,
    /// `[state]`
    pub state: StatePlace,
}

/// `[sound]`: the card.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Which card.
    pub device: Device,
    /// Whether another card may stand in for one that is named.
    pub fallback: bool,
    /// Frames a second, 44 100..=192 000.
    pub rate: u32,
    /// Frames a callback, 16..=2048.
    pub period: u32,
    /// Pairs of the card's channels for left and right, from 1: at least one pair, and no
    /// channel in two of them. One channel twice is a mono output.
    pub outputs: Vec<[u16; 2]>,
    /// When a hit is heard.
    pub timing: Timing,
    /// SCHED_FIFO priority of the audio thread, 1..=95.
    pub priority: u8,
}

/// Which sound card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// The best one that is there.
    Auto,
    /// ALSA's own `default`.
    Default,
    /// None: the silent device.
    Null,
    /// The one with this id, or with this in its name.
    Named(String),
}

/// `[engine]`: what makes the sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Engine {
    /// Voices at once, 8..=512.
    pub voices: usize,
    /// Volume at the first start in dB, −60..=0.
    pub volume_db: f32,
    /// Whether the limiter is on.
    pub limiter: bool,
    /// Seed of the choice of recordings; 0 = by the clock.
    pub seed: u64,
}

/// `[kits]`: where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kits {
    /// Folders of kits besides the usual ones. They may not exist.
    pub folders: Vec<PathBuf>,
    /// Name of the kit to start with; empty for the first.
    pub start: String,
    /// What is loaded ahead.
    pub loading: Loading,
    /// Memory for recordings in bytes; 0 = half of what is free at the start.
    pub memory: usize,
    /// Whether 24-bit recordings are kept as 16-bit.
    pub compact: bool,
    /// Whether a kit whose files change is loaded once more.
    pub reload: bool,
}

/// What is loaded before it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loading {
    /// The next and the previous kit.
    Neighbours,
    /// Every kit, as far as there is room.
    All,
    /// Nothing: a recording is loaded when it is first struck.
    Lazy,
}

/// The largest file that is read: the shipped one with all its comments has 6 KB, so this
/// is someone's recording and not a configuration.
const MAX_BYTES: u64 = 1 << 20;

impl Default for Config {
    fn default() -> Self {
        Self::build(None, &Places { folder: Path::new(""), home: None })
    }
}

impl Config {
    /// Reads a file. A setting that is wrong keeps its default, a button that is wrong is
    /// left out, and each is one problem; `None` where nothing could be read at all.
    pub fn read(path: &Path) -> (Option<Config>, Vec<Problem>) {
        let text = match text_of(path) {
            Ok(text) => text,
            Err(problem) => return (None, vec![problem]),
        };
        Self::parse(path, &text, env::home_dir().as_deref())
    }

    /// Reads `text`, the contents of `file`. Relative paths start at the file's folder,
    /// `~/` at `home`.
    pub fn parse(file: &Path, text: &str, home: Option<&Path>) -> (Option<Config>, Vec<Problem>) {
        let places = Places { folder: file.parent().unwrap_or(Path::new("")), home };
        Document::read(file, text, |top| Self::build(Some(top), &places))
    }

    /// The file to read: `given` (`--config`), else `$RIMSHOT_CONFIG`, else the first that
    /// exists of `~/.config/rimshot/rimshot.toml` and `/etc/rimshot/rimshot.toml`. What was
    /// asked for by name is returned even where it does not exist, so that reading says so.
    pub fn find(given: Option<&Path>) -> Option<PathBuf> {
        find_among(given, |name| env::var_os(name), env::home_dir(), Path::is_file)
    }

    /// [`Config::find`] and read; what is wrong with it is for others to say.
    pub fn found(given: Option<&Path>) -> Config {
        let config = Self::find(given).and_then(|path| Self::read(&path).0);
        config.unwrap_or_default()
    }

    fn build(top: Option<&Table>, places: &Places) -> Config {
        let table = |key| top.and_then(|t| t.table(key));
        let sound = table("sound");
        let engine = table("engine");
        let feel = table("feel");
        let midi = table("midi");
        let kits = table("kits");
        let slots = table("slot");
        let reverb = table("reverb");
        let panel = table("panel");
        let screen = panel.as_ref().and_then(|panel| panel.table("display"));
        let control = table("control");
        let state = table("state");
        let sound_settings = Sound::read(sound.as_ref());
        let config = Config {
            slots: mixing::channels(slots.as_ref(), sound_settings.outputs.len()),
            sound: sound_settings,
            engine: Engine::read(engine.as_ref()),
            feel: read_feel(feel.as_ref()),
            midi: Midi::read(midi.as_ref(), places),
            kits: Kits::read(kits.as_ref(), places),
            reverb: Reverb::read(reverb.as_ref()),
            display: display::read(screen.as_ref()),
            panel: panel::read(panel.as_ref()),
            control: Control::read(control.as_ref(), places),
            state: StatePlace::read(state.as_ref(), places),
        };
        let all = [sound, engine, feel, midi, kits, reverb, screen, panel, control, state];
        for table in all.into_iter().flatten() {
            table.finish();
        }
        config
    }
}

impl Sound {
    fn read(table: Option<&Table>) -> Self {
        let device = settings::DEVICE.read(table);
        Self {
            device: match device.as_str() {
                "auto" => Device::Auto,
                "default" => Device::Default,
                "null" => Device::Null,
                _ => Device::Named(device),
            },
            fallback: settings::FALLBACK.read(table),
            rate: settings::RATE.read(table),
            period: settings::PERIOD.read(table),
            outputs: settings::OUTPUTS.read(table),
            timing: settings::TIMING.read(table),
            priority: settings::PRIORITY.read(table),
        }
    }
}

impl Engine {
    fn read(table: Option<&Table>) -> Self {
        Self {
            voices: settings::VOICES.read(table),
            volume_db: settings::VOLUME.read(table),
            limiter: settings::LIMITER.read(table),
            seed: settings::SEED.read(table),
        }
    }
}

fn read_feel(table: Option<&Table>) -> Feel {
    Feel {
        grab_ms: settings::GRAB.read(table),
        hihat_ms: settings::HIHAT.read(table),
        group_ms: settings::GROUP.read(table),
        humanise: settings::HUMANISE.read(table),
        position: settings::POSITION.read(table),
    }
}

impl Kits {
    fn read(table: Option<&Table>, places: &Places) -> Self {
        let folders = settings::FOLDERS.read(table);
        Self {
            folders: folders.iter().map(|folder| places.resolve(folder)).collect(),
            start: settings::START.read(table),
            loading: settings::LOADING.read(table),
            memory: settings::MEMORY_MB.read(table).saturating_mul(1_000_000),
            compact: settings::MEMORY.read(table),
            reload: settings::RELOAD.read(table),
        }
    }
}

/// Where paths of a configuration start.
struct Places<'a> {
    /// The folder of the file itself.
    folder: &'a Path,
    home: Option<&'a Path>,
}

impl Places<'_> {
    /// A `~/` without a home stays as it is: whoever opens the path reports it by its text.
    fn resolve(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_), None) => PathBuf::from(text),
            (None, _) => self.folder.join(text),
        }
    }
}

/// The text of a configuration.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn text_of(path: &Path) -> Result<String, Problem> {
    let error = |what: String| Problem::error(path, what);
    let unreadable = |e: std::io::Error| error(format!("cannot be read: {e}"));
    let data = fs::metadata(path).map_err(unreadable)?;
    if !data.is_file() {
        return Err(error("is not a file".to_owned()));
    }
    if data.len() > MAX_BYTES {
        let bytes = data.len();
        return Err(error(format!("has {bytes} bytes; a configuration has at most {MAX_BYTES}")));
    }
    String::from_utf8(fs::read(path).map_err(unreadable)?).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(e.as_bytes());
        error("this is not UTF-8 text; save the file as UTF-8".to_owned()).at(&text, good)
    })
}

fn find_among(
    given: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
    exists: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let asked = |name| variable(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(path) = given.map(Path::to_owned).or_else(|| asked("RIMSHOT_CONFIG")) {
        return Some(path);
    }
    let user = asked("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")));
    let folders = [user, Some(PathBuf::from("/etc"))];
    folders.into_iter().flatten().map(|f| f.join("rimshot/rimshot.toml")).find(|f| exists(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(given: Option<&str>, variables: &[(&str, &str)], files: &[&str]) -> Option<PathBuf> {
        find_among(
            given.map(Path::new),
            |name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into()),
            Some("/home/joe".into()),
            |path| files.iter().any(|f| Path::new(f) == path),
        )
    }

    #[test]
    fn a_file_named_by_the_user_wins_even_where_it_does_not_exist() {
        let etc = "/etc/rimshot/rimshot.toml";
        let env = [("RIMSHOT_CONFIG", "mine.toml")];
        assert_eq!(found(Some("given.toml"), &env, &[etc]), Some("given.toml".into()));
        assert_eq!(found(None, &env, &[etc]), Some("mine.toml".into()));
        assert_eq!(found(None, &[("RIMSHOT_CONFIG", "")], &[etc]), Some(etc.into()));
    }

    #[test]
    fn the_users_own_file_comes_before_the_machines() {
        let (etc, own) = ("/etc/rimshot/rimshot.toml", "/home/joe/.config/rimshot/rimshot.toml");
        assert_eq!(found(None, &[], &[etc, own]), Some(own.into()));
        assert_eq!(found(None, &[], &[etc]), Some(etc.into()));
        let xdg = [("XDG_CONFIG_HOME", "/x")];
        assert_eq!(
            found(None, &xdg, &["/x/rimshot/rimshot.toml", own]),
            Some("/x/rimshot/rimshot.toml".into())
        );
        assert_eq!(found(None, &[], &[]), None);
    }
}
