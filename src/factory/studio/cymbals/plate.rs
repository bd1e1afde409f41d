//! A cymbal as a thin plate: its modes, how a blow somewhere on it excites them, and how
//! they are heard from one or two places.

use super::super::super::math::{LN_1000, cos_turns, exp, from_db, sin_turns};
use super::super::super::osc::{FRAME, Noise, contact, silence};
use super::cascade::{Cascade, STEP, Spectrum};
use std::f64::consts::TAU;

/// Amplitude below which a mode is left out, of the strongest.
const UNHEARD: f64 = 3e-5;

/// Ways of the first wave in the metal before it is heard left and right, m.
const NEAR: f64 = 0.11;
const FAR: f64 = 0.14;

/// What a cymbal is.
pub struct Cymbal {
    /// Which of all cymbals of its make.
    pub seed: u64,
    /// How many modes it has between `low` and `high`. A thin plate has as many in every
    /// hundred Hz: √3 · area ÷ (thickness · speed of sound in it) of them a Hz (Fletcher
    /// and Rossing, ch. 3), one in 12 Hz for a crash.
    pub modes: usize,
    /// Lowest mode, Hz.
    pub low: f64,
    /// Highest mode, Hz.
    pub high: f64,
    /// Radius, m.
    pub radius: f64,
    /// Bending stiffness: thickness · speed of sound ÷ √12, m²/s. A wave of the wave
    /// number k swings at k² · stiffness.
    pub stiffness: f64,
    /// How loud modes are heard: (Hz, dB), with straight lines between.
    pub voice: &'static [(f64, f64)],
    /// How far groups of neighbouring modes, and neighbours within them, stand apart in
    /// loudness, dB: the more, the more single modes are heard, the less, the more noise.
    pub ridges: (f64, f64),
    /// How long modes ring when nothing couples them: (Hz, T60 in seconds).
    pub rings: &'static [(f64, f64)],
    /// How strongly modes couple ([`Cascade::spectra`]).
    pub coupling: f64,
}

/// How it is struck.
pub struct Blow {
    /// Distance from the middle, a part of the radius.
    pub radius: f64,
    /// Where around the middle, turns.
    pub angle: f64,
    /// What the stick gives while it lies on the metal: the energy of a low mode, and the
    /// highest frequency that is excited, Hz ([`contact`]).
    pub push: (f64, f64),
    /// What its first touch gives, likewise: less, and higher.
    pub touch: (f64, f64),
    /// Frequency below which less is excited, Hz.
    pub floor: f64,
    /// The part of the amplitude that is heard at once. The rest comes up as waves have
    /// crossed the plate.
    pub onset: f64,
    /// The part of the amplitude that starts as one wave from the stick, 0 … 1: the ping.
    pub direct: f64,
    /// 0: a mode is excited as it swings under the stick. 1: all alike, as coupling
    /// leaves them.
    pub mixed: f64,
}

/// One mode. Those of a round plate have a number of nodal diameters and come in pairs,
/// turned against each other; what is not quite round tunes the two apart.
struct Mode {
    hz: f64,
    diameters: f64,
    /// Phases of its pattern along the radius and around the middle, turns.
    pattern: [f64; 2],
    /// T60, as a part of its neighbours'.
    life: f64,
    gain: f64,
    /// Phase at each ear, turns.
    ears: [f64; 2],
}

/// A cymbal's modes.
pub struct Plate {
    cymbal: Cymbal,
    modes: Vec<Mode>,
}

/// A value between the points of a table.
pub fn between(table: &[(f64, f64)], x: f64) -> f64 {
    let after = table.partition_point(|&(at, _)| at < x);
    if after == 0 {
        table[0].1
    } else if let Some(&(b, high)) = table.get(after) {
        let (a, low) = table[after - 1];
        low + (high - low) * (x - a) / (b - a)
    } else {
        table[after - 1].1
    }
}

