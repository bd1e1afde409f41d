//! `[feel]`, `[slot.NAME]` and `[reverb]`: how the instrument answers and is mixed.

use super::super::curves::Curves;
use super::super::kinds::{Level, Number, Pair, Required, Switch};
use super::name;
use crate::kit::shape::REVERB_DB;
use crate::maps;
use crate::words::limits;

// The times are those of engine/feel.rs, which says where they come from.
pub(in crate::app::config) static GRAB: Number = Number {
    name: name("feel", "grab_ms", "How long a cymbal still sounds when it is grabbed, in ms."),
    range: 1.0..=10_000.0,
    default: 450.0,
};
pub(in crate::app::config) static HIHAT: Number = Number {
    name: name(
        "feel",
        "hihat_ms",
        "How long an open hi-hat still sounds when the pedal closes it, in ms. Half closed it takes eight times as long.",
    ),
    range: 1.0..=10_000.0,
    default: 68.0,
};
pub(in crate::app::config) static GROUP: Number = Number {
    name: name(
        "feel",
        "group_ms",
        "How long a sound of a choke group still sounds when another of the group is struck, in ms.",
    ),
    range: 1.0..=10_000.0,
    default: 68.0,
};
pub(in crate::app::config) static HUMANISE: Number = Number {
    name: name(
        "feel",
        "humanise",
        "How much loudness and pitch vary by chance from hit to hit: 0 not at all, 1 by up to 2 dB and a fifth of a semitone. For sequencers; drummers do it themselves.",
    ),
    range: 0.0..=1.0,
    default: 0.0,
};
pub(in crate::app::config) static POSITION: Switch = Switch {
    name: name(
        "feel",
        "position",
        "Where a module says at which place of a snare, tom or ride it was struck, a kit without recordings for that gets a little thinner (a ride: darker) towards the edge.",
    ),
    default: true,
};

pub(in crate::app::config) static LEVEL: Number = Number {
    name: name("slot.snare", "level_db", "How much louder or softer than in the kit, in dB."),
    range: -60.0..=12.0,
    default: 0.0,
};
pub(in crate::app::config) static PAN: Number = Number {
    name: name("slot.snare", "pan", "Further left (-1) or right (1) than in the kit."),
    range: -1.0..=1.0,
    default: 0.0,
};
pub(in crate::app::config) static TUNE: Number = Number {
    name: name("slot.snare", "tune", "Higher or lower than in the kit, in semitones."),
    range: -12.0..=12.0,
    default: 0.0,
};
pub(in crate::app::config) static MUTE: Switch =
    Switch { name: name("slot.snare", "mute", "Makes no sound."), default: false };
pub(in crate::app::config) static OUTPUT: Pair = Pair {
    name: name("slot.snare", "output", "Which of the pairs of outputs it plays on."),
    range: 1..=limits::MAX_PAIRS as i64,
    default: 1,
};
pub(in crate::app::config) static REVERB_SEND: Level = Level {
    name: name("slot.snare", "reverb_db", "How much of it goes to the room, in dB."),
    range: REVERB_DB[0]..=REVERB_DB[1],
    without: "as much as the kit says",
};

pub(in crate::app::config) static THRESHOLD: Number = Number {
    name: name("slot.snare", "threshold", "Hits of a lower velocity make no sound."),
    range: 1.0..=127.0,
    default: 1.0,
};
pub(in crate::app::config) static CEILING: Number = Number {
    name: name(
        "slot.snare",
        "ceiling",
        "The velocity that counts as 127, for a pad that never gets there.",
    ),
    range: 1.0..=127.0,
    default: 127.0,
};
pub(in crate::app::config) static CURVE: Curves = Curves {
    name: name(
        "slot.snare",
        "curve",
        "What becomes of the velocity in between: \"log1\" and \"log2\" make a light hand louder, \"exp1\" and \"exp2\" softer; \"loud\" has no soft half, \"fixed\" always plays 127. Or points of your own, as in [[1, 20], [80, 100], [127, 127]].",
    ),
};
pub(in crate::app::config) static DEPTH: Number = Number {
    name: name(
        "slot.snare",
        "dynamics",
        "How much of the velocity is heard as loudness: 1 as the kit has it, 0 every hit as loud as the hardest. Soft hits keep their soft recordings.",
    ),
    range: 0.0..=2.0,
    default: 1.0,
};
pub(in crate::app::config) static MASK: Required = Required {
    name: name(
        "slot.snare",
        "mask_ms",
        "The retrigger mask, in ms: a hit so soon after the last one, and less than half as hard, is the pad and not the stick. 0 is off.",
    ),
    allowed: || format!("0 … {}; without it as the note map says", maps::LONGEST_MASK_MS),
};

pub(in crate::app::config) static REVERB_ON: Switch = Switch {
    name: name("reverb", "on", "One room for all drums, on the first pair of outputs."),
    default: false,
};
// 12 dB below the drums is a live room, which is there without being noticed.
pub(in crate::app::config) static REVERB_LEVEL: Number = Number {
    name: name("reverb", "level_db", "How loud the room is, in dB; 0 is as loud as the drums."),
    range: -60.0..=12.0,
    default: -12.0,
};
pub(in crate::app::config) static DECAY: Number = Number {
    name: name("reverb", "decay", "Seconds until the room is silent (60 dB down)."),
    range: 0.2..=5.0,
    default: 0.8,
};
pub(in crate::app::config) static SIZE: Number = Number {
    name: name("reverb", "size", "How far its walls are away: 0 a booth, 1 a hall."),
    range: 0.0..=1.0,
    default: 0.4,
};
pub(in crate::app::config) static DAMPING: Number = Number {
    name: name(
        "reverb",
        "damping",
        "Where the room begins to swallow the highs, in Hz: 2000 has curtains, 12000 tiles.",
    ),
    range: 500.0..=20_000.0,
    default: 6000.0,
};
pub(in crate::app::config) static PREDELAY: Number = Number {
    name: name("reverb", "predelay_ms", "How much later the room begins than the drum, in ms."),
    range: 0.0..=100.0,
    default: 0.0,
};
