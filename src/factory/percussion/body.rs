//! Bodies that ring while a force acts on them, the forces, and the room around them.

use super::super::math::{LN_1000, cos_turns, exp, sin_turns};
use super::super::osc::{FRAME, Noise, decay, saturate};

/// A mode that any force can drive: hands, sticks, beads, friction.
#[derive(Debug, Clone, Copy)]
pub struct Partial {
    /// Frequency, Hz.
    pub hz: f64,
    /// Amplitude after a blow of impulse 1 that is short beside the period.
    pub level: f64,
    /// Time of a decay by 60 dB, seconds.
    pub t60: f64,
}

impl Partial {
    /// Adds to `out` what is heard when `force` drives the mode: its velocity, for only
    /// what moves presses on the air. The impulse response is a decaying cosine, so a blow
    /// is heard with the spectrum of its own course in time.
    pub fn drive(self, force: &[f64], out: &mut [f64]) {
        self.drive_bent(force, &[], out);
    }

    /// [`Partial::drive`] while tension changes: `bend` is the part of its frequency by
    /// which the mode is higher at each frame, and 0 where it ends.
    pub fn drive_bent(self, force: &[f64], bend: &[f64], out: &mut [f64]) {
        let r = decay(self.t60);
        let step = self.hz * FRAME;
        let (sine, cosine) = (sin_turns(step), cos_turns(step));
        // cos(ω(1 + b)) = cos ω − b·ω·sin ω for small b; a b of 0.25 acts as one of 0.22.
        let slope = 2.0 * r * std::f64::consts::TAU * step * sine;
        let (a, b, gain) = (2.0 * r * cosine, r * r, self.level * cos_turns(0.5 * step));
        // 80 dB below its start a mode is below the end of every recording.
        let audible = force.len() + (1.35 * self.t60 / FRAME) as usize;
        let (mut now, mut before, mut pushed) = (0.0, 0.0, 0.0);
        for (n, x) in out.iter_mut().enumerate().take(audible) {
            *x += now;
            let push = force.get(n).copied().unwrap_or(0.0);
            let f = gain * (push - pushed);
            pushed = push;
            let a = a - bend.get(n).map_or(0.0, |bend| slope * bend);
            (now, before) = (a * now - b * before + f, now);
        }
    }
}

/// Drives modes of (Hz or ratio to `tune`, amplitude, T60 in seconds) by one force. Where
/// a stroke falls is chance: the first mode, which makes the pitch, keeps its level within
/// 2 dB, the others within 8.
pub fn ring(
    tune: f64,
    modes: &[(f64, f64, f64)],
    force: &[f64],
    noise: &mut Noise,
    out: &mut [f64],
) {
    for (i, &(ratio, level, t60)) in modes.iter().enumerate() {
        let level = level * noise.between(if i == 0 { 0.8 } else { 0.4 }, 1.0);
        Partial { hz: tune * ratio, level, t60 }.drive(force, out);
    }
}

/// A blow on a body.
#[derive(Debug, Clone, Copy)]
pub struct Blow {
    /// When it starts, seconds.
    pub at: f64,
    /// How long it lasts, seconds.
    pub width: f64,
    /// Force by time.
    pub impulse: f64,
    /// The part of noise in it: 0 for felt, 1 and above for skin on skin.
    pub rough: f64,
}

impl Blow {
    /// Adds the force of the blow, half a sine (the course of an elastic impact), to
    /// `force`, which grows as needed.
    pub fn press(self, noise: &mut Noise, force: &mut Vec<f64>) {
        let start = (self.at / FRAME) as usize;
        let count = ((self.width / FRAME) as usize).max(2);
        if force.len() < start + count {
            force.resize(start + count, 0.0);
        }
        for (n, f) in force[start..start + count].iter_mut().enumerate() {
            let part = (n as f64 + 0.5) / count as f64;
            // The mean of the half sine is 2/π.
            let shape = std::f64::consts::FRAC_PI_2 * sin_turns(0.5 * part) / count as f64;
            *f += self.impulse * shape * (1.0 + self.rough * noise.next());
        }
    }

    /// The force of this blow alone.
    pub fn force(self, noise: &mut Noise) -> Vec<f64> {
        let mut force = Vec::new();
        self.press(noise, &mut force);
        force
    }
}

