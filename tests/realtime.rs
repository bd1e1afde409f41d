//! The law of the callback, proved: the engine's side of a driver does not allocate,
//! free or call the system, in any situation there is. Run in debug and in release. Each
//! guard has a negative control that shows it is armed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rimshot::engine::clock::Timing;
use rimshot::engine::dsp::reverb::RoomSpec;
use rimshot::engine::feel::Feel;
use rimshot::engine::ports::{self, Command, ControlSide, Order};
use rimshot::engine::setup::{Setup, Ways};
use rimshot::engine::strips::{Strip, Strips};
use rimshot::engine::touch::{Curve, Touch};
use rimshot::engine::{Engine, Settings};
use rimshot::kit::plan::{ArticulationPlan, ChoicePlan, LayerPlan, SoundPlan};
use rimshot::kit::sample::Frames;
use rimshot::kit::shape::{Cutoff, Envelope, Shape};
use rimshot::kit::{Kit, KitId, KitMemory, KitPlan, SampleData};
use rimshot::maps::{BUILT_IN, NoteMap};
use rimshot::midi::message::Stream;
use rimshot::midi::ports::Chooser;
use rimshot::midi::sequencer::{Address, Connection, Port, Sequencer};
use rimshot::midi::{Chosen, Inputs, Lane, Translator};
use rimshot::words::limits::{NOTICES, SOURCES};
use rimshot::words::rng::Rng;
use rimshot::words::stream::{AudioSource, BlockStart, StreamShape};
use rimshot::words::time::Clock;
use rimshot::words::{Event, EventKind, EventSink, HeldBack, Hit, Slot, When};

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// Counts what an armed thread asks of the allocator, and serves it all the same.
struct Guard;

