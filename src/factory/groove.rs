//! The groove of `rimshot demo`: four bars and a last crash in General MIDI notes, so
//! that every kit and every other program can play it too.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use crate::words::rng::Rng;

/// Ticks of a quarter note.
pub const TICKS_PER_BEAT: u16 = 480;
/// Microseconds of a quarter note: 110 beats a minute, to the nearest microsecond.
pub const MICROS_PER_BEAT: u32 = 545_455;

const SIXTEENTH: u32 = TICKS_PER_BEAT as u32 / 4;
const BAR: u32 = 16 * SIXTEENTH;
/// The MIDI channel of drums, counted from 0.
const DRUM_CHANNEL: u8 = 9;

const KICK: u8 = 36;
const XSTICK: u8 = 37;
const SNARE: u8 = 38;
const RIM: u8 = 40;
const CLOSED: u8 = 42;
const PEDAL: u8 = 44;
const OPEN: u8 = 46;
const TOM3: u8 = 47;
const TOM2: u8 = 48;
const CRASH: u8 = 49;
const TOM1: u8 = 50;
const RIDE: u8 = 51;
const BELL: u8 = 53;

/// Sixteen steps a bar: `.` nothing, `1` a ghost note … `5` an accent.
/// Bar by bar: crash and eighths; sixteenths with ghost notes and an open hat; the ride
/// with its bell and the cross-stick; a fill over the toms; the end.
#[rustfmt::skip]
const BARS: [&[(u8, &str)]; 5] = [
    &[
        (CRASH,  "5... .... .... ...."),
        (CLOSED, "..2. 4.2. 4.2. 4.2."),
        (SNARE,  ".... 5..1 .1.. 5..1"),
        (KICK,   "5... ..3. 4.3. ...."),
    ],
    &[
        (CLOSED, "4121 4121 4121 41.."),
        (OPEN,   ".... .... .... ..3."),
        (SNARE,  ".1.. 5..1 .1.1 5..."),
        (KICK,   "5..3 .... 4.4. ...3"),
    ],
    &[
        (RIDE,   "4.2. 3.2. 4.2. ..2."),
        (BELL,   ".... .... .... 4..."),
        (PEDAL,  ".... 3... .... 3..."),
        (XSTICK, ".... 4... ...2 4..."),
        (KICK,   "5... ..3. 4... ..3."),
    ],
    &[
        (CLOSED, "4.2. 4... .... ...."),
        (OPEN,   ".... ..4. .... ...."),
        (PEDAL,  ".... .... 3... 3..."),
        (SNARE,  ".... ..1. 34.. ...."),
        (RIM,    ".... 5... .... ...."),
        (TOM1,   ".... .... ..45 ...."),
        (TOM2,   ".... .... .... 45.."),
        (TOM3,   ".... .... .... ..45"),
        (KICK,   "5..3 ..4. 4... 4..."),
    ],
    &[
        (CRASH,  "5... .... .... ...."),
        (KICK,   "5... .... .... ...."),
    ],
];

/// The velocities of `1` … `5`, before chance.
const VELOCITIES: [u8; 5] = [27, 58, 78, 98, 117];
/// How far chance moves a velocity, up or down.
const LOOSE_VELOCITY: u64 = 5;
/// How far chance moves a hit in time, ticks up or down: 4.5 ms, loose and not yet late.
const LOOSE_TICKS: u64 = 4;

/// One hit of the groove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrooveHit {
    /// Its moment in ticks from the start. Its time in seconds is exactly
    /// ticks × [`MICROS_PER_BEAT`] ÷ ([`TICKS_PER_BEAT`] × 1 000 000).
    pub tick: u32,
    /// General MIDI drum note.
    pub note: u8,
    /// 1..=127.
    pub velocity: u8,
}

/// The groove's hits in order of time, the same at every call: 8.7 s from the first to
/// the last, whose cymbal rings on.
pub fn groove() -> Vec<GrooveHit> {
    let mut chance = Rng::new(110, 0);
    let mut around = |spread: u64| (chance.draw() % (2 * spread + 1)) as i64 - spread as i64;
    let mut hits = Vec::new();
    for (bar, parts) in BARS.into_iter().enumerate() {
        for &(note, steps) in parts {
            let steps = steps.bytes().filter(|&step| step != b' ');
            for (step, strength) in steps.enumerate() {
                let index = usize::from(strength.wrapping_sub(b'1'));
                let Some(&velocity) = VELOCITIES.get(index) else { continue };
                let tick = i64::from(bar as u32 * BAR + step as u32 * SIXTEENTH);
                hits.push(GrooveHit {
                    tick: (tick + around(LOOSE_TICKS)).max(0) as u32,
                    note,
                    velocity: (i64::from(velocity) + around(LOOSE_VELOCITY)).clamp(1, 127) as u8,
                });
            }
        }
    }
    hits.sort_by_key(|hit| (hit.tick, hit.note));
    hits
}

