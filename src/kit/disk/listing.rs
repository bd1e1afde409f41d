//! The kits there are.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::files::{is_hidden, is_wav, why};
use super::{KIT_FILE, described};
use crate::words::{Problem, Severity, natural};

/// A kit that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitEntry {
    /// What a person calls it: `name` in its kit.toml, else its folder's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its program number, 0..=127; `None` for kits beyond the 128th, and for a kit that
    /// was found by its path.
    pub program: Option<u8>,
}

/// Where kits are looked for. `config_dir`: the folder of the configuration file. Last
/// come the folders `rimshot-kits` of the sticks that are mounted now.
pub fn default_dirs(config_dir: &Path) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> =
        ["/usr/share/rimshot/kits", "/var/lib/rimshot/kits"].map(PathBuf::from).into();
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")));
    dirs.extend(data.map(|data| data.join("rimshot/kits")));
    dirs.push(config_dir.join("kits"));
    for (root, depth) in [("/media", 1), ("/media", 2), ("/mnt", 1), ("/run/media", 2)] {
        dirs.extend(sticks(Path::new(root), depth));
    }
    dirs
}

/// The folders `rimshot-kits` that stand this many folders below `root`, in natural order.
fn sticks(root: &Path, depth: usize) -> Vec<PathBuf> {
    let mut mounts = vec![root.to_owned()];
    for _ in 0..depth {
        mounts = mounts.iter().flat_map(|dir| subfolders(dir).unwrap_or_default()).collect();
    }
    let kits = mounts.into_iter().map(|mount| mount.join("rimshot-kits"));
    kits.filter(|kits| kits.is_dir()).collect()
}

/// The visible folders directly below one, in natural order.
fn subfolders(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(dir)?
        .flatten()
        .filter(|entry| !is_hidden(&entry.file_name()))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort_by(|a, b| by_folder(a, b));
    Ok(found)
}

fn by_folder(a: &Path, b: &Path) -> std::cmp::Ordering {
    natural::compare(&folder_name(a), &folder_name(b)).then_with(|| a.cmp(b))
}

/// The kits in these folders, in natural order of their folders' names. Folders that are
/// not there are passed over; a kit that two of them lead to is listed once. Program
/// numbers are fixed by `program` in a kit.toml or by a leading number (`12 Jazz`); the
/// other kits get the free numbers in order.
pub fn list(dirs: &[PathBuf]) -> (Vec<KitEntry>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    let mut kits = Vec::new();
    for dir in dirs {
        match subfolders(dir) {
            Ok(folders) => kits.extend(folders.into_iter().filter(|folder| is_kit(folder))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let what = format!("cannot be read ({}); its kits are left out", why(&error));
                problems.push(Problem::warning(dir, what));
            }
        }
    }
    kits.retain(|kit| seen.insert(fs::canonicalize(kit).unwrap_or_else(|_| kit.clone())));
    // Stable: kits of one name stay in the order of `dirs`.
    kits.sort_by(|a, b| natural::compare(&folder_name(a), &folder_name(b)));
    let mut entries: Vec<KitEntry> = kits.iter().map(|folder| entry(folder)).collect();
    number(&mut entries, &mut problems);
    (entries, problems)
}

/// A folder is a kit if it has a kit.toml, or recordings in it or one level below.
fn is_kit(folder: &Path) -> bool {
    let has_wav = |dir: &Path| {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.into_iter().any(|e| !is_hidden(&e.file_name()) && is_wav(&e.path()))
    };
    folder.join(KIT_FILE).is_file()
        || has_wav(folder)
        || subfolders(folder).unwrap_or_default().iter().any(|below| has_wav(below))
}

/// The kit in a folder, with its fixed program number only.
fn entry(folder: &Path) -> KitEntry {
    let file = folder.join(KIT_FILE);
    let (name, program) =
        fs::read_to_string(&file).map_or((None, None), |text| described::head(&file, &text));
    KitEntry {
        name: name.unwrap_or_else(|| folder_name(folder)),
        folder: folder.to_owned(),
        program: program.or_else(|| leading_number(folder)),
    }
}

