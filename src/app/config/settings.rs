//! Every setting of `rimshot.toml`: its place, its default, what is allowed and a word for
//! its owner. The parser reads through this table, and a test holds the shipped
//! `deploy/rimshot.toml` against it.

mod desk;
mod display;
mod inputs;
mod panel;

use super::Loading;
use super::kinds::{Choice, Folders, Number, Outputs, Switch, Text, Whole};
use crate::engine::clock::Timing;
use crate::maps;
use crate::words::limits;

pub(super) use desk::*;
pub(super) use display::*;

pub use super::kinds::{Name, Setting};
pub(super) use inputs::*;
pub(super) use panel::*;

const fn name(section: &'static str, key: &'static str, doc: &'static str) -> Name {
    Name { section, key, doc }
}

fn is_not_empty(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Whether a text of `map` means a file rather than a built-in map.
pub(super) fn is_file(text: &str) -> bool {
    text.contains('/') || text.ends_with(".toml")
}

pub(super) static DEVICE: Text = Text {
    name: name(
        "sound",
        "device",
        "The sound card. \"auto\" takes a USB card, then one on the I²S pins, then the headphones, HDMI last; \"default\" is ALSA's own choice, \"null\" is silence. `rimshot devices` lists the cards.",
    ),
    check: is_not_empty,
    allowed: "\"auto\", \"default\", \"null\", a card's id or part of its name",
    default: "auto",
};
pub(super) static FALLBACK: Switch = Switch {
    name: name(
        "sound",
        "fallback",
        "Whether another card plays while the one that is named above is not there. Without, that one is waited for in silence; \"auto\" takes any card at all times.",
    ),
    default: false,
};
// 44 100 is the lowest rate of any recording worth drumming with, 192 000 the highest
// that USB audio class 2 interfaces commonly offer.
pub(super) static RATE: Whole<u32> = Whole {
    name: name(
        "sound",
        "rate",
        "Frames a second. A card that cannot do it gets the nearest rate it can.",
    ),
    range: 44_100..=192_000,
    default: 48_000,
};
// 16 frames is the shortest period that PiPedal's author got out of a Raspberry Pi
// (a MOTU M2, 3.9 ms there and back); 2048 at 48 kHz is 43 ms, past what can be played.
pub(super) static PERIOD: Whole<u32> = Whole {
    name: name(
        "sound",
        "period",
        "Frames the card asks for at once. The latency is three periods: 8 ms at 128 and 48000. Smaller is faster and needs a better card.",
    ),
    range: 16..=2048,
    default: 128,
};
pub(super) static OUTPUTS: Outputs = Outputs {
    name: name(
        "sound",
        "outputs",
        "The card's channels for left and right, counted from 1. A card with more of them gets more pairs, as in [[1, 2], [3, 4]]; which drum plays on which is said in [slot] below. A pair of one channel twice, as in [5, 5], is mono.",
    ),
    range: 1..=64,
    default: [1, 2],
};
pub(super) static TIMING: Choice<Timing> = Choice {
    name: name(
        "sound",
        "timing",
        "\"steady\" delays every hit by the same time, so that the rhythm is exact. \"asap\" is one period faster and uneven by up to one period.",
    ),
    choices: &[("steady", Timing::Steady), ("asap", Timing::Asap)],
    default: Timing::Steady,
};
// SCHED_FIFO has 1 … 99. The kernel's migration and watchdog threads stand at 99 and must
// not wait for us; its interrupt threads stand at 50, so that 70 is above them.
pub(super) static PRIORITY: Whole<u8> = Whole {
    name: name(
        "sound",
        "priority",
        "Real-time priority of the sound thread. The MIDI threads run just below it.",
    ),
    range: 1..=95,
    default: 70,
};

pub(super) static VOICES: Whole<usize> = Whole {
    name: name(
        "engine",
        "voices",
        "Recordings that sound at once. Where there are more the quietest one ends.",
    ),
    range: 8..=limits::MAX_VOICES as i64,
    default: limits::VOICES,
};
pub(super) static VOLUME: Number = Number {
    name: name(
        "engine",
        "volume_db",
        "The volume at the first start, in dB. What buttons change later is remembered apart from this file.",
    ),
    range: -60.0..=0.0,
    default: 0.0,
};
pub(super) static LIMITER: Switch = Switch {
    name: name(
        "engine",
        "limiter",
        "Keeps loud moments below full scale instead of letting the card clip them.",
    ),
    default: true,
};
pub(super) static SEED: Whole<u64> = Whole {
    name: name(
        "engine",
        "seed",
        "Where the chance in choosing recordings starts. 0 takes the clock and prints what it took; the same seed plays the same recordings again.",
    ),
    range: 0..=i64::MAX,
    default: 0,
};

pub(super) static MAP: Text = Text {
    name: name(
        "midi",
        "map",
        "Which drum each note is. \"auto\" goes by the name of the MIDI port: it takes a map of your own for it from the folder maps, in the state folder or beside this file (`rimshot learn` puts them there), over the built-in one that knows the name, else over General MIDI. A file is looked up beside this file.",
    ),
    check: |text| text == "auto" || maps::BUILT_IN.contains(&text) || is_file(text),
    allowed: "\"auto\", \"gm\", \"roland\", \"yamaha-dtx502\", \"yamaha-dtxplorer\", \"alesis-nitro\", \"alesis-strike\", \"efnote\", \"2box\", \"simmons\", or a file that ends in .toml",
    default: "auto",
};
pub(super) static CHANNEL: Whole<u8> = Whole {
    name: name("midi", "channel", "The MIDI channel to listen to; 0 listens to all."),
    range: 0..=16,
    default: 0,
};
pub(super) static PROGRAM_CHANGE: Switch = Switch {
    name: name("midi", "program_change", "Program changes from the drum module switch kits."),
    default: true,
};

pub(super) static FOLDERS: Folders = Folders {
    name: name(
        "kits",
        "folders",
        "Folders of kits besides /usr/share/rimshot/kits, /var/lib/rimshot/kits, ~/.local/share/rimshot/kits, the folder kits beside this file, and rimshot-kits on any memory stick.",
    ),
};
pub(super) static START: Text = Text {
    name: name(
        "kits",
        "start",
        "The kit at the first start, by its name. Empty takes Studio where it is there, else the first one; later starts take the kit that was played last.",
    ),
    check: |_| true,
    allowed: "the name of a kit, or empty",
    default: "",
};

pub(super) static LOADING: Choice<Loading> = Choice {
    name: name(
        "kits",
        "loading",
        "What is loaded ahead. \"neighbours\" keeps the next and the previous kit ready; \"all\" loads every kit that fits at the start; \"lazy\" loads each recording when it is first struck, for collections of thousands.",
    ),
    choices: &[("neighbours", Loading::Neighbours), ("all", Loading::All), ("lazy", Loading::Lazy)],
    default: Loading::Neighbours,
};
pub(super) static MEMORY_MB: Whole<usize> = Whole {
    name: name(
        "kits",
        "memory_mb",
        "Memory for recordings in MB. 0 takes half of what is free at the start.",
    ),
    range: 0..=1_000_000,
    default: 0,
};
pub(super) static MEMORY: Choice<bool> = Choice {
    name: name(
        "kits",
        "memory",
        "\"compact\" keeps 24-bit recordings as 16-bit: half the memory, with noise that is 90 dB down. 16-bit recordings are 16-bit in either.",
    ),
    choices: &[("as-recorded", false), ("compact", true)],
    default: false,
};
pub(super) static RELOAD: Switch = Switch {
    name: name(
        "kits",
        "reload",
        "A kit whose files are changed while it plays is loaded once more: for building kits by ear.",
    ),
    default: false,
};

pub(super) static SOCKET: Text = Text {
    name: name(
        "control",
        "socket",
        "Where `rimshot ctl`, `rimshot monitor` and front panels reach the module. \"auto\" is rimshot.sock in $XDG_RUNTIME_DIR, or in /run/rimshot for the service.",
    ),
    check: |text| text == "auto" || text == "none" || text.contains('/'),
    allowed: "\"auto\", \"none\", or a path with a / in it",
    default: "auto",
};
pub(super) static SOCKET_GROUP: Text = Text {
    name: name(
        "control",
        "group",
        "The group whose members may use the socket. Empty takes the group that the module runs in.",
    ),
    check: |_| true,
    allowed: "the name or the number of a group, or empty",
    default: "",
};

pub(super) static STATE_FOLDER: Text = Text {
    name: name(
        "state",
        "folder",
        "Where kit, volume and trims are remembered. \"auto\" is /var/lib/rimshot for the service, ~/.local/state/rimshot else; \"none\" remembers nothing and writes nothing, for a card that is read-only.",
    ),
    check: |text| text == "auto" || text == "none" || text.contains('/'),
    allowed: "\"auto\", \"none\", or a path with a / in it",
    default: "auto",
};

/// All settings, in the order of the shipped file.
pub static SETTINGS: &[&dyn Setting] = &[
    &DEVICE,
    &FALLBACK,
    &RATE,
    &PERIOD,
    &OUTPUTS,
    &TIMING,
    &PRIORITY,
    &VOICES,
    &VOLUME,
    &LIMITER,
    &SEED,
    &GRAB,
    &HIHAT,
    &GROUP,
    &HUMANISE,
    &POSITION,
    &MAP,
    &CHANNEL,
    &PROGRAM_CHANGE,
    &INPUT_PORT,
    &INPUT_MAP,
    &INPUT_CHANNEL,
    &PEDAL_CC,
    &PEDAL_OPEN,
    &PEDAL_CLOSED,
    &MIDI_NOTE,
    &MIDI_CC,
    &MIDI_CHANNEL,
    &MIDI_PORT,
    &MIDI_ACTION,
    &MIDI_LONG,
    &MIDI_DOUBLE,
    &MIDI_REPEAT,
    &FOLDERS,
    &START,
    &LOADING,
    &MEMORY_MB,
    &MEMORY,
    &RELOAD,
    &LEVEL,
    &PAN,
    &TUNE,
    &MUTE,
    &OUTPUT,
    &REVERB_SEND,
    &THRESHOLD,
    &CEILING,
    &CURVE,
    &DEPTH,
    &MASK,
    &REVERB_ON,
    &REVERB_LEVEL,
    &DECAY,
    &SIZE,
    &DAMPING,
    &PREDELAY,
    &BACKEND,
    &DEBOUNCE,
    &LONG_MS,
    &DOUBLE_MS,
    &REPEAT_MS,
    &CHORD_MS,
    &LINE,
    &CHIP,
    &ACTION,
    &LONG,
    &DOUBLE,
    &REPEAT,
    &ACTIVE_LOW,
    &PULL,
    &CHORD_LINES,
    &CHORD_ACTION,
    &HOLD,
    &ENCODER_A,
    &ENCODER_B,
    &ENCODER_CHIP,
    &TURN_RIGHT,
    &TURN_LEFT,
    &STEPS,
    &ENCODER_ACTIVE_LOW,
    &ENCODER_PULL,
    &LED_LINE,
    &LED_CHIP,
    &SHOWS,
    &LED_ACTIVE_LOW,
    &KIND,
    &BUS,
    &ADDRESS,
    &ROTATED,
    &BRIGHTNESS,
    &DIM,
    &OFF,
    &SOCKET,
    &SOCKET_GROUP,
    &STATE_FOLDER,
];
