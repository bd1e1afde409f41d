//! The power goes after every step of writing, on a disk that has forgotten any part of what
//! it was not told to keep.

use std::collections::BTreeMap;
use std::io;

use crate::app::whole_file::{Disk, replace};
use crate::words::rng::Rng;

/// What a disk does in the order of time.
#[derive(Debug, Clone)]
enum Step {
    Create(usize, String),
    Write(usize, Vec<u8>),
    Sync(usize),
    Rename(String, String),
    SyncNames,
}

/// Writes down what it is asked for.
#[derive(Default)]
struct Log {
    steps: Vec<Step>,
    files: usize,
}

impl Disk for Log {
    type File = usize;
    fn folder(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn create(&mut self, name: &str) -> io::Result<usize> {
        self.files += 1;
        self.steps.push(Step::Create(self.files, name.to_owned()));
        Ok(self.files)
    }
    fn write(&mut self, file: &mut usize, bytes: &[u8]) -> io::Result<()> {
        self.steps.push(Step::Write(*file, bytes.to_vec()));
        Ok(())
    }
    fn sync(&mut self, file: &mut usize) -> io::Result<()> {
        self.steps.push(Step::Sync(*file));
        Ok(())
    }
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.steps.push(Step::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }
    fn sync_names(&mut self) -> io::Result<()> {
        self.steps.push(Step::SyncNames);
        Ok(())
    }
}

/// What is found after a power cut behind these steps: names come to the disk in order, up
/// to any point after the last sync of names; of a file's contents that were not synced any
/// first part is there, or zeros, or nothing.
fn after_a_cut(steps: &[Step], rng: &mut Rng) -> BTreeMap<String, Vec<u8>> {
    let is_name = |step: &Step| matches!(step, Step::Create(..) | Step::Rename(..));
    let synced = steps.iter().rposition(|step| matches!(step, Step::SyncNames)).unwrap_or(0);
    let sure = steps[..synced].iter().filter(|step| is_name(step)).count();
    let all = steps.iter().filter(|step| is_name(step)).count();
    let kept = sure + (rng.draw() as usize) % (all - sure + 1);
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for step in steps.iter().filter(|step| is_name(step)).take(kept) {
        match step {
            Step::Create(file, name) => drop(names.insert(name.clone(), *file)),
            Step::Rename(from, to) => {
                let file = names.remove(from).unwrap();
                names.insert(to.clone(), file);
            }
            Step::Write(..) | Step::Sync(_) | Step::SyncNames => {}
        }
    }
    let mut contents = |file: usize| {
        let mut sure = 0;
        let mut bytes = Vec::new();
        for step in steps {
            match step {
                Step::Write(of, more) if *of == file => bytes.extend_from_slice(more),
                Step::Sync(of) if *of == file => sure = bytes.len(),
                _ => {}
            }
        }
        let dice = rng.draw() as usize;
        let there = sure + (dice >> 2) % (bytes.len() - sure + 1);
        match dice % 3 {
            0 => bytes.truncate(there),
            1 => bytes[there..].fill(0),
            _ => bytes.truncate(sure),
        }
        bytes
    };
    names.into_iter().map(|(name, file)| (name, contents(file))).collect()
}

/// How often, of all cuts, what is found is neither the old nor the new text, or older than
/// what a call that has returned wrote.
fn broken(write: impl Fn(&mut Log, &str)) -> usize {
    let mut rng = Rng::new(11, 1);
    let mut broken = 0;
    for round in 0..200 {
        let mut log = Log::default();
        let texts: Vec<String> = (0..4).map(|n| format!("volume_db = -{n}.{round}\n")).collect();
        let mut returned = vec![0];
        for text in &texts {
            write(&mut log, text);
            returned.push(log.steps.len());
        }
        for cut in 0..=log.steps.len() {
            let found = after_a_cut(&log.steps[..cut], &mut rng);
            let done = returned.iter().rposition(|at| *at <= cut).unwrap();
            let may: Vec<Option<&str>> = std::iter::once(None)
                .chain(texts.iter().map(|text| Some(text.as_str())))
                .skip(done)
                .take(2)
                .collect();
            let text = found.get("state.toml").map(|bytes| str::from_utf8(bytes).unwrap());
            broken += usize::from(!may.contains(&text));
        }
    }
    broken
}

#[test]
fn whenever_the_power_goes_the_old_or_the_new_state_is_found_whole() {
    assert_eq!(broken(|log, text| replace(log, "state.toml", text).unwrap()), 0);
}

#[test]
fn a_way_to_write_that_leaves_out_any_step_would_be_found_out() {
    let leaving_out = |what: fn(&Step) -> bool| {
        move |log: &mut Log, text: &str| {
            let before = log.steps.len();
            replace(log, "state.toml", text).unwrap();
            let new: Vec<Step> = log.steps.drain(before..).filter(|step| !what(step)).collect();
            log.steps.extend(new);
        }
    };
    assert!(broken(leaving_out(|step| matches!(step, Step::Sync(_)))) > 0);
    assert!(broken(leaving_out(|step| matches!(step, Step::SyncNames))) > 0);
    let in_place = |log: &mut Log, text: &str| {
        let mut file = log.create("state.toml").unwrap();
        log.write(&mut file, text.as_bytes()).unwrap();
        log.sync(&mut file).unwrap();
        log.sync_names().unwrap();
    };
    assert!(broken(in_place) > 0);
}
