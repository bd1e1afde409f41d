//! Whole kits of a few frames.

use super::*;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use crate::library::tests::{Folder, wav_bytes};
use crate::words::Slot;

fn plan(folder: &Folder, sounds: &[(Slot, f32, &[&str])]) -> KitPlan {
    let sound = |&(slot, tune, names): &(Slot, f32, &[&str])| {
        let files = names.iter().map(|n| folder.path().join(n).into()).collect();
        let layer = LayerPlan { velocity: [1, 127], files };
        let whole = ArticulationPlan::whole(ChoicePlan::Layers(vec![layer]));
        SoundPlan { tune, ..SoundPlan::new(slot, vec![whole]) }
    };
    KitPlan {
        name: "Studio".into(),
        folder: folder.path().into(),
        program: None,
        trim: false,
        compact: false,
        sounds: sounds.iter().map(sound).collect(),
    }
}
fn load(plan: &KitPlan, library: &SampleLibrary) -> (Kit, Vec<Problem>) {
    load_kit(plan, library, &mut |_, _| ControlFlow::Continue(())).unwrap()
}

#[test]
fn every_recording_is_loaded_once_and_shared_by_the_sounds_that_name_it() {
    let folder = Folder::new("once");
    folder.write("a.wav", &wav_bytes(48_000, &[900; 64]));
    let plan = plan(
        &folder,
        &[
            (Slot::SNARE, 0.0, &["a.wav", "a.wav"]),
            (Slot::KICK, 0.0, &["a.wav"]),
            (Slot::HIHAT, -12.0, &["a.wav"]),
        ],
    );
    let library = SampleLibrary::new(48_000);
    let (kit, problems) = load(&plan, &library);
    assert_eq!((problems, library.len(), kit.samples.len()), (vec![], 2, 4));
    assert!(Arc::ptr_eq(&kit.samples[0].data, &kit.samples[2].data));
    assert_eq!(kit.samples[3].data.len(), 128);
}

#[test]
fn a_bad_file_costs_itself_and_one_problem() {
    let folder = Folder::new("bad");
    folder.write("good.wav", &wav_bytes(48_000, &[900; 64]));
    let bad = folder.write("bad.wav", b"FORM\0\0\0\0AIFF");
    let plan = plan(
        &folder,
        &[
            (Slot::SNARE, 0.0, &["good.wav", "bad.wav", "gone.wav", "bad.wav"]),
            (Slot::KICK, 0.0, &["bad.wav"]),
        ],
    );
    let (kit, problems) = load(&plan, &SampleLibrary::new(48_000));
    assert_eq!((kit.samples.len(), kit.sounds.len(), problems.len()), (1, 1, 2));
    assert_eq!(problems[0].file, bad);
    assert_eq!(problems[0].what, "this is an AIFF file; rimshot reads WAV");
}

#[test]
fn a_late_recording_is_noted_with_its_onset_unless_it_is_trimmed() {
    let folder = Folder::new("late");
    // 10 kHz: 125 frames are 12.5 ms, 20 are the 2 ms that are allowed.
    let late = folder.write("late.wav", &wav_bytes(10_000, &[[0; 125], [800; 125]].concat()));
    folder.write("early.wav", &wav_bytes(10_000, &[[0; 20], [800; 20]].concat()));
    let files = ["late.wav", "early.wav"];
    let mut plan = plan(&folder, &[(Slot::SNARE, 0.0, &files), (Slot::KICK, 3.0, &["late.wav"])]);
    let library = SampleLibrary::new(10_000);
    let (_, problems) = load(&plan, &library);
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].severity, &problems[0].file), (Severity::Note, &late));
    assert!(problems[0].what.starts_with("the sound begins 12.5 ms into the file"));
    plan.trim = true;
    assert_eq!(load(&plan, &library).1, vec![]);
}

#[test]
fn progress_counts_recordings_and_a_break_ends_the_load_between_two_of_them() {
    let folder = Folder::new("progress");
    for name in ["1.wav", "2.wav", "3.wav"] {
        folder.write(name, &wav_bytes(48_000, &[900; 8]));
    }
    let plan = plan(&folder, &[(Slot::SNARE, 0.0, &["1.wav", "2.wav", "3.wav", "1.wav"])]);
    let run = |stop_at: usize| {
        let library = SampleLibrary::new(48_000);
        let mut told = Vec::new();
        let mut steer = |done, total| {
            told.push((done, total));
            if done == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let how = How { rate: 48_000, threads: 1, mode: LoadMode::Whole, thin: true };
        let kit = super::load(&plan, &library, how, &mut steer);
        (kit.is_some(), told, library.len() == 3)
    };
    assert_eq!(run(9), (true, vec![(0, 3), (1, 3), (2, 3), (3, 3)], true));
    assert_eq!(run(1), (false, vec![(0, 3), (1, 3)], false));
}
