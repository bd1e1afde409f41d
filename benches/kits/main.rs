//! How the factory kits sound, measured beside recorded ones.
//!
//! `cargo bench --bench kits`, or `… -- PART...` for only some parts: `tables` and
//! `pictures` need the recorded kits (`fetch.rs`), `takes` performances in
//! `shared/corpus/groove` beside the repository or above it. Tables go into kits/README.md, pictures into docs/kits. It fails
//! where a measure lies outside what is recorded and `reasons.toml` does not say why.
//!
//! `… -- FILE.wav...` measures files, `… -- --compare KIT...` prints all measures of kits
//! beside the recorded ones.

mod canvas;
mod classes;
mod cli;
mod compare;
mod fetch;
mod measure;
mod ours;
mod pictures;
mod reasons;
mod recorded;
mod report;
mod sound;
mod spectrum;
mod takes;

use std::path::Path;
use std::process::ExitCode;

const PARTS: [&str; 3] = ["tables", "pictures", "takes"];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let done = match args.iter().all(|arg| PARTS.contains(&arg.as_str())) {
        true => parts(&args),
        false => cli::run(&args).map(|()| Vec::new()),
    };
    let problems = done.unwrap_or_else(|problem| vec![problem]);
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Does these parts, or all; what must be mended.
fn parts(named: &[String]) -> Result<Vec<String>, String> {
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (kits, readme) = (root.join("kits"), root.join("kits/README.md"));
    let reasons = reasons::Reasons::get()?;
    let mut problems = Vec::new();
    if wanted("tables") || wanted("pictures") {
        let table = recorded::Table::get()?;
        if let Some(recorded) = fetch::fetch(&table) {
            if wanted("tables") {
                let report = report::tables(&kits, &table, &recorded, &reasons)?;
                report::insert(&readme, "tables", &report.text)?;
                problems.extend(report.unexplained);
            }
            if wanted("pictures") {
                let text = pictures::draw(&kits, &recorded, &root.join("docs/kits"))?;
                report::insert(&readme, "pictures", &text)?;
            }
        }
    }
    if wanted("takes") {
        let (text, more) = takes::takes(&kits, root, &reasons)?;
        report::insert(&readme, "takes", &text)?;
        problems.extend(more);
    }
    Ok(problems)
}
