use super::super::super::osc::{FRAME, Filter, Pass};
use super::*;

fn stroke(hardness: f64, variation: usize) -> Stroke {
    Stroke { level: 0, variation, hardness }
}

fn energy(sound: &[f64]) -> f64 {
    sound.iter().map(|x| x * x).sum()
}

/// Seconds until all but a thousandth of the energy has gone: half of a T60.
fn ring(sound: &[f64]) -> f64 {
    let (mut left, floor) = (0.0, 0.001 * energy(sound));
    let last = sound.iter().rposition(|x| {
        left += x * x;
        left > floor
    });
    last.map_or(0.0, |n| n as f64 * FRAME)
}

/// The energy of the change from frame to frame beside that of the sound: the mean square
/// of its frequency, but for a factor.
fn brightness(sound: &[f64]) -> f64 {
    let sound = &sound[..sound.len().min(4800)];
    let change: Vec<f64> = sound.windows(2).map(|w| w[1] - w[0]).collect();
    energy(&change) / energy(sound)
}

/// Energy below 700 Hz beside all of it.
fn body(sound: &[f64]) -> f64 {
    let mut filter = Filter::new(700.0, 0.7);
    let low: Vec<f64> = sound.iter().map(|&x| filter.next(x, Pass::Low)).collect();
    energy(&low) / energy(sound)
}

#[test]
fn an_opener_hat_rings_about_twice_as_long_as_the_one_before() {
    let rings: Vec<f64> = (0..4).map(|o| ring(&struck(o, Zone::Bow, stroke(0.3, 0)))).collect();
    for pair in rings.windows(2) {
        assert!((1.5..2.6).contains(&(pair[1] / pair[0])), "{rings:?}");
    }
}

#[test]
fn the_edge_has_more_body_and_rings_longer_than_the_bow() {
    for opening in 0..2 {
        let sum = |zone, of: fn(&[f64]) -> f64| {
            (0..3).map(|v| of(&struck(opening, zone, stroke(0.3, v)))).sum::<f64>()
        };
        assert!(sum(Zone::Edge, ring) > sum(Zone::Bow, ring), "{opening}");
        assert!(sum(Zone::Edge, body) > sum(Zone::Bow, body), "{opening}");
    }
}

#[test]
fn a_harder_stroke_is_brighter() {
    for opening in 0..2 {
        let mean = |h: f64| {
            (0..3).map(|v| brightness(&struck(opening, Zone::Bow, stroke(h, v)))).sum::<f64>()
        };
        assert!(mean(1.0) > 1.1 * mean(0.2), "{opening}");
    }
}

#[test]
fn every_stroke_starts_from_silence_and_within_a_millisecond() {
    let starts = |sound: &[f64]| {
        let peak = sound.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        assert!(sound[0].abs() < 0.001 * peak);
        assert!(sound[..48].iter().any(|x| x.abs() > 0.01 * peak));
    };
    for h in [0.2, 1.0] {
        starts(&struck(0, Zone::Bow, stroke(h, 0)));
        starts(&struck(1, Zone::Edge, stroke(h, 1)));
        starts(&pedalled(false, stroke(h, 0)));
    }
}

#[test]
fn let_go_of_at_once_the_hat_rings_on() {
    let [chick, splash] = [false, true].map(|splash| ring(&pedalled(splash, stroke(0.3, 0))));
    assert!(splash > 3.0 * chick, "{chick} {splash}");
}

/// Frames from 10 to 30 ms and from 300 to 320 ms at which the rims touch anywhere.
fn touches(gap: f64, hardness: f64) -> [usize; 2] {
    let mut noise = Noise::new(1, 1);
    let hold = Hold { gap, tilt: 0.0, t60: 0.5, rock: 0.3, foot: None };
    let blow = &blows(10, hardness, &mut noise)[0];
    let swing = Swing::new(1.0, &mut noise);
    let touch = swing.run(&hold, blow, &mut noise, &mut silence(0.33));
    [480..1440, 14_400..15_360]
        .map(|frames| frames.filter(|&n| touch.force.iter().any(|force| force[n] != 0.0)).count())
}

#[test]
fn a_small_gap_rattles_until_the_motion_is_smaller_than_the_gap() {
    let [soon, late] = touches(6e-4, 0.5);
    assert!(soon > 100 && late < soon / 4, "{soon} {late}");
}

#[test]
fn the_rims_of_a_wide_gap_meet_under_a_hard_blow_only() {
    let (soft, hard) = (touches(3e-3, 0.1), touches(3e-3, 1.0));
    assert!(soft[0] == 0 && hard[0] > 0, "{soft:?} {hard:?}");
}
