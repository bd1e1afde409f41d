//! Where cards come from: the machine's ALSA, or the script of a test.

use std::sync::Arc;

use crate::words::stream::{AudioSource, StreamMeters, StreamShape};
use crate::words::time::Clock;

use super::card::{self, Card, CardWatch, Choice, Places};
use super::driver::{self, Needs, Running};
use super::plan::{self, Candidate};
use super::shell::Health;
use super::silent::Silent;
use super::{Failed, NULL, OpenError, Opened, SILENT, Stream, Wanted};

type Source = Box<dyn AudioSource>;

/// Lists and opens cards, and the silent device in their place.
pub struct Host(Box<dyn Cards>);

/// What a host opens streams with.
pub(super) trait Cards: Send {
    /// The cards that can play, best first.
    fn list(&mut self) -> Vec<Card>;
    /// Whether a card came or went since the last question.
    fn changed(&mut self) -> bool;
    /// Opens the first candidate that lets itself be opened, and plays `source` on it.
    ///
    /// # Errors
    /// One sentence for each candidate, and the source.
    fn open(
        &mut self,
        plan: &[Candidate],
        needs: &Needs,
        source: Source,
    ) -> Result<Running, (Vec<String>, Source)>;
    /// Whether a candidate lets itself be opened; it is closed again at once.
    fn can_open(&mut self, candidate: &Candidate, needs: &Needs) -> bool;
    /// Starts the silent device; `source` has been told the shape.
    ///
    /// # Errors
    /// Why not, and the source.
    fn silence(
        &mut self,
        shape: StreamShape,
        needs: &Needs,
        source: Source,
    ) -> Result<Running, (String, Source)>;
}

/// The kernel's cards, by cpal.
struct Alsa(CardWatch);

impl Cards for Alsa {
    fn list(&mut self) -> Vec<Card> {
        Places::default().list()
    }

    fn changed(&mut self) -> bool {
        self.0.changed()
    }

    fn open(
        &mut self,
        plan: &[Candidate],
        needs: &Needs,
        source: Source,
    ) -> Result<Running, (Vec<String>, Source)> {
        driver::open(plan, needs, source)
    }

    fn can_open(&mut self, candidate: &Candidate, needs: &Needs) -> bool {
        driver::can_open(candidate, needs)
    }

    fn silence(
        &mut self,
        shape: StreamShape,
        needs: &Needs,
        source: Source,
    ) -> Result<Running, (String, Source)> {
        let health = Arc::new(Health::new());
        let (clock, meters) = (needs.clock, Arc::clone(needs.meters));
        let started = Silent::start(shape, source.pairs(), clock, meters, Arc::clone(&health));
        let (silent, quay) = match started {
            Ok(started) => started,
            Err(error) => return Err((error.to_string(), source)),
        };
        match quay.send(source) {
            Ok(()) => Ok(Running::silent(Box::new(silent), quay, health, shape)),
            Err(source) => Err(("it plays already".to_owned(), source)),
        }
    }
}

impl Host {
    /// The cards of this machine.
    pub fn alsa() -> Self {
        Self(Box::new(Alsa(CardWatch::new(Places::default()))))
    }

    pub(super) fn of(cards: Box<dyn Cards>) -> Self {
        Self(cards)
    }

    /// The cards that can play, best first.
    pub fn cards(&mut self) -> Vec<Card> {
        self.0.list()
    }

    /// Whether a card came or went since the last question. Cheap enough to be asked every
    /// 250 ms.
    pub fn changed(&mut self) -> bool {
        self.0.changed()
    }

    /// Opens what is wanted, or what may stand in for it, and starts it. `source` is told
    /// the stream's shape on this thread and then belongs to the callback until
    /// [`Stream::close`]. Wanting `null` opens the silent device.
    ///
    /// # Errors
    /// Where nothing can be opened; the source comes back, to be played by
    /// [`Host::open_silent`].
    pub fn open(
        &mut self,
        wanted: &Wanted,
        clock: Clock,
        meters: &Arc<StreamMeters>,
        source: Source,
    ) -> Result<Stream, Failed> {
        let cards = self.cards();
        let (choice, mut instead) = match choice(&cards, wanted) {
            Ok(choice) => (choice, Vec::new()),
            Err(refusal) => {
                let best = cards.first().map(|c| c.id.as_str());
                let best = card::choose(&cards, best).unwrap_or(Choice::Default);
                (best, vec![refusal])
            }
        };
        if choice == Choice::Silent {
            return self.open_silent(wanted, clock, meters, source);
        }
        let mut plan = plan::plan(&cards, &choice);
        if wanted.is_strict() && instead.is_empty() {
            plan.truncate(1);
        }
        let needs = Needs { wanted, clock, meters };
        match self.0.open(&plan, &needs, source) {
            Ok(running) => {
                instead.extend(running.failed.iter().cloned());
                Ok(running.into_stream(instead))
            }
            Err((_, source))
                if cards.is_empty() && choice == Choice::Default && instead.is_empty() =>
            {
                Err((OpenError::NoCard, source))
            }
            Err((failed, source)) => {
                instead.extend(failed);
                let error = OpenError::AllFailed(instead);
                let waits = wanted.is_strict();
                Err((if waits { error.waits() } else { error }, source))
            }
        }
    }

