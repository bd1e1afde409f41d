//! Everything a front panel needs, in one answer.

use serde::{Deserialize, Serialize};

use super::event::Meters;

/// How the module is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// Seconds since it started.
    pub uptime_s: f64,
    /// The name of the kit that plays.
    pub kit: Option<String>,
    /// The kit that the next step forward plays.
    pub next: Option<String>,
    /// The kit that the next step back plays.
    pub previous: Option<String>,
    /// All kits, in the order of the steps.
    pub kits: Vec<KitLine>,
    /// The kit that is being loaded to be played.
    pub loading: Option<Loading>,
    /// −60..=0.
    pub volume_db: f32,
    /// The trim of the kit that plays in dB, −12..=12.
    pub trim_db: f32,
    /// The sound card; `None` while there is not even the silent device.
    pub sound: Option<Sound>,
    /// How it is doing.
    pub meters: Meters,
    /// The MIDI side.
    pub midi: MidiSide,
    /// Where a dialogue stands that learns a map by sounds; `None` while there is none.
    pub learning: Option<Learning>,
    /// The configuration.
    pub config: Settings,
    /// What is remembered.
    pub state: Memory,
    /// What is wrong for as long as it is so, each a sentence without a full stop.
    pub faults: Vec<String>,
    /// Buttons, encoders and LEDs on GPIO lines.
    #[serde(default)]
    pub panel: Vec<Part>,
    /// What was wrong, the oldest first.
    pub problems: Vec<Trouble>,
}

/// A dialogue that learns a map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learning {
    /// The short name of the port.
    pub port: String,
    /// `asks` and `again` (the same, as the answer was doubtful), `learned`, `left` (without an
    /// answer), `taken` (the note is another pad's), `over`.
    pub state: String,
    /// What it is about.
    pub slot: Option<String>,
    /// The question, the answer, or whatever else is to be said.
    pub words: String,
    /// The question's number, from 1.
    pub step: usize,
    /// Of so many.
    pub steps: usize,
}

/// One kit of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitLine {
    /// Its place, from 1.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// Its program number.
    pub program: Option<u8>,
    /// Whether it is in memory, so that it plays at once.
    pub ready: bool,
    /// Whether it plays.
    pub plays: bool,
}

/// How far a kit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loading {
    /// Its name.
    pub kit: String,
    /// Recordings that are there.
    pub done: usize,
    /// Of so many; 0 while that is not known.
    pub total: usize,
}

/// What plays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sound {
    /// What a person calls the card.
    pub card: String,
    /// Card, PCM, rate, period, format, channels: one line.
    pub what: String,
    /// Whether it is the silent device, which stands in for a card that is not there.
    pub silent: bool,
    /// Frames a second.
    pub rate: u32,
    /// Frames a callback.
    pub period: u32,
    /// From a message to the card's converter, in ms.
    pub latency_ms: f32,
}

/// MIDI ports, and why there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MidiSide {
    /// The ports.
    pub ports: Vec<Port>,
    /// Why there are no ports to be had at all, as a sentence without a full stop.
    pub unavailable: Option<String>,
    /// Hits that were held back: double triggers, hand noise, false stomps.
    pub masked: u64,
    /// Where maps lie that ports take by themselves, those that win first.
    pub maps: Vec<String>,
}

/// A MIDI port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Port {
    /// The short name, as events have it.
    pub port: String,
    /// Client and port name, as the system has them.
    pub name: String,
    /// Whether it is heard.
    pub open: bool,
    /// The map that it is translated by, where it is open.
    pub map: Option<String>,
    /// Why it is not open, where that was not wanted.
    pub why: Option<String>,
    /// Where its pedal stood when it last moved, 0 closed … 1 open.
    pub pedal: Option<f32>,
}

/// Where the settings that count come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The file.
    pub path: Option<String>,
    /// `none`: there is no file; `clean`: all of it counts; `last-good`: it has mistakes, and
    /// what worked last counts; `partly`: what is wrong has its default; `defaults`: it
    /// cannot be used; `safe`: safe mode.
    pub standing: String,
}

/// Where kit, volume and trims are remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The folder.
    pub folder: Option<String>,
    /// Why nothing can be written there at the moment.
    pub trouble: Option<String>,
}

/// A button, an encoder or an LED.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// `button`, `encoder` or `led`.
    pub kind: String,
    /// Its line or lines.
    pub place: String,
    /// Why it does nothing, as a sentence without a full stop; `None`: it works.
    pub why: Option<String>,
}

/// Something that was wrong, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// Seconds since the start.
    pub at: f64,
    /// A sentence without a full stop.
    pub words: String,
}
