//! The file of a map that is learned: written anew after every answer, so that learning goes
//! on from there whatever happens.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::steps;
use crate::app::whole_file;
use crate::maps::NoteMap;
use crate::words::{Problem, Severity};

/// How a file begins that may be written anew.
const MARK: &str = "# Learned by `rimshot learn` from the MIDI port ";
/// The line that says what is not asked again.
const SETTLED: &str = "# Not asked again: ";
/// The module reads it whoever has written it, and its group may learn on.
const MODE: u32 = 0o664;
/// What is both within 15 ms and less than half as hard as the stroke before is the pad and
/// not the player: see roland.toml, where it is measured.
const MASK_MS: f32 = 15.0;
/// The largest file that is read: 128 notes with all their words are 8 KB.
const MOST_BYTES: u64 = 1 << 18;

/// A map and what is settled without a word in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The map.
    pub map: NoteMap,
    /// The keys of [`steps::Step`]s.
    pub settled: BTreeSet<String>,
}

impl Learned {
    /// Nothing yet, for a port: client and port name.
    pub fn nothing(port: &str) -> Self {
        let client = client(port);
        let name = if client.trim().is_empty() { "learned" } else { client };
        let (map, _) = NoteMap::parse(Path::new(name), "[notes]");
        let map = map.unwrap_or_else(NoteMap::gm);
        let map = NoteMap {
            name: name.to_owned(),
            ports: vec![client.to_owned()],
            mask_ms: MASK_MS,
            ..map
        };
        Self { map, settled: BTreeSet::new() }
    }

    /// What stands in a file, or nothing where there is none.
    ///
    /// # Errors
    /// A sentence: the file is somebody's own, or cannot be read.
    pub fn read(file: &Path, port: &str) -> Result<Self, String> {
        let named = |why: &str| format!("{}: {why}", file.display());
        let text = match fs::metadata(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::nothing(port)),
            Err(error) => return Err(named(&format!("cannot be read: {error}"))),
            Ok(data) if !data.is_file() => return Err(named("is not a file")),
            Ok(data) if data.len() > MOST_BYTES => return Err(named("is too large for a map")),
            Ok(_) => fs::read_to_string(file),
        };
        let text = text.map_err(|error| named(&format!("cannot be read: {error}")))?;
        if !text.starts_with(MARK) {
            return Err(named(
                "is not a map that was learned, and is left as it is; --output names another \
                 file",
            ));
        }
        let (map, problems) = NoteMap::parse(file, &text);
        let grave: Vec<String> = problems
            .iter()
            .filter(|problem| problem.severity > Severity::Note)
            .map(Problem::to_string)
            .collect();
        match map {
            Some(map) if grave.is_empty() => {
                let line = text.lines().find_map(|line| line.strip_prefix(SETTLED));
                let keys = line.into_iter().flat_map(|line| line.split(", "));
                Ok(Self { map, settled: keys.map(|key| key.trim().to_owned()).collect() })
            }
            _ => Err(format!(
                "{}\n{}",
                grave.join("\n"),
                named("is not gone on with; mend it, or begin again with --anew")
            )),
        }
    }

    /// The file's text, for a port.
    pub fn text(&self, port: &str) -> String {
        let known: BTreeSet<String> = steps::all().iter().map(steps::Step::key).collect();
        let settled: Vec<&str> =
            self.settled.iter().filter(|key| known.contains(*key)).map(String::as_str).collect();
        let mut head = format!(
            "{MARK}{port:?}.\n# Change what you like: learning goes on with what stands here, and writes it anew.\n"
        );
        if !settled.is_empty() {
            head += &format!("{SETTLED}{}\n", settled.join(", "));
        }
        head + &self.map.to_toml()
    }

    /// Writes the file, so that the old one or the new one stands there at every moment.
    ///
    /// # Errors
    /// A sentence.
    pub fn write(&self, file: &Path, port: &str) -> Result<(), String> {
        let mode = Some(Permissions::from_mode(MODE));
        whole_file::write(file, &self.text(port), mode)
            .map_err(|error| format!("{} cannot be written: {error}", file.display()))
    }
}

/// The part of a port's name that is the device's.
fn client(port: &str) -> &str {
    port.split(':').next().unwrap_or(port)
}

/// The name of a learned map's file for a port: the device's name, as far as it makes one.
pub fn file_name(port: &str) -> String {
    let good = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = client(port).chars().map(good).take(100).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() { "learned.toml".to_owned() } else { format!("{name}.toml") }
}

/// Where the map of a port is to be learned, of the folders that the module reads, those that
/// win first: the map that it would take anyway, where that can be written, else a new one in
/// the last folder that can and still wins.
pub fn place(folders: &[PathBuf], port: &str) -> Option<PathBuf> {
    let name = file_name(port);
    let files: Vec<PathBuf> = folders.iter().map(|folder| folder.join(&name)).collect();
    let wins = files.iter().position(|file| file.exists());
    if let Some(file) = wins.and_then(|index| files.get(index)).filter(|file| is_writable(file)) {
        return Some(file.clone());
    }
    let before = wins.unwrap_or(files.len());
    files.into_iter().take(before).rev().find(|file| is_writable(file))
}

