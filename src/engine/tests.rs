//! What a drummer would notice, over instruments of a few frames.

use std::sync::Arc;

use super::ports::{self, Command, Notice, Order, STRUCK, Silence};
use super::rig_for_tests::{Rig, kit, slot, sound};
use super::*;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use crate::kit::sample::Frames;
use crate::kit::{Dynamics, Kit, KitId, KitPlan, KitSample, SampleData};
use crate::words::limits::{KIT_PLACES, NOTICES, SOURCE_EVENTS};
use crate::words::{Event, EventKind, EventSink, HeldBack, Hit};

#[test]
fn a_hit_sounds_at_its_frame_inside_the_block() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x2"])]);
    rig.hit(3, "kick", 100.0);
    assert_eq!(rig.left(6), [0.0, 0.0, 0.0, 0.5, 0.5, 0.0]);
}

#[test]
fn two_hits_on_one_drum_add_up_and_the_second_does_not_cut_the_first() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x3"])]);
    rig.hit(0, "kick", 100.0);
    rig.hit(1, "kick", 100.0);
    assert_eq!(rig.left(5), [0.5, 1.0, 1.0, 0.5, 0.0]);
}

#[test]
fn a_hit_before_any_kit_is_told_and_counted() {
    let mut rig = Rig::new(Settings::default());
    rig.hit(0, "kick", 100.0);
    rig.left(1);
    assert!(matches!(rig.notices()[..], [Notice::Silent { why: Silence::NoKit, .. }]));
    assert_eq!(rig.control.meters.no_kit.get(), 1);
}

#[test]
fn a_hit_that_is_held_back_is_told_and_counted_and_ends_nothing() {
    let mut rig = Rig::with(vec![sound("hihat", &["0.5x99"])]);
    rig.engine.damping.group = 1;
    let open = Hit { openness: 1.0, ..Hit::new(slot("hihat"), 100.0) };
    rig.event(0, EventKind::Hit(open));
    let whys = [HeldBack::Retrigger, HeldBack::Grab, HeldBack::Stomp];
    for why in whys {
        let hit = Hit::new(slot("hihat.pedal"), 5.0);
        rig.event(1, EventKind::Held { hit, why });
    }
    assert_eq!(rig.left(4), [0.5; 4]);
    let told = rig.notices().into_iter().filter_map(|n| match n {
        Notice::Silent { why: Silence::Held(why), .. } => Some(why),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), whys);
    let read = rig.control.meters.read();
    assert_eq!([read.played, read.masked, read.grabbed, read.stomps], [1; 4]);
}

