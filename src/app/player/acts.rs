//! What the player does when it is asked to.

use super::switch::Asked;
use super::{NO_ORDERS, Outcome, Player, SOFTEST_DB, TRIM_STEP_DB, VOLUME_MS, power};
use crate::app::control::Event;
use crate::app::control::request::Which;
use crate::engine::ports::Order;
use crate::midi::short_name;
use crate::words::Action;
use crate::words::units::{db_to_gain, ms_to_frames};

impl Player {
    /// One request, from a key, a button, a signal, a client, or a MIDI port (then with its
    /// name). What came of it, or why nothing did, in words.
    pub(super) fn act(&mut self, action: Action, port: Option<&str>) -> Outcome {
        match action {
            Action::NextKit => self.step(1),
            Action::PreviousKit => self.step(-1),
            Action::Kit(number) => self.kit(&Which::Number(number.into())),
            Action::Program(_) if port.is_some() && !self.follow_program => {
                Err("the configuration says program_change = false".to_owned())
            }
            Action::Program(n) => {
                let asked = self.switch.program(n);
                match &asked {
                    Asked::Loading(entry) => {
                        self.console.say(&format!("kit: loading {} (program {n})", entry.name));
                    }
                    Asked::Nothing if self.told.program(n) => {
                        let from = port.map_or("program change".to_owned(), short_name);
                        let line = format!("'{from}' asks for program {n}, which no kit has");
                        self.console.say(&format!("kit: {line}"));
                        self.remote.problem(line);
                    }
                    Asked::Ready(..) | Asked::Already(_) | Asked::Nothing => {}
                }
                self.asked(asked)
            }
            Action::VolumeUp(db) => self.volume(self.volume_db + f32::from(db)),
            Action::VolumeDown(db) => self.volume(self.volume_db - f32::from(db)),
            Action::Panic => match self.order(Order::Silence) {
                Ok(()) => Ok("silence".to_owned()),
                Err(_) => Err(NO_ORDERS.to_owned()),
            },
            Action::KitLouder => self.trim(self.trim_db + TRIM_STEP_DB),
            Action::KitSofter => self.trim(self.trim_db - TRIM_STEP_DB),
            Action::Reload => self.reload(None),
            Action::Learn => self.learn(),
            Action::Report => {
                let lines = self.report();
                lines.iter().for_each(|line| self.console.say(line));
                Ok(lines.join("; "))
            }
            Action::ShutDown => self.shut_down(),
            Action::Quit => Ok("the end".to_owned()),
        }
    }

    pub(super) fn step(&mut self, by: isize) -> Outcome {
        let asked = self.switch.step(by);
        match &asked {
            Asked::Ready(..) => {}
            Asked::Loading(entry) => self.console.say(&format!("kit: loading {}", entry.name)),
            Asked::Already(entry) => {
                self.console.say(&format!("kit: {} is the only one", entry.name));
            }
            Asked::Nothing => self.console.say("kit: none found"),
        }
        let outcome = self.asked(asked);
        self.show();
        outcome
    }

    pub(super) fn kit(&mut self, which: &Which) -> Outcome {
        let asked = self.switch.kit(which).inspect_err(|why| {
            self.console.say(&format!("kit: {why}"));
        })?;
        if let Asked::Loading(entry) = &asked {
            self.console.say(&format!("kit: loading {}", entry.name));
        }
        self.asked(asked)
    }

    pub(super) fn shut_down(&mut self) -> Outcome {
        if let Err(why) = power::off() {
            self.console.say(&why);
            self.remote.problem(why.clone());
            return Err(why);
        }
        self.console.say("the machine is switched off");
        self.ending = true;
        Ok("the machine is switched off".to_owned())
    }

    /// Plays what is ready.
    pub(super) fn asked(&mut self, asked: Asked) -> Outcome {
        match asked {
            Asked::Ready(entry, kit) => {
                let name = entry.name.clone();
                if self.play(entry, kit) { Ok(name) } else { Err(NO_ORDERS.to_owned()) }
            }
            Asked::Loading(entry) => Ok(format!("loading {}", entry.name)),
            Asked::Already(entry) => Ok(format!("{} is the kit already", entry.name)),
            Asked::Nothing => Err("there is no such kit".to_owned()),
        }
    }

    pub(super) fn volume(&mut self, db: f32) -> Outcome {
        self.volume_db = db.clamp(SOFTEST_DB, 0.0);
        let frames = ms_to_frames(VOLUME_MS, self.rate);
        let gain = db_to_gain(self.volume_db);
        let sent = self.order(Order::Volume { gain, frames });
        self.keeper.set(|state| state.volume_db = Some(self.volume_db), self.now);
        self.console.say(&format!("volume: {} dB", self.volume_db));
        self.remote.tell(|at| Event::Volume { at, db: self.volume_db });
        self.show();
        match sent {
            Ok(()) => Ok(format!("{} dB", self.volume_db)),
            Err(_) => Err(NO_ORDERS.to_owned()),
        }
    }
}
