//! Live playing through [`Engine::render`]: scripted wakes, several sources, no clock.

use std::path::Path;
use std::sync::Arc;

use super::ports::{self, Command, ControlSide, Notice, Order, Source};
use super::*;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
use crate::kit::sample::Frames;
use crate::kit::{Dynamics, Kit, KitMemory, KitPlan, SampleData};
use crate::words::{Event, EventKind, EventSink, Hit};

const RATE: u32 = 48_000;
const PERIOD: u32 = 128;
/// Nanoseconds a frame and a period.
const STEP: f64 = 1e9 / RATE as f64;
const SPAN: f64 = STEP * PERIOD as f64;

/// An engine on a card of 128 frames, and a kit whose kick is one frame of 1.0.
struct Live {
    engine: Engine,
    control: ControlSide,
    out: Vec<f32>,
}

impl Live {
    fn new(timing: Timing) -> Self {
        let (control, side) = ports::connect();
        let settings = Settings { rate: RATE, timing, limiter: false, ..Settings::default() };
        let mut live = Self { engine: Engine::new(settings, side), control, out: Vec::new() };
        live.engine.open(StreamShape::new(RATE, PERIOD));
        let choice = ChoicePlan::Measured(vec!["click".into()]);
        let mut sound = SoundPlan::new(Slot::KICK, vec![ArticulationPlan::whole(choice)]);
        sound.dynamics = Some(Dynamics::Layers);
        let plan = KitPlan::new("click", "click", vec![sound]);
        let click = Arc::new(SampleData::new(Frames::MonoF32([1.0].into()), 1.0, 1.0));
        let kit = Box::new(Kit::build(&plan, |_: &Path, _| Some(click.clone())));
        let memory = Box::new(KitMemory::of(&kit));
        let order = Order::Play(kit, memory);
        live.control.commands.push(Command { when: When::Now, order }).unwrap();
        live
    }

    fn hit(&mut self, source: usize, device: u8, note: u8, time: f64) {
        send(&mut self.control.sources[source], device, note, time);
    }

    /// The callback wakes at this time.
    fn block(&mut self, now: f64) {
        let mut out = vec![f32::NAN; 2 * PERIOD as usize];
        self.engine.render(BlockStart { now: now as u64, broken: false }, &mut out);
        self.out.extend(out.chunks_exact(2).map(|f| f[0]));
    }

    /// The frames at which something sounds, a frame of two hits twice.
    fn clicks(&self) -> Vec<u64> {
        let times = |(i, x): (usize, &f32)| std::iter::repeat_n(i as u64, x.round() as usize);
        self.out.iter().enumerate().flat_map(times).collect()
    }

    fn notes(&mut self) -> Vec<u8> {
        let note = |notice| match notice {
            Notice::Played { note, .. } => Some(note),
            _ => None,
        };
        std::iter::from_fn(|| self.control.notices.pop().ok()).filter_map(note).collect()
    }
}

fn send(source: &mut Source, device: u8, note: u8, time: f64) {
    let kind = EventKind::Hit(Hit { note, ..Hit::new(Slot::KICK, 100.0) });
    source.send(Event { when: When::Nanos(time as u64), device, kind });
}

/// Plays hits of two sources at random times while callbacks wake up to 80 % of a period
/// late. For each hit how many frames after its own time it sounds, once the loop has
/// locked, and how many hits were counted as late after that.
fn delays(timing: Timing) -> (Vec<f64>, u64) {
    let mut live = Live::new(timing);
    let mut rng = Rng::new(8, 8);
    let mut dice = move || f64::from(Rng::of_candidate(rng.draw(), 0));
    let begin = 3e9;
    let mut played: Vec<f64> = Vec::new();
    let mut waiting: Vec<(f64, usize)> = Vec::new();
    let mut late_before = 0;
    let blocks = 4000;
    for block in 0..blocks {
        let due = begin + f64::from(block) * SPAN;
        let wake = due + 0.8 * SPAN * dice();
        // two drummers, each a hit every seven blocks; the last ones have time to sound
        if block % 7 < 2 && block + 8 < blocks {
            let hit = due + SPAN * dice();
            waiting.push((hit, block as usize % 7));
        }
        for (time, source) in waiting.extract_if(.., |(time, _)| *time < wake) {
            played.push(time);
            live.hit(source, source as u8, 36, time);
        }
        live.block(wake);
        live.notes();
        if block == 1500 {
            late_before = live.control.meters.late.get();
        }
    }
    let clicks = live.clicks();
    played.sort_by(f64::total_cmp);
    assert_eq!(clicks.len(), played.len(), "every hit sounds once");
    let delay = |(click, time): (u64, f64)| click as f64 - (time - begin) / STEP;
    let locked = clicks.into_iter().zip(played).filter(|(click, _)| *click > 1500 * 128);
    (locked.map(delay).collect(), live.control.meters.late.get() - late_before)
}

