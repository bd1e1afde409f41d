//! Standard MIDI Files: what to play, and the exact frame of each message.
//!
//! Source of the format: "Standard MIDI Files 1.0" (RP-001), with the set-tempo event and
//! the SMPTE division; midly reads the bytes, this file keeps the time.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use midly::{Fps, MetaMessage, MidiMessage, Timing, TrackEventKind};

use super::Message;
use crate::words::Problem;

/// Microseconds a quarter note until the first set-tempo event: 120 a minute.
const DEFAULT_TEMPO: u64 = 500_000;

/// A performance read from a file, all tracks merged.
#[derive(Debug)]
pub struct Take {
    /// What was left out or looked odd.
    pub problems: Vec<Problem>,
    /// How many tracks were found.
    pub tracks: usize,
    /// Messages in order of time, then track, then place in the track.
    messages: Vec<(Time, Message)>,
    /// The last event of any track, its end mark included.
    end: Time,
    /// [`Time`] units a second.
    units: u128,
}

/// A frame of the rate that was asked for, and the message that falls on it.
pub type Frame = (u64, Message);

/// An exact time from the file's start, in units that make every tick a whole number:
/// microseconds ÷ division for a file in quarter notes, ticks × 1001 or × 1 for SMPTE.
type Time = u128;

impl Take {
    /// The messages with their frames at `rate` frames a second: time × rate rounded half
    /// up, in whole numbers throughout. Frames never run backwards.
    pub fn frames(&self, rate: u32) -> impl Iterator<Item = Frame> + '_ {
        self.messages.iter().map(move |&(time, message)| (self.frame(time, rate), message))
    }

    /// The frame of the last event of any track, end marks included.
    pub fn duration_frames(&self, rate: u32) -> u64 {
        self.frame(self.end, rate)
    }

    /// floor(x + ½) with x = time × rate ÷ units. A file that claims to last past 2⁶⁴
    /// frames stops there.
    fn frame(&self, time: Time, rate: u32) -> u64 {
        let doubled = time.saturating_mul(2 * u128::from(rate)).saturating_add(self.units);
        u64::try_from(doubled / (2 * self.units)).unwrap_or(u64::MAX)
    }
}

/// How ticks become [`Time`].
enum Beat {
    /// Units a tick follow the tempo: µs a quarter.
    Tempo,
    /// Units a tick are constant.
    Constant(u128),
}

/// Reads a file of format 0 or 1. What can be played of a damaged one is played, with a
/// warning in [`Take::problems`]; a file that is no MIDI file, is of format 2 or keeps no
/// time is an error.
pub fn read(path: &Path) -> Result<Take, Problem> {
    let error = |what: String| Problem::error(path, what);
    let cannot = |e: std::io::Error| error(format!("cannot be read: {e}"));
    let mut file = File::open(path).map_err(cannot)?;
    // A look at the first bytes first: a long recording given by mistake is not read whole.
    let mut bytes = Vec::new();
    file.by_ref().take(12).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.is_empty() {
        return Err(error("is empty; a MIDI file begins with MThd".into()));
    }
    let riff = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"RMID");
    if !riff && !bytes.starts_with(b"MThd") {
        let start = String::from_utf8_lossy(bytes.get(..4).unwrap_or(&bytes));
        return Err(error(format!(
            "is not a MIDI file: it begins with {:?}; a MIDI file begins with MThd",
            start
        )));
    }
    file.read_to_end(&mut bytes).map_err(cannot)?;
    parse(path, &bytes)
}

/// Reads the bytes of a file that begins with MThd or RIFF; `path` only names it.
fn parse(path: &Path, bytes: &[u8]) -> Result<Take, Problem> {
    let error = |what: &str| Problem::error(path, what);
    let header = bytes.windows(4).position(|w| w == b"MThd").map(|at| &bytes[at..]);
    let Some(header) = header.filter(|h| h.len() >= 14) else {
        return Err(error("breaks off inside its header, which is 14 bytes long"));
    };
    let format = u16::from_be_bytes([header[8], header[9]]);
    let promised = u16::from_be_bytes([header[10], header[11]]);
    let division = [header[12], header[13]];
    match format {
        0 | 1 => {}
        2 => {
            return Err(error(
                "is of format 2 (independent patterns), which has no single time to play in; \
                 allowed: formats 0 and 1",
            ));
        }
        other => {
            return Err(Problem::error(
                path,
                format!("is of format {other}, which does not exist; allowed: formats 0 and 1"),
            ));
        }
    }
    // Looked at before midly does: it negates the byte, and -128 has no negative.
    let smpte = [24u8, 25, 29, 30].map(u8::wrapping_neg);
    let passes = match division {
        [0..=0x7F, _] => division != [0, 0],
        [rate, ticks] => smpte.contains(&rate) && ticks > 0,
    };
    if !passes {
        let what = format!(
            "has the time division {:#06x}, by which no time passes; allowed: ticks a quarter \
             note, 1 to 32767, or an SMPTE rate of 24, 25, 29 or 30 with ticks a frame, 1 to 255",
            u16::from_be_bytes(division)
        );
        return Err(Problem::error(path, what));
    }
    let (header, tracks) = midly::parse(bytes)
        .map_err(|e| Problem::error(path, format!("has a header that cannot be read: {e}")))?;
    Ok(merge(path, header.timing, usize::from(promised), tracks))
}

