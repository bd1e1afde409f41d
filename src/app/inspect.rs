//! `rimshot check` and `devices`: what there is, and what is wrong with it.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::config::Config;
use super::exit::Exit;
use super::kits::size;
use super::render::sentences;
use crate::kit::{Kit, disk};
use crate::library::SampleLibrary;
use crate::library::load::load_kit;
use crate::maps::NoteMap;
use crate::midi::ports::{is_wanted, short_name};
use crate::midi::sequencer::{Alsa, Sequencer};
use crate::panel::chardev::{ChipLines, LineInfo, survey};
use crate::sound::{self, Card};
use crate::words::problem::path_as_text;
use crate::words::{Problem, Severity, Slot};

/// Arguments of `rimshot check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// A kit's folder, a configuration, or a note map.
    path: PathBuf,
    /// For scripts: one JSON object.
    ///
    /// `path`, `what` it is, `ok` (whether the exit code is 0), and `problems`, a list of
    /// objects with `severity` (note, warning or error), `file`, `place` ([line, column], or
    /// null) and `what`; for a kit also `slots`, a list of objects with the `slot`, the slot
    /// whose sound it `plays` (or null), and whether that is struck `closed`.
    #[arg(long)]
    json: bool,
}

/// Arguments of `rimshot devices`.
#[derive(Debug, clap::Args)]
pub struct DevicesArgs {
    /// For scripts: one JSON object.
    ///
    /// `cards` is a list of objects, best first, with `index`, `id`, `driver`, `name`, `kind`
    /// (usb, other, headphones, hdmi or virtual) and `device`; `midi` is a list of names;
    /// `midi_problem` is why there are none, or null; `gpio` is a list of objects with `chip`,
    /// `label` and `lines`, a list of objects with `number`, `name` and who has it (`used_by`,
    /// or null); `gpio_problem` is why none can be listed, or null.
    #[arg(long)]
    json: bool,
}

/// Prints a value for scripts.
pub(super) fn print_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("cannot be written as JSON: {error}"),
    }
}

/// What a check found.
#[derive(Default, Serialize)]
struct Found {
    #[serde(serialize_with = "path_as_text")]
    path: PathBuf,
    what: &'static str,
    ok: bool,
    problems: Vec<Problem>,
    /// For kits: what each slot plays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slots: Vec<SlotLine>,
    #[serde(skip)]
    about: String,
}

#[derive(Serialize)]
struct SlotLine {
    slot: String,
    plays: Option<String>,
    closed: bool,
}

/// Looks for problems and names them all.
pub fn check(args: &CheckArgs) -> Exit {
    let mut found = look(&args.path);
    found.ok = found.problems.iter().all(|p| p.severity == Severity::Note);
    if args.json {
        print_json(&found);
    } else {
        if !found.problems.is_empty() {
            println!("{}", sentences(&found.problems));
        }
        print!("{}", found.about);
        let count = found.problems.iter().filter(|p| p.severity > Severity::Note).count();
        let verdict = match count {
            0 => "no problems".to_owned(),
            1 => "1 problem".to_owned(),
            n => format!("{n} problems"),
        };
        println!("{}: {}, {verdict}", args.path.display(), found.what);
    }
    if found.ok { Exit::Done } else { Exit::Problems }
}

fn look(path: &Path) -> Found {
    let path = path.to_owned();
    if let Err(error) = std::fs::metadata(&path) {
        let problems = vec![Problem::error(&path, format!("cannot be read: {error}"))];
        return Found { path, what: "not there", problems, ..Found::default() };
    }
    if path.is_dir() {
        return look_at_kit(path);
    }
    if path.file_name().is_some_and(|name| name == disk::KIT_FILE) {
        let folder = path.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
        return look_at_kit(folder.to_owned());
    }
    let is_map = std::fs::read_to_string(&path).is_ok_and(|text| has_notes(&text));
    if is_map {
        let (map, problems) = NoteMap::find(&path.to_string_lossy());
        let about = map.map_or_else(String::new, |map| about_map(&map));
        return Found { path, what: "a note map", problems, about, ..Found::default() };
    }
    let (_, problems) = Config::read(&path);
    Found { path, what: "a configuration", problems, ..Found::default() }
}

