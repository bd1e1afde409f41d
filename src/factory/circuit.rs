//! The building blocks of analogue drum machines, as discrete models of their circuits.
//!
//! Sources: Werner, Abel and Smith, "A physically-informed, circuit-bendable, digital
//! model of the Roland TR-808 bass drum circuit", DAFx-14, and "The TR-808 cymbal",
//! ICMC 2014; Roland's service notes of the TR-808 (June 1981) and of the TR-909; Reid,
//! "Synth Secrets" 35 to 41, Sound On Sound 2002; the circuit pages of network-909.de and
//! electricdruid.net.
//! Voltages are volts, resistances ohms, capacitances farads, times seconds.

mod clap;

use std::f64::consts::TAU;

use super::math::{LN_1000, exp};
use super::osc::{FRAME, Filter, Noise, Pass};
use super::record::{Instrument, Sound, Stroke};

/// An instrument of a machine: its accents span 22 dB.
pub const fn instrument(
    folder: &'static str,
    levels: usize,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Sound,
) -> Instrument {
    Instrument { folder, levels, variations, range_db: 22.0, peak_db, play }
}
pub use clap::Clap;

/// What conducts in one direction only lets through of `v`: nothing below 0, all of it
/// above, with a round knee about `width` wide.
pub fn rectify(v: f64, width: f64) -> f64 {
    0.5 * (v + (v * v + width * width).sqrt())
}

/// What two diodes, one in each direction, let through of `v`: what it is beyond a
/// junction's 0.6 V.
pub fn diodes(v: f64) -> f64 {
    rectify(v - JUNCTION, 0.1) - rectify(-v - JUNCTION, 0.1)
}

/// Where a silicon junction begins to conduct, volts.
const JUNCTION: f64 = 0.6;

/// The trigger's height at a time: 1 for `seconds`, with edges of 0.1 ms.
pub fn pulse(time: f64, seconds: f64) -> f64 {
    let edge = |t: f64| (t / 0.0001).clamp(0.0, 1.0);
    edge(time) - edge(time - seconds)
}

/// An op-amp with a bridged-T network as its feedback: `r2` bridges two capacitors `c`, a
/// leg goes to ground from between them. A pulse at the other input makes it ring at
/// 1 ÷ (2π·c·√(r1·r2)), r1 being the leg, dying away with the time constant r2·c,
/// whatever the leg is (TR-808 service notes, figure 11). So what conducts at the leg
/// bends the pitch and not the decay.
pub struct BridgedT {
    r2: f64,
    c: f64,
    leg: f64,
    charge: [f64; 2],
}

impl BridgedT {
    /// Of these values; `leg` is its conductance, 1 ÷ r1.
    pub fn new(r2: f64, c: f64, leg: f64) -> Self {
        Self { r2, c, leg, charge: [0.0; 2] }
    }

    /// One that rings at `hz` and falls by 60 dB in `t60`.
    pub fn tuned(hz: f64, t60: f64) -> Self {
        let c = 15e-9;
        let r2 = t60 / (LN_1000 * c);
        let turn = TAU * hz * c;
        Self::new(r2, c, turn * turn * r2)
    }

    /// The conductance of its leg.
    pub fn leg(&self) -> f64 {
        self.leg
    }

