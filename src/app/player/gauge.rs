//! How it is doing, for whoever asks: load, hits, what was given up, the loudest slots.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::desk::Lines;
use crate::app::control::event::Meters as Numbers;
use crate::app::picture::dbfs;
use crate::engine::meters::{Meters, Reading};
use crate::words::Slot;
use crate::words::stream::{Load, StreamMeters};
use crate::words::units::gain_to_db;

/// Slots whose peaks are told, the loudest ones: as many as a line has room for.
const SLOTS: usize = 8;
/// What [`Gauge::tick`] counts by.
const SECOND: Duration = Duration::from_secs(1);

/// Softer than this, in dB, is silence.
const FLOOR_DB: f32 = -120.0;

/// Load and peaks of a stretch of time.
struct Stretch {
    began: Instant,
    load: Load,
    /// The loudest output, linear.
    peak: f32,
    /// The loudest hit of each slot, linear.
    slots: [f32; Slot::COUNT],
}

impl Stretch {
    fn new(now: Instant) -> Self {
        Self { began: now, load: Load::default(), peak: 0.0, slots: [0.0; Slot::COUNT] }
    }
}

/// Reads the meters that start anew at each reading, and keeps what several askers want to
/// know of them.
pub struct Gauge {
    /// Since the start.
    all: Stretch,
    /// Since the last look.
    since: Stretch,
    /// Since the last second ended.
    second: Stretch,
    /// Load and peak of the last whole second.
    last: (Load, f32),
}

impl Gauge {
    /// Begins to measure.
    pub fn new(now: Instant) -> Self {
        let begin = || Stretch::new(now);
        Self { all: begin(), since: begin(), second: begin(), last: (Load::default(), 0.0) }
    }

    /// The loudest output since the last reading of any kind, linear.
    pub fn peak(&mut self, engine: &Meters) -> f32 {
        let peak = engine.take_peak();
        for stretch in [&mut self.all, &mut self.since, &mut self.second] {
            stretch.peak = stretch.peak.max(peak);
        }
        peak
    }

    /// Whether another second has passed; called some times a second.
    pub fn tick(&mut self, now: Instant, engine: &Meters, stream: &StreamMeters) -> bool {
        let passed = now.duration_since(self.second.began) >= SECOND;
        if passed {
            self.gather(engine, stream);
            let second = std::mem::replace(&mut self.second, Stretch::new(now));
            self.last = (second.load, second.peak);
        }
        passed
    }

    /// How it is, in numbers: load and peak of the last second, counts since the start.
    pub fn numbers(&self, engine: &Meters, stream: &StreamMeters) -> Numbers {
        let reading = engine.read();
        let (load, peak) = self.last;
        Numbers {
            voices: reading.voices,
            most_voices: reading.most_voices,
            load: rounded(load.mean(), 1e4),
            load_worst: rounded(load.worst, 1e4),
            peak_db: rounded(gain_to_db(peak).max(FLOOR_DB), 10.0),
            played: reading.played,
            silent: silent(&reading),
            late: reading.late,
            lost: reading.lost,
            stolen: reading.stolen,
            xruns: stream.xruns.load(Ordering::Relaxed),
        }
    }

    /// How it is: load and peaks since the last look, counts since the start.
    pub fn look(&mut self, now: Instant, engine: &Meters, stream: &StreamMeters) -> Lines {
        self.gather(engine, stream);
        let Stretch { began, load, slots, .. } =
            std::mem::replace(&mut self.since, Stretch::new(now));
        let reading = engine.read();
        let mut lines = vec![load_line(load, now.duration_since(began))];
        lines.push(format!(
            "hits: {}, {} voices now, {} at most",
            counts(&reading, "", stream),
            reading.voices,
            reading.most_voices
        ));
        lines.extend(given_up(&reading));
        lines.extend(loudest(&slots));
        lines
    }

    /// How it was, from the start to the end.
    pub fn sum(&mut self, now: Instant, engine: &Meters, stream: &StreamMeters) -> Lines {
        self.gather(engine, stream);
        let Stretch { began, load, slots, .. } = &self.all;
        let reading = engine.read();
        let mut lines = vec![load_line(*load, now.duration_since(*began))];
        lines.extend(given_up(&reading));
        lines.extend(loudest(slots));
        lines.push(format!(
            "stopped: {}, {} voices at most",
            counts(&reading, " hits", stream),
            reading.most_voices
        ));
        lines
    }

