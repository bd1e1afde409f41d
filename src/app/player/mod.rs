//! `rimshot play`: the module itself. The player routes; what it routes to computes.

mod acts;
mod buttons;
mod console;
mod desk;
mod display;
mod faults;
mod fresh;
mod gauge;
mod guess;
mod incoming;
mod inputs;
mod learner;
mod locked;
mod maps;
mod power;
mod pulse;
mod reading;
mod ready;
mod reconfigure;
mod remote;
mod silence;
mod start;
mod status;
mod switch;
mod telling;
#[cfg(test)]
mod torture;
mod trim;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select, tick, unbounded};

use super::control::{Control, Event};
use super::exit::Exit;
use super::guard::Guard;
use super::learn::headless::Learner;
use super::render;
use super::state::{self, Keeper};
use crate::engine::ports::{Command, ControlSide, Order};
use crate::kit::Kit;
use crate::kit::disk::KitEntry;
use crate::library::SampleLibrary;
use crate::midi::Inputs;
use crate::midi::announce::{Announcement, Watch};
use crate::midi::buttons::Press;
use crate::midi::sequencer::{Alsa, Sequencer};
use crate::panel::display::Display;
use crate::sound::Host;
use crate::words::time::Clock;
use crate::words::units::ms_to_frames;
use crate::words::{Action, When};
use buttons::Buttons;
use console::Console;
use desk::{Desk, Lines};
use faults::Tally;
use fresh::Fresh;
use gauge::Gauge;
use locked::Locked;
use maps::Maps;
use reconfigure::Book;
use remote::Remote;
use silence::Told;
use switch::Switch;

/// The janitor's round: kits that came home, notices.
const ROUND: Duration = Duration::from_millis(20);
/// How often devices are looked at, and the watchdog fed. (At every round systemd would be
/// woken 50 times a second.)
const LOOK: Duration = Duration::from_millis(250);
/// The volume moves to a new setting, and to silence at the end, within this time.
const VOLUME_MS: f64 = 20.0;
/// A step of a kit's trim.
const TRIM_STEP_DB: f32 = 1.0;
/// The softest volume of the keys.
const SOFTEST_DB: f32 = -60.0;
/// At the end the fade is waited for, but not for ever: a card may have stopped asking.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Arguments of `rimshot play`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// The kit to begin with: a folder, or a name that `rimshot kits` lists. [default: the
    /// configuration's, else the first]
    #[arg(short, long)]
    pub kit: Option<String>,
    /// The configuration. [default: $RIMSHOT_CONFIG, ~/.config/rimshot/rimshot.toml,
    /// /etc/rimshot/rimshot.toml, else every setting at its default]
    #[arg(short, long)]
    pub config: Option<PathBuf>,
    /// The sound card: its id or a part of its name as `rimshot devices` shows them, or
    /// `null` for none.
    #[arg(short, long)]
    pub device: Option<String>,
}

/// What a module stands on besides its arguments.
pub struct Ground {
    /// Whether it speaks, listens to keys and obeys signals. Without, it is all ears for
    /// `actions` and the control socket.
    pub terminal: bool,
    /// What time it is, for hits and callbacks.
    pub clock: Clock,
    /// When the janitor makes its rounds, with the time of each; the end of them is the end.
    pub rounds: Receiver<Instant>,
    /// Where sound cards come from.
    pub sound: Host,
    /// Where MIDI ports come from.
    pub sequencer: Box<dyn Sequencer>,
    /// The folder of its state.
    pub state: Option<PathBuf>,
    /// The control socket; `None`: the one of the configuration.
    pub control: Option<Control>,
    /// What may be asked of it from elsewhere in the program.
    pub actions: (Sender<Action>, Receiver<Action>),
}

impl Default for Ground {
    /// That of `rimshot play`.
    fn default() -> Self {
        Self {
            terminal: true,
            clock: Clock::start(),
            rounds: tick(ROUND),
            sound: Host::alsa(),
            sequencer: Box::new(Alsa::new()),
            state: state::default_folder(),
            control: None,
            actions: unbounded(),
        }
    }
}

/// Runs the command until it is stopped.
pub fn main(args: &Args) -> Exit {
    run(args, Ground::default())
}

/// Is the module until it is stopped.
pub fn run(args: &Args, ground: Ground) -> Exit {
    match Player::start(args, ground) {
        Ok(player) => player.run(),
        Err((exit, sentence)) => {
            render::warn(&sentence);
            exit
        }
    }
}

type Failure = (Exit, String);

/// What came of a request, or why nothing did, in words.
type Outcome = Result<String, String>;

const NO_ORDERS: &str = "the engine does not take orders at the moment: the last one is lost";

