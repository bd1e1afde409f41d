//! What is loaded ahead: the rest of a thinned kit, then the neighbours of what plays.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Switch;
use crate::app::config::Loading;
use crate::kit::disk::KitEntry;
use crate::library::loader::LoadRequest;

impl Switch {
    /// Sees to the kit that plays and to those around it, unless a wish comes first.
    pub(super) fn surround(&mut self) {
        if self.wanted.is_some() {
            return;
        }
        let Some((folder, _)) = self.playing.clone() else { return };
        if self.is_thinned(&folder) {
            // It comes before its neighbours, which may have the memory that it lacks.
            self.keep(&[], None);
            self.mend();
        } else {
            let around = self.around(&folder);
            self.keep(&around, None);
            self.prepare(&around);
        }
    }

    /// Whether a kit was loaded with fewer variations, and not yet tried in vain to be whole.
    fn is_thinned(&self, folder: &Path) -> bool {
        let thinned = self.ready.get(folder).is_some_and(|ready| ready.thinned);
        thinned && !self.unfit.contains(folder)
    }

    /// Once the engine has given all other kits back: loads all of the kit that plays where
    /// there was not room for all of it beside them.
    pub(super) fn mend(&mut self) {
        let Some((folder, _)) = &self.playing else { return };
        if self.wanted.is_none() && self.inside <= 1 && self.is_thinned(folder) {
            let ready = self.ready.get(folder).map(|ready| ready.entry.clone());
            self.prepare(ready.as_slice());
        }
    }

    /// The kits that are to be ready while the one in `folder` plays, the most likely first.
    pub(super) fn around(&self, folder: &Path) -> Vec<KitEntry> {
        let step = |by| self.shelf.step(Some(folder), by).cloned();
        let mut around: Vec<KitEntry> = match self.loading {
            Loading::Lazy => Vec::new(),
            Loading::Neighbours => [step(1), step(-1)].into_iter().flatten().collect(),
            Loading::All => {
                let count = self.shelf.entries().len() as isize;
                (1..count).filter_map(step).collect()
            }
        };
        let mut seen = HashSet::from([folder.to_owned()]);
        around.retain(|entry| seen.insert(entry.folder.clone()));
        around
    }

    /// Forgets what is ready or being made ready besides these, what plays, and `also`.
    pub(super) fn keep(&mut self, around: &[KitEntry], also: Option<&Path>) {
        let playing = self.playing.as_ref().map(|(folder, _)| folder.as_path());
        let mut folders: Vec<&Path> = around.iter().map(|entry| entry.folder.as_path()).collect();
        self.preloads.retain(|_, entry| folders.contains(&entry.folder.as_path()));
        let wanted: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
        self.loader.keep(&wanted);
        folders.extend(playing);
        folders.extend(also);
        self.ready.keep(&folders);
    }

    fn prepare(&mut self, around: &[KitEntry]) {
        for entry in around {
            let loading = self.preloads.values().any(|other| other.folder == entry.folder);
            let there = self.ready.get(&entry.folder);
            let whole = there.is_some_and(|ready| !ready.thinned);
            if loading || whole || self.unfit.contains(&entry.folder) {
                continue;
            }
            let ask = if there.is_some() { LoadRequest::mend } else { LoadRequest::preload };
            self.tickets += 1;
            self.preloads.insert(self.tickets, entry.clone());
            self.loader.request(ask(self.tickets, entry.folder.clone()));
        }
    }
}
