//! The panel: push buttons on GPIO lines become actions, a small display shows what came of
//! them.
//!
//! | part | what |
//! |---|---|
//! | [`debounce`] | which edges of a bouncing contact are presses |
//! | [`chardev`] | lines of the kernel's GPIO character devices, on any board |
//! | [`display`] | a small display on the I²C bus |
//! | `raspberry` | lines of a Raspberry Pi by rppal, in the ARM build only |
//!
//! Whatever is wrong with a button costs that button and a sentence; the module plays on.

pub mod chardev;
pub mod debounce;
pub mod display;
#[cfg(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "arm")))]
mod raspberry;
#[cfg(not(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "arm"))))]
#[path = "raspberry_absent.rs"]
mod raspberry;

use std::time::Duration;

use crossbeam_channel::Sender;

use crate::words::Action;
use debounce::Debounce;

/// Which GPIO line a button is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// On a Raspberry Pi the BCM number: the line named `GPIO17` wherever it is. Where no
    /// line has such a name, the offset on the button's chip, or on the first chip that
    /// has so many lines.
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

/// One push button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Where it is.
    pub line: Line,
    /// The chip to look on, `gpiochip0`; `None` looks on all.
    pub chip: Option<String>,
    /// What a press asks for.
    pub action: Action,
    /// A press pulls the line low.
    pub active_low: bool,
    /// The resistor inside the chip.
    pub pull: Pull,
    /// How long the contact may bounce, in milliseconds; 0 takes every edge.
    pub debounce_ms: u32,
}

impl Button {
    fn debounce(&self) -> Duration {
        Duration::from_millis(self.debounce_ms.into())
    }
}

/// How GPIO lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The kernel's character device; where that opens no button, rppal if it is compiled in.
    Auto,
    /// The kernel's character device.
    Chardev,
    /// rppal, on a Raspberry Pi.
    Rppal,
    /// Buttons are not read.
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

/// What a backend tells of one line: turns edges into presses and presses into actions.
pub struct Contact {
    action: Action,
    debounce: Option<Debounce>,
    actions: Sender<Action>,
}

impl Contact {
    fn new(button: &Button, actions: &Sender<Action>) -> Self {
        let debounce = Some(Debounce::new(button.debounce()));
        Self { action: button.action, debounce, actions: actions.clone() }
    }

    /// The line is debounced before its edges come here.
    pub fn is_clean(&mut self) {
        self.debounce = None;
    }

    /// The line became active or inactive at this time, in nanoseconds of any steady clock.
    pub fn edge(&mut self, active: bool, time: u64) {
        let press = match &mut self.debounce {
            Some(debounce) => debounce.edge(active, time),
            None => active,
        };
        if press {
            // When nobody listens any more, the program ends.
            let _ = self.actions.send(self.action);
        }
    }
}

/// Something that can read GPIO lines.
pub trait Gpio {
    /// Takes a button's line for `contact`; on an error says what is wrong with it, as a
    /// sentence without a full stop and without the line's name.
    fn take(&mut self, button: &Button, contact: Contact) -> Result<(), String>;

    /// Begins to tell the contacts of their edges, until what is returned is dropped.
    fn start(self: Box<Self>) -> Result<Box<dyn Send>, String>;
}

/// Buttons that are being read, until this is dropped.
#[derive(Default)]
pub struct Panel {
    running: Vec<Box<dyn Send>>,
    buttons: usize,
    missing: Vec<Button>,
}

impl Panel {
    /// How many buttons are read.
    pub fn buttons(&self) -> usize {
        self.buttons
    }

    /// The buttons that cannot be had just now.
    pub fn missing(&self) -> &[Button] {
        &self.missing
    }

    /// Tries the missing buttons again; the others are not touched. At the start of a
    /// machine a chip may come late, or its group's right to open it. Says what [`open`]
    /// says.
    pub fn retry(&mut self, backend: Backend, actions: &Sender<Action>) -> Vec<String> {
        let missing = std::mem::take(&mut self.missing);
        let (more, said) = open(&missing, backend, actions);
        self.add(more);
        said
    }

    fn add(&mut self, more: Panel) {
        self.running.extend(more.running);
        self.buttons += more.buttons;
        self.missing.extend(more.missing);
    }
}

/// Reads these buttons: each press sends its action once. `actions` should be unbounded.
/// What does not work is said in sentences; without any button that works the panel is
/// empty and does nothing.
pub fn open(
    buttons: &[Button],
    backend: Backend,
    actions: &Sender<Action>,
) -> (Panel, Vec<String>) {
    if buttons.is_empty() {
        return Default::default();
    }
    let chardev = || open_with(Box::new(chardev::Chardev::new()), buttons, actions);
    match backend {
        Backend::None => Default::default(),
        Backend::Chardev => chardev(),
        Backend::Rppal => open_rppal(buttons, actions),
        Backend::Auto => {
            let (panel, mut said) = chardev();
            if panel.buttons > 0 || !raspberry::HERE {
                return (panel, said);
            }
            let (panel, of_rppal) = open_rppal(buttons, actions);
            said.extend(of_rppal);
            (panel, said)
        }
    }
}

fn open_rppal(buttons: &[Button], actions: &Sender<Action>) -> (Panel, Vec<String>) {
    match raspberry::open() {
        Ok(gpio) => open_with(gpio, buttons, actions),
        Err(why) => nothing(buttons, why),
    }
}

/// A panel that does nothing yet.
fn nothing(buttons: &[Button], why: String) -> (Panel, Vec<String>) {
    let panel = Panel { missing: buttons.to_vec(), ..Panel::default() };
    (panel, vec![format!("the buttons do nothing: {why}")])
}

fn open_with(
    mut gpio: Box<dyn Gpio>,
    buttons: &[Button],
    actions: &Sender<Action>,
) -> (Panel, Vec<String>) {
    let mut broken: Vec<(&Button, String)> = Vec::new();
    for button in buttons {
        if let Err(why) = gpio.take(button, Contact::new(button, actions)) {
            broken.push((button, why));
        }
    }
    let working = buttons.len() - broken.len();
    let said = sentences(&broken, working);
    let missing = broken.iter().map(|(button, _)| (*button).clone()).collect();
    if working == 0 {
        return (Panel { missing, ..Panel::default() }, said);
    }
    match gpio.start() {
        Ok(running) => (Panel { running: vec![running], buttons: working, missing }, said),
        Err(why) => nothing(buttons, why),
    }
}

/// One sentence for each broken button, or one for all where all have the same trouble.
fn sentences(broken: &[(&Button, String)], working: usize) -> Vec<String> {
    match broken {
        [(_, why), _, ..] if working == 0 && broken.iter().all(|b| b.1 == *why) => {
            vec![format!("the buttons do nothing: {why}")]
        }
        _ => {
            let say = |(button, why): &(&Button, String)| {
                format!("the button on {} does nothing: {why}", button.line)
            };
            broken.iter().map(say).collect()
        }
    }
}

#[cfg(test)]
mod tests;
