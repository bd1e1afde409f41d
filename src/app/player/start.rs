//! From the command line and the configuration to a player that plays.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Sender, bounded, unbounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use super::buttons::Buttons;
use super::console::{Console, KEYS};
use super::desk::Desk;
use super::display::open_display;
use super::fresh::Fresh;
use super::gauge::Gauge;
use super::inputs::Routes;
use super::locked::Locked;
use super::maps::Maps;
use super::reading::{self, Trial};
use super::reconfigure::Book;
use super::remote::Remote;
use super::silence::Told;
use super::switch::Switch;
use super::{Args, Failure, Ground, Player};
use crate::app::config::{self, Config};
use crate::app::control;
use crate::app::desk::{room_of, strips_of};
use crate::app::exit::Exit;
use crate::app::guard::{Guard, Mode};
use crate::app::kits::{beside, library_of};
use crate::app::learned;
use crate::app::render;
use crate::engine::{Engine, Settings, ports};
use crate::kit::disk::{self, KitEntry};
use crate::library::loader::{Loader, Pace};
use crate::library::memory::settle_allocator;
use crate::library::workers::usual_threads;
use crate::midi::Inputs;
use crate::sound::Wanted;
use crate::words::limits;
use crate::words::units::db_to_gain;
use crate::words::{Action, EventSink};

