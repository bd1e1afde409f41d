//! The program as a person and a script meet it: what it lists, what it says, how it ends.

mod child;
mod tiny;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use child::{Child, PATIENCE, Process};
use rimshot::app::exit::Exit;
use serde_json::Value;
use tiny::{Folder, Recording, Say, in_ms};

const COMMANDS: [&str; 9] =
    ["play", "render", "demo", "kits", "check", "devices", "monitor", "learn", "ctl"];

/// A kit of one click, in the folder where kits are looked for.
fn click(folder: &Folder, kit: &str) {
    folder.wav(&format!("kits/{kit}/kick/1.wav"), &Recording::mono([16384, -16384, 8192]));
}

fn json(folder: &Folder, words: &str) -> Value {
    let ran = folder.run(words);
    assert_eq!(ran.err, "", "{words}");
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{words}: {e}: {}", ran.out))
}

/// All keys of all objects in a value.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn help_lists_every_command_and_every_exit_code() {
    let folder = Folder::new("help");
    let help = folder.run("--help").well().out;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        assert!(folder.run(&format!("{command} --help")).well().out.contains("Usage: rimshot"));
    }
    for exit in [Exit::Done, Exit::Problems, Exit::Usage, Exit::Input, Exit::Output, Exit::NoModule]
    {
        assert!(help.contains(&format!("\n  {}  ", exit as u8)), "{exit:?}: {help}");
    }
    assert_eq!(folder.run("-V").well().out, concat!("rimshot ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn every_way_to_end_has_its_exit_code() {
    let folder = Folder::new("exits");
    click(&folder, "one");
    folder.write("bad.toml", "[sound]\nrate = 3\n");
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 100))]));
    for (words, exit) in [
        ("kits", Exit::Done),
        ("check bad.toml", Exit::Problems),
        ("check nosuch", Exit::Problems),
        ("", Exit::Usage),
        ("dance", Exit::Usage),
        ("render take.mid", Exit::Usage),
        ("render take.mid -o x.wav --rate 7999", Exit::Usage),
        ("render take.mid -o x.wav --block 0", Exit::Usage),
        ("render take.mid -o x.wav --tail -1", Exit::Usage),
        ("render take.mid -o x.wav --tail NaN", Exit::Usage),
        ("render take.mid -o x.wav --format i8", Exit::Usage),
        ("ctl volume 6", Exit::Usage),
        ("ctl kit", Exit::Usage),
        ("kits -c nosuch.toml", Exit::Input),
        ("demo -k nosuch", Exit::Input),
        ("play --device null -c nosuch.toml", Exit::Input),
        ("render nosuch.mid -o x.wav", Exit::Input),
        ("demo --device null -o none/x.wav", Exit::Output),
        ("render take.mid -k one -o none/x.wav", Exit::Output),
        ("ctl status -s none.sock", Exit::NoModule),
        ("monitor -s none.sock", Exit::NoModule),
    ] {
        let ran = folder.run(words);
        assert_eq!(ran.code, Some(exit as i32), "{words}: {ran:#?}");
        assert_eq!(ran.err.is_empty(), matches!(exit, Exit::Done | Exit::Problems), "{words}");
    }
}

#[test]
fn a_render_for_nothing_names_all_that_it_can_be_for() {
    let folder = Folder::new("for-nothing");
    let ran = folder.run("render take.mid");
    assert_eq!(ran.code, Some(Exit::Usage as i32), "{ran:#?}");
    for option in ["--output <OUTPUT>", "--stems <FOLDER>", "--stats"] {
        assert!(ran.err.contains(option), "{option}: {}", ran.err);
    }
}

#[test]
fn kits_lists_name_folder_and_program_of_each() {
    let folder = Folder::new("kits");
    click(&folder, "101-Jazz Brushes");
    click(&folder, "zulu");
    folder.write("kits/zulu/kit.toml", "name = 'Zulu'\nprogram = 77\n");
    folder.write("kits/not a kit/readme.txt", "");
    let ran = folder.run("kits").well();
    let head = "program  kit                          memory  folder\n";
    assert!(ran.out.starts_with(head), "{}", ran.out);
    let jazz = "101  101-Jazz Brushes             0.0 MB  ./kits/101-Jazz Brushes";
    assert!(ran.says(jazz), "{}", ran.out);
    assert!(ran.says("77  Zulu                         0.0 MB  ./kits/zulu"), "{}", ran.out);
    assert!(!ran.out.contains("not a kit"), "{}", ran.out);

    let listed = json(&folder, "kits --json");
    // three frames of 16 bits, and one value of the envelope
    let zulu = serde_json::json!({
        "name": "Zulu", "folder": "./kits/zulu", "program": 77,
        "bytes": 10, "bytes_compact": 10, "fits": "full",
    });
    assert!(listed["kits"].as_array().unwrap().contains(&zulu), "{listed}");
    assert!(listed["folders"].as_array().unwrap().contains(&"./kits".into()), "{listed}");
}

