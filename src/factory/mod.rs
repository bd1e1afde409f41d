//! The kit that rimshot makes itself: every recording of `kits/studio` comes from here,
//! the same bytes on every machine (`math.rs` says how), so nobody's recordings are needed to ship
//! a kit, and a test can say that what is shipped is what was made.

mod cymbals;
mod drums;
pub mod groove;
mod math;
mod osc;

use std::io::Cursor;
use std::path::Path;
use std::{fs, io};

use cymbals::Hat;
use math::from_db;
use osc::Noise;

/// Frames a second of every recording.
pub const RATE: u32 = 48_000;

/// Loudness from one level to the next, dB. The velocities of a level then ask for at
/// most 5 dB more or less than its recordings have, where loudness follows (v ÷ 127)²
/// and the engine may scale by 6 dB; only ghost notes below velocity 29 ask for more.
pub const LEVEL_STEP_DB: f64 = 10.0;

/// A recording ends where it stays below this, dBFS: some 65 dB under the loudest stroke.
const END_DB: f64 = -74.0;
/// The part of a recording over which it fades to nothing at its end.
const FADE: f64 = 0.2;
/// Silent frames at the very end.
const REST: usize = 16;

/// The loudness levels: name in file names, and how hard the blow is, 0 … 1.
const LEVELS: [(&str, f64); 3] = [("soft", 0.15), ("medium", 0.5), ("hard", 1.0)];

/// One stroke of one level: the same hardness and another chance for each variation.
#[derive(Debug, Clone, Copy)]
struct Stroke {
    level: usize,
    variation: usize,
    /// 0 … 1.
    hardness: f64,
}

impl Stroke {
    fn stream(self) -> u64 {
        (16 * self.level + self.variation) as u64
    }

    /// Chance of its own for an instrument.
    fn noise(self, instrument: u64) -> Noise {
        Noise::new(instrument, self.stream())
    }
}

/// What is recorded of one way to strike one instrument.
struct Instrument {
    /// Its folder.
    name: &'static str,
    /// How many different strokes there are of each level.
    variations: usize,
    /// Peak of the first hard stroke, dBFS. These numbers are the balance of the kit:
    /// with them the demo's groove peaks at about −1.5 dBFS, where its last crash and
    /// kick meet.
    peak_db: f64,
    play: fn(Stroke) -> Vec<f64>,
}

const fn instrument(
    name: &'static str,
    variations: usize,
    peak_db: f64,
    play: fn(Stroke) -> Vec<f64>,
) -> Instrument {
    Instrument { name, variations, peak_db, play }
}

#[rustfmt::skip]
const STUDIO: [Instrument; 14] = [
    instrument("kick",         2,  -4.0, drums::kick),
    instrument("snare",        3,  -3.5, drums::snare),
    instrument("snare-rim",    2,  -4.0, drums::rimshot),
    instrument("snare-xstick", 1,  -6.0, drums::cross_stick),
    instrument("tom1",         1,  -5.5, |stroke| drums::tom(0, stroke)),
    instrument("tom2",         1,  -5.5, |stroke| drums::tom(1, stroke)),
    instrument("tom3",         1,  -5.0, |stroke| drums::tom(2, stroke)),
    instrument("hihat-closed", 4, -10.5, |stroke| cymbals::hihat(Hat::Closed, stroke)),
    instrument("hihat-half",   2, -10.5, |stroke| cymbals::hihat(Hat::Half, stroke)),
    instrument("hihat-open",   1, -10.5, |stroke| cymbals::hihat(Hat::Open, stroke)),
    instrument("hihat-pedal",  2, -13.0, |stroke| cymbals::hihat(Hat::Pedal, stroke)),
    instrument("crash",        1, -10.5, cymbals::crash),
    instrument("ride",         1, -11.5, cymbals::ride),
    instrument("ride-bell",    1, -11.0, cymbals::ride_bell),
];

