//! Which live ports are open, and which source of the engine each of them feeds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, Sender, unbounded};
use rtrb::Consumer;

use super::buttons::Press;
pub use super::change::PortChange;
use super::lane::{Lane, Priorities, Source};
use super::message::Stream;
pub use super::names::short_name;
use super::names::tidy;
use super::sequencer::{Address, Alsa, CLIENT, Connection, Port, Sequencer};
use super::stamp::StampClock;
use super::swap::{self, Giver};
use super::tap::{Raw, Tap, Watched};
use super::translate::Translator;
use crate::words::limits::RAW_CHUNKS;
use crate::words::time::Clock;
use crate::words::{Action, EventSink};

/// The priority that MIDI threads ask for where nothing else is set: below the audio thread.
pub const DEFAULT_PRIORITY: u8 = 60;

/// The kernel's loopback port, which carries nothing of its own.
const THROUGH: &str = "Midi Through:";

/// A port that could not be opened is tried again after so many nanoseconds (udev may still
/// be at it), and then ever more rarely.
const FIRST_TRY: u64 = 250_000_000;
const LAST_TRY: u64 = 30_000_000_000;

/// What a port's messages are translated by.
pub struct Chosen {
    /// The translator.
    pub translator: Translator,
    /// Why it has the map it has, as the end of a sentence.
    pub why: String,
}

/// Makes the translator of a port from its name (`TD-17:TD-17 MIDI 1`) and the device
/// number that its events shall carry; `None` leaves the port alone.
pub type Chooser = Box<dyn FnMut(&str, u8) -> Option<Chosen>>;

struct OpenPort {
    port: Port,
    name: String,
    device: u8,
    source: usize,
    map: String,
    why: String,
    swap: Giver,
    raw: Consumer<Raw>,
    connection: Box<dyn Connection>,
}

/// A port that is there and not open.
struct LeftPort {
    port: Port,
    name: String,
    /// What was said of it; nothing where nobody wants it.
    why: Option<String>,
    /// When it is tried again, and how long it waits then; nanoseconds.
    again: Option<u64>,
    wait: u64,
}

/// The live inputs. Owned by the control thread; each open port has a thread of its own.
pub struct Inputs {
    clock: Clock,
    sequencer: Box<dyn Sequencer>,
    choose: Chooser,
    actions: Sender<(Arc<str>, Action)>,
    presses: Option<Sender<Press>>,
    priority: Option<u8>,
    priorities: Arc<Priorities>,
    /// Sources that no port feeds, the lowest number last.
    free: Vec<Source>,
    home: (Sender<Source>, Receiver<Source>),
    open: Vec<OpenPort>,
    /// The ports of the last look.
    seen: Vec<Port>,
    /// Those of them that were left alone or could not be opened: tried again when any port
    /// has come or gone, and what failed ever more rarely besides. (Not at every look: a try
    /// announces a client of our own, which would be a reason to look again.)
    left: Vec<LeftPort>,
    unavailable: Option<String>,
    watched: Arc<Watched>,
}

impl Inputs {
    /// Inputs from the ALSA sequencer; none is open before the first [`Inputs::refresh`].
    ///
    /// `sinks` are the engine's sources in order of their numbers; as many ports can be
    /// open at once. `actions` should be unbounded and gets what ports ask of the player,
    /// with the port's name. `priority`, 1..=99, is what each MIDI thread asks for under
    /// `SCHED_FIFO`; `None` asks for nothing.
    pub fn new(
        clock: Clock,
        sinks: Vec<Box<dyn EventSink>>,
        actions: Sender<(Arc<str>, Action)>,
        priority: Option<u8>,
        choose: Chooser,
    ) -> Self {
        Self::with_sequencer(Box::new(Alsa::new()), clock, sinks, actions, priority, choose)
    }

    /// The same with another sequencer, for tests.
    pub fn with_sequencer(
        sequencer: Box<dyn Sequencer>,
        clock: Clock,
        sinks: Vec<Box<dyn EventSink>>,
        actions: Sender<(Arc<str>, Action)>,
        priority: Option<u8>,
        choose: Chooser,
    ) -> Self {
        Self {
            clock,
            sequencer,
            choose,
            actions,
            presses: None,
            priority,
            priorities: Arc::default(),
            free: sinks.into_iter().enumerate().rev().collect(),
            home: unbounded(),
            open: Vec::new(),
            seen: Vec::new(),
            left: Vec::new(),
            unavailable: None,
            watched: Arc::default(),
        }
    }

    /// `presses` gets what is pressed and let go of the buttons that translators know; what
    /// finds no room there is left out.
    pub fn with_presses(mut self, presses: Sender<Press>) -> Self {
        self.presses = Some(presses);
        self
    }

