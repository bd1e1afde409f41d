//! From a kit's plan to the kit that the engine plays.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::SampleLibrary;
use super::fit::{Cost, Fitted, Share, fit};
use super::prepare::Form;
use super::store::{Loaded, Probe, millicents};
use super::workers::{Done, Steer, each, usual_threads};
use crate::kit::plan::ChoicePlan;
use crate::kit::sample::Frames;
use crate::kit::{Kit, KitPlan, KitSample, SampleData, SampleSource};
use crate::words::{Problem, Severity};

/// Silence before the sound that a drummer may feel: a recording that begins later is
/// named.
const LATE_MS: f32 = 2.0;

/// How much of a kit is loaded before it is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadMode {
    /// All of it.
    #[default]
    Whole,
    /// What is in memory already. The rest are holes that are filled when they are struck;
    /// only the attacks of recordings that are chosen by loudness are looked at.
    Lazy,
}

/// How a kit is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct How {
    /// Frames a second of the engine.
    pub rate: u32,
    /// Threads that read files at once; the result does not depend on it.
    pub threads: usize,
    /// Whole or lazy.
    pub mode: LoadMode,
    /// The least that is loaded where there is no room for all of it; else nothing is.
    pub least: Share,
}

/// A recording in the form in which a kit plays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The file.
    pub path: PathBuf,
    /// How it is prepared.
    pub form: Form,
}

/// A kit that was loaded.
#[derive(Debug)]
pub struct LoadedKit {
    /// The kit.
    pub kit: Kit,
    /// For each sample of its table, what it is made from.
    pub sources: Vec<Wanted>,
    /// Fewer of its recordings were loaded than it has, because of the memory that others
    /// own: with the budget to itself it would be whole.
    pub thinned: bool,
    /// What is left out and what is worth knowing.
    pub problems: Vec<Problem>,
}

/// Loads every recording of a plan, each once, at the library's rate, and builds the
/// kit. `progress` is told how many of how many recordings are done; when it breaks, the
/// load ends there and gives `None`. A recording that cannot be loaded costs itself and one
/// problem; one that begins late and is not trimmed is noted; what has no room in the
/// library's budget is left out and said. Thread: loader or control.
pub fn load_kit(
    plan: &KitPlan,
    library: &SampleLibrary,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Option<(Kit, Vec<Problem>)> {
    let how = How {
        rate: library.rate(),
        threads: usual_threads(),
        mode: LoadMode::Whole,
        least: Share::Thinned,
    };
    let mut steer = |done, total| progress(done, total);
    Some(match load(plan, library, how, &mut steer)? {
        Ok(LoadedKit { kit, problems, .. }) => (kit, problems),
        Err(problem) => (Kit::build(plan, |_, _| None), vec![problem]),
    })
}

/// As [`load_kit`], steered. `None` where the steersman broke off.
///
/// # Errors
/// A sentence about the kit, where it has no room: nothing of it, or, unless it may be
/// thinned, not all of it.
pub fn load(
    plan: &KitPlan,
    library: &SampleLibrary,
    how: How,
    steer: &mut dyn Steer,
) -> Option<Result<LoadedKit, Problem>> {
    let mut plan = plan.clone();
    plan.compact |= library.is_compact();
    let loading = Loading { library, how, folder: plan.folder.clone() };
    let loaded = match how.mode {
        LoadMode::Whole => loading.whole(&plan, steer),
        LoadMode::Lazy => loading.lazy(&plan, steer).map(Ok),
    };
    library.kit_rests(&plan.folder);
    loaded
}

/// What all recordings of a plan need, each once, at the library's rate and before anything
/// is trimmed. Their headers are read, and those that cannot be are left out.
pub fn cost(plan: &KitPlan, library: &SampleLibrary) -> Cost {
    let extent = |(path, tune)| library.probe(path, form(plan, tune, library.rate())).ok();
    let known = items(plan).into_iter().filter_map(extent).map(|probe| probe.extent);
    known.fold(Cost::default(), |sum, extent| Cost {
        recorded: sum.recorded + extent.bytes(false),
        compact: sum.compact + extent.bytes(true),
    })
}

/// One sample of the lazy kit in `folder`.
///
/// # Errors
/// A warning that names the file.
pub fn load_sample(
    library: &SampleLibrary,
    folder: &Path,
    wanted: &Wanted,
) -> Result<Arc<SampleData>, Problem> {
    let loaded = library.load_for(&wanted.path, wanted.form)?;
    library.kit_has(folder, &loaded.data);
    Ok(loaded.data)
}

/// The form in which a plan wants a recording of this tuning, at a rate.
fn form(plan: &KitPlan, tune: f32, rate: u32) -> Form {
    Form { rate, millicents: millicents(tune), trim: plan.trim, compact: plan.compact }
}

/// A file at a tuning in thousandths of a cent.
type Item<'p> = (&'p Path, i32);

