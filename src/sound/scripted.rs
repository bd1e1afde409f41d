//! Sound cards that a script plugs, drives and pulls: what tests and the soak play on. All
//! but the card itself is real: what is chosen, the shell round the source, its way home.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::words::stream::{AudioSource, StreamMeters, StreamShape};

use super::NULL;
use super::berth::berth;
use super::card::{Card, CardKind};
use super::convert::Outputs;
use super::driver::{Needs, Running};
use super::host::{Cards, Host};
use super::plan::Candidate;
use super::shell::{Health, Shell, Trouble};

/// A machine with sound cards. Clones are the same machine.
#[derive(Clone, Default)]
pub struct Machine(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    cards: Vec<Card>,
    changed: bool,
    /// Cards that cannot be opened, by id, and why.
    refused: BTreeMap<String, String>,
    playing: Option<Playing>,
    /// What was tried, in order.
    tries: Vec<String>,
    streams: u64,
}

/// The stream that is open.
struct Playing {
    number: u64,
    pcm: String,
    card: Option<String>,
    shell: Shell,
    outputs: Outputs,
    health: Arc<Health>,
    meters: Arc<StreamMeters>,
}

/// What [`super::Stream`] holds of a stream here.
struct Line(Machine, u64);

impl Drop for Line {
    fn drop(&mut self) {
        let mut inside = self.0.inside();
        let ours = inside.playing.take_if(|playing| playing.number == self.1);
        drop(inside);
        drop(ours);
    }
}

impl Machine {
    /// A machine without a card.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a player opens its cards by. Nothing is asked for before [`Machine::block`].
    pub fn host(&self) -> Host {
        Host::of(Box::new(self.clone()))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stereo card is plugged in.
    pub fn plug(&self, id: &str, name: &str, kind: CardKind) {
        let mut inside = self.inside();
        let index = inside.cards.iter().map(|card| card.index + 1).max().unwrap_or(0);
        let (id, name) = (id.to_owned(), name.to_owned());
        inside.cards.push(Card { index, id, driver: String::new(), name, kind, device: 0 });
        inside.cards.sort_by_key(|card| (card.kind, card.index));
        inside.changed = true;
    }

    /// A card is pulled. Where it plays, its driver says so once and its callback ends.
    pub fn unplug(&self, id: &str) {
        let mut inside = self.inside();
        inside.cards.retain(|card| card.id != id);
        inside.changed = true;
        let ends = inside.playing.take_if(|playing| playing.card.as_deref() == Some(id));
        drop(inside);
        if let Some(playing) = ends {
            playing.health.note(Trouble::Gone, &playing.meters);
        }
    }

    /// From now on this card cannot be opened, and why; `None`: it can again.
    pub fn refuse(&self, id: &str, why: Option<&str>) {
        let mut inside = self.inside();
        match why {
            Some(why) => inside.refused.insert(id.to_owned(), why.to_owned()),
            None => inside.refused.remove(id),
        };
    }

    /// The card that plays asks for a block, `out` interleaved stereo. Whether one plays.
    pub fn block(&self, out: &mut [f32]) -> bool {
        let mut inside = self.inside();
        let Some(playing) = &mut inside.playing else { return false };
        playing.shell.fill(&playing.outputs, out);
        true
    }

    /// The card that plays has run out of samples; it plays on.
    pub fn xrun(&self) {
        self.trouble(Trouble::Xrun);
    }

    /// The driver of the card that plays tells an error that means nothing to anybody.
    pub fn error(&self) {
        self.trouble(Trouble::Other);
    }

    fn trouble(&self, trouble: Trouble) {
        if let Some(playing) = &self.inside().playing {
            playing.health.note(trouble, &playing.meters);
        }
    }

    /// ALSA's name of the PCM that plays; `null` for the silent device.
    pub fn playing(&self) -> Option<String> {
        self.inside().playing.as_ref().map(|playing| playing.pcm.clone())
    }

    /// ALSA's names of what was tried since the last question.
    pub fn take_tries(&self) -> Vec<String> {
        std::mem::take(&mut self.inside().tries)
    }

    /// Whether a candidate is there and can be opened, or why not.
    fn try_one(&self, candidate: &Candidate) -> Result<String, String> {
        let pcm = candidate.tries.first().map_or(String::new(), |way| way.pcm.clone());
        let mut inside = self.inside();
        inside.tries.push(pcm.clone());
        let there = |id: &String| inside.cards.iter().any(|card| card.id == *id);
        let id = candidate.card.as_ref().filter(|id| there(id));
        let Some(id) = id else { return Err("it is not there".to_owned()) };
        inside.refused.get(id).cloned().map_or(Ok(pcm), Err)
    }

    /// A stream whose callback is [`Machine::block`]; `source` has been told its shape.
    fn start(
        &self,
        (pcm, card): (String, Option<String>),
        shape: StreamShape,
        needs: &Needs,
        source: Box<dyn AudioSource>,
    ) -> Result<Running, (String, Box<dyn AudioSource>)> {
        let (quay, berth) = berth();
        let health = Arc::new(Health::new());
        let pairs = source.pairs();
        let outputs = Outputs::new(&needs.wanted.outputs, pairs, 2);
        let meters = Arc::clone(needs.meters);
        // The script's own thread keeps its priority.
        let (clock, rate, priority) = (needs.clock, shape.rate, 0);
        let shell =
            Shell::new(berth, Arc::clone(&health), meters.clone(), clock, rate, priority, pairs);
        quay.send(source).map_err(|source| ("it plays already".to_owned(), source))?;
        let mut inside = self.inside();
        inside.streams += 1;
        let number = inside.streams;
        let named = pcm.clone();
        let told = Arc::clone(&health);
        let playing =
            Playing { number, pcm, card: card.clone(), shell, outputs, health: told, meters };
        inside.playing = Some(playing);
        let running = Running::silent(Box::new(Line(self.clone(), number)), quay, health, shape);
        Ok(Running { pcm: named, card, ..running })
    }
}

impl Cards for Machine {
    fn list(&mut self) -> Vec<Card> {
        self.inside().cards.clone()
    }

    fn changed(&mut self) -> bool {
        std::mem::take(&mut self.inside().changed)
    }

    fn open(
        &mut self,
        plan: &[Candidate],
        needs: &Needs,
        mut source: Box<dyn AudioSource>,
    ) -> Result<Running, (Vec<String>, Box<dyn AudioSource>)> {
        let mut failed = Vec::new();
        for candidate in plan {
            let why = match self.try_one(candidate) {
                Ok(pcm) => {
                    let shape = StreamShape::new(needs.wanted.rate, needs.wanted.period);
                    source.open(shape);
                    match self.start((pcm, candidate.card.clone()), shape, needs, source) {
                        Ok(running) => {
                            let name = candidate.name.clone();
                            return Ok(Running { what: name.clone(), name, failed, ..running });
                        }
                        Err((why, back)) => {
                            source = back;
                            why
                        }
                    }
                }
                Err(why) => why,
            };
            failed.push(format!("{}: {why}", candidate.name));
        }
        Err((failed, source))
    }

    fn can_open(&mut self, candidate: &Candidate, _: &Needs) -> bool {
        self.try_one(candidate).is_ok()
    }

    fn silence(
        &mut self,
        shape: StreamShape,
        needs: &Needs,
        source: Box<dyn AudioSource>,
    ) -> Result<Running, (String, Box<dyn AudioSource>)> {
        self.start((NULL.to_owned(), None), shape, needs, source)
    }
}
