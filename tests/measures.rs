//! The measures of `benches/kits` on sounds of which the answer is known.

#![allow(dead_code)]

#[path = "../benches/kits/classes.rs"]
mod classes;
#[path = "../benches/kits/compare.rs"]
mod compare;
#[path = "../benches/kits/measure.rs"]
mod measure;
#[path = "../benches/kits/reasons.rs"]
mod reasons;
#[path = "../benches/kits/recorded.rs"]
mod recorded;
#[path = "../benches/kits/sound.rs"]
mod sound;
#[path = "../benches/kits/spectrum.rs"]
mod spectrum;

use std::f64::consts::TAU;

use measure::{Measures, OCTAVES, difference, growth};
use rimshot::words::rng::Rng;
use sound::Sound;

const RATES: [f64; 2] = [44_100.0, 48_000.0];

fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut rng = Rng::new(seed, 0);
    move || (rng.draw() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// White noise that decays by 60 dB in so many seconds, over a floor.
fn decaying(rate: f64, t60: f64, seconds: f64, floor: f64) -> Sound {
    let mut noise = noise(1);
    let frame = |n: usize| {
        let fall = 10f64.powf(-3.0 * n as f64 / rate / t60);
        0.5 * (fall * noise() + floor * noise())
    };
    let frames = (0..(seconds * rate) as usize).map(frame);
    Sound { rate, channels: vec![frames.collect()] }
}

/// A decaying sine.
fn tone(hz: f64, level: f64) -> Sound {
    let frame = |n: usize| {
        let time = n as f64 / 48_000.0;
        level * (TAU * hz * time).sin() * 10f64.powf(-3.0 * time)
    };
    Sound { rate: 48_000.0, channels: vec![(0..48_000).map(frame).collect()] }
}

#[test]
fn a_decay_is_measured_in_every_band_at_every_rate_with_and_without_a_noise_floor() {
    for rate in RATES {
        for (t60, floor) in [(0.3, 0.0), (0.3, 0.005), (1.5, 0.0), (1.5, 0.005)] {
            let measured = Measures::of(&decaying(rate, t60, 2.0, floor)).t60;
            for (band, found) in OCTAVES.iter().zip(measured).skip(3) {
                let found = found.expect("a band full of noise");
                assert!((found / t60 - 1.0).abs() < 0.15, "{band} Hz: {found} of {t60} s");
            }
        }
    }
}

#[test]
fn a_recording_that_is_cut_off_or_drowned_has_no_decay_time() {
    let cut = Measures::of(&decaying(48_000.0, 1.0, 0.4, 0.0));
    assert_eq!(cut.t60, [None; 9]);
    let drowned = Measures::of(&decaying(48_000.0, 0.5, 2.0, 0.05));
    assert_eq!(drowned.t60, [None; 9]);
}

#[test]
fn a_tone_is_tonal_and_noise_is_not_and_neither_depends_on_the_level() {
    let [loud, soft] = [0.9, 0.09].map(|level| Measures::of(&tone(400.0, level)));
    assert!(loud.tonal_db > Some(30.0), "{loud:?}");
    let hiss = Measures::of(&decaying(48_000.0, 1.0, 1.0, 0.0));
    assert!(hiss.tonal_db < Some(0.0), "{hiss:?}");
    assert!((loud.centroid - soft.centroid).abs() < 1e-6 * loud.centroid);
    assert!((loud.pitch - 400.0).abs() < 3.0, "{}", loud.pitch);
    assert!((loud.loudness_db - soft.loudness_db - 20.0).abs() < 1e-6);
}

#[test]
fn brightness_that_rises_with_loudness_is_growth() {
    let strokes = [(100.0, 0.1), (200.0, 0.316), (400.0, 1.0)].map(|(hz, level)| {
        let hiss = decaying(48_000.0, 0.05, 0.2, 0.0);
        let frames = tone(10.0 * hz, level).channels[0].clone();
        let mixed = frames.iter().zip(&hiss.channels[0]).map(|(a, b)| a + 1e-4 * level * b);
        Measures::of(&Sound { rate: 48_000.0, channels: vec![mixed.collect()] })
    });
    let octaves = growth(&strokes.iter().collect::<Vec<_>>()).unwrap();
    assert!((0.8..1.1).contains(&octaves), "{octaves} octaves for 10 dB");
    assert_eq!(growth(&[&strokes[0], &strokes[0]]), None, "of one loudness");
}

#[test]
fn a_stroke_differs_from_another_noise_and_not_from_itself_at_another_level() {
    let stroke = decaying(48_000.0, 0.5, 1.0, 0.0);
    let mut louder = stroke.clone();
    louder.channels[0].iter_mut().for_each(|x| *x *= 1.9);
    assert!(difference(&stroke, &louder) < 1e-6);
    assert!(difference(&stroke, &decaying(48_000.0, 0.1, 1.0, 0.0)) > 1.0);
}

#[test]
fn two_channels_have_a_width_unless_they_are_one() {
    let mono = tone(300.0, 0.5).channels.remove(0);
    let twice = Sound { rate: 48_000.0, channels: vec![mono.clone(), mono.clone()] };
    assert_eq!(Measures::of(&twice).width_db, None);
    let half = mono.iter().map(|x| 0.5 * x).collect();
    let wide = Measures::of(&Sound { rate: 48_000.0, channels: vec![mono, half] });
    // side ÷ mid = 0.5 ÷ 1.5
    assert!((wide.width_db.unwrap() + 9.54).abs() < 0.01, "{wide:?}");
}

#[test]
fn the_tables_of_recorded_kits_and_of_reasons_can_be_read() {
    let table = recorded::Table::get().unwrap();
    let kit = table.kit.iter().find(|kit| kit.name == "GMRockKit").unwrap();
    let files: Vec<String> = kit.files().collect();
    assert!(files.contains(&"Kick-Hardest".to_owned()) && files.contains(&"24Ride-5".to_owned()));
    let padded = table.kit.iter().find(|kit| kit.name == "BJA_Pacific").unwrap();
    assert!(padded.files().any(|name| name == "BD_08"));
    reasons::Reasons::get().unwrap();
}

#[test]
fn a_folder_is_held_against_what_its_words_say() {
    for (folder, wanted) in [
        ("kick", &["kick"][..]),
        ("snare-rim", &["rim"]),
        ("snare/xstick", &["xstick"]),
        ("tom2", &["tom-high", "tom-mid"]),
        ("tom-low", &["tom-low"]),
        ("hihat/closed", &["hat-closed"]),
        ("hihat-edge/loose", &["hat-closed", "hat-half"]),
        ("hihat-pedal", &["hat-pedal"]),
        ("hihat-splash", &[]),
        ("ride-bell", &["bell"]),
        ("crash2", &["crash"]),
        ("bongo-low", &["bongo-low"]),
        ("conga-slap", &["conga-slap"]),
        ("maracas", &["shaker"]),
        ("agogo", &["agogo"]),
    ] {
        assert_eq!(classes::classes(folder), wanted, "{folder}");
    }
}
