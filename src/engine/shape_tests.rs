//! Strips, pairs of outputs and shaped voices, over instruments of a few frames.

use super::ports::{Command, Notice, Order, Silence};
use super::rig_for_tests::{Rig, kit, slot, sound};
use super::strips::Strip;
use super::*;
use crate::kit::plan::SoundPlan;
use crate::kit::shape::{Cutoff, Envelope, Shape};
use crate::words::{EventKind, Hit};

/// A rig at one frame a second with these strips and pairs of outputs.
fn desk(pairs: usize, strips: &[(&str, Strip)], sounds: Vec<SoundPlan>) -> Rig {
    let mut rig = Rig::new(Settings { rate: 1, limiter: false, pairs, ..Settings::default() });
    for (name, strip) in strips {
        rig.engine.strips.set(slot(name), *strip);
    }
    rig.play(When::Now, kit(1, sounds));
    rig
}

fn frames(rig: &mut Rig, frames: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; 2 * frames * rig.engine.pairs];
    rig.engine.process(&mut out);
    out
}

#[test]
fn each_slot_sounds_on_the_pair_of_its_strip_and_nowhere_else() {
    let strip = |pair| Strip { pair, ..Strip::default() };
    let sounds = vec![sound("kick", &["0.5x2"]), sound("snare", &["0.25x2"])];
    let strips = [("kick", strip(1)), ("snare", strip(9))];
    let mut rig = desk(2, &strips, sounds);
    rig.hit(0, "kick", 100.0);
    rig.hit(1, "snare", 100.0);
    // the snare's pair does not exist: it sounds on the first
    assert_eq!(frames(&mut rig, 2), [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5]);
    assert_eq!(rig.control.meters.take_peak(), 0.5);
}

