use super::*;

const RATE: f64 = 1_000.0;

/// A pedal as `closed = "auto"` begins.
fn auto() -> PedalState {
    PedalState::new(maps::Pedal::default())
}
fn take(pedal: &mut PedalState, ms: u64, value: u8) -> Option<f32> {
    pedal.take(value, When::Frame(ms), RATE)
}

#[test]
fn a_pedal_that_passes_90_has_the_long_way_from_then_on() {
    let mut pedal = auto();
    take(&mut pedal, 0, 90);
    assert_eq!(pedal.openness(), Some(0.0));
    take(&mut pedal, 10, 100);
    assert_eq!(pedal.openness(), Some(27.0 / 127.0));
    take(&mut pedal, 20, 127);
    assert_eq!(pedal.openness(), Some(0.0));
    take(&mut pedal, 30, 90);
    assert_eq!(pedal.openness(), Some(37.0 / 127.0));
}

#[test]
fn a_range_that_is_given_stays() {
    let mut pedal = PedalState::new(maps::Pedal::default().with_ends(Some(0), Some(90)));
    take(&mut pedal, 0, 127);
    take(&mut pedal, 10, 90);
    assert_eq!(pedal.openness(), Some(0.0));
}

#[test]
fn notes_that_contradict_the_pedal_at_both_ends_turn_it_round() {
    let mut pedal = auto();
    take(&mut pedal, 0, 90);
    for n in 0..4 {
        take(&mut pedal, 100 * n, 0);
        assert_eq!(pedal.openness(), Some(1.0), "round {n}");
        pedal.hear(0.0);
        take(&mut pedal, 100 * n + 50, 90);
        pedal.hear(1.0);
    }
    assert_eq!(pedal.openness(), Some(1.0));
    take(&mut pedal, 1000, 0);
    assert_eq!(pedal.openness(), Some(0.0));
    // a longer way is found in this direction too
    take(&mut pedal, 1010, 127);
    take(&mut pedal, 1020, 90);
    assert_eq!(pedal.openness(), Some(90.0 / 127.0));
}

#[test]
fn one_kind_of_contradiction_or_a_note_that_agrees_turns_nothing_round() {
    // A stroke that presses the upper cymbal down sends open notes at the closed end.
    let mut pedal = auto();
    take(&mut pedal, 0, 0);
    take(&mut pedal, 1, 90);
    (0..100).for_each(|_| pedal.hear(1.0));
    assert_eq!(pedal.openness(), Some(0.0));
    for _ in 0..100 {
        take(&mut pedal, 2, 0);
        pedal.hear(0.0);
        pedal.hear(1.0);
        take(&mut pedal, 3, 90);
        pedal.hear(1.0);
    }
    assert_eq!(pedal.openness(), Some(0.0));
}

#[test]
fn a_pedal_that_never_moves_says_nothing_against_a_note() {
    let mut pedal = auto();
    take(&mut pedal, 0, 127);
    take(&mut pedal, 10, 127);
    assert_eq!(pedal.openness_of(Some(1.0)), 1.0);
    assert_eq!(pedal.openness_of(None), 0.0);
    take(&mut pedal, 20, 0);
    take(&mut pedal, 30, 127);
    assert_eq!(pedal.openness_of(Some(1.0)), 0.0);
}

#[test]
fn a_half_open_note_is_half_open_without_a_pedal_and_follows_it_with_one() {
    let mut pedal = auto();
    assert_eq!(pedal.openness_of(Some(0.5)), 0.5);
    take(&mut pedal, 0, 0);
    take(&mut pedal, 10, 72);
    assert!((pedal.openness_of(Some(0.5)) - 0.2).abs() < 1e-6);
    assert_eq!(pedal.openness_of(Some(0.0)), 0.0);
}

/// A pedal whose feet are heard by its speed.
fn quick() -> PedalState {
    PedalState::new(maps::Pedal { from_speed: true, ..maps::Pedal::default() })
}

#[test]
fn a_pedal_without_notes_chicks_as_hard_as_it_is_fast() {
    // a whole way in so many milliseconds, in messages 10 ms apart
    let chick = |ms: u64| {
        let mut pedal = quick();
        take(&mut pedal, 1000, 0);
        let steps = ms / 10;
        let chicks =
            (1..=steps).filter_map(|n| take(&mut pedal, 1000 + 10 * n, (90 * n / steps) as u8));
        chicks.collect::<Vec<f32>>()
    };
    let near = |chicks: Vec<f32>, wanted: f32| {
        assert!(chicks.len() == 1 && (chicks[0] - wanted).abs() < 4.0, "{chicks:?} {wanted}");
    };
    near(chick(50), 120.0);
    near(chick(100), 60.0);
    near(chick(140), 43.0);
    assert_eq!(chick(200).len(), 0);
    assert_eq!(chick(1000).len(), 0);
}

#[test]
fn a_foot_is_heard_once_whoever_says_it_and_small_movements_are_none() {
    let mut pedal = quick();
    take(&mut pedal, 0, 0);
    take(&mut pedal, 30, 45);
    let hard = take(&mut pedal, 60, 90);
    assert!(hard.is_some());
    // its note comes behind, always at 127
    assert_eq!(pedal.foot(127.0, When::Frame(65), RATE), None);
    // the note before the end of the way: it sounds, by the speed, and the end does not again
    take(&mut pedal, 500, 0);
    take(&mut pedal, 530, 45);
    take(&mut pedal, 560, 80);
    let heard = pedal.foot(127.0, When::Frame(561), RATE).unwrap();
    assert!((60.0..127.0).contains(&heard), "{heard}");
    assert_eq!(take(&mut pedal, 590, 90), None);
    // trembling at the closed end
    take(&mut pedal, 900, 80);
    assert_eq!(take(&mut pedal, 905, 90), None);
    // without movement the note is as hard as it says
    assert_eq!(pedal.foot(99.0, When::Frame(5000), RATE), Some(99.0));
}

#[test]
fn where_the_module_sends_chicks_its_pedal_makes_none() {
    let mut pedal = auto();
    take(&mut pedal, 0, 0);
    assert_eq!(take(&mut pedal, 30, 90), None);
    assert_eq!(pedal.foot(80.0, When::Frame(31), RATE), Some(80.0));
}
