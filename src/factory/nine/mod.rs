//! The kit "Nine": the drum machine of 1983, analogue drums and cymbals of six bits.

mod drums;
mod rom;

use super::FactoryKit;
use super::record::{Instrument, Sound, Stroke};
use drums::Tom;
use rom::Metal;

/// The kit.
pub const KIT: FactoryKit = FactoryKit {
    name: "nine",
    texts: || vec![("kit.toml", include_bytes!("kit.toml").to_vec())],
    instruments: &NINE,
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
static NINE: [Instrument; 12] = [
    instrument("kick",         4, 2,  -4.0, |stroke| drums::kick(stroke).into()),
    instrument("snare",        4, 3,  -5.0, |stroke| drums::snare(stroke).into()),
    instrument("rim",          3, 1,  -7.0, |stroke| drums::rim_shot(stroke).into()),
    instrument("clap",         3, 2,  -6.0, |stroke| drums::clap(stroke).into()),
    instrument("tom-high",     3, 1,  -6.0, |stroke| drums::tom(Tom::High, stroke).into()),
    instrument("tom-low",      3, 1,  -6.0, |stroke| drums::tom(Tom::Low, stroke).into()),
    instrument("hihat-closed", 4, 3, -12.0, |stroke| rom::play(Metal::Closed, stroke).into()),
    instrument("hihat-half",   3, 1, -12.0, |stroke| rom::play(Metal::Half, stroke).into()),
    instrument("hihat-open",   3, 1, -12.0, |stroke| rom::play(Metal::Open, stroke).into()),
    instrument("hihat-pedal",  3, 2, -15.0, |stroke| rom::play(Metal::Pedal, stroke).into()),
    instrument("crash",        3, 1, -11.0, |stroke| rom::play(Metal::Crash, stroke).into()),
    instrument("ride",         3, 1, -11.0, |stroke| rom::play(Metal::Ride, stroke).into()),
];
