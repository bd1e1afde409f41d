//! Hands, feet and choke groups, over instruments of a few frames.

use super::rig_for_tests::{Rig, slot, sound};
use crate::kit::Dynamics;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
use crate::words::{EventKind, Slot};

fn hats() -> Rig {
    let art = |openness, file: &str| ArticulationPlan {
        openness,
        ..ArticulationPlan::whole(ChoicePlan::Measured(vec![file.into()]))
    };
    let mut hihat =
        SoundPlan::new(Slot::HIHAT, vec![art([0.0, 0.3], "0.25x99"), art([0.5, 1.0], "0.5x99")]);
    hihat.dynamics = Some(Dynamics::Layers);
    let mut rig =
        Rig::with(vec![hihat, sound("hihat.pedal", &["0.125x99"]), sound("crash1", &["1.0x99"])]);
    rig.engine.damping.hihat = 2;
    rig
}

#[test]
fn a_closed_stroke_ends_an_open_hihat_and_an_equally_open_one_does_not() {
    let mut rig = hats();
    rig.hat(0, "hihat", 1.0);
    rig.hat(1, "hihat", 1.0);
    rig.hat(2, "hihat", 0.0);
    // two open ones ring together; the closed one fades both within two frames
    assert_eq!(rig.left(6), [0.5, 1.0, 1.25, 0.75, 0.25, 0.25]);
}

#[test]
fn opening_does_not_restart_and_closing_the_pedal_ends_the_ring_without_a_note() {
    let mut rig = hats();
    rig.hat(0, "hihat", 0.6);
    rig.event(1, EventKind::Pedal(1.0));
    rig.event(2, EventKind::Pedal(0.55));
    rig.event(3, EventKind::Pedal(0.1));
    assert_eq!(rig.left(6), [0.5, 0.5, 0.5, 0.5, 0.25, 0.0]);
}

#[test]
fn a_foot_chick_ends_an_open_hihat_and_leaves_a_crash_alone() {
    let mut rig = hats();
    rig.hat(0, "hihat", 1.0);
    rig.hit(0, "crash1", 100.0);
    rig.hit(1, "hihat.pedal", 100.0);
    assert_eq!(rig.left(4), [1.5, 1.625, 1.375, 1.125]);
}

#[test]
fn a_gap_between_openings_takes_the_nearest() {
    let mut rig = hats();
    rig.hat(0, "hihat", 0.33);
    rig.event(1, EventKind::Pedal(0.0));
    rig.hat(10, "hihat", 0.47);
    let out = rig.left(11);
    assert_eq!((out[0], out[10]), (0.25, 0.5));
}

#[test]
fn near_the_border_of_two_openings_both_are_heard_and_the_power_stays() {
    let at = |openness: f32| {
        let mut rig = hats();
        rig.hat(0, "hihat", openness);
        rig.left(1)[0]
    };
    let both = |share: f32| 0.25 * (1.0 - share).sqrt() + 0.5 * share.sqrt();
    assert!((at(0.4) - both(0.5)).abs() < 1e-5, "the middle of the gap");
    let mut last = 0.0;
    for step in 0..=20 {
        let level = at(0.3 + 0.01 * step as f32);
        assert!((0.2499..0.56).contains(&level), "{level}");
        let step = (level - last).abs();
        assert!(last == 0.0 || step < 0.08, "no step from {last} to {level}");
        last = level;
    }
    assert_eq!(last, 0.5);
}

#[test]
fn a_half_closed_pedal_damps_slowly_and_a_shut_one_fast() {
    let mut rig = hats();
    rig.engine.damping.hihat = 1;
    rig.hat(0, "hihat", 1.0);
    rig.event(0, EventKind::Pedal(0.6));
    assert_eq!(rig.left(4), [0.5, 0.4375, 0.375, 0.3125], "eight times as slow as shut");
    rig.event(4, EventKind::Pedal(0.0));
    assert_eq!(rig.left(2), [0.25, 0.0]);
}

#[test]
fn a_foot_that_comes_off_again_leaves_the_hat_ringing_as_loud_as_it_was_damped() {
    let mut rig = hats();
    rig.engine.damping.hihat = 4;
    rig.hat(0, "hihat", 1.0);
    rig.event(1, EventKind::Pedal(0.0));
    rig.event(3, EventKind::Pedal(1.0));
    rig.event(6, EventKind::Pedal(0.0));
    let out = rig.left(11);
    assert_eq!(out, [0.5, 0.5, 0.375, 0.25, 0.25, 0.25, 0.25, 0.1875, 0.125, 0.0625, 0.0]);
}

