use std::fs;

use crossbeam_channel::unbounded;

use super::*;
use crate::words::rng::Rng;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("rimshot-state-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn writes_by(
    write: impl FnMut(&'static str, &str) -> Result<(), String> + Send + 'static,
) -> Keeper {
    let (mut keeper, _) = Keeper::open(None);
    keeper.writer = Some(Writer::start(write).unwrap());
    keeper
}

/// Waits for the answers to all that was handed over.
fn settled(keeper: &mut Keeper, now: Instant) -> Option<String> {
    keeper.answers(true, now)
}

fn louder(keeper: &mut Keeper, db: f32, now: Instant) {
    keeper.set(|s| s.volume_db = Some(db), now);
}

fn volume(text: &str) -> f32 {
    State::read(Ok(Some(text.to_owned()))).0.volume_db.unwrap()
}

#[test]
fn kit_and_volume_and_trims_come_back_after_a_restart() {
    let folder = folder("back");
    let (mut keeper, said) = Keeper::open(Some(folder.clone()));
    assert_eq!((keeper.state(), said), (&State::default(), vec![]));
    let now = Instant::now();
    keeper.set(|s| s.kit = Some("/kits/Jazz".into()), now);
    louder(&mut keeper, -6.0, now);
    keeper.set(|s| s.set_trim(Path::new("/kits/Jazz [2]"), -2.5), now);
    assert_eq!(keeper.tick(now), None);
    assert!(!folder.exists(), "scrolling is not written");
    assert_eq!(keeper.tick(now + QUIET), None);
    assert_eq!(keeper.write(), None);
    drop(keeper);
    let (again, said) = Keeper::open(Some(folder.clone()));
    assert_eq!(said, [""; 0]);
    assert_eq!(again.state().kit.as_deref(), Some(Path::new("/kits/Jazz")));
    assert_eq!(again.state().volume_db, Some(-6.0));
    assert_eq!(again.state().trim(Path::new("/kits/Jazz [2]")), -2.5);
    assert_eq!(again.state().trim(Path::new("/kits/Jazz")), 0.0);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_slow_card_delays_nobody_and_then_gets_the_newest_state_alone() {
    let (begun, begins) = unbounded();
    let (open, gate) = unbounded();
    let (tell, written) = unbounded();
    let mut keeper = writes_by(move |_, text| {
        begun.send(()).unwrap();
        gate.recv().unwrap();
        tell.send(volume(text)).unwrap();
        Ok(())
    });
    let now = Instant::now();
    for db in [-1.0, -2.0, -3.0] {
        louder(&mut keeper, db, now);
        assert_eq!(keeper.tick(now + QUIET), None);
        if db == -1.0 {
            begins.recv().unwrap();
        }
    }
    (0..2).for_each(|_| open.send(()).unwrap());
    assert_eq!(keeper.write(), None);
    assert_eq!(written.try_iter().collect::<Vec<_>>(), [-1.0, -3.0]);
}

#[test]
fn state_and_good_settings_that_wait_are_both_written() {
    let (open, gate) = unbounded();
    let (tell, written) = unbounded();
    let mut keeper = writes_by(move |name, _| {
        gate.recv().unwrap();
        tell.send(name).unwrap();
        Ok(())
    });
    let now = Instant::now();
    louder(&mut keeper, -1.0, now);
    keeper.hurry();
    keeper.keep_good("a = 1\n".to_owned());
    keeper.keep_good("a = 1\n".to_owned());
    louder(&mut keeper, -2.0, now);
    keeper.hurry();
    (0..3).for_each(|_| open.send(()).unwrap());
    assert_eq!(keeper.write(), None);
    let mut written: Vec<&str> = written.try_iter().collect();
    written.dedup();
    assert!(written.contains(&GOOD) && written.contains(&FILE), "{written:?}");
}

#[test]
fn a_writer_that_is_gone_is_told_once_and_ends_no_program() {
    let mut keeper = writes_by(|_, _| panic!("a bug"));
    louder(&mut keeper, -1.0, Instant::now());
    let said = keeper.write().unwrap();
    assert!(said.ends_with("remembered: the thread that writes it has ended"), "{said}");
    louder(&mut keeper, -2.0, Instant::now());
    assert_eq!(keeper.write(), None);
}

#[test]
fn what_could_not_be_written_is_written_at_the_end_where_that_works_again() {
    let (tell, written) = unbounded();
    let mut has_room = false;
    let mut keeper = writes_by(move |_, text| {
        tell.send(volume(text)).unwrap();
        if std::mem::replace(&mut has_room, true) { Ok(()) } else { Err("full".to_owned()) }
    });
    let now = Instant::now();
    louder(&mut keeper, -1.0, now);
    keeper.tick(now + QUIET);
    assert_eq!(keeper.write(), None, "it is remembered after all");
    assert_eq!(keeper.write(), None);
    assert_eq!(written.try_iter().collect::<Vec<_>>(), [-1.0; 2]);
}

#[test]
fn a_card_that_fails_is_told_once_tried_ever_more_rarely_and_told_when_it_is_back() {
    let (tell, tries) = unbounded();
    let (repair, repaired) = unbounded::<()>();
    let mut keeper = writes_by(move |_, _| {
        tell.send(()).unwrap();
        repaired.try_recv().map_err(|_| "no card".to_owned())
    });
    let begin = Instant::now();
    louder(&mut keeper, -1.0, begin);
    let mut said = Vec::new();
    let mut at = Vec::new();
    for second in 0..3000 {
        let now = begin + Duration::from_secs(second);
        if second == 2900 {
            repair.send(()).unwrap();
        }
        // what is changed meanwhile does not make it try more often
        if second % 7 == 0 && second < 2000 {
            louder(&mut keeper, -(second as f32) / 50.0, now);
        }
        said.extend(keeper.tick(now));
        said.extend(settled(&mut keeper, now));
        at.extend(tries.try_iter().map(|()| second));
    }
    assert_eq!(at, [3, 13, 33, 73, 153, 313, 633, 1273, 1913, 2553]);
    assert_eq!(said, ["kit and volume cannot be remembered: no card"]);
    assert_eq!(keeper.trouble(), Some("no card"));
    let later = begin + Duration::from_secs(3200);
    said.extend(keeper.tick(later));
    said.extend(settled(&mut keeper, later));
    assert_eq!(said[1..], ["kit and volume are remembered again"]);
    assert_eq!(keeper.trouble(), None);
}

#[test]
fn whatever_a_file_holds_is_a_sentence_or_a_state_and_never_the_end() {
    let whole = State {
        kit: Some("/kits/Jazz".into()),
        volume_db: Some(-6.5),
        trims: [("/kits/Jazz".to_owned(), 3.0)].into(),
    };
    let text = whole.text();
    let read = |text: &str| State::read(Ok(Some(text.to_owned())));
    assert_eq!(read(&text), (whole.clone(), vec![]));
    for (garbage, why) in [
        ("", "it is empty"),
        ("\n \n", "it is empty"),
        ("kit = \"/ne", ""),
        (&*"\0".repeat(4096), ""),
        ("\u{FFFD}PNG", ""),
    ] {
        let (state, said) = read(garbage);
        assert_eq!((state, said.len()), (State::default(), 1), "{garbage:?}");
        assert!(said[0].contains(why) && !said[0].contains('\n'), "{said:?}");
    }
    let mut rng = Rng::new(7, 0);
    for cut in 0..text.len() {
        // cut off, and cut off with a tail of zeros as some file systems leave it
        for tail in ["", "\0\0\0\0"] {
            let (state, said) = read(&format!("{}{tail}", &text[..cut]));
            let is_part = state.kit.is_none_or(|kit| Some(kit) == whole.kit)
                && state.volume_db.is_none_or(|db| [-6.0, -6.5].contains(&db));
            assert!(is_part, "{cut}: {said:?}");
        }
        let mut bytes = text.clone().into_bytes();
        bytes[cut] = rng.draw() as u8 & 127;
        let (state, _) = read(&String::from_utf8(bytes).unwrap());
        let ranges = state.volume_db.is_none_or(|db| (-60.0..=0.0).contains(&db))
            && state.trims.values().all(|db| TRIM_DB.contains(db));
        assert!(ranges, "{state:?}");
    }
}

#[test]
fn a_value_that_is_wrong_costs_itself_alone_and_says_which_it_is() {
    let text = "kit = 7\nvolume_db = 900.0\n[trims]\n'/a' = 2\n'/b' = 'loud'\n'/c' = nan\n";
    let (state, said) = State::read(Ok(Some(text.to_owned())));
    let wanted = State { trims: [("/a".to_owned(), 2.0)].into(), ..State::default() };
    assert_eq!(state, wanted);
    assert_eq!(
        said,
        [
            "'volume_db' is not a number from -60 to 0",
            "'/b' is not a number from -12 to 12",
            "'/c' is not a number from -12 to 12",
            "'kit' is not a folder",
        ]
    );
}

#[test]
fn what_is_no_file_or_no_text_is_a_sentence_and_replaced_at_the_next_change() {
    let folder = folder("nonsense");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(FILE);
    fs::write(&file, [0xFF, 0xFE]).unwrap();
    let (mut keeper, said) = Keeper::open(Some(folder.clone()));
    let sentence = format!("what was remembered cannot be read: {}: it is no text", file.display());
    assert_eq!((keeper.state(), said), (&State::default(), vec![sentence]));
    louder(&mut keeper, -2.0, Instant::now());
    assert_eq!(keeper.write(), None);
    assert_eq!(fs::read_to_string(&file).unwrap(), "volume_db = -2.0\n");
    drop(keeper);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let (_, said) = Keeper::open(Some(folder.clone()));
    assert!(said[0].ends_with("state.toml: it is not a file"), "{said:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_told_once() {
    let (mut keeper, _) = Keeper::open(Some("/proc/rimshot".into()));
    let now = Instant::now();
    louder(&mut keeper, -1.0, now);
    assert!(keeper.write().unwrap().starts_with("kit and volume cannot be remembered: /proc/"));
    louder(&mut keeper, -2.0, now);
    assert_eq!(keeper.write(), None);
}

#[test]
fn of_two_modules_the_second_reads_and_does_not_write_until_the_first_is_gone() {
    let folder = folder("two");
    fs::create_dir_all(&folder).unwrap();
    let (mut first, said) = Keeper::open(Some(folder.clone()));
    assert_eq!(said, [""; 0]);
    louder(&mut first, -3.0, Instant::now());
    assert_eq!(first.write(), None);
    let (mut second, said) = Keeper::open(Some(folder.clone()));
    let why = format!("another rimshot has {}", folder.display());
    assert_eq!(said, [format!("kit and volume cannot be remembered: {why}")]);
    assert_eq!((second.trouble(), second.state().volume_db), (Some(&*why), Some(-3.0)));
    let now = Instant::now();
    louder(&mut second, -9.0, now);
    assert_eq!(second.write(), None, "that was said");
    assert_eq!(fs::read_to_string(folder.join(FILE)).unwrap(), "volume_db = -3.0\n");
    drop(first);
    let later = now + LAST_RETRY;
    let said = second.tick(later).or(settled(&mut second, later));
    assert_eq!(said.as_deref(), Some("kit and volume are remembered again"));
    assert_eq!(fs::read_to_string(folder.join(FILE)).unwrap(), "volume_db = -9.0\n");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn good_settings_come_back_as_they_were_and_the_same_are_not_written_twice() {
    let folder = folder("good");
    let (mut keeper, _) = Keeper::open(Some(folder.clone()));
    assert_eq!(keeper.good(), None);
    keeper.keep_good("# mine\n[sound]\n".to_owned());
    assert_eq!(keeper.write(), None);
    drop(keeper);
    let modified = || fs::metadata(folder.join(GOOD)).unwrap().modified().unwrap();
    let before = modified();
    let (mut keeper, _) = Keeper::open(Some(folder.clone()));
    assert_eq!(keeper.good(), Some("# mine\n[sound]\n"));
    keeper.keep_good("# mine\n[sound]\n".to_owned());
    assert_eq!(keeper.write(), None);
    assert_eq!(modified(), before);
    fs::remove_dir_all(folder).unwrap();
}