impl Plate {
    /// The modes of a cymbal, the same whenever it is struck.
    pub fn new(cymbal: Cymbal) -> Self {
        let mut chance = Noise::new(cymbal.seed, 0);
        let mut ridges = vec![(cymbal.low, 0.0)];
        while let Some(&(hz, _)) = ridges.last().filter(|(hz, _)| *hz < cymbal.high) {
            let next = hz + chance.between(60.0, 160.0) + 0.04 * hz;
            ridges.push((next, cymbal.ridges.0 * chance.next()));
        }
        let share = (cymbal.high - cymbal.low) / cymbal.modes as f64;
        let mut modes = Vec::with_capacity(cymbal.modes);
        for pair in 0..cymbal.modes / 2 {
            let hz = cymbal.low + 2.0 * share * (pair as f64 + chance.between(0.0, 1.0));
            let most = (TAU * hz / cymbal.stiffness).sqrt() * cymbal.radius;
            // Waves of all directions are alike, so the most diameters are the rarest:
            // points of a quarter disc.
            let diameters = loop {
                let (x, y) = (chance.between(0.0, 1.0), chance.between(0.0, 1.0));
                if x * x + y * y < 1.0 {
                    break (most * x).floor();
                }
            };
            let pattern = [chance.next(), chance.next()];
            let apart = chance.between(0.0003, 0.003);
            for turned in 0..2 {
                let ear = chance.next();
                let hz = hz * (1.0 + apart * f64::from(turned));
                // Long waves reach both of the plate's sides, and are heard more alike.
                let spread = hz / (hz + 800.0);
                let apart_db = between(&ridges, hz) + cymbal.ridges.1 * chance.between(-1.0, 0.0);
                modes.push(Mode {
                    hz,
                    diameters,
                    pattern: [pattern[0], pattern[1] + 0.25 * f64::from(turned)],
                    life: chance.between(0.75, 1.3),
                    gain: from_db(between(cymbal.voice, hz) + apart_db * spread),
                    // What reaches the two ears over different ways is the less alike
                    // the shorter the waves.
                    ears: [ear, ear + 0.38 * chance.next() * hz / (hz + 500.0)],
                });
            }
        }
        modes.sort_by(|a, b| a.hz.total_cmp(&b.hz));
        Self { cymbal, modes }
    }

    /// The wave number of bending waves, 1/m.
    fn wave_number(&self, hz: f64) -> f64 {
        (TAU * hz / self.cymbal.stiffness).sqrt()
    }

    /// How far a mode swings at a place, and in which direction. Towards the middle a
    /// mode of m diameters ends where its waves run around the circle, at k · r = m; near
    /// that it is largest, inside it dies away (the asymptotic form of Bessel functions).
    fn swing(&self, mode: &Mode, blow: &Blow) -> f64 {
        let r = blow.radius * self.cymbal.radius;
        let k = (TAU * mode.hz / self.cymbal.stiffness).sqrt();
        let along = mode.diameters / (k * r);
        let around = cos_turns(mode.pattern[1] + mode.diameters * blow.angle);
        if along < 1.0 {
            let across = (1.0 - along * along).max(0.02);
            let phase = mode.pattern[0] + k * r * across.sqrt() / TAU;
            around * cos_turns(phase) / across.sqrt().sqrt()
        } else {
            let inside = 1.0 - 1.0 / along;
            2.6 * around * exp(-0.94 * mode.diameters * inside * inside.sqrt())
        }
    }

    /// A mode as a blow excites it. `loss`: the rate at which its band loses energy, 1/s.
    fn partial(&self, mode: &Mode, blow: &Blow, loss: f64, noise: &mut Noise) -> Partial {
        let swing = self.swing(mode, blow);
        let level = (blow.mixed + (1.0 - blow.mixed) * swing * swing).sqrt();
        let level = level * (1.0 - blow.direct * blow.direct).sqrt();
        let level = mode.gain * if swing < 0.0 { -level } else { level };
        let direct = mode.gain * blow.direct;
        let stray = blow.mixed * noise.next();
        let own = LN_1000 / (mode.life * between(self.cymbal.rings, mode.hz));
        let ears = [(0, NEAR), (1, FAR)].map(|(ear, metres)| {
            let (phase, way) = (mode.ears[ear] + stray, self.wave_number(mode.hz) * metres / TAU);
            [
                level * cos_turns(phase) + direct * cos_turns(way),
                level * sin_turns(phase) - direct * sin_turns(way),
            ]
        });
        Partial::new(mode.hz, exp((0.5 * loss - own) * FRAME), ears)
    }

