//! `rimshot play`: the module itself. The player routes; what it routes to computes.

mod buttons;
mod console;
mod desk;
mod fresh;
mod gauge;
mod incoming;
mod locked;
mod ready;
mod retry;
mod silence;
mod start;
mod switch;
#[cfg(test)]
mod torture;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, select, tick};

use super::exit::Exit;
use super::render;
use super::state::Keeper;
use crate::engine::ports::{Command, ControlSide, Notice, Order};
use crate::midi::announce::{self, Announcement, Watch};
use crate::midi::{Inputs, PortChange, short_name};
use crate::words::time::Clock;
use crate::words::units::{db_to_gain, ms_to_frames};
use crate::words::{Action, When};
use buttons::Buttons;
use console::Console;
use desk::{Desk, Lines};
use fresh::Fresh;
use gauge::Gauge;
use locked::Locked;
use silence::Told;
use switch::{Asked, Switch};

/// The janitor's round: kits that came home, notices.
const ROUND: Duration = Duration::from_millis(20);
/// How often devices are looked at, and the watchdog fed. (At every round systemd would be
/// woken 50 times a second.)
const LOOK: Duration = Duration::from_millis(250);
/// The volume moves to a new setting, and to silence at the end, within this time.
const VOLUME_MS: f64 = 20.0;
/// A step of the volume keys.
const VOLUME_STEP_DB: f32 = 1.0;
/// The softest volume of the keys.
const SOFTEST_DB: f32 = -60.0;
/// At the end the fade is waited for, but not for ever: a card may have stopped asking.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Arguments of `rimshot play`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The kit to begin with: a folder, or a name that `rimshot kits` lists. [default: the
    /// configuration's, else the first]
    #[arg(short, long)]
    kit: Option<String>,
    /// The configuration. [default: $RIMSHOT_CONFIG, ~/.config/rimshot/rimshot.toml,
    /// /etc/rimshot/rimshot.toml, else every setting at its default]
    #[arg(short, long)]
    config: Option<PathBuf>,
    /// The sound card: its id or a part of its name as `rimshot devices` shows them, or
    /// `null` for none.
    #[arg(short, long)]
    device: Option<String>,
}

/// Runs the command until it is stopped.
pub fn main(args: &Args) -> Exit {
    match Player::start(args) {
        Ok(player) => player.run(),
        Err((exit, sentence)) => {
            render::warn(&sentence);
            exit
        }
    }
}

type Failure = (Exit, String);

struct Player {
    control: ControlSide,
    console: Console,
    desk: Desk,
    switch: Switch,
    inputs: Inputs,
    watch: Option<Watch>,
    news: (Sender<Announcement>, Receiver<Announcement>),
    actions: Receiver<Action>,
    port_actions: Receiver<(Arc<str>, Action)>,
    follow_program: bool,
    map: String,
    told: Told,
    rate: u32,
    volume_db: f32,
    last_look: Instant,
    buttons: Buttons,
    keeper: Keeper,
    locked: Locked,
    clock: Clock,
    /// When somebody last struck something: loading ahead holds back.
    last_hit: Arc<AtomicU64>,
    /// The files of the kit that plays, where they are watched.
    fresh: Option<Fresh>,
    progress: Instant,
    gauge: Gauge,
}

impl Player {
    fn run(mut self) -> Exit {
        let round = tick(ROUND);
        let reports = self.switch.reports().clone();
        let actions = self.actions.clone();
        let port_actions = self.port_actions.clone();
        let news = self.news.1.clone();
        loop {
            select! {
                recv(actions) -> action => match action {
                    Ok(Action::Quit) | Err(_) => break,
                    Ok(action) => self.act(action, None),
                },
                recv(port_actions) -> action => if let Ok((port, action)) = action {
                    self.act(action, Some(&port));
                },
                recv(reports) -> report => if let Ok(report) = report {
                    self.loaded(report);
                },
                recv(news) -> news => if let Ok(news) = news {
                    self.port_news(news);
                },
                recv(round) -> _ => if let Err(sentence) = self.round() {
                    self.console.say(&sentence);
                    self.keeper.write().iter().for_each(|line| self.console.say(line));
                    return Exit::Problems;
                },
            }
        }
        self.end();
        Exit::Done
    }

    /// One request, from a key, a button, a signal, or a MIDI port (then with its name).
    fn act(&mut self, action: Action, port: Option<&str>) {
        match action {
            Action::NextKit => self.step(1),
            Action::PreviousKit => self.step(-1),
            Action::Program(_) if !self.follow_program => {}
            Action::Program(n) => match self.switch.program(n) {
                Asked::Ready(entry, kit) => self.play(entry, kit),
                Asked::Loading(entry) => {
                    self.console.say(&format!("kit: loading {} (program {n})", entry.name));
                }
                Asked::Already(_) => {}
                Asked::Nothing if !self.told.program(n) => {}
                Asked::Nothing => {
                    let from = port.map_or("program change".to_owned(), short_name);
                    self.console
                        .say(&format!("kit: '{from}' asks for program {n}, which no kit has"));
                }
            },
            Action::VolumeUp => self.volume(self.volume_db + VOLUME_STEP_DB),
            Action::VolumeDown => self.volume(self.volume_db - VOLUME_STEP_DB),
            Action::Panic => drop(self.order(Order::Silence)),
            Action::Reload => {
                self.console.say("kit: loading once more");
                self.told.new_files();
                self.switch.reload();
            }
            Action::Report => {
                let meters = self.desk.meters();
                let lines = self.gauge.look(Instant::now(), &self.control.meters, meters);
                lines.iter().for_each(|line| self.console.say(line));
            }
            Action::Quit => {}
        }
    }

