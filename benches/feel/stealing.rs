//! What is lost where voices run out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rimshot::engine::Settings;
use rimshot::engine::strips::{Strip, Strips};
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use rimshot::kit::sample::Frames;
use rimshot::kit::{Dynamics, Kit, KitPlan, SampleData};
use rimshot::maps::NoteMap;
use rimshot::words::limits::MAX_VOICES;
use rimshot::words::rng::Rng;
use rimshot::words::{Event, EventKind, Hit, Slot};

use super::figures::{Spread, db, number, rms};
use super::stage::{RATE, Stage, frame_of, frames, hit, load, performance, read, roland};
use super::takes;

/// Most voices of the engines that are held against one with [`MAX_VOICES`].
const VOICES: [usize; 5] = [24, 32, 48, 64, 128];
/// How many takes.
const DENSEST: usize = 10;
/// A take is as dense as the ten seconds of it with the most hits.
const SPAN_MS: f64 = 10_000.0;
/// Frames of a window: 10 ms.
const WINDOW: usize = RATE as usize / 100;
/// A mix that is softer counts as this loud: −60 dBFS.
const FLOOR: f64 = 0.001;
/// What 64 voices must keep to in 99 % of the windows.
const WANTED_DB: f64 = -40.0;
/// Differences below are written as none: −140 dB is the last bit of a 24-bit sample.
const NOTHING_DB: f64 = -140.0;

/// The windows of one engine.
#[derive(Debug, Clone, Default)]
struct Heard {
    /// Difference against the mix, dB.
    db: Vec<f64>,
    /// The same without the slot that is rolled on.
    others: Vec<f64>,
    stolen: u64,
}

/// What this part of the windows does not exceed, dB.
fn at(windows: &[f64], part: f64) -> f64 {
    Spread::new(windows.iter().copied()).at(part)
}

/// How far a window of few voices is from one of many, dB.
fn off(mix: &[f32], less: &[f32]) -> f64 {
    let off: Vec<f32> = mix.iter().zip(less).map(|(a, b)| a - b).collect();
    db(rms(&off) / rms(mix).max(FLOOR)).max(NOTHING_DB)
}

/// Plays the same events with few and with many voices, up to the last event. `apart`: a
/// slot that sounds on a second pair of outputs.
fn compare(kit: &Kit, events: &[Event], apart: Option<Slot>) -> (Vec<Heard>, u32) {
    let mut strips = Strips::default();
    if let Some(slot) = apart {
        strips.set(slot, Strip { pair: 1, ..strips.of(slot) });
    }
    let stage = |voices| {
        let pairs = if apart.is_some() { 2 } else { 1 };
        Stage::with(kit, Settings { voices, pairs, ..Settings::default() }, strips.clone())
    };
    let mut whole = stage(MAX_VOICES);
    let mut stages = VOICES.map(stage);
    let mut heard = vec![Heard::default(); VOICES.len()];
    let mut events = events.iter().peekable();
    let mut end = 0;
    // the sum of all pairs
    let mixed = |frames: &[f32]| {
        let mut pairs = frames.chunks_exact(2 * WINDOW);
        let mut mix = pairs.next().unwrap_or_default().to_vec();
        pairs.for_each(|pair| mix.iter_mut().zip(pair).for_each(|(sum, x)| *sum += x));
        mix
    };
    while events.peek().is_some() {
        end += WINDOW as u64;
        while let Some(event) = events.next_if(|event| frame_of(event) < end) {
            whole.send(*event);
            stages.iter_mut().for_each(|stage| stage.send(*event));
        }
        let all = whole.play(WINDOW).to_vec();
        let (mix, others) = (mixed(&all), &all[..2 * WINDOW]);
        for (stage, heard) in stages.iter_mut().zip(&mut heard) {
            let less = stage.play(WINDOW);
            heard.db.push(off(&mix, &mixed(less)));
            heard.others.push(off(others, &less[..2 * WINDOW]));
            stage.notices();
        }
        whole.notices();
    }
    for (stage, heard) in stages.iter().zip(&mut heard) {
        heard.stolen = stage.control.meters.read().stolen;
    }
    (heard, whole.control.meters.read().most_voices)
}

/// The takes with the most hits in any ten seconds, the densest first.
fn densest(paths: &[PathBuf], map: &NoteMap) -> Vec<PathBuf> {
    let mut found = takes::on_all_cores(paths, |path| {
        let events = performance(&read(path), map, false).events;
        let hits = events.iter().filter(|event| matches!(event.kind, EventKind::Hit(_)));
        let hits: Vec<u64> = hits.map(frame_of).collect();
        let within = |from: &u64| {
            let end = from + frames(SPAN_MS);
            hits.partition_point(|hit| *hit < end) - hits.partition_point(|hit| hit < from)
        };
        (hits.iter().map(within).max().unwrap_or(0), path.to_owned())
    });
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(DENSEST);
    found.into_iter().map(|(_, path)| path).collect()
}

/// What is rolled on.
const ROLLED: &str = "crash1";