    /// The sound of a blow at `ears` places (1 or 2), `seconds` long.
    pub fn strike(
        &self,
        blow: &Blow,
        noise: &mut Noise,
        seconds: f64,
        ears: usize,
    ) -> Vec<Vec<f64>> {
        let cymbal = &self.cymbal;
        let mut out = vec![silence(seconds); ears];
        let cascade = Cascade::new(cymbal.low, cymbal.high, |hz| between(cymbal.rings, hz));
        let spectra = cascade.spectra(|hz| blow.gives(hz), cymbal.coupling, out[0].len());
        let all = spectra.iter().flat_map(|spectrum| spectrum.amplitudes);
        let strongest = all.fold(0.0, f64::max);
        let mut modes = self.modes.as_slice();
        for (band, ((start, end), &loss)) in cascade.bands().zip(cascade.losses()).enumerate() {
            let split = modes.partition_point(|mode| mode.hz < end);
            let (here, above) = modes.split_at(split);
            modes = above;
            // Packets of bending waves travel at √(8π · f · stiffness).
            let speed = (4.0 * TAU * start * cymbal.stiffness).sqrt();
            let crossing = 2.0 * cymbal.radius / speed;
            let envelope = arriving(&spectra, band, crossing, blow.onset);
            let last = envelope.iter().rposition(|x| x.0 > UNHEARD * strongest).unwrap_or(0);
            let partials: Vec<Partial> =
                here.iter().map(|mode| self.partial(mode, blow, loss, noise)).collect();
            for four in partials.chunks(4) {
                let envelope = disturbed(&envelope[..=last], noise);
                if ears == 2 {
                    ring::<2>(four, &envelope, &mut out);
                } else {
                    ring::<1>(four, &envelope, &mut out);
                }
            }
        }
        out
    }
}

impl Blow {
    /// The energy that a mode gets.
    fn gives(&self, hz: f64) -> f64 {
        let part = |(energy, cutoff)| energy * contact(hz, cutoff) * contact(hz, cutoff);
        let above = (hz / self.floor) * (hz / self.floor);
        (part(self.push) + part(self.touch)) * above / (1.0 + above)
    }
}

/// Amplitude and unrest of a band over time, when waves need `crossing` seconds over the
/// plate, and the part `onset` of them is heard before.
fn arriving(spectra: &[Spectrum], band: usize, crossing: f64, onset: f64) -> Vec<(f64, f64)> {
    let closer = exp(-(STEP as f64) * FRAME / crossing);
    let away = std::iter::successors(Some(1.0 - onset), |away| Some(away * closer));
    let steps = spectra.iter().zip(away);
    steps.map(|(s, away)| (s.amplitudes[band] * (1.0 - away), s.unrest[band])).collect()
}

/// The envelope of amplitudes and unrests for one group of modes: what the others do to it
/// is a random walk back to its mean (Ornstein and Uhlenbeck), which stops as the plate
/// calms down. 0.8² + 0.6² = 1: its power stays.
fn disturbed(envelope: &[(f64, f64)], noise: &mut Noise) -> Vec<f64> {
    let mut walk = 0.0;
    let amplitude = |&(amplitude, unrest): &(f64, f64)| {
        let part = unrest * STEP as f64 * FRAME;
        // Six: the step has the variance 1/3, the walk shall have 1.
        walk += noise.next() * (6.0 * part).sqrt() - walk * part;
        amplitude * (0.8 + 0.6 * walk)
    };
    envelope.iter().map(amplitude).collect()
}

/// A mode as the two-term recurrence `y[n] = 2·r·cos ω · y[n−1] − r² · y[n−2]`, and what
/// each ear has of `y[n]` and `y[n−1]`.
struct Partial {
    step: [f64; 2],
    start: [f64; 2],
    ears: [[f64; 2]; 2],
}

impl Partial {
    /// `ears`: the factors of a cosine and a negative sine.
    fn new(hz: f64, r: f64, ears: [[f64; 2]; 2]) -> Self {
        let (sin, cos) = (sin_turns(hz * FRAME), cos_turns(hz * FRAME));
        Self {
            step: [2.0 * r * cos, r * r],
            start: [1.0, cos / r],
            ears: ears.map(|[re, im]| [re + im * cos / sin, -im * r / sin]),
        }
    }
}