/// The files of the kit "Studio": path below the kit's folder, with `/`, and contents.
/// `kit.toml` first, then the recordings: 16-bit mono WAV at [`RATE`].
pub fn studio() -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("kit.toml".to_owned(), include_bytes!("studio.toml").to_vec())];
    for instrument in &STUDIO {
        let mut hardest = None;
        // From hard to soft: the hardest stroke sets the loudness of the others.
        for (level, (name, hardness)) in LEVELS.into_iter().enumerate().rev() {
            for variation in 0..instrument.variations {
                let mut frames = (instrument.play)(Stroke { level, variation, hardness });
                block_dc(&mut frames);
                let below = LEVEL_STEP_DB * (LEVELS.len() - 1 - level) as f64;
                let loudness = attack_loudness(&frames);
                let wanted =
                    *hardest.get_or_insert(loudness / peak(&frames) * from_db(instrument.peak_db));
                let gain = wanted * from_db(-below) / loudness;
                frames.iter_mut().for_each(|x| *x *= gain);
                let path = format!("{}/{name}-{}.wav", instrument.name, variation + 1);
                files.push((path, wav(&quantise(&end(frames)))));
            }
        }
    }
    files
}

/// Writes [`studio`] into a folder, which is made where it is missing. Files of other
/// names in it stay. Returns how many files and bytes were written.
///
/// # Errors
/// What the file system says, with the path it is about.
pub fn write(dir: &Path) -> io::Result<(usize, usize)> {
    let files = studio();
    for (path, bytes) in &files {
        let path = dir.join(path);
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(named)?;
        }
        fs::write(&path, bytes).map_err(named)?;
    }
    Ok((files.len(), files.iter().map(|(_, bytes)| bytes.len()).sum()))
}

/// Takes out what stands still: a first-order high-pass at 12 Hz.
fn block_dc(frames: &mut [f64]) {
    let r = math::exp(-std::f64::consts::TAU * 12.0 * osc::FRAME);
    let (mut before, mut y) = (0.0, 0.0);
    for x in frames {
        y = *x - before + r * y;
        before = *x;
        *x = y;
    }
}

fn peak(frames: &[f64]) -> f64 {
    frames.iter().fold(0.0, |m, x| m.max(x.abs()))
}

/// Linear RMS of the 50 ms after the onset, the first frame above −40 dB of the peak:
/// the measure by which the engine scales recordings too.
fn attack_loudness(frames: &[f64]) -> f64 {
    let threshold = 0.01 * peak(frames);
    let onset = frames.iter().position(|x| x.abs() > threshold).unwrap_or(0);
    let attack = &frames[onset..frames.len().min(onset + RATE as usize / 20)];
    let power: f64 = attack.iter().map(|x| x * x).sum();
    (power / attack.len() as f64).sqrt()
}

/// Cuts a recording off where nothing is heard of it any more, with a fade to silence.
fn end(mut frames: Vec<f64>) -> Vec<f64> {
    let floor = from_db(END_DB);
    let heard = frames.iter().rposition(|x| x.abs() > floor).map_or(0, |last| last + 1);
    frames.truncate(heard);
    let fade = (FADE * heard as f64) as usize;
    for (n, x) in frames.iter_mut().rev().take(fade).enumerate() {
        let part = n as f64 / fade as f64;
        *x *= part * part * (3.0 - 2.0 * part);
    }
    frames.resize(heard + REST, 0.0);
    frames
}

/// Rounds to 16 bits. Without dither: the modes and noises of a drum are enough of it.
fn quantise(frames: &[f64]) -> Vec<i16> {
    frames.iter().map(|x| (x * 32768.0).round() as i16).collect()
}

fn wav(frames: &[i16]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::with_capacity(2 * frames.len() + 44));
    let written = hound::WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        let mut block = writer.get_i16_writer(frames.len() as u32);
        frames.iter().for_each(|&x| block.write_sample(x));
        block.flush()?;
        writer.finalize()
    });
    debug_assert!(written.is_ok(), "a Vec takes every byte: {written:?}");
    bytes.into_inner()
}
