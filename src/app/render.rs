//! `rimshot render`: a take through a kit into a file, and into one for each slot.

mod report;
mod stems;
mod tape;

use std::collections::BTreeMap;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use indicatif::ProgressBar;

use super::config::Config;
use super::desk::{masks_of, room_of, strips_of};
use super::exit::Exit;
use super::kits::{Shelf, Stock};
use super::offline::{Offline, Outcome};
use super::picture::Picture;
use super::wavfile::{self, Format, WavFile};
use crate::engine::Settings;
use crate::engine::dsp::reverb::RoomSpec;
use crate::engine::strips::Strips;
use crate::kit::Kit;
use crate::maps::{LONGEST_MASK_MS, NoteMap};
use crate::midi::file::{self, Take};
use crate::words::limits::{MAX_VOICES, VOICES};
use crate::words::{Problem, Severity, Slot};
use stems::{Heard, Routes, Stems};
use tape::{Interrupt, Programs, Tape, progress};

/// Arguments of `rimshot render`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("what for").required(true).multiple(true))]
pub struct Args {
    /// The MIDI file: format 0 or 1.
    take: PathBuf,
    /// The kit: a folder, or the name of one that `rimshot kits` lists. [default: the first]
    #[arg(short, long)]
    kit: Option<String>,
    /// The WAV file to write; an old one is replaced when the new one is complete.
    #[arg(short, long, group = "what for")]
    output: Option<PathBuf>,
    /// A folder for a WAV file of each slot that the take strikes: `kick.wav`,
    /// `snare.rim.wav`, as long as the mix. They are what the limiter gets: where it has
    /// nothing to do, their sum is the mix.
    #[arg(long, value_name = "FOLDER", group = "what for")]
    stems: Option<PathBuf>,
    /// Frames a second.
    #[arg(long, default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8000..=192_000))]
    rate: u32,
    /// Frames a block; the output is the same for all.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    block: u32,
    /// Voices at once.
    #[arg(long, default_value_t = VOICES as u32, value_parser = clap::value_parser!(u32).range(1..=MAX_VOICES as i64))]
    voices: u32,
    /// A configuration whose `[slot]` strips and `[reverb]` the take is played through. Without
    /// it every slot sounds as in its kit, in no room.
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The note map: gm, roland, yamaha-dtx502, yamaha-dtxplorer, alesis-nitro, alesis-strike,
    /// efnote, 2box, simmons, or a file.
    #[arg(long, default_value = "gm")]
    map: String,
    /// The retrigger mask of all slots in ms, 0 for none. [default: the configuration's, else
    /// the note map's]
    #[arg(long, value_name = "MS", value_parser = mask)]
    mask: Option<f32>,
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
    /// Measure what each block costs the processor, and draw it.
    #[arg(long, group = "what for")]
    stats: bool,
}

fn tail(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if (0.0..=3600.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("allowed: 0 to 3600 seconds".to_owned())
    }
}

fn mask(text: &str) -> Result<f32, String> {
    let ms: f64 = text.parse().map_err(|_| "not a number of milliseconds".to_owned())?;
    if (0.0..=LONGEST_MASK_MS).contains(&ms) {
        Ok(ms as f32)
    } else {
        Err(format!("allowed: 0 to {LONGEST_MASK_MS} ms"))
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
    let map = Arc::new(find_map(&args.map)?);
    let config = args.config.as_deref().map_or(Ok(Config::default()), read_config)?;
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

    let session = Session {
        args,
        masks: match args.mask {
            Some(ms) => Slot::all().map(|slot| (slot, ms)).collect(),
            None => masks_of(&config),
        },
        strips: strips_of(&config),
        room: room_of(&config),
        take: &take,
        map: &map,
        kit: &kit.kit,
        bar: &bar,
        interrupted: Interrupt::watch().map_err(|e| (Exit::Problems, e))?,
    };
    let mut programs = Programs::new(args.follow_program.then_some(&shelf), &stock);
    let playing = Instant::now();
    let (pass, stems) = session.play(&mut programs).map_err(|e| (Exit::Output, e))?;
    let taken = playing.elapsed();
    bar.finish_and_clear();

    let Pass { outcome, missing, picture } = pass;
    let seconds = outcome.end.frame as f64 / f64::from(args.rate);
    println!("kit     {about}");
    let tracks = if take.tracks == 1 { "track" } else { "tracks" };
    println!("take    {}: map {}, {} {tracks}", args.take.display(), map.name, take.tracks);
    let format = format!("{:?}", args.format).to_lowercase();
    if let Some(output) = &args.output {
        println!("wrote   {}: {seconds:.1} s, {} Hz, {format}", output.display(), args.rate);
    }
    if let (Some(folder), Some(heard)) = (&args.stems, stems) {
        report::stems(folder, &heard, args.format);
    }
    report::hits(&outcome, &map.name, args);
    for (program, times) in missing {
        println!(
            "        {times} × program change {program}: no kit has that number, the kit stayed"
        );
    }
    if let Some(mut picture) = picture {
        report::level(&mut picture, args.format);
    }
    if let Some(stats) = &outcome.stats {
        report::under("stats", &stats.to_string());
    }
    println!(
        "speed   {:.0} × real time ({:.2} s, and {:.2} s to load)",
        seconds / taken.as_secs_f64().max(1e-6),
        taken.as_secs_f64(),
        loading.as_secs_f64()
    );
    Ok(())
}

/// What a way through the take has brought.
struct Pass {
    outcome: Outcome,
    missing: BTreeMap<u8, u64>,
    /// Of the mix, if it was one.
    picture: Option<Picture>,
}

/// A take, ready to be played.
struct Session<'a> {
    args: &'a Args,
    masks: BTreeMap<Slot, f32>,
    strips: Strips,
    room: Option<RoomSpec>,
    take: &'a Take,
    map: &'a Arc<NoteMap>,
    kit: &'a Kit,
    bar: &'a ProgressBar,
    interrupted: Interrupt,
}

