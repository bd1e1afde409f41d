//! Real performances: how loud they are, and whether the kick is heard beside the toms.

use std::fs;
use std::path::{Path, PathBuf};

use ebur128::{EbuR128, Mode};
use rimshot::maps::NoteMap;
use rimshot::midi::Message;
use rimshot::midi::file::{self, Take};
use rimshot::words::Slot;

use super::{RATE, load, part, play};
use crate::sound::{band, power_db};

/// How many are played, evenly out of all.
const COUNT: usize = 10;
/// How long they may be, s.
const LENGTH: std::ops::RangeInclusive<f64> = 20.0..=90.0;
/// How much kits may differ in the loudness of the same takes, LU. With the loud groove of the
/// factory they differ by at most 1 LU; takes that are played softly differ by a little more,
/// because what is soft in a kit (ghost notes, hats) has other parts of its loudness.
const SPREAD: f64 = 1.25;
/// Where a kick has its weight, Hz, and how long after a hit it is looked for, s.
const WEIGHT: [f64; 2] = [40.0, 120.0];
const AFTER: f64 = 0.05;
/// Kicks count that a tom is struck at most so long before, or with, s.
const BESIDE: f64 = 0.2;
/// What is struck at most so much later is struck with it, s.
const WITH: f64 = 0.01;
const TOMS: [&str; 4] = ["tom1", "tom2", "tom3", "tom4"];

/// What is measured of a kit.
struct Heard {
    loudness: f64,
    range: f64,
    /// dB of the kick over the rest: the median of the hits that count, and what all but a
    /// tenth of them exceed.
    kick: [Option<f64>; 2],
    /// How many they are.
    hits: usize,
}

/// The table, or a line where there are no performances.
pub fn table(
    kits: &[(String, PathBuf)],
    root: &Path,
    problems: &mut Vec<String>,
) -> Result<String, String> {
    let groove = root.ancestors().map(|a| a.join("shared/corpus/groove")).find(|g| g.is_dir());
    let Some(groove) = groove else {
        println!("takes: SKIPPED the performances: no shared/corpus/groove beside the repository");
        return Ok(String::new());
    };
    let takes = choose(&groove)?;
    let map = NoteMap::named("roland").ok_or("the map roland is missing")?;
    let mut text = format!(
        "{} performances of the Groove MIDI Dataset (CC BY 4.0) through each kit: medians of \
         their integrated loudness and loudness range (EBU R 128), and, for kicks within {} ms \
         after a stroke on a tom, the level of the kick between {} and {} Hz in the {} ms after \
         its hit against everything else there.\n\n| kit | loudness LUFS | range LU | kicks \
         beside toms | kick over the rest dB, median | all but a tenth above |\n\
         |---|---|---|---|---|---|\n",
        takes.len(),
        BESIDE * 1000.0,
        WEIGHT[0],
        WEIGHT[1],
        AFTER * 1000.0
    );
    let mut loudness = Vec::new();
    for (name, folder) in kits {
        let heard = hear(folder, &takes, &map)?;
        let db = |x: Option<f64>| x.map_or("–".to_owned(), |x| format!("{x:.1}"));
        let [median, least] = heard.kick.map(db);
        text += &format!(
            "| {name} | {:.1} | {:.1} | {} | {median} | {least} |\n",
            heard.loudness, heard.range, heard.hits
        );
        loudness.push(heard.loudness);
    }
    let [least, most] = [part(&mut loudness, 0.0), part(&mut loudness, 1.0)];
    if let (Some(least), Some(most)) = (least, most) {
        text += &format!("\nThe kits differ by {:.1} LU.\n\n", most - least);
        if most - least > SPREAD {
            problems.push(format!("the kits differ by {:.1} LU in loudness", most - least));
        }
    }
    println!("{text}");
    Ok(text)
}

/// Takes of a fit length, evenly out of all in order of their paths.
fn choose(groove: &Path) -> Result<Vec<Take>, String> {
    let mut paths = Vec::new();
    gather(groove, &mut paths).map_err(|e| format!("{}: {e}", groove.display()))?;
    paths.sort();
    let takes = paths.iter().map(|path| file::read(path).map_err(|problem| problem.to_string()));
    let mut takes = takes.collect::<Result<Vec<_>, _>>()?;
    takes.retain(|take| LENGTH.contains(&(take.duration_frames(RATE) as f64 / f64::from(RATE))));
    let step = (takes.len() / COUNT).max(1);
    Ok(takes.into_iter().step_by(step).take(COUNT).collect())
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, found)?;
        } else if path.extension().is_some_and(|kind| kind == "mid") {
            found.push(path);
        }
    }
    Ok(())
}

fn hear(folder: &Path, takes: &[Take], map: &NoteMap) -> Result<Heard, String> {
    let kit = load(folder)?;
    let toms: Vec<Slot> = TOMS.iter().filter_map(|name| Slot::from_name(name)).collect();
    let (mut loudness, mut range, mut kick) = (Vec::new(), Vec::new(), Vec::new());
    for take in takes {
        let mix = play(kit.clone(), take, map, None)?.concat();
        let meter = EbuR128::new(2, RATE, Mode::I | Mode::LRA).map_err(|e| e.to_string());
        let mut meter = meter?;
        meter.add_frames_f32(&mix).map_err(|e| e.to_string())?;
        loudness.push(meter.loudness_global().map_err(|e| e.to_string())?);
        range.push(meter.loudness_range().map_err(|e| e.to_string())?);
        let stems = play(kit.clone(), take, map, Some(&[Slot::KICK]))?;
        let [rest, alone] = [0, 1].map(|pair| weight(&stems[pair]));
        let frames = |seconds: f64| (seconds * f64::from(RATE)) as usize;
        let struck = hits(take, map, &toms);
        for frame in hits(take, map, &[Slot::KICK]) {
            let near = frame.saturating_sub(frames(BESIDE))..=frame + frames(WITH);
            if struck.iter().any(|tom| near.contains(tom)) {
                let after = frame..(frame + frames(AFTER)).min(rest.len());
                let energy = |stem: &[f64]| stem[after.clone()].iter().sum::<f64>().max(1e-12);
                kick.push(power_db(energy(&alone) / energy(&rest)));
            }
        }
    }
    let median = |values: &mut [f64]| part(values, 0.5).ok_or("there are no takes");
    Ok(Heard {
        loudness: median(&mut loudness)?,
        range: median(&mut range)?,
        hits: kick.len(),
        kick: [0.5, 0.1].map(|below| part(&mut kick, below)),
    })
}

/// Power of each frame of interleaved stereo in the band of a kick's weight.
fn weight(stereo: &[f32]) -> Vec<f64> {
    let mut power = vec![0.0; stereo.len() / 2];
    for side in 0..2 {
        let mut frames: Vec<f64> =
            stereo.iter().skip(side).step_by(2).map(|x| f64::from(*x)).collect();
        band(&mut frames, WEIGHT[0], WEIGHT[1], f64::from(RATE));
        power.iter_mut().zip(&frames).for_each(|(p, x)| *p += x * x);
    }
    power
}

/// The frames at which one of these slots is hit.
fn hits(take: &Take, map: &NoteMap, slots: &[Slot]) -> Vec<usize> {
    let struck =
        |note: u8| map.notes[usize::from(note)].is_some_and(|mapped| slots.contains(&mapped.slot));
    let hit = |(frame, message): (u64, Message)| match message {
        Message::NoteOn { note, .. } if struck(note) => Some(frame as usize),
        _ => None,
    };
    take.frames(RATE).filter_map(hit).collect()
}
