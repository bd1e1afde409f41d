//! The hi-hat: what a stroke plays wherever the pedal stands, and how the pedal damps.

use std::path::Path;
use std::sync::Arc;

use rimshot::engine::Settings;
use rimshot::engine::feel::{Damping, Feel};
use rimshot::engine::ringing::Ringing;
use rimshot::kit::{Choice, Kit, Sound};
use rimshot::maps::NoteMap;
use rimshot::midi::translate::Output;
use rimshot::midi::{Message, Translator};
use rimshot::words::{Event, EventKind, Hit, Slot, When};

use super::figures::{db, number, rms};
use super::stage::{RATE, Stage, at, frames, hit, load, roland};

/// What the pedal of a Roland sends, from open to closed.
const PEDAL: [u8; 10] = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90];
/// Notes of a Roland's hi-hat and what they are called.
const NOTES: [(u8, &str); 5] = [
    (46, "bow"),
    (26, "edge"),
    (42, "bow, note says closed"),
    (22, "edge, note says closed"),
    (44, "foot"),
];
const VELOCITY: u8 = 100;

/// A stroke by MIDI: the controller, a millisecond later the note.
fn stroke(map: &Arc<NoteMap>, pedal: u8, note: u8) -> Vec<Event> {
    let mut translator = Translator::new(Arc::clone(map), None, 0).with_rate(RATE);
    let control = Message::Control { channel: 9, cc: map.pedal.cc, value: pedal };
    let note = Message::NoteOn { channel: 9, note, velocity: VELOCITY };
    let mut events = Vec::new();
    for (frame, message) in [(0, control), (frames(1.0), note)] {
        let outputs = translator.translate(message, When::Frame(frame));
        events.extend(outputs.filter_map(|output| match output {
            Output::Event(event) => Some(event),
            Output::Action(_) | Output::Button(_) => None,
        }));
    }
    events
}

/// The articulation of a sound that a sample is of.
fn articulation(kit: &Kit, sound: &Sound, sample: u32) -> Option<usize> {
    let all = sound.articulations.of(&kit.articulations);
    all.iter().position(|articulation| {
        let holds = |first: u32, count: u32| (first..first + count).contains(&sample);
        match articulation.choice {
            Choice::Measured(samples) => holds(samples.first, samples.count),
            Choice::Layers(layers) => {
                layers.of(&kit.layers).iter().any(|l| holds(l.samples.first, l.samples.count))
            }
        }
    })
}

/// A voice beside the openings that its sound has recordings of.
struct Plays {
    /// The range of its own recordings.
    own: [f32; 2],
    /// Those of all, its own too.
    all: Vec<[f32; 2]>,
}

impl Plays {
    fn of(kit: &Kit, voice: &Ringing) -> Option<Self> {
        let sounds = kit.sounds.iter().filter(|sound| sound.slot == voice.slot);
        sounds.into_iter().find_map(|sound| {
            let index = articulation(kit, sound, voice.sample)?;
            let articulations = sound.articulations.of(&kit.articulations);
            let all: Vec<[f32; 2]> = articulations.iter().map(|a| a.openness).collect();
            Some(Self { own: *all.get(index)?, all })
        })
    }

    /// Whether no other opening is nearer.
    fn is_nearest(&self, openness: f32) -> bool {
        let outside = |[low, high]: &[f32; 2]| (low - openness).max(openness - high).max(0.0);
        self.all.iter().all(|other| outside(&self.own) <= outside(other))
    }

    fn name(&self, slot: Slot) -> String {
        let [low, high] = self.own;
        if self.all.len() > 1 { format!("{slot} {low:.2}–{high:.2}") } else { slot.to_string() }
    }
}

/// The level of frames in windows of a millisecond, linear.
fn envelope(frames: &[f32]) -> Vec<f64> {
    frames.chunks(2 * RATE as usize / 1000).map(rms).collect()
}

/// Milliseconds until a level stays below so many dB; not a number where it never does.
fn until(levels: &[f64], below_db: f64) -> f64 {
    let last = levels.iter().rposition(|level| db(*level) >= below_db);
    match last.map_or(0, |last| last + 1) {
        all if all == levels.len() => f64::NAN,
        ms => ms as f64,
    }
}

