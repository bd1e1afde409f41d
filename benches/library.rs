//! What loading a kit costs beside what no loader can avoid: reading the files and, for
//! 24-bit ones, making floats of them. The floor does that with one thread, one file after
//! the other; both run interleaved in one process, and the ratio of the best rounds is printed.
//!
//! `cargo bench --bench library`, or `… -- MEGABYTES ROUNDS`.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rimshot::kit::KitPlan;
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use rimshot::library::load::{How, LoadMode, load};
use rimshot::library::{SampleLibrary, half_of_available, workers};
use rimshot::words::Slot;
use rimshot::words::rng::Rng;

const RATE: u32 = 48_000;
/// As many recordings as a large kit has, all of one length.
const FILES: usize = 160;

/// A kit of stereo recordings of decaying noise, made for the run.
struct Synthetic {
    folder: PathBuf,
    plan: KitPlan,
    bytes: usize,
}

impl Synthetic {
    fn new(name: &str, megabytes: usize, bits: u16, rate: u32) -> Self {
        let folder =
            std::env::temp_dir().join(format!("rimshot-bench-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let frame = usize::from(bits / 8) * 2;
        let frames = megabytes * 1_000_000 / FILES / frame;
        let files: Vec<PathBuf> = (0..FILES).map(|i| folder.join(format!("{i:03}.wav"))).collect();
        let mut rng = Rng::new(1, 0);
        for file in &files {
            write(file, frames, bits, rate, &mut rng);
        }
        let layer = |files: &[PathBuf]| LayerPlan {
            velocity: [1, 127],
            files: files.iter().map(Into::into).collect(),
        };
        let sounds = Slot::all().zip(files.chunks(10)).map(|(slot, files)| {
            let choice = ChoicePlan::Layers(vec![layer(files)]);
            SoundPlan::new(slot, vec![ArticulationPlan::whole(choice)])
        });
        let plan = KitPlan {
            name: name.into(),
            folder: folder.clone(),
            program: None,
            trim: false,
            compact: false,
            sounds: sounds.collect(),
        };
        Self { folder, plan, bytes: frames * frame * FILES }
    }
}

impl Drop for Synthetic {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn write(file: &Path, frames: usize, bits: u16, rate: u32, rng: &mut Rng) {
    let frame = bits / 8 * 2;
    let bytes = frames as u32 * u32::from(frame);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file).unwrap());
    out.write_all(b"RIFF").unwrap();
    out.write_all(&(bytes + 36).to_le_bytes()).unwrap();
    out.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x02\0").unwrap();
    out.write_all(&rate.to_le_bytes()).unwrap();
    out.write_all(&(rate * u32::from(frame)).to_le_bytes()).unwrap();
    out.write_all(&frame.to_le_bytes()).unwrap();
    out.write_all(&bits.to_le_bytes()).unwrap();
    out.write_all(b"data").unwrap();
    out.write_all(&bytes.to_le_bytes()).unwrap();
    let mut gain = 0.5;
    let fall = 0.0001f32.powf(1.0 / frames as f32);
    for _ in 0..frames {
        let noise = rng.draw();
        for value in [noise as u32 as i32, (noise >> 32) as u32 as i32] {
            let value = (value as f32 * gain) as i32;
            out.write_all(&value.to_le_bytes()[4 - usize::from(bits / 8)..]).unwrap();
        }
        gain *= fall;
    }
    out.flush().unwrap();
}

/// What a loader cannot avoid, in the plainest way: read a file, make floats of 24 bits.
fn floor(files: &[PathBuf], bits: u16) -> Vec<Vec<f32>> {
    let mut kept = Vec::new();
    let mut raw = Vec::new();
    let mut bytes = Vec::new();
    for file in files {
        bytes.clear();
        bytes.reserve(fs::metadata(file).unwrap().len() as usize);
        File::open(file).unwrap().read_to_end(&mut bytes).unwrap();
        if bits == 24 {
            let (samples, _) = bytes[44..].as_chunks::<3>();
            let float =
                |&[a, b, c]: &[u8; 3]| i32::from_le_bytes([0, a, b, c]) as f32 / 2147483648.0;
            kept.push(samples.iter().map(float).collect());
        } else {
            raw.push(std::mem::take(&mut bytes));
        }
    }
    black_box(raw);
    kept
}

fn files(kit: &Synthetic) -> Vec<PathBuf> {
    kit.plan.files().map(|(path, _)| path.clone()).collect()
}

/// Peak and current resident memory, in MiB; the peak counts from the last reset.
fn resident() -> [f64; 2] {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["VmHWM:", "VmRSS:"].map(|key| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("0 kB");
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
    })
}

