//! How the cost grows with voices and with the length of a call.

use std::path::Path;
use std::time::{Duration, Instant};

use super::plot::{self, Panel};
use super::rig::{KINDS, Plan, RATE, Rig, median};

const VOICES: [usize; 6] = [1, 16, 64, 128, 256, 512];
const BLOCKS: [usize; 7] = [16, 32, 64, 128, 256, 512, 1024];
/// Frames of a recording. So many more than sound at once take turns that one is out of the
/// caches again when it is struck: 512 of stereo f32 are 126 MB.
const LENGTH: usize = 30_720;

/// Prints tables, over voices and frames of a call, and draws them into `file`.
pub fn growth(budget: Duration, file: Option<&Path>) {
    let most = VOICES[VOICES.len() - 1];
    let mut rig = Rig::new(&Plan::new(KINDS[0].1, most, LENGTH));
    let mut times = [const { [const { Vec::new() }; BLOCKS.len()] }; VOICES.len() + 1];
    let begun = Instant::now();
    while times[0][0].len() < 5 || begun.elapsed() < budget * 20 {
        for (times, voices) in times.iter_mut().zip([0].into_iter().chain(VOICES)) {
            for (times, block) in times.iter_mut().zip(BLOCKS) {
                let blocks = LENGTH / block - 1;
                rig.strike(voices);
                times.push(rig.play(blocks, block) * 1e6 / blocks as f64);
                rig.silence();
            }
        }
    }
    let [none, some @ ..] = times.each_ref().map(|row| row.each_ref().map(|x| median(x)));
    head("µs a call, stereo f32");
    row("0 voices", &none);
    for (voices, times) in VOICES.iter().zip(&some) {
        row(&format!("{voices} voices"), times);
    }
    let real = BLOCKS.map(|block| block as f64 / f64::from(RATE) * 1e6);
    row("what they may take", &real);
    head("ns per voice-frame");
    let each: Vec<[f64; BLOCKS.len()]> = VOICES
        .iter()
        .zip(&some)
        .map(|(voices, times)| {
            std::array::from_fn(|i| times[i] * 1e3 / (BLOCKS[i] * voices) as f64)
        })
        .collect();
    for (voices, times) in VOICES.iter().zip(&each) {
        row(&format!("{voices} voices"), times);
    }
    let Some(file) = file else { return };
    let lines = |rows: &[[f64; BLOCKS.len()]]| {
        let points = |i| VOICES.iter().zip(rows).map(|(v, row)| (*v as f64, row[i])).collect();
        (0..BLOCKS.len()).map(points).collect()
    };
    let panels = [
        Panel { title: "µs a call", lines: lines(&some) },
        Panel { title: "ns per voice-frame", lines: lines(&each) },
    ];
    let legend = BLOCKS.map(|block| format!("{block} frames"));
    let svg = plot::svg("voices", &VOICES, &legend, &panels);
    match std::fs::write(file, svg) {
        Ok(()) => println!("\nplot: {}", file.display()),
        Err(error) => println!("\nplot: {}: {error}", file.display()),
    }
}

fn head(title: &str) {
    print!("\n{title:<24}");
    BLOCKS.iter().for_each(|block| print!("{block:>9}"));
    println!();
}

fn row(name: &str, values: &[f64]) {
    print!("{name:<24}");
    values.iter().for_each(|value| print!("{value:>9.2}"));
    println!();
}
