//! What rings in a bridged-T network, and what is made of noise.
//!
//! Frequencies and decays are those of the TR-808's service notes, where another source
//! is not named. The accent of the machine raises the trigger from 4 to 14 V; `volts` goes
//! on down to 2.5 V, for soft strokes.

use super::super::circuit::{
    BridgedT, Clap, Envelope, diodes, high_pass, low_pass, pulse, rectify, swing,
};
use super::super::math::exp;
use super::super::osc::{FRAME, Filter, Pass, silence};
use super::Stroke;

/// Height of the trigger for a stroke.
fn volts(hardness: f64) -> f64 {
    14.0 * hardness * (0.5 + 0.5 * hardness)
}

/// The bass drum (component values, and the leakage as a curve: Werner, Abel and Smith,
/// DAFx-14; the times of the two pulses are ours).
///
/// R167 bridges C41 and C42. The leg is R165 and R166, of which a transistor shorts R165
/// for the first milliseconds, longer for an accent: 130 Hz instead of 49. R170 brings
/// back the inverted output, which makes the decay long; R161 brings the retriggering pulse.
/// That transistor leaks when the leg swings below −0.56 V, so the drum is higher while it
/// is loud: the sigh.
pub fn kick(stroke: Stroke) -> Vec<f64> {
    const R161: f64 = 1e6;
    const R165: f64 = 47e3;
    const R166: f64 = 6.8e3;
    const R167: f64 = 1e6;
    const R170: f64 = 470e3;
    const C: f64 = 15e-9;
    // The decay knob: how much of the output comes back. 0.94 would ring for ever.
    const DECAY: f64 = 0.83;
    let leak = |leg: f64| -1.4765e-5 * (rectify(-0.556 - leg, 0.097) - rectify(-0.556, 0.097));

    let h = stroke.hardness;
    let volts = volts(h);
    let mut drum = BridgedT::new(R167, C, 1.0 / R161 + 1.0 / R170);
    let mut out = silence(1.4);
    for (n, x) in out.iter_mut().enumerate() {
        let time = n as f64 * FRAME;
        let held = volts * exp(-(time - 0.001).max(0.0) / 0.0012) * (time / 0.0001).min(1.0);
        let short = 2e-3 * (rectify(held - 0.6, 0.2) - rectify(-0.6, 0.2));
        let grounded = 1.0 / (R166 + 1.0 / (1.0 / R165 + short));
        let again = volts * exp(-time / 0.008) * (time / 0.0001).min(1.0);
        let trigger = volts * pulse(time, 0.001);
        *x = drum.next(trigger, |leg, output| {
            leg * grounded + leak(leg) - again / R161 + DECAY * output / R170
        });
    }
    // The tone knob: turned up with the accent.
    low_pass(200.0 + 4800.0 * h * h, &mut out);
    out
}

/// The snare drum: two bridged-T networks, at 173 and 336 Hz since the change of C that the
/// service notes tell of, and noise behind a high-pass, the snappy.
pub fn snare(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(802));
    let volts = volts(h);
    let drift = noise.between(0.996, 1.004);
    let mut low = BridgedT::tuned(173.0 * drift, 0.19);
    let mut high = BridgedT::tuned(336.0 * drift, 0.12);
    let mut snappy = Envelope::new(volts, 0.028 + 0.012 * h);
    let mut hiss = Filter::new(1900.0, 0.8);
    let mut out = silence(0.45);
    let balance = noise.between(0.9, 1.1);
    for (n, x) in out.iter_mut().enumerate() {
        let trigger = volts * pulse(n as f64 * FRAME, 0.001);
        let shell = 0.2 * low.ring(trigger) + 0.1 * high.ring(trigger);
        let opened = snappy.next() * (0.5 + 0.5 * h);
        *x = shell + 4.5 * balance * hiss.next(noise.next() * opened, Pass::High);
    }
    low_pass(3500.0 + 4500.0 * h, &mut out);
    low_pass(9000.0, &mut out);
    out
}