#[test]
fn a_notice_tells_when_its_message_came_and_how_many_frames_later_it_sounds() {
    for (timing, delayed) in [(Timing::Steady, [PERIOD, PERIOD]), (Timing::Asap, [28, 128])] {
        let mut live = Live::new(timing);
        let begin = 3e9;
        for block in 0..400 {
            live.block(begin + f64::from(block) * SPAN);
            live.notes();
        }
        let now = begin + 400.0 * SPAN;
        let times = [now - 28.0 * STEP, now - 128.0 * STEP];
        for (source, time) in times.into_iter().enumerate() {
            live.hit(source, source as u8, 36, time);
        }
        live.block(now);
        live.block(now + SPAN);
        let mut notices: Vec<Notice> =
            std::iter::from_fn(|| live.control.notices.pop().ok()).collect();
        notices.sort_by_key(|notice| match notice {
            Notice::Played { source, .. } => *source,
            _ => u8::MAX,
        });
        let told = notices.iter().map(|notice| match *notice {
            Notice::Played { time, waited, level, .. } => (time, waited, level),
            _ => panic!("{notices:?}"),
        });
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), 2);
        for ((time, waited, level), (asked, wanted)) in
            told.into_iter().zip(times.into_iter().zip(delayed))
        {
            assert_eq!((time, level), (Some(asked as u64), 1.0));
            assert!(waited.abs_diff(wanted) <= 2, "{timing:?}: {waited} and not {wanted}");
        }
    }
}

#[test]
fn hits_of_two_sources_sound_one_period_after_their_time_however_late_callbacks_wake() {
    let (delays, late) = delays(Timing::Steady);
    let (least, most) = range(&delays);
    // 12 frames are a quarter of a millisecond; the wakes are up to 102 frames late
    let wanted = f64::from(PERIOD);
    assert!(least > wanted - 12.0 && most < wanted + 12.0, "{least} to {most} frames");
    assert!(late < delays.len() as u64 / 100, "{late} late");
}

#[test]
fn asap_hits_sound_at_the_next_block_and_are_never_late() {
    let (delays, late) = delays(Timing::Asap);
    let (least, most) = range(&delays);
    assert!(most - least > 100.0, "{least} to {most} frames");
    assert!(most < f64::from(PERIOD) && late == 0, "{most} frames, {late} late");
}

fn range(x: &[f64]) -> (f64, f64) {
    (x.iter().copied().fold(f64::MAX, f64::min), x.iter().copied().fold(f64::MIN, f64::max))
}

#[test]
fn hits_that_a_stalled_thread_brings_much_too_late_sound_at_once_in_order_and_are_counted() {
    let mut live = Live::new(Timing::Steady);
    for block in 0..500 {
        live.block(3e9 + f64::from(block) * SPAN);
    }
    let now = 3e9 + 500.0 * SPAN;
    // source 1 stalled for a second, source 2 did not
    for (note, ago) in [(1, 1.0e9), (2, 0.5e9), (3, 0.1e9)] {
        live.hit(1, 1, note, now - ago);
    }
    live.hit(2, 2, 4, now - 0.5 * SPAN);
    live.block(now);
    assert_eq!(live.clicks(), [500 * 128, 500 * 128, 500 * 128, 500 * 128 + 64]);
    assert_eq!(live.notes(), [1, 2, 3, 4]);
    assert_eq!(live.control.meters.late.get(), 3);
}

#[test]
fn a_source_that_floods_is_put_off_and_delays_no_other() {
    let mut live = Live::new(Timing::Steady);
    live.block(3e9);
    for _ in 0..1000 {
        live.hit(0, 0, 1, 2.9e9);
    }
    live.hit(5, 5, 2, 3e9 + 0.5 * SPAN);
    live.block(3e9 + SPAN);
    let notes = live.notes();
    assert_eq!((notes.len(), notes.last()), (128 / 8 + 1, Some(&2)));
    for block in 2..80 {
        live.block(3e9 + f64::from(block) * SPAN);
    }
    let read = live.control.meters.read();
    assert_eq!((read.played, read.lost, read.late), (1001, 0, 1000));
    assert_eq!(read.put_off, 62, "63 blocks of 16");
}

#[test]
fn a_stamp_from_the_far_future_holds_up_nothing_behind_it() {
    let mut live = Live::new(Timing::Steady);
    live.block(3e9);
    live.hit(0, 0, 1, 1e18);
    live.hit(0, 0, 2, 3e9 + 0.5 * SPAN);
    live.block(3e9 + SPAN);
    live.block(3e9 + 2.0 * SPAN);
    assert_eq!(live.notes(), [1, 2]);
}

#[test]
fn asap_knows_a_twin_from_a_devices_second_port_across_callbacks_and_a_roll_from_a_twin() {
    let mut live = Live::new(Timing::Asap);
    // 0.2 ms apart, and a callback wakes between them
    live.hit(0, 7, 36, 2.9999e9);
    live.block(3e9);
    live.hit(1, 7, 36, 3.0001e9);
    // 2 ms apart in one block: two strokes
    live.hit(0, 7, 38, 3.0002e9);
    live.hit(1, 7, 38, 3.0022e9);
    live.block(3e9 + SPAN);
    assert_eq!(live.notes(), [36, 38, 38]);
    assert_eq!(live.control.meters.duplicates.get(), 1);
}
