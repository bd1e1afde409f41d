//! Kits that can be played at once: the one that plays and its neighbours, and what is
//! still missing of a lazy one.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use crate::kit::disk::KitEntry;
use crate::kit::{Kit, KitId, SampleData};
use crate::library::load::Wanted;
use crate::library::loader::SampleRequest;

/// A kit in memory. What goes to the engine is a copy of its tables; the samples are shared.
#[derive(Debug)]
pub struct ReadyKit {
    /// Where it stands on the shelf.
    pub entry: KitEntry,
    /// The kit.
    pub kit: Kit,
    /// For each sample of its table, what it is made from.
    pub sources: Vec<Wanted>,
    /// It would be whole if others did not have the memory.
    pub thinned: bool,
}

/// The kits in memory.
#[derive(Debug, Default)]
pub struct Ready {
    kits: Vec<ReadyKit>,
    filling: Filling,
}

/// Samples of the kit that plays which are on their way from the disk to the engine.
#[derive(Debug, Default)]
struct Filling {
    kit: Option<KitId>,
    asked: HashSet<usize>,
    came: Vec<(usize, Arc<SampleData>)>,
    /// A generation is on its way into the engine; the next one waits for its answer.
    under_way: bool,
}

impl Ready {
    /// The kit of a folder.
    pub fn get(&self, folder: &Path) -> Option<&ReadyKit> {
        self.kits.iter().find(|ready| ready.entry.folder == folder)
    }

    /// The file of a kit's sample, below the kit's folder where it lies there.
    pub fn recording(&self, kit: KitId, sample: usize) -> Option<String> {
        let ready = self.kits.iter().find(|ready| ready.kit.id == kit)?;
        let path = &ready.sources.get(sample)?.path;
        let below = path.strip_prefix(&ready.entry.folder).unwrap_or(path);
        Some(below.display().to_string())
    }

    /// The names of the kits in memory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kits.iter().map(|ready| ready.entry.name.as_str())
    }

    /// How many kits are in memory.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.kits.len()
    }

    /// Puts a kit there, in place of an older one of the same folder.
    pub fn put(&mut self, kit: ReadyKit) {
        self.forget(&kit.entry.folder);
        self.kits.push(kit);
    }

    /// The kit of this folder is not to be played any more as it is.
    pub fn forget(&mut self, folder: &Path) {
        self.kits.retain(|ready| ready.entry.folder != folder);
    }

    /// Forgets every kit that is not in one of these folders.
    pub fn keep(&mut self, folders: &[&Path]) {
        self.kits.retain(|ready| folders.contains(&ready.entry.folder.as_path()));
    }

    /// A hit chose a sample that is not there: what to ask the loader for, once.
    pub fn wanted(&mut self, kit: KitId, sample: usize) -> Option<SampleRequest> {
        let ready = self.kits.iter().find(|ready| ready.kit.id == kit)?;
        if self.filling.kit != Some(kit) {
            self.filling = Filling { kit: Some(kit), ..Filling::default() };
        }
        let wanted = ready.sources.get(sample)?.clone();
        let folder = ready.entry.folder.clone();
        let new = self.filling.asked.insert(sample);
        new.then_some(SampleRequest { ticket: kit.0, folder, index: sample, wanted })
    }

    /// A sample came from the loader, or will never come (`None`); `ticket` is its request's.
    pub fn came(&mut self, ticket: u64, index: usize, loaded: Option<Arc<SampleData>>) {
        if self.filling.kit == Some(KitId(ticket)) {
            self.filling.came.extend(loaded.map(|data| (index, data)));
        }
    }

    /// The next generation of the kit that is being filled, where samples have come and no
    /// other generation is under way.
    pub fn generation(&mut self) -> Option<Box<Kit>> {
        if self.filling.under_way || self.filling.came.is_empty() {
            return None;
        }
        let kit = self.filling.kit?;
        let ready = self.kits.iter_mut().find(|ready| ready.kit.id == kit)?;
        ready.kit = ready.kit.next_generation(&std::mem::take(&mut self.filling.came));
        self.filling.under_way = true;
        Some(Box::new(ready.kit.clone()))
    }

    /// A kit came home from the engine: the one before the generation that was under way.
    pub fn retired(&mut self, kit: KitId) {
        if self.filling.kit == Some(kit) {
            self.filling.under_way = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::KitSample;
    use crate::kit::plan::{ArticulationPlan, ChoicePlan, KitPlan, SoundPlan};
    use crate::kit::sample::Frames;
    use crate::library::prepare::Form;
    use crate::words::Slot;

    fn sample() -> Arc<SampleData> {
        Arc::new(SampleData::new(Frames::MonoF32([0.5].into()), 1.0, 0.5))
    }

    /// A lazy kit of two snares, both holes.
    fn lazy() -> Ready {
        let files = vec!["1.wav".into(), "2.wav".into()];
        let whole = ArticulationPlan::whole(ChoicePlan::Measured(files));
        let plan = KitPlan::new("lazy", "lazy", vec![SoundPlan::new(Slot::SNARE, vec![whole])]);
        let hole = |_: &Path, _| Some(KitSample { data: sample(), gain: 1.0, hole: true });
        let (kit, sources) = Kit::assemble(&plan, hole);
        let form = Form { rate: 48_000, millicents: 0, trim: false, compact: false };
        let sources = sources.into_iter().map(|s| Wanted { path: s.path, form }).collect();
        let entry = KitEntry { name: "lazy".into(), folder: "lazy".into(), program: None };
        let mut ready = Ready::default();
        ready.put(ReadyKit { entry, kit, sources, thinned: false });
        ready
    }

    #[test]
    fn a_missing_sample_is_asked_for_once_and_comes_in_the_next_generation() {
        let mut ready = lazy();
        let id = ready.kits[0].kit.id;
        let request = ready.wanted(id, 1).unwrap();
        assert_eq!((request.index, request.wanted.path.to_str()), (1, Some("2.wav")));
        assert_eq!(ready.wanted(id, 1), None, "it is on its way");
        assert!(ready.generation().is_none());
        ready.came(request.ticket, 1, Some(sample()));
        let next = ready.generation().unwrap();
        assert_eq!(next.id, id);
        assert_eq!(next.samples.iter().map(|s| s.hole).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn one_generation_is_under_way_at_a_time_and_the_next_has_all_that_came_meanwhile() {
        let mut ready = lazy();
        let id = ready.kits[0].kit.id;
        for index in [0, 1] {
            let request = ready.wanted(id, index).unwrap();
            ready.came(request.ticket, index, Some(sample()));
            assert_eq!(ready.generation().is_some(), index == 0);
        }
        ready.retired(id);
        assert!(ready.generation().unwrap().samples.iter().all(|s| !s.hole));
    }

    #[test]
    fn an_answer_for_a_kit_that_plays_no_more_is_passed_over() {
        let mut ready = lazy();
        let id = ready.kits[0].kit.id;
        let request = ready.wanted(id, 0).unwrap();
        ready.keep(&[]);
        ready.came(request.ticket, 0, Some(sample()));
        assert!(ready.generation().is_none());
        assert_eq!(ready.wanted(id, 1), None);
    }
}