/// Adds up to four partials of one envelope: side by side, because each waits for its
/// own last value.
fn ring<const EARS: usize>(partials: &[Partial], envelope: &[f64], out: &mut [Vec<f64>]) {
    let mut a = [0.0; 4];
    let mut b = [0.0; 4];
    let (mut now, mut before) = ([0.0; 4], [0.0; 4]);
    let mut ears = [[[0.0; 4]; 2]; EARS];
    for (i, partial) in partials.iter().enumerate() {
        [a[i], b[i]] = partial.step;
        [now[i], before[i]] = partial.start;
        for (ear, of) in ears.iter_mut().zip(partial.ears) {
            [ear[0][i], ear[1][i]] = of;
        }
    }
    for (block, ends) in envelope.windows(2).enumerate() {
        let slope = (ends[1] - ends[0]) / STEP as f64;
        let mut level = ends[0];
        let first = block * STEP;
        let frames = STEP.min(out[0].len().saturating_sub(first));
        for n in first..first + frames {
            for (ear, channel) in ears.iter().zip(out.iter_mut()) {
                let mut sum = [0.0; 4];
                for i in 0..4 {
                    sum[i] = now[i] * ear[0][i] + before[i] * ear[1][i];
                }
                channel[n] += level * ((sum[0] + sum[1]) + (sum[2] + sum[3]));
            }
            for i in 0..4 {
                let next = a[i] * now[i] - b[i] * before[i];
                before[i] = now[i];
                now[i] = next;
            }
            level += slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAY: Cymbal = Cymbal {
        seed: 1,
        modes: 300,
        low: 200.0,
        high: 16_000.0,
        radius: 0.25,
        stiffness: 1.5,
        voice: &[(200.0, 0.0)],
        ridges: (5.0, 20.0),
        rings: &[(200.0, 1.0), (16_000.0, 0.3)],
        coupling: 0.0,
    };
    const TAP: Blow = Blow {
        radius: 0.9,
        angle: 0.0,
        push: (1.0, 8000.0),
        touch: (0.0, 8000.0),
        floor: 100.0,
        onset: 0.5,
        direct: 0.3,
        mixed: 0.0,
    };

    #[test]
    fn a_table_is_read_between_its_points_and_held_beyond_them() {
        let table = [(1.0, 10.0), (3.0, 20.0)];
        let read = [0.0, 1.0, 2.0, 3.0, 9.0].map(|x| between(&table, x));
        assert_eq!(read, [10.0, 10.0, 15.0, 20.0, 20.0]);
    }

    #[test]
    fn fewer_modes_swing_near_the_middle_than_at_the_edge() {
        let plate = Plate::new(TRAY);
        let moved = |radius| {
            let blow = Blow { radius, ..TAP };
            plate.modes.iter().filter(|mode| plate.swing(mode, &blow).abs() > 0.2).count()
        };
        assert!(2 * moved(0.15) < moved(0.9), "{} {}", moved(0.15), moved(0.9));
    }

    #[test]
    fn what_two_ears_hear_is_alike_but_not_the_same() {
        let out = Plate::new(TRAY).strike(&TAP, &mut Noise::new(1, 1), 0.3, 2);
        let dot = |a: usize, b: usize| out[a].iter().zip(&out[b]).map(|(x, y)| x * y).sum::<f64>();
        let alike = dot(0, 1) / (dot(0, 0) * dot(1, 1)).sqrt();
        assert!((0.3..0.9).contains(&alike), "{alike}");
    }

    #[test]
    fn a_plate_without_coupling_rings_as_long_as_its_table_says() {
        let cymbal = Cymbal { rings: &[(200.0, 0.5)], ..TRAY };
        let out = Plate::new(cymbal).strike(&TAP, &mut Noise::new(1, 1), 0.5, 1);
        let power = |from: usize| out[0][from..from + 4800].iter().map(|x| x * x).sum::<f64>();
        // 0.2 s of a T60 of 0.5 s: 24 dB, less what the longer-lived modes leave.
        let fallen = power(2400) / power(12_000);
        assert!((100.0..400.0).contains(&fallen), "{fallen}");
    }

    #[test]
    fn a_plate_at_rest_is_not_disturbed() {
        let calm = disturbed(&[(1.0, 0.0); 500], &mut Noise::new(1, 1));
        let loud = disturbed(&[(1.0, 100.0); 20_000], &mut Noise::new(1, 1));
        assert!(calm.iter().all(|x| *x == calm[0]));
        let power = loud.iter().map(|x| x * x).sum::<f64>() / loud.len() as f64;
        assert!((0.8..1.25).contains(&power), "{power}");
    }
}