/// A roll on it that swells and fades twice, so fast that more than
/// [`VOICES`]' last would sound, while ride and bass drum go on and the second crash rings.
fn roll(kit: &Kit) -> Vec<Event> {
    const SECONDS: u64 = 20;
    let [crash, other] = [ROLLED, "crash2"].map(|name| Slot::from_name(name).expect("a slot"));
    let mut stage = Stage::new(kit, Settings::default());
    stage.send(hit(0, Hit::new(crash, 100.0)));
    stage.play(0);
    let length = stage.engine.rings_until().max(1) as f64;
    let apart = length / (1.5 * VOICES[VOICES.len() - 1] as f64);
    let mut events = Vec::new();
    let strokes = (SECONDS * u64::from(RATE)) as f64 / apart;
    for stroke in 0..strokes as u64 {
        let part = stroke as f64 / strokes;
        let swell = 0.5 - 0.5 * (2.0 * std::f64::consts::TAU * part).cos();
        let velocity = 30.0 + 80.0 * swell + 10.0 * (stroke % 2) as f64;
        events.push(hit((stroke as f64 * apart) as u64, Hit::new(crash, velocity as f32)));
    }
    for seconds in (0..SECONDS).step_by(5) {
        events.push(hit(seconds * u64::from(RATE), Hit::new(other, 90.0)));
    }
    for beat in 0..2 * SECONDS {
        let frame = beat * u64::from(RATE) / 2;
        events.push(hit(frame, Hit::new(Slot::KICK, 100.0)));
        for eighth in [0, u64::from(RATE) / 4] {
            events.push(hit(frame + eighth, Hit::new(Slot::RIDE, 70.0)));
        }
    }
    events.sort_by_key(frame_of);
    events
}

/// Recordings that stand for those of a sound.
#[derive(Debug, Clone, Copy)]
struct Noise {
    /// How many, played in turn.
    count: u64,
    seconds: f64,
    /// Seconds in which it decays by 60 dB.
    t60: f64,
    /// Milliseconds in which it has risen to all but a third.
    rise: f64,
    /// Peak.
    level: f64,
}

const fn noise(count: u64, seconds: f64, t60: f64, rise: f64, level: f64) -> Noise {
    Noise { count, seconds, t60, rise, level }
}

/// A kit of noise that rings as long as a recorded one with long cymbals does: lengths, decays
/// and rises are about those of ForzeeStereo (Debian's hydrogen-drumkits).
const LONG: [(&str, Noise); 13] = [
    ("kick", noise(3, 1.0, 0.6, 2.0, 0.5)),
    ("snare", noise(5, 1.5, 0.8, 1.0, 0.4)),
    ("snare.xstick", noise(2, 0.5, 0.3, 0.5, 0.3)),
    ("tom1", noise(3, 2.0, 1.2, 2.0, 0.4)),
    ("tom2", noise(3, 2.5, 1.6, 2.0, 0.4)),
    ("tom3", noise(3, 3.0, 2.0, 2.0, 0.4)),
    ("hihat.pedal", noise(3, 0.5, 0.3, 2.0, 0.1)),
    ("crash1", noise(3, 12.0, 8.0, 40.0, 0.4)),
    ("crash2", noise(3, 12.0, 9.0, 60.0, 0.4)),
    ("ride", noise(4, 12.0, 9.0, 1.0, 0.15)),
    ("ride.bell", noise(3, 12.0, 7.0, 1.0, 0.2)),
    ("splash", noise(3, 6.0, 2.5, 15.0, 0.2)),
    ("china", noise(3, 10.0, 5.0, 30.0, 0.3)),
];
/// Its hi-hat, and the range of openness of each.
const LONG_HATS: [([f32; 2], Noise); 3] = [
    ([0.0, 0.2], noise(5, 0.4, 0.25, 1.0, 0.15)),
    ([0.2, 0.7], noise(4, 4.0, 1.5, 3.0, 0.2)),
    ([0.7, 1.0], noise(4, 18.0, 5.0, 5.0, 0.2)),
];

impl Noise {
    /// What [`Noise::named`] reads again.
    fn files(self) -> ChoicePlan {
        let Self { count, seconds, t60, rise, level } = self;
        let file = |n: u64| format!("{n} {seconds} {t60} {rise} {level}").into();
        let files = (0..count).map(file).collect();
        ChoicePlan::Layers(vec![LayerPlan { velocity: [1, 127], files }])
    }

    fn named(name: &Path) -> Option<Self> {
        let mut numbers = name.to_str()?.split(' ').map_while(|x| x.parse::<f64>().ok());
        let mut next = || numbers.next();
        Some(noise(next()? as u64, next()?, next()?, next()?, next()?))
    }

