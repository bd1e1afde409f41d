//! Tiny instruments for the tests: folders that go away, recordings of a few frames, takes
//! of a few notes, and the program itself in a house of its own.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// A file, its folders made where they are missing.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A recording.
    pub fn wav(&self, name: &str, recording: &Recording) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        recording.save(&path);
        path
    }

    /// The names of everything below it, sorted.
    pub fn tree(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.0.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.strip_prefix(&self.0).unwrap().display().to_string());
                if path.is_dir() {
                    open.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// The program, to be run in this folder: at home here, with nothing in its
    /// environment that somebody has set for himself.
    pub fn rimshot<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rimshot"));
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        for name in [
            "RIMSHOT_CONFIG",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "NOTIFY_SOCKET",
            "RUNTIME_DIRECTORY",
        ] {
            command.env_remove(name);
        }
        command.env("HOME", &self.0).env("TMPDIR", &self.0).env("XDG_RUNTIME_DIR", &self.0);
        command
    }

    /// Runs the program here, its words split at spaces, to its end.
    pub fn run(&self, words: &str) -> Ran {
        let words = words.split(' ').filter(|word| !word.is_empty());
        let output = self.rimshot(words).output().unwrap();
        Ran::new(&output)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a run of the program left.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The same run, which must have succeeded.
    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Whether it printed this line, spaces at both ends aside.
    pub fn says(&self, line: &str) -> bool {
        self.out.lines().any(|l| l.trim() == line)
    }
}

/// Values as they stand in a file.
#[derive(Clone)]
pub enum Values {
    I16(Vec<i16>),
    /// 24 bits of each.
    I24(Vec<i32>),
    F32(Vec<f32>),
}

/// A recording of a few frames.
#[derive(Clone)]
pub struct Recording {
    pub rate: u32,
    pub channels: u16,
    /// Interleaved.
    pub values: Values,
}

impl Recording {
    /// 16-bit mono at 48 kHz.
    pub fn mono(values: impl Into<Vec<i16>>) -> Self {
        Self { rate: 48_000, channels: 1, values: Values::I16(values.into()) }
    }

    fn save(&self, path: &Path) {
        let (bits_per_sample, sample_format) = match self.values {
            Values::I16(_) => (16, SampleFormat::Int),
            Values::I24(_) => (24, SampleFormat::Int),
            Values::F32(_) => (32, SampleFormat::Float),
        };
        let Self { rate, channels, .. } = *self;
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
        let mut writer = WavWriter::create(path, spec).unwrap();
        match &self.values {
            Values::I16(x) => x.iter().for_each(|&s| writer.write_sample(s).unwrap()),
            Values::I24(x) => x.iter().for_each(|&s| writer.write_sample(s).unwrap()),
            Values::F32(x) => x.iter().for_each(|&s| writer.write_sample(s).unwrap()),
        }
        writer.finalize().unwrap();
    }
}

/// A WAV file's frames, as parts of full scale.
pub fn frames(path: &Path) -> Vec<[f32; 2]> {
    let mut reader = WavReader::open(path).unwrap();
    let spec = reader.spec();
    assert_eq!(spec.channels, 2);
    let values: Vec<f32> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().map(Result::unwrap).collect(),
        SampleFormat::Int => {
            let full = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
            reader.samples::<i32>().map(|s| s.unwrap() as f32 / full).collect()
        }
    };
    values.as_chunks::<2>().0.to_vec()
}

/// The frames that are not silent, with their places.
pub fn sounding(path: &Path) -> Vec<(usize, f32)> {
    let left = frames(path).into_iter().map(|[left, _]| left);
    left.enumerate().filter(|&(_, x)| x != 0.0).collect()
}

/// Something in a take, before it has its tick.
#[derive(Debug, Clone, Copy)]
pub enum Say {
    /// Note and velocity.
    Note(u8, u8),
    /// Controller and value.
    Control(u8, u8),
    Program(u8),
    /// µs a quarter note.
    Tempo(u32),
}

fn kind(say: Say) -> TrackEventKind<'static> {
    let midi = |message| TrackEventKind::Midi { channel: u4::new(9), message };
    match say {
        Say::Note(key, vel) => midi(MidiMessage::NoteOn { key: u7::new(key), vel: u7::new(vel) }),
        Say::Control(controller, value) => {
            midi(MidiMessage::Controller { controller: u7::new(controller), value: u7::new(value) })
        }
        Say::Program(program) => midi(MidiMessage::ProgramChange { program: u7::new(program) }),
        Say::Tempo(tempo) => TrackEventKind::Meta(MetaMessage::Tempo(u24::new(tempo))),
    }
}

/// A MIDI file of format 0 (one track) or 1 (several). Events stand at absolute ticks.
pub fn midi(division: u16, tracks: &[&[(u32, Say)]]) -> Vec<u8> {
    let format = if tracks.len() == 1 { Format::SingleTrack } else { Format::Parallel };
    let mut smf = Smf::new(Header::new(format, Timing::Metrical(u15::new(division))));
    for track in tracks {
        let mut at = 0;
        let mut events = Vec::new();
        for &(tick, say) in *track {
            events.push(TrackEvent { delta: u28::new(tick - at), kind: kind(say) });
            at = tick;
        }
        let end = TrackEventKind::Meta(MetaMessage::EndOfTrack);
        events.push(TrackEvent { delta: u28::new(0), kind: end });
        smf.tracks.push(events);
    }
    let mut bytes = Vec::new();
    smf.write(&mut bytes).unwrap();
    bytes
}

/// A take of one track whose ticks are milliseconds: a quarter note of 500 ms (120 a
/// minute, the tempo where a file names none) in 500 parts.
pub fn in_ms(events: &[(u32, Say)]) -> Vec<u8> {
    midi(500, &[events])
}
