//! The module at its terminal: keys, signals, the background, a reader that goes away.

mod pty;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pty::{modes, on_terminal, terminal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rimshot");

/// Without sound, and with a kit wherever it looks for others.
const PLAY: &[&str] = &["play", "-d", "null", "-k", "kits/studio"];

/// A home of its own, so that neither settings nor state of this machine count.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn rimshot(&self, args: &[&str]) -> Command {
        let mut command = self.command(PROGRAM);
        command.args(args);
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", &self.0).env("XDG_RUNTIME_DIR", &self.0).stdin(Stdio::null());
        for name in [
            "STATE_DIRECTORY",
            "RUNTIME_DIRECTORY",
            "XDG_STATE_HOME",
            "XDG_CONFIG_HOME",
            "RIMSHOT_CONFIG",
        ] {
            command.env_remove(name);
        }
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads up to the line that says that it plays.
fn until_ready(output: impl Read) -> Vec<String> {
    let mut lines = Vec::new();
    // A terminal whose other end is closed gives an error at the end.
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        lines.push(line);
        if lines.last().is_some_and(|line| line.trim_end() == "ready") {
            return lines;
        }
    }
    panic!("it ended before it was ready: {lines:?}");
}

fn signal(process: u32, signal: i32) {
    // SAFETY: touches no memory. Nobody has waited for the process, so the number is its own.
    assert_eq!(unsafe { libc::kill(process.try_into().unwrap(), signal) }, 0);
}

#[test]
fn it_plays_on_when_nobody_reads_anything() {
    let home = Home::new("nobody");
    let mut child =
        home.rimshot(PLAY).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    until_ready(child.stdout.as_mut().unwrap());
    drop(child.stdout.take());
    // Each makes it say something; the last ends it, in this order.
    signal(child.id(), libc::SIGHUP);
    signal(child.id(), libc::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_broken_settings_file_costs_its_settings_and_not_the_music_unless_it_was_asked_for() {
    let home = Home::new("settings");
    let file = home.0.join(".config/rimshot/rimshot.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let play = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut play = home.rimshot(PLAY);
        let mut child = play.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until_ready(child.stdout.as_mut().unwrap());
        signal(child.id(), libc::SIGTERM);
        String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap()
    };
    let file = file.display();
    let said = play("[sound]\nperiod = \n");
    assert!(
        said.ends_with(&format!("{file}: not used: every setting is at its default\n")),
        "{said}"
    );
    let said = play("[midi]\nmap = 'mine.toml'\n");
    assert!(said.ends_with("mine.toml: not used: the name of the port chooses\n"), "{said}");
    let asked = [PLAY, &["-c", "tests/broken/configs/quotes.toml"]].concat();
    assert_eq!(home.rimshot(&asked).output().unwrap().status.code(), Some(3));
}

#[test]
fn keys_are_obeyed_at_once_and_the_terminal_is_left_as_it_was_found() {
    let home = Home::new("keys");
    let ends: [fn(&Child, &mut File); 4] = [
        |_, keys| keys.write_all(b"q").unwrap(),
        |_, keys| keys.write_all(&[3]).unwrap(), // Ctrl-C
        |child, _| signal(child.id(), libc::SIGTERM),
        |child, _| signal(child.id(), libc::SIGHUP), // the terminal was closed
    ];
    for end in ends {
        let (mut ours, theirs) = terminal();
        let before = modes(&ours);
        let mut child = on_terminal(home.rimshot(PLAY), theirs);
        let said = until_ready(&mut ours);
        assert!(said.iter().any(|line| line.contains("stop with q or Ctrl-C")), "{said:?}");
        assert_ne!(modes(&ours), before);
        end(&child, &mut ours);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert_eq!(modes(&ours), before);
    }
}

#[test]
fn in_the_background_it_plays_and_leaves_the_terminal_to_the_shell() {
    let home = Home::new("background");
    let (mut ours, theirs) = terminal();
    let before = modes(&ours);
    let mut shell = home.command("sh");
    // A program that is stopped for touching the terminal ends the wait.
    let job = "echo job $$; exec \"$0\" play -d null -k kits/studio";
    shell.args(["-c", "set -m; sh -c \"$1\" \"$0\" & wait $!", PROGRAM, job]);
    let mut shell = on_terminal(shell, theirs);
    let said = until_ready(&mut ours);
    assert_eq!(modes(&ours), before);
    let job = said.iter().find_map(|line| line.trim_end().strip_prefix("job "));
    signal(job.unwrap().parse().unwrap(), libc::SIGTERM);
    assert_eq!(shell.wait().unwrap().code(), Some(0));
}

/// Kits of 40 recordings of 10 to 120 KB, in an order of lengths that no two share.
fn kits(folder: &Path, count: u32) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    for kit in 0..count {
        let snare = folder.join(format!("Kit {kit}/snare"));
        std::fs::create_dir_all(&snare).unwrap();
        for index in 0..40 {
            let mut file =
                hound::WavWriter::create(snare.join(format!("{index}.wav")), spec).unwrap();
            let frames = 2_500 + (kit * 7_919 + index * 104_729) % 27_500;
            (0..2 * frames).for_each(|i| file.write_sample((i % 9_973) as i16).unwrap());
            file.finalize().unwrap();
        }
    }
}

#[test]
fn many_switches_take_no_more_memory_than_the_budget_allows() {
    const BUDGET_MB: usize = 12;
    let home = Home::new("switches");
    kits(&home.0.join("kits"), 8);
    let config = home.0.join("r.toml");
    std::fs::write(&config, format!("[kits]\nmemory_mb = {BUDGET_MB}\n")).unwrap();
    let (mut ours, theirs) = terminal();
    let args = ["play", "-d", "null", "-c", config.to_str().unwrap()];
    let mut child = on_terminal(home.rimshot(&args), theirs);
    let mut lines = BufReader::new(ours.try_clone().unwrap()).lines().map_while(Result::ok);
    for _ in 0..300 {
        assert!(lines.any(|line| line.starts_with("kit: ") && line.contains(" in memory")));
        ours.write_all(b"n").unwrap();
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kilobytes: usize = anonymous.trim().trim_end_matches(" kB").parse().unwrap();
    signal(child.id(), libc::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // The program itself has 4 MB; half of the budget is for what heaps lose in their holes.
    assert!(kilobytes < (BUDGET_MB + BUDGET_MB / 2 + 4) * 1024, "{kilobytes} kB");
}
