//! The kit "Studio": an acoustic rock kit.

mod cymbals;
mod drums;

use super::record::{Instrument, Sound, Stroke};
use super::{FactoryKit, groove};

/// The kit.
pub const KIT: FactoryKit = FactoryKit {
    name: "studio",
    texts: || {
        vec![
            ("kit.toml", include_bytes!("kit.toml").to_vec()),
            ("groove.mid", groove::groove_midi()),
        ]
    },
    instruments: &STUDIO,
};

const fn instrument(
    folder: &'static str,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    Instrument { folder, levels: 3, variations, range_db: 20.0, peak_db, play }
}

const fn cymbal(
    folder: &'static str,
    levels: usize,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    Instrument { folder, levels, variations, range_db: 27.0, peak_db, play }
}

#[rustfmt::skip]
static STUDIO: [Instrument; 14] = [
    instrument("kick",         2,  -4.0, |stroke| drums::kick(stroke).into()),
    instrument("snare",        3,  -3.5, |stroke| drums::snare(stroke).into()),
    instrument("snare-rim",    2,  -4.0, |stroke| drums::rimshot(stroke).into()),
    instrument("snare-xstick", 1,  -6.0, |stroke| drums::cross_stick(stroke).into()),
    instrument("tom1",         1,  -5.5, |stroke| drums::tom(0, stroke).into()),
    instrument("tom2",         1,  -5.5, |stroke| drums::tom(1, stroke).into()),
    instrument("tom3",         1,  -5.0, |stroke| drums::tom(2, stroke).into()),
    cymbal("crash1",    4, 2,  -9.0, |stroke| cymbals::crash(0, stroke)),
    cymbal("crash2",    4, 2,  -9.0, |stroke| cymbals::crash(1, stroke)),
    cymbal("splash",    3, 2, -10.0, cymbals::splash),
    cymbal("china",     3, 2,  -9.0, cymbals::china),
    cymbal("ride",      5, 3, -11.0, cymbals::ride),
    cymbal("ride-bell", 4, 3, -10.0, cymbals::ride_bell),
    cymbal("ride-edge", 4, 2, -10.0, cymbals::ride_edge),
];
