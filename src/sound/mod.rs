//! Sound out: cards, the stream that plays on one, and the silent device in their place.
//!
//! The control thread calls [`open`] with what is to be played, watches [`Stream::state`]
//! and [`CardWatch`], and gets what was played back from [`Stream::close`], however the
//! stream ended: the callback holds it in a berth whose drop sends it home.

mod berth;
pub mod card;
mod convert;
mod driver;
mod pick;
mod plan;
pub mod realtime;
mod shell;
mod silent;

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use crate::words::stream::{AudioSource, StreamMeters, StreamShape};
use crate::words::time::Clock;

pub use card::{Card, CardKind, CardWatch, Choice, Places};

use berth::Quay;
use driver::Needs;
use realtime::Refused;
use shell::Health;
use silent::Silent;

/// How long closing a stream may take. It takes a few milliseconds, with a pulled card
/// too; only a driver that hangs in the kernel takes longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The silent device's name among PCMs, which ALSA's own silent one has too.
pub(crate) const NULL: &str = "null";
const SILENT: &str = "the silent device";

/// What the settings ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// As [`card::choose`] reads it; `None` is the best card.
    pub device: Option<String>,
    /// Frames a second.
    pub rate: u32,
    /// Frames a callback.
    pub period: u32,
    /// The card's channels, from 1, for left and right of each pair of the source. A pair
    /// of one channel twice is mono.
    pub outputs: Vec<[u16; 2]>,
    /// SCHED_FIFO priority of the callback, 1 … 99; 0 leaves it an ordinary thread.
    pub priority: u8,
}

impl Default for Wanted {
    /// 48 kHz and 128 frames on the best card's first two channels. 70 is what JACK runs
    /// at on a Pi (Edrumulus, `run_edrumulus.sh`), above the kernel's threaded interrupts
    /// (50) and below its watchdogs (99).
    fn default() -> Self {
        Self { device: None, rate: 48_000, period: 128, outputs: vec![[1, 2]], priority: 70 }
    }
}

/// What was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What a person calls it.
    pub name: String,
    /// Card, PCM, rate, period, format, channels, converted or not: one plain line.
    pub what: String,
    /// The card's id; `None` for an ALSA PCM that is no card and for the silent device.
    pub card: Option<String>,
    /// ALSA's name of the PCM; `null` for the silent device.
    pub pcm: String,
    /// Rate and period as they are, not as they were wanted.
    pub shape: StreamShape,
    /// Frames between a callback and the card's converter: two periods, as cpal asks for.
    pub buffer_frames: u32,
    /// Why it is not what was wanted, one clause for each thing tried before; empty where
    /// it is.
    pub instead: Vec<String>,
    /// Outputs that it lacks and what plays where instead, one clause for each pair.
    pub lacks: Vec<String>,
}

/// Whether a stream still asks for blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It plays.
    Playing,
    /// Its card is gone, its driver is stuck or its callback has ended: close it and open
    /// another.
    Gone,
}

/// Nothing could be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is nothing to open.
    #[error("there is no sound card")]
    NoCard,
    /// Everything that there is was tried.
    #[error("no sound card can be opened: {}", .0.join("; "))]
    AllFailed(Vec<String>),
    /// The silent device has no thread.
    #[error("the silent device cannot be started: {0}")]
    NoThread(String),
}

/// A stream did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sound driver does not let go after {} s: what was playing is lost with it, and \
     rimshot must be started again",
    PATIENCE.as_secs()
)]
pub struct CloseError;

/// What drives a stream.
enum Output {
    Card(cpal::Stream),
    Silent(Silent),
}

/// A stream that plays, on a card or in silence.
pub struct Stream {
    opened: Opened,
    health: Arc<Health>,
    output: Output,
    quay: Quay,
}

/// What was to be played comes back with the error.
pub type Failed = (OpenError, Box<dyn AudioSource>);

/// The cards that can play, best first.
pub fn cards() -> Vec<Card> {
    Places::default().list()
}

/// Opens what is wanted, or the next best thing that sounds, and starts it. `source` is
/// told the stream's shape on this thread and then belongs to the callback until
/// [`Stream::close`]. Wanting `null` opens the silent device.
///
/// # Errors
/// Where nothing can be opened; the source comes back, to be played by [`open_silent`].
pub fn open(
    wanted: &Wanted,
    clock: Clock,
    meters: Arc<StreamMeters>,
    source: Box<dyn AudioSource>,
) -> Result<Stream, Failed> {
    open_among(&cards(), wanted, clock, meters, source)
}

