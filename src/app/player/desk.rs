//! The sound card side of the player: cards come and go, the engine goes on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::pulse::{Pulse, Race};
use crate::engine::clock::Timing;
use crate::sound::realtime::Refused;
use crate::sound::{self, CloseError, Host, OpenError, Opened, State, Stream, Wanted};
use crate::words::retry::Retry;
use crate::words::stream::{AudioSource, StreamMeters, StreamShape};
use crate::words::time::Clock;

/// A stream that lasts this long works. One that ends earlier is not opened again at once:
/// it might go on like that for ever.
const HOLDS: Duration = Duration::from_secs(5);
/// How often xruns are told, at most.
const XRUN_REPORT: Duration = Duration::from_secs(10);

/// Holds the stream that drives the engine: a card's, or the silent device's.
pub struct Desk {
    wanted: Wanted,
    timing: Timing,
    clock: Clock,
    meters: Arc<StreamMeters>,
    host: Host,
    stream: Option<Stream>,
    /// What is played, between two streams.
    paused: Option<Box<dyn AudioSource>>,
    opened_at: Instant,
    retry: Retry,
    /// Streams in a row that ended at once: the first was told, the rest are the same news.
    failed: u32,
    pulse: Pulse,
    race: Race,
    /// What the last opening had to say.
    said: Lines,
    refused: Vec<Refused>,
    xruns: (u64, Instant),
}

/// A card that offers no other rate, not even by ALSA's conversion, plays kits that were
/// made for another one too low or too high.
fn detuned(wanted: u32, rate: u32) -> Option<String> {
    let semitones = 12.0 * (f64::from(rate.max(1)) / f64::from(wanted.max(1))).log2();
    let where_to = if semitones > 0.0 { "higher" } else { "lower" };
    (rate != wanted).then(|| {
        format!(
            "sound: this card plays at {rate} Hz and not at {wanted}, so everything sounds {:.1} \
             semitones {where_to}; 'rate = {rate}' under [sound] in rimshot.toml mends it",
            semitones.abs()
        )
    })
}

/// Milliseconds of these frames and the card's buffer behind them.
fn latency_ms(opened: &Opened, waited: u32) -> f64 {
    let frames = opened.buffer_frames.saturating_add(waited);
    f64::from(frames) * 1000.0 / f64::from(opened.shape.rate.max(1))
}

/// What the desk has to say: lines for people.
pub type Lines = Vec<String>;

