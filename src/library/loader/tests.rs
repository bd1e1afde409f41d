//! The loader over folders of a few frames.

use super::*;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
use crate::library::tests::{Folder, wav_bytes};
use crate::words::Slot;

/// A kit of one snare: `snare.wav` in its folder.
fn snare(folder: &Path) -> (Option<KitPlan>, Vec<Problem>) {
    let choice = ChoicePlan::Measured(vec![folder.join("snare.wav")]);
    let plan = KitPlan {
        name: folder.file_name().unwrap().to_string_lossy().into_owned(),
        folder: folder.into(),
        program: Some(7),
        trim: false,
        compact: false,
        sounds: vec![SoundPlan::new(Slot::SNARE, vec![ArticulationPlan::whole(choice)])],
    };
    (Some(plan), vec![Problem::warning(folder, "said by the plan")])
}

fn kits(names: &[&str]) -> Folder {
    let folder = Folder::new("loader");
    for name in names {
        folder.write(&format!("{name}/snare.wav"), &wav_bytes(48_000, &[900; 64]));
    }
    folder
}

fn start(read_plan: impl Fn(&Path) -> (Option<KitPlan>, Vec<Problem>) + Send + 'static) -> Loader {
    Loader::start(Arc::new(SampleLibrary::new(48_000)), Box::new(read_plan)).unwrap()
}

/// The next report that is no progress.
fn answer(loader: &Loader) -> LoadReport {
    let mut reports = loader.reports().iter();
    reports.find(|r| !matches!(r, LoadReport::Progress { .. })).expect("the loader lives")
}

fn ask(loader: &Loader, ticket: u64, folder: PathBuf) {
    loader.request(LoadRequest::play(ticket, folder));
}

#[test]
fn a_kit_comes_back_with_its_ticket_and_its_name_and_a_second_time_with_the_same_id() {
    let folder = kits(&["Jazz"]);
    let loader = start(snare);
    let mut ids = Vec::new();
    for ticket in [41, 42] {
        ask(&loader, ticket, folder.path().join("Jazz"));
        let LoadReport::Ready { ticket: back, kit, name, program, rate, problems, .. } =
            answer(&loader)
        else {
            panic!("the kit is sound")
        };
        assert_eq!((back, name.as_str(), program, rate), (ticket, "Jazz", Some(7), 48_000));
        assert_eq!((kit.samples.len(), problems.len()), (1, 1));
        ids.push(kit.id.0);
    }
    assert_eq!(ids[0], ids[1], "its samples are still in the library");
}

#[test]
fn progress_is_told_before_the_answer() {
    let folder = kits(&["Jazz"]);
    let loader = start(snare);
    ask(&loader, 1, folder.path().join("Jazz"));
    let first = loader.reports().recv().unwrap();
    assert!(matches!(first, LoadReport::Progress { ticket: 1, done: 0, total: 1 }));
}

#[test]
fn the_newest_request_wins_over_the_one_under_way_and_those_that_wait() {
    let folder = kits(&["A", "B", "C"]);
    let (entered, names) = unbounded();
    let (gate, opened) = unbounded::<()>();
    let library = Arc::new(SampleLibrary::new(48_000));
    let read_plan = Box::new(move |folder: &Path| {
        entered.send(folder.file_name().unwrap().to_owned()).unwrap();
        opened.recv().unwrap();
        snare(folder)
    });
    let loader = Loader::start(library.clone(), read_plan).unwrap();
    ask(&loader, 1, folder.path().join("A"));
    assert_eq!(names.recv().unwrap(), "A");
    ask(&loader, 2, folder.path().join("B"));
    ask(&loader, 3, folder.path().join("C"));
    gate.send(()).unwrap();
    gate.send(()).unwrap();
    let first = loader.reports().recv().unwrap();
    assert!(matches!(first, LoadReport::Progress { ticket: 3, .. }), "{first:?}");
    assert!(matches!(answer(&loader), LoadReport::Ready { ticket: 3, .. }));
    // B was never looked at, and of A no recording was read.
    assert_eq!(names.try_iter().collect::<Vec<_>>(), ["C"]);
    assert_eq!(library.len(), 1);
}

#[test]
fn a_folder_without_a_playable_kit_fails_in_words() {
    let folder = kits(&[]);
    let loader = start(|folder| match folder.ends_with("none") {
        true => (None, vec![]),
        false => snare(folder),
    });
    for (name, said) in [
        ("none", vec!["there is no kit in this folder"]),
        (
            "silent",
            vec![
                "said by the plan",
                "there is no such file or folder",
                "none of its recordings can be played",
            ],
        ),
    ] {
        ask(&loader, 5, folder.path().join(name));
        let LoadReport::Failed { ticket: 5, problems } = answer(&loader) else { panic!() };
        assert_eq!(problems.iter().map(|p| p.what.as_str()).collect::<Vec<_>>(), said);
    }
}

#[test]
fn a_bug_in_reading_one_kit_leaves_the_loader_alive_for_the_next() {
    let folder = kits(&["Jazz"]);
    let loader = start(|folder| match folder.ends_with("bug") {
        true => panic!("out of cheese"),
        false => snare(folder),
    });
    ask(&loader, 1, folder.path().join("bug"));
    let LoadReport::Failed { problems, .. } = answer(&loader) else { panic!() };
    assert_eq!(problems[0].what, "rimshot has a bug here: out of cheese");
    ask(&loader, 2, folder.path().join("Jazz"));
    assert!(matches!(answer(&loader), LoadReport::Ready { ticket: 2, .. }));
}

#[test]
fn the_thread_has_its_name_its_class_as_told_and_ends_with_the_loader() {
    let (tell, told) = unbounded();
    let loader = start(move |folder| {
        // SAFETY: 0 is the calling thread; nothing is written.
        let class = unsafe { libc::sched_getscheduler(0) };
        let name = std::thread::current().name().map(str::to_owned);
        tell.send((class == libc::SCHED_IDLE, name)).unwrap();
        snare(folder)
    });
    ask(&loader, 1, "nowhere".into());
    let (is_idle, name) = told.recv().unwrap();
    assert_eq!((is_idle, name.as_deref()), (loader.is_idle_class(), Some("rimshot-loader")));
    let reports = loader.reports().clone();
    drop(loader);
    assert_eq!(reports.iter().filter(|r| matches!(r, LoadReport::Ready { .. })).count(), 0);
    assert!(told.recv().is_err(), "what the thread owned is gone");
}
