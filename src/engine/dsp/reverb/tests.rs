use std::f64::consts::TAU;

use super::*;

const RATE: u32 = 48_000;

fn spec(size: f32, decay: f32) -> RoomSpec {
    RoomSpec { size, decay, level: 1.0, ..RoomSpec::default() }
}

/// What a room answers to this, interleaved, for so many seconds.
fn answer(spec: &RoomSpec, rate: u32, send: &[f32], seconds: f32) -> Vec<f32> {
    let frames = (seconds * rate as f32) as usize;
    let mut padded = vec![0.0; 2 * frames];
    padded[..send.len()].copy_from_slice(send);
    let mut out = vec![0.0; 2 * frames];
    Room::new(spec, rate).process(&padded, &mut out);
    out
}

fn sides(out: &[f32]) -> [Vec<f64>; 2] {
    [0, 1].map(|side| out.iter().skip(side).step_by(2).map(|x| f64::from(*x)).collect())
}

fn energy(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

/// Passes what lies within a sixth of `hz` around it: two resonators.
fn band(x: &[f64], hz: f64) -> Vec<f64> {
    let omega = TAU * hz / f64::from(RATE);
    let radius = 1.0 - omega / 12.0;
    let mut out = x.to_vec();
    for _ in 0..2 {
        let [mut x1, mut x2, mut y1, mut y2] = [0.0; 4];
        for x in &mut out {
            let y = *x - x2 + 2.0 * radius * omega.cos() * y1 - radius * radius * y2;
            (x2, x1, y2, y1) = (x1, *x, y1, y);
            *x = y;
        }
    }
    out
}

/// Seconds for 60 dB, from −5 to −35 dB of Schroeder's backward integral (ISO 3382).
fn decay(x: &[f64]) -> f64 {
    let whole = energy(x);
    let mut left = whole;
    let mut at = |db: f64| {
        left = whole;
        let below = |x: &f64| {
            left -= x * x;
            left < whole * 10f64.powf(db / 10.0)
        };
        x.iter().position(below).unwrap()
    };
    let frames = at(-35.0) - at(-5.0);
    2.0 * frames as f64 / f64::from(RATE)
}

#[test]
fn the_decay_is_as_long_as_asked_and_half_as_long_where_it_is_damped() {
    for (size, seconds) in [(0.0, 0.3), (0.4, 0.8), (0.6, 1.2), (1.0, 2.0)] {
        let spec = RoomSpec { damping: 5000.0, ..spec(size, seconds) };
        let both = sides(&answer(&spec, RATE, &[1.0, 1.0], 1.4 * seconds + 0.2));
        // A band holds few resonances, so that one alone may be off by a tenth.
        let mean = |bands: &[f64]| {
            let decays = bands.iter().flat_map(|hz| both.each_ref().map(|x| decay(&band(x, *hz))));
            decays.sum::<f64>() / (2 * bands.len()) as f64
        };
        let low = mean(&[125.0, 177.0, 250.0, 354.0, 500.0]) / f64::from(seconds);
        assert!((low - 1.0).abs() < 0.1, "size {size}, {seconds} s: {low} of it");
        // The reflections, which nothing damps, are a third of the shortest decay.
        let high = mean(&[4200.0, 5000.0, 5800.0]) / f64::from(seconds);
        let most = if seconds < 0.5 { 0.65 } else { 0.55 };
        assert!((0.45..most).contains(&high), "size {size}, {seconds} s: {high} of it");
    }
}

#[test]
fn it_falls_in_every_20_ms_and_has_no_flutter() {
    for (size, seconds) in [(0.0, 0.4), (0.4, 0.8), (1.0, 0.8)] {
        let out = answer(&spec(size, seconds), RATE, &[1.0, 1.0], seconds + 0.2);
        let [left, _] = sides(&out);
        let window = (RATE / 50) as usize;
        let both: Vec<f64> = out.iter().map(|x| f64::from(*x)).collect();
        let levels: Vec<f64> = both.chunks_exact(2 * window).map(energy).collect();
        let until = (seconds * 50.0) as usize;
        assert!(levels[3..until].is_sorted_by(|a, b| a > b), "size {size}: {levels:?}");
        // Abel and Huang's echo density (2006): the part of frames beyond one standard
        // deviation, 1 for noise.
        for start in (4..until).map(|k| k * window) {
            let part = &left[start..start + window];
            let deviation = (energy(part) / window as f64).sqrt();
            let beyond = part.iter().filter(|x| x.abs() > deviation).count();
            let density = beyond as f64 / window as f64 / 0.3173;
            assert!(density > 0.8, "size {size}: {density} at {start}");
        }
    }
}

#[test]
fn a_stroke_in_the_centre_comes_from_everywhere() {
    for size in [0.0, 0.4, 1.0] {
        let [left, right] = sides(&answer(&spec(size, 0.8), RATE, &[1.0, 1.0], 1.0));
        let product: f64 = left.iter().zip(&right).map(|(l, r)| l * r).sum();
        let correlation = product / (energy(&left) * energy(&right)).sqrt();
        assert!(correlation.abs() < 0.3, "size {size}: {correlation}");
    }
}

#[test]
fn at_level_one_it_is_about_as_loud_as_what_is_sent_and_on_both_sides() {
    for (size, seconds) in [(0.0, 0.2), (0.4, 0.8), (1.0, 2.0), (0.4, 5.0)] {
        for side in sides(&answer(&spec(size, seconds), RATE, &[1.0, 1.0], 2.0 * seconds)) {
            // What the walls swallow and the low cut are missing.
            let db = 10.0 * energy(&side).log10();
            assert!((-4.0..0.0).contains(&db), "size {size}, {seconds} s: {db} dB");
        }
        let [left, right] = sides(&answer(&spec(size, seconds), RATE, &[1.0, 0.0], 2.0 * seconds));
        let db = 10.0 * (energy(&left) / energy(&right)).log10();
        assert!(db.abs() < 6.0, "from the left only: {db} dB");
    }
}

#[test]
fn a_constant_does_not_get_in() {
    let out = answer(&spec(0.4, 0.5), RATE, &[1.0; 192_000], 2.0);
    assert!(peak(&out[2 * 72_000..]) < 1e-3);
    assert!(peak(&out[..9600]) > 0.1);
}

#[test]
fn silence_passes_it_without_a_trace_and_without_work() {
    let mut room = Room::new(&RoomSpec::default(), RATE);
    let nonsense = [0.0, -0.0, 1e-40, 1e-7, f32::NAN, f32::INFINITY, -1e30, f32::MIN_POSITIVE];
    let mut out = [0.1, -0.0, f32::NAN, 0.2, 1e-40, 0.3, 0.4, 0.5];
    let before = out.map(f32::to_bits);
    room.process(&nonsense, &mut out);
    assert!(room.is_silent());
    assert_eq!(out.map(f32::to_bits), before);
    room.process(&[1e-5, 0.0], &mut [0.0; 2]);
    assert!(!room.is_silent());
}

/// Strokes, tails, a silence long enough to fall asleep in, and a stroke again.
fn strokes() -> Vec<f32> {
    let mut send = vec![0.0; 2 * 60_000];
    for (i, x) in send.iter_mut().enumerate() {
        let frame = i / 2;
        if frame % 55_000 < 300 && frame > 10 {
            *x = ((i * i) as f32 * 0.1).sin();
        }
    }
    send
}

#[test]
fn the_same_bits_however_it_is_cut_and_whether_or_not_silence_is_sent() {
    let spec = RoomSpec { predelay: 0.01, ..spec(0.3, 0.2) };
    let send = strokes();
    let run = |cut: usize, lazy: bool| {
        let mut room = Room::new(&spec, 44_100);
        let mut out = vec![0.0f32; send.len()];
        let mut slept = 0;
        for (send, out) in send.chunks(2 * cut).zip(out.chunks_mut(2 * cut)) {
            slept += usize::from(room.is_silent());
            if !(lazy && room.is_silent() && peak(send) == 0.0) {
                room.process(send, out);
            }
        }
        (out, slept)
    };
    let (whole, _) = run(60_000, false);
    assert!(peak(&whole[2 * 56_000..]) > 0.01);
    for (cut, lazy) in [(1, false), (7, true), (64, false), (100, true), (1024, true)] {
        let (out, slept) = run(cut, lazy);
        assert!(out == whole, "in pieces of {cut}");
        assert!(cut > 1000 || slept > 5, "it never slept");
    }
}

#[test]
fn after_its_tail_it_is_as_it_was_made_and_no_tiny_number_is_on_the_way() {
    for spec in [spec(0.0, 0.2), RoomSpec { damping: 500.0, ..spec(1.0, 0.2) }] {
        let mut room = Room::new(&spec, RATE);
        let mut stroke = || {
            let mut out = vec![0.0f32; 2 * 48_000];
            let mut send = vec![0.0; 2 * 48_000];
            send[..4].copy_from_slice(&[1.0, -0.5, 0.0, 0.25]);
            room.process(&send, &mut out);
            assert!(room.is_silent());
            out
        };
        let first = stroke();
        assert!(first == stroke());
        assert!(!first.iter().any(|x| x.is_subnormal()));
        let end = first.iter().rposition(|x| *x != 0.0).unwrap();
        assert!(peak(&first[end - 1000..]) < ENDED, "it ended too early");
        assert!(end < 2 * 40_000, "it ended too late: {end}");
    }
}

#[test]
fn every_room_at_every_rate_stays_within_bounds_and_falls_silent() {
    let wild = [f32::NAN, f32::NEG_INFINITY, 0.0, 0.5, f32::INFINITY];
    for rate in [0, 8000, 44_100, 192_000] {
        for (i, size) in wild.into_iter().enumerate() {
            let other = wild[(i + 2) % 5];
            let spec = RoomSpec { decay: 0.3, size, damping: other, predelay: other, level: 1.0 };
            let mut room = Room::new(&spec, rate);
            let mut noise: Vec<f32> =
                (0..8000).map(|i| ((i * i) as f32 * 0.1).sin()).chain([f32::NAN, 1e38]).collect();
            noise.extend([0.0; 998]);
            let mut out = vec![0.0; noise.len()];
            room.process(&noise, &mut out);
            assert!(out.iter().all(|x| x.abs() < 8.0), "{spec:?} at {rate}");
            let silence = vec![0.0; 2 * rate.max(8000) as usize];
            let mut rest = silence.clone();
            room.process(&silence, &mut rest);
            assert!(peak(&rest) < 8.0 && room.is_silent(), "{spec:?} at {rate}");
        }
    }
    let long = RoomSpec { decay: f32::INFINITY, size: 1.0, damping: 20_000.0, ..spec(1.0, 5.0) };
    let out = answer(&long, 8000, &[1.0, 1.0], 12.0);
    assert!(peak(&out[2 * 32_000..2 * 33_000]) > ENDED && out[2 * 95_000..] == [0.0; 2000]);
}
