//! From a kit's plan to the kit that the engine plays.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::SampleLibrary;
use super::store::millicents;
use crate::kit::{Kit, KitPlan, SampleData};
use crate::words::{Problem, Severity};

/// Silence before the sound that a drummer may feel: a recording that begins later is
/// named.
const LATE_MS: f32 = 2.0;

/// Loads every recording of a plan, each once, at the library's rate, and builds the
/// kit. `progress` is told how many of how many recordings are done, before each one and
/// at the end; when it breaks, the load ends there and gives `None`. A recording that
/// cannot be loaded costs itself and one problem; one that begins late and is not
/// trimmed is noted. Thread: loader.
pub fn load_kit(
    plan: &KitPlan,
    library: &SampleLibrary,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Option<(Kit, Vec<Problem>)> {
    load_kit_for(library.rate(), plan, library, progress)
}

/// As [`load_kit`], at a given rate: the library's may change meanwhile.
pub fn load_kit_for(
    rate: u32,
    plan: &KitPlan,
    library: &SampleLibrary,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Option<(Kit, Vec<Problem>)> {
    let mut order: Vec<(&Path, f32)> = Vec::new();
    let mut samples: HashMap<(&Path, i32), Option<Arc<SampleData>>> = HashMap::new();
    for (path, tune) in plan.files() {
        samples.entry((path, millicents(tune))).or_insert_with(|| {
            order.push((path, tune));
            None
        });
    }
    let mut problems = Vec::new();
    for (done, &(path, tune)) in order.iter().enumerate() {
        if progress(done, order.len()).is_break() {
            return None;
        }
        match library.load_for(rate, path, tune, plan.trim) {
            Ok(loaded) => {
                if !plan.trim && loaded.onset_ms > LATE_MS {
                    problems.push(late(path, loaded.onset_ms));
                }
                samples.insert((path, millicents(tune)), Some(loaded.data));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if progress(order.len(), order.len()).is_break() {
        return None;
    }
    // The same file in two tunings is late once.
    let mut seen = HashSet::new();
    problems.retain(|p| seen.insert((p.file.clone(), p.what.clone())));
    let kit = Kit::build(plan, |path, tune| samples.get(&(path, millicents(tune))).cloned()?);
    Some((kit, problems))
}

fn late(path: &Path, onset_ms: f32) -> Problem {
    let what = format!(
        "the sound begins {onset_ms:.1} ms into the file, {LATE_MS:.0} ms are allowed; \
         `trim = true` in kit.toml removes what is before"
    );
    Problem::new(Severity::Note, path, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
    use crate::library::tests::{Folder, wav_bytes};
    use crate::words::Slot;

    fn plan(folder: &Folder, sounds: &[(Slot, f32, &[&str])]) -> KitPlan {
        let sound = |&(slot, tune, names): &(Slot, f32, &[&str])| {
            let files = names.iter().map(|n| folder.path().join(n)).collect();
            let layer = LayerPlan { velocity: [1, 127], files };
            let whole = ArticulationPlan::whole(ChoicePlan::Layers(vec![layer]));
            SoundPlan { tune, ..SoundPlan::new(slot, vec![whole]) }
        };
        KitPlan {
            name: "Studio".into(),
            folder: folder.path().into(),
            program: None,
            trim: false,
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
        let mut plan =
            plan(&folder, &[(Slot::SNARE, 0.0, &files), (Slot::KICK, 3.0, &["late.wav"])]);
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
            let kit = load_kit(&plan, &library, &mut |done, total| {
                told.push((done, total));
                if done == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            (kit.is_some(), told, library.len())
        };
        assert_eq!(run(9), (true, vec![(0, 3), (1, 3), (2, 3), (3, 3)], 3));
        assert_eq!(run(1), (false, vec![(0, 3), (1, 3)], 1));
    }
}
