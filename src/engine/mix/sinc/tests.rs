use super::*;

fn tone(frames: usize, cycles: f64) -> SampleData {
    let x = (0..frames).map(|i| (2.0 * PI * cycles * i as f64).sin() as f32).collect();
    SampleData::new(Frames::MonoF32(x), 1.0, 0.1)
}

fn read(isa: Isa, sample: &SampleData, semitones: f32, frames: usize, piece: usize) -> Vec<f32> {
    let mut out = vec![0.0; 2 * frames];
    for (i, out) in out.chunks_mut(2 * piece).enumerate() {
        Sinc::shared().add(isa, sample, (i * piece) as u64, step(semitones), [1.0, 0.5], out);
    }
    out
}

/// What is left of a tone's output beside the tone itself, in dB.
fn beside(out: &[f32], cycles: f64) -> f64 {
    let (mut s, mut c, mut all) = (0.0, 0.0, 0.0);
    let window = |i: usize| {
        let x = 2.0 * PI * (i as f64 + 0.5) / out.len() as f64;
        0.355_768 - 0.487_396 * x.cos() + 0.144_232 * (2.0 * x).cos() - 0.012_604 * (3.0 * x).cos()
    };
    let weighted = |i: usize| f64::from(out[i]) * window(i);
    for i in 0..out.len() {
        let (sin, cos) = (2.0 * PI * cycles * i as f64).sin_cos();
        s += weighted(i) * sin;
        c += weighted(i) * cos;
    }
    let sum: f64 = (0..out.len()).map(|i| window(i) * window(i)).sum();
    let whole: f64 = (0..out.len()).map(window).sum();
    let (s, c) = (2.0 * s / whole, 2.0 * c / whole);
    for (i, &x) in out.iter().enumerate() {
        let (sin, cos) = (2.0 * PI * cycles * i as f64).sin_cos();
        let rest = (f64::from(x) - s * sin - c * cos) * window(i);
        all += rest * rest;
    }
    10.0 * (all / sum / ((s * s + c * c) / 2.0)).log10()
}

#[test]
fn images_of_a_tuned_tone_are_more_than_80_db_below_it() {
    for semitones in [-12.0, -7.0, -0.1, 0.03, 1.0, 2.0, 2.5, 5.0, 7.0, 9.0, 11.0, 12.0f32] {
        let ratio = f64::exp2(f64::from(semitones) / 12.0);
        // up to 0.72 of the lower Nyquist frequency
        for of_nyquist in [0.01, 0.3, 0.6, 0.72] {
            let cycles = 0.5 * of_nyquist / ratio.max(1.0);
            let sample = tone(9000, cycles);
            let out = read(Isa::best(), &sample, semitones, 4096, 4096);
            let left: Vec<f32> = out.chunks_exact(2).skip(100).map(|f| f[0]).collect();
            let beside = beside(&left, cycles * ratio);
            assert!(beside < -80.0, "{semitones} semitones, {of_nyquist}: {beside:.1} dB");
        }
    }
}

#[test]
fn a_tone_above_the_new_nyquist_frequency_does_not_fold_back() {
    for semitones in [5.0, 7.0, 12.0f32] {
        let ratio = f64::exp2(f64::from(semitones) / 12.0);
        let sample = tone(9000, 0.5 * (1.32 / ratio).min(0.98));
        let out = read(Isa::best(), &sample, semitones, 4096, 4096);
        let loudest = out.iter().skip(200).take(7000).fold(0.0f32, |m, x| m.max(x.abs()));
        assert!(loudest < 2e-4, "{semitones} semitones: {loudest}");
    }
}

#[test]
fn tuned_up_an_octave_a_recording_lasts_half_as_long_and_stays_as_loud() {
    assert_eq!(length(1000, step(12.0)), 500);
    assert_eq!(length(1000, step(-12.0)), 2000);
    assert_eq!((length(1000, UNITY), step(0.0), step(f32::NAN)), (1000, UNITY, UNITY));
    assert_eq!(step(99.0), step(12.0));
    let steady = SampleData::new(Frames::Stereo16(vec![16384; 2000].into()), 1.0, 0.1);
    for semitones in [-12.0, 0.3, 12.0] {
        let out = read(Isa::best(), &steady, semitones, 400, 400);
        for frame in out.chunks_exact(2).skip(70) {
            assert!((frame[0] - 0.5).abs() < 1e-6 && (frame[1] - 0.25).abs() < 1e-6);
        }
    }
}

#[test]
fn every_set_of_instructions_and_every_cut_reads_the_same_bits() {
    let ints: Box<[i16]> = (0..800).map(|i| (i * 7919 % 65536 - 32768) as i16).collect();
    let floats: Box<[f32]> = ints.iter().map(|&i| f32::from(i) / 32768.0).collect();
    let kinds = [
        Frames::Mono16(ints.clone()),
        Frames::Stereo16(ints),
        Frames::MonoF32(floats.clone()),
        Frames::StereoF32(floats),
    ];
    for frames in kinds {
        let sample = SampleData::new(frames, 1.0, 0.1);
        for semitones in [-5.0, 0.7, 3.0, 5.0, 8.5, 12.0] {
            let bits = |isa, piece| -> Vec<u32> {
                let out = read(isa, &sample, semitones, 500, piece);
                out.iter().map(|x| x.to_bits()).collect()
            };
            let whole = bits(Isa::all()[0], 500);
            for isa in Isa::all() {
                for piece in [1, 13, 64, 500] {
                    assert!(bits(isa, piece) == whole, "{isa:?}, {semitones}, {piece}");
                }
            }
        }
    }
}

#[test]
fn past_the_end_there_is_silence() {
    let sample = tone(50, 0.1);
    let out = read(Isa::best(), &sample, 1.0, 300, 64);
    assert!(out.iter().skip(200).all(|&x| x == 0.0));
    let mut far = [0.25; 8];
    Sinc::shared().add(Isa::best(), &sample, u64::MAX, step(1.0), [1.0; 2], &mut far);
    assert_eq!(far, [0.25; 8]);
}
