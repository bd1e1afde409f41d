//! Which kit plays, which is wanted, and what the loader is told.

mod ahead;
mod one;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::ready::{Ready, ReadyKit};
use crate::app::config::Loading;
use crate::app::kits::Shelf;
use crate::kit::disk::KitEntry;
use crate::kit::{Kit, KitId};
use crate::library::load::Wanted;
use crate::library::loader::{LoadReport, LoadRequest, Loader};

/// A shelf that was looked at so lately is believed: a button that is pressed ten times
/// does not read a memory stick ten times.
const FRESH: Duration = Duration::from_secs(2);
/// How often a player without a kit looks for one: somebody may plug in a stick.
const SEARCH: Duration = Duration::from_secs(5);

/// The kits of a player, loaded in the background: the old one plays until the new one
/// is there, and of several wishes only the newest counts.
pub struct Switch {
    shelf: Shelf,
    scan: Box<dyn Fn() -> Shelf>,
    scanned: Instant,
    loader: Loader,
    loading: Loading,
    ready: Ready,
    /// Kits that are being loaded ahead, by their requests.
    preloads: HashMap<u64, KitEntry>,
    /// Kits that could not be loaded ahead, or not whole; they are tried again when another
    /// kit plays.
    unfit: HashSet<PathBuf>,
    /// Kits that have gone to the engine and not come home.
    inside: usize,
    tickets: u64,
    wanted: Option<Wish>,
    /// The folder and the name of the kit that plays or has been sent to.
    playing: Option<(PathBuf, String)>,
}

struct Wish {
    ticket: u64,
    entry: KitEntry,
    onward: Option<Onward>,
}

/// Where to go on to from a kit that cannot be played: so many places, and so many kits
/// yet. Without it a button would never get past a broken kit.
#[derive(Debug, Clone, Copy)]
struct Onward {
    by: isize,
    left: usize,
}

/// What became of a request for a kit.
#[derive(Debug)]
pub enum Asked {
    /// It is in memory: to be played at once.
    Ready(KitEntry, Box<Kit>),
    /// It is being loaded.
    Loading(KitEntry),
    /// It is the one that plays already, or that is being loaded already.
    Already(KitEntry),
    /// There is none.
    Nothing,
}

/// What became of a kit that the loader has finished.
#[derive(Debug)]
pub enum Came {
    /// It was wished for: to be played.
    Play(KitEntry, Box<Kit>),
    /// It plays already, with fewer variations: to be played in its own place.
    Whole(KitEntry, Box<Kit>),
    /// It is ready for when it is wished for.
    Ready(KitEntry),
    /// It is not wanted any more.
    Overtaken,
}

/// A wish that cannot be fulfilled.
#[derive(Debug)]
pub struct Failed {
    /// The kit that cannot be played.
    pub entry: KitEntry,
    /// What became of the wish for the one after it.
    pub instead: Asked,
}

impl Switch {
    /// A switch over the kits in the usual folders and `more`; `beside` is the folder of
    /// the configuration.
    pub fn new(more: Vec<PathBuf>, beside: PathBuf, loader: Loader, loading: Loading) -> Self {
        Self::over(Box::new(move || Shelf::scan(&more, &beside)), loader, loading)
    }

    pub(super) fn over(scan: Box<dyn Fn() -> Shelf>, loader: Loader, loading: Loading) -> Self {
        let (shelf, scanned) = (scan(), Instant::now());
        Self {
            shelf,
            scan,
            scanned,
            loader,
            loading,
            ready: Ready::default(),
            preloads: HashMap::new(),
            unfit: HashSet::new(),
            inside: 0,
            tickets: 0,
            wanted: None,
            playing: None,
        }
    }

    /// The kits that were found.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Looks again: a memory stick may have come or gone.
    fn rescan(&mut self) {
        self.shelf = (self.scan)();
        self.scanned = Instant::now();
    }

    fn rescan_if_old(&mut self, age: Duration) -> bool {
        let old = self.scanned.elapsed() >= age;
        if old {
            self.rescan();
        }
        old
    }

