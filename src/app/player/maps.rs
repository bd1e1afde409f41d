//! The note maps of the ports, which may be read anew while it plays.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, bounded};

use super::inputs::Routes;
use super::{Outcome, Player};
use crate::app::learned;

/// Where maps lie that ports take by themselves.
pub struct Maps {
    folders: Arc<[PathBuf]>,
    /// What is being read: a disk may be slow, and the player does not wait for it.
    coming: Option<Receiver<(Routes, Vec<String>)>>,
}

impl Maps {
    /// In these folders, those that win first.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders: folders.into(), coming: None }
    }

    /// Where they lie, those that win first.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path)
    }

    /// What is being read is of no use any more.
    pub fn forget(&mut self) {
        self.coming = None;
    }

    /// The same, for a thread.
    pub fn shared(&self) -> Arc<[PathBuf]> {
        Arc::clone(&self.folders)
    }
}

impl Player {
    /// Has the maps read anew; ports that get another one change between two messages.
    pub(super) fn read_maps(&mut self) -> Outcome {
        let (send, coming) = bounded(1);
        let (config, folders) = (self.book.config.clone(), self.maps.shared());
        let read = move || {
            let mut odd = Vec::new();
            let own = learned::read(&folders, &mut odd);
            let routes = Routes::new(&config, own, &mut odd);
            // A later reading may have taken its place.
            let _ = send.send((routes, odd));
        };
        let thread = thread::Builder::new().name("rimshot-maps".to_owned()).spawn(read);
        thread.map_err(|error| format!("no thread to read maps: {error}"))?;
        self.maps.coming = Some(coming);
        Ok("maps are read once more".to_owned())
    }

    /// Takes what was read.
    pub(super) fn take_maps(&mut self) {
        let came = self.maps.coming.as_ref().and_then(|coming| coming.try_recv().ok());
        let Some((new, odd)) = came else { return };
        self.maps.coming = None;
        if self.book.reading.is_some() {
            // The settings that are being read look at the folders themselves, perhaps too early.
            self.book.once_more = true;
            return;
        }
        odd.iter().for_each(|sentence| self.console.complain(sentence));
        self.remote.problems(&odd);
        if !new.has_maps_of(&self.book.routes) {
            self.book.routes = Arc::new(new);
            self.translate_anew();
        }
    }

    /// Ports are translated as the settings that count say.
    pub(super) fn translate_anew(&mut self) {
        let priority = super::start::midi_priority(&self.book.config);
        let choose = Arc::clone(&self.book.routes).chooser();
        let changes = self.inputs.retranslate(choose, priority);
        // Whoever holds a MIDI button is not heard letting go of it by another translator.
        self.buttons.port_gone();
        self.tell_ports(changes);
        self.look_at_ports();
    }
}
