//! `rimshot render`: a take through a kit into a file.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit::Exit;
use super::kits::{Shelf, Stock};
use super::offline::{Offline, Outcome, Studio, Unheard};
use super::picture::{Picture, dbfs};
use super::wavfile::{Format, WavFile};
use crate::engine::Settings;
use crate::kit::Kit;
use crate::maps::NoteMap;
use crate::midi::file::{self, Take};
use crate::words::limits::{KIT_PLACES, MAX_VOICES, VOICES};
use crate::words::{Problem, Severity};

/// Arguments of `rimshot render`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The MIDI file: format 0 or 1.
    take: PathBuf,
    /// The kit: a folder, or the name of one that `rimshot kits` lists. [default: the first]
    #[arg(short, long)]
    kit: Option<String>,
    /// The WAV file to write; an old one is replaced when the new one is complete.
    #[arg(short, long)]
    output: PathBuf,
    /// Frames a second.
    #[arg(long, default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8000..=192_000))]
    rate: u32,
    /// Frames a block; the output is the same for all.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    block: u32,
    /// Voices at once.
    #[arg(long, default_value_t = VOICES as u32, value_parser = clap::value_parser!(u32).range(1..=MAX_VOICES as i64))]
    voices: u32,
    /// The note map: gm, roland, or a file.
    #[arg(long, default_value = "gm")]
    map: String,
    /// How samples are stored.
    #[arg(long, value_enum, default_value_t = Format::I24)]
    format: Format,
    /// Seed of the choice of recordings: another seed, another take of the same drummer.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Seconds that may follow the last event until everything is silent.
    #[arg(long, default_value_t = 5.0, value_parser = tail)]
    tail: f64,
    /// Switch kits by the program changes in the file. (Recorded takes begin with one that
    /// belongs to the module they were recorded with.)
    #[arg(long)]
    follow_program: bool,
    /// Leave peaks as they are; use with `--format f32`.
    #[arg(long)]
    no_limiter: bool,
}

fn tail(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if (0.0..=3600.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("allowed: 0 to 3600 seconds".to_owned())
    }
}

/// Runs the command.
pub fn main(args: &Args) -> Exit {
    match run(args) {
        Ok(()) => Exit::Done,
        Err((exit, sentence)) => {
            warn(&sentence);
            exit
        }
    }
}

type Failure = (Exit, String);