impl Session<'_> {
    /// Plays the take: once into the mix, which is the same with stems and without, to the
    /// bit, and once more into the stems. (Their sum is not: it is added in another order.)
    fn play(&self, programs: &mut Programs) -> Result<(Pass, Option<Heard>), String> {
        let Args { rate, format, .. } = *self.args;
        let mut offline = self.offline();
        let output = self.args.output.as_deref();
        let mut mix = output.map(|path| WavFile::create(path, rate, format)).transpose()?;
        let length = self.take.duration_frames(rate);
        self.bar.set_message("rendering");
        self.bar.set_position(0);
        let Some(folder) = &self.args.stems else {
            self.bar.set_length(length);
            let pass = self.mix(&offline, programs, &mut mix)?;
            wavfile::finish_all(mix.into_iter().collect())?;
            return Ok((pass, None));
        };
        let routes = Routes::new(&offline.struck(), offline.room.is_some());
        let strips = routes.over(&offline.strips);
        let settings = Settings { pairs: routes.pairs(), limiter: false, ..offline.settings };
        let mut stems = Stems::create(folder, routes, output, rate, format)?;
        let mut first = None;
        self.bar.set_length(length);
        if mix.is_some() {
            self.bar.set_length(2 * length);
            first = Some(self.mix(&offline, programs, &mut mix)?);
            // what is measured is what `play` would do
            offline.measure = false;
            offline.end = first.as_ref().map(|mix| mix.outcome.end);
        }
        let offline = Offline { strips, settings, ..offline };
        let second = self.pass(&offline, programs, &mut |frames| stems.write(frames))?;
        Ok((first.unwrap_or(second), Some(stems.finish(mix)?)))
    }

    fn offline(&self) -> Offline<'_> {
        let args = self.args;
        let settings = Settings {
            rate: args.rate,
            voices: args.voices as usize,
            seed: args.seed,
            limiter: !args.no_limiter,
            ..Settings::default()
        };
        Offline {
            block: args.block as usize,
            tail: args.tail,
            masks: self.masks.clone(),
            strips: self.strips.clone(),
            room: self.room.as_ref(),
            measure: args.stats,
            ..Offline::new(self.take, Arc::clone(self.map), settings)
        }
    }

    /// Plays the take into a file, if there is one, and a meter.
    fn mix(
        &self,
        offline: &Offline,
        programs: &mut Programs,
        file: &mut Option<WavFile>,
    ) -> Result<Pass, String> {
        let mut picture = Picture::new(offline.settings.rate);
        let pass = self.pass(offline, programs, &mut |frames| {
            picture.listen(frames);
            file.as_mut().map_or(Ok(()), |file| file.write(frames))
        })?;
        Ok(Pass { picture: Some(picture), ..pass })
    }

    /// Plays the take once.
    fn pass(
        &self,
        offline: &Offline,
        programs: &mut Programs,
        sink: &mut dyn FnMut(&[f32]) -> Result<(), String>,
    ) -> Result<Pass, String> {
        let mut tape = Tape {
            sink,
            programs,
            bar: self.bar,
            interrupted: &self.interrupted,
            width: 2 * offline.settings.pairs,
            unseen: 0,
            missing: BTreeMap::new(),
        };
        let outcome = offline.run(Box::new(self.kit.clone()), &mut tape)?;
        Ok(Pass { outcome, missing: tape.missing, picture: None })
    }
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

/// The settings of a file that somebody has asked for.
fn read_config(path: &Path) -> Result<Config, Failure> {
    let (config, problems) = Config::read(path);
    show(&problems);
    config.ok_or_else(|| (Exit::Input, format!("{}: not used", path.display())))
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
