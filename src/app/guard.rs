//! A module that dies again and again as soon as it has started is started ever more slowly,
//! and then without whatever may be to blame.
//!
//! systemd 252, which Raspberry Pi OS bookworm has, starts a service again after a fixed time
//! (`RestartSteps=` came with 254), and on a stage it must not give up. So the module counts
//! its own starts, in the folder that systemd made for it (`RuntimeDirectory=`, in memory, kept
//! between starts by `RuntimeDirectoryPreserve=restart`): a power cut counts for nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use sd_notify::NotifyState;

/// A module that has lived this long has not died at its start.
pub const LIVES: Duration = Duration::from_secs(10);
/// So many in a row that did not are too many.
const TOO_MANY: u32 = 3;
/// From so many on not even a kit is played: the safe one may be to blame as well.
const HOPELESS: u32 = 6;
/// The longest wait before a start, in seconds.
const LONGEST_WAIT: u64 = 30;
/// How often systemd hears that the wait goes on, and how long it is then patient.
const BREATH: Duration = Duration::from_secs(1);
const PATIENCE_US: u32 = 10_000_000;

const FILE: &str = "starts";

/// How a module is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As it is configured.
    Usual,
    /// With every setting at its default, without the panel, and with another kit than the
    /// one that played last.
    Safe,
    /// The same, without any kit before somebody asks for one.
    Bare,
}

/// What is to be done after so many starts in a row that did not live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Before anything else.
    pub wait: Duration,
    /// Then.
    pub mode: Mode,
}

impl Verdict {
    /// After so many quick deaths in a row: from the third on 1, 2, 4 … 30 s.
    pub fn after(quick: u32) -> Self {
        let Some(over) = quick.checked_sub(TOO_MANY) else {
            return Self { wait: Duration::ZERO, mode: Mode::Usual };
        };
        let wait = 1u64.checked_shl(over).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT));
        let mode = if quick >= HOPELESS { Mode::Bare } else { Mode::Safe };
        Self { wait: Duration::from_secs(wait), mode }
    }
}

/// The count of starts that did not live.
#[derive(Debug)]
pub struct Guard {
    file: Option<PathBuf>,
    quick: u32,
    /// This start has been counted, and nothing has yet been said for it.
    counted: bool,
}

impl Guard {
    /// That of a service; nothing is counted where systemd made no folder.
    pub fn of_service() -> Self {
        let folders = std::env::var_os("RUNTIME_DIRECTORY").and_then(|f| f.into_string().ok());
        // systemd names several folders with colons between them; the unit asks for one
        let first = folders.as_deref().and_then(|f| f.split(':').next());
        Self::at(first.map(Path::new).filter(|folder| folder.is_absolute()))
    }

    /// One that counts in this folder, or not at all.
    pub fn at(folder: Option<&Path>) -> Self {
        let file = folder.map(|folder| folder.join(FILE));
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        let quick = text.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { file, quick, counted: false }
    }

    /// What its past asks for.
    pub fn verdict(&self) -> Verdict {
        Verdict::after(self.quick)
    }

    /// The module starts: until it lives, or ends by itself, that is one more.
    pub fn starts(&mut self) {
        self.counted = true;
        self.write(self.quick.saturating_add(1));
    }

    /// It has lived for [`LIVES`], or ends because it was asked to: what was before is
    /// forgotten.
    pub fn lived(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.quick = 0;
            self.write(0);
        }
    }

    /// Waits before a start, and keeps systemd patient meanwhile.
    pub fn wait(&self, wait: Duration) {
        let mut left = wait;
        while !left.is_zero() {
            let status =
                format!("it ended {} times at once; waiting {} s", self.quick, left.as_secs());
            let _ = sd_notify::notify(&[
                NotifyState::ExtendTimeoutUsec(PATIENCE_US),
                NotifyState::Status(&status),
            ]);
            let step = left.min(BREATH);
            thread::sleep(step);
            left -= step;
        }
    }

    /// What to say of a start that is not the usual one.
    pub fn sentence(&self) -> Option<String> {
        let times = self.quick;
        match self.verdict().mode {
            Mode::Usual => None,
            Mode::Safe => Some(format!(
                "safe mode: rimshot ended {times} times in a row as soon as it had started, so \
                 every setting is at its default, buttons do nothing and another kit plays; \
                 `rimshot ctl reload` takes the settings again"
            )),
            Mode::Bare => Some(format!(
                "safe mode: rimshot ended {times} times in a row as soon as it had started, so \
                 every setting is at its default, buttons do nothing and no kit plays; \
                 `rimshot ctl next` plays one, `rimshot ctl reload` takes the settings again"
            )),
        }
    }

    /// The folder is in memory: nobody waits for it, and no power cut leaves half a number.
    fn write(&self, quick: u32) {
        if let Some(file) = &self.file {
            // Without it a crash loop is as fast as systemd makes it.
            let _ = fs::write(file, quick.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    /// What became of a start.
    #[derive(Clone, Copy, PartialEq)]
    enum End {
        Died,
        Lived,
        Asked,
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        /// One life of a module: what its past asked for.
        fn life(&self, end: End) -> Verdict {
            let mut guard = Guard::at(Some(&self.0));
            let verdict = guard.verdict();
            guard.starts();
            if end != End::Died {
                guard.lived();
                guard.lived();
            }
            verdict
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_crash_loop_gets_slower_and_leaves_out_what_may_be_to_blame() {
        let folder = Folder::new("loop");
        let all: Vec<Verdict> = (0..10).map(|_| folder.life(End::Died)).collect();
        let waits: Vec<u64> = all.iter().map(|v| v.wait.as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]);
        use Mode::{Bare, Safe, Usual};
        let modes: Vec<Mode> = all.iter().map(|v| v.mode).collect();
        assert_eq!(modes, [Usual, Usual, Usual, Safe, Safe, Safe, Bare, Bare, Bare, Bare]);
        assert_eq!(Verdict::after(u32::MAX).wait, Duration::from_secs(30));
    }

    #[test]
    fn only_quick_deaths_in_a_row_count_whatever_happened_before() {
        let folder = Folder::new("histories");
        let mut rng = Rng::new(5, 0);
        let mut in_a_row = 0;
        for _ in 0..2000 {
            let end =
                [End::Died, End::Died, End::Died, End::Lived, End::Asked][rng.draw() as usize % 5];
            assert_eq!(folder.life(end), Verdict::after(in_a_row));
            in_a_row = if end == End::Died { in_a_row + 1 } else { 0 };
        }
    }

    #[test]
    fn nonsense_in_the_count_and_no_folder_at_all_are_a_usual_start() {
        let folder = Folder::new("nonsense-count");
        for text in ["", "many", "-1", "99999999999999999999", "\0\0"] {
            fs::write(folder.0.join(FILE), text).unwrap();
            assert_eq!(Guard::at(Some(&folder.0)).verdict().mode, Mode::Usual, "{text:?}");
        }
        let mut nowhere = Guard::at(None);
        nowhere.starts();
        nowhere.lived();
        assert_eq!((nowhere.verdict().mode, nowhere.sentence()), (Mode::Usual, None));
    }
}
