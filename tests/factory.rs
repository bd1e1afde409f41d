//! The kits that are shipped are the kits that the factory makes, and they are fit to be
//! played.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use rimshot::app::kits::Stock;
use rimshot::app::loudness::Loudness;
use rimshot::app::offline::{Offline, Studio};
use rimshot::engine::Settings;
use rimshot::factory::record::{Instrument, Sound, Stroke};
use rimshot::factory::{self, FactoryKit, KITS};
use rimshot::kit::Kit;
use rimshot::kit::disk::{self, KitEntry};
use rimshot::maps::NoteMap;
use rimshot::midi;
use rimshot::words::{Severity, Slot};

/// What all kits together may weigh, bytes.
const MOST_BYTES: u64 = 40_000_000;

fn kits() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kits")
}

fn db(x: f64) -> f64 {
    20.0 * x.log10()
}

/// A shipped recording.
struct Recording {
    /// Below the folder of the kits.
    path: String,
    channels: usize,
    /// Interleaved, full scale 1.
    values: Vec<f32>,
}

impl Recording {
    fn read(path: String) -> Self {
        let file = kits().join(&path);
        let mut reader = hound::WavReader::open(&file).unwrap_or_else(|e| panic!("{path}: {e}"));
        let spec = reader.spec();
        assert_eq!((spec.sample_rate, spec.bits_per_sample), (factory::RATE, 16), "{path}");
        let values = reader.samples::<i16>().map(|x| f32::from(x.expect("a sample")) / 32768.0);
        Self { values: values.collect(), channels: usize::from(spec.channels), path }
    }

    fn frames(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.channels)
    }

    fn peak(&self) -> f64 {
        f64::from(self.values.iter().fold(0.0f32, |m, x| m.max(x.abs())))
    }

    fn onset(&self) -> usize {
        let threshold = 0.01 * self.peak();
        let loud = |frame: &[f32]| frame.iter().any(|x| f64::from(x.abs()) > threshold);
        self.frames().position(loud).expect("a sound")
    }

    /// The frames of so many seconds after the onset.
    fn attack(&self, seconds: f64) -> &[f32] {
        let from = self.channels * self.onset();
        let count = self.channels * (seconds * f64::from(factory::RATE)) as usize;
        &self.values[from..self.values.len().min(from + count)]
    }

    /// RMS of the 50 ms after the onset, dBFS.
    fn loudness(&self) -> f64 {
        let attack = self.attack(0.05);
        db((power(attack) / attack.len() as f64).sqrt())
    }

    /// The logarithm to the base 2 of the RMS frequency of its first 100 ms: that of the
    /// power of the slope over the power of the sound.
    fn brightness(&self) -> f64 {
        let attack = self.attack(0.1);
        let slopes = attack.iter().zip(&attack[self.channels..]);
        let slope: f64 = slopes.map(|(a, b)| f64::from(b - a).powi(2)).sum();
        0.5 * (slope / power(attack)).log2()
    }
}

fn power(values: &[f32]) -> f64 {
    values.iter().map(|x| f64::from(*x).powi(2)).sum()
}

/// What is shipped of an instrument.
struct Shipped {
    kit: &'static FactoryKit,
    instrument: &'static Instrument,
    /// From soft to hard, each with its equally hard strokes.
    levels: Vec<Vec<Recording>>,
}

impl Shipped {
    fn name(&self) -> String {
        format!("{}/{}", self.kit.name, self.instrument.folder)
    }

    fn recordings(&self) -> impl Iterator<Item = &Recording> {
        self.levels.iter().flatten()
    }
}

/// Read once: every test looks at the same files.
fn shipped() -> &'static [Shipped] {
    static SHIPPED: OnceLock<Vec<Shipped>> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let all = KITS.iter().flat_map(|kit| kit.instruments.iter().map(move |i| (kit, i)));
        all.map(|(kit, instrument)| {
            let mut levels: Vec<Vec<Recording>> = Vec::new();
            levels.resize_with(instrument.levels, Vec::new);
            for stroke in instrument.strokes() {
                let path = format!("{}/{}", kit.name, instrument.path(stroke));
                levels[stroke.level].push(Recording::read(path));
            }
            Shipped { kit, instrument, levels }
        })
        .collect()
    })
}

fn recordings() -> impl Iterator<Item = &'static Recording> {
    shipped().iter().flat_map(Shipped::recordings)
}

fn files_below(folder: &Path, root: &Path, found: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, root, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::metadata(&path).unwrap().len());
        }
    }
}

