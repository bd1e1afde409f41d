//! `rimshot play`: the module itself. The player routes; what it routes to computes.

mod buttons;
mod console;
mod desk;
mod locked;
mod retry;
mod silence;
mod switch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, select, tick, unbounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::config::{self, Config};
use super::exit::Exit;
use super::kits;
use super::render;
use crate::engine::ports::{self, Command, ControlSide, Notice, Order};
use crate::engine::{Engine, Settings};
use crate::kit::disk;
use crate::kit::{Kit, KitMemory};
use crate::library::SampleLibrary;
use crate::library::loader::{LoadReport, Loader};
use crate::maps::NoteMap;
use crate::midi::announce::{self, Announcement, Watch};
use crate::midi::ports::Chooser;
use crate::midi::{Inputs, PortChange, Translator, short_name};
use crate::sound::Wanted;
use crate::words::time::Clock;
use crate::words::units::{db_to_gain, ms_to_frames};
use crate::words::{Action, EventSink, Problem, When};
use buttons::Buttons;
use console::{Console, KEYS};
use desk::{Desk, Lines};
use locked::Locked;
use silence::Told;
use switch::{Asked, Failed, Switch};

/// The janitor's round: kits that came home, notices.
const ROUND: Duration = Duration::from_millis(20);
/// How often devices are looked at, and the watchdog fed. (At every round systemd would be
/// woken 50 times a second.)
const LOOK: Duration = Duration::from_millis(250);
/// Owners that a sample has in the library.
const OF_LIBRARY: usize = 1;
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
    library: Arc<SampleLibrary>,
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
    locked: Locked,
}

impl Player {
    fn start(args: &Args) -> Result<Self, Failure> {
        locked::give_memory_back();
        let clock = Clock::start();
        let path = Config::find(args.config.as_deref());
        let config = read_config(path.as_deref(), args.config.is_some())?;
        let map = map_of(&config.midi.map)?;
        let (action_sender, actions) = unbounded();
        let console = Console::new(action_sender.clone());
        let console = console.map_err(|e| (Exit::Problems, format!("no thread for lines: {e}")))?;
        watch_signals(action_sender.clone(), console.has_keys())?;
        console.say(&format!("rimshot {}", env!("CARGO_PKG_VERSION")));
        match &path {
            Some(path) => console.say(&format!("config: {}", path.display())),
            None => console.say("config: none, every setting at its default"),
        }

        let seed = seed(config.engine.seed);
        let settings = settings_of(&config, seed);
        let (control, side) = ports::connect();
        let engine = Box::new(Engine::new(settings, side));
        let mut locked = Locked::default();
        if let Some(sentence) = locked.engine(&engine) {
            console.say(&sentence);
        }
        let mut control = control;
        let sinks = control.sources.drain(..).map(|s| Box::new(s) as Box<dyn EventSink>).collect();
        let (port_sender, port_actions) = unbounded();
        let map_name = map.name.clone();
        let priority = Some(config.sound.priority.saturating_sub(10).max(1));
        let inputs =
            Inputs::new(clock, sinks, port_sender, priority, chooser(map, config.midi.channel));

        let library = Arc::new(SampleLibrary::new(config.sound.rate));
        let loader = Loader::start(Arc::clone(&library), Box::new(disk::read));
        let loader = loader.map_err(|e| (Exit::Problems, format!("no thread for loading: {e}")))?;
        let beside = path.as_deref().and_then(Path::parent).unwrap_or(Path::new(".")).to_owned();
        let switch = Switch::new(config.kits.folders.clone(), beside, loader);

        let mut desk = Desk::new(wanted_of(&config, args), settings.timing, clock);
        let lines = desk.open(engine).map_err(|e| (Exit::Problems, e))?;
        lines.iter().for_each(|line| console.say(line));
        let (buttons, lines) = Buttons::open(&config.panel, action_sender);
        lines.iter().for_each(|line| console.say(line));
        console.say(&format!("seed: {seed}"));

        let mut player = Self {
            control,
            console,
            desk,
            switch,
            library,
            inputs,
            watch: None,
            news: unbounded(),
            actions,
            port_actions,
            follow_program: config.midi.program_change,
            map: map_name,
            told: Told::default(),
            rate: config.sound.rate,
            volume_db: config.engine.volume_db,
            last_look: Instant::now(),
            buttons,
            locked,
        };
        player.look_at_ports();
        if player.inputs.ports().next().is_none() {
            player.console.say("midi: no input yet; the next one that is plugged in is taken");
        }
        player.first_kit(args.kit.as_deref(), &config.kits.start);
        if player.console.has_keys() {
            player.console.say(KEYS);
        }
        // Not under systemd this does nothing.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        Ok(player)
    }