    /// Compares the ports that are there with those that are open: closes what is gone,
    /// opens what is new. Called when [`super::announce`] has news, and without it every
    /// 250 ms. Costs a few system calls a port.
    pub fn refresh(&mut self) -> Vec<PortChange> {
        let mut changes = self.collect();
        self.open.iter_mut().for_each(|open| open.swap.tend());
        let ports = match self.sequencer.ports() {
            Ok(ports) => ports,
            Err(why) => {
                if self.unavailable.as_ref() != Some(&why) {
                    self.unavailable = Some(why.clone());
                    changes.push(PortChange::Unavailable { why });
                }
                return changes;
            }
        };
        self.unavailable = None;
        let ports: Vec<Port> = ports.into_iter().filter(is_wanted).collect();
        changes.extend(self.close_where(|open| !ports.contains(open)));
        let now = self.clock.now();
        self.left.retain(|left| ports.contains(&left.port));
        if ports != self.seen {
            self.left.iter_mut().for_each(|left| (left.again, left.wait) = (Some(now), FIRST_TRY));
            self.seen.clone_from(&ports);
        }
        for port in ports {
            let left = self.left.iter().position(|left| left.port == port);
            let rests = left.is_some_and(|at| self.left[at].again.is_none_or(|at| now < at));
            if !rests && !self.open.iter().any(|o| o.port == port) {
                let before = left.map(|at| self.left.remove(at));
                changes.extend(self.open(port, before, now));
            }
        }
        changes
    }

    /// The port at this address is gone, as [`super::announce`] says: it is closed at once,
    /// so that another one which has come under the same number is opened by the next
    /// [`Inputs::refresh`].
    pub fn exited(&mut self, address: Address) -> Vec<PortChange> {
        self.seen.retain(|port| port.address != address);
        self.close_where(|port| port.address == address)
    }

    /// Closes every port; the next [`Inputs::refresh`] opens them again, with translators
    /// made anew.
    pub fn close_all(&mut self) -> Vec<PortChange> {
        self.seen.clear();
        self.close_where(|_| true)
    }

    /// From now on ports are translated by what `choose` makes; those that are open go on
    /// without missing a message. `priority`: of ports that are opened from now on, as
    /// [`Inputs::new`] has it.
    pub fn retranslate(&mut self, choose: Chooser, priority: Option<u8>) -> Vec<PortChange> {
        (self.choose, self.priority) = (choose, priority);
        let mut changes = Vec::new();
        let mut leave = Vec::new();
        for open in &mut self.open {
            let name = open.name.clone();
            let Some(Chosen { translator, why }) = (self.choose)(&name, open.device) else {
                leave.push(open.port.address);
                continue;
            };
            let map = translator.map_name().to_owned();
            open.swap.give(translator);
            if (&open.map, &open.why) != (&map, &why) {
                (open.map, open.why) = (map.clone(), why.clone());
                changes.push(PortChange::Translated { name, map, why });
            }
        }
        changes.extend(self.close_where(|port| leave.contains(&port.address)));
        // Those that were left alone may be wanted now.
        self.seen.clear();
        changes
    }

    /// Name, note map and source of every open port.
    pub fn ports(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.open.iter().map(|o| (o.name.as_str(), o.map.as_str(), o.source))
    }

