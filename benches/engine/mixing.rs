//! What a voice costs that plays a recording, beside floors.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rimshot::kit::{Kit, Shape};
use rimshot::library::SampleLibrary;
use rimshot::library::load::load_kit;

use super::floors::{self, Between};
use super::rig::{BLOCK, KINDS, Make, Plan, RATE, Rig, kit_plan, median, timed};

/// Frames of each recording: 128 voices of stereo f32 are 123 MB, far above any cache.
const LENGTH: usize = 120_000;
const GAIN: f32 = 0.9;

/// Medians of the seconds that ways to do the same took, run in turn.
fn in_turn<const N: usize>(budget: Duration, mut way: impl FnMut(usize) -> f64) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    let begun = Instant::now();
    while times[0].len() < 3 || begun.elapsed() < budget {
        for (which, times) in times.iter_mut().enumerate() {
            times.push(way(which));
        }
    }
    times.each_ref().map(|times| median(times))
}

/// Calls `floor` with the number of every block and what it fills.
fn floor_of(blocks: usize, mut floor: impl FnMut(usize, &mut [f32])) -> f64 {
    let mut out = vec![0.0; 2 * BLOCK];
    timed(|| {
        for block in 0..blocks {
            floor(block, std::hint::black_box(&mut out));
        }
    })
}

/// The floor and the engine playing recordings as they are, in ns a voice-frame.
fn playing(rig: &mut Rig, length: usize, budget: Duration) -> [f64; 2] {
    let blocks = length / BLOCK - 1;
    let voices = rig.kit.samples.len();
    let gain = std::hint::black_box(GAIN);
    in_turn(budget, |which| {
        if which == 0 {
            return floor_of(blocks, |block, out| {
                floors::unity(rig.samples(), block * BLOCK, gain, out)
            });
        }
        rig.strike(voices);
        let time = rig.play(blocks, BLOCK);
        rig.silence();
        time
    })
    .map(|seconds| seconds * 1e9 / (blocks * BLOCK * voices) as f64)
}

fn head(title: &str, columns: &[&str]) {
    print!("\n{title:<30}");
    columns.iter().for_each(|column| print!("{column:>10}"));
    println!();
}

/// Recordings that play as they are.
pub fn unity(budget: Duration) {
    head("ns per voice-frame, as it is", &["voices", "floor", "engine", "ratio"]);
    for (name, make) in KINDS {
        for voices in [16, 128] {
            let mut rig = Rig::new(&Plan::new(make, voices, LENGTH));
            let [floor, ours] = playing(&mut rig, LENGTH, budget);
            println!("{name:<30}{voices:>10}{floor:>10.2}{ours:>10.2}{:>10.2}", ours / floor);
        }
    }
}

/// Recordings that fade out while they play, which a choke and a steal do.
pub fn fades(budget: Duration) {
    const FADE: usize = 21_600;
    const VOICES: usize = 64;
    let blocks = FADE / BLOCK;
    head("ns per voice-frame, fading", &["voices", "floor", "engine", "ratio"]);
    for (name, make) in KINDS {
        // Eight times as many as sound at once: the last ones are out of the caches again.
        let plan = Plan { voices: VOICES, ..Plan::new(make, 8 * VOICES, FADE + BLOCK) };
        let mut rig = Rig::new(&plan);
        let mut turn = 0;
        let [floor, ours] = in_turn(budget, |which| {
            turn += 1;
            if which == 0 {
                let first = turn % 16 / 2 * VOICES;
                return floor_of(blocks, |block, out| {
                    let samples = rig.samples().skip(first).take(VOICES);
                    let at = block * BLOCK;
                    let fall = GAIN / FADE as f32;
                    floors::fade(samples, at, (GAIN - fall * at as f32, fall), out);
                });
            }
            rig.strike(VOICES);
            rig.grab();
            let time = rig.play(blocks, BLOCK);
            rig.silence();
            time
        })
        .map(|seconds| seconds * 1e9 / (blocks * BLOCK * VOICES) as f64);
        println!("{name:<30}{VOICES:>10}{floor:>10.2}{ours:>10.2}{:>10.2}", ours / floor);
    }
}