/// Toms and congas: one circuit, switched.
#[derive(Debug, Clone, Copy)]
pub enum Skin {
    /// 165 to 220 Hz, 185 in the middle.
    HighTom,
    /// 80 to 100 Hz, 90 in the middle.
    LowTom,
    /// 250 to 310 Hz, 280 in the middle, without noise.
    MidConga,
}

/// A tom or conga: a bridged-T network whose leg two diodes shorten while it swings widely,
/// and, in toms, pink noise that outlasts the attack, "artificial reverberation".
pub fn skin(skin: Skin, stroke: Stroke) -> Vec<f64> {
    let (hz, t60, room, id) = match skin {
        Skin::HighTom => (185.0, 0.30, 0.05, 803),
        Skin::LowTom => (90.0, 0.52, 0.08, 804),
        Skin::MidConga => (280.0, 0.26, 0.0, 805),
    };
    let (h, mut noise) = (stroke.hardness, stroke.noise(id));
    let volts = volts(h);
    let mut drum = BridgedT::tuned(hz, t60);
    let leg = drum.leg();
    let mut reverberation = Envelope::new(volts, 0.3 * t60);
    let mut pink = Filter::new(6.0 * hz, 0.6);
    let mut out = silence(1.6 * t60);
    for (n, x) in out.iter_mut().enumerate() {
        let trigger = 0.2 * volts * pulse(n as f64 * FRAME, 0.001);
        let tone = drum.next(trigger, |v, _| 0.5 * leg * diodes(v));
        *x = tone + room * reverberation.next() * pink.next(noise.next(), Pass::Low);
    }
    low_pass(300.0 + 4700.0 * h * h, &mut out);
    out
}

/// The rim shot: bridged-T networks at 1667 and 455 Hz, cut short by a swing-type amplifier.
pub fn rim_shot(stroke: Stroke) -> Vec<f64> {
    let h = stroke.hardness;
    let volts = volts(h);
    let mut high = BridgedT::tuned(1667.0, 0.07);
    let mut low = BridgedT::tuned(455.0, 0.07);
    let mut envelope = Envelope::new(volts, 0.007);
    let mut out = silence(0.1);
    for (n, x) in out.iter_mut().enumerate() {
        let trigger = 0.3 * volts * pulse(n as f64 * FRAME, 0.0002);
        *x = swing(0.010 * high.ring(trigger) + 0.05 * low.ring(trigger), envelope.next());
    }
    high_pass(750.0, 0.8, &mut out);
    low_pass(5000.0 + 12_000.0 * h, &mut out);
    out
}

/// The claves: the same circuit as one network of high quality, at 2500 Hz.
pub fn claves(stroke: Stroke) -> Vec<f64> {
    let h = stroke.hardness;
    let mut wood = BridgedT::tuned(2500.0, 0.13);
    let mut out = silence(0.2);
    for (n, x) in out.iter_mut().enumerate() {
        *x = wood.ring(pulse(n as f64 * FRAME, 0.0002));
    }
    high_pass(700.0, 0.7, &mut out);
    low_pass(2000.0 + 14_000.0 * h, &mut out);
    out
}

/// The hand clap.
pub fn clap(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(806));
    let mut out = silence(0.6);
    let clap = Clap {
        q: 1.3,
        gap: 0.01 * noise.between(0.95, 1.06),
        last: 0.013,
        room: (0.22 + 0.08 * h, 0.05),
    };
    clap.play(|| noise.next(), &mut out);
    low_pass(3000.0 + 9000.0 * h, &mut out);
    out
}

/// The maracas: noise behind a high-pass, rising and falling in 25 ms.
pub fn maracas(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(807));
    let mut out = silence(0.12);
    let mut bright = Filter::new(4200.0, 0.8);
    let rise = 0.009 - 0.004 * h;
    for (n, x) in out.iter_mut().enumerate() {
        let time = n as f64 * FRAME;
        let open = exp(-time / 0.011) * (1.0 - exp(-time / rise));
        *x = bright.next(noise.next(), Pass::High) * open;
    }
    low_pass(4000.0 + 9000.0 * h, &mut out);
    out
}