/// Every recording of a plan once, with its tuning in semitones.
fn items(plan: &KitPlan) -> Vec<(&Path, f32)> {
    let mut seen = HashSet::new();
    let files = plan.files().map(|(path, tune)| (path.as_path(), tune));
    files.filter(|&(path, tune)| seen.insert((path, millicents(tune)))).collect()
}

struct Loading<'a> {
    library: &'a SampleLibrary,
    how: How,
    folder: PathBuf,
}

impl Loading<'_> {
    fn whole(&self, plan: &KitPlan, steer: &mut dyn Steer) -> Option<Result<LoadedKit, Problem>> {
        let (library, how) = (self.library, self.how);
        let named = items(plan);
        library.kit_begins(&self.folder, &plan.name, named.len());
        let look = |i: usize, _: &dyn Fn() -> bool| {
            named.get(i).map(|&(path, tune)| library.probe(path, form(plan, tune, how.rate)))
        };
        let probes = each(how.threads, named.len(), &mut Quiet(steer), look)?;
        let probes: HashMap<Item, Result<Probe, Problem>> = named
            .iter()
            .zip(probes)
            .filter_map(|(&(path, tune), probe)| Some(((path, millicents(tune)), probe?)))
            .collect();
        let Fitted { plan, share, problem } = match self.fitted(plan, &probes) {
            Ok(fitted) if fitted.share >= how.least => fitted,
            Ok(Fitted { problem: Some(problem), .. }) | Err(problem) => return Some(Err(problem)),
            Ok(_) => return None,
        };
        let chosen = items(&plan);
        library.kit_begins(&self.folder, &plan.name, chosen.len());
        let probe = |path, tune| probes.get(&(path, millicents(tune)));
        // What is in memory is held from here on, so that it cannot make room for the rest.
        let found: Vec<Option<Loaded>> = chosen
            .iter()
            .map(|&(path, tune)| library.find(probe(path, tune)?.as_ref().ok()?, plan.compact))
            .collect();
        let work = |i: usize, stop: &dyn Fn() -> bool| -> Option<Result<Loaded, Problem>> {
            let &(path, tune) = chosen.get(i)?;
            let loaded = match (found.get(i)?, probe(path, tune)?) {
                (Some(found), _) => Ok(found.clone()),
                (None, Ok(probe)) => library.load(path, probe, plan.compact, stop)?,
                (None, Err(problem)) => Err(problem.clone()),
            };
            if let Ok(loaded) = &loaded {
                library.kit_has(&self.folder, &loaded.data);
            }
            Some(loaded)
        };
        let loaded = each(how.threads, chosen.len(), steer, work)?;
        let mut samples = HashMap::new();
        let mut problems = Vec::from_iter(problem);
        for (&(path, tune), loaded) in chosen.iter().zip(loaded) {
            match loaded? {
                Ok(loaded) => {
                    if !plan.trim && loaded.onset_ms > LATE_MS {
                        problems.push(late(path, loaded.onset_ms));
                    }
                    samples.insert((path, millicents(tune)), whole(loaded.data));
                }
                Err(problem) => problems.push(problem),
            }
        }
        let all = probes.values().flatten().map(|probe| probe.extent.bytes(true));
        let thinned = share == Share::Thinned && all.sum::<usize>() <= library.budget();
        Some(Ok(LoadedKit { thinned, ..assembled(&plan, how.rate, &samples, problems) }))
    }

    /// What of the plan has room beside what others own.
    fn fitted(
        &self,
        plan: &KitPlan,
        probes: &HashMap<Item, Result<Probe, Problem>>,
    ) -> Result<Fitted, Problem> {
        let library = self.library;
        let cost = |path: &Path, tune: f32| {
            let extent = probes.get(&(path, millicents(tune)))?.as_ref().ok()?.extent;
            Some(Cost { recorded: extent.bytes(false), compact: extent.bytes(true) })
        };
        let room = |compact: bool| {
            let probes = probes.values().filter_map(|probe| probe.as_ref().ok());
            let ours: HashSet<_> = probes.map(|probe| probe.key(compact)).collect();
            library.budget().saturating_sub(library.owned_beside(&|key| ours.contains(key)))
        };
        let loudness = |path: &Path| library.estimate(path);
        let fitted = fit(plan, room(plan.compact), &cost, &loudness)?;
        if fitted.plan.compact == plan.compact {
            return Ok(fitted);
        }
        // What others own as recorded is of no use now, and takes room.
        let small = KitPlan { compact: true, ..plan.clone() };
        let again = fit(&small, room(true), &cost, &loudness)?;
        let share = again.share.min(fitted.share);
        Ok(Fitted { plan: again.plan, share, problem: again.problem.or(fitted.problem) })
    }

    fn lazy(&self, plan: &KitPlan, steer: &mut dyn Steer) -> Option<LoadedKit> {
        let (library, how) = (self.library, self.how);
        let named = items(plan);
        library.kit_begins(&self.folder, &plan.name, named.len());
        let compared = compared(plan);
        let look = |i: usize, _: &dyn Fn() -> bool| -> Option<Result<KitSample, Problem>> {
            let &(path, tune) = named.get(i)?;
            let probe = match library.probe(path, form(plan, tune, how.rate)) {
                Ok(probe) => probe,
                Err(problem) => return Some(Err(problem)),
            };
            if let Some(found) = library.find(&probe, plan.compact) {
                library.kit_has(&self.folder, &found.data);
                return Some(Ok(whole(found.data)));
            }
            let loudness = if compared.contains(path) { library.estimate(path) } else { 0.0 };
            Some(Ok(hole(loudness)))
        };
        let looked = each(how.threads, named.len(), steer, look)?;
        let (mut samples, mut problems) = (HashMap::new(), Vec::new());
        for (&(path, tune), sample) in named.iter().zip(looked) {
            match sample? {
                Ok(sample) => drop(samples.insert((path, millicents(tune)), sample)),
                Err(problem) => problems.push(problem),
            }
        }
        Some(assembled(plan, how.rate, &samples, problems))
    }
}

