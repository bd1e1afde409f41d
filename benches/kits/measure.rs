//! What is measured of one recording of a drum. Every measure is independent of the level
//! and of the rate of a recording, so that sounds of different makers can stand side by side.

use std::f64::consts::SQRT_2;

use crate::sound::{Sound, band, db, power_db};
use crate::spectrum::Spectrum;

/// Middle frequencies of the octave bands, Hz.
pub const OCTAVES: [f64; 9] = [63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0];

/// A band that lies further below the strongest one, dB, holds no energy worth a decay time.
const EMPTY_DB: f64 = -45.0;
/// How far a band must have fallen before its noise floor or the end of its recording, dB:
/// the Schroeder curve is read down to −25 dB, and what is cut off at −31 dB makes that
/// point less than 2 dB too low.
const RANGE_DB: f64 = 31.0;
/// A decay is followed down to so many dB above the mean of the last tenth of a recording.
const ABOVE_FLOOR_DB: f64 = 5.0;

/// The measures of one recording.
#[derive(Debug, Clone)]
pub struct Measures {
    /// Largest sample, dBFS.
    pub peak_db: f64,
    /// RMS of the 50 ms after the onset, dBFS: what the engine calls loudness.
    pub loudness_db: f64,
    /// From the onset (first frame above −40 dB of the peak) to the peak of the magnitude,
    /// smoothed over 0.5 ms, within the first 100 ms. ms.
    pub attack_ms: f64,
    /// Peak over the RMS of the 50 ms after the onset, dB.
    pub crest_db: f64,
    /// Amplitude-weighted mean frequency, 20 Hz to 16 kHz, of the first 100 ms under the
    /// falling half of a Hann window. Hz.
    pub centroid: f64,
    /// The frequency of the strongest bin 20 to 220 ms after the onset, Hann window. Hz.
    pub pitch: f64,
    /// Level of each octave band in the first 100 ms against all of them, dB.
    pub bands: [f64; 9],
    /// Decay by 60 dB of each octave band, s: three times what the Schroeder curve (backward
    /// integral of the power from the onset on) takes from −5 to −25 dB by the straight line
    /// of least squares. None: the band is empty, or the recording was cut off or sank
    /// into noise before it had fallen far enough.
    pub t60: [Option<f64>; 9],
    /// Power of the spectral peaks against the rest, 30 to 120 ms after the onset, dB. A peak
    /// is a bin more than 10 dB above the median of ±300 Hz about it, with its neighbours
    /// inside the main lobe of the Hann window (±22 Hz). None: the recording is shorter.
    pub tonal_db: Option<f64>,
    /// Side over mid, RMS of the whole recording, dB. None: one channel, or twice the same.
    pub width_db: Option<f64>,
    /// From the onset to the end. s.
    pub length: f64,
}

impl Measures {
    /// Measures a recording.
    pub fn of(sound: &Sound) -> Self {
        let (peak, onset) = (sound.peak(), sound.onset());
        let rms = sound.power(onset, sound.frames(0.05)).sqrt();
        let first = Spectrum::attack(sound, 0.1);
        let bands = octave_levels(&first);
        let steady = Spectrum::between(sound, 0.02, 0.22);
        Self {
            peak_db: db(peak),
            loudness_db: db(rms),
            attack_ms: attack(sound) * 1000.0,
            crest_db: db(peak / rms),
            centroid: centroid(&first),
            pitch: strongest(&steady),
            bands,
            t60: decays(sound),
            tonal_db: tonal(sound),
            width_db: width(sound),
            length: (sound.end() - onset) as f64 / sound.rate,
        }
    }

    /// Name and value of each measure that recordings are compared by, in the order of
    /// [`names`].
    pub fn values(&self) -> Vec<Option<f64>> {
        let mut values = vec![Some(self.attack_ms), Some(self.crest_db), Some(self.centroid)];
        values.push(Some(self.pitch));
        values.extend(self.t60);
        values.extend([self.tonal_db, self.width_db]);
        values.extend(self.bands.map(Some));
        values
    }
}

