//! One kit out of all: by its name, its place or its program, and what is told of each.

use std::path::Path;

use super::{Asked, FRESH, Switch};
use crate::app::config::Loading;
use crate::app::control::request::Which;
use crate::app::kits::Shelf;
use crate::kit::disk::KitEntry;
use crate::kit::{Kit, KitId};

impl Switch {
    /// Wishes for one kit.
    ///
    /// # Errors
    /// A sentence: there is no such kit.
    pub fn kit(&mut self, which: &Which) -> Result<Asked, String> {
        match which {
            Which::Name(name) => {
                let found = self.shelf.find(Some(name));
                let entry = found.map_err(|problem| format!("'{name}' is {}", problem.what))?;
                Ok(self.ask(entry, None))
            }
            Which::Number(number) => {
                self.rescan_if_old(FRESH);
                let count = self.shelf.entries().len();
                let entry = number.checked_sub(1).and_then(|at| self.shelf.entries().get(at));
                let none = || format!("there is no kit {number}; there are {count}");
                let entry = entry.cloned().ok_or_else(none)?;
                Ok(self.ask(entry, None))
            }
            Which::Program(program) => match self.program(*program) {
                Asked::Nothing => Err(format!("no kit has program {program}")),
                asked => Ok(asked),
            },
        }
    }

    /// The kit that plays, once more: to be sent, and to take its own place.
    pub fn again(&mut self) -> Option<Box<Kit>> {
        let (folder, _) = self.playing.as_ref()?;
        let kit = Box::new(self.ready.get(folder)?.kit.clone());
        self.inside += 1;
        Some(kit)
    }

    /// No kit that is in memory or on its way there is to be played any more as it is.
    pub fn forget(&mut self) {
        self.ready.keep(&[]);
        self.preloads.clear();
        self.loader.keep(&[]);
    }

    /// Looks for kits in this way from now on.
    pub fn look_in(&mut self, scan: Box<dyn Fn() -> Shelf>) {
        self.scan = scan;
    }

    /// Loads so much ahead from the next kit on.
    pub fn set_loading(&mut self, loading: Loading) {
        self.loading = loading;
    }

    /// The names of the kits in memory.
    pub fn in_memory(&self) -> Vec<&str> {
        self.ready.names().collect()
    }

    /// The folder of the kit that plays.
    pub fn folder(&self) -> Option<&Path> {
        self.playing.as_ref().map(|(folder, _)| folder.as_path())
    }

    /// The kit that a step by so many places would wish for.
    pub fn neighbour(&self, by: isize) -> Option<&KitEntry> {
        self.shelf.step(self.here(), by)
    }

    /// The kit that is being loaded to be played.
    pub fn wished(&self) -> Option<&KitEntry> {
        self.wanted.as_ref().map(|wish| &wish.entry)
    }

    /// Whether the kit of a folder is in memory.
    pub fn is_ready(&self, folder: &Path) -> bool {
        self.ready.get(folder).is_some()
    }

    /// The file of a sample of a kit that is in memory, as people read it.
    pub fn recording(&self, kit: KitId, sample: u32) -> Option<String> {
        self.ready.recording(kit, sample as usize)
    }
}
