//! New settings for a module that plays: what differs, and each part of it put into effect
//! without a gap.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};

use super::buttons::Buttons;
use super::display::open_display;
use super::inputs::Routes;
use super::reading::{self, Fresh, Standing, Trial};
use super::start::{seed, wanted_of};
use super::{NO_ORDERS, Outcome, Player};
use crate::app::config::Config;
use crate::app::control::{Call, Event};
use crate::app::desk::{room_of, strips_of};
use crate::app::kits::{Shelf, beside, budget_of};
use crate::engine::ports::Order;
use crate::engine::setup::{Setup, Ways};
use crate::words::Slot;

/// What has to be done for a setting that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// The sound is opened anew.
    Stream,
    /// The engine is told.
    Engine,
    /// The engine is told, and its room is another one.
    Room,
    /// The engine is told, and its chance begins anew.
    Seed,
    /// The volume moves.
    Volume,
    /// Kits are loaded at another rate, and the sound is opened anew for the first of them.
    Rate,
    /// Ports are translated otherwise.
    Ports,
    /// The library has other bounds.
    Memory,
    /// Kits are looked for elsewhere.
    Shelf,
    /// A flag of the player.
    Flag,
    /// The panel is opened anew.
    Panel,
    /// Ports are translated otherwise, and the panel does other things with their presses.
    Presses,
    /// The display is opened anew.
    Display,
    /// The control socket is opened anew.
    Control,
    /// Nothing before the next start.
    Later,
}

/// A setting, or a table of them, that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As it stands in the file: `slot.snare`, `midi.map`.
    pub name: String,
    /// What has to be done.
    pub work: Work,
}

/// What differs between two configurations, in the order of the file. `maps`: whether the note
/// maps that they name do, which are files of their own.
pub fn diff(old: &Config, new: &Config, maps: bool) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut part = |name: &str, differs: bool, work: Work| {
        if differs {
            parts.push(Part { name: name.to_owned(), work });
        }
    };
    let (a, b) = (&old.sound, &new.sound);
    part("sound.device", a.device != b.device, Work::Stream);
    part("sound.fallback", a.fallback != b.fallback, Work::Stream);
    part("sound.rate", a.rate != b.rate, Work::Rate);
    part("sound.period", a.period != b.period, Work::Stream);
    part("sound.outputs", a.outputs != b.outputs, Work::Stream);
    part("sound.timing", a.timing != b.timing, Work::Engine);
    part("sound.priority", a.priority != b.priority, Work::Stream);
    let (a, b) = (&old.engine, &new.engine);
    part("engine.voices", a.voices != b.voices, Work::Engine);
    part("engine.volume_db", a.volume_db != b.volume_db, Work::Volume);
    part("engine.limiter", a.limiter != b.limiter, Work::Engine);
    part("engine.seed", a.seed != b.seed, Work::Seed);
    part("feel", old.feel != new.feel, Work::Engine);
    let (a, b) = (&old.midi, &new.midi);
    part("midi.map", a.map != b.map, Work::Ports);
    part("midi.channel", a.channel != b.channel, Work::Ports);
    part("midi.program_change", a.program_change != b.program_change, Work::Flag);
    part("midi.input", a.inputs != b.inputs, Work::Ports);
    part("midi.button", a.buttons != b.buttons, Work::Presses);
    let said = a.map != b.map || a.inputs != b.inputs;
    let masks =
        old.slots.iter().map(|(slot, own)| (slot, own.mask_ms)).filter(|(_, ms)| ms.is_some());
    let new_masks =
        new.slots.iter().map(|(slot, own)| (slot, own.mask_ms)).filter(|(_, ms)| ms.is_some());
    let same_masks = masks.eq(new_masks);
    part("the note map's file", maps && !said, Work::Ports);
    let (a, b) = (&old.kits, &new.kits);
    part("kits.folders", a.folders != b.folders, Work::Shelf);
    part("kits.start", a.start != b.start, Work::Later);
    part("kits.loading", a.loading != b.loading, Work::Flag);
    part("kits.memory_mb", a.memory != b.memory, Work::Memory);
    part("kits.memory", a.compact != b.compact, Work::Memory);
    part("kits.reload", a.reload != b.reload, Work::Flag);
    for slot in slots(old, new) {
        let work = if same_masks { Work::Engine } else { Work::Ports };
        part(&format!("slot.{slot}"), true, work);
    }
    part("reverb", old.reverb != new.reverb, Work::Room);
    part("panel", old.panel != new.panel, Work::Panel);
    part("panel.display", old.display != new.display, Work::Display);
    part("control", old.control != new.control, Work::Control);
    part("state", old.state != new.state, Work::Later);
    parts
}

