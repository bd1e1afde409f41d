//! Which kit plays, which is wanted, and what the loader is told.

use std::path::{Path, PathBuf};

use crossbeam_channel::Receiver;

use crate::app::kits::Shelf;
use crate::kit::disk::KitEntry;
use crate::library::loader::{LoadReport, LoadRequest, Loader};

/// The kits of a player, loaded in the background: the old one plays until the new one
/// is there, and of several wishes only the newest counts.
pub struct Switch {
    shelf: Shelf,
    more: Vec<PathBuf>,
    beside: PathBuf,
    loader: Loader,
    tickets: u64,
    wanted: Option<(u64, KitEntry)>,
    /// The folder and the name of the kit that plays or has been sent to.
    playing: Option<(PathBuf, String)>,
}

impl Switch {
    /// A switch over the kits in the usual folders and `more`; `beside` is the folder of
    /// the configuration.
    pub fn new(more: Vec<PathBuf>, beside: PathBuf, loader: Loader) -> Self {
        let shelf = Shelf::scan(&more, &beside);
        Self { shelf, more, beside, loader, tickets: 0, wanted: None, playing: None }
    }

    /// The kits that were found.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Looks again: a memory stick may have come or gone.
    pub fn rescan(&mut self) {
        self.shelf = Shelf::scan(&self.more, &self.beside);
    }

    /// The name of the kit that plays.
    pub fn playing(&self) -> Option<&str> {
        self.playing.as_ref().map(|(_, name)| name.as_str())
    }

    /// The folder that the next step starts from: the newest wish, else what plays.
    fn here(&self) -> Option<&Path> {
        let wanted = self.wanted.as_ref().map(|(_, entry)| entry.folder.as_path());
        wanted.or(self.playing.as_ref().map(|(folder, _)| folder.as_path()))
    }

    /// Wishes for the kit so many places on; `None` where there is no kit at all.
    pub fn step(&mut self, by: isize) -> Option<KitEntry> {
        self.rescan();
        let entry = self.shelf.step(self.here(), by)?.clone();
        self.wish(entry.clone());
        Some(entry)
    }

    /// Wishes for the kit of a program number; `None` where no kit has it.
    pub fn program(&mut self, program: u8) -> Option<KitEntry> {
        let mut entry = self.shelf.by_program(program).cloned();
        if entry.is_none() {
            self.rescan();
            entry = self.shelf.by_program(program).cloned();
        }
        let entry = entry?;
        self.wish(entry.clone());
        Some(entry)
    }

    /// Loads what plays once more from its folder.
    pub fn reload(&mut self) {
        self.rescan();
        if let Some((folder, name)) = self.playing.clone() {
            self.wish(KitEntry { name, folder, program: None });
        }
    }

    /// Wishes for a kit; every older wish is forgotten.
    pub fn wish(&mut self, entry: KitEntry) {
        self.tickets += 1;
        self.loader.request(LoadRequest::play(self.tickets, entry.folder.clone()));
        self.wanted = Some((self.tickets, entry));
    }

    /// Where the loader's reports arrive.
    pub fn reports(&self) -> &Receiver<LoadReport> {
        self.loader.reports()
    }

    /// The wish that a report answers, fulfilled now; `None` where it has been overtaken.
    pub fn answered(&mut self, ticket: u64) -> Option<KitEntry> {
        let (_, entry) = self.wanted.take_if(|(wanted, _)| *wanted == ticket)?;
        Some(entry)
    }

    /// This kit plays from now on.
    pub fn plays(&mut self, folder: PathBuf, name: String) {
        self.playing = Some((folder, name));
    }
}
