//! The panel side of the player: what has become of its parts, and what its LEDs are told.

use std::time::Instant;

use crossbeam_channel::Sender;

use super::Player;
use crate::midi::buttons::Press;
use crate::panel::lamps::{Shows, Sign};
use crate::panel::{self, Backend, Panel, Part, Reaction, Wiring};
use crate::words::Action;
use crate::words::retry::Retry;
use crate::words::time::Clock;
use crate::words::units::db_to_gain;

/// As loud as the limiter lets through, which works then (decision of engine/limiter.rs:
/// −0.3 dBFS), and without it so near to full scale.
const CLIP_DB: f32 = -0.301;

/// The panel of the configuration.
pub struct Buttons {
    panel: Option<Panel>,
    /// Whether its lines are wanted at all.
    has_lines: bool,
    parts: Vec<Part>,
    retry: Retry,
    /// What the LEDs know: whether a kit plays, is loaded, whether something is wrong.
    told: [Option<bool>; 3],
}

impl Buttons {
    /// Opens what there is; what becomes of it is told by [`Buttons::tick`]. `midi`: what
    /// MIDI buttons do. A line where there can be no panel at all.
    pub fn open(
        wiring: &Wiring,
        midi: Vec<Reaction>,
        clock: Clock,
        actions: Sender<Action>,
    ) -> (Self, Option<String>) {
        let (panel, line) = match panel::start(wiring.clone(), midi, clock, actions) {
            Ok(panel) => (panel, None),
            Err(why) => (None, Some(format!("panel: {why}"))),
        };
        let has_lines = wiring.backend != Backend::None;
        let (parts, retry, told) = (Vec::new(), Retry::new(), [None; 3]);
        (Self { panel, has_lines, parts, retry, told }, line)
    }

    /// Hears what has become of the parts, and has the missing ones tried again, ever more
    /// rarely; called some times a second. Lines for people.
    pub fn tick(&mut self, now: Instant) -> Vec<String> {
        let Some(panel) = &self.panel else { return Vec::new() };
        let mut lines = Vec::new();
        for news in panel.news().try_iter() {
            lines.extend(news.lines.iter().map(|line| format!("panel: {line}")));
            let works = |parts: &[Part]| parts.iter().filter(|part| part.why.is_none()).count();
            if works(&news.parts) < works(&self.parts) {
                self.retry.soon(now);
            } else if works(&news.parts) < news.parts.len() {
                self.retry.later(now);
            }
            self.parts = news.parts;
        }
        if self.has_lines && self.retry.is_due(now) && !panel.retry() {
            self.retry.later(now);
        }
        lines
    }

    /// All parts: buttons, encoders, LEDs.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// A MIDI button is pressed or let go.
    pub fn press(&self, press: Press) {
        if let Some(panel) = &self.panel {
            panel.press(press.number, press.down, press.time);
        }
    }

    /// A MIDI port went away, and whoever held its buttons cannot let them go.
    pub fn port_gone(&self) {
        self.panel.iter().for_each(Panel::forget_midi);
    }

    fn shows(&self, shows: Shows) -> bool {
        self.panel.as_ref().is_some_and(|panel| panel.shows(shows))
    }

    fn tell(&self, sign: Sign) -> bool {
        self.panel.as_ref().is_none_or(|panel| panel.tell(sign))
    }

    /// A hit sounds.
    pub fn hit(&self) {
        if self.shows(Shows::Hit) {
            self.tell(Sign::Hit);
        }
    }

    /// Tells the LEDs what has changed.
    fn show(&mut self, now: [(Shows, Sign, bool); 3]) {
        for (index, (shows, sign, on)) in now.into_iter().enumerate() {
            let known = self.told.get(index).copied().flatten();
            if known != Some(on)
                && self.shows(shows)
                && self.tell(sign)
                && let Some(told) = self.told.get_mut(index)
            {
                *told = Some(on);
            }
        }
    }
}

impl Player {
    /// Tells the LEDs how it is; called at every round.
    pub(super) fn light(&mut self) {
        let ready = self.switch.playing().is_some();
        let loading = self.switch.wished().is_some() || self.learner.is_some();
        let fault = self.buttons.shows(Shows::Fault) && !self.faults().is_empty();
        self.buttons.show([
            (Shows::Ready, Sign::Ready(ready), ready),
            (Shows::Loading, Sign::Loading(loading), loading),
            (Shows::Fault, Sign::Fault(fault), fault),
        ]);
        if self.buttons.shows(Shows::Clip)
            && self.gauge.peak(&self.control.meters) >= db_to_gain(CLIP_DB)
        {
            self.buttons.tell(Sign::Clip);
        }
    }
}
