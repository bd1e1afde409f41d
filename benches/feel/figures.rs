//! Medians, correlations, decibels.

/// Some values, in order.
pub struct Spread(Vec<f64>);

impl Spread {
    /// Sorts them.
    pub fn new(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The least value that this part (0 to 1) of them does not exceed; not a number where
    /// there are none.
    pub fn at(&self, part: f64) -> f64 {
        let last = self.0.len().saturating_sub(1) as f64;
        self.0.get((part * last).ceil() as usize).copied().unwrap_or(f64::NAN)
    }
}

/// Pearson's correlation; `None` where a side does not vary.
pub fn correlation(pairs: &[[f64; 2]]) -> Option<f64> {
    let count = pairs.len() as f64;
    let mean = |side: usize| pairs.iter().map(|pair| pair[side]).sum::<f64>() / count;
    let means = [mean(0), mean(1)];
    let moment = |a: usize, b: usize| {
        pairs.iter().map(|pair| (pair[a] - means[a]) * (pair[b] - means[b])).sum::<f64>()
    };
    let spread = (moment(0, 0) * moment(1, 1)).sqrt();
    (spread > 0.0).then(|| moment(0, 1) / spread)
}

/// dB of a ratio of amplitudes.
pub fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// A number with so many decimals as people write it; a dash for none.
pub fn number(x: f64, decimals: usize) -> String {
    if x.is_nan() { "–".to_owned() } else { format!("{x:.decimals$}").replace('-', "−") }
}

/// Root of the mean square of interleaved frames.
pub fn rms(frames: &[f32]) -> f64 {
    let sum: f64 = frames.iter().map(|x| f64::from(*x).powi(2)).sum();
    (sum / frames.len().max(1) as f64).sqrt()
}
