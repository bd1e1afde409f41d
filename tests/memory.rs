//! Loading within the budget, counted at the allocator: what is asked for, not what is
//! booked. Alone in its file, because it counts everything that the process asks for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rimshot::kit::KitPlan;
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
use rimshot::library::load::{How, LoadMode, load};
use rimshot::library::{SampleLibrary, workers};
use rimshot::words::Slot;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn more(bytes: usize) {
    let now = NOW.fetch_add(bytes, Ordering::Relaxed) + bytes;
    MOST.fetch_max(now, Ordering::Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) };
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // One that grows may be in two places for a moment.
        let grows = size > layout.size();
        if grows {
            more(size);
        }
        // SAFETY: as the caller promises.
        let moved = unsafe { System.realloc(pointer, layout, size) };
        NOW.fetch_sub(if grows { layout.size() } else { layout.size() - size }, Ordering::Relaxed);
        moved
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const FILES: usize = 24;
const FRAMES: u32 = 60_000;

/// A kit of stereo recordings, and its folder.
fn kit(name: &str, bits: u16, rate: u32, trim: bool) -> (PathBuf, KitPlan) {
    let folder = std::env::temp_dir().join(format!("rimshot-memory-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let frame = bits / 8 * 2;
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(frame)).to_le_bytes());
    bytes.extend([frame.to_le_bytes(), bits.to_le_bytes()].concat());
    bytes.extend(b"data");
    bytes.extend((FRAMES * u32::from(frame)).to_le_bytes());
    // The sound begins late, so that trimming has something to do.
    let values = FRAMES as usize * usize::from(frame);
    bytes.extend(
        (0..values).map(|i| if i < values / 4 { 0 } else { (i as u64 * 2_654_435_761) as u8 >> 2 }),
    );
    let files: Vec<_> = (0..FILES).map(|i| folder.join(format!("{i}.wav"))).collect();
    files.iter().for_each(|file| std::fs::write(file, &bytes).unwrap());
    let files = files.into_iter().map(Into::into).collect();
    let whole = ArticulationPlan::whole(ChoicePlan::Measured(files));
    let plan = KitPlan {
        name: name.into(),
        folder: folder.clone(),
        program: None,
        trim,
        compact: false,
        sounds: vec![SoundPlan::new(Slot::SNARE, vec![whole])],
    };
    (folder, plan)
}

#[test]
fn loading_never_passes_the_budget_not_for_a_moment() {
    let kits = [
        kit("float", 24, 48_000, false),
        kit("resampled", 24, 44_100, false),
        kit("sixteen", 16, 48_000, true),
        kit("dithered", 16, 44_100, true),
    ];
    // Room for the largest kit and half of another: 24 × 60 000 × 8 bytes are 11.5 MB.
    let budget = 18 << 20;
    let library = SampleLibrary::with_budget(48_000, budget);
    let mut steer = |_, _| ControlFlow::Continue(());
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let mut kept = None;
    for round in 0..8 {
        let (_, plan) = &kits[round * 3 % kits.len()];
        let threads = workers::MOST_THREADS;
        let how = How { rate: 48_000, threads, mode: LoadMode::Whole, thin: true };
        let loaded = load(plan, &library, how, &mut steer).unwrap().unwrap();
        assert!(!loaded.kit.samples.is_empty());
        // The last kit stays while the next one is loaded, as its tails would need it.
        kept = Some(loaded);
        assert!(library.used() <= budget && library.most_used() <= budget);
    }
    drop(kept);
    // Four threads with their blocks, a resampler each, and the tables.
    let work = 4 << 20;
    let most = MOST.load(Ordering::Relaxed) - before;
    assert!(most <= budget + work, "{most} bytes at once, {budget} are allowed");
    assert!(library.most_used() > budget / 2, "the budget was never felt");
    kits.iter().for_each(|(folder, _)| drop(std::fs::remove_dir_all(folder)));
}
