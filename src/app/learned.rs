//! Maps in the folders `maps`, which ports take by themselves: those that were learned, and
//! whatever else somebody puts there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::maps::NoteMap;
use crate::words::{Problem, Severity};

const FOLDER: &str = "maps";
/// The largest file that is read: a map of 128 notes has 8 KB, with all its remarks 20.
const MOST_BYTES: u64 = 1 << 18;
/// Maps that are read of a folder: nobody owns as many modules.
const MOST: usize = 64;

/// The folders, those whose maps win first: in the state folder, where the module itself may
/// write, and beside the configuration. Without a configuration that is where the user's own
/// would stand.
pub fn folders(config: Option<&Path>, state: Option<&Path>) -> Vec<PathBuf> {
    let usual = || {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = || Some(std::env::home_dir()?.join(".config"));
        Some(set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home)?.join("rimshot"))
    };
    let beside = match config {
        Some(config) => config.parent().map(Path::to_owned),
        None => usual(),
    };
    let folders = state.map(Path::to_owned).into_iter().chain(beside);
    let maps = folders.map(|folder| folder.join(FOLDER));
    // A client may stand in another folder.
    maps.map(|folder| std::path::absolute(&folder).unwrap_or(folder)).collect()
}

/// The maps of these folders, those that win first. What is wrong with them goes to `odd`; a
/// folder that is not there has none.
pub fn read(folders: &[PathBuf], odd: &mut Vec<String>) -> Vec<Arc<NoteMap>> {
    let mut maps = Vec::new();
    for folder in folders {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut files: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        files.sort();
        maps.extend(files.iter().take(MOST).filter_map(|file| map(file, odd)));
    }
    maps
}

fn map(file: &Path, odd: &mut Vec<String>) -> Option<Arc<NoteMap>> {
    let data = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
    let text = match data.len() {
        0..=MOST_BYTES => fs::read_to_string(file).map_err(|error| error.to_string()),
        _ => Err("it is too large for a map".to_owned()),
    };
    let text = match text {
        Ok(text) => text,
        Err(why) => {
            odd.push(Problem::error(file, format!("is not used: {why}")).to_string());
            return None;
        }
    };
    let (map, problems) = NoteMap::parse(file, &text);
    let grave = problems.iter().filter(|problem| problem.severity > Severity::Note);
    odd.extend(grave.map(Problem::to_string));
    map.map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_both_folders_count_and_what_is_wrong_with_one_costs_itself() {
        let root = std::env::temp_dir().join(format!("rimshot-maps-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let folders = folders(Some(&root.join("etc/rimshot.toml")), Some(&root.join("state")));
        assert_eq!(folders, [root.join("state/maps"), root.join("etc/maps")]);
        assert_eq!(read(&folders, &mut Vec::new()), []);
        for (file, text) in [
            ("state/maps/b.toml", "[notes]\n1 = 'kick'\n"),
            ("state/maps/a.toml", "[notes\n"),
            ("state/maps/c.toml.new", "[notes\n"),
            ("etc/maps/a.toml", "name = 'x'\n[notes]\n1 = 'kik'\n"),
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let mut odd = Vec::new();
        let maps = read(&folders, &mut odd);
        let names: Vec<&str> = maps.iter().map(|map| map.name.as_str()).collect();
        assert_eq!((names, odd.len()), (vec!["b", "x"], 2), "{odd:?}");
        fs::remove_dir_all(root).unwrap();
    }
}