fn run(args: &Args) -> Result<(), Failure> {
    let input = |problem: Problem| (Exit::Input, problem.to_string());
    let take = file::read(&args.take).map_err(input)?;
    show(&take.problems);
    fits(&take, args).map_err(input)?;
    let map = find_map(&args.map)?;
    let shelf = Shelf::scan(&[], Path::new("."));
    let entry = shelf.find(args.kit.as_deref()).map_err(input)?;
    let started = Instant::now();
    let stock = Stock::new(args.rate);
    let bar = progress();
    bar.set_message("loading");
    let kit = stock.load(&entry, &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    let kit = kit.map_err(|problems| {
        bar.finish_and_clear();
        (Exit::Input, sentences(&problems))
    })?;
    bar.suspend(|| show(&kit.problems));
    let loading = started.elapsed();
    let about = format!("{} ({}): {}", kit.kit.name, entry.folder.display(), kit.size());

    let settings = Settings {
        rate: args.rate,
        voices: args.voices as usize,
        seed: args.seed,
        limiter: !args.no_limiter,
        ..Settings::default()
    };
    let map_name = map.name.clone();
    let offline = Offline {
        take: &take,
        map: Arc::new(map),
        settings,
        block: args.block as usize,
        tail: args.tail,
    };
    bar.set_message("rendering");
    bar.set_length(take.duration_frames(args.rate));
    bar.set_position(0);
    let interrupted = Interrupt::watch().map_err(|e| (Exit::Problems, e))?;
    let out =
        WavFile::create(&args.output, args.rate, args.format).map_err(|e| (Exit::Output, e))?;
    let mut studio = Tape {
        out,
        picture: Picture::new(args.rate),
        bar: bar.clone(),
        shelf: args.follow_program.then_some(&shelf),
        stock: &stock,
        missing: BTreeMap::new(),
        interrupted,
    };
    let playing = Instant::now();
    let outcome = offline.run(kit.kit, &mut studio).map_err(|e| (Exit::Output, e))?;
    let Tape { out, mut picture, missing, .. } = studio;
    out.finish().map_err(|e| (Exit::Output, e))?;
    let taken = playing.elapsed();
    bar.finish_and_clear();

    let seconds = outcome.frames as f64 / f64::from(args.rate);
    println!("kit     {about}");
    let tracks = if take.tracks == 1 { "track" } else { "tracks" };
    println!("take    {}: map {map_name}, {} {tracks}", args.take.display(), take.tracks);
    let format = format!("{:?}", args.format).to_lowercase();
    println!("wrote   {}: {seconds:.1} s, {} Hz, {format}", args.output.display(), args.rate);
    report(&outcome, &map_name, args);
    for (program, times) in missing {
        println!(
            "        {times} × program change {program}: no kit has that number, the kit stayed"
        );
    }
    let loudness =
        picture.loudness().map_or("too quiet to measure".to_owned(), |l| format!("{l:.1} LUFS"));
    println!("level   peak {}, loudness {loudness}", dbfs(picture.peak()));
    if picture.peak() > 1.0 && args.format != Format::F32 {
        println!("        what is above 0 dBFS is cut off in this format; `--format f32` keeps it");
    }
    println!(
        "speed   {:.0} × real time ({:.2} s, and {:.2} s to load)",
        seconds / taken.as_secs_f64().max(1e-6),
        taken.as_secs_f64(),
        loading.as_secs_f64()
    );
    Ok(())
}

/// Whether a WAV file can hold the take: one damaged byte can make a take last for years.
fn fits(take: &Take, args: &Args) -> Result<(), Problem> {
    let last = take.frames(args.rate).last().map_or(0, |(frame, _)| frame);
    let frames = last as f64 + args.tail * f64::from(args.rate);
    let most = args.format.most_frames() as f64;
    if frames <= most {
        return Ok(());
    }
    let hours = |frames: f64| frames / f64::from(args.rate) / 3600.0;
    let (long, most) = (hours(frames), hours(most));
    Err(Problem::error(
        &args.take,
        format!("lasts {long:.1} hours; a WAV file of this rate and format holds {most:.1}"),
    ))
}

fn report(outcome: &Outcome, map: &str, args: &Args) {
    let reading = &outcome.reading;
    let silent = reading.unmapped + reading.no_sound + reading.no_kit + reading.duplicates;
    println!("hits    {} played, {} not", reading.played, silent + outcome.masked);
    let note =
        |u: &Unheard| if u.note < 128 { format!("note {}", u.note) } else { u.slot.to_string() };
    for (unheard, times) in &outcome.unmapped {
        println!(
            "        {times} × {}: not in the map '{map}', and the kit has no sound for it",
            note(unheard)
        );
    }
    for (unheard, times) in &outcome.no_sound {
        println!(
            "        {times} × {} ({}): the kit has no sound for it",
            note(unheard),
            unheard.slot
        );
    }
    if outcome.masked > 0 {
        println!("        {} × held back as double triggers by the map's mask", outcome.masked);
    }
    println!(
        "voices  {} at most of {}, {} cut short for a newer hit",
        reading.most_voices, args.voices, reading.stolen
    );
    if reading.kits_cut > 0 {
        println!(
            "        {} × a kit's last sounds were cut: {KIT_PLACES} kits were ringing at once",
            reading.kits_cut
        );
    }
    if outcome.tail_cut {
        println!(
            "        the last tail was faded out after {} s; --tail lets it ring longer",
            args.tail
        );
    }
}

/// The map of this name or file, its problems shown.
pub fn find_map(name: &str) -> Result<NoteMap, Failure> {
    let (map, problems) = NoteMap::find(name);
    match map {
        Some(map) => {
            show(&problems);
            Ok(map)
        }
        None => Err((Exit::Input, sentences(&problems))),
    }
}

/// Problems as lines on standard error; mere notes are left to `rimshot check`.
pub fn show(problems: &[Problem]) {
    for problem in problems.iter().filter(|p| p.severity > Severity::Note) {
        warn(&problem.to_string());
    }
}

/// A line on standard error. That nobody reads it is no reason to stop.
pub fn warn(line: &str) {
    let _ = writeln!(stderr().lock(), "{line}");
}

/// Problems as one text.
pub fn sentences(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// A bar on a terminal, nothing in a pipe.
fn progress() -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:10} {bar:40} {percent:>3} %");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

struct Tape<'a> {
    out: WavFile,
    picture: Picture,
    bar: ProgressBar,
    shelf: Option<&'a Shelf>,
    stock: &'a Stock,
    missing: BTreeMap<u8, u64>,
    interrupted: Interrupt,
}

/// Ctrl-C and SIGTERM end a render between two blocks, so that its half-written file is
/// taken away. A second one ends it at once.
struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    fn watch() -> Result<Self, String> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            let at_once = 128 + signal;
            flag::register_conditional_shutdown(signal, at_once, Arc::clone(&flag))
                .and_then(|_| flag::register(signal, Arc::clone(&flag)))
                .map_err(|e| format!("signals cannot be watched: {e}"))?;
        }
        Ok(Self(flag))
    }
}

impl Studio for Tape<'_> {
    type Error = String;

    fn write(&mut self, frames: &[f32]) -> Result<(), String> {
        if self.interrupted.0.load(Ordering::Relaxed) {
            return Err("interrupted: nothing was written".to_owned());
        }
        self.picture.listen(frames);
        self.bar.inc(frames.len() as u64 / 2);
        self.out.write(frames)
    }

    fn program(&mut self, program: u8) -> Option<Box<Kit>> {
        let Some(entry) = self.shelf?.by_program(program) else {
            *self.missing.entry(program).or_default() += 1;
            return None;
        };
        match self.stock.load(entry, &mut |_, _| ()) {
            Ok(loaded) => {
                self.bar.suspend(|| show(&loaded.problems));
                Some(loaded.kit)
            }
            Err(problems) => {
                self.bar.suspend(|| show(&problems));
                None
            }
        }
    }
}