#[test]
fn an_unmapped_note_and_a_missing_sound_are_told_apart() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x3"])]);
    rig.hit(0, "note.23", 100.0);
    rig.hit(0, "snare", 100.0);
    rig.left(1);
    let whys = rig.notices().into_iter().filter_map(|n| match n {
        Notice::Silent { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(whys.collect::<Vec<_>>(), [Silence::Unmapped, Silence::NoSound]);
}

#[test]
fn a_slot_without_a_sound_plays_its_neighbour() {
    let mut rig = Rig::with(vec![sound("tom1", &["0.25x1"])]);
    rig.hit(0, "tom4.rim", 100.0);
    assert_eq!(rig.left(1), [0.25]);
}

#[test]
fn a_sound_for_exactly_one_note_wins_only_on_its_own_slot() {
    let mut second = sound("kick", &["0.25x1"]);
    second.note = Some(35);
    let mut rig = Rig::with(vec![sound("kick", &["0.5x1"]), second, sound("snare", &["0.125x1"])]);
    let hit = |name: &str, note| EventKind::Hit(Hit { note, ..Hit::new(slot(name), 100.0) });
    rig.event(0, hit("kick", 35));
    rig.event(1, hit("kick", 36));
    rig.event(2, hit("snare", 35));
    assert_eq!(rig.left(3), [0.25, 0.5, 0.125]);
}

#[test]
fn a_note_whose_slot_is_silent_plays_what_the_kit_has_for_the_note_itself() {
    let mut rig = Rig::with(vec![sound("note.39", &["0.5x1"]), sound("snare", &["0.25x1"])]);
    let hit = |name: &str, note| EventKind::Hit(Hit { note, ..Hit::new(slot(name), 100.0) });
    rig.event(0, hit("tom4.rim", 39));
    rig.event(1, hit("snare", 39));
    rig.event(2, hit("tom4.rim", 40));
    assert_eq!(rig.left(3), [0.5, 0.25, 0.0]);
}

#[test]
fn round_robin_plays_the_recordings_of_a_layer_in_turn() {
    let mut rig = Rig::with(vec![sound("snare", &["0.1x1", "0.2x1", "0.3x1"])]);
    for frame in 0..4 {
        rig.hit(frame, "snare", 100.0);
    }
    assert_eq!(rig.left(4), [0.1, 0.2, 0.3, 0.1]);
}

#[test]
fn velocity_chooses_the_layer_and_a_gap_takes_the_nearest() {
    let layer = |velocity, file: &str| LayerPlan { velocity, files: vec![file.into()] };
    let layers = vec![layer([1, 40], "0.1x1"), layer([60, 127], "0.5x1")];
    let plan = ArticulationPlan::whole(ChoicePlan::Layers(layers));
    let mut rig = Rig::with(vec![SoundPlan::new(Slot::SNARE, vec![plan])]);
    for (frame, velocity) in [1.0, 40.0, 45.0, 55.0, 127.0].into_iter().enumerate() {
        rig.hit(frame as u64, "snare", velocity);
    }
    assert_eq!(rig.left(5), [0.1, 0.1, 0.1, 0.5, 0.5]);
}

fn measured(files: &[&str]) -> SoundPlan {
    let files = files.iter().map(|f| f.into()).collect();
    SoundPlan::new(Slot::SNARE, vec![ArticulationPlan::whole(ChoicePlan::Measured(files))])
}

#[test]
fn one_recording_alone_follows_the_square_of_the_velocity() {
    let mut rig = Rig::with(vec![measured(&["0.5x1"])]);
    rig.hit(0, "snare", 127.0);
    rig.hit(1, "snare", 63.5);
    assert_eq!(rig.left(2), [0.5, 0.125]);
}

#[test]
fn an_undescribed_folder_plays_louder_recordings_for_harder_hits() {
    let mut rig = Rig::with(vec![measured(&["0.9x1", "0.01x1", "0.3x1"])]);
    let mut last = 0.0;
    for (frame, velocity) in [1.0, 30.0, 60.0, 90.0, 127.0].into_iter().enumerate() {
        rig.hit(frame as u64, "snare", velocity);
        let level = rig.left(1)[0];
        assert!(level > last, "velocity {velocity}: {level} after {last}");
        last = level;
    }
}

#[test]
fn a_ghost_note_of_a_measured_folder_is_as_soft_as_its_velocity_asks_for() {
    let steps = ["0.9x1", "0.54x1", "0.32x1", "0.19x1", "0.11x1", "0.066x1", "0.039x1", "0.023x1"];
    let mut rig = Rig::with(vec![measured(&steps)]);
    for (frame, v) in [20.0, 22.0, 20.0, 127.0, 20.0, 64.0, 33.0f32].into_iter().enumerate() {
        rig.hit(frame as u64, "snare", v);
        let (level, asked) = (rig.left(1)[0], 0.9 * (v / 127.0).powi(2));
        assert!((level - asked).abs() < 1e-6, "velocity {v}: {level}, not {asked}");
    }
}

#[test]
fn layers_with_level_follow_the_square_of_the_velocity_within_six_db() {
    let layer = |velocity, file: &str| LayerPlan { velocity, files: vec![file.into()] };
    let layers = vec![layer([1, 95], "0.25x1"), layer([96, 127], "0.8x1")];
    let plan = ArticulationPlan::whole(ChoicePlan::Layers(layers));
    let mut sound = SoundPlan::new(Slot::SNARE, vec![plan]);
    sound.dynamics = Some(Dynamics::Level);
    let mut rig = Rig::with(vec![sound]);
    for (frame, velocity) in [127.0, 95.0, 63.5, 1.0].into_iter().enumerate() {
        rig.hit(frame as u64, "snare", velocity);
    }
    let out = rig.left(4);
    assert!((out[0] - 0.8).abs() < 1e-6);
    assert!((out[1] - 0.8 * (95.0 / 127.0f32).powi(2)).abs() < 1e-6);
    assert!((out[2] - 0.2).abs() < 1e-6);
    assert_eq!(out[3], 0.125, "no recording is scaled by more than 6 dB");
}

#[test]
fn a_measured_recording_is_never_played_twice_running_where_there_is_another() {
    let mut rig = Rig::with(vec![measured(&["0.50x1", "0.51x1", "0.52x1", "0.53x1"])]);
    for frame in 0..200 {
        rig.hit(frame, "snare", 100.0);
    }
    let out = rig.left(200);
    assert!(out.windows(2).all(|w| w[0] != w[1]));
    let used: std::collections::BTreeSet<_> = out.iter().map(|x| x.to_bits()).collect();
    assert_eq!(used.len(), 4, "every recording has its turn");
}

#[test]
fn ghost_notes_softer_than_the_softest_recording_vary_too() {
    let mut rig = Rig::with(vec![measured(&["0.9x1", "0.20x1", "0.21x1", "0.22x1"])]);
    for frame in 0..100 {
        rig.hit(frame, "snare", 5.0);
    }
    let out = rig.left(100);
    assert!(out.windows(2).all(|w| w[0] != w[1]) && out.iter().all(|&x| x < 0.12));
}

#[test]
fn the_seed_decides_all_chance_and_other_slots_none() {
    let run = |seed, others: bool| {
        let (control, side) = ports::connect();
        let mut rig = Rig {
            engine: Engine::new(Settings { rate: 100, seed, ..Settings::default() }, side),
            control,
        };
        let files: Vec<String> = (0..9).map(|i| format!("0.{}x1", 500 + i)).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        rig.play(When::Now, kit(1, vec![measured(&files), sound("kick", &["0.0x50"])]));
        for frame in 0..60 {
            rig.hit(frame, "snare", 100.0);
            if others {
                rig.hit(frame, "kick", 100.0);
            }
        }
        rig.left(60)
    };
    assert_eq!(run(1, false), run(1, false));
    assert_eq!(run(1, false), run(1, true));
    assert_ne!(run(1, false), run(2, false));
}

#[test]
fn pan_and_gain_are_exact_at_the_centre() {
    let mut quiet = sound("kick", &["0.7x1"]);
    quiet.pan = 1.0;
    let mut rig = Rig::with(vec![quiet, sound("snare", &["0.7x1"])]);
    rig.hit(0, "kick", 100.0);
    rig.hit(1, "snare", 100.0);
    let mut out = [0.0; 4];
    rig.engine.process(&mut out);
    assert!(out[0].abs() < 1e-6 && (out[1] - 0.7 * 2f32.sqrt()).abs() < 1e-6);
    assert_eq!(out[2..], [0.7, 0.7]);
}

#[test]
fn when_voices_run_out_the_quietest_fades_and_the_new_hit_sounds() {
    let (control, side) = ports::connect();
    let settings = Settings { rate: 1000, voices: 2, limiter: false, ..Settings::default() };
    let mut rig = Rig { engine: Engine::new(settings, side), control };
    let sounds = vec![
        sound("kick", &["0.5x9000"]),
        sound("snare", &["0.25x9000"]),
        sound("tom1", &["1.0x9000"]),
    ];
    rig.play(When::Now, kit(1, sounds));
    rig.hit(0, "kick", 100.0);
    rig.hit(0, "snare", 100.0);
    rig.hit(100, "tom1", 100.0);
    let out = rig.left(110);
    assert_eq!(out[99], 0.75);
    // the snare falls from 0.25 to nothing within six frames
    assert_eq!(out[100], 1.75);
    assert!((out[103] - 1.625).abs() < 1e-6);
    assert_eq!(out[106], 1.5);
    assert_eq!(rig.control.meters.stolen.get(), 1);
}

#[test]
fn a_flood_of_hits_cuts_the_most_faded_and_counts_everything() {
    let (control, side) = ports::connect();
    let settings = Settings { rate: 48_000, voices: 4, ..Settings::default() };
    let mut rig = Rig { engine: Engine::new(settings, side), control };
    rig.play(When::Now, kit(1, vec![sound("kick", &["0.5x9000"])]));
    for frame in 0..200 {
        rig.hit(frame, "kick", 100.0);
    }
    rig.left(200);
    let read = rig.control.meters.read();
    assert_eq!((read.played, read.stolen, read.fades_cut), (200, 196, 164));
    assert_eq!(read.lost, 0);
    assert_eq!(read.most_voices, 4);
}

#[test]
fn the_old_tail_rings_on_after_a_switch_and_the_kit_comes_home_when_it_ends() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x4"])]);
    rig.hit(0, "kick", 100.0);
    rig.play(When::Frame(1), kit(2, vec![sound("kick", &["0.25x4"])]));
    rig.hit(2, "kick", 100.0);
    assert_eq!(rig.left(3), [0.5, 0.5, 0.75]);
    assert!(rig.control.retired.pop().is_err(), "its tail still rings");
    assert_eq!(rig.left(2), [0.75, 0.25]);
    assert_eq!(rig.control.retired.pop().unwrap().kit.id, KitId(1));
}

#[test]
fn a_kit_whose_tail_rings_is_reactivated_with_its_memory() {
    let files = ["0.1x4", "0.2x1", "0.3x1"];
    let mut rig = Rig::with(vec![sound("snare", &files)]);
    rig.hit(0, "snare", 100.0);
    rig.play(When::Frame(1), kit(2, vec![sound("snare", &["0.5x1"])]));
    rig.play(When::Frame(2), kit(1, vec![sound("snare", &files)]));
    rig.hit(2, "snare", 100.0);
    let out = rig.left(3);
    assert!((out[2] - 0.3).abs() < 1e-6, "the tail and the second in turn: {}", out[2]);
    let home: Vec<_> =
        std::iter::from_fn(|| rig.control.retired.pop().ok()).map(|r| r.kit.id).collect();
    assert_eq!(home, [KitId(1), KitId(2)], "the old table of kit 1, then kit 2");
}

#[test]
fn with_all_places_ringing_the_oldest_tails_fade_and_the_switch_follows() {
    let mut rig = Rig::new(Settings { rate: 1000, limiter: false, ..Settings::default() });
    for id in 0..KIT_PLACES as u64 + 1 {
        rig.play(When::Frame(id), kit(id + 1, vec![sound("kick", &["0.5x900"])]));
        rig.hit(id, "kick", 100.0);
    }
    rig.hit(100, "kick", 100.0);
    rig.left(200);
    let read = rig.control.meters.read();
    assert_eq!((read.played, read.kits_cut), (10, 1));
    let home: Vec<_> =
        std::iter::from_fn(|| rig.control.retired.pop().ok()).map(|r| r.kit.id).collect();
    assert_eq!(home, [KitId(1)]);
    let playing = rig.notices().into_iter().filter(|n| matches!(n, Notice::Playing(_))).count();
    assert_eq!(playing, KIT_PLACES + 1);
}

#[test]
fn kits_switched_at_every_block_lose_no_hit_and_make_no_step_of_their_own() {
    let mut rig = Rig::new(Settings { rate: 48_000, limiter: false, ..Settings::default() });
    // a recording that rises and falls by 1/512 a frame: the steps of the samples
    let mut frames: Vec<f32> = (0..512).map(|i| i as f32 / 512.0).collect();
    frames.extend((0..512).rev().map(|i| i as f32 / 512.0));
    let wave = Arc::new(SampleData::new(Frames::MonoF32(frames.into()), 1.0, 0.5));
    let plan = KitPlan::new("k", "k", vec![sound("snare", &["x"])]);
    let mut last = 0.0f32;
    let mut biggest = 0.0f32;
    for block in 0..2000u64 {
        let kit = Kit::build(&plan, |_, _| Some(wave.clone()));
        let kit = Box::new(Kit { id: KitId(block % 20 + 1), ..kit });
        rig.play(When::Now, kit);
        rig.hit(block * 64 + block % 64, "snare", 100.0);
        for x in rig.left(64) {
            biggest = biggest.max((x - last).abs());
            last = x;
        }
        while rig.control.retired.pop().is_ok() {}
        rig.notices();
    }
    let read = rig.control.meters.read();
    assert_eq!(read.played, 2000);
    assert_eq!(read.no_kit + read.no_sound + read.lost, 0);
    // 16 recordings overlap; a tail cut in 6 ms (288 frames) falls by at most 1/288 a frame
    assert!(biggest <= 17.0 / 512.0 + 16.0 / 288.0, "step {biggest}");
}

#[test]
fn two_ports_of_one_device_count_once_and_two_devices_twice() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x1"])]);
    let mut send = |source: usize, device, frame| {
        let kind = EventKind::Hit(Hit { note: 36, ..Hit::new(Slot::KICK, 100.0) });
        rig.control.sources[source].send(Event { when: When::Frame(frame), device, kind });
    };
    send(0, 1, 0);
    send(1, 1, 0);
    send(2, 2, 0);
    send(0, 1, 5);
    assert_eq!(rig.left(6), [1.0, 0.0, 0.0, 0.0, 0.0, 0.5]);
    assert_eq!(rig.control.meters.duplicates.get(), 1);
}