#[test]
fn kits_tells_what_each_needs_and_what_the_memory_means_for_switching() {
    let folder = Folder::new("kits-memory");
    let long = Recording::mono(vec![9; 400_000]);
    for kit in ["a", "b"] {
        for n in 1..=3 {
            folder.wav(&format!("kits/{kit}/kick/{n}.wav"), &long);
        }
    }
    folder.wav("kits/c/kick.wav", &long);
    folder.write("kits/none/kit.toml", "");
    folder.write("r.toml", "[kits]\nmemory_mb = 2\n");
    let ran = folder.run("kits -c r.toml").well();
    assert!(ran.out.contains("2.4 MB  kits/a  (fits only with fewer variations)\n"), "{}", ran.out);
    assert!(ran.out.contains("0.8 MB  kits/c\n"), "{}", ran.out);
    assert!(ran.out.contains("-  kits/none\n"), "{}", ran.out);
    assert!(ran.says("memory: 2.0 MB for kits (memory_mb), all need 5.6 MB"), "{}", ran.out);
    assert!(ran.out.contains("\nNot any two fit together: "), "{}", ran.out);
    let listed = json(&folder, "kits -c r.toml --json");
    assert_eq!(
        (&listed["budget"], &listed["kits"][0]["fits"]),
        (&2_000_000.into(), &"thinned".into())
    );
    assert_eq!(listed["kits"][3]["bytes"], Value::Null);
}

#[test]
fn kits_looks_beside_the_configuration_and_in_its_folders() {
    let folder = Folder::new("kits-config");
    folder.wav("etc/kits/beside/kick.wav", &Recording::mono([1]));
    folder.wav("shelf/on shelf/kick.wav", &Recording::mono([1]));
    folder.write("etc/r.toml", "[kits]\nfolders = ['../shelf']\n");
    let ran = folder.run("kits --config etc/r.toml").well();
    assert!(ran.out.contains("etc/kits/beside\n"), "{}", ran.out);
    assert!(ran.out.contains("etc/../shelf/on shelf\n"), "{}", ran.out);
    assert!(!folder.run("kits").well().out.contains("beside"));
}

#[test]
fn check_says_that_a_good_kit_is_good_and_what_each_slot_plays() {
    let folder = Folder::new("good");
    click(&folder, "one");
    let ran = folder.run("check nosuch");
    assert!(ran.out.ends_with("nosuch: not there, 1 problem\n"), "{}", ran.out);
    let ran = folder.run("check kits/one").well();
    assert!(ran.says("sounds of its own: kick"), "{}", ran.out);
    assert!(ran.out.ends_with("kits/one: a kit, no problems\n"), "{}", ran.out);

    let found = json(&folder, "check kits/one --json");
    assert_eq!(found["ok"], true);
    assert_eq!(found["what"], "a kit");
    assert_eq!(found["problems"], serde_json::json!([]));
    let kick = serde_json::json!({ "slot": "kick", "plays": "kick", "closed": false });
    assert_eq!(found["slots"][0], kick);
}

#[test]
fn check_names_every_problem_of_a_bad_kit_with_its_place() {
    let folder = Folder::new("bad");
    click(&folder, "one");
    folder.write("kits/one/kick/2.wav", "RIFF");
    folder.write("kits/one/kit.toml", "nane = 'One'\n[slot.kick]\ngain_db = 99\n");
    let ran = folder.run("check kits/one/kit.toml");
    assert_eq!(ran.code, Some(1));
    let lines: Vec<&str> = ran.out.lines().collect();
    for (line, begins) in lines.iter().zip([
        "kits/one/kit.toml:1:1: error: unknown key 'nane'; allowed: name, ",
        "kits/one/kit.toml:3:11: error: 'gain_db' is 99; allowed: ",
        "kits/one/kick/2.wav: warning: ",
    ]) {
        assert!(line.starts_with(begins), "{begins}: {}", ran.out);
    }
    assert_eq!(*lines.last().unwrap(), "kits/one/kit.toml: a kit, 3 problems");

    let ran = folder.run("check kits/one --json");
    assert_eq!(ran.code, Some(1));
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(found["ok"], false);
    let problem = &found["problems"][1];
    assert_eq!((&problem["severity"], &problem["place"]), (&"error".into(), &[3, 11].into()));
    assert_eq!(problem["file"], "kits/one/kit.toml");
}