    /// The name of the kit that plays.
    pub fn playing(&self) -> Option<&str> {
        self.playing.as_ref().map(|(_, name)| name.as_str())
    }

    /// The folder that the next step starts from: the newest wish, else what plays.
    fn here(&self) -> Option<&Path> {
        let wanted = self.wanted.as_ref().map(|wish| wish.entry.folder.as_path());
        wanted.or(self.playing.as_ref().map(|(folder, _)| folder.as_path()))
    }

    /// Wishes for the kit so many places on, and for the next after that where it cannot
    /// be played.
    pub fn step(&mut self, by: isize) -> Asked {
        self.rescan_if_old(FRESH);
        let entry = self.shelf.step(self.here(), by).cloned();
        entry.map_or(Asked::Nothing, |entry| self.ask(entry, Some(self.onward(by))))
    }

    /// Wishes for the kit of a program number.
    pub fn program(&mut self, program: u8) -> Asked {
        let mut entry = self.shelf.by_program(program).cloned();
        if entry.is_none() && self.rescan_if_old(FRESH) {
            entry = self.shelf.by_program(program).cloned();
        }
        entry.map_or(Asked::Nothing, |entry| self.ask(entry, None))
    }

    /// Wishes for the kit to begin with, and for the others in turn where it cannot be
    /// played.
    pub fn begin(&mut self, entry: KitEntry) {
        let onward = self.onward(1);
        self.wish(entry, Some(onward));
    }

    /// Where nothing plays and nothing is being loaded: looks for kits now and then, and
    /// begins with the first of those that were not there before.
    pub fn search(&mut self) -> Option<KitEntry> {
        if self.playing.is_some() || self.wanted.is_some() {
            return None;
        }
        let before: Vec<KitEntry> = self.shelf.entries().to_vec();
        if !self.rescan_if_old(SEARCH) {
            return None;
        }
        let entry = self.shelf.entries().iter().find(|entry| !before.contains(entry))?.clone();
        self.begin(entry.clone());
        Some(entry)
    }

    /// Loads what plays once more from its folder; without a kit, the first one. What is being
    /// loaded to be played is begun anew and not forgotten.
    pub fn reload(&mut self) {
        self.rescan();
        self.unfit.clear();
        if let Some(wish) = self.wanted.take() {
            if let Some((folder, _)) = &self.playing {
                self.ready.forget(folder);
            }
            self.wish(wish.entry, wish.onward);
        } else if let Some((folder, name)) = self.playing.clone() {
            self.ready.forget(&folder);
            let there = self.shelf.entries().iter().find(|entry| entry.folder == folder).cloned();
            self.wish(there.unwrap_or(KitEntry { name, folder, program: None }), None);
        } else if let Some(entry) = self.shelf.entries().first().cloned() {
            self.begin(entry);
        }
    }

    fn onward(&self, by: isize) -> Onward {
        Onward { by, left: self.shelf.entries().len().saturating_sub(1) }
    }

    fn ask(&mut self, entry: KitEntry, onward: Option<Onward>) -> Asked {
        if self.here() == Some(&entry.folder) {
            return Asked::Already(entry);
        }
        if let Some(ready) = self.ready.get(&entry.folder) {
            self.wanted = None;
            return Asked::Ready(entry, Box::new(ready.kit.clone()));
        }
        self.wish(entry.clone(), onward);
        Asked::Loading(entry)
    }

    /// Wishes for a kit; every older wish is forgotten.
    fn wish(&mut self, entry: KitEntry, onward: Option<Onward>) {
        self.tickets += 1;
        let ticket = self.tickets;
        // What is ready for the place that is being left makes room for the new one.
        let around = self.around(&entry.folder);
        self.keep(&around, Some(&entry.folder));
        let request = LoadRequest::play(ticket, entry.folder.clone());
        let lazy = self.loading == Loading::Lazy;
        self.loader.request(if lazy { request.lazily() } else { request });
        self.wanted = Some(Wish { ticket, entry, onward });
    }

    /// Where the loader's reports arrive.
    pub fn reports(&self) -> &Receiver<LoadReport> {
        self.loader.reports()
    }