    fn first_kit(&mut self, asked: Option<&str>, configured: &str) {
        let odd = self.told.problems(&self.switch.shelf().problems);
        odd.iter().for_each(|sentence| self.console.complain(sentence));
        let configured = Some(configured).filter(|name| !name.is_empty());
        let mut found = self.switch.shelf().find(asked.or(configured));
        if let Err(problem) = &found
            && asked.or(configured).is_some()
        {
            let asked = asked.or(configured).unwrap_or_default();
            self.console.say(&format!("kit: '{asked}' is {}", problem.what));
            found = self.switch.shelf().find(None);
        }
        match found {
            Ok(entry) => self.switch.begin(entry),
            Err(problem) => self.console.say(&format!("kit: {}", problem.what)),
        }
    }

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
            Action::Panic => {
                self.order(Order::Silence);
            }
            Action::Reload => {
                self.console.say("kit: loading once more");
                self.told.new_files();
                self.switch.reload();
            }
            Action::Quit => {}
        }
    }

    fn step(&mut self, by: isize) {
        self.console.say(&match self.switch.step(by) {
            Asked::Loading(entry) => format!("kit: loading {}", entry.name),
            Asked::Already(entry) => format!("kit: {} is the only one", entry.name),
            Asked::Nothing => "kit: none found".to_owned(),
        });
    }

    fn volume(&mut self, db: f32) {
        self.volume_db = db.clamp(SOFTEST_DB, 0.0);
        let frames = ms_to_frames(VOLUME_MS, self.rate);
        self.order(Order::Volume { gain: db_to_gain(self.volume_db), frames });
        self.console.say(&format!("volume: {} dB", self.volume_db));
    }

    fn order(&mut self, order: Order) -> bool {
        let sent = self.control.commands.push(Command { when: When::Now, order }).is_ok();
        if !sent {
            self.console.say("the engine does not take orders at the moment: the last one is lost");
        }
        sent
    }

    fn loaded(&mut self, report: LoadReport) {
        match report {
            LoadReport::Progress { .. } => {}
            LoadReport::Ready { ticket, kit, problems, .. } => {
                let Some(entry) = self.switch.answered(ticket) else {
                    drop(kit);
                    self.library.sweep();
                    return;
                };
                self.complain(&problems);
                let name = kit.name.clone();
                let about = kits::size(&kit);
                if self.send(kit) {
                    let is_first = self.switch.playing().is_none();
                    let program = entry.program.map_or(String::new(), |n| format!(", program {n}"));
                    self.console.say(&format!("kit: {name} ({about}{program})"));
                    self.switch.plays(entry.folder, name);
                    self.told.new_kit();
                    if is_first {
                        self.console.say("ready");
                    }
                }
            }
            LoadReport::Failed { ticket, problems } => {
                let Some(Failed { entry, instead }) = self.switch.failed(ticket) else { return };
                self.complain(&problems);
                let instead = instead.map(|next| format!("; loading {}", next.name));
                let instead = instead.unwrap_or_default();
                self.console.say(&format!("kit: {} cannot be played{instead}", entry.name));
            }
        }
    }

    fn complain(&mut self, problems: &[Problem]) {
        for sentence in self.told.problems(problems) {
            self.console.complain(&sentence);
        }
    }

    fn send(&mut self, kit: Box<Kit>) -> bool {
        let memory = Box::new(KitMemory::of(&kit));
        if let Some(sentence) = self.locked.kit(&kit, &memory) {
            self.console.say(&sentence);
        }
        self.order(Order::Play(kit, memory))
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
            self.console.say(&match change {
                PortChange::Opened { name, map, .. } => {
                    format!("midi: opened {} (map {map})", short_name(&name))
                }
                PortChange::Closed { name } => format!("midi: {} went away", short_name(&name)),
                PortChange::Failed { name, why } => format!("midi: {}: {why}", short_name(&name)),
                PortChange::Unavailable { why } => format!("midi: {why}"),
            });
        }
    }

    /// The janitor's round.
    fn round(&mut self) -> Result<(), String> {
        while let Ok(notice) = self.control.notices.pop() {
            self.noticed(notice);
        }
        let mut came_home = false;
        while let Ok(retired) = self.control.retired.pop() {
            self.locked.retire(&retired.kit, OF_LIBRARY);
            came_home = true;
        }
        if came_home {
            self.library.sweep();
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
            if self.desk.is_alive() {
                // Not under systemd this does nothing.
                let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
            }
            lines.iter().for_each(|line| self.console.say(line));
        }
        Ok(())
    }

    fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Played { slot, note, velocity, source, .. } => {
                let from = self.port_name(source);
                self.console.hit(slot, note, velocity, &from);
            }
            Notice::Silent { slot, note, source, why } => {
                let from = self.port_name(source);
                let kit = self.switch.playing().unwrap_or("none");
                if let Some(line) = self.told.tell((why, slot, note, source), &from, &self.map, kit)
                {
                    self.console.say(&line);
                }
            }
            Notice::Playing(_) => {}
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
        self.order(Order::Volume { gain: 0.0, frames });
        let meters = self.desk.meters();
        let period = self.desk.period().max(1);
        // the fade, the card's buffer of two periods, and one for the block under way
        let wanted = meters.blocks.load(Ordering::Relaxed) + u64::from(frames / period) + 4;
        let begun = Instant::now();
        while meters.blocks.load(Ordering::Relaxed) < wanted && begun.elapsed() < LAST_WAIT {
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(self.desk.close());
        let reading = self.control.meters.read();
        let xruns = self.desk.meters().xruns.load(Ordering::Relaxed);
        let silent = reading.unmapped + reading.no_sound + reading.no_kit;
        self.console.say(&format!(
            "stopped: {} hits played, {silent} without a sound, {} lost, {xruns} xruns, {} voices at most",
            reading.played, reading.lost, reading.most_voices
        ));
    }
}