#[test]
fn check_tells_a_configuration_from_a_note_map_and_a_kit() {
    let folder = Folder::new("tells");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/rimshot.toml");
    fs::copy(shipped, folder.join("rimshot.toml")).unwrap();
    folder.write("bad.toml", "[sound]\nperiod = 'short'\n");
    folder.write("map.toml", "[notes]\n36 = 'kick'\n38 = 'snare'\n");
    folder.write("badmap.toml", "[notes]\n36 = 'kik'\n");
    for (words, code, last) in [
        ("check rimshot.toml", 0, "rimshot.toml: a configuration, no problems"),
        ("check bad.toml", 1, "bad.toml: a configuration, 1 problem"),
        ("check map.toml", 0, "map.toml: a note map, no problems"),
        ("check badmap.toml", 1, "badmap.toml: a note map, 1 problem"),
        ("check .", 1, ".: a kit, 1 problem"),
    ] {
        let ran = folder.run(words);
        assert_eq!(ran.code, Some(code), "{words}: {}", ran.out);
        assert_eq!(ran.out.lines().last(), Some(last), "{words}");
    }
    assert!(folder.run("check map.toml").says("2 notes mapped"));
    assert!(folder.run("check badmap.toml").out.starts_with("badmap.toml:2:6: error: "));
}

#[test]
fn devices_lists_what_there_is_and_never_fails_for_want_of_any() {
    let folder = Folder::new("devices");
    let ran = folder.run("devices").well();
    assert!(ran.says("sound cards, best first:") && ran.says("MIDI inputs:"), "{}", ran.out);
    let found = json(&folder, "devices --json");
    assert!(found["cards"].is_array() && found["midi"].is_array(), "{found}");
    assert!(found["midi_problem"].is_null() || found["midi_problem"].is_string(), "{found}");
}

#[test]
fn the_demo_without_a_card_writes_what_would_have_been_heard_and_draws_it() {
    let folder = Folder::new("demo");
    let ran = folder.run("demo --device null --output heard.wav").well();
    assert!(ran.says("no sound card is wanted: wrote heard.wav to listen to"), "{}", ran.out);
    let drawn: Vec<&str> = ran.out.lines().filter(|line| line.contains(" dB │")).collect();
    assert_eq!(drawn.len(), 4, "{}", ran.out);
    assert!(drawn[0].starts_with("   0 dB │") && drawn[3].contains("██"), "{}", ran.out);
    let hits = ran.out.lines().find_map(|line| line.strip_prefix("hits   "));
    let hits: u64 = hits.and_then(|line| line.split(',').next()).unwrap().parse().unwrap();
    assert!(hits > 80, "{hits} hits");

    let peak = tiny::frames(&folder.join("heard.wav")).into_iter().flatten();
    let peak = 20.0 * peak.fold(0.0f32, |m, x| m.max(x.abs())).log10();
    assert!((-6.0..=-0.3).contains(&peak), "peak {peak} dBFS");
    assert!(ran.out.contains(&format!("level  peak {peak:.1} dBFS")), "{}", ran.out);
    assert_eq!(folder.tree(), ["heard.wav"], "nothing else is left");
}

/// The module on the silent device, with its kits beside its configuration.
fn play(folder: &Folder) -> Command {
    folder.rimshot(["play", "--device", "null", "--config", "r.toml"])
}

/// A configuration and two kits.
fn module(name: &str) -> Folder {
    let folder = Folder::new(name);
    click(&folder, "alpha");
    click(&folder, "beta");
    folder.write("r.toml", "[kits]\nstart = 'alpha'\n[engine]\nseed = 7\n");
    folder
}

#[test]
fn the_module_says_what_it_does_becomes_ready_and_ends_when_it_is_told_to() {
    let folder = module("module");
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let mut child = Child::start(play(&folder));
        child.wait_for("kit: alpha (1 recording, 0.0 MB in memory, ");
        child.wait_for("ready");
        child.signal(signal);
        assert_eq!(child.end(), Some(0), "{:#?}", child.said);
        for line in [
            concat!("rimshot ", env!("CARGO_PKG_VERSION")),
            "config: r.toml",
            "sound: the silent device (no sound), 48000 Hz, period 128",
            "seed: 7",
            "stopped: 0 hits played, 0 without a sound, 0 late, 0 lost, 0 xruns, 0 voices at most",
        ] {
            assert!(child.said.iter().any(|said| said == line), "{line}: {:#?}", child.said);
        }
    }
    let left = folder.tree().into_iter().filter(|name| !name.starts_with("kits"));
    assert_eq!(
        left.collect::<Vec<_>>(),
        [
            ".local",
            ".local/state",
            ".local/state/rimshot",
            ".local/state/rimshot/state.toml",
            "r.toml"
        ],
        "kit and volume are remembered and nothing else is left behind"
    );
}