    /// The loader has finished a kit. `thinned`: [`LoadReport::Ready`].
    pub fn came(
        &mut self,
        ticket: u64,
        kit: Box<Kit>,
        sources: Vec<Wanted>,
        thinned: bool,
    ) -> Came {
        let wish = self.wanted.take_if(|wish| wish.ticket == ticket);
        let (entry, played) = match (wish, self.preloads.remove(&ticket)) {
            (Some(wish), _) => (wish.entry, true),
            (None, Some(entry)) => (entry, false),
            (None, None) => return Came::Overtaken,
        };
        let copy = (*kit).clone();
        self.ready.put(ReadyKit { entry: entry.clone(), kit: copy, sources, thinned });
        match self.plays_in(&entry.folder) {
            _ if played => Came::Play(entry, kit),
            true => Came::Whole(entry, kit),
            false => Came::Ready(entry),
        }
    }

    /// The kit that is being loaded to be played, where this is its request.
    pub fn is_wished(&self, ticket: u64) -> Option<&KitEntry> {
        self.wanted.as_ref().filter(|wish| wish.ticket == ticket).map(|wish| &wish.entry)
    }

    /// Whether nothing is being loaded, neither to be played nor ahead.
    #[cfg(test)]
    pub fn is_settled(&self) -> bool {
        self.wanted.is_none() && self.preloads.is_empty()
    }

    /// A hit chose a sample of this kit that is not in memory: it is fetched.
    pub fn fetch(&mut self, kit: KitId, sample: u32) {
        if let Some(request) = self.ready.wanted(kit, sample as usize) {
            self.loader.sample(request);
        }
    }

    /// The kits in memory, and what is missing of the one that plays.
    pub fn ready(&mut self) -> &mut Ready {
        &mut self.ready
    }

    /// The next generation of the kit that plays, where there is one: to be sent.
    pub fn generation(&mut self) -> Option<Box<Kit>> {
        let next = self.ready.generation();
        self.inside += usize::from(next.is_some());
        next
    }

    /// A kit came home from the engine, or did not get there; its memory is free by now.
    pub fn retired(&mut self, kit: KitId) {
        self.inside = self.inside.saturating_sub(1);
        self.ready.retired(kit);
        self.mend();
    }

    /// The wish that cannot be fulfilled, and what is wished for instead; `None` where it
    /// has been overtaken.
    pub fn failed(&mut self, ticket: u64) -> Option<Failed> {
        if let Some(entry) = self.preloads.remove(&ticket) {
            let plays = self.plays_in(&entry.folder);
            self.unfit.insert(entry.folder);
            if plays {
                self.surround();
            }
        }
        let Wish { entry, onward, .. } = self.wanted.take_if(|wish| wish.ticket == ticket)?;
        let onward = onward.and_then(|o| Some(Onward { left: o.left.checked_sub(1)?, ..o }));
        let next = onward.and_then(|o| Some((o, self.shelf.step(Some(&entry.folder), o.by)?)));
        let next = next.map(|(o, next)| (o, next.clone()));
        // What plays does so already: all others have been tried.
        let next = next.filter(|(_, next)| !self.plays_in(&next.folder));
        self.unfit.insert(entry.folder.clone());
        let instead = next.map(|(onward, next)| self.ask(next, Some(onward)));
        let instead = instead.unwrap_or(Asked::Nothing);
        if matches!(instead, Asked::Nothing) {
            self.surround();
        }
        Some(Failed { entry, instead })
    }

    /// Whether the kit of this folder plays.
    fn plays_in(&self, folder: &Path) -> bool {
        self.playing.as_ref().is_some_and(|(playing, _)| playing == folder)
    }

    /// This kit has been sent to the engine and plays from now on: it is made whole where it
    /// is not, then its neighbours are made ready.
    pub fn plays(&mut self, folder: PathBuf, name: String) {
        self.inside += 1;
        self.playing = Some((folder, name));
        self.unfit.clear();
        self.surround();
    }
}

#[cfg(test)]
#[path = "switch_tests.rs"]
mod tests;
