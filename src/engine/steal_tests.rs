//! Whom a new voice ends where all places are taken, over recordings of a few frames.

use std::path::Path;
use std::sync::Arc;

use super::ports::{self, Notice};
use super::rig_for_tests::{Rig, kit, sound, steady};
use super::*;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
use crate::kit::sample::{ENVELOPE_FRAMES, Frames};
use crate::kit::{Kit, KitPlan, SampleData};
use crate::words::{EventKind, Hit};

/// Frames a second: an attack is 10 frames, a stolen voice fades within 6, a foot closes
/// within 68, and a voice is weighed 100 and 200 frames ahead.
const RATE: u32 = 1000;

fn rig(voices: usize, sounds: Vec<SoundPlan>) -> Rig {
    playing(voices, kit(1, sounds))
}

fn playing(voices: usize, kit: Box<Kit>) -> Rig {
    let (control, side) = ports::connect();
    let settings = Settings { rate: RATE, voices, limiter: false, ..Settings::default() };
    let mut rig = Rig { engine: Engine::new(settings, side), control };
    rig.play(When::Now, kit);
    rig
}

/// The level of every sound by itself, once all fades are over, loudest first.
fn ringing(rig: &Rig) -> Vec<f32> {
    let mut levels: Vec<f32> =
        rig.engine.ringing().filter(|r| !r.stolen).map(|r| r.level).collect();
    levels.sort_by(|a, b| b.total_cmp(a));
    levels
}

#[test]
fn a_roll_gives_up_its_own_tails_and_a_softer_cymbal_rings_on() {
    let crash: Vec<String> = (0..9).map(|i| format!("0.{}x9000", 90 + i)).collect();
    let crash: Vec<&str> = crash.iter().map(String::as_str).collect();
    let mut rig = rig(4, vec![sound("crash1", &crash), sound("ride", &["0.25x9000"])]);
    rig.hit(0, "ride", 100.0);
    for stroke in 0..9 {
        rig.hit(20 * (stroke + 1), "crash1", 100.0);
    }
    rig.left(300);
    assert_eq!(ringing(&rig), [0.98, 0.97, 0.96, 0.25]);
}

#[test]
fn another_drum_hit_into_a_roll_takes_a_place_of_the_roll_too() {
    let mut rig = rig(
        4,
        vec![
            sound("crash1", &["0.9x9000"]),
            sound("ride", &["0.25x9000"]),
            sound("kick", &["0.5x9000"]),
        ],
    );
    rig.hit(0, "ride", 100.0);
    for stroke in 1..4 {
        rig.hit(20 * stroke, "crash1", 100.0);
    }
    rig.hit(100, "kick", 100.0);
    rig.left(200);
    assert_eq!(ringing(&rig), [0.9, 0.9, 0.5, 0.25]);
}

#[test]
fn a_tail_that_nobody_hears_goes_before_a_stroke_of_the_roll() {
    let mut rig = rig(4, vec![sound("crash1", &["0.9x9000"]), sound("ride", &["0.001x9000"])]);
    rig.hit(0, "ride", 100.0);
    for stroke in 1..5 {
        rig.hit(20 * stroke, "crash1", 100.0);
    }
    rig.left(200);
    assert_eq!(ringing(&rig), [0.9; 4]);
}

#[test]
fn without_a_roll_the_quietest_of_all_goes() {
    let sounds = ["0.9x9000", "0.25x9000", "0.5x9000", "0.75x9000"];
    let names = ["crash1", "ride", "china", "splash"];
    let sounds = names.iter().zip(sounds).map(|(name, file)| sound(name, &[file])).collect();
    let mut rig = rig(3, sounds);
    for (hit, name) in names.iter().enumerate() {
        rig.hit(20 * hit as u64, name, 100.0);
    }
    rig.left(100);
    assert_eq!(ringing(&rig), [0.9, 0.75, 0.5]);
}

#[test]
fn a_hat_that_a_foot_is_closing_goes_before_a_softer_cymbal() {
    let sounds = vec![
        sound("hihat", &["0.9x9000"]),
        sound("ride", &["0.5x9000"]),
        sound("kick", &["0.75x9000"]),
    ];
    let mut rig = rig(2, sounds);
    rig.hat(0, "hihat", 1.0);
    rig.hit(0, "ride", 100.0);
    rig.event(20, EventKind::Pedal(0.0));
    rig.hit(30, "kick", 100.0);
    rig.left(40);
    assert_eq!(ringing(&rig), [0.75, 0.5]);
}

