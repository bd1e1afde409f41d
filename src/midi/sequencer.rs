//! How live ports are listed and opened.

use std::fs::File;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use midir::{Ignore, MidiIO, MidiInput, MidiInputConnection};

use super::Lane;

/// The name of our clients, by which [`super::ports`] knows its own ports.
pub(super) const CLIENT: &str = "rimshot";
/// The kernel's sequencer.
const DEVICE: &str = "/dev/snd/seq";

/// Where a port is, until it is unplugged; numbers are given out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The sequencer client: one for each USB device or program.
    pub client: i32,
    /// The port within it.
    pub port: i32,
}

/// A port that sends MIDI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Where it is now.
    pub address: Address,
    /// Client and port name, `TD-17:TD-17 MIDI 1`: the same after every plugging in.
    pub name: String,
}

/// An open port; dropping it closes the port and drops its [`Lane`].
pub trait Connection {}

/// What lists and opens ports.
pub trait Sequencer {
    /// Every port that sends MIDI, or why there is no telling.
    fn ports(&mut self) -> Result<Vec<Port>, String>;

    /// Opens a port: from now on `lane` gets its bytes. On an error the lane is dropped.
    fn connect(&mut self, port: &Port, lane: Lane) -> Result<Box<dyn Connection>, String>;
}

/// The ALSA sequencer, by midir.
#[derive(Default)]
pub struct Alsa {
    /// Stays open between looks: opening anew each time would announce a client each time.
    lister: Option<MidiInput>,
}

impl Alsa {
    /// Opens nothing yet: the sequencer may come later.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Sequencer for Alsa {
    fn ports(&mut self) -> Result<Vec<Port>, String> {
        // One whose sequencer has gone would list nothing for ever.
        let lister = match self.lister.take().filter(|_| Path::new(DEVICE).exists()) {
            Some(lister) => lister,
            None => open_client(Path::new(DEVICE))?,
        };
        let lister = self.lister.insert(lister);
        let port = |p| {
            let (client, port) = midir::MidiInputPort::id(p)
                .split_once(':')
                .and_then(|(c, p)| Some((c.parse().ok()?, p.parse().ok()?)))?;
            let name = match lister.port_name(p) {
                Ok(name) => name,
                Err(midir::PortInfoError::InvalidPort) => return None,
                // It is no UTF-8.
                Err(_) => String::new(),
            };
            Some(Port { address: Address { client, port }, name: without_address(&name).into() })
        };
        Ok(MidiIO::ports(lister).iter().filter_map(port).collect())
    }

    fn connect(&mut self, port: &Port, lane: Lane) -> Result<Box<dyn Connection>, String> {
        let id = format!("{}:{}", port.address.client, port.address.port);
        // midir unwraps where the sequencer is out of queues.
        catch_unwind(AssertUnwindSafe(|| {
            let mut input = open_client(Path::new(DEVICE))?;
            // Exclusive messages, clock and active sensing are not even decoded.
            input.ignore(Ignore::All);
            let found = input.find_port_by_id(&id).ok_or("it is gone again")?;
            let receive = |stamp, bytes: &[u8], lane: &mut Lane| lane.receive(stamp, bytes);
            let open = input.connect(&found, "in", receive, lane).map_err(|e| e.to_string())?;
            Ok(Box::new(Open(Some(open))) as Box<dyn Connection>)
        }))
        .unwrap_or_else(|_| Err("the sequencer has no room for another connection".into()))
    }
}

/// A connection of midir.
struct Open(Option<MidiInputConnection<Lane>>);

impl Connection for Open {}

impl Drop for Open {
    fn drop(&mut self) {
        // midir panics here where its thread did; the lane has gone home all the same.
        let close = || drop(self.0.take().map(MidiInputConnection::close));
        let _ = catch_unwind(AssertUnwindSafe(close));
    }
}

/// midir's name of a port without the address at its end, which differs at every plugging in.
fn without_address(name: &str) -> &str {
    let address = |end: &str| {
        end.split_once(':').is_some_and(|(client, port)| {
            let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
            number(client) && number(port)
        })
    };
    match name.rsplit_once(' ') {
        Some((start, end)) if address(end) => start,
        _ => name,
    }
}

/// A client of the sequencer, which is looked for at `device` first: alsa-lib would print
/// a complaint of its own at every try.
fn open_client(device: &Path) -> Result<MidiInput, String> {
    check(device)?;
    MidiInput::new(CLIENT)
        .map_err(|_| format!("the sequencer {} takes no further client", device.display()))
}

/// Whether the sequencer can be opened, or why not.
pub(super) fn check(device: &Path) -> Result<(), String> {
    let Err(error) = File::options().read(true).write(true).open(device) else { return Ok(()) };
    let device = device.display();
    Err(match error.kind() {
        ErrorKind::NotFound => format!(
            "there is no {device}: the kernel's MIDI sequencer is not loaded (modprobe snd-seq)"
        ),
        ErrorKind::PermissionDenied => format!(
            "{device} may not be opened: the user must belong to the group that owns it, \
             usually audio"
        ),
        _ => format!("{device} cannot be opened: {error}"),
    })
}

/// [`check`] of the usual device.
pub(super) fn check_usual() -> Result<(), String> {
    check(Path::new(DEVICE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_a_sequencer_gets_a_sentence() {
        assert_eq!(
            check(Path::new("/no/snd/seq")),
            Err("there is no /no/snd/seq: the kernel's MIDI sequencer is not loaded \
                 (modprobe snd-seq)"
                .into())
        );
        assert!(open_client(Path::new("/no/snd/seq")).is_err());
    }

    #[test]
    fn a_port_is_known_by_its_name_without_the_address() {
        assert_eq!(without_address("TD-17:TD-17 MIDI 1 20:0"), "TD-17:TD-17 MIDI 1");
        assert_eq!(without_address("TD-17:TD-17 MIDI 1"), "TD-17:TD-17 MIDI 1");
        assert_eq!(without_address("Pad 3:4 x"), "Pad 3:4 x");
        assert_eq!(without_address(""), "");
    }
}
