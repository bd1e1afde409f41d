//! An engine that is played without a clock, and what a take sends to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rimshot::app::kits::Stock;
use rimshot::engine::ports::{self, Command, ControlSide, Notice, Order};
use rimshot::engine::strips::Strips;
use rimshot::engine::{Engine, Settings};
use rimshot::kit::disk::KitEntry;
use rimshot::kit::{Kit, KitMemory};
use rimshot::maps::NoteMap;
use rimshot::midi::file::{Frame, Take};
use rimshot::midi::translate::Output;
use rimshot::midi::{Message, Translator, file};
use rimshot::words::stream::AudioSource;
use rimshot::words::{Event, EventKind, EventSink, Hit, Slot, When};

/// Frames a second.
pub const RATE: u32 = 48_000;

/// So many milliseconds, in frames.
pub fn frames(ms: f64) -> u64 {
    (ms * f64::from(RATE) / 1000.0).round() as u64
}

/// The kit that is shipped as the first.
pub fn studio() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kits/studio")
}

/// Loads a kit.
pub fn load(folder: &Path) -> Result<Kit, String> {
    let entry = KitEntry { name: String::new(), folder: folder.to_owned(), program: None };
    let loaded = Stock::new(RATE).load(&entry, &mut |_, _| ());
    loaded.map(|loaded| *loaded.kit).map_err(|_| format!("{}: no kit", folder.display()))
}

/// The map that the takes are heard by.
pub fn roland() -> Arc<NoteMap> {
    Arc::new(NoteMap::named("roland").expect("a map of the program's own"))
}

/// Reads a take.
pub fn read(path: &Path) -> Take {
    file::read(path).unwrap_or_else(|problem| panic!("{problem}"))
}

/// A take as the engine hears it.
pub struct Performance {
    /// In order of frame.
    pub events: Vec<Event>,
    /// Where the controller of the pedal stood before each of them, 0 closed … 1 open.
    pub pedal: Vec<f32>,
    /// Notes that were struck.
    pub notes: u64,
}

/// Notes of a Roland's crashes, bow and edge, which all tell of a grab.
const CRASHES: [[u8; 2]; 2] = [[49, 55], [57, 52]];
/// One stroke on a crash in so many is grabbed, so many ms later, for so long.
const GRABBED: usize = 4;
const GRABBED_AFTER_MS: f64 = 300.0;
const HELD_MS: f64 = 200.0;

/// The messages of a take, with hands that grab the crashes as a Roland tells it (pressure
/// on each note of the pad, then 0): the takes at hand hold none.
fn messages(take: &Take, grabs: bool) -> Vec<Frame> {
    let mut messages: Vec<Frame> = take.frames(RATE).collect();
    let crash = |(frame, message): &Frame| match message {
        Message::NoteOn { channel, note, .. } => {
            let pad = CRASHES.iter().find(|pad| pad.contains(note))?;
            Some((*frame, *channel, *pad))
        }
        _ => None,
    };
    let strokes: Vec<_> = messages.iter().filter_map(crash).step_by(GRABBED).collect();
    for (frame, channel, pad) in strokes.into_iter().filter(|_| grabs) {
        let grab = frame + frames(GRABBED_AFTER_MS);
        for (frame, value) in [(grab, 127), (grab + frames(HELD_MS), 0)] {
            messages
                .extend(pad.map(|note| (frame, Message::PolyPressure { channel, note, value })));
        }
    }
    messages.sort_by_key(|(frame, _)| *frame);
    messages
}

/// Translates a take, with or without hands that grab.
pub fn performance(take: &Take, map: &NoteMap, grabs: bool) -> Performance {
    let mut translator = Translator::new(Arc::new(map.clone()), None, 0).with_rate(RATE);
    let mut found = Performance { events: Vec::new(), pedal: Vec::new(), notes: 0 };
    let (mut last, mut pedal) = (0, f32::NAN);
    for (frame, message) in messages(take, grabs) {
        last = frame;
        found.notes += u64::from(matches!(message, Message::NoteOn { .. }));
        if let Message::Control { cc, value, .. } = message
            && cc == map.pedal.cc
        {
            pedal = map.pedal.openness(value);
        }
        for output in translator.translate(message, When::Frame(frame)) {
            if let Output::Event(event) = output {
                found.events.push(event);
                found.pedal.push(pedal);
            }
        }
    }
    if let Some(event) = translator.flush(When::Frame(last)) {
        found.events.push(event);
        found.pedal.push(pedal);
    }
    found
}

/// The pad that an event grabs.
pub fn grabbed(event: &Event) -> Option<Slot> {
    match event.kind {
        EventKind::Choke { slot, grip } if grip > 0.0 => Some(slot.pad()),
        _ => None,
    }
}

/// The frame of an event that has one.
pub fn frame_of(event: &Event) -> u64 {
    match event.when {
        When::Frame(frame) => frame,
        When::Nanos(_) | When::Now => 0,
    }
}

/// An event at a frame.
pub fn at(frame: u64, kind: EventKind) -> Event {
    Event { when: When::Frame(frame), device: 0, kind }
}

/// A hit at a frame.
pub fn hit(frame: u64, hit: Hit) -> Event {
    at(frame, EventKind::Hit(hit))
}

/// An engine, and the control side.
pub struct Stage {
    pub engine: Engine,
    pub control: ControlSide,
    buffer: Vec<f32>,
}

impl Stage {
    /// This kit from the first frame on, without a limiter.
    pub fn new(kit: &Kit, settings: Settings) -> Self {
        Self::with(kit, settings, Strips::default())
    }

    /// The same, through a desk.
    pub fn with(kit: &Kit, settings: Settings, strips: Strips) -> Self {
        let (mut control, side) = ports::connect();
        let settings = Settings { rate: RATE, limiter: false, ..settings };
        let engine = Engine::new(settings, side).with_strips(strips);
        let memory = Box::new(KitMemory::of(kit));
        let order = Order::Play(Box::new(kit.clone()), memory);
        let sent = control.commands.push(Command { when: When::Now, order });
        assert!(sent.is_ok(), "an empty ring has room");
        Self { engine, control, buffer: Vec::new() }
    }

    /// Sends an event.
    pub fn send(&mut self, event: Event) {
        self.control.sources[0].send(event);
    }

    /// Plays so many frames, interleaved stereo, pair by pair; none: obeys what is due now.
    pub fn play(&mut self, frames: usize) -> &[f32] {
        self.buffer.resize(2 * frames * self.engine.pairs(), 0.0);
        self.engine.process(&mut self.buffer);
        &self.buffer
    }

    /// Plays up to a frame and throws it away.
    pub fn play_to(&mut self, frame: u64) {
        while self.engine.position() < frame {
            let left = (frame - self.engine.position()).min(1024);
            self.play(left as usize);
        }
    }

    /// What the engine has told.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.control.notices.pop().ok()).collect()
    }
}
