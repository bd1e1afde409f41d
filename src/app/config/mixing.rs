//! `[slot.NAME]` and `[reverb]`: the mixing desk.

use std::collections::BTreeMap;

use super::settings;
use crate::engine::touch::Touch;
use crate::maps::LONGEST_MASK_MS;
use crate::words::Slot;
use crate::words::slot_tables::{SlotTable, slot_tables};
use crate::words::spec::Table;

/// `[slot.NAME]`: how a slot is mixed, over whatever kit plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Channel {
    /// Level in dB, −60..=12.
    pub level_db: f32,
    /// −1 left … 1 right.
    pub pan: f32,
    /// Semitones, −12..=12.
    pub tune: f32,
    /// Whether it makes no sound.
    pub mute: bool,
    /// The pair of outputs that it plays on, from 1; one that `[sound]` has.
    pub output: usize,
    /// Its send to the room in dB, −60..=6, or −∞ for none at all; `None`: as the kit says.
    pub reverb_db: Option<f32>,
    /// How its velocities are read.
    pub touch: Touch,
    /// Its retrigger mask in ms, 0..=100; `None`: as the note map says.
    pub mask_ms: Option<f32>,
}

/// `[reverb]`: the room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reverb {
    /// Whether there is one.
    pub on: bool,
    /// How loud it is, in dB, −60..=12.
    pub level_db: f32,
    /// Seconds until it has fallen by 60 dB, 0.2..=5.
    pub decay: f32,
    /// 0 a booth … 1 a hall.
    pub size: f32,
    /// Frequency in Hz at which it decays twice as fast, 500..=20 000.
    pub damping: f32,
    /// Milliseconds before it begins, 0..=100.
    pub predelay_ms: f32,
}

/// The channel of every slot that is named in `[slot]`, by itself or as a zone of its pad.
/// A zone has what its pad has, but for what it says itself. `pairs`: how many pairs of
/// outputs there are.
pub(super) fn channels(all: Option<&Table>, pairs: usize) -> BTreeMap<Slot, Channel> {
    let tables = all.map(slot_tables).unwrap_or_default();
    let mut found = BTreeMap::new();
    let (pads, zones): (Vec<_>, Vec<_>) = tables.iter().partition(|(s, ..)| s.pad() == *s);
    let mut read = |(slot, _, table): &SlotTable, heirs: &mut dyn Iterator<Item = Slot>| {
        let below = found.get(slot).copied().unwrap_or_default();
        let channel = Channel::read(table, pairs, below);
        table.finish();
        found.extend(heirs.map(|heir| (heir, channel)));
    };
    for pad in pads {
        read(pad, &mut Slot::all().filter(|slot| slot.pad() == pad.0));
    }
    for zone in zones {
        read(zone, &mut std::iter::once(zone.0));
    }
    found
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            level_db: settings::LEVEL.default,
            pan: settings::PAN.default,
            tune: settings::TUNE.default,
            mute: settings::MUTE.default,
            output: settings::OUTPUT.default,
            reverb_db: None,
            touch: Touch::default(),
            mask_ms: None,
        }
    }
}

impl Channel {
    fn read(table: &Table, pairs: usize, below: Self) -> Self {
        Self {
            level_db: settings::LEVEL.read_over(table, below.level_db),
            pan: settings::PAN.read_over(table, below.pan),
            tune: settings::TUNE.read_over(table, below.tune),
            mute: settings::MUTE.read_over(table, below.mute),
            output: settings::OUTPUT.read_over(table, pairs, below.output),
            reverb_db: settings::REVERB_SEND.read_over(table, below.reverb_db),
            touch: Touch {
                threshold: settings::THRESHOLD.read_over(table, below.touch.threshold),
                ceiling: settings::CEILING.read_over(table, below.touch.ceiling),
                curve: settings::CURVE.read_over(table, below.touch.curve),
                depth: settings::DEPTH.read_over(table, below.touch.depth),
            },
            mask_ms: table
                .number(settings::MASK.name.key, 0.0..=LONGEST_MASK_MS)
                .map_or(below.mask_ms, |ms| Some(ms as f32)),
        }
    }
}

impl Reverb {
    pub(super) fn read(table: Option<&Table>) -> Self {
        Self {
            on: settings::REVERB_ON.read(table),
            level_db: settings::REVERB_LEVEL.read(table),
            decay: settings::DECAY.read(table),
            size: settings::SIZE.read(table),
            damping: settings::DAMPING.read(table),
            predelay_ms: settings::PREDELAY.read(table),
        }
    }
}
