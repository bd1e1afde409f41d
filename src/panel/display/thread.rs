//! The thread that draws. It has the bus to itself, and the newest screen wins.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use ssd1306::size::{DisplaySize128x32, DisplaySize128x64};

use super::lcd::Lcd;
use super::oled::{Oled, SH1106_COLUMN};
use super::{Glass, Kind, Light, Screen, Settings, i2c};
use crate::words::retry::Retry;

/// Between two pictures: at most 15 a second, more are not seen and only fill the bus.
const FRAME: Duration = Duration::from_millis(66);
/// A display is asked so often whether it is still there: one that was unplugged and plugged
/// in again has forgotten everything.
const PING: Duration = Duration::from_secs(1);
/// One that has worked for so long is there. One with a loose wire comes and goes: it is not
/// talked about each time, and looked for ever more rarely.
const STEADY: Duration = Duration::from_secs(10);
/// At the end the thread is waited for so long: its bus may be stuck.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// What the thread is told.
enum Message {
    Show(Screen),
    /// Somebody plays.
    Struck,
}

/// A display from outside: nothing here waits for it.
pub struct Display {
    messages: Option<Sender<Message>>,
    said: Receiver<String>,
    ended: Receiver<()>,
    last: Option<Screen>,
    last_hit: u64,
}

impl Display {
    /// Starts the thread of a display; `None` where the settings have none.
    ///
    /// # Errors
    /// Where the system has no thread.
    pub fn open(settings: &Settings) -> io::Result<Option<Self>> {
        if settings.kind == Kind::None {
            return Ok(None);
        }
        let settings = settings.clone();
        let (messages, heard) = unbounded();
        let (say, said) = unbounded();
        let (end, ended) = bounded(1);
        thread::Builder::new().name("display".to_owned()).spawn(move || {
            let glass_of = settings.clone();
            let open = move || glass(&glass_of);
            listen(&heard, Artist::new(&settings, open, Instant::now()), &say);
            // Nobody may wait any more.
            let _ = end.send(());
        })?;
        Ok(Some(Self { messages: Some(messages), said, ended, last: None, last_hit: 0 }))
    }

    /// Shows this; called some times a second. `last_hit`: any number that is another one
    /// when somebody has struck something since.
    pub fn show(&mut self, screen: Screen, last_hit: u64) {
        if self.last.as_ref() != Some(&screen) {
            self.last = Some(screen.clone());
            self.tell(Message::Show(screen));
        } else if self.last_hit != last_hit {
            self.tell(Message::Struck);
        }
        self.last_hit = last_hit;
    }

    fn tell(&self, message: Message) {
        if let Some(messages) = &self.messages {
            // The thread ends after this.
            let _ = messages.send(message);
        }
    }

    /// What there is to say about the display since the last call: lines for people.
    pub fn news(&self) -> Vec<String> {
        self.said.try_iter().collect()
    }
}

impl Drop for Display {
    /// Clears the display, where it can be had soon.
    fn drop(&mut self) {
        self.messages = None;
        let _ = self.ended.recv_timeout(LAST_WAIT);
    }
}

/// Opens the display of the settings, or says in words why not.
fn glass(settings: &Settings) -> Result<Box<dyn Glass>, String> {
    let wire = Box::new(i2c::open(&settings.bus, settings.address())?);
    let (rotated, brightness) = (settings.rotated, settings.brightness);
    let glass: io::Result<Box<dyn Glass>> = match settings.kind {
        Kind::None => return Err("there is none".to_owned()),
        Kind::Ssd1306 => Oled::start(wire, DisplaySize128x64, 0, rotated, brightness).map(boxed),
        Kind::Ssd1306Flat => {
            Oled::start(wire, DisplaySize128x32, 0, rotated, brightness).map(boxed)
        }
        Kind::Sh1106 => {
            Oled::start(wire, DisplaySize128x64, SH1106_COLUMN, rotated, brightness).map(boxed)
        }
        Kind::Lcd16x2 => Lcd::start(wire, 16, 2, thread::sleep).map(boxed),
        Kind::Lcd20x4 => Lcd::start(wire, 20, 4, thread::sleep).map(boxed),
    };
    glass.map_err(|error| i2c::lost(&settings.bus, settings.address(), &error))
}

fn boxed(glass: impl Glass + 'static) -> Box<dyn Glass> {
    Box::new(glass)
}

