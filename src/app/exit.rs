//! The exit codes, by name.

use std::process::ExitCode;

/// How the program ends. Also listed by `rimshot --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// `check` found problems, or something went wrong while running.
    Problems = 1,
    /// The command line cannot be understood (clap's own code).
    Usage = 2,
    /// A kit, map, configuration or MIDI file cannot be used.
    Input = 3,
    /// The output cannot be written.
    Output = 4,
    /// No module plays that `ctl` or `monitor` could reach.
    NoModule = 5,
}

impl Exit {
    /// The table for `--help`.
    pub const HELP: &'static str = "\
Exit codes:
  0  done
  1  'check' found problems, or something went wrong while running
  2  the command line cannot be understood
  3  a kit, map, configuration or MIDI file cannot be used
  4  the output cannot be written
  5  no module plays that 'ctl' or 'monitor' could reach";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
