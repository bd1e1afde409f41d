//! Kits that the names of their folders and files describe.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::choice::{Marked, choose};
use super::files::Recording;
use super::names::{Marks, Openness, Place, Tom, Understood, understand};
use super::notes::{Seat, seats};
use crate::kit::plan::{ArticulationPlan, SoundPlan};
use crate::maps::NoteMap;
use crate::words::{Problem, Severity, Slot};

/// Recordings that no name explains play this note and the next ones: the kick of
/// General MIDI, and the first pad of most pad controllers and of Hydrogen's kits.
const FIRST_NOTE: usize = 36;

/// Drums begin here in General MIDI 2 (27, High Q). Numbers that all lie below, and that
/// the kit's map does not name, only count.
const FIRST_DRUM: u8 = 27;

/// Up to here a hi-hat is closed: modules differ, from fully closed only (VH-12) to 0.33
/// (an FD-8 sends its closed note from controller 85 of 127 on).
const CLOSED_TO: f32 = 0.2;

/// Up to here it is half open. Players on a TD-11 strike their open notes at 0.63 in the
/// median (controller 33 of 90 in the Groove MIDI Dataset), which should sound open.
const HALF_TO: f32 = 0.6;

type Openings = BTreeMap<Option<Openness>, Vec<Marked>>;

/// The sounds of a kit from its recordings, in the order of the slots. Recordings that
/// are left out are said in `problems`, one sentence a folder.
pub fn sounds(
    folder: &Path,
    recordings: Vec<Recording>,
    map: &NoteMap,
    problems: &mut Vec<Problem>,
) -> Vec<SoundPlan> {
    let understood: Vec<Understood> = recordings.iter().map(|r| understand(&r.names)).collect();
    let counts = |known: &Understood| match known.place {
        Some(Place::Note(n)) => n < FIRST_DRUM && map.main_note(n).is_none(),
        Some(_) => false,
        None => true,
    };
    let paths = recordings.into_iter().map(|recording| recording.path);
    let (mut placed, mut unplaced) = (Vec::new(), Vec::new());
    if understood.iter().all(counts) {
        (placed, unplaced) = in_order(folder, paths.collect(), problems);
    } else {
        for (known, path) in understood.into_iter().zip(paths) {
            match known.place {
                Some(place) => {
                    placed.push((place, known.openness, Marked { path, marks: known.marks }));
                }
                None => unplaced.push(path),
            }
        }
    }
    say_unplaced(folder, &unplaced, problems);
    assemble(placed, map)
}

type Placed = Vec<(Place, Option<Openness>, Marked)>;

/// Puts recordings on the notes from [`FIRST_NOTE`] on, in their order; those for which
/// there is no note are left over.
fn in_order(
    folder: &Path,
    mut paths: Vec<PathBuf>,
    problems: &mut Vec<Problem>,
) -> (Placed, Vec<PathBuf>) {
    let rest = paths.split_off(paths.len().min(128 - FIRST_NOTE));
    let notes = match paths.len() {
        0 => return (Vec::new(), rest),
        1 => format!("recording plays note {FIRST_NOTE}"),
        count => format!(
            "recordings play notes {FIRST_NOTE} to {} in the order of their names",
            FIRST_NOTE + count - 1
        ),
    };
    let what = format!("no name in it is understood as a slot or a drum's note; its {notes}");
    problems.push(Problem::new(Severity::Note, folder, what));
    let place = |(index, path): (usize, PathBuf)| {
        let note = u8::try_from(FIRST_NOTE + index).ok()?;
        Some((Place::Note(note), None, Marked { path, marks: Marks::default() }))
    };
    (paths.into_iter().enumerate().filter_map(place).collect(), rest)
}

fn say_unplaced(folder: &Path, unplaced: &[PathBuf], problems: &mut Vec<Problem>) {
    let mut folders: BTreeMap<&Path, Vec<&PathBuf>> = BTreeMap::new();
    for path in unplaced {
        folders.entry(path.parent().unwrap_or(folder)).or_default().push(path);
    }
    for (parent, paths) in folders {
        let reason = "not understood as a slot or a note; left out";
        problems.push(match paths.as_slice() {
            [path] => Problem::new(Severity::Note, path, reason),
            _ => {
                let first = paths[0].file_name().unwrap_or_default().to_string_lossy();
                let what = format!("{} recordings such as '{first}' are {reason}", paths.len());
                Problem::new(Severity::Note, parent, what)
            }
        });
    }
}

