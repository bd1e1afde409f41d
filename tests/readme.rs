//! What README.md tells people to do works.

mod tiny;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rimshot::app::config::Config;
use rimshot::kit::disk;
use rimshot::maps::NoteMap;
use rimshot::words::Slot;
use tiny::{Folder, Recording};

const MOST_LINES: usize = 200;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README, or `None` and a line that says so.
fn readme() -> Option<String> {
    let text = fs::read_to_string(root().join("README.md"));
    text.inspect_err(|error| println!("skipped: README.md: {error}")).ok()
}

/// The fenced blocks of this language, without their fences.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fences: Vec<&str> = text.split("```").collect();
    let inside = fences.iter().skip(1).step_by(2);
    let ours = inside.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'));
    ours.map(str::to_owned).collect()
}

/// The words that follow `command` in code: in a block, or between backticks.
fn named(text: &str, command: &str) -> Vec<String> {
    let pattern = format!("{command} ");
    let found = text.match_indices(&pattern).filter_map(|(at, _)| {
        let before = text[..at].chars().next_back().unwrap_or('\n');
        let starts = matches!(before, '`' | '\n' | '/');
        let word: String = text[at + pattern.len()..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '-')
            .collect();
        (starts && !word.is_empty()).then_some(word)
    });
    found.collect()
}

/// The targets of a Makefile.
fn targets(makefile: &str) -> Vec<&str> {
    let rules = makefile.lines().filter_map(|line| line.split_once(':'));
    let rules = rules
        .filter(|(names, rest)| !names.starts_with(['\t', '.', '#']) && !rest.starts_with('='));
    rules.flat_map(|(names, _)| names.split_whitespace()).collect()
}

#[test]
fn everything_that_the_readme_makes_can_be_made() {
    let Some(text) = readme() else { return };
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let named = named(&text, "make");
    assert!(named.len() >= 3, "{named:?}");
    for target in named {
        assert!(targets(&makefile).contains(&target.as_str()), "make {target}");
    }
}

#[test]
fn a_target_that_is_not_there_would_be_noticed() {
    let makefile = ".PHONY: a\nSTRICT ?= 0\nx := y:z\na b: c ## text: more\n\techo: d\n";
    assert_eq!(targets(makefile), ["a", "b"]);
    let text = "Use `make a` or\n```sh\nmake b-c  # x\nsudo/make d\n```\nto make sense";
    assert_eq!(named(text, "make"), ["a", "b-c", "d"]);
}

#[test]
fn the_readme_is_read_in_a_few_minutes() {
    let Some(text) = readme() else { return };
    let lines = text.lines().count();
    assert!(lines < MOST_LINES, "{lines} lines");
}

#[test]
fn every_command_that_the_readme_shows_does_what_it_says() {
    let Some(text) = readme() else { return };
    let folder = Folder::new("readme");
    symlink(root().join("kits"), folder.join("kits")).unwrap();
    let mut run = 0;
    for line in blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
        let Some(words) = line.strip_prefix("target/release/rimshot ") else { continue };
        let words = words.split('#').next().unwrap_or_default().trim();
        // the module plays until it is stopped; tests/cli.rs starts it
        if !words.starts_with("play") {
            folder.run(words).well();
            run += 1;
        }
    }
    assert!(run >= 3, "only {run} commands found");
    for command in named(&text, "rimshot") {
        folder.run(&format!("{command} --help")).well();
    }
}

#[test]
fn every_option_that_the_readme_names_exists() {
    let Some(text) = readme() else { return };
    let folder = Folder::new("options");
    let mut known = fs::read_to_string(root().join("deploy/install.sh")).unwrap();
    for command in ["play", "render", "demo", "kits", "check", "devices"] {
        known += &folder.run(&format!("{command} --help")).well().out;
    }
    let options = text.match_indices("--").map(|(at, _)| {
        let end = text[at + 2..].find(|c: char| !c.is_ascii_lowercase() && c != '-');
        &text[at..end.map_or(text.len(), |end| at + 2 + end)]
    });
    // cargo's and cross's own
    let foreign = ["--", "--release", "--target"];
    let missing: Vec<&str> =
        options.filter(|o| !foreign.contains(o) && !known.contains(o)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_piece_of_toml_in_the_readme_is_right() {
    let Some(text) = readme() else { return };
    let folder = Folder::new("toml");
    let recording = Recording::mono([1000; 100]);
    for name in ["snare/1", "hihat/closed/1", "hihat/open/1", "kick/1"] {
        folder.wav(&format!("kit/{name}.wav"), &recording);
    }
    let (mut kits, mut maps, mut configs) = (0, 0, 0);
    for block in blocks(&text, "toml") {
        if block.contains("[slot.") && !block.contains("[sound]") {
            folder.write("kit/kit.toml", &block);
            let (_, problems) = disk::read(&folder.join("kit"));
            assert_eq!(problems, [], "{block}");
            kits += 1;
        } else if block.contains("[notes]") {
            let (_, problems) = NoteMap::parse(Path::new("my-pads.toml"), &block);
            assert_eq!(problems, [], "{block}");
            maps += 1;
        } else {
            let (_, problems) = Config::parse(Path::new("rimshot.toml"), &block, None);
            assert_eq!(problems, [], "{block}");
            configs += 1;
        }
    }
    assert!(
        kits > 0 && maps > 0 && configs > 0,
        "{kits} kits, {maps} maps, {configs} configurations"
    );
}

#[test]
fn every_slot_that_the_readme_lists_is_one() {
    let Some(text) = readme() else { return };
    let list = text.split("\n\n").find(|paragraph| paragraph.starts_with("Slots:"));
    let list = list.and_then(|list| list.split(". ").next()).expect("a list of slots");
    let mut last = String::new();
    let mut found = 0;
    for name in list.split('`').skip(1).step_by(2) {
        if !name.starts_with('.') {
            last = name.replace(".N", ".60");
        }
        let name = if name.starts_with('.') { format!("{last}{name}") } else { last.clone() };
        assert!(Slot::from_name(&name).is_some(), "{name}");
        found += 1;
    }
    assert!(found > 15, "{found} slots");
}