fn about_map(map: &NoteMap) -> String {
    let chokes = map.chokes.iter().flatten().count();
    let grabs = if chokes > 0 { format!(", {chokes} for grabbed pads") } else { String::new() };
    format!("{} notes mapped{grabs}\n", map.order.len() + chokes)
}

/// A note map has a `[notes]` table or a line that begins one; nothing else here has.
fn has_notes(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("[notes"))
}

fn look_at_kit(folder: PathBuf) -> Found {
    let (plan, mut problems) = disk::read(&folder);
    let Some(plan) = plan else {
        return Found { path: folder, what: "a kit", problems, ..Found::default() };
    };
    let library = SampleLibrary::new(48_000);
    let loaded = load_kit(&plan, &library, &mut |_, _| ControlFlow::Continue(()));
    let Some((kit, more)) = loaded else {
        return Found { path: folder, what: "a kit", problems, ..Found::default() };
    };
    problems.extend(more);
    if kit.samples.is_empty() {
        problems.push(Problem::error(&folder, "no recording of this kit can be played"));
    }
    let slots = slots(&kit);
    let mut about = String::new();
    let program = plan.program.map_or(String::new(), |n| format!(", program {n}"));
    let _ = writeln!(about, "{}: {}{program}", kit.name, size(&kit));
    about.push_str(&describe(&slots));
    Found { path: folder, what: "a kit", problems, slots, about, ..Found::default() }
}

/// What each slot plays: its own sound, a neighbour's, or nothing. `note.N` slots are
/// listed where the kit has them.
fn slots(kit: &Kit) -> Vec<SlotLine> {
    let line = |slot: Slot| {
        let played = kit.slots.get(slot.index()).copied().flatten();
        let sound = played.and_then(|p| kit.sounds.get(usize::from(p.sound)));
        if slot.note().is_some() && sound.is_none() {
            return None;
        }
        Some(SlotLine {
            slot: slot.to_string(),
            plays: sound.map(|s| s.slot.to_string()),
            closed: played.is_some_and(|p| p.closed),
        })
    };
    Slot::all().filter_map(line).collect()
}

fn describe(slots: &[SlotLine]) -> String {
    let mut text = String::new();
    let own = |line: &&SlotLine| line.plays.as_ref() == Some(&line.slot);
    let names: Vec<&str> = slots.iter().filter(own).map(|l| l.slot.as_str()).collect();
    let _ = writeln!(text, "sounds of its own: {}", names.join(", "));
    for line in slots {
        if let Some(plays) = line.plays.as_ref().filter(|plays| **plays != line.slot) {
            let closed = if line.closed { ", closed" } else { "" };
            let _ = writeln!(text, "  {:<14} plays {plays}{closed}", line.slot);
        }
    }
    let silent: Vec<&str> =
        slots.iter().filter(|l| l.plays.is_none()).map(|l| l.slot.as_str()).collect();
    if !silent.is_empty() {
        let _ = writeln!(text, "silent: {}", silent.join(", "));
    }
    text
}

#[derive(Serialize)]
struct Devices {
    cards: Vec<Card>,
    midi: Vec<String>,
    midi_problem: Option<String>,
    gpio: Vec<ChipLines>,
    gpio_problem: Option<String>,
}

