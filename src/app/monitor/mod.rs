//! `rimshot monitor`: what the module hears and does, as it happens.

mod view;

use std::io;

use super::control::client::Reach;
use super::control::event::Topics;
use super::control::{Link, Request, Status};
use super::exit::Exit;
use super::{attach, player};
use view::View;

/// Arguments of `rimshot monitor`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    #[command(flatten)]
    reach: Reach,
    /// Print the events as they are: one line of JSON each.
    #[arg(long)]
    json: bool,
    /// Also show every MIDI message as it came.
    #[arg(long)]
    midi: bool,
    #[command(flatten, next_help_heading = "Where no module plays yet, one plays meanwhile")]
    play: player::Args,
}

/// Runs the command until it is stopped, or the module ends.
pub fn main(args: &Args) -> Exit {
    attach::run(&args.reach, &args.play, |link| watch(link, args))
}

/// Shows what comes until it ends, or until nobody reads.
fn watch(mut link: Link, args: &Args) -> Result<(), String> {
    let mut topics = Topics::USUAL;
    if args.midi {
        topics = topics.and(Topics::MIDI);
    }
    let mut view = View::new(args.json);
    link.ask(&Request::Events(topics))?;
    let status = match link.ask(&Request::Status) {
        Ok(answer) => answer.get("status").cloned().unwrap_or_default(),
        // It could not be begun, and has said why.
        Err(_) if link.line().is_ok_and(|line| line.is_none()) => return Ok(()),
        Err(why) => return Err(why),
    };
    if let Ok(status) = serde_json::from_value::<Status>(status) {
        view.begin(&status).map_err(|error| error.to_string())?;
    }
    link.wait_for_ever().map_err(|error| error.to_string())?;
    while let Some(line) = link.line().map_err(|error| error.to_string())? {
        match view.line(&line) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(format!("the output cannot be written: {error}")),
        }
    }
    Ok(())
}
