//! The recordings below a kit's folder, whatever state the file system is in.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use crate::words::natural;
use crate::words::{Problem, Severity};

/// Folders below a kit's folder are read down to this depth: drum / zone / openness /
/// layer are four, and no collection that we have seen needs more.
const DEPTH: usize = 4;

/// Endings of recordings that are told apart from text and pictures, to say why they are silent.
const OTHER_AUDIO: [&str; 6] = ["flac", "ogg", "mp3", "aif", "aiff", "m4a"];

/// One recording of a kit.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Where it is.
    pub path: PathBuf,
    /// The names of the folders between the kit's folder and the file, and last the
    /// file's name without its ending. Names that are not UTF-8 have a � in them.
    pub names: Vec<String>,
}

/// The reason of an I/O error, without the number behind it.
pub fn why(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Whether a file name ends in `.wav` or `.wave`, in any case.
pub fn is_wav(name: &Path) -> bool {
    has_ending(name, &["wav", "wave"])
}

fn has_ending(name: &Path, endings: &[&str]) -> bool {
    let ending = name.extension().and_then(OsStr::to_str);
    ending.is_some_and(|e| endings.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// Whether a name is not for us: hidden, or the shadow files that macOS puts into archives.
pub fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "__MACOSX"
}

/// Every recording below `folder`, in natural order of their paths. Folders that cannot
/// be read are warnings; the folder itself gives its error back. Symbolic links are
/// followed, each real folder is read once.
pub fn recordings(folder: &Path, problems: &mut Vec<Problem>) -> io::Result<Vec<Recording>> {
    let entries = fs::read_dir(folder)?;
    let mut walk =
        Walk { found: Vec::new(), visited: HashSet::new(), others: Vec::new(), problems };
    walk.visited.extend(fs::canonicalize(folder).ok());
    walk.folder(folder, entries, &mut Vec::new());
    let Walk { mut found, others, .. } = walk;
    if let Some(first) = others.first() {
        let count = others.len();
        let what =
            format!("{count} of the recordings are not .wav and are left out, this is the first");
        let what = if count == 1 { "not a .wav file; left out".to_owned() } else { what };
        problems.push(Problem::new(Severity::Note, first, what));
    }
    found.sort_by(|a, b| compare(&a.names, &b.names).then_with(|| a.path.cmp(&b.path)));
    Ok(found)
}

fn compare(a: &[String], b: &[String]) -> std::cmp::Ordering {
    let first = a.iter().zip(b).map(|(x, y)| natural::compare(x, y)).find(|order| order.is_ne());
    first.unwrap_or_else(|| a.len().cmp(&b.len()))
}

struct Walk<'a> {
    found: Vec<Recording>,
    visited: HashSet<PathBuf>,
    others: Vec<PathBuf>,
    problems: &'a mut Vec<Problem>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, entries: fs::ReadDir, names: &mut Vec<String>) {
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if is_hidden(&entry.file_name()) => {}
                Ok(entry) => paths.push(entry.path()),
                Err(error) => {
                    let what = format!("cannot be read to its end ({})", why(&error));
                    self.problems.push(Problem::warning(folder, what));
                    break;
                }
            }
        }
        paths.sort();
        for path in paths {
            self.entry(path, names);
        }
    }

    fn entry(&mut self, path: PathBuf, names: &mut Vec<String>) {
        let kind = match fs::metadata(&path) {
            Ok(meta) => meta.file_type(),
            Err(error) => {
                if is_wav(&path) {
                    let what = format!("cannot be read ({}); left out", why(&error));
                    self.problems.push(Problem::warning(&path, what));
                }
                return;
            }
        };
        if kind.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            names.push(name);
            self.subfolder(&path, names);
            names.pop();
        } else if is_wav(&path) {
            let mut names = names.clone();
            names.push(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
            self.found.push(Recording { path, names });
        } else if has_ending(&path, &OTHER_AUDIO) {
            self.others.push(path);
        }
    }

    fn subfolder(&mut self, path: &Path, names: &mut Vec<String>) {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.visited.insert(real) {
            return;
        }
        if names.len() > DEPTH {
            let what = format!("more than {DEPTH} folders deep; left out");
            self.problems.push(Problem::new(Severity::Note, path, what));
            return;
        }
        match fs::read_dir(path) {
            Ok(entries) => self.folder(path, entries, names),
            Err(error) => {
                let what = format!("cannot be read ({}); left out", why(&error));
                self.problems.push(Problem::warning(path, what));
            }
        }
    }
}

/// Finds the paths that a kit.toml names, below the kit's folder.
pub struct Finder<'a> {
    root: &'a Path,
    listings: RefCell<HashMap<PathBuf, Vec<OsString>>>,
}

impl<'a> Finder<'a> {
    /// For paths relative to `root`.
    pub fn new(root: &'a Path) -> Self {
        Self { root, listings: RefCell::default() }
    }

