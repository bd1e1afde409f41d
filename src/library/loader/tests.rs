//! The loader over folders of a few frames.

use super::*;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
use crate::library::load::Wanted;
use crate::library::prepare::Form;
use crate::library::tests::{Folder, wav_bytes};
use crate::words::Slot;

/// A kit of one snare: `snare.wav` in its folder.
fn snare(folder: &Path) -> (Option<KitPlan>, Vec<Problem>) {
    let choice = ChoicePlan::Measured(vec![folder.join("snare.wav").into()]);
    let plan = KitPlan {
        program: Some(7),
        ..KitPlan::new(
            folder.file_name().unwrap().to_string_lossy().into_owned(),
            folder,
            vec![SoundPlan::new(Slot::SNARE, vec![ArticulationPlan::whole(choice)])],
        )
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

/// A loader whose every look at a folder waits for the gate.
fn gated(library: Arc<SampleLibrary>) -> (Loader, Receiver<PathBuf>, Sender<()>) {
    let (entered, names) = unbounded();
    let (gate, opened) = unbounded::<()>();
    let read_plan = Box::new(move |folder: &Path| {
        let _ = entered.send(folder.to_owned());
        let _ = opened.recv();
        snare(folder)
    });
    (Loader::start(library, read_plan).unwrap(), names, gate)
}

fn ticket(report: &LoadReport) -> u64 {
    match report {
        LoadReport::Progress { ticket, .. }
        | LoadReport::Ready { ticket, .. }
        | LoadReport::Failed { ticket, .. }
        | LoadReport::Sample { ticket, .. } => *ticket,
    }
}

#[test]
fn a_preload_gives_way_to_a_kit_to_be_played_and_comes_after_it() {
    let folder = kits(&["A", "B"]);
    let (loader, names, gate) = gated(Arc::new(SampleLibrary::new(48_000)));
    loader.request(LoadRequest::preload(1, folder.path().join("A")));
    names.recv().unwrap();
    ask(&loader, 2, folder.path().join("B"));
    (0..3).for_each(|_| gate.send(()).unwrap());
    let answers = [answer(&loader), answer(&loader)];
    assert_eq!(answers.each_ref().map(ticket), [2, 1]);
    assert!(answers.iter().all(|a| matches!(a, LoadReport::Ready { .. })));
}

#[test]
fn a_preload_that_nobody_wants_any_more_is_not_loaded() {
    let folder = kits(&["A", "B", "C"]);
    let library = Arc::new(SampleLibrary::new(48_000));
    let (loader, names, gate) = gated(library.clone());
    for (ticket, name) in [(1, "A"), (2, "B"), (3, "C")] {
        loader.request(LoadRequest::preload(ticket, folder.path().join(name)));
    }
    names.recv().unwrap();
    loader.keep(&[folder.path().join("C")]);
    (0..3).for_each(|_| gate.send(()).unwrap());
    assert_eq!(ticket(&answer(&loader)), 3);
    assert_eq!(names.try_iter().collect::<Vec<_>>(), [folder.path().join("C")]);
    assert_eq!(library.len(), 1);
}

#[test]
fn a_missing_sample_is_skipped_then_plays() {
    let folder = kits(&["Jazz"]);
    let library = Arc::new(SampleLibrary::new(48_000));
    let loader = Loader::start(library.clone(), Box::new(snare)).unwrap();
    loader.request(LoadRequest::play(1, folder.path().join("Jazz")).lazily());
    let LoadReport::Ready { kit, sources, .. } = answer(&loader) else { panic!() };
    assert!(kit.samples[0].hole && kit.samples[0].data.is_empty() && library.is_empty());
    assert!(kit.slots[Slot::SNARE.index()].is_some(), "the hit finds its sound");

    let wanted = sources[0].clone();
    let folder = folder.path().join("Jazz");
    loader.sample(SampleRequest { ticket: 2, folder: folder.clone(), index: 0, wanted });
    let LoadReport::Sample { ticket: 2, index: 0, loaded: Ok(data), .. } = answer(&loader) else {
        panic!()
    };
    let next = kit.next_generation(&[(0, data)]);
    assert_eq!((next.id, next.samples[0].hole, next.samples[0].data.len()), (kit.id, false, 64));
    assert!(next.articulations[0].ceiling > 0.0);

    let residents = library.resident();
    assert_eq!((residents[0].folder.as_path(), residents[0].is_whole()), (&*folder, true));
    // Chosen again, it is there at once.
    loader.request(LoadRequest::play(3, folder).lazily());
    let LoadReport::Ready { kit, .. } = answer(&loader) else { panic!() };
    assert!(!kit.samples[0].hole);
}

#[test]
fn a_sample_that_is_struck_goes_before_a_kit_that_is_being_loaded() {
    let folder = kits(&["A", "B"]);
    let (loader, names, gate) = gated(Arc::new(SampleLibrary::new(48_000)));
    ask(&loader, 1, folder.path().join("A"));
    names.recv().unwrap();
    let form = Form { rate: 48_000, millicents: 0, trim: false, compact: false };
    let wanted = |name: &str| Wanted { path: folder.path().join(name), form };
    for (ticket, name) in [(2, "B/snare.wav"), (3, "gone.wav")] {
        let folder = folder.path().join("B");
        let index = ticket as usize;
        loader.sample(SampleRequest { ticket, folder, index, wanted: wanted(name) });
    }
    gate.send(()).unwrap();
    let answers = [answer(&loader), answer(&loader), answer(&loader)];
    assert_eq!(answers.each_ref().map(ticket), [2, 3, 1]);
    let LoadReport::Sample { loaded: Err(problem), .. } = &answers[1] else { panic!() };
    assert_eq!(problem.what, "there is no such file or folder");
}

#[test]
fn everything_is_preloaded_at_start_where_it_fits() {
    let names = ["A", "B", "C"];
    let folder = kits(&names);
    let load_all = |budget| {
        let library = Arc::new(SampleLibrary::with_budget(48_000, budget));
        let loader = Loader::start(library.clone(), Box::new(snare)).unwrap();
        for (ticket, name) in (1..).zip(names) {
            loader.request(LoadRequest::preload(ticket, folder.path().join(name)));
        }
        // Whoever wants them kept keeps the kits.
        let answers: Vec<_> = names.iter().map(|_| answer(&loader)).collect();
        assert!(library.most_used() <= budget);
        let whole = library.resident().iter().filter(|kit| kit.is_whole()).count();
        (whole, answers)
    };
    // 64 frames of 16 bits and one value of the envelope.
    let one = 64 * 2 + 4;
    let (whole, answers) = load_all(3 * one);
    assert_eq!(whole, 3);
    assert!(answers.iter().all(|a| matches!(a, LoadReport::Ready { .. })));
    let (whole, answers) = load_all(3 * one - 1);
    assert_eq!(whole, 2);
    let LoadReport::Failed { ticket: 3, problems } = &answers[2] else { panic!() };
    let said = &problems.last().unwrap().what;
    assert!(said.starts_with("it is not kept ready: the kit needs"), "{said}");
}

#[test]
fn steady_playing_holds_back_what_is_loaded_ahead_but_not_what_is_to_be_played() {
    let folder = kits(&["A", "B"]);
    let library = Arc::new(SampleLibrary::new(48_000));
    // Hits without end: the last one is always now.
    let pace = Pace::new(Arc::new(u64::MAX.into()), crate::words::time::Clock::start());
    let loader = Loader::start_with(library.clone(), Box::new(snare), 1, Some(pace)).unwrap();
    loader.request(LoadRequest::preload(1, folder.path().join("A")));
    ask(&loader, 2, folder.path().join("B"));
    assert_eq!(ticket(&answer(&loader)), 2);
    assert_eq!(ticket(&answer(&loader)), 1, "patience ends");
}

#[test]
fn whatever_reads_files_for_a_kit_gives_way_to_everybody_at_the_disk_too() {
    // linux/ioprio.h: who = one thread (0: this one); the class is in the upper bits.
    let class = || {
        // SAFETY: takes two numbers and touches no memory.
        unsafe { libc::syscall(libc::SYS_ioprio_get, 1, 0) >> 13 }
    };
    let (tell, told) = unbounded();
    let loader = start(move |folder| {
        tell.send(class()).unwrap();
        // Readers are threads that the loader starts.
        tell.send(std::thread::scope(|scope| scope.spawn(class).join().unwrap())).unwrap();
        snare(folder)
    });
    ask(&loader, 1, "nowhere".into());
    const IDLE: i64 = 3;
    assert_eq!([told.recv().unwrap(), told.recv().unwrap()], [IDLE; 2]);
    assert_ne!(class(), IDLE, "and nobody else does");
}

#[test]
fn a_stick_that_is_pulled_while_a_kit_is_loaded_costs_that_kit_and_is_one_sentence() {
    let folder = Folder::new("pulled");
    let files: Vec<PathBuf> = (0..9).map(|n| PathBuf::from(format!("Jazz/{n}.wav"))).collect();
    let plug = |folder: &Folder| {
        for file in &files {
            folder.write(file.to_str().unwrap(), &wav_bytes(48_000, &[900; 64]));
        }
    };
    plug(&folder);
    let kit = folder.path().join("Jazz");
    let (pulled, all) = (kit.clone(), files.clone());
    let pulls = std::sync::atomic::AtomicBool::new(true);
    let loader = start(move |folder| {
        let choice = all.iter().map(|file| folder.with_file_name("").join(file).into()).collect();
        let sound = SoundPlan::new(
            Slot::SNARE,
            vec![ArticulationPlan::whole(ChoicePlan::Measured(choice))],
        );
        let plan = KitPlan::new("Jazz", folder, vec![sound]);
        // the plan is read, then the stick goes
        if pulls.swap(false, std::sync::atomic::Ordering::Relaxed) {
            std::fs::remove_dir_all(&pulled).unwrap();
        }
        (Some(plan), vec![])
    });
    ask(&loader, 1, kit.clone());
    let LoadReport::Failed { ticket: 1, problems } = answer(&loader) else { panic!("it is gone") };
    let sentence = format!("{}: error: it went away while it was loaded", kit.display());
    assert_eq!(problems.iter().map(Problem::to_string).collect::<Vec<_>>(), [sentence]);
    plug(&folder);
    ask(&loader, 2, kit);
    assert!(matches!(answer(&loader), LoadReport::Ready { ticket: 2, .. }), "it is back");
}