#[test]
fn events_of_one_frame_go_by_source_number() {
    let mut rig = Rig::with(vec![sound("snare", &["0.1x1", "0.2x1"])]);
    for source in [5, 2] {
        let kind = EventKind::Hit(Hit { velocity: source as f32, ..Hit::new(Slot::SNARE, 1.0) });
        rig.control.sources[source].send(Event {
            when: When::Frame(0),
            device: source as u8,
            kind,
        });
    }
    rig.left(1);
    let order = rig.notices().into_iter().filter_map(|n| match n {
        Notice::Played { source, .. } => Some(source),
        _ => None,
    });
    assert_eq!(order.collect::<Vec<_>>(), [2, 5]);
}

#[test]
fn malformed_events_do_no_harm() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x1"]), sound("hihat", &["0.5x1"])]);
    for x in [f32::NAN, f32::INFINITY, -f32::INFINITY, -1.0, 1e30] {
        let hit = Hit { slot: Slot::HIHAT, note: 200, velocity: x, openness: x, position: x };
        rig.event(0, EventKind::Hit(hit));
        rig.event(0, EventKind::Pedal(x));
    }
    rig.event(u64::MAX, EventKind::Pedal(0.0));
    assert!(rig.left(2).iter().all(|x| x.is_finite()));
    assert_eq!(rig.control.meters.played.get(), 5);
}