    /// The file or folder of a path as it is written in the kit, with exactly these
    /// letters or else in another case. `Err` says why there is none.
    pub fn find(&self, written: &str) -> Result<Found, Refusal> {
        let mut steps: Vec<&OsStr> = Vec::new();
        for part in Path::new(written).components() {
            match part {
                Component::Normal(name) => steps.push(name),
                Component::CurDir => {}
                Component::ParentDir if !steps.is_empty() => {
                    steps.pop();
                }
                _ => return Err(Refusal::Outside),
            }
        }
        if written.is_empty() {
            return Err(Refusal::Missing);
        }
        let mut path = self.root.to_owned();
        path.extend(&steps);
        if !path.exists() {
            let found = self.in_another_case(&steps).or_else(|| self.by_index(written));
            path = found.ok_or(Refusal::Missing)?;
        }
        Ok(if path.is_dir() { Found::Folder(path) } else { Found::File(path) })
    }

    /// `bd:3`, as sample collections for live coding are addressed: the recording of the
    /// folder `bd` that has three before it in natural order, counted round its end.
    fn by_index(&self, written: &str) -> Option<PathBuf> {
        let (folder, index) = written.rsplit_once(':')?;
        let index: usize = index.parse().ok()?;
        let Ok(Found::Folder(folder)) = self.find(folder) else { return None };
        let mut wavs = wavs_in(&folder).ok()?;
        let place = index.checked_rem(wavs.len())?;
        Some(wavs.swap_remove(place))
    }

    fn in_another_case(&self, steps: &[&OsStr]) -> Option<PathBuf> {
        let mut path = self.root.to_owned();
        for step in steps {
            let exact = path.join(step);
            if exact.exists() {
                path = exact;
                continue;
            }
            let wanted = step.to_str()?.to_lowercase();
            let mut listings = self.listings.borrow_mut();
            let listing = listings.entry(path.clone());
            let names = listing.or_insert_with(|| names_in(&path).unwrap_or_default());
            let same = |name: &&OsString| name.to_str().is_some_and(|n| n.to_lowercase() == wanted);
            path = path.join(names.iter().find(same)?);
        }
        Some(path)
    }
}

/// The recordings directly in a folder, not those of the folders below it, in natural
/// order: 2 before 10. What is hidden is left out, among it the `._name.wav` that a Mac
/// leaves on sticks.
///
/// # Errors
/// Where the folder cannot be listed.
pub fn wavs_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let visible = names_in(folder)?.into_iter().filter(|name| !is_hidden(name));
    let paths = visible.map(|name| folder.join(name));
    Ok(paths.filter(|path| is_wav(path) && !path.is_dir()).collect())
}

fn names_in(folder: &Path) -> io::Result<Vec<OsString>> {
    let entries = fs::read_dir(folder)?.flatten();
    let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
    names.sort_by(|a, b| {
        natural::compare(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b))
    });
    Ok(names)
}

/// What a path in a kit leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File(PathBuf),
    /// A folder.
    Folder(PathBuf),
}

/// Why a path in a kit leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is absolute or climbs out of the kit's folder.
    Outside,
    /// There is nothing of this name.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lists_what_ends_like_a_recording_in_any_case_and_nothing_hidden() {
        let root = std::env::temp_dir().join(format!("rimshot-wavs-{}", std::process::id()));
        fs::create_dir_all(root.join("below.wav")).unwrap();
        for name in ["hit10.wav", "hit2.WAV", "Hit1.Wave", "._hit2.wav", "notes.txt", "wav"] {
            fs::write(root.join(name), "").unwrap();
        }
        let names = |paths: Vec<PathBuf>| -> Vec<String> {
            let name = |path: &PathBuf| path.file_name()?.to_str().map(str::to_owned);
            paths.iter().filter_map(name).collect()
        };
        let all = ["Hit1.Wave", "hit2.WAV", "hit10.wav"];
        assert_eq!(names(wavs_in(&root).unwrap()), all);
        let kit = recordings(&root, &mut Vec::new()).unwrap();
        assert_eq!(names(kit.into_iter().map(|recording| recording.path).collect()), all);
        assert!(wavs_in(&root.join("gone")).is_err());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_index_behind_a_folder_counts_its_recordings_and_wraps_round() {
        let root = std::env::temp_dir().join(format!("rimshot-index-{}", std::process::id()));
        fs::create_dir_all(root.join("bd")).unwrap();
        for name in ["2.wav", "10.wav", "1.wav"] {
            fs::write(root.join("bd").join(name), "").unwrap();
        }
        let finder = Finder::new(&root);
        let found = |written: &str| match finder.find(written) {
            Ok(Found::File(path)) => path.file_name().unwrap().to_str().unwrap().to_owned(),
            _ => "none".to_owned(),
        };
        let all: Vec<_> = (0..5).map(|n| found(&format!("bd:{n}"))).collect();
        assert_eq!(all, ["1.wav", "2.wav", "10.wav", "1.wav", "2.wav"]);
        assert_eq!(found("bd:x"), "none");
        assert_eq!(found("sn:0"), "none");
        fs::remove_dir_all(root).unwrap();
    }
}