/// Whether a file can be written beside this one; asked by doing it.
fn is_writable(file: &Path) -> bool {
    let Some(folder) = file.parent() else { return false };
    let made = folder.is_dir() || make(folder).is_ok();
    let mut probe = file.as_os_str().to_owned();
    probe.push(".probe");
    let probe = PathBuf::from(probe);
    let written = made && fs::write(&probe, []).is_ok();
    let _ = fs::remove_file(&probe);
    written
}

/// Makes a folder that whoever may write beside it may write in: the service's group in the
/// service's folder.
fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let beside = folder.parent().map(fs::metadata).transpose()?;
    // The folder works without it, for its owner.
    beside.map_or(Ok(()), |beside| fs::set_permissions(folder, beside.permissions()).or(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maps::Mapped;
    use crate::words::Slot;

    const PORT: &str = "TD-17:TD-17 MIDI 1";

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("rimshot-learned-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn learned() -> Learned {
        let mut learned = Learned::nothing(PORT);
        learned.map.notes[36] = Some(Mapped::new(Slot::KICK));
        learned.map.order.push(36);
        learned.settled.extend(["snare.xstick".to_owned(), "crash1 grabbed".to_owned()]);
        learned
    }

    #[test]
    fn what_is_written_is_gone_on_with_and_the_port_takes_it() {
        let folder = Folder::new("goes-on");
        let file = folder.0.join("maps/TD-17.toml");
        assert_eq!(Learned::read(&file, PORT), Ok(Learned::nothing(PORT)));
        learned().write(&file, PORT).unwrap();
        assert_eq!(Learned::read(&file, PORT), Ok(learned()));
        assert!(learned().map.is_for(PORT) && !learned().map.is_for("Nitro:Nitro MIDI 1"));
        assert_eq!(fs::read_dir(folder.0.join("maps")).unwrap().count(), 1);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, MODE);
    }

    #[test]
    fn the_file_of_a_strange_port_is_read_back_too() {
        let folder = Folder::new("strange");
        for (index, port) in
            ["", ":", "a\nb = 1:x", "\"quoted\" 'é*?':\u{7}", "../../etc"].into_iter().enumerate()
        {
            let file = folder.0.join(format!("{index}.toml"));
            let learned = Learned { map: Learned::nothing(port).map, ..learned() };
            learned.write(&file, port).unwrap();
            assert_eq!(Learned::read(&file, port), Ok(learned.clone()), "{port:?}");
            let name = file_name(port);
            assert!(name.ends_with(".toml") && !name.contains('/') && !name.starts_with('.'));
        }
    }

    #[test]
    fn somebodys_own_map_and_a_broken_one_are_left_alone() {
        let folder = Folder::new("own");
        let file = folder.0.join("m.toml");
        for (text, sentence) in [
            ("[notes]\n36 = 'kick'\n", "is not a map that was learned"),
            (&format!("{MARK}x.\n[notes]\n36 = 'kik'\n"), "mend it, or begin again with --anew"),
            (&format!("{MARK}x.\n[notes\n"), "mend it, or begin again with --anew"),
        ] {
            fs::write(&file, text).unwrap();
            let said = Learned::read(&file, PORT).unwrap_err();
            assert!(said.contains(sentence), "{said}");
        }
        let said = Learned::read(&folder.0, PORT).unwrap_err();
        assert!(said.ends_with("is not a file"), "{said}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_sentence_and_leaves_nothing() {
        let folder = Folder::new("full");
        fs::write(folder.0.join("maps"), "a file").unwrap();
        let said = learned().write(&folder.0.join("maps/x.toml"), PORT).unwrap_err();
        assert!(said.contains("maps/x.toml cannot be written: "), "{said}");
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
    }

    #[test]
    fn a_map_is_learned_where_the_module_will_take_it() {
        let folder = Folder::new("place");
        let [state, config] = ["state/maps", "config/maps"].map(|name| folder.0.join(name));
        let folders = [state.clone(), config.clone()];
        let file = |folder: &Path| Some(folder.join("TD-17.toml"));
        assert_eq!(place(&folders, PORT), file(&config), "a new one beside the configuration");
        learned().write(&config.join("TD-17.toml"), PORT).unwrap();
        assert_eq!(place(&folders, PORT), file(&config));
        learned().write(&state.join("TD-17.toml"), PORT).unwrap();
        assert_eq!(place(&folders, PORT), file(&state), "the one that wins");
        assert_eq!(place(&[folder.0.join("state/maps/TD-17.toml/x")], PORT), None);
        assert_eq!(place(&[], PORT), None);
    }
}
