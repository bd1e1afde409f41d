use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::kit::plan::{ChoicePlan, FilePlan, SoundPlan};
use crate::kit::{Cutoff, Dynamics, Envelope, Shape};
use crate::words::units::db_to_gain;

/// A folder for one test, gone when the test ends.
pub(super) struct Tree(pub PathBuf);

impl Tree {
    /// Makes these files, empty; a name with a line break is a file with contents.
    pub(super) fn new(files: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rimshot-kits-{}-{count}", std::process::id());
        let tree = Tree(std::env::temp_dir().join(name).join("Kit"));
        fs::create_dir_all(&tree.0).unwrap();
        for file in files {
            let (name, text) = file.split_once('\n').unwrap_or((file, ""));
            let path = tree.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    fn short(&self, path: &std::path::Path) -> String {
        path.strip_prefix(&self.0).unwrap_or(path).display().to_string()
    }

    /// What the kit plays, one line a sound: articulations by `;`, layers by `,`.
    fn plays(&self) -> Vec<String> {
        let Some(plan) = read(&self.0).0 else { return Vec::new() };
        plan.sounds.iter().map(|sound| self.line(sound)).collect()
    }

    fn line(&self, sound: &SoundPlan) -> String {
        let list = |files: &[FilePlan]| {
            files.iter().map(|f| self.short(&f.path)).collect::<Vec<_>>().join(" ")
        };
        let choice = |choice: &ChoicePlan| match choice {
            ChoicePlan::Measured(files) => list(files),
            ChoicePlan::Layers(layers) => {
                let layer = |l: &crate::kit::plan::LayerPlan| {
                    format!("{}-{} {}", l.velocity[0], l.velocity[1], list(&l.files))
                };
                layers.iter().map(layer).collect::<Vec<_>>().join(", ")
            }
        };
        let articulation = |a: &crate::kit::plan::ArticulationPlan| match a.openness {
            [0.0, 1.0] => choice(&a.choice),
            [from, to] => format!("[{from} {to}] {}", choice(&a.choice)),
        };
        let articulations: Vec<String> = sound.articulations.iter().map(articulation).collect();
        let note = sound.note.map_or(String::new(), |note| format!(" note {note}"));
        format!("{}{note}: {}", sound.slot, articulations.join("; "))
    }

    /// The problems, with paths below the kit.
    fn says(&self) -> Vec<String> {
        let kit = self.0.display().to_string();
        let line = |p: &Problem| p.to_string().replace(&format!("{kit}/"), "").replace(&kit, ".");
        read(&self.0).1.iter().map(line).collect()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

#[test]
fn with_level_a_folder_is_chosen_from_by_loudness_whatever_its_names_say() {
    let of = |text: &str| {
        let kit = format!("kit.toml\n{text}");
        let tree = Tree::new(&["snare/v1_rr1.wav", "snare/v2_rr1.wav", &kit]);
        let (plan, problems) = read(&tree.0);
        assert_eq!(problems, []);
        plan.unwrap().sounds[0].articulations[0].choice.clone()
    };
    let slot = "[slot.snare]\nsamples = 'snare'\n";
    assert!(matches!(of(slot), ChoicePlan::Layers(_)), "names of loudness make layers");
    let measured =
        |text: String| matches!(of(&text), ChoicePlan::Measured(files) if files.len() == 2);
    assert!(measured(format!("dynamics = 'level'\n{slot}")));
    assert!(measured(format!("{slot}dynamics = 'level'\n")));
    assert!(!measured(format!("dynamics = 'level'\n{slot}dynamics = 'layers'\n")));
}

#[test]
fn folders_and_files_named_after_drums_are_a_kit() {
    let kit = Tree::new(&[
        "kick/10.wav",
        "kick/9.WAV",
        "Snare 01.wav",
        "Snare 02.wav",
        "SnareRim.wav",
        "Tom Hi.wav",
        "Tom Floor.wav",
        "readme.txt",
        ".hidden.wav",
        "__MACOSX/kick/9.wav",
    ]);
    let wanted = [
        "kick: kick/9.WAV kick/10.wav",
        "snare: Snare 01.wav Snare 02.wav",
        "snare.rim: SnareRim.wav",
        "tom1: Tom Hi.wav",
        "tom2: Tom Floor.wav",
    ];
    assert_eq!(kit.plays(), wanted);
    assert_eq!(kit.says(), [""; 0]);
    let plan = read(&kit.0).0.unwrap();
    assert_eq!((plan.name.as_str(), plan.program, plan.trim), ("Kit", None, true));
}

#[test]
fn hydrogens_rock_kit_needs_no_description() {
    let stems = "24Ride Bell Cowbell Crash CrashFlink HandClap HatClosed HatOpen HatPedal \
                 HatSemiOpen Kick Ride SideStick Snare SnareRimshot Splash Tom1 Tom2 TomFloor";
    let files: Vec<String> = stems
        .split_whitespace()
        .flat_map(|stem| ["Softest", "Hard"].map(|word| format!("{stem}-{word}.wav")))
        .collect();
    let kit = Tree::new(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let slots: Vec<String> =
        read(&kit.0).0.unwrap().sounds.iter().map(|s| s.slot.to_string()).collect();
    let wanted = "kick snare snare.rim snare.xstick tom1 tom2 tom3 hihat hihat.pedal crash1 ride \
                  ride.bell splash note.39 note.56";
    assert_eq!(slots.join(" "), wanted);
    assert_eq!(kit.plays()[0], "kick: 1-63 Kick-Softest.wav, 64-127 Kick-Hard.wav");
    assert_eq!(kit.says(), [""; 0]);
}

#[test]
fn a_floor_tom_comes_after_the_numbered_toms() {
    let kit = Tree::new(&["tom1.wav", "tom2.wav", "Floor Tom.wav", "Low Floor Tom rim.wav"]);
    let wanted = [
        "tom1: tom1.wav",
        "tom2: tom2.wav",
        "tom3: Floor Tom.wav",
        "tom4.rim: Low Floor Tom rim.wav",
    ];
    assert_eq!(kit.plays(), wanted);
}

#[test]
fn hihat_recordings_share_out_the_openness_between_them() {
    let kit = Tree::new(&["hihat/closed/1.wav", "hihat/half/1.wav", "hihat/open/1.wav"]);
    let three = "hihat: [0 0.2] hihat/closed/1.wav; [0.2 0.6] hihat/half/1.wav; \
                 [0.6 1] hihat/open/1.wav";
    assert_eq!(kit.plays(), [three]);
    let two = Tree::new(&["HatOpen.wav", "Hat.wav"]);
    assert_eq!(two.plays(), ["hihat: [0 0.2] Hat.wav; [0.2 1] HatOpen.wav"]);
    assert_eq!(Tree::new(&["HatOpen.wav"]).plays(), ["hihat: HatOpen.wav"]);
}

#[test]
fn numbers_are_notes_of_general_midi_and_the_second_kick_belongs_to_its_note() {
    let kit = Tree::new(&[
        "35.wav",
        "36_v1_rr1.wav",
        "36_v1_rr2.wav",
        "36_v2.wav",
        "42.wav",
        "46.wav",
        "22.wav",
        "56.wav",
    ]);
    let wanted = [
        "kick: 1-63 36_v1_rr1.wav 36_v1_rr2.wav, 64-127 36_v2.wav",
        "kick note 35: 35.wav",
        "hihat: [0 0.2] 42.wav; [0.2 1] 46.wav",
        "note.22: 22.wav",
        "note.56: 56.wav",
    ];
    assert_eq!(kit.plays(), wanted);
}

#[test]
fn a_kit_may_be_numbered_like_a_roland() {
    let kit = Tree::new(&["kit.toml\nnotes = 'roland'", "22.wav", "26.wav", "58.wav"]);
    let wanted = ["tom3.rim: 58.wav", "hihat.edge: [0 0.2] 22.wav; [0.2 1] 26.wav"];
    assert_eq!(kit.plays(), wanted);
}

#[test]
fn a_collection_without_meaning_plays_the_notes_from_36_on() {
    let kit = Tree::new(&["b2.wav", "b10.wav", "a/z.wav"]);
    assert_eq!(kit.plays(), ["kick: a/z.wav", "snare: b10.wav", "snare.xstick: b2.wav"]);
    let said = ".: note: no name in it is understood as a slot or a drum's note; \
                its recordings play notes 36 to 38 in the order of their names";
    assert_eq!(kit.says(), [said]);
    let counted = Tree::new(&["000.wav", "001.wav"]);
    assert_eq!(counted.plays(), ["kick: 000.wav", "snare.xstick: 001.wav"]);
}

#[test]
fn more_recordings_than_notes_are_left_out_aloud() {
    let names: Vec<String> = (0..100).map(|n| format!("x/thing {n}.wav")).collect();
    let kit = Tree::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(read(&kit.0).0.unwrap().files().count(), 92);
    let said = kit.says();
    assert!(said[0].contains("notes 36 to 127"), "{said:?}");
    let rest = "x: note: 8 recordings such as 'thing 92.wav' are \
                not understood as a slot or a note; left out";
    assert_eq!(said[1], rest);
}

#[test]
fn what_no_name_explains_is_said_folder_by_folder() {
    let kit = Tree::new(&["kick.wav", "whoosh.wav", "fx/1 a.wav", "fx/2 a.wav", "kick.flac"]);
    let wanted = [
        "kick.flac: note: not a .wav file; left out",
        "whoosh.wav: note: not understood as a slot or a note; left out",
        "fx: note: 2 recordings such as '1 a.wav' are not understood as a slot or a note; left out",
    ];
    let mut said = kit.says();
    said.sort_by_key(|line| wanted.iter().position(|w| w == line));
    assert_eq!(said, wanted);
}

#[test]
fn a_kit_toml_says_what_plays_and_how() {
    let kit = Tree::new(&[
        "kit.toml\nname = 'Studio'\nprogram = 7\ngain_db = -2\n[slot.snare]\nsamples = 'SD'\n\
         gain_db = 1.5\npan = -0.5\ntune = 2\nchoke = 'x'\nchoke_self = true\nchokes = ['ride']\n\
         dynamics = 'level'\n[slot.snare.rim]\nsamples = ['sd/b.wav', 'sd/a.wav']\n\
         [slot.hihat]\narticulations = [{ openness = [0, 0.3], samples = 'c.wav' }, \
         { openness = [0.3, 1], layers = [{ velocity = [64, 127], samples = 'o2.wav' }, \
         { velocity = [1, 63], samples = ['o1.wav'] }] }]\n",
        "sd/a.wav",
        "sd/b.wav",
        "c.wav",
        "o1.wav",
        "o2.wav",
        "kick.wav",
    ]);
    assert_eq!(kit.says(), [""; 0]);
    let wanted = [
        "snare: sd/a.wav sd/b.wav",
        "snare.rim: sd/b.wav sd/a.wav",
        "hihat: [0 0.3] c.wav; [0.3 1] 1-63 o1.wav, 64-127 o2.wav",
    ];
    assert_eq!(kit.plays(), wanted);
    let plan = read(&kit.0).0.unwrap();
    assert_eq!((plan.name.as_str(), plan.program, plan.trim), ("Studio", Some(7), false));
    let snare = &plan.sounds[0];
    assert_eq!([snare.gain_db, snare.pan, snare.tune], [-0.5, -0.5, 2.0]);
    assert_eq!((snare.choke.as_deref(), snare.choke_self), (Some("x"), true));
    assert!(snare.chokes.has(crate::words::Slot::from_name("ride.bell").unwrap()));
    assert_eq!(snare.dynamics, Some(Dynamics::Level));
    assert_eq!(plan.sounds[1].gain_db, -2.0);
}

#[test]
fn tables_of_notes_follow_the_same_rule_as_numbers() {
    let text = "kit.toml\n[slot.note.35]\nsamples = 'a.wav'\n[slot.note.36]\nsamples = 'b.wav'\n\
                [slot.note.38]\nsamples = 'c.wav'\n[slot.snare]\nsamples = 'd.wav'\n\
                [slot.'note.56']\nsamples = 'e.wav'";
    let kit = Tree::new(&[text, "a.wav", "b.wav", "c.wav", "d.wav", "e.wav"]);
    let wanted = [
        "kick: b.wav",
        "kick note 35: a.wav",
        "snare: d.wav",
        "snare note 38: c.wav",
        "note.56: e.wav",
    ];
    assert_eq!(kit.plays(), wanted);
    assert_eq!(kit.says(), [""; 0]);
}

#[test]
fn tables_without_recordings_adjust_what_the_names_say() {
    let text = "kit.toml\ndynamics = 'layers'\n[slot.snare]\ngain_db = -3\n\
                [slot.note.35]\npan = 1\n[slot.ride]\npan = 0\n";
    let kit = Tree::new(&[text, "snare.wav", "35.wav", "36.wav"]);
    let warning = "kit.toml:6:7: warning: no recording is named after 'ride'";
    assert_eq!(kit.says(), [warning]);
    let plan = read(&kit.0).0.unwrap();
    let got: Vec<_> = plan.sounds.iter().map(|s| (s.slot.to_string(), s.gain_db, s.pan)).collect();
    let wanted = [("kick", 0.0, 0.0), ("kick", 0.0, 1.0), ("snare", -3.0, 0.0)];
    assert_eq!(got, wanted.map(|(slot, gain, pan)| (slot.to_owned(), gain, pan)));
    assert!(plan.sounds.iter().all(|s| s.dynamics == Some(Dynamics::Layers)));
    assert!(plan.trim);
}

#[test]
fn paths_stay_inside_the_kit_and_are_found_in_any_case() {
    let text = "kit.toml\n[slot.kick]\nsamples = ['BD/Kick.WAV', 'bd/../top.wav']\n\
                [slot.snare]\nsamples = '../Kit/top.wav'\n[slot.ride]\nsamples = '/etc/x.wav'";
    let kit = Tree::new(&[text, "bd/kick.wav", "Top.wav"]);
    assert_eq!(kit.plays(), ["kick: bd/kick.wav Top.wav"]);
    let wanted = [
        "kit.toml:4:11: error: '../Kit/top.wav' leads out of the kit's folder; \
         allowed: paths below it",
        "kit.toml:6:11: error: '/etc/x.wav' leads out of the kit's folder; \
         allowed: paths below it",
    ];
    assert_eq!(kit.says(), wanted);
}

#[test]
fn a_folder_that_is_not_there_or_a_file_is_said() {
    let kit = Tree::new(&["kick.wav"]);
    let (plan, problems) = read(&kit.0.join("gone"));
    assert!(plan.is_none());
    assert!(
        problems[0]
            .to_string()
            .ends_with("gone: error: cannot be read (No such file or directory)")
    );
    let (plan, problems) = read(&kit.0.join("kick.wav"));
    assert!(plan.is_none() && problems[0].what == "not a folder");
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn circles_of_links_end_and_broken_links_are_said() {
        let kit = Tree::new(&["snare/1.wav"]);
        symlink(&kit.0, kit.0.join("snare/again")).unwrap();
        symlink("snare", kit.0.join("zz kick")).unwrap();
        symlink("gone.wav", kit.0.join("kick.wav")).unwrap();
        assert_eq!(kit.plays(), ["snare: snare/1.wav"]);
        let said = "kick.wav: warning: cannot be read (No such file or directory); left out";
        assert_eq!(kit.says(), [said]);
    }

    #[test]
    fn names_that_are_not_utf8_are_read_as_far_as_they_go() {
        let kit = Tree::new(&["größe/Snare ♥.wav"]);
        fs::write(kit.0.join(OsStr::from_bytes(b"kick \xff.wav")), "").unwrap();
        fs::write(kit.0.join(OsStr::from_bytes(b"\xff\xfe.wav")), "").unwrap();
        let slots: Vec<String> =
            read(&kit.0).0.unwrap().sounds.iter().map(|s| s.slot.to_string()).collect();
        assert_eq!(slots, ["kick", "snare"]);
        assert_eq!(kit.says().len(), 1);
    }

    #[test]
    fn folders_deeper_than_four_are_said_and_left_out() {
        let kit = Tree::new(&["snare/a/b/c/1.wav", "snare/a/b/c/d/2.wav"]);
        assert_eq!(kit.plays(), ["snare: snare/a/b/c/1.wav"]);
        assert_eq!(kit.says(), ["snare/a/b/c/d: note: more than 4 folders deep; left out"]);
    }
}

#[test]
fn ten_thousand_recordings_are_one_measured_choice_each_in_order() {
    let kit = Tree::new(&["snare/x.wav"]);
    for n in 0..10_000 {
        fs::write(kit.0.join(format!("snare/hit {n}.wav")), "").unwrap();
    }
    let plan = read(&kit.0).0.unwrap();
    let files: Vec<_> = plan.files().map(|(file, _)| kit.short(file)).collect();
    assert_eq!(files.len(), 10_001);
    assert_eq!(files[9_999], "snare/hit 9999.wav");
}

#[test]
fn memory_is_compact_only_where_the_kit_asks_for_it() {
    let compact = |line: &str| {
        let text = format!("kit.toml\n{line}");
        let kit = Tree::new(&[&text, "snare.wav"]);
        (read(&kit.0).0.is_some_and(|plan| plan.compact), kit.says())
    };
    assert_eq!(compact("memory = 'compact'"), (true, vec![]));
    assert_eq!(compact("memory = 'as-recorded'"), (false, vec![]));
    assert_eq!(compact(""), (false, vec![]));
    let (stays, said) = compact("memory = 'tiny'");
    assert!(!stays && said[0].contains("allowed: \"as-recorded\", \"compact\""), "{said:?}");
}

#[test]
fn a_slot_says_how_its_sound_is_shaped_and_what_it_leaves_out_changes_nothing() {
    let text = "kit.toml\n[slot.snare]\nsamples = 's.wav'\nattack = 5\ndecay = 300\n\
                lowpass = 8000\nlowpass_velocity = 2\nlowpass_position = -0.5\n\
                highpass = 60.5\ntune_velocity = 0.5\nreverb = -6\n\
                [slot.kick]\nsamples = 's.wav'\nrelease = 40\nreverb = 'off'\n\
                [slot.tom1]\nsamples = 's.wav'";
    let kit = Tree::new(&[text, "s.wav"]);
    assert_eq!(kit.says(), [""; 0]);
    let sounds = read(&kit.0).0.unwrap().sounds;
    let release = Envelope { release: Some(40.0), ..Envelope::NONE };
    assert_eq!(sounds[0].shape.envelope, Some(release));
    assert_eq!(sounds[0].shape.reverb, 0.0);
    let wanted = Shape {
        envelope: Some(Envelope { attack: 5.0, decay: Some(300.0), ..Envelope::NONE }),
        lowpass: Some(Cutoff { base: 8000.0, velocity: 2.0, position: -0.5 }),
        highpass: Some(Cutoff::fixed(60.5)),
        tune_velocity: 0.5,
        reverb: db_to_gain(-6.0),
    };
    assert_eq!(sounds[1].shape, wanted);
    assert_eq!(sounds[2].shape, Shape::default());
}

#[test]
fn tunings_of_kit_slot_and_recording_are_added_up_to_two_octaves() {
    let text = "kit.toml\ntune = 2\n[slot.snare]\ntune = 1.5\n\
                samples = ['a.wav', { file = 'b.wav', tune = -1, gain_db = 3 }]\n\
                [slot.tom1]\ntune = 23\nsamples = ['a.wav', { file = 'a.wav', tune = 4 }]\n\
                [slot.tom2]\nlayers = [{ velocity = [1, 127], \
                samples = { file = 'b.wav', tune = -20.5 } }]\n";
    let kit = Tree::new(&[text, "a.wav", "b.wav"]);
    let plan = read(&kit.0).0.unwrap();
    let tunes: Vec<f32> = plan.files().map(|(_, tune)| tune).collect();
    assert_eq!(tunes, [3.5, 2.5, 24.0, 24.0, -18.5]);
    let ChoicePlan::Measured(files) = &plan.sounds[0].articulations[0].choice else { panic!() };
    assert_eq!([files[0].gain_db, files[1].gain_db], [0.0, 3.0]);
    let wanted = [
        "kit.toml:6:8: warning: 'tune' is 23 on top of 2, which makes 25 semitones; \
         allowed: -24 to 24 in all, so 24 is used",
        "kit.toml:7:46: warning: 'tune' is 4 on top of 24, which makes 28 semitones; \
         allowed: -24 to 24 in all, so 24 is used",
    ];
    assert_eq!(kit.says(), wanted);
}

#[test]
fn a_kits_tuning_and_a_slots_shape_also_hold_where_names_describe_it() {
    let text = "kit.toml\ntune = -3\n[slot.snare]\ntune = 1\nlowpass = 500";
    let kit = Tree::new(&[text, "snare.wav", "kick.wav"]);
    assert_eq!(kit.says(), [""; 0]);
    let plan = read(&kit.0).0.unwrap();
    assert_eq!(plan.files().map(|(_, tune)| tune).collect::<Vec<_>>(), [-3.0, -2.0]);
    assert_eq!(plan.sounds[0].shape, Shape::default());
    assert_eq!(plan.sounds[1].shape.lowpass, Some(Cutoff::fixed(500.0)));
}
