//! `rimshot ctl`: one request to the module that plays.

use std::fmt::Write as _;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config::Config;
use super::control::client::Reach;
use super::control::request::Which;
use super::control::{Link, Request, Status};
use super::exit::Exit;
use super::render;
use super::state::TRIM_DB;
use crate::words::Action;

/// Arguments of `rimshot ctl`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    reach: Reach,
    /// The configuration that says where the socket is. [default: as for `rimshot play`]
    #[arg(short, long, global = true)]
    config: Option<PathBuf>,
    /// Print the module's answer as it is: one line of JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// How the module is: kits, sound card, MIDI ports, hits, problems.
    Status,
    /// The next kit.
    Next,
    /// The previous kit.
    #[command(alias = "prev")]
    Previous,
    /// A kit by its name, or by its folder.
    Kit(Kit),
    /// The volume.
    Volume {
        /// dB from -60 to 0; with a plus so many louder; or one step up or down.
        #[arg(value_name = "DB|+DB|up|down", allow_hyphen_values = true, value_parser = loudness)]
        to: Loudness,
    },
    /// How much louder or softer than others the kit that plays is.
    Trim {
        /// dB from -12 to 12; or one step up or down.
        #[arg(value_name = "DB|up|down", allow_hyphen_values = true, value_parser = trim)]
        to: Loudness,
    },
    /// Silence everything that rings.
    Panic,
    /// Read the configuration again and apply what changed; look for kits again and load the
    /// one that plays once more.
    Reload,
    /// Write kit, volume and trims to the disk now.
    Save,
    /// Switch the machine off.
    ShutDown,
    /// Whatever a button can do: `panic`, `kit 3`, `volume-up 2`.
    Do {
        /// The action, as in rimshot.toml.
        #[arg(required = true)]
        action: Vec<String>,
    },
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Kit {
    /// Its name, or a path with a / in it.
    name: Option<String>,
    /// Its place in the list of `status`, from 1.
    #[arg(short, long)]
    number: Option<usize>,
    /// Its program number.
    #[arg(short, long)]
    program: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Loudness {
    To(f32),
    By(f32),
    Step(Action),
}

fn loudness(text: &str) -> Result<Loudness, String> {
    let number = |text: &str| text.parse::<f32>().ok().filter(|db| db.abs() <= 60.0);
    let found = match text {
        "up" => Some(Loudness::Step(Action::VolumeUp(Action::STEP))),
        "down" => Some(Loudness::Step(Action::VolumeDown(Action::STEP))),
        _ => match text.strip_prefix('+') {
            Some(by) => number(by).map(Loudness::By),
            None => number(text).filter(|db| *db <= 0.0).map(Loudness::To),
        },
    };
    found.ok_or_else(|| {
        "allowed: a number from -60 to 0 as in -6, one with a plus as in +3, up, down".to_owned()
    })
}

fn trim(text: &str) -> Result<Loudness, String> {
    let number = || text.parse::<f32>().ok().filter(|db| TRIM_DB.contains(db));
    let found = match text {
        "up" => Some(Loudness::Step(Action::KitLouder)),
        "down" => Some(Loudness::Step(Action::KitSofter)),
        _ => number().map(Loudness::To),
    };
    found.ok_or_else(|| "allowed: a number from -12 to 12 as in -2 or +1, up, down".to_owned())
}

impl What {
    /// The request, or what is wrong with it.
    fn request(&self) -> Result<Request, String> {
        Ok(match self {
            What::Status => Request::Status,
            What::Next => Request::Act(Action::NextKit),
            What::Previous => Request::Act(Action::PreviousKit),
            What::Kit(kit) => Request::Kit(kit.which()),
            What::Volume { to: Loudness::To(db) } => Request::Volume(*db),
            What::Volume { to: Loudness::By(by) } => Request::VolumeBy(*by),
            What::Volume { to: Loudness::Step(action) } => Request::Act(*action),
            What::Trim { to: Loudness::To(db) } => Request::Trim(*db),
            What::Trim { to: Loudness::By(by) } => Request::TrimBy(*by),
            What::Trim { to: Loudness::Step(action) } => Request::Act(*action),
            What::Panic => Request::Act(Action::Panic),
            What::Reload => Request::Act(Action::Reload),
            What::Save => Request::Save,
            What::ShutDown => Request::Act(Action::ShutDown),
            What::Do { action } => {
                let action = Action::parse(&action.join(" "));
                Request::Act(action.map_err(|found| format!("this cannot be asked: {found}"))?)
            }
        })
    }
}

impl Kit {
    fn which(&self) -> Which {
        match (&self.name, self.number, self.program) {
            (Some(name), ..) => Which::Name(absolute(name)),
            (None, Some(number), _) => Which::Number(number),
            (None, None, program) => Which::Program(program.unwrap_or_default()),
        }
    }
}

/// The module's own folder is another one.
fn absolute(name: &str) -> String {
    let path = Path::new(name);
    let absolute = if name.contains('/') { path.canonicalize().ok() } else { None };
    absolute.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or(name.to_owned())
}

/// Runs the command.
pub fn main(args: &Args) -> Exit {
    let request = match args.what.request() {
        Ok(request) => request,
        Err(why) => {
            render::warn(&why);
            return Exit::Usage;
        }
    };
    let config = Config::found(args.config.as_deref());
    let mut link = match Link::open(args.reach.places(&config.control)) {
        Ok(link) => link,
        Err(why) => {
            render::warn(&why.to_string());
            return Exit::NoModule;
        }
    };
    match link.ask_for_line(&request) {
        Ok((line, answer)) => {
            let text = if args.json { line + "\n" } else { in_words(&answer) };
            // Whoever has seen enough of it may go.
            let _ = stdout().write_all(text.as_bytes());
            Exit::Done
        }
        Err(why) => {
            render::warn(&why);
            Exit::Problems
        }
    }
}

fn in_words(answer: &Value) -> String {
    if let Some(said) = answer.get("said").and_then(Value::as_str) {
        return format!("{said}\n");
    }
    let status = answer.get("status").cloned().unwrap_or_default();
    match serde_json::from_value::<Status>(status) {
        Ok(status) => about(&status),
        Err(error) => format!("the module is of another version: {error}\n"),
    }
}

/// A status as a person reads it.
fn about(status: &Status) -> String {
    let mut text = format!("rimshot {}, up {}\n", status.version, duration(status.uptime_s));
    let mut row = |name: &str, said: String| {
        let _ = writeln!(text, "{name:<9} {said}");
    };
    let none = || "none".to_owned();
    let mut kit = status.kit.clone().unwrap_or_else(none);
    if let Some(line) = status.kits.iter().find(|line| line.plays) {
        let _ = write!(kit, " ({} of {})", line.number, status.kits.len());
    }
    if let (Some(next), Some(previous)) = (&status.next, &status.previous) {
        let _ = write!(kit, "; next {next}, previous {previous}");
    }
    row("kit", kit);
    if let Some(loading) = &status.loading {
        row("loading", format!("{}, {} of {}", loading.kit, loading.done, loading.total));
    }
    let trim = Some(status.trim_db).filter(|db| *db != 0.0);
    let trim = trim.map(|db| format!(", trim {db} dB")).unwrap_or_default();
    row("volume", format!("{} dB{trim}", status.volume_db));
    let sound = status.sound.as_ref();
    row("sound", sound.map_or_else(none, |sound| sound.what.clone()));
    let meters = &status.meters;
    let latency = sound.map_or(0.0, |sound| sound.latency_ms);
    let percent = |part: f32| 100.0 * part;
    row(
        "",
        format!(
            "latency {latency:.1} ms, load {:.1} %, at worst {:.1} %, {} xruns",
            percent(meters.load),
            percent(meters.load_worst),
            meters.xruns
        ),
    );
    row(
        "hits",
        format!(
            "{} played, {} without a sound, {} late, {} lost, {} held back; {} voices, {} at most",
            meters.played,
            meters.silent,
            meters.late,
            meters.lost,
            status.midi.masked,
            meters.voices,
            meters.most_voices
        ),
    );
    let unavailable = status.midi.unavailable.clone();
    let mut ports: Vec<String> = unavailable.into_iter().collect();
    ports.extend(status.midi.ports.iter().map(|port| {
        let map = port.map.as_ref().map(|map| format!(" (map {map})")).unwrap_or_default();
        let pedal = port.pedal.map(|x| format!(", pedal {x:.2} open")).unwrap_or_default();
        let why = match (&port.why, port.open) {
            (Some(why), _) => format!(": {why}"),
            (None, false) => ": left alone".to_owned(),
            (None, true) => String::new(),
        };
        format!("{}{map}{pedal}{why}", port.port)
    }));
    if ports.is_empty() {
        ports.push("no input".to_owned());
    }
    let works = status.panel.iter().filter(|part| part.why.is_none()).count();
    let mut panel = vec![format!("{works} of {} work", status.panel.len())];
    panel.extend(status.panel.iter().filter_map(|part| {
        let why = part.why.as_ref()?;
        Some(format!("{} on {}: {why}", part.kind, part.place))
    }));
    if status.panel.is_empty() {
        panel.clear();
    }
    let kits = status.kits.iter().map(|kit| {
        let mark = if kit.plays { "*" } else { " " };
        let program = kit.program.map(|n| format!(", program {n}")).unwrap_or_default();
        let ready = if kit.ready { ", ready" } else { "" };
        format!("{:>3}{mark} {}{program}{ready}", kit.number, kit.name)
    });
    let mut files = Vec::new();
    if let Some(path) = &status.config.path {
        files.push(format!("{path} ({})", status.config.standing));
    }
    let mut memory = Vec::new();
    if let Some(folder) = &status.state.folder {
        let trouble = status.state.trouble.as_ref().map(|why| format!(": {why}"));
        memory.push(format!("{folder}{}", trouble.unwrap_or_default()));
    }
    let faults = status.faults.clone();
    let problems = status.problems.iter().map(|p| format!("at {:.0} s: {}", p.at, p.words));
    for (name, lines) in [
        ("midi", ports),
        ("panel", panel),
        ("kits", kits.collect()),
        ("config", files),
        ("state", memory),
        ("faults", faults),
        ("problems", problems.collect::<Vec<_>>()),
    ] {
        for (index, line) in lines.into_iter().enumerate() {
            row(if index == 0 { name } else { "" }, line);
        }
    }
    text
}

fn duration(seconds: f64) -> String {
    let seconds = seconds as u64;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::super::control::event::Meters;
    use super::super::control::status::{KitLine, Memory, MidiSide, Part, Port, Settings, Trouble};
    use super::*;

    #[test]
    fn a_volume_is_a_level_a_difference_or_a_step() {
        assert_eq!(loudness("-6"), Ok(Loudness::To(-6.0)));
        assert_eq!(loudness("0"), Ok(Loudness::To(0.0)));
        assert_eq!(loudness("+2.5"), Ok(Loudness::By(2.5)));
        assert_eq!(loudness("down"), Ok(Loudness::Step(Action::VolumeDown(1))));
        for wrong in ["6", "-61", "loud", "", "NaN", "+-", "inf"] {
            assert!(loudness(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_trim_is_a_level_with_either_sign_or_a_step() {
        assert_eq!(trim("-2"), Ok(Loudness::To(-2.0)));
        assert_eq!(trim("+1.5"), Ok(Loudness::To(1.5)));
        assert_eq!(trim("up"), Ok(Loudness::Step(Action::KitLouder)));
        for wrong in ["13", "-12.1", "NaN", "", "loud"] {
            assert!(trim(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_action_of_a_button_can_be_asked_for_and_a_slip_is_told() {
        let asked = |words: &[&str]| {
            let action = words.iter().map(|word| (*word).to_owned()).collect();
            What::Do { action }.request()
        };
        assert_eq!(asked(&["volume-up", "3"]), Ok(Request::Act(Action::VolumeUp(3))));
        assert_eq!(asked(&["kit 2"]), Ok(Request::Act(Action::Kit(2))));
        let why = asked(&["shutdown"]).unwrap_err();
        let begins = "this cannot be asked: the text \"shutdown\" (did you mean \"shut-down\"?)";
        assert!(why.starts_with(begins), "{why}");
    }

    #[test]
    fn a_status_is_told_so_that_a_person_reads_it() {
        let kit = |number, name: &str, plays| KitLine {
            number,
            name: name.to_owned(),
            folder: "f".to_owned(),
            program: Some(number as u8 - 1),
            ready: plays,
            plays,
        };
        let port = |port: &str, open, why: Option<&str>| Port {
            port: port.to_owned(),
            name: port.to_owned(),
            open,
            map: open.then(|| "gm".to_owned()),
            why: why.map(str::to_owned),
            pedal: open.then_some(0.25),
        };
        let status = Status {
            version: "1.2.3".to_owned(),
            uptime_s: 7_384.5,
            kit: Some("Jazz".to_owned()),
            next: Some("Rock".to_owned()),
            previous: Some("Rock".to_owned()),
            kits: vec![kit(1, "Jazz", true), kit(2, "Rock", false)],
            loading: None,
            volume_db: -6.0,
            trim_db: -2.0,
            sound: None,
            meters: Meters { played: 7, load: 0.031, ..Meters::default() },
            learning: None,
            midi: MidiSide {
                maps: Vec::new(),
                ports: vec![port("TD-17", true, None), port("X", false, Some("busy"))],
                unavailable: None,
                masked: 0,
            },
            config: Settings {
                path: Some("/etc/rimshot/rimshot.toml".to_owned()),
                standing: "last-good".to_owned(),
            },
            state: Memory {
                folder: Some("/var/lib/rimshot".to_owned()),
                trouble: Some("no space".to_owned()),
            },
            faults: vec!["no sound card plays".to_owned()],
            panel: [None, Some("its line is gone")]
                .map(|why: Option<&str>| Part {
                    kind: "button".to_owned(),
                    place: "GPIO line 17".to_owned(),
                    why: why.map(str::to_owned),
                })
                .to_vec(),
            problems: vec![Trouble { at: 12.3, words: "no sound".to_owned() }],
        };
        assert_eq!(
            about(&status),
            "rimshot 1.2.3, up 2 h 3 min\n\
             kit       Jazz (1 of 2); next Rock, previous Rock\n\
             volume    -6 dB, trim -2 dB\n\
             sound     none\n          \
             latency 0.0 ms, load 3.1 %, at worst 0.0 %, 0 xruns\n\
             hits      7 played, 0 without a sound, 0 late, 0 lost, 0 held back; 0 voices, 0 at \
             most\n\
             midi      TD-17 (map gm), pedal 0.25 open\n          \
             X: busy\n\
             panel     1 of 2 work\n          \
             button on GPIO line 17: its line is gone\n\
             kits        1* Jazz, program 0, ready\n            \
             2  Rock, program 1\n\
             config    /etc/rimshot/rimshot.toml (last-good)\n\
             state     /var/lib/rimshot: no space\n\
             faults    no sound card plays\n\
             problems  at 12 s: no sound\n"
        );
    }
}
