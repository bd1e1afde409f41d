//! The kit that is shipped is the kit that the factory makes, and it is fit to be played.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rimshot::factory;
use rimshot::words::Slot;

const LEVELS: [&str; 3] = ["soft", "medium", "hard"];

fn kit_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kits/studio")
}

/// Made once: every test looks at the same files.
fn studio() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(factory::studio)
}

/// The frames of every recording, as parts of full scale, by path.
fn recordings() -> &'static BTreeMap<&'static str, Vec<f64>> {
    static FRAMES: OnceLock<BTreeMap<&str, Vec<f64>>> = OnceLock::new();
    FRAMES.get_or_init(|| {
        let wavs = studio().iter().filter(|(path, _)| path.ends_with(".wav"));
        wavs.map(|(path, bytes)| {
            let mut reader = hound::WavReader::new(&bytes[..]).expect(path);
            let spec = reader.spec();
            assert_eq!(
                (spec.channels, spec.sample_rate, spec.bits_per_sample),
                (1, factory::RATE, 16),
                "{path}"
            );
            let frames = reader.samples::<i16>().map(|x| f64::from(x.expect(path)) / 32768.0);
            (path.as_str(), frames.collect())
        })
        .collect()
    })
}

fn db(x: f64) -> f64 {
    20.0 * x.log10()
}

fn peak(frames: &[f64]) -> f64 {
    frames.iter().fold(0.0, |m, x| m.max(x.abs()))
}

fn onset(frames: &[f64]) -> usize {
    let threshold = 0.01 * peak(frames);
    frames.iter().position(|x| x.abs() > threshold).expect("a sound")
}

/// RMS of the 50 ms after the onset, dBFS.
fn loudness(frames: &[f64]) -> f64 {
    let attack: Vec<f64> = frames.iter().skip(onset(frames)).take(2400).copied().collect();
    db((attack.iter().map(|x| x * x).sum::<f64>() / attack.len() as f64).sqrt())
}

/// The power of the slope over the power of the sound: rises with high frequencies.
fn brightness(frames: &[f64]) -> f64 {
    let power: f64 = frames.iter().map(|x| x * x).sum();
    frames.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum::<f64>() / power
}

/// For each instrument, its recordings from soft to hard.
fn by_level() -> BTreeMap<&'static str, [Vec<&'static [f64]>; 3]> {
    let mut instruments: BTreeMap<&str, [Vec<&[f64]>; 3]> = BTreeMap::new();
    for (path, frames) in recordings() {
        let (folder, name) = path.split_once('/').expect("a folder");
        let level = LEVELS.iter().position(|level| name.starts_with(level)).expect("a level");
        instruments.entry(folder).or_default()[level].push(frames);
    }
    instruments
}

fn files_below(folder: &Path, found: &mut BTreeMap<String, u64>, root: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found, root);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::metadata(&path).unwrap().len());
        }
    }
}

#[test]
fn the_shipped_files_are_what_the_factory_makes_byte_for_byte() {
    for (path, bytes) in studio() {
        let shipped = fs::read(kit_folder().join(path)).unwrap_or_default();
        assert!(shipped == *bytes, "kits/studio/{path}: run `rimshot factory kits/studio`");
    }
}

#[test]
fn the_shipped_kit_has_no_other_files_and_stays_below_4_mb() {
    let mut shipped = BTreeMap::new();
    files_below(&kit_folder(), &mut shipped, &kit_folder());
    let made = studio().iter().map(|(path, _)| path.as_str());
    let wanted: BTreeSet<&str> = made.chain(["README.md", "LICENSE"]).collect();
    assert_eq!(shipped.keys().map(String::as_str).collect::<BTreeSet<_>>(), wanted);
    let size: u64 = shipped.values().sum();
    assert!(size <= 4_000_000, "{size} bytes");
}

#[test]
fn no_recording_comes_near_full_scale_and_kick_and_snare_come_close_to_it() {
    for (path, frames) in recordings() {
        assert!(db(peak(frames)) <= -1.0, "{path}: {:.1} dBFS", db(peak(frames)));
    }
    for path in ["kick/hard-1.wav", "snare/hard-1.wav"] {
        let level = db(peak(&recordings()[path]));
        assert!((-5.0..=-2.5).contains(&level), "{path}: {level:.1} dBFS");
    }
}

#[test]
fn no_recording_stands_beside_zero() {
    for (path, frames) in recordings() {
        let mean = frames.iter().sum::<f64>() / frames.len() as f64;
        assert!(mean.abs() < 0.0005 * peak(frames), "{path}: mean {mean}");
    }
}

#[test]
fn every_attack_comes_within_a_millisecond() {
    for (path, frames) in recordings() {
        assert!(onset(frames) < 48, "{path}: onset at frame {}", onset(frames));
    }
}