    /// Whether what is wanted can be opened just now, and not only what would be taken in
    /// its place. Opens it for a moment, so it is no question for the card that plays.
    pub fn can_open(&mut self, wanted: &Wanted, clock: Clock) -> bool {
        let cards = self.cards();
        let Ok(choice) = choice(&cards, wanted) else { return false };
        let plan = plan::plan(&cards, &choice);
        let meters = Arc::default();
        let needs = Needs { wanted, clock, meters: &meters };
        plan.first().is_some_and(|first| self.0.can_open(first, &needs))
    }

    /// Opens the silent device at the wanted rate and period (at least 1 each).
    ///
    /// # Errors
    /// Where no thread can be started; the source comes back.
    pub fn open_silent(
        &mut self,
        wanted: &Wanted,
        clock: Clock,
        meters: &Arc<StreamMeters>,
        mut source: Source,
    ) -> Result<Stream, Failed> {
        let shape = StreamShape::new(wanted.rate.max(1), wanted.period.max(1));
        source.open(shape);
        let needs = Needs { wanted, clock, meters };
        match self.0.silence(shape, &needs, source) {
            Ok(running) => Ok(running.into_stream(Vec::new())),
            Err((why, source)) => Err((OpenError::NoThread(why), source)),
        }
    }
}

/// What is wanted among these cards. A card that was lost is wanted before its equals.
fn choice<'a>(cards: &'a [Card], wanted: &'a Wanted) -> Result<Choice<'a>, String> {
    let device = wanted.device.as_deref();
    let choice = card::choose(cards, device).map_err(|refusal| refusal.to_string())?;
    let lost = wanted.lost.as_deref().filter(|_| device.is_none());
    let lost = lost.and_then(|id| cards.iter().find(|card| card.id == id));
    Ok(match (choice, lost) {
        (Choice::Card { card: best, .. }, Some(lost)) if lost.kind <= best.kind => {
            Choice::Card { card: lost, device: lost.device, converted: false }
        }
        (choice, _) => choice,
    })
}

/// Whether another card is worth trying, while `open` plays: any for the silent device; the
/// one that was asked for; without such a wish one of a better kind, because somebody
/// plugged it in to be heard, or it came late at the start of the machine; and the one that
/// was lost, because the cables are in it.
pub fn is_another_better(cards: &[Card], wanted: &Wanted, open: &Opened) -> bool {
    let choice = choice(cards, wanted);
    if choice == Ok(Choice::Silent) {
        return false;
    }
    if open.pcm == NULL {
        // A card by name may come under a name of ALSA's own (a sound server's).
        return !cards.is_empty() || wanted.is_strict();
    }
    if cards.is_empty() {
        return false;
    }
    match choice {
        Ok(Choice::Card { card, .. }) => match open.card.as_deref() {
            Some(id) if id == card.id => false,
            Some(id) if wanted.device.is_none() => {
                let is_lost = wanted.lost.as_deref() == Some(card.id.as_str());
                cards.iter().any(|now| now.id == id && (card.kind < now.kind || is_lost))
            }
            _ => true,
        },
        Ok(Choice::Default) => open.pcm != plan::DEFAULT,
        Ok(Choice::Pcm(name)) => open.pcm != name,
        Ok(Choice::Silent) | Err(_) => false,
    }
}

impl Running {
    /// The silent device.
    pub(super) fn silent(
        output: Box<dyn Send>,
        quay: super::berth::Quay,
        health: Arc<Health>,
        shape: StreamShape,
    ) -> Self {
        Self {
            output,
            quay,
            health,
            shape,
            name: SILENT.to_owned(),
            what: format!("{SILENT} (no sound), {} Hz, period {}", shape.rate, shape.period),
            pcm: NULL.to_owned(),
            card: None,
            failed: Vec::new(),
            lacks: Vec::new(),
        }
    }

    fn into_stream(self, instead: Vec<String>) -> Stream {
        // The silent device has no buffer behind its block.
        let periods = if self.pcm == NULL { 1 } else { 2 };
        let opened = Opened {
            name: self.name,
            what: self.what,
            card: self.card,
            pcm: self.pcm,
            shape: self.shape,
            buffer_frames: self.shape.period.saturating_mul(periods),
            instead,
            lacks: self.lacks,
        };
        Stream { opened, health: self.health, output: self.output, quay: self.quay }
    }
}