/// The same kit with these samples missing.
fn with_holes(kit: Kit, holes: &[usize]) -> Box<Kit> {
    let mut kit = kit;
    for &hole in holes {
        let data = Arc::new(SampleData::new(Frames::MonoF32([].into()), 1.0, 0.5));
        kit.samples[hole] = KitSample { data, gain: 1.0, hole: true };
    }
    Box::new(kit)
}

#[test]
fn a_missing_sample_is_skipped_and_asked_for_and_plays_once_it_is_there() {
    let mut rig = Rig::new(Settings { rate: 1, limiter: false, ..Settings::default() });
    let whole = kit(1, vec![sound("kick", &["0.5x1"])]);
    let filling = [(0, Arc::clone(&whole.samples[0].data))];
    let lazy = with_holes(*whole, &[0]);
    let next = lazy.next_generation(&filling);
    rig.play(When::Now, lazy);
    rig.hit(0, "kick", 100.0);
    assert_eq!(rig.left(1), [0.0]);
    assert_eq!(rig.control.meters.not_loaded.get(), 1);
    let notices = rig.notices();
    assert!(notices.contains(&Notice::Wanted { kit: KitId(1), sample: 0 }), "{notices:?}");
    rig.play(When::Now, Box::new(next));
    rig.hit(1, "kick", 100.0);
    assert_eq!(rig.left(1), [0.5]);
}

