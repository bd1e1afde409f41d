//! `measure FILE...` and `measure --compare KIT... [--recorded FOLDER] [--only WORD]`.

use std::path::{Path, PathBuf};

use crate::classes::{classes, kind};
use crate::compare::{Row, Spread, hardest, softest};
use crate::measure::{Measures, OCTAVES};
use crate::ours;
use crate::recorded::{Table, instruments};
use crate::sound::Sound;

/// Runs what the arguments ask for.
pub fn run(args: &[String]) -> Result<(), String> {
    let mut root = PathBuf::from("target/recorded/wav");
    let (mut compared, mut files, mut only) = (false, Vec::new(), None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--compare" => compared = true,
            "--recorded" => root = args.next().ok_or("--recorded FOLDER")?.into(),
            "--only" => only = Some(args.next().ok_or("--only WORD")?.clone()),
            file => files.push(PathBuf::from(file)),
        }
    }
    if !compared {
        header();
        files.iter().for_each(|file| line(file));
        return Ok(());
    }
    let table = Table::get()?;
    for kit in &files {
        compare(kit, &table, &root, only.as_deref())?;
    }
    Ok(())
}

fn number(x: f64) -> String {
    match x.abs() {
        x if x < 9.95 => format!("{:.2}", if x < 0.005 { 0.0 } else { x }),
        x if x < 99.5 => format!("{x:.1}"),
        x => format!("{x:.0}"),
    }
}

/// With its sign.
fn signed(x: f64) -> String {
    format!("{}{}", if x < 0.0 { "-" } else { "" }, number(x))
}

fn optional(x: Option<f64>) -> String {
    x.map_or("-".into(), signed)
}

fn header() {
    print!(
        "{:>7} {:>7} {:>7} {:>6} {:>8} {:>7} ",
        "peak", "loud", "attack", "crest", "centroid", "pitch"
    );
    OCTAVES.iter().for_each(|hz| print!("{:>6} ", format!("T{hz}")));
    println!("{:>6} {:>6} {:>6}  file", "tonal", "width", "length");
}

fn line(path: &Path) {
    let sound = match Sound::read(path) {
        Ok(sound) => sound,
        Err(problem) => return println!("{problem}"),
    };
    let m = Measures::of(&sound);
    print!("{:>7} {:>7} {:>7} ", signed(m.peak_db), signed(m.loudness_db), signed(m.attack_ms));
    print!("{:>6} {:>8.0} {:>7.1} ", signed(m.crest_db), m.centroid, m.pitch);
    m.t60.iter().for_each(|t| print!("{:>6} ", optional(*t)));
    print!("{:>6} {:>6} ", optional(m.tonal_db), optional(m.width_db));
    println!("{:>6}  {}", signed(m.length), path.display());
}

fn compare(kit: &Path, table: &Table, root: &Path, only: Option<&str>) -> Result<(), String> {
    let name = kit.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let found = ours::instruments(kit).map_err(|e| format!("{}: {e}", kit.display()))?;
    for (folder, strokes) in &found {
        if only.is_some_and(|word| !folder.contains(word)) {
            continue;
        }
        let classes = classes(folder);
        let recorded = instruments(table, root, kind(name), &classes);
        let (levels, variations) =
            (strokes.levels.len(), strokes.levels.iter().map(Vec::len).max().unwrap_or(0));
        println!(
            "\n== {folder}: {levels} levels of {variations}; beside {} recorded ({})",
            recorded.len(),
            classes.join(", ")
        );
        print_rows(&hardest(strokes, &recorded), &softest(strokes, &recorded));
        let names: Vec<&str> = recorded.iter().map(|r| r.name.as_str()).collect();
        println!("   recorded: {}", names.join("; "));
    }
    Ok(())
}

fn spread(s: Option<Spread>) -> String {
    let Some(s) = s else { return format!("{:>24}", "-") };
    format!("{:>8}{:>8}{:>8}", signed(s.min), signed(s.median), signed(s.max))
}

fn print_rows(hard: &[Row], soft: &[Row]) {
    println!(
        "{:17}{:>24} |{:>24}  n out |{:>24} |{:>24}  n out",
        "",
        "OURS hard: min med max",
        "RECORDED min med max",
        "OURS soft: min med max",
        "RECORDED min med max"
    );
    for (i, row) in hard.iter().enumerate() {
        let half = |row: &Row| {
            let out = ["<<<", "", ">>>"][(row.outside() + 1) as usize];
            let count = row.recorded.map_or(0, |r| r.count);
            format!("{} |{} {count:>2} {out:3}", spread(row.ours), spread(row.recorded))
        };
        let soft = soft.get(i).map_or(String::new(), half);
        println!("{:17}{} |{soft}", row.name, half(row));
    }
}
