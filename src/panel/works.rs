//! A panel without its thread: which parts have their lines, and what their edges lead to.

use crossbeam_channel::Sender;

use super::debounce::Debounce;
use super::encoder::{Quadrature, Turn};
use super::gesture::Gestures;
use super::lamps::{Lamps, Sign};
use super::{Gpio, Reaction, Seen, Way, Wire, Wiring};
use crate::words::Action;

/// A button, an encoder or an LED, and whether it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `button`, `encoder` or `led`.
    pub kind: &'static str,
    /// Its line or lines, as a person calls them.
    pub place: String,
    /// Why it does nothing, as a sentence without a full stop; `None`: it works.
    pub why: Option<String>,
}

/// What has become of the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Sentences without a full stop, for people.
    pub lines: Vec<String>,
    /// All parts: buttons, then encoders, then LEDs.
    pub parts: Vec<Part>,
}

/// Why a part does nothing before its line is asked for the first time.
const NOT_YET: &str = "it has not been tried yet";

/// All parts. Their lines have keys: those of the buttons, then two of each encoder, then
/// those of the LEDs. In the gestures MIDI buttons come behind the others.
pub(super) struct Works {
    wiring: Wiring,
    parts: Vec<Part>,
    debounces: Vec<Option<Debounce>>,
    codes: Vec<Option<Quadrature>>,
    /// What each LED that works was last set to.
    lit: Vec<Option<bool>>,
    lamps: Lamps,
    gestures: Gestures,
    actions: Sender<Action>,
    /// What is wrong since the last news.
    trouble: Vec<String>,
    /// What was said to be wrong.
    said: Vec<String>,
    /// How many parts were said to work; `None` before the first try.
    worked: Option<usize>,
}

impl Works {
    /// Nothing works yet. `midi`: what MIDI buttons do.
    pub(super) fn new(wiring: Wiring, midi: Vec<Reaction>, actions: Sender<Action>) -> Self {
        let part = |kind, place: String| Part { kind, place, why: Some(NOT_YET.to_owned()) };
        let buttons = wiring.buttons.iter().map(|b| part("button", b.place.line.to_string()));
        let encoders = wiring.encoders.iter().map(|encoder| {
            let [a, b] = &encoder.places;
            part("encoder", format!("{} and {}", a.line, b.line))
        });
        let leds = wiring.leds.iter().map(|led| part("led", led.place.line.to_string()));
        let parts = buttons.chain(encoders).chain(leds).collect();
        let reactions = wiring.buttons.iter().map(|b| b.reaction).chain(midi).collect();
        Self {
            parts,
            debounces: wiring.buttons.iter().map(|_| None).collect(),
            codes: wiring.encoders.iter().map(|_| None).collect(),
            lit: vec![None; wiring.leds.len()],
            lamps: Lamps::default(),
            gestures: Gestures::new(reactions, &wiring.chords, wiring.times),
            actions,
            trouble: Vec::new(),
            said: Vec::new(),
            worked: None,
            wiring,
        }
    }

    /// How many parts work.
    pub(super) fn working(&self) -> usize {
        self.parts.iter().filter(|part| part.why.is_none()).count()
    }

    /// Tries to get the lines of all parts that do not work.
    pub(super) fn take(&mut self, gpio: &mut dyn Gpio) {
        for index in 0..self.parts.len() {
            if self.parts[index].why.is_some() {
                self.parts[index].why = self.take_part(gpio, index).err();
            }
        }
        // What an earlier backend could not do does not matter where this one has lines.
        if self.working() > 0 {
            self.trouble.clear();
        }
        self.trouble.extend(self.sentences());
    }

    fn take_part(&mut self, gpio: &mut dyn Gpio, index: usize) -> Result<(), String> {
        let keys = self.keys(index);
        let mut got = Vec::new();
        for (key, wire) in keys.clone().zip(self.wires(index)) {
            match gpio.take(key, &wire) {
                Ok(line) => got.push(line),
                Err(why) => {
                    (keys.start..key).for_each(|key| gpio.release(key));
                    return Err(why);
                }
            }
        }
        let (buttons, encoders) = (self.wiring.buttons.len(), self.wiring.encoders.len());
        match (index < buttons, &got[..]) {
            (true, [line]) => {
                let debounce = std::time::Duration::from_millis(if line.clean {
                    0
                } else {
                    self.wiring.buttons[index].debounce_ms.into()
                });
                self.debounces[index] = Some(Debounce::new(debounce, line.active));
            }
            (false, [a, b]) => {
                let encoder = index - buttons;
                let steps = self.wiring.encoders[encoder].steps;
                self.codes[encoder] = Some(Quadrature::new(steps, [a.active, b.active]));
            }
            _ => self.lit[index - buttons - encoders] = Some(false),
        }
        Ok(())
    }

