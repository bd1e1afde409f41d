//! What oscillates, and what is made of noise.
//!
//! The oscillators make triangles, start anew at each trigger, are bent into sines by two
//! diodes and fall in pitch with an envelope (TR-909 service notes; network-909.de). The
//! accent raises pitch envelope and click. Frequencies and time constants are set by
//! measuring recordings of such drums, where no source is named.

use super::super::circuit::{
    BridgedT, Clap, Envelope, ShiftRegister, Vco, diodes, high_pass, low_pass, pulse, rounded,
};
use super::super::math::exp;
use super::super::osc::{FRAME, Filter, Pass, silence};
use super::Stroke;

/// The bass drum: an oscillator that falls to 48 Hz, held at full level for some 20 ms (the
/// time in which C7 empties: C. Fraser, synth-diy list, 2001) before it dies away; and a
/// pulse and low-passed noise, the click.
pub fn kick(stroke: Stroke) -> Vec<f64> {
    let (h, mut chance) = (stroke.hardness, stroke.noise(901));
    let mut noise = ShiftRegister::new(&mut chance);
    let mut vco = Vco::default();
    let depth = (0.35 + 0.65 * h) * chance.between(0.97, 1.03);
    let base = 48.0 * chance.between(0.995, 1.005);
    let (click, mut dull) = (0.08 + 0.32 * h, Filter::new(2600.0 + 1400.0 * h, 0.7));
    let mut body = Envelope::held(10.0, 0.02, 0.105);
    let mut out = silence(0.7);
    for (n, x) in out.iter_mut().enumerate() {
        let time = n as f64 * FRAME;
        let pitch = base + depth * (230.0 * exp(-time / 0.0085) + 42.0 * exp(-time / 0.045));
        let tone = rounded(vco.next(pitch)) * body.next();
        let knock = 3.0 * pulse(time, 0.0012) + 6.0 * noise.next() * exp(-time / 0.004);
        *x = tone + click * dull.next(knock * (time / 0.0002).min(1.0), Pass::Low);
    }
    out
}

/// The snare drum: two oscillators (180 and 330 Hz: Reid, Synth Secrets 36) that bend for
/// about 20 ms, and noise, low-passed, on two ways: as it is, short, and behind a
/// high-pass, longer.
pub fn snare(stroke: Stroke) -> Vec<f64> {
    let (h, mut chance) = (stroke.hardness, stroke.noise(902));
    let mut noise = ShiftRegister::new(&mut chance);
    let mut vcos = [Vco::default(), Vco::default()];
    let drift = chance.between(0.99, 1.01);
    let mut shells = [Envelope::new(8.0, 0.040), Envelope::new(8.0, 0.022)];
    let mut wires = [Envelope::new(6.0 + 8.0 * h, 0.024), Envelope::new(6.0 + 8.0 * h, 0.055)];
    let mut filters = [Filter::new(5000.0 + 3000.0 * h, 0.7), Filter::new(1800.0, 0.7)];
    let mut out = silence(0.5);
    for (n, x) in out.iter_mut().enumerate() {
        let time = n as f64 * FRAME;
        let bend = drift * (1.0 + (0.25 + 0.75 * h) * exp(-time / 0.006));
        let [low, high] = &mut vcos;
        let tone = rounded(low.next(180.0 * bend)) * shells[0].next()
            + 0.6 * rounded(high.next(330.0 * bend)) * shells[1].next();
        let hiss = filters[0].next(noise.next(), Pass::Low);
        let bright = filters[1].next(hiss, Pass::High);
        let wires = 0.45 * hiss * wires[0].next() + 0.75 * bright * wires[1].next();
        *x = tone + (0.55 + 0.2 * h) * wires;
    }
    out
}

/// Two of the three toms.
#[derive(Debug, Clone, Copy)]
pub enum Tom {
    High,
    Low,
}

/// A tom: three oscillators at 1 : 1.5 : 1.98 (muffwiggler.com, "TR-909 Tom and Snare
/// oscillator frequencies"), the higher ones shorter, and a breath of noise.
pub fn tom(tom: Tom, stroke: Stroke) -> Vec<f64> {
    let (hz, constant, id) = match tom {
        Tom::High => (150.0, 0.060, 903),
        Tom::Low => (82.0, 0.095, 904),
    };
    let (h, mut chance) = (stroke.hardness, stroke.noise(id));
    let mut noise = ShiftRegister::new(&mut chance);
    let mut dull = Filter::new(1500.0 + 1500.0 * h, 0.7);
    let mut voices = [(1.0, 1.0, 1.0), (1.5, 0.45, 0.55), (1.98, 0.30, 0.38)].map(
        |(ratio, level, part): (f64, f64, f64)| {
            (ratio * hz, level, Vco::default(), Envelope::new(8.0, part * constant))
        },
    );
    let mut breath = Envelope::new(8.0, 0.35 * constant);
    let mut out = silence(8.0 * constant);
    for (n, x) in out.iter_mut().enumerate() {
        let time = n as f64 * FRAME;
        let bend = 1.0 + (0.15 + 0.55 * h) * exp(-time / (0.2 * constant));
        for (hz, level, vco, envelope) in &mut voices {
            *x += *level * rounded(vco.next(*hz * bend)) * envelope.next();
        }
        let hiss = dull.next(noise.next(), Pass::Low);
        *x += (0.015 + 0.03 * h) * hiss * breath.next();
    }
    out
}

/// The rim shot: bridged-T networks at 500, 220 and 1000 Hz, clipped by diodes, cut short
/// by an amplifier and high-passed (network-909.de).
pub fn rim_shot(stroke: Stroke) -> Vec<f64> {
    let h = stroke.hardness;
    let mut networks = [(500.0, 0.06, 1.0), (220.0, 0.06, 2.5), (1000.0, 0.05, 0.4)]
        .map(|(hz, t60, level): (f64, f64, f64)| (BridgedT::tuned(hz, t60), level));
    let mut envelope = Envelope::new(8.0, 0.009);
    let mut out = silence(0.1);
    for (n, x) in out.iter_mut().enumerate() {
        let trigger = (0.02 + 0.13 * h) * pulse(n as f64 * FRAME, 0.0003);
        let sum: f64 = networks.iter_mut().map(|(net, level)| *level * net.ring(trigger)).sum();
        *x = (sum - 0.95 * diodes(sum)) * envelope.next();
    }
    high_pass(480.0, 0.9, &mut out);
    low_pass(2000.0 + 14_000.0 * h, &mut out);
    out
}

/// The hand clap: nearly the circuit of the TR-808, with a brighter band and a drier room.
pub fn clap(stroke: Stroke) -> Vec<f64> {
    let (h, mut chance) = (stroke.hardness, stroke.noise(905));
    let mut noise = ShiftRegister::new(&mut chance);
    let mut out = silence(0.6);
    let clap = Clap {
        q: 0.9,
        gap: 0.0105 * chance.between(0.95, 1.06),
        last: 0.010,
        room: (0.3 + 0.1 * h, 0.046),
    };
    clap.play(|| noise.next(), &mut out);
    high_pass(500.0, 0.7, &mut out);
    low_pass(3500.0 + 10_000.0 * h, &mut out);
    out
}
