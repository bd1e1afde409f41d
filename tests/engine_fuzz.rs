//! Random kits, random events, random blocks. Whatever comes, the output is a number below
//! the limiter's threshold, every hit is accounted for, and what sounds depends on neither
//! the blocks nor the polyphony.

use std::path::Path;
use std::sync::Arc;

use rimshot::engine::clock::Timing;
use rimshot::engine::dsp::reverb::RoomSpec;
use rimshot::engine::feel::Feel;
use rimshot::engine::ports::{self, Command, ControlSide, EngineSide, Notice, Order};
use rimshot::engine::strips::{Strip, Strips};
use rimshot::engine::touch::{CURVE_POINTS, Curve, Touch};
use rimshot::engine::{Engine, Settings};
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, FilePlan, LayerPlan, SoundPlan};
use rimshot::kit::sample::Frames;
use rimshot::kit::shape::{Cutoff, Envelope, Shape};
use rimshot::kit::{Dynamics, Kit, KitMemory, KitPlan, SampleData};
use rimshot::words::limits::SOURCE_EVENTS;
use rimshot::words::rng::Rng;
use rimshot::words::stream::{AudioSource, BlockStart, StreamShape};
use rimshot::words::{Event, EventKind, EventSink, Hit, Slot, When};

/// −0.3 dBFS, as `engine/limiter.rs` has it.
const THRESHOLD: f32 = 0.966_050_9;
const FILES: u64 = 24;

struct Dice(Rng);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(Rng::new(seed, 77))
    }
    fn below(&mut self, n: u64) -> u64 {
        self.0.draw() % n
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
    fn unit(&mut self) -> f32 {
        self.below(1001) as f32 / 1000.0
    }
    /// A number that may be none, or of any size.
    fn weird(&mut self) -> f32 {
        let usual = self.unit();
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 0.0, -0.0, 1e38, 1e-40, 64.0];
        if self.one_in(3) { self.pick(&odd) } else { usual }
    }
    fn files(&mut self, most: u64) -> Vec<FilePlan> {
        (0..self.below(most + 1)).map(|_| self.below(FILES).to_string().into()).collect()
    }
}

/// A recording of any length and kind. `hostile`: with contents no file can bring.
fn recording(dice: &mut Dice, hostile: bool) -> Arc<SampleData> {
    let length = match dice.below(4) {
        0 => dice.pick(&[0, 1, 2, 255, 256, 257]),
        _ => dice.below(4000),
    } as usize;
    let level = dice.pick(&[0.0, 0.001, 0.1, 0.5, 1.0]);
    let floats = |dice: &mut Dice, n: usize| -> Box<[f32]> {
        let wild = hostile && dice.one_in(2);
        let one = |_| if wild { dice.weird() } else { level * (2.0 * dice.unit() - 1.0) };
        (0..n).map(one).collect()
    };
    let ints = |dice: &mut Dice, n: usize| -> Box<[i16]> {
        (0..n).map(|_| (dice.0.draw() as i16 as f32 * level) as i16).collect()
    };
    let frames = match dice.below(4) {
        0 => Frames::Mono16(ints(dice, length)),
        1 => Frames::Stereo16(ints(dice, 2 * length)),
        2 => Frames::MonoF32(floats(dice, length)),
        _ => Frames::StereoF32(floats(dice, 2 * length)),
    };
    let loudness = if hostile { dice.weird() } else { level };
    Arc::new(SampleData::new(frames, dice.pick(&[1.0, 1.25]), loudness))
}

fn articulation(dice: &mut Dice) -> ArticulationPlan {
    let any = |dice: &mut Dice| dice.below(256) as u8;
    let choice = if dice.one_in(2) {
        let layer =
            |dice: &mut Dice| LayerPlan { velocity: [any(dice), any(dice)], files: dice.files(3) };
        ChoicePlan::Layers((0..dice.below(5)).map(|_| layer(dice)).collect())
    } else {
        ChoicePlan::Measured(dice.files(12))
    };
    ArticulationPlan {
        openness: [dice.weird(), dice.weird()],
        position: [dice.weird(), dice.weird()],
        choice,
    }
}