impl Desk {
    /// A desk without a stream.
    pub fn new(host: Host, wanted: Wanted, timing: Timing, clock: Clock, now: Instant) -> Self {
        Self {
            wanted,
            timing,
            clock,
            meters: Arc::default(),
            host,
            stream: None,
            paused: None,
            opened_at: now,
            retry: Retry::new(),
            failed: 0,
            pulse: Pulse::after(0),
            race: Race::after(0, now),
            said: Lines::new(),
            refused: Vec::new(),
            xruns: (0, now),
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

    /// What plays.
    pub fn opened(&self) -> Option<&Opened> {
        self.stream.as_ref().map(Stream::opened)
    }

    /// Whether that is the silent device.
    pub fn is_silent(&self) -> bool {
        self.stream.as_ref().is_some_and(Stream::is_silent)
    }

    /// Whether nobody hears anything though a card is wanted.
    pub fn is_unheard(&self) -> bool {
        self.is_silent() && self.wanted.device.as_deref() != Some("null")
    }

    /// Hits are placed so from now on, as the engine knows by other ways.
    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// Ends the stream until [`Desk::reopen_as`] begins another one.
    ///
    /// # Errors
    /// Where what was played does not come back.
    pub fn pause(&mut self) -> Result<(), String> {
        self.paused = Some(self.source()?);
        Ok(())
    }

    /// Ends the stream, and begins another one on what is wanted now.
    ///
    /// # Errors
    /// Where not even the silent device can be started.
    pub fn reopen_as(&mut self, wanted: Wanted, now: Instant) -> Result<Lines, String> {
        self.wanted = wanted;
        self.retry = Retry::new();
        let mut source = self.paused.take().map_or_else(|| self.source(), Ok)?;
        source.reshape(self.wanted.rate, self.wanted.outputs.len());
        self.open(source, now)
    }

    /// Milliseconds from a message to the converter, of a hit that has waited so many frames
    /// for its own; `None`: as many as it usually does.
    pub fn latency_ms(&self, waited: Option<u32>) -> Option<f32> {
        let opened = self.opened()?;
        Some(latency_ms(opened, waited.unwrap_or_else(|| self.waits(opened))) as f32)
    }

    fn waits(&self, opened: &Opened) -> u32 {
        if self.timing == Timing::Steady { opened.shape.period } else { 0 }
    }

    /// Whether the stream that plays now had asked for blocks at the last tick: what the
    /// watchdog is fed for.
    pub fn is_alive(&self) -> bool {
        self.stream.is_some() && self.pulse.beats()
    }

    /// A line about what the kernel refused, where that is new: the same for every stream
    /// and every kit.
    pub fn refused(&mut self, refused: Option<Refused>) -> Option<String> {
        let new = refused.filter(|refused| !self.refused.contains(refused))?;
        self.refused.push(new);
        Some(format!("sound: {new}"))
    }

    /// Begins to play `source` on a card, or on the silent device where there is none.
    ///
    /// # Errors
    /// Where not even the silent device can be started.
    pub fn open(&mut self, source: Box<dyn AudioSource>, now: Instant) -> Result<Lines, String> {
        match self.host.open(&self.wanted, self.clock, &self.meters, source) {
            Ok(stream) => {
                let mut lines: Lines =
                    stream.opened().instead.iter().map(|why| format!("sound: {why}")).collect();
                lines.push(format!("sound: {}", stream.opened().what));
                lines.extend(stream.opened().lacks.iter().map(|lack| format!("sound: {lack}")));
                lines.push(self.latency(&stream));
                lines.extend(detuned(self.wanted.rate, stream.opened().shape.rate));
                self.take(stream, &lines, now);
                Ok(lines)
            }
            Err((error, source)) => {
                self.retry.later(now);
                let onward = match error {
                    OpenError::Waits(_) => "",
                    _ => "; the next one that is plugged in is taken",
                };
                self.open_silent(source, Some(format!("sound: {error}{onward}")), now)
            }
        }
    }

    fn open_silent(
        &mut self,
        source: Box<dyn AudioSource>,
        why: Option<String>,
        now: Instant,
    ) -> Result<Lines, String> {
        let silent = self.host.open_silent(&self.wanted, self.clock, &self.meters, source);
        let stream = silent.map_err(|(error, _)| error.to_string())?;
        let mut lines = Lines::from_iter(why);
        lines.push(format!("sound: {}", stream.opened().what));
        self.take(stream, &lines, now);
        Ok(lines)
    }

    fn take(&mut self, stream: Stream, said: &Lines, now: Instant) {
        self.stream = Some(stream);
        self.said.clone_from(said);
        self.opened_at = now;
        let blocks = self.meters.blocks.load(Ordering::Relaxed);
        self.pulse = Pulse::after(blocks);
        self.race = Race::after(blocks, now);
    }

    /// From the pad's message to the converter: a hit waits one period for its place
    /// (`steady`), then passes through the card's buffer of two.
    fn latency(&self, stream: &Stream) -> String {
        let opened = stream.opened();
        let waits = self.waits(opened);
        let frames = opened.buffer_frames + waits;
        let ms = latency_ms(opened, waits);
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
        let cards_changed = self.host.changed();
        let blocks = self.meters.blocks.load(Ordering::Relaxed);
        let stuck = self.pulse.is_stuck(blocks);
        let Some(stream) = &self.stream else { return Ok(Lines::new()) };
        let StreamShape { rate, period, .. } = stream.opened().shape;
        let block = f64::from(period) / f64::from(rate.max(1));
        let races = self.race.is_lost(blocks, block, now);
        if stuck || races || stream.state() == State::Gone {
            let name = &stream.opened().name;
            let why = match (races, stuck) {
                (true, _) => "asks for sound without a pause: it keeps no time",
                (_, true) => "does not play any more",
                _ => "is gone",
            };
            let mut lines = vec![format!("sound: {name} {why}")];
            if let Some(card) = &stream.opened().card {
                self.wanted.lost = Some(card.clone());
            }
            let told = self.failed > 0;
            lines.extend(self.replace(now)?);
            return Ok(if told { Lines::new() } else { lines });
        }
        // What stands in for a card that is tried again says nothing of that card.
        if self.has_held(now) && !self.retry.is_waiting() {
            self.retry.works();
        }
        let mut lines = Lines::new();
        if cards_changed {
            self.failed = 0;
        } else if self.failed > 0 && self.has_held(now) && !stream.is_silent() {
            // It was not worth telling before it lasted.
            self.failed = 0;
            lines.clone_from(&self.said);
        }
        for refused in stream.refused() {
            lines.extend(self.refused(Some(refused)));
        }
        if cards_changed {
            self.retry.soon(now);
        }
        if self.retry.is_due(now) {
            lines.extend(self.look_for_better(now)?);
        }
        self.report_xruns(now, &mut lines);
        Ok(lines)
    }

    fn has_held(&self, now: Instant) -> bool {
        now.duration_since(self.opened_at) >= HOLDS
    }

    /// The stream has ended by itself: another one, or silence for a while.
    fn replace(&mut self, now: Instant) -> Result<Lines, String> {
        if self.has_held(now) {
            self.failed = 0;
            return self.reopen(now);
        }
        self.failed += 1;
        self.retry.later(now);
        let source = self.source()?;
        self.open_silent(source, None, now)
    }

    /// Takes a better card where there is one. A card that plays is not closed for one that
    /// cannot be opened.
    fn look_for_better(&mut self, now: Instant) -> Result<Lines, String> {
        let Some(stream) = &self.stream else { return Ok(Lines::new()) };
        if !sound::is_another_better(&self.host.cards(), &self.wanted, stream.opened()) {
            return Ok(Lines::new());
        }
        if !stream.is_silent() && !self.host.can_open(&self.wanted, self.clock) {
            self.retry.later(now);
            return Ok(Lines::new());
        }
        let said = std::mem::take(&mut self.said);
        let lines = self.reopen(now)?;
        Ok(if lines == said || (self.failed > 0 && !self.is_silent()) {
            Lines::new()
        } else {
            lines
        })
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

    fn reopen(&mut self, now: Instant) -> Result<Lines, String> {
        let source = self.source()?;
        self.open(source, now)
    }

    /// What was played, taken out of the stream, which ends.
    fn source(&mut self) -> Result<Box<dyn AudioSource>, String> {
        let stream = self.stream.take().ok_or("there is no stream")?;
        stream.close().map_err(|CloseError| CloseError.to_string())
    }

    /// Ends the stream. What it played comes back where the driver lets go.
    pub fn close(&mut self) -> Option<Box<dyn AudioSource>> {
        self.stream.take()?.close().ok()
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod plugging_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::realtime::Wish;
    use crate::words::stream::BlockStart;

    #[test]
    fn a_card_that_asks_for_nothing_for_eight_ticks_is_stuck() {
        let mut pulse = Pulse::after(0);
        let mut ticks = |counts: &[u64]| counts.iter().filter(|&&n| pulse.is_stuck(n)).count();
        assert_eq!(ticks(&[1, 2, 3, 3, 3, 3, 3, 3, 3, 3]), 0);
        assert_eq!(ticks(&[4, 4, 4, 4, 4, 4, 4, 4]), 0);
        assert_eq!(ticks(&[4]), 1);
    }

    #[test]
    fn what_the_kernel_refuses_is_told_once_for_streams_and_kits() {
        let wanted = Wanted { device: Some("null".to_owned()), ..Wanted::default() };
        let (host, now) = (Host::alsa(), Instant::now());
        let mut desk = Desk::new(host, wanted, Timing::Steady, Clock::start(), now);
        let refused = |wish| Some(Refused { wish, errno: libc::EPERM });
        assert_eq!(desk.refused(None), None);
        let line = desk.refused(refused(Wish::Lock)).unwrap();
        assert!(line.starts_with("sound: memory cannot be locked"), "{line}");
        assert_eq!(desk.refused(refused(Wish::Lock)), None);
        assert!(desk.refused(refused(Wish::Priority)).is_some());
    }

    #[test]
    fn a_card_at_another_rate_is_told_with_what_is_heard_and_what_helps() {
        assert_eq!(detuned(48_000, 48_000), None);
        assert_eq!(
            detuned(48_000, 44_100).unwrap(),
            "sound: this card plays at 44100 Hz and not at 48000, so everything sounds 1.5 \
             semitones lower; 'rate = 44100' under [sound] in rimshot.toml mends it"
        );
        assert!(detuned(44_100, 88_200).unwrap().contains("12.0 semitones higher"));
    }

    #[test]
    fn a_new_stream_is_alive_when_it_has_asked_for_a_block_itself() {
        let mut pulse = Pulse::after(1_000);
        let beats: Vec<bool> = [1_000, 1_001, 1_001, 1_005]
            .map(|blocks| {
                pulse.is_stuck(blocks);
                pulse.beats()
            })
            .into();
        assert_eq!(beats, [false, true, false, true]);
    }

    #[test]
    fn the_silent_device_is_opened_for_the_player_and_closed_by_it() {
        struct Nothing;
        impl AudioSource for Nothing {
            fn open(&mut self, _: StreamShape) {}
            fn render(&mut self, _: BlockStart, _: &mut [f32]) {}
        }
        let wanted = Wanted { device: Some("null".to_owned()), ..Wanted::default() };
        let (host, now) = (Host::alsa(), Instant::now());
        let mut desk = Desk::new(host, wanted, Timing::Steady, Clock::start(), now);
        let lines = desk.open(Box::new(Nothing), now).unwrap();
        assert_eq!(
            lines,
            [
                "sound: the silent device (no sound), 48000 Hz, period 128",
                "latency: 5.3 ms from message to converter, always the same (256 frames)"
            ]
        );
        assert_eq!(desk.period(), 128);
        assert!(desk.close().is_some());
        assert!(desk.close().is_none());
    }
}
