//! `rimshot demo`: the built-in groove through the factory kit, to hear or to keep.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::exit::Exit;
use super::kits::{Loaded, Stock};
use super::offline::{Offline, Outcome, Studio};
use super::picture::{Picture, dbfs};
use super::render::{find_map, sentences, show};
use super::wavfile::{Format, WavFile};
use crate::engine::Settings;
use crate::factory::{self, groove};
use crate::kit::Kit;
use crate::kit::disk::{self, KitEntry};
use crate::midi::file::{self, Take};
use crate::sound::{self, State, Wanted};
use crate::words::stream::{AudioSource, BlockStart, StreamMeters, StreamShape};
use crate::words::time::Clock;

/// Characters of the picture, without its scale.
const WIDTH: usize = 64;
const RATE: u32 = 48_000;
/// Nobody plays along by hand: a long period that no machine is too slow for.
const PERIOD: u32 = 1024;
/// How often it is looked whether the groove is over.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Arguments of `rimshot demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The kit to hear: a folder, or a name that `rimshot kits` lists. [default: the factory kit]
    #[arg(short, long)]
    kit: Option<String>,
    /// The sound card, as for `play`; `null` writes the file.
    #[arg(short, long)]
    device: Option<String>,
    /// The file that is written where there is no sound card.
    #[arg(short, long, default_value = "demo.wav")]
    output: PathBuf,
}

/// Runs the command.
pub fn main(args: &Args) -> Exit {
    match run(args) {
        Ok(()) => Exit::Done,
        Err((exit, sentence)) => {
            eprintln!("{sentence}");
            exit
        }
    }
}

fn run(args: &Args) -> Result<(), (Exit, String)> {
    let started = Instant::now();
    let scratch =
        Scratch::new().map_err(|e| (Exit::Output, format!("no temporary folder: {e}")))?;
    let take = scratch.groove().map_err(|e| (Exit::Input, e))?;
    let stock = Stock::new(RATE);
    let entry = entry(args.kit.as_deref(), &scratch)?;
    let loaded = stock
        .load(&entry, &mut |_, _| ())
        .map_err(|problems| (Exit::Input, sentences(&problems)))?;
    // Everything is in memory: a demo that is ended half-way leaves nothing behind.
    drop(scratch);
    show(&loaded.problems);
    let size = loaded.size();
    let Loaded { kit, .. } = loaded;
    let name = kit.name.clone();
    let loading = started.elapsed();

    let playing = Instant::now();
    let map = Arc::new(find_map("gm")?);
    let settings = Settings { rate: RATE, ..Settings::default() };
    let offline = Offline::new(&take, map, settings);
    let mut tape = Tape { frames: Vec::new(), picture: Picture::new(RATE) };
    let outcome = offline.run(kit, &mut tape).unwrap_or_else(|never: Infallible| match never {});
    let taken = playing.elapsed();
    let Tape { frames, mut picture } = tape;

    println!(
        "rimshot {}: the built-in groove through the kit '{name}' ({size})",
        env!("CARGO_PKG_VERSION")
    );
    println!();
    print!("{}", picture.draw(WIDTH));
    println!("         0 s{:>1$}", format!("{:.1} s", seconds(&outcome)), WIDTH - 4);
    println!();
    let loudness = picture.loudness().map_or(String::new(), |l| format!(", loudness {l:.1} LUFS"));
    println!("level  peak {}{loudness}", dbfs(picture.peak()));
    println!(
        "hits   {}, at most {} voices at once",
        outcome.reading.played, outcome.reading.most_voices
    );
    println!(
        "time   {:.0} ms to load the kit, {:.0} ms to play {:.1} s: {:.0} × real time",
        loading.as_secs_f64() * 1e3,
        taken.as_secs_f64() * 1e3,
        seconds(&outcome),
        seconds(&outcome) / taken.as_secs_f64().max(1e-6)
    );
    println!();
    match play(&frames, args.device.as_deref()) {
        Ok(what) => println!("played through {what}"),
        Err(why) => {
            let mut file =
                WavFile::create(&args.output, RATE, Format::I16).map_err(|e| (Exit::Output, e))?;
            file.write(&frames).map_err(|e| (Exit::Output, e))?;
            file.finish().map_err(|e| (Exit::Output, e))?;
            println!("{why}: wrote {} to listen to", args.output.display());
        }
    }
    Ok(())
}

