//! Whether it feels like a drum kit, in figures: `cargo bench --bench feel` prints them and
//! writes them into docs/feel.md, which says how each is measured. It fails where a figure
//! is not what it must be.
//!
//! `… -- PART... [FOLDER]`: only these of [`PARTS`]; with another kit than kits/studio they
//! are printed and written nowhere. What needs the takes in `shared/corpus/groove` beside the
//! repository is left as it is in the file where they are not.

mod corpus;
mod figures;
mod hihat;
mod rolls;
mod stage;
mod stealing;
#[path = "../../tests/takes/mod.rs"]
mod takes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Markdown, and what is wrong.
type Report = Result<(String, Vec<String>), String>;

/// Name, whether it needs the takes, and what makes it of a kit's folder and the takes.
type Part = (&'static str, bool, fn(&Path, &[PathBuf]) -> Report);

const PARTS: [Part; 6] = [
    ("corpus", true, corpus::tables),
    ("strokes", false, |kit, _| hihat::strokes(kit)),
    ("damping", false, |kit, _| hihat::damping(kit)),
    ("stealing", true, stealing::of_takes),
    ("roll", false, |kit, _| stealing::of_a_roll(kit)),
    ("machine-gun", false, |kit, _| rolls::table(kit)),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let is_part = |arg: &str| PARTS.iter().any(|(name, ..)| *name == arg);
    let kit = args.iter().find(|arg| !is_part(arg)).map(PathBuf::from);
    let all = !args.iter().any(|arg| is_part(arg));
    let corpus = takes::all();
    let mut problems = Vec::new();
    for (name, needs_takes, make) in PARTS {
        if !all && !args.iter().any(|arg| arg == name) {
            continue;
        }
        if needs_takes && corpus.is_none() {
            println!("{name}: SKIPPED, there is no shared/corpus/groove beside the repository\n");
            continue;
        }
        let folder = kit.clone().unwrap_or_else(stage::studio);
        let made = make(&folder, corpus.as_deref().unwrap_or_default());
        let written = made.and_then(|(text, more)| {
            println!("{name}\n\n{}\n", text.trim_end());
            problems.extend(more.into_iter().map(|problem| format!("{name}: {problem}")));
            if kit.is_some() { Ok(()) } else { insert(name, &text) }
        });
        problems.extend(written.err());
    }
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Puts a text between the markers of its name in docs/feel.md.
fn insert(name: &str, text: &str) -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/feel.md");
    let whole = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let places = whole.find(&start).map(|at| at + start.len()).zip(whole.find(&end));
    let (from, to) = places
        .filter(|(from, to)| from <= to)
        .ok_or_else(|| format!("{}: the markers of {name} are missing", file.display()))?;
    let new = format!("{}\n{}\n\n{}", &whole[..from], text.trim_end(), &whole[to..]);
    std::fs::write(&file, new).map_err(|e| format!("{}: {e}", file.display()))
}
