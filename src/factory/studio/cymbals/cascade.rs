//! How the energy of a struck plate moves through its spectrum.
//!
//! What makes a crash bloom is that a plate bent by more than its thickness couples its
//! modes: energy of the low ones, which the stick feeds, climbs to high ones, the faster
//! the more of it there is, while each band loses what it radiates and what friction
//! takes. After T. Humbert, C. Josserand, C. Touzé and O. Cadot ("Phenomenological model
//! for predicting stationary and non-stationary spectra of wave turbulence in vibrating
//! plates", arXiv:1709.09884) that is taken for diffusion along the frequency axis, its
//! coefficient growing with the square of the energy:
//!
//! `∂E/∂t = c · ∂/∂f (f · E² · ∂E/∂f) − γ(f) · E`.
//!
//! Its steady solutions without loss are those of wave turbulence theory: the same energy
//! everywhere, or, with a flux upwards, E³ falling with the logarithm of f.
//! A soft blow hardly diffuses: its modes ring as those of a linear plate. To the E² of a
//! band's own modes we add a part of the whole plate's, because low modes also bend what
//! the high ones run on: without it the spectrum has an edge that moves, which no
//! recording of a cymbal shows.

use super::super::super::math::{LN_1000, exp};
use super::super::super::osc::FRAME;

/// Frames from one value of an envelope to the next: 1/3 ms.
pub const STEP: usize = 16;
/// Bands of the spectrum, each as wide as a part of its frequency.
const BANDS: usize = 72;

/// How much of the energy of the whole plate, as a mean over [`SPAN`], couples a band's
/// modes, beside its own: set by what recorded cymbals' spectra look like while they rise.
const SHARED: f64 = 0.3;
/// kHz.
const SPAN: f64 = 5.0;
/// Fastest change of a mode's amplitude by the others, 1/s: the lines of a crash's low
/// modes are some 50 Hz wide at first.
const MOST_UNREST: f64 = 150.0;

/// A plate's spectrum at one moment.
pub struct Spectrum {
    /// Amplitude of the modes of each band.
    pub amplitudes: [f64; BANDS],
    /// How fast they are disturbed by the others, 1/s.
    pub unrest: [f64; BANDS],
}

/// The bands of a plate's spectrum.
pub struct Cascade {
    low: f64,
    ratio: f64,
    /// Losses of each band: the rate γ of its energy, 1/s.
    losses: [f64; BANDS],
}

impl Cascade {
    /// Bands from `low` to `high` Hz; `t60(hz)`: how long a lone mode rings, seconds.
    pub fn new(low: f64, high: f64, t60: impl Fn(f64) -> f64) -> Self {
        let mut ratio = high / low;
        // The 72nd root as three square roots and two cube roots, by Newton's method.
        for _ in 0..3 {
            ratio = ratio.sqrt();
        }
        for _ in 0..2 {
            let cube = ratio;
            for _ in 0..40 {
                ratio -= (ratio * ratio * ratio - cube) / (3.0 * ratio * ratio);
            }
        }
        let mut cascade = Self { low, ratio, losses: [0.0; BANDS] };
        let mut edge = low;
        for loss in &mut cascade.losses {
            *loss = 2.0 * LN_1000 / t60(0.5 * edge * (1.0 + ratio));
            edge *= ratio;
        }
        cascade
    }

    /// The bands in order: where each begins and ends, Hz.
    pub fn bands(&self) -> impl Iterator<Item = (f64, f64)> + use<> {
        let ratio = self.ratio;
        let edges = std::iter::successors(Some(self.low), move |hz| Some(hz * ratio));
        edges.take(BANDS).map(move |hz| (hz, hz * ratio))
    }

    /// The rate at which the energy of each band is lost, 1/s.
    pub fn losses(&self) -> &[f64; BANDS] {
        &self.losses
    }

