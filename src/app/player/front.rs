//! The buttons of the box. At boot the player may be there before the GPIO chip is, or
//! before its group may open it: what did not work is tried again for a while.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use crate::panel::{self, Backend, Button, Panel};
use crate::words::Action;

/// Tries are this far apart at first, then twice as far each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// After this long a chip that is not there is not expected any more. (Each try lets go
/// of the buttons that do work for a moment.)
const GIVE_UP: Duration = Duration::from_secs(60);

/// The panel, and what is needed to open it again.
pub struct Front {
    buttons: Vec<Button>,
    backend: Backend,
    actions: Sender<Action>,
    panel: Panel,
    told: Vec<String>,
    begun: Instant,
    next: Instant,
    patience: Duration,
}

impl Front {
    /// Opens the panel. The sentences say what does not work.
    pub fn open(
        buttons: Vec<Button>,
        backend: Backend,
        actions: Sender<Action>,
        now: Instant,
    ) -> (Self, Vec<String>) {
        let (panel, told) = panel::open(&buttons, backend, &actions);
        let (next, patience) = (now + FIRST_RETRY, FIRST_RETRY);
        let said = told.clone();
        (Self { buttons, backend, actions, panel, told, begun: now, next, patience }, said)
    }

    /// Tries again where something is missing; says what is new.
    pub fn tick(&mut self, now: Instant) -> Vec<String> {
        let complete = self.panel.buttons() == self.buttons.len();
        let hopeless = now.duration_since(self.begun) > GIVE_UP;
        if complete || self.backend == Backend::None || hopeless || now < self.next {
            return Vec::new();
        }
        self.patience *= 2;
        self.next = now + self.patience;
        // The old one first: it holds the lines that work.
        self.panel = Panel::default();
        let (panel, said) = panel::open(&self.buttons, self.backend, &self.actions);
        self.panel = panel;
        let mut new: Vec<String> =
            said.iter().filter(|s| !self.told.contains(s)).cloned().collect();
        if self.panel.buttons() == self.buttons.len() {
            new.push("all buttons are there now".to_owned());
        }
        self.told.extend(said);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{Line, Pull};

    fn button() -> Button {
        let line = Line::Name("no such line anywhere".to_owned());
        let (chip, action) = (None, Action::NextKit);
        Button { line, chip, action, active_low: true, pull: Pull::Up, debounce_ms: 20 }
    }

    #[test]
    fn a_line_that_is_missing_is_told_once_and_not_looked_for_for_ever() {
        let now = Instant::now();
        let (actions, _) = crossbeam_channel::unbounded();
        let (mut front, said) = Front::open(vec![button()], Backend::Chardev, actions, now);
        assert!(!said.is_empty());
        assert_eq!(front.tick(now + FIRST_RETRY), [""; 0], "the same is not told twice");
        assert!(front.next > now + FIRST_RETRY, "it was tried");
        let next = front.next;
        front.tick(now + GIVE_UP + FIRST_RETRY);
        assert_eq!(front.next, next, "it is given up");
    }

    #[test]
    fn without_buttons_nothing_is_tried() {
        let now = Instant::now();
        let (actions, _) = crossbeam_channel::unbounded();
        let (mut front, said) = Front::open(Vec::new(), Backend::Auto, actions, now);
        assert_eq!(said, [""; 0]);
        let next = front.next;
        front.tick(now + FIRST_RETRY);
        assert_eq!(front.next, next);
    }
}
