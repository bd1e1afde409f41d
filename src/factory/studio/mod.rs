//! The kit "Studio": an acoustic rock kit.

mod bessel;
mod cymbals;
mod hihat;
mod kick;
mod membrane;
mod ringing;
mod room;
mod snare;
mod strokes;
mod toms;
mod wires;

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
    (levels, range_db): (usize, f64),
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    Instrument { folder, levels, variations, range_db, peak_db, play }
}

/// Levels 4.5 dB apart, of the drums that most strokes fall on.
const FINE: (usize, f64) = (8, 31.5);

#[rustfmt::skip]
static STUDIO: [Instrument; 27] = [
    instrument("kick",             FINE,      3,  -3.0, kick::play),
    instrument("snare/head",       FINE,      3,  -3.5, snare::head),
    instrument("snare/rim",        FINE,      3,  -4.0, snare::rim_shot),
    instrument("snare/xstick",     FINE,      3,  -6.0, snare::cross_stick),
    instrument("tom1",             (5, 28.0), 3,  -5.5, |stroke| toms::play(0, stroke)),
    instrument("tom2",             (5, 28.0), 3,  -5.5, |stroke| toms::play(1, stroke)),
    instrument("tom3",             (5, 28.0), 3,  -5.5, |stroke| toms::play(2, stroke)),
    instrument("tom4",             (5, 28.0), 3,  -5.5, |stroke| toms::play(3, stroke)),
    instrument("hihat/closed",     (5, 28.0), 4, -12.0, |stroke| hihat::struck(0, Zone::Bow, stroke).into()),
    instrument("hihat/loose",      (5, 28.0), 4, -11.5, |stroke| hihat::struck(1, Zone::Bow, stroke).into()),
    instrument("hihat/half",       (4, 28.0), 3, -11.0, |stroke| hihat::struck(2, Zone::Bow, stroke).into()),
    instrument("hihat/wide",       (4, 28.0), 2, -10.5, |stroke| hihat::struck(3, Zone::Bow, stroke).into()),
    instrument("hihat/open",       (4, 28.0), 2, -10.0, |stroke| hihat::struck(4, Zone::Bow, stroke).into()),
    instrument("hihat-edge/closed",(5, 28.0), 3,  -9.0, |stroke| hihat::struck(0, Zone::Edge, stroke).into()),
    instrument("hihat-edge/loose", (4, 28.0), 2,  -9.0, |stroke| hihat::struck(1, Zone::Edge, stroke).into()),
    instrument("hihat-edge/half",  (4, 28.0), 2,  -9.0, |stroke| hihat::struck(2, Zone::Edge, stroke).into()),
    instrument("hihat-edge/wide",  (4, 28.0), 2,  -9.5, |stroke| hihat::struck(3, Zone::Edge, stroke).into()),
    instrument("hihat-edge/open",  (4, 28.0), 2, -10.0, |stroke| hihat::struck(4, Zone::Edge, stroke).into()),
    instrument("hihat-pedal",      (4, 28.0), 3, -14.0, |stroke| hihat::pedalled(false, stroke).into()),
    instrument("hihat-splash",     (3, 24.0), 2, -12.0, |stroke| hihat::pedalled(true, stroke).into()),
    instrument("crash1",           (4, 27.0), 2,  -9.0, |stroke| cymbals::crash(0, stroke)),
    instrument("crash2",           (4, 27.0), 2,  -9.0, |stroke| cymbals::crash(1, stroke)),
    instrument("splash",           (3, 24.0), 2, -10.0, cymbals::splash),
    instrument("china",            (3, 24.0), 2,  -9.0, cymbals::china),
    instrument("ride",             (5, 27.0), 3, -11.0, cymbals::ride),
    instrument("ride-bell",        (4, 27.0), 3, -10.0, cymbals::ride_bell),
    instrument("ride-edge",        (4, 27.0), 2, -10.0, cymbals::ride_edge),
];