/// Any shape; half of the sounds have none.
fn shape(dice: &mut Dice) -> Shape {
    if dice.one_in(2) {
        return Shape::default();
    }
    let ms = |dice: &mut Dice| if dice.one_in(4) { dice.weird() } else { 200.0 * dice.unit() };
    let cutoff = |dice: &mut Dice| Cutoff {
        base: if dice.one_in(4) { dice.weird() } else { 5000.0 * dice.unit() },
        velocity: dice.weird(),
        position: dice.weird(),
    };
    Shape {
        envelope: dice.one_in(2).then(|| Envelope {
            attack: ms(dice),
            hold: ms(dice),
            decay: dice.one_in(2).then(|| ms(dice)),
            release: dice.one_in(2).then(|| ms(dice)),
        }),
        lowpass: dice.one_in(3).then(|| cutoff(dice)),
        highpass: dice.one_in(3).then(|| cutoff(dice)),
        tune_velocity: if dice.one_in(3) { 12.0 * dice.weird() } else { 0.0 },
        reverb: dice.weird(),
    }
}

/// Velocities read in any way.
fn touch(dice: &mut Dice) -> Touch {
    let points = [[0.0; 2]; CURVE_POINTS].map(|_| [dice.weird(), dice.weird()]);
    let curve = match dice.below(4) {
        0 => Curve::Power(dice.weird()),
        1 => Curve::Points(points, dice.below(12) as usize),
        2 => Curve::Fixed,
        _ => Curve::Loud,
    };
    let threshold = if dice.one_in(4) { dice.weird() } else { 0.0 };
    Touch { threshold, ceiling: 127.0 * dice.unit(), curve, depth: dice.weird() }
}

/// Strips of any kind on some slots. None is muted: what is chosen depends on that.
fn strips(dice: &mut Dice, slots: &[Slot], wild: bool) -> Strips {
    let mut strips = Strips::default();
    for slot in slots {
        if dice.one_in(2) {
            let pan = if wild { dice.weird() } else { 2.0 * dice.unit() - 1.0 };
            let level = if wild { dice.weird() } else { dice.unit() };
            let tune = dice.pick(&[0.0, 0.0, -12.0, 12.0, 0.01, 3.3, f32::NAN]);
            let reverb = dice.one_in(2).then(|| dice.weird());
            let mute = wild && dice.one_in(8);
            let pair = dice.below(6) as usize;
            let touch = if wild { touch(dice) } else { Touch::default() };
            strips.set(*slot, Strip { level, pan, tune, mute, pair, reverb, touch });
        }
    }
    strips
}

/// An engine with strips, and with a room in one of three.
fn engine(dice: &mut Dice, settings: Settings, side: EngineSide, wild: bool) -> Engine {
    let strips = strips(dice, &slots(), wild);
    let engine = Engine::new(settings, side).with_strips(strips);
    if dice.one_in(3) { engine.with_room(&RoomSpec::default()) } else { engine }
}

/// A plan of any shape: empty articulations, overlapping layers, ranges that run backwards.
fn plan(dice: &mut Dice, slots: &[Slot]) -> KitPlan {
    let sound = |slot: Slot, dice: &mut Dice| {
        let articulations = (0..dice.below(4)).map(|_| articulation(dice)).collect();
        let group = ["a", "b", "hihat"];
        SoundPlan {
            note: dice.one_in(4).then(|| dice.below(128) as u8),
            gain_db: if dice.one_in(2) { 100.0 * dice.weird() } else { 0.0 },
            pan: if dice.one_in(2) { dice.weird() } else { 0.0 },
            choke: dice.one_in(3).then(|| dice.pick(&group).to_owned()),
            choke_self: dice.one_in(4),
            dynamics: dice.pick(&[None, Some(Dynamics::Layers), Some(Dynamics::Level)]),
            shape: shape(dice),
            ..SoundPlan::new(slot, articulations)
        }
    };
    let sounds = (0..dice.below(9)).map(|_| sound(dice.pick(slots), dice)).collect();
    KitPlan::new("k", "k", sounds)
}

