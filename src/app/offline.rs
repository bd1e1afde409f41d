//! Playing a take without a clock: the same engine as live, as fast as it goes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::stats::Stats;
use crate::engine::dsp::reverb::RoomSpec;
use crate::engine::meters::Reading;
use crate::engine::ports::{self, Command, ControlSide, Notice, Order, Silence, Source};
use crate::engine::strips::Strips;
use crate::engine::{Engine, Settings};
use crate::kit::{Kit, KitMemory};
use crate::maps::NoteMap;
use crate::midi::Translator;
use crate::midi::file::Take;
use crate::midi::translate::Output;
use crate::words::limits::{COMMANDS, NOTICES, SOURCE_EVENTS};
use crate::words::stream::AudioSource;
use crate::words::units::ms_to_frames;
use crate::words::{Action, Event, EventKind, EventSink, HeldBack, Slot, When};

/// A tail that is cut at the limit fades out within this time.
const CUT_FADE_MS: f64 = 20.0;
/// So often, in frames, a room is asked whether it is silent: at places that do not depend
/// on blocks.
const ROOM_FRAMES: u64 = 4096;

/// What to play and how.
pub struct Offline<'a> {
    /// The performance.
    pub take: &'a Take,
    /// Which note is which slot.
    pub map: Arc<NoteMap>,
    /// Retrigger masks in milliseconds, in place of the map's.
    pub masks: BTreeMap<Slot, f32>,
    /// The engine's settings.
    pub settings: Settings,
    /// Frames a block, at least 1. The output does not depend on it.
    pub block: usize,
    /// Seconds that may follow the last event; never less than the fade of a tail that is
    /// cut takes (20 ms).
    pub tail: f64,
    /// The desk that the kit is played through.
    pub strips: Strips,
    /// The room that slots send to, if there is one.
    pub room: Option<&'a RoomSpec>,
    /// Whether each block is measured, for [`Outcome::stats`].
    pub measure: bool,
    /// Where it ends, instead of where its tails do: the end of another way of playing the
    /// same take, whose frames are to be as many.
    pub end: Option<End>,
}

/// Where frames go and where kits come from while a take is played.
pub trait Studio {
    /// What can go wrong with the output.
    type Error;
    /// Takes the next frames, interleaved stereo, one pair of outputs after the other.
    fn write(&mut self, frames: &[f32]) -> Result<(), Self::Error>;
    /// The kit of a program change; `None` leaves the one that plays.
    fn program(&mut self, program: u8) -> Option<Box<Kit>>;
}

/// Where a take ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Its length in frames.
    pub frame: u64,
    /// The last tail was still ringing at the limit and was faded out.
    pub cut: bool,
}

/// Hits that made no sound, of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unheard {
    /// What was struck.
    pub slot: Slot,
    /// The MIDI note.
    pub note: u8,
}

/// What became of a take.
#[derive(Debug)]
pub struct Outcome {
    /// Where it ended: the frames written.
    pub end: End,
    /// The engine's counters.
    pub reading: Reading,
    /// Hits without a sound for want of a mapping, and how many.
    pub unmapped: BTreeMap<Unheard, u64>,
    /// Hits without a sound because the kit has none there, and how many.
    pub no_sound: BTreeMap<Unheard, u64>,
    /// Hits that were held back, and how many: why, and of which slot.
    pub held: BTreeMap<(HeldBack, Slot), u64>,
    /// What the blocks cost, if that was asked for.
    pub stats: Option<Stats>,
}

enum Step {
    Event(Event),
    Program(u8),
}

struct Run<'a, S: Studio> {
    engine: Engine,
    control: ControlSide,
    studio: &'a mut S,
    /// Orders for which the engine's ring has no room.
    orders: VecDeque<Command>,
    /// Frames a block.
    most: usize,
    /// Frames a second.
    rate: u32,
    /// A block of all pairs of outputs.
    buffer: Vec<f32>,
    stats: Option<Stats>,
    unmapped: BTreeMap<Unheard, u64>,
    no_sound: BTreeMap<Unheard, u64>,
    held: BTreeMap<(HeldBack, Slot), u64>,
}

impl<'a> Offline<'a> {
    /// This take, by this map: blocks of 64 frames, tails of 5 s, nothing set on the desk.
    pub fn new(take: &'a Take, map: Arc<NoteMap>, settings: Settings) -> Self {
        let strips = Strips::default();
        Self {
            take,
            map,
            masks: BTreeMap::new(),
            settings,
            block: 64,
            tail: 5.0,
            strips,
            room: None,
            measure: false,
            end: None,
        }
    }

    /// The slots that the take strikes, in order: whether the kit has a sound for them or
    /// not, but without hits that are held back.
    pub fn struck(&self) -> Vec<Slot> {
        let steps = self.steps();
        let hits = steps.iter().filter_map(|(_, step)| match step {
            Step::Event(Event { kind: EventKind::Hit(hit), .. }) => Some(hit.slot),
            _ => None,
        });
        hits.collect::<BTreeSet<Slot>>().into_iter().collect()
    }

