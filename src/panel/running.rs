//! The panel's thread: one for all lines, all MIDI buttons and all LEDs.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};

use super::chardev::{self, Chardev, monotonic};
use super::lamps::{Shows, Sign};
use super::works::{News, Works};
use super::{Backend, Got, Gpio, Reaction, Seen, Wire, Wiring, raspberry};
use crate::words::Action;
use crate::words::time::Clock;

/// Messages that wait for the thread: hits of several seconds.
const WORDS: usize = 1024;

/// What the thread is told.
enum Word {
    Sign(Sign),
    /// A MIDI button by its number, pressed or let go, and when.
    Press(u16, bool, u64),
    ForgetMidi,
    Retry,
}

/// A panel that works until this is dropped; its LEDs are dark then.
pub struct Panel {
    words: Option<Sender<Word>>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
    news: Receiver<News>,
    shown: Vec<Shows>,
    /// From the module's clock to the system's.
    offset: u64,
}

/// Starts a panel: gestures of its buttons and of MIDI buttons, whose reactions are `midi`
/// in the order of their numbers, send actions; `actions` should be unbounded. `None` where
/// there is nothing to do.
///
/// # Errors
/// Where there can be no thread, as a sentence without a full stop.
pub fn start(
    wiring: Wiring,
    midi: Vec<Reaction>,
    clock: Clock,
    actions: Sender<Action>,
) -> Result<Option<Panel>, String> {
    let backend = wiring.backend;
    start_with(wiring, midi, clock, actions, move |index| candidate(backend, index))
}

/// The backends to be tried, in order.
fn candidate(backend: Backend, index: usize) -> Option<Result<Box<dyn Gpio>, String>> {
    let chardev = || Ok(Box::new(Chardev::default()) as Box<dyn Gpio>);
    match (backend, index) {
        (Backend::Chardev | Backend::Auto, 0) => Some(chardev()),
        (Backend::Rppal, 0) => Some(raspberry::open()),
        // Where the kernel hands out lines, one that it refuses is another driver's.
        (Backend::Auto, 1) if raspberry::HERE && !chardev::is_there() => Some(raspberry::open()),
        _ => None,
    }
}

/// The same with backends of the caller's.
pub(super) fn start_with(
    wiring: Wiring,
    midi: Vec<Reaction>,
    clock: Clock,
    actions: Sender<Action>,
    open: impl FnMut(usize) -> Option<Result<Box<dyn Gpio>, String>> + Send + 'static,
) -> Result<Option<Panel>, String> {
    let parts = wiring.buttons.len() + wiring.encoders.len() + wiring.leds.len();
    let has_parts = parts > 0 && wiring.backend != Backend::None;
    if !has_parts && midi.is_empty() {
        return Ok(None);
    }
    let failed = |error: std::io::Error| format!("no thread for it: {error}");
    let (words, heard) = bounded(WORDS);
    let (tell, news) = unbounded();
    let (wake, woken) = UnixStream::pair().map_err(failed)?;
    wake.set_nonblocking(true).map_err(failed)?;
    woken.set_nonblocking(true).map_err(failed)?;
    let shown = wiring.leds.iter().map(|led| led.shows).collect();
    let midi_buttons = midi.len();
    let works = Works::new(wiring, midi, actions);
    let run = move || {
        Thread {
            works,
            midi_buttons,
            gpio: Box::new(Nothing),
            words: heard,
            woken,
            news: tell,
            open,
        }
        .run(has_parts);
    };
    let thread = thread::Builder::new().name("panel".into()).spawn(run).map_err(failed)?;
    let offset = monotonic().saturating_sub(clock.now());
    Ok(Some(Panel { words: Some(words), wake, thread: Some(thread), news, shown, offset }))
}

impl Panel {
    /// What has become of its parts; the first comes soon after the start.
    pub fn news(&self) -> &Receiver<News> {
        &self.news
    }

    /// Whether there is an LED that shows this.
    pub fn shows(&self, shows: Shows) -> bool {
        self.shown.contains(&shows)
    }

    /// Something happens that LEDs show. Never waits; whether there was room to say so.
    pub fn tell(&self, sign: Sign) -> bool {
        self.say(Word::Sign(sign))
    }

