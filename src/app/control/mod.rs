//! The control socket: who is not the drummer reaches the module here. `docs/control.md` is
//! its protocol.
//!
//! | part | what |
//! |---|---|
//! | [`request`] | what may be asked |
//! | [`lines`] | what a client sends, line by line |
//! | [`event`] | what is told to whoever subscribes |
//! | [`status`] | the answer that has everything a front panel needs |
//! | [`place`] | where the socket lies |
//! | [`seat`] | taking that place, and leaving it |
//! | [`server`] | the thread that talks to all clients |
//! | [`client`] | the other end: `ctl`, `monitor` |
//!
//! The server is one thread of normal priority over `poll`. It knows neither the audio nor
//! the MIDI threads: what it tells comes from the player, what it is asked goes there, by
//! bounded channels that neither of the two ever waits for.

pub mod client;
pub mod event;
pub mod lines;
mod outbox;
mod peer;
pub mod place;
pub mod request;
pub mod seat;
pub mod server;
pub mod status;

pub use client::Link;
pub use event::Event;
pub use request::Request;
pub use server::{Call, Control};
pub use status::Status;

use super::config;

/// The version of the protocol. It rises when a client has to be changed; new fields, events
/// and requests leave it as it is.
pub const PROTOCOL: u32 = 1;

/// What the server says first.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Greeting {
    /// The program's version.
    pub rimshot: String,
    /// [`PROTOCOL`].
    pub protocol: u32,
}

impl Greeting {
    /// Ours.
    pub fn own() -> Self {
        Self { rimshot: env!("CARGO_PKG_VERSION").to_owned(), protocol: PROTOCOL }
    }
}

/// The socket that a configuration asks for, where it asks for one and can have it; and what
/// there is to say.
pub fn of(config: &config::Control) -> (Option<Control>, Vec<String>) {
    let Some(path) = place::of_module(&config.socket) else { return (None, Vec::new()) };
    match Control::open(&path, config.group.as_deref()) {
        Ok((control, said)) => (Some(control), said.into_iter().collect()),
        Err(why) => (None, vec![format!("{why}; rimshot ctl and monitor do not reach this one")]),
    }
}

/// A value as its line, with the line's end.
fn line(value: &impl serde::Serialize) -> Vec<u8> {
    // Fails only for maps whose keys are no texts, and there are none.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests;
