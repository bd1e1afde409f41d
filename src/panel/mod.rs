//! The panel: buttons and encoders on GPIO lines become actions, LEDs and a small display show
//! how it is.
//!
//! | part | what |
//! |---|---|
//! | [`debounce`] | which edges of a bouncing contact count |
//! | [`gesture`] | press, long press, double press, repetition, two at once |
//! | [`encoder`] | the code of a rotary encoder |
//! | [`lamps`] | what LEDs show |
//! | `works` | all of these together, and which lines they have |
//! | `running` | the thread: waits for edges, messages and moments |
//! | [`chardev`] | lines of the kernel's GPIO character devices, on any board |
//! | [`display`] | a small display on the I²C bus |
//! | `raspberry` | lines of a Raspberry Pi by rppal, in the ARM build only |
//!
//! Whatever is wrong with a line costs its button, encoder or LED and a sentence; the module
//! plays on. MIDI buttons have their gestures here as well, with and without GPIO.

pub mod chardev;
pub mod debounce;
pub mod display;
pub mod encoder;
pub mod gesture;
pub mod lamps;
#[cfg(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "arm")))]
mod raspberry;
#[cfg(not(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "arm"))))]
#[path = "raspberry_absent.rs"]
mod raspberry;
mod running;
mod works;

use std::time::Duration;

pub use running::{Panel, start};
pub use works::{News, Part};

use crate::words::Action;
use gesture::{Chord, Times};
use lamps::Shows;

/// Which GPIO line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// On a Raspberry Pi the BCM number: the line named `GPIO17` wherever it is. Where no
    /// line has such a name, the offset on its chip, or on the first chip that has so many
    /// lines.
    Number(u32),
    /// The name that the board gives it, `GPIO17`.
    Name(String),
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Line::Number(number) => write!(f, "GPIO line {number}"),
            Line::Name(name) => write!(f, "GPIO line '{name}'"),
        }
    }
}

/// A line, and where to look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub line: Line,
    /// The chip to look on, `gpiochip0`; `None` looks on all.
    pub chip: Option<String>,
}

impl Place {
    /// Whether another one can be the same line. (On a Raspberry Pi the line of number 17
    /// has the name GPIO17.)
    pub fn may_be(&self, other: &Place) -> bool {
        let name = |line: &Line| match line {
            Line::Number(number) => format!("GPIO{number}"),
            Line::Name(name) => name.clone(),
        };
        let apart = self.chip.is_some() && other.chip.is_some() && self.chip != other.chip;
        !apart && name(&self.line) == name(&other.line)
    }
}

/// The resistor that holds an untouched line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// To the supply: for a button that connects the line to ground.
    Up,
    /// To ground: for a button that connects the line to the supply.
    Down,
    /// None inside the chip; there is one on the board.
    None,
}

/// What a button does at each gesture. With `repeat` there is only the press.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reaction {
    /// At a press.
    pub press: Option<Action>,
    /// At a long press.
    pub long: Option<Action>,
    /// At a double press.
    pub double: Option<Action>,
    /// Whether the press is done again and again while it is held.
    pub repeat: bool,
}

/// One push button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Where it is.
    pub place: Place,
    /// What it does.
    pub reaction: Reaction,
    /// A press pulls the line low.
    pub active_low: bool,
    /// The resistor inside the chip.
    pub pull: Pull,
    /// How long the contact may bounce, in milliseconds; 0 takes every edge.
    pub debounce_ms: u32,
}

/// One rotary encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    /// Where its contacts A and B are.
    pub places: [Place; 2],
    /// What a turn to the right by one detent asks for.
    pub right: Action,
    /// What one to the left asks for.
    pub left: Action,
    /// Steps of its code from detent to detent: 1, 2 or 4.
    pub steps: u8,
    /// A closed contact pulls its line low.
    pub active_low: bool,
    /// The resistors inside the chip.
    pub pull: Pull,
}

/// One LED.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    /// Where it is.
    pub place: Place,
    /// What it shows.
    pub shows: Shows,
    /// A low line lights it.
    pub active_low: bool,
}

/// Everything that is on a panel. No line has two uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    /// How lines are read and set.
    pub backend: Backend,
    /// What tells gestures apart.
    pub times: Times,
    /// The buttons.
    pub buttons: Vec<Button>,
    /// Pairs of them.
    pub chords: Vec<Chord>,
    /// The encoders.
    pub encoders: Vec<Encoder>,
    /// The LEDs.
    pub leds: Vec<Led>,
}

/// How GPIO lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The kernel's character device; where that has not a single line to give, rppal if it
    /// is compiled in.
    Auto,
    /// The kernel's character device.
    Chardev,
    /// rppal, on a Raspberry Pi.
    Rppal,
    /// Lines are left alone.
    None,
}

impl Backend {
    /// Every name a configuration may use.
    pub const NAMES: [(&'static str, Backend); 4] = [
        ("auto", Backend::Auto),
        ("chardev", Backend::Chardev),
        ("rppal", Backend::Rppal),
        ("none", Backend::None),
    ];
}

/// What one line is wanted for. Levels are of the line's meaning: active is pressed, closed
/// or lit, whichever voltage that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// Which line.
    pub place: Place,
    /// A low line is active.
    pub active_low: bool,
    /// In or out.
    pub way: Way,
}

/// The direction of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Its edges are wanted, both of them.
    In {
        /// The resistor inside the chip.
        pull: Pull,
        /// How long it has to be still before an edge counts; zero for every edge.
        debounce: Duration,
    },
    /// It is set; inactive at first.
    Out,
}

/// What was got with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Got {
    /// Its edges come debounced.
    pub clean: bool,
    /// Its level at the beginning.
    pub active: bool,
}

/// What a backend has seen of the line with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It became active, or inactive, at this time in nanoseconds of the system's monotonic
    /// clock.
    Edge(usize, bool, u64),
    /// It is gone, as a USB adapter that was pulled; its key is free again.
    Lost(usize),
}

/// Something that has GPIO lines. Each line is taken by itself, so that one that cannot be
/// had costs no other.
pub trait Gpio {
    /// Takes a line, which `key` means from now on.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence without a full stop and without the line's name.
    fn take(&mut self, key: usize, wire: &Wire) -> Result<Got, String>;

    /// Sets a line that was taken as [`Way::Out`]; whether that worked. Where not, it is
    /// gone.
    fn set(&mut self, key: usize, active: bool) -> bool;

    /// Gives a line back, which may be gone already.
    fn release(&mut self, key: usize);

    /// Waits until a line has something to tell, `wake` can be read, or so much time has
    /// passed (`None` is for ever; it may always end earlier), and adds what has been seen
    /// since the last call, of each line in order.
    fn wait(
        &mut self,
        wake: &std::os::unix::net::UnixStream,
        time: Option<Duration>,
        seen: &mut Vec<Seen>,
    );
}

#[cfg(test)]
mod tests;
