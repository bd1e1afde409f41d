//! What the player hears from the engine and from ports, for its terminal and for clients.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Player;
use super::remote::seconds;
use super::silence::{self, Unheard};
use super::status::tenths;
use crate::app::control::Event;
use crate::app::control::event::{Midi, Topics};
use crate::app::control::status::Loading;
use crate::engine::ports::{Notice, STRUCK, Silence};
use crate::midi::announce::{self, Announcement, Watch};
use crate::midi::message::Message;
use crate::midi::{PortChange, short_name};
use crate::words::Hit;
use crate::words::units::gain_to_db;

/// Softer than this, in dB, is silence.
const FLOOR_DB: f32 = -120.0;

impl Player {
    pub(super) fn port_news(&mut self, first: Announcement) {
        // A hub of modules comes as a burst of news: one look at the ports answers them all.
        let burst: Vec<Announcement> = self.news.1.try_iter().collect();
        for news in std::iter::once(first).chain(burst) {
            let changes = match news {
                Announcement::Started(_) => Vec::new(),
                Announcement::Exited(address) => self.inputs.exited(address),
                Announcement::Missed => self.inputs.close_all(),
            };
            self.tell_ports(changes);
        }
        let changes = self.inputs.refresh();
        self.tell_ports(changes);
    }

    pub(super) fn look_at_ports(&mut self) {
        if self.watch.as_ref().is_none_or(Watch::is_over) {
            // Without the sequencer there is no news; the look says so itself.
            self.watch = announce::watch(self.news.0.clone()).ok();
        }
        let changes = self.inputs.refresh();
        self.tell_ports(changes);
    }

    pub(super) fn tell_ports(&mut self, changes: Vec<PortChange>) {
        for change in changes {
            let line = format!("midi: {change}");
            self.console.say(&line);
            let (name, what, map, why) = match change {
                PortChange::Opened { name, map, source, .. } => {
                    self.told.new_port();
                    self.remote.guesser.forget(source);
                    if let Some(tally) = self.tally.get_mut(source) {
                        *tally = [0; 2];
                    }
                    if let Some(pedal) = self.remote.pedals.get_mut(source) {
                        *pedal = None;
                    }
                    self.remote.failed.remove(&name);
                    (name, "opened", Some(map), None)
                }
                PortChange::Translated { name, map, .. } => {
                    self.told.new_port();
                    (name, "map", Some(map), None)
                }
                PortChange::Closed { name } => {
                    self.buttons.port_gone();
                    (name, "closed", None, None)
                }
                PortChange::Failed { name, why } => {
                    self.remote.failed.insert(name.clone(), why.clone());
                    self.remote.problem(line);
                    (name, "failed", None, Some(why))
                }
                PortChange::Unavailable { .. } => {
                    self.remote.problem(line);
                    continue;
                }
            };
            let (port, change) = (short_name(&name), what.to_owned());
            self.remote.tell(|at| Event::Port { at, port, name, change, map, why });
        }
    }

