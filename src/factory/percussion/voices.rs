//! Hands, breath and friction: claps, the whistle, the cuica.

use super::super::math::{cos_turns, exp, sin_turns};
use super::super::osc::{Burst, FRAME, Filter, Pass, silence};
use super::super::record::Stroke;
use super::body::{Blow, Partial, fall, miked, ring, rise};

/// A group that claps: each pair of hands is a burst of some milliseconds in a hollow of
/// its own, between 900 and 2200 Hz, lower for cupped palms than for flat ones (Repp, *The sound of
/// two hands clapping*, JASA 81, 1987), and nobody claps exactly with the others.
pub fn claps(stroke: Stroke) -> Vec<f64> {
    const HANDS: [(f64, f64, f64); 6] = [
        (0.0, 1490.0, 0.8),
        (0.0055, 1130.0, 0.75),
        (0.0105, 1960.0, 0.9),
        (0.0165, 1350.0, 1.0),
        (0.0215, 2180.0, 0.8),
        (0.0290, 940.0, 0.6),
    ];
    let (h, mut noise) = (stroke.hardness, stroke.noise(350));
    let mut out = silence(0.45);
    for (at, hollow, level) in HANDS {
        let at = if at > 0.0 { at + noise.between(-0.0018, 0.0018) } else { 0.0 };
        let level = level * noise.between(0.5, 1.0);
        let hollow = hollow * noise.between(0.88, 1.12);
        let start = (at / FRAME) as usize;
        let part = &mut out[start..];
        let blow = Blow { at: 0.0, width: 0.0012 - 0.0005 * h, impulse: level, rough: 2.0 };
        let force = blow.force(&mut noise);
        Partial { hz: hollow, level: 0.9, t60: 0.014 }.drive(&force, part);
        Partial { hz: 1.9 * hollow, level: 0.45, t60: 0.010 }.drive(&force, part);
        let palm = Burst {
            level: level * (0.1 + 0.4 * h),
            pass: Pass::Band,
            hz: 1.15 * hollow,
            q: 1.4,
            t60: 0.03,
        };
        palm.shaped(&mut noise, part, rise);
        let skin = Burst {
            level: level * (0.03 + 0.3 * h * h),
            pass: Pass::Band,
            hz: 2800.0 + 1200.0 * h,
            q: 0.5,
            t60: 0.02,
        };
        skin.shaped(&mut noise, part, rise);
    }
    let mut chest = Filter::new(620.0, 0.7);
    out.iter_mut().for_each(|x| *x = chest.next(*x, Pass::High));
    miked(out, 0.3 + 0.4 * h, 0.5)
}

/// A samba whistle: the jet swings at the pitch of the chamber, and the ball that it
/// whirls around opens and closes the chamber, which shakes level and pitch.
///
/// The jet is a van der Pol oscillator in its slow form: the amplitude a grows by
/// (p − a²)·a with the blowing pressure p until the jet saturates, and dies where p, less
/// what the chamber loses, is below 0.
pub fn whistle(stroke: Stroke) -> Vec<f64> {
    const SECONDS: f64 = 0.4;
    let (h, mut noise) = (stroke.hardness, stroke.noise(351));
    let mut out = silence(SECONDS + 0.1);
    let hz = (2140.0 + 160.0 * h) * noise.between(0.99, 1.01);
    let ball = noise.between(34.0, 39.0);
    let mut rough = Filter::new(90.0, 0.7);
    let mut breath = Filter::new(hz, 2.2);
    let (mut amplitude, mut phase, mut whirl) = (0.05, 0.0, 0.0);
    for (n, x) in out.iter_mut().enumerate() {
        let t = n as f64 * FRAME;
        let blown = (0.2 + t / 0.012).min(1.0) * ((SECONDS - t) / 0.03).clamp(0.0, 1.0);
        let unrest = 6.0 * rough.next(noise.next(), Pass::Low);
        whirl += ball * (1.0 + 0.25 * unrest) * FRAME;
        let gate = 0.5 + 0.5 * cos_turns(whirl);
        let pressure = blown * (0.35 + 0.65 * gate * gate + 0.2 * unrest) - 0.3 * (1.0 - blown);
        amplitude += 900.0 * FRAME * (pressure - amplitude * amplitude) * amplitude;
        amplitude = amplitude.max(0.0005);
        phase += hz * FRAME * (0.955 + 0.045 * blown + 0.035 * (gate - 0.5));
        phase -= phase.floor();
        // The edge that the jet strikes makes even harmonics as well as odd.
        let tone = sin_turns(phase)
            + amplitude * (0.12 * sin_turns(2.0 * phase) + 0.07 * sin_turns(3.0 * phase));
        let hiss = breath.next(noise.next(), Pass::Band) * blown * (0.03 + 0.05 * h);
        *x += amplitude * tone + hiss;
    }
    miked(out, 0.2 + 0.3 * h, 0.25)
}

