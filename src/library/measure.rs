//! What a recording is worth to a drummer: where its sound begins and how loud it is.

use std::io;

use crate::kit::sample::ENVELOPE_FRAMES;

/// Gives values (1.0 is full scale) from a frame on, as many as there are.
pub type Values<'a> = &'a mut dyn FnMut(u64, &mut [f32]) -> io::Result<usize>;

/// The sound begins at the first frame above this part of the recording's peak: −40 dB.
/// Lower would find the room's noise, higher the middle of a soft attack.
const ONSET_BELOW_PEAK: f32 = 0.01;
/// The attack by which recordings are compared: as long as the ear takes to judge the
/// loudness of a short sound, and shorter than the strokes of a fast roll are apart.
const ATTACK_SECONDS: f64 = 0.05;
/// What `trim` leaves before the onset. At the onset the sound is already 1 % of its
/// peak: a head's first movement, up to 40 dB softer, takes some tenths of a
/// millisecond. Half a millisecond keeps it and is no latency a drummer can feel; the
/// step at the cut is below −40 dB and followed so closely by the attack that it is
/// masked, so the frames stay as they were recorded, without a fade.
const PRE_ROLL_SECONDS: f64 = 0.000_5;

/// Where the sound begins, in frames; 0 for silence. `peaks`: the largest absolute value
/// of each [`ENVELOPE_FRAMES`] frames, so that only the right stretch is looked at closely.
/// `channels`: 1 or 2.
pub fn onset(peaks: &[f32], channels: usize, values: Values) -> io::Result<usize> {
    let limit = peaks.iter().copied().fold(0.0, f32::max) * ONSET_BELOW_PEAK;
    let Some(stretch) = peaks.iter().position(|&peak| peak > limit) else { return Ok(0) };
    let first = stretch * ENVELOPE_FRAMES;
    let mut block = [0.0; 2 * ENVELOPE_FRAMES];
    let block = block.get_mut(..channels * ENVELOPE_FRAMES).unwrap_or_default();
    let got = values(first as u64, block)?;
    let place = block.iter().take(got).position(|x| x.abs() > limit).unwrap_or(0);
    Ok(first + place / channels)
}

/// Loudness of the attack: linear RMS over all channels of the 50 ms after the onset.
/// A recording that ends sooner counts as silent from there, so that the same sound
/// measures the same with and without silence behind it. 0 for silence. `scratch`: its
/// contents do not matter.
pub fn loudness(
    onset: usize,
    rate: u32,
    channels: usize,
    scratch: &mut Vec<f32>,
    values: Values,
) -> io::Result<f32> {
    let window = attack_frames(rate) * channels;
    if scratch.len() < window {
        scratch.resize(window, 0.0);
    }
    let attack = scratch.get_mut(..window).unwrap_or_default();
    let got = values(onset as u64, attack)?;
    let sum: f64 = attack.iter().take(got).map(|&s| f64::from(s) * f64::from(s)).sum();
    Ok((sum / window as f64).sqrt() as f32)
}

/// Length of the attack, in frames.
fn attack_frames(rate: u32) -> usize {
    (ATTACK_SECONDS * f64::from(rate)).round().max(1.0) as usize
}

/// Frames that trimming drops: what comes before the onset, but for half a millisecond.
pub fn pre_roll(onset: usize, rate: u32) -> usize {
    onset.saturating_sub((PRE_ROLL_SECONDS * f64::from(rate)).round() as usize)
}

/// Frames at a rate, in milliseconds.
pub fn frames_to_ms(frames: usize, rate: u32) -> f32 {
    (frames as f64 * 1000.0 / f64::from(rate.max(1))) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::sample::peak;

    /// Onset and loudness of values at a rate.
    fn measured(rate: u32, channels: usize, x: &[f32]) -> (usize, f32) {
        let peaks: Vec<_> = x.chunks(channels * ENVELOPE_FRAMES).map(peak).collect();
        let mut values = |first: u64, out: &mut [f32]| {
            let rest = x.get(first as usize * channels..).unwrap_or_default();
            let n = rest.len().min(out.len());
            out[..n].copy_from_slice(&rest[..n]);
            Ok(n)
        };
        let onset = onset(&peaks, channels, &mut values).unwrap();
        (onset, loudness(onset, rate, channels, &mut Vec::new(), &mut values).unwrap())
    }

    #[test]
    fn the_sound_begins_where_it_first_rises_above_minus_40_db_of_its_peak() {
        assert_eq!(measured(1000, 1, &[0.0, 0.004, 0.006, 0.5]).0, 2);
        let late = [vec![0.0; 700], vec![0.004, 0.006, 0.5]].concat();
        assert_eq!(measured(1000, 1, &late).0, 701);
    }

    #[test]
    fn the_onset_of_a_stereo_recording_is_that_of_its_earlier_channel() {
        assert_eq!(measured(1000, 2, &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]).0, 1);
    }

    #[test]
    fn silence_begins_at_once_and_has_no_loudness() {
        assert_eq!(measured(100, 1, &[0.0; 9]), (0, 0.0));
    }

    #[test]
    fn loudness_is_the_rms_of_the_50_ms_after_the_onset_and_of_nothing_else() {
        // 100 Hz: the 50 ms are five frames.
        let mut x = vec![0.0, 0.0, 0.5, -0.5, 0.5, -0.5, 0.5, 0.9, 0.9];
        assert_eq!(measured(100, 1, &x), (2, 0.5));
        x.truncate(7);
        assert_eq!(measured(100, 1, &x), (2, 0.5));
    }

    #[test]
    fn silence_behind_a_sound_changes_nothing() {
        let longer = [vec![0.5, -0.5, 0.25], vec![0.0; 99]].concat();
        assert_eq!(measured(100, 2, &longer), measured(100, 2, &[0.5, -0.5, 0.25, 0.0]));
    }

    #[test]
    fn trimming_keeps_half_a_millisecond_before_the_onset() {
        // 10 kHz: half a millisecond is five frames.
        assert_eq!([100, 6, 5, 0].map(|onset| pre_roll(onset, 10_000)), [95, 1, 0, 0]);
    }
}
