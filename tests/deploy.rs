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
            ("usr/bin/rimshot", 0o755),
            ("usr/lib/systemd/system/rimshot-shut-down.path", 0o644),
            ("usr/lib/systemd/system/rimshot-shut-down.service", 0o644),
            ("usr/lib/systemd/system/rimshot-tuning.service", 0o644),
            ("usr/lib/systemd/system/rimshot.service", 0o644),
            ("usr/lib/udev/rules.d/70-rimshot.rules", 0o644),
            ("usr/share/rimshot/kits/Plain/snare.wav", 0o644),
            ("usr/share/rimshot/rimshot.toml", 0o644),
        ]
    );
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
    let unit =
        String::from_utf8_lossy(&tree["usr/lib/systemd/system/rimshot.service"].1).into_owned();
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
    let scripts = [
        "deploy/install.sh",
        "deploy/deps.sh",
        "deploy/cross.sh",
        "deploy/deb.sh",
        "tests/rtsan.sh",
        ".ci/run",
    ];
    for script in scripts {
        let output = Command::new("bash").arg("-n").arg(script).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let mode = fs::metadata(script).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} is executable");
    }
}

/// Whether these programs are there; a line says which test goes without them.
fn there(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| {
        let asked = Command::new(program).arg("--version").stdout(Stdio::null()).status();
        asked.is_err()
    });
    if let Some(program) = missing {
        println!("skipped: {program} is not there");
    }
    missing.is_none()
}

const PACKER: [&str; 4] = ["dpkg-deb", "dpkg", "readelf", "strip"];

/// A package with this program and a small kit, in a folder of its own.
fn package(name: &str, program: &str) -> (Folder, PathBuf) {
    let folder = Folder::new(name);
    folder.write("kits/Plain/snare.wav", "a recording");
    let output = Command::new("deploy/deb.sh")
        .args(["--binary", program, "--kits"])
        .arg(folder.0.join("kits"))
        .arg("--out")
        .arg(folder.0.join("out"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let mut made = fs::read_dir(folder.0.join("out")).unwrap();
    let path = made.next().expect("a package").unwrap().path();
    (folder, path)
}

fn dpkg_deb(arguments: &[&str], package: &Path) -> String {
    let output = Command::new("dpkg-deb").args(arguments).arg(package).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_package_has_what_the_installer_puts_in_place_and_belongs_to_root() {
    if !there(&PACKER) {
        return;
    }
    let (folder, package) = package("package", env!("CARGO_BIN_EXE_rimshot"));
    let root = folder.0.join("root");
    let output = Command::new("dpkg-deb").arg("-x").arg(&package).arg(&root).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));

    let stage = Stage::new("beside-package");
    stage.install();
    let mut packed = tree(&root);
    packed.retain(|name, _| !name.starts_with("usr/share/doc/"));
    let program = packed.remove("usr/bin/rimshot").unwrap();
    assert_eq!(program.0, 0o755);
    let whole = fs::metadata(env!("CARGO_BIN_EXE_rimshot")).unwrap().len();
    assert!((program.1.len() as u64) < whole / 2, "the program is stripped");
    let mut installed = stage.tree();
    installed.remove("usr/bin/rimshot");
    assert_eq!(packed, installed);

    for line in dpkg_deb(&["-c"], &package).lines() {
        assert!(line.contains(" root/root "), "{line}");
    }
    let field = |name| {
        dpkg_deb(&["-f"], &package)
            .lines()
            .find_map(|l| Some(l.strip_prefix(name)?.to_owned()))
            .unwrap()
    };
    assert_eq!(field("Version: "), concat!(env!("CARGO_PKG_VERSION"), "-1"));
    let depends = field("Depends: ");
    assert!(depends.contains("libc6 (>= 2."), "{depends}");
    assert!(depends.contains("libasound2"), "{depends}");
}

#[test]
fn the_settings_in_the_package_are_the_owners_and_its_scripts_are_well_formed() {
    if !there(&PACKER) {
        return;
    }
    let (folder, package) = package("scripts", "/bin/true");
    let control = folder.0.join("control");
    let output = Command::new("dpkg-deb").arg("-e").arg(&package).arg(&control).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read_to_string(control.join("conffiles")).unwrap(), format!("/{CONFIG}\n"));
    for script in ["postinst", "prerm", "postrm"] {
        let script = control.join(script);
        let output = Command::new("sh").arg("-n").arg(&script).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o755);
        // without systemd, at other times than the one it is for, it does nothing at all
        let output = Command::new("sh").arg(&script).arg("upgrade").output().unwrap();
        if !Path::new("/run/systemd/system").exists() {
            assert!(output.status.success(), "{}", said(&output));
            assert_eq!(said(&output), "");
        }
    }
}

