//! Every broken MIDI file in `tests/broken/midi` gets its sentence, and what can be played
//! of it is.

use std::path::Path;

use rimshot::midi::file;

/// A file, its hits (`None`: it cannot be played), and what is said about it.
#[rustfmt::skip]
const EXPECTED: [(&str, Option<usize>, &[&str]); 14] = [
    ("bad-event.mid", Some(2), &[
        "warning: track 1 breaks off at tick 96 without an end mark; what comes before is played",
    ]),
    ("cut.mid", Some(1), &[
        "warning: track 1 breaks off at tick 0 without an end mark; what comes before is played",
    ]),
    ("division-0.mid", None, &[
        "error: has the time division 0x0000, by which no time passes; allowed: ticks a quarter \
         note, 1 to 32767, or an SMPTE rate of 24, 25, 29 or 30 with ticks a frame, 1 to 255",
    ]),
    ("division-smpte-128.mid", None, &[
        "error: has the time division 0x8001, by which no time passes; allowed: ticks a quarter \
         note, 1 to 32767, or an SMPTE rate of 24, 25, 29 or 30 with ticks a frame, 1 to 255",
    ]),
    ("division-smpte-60.mid", None, &[
        "error: has the time division 0xc428, by which no time passes; allowed: ticks a quarter \
         note, 1 to 32767, or an SMPTE rate of 24, 25, 29 or 30 with ticks a frame, 1 to 255",
    ]),
    ("empty.mid", None, &[
        "error: is empty; a MIDI file begins with MThd",
    ]),
    ("format-2.mid", None, &[
        "error: is of format 2 (independent patterns), which has no single time to play in; \
         allowed: formats 0 and 1",
    ]),
    ("format-7.mid", None, &[
        "error: is of format 7, which does not exist; allowed: formats 0 and 1",
    ]),
    ("no-tracks.mid", Some(0), &[
        "warning: has no hits",
    ]),
    ("short-header.mid", None, &[
        "error: breaks off inside its header, which is 14 bytes long",
    ]),
    ("tempo-0.mid", Some(2), &[
        "warning: track 1 sets a tempo of 0 µs a quarter note at tick 0; left out, the tempo \
         before goes on",
    ]),
    ("text.mid", None, &[
        "error: is not a MIDI file: it begins with \"Kick\"; a MIDI file begins with MThd",
    ]),
    ("track-missing.mid", Some(2), &[
        "warning: has 1 track that can be read, its header says 3",
    ]),
    ("wave.mid", None, &[
        "error: is not a MIDI file: it begins with \"RIFF\"; a MIDI file begins with MThd",
    ]),
];

#[test]
fn every_broken_midi_file_gets_its_sentence_and_plays_as_far_as_it_can() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken/midi");
    for (name, hits, said) in EXPECTED {
        let path = folder.join(name);
        let (found, problems) = match file::read(&path) {
            Ok(take) => {
                let on = |m: &file::Frame| matches!(m.1, rimshot::midi::Message::NoteOn { .. });
                (Some(take.frames(48_000).filter(on).count()), take.problems)
            }
            Err(problem) => (None, vec![problem]),
        };
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let said: Vec<String> = said.iter().map(|s| format!("{}: {s}", path.display())).collect();
        assert_eq!(problems, said, "{name}");
        assert_eq!(found, hits, "{name}");
    }
}

#[test]
fn no_broken_file_is_without_an_expectation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken/midi");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(EXPECTED.iter().any(|e| name == e.0), "{name:?}");
    }
}

#[test]
fn a_file_that_is_not_there_is_said() {
    let problem = file::read(Path::new("no-such-file.mid")).unwrap_err();
    assert!(
        problem.to_string().starts_with("no-such-file.mid: error: cannot be read: No such file"),
        "{problem}"
    );
}