#[test]
fn a_pedal_that_trembles_while_shut_keeps_no_hat_ringing() {
    let mut rig = hats();
    rig.engine.damping.hihat = 8;
    rig.hat(0, "hihat", 1.0);
    for frame in 1..60 {
        rig.event(frame, EventKind::Pedal(if frame % 2 == 0 { 0.0 } else { 0.15 }));
    }
    let out = rig.left(60);
    assert!(out[10..].iter().all(|&x| x == 0.0), "{out:?}");
}

#[test]
fn a_light_grip_damps_slowly_and_letting_go_lets_the_rest_ring() {
    let mut rig = Rig::with(vec![sound("crash1", &["0.5x99"])]);
    rig.engine.damping.grab = 2;
    rig.hit(0, "crash1", 100.0);
    assert_eq!(rig.left(1), [0.5]);
    rig.engine.grab(1, slot("crash1.edge"), 0.25, &mut []);
    rig.engine.grab(1, slot("crash1.edge"), 0.25, &mut []);
    assert_eq!(rig.left(2), [0.5, 0.375]);
    rig.engine.grab(3, slot("crash1"), 0.0, &mut []);
    assert_eq!(rig.left(2), [0.25; 2]);
    rig.engine.grab(5, slot("crash1"), 1.0, &mut []);
    rig.engine.grab(5, slot("crash1"), 0.0, &mut []);
    assert_eq!(rig.left(3), [0.25, 0.125, 0.0], "a firm grip is final");
}

#[test]
fn a_choke_group_ends_the_others_and_never_itself() {
    let grouped = |name, file: &str| SoundPlan { choke: Some("x".into()), ..sound(name, &[file]) };
    let mut rig = Rig::with(vec![grouped("aux1", "0.5x99"), grouped("aux2", "0.25x99")]);
    rig.engine.damping.group = 1;
    rig.hit(0, "aux1", 100.0);
    rig.hit(1, "aux1", 100.0);
    rig.hit(2, "aux2", 100.0);
    assert_eq!(rig.left(4), [0.5, 1.0, 1.25, 0.25]);
}

#[test]
fn a_directed_choke_ends_the_slots_it_names_and_is_not_ended_by_them() {
    let mut stop = sound("aux1", &["0.5x99"]);
    stop.chokes.add(slot("crash1"));
    let mut rig =
        Rig::with(vec![stop, sound("crash1.edge", &["0.25x99"]), sound("ride", &["1.0x99"])]);
    rig.engine.damping.group = 1;
    rig.hit(0, "crash1.edge", 100.0);
    rig.hit(0, "ride", 100.0);
    rig.hit(1, "aux1", 100.0);
    rig.hit(3, "crash1.edge", 100.0);
    assert_eq!(rig.left(5), [1.25, 1.75, 1.5, 1.75, 1.75]);
}

#[test]
fn a_sound_that_chokes_itself_is_cut_by_its_next_hit() {
    let plan = SoundPlan { choke_self: true, ..sound("aux1", &["0.5x99"]) };
    let mut rig = Rig::with(vec![plan]);
    rig.engine.damping.group = 1;
    rig.hit(0, "aux1", 100.0);
    rig.hit(2, "aux1", 100.0);
    assert_eq!(rig.left(4), [0.5, 0.5, 1.0, 0.5]);
}

#[test]
fn a_grabbed_cymbal_falls_silent_on_all_its_zones_and_letting_go_does_nothing() {
    let mut rig = Rig::with(vec![
        sound("crash1", &["0.5x99"]),
        sound("crash1.edge", &["0.25x99"]),
        sound("ride", &["1.0x99"]),
    ]);
    rig.engine.damping.grab = 1;
    rig.hit(0, "crash1", 100.0);
    rig.hit(0, "crash1.edge", 100.0);
    rig.hit(0, "ride", 100.0);
    rig.event(1, EventKind::Choke { slot: slot("ride"), grip: 0.0 });
    rig.event(2, EventKind::Choke { slot: slot("crash1.edge"), grip: 1.0 });
    assert_eq!(rig.left(4), [1.75, 1.75, 1.75, 1.0]);
}

#[test]
fn a_grab_silences_the_pad_that_was_struck_and_not_the_one_whose_sound_it_borrowed() {
    let mut rig = Rig::with(vec![sound("crash1", &["0.5x99"])]);
    rig.engine.damping.grab = 1;
    rig.hit(0, "crash1", 100.0);
    rig.hit(0, "crash2", 100.0);
    rig.event(1, EventKind::Choke { slot: slot("crash2"), grip: 1.0 });
    rig.event(3, EventKind::Choke { slot: slot("crash1"), grip: 1.0 });
    assert_eq!(rig.left(5), [1.0, 1.0, 0.5, 0.5, 0.0]);
}