    /// The keys of a part's lines.
    fn keys(&self, index: usize) -> std::ops::Range<usize> {
        let (buttons, encoders) = (self.wiring.buttons.len(), self.wiring.encoders.len());
        match index {
            _ if index < buttons => index..index + 1,
            _ if index < buttons + encoders => {
                let first = buttons + 2 * (index - buttons);
                first..first + 2
            }
            _ => index + encoders..index + encoders + 1,
        }
    }

    /// The part of a key.
    fn part(&self, key: usize) -> usize {
        let (buttons, encoders) = (self.wiring.buttons.len(), self.wiring.encoders.len());
        match key {
            _ if key < buttons => key,
            _ if key < buttons + 2 * encoders => buttons + (key - buttons) / 2,
            _ => key - encoders,
        }
    }

    fn wires(&self, index: usize) -> Vec<Wire> {
        let (buttons, encoders) = (self.wiring.buttons.len(), self.wiring.encoders.len());
        if let Some(button) = self.wiring.buttons.get(index) {
            let debounce = std::time::Duration::from_millis(button.debounce_ms.into());
            let way = Way::In { pull: button.pull, debounce };
            return vec![Wire { place: button.place.clone(), active_low: button.active_low, way }];
        }
        if let Some(encoder) = self.wiring.encoders.get(index - buttons) {
            // Bouncing adds nothing to the code, and waiting for its end would lose steps.
            let way = Way::In { pull: encoder.pull, debounce: std::time::Duration::ZERO };
            let wire = |place: &super::Place| Wire {
                place: place.clone(),
                active_low: encoder.active_low,
                way,
            };
            return encoder.places.iter().map(wire).collect();
        }
        let led = self.wiring.leds.get(index - buttons - encoders);
        let wire = |led: &super::Led| Wire {
            place: led.place.clone(),
            active_low: led.active_low,
            way: Way::Out,
        };
        led.map(wire).into_iter().collect()
    }

    /// A backend is not to be had at all.
    pub(super) fn refused(&mut self, why: String) {
        self.trouble.push(format!("the {} do nothing: {why}", self.noun()));
        for part in self.parts.iter_mut().filter(|part| part.why.as_deref() == Some(NOT_YET)) {
            part.why = Some(why.clone());
        }
    }

    /// What there is to tell after a try: of what does not work only what is new.
    pub(super) fn news(&mut self) -> News {
        let said = std::mem::take(&mut self.trouble);
        let new = said.iter().filter(|line| !self.said.contains(line));
        let mut lines: Vec<String> = new.cloned().collect();
        let working = self.working();
        if self.worked.is_some_and(|worked| worked < working) {
            lines.push(format!("{working} of {} {} work now", self.parts.len(), self.noun()));
        }
        self.worked = Some(working);
        self.said = said;
        News { lines, parts: self.parts.clone() }
    }

    /// One sentence for each part that does nothing, or one for all where all have the same
    /// trouble.
    fn sentences(&self) -> Vec<String> {
        let whys: Vec<&String> = self.parts.iter().filter_map(|part| part.why.as_ref()).collect();
        if let [first, _, ..] = whys[..]
            && whys.len() == self.parts.len()
            && whys.iter().all(|why| *why == first)
        {
            return vec![format!("the {} do nothing: {first}", self.noun())];
        }
        let say = |part: &Part| {
            let why = part.why.as_ref()?;
            Some(format!("{} does nothing: {why}", named(part)))
        };
        self.parts.iter().filter_map(say).collect()
    }

