//! Sound out: cards, the stream that plays on one, and the silent device in their place.
//!
//! The control thread calls [`Host::open`] with what is to be played, watches [`Stream::state`]
//! and [`Host::changed`], and gets what was played back from [`Stream::close`], however the
//! stream ended: the callback holds it in a berth whose drop sends it home.

mod berth;
pub mod card;
mod convert;
mod driver;
mod host;
mod pick;
mod plan;
pub mod realtime;
pub mod scripted;
mod shell;
mod silent;

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use crate::words::stream::{AudioSource, StreamMeters, StreamShape};
use crate::words::time::Clock;

pub use card::{Card, CardKind, CardWatch, Choice, Places};
pub use host::{Host, is_another_better};

use berth::Quay;
use realtime::Refused;
use shell::Health;

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
    /// Whether another card may stand in for the `device` that is named. Without a name
    /// any card may.
    pub fallback: bool,
    /// The id of the card that played and was pulled. Where none is named it is wanted
    /// before others of its kind.
    pub lost: Option<String>,
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
        Self {
            device: None,
            fallback: false,
            lost: None,
            rate: 48_000,
            period: 128,
            outputs: vec![[1, 2]],
            priority: 70,
        }
    }
}

impl Wanted {
    /// Whether one card or PCM is wanted and no other will do.
    pub fn is_strict(&self) -> bool {
        self.device.is_some() && !self.fallback
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
    /// The only thing that was wanted cannot be opened.
    #[error(
        "{}: it is waited for ('fallback = true' under [sound] lets another card play)",
        .0.join("; ")
    )]
    Waits(Vec<String>),
    /// The silent device has no thread.
    #[error("the silent device cannot be started: {0}")]
    NoThread(String),
}

impl OpenError {
    /// The same where nothing else will do.
    fn waits(self) -> Self {
        match self {
            Self::AllFailed(why) => Self::Waits(why),
            other => other,
        }
    }
}

/// A stream did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sound driver does not let go after {} s: what was playing is lost with it, and \
     rimshot must be started again",
    PATIENCE.as_secs()
)]
pub struct CloseError;

/// A stream that plays, on a card or in silence.
pub struct Stream {
    opened: Opened,
    health: Arc<Health>,
    /// What drives it: dropped, it ends.
    output: Box<dyn Send>,
    quay: Quay,
}

/// What was to be played comes back with the error.
pub type Failed = (OpenError, Box<dyn AudioSource>);

/// The cards that can play, best first.
pub fn cards() -> Vec<Card> {
    Places::default().list()
}

/// [`Host::open`] of this machine.
///
/// # Errors
/// Where nothing can be opened; the source comes back.
pub fn open(
    wanted: &Wanted,
    clock: Clock,
    meters: &Arc<StreamMeters>,
    source: Box<dyn AudioSource>,
) -> Result<Stream, Failed> {
    Host::alsa().open(wanted, clock, meters, source)
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
        self.opened.pcm == NULL
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
            drop(output);
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