/// The groove as a Standard MIDI File of one track. Every note lasts a thirty-second,
/// which drums do not care about.
pub fn groove_midi() -> Vec<u8> {
    let mut events: Vec<(u32, MidiMessage)> = Vec::new();
    for hit in groove() {
        let key = u7::new(hit.note);
        events.push((hit.tick, MidiMessage::NoteOn { key, vel: u7::new(hit.velocity) }));
        let off = hit.tick + SIXTEENTH / 2;
        events.push((off, MidiMessage::NoteOff { key, vel: u7::new(0) }));
    }
    events.sort_by_key(|&(tick, _)| tick);

    let meta = |message| TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(message) };
    let mut track = vec![
        meta(MetaMessage::TrackName(b"rimshot demo")),
        meta(MetaMessage::Tempo(u24::new(MICROS_PER_BEAT))),
        meta(MetaMessage::TimeSignature(4, 2, 24, 8)),
    ];
    let mut before = 0;
    for (tick, message) in events {
        let kind = TrackEventKind::Midi { channel: u4::new(DRUM_CHANNEL), message };
        track.push(TrackEvent { delta: u28::new(tick - before), kind });
        before = tick;
    }
    track.push(meta(MetaMessage::EndOfTrack));
    let timing = Timing::Metrical(u15::new(TICKS_PER_BEAT));
    let file = Smf { header: Header::new(Format::SingleTrack, timing), tracks: vec![track] };
    let mut bytes = Vec::new();
    let written = file.write(&mut bytes);
    debug_assert!(written.is_ok(), "a Vec takes every byte: {written:?}");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_has_sixteen_steps_that_are_written_as_they_should_be() {
        for (note, steps) in BARS.into_iter().flatten() {
            assert_eq!(steps.chars().filter(|c| ".12345".contains(*c)).count(), 16, "{note}");
            assert_eq!(steps.len(), 19, "{note}");
        }
    }

    #[test]
    fn the_groove_is_in_order_starts_at_once_and_has_its_crash_at_both_ends() {
        let hits = groove();
        assert!(hits.is_sorted_by_key(|hit| hit.tick));
        assert!(hits[0].tick <= LOOSE_TICKS as u32);
        let crashes: Vec<u32> =
            hits.iter().filter(|hit| hit.note == CRASH).map(|hit| hit.tick / (BAR / 2)).collect();
        assert!(matches!(crashes[..], [0, 7 | 8]), "{crashes:?}");
        let last = f64::from(hits[hits.len() - 1].tick) / f64::from(TICKS_PER_BEAT);
        let seconds = last * f64::from(MICROS_PER_BEAT) / 1e6;
        assert!((8.0..12.0).contains(&seconds), "{seconds} s");
    }

    #[test]
    fn the_groove_strikes_every_part_of_the_kit_softly_and_hard() {
        let hits = groove();
        for note in
            [KICK, XSTICK, SNARE, RIM, CLOSED, PEDAL, OPEN, TOM1, TOM2, TOM3, CRASH, RIDE, BELL]
        {
            assert!(hits.iter().any(|hit| hit.note == note), "{note}");
        }
        assert!(hits.iter().any(|hit| hit.note == SNARE && hit.velocity < 35));
        assert!(hits.iter().any(|hit| hit.note == SNARE && hit.velocity > 110));
    }

    #[test]
    fn the_midi_file_says_the_same_hits_at_the_same_ticks() {
        let bytes = groove_midi();
        let file = Smf::parse(&bytes).unwrap();
        assert_eq!(file.header.timing, Timing::Metrical(u15::new(TICKS_PER_BEAT)));
        let (mut tick, mut hits, mut sounding) = (0, Vec::new(), 0);
        for event in &file.tracks[0] {
            tick += event.delta.as_int();
            let TrackEventKind::Midi { channel, message } = event.kind else { continue };
            assert_eq!(channel.as_int(), DRUM_CHANNEL);
            if let MidiMessage::NoteOn { key, vel } = message {
                hits.push(GrooveHit { tick, note: key.as_int(), velocity: vel.as_int() });
                sounding += 1;
            } else {
                sounding -= 1;
            }
        }
        hits.sort_by_key(|hit| (hit.tick, hit.note));
        assert_eq!(hits, groove());
        assert_eq!(sounding, 0, "every note ends");
    }
}
