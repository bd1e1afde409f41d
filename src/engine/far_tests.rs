//! After hours, weeks and years: counters past 2³², times past 2³² milliseconds, a rest of ten
//! minutes. Nothing that is heard depends on how long the module has been on.

use super::dsp::reverb::RoomSpec;
use super::ports::Notice;
use super::rig_for_tests::{Rig, kit, slot, sound};
use super::*;
use crate::words::rng::Rng;
use crate::words::{Event, EventKind, EventSink, Hit};

const RATE: u32 = 48_000;
const PERIOD: usize = 128;

/// An engine with everything on, whose next frame is this one.
fn rig(position: u64) -> Rig {
    let settings = Settings { rate: RATE, seed: 9, voices: 12, ..Settings::default() };
    let (control, side) = ports::connect();
    let engine = Engine::new(settings, side).with_room(&RoomSpec::default());
    let mut rig = Rig { engine, control };
    rig.engine.now = position;
    let mut hat = sound("hihat", &["0.11x30000", "0.12x30000", "0.13x30000"]);
    hat.shape.reverb = 0.5;
    let mut snare = sound("snare", &["0.21x9000", "0.22x9000", "0.2x9001", "0.19x9002"]);
    snare.shape.tune_velocity = 2.0;
    rig.play(When::Now, kit(1, vec![hat, snare, sound("crash1", &["0.3x90000", "0.31x90000"])]));
    rig
}

/// Ten seconds of rolls with chokes and pedals, all frames counted from here.
fn rolls(rig: &mut Rig, seconds: u64) -> Vec<u32> {
    let from = rig.engine.position();
    let mut rng = Rng::new(4, 0);
    let mut bits = Vec::new();
    let mut out = [0.0; 2 * PERIOD];
    for block in 0..seconds * u64::from(RATE) / PERIOD as u64 {
        let dice = rng.draw();
        let frame = from + block * PERIOD as u64 + dice % PERIOD as u64;
        let name = ["hihat", "snare", "crash1"][(dice >> 8) as usize % 3];
        match dice >> 16 & 31 {
            0..=3 => rig.hit(frame, name, 1.0 + (dice >> 32) as f32 % 126.0),
            4 => rig.event(frame, EventKind::Choke { slot: slot("crash1"), grip: 1.0 }),
            5 => rig.event(frame, EventKind::Choke { slot: slot("crash1"), grip: 0.0 }),
            6 => rig.event(frame, EventKind::Pedal(0.0)),
            _ => {}
        }
        rig.engine.process(&mut out);
        rig.notices();
        bits.extend(out.iter().map(|x| x.to_bits()));
    }
    bits
}

#[test]
fn the_same_hits_are_the_same_bits_wherever_the_count_of_frames_has_got_to() {
    let at = |position| {
        let mut rig = rig(position);
        let bits = rolls(&mut rig, 12);
        assert!(rig.engine.meters.read().stolen > 0 && bits.iter().any(|x| *x != 0));
        bits
    };
    let second = u64::from(RATE);
    // Past 2³² frames (a day at 48 kHz), past what an f32 and an f64 count to, and years on.
    let early = at(second);
    for position in
        [(1 << 32) - 6 * second, (1 << 24) - 6 * second, 1 << 40, (1 << 53) - 6 * second]
    {
        assert!(at(position) == early, "after {position} frames it sounds different");
    }
}