impl Player {
    /// Opens everything there is; what is not there is waited for while it plays.
    pub(super) fn start(args: &Args, ground: Ground) -> Result<Self, Failure> {
        settle_allocator();
        // A module within another program dies with it.
        let mut guard = if ground.terminal { Guard::of_service() } else { Guard::at(None) };
        let (mode, safe) = (guard.verdict().mode, guard.sentence());
        guard.wait(guard.verdict().wait);
        guard.starts();
        let (clock, now) = (ground.clock, Instant::now());
        let path = Config::find(args.config.as_deref());
        let by_hand = args.config.is_some() && !reading::is_service();
        let (read, keeper, unkept) =
            reading::at_start(path.as_deref(), by_hand, mode, ground.state)?;
        let (config, mut odd) = (read.config, read.odd);
        odd.extend(safe);
        let folders = learned::folders(path.as_deref(), keeper.folder());
        let own = learned::read(&folders, &mut odd);
        let routes = Arc::new(Routes::new(&config, own, &mut odd));
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

        let has_own_socket = ground.control.is_none();
        let (control_socket, said) = match ground.control {
            Some(control) => (Some(control), Vec::new()),
            None => control::of(&config.control),
        };
        let mut remote = Remote::new(control_socket, clock);
        remote.problems(&odd);
        said.iter().for_each(|line| console.say(&format!("control: {line}")));
        remote.problems(&unkept);
        unkept.iter().for_each(|line| console.say(line));
        // The file's own stays in the settings, so that a reload sees whether it was changed.
        let volume_db = keeper.state().volume_db.unwrap_or(config.engine.volume_db);
        let seed = seed(config.engine.seed);
        let settings = settings_of(&config, seed, volume_db);
        let (control, side) = ports::connect();
        let engine = Engine::new(settings, side).with_strips(strips_of(&config));
        let engine = Box::new(match room_of(&config) {
            Some(room) => engine.with_room(&room),
            None => engine,
        });
        let locked = Locked::default();
        let mut desk = Desk::new(
            ground.sound,
            wanted_of(&config, args.device.as_deref()),
            settings.timing,
            clock,
            now,
        );
        let line = desk.refused(locked.engine(&engine).err());
        line.iter().for_each(|line| console.say(line));
        let mut control = control;
        let sinks = control.sources.drain(..).map(|s| Box::new(s) as Box<dyn EventSink>).collect();
        let (port_sender, port_actions) = bounded(limits::PRESSES);
        let priority = midi_priority(&config);
        let (sequencer, choose) = (ground.sequencer, Arc::clone(&routes).chooser());
        let (press_sender, presses) = bounded(limits::PRESSES);
        let inputs = Inputs::with_sequencer(sequencer, clock, sinks, port_sender, priority, choose)
            .with_presses(press_sender);

        let library = Arc::new(library_of(&config));
        let last_hit = Arc::new(AtomicU64::new(0));
        let pace = Pace::new(Arc::clone(&last_hit), clock);
        let loader = Loader::start_with(
            Arc::clone(&library),
            Box::new(disk::read),
            usual_threads(),
            Some(pace),
        );
        let loader = loader.map_err(|e| (Exit::Problems, format!("no thread for loading: {e}")))?;
        let beside = beside(path.as_deref()).to_owned();
        let switch = Switch::new(config.kits.folders.clone(), beside, loader, config.kits.loading);

        let lines = desk.open(engine, now).map_err(|e| (Exit::Problems, e))?;
        lines.iter().for_each(|line| console.say(line));
        let reactions = config.midi.buttons.iter().map(|button| button.reaction).collect();
        let (buttons, line) = Buttons::open(&config.panel, reactions, clock, action_sender.clone());
        remote.problems(line.as_slice());
        line.iter().for_each(|line| console.say(line));
        let display = open_display(&config.display, &console);
        console.say(&format!("seed: {seed}"));

        let book = Book {
            given: args.config.clone(),
            device: args.device.clone(),
            path,
            routes,
            standing: read.standing,
            trial: Trial::new(read.good, now),
            has_own_socket,
            reading: None,
            once_more: false,
            config,
        };
        let config = &book.config;
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
            presses,
            follow_program: config.midi.program_change,
            told: Told::default(),
            rate: config.sound.rate,
            other_rate: None,
            volume_db,
            trim_db: 0.0,
            rounds: ground.rounds,
            now,
            last_look: now,
            buttons,
            pressed: action_sender,
            ending: false,
            display,
            keeper,
            locked,
            clock,
            last_hit,
            fresh: config.kits.reload.then(Fresh::default),
            progress: now,
            gauge: Gauge::new(now),
            remote,
            library,
            guard,
            tally: Default::default(),
            began: now,
            book,
            maps: Maps::new(folders),
            learner: None,
        };
        player.look_at_ports();
        if player.inputs.ports().next().is_none() {
            player.console.say("midi: no input yet; the next one that is plugged in is taken");
        }
        player.first_kit(args.kit.as_deref(), mode);
        if player.console.has_keys() {
            player.console.say(KEYS);
        }
        // Not under systemd this does nothing.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        Ok(player)
    }

    /// The kit of safe mode: the one that the program brings, or its neighbour where that was
    /// the last one; none where that did not help either.
    fn safe_kit(&mut self, last: Option<&KitEntry>, mode: Mode) {
        if mode == Mode::Bare {
            return self.console.say("kit: none, as nothing has helped so far");
        }
        let shelf = self.switch.shelf();
        let first = shelf.find(None).ok();
        let another = first.filter(|entry| Some(entry) != last).or_else(|| {
            let next = shelf.step(last.map(|entry| entry.folder.as_path()), 1).cloned();
            next.filter(|entry| Some(entry) != last)
        });
        match another {
            Some(entry) => self.switch.begin(entry),
            None => self.console.say("kit: none, as there is no other than the last one"),
        }
    }

    fn first_kit(&mut self, asked: Option<&str>, mode: Mode) {
        let odd = self.told.problems(&self.switch.shelf().problems);
        odd.iter().for_each(|sentence| self.console.complain(sentence));
        self.remote.problems(&odd);
        let last = self.keeper.state().kit.as_ref();
        let last = last.and_then(|folder| self.switch.shelf().in_folder(folder).cloned());
        if mode != Mode::Usual {
            return self.safe_kit(last.as_ref(), mode);
        }
        let configured = self.book.config.kits.start.clone();
        let configured = configured.as_str();
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

pub(super) fn seed(configured: u64) -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |d| d.as_secs());
    if configured == 0 { clock() } else { configured }
}

fn settings_of(config: &Config, seed: u64, volume_db: f32) -> Settings {
    Settings {
        rate: config.sound.rate,
        voices: config.engine.voices,
        seed,
        timing: config.sound.timing,
        limiter: config.engine.limiter,
        volume: db_to_gain(volume_db),
        pairs: config.sound.outputs.len(),
        feel: config.feel,
    }
}

/// The priority of MIDI threads, just below that of the sound.
pub(super) fn midi_priority(config: &Config) -> Option<u8> {
    Some(config.sound.priority.saturating_sub(10).max(1))
}

pub(super) fn wanted_of(config: &Config, given: Option<&str>) -> Wanted {
    let configured = match &config.sound.device {
        config::Device::Auto => None,
        config::Device::Default => Some("default".to_owned()),
        config::Device::Null => Some("null".to_owned()),
        config::Device::Named(name) => Some(name.clone()),
    };
    let asked = given.filter(|d| *d != "auto").map(str::to_owned);
    Wanted {
        device: if given.is_some() { asked } else { configured },
        fallback: config.sound.fallback,
        lost: None,
        rate: config.sound.rate,
        period: config.sound.period,
        outputs: config.sound.outputs.clone(),
        priority: config.sound.priority,
    }
}