    /// White noise that rises and decays; `count` is its seed.
    fn recording(self) -> SampleData {
        let mut rng = Rng::new(self.count, self.seconds.to_bits() ^ self.t60.to_bits());
        let frame = |n: usize| {
            let seconds = n as f64 / f64::from(RATE);
            let risen = 1.0 - (-seconds * 1000.0 / self.rise).exp();
            let gain = self.level * risen * 10f64.powf(-3.0 * seconds / self.t60);
            (gain * (rng.draw() as i64 as f64 / i64::MIN as f64)) as f32
        };
        let frames: Vec<f32> = (0..(self.seconds * f64::from(RATE)) as usize).map(frame).collect();
        SampleData::new(Frames::MonoF32(frames.into()), 1.0, self.level as f32)
    }
}

fn long_kit() -> Kit {
    let sound = |slot: Slot, articulations| {
        let mut sound = SoundPlan::new(slot, articulations);
        sound.choke = slot.is_hihat().then(|| "hihat".to_owned());
        sound.dynamics = Some(Dynamics::Level);
        sound
    };
    let whole = |(name, noise): (&str, Noise)| {
        Some(sound(Slot::from_name(name)?, vec![ArticulationPlan::whole(noise.files())]))
    };
    let mut sounds: Vec<SoundPlan> = LONG.into_iter().filter_map(whole).collect();
    let hats = LONG_HATS
        .map(|(openness, n)| ArticulationPlan { openness, ..ArticulationPlan::whole(n.files()) });
    sounds.push(sound(Slot::HIHAT, hats.into()));
    let read = |path: &Path, _: f32| Some(Arc::new(Noise::named(path)?.recording()));
    Kit::build(&KitPlan::new("long", "long", sounds), read)
}

/// A row a number of voices, for each kit a few columns.
fn table(heads: &[&str], columns: &[Vec<Heard>], others: bool) -> String {
    let (names, count) = if others { (" of the others 99 % | worst |", 5) } else { ("", 3) };
    let heads: Vec<String> =
        heads.iter().map(|head| format!(" {head}: stolen | 99 % | worst |{names}")).collect();
    let lines = "---|".repeat(1 + count * heads.len());
    let mut text = format!("| voices |{}\n|{lines}\n", heads.concat());
    for (row, voices) in VOICES.iter().enumerate() {
        text += &format!("| {voices} |");
        for heard in columns.iter().map(|column| &column[row]) {
            let db = |x: f64| if x <= NOTHING_DB { "none".to_owned() } else { number(x, 1) };
            let both = |of: &[f64]| format!(" {} | {} |", db(at(of, 0.99)), db(at(of, 1.0)));
            text += &format!(" {} |{}", heard.stolen, both(&heard.db));
            if others {
                text += &both(&heard.others);
            }
        }
        text.push('\n');
    }
    text
}

/// What all takes together have heard, and the most voices of any.
fn joined(all: Vec<(Vec<Heard>, u32)>) -> (Vec<Heard>, u32) {
    let mut sum = vec![Heard::default(); VOICES.len()];
    let mut most = 0;
    for (heard, voices) in all {
        most = most.max(voices);
        for (sum, heard) in sum.iter_mut().zip(heard) {
            sum.db.extend(heard.db);
            sum.others.extend(heard.others);
            sum.stolen += heard.stolen;
        }
    }
    (sum, most)
}

/// Both kits: the one of a folder and the long one.
fn report(
    folder: &Path,
    others: bool,
    play: impl Fn(&Kit) -> (Vec<Heard>, u32),
) -> Result<Report, String> {
    let kits = [load(folder)?, long_kit()];
    let [(ours, most), (long, long_most)] = kits.each_ref().map(play);
    let text = format!(
        "{}\nVoices at most, with {MAX_VOICES}: {most} with {}, {long_most} with the long kit.\n",
        table(&[&kits[0].name, "long kit"], &[ours.clone(), long.clone()], others),
        kits[0].name,
    );
    Ok((text, [ours, long]))
}

type Report = (String, [Vec<Heard>; 2]);

/// The densest takes, and what is wrong.
pub fn of_takes(folder: &Path, corpus: &[PathBuf]) -> Result<(String, Vec<String>), String> {
    let map = roland();
    let paths = densest(corpus, &map);
    let play = |kit: &Kit| {
        let one = |path: &Path| compare(kit, &performance(&read(path), &map, false).events, None);
        joined(takes::on_all_cores(&paths, one))
    };
    let (text, kits) = report(folder, false, play)?;
    let mut problems = Vec::new();
    for heard in &kits {
        for (voices, heard) in VOICES.iter().zip(heard) {
            let most = match voices {
                64 => at(&heard.db, 0.99) >= WANTED_DB,
                128 => heard.stolen > 0,
                _ => false,
            };
            if most {
                problems.push(format!(
                    "{voices} voices: {} stolen, {} dB",
                    heard.stolen,
                    at(&heard.db, 0.99)
                ));
            }
        }
    }
    Ok((text, problems))
}

/// The roll that has more strokes than there are voices.
pub fn of_a_roll(folder: &Path) -> Result<(String, Vec<String>), String> {
    let (text, _) = report(folder, true, |kit| compare(kit, &roll(kit), Slot::from_name(ROLLED)))?;
    Ok((text, Vec::new()))
}