/// The slots whose strips differ, in the order of slots: a pad by itself where all that
/// differs of it is what it hands down.
fn slots(old: &Config, new: &Config) -> Vec<Slot> {
    let differs = |slot: Slot| old.slots.get(&slot) != new.slots.get(&slot);
    let pads: BTreeSet<Slot> =
        Slot::all().filter(|slot| slot.pad() == *slot && differs(*slot)).collect();
    let is_told =
        |slot: &Slot| !differs(*slot) || (slot.pad() != *slot && pads.contains(&slot.pad()));
    Slot::all().filter(|slot| !is_told(slot)).collect()
}

/// `a, b applied; c counts from the next start`, where anything changed.
fn in_words(parts: &[Part]) -> Option<String> {
    let names = |later: bool| {
        let all = parts.iter().filter(|part| (part.work == Work::Later) == later);
        all.map(|part| part.name.as_str()).collect::<Vec<_>>()
    };
    let (now, later) = (names(false), names(true));
    let applied = (!now.is_empty()).then(|| format!("{} applied", now.join(", ")));
    let counts = if later.len() == 1 { "counts" } else { "count" };
    let waits =
        (!later.is_empty()).then(|| format!("{} {counts} from the next start", later.join(", ")));
    let all: Vec<String> = applied.into_iter().chain(waits).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The settings that count, and those that are being read.
pub struct Book {
    /// What `--config` said.
    pub given: Option<PathBuf>,
    /// What `--device` said, which goes over the file.
    pub device: Option<String>,
    /// The file.
    pub path: Option<PathBuf>,
    /// The settings that count.
    pub config: Config,
    /// What they say of ports.
    pub routes: Arc<Routes>,
    /// Where they come from.
    pub standing: Standing,
    /// Whether they work.
    pub trial: Trial,
    /// Whether the socket is the configuration's.
    pub has_own_socket: bool,
    /// The file is being read once more, for a client that waits for its answer.
    pub reading: Option<(Receiver<Fresh>, Option<Call>)>,
    /// It was asked for once more meanwhile.
    pub once_more: bool,
}

impl Player {
    /// Has the configuration read once more; the rest follows when that is done. `call`: who
    /// gets the answer.
    pub(super) fn reload(&mut self, call: Option<Call>) -> Outcome {
        if self.book.reading.is_some() {
            self.book.once_more = true;
            let said = "the configuration is being read already, and then once more";
            self.answer(call, Ok(said.to_owned()));
            return Ok(said.to_owned());
        }
        match reading::again(self.book.given.clone(), self.maps.shared()) {
            Ok(heard) => self.book.reading = Some((heard, call)),
            Err(why) => {
                self.console.say(&why);
                self.answer(call, Err(why.clone()));
                return Err(why);
            }
        }
        Ok("reading the configuration".to_owned())
    }

    fn answer(&mut self, call: Option<Call>, outcome: Outcome) {
        if let Some(call) = call {
            self.remote.answer(call, outcome);
        }
    }

    /// Puts into effect what has been read meanwhile.
    ///
    /// # Errors
    /// Where the engine cannot be driven any more.
    pub(super) fn reread(&mut self) -> Result<(), String> {
        let Some((heard, _)) = &self.book.reading else { return Ok(()) };
        let fresh = match heard.try_recv() {
            Ok(fresh) => Some(fresh),
            Err(TryRecvError::Empty) => return Ok(()),
            Err(TryRecvError::Disconnected) => None,
        };
        let call = self.book.reading.take().and_then(|(_, call)| call);
        let outcome = match fresh {
            Some(fresh) => self.take(fresh)?,
            None => Err("the configuration cannot be read: the thread for it has ended".to_owned()),
        };
        self.load_again();
        self.answer(call, outcome);
        if std::mem::take(&mut self.book.once_more) {
            drop(self.reload(None));
        }
        Ok(())
    }

    /// Looks for kits again and loads the one that plays once more.
    pub(super) fn load_again(&mut self) {
        self.console.say("kit: loading once more");
        self.told.new_files();
        self.switch.reload();
    }

    /// What came of it in words, or what is wrong with the file.
    fn take(&mut self, fresh: Fresh) -> Result<Outcome, String> {
        let Fresh { path, settings, good, aside } = fresh;
        aside.iter().for_each(|sentence| self.console.complain(sentence));
        self.remote.problems(&aside);
        let (config, routes) = match settings {
            Ok(found) => found,
            Err(mut odd) => {
                let path =
                    path.as_deref().map_or("rimshot.toml".into(), |p| p.display().to_string());
                odd.push(format!("{path}: not used: the settings stay as they are"));
                odd.iter().for_each(|sentence| self.console.complain(sentence));
                self.remote.problems(&odd);
                return Ok(Err(odd.join("; ")));
            }
        };
        // Maps that are being read are read for settings that no longer count.
        self.maps.forget();
        let maps = !routes.has_maps_of(&self.book.routes);
        let parts = diff(&self.book.config, &config, maps);
        let old = std::mem::replace(&mut self.book.config, config);
        self.book.routes = Arc::new(routes);
        self.book.path = path;
        self.book.standing =
            if self.book.path.is_some() { Standing::Clean } else { Standing::NoFile };
        let by_hand = self.book.given.is_some() && !reading::is_service();
        self.book.trial = Trial::new(good.filter(|_| !by_hand), self.now);
        self.apply(&old, &parts)?;
        let words = in_words(&parts);
        if let Some(words) = &words {
            self.console.say(&format!("config: {words}"));
        }
        Ok(Ok(words.unwrap_or_else(|| "loading once more".to_owned())))
    }

    fn apply(&mut self, old: &Config, parts: &[Part]) -> Result<(), String> {
        let has = |works: &[Work]| parts.iter().any(|part| works.contains(&part.work));
        let names = |name: &str| parts.iter().any(|part| part.name == name);
        let config = self.book.config.clone();
        let slots = parts.iter().any(|part| part.name.starts_with("slot."));
        if slots || has(&[Work::Engine, Work::Room, Work::Seed]) {
            self.set_up(&config, has(&[Work::Room]), has(&[Work::Seed]));
        }
        if names("sound.timing") {
            self.desk.set_timing(config.sound.timing);
        }
        if has(&[Work::Stream]) {
            self.open_sound()?;
        }
        if has(&[Work::Rate]) {
            self.library.set_rate(config.sound.rate);
            self.switch.forget();
        }
        if has(&[Work::Volume]) {
            drop(self.volume(config.engine.volume_db));
        }
        if has(&[Work::Ports, Work::Presses]) || names("sound.priority") {
            self.translate_anew();
        }
        if has(&[Work::Memory]) {
            self.library.set_compact(config.kits.compact);
            if names("kits.memory_mb") {
                self.library.set_budget(budget_of(&config));
            }
        }
        if has(&[Work::Shelf]) {
            let more = config.kits.folders.clone();
            let beside = beside(self.book.path.as_deref()).to_owned();
            self.switch.look_in(Box::new(move || Shelf::scan(&more, &beside)));
        }
        self.switch.set_loading(config.kits.loading);
        self.follow_program = config.midi.program_change;
        if config.kits.reload != old.kits.reload {
            self.fresh = config.kits.reload.then(super::Fresh::default);
        }
        if has(&[Work::Panel, Work::Presses]) {
            let none = Config::default().panel;
            let open = |wiring, midi| Buttons::open(wiring, midi, self.clock, self.pressed.clone());
            // What holds the lines lets go of them first.
            self.buttons = open(&none, Vec::new()).0;
            let midi = config.midi.buttons.iter().map(|button| button.reaction).collect();
            let (buttons, line) = open(&config.panel, midi);
            self.buttons = buttons;
            self.remote.problems(line.as_slice());
            line.iter().for_each(|line| self.console.say(line));
        }
        if has(&[Work::Display]) {
            // The old one lets go of the bus first.
            self.display = None;
            self.display = open_display(&config.display, &self.console);
        }
        if has(&[Work::Control]) && self.book.has_own_socket {
            self.remote.rebind_soon(config.control.clone(), self.now);
        }
        Ok(())
    }

    /// Opens the sound as it is configured, at the rate of the kit that plays.
    fn open_sound(&mut self) -> Result<(), String> {
        let mut wanted = wanted_of(&self.book.config, self.book.device.as_deref());
        wanted.rate = self.rate;
        for line in self.desk.reopen_as(wanted, self.now)? {
            self.console.say(&line);
            self.remote.tell(|at| Event::Sound { at, words: line });
        }
        Ok(())
    }

    /// A kit that was loaded at another rate than the engine's waits to be played: the engine
    /// changes to it. What rings is cut off.
    ///
    /// # Errors
    /// Where the engine cannot be driven any more.
    pub(super) fn change_rate(&mut self) -> Result<(), String> {
        let Some((rate, entry, kit)) = self.other_rate.take() else { return Ok(()) };
        self.rate = rate;
        // Both wait in the engine's ring for the first block at the new rate.
        let config = self.book.config.clone();
        self.desk.pause()?;
        self.set_up(&config, true, false);
        self.play(entry, kit);
        self.open_sound()
    }

    fn set_up(&mut self, config: &Config, room: bool, chance: bool) {
        let ways = Ways {
            feel: config.feel,
            voices: config.engine.voices,
            limiter: config.engine.limiter,
            timing: config.sound.timing,
        };
        let mut setup = Setup::new(self.rate, strips_of(config), ways);
        if room {
            setup = setup.with_room(room_of(config).as_ref(), self.rate);
        }
        if chance {
            let seed = seed(config.engine.seed);
            self.console.say(&format!("seed: {seed}"));
            setup = setup.with_seed(seed);
        }
        if self.order(Order::SetUp(Box::new(setup))).is_err() {
            self.remote.problem(NO_ORDERS.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        let (config, problems) = Config::parse(Path::new("rimshot.toml"), text, None);
        assert_eq!(problems, []);
        config.unwrap()
    }

    fn changes(old: &str, new: &str) -> Option<String> {
        in_words(&diff(&config(old), &config(new), false))
    }

    #[test]
    fn what_changed_is_told_by_its_name_and_what_did_not_is_not() {
        assert_eq!(changes("", ""), None);
        assert_eq!(changes("[engine]\nvoices = 128\n", ""), None, "that is the default");
        assert_eq!(
            changes("", "[slot.snare]\nlevel_db = 3\n[[midi.input]]\nport = 'TD'\n").unwrap(),
            "midi.input, slot.snare applied"
        );
        assert_eq!(
            changes("[kits]\nstart = 'x'\n", "[feel]\nhumanise = 0.2\n").unwrap(),
            "feel applied; kits.start counts from the next start"
        );
        assert_eq!(
            changes("", "[kits]\nstart = 'x'\n[state]\nfolder = 'none'\n").unwrap(),
            "kits.start, state count from the next start"
        );
    }

    #[test]
    fn a_zone_is_named_where_its_pad_is_not_what_changed() {
        let old = "[slot.snare]\nlevel_db = 3\n";
        let new = format!("{old}[slot.snare.rim]\nlevel_db = 1\n");
        assert_eq!(changes(old, &new).unwrap(), "slot.snare.rim applied");
        assert_eq!(changes("", &new).unwrap(), "slot.snare applied");
    }

    #[test]
    fn every_setting_of_the_file_is_noticed_and_each_asks_for_something() {
        let all = [
            "[sound]\ndevice = 'x'\n",
            "[sound]\nrate = 44100\n",
            "[sound]\nperiod = 64\n",
            "[sound]\noutputs = [3, 4]\n",
            "[sound]\ntiming = 'asap'\n",
            "[sound]\npriority = 50\n",
            "[engine]\nvoices = 64\n",
            "[engine]\nvolume_db = -3\n",
            "[engine]\nlimiter = false\n",
            "[engine]\nseed = 3\n",
            "[feel]\ngrab_ms = 100\n",
            "[midi]\nmap = 'gm'\n",
            "[midi]\nchannel = 10\n",
            "[midi]\nprogram_change = false\n",
            "[[midi.input]]\nport = 'x'\n",
            "[kits]\nfolders = ['/x']\n",
            "[kits]\nstart = 'x'\n",
            "[kits]\nloading = 'all'\n",
            "[kits]\nmemory_mb = 100\n",
            "[kits]\nmemory = 'compact'\n",
            "[kits]\nreload = true\n",
            "[slot.kick]\nlevel_db = 1\n",
            "[reverb]\non = true\n",
            "[panel]\nbackend = 'none'\n",
            "[control]\nsocket = 'none'\n",
            "[state]\nfolder = 'none'\n",
        ];
        for text in all {
            let (config, _) = Config::parse(Path::new("f"), text, None);
            let config = config.unwrap();
            assert_eq!(diff(&Config::default(), &config, false).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_mask_changes_the_strip_and_the_ports_and_a_map_that_was_edited_the_ports_alone() {
        let works = |old: &str, new: &str, maps| {
            let parts = diff(&config(old), &config(new), maps);
            parts.iter().map(|part| (part.name.clone(), part.work)).collect::<Vec<_>>()
        };
        assert_eq!(
            works("", "[slot.kick]\nmask_ms = 20\n", false),
            [("slot.kick".to_owned(), Work::Ports)]
        );
        assert_eq!(works("", "", true), [("the note map's file".to_owned(), Work::Ports)]);
        assert_eq!(works("", "[midi]\nmap = 'gm'\n", true), [("midi.map".to_owned(), Work::Ports)]);
    }
}
