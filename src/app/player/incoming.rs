//! Kits on their way from the loader to the engine.

use std::time::Duration;

use super::Player;
use super::reading::Standing;
use super::switch::{Asked, Came, Failed};
use super::trim;
use crate::app::control::Event;
use crate::app::control::status::Loading;
use crate::app::kits;
use crate::engine::ports::Order;
use crate::kit::disk::KitEntry;
use crate::kit::{Kit, KitMemory};
use crate::library::loader::LoadReport;
use crate::words::Problem;

/// How often the progress of a slow load is told.
const PROGRESS: Duration = Duration::from_secs(1);

impl Player {
    pub(super) fn loaded(&mut self, report: LoadReport) {
        match report {
            LoadReport::Progress { ticket, done, total } => self.progress(ticket, done, total),
            LoadReport::Sample { ticket, index, loaded, .. } => {
                let problem = loaded.as_ref().err().cloned();
                self.complain(problem.as_slice());
                self.switch.ready().came(ticket, index, loaded.ok());
            }
            LoadReport::Ready { ticket, kit, problems, sources, thinned, .. } => {
                match self.switch.came(ticket, kit, sources, thinned) {
                    Came::Play(entry, kit) => {
                        self.complain(&problems);
                        self.play(entry, kit);
                    }
                    Came::Whole(entry, kit) => {
                        self.console.say(&format!("kit: {} is whole now", entry.name));
                        self.play(entry, kit);
                    }
                    Came::Ready(entry) => {
                        self.console.say(&format!("kit: {} is ready too", entry.name));
                    }
                    Came::Overtaken => {}
                }
            }
            LoadReport::Failed { ticket, problems } => {
                let Some(Failed { entry, instead }) = self.switch.failed(ticket) else { return };
                self.complain(&problems);
                let onward = match &instead {
                    Asked::Loading(next) => format!("; loading {}", next.name),
                    Asked::Ready(..) | Asked::Already(_) | Asked::Nothing => String::new(),
                };
                self.console.say(&format!("kit: {} cannot be played{onward}", entry.name));
                self.remote.problem(format!("kit {} cannot be played", entry.name));
                self.remote.tell(|at| Event::Failed { at, kit: entry.name.clone() });
                if let Asked::Ready(next, kit) = instead {
                    self.play(next, kit);
                }
            }
        }
    }

    /// This kit plays from the next block on, unless the engine takes no orders.
    pub(super) fn play(&mut self, entry: KitEntry, kit: Box<Kit>) -> bool {
        let ready = self.switch.ready().get(&entry.folder);
        let rate = ready.and_then(|ready| ready.sources.first()).map_or(self.rate, |s| s.form.rate);
        if rate != self.rate {
            self.other_rate = Some((rate, entry, kit));
            return true;
        }
        let name = kit.name.clone();
        let about = kits::size(&kit);
        let folder = trim::real(&entry.folder);
        let before = std::mem::replace(&mut self.trim_db, self.keeper.state().trim(&folder));
        if !self.send(kit) {
            self.trim_db = before;
            return false;
        }
        let said = entry.program.map_or(String::new(), |n| format!(", program {n}"));
        self.console.say(&format!("kit: {name} ({about}{said})"));
        let is_first = self.switch.playing().is_none();
        // What safe mode begins with is nobody's wish, nor is that it is loaded once more.
        let is_same = self.switch.folder() == Some(&entry.folder);
        if !(is_same || (is_first && self.book.standing == Standing::Safe)) {
            self.keeper.set(|state| state.kit = Some(folder), self.now);
        }
        let ready = self.switch.ready().get(&entry.folder);
        if let (Some(fresh), Some(ready)) = (&mut self.fresh, ready) {
            fresh.watch(&entry.folder, ready.sources.iter().map(|wanted| wanted.path.as_path()));
        }
        let (folder, program) = (entry.folder.display().to_string(), entry.program);
        self.remote.tell(|at| Event::Kit { at, name: name.clone(), folder, program });
        self.switch.plays(entry.folder, name);
        self.told.new_kit();
        self.show();
        if is_first {
            self.console.say("ready");
        }
        true
    }

    /// How far the kit is that is waited for; told once a second.
    fn progress(&mut self, ticket: u64, done: usize, total: usize) {
        let Some(entry) = self.switch.is_wished(ticket) else { return };
        let kit = entry.name.clone();
        self.remote.loading = Some(Loading { kit: kit.clone(), done, total });
        if self.now.duration_since(self.progress) >= PROGRESS && done > 0 {
            self.console.say(&format!("kit: loading {kit}, {done} of {total}"));
            self.remote.tell(|at| Event::Loading { at, kit, done, total });
            self.progress = self.now;
        }
    }

    pub(super) fn complain(&mut self, problems: &[Problem]) {
        for sentence in self.told.problems(problems) {
            self.console.complain(&sentence);
            self.remote.problem(sentence);
        }
    }

    /// With the trim of the kit that plays.
    pub(super) fn send(&mut self, mut kit: Box<Kit>) -> bool {
        trim::apply(&mut kit, self.trim_db);
        let memory = Box::new(KitMemory::of(&kit));
        let line = self.desk.refused(self.locked.kit(&kit, &memory).err());
        line.iter().for_each(|line| self.console.say(line));
        let sent = self.order(Order::Play(kit, memory));
        if let Err(Order::Play(kit, _)) = &sent {
            self.locked.retire(kit);
        }
        sent.is_ok()
    }
}
