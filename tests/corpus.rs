//! Real performances through the kit that is shipped: takes of the Groove MIDI Dataset
//! (CC BY 4.0), played by drummers on a Roland TD-11. Where they are not beside the
//! repository, this says so and is done.
//!
//! A debug build plays every fourth take, to stay below a minute on two cores. All of them,
//! and the table of what became of every hit:
//! `cargo test --release --test corpus -- --nocapture`.

mod takes;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rimshot::app::kits::Stock;
use rimshot::app::offline::{Offline, Outcome, Studio};
use rimshot::engine::Settings;
use rimshot::kit::Kit;
use rimshot::kit::disk::KitEntry;
use rimshot::maps::NoteMap;
use rimshot::midi::{Message, file};
use rimshot::words::{HeldBack, Slot};

const RATE: u32 = 48_000;
/// One in so many takes is played.
const EVERY: usize = if cfg!(debug_assertions) { 4 } else { 1 };
/// The hi-hat's edges of a Roland, which General MIDI does not know.
const EDGES: [u8; 2] = [22, 26];
/// The third tom's rim of a Roland, where General MIDI has a vibraslap.
const RIM: u8 = 58;

/// Listens whether what comes is sound, and keeps nothing.
struct Ear {
    broken: bool,
    loud: bool,
}

impl Studio for Ear {
    type Error = Infallible;

    fn write(&mut self, frames: &[f32]) -> Result<(), Infallible> {
        self.broken |= frames.iter().any(|x| x.is_nan() || x.abs() > 1.0);
        self.loud |= frames.iter().any(|x| x.abs() > 0.001);
        Ok(())
    }

    fn program(&mut self, _: u8) -> Option<Box<Kit>> {
        None
    }
}

/// What became of some takes.
#[derive(Debug, Default)]
struct Sum {
    takes: u64,
    hits: u64,
    played: u64,
    /// Hits held back, why and of which slot: not played, and not lost.
    held: BTreeMap<(HeldBack, Slot), u64>,
    unmapped: BTreeMap<u8, u64>,
    no_sound: BTreeMap<u8, u64>,
    most_voices: u32,
    stolen: u64,
    frames: u64,
    /// Takes with less to hear than they should have, and what is wrong.
    odd: Vec<String>,
}

impl Sum {
    fn silent(&self) -> u64 {
        let counts = self.held.values().chain(self.unmapped.values()).chain(self.no_sound.values());
        counts.sum()
    }

    fn held(&self, why: HeldBack) -> u64 {
        self.held.iter().filter(|((w, _), _)| *w == why).map(|(_, n)| n).sum()
    }

    fn add(&mut self, path: &Path, hits: u64, outcome: &Outcome, ear: &Ear) {
        let reading = &outcome.reading;
        self.takes += 1;
        self.hits += hits;
        self.played += reading.played;
        outcome.held.iter().for_each(|(held, n)| *self.held.entry(*held).or_default() += n);
        self.frames += outcome.end.frame;
        self.stolen += reading.stolen;
        self.most_voices = self.most_voices.max(reading.most_voices);
        for (from, to) in
            [(&outcome.unmapped, &mut self.unmapped), (&outcome.no_sound, &mut self.no_sound)]
        {
            from.iter().for_each(|(unheard, n)| *to.entry(unheard.note).or_default() += n);
        }
        let listed: u64 = outcome.unmapped.values().chain(outcome.no_sound.values()).sum();
        let held: u64 = outcome.held.values().sum();
        let lost = reading.lost + reading.notices_lost + reading.late + reading.no_kit;
        let what = match () {
            () if reading.played + listed + held != hits => "hits without a fate",
            () if listed != reading.unmapped + reading.no_sound => "silence without a cause",
            () if held != reading.masked + reading.grabbed + reading.stomps => "held, not counted",
            () if lost > 0 => "something was lost or late",
            () if ear.broken => "beyond full scale, or no number",
            () if reading.played > 0 && !ear.loud => "nothing to hear",
            () => return,
        };
        self.odd.push(format!("{}: {what}: {hits} hits, {reading:?}", path.display()));
    }

    fn join(&mut self, other: Sum) {
        let add = |to: &mut BTreeMap<u8, u64>, from: BTreeMap<u8, u64>| {
            from.into_iter().for_each(|(note, n)| *to.entry(note).or_default() += n);
        };
        self.takes += other.takes;
        self.hits += other.hits;
        self.played += other.played;
        other.held.into_iter().for_each(|(held, n)| *self.held.entry(held).or_default() += n);
        add(&mut self.unmapped, other.unmapped);
        add(&mut self.no_sound, other.no_sound);
        self.most_voices = self.most_voices.max(other.most_voices);
        self.stolen += other.stolen;
        self.frames += other.frames;
        self.odd.extend(other.odd);
    }
}

