//! `rimshot kits`: which kits there are, and what memory they need.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::config::Config;
use super::exit::Exit;
use super::inspect::print_json;
use super::kits::{Shelf, beside, library_of};
use super::render::show;
use crate::kit::disk::{self, KitEntry};
use crate::library::SampleLibrary;
use crate::library::fit::{Cost, Share};
use crate::library::load::cost;
use crate::words::Problem;
use crate::words::problem::path_as_text;

/// Arguments of `rimshot kits`.
#[derive(Debug, clap::Args)]
pub struct KitsArgs {
    /// The configuration whose kit folders are looked through, as for `play`.
    #[arg(short, long)]
    config: Option<PathBuf>,
    /// For scripts: one JSON object.
    ///
    /// `kits` is a list of objects with `name`, `folder`, `program` (0 to 127, or null),
    /// `bytes` (the memory it needs as it is kept, or null where nothing can be played),
    /// `bytes_compact` (as 16-bit) and what of it `fits` by itself (full, compact: only as
    /// 16-bit, thinned: only with fewer variations, or null); `budget` is how many bytes there
    /// are for kits; `folders` is where they were looked for; `problems` is a list of objects
    /// with `severity` (note, warning or error), `file`, `place` ([line, column], or null) and
    /// `what`.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct KitLine<'a> {
    name: &'a str,
    #[serde(serialize_with = "path_as_text")]
    folder: &'a Path,
    program: Option<u8>,
    bytes: Option<usize>,
    bytes_compact: Option<usize>,
    fits: Option<Share>,
}

#[derive(Serialize)]
struct Kits<'a> {
    kits: Vec<KitLine<'a>>,
    budget: usize,
    folders: Vec<String>,
    problems: &'a [Problem],
}

/// What a kit needs, and whether it is kept as 16-bit; `None` where nothing can be played.
fn need(entry: &KitEntry, library: &SampleLibrary) -> Option<(Cost, bool)> {
    let plan = disk::read(&entry.folder).0?;
    let cost = cost(&plan, library);
    (cost != Cost::default()).then_some((cost, plan.compact || library.is_compact()))
}

fn line<'a>(entry: &'a KitEntry, library: &SampleLibrary) -> KitLine<'a> {
    let need = need(entry, library);
    KitLine {
        name: &entry.name,
        folder: &entry.folder,
        program: entry.program,
        bytes: need.map(|(cost, compact)| cost.of(compact)),
        bytes_compact: need.map(|(cost, _)| cost.compact),
        fits: need.map(|(cost, compact)| cost.share(compact, library.budget())),
    }
}

/// Lists the kits.
pub fn kits(args: &KitsArgs) -> Exit {
    let path = Config::find(args.config.as_deref());
    let (config, problems) = match &path {
        Some(path) => Config::read(path),
        None => (Some(Config::default()), Vec::new()),
    };
    show(&problems);
    let Some(config) = config else { return Exit::Input };
    let shelf = Shelf::scan(&config.kits.folders, beside(path.as_deref()));
    let library = library_of(&config);
    let kits = shelf.entries().iter().map(|entry| line(entry, &library)).collect();
    let folders = shelf.folders().iter().map(|f| f.display().to_string()).collect();
    let found = Kits { kits, budget: library.budget(), folders, problems: &shelf.problems };
    if args.json {
        print_json(&found);
    } else {
        show(&shelf.problems);
        print!("{}", for_people(&found, config.kits.memory > 0));
    }
    Exit::Done
}

fn mb(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// The list, and what the memory means for switching. `set`: the budget is a setting.
fn for_people(found: &Kits, set: bool) -> String {
    if found.kits.is_empty() {
        let folders: String = found.folders.iter().map(|f| format!("  {f}\n")).collect();
        return format!("no kit found; looked in\n{folders}");
    }
    let mut text = format!("{:>7}  {:<24} {:>10}  folder\n", "program", "kit", "memory");
    for kit in &found.kits {
        let program = kit.program.map_or("-".to_owned(), |n| n.to_string());
        let memory = kit.bytes.map_or("-".to_owned(), mb);
        let fits = match kit.fits {
            Some(Share::Compact) => "  (fits only as 16-bit)",
            Some(Share::Thinned) => "  (fits only with fewer variations)",
            Some(Share::Full) | None => "",
        };
        let folder = kit.folder.display();
        let _ = writeln!(text, "{program:>7}  {:<24} {memory:>10}  {folder}{fits}", kit.name);
    }
    text + &about_memory(found, set)
}

fn about_memory(found: &Kits, set: bool) -> String {
    let mut bytes: Vec<usize> = found.kits.iter().filter_map(|kit| kit.bytes).collect();
    bytes.sort_unstable_by(|a, b| b.cmp(a));
    let all: usize = bytes.iter().sum();
    let most = |kits: usize| -> usize { bytes.iter().take(kits).sum() };
    let whence = if set { "memory_mb" } else { "half of what is available now; memory_mb sets it" };
    let mut text =
        format!("memory: {} for kits ({whence}), all need {}\n", mb(found.budget), mb(all));
    text += if bytes.len() < 2 {
        return text;
    } else if all <= found.budget {
        "All fit together: loading = \"all\" switches to each of them at once.\n"
    } else if most(3) <= found.budget {
        "Any three fit together: the next and the previous kit are always ready.\n"
    } else if most(2) <= found.budget {
        "Any two fit together: a kit comes whole; the next and the previous are ready where \
         there is room.\n"
    } else {
        "Not any two fit together: beside a large kit another one comes with fewer variations, \
         and is whole some seconds after the old one has rung out.\n"
    };
    let compact: usize = found.kits.iter().filter_map(|kit| kit.bytes_compact).sum();
    if all > found.budget && compact < all {
        let _ = writeln!(text, "As 16-bit (memory = \"compact\") all need {}.", mb(compact));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(budget: usize, sizes: &[(usize, usize)]) -> String {
        let line = |&(bytes, compact): &(usize, usize)| KitLine {
            name: "Jazz",
            folder: Path::new("kits/jazz"),
            program: Some(3),
            bytes: Some(bytes * 1_000_000),
            bytes_compact: Some(compact * 1_000_000),
            fits: None,
        };
        let kits = sizes.iter().map(line).collect();
        let budget = budget * 1_000_000;
        about_memory(&Kits { kits, budget, folders: Vec::new(), problems: &[] }, true)
    }

    #[test]
    fn the_budget_is_told_by_how_many_kits_fit_together() {
        let kits = [(200, 200); 20];
        assert!(told(4000, &kits).contains("\nAll fit together: "));
        assert!(told(600, &kits).contains("\nAny three fit together: "));
        assert!(told(400, &kits).contains("\nAny two fit together: "));
        let small = told(350, &kits);
        assert!(small.starts_with("memory: 350.0 MB for kits (memory_mb), all need 4000.0 MB\n"));
        assert!(small.contains("\nNot any two fit together: "), "{small}");
        assert!(!small.contains("16-bit"), "it would change nothing");
        assert_eq!(told(350, &kits[..1]).lines().count(), 1);
    }

    #[test]
    fn sixteen_bits_are_named_where_they_would_help() {
        assert!(told(350, &[(200, 100), (200, 150)]).ends_with(" all need 250.0 MB.\n"));
        assert!(!told(500, &[(200, 100), (200, 150)]).contains("16-bit"));
    }
}