/// Recordings that are read slower and faster: sinc of 32 to 64 frames in the engine,
/// two and four frames in the floors.
pub fn tuned(budget: Duration) {
    const VOICES: usize = 64;
    head("ns per voice-frame, tuned by", &["", "linear", "Hermite", "engine", "÷ Hermite"]);
    for (name, make) in KINDS {
        for tune in [-7.0, 0.3, 5.0, 12.0f32] {
            let mut rig = Rig::new(&Plan { tune, ..Plan::new(make, VOICES, LENGTH) });
            let ratio = f64::exp2(f64::from(tune) / 12.0);
            let step = (ratio * f64::from(2u32).powi(32)) as u64;
            let blocks = (LENGTH as f64 / ratio.max(1.0)) as usize / BLOCK - 1;
            let times: [f64; 3] = in_turn(budget, |which| {
                let between = match which {
                    0 => Between::Linear,
                    1 => Between::Hermite,
                    _ => {
                        rig.strike(VOICES);
                        let time = rig.play(blocks, BLOCK);
                        rig.silence();
                        return time;
                    }
                };
                floor_of(blocks, |block, out| {
                    between.add(rig.samples(), ((block * BLOCK) as u64 * step, step), GAIN, out);
                })
            });
            let [linear, hermite, ours] =
                times.map(|seconds| seconds * 1e9 / (blocks * BLOCK * VOICES) as f64);
            println!(
                "{name:<30}{tune:>+10.1}{linear:>10.2}{hermite:>10.2}{ours:>10.2}{:>10.2}",
                ours / hermite
            );
        }
    }
}

/// The same seconds of 24-bit stereo recorded at 48 and at 44.1 kHz, loaded from files: both
/// lie in memory at the engine's rate and are read by the same loop.
pub fn resampled(budget: Duration) {
    const VOICES: usize = 64;
    head("ns per voice-frame, recorded at", &["voices", "floor", "engine", "ratio"]);
    for rate in [48_000, 44_100] {
        let Some((kit, length)) = loaded(rate, VOICES) else {
            println!("{rate} Hz: skipped, the recordings could not be written");
            continue;
        };
        let plan = Plan::new(KINDS[0].1, VOICES, 0);
        let mut rig = Rig::playing(kit, &plan);
        let [floor, ours] = playing(&mut rig, length, budget);
        let name = format!("{rate} Hz, {} frames", length);
        println!("{name:<30}{VOICES:>10}{floor:>10.2}{ours:>10.2}{:>10.2}", ours / floor);
    }
}

/// A kit of so many recordings of a second, loaded at the engine's rate, and their frames.
fn loaded(rate: u32, recordings: usize) -> Option<(Kit, usize)> {
    let folder = std::env::temp_dir().join(format!("rimshot-bench-{}-rate", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    let files: Vec<_> = (0..recordings).map(|i| folder.join(format!("{i}.wav"))).collect();
    let write = || -> Option<()> {
        let format = hound::SampleFormat::Int;
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: rate,
            bits_per_sample: 24,
            sample_format: format,
        };
        let mut wav = hound::WavWriter::create(&files[0], spec).ok()?;
        for i in 0..2 * rate as i32 {
            wav.write_sample(i * 7919 % 100_000).ok()?;
        }
        wav.finalize().ok()?;
        files[1..].iter().try_for_each(|file| std::fs::copy(&files[0], file).map(|_| ())).ok()
    };
    let kit = write().and_then(|()| {
        let plan = kit_plan(files.iter().map(Into::into).collect(), Shape::default());
        let library = SampleLibrary::new(RATE);
        load_kit(&plan, &library, &mut |_, _| ControlFlow::Continue(()))
    });
    let _ = std::fs::remove_dir_all(&folder);
    let (kit, _) = kit?;
    let length = kit.samples.iter().map(|sample| sample.data.len()).min()?;
    (kit.samples.len() == recordings).then_some((kit, length))
}

/// Voices of the kit that [`count`] plays, however many of them sound.
const COUNTED_VOICES: usize = 64;

/// `what`: a name in [`KINDS`], or `NAME at SEMITONES`; `voices`: at most
/// [`COUNTED_VOICES`]; `blocks`: at most half of [`LENGTH`] ÷ [`BLOCK`].
pub fn count(what: &str, voices: usize, blocks: usize) {
    let (kind, tune) = what.split_once(" at ").unwrap_or((what, "0"));
    let find = KINDS.iter().find(|(name, _)| *name == kind);
    let (_, make): (_, Make) = *find.expect("a kind of the table");
    assert!(voices <= COUNTED_VOICES && 2 * blocks <= LENGTH / BLOCK, "no more are there");
    let tune = tune.parse().expect("semitones");
    let mut rig = Rig::new(&Plan { tune, ..Plan::new(make, COUNTED_VOICES, LENGTH) });
    rig.strike(voices);
    rig.play(blocks, BLOCK);
}
