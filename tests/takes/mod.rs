//! Where real performances lie, and how they are played on all cores: takes of the Groove
//! MIDI Dataset (CC BY 4.0), played by drummers on a Roland TD-11. They are beside the
//! repository, in `shared/corpus/groove`, and not in it.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every take, in order of path, or `None` where there is no corpus.
pub fn all() -> Option<Vec<PathBuf>> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    let mut folders = above.map(|folder| folder.join("shared/corpus/groove"));
    let corpus = folders.find(|groove| groove.is_dir())?;
    let mut paths = Vec::new();
    find(&corpus, &mut paths);
    paths.sort();
    Some(paths)
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "mid") {
            found.push(path);
        }
    }
}

/// What `play` makes of each take, on all cores at once, in their order.
pub fn on_all_cores<T: Send>(paths: &[PathBuf], play: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let player = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else { return made };
            made.push((index, play(path)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut made = std::thread::scope(|scope| {
        let players: Vec<_> = (0..cores).map(|_| scope.spawn(player)).collect();
        let made = players.into_iter().map(|p| p.join().expect("a take can be played"));
        made.flatten().collect::<Vec<_>>()
    });
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, made)| made).collect()
}
