//! From the marks in file names to layers, or to a choice by loudness.

use std::path::PathBuf;

use super::names::Marks;
use super::vocabulary::PLAIN;
use crate::kit::plan::{ChoicePlan, LayerPlan};

/// A recording with what its name says about the stroke.
#[derive(Debug, Clone)]
pub struct Marked {
    /// Where it is.
    pub path: PathBuf,
    /// What its name says.
    pub marks: Marks,
}

/// Hardest velocity.
const HARDEST: usize = 127;

/// How recordings of one articulation, in natural order, are chosen:
/// - numbered layers (`v1`, `v2`, …): equal bands of velocity, layer k of n reaching up to
///   k·127 ÷ n (drumkit's rule), a band without recordings played by the next harder one;
///   recordings without a number belong to the softest layer;
/// - words (`Soft`, `Hard`): equal bands in the order of the words;
/// - three digits that are not simply counted up (`-005`, `-009`, `-013`): each recording
///   from the velocity in its name to the next one's;
/// - else, or where all of this makes only one layer: by measured loudness.
pub fn choose(files: Vec<Marked>) -> ChoicePlan {
    let layers = numbered(&files).or_else(|| worded(&files)).or_else(|| velocities(&files));
    match layers {
        Some(layers) if layers.len() > 1 => ChoicePlan::Layers(layers),
        _ => ChoicePlan::Measured(files.into_iter().map(|file| file.path.into()).collect()),
    }
}

fn numbered(files: &[Marked]) -> Option<Vec<LayerPlan>> {
    let lowest = files.iter().filter_map(|file| file.marks.layer).min()? as usize;
    let highest = files.iter().filter_map(|file| file.marks.layer).max()? as usize;
    // Layers may be counted from 0 or from 1.
    let shift = usize::from(lowest == 0);
    let count = highest.saturating_add(shift);
    if count > HARDEST {
        return None;
    }
    let layer = |file: &Marked| file.marks.layer.map_or(1, |k| k as usize + shift);
    let tops = (1..=count).map(|k| k * HARDEST / count);
    Some(bands(files, layer, tops.enumerate().map(|(index, top)| (index + 1, top))))
}

fn worded(files: &[Marked]) -> Option<Vec<LayerPlan>> {
    files.iter().find_map(|file| file.marks.word)?;
    let word = |file: &Marked| file.marks.word.unwrap_or(PLAIN);
    let mut words: Vec<usize> = files.iter().map(word).collect();
    words.sort_unstable();
    words.dedup();
    let count = words.len();
    let tops = (1..=count).map(|k| k * HARDEST / count);
    Some(bands(files, word, words.into_iter().zip(tops)))
}

fn velocities(files: &[Marked]) -> Option<Vec<LayerPlan>> {
    let velocity = |file: &Marked| file.marks.velocity.map(usize::from);
    let mut starts: Vec<usize> = files.iter().map(velocity).collect::<Option<_>>()?;
    starts.sort_unstable();
    starts.dedup();
    if *starts.last()? <= starts.len() {
        return None;
    }
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([HARDEST]);
    let tops: Vec<_> = starts.iter().copied().zip(ends).collect();
    Some(bands(files, |file| velocity(file).unwrap_or_default(), tops.into_iter()))
}

/// One layer for each key that has recordings, from one above the layer before up to the
/// key's top velocity. `tops`: keys, softest first, with their tops.
fn bands(
    files: &[Marked],
    key: impl Fn(&Marked) -> usize,
    tops: impl Iterator<Item = (usize, usize)>,
) -> Vec<LayerPlan> {
    let mut from = 1;
    let mut layers = Vec::new();
    for (wanted, top) in tops {
        let mut own: Vec<&Marked> = files.iter().filter(|file| key(file) == wanted).collect();
        let Ok(to) = u8::try_from(top) else { continue };
        if own.is_empty() || to < from {
            continue;
        }
        own.sort_by_key(|file| file.marks.turn);
        let files = own.into_iter().map(|file| file.path.clone().into()).collect();
        layers.push(LayerPlan { velocity: [from, to], files });
        from = to.saturating_add(1);
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::super::names::marks;
    use super::*;
    use crate::kit::plan::FilePlan;

    /// The choice of files with these names, in short.
    fn chosen(names: &[&str]) -> String {
        let mark = |name: &&str| Marked { path: name.into(), marks: marks(name) };
        let list = |files: &[FilePlan]| {
            files.iter().map(|f| f.path.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        match choose(names.iter().map(mark).collect()) {
            ChoicePlan::Measured(files) => format!("measured: {}", list(&files)),
            ChoicePlan::Layers(layers) => {
                let layer = |layer: &LayerPlan| {
                    let [low, high] = layer.velocity;
                    format!("{low}-{high}: {}", list(&layer.files))
                };
                layers.iter().map(layer).collect::<Vec<_>>().join(", ")
            }
        }
    }

    #[test]
    fn numbered_layers_are_equal_bands_with_their_round_robins_in_turn() {
        let files = ["38_v1_rr2", "38_v1_rr1", "38_v2_rr1", "38_v3"];
        let wanted = "1-42: 38_v1_rr1 38_v1_rr2, 43-84: 38_v2_rr1, 85-127: 38_v3";
        assert_eq!(chosen(&files), wanted);
        assert_eq!(chosen(&["s_v0", "s_v1"]), "1-63: s_v0, 64-127: s_v1");
    }

    #[test]
    fn a_layer_that_is_missing_leaves_no_hole() {
        assert_eq!(chosen(&["s_v2", "s_v4"]), "1-63: s_v2, 64-127: s_v4");
    }

    #[test]
    fn words_of_loudness_are_bands_in_their_order_and_a_plain_name_is_medium() {
        let files = ["S-Hard", "S-Hardest", "S", "S-Soft"];
        assert_eq!(chosen(&files), "1-31: S-Soft, 32-63: S, 64-95: S-Hard, 96-127: S-Hardest");
    }

    #[test]
    fn velocities_in_names_are_where_a_recording_begins() {
        let files = ["S1-000", "S1-005", "S1-009", "S1-100"];
        assert_eq!(chosen(&files), "1-4: S1-000, 5-8: S1-005, 9-99: S1-009, 100-127: S1-100");
    }

    #[test]
    fn recordings_that_are_merely_counted_are_chosen_by_loudness() {
        assert_eq!(chosen(&["S 001", "S 002", "S 003"]), "measured: S 001 S 002 S 003");
        assert_eq!(chosen(&["S_rr1", "S_rr2"]), "measured: S_rr1 S_rr2");
        assert_eq!(chosen(&["S_v1"]), "measured: S_v1");
        assert_eq!(chosen(&["S-Soft a", "S-Soft b"]), "measured: S-Soft a S-Soft b");
        assert_eq!(chosen(&["S_v1", "S_v4000000000"]), "measured: S_v1 S_v4000000000");
    }
}