/// The names of [`Measures::values`].
pub fn names() -> Vec<String> {
    let octave =
        |hz: &f64| if *hz < 1000.0 { format!("{hz}") } else { format!("{}k", hz / 1000.0) };
    let mut names: Vec<String> =
        ["attack ms", "crest dB", "centroid Hz", "pitch Hz"].map(String::from).into();
    names.extend(OCTAVES.iter().map(|hz| format!("T60 {} s", octave(hz))));
    names.extend(["tonal dB".into(), "width dB".into()]);
    names.extend(OCTAVES.iter().map(|hz| format!("level {} dB", octave(hz))));
    names
}

/// Time from the onset to the peak of the smoothed magnitude, s.
fn attack(sound: &Sound) -> f64 {
    let onset = sound.onset();
    let half = sound.frames(0.000_25);
    let magnitude: Vec<f64> = sound.outline().take(onset + sound.frames(0.1)).collect();
    let smoothed = (onset..magnitude.len()).map(|n| {
        let stretch = &magnitude[n.saturating_sub(half)..magnitude.len().min(n + half + 1)];
        stretch.iter().sum::<f64>()
    });
    let (at, _) =
        smoothed.enumerate().fold((0, 0.0), |best, (n, x)| if x > best.1 { (n, x) } else { best });
    at as f64 / sound.rate
}

fn centroid(spectrum: &Spectrum) -> f64 {
    let (mut weighted, mut sum) = (0.0, 0.0);
    for bin in spectrum.bins(20.0, 16_000.0) {
        let amplitude = spectrum.power[bin].sqrt();
        weighted += amplitude * bin as f64 * spectrum.step;
        sum += amplitude;
    }
    weighted / sum
}

fn strongest(spectrum: &Spectrum) -> f64 {
    let bins = spectrum.bins(20.0, 16_000.0);
    let best = bins.max_by(|a, b| spectrum.power[*a].total_cmp(&spectrum.power[*b]));
    best.unwrap_or(0) as f64 * spectrum.step
}

/// Level of each octave band against the sum of all, dB.
fn octave_levels(spectrum: &Spectrum) -> [f64; 9] {
    let powers = OCTAVES.map(|hz| spectrum.sum(hz / SQRT_2, hz * SQRT_2));
    let total: f64 = powers.iter().sum();
    powers.map(|p| power_db((p / total).max(1e-12)))
}

/// The decay time of each octave band.
fn decays(sound: &Sound) -> [Option<f64>; 9] {
    let (onset, end) = (sound.onset(), sound.end());
    let powers = OCTAVES.map(|hz| band_power(sound, onset, end, hz));
    let energies: Vec<f64> = powers.iter().map(|p| p.iter().sum()).collect();
    let most = energies.iter().copied().fold(0.0, f64::max);
    std::array::from_fn(|i| {
        let holds = power_db(energies[i] / most) > EMPTY_DB;
        holds.then(|| t60(&powers[i], sound.rate)).flatten()
    })
}

/// The power of an octave band at each frame, the channels added.
fn band_power(sound: &Sound, onset: usize, end: usize, hz: f64) -> Vec<f64> {
    let mut power = vec![0.0; end - onset];
    for channel in &sound.channels {
        let mut frames = channel[onset..end].to_vec();
        band(&mut frames, hz / SQRT_2, hz * SQRT_2, sound.rate);
        power.iter_mut().zip(&frames).for_each(|(p, x)| *p += x * x);
    }
    power
}

/// The time in which this power decays by 60 dB, s.
fn t60(power: &[f64], rate: f64) -> Option<f64> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len().max(1) as f64;
    let block = (0.01 * rate) as usize;
    let envelope: Vec<f64> = power.chunks(block).map(mean).collect();
    let last = (power.len() / 10).max(block).min(power.len());
    let floor = mean(&power[power.len() - last..]);
    let (top, peak) = envelope
        .iter()
        .enumerate()
        .fold((0, 0.0), |best, (n, x)| if *x > best.1 { (n, *x) } else { best });
    let knee_level = floor * 10f64.powf(ABOVE_FLOOR_DB / 10.0);
    let knee = top + envelope[top..].iter().position(|x| *x <= knee_level)?;
    if power_db(peak / envelope[knee].max(knee_level)) < RANGE_DB {
        return None;
    }
    let mut curve: Vec<f64> = power[..power.len().min(knee * block)].to_vec();
    let mut sum = 0.0;
    for x in curve.iter_mut().rev() {
        sum += *x;
        *x = sum;
    }
    let fit = curve.iter().enumerate().filter_map(|(n, x)| {
        let level = power_db(x / sum);
        (-25.0..=-5.0).contains(&level).then_some((n as f64 / rate, level))
    });
    let slope = slope(fit)?;
    (slope < 0.0).then(|| -60.0 / slope)
}

