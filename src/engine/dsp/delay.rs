//! Delay lines that are worked through in stretches: what is read lies in at most two
//! pieces of memory, so that the loops over it are plain.

/// Most frames that are worked through at once.
pub const STRETCH: usize = 64;

/// Added where a decay would end in numbers so small that they cost a hundred times as
/// much (denormal ones): −400 dB, and normal.
pub const TINY: f32 = 1e-20;

/// Frames of a stretch for each of `N` channels; only the first ones are in use.
pub type Stretch<const N: usize> = [[f32; STRETCH]; N];

/// The part of a stretch that is in use. Thread: audio callback; real-time.
pub fn some(frames: &mut [f32; STRETCH], count: usize) -> &mut [f32] {
    frames.get_mut(..count).unwrap_or_default()
}

/// Multiplies and adds: `to += gain·from`, as far as both reach.
/// Thread: audio callback; real-time.
pub fn add_scaled(to: &mut [f32], from: &[f32], gain: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += gain * from;
    }
}

fn copy(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// A delay of a fixed number of frames. In each stretch its oldest frames are read, and
/// then as many new ones written in their place. A stretch is no longer than the delay.
#[derive(Debug)]
pub struct Ring {
    frames: Box<[f32]>,
    /// Place of the oldest frame.
    at: usize,
}

impl Ring {
    /// A silent delay of `length` frames, at least 1. Thread: control.
    #[allow(clippy::disallowed_macros, reason = "made on the control thread")]
    pub fn new(length: usize) -> Self {
        Self { frames: vec![0.0; length.max(1)].into(), at: 0 }
    }

    /// Length in frames. Thread: any; real-time.
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// Fills `out` with the oldest frames. Thread: audio callback; real-time.
    pub fn read(&self, out: &mut [f32]) {
        let (newer, older) = self.frames.split_at_checked(self.at).unwrap_or_default();
        let count = older.len().min(out.len());
        let Some((first, rest)) = out.split_at_mut_checked(count) else { return };
        copy(first, older);
        copy(rest, newer);
    }

    /// Replaces the oldest frames by these. Thread: audio callback; real-time.
    pub fn write(&mut self, input: &[f32]) {
        let Some((newer, older)) = self.frames.split_at_mut_checked(self.at) else { return };
        let count = older.len().min(input.len());
        let Some((first, rest)) = input.split_at_checked(count) else { return };
        copy(older, first);
        copy(newer, rest);
        self.forward(input.len());
    }

    fn forward(&mut self, count: usize) {
        self.at += count;
        if self.at >= self.frames.len() {
            self.at -= self.frames.len();
        }
    }

    /// Silence, as when it was made. Thread: audio callback; real-time.
    pub fn clear(&mut self) {
        self.frames.fill(0.0);
        self.at = 0;
    }
}

/// Schroeder's allpass: echoes that change no frequency's level. "Natural Sounding
/// Artificial Reverberation", J. Audio Eng. Soc. 10 (1962).
#[derive(Debug)]
pub struct Allpass {
    ring: Ring,
    gain: f32,
}

impl Allpass {
    /// With a delay of `length` frames and a coefficient below 1. Thread: control.
    pub fn new(length: usize, gain: f32) -> Self {
        Self { ring: Ring::new(length), gain }
    }

    /// Length of its delay in frames. Thread: any; real-time.
    pub fn frames(&self) -> usize {
        self.ring.frames()
    }

    /// A stretch in place, no longer than its delay. Thread: audio callback; real-time.
    pub fn process(&mut self, x: &mut [f32]) {
        let Some((newer, older)) = self.ring.frames.split_at_mut_checked(self.ring.at) else {
            return;
        };
        let count = older.len().min(x.len());
        let Some((first, rest)) = x.split_at_mut_checked(count) else { return };
        for (x, delayed) in first.iter_mut().zip(older).chain(rest.iter_mut().zip(newer)) {
            let inner = *x + self.gain * *delayed;
            *x = *delayed - self.gain * inner;
            *delayed = inner;
        }
        self.ring.forward(x.len());
    }

    /// Silence, as when it was made. Thread: audio callback; real-time.
    pub fn clear(&mut self) {
        self.ring.clear();
    }
}

/// What came in, for as long as any tap looks back.
#[derive(Debug)]
pub struct Tapped {
    ring: Ring,
}

impl Tapped {
    /// For delays of at most `longest` frames and stretches of at most [`STRETCH`].
    /// Thread: control.
    pub fn new(longest: usize) -> Self {
        Self { ring: Ring::new(longest + STRETCH) }
    }

    /// Takes a stretch in. Thread: audio callback; real-time.
    pub fn write(&mut self, input: &[f32]) {
        self.ring.write(input);
    }

    /// Adds to `out` what came in `delay` frames before the last `out.len()` frames.
    /// Thread: audio callback; real-time.
    pub fn add(&self, delay: usize, gain: f32, out: &mut [f32]) {
        let length = self.ring.frames.len();
        let back = (delay + out.len()).min(length);
        let start = (self.ring.at + length - back) % length;
        let (wrapped, from) = self.ring.frames.split_at_checked(start).unwrap_or_default();
        let count = from.len().min(out.len());
        let Some((first, rest)) = out.split_at_mut_checked(count) else { return };
        add_scaled(first, from, gain);
        add_scaled(rest, wrapped, gain);
    }

    /// Silence, as when it was made. Thread: audio callback; real-time.
    pub fn clear(&mut self) {
        self.ring.clear();
    }
}

/// Hands out `N` prime lengths, each once: any two are mutually prime, so that the echoes of
/// one delay do not fall on another's.
#[derive(Debug)]
pub struct Lengths<const N: usize> {
    used: [usize; N],
    count: usize,
}

impl<const N: usize> Default for Lengths<N> {
    fn default() -> Self {
        Self { used: [0; N], count: 0 }
    }
}

impl<const N: usize> Lengths<N> {
    /// The first prime from `frames` on that is not used yet. Thread: control.
    pub fn next(&mut self, frames: f64) -> usize {
        let is_prime = |n: usize| (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
        let mut length = (frames.round() as usize).max(2);
        while !is_prime(length) || self.used.contains(&length) {
            length += 1;
        }
        if let Some(place) = self.used.get_mut(self.count) {
            *place = length;
        }
        self.count += 1;
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_of_five_frames_delays_by_five_however_it_is_stretched() {
        let input: Vec<f32> = (1..=40).map(|x| x as f32).collect();
        for stretch in 1..=5 {
            let mut ring = Ring::new(5);
            let mut found = Vec::new();
            for part in input.chunks(stretch) {
                let mut out = vec![9.0; part.len()];
                ring.read(&mut out);
                ring.write(part);
                found.extend(out);
            }
            assert_eq!(found[..5], [0.0; 5]);
            assert_eq!(found[5..], input[..35]);
        }
    }

    #[test]
    fn taps_look_back_exactly_as_far_as_they_say() {
        let input: Vec<f32> = (1..=30).map(|x| x as f32).collect();
        for delay in [0, 1, 7, 10] {
            let mut line = Tapped::new(10);
            let mut found = Vec::new();
            for part in input.chunks(4) {
                line.write(part);
                let mut out = vec![0.0; part.len()];
                line.add(delay, 2.0, &mut out);
                found.extend(out);
            }
            assert_eq!(found[..delay], vec![0.0; delay]);
            let wanted: Vec<f32> = input[..30 - delay].iter().map(|x| 2.0 * x).collect();
            assert_eq!(found[delay..], wanted);
        }
    }

    #[test]
    fn an_allpass_passes_all_energy_and_spreads_it() {
        let mut allpass = Allpass::new(3, 0.5);
        let mut out = vec![0.0; 300];
        out[0] = 1.0;
        out.chunks_mut(3).for_each(|part| allpass.process(part));
        assert_eq!(out[..7], [-0.5, 0.0, 0.0, 0.75, 0.0, 0.0, 0.375]);
        let energy: f32 = out.iter().map(|x| x * x).sum();
        assert!((energy - 1.0).abs() < 1e-6);
    }

    #[test]
    fn lengths_are_primes_and_none_comes_twice() {
        let mut lengths = Lengths::<4>::default();
        assert_eq!([7.0, 7.0, 8.2, 0.0].map(|x| lengths.next(x)), [7, 11, 13, 2]);
    }
}
