//! What the callback touches stays in memory, where that is allowed: a hit must not wait
//! for a disk.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::slice;
use std::sync::Arc;

use crate::engine::Engine;
use crate::kit::sample::Frames;
use crate::kit::{Kit, KitMemory, SampleData};
use crate::sound::realtime::{self, Refused};

/// Locks and unlocks.
#[derive(Debug, Default)]
pub struct Locked {
    /// By its address: how many kits of the engine have a sample, which keeps it alive.
    kits: HashMap<usize, usize>,
}

impl Locked {
    /// The program, and the engine with its rings and its room, before any kit is there.
    ///
    /// # Errors
    /// Where it is not allowed.
    pub fn engine(&self, engine: &Engine) -> Result<(), Refused> {
        realtime::lock_region(slice::from_ref(engine))?;
        realtime::lock_program()
    }

    /// A kit that is about to be sent to the engine. Its pages are in memory, because they
    /// have just been written: locking waits for nothing.
    ///
    /// # Errors
    /// Where it is not allowed; what comes after the first refusal is not tried.
    pub fn kit(&mut self, kit: &Kit, memory: &KitMemory) -> Result<(), Refused> {
        for data in samples(kit) {
            *self.kits.entry(Arc::as_ptr(data).addr()).or_default() += 1;
        }
        lock(kit, memory)
    }

    /// A kit that has come home, or was not taken: frames that no other kit of the engine
    /// has are unlocked, though they may be kept ready, and though the allocator may keep
    /// their pages.
    pub fn retire(&mut self, kit: &Kit) {
        for data in samples(kit) {
            let Entry::Occupied(mut kits) = self.kits.entry(Arc::as_ptr(data).addr()) else {
                continue;
            };
            *kits.get_mut() -= 1;
            if *kits.get() > 0 {
                continue;
            }
            kits.remove();
            // What cannot be unlocked stays in memory: no harm to anybody's hits.
            let _ = match &data.frames {
                Frames::Mono16(x) | Frames::Stereo16(x) => realtime::unlock_region(x),
                Frames::MonoF32(x) | Frames::StereoF32(x) => realtime::unlock_region(x),
            };
        }
    }
}

fn lock(kit: &Kit, memory: &KitMemory) -> Result<(), Refused> {
    realtime::lock_region(slice::from_ref(kit))?;
    realtime::lock_region(&kit.samples)?;
    realtime::lock_region(&kit.sounds)?;
    realtime::lock_region(&kit.slots)?;
    realtime::lock_region(&kit.notes)?;
    realtime::lock_region(&kit.articulations)?;
    realtime::lock_region(&kit.layers)?;
    realtime::lock_region(&memory.last_used)?;
    realtime::lock_region(&memory.turns)?;
    realtime::lock_region(&memory.last_sample)?;
    for data in samples(kit) {
        realtime::lock_region(slice::from_ref(&**data))?;
        realtime::lock_region(&data.envelope)?;
        match &data.frames {
            Frames::Mono16(x) | Frames::Stereo16(x) => realtime::lock_region(x),
            Frames::MonoF32(x) | Frames::StereoF32(x) => realtime::lock_region(x),
        }?;
    }
    Ok(())
}

/// Each sample of the kit once.
fn samples(kit: &Kit) -> Vec<&Arc<SampleData>> {
    let mut all: Vec<_> = kit.samples.iter().map(|sample| &sample.data).collect();
    all.sort_unstable_by_key(|data| Arc::as_ptr(data));
    all.dedup_by_key(|data| Arc::as_ptr(data));
    all
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::kit::KitPlan;
    use crate::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
    use crate::words::Slot;

    /// Whether the kernel keeps the page of this address in memory: `lo` among the flags
    /// of its mapping (proc_pid_smaps(5)).
    fn is_locked(address: usize) -> bool {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let hex = |text| usize::from_str_radix(text, 16).ok();
            if let Some((start, end)) = range.and_then(|(a, b)| Some((hex(a)?, hex(b)?))) {
                inside = (start..end).contains(&address);
            } else if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                return flags.split(' ').any(|flag| flag == "lo");
            }
        }
        false
    }

    /// A page in the middle of a sample: no neighbour has a share in it.
    fn middle(data: &SampleData) -> usize {
        let Frames::Mono16(x) = &data.frames else { panic!("mono") };
        x.as_ptr_range().start.addr() + size_of_val::<[i16]>(x) / 2
    }

    /// A kit of one snare that plays these in turn.
    fn kit(samples: &[&Arc<SampleData>]) -> Kit {
        let files = (0..samples.len()).map(|n| n.to_string().into()).collect();
        let choice = ChoicePlan::Layers(vec![LayerPlan { velocity: [1, 127], files }]);
        let plan = KitPlan::new(
            "Studio",
            "",
            vec![SoundPlan::new(Slot::SNARE, vec![ArticulationPlan::whole(choice)])],
        );
        let number = |path: &Path| path.to_str()?.parse::<usize>().ok();
        Kit::build(&plan, |path, _| samples.get(number(path)?).map(|data| Arc::clone(data)))
    }

    #[test]
    fn a_kits_frames_stay_in_memory_until_no_kit_has_them() {
        let sample = || Arc::new(SampleData::new(Frames::Mono16([7; 500_000].into()), 1.0, 0.1));
        let (shared, own) = (sample(), sample());
        // One of them twice, as two slots that play the same recording have it.
        let (old, new) = (kit(&[&shared, &own, &own]), kit(&[&shared]));
        let mut locks = Locked::default();
        let locked = [&old, &new].map(|kit| locks.kit(kit, &KitMemory::of(kit)));
        if let Some(refused) = locked.into_iter().find_map(Result::err) {
            let why = refused.to_string();
            assert!(why.starts_with("memory cannot be locked"), "{why}");
            return;
        }
        assert!(is_locked(middle(&shared)) && is_locked(middle(&own)));
        locks.retire(&old);
        assert!(is_locked(middle(&shared)) && !is_locked(middle(&own)));
        locks.retire(&new);
        assert!(!is_locked(middle(&shared)));
        assert!(locks.kits.is_empty());
    }
}
