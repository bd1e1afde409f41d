//! What the engine costs above what no drum sampler can avoid: reading the samples and
//! adding them. Floors run in the same process, interleaved, and the ratio is printed.
//!
//! `cargo bench --bench engine -- [PART]... [SECONDS] [FILE.svg]`: the parts of [`PARTS`],
//! or all; so many seconds for each case (1); the plot of `growth` goes to the file, if one
//! is named. `… count KIND[ at SEMITONES] VOICES BLOCKS` plays so many blocks and prints
//! nothing: for `instructions.sh`, which counts what it took.

mod floors;
mod growth;
mod hits;
mod loading;
mod mixing;
mod plot;
mod rig;
mod shaped;

use std::path::Path;
use std::time::Duration;

type Part = fn(Duration);

const PARTS: [(&str, Part); 8] = [
    ("unity", mixing::unity),
    ("fades", mixing::fades),
    ("tuned", mixing::tuned),
    ("resampled", mixing::resampled),
    ("shaped", shaped::shaped),
    ("hits", hits::hits),
    ("events", hits::events),
    ("loading", loading::loading),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [word, kind, voices, blocks] = args.as_slice()
        && word == "count"
    {
        let number = |text: &str| text.parse().expect("a number");
        return mixing::count(kind, number(voices), number(blocks));
    }
    let seconds = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(1.0);
    let budget = Duration::from_secs_f64(seconds);
    let plot = args.iter().map(Path::new).find(|arg| arg.extension().is_some_and(|x| x == "svg"));
    let named = |part: &str| args.iter().any(|arg| arg == part);
    let all = !named("growth") && !PARTS.iter().any(|(name, _)| named(name));
    for (_, part) in PARTS.iter().filter(|(name, _)| all || named(name)) {
        part(budget);
    }
    if all || named("growth") {
        growth::growth(budget, plot);
    }
}
