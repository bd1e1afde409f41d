//! `[[midi.input]]`.

use super::name;
use crate::app::config::kinds::Required;

pub(in crate::app::config) static INPUT_PORT: Required = Required {
    name: name(
        "midi.input",
        "port",
        "A part of the MIDI port's name, as `rimshot devices` shows it.",
    ),
    allowed: || "a text that is not empty".to_owned(),
};
pub(in crate::app::config) static INPUT_MAP: Required = Required {
    name: name("midi.input", "map", "Its note map."),
    allowed: || "what [midi] allows; without it as there".to_owned(),
};
pub(in crate::app::config) static INPUT_CHANNEL: Required = Required {
    name: name("midi.input", "channel", "The MIDI channel to listen to on it; 0 listens to all."),
    allowed: || "0 … 16; without it as in [midi]".to_owned(),
};
pub(in crate::app::config) static PEDAL_CC: Required = Required {
    name: name("midi.input", "pedal_cc", "The controller of its hi-hat pedal."),
    allowed: || "0 … 127; without it as the map says".to_owned(),
};
pub(in crate::app::config) static PEDAL_OPEN: Required = Required {
    name: name("midi.input", "pedal_open", "What that controller sends where the hi-hat is open."),
    allowed: || "0 … 127; without it as the map says".to_owned(),
};
pub(in crate::app::config) static PEDAL_CLOSED: Required = Required {
    name: name("midi.input", "pedal_closed", "And where it is closed."),
    allowed: || "0 … 127; without it as the map says".to_owned(),
};