/// The slope of the straight line of least squares through points.
pub fn slope(points: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in points {
        n += 1.0;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    let spread = n * sxx - sx * sx;
    (n >= 2.0 && spread > 0.0).then(|| (n * sxy - sx * sy) / spread)
}

/// Spectral peaks against the rest, dB.
fn tonal(sound: &Sound) -> Option<f64> {
    if sound.end() < sound.onset() + sound.frames(0.12) {
        return None;
    }
    let spectrum = Spectrum::between(sound, 0.03, 0.12);
    let bins = spectrum.bins(30.0, 16_000.0);
    let (around, lobe) = ((300.0 / spectrum.step) as usize, (22.0 / spectrum.step) as usize);
    let power = &spectrum.power[..bins.end];
    let mut peak = vec![false; power.len()];
    for bin in bins.clone() {
        let mut near =
            power[bin.saturating_sub(around)..power.len().min(bin + around + 1)].to_vec();
        let middle = near.len() / 2;
        let (_, median, _) = near.select_nth_unstable_by(middle, f64::total_cmp);
        let highest = power[bin - 1] <= power[bin] && power.get(bin + 1) <= Some(&power[bin]);
        if highest && power[bin] > 10.0 * *median {
            peak[bin - lobe.min(bin)..power.len().min(bin + lobe + 1)].fill(true);
        }
    }
    let sum = |wanted: bool| bins.clone().filter(|b| peak[*b] == wanted).map(|b| power[b]).sum();
    let (tones, rest): (f64, f64) = (sum(true), sum(false));
    Some(power_db((tones / rest).clamp(1e-6, 1e6)))
}

fn width(sound: &Sound) -> Option<f64> {
    let [left, right] = &sound.channels[..] else { return None };
    let power = |sign: f64| {
        left.iter().zip(right).map(|(l, r)| (l + sign * r) * (l + sign * r)).sum::<f64>()
    };
    let width = power_db(power(-1.0) / power(1.0));
    (width > -60.0).then_some(width)
}

/// How many octaves the centroid rises for 10 dB of loudness, over strokes of different
/// hardness. None: their loudness spans less than 6 dB.
pub fn growth(strokes: &[&Measures]) -> Option<f64> {
    let loudness = strokes.iter().map(|m| m.loudness_db);
    let span = loudness.clone().fold(f64::MIN, f64::max) - loudness.fold(f64::MAX, f64::min);
    let points = strokes.iter().map(|m| (m.loudness_db / 10.0, m.centroid.log2()));
    (span >= 6.0).then(|| slope(points)).flatten()
}

/// Third-octave bands from 50 Hz to 12.5 kHz: those of ISO 266.
const THIRDS: std::ops::Range<i32> = -13..12;

/// How different two strokes are: RMS over the third-octave bands, 50 Hz to 12.5 kHz, of the
/// difference of their levels in the first 200 ms, dB, after the mean difference is taken
/// out. Bands count that hold, in either stroke, more than −40 dB of its strongest one.
pub fn difference(a: &Sound, b: &Sound) -> f64 {
    let thirds = |sound: &Sound| -> Vec<f64> {
        let spectrum = Spectrum::attack(sound, 0.2);
        let edge = 10f64.powf(0.05);
        let hz = THIRDS.map(|i| 1000.0 * 10f64.powf(f64::from(i) / 10.0));
        hz.map(|hz| power_db(spectrum.sum(hz / edge, hz * edge).max(1e-20))).collect()
    };
    let (a, b) = (thirds(a), thirds(b));
    let top = |levels: &[f64]| levels.iter().copied().fold(f64::MIN, f64::max);
    let (top_a, top_b) = (top(&a), top(&b));
    let differences: Vec<f64> = a
        .iter()
        .zip(&b)
        .filter(|(a, b)| **a > top_a - 40.0 || **b > top_b - 40.0)
        .map(|(a, b)| a - b)
        .collect();
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    (differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / count).sqrt()
}