/// A row a stroke, and what is wrong.
pub fn strokes(folder: &Path) -> Result<(String, Vec<String>), String> {
    let (kit, map) = (load(folder)?, roland());
    let mut problems = Vec::new();
    let mut text = "| stroke | CC4 | openness | plays | first 50 ms, dB | −20 dB after, ms | \
                    −60 dB |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (note, name) in NOTES {
        // what is the same from one place of the pedal on to another is one row
        let mut rows: Vec<(u8, u8, String)> = Vec::new();
        for pedal in PEDAL {
            let mut stage = Stage::new(&kit, Settings::default());
            for event in stroke(&map, pedal, note) {
                stage.send(event);
            }
            stage.play_to(frames(1.0));
            stage.play(0);
            let voices: Vec<Ringing> = stage.engine.ringing().collect();
            let openness = voices.first().map_or(f32::NAN, |voice| voice.openness);
            let loud = |v: &Ringing| v.gains[0].hypot(v.gains[1]);
            let total = voices.iter().map(loud).fold(0.0, f32::hypot);
            let mut played = Vec::new();
            for (turn, voice) in voices.iter().enumerate() {
                let Some(plays) = Plays::of(&kit, voice) else { continue };
                let name = plays.name(voice.slot);
                let share = 100.0 * loud(voice) / total;
                played.push(if voices.len() == 1 {
                    name
                } else {
                    format!("{name} ({share:.0} %)")
                });
                if turn == 0 && !plays.is_nearest(openness) {
                    problems.push(format!("note {note} at {pedal}: {:?}", plays.own));
                }
            }
            if played.is_empty() {
                problems.push(format!("note {note} at {pedal} is silent"));
            }
            let sound = stage.play(4 * RATE as usize).to_vec();
            let levels = envelope(&sound);
            let most = levels.iter().copied().fold(0.0, f64::max);
            let relative: Vec<f64> = levels.iter().map(|level| level / most).collect();
            let attack = &sound[..2 * frames(50.0) as usize];
            let cells = format!(
                "{openness:.2} | {} | {} | {} | {}",
                played.join(" + "),
                number(db(rms(attack)), 1),
                number(until(&relative, -20.0), 0),
                number(until(&relative, -60.0), 0),
            );
            match rows.last_mut().filter(|(.., same)| *same == cells) {
                Some((_, to, _)) => *to = pedal,
                None => rows.push((pedal, pedal, cells)),
            }
        }
        for (from, to, cells) in rows {
            let pedal = if from == to { from.to_string() } else { format!("{from}–{to}") };
            text += &format!("| {name} | {pedal} | {cells} |\n");
        }
    }
    Ok((text + "\n", problems))
}

/// When the foot begins.
const FOOT_MS: f64 = 200.0;
/// How long is listened.
const LISTEN_MS: f64 = 3000.0;

/// Something a foot does to a hat that was struck open.
struct Case {
    what: &'static str,
    /// How open it was struck.
    openness: f32,
    events: Vec<Event>,
    /// Milliseconds after which it should be silent; `None`: it should ring on.
    silent: Option<f64>,
    /// Level that it should ring on with, dB.
    left: f64,
}

/// The pedal goes in a line from one openness to another, a message a millisecond.
fn sweep(from_ms: f64, span_ms: f64, from: f32, to: f32) -> Vec<Event> {
    let steps = span_ms.max(1.0) as usize;
    (1..=steps)
        .map(|step| {
            let openness = from + (to - from) * step as f32 / steps as f32;
            let ms = FOOT_MS + from_ms + span_ms * step as f64 / steps as f64;
            at(frames(ms), EventKind::Pedal(openness))
        })
        .collect()
}