#[test]
fn a_crash_that_only_begins_to_swell_is_not_taken_for_a_quiet_tail() {
    let swell = || {
        let mut frames = vec![0.001; ENVELOPE_FRAMES];
        frames.extend([0.9; 3000]);
        Arc::new(SampleData::new(Frames::MonoF32(frames.into()), 1.0, 0.9))
    };
    let load = |path: &Path, _: f32| {
        Some(if path.ends_with("swell") { swell() } else { steady(0.1, 9000) })
    };
    let names = [("crash1", "swell"), ("ride", "a"), ("kick", "b")];
    let sounds = names.iter().map(|(name, file)| sound(name, &[file])).collect();
    let mut rig = playing(2, Box::new(Kit::build(&KitPlan::new("k", "k", sounds), load)));
    rig.hit(0, "crash1", 100.0);
    rig.hit(0, "ride", 100.0);
    rig.hit(150, "kick", 100.0);
    assert_eq!(rig.left(400)[399], 1.0, "crash and kick");
}

#[test]
fn a_ghost_note_just_struck_is_heard_though_every_tail_is_louder() {
    let mut rig = rig(
        2,
        vec![
            sound("snare", &["0.01x9000"]),
            sound("crash1", &["0.9x9000"]),
            sound("kick", &["0.5x9000"]),
        ],
    );
    rig.hit(0, "crash1", 100.0);
    rig.hit(50, "snare", 100.0);
    rig.hit(55, "kick", 100.0);
    rig.left(80);
    assert_eq!(ringing(&rig), [0.5, 0.01]);
}

#[test]
fn where_every_voice_is_new_the_quietest_goes_and_nothing_is_lost() {
    let mut rig = rig(2, vec![sound("snare", &["0.01x9000"]), sound("kick", &["0.5x9000"])]);
    for (frame, name) in [(0, "kick"), (1, "snare"), (2, "kick")] {
        rig.hit(frame, name, 100.0);
    }
    rig.left(20);
    assert_eq!(ringing(&rig), [0.5, 0.5]);
    assert_eq!(rig.control.meters.lost.get(), 0);
}

/// A pad struck twice so many ms apart at 48 kHz, where all voices are taken: the recordings
/// that it plays, and what is heard right after each stroke and long after both.
fn flam(gap_ms: u64, pad: SoundPlan, voices: usize) -> (Vec<u32>, [f32; 3]) {
    let struck = pad.slot;
    let (control, side) = ports::connect();
    let settings = Settings { voices, limiter: false, ..Settings::default() };
    let mut rig = Rig { engine: Engine::new(settings, side), control };
    rig.play(When::Now, kit(1, vec![pad, sound("ride", &["0.0x90000"])]));
    for _ in 0..voices {
        rig.hit(0, "ride", 100.0);
    }
    let gap = 48 * gap_ms;
    for frame in [1000, 1000 + gap] {
        rig.event(frame, EventKind::Hit(Hit::new(struck, 60.0)));
    }
    let out = rig.left(30_000);
    let played = rig.notices().into_iter().filter_map(|notice| match notice {
        Notice::Played { slot, sample, .. } => (slot == struck).then_some(sample),
        _ => None,
    });
    (played.collect(), [out[1000], out[1000 + gap as usize], out[29_999]])
}

#[test]
fn both_strokes_of_a_flam_are_heard_and_neither_is_cut_nor_the_same_recording() {
    let files = ["0.25x60000", "0.5x60000"];
    for voices in [2, 128] {
        for gap_ms in [3, 5, 8, 12, 20, 30] {
            let (_, heard) = flam(gap_ms, sound("snare", &files), voices);
            assert_eq!(heard, [0.25, 0.75, 0.75], "{gap_ms} ms, {voices} voices");
        }
    }
}

#[test]
fn a_flam_on_a_folder_of_recordings_plays_two_of_them() {
    let files = ["0.5x60000", "0.51x60000", "0.52x60000"].map(Into::into).into();
    let whole = ArticulationPlan::whole(ChoicePlan::Measured(files));
    for gap_ms in [3, 10, 30] {
        let pad = SoundPlan::new(Slot::SNARE, vec![whole.clone()]);
        let (played, [first, both, after]) = flam(gap_ms, pad, 2);
        assert!(first > 0.1 && both > 1.9 * first && both == after, "{first} {both} {after}");
        assert!(played.len() == 2 && played[0] != played[1], "{played:?}");
    }
}