/// Hits of two drummers on a card whose crystal is `ppm` fast, the program having been on for
/// `begin` nanoseconds: how many frames after its own time each one sounds.
fn waits(begin: u64, ppm: f64) -> (Vec<u32>, u64) {
    let mut rig = rig(u64::from(RATE) * (begin / 1_000_000_000));
    rig.engine.open(StreamShape::new(RATE, PERIOD as u32));
    let step = 1e9 / (f64::from(RATE) * (1.0 + ppm * 1e-6));
    let mut rng = Rng::new(6, 0);
    let (mut waits, mut late) = (Vec::new(), 0);
    let mut out = [0.0; 2 * PERIOD];
    for block in 0..60 * u64::from(RATE) / PERIOD as u64 {
        let dice = rng.draw();
        let due = begin + (block as f64 * PERIOD as f64 * step) as u64;
        let wake = due + dice % 500_000;
        if block % 9 == 0 {
            let time = due.saturating_sub((dice >> 32) % 2_000_000);
            let kind = EventKind::Hit(Hit::new(slot("snare"), 100.0));
            rig.control.sources[0].send(Event { when: When::Nanos(time), device: 0, kind });
        }
        rig.engine.render(BlockStart { now: wake, broken: false }, &mut out);
        if block == 4000 {
            late = rig.engine.meters.read().late;
        }
        let waited = rig.notices().into_iter().filter_map(|notice| match notice {
            Notice::Played { waited, .. } => Some(waited),
            _ => None,
        });
        waits.extend(waited.filter(|_| block > 4000));
    }
    (waits, rig.engine.meters.read().late - late)
}

#[test]
fn hits_wait_as_long_after_ten_years_as_in_the_first_minute_whatever_the_crystal() {
    let second = 1_000_000_000;
    for ppm in [0.0, -100.0, 100.0] {
        // A second, 2³² milliseconds (49.7 days), ten years.
        for begin in [second, (1 << 32) * 1_000_000 - 30 * second, 315_576_000 * second] {
            let (waits, late) = waits(begin, ppm);
            let [least, most] = [waits.iter().min(), waits.iter().max()].map(|w| *w.unwrap());
            let period = PERIOD as u32;
            println!("{ppm} ppm after {begin} ns: {least} to {most}, {late} late");
            assert!(waits.len() > 1000 && late == 0, "{late} late after {begin} ns");
            // 10 frames are 0.2 ms: what the loop leaves of 0.5 ms of jitter.
            let steady = least + 10 >= period && most <= period + 10;
            assert!(steady, "{least} to {most} frames after {begin} ns at {ppm} ppm");
        }
    }
}

#[test]
fn after_ten_minutes_without_a_hit_the_next_one_is_as_soon_and_as_loud() {
    let after = |seconds: u64| {
        let mut rig = rig(0);
        rig.engine.open(StreamShape::new(RATE, PERIOD as u32));
        let mut out = [0.0; 2 * PERIOD];
        let block = |rig: &mut Rig, number: u64, out: &mut [f32]| {
            let now = 1_000_000_000 + number * PERIOD as u64 * 1_000_000_000 / u64::from(RATE);
            rig.engine.render(BlockStart { now, broken: false }, out);
            now
        };
        let hit = |rig: &mut Rig, time: u64| {
            let kind = EventKind::Hit(Hit::new(slot("hihat"), 100.0));
            rig.control.sources[0].send(Event { when: When::Nanos(time), device: 0, kind });
        };
        let mut number = 0;
        for second in 0..seconds {
            for _ in 0..RATE as usize / PERIOD {
                let now = block(&mut rig, number, &mut out);
                if (second, number % 40) == (2, 0) {
                    hit(&mut rig, now);
                }
                number += 1;
            }
        }
        assert!(out.iter().all(|x| *x == 0.0), "the room rings for ever");
        assert!(!rig.engine.room_rings() && rig.engine.voices.iter().count() == 0);
        rig.notices();
        let mut heard = Vec::new();
        let mut waits = None;
        for n in 0..1500 {
            let now = block(&mut rig, number + n, &mut out);
            if n == 3 {
                hit(&mut rig, now);
            }
            waits = waits.or(rig.notices().into_iter().find_map(|notice| match notice {
                Notice::Played { waited, .. } => Some(waited),
                _ => None,
            }));
            heard.extend(out.iter().map(|x| x.to_bits()));
        }
        (heard, waits.unwrap(), rig.engine.meters.read().late)
    };
    let (short, long) = (after(20), after(600));
    assert!(short.0 == long.0, "it sounds different");
    assert_eq!((short.1, short.2), (long.1, long.2));
    assert_eq!(long.1, PERIOD as u32);
    assert!(long.0.iter().any(|x| *x != 0));
}
