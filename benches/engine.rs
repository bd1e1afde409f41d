//! What the engine costs above what no drum sampler can avoid: reading the samples and
//! adding them. Both run in the same process, interleaved, and the ratio is printed.
//!
//! `cargo bench`, or `cargo bench -- SECONDS` for each case. `… count KIND VOICES BLOCKS`
//! plays so many blocks and prints nothing: for `instructions.sh`, which counts what it took.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rimshot::engine::ports::{self, Command, ControlSide, Order};
use rimshot::engine::{Engine, Settings};
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use rimshot::kit::sample::Frames;
use rimshot::kit::{Kit, KitMemory, KitPlan, SampleData};
use rimshot::words::{Event, EventKind, EventSink, Hit, Slot, When};

const BLOCK: usize = 64;
/// Frames of each recording: 128 voices of stereo f32 are 123 MB, far above any cache.
const LENGTH: usize = 120_000;

fn kit(frames: &dyn Fn() -> Frames, voices: usize) -> (Kit, Vec<Arc<SampleData>>) {
    let samples: Vec<_> =
        (0..voices).map(|_| Arc::new(SampleData::new(frames(), 1.0, 0.1))).collect();
    let files = (0..voices).map(|i| i.to_string().into()).collect();
    let layers = ChoicePlan::Layers(vec![LayerPlan { velocity: [1, 127], files }]);
    let plan = KitPlan::new(
        "bench",
        "bench",
        vec![SoundPlan::new(Slot::KICK, vec![ArticulationPlan::whole(layers)])],
    );
    let find = |path: &Path, _: f32| samples.get(path.to_str()?.parse::<usize>().ok()?).cloned();
    (Kit::build(&plan, find), samples)
}

fn engine(kit: Kit, voices: usize) -> (Engine, ControlSide) {
    let (mut control, side) = ports::connect();
    let settings = Settings { voices, limiter: false, ..Settings::default() };
    let mut engine = Engine::new(settings, side);
    let memory = Box::new(KitMemory::of(&kit));
    let order = Order::Play(Box::new(kit), memory);
    let _ = control.commands.push(Command { when: When::Now, order });
    engine.process(&mut []);
    (engine, control)
}

fn strike(control: &mut ControlSide) {
    let kind = EventKind::Hit(Hit::new(Slot::KICK, 100.0));
    control.sources[0].send(Event { when: When::Now, device: 0, kind });
}