#[test]
fn a_missing_variation_is_stood_in_for_and_keeps_its_turn() {
    let mut rig = Rig::new(Settings { rate: 1, limiter: false, ..Settings::default() });
    let whole = kit(1, vec![sound("kick", &["0.1x1", "0.2x1", "0.3x1"])]);
    let filling = [(0, Arc::clone(&whole.samples[0].data))];
    let lazy = with_holes(*whole, &[0]);
    let next = lazy.next_generation(&filling);
    rig.play(When::Now, lazy);
    rig.hit(0, "kick", 100.0);
    assert_eq!(rig.left(1), [0.2], "the nearest one that is there");
    assert!(rig.notices().contains(&Notice::Wanted { kit: KitId(1), sample: 0 }));
    rig.play(When::Now, Box::new(next));
    for (frame, wanted) in [(1, 0.1), (2, 0.2), (3, 0.3)] {
        rig.hit(frame, "kick", 100.0);
        assert_eq!(rig.left(1), [wanted]);
    }
}

#[test]
fn silence_ends_everything_and_the_next_hit_sounds() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x99"])]);
    rig.hit(0, "kick", 100.0);
    rig.left(1);
    rig.control.commands.push(Command { when: When::Now, order: Order::Silence }).unwrap();
    rig.hit(3, "kick", 100.0);
    assert_eq!(rig.left(3), [0.5, 0.0, 0.5], "one frame of fade at this rate");
}