/// Holds where a test has found nothing wrong; else says all of it.
fn nothing(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every file of the factory whose stroke is chosen that is not shipped with these bytes.
/// The instruments are shared among as many threads as there are processors.
fn different(chosen: impl Fn(usize, usize) -> bool + Sync) -> Vec<String> {
    let of_kit = |kit: &'static FactoryKit| kit.instruments.iter().map(move |i| (kit, i));
    let instruments: Vec<_> = KITS.iter().flat_map(of_kit).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((kit, instrument)) = instruments.get(number) else { return wrong };
            let loudness = instrument.loudness();
            for (n, stroke) in instrument.strokes().enumerate() {
                let path = format!("{}/{}", kit.name, instrument.path(stroke));
                let same = |file: Vec<u8>| file == instrument.recording(stroke, loudness);
                if chosen(number, n) && !fs::read(kits().join(&path)).is_ok_and(same) {
                    wrong.push(path);
                }
            }
        }
    };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// One stroke of each instrument, another level and variation from one to the next.
#[test]
fn what_is_shipped_of_each_instrument_is_what_the_factory_makes() {
    for kit in &KITS {
        for (name, bytes) in (kit.texts)() {
            let path = kits().join(kit.name).join(name);
            let shipped = fs::read(&path).unwrap_or_default();
            assert!(shipped == bytes, "{}: run `rimshot factory kits`", path.display());
        }
    }
    let strokes: Vec<usize> =
        KITS.iter().flat_map(|kit| kit.instruments).map(|i| i.levels * i.variations).collect();
    let wrong = different(|instrument, n| n == (5 * instrument + 2) % strokes[instrument]);
    assert!(wrong.is_empty(), "run `rimshot factory kits`: {}", wrong.join(", "));
}

#[test]
#[ignore = "minutes without an optimiser: `make test` runs it in release"]
fn all_shipped_recordings_are_what_the_factory_makes_byte_for_byte() {
    let wrong = different(|_, _| true);
    assert!(wrong.is_empty(), "run `rimshot factory kits`: {}", wrong.join(", "));
}

#[test]
fn the_kits_have_no_other_files_and_weigh_no_more_than_40_mb() {
    let mut found = BTreeMap::new();
    files_below(&kits(), &kits(), &mut found);
    let mut wanted = BTreeSet::from(["README.md".to_owned()]);
    for kit in &KITS {
        let texts = (kit.texts)();
        assert!(texts.iter().any(|(name, _)| *name == "kit.toml"), "{}", kit.name);
        let texts = texts.iter().map(|(name, _)| *name).chain(["README.md", "LICENSE"]);
        wanted.extend(texts.map(|name| format!("{}/{name}", kit.name)));
    }
    wanted.extend(recordings().map(|recording| recording.path.clone()));
    let found_names: BTreeSet<String> = found.keys().cloned().collect();
    let more: Vec<&String> = found_names.difference(&wanted).collect();
    let missing: Vec<&String> = wanted.difference(&found_names).collect();
    assert!(more.is_empty() && missing.is_empty(), "more: {more:?}, missing: {missing:?}");
    let size: u64 = found.values().sum();
    assert!(size <= MOST_BYTES, "{size} bytes");
}

#[test]
fn no_recording_is_clipped() {
    let loud = recordings().filter(|recording| db(recording.peak()) > -0.1);
    nothing(&loud.map(|r| format!("{}: {:.2} dBFS", r.path, db(r.peak()))).collect::<Vec<_>>());
}

#[test]
fn no_recording_stands_beside_zero() {
    let mut wrong = Vec::new();
    for recording in recordings() {
        let Recording { path, channels, values } = recording;
        for channel in 0..*channels {
            let side: Vec<f64> =
                values.iter().skip(channel).step_by(*channels).map(|x| f64::from(*x)).collect();
            let part = side.iter().sum::<f64>() / side.len() as f64 / recording.peak();
            if part.abs() > 0.0005 {
                wrong.push(format!("{path}: its mean is {part:.6} of its peak"));
            }
        }
    }
    nothing(&wrong);
}

#[test]
fn every_attack_comes_within_a_millisecond() {
    let late = recordings().filter(|recording| recording.onset() >= 48);
    nothing(&late.map(|r| format!("{}: frame {}", r.path, r.onset())).collect::<Vec<_>>());
}

