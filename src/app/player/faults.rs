//! What is wrong at the moment, for a fault light and for whoever asks; all that can be
//! told of how it is; and what is remembered of it.

use std::time::Instant;

use super::Player;
use super::desk::Lines;
use crate::app::guard::LIVES;
use crate::midi::short_name;
use crate::words::limits::SOURCES;

/// Hits of each source since its port was opened: those that sounded, and all others.
pub type Tally = [[u64; 2]; SOURCES];

impl Player {
    /// What is wrong for as long as it is so, each as a sentence without a full stop. (Problems
    /// that clients are told of have happened; these last.)
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = Vec::new();
        faults.extend(self.book.standing.fault().map(str::to_owned));
        faults.extend(self.keeper.trouble().map(|why| format!("nothing is remembered: {why}")));
        if self.desk.is_unheard() {
            faults.push("no sound card plays".to_owned());
        }
        faults.extend(self.inputs.unavailable().map(|why| format!("no MIDI: {why}")));
        faults.extend(self.inputs.left().filter_map(|name| {
            let why = self.remote.failed.get(name)?;
            Some(format!("{}: {why}", short_name(name)))
        }));
        if self.switch.playing().is_none() && self.switch.wished().is_none() {
            faults.push("no kit plays".to_owned());
        }
        faults
    }

    /// Everything that a developer asks for.
    pub(super) fn report(&mut self) -> Lines {
        let mut lines = vec![self.age()];
        lines.extend(self.gauge.look(self.now, &self.control.meters, self.desk.meters()));
        lines.extend(self.desk.opened().map(|opened| {
            let buffer = opened.buffer_frames;
            format!("sound: {}, buffer {buffer} frames", opened.what)
        }));
        for (name, map, source) in self.inputs.ports() {
            let [played, silent] = self.tally.get(source).copied().unwrap_or_default();
            let name = short_name(name);
            lines.push(format!(
                "midi: {name} (map {map}, source {source}): {played} hits played, {silent} without a sound"
            ));
        }
        let (granted, refused) = self.inputs.priorities();
        lines.push(format!("midi threads: {granted} real-time, {refused} not"));
        let ready = self.switch.in_memory();
        let kits = if ready.is_empty() { "none".to_owned() } else { ready.join(", ") };
        let mb = |bytes: usize| bytes as f64 / 1e6;
        lines.push(format!(
            "memory: {:.1} MB of {:.1} MB for recordings, {:.1} MB at most; kits: {kits}",
            mb(self.library.used()),
            mb(self.library.budget()),
            mb(self.library.most_used()),
        ));
        let trouble = self.keeper.trouble().unwrap_or("ok");
        let folder = self.keeper.folder().map(|f| f.display().to_string());
        lines.push(format!("state: {}: {trouble}", folder.as_deref().unwrap_or("nowhere")));
        lines.extend(self.faults().into_iter().map(|fault| format!("fault: {fault}")));
        lines
    }

    /// Has remembered what is to be, and forgets the deaths of others once it lives.
    pub(super) fn look_at_state(&mut self, now: Instant) {
        if now.duration_since(self.began) >= LIVES {
            self.guard.lived();
        }
        if let Some(good) = self.book.trial.passed(now) {
            self.keeper.keep_good(good);
        }
        let line = self.keeper.tick(now);
        self.remote.problems(line.as_slice());
        line.iter().for_each(|line| self.console.say(line));
    }

    fn age(&self) -> String {
        let seconds = self.remote.now() as u64;
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        let config = self.book.path.as_ref().map(|path| path.display().to_string());
        format!(
            "rimshot {}: up {hours} h {minutes} min {} s, volume {} dB, trim {} dB, config {} ({})",
            env!("CARGO_PKG_VERSION"),
            seconds % 60,
            self.volume_db,
            self.trim_db,
            config.as_deref().unwrap_or("none"),
            self.book.standing.code(),
        )
    }
}
