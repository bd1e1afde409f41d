//! The dialogue over the control socket: the module's messages into the session, its words to
//! whoever asks and answers.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, select, tick, unbounded};

use super::heard::Heard;
use super::map_file::{self, Learned};
use super::session::{Input, Key, Said, Session};
use super::steps::Step;
use crate::app::control::client::Hook;
use crate::app::control::event::Topics;
use crate::app::control::{Event, Link, Request, Status};
use crate::midi::short_name;
use crate::words::Slot;

/// How often the session is told that time passes.
const TICK: Duration = Duration::from_millis(50);
/// A message is told by the module within this time, in seconds: it looks for them every
/// 20 ms. Time passes for the session so much later, so that nothing comes after its moment.
const LAG: f64 = 0.1;
/// So long the module is given to say that it has read the map.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who asks the drummer, and tells what he says.
pub trait Front {
    /// The session says something.
    ///
    /// # Errors
    /// A sentence: nobody can be told any more.
    fn said(&mut self, said: &Said, port: &str) -> Result<(), String>;

    /// Something that is about ports and files.
    ///
    /// # Errors
    /// As [`Front::said`].
    fn word(&mut self, words: &str) -> Result<(), String>;

    /// What it wants, as time passes; `now` in seconds.
    fn tick(&mut self, now: f64) -> Vec<Wish>;
}

/// What a front wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// The kit's sound of a slot, the hi-hat so open.
    Strike(Slot, f32),
    /// As if somebody had pressed a key.
    Key(Key),
}

/// What is to be learned.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// A part of the port's name.
    pub port: Option<String>,
    /// The file; `None`: where the module looks for such maps.
    pub output: Option<PathBuf>,
    /// Whether an old file is forgotten.
    pub anew: bool,
    /// The questions.
    pub steps: Vec<Step>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Client and port name.
    pub port: String,
    /// The file.
    pub file: PathBuf,
    /// Whether every question is done with.
    pub complete: bool,
    /// Whether the module takes the map from there by itself.
    pub is_found: bool,
    /// What should stand in the file, where it could not be written.
    pub unwritten: Option<String>,
}

/// Learns until all is asked or somebody has enough; `None` where no port was there.
///
/// # Errors
/// A sentence: it could not begin, or the module is gone.
pub fn talk(
    mut link: Link,
    keys: &Receiver<Key>,
    wanted: &Wanted,
    front: &mut dyn Front,
) -> Result<Option<Done>, String> {
    link.ask(&Request::Events(Topics::MIDI.and(Topics::PORTS)))?;
    let answer = link.ask(&Request::Status)?;
    let status = answer.get("status").cloned().unwrap_or_default();
    let status: Status = serde_json::from_value(status)
        .map_err(|error| format!("the module is of another version: {error}"))?;
    link.wait_for_ever().map_err(|error| error.to_string())?;
    let hook = link.hook().map_err(|error| error.to_string())?;
    let (line, lines) = unbounded();
    let read = move || {
        while let Ok(Some(text)) = link.line() {
            if line.send(text).is_err() {
                return;
            }
        }
    };
    let reader = thread::Builder::new().name("rimshot-lines".to_owned()).spawn(read);
    let reader = reader.map_err(|error| format!("no thread to listen in: {error}"))?;
    let folders = status.midi.maps.iter().map(PathBuf::from).collect();
    let open = status.midi.ports.iter().filter(|port| port.open);
    let mut talk = Talk {
        wanted,
        front,
        folders,
        ports: open.map(|port| port.name.clone()).collect(),
        clock: (status.uptime_s, Instant::now()),
        pupil: None,
    };
    let outcome = talk.run(&lines, keys, &hook, status.midi.unavailable.as_deref());
    let done = talk.pupil.map(|pupil| pupil.done(&talk.folders));
    if done.as_ref().is_some_and(|done| done.is_found) && hook.send(&Request::Maps).is_ok() {
        let until = Instant::now() + PATIENCE;
        let answers = |text: String| text.starts_with("{\"ok\"");
        while !matches!(
            lines.recv_deadline(until).map(answers),
            Ok(true) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)
        ) {}
    }
    hook.hang_up();
    let _ = reader.join();
    outcome.map(|()| done)
}