fn slots() -> Vec<Slot> {
    let names = ["kick", "snare", "snare.rim", "hihat", "hihat.pedal", "hihat.splash", "crash1"];
    let more = ["crash2", "ride", "tom2", "aux1", "note.5", "note.60"];
    names.into_iter().chain(more).filter_map(Slot::from_name).collect()
}

fn built(plan: &KitPlan, pool: &[Arc<SampleData>]) -> Order {
    // every sixth recording cannot be loaded
    let load = |path: &Path, _: f32| {
        let index: usize = path.to_str()?.parse().ok()?;
        (index % 6 != 5).then(|| pool[index].clone())
    };
    let kit = Box::new(Kit::build(plan, load));
    let memory = Box::new(KitMemory::of(&kit));
    Order::Play(kit, memory)
}

fn event(dice: &mut Dice, slots: &[Slot]) -> EventKind {
    let slot = if dice.one_in(5) {
        Slot::all().nth(dice.below(Slot::COUNT as u64) as usize).unwrap()
    } else {
        dice.pick(slots)
    };
    match dice.below(8) {
        0 => EventKind::Pedal(dice.weird()),
        1 => EventKind::Choke { slot, grip: dice.weird() },
        2 => EventKind::NoteOff { slot, note: dice.pick(&[5, 35, 36, 60, 128, 255]) },
        _ => EventKind::Hit(Hit {
            slot,
            note: dice.pick(&[5, 35, 36, 60, 128, 255]),
            velocity: 127.0 * dice.weird(),
            openness: dice.weird(),
            position: dice.weird(),
        }),
    }
}

/// Fills a block and looks at it.
fn block(engine: &mut Engine, start: BlockStart, frames: usize) {
    let mut out = vec![f32::NAN; 2 * frames * engine.pairs()];
    engine.render(start, &mut out);
    for x in out {
        assert!(x.abs() <= THRESHOLD, "{x}");
    }
}

/// A life of an engine in which anything may come. Returns what was played.
fn wild(seed: u64) -> u64 {
    let mut dice = Dice::new(seed);
    let pool: Vec<_> = (0..FILES).map(|_| recording(&mut dice, true)).collect();
    let plans: Vec<_> = (0..=dice.below(12)).map(|_| plan(&mut dice, &slots())).collect();
    let settings = Settings {
        rate: dice.pick(&[1, 100, 8000, 44_100, 48_000]),
        voices: dice.pick(&[1, 3, 20, 128]),
        seed,
        timing: dice.pick(&[Timing::Steady, Timing::Asap]),
        limiter: true,
        volume: dice.weird(),
        pairs: dice.pick(&[1, 1, 2, 5]),
        feel: Feel {
            grab_ms: dice.weird(),
            hihat_ms: dice.weird(),
            group_ms: 100.0 * dice.unit(),
            humanise: dice.weird(),
            position: dice.one_in(2),
        },
    };
    let (mut control, side) = ports::connect();
    let mut engine = engine(&mut dice, settings, side, true);
    let period = dice.pick(&[16, 128, 1000]);
    engine.open(StreamShape::new(settings.rate, period));
    let slots = slots();
    let mut sent = 0;
    let mut now = 10_000_000_000;
    for _ in 0..120 {
        let frames = dice.pick(&[0, 1, 3, period as usize, period as usize, 1000]);
        for source in 0..control.sources.len() {
            let flood = dice.one_in(400);
            let events = if flood { 1200 } else { dice.pick(&[0, 0, 1, 3, 20]) };
            for _ in 0..events {
                let here = engine.position();
                let when = match dice.below(8) {
                    0 => When::Now,
                    1 => When::Frame(here + dice.below(500)),
                    2 => When::Frame(here.saturating_sub(dice.below(500))),
                    3 => When::Nanos(dice.pick(&[0, u64::MAX, now + 400_000_000])),
                    _ => When::Nanos(now - dice.below(20_000_000)),
                };
                let kind = event(&mut dice, &slots);
                sent += u64::from(matches!(kind, EventKind::Hit(_)));
                control.sources[source].send(Event { when, device: dice.below(3) as u8, kind });
            }
        }
        let order = match dice.below(10) {
            0..3 => Some(built(&plans[dice.below(plans.len() as u64) as usize], &pool)),
            3 => Some(Order::Volume { gain: dice.weird(), frames: dice.below(900) as u32 }),
            4 if dice.one_in(3) => Some(Order::Silence),
            _ => None,
        };
        if let Some(order) = order {
            let frame = When::Frame(engine.position() + dice.below(100));
            let when = dice.pick(&[When::Now, frame]);
            // a full ring gives the order back
            let _ = control.commands.push(Command { when, order });
        }
        block(&mut engine, BlockStart { now, broken: dice.one_in(50) }, frames);
        now += frames as u64 * 1_000_000_000 / u64::from(settings.rate) + dice.below(2_000_000);
        if dice.one_in(100) {
            now += 5_000_000_000;
        }
        if dice.one_in(2) {
            clear(&mut control);
        }
    }
    // everything that was sent is due within a second
    for _ in 0..400 {
        let empty = control.sources.iter().all(|s| s.room() == SOURCE_EVENTS);
        if empty && control.commands.slots() == control.commands.buffer().capacity() {
            break;
        }
        now += 1_000_000_000_000 / u64::from(settings.rate);
        block(&mut engine, BlockStart { now, broken: false }, 1000);
        clear(&mut control);
    }
    assert!(control.sources.iter().all(|s| s.room() == SOURCE_EVENTS), "an event is never due");
    let read = control.meters.read();
    let heard_of = read.played
        + read.no_sound
        + read.unmapped
        + read.no_kit
        + read.duplicates
        + read.muted
        + read.soft
        + read.not_loaded;
    assert_eq!(heard_of + read.lost, sent, "{read:?}");
    assert!(read.most_voices as usize <= settings.voices);
    drop((engine, control));
    assert!(pool.iter().all(|s| Arc::strong_count(s) == 1), "a kit was forgotten");
    read.played
}

