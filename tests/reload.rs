//! A module that goes on playing: through new settings, wrong ones, a crash loop, a second
//! instance, and through disks that come and go.

mod child;
mod tiny;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use child::Child;
use rimshot::app::exit::Exit;
use tiny::{Folder, Recording};

/// A configuration and two kits.
fn house(name: &str) -> Folder {
    let folder = Folder::new(name);
    for kit in ["alpha", "beta"] {
        folder.wav(&format!("kits/{kit}/kick/{kit}.wav"), &Recording::mono([16384, -16384, 8192]));
    }
    folder.write("r.toml", "[kits]\nstart = 'alpha'\n");
    folder
}

/// The module as somebody runs it who has put its configuration into his environment.
fn play(folder: &Folder) -> Command {
    let mut command = folder.rimshot(["play", "--device", "null"]);
    command.env("RIMSHOT_CONFIG", folder.join("r.toml"));
    command
}

/// The same as systemd starts it, but for the silent device.
fn service(folder: &Folder) -> (UnixDatagram, Command) {
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    let mut command = play(folder);
    fs::create_dir_all(folder.join("run")).unwrap();
    command
        .env("NOTIFY_SOCKET", folder.join("notify"))
        .env("RUNTIME_DIRECTORY", folder.join("run"))
        .env("STATE_DIRECTORY", folder.join("state"));
    (socket, command)
}

fn started(command: Command) -> Child {
    let mut child = Child::start(command);
    child.wait_for("ready");
    child
}

fn stopped(mut child: Child) -> (Vec<String>, String) {
    child.signal(libc::SIGTERM);
    assert_eq!(child.end(), Some(0), "{:#?}", child.said);
    (child.said.clone(), child.complaints().to_owned())
}

#[test]
fn a_reload_leaves_the_volume_that_is_remembered_where_it_is() {
    let folder = house("volume");
    fs::create_dir_all(folder.join("state")).unwrap();
    folder.write("state/state.toml", "volume_db = -20.0\n");
    let mut command = play(&folder);
    command.env("STATE_DIRECTORY", folder.join("state"));
    let child = started(command);
    assert_eq!(folder.run("ctl reload").well().out, "loading once more\n");
    let status = folder.run("ctl status --json").well().out;
    assert!(status.contains("\"volume_db\":-20.0"), "{status}");
    stopped(child);
}

#[test]
fn a_reload_applies_what_changed_and_names_it_and_nothing_where_nothing_changed() {
    let folder = house("reload");
    let mut child = started(play(&folder));
    let reload = || folder.run("ctl reload").well().out;
    assert_eq!(reload(), "loading once more\n");
    folder.write(
        "r.toml",
        "[kits]\nstart = 'alpha'\n[slot.snare]\nlevel_db = 3\n[[midi.input]]\nport = 'TD'\n",
    );
    assert_eq!(reload(), "midi.input, slot.snare applied\n");
    child.wait_for("config: midi.input, slot.snare applied");
    assert_eq!(reload(), "loading once more\n");
    folder.write("r.toml", "[kits]\nstart = 'alpha'\n[engine]\nvolume_db = -9\n");
    child.signal(libc::SIGHUP);
    child.wait_for("volume: -9 dB");
    child.wait_for("config: engine.volume_db, midi.input, slot.snare applied");
    assert!(folder.run("ctl status").well().out.contains("\nvolume    -9 dB\n"));
    stopped(child);
}

