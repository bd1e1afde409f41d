use std::fs;

use super::*;
use crate::app::config::StatePlace;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("etc")).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("etc/rimshot.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
    }

    /// A start of the service, and ten seconds of life.
    fn start(&self) -> Read {
        let state = Some(self.0.join("state"));
        let (read, mut keeper, said) =
            at_start(Some(&self.file()), false, Mode::Usual, state).ok().unwrap();
        assert_eq!(said, [""; 0]);
        if let Some(good) = &read.good {
            keeper.keep_good(good.clone());
            assert_eq!(keeper.write(), None);
        }
        read
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_mistake_after_a_good_start_leaves_every_setting_as_it_was_then_paths_too() {
    let folder = Folder::new("last-good");
    folder.write("[engine]\nvoices = 64\n[kits]\nfolders = ['../mine']\n");
    let clean = folder.start();
    assert_eq!((clean.standing, clean.odd.len()), (Standing::Clean, 0));
    for broken in
        ["[engine]\nvoices = 64\nlimiter = false\nvolume_db = 'loud'\n", "[engine", "\u{0}"]
    {
        folder.write(broken);
        let read = folder.start();
        assert_eq!((read.standing, &read.config), (Standing::LastGood, &clean.config));
        assert!(read.odd[0].contains("rimshot.toml:"), "{:?}", read.odd);
        let last = read.odd.last().unwrap();
        assert!(last.ends_with(": not used: the settings that worked last are used instead"));
    }
    assert_eq!(clean.config.kits.folders, [folder.0.join("etc/../mine")]);
    fs::remove_file(folder.file()).unwrap();
    fs::create_dir(folder.file()).unwrap();
    assert_eq!(folder.start().standing, Standing::LastGood, "it cannot even be read");
}

#[test]
fn without_a_good_start_a_mistake_costs_its_own_setting_and_no_toml_costs_all() {
    let folder = Folder::new("never-good");
    folder.write("[engine]\nvoices = 64\nvolume_db = 'loud'\n");
    let read = folder.start();
    assert_eq!((read.standing, read.config.engine.voices), (Standing::Partly, 64));
    folder.write("[engine");
    let read = folder.start();
    assert_eq!((read.standing, read.config), (Standing::Defaults, Config::default()));
    assert!(read.odd.last().unwrap().ends_with("not used: every setting is at its default"));
}

#[test]
fn a_copy_of_another_file_and_a_broken_copy_are_not_used() {
    let folder = Folder::new("other-copy");
    folder.write("volume");
    let copies = [
        "[engine]\nvoices = 64\n".to_owned(),
        format!("{}[engine", head(&folder.file())),
        format!("{}[engine]\nvoices = 64\n", head(Path::new("/etc/rimshot/rimshot.toml"))),
    ];
    for copy in copies {
        fs::create_dir_all(folder.0.join("state")).unwrap();
        fs::write(folder.0.join("state/good.toml"), &copy).unwrap();
        assert_eq!(folder.start().standing, Standing::Defaults, "{copy}");
    }
}

#[test]
fn who_names_a_file_by_hand_gets_that_file_or_its_mistakes() {
    let folder = Folder::new("by-hand");
    folder.write("[engine]\nvoices = 64\n");
    folder.start();
    folder.write("[engine");
    let by_hand =
        || at_start(Some(&folder.file()), true, Mode::Usual, Some(folder.0.join("state")));
    let (exit, said) = by_hand().err().unwrap();
    assert_eq!(exit, Exit::Input);
    assert!(said.ends_with(": not used"), "{said}");
    folder.write("[engine]\nvoices = 3\n");
    let (read, ..) = by_hand().ok().unwrap();
    assert_eq!((read.standing, read.good), (Standing::Partly, None));
}

#[test]
fn safe_mode_does_not_trust_the_file_but_finds_its_state() {
    let folder = Folder::new("safe");
    folder.write("[engine]\nvoices = 64\n[state]\nfolder = './mine'\n");
    let start = |mode| at_start(Some(&folder.file()), false, mode, None).ok().unwrap();
    let (read, keeper, _) = start(Mode::Safe);
    let state = folder.0.join("etc/./mine");
    assert_eq!(keeper.folder(), Some(state.as_path()));
    assert_eq!(read.standing, Standing::Safe);
    let place = StatePlace::Folder(state);
    assert_eq!(read.config, Config { state: place, ..Config::default() });
}

#[test]
fn settings_are_kept_as_good_once_the_module_has_lived_with_them() {
    let begin = Instant::now();
    let mut trial = Trial::new(Some("a".to_owned()), begin);
    assert_eq!(trial.passed(begin + LIVES), None);
    assert_eq!(trial.passed(begin + 2 * LIVES).as_deref(), Some("a"));
    assert_eq!(trial.passed(begin + 3 * LIVES), None, "once");
}
