//! What a recording is worth to a drummer: where its sound begins and how loud it is.

use super::{Pcm, Recording};

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

/// Where the sound begins, in frames; 0 for silence.
pub fn onset(recording: &Recording) -> usize {
    let value = match &recording.pcm {
        Pcm::I16(x) => {
            let peak = x.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
            let limit = f32::from(peak) * ONSET_BELOW_PEAK;
            x.iter().position(|s| f32::from(s.unsigned_abs()) > limit)
        }
        Pcm::F32(x) => {
            let peak = x.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
            let limit = peak * ONSET_BELOW_PEAK;
            x.iter().position(|s| s.abs() > limit)
        }
    };
    value.unwrap_or(0) / recording.channels.max(1)
}

/// Loudness of the attack: linear RMS over all channels of the 50 ms after the onset.
/// A recording that ends sooner counts as silent from there, so that the same sound
/// measures the same with and without silence behind it. 0 for silence.
pub fn loudness(recording: &Recording, onset: usize) -> f32 {
    let window = (ATTACK_SECONDS * f64::from(recording.rate)).round().max(1.0) as usize;
    let window = window * recording.channels;
    let first = onset * recording.channels;
    let square = |s: f64| s * s;
    let sum: f64 = match &recording.pcm {
        Pcm::I16(x) => {
            x.iter().skip(first).take(window).map(|&s| square(f64::from(s) / 32768.0)).sum()
        }
        Pcm::F32(x) => x.iter().skip(first).take(window).map(|&s| square(f64::from(s))).sum(),
    };
    (sum / window as f64).sqrt() as f32
}

/// Drops what comes before the onset, but for half a millisecond, and gives the new
/// onset in frames. The frames that stay are not touched.
pub fn trim(recording: &mut Recording, onset: usize) -> usize {
    let pre_roll = (PRE_ROLL_SECONDS * f64::from(recording.rate)).round() as usize;
    let dropped = onset.saturating_sub(pre_roll);
    let values = dropped * recording.channels;
    match &mut recording.pcm {
        Pcm::I16(x) => drop(x.drain(..values.min(x.len()))),
        Pcm::F32(x) => drop(x.drain(..values.min(x.len()))),
    }
    onset - dropped
}

/// Frames at a rate, in milliseconds.
pub fn frames_to_ms(frames: usize, rate: u32) -> f32 {
    (frames as f64 * 1000.0 / f64::from(rate.max(1))) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(rate: u32, channels: usize, pcm: Pcm) -> Recording {
        Recording { rate, channels, pcm }
    }

    #[test]
    fn the_sound_begins_where_it_first_rises_above_minus_40_db_of_its_peak() {
        let quiet = recording(1000, 1, Pcm::F32(vec![0.0, 0.004, 0.006, 0.5]));
        assert_eq!(onset(&quiet), 2);
        let ints = recording(1000, 1, Pcm::I16(vec![0, 327, 328, -32768]));
        assert_eq!(onset(&ints), 2);
    }

    #[test]
    fn the_onset_of_a_stereo_recording_is_that_of_its_earlier_channel() {
        let pcm = Pcm::F32(vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(onset(&recording(1000, 2, pcm)), 1);
    }

    #[test]
    fn silence_begins_at_once_and_has_no_loudness() {
        for pcm in [Pcm::I16(vec![0; 9]), Pcm::F32(vec![0.0; 9])] {
            let silent = recording(100, 1, pcm);
            assert_eq!((onset(&silent), loudness(&silent, 0)), (0, 0.0));
        }
    }

    #[test]
    fn loudness_is_the_rms_of_the_50_ms_after_the_onset_and_of_nothing_else() {
        // 100 Hz: the 50 ms are five frames.
        let mut x = vec![0.0, 0.0, 0.5, -0.5, 0.5, -0.5, 0.5, 0.9, 0.9];
        assert_eq!(loudness(&recording(100, 1, Pcm::F32(x.clone())), 2), 0.5);
        x.truncate(7);
        assert_eq!(loudness(&recording(100, 1, Pcm::F32(x)), 2), 0.5);
    }

    #[test]
    fn sixteen_bits_and_floats_measure_the_same_and_silence_behind_changes_nothing() {
        let ints = recording(100, 2, Pcm::I16(vec![16384, -16384, 8192, 0]));
        let floats = recording(100, 2, Pcm::F32(vec![0.5, -0.5, 0.25, 0.0]));
        let longer = recording(100, 2, Pcm::F32([vec![0.5, -0.5, 0.25], vec![0.0; 99]].concat()));
        assert_eq!(loudness(&ints, 0), loudness(&floats, 0));
        assert_eq!(loudness(&longer, 0), loudness(&floats, 0));
    }

    #[test]
    fn trimming_keeps_half_a_millisecond_before_the_onset_and_every_frame_after_it() {
        // 10 kHz: half a millisecond is five frames.
        let mut x = vec![0i16; 100];
        x.extend([1000, -2000, 3000]);
        let mut cut = recording(10_000, 1, Pcm::I16(x.clone()));
        assert_eq!(trim(&mut cut, 100), 5);
        assert_eq!(cut.pcm, Pcm::I16(x[95..].to_vec()));
        let before = cut.clone();
        assert_eq!(trim(&mut cut, 5), 5);
        assert_eq!(cut, before);
    }

    #[test]
    fn trimming_a_stereo_recording_keeps_left_left() {
        let mut x = vec![0.0f32; 40];
        x.extend([0.5, -0.5]);
        let mut cut = recording(2000, 2, Pcm::F32(x));
        assert_eq!(trim(&mut cut, 20), 1);
        assert_eq!(cut.pcm, Pcm::F32(vec![0.0, 0.0, 0.5, -0.5]));
    }
}