fn cases() -> Vec<Case> {
    let times = Damping::new(&Feel::default(), RATE);
    let ms = |openness: f32| f64::from(times.pedal(openness)) * 1000.0 / f64::from(RATE);
    let shut = |what, events, silent| Case { what, openness: 1.0, events, silent, left: 0.0 };
    let on = |what, openness, events, left| Case { what, openness, events, silent: None, left };
    let chick = hit(frames(FOOT_MS), Hit::new(Slot::HIHAT_PEDAL, 60.0));
    let trembles = (0..300).flat_map(|n| {
        let way = if n % 2 == 0 { 0.05 } else { -0.05 };
        sweep(f64::from(n) * 5.0, 1.0, 0.6, 0.6 + way)
    });
    let again = |gap: f64, to: f32| [sweep(0.0, 0.0, 1.0, 0.0), sweep(gap, 0.0, 0.0, to)].concat();
    vec![
        shut("the pedal shuts at once", sweep(0.0, 0.0, 1.0, 0.0), Some(ms(0.0))),
        shut("within 30 ms", sweep(0.0, 30.0, 1.0, 0.0), Some(30.0 + ms(0.0))),
        shut("within 100 ms", sweep(0.0, 100.0, 1.0, 0.0), Some(100.0 + ms(0.0))),
        shut("within 300 ms", sweep(0.0, 300.0, 1.0, 0.0), Some(300.0 + ms(0.0))),
        shut("no controller, a chick (note 44)", vec![chick], Some(ms(0.0))),
        shut("to a quarter", sweep(0.0, 0.0, 1.0, 0.25), Some(ms(0.25))),
        shut("to the half", sweep(0.0, 0.0, 1.0, 0.5), Some(ms(0.5))),
        shut("to three quarters", sweep(0.0, 0.0, 1.0, 0.75), Some(ms(0.75))),
        on("shuts, opens again after 30 ms", 1.0, again(30.0, 1.0), db(1.0 - 30.0 / ms(0.0))),
        on("struck half open, the pedal opens", 0.5, sweep(0.0, 50.0, 0.5, 1.0), 0.0),
        on("struck at 0.6, the pedal trembles by ±0.05", 0.6, trembles.collect(), 0.0),
    ]
}

/// What a stroke and then a foot sound like; the foot's own sound is taken out.
fn listen(kit: &Kit, openness: f32, events: &[Event]) -> Vec<f32> {
    let play = |stroke: bool, events: &[Event]| {
        let mut stage = Stage::new(kit, Settings::default());
        if stroke {
            stage.send(hit(0, Hit { openness, ..Hit::new(Slot::HIHAT, 100.0) }));
        }
        for event in events {
            stage.send(*event);
        }
        stage.play(frames(LISTEN_MS) as usize).to_vec()
    };
    let foot = play(false, events);
    play(true, events).iter().zip(&foot).map(|(x, foot)| x - foot).collect()
}

/// The largest step between neighbouring frames.
fn step(frames: &[f32]) -> f32 {
    let steps = frames.windows(4).map(|w| (w[2] - w[0]).abs().max((w[3] - w[1]).abs()));
    steps.fold(0.0, f32::max)
}

/// A row a case, and what is wrong.
pub fn damping(folder: &Path) -> Result<(String, Vec<String>), String> {
    let kit = load(folder)?;
    let mut problems = Vec::new();
    let mut text =
        "| the foot | silent after, ms: wanted | −20 dB | −60 dB | rings on, dB: wanted \
                    | measured | largest step |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for case in cases() {
        let free = listen(&kit, case.openness, &[]);
        let damped = listen(&kit, case.openness, &case.events);
        let foot = 2 * frames(FOOT_MS) as usize;
        let (free, damped) = (&free[foot..], &damped[foot..]);
        let gain: Vec<f64> = envelope(damped)
            .iter()
            .zip(envelope(free))
            .take_while(|(_, free)| *free > 1e-7)
            .map(|(damped, free)| damped / free)
            .collect();
        let [twenty, sixty] = [-20.0, -60.0].map(|below| until(&gain, below));
        let left = gain.last().map_or(f64::NAN, |gain| db(*gain));
        let span = case.silent.unwrap_or(400.0);
        let span = (2 * frames(span + 10.0) as usize).min(free.len());
        let steps = step(&damped[..span]) / step(&free[..span]);
        let wrong = match case.silent {
            Some(wanted) => sixty > wanted + 1.0,
            None => (left - case.left).abs() > 0.5,
        };
        if wrong || steps > 1.05 {
            problems.push(format!("hi-hat: {}: {sixty} ms, {left} dB, step {steps}", case.what));
        }
        let wanted = case.silent.map_or("–".to_owned(), |ms| number(ms, 0));
        let on = |x: f64| if case.silent.is_none() { number(x, 1) } else { "–".to_owned() };
        text += &format!(
            "| {} | {wanted} | {} | {} | {} | {} | {steps:.2} |\n",
            case.what,
            number(twenty, 0),
            number(sixty, 0),
            on(case.left),
            on(left),
        );
    }
    Ok((text + "\n", problems))
}
