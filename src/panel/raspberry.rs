//! GPIO lines of a Raspberry Pi by rppal: for kernels and boards whose character device
//! does not serve.
//!
//! rppal's asynchronous handlers open the line in a thread of their own and cannot say
//! when that fails; its synchronous ones can, so the panel's thread waits here for all lines.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use rppal::gpio::{self, InputPin, Level, OutputPin, Trigger};

use super::{Got, Gpio, Line, Pull, Seen, Way, Wire};

/// How long the thread sleeps at most before it looks for messages: rppal offers no other
/// way to wake it. An LED that shows hits is that late.
const LOOK: Duration = Duration::from_millis(20);

/// Edges that are read in one go, so that a line which never rests holds nobody up.
const EDGES: usize = 64;

/// Whether rppal is in this build.
pub(super) const HERE: bool = true;

/// The GPIO of this Raspberry Pi, or why it cannot be had.
pub(super) fn open() -> Result<Box<dyn Gpio>, String> {
    let gpio = gpio::Gpio::new().map_err(|e| match e {
        gpio::Error::UnknownModel => "rppal knows no such Raspberry Pi".to_owned(),
        gpio::Error::PermissionDenied(path) => format!(
            "{path} may not be opened: the user must belong to the group that owns it, usually \
             gpio"
        ),
        other => format!("rppal: {other}"),
    })?;
    Ok(Box::new(Rppal { gpio, inputs: BTreeMap::new(), outputs: BTreeMap::new() }))
}

/// Lines taken so far, by their keys, each with whether it is active when it is low.
struct Rppal {
    gpio: gpio::Gpio,
    inputs: BTreeMap<usize, (InputPin, bool)>,
    outputs: BTreeMap<usize, (OutputPin, bool)>,
}

/// The level at which a line is active, or is not.
fn level(active: bool, active_low: bool) -> Level {
    if active != active_low { Level::High } else { Level::Low }
}

impl Gpio for Rppal {
    fn take(&mut self, key: usize, wire: &Wire) -> Result<Got, String> {
        let number = match &wire.place.line {
            Line::Number(number) => Some(*number),
            Line::Name(name) => name.strip_prefix("GPIO").and_then(|n| n.parse().ok()),
        };
        let number = number.and_then(|n| u8::try_from(n).ok()).ok_or(
            "rppal knows lines by their BCM number alone; allowed: a number, or a name such \
             as GPIO17",
        )?;
        let pin = self.gpio.get(number).map_err(|e| format!("rppal: {e}"))?;
        let pull = match wire.way {
            Way::Out => {
                let pin = match level(false, wire.active_low) {
                    Level::High => pin.into_output_high(),
                    Level::Low => pin.into_output_low(),
                };
                self.outputs.insert(key, (pin, wire.active_low));
                return Ok(Got { clean: false, active: false });
            }
            Way::In { pull, .. } => pull,
        };
        let mut pin = match pull {
            Pull::Up => pin.into_input_pullup(),
            Pull::Down => pin.into_input_pulldown(),
            Pull::None => pin.into_input(),
        };
        // Debouncing stays with the panel, where it is the same on every kernel.
        pin.set_interrupt(Trigger::Both, None).map_err(|e| format!("rppal: {e}"))?;
        let active = pin.read() == level(true, wire.active_low);
        self.inputs.insert(key, (pin, wire.active_low));
        Ok(Got { clean: false, active })
    }

    fn set(&mut self, key: usize, active: bool) -> bool {
        let output = self.outputs.get_mut(&key);
        output.is_some_and(|(pin, active_low)| {
            pin.write(level(active, *active_low));
            true
        })
    }

    fn release(&mut self, key: usize) {
        self.outputs.remove(&key);
        if let Some((mut pin, _)) = self.inputs.remove(&key) {
            // rppal keeps a line's request after its pin is dropped.
            let _ = pin.clear_interrupt();
        }
    }

    fn wait(&mut self, _: &UnixStream, time: Option<Duration>, seen: &mut Vec<Seen>) {
        let begun = Instant::now();
        let mut patience = time.map_or(LOOK, |time| time.min(LOOK));
        let pins: Vec<&InputPin> = self.inputs.values().map(|(pin, _)| pin).collect();
        if pins.is_empty() {
            return thread::sleep(patience);
        }
        for _ in 0..EDGES {
            match self.gpio.poll_interrupts(&pins, false, Some(patience)) {
                Ok(Some((pin, event))) => {
                    let found = self.inputs.iter().find(|(_, (own, _))| own.pin() == pin.pin());
                    if let Some((key, (_, active_low))) = found {
                        let high = event.trigger == Trigger::RisingEdge;
                        let time = u64::try_from(event.timestamp.as_nanos()).unwrap_or(u64::MAX);
                        seen.push(Seen::Edge(*key, high != *active_low, time));
                    }
                }
                Ok(None) => return,
                // Interrupted by a signal, or broken for good: not at full speed then.
                Err(_) => return thread::sleep(LOOK.saturating_sub(begun.elapsed())),
            }
            patience = Duration::ZERO;
        }
    }
}