/// A setting that is wrong keeps its default, and so does all of a file that cannot be read
/// at all: on a stage the module plays. Unless somebody has just `asked` for the file.
fn read_config(path: Option<&Path>, asked: bool) -> Result<Config, Failure> {
    let Some(path) = path else { return Ok(Config::default()) };
    let (config, problems) = Config::read(path);
    if !problems.is_empty() {
        render::warn(&render::sentences(&problems));
    }
    if config.is_none() {
        let what = if asked { "not used" } else { "not used: every setting is at its default" };
        let sentence = format!("{}: {what}", path.display());
        if asked {
            return Err((Exit::Input, sentence));
        }
        render::warn(&sentence);
    }
    Ok(config.unwrap_or_default())
}

/// The map of the configuration; where it cannot be used, the default one.
fn map_of(map: &config::NoteMap) -> Result<NoteMap, Failure> {
    let name = match map {
        config::NoteMap::BuiltIn(name) => name.clone(),
        config::NoteMap::File(path) => path.to_string_lossy().into_owned(),
    };
    render::find_map(&name).or_else(|(_, sentence)| {
        let default = Config::default().midi.map;
        let config::NoteMap::BuiltIn(default) = default else {
            return Err((Exit::Input, sentence));
        };
        render::warn(&format!("{sentence}\n{name}: not used: the map is '{default}'"));
        render::find_map(&default)
    })
}

/// `interactive`: somebody's terminal is listened to. Then its end is the end (and not a
/// wish to load kits again): a module that nobody can reach would hold the card.
fn watch_signals(actions: Sender<Action>, interactive: bool) -> Result<(), Failure> {
    let failed = |e: std::io::Error| (Exit::Problems, format!("signals cannot be watched: {e}"));
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(failed)?;
    let watch = move || {
        for signal in signals.forever() {
            let reload = signal == SIGHUP && !interactive;
            let action = if reload { Action::Reload } else { Action::Quit };
            if actions.send(action).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("rimshot-signals".to_owned()).spawn(watch).map_err(failed)?;
    Ok(())
}

/// One translator a port, all with the same map.
fn chooser(map: NoteMap, channel: u8) -> Chooser {
    let map = Arc::new(map);
    let channel = channel.checked_sub(1);
    Box::new(move |_, device| Some(Translator::new(Arc::clone(&map), channel, device)))
}

fn seed(configured: u64) -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |d| d.as_secs());
    if configured == 0 { clock() } else { configured }
}

fn settings_of(config: &Config, seed: u64) -> Settings {
    Settings {
        rate: config.sound.rate,
        voices: config.engine.voices,
        seed,
        timing: config.sound.timing,
        limiter: config.engine.limiter,
        volume: db_to_gain(config.engine.volume_db),
    }
}

fn wanted_of(config: &Config, args: &Args) -> Wanted {
    let configured = match &config.sound.device {
        config::Device::Auto => None,
        config::Device::Default => Some("default".to_owned()),
        config::Device::Null => Some("null".to_owned()),
        config::Device::Named(name) => Some(name.clone()),
    };
    let asked = args.device.clone().filter(|d| d != "auto");
    Wanted {
        device: if args.device.is_some() { asked } else { configured },
        rate: config.sound.rate,
        period: config.sound.period,
        outputs: config.sound.outputs,
        priority: config.sound.priority,
    }
}
