//! The slow side of a hi-hat: the low modes of two cymbals that meet at their rims.
//!
//! The modes up to some 1.4 kHz carry the motion that opens and shuts the gap. Where the
//! rims touch they push each other apart with the force of a stiff, damped spring that
//! only pushes (Bilbao, Torin and Chatziioannou, *Numerical Modeling of Collisions in
//! Musical Instruments*, 2015). Pressed together, the rims hardly part; with a small gap
//! they rattle for as long as the motion is larger than the gap. The forces are what the
//! modes above hear of it ([`super::wash`]). Masses are in units of one cymbal's; what an
//! impulse of 1 moves sets the unit of length, of which the gaps are ([`Hold`]).

use super::super::super::math::cos_turns;
use super::super::super::osc::{FRAME, Filter, Noise, Pass, decay};

/// Places around the rim at which the cymbals can touch.
pub const POINTS: usize = 12;
/// Up to here modes take part, Hz; above, the forces only drive them.
pub const LIMIT: f64 = 1400.0;

/// Stiffness of a contact. The modes at one place together weigh about 1/100 of a
/// cymbal, so that a touch lasts some 0.1 ms and is heard up to 10 kHz.
const STIFFNESS: f64 = 1.0e7;
/// Damping of a contact: about an eighth of critical for that weight.
const LOSS: f64 = 80.0;

/// One low mode of one of the cymbals.
struct Slow {
    hz: f64,
    /// Modal mass for a deflection of 1 at the rim.
    mass: f64,
    /// How much the gap opens at each point for a deflection of 1.
    gap: [f64; POINTS],
    /// Deflection where the stick falls.
    struck: f64,
    /// Sound for a velocity of 1.
    heard: f64,
    /// Whether the cymbal moves as a whole, on its felts.
    rigid: bool,
}

/// How the two cymbals are held, and how fast they come to rest.
#[derive(Debug, Clone, Copy)]
pub struct Hold {
    /// Distance of the rims; below 0: how far the foot presses them into each other.
    pub gap: f64,
    /// By how much the gap is wider on one side than in the middle.
    pub tilt: f64,
    /// T60 of the low modes, seconds.
    pub t60: f64,
    /// T60 of the cymbals' motion on their felts, seconds.
    pub rock: f64,
    /// Whether the foot moves.
    pub foot: Option<Foot>,
}

/// A foot that brings the cymbals together.
#[derive(Debug, Clone, Copy)]
pub struct Foot {
    /// Speed at which the gap shuts.
    pub speed: f64,
    /// Seconds after which it is let go again.
    pub release: Option<f64>,
}

impl Foot {
    /// Speed at which the gap opens again.
    const LETTING_GO: f64 = 0.25;

    /// What the foot adds to the gap `t` seconds after the rims first meet at `meet`.
    fn lift(self, meet: f64, t: f64) -> f64 {
        let shutting = (meet - self.speed * t).max(0.0);
        self.release.map_or(shutting, |end| shutting.max(Self::LETTING_GO * (t - end)))
    }
}

/// The two cymbals.
pub struct Swing {
    modes: Vec<Slow>,
}

impl Swing {
    /// The cymbals, struck near `radius` (1: the edge).
    pub fn new(radius: f64, noise: &mut Noise) -> Self {
        let mut modes = Vec::new();
        let mut chance = Noise::new(201, 0);
        let angle = noise.between(-0.012, 0.012);
        let radius = (radius + noise.between(-0.03, 0.03)).min(1.0);
        // The bottom cymbal is the heavier and higher one, and the stick does not reach it.
        for (side, scale, reached) in [(1.0, 1.0, 1.0), (-1.0, 1.13, 0.0)] {
            rigid(side, &mut modes);
            for (m, n) in (2..13).flat_map(|m| (0..6).map(move |n| (m, n))) {
                // Chladni's law as it is modified for cymbals: the frequency grows with
                // the diameters m and about twice the circles n (Fletcher and Rossing,
                // ch. 20). Modes come in pairs, split by what is not round.
                let order = f64::from(m) + 1.93 * f64::from(n);
                let hz = scale * 13.0 * order * order * chance.between(0.97, 1.03);
                let (axis, split) = (chance.between(0.0, 1.0), chance.between(1.002, 1.02));
                if hz * split > LIMIT {
                    continue;
                }
                // Without circles a mode moves as radius^m, most at the rim.
                let (reach, mass) = if n == 0 {
                    ((0..m).fold(1.0, |r, _| r * radius), 3.0 / f64::from(m + 1))
                } else {
                    (cos_turns(0.7 * f64::from(n) * (1.0 - radius)), 0.5)
                };
                for (hz, axis) in [(hz, axis), (hz * split, axis + 0.25)] {
                    let around = |turn: f64| cos_turns(f64::from(m) * turn + axis);
                    // The lowest modes move air around the edge rather than away, and the
                    // air between the two favours the few around 500 Hz.
                    let loud = (hz / 420.0) * (hz / 420.0);
                    modes.push(Slow {
                        hz,
                        mass,
                        gap: std::array::from_fn(|k| side * around(turn(k))),
                        struck: reached * reach * around(angle),
                        heard: side * chance.between(0.4, 1.0) * loud / (1.0 + 0.35 * loud * loud),
                        rigid: false,
                    });
                }
            }
        }
        Self { modes }
    }

