//! The library against what disks, sticks and people do to files.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rimshot::kit::KitPlan;
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use rimshot::kit::sample::Frames;
use rimshot::library::load::{How, LoadMode, LoadedKit, load};
use rimshot::library::workers::Steer;
use rimshot::library::{SampleLibrary, load_kit};
use rimshot::words::{Severity, Slot};

/// A folder of its own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rimshot-library-{name}-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn header(bits: u16, channels: u16, rate: u32, bytes: u32) -> Vec<u8> {
    let frame = bits / 8 * channels;
    let mut out = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * u32::from(frame)).to_le_bytes());
    out.extend([frame.to_le_bytes(), bits.to_le_bytes()].concat());
    out.extend(b"data");
    out.extend(bytes.to_le_bytes());
    out
}

/// So many frames, that differ from file to file.
fn wav(bits: u16, rate: u32, frames: usize, seed: usize) -> Vec<u8> {
    let bytes = frames * usize::from(bits / 8);
    let mut out = header(bits, 1, rate, bytes as u32);
    out.extend((0..bytes).map(|i| (((i + seed) as u64 * 2_654_435_761) >> 13) as u8));
    out
}

fn layers(slot: Slot, files: Vec<PathBuf>) -> SoundPlan {
    let files = files.into_iter().map(Into::into).collect();
    let choice = ChoicePlan::Layers(vec![LayerPlan { velocity: [1, 127], files }]);
    SoundPlan::new(slot, vec![ArticulationPlan::whole(choice)])
}

fn plan(folder: &Folder, sounds: Vec<SoundPlan>) -> KitPlan {
    KitPlan {
        name: "kit".into(),
        folder: folder.0.clone(),
        program: None,
        trim: false,
        compact: false,
        sounds,
    }
}

fn how(threads: usize) -> How {
    How { rate: 48_000, threads, mode: LoadMode::Whole, thin: true }
}