fn clear(control: &mut ControlSide) {
    while control.notices.pop().is_ok() {}
    while control.retired.pop().is_ok() {}
}

#[test]
fn whatever_comes_the_output_is_sound_and_every_hit_is_accounted_for() {
    let mut played = 0;
    for seed in 0..200 {
        let seen = std::panic::catch_unwind(|| wild(seed));
        played += seen.unwrap_or_else(|_| panic!("with seed {seed}"));
    }
    assert!(played > 100_000, "the kits have sounds: {played}");
}

/// What a script does at its frame.
type Script = Vec<(u64, usize, EventKind)>;

/// Plays a script by frames; the output and (slot, sample) of each hit.
fn play(
    script: &Script,
    orders: &[(u64, usize)],
    plans: &[KitPlan],
    pool: &[Arc<SampleData>],
    settings: Settings,
    size: u64,
) -> (Vec<Vec<u32>>, Vec<(Slot, u32)>) {
    let (mut control, side) = ports::connect();
    let mut engine = engine(&mut Dice::new(settings.seed), settings, side, false);
    let (mut events, mut kits) = (script.iter().peekable(), orders.iter().peekable());
    let (mut bits, mut chosen) = (vec![Vec::new(); settings.pairs], Vec::new());
    let mut out = vec![0.0; 2 * size as usize * settings.pairs];
    while engine.position() < LENGTH {
        let end = engine.position() + size;
        while let Some((frame, source, kind)) = events.next_if(|(frame, ..)| *frame < end) {
            let event = Event { when: When::Frame(*frame), device: *source as u8, kind: *kind };
            control.sources[*source].send(event);
        }
        while let Some((frame, kit)) = kits.next_if(|(frame, _)| *frame < end) {
            let order = built(&plans[*kit], pool);
            control.commands.push(Command { when: When::Frame(*frame), order }).unwrap();
        }
        engine.process(&mut out);
        for (bits, out) in bits.iter_mut().zip(out.chunks(2 * size as usize)) {
            bits.extend(out.iter().map(|x| x.to_bits()));
        }
        while let Ok(notice) = control.notices.pop() {
            if let Notice::Played { slot, sample, .. } = notice {
                chosen.push((slot, sample));
            }
        }
        clear(&mut control);
    }
    bits.iter_mut().for_each(|bits| bits.truncate(2 * LENGTH as usize));
    (bits, chosen)
}