    /// Plays the take through `kit`, which sounds from the first frame on. Ends when the
    /// last tail is silent, at most [`Offline::tail`] seconds after the last event.
    pub fn run<S: Studio>(&self, kit: Box<Kit>, studio: &mut S) -> Result<Outcome, S::Error> {
        let steps = self.steps();
        let (control, side) = ports::connect();
        let mut engine = Engine::new(self.settings, side).with_strips(self.strips.clone());
        if let Some(room) = self.room {
            engine = engine.with_room(room);
        }
        let most = self.block.max(1);
        let mut run = Run {
            buffer: vec![0.0; 2 * most * engine.pairs()],
            engine,
            control,
            studio,
            orders: VecDeque::new(),
            most,
            rate: self.settings.rate,
            stats: self.measure.then(|| Stats::new(most, self.settings.rate)),
            unmapped: BTreeMap::new(),
            no_sound: BTreeMap::new(),
            held: BTreeMap::new(),
        };
        run.play(When::Now, kit);
        let after = steps.last().map_or(0, |(frame, _)| frame.saturating_add(1));
        run.perform(steps, after)?;
        let fade = u64::from(ms_to_frames(CUT_FADE_MS, self.settings.rate));
        let end = match self.end {
            Some(end) => end,
            None => run.ring_out(after, self.tail, fade)?,
        };
        if end.cut {
            run.fade_before(end.frame, fade as u32);
        }
        run.until(end.frame)?;
        Ok(Outcome {
            end: End { frame: run.engine.position(), ..end },
            reading: run.control.meters.read(),
            unmapped: run.unmapped,
            no_sound: run.no_sound,
            held: run.held,
            stats: run.stats,
        })
    }

    fn steps(&self) -> Vec<(u64, Step)> {
        let rate = self.settings.rate;
        let mut translator = Translator::new(Arc::clone(&self.map), None, 0)
            .with_rate(rate)
            .with_masks(|slot| self.masks.get(&slot).copied());
        let mut steps = Vec::new();
        let mut last = 0;
        for (frame, message) in self.take.frames(rate) {
            last = frame;
            for output in translator.translate(message, When::Frame(frame)) {
                match output {
                    Output::Event(event) => steps.push((frame, Step::Event(event))),
                    Output::Action(Action::Program(n)) => steps.push((frame, Step::Program(n))),
                    Output::Action(_) | Output::Button(_) => {}
                }
            }
        }
        // A movement of the pedal that waits for a later message has none to wait for.
        if let Some(event) = translator.flush(When::Frame(last)) {
            steps.push((last, Step::Event(event)));
        }
        steps
    }
}