    fn noun(&self) -> &'static str {
        let Wiring { buttons, encoders, leds, .. } = &self.wiring;
        match (buttons.is_empty(), encoders.is_empty(), leds.is_empty()) {
            (_, true, true) => "buttons",
            (true, true, false) => "LEDs",
            (true, false, true) => "encoders",
            _ => "buttons, encoders and LEDs",
        }
    }

    /// What a backend has seen, in order of time. Where a line is gone: news.
    pub(super) fn seen(&mut self, gpio: &mut dyn Gpio, seen: &mut Vec<Seen>) -> Option<News> {
        seen.sort_by_key(|seen| match seen {
            Seen::Edge(_, _, time) => *time,
            Seen::Lost(_) => u64::MAX,
        });
        let mut lines = Vec::new();
        for seen in seen.drain(..) {
            match seen {
                Seen::Edge(key, active, time) => self.edge(key, active, time),
                Seen::Lost(key) => lines.extend(self.lost(gpio, key)),
            }
        }
        (!lines.is_empty()).then(|| News { lines, parts: self.parts.clone() })
    }

    fn edge(&mut self, key: usize, active: bool, time: u64) {
        let actions = &self.actions;
        // When nobody listens any more, the program ends.
        let mut act = |action| {
            let _ = actions.send(action);
        };
        let buttons = self.wiring.buttons.len();
        if let Some(debounce) = self.debounces.get_mut(key) {
            let gestures = &mut self.gestures;
            let mut tell = |down, time| gestures.edge(key, down, time, &mut act);
            return debounce.iter_mut().for_each(|d| d.edge(active, time, &mut tell));
        }
        let (encoder, line) = ((key - buttons) / 2, (key - buttons) % 2);
        if let (Some(Some(code)), Some(encoder)) =
            (self.codes.get_mut(encoder), self.wiring.encoders.get(encoder))
        {
            match code.edge(line, active) {
                Some(Turn::Right) => act(encoder.right),
                Some(Turn::Left) => act(encoder.left),
                None => {}
            }
        }
    }

    fn lost(&mut self, gpio: &mut dyn Gpio, key: usize) -> Option<String> {
        let index = self.part(key);
        let keys = self.keys(index);
        let part = self.parts.get_mut(index).filter(|part| part.why.is_none())?;
        part.why = Some("its line is gone".to_owned());
        let line = format!("{} does nothing: its line is gone", named(part));
        keys.for_each(|key| gpio.release(key));
        let (buttons, encoders) = (self.wiring.buttons.len(), self.wiring.encoders.len());
        if let Some(debounce) = self.debounces.get_mut(index) {
            *debounce = None;
            self.gestures.forget(index);
        } else if let Some(code) = self.codes.get_mut(index - buttons) {
            *code = None;
        } else if let Some(lit) = self.lit.get_mut(index - buttons - encoders) {
            *lit = None;
        }
        self.said.push(line.clone());
        self.worked = Some(self.working());
        Some(line)
    }

    /// A MIDI button is pressed or let go.
    pub(super) fn press(&mut self, number: u16, down: bool, time: u64) {
        let (button, actions) = (self.wiring.buttons.len() + usize::from(number), &self.actions);
        self.gestures.edge(button, down, time, &mut |action| {
            let _ = actions.send(action);
        });
    }

    /// Nobody holds a MIDI button any more, and what they have begun is nothing.
    pub(super) fn forget_midi(&mut self, count: usize) {
        let first = self.wiring.buttons.len();
        (first..first + count).for_each(|button| self.gestures.forget(button));
    }

    /// Something happens that LEDs show.
    pub(super) fn sign(&mut self, sign: Sign, now: u64) {
        self.lamps.take(sign, now);
    }

    /// It is this late, and everything that was seen before has been told.
    pub(super) fn pass(&mut self, now: u64) {
        let (actions, gestures) = (&self.actions, &mut self.gestures);
        let mut act = |action| {
            let _ = actions.send(action);
        };
        for (button, debounce) in self.debounces.iter_mut().enumerate() {
            let mut tell = |down, time| gestures.edge(button, down, time, &mut act);
            debounce.iter_mut().for_each(|debounce| debounce.pass(now, &mut tell));
        }
        gestures.pass(now, &mut act);
    }

    /// Sets the LEDs. Where a line is gone: news.
    pub(super) fn show(&mut self, gpio: &mut dyn Gpio, now: u64) -> Option<News> {
        let shows = self.wiring.leds.iter().map(|led| self.lamps.is_lit(led.shows, now));
        let wanted: Vec<bool> = shows.collect();
        self.set(gpio, &wanted)
    }

    /// Switches all LEDs off, at the end.
    pub(super) fn dark(&mut self, gpio: &mut dyn Gpio) {
        let wanted = vec![false; self.wiring.leds.len()];
        self.set(gpio, &wanted);
    }

    fn set(&mut self, gpio: &mut dyn Gpio, wanted: &[bool]) -> Option<News> {
        let first = self.wiring.buttons.len() + 2 * self.wiring.encoders.len();
        let mut lines = Vec::new();
        for (led, &wanted) in wanted.iter().enumerate() {
            let Some(Some(lit)) = self.lit.get_mut(led) else { continue };
            if *lit == wanted {
                continue;
            }
            *lit = wanted;
            if !gpio.set(first + led, wanted) {
                lines.extend(self.lost(gpio, first + led));
            }
        }
        (!lines.is_empty()).then(|| News { lines, parts: self.parts.clone() })
    }

    /// When [`Works::pass`] or [`Works::show`] has something to do next.
    pub(super) fn wake(&self, now: u64) -> Option<u64> {
        let debounces = self.debounces.iter().flatten().filter_map(Debounce::wake);
        let lit = self.wiring.leds.iter().zip(&self.lit);
        let lit = lit.filter(|(_, lit)| lit.is_some());
        let leds = lit.filter_map(|(led, _)| self.lamps.wake(led.shows, now));
        debounces.chain(leds).chain(self.gestures.wake()).min()
    }
}

fn named(part: &Part) -> String {
    match part.kind {
        "led" => format!("the LED on {}", part.place),
        kind => format!("the {kind} on {}", part.place),
    }
}
