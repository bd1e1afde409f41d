//! The kit "Studio": an acoustic rock kit.

mod bessel;
mod cymbals;
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

/// A drum: levels about 4.5 dB apart when there are 8, 7 dB when there are 5.
const fn drum(
    folder: &'static str,
    levels: usize,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    let range_db = if levels > 5 { 31.5 } else { 28.0 };
    Instrument { folder, levels, variations, range_db, peak_db, play }
}

#[rustfmt::skip]
static STUDIO: [Instrument; 15] = [
    drum("kick",          8, 3,  -4.0, kick::play),
    drum("snare/head",    8, 3,  -3.5, snare::head),
    drum("snare/rim",     8, 3,  -4.0, snare::rim_shot),
    drum("snare/xstick",  8, 3,  -6.0, snare::cross_stick),
    drum("tom1",          5, 3,  -5.0, |stroke| toms::play(0, stroke)),
    drum("tom2",          5, 3,  -5.0, |stroke| toms::play(1, stroke)),
    drum("tom3",          5, 3,  -5.0, |stroke| toms::play(2, stroke)),
    drum("tom4",          5, 3,  -5.0, |stroke| toms::play(3, stroke)),
    instrument("hihat-closed", 4, -10.5, |stroke| cymbals::hihat(Hat::Closed, stroke).into()),
    instrument("hihat-half",   2, -10.5, |stroke| cymbals::hihat(Hat::Half, stroke).into()),
    instrument("hihat-open",   1, -10.5, |stroke| cymbals::hihat(Hat::Open, stroke).into()),
    instrument("hihat-pedal",  2, -13.0, |stroke| cymbals::hihat(Hat::Pedal, stroke).into()),
    instrument("crash",        1, -10.5, |stroke| cymbals::crash(stroke).into()),
    instrument("ride",         1, -11.5, |stroke| cymbals::ride(stroke).into()),
    instrument("ride-bell",    1, -11.0, |stroke| cymbals::ride_bell(stroke).into()),
];
