//! The building blocks of analogue drum machines, as discrete models of their circuits.
//!
//! Sources: Werner, Abel and Smith, "A physically-informed, circuit-bendable, digital
//! model of the Roland TR-808 bass drum circuit", DAFx-14, and "The TR-808 cymbal",
//! ICMC 2014; Roland's service notes of the TR-808 (June 1981) and of the TR-909; Reid,
//! "Synth Secrets" 35 to 41, Sound On Sound 2002; the circuit pages of network-909.de.
//! Voltages are volts, resistances ohms, capacitances farads, times seconds.

use std::f64::consts::TAU;

use super::math::{LN_1000, exp};
use super::osc::{FRAME, Filter, Noise, Pass};

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

/// A capacitor that was charged and empties through a resistor, seen through a transistor
/// that needs 0.6 V: an exponential that ends sooner than one.
pub struct Envelope {
    volts: f64,
    fall: f64,
    rest: f64,
}

impl Envelope {
    /// Charged to `volts`, with the time constant `seconds`.
    pub fn new(volts: f64, seconds: f64) -> Self {
        Self { volts, fall: exp(-FRAME / seconds), rest: rectify(-JUNCTION, 0.2) }
    }

    /// The next frame, volts.
    pub fn next(&mut self) -> f64 {
        let out = rectify(self.volts - JUNCTION, 0.2) - self.rest;
        self.volts *= self.fall;
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
        let (level, opposite) =
            if phase < 0.5 { (1.0, phase + 0.5) } else { (-1.0, phase - 0.5) };
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

/// The two diodes that bend a triangle of −1 … 1 nearly into a sine: above half its height
/// it rises by a third of its slope. What is left of the third harmonic is 35 dB down.
pub fn rounded(triangle: f64) -> f64 {
    let beyond = rectify(triangle - 0.5, 0.3) - rectify(-triangle - 0.5, 0.3);
    triangle - 0.67 * beyond
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

/// The hand clap of both machines (TR-808 service notes, "CP/MA"; network-909.de): noise
/// through a band-pass at 1 kHz, opened by three sawteeth of 10 ms and a longer fourth, for
/// the hands, and by a slow envelope, for a room.
pub struct Clap {
    /// Quality of the band-pass.
    pub q: f64,
    /// From one hand to the next, seconds.
    pub gap: f64,
    /// Time constant of the last hand, seconds.
    pub last: f64,
    /// Level and time constant of the room.
    pub room: (f64, f64),
}

impl Clap {
    /// The sound, from white noise.
    pub fn play(&self, mut noise: impl FnMut() -> f64, out: &mut [f64]) {
        let mut band = Filter::new(1000.0, self.q);
        let fall = |time: f64, constant: f64| exp(-time / constant);
        for (n, x) in out.iter_mut().enumerate() {
            let time = n as f64 * FRAME;
            let hand = (time / self.gap).floor();
            let hands = if hand < 3.0 {
                fall(time - hand * self.gap, 0.35 * self.gap)
            } else {
                fall(time - 3.0 * self.gap, self.last)
            };
            let room = self.room.0 * fall(time, self.room.1) * (1.0 - fall(time, self.gap));
            let open = (hands + room) * (time / 0.0002).min(1.0);
            *x += band.next(noise(), Pass::Band) * open;
        }
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
