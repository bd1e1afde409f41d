//! How it is doing, for whoever asks: load, hits, what was given up, the loudest slots.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::desk::Lines;
use crate::app::picture::dbfs;
use crate::engine::meters::{Meters, Reading};
use crate::words::Slot;
use crate::words::stream::{Load, StreamMeters};

/// Slots whose peaks are told, the loudest ones: as many as a line has room for.
const SLOTS: usize = 8;

/// Reads the meters that start anew at each reading, and keeps their sums.
pub struct Gauge {
    began: Instant,
    looked: Instant,
    load: Load,
    peaks: [f32; Slot::COUNT],
}

impl Gauge {
    /// Begins to measure.
    pub fn new(now: Instant) -> Self {
        Self { began: now, looked: now, load: Load::default(), peaks: [0.0; Slot::COUNT] }
    }

    /// How it is: load and peaks since the last look, counts since the start.
    pub fn look(&mut self, now: Instant, engine: &Meters, stream: &StreamMeters) -> Lines {
        let since = now.duration_since(self.looked);
        let (load, peaks) = self.take(now, engine, stream);
        let reading = engine.read();
        let mut lines = vec![load_line(load, since)];
        lines.push(format!(
            "hits: {}, {} voices now, {} at most",
            counts(&reading, "", stream),
            reading.voices,
            reading.most_voices
        ));
        lines.extend(given_up(&reading));
        lines.extend(loudest(&peaks));
        lines
    }

    /// How it was, from the start to the end.
    pub fn sum(&mut self, now: Instant, engine: &Meters, stream: &StreamMeters) -> Lines {
        self.take(now, engine, stream);
        let reading = engine.read();
        let mut lines = vec![load_line(self.load, now.duration_since(self.began))];
        lines.extend(given_up(&reading));
        lines.extend(loudest(&self.peaks));
        lines.push(format!(
            "stopped: {}, {} voices at most",
            counts(&reading, " hits", stream),
            reading.most_voices
        ));
        lines
    }

    fn take(
        &mut self,
        now: Instant,
        engine: &Meters,
        stream: &StreamMeters,
    ) -> (Load, [f32; Slot::COUNT]) {
        self.looked = now;
        let load = stream.take_load();
        self.load = self.load.and(load);
        let mut peaks = [0.0; Slot::COUNT];
        for (slot, (peak, highest)) in Slot::all().zip(peaks.iter_mut().zip(&mut self.peaks)) {
            *peak = engine.take_slot_peak(slot);
            *highest = highest.max(*peak);
        }
        (load, peaks)
    }
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
    let silent = reading.unmapped + reading.no_sound + reading.no_kit + reading.not_loaded;
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
