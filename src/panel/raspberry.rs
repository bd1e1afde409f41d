//! GPIO lines of a Raspberry Pi by rppal: for kernels and boards whose character device
//! does not serve.
//!
//! rppal's asynchronous handlers open the line in a thread of their own and cannot say
//! when that fails; its synchronous ones can, so one thread waits here for all lines.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rppal::gpio::{self, InputPin, Trigger};

use super::{Button, Contact, Gpio, Line, Pull};

/// How long the thread sleeps at most before it looks whether it shall end: rppal offers
/// no other way to wake it.
const LOOK: Duration = Duration::from_millis(200);

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
    Ok(Box::new(Rppal { gpio, pins: Vec::new(), contacts: HashMap::new() }))
}

/// Lines taken so far.
struct Rppal {
    gpio: gpio::Gpio,
    pins: Vec<InputPin>,
    contacts: HashMap<u8, (bool, Contact)>,
}

impl Gpio for Rppal {
    fn take(&mut self, button: &Button, contact: Contact) -> Result<(), String> {
        let number = match &button.line {
            Line::Number(number) => Some(*number),
            Line::Name(name) => name.strip_prefix("GPIO").and_then(|n| n.parse().ok()),
        };
        let number = number.and_then(|n| u8::try_from(n).ok()).ok_or(
            "rppal knows lines by their BCM number alone; allowed: a number, or a name such \
             as GPIO17",
        )?;
        let pin = self.gpio.get(number).map_err(|e| format!("rppal: {e}"))?;
        let mut pin = match button.pull {
            Pull::Up => pin.into_input_pullup(),
            Pull::Down => pin.into_input_pulldown(),
            Pull::None => pin.into_input(),
        };
        // Debouncing stays with the contact, where it is the same on every kernel.
        pin.set_interrupt(Trigger::Both, None).map_err(|e| format!("rppal: {e}"))?;
        self.contacts.insert(number, (button.active_low, contact));
        self.pins.push(pin);
        Ok(())
    }

    fn start(self: Box<Self>) -> Result<Box<dyn Send>, String> {
        let end = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&end);
        let Self { gpio, pins, contacts } = *self;
        let thread = thread::Builder::new()
            .name("panel".into())
            .spawn(move || listen(&gpio, &pins, contacts, &ended))
            .map_err(|e| format!("no thread for them: {e}"))?;
        Ok(Box::new(Running { end, thread: Some(thread) }))
    }
}

struct Running {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(
    gpio: &gpio::Gpio,
    pins: &[InputPin],
    mut contacts: HashMap<u8, (bool, Contact)>,
    end: &AtomicBool,
) {
    let pins: Vec<&InputPin> = pins.iter().collect();
    while !end.load(Ordering::Relaxed) {
        match gpio.poll_interrupts(&pins, false, Some(LOOK)) {
            Ok(Some((pin, event))) => {
                if let Some((active_low, contact)) = contacts.get_mut(&pin.pin()) {
                    let high = event.trigger == Trigger::RisingEdge;
                    let time = u64::try_from(event.timestamp.as_nanos()).unwrap_or(u64::MAX);
                    contact.edge(high != *active_low, time);
                }
            }
            Ok(None) => {}
            // Interrupted by a signal, or broken for good: not at full speed then.
            Err(_) => thread::sleep(LOOK),
        }
    }
}
