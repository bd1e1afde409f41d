use std::time::Duration;

use super::*;
use crate::panel::debounce::Debounce;
use crate::words::rng::Rng;

const TIMES: Times = Times { long_ms: 600, double_ms: 300, repeat_ms: 100, chord_ms: 50 };

const PRESS: Action = Action::NextKit;
const LONG: Action = Action::Panic;
const DOUBLE: Action = Action::PreviousKit;
const BOTH: Action = Action::ShutDown;

fn reaction(press: bool, long: bool, double: bool) -> Reaction {
    Reaction {
        press: press.then_some(PRESS),
        long: long.then_some(LONG),
        double: double.then_some(DOUBLE),
        repeat: false,
    }
}

/// What these edges (when in ms, which button, down or up) lead to within ten seconds after
/// the last, and when. Time passes only when the machine wants to be woken.
fn done(gestures: &mut Gestures, edges: &[(u64, usize, bool)]) -> Vec<(u64, Action)> {
    let mut done = Vec::new();
    let mut woken = |gestures: &mut Gestures, until: u64| {
        while let Some(wake) = gestures.wake().filter(|wake| *wake < until) {
            gestures.pass(wake, &mut |action| done.push((wake / MS, action)));
        }
    };
    let mut at_edges = Vec::new();
    for &(ms, button, down) in edges {
        woken(gestures, ms * MS);
        gestures.edge(button, down, ms * MS, &mut |action| at_edges.push((ms, action)));
    }
    woken(gestures, edges.last().map_or(0, |edge| edge.0 + 10_000) * MS);
    done.extend(at_edges);
    done.sort_by_key(|(ms, _)| *ms);
    done
}

fn of_one(reaction: Reaction, edges: &[(u64, bool)]) -> Vec<(u64, Action)> {
    let edges: Vec<_> = edges.iter().map(|&(ms, down)| (ms, 0, down)).collect();
    done(&mut Gestures::new(vec![reaction], &[], TIMES), &edges)
}

fn chord(hold_ms: u32) -> [Chord; 1] {
    [Chord { buttons: [0, 1], action: BOTH, hold_ms }]
}

fn of_two(hold_ms: u32, edges: &[(u64, usize, bool)]) -> Vec<(u64, Action)> {
    let other = Reaction { press: Some(Action::Reload), ..Reaction::default() };
    let mut gestures =
        Gestures::new(vec![reaction(true, false, false), other], &chord(hold_ms), TIMES);
    done(&mut gestures, edges)
}

const SHORT: [(u64, bool); 2] = [(0, true), (80, false)];

#[test]
fn a_button_with_a_press_alone_acts_the_moment_it_is_pressed() {
    assert_eq!(of_one(reaction(true, false, false), &SHORT), [(0, PRESS)]);
    assert_eq!(of_one(reaction(true, false, false), &[(0, true), (5_000, false)]), [(0, PRESS)]);
}

#[test]
fn with_a_long_press_the_short_one_waits_for_the_release_and_no_longer() {
    let both = reaction(true, true, false);
    assert_eq!(of_one(both, &SHORT), [(80, PRESS)]);
    assert_eq!(of_one(both, &[(0, true), (599, false)]), [(599, PRESS)]);
    assert_eq!(of_one(both, &[(0, true), (600, false)]), [(600, LONG)]);
    assert_eq!(of_one(both, &[(0, true), (9_000, false)]), [(600, LONG)]);
    assert_eq!(of_one(reaction(false, true, false), &SHORT), []);
}

#[test]
fn with_a_double_press_a_single_one_waits_for_the_end_of_its_time() {
    let both = reaction(true, false, true);
    assert_eq!(of_one(both, &SHORT), [(300, PRESS)]);
    assert_eq!(of_one(both, &[(0, true), (5_000, false)]), [(300, PRESS)]);
    let twice = [(0, true), (80, false), (299, true), (350, false)];
    assert_eq!(of_one(both, &twice), [(299, DOUBLE)]);
    let slow = [(0, true), (80, false), (300, true), (350, false)];
    assert_eq!(of_one(both, &slow), [(300, PRESS), (600, PRESS)]);
    let thrice = [(0, true), (50, false), (100, true), (150, false), (200, true), (250, false)];
    assert_eq!(of_one(both, &thrice), [(100, DOUBLE), (500, PRESS)]);
}

#[test]
fn with_all_three_each_push_is_one_of_them() {
    let all = reaction(true, true, true);
    assert_eq!(of_one(all, &SHORT), [(300, PRESS)]);
    assert_eq!(of_one(all, &[(0, true), (400, false)]), [(400, PRESS)]);
    assert_eq!(of_one(all, &[(0, true), (700, false)]), [(600, LONG)]);
    let twice = [(0, true), (80, false), (200, true), (2_000, false)];
    assert_eq!(of_one(all, &twice), [(200, DOUBLE)]);
}