#[test]
fn every_tail_ends_in_silence() {
    let mut wrong = Vec::new();
    for Recording { path, channels, values } in recordings() {
        let (body, rest) = values.split_at(values.len() - 16 * channels);
        if rest.iter().any(|x| *x != 0.0) {
            wrong.push(format!("{path} ends in sound"));
        }
        let last = &body[body.len() - body.len() / 50..];
        let loudest = db(f64::from(last.iter().fold(0.0f32, |m, x| m.max(x.abs()))));
        if loudest > -80.0 {
            wrong.push(format!("{path} ends at {loudest:.1} dBFS"));
        }
    }
    nothing(&wrong);
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// What is as bright however hard it is struck: a circuit that gets more or less of one pulse.
const AS_BRIGHT: [&str; 1] = ["eight/claves"];
/// By how many octaves the hardest strokes are brighter at least, on the mean.
const BRIGHTER: f64 = 0.03;
/// By how many octaves a level may be darker than the one below, on the mean.
const DARKER: f64 = 0.15;

#[test]
fn each_level_is_louder_than_the_one_below_and_the_hardest_is_brighter_than_the_softest() {
    let mut wrong = Vec::new();
    for shipped in shipped() {
        let name = shipped.name();
        for levels in shipped.levels.windows(2) {
            let [softer, louder] = [0, 1].map(|i| levels[i].iter().map(Recording::loudness));
            let (most, least) = (softer.fold(f64::MIN, f64::max), louder.fold(f64::MAX, f64::min));
            if least < most + 1.0 {
                wrong.push(format!("{name}: {most:.1} then {least:.1} dBFS"));
            }
        }
        let bright = |level: &Vec<Recording>| mean(level.iter().map(Recording::brightness));
        let bright: Vec<f64> = shipped.levels.iter().map(bright).collect();
        let rise = bright[bright.len() - 1] - bright[0];
        let falls = bright.windows(2).any(|pair| pair[1] < pair[0] - DARKER);
        let still = AS_BRIGHT.contains(&name.as_str());
        if falls || (bright.len() > 1 && rise < BRIGHTER && !still) {
            let octaves: Vec<f64> = bright.iter().map(|b| b - bright[0]).collect();
            wrong.push(format!("{name}: octaves above its softest level: {octaves:.2?}"));
        }
    }
    nothing(&wrong);
}

#[test]
fn strokes_of_one_level_are_equally_loud_and_never_the_same() {
    let mut wrong = Vec::new();
    for strokes in shipped().iter().flat_map(|shipped| &shipped.levels) {
        for (i, a) in strokes.iter().enumerate() {
            for b in &strokes[i + 1..] {
                let difference = b.loudness() - a.loudness();
                let pairs = a.values.iter().zip(&b.values);
                let error: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
                let part = error / power(&a.values);
                if difference.abs() > 0.25 || a.channels != b.channels || part < 0.002 {
                    let Recording { path, .. } = b;
                    wrong.push(format!("{} and {path}: {difference:.2} dB, {part:.4}", a.path));
                }
            }
        }
    }
    nothing(&wrong);
}

/// The engine scales a recording by 6 dB at most; half a dB that is then missing nobody hears.
const SCALED_DB: f64 = 6.5;
/// The softest velocity that has a loudness of its own; below it ghost notes are equally soft.
const GHOST: f64 = 30.0;
/// What is seldom played softly has two levels only, and its soft strokes end there.
const FEW: usize = 2;

/// As the engine chooses: (velocity ÷ 127)² of the loudest; one level alone follows the
/// velocity by itself.
#[test]
fn every_velocity_has_a_recording_that_can_be_scaled_to_what_it_asks_for() {
    let mut wrong = Vec::new();
    for shipped in shipped().iter().filter(|shipped| shipped.levels.len() > 1) {
        let levels: Vec<f64> = shipped.levels.iter().map(|level| level[0].loudness()).collect();
        let (softest, loudest) = (levels[0], levels[levels.len() - 1]);
        let asked = |velocity: f64| loudest + 40.0 * (velocity / 127.0).log10();
        if levels.len() > FEW && asked(GHOST) < softest - SCALED_DB {
            wrong.push(format!("{}: its softest is {:.1} dB", shipped.name(), softest - loudest));
        }
        let off = |asked: f64| levels.iter().map(|l| (asked - l).abs()).fold(f64::MAX, f64::min);
        let velocities = (1..=127).map(|v| asked(f64::from(v))).filter(|asked| *asked > softest);
        let most = velocities.map(off).fold(0.0, f64::max);
        if most > SCALED_DB {
            wrong.push(format!("{}: {most:.1} dB between two levels", shipped.name()));
        }
    }
    nothing(&wrong);
}

/// The values of every `samples` at any depth.
fn samples_of(value: &toml::Value, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value.as_str().filter(|_| key == "samples") {
                    Some(folder) => drop(found.insert(folder.to_owned())),
                    None => samples_of(value, found),
                }
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| samples_of(item, found)),
        _ => {}
    }
}

