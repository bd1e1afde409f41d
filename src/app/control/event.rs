//! What is told to clients that subscribe, one JSON object a line.

use serde::{Deserialize, Serialize};

use super::status::Learning;

/// A set of topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Topics(u32);

/// Every topic in the order of its bit.
const NAMES: [&str; 13] = [
    "hits", "silences", "pedal", "grabs", "kits", "loading", "volume", "ports", "sound",
    "problems", "meters", "learn", "midi",
];

impl Topics {
    /// None of them.
    pub const NONE: Topics = Topics(0);
    /// [`Event::Hit`].
    pub const HITS: Topics = Topics(1);
    /// [`Event::Silence`].
    pub const SILENCES: Topics = Topics(1 << 1);
    /// [`Event::Pedal`].
    pub const PEDAL: Topics = Topics(1 << 2);
    /// [`Event::Grab`].
    pub const GRABS: Topics = Topics(1 << 3);
    /// [`Event::Kit`].
    pub const KITS: Topics = Topics(1 << 4);
    /// [`Event::Loading`] and [`Event::Failed`].
    pub const LOADING: Topics = Topics(1 << 5);
    /// [`Event::Volume`] and [`Event::Trim`].
    pub const VOLUME: Topics = Topics(1 << 6);
    /// [`Event::Port`].
    pub const PORTS: Topics = Topics(1 << 7);
    /// [`Event::Sound`].
    pub const SOUND: Topics = Topics(1 << 8);
    /// [`Event::Problem`].
    pub const PROBLEMS: Topics = Topics(1 << 9);
    /// [`Event::Meters`].
    pub const METERS: Topics = Topics(1 << 10);
    /// [`Event::Learn`].
    pub const LEARN: Topics = Topics(1 << 11);
    /// [`Event::Midi`].
    pub const MIDI: Topics = Topics(1 << 12);
    /// All but the raw messages.
    pub const USUAL: Topics = Topics(Self::MIDI.0 - 1);

    /// The names of all.
    pub fn names() -> Vec<&'static str> {
        NAMES.to_vec()
    }

    /// The topic of a name.
    pub fn named(name: &str) -> Option<Topics> {
        NAMES.iter().position(|n| *n == name).map(|bit| Topics(1 << bit))
    }

    /// The names of those in the set.
    pub fn list(self) -> Vec<&'static str> {
        NAMES
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, n)| *n)
            .collect()
    }

    /// These and others.
    pub const fn and(self, others: Topics) -> Topics {
        Topics(self.0 | others.0)
    }

    /// Whether any of those are in the set.
    pub fn has(self, any: Topics) -> bool {
        self.0 & any.0 != 0
    }

    pub(super) fn bits(self) -> u32 {
        self.0
    }

    pub(super) fn of_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// Something that happened. `at` is in seconds since the module started, to the millisecond;
/// `port` is the short name of a MIDI port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A hit sounded.
    Hit {
        /// When its message came.
        at: f64,
        /// By which port it came.
        port: String,
        /// Its MIDI note.
        note: Option<u8>,
        /// What was struck.
        slot: String,
        /// 1..=127.
        velocity: f32,
        /// The hi-hat's openness, 0 closed … 1 open; only for its slots.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        openness: Option<f32>,
        /// 0 centre … 1 edge.
        position: f32,
        /// The recording that was chosen: its file, below the kit's folder where it is there.
        recording: Option<String>,
        /// Its level where it is loudest, before the master volume, in dB.
        level_db: f32,
        /// From its message to the card's converter, in ms.
        latency_ms: Option<f32>,
    },
    /// A hit made no sound.
    Silence {
        /// When its message came.
        at: f64,
        /// By which port it came.
        port: String,
        /// Its MIDI note.
        note: Option<u8>,
        /// What was struck.
        slot: String,
        /// 1..=127.
        velocity: f32,
        /// The cause: `no-kit`, `no-sound`, `unmapped`, `not-loaded`, `muted`, `soft`,
        /// `duplicate`, and for hits held back `retrigger`, `grab`, `stomp`.
        why: String,
        /// The cause and what helps, as a sentence without a full stop.
        words: String,
    },
    /// The hi-hat's pedal moved.
    Pedal {
        /// When.
        at: f64,
        /// By which port.
        port: String,
        /// 0 closed … 1 open.
        openness: f32,
    },
    /// A pad was grabbed or let go.
    Grab {
        /// When.
        at: f64,
        /// By which port.
        port: String,
        /// Any zone of the pad.
        slot: String,
        /// Grabbed or let go.
        on: bool,
        /// How fast: 0 let go … 1 held fast.
        grip: f32,
    },
    /// This kit plays from now on.
    Kit {
        /// When.
        at: f64,
        /// Its name.
        name: String,
        /// Its folder.
        folder: String,
        /// Its program number.
        program: Option<u8>,
    },
    /// A kit is being loaded to be played; told at the beginning and about once a second.
    Loading {
        /// When.
        at: f64,
        /// Its name.
        kit: String,
        /// Recordings that are there.
        done: usize,
        /// Of so many; 0 while that is not known.
        total: usize,
    },
    /// A kit cannot be played.
    Failed {
        /// When.
        at: f64,
        /// Its name.
        kit: String,
    },
    /// The volume is another one.
    Volume {
        /// When.
        at: f64,
        /// −60..=0.
        db: f32,
    },
    /// The trim of the kit that plays is another one.
    Trim {
        /// When.
        at: f64,
        /// The kit's name.
        kit: String,
        /// −12..=12.
        db: f32,
    },
    /// A MIDI port came, went, is translated otherwise, or cannot be opened.
    Port {
        /// When.
        at: f64,
        /// The short name.
        port: String,
        /// Client and port name, as the system has them.
        name: String,
        /// `opened`, `map`, `closed` or `failed`.
        change: String,
        /// The map that it is translated by, where it was opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        map: Option<String>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Something happened to the sound card.
    Sound {
        /// When.
        at: f64,
        /// What, as a sentence without a full stop.
        words: String,
    },
    /// Something is wrong. Each is told once.
    Problem {
        /// When.
        at: f64,
        /// What, as a sentence without a full stop.
        words: String,
    },
    /// How it is doing, once a second.
    Meters {
        /// When.
        at: f64,
        /// The numbers.
        #[serde(flatten)]
        meters: Meters,
    },
    /// Where the module stands that learns a map by sounds.
    Learn {
        /// When.
        at: f64,
        /// Where it stands.
        #[serde(flatten)]
        learning: Learning,
    },
    /// A MIDI message as it came, whatever it means to the module.
    Midi {
        /// When.
        at: f64,
        /// The short name of the port.
        port: String,
        /// Client and port name, as the system has them.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
        /// What they say, where they say something about drums.
        message: Option<Midi>,
    },
    /// Something was left out because it came faster than it was read.
    Missed {
        /// Of what: `events` (by this client), `midi` (by the module).
        of: String,
        /// How many.
        count: u64,
    },
    /// One of a later version.
    #[serde(other)]
    Unknown,
}