#[test]
fn a_hit_that_no_pad_has_sent_sounds_like_any_other_and_is_told_so() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x1"])]);
    while rig.control.notices.pop().is_ok() {}
    let order = Order::Strike(Hit::new(Slot::KICK, 127.0));
    rig.control.commands.push(Command { when: When::Frame(2), order }).unwrap();
    assert_eq!(rig.left(4), [0.0, 0.0, 0.5, 0.0]);
    let notices: Vec<Notice> = std::iter::from_fn(|| rig.control.notices.pop().ok()).collect();
    let source = notices.iter().find_map(|notice| match notice {
        Notice::Played { slot: Slot::KICK, source, .. } => Some(usize::from(*source)),
        _ => None,
    });
    assert_eq!(source, Some(STRUCK), "{notices:?}");
}

#[test]
fn a_late_hit_plays_at_once_and_is_counted() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x1"])]);
    rig.left(10);
    rig.hit(3, "kick", 100.0);
    assert_eq!(rig.left(2), [0.5, 0.0]);
    assert_eq!(rig.control.meters.late.get(), 1);
}

#[test]
fn an_empty_block_obeys_what_is_due_now() {
    let mut rig = Rig::with(vec![sound("kick", &["0.001x99"])]);
    for _ in 0..3 {
        for _ in 0..SOURCE_EVENTS {
            rig.hit(0, "kick", 100.0);
        }
        rig.engine.process(&mut []);
    }
    let read = rig.control.meters.read();
    assert_eq!((read.played, read.lost), (3 * SOURCE_EVENTS as u64, 0));
    assert_eq!(read.notices_lost, 3 * SOURCE_EVENTS as u64 + 1 - NOTICES as u64);
}