    /// The next frame of the output. `input`: the voltage at the other input. `drain`: the
    /// current that flows to ground beside the leg, from the leg's and the output's voltage.
    ///
    /// The currents at the op-amp's input and at the leg give two equations for the
    /// voltages over the capacitors, solved by the Runge-Kutta method of fourth order.
    pub fn next(&mut self, input: f64, drain: impl Fn(f64, f64) -> f64) -> f64 {
        let slope = |[a, b]: [f64; 2]| {
            let bridge = (a + b) / self.r2;
            let leg = (a + input) * self.leg + drain(a + input, a + b + input);
            [-bridge / self.c, (leg - bridge) / self.c]
        };
        let step = |by: f64, k: [f64; 2]| [self.charge[0] + by * k[0], self.charge[1] + by * k[1]];
        let k1 = slope(self.charge);
        let k2 = slope(step(0.5 * FRAME, k1));
        let k3 = slope(step(0.5 * FRAME, k2));
        let k4 = slope(step(FRAME, k3));
        let mean = |i: usize| (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]) / 6.0;
        self.charge = step(FRAME, [mean(0), mean(1)]);
        self.charge[0] + self.charge[1] + input
    }

    /// The next frame where nothing flows beside the leg.
    pub fn ring(&mut self, input: f64) -> f64 {
        self.next(input, |_, _| 0.0)
    }
}

/// A capacitor that a trigger charges in a fraction of a millisecond and that empties
/// through a resistor, seen through a transistor that needs 0.6 V: an exponential that ends
/// sooner than one.
pub struct Envelope {
    volts: f64,
    fall: f64,
    hold: usize,
    missing: f64,
    charge: f64,
    rest: f64,
}

impl Envelope {
    /// Charged to `volts`, with the time constant `seconds`.
    pub fn new(volts: f64, seconds: f64) -> Self {
        Self::held(volts, 0.0, seconds)
    }

    /// The same, kept at its height for `hold` seconds.
    pub fn held(volts: f64, hold: f64, seconds: f64) -> Self {
        Self {
            volts,
            fall: exp(-FRAME / seconds),
            hold: (hold / FRAME) as usize,
            missing: 1.0,
            charge: exp(-FRAME / 0.0002),
            rest: rectify(-JUNCTION, 0.2),
        }
    }

    /// The next frame, volts.
    pub fn next(&mut self) -> f64 {
        let out = rectify(self.volts * (1.0 - self.missing) - JUNCTION, 0.2) - self.rest;
        self.missing *= self.charge;
        if self.hold > 0 {
            self.hold -= 1;
        } else {
            self.volts *= self.fall;
        }
        out
    }
}

/// The TR-808's "swing type" amplifier: one transistor with the envelope as its supply. It
/// passes one half of the signal and is soon driven as far as the supply goes: a
/// distortion on purpose, for metal (service notes). The envelope's own thump is taken out
/// by the high-pass that always follows.
pub fn swing(signal: f64, envelope: f64) -> f64 {
    let open = rectify(signal, 0.15);
    envelope * open / (1.0 + open)
}

/// A CMOS inverter with hysteresis that charges and discharges a capacitor: a square wave.
struct Schmitt {
    phase: f64,
    step: f64,
}

impl Schmitt {
    fn next(&mut self) -> f64 {
        let (step, phase) = (self.step, self.phase);
        // An edge is spread over two frames by the integral of a triangle (Välimäki and
        // Huovilainen, "Antialiasing oscillators in subtractive synthesis", 2007).
        let edge = |phase: f64| {
            let after = phase / step;
            let before = (1.0 - phase) / step;
            if after < 1.0 {
                2.0 * after - after * after - 1.0
            } else if before < 1.0 {
                1.0 + before * before - 2.0 * before
            } else {
                0.0
            }
        };
        let (level, opposite) = if phase < 0.5 { (1.0, phase + 0.5) } else { (-1.0, phase - 0.5) };
        self.phase += step;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
        }
        level + edge(phase) - edge(opposite)
    }
}

/// The TR-808's six square waves, which never stop: each stroke hears them in other phases.
pub struct Metal([Schmitt; 6]);

/// Their frequencies, Hz (Werner, Abel and Smith, ICMC 2014; the last two are trimmed for
/// the cowbell: periods of 1.85 and 1.25 ms in the service notes).
pub const METAL: [f64; 6] = [205.3, 304.4, 369.6, 522.7, 540.0, 800.0];

