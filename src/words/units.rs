//! Units and their conversions.

/// Seconds a millisecond.
const MILLI: f64 = 0.001;

/// The factor for a level in dB; −∞ gives 0.
pub fn db_to_gain(db: f32) -> f32 {
    if db == 0.0 {
        return 1.0;
    }
    10f64.powf(f64::from(db) / 20.0) as f32
}

/// The level in dB of a factor; 0 gives −∞.
pub fn gain_to_db(gain: f32) -> f32 {
    (20.0 * f64::from(gain).log10()) as f32
}

/// Frames in this many milliseconds, rounded, at least 1.
pub fn ms_to_frames(ms: f64, rate: u32) -> u32 {
    (ms * MILLI * f64::from(rate)).round().max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_db_is_exactly_one_and_six_db_about_two() {
        assert_eq!(db_to_gain(0.0), 1.0);
        assert!((db_to_gain(6.0206) - 2.0).abs() < 1e-4);
        assert!((gain_to_db(0.5) + 6.0206).abs() < 1e-4);
        assert_eq!(gain_to_db(0.0), f32::NEG_INFINITY);
    }

    #[test]
    fn six_milliseconds_are_288_frames_at_48_khz() {
        assert_eq!(ms_to_frames(6.0, 48_000), 288);
        assert_eq!(ms_to_frames(6.0, 1), 1);
    }
}