    fn gather(&mut self, engine: &Meters, stream: &StreamMeters) {
        let load = stream.take_load();
        let peak = engine.take_peak();
        for stretch in [&mut self.all, &mut self.since, &mut self.second] {
            stretch.load = stretch.load.and(load);
            stretch.peak = stretch.peak.max(peak);
        }
        for slot in Slot::all() {
            let peak = engine.take_slot_peak(slot);
            for stretch in [&mut self.all, &mut self.since] {
                if let Some(highest) = stretch.slots.get_mut(slot.index()) {
                    *highest = highest.max(peak);
                }
            }
        }
    }
}

/// To so many parts of one.
fn rounded(x: f32, parts: f32) -> f32 {
    (x * parts).round() / parts
}

/// Hits that made no sound though somebody wanted one.
fn silent(reading: &Reading) -> u64 {
    reading.unmapped + reading.no_sound + reading.no_kit + reading.not_loaded
}

fn load_line(load: Load, since: Duration) -> String {
    let percent = |part: f32| 100.0 * part;
    let longest = load.longest as f64 / 1e6;
    let since = match since.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    };
    format!(
        "load: {:.1} % of the time on average, {:.1} % at worst, longest block {longest:.2} ms, \
         in {since}",
        percent(load.mean()),
        percent(load.worst)
    )
}

fn counts(reading: &Reading, hits: &str, stream: &StreamMeters) -> String {
    let silent = silent(reading);
    let xruns = stream.xruns.load(Ordering::Relaxed);
    format!(
        "{}{hits} played, {silent} without a sound, {} late, {} lost, {xruns} xruns",
        reading.played, reading.late, reading.lost
    )
}

/// What was left undone or cut short, where anything was.
fn given_up(reading: &Reading) -> Option<String> {
    let all = [
        (reading.muted, "hits on muted slots"),
        (reading.soft, "hits softer than the threshold of their slot"),
        (reading.duplicates, "hits that came twice"),
        (reading.masked, "double triggers held back"),
        (reading.grabbed, "soft hits on grabbed pads held back"),
        (reading.stomps, "false stomps held back"),
        (reading.put_off, "blocks with more events than one takes"),
        (reading.thinned, "pedal movements and note-offs thinned out"),
        (reading.chokes_lost, "grabs lost"),
        (reading.stolen, "voices ended for newer ones"),
        (reading.fades_cut, "fades cut short"),
        (reading.kits_cut, "kits cut short"),
        (reading.notices_lost, "notices lost"),
    ];
    let some: Vec<String> = all
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{what}: {count}"))
        .collect();
    (!some.is_empty()).then(|| some.join(", "))
}