fn assemble(placed: Placed, map: &NoteMap) -> Vec<SoundPlan> {
    let toms = tom_slots(&placed);
    let named: BTreeSet<Slot> = placed.iter().filter_map(|(p, ..)| slot_of(*p, &toms)).collect();
    let notes: BTreeSet<u8> = placed.iter().filter_map(|(place, ..)| note_of(*place)).collect();
    let seats = seats(map, &notes, &named, true);
    let mut sounds: BTreeMap<(Slot, Option<u8>), Openings> = BTreeMap::new();
    for (place, openness, marked) in placed {
        let (key, openness) = match note_of(place).and_then(|note| seats.get(&note)) {
            Some(seat) => ((seat.slot, seat.note), seat.openness.map(opening).or(openness)),
            None => match slot_of(place, &toms) {
                Some(slot) => ((slot, None), openness),
                None => continue,
            },
        };
        let openness = openness.filter(|_| key.0.is_hihat());
        sounds.entry(key).or_default().entry(openness).or_default().push(marked);
    }
    let sound = |((slot, note), openings)| {
        let mut sound = SoundPlan::new(slot, articulations(openings));
        sound.note = note;
        sound
    };
    sounds.into_iter().map(sound).collect()
}

fn note_of(place: Place) -> Option<u8> {
    match place {
        Place::Note(note) => Some(note),
        _ => None,
    }
}

fn slot_of(place: Place, toms: &BTreeMap<(u8, u32), u32>) -> Option<Slot> {
    match place {
        Place::Slot(slot) => Some(slot),
        Place::Note(_) => None,
        Place::Tom(Tom { pitch, number, rim }) => {
            let tom = toms.get(&(pitch, number))?;
            Slot::from_name(&format!("tom{tom}{}", if rim { ".rim" } else { "" }))
        }
    }
}

/// The numbers of the toms that are named by pitch: from high to low, after those that
/// have a number already. A floor tom beside tom 1 and tom 2 is tom 3.
fn tom_slots(placed: &Placed) -> BTreeMap<(u8, u32), u32> {
    let numbered = |place: &Place| match place {
        Place::Slot(slot) => slot.pad().to_string().strip_prefix("tom")?.parse::<u32>().ok(),
        _ => None,
    };
    let taken = placed.iter().filter_map(|(place, ..)| numbered(place)).max().unwrap_or(0);
    let pitched = |place: &Place| match place {
        Place::Tom(tom) => Some((tom.pitch, tom.number)),
        _ => None,
    };
    let toms: BTreeSet<(u8, u32)> =
        placed.iter().filter_map(|(place, ..)| pitched(place)).collect();
    toms.into_iter().zip(taken + 1..).map(|(tom, number)| (tom, number.min(6))).collect()
}

fn opening(openness: f32) -> Openness {
    match openness {
        x if x <= CLOSED_TO => Openness::Closed,
        x if x <= HALF_TO => Openness::Half,
        _ => Openness::Open,
    }
}

/// One articulation for each openness that has recordings; together they cover 0..=1.
/// Recordings without a word for it count as closed beside others that have one.
fn articulations(mut openings: Openings) -> Vec<ArticulationPlan> {
    if openings.len() > 1
        && let Some(plain) = openings.remove(&None)
    {
        openings.entry(Some(Openness::Closed)).or_default().extend(plain);
    }
    let mut from = 0.0;
    let last = openings.len().saturating_sub(1);
    let articulation = |(index, (openness, files))| {
        let to = match openness {
            _ if index == last => 1.0,
            Some(Openness::Half) => HALF_TO,
            _ => CLOSED_TO,
        };
        let whole = ArticulationPlan::whole(choose(files));
        ArticulationPlan { openness: [std::mem::replace(&mut from, to), to], ..whole }
    };
    openings.into_iter().enumerate().map(articulation).collect()
}

/// The sound that a table without recordings, `[slot.X]`, adjusts.
pub fn sound_for<'a>(
    sounds: &'a mut [SoundPlan],
    slot: Slot,
    map: &NoteMap,
) -> Option<&'a mut SoundPlan> {
    let alone = |sound: &SoundPlan| slot.note().is_some() && sound.note == slot.note();
    let note = slot.note().unwrap_or(u8::MAX);
    let mapped = map.notes.get(usize::from(note)).copied().flatten().map_or(slot, |m| m.slot);
    let shared = |sound: &SoundPlan| sound.note.is_none() && sound.slot == mapped;
    let index = sounds.iter().position(alone).or_else(|| sounds.iter().position(shared))?;
    sounds.get_mut(index)
}

impl Seat {
    /// A sound here, at 0 dB.
    pub fn sound(self, articulations: Vec<ArticulationPlan>) -> SoundPlan {
        SoundPlan { note: self.note, ..SoundPlan::new(self.slot, articulations) }
    }
}
