use super::dsp::reverb::RoomSpec;
use super::ports::{Command, Order};
use super::rig_for_tests::{Rig, slot, sound};
use super::setup::{Setup, Ways};
use super::strips::{Strip, Strips};
use super::*;
use crate::words::limits::COMMANDS;

const WAYS: Ways = Ways { feel: FEEL, voices: 64, limiter: false, timing: Timing::Steady };
const FEEL: Feel =
    Feel { grab_ms: 450.0, hihat_ms: 68.0, group_ms: 68.0, humanise: 0.0, position: true };

fn strips(name: &str, strip: Strip) -> Strips {
    let mut strips = Strips::default();
    strips.set(slot(name), strip);
    strips
}

impl Rig {
    fn set_up(&mut self, setup: Setup) {
        let order = Order::SetUp(Box::new(setup));
        self.control.commands.push(Command { when: When::Now, order }).unwrap();
    }

    fn home(&mut self) -> usize {
        std::iter::from_fn(|| self.control.setups.pop().ok()).count()
    }
}

#[test]
fn what_rings_goes_on_as_it_was_struck_and_the_next_hit_has_the_new_strip() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x100"])]);
    rig.hit(0, "kick", 127.0);
    assert_eq!(rig.left(2), [0.5; 2]);
    let half = Strip { level: 0.5, ..Strip::default() };
    rig.set_up(Setup::new(1, strips("kick", half), WAYS));
    rig.hit(3, "kick", 127.0);
    assert_eq!(rig.left(3), [0.5, 0.75, 0.75]);
    assert_eq!(rig.home(), 1, "the old settings came home");
}

#[test]
fn fewer_voices_let_what_rings_ring_and_count_from_the_next_hit() {
    let mut rig = Rig::with(vec![sound("kick", &["0.25x100"])]);
    for frame in 0..3 {
        rig.hit(frame, "kick", 127.0);
    }
    assert_eq!(rig.left(4), [0.25, 0.5, 0.75, 0.75]);
    rig.set_up(Setup::new(1, Strips::default(), Ways { voices: 3, ..WAYS }));
    assert_eq!(rig.left(1), [0.75]);
    rig.hit(6, "kick", 127.0);
    assert_eq!(rig.left(4)[3], 0.75, "the fourth took a place");
}

#[test]
fn the_limiter_comes_and_goes() {
    let mut rig = Rig::with(vec![sound("kick", &["1.0x100"])]);
    for frame in 0..3 {
        rig.hit(frame, "kick", 127.0);
    }
    assert_eq!(rig.left(4)[3], 3.0);
    rig.set_up(Setup::new(1, Strips::default(), Ways { limiter: true, ..WAYS }));
    assert!(rig.left(1)[0] < 1.0);
    rig.set_up(Setup::new(1, Strips::default(), WAYS));
    assert_eq!(rig.left(1)[0], 3.0);
}

#[test]
fn a_room_that_is_taken_away_or_changed_while_it_rings_does_not_click() {
    const RATE: u32 = 48_000;
    let loud = Strip { reverb: Some(1.0), ..Strip::default() };
    for other in [None, Some(RoomSpec { size: 1.0, level: 1.0, ..RoomSpec::default() })] {
        let settings = Settings { rate: RATE, limiter: false, ..Settings::default() };
        let mut rig = Rig::new(settings);
        rig.play(When::Now, super::rig_for_tests::kit(1, vec![sound("kick", &["0.5x4000"])]));
        let room = RoomSpec { level: 1.0, ..RoomSpec::default() };
        let setup = Setup::new(RATE, strips("kick", loud), WAYS);
        rig.set_up(setup.with_room(Some(&room), RATE));
        rig.hit(10, "kick", 127.0);
        // the recording has ended, the room rings alone
        let before = rig.left(6000);
        let tail = &before[5000..];
        let loudest = tail.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        assert!(loudest > 0.05, "{loudest}");
        let step = |x: &[f32]| x.windows(2).fold(0.0f32, |m, w| m.max((w[1] - w[0]).abs()));
        let usual = step(tail);
        let setup = Setup::new(RATE, strips("kick", loud), WAYS);
        rig.set_up(setup.with_room(other.as_ref(), RATE));
        let mut after = vec![before[5999]];
        for _ in 0..20 {
            after.extend(rig.left(64));
        }
        assert!(step(&after) <= 1.1 * usual, "{} against {usual}", step(&after));
        assert_eq!(rig.home(), 2, "both old ones came home");
        assert!(after[1000..].iter().all(|x| *x == 0.0), "what rang is gone");
        assert_eq!(rig.engine.room.is_some(), other.is_some());
    }
}

#[test]
fn settings_that_nobody_takes_home_wait_and_cost_no_hit() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x1"])]);
    rig.left(1);
    for _ in 0..COMMANDS {
        rig.set_up(Setup::new(1, Strips::default(), WAYS));
    }
    rig.left(1);
    let mute = Strip { mute: true, ..Strip::default() };
    rig.set_up(Setup::new(1, strips("kick", mute), WAYS));
    rig.hit(5, "kick", 127.0);
    assert_eq!(rig.left(4)[3], 0.5, "the last ones wait");
    assert_eq!(rig.home(), COMMANDS);
    rig.left(2);
    rig.hit(10, "kick", 127.0);
    assert_eq!(rig.left(4), [0.0; 4]);
    assert_eq!(rig.home(), 1);
}

#[test]
fn the_same_seed_chooses_the_same_recordings_again() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x1"])]);
    let draws = |rig: &mut Rig| {
        rig.set_up(Setup::new(1, Strips::default(), WAYS).with_seed(7));
        rig.left(1);
        std::array::from_fn::<u64, 4, _>(|_| rig.engine.chance[Slot::KICK.index()].draw())
    };
    assert_eq!(draws(&mut rig), draws(&mut rig));
}

#[test]
fn pairs_of_outputs_come_and_go_between_streams_and_what_rings_is_heard_on() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x100"])]);
    let second = Strip { pair: 1, ..Strip::default() };
    rig.set_up(Setup::new(1, strips("kick", second), WAYS));
    rig.engine.reshape(1, 2);
    rig.hit(1, "kick", 127.0);
    assert_eq!(AudioSource::pairs(&rig.engine), 2);
    let mut out = [f32::NAN; 8];
    rig.engine.process(&mut out);
    assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5]);
    rig.engine.reshape(1, 1);
    assert_eq!(rig.left(2), [0.5; 2]);
}

#[test]
fn at_another_rate_nothing_rings_on_and_fades_have_their_time_again() {
    let mut rig = Rig::with(vec![sound("kick", &["0.5x5000"])]);
    rig.hit(0, "kick", 127.0);
    assert_eq!(rig.left(1), [0.5]);
    rig.engine.reshape(1000, 1);
    assert_eq!(rig.left(1), [0.0]);
    rig.hit(2, "kick", 127.0);
    assert_eq!(rig.left(1), [0.5]);
    rig.control.commands.push(Command { when: When::Now, order: Order::Silence }).unwrap();
    // 6 ms
    assert_eq!(rig.left(8).iter().filter(|x| **x > 0.0).count(), 6);
}