#[test]
fn the_same_sources_make_the_same_package() {
    if !there(&PACKER) {
        return;
    }
    let (_one, first) = package("once", "/bin/true");
    let (_two, second) = package("again", "/bin/true");
    assert!(fs::read(first).unwrap() == fs::read(second).unwrap());
}

#[test]
fn a_package_that_cannot_be_made_is_one_sentence() {
    if !there(&PACKER) {
        return;
    }
    for (arguments, sentence) in [
        (["--binary", "/none"], "deb: /none is not there\n"),
        (["--kits", "/none"], "deb: there is no folder /none\n"),
        (
            ["armv7", "--binary=x"],
            "deb: '--binary=x' is not known; allowed: aarch64, armv7, --binary FILE, --kits FOLDER, --out FOLDER\n",
        ),
    ] {
        let output = Command::new("deploy/deb.sh").args(arguments).output().unwrap();
        assert!(!output.status.success());
        assert_eq!(said(&output), sentence);
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
fn every_group_of_the_service_is_made_where_it_is_missing() {
    // one that is missing stops the service (status 216/GROUP)
    let shared = fs::read_to_string("deploy/shared.sh").unwrap();
    let made = shared.lines().find_map(|line| line.trim().strip_prefix("for group in ")).unwrap();
    let made: Vec<&str> = made.trim_end_matches("; do").split_whitespace().collect();
    let mut needed = unit_values("rimshot.service", "SupplementaryGroups");
    needed.extend(unit_values("rimshot.service", "Group"));
    for group in needed.iter().flat_map(|line| line.split_whitespace()) {
        assert!(made.contains(&group), "{group} is in {made:?}");
    }
}

#[test]
fn every_unit_that_is_switched_on_is_there_and_says_when_it_starts() {
    let shared = fs::read_to_string("deploy/shared.sh").unwrap();
    let units = shared.lines().find_map(|line| line.strip_prefix("units=\"")).unwrap();
    for unit in units.trim_end_matches('"').split_whitespace() {
        assert!(!unit_values(unit, "WantedBy").is_empty(), "{unit}");
    }
}

#[test]
fn a_folder_for_the_state_that_cannot_be_had_does_not_stop_the_service() {
    let value = |key| unit_values("rimshot.service", key);
    // both would: it requires the mount of a partition of its own
    assert_eq!(value("StateDirectory"), Vec::<String>::new());
    assert_eq!(value("RequiresMountsFor"), Vec::<String>::new());
    assert!(value("ExecStartPre").iter().all(|command| command.starts_with('-')));
    let folder = rimshot_state(&value("Environment").concat());
    assert_eq!(value("ReadWritePaths"), [format!("-{folder}")]);
    let mount = folder.trim_start_matches('/').replace('/', "-") + ".mount";
    for key in ["Wants", "After"] {
        assert!(value(key).contains(&mount), "{key}");
    }
}

fn rimshot_state(environment: &str) -> String {
    let set = environment.split_whitespace();
    set.filter_map(|pair| pair.strip_prefix("STATE_DIRECTORY=")).next().unwrap().to_owned()
}

#[test]
fn the_machine_is_switched_off_by_a_file_that_only_the_service_can_make() {
    let folder = format!("/run/{}", unit_values("rimshot.service", "RuntimeDirectory").concat());
    let file = unit_values("rimshot-shut-down.path", "PathExists").concat();
    assert_eq!(Path::new(&file).parent(), Some(Path::new(&folder)));
    // it is away before the machine goes down, so that one wish counts once
    let steps = unit_values("rimshot-shut-down.service", "ExecStart");
    assert!(steps[0].ends_with(&format!("rm -f {file}")), "{steps:?}");
    assert!(steps[1].ends_with("poweroff"), "{steps:?}");
}

#[test]
fn the_services_are_hardened() {
    if !there(&["systemd-analyze"]) {
        return;
    }
    for unit in ["rimshot", "rimshot-tuning", "rimshot-shut-down"] {
        // 20 is 2.0 of 10, "OK"
        let output = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
            .arg(format!("systemd/{unit}.service"))
            .output()
            .unwrap();
        let said = said(&output);
        if said.contains("unrecognized option") {
            println!("skipped: systemd is older than 250");
            return;
        }
        println!("{}", said.lines().last().unwrap_or_default());
        assert!(output.status.success(), "{said}");
    }
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