fn seconds(outcome: &Outcome) -> f64 {
    outcome.end.frame as f64 / f64::from(RATE)
}

/// The kit that was asked for, else the factory kit: where it is installed or in `kits`,
/// else made on the spot.
fn entry(asked: Option<&str>, scratch: &Scratch) -> Result<KitEntry, (Exit, String)> {
    let folders = disk::default_dirs(Path::new("."));
    match (disk::find(asked.unwrap_or(factory::FIRST.name), &folders), asked) {
        (Ok(entry), _) => Ok(entry),
        (Err(problem), Some(_)) => Err((Exit::Input, problem.to_string())),
        (Err(_), None) => scratch.factory_kit().map_err(|e| (Exit::Output, e)),
    }
}

/// A temporary folder, taken away again.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("rimshot-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// The groove goes through a file, as any take does.
    fn groove(&self) -> Result<Take, String> {
        let path = self.0.join("groove.mid");
        std::fs::write(&path, groove::groove_midi())
            .map_err(|e| format!("{}: {e}", path.display()))?;
        file::read(&path).map_err(|problem| problem.to_string())
    }

    fn factory_kit(&self) -> Result<KitEntry, String> {
        let folder = self.0.join(factory::FIRST.name);
        factory::FIRST.write(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(KitEntry { name: factory::FIRST.name.to_owned(), folder, program: None })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // left-overs in the temporary folder do no harm
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Tape {
    frames: Vec<f32>,
    picture: Picture,
}

impl Studio for Tape {
    type Error = Infallible;

    fn write(&mut self, frames: &[f32]) -> Result<(), Infallible> {
        self.frames.extend_from_slice(frames);
        self.picture.listen(frames);
        Ok(())
    }

    fn program(&mut self, _: u8) -> Option<Box<Kit>> {
        None
    }
}

/// Plays finished frames, for a driver.
struct Playback {
    frames: Vec<f32>,
    at: usize,
    /// Set at the end; the frames before it are not waited for, so no order is needed.
    done: Arc<AtomicBool>,
}

impl AudioSource for Playback {
    fn open(&mut self, _: StreamShape) {}

    fn render(&mut self, _: BlockStart, out: &mut [f32]) {
        let rest = self.frames.get(self.at..).unwrap_or_default();
        let count = rest.len().min(out.len());
        let (now, silence) = out.split_at_mut(count);
        now.copy_from_slice(&rest[..count]);
        silence.fill(0.0);
        if count < out.len() {
            self.done.store(true, Ordering::Relaxed);
        }
        self.at += count;
    }
}

/// Plays the frames through a card and says what was opened, or why not.
fn play(frames: &[f32], device: Option<&str>) -> Result<String, String> {
    if device == Some("null") {
        return Err("no sound card is wanted".to_owned());
    }
    let done = Arc::new(AtomicBool::new(false));
    let source = Box::new(Playback { frames: frames.to_vec(), at: 0, done: Arc::clone(&done) });
    let device = device.map(str::to_owned);
    let wanted = Wanted { device, fallback: true, rate: RATE, period: PERIOD, ..Wanted::default() };
    let stream = sound::open(&wanted, Clock::start(), &Arc::new(StreamMeters::default()), source)
        .map_err(|(error, _)| error.to_string())?;
    let what = stream.opened().what.clone();
    println!("playing through {what} …");
    while stream.state() == State::Playing && !done.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK_EVERY);
    }
    let finished = stream.state() == State::Playing;
    drop(stream.close());
    if finished { Ok(what) } else { Err(format!("{what} went away")) }
}
