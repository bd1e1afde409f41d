//! What a small display shows of the player.

use std::sync::atomic::Ordering;

use super::Player;
use super::console::Console;
use crate::app::control::status::Trouble;
use crate::panel::display::{Display, Loading, Screen, Settings};

/// Seconds for which a problem is shown; after that it is in the log, and `rimshot ctl
/// status` knows it.
const PROBLEM_S: f64 = 15.0;

/// The display of the configuration, if it has one.
pub(super) fn open_display(settings: &Settings, console: &Console) -> Option<Display> {
    Display::open(settings).unwrap_or_else(|error| {
        console.say(&format!("display: no thread for it: {error}"));
        None
    })
}

impl Player {
    /// Shows how the player is now. This waits for nothing.
    pub(super) fn show(&mut self) {
        if self.display.is_none() {
            return;
        }
        let screen = self.screen();
        let last_hit = self.last_hit.load(Ordering::Relaxed);
        if let Some(display) = &mut self.display {
            display.show(screen, last_hit);
        }
    }

    fn screen(&self) -> Screen {
        let entries = self.switch.shelf().entries();
        let plays = entries.iter().position(|entry| self.switch.folder() == Some(&entry.folder));
        let next = self.switch.neighbour(1);
        let loading = self.loading();
        let lasting = self.lasting().filter(|_| loading.is_none());
        let problem = fresh(self.remote.newest(), self.remote.now()).or(lasting);
        Screen {
            kit: self.switch.playing().map(str::to_owned),
            number: plays.map_or(0, |index| index + 1),
            kits: entries.len(),
            // with a single kit there is no next one
            next: next.filter(|_| entries.len() > 1).map(|entry| entry.name.clone()),
            loading: loading.map(|l| Loading { kit: l.kit, done: l.done, total: l.total }),
            volume_db: self.volume_db,
            problem,
            words: self.learning_words(),
        }
    }

    /// What a dialogue by sounds says.
    fn learning_words(&self) -> Option<String> {
        let words = self.remote.learning.as_ref().map(|learning| learning.words.clone());
        words.or_else(|| self.learner.as_ref().map(|_| "learning: hit a pad".to_owned()))
    }

    /// What keeps the drummer from being heard.
    fn lasting(&self) -> Option<String> {
        let reasons = [
            (self.desk.is_unheard(), "no sound card"),
            (self.inputs.ports().next().is_none(), "no MIDI input"),
        ];
        let words: Vec<&str> = reasons.iter().filter(|r| r.0).map(|r| r.1).collect();
        // What lights the fault LED is read here.
        let words = Some(words.join(", ")).filter(|words| !words.is_empty());
        words.or_else(|| self.faults().into_iter().next())
    }
}

/// A problem that has just come up, unless it is the display's own. `now`: seconds since
/// the start.
fn fresh(newest: Option<&Trouble>, now: f64) -> Option<String> {
    let fresh = newest.filter(|trouble| now - trouble.at < PROBLEM_S);
    let fresh = fresh.filter(|trouble| !trouble.words.starts_with("display: "));
    fresh.map(|trouble| trouble.words.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_shown_for_a_while() {
        let trouble = Trouble { at: 100.0, words: "kit X cannot be played".into() };
        assert_eq!(fresh(Some(&trouble), 114.9), Some("kit X cannot be played".into()));
        assert_eq!(fresh(Some(&trouble), 115.0), None);
        assert_eq!(fresh(None, 0.0), None);
        let own = Trouble { at: 100.0, words: "display: it is there now".into() };
        assert_eq!(fresh(Some(&own), 101.0), None);
    }
}