/// Lists sound cards, MIDI inputs and GPIO lines.
pub fn devices(args: &DevicesArgs) -> Exit {
    let (midi, midi_problem) = match Alsa::new().ports() {
        Ok(ports) => (ports.into_iter().filter(is_wanted).map(|p| p.name).collect(), None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let (gpio, gpio_problem) = match survey() {
        Ok(gpio) => (gpio, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let found = Devices { cards: sound::cards(), midi, midi_problem, gpio, gpio_problem };
    if args.json {
        print_json(&found);
        return Exit::Done;
    }
    print!("{}", for_people(&found));
    Exit::Done
}

/// What there is, what `play` makes of it, and what to write for something else.
fn for_people(found: &Devices) -> String {
    let mut text = String::from("sound cards, best first:\n");
    let longest = found.cards.iter().map(|card| card.name.chars().count()).max().unwrap_or(0);
    for card in &found.cards {
        let Card { name, kind, id, .. } = card;
        let _ = writeln!(text, "  {name:<longest$}  {kind:<10}  device = \"{id}\"");
    }
    text += match found.cards.as_slice() {
        [] => "  none; 'play' takes the first one that is plugged in\n",
        [_] => "'play' takes it.\n",
        [_, _, ..] => {
            "'play' takes the first; --device, or a line as above under [sound] in \
             rimshot.toml, another.\n"
        }
    };
    text += "MIDI inputs:\n";
    for name in &found.midi {
        let _ = writeln!(text, "  {}", short_name(name));
    }
    text += &match (&found.midi_problem, found.midi.is_empty()) {
        (Some(why), _) => format!("  none: {why}\n"),
        (None, true) => "  none; 'play' listens to each one that is plugged in\n".to_owned(),
        (None, false) => "'play' listens to all of them.\n".to_owned(),
    };
    text + &about_gpio(found)
}

/// Which line is it? Nothing on a machine without GPIO.
fn about_gpio(found: &Devices) -> String {
    if found.gpio.is_empty() && found.gpio_problem.is_none() {
        return String::new();
    }
    let mut text = String::from("GPIO lines for [[panel.button]] and the like:\n");
    if let Some(why) = &found.gpio_problem {
        let _ = writeln!(text, "  none: {why}");
    }
    for ChipLines { chip, label, lines } in &found.gpio {
        let _ = writeln!(text, "  {chip} ({label}), {} lines", lines.len());
        let called = |line: &LineInfo| match line.name.as_str() {
            "" => line.number.to_string(),
            name => name.to_owned(),
        };
        let free = lines.iter().filter(|line| line.used_by.is_none() && !line.name.is_empty());
        let free: Vec<String> = free.map(called).collect();
        if !free.is_empty() {
            let _ = writeln!(text, "    free: {}", free.join(", "));
        }
        let used = lines
            .iter()
            .filter_map(|line| Some(format!("{} ({})", called(line), line.used_by.as_ref()?)));
        let used: Vec<String> = used.collect();
        if !used.is_empty() {
            let _ = writeln!(text, "    in use: {}", used.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::CardKind;

    #[test]
    fn devices_say_what_play_takes_and_how_to_ask_for_another() {
        let card = |id: &str, name: &str, kind| Card {
            index: 0,
            id: id.to_owned(),
            driver: String::new(),
            name: name.to_owned(),
            kind,
            device: 0,
        };
        let cards = vec![
            card("U192k", "UMC202HD 192k", CardKind::Usb),
            card("Headphones", "bcm2835 Headphones", CardKind::Headphones),
        ];
        let midi = vec!["TD-17:TD-17 MIDI 1".to_owned()];
        let line = |number, name: &str, used_by: Option<&str>| LineInfo {
            number,
            name: name.to_owned(),
            used_by: used_by.map(str::to_owned),
        };
        let lines =
            vec![line(0, "GPIO0", None), line(1, "GPIO1", Some("spi0")), line(2, "", Some("led"))];
        let chip = ChipLines { chip: "gpiochip0".into(), label: "bcm2711".into(), lines };
        let (gpio, no) = (vec![chip], None);
        assert_eq!(
            for_people(&Devices { cards, midi, midi_problem: None, gpio, gpio_problem: no }),
            "\
sound cards, best first:
  UMC202HD 192k       USB         device = \"U192k\"
  bcm2835 Headphones  headphones  device = \"Headphones\"
'play' takes the first; --device, or a line as above under [sound] in rimshot.toml, another.
MIDI inputs:
  TD-17
'play' listens to all of them.
GPIO lines for [[panel.button]] and the like:
  gpiochip0 (bcm2711), 3 lines
    free: GPIO0
    in use: GPIO1 (spi0), 2 (led)
"
        );
        let midi_problem = Some("why".into());
        let (cards, midi, gpio) = (vec![], vec![], vec![]);
        let nothing = Devices { cards, midi, midi_problem, gpio, gpio_problem: None };
        assert_eq!(
            for_people(&nothing),
            "\
sound cards, best first:
  none; 'play' takes the first one that is plugged in
MIDI inputs:
  none: why
"
        );
    }
}