fn listen<O: FnMut() -> Result<Box<dyn Glass>, String>>(
    heard: &Receiver<Message>,
    mut artist: Artist<O>,
    say: &Sender<String>,
) {
    loop {
        let said = artist.work(Instant::now());
        // Without a player there is nobody to tell.
        said.into_iter().for_each(|line| drop(say.send(line)));
        let first = match heard.recv_deadline(artist.due(Instant::now())) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        for message in first.into_iter().chain(heard.try_iter()) {
            artist.hear(message, Instant::now());
        }
    }
    artist.end();
}

/// What the thread does, with the time as an argument.
struct Artist<O> {
    open: O,
    bus: String,
    address: u16,
    dim_after: Option<Duration>,
    off_after: Option<Duration>,
    glass: Option<Box<dyn Glass>>,
    /// The newest one, where there was any.
    screen: Option<Screen>,
    /// Whether the display shows it.
    shown: bool,
    light: Light,
    retry: Retry,
    opened: Instant,
    /// When the last picture or ping was.
    written: Instant,
    /// When somebody last played, or the screen last changed.
    active: Instant,
    /// What was said about a display that is not there, since it last worked steadily.
    missing: Vec<String>,
}

impl<O: FnMut() -> Result<Box<dyn Glass>, String>> Artist<O> {
    fn new(settings: &Settings, open: O, now: Instant) -> Self {
        let mut artist = Self {
            open,
            bus: settings.bus.clone(),
            address: settings.address(),
            dim_after: settings.dim_after,
            off_after: settings.off_after,
            glass: None,
            screen: None,
            shown: true,
            light: Light::Off,
            retry: Retry::new(),
            opened: now,
            written: now,
            active: now,
            missing: Vec::new(),
        };
        artist.retry.at_once(now);
        artist
    }

    fn hear(&mut self, message: Message, now: Instant) {
        self.active = now;
        if let Message::Show(screen) = message {
            self.shown = false;
            self.screen = Some(screen);
        }
    }

    /// The light that the last hit leaves.
    fn wanted_light(&self, now: Instant) -> Light {
        let idle = now.saturating_duration_since(self.active);
        match (self.off_after, self.dim_after) {
            (Some(off), _) if idle >= off => Light::Off,
            (_, Some(dim)) if idle >= dim => Light::Dim,
            _ => Light::Full,
        }
    }

    /// Does what is due. What there is to say.
    fn work(&mut self, now: Instant) -> Vec<String> {
        let mut said = Vec::new();
        if self.glass.is_none() && self.retry.is_due(now) {
            self.look_for_it(now, &mut said);
        }
        if let Some(Err(error)) = self.write(now) {
            self.glass = None;
            self.retry.later(now);
            self.miss(i2c::lost(&self.bus, self.address, &error), &mut said);
        }
        let since = now.saturating_duration_since(self.opened);
        if self.glass.is_some() && since >= STEADY && !self.missing.is_empty() {
            self.missing.clear();
            self.retry.works();
            said.push("display: it is there now".to_owned());
        }
        said
    }

    fn look_for_it(&mut self, now: Instant, said: &mut Vec<String>) {
        match (self.open)() {
            Ok(glass) => {
                self.glass = Some(glass);
                (self.opened, self.written) = (now, now);
                (self.shown, self.light) = (self.screen.is_none(), Light::Off);
            }
            Err(why) => {
                self.retry.later(now);
                self.miss(why, said);
            }
        }
    }

    fn miss(&mut self, why: String, said: &mut Vec<String>) {
        if !self.missing.contains(&why) {
            said.push(format!("display: {why}"));
            self.missing.push(why);
        }
    }

    /// Writes what is due; `None` where nothing is.
    fn write(&mut self, now: Instant) -> Option<io::Result<()>> {
        let light = self.wanted_light(now);
        let since = now.saturating_duration_since(self.written);
        let glass = self.glass.as_mut()?;
        let mut result = None;
        if let Some(screen) = self.screen.as_ref().filter(|_| !self.shown && since >= FRAME) {
            let drawn = glass.show(screen);
            self.shown = drawn.is_ok();
            result = Some(drawn);
        }
        if self.shown && light != self.light {
            result = Some(glass.light(light));
            self.light = light;
        }
        if result.is_none() && since >= PING {
            result = Some(glass.ping());
        }
        let result = result?;
        self.written = now;
        Some(result)
    }

    /// When there is something to do without being told.
    fn due(&self, now: Instant) -> Instant {
        let retry = self.retry.due().filter(|_| self.glass.is_none());
        let pause = if self.shown { PING } else { FRAME };
        retry.unwrap_or(self.written + pause).max(now + Duration::from_millis(1))
    }

    fn end(mut self) {
        if let Some(glass) = &mut self.glass {
            // It may have gone; there is nobody left to tell.
            let _ = glass.clear();
        }
    }
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
