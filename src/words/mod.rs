//! Floor 0: the words every other floor speaks. No I/O, no threads.

pub mod action;
pub mod bounded;
pub mod hit;
pub mod limits;
pub mod natural;
pub mod nearest;
pub mod nonblocking;
pub mod problem;
pub mod retry;
pub mod rng;
pub mod slot;
pub mod slot_set;
pub mod slot_tables;
pub mod spec;
pub mod stream;
pub mod time;
pub mod units;

pub use action::Action;
pub use hit::{Event, EventKind, EventSink, HeldBack, Hit, When};
pub use problem::{Problem, Severity};
pub use slot::Slot;
pub use slot_set::SlotSet;