/// How far a noise has come up `t` seconds after its start: a click is none of it.
pub fn rise(t: f64) -> f64 {
    (t / 0.0004).min(1.0)
}

/// e to the power of −t ÷ time.
pub fn fall(t: f64, time: f64) -> f64 {
    exp(-t / time)
}

/// Delays of the room, 5 to 22 ms, in frames: primes, so that echoes do not meet.
const ECHOES: [u32; 8] = [257, 347, 431, 541, 659, 773, 907, 1049];
/// Its T60, seconds: a treated booth.
const ROOM_T60: f64 = 0.17;
/// Above this its walls swallow, Hz.
const ROOM_HZ: f64 = 4500.0;
/// Below this eight delays are too few: they would ring in tones, Hz.
const ROOM_LOW_HZ: f64 = 500.0;

/// Adds the small room in which a microphone stands, at `level`: a network of eight
/// delays (Jot and Chaigne, *Digital delay networks for designing artificial
/// reverberators*, 1991), which a Householder matrix feeds back.
fn room(level: f64, out: &mut [f64]) {
    let mut lines = ECHOES.map(|frames| vec![0.0; frames as usize]);
    let gains = ECHOES.map(|frames| exp(-LN_1000 * f64::from(frames) * FRAME / ROOM_T60));
    let soft = 1.0 - exp(-std::f64::consts::TAU * ROOM_HZ * FRAME);
    let thin = 1.0 - exp(-std::f64::consts::TAU * ROOM_LOW_HZ * FRAME);
    let mut walls = [0.0; 8];
    let mut deep = 0.0;
    for (n, x) in out.iter_mut().enumerate() {
        let mut sum = 0.0;
        for ((wall, line), gain) in walls.iter_mut().zip(&lines).zip(gains) {
            *wall += soft * (gain * line[n % line.len()] - *wall);
            sum += *wall;
        }
        deep += thin * (*x - deep);
        for (wall, line) in walls.iter().zip(&mut lines) {
            let at = n % line.len();
            line[at] = *x - deep + wall - 0.25 * sum;
        }
        let signs = [1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0];
        *x += level * walls.iter().zip(signs).map(|(wall, sign)| wall * sign).sum::<f64>();
    }
}

/// Brings a sound to full scale, lets the microphone and the tape give way to it
/// (`drive`, [`saturate`]), and puts the room around it at `air`.
pub fn miked(mut out: Vec<f64>, drive: f64, air: f64) -> Vec<f64> {
    let peak = out.iter().fold(1e-12f64, |m, x| m.max(x.abs()));
    out.iter_mut().for_each(|x| *x /= peak);
    saturate(&mut out, drive);
    room(air * drive, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(width: f64) -> f64 {
        let mut out = vec![0.0; 4800];
        let blow = Blow { at: 0.0, width, impulse: 1.0, rough: 0.0 };
        let force = blow.force(&mut Noise::new(0, 0));
        Partial { hz: 1000.0, level: 0.5, t60: 0.2 }.drive(&force, &mut out);
        out[960..].iter().fold(0.0, |m, x| m.max(x.abs()))
    }

    #[test]
    fn a_mode_answers_a_short_blow_with_its_level_and_a_long_one_hardly() {
        // 20 ms are a tenth of the T60: 6 dB.
        assert!((answer(0.0001) - 0.25).abs() < 0.01, "{}", answer(0.0001));
        // Half a sine of 1.5 periods has the first zero of its spectrum there.
        assert!(answer(0.0015) < 0.02, "{}", answer(0.0015));
    }

    #[test]
    fn a_bent_mode_is_higher_by_its_bend() {
        let crossings = |bend: f64| {
            let mut out = vec![0.0; 9600];
            let partial = Partial { hz: 500.0, level: 1.0, t60: 1.0 };
            partial.drive_bent(&[1.0], &[bend; 9600], &mut out);
            out.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count()
        };
        assert_eq!(crossings(0.0), 100);
        assert!((101..=103).contains(&crossings(0.02)), "{}", crossings(0.02));
    }

    #[test]
    fn the_room_dies_away() {
        let mut out = vec![0.0; 24_000];
        out[0] = 1.0;
        room(1.0, &mut out);
        let loudest = |x: &[f64]| x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        assert!(loudest(&out[200..2000]) > 0.05);
        assert!(loudest(&out[12_000..]) < 1e-3);
    }
}