    /// The names of the ports that are there and not open: left alone, or failed.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(|left| left.name.as_str())
    }

    /// Why there are no ports to be had at all, as a sentence without a full stop.
    pub fn unavailable(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }

    /// Whether anybody watches what ports send, and what was missed of it.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Hands over what open ports have sent since the last call, with the port's name; for
    /// as long as [`Inputs::watched`] is on. At most [`RAW_CHUNKS`] a port and call, so that
    /// a port that never stops sending does not hold the caller.
    pub fn raw(&mut self, mut each: impl FnMut(&str, Raw)) {
        for OpenPort { name, raw, .. } in &mut self.open {
            for chunk in (0..RAW_CHUNKS).map_while(|_| raw.pop().ok()) {
                each(name, chunk);
            }
        }
    }

    /// How many MIDI threads got the priority they asked for, and how many did not. A
    /// thread asks when its first message comes.
    pub fn priorities(&self) -> (usize, usize) {
        let Priorities { granted, refused } = &*self.priorities;
        (granted.load(Ordering::Relaxed), refused.load(Ordering::Relaxed))
    }

    /// `before`: what is known of it where it was left.
    fn open(&mut self, port: Port, before: Option<LeftPort>, now: u64) -> Option<PortChange> {
        let device = self.device(port.address.client);
        let name = match &before {
            Some(before) => before.name.clone(),
            None => self.name(&port),
        };
        let Some(Chosen { translator, why }) = (self.choose)(&name, device) else {
            self.left.push(LeftPort { port, name, why: None, again: None, wait: FIRST_TRY });
            return None;
        };
        let Some(source) = self.free.pop() else {
            let why = "every source of the engine is taken by another port".to_owned();
            let said = before.is_some_and(|before| before.why.as_ref() == Some(&why));
            let failed = PortChange::Failed { name: name.clone(), why: why.clone() };
            // Nothing but a port that goes makes room.
            let why = Some(why);
            self.left.push(LeftPort { port, name, why, again: None, wait: FIRST_TRY });
            return (!said).then_some(failed);
        };
        let (number, map) = (source.0, translator.map_name().to_owned());
        let (tap, raw) = Tap::new(&self.watched);
        let (swap, taker) = swap::ends();
        let lane = Lane {
            name: name.as_str().into(),
            clock: self.clock,
            stamps: StampClock::new(),
            stream: Stream::new(),
            tap,
            translator,
            swap: taker,
            actions: self.actions.clone(),
            presses: self.presses.clone(),
            priority: self.priority,
            priorities: Arc::clone(&self.priorities),
            source: Some(source),
            home: self.home.0.clone(),
        };
        match self.sequencer.connect(&port, lane) {
            Ok(connection) => {
                let source = number;
                let told = (map.clone(), why.clone());
                self.open.push(OpenPort {
                    port,
                    name: name.clone(),
                    device,
                    source,
                    map,
                    why,
                    swap,
                    raw,
                    connection,
                });
                Some(PortChange::Opened { name, map: told.0, why: told.1, source })
            }
            Err(why) => {
                self.gather();
                let said = before.as_ref().is_some_and(|before| before.why.as_ref() == Some(&why));
                let wait = before.map_or(FIRST_TRY, |before| before.wait);
                let failed = PortChange::Failed { name: name.clone(), why: why.clone() };
                let (again, wait) = (Some(now + wait), (2 * wait).min(LAST_TRY));
                self.left.push(LeftPort { port, name, why: Some(why), again, wait });
                (!said).then_some(failed)
            }
        }
    }

    /// What a port is called: its own name where no other has it, and a number behind it
    /// where two modules are of the same make. The number stays for as long as the module
    /// does, and one that comes back gets the number that is free: its own.
    fn name(&self, port: &Port) -> String {
        let own = tidy(&port.name);
        let open = self.open.iter().map(|open| &open.name);
        let taken: Vec<&String> = open.chain(self.left.iter().map(|left| &left.name)).collect();
        let names = (1..).map(|n| if n == 1 { own.clone() } else { format!("{own} #{n}") });
        let mut free = names.filter(|name| !taken.contains(&name));
        free.next().unwrap_or_default()
    }

    /// Two ports of one client are one device and share its number; else the lowest free one.
    fn device(&self, client: i32) -> u8 {
        let same = self.open.iter().find(|o| o.port.address.client == client);
        same.map(|o| o.device).unwrap_or_else(|| {
            let taken = |n: &u8| self.open.iter().any(|o| o.device == *n);
            (0..=u8::MAX).find(|n| !taken(n)).unwrap_or(u8::MAX)
        })
    }

    fn close_where(&mut self, gone: impl Fn(&Port) -> bool) -> Vec<PortChange> {
        let (closing, open): (Vec<_>, Vec<_>) =
            self.open.drain(..).partition(|open| gone(&open.port));
        self.open = open;
        let closed = closing.into_iter().map(|open| {
            drop(open.connection);
            PortChange::Closed { name: open.name }
        });
        let closed = closed.collect();
        self.gather();
        closed
    }

    /// Takes home the sources of closed ports. A source that comes from a port still held
    /// to be open says that the port's thread has ended: the port is closed then.
    fn collect(&mut self) -> Vec<PortChange> {
        self.gather();
        let ended = |o: &&OpenPort| self.free.iter().any(|(number, _)| *number == o.source);
        let dead: Vec<Address> = self.open.iter().filter(ended).map(|o| o.port.address).collect();
        self.close_where(|port| dead.contains(&port.address))
    }

    fn gather(&mut self) {
        self.free.extend(self.home.1.try_iter());
        self.free.sort_by_key(|&(number, _)| std::cmp::Reverse(number));
    }
}

/// Our own ports and the loopback are not listened to.
pub fn is_wanted(port: &Port) -> bool {
    let own = port.name.split(':').next() == Some(CLIENT);
    !own && !port.name.starts_with(THROUGH)
}

#[cfg(test)]
mod tests;