fn perform(path: &Path, map: &Arc<NoteMap>, stock: &Stock) -> Sum {
    let take = file::read(path).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(take.problems, [], "{}", path.display());
    let hit = |(_, message): &file::Frame| matches!(message, Message::NoteOn { .. });
    let hits = take.frames(RATE).filter(hit).count() as u64;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kits/studio");
    let entry = KitEntry { name: "studio".to_owned(), folder, program: None };
    let Ok(kit) = stock.load(&entry, &mut |_, _| ()) else { panic!("kits/studio is broken") };
    let settings = Settings { rate: RATE, ..Settings::default() };
    let offline =
        Offline { block: 128, tail: 30.0, ..Offline::new(&take, Arc::clone(map), settings) };
    let mut ear = Ear { broken: false, loud: false };
    let outcome = offline.run(kit.kit, &mut ear).unwrap_or_else(|never| match never {});
    let mut sum = Sum::default();
    sum.add(path, hits, &outcome, &ear);
    sum
}

/// Plays takes on all cores.
fn perform_all(paths: &[PathBuf], map: &Arc<NoteMap>) -> Sum {
    let stock = Stock::new(RATE);
    let mut all = Sum::default();
    takes::on_all_cores(paths, |path| perform(path, map, &stock))
        .into_iter()
        .for_each(|sum| all.join(sum));
    all
}

fn table(map: &NoteMap, sum: &Sum, taken: f64) {
    let seconds = sum.frames as f64 / f64::from(RATE);
    println!("map {}", map.name);
    println!("  takes        {:>8}", sum.takes);
    println!("  hits         {:>8}", sum.hits);
    println!("  played       {:>8}", sum.played);
    println!("  unmapped     {:>8}  {:?}", sum.unmapped.values().sum::<u64>(), sum.unmapped);
    println!("  no sound     {:>8}  {:?}", sum.no_sound.values().sum::<u64>(), sum.no_sound);
    println!("  held back    {:>8}  {:?}", sum.held.values().sum::<u64>(), sum.held);
    println!("  most voices  {:>8}", sum.most_voices);
    println!("  stolen       {:>8}", sum.stolen);
    println!("  seconds      {seconds:>8.0}  in {taken:.1} s: {:.0} × real time", seconds / taken);
}

#[test]
fn every_hit_of_real_performances_sounds_or_has_a_reason_not_to() {
    let Some(paths) = takes::all() else {
        println!("skipped: there is no shared/corpus/groove beside the repository");
        return;
    };
    let paths: Vec<PathBuf> = paths.into_iter().step_by(EVERY).collect();
    if EVERY > 1 {
        println!("a debug build: one take in {EVERY}");
    }
    assert!(!paths.is_empty(), "there are no takes");

    let play = |name: &str| {
        let map = Arc::new(NoteMap::named(name).unwrap());
        let begun = Instant::now();
        let sum = perform_all(&paths, &map);
        table(&map, &sum, begun.elapsed().as_secs_f64());
        assert_eq!(sum.odd, [""; 0], "map {name}");
        assert_eq!(sum.played + sum.silent(), sum.hits, "map {name}");
        assert!(sum.no_sound.is_empty(), "the kit has no sound for {:?}", sum.no_sound);
        sum
    };
    let roland = play("roland");
    assert_eq!(roland.unmapped, BTreeMap::new());
    // The TD-11 has masked its own retriggers, so what ours would hold back were strokes.
    assert_eq!(roland.held(HeldBack::Retrigger), 0);
    // Nobody could grab a cymbal of this dataset; a stick may move a pedal now and then.
    assert_eq!(roland.held(HeldBack::Grab), 0);
    assert!(roland.held(HeldBack::Stomp) * 10_000 < roland.hits);

    // What is lost where nobody tells the module that it hears a Roland.
    let gm = play("gm");
    let edges: u64 = EDGES.iter().filter_map(|note| gm.unmapped.get(note)).sum();
    println!("  of all hits, {:.1} % are hi-hat edges", 100.0 * edges as f64 / gm.hits as f64);
    let known = |note: &u8| *note == RIM || EDGES.contains(note);
    assert!(edges > 0 && gm.unmapped.keys().all(known), "{:?}", gm.unmapped);
}
