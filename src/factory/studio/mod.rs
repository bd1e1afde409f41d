//! The kit "Studio": an acoustic rock kit.

mod cymbals;
mod drums;
mod hihat;

use super::record::{Instrument, Sound, Stroke};
use super::{FactoryKit, groove};
use hihat::Zone;

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

/// A way to play the hi-hat, whose soft strokes are played most and farthest below.
const fn hat(
    folder: &'static str,
    levels: usize,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    Instrument { folder, levels, variations, range_db: 28.0, peak_db, play }
}

#[rustfmt::skip]
static STUDIO: [Instrument; 22] = [
    instrument("kick",         2,  -4.0, |stroke| drums::kick(stroke).into()),
    instrument("snare",        3,  -3.5, |stroke| drums::snare(stroke).into()),
    instrument("snare-rim",    2,  -4.0, |stroke| drums::rimshot(stroke).into()),
    instrument("snare-xstick", 1,  -6.0, |stroke| drums::cross_stick(stroke).into()),
    instrument("tom1",         1,  -5.5, |stroke| drums::tom(0, stroke).into()),
    instrument("tom2",         1,  -5.5, |stroke| drums::tom(1, stroke).into()),
    instrument("tom3",         1,  -5.0, |stroke| drums::tom(2, stroke).into()),
    hat("hihat/closed",      5, 4, -12.0, |stroke| hihat::struck(0, Zone::Bow, stroke).into()),
    hat("hihat/loose",       5, 4, -11.5, |stroke| hihat::struck(1, Zone::Bow, stroke).into()),
    hat("hihat/half",        4, 3, -11.0, |stroke| hihat::struck(2, Zone::Bow, stroke).into()),
    hat("hihat/wide",        4, 2, -10.5, |stroke| hihat::struck(3, Zone::Bow, stroke).into()),
    hat("hihat/open",        4, 2, -10.0, |stroke| hihat::struck(4, Zone::Bow, stroke).into()),
    hat("hihat-edge/closed", 5, 3,  -9.0, |stroke| hihat::struck(0, Zone::Edge, stroke).into()),
    hat("hihat-edge/loose",  4, 2,  -9.0, |stroke| hihat::struck(1, Zone::Edge, stroke).into()),
    hat("hihat-edge/half",   4, 2,  -9.0, |stroke| hihat::struck(2, Zone::Edge, stroke).into()),
    hat("hihat-edge/wide",   4, 2,  -9.5, |stroke| hihat::struck(3, Zone::Edge, stroke).into()),
    hat("hihat-edge/open",   4, 2, -10.0, |stroke| hihat::struck(4, Zone::Edge, stroke).into()),
    hat("hihat-pedal",       4, 3, -14.0, |stroke| hihat::pedalled(false, stroke).into()),
    hat("hihat-splash",      3, 2, -12.0, |stroke| hihat::pedalled(true, stroke).into()),
    instrument("crash",        1, -10.5, |stroke| cymbals::crash(stroke).into()),
    instrument("ride",         1, -11.5, |stroke| cymbals::ride(stroke).into()),
    instrument("ride-bell",    1, -11.0, |stroke| cymbals::ride_bell(stroke).into()),
];
