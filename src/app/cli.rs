//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::exit::Exit;
use super::{ctl, demo, inspect, learn, list, monitor, player, render};

/// A drum module: plug in an e-drum kit or a MIDI pad and play.
#[derive(Debug, Parser)]
#[command(name = "rimshot", version, after_help = Exit::HELP, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Be the drum module: sound card and MIDI inputs, until stopped.
    Play(player::Args),
    /// Play a MIDI file through a kit into a WAV file.
    Render(render::Args),
    /// Play the built-in groove, or write it to demo.wav where there is no sound card.
    Demo(demo::Args),
    /// List the kits that are found.
    Kits(list::KitsArgs),
    /// Look for problems in a kit, a map or a configuration, and name them all.
    Check(inspect::CheckArgs),
    /// List sound cards, MIDI inputs and GPIO lines.
    Devices(inspect::DevicesArgs),
    /// Watch the module that plays: every hit, what makes no sound and why, how it is doing.
    Monitor(monitor::Args),
    /// Learn a note map: asks for pad after pad and listens to what each sends.
    Learn(learn::Args),
    /// Ask or tell the module that plays: kits, volume, silence, how it is.
    Ctl(ctl::Args),
    /// Write the factory kits into a folder.
    #[command(hide = true)]
    Factory {
        /// The folder, made where it is missing.
        folder: PathBuf,
    },
}

/// Runs the program with the arguments it was started with.
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    let lasts = matches!(command, Command::Play(_) | Command::Monitor(_) | Command::Learn(_));
    if !lasts && !matches!(command, Command::Ctl(_)) {
        end_with_the_reader();
    }
    let exit = match command {
        Command::Play(args) => player::main(&args),
        Command::Render(args) => render::main(&args),
        Command::Demo(args) => demo::main(&args),
        Command::Kits(args) => list::kits(&args),
        Command::Check(args) => inspect::check(&args),
        Command::Devices(args) => inspect::devices(&args),
        Command::Monitor(args) => monitor::main(&args),
        Command::Learn(args) => learn::main(&args),
        Command::Ctl(args) => ctl::main(&args),
        Command::Factory { folder } => match crate::factory::write_all(&folder) {
            Ok((files, bytes)) => {
                println!("{}: {files} files, {bytes} bytes", folder.display());
                Exit::Done
            }
            Err(error) => {
                eprintln!("{}: cannot be written: {error}", folder.display());
                Exit::Output
            }
        },
    };
    exit.into()
}

/// Whoever pipes a list into `head` has seen enough: the program ends there, as others do,
/// and not with a panic. (Rust ignores the signal unless told otherwise.)
fn end_with_the_reader() {
    // SAFETY: sets the default action, before any other thread is there.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