    pub(super) fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Played { slot, note, velocity, source, .. } => {
                self.count(source, 0);
                self.last_hit.store(self.clock.now(), Ordering::Relaxed);
                self.buttons.hit();
                self.remote.guesser.struck(source, note);
                let (from, _) = self.port(source);
                self.console.hit(slot, note, velocity, &from);
                if self.remote.wants(Topics::HITS) {
                    self.tell_hit(notice, from);
                }
            }
            Notice::Silent { source, .. } => {
                self.count(source, 1);
                self.tell_silence(notice);
            }
            Notice::Wanted { kit, sample } => self.switch.fetch(kit, sample),
            Notice::Playing(kit) => self.remote.plays = Some(kit),
            Notice::Pedal { openness, source } => {
                if let Some(pedal) = self.remote.pedals.get_mut(usize::from(source)) {
                    *pedal = Some(openness);
                }
                if self.remote.wants(Topics::PEDAL) {
                    let (port, _) = self.port(source);
                    self.remote.tell(|at| Event::Pedal { at, port, openness });
                }
            }
            Notice::Grabbed { slot, grip, source } => {
                if self.remote.wants(Topics::GRABS) {
                    let ((port, _), slot) = (self.port(source), slot.to_string());
                    self.remote.tell(|at| Event::Grab { at, port, slot, on: grip > 0.0, grip });
                }
            }
        }
    }

    fn count(&mut self, source: u8, what: usize) {
        let tally = self.tally.get_mut(usize::from(source));
        if let Some(count) = tally.and_then(|tally| tally.get_mut(what)) {
            *count += 1;
        }
    }

    fn tell_hit(&self, notice: Notice, port: String) {
        let Notice::Played {
            slot,
            note,
            velocity,
            openness,
            position,
            sample,
            level,
            time,
            waited,
            ..
        } = notice
        else {
            return;
        };
        let latency = time.and_then(|_| self.desk.latency_ms(Some(waited)));
        let recording = self.remote.plays.and_then(|kit| self.switch.recording(kit, sample));
        self.remote.tell(|now| Event::Hit {
            at: time.map_or(now, seconds),
            port,
            note: some_note(note),
            slot: slot.to_string(),
            velocity,
            openness: slot.is_hihat().then_some(openness),
            position,
            recording,
            level_db: tenths(gain_to_db(level).max(FLOOR_DB)),
            latency_ms: latency.map(tenths),
        });
    }

    fn tell_silence(&mut self, notice: Notice) {
        let Notice::Silent { slot, note, velocity, source, time, why } = notice else { return };
        self.remote.guesser.struck(source, note);
        let (port, map) = self.port(source);
        let map = map.unwrap_or("none").to_owned();
        let (from, map) = (port.as_str(), map.as_str());
        let kit = self.switch.playing().unwrap_or("none");
        let unheard = Unheard { why, slot, note, source, from, map, kit };
        let new = self.told.is_new(&unheard);
        let heard = self.remote.wants(Topics::SILENCES);
        if !new && !heard {
            return;
        }
        let unmapped = why == Silence::Unmapped;
        let guess = if unmapped { self.remote.guesser.guess(source, note) } else { None };
        let words = silence::sentence(&unheard, guess);
        if new {
            let line = format!("no sound: {words}");
            self.console.say(&line);
            self.remote.problem(line);
        }
        if heard {
            self.remote.tell(|now| Event::Silence {
                at: time.map_or(now, seconds),
                port,
                note: some_note(note),
                slot: slot.to_string(),
                velocity,
                why: silence::code(why).to_owned(),
                words,
            });
        }
    }

    /// The name of the port that feeds a source, for people, and its note map.
    fn port(&self, source: u8) -> (String, Option<&str>) {
        if usize::from(source) == STRUCK {
            return ("the control socket".to_owned(), None);
        }
        let port = self.inputs.ports().find(|(_, _, s)| *s == usize::from(source));
        port.map_or_else(
            || ("an input that is gone".to_owned(), None),
            |(name, map, _)| (short_name(name), Some(map)),
        )
    }

    /// Tells of a kit that has begun to be loaded, and forgets one that is not any more.
    pub(super) fn tell_loading(&mut self) {
        let Some(wished) = self.switch.wished() else {
            self.remote.loading = None;
            return;
        };
        if self.remote.loading.as_ref().is_none_or(|loading| loading.kit != wished.name) {
            let kit = wished.name.clone();
            self.remote.loading = Some(Loading { kit: kit.clone(), done: 0, total: 0 });
            self.remote.tell(|at| Event::Loading { at, kit, done: 0, total: 0 });
        }
    }

    pub(super) fn tell_meters(&mut self, now: Instant) {
        let (engine, stream) = (&self.control.meters, self.desk.meters());
        if self.gauge.tick(now, engine, stream) && self.remote.wants(Topics::METERS) {
            let meters = self.gauge.numbers(engine, stream);
            self.remote.tell(|at| Event::Meters { at, meters });
        }
    }

    /// Passes on what ports send, for as long as anybody wants to see it.
    pub(super) fn tell_midi(&mut self) {
        let on = self.remote.wants(Topics::MIDI);
        self.inputs.watched().set(on);
        let remote = &mut self.remote;
        if !on {
            remote.streams.clear();
        }
        self.inputs.raw(|name, raw| {
            if !on {
                return;
            }
            let stream = remote.streams.entry(name.to_owned()).or_default();
            let bytes = raw.bytes().to_vec();
            let message = bytes.iter().filter_map(|&byte| stream.push(byte)).last();
            let message = message.and_then(in_json);
            let (at, port, name) = (seconds(raw.time), short_name(name), name.to_owned());
            remote.tell(|_| Event::Midi { at, port, name, bytes, message });
        });
        let missed = self.inputs.watched().take_missed();
        if missed > 0 {
            self.remote.tell(|_| Event::Missed { of: "midi".to_owned(), count: missed });
        }
    }
}

fn some_note(note: u8) -> Option<u8> {
    Some(note).filter(|note| *note != Hit::NO_NOTE)
}

fn in_json(message: Message) -> Option<Midi> {
    Some(match message {
        Message::NoteOn { channel, note, velocity } => {
            Midi::NoteOn { channel: channel + 1, note, velocity }
        }
        Message::NoteOff { channel, note } => Midi::NoteOff { channel: channel + 1, note },
        Message::PolyPressure { channel, note, value } => {
            Midi::PolyPressure { channel: channel + 1, note, value }
        }
        Message::Control { channel, cc, value } => {
            Midi::Control { channel: channel + 1, cc, value }
        }
        Message::Program { channel, program } => Midi::Program { channel: channel + 1, program },
        Message::Other => return None,
    })
}
