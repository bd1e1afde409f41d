//! The keys of a slot that shape its sound: envelope, filters, pitch by velocity, reverb;
//! and tunings, which are added up.

use std::ops::RangeInclusive;

use crate::kit::plan::TUNE;
use crate::kit::shape::{
    CUTOFF, CUTOFF_OCTAVES, LONGEST, LONGEST_ATTACK, REVERB_DB, TUNE_VELOCITY,
};
use crate::kit::{Cutoff, Envelope, Shape};
use crate::words::spec::{Table, Value};
use crate::words::units::db_to_gain;

/// Reads them all; what is wrong is said and counts as not there.
pub fn shape(table: &Table) -> Shape {
    let octaves = -CUTOFF_OCTAVES..=CUTOFF_OCTAVES;
    let cutoff = |key, velocity, position| {
        let [low, high] = CUTOFF;
        let base = number(table, key, low..=high);
        Some(Cutoff {
            velocity: depending(table, velocity, octaves.clone(), key).unwrap_or(0.0),
            position: depending(table, position, octaves.clone(), key).unwrap_or(0.0),
            ..Cutoff::fixed(base?)
        })
    };
    Shape {
        envelope: envelope(table),
        lowpass: cutoff("lowpass", "lowpass_velocity", "lowpass_position"),
        highpass: cutoff("highpass", "highpass_velocity", "highpass_position"),
        tune_velocity: number(table, "tune_velocity", -TUNE_VELOCITY..=TUNE_VELOCITY)
            .unwrap_or(0.0),
        reverb: table.get("reverb").and_then(reverb).unwrap_or(1.0),
    }
}

fn number(table: &Table, key: &'static str, range: RangeInclusive<f64>) -> Option<f32> {
    table.number(key, range).map(|x| x as f32)
}

/// A number that means nothing where the slot lacks `needed`, which is said.
fn depending(
    table: &Table,
    key: &'static str,
    range: RangeInclusive<f64>,
    needed: &'static str,
) -> Option<f32> {
    let found = number(table, key, range);
    if let Some(value) = table.get(key).filter(|_| table.get(needed).is_none()) {
        value.warning(format!("'{key}' changes nothing without '{needed}'"));
    }
    found
}

fn envelope(table: &Table) -> Option<Envelope> {
    let attack = number(table, "attack", 0.0..=LONGEST_ATTACK);
    let hold = depending(table, "hold", 0.0..=LONGEST, "decay");
    // Nothing falls in no time, so these begin at 1 ms.
    let decay = number(table, "decay", 1.0..=LONGEST);
    let release = number(table, "release", 1.0..=LONGEST);
    let any = attack.or(decay).or(release).is_some();
    any.then(|| Envelope {
        attack: attack.unwrap_or(0.0),
        hold: hold.unwrap_or(0.0),
        decay,
        release,
    })
}

/// The factor of a send in dB, or of "off".
fn reverb(value: Value) -> Option<f32> {
    let [low, high] = REVERB_DB;
    if value.as_str() == Some("off") {
        return Some(0.0);
    }
    let db = value.as_number().filter(|db| (low..=high).contains(db));
    db.map(|db| db_to_gain(db as f32))
        .or_else(|| value.wrong("reverb", &format!("a number from {low} to {high}, or \"off\"")))
}

/// The `tune` of a table, in semitones; 0 where there is none. What stands above it adds
/// `above`; where both together pass [`TUNE`], that is said, and as much of it counts as
/// is allowed.
pub fn tune(table: &Table, above: f32) -> f32 {
    let [low, high] = TUNE;
    let Some(value) = table.get("tune") else { return 0.0 };
    let Some(own) = value.number("tune", low..=high).map(|x| x as f32) else { return 0.0 };
    let (sum, allowed) = (above + own, [low as f32, high as f32]);
    let nearest = sum.clamp(allowed[0], allowed[1]);
    if nearest == sum {
        return own;
    }
    value.warning(format!(
        "'tune' is {own} on top of {above}, which makes {sum} semitones; allowed: {low} to \
         {high} in all, so {nearest} is used"
    ));
    nearest - above
}
