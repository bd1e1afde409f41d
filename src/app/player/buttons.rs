//! The panel side of the player: buttons that cannot be had at once are waited for.

use std::time::Instant;

use crossbeam_channel::Sender;

use super::retry::Retry;
use crate::app::config;
use crate::panel::{self, Backend, Panel};
use crate::words::Action;

/// The buttons of the configuration.
pub struct Buttons {
    panel: Panel,
    backend: Backend,
    actions: Sender<Action>,
    retry: Retry,
    /// What was said of the missing ones.
    said: Vec<String>,
}

impl Buttons {
    /// Opens what can be opened, and what there is to say about the rest.
    pub fn open(settings: &config::Panel, actions: Sender<Action>) -> (Self, Vec<String>) {
        let (panel, said) = panel::open(&settings.buttons, settings.backend, &actions);
        let mut retry = Retry::new();
        retry.later(Instant::now());
        let lines = said.iter().map(|line| format!("panel: {line}")).collect();
        (Self { panel, backend: settings.backend, actions, retry, said }, lines)
    }

    /// Tries the missing ones again, ever more rarely; called some times a second. Lines
    /// for people, each once.
    pub fn tick(&mut self, now: Instant) -> Vec<String> {
        if self.panel.missing().is_empty() || !self.retry.is_due(now) {
            return Vec::new();
        }
        self.retry.later(now);
        let before = self.panel.buttons();
        let said = self.panel.retry(self.backend, &self.actions);
        let new = said.iter().filter(|line| !self.said.contains(line));
        let mut lines: Vec<String> = new.map(|line| format!("panel: {line}")).collect();
        self.said = said;
        if self.panel.buttons() > before {
            let (work, missing) = (self.panel.buttons(), self.panel.missing().len());
            lines.push(format!("panel: {work} of {} buttons work now", work + missing));
        }
        lines
    }
}