/// A busy minute in small: everything the engine can do, at random frames.
fn busy(block: usize) -> Vec<f32> {
    let mut rig = Rig::new(Settings { rate: 4000, voices: 16, seed: 5, ..Settings::default() });
    let sounds = |n: u64| {
        let mut hihat = measured(&["0.9x900", "0.3x700", "0.1x500"]);
        hihat.slot = Slot::HIHAT;
        let mut crash = sound("crash1", &["0.7x3000"]);
        crash.pan = -0.3;
        crash.choke = Some("a".into());
        let mut ride = sound("ride", &["0.4x2500"]);
        ride.choke = Some("a".into());
        let snares: &[&str] =
            if n.is_multiple_of(2) { &["0.5x800", "0.6x850"] } else { &["0.2x200"] };
        vec![
            measured(&["0.5x300", "0.05x300", "0.2x310"]),
            hihat,
            crash,
            ride,
            sound("kick", snares),
        ]
    };
    let mut rng = Rng::new(9, 9);
    let mut script: Vec<(u64, u64)> =
        (0..1500).map(|_| (rng.draw() % 20_000, rng.draw())).collect();
    script.sort();
    let mut script = script.into_iter().peekable();
    let mut out = Vec::new();
    while out.len() < 40_000 {
        let n = block.min((40_000 - out.len()) / 2);
        let end = rig.engine.position() + n as u64;
        while let Some((frame, dice)) = script.next_if(|(frame, _)| *frame < end) {
            let x = (dice >> 8) % 128;
            match dice % 16 {
                0 => rig.play(When::Frame(frame), kit(x % 24, sounds(x % 24))),
                1 => rig.event(frame, EventKind::Pedal(x as f32 / 127.0)),
                2 => rig.event(frame, EventKind::Choke { slot: slot("crash1"), grip: 1.0 }),
                3 => {
                    let order = Order::Volume { gain: x as f32 / 127.0, frames: 300 };
                    rig.control.commands.push(Command { when: When::Frame(frame), order }).unwrap();
                }
                4..=7 => rig.hat(frame, "hihat", x as f32 / 127.0),
                8 | 9 => rig.hit(frame, "crash1", x as f32),
                10 | 11 => rig.hit(frame, "ride", x as f32),
                _ => rig.hit(frame, if dice & 64 == 0 { "snare" } else { "kick" }, x as f32),
            }
        }
        let mut piece = vec![0.0; 2 * n];
        rig.engine.process(&mut piece);
        out.extend(piece);
        while rig.control.retired.pop().is_ok() {}
        rig.notices();
    }
    assert!(rig.control.meters.stolen.get() > 20, "the script is busy");
    assert!(rig.control.meters.kits_cut.get() > 0, "kits run out of places");
    out
}

#[test]
fn the_same_hits_give_the_same_bits_at_every_block_size() {
    let whole = busy(4096);
    assert!(whole.iter().any(|&x| x != 0.0));
    for block in [1, 2, 3, 7, 32, 64, 441, 1024] {
        let cut = busy(block);
        let differs = whole.iter().zip(&cut).position(|(a, b)| a.to_bits() != b.to_bits());
        assert_eq!(differs.map(|i| i / 2), None, "first differing frame at block {block}");
    }
}

/// An engine that breaks the law: without outputs it divides by zero, and a panic allocates.
#[cfg(feature = "rtsan")]
fn outlaw() -> Engine {
    Engine { pairs: 0, ..Rig::new(Settings::default()).engine }
}

#[cfg(feature = "rtsan")]
#[test]
fn a_process_that_allocates_is_caught() {
    use crate::words::nonblocking::tests::is_caught;
    let mut engine = outlaw();
    is_caught("engine::tests::a_process_that_allocates_is_caught", "malloc", || {
        engine.process(&mut []);
    });
}

#[cfg(feature = "rtsan")]
#[test]
fn a_render_that_allocates_is_caught() {
    use crate::words::nonblocking::tests::is_caught;
    let mut engine = outlaw();
    is_caught("engine::tests::a_render_that_allocates_is_caught", "malloc", || {
        engine.render(BlockStart { now: 0, broken: false }, &mut []);
    });
}
