//! The player's side of the control socket: what it keeps for clients, and what they ask.

use std::collections::{BTreeMap, VecDeque};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never};
use serde::Serialize;

use super::guess::Guesser;
use super::{NO_ORDERS, Outcome, Player};
use crate::app::config;
use crate::app::control;
use crate::app::control::event::Topics;
use crate::app::control::status::{Learning, Loading, Trouble};
use crate::app::control::{Call, Control, Event, Request, Status};
use crate::engine::ports::Order;
use crate::kit::KitId;
use crate::midi::message::Stream;
use crate::words::limits::SOURCES;
use crate::words::time::Clock;
use crate::words::{Action, Hit};

/// How long the answer to a request has before its socket goes.
const LAST_ANSWER: Duration = Duration::from_millis(200);
/// Problems that are kept for whoever asks later; the oldest make room.
const PROBLEMS: usize = 32;

/// What clients hear and may ask for.
pub struct Remote {
    control: Option<Control>,
    clock: Clock,
    problems: VecDeque<Trouble>,
    /// Where the pedal of each source stood when it last moved.
    pub pedals: [Option<f32>; SOURCES],
    /// The ports that could not be opened, and why.
    pub failed: BTreeMap<String, String>,
    /// The kit whose samples the engine's notices name.
    pub plays: Option<KitId>,
    /// The kit that is being loaded to be played.
    pub loading: Option<Loading>,
    /// What has come of messages that are watched, by port.
    pub streams: BTreeMap<String, Stream>,
    /// What other maps know.
    pub guesser: Guesser,
    /// The socket is to be another one from then on: whoever asked for that has his answer
    /// first.
    rebind: Option<(config::Control, Instant)>,
    /// Where the dialogue stands that learns a map by sounds.
    pub learning: Option<Learning>,
}

impl Remote {
    /// Nothing has happened yet.
    pub fn new(control: Option<Control>, clock: Clock) -> Self {
        Self {
            control,
            clock,
            problems: VecDeque::new(),
            pedals: [None; SOURCES],
            failed: BTreeMap::new(),
            plays: None,
            loading: None,
            streams: BTreeMap::new(),
            guesser: Guesser::new(),
            rebind: None,
            learning: None,
        }
    }

    /// What clients ask; nothing ever without a socket.
    pub fn calls(&self) -> Receiver<Call> {
        self.control.as_ref().map_or_else(never, |control| control.calls().clone())
    }

    /// A connection to itself, for a thread that does what clients do.
    ///
    /// # Errors
    /// A sentence: why there is none.
    pub fn join(&mut self) -> Result<UnixStream, String> {
        let control = match self.control.take() {
            Some(control) => control,
            None => Control::private()?,
        };
        let stream = control.join();
        self.control = Some(control);
        stream.map_err(|error| format!("there is no connection to the module: {error}"))
    }

    /// The socket is no more.
    pub fn close(&mut self) {
        self.control = None;
    }

    /// The socket will be the one that these settings ask for.
    pub fn rebind_soon(&mut self, settings: config::Control, now: Instant) {
        self.rebind = Some((settings, now + LAST_ANSWER));
    }

    /// Takes the new socket when its time has come; what there is to say.
    pub fn rebind(&mut self, now: Instant) -> Vec<String> {
        let Some((settings, _)) = self.rebind.take_if(|(_, at)| now >= *at) else {
            return Vec::new();
        };
        // The place may be the same one, and is free only then.
        self.control = None;
        let (control, said) = control::of(&settings);
        self.control = control;
        said.into_iter().map(|line| format!("control: {line}")).collect()
    }

    /// Answers a request that took its time.
    pub fn answer(&self, call: Call, outcome: Outcome) {
        let Some(control) = &self.control else { return };
        match outcome {
            Ok(said) => control.done(call, &Answer { said: Some(said), ..Answer::default() }),
            Err(sentence) => control.refused(call, &sentence),
        }
    }

    /// Whether any client wants to hear of any of these.
    pub fn wants(&self, topics: Topics) -> bool {
        self.control.as_ref().is_some_and(|control| control.wants(topics))
    }

    /// Seconds since the start, to the millisecond.
    pub fn now(&self) -> f64 {
        seconds(self.clock.now())
    }

    /// Tells clients of an event that happens now; `make` gets the time.
    pub fn tell(&self, make: impl FnOnce(f64) -> Event) {
        if let Some(control) = &self.control {
            control.tell(&make(self.now()));
        }
    }

    /// Keeps a problem, and tells of it.
    pub fn problem(&mut self, words: String) {
        let at = self.now();
        self.problems.retain(|known| known.words != words);
        if self.problems.len() >= PROBLEMS {
            self.problems.pop_front();
        }
        self.problems.push_back(Trouble { at, words: words.clone() });
        self.tell(|at| Event::Problem { at, words });
    }

    /// The same for several.
    pub fn problems(&mut self, all: &[String]) {
        all.iter().for_each(|words| self.problem(words.clone()));
    }

    /// The newest problem.
    pub fn newest(&self) -> Option<&Trouble> {
        self.problems.back()
    }

    /// What is kept, the oldest first.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.problems.iter().cloned().collect()
    }
}

/// Nanoseconds as seconds, to the millisecond.
pub fn seconds(nanos: u64) -> f64 {
    (nanos / 1_000_000) as f64 / 1e3
}

/// What is told of a request that was done.
#[derive(Default, Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

impl Player {
    /// Does what a client asks, and answers.
    pub(super) fn call(&mut self, call: Call) {
        if call.request == Request::Act(Action::Reload) {
            drop(self.reload(Some(call)));
            return;
        }
        let answer = match &call.request {
            Request::Status => Ok(Answer { status: Some(self.status()), ..Answer::default() }),
            Request::Events(topics) => {
                self.inputs.watched().set(self.remote.wants(Topics::MIDI));
                Ok(Answer { topics: Some(topics.list()), ..Answer::default() })
            }
            request => {
                let said = self.obey(request);
                said.map(|said| Answer { said: Some(said), ..Answer::default() })
            }
        };
        let Some(control) = &self.remote.control else { return };
        match answer {
            Ok(answer) => control.done(call, &answer),
            Err(sentence) => control.refused(call, &sentence),
        }
    }

    fn obey(&mut self, request: &Request) -> Outcome {
        match request {
            Request::Act(action) => self.act(*action, None),
            Request::Kit(which) => self.kit(which),
            Request::Volume(db) => self.volume(*db),
            Request::VolumeBy(by) => self.volume(self.volume_db + by),
            Request::Trim(db) => self.trim(*db),
            Request::TrimBy(by) => self.trim(self.trim_db + by),
            Request::Strike(strike) => {
                let hit =
                    Hit { openness: strike.openness, ..Hit::new(strike.slot, strike.velocity) };
                match self.order(Order::Strike(hit)) {
                    Ok(()) => Ok(strike.slot.to_string()),
                    Err(_) => Err(NO_ORDERS.to_owned()),
                }
            }
            Request::Maps => self.read_maps(),
            Request::Save => {
                self.keeper.hurry();
                Ok("kit and volume are being written".to_owned())
            }
            // `call` answers these.
            Request::Events(_) | Request::Status => Ok(String::new()),
        }
    }
}
