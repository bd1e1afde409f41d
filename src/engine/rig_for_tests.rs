//! A tiny instrument for the tests of this floor.

use std::path::Path;
use std::sync::Arc;

use super::ports::{self, Command, ControlSide, Notice, Order};
use super::*;
use crate::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use crate::kit::sample::Frames;
use crate::kit::{Kit, KitId, KitMemory, KitPlan, SampleData};
use crate::words::{Event, EventKind, EventSink, Hit};

pub(super) fn slot(name: &str) -> Slot {
    Slot::from_name(name).unwrap()
}

/// A constant recording: `frames` frames of `level`, loudness the same.
pub(super) fn steady(level: f32, frames: usize) -> Arc<SampleData> {
    Arc::new(SampleData::new(Frames::MonoF32(vec![level; frames].into()), 1.0, level))
}

/// A sound of one layer whose file name says level and length: "0.5x100".
pub(super) fn sound(name: &str, files: &[&str]) -> SoundPlan {
    let files = files.iter().map(|f| f.into()).collect();
    let choice = ChoicePlan::Layers(vec![LayerPlan { velocity: [1, 127], files }]);
    SoundPlan::new(slot(name), vec![ArticulationPlan::whole(choice)])
}

pub(super) fn load(path: &Path, _tune: f32) -> Option<Arc<SampleData>> {
    let (level, frames) = path.to_str()?.split_once('x')?;
    Some(steady(level.parse().ok()?, frames.parse().ok()?))
}

pub(super) fn kit(id: u64, sounds: Vec<SoundPlan>) -> Box<Kit> {
    let plan = KitPlan::new(format!("kit {id}"), "k", sounds);
    Box::new(Kit { id: KitId(id), ..Kit::build(&plan, load) })
}

pub(super) struct Rig {
    pub(super) engine: Engine,
    pub(super) control: ControlSide,
}

impl Rig {
    /// One frame a second: every fade and every attack lasts one frame, the release too.
    pub(super) fn new(settings: Settings) -> Self {
        let (control, side) = ports::connect();
        Self { engine: Engine::new(settings, side), control }
    }

    pub(super) fn with(sounds: Vec<SoundPlan>) -> Self {
        let mut rig = Self::new(Settings { rate: 1, limiter: false, ..Settings::default() });
        rig.play(When::Now, kit(1, sounds));
        rig
    }

    pub(super) fn play(&mut self, when: When, kit: Box<Kit>) {
        let memory = Box::new(KitMemory::of(&kit));
        self.control.commands.push(Command { when, order: Order::Play(kit, memory) }).unwrap();
    }

    pub(super) fn event(&mut self, frame: u64, kind: EventKind) {
        self.control.sources[0].send(Event { when: When::Frame(frame), device: 0, kind });
    }

    pub(super) fn hit(&mut self, frame: u64, name: &str, velocity: f32) {
        self.event(frame, EventKind::Hit(Hit::new(slot(name), velocity)));
    }

    pub(super) fn hat(&mut self, frame: u64, name: &str, openness: f32) {
        self.event(frame, EventKind::Hit(Hit { openness, ..Hit::new(slot(name), 100.0) }));
    }

    /// The left side of the next frames.
    pub(super) fn left(&mut self, frames: usize) -> Vec<f32> {
        let mut out = vec![f32::NAN; 2 * frames];
        self.engine.process(&mut out);
        out.chunks_exact(2).map(|f| f[0]).collect()
    }

    pub(super) fn notices(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.control.notices.pop().ok()).collect()
    }
}