const NO_LOADER: &str = "the loader has ended: no other kit can be played before a restart";

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
    presses: Receiver<Press>,
    follow_program: bool,
    told: Told,
    rate: u32,
    /// A kit that was loaded at another rate, which it brings with it.
    other_rate: Option<(u32, KitEntry, Box<Kit>)>,
    volume_db: f32,
    rounds: Receiver<Instant>,
    /// The time of the last round.
    now: Instant,
    /// Of the kit that plays.
    trim_db: f32,
    last_look: Instant,
    buttons: Buttons,
    /// What buttons are opened with.
    pressed: Sender<Action>,
    /// The end has been asked for.
    ending: bool,
    display: Option<Display>,
    keeper: Keeper,
    locked: Locked,
    clock: Clock,
    /// When somebody last struck something: loading ahead holds back.
    last_hit: Arc<AtomicU64>,
    /// The files of the kit that plays, where they are watched.
    fresh: Option<Fresh>,
    progress: Instant,
    gauge: Gauge,
    remote: Remote,
    book: Book,
    guard: Guard,
    library: Arc<SampleLibrary>,
    tally: Tally,
    /// When the player was ready.
    began: Instant,
    maps: Maps,
    learner: Option<Learner>,
}

impl Player {
    fn run(mut self) -> Exit {
        let rounds = self.rounds.clone();
        let mut reports = self.switch.reports().clone();
        let actions = self.actions.clone();
        let port_actions = self.port_actions.clone();
        let presses = self.presses.clone();
        let news = self.news.1.clone();
        while !self.ending {
            let calls = self.remote.calls();
            select! {
                recv(actions) -> action => match action {
                    Ok(Action::Quit) | Err(_) => break,
                    Ok(action) => drop(self.act(action, None)),
                },
                recv(port_actions) -> action => if let Ok((port, action)) = action {
                    drop(self.act(action, Some(&port)));
                },
                recv(presses) -> press => press.iter().for_each(|press| self.buttons.press(*press)),
                recv(reports) -> report => match report {
                    Ok(report) => self.loaded(report),
                    // It would say so at every turn.
                    Err(_) => {
                        self.console.say(NO_LOADER);
                        self.remote.problem(NO_LOADER.to_owned());
                        reports = never();
                    }
                },
                recv(calls) -> call => match call {
                    Ok(call) => self.call(call),
                    Err(_) => self.remote.close(),
                },
                recv(news) -> news => if let Ok(news) = news {
                    self.port_news(news);
                },
                recv(rounds) -> now => {
                    let Ok(now) = now else { break };
                    self.now = now;
                    if let Err(sentence) = self.round(now) {
                        self.console.say(&sentence);
                        self.keeper.write().iter().for_each(|line| self.console.say(line));
                        return Exit::Problems;
                    }
                },
            }
        }
        self.end();
        Exit::Done
    }

    /// Gives an order back that the engine cannot take.
    fn order(&mut self, order: Order) -> Result<(), Order> {
        self.control.commands.push(Command { when: When::Now, order }).map_err(|full| {
            self.console.say(NO_ORDERS);
            let rtrb::PushError::Full(command) = full;
            command.order
        })
    }

    /// The janitor's round.
    fn round(&mut self, now: Instant) -> Result<(), String> {
        while let Ok(notice) = self.control.notices.pop() {
            self.noticed(notice);
        }
        while let Ok(retired) = self.control.retired.pop() {
            self.locked.retire(&retired.kit);
            let id = retired.kit.id;
            drop(retired);
            self.switch.retired(id);
        }
        // Settings that came home, to be freed.
        while self.control.setups.pop().is_ok() {}
        self.reread()?;
        self.change_rate()?;
        if let Some(kit) = self.switch.generation() {
            let id = kit.id;
            if !self.send(kit) {
                self.switch.retired(id);
            }
        }
        if now.duration_since(self.last_look) >= LOOK {
            self.last_look = now;
            self.look_at_ports();
            if let Some(entry) = self.switch.search() {
                self.console.say(&format!("kit: found {}", entry.name));
            }
            let mut lines: Lines = self.desk.tick(now)?;
            for line in &lines {
                self.remote.tell(|at| Event::Sound { at, words: line.clone() });
            }
            let mut troubles = self.buttons.tick(now);
            troubles.extend(self.display.iter().flat_map(Display::news));
            let counted = self.told.counters(&self.control.meters.read());
            troubles.extend(counted.into_iter().map(str::to_owned));
            self.remote.problems(&troubles);
            lines.extend(troubles);
            if self.desk.is_alive() {
                // Not under systemd this does nothing.
                let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
            }
            lines.iter().for_each(|line| self.console.say(line));
            if self.fresh.as_mut().is_some_and(|fresh| fresh.has_changed(now)) {
                self.load_again();
            }
            self.look_at_state(now);
            let lines = self.remote.rebind(now);
            self.remote.problems(&lines);
            lines.iter().for_each(|line| self.console.say(line));
            self.tell_meters(now);
            self.show();
        }
        self.take_maps();
        self.tell_learning();
        self.tell_loading();
        self.tell_midi();
        self.light();
        Ok(())
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
        self.guard.lived();
        let line = self.keeper.write();
        let meters = self.desk.meters();
        let lines = self.gauge.sum(self.now, &self.control.meters, meters);
        line.iter().chain(&lines).for_each(|line| self.console.say(line));
    }
}