    /// Lets the cymbals swing under `blow`, the stick's force frame by frame, and the foot.
    /// Adds their sound to `out` and returns what the rims do.
    pub fn run(&self, hold: &Hold, blow: &[f64], noise: &mut Noise, out: &mut [f64]) -> Touch {
        let lean = noise.between(-0.5, 0.5);
        let gap: [f64; POINTS] = std::array::from_fn(|k| {
            let uneven = 0.3 * hold.gap.abs() * noise.next();
            hold.gap + hold.tilt * cos_turns(turn(k) + lean) + uneven
        });
        let meet = gap.iter().fold(f64::MIN, |m, g| m.max(-g));
        let lift = |n: usize| hold.foot.map_or(0.0, |foot| foot.lift(meet, n as f64 * FRAME));
        let rest = gap.map(|g| STIFFNESS * (-g - lift(0)).max(0.0));
        let columns: [Vec<f64>; POINTS] =
            std::array::from_fn(|k| self.modes.iter().map(|m| m.gap[k]).collect());
        let mut states: Vec<State> = self.modes.iter().map(|m| State::new(m, hold)).collect();
        let mut push = vec![0.0; self.modes.len()];
        let mut touch = Touch::new(out.len());
        let mut last = [0.0; POINTS];
        for (n, x) in out.iter_mut().enumerate() {
            let mut open = [0.0; POINTS];
            for (mode, state) in self.modes.iter().zip(&states) {
                for (o, g) in open.iter_mut().zip(&mode.gap) {
                    *o += g * state.now;
                }
            }
            let stick = blow.get(n).copied().unwrap_or(0.0);
            for (p, mode) in push.iter_mut().zip(&self.modes) {
                *p = stick * mode.struck;
            }
            let lifted = lift(n);
            for k in 0..POINTS {
                let depth = -(gap[k] + open[k] + lifted);
                let speed = (open[k] - last[k]) / FRAME;
                let pressed = (STIFFNESS * depth - LOSS * speed).max(0.0);
                let net = if depth > 0.0 { pressed } else { 0.0 } - rest[k];
                (touch.force[k][n], touch.speed[k][n]) = (net, speed);
                if net != 0.0 {
                    for (p, g) in push.iter_mut().zip(&columns[k]) {
                        *p += net * g;
                    }
                }
            }
            last = open;
            *x += states.iter_mut().zip(&push).map(|(state, &p)| state.step(p)).sum::<f64>();
        }
        touch
    }
}

/// A mode in motion: the recurrence of a damped sine, driven.
struct State {
    a: f64,
    b: f64,
    input: f64,
    heard: f64,
    now: f64,
    before: f64,
}

impl State {
    fn new(mode: &Slow, hold: &Hold) -> Self {
        let r = decay(if mode.rigid { hold.rock } else { hold.t60 });
        Self {
            a: 2.0 * r * cos_turns(mode.hz * FRAME),
            b: r * r,
            input: FRAME * FRAME / mode.mass,
            heard: mode.heard / FRAME,
            now: 0.0,
            before: 0.0,
        }
    }

    /// A frame under this force; returns the sound.
    fn step(&mut self, force: f64) -> f64 {
        let next = self.a * self.now - self.b * self.before + self.input * force;
        (self.before, self.now) = (self.now, next);
        self.heard * (next - self.before)
    }
}

/// What happens between the rims, point by point.
pub struct Touch {
    /// Force beyond that at rest.
    pub force: [Vec<f64>; POINTS],
    /// Velocity at which the gap opens.
    pub speed: [Vec<f64>; POINTS],
}

impl Touch {
    fn new(frames: usize) -> Self {
        let rows = || std::array::from_fn(|_| vec![0.0; frames]);
        Self { force: rows(), speed: rows() }
    }

    /// Adds the thud of the rod and the stand, which take what the rims do together.
    pub fn shake(&self, level: f64, out: &mut [f64]) {
        let mut stand = Filter::new(220.0, 0.8);
        for (n, x) in out.iter_mut().enumerate() {
            let sum: f64 = self.force.iter().map(|force| force[n]).sum();
            *x += level * stand.next(sum, Pass::Band);
        }
    }

    /// What drives the modes above, point by point: the forces, and what bending passes
    /// up. A plate that swings far stretches, which couples its modes and feeds the high
    /// ones with what soon is noise (Chaigne, Touzé and Thomas, *Nonlinear vibrations and
    /// chaos in gongs and cymbals*, 2005); it grows faster than the motion does.
    pub fn drive(mut self, bending: f64, noise: &mut Noise) -> [Vec<f64>; POINTS] {
        for (force, speed) in self.force.iter_mut().zip(&self.speed) {
            let mut rough = 0.0;
            for (x, speed) in force.iter_mut().zip(speed) {
                rough += 0.5 * (noise.next() - rough);
                let speed = speed.abs();
                *x += bending * rough * speed * speed.sqrt();
            }
        }
        self.force
    }
}

/// Where a point is, in turns.
fn turn(point: usize) -> f64 {
    point as f64 / POINTS as f64
}

/// A cymbal as a whole on its felts: up and down, and rocking about two axes. It weighs a
/// quarter as much when it rocks. The bottom one sits stiffer, and is not struck.
fn rigid(side: f64, modes: &mut Vec<Slow>) {
    let (bounce, rock, struck) = if side > 0.0 { (27.0, 15.0, 0.35) } else { (55.0, 31.0, 0.0) };
    let axes: [(f64, f64, Option<f64>); 3] =
        [(bounce, 1.0, None), (rock, 0.25, Some(0.0)), (1.07 * rock, 0.25, Some(0.25))];
    for (hz, mass, axis) in axes {
        let around = |turn: f64| axis.map_or(1.0, |axis| cos_turns(turn + axis));
        modes.push(Slow {
            hz,
            mass,
            gap: std::array::from_fn(|k| side * around(turn(k))),
            struck: struck * around(0.0),
            heard: 0.0,
            rigid: true,
        });
    }
}
