//! Kits switched without mercy while somebody plays: real files, the real loader, scripted
//! time. Nothing here waits for a clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::switch::{Asked, Came, Switch};
use crate::app::config::Loading;
use crate::app::kits::Shelf;
use crate::app::wavfile::{Format, WavFile};
use crate::engine::ports::{self, Command, ControlSide, Notice, Order};
use crate::engine::{Engine, Settings};
use crate::kit::disk::{self, KitEntry};
use crate::kit::{Kit, KitId, KitMemory};
use crate::library::SampleLibrary;
use crate::library::loader::{LoadReport, Loader};
use crate::words::rng::Rng;
use crate::words::stream::{AudioSource, BlockStart, StreamShape};
use crate::words::{Event, EventKind, EventSink, Hit, Slot, When};

const RATE: u32 = 48_000;
const BLOCK: usize = 64;
const KITS: usize = 20;
const SWITCHES: usize = 500;
/// Frames of each recording: a third of a second, so that about three sixteenths ring.
const FRAMES: usize = 16_000;
/// The recordings rise and fall by this much a frame, and by no more.
const SLOPE: f32 = 0.3 / 512.0;
/// 120 beats a minute.
const SIXTEENTH: u64 = RATE as u64 / 8;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Twenty kits of one snare, a triangle wave of its own length each.
fn kits(name: &str) -> Folder {
    kits_of(name, KITS, 1)
}

/// So many kits of one snare in so many recordings.
fn kits_of(name: &str, kits: usize, recordings: usize) -> Folder {
    let folder =
        Folder(std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id())));
    for (kit, recording) in (0..kits).flat_map(|k| (1..=recordings).map(move |r| (k, r))) {
        let path = folder.0.join(format!("kit {kit}/snare/{recording}.wav"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = WavFile::create(&path, RATE, Format::F32).unwrap();
        let wave: Vec<f32> = (0..FRAMES - FRAMES % 1024 + 16 * kit)
            .flat_map(|i| [SLOPE * (512 - (i as i32 % 1024 - 512).abs()) as f32; 2])
            .collect();
        // the last whole period ends in silence; what is beyond it is cut
        file.write(&wave[..2 * (FRAMES - FRAMES % 1024)]).unwrap();
        file.finish().unwrap();
    }
    folder
}

/// What a player does with a switch, without devices.
struct Rig {
    engine: Engine,
    control: ControlSide,
    switch: Switch,
    library: Arc<SampleLibrary>,
    block: u64,
    hits: u64,
    switched: usize,
    /// Copies of each kit that are in the engine.
    inside: BTreeMap<u64, i64>,
    last: f32,
    biggest_step: f32,
    most_memory: usize,
    began: bool,
}

impl Rig {
    fn new(folder: &Path, loading: Loading, budget: usize) -> Self {
        let (control, side) = ports::connect();
        let settings = Settings { rate: RATE, limiter: false, ..Settings::default() };
        let mut engine = Engine::new(settings, side);
        engine.open(StreamShape::new(RATE, BLOCK as u32));
        let library = Arc::new(SampleLibrary::with_budget(RATE, budget));
        let loader = Loader::start(Arc::clone(&library), Box::new(disk::read)).unwrap();
        let dirs = vec![folder.to_owned()];
        let scan = move || Shelf::with(disk::list(&dirs).0);
        let switch = Switch::over(Box::new(scan), loader, loading);
        Self {
            engine,
            control,
            switch,
            library,
            block: 0,
            hits: 0,
            switched: 0,
            inside: BTreeMap::new(),
            last: 0.0,
            biggest_step: 0.0,
            most_memory: 0,
            began: false,
        }
    }

    fn play(&mut self, entry: KitEntry, kit: Box<Kit>) {
        *self.inside.entry(kit.id.0).or_default() += 1;
        let memory = Box::new(KitMemory::of(&kit));
        let name = kit.name.clone();
        let command = Command { when: When::Now, order: Order::Play(kit, memory) };
        self.control.commands.push(command).unwrap();
        self.switch.plays(entry.folder, name);
        self.switched += 1;
        self.began = true;
    }

    fn asked(&mut self, asked: Asked) {
        if let Asked::Ready(entry, kit) = asked {
            self.play(entry, kit);
        }
    }

    fn reports(&mut self) {
        while let Ok(report) = self.switch.reports().try_recv() {
            match report {
                LoadReport::Ready { ticket, kit, sources, thinned, .. } => {
                    let came = self.switch.came(ticket, kit, sources, thinned);
                    if let Came::Play(entry, kit) | Came::Whole(entry, kit) = came {
                        self.play(entry, kit);
                    }
                }
                LoadReport::Failed { ticket, .. } => {
                    if let Some(failed) = self.switch.failed(ticket) {
                        self.asked(failed.instead);
                    }
                }
                LoadReport::Sample { ticket, index, loaded, .. } => {
                    self.switch.ready().came(ticket, index, loaded.ok());
                }
                LoadReport::Progress { .. } => {}
            }
        }
    }

    /// One block: sixteenths, the callback, the janitor.
    fn block(&mut self) {
        let now = self.block * 1_000_000_000 * BLOCK as u64 / u64::from(RATE);
        let frames = self.block * BLOCK as u64..(self.block + 1) * BLOCK as u64;
        if self.began && frames.clone().any(|frame| frame % SIXTEENTH == 0) {
            let kind = EventKind::Hit(Hit::new(Slot::SNARE, 127.0));
            self.control.sources[0].send(Event { when: When::Nanos(now), device: 0, kind });
            self.hits += 1;
        }
        let mut out = [0.0; 2 * BLOCK];
        self.engine.render(BlockStart { now, broken: false }, &mut out);
        for frame in out.chunks_exact(2) {
            self.biggest_step = self.biggest_step.max((frame[0] - self.last).abs());
            self.last = frame[0];
        }
        while let Ok(notice) = self.control.notices.pop() {
            if let Notice::Wanted { kit, sample } = notice {
                self.switch.fetch(kit, sample);
            }
        }
        while let Ok(retired) = self.control.retired.pop() {
            let id = retired.kit.id;
            drop(retired);
            *self.inside.entry(id.0).or_default() -= 1;
            self.switch.retired(id);
        }
        if let Some(kit) = self.switch.generation() {
            *self.inside.entry(kit.id.0).or_default() += 1;
            let memory = Box::new(KitMemory::of(&kit));
            let command = Command { when: When::Now, order: Order::Play(kit, memory) };
            self.control.commands.push(command).unwrap();
        }
        self.most_memory = self.most_memory.max(self.library.used());
        self.block += 1;
    }

    /// Blocks until something holds: time goes on, and the loader gets its share.
    fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let begun = std::time::Instant::now();
        while !holds(self) {
            self.reports();
            self.block();
            std::thread::yield_now();
            assert!(begun.elapsed().as_secs() < 60, "never: {what}");
        }
    }
}

