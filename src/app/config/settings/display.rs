//! `[panel.display]`: a small display.

use super::super::display::Address;
use super::super::kinds::{Choice, Switch, Text, Whole};
use super::{is_not_empty, name};
use crate::panel::display::Kind;

pub(in crate::app::config) static KIND: Choice<Kind> = Choice {
    name: name(
        "panel.display",
        "kind",
        "A small display on the I²C bus, by its chip and its size in dots or letters.",
    ),
    choices: &Kind::NAMES,
    default: Kind::None,
};
pub(in crate::app::config) static BUS: Text = Text {
    name: name(
        "panel.display",
        "bus",
        "The I²C bus: its device, or a part of the name that `i2cdetect -l` shows.",
    ),
    check: is_not_empty,
    allowed: "a device as in \"/dev/i2c-1\", or a part of a bus's name",
    // pins 3 and 5 of a Raspberry Pi's header, on every model with 40 pins
    default: "/dev/i2c-1",
};
pub(in crate::app::config) static ADDRESS: Address = Address {
    name: name(
        "panel.display",
        "address",
        "The display's address on the bus. \"auto\" is the usual one: 0x3C for the OLEDs, 0x27 for an HD44780. `i2cdetect -y 1` shows what answers.",
    ),
};
pub(in crate::app::config) static ROTATED: Switch = Switch {
    name: name(
        "panel.display",
        "rotated",
        "Whether the display is mounted upside down. An HD44780 cannot be turned.",
    ),
    default: false,
};
pub(in crate::app::config) static BRIGHTNESS: Whole<u8> = Whole {
    name: name(
        "panel.display",
        "brightness",
        "How bright the display is, in per cent. An HD44780 is on or off.",
    ),
    range: 1..=100,
    default: 60,
};
// A day is longer than any gig.
pub(in crate::app::config) static DIM: Whole<u16> = Whole {
    name: name(
        "panel.display",
        "dim_minutes",
        "The display is dimmed so long after the last hit. 0 is never.",
    ),
    range: 0..=1440,
    default: 5,
};
pub(in crate::app::config) static OFF: Whole<u16> = Whole {
    name: name(
        "panel.display",
        "off_minutes",
        "The display goes dark so long after the last hit: an OLED's dots wear out. The next hit or button lights it again. 0 is never.",
    ),
    range: 0..=1440,
    default: 30,
};