/// Recordings of which one is chosen by loudness.
fn compared(plan: &KitPlan) -> HashSet<&Path> {
    let articulations = plan.sounds.iter().flat_map(|sound| &sound.articulations);
    let sets = articulations.filter_map(|a| match &a.choice {
        ChoicePlan::Measured(files) if files.len() > 1 => Some(files),
        ChoicePlan::Measured(_) | ChoicePlan::Layers(_) => None,
    });
    sets.flatten().map(|file| file.path.as_path()).collect()
}

fn whole(data: Arc<SampleData>) -> KitSample {
    KitSample { data, gain: 1.0, hole: false }
}

fn hole(loudness: f32) -> KitSample {
    let data = SampleData::new(Frames::Mono16([].into()), 1.0, loudness);
    KitSample { data: Arc::new(data), gain: 1.0, hole: true }
}

fn assembled(
    plan: &KitPlan,
    rate: u32,
    samples: &HashMap<Item, KitSample>,
    mut problems: Vec<Problem>,
) -> LoadedKit {
    // The same file in two tunings is late, or missing, once.
    let mut seen = HashSet::new();
    problems.retain(|p| seen.insert((p.file.clone(), p.what.clone())));
    let find = |path: &Path, tune| samples.get(&(path, millicents(tune))).cloned();
    let (kit, sources) = Kit::assemble(plan, find);
    let wanted = |SampleSource { path, tune }| Wanted { path, form: form(plan, tune, rate) };
    let sources = sources.into_iter().map(wanted).collect();
    LoadedKit { kit, sources, thinned: false, problems }
}

/// A steersman who is not told of progress: only loading counts as that, not looking.
struct Quiet<'a>(&'a mut dyn Steer);

impl Steer for Quiet<'_> {
    fn progress(&mut self, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn is_paced(&self) -> bool {
        self.0.is_paced()
    }
    fn hold(&mut self) -> Duration {
        self.0.hold()
    }
    fn wait(&mut self, done: &Done, limit: Option<Duration>) -> ControlFlow<()> {
        self.0.wait(done, limit)
    }
}

fn late(path: &Path, onset_ms: f32) -> Problem {
    let what = format!(
        "the sound begins {onset_ms:.1} ms into the file, {LATE_MS:.0} ms are allowed; \
         `trim = true` in kit.toml removes what is before"
    );
    Problem::new(Severity::Note, path, what)
}

#[cfg(test)]
mod tests;