/// The port that is learned, and what is known of it.
struct Pupil {
    port: String,
    file: PathBuf,
    session: Session,
    /// Why the file could not be written the last time.
    unwritten: Option<String>,
}

struct Talk<'a> {
    wanted: &'a Wanted,
    front: &'a mut dyn Front,
    folders: Vec<PathBuf>,
    /// Those that are open and not learned.
    ports: Vec<String>,
    /// A time of the module and when it was that.
    clock: (f64, Instant),
    pupil: Option<Pupil>,
}

impl Talk<'_> {
    fn run(
        &mut self,
        lines: &Receiver<String>,
        keys: &Receiver<Key>,
        hook: &Hook,
        unavailable: Option<&str>,
    ) -> Result<(), String> {
        self.choose(None, unavailable)?;
        let ticks = tick(TICK);
        while !self.pupil.as_ref().is_some_and(|pupil| pupil.session.is_over()) {
            select! {
                recv(lines) -> line => match line {
                    Ok(line) => self.line(&line)?,
                    Err(_) => return Err(self.gone()),
                },
                // without a keyboard nobody goes on
                recv(keys) -> key => match (key.unwrap_or(Key::Quit), &self.pupil) {
                    (Key::Quit, None) => return Ok(()),
                    (key, _) => self.input(self.late(), Input::Key(key))?,
                },
                recv(ticks) -> _ => {
                    let now = self.late();
                    self.input(now, Input::Tick)?;
                    for wish in self.front.tick(now) {
                        match wish {
                            Wish::Key(Key::Quit) if self.pupil.is_none() => return Ok(()),
                            Wish::Key(key) => self.input(now, Input::Key(key))?,
                            Wish::Strike(slot, openness) => {
                                let strike = Request::strike(slot, openness);
                                // where the module is gone the lines end
                                let _ = hook.send(&strike);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn gone(&self) -> String {
        match &self.pupil {
            Some(pupil) => format!(
                "stopped, or the module has ended; what is learned is kept in {}, and \
                 `rimshot learn` goes on from there",
                pupil.file.display()
            ),
            None => "stopped, or the module has ended, before anything was learned".to_owned(),
        }
    }

    /// The module's time now, and a little less.
    fn late(&self) -> f64 {
        let (at, since) = self.clock;
        at + since.elapsed().as_secs_f64() - LAG
    }

    fn is_wanted(&self, port: &str) -> bool {
        let part = self.wanted.port.as_ref().map(|part| part.to_lowercase());
        part.is_none_or(|part| port.to_lowercase().contains(&part))
    }

    /// Takes the only port that there is, or the one that has just `played`.
    fn choose(&mut self, played: Option<&str>, unavailable: Option<&str>) -> Result<(), String> {
        let known: Vec<String> =
            self.ports.iter().filter(|port| self.is_wanted(port)).cloned().collect();
        let port = match (played, known.as_slice()) {
            (Some(port), _) if self.is_wanted(port) => port.to_owned(),
            (None, [port]) => port.clone(),
            (None, []) => {
                let part = self.wanted.port.as_ref();
                let part = part.map_or(String::new(), |part| format!(" with '{part}' in its name"));
                let why = unavailable.map_or(String::new(), |why| format!(" ({why})"));
                return self.front.word(&format!(
                    "there is no MIDI port{part}{why}: plug the module in, or q ends"
                ));
            }
            (None, several) => {
                let names: Vec<String> = several.iter().map(|port| short_name(port)).collect();
                let names = names.join(", ");
                return self.front.word(&format!(
                    "there are several MIDI ports ({names}): hit any pad of the one to be learned"
                ));
            }
            _ => return Ok(()),
        };
        let pupil = self.pupil(port)?;
        let file = pupil.file.display();
        let notes = pupil.session.map().order.len();
        let count = if notes == 1 {
            "1 note that is".to_owned()
        } else {
            format!("{notes} notes that are")
        };
        let from = match notes {
            0 => String::new(),
            _ if pupil.session.is_complete() => {
                format!(", where every pad is learned already: from the beginning ({notes} notes)")
            }
            _ => format!(", going on behind {count} in it"),
        };
        self.front.word(&format!("learning {} into {file}{from}", short_name(&pupil.port)))?;
        self.pupil = Some(pupil);
        Ok(())
    }

    fn pupil(&self, port: String) -> Result<Pupil, String> {
        let place = || map_file::place(&self.folders, &port);
        let file = self.wanted.output.clone().or_else(place).ok_or_else(|| {
            let folders: Vec<String> =
                self.folders.iter().map(|folder| folder.display().to_string()).collect();
            format!(
                "no map can be written for '{}': tried {}; the group rimshot \
                 may write in the service's state folder, and --output names a file",
                short_name(&port),
                folders.join(", ")
            )
        })?;
        let learned = match self.wanted.anew {
            true => Learned::nothing(&port),
            false => Learned::read(&file, &port)?,
        };
        // Better now than after the last pad.
        learned.write(&file, &port)?;
        let session = Session::new(self.wanted.steps.clone(), learned.map, learned.settled);
        Ok(Pupil { port, file, session, unwritten: None })
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let Ok(event) = serde_json::from_str::<Event>(line) else { return Ok(()) };
        match event {
            Event::Midi { at, name, bytes, message, .. } => {
                self.clock = (at.max(self.clock.0), Instant::now());
                let heard = Heard::of(&bytes, message);
                if self.pupil.is_none() && matches!(heard, Heard::On { .. }) {
                    return self.choose(Some(&name), None);
                }
                if self.pupil.as_ref().is_some_and(|pupil| pupil.port == name) {
                    self.input(at, Input::Heard(heard))?;
                }
                Ok(())
            }
            Event::Port { name, change, .. } => {
                let short = short_name(&name);
                let is_pupil = self.pupil.as_ref().is_some_and(|pupil| pupil.port == name);
                let opened = change == "opened";
                self.ports.retain(|port| *port != name);
                if opened {
                    self.ports.push(name);
                }
                match (is_pupil, opened) {
                    (true, true) => self.front.word(&format!("{short} is back")),
                    (true, false) => self.front.word(&format!(
                        "{short} is gone: plug it in again, and the question stands; q ends"
                    )),
                    (false, true) if self.pupil.is_none() => self.choose(None, None),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn input(&mut self, now: f64, input: Input) -> Result<(), String> {
        let Some(pupil) = &mut self.pupil else { return Ok(()) };
        let said = pupil.session.take(now, input);
        if pupil.session.take_change() || (pupil.session.is_over() && pupil.unwritten.is_some()) {
            let written = pupil.learned().write(&pupil.file, &pupil.port);
            let before = std::mem::replace(&mut pupil.unwritten, written.err());
            if let (Some(why), None) = (&pupil.unwritten, before) {
                let words = format!("{why}; it is tried again after the next pad");
                self.front.word(&words)?;
            }
        }
        let port = pupil.port.clone();
        said.iter().try_for_each(|said| self.front.said(said, &port))
    }
}

impl Pupil {
    fn learned(&self) -> Learned {
        Learned { map: self.session.map().clone(), settled: self.session.settled().clone() }
    }

    fn done(self, folders: &[PathBuf]) -> Done {
        let folder = self.file.parent().map(Path::to_owned).unwrap_or_default();
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let is_found = folders.iter().any(|other| real(other) == real(&folder));
        let unwritten = self.unwritten.as_ref().map(|_| self.learned().text(&self.port));
        Done {
            complete: self.session.is_complete(),
            is_found: is_found && unwritten.is_none(),
            port: self.port,
            file: self.file,
            unwritten,
        }
    }
}
