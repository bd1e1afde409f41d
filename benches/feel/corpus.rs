//! Real performances: what becomes of every hit, whether the pedal is followed, whether
//! hands and feet silence what they touch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rimshot::engine::Settings;
use rimshot::engine::feel::{Damping, Feel};
use rimshot::engine::ports::Notice;
use rimshot::engine::ringing::Ringing;
use rimshot::kit::Kit;
use rimshot::maps::NoteMap;
use rimshot::words::{Event, EventKind, Hit, Slot};

use super::figures::{Spread, correlation};
use super::stage::{Performance, RATE, Stage, frame_of, grabbed, load, performance, read, roland};
use super::takes;

/// A pedal up to here is shut: where the engine's times of damping begin to grow.
const SHUT: f32 = 0.1;
/// What rings so much more open than the pedal stands is damped (decision 16).
const CLOSING: f32 = 0.1;
/// −60 dB.
const SILENT: f32 = 0.001;
/// An openness that is further from the pedal is not the pedal's.
const NEAR: f32 = 0.1;

/// What a hand or foot did to what rang.
#[derive(Debug, Default, Clone, Copy)]
struct Ends {
    /// Grabs, or times that the pedal or a stroke said shut.
    times: u64,
    /// Of these, with something that rang.
    met: u64,
    /// Voices that rang.
    voices: u64,
    /// Of these, silent within their time.
    silent: u64,
    /// Not silent, because the foot opened again before.
    let_go: u64,
    /// Not silent for no reason.
    late: u64,
}

impl Ends {
    fn join(&mut self, other: Self) {
        self.times += other.times;
        self.met += other.met;
        self.voices += other.voices;
        self.silent += other.silent;
        self.let_go += other.let_go;
        self.late += other.late;
    }

    fn row(&self, what: &str) -> String {
        let Self { times, met, voices, silent, let_go, late } = self;
        format!("| {what} | {times} | {met} | {voices} | {silent} | {let_go} | {late} |\n")
    }
}

/// A hi-hat hit.
#[derive(Debug, Clone, Copy)]
struct Opened {
    /// Where the pedal stood, 0 closed … 1 open.
    pedal: f32,
    /// How open the voice is.
    used: f32,
    /// Its note says closed.
    closed: bool,
}

/// What was found out.
#[derive(Debug, Default)]
struct Found {
    takes: u64,
    notes: u64,
    played: u64,
    /// Why, note, and how many.
    silent: BTreeMap<(String, u8), u64>,
    most_voices: u32,
    stolen: u64,
    late: u64,
    frames: u64,
    hats: Vec<Opened>,
    grabs: Ends,
    closes: Ends,
}

impl Found {
    fn join(mut self, other: Self) -> Self {
        self.takes += other.takes;
        self.notes += other.notes;
        self.played += other.played;
        other.silent.into_iter().for_each(|(why, n)| *self.silent.entry(why).or_default() += n);
        self.most_voices = self.most_voices.max(other.most_voices);
        self.stolen += other.stolen;
        self.late += other.late;
        self.frames += other.frames;
        self.hats.extend(other.hats);
        self.grabs.join(other.grabs);
        self.closes.join(other.closes);
        self
    }

    /// Notes of which the engine never heard.
    fn unheard(&self) -> u64 {
        self.notes - self.played - self.silent.values().sum::<u64>()
    }
}

/// A voice that should fall silent.
#[derive(Debug, Clone, Copy)]
struct Watched {
    start: u64,
    sample: u32,
    /// As loud as it was when it was touched, and as open.
    level: f32,
    openness: f32,
    /// When it should be silent.
    by: u64,
    foot: bool,
    opened: bool,
}

struct Watch<'m> {
    stage: Stage,
    map: &'m NoteMap,
    times: Damping,
    watched: Vec<Watched>,
    found: Found,
}

