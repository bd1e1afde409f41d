//! `[panel]`: buttons, encoders and LEDs on GPIO lines; and `[[midi.button]]`.

use super::super::kinds::{Choice, Required, Switch, Text, Whole, quoted};
use super::super::panel::MAX_LINE;
use super::name;
use crate::panel::lamps::Shows;
use crate::panel::{Backend, Pull};
use crate::words::Action;

pub(in crate::app::config) static BACKEND: Choice<Backend> = Choice {
    name: name(
        "panel",
        "backend",
        "How GPIO lines are read. \"chardev\" works on any board; \"rppal\" on a Raspberry Pi only; \"auto\" takes the first of these that works.",
    ),
    choices: &Backend::NAMES,
    default: Backend::Auto,
};
pub(in crate::app::config) static DEBOUNCE: Whole<u32> = Whole {
    name: name(
        "panel",
        "debounce_ms",
        "How long a button has to be still before it counts, in ms.",
    ),
    range: 0..=500,
    default: 20,
};
pub(in crate::app::config) static LONG_MS: Whole<u32> = Whole {
    name: name("panel", "long_ms", "Held for so long is a long press, in ms."),
    range: 100..=10_000,
    default: 600,
};
pub(in crate::app::config) static DOUBLE_MS: Whole<u32> = Whole {
    name: name(
        "panel",
        "double_ms",
        "Pressed again within this time is a double press, in ms. A button that has one acts on a single press only when this time is over.",
    ),
    range: 100..=2_000,
    default: 300,
};
pub(in crate::app::config) static REPEAT_MS: Whole<u32> = Whole {
    name: name(
        "panel",
        "repeat_ms",
        "How often a button that repeats does so, in ms; it begins after long_ms.",
    ),
    range: 20..=2_000,
    default: 100,
};
// 50 ms is also the time of QMK's combos (COMBO_TERM) and ZMK's (timeout-ms).
pub(in crate::app::config) static CHORD_MS: Whole<u32> = Whole {
    name: name(
        "panel",
        "chord_ms",
        "Two buttons that are pressed within this time are pressed at once, in ms. A button of a chord acts that much later.",
    ),
    range: 10..=500,
    default: 50,
};

fn a_line() -> String {
    format!("a number from 0 to {MAX_LINE}, or a name as in \"GPIO17\"")
}

fn an_action() -> String {
    "as for 'action' of a [[panel.button]]".to_owned()
}

fn an_action_or_none() -> String {
    "as for 'action'; without it nothing".to_owned()
}

const LEVELS: &[(&str, bool)] = &[("low", true), ("high", false)];
const PULLS: &[(&str, Pull)] = &[("up", Pull::Up), ("down", Pull::Down), ("none", Pull::None)];
const A_CHIP: &str = "the name of a chip, or empty";

pub(in crate::app::config) static LINE: Required = Required {
    name: name("panel.button", "line", "The GPIO line, by number or by name."),
    allowed: a_line,
};
pub(in crate::app::config) static CHIP: Text = Text {
    name: name(
        "panel.button",
        "chip",
        "The GPIO chip that a line's number counts on, as in \"gpiochip0\". Empty looks on all.",
    ),
    check: |_| true,
    allowed: A_CHIP,
    default: "",
};
pub(in crate::app::config) static ACTION: Required = Required {
    name: name("panel.button", "action", "What a press does."),
    allowed: Action::allowed,
};
pub(in crate::app::config) static LONG: Required = Required {
    name: name(
        "panel.button",
        "long",
        "What a long press does. A short one then acts when the button is let go.",
    ),
    allowed: an_action_or_none,
};
pub(in crate::app::config) static DOUBLE: Required = Required {
    name: name("panel.button", "double", "What a double press does."),
    allowed: an_action_or_none,
};
pub(in crate::app::config) static REPEAT: Switch = Switch {
    name: name(
        "panel.button",
        "repeat",
        "Does its action again and again while it is held; then it has no 'long' and no 'double'.",
    ),
    default: false,
};
pub(in crate::app::config) static ACTIVE_LOW: Choice<bool> = Choice {
    name: name(
        "panel.button",
        "active",
        "The level of the line while the button is held: \"low\" where it connects to ground.",
    ),
    choices: LEVELS,
    default: true,
};
pub(in crate::app::config) static PULL: Choice<Pull> = Choice {
    name: name(
        "panel.button",
        "pull",
        "The resistor inside the chip that holds the line while nobody presses.",
    ),
    choices: PULLS,
    default: Pull::Up,
};

