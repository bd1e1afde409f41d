//! What the configuration has to say so that a learned map is used.

use std::fs;
use std::path::{Path, PathBuf};

use super::talk::Done;
use crate::app::config::{Config, NoteMap};
use crate::app::whole_file;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// It is used as it is: a sentence.
    Nothing(String),
    /// Somebody has to change something: a sentence.
    Change(String),
    /// These lines at the end of this file.
    Append {
        /// The configuration.
        config: PathBuf,
        /// The lines.
        lines: String,
    },
}

/// What to do about a learned map, by the configuration that is `given` or found.
pub fn advice(given: Option<&Path>, done: &Done) -> Advice {
    let path = Config::find(given);
    let config = path.as_deref().and_then(|path| Config::read(path).0).unwrap_or_default();
    let text = path.as_deref().and_then(|path| fs::read_to_string(path).ok());
    of(&config, path.filter(|_| text.is_some()), done)
}

fn of(config: &Config, path: Option<PathBuf>, done: &Done) -> Advice {
    let client = done.port.split(':').next().unwrap_or(&done.port);
    let name = done.port.to_lowercase();
    let input = config.midi.inputs.iter().find(|input| name.contains(&input.port.to_lowercase()));
    let map = input.and_then(|input| input.map.as_ref()).unwrap_or(&config.midi.map);
    let file = done.file.canonicalize().unwrap_or_else(|_| done.file.clone());
    let is_named =
        matches!(map, NoteMap::File(named) if named.canonicalize().ok().as_ref() == Some(&file));
    if is_named || (done.is_found && *map == NoteMap::Auto) {
        let when = if done.is_found { "from now on" } else { "after `rimshot ctl reload`" };
        return Advice::Nothing(format!("the module uses it for '{client}' {when}"));
    }
    let value = quoted(&file.display().to_string());
    let place = path.as_ref().map_or("rimshot.toml".to_owned(), |path| path.display().to_string());
    if let Some(input) = input {
        let change = if input.map.is_some() { "change 'map' to" } else { "add" };
        return Advice::Change(format!(
            "it is used when [[midi.input]] of '{}' in {place} says so: {change} map = {value}",
            input.port
        ));
    }
    let lines = format!("[[midi.input]]\nport = {}\nmap = {value}\n", quoted(client));
    match path.filter(|_| !client.trim().is_empty()) {
        Some(config) => Advice::Append { config, lines },
        None => Advice::Change(format!("it is used with these lines in {place}:\n\n{lines}")),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Puts lines at the end of a configuration, whole or not at all.
///
/// # Errors
/// A sentence: the file would not be read then, or cannot be written.
pub fn append(config: &Path, lines: &str) -> Result<(), String> {
    let named = |why: String| format!("{}: {why}", config.display());
    // A link to the file is to stay one.
    let real = config.canonicalize().map_err(|error| named(error.to_string()))?;
    let old = fs::read_to_string(&real).map_err(|error| named(error.to_string()))?;
    let new = with_lines(&real, &old, lines).ok_or_else(|| {
        named("these lines do not fit behind what stands there; nothing was written".to_owned())
    })?;
    whole_file::write(&real, &new, None)
        .map_err(|error| named(format!("cannot be written: {error}")))
}

/// The text with the lines behind it, where that adds one input and breaks nothing.
fn with_lines(config: &Path, old: &str, lines: &str) -> Option<String> {
    let gap = match old {
        "" => "",
        _ if old.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let new = format!("{old}{gap}{lines}");
    let read = |text: &str| Config::parse(config, text, None);
    let (before, problems) = read(old);
    let (after, problems_now) = read(&new);
    let fits = after?.midi.inputs.len() == before?.midi.inputs.len() + 1;
    (fits && problems_now.len() == problems.len()).then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "[[midi.input]]\nport = \"TD-17\"\nmap = \"/m/TD-17.toml\"\n";

    fn advice(config: &str, is_found: bool) -> Advice {
        let path = Path::new("/etc/rimshot/rimshot.toml");
        let config = Config::parse(path, config, None).0.unwrap();
        let done = Done {
            port: "TD-17:TD-17 MIDI 1".to_owned(),
            file: "/m/TD-17.toml".into(),
            complete: true,
            is_found,
            unwritten: None,
        };
        of(&config, Some(path.to_owned()), &done)
    }

    #[test]
    fn a_map_that_the_module_finds_needs_no_word_and_others_do() {
        let nothing = Advice::Nothing("the module uses it for 'TD-17' from now on".to_owned());
        assert_eq!(advice("", true), nothing);
        let named = "[[midi.input]]\nport = 'td'\nmap = '/m/TD-17.toml'\n";
        assert!(matches!(advice("[[midi.input]]\nport = 'td'\n", true), Advice::Nothing(_)));
        let append =
            Advice::Append { config: "/etc/rimshot/rimshot.toml".into(), lines: LINES.to_owned() };
        assert_eq!(advice("", false), append);
        assert_eq!(advice("[midi]\nmap = 'gm'\n", true), append);
        let Advice::Change(said) = advice(&named.replace("TD-17", "x"), true) else {
            panic!("there is an input already");
        };
        assert_eq!(
            said,
            "it is used when [[midi.input]] of 'td' in /etc/rimshot/rimshot.toml says so: \
             change 'map' to map = \"/m/TD-17.toml\""
        );
    }

    #[test]
    fn lines_are_appended_only_where_the_file_is_read_as_well_as_before() {
        let path = Path::new("rimshot.toml");
        for old in ["", "[sound]\nrate = 44100", "[midi]\nmap = 'gm'\n", "[midi]\nodd = 1\n"] {
            let new = with_lines(path, old, LINES).unwrap();
            assert!(new.starts_with(old) && new.ends_with(LINES));
        }
        for old in ["[midi]\ninput = []\n", "midi = 1\n", "[midi\n"] {
            assert_eq!(with_lines(path, old, LINES), None, "{old}");
        }
    }
}
