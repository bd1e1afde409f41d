//! An engine with a kit of one drum, and clocks.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use rimshot::engine::dsp::reverb::RoomSpec;
use rimshot::engine::ports::{self, Command, ControlSide, Order};
use rimshot::engine::strips::{Strip, Strips};
use rimshot::engine::{Engine, Settings};
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, FilePlan, LayerPlan, SoundPlan};
use rimshot::kit::sample::Frames;
use rimshot::kit::{Kit, KitMemory, KitPlan, SampleData, Shape};
use rimshot::words::{Event, EventKind, EventSink, Hit, Slot, When};

/// Frames of a call, where nothing else is said.
pub const BLOCK: usize = 64;
/// Frames a second.
pub const RATE: u32 = 48_000;

/// Makes a recording of so many frames.
pub type Make = fn(usize) -> Frames;

/// Every kind of recording.
pub const KINDS: [(&str, Make); 4] = [
    ("stereo f32", |frames| Frames::StereoF32(vec![0.01; 2 * frames].into())),
    ("stereo 16-bit", |frames| Frames::Stereo16(vec![99; 2 * frames].into())),
    ("mono f32", |frames| Frames::MonoF32(vec![0.01; frames].into())),
    ("mono 16-bit", |frames| Frames::Mono16(vec![99; frames].into())),
];

/// What a rig is made with.
#[derive(Clone)]
pub struct Plan {
    pub make: Make,
    /// Recordings of the drum, struck in turn, and frames of each.
    pub recordings: usize,
    pub frames: usize,
    /// Most voices at once.
    pub voices: usize,
    pub shape: Shape,
    /// Semitones.
    pub tune: f32,
    pub room: bool,
}

impl Plan {
    /// As many voices as there are recordings, which play as they are.
    pub fn new(make: Make, recordings: usize, frames: usize) -> Self {
        let shape = Shape::default();
        Self { make, recordings, frames, voices: recordings, shape, tune: 0.0, room: false }
    }
}

/// A kit whose kick plays these files in turn.
pub fn kit_plan(files: Vec<FilePlan>, shape: Shape) -> KitPlan {
    let layers = ChoicePlan::Layers(vec![LayerPlan { velocity: [1, 127], files }]);
    let mut sound = SoundPlan::new(Slot::KICK, vec![ArticulationPlan::whole(layers)]);
    sound.shape = shape;
    KitPlan::new("bench", "bench", vec![sound])
}

/// An engine, the control side, and the kit that was played first.
pub struct Rig {
    pub engine: Engine,
    pub control: ControlSide,
    pub kit: Kit,
}

impl Rig {
    pub fn new(plan: &Plan) -> Self {
        let sample = |_| Arc::new(SampleData::new((plan.make)(plan.frames), 1.0, 0.1));
        let samples: Vec<_> = (0..plan.recordings).map(sample).collect();
        let files = (0..plan.recordings).map(|i| i.to_string().into()).collect();
        let find =
            |path: &Path, _: f32| samples.get(path.to_str()?.parse::<usize>().ok()?).cloned();
        let kit = Kit::build(&kit_plan(files, plan.shape), find);
        Self::playing(kit, plan)
    }

    /// With another kit than the plan's.
    pub fn playing(kit: Kit, plan: &Plan) -> Self {
        let (control, side) = ports::connect();
        let settings = Settings { voices: plan.voices, limiter: false, ..Settings::default() };
        let mut strips = Strips::default();
        strips.set(Slot::KICK, Strip { tune: plan.tune, ..Strip::default() });
        let mut engine = Engine::new(settings, side).with_strips(strips);
        if plan.room {
            engine = engine.with_room(&RoomSpec::default());
        }
        let mut rig = Self { engine, control, kit: kit.clone() };
        rig.change(kit);
        rig.engine.process(&mut []);
        rig
    }

    /// The kit's recordings.
    pub fn samples(&self) -> impl Iterator<Item = &SampleData> {
        self.kit.samples.iter().map(|sample| &*sample.data)
    }

    /// Orders another kit.
    pub fn change(&mut self, kit: Kit) {
        let memory = Box::new(KitMemory::of(&kit));
        self.order(Order::Play(Box::new(kit), memory));
    }

    fn order(&mut self, order: Order) {
        let _ = self.control.commands.push(Command { when: When::Now, order });
    }

    pub fn send(&mut self, when: When, kind: EventKind) {
        self.control.sources[0].send(Event { when, device: 0, kind });
    }

    /// Sends a hit.
    pub fn hit(&mut self, when: When) {
        self.send(when, EventKind::Hit(Hit::new(Slot::KICK, 100.0)));
    }

    /// Starts so many voices.
    pub fn strike(&mut self, voices: usize) {
        for _ in 0..voices {
            self.hit(When::Now);
        }
        self.engine.process(&mut []);
        self.empty();
    }

    /// Begins a fade of 450 ms of everything that sounds.
    pub fn grab(&mut self) {
        self.send(When::Now, EventKind::Choke { slot: Slot::KICK, grip: 1.0 });
        self.engine.process(&mut []);
    }

    /// Seconds of this thread for so many blocks of so many frames.
    pub fn play(&mut self, blocks: usize, frames: usize) -> f64 {
        let mut out = vec![0.0; 2 * frames];
        timed(|| {
            for _ in 0..blocks {
                self.engine.process(black_box(&mut out));
            }
        })
    }

    /// Ends everything that sounds.
    pub fn silence(&mut self) {
        self.order(Order::Silence);
        self.engine.process(&mut [0.0; 2048]);
        self.empty();
    }

    /// Takes what the engine has told and sent home.
    pub fn empty(&mut self) {
        while self.control.notices.pop().is_ok() {}
        while self.control.retired.pop().is_ok() {}
    }
}

/// Seconds that this thread ran: whatever else runs on its processor does not count.
pub fn timed(work: impl FnOnce()) -> f64 {
    let start = thread_time();
    work();
    thread_time() - start
}

fn thread_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

pub fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
