//! Many hands, by one envelope.

use super::super::math::exp;
use super::super::osc::{FRAME, Filter, Pass};

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

#[cfg(test)]
mod tests {
    use super::super::super::osc::Noise;
    use super::*;

    #[test]
    fn four_hands_clap_one_after_the_other() {
        let mut noise = Noise::new(1, 1);
        let mut out = vec![0.0; 9600];
        let clap = Clap { q: 1.0, gap: 0.01, last: 0.02, room: (0.2, 0.05) };
        clap.play(|| noise.next(), &mut out);
        let power = |from: usize| out[from..from + 120].iter().map(|x| x * x).sum::<f64>();
        for hand in 0..3 {
            assert!(power(480 * hand + 20) > 4.0 * power(480 * hand + 350), "hand {hand}");
        }
        assert!(power(1460) > 4.0 * power(1310), "the last hand");
        assert!(power(8000) < 0.01 * power(1460));
    }
}