#[test]
fn settings_with_mistakes_are_told_and_change_nothing_until_they_are_mended() {
    let folder = house("bad-reload");
    let mut child = started(play(&folder));
    let bad = "[engine]\nvolume_db = -9\nvoices = 'many'\n[midi]\nmap = './gone.toml'\n";
    folder.write("r.toml", bad);
    let refused = folder.run("ctl reload");
    assert_eq!(refused.code, Some(Exit::Problems as i32));
    for part in [
        "r.toml:3:10: error: 'voices' is",
        "gone.toml",
        "r.toml: not used: the settings stay as they are",
    ] {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    let status = folder.run("ctl status").well().out;
    assert!(status.contains("\nvolume    0 dB\n"), "{status}");
    assert!(status.contains("'voices' is"), "it stands among the problems: {status}");
    folder.write("r.toml", "[engine]\nvolume_db = -9\n");
    child.signal(libc::SIGHUP);
    child.wait_for("config: engine.volume_db applied; kits.start counts from the next start");
    let (_, complaints) = stopped(child);
    assert_eq!(complaints.matches("'voices' is").count(), 1, "{complaints}");
}

#[test]
fn every_part_of_the_settings_can_change_at_once_and_it_plays_on() {
    let folder = house("everything");
    folder.wav("more/gamma/kick/1.wav", &Recording::mono([100; 50]));
    let child = started(play(&folder));
    folder.write(
        "r.toml",
        "[sound]\nperiod = 64\noutputs = [[1, 2], [3, 4]]\ntiming = 'asap'\npriority = 50\n\
         [engine]\nvoices = 32\nlimiter = false\nseed = 5\n[feel]\nhumanise = 0.5\n\
         [midi]\nmap = 'roland'\nchannel = 10\nprogram_change = false\n\
         [kits]\nstart = 'alpha'\nfolders = ['more']\nloading = 'all'\nmemory_mb = 100\nreload = true\n\
         [slot.kick]\noutput = 2\nmask_ms = 20\n[reverb]\non = true\n\
         [panel]\nbackend = 'none'\n[control]\nsocket = './other.sock'\n",
    );
    let said = folder.run("ctl reload").well().out;
    assert_eq!(
        said,
        "sound.period, sound.outputs, sound.timing, sound.priority, engine.voices, \
         engine.limiter, engine.seed, feel, midi.map, midi.channel, midi.program_change, \
         kits.folders, kits.loading, kits.memory_mb, kits.reload, slot.kick, reverb, panel, \
         control applied\n"
    );
    // the old socket goes when the answer has been read
    while folder.join("rimshot.sock").exists() || !folder.join("other.sock").exists() {
        std::thread::yield_now();
    }
    let status = || folder.run("ctl status -s other.sock").well().out;
    while !status().contains("gamma") {}
    assert!(status().contains("period 64"), "{}", status());
    assert_eq!(folder.run("ctl kit gamma -s other.sock").code, Some(0));
    let (said, complaints) = stopped(child);
    assert!(said.iter().any(|line| line == "seed: 5"), "{said:#?}");
    assert_eq!(complaints, "");
}

#[test]
fn another_rate_is_played_when_the_kit_is_there_at_that_rate() {
    let folder = house("rate");
    let mut child = started(play(&folder));
    folder.write("r.toml", "[sound]\nrate = 44100\n[kits]\nstart = 'alpha'\n[reverb]\non = true\n");
    assert_eq!(folder.run("ctl reload").well().out, "sound.rate, reverb applied\n");
    child.wait_for("kit: alpha (1 recording");
    child.wait_for("sound: the silent device (no sound), 44100 Hz, period 128");
    child.wait_for("kit: beta is ready too");
    folder.run("ctl next").well();
    child.wait_for("kit: beta (1 recording");
    let (said, _) = stopped(child);
    let opened = said.iter().filter(|line| line.contains("the silent device"));
    assert_eq!(opened.count(), 2, "{said:#?}");
}

#[test]
fn a_service_whose_settings_have_mistakes_starts_with_those_that_worked_last() {
    let folder = house("boot");
    let path = folder.join("r.toml");
    let good = format!(
        "# What worked last of {}, kept by rimshot\n[engine]\nvolume_db = -12\n[kits]\nfolders = ['mine']\n",
        path.display()
    );
    folder.write("state/good.toml", good);
    folder.wav("mine/own/kick/1.wav", &Recording::mono([100; 50]));
    folder.write("r.toml", "[engine]\nvolume_db = 'loud'\n");
    let (_socket, command) = service(&folder);
    let child = started(command);
    let status =
        folder.run(&format!("ctl status -s {}", folder.join("run/rimshot.sock").display()));
    let status = status.well().out;
    assert!(status.contains("volume    -12 dB"), "{status}");
    assert!(status.contains("r.toml (last-good)"), "{status}");
    assert!(status.contains("faults    rimshot.toml has mistakes; the settings that worked last"));
    assert!(status.contains("  own"), "its paths start where they did: {status}");
    let (_, complaints) = stopped(child);
    assert!(complaints.contains("r.toml:2:13: error: 'volume_db' is"), "{complaints}");
    assert!(complaints.contains("not used: the settings that worked last are used instead"));
}

#[test]
fn a_module_that_died_three_times_at_once_waits_and_starts_without_what_may_be_to_blame() {
    let folder = house("crash-loop");
    folder.write("run/starts", "3");
    folder.write("state/state.toml", format!("kit = '{}'\n", folder.join("kits/alpha").display()));
    folder.write("r.toml", "[engine]\nvolume_db = -12\n");
    let (socket, command) = service(&folder);
    let mut child = Child::start(command);
    let mut heard = vec![0; 200];
    let length = socket.recv(&mut heard).unwrap();
    let said = String::from_utf8_lossy(&heard[..length]).into_owned();
    assert!(said.contains("EXTEND_TIMEOUT_USEC=") && said.contains("waiting 1 s"), "{said}");
    child.wait_for("kit: beta (");
    assert_eq!(fs::read_to_string(folder.join("run/starts")).unwrap(), "4");
    let run = |words: &str| {
        folder
            .run(&format!("ctl {words} -s {}", folder.join("run/rimshot.sock").display()))
            .well()
            .out
    };
    let status = run("status");
    assert!(status.contains("volume    0 dB") && status.contains("r.toml (safe)"), "{status}");
    assert_eq!(run("reload"), "engine.volume_db applied\n");
    assert!(run("status").contains("r.toml (clean)"));
    let (_, complaints) = stopped(child);
    assert!(complaints.contains("safe mode: rimshot ended 3 times in a row"), "{complaints}");
    assert_eq!(fs::read_to_string(folder.join("run/starts")).unwrap(), "0");
    let state = fs::read_to_string(folder.join("state/state.toml")).unwrap();
    assert!(state.contains("alpha"), "safe mode's kit is nobody's wish: {state}");
}

#[test]
fn a_module_that_is_killed_at_its_start_is_counted_and_one_that_is_stopped_is_not() {
    let folder = house("counted");
    let starts = || fs::read_to_string(folder.join("run/starts")).unwrap();
    for killed in 1..=2 {
        let _ = fs::remove_file(folder.join("notify"));
        let mut child = started(service(&folder).1);
        child.signal(libc::SIGKILL);
        assert_eq!(child.end(), None);
        assert_eq!(starts(), killed.to_string());
    }
    let _ = fs::remove_file(folder.join("notify"));
    stopped(started(service(&folder).1));
    assert_eq!(starts(), "0");
}

#[test]
fn a_trim_is_the_kits_own_and_survives_a_kill() {
    let folder = house("trim");
    let mut child = started(play(&folder));
    assert_eq!(folder.run("ctl trim -2").well().out, "alpha: -2 dB\n");
    assert_eq!(folder.run("ctl trim up").well().out, "alpha: -1 dB\n");
    assert_eq!(folder.run("ctl kit beta").code, Some(0));
    child.wait_for("kit: beta (");
    let status = || folder.run("ctl status").well().out;
    assert!(status().contains("\nvolume    0 dB\n"), "{}", status());
    assert_eq!(folder.run("ctl kit alpha").code, Some(0));
    child.wait_for("kit: alpha (");
    assert!(status().contains("\nvolume    0 dB, trim -1 dB\n"), "{}", status());
    folder.run("ctl save").well();
    let state = folder.join(".local/state/rimshot/state.toml");
    while !fs::read_to_string(&state).is_ok_and(|text| text.contains("[trims]")) {
        std::thread::yield_now();
    }
    child.signal(libc::SIGKILL);
    assert_eq!(child.end(), None);
    let child = started(play(&folder));
    assert!(status().contains("\nvolume    0 dB, trim -1 dB\n"), "{}", status());
    stopped(child);
}

#[test]
fn two_modules_share_a_state_that_the_first_of_them_writes() {
    let folder = house("two");
    fs::create_dir_all(folder.join(".local/state/rimshot")).unwrap();
    let first = started(play(&folder));
    let second = started(play(&folder));
    let (said, _) = stopped(second);
    let why = "kit and volume cannot be remembered: another rimshot has ";
    assert_eq!(said.iter().filter(|line| line.starts_with(why)).count(), 1, "{said:#?}");
    stopped(first);
}

#[test]
fn without_a_place_for_its_state_it_says_so_once_and_with_none_nothing_is_written() {
    let folder = house("stateless");
    folder.write("r.toml", "[state]\nfolder = '/proc/rimshot/state'\n");
    let (said, _) = stopped(started(play(&folder)));
    let why = "kit and volume cannot be remembered: /proc/rimshot/state: ";
    assert_eq!(said.iter().filter(|line| line.starts_with(why)).count(), 1, "{said:#?}");
    folder.write("r.toml", "[state]\nfolder = 'none'\n");
    let before = folder.tree();
    let (said, _) = stopped(started(play(&folder)));
    assert!(!said.iter().any(|line| line.contains("remembered")), "{said:#?}");
    assert_eq!(folder.tree(), before);
}

#[test]
fn a_signal_makes_it_tell_all_that_a_developer_asks_for() {
    let folder = house("report");
    let mut child = started(play(&folder));
    child.wait_for("kit: beta is ready too");
    child.signal(libc::SIGUSR1);
    for part in [
        concat!("rimshot ", env!("CARGO_PKG_VERSION"), ": up 0 h 0 min "),
        "load: ",
        "hits: 0 played",
        "sound: the silent device",
        "midi threads: 0 real-time, 0 not",
        "memory: 0.0 MB of ",
        "state: ",
    ] {
        child.wait_for(part);
    }
    let memory = child.said.iter().find(|line| line.starts_with("memory: ")).unwrap();
    assert!(memory.ends_with("kits: alpha, beta"), "{memory}");
    stopped(child);
}

#[test]
fn a_stick_that_is_pulled_costs_its_kits_and_is_found_again() {
    let folder = house("stick");
    let mut child = started(play(&folder));
    child.wait_for("kit: beta is ready too");
    let (kits, away) = (folder.join("kits"), folder.join("away"));
    fs::rename(&kits, &away).unwrap();
    // what is in memory plays on
    child.signal(libc::SIGHUP);
    child.wait_for("kit: alpha cannot be played");
    let status = folder.run("ctl status").well().out;
    assert!(status.contains("kit       alpha"), "{status}");
    fs::rename(&away, &kits).unwrap();
    child.signal(libc::SIGHUP);
    child.wait_for("kit: alpha (1 recording");
    stopped(child);
}