fn open_among(
    cards: &[Card],
    wanted: &Wanted,
    clock: Clock,
    meters: Arc<StreamMeters>,
    source: Box<dyn AudioSource>,
) -> Result<Stream, Failed> {
    let (choice, mut instead) = match card::choose(cards, wanted.device.as_deref()) {
        Ok(choice) => (choice, Vec::new()),
        Err(refusal) => {
            let best = cards.first().map(|c| c.id.as_str());
            let best = card::choose(cards, best).unwrap_or(Choice::Default);
            (best, vec![refusal.to_string()])
        }
    };
    if choice == Choice::Silent {
        return open_silent(wanted, clock, meters, source);
    }
    let plan = plan::plan(cards, &choice);
    let needs = Needs { wanted, clock, meters: &meters };
    match driver::open(&plan, &needs, source) {
        Ok(running) => {
            instead.extend(running.failed);
            let opened = Opened {
                name: running.name,
                what: running.what,
                card: running.card,
                pcm: running.pcm,
                shape: running.shape,
                buffer_frames: running.shape.period.saturating_mul(2),
                instead,
                lacks: running.lacks,
            };
            let output = Output::Card(running.stream);
            Ok(Stream { opened, health: running.health, output, quay: running.quay })
        }
        Err((_, source)) if cards.is_empty() && choice == Choice::Default && instead.is_empty() => {
            Err((OpenError::NoCard, source))
        }
        Err((failed, source)) => {
            instead.extend(failed);
            Err((OpenError::AllFailed(instead), source))
        }
    }
}

/// Whether what is wanted can be opened just now, and not only what would be taken in its
/// place. Opens it for a moment, so it is no question for the card that plays.
pub fn can_open(wanted: &Wanted, clock: Clock) -> bool {
    let cards = cards();
    let Ok(choice) = card::choose(&cards, wanted.device.as_deref()) else { return false };
    let plan = plan::plan(&cards, &choice);
    let meters = Arc::default();
    let needs = Needs { wanted, clock, meters: &meters };
    plan.first().is_some_and(|first| driver::can_open(first, &needs))
}

/// Whether another card is worth trying, while `open` plays: any for the silent device; the
/// one that was asked for; without such a wish one of a better kind, because somebody
/// plugged it in to be heard, or it came late at the start of the machine.
pub fn is_another_better(cards: &[Card], wanted: Option<&str>, open: &Opened) -> bool {
    let choice = card::choose(cards, wanted);
    if cards.is_empty() || choice == Ok(Choice::Silent) {
        return false;
    }
    if open.pcm == NULL {
        return true;
    }
    match choice {
        Ok(Choice::Card { card, .. }) => match open.card.as_deref() {
            Some(id) if wanted.is_none() => {
                cards.iter().any(|now| now.id == id && card.kind < now.kind)
            }
            id => id != Some(card.id.as_str()),
        },
        Ok(Choice::Default) => open.pcm != plan::DEFAULT,
        Ok(Choice::Pcm(name)) => open.pcm != name,
        Ok(Choice::Silent) | Err(_) => false,
    }
}

/// Opens the silent device at the wanted rate and period (at least 1 each).
///
/// # Errors
/// Where no thread can be started; the source comes back.
pub fn open_silent(
    wanted: &Wanted,
    clock: Clock,
    meters: Arc<StreamMeters>,
    mut source: Box<dyn AudioSource>,
) -> Result<Stream, Failed> {
    let shape = StreamShape::new(wanted.rate.max(1), wanted.period.max(1));
    let health = Arc::new(Health::new());
    source.open(shape);
    let (silent, quay) = match Silent::start(shape, source.pairs(), clock, meters, health.clone()) {
        Ok(started) => started,
        Err(error) => return Err((OpenError::NoThread(error.to_string()), source)),
    };
    if let Err(source) = quay.send(source) {
        return Err((OpenError::NoThread("it plays already".to_owned()), source));
    }
    let opened = Opened {
        name: SILENT.to_owned(),
        what: format!("{SILENT} (no sound), {} Hz, period {}", shape.rate, shape.period),
        card: None,
        pcm: NULL.to_owned(),
        shape,
        buffer_frames: shape.period,
        instead: Vec::new(),
        lacks: Vec::new(),
    };
    Ok(Stream { opened, health, output: Output::Silent(silent), quay })
}

impl Stream {
    /// What was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Whether it still plays. One atomic read.
    pub fn state(&self) -> State {
        if self.health.is_gone() { State::Gone } else { State::Playing }
    }

    /// Whether nothing is heard because it is the silent device.
    pub fn is_silent(&self) -> bool {
        matches!(self.output, Output::Silent(_))
    }

    /// What the kernel refused the callback (its priority, its locked stack): known after
    /// the first block, to be said once.
    pub fn refused(&self) -> Vec<Refused> {
        self.health.refused()
    }

    /// Stops the stream and gives back what it played. When it returns the card is free
    /// again.
    ///
    /// # Errors
    /// Where the driver hangs for two seconds.
    pub fn close(self) -> Result<Box<dyn AudioSource>, CloseError> {
        let Self { output, quay, .. } = self;
        // On a thread of its own, because a driver may hang in the kernel.
        let (done, ended) = bounded::<()>(0);
        let closer = std::thread::Builder::new().name("rimshot-close".to_owned());
        let closing = closer.spawn(move || {
            match output {
                Output::Card(stream) => drop(stream),
                Output::Silent(silent) => drop(silent),
            }
            drop(done);
        });
        // Where there is no thread to be had, the failed spawn has dropped the output.
        let source = quay.fetch(PATIENCE).ok_or(CloseError)?;
        if closing.is_ok() && ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            return Err(CloseError);
        }
        Ok(source)
    }
}

#[cfg(test)]
mod tests;