#[test]
fn kit_toml_names_the_folder_of_every_recording_and_only_real_slots() {
    for kit in &KITS {
        let text = fs::read_to_string(kits().join(kit.name).join("kit.toml")).unwrap();
        let table: toml::Table = text.parse().unwrap();
        for slot in table["slot"].as_table().unwrap().keys() {
            assert!(Slot::from_name(slot).is_some(), "{}: {slot}", kit.name);
        }
        let mut named = BTreeSet::new();
        samples_of(&toml::Value::Table(table), &mut named);
        let made: BTreeSet<String> = kit.instruments.iter().map(|i| i.folder.into()).collect();
        assert_eq!(named, made, "{}", kit.name);
    }
}

fn load(kit: &FactoryKit) -> Box<Kit> {
    let folder = kits().join(kit.name);
    let (_, problems) = disk::read(&folder);
    assert!(problems.is_empty(), "{problems:?}");
    let entry = KitEntry { name: kit.name.into(), folder, program: None };
    let loaded = Stock::new(factory::RATE).load(&entry, &mut |_, _| ()).unwrap();
    let bad: Vec<_> = loaded.problems.iter().filter(|p| p.severity > Severity::Note).collect();
    assert!(bad.is_empty(), "{bad:?}");
    loaded.kit
}

/// Listens to a take.
struct Listener(Loudness);

impl Studio for Listener {
    type Error = String;
    fn write(&mut self, frames: &[f32]) -> Result<(), String> {
        self.0.hear(frames, frames.iter().all(|x| *x == 0.0));
        Ok(())
    }
    fn program(&mut self, _: u8) -> Option<Box<Kit>> {
        None
    }
}

#[test]
fn the_groove_is_equally_loud_through_every_kit_and_no_kit_has_a_problem() {
    let dir = Scratch::new("groove");
    let path = dir.0.join("groove.mid");
    fs::write(&path, factory::groove::groove_midi()).unwrap();
    let take = midi::file::read(&path).unwrap();
    let mut heard = Vec::new();
    for kit in &KITS {
        let offline = Offline::new(&take, Arc::new(NoteMap::gm()), Settings::default());
        let mut listener = Listener(Loudness::new(factory::RATE).unwrap());
        let outcome = offline.run(load(kit), &mut listener).unwrap();
        assert!(outcome.no_sound.is_empty(), "{}: {:?}", kit.name, outcome.no_sound);
        heard.push((listener.0.measure().unwrap(), kit.name));
    }
    let (least, most) = heard.iter().fold((f64::MAX, f64::MIN), |(least, most), (loudness, _)| {
        (least.min(*loudness), most.max(*loudness))
    });
    assert!(most - least <= 1.0, "{heard:.2?}");
}

/// A folder that goes when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("rimshot-factory-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn writing_makes_the_folders_and_says_which_path_failed() {
    fn click(stroke: Stroke) -> Sound {
        vec![0.0, stroke.hardness, -0.5, 0.25].into()
    }
    const CLICK: Instrument = Instrument {
        folder: "two/deep",
        levels: 2,
        variations: 3,
        range_db: 12.0,
        peak_db: -6.0,
        play: click,
    };
    let kit = FactoryKit {
        name: "click",
        texts: || vec![("kit.toml", b"name = 'Click'\n".to_vec())],
        instruments: &[CLICK],
    };
    let dir = Scratch::new("writing");
    let folder = dir.0.join("click");
    let (files, bytes) = kit.write(&folder).unwrap();
    let mut written = BTreeMap::new();
    files_below(&folder, &folder, &mut written);
    assert_eq!((written.len(), written.values().sum::<u64>()), (files, bytes as u64));
    assert_eq!(files, 7);
    assert!(written.contains_key("two/deep/v2_rr3.wav"), "{written:?}");

    let error = kit.write(&folder.join("kit.toml")).unwrap_err().to_string();
    assert!(error.contains("kit.toml"), "{error}");
}
