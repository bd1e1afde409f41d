//! What an answer makes of the map, and what is said of it.

use super::{Session, What};
use crate::app::learn::grab::Grab;
use crate::app::learn::steps::{Kind, Step};
use crate::maps::Pedal;
use crate::words::Slot;

impl Session {
    pub(super) fn struck(&mut self, note: u8) {
        let Some(step) = self.step() else { return };
        let pedal = self.book.map().pedal;
        let shared = self.book.place(note, &step, self.at_stroke);
        let mut words = format!("note {note}");
        match step.kind {
            Kind::Half if shared => {
                return self
                    .settle(What::Learned, format!("{words}, as before: no note of its own"));
            }
            Kind::Open if shared => words += ", as closed: the pedal tells them apart",
            Kind::Splash if shared && self.book.feet_differ() => {
                words += ", as by foot alone: the pedal tells them apart";
            }
            Kind::Splash if shared => {
                return self.settle(
                    What::Learned,
                    format!("{words}, as by foot alone: it will sound the same"),
                );
            }
            _ => {}
        }
        let found = self.book.map().pedal;
        if found.cc != pedal.cc {
            words += &format!("; the pedal is controller {}", found.cc);
        }
        self.learned(words);
    }

    pub(super) fn pedal(&self) -> Option<Pedal> {
        let (pressed, let_go) = self.book.hat_strokes();
        self.sweep.pedal(pressed, let_go)
    }

    pub(super) fn swept(&mut self) {
        let Some(pedal) = self.pedal() else { return };
        let chick_is_missing = self.steps.iter().any(|step| step.kind == Kind::Chick)
            && self.settled.contains(&Slot::HIHAT_PEDAL.to_string())
            && !self.book.has_chick();
        self.book.set_pedal(pedal, chick_is_missing);
        let mut words =
            format!("controller {}, {} open to {} closed", pedal.cc, pedal.open, pedal.closed);
        if chick_is_missing {
            words += "; the foot's own sound comes from its speed";
        }
        self.learned(words);
    }

    pub(super) fn grabbed(&mut self, step: Step, grab: Grab) {
        match grab {
            Grab::Note(note) => {
                self.book.grab(note, step.slot);
                self.learned(format!("note {note}"));
            }
            Grab::Pressure => {
                self.settle(What::Learned, "pressure on its notes, which needs no word in a map");
            }
            Grab::Channel => self.settle(
                What::Learned,
                "by channel pressure, which does not say which cymbal: rimshot lets it ring",
            ),
            Grab::Controller(cc) => self.settle(
                What::Learned,
                format!("by controller {cc}, for which a map has no word: rimshot lets it ring"),
            ),
        }
    }

    /// Which built-in maps have every note where this one has it.
    pub(super) fn say_likeness(&mut self) {
        let alike = self.book.alike();
        if let [name] = alike.as_slice() {
            self.say(
                What::Word,
                format!(
                    "this looks like the built-in map \"{name}\": every note is where that has \
                     it, so that map = \"{name}\" would do as well"
                ),
            );
        }
    }
}