/// The floor: every sample read once, scaled and added.
fn floor(samples: &[Arc<SampleData>], at: usize, gain: f32, out: &mut [f32]) {
    out.fill(0.0);
    for sample in samples {
        match &sample.frames {
            Frames::StereoF32(x) => {
                out.iter_mut().zip(&x[2 * at..]).for_each(|(o, s)| *o += s * gain);
            }
            Frames::Stereo16(x) => {
                let gain = gain / 32768.0;
                out.iter_mut().zip(&x[2 * at..]).for_each(|(o, &s)| *o += f32::from(s) * gain);
            }
            Frames::MonoF32(x) => {
                let frames = out.chunks_exact_mut(2).zip(&x[at..]);
                frames.for_each(|(o, s)| o.iter_mut().for_each(|o| *o += s * gain));
            }
            Frames::Mono16(x) => {
                let gain = gain / 32768.0;
                let frames = out.chunks_exact_mut(2).zip(&x[at..]);
                frames.for_each(|(o, &s)| o.iter_mut().for_each(|o| *o += f32::from(s) * gain));
            }
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Nanoseconds a voice-frame of the floor and of the engine, medians of interleaved rounds.
fn ringing(frames: &dyn Fn() -> Frames, voices: usize, budget: Duration) -> (f64, f64) {
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    let mut out = vec![0.0; 2 * BLOCK];
    let (kit, samples) = kit(frames, voices);
    let (mut engine, mut control) = engine(kit, voices);
    let blocks = LENGTH / BLOCK - 1;
    while ours.is_empty() || begun.elapsed() < budget {
        for _ in 0..voices {
            strike(&mut control);
        }
        engine.process(&mut []);
        let start = Instant::now();
        for _ in 0..blocks {
            engine.process(black_box(&mut out));
        }
        ours.push(start.elapsed().as_secs_f64());
        engine.process(&mut vec![0.0; 4 * LENGTH]);
        while control.notices.pop().is_ok() {}
        let start = Instant::now();
        for block in 0..blocks {
            floor(&samples, block * BLOCK, black_box(0.9), black_box(&mut out));
        }
        floors.push(start.elapsed().as_secs_f64());
    }
    let per = 1e9 / (blocks * BLOCK * voices) as f64;
    (median(floors) * per, median(ours) * per)
}

type Make = fn() -> Frames;

const KINDS: [(&str, Make); 4] = [
    ("stereo f32", || Frames::StereoF32(vec![0.01; 2 * LENGTH].into())),
    ("stereo 16-bit", || Frames::Stereo16(vec![99; 2 * LENGTH].into())),
    ("mono f32", || Frames::MonoF32(vec![0.01; LENGTH].into())),
    ("mono 16-bit", || Frames::Mono16(vec![99; LENGTH].into())),
];

/// Voices of the kit that [`count`] plays, however many of them sound.
const COUNTED_VOICES: usize = 64;

/// `kind`: a name in [`KINDS`]; `voices`: at most [`COUNTED_VOICES`]; `blocks`: at most
/// [`LENGTH`] ÷ [`BLOCK`].
fn count(kind: &str, voices: usize, blocks: usize) {
    let (_, make) = KINDS.iter().find(|(name, _)| *name == kind).expect("a kind of the table");
    assert!(voices <= COUNTED_VOICES && blocks <= LENGTH / BLOCK, "no more are there");
    let (kit, _samples) = kit(make, COUNTED_VOICES);
    let (mut engine, mut control) = engine(kit, COUNTED_VOICES);
    let mut out = vec![0.0; 2 * BLOCK];
    for _ in 0..voices {
        strike(&mut control);
    }
    engine.process(&mut []);
    for _ in 0..blocks {
        engine.process(black_box(&mut out));
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [word, kind, voices, blocks] = args.as_slice()
        && word == "count"
    {
        let number = |text: &str| text.parse().expect("a number");
        return count(kind, number(voices), number(blocks));
    }
    let seconds = args.iter().find_map(|a| a.parse().ok()).unwrap_or(1.0);
    let budget = Duration::from_secs_f64(seconds);
    println!("ns per voice-frame at blocks of {BLOCK}, samples in RAM");
    println!("{:<24}{:>8}{:>10}{:>10}{:>8}", "", "voices", "floor", "engine", "ratio");
    for (name, make) in KINDS {
        for voices in [16, 128] {
            let (floor, ours) = ringing(&make, voices, budget);
            println!("{name:<24}{voices:>8}{floor:>10.2}{ours:>10.2}{:>8.2}", ours / floor);
        }
    }
    hits(budget);
    switches(budget);
    while_loading(budget);
}

/// The cost of a hit that has to steal, beside a quiet block.
fn hits(budget: Duration) {
    let make = || Frames::MonoF32(vec![0.01; 20_000].into());
    let (kit, _samples) = kit(&make, 200);
    let (mut engine, mut control) = engine(kit, 128);
    let mut out = vec![0.0; 2 * BLOCK];
    for _ in 0..128 {
        strike(&mut control);
    }
    engine.process(&mut []);
    let (mut quiet, mut struck) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while begun.elapsed() < budget {
        let start = Instant::now();
        engine.process(black_box(&mut out));
        quiet.push(start.elapsed().as_secs_f64());
        strike(&mut control);
        let start = Instant::now();
        engine.process(black_box(&mut out));
        struck.push(start.elapsed().as_secs_f64());
        while control.notices.pop().is_ok() {}
    }
    let (quiet, struck) = (median(quiet) * 1e6, median(struck) * 1e6);
    println!(
        "block with 128 voices    {quiet:.1} µs; with a hit that steals one {struck:.1} µs: × {:.2}",
        struck / quiet
    );
}

/// Microseconds of a period of 64 frames at 48 kHz.
const PERIOD_US: f64 = 64.0 / 48_000.0 * 1e6;

/// The cost of a block in which the kit changes, beside a quiet one.
fn switches(budget: Duration) {
    let make = || Frames::MonoF32(vec![0.01; 20_000].into());
    let (one, _samples) = kit(&make, 200);
    let (other, _others) = kit(&make, 200);
    let (mut engine, mut control) = engine(one.clone(), 128);
    let mut out = vec![0.0; 2 * BLOCK];
    let (mut quiet, mut switched) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    let mut turn = 0;
    while begun.elapsed() < budget {
        let start = Instant::now();
        engine.process(black_box(&mut out));
        quiet.push(start.elapsed().as_secs_f64());
        turn += 1;
        let kit = Box::new(if turn % 2 == 0 { one.clone() } else { other.clone() });
        let memory = Box::new(KitMemory::of(&kit));
        let order = Order::Play(kit, memory);
        let _ = control.commands.push(Command { when: When::Now, order });
        strike(&mut control);
        let start = Instant::now();
        engine.process(black_box(&mut out));
        switched.push(start.elapsed().as_secs_f64());
        while control.notices.pop().is_ok() {}
        while control.retired.pop().is_ok() {}
    }
    let (quiet, switched) = (median(quiet) * 1e6, median(switched) * 1e6);
    println!(
        "block with a kit switch and a hit {switched:.1} µs, without {quiet:.1} µs: {:.2} % of a 64-frame period more",
        (switched - quiet) / PERIOD_US * 100.0
    );
}

/// How long a block takes at p50, p99 and p99.9, in microseconds.
fn blocks(budget: Duration) -> [f64; 3] {
    let make = || Frames::StereoF32(vec![0.01; 2 * LENGTH].into());
    let (kit, _samples) = kit(&make, 64);
    let (mut engine, mut control) = engine(kit, 64);
    let mut out = vec![0.0; 2 * BLOCK];
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < budget {
        for _ in 0..64 {
            strike(&mut control);
        }
        engine.process(&mut []);
        for _ in 0..LENGTH / BLOCK - 1 {
            let start = Instant::now();
            engine.process(black_box(&mut out));
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        engine.process(&mut vec![0.0; 4 * LENGTH]);
        while control.notices.pop().is_ok() {}
    }
    times.sort_by(f64::total_cmp);
    [0.5, 0.99, 0.999].map(|p| times[((times.len() - 1) as f64 * p) as usize])
}

/// Blocks of 64 ringing voices while the loader loads kits without a pause, and while it
/// does not. On a machine with a core to spare the two should not be told apart.
fn while_loading(budget: Duration) {
    let folder = std::env::temp_dir().join(format!("rimshot-bench-{}", std::process::id()));
    if let Err(error) = rimshot::factory::write(&folder) {
        println!("while loading: skipped, {}: {error}", folder.display());
        return;
    }
    let [p50, p99, p999] = blocks(budget);
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (told, from) = (Arc::clone(&stop), folder.clone());
    let loading = std::thread::spawn(move || {
        let mut kits = 0;
        while !told.load(std::sync::atomic::Ordering::Relaxed) {
            let library = Arc::new(rimshot::library::SampleLibrary::new(44_100));
            let read = Box::new(rimshot::kit::disk::read);
            let Ok(loader) = rimshot::library::Loader::start(library, read) else { break };
            loader.request(rimshot::library::LoadRequest::play(1, from.clone()));
            while let Ok(report) = loader.reports().recv() {
                if !matches!(report, rimshot::library::LoadReport::Progress { .. }) {
                    break;
                }
            }
            kits += 1;
        }
        kits
    });
    let [l50, l99, l999] = blocks(budget);
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let kits = loading.join().unwrap_or(0);
    println!("block with 64 voices, µs:        p50     p99   p99.9");
    println!("  nothing is loaded         {p50:>8.1}{p99:>8.1}{p999:>8.1}");
    println!("  {kits:>3} kits resampled beside {l50:>8.1}{l99:>8.1}{l999:>8.1}");
    println!(
        "  ratio                     {:>8.2}{:>8.2}{:>8.2}",
        l50 / p50,
        l99 / p99,
        l999 / p999
    );
    let _ = std::fs::remove_dir_all(folder);
}
