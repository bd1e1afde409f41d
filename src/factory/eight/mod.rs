//! The kit "Eight": the analogue drum machine of 1980, from the behaviour of its circuits.

mod drums;
mod metal;

use super::FactoryKit;
use super::record::{Instrument, Sound, Stroke};
use drums::Skin;
use metal::Hat;

/// The kit.
pub const KIT: FactoryKit = FactoryKit {
    name: "eight",
    texts: || vec![("kit.toml", include_bytes!("kit.toml").to_vec())],
    instruments: &EIGHT,
};

const fn instrument(
    folder: &'static str,
    levels: usize,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    Instrument { folder, levels, variations, range_db: 22.0, peak_db, play }
}

#[rustfmt::skip]
static EIGHT: [Instrument; 15] = [
    instrument("kick",         4, 1,  -4.0, |stroke| drums::kick(stroke).into()),
    instrument("snare",        4, 2,  -5.0, |stroke| drums::snare(stroke).into()),
    instrument("rim",          3, 1,  -7.0, |stroke| drums::rim_shot(stroke).into()),
    instrument("clap",         3, 2,  -6.0, |stroke| drums::clap(stroke).into()),
    instrument("tom-high",     3, 1,  -6.0, |stroke| drums::skin(Skin::HighTom, stroke).into()),
    instrument("tom-low",      3, 1,  -6.0, |stroke| drums::skin(Skin::LowTom, stroke).into()),
    instrument("conga",        3, 1,  -8.0, |stroke| drums::skin(Skin::MidConga, stroke).into()),
    instrument("claves",       3, 1, -11.0, |stroke| drums::claves(stroke).into()),
    instrument("maracas",      3, 2, -14.0, |stroke| drums::maracas(stroke).into()),
    instrument("hihat-closed", 4, 3, -12.0, |stroke| metal::hihat(Hat::Closed, stroke).into()),
    instrument("hihat-half",   3, 1, -12.0, |stroke| metal::hihat(Hat::Half, stroke).into()),
    instrument("hihat-open",   3, 1, -12.0, |stroke| metal::hihat(Hat::Open, stroke).into()),
    instrument("hihat-pedal",  3, 2, -15.0, |stroke| metal::hihat(Hat::Pedal, stroke).into()),
    instrument("cowbell",      3, 1,  -9.0, |stroke| metal::cowbell(stroke).into()),
    instrument("cymbal",       3, 1, -11.0, |stroke| metal::cymbal(stroke).into()),
];