fn seen() {
    if ARMED.get() {
        CALLS.set(CALLS.get() + 1);
    }
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Guard {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        seen();
        // SAFETY: the caller's promise is the one System asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        seen();
        // SAFETY: as above; `ptr` came from System.
        unsafe { System.dealloc(ptr, layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        seen();
        // SAFETY: as above; `ptr` came from System.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static GUARD: Guard = Guard;

/// Calls of the allocator while `f` runs.
fn allocator_calls(f: impl FnOnce()) -> usize {
    CALLS.set(0);
    ARMED.set(true);
    f();
    ARMED.set(false);
    CALLS.get()
}

#[test]
fn the_allocation_guard_is_armed() {
    let mut list: Vec<u64> = Vec::new();
    assert_eq!(allocator_calls(|| list.push(1)), 1, "an allocation is seen");
    assert_eq!(allocator_calls(|| list.reserve(100)), 1, "a growing list is seen");
    assert_eq!(allocator_calls(|| drop(std::mem::take(&mut list))), 1, "a free is seen");
    assert_eq!(allocator_calls(|| ()), 0);
}

/// "0.5x300": level 0.5, 300 frames; the length decides the kind of storage.
fn recording(file: &Path) -> Option<Arc<SampleData>> {
    let (level, frames) = file.to_str()?.split_once('x')?;
    let (level, frames): (f32, usize) = (level.parse().ok()?, frames.parse().ok()?);
    let frames = match frames % 4 {
        0 => Frames::Mono16(vec![(level * 32767.0) as i16; frames].into()),
        1 => Frames::Stereo16(vec![(level * 32767.0) as i16; 2 * frames].into()),
        2 => Frames::MonoF32(vec![level; frames].into()),
        _ => Frames::StereoF32(vec![level; 2 * frames].into()),
    };
    Some(Arc::new(SampleData::new(frames, 1.0, level)))
}

fn kit(id: u64) -> (Box<Kit>, Box<KitMemory>) {
    let slot = |name: &str| Slot::from_name(name).unwrap();
    let whole = |choice| vec![ArticulationPlan::whole(choice)];
    let measured = |files: &[&str]| ChoicePlan::Measured(files.iter().map(|f| f.into()).collect());
    let layer =
        |velocity, file: &str| LayerPlan { velocity, files: vec![file.into(), file.into()] };
    let layers = ChoicePlan::Layers(vec![layer([1, 60], "0.2x3001"), layer([80, 127], "0.9x5002")]);
    let art = |openness, file| ArticulationPlan {
        openness,
        ..ArticulationPlan::whole(measured(&[file]))
    };
    let mut crash = SoundPlan::new(slot("crash1"), whole(measured(&["0.5x40000", "0.05x30001"])));
    crash.choke = Some("cymbals".into());
    let mut ride = SoundPlan::new(slot("ride"), whole(measured(&["0.5x40002"])));
    ride.choke = Some("cymbals".into());
    ride.choke_self = true;
    ride.chokes.add(slot("tom1"));
    let mut note = SoundPlan::new(Slot::KICK, whole(measured(&["0.3x100"])));
    note.note = Some(35);
    let mut tom = SoundPlan::new(slot("tom1"), whole(measured(&["0.4x9000"])));
    tom.shape = Shape {
        envelope: Some(Envelope { attack: 2.0, hold: 5.0, decay: Some(90.0), release: Some(20.0) }),
        lowpass: Some(Cutoff { base: 9000.0, velocity: 2.0, position: 1.0 }),
        highpass: Some(Cutoff::fixed(60.0)),
        tune_velocity: 3.0,
        reverb: 0.5,
    };
    let sounds = vec![
        tom,
        SoundPlan::new(
            Slot::KICK,
            whole(measured(&["1.0x2000", "0.9x2001", "0.1x2002", "0.01x2003"])),
        ),
        SoundPlan::new(Slot::SNARE, whole(layers)),
        SoundPlan::new(Slot::HIHAT, vec![art([0.0, 0.3], "0.7x900"), art([0.4, 1.0], "0.8x20003")]),
        crash,
        ride,
        note,
    ];
    let plan = KitPlan::new("k", "k", sounds);
    let mut kit = Kit { id: KitId(id), ..Kit::build(&plan, |file, _| recording(file)) };
    // some kits are lazy: a variation is missing, or all that a slot has
    if id.is_multiple_of(3) {
        for index in [1, 5, 6, 7, 8] {
            kit.samples[index].hole = true;
        }
    }
    let memory = KitMemory::of(&kit);
    (Box::new(kit), Box::new(memory))
}

/// New settings of all kinds, with another room, without one, and with the old one.
fn setup(dice: u64, strips: &Strips) -> Setup {
    let timing = if dice & 256 == 0 { Timing::Steady } else { Timing::Asap };
    let ways = Ways {
        feel: Feel { humanise: (dice >> 20) as f32 % 0.5, ..Feel::default() },
        voices: 8 + (dice >> 24) as usize % 24,
        // what is checked of the output needs it
        limiter: true,
        timing,
    };
    let setup = Setup::new(48_000, strips.clone(), ways);
    let room = RoomSpec { decay: 0.2, ..RoomSpec::default() };
    match (dice >> 9) % 4 {
        0 => setup.with_room(Some(&room), 48_000),
        1 => setup.with_room(None, 48_000),
        2 => setup.with_seed(dice),
        _ => setup,
    }
}

const PAIRS: usize = 2;
const PERIOD_NS: u64 = 1_333_333;

/// Blocks of everything at once. `reads`: whether the control side empties its rings or
/// never looks. `guarded` runs one block of the engine.
fn torture(
    reads: bool,
    blocks: u64,
    mut guarded: impl FnMut(&mut Engine, BlockStart, &mut [f32]),
) -> ControlSide {
    let (mut control, side) = ports::connect();
    // tuned voices are dear without optimisation: one of the two runs has them
    let feel = Feel { humanise: if reads { 0.5 } else { 0.0 }, ..Feel::default() };
    let settings =
        Settings { voices: 24, seed: 3, volume: 0.9, pairs: PAIRS, feel, ..Settings::default() };
    let mut strips = Strips::default();
    let touch = Touch { threshold: 2.0, ceiling: 100.0, curve: Curve::Power(0.7), depth: 0.5 };
    strips.set(Slot::HIHAT, Strip { touch, ..Strip::default() });
    strips.set(Slot::SNARE, Strip { tune: -5.0, pan: 0.5, pair: 1, ..Strip::default() });
    strips.set(Slot::from_name("aux1").unwrap(), Strip { mute: true, ..Strip::default() });
    let room = RoomSpec { decay: 0.3, ..RoomSpec::default() };
    let mut engine = Engine::new(settings, side).with_strips(strips.clone()).with_room(&room);
    engine.open(StreamShape::new(48_000, 64));
    let mut rng = Rng::new(4, 4);
    let mut out = vec![0.0; 2 * 1024 * PAIRS];
    let mut set_up = 0;
    let sizes = [64, 64, 64, 1, 0, 1024, 37];
    let weird = [f32::NAN, f32::INFINITY, -1.0, 0.0, 1e30, 0.5, 64.0, 127.0];
    let common = ["kick", "snare", "hihat", "crash1", "ride", "note.5", "tom1"]
        .map(|n| Slot::from_name(n).unwrap());
    for block in 0..blocks {
        let frames = sizes[(rng.draw() % 7) as usize];
        let now = engine.position();
        for source in 0..SOURCES {
            // quiet stretches, ordinary playing, busy playing, and floods that fill the rings;
            // in every tenth hundred of blocks one long hit a block while kits fly past
            let flying = block / 100 % 10 == 3;
            let events = match rng.draw() % 6 {
                _ if flying => usize::from(source == 0),
                _ if block % 1000 == 999 => 1200,
                dice => [0, 0, 0, 1, 3, 40][dice as usize],
            };
            for _ in 0..events {
                let dice = rng.draw();
                let x = weird[(dice >> 8) as usize % 8];
                let any = Slot::all().nth((dice >> 16) as usize % Slot::COUNT).unwrap();
                let slot = if dice & 64 == 0 { any } else { common[(dice >> 32) as usize % 7] };
                let hit =
                    Hit { slot, note: (dice >> 40) as u8, velocity: x, openness: x, position: x };
                let kind = match dice % 8 {
                    0 => EventKind::Pedal(x),
                    1 => EventKind::Choke { slot, grip: x },
                    3 if dice & 128 == 0 => EventKind::Held {
                        hit,
                        why: [HeldBack::Retrigger, HeldBack::Grab, HeldBack::Stomp]
                            [(dice >> 12) as usize % 3],
                    },
                    2 if dice & 128 == 0 => EventKind::NoteOff { slot, note: (dice >> 40) as u8 },
                    _ => EventKind::Hit(hit),
                };
                let when = match (dice >> 4) % 4 {
                    0 => When::Now,
                    1 => When::Nanos((block * PERIOD_NS).saturating_sub(dice % 4_000_000)),
                    2 => When::Frame(now.saturating_sub(dice % 9)),
                    _ => When::Frame(now + dice % 90),
                };
                control.sources[source].send(Event { when, device: (dice % 3) as u8, kind });
            }
        }
        let dice = rng.draw();
        let order = match dice % 12 {
            die if die < 2 || block / 100 % 10 == 3 => {
                let (kit, memory) = kit(dice % 20 + 1);
                Some(Order::Play(kit, memory))
            }
            2 => Some(Order::Volume {
                gain: weird[(dice >> 8) as usize % 8],
                frames: (dice >> 16) as u32 % 500,
            }),
            3 if dice & 64 == 0 => Some(Order::Silence),
            3 => {
                let slot = Slot::named().nth((dice >> 8) as usize % 51).unwrap();
                Some(Order::Strike(Hit::new(slot, weird[(dice >> 16) as usize % 8])))
            }
            4 => Some(Order::SetUp(Box::new(setup(dice, &strips)))),
            _ => None,
        };
        if let Some(order) = order {
            let when = if dice & 128 == 0 { When::Now } else { When::Frame(now + dice % 100) };
            // a full ring gives the order back, as the player sees it too
            let _ = control.commands.push(Command { when, order });
        }
        let start =
            BlockStart { now: block * PERIOD_NS + dice % 900_000, broken: dice.is_multiple_of(97) };
        let out = &mut out[..2 * frames * PAIRS];
        guarded(&mut engine, start, out);
        assert!(out.iter().all(|x| x.abs() <= 1.0));
        if reads {
            while control.notices.pop().is_ok() {}
            while control.retired.pop().is_ok() {}
            while control.setups.pop().is_ok() {
                set_up += 1;
            }
        }
    }
    assert!(!reads || set_up > 10, "{set_up} settings came home");
    control
}

#[test]
fn the_callback_never_calls_the_allocator_whatever_happens() {
    let mut calls = 0;
    let control = torture(true, 10_000, |engine, start, out| {
        calls += allocator_calls(|| engine.render(start, out));
    });
    assert_eq!(calls, 0);
    let read = control.meters.read();
    for (what, count) in [
        ("played", read.played),
        ("stolen", read.stolen),
        ("fades cut", read.fades_cut),
        ("kits cut", read.kits_cut),
        ("late", read.late),
        ("lost", read.lost),
        ("chokes lost", read.chokes_lost),
        ("put off", read.put_off),
        ("thinned", read.thinned),
        ("unmapped", read.unmapped),
        ("duplicates", read.duplicates),
        ("no kit", read.no_kit),
        ("not loaded", read.not_loaded),
        ("muted", read.muted),
        ("soft", read.soft),
        ("masked", read.masked),
        ("grabbed", read.grabbed),
        ("stomps", read.stomps),
    ] {
        assert!(count > 0, "no situation with {what}: {read:?}");
    }
}

#[test]
fn the_translation_of_midi_never_calls_the_allocator() {
    let mut rng = Rng::new(3, 0);
    for name in BUILT_IN {
        let mut map = NoteMap::named(name).unwrap();
        map.pedal.from_speed = true;
        let mut stream = Stream::new();
        let mut translator = Translator::new(Arc::new(map), None, 0);
        let bytes: Vec<u8> = (0..30_000)
            .map(|n| match (n % 3, rng.draw()) {
                (0, dice) => [0x99, 0x89, 0xA9, 0xB9, 0xC9, 0xF0][dice as usize % 6],
                (1, dice) if dice % 4 == 0 => [4, 16, 17, 18, 88][dice as usize % 5],
                (_, dice) => (dice >> 8) as u8 & 0x7F,
            })
            .collect();
        let mut events = 0;
        let calls = allocator_calls(|| {
            for (n, byte) in (0u64..).zip(&bytes) {
                let Some(message) = stream.push(*byte) else { continue };
                events += translator.translate(message, When::Nanos(n * 300_000)).count();
            }
        });
        assert_eq!(calls, 0, "{name}");
        assert!(events > 1000, "{name}: {events}");
    }
}

#[test]
fn a_control_side_that_never_reads_costs_notices_and_never_the_callback() {
    let mut calls = 0;
    let control = torture(false, 100_000, |engine, start, out| {
        calls += allocator_calls(|| engine.render(start, out));
    });
    assert_eq!(calls, 0);
    let read = control.meters.read();
    assert_eq!(control.notices.slots(), NOTICES, "the ring is full");
    assert!(read.notices_lost > 0 && read.played > 1000, "{read:?}");
}

/// The other end of a port's cable.
#[derive(Clone, Default)]
struct Cable(Arc<Mutex<Option<Lane>>>);

impl Connection for Cable {}

impl Sequencer for Cable {
    fn ports(&mut self) -> Result<Vec<Port>, String> {
        let address = Address { client: 20, port: 0 };
        Ok(vec![Port { address, name: "TD-17:TD-17 MIDI 1".to_owned() }])
    }
    fn connect(&mut self, _: &Port, lane: Lane) -> Result<Box<dyn Connection>, String> {
        *self.0.lock().unwrap() = Some(lane);
        Ok(Box::new(self.clone()))
    }
}

#[test]
fn a_midi_thread_never_calls_the_allocator_also_while_somebody_watches_what_ports_send() {
    let (mut control, side) = ports::connect();
    let sinks = control.sources.drain(..).map(|s| Box::new(s) as Box<dyn EventSink>).collect();
    let map = Arc::new(NoteMap::gm());
    let choose: Chooser = Box::new(move |_, device| {
        let translator = Translator::new(Arc::clone(&map), None, device);
        Some(Chosen { translator, why: String::new() })
    });
    let (cable, (actions, _)) = (Cable::default(), crossbeam_channel::unbounded());
    let port = Box::new(cable.clone());
    let mut inputs = Inputs::with_sequencer(port, Clock::start(), sinks, actions, None, choose);
    inputs.refresh();
    let mut lane = cable.0.lock().unwrap().take().unwrap();
    let mut rng = Rng::new(5, 5);
    let mut calls = 0;
    let mut seen = 0;
    for stamp in 0..20_000 {
        inputs.watched().set(stamp % 100 < 50);
        let [dice, a, b] = [rng.draw(), rng.draw(), rng.draw()].map(|x| x as u8);
        // every kind of channel message but program changes, which are the player's
        let status = [0x99, 0x89, 0xA9, 0xB9, 0xD9, 0xE9][usize::from(dice) % 6];
        let bytes = [status, a & 127, b & 127];
        calls += allocator_calls(|| lane.receive(stamp, &bytes));
        if stamp % 1000 == 0 {
            inputs.raw(|_, raw| seen += raw.bytes().len());
        }
    }
    assert_eq!(calls, 0);
    assert!(seen > 0 && inputs.watched().take_missed() > 0, "both sides of a full ring");
    assert!(control.meters.lost.get() > 0, "nobody reads the engine's end");
    drop(side);
}

static TRAPPED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn on_trap(_: libc::c_int) {
    TRAPPED.fetch_add(1, Ordering::Relaxed);
}

/// From here on every system call of this thread is counted and refused, but for the two
/// that a signal handler and the end of a thread need. False where the kernel (or an
/// emulator) has no seccomp.
fn trap_system_calls() -> bool {
    let stmt = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let equal = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let allow_if =
        |call: libc::c_long| libc::sock_filter { code: equal, jt: 0, jf: 1, k: call as u32 };
    let ret = libc::BPF_RET | libc::BPF_K;
    let mut filter = [
        stmt(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        allow_if(libc::SYS_rt_sigreturn),
        stmt(ret, libc::SECCOMP_RET_ALLOW),
        allow_if(libc::SYS_exit),
        stmt(ret, libc::SECCOMP_RET_ALLOW),
        stmt(ret, libc::SECCOMP_RET_TRAP),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the handler only touches an atomic.
    unsafe { libc::signal(libc::SIGSYS, on_trap as *const () as libc::sighandler_t) };
    // SAFETY: takes no pointer.
    let no_new = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: the kernel copies the filter before the call returns.
    let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) };
    no_new == 0 && set == 0
}

/// What the trapped thread tells, by atomics alone.
#[derive(Default)]
struct Told {
    state: AtomicUsize,
    in_callback: AtomicUsize,
    played: AtomicUsize,
}

const NO_SECCOMP: usize = 1;
const WANTS_LOCK: usize = 2;
const DONE: usize = 3;

fn trapped_thread(lock: Arc<Mutex<()>>, told: Arc<Told>) {
    let (mut control, side) = ports::connect();
    let mut engine = Engine::new(Settings { voices: 8, ..Settings::default() }, side);
    engine.open(StreamShape::new(48_000, 64));
    let mut kits: Vec<_> = (0..40).map(|i| Some(kit(i % 11 + 1))).collect();
    let mut out = vec![0.0; 128];
    if !trap_system_calls() {
        return told.state.store(NO_SECCOMP, Ordering::Release);
    }
    for block in 0..4000u64 {
        for source in 0..SOURCES {
            let slot = [Slot::KICK, Slot::SNARE, Slot::HIHAT][(block as usize + source) % 3];
            let kind = EventKind::Hit(Hit::new(slot, 100.0));
            let when = When::Nanos(block * PERIOD_NS);
            control.sources[source].send(Event { when, device: 0, kind });
        }
        if block % 100 == 0
            && let Some((kit, memory)) = kits[block as usize / 100].take()
        {
            let _ =
                control.commands.push(Command { when: When::Now, order: Order::Play(kit, memory) });
        }
        engine.render(BlockStart { now: block * PERIOD_NS, broken: block % 1000 == 999 }, &mut out);
        while control.notices.pop().is_ok() {}
    }
    told.in_callback.store(TRAPPED.load(Ordering::Relaxed), Ordering::Relaxed);
    told.played.store(control.meters.played.get() as usize, Ordering::Relaxed);
    told.state.store(WANTS_LOCK, Ordering::Release);
    // negative control: waiting for a lock asks the kernel, and is seen
    drop(lock.lock());
    // freeing would need the system: what this thread owns stays until the process ends
    std::mem::forget((control, engine, kits, out, lock));
    told.state.store(DONE, Ordering::Release);
    // SAFETY: ends this thread alone; nobody joins it, and its stack stays mapped.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
}

#[test]
fn the_callback_never_calls_the_system_and_a_lock_that_waits_would_be_seen() {
    let lock = Arc::new(Mutex::new(()));
    let held = lock.lock().unwrap();
    let told = Arc::new(Told::default());
    let (their_lock, theirs) = (Arc::clone(&lock), Arc::clone(&told));
    drop(std::thread::spawn(move || trapped_thread(their_lock, theirs)));
    let state = || told.state.load(Ordering::Acquire);
    while state() != NO_SECCOMP && state() != WANTS_LOCK {
        std::thread::yield_now();
    }
    if state() == NO_SECCOMP {
        println!("skipped: no seccomp here, so system calls cannot be trapped");
        return;
    }
    assert_eq!(told.in_callback.load(Ordering::Relaxed), 0, "system calls in the callback");
    assert!(told.played.load(Ordering::Relaxed) > 10_000);
    // ends only if the trap sees the other thread wait
    while TRAPPED.load(Ordering::Relaxed) == 0 {
        std::thread::yield_now();
    }
    drop(held);
    while state() != DONE {
        std::thread::yield_now();
    }
}