    fn step(&mut self, by: isize) {
        self.console.say(&match self.switch.step(by) {
            Asked::Ready(entry, kit) => return self.play(entry, kit),
            Asked::Loading(entry) => format!("kit: loading {}", entry.name),
            Asked::Already(entry) => format!("kit: {} is the only one", entry.name),
            Asked::Nothing => "kit: none found".to_owned(),
        });
    }

    fn volume(&mut self, db: f32) {
        self.volume_db = db.clamp(SOFTEST_DB, 0.0);
        let frames = ms_to_frames(VOLUME_MS, self.rate);
        let gain = db_to_gain(self.volume_db);
        drop(self.order(Order::Volume { gain, frames }));
        self.keeper.set(|state| state.volume_db = Some(self.volume_db), Instant::now());
        self.console.say(&format!("volume: {} dB", self.volume_db));
    }

    /// Gives an order back that the engine cannot take.
    fn order(&mut self, order: Order) -> Result<(), Order> {
        self.control.commands.push(Command { when: When::Now, order }).map_err(|full| {
            self.console.say("the engine does not take orders at the moment: the last one is lost");
            let rtrb::PushError::Full(command) = full;
            command.order
        })
    }

    fn port_news(&mut self, news: Announcement) {
        let changes = match news {
            Announcement::Started(_) => Vec::new(),
            Announcement::Exited(address) => self.inputs.exited(address),
            Announcement::Missed => self.inputs.close_all(),
        };
        self.tell_ports(changes);
        let changes = self.inputs.refresh();
        self.tell_ports(changes);
    }

    fn look_at_ports(&mut self) {
        if self.watch.is_none() {
            // Without the sequencer there is no news; the look says so itself.
            self.watch = announce::watch(self.news.0.clone()).ok();
        }
        let changes = self.inputs.refresh();
        self.tell_ports(changes);
    }

    fn tell_ports(&mut self, changes: Vec<PortChange>) {
        for change in changes {
            if matches!(change, PortChange::Opened { .. }) {
                self.told.new_port();
            }
            self.console.say(&format!("midi: {change}"));
        }
    }

    /// The janitor's round.
    fn round(&mut self) -> Result<(), String> {
        while let Ok(notice) = self.control.notices.pop() {
            self.noticed(notice);
        }
        while let Ok(retired) = self.control.retired.pop() {
            self.locked.retire(&retired.kit);
            let id = retired.kit.id;
            drop(retired);
            self.switch.retired(id);
        }
        if let Some(kit) = self.switch.generation() {
            let id = kit.id;
            if !self.send(kit) {
                self.switch.retired(id);
            }
        }
        let now = Instant::now();
        if now.duration_since(self.last_look) >= LOOK {
            self.last_look = now;
            self.look_at_ports();
            if let Some(entry) = self.switch.search() {
                self.console.say(&format!("kit: found {}", entry.name));
            }
            let mut lines: Lines = self.desk.tick(now)?;
            lines.extend(self.buttons.tick(now));
            let counted = self.told.counters(&self.control.meters.read());
            lines.extend(counted.into_iter().map(str::to_owned));
            if self.desk.is_alive() {
                // Not under systemd this does nothing.
                let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
            }
            lines.iter().for_each(|line| self.console.say(line));
            if self.fresh.as_mut().is_some_and(|fresh| fresh.has_changed(now)) {
                self.act(Action::Reload, None);
            }
            let line = self.keeper.tick(now);
            line.iter().for_each(|line| self.console.say(line));
        }
        Ok(())
    }

    fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Played { slot, note, velocity, source, .. } => {
                self.last_hit.store(self.clock.now(), Ordering::Relaxed);
                let from = self.port_name(source);
                self.console.hit(slot, note, velocity, &from);
            }
            Notice::Silent { slot, note, source, why, .. } => {
                let from = self.port_name(source);
                let kit = self.switch.playing().unwrap_or("none");
                if let Some(line) = self.told.tell((why, slot, note, source), &from, &self.map, kit)
                {
                    self.console.say(&line);
                }
            }
            Notice::Wanted { kit, sample } => self.switch.fetch(kit, sample),
            Notice::Playing(_) | Notice::Pedal { .. } | Notice::Grabbed { .. } => {}
        }
    }

    fn port_name(&self, source: u8) -> String {
        let port = self.inputs.ports().find(|(_, _, s)| *s == usize::from(source));
        port.map_or_else(|| "an input that is gone".to_owned(), |(name, ..)| short_name(name))
    }

    /// Fades out, waits until the card has the silence, lets go of everything.
    fn end(mut self) {
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        let frames = ms_to_frames(VOLUME_MS, self.rate);
        drop(self.order(Order::Volume { gain: 0.0, frames }));
        let meters = self.desk.meters();
        let period = self.desk.period().max(1);
        // the fade, the card's buffer of two periods, and one for the block under way
        let wanted = meters.blocks.load(Ordering::Relaxed) + u64::from(frames / period) + 4;
        let begun = Instant::now();
        while meters.blocks.load(Ordering::Relaxed) < wanted && begun.elapsed() < LAST_WAIT {
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(self.desk.close());
        let line = self.keeper.write();
        let meters = self.desk.meters();
        let lines = self.gauge.sum(Instant::now(), &self.control.meters, meters);
        line.iter().chain(&lines).for_each(|line| self.console.say(line));
    }
}
