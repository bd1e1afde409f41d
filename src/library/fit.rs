//! What of a kit is loaded where there is not room for all of it.
//!
//! First its wide recordings are kept as 16-bit, then every set of variations gets shorter,
//! evenly; then one recording must do for each articulation; then sounds are left out. It
//! is always said. Only a kit of which nothing fits is refused.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::store::millicents;
use crate::kit::KitPlan;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, FilePlan, LayerPlan, SoundPlan};
use crate::words::{Problem, Severity};

/// Memory of one recording, or of all that a kit has, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// As it was recorded.
    pub recorded: usize,
    /// As 16-bit.
    pub compact: usize,
}

impl Cost {
    /// In the form that is wanted.
    pub fn of(self, compact: bool) -> usize {
        if compact { self.compact } else { self.recorded }
    }

    /// How much of a kit of this cost fits into `room` bytes; `compact` where it is wanted as
    /// 16-bit.
    pub fn share(self, compact: bool, room: usize) -> Share {
        match (self.of(compact) <= room, self.compact <= room) {
            (true, _) => Share::Full,
            (false, true) => Share::Compact,
            (false, false) => Share::Thinned,
        }
    }
}

/// How much of a kit there is, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// Fewer recordings than it has.
    Thinned,
    /// All of its recordings, as 16-bit though it did not ask for that.
    Compact,
    /// All of its recordings, as it asks for them.
    Full,
}

/// What is to be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The plan, or what is left of it; `compact` says in which form.
    pub plan: KitPlan,
    /// How much of the plan that is.
    pub share: Share,
    /// What was left out, where anything was.
    pub problem: Option<Problem>,
}

/// Fits a kit into `room` bytes. `cost` is `None` for a recording that cannot be read: it
/// needs no room. `loudness` of a recording orders those that are chosen by loudness; it is
/// asked for only where some of them have to go.
///
/// # Errors
/// An error that names the kit, where nothing of it fits.
pub fn fit(
    plan: &KitPlan,
    room: usize,
    cost: &dyn Fn(&Path, f32) -> Option<Cost>,
    loudness: &dyn Fn(&Path) -> f32,
) -> Result<Fitted, Problem> {
    let total = |plan: &KitPlan| -> usize {
        let mut seen = HashSet::new();
        let new = plan.files().filter(|(path, tune)| seen.insert((*path, millicents(*tune))));
        let cost = new.filter_map(|(path, tune)| cost(path, tune));
        cost.map(|cost| cost.of(plan.compact)).sum()
    };
    let needed = total(plan);
    if needed <= room {
        return Ok(Fitted { plan: plan.clone(), share: Share::Full, problem: None });
    }
    let why = format!("the kit needs {} of memory, {} are free for it", mb(needed), mb(room));
    let fitted = |plan: KitPlan, share, what: String| {
        let severity = if share == Share::Thinned { Severity::Warning } else { Severity::Note };
        let problem = Problem::new(severity, &plan.folder, format!("{why}: {what}"));
        Ok(Fitted { plan, share, problem: Some(problem) })
    };
    let as_16 = "its 24-bit and float recordings are kept as 16-bit";
    let mut small = plan.clone();
    small.compact = true;
    let compact = total(&small);
    if compact <= room {
        return fitted(small, Share::Compact, as_16.to_owned());
    }
    let as_16 = if compact < needed { format!("{as_16}, and ") } else { String::new() };
    let all = count(plan);
    let mut order = Order { loudness, known: HashMap::new() };
    for most in (1..longest(plan)).rev() {
        let thin = thinned(&small, most, &mut order);
        if total(&thin) <= room {
            let kept = count(&thin);
            let what = format!("{as_16}{kept} of its {all} recordings are loaded");
            return fitted(thin, Share::Thinned, what);
        }
    }
    let mut bare = small;
    bare.sounds.iter_mut().for_each(|sound| lone(sound, &mut order));
    let mut left_out = Vec::new();
    let mut kept = KitPlan { sounds: Vec::new(), ..bare.clone() };
    for sound in bare.sounds {
        let name = sound.slot.to_string();
        kept.sounds.push(sound);
        if total(&kept) > room {
            kept.sounds.pop();
            left_out.push(name);
        }
    }
    if total(&kept) == 0 {
        let what = format!("{why}: not even one of its recordings fits");
        return Err(Problem::error(&plan.folder, what));
    }
    let without = match left_out.is_empty() {
        true => String::new(),
        false => format!("; left out are {}", left_out.join(", ")),
    };
    let recordings = count(&kept);
    let what = format!("{as_16}{recordings} of its {all} recordings are loaded{without}");
    fitted(kept, Share::Thinned, what)
}

