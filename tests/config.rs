//! The configuration as its owner meets it: the shipped file, and files with mistakes.

use std::fs;
use std::path::Path;

use rimshot::app::config::settings::{SETTINGS, Setting};
use rimshot::app::config::{Config, Device, NoteMap};
use rimshot::engine::clock::Timing;
use rimshot::midi::buttons::Source;
use rimshot::panel::gesture::{Chord, Times};
use rimshot::panel::lamps::Shows;
use rimshot::panel::{Button, Line, Place, Pull, Reaction};
use rimshot::words::{Action, Problem};

const SHIPPED: &str = "deploy/rimshot.toml";

fn parsed(text: &str) -> (Config, Vec<String>) {
    let (config, problems) = Config::parse(Path::new("rimshot.toml"), text, None);
    (config.expect("it is TOML"), problems.iter().map(Problem::to_string).collect())
}

/// The shipped file as somebody has it who takes the `#` off the example buttons.
fn with_buttons(text: &str) -> String {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with([' ', '#']) => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

/// The comment lines right above line `index`, as one text.
fn comment_above(lines: &[&str], index: usize) -> String {
    let above = lines[..index].iter().rev().take_while(|line| line.starts_with("# "));
    let mut above: Vec<&str> = above.map(|line| &line[2..]).collect();
    above.reverse();
    above.join(" ")
}

/// What is wrong with how the shipped file shows this setting.
fn misprint(text: &str, setting: &dyn Setting) -> Option<String> {
    let name = setting.name();
    let place = format!("{} in [{}]", name.key, name.section);
    let lines: Vec<&str> = text.lines().collect();
    let header = [format!("[{}]", name.section), format!("[[{}]]", name.section)];
    let Some(start) = lines.iter().position(|line| header.iter().any(|h| h == line)) else {
        return Some(format!("[{}] is missing", name.section));
    };
    // A second block of the same shows what the first cannot have as well.
    let is_other = |line: &&str| line.starts_with('[') && !header.iter().any(|h| h == line);
    let end = lines.iter().skip(start + 1).position(is_other);
    let end = end.map_or(lines.len(), |n| start + 1 + n);
    let key = format!("{} = ", name.key);
    let Some(index) = (start..end).find(|&i| lines[i].starts_with(&key)) else {
        return Some(format!("{place} is missing"));
    };
    let Some((value, comment)) = lines[index].split_once(" # ") else {
        return Some(format!("{place} has no comment behind it"));
    };
    let value = value[key.len()..].trim();
    let wanted = match setting.default_text() {
        Some(default) => format!("{}; default {default}", setting.allowed()),
        None => setting.allowed(),
    };
    if comment != wanted {
        return Some(format!("{place} is commented '{comment}' and not '{wanted}'"));
    }
    if setting.default_text().is_some_and(|default| default != value) {
        return Some(format!("{place} is {value}, which is not its default"));
    }
    let doc = comment_above(&lines, index);
    (!doc.ends_with(name.doc)).then(|| format!("{place} is described as '{doc}'"))
}

#[test]
fn the_shipped_file_shows_every_setting_with_its_range_and_default() {
    let text = with_buttons(&fs::read_to_string(SHIPPED).unwrap());
    let wrong: Vec<String> = SETTINGS.iter().filter_map(|s| misprint(&text, *s)).collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn a_setting_that_the_shipped_file_shows_wrongly_is_noticed() {
    let text = with_buttons(&fs::read_to_string(SHIPPED).unwrap());
    let rate = SETTINGS.iter().find(|s| s.name().key == "rate").unwrap();
    for (found, put) in [
        ("192000", "96000"),
        ("rate = ", "#rate = "),
        ("= 48000", "= 44100"),
        ("# 44100", "44100"),
        ("Frames a second.", ""),
    ] {
        assert!(misprint(&text.replace(found, put), *rate).is_some(), "{found} → {put}");
    }
}

#[test]
fn the_shipped_file_says_exactly_what_no_file_says() {
    let (config, problems) = Config::read(Path::new(SHIPPED));
    assert_eq!(problems, []);
    assert_eq!(config, Some(Config::default()));
}

#[test]
fn the_shipped_example_buttons_work_once_their_comment_signs_are_gone() {
    let (config, problems) = parsed(&with_buttons(&fs::read_to_string(SHIPPED).unwrap()));
    assert_eq!(problems, [""; 0]);
    let panel = config.panel;
    let actions: Vec<Option<Action>> = panel.buttons.iter().map(|b| b.reaction.press).collect();
    assert_eq!(actions, [Some(Action::NextKit), Some(Action::PreviousKit)]);
    assert_eq!(panel.chords[0].buttons, [0, 1]);
    let turns = panel.encoders.iter().map(|e| (e.right, e.left));
    assert_eq!(turns.collect::<Vec<_>>(), [(Action::VolumeUp(1), Action::VolumeDown(1))]);
    assert_eq!(panel.leds[0].shows, Shows::Loading);
    let sources: Vec<Source> = config.midi.buttons.iter().map(|b| b.source).collect();
    assert_eq!(sources, [Source::Note(96), Source::Control(80)]);
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(parsed(""), (Config::default(), vec![]));
}

#[test]
fn what_is_written_is_what_counts() {
    let (config, problems) = parsed(
        "[sound]\ndevice = 'TD17'\nrate = 44_100\noutputs = [3, 4]\ntiming = 'asap'\n\
         [engine]\nvolume_db = -6\nseed = 9223372036854775807\n\
         [midi]\nmap = 'roland'\nchannel = 10\n[kits]\nstart = 'Jazz'\n\
         [panel]\ndebounce_ms = 5\n\
         [[panel.button]]\nline = 'GPIO5'\naction = 'panic'\nactive = 'high'\npull = 'down'\n",
    );
    assert_eq!(problems, [""; 0]);
    assert_eq!(config.sound.device, Device::Named("TD17".into()));
    assert_eq!((config.sound.rate, config.sound.outputs), (44_100, vec![[3, 4]]));
    assert_eq!(config.sound.timing, Timing::Asap);
    assert_eq!((config.engine.volume_db, config.engine.seed), (-6.0, i64::MAX as u64));
    assert_eq!((config.midi.channel, config.midi.map), (10, NoteMap::BuiltIn("roland".into())));
    assert_eq!(config.kits.start, "Jazz");
    let button = Button {
        place: Place { line: Line::Name("GPIO5".into()), chip: None },
        reaction: Reaction { press: Some(Action::Panic), ..Reaction::default() },
        active_low: false,
        pull: Pull::Down,
        debounce_ms: 5,
    };
    assert_eq!(config.panel.buttons, [button]);
}

#[test]
fn every_gesture_has_its_action_and_its_time() {
    let (config, problems) = parsed(
        "[panel]\nlong_ms = 800\ndouble_ms = 250\nrepeat_ms = 40\nchord_ms = 80\n\
         [[panel.button]]\nline = 17\nlong = 'kit 2'\ndouble = 'program 5'\n\
         [[panel.button]]\nline = 27\naction = 'volume-up 3'\nrepeat = true\n\
         [[panel.chord]]\nlines = ['GPIO27', 17]\naction = 'shut-down'\nhold_ms = 0\n\
         [[panel.encoder]]\na = 'A'\nb = 'B'\nturn_right = 'next-kit'\n\
         turn_left = 'previous-kit'\nsteps = 2\n\
         [[panel.led]]\nline = 22\nshows = 'fault'\nactive = 'low'\n\
         [[midi.button]]\ncc = 64\nchannel = 10\nport = 'Pad'\nlong = 'panic'\n",
    );
    assert_eq!(problems, [""; 0]);
    let panel = config.panel;
    let times = Times { long_ms: 800, double_ms: 250, repeat_ms: 40, chord_ms: 80 };
    assert_eq!(panel.times, times);
    let reactions: Vec<Reaction> = panel.buttons.iter().map(|b| b.reaction).collect();
    let (long, double) = (Some(Action::Kit(2)), Some(Action::Program(5)));
    let louder = Some(Action::VolumeUp(3));
    assert_eq!(
        reactions,
        [
            Reaction { long, double, ..Reaction::default() },
            Reaction { press: louder, repeat: true, ..Reaction::default() }
        ]
    );
    let chord = Chord { buttons: [1, 0], action: Action::ShutDown, hold_ms: 0 };
    assert_eq!(panel.chords, [chord]);
    let encoder = &panel.encoders[0];
    assert_eq!((encoder.steps, encoder.right), (2, Action::NextKit));
    assert_eq!((panel.leds[0].shows, panel.leds[0].active_low), (Shows::Fault, true));
    let pad = &config.midi.buttons[0];
    assert_eq!((pad.source, pad.channel, pad.port.as_str()), (Source::Control(64), 10, "Pad"));
    assert_eq!(pad.reaction.long, Some(Action::Panic));
}

#[test]
fn the_same_number_on_two_chips_is_two_lines() {
    let button = |chip| format!("[[panel.button]]\nline = 3\nchip = '{chip}'\naction = 'panic'\n");
    let (config, problems) = parsed(&[button("gpiochip0"), button("gpiochip1")].concat());
    assert_eq!((config.panel.buttons.len(), problems), (2, vec![]));
    let (config, problems) = parsed(&[button("gpiochip0"), button("")].concat());
    assert_eq!((config.panel.buttons.len(), problems.len()), (1, 1));
}

#[test]
fn an_address_on_the_bus_is_written_as_a_number_or_as_it_is_printed() {
    let address = |text: &str| {
        let (config, problems) = parsed(&format!("[panel.display]\nkind = 'sh1106'\n{text}"));
        assert_eq!(problems, [""; 0]);
        config.display.address()
    };
    assert_eq!(["address = 0x3D", "address = '0x3D'", "address = 61"].map(address), [0x3D; 3]);
    assert_eq!(["", "address = 'auto'"].map(address), [0x3C; 2]);
    let (config, _) = parsed("[panel.display]\nkind = 'hd44780-20x4'\ndim_minutes = 0\n");
    assert_eq!(config.display.address(), 0x27);
    assert_eq!(config.display.dim_after, None);
}

#[test]
fn paths_start_at_the_files_own_folder_and_a_tilde_at_home() {
    let text = "[midi]\nmap = 'td17.toml'\n[kits]\nfolders = ['mine', '/srv/kits', '~/drums']\n";
    let file = Path::new("/etc/rimshot/rimshot.toml");
    let (config, problems) = Config::parse(file, text, Some(Path::new("/home/joe")));
    let config = config.unwrap();
    assert_eq!(problems, []);
    assert_eq!(config.midi.map, NoteMap::File("/etc/rimshot/td17.toml".into()));
    let folders = ["/etc/rimshot/mine", "/srv/kits", "/home/joe/drums"];
    assert_eq!(config.kits.folders, folders.map(std::path::PathBuf::from));
}

#[test]
fn one_wrong_setting_costs_only_itself() {
    let (config, problems) = parsed("[sound]\nrate = 8000\nperiod = 64\n");
    assert_eq!(problems.len(), 1);
    assert_eq!((config.sound.rate, config.sound.period), (48_000, 64));
}

#[test]
fn one_wrong_button_costs_only_itself() {
    let (config, problems) =
        parsed("[[panel.button]]\nline = 5\n[[panel.button]]\nline = 6\naction = 'next-kit'\n");
    assert_eq!(problems.len(), 1);
    assert_eq!(config.panel.buttons.len(), 1);
    assert_eq!(config.panel.buttons[0].place.line, Line::Number(6));
}

/// Each `NAME.toml` of tests/broken/configs has a `NAME.expected`: every problem of the
/// file, one a line, exactly.
#[test]
fn every_broken_file_gets_exactly_the_sentences_beside_it() {
    let folder = Path::new("tests/broken/configs");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    for path in files {
        let (_, problems) = Config::read(&path);
        let found: String = problems.iter().map(|p| format!("{p}\n")).collect();
        let expected = fs::read_to_string(path.with_extension("expected")).unwrap_or_default();
        assert_eq!(found, expected, "{}", path.display());
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_sentence_and_no_configuration() {
    for (path, sentence) in [
        (
            "tests/none.toml",
            "tests/none.toml: error: cannot be read: No such file or directory (os error 2)",
        ),
        ("tests", "tests: error: is not a file"),
    ] {
        let (config, problems) = Config::read(Path::new(path));
        assert_eq!(config, None);
        let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(problems, [sentence]);
    }
}