impl Metal {
    /// As a stroke finds them. Each is off by up to 0.3 %, as supply and heat drift.
    pub fn new(noise: &mut Noise) -> Self {
        Self(METAL.map(|hz| Schmitt {
            phase: noise.between(0.0, 1.0),
            step: hz * FRAME * noise.between(0.997, 1.003),
        }))
    }

    /// The next frame of each.
    pub fn each(&mut self) -> [f64; 6] {
        let [a, b, c, d, e, f] = &mut self.0;
        [a.next(), b.next(), c.next(), d.next(), e.next(), f.next()]
    }

    /// The next frame of all together, −1 … 1.
    pub fn next(&mut self) -> f64 {
        self.each().iter().sum::<f64>() / 6.0
    }
}

/// The TR-909's oscillator: a triangle that a trigger starts anew, so that it begins at 0.
#[derive(Default)]
pub struct Vco {
    phase: f64,
}

impl Vco {
    /// The next frame, −1 … 1, at `hz`.
    pub fn next(&mut self, hz: f64) -> f64 {
        let quarter = self.phase + 0.75;
        let out = 4.0 * (quarter - quarter.floor() - 0.5).abs() - 1.0;
        self.phase += hz * FRAME;
        out
    }
}

/// The two diodes that bend a triangle of −1 … 1 nearly into a sine: its slope falls from
/// 1.45 in the middle to 0.1 at the corners. The third harmonic is 34 dB down.
pub fn rounded(triangle: f64) -> f64 {
    triangle * (1.45 - 0.45 * triangle * triangle)
}

/// The TR-909's noise: a shift register of 31 stages that feeds on two of its own, of the
/// longest period that 31 stages have. Its clock is ours: four ticks a frame.
pub struct ShiftRegister(u32);

impl ShiftRegister {
    /// As a stroke finds it.
    pub fn new(noise: &mut Noise) -> Self {
        Self(1 + noise.between(0.0, 2_147_483_646.0) as u32)
    }

    /// The next frame, −1 … 1.
    pub fn next(&mut self) -> f64 {
        let mut ones = 0;
        for _ in 0..4 {
            let bit = ((self.0 >> 30) ^ (self.0 >> 12)) & 1;
            self.0 = (self.0 << 1 | bit) & 0x7fff_ffff;
            ones += bit;
        }
        0.5 * f64::from(ones) - 1.0
    }
}

/// A resistor and a capacitor behind `out`: a first-order low-pass at `hz`.
pub fn low_pass(hz: f64, out: &mut [f64]) {
    let keep = exp(-TAU * hz * FRAME);
    let mut y = 0.0;
    for x in out {
        y = *x + keep * (y - *x);
        *x = y;
    }
}

/// A second-order high-pass behind `out`.
pub fn high_pass(hz: f64, q: f64, out: &mut [f64]) {
    let mut filter = Filter::new(hz, q);
    for x in out {
        *x = filter.next(*x, Pass::High);
    }
}

#[cfg(test)]
mod tests {
    use super::super::math::sin_turns;
    use super::*;

    /// Upward crossings of 0 a second between two frames.
    fn pitch(out: &[f64], from: usize, to: usize) -> f64 {
        let crossings: Vec<f64> = (from..to)
            .filter(|&n| out[n] <= 0.0 && out[n + 1] > 0.0)
            .map(|n| n as f64 - out[n] / (out[n + 1] - out[n]))
            .collect();
        let span = crossings[crossings.len() - 1] - crossings[0];
        (crossings.len() - 1) as f64 / (span * FRAME)
    }

    fn peak(out: &[f64]) -> f64 {
        out.iter().fold(0.0, |m, x| m.max(x.abs()))
    }

