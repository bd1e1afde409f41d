//! The note maps of the ports, which may be read anew while it plays.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, bounded};

use super::inputs::Routes;
use super::{Outcome, Player};
use crate::app::config::Config;
use crate::midi::ports::Chooser;

/// What chooses maps, and where it comes from.
pub struct Maps {
    config: Arc<Config>,
    folders: Arc<[PathBuf]>,
    routes: Rc<RefCell<Routes>>,
    /// What is being read: a disk may be slow, and the player does not wait for it.
    coming: Option<Receiver<(Routes, Vec<String>)>>,
}

impl Maps {
    /// Reads what a configuration names, and what lies in these folders.
    pub fn new(config: &Config, folders: Vec<PathBuf>, odd: &mut Vec<String>) -> Self {
        let routes = Rc::new(RefCell::new(Routes::new(config, &folders, odd)));
        let config = Arc::new(config.clone());
        Self { config, folders: folders.into(), routes, coming: None }
    }

    /// Where maps lie that ports take by themselves, those that win first.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path)
    }

    /// What a port is translated by, now and after they are read anew.
    pub fn chooser(&self) -> Chooser {
        Routes::chooser(&self.routes)
    }

    fn read(&mut self) -> Result<(), String> {
        let (send, coming) = bounded(1);
        let (config, folders) = (Arc::clone(&self.config), Arc::clone(&self.folders));
        let read = move || {
            let mut odd = Vec::new();
            let routes = Routes::new(&config, &folders, &mut odd);
            // a later reading may have taken its place
            let _ = send.send((routes, odd));
        };
        let thread = thread::Builder::new().name("rimshot-maps".to_owned()).spawn(read);
        thread.map_err(|error| format!("no thread to read maps: {error}"))?;
        self.coming = Some(coming);
        Ok(())
    }

    /// What has been read since the last call.
    fn take(&mut self) -> Option<(Routes, Vec<String>)> {
        let came = self.coming.as_ref()?.try_recv().ok()?;
        self.coming = None;
        Some(came)
    }
}

impl Player {
    /// Has the maps read anew; ports that get another one are opened again.
    pub(super) fn read_maps(&mut self) -> Outcome {
        self.maps.read()?;
        Ok("maps are read once more".to_owned())
    }

    /// Takes what was read.
    pub(super) fn take_maps(&mut self) {
        let Some((new, odd)) = self.maps.take() else { return };
        odd.iter().for_each(|sentence| self.console.complain(sentence));
        self.remote.problems(&odd);
        let old = self.maps.routes.replace(new);
        let new = self.maps.routes.borrow();
        let changes = self.inputs.close(|port| old.map_of(port) != new.map_of(port));
        drop(new);
        if !changes.is_empty() {
            self.tell_ports(changes);
            self.look_at_ports();
        }
    }
}
