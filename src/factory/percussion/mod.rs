//! The kit "Percussion": what the hands play, and a stick or two.

mod body;
mod metal;
mod shakers;
mod skins;
mod voices;
mod wood;

use super::FactoryKit;
use super::record::{Instrument, Sound, Stroke};

/// The kit.
pub const KIT: FactoryKit = FactoryKit {
    name: "percussion",
    texts: || vec![("kit.toml", include_bytes!("kit.toml").to_vec())],
    instruments: &PERCUSSION,
};

/// Three levels lie 12 dB apart; two, for what is rarely played softly, 13, so that each velocity
/// finds one within 6.5 dB.
const fn instrument(
    folder: &'static str,
    levels: usize,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    let range_db = if levels > 2 { 24.0 } else { 13.0 };
    Instrument { folder, levels, variations, range_db, peak_db, play }
}

#[rustfmt::skip]
static PERCUSSION: [Instrument; 29] = [
    instrument("surdo",           3, 2,  -4.0, |s| skins::surdo(s).into()),
    instrument("cajon-slap",      3, 3,  -7.0, |s| wood::cajon_slap(s).into()),
    instrument("conga-slap",      3, 2,  -5.0, |s| skins::slap(s).into()),
    instrument("conga-mute",      3, 2,  -6.5, |s| skins::muted_conga(s).into()),
    instrument("conga-high",      3, 3,  -6.0, |s| skins::high_conga(s).into()),
    instrument("conga-low",       3, 3,  -6.0, |s| skins::low_conga(s).into()),
    instrument("bongo-high",      3, 3,  -6.0, |s| skins::high_bongo(s).into()),
    instrument("bongo-low",       3, 3,  -6.0, |s| skins::low_bongo(s).into()),
    instrument("timbale",         3, 2,  -6.0, |s| skins::timbale(s).into()),
    instrument("cowbell",         3, 3,  -9.0, |s| metal::cowbell(s).into()),
    instrument("agogo",           3, 2,  -9.0, |s| metal::agogo(s).into()),
    instrument("triangle-open",   2, 1, -14.0, |s| metal::open_triangle(s).into()),
    instrument("triangle-mute",   3, 2, -14.0, |s| metal::muted_triangle(s).into()),
    instrument("claves",          3, 2,  -9.0, |s| wood::claves(s).into()),
    instrument("wood-block",      3, 2,  -9.0, |s| wood::wood_block(s).into()),
    instrument("guiro-short",     2, 2, -12.0, |s| wood::short_guiro(s).into()),
    instrument("guiro-long",      2, 2, -12.0, |s| wood::long_guiro(s).into()),
    instrument("vibraslap",       2, 1, -10.0, |s| wood::vibraslap(s).into()),
    instrument("maracas",         3, 3, -14.0, |s| shakers::maracas(s).into()),
    instrument("shaker",          3, 3, -14.0, |s| shakers::shaker(s).into()),
    instrument("cabasa",          3, 2, -13.0, |s| shakers::cabasa(s).into()),
    instrument("tambourine",      3, 2, -10.0, |s| shakers::tambourine(s).into()),
    instrument("tambourine-foot", 3, 2, -12.0, |s| shakers::foot_tambourine(s).into()),
    instrument("tambourine-roll", 2, 1, -10.0, |s| shakers::tambourine_roll(s).into()),
    instrument("jingle-bells",    2, 1, -13.0, |s| shakers::jingle_bells(s).into()),
    instrument("clap",            3, 2,  -8.0, |s| voices::claps(s).into()),
    instrument("whistle",         1, 1, -12.0, |s| voices::whistle(s).into()),
    instrument("cuica-mute",      2, 2, -10.0, |s| voices::muted_cuica(s).into()),
    instrument("cuica-open",      2, 1, -10.0, |s| voices::open_cuica(s).into()),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn softest_and_hardest(instrument: &Instrument) -> [Stroke; 2] {
        let soft = instrument.strokes().next();
        let hard = instrument.strokes().find(|stroke| stroke.hardness == 1.0);
        [soft, hard].map(|stroke| stroke.expect("every instrument has a level"))
    }

    /// RMS of the slope beside RMS: higher where the sound is brighter.
    fn brightness(x: &[f64]) -> f64 {
        let power: f64 = x.iter().map(|x| x * x).sum();
        let slope: f64 = x.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum();
        (slope / power).sqrt()
    }

    #[test]
    fn every_sound_starts_within_a_millisecond_and_without_a_click() {
        for instrument in &PERCUSSION {
            for stroke in softest_and_hardest(instrument) {
                let x = &(instrument.play)(stroke).channels[0];
                let peak = x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
                let onset = x.iter().position(|x| x.abs() > 0.01 * peak).unwrap_or(x.len());
                assert!(onset < 48, "{} {onset}", instrument.folder);
                assert!(x[0].abs() < 0.1 * peak, "{} {}", instrument.folder, x[0] / peak);
            }
        }
    }

    #[test]
    fn a_harder_stroke_is_brighter() {
        // A rubbed skin has its pitch, too, from how hard that is done.
        let struck = |i: &&Instrument| i.levels > 1 && !i.folder.starts_with("cuica");
        for instrument in PERCUSSION.iter().filter(struck) {
            let [soft, hard] = softest_and_hardest(instrument)
                .map(|stroke| brightness(&(instrument.play)(stroke).channels[0]));
            assert!(hard > soft, "{} {soft} {hard}", instrument.folder);
        }
    }

    #[test]
    fn equally_hard_strokes_are_not_the_same() {
        for instrument in PERCUSSION.iter().filter(|i| i.variations > 1) {
            let take = |variation| {
                let stroke = Stroke { level: 0, variation, hardness: 1.0 };
                (instrument.play)(stroke).channels.remove(0)
            };
            let [a, b] = [take(0), take(1)];
            let apart: f64 = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum();
            let power: f64 = a.iter().map(|a| a * a).sum();
            assert!(apart > 0.01 * power, "{}", instrument.folder);
        }
    }
}
