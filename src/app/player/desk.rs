//! The sound card side of the player: cards come and go, the engine goes on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::retry::Retry;
use crate::engine::clock::Timing;
use crate::sound::realtime::Refused;
use crate::sound::{self, CardWatch, CloseError, Opened, Places, State, Stream, Wanted};
use crate::words::stream::{AudioSource, StreamMeters};
use crate::words::time::Clock;

/// A stream that lasts this long works. One that ends earlier is not opened again at once:
/// it might go on like that for ever.
const HOLDS: Duration = Duration::from_secs(5);
/// Ticks without a single block after which a card that reports no error is stuck. At 250
/// ms a tick they are 2 s, fifty of the longest periods.
const STUCK_TICKS: u32 = 8;
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
    opened_at: Instant,
    retry: Retry,
    pulse: Pulse,
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

/// Whether blocks are still asked for.
struct Pulse {
    blocks: u64,
    still: u32,
}

impl Pulse {
    /// For a stream that begins now: what others have asked for does not count.
    fn after(blocks: u64) -> Self {
        Self { blocks, still: 1 }
    }

    /// Whether it did at the last tick.
    fn beats(&self) -> bool {
        self.still == 0
    }

    /// Asked at every tick with the blocks so far. Ticks and not time are counted: after
    /// a sleep of the whole machine the card gets its chance.
    fn is_stuck(&mut self, blocks: u64) -> bool {
        self.still = if blocks == self.blocks { self.still + 1 } else { 0 };
        self.blocks = blocks;
        self.still >= STUCK_TICKS
    }
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
            opened_at: Instant::now(),
            retry: Retry::new(),
            pulse: Pulse::after(0),
            said: Lines::new(),
            refused: Vec::new(),
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
    pub fn open(&mut self, source: Box<dyn AudioSource>) -> Result<Lines, String> {
        match sound::open(&self.wanted, self.clock, Arc::clone(&self.meters), source) {
            Ok(stream) => {
                let mut lines: Lines =
                    stream.opened().instead.iter().map(|why| format!("sound: {why}")).collect();
                lines.push(format!("sound: {}", stream.opened().what));
                lines.extend(stream.opened().lacks.iter().map(|lack| format!("sound: {lack}")));
                lines.push(self.latency(&stream));
                lines.extend(detuned(self.wanted.rate, stream.opened().shape.rate));
                self.take(stream, &lines);
                Ok(lines)
            }
            Err((error, source)) => {
                self.retry.later(Instant::now());
                let why = format!("sound: {error}; the next one that is plugged in is taken");
                self.open_silent(source, Some(why))
            }
        }
    }

    fn open_silent(
        &mut self,
        source: Box<dyn AudioSource>,
        why: Option<String>,
    ) -> Result<Lines, String> {
        let silent = sound::open_silent(&self.wanted, self.clock, Arc::clone(&self.meters), source);
        let stream = silent.map_err(|(error, _)| error.to_string())?;
        let mut lines = Lines::from_iter(why);
        lines.push(format!("sound: {}", stream.opened().what));
        self.take(stream, &lines);
        Ok(lines)
    }

    fn take(&mut self, stream: Stream, said: &Lines) {
        self.stream = Some(stream);
        self.said.clone_from(said);
        self.opened_at = Instant::now();
        self.pulse = Pulse::after(self.meters.blocks.load(Ordering::Relaxed));
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
        let cards_changed = self.watch.changed();
        let stuck = self.pulse.is_stuck(self.meters.blocks.load(Ordering::Relaxed));
        let Some(stream) = &self.stream else { return Ok(Lines::new()) };
        if stuck || stream.state() == State::Gone {
            let name = &stream.opened().name;
            let why = if stuck { "does not play any more" } else { "is gone" };
            let mut lines = vec![format!("sound: {name} {why}")];
            lines.extend(self.replace(now)?);
            return Ok(lines);
        }
        if now.duration_since(self.opened_at) >= HOLDS {
            self.retry.works();
        }
        let mut lines = Lines::new();
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

    /// The stream has ended by itself: another one, or silence for a while.
    fn replace(&mut self, now: Instant) -> Result<Lines, String> {
        if now.duration_since(self.opened_at) >= HOLDS {
            return self.reopen();
        }
        self.retry.later(now);
        let source = self.source()?;
        self.open_silent(source, None)
    }

    /// Takes a better card where there is one. A card that plays is not closed for one that
    /// cannot be opened.
    fn look_for_better(&mut self, now: Instant) -> Result<Lines, String> {
        let Some(stream) = &self.stream else { return Ok(Lines::new()) };
        let device = self.wanted.device.as_deref();
        if !sound::is_another_better(&sound::cards(), device, stream.opened()) {
            return Ok(Lines::new());
        }
        if !stream.is_silent() && !sound::can_open(&self.wanted, self.clock) {
            self.retry.later(now);
            return Ok(Lines::new());
        }
        let said = std::mem::take(&mut self.said);
        let lines = self.reopen()?;
        Ok(if lines == said { Lines::new() } else { lines })
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
        let source = self.source()?;
        self.open(source)
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
mod tests {
    use super::*;
    use crate::sound::realtime::Wish;
    use crate::words::stream::{BlockStart, StreamShape};

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
        let mut desk = Desk::new(wanted, Timing::Steady, Clock::start());
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
        let mut desk = Desk::new(wanted, Timing::Steady, Clock::start());
        let lines = desk.open(Box::new(Nothing)).unwrap();
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