impl Watch<'_> {
    /// Plays up to a frame and looks at what should be silent by then.
    fn until(&mut self, frame: u64) {
        while let Some(by) = self.watched.iter().map(|w| w.by).filter(|by| *by <= frame).min() {
            self.stage.play_to(by);
            let (due, later) = self.watched.drain(..).partition::<Vec<_>, _>(|w| w.by == by);
            self.watched = later;
            for watched in due {
                let is = |r: &Ringing| (r.start, r.sample) == (watched.start, watched.sample);
                let level = self.stage.engine.ringing().find(is).map_or(0.0, |r| r.level);
                let ends =
                    if watched.foot { &mut self.found.closes } else { &mut self.found.grabs };
                match () {
                    () if level <= SILENT * watched.level => ends.silent += 1,
                    () if watched.opened => ends.let_go += 1,
                    () => ends.late += 1,
                }
            }
        }
        self.stage.play_to(frame);
    }

    /// Everything that rings now and that `which` picks should be silent in so many frames.
    fn watch(&mut self, frames: u32, foot: bool, which: impl Fn(&Ringing) -> bool) {
        let by = self.stage.engine.position() + u64::from(frames);
        let ends = if foot { &mut self.found.closes } else { &mut self.found.grabs };
        ends.times += 1;
        let mut met = false;
        for ringing in self.stage.engine.ringing().filter(|r| r.level > 0.0 && which(r)) {
            let Ringing { start, sample, level, openness, .. } = ringing;
            met = true;
            let same = |w: &Watched| (w.start, w.sample, w.foot) == (start, sample, foot);
            if !self.watched.iter().any(same) {
                ends.voices += 1;
                self.watched.push(Watched {
                    start,
                    sample,
                    level,
                    openness,
                    by,
                    foot,
                    opened: false,
                });
            }
        }
        ends.met += u64::from(met);
    }

    /// The hi-hat stands so, by word of its pedal or of a stroke.
    fn pedal(&mut self, openness: f32) {
        // what is not more open than the pedal is let go of
        let lets_go = |w: &Watched| openness > SHUT || w.openness <= openness + CLOSING;
        self.watched.iter_mut().for_each(|w| w.opened |= w.foot && lets_go(w));
        if openness <= SHUT {
            let hat = |r: &Ringing| r.slot.is_hihat() && r.openness > openness + CLOSING;
            self.watch(self.times.pedal(openness), true, hat);
        }
    }

    fn event(&mut self, event: &Event, pedal: f32) {
        if let Some(pad) = grabbed(event)
            && let Some((frames, _)) = self.times.hand(1.0)
        {
            self.watch(frames, false, |r| r.struck.pad() == pad);
        }
        let struck = match event.kind {
            EventKind::Pedal(openness) => {
                self.pedal(openness);
                None
            }
            EventKind::Hit(hit) => Some(hit).filter(|hit| hit.slot.is_hihat()),
            _ => None,
        };
        if let Some(hit) = struck {
            let foot = [Slot::HIHAT_PEDAL, Slot::HIHAT_SPLASH].contains(&hit.slot);
            self.pedal(if foot { 0.0 } else { hit.openness });
        }
        self.stage.send(*event);
        self.stage.play(0);
        self.told();
        if let Some(hit) = struck.filter(|hit| hit.slot != Slot::HIHAT_PEDAL && pedal.is_finite()) {
            self.opened(&hit, pedal);
        }
    }

    fn told(&mut self) {
        for notice in self.stage.notices() {
            match notice {
                Notice::Played { .. } => self.found.played += 1,
                Notice::Silent { note, why, .. } => {
                    *self.found.silent.entry((format!("{why:?}"), note)).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    /// Notes how open the voice of this hit is.
    fn opened(&mut self, hit: &Hit, pedal: f32) {
        let now = self.stage.engine.position();
        let own = |r: &Ringing| r.start == now && r.struck == hit.slot && r.slot.is_hihat();
        if let Some(used) = self.stage.engine.ringing().find(own).map(|r| r.openness) {
            let said = self.map.notes.get(usize::from(hit.note)).copied().flatten();
            let closed = said.and_then(|mapped| mapped.openness) == Some(0.0);
            self.found.hats.push(Opened { pedal, used, closed });
        }
    }
}

fn perform(take: &Performance, kit: &Kit, map: &NoteMap) -> Found {
    let mut watch = Watch {
        stage: Stage::new(kit, Settings::default()),
        map,
        times: Damping::new(&Feel::default(), RATE),
        watched: Vec::new(),
        found: Found { takes: 1, notes: take.notes, ..Found::default() },
    };
    for (event, pedal) in take.events.iter().zip(&take.pedal) {
        watch.until(frame_of(event));
        watch.event(event, *pedal);
    }
    let last = watch.watched.iter().map(|w| w.by).max().unwrap_or(0);
    watch.until(last.max(watch.stage.engine.position()));
    let reading = watch.stage.control.meters.read();
    let mut found = watch.found;
    found.frames = watch.stage.engine.position();
    (found.most_voices, found.stolen) = (reading.most_voices, reading.stolen);
    found.late = reading.late;
    found
}

/// The tables, and what should not be.
pub fn tables(folder: &Path, corpus: &[PathBuf]) -> Result<(String, Vec<String>), String> {
    let (kit, map) = (load(folder)?, roland());
    let play = |path: &Path| {
        let take = read(path);
        let found = perform(&performance(&take, &map, false), &kit, &map);
        // grabs hold soft hits back: they are a playing of their own
        let grabbed = perform(&performance(&take, &map, true), &kit, &map);
        Found { grabs: grabbed.grabs, ..found }
    };
    let all = takes::on_all_cores(corpus, play);
    let found = all.into_iter().fold(Found::default(), Found::join);
    let mut problems = Vec::new();
    let lacking = |why: &str| ["NoSound", "Unmapped", "NoKit", "NotLoaded"].contains(&why);
    for ((why, note), count) in found.silent.iter().filter(|((why, _), _)| lacking(why)) {
        problems.push(format!("{count} hits of note {note} are silent: {why}"));
    }
    for (what, ends) in [("grabs", found.grabs), ("closings", found.closes)] {
        if ends.late > 0 {
            problems.push(format!("{what}: {} voices ring on", ends.late));
        }
    }
    Ok((hits(&found) + &openness(&found.hats) + &ends(&found), problems))
}

fn hits(found: &Found) -> String {
    let hours = found.frames as f64 / f64::from(RATE) / 3600.0;
    let mut text = format!(
        "| | |\n|---|---|\n| takes | {} |\n| hours | {hours:.1} |\n| notes struck | {} |\n\
         | played | {} |\n",
        found.takes, found.notes, found.played
    );
    for ((why, note), count) in &found.silent {
        text += &format!("| silent: {why}, note {note} | {count} |\n");
    }
    if found.unheard() > 0 {
        text += &format!("| held back before the engine | {} |\n", found.unheard());
    }
    text += &format!(
        "| late | {} |\n| voices at most | {} |\n| stolen | {} |\n\n",
        found.late, found.most_voices, found.stolen
    );
    text
}

fn openness(hats: &[Opened]) -> String {
    let mut text = "| hi-hat hits | | correlation | error: median | 95 % | further off than \
                    0.1 |\n|---|---|---|---|---|---|\n"
        .to_owned();
    type Which = fn(&Opened) -> bool;
    let rows: [(&str, Which); 3] =
        [("all", |_| true), ("whose note says open", |h| !h.closed), ("says closed", |h| h.closed)];
    for (name, which) in rows {
        let hats: Vec<&Opened> = hats.iter().filter(|h| which(h)).collect();
        let pairs: Vec<[f64; 2]> = hats.iter().map(|h| [h.pedal, h.used].map(f64::from)).collect();
        let errors = Spread::new(pairs.iter().map(|[a, b]| (a - b).abs()));
        let far = hats.iter().filter(|h| (h.pedal - h.used).abs() > NEAR).count();
        let correlation = correlation(&pairs).map_or("–".to_owned(), |r| format!("{r:.4}"));
        text += &format!(
            "| {name} | {} | {correlation} | {:.3} | {:.3} | {far} |\n",
            hats.len(),
            errors.at(0.5),
            errors.at(0.95),
        );
    }
    text + "\n"
}

fn ends(found: &Found) -> String {
    "| | times | something rang | voices | silent in time | opened again before | too late |\n\
     |---|---|---|---|---|---|---|\n"
        .to_owned()
        + &found.grabs.row("pads grabbed")
        + &found.closes.row("hi-hat said to be shut")
        + "\n"
}
