//! Learning a map without a keyboard and a screen.

use crossbeam_channel::TryRecvError;

use super::{Outcome, Player};
use crate::app::control::Event;
use crate::app::learn::headless::{Learner, Told};

impl Player {
    /// Begins to learn a map by sounds, or ends that.
    pub(super) fn learn(&mut self) -> Outcome {
        if let Some(learner) = &self.learner {
            learner.stop();
            return Ok("learning ends".to_owned());
        }
        let learner = self.remote.join().and_then(Learner::start);
        if let Err(why) = &learner {
            self.console.say(&format!("learn: {why}"));
            self.remote.problem(format!("learn: {why}"));
        }
        self.learner = Some(learner?);
        self.console.say("learn: a map is learned by sounds");
        Ok("learning begins".to_owned())
    }

    /// Passes on what a dialogue tells.
    pub(super) fn tell_learning(&mut self) {
        while let Some(told) = self.learner.as_ref().map(|learner| learner.told.try_recv()) {
            match told {
                Ok(Told::Step(learning)) => {
                    self.console.say(&format!("learn: {}", learning.words));
                    self.remote.learning = Some(learning.clone());
                    self.remote.tell(|at| Event::Learn { at, learning });
                }
                Ok(Told::Word(words)) => self.console.say(&format!("learn: {words}")),
                Ok(Told::Problem(words)) => {
                    let line = format!("learn: {words}");
                    self.console.say(&line);
                    self.remote.problem(line);
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.learner = None;
                    self.remote.learning = None;
                }
            }
        }
    }
}