/// Recordings, each once.
fn count(plan: &KitPlan) -> usize {
    plan.files().map(|(path, tune)| (path, millicents(tune))).collect::<HashSet<_>>().len()
}

fn mb(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn articulations(plan: &KitPlan) -> impl Iterator<Item = &ArticulationPlan> {
    plan.sounds.iter().flat_map(|sound| &sound.articulations)
}

/// The most variations that any set has.
fn longest(plan: &KitPlan) -> usize {
    let of = |choice: &ChoicePlan| match choice {
        ChoicePlan::Measured(files) => files.len(),
        ChoicePlan::Layers(layers) => layers.iter().map(|l| l.files.len()).max().unwrap_or(0),
    };
    articulations(plan).map(|a| of(&a.choice)).max().unwrap_or(0)
}

/// Recordings by loudness, each measured once.
struct Order<'a> {
    loudness: &'a dyn Fn(&Path) -> f32,
    known: HashMap<PathBuf, f32>,
}

impl Order<'_> {
    fn softest_first(&mut self, files: &[FilePlan]) -> Vec<FilePlan> {
        for FilePlan { path, .. } in files {
            if !self.known.contains_key(path) {
                self.known.insert(path.clone(), (self.loudness)(path));
            }
        }
        let loudness = |file: &FilePlan| self.known.get(&file.path).copied().unwrap_or(0.0);
        let mut sorted = files.to_vec();
        sorted.sort_by(|a, b| loudness(a).total_cmp(&loudness(b)));
        sorted
    }
}

/// At most `most` variations of each set, spread evenly; of recordings that are chosen by
/// loudness always the softest and the loudest.
fn thinned(plan: &KitPlan, most: usize, order: &mut Order) -> KitPlan {
    let mut plan = plan.clone();
    for articulation in plan.sounds.iter_mut().flat_map(|sound| &mut sound.articulations) {
        match &mut articulation.choice {
            ChoicePlan::Layers(layers) => layers.iter_mut().for_each(|layer| {
                let all = layer.files.len();
                let keep = most.min(all);
                layer.files =
                    (0..keep).filter_map(|i| layer.files.get(i * all / keep)).cloned().collect();
            }),
            ChoicePlan::Measured(files) if files.len() > most.max(2) => {
                let sorted = order.softest_first(files);
                let (steps, last) = (most.max(2) - 1, sorted.len() - 1);
                let pick = |i: usize| sorted.get((i * last + steps / 2) / steps).cloned();
                *files = (0..=steps).filter_map(pick).collect();
            }
            ChoicePlan::Measured(_) => {}
        }
    }
    plan
}

