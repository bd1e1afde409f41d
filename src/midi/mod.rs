//! MIDI in: ports, messages and files become hits and actions.
//!
//! | part | what |
//! |---|---|
//! | [`message`] | bytes → [`Message`] |
//! | [`translate`] | messages → events and actions, by a note map |
//! | [`stamp`] | the driver's time stamps → our clock |
//! | [`mod@file`] | Standard MIDI Files → messages with exact frames |
//! | [`ports`] | which live ports are open, and what each feeds |
//! | [`sequencer`] | how they are listed and opened: the ALSA sequencer, or a test's fake |
//! | [`tap`] | what a port sends, as it is, for whoever watches |
//! | [`buttons`] | notes and controllers that are buttons |
//! | [`announce`] | news of ports that come and go |

pub mod announce;
pub mod buttons;
mod change;
pub mod file;
mod lane;
pub mod message;
mod names;
pub mod ports;
mod realtime;
pub mod sequencer;
pub mod stamp;
mod swap;
pub mod tap;
pub mod translate;

pub use lane::Lane;
pub use message::Message;
pub use ports::{Chosen, Inputs, PortChange, short_name};
pub use translate::{Output, Translator};