#[test]
fn a_button_that_repeats_acts_at_once_and_again_while_it_is_held() {
    let repeats = Reaction { press: Some(PRESS), repeat: true, ..Reaction::default() };
    assert_eq!(of_one(repeats, &SHORT), [(0, PRESS)]);
    let held = of_one(repeats, &[(0, true), (850, false)]);
    assert_eq!(held, [0, 600, 700, 800].map(|ms| (ms, PRESS)));
}

#[test]
fn two_buttons_at_once_are_neither_of_them() {
    let both = [(0, 0, true), (40, 1, true), (200, 0, false), (210, 1, false)];
    assert_eq!(of_two(0, &both), [(40, BOTH)]);
    assert_eq!(of_two(100, &both), [(140, BOTH)]);
    assert_eq!(of_two(1_000, &both), [], "they were not held for so long");
}

#[test]
fn a_button_of_a_chord_acts_when_the_other_does_not_come() {
    assert_eq!(of_two(0, &[(0, 0, true), (90, 0, false)]), [(50, PRESS)]);
    assert_eq!(of_two(0, &[(0, 0, true), (30, 0, false)]), [(30, PRESS)]);
    let apart = [(0, 0, true), (51, 1, true), (200, 1, false), (210, 0, false)];
    assert_eq!(of_two(0, &apart), [(50, PRESS), (101, Action::Reload)]);
    let after = [(0, 0, true), (20, 0, false), (30, 1, true), (40, 1, false)];
    assert_eq!(of_two(0, &after), [(20, PRESS), (40, Action::Reload)]);
}

#[test]
fn of_a_chord_that_is_half_let_go_nothing_comes_until_both_are() {
    let edges = [(0, 0, true), (10, 1, true), (300, 0, false), (400, 0, true), (500, 0, false)];
    assert_eq!(of_two(1_000, &edges), [(450, PRESS)], "the one that is pressed anew is its own");
}

#[test]
fn a_button_that_is_stuck_harms_nobody() {
    let stuck = Reaction { press: Some(PRESS), repeat: true, ..Reaction::default() };
    let mut gestures = Gestures::new(vec![stuck, reaction(false, true, true)], &[], TIMES);
    let edges = [(0, 0, true), (3_600_000, 1, true), (3_600_050, 1, false), (3_600_100, 1, true)];
    let done = done(&mut gestures, &edges);
    let (last, repeated) = done.split_last().unwrap();
    assert_eq!(*last, (3_600_100, DOUBLE));
    assert_eq!(repeated.len(), 1 + REPETITIONS as usize);
    assert_eq!(gestures.wake(), None);
}

#[test]
fn a_lost_release_or_a_lost_press_costs_no_other_press() {
    let edges = [(0, true), (1_000, true), (1_050, false), (2_000, false), (3_000, true)];
    let presses = of_one(reaction(true, false, false), &edges);
    assert_eq!(presses, [0, 1_000, 3_000].map(|ms| (ms, PRESS)));
    assert_eq!(
        of_one(reaction(true, true, false), &[(0, true), (100, true), (150, false)]).len(),
        2
    );
}

#[test]
fn a_button_that_is_unplugged_while_it_is_held_asks_for_nothing_more() {
    let mut gestures =
        Gestures::new(vec![reaction(true, true, true), Reaction::default()], &chord(100), TIMES);
    let mut act = |action| panic!("{action:?}");
    gestures.edge(0, true, 0, &mut act);
    gestures.forget(0);
    assert_eq!(gestures.wake(), None);
    gestures.edge(0, true, MS, &mut act);
    gestures.edge(1, true, 2 * MS, &mut act);
    gestures.forget(1);
    gestures.pass(10_000 * MS, &mut act);
}

#[test]
fn a_stamp_that_runs_backwards_counts_as_the_last_one() {
    let mut gestures = Gestures::new(vec![reaction(true, true, false)], &[], TIMES);
    let mut done = Vec::new();
    for (ms, down) in [(1_000, true), (10, false), (20, true), (1_700, false)] {
        gestures.edge(0, down, ms * MS, &mut |action| done.push(action));
    }
    assert_eq!(done, [PRESS, LONG]);
}

/// A push: when it begins and ends, in ms.
type Push = (u64, u64);

/// Pushes that stay clear of every border by more than a contact bounces.
fn pushes(rng: &mut Rng, count: usize) -> Vec<Push> {
    let mut pushes = Vec::new();
    let mut time = 1_000;
    for _ in 0..count {
        let held = [60, 120, 450, 800, 3_000][rng.draw() as usize % 5];
        pushes.push((time, time + held));
        let rest = [70, 110, 400, 1_500][rng.draw() as usize % 4];
        time += held + rest;
    }
    pushes
}