fn loaded(plan: &KitPlan, threads: usize, steer: &mut dyn Steer) -> LoadedKit {
    let library = SampleLibrary::new(48_000);
    load(plan, &library, how(threads), steer).unwrap().unwrap()
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn the_kit_is_the_same_to_the_bit_whatever_the_number_of_threads() {
    let folder = Folder::new("threads");
    let file = |i: usize| match i % 5 {
        0 => wav(24, 48_000, 30_000 + i, i),
        1 => wav(16, 44_100, 20_000, i),
        2 => wav(24, 44_100, 9_000, i),
        3 => b"this is no recording".to_vec(),
        _ => wav(16, 48_000, 40_000, i),
    };
    let files = (0..30).map(|i| folder.write(format!("{i}.wav"), &file(i))).collect();
    let mut plan = plan(&folder, vec![layers(Slot::SNARE, files)]);
    for compact in [false, true] {
        plan.compact = compact;
        let [one, four] = [1, 4].map(|threads| loaded(&plan, threads, &mut go_on));
        assert_eq!(one.problems, four.problems);
        assert_eq!((one.kit.samples.len(), one.problems.len()), (24, 6));
        for (a, b) in one.kit.samples.iter().zip(&four.kit.samples) {
            assert!(a.data == b.data);
        }
    }
}

#[test]
fn kits_share_a_library_without_a_mutex() {
    let folder = Folder::new("share");
    let file = |i: usize| folder.write(format!("{i}.wav"), &wav(16, 48_000, 4000, i));
    let files: Vec<_> = (0..40).map(file).collect();
    // Eight kits of ten recordings, each of which another kit has too.
    let kits: Vec<_> = (0..8)
        .map(|k| {
            let own = (0..10).map(|i| files[(k * 5 + i) % files.len()].clone()).collect();
            plan(&folder, vec![layers(Slot::SNARE, own)])
        })
        .collect();
    let library = SampleLibrary::new(48_000);
    let kits: Vec<_> = std::thread::scope(|scope| {
        let load = |plan| load_kit(plan, &library, &mut go_on).unwrap().0;
        let threads: Vec<_> = kits.iter().map(|plan| scope.spawn(move || load(plan))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(library.len(), files.len());
    let samples = kits.iter().flat_map(|kit| &kit.samples);
    let addresses: HashSet<_> = samples.map(|sample| Arc::as_ptr(&sample.data)).collect();
    assert_eq!(addresses.len(), files.len());
    assert_eq!(library.bytes(), library.used());
}

#[test]
fn a_file_that_is_cut_while_the_kit_loads_gives_what_was_left_of_it() {
    let folder = Folder::new("cut");
    for bits in [16, 24] {
        let file =
            |i: usize| folder.write(format!("{bits}-{i}.wav"), &wav(bits, 48_000, 100_000, i));
        let files: Vec<_> = (0..6).map(file).collect();
        let plan = plan(&folder, vec![layers(Slot::SNARE, files.clone())]);
        // All have been looked at, none has been read.
        let mut steer = |done, _| {
            if done == 0 {
                let half = 44 + 50_000 * u64::from(bits / 8) + 1;
                OpenOptions::new().write(true).open(&files[5]).unwrap().set_len(half).unwrap();
                OpenOptions::new().write(true).open(&files[4]).unwrap().set_len(40).unwrap();
            }
            ControlFlow::Continue(())
        };
        let LoadedKit { kit, problems, .. } = loaded(&plan, 2, &mut steer);
        let lengths: Vec<_> = kit.samples.iter().map(|s| s.data.len()).collect();
        assert_eq!(lengths, [100_000, 100_000, 100_000, 100_000, 50_000]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].file, files[4]);
    }
}

#[test]
fn a_folder_that_vanishes_while_the_kit_loads_costs_what_was_not_read_yet() {
    let folder = Folder::new("vanish");
    let file = |i: usize| folder.write(format!("{i}.wav"), &wav(16, 48_000, 1000, i));
    let plan = plan(&folder, vec![layers(Slot::SNARE, (0..20).map(file).collect())]);
    let mut steer = |done, _| {
        if done == 5 {
            fs::remove_dir_all(&folder.0).unwrap();
        }
        ControlFlow::Continue(())
    };
    let LoadedKit { kit, problems, .. } = loaded(&plan, 1, &mut steer);
    let (read, lost) = (kit.samples.len(), problems.len());
    assert!(read >= 5 && lost > 0 && read + lost == 20, "{read} and {lost}");
    let said: HashSet<_> = problems.iter().map(|p| p.what.as_str()).collect();
    assert_eq!(said, HashSet::from(["there is no such file or folder"]));
}

#[test]
fn a_file_without_permission_costs_itself_and_a_sentence() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("permission");
    let open = folder.write("open.wav", &wav(16, 48_000, 100, 0));
    let shut = folder.write("shut.wav", &wav(16, 48_000, 100, 1));
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
    let plan = plan(&folder, vec![layers(Slot::SNARE, vec![open, shut.clone()])]);
    let run = move || {
        // Root may read everything: as far as files go this thread, and those that it
        // starts, are somebody else (65534 is nobody).
        // SAFETY: changes an identity of the calling thread, and touches no memory.
        unsafe { libc::setfsuid(65_534) };
        if File::open(&shut).is_ok() {
            eprintln!("permissions mean nothing to this system's root: left out");
            return;
        }
        let LoadedKit { kit, problems, .. } = loaded(&plan, 2, &mut go_on);
        assert_eq!((kit.samples.len(), problems.len()), (1, 1));
        assert_eq!(problems[0].file, shut);
        assert_eq!(problems[0].what, "there is no permission to read it");
    };
    std::thread::spawn(run).join().unwrap();
}

#[test]
fn ten_thousand_recordings_are_one_kit_and_lazily_they_are_ten_thousand_holes() {
    let folder = Folder::new("many");
    let bytes = wav(16, 48_000, 8, 0);
    let file = |i: usize| folder.write(format!("{i}.wav"), &bytes);
    let plan = plan(&folder, vec![layers(Slot::SNARE, (0..10_000).map(file).collect())]);
    let library = SampleLibrary::new(48_000);
    let lazy = How { mode: LoadMode::Lazy, ..how(4) };
    let LoadedKit { kit, sources, .. } = load(&plan, &library, lazy, &mut go_on).unwrap().unwrap();
    assert!(library.is_empty() && kit.samples.iter().all(|sample| sample.hole));
    assert_eq!((kit.samples.len(), sources.len()), (10_000, 10_000));
    let (kit, problems) = load_kit(&plan, &library, &mut go_on).unwrap();
    assert_eq!((kit.samples.len(), library.len(), problems), (10_000, 10_000, vec![]));
}

#[test]
fn two_gigabytes_are_refused_by_their_length_without_being_read() {
    let folder = Folder::new("huge");
    // Sparse: it takes no room on the disk.
    let sparse = |name: &str, head: &[u8]| {
        let path = folder.0.join(name);
        let mut file = File::create(&path).unwrap();
        file.write_all(head).unwrap();
        file.set_len((2 << 30) + 44).unwrap();
        path
    };
    let library = SampleLibrary::new(48_000);
    let huge = sparse("huge.wav", &header(16, 2, 48_000, 2 << 30));
    let problem = library.get_or_load(&huge, 0.0, false).unwrap_err();
    assert!(problem.what.starts_with("it has 536870912 frames; at most 134217728 values"));
    // The same size on disk, but only a moment of it sound.
    let small = sparse("small.wav", &wav(16, 48_000, 500, 1));
    assert_eq!(library.get_or_load(&small, 0.0, false).unwrap().len(), 500);
}

#[test]
fn names_in_any_script_and_in_none_are_loaded_and_listed() {
    let folder = Folder::new("names");
    let names: [&[u8]; 4] =
        ["tröm🥁mel.wav".as_bytes(), "太鼓.WAV".as_bytes(), b"caf\xe9.wav", b"\xff\xfe 2.wav"];
    let write = |(i, name): (usize, &&[u8])| {
        folder.write(Path::new(OsStr::from_bytes(name)), &wav(16, 48_000, 100 + i, i))
    };
    let files: Vec<_> = names.iter().enumerate().map(write).collect();
    let library = SampleLibrary::new(48_000);
    assert_eq!(library.folder(&folder.0).unwrap().len(), 4);
    let plan = plan(&folder, vec![layers(Slot::SNARE, files)]);
    let (kit, problems) = load_kit(&plan, &library, &mut go_on).unwrap();
    assert_eq!(problems, []);
    let lengths: Vec<_> = kit.samples.iter().map(|s| s.data.len()).collect();
    assert_eq!(lengths, [100, 101, 102, 103]);
}

#[test]
fn a_kit_that_does_not_fit_becomes_compact_then_poorer_and_is_never_above_the_budget() {
    let folder = Folder::new("fit");
    // Rising loudness, so that the softest and the loudest can be told apart.
    let file = |i: usize| {
        let mut bytes = header(24, 1, 48_000, 3 * 10_000);
        bytes.extend([0, 0, 10 * (i as u8 + 1)].repeat(10_000));
        folder.write(format!("{i}.wav"), &bytes)
    };
    let files: Vec<_> = (0..8).map(file).collect();
    let choice = ChoicePlan::Measured(files.into_iter().map(Into::into).collect());
    let sound = SoundPlan::new(Slot::SNARE, vec![ArticulationPlan::whole(choice)]);
    let plan = plan(&folder, vec![sound]);
    let float = 10_000 * 4 + 40 * 4;
    let short = 10_000 * 2 + 40 * 4;
    let load_in = |budget: usize| {
        let library = SampleLibrary::with_budget(48_000, budget);
        let loaded = load(&plan, &library, how(3), &mut go_on).unwrap();
        assert!(library.most_used() <= budget);
        loaded.map(|LoadedKit { kit, problems, .. }| {
            let samples = kit.samples.iter().map(|s| &s.data);
            let is_float = samples.clone().any(|s| matches!(s.frames, Frames::MonoF32(_)));
            let loudness: Vec<_> = samples.map(|s| (s.loudness * 12.8).round() as i32).collect();
            (loudness, is_float, problems.into_iter().map(|p| p.severity).collect::<Vec<_>>())
        })
    };
    let all: Vec<_> = (1..=8).collect();
    assert_eq!(load_in(8 * float).unwrap(), (all.clone(), true, vec![]));
    assert_eq!(load_in(8 * short).unwrap(), (all, false, vec![Severity::Note]));
    assert_eq!(load_in(3 * short).unwrap(), (vec![1, 5, 8], false, vec![Severity::Warning]));
    assert_eq!(load_in(short).unwrap(), (vec![8], false, vec![Severity::Warning]));
    let refused = load_in(short - 1).unwrap_err();
    assert!(refused.what.ends_with("not even one of its recordings fits"), "{}", refused.what);
}