    #[test]
    fn a_bridged_t_rings_and_dies_away_as_it_is_tuned() {
        for (hz, t60) in [(50.0, 0.5), (440.0, 0.3), (2500.0, 0.13)] {
            let mut net = BridgedT::tuned(hz, t60);
            let out: Vec<f64> =
                (0..24_000).map(|n| net.ring(pulse(f64::from(n) * FRAME, 0.0002))).collect();
            assert!((pitch(&out, 100, 6000) / hz - 1.0).abs() < 0.005, "{hz}");
            let tenth = (0.1 * t60 / FRAME) as usize;
            let window = (1.0 / (hz * FRAME)) as usize + 1;
            let level = |from: usize| peak(&out[from..from + window]);
            let fall = level(200) / level(200 + 2 * tenth);
            assert!((fall / 3.981 - 1.0).abs() < 0.06, "{hz}: 12 dB in a fifth, {fall}");
        }
    }

    #[test]
    fn what_conducts_beside_the_leg_bends_the_pitch_and_not_the_decay() {
        let ring = |by: f64| {
            let mut net = BridgedT::tuned(100.0, 0.4);
            let leg = net.leg();
            let step = |n| net.next(pulse(f64::from(n) * FRAME, 0.001), |v, _| by * leg * v);
            (0..12_000).map(step).collect::<Vec<f64>>()
        };
        let (plain, bent) = (ring(0.0), ring(3.0));
        assert!((pitch(&plain, 100, 9000) / 100.0 - 1.0).abs() < 0.01);
        assert!((pitch(&bent, 100, 9000) / 200.0 - 1.0).abs() < 0.01, "four times: an octave");
        let fall = |out: &[f64]| peak(&out[1000..1500]) / peak(&out[9000..9500]);
        assert!((fall(&plain) / fall(&bent) - 1.0).abs() < 0.1);
    }

    #[test]
    fn an_envelope_rises_at_once_and_ends_sooner_than_an_exponential() {
        let mut envelope = Envelope::new(5.0, 0.05);
        let out: Vec<f64> = (0..14_400).map(|_| envelope.next()).collect();
        assert!(out[0].abs() < 1e-12 && out[48] > 4.0);
        assert!(out[7200] < 0.01 * out[48] && 5.0 * exp(-3.0) > 0.2);
        assert!(out[14_399].abs() < 0.01 * out[7200].abs().max(0.1));
    }

    #[test]
    fn the_six_squares_keep_their_frequencies_within_their_drift() {
        let mut metal = Metal::new(&mut Noise::new(1, 1));
        let out: Vec<[f64; 6]> = (0..24_000).map(|_| metal.each()).collect();
        for (i, hz) in METAL.iter().enumerate() {
            let one: Vec<f64> = out.iter().map(|all| all[i]).collect();
            assert!((pitch(&one, 0, 23_000) / hz - 1.0).abs() < 0.004, "{hz}");
            assert!(peak(&one) <= 1.0);
        }
    }

    #[test]
    fn the_diodes_leave_little_of_the_triangles_third_harmonic() {
        let mut sums = [[0.0; 2]; 2];
        for n in 0..4800 {
            let turns = f64::from(n) / 4800.0;
            let mut vco = Vco { phase: turns };
            let x = vco.next(0.0);
            for (sum, x) in sums.iter_mut().zip([x, rounded(x)]) {
                sum[0] += x * sin_turns(turns);
                sum[1] += x * sin_turns(3.0 * turns);
            }
        }
        let [triangle, sine] = sums.map(|[first, third]| (third / first).abs());
        assert!((triangle - 1.0 / 9.0).abs() < 1e-3);
        assert!(sine < 0.03, "{sine}");
    }

    #[test]
    fn the_shift_register_makes_even_noise() {
        let mut register = ShiftRegister::new(&mut Noise::new(1, 1));
        let out: Vec<f64> = (0..48_000).map(|_| register.next()).collect();
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / 48_000.0;
        assert!(mean(&mut out.iter().copied()).abs() < 0.01);
        assert!((mean(&mut out.iter().map(|x| x * x)) - 0.25).abs() < 0.01);
        assert!(mean(&mut out.windows(2).map(|w| w[0] * w[1])).abs() < 0.01);
    }
}