/// Their edges with a chatter of 1 to 5 ms at each.
fn edges(rng: &mut Rng, pushes: &[Push]) -> Vec<(u64, bool)> {
    let mut edges = Vec::new();
    for &(down, up) in pushes {
        for (ms, level) in [(down, true), (up, false)] {
            let mut time = ms * MS;
            let end = time + (1 + rng.draw() % 5) * MS;
            edges.push((time, level));
            loop {
                let [away, back] = [(); 2].map(|()| 1 + rng.draw() % MS);
                if time + away + back > end {
                    break;
                }
                edges.push((time + away, !level));
                time += away + back;
                edges.push((time, level));
            }
        }
    }
    edges
}

/// What they mean, by the words of the table above.
fn meant(reaction: Reaction, pushes: &[Push]) -> Vec<Action> {
    let mut meant = Vec::new();
    let mut pushes = pushes.iter().peekable();
    while let Some(&(down, up)) = pushes.next() {
        if let Some(long) = reaction.long.filter(|_| up - down >= 600) {
            meant.push(long);
            continue;
        }
        let again =
            reaction.double.filter(|_| pushes.peek().is_some_and(|next| next.0 < down + 300));
        if again.is_some() {
            pushes.next();
        }
        meant.extend(again.or(reaction.press));
    }
    meant
}

#[test]
fn however_a_contact_bounces_every_push_is_one_gesture_and_the_right_one() {
    let mut rng = Rng::new(11, 0);
    for round in 0..400 {
        let has = |bit: u32| round >> bit & 1 == 1;
        let reaction = reaction(has(0), has(1), has(2));
        let pushes = pushes(&mut rng, 12);
        let edges = edges(&mut rng, &pushes);
        let mut debounce = Debounce::new(Duration::from_millis(20), false);
        let mut clean = Vec::new();
        for &(time, active) in &edges {
            debounce.edge(active, time, &mut |active, time| clean.push((time, active)));
        }
        assert_eq!(clean.len(), 2 * pushes.len());
        let mut gestures = Gestures::new(vec![reaction], &[], TIMES);
        let mut found = Vec::new();
        for (time, down) in clean {
            // woken early, late and for nothing: the stamps alone count
            if rng.draw().is_multiple_of(2) {
                gestures.pass(time - 1, &mut |action| found.push(action));
            }
            gestures.edge(0, down, time, &mut |action| found.push(action));
        }
        gestures.pass(u64::MAX, &mut |action| found.push(action));
        assert_eq!(found, meant(reaction, &pushes), "{reaction:?} {pushes:?}");
    }
}

#[test]
fn of_two_buttons_each_push_is_a_press_or_a_half_of_a_chord() {
    let mut rng = Rng::new(12, 0);
    let (mut chords, mut alone) = (0, 0);
    for _ in 0..300 {
        let mut all: Vec<(u64, usize, bool)> = Vec::new();
        for button in 0..2 {
            for (down, up) in pushes(&mut rng, 10) {
                let jitter = rng.draw() % 60;
                all.extend([(down + jitter, button, true), (up + jitter, button, false)]);
            }
        }
        all.sort_by_key(|(ms, ..)| *ms);
        let done = of_two(0, &all);
        let both = done.iter().filter(|(_, action)| *action == BOTH).count();
        assert_eq!(done.len() + both, 20, "{all:?}");
        (chords, alone) = (chords + both, alone + done.len() - both);
    }
    assert!(chords > 300 && alone > 300, "{chords} chords, {alone} alone");
}

#[test]
fn no_history_however_wild_makes_more_than_one_gesture_a_push_or_stops_time() {
    let mut rng = Rng::new(13, 0);
    for _ in 0..300 {
        let reactions = (0..3).map(|_| {
            let bits = rng.draw();
            let mut reaction = reaction(bits & 1 > 0, bits & 2 > 0, bits & 4 > 0);
            reaction.repeat = bits & 7 == 1 && bits & 8 > 0;
            reaction
        });
        let reactions: Vec<Reaction> = reactions.collect();
        let repeats = reactions.iter().any(|reaction| reaction.repeat);
        let chords = [
            Chord { buttons: [0, 1], action: BOTH, hold_ms: (rng.draw() % 200) as u32 },
            Chord { buttons: [1, 2], action: BOTH, hold_ms: 0 },
        ];
        let mut gestures = Gestures::new(reactions, &chords, TIMES);
        let (mut time, mut presses, mut acts) = (0, 0, 0);
        for _ in 0..200 {
            time += rng.draw() % (400 * MS);
            let (button, down) = (rng.draw() as usize % 4, rng.draw().is_multiple_of(2));
            presses += usize::from(down && button < 3);
            match rng.draw() % 8 {
                0 => gestures.pass(time, &mut |_| acts += 1),
                1 => gestures.forget(button),
                _ => gestures.edge(button, down, time, &mut |_| acts += 1),
            }
            assert!(gestures.wake().is_none_or(|wake| wake > gestures.now));
        }
        assert!(repeats || acts <= presses, "{acts} of {presses}");
        gestures.pass(u64::MAX, &mut |_| acts += 1);
        assert_eq!(gestures.wake(), None);
    }
}