#[test]
fn every_tail_fades_to_silence() {
    for (path, frames) in recordings() {
        let (body, rest) = frames.split_at(frames.len() - 16);
        assert!(rest.iter().all(|x| *x == 0.0), "{path} ends in sound");
        let last = &body[body.len() - body.len() / 50..];
        assert!(db(peak(last)) < -80.0, "{path} ends at {:.1} dBFS", db(peak(last)));
    }
}

#[test]
fn each_level_is_at_least_3_db_louder_than_the_one_below_and_brighter() {
    for (name, levels) in by_level() {
        for pair in levels.windows(2) {
            let (softer, louder) = (&pair[0], &pair[1]);
            let most = softer.iter().map(|x| loudness(x)).fold(f64::MIN, f64::max);
            let least = louder.iter().map(|x| loudness(x)).fold(f64::MAX, f64::min);
            assert!(least >= most + 3.0, "{name}: {most:.1} then {least:.1} dBFS");
            let dull = softer.iter().map(|x| brightness(x)).fold(f64::MIN, f64::max);
            let bright = louder.iter().map(|x| brightness(x)).fold(f64::MAX, f64::min);
            assert!(bright > dull, "{name}: {dull:.4} then {bright:.4}");
        }
    }
}

#[test]
fn strokes_of_one_level_are_equally_loud_and_never_the_same() {
    let mut compared = 0;
    for (name, levels) in by_level() {
        for strokes in levels {
            for pair in strokes.windows(2) {
                let difference = loudness(pair[1]) - loudness(pair[0]);
                assert!(difference.abs() < 0.1, "{name}: {difference} dB");
                let error: f64 = pair[0].iter().zip(pair[1]).map(|(a, b)| (a - b).powi(2)).sum();
                let power: f64 = pair[0].iter().map(|a| a * a).sum();
                assert!(error > 0.002 * power, "{name}: {error} of {power}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 3 * (2 + 3), "snare and hat have variations");
}

/// Every `layers` list at any depth.
fn layers_of<'a>(value: &'a toml::Value, found: &mut Vec<&'a [toml::Value]>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value.as_array().filter(|_| key == "layers") {
                    Some(layers) => found.push(layers),
                    None => layers_of(value, found),
                }
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| layers_of(item, found)),
        _ => {}
    }
}

#[test]
fn every_velocity_from_29_up_has_a_recording_within_6_db_of_what_it_asks_for() {
    let text = String::from_utf8(studio()[0].1.clone()).unwrap();
    let kit = toml::Value::Table(text.parse().unwrap());
    let mut sounds = Vec::new();
    layers_of(&kit, &mut sounds);
    assert!(sounds.len() >= 12);
    for layers in sounds {
        let level = |layer: &toml::Value| {
            let file = layer["samples"][0].as_str().unwrap();
            loudness(&recordings()[file])
        };
        let loudest = layers.iter().map(level).fold(f64::MIN, f64::max);
        let mut next = 1;
        for layer in layers {
            let [low, high] = [0, 1].map(|i| layer["velocity"][i].as_integer().unwrap());
            assert_eq!(low, next, "{layer}: the ranges meet");
            next = high + 1;
            for velocity in low.max(29)..=high {
                let asked = loudest + 40.0 * (velocity as f64 / 127.0).log10();
                let scaled = asked - level(layer);
                assert!(scaled.abs() <= 6.0, "{layer} at {velocity}: {scaled:.1} dB");
            }
        }
        assert_eq!(next, 128);
    }
}

/// The values of every `samples` list at any depth.
fn samples_of(value: &toml::Value, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value.as_array().filter(|_| key == "samples") {
                    Some(files) => {
                        found.extend(files.iter().map(|f| f.as_str().unwrap().to_owned()));
                    }
                    None => samples_of(value, found),
                }
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| samples_of(item, found)),
        _ => {}
    }
}

#[test]
fn kit_toml_names_every_recording_and_none_that_is_missing_and_only_real_slots() {
    let text = String::from_utf8(studio()[0].1.clone()).unwrap();
    let kit: toml::Table = text.parse().unwrap();
    let mut named = BTreeSet::new();
    samples_of(&toml::Value::Table(kit.clone()), &mut named);
    let made: BTreeSet<String> = recordings().keys().map(|&path| path.to_owned()).collect();
    assert_eq!(named, made);
    for slot in kit["slot"].as_table().unwrap().keys() {
        assert!(Slot::from_name(slot).is_some(), "{slot}");
    }
}

#[test]
fn writing_makes_the_folders_and_says_which_path_failed() {
    let dir = std::env::temp_dir().join(format!("rimshot-factory-{}", std::process::id()));
    let (files, bytes) = factory::write(&dir).unwrap();
    let mut written = BTreeMap::new();
    files_below(&dir, &mut written, &dir);
    assert_eq!((written.len(), written.values().sum::<u64>()), (files, bytes as u64));

    let below_a_file = dir.join("kit.toml");
    let error = factory::write(&below_a_file).unwrap_err().to_string();
    assert!(error.contains("kit.toml"), "{error}");
    fs::remove_dir_all(&dir).unwrap();
}
