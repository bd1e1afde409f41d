//! Every broken kit says what is wrong with it, in exactly these words, and plays what is left.
//!
//! Each folder of `tests/broken/kits` holds a kit and an `expected.txt`: one line a
//! problem, paths relative to the kit, and last a line `plays: …` with the slots that
//! sound. The recordings are empty: reading them is another floor's work.

use std::fs;
use std::path::{Path, PathBuf};

use rimshot::kit::disk;

fn kits() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken/kits");
    let mut kits: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    kits.sort();
    kits
}

fn said(kit: &Path) -> String {
    let (plan, problems) = disk::read(kit);
    let folder = kit.display().to_string();
    let mut lines: Vec<String> = problems
        .iter()
        .map(|p| p.to_string().replace(&format!("{folder}/"), "").replace(&folder, "."))
        .collect();
    let sounds = plan.into_iter().flat_map(|plan| plan.sounds);
    let slots: Vec<String> = sounds
        .map(|sound| match sound.note {
            Some(note) => format!("{} (note {note})", sound.slot),
            None => sound.slot.to_string(),
        })
        .collect();
    lines.push(format!(
        "plays: {}",
        if slots.is_empty() { "nothing".into() } else { slots.join(", ") }
    ));
    lines.join("\n") + "\n"
}

#[test]
fn every_broken_kit_says_exactly_what_is_wrong_and_plays_the_rest() {
    let kits = kits();
    assert!(kits.len() >= 15, "only {} kits found", kits.len());
    let mut report = String::new();
    for kit in kits {
        let expected = fs::read_to_string(kit.join("expected.txt")).unwrap_or_default();
        let said = said(&kit);
        if said == expected {
            continue;
        }
        report += &format!("\n{}:\n", kit.file_name().unwrap().display());
        for line in expected.lines().filter(|line| !said.lines().any(|l| l == *line)) {
            report += &format!("- {line}\n");
        }
        for line in said.lines().filter(|line| !expected.lines().any(|l| l == *line)) {
            report += &format!("+ {line}\n");
        }
        if said.lines().count() == expected.lines().count() {
            report += &format!("in this order:\n{said}");
        }
    }
    assert!(report.is_empty(), "expected (-) and found (+):\n{report}");
}
