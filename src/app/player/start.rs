//! From the command line and the configuration to a player that plays.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Sender, unbounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use super::buttons::Buttons;
use super::console::{Console, KEYS};
use super::desk::Desk;
use super::fresh::Fresh;
use super::gauge::Gauge;
use super::inputs::Routes;
use super::locked::Locked;
use super::remote::Remote;
use super::silence::Told;
use super::switch::Switch;
use super::{Args, Failure, Ground, Player};
use crate::app::config::{self, Config};
use crate::app::control;
use crate::app::desk::{room_of, strips_of};
use crate::app::exit::Exit;
use crate::app::kits::{beside, library_of};
use crate::app::render;
use crate::app::state::Keeper;
use crate::engine::{Engine, Settings, ports};
use crate::kit::disk;
use crate::library::loader::{Loader, Pace};
use crate::library::memory::settle_allocator;
use crate::library::workers::usual_threads;
use crate::midi::Inputs;
use crate::panel::display::Display;
use crate::sound::Wanted;
use crate::words::time::Clock;
use crate::words::units::db_to_gain;
use crate::words::{Action, EventSink, Problem};

impl Player {
    /// Opens everything there is; what is not there is waited for while it plays.
    pub(super) fn start(args: &Args, ground: Ground) -> Result<Self, Failure> {
        settle_allocator();
        let clock = Clock::start();
        let path = Config::find(args.config.as_deref());
        let mut odd = Vec::new();
        let config = read_config(path.as_deref(), args.config.is_some(), &mut odd)?;
        let routes = Routes::new(&config, &mut odd);
        if ground.terminal {
            odd.iter().for_each(|sentences| render::warn(sentences));
        }
        let (action_sender, actions) = ground.actions;
        let console = match ground.terminal {
            true => Console::new(action_sender.clone()),
            false => Console::quiet(),
        };
        let console = console.map_err(|e| (Exit::Problems, format!("no thread for lines: {e}")))?;
        if ground.terminal {
            watch_signals(action_sender.clone(), console.has_keys())?;
        }
        console.say(&format!("rimshot {}", env!("CARGO_PKG_VERSION")));
        match &path {
            Some(path) => console.say(&format!("config: {}", path.display())),
            None => console.say("config: none, every setting at its default"),
        }

        let (control_socket, said) = match ground.control {
            Some(control) => (Some(control), Vec::new()),
            None => control::of(&config.control),
        };
        let mut remote = Remote::new(control_socket, clock);
        remote.problems(&odd);
        said.iter().for_each(|line| console.say(&format!("control: {line}")));
        let (keeper, said) = Keeper::open(ground.state);
        remote.problems(said.as_slice());
        said.iter().for_each(|line| console.say(line));
        let mut config = config;
        if let Some(db) = keeper.state().volume_db {
            config.engine.volume_db = db;
        }
        let seed = seed(config.engine.seed);
        let settings = settings_of(&config, seed);
        let (control, side) = ports::connect();
        let engine = Engine::new(settings, side).with_strips(strips_of(&config));
        let engine = Box::new(match room_of(&config) {
            Some(room) => engine.with_room(&room),
            None => engine,
        });
        let locked = Locked::default();
        let mut desk = Desk::new(wanted_of(&config, args), settings.timing, clock);
        let line = desk.refused(locked.engine(&engine).err());
        line.iter().for_each(|line| console.say(line));
        let mut control = control;
        let sinks = control.sources.drain(..).map(|s| Box::new(s) as Box<dyn EventSink>).collect();
        let (port_sender, port_actions) = unbounded();
        let priority = Some(config.sound.priority.saturating_sub(10).max(1));
        let (sequencer, choose) = (ground.sequencer, routes.chooser());
        let inputs = Inputs::with_sequencer(sequencer, clock, sinks, port_sender, priority, choose);

        let library = Arc::new(library_of(&config));
        let last_hit = Arc::new(AtomicU64::new(0));
        let pace = Pace::new(Arc::clone(&last_hit), clock);
        let loader = Loader::start_with(library, Box::new(disk::read), usual_threads(), Some(pace));
        let loader = loader.map_err(|e| (Exit::Problems, format!("no thread for loading: {e}")))?;
        let beside = beside(path.as_deref()).to_owned();
        let switch = Switch::new(config.kits.folders.clone(), beside, loader, config.kits.loading);

        let lines = desk.open(engine).map_err(|e| (Exit::Problems, e))?;
        lines.iter().for_each(|line| console.say(line));
        let (buttons, lines) = Buttons::open(&config.panel, action_sender);
        remote.problems(&lines);
        lines.iter().for_each(|line| console.say(line));
        let display = Display::open(&config.panel.display).unwrap_or_else(|error| {
            console.say(&format!("display: no thread for it: {error}"));
            None
        });
        console.say(&format!("seed: {seed}"));

        let mut player = Self {
            control,
            console,
            desk,
            switch,
            inputs,
            watch: None,
            news: unbounded(),
            actions,
            port_actions,
            follow_program: config.midi.program_change,
            told: Told::default(),
            rate: config.sound.rate,
            volume_db: config.engine.volume_db,
            last_look: Instant::now(),
            buttons,
            display,
            keeper,
            locked,
            clock,
            last_hit,
            fresh: config.kits.reload.then(Fresh::default),
            progress: Instant::now(),
            gauge: Gauge::new(Instant::now()),
            remote,
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
        self.remote.problems(&odd);
        let last = self.keeper.state().kit.as_ref();
        let last = last.and_then(|folder| self.switch.shelf().in_folder(folder).cloned());
        if let Some(entry) = last.filter(|_| asked.is_none()) {
            return self.switch.begin(entry);
        }
        let configured = Some(configured).filter(|name| !name.is_empty());
        let mut found = self.switch.shelf().find(asked.or(configured));
        if let Err(problem) = &found
            && asked.or(configured).is_some()
        {
            let asked = asked.or(configured).unwrap_or_default();
            let line = format!("kit: '{asked}' is {}", problem.what);
            self.console.say(&line);
            self.remote.problem(line);
            found = self.switch.shelf().find(None);
        }
        match found {
            Ok(entry) => self.switch.begin(entry),
            Err(problem) => {
                let line = format!("kit: {}", problem.what);
                self.console.say(&line);
                self.remote.problem(line);
            }
        }
    }
}

/// A setting that is wrong keeps its default, and so does all of a file that cannot be read
/// at all: on a stage the module plays. Unless somebody has just `asked` for the file. What
/// is wrong goes to `odd`.
fn read_config(path: Option<&Path>, asked: bool, odd: &mut Vec<String>) -> Result<Config, Failure> {
    let Some(path) = path else { return Ok(Config::default()) };
    let (config, problems) = Config::read(path);
    odd.extend(problems.iter().map(Problem::to_string));
    if config.is_none() {
        let what = if asked { "not used" } else { "not used: every setting is at its default" };
        let sentence = format!("{}: {what}", path.display());
        if asked {
            odd.push(sentence);
            return Err((Exit::Input, odd.join("\n")));
        }
        odd.push(sentence);
    }
    Ok(config.unwrap_or_default())
}

/// `interactive`: somebody's terminal is listened to. Then its end is the end (and not a
/// wish to load kits again): a module that nobody can reach would hold the card.
fn watch_signals(actions: Sender<Action>, interactive: bool) -> Result<(), Failure> {
    let failed = |e: std::io::Error| (Exit::Problems, format!("signals cannot be watched: {e}"));
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1]).map_err(failed)?;
    let watch = move || {
        for signal in signals.forever() {
            let action = match signal {
                SIGUSR1 => Action::Report,
                SIGHUP if !interactive => Action::Reload,
                _ => Action::Quit,
            };
            if actions.send(action).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("rimshot-signals".to_owned()).spawn(watch).map_err(failed)?;
    Ok(())
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
        pairs: config.sound.outputs.len(),
        feel: config.feel,
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
        outputs: config.sound.outputs.clone(),
        priority: config.sound.priority,
    }
}
