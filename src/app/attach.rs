//! Commands that need a module: the one that plays, or one of their own while they run.

use std::io;
use std::thread;

use crossbeam_channel::unbounded;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::config::Config;
use super::control::client::{NoLink, Reach};
use super::control::{self, Control, Link};
use super::exit::Exit;
use super::player::{self, Ground};
use super::render;
use crate::words::Action;

/// Does `work` with the module that plays. Where none does, and none was asked for by its
/// socket, one plays in the foreground meanwhile, without a word. At Ctrl-C and the like the
/// link has an end. Errors of `work` are sentences.
pub fn run(
    reach: &Reach,
    play: &player::Args,
    work: impl FnOnce(Link) -> Result<(), String>,
) -> Exit {
    let config = Config::found(play.config.as_deref());
    match Link::open(reach.places(&config.control)) {
        Ok(link) => attached(link, work),
        Err(NoLink::Nobody(_)) if reach.socket.is_none() => in_front(&config, play, work),
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

/// With a module that plays already.
fn attached(link: Link, work: impl FnOnce(Link) -> Result<(), String>) -> Exit {
    let watched = link.hook().and_then(|hook| at_the_end(move || hook.hang_up()));
    if let Err(error) = watched {
        return failed(Exit::Problems, &format!("signals cannot be watched: {error}"));
    }
    match work(link) {
        Ok(()) => Exit::Done,
        Err(why) => failed(Exit::Problems, &why),
    }
}

/// Plays meanwhile.
fn in_front(
    config: &Config,
    play: &player::Args,
    work: impl FnOnce(Link) -> Result<(), String>,
) -> Exit {
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
    let its = play.clone();
    let module = move || {
        let ground = Ground::default();
        player::run(&its, Ground { terminal: false, control: Some(control), actions, ..ground })
    };
    let module = match thread::Builder::new().name("rimshot-player".to_owned()).spawn(module) {
        Ok(module) => module,
        Err(error) => return failed(Exit::Problems, &format!("no thread to play in: {error}")),
    };
    let worked = work(link);
    // Where nobody reads any more nothing is left to play for.
    quit.send(Action::Quit).unwrap_or_default();
    let exit = module.join().unwrap_or(Exit::Problems);
    match worked {
        Err(why) if exit == Exit::Done => failed(Exit::Problems, &why),
        _ => exit,
    }
}
