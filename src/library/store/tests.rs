//! The shelves over files of a few frames.

use super::*;
use crate::kit::sample::Frames;
use crate::library::tests::{Folder, wav_bytes};

fn library() -> SampleLibrary {
    SampleLibrary::new(48_000)
}

#[test]
fn one_file_reached_by_two_paths_is_one_sample() {
    let folder = Folder::new("share");
    let file = folder.write("kick.wav", &wav_bytes(48_000, &[1000; 8]));
    let link = folder.path().join("link.wav");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let library = library();
    let a = library.get_or_load(&file, 0.0, false).unwrap();
    let b = library.get_or_load(&link, 0.0, false).unwrap();
    assert!(Arc::ptr_eq(&a, &b));
    assert_eq!((library.len(), library.bytes()), (1, 8 * 2 + 4));
    assert_eq!(a.frames, Frames::Mono16([1000; 8].into()));
}

#[test]
fn another_tuning_trim_or_rate_is_another_sample() {
    let folder = Folder::new("keys");
    let file = folder.write("a.wav", &wav_bytes(48_000, &[[0; 480], [9000; 480]].concat()));
    let library = library();
    let len = |tune, trim| library.get_or_load(&file, tune, trim).unwrap().len();
    assert_eq!(len(0.0, false), 960);
    assert_eq!(len(12.0, false), 480);
    // Half a millisecond is left before the onset.
    assert_eq!(len(0.0, true), 480 + 24);
    library.set_rate(96_000);
    assert_eq!(len(0.0, false), 1920);
    assert_eq!(library.len(), 4);
}

#[test]
fn sweeping_frees_what_nobody_else_owns() {
    let folder = Folder::new("sweep");
    let library = library();
    let load = |name, frames: usize| {
        let file = folder.write(name, &wav_bytes(48_000, &vec![5; frames]));
        library.get_or_load(&file, 0.0, false).unwrap()
    };
    let kept = load("kept.wav", 100);
    drop(load("gone.wav", 300));
    assert_eq!(library.sweep(), 300 * 2 + 2 * 4);
    assert_eq!((library.len(), library.bytes()), (1, kept.bytes()));
    assert_eq!(library.sweep(), 0);
    drop(kept);
    library.sweep();
    assert!(library.is_empty());
}

#[test]
fn a_file_that_was_replaced_is_read_again() {
    let folder = Folder::new("replace");
    let library = library();
    let file = folder.write("a.wav", &wav_bytes(48_000, &[1, 2, 3]));
    let old = library.get_or_load(&file, 0.0, false).unwrap();
    folder.write("a.wav", &wav_bytes(48_000, &[4, 5]));
    let new = library.get_or_load(&file, 0.0, false).unwrap();
    assert_eq!((old.len(), new.len()), (3, 2));
}

#[test]
fn many_threads_asking_at_once_share_one_sample() {
    let folder = Folder::new("threads");
    let file = folder.write("a.wav", &wav_bytes(44_100, &[700; 4000]));
    let library = library();
    let load = || library.get_or_load(&file, 0.0, false).unwrap();
    let got: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(got.iter().all(|data| Arc::ptr_eq(data, &got[0])));
    assert_eq!(library.len(), 1);
}

#[test]
fn what_cannot_be_loaded_is_named_with_its_file() {
    let folder = Folder::new("problems");
    let text = folder.write("notes.wav", b"hello, world");
    let said = |path: &Path| {
        let problem = library().get_or_load(path, 0.0, false).expect_err("no recording");
        assert_eq!(problem.file, path);
        problem.what
    };
    assert!(said(&text).starts_with("this is no WAV file: it begins with \"hell\""));
    assert_eq!(said(&folder.path().join("x.wav")), "there is no such file or folder");
    assert_eq!(said(folder.path()), "this is no file; a recording is needed");
    let none = Folder::new("none");
    let what = library().at(none.path(), 3).expect_err("nothing there").what;
    assert_eq!(what, "this folder holds no WAV file");
}

/// A file of so many frames, of other samples than its neighbours'.
fn file(folder: &Folder, name: &str, frames: usize) -> PathBuf {
    folder.write(name, &wav_bytes(48_000, &vec![name.len() as i16; frames]))
}