#[test]
fn five_hundred_switches_lose_no_hit_make_no_click_and_stay_within_the_budget() {
    let folder = kits("torture");
    // stereo f32: room for five kits and a half of the twenty
    let kit = FRAMES * 8;
    let budget = kit * 11 / 2;
    let mut rig = Rig::new(&folder.0, Loading::Neighbours, budget);
    let first = rig.switch.shelf().entries()[0].clone();
    assert_eq!(rig.switch.shelf().entries().len(), KITS);
    rig.switch.begin(first);
    rig.until("the first kit", |rig| rig.began);
    let mut rng = Rng::new(11, 0);
    let mut at_once = 0;
    for _ in 0..SWITCHES {
        // sometimes two within a block, sometimes while loading, sometimes when all is ready
        if rng.draw().is_multiple_of(2) {
            rig.until("a rest", |rig| rig.switch.is_settled());
        }
        for _ in 0..rng.draw() % 40 {
            rig.reports();
            rig.block();
        }
        let dice = rng.draw();
        let asked = match dice % 5 {
            0 | 1 => rig.switch.step(1),
            2 | 3 => rig.switch.step(-1),
            _ => rig.switch.program((dice >> 8) as u8 % KITS as u8),
        };
        at_once += usize::from(matches!(asked, Asked::Ready(..)));
        rig.asked(asked);
        if dice & 1024 == 0 {
            let back = rig.switch.step(if dice & 2048 == 0 { 1 } else { -1 });
            rig.asked(back);
        }
    }
    rig.until("the last wish", |rig| rig.switch.is_settled());
    // nobody plays any more; the tails end; then one kit is inside
    rig.began = false;
    for _ in 0..2 * FRAMES / BLOCK {
        rig.block();
    }
    let read = rig.control.meters.read();
    println!(
        "{SWITCHES} requests: {} switches, {at_once} of them from memory; {} hits, {} played; largest \
         step {:.4}; memory at most {} of {budget} bytes; {} kits cut short",
        rig.switched, rig.hits, read.played, rig.biggest_step, rig.most_memory, read.kits_cut
    );
    assert_eq!(read.played, rig.hits, "{read:?}");
    assert_eq!(read.no_kit + read.no_sound + read.lost + read.not_loaded, 0);
    // three recordings overlap; a tail that is cut in 6 ms falls by at most 0.3 in 288 frames
    let allowed = 4.0 * SLOPE + 4.0 * 0.3 / 288.0;
    assert!(
        rig.biggest_step <= allowed,
        "a step of {} where {allowed} is the samples' own",
        rig.biggest_step
    );
    assert!(rig.most_memory <= budget);
    let inside: i64 = rig.inside.values().sum();
    assert_eq!(inside, 1, "every retired kit came home: {:?}", rig.inside);
    assert!(at_once > SWITCHES / 10, "{at_once} switches to a neighbour were at once");
}

