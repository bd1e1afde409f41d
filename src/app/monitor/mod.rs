//! `rimshot monitor`: what the module hears and does, as it happens.

mod view;

use std::io;
use std::thread;

use crossbeam_channel::unbounded;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::config::Config;
use super::control::client::{NoLink, Reach};
use super::control::event::Topics;
use super::control::{self, Control, Link, Request, Status};
use super::exit::Exit;
use super::player::{self, Ground};
use super::render;
use crate::words::Action;
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
    let config = Config::found(args.play.config.as_deref());
    match Link::open(args.reach.places(&config.control)) {
        Ok(link) => attach(link, args),
        Err(NoLink::Nobody(_)) if args.reach.socket.is_none() => play(&config, args),
        Err(why) => failed(Exit::NoModule, &why.to_string()),
    }
}

fn failed(exit: Exit, why: &str) -> Exit {
    render::warn(why);
    exit
}

/// Calls `stop` at Ctrl-C, and when the terminal or the system wants an end.
fn at_the_end(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let watch = move || signals.forever().for_each(|_| stop());
    thread::Builder::new().name("rimshot-signals".to_owned()).spawn(watch).map(drop)
}

/// Watches a module that plays already.
fn attach(link: Link, args: &Args) -> Exit {
    let watched = link.hook().and_then(|hook| at_the_end(move || hook.hang_up()));
    if let Err(error) = watched {
        return failed(Exit::Problems, &format!("signals cannot be watched: {error}"));
    }
    match watch(link, args) {
        Ok(()) => Exit::Done,
        Err(why) => failed(Exit::Problems, &why),
    }
}

/// Plays, and watches that.
fn play(config: &Config, args: &Args) -> Exit {
    let (control, said) = control::of(&config.control);
    let control = control.map_or_else(Control::private, Ok);
    let joined = control.and_then(|control| {
        let stream = control.join().map_err(|error| error.to_string())?;
        let link = Link::over(stream).map_err(|why| why.to_string())?;
        // Cards and kits are looked for before it answers.
        link.wait_for_ever().map_err(|error| error.to_string())?;
        Ok((control, link))
    });
    let (control, link) = match joined {
        Ok(joined) => joined,
        Err(why) => return failed(Exit::Problems, &why),
    };
    said.iter().for_each(|line| render::warn(line));
    let actions = unbounded();
    let quit = actions.0.clone();
    let stop = quit.clone();
    // Fails only where it has ended already.
    let stop = move || stop.send(Action::Quit).unwrap_or_default();
    if let Err(error) = at_the_end(stop) {
        return failed(Exit::Problems, &format!("signals cannot be watched: {error}"));
    }
    let its = args.play.clone();
    let module = move || {
        let ground = Ground::default();
        player::run(&its, Ground { terminal: false, control: Some(control), actions, ..ground })
    };
    let module = match thread::Builder::new().name("rimshot-player".to_owned()).spawn(module) {
        Ok(module) => module,
        Err(error) => return failed(Exit::Problems, &format!("no thread to play in: {error}")),
    };
    let watched = watch(link, args);
    // Where nobody reads any more nothing is left to play for.
    quit.send(Action::Quit).unwrap_or_default();
    let exit = module.join().unwrap_or(Exit::Problems);
    match watched {
        Err(why) if exit == Exit::Done => failed(Exit::Problems, &why),
        _ => exit,
    }
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