/// Gives free numbers to kits without one, and to those that come second with theirs.
fn number(kits: &mut [KitEntry], problems: &mut Vec<Problem>) {
    let mut owners: Vec<Option<String>> = vec![None; 128];
    let mut losers = Vec::new();
    for (index, kit) in kits.iter_mut().enumerate() {
        let Some(wanted) = kit.program else { continue };
        match owners.get_mut(usize::from(wanted)) {
            Some(owner @ None) => *owner = Some(kit.name.clone()),
            Some(Some(owner)) => {
                kit.program = None;
                losers.push((index, wanted, owner.clone()));
            }
            None => kit.program = None,
        }
    }
    let mut free = owners.iter().zip(0u8..).filter(|(owner, _)| owner.is_none()).map(|(_, n)| n);
    for kit in kits.iter_mut().filter(|kit| kit.program.is_none()) {
        kit.program = free.next();
    }
    for (index, wanted, owner) in losers {
        let Some(kit) = kits.get(index) else { continue };
        let instead = kit.program.map_or("none".to_owned(), |program| program.to_string());
        let what = format!(
            "program {wanted} is taken by the kit '{owner}'; this one gets {instead} instead"
        );
        problems.push(Problem::warning(&kit.folder, what));
    }
    if let Some(first) = kits.iter().find(|kit| kit.program.is_none()) {
        let what = "more than 128 kits; from here on they have no program number";
        problems.push(Problem::new(Severity::Note, &first.folder, what));
    }
}

/// The kit of this name: the path of a folder, or a folder's or a kit's name in `dirs`, case
/// not counted (a leading number may be left out). The error names the kits there are.
pub fn find(name_or_path: &str, dirs: &[PathBuf]) -> Result<KitEntry, Problem> {
    let path = Path::new(name_or_path);
    if name_or_path.contains('/') && path.is_dir() {
        return Ok(KitEntry { program: None, ..entry(path) });
    }
    let (kits, _) = list(dirs);
    let wanted = name_or_path.to_lowercase();
    let is = |name: &str| !name.is_empty() && name.to_lowercase() == wanted;
    let tests: [&dyn Fn(&KitEntry) -> bool; 3] =
        [&|kit| is(&folder_name(&kit.folder)), &|kit| is(&kit.name), &|kit| {
            is(without_number(&folder_name(&kit.folder)))
        }];
    if let Some(kit) = tests.iter().find_map(|test| kits.iter().find(|kit| test(kit))) {
        return Ok(kit.clone());
    }
    if path.is_dir() {
        return Ok(KitEntry { program: None, ..entry(path) });
    }
    let what = if kits.is_empty() {
        let dirs: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        format!("not a kit, and there are none in {}", dirs.join(", "))
    } else {
        let names: Vec<&str> = kits.iter().map(|kit| kit.name.as_str()).collect();
        format!("not a kit; there are: {}", names.join(", "))
    };
    Err(Problem::error(path, what))
}

/// The name of a kit's folder.
pub fn folder_name(folder: &Path) -> String {
    let own = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let real = || Some(fs::canonicalize(folder).ok()?.file_name()?.to_string_lossy().into_owned());
    own.or_else(real).unwrap_or_else(|| folder.display().to_string())
}

/// The program number that a folder's name begins with: `12 Jazz`, `07_Rock`, `3`.
/// Numbers above 127 (`808 Kit`) and numbers that go on as a word (`4th`) are names.
pub fn leading_number(folder: &Path) -> Option<u8> {
    let name = folder_name(folder);
    let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = name.split_at_checked(digits)?;
    let ends = !rest.starts_with(char::is_alphanumeric);
    number.parse().ok().filter(|&program| program < 128 && ends)
}

fn without_number(name: &str) -> &str {
    name.trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