impl<S: Studio> Run<'_, S> {
    fn play(&mut self, when: When, kit: Box<Kit>) {
        let memory = Box::new(KitMemory::of(&kit));
        self.order(Command { when, order: Order::Play(kit, memory) });
    }

    fn order(&mut self, command: Command) {
        self.orders.push_back(command);
        self.hand_over();
    }

    /// Hands over the orders that have room, in turn; how many.
    fn hand_over(&mut self) -> usize {
        let room = self.control.commands.slots().min(self.orders.len());
        for command in self.orders.drain(..room) {
            // there is room, as has just been seen
            let _ = self.control.commands.push(command);
        }
        room
    }

    /// Plays all steps, up to frame `after`.
    fn perform(&mut self, steps: Vec<(u64, Step)>, after: u64) -> Result<(), S::Error> {
        let mut steps = steps.into_iter().peekable();
        while self.engine.position() < after {
            let here = self.engine.position();
            let mut until = after.min(here + self.most as u64);
            while let Some((frame, _)) = steps.peek().filter(|(frame, _)| *frame < until) {
                // What has no room waits: everything before it is played first. Each hit and
                // each kit is answered by a notice, and all of them must find room.
                let room = self.control.sources.first().map_or(0, Source::room);
                let order_fits = self.control.commands.slots() > 0 || *frame == here;
                if room <= SOURCE_EVENTS + COMMANDS - NOTICES || !order_fits {
                    until = *frame;
                    break;
                }
                match steps.next() {
                    Some((_, Step::Event(event))) => self.send(event),
                    Some((frame, Step::Program(n))) => {
                        if let Some(kit) = self.studio.program(n) {
                            self.play(When::Frame(frame), kit);
                        }
                    }
                    None => break,
                }
            }
            // Orders that have found no room wait for tails to fade. They must be there at
            // the frame at which their turn comes, so blocks are as short as can be.
            if !self.orders.is_empty() {
                until = until.min(here + 1);
                self.block(0)?;
                while self.hand_over() > 0 {
                    self.block(0)?;
                }
            }
            self.block((until - here) as usize)?;
        }
        Ok(())
    }

    fn send(&mut self, event: Event) {
        if let Some(source) = self.control.sources.first_mut() {
            source.send(event);
        }
    }

    /// Plays until nothing rings, or until what is left before the limit is a fade of so
    /// many frames; the end that follows. The limit is `tail` seconds after frame `after`.
    fn ring_out(&mut self, after: u64, tail: f64, fade: u64) -> Result<End, S::Error> {
        let tail = (tail.max(0.0) * f64::from(self.rate)) as u64;
        let limit = after.saturating_add(tail.max(fade));
        let last = limit.saturating_sub(fade);
        let rings = self.engine.rings_until();
        self.until(rings.min(last))?;
        while self.engine.room_rings() && self.engine.position() < last {
            self.until(last.min(self.engine.position() + ROOM_FRAMES))?;
        }
        let cut = rings > limit || self.engine.room_rings();
        let frame = if cut { limit } else { rings.max(self.engine.position()) };
        Ok(End { frame, cut })
    }

    fn fade_before(&mut self, end: u64, frames: u32) {
        let when = When::Frame(end.saturating_sub(u64::from(frames)));
        self.order(Command { when, order: Order::Volume { gain: 0.0, frames } });
    }

    fn until(&mut self, end: u64) -> Result<(), S::Error> {
        while self.engine.position() < end {
            self.hand_over();
            let left = usize::try_from(end - self.engine.position()).unwrap_or(usize::MAX);
            let most = if self.orders.is_empty() { self.most } else { 1 };
            self.block(most.min(left))?;
        }
        Ok(())
    }

    fn block(&mut self, frames: usize) -> Result<(), S::Error> {
        let Self { engine, buffer, stats, .. } = self;
        let out = buffer.get_mut(..2 * frames * engine.pairs()).unwrap_or_default();
        match stats {
            None => engine.process(out),
            Some(stats) => {
                stats.measure(frames, || engine.process(out));
                if frames > 0 {
                    stats.voices(self.control.meters.voices());
                }
            }
        }
        self.studio.write(out)?;
        while let Ok(notice) = self.control.notices.pop() {
            if let Notice::Silent { slot, note, why, .. } = notice {
                let unheard = Unheard { slot, note };
                match why {
                    Silence::Unmapped => *self.unmapped.entry(unheard).or_default() += 1,
                    Silence::NoSound => *self.no_sound.entry(unheard).or_default() += 1,
                    Silence::Held(why) => *self.held.entry((why, slot)).or_default() += 1,
                    Silence::NoKit
                    | Silence::Duplicate
                    | Silence::NotLoaded
                    | Silence::Muted
                    | Silence::Soft => {}
                }
            }
        }
        while self.control.retired.pop().is_ok() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::path::Path;

    use super::*;
    use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
    use crate::kit::sample::Frames;
    use crate::kit::{KitPlan, SampleData};
    use crate::midi::file;

    /// A kit whose snare rings for as many frames as there are, and unlike any other.
    fn kit() -> Box<Kit> {
        let choice = ChoicePlan::Measured(vec!["ring".into()]);
        let plan = KitPlan::new(
            "ring",
            "ring",
            vec![SoundPlan::new(Slot::SNARE, vec![ArticulationPlan::whole(choice)])],
        );
        let ring = Frames::MonoF32(vec![0.01; 4000].into());
        let ring = Arc::new(SampleData::new(ring, 1.0, 0.01));
        Box::new(Kit::build(&plan, |_: &Path, _| Some(ring.clone())))
    }

    #[derive(Default)]
    struct Tape(Vec<u32>);

    impl Studio for Tape {
        type Error = Infallible;
        fn write(&mut self, frames: &[f32]) -> Result<(), Infallible> {
            self.0.extend(frames.iter().map(|x| x.to_bits()));
            Ok(())
        }
        fn program(&mut self, _: u8) -> Option<Box<Kit>> {
            Some(kit())
        }
    }

    #[test]
    fn more_kits_than_orders_fit_end_the_render_and_at_every_block_size_alike() {
        // A program change and a snare at each of 200 ticks of half a millisecond, while
        // each switch waits 6 ms for the oldest kit's tail.
        let track: Vec<u8> = [1, 0xC0, 1, 0, 0x99, 38, 100].repeat(200);
        let end = [0, 0xFF, 0x2F, 0];
        let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\x03\xC0MTrk".to_vec();
        bytes.extend(u32::try_from(track.len() + end.len()).unwrap().to_be_bytes());
        bytes.extend(track.iter().chain(&end));
        let path = std::env::temp_dir().join(format!("rimshot-kits-{}.mid", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let take = file::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let play = |block| {
            let settings = Settings { rate: 1000, ..Settings::default() };
            let map = Arc::new(NoteMap::gm());
            let mut tape = Tape::default();
            let offline = Offline { block, tail: 9.0, ..Offline::new(&take, map, settings) };
            let Ok(outcome) = offline.run(kit(), &mut tape);
            (outcome.reading.played, outcome.reading.kits_cut > 0, tape.0)
        };
        let whole = play(4096);
        assert_eq!((whole.0, whole.1), (200, true));
        for block in [1, 7, 64] {
            assert!(play(block) == whole, "at block {block}");
        }
    }
}