const LENGTH: u64 = 12_000;

#[test]
fn random_kits_and_events_give_the_same_bits_at_every_block_size() {
    for seed in 0..12 {
        let mut dice = Dice::new(1000 + seed);
        let pool: Vec<_> = (0..FILES).map(|_| recording(&mut dice, false)).collect();
        let plans: Vec<_> = (0..12).map(|_| plan(&mut dice, &slots())).collect();
        let mut script: Script = (0..600)
            .map(|_| (dice.below(LENGTH), dice.below(4) as usize, event(&mut dice, &slots())))
            .collect();
        script.sort_by_key(|(frame, ..)| *frame);
        let mut orders: Vec<_> =
            (0..40).map(|_| (dice.below(LENGTH), dice.below(12) as usize)).collect();
        orders.push((0, 0));
        orders.sort_unstable();
        let pairs = 1 + seed as usize % 3;
        let settings = Settings { rate: 4000, voices: 9, seed, pairs, ..Settings::default() };
        let run = |size| play(&script, &orders, &plans, &pool, settings, size);
        let whole = run(4096);
        for size in [1, 17, 64, 777] {
            assert!(run(size) == whole, "seed {seed}, block {size}");
        }
    }
}

#[test]
fn a_choice_depends_on_neither_polyphony_nor_chokes_nor_the_hits_of_other_drums() {
    let drums = ["kick", "snare", "tom1", "ride"].map(|n| Slot::from_name(n).unwrap());
    for seed in 0..12 {
        let mut dice = Dice::new(2000 + seed);
        let pool: Vec<_> = (0..FILES).map(|_| recording(&mut dice, false)).collect();
        let whole = |choice| vec![ArticulationPlan::whole(choice)];
        let files = (0..20u64).map(|i| i.to_string().into()).collect::<Vec<_>>();
        let sounds = drums.map(|slot| {
            let choice = match dice.one_in(2) {
                true => ChoicePlan::Measured(files.clone()),
                false => ChoicePlan::Layers(vec![
                    LayerPlan { velocity: [1, 60], files: files.clone() },
                    LayerPlan { velocity: [61, 127], files: files.clone() },
                ]),
            };
            SoundPlan::new(slot, whole(choice))
        });
        let kit = KitPlan::new("k", "k", sounds.into());
        let hit = |dice: &mut Dice| {
            let slot = dice.pick(&drums);
            EventKind::Hit(Hit::new(slot, 1.0 + dice.below(127) as f32))
        };
        let mut script: Script =
            (0..500).map(|_| (dice.below(LENGTH), 0, hit(&mut dice))).collect();
        script.sort_by_key(|(frame, ..)| *frame);
        let settings = Settings { rate: 4000, seed, ..Settings::default() };
        let of = |script: &Script, voices, size| {
            let settings = Settings { voices, ..settings };
            let plans = std::slice::from_ref(&kit);
            play(script, &[(0, 0)], plans, &pool, settings, size).1
        };
        let full = of(&script, 128, 64);
        assert_eq!(full.len(), 500);
        assert!(of(&script, 1, 64) == full, "polyphony, seed {seed}");
        for drum in drums {
            let alone = |(_, _, kind): &&(u64, usize, EventKind)| match kind {
                EventKind::Hit(hit) => hit.slot == drum,
                _ => false,
            };
            let mut solo: Script = script.iter().filter(alone).copied().collect();
            let grabs = script.iter().map(|(frame, ..)| {
                let kind = EventKind::Choke { slot: drum, grip: 1.0 };
                (*frame, 1, kind)
            });
            let wanted: Vec<_> = full.iter().filter(|(slot, _)| *slot == drum).copied().collect();
            solo.extend(grabs.collect::<Vec<_>>());
            solo.sort_by_key(|(frame, ..)| *frame);
            assert!(of(&solo, 128, 1000) == wanted, "{drum} alone, seed {seed}");
        }
    }
}