    /// The spectrum at every [`STEP`]th of `frames` frames, when the blow gives a mode at
    /// `hz` the energy `blow(hz)`. `coupling`: the c of the equation, with frequencies in
    /// kHz and energies as `blow` has them.
    pub fn spectra(
        &self,
        blow: impl Fn(f64) -> f64,
        coupling: f64,
        frames: usize,
    ) -> Vec<Spectrum> {
        let khz: Vec<(f64, f64)> = self.bands().map(|(a, b)| (a / 1000.0, b / 1000.0)).collect();
        let mut energy = [0.0; BANDS];
        for (e, (a, b)) in energy.iter_mut().zip(&khz) {
            *e = blow(500.0 * (a + b)).max(1e-30);
        }
        let seconds = STEP as f64 * FRAME;
        let kept = self.losses.map(|loss| exp(-loss * seconds));
        (0..=frames / STEP + 1)
            .map(|_| {
                let whole = energy.iter().zip(&khz).map(|(e, (a, b))| e * (b - a)).sum::<f64>();
                let shared = SHARED * (whole / SPAN) * (whole / SPAN);
                let mut spectrum =
                    Spectrum { amplitudes: energy.map(f64::sqrt), unrest: [0.0; BANDS] };
                for (i, (a, _)) in khz.iter().enumerate() {
                    // What the equation moves over half of the frequency.
                    let rate = 4.0 * coupling * (energy[i] * energy[i] + shared) / a;
                    spectrum.unrest[i] = rate.min(MOST_UNREST);
                }
                diffuse(&mut energy, &khz, coupling * seconds, shared);
                energy.iter_mut().zip(&kept).for_each(|(e, kept)| *e = (*e * kept).max(1e-30));
                spectrum
            })
            .collect()
    }
}

/// One step of diffusion, its coefficients those of the energies before it, its gradients
/// those after it: stable however strong it is. The flux out of a band is the flux into
/// the next, so nothing is lost. A tridiagonal system, solved by elimination (Thomas).
fn diffuse(energy: &mut [f64; BANDS], khz: &[(f64, f64)], strength: f64, shared: f64) {
    let flow = |i: usize| {
        let mean = 0.5 * (energy[i] + energy[i + 1]);
        strength * khz[i].1 * (mean * mean + shared) / (0.5 * (khz[i + 1].1 - khz[i].0))
    };
    let mut flows = [0.0; BANDS];
    (0..BANDS - 1).for_each(|i| flows[i] = flow(i));
    let (mut above, mut before) = ([0.0; BANDS], 0.0);
    for i in 0..BANDS {
        let width = khz[i].1 - khz[i].0;
        let (from_below, sum) = if i == 0 {
            (0.0, width * energy[0])
        } else {
            (before * above[i - 1], width * energy[i] + before * energy[i - 1])
        };
        let pivot = width + before + flows[i] - from_below;
        above[i] = flows[i] / pivot;
        energy[i] = sum / pivot;
        before = flows[i];
    }
    for i in (0..BANDS - 1).rev() {
        energy[i] += above[i] * energy[i + 1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn energy_above(spectrum: &Spectrum, cascade: &Cascade, hz: f64) -> f64 {
        let bands = cascade.bands().zip(&spectrum.amplitudes);
        bands.filter(|((a, _), _)| *a >= hz).map(|((a, b), x)| (b - a) * x * x).sum()
    }

    fn low(drive: f64) -> impl Fn(f64) -> f64 {
        move |hz| if hz < 800.0 { drive } else { 1e-9 }
    }

    #[test]
    fn the_bands_fill_the_range() {
        let cascade = Cascade::new(200.0, 18_000.0, |_| 1.0);
        let last = cascade.bands().last().map_or(0.0, |(_, end)| end);
        assert!((last / 18_000.0 - 1.0).abs() < 1e-9, "{last}");
    }

    #[test]
    fn diffusion_moves_energy_and_neither_makes_nor_takes_any() {
        let cascade = Cascade::new(200.0, 18_000.0, |_| 1e9);
        let steps = cascade.spectra(low(1.0), 4000.0, 4800);
        let sums: Vec<f64> = steps.iter().map(|s| energy_above(s, &cascade, 0.0)).collect();
        assert!(sums.iter().all(|sum| (sum / sums[0] - 1.0).abs() < 1e-4), "{sums:?}");
        assert!(energy_above(&steps[300], &cascade, 3000.0) > 0.1 * sums[0]);
    }

    #[test]
    fn high_bands_swell_after_a_hard_blow_and_not_after_a_soft_one() {
        let cascade = Cascade::new(200.0, 18_000.0, |_| 3.0);
        let swell = |drive| {
            let steps = cascade.spectra(low(drive), 4000.0, 4800);
            energy_above(&steps[150], &cascade, 4000.0) / energy_above(&steps[0], &cascade, 4000.0)
        };
        assert!(swell(1.0) > 1000.0);
        assert!(swell(0.01) < 1.1);
    }
}
