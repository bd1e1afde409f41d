//! Takes that are made for measuring.

use std::path::PathBuf;
use std::{env, fs, process};

use midly::num::{u4, u7, u15, u28};
use midly::{Format, Header, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
use rimshot::midi::file::{self, Take};

/// Milliseconds from the start, and what comes then.
pub type Events = Vec<(u32, MidiMessage)>;

/// A note of this number and velocity.
pub fn note(key: u8, velocity: u8) -> MidiMessage {
    MidiMessage::NoteOn { key: u7::new(key), vel: u7::new(velocity) }
}

/// A controller at this value.
pub fn control(controller: u8, value: u8) -> MidiMessage {
    MidiMessage::Controller { controller: u7::new(controller), value: u7::new(value) }
}

/// A take of these events, in order.
pub fn take(events: &Events) -> Result<Take, String> {
    let mut track = Vec::new();
    let mut before = 0;
    for (time, message) in events {
        let kind = TrackEventKind::Midi { channel: u4::new(9), message: *message };
        track.push(TrackEvent { delta: u28::new(time - before), kind });
        before = *time;
    }
    // 500 ticks a quarter of 500 ms, the tempo of a file that says none
    let timing = Timing::Metrical(u15::new(500));
    let midi = Smf { header: Header::new(Format::SingleTrack, timing), tracks: vec![track] };
    let path: PathBuf = env::temp_dir().join(format!("rimshot-kits-{}.mid", process::id()));
    midi.save(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let take = file::read(&path).map_err(|problem| problem.to_string());
    fs::remove_file(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    take
}
