//! What is shipped beside the program: the installer, the units, the cross build.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Every file below `folder`: its path, permissions and contents.
fn tree(folder: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
            found.insert(name, (mode, fs::read(&path).unwrap()));
        }
    }
    found
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A place to install into, with a program and a kit to install.
struct Stage {
    from: Folder,
    root: Folder,
}

impl Stage {
    fn new(name: &str) -> Self {
        let from = Folder::new(&format!("{name}-from"));
        from.write("rimshot", "the program");
        from.write("kits/Plain/snare.wav", "a recording");
        Self { from, root: Folder::new(name) }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("deploy/install.sh")
            .arg("--destdir")
            .arg(&self.root.0)
            .args(arguments)
            .output()
            .expect("bash is there")
    }

    fn install(&self) -> String {
        let (binary, kits) = (self.from.0.join("rimshot"), self.from.0.join("kits"));
        let paths = ["--binary", binary.to_str().unwrap(), "--kits", kits.to_str().unwrap()];
        let output = self.run(&paths);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    fn tree(&self) -> BTreeMap<String, (u32, Vec<u8>)> {
        tree(&self.root.0)
    }
}

const CONFIG: &str = "etc/rimshot/rimshot.toml";

#[test]
fn installing_puts_every_part_in_its_place_and_twice_is_as_good_as_once() {
    let stage = Stage::new("twice");
    stage.install();
    let once = stage.tree();
    let places: Vec<(&str, u32)> =
        once.iter().map(|(name, (mode, _))| (name.as_str(), *mode)).collect();
    assert_eq!(
        places,
        [
            (CONFIG, 0o644),
            ("etc/systemd/system/rimshot-tuning.service", 0o644),
            ("etc/systemd/system/rimshot.service", 0o644),
            ("etc/udev/rules.d/70-rimshot.rules", 0o644),
            ("usr/bin/rimshot", 0o755),
            ("usr/share/rimshot/kits/Plain/snare.wav", 0o644),
            ("usr/share/rimshot/rimshot.toml", 0o644),
        ]
    );
    assert!(stage.root.0.join("var/lib/rimshot/kits").is_dir());
    let again = stage.install();
    assert_eq!(stage.tree(), once);
    assert_eq!(again, "install: the running system was not touched\n");
}

#[test]
fn a_configuration_that_the_owner_changed_is_never_overwritten() {
    let stage = Stage::new("changed");
    stage.install();
    stage.root.write(CONFIG, "[sound]\nperiod = 64\n");
    let said = stage.install();
    assert_eq!(stage.tree()[CONFIG].1, b"[sound]\nperiod = 64\n");
    assert!(said.contains("/etc/rimshot/rimshot.toml was changed by you and stays"), "{said}");
}

#[test]
fn a_configuration_of_an_older_version_that_nobody_changed_is_renewed() {
    let stage = Stage::new("older");
    stage.root.write(CONFIG, "older\n");
    stage.root.write("usr/share/rimshot/rimshot.toml", "older\n");
    stage.install();
    assert_eq!(stage.tree()[CONFIG].1, fs::read("deploy/rimshot.toml").unwrap());
}

#[test]
fn uninstalling_leaves_settings_and_kits_of_the_owner_and_purging_leaves_nothing() {
    let stage = Stage::new("leaving");
    stage.install();
    stage.root.write("var/lib/rimshot/kits/Mine/kick.wav", "my own");
    assert!(stage.run(&["--uninstall"]).status.success());
    let left: Vec<String> = stage.tree().into_keys().collect();
    assert_eq!(left, [CONFIG, "var/lib/rimshot/kits/Mine/kick.wav"]);
    assert!(stage.run(&["--uninstall", "--purge"]).status.success());
    assert_eq!(fs::read_dir(&stage.root.0).unwrap().count(), 0);
    assert!(stage.run(&["--uninstall", "--purge"]).status.success());
}

#[test]
fn with_another_prefix_the_unit_starts_the_program_from_there() {
    let stage = Stage::new("prefix");
    let binary = stage.from.0.join("rimshot");
    stage.run(&["--binary", binary.to_str().unwrap(), "--prefix", "/opt/drums"]);
    let tree = stage.tree();
    assert!(tree.contains_key("opt/drums/bin/rimshot"));
    let unit = String::from_utf8_lossy(&tree["etc/systemd/system/rimshot.service"].1).into_owned();
    assert!(unit.contains("\nExecStart=/opt/drums/bin/rimshot play\n"), "{unit}");
}

#[test]
fn a_wrong_option_or_a_missing_program_is_one_sentence() {
    let stage = Stage::new("wrong");
    for (arguments, sentence) in [
        (vec!["--fast"], "install: '--fast' is not known; see deploy/install.sh --help\n"),
        (vec!["--purge"], "install: --purge goes with --uninstall\n"),
        (vec!["--binary"], "install: --binary needs a value\n"),
        (vec!["--prefix", "usr"], "install: --prefix is 'usr'; it has to begin with /\n"),
        (
            vec!["--binary", "/none"],
            "install: /none is not there; build it first: cargo build --release\n",
        ),
    ] {
        let output = stage.run(&arguments);
        assert!(!output.status.success());
        assert_eq!(said(&output), sentence);
    }
    assert_eq!(stage.tree().len(), 0);
}

#[test]
fn without_root_it_refuses_and_says_how() {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new("bash");
    // From the standard input, because nobody need not be allowed to read this folder.
    command.arg("-s").stdin(fs::File::open("deploy/install.sh").unwrap()).env_remove("DESTDIR");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir("/");
    if is_root {
        const NOBODY: u32 = 65_534;
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    assert!(!output.status.success());
    let wanted =
        "install: this changes the system, so it needs root; please run: sudo deploy/install.sh\n";
    assert_eq!(said(&output), wanted);
}

#[test]
fn every_script_is_well_formed() {
    for script in
        ["deploy/install.sh", "deploy/deps.sh", "deploy/cross.sh", "tests/rtsan.sh", ".ci/run"]
    {
        let output = Command::new("bash").arg("-n").arg(script).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let mode = fs::metadata(script).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} is executable");
    }
}

/// The values of a key in a unit file.
fn unit_values(unit: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("systemd/{unit}")).unwrap();
    let values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.map(str::to_owned).collect()
}