    /// A MIDI button is pressed or let go, at this time of the clock that the panel was
    /// started with. Never waits.
    pub fn press(&self, number: u16, down: bool, time: u64) {
        self.say(Word::Press(number, down, time.saturating_add(self.offset)));
    }

    /// A MIDI port is gone: whatever was held on it is held no more.
    pub fn forget_midi(&self) {
        self.say(Word::ForgetMidi);
    }

    /// Tries to get the lines that could not be had; the news tell what came of it. At the
    /// start of a machine a chip may come late, or its group's right to open it.
    /// Whether there was room to say so.
    pub fn retry(&self) -> bool {
        self.say(Word::Retry)
    }

    fn say(&self, word: Word) -> bool {
        let said = self.words.as_ref().is_some_and(|words| words.try_send(word).is_ok());
        // Where it is full the thread is being woken already.
        let _ = (&self.wake).write(&[0]);
        said
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.words = None;
        let _ = (&self.wake).write(&[0]);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// No lines at all: for MIDI buttons alone, and until there are some.
struct Nothing;

impl Gpio for Nothing {
    fn take(&mut self, _: usize, _: &Wire) -> Result<Got, String> {
        Err("this machine has no GPIO".to_owned())
    }
    fn set(&mut self, _: usize, _: bool) -> bool {
        false
    }
    fn release(&mut self, _: usize) {}
    fn wait(&mut self, wake: &UnixStream, time: Option<Duration>, _: &mut Vec<Seen>) {
        chardev::wait_for(&mut chardev::readable(wake), time);
    }
}

struct Thread<F> {
    works: Works,
    midi_buttons: usize,
    gpio: Box<dyn Gpio>,
    words: Receiver<Word>,
    woken: UnixStream,
    news: Sender<News>,
    open: F,
}

impl<F: FnMut(usize) -> Option<Result<Box<dyn Gpio>, String>>> Thread<F> {
    fn run(mut self, has_parts: bool) {
        if has_parts {
            self.retry();
        }
        let mut seen = Vec::new();
        loop {
            let now = monotonic();
            let time = self.works.wake(now).map(|wake| wait_until(wake, now));
            self.gpio.wait(&self.woken, time, &mut seen);
            self.drain();
            let lost = self.works.seen(self.gpio.as_mut(), &mut seen);
            self.report(lost);
            if !self.hear(has_parts) {
                break;
            }
            let now = monotonic();
            self.works.pass(now);
            let lost = self.works.show(self.gpio.as_mut(), now);
            self.report(lost);
        }
        self.works.dark(self.gpio.as_mut());
    }

    /// Whether to go on after all that was said.
    fn hear(&mut self, has_parts: bool) -> bool {
        loop {
            match self.words.try_recv() {
                Ok(Word::Sign(sign)) => self.works.sign(sign, monotonic()),
                Ok(Word::Press(number, down, time)) => self.works.press(number, down, time),
                Ok(Word::ForgetMidi) => self.works.forget_midi(self.midi_buttons),
                Ok(Word::Retry) if has_parts => self.retry(),
                Ok(Word::Retry) => {}
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Goes on with the backend that has lines; without any, tries all of them.
    fn retry(&mut self) {
        if self.works.working() > 0 {
            self.works.take(self.gpio.as_mut());
        } else {
            for index in 0.. {
                match (self.open)(index) {
                    None => break,
                    Some(Err(why)) => self.works.refused(why),
                    Some(Ok(gpio)) => {
                        self.gpio = gpio;
                        self.works.take(self.gpio.as_mut());
                        if self.works.working() > 0 {
                            break;
                        }
                    }
                }
            }
        }
        let news = self.works.news();
        self.report(Some(news));
    }

    fn report(&self, news: Option<News>) {
        // When nobody listens any more, the program ends.
        let _ = news.map(|news| self.news.send(news));
    }

    fn drain(&self) {
        let mut bytes = [0; 64];
        loop {
            match (&self.woken).read(&mut bytes) {
                Ok(count) if count == bytes.len() => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => break,
            }
        }
    }
}

/// From one moment to another.
fn wait_until(wake: u64, now: u64) -> Duration {
    Duration::from_nanos(wake.saturating_sub(now))
}
