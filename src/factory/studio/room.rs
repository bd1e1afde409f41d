//! The room the kit stands in: a treated studio of about 6 × 5 × 3 m, heard by the close
//! microphones, two overheads and the walls.
//!
//! Early reflections are those of image sources (Allen and Berkley, 1979), written down as delays
//! after the close microphone and levels; what follows is a network of eight delays that mix
//! through a Hadamard matrix (Jot and Chaigne, 1991).

use super::super::math::{LN_1000, exp};
use super::super::osc::{FRAME, Filter, Pass};
use super::super::record::Sound;

/// Overhead and early reflections of the two sides: milliseconds after the close microphone, and
/// level. The overheads hang 1 m further away, one a hand's width beyond the other.
#[rustfmt::skip]
const EARLY: [[(f64, f64); 8]; 2] = [
    [
        (2.9, 1.00), ( 5.3, -0.30), ( 9.1, 0.42), (12.7, 0.30),
        (17.3, -0.27), (21.1, 0.20), (26.9, 0.17), (33.1, -0.13),
    ],
    [
        (3.3, 0.95), ( 6.1, 0.33), ( 8.3, -0.38), (13.9, 0.32),
        (16.1, 0.24), (22.7, -0.22), (28.3, 0.15), (31.7, 0.14),
    ],
];
/// The delays of the network, ms: none a multiple of another.
const LINES: [f64; 8] = [11.3, 13.7, 16.9, 19.3, 23.9, 27.1, 31.3, 37.7];

/// Where the microphones begin to hear less, Hz.
const SHEEN: f64 = 11_000.0;

/// A blend of close microphone and room.
#[derive(Clone, Copy)]
pub struct Room {
    /// Level of overheads and early reflections, of what goes to the far microphones.
    pub early: f64,
    /// Level of the tail.
    pub tail: f64,
    /// T60 of the tail, seconds.
    pub t60: f64,
    /// What the walls take from the tail at each reflection, above this, Hz.
    pub dull: f64,
    /// What the overheads do not get, below this, Hz.
    pub thin: f64,
}

impl Room {
    /// Both sides of a drum that stands in the middle.
    pub fn stereo(self, close: &[f64], far: &[f64]) -> Sound {
        let [left, right] = self.heard(far);
        [blend(&left, close), blend(&right, close)].into()
    }

    /// The same for one loudspeaker: one overhead and one side of the room.
    pub fn mono(self, close: &[f64], far: &[f64]) -> Sound {
        let [left, _] = self.heard(far);
        blend(&left, close).into()
    }

    fn heard(self, far: &[f64]) -> [Vec<f64>; 2] {
        let mut filter = Filter::new(self.thin, 0.7);
        let far: Vec<f64> = far.iter().map(|x| filter.next(*x, Pass::High)).collect();
        let mut sides = [vec![0.0; far.len()], vec![0.0; far.len()]];
        for (side, taps) in sides.iter_mut().zip(EARLY) {
            for (ms, level) in taps {
                let delay = frames(ms);
                for (y, x) in side.iter_mut().skip(delay).zip(&far) {
                    *y += self.early * level * x;
                }
            }
        }
        self.diffuse(&far, &mut sides);
        sides
    }

    fn diffuse(self, far: &[f64], sides: &mut [Vec<f64>; 2]) {
        let mut lines = LINES.map(|ms| vec![0.0; frames(ms)]);
        let mut at = [0; 8];
        let losses = LINES.map(|ms| exp(-LN_1000 * 0.001 * ms / self.t60));
        let mut dull = [0.0; 8];
        let open = 1.0 - exp(-std::f64::consts::TAU * self.dull * FRAME);
        let [left, right] = sides;
        for ((x, l), r) in far.iter().zip(left).zip(right) {
            for i in 0..8 {
                dull[i] += open * (losses[i] * lines[i][at[i]] - dull[i]);
            }
            let y = dull;
            *l += self.tail * (y[0] - y[2] + y[4] - y[6]);
            *r += self.tail * (y[1] - y[3] + y[5] - y[7]);
            for i in 0..8 {
                lines[i][at[i]] = x + hadamard(&y, i);
                at[i] = (at[i] + 1) % lines[i].len();
            }
        }
    }
}

/// What the microphones make of the room and of the drum close by.
fn blend(room: &[f64], close: &[f64]) -> Vec<f64> {
    let mut filter = Filter::new(SHEEN, 0.7);
    room.iter().zip(close).map(|(a, b)| filter.next(a + b, Pass::Low)).collect()
}

/// Row `i` of the Hadamard matrix of order 8, times `y`; it keeps the energy as it is.
fn hadamard(y: &[f64; 8], i: usize) -> f64 {
    let sum: f64 = y
        .iter()
        .enumerate()
        .map(|(j, y)| if (i & j).count_ones().is_multiple_of(2) { *y } else { -y })
        .sum();
    sum * 0.353_553_390_593_273_8
}

fn frames(ms: f64) -> usize {
    (0.001 * ms / FRAME).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { early: 0.5, tail: 0.3, t60: 0.3, dull: 6000.0, thin: 100.0 };

    fn tick() -> Vec<f64> {
        let mut tick = vec![0.0; 24_000];
        tick[0] = 1.0;
        tick
    }

    #[test]
    fn the_close_microphone_is_first_and_the_sides_differ_only_by_the_room() {
        let sound = ROOM.stereo(&tick(), &tick());
        assert_eq!(sound.channels[0][..48], sound.channels[1][..48]);
        assert_ne!(sound.channels[0], sound.channels[1]);
    }

    #[test]
    fn the_tail_falls_by_60_db_in_its_t60_or_sooner() {
        let sound = ROOM.mono(&vec![0.0; 24_000], &tick());
        let energy = |from: usize| sound.channels[0][from..].iter().map(|x| x * x).sum::<f64>();
        let fall = energy(2000) / energy(2000 + 9600);
        // 0.2 s of 0.3 s: 40 dB, and more for what the walls swallow.
        assert!(fall > 3e3 && fall < 1e7, "{fall}");
    }
}
