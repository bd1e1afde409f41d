//! The tables of kits/README.md.

use std::fs;
use std::path::{Path, PathBuf};

use crate::classes::{classes, kind};
use crate::compare::{Row, Spread, hardest};
use crate::ours;
use crate::reasons::Reasons;
use crate::recorded::{Table, instruments};

/// The measures of the first table; those of the second begin with [`DECAY`].
const SHOWN: [&str; 7] = [
    "attack ms",
    "crest dB",
    "centroid Hz",
    "growth oct/10 dB",
    "tonal dB",
    "width dB",
    "difference dB",
];
const DECAY: &str = "T60";

/// What became of the tables.
pub struct Report {
    /// Markdown.
    pub text: String,
    /// What lies outside without a reason.
    pub unexplained: Vec<String>,
}

/// The tables of all kits in a folder.
pub fn tables(
    kits: &Path,
    table: &Table,
    recorded: &Path,
    reasons: &Reasons,
) -> Result<Report, String> {
    let mut report = Report { text: String::new(), unexplained: Vec::new() };
    for folder in folders(kits)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("tables: {name}");
        report.kit(&folder, &name, table, recorded, reasons)?;
    }
    Ok(report)
}

/// The folders of kits in a folder, in order.
pub fn folders(kits: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(kits).map_err(|e| format!("{}: {e}", kits.display()))?;
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("kit.toml").is_file())
        .collect();
    folders.sort();
    Ok(folders)
}

impl Report {
    fn kit(
        &mut self,
        folder: &Path,
        name: &str,
        table: &Table,
        recorded: &Path,
        reasons: &Reasons,
    ) -> Result<(), String> {
        let strokes =
            ours::instruments(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for (folder, strokes) in &strokes {
            let theirs = instruments(table, recorded, kind(name), &classes(folder));
            let (decays, others): (Vec<Row>, Vec<Row>) =
                hardest(strokes, &theirs).into_iter().partition(|row| row.name.starts_with(DECAY));
            let others = others.into_iter().filter(|row| SHOWN.contains(&row.name.as_str()));
            first.push((folder.as_str(), theirs.len(), others.collect()));
            second.push((folder.as_str(), theirs.len(), decays));
        }
        self.text += &format!("### {name}\n\n");
        self.table(name, &first, reasons);
        self.text += "Decay by 60 dB in octave bands, s:\n\n";
        self.table(name, &second, reasons);
        Ok(())
    }

    fn table(&mut self, kit: &str, lines: &[(&str, usize, Vec<Row>)], reasons: &Reasons) {
        let Some((_, _, rows)) = lines.first() else { return };
        let short = |name: &str| {
            let name = name.trim_start_matches(DECAY).trim();
            name.strip_suffix(" s").unwrap_or(name).to_owned()
        };
        let heads: Vec<String> = rows.iter().map(|row| short(&row.name)).collect();
        self.text += &format!("| | n | {} | outside, and why |\n", heads.join(" | "));
        self.text += &format!("|---|---|{}---|\n", "---|".repeat(heads.len()));
        for (folder, count, rows) in lines {
            let cells: Vec<String> = rows.iter().map(cell).collect();
            let why = self.why(kit, folder, rows, reasons);
            self.text += &format!("| {folder} | {count} | {} | {why} |\n", cells.join(" | "));
        }
        self.text.push('\n');
    }

    /// What lies outside, grouped by reasons.
    fn why(&mut self, kit: &str, folder: &str, rows: &[Row], reasons: &Reasons) -> String {
        let mut groups: Vec<(Option<&str>, Vec<String>)> = Vec::new();
        for row in rows.iter().filter(|row| row.outside() != 0) {
            let why = reasons.find(kit, folder, &row.name);
            let direction = if row.outside() > 0 { "above" } else { "below" };
            let measure = row.name.trim_end_matches(" s").to_owned();
            if why.is_none() {
                self.unexplained.push(format!(
                    "{kit}/{folder}: {measure} is {direction} what is recorded: {}",
                    cell(row)
                ));
            }
            match groups.iter_mut().find(|(reason, _)| *reason == why) {
                Some((_, measures)) => measures.push(measure),
                None => groups.push((why, vec![measure])),
            }
        }
        let sentence = |(why, measures): &(Option<&str>, Vec<String>)| {
            format!("{}: {}", measures.join(", "), why.unwrap_or("**not yet explained**"))
        };
        groups.iter().map(sentence).collect::<Vec<_>>().join("; ")
    }
}

/// `ours (least–greatest recorded)`, in bold type where it lies outside.
fn cell(row: &Row) -> String {
    let ours = row.ours.map_or("–".to_owned(), |ours| number(ours.median));
    let ours = if row.outside() == 0 { ours } else { format!("**{ours}**") };
    let range = |Spread { min, max, .. }: Spread| format!(" ({}…{})", number(min), number(max));
    ours + &row.recorded.map_or(String::new(), range)
}

/// Two or three figures.
fn number(x: f64) -> String {
    let text = match x.abs() {
        size if size < 0.995 => format!("{x:.2}"),
        size if size < 9.95 => format!("{x:.1}"),
        _ => format!("{x:.0}"),
    };
    text.replace('-', "−")
}

/// Puts a text between the markers of its name in a Markdown file.
pub fn insert(file: &Path, name: &str, text: &str) -> Result<(), String> {
    let whole = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let places = whole.find(&start).map(|at| at + start.len()).zip(whole.find(&end));
    let (from, to) = places
        .filter(|(from, to)| from <= to)
        .ok_or_else(|| format!("{}: the markers of {name} are missing", file.display()))?;
    let new = format!("{}\n{}\n{}", &whole[..from], text.trim_end(), &whole[to..]);
    fs::write(file, new).map_err(|e| format!("{}: {e}", file.display()))
}
