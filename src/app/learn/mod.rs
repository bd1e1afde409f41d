//! `rimshot learn`: a map for a module that no map knows, made by hitting its pads.
//!
//! | part | what |
//! |---|---|
//! | [`steps`] | the questions, in their order |
//! | [`session`] | the dialogue as a pure machine |
//! | [`strokes`], [`pedal`], [`grab`] | finding a pad's note, the pedal, the hand on a cymbal |
//! | [`book`] | the map that is being made |
//! | [`map_file`] | writing it after each pad, and going on with it |
//! | [`mod@talk`] | the dialogue over the control socket |
//! | [`terminal`], [`headless`] | who asks: lines and keys, or sounds |
//! | [`config_file`] | the line of the configuration |

pub mod book;
pub mod config_file;
pub mod grab;
pub mod headless;
pub mod heard;
pub mod map_file;
pub mod pedal;
pub mod session;
pub mod steps;
pub mod strokes;
pub mod talk;
pub mod terminal;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vendor_tests;

use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;

use crossbeam_channel::{Receiver, unbounded};

use super::control::Link;
use super::control::client::Reach;
use super::exit::Exit;
use super::keys::Keys;
use super::{attach, player, render};
use config_file::Advice;
use talk::{Done, Wanted, talk};
use terminal::{KEYS, Terminal, line};

/// Arguments of `rimshot learn`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    #[command(flatten)]
    reach: Reach,
    /// A part of the MIDI port's name. [default: the only one, or the first that plays]
    #[arg(short, long)]
    port: Option<String>,
    /// The map's file; one that was learned is gone on with. [default: in the folder `maps`
    /// beside the configuration or in the state folder, where the module finds it by itself]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Begin from nothing where there is a learned map.
    #[arg(long)]
    anew: bool,
    #[command(flatten, next_help_heading = "Where no module plays yet, one plays meanwhile")]
    play: player::Args,
}

const NO_TERMINAL: &str = "'learn' asks questions and hears keys, and this is no terminal: run it \
    in one (over SSH with ssh -t); on a box without a keyboard the action \"learn\" of a button, \
    or {\"request\":\"learn\"} on the control socket, asks by sounds";

/// Runs the command until all is asked, or somebody has enough.
pub fn main(args: &Args) -> Exit {
    if !(stdin().is_terminal() && stdout().is_terminal()) {
        render::warn(NO_TERMINAL);
        return Exit::Problems;
    }
    attach::run(&args.reach, &args.play, |link| learn(link, args))
}

fn learn(link: Link, args: &Args) -> Result<(), String> {
    let (bytes, typed) = unbounded();
    let (key, keys) = unbounded();
    let each = move |byte| {
        // nobody may listen to one of the two any more
        let _ = bytes.send(byte);
        terminal::key(byte).is_none_or(|meant| key.send(meant).is_ok())
    };
    let _keys = Keys::start(each).ok_or("keys cannot be read: 'learn' is in the background")?;
    line(KEYS)?;
    let wanted = Wanted {
        port: args.port.clone(),
        output: args.output.clone(),
        anew: args.anew,
        steps: steps::all(),
    };
    let done = talk(link, &keys, &wanted, &mut Terminal)?;
    done.map_or(Ok(()), |done| tell(&done, args, &typed))
}

/// What became of it, and what is left to do.
fn tell(done: &Done, args: &Args, typed: &Receiver<u8>) -> Result<(), String> {
    let file = done.file.display();
    if let Some(text) = &done.unwritten {
        line(text)?;
        return Err(format!("{file} cannot be written: the lines above are what belongs there"));
    }
    line(&format!("the map is {file}"))?;
    if !done.complete {
        line("`rimshot learn` goes on from here")?;
    }
    match config_file::advice(args.play.config.as_deref(), done) {
        Advice::Nothing(words) | Advice::Change(words) => line(&words),
        Advice::Append { config, lines } => {
            line(&format!("it is used with these lines in {}:\n\n{lines}", config.display()))?;
            line("w writes them there, any other key does not")?;
            typed.try_iter().for_each(drop);
            if !matches!(typed.recv(), Ok(b'w' | b'W')) {
                return line("nothing was written");
            }
            config_file::append(&config, &lines)?;
            line("written; `rimshot ctl reload` takes it")
        }
    }
}
