//! Kits in folders of recordings, with or without a kit.toml.
//!
//! # With a kit.toml
//! Every key with its range; all may be missing:
//! ```toml
//! name = "Studio"          # else the folder's name
//! program = 3              # fixed program number, 0 to 127
//! notes = "gm"             # the map that reads numbers in this kit: "gm" or "roland"
//! trim = false             # remove the silence before each onset; else false, or true
//!                          # where the names of the files describe the kit
//! memory = "as-recorded"   # or "compact": 24-bit and float recordings are kept as 16-bit
//! gain_db = 0.0            # level of the whole kit, -60 to 12
//! tune = 0.0               # semitones of the whole kit, -24 to 24
//! dynamics = "layers"      # "layers" or "level"; else as fits each slot's recordings. With
//!                          # "level" a folder's recordings are chosen by their loudness,
//!                          # whatever their names say
//! author = ""
//! license = ""
//! description = ""
//! [slot.snare]             # also [slot.snare.rim], [slot.note.56]
//! samples = "snare"        # a folder, a file or a list of files, below the kit's folder
//! gain_db = -1.5           # -60 to 12
//! pan = 0.1                # -1 left to 1 right
//! tune = 0.0               # semitones, -24 to 24, also together with the kit's
//! choke = "group"          # sounds of one group end each other
//! choke_self = false       # earlier hits on the slot are choked too
//! chokes = ["crash2"]      # it ends the sounds of these slots, which do not end it
//! dynamics = "level"
//! attack = 0               # ms, 0 to 10000: rises so long from silence
//! hold = 0                 # ms, 0 to 60000, at full level before the decay
//! decay = 400              # ms, 1 to 60000: falls to silence; else rings to its end
//! release = 50             # ms, 1 to 60000: a note-off ends it so; else it does nothing
//! lowpass = 8000           # Hz, 20 to 20000
//! lowpass_velocity = 2     # octaves, -10 to 10, that velocity 1 lies below velocity 127
//! lowpass_position = 1     # octaves, -10 to 10, that the edge lies below the centre
//! highpass = 60            # Hz; highpass_velocity and highpass_position likewise
//! tune_velocity = 0.5      # semitones, -12 to 12, that velocity 1 lies below velocity 127
//! reverb = -6              # its send to the reverb, dB, -60 to 6, or "off"
//! [slot.tom1]              # instead of samples: layers,
//! layers = [{ velocity = [1, 80], samples = "tom/soft" },
//!           { velocity = [81, 127], samples = ["tom/hard 1.wav", "tom/hard 2.wav"] }]
//! [slot.tom2]              # in a list, a recording may have a tune and a level of its own,
//! samples = ["a.wav", { file = "b.wav", tune = -1.0, gain_db = 2.0 }]   # to be added
//! [slot.hihat]             # or articulations, each with samples or layers
//! articulations = [{ openness = [0.0, 0.2], samples = "hihat/closed" },
//!                  { openness = [0.2, 1.0], samples = "hihat/open" }]
//! ```
//! Where no slot names its recordings, the names of folders and files do, as below, and
//! each `[slot.X]` adjusts what they put there. `[slot.note.N]` follows the rule of [`notes`].
//!
//! # Without
//! The names of folders and files say what they are ([`vocabulary`]): `snare/*.wav`,
//! `Snare_Rim 03.wav`, `hihat/closed/*.wav`, `38_v1_rr2.wav`, `Snare-Soft.wav`. Numbers
//! are notes, read by the rule of [`notes`]; words and numbers of loudness make layers by
//! the rule of [`choice`]. Toms that are named by pitch are numbered from high to low.
//! A folder in which no name says anything plays the notes from 36 on in natural order.

pub mod by_name;
pub mod choice;
pub mod described;
pub mod files;
pub mod listing;
pub mod names;
pub mod notes;
pub mod samples;
pub mod shaping;
pub mod tokens;
pub mod vocabulary;

use std::io::ErrorKind;
use std::path::Path;

use described::Description;
use files::why;
pub use listing::{KitEntry, default_dirs, find, list};

use super::KitPlan;
use crate::words::{Problem, Severity};

/// The file that describes a kit.
pub const KIT_FILE: &str = "kit.toml";

/// Reads what the kit in `folder` puts on its slots. No recording is opened. A mistake
/// costs its own key, recording or slot; a kit.toml that cannot be read at all leaves the
/// kit to the names of its files. There is no plan only where nothing could sound.
pub fn read(folder: &Path) -> (Option<KitPlan>, Vec<Problem>) {
    match std::fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return (None, vec![Problem::error(folder, "not a folder")]),
        Err(error) => return (None, vec![unreadable(folder, &error)]),
    }
    let mut problems = Vec::new();
    let file = folder.join(KIT_FILE);
    let text = read_text(&file, &mut problems);
    let description = text.as_deref().and_then(|text| {
        let (description, found) = described::read(folder, &file, text);
        problems.extend(found);
        description
    });
    if description.is_none() && !problems.is_empty() {
        let what = "not usable, so the names of the folders and files say what plays";
        problems.push(Problem::new(Severity::Note, &file, what));
    }
    let described = description.as_ref().is_some_and(Description::names_recordings);
    let mut description = description.unwrap_or_default();
    let mut sounds = if described {
        description.sounds()
    } else {
        let text = text.unwrap_or_default();
        named_sounds(folder, &file, &text, &description, &mut problems)
    };
    for sound in &mut sounds {
        description.adjust(sound);
    }
    if sounds.is_empty() {
        let what = "nothing in this kit can be played; a kit needs .wav files \
                    that are named after slots or notes, or that its kit.toml names";
        problems.push(Problem::error(folder, what));
        return (None, problems);
    }
    let plan = KitPlan {
        name: description.name.unwrap_or_else(|| listing::folder_name(folder)),
        folder: folder.to_owned(),
        program: description.program.or_else(|| listing::leading_number(folder)),
        trim: description.trim.unwrap_or(!described),
        compact: description.compact,
        sounds,
    };
    (Some(plan), problems)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::error(path, format!("cannot be read ({})", why(error)))
}

/// The text of a file; `None` where it is not there or, with a problem, not readable.
fn read_text(file: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    match std::fs::read(file) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                problems.push(Problem::error(file, "not UTF-8 text").at(&text, offset));
                None
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(unreadable(file, &error));
            None
        }
    }
}

/// The sounds that names describe, adjusted by the tables of a kit.toml.
fn named_sounds(
    folder: &Path,
    file: &Path,
    text: &str,
    description: &Description,
    problems: &mut Vec<Problem>,
) -> Vec<super::plan::SoundPlan> {
    let recordings = match files::recordings(folder, problems) {
        Ok(recordings) => recordings,
        Err(error) => {
            problems.push(unreadable(folder, &error));
            Vec::new()
        }
    };
    let mut sounds = by_name::sounds(folder, recordings, &description.map, problems);
    for table in &description.slots {
        match by_name::sound_for(&mut sounds, table.slot, &description.map) {
            Some(sound) => table.adjust(sound),
            None => {
                let what = format!("no recording is named after '{}'", table.slot);
                problems.push(Problem::warning(file, what).at(text, table.offset));
            }
        }
    }
    sounds
}

#[cfg(test)]
mod tests;