/// One recording for each articulation: the loudest, or one of the loudest layer.
fn lone(sound: &mut SoundPlan, order: &mut Order) {
    for articulation in &mut sound.articulations {
        match &mut articulation.choice {
            ChoicePlan::Layers(layers) => {
                let top =
                    layers.iter().filter(|l| !l.files.is_empty()).max_by_key(|l| l.velocity[1]);
                let file = top.and_then(|layer| layer.files.first()).cloned();
                *layers = vec![LayerPlan { velocity: [1, 127], files: Vec::from_iter(file) }];
            }
            ChoicePlan::Measured(files) => {
                let loudest = order.softest_first(files).pop();
                *files = Vec::from_iter(loudest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Slot;

    fn files(names: &str) -> Vec<FilePlan> {
        names.split_whitespace().map(FilePlan::from).collect()
    }
    fn layered(slot: Slot, layers: &[(u8, &str)]) -> SoundPlan {
        let layer =
            |&(top, names): &(u8, &str)| LayerPlan { velocity: [1, top], files: files(names) };
        let choice = ChoicePlan::Layers(layers.iter().map(layer).collect());
        SoundPlan::new(slot, vec![ArticulationPlan::whole(choice)])
    }
    fn measured(slot: Slot, names: &str) -> SoundPlan {
        SoundPlan::new(slot, vec![ArticulationPlan::whole(ChoicePlan::Measured(files(names)))])
    }
    fn plan(sounds: Vec<SoundPlan>) -> KitPlan {
        KitPlan::new("kit", "kit", sounds)
    }
    /// 100 bytes a recording, 60 as 16-bit; a digit in the name is its loudness.
    fn fitted(plan: &KitPlan, room: usize) -> (Vec<String>, bool, String) {
        let cost = |_: &Path, _| Some(Cost { recorded: 100, compact: 60 });
        let loudness = |path: &Path| {
            let digits: String =
                path.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0.0)
        };
        let Fitted { plan, problem, .. } = fit(plan, room, &cost, &loudness).unwrap();
        let names = plan.files().map(|(path, _)| path.display().to_string()).collect();
        (names, plan.compact, problem.map_or(String::new(), |p| p.what))
    }

    #[test]
    fn a_kit_that_fits_stays_as_it_is_and_a_shared_recording_counts_once() {
        let plan = plan(vec![measured(Slot::SNARE, "a b"), measured(Slot::KICK, "a")]);
        assert_eq!(
            fitted(&plan, 200),
            (vec!["a".into(), "b".into(), "a".into()], false, "".into())
        );
    }

    #[test]
    fn sixteen_bits_come_before_fewer_variations() {
        let plan = plan(vec![measured(Slot::SNARE, "1 2 3 4")]);
        let (names, compact, said) = fitted(&plan, 399);
        assert_eq!((names.len(), compact), (4, true));
        assert!(said.ends_with("its 24-bit and float recordings are kept as 16-bit"), "{said}");
    }

    #[test]
    fn of_measured_recordings_the_softest_the_loudest_and_an_even_spread_stay() {
        let plan = plan(vec![measured(Slot::SNARE, "9 2 3 4 5 6 7 8 1")]);
        assert_eq!(fitted(&plan, 5 * 60).0, ["1", "3", "5", "7", "9"]);
        assert_eq!(fitted(&plan, 2 * 60 + 59).0, ["1", "9"]);
        let (one, _, said) = fitted(&plan, 60);
        assert_eq!(one, ["9"]);
        assert!(said.ends_with("and 1 of its 9 recordings are loaded"), "{said}");
    }

    #[test]
    fn every_layer_keeps_a_recording_and_variations_go_evenly() {
        let plan = plan(vec![
            layered(Slot::SNARE, &[(60, "s1 s2 s3 s4"), (127, "l1 l2 l3 l4")]),
            layered(Slot::KICK, &[(127, "k1 k2")]),
        ]);
        assert_eq!(fitted(&plan, 6 * 60).0, ["s1", "s3", "l1", "l3", "k1", "k2"]);
        assert_eq!(fitted(&plan, 3 * 60).0, ["s1", "l1", "k1"]);
        assert_eq!(fitted(&plan, 2 * 60).0, ["l1", "k1"]);
    }

    #[test]
    fn where_not_every_sound_fits_those_left_out_are_named() {
        let plan = plan(vec![measured(Slot::KICK, "k"), measured(Slot::SNARE, "s")]);
        let (names, _, said) = fitted(&plan, 60);
        assert_eq!(names, ["k"]);
        assert!(said.ends_with("1 of its 2 recordings are loaded; left out are snare"), "{said}");
    }

    #[test]
    fn only_a_kit_of_which_nothing_fits_is_refused_in_a_sentence() {
        let plan = plan(vec![measured(Slot::KICK, "k")]);
        let cost = |_: &Path, _| Some(Cost { recorded: 2_000_000, compact: 1_000_000 });
        let problem = fit(&plan, 999_999, &cost, &|_| 0.0).unwrap_err();
        let wanted = "the kit needs 2.0 MB of memory, 1.0 MB are free for it: ";
        assert!(problem.what.starts_with(wanted), "{}", problem.what);
        let unreadable = fit(&plan, 0, &|_, _| None, &|_| 0.0).unwrap();
        assert_eq!(unreadable.problem, None, "it needs nothing, and is named elsewhere");
    }
}
