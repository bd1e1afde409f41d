//! Whether a kit that is loaded beside the engine disturbs it.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rimshot::library::{LoadReport, LoadRequest, Loader, SampleLibrary};

use super::rig::{BLOCK, KINDS, Plan, Rig};

/// How long a block takes at p50, p99 and p99.9, in microseconds.
fn blocks(budget: Duration) -> [f64; 3] {
    const LENGTH: usize = 120_000;
    let mut rig = Rig::new(&Plan::new(KINDS[0].1, 64, LENGTH));
    let mut out = vec![0.0; 2 * BLOCK];
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < budget {
        rig.strike(64);
        for _ in 0..LENGTH / BLOCK - 1 {
            let start = Instant::now();
            rig.engine.process(black_box(&mut out));
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        rig.silence();
    }
    times.sort_by(f64::total_cmp);
    [0.5, 0.99, 0.999].map(|p| times[((times.len() - 1) as f64 * p) as usize])
}

/// Blocks of 64 ringing voices while the loader loads kits without a pause, and while it
/// does not. On a machine with a core to spare the two should not be told apart.
pub fn loading(budget: Duration) {
    let folder = std::env::temp_dir().join(format!("rimshot-bench-{}", std::process::id()));
    if let Err(error) = rimshot::factory::FIRST.write(&folder) {
        println!("while loading: skipped, {}: {error}", folder.display());
        return;
    }
    let [p50, p99, p999] = blocks(budget);
    let stop = Arc::new(AtomicBool::new(false));
    let (told, from) = (Arc::clone(&stop), folder.clone());
    let loader = std::thread::spawn(move || {
        let mut kits = 0;
        while !told.load(Ordering::Relaxed) {
            let library = Arc::new(SampleLibrary::new(44_100));
            let read = Box::new(rimshot::kit::disk::read);
            let Ok(loader) = Loader::start(library, read) else { break };
            loader.request(LoadRequest::play(1, from.clone()));
            while let Ok(report) = loader.reports().recv() {
                if !matches!(report, LoadReport::Progress { .. }) {
                    break;
                }
            }
            kits += 1;
        }
        kits
    });
    let [l50, l99, l999] = blocks(budget);
    stop.store(true, Ordering::Relaxed);
    let kits = loader.join().unwrap_or(0);
    println!("\nblock with 64 voices, µs:        p50     p99   p99.9");
    println!("  nothing is loaded         {p50:>8.1}{p99:>8.1}{p999:>8.1}");
    println!("  {kits:>3} kits resampled beside {l50:>8.1}{l99:>8.1}{l999:>8.1}");
    println!(
        "  ratio                     {:>8.2}{:>8.2}{:>8.2}",
        l50 / p50,
        l99 / p99,
        l999 / p999
    );
    let _ = std::fs::remove_dir_all(folder);
}
