//! The sound card side of the player: cards come and go, the engine goes on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::engine::clock::Timing;
use crate::sound::{self, CardWatch, CloseError, Places, State, Stream, Wanted};
use crate::words::stream::{AudioSource, StreamMeters};
use crate::words::time::Clock;

/// A card that has just come is still being set up by udev: it is opened after this.
const SETTLE: Duration = Duration::from_millis(300);
/// A card that could not be opened is tried again after this, and then ever more rarely.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);
/// How often xruns are told, at most.
const XRUN_REPORT: Duration = Duration::from_secs(10);

/// Holds the stream that drives the engine: a card's, or the silent device's.
pub struct Desk {
    wanted: Wanted,
    timing: Timing,
    clock: Clock,
    meters: Arc<StreamMeters>,
    watch: CardWatch,
    stream: Option<Stream>,
    retry: Option<Instant>,
    patience: Duration,
    told_refusals: bool,
    xruns: (u64, Instant),
}

/// What the desk has to say: lines for people.
pub type Lines = Vec<String>;

impl Desk {
    /// A desk without a stream.
    pub fn new(wanted: Wanted, timing: Timing, clock: Clock) -> Self {
        Self {
            wanted,
            timing,
            clock,
            meters: Arc::default(),
            watch: CardWatch::new(Places::default()),
            stream: None,
            retry: None,
            patience: FIRST_RETRY,
            told_refusals: false,
            xruns: (0, Instant::now()),
        }
    }

    /// What the drivers count.
    pub fn meters(&self) -> &StreamMeters {
        &self.meters
    }

    /// Frames a block of the stream that plays; 0 without one.
    pub fn period(&self) -> u32 {
        self.stream.as_ref().map_or(0, |s| s.opened().shape.period)
    }

    /// Begins to play `source` on a card, or on the silent device where there is none.
    ///
    /// # Errors
    /// Where not even the silent device can be started.
    pub fn open(&mut self, source: Box<dyn AudioSource>) -> Result<Lines, String> {
        let mut lines = Lines::new();
        let silent_wanted = self.wanted.device.as_deref() == Some("null");
        let opened = sound::open(&self.wanted, self.clock, Arc::clone(&self.meters), source);
        let stream = match opened {
            Ok(stream) => {
                self.patience = FIRST_RETRY;
                stream
            }
            Err((error, source)) => {
                lines.push(format!("sound: {error}; the next one that is plugged in is taken"));
                self.retry = Some(Instant::now() + self.patience);
                self.patience = (2 * self.patience).min(LAST_RETRY);
                let silent =
                    sound::open_silent(&self.wanted, self.clock, Arc::clone(&self.meters), source);
                silent.map_err(|(error, _)| error.to_string())?
            }
        };
        lines.extend(stream.opened().instead.iter().map(|why| format!("sound: {why}")));
        lines.push(format!("sound: {}", stream.opened().what));
        if !stream.is_silent() || silent_wanted {
            lines.push(self.latency(&stream));
        }
        self.told_refusals = false;
        self.stream = Some(stream);
        Ok(lines)
    }

    /// From the pad's message to the converter: a hit waits one period for its place
    /// (`steady`), then passes through the card's buffer of two.
    fn latency(&self, stream: &Stream) -> String {
        let opened = stream.opened();
        let waits = if self.timing == Timing::Steady { opened.shape.period } else { 0 };
        let frames = opened.buffer_frames + waits;
        let ms = f64::from(frames) * 1000.0 / f64::from(opened.shape.rate.max(1));
        let how = match self.timing {
            Timing::Steady => "always the same",
            Timing::Asap => "at most, varying by a period",
        };
        format!("latency: {ms:.1} ms from message to converter, {how} ({frames} frames)")
    }

    /// Looks after the stream; called some times a second.
    ///
    /// # Errors
    /// Where the engine cannot be driven any more.
    pub fn tick(&mut self, now: Instant) -> Result<Lines, String> {
        let mut lines = Lines::new();
        let cards_changed = self.watch.changed();
        let Some(stream) = &self.stream else { return Ok(lines) };
        if stream.state() == State::Gone {
            lines.push(format!("sound: {} is gone", stream.opened().what));
            lines.extend(self.reopen()?);
            return Ok(lines);
        }
        if !self.told_refusals && !stream.refused().is_empty() {
            self.told_refusals = true;
            lines.extend(stream.refused().iter().map(|r| format!("sound: {r}")));
        }
        let settled = self.wanted.device.as_deref() == Some("null");
        let second_best = stream.is_silent() || !stream.opened().instead.is_empty();
        if cards_changed && second_best && !settled {
            self.retry = Some(now + SETTLE);
            self.patience = FIRST_RETRY;
        }
        if self.retry.is_some_and(|at| now >= at) {
            self.retry = None;
            if second_best && !sound::cards().is_empty() {
                lines.extend(self.reopen()?);
            }
        }
        self.report_xruns(now, &mut lines);
        Ok(lines)
    }

    fn report_xruns(&mut self, now: Instant, lines: &mut Lines) {
        let count = self.meters.xruns.load(Ordering::Relaxed);
        let (told, at) = self.xruns;
        if count > told && now.duration_since(at) >= XRUN_REPORT {
            let new = count - told;
            lines.push(format!(
                "sound: {new} xruns: the machine was too slow; a longer period helps"
            ));
            self.xruns = (count, now);
        }
    }

    fn reopen(&mut self) -> Result<Lines, String> {
        let Some(stream) = self.stream.take() else { return Ok(Lines::new()) };
        let source = stream.close().map_err(|CloseError| CloseError.to_string())?;
        self.open(source)
    }

    /// Ends the stream. What it played comes back where the driver lets go.
    pub fn close(&mut self) -> Option<Box<dyn AudioSource>> {
        self.stream.take()?.close().ok()
    }
}
