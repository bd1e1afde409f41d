//! What a voice costs that is shaped, and the room.

use std::time::{Duration, Instant};

use rimshot::kit::{Shape, shape};

use super::rig::{BLOCK, KINDS, Plan, Rig, median};

const LENGTH: usize = 60_000;

/// An envelope that rises and then falls for longer than the recordings last, a low-pass
/// filter, both, both tuned; then the room, whose own cost is told from its sends' by the
/// number of voices.
pub fn shaped(budget: Duration) {
    let ms = |frames: usize| frames as f32 / 48.0;
    let envelope =
        shape::Envelope { attack: ms(480), decay: Some(ms(2 * LENGTH)), ..shape::Envelope::NONE };
    let plain = Shape { reverb: 0.0, ..Shape::default() };
    let enveloped = Shape { envelope: Some(envelope), ..plain };
    let lowpass = Some(shape::Cutoff::fixed(6000.0));
    let filtered = Shape { lowpass, ..plain };
    let both = Shape { lowpass, ..enveloped };
    let sent = Shape { reverb: 1.0, ..plain };
    let sent_both = Shape { reverb: 1.0, ..both };
    let cases = [
        ("as it is", plain, 0.0, false),
        ("envelope", enveloped, 0.0, false),
        ("low-pass", filtered, 0.0, false),
        ("envelope, low-pass", both, 0.0, false),
        ("both, at +0.3 semitones", both, 0.3, false),
        ("as it is, sent to the room", sent, 0.0, true),
        ("both, sent to the room", sent_both, 0.0, true),
    ];
    println!("\n{:<30}{:>20}{:>20}", "stereo f32, ns", "per voice-frame", "a frame's rest");
    let mut times = cases.map(|_| [const { Vec::new() }; 2]);
    let mut rigs = cases.map(|(_, shape, tune, room)| {
        Rig::new(&Plan { shape, tune, room, ..Plan::new(KINDS[0].1, 64, LENGTH) })
    });
    let begun = Instant::now();
    while times[0][0].len() < 3 || begun.elapsed() < budget * cases.len() as u32 {
        for (rig, times) in rigs.iter_mut().zip(&mut times) {
            for (times, voices) in times.iter_mut().zip([1, 64]) {
                let blocks = LENGTH / BLOCK - 50;
                rig.strike(voices);
                times.push(rig.play(blocks, BLOCK) * 1e9 / (blocks * BLOCK) as f64);
                rig.silence();
            }
        }
    }
    for ((name, ..), times) in cases.iter().zip(&times) {
        let [one, many] = times.each_ref().map(|times| median(times));
        let voice = (many - one) / 63.0;
        println!("{name:<30}{voice:>20.2}{:>20.2}", one - voice);
    }
}