pub(in crate::app::config) static CHORD_LINES: Required = Required {
    name: name("panel.chord", "lines", "Two lines that have a [[panel.button]]."),
    allowed: || "a list of two lines of buttons, as in [17, 27]".to_owned(),
};
pub(in crate::app::config) static CHORD_ACTION: Required = Required {
    name: name("panel.chord", "action", "What both at once do, in place of what each does."),
    allowed: an_action,
};
// Longer than a stick or an elbow rests on a box.
pub(in crate::app::config) static HOLD: Whole<u32> = Whole {
    name: name("panel.chord", "hold_ms", "How long both have to be held, in ms."),
    range: 0..=10_000,
    default: 1_000,
};

pub(in crate::app::config) static ENCODER_A: Required =
    Required { name: name("panel.encoder", "a", "The line of its contact A."), allowed: a_line };
pub(in crate::app::config) static ENCODER_B: Required =
    Required { name: name("panel.encoder", "b", "The line of its contact B."), allowed: a_line };
pub(in crate::app::config) static ENCODER_CHIP: Text = Text {
    name: name("panel.encoder", "chip", "The GPIO chip, as for buttons."),
    check: |_| true,
    allowed: A_CHIP,
    default: "",
};
pub(in crate::app::config) static TURN_RIGHT: Required = Required {
    name: name(
        "panel.encoder",
        "turn_right",
        "What it does when it is turned to the right. Where it does that to the left, swap a and b.",
    ),
    allowed: an_action,
};
pub(in crate::app::config) static TURN_LEFT: Required =
    Required { name: name("panel.encoder", "turn_left", "And to the left."), allowed: an_action };
pub(in crate::app::config) static STEPS: Required = Required {
    name: name(
        "panel.encoder",
        "steps",
        "Steps of its code from one detent to the next. Where it takes two clicks to do something, halve it.",
    ),
    allowed: || "1, 2 or 4; without it 4".to_owned(),
};
pub(in crate::app::config) static ENCODER_ACTIVE_LOW: Choice<bool> = Choice {
    name: name(
        "panel.encoder",
        "active",
        "The level of a line while its contact is closed: \"low\" where it connects to ground.",
    ),
    choices: LEVELS,
    default: true,
};
pub(in crate::app::config) static ENCODER_PULL: Choice<Pull> = Choice {
    name: name("panel.encoder", "pull", "The resistor inside the chip, as for buttons."),
    choices: PULLS,
    default: Pull::Up,
};

pub(in crate::app::config) static LED_LINE: Required = Required {
    name: name("panel.led", "line", "The GPIO line, by number or by name."),
    allowed: a_line,
};
pub(in crate::app::config) static LED_CHIP: Text = Text {
    name: name("panel.led", "chip", "The GPIO chip, as for buttons."),
    check: |_| true,
    allowed: A_CHIP,
    default: "",
};
pub(in crate::app::config) static SHOWS: Required = Required {
    name: name(
        "panel.led",
        "shows",
        "What it shows. \"ready\": a kit plays. \"loading\" blinks while a kit is loaded. \"hit\": a flash for each hit. \"clip\": the output is as loud as it can be. \"fault\": something is wrong, as a sound card that is missing.",
    ),
    allowed: || quoted(&Shows::NAMES),
};
pub(in crate::app::config) static LED_ACTIVE_LOW: Choice<bool> = Choice {
    name: name("panel.led", "active", "The level of the line that lights it."),
    choices: LEVELS,
    default: false,
};

pub(in crate::app::config) static MIDI_NOTE: Required = Required {
    name: name("midi.button", "note", "The note that is a button from now on and makes no sound."),
    allowed: || "0 … 127, in place of 'cc'".to_owned(),
};
pub(in crate::app::config) static MIDI_CC: Required = Required {
    name: name("midi.button", "cc", "Or the controller: from 64 on it is pressed."),
    allowed: || "0 … 127, in place of 'note'".to_owned(),
};
pub(in crate::app::config) static MIDI_CHANNEL: Whole<u8> = Whole {
    name: name("midi.button", "channel", "The MIDI channel that it comes on; 0 is any."),
    range: 0..=16,
    default: 0,
};
pub(in crate::app::config) static MIDI_PORT: Text = Text {
    name: name(
        "midi.button",
        "port",
        "A part of the MIDI port's name, as `rimshot devices` shows it. Empty is any port.",
    ),
    check: |_| true,
    allowed: "a text, or empty",
    default: "",
};
pub(in crate::app::config) static MIDI_ACTION: Required =
    Required { name: name("midi.button", "action", "What a press does."), allowed: an_action };
pub(in crate::app::config) static MIDI_LONG: Required = Required {
    name: name("midi.button", "long", "What a long press does; most pads cannot be held."),
    allowed: an_action_or_none,
};
pub(in crate::app::config) static MIDI_DOUBLE: Required = Required {
    name: name("midi.button", "double", "What a double press does."),
    allowed: an_action_or_none,
};
pub(in crate::app::config) static MIDI_REPEAT: Switch =
    Switch { name: name("midi.button", "repeat", "As for a [[panel.button]]."), default: false };
