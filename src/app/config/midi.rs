//! `[midi]` and its inputs.

use std::path::PathBuf;

use super::kinds::Setting;
use super::panel::{blocks, read_reaction, required};
use super::{Places, settings};
use crate::midi::buttons::Source;
use crate::panel::Reaction;
use crate::words::spec::{Table, Value};

/// `[midi]`: the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Midi {
    /// Which drum each note is.
    pub map: NoteMap,
    /// 1..=16, or 0 for all channels.
    pub channel: u8,
    /// Whether a program change switches the kit.
    pub program_change: bool,
    /// Ports of which something else is said.
    pub inputs: Vec<Input>,
    /// Notes and controllers that are buttons.
    pub buttons: Vec<MidiButton>,
}

/// Which note map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteMap {
    /// The one that knows the port's name, else General MIDI.
    Auto,
    /// One of [`crate::maps::BUILT_IN`].
    BuiltIn(String),
    /// The user's own. It may not exist.
    File(PathBuf),
}

/// `[[midi.input]]`: the ports of one module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// A part of the port's name, case apart.
    pub port: String,
    /// Its note map; `None`: as in `[midi]`.
    pub map: Option<NoteMap>,
    /// 1..=16, or 0 for all channels; `None`: as in `[midi]`.
    pub channel: Option<u8>,
    /// The pedal's controller, 0..=127; `None`: as the map says.
    pub pedal_cc: Option<u8>,
    /// Its value where the hi-hat is open, 0..=127; `None`: as the map says.
    pub pedal_open: Option<u8>,
    /// Its value where the hi-hat is closed, another one; `None`: as the map says.
    pub pedal_closed: Option<u8>,
}

/// `[[midi.button]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MidiButton {
    /// What is the button.
    pub source: Source,
    /// 1..=16, or 0 for all channels.
    pub channel: u8,
    /// A part of the port's name, case apart; empty for any port.
    pub port: String,
    /// What it does.
    pub reaction: Reaction,
}

impl Midi {
    pub(super) fn read(table: Option<&Table>, places: &Places) -> Self {
        let list = table.and_then(|t| t.get("input"));
        let inputs = list.into_iter().flat_map(|list| blocks(list, "input", INPUT));
        let list = table.and_then(|t| t.get("button"));
        let buttons = list.into_iter().flat_map(|list| blocks(list, "button", BUTTON));
        Self {
            map: NoteMap::of(&settings::MAP.read(table), places),
            channel: settings::CHANNEL.read(table),
            program_change: settings::PROGRAM_CHANGE.read(table),
            inputs: inputs.filter_map(|value| Input::read(&value, places)).collect(),
            buttons: buttons.filter_map(|value| MidiButton::read(&value)).collect(),
        }
    }
}

impl NoteMap {
    fn of(text: &str, places: &Places) -> Self {
        match text {
            "auto" => NoteMap::Auto,
            _ if settings::is_file(text) => NoteMap::File(places.resolve(text)),
            _ => NoteMap::BuiltIn(text.to_owned()),
        }
    }
}

/// How the tables are called in sentences.
const INPUT: &str = "[midi.input]";
const BUTTON: &str = "[midi.button]";

impl MidiButton {
    fn read(value: &Value) -> Option<Self> {
        let table = value.table(BUTTON)?;
        let number = |key| table.integer(key, 0..=127).and_then(|x| u8::try_from(x).ok());
        let keys = [settings::MIDI_NOTE.name.key, settings::MIDI_CC.name.key];
        let given = keys.map(|key| table.get(key).is_some());
        let [note, cc] = keys.map(number);
        if given[0] == given[1] {
            let found = if given[0] { "has both 'note' and" } else { "lacks 'note' or" };
            value.error(format!("[{BUTTON}] {found} 'cc'; allowed: one of them, 0 … 127"));
        }
        let channel = settings::MIDI_CHANNEL.read(Some(&table));
        let port = settings::MIDI_PORT.read(Some(&table));
        let reaction = read_reaction(value, &table, BUTTON);
        table.finish();
        let source = match (note, cc) {
            (Some(note), None) if !given[1] => Source::Note(note),
            (None, Some(cc)) if !given[0] => Source::Control(cc),
            _ => return None,
        };
        Some(Self { source, channel, port, reaction: reaction? })
    }
}

impl Input {
    fn read(value: &Value, places: &Places) -> Option<Self> {
        let table = value.table(INPUT)?;
        let port = required(value, &table, &settings::INPUT_PORT, INPUT).and_then(|port| {
            port.string("port").filter(|text| !text.trim().is_empty()).or_else(|| {
                if port.as_str().is_some() {
                    port.error(format!(
                        "'port' is empty; allowed: {}",
                        settings::INPUT_PORT.allowed()
                    ));
                }
                None
            })
        });
        let map = table.get(settings::INPUT_MAP.name.key).and_then(|value| {
            let text = value.string("map")?;
            if !(settings::MAP.check)(&text) {
                let allowed = settings::MAP.allowed;
                value.error(format!("'map' is the text \"{text}\"; allowed: {allowed}"));
                return None;
            }
            Some(NoteMap::of(&text, places))
        });
        let whole = |key, high| table.integer(key, 0..=high).and_then(|x| u8::try_from(x).ok());
        let channel = whole(settings::INPUT_CHANNEL.name.key, 16);
        let pedal_cc = whole(settings::PEDAL_CC.name.key, 127);
        let pedal_open = whole(settings::PEDAL_OPEN.name.key, 127);
        let mut pedal_closed = whole(settings::PEDAL_CLOSED.name.key, 127);
        if let (Some(open), Some(closed)) = (pedal_open, pedal_closed)
            && open == closed
        {
            value.error(format!(
                "'pedal_open' and 'pedal_closed' are both {open}; they must differ"
            ));
            pedal_closed = None;
        }
        table.finish();
        Some(Self { port: port?, map, channel, pedal_cc, pedal_open, pedal_closed })
    }
}