#[test]
fn a_signal_makes_it_tell_how_it_is_doing_and_play_on() {
    let folder = module("report");
    let mut child = Child::start(play(&folder));
    child.wait_for("ready");
    for _ in 0..2 {
        child.signal(libc::SIGUSR1);
        child.wait_for("load: ");
        child.wait_for("hits: 0 played, ");
    }
    child.signal(libc::SIGTERM);
    assert_eq!(child.end(), Some(0), "{:#?}", child.said);
    assert!(child.said.iter().filter(|line| line.starts_with("load: ")).count() == 3);
}

#[test]
fn a_hang_up_loads_the_kit_once_more_as_it_now_is() {
    let folder = module("reload");
    let mut child = Child::start(play(&folder));
    child.wait_for("kit: alpha (1 recording,");
    folder.wav("kits/alpha/snare/1.wav", &Recording::mono([3000; 50]));
    child.signal(libc::SIGHUP);
    child.wait_for("kit: loading once more");
    child.wait_for("kit: alpha (2 recordings");
    child.signal(libc::SIGTERM);
    assert_eq!(child.end(), Some(0));
}

#[test]
fn a_kit_that_went_bad_is_said_and_the_old_one_plays_on() {
    let folder = module("went-bad");
    let mut child = Child::start(play(&folder));
    child.wait_for("kit: alpha (1 recording,");
    folder.write("kits/alpha/kick/1.wav", "not any more");
    child.signal(libc::SIGHUP);
    child.wait_for("kit: alpha cannot be played");
    child.signal(libc::SIGTERM);
    assert_eq!(child.end(), Some(0));
    assert!(child.complaints().contains("kits/alpha/kick/1.wav: "), "{}", child.complaints());
}

#[test]
fn a_setting_that_is_wrong_and_a_kit_that_is_gone_do_not_keep_the_module_from_playing() {
    let folder = module("wrong");
    folder.write("r.toml", "[kits]\nstart = 'gone'\n[sound]\nrate = 'fast'\n");
    let mut child = Child::start(play(&folder));
    child.wait_for("kit: 'gone' is not a kit; there are: ");
    child.wait_for(" in memory");
    child.wait_for("ready");
    child.signal(libc::SIGTERM);
    assert_eq!(child.end(), Some(0));
    assert!(child.complaints().starts_with("r.toml:4:8: error: "), "{}", child.complaints());
}

#[test]
fn a_module_that_is_killed_leaves_nothing_that_stands_in_its_own_way() {
    let folder = module("killed");
    let before = folder.tree();
    for _ in 0..2 {
        let mut child = Child::start(play(&folder));
        child.wait_for("kit: alpha (1 recording,");
        child.signal(libc::SIGKILL);
        assert_eq!(child.end(), None, "a signal ended it");
        // the next one takes the place of its socket
        let left = folder.tree().into_iter().filter(|name| !name.starts_with("rimshot.sock"));
        assert_eq!(left.collect::<Vec<_>>(), before);
    }
}

/// The next thing that the service manager is told.
fn hear(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 256];
    let count = loop {
        match socket.recv(&mut buffer) {
            // a child that ends interrupts
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            received => break received.expect("the service manager is told something"),
        }
    };
    String::from_utf8(buffer[..count].to_vec()).unwrap().trim().to_owned()
}

/// What a service manager listens at, and a module that knows of it.
fn service(folder: &Folder) -> (UnixDatagram, Command) {
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    socket.set_read_timeout(Some(child::PATIENCE)).unwrap();
    let mut command = play(folder);
    command.env("NOTIFY_SOCKET", folder.join("notify"));
    (socket, command)
}

#[test]
fn the_service_manager_is_told_that_it_is_ready_and_then_that_it_lives() {
    let folder = module("notify");
    let (socket, command) = service(&folder);
    let mut child = Child::start(command);
    assert_eq!(hear(&socket), "READY=1");
    for _ in 0..3 {
        assert_eq!(hear(&socket), "WATCHDOG=1");
    }
    child.signal(libc::SIGTERM);
    while hear(&socket) != "STOPPING=1" {}
    assert_eq!(child.end(), Some(0));
}