#[test]
fn what_is_meant_for_a_pair_that_the_card_lacks_sounds_on_the_first() {
    let strip = Strip { pair: 1, ..Strip::default() };
    let mut rig = desk(3, &[("kick", strip)], vec![sound("kick", &["0.5x1"])]);
    rig.engine.open(StreamShape { lacks: 0b10, ..StreamShape::new(1, 1) });
    rig.hit(0, "kick", 100.0);
    assert_eq!(frames(&mut rig, 1), [0.5, 0.5, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn level_and_pan_of_the_strip_that_was_struck_hold_also_where_a_neighbour_sounds() {
    let rim = Strip { level: 0.5, pan: 1.0, ..Strip::default() };
    let mut rig = desk(1, &[("snare.rim", rim)], vec![sound("snare", &["0.5x1"])]);
    rig.hit(0, "snare", 100.0);
    rig.hit(1, "snare.rim", 100.0);
    assert_eq!(frames(&mut rig, 2), [0.5, 0.5, 0.0, 0.25]);
    let meters = &rig.control.meters;
    assert_eq!(
        ["snare", "snare.rim", "kick"].map(|s| meters.take_slot_peak(slot(s))),
        [0.5, 0.25, 0.0]
    );
    assert_eq!(meters.take_slot_peak(Slot::SNARE), 0.0, "it was asked for already");
}

#[test]
fn a_muted_slot_is_silent_and_every_hit_on_it_is_counted_and_told() {
    let mute = Strip { mute: true, ..Strip::default() };
    let mut rig = desk(1, &[("snare", mute)], vec![sound("snare", &["0.5x1"])]);
    rig.hit(0, "snare", 100.0);
    assert_eq!(rig.left(1), [0.0]);
    assert!(matches!(rig.notices()[1..], [Notice::Silent { why: Silence::Muted, .. }]));
    assert_eq!(rig.control.meters.muted.get(), 1);
}

#[test]
fn tuned_up_an_octave_a_recording_lasts_half_as_long_and_at_zero_it_is_exact() {
    let lasts = |tune| {
        let strip = Strip { tune, ..Strip::default() };
        let mut rig = desk(1, &[("snare", strip)], vec![sound("snare", &["0.7x400"])]);
        rig.hit(0, "snare", 100.0);
        let out = rig.left(1000);
        let last = out.iter().rposition(|&x| x != 0.0).unwrap() + 1;
        (last, out[100])
    };
    assert_eq!(lasts(0.0), (400, 0.7));
    let (up, level) = lasts(12.0);
    assert_eq!(up, 200);
    assert!((level - 0.7).abs() < 1e-6);
    assert_eq!(lasts(-12.0).0, 800);
}

fn shaped(name: &str, file: &str, shape: Shape) -> SoundPlan {
    let mut plan = sound(name, &[file]);
    plan.shape = shape;
    plan
}

#[test]
fn a_note_off_ends_only_what_its_kit_gave_a_release_and_only_that_note() {
    let envelope = Envelope { release: Some(4000.0), ..Envelope::NONE };
    let gated = Shape { envelope: Some(envelope), ..Shape::default() };
    let sounds = vec![shaped("kick", "0.5x99", gated), sound("snare", &["0.25x99"])];
    let mut rig = desk(1, &[], sounds);
    let strike = |name, note| EventKind::Hit(Hit { note, ..Hit::new(slot(name), 100.0) });
    let end = |name, note| EventKind::NoteOff { slot: slot(name), note };
    rig.event(0, strike("kick", 36));
    rig.event(0, strike("snare", 38));
    rig.event(1, end("kick", 35));
    rig.event(1, end("snare", 38));
    rig.event(2, end("kick", 36));
    assert_eq!(rig.left(8), [0.75, 0.75, 0.75, 0.625, 0.5, 0.375, 0.25, 0.25]);
}

#[test]
fn an_attack_rises_and_a_decay_ends_the_voice() {
    let envelope = Envelope { attack: 4000.0, decay: Some(32_000.0), ..Envelope::NONE };
    let shape = Shape { envelope: Some(envelope), ..Shape::default() };
    let mut rig = desk(1, &[], vec![shaped("kick", "1.0x99", shape)]);
    rig.hit(0, "kick", 100.0);
    let out = rig.left(50);
    assert_eq!(out[..5], [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert!(out[4..36].is_sorted_by(|a, b| a >= b), "{out:?}");
    assert_eq!(out[36..], [0.0; 14]);
    assert_eq!(rig.control.meters.voices(), 0);
}

#[test]
fn silence_ends_the_room_too_whatever_is_sent_meanwhile_and_at_every_block_size() {
    let play = |block: usize| {
        let settings = Settings { rate: 8000, limiter: false, ..Settings::default() };
        let mut rig = Rig::new(settings);
        let spec = RoomSpec { decay: 5.0, level: 4.0, ..RoomSpec::default() };
        rig.engine = rig.engine.with_room(&spec);
        rig.play(When::Now, kit(1, vec![sound("kick", &["0.5x2000"])]));
        rig.hit(0, "kick", 100.0);
        let order = Order::Silence;
        rig.control.commands.push(Command { when: When::Frame(2500), order }).unwrap();
        rig.hit(2520, "kick", 100.0);
        let mut out: Vec<f32> = (0..8000 / block).flat_map(|_| rig.left(block)).collect();
        out.extend(rig.left(8000 % block));
        out
    };
    let whole = play(8000);
    // 6 ms are 48 frames, and the new kick is its recording and nothing else until the
    // first reflection of a new room
    assert!(whole[2490..2500].iter().any(|x| x.abs() > 1e-3), "the room rings");
    assert!(whole[2510].abs() > 1e-4, "it fades");
    assert_eq!(whole[2548..2556], [0.5; 8]);
    assert!(whole[2700..4520].iter().any(|x| (x - 0.5).abs() > 1e-3), "a new room");
    for block in [1, 7, 64, 1500] {
        assert!(play(block) == whole, "at block {block}");
    }
}

#[test]
fn a_softer_stroke_is_duller_where_the_kit_says_so() {
    let lowpass = Some(Cutoff { base: 20_000.0, velocity: 6.0, position: 0.0 });
    let shape = Shape { lowpass, ..Shape::default() };
    let first = |velocity| {
        let settings = Settings { limiter: false, ..Settings::default() };
        let mut rig = Rig::new(settings);
        rig.play(When::Now, kit(1, vec![shaped("kick", "1.0x999", shape)]));
        rig.hit(0, "kick", velocity);
        rig.left(1)[0]
    };
    assert!(first(127.0) > 0.6, "{}", first(127.0));
    assert!(first(1.0) < 0.1, "{}", first(1.0));
}

/// Everything at once: tuned, enveloped, filtered, gated, panned, routed and sent voices
/// with chokes, steals and note-offs; the bits of all pairs.
fn everything(block: usize) -> Vec<u32> {
    let envelope = Envelope { attack: 3.0, hold: 20.0, decay: Some(300.0), release: Some(9.0) };
    let cutoff = Cutoff { base: 900.0, velocity: 2.0, position: 1.0 };
    let shapes = [
        Shape::default(),
        Shape { tune_velocity: 5.0, ..Shape::default() },
        Shape { envelope: Some(envelope), ..Shape::default() },
        Shape { lowpass: Some(cutoff), highpass: Some(Cutoff::fixed(50.0)), ..Shape::default() },
    ];
    let settings = Settings { rate: 4000, voices: 12, pairs: 3, ..Settings::default() };
    let mut rig = Rig::new(settings);
    rig.engine = rig.engine.with_room(&RoomSpec::default());
    let names = ["kick", "snare", "tom1", "hihat", "crash1"];
    let sounds = names.iter().enumerate().map(|(i, name)| {
        shaped(name, &format!("0.{}x{}", i + 3, 700 * (i + 1)), shapes[i % shapes.len()])
    });
    rig.play(When::Now, kit(1, sounds.collect()));
    for (i, name) in names.iter().enumerate() {
        let tune = [0.0, 0.0, -3.0, 7.0, 0.3][i];
        let strip = Strip { pair: i % 4, pan: 0.2 * i as f32 - 0.4, tune, ..Strip::default() };
        rig.engine.strips.set(slot(name), strip);
    }
    for i in 0..120u64 {
        let name = names[(i * 7 % 5) as usize];
        let hit = Hit { note: i as u8 % 9, ..Hit::new(slot(name), 1.0 + (i * 53 % 127) as f32) };
        rig.event(i * 71, EventKind::Hit(hit));
        if i % 5 == 0 {
            rig.event(i * 71 + 13, EventKind::NoteOff { slot: slot(name), note: i as u8 % 9 });
        }
        if i % 11 == 0 {
            rig.event(i * 71 + 29, EventKind::Choke { slot: slot("crash1"), grip: 1.0 });
        }
    }
    let mut pairs = vec![Vec::new(); 3];
    let mut done = 0;
    while done < 12_000 {
        let n = block.min(12_000 - done);
        let out = frames(&mut rig, n);
        for (pair, out) in pairs.iter_mut().zip(out.chunks(2 * n)) {
            pair.extend(out.iter().map(|x| x.to_bits()));
        }
        done += n;
    }
    pairs.concat()
}

#[test]
fn shaped_and_routed_hits_give_the_same_bits_at_every_block_size() {
    let whole = everything(12_000);
    for block in [1, 7, 64, 1024, 1500] {
        assert!(everything(block) == whole, "at block {block}");
    }
}