/// A cuica: a stick of bamboo, tied to the middle of a skin and rubbed with a wet cloth.
/// The stick sticks to the hand and slips once a period; pressing the skin raises its pitch.
///
/// The rubbed oscillator is Bilbao's (*Numerical Sound Synthesis*, ch. 4):
/// u″ = −ω²·u − 2σ·u′ − F·φ(u′ − v) with the friction curve φ(η) = √(2a)·η·e^(½ − a·η²).
/// `pitch`: Hz at each part 0 … 1 of the stroke.
fn cuica(stream: u64, seconds: f64, pitch: fn(f64) -> f64, stroke: Stroke) -> Vec<f64> {
    /// The skin and its barrel.
    #[rustfmt::skip]
    const BODY: [(f64, f64, f64); 5] = [
        (265.0, 0.03, 0.03), (430.0, 0.04, 0.025), (690.0, 0.05, 0.02),
        (1120.0, 0.05, 0.012), (1900.0, 0.05, 0.008),
    ];
    /// Steps of the oscillator a frame.
    const STEPS: usize = 8;
    /// a of the friction curve, s²/m².
    const CURVE: f64 = 100.0;
    let (h, mut noise) = (stroke.hardness, stroke.noise(stream));
    let mut force = vec![0.0; (seconds / FRAME) as usize];
    // A stronger grip holds the skin for more of each period; the fingers that press it harder
    // make up for what the pitch would fall by.
    let tune = (0.82 + 0.27 * h) * noise.between(0.97, 1.03);
    let mut grain = Filter::new(300.0, 0.7);
    let (mut u, mut v) = (0.0, 0.0);
    let step = FRAME / STEPS as f64;
    for (n, f) in force.iter_mut().enumerate() {
        let part = n as f64 * FRAME / seconds;
        let hold = (0.4 + part / 0.03).min(1.0) * ((1.0 - part) / 0.15).min(1.0);
        let hand = (0.12 + 0.16 * h) * hold * (1.0 + 1.2 * grain.next(noise.next(), Pass::Low));
        let omega = std::f64::consts::TAU * pitch(part) * tune;
        let grip = hold * (1.0 + 1.0 * h) * omega * hand;
        for _ in 0..STEPS {
            let slip = v - hand;
            let friction = grip * (2.0 * CURVE).sqrt() * slip * exp(0.5 - CURVE * slip * slip);
            v += step * (-omega * omega * u - 60.0 * v - friction);
            u += step * v;
        }
        *f = v;
    }
    let mut out = silence(seconds + 0.12);
    for (x, f) in out.iter_mut().zip(&force) {
        *x += 0.3 * f;
    }
    ring(1.0, &BODY, &force, &mut noise, &mut out);
    miked(out, 0.2 + 0.9 * h, 0.2)
}

/// Pressed hard: short and high.
pub fn muted_cuica(stroke: Stroke) -> Vec<f64> {
    cuica(352, 0.115, |part| 1040.0 - 130.0 * part, stroke)
}

/// The moan: up and down again.
pub fn open_cuica(stroke: Stroke) -> Vec<f64> {
    cuica(353, 0.28, |part| 420.0 + 560.0 * part * (1.0 - part) + 60.0 * fall(part, 0.1), stroke)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Upward zero crossings a second.
    fn pitch(x: &[f64]) -> f64 {
        let crossings = x.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        crossings as f64 / (x.len() as f64 * FRAME)
    }

    #[test]
    fn the_jet_of_the_whistle_swings_by_itself_at_the_pitch_of_its_chamber() {
        let x = whistle(Stroke { level: 0, variation: 0, hardness: 1.0 });
        assert!((2100.0..2450.0).contains(&pitch(&x[4800..14_400])));
    }

    #[test]
    fn a_rubbed_skin_squeaks_higher_when_it_is_pressed() {
        let stroke = Stroke { level: 0, variation: 0, hardness: 1.0 };
        let [open, muted] = [open_cuica(stroke), muted_cuica(stroke)].map(|x| pitch(&x[960..4800]));
        assert!(muted > 1.3 * open, "{muted} {open}");
    }
}