#[test]
fn every_key_of_the_json_is_told_by_the_help() {
    let folder = Folder::new("keys");
    click(&folder, "one");
    folder.write("kits/one/kit.toml", "nane = 'x'\n");
    for (command, words) in
        [("kits", "kits --json"), ("check", "check kits/one --json"), ("devices", "devices --json")]
    {
        let found: Value = serde_json::from_str(&folder.run(words).out).unwrap();
        let mut all = BTreeSet::new();
        keys(&found, &mut all);
        assert!(all.len() >= 3, "{all:?}");
        let help = folder.run(&format!("{command} --help")).well().out;
        for key in all {
            assert!(help.contains(&format!("`{key}`")), "{command}: '{key}' is not told: {help}");
        }
    }
}

#[test]
fn a_folder_whose_name_is_no_text_is_one_odd_name_and_not_the_end_of_the_list() {
    let folder = Folder::new("odd");
    click(&folder, "one");
    let odd = folder.join("kits").join(OsStr::from_bytes(b"b\xFFd"));
    fs::create_dir(&odd).unwrap();
    fs::copy(folder.join("kits/one/kick/1.wav"), odd.join("kick.wav")).unwrap();
    fs::write(odd.join("snare.wav"), "nothing").unwrap();
    let listed = json(&folder, "kits --json");
    let folders: Vec<&Value> =
        listed["kits"].as_array().unwrap().iter().map(|kit| &kit["folder"]).collect();
    assert!(folders.contains(&&"./kits/one".into()), "{listed}");
    assert!(folders.contains(&&"./kits/b\u{FFFD}d".into()), "{listed}");
    let args = [OsStr::new("check"), odd.as_os_str(), OsStr::new("--json")];
    let output = folder.rimshot(args).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["problems"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_list_that_is_not_read_to_its_end_ends_quietly() {
    let folder = Folder::new("head");
    for command in ["kits", "devices", "demo --device null", "--help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = folder.rimshot(command.split(' '));
        let output = program.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
    }
    assert_eq!(folder.tree(), [""; 0], "a temporary file is left");
}

#[test]
fn a_log_that_nobody_reads_does_not_end_the_module() {
    let folder = module("unread");
    folder.write("map.toml", "[notes]\n36 = 'kick'\n37 = 'kik'\n");
    folder.write("r.toml", "[midi]\nmap = './map.toml'\n[sound]\nrate = 'fast'\n");
    let (socket, mut command) = service(&folder);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut process = Process(command.spawn().unwrap());
    assert_eq!(hear(&socket), "READY=1");
    assert_eq!(hear(&socket), "WATCHDOG=1");
    // SAFETY: takes no pointer; the process is reaped below.
    unsafe { libc::kill(process.0.id() as libc::pid_t, libc::SIGTERM) };
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
}

#[test]
fn an_interrupted_render_takes_its_half_written_file_away() {
    let folder = Folder::new("interrupted");
    click(&folder, "alpha");
    // an hour to render: long enough for any signal to arrive
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 100)), (3_600_000, Say::Note(36, 100))]));
    let before = folder.tree();
    let mut child =
        Child::start(folder.rimshot("render take.mid -k kits/alpha -o x.wav".split(' ')));
    let begun = Instant::now();
    while !folder.join("x.wav.part").exists() && begun.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    child.signal(libc::SIGINT);
    assert_eq!(child.end(), Some(4), "{}", child.complaints());
    assert!(child.complaints().ends_with("interrupted: nothing was written\n"));
    assert_eq!(folder.tree(), before);
}

#[test]
fn interrupted_stems_go_with_their_folder() {
    let folder = Folder::new("interrupted-stems");
    click(&folder, "alpha");
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 100)), (3_600_000, Say::Note(36, 100))]));
    let before = folder.tree();
    for more in ["", " -o x.wav"] {
        let words = format!("render take.mid -k kits/alpha --stems stems{more}");
        let mut child = Child::start(folder.rimshot(words.split(' ')));
        let begun = Instant::now();
        while !folder.join("stems/kick.wav.part").exists() && begun.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        child.signal(libc::SIGINT);
        assert_eq!(child.end(), Some(4), "{}", child.complaints());
        assert!(child.complaints().ends_with("interrupted: nothing was written\n"));
        assert_eq!(folder.tree(), before);
    }
}
