//! The kit "Studio": an acoustic rock kit.

mod cymbals;
mod drums;

use super::record::{Instrument, Sound, Stroke};
use super::{FactoryKit, groove};
use cymbals::Hat;

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

#[rustfmt::skip]
static STUDIO: [Instrument; 14] = [
    instrument("kick",         2,  -4.0, |stroke| drums::kick(stroke).into()),
    instrument("snare",        3,  -3.5, |stroke| drums::snare(stroke).into()),
    instrument("snare-rim",    2,  -4.0, |stroke| drums::rimshot(stroke).into()),
    instrument("snare-xstick", 1,  -6.0, |stroke| drums::cross_stick(stroke).into()),
    instrument("tom1",         1,  -5.5, |stroke| drums::tom(0, stroke).into()),
    instrument("tom2",         1,  -5.5, |stroke| drums::tom(1, stroke).into()),
    instrument("tom3",         1,  -5.0, |stroke| drums::tom(2, stroke).into()),
    instrument("hihat-closed", 4, -10.5, |stroke| cymbals::hihat(Hat::Closed, stroke).into()),
    instrument("hihat-half",   2, -10.5, |stroke| cymbals::hihat(Hat::Half, stroke).into()),
    instrument("hihat-open",   1, -10.5, |stroke| cymbals::hihat(Hat::Open, stroke).into()),
    instrument("hihat-pedal",  2, -13.0, |stroke| cymbals::hihat(Hat::Pedal, stroke).into()),
    instrument("crash",        1, -10.5, |stroke| cymbals::crash(stroke).into()),
    instrument("ride",         1, -11.5, |stroke| cymbals::ride(stroke).into()),
    instrument("ride-bell",    1, -11.0, |stroke| cymbals::ride_bell(stroke).into()),
];
