//! Brings the recorded kits here: Debian packages, unpacked without being installed.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::recorded::{Kit, Table};

/// The folder with a folder of WAV files for each recorded kit. None, with a line that says
/// why, where they cannot be had.
pub fn fetch(table: &Table) -> Option<PathBuf> {
    let folder = folder();
    let tried = unpack(&folder, table).map_err(|why| {
        println!("recorded kits: SKIPPED with tables and pictures, they are not here: {why}");
    });
    tried.ok()?;
    let wav = folder.join("wav");
    let mut skipped = BTreeMap::new();
    for kit in &table.kit {
        for problem in convert(kit, &folder, &wav) {
            *skipped.entry(problem).or_insert(0) += 1;
        }
    }
    for (problem, count) in skipped {
        println!("recorded kits: {count} files skipped: {problem}");
    }
    Some(wav)
}

/// `recorded` in cargo's target folder.
fn folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).join("recorded")
}

/// Downloads what is missing into `folder` and unpacks it there.
fn unpack(folder: &Path, table: &Table) -> Result<(), String> {
    let cannot = |e: io::Error| format!("{}: {e}", folder.display());
    fs::create_dir_all(folder).map_err(cannot)?;
    for package in &table.packages {
        if folder.join(package).is_dir() {
            continue;
        }
        if deb(folder, package).map_err(cannot)?.is_none() {
            run(Command::new("apt-get").args(["download", package]).current_dir(folder))?;
        }
        let file = deb(folder, package).map_err(cannot)?;
        let file = file.ok_or_else(|| format!("apt-get has downloaded no {package}"))?;
        let half = folder.join(format!("{package}.part"));
        run(Command::new("dpkg-deb").arg("-x").arg(&file).arg(&half))?;
        fs::rename(&half, folder.join(package)).map_err(cannot)?;
    }
    Ok(())
}

/// A downloaded package.
fn deb(folder: &Path, package: &str) -> io::Result<Option<PathBuf>> {
    let start = format!("{package}_");
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&start) && name.ends_with(".deb") {
            return Ok(Some(path.clone()));
        }
    }
    Ok(None)
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{name}: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{name}: {}", said.lines().last().unwrap_or("failed without a word")))
        }
    }
}

/// Makes a WAV file of each of the kit's files that are wanted; what went wrong.
fn convert(kit: &Kit, folder: &Path, wav: &Path) -> Vec<String> {
    let into = wav.join(&kit.name);
    if let Err(e) = fs::create_dir_all(&into) {
        return vec![format!("{}: {e}", into.display())];
    }
    let packages = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut places = packages.map(|entry| entry.path().join(kit.folder()));
    let Some(source) = places.find(|place| place.is_dir()) else {
        return vec![format!("{} is in none of the packages", kit.name)];
    };
    kit.files().filter_map(|name| one(&source, &into, &name).err()).collect()
}

fn one(source: &Path, into: &Path, name: &str) -> Result<(), String> {
    let to = into.join(format!("{name}.wav"));
    if to.exists() {
        return Ok(());
    }
    let from = ["wav", "flac", "aiff"].map(|kind| source.join(format!("{name}.{kind}")));
    let [wav, flac, aiff] = &from;
    if wav.exists() {
        return symlink(wav, &to).map_err(|e| format!("{}: {e}", to.display()));
    }
    let from = from.iter().find(|path| path.exists());
    let from = from.ok_or_else(|| format!("{} has no {name}", source.display()))?;
    let decoded = match from == flac {
        true => run(Command::new("flac").args(["-d", "-s", "-f", "-o"]).arg(&to).arg(flac)),
        false => Err(format!("flac does not decode {}", aiff.display())),
    };
    let by_ffmpeg = || {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-y", "-i"]).arg(from).args(["-c:a", "pcm_s24le"]).arg(&to);
        run(&mut command)
    };
    let kind = from.extension().unwrap_or_default().to_string_lossy().to_uppercase();
    decoded
        .or_else(|_| by_ffmpeg())
        .map_err(|_| format!("{kind}, and neither flac nor ffmpeg is here to decode it"))
}
