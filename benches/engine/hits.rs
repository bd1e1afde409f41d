//! What hits and kit switches cost.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rimshot::words::When;

use super::rig::{BLOCK, KINDS, Make, Plan, RATE, Rig, median, timed};

const MONO: Make = KINDS[2].1;
const VOICES: usize = 128;

/// Microseconds of a block.
const PERIOD_US: f64 = BLOCK as f64 / RATE as f64 * 1e6;

/// A block with a hit that has to steal, and one in which the kit changes, beside quiet ones.
pub fn hits(budget: Duration) {
    let plan = Plan { voices: VOICES, ..Plan::new(MONO, 200, 20_000) };
    let [mut rig, other] = [Rig::new(&plan), Rig::new(&plan)];
    let kits = [&rig, &other].map(|rig| rig.kit.clone());
    let mut out = vec![0.0; 2 * BLOCK];
    rig.strike(VOICES);
    let mut times = [const { Vec::new() }; 3];
    let begun = Instant::now();
    let mut turn = 0;
    while begun.elapsed() < budget {
        for (what, times) in times.iter_mut().enumerate() {
            match what {
                0 => {}
                1 => rig.hit(When::Now),
                _ => {
                    turn += 1;
                    rig.change(kits[turn % 2].clone());
                    rig.hit(When::Now);
                }
            }
            times.push(timed(|| rig.engine.process(black_box(&mut out))) * 1e6);
            rig.empty();
        }
    }
    let [quiet, struck, switched] = times.each_ref().map(|times| median(times));
    println!(
        "\nblock of {BLOCK} frames with {VOICES} voices, µs, and more than quiet, of its period"
    );
    println!("{:<30}{quiet:>10.1}", "quiet");
    for (name, time) in [("a hit that steals a voice", struck), ("a new kit and a hit", switched)] {
        let more = (time - quiet) / PERIOD_US * 100.0;
        println!("{name:<30}{time:>10.1}{more:>10.2} %");
    }
}

/// 0 to 10⁴ hits a second, each at its own frame: where every one steals from 128 voices,
/// and where none does, as the recordings last a block.
pub fn events(budget: Duration) {
    const FRAMES: usize = 120_000;
    const RATES: [usize; 4] = [0, 100, 1000, 10_000];
    for (name, length, voices) in
        [("each steals from 128 voices", FRAMES, VOICES), ("none steals, 64 frames", BLOCK, 0)]
    {
        let mut rig = Rig::new(&Plan::new(KINDS[0].1, VOICES, length));
        let mut times = RATES.map(|_| Vec::new());
        let begun = Instant::now();
        while times[0].len() < 3 || begun.elapsed() < 4 * budget {
            for (times, rate) in times.iter_mut().zip(RATES) {
                rig.strike(voices);
                times.push(struck(&mut rig, FRAMES, rate));
                rig.silence();
            }
        }
        println!("\n{name:<30}{:>20}{:>20}", "of real time", "µs a hit");
        let seconds = FRAMES as f64 / f64::from(RATE);
        let times = times.each_ref().map(|times| median(times) / seconds);
        for (rate, time) in RATES.iter().zip(times) {
            print!("{:<30}{:>18.2} %", format!("{rate} hits a second"), time * 100.0);
            match *rate {
                0 => println!(),
                rate => println!("{:>20.2}", (time - times[0]) * 1e6 / rate as f64),
            }
        }
    }
}

/// Seconds for so many frames with so many hits a second, sending them and taking what the
/// engine tells included.
fn struck(rig: &mut Rig, frames: usize, rate: usize) -> f64 {
    let mut out = vec![0.0; 2 * BLOCK];
    let first = rig.engine.position();
    let mut hits = (0..frames * rate / RATE as usize)
        .map(|hit| first + (hit * RATE as usize / rate.max(1)) as u64)
        .peekable();
    timed(|| {
        for _ in 0..frames / BLOCK {
            let end = rig.engine.position() + BLOCK as u64;
            while let Some(frame) = hits.next_if(|frame| *frame < end) {
                rig.hit(When::Frame(frame));
            }
            rig.engine.process(black_box(&mut out));
            rig.empty();
        }
    })
}