#[test]
fn what_was_not_asked_for_longest_makes_room_and_what_is_owned_stays() {
    let folder = Folder::new("oldest");
    let files = ["a", "b", "c", "d"].map(|name| file(&folder, name, 1000));
    let size = 1000 * 2 + 4 * 4;
    let library = SampleLibrary::with_budget(48_000, 3 * size);
    let load = |i: usize| library.get_or_load(&files[i], 0.0, false).unwrap();
    let owned = load(0);
    load(1);
    load(2);
    load(1);
    load(3);
    assert_eq!((library.len(), library.used(), library.most_used()), (3, 3 * size, 3 * size));
    let form = Form { rate: 48_000, millicents: 0, trim: false, compact: false };
    let here = |i: usize| {
        let probe = library.probe(&files[i], form).unwrap();
        library.find(&probe, false).is_some()
    };
    assert_eq!([0, 1, 2, 3].map(here), [true, true, false, true]);
    assert!(Arc::ptr_eq(&owned, &load(0)));
}

#[test]
fn what_has_no_room_is_said_with_its_size_and_leaves_the_rest_alone() {
    let folder = Folder::new("room");
    let [kept, large] = [("kept", 1000), ("large", 2000)].map(|(n, size)| file(&folder, n, size));
    let library = SampleLibrary::with_budget(48_000, 5000);
    let owned = library.get_or_load(&kept, 0.0, false).unwrap();
    let problem = library.get_or_load(&large, 0.0, false).unwrap_err();
    let wanted = "there is no room for its 0.0 MB: 0.0 MB of the 0.0 MB for samples are in use";
    assert_eq!((problem.file, problem.what.as_str()), (large.clone(), wanted));
    assert_eq!(library.used(), owned.bytes());
    drop(owned);
    assert!(library.get_or_load(&large, 0.0, false).is_ok());
    library.set_budget(0);
    assert_eq!((library.used(), library.len()), (0, 0));
}

#[test]
fn the_memory_of_a_sample_that_made_room_is_used_again() {
    let folder = Folder::new("again");
    // Eight of them fit; a buffer may wait where it fills no more than an eighth.
    let frames = 100_000usize;
    let size = frames * 2 + frames.div_ceil(256) * 4;
    let library = SampleLibrary::with_budget(48_000, 8 * size);
    let address = |i: usize| {
        let file = file(&folder, &"x".repeat(i + 1), frames);
        let data = library.get_or_load(&file, 0.0, false).unwrap();
        let Frames::Mono16(x) = &data.frames else { panic!() };
        assert!(x.iter().all(|&x| x == i as i16 + 1));
        x.as_ptr() as usize
    };
    let first: Vec<usize> = (0..8).map(address).collect();
    assert_eq!(address(8), first[0]);
    assert_eq!(address(9), first[1]);
    assert!(library.most_used() <= 8 * size);
}

#[test]
fn compact_halves_what_is_wide_and_shares_what_is_not() {
    let folder = Folder::new("compact");
    let narrow = file(&folder, "narrow", 500);
    let mut bytes = wav_bytes(48_000, &[]);
    bytes.truncate(36);
    bytes[32..36].copy_from_slice(&[3, 0, 24, 0]);
    bytes.extend(b"data\x2c\x01\0\0");
    bytes.extend([0, 0, 0x40].repeat(100));
    let wide = folder.write("wide", &bytes);
    let library = library();
    let load = |path: &Path| library.get_or_load(path, 0.0, false).unwrap();
    let (narrow_before, wide_before) = (load(&narrow), load(&wide));
    library.set_compact(true);
    let compact = load(&wide);
    assert!(Arc::ptr_eq(&narrow_before, &load(&narrow)));
    assert!(wide_before.frames.is_float() && !compact.frames.is_float());
    assert_eq!((wide_before.frames.bytes(), compact.frames.bytes()), (400, 200));
    assert_eq!(wide_before.loudness, compact.loudness);
    // Half of full scale, within rounding and dither.
    let Frames::Mono16(x) = &compact.frames else { panic!() };
    assert!(x.iter().all(|&x| (i32::from(x) - 16384).abs() <= 2));
    assert_eq!(library.len(), 3);
}