/// The shortest: on a machine that others use too, everything else is theirs.
fn best(times: Vec<Duration>) -> f64 {
    times.into_iter().min().unwrap_or_default().as_secs_f64()
}

/// Time by the clock and by the processor, all threads together.
fn timed<T>(work: impl FnOnce() -> T) -> ([Duration; 2], T) {
    let (start, busy) = (Instant::now(), processor());
    let made = work();
    ([start.elapsed(), processor() - busy], made)
}

/// Processor time of this process so far.
fn processor() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn case(name: &str, kit: &Synthetic, bits: u16, rounds: usize) {
    let files = files(kit);
    let how =
        How { rate: RATE, threads: workers::usual_threads(), mode: LoadMode::Whole, thin: true };
    let mut times: [[Vec<Duration>; 2]; 3] = Default::default();
    let mut above = 0.0f64;
    for _ in 0..rounds {
        let (time, kept) = timed(|| floor(&files, bits));
        times[0].iter_mut().zip(time).for_each(|(times, time)| times.push(time));
        drop(kept);
        for (place, threads) in [(1, 1), (2, how.threads)] {
            // "5" clears the peak (proc(5), clear_refs).
            let _ = fs::write("/proc/self/clear_refs", "5");
            let before = resident()[1];
            let library = SampleLibrary::with_budget(RATE, half_of_available().max(2 << 30));
            let mut go_on = |_, _| ControlFlow::Continue(());
            let how = How { threads, ..how };
            let (time, kit) =
                timed(|| load(&kit.plan, &library, how, &mut go_on).unwrap().unwrap());
            times[place].iter_mut().zip(time).for_each(|(times, time)| times.push(time));
            assert_eq!((library.len(), kit.problems.len()), (FILES, 0));
            let kept = library.bytes() as f64 / f64::from(1 << 20);
            above = above.max(resident()[0] - before - kept);
        }
    }
    let [floor, one, all] = times.map(|times| times.map(best));
    let threads = how.threads;
    println!("{name}, {:.0} MB; {above:.1} MiB beside the samples", kit.bytes as f64 / 1e6);
    for (who, [clock, busy]) in
        [("floor", floor), ("1 thread", one), (&*format!("{threads} threads"), all)]
    {
        println!(
            "  {who:<10} {clock:>6.3} s ({:>5.2})   processor {busy:>6.3} s ({:>5.2})",
            clock / floor[0],
            busy / floor[1],
        );
    }
}

/// How much faster arithmetic alone is on so many threads than on one, here and now: what
/// others leave of the processors bounds what several threads can gain.
fn speed_up(threads: usize) -> f64 {
    let spin = |threads: usize| {
        let work = || (0..200_000_000 / threads as u64).fold(1u64, |x, i| black_box(x ^ i));
        let run = || std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        best((0..7).map(|_| timed(run).0[0]).collect())
    };
    spin(1) / spin(threads)
}

fn main() {
    let threads = workers::usual_threads();
    println!("{threads} threads of arithmetic are {:.2} times as fast as one", speed_up(threads));
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let megabytes = numbers.first().copied().unwrap_or(500);
    let rounds = numbers.get(1).copied().unwrap_or(7);
    for (name, bits, rate, part) in [
        ("24-bit, kept as float", 24, RATE, 1),
        ("16-bit, kept as it is", 16, RATE, 1),
        ("24-bit, 44.1 kHz", 24, 44_100, 5),
        ("16-bit, 44.1 kHz", 16, 44_100, 5),
    ] {
        let kit = Synthetic::new(&format!("{bits}-{rate}"), megabytes / part, bits, rate);
        case(name, &kit, bits, rounds);
    }
    let mut kit = Synthetic::new("compact", megabytes, 24, RATE);
    kit.plan.compact = true;
    case("24-bit, kept as 16-bit", &kit, 24, rounds);
}