/// One event that matters, before its time is known.
enum Event {
    Say(Message),
    Tempo(u64),
}

fn merge(path: &Path, timing: Timing, promised: usize, tracks: midly::TrackIter) -> Take {
    let mut problems = Vec::new();
    // Tick, and in the order of track and place: the sort below is stable.
    let mut events: Vec<(u64, Event)> = Vec::new();
    let mut last_tick = 0;
    let mut found = 0;
    for track in tracks.flatten() {
        found += 1;
        let mut tick = 0u64;
        let mut ended = false;
        for event in track.flatten() {
            tick += u64::from(event.delta.as_int());
            match event.kind {
                TrackEventKind::Midi { channel, message } => {
                    if let Some(message) = message_of(channel.as_int(), message) {
                        events.push((tick, Event::Say(message)));
                    }
                }
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) if tempo.as_int() == 0 => {
                    problems.push(Problem::warning(
                        path,
                        format!(
                            "track {found} sets a tempo of 0 µs a quarter note at tick {tick}; \
                             left out, the tempo before goes on"
                        ),
                    ));
                }
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => {
                    events.push((tick, Event::Tempo(u64::from(tempo.as_int()))));
                }
                TrackEventKind::Meta(MetaMessage::EndOfTrack) => {
                    ended = true;
                    break;
                }
                _ => {}
            }
        }
        if !ended {
            problems.push(Problem::warning(
                path,
                format!(
                    "track {found} breaks off at tick {tick} without an end mark; what comes \
                     before is played"
                ),
            ));
        }
        last_tick = last_tick.max(tick);
    }
    if found != promised {
        let tracks = if found == 1 { "track" } else { "tracks" };
        problems.push(Problem::warning(
            path,
            format!("has {found} {tracks} that can be read, its header says {promised}"),
        ));
    }
    let hit = |(_, event): &(u64, Event)| matches!(event, Event::Say(Message::NoteOn { .. }));
    if !events.iter().any(hit) {
        problems.push(Problem::warning(path, "has no hits"));
    }
    events.sort_by_key(|&(tick, _)| tick);

    let (beat, units) = time_base(timing);
    let mut time: Time = 0;
    let mut tempo = DEFAULT_TEMPO;
    let mut at = 0;
    let mut go_to = |tick: u64, tempo: u64| {
        let a_tick = match beat {
            Beat::Tempo => u128::from(tempo),
            Beat::Constant(units) => units,
        };
        time += u128::from(tick - at) * a_tick;
        at = tick;
        time
    };
    let mut messages = Vec::new();
    for (tick, event) in events {
        let time = go_to(tick, tempo);
        match event {
            Event::Say(message) => messages.push((time, message)),
            Event::Tempo(new) => tempo = new,
        }
    }
    let end = go_to(last_tick, tempo);
    Take { problems, tracks: found, messages, end, units }
}

/// What a tick lasts and how many [`Time`] units make a second.
fn time_base(timing: Timing) -> (Beat, u128) {
    match timing {
        // A tick lasts tempo ÷ division µs; a unit is 1 µs ÷ division.
        Timing::Metrical(division) => (Beat::Tempo, 1_000_000 * u128::from(division.as_int())),
        Timing::Timecode(fps, subframes) => {
            // 29 stands for 30 ÷ 1.001 frames a second (RP-001: "30 drop frame").
            let (frames, a_tick) = match fps {
                Fps::Fps24 => (24, 1),
                Fps::Fps25 => (25, 1),
                Fps::Fps29 => (30_000, 1_001),
                Fps::Fps30 => (30, 1),
            };
            (Beat::Constant(a_tick), frames * u128::from(subframes))
        }
    }
}

fn message_of(channel: u8, message: MidiMessage) -> Option<Message> {
    Some(match message {
        MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
            Message::NoteOn { channel, note: key.as_int(), velocity: vel.as_int() }
        }
        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
            Message::NoteOff { channel, note: key.as_int() }
        }
        MidiMessage::Aftertouch { key, vel } => {
            Message::PolyPressure { channel, note: key.as_int(), value: vel.as_int() }
        }
        MidiMessage::Controller { controller, value } => {
            Message::Control { channel, cc: controller.as_int(), value: value.as_int() }
        }
        MidiMessage::ProgramChange { program } => {
            Message::Program { channel, program: program.as_int() }
        }
        MidiMessage::ChannelAftertouch { .. } | MidiMessage::PitchBend { .. } => return None,
    })
}

#[cfg(test)]
mod tests;