/// The slots with the loudest hits, the loudest first, where any was struck.
fn loudest(peaks: &[f32; Slot::COUNT]) -> Option<String> {
    let mut struck: Vec<(Slot, f32)> =
        Slot::all().zip(peaks.iter().copied()).filter(|(_, peak)| *peak > 0.0).collect();
    struck.sort_by(|one, other| other.1.total_cmp(&one.1));
    let more = struck.len().saturating_sub(SLOTS);
    let said = struck.iter().take(SLOTS).map(|(slot, peak)| format!("{slot} {}", dbfs(*peak)));
    let mut said: Vec<String> = said.collect();
    if more > 0 {
        said.push(format!("{more} softer ones"));
    }
    (!said.is_empty()).then(|| format!("peaks: {}", said.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    #[test]
    fn a_quiet_module_has_two_lines_and_one_that_is_stopped_too() {
        let (begin, engine, stream) = (Instant::now(), Meters::default(), StreamMeters::default());
        let mut gauge = Gauge::new(begin);
        assert_eq!(
            gauge.look(after(begin, 7), &engine, &stream),
            [
                "load: 0.0 % of the time on average, 0.0 % at worst, longest block 0.00 ms, in 7 s",
                "hits: 0 played, 0 without a sound, 0 late, 0 lost, 0 xruns, 0 voices now, 0 at most",
            ]
        );
        assert_eq!(
            gauge.sum(after(begin, 300), &engine, &stream),
            [
                "load: 0.0 % of the time on average, 0.0 % at worst, longest block 0.00 ms, in 5 min",
                "stopped: 0 hits played, 0 without a sound, 0 late, 0 lost, 0 xruns, \
                 0 voices at most",
            ]
        );
    }

    #[test]
    fn load_and_peaks_are_those_since_the_last_look_and_at_the_end_those_of_all_the_time() {
        let (begin, engine, stream) = (Instant::now(), Meters::default(), StreamMeters::default());
        let mut gauge = Gauge::new(begin);
        let mut look = |seconds| gauge.look(after(begin, seconds), &engine, &stream);
        stream.count_load(1_000_000, 2_000_000);
        engine.hit(Slot::KICK, 1.0);
        let lines = look(1);
        assert!(lines[0].starts_with("load: 50.0 % "), "{lines:?}");
        assert!(lines[0].contains(" 50.0 % at worst, longest block 1.00 ms"), "{lines:?}");
        assert_eq!(lines[2..], ["peaks: kick 0.0 dBFS"]);
        stream.count_load(500_000, 2_000_000);
        engine.hit(Slot::SNARE, 0.5);
        let lines = look(3);
        assert!(lines[0].starts_with("load: 25.0 % "), "{lines:?}");
        assert!(lines[0].ends_with(" in 2 s"), "{lines:?}");
        assert_eq!(lines[2..], ["peaks: snare -6.0 dBFS"]);
        let lines = gauge.sum(after(begin, 4), &engine, &stream);
        assert!(lines[0].starts_with("load: 37.5 % of the time on average, 50.0 % at worst"));
        assert_eq!(lines[1], "peaks: kick 0.0 dBFS, snare -6.0 dBFS");
    }

    #[test]
    fn who_asks_every_second_and_who_looks_take_nothing_from_each_other() {
        let (begin, engine, stream) = (Instant::now(), Meters::default(), StreamMeters::default());
        let mut gauge = Gauge::new(begin);
        let numbers = |gauge: &Gauge| {
            let numbers = gauge.numbers(&engine, &stream);
            (numbers.load, numbers.load_worst, numbers.peak_db)
        };
        stream.count_load(1_000_000, 4_000_000);
        engine.block(3, 0.5);
        assert!(!gauge.tick(begin, &engine, &stream));
        assert_eq!(numbers(&gauge), (0.0, 0.0, -120.0), "the first second is not over");
        assert!(gauge.look(begin, &engine, &stream)[0].starts_with("load: 25.0 % "));
        assert!(gauge.tick(after(begin, 1), &engine, &stream));
        let (load, worst, peak) = numbers(&gauge);
        assert_eq!((load, worst), (0.25, 0.25));
        assert_eq!(peak, -6.0);
        stream.count_load(2_000_000, 4_000_000);
        assert!(gauge.tick(after(begin, 2), &engine, &stream));
        assert_eq!(numbers(&gauge), (0.5, 0.5, -120.0));
        let lines = gauge.look(after(begin, 2), &engine, &stream);
        assert!(lines[0].starts_with("load: 50.0 % "), "{lines:?}");
    }

    #[test]
    fn what_was_given_up_is_told_with_its_count_and_the_rest_is_not() {
        let engine = Meters::default();
        assert_eq!(given_up(&engine.read()), None);
        engine.thinned.add();
        engine.stolen.add();
        engine.stolen.add();
        assert_eq!(
            given_up(&engine.read()).unwrap(),
            "pedal movements and note-offs thinned out: 1, voices ended for newer ones: 2"
        );
    }

    #[test]
    fn of_many_slots_the_loudest_are_named() {
        let mut peaks = [0.0; Slot::COUNT];
        for (index, peak) in peaks.iter_mut().enumerate().take(SLOTS + 3) {
            *peak = 0.01 * (index + 1) as f32;
        }
        let said = loudest(&peaks).unwrap();
        assert!(said.starts_with("peaks: tom4 "), "{said}");
        assert!(said.ends_with(", 3 softer ones"), "{said}");
    }
}