#[test]
fn the_service_is_allowed_what_real_time_needs() {
    let value = |key| unit_values("rimshot.service", key);
    assert_eq!(value("LimitMEMLOCK"), ["infinity"]);
    assert_eq!(value("RestrictRealtime"), ["no"]);
    assert!(value("SystemCallFilter")[0].contains("@resources"));
    // Without the sound core "char-alsa" allows nothing, and a card that comes later is
    // forbidden (seen on systemd 252).
    assert!(value("DeviceAllow").contains(&"char-alsa rw".to_owned()));
    for key in ["Wants", "After"] {
        assert!(value(key).iter().any(|v| v.contains("modprobe@snd.service")), "{key}");
    }
    let limit: u8 = value("LimitRTPRIO")[0].parse().unwrap();
    let (config, problems) = rimshot::app::config::Config::parse(
        Path::new("x"),
        &format!("[sound]\npriority = {limit}\n"),
        None,
    );
    assert_eq!(problems, []);
    assert_eq!(config.unwrap().sound.priority, limit, "the unit allows what a setting may ask");
}

#[test]
fn the_service_has_a_folder_for_its_socket_where_clients_look_for_it() {
    let place = rimshot::app::control::place::of_clients(&rimshot::app::config::Socket::Auto);
    let folder = unit_values("rimshot.service", "RuntimeDirectory").concat();
    assert_eq!(place.last(), Some(&Path::new("/run").join(folder).join("rimshot.sock")));
    // a socket that is no address of the network
    assert_eq!(unit_values("rimshot.service", "RestrictAddressFamilies"), ["AF_UNIX"]);
}

#[test]
fn the_service_waits_for_no_network_and_no_device() {
    for key in ["After", "Wants", "Requires", "BindsTo"] {
        for value in unit_values("rimshot.service", key) {
            for unit in value.split_whitespace() {
                let waits = ["network", "sound.target", ".device", "settle", "multi-user"];
                assert!(!waits.iter().any(|w| unit.contains(w)), "{key}={unit}");
            }
        }
    }
}

#[test]
fn cross_knows_both_kinds_of_raspberry_pi_and_gives_them_alsa() {
    let text = fs::read_to_string("Cross.toml").unwrap();
    let cross: toml::Table = text.parse().unwrap();
    for target in ["aarch64-unknown-linux-gnu", "armv7-unknown-linux-gnueabihf"] {
        let settings = &cross["target"][target];
        let image = settings["image"].as_str().unwrap();
        assert!(image.contains(target), "{image}");
        let steps = settings["pre-build"].as_array().unwrap();
        let steps: Vec<&str> = steps.iter().map(|s| s.as_str().unwrap()).collect();
        assert!(steps.iter().any(|s| s.contains("libasound2-dev:$CROSS_DEB_ARCH")), "{steps:?}");
    }
}

/// Whether an SPDX expression of the forms in use ("A OR B", "(A OR B) AND C", and the
/// older "A/B") can be met with these licences.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    expression.replace('/', " OR ").split(" AND ").all(|part| {
        let part = part.trim_matches(['(', ')', ' ']);
        part.split(" OR ").any(|licence| allowed.contains(&licence.trim()))
    })
}

#[test]
fn every_dependency_has_a_licence_that_deny_toml_allows() {
    let deny: toml::Table = fs::read_to_string("deny.toml").unwrap().parse().unwrap();
    let allowed = deny["licenses"]["allow"].as_array().unwrap();
    let allowed: Vec<&str> = allowed.iter().map(|a| a.as_str().unwrap()).collect();
    let target = match std::env::consts::ARCH {
        "arm" => "armv7-unknown-linux-gnueabihf".to_owned(),
        arch => format!("{arch}-unknown-linux-gnu"),
    };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform"])
        .arg(target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "{}", packages.len());
    for package in packages {
        let (name, licence) = (&package["name"], package["license"].as_str().unwrap_or("none"));
        assert!(is_allowed(licence, &allowed), "{name} is under {licence}");
    }
}

#[test]
fn a_licence_that_is_not_on_the_list_is_noticed() {
    let allowed = ["MIT", "Apache-2.0"];
    assert!(is_allowed("Apache-2.0/MIT", &allowed));
    assert!(is_allowed("Zlib OR MIT", &allowed));
    assert!(!is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
    assert!(!is_allowed("GPL-3.0-only", &allowed));
}