#[test]
fn a_missing_sample_is_skipped_then_plays() {
    let folder = kits("lazy");
    let mut rig = Rig::new(&folder.0, Loading::Lazy, FRAMES * 80);
    let first = rig.switch.shelf().entries()[0].clone();
    rig.switch.begin(first);
    rig.until("the first kit", |rig| rig.began);
    rig.until("a hit that is skipped", |rig| rig.control.meters.read().not_loaded > 0);
    rig.until("a hit that plays", |rig| rig.control.meters.read().played > 0);
    let kit = rig.inside.iter().find(|(_, copies)| **copies > 0).map(|(id, _)| KitId(*id));
    let holes =
        rig.switch.ready().get(&folder.0.join("kit 0")).map(|r| (r.kit.id, r.kit.samples[0].hole));
    assert_eq!(holes, kit.map(|id| (id, false)), "the same kit, with its sample");
}

#[test]
fn a_kit_that_is_ready_sounds_at_the_next_block() {
    let folder = kits("next-block");
    let mut rig = Rig::new(&folder.0, Loading::Neighbours, FRAMES * 80);
    let first = rig.switch.shelf().entries()[0].clone();
    rig.switch.begin(first);
    rig.until("both neighbours", |rig| rig.switch.is_settled() && rig.switch.ready().count() == 3);
    let asked = rig.switch.step(1);
    assert!(matches!(asked, Asked::Ready(..)));
    rig.asked(asked);
    let mut out = [0.0; 2];
    rig.engine.process(&mut out);
    let playing = std::iter::from_fn(|| rig.control.notices.pop().ok());
    let playing = playing.filter(|n| matches!(n, Notice::Playing(_))).count();
    assert_eq!(playing, 1, "it plays from this very block on");
}

#[test]
fn a_kit_that_came_thinned_beside_the_old_one_is_whole_when_that_has_rung_out() {
    let recordings = 6;
    let folder = kits_of("thinned", 2, recordings);
    // room for a kit and a quarter
    let budget = FRAMES * 8 * recordings * 5 / 4;
    let mut rig = Rig::new(&folder.0, Loading::Neighbours, budget);
    let [old, new] = [0, 1].map(|kit| rig.switch.shelf().entries()[kit].clone());
    rig.switch.begin(old);
    rig.until("the first kit", |rig| rig.began && rig.switch.is_settled());
    let asked = rig.switch.step(1);
    rig.asked(asked);
    rig.until("the second kit", |rig| rig.switched == 2);
    let has = |rig: &mut Rig| rig.switch.ready().get(&new.folder).unwrap().kit.samples.len();
    assert!(has(&mut rig) < recordings, "there was room for all of it");
    rig.until("all of the second kit", |rig| rig.switched == 3);
    assert_eq!(has(&mut rig), recordings);
    rig.until("a rest", |rig| rig.switch.is_settled() && rig.inside.values().sum::<i64>() == 1);
    for _ in 0..2 * FRAMES / BLOCK {
        rig.reports();
        rig.block();
    }
    assert_eq!((rig.switched, rig.switch.is_settled()), (3, true), "once is enough");
    let read = rig.control.meters.read();
    assert!(
        read.played >= rig.hits - 1 && read.no_kit + read.no_sound + read.lost == 0,
        "{read:?}"
    );
    assert!(rig.most_memory <= budget);
}