/// How the module is doing. Loads and the peak are those of the last second, counts those
/// since the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Meters {
    /// Recordings that sound now.
    pub voices: u32,
    /// The most that ever sounded at once.
    pub most_voices: u32,
    /// The part of their time that callbacks used, 0..=1.
    pub load: f32,
    /// That of the worst callback; above 1 it was late.
    pub load_worst: f32,
    /// The loudest output in dB, −120 where there was none.
    pub peak_db: f32,
    /// Hits that sounded.
    pub played: u64,
    /// Hits that made no sound.
    pub silent: u64,
    /// Hits that came too late for their place.
    pub late: u64,
    /// Hits that found no room.
    pub lost: u64,
    /// Voices that were ended for newer ones.
    pub stolen: u64,
    /// Times the card was not fed in time.
    pub xruns: u64,
}

/// A MIDI message. Channels are 1..=16, everything else 0..=127.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are those of MIDI")]
pub enum Midi {
    NoteOn { channel: u8, note: u8, velocity: u8 },
    NoteOff { channel: u8, note: u8 },
    PolyPressure { channel: u8, note: u8, value: u8 },
    Control { channel: u8, cc: u8, value: u8 },
    Program { channel: u8, program: u8 },
}

impl Event {
    /// The topic it belongs to; none where a client gets it in any case.
    pub fn topic(&self) -> Topics {
        match self {
            Event::Hit { .. } => Topics::HITS,
            Event::Silence { .. } => Topics::SILENCES,
            Event::Pedal { .. } => Topics::PEDAL,
            Event::Grab { .. } => Topics::GRABS,
            Event::Kit { .. } => Topics::KITS,
            Event::Loading { .. } | Event::Failed { .. } => Topics::LOADING,
            Event::Volume { .. } | Event::Trim { .. } => Topics::VOLUME,
            Event::Port { .. } => Topics::PORTS,
            Event::Sound { .. } => Topics::SOUND,
            Event::Problem { .. } => Topics::PROBLEMS,
            Event::Meters { .. } => Topics::METERS,
            Event::Learn { .. } => Topics::LEARN,
            Event::Midi { .. } => Topics::MIDI,
            Event::Missed { of, .. } if of == "midi" => Topics::MIDI,
            Event::Missed { .. } | Event::Unknown => Topics::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_found_by_its_name_and_the_usual_ones_are_all_but_the_raw_messages() {
        for name in Topics::names() {
            assert_eq!(Topics::named(name).unwrap().list(), [name]);
        }
        assert_eq!(Topics::named("hit"), None);
        assert_eq!(Topics::USUAL.list(), Topics::names()[..NAMES.len() - 1]);
        assert_eq!(Topics::MIDI.list(), ["midi"]);
    }

    #[test]
    fn an_event_of_a_later_version_is_read_and_so_are_its_new_fields() {
        let read = |text| serde_json::from_str::<Event>(text).unwrap();
        assert_eq!(read(r#"{"event":"lightning","at":1.5}"#), Event::Unknown);
        assert_eq!(
            read(r#"{"event":"volume","at":1.5,"db":-6,"curve":"log"}"#),
            Event::Volume { at: 1.5, db: -6.0 }
        );
    }
}
