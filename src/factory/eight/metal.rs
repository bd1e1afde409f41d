//! What is made of six square waves: hi-hat, cymbal, cowbell.
//!
//! The squares go through two band-passes, at 3440 and 7100 Hz (Werner, Abel and Smith,
//! ICMC 2014), from there through swing-type amplifiers and high-passes. Qualities, time
//! constants and levels are set by measuring, inside the ranges of the service notes
//! (closed hat 50 ms, open 90 to 600 ms, cymbal 350 to 1200 ms).

use super::super::circuit::{Envelope, Metal, high_pass, low_pass, swing};
use super::super::osc::{Filter, Pass, silence};
use super::Stroke;

const LOW_BAND: f64 = 3440.0;
const HIGH_BAND: f64 = 7100.0;

/// How far the hi-hat's decay is opened.
#[derive(Debug, Clone, Copy)]
pub enum Hat {
    Closed,
    Half,
    Open,
    Pedal,
}

/// The hi-hat: the high band alone.
pub fn hihat(hat: Hat, stroke: Stroke) -> Vec<f64> {
    let (constant, seconds, id) = match hat {
        Hat::Closed => (0.018, 0.3, 811),
        Hat::Half => (0.070, 0.7, 812),
        Hat::Open => (0.170, 1.4, 813),
        Hat::Pedal => (0.026, 0.3, 814),
    };
    let (h, mut noise) = (stroke.hardness, stroke.noise(id));
    let mut metal = Metal::new(&mut noise);
    let mut envelope = Envelope::new(14.0 * h, constant);
    let mut band = Filter::new(HIGH_BAND, 0.5);
    let mut out = silence(seconds);
    for x in &mut out {
        *x = swing(3.0 * band.next(metal.next(), Pass::Band), envelope.next());
    }
    high_pass(7600.0, 0.7, &mut out);
    let top = match hat {
        Hat::Pedal => 4000.0,
        _ => 5500.0,
    };
    low_pass(top + 16_000.0 * h, &mut out);
    low_pass(top + 16_000.0 * h, &mut out);
    out
}

/// The cymbal: the low band with a long decay, the high one with a short and a middle one.
pub fn cymbal(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(815));
    let mut metal = Metal::new(&mut noise);
    let mut bands = [Filter::new(LOW_BAND, 1.5), Filter::new(HIGH_BAND, 1.2)];
    let mut envelopes =
        [(1.0, 0.55), (1.0, 0.045), (1.0, 0.28)].map(|(part, t)| Envelope::new(14.0 * h * part, t));
    let (mut low, mut strike, mut sizzle) = (silence(2.6), silence(2.6), silence(2.6));
    for n in 0..low.len() {
        let all = metal.next();
        let [a, b] = [bands[0].next(all, Pass::Band), bands[1].next(all, Pass::Band)];
        let [long, short, middle] = &mut envelopes;
        low[n] = swing(2.0 * a, long.next());
        strike[n] = swing(3.0 * b, short.next());
        sizzle[n] = swing(3.0 * b, middle.next());
    }
    high_pass(3000.0, 0.8, &mut low);
    high_pass(8000.0, 0.8, &mut strike);
    high_pass(6000.0, 0.8, &mut sizzle);
    let parts = low.iter().zip(&strike).zip(&sizzle);
    let mut out: Vec<f64> =
        parts.map(|((low, strike), sizzle)| 0.5 * low + strike + 0.9 * sizzle).collect();
    low_pass(2500.0 + 17_000.0 * h, &mut out);
    out
}

/// The cowbell: the two highest squares, each with its amplifier, through one band-pass.
/// The envelope falls to half in 50 ms and then slowly.
pub fn cowbell(stroke: Stroke) -> Vec<f64> {
    let (h, mut noise) = (stroke.hardness, stroke.noise(816));
    let mut metal = Metal::new(&mut noise);
    let mut clunk = Envelope::new(10.0 * h, 0.015);
    let mut bell = Envelope::new(5.0 * h, 0.11);
    let mut band = Filter::new(2640.0, 0.5);
    let mut out = silence(0.8);
    for x in &mut out {
        let [.., fifth, sixth] = metal.each();
        let envelope = 0.5 * clunk.next() + bell.next();
        let both = 0.45 * swing(fifth, envelope) + 0.55 * swing(sixth, envelope);
        *x = band.next(both, Pass::Band);
    }
    high_pass(400.0, 0.7, &mut out);
    low_pass(3000.0 + 3500.0 * h, &mut out);
    out
}
