//! GPIO lines by the kernel's character devices (uAPI v2, Linux 5.10).

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alsa::poll::{poll, pollfd};
use gpiocdev::chip::{self, Chip};
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Offset, Value};
use gpiocdev::request::{Builder, Request};
use serde::Serialize;

use super::{Got, Gpio, Line, Place, Pull, Seen, Way, Wire};

/// The name that a board's other programs see as the line's user.
const CONSUMER: &str = "rimshot";

/// Events that the kernel keeps for a line, and that are read at once. Its default is 16; a
/// worn encoder that is turned fast makes some 40 edges while the thread is kept waiting for
/// 5 ms.
const EVENTS: usize = 64;

/// A wait never lasts longer than this in one go: the system takes 32 bits of milliseconds.
const LONGEST: Duration = Duration::from_secs(3600);

/// Lines taken so far, by their keys: one request each, so that a line which cannot be had
/// costs no other.
#[derive(Default)]
pub struct Chardev {
    lines: BTreeMap<usize, (Request, Way)>,
}

impl Gpio for Chardev {
    fn take(&mut self, key: usize, wire: &Wire) -> Result<Got, String> {
        let chips = chips(wire.place.chip.as_deref())?;
        let (path, offset) = find(&wire.place, &chips)?;
        let mut request = builder(wire, &path, offset);
        let debounced = match wire.way {
            Way::In { debounce, .. } if !debounce.is_zero() => {
                request.clone().with_debounce_period(debounce).request().ok()
            }
            _ => None,
        };
        let clean = debounced.is_some();
        let request = match debounced {
            Some(request) => request,
            None => request.request().map_err(|e| refused(&path, offset, wire.way, &e))?,
        };
        let active = request.lone_value().is_ok_and(|value| value == Value::Active);
        self.lines.insert(key, (request, wire.way));
        Ok(Got { clean, active })
    }

    fn set(&mut self, key: usize, active: bool) -> bool {
        let value = if active { Value::Active } else { Value::Inactive };
        self.lines.get(&key).is_some_and(|(request, _)| request.set_lone_value(value).is_ok())
    }

    fn release(&mut self, key: usize) {
        self.lines.remove(&key);
    }

    fn wait(&mut self, wake: &UnixStream, time: Option<Duration>, seen: &mut Vec<Seen>) {
        let mut fds: Vec<pollfd> = readable(wake).into();
        // Outputs too: of those only the error is told that says that the chip is gone.
        fds.extend(self.lines.values().map(|(request, way)| pollfd {
            fd: request.as_raw_fd(),
            events: if matches!(way, Way::Out) { 0 } else { libc::POLLIN },
            revents: 0,
        }));
        if !wait_for(&mut fds, time) {
            return;
        }
        let mut lost = Vec::new();
        for ((&key, (request, _)), fd) in self.lines.iter().zip(fds.iter().skip(1)) {
            if fd.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0
                || fd.revents & libc::POLLIN != 0 && !read(request, key, seen)
            {
                seen.push(Seen::Lost(key));
                lost.push(key);
            }
        }
        // A line whose chip is gone would wake us for ever.
        self.lines.retain(|key, _| !lost.contains(key));
    }
}

/// Reads what waits at a line; whether it is still there.
fn read(request: &Request, key: usize, seen: &mut Vec<Seen>) -> bool {
    let mut buffer = vec![0; EVENTS * request.edge_event_u64_size()];
    let Ok(count) = request.read_edge_events_into_slice(&mut buffer) else { return false };
    for event in buffer.get(..count).unwrap_or_default().chunks(request.edge_event_u64_size()) {
        if let Ok(event) = request.edge_event_from_slice(event) {
            seen.push(Seen::Edge(key, event.kind == EdgeKind::Rising, event.timestamp_ns));
        }
    }
    count > 0
}

/// A socket that is waited for.
pub(super) fn readable(socket: &UnixStream) -> [pollfd; 1] {
    [pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 }]
}

/// Waits until one of these has something to tell, or so long; whether one has.
pub(super) fn wait_for(fds: &mut [pollfd], time: Option<Duration>) -> bool {
    // Rounded up: a wait that ends a little early would be made again, at once.
    let millis = |time: Duration| time.min(LONGEST).as_nanos().div_ceil(1_000_000) as i32;
    match poll(fds, time.map_or(-1, millis)) {
        Ok(ready) => ready > 0,
        Err(_) => {
            // A signal, or no memory: not at full speed then.
            std::thread::sleep(Duration::from_millis(10));
            false
        }
    }
}

/// Nanoseconds of the clock that the kernel stamps edges by.
pub(super) fn monotonic() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the pointer is valid for the call, which fills it or fails.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr()) };
    if result != 0 {
        return 0;
    }
    // SAFETY: filled, because the call succeeded.
    let time = unsafe { time.assume_init() };
    // Neither is ever negative.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// A request for a line. Edges are of the line's meaning: with `active_low` the kernel
/// reports a rising edge when the line becomes active, that is, low.
fn builder(wire: &Wire, path: &Path, offset: Offset) -> Builder {
    let mut request = Request::builder();
    request.on_chip(path).with_consumer(CONSUMER).with_line(offset);
    match wire.way {
        Way::Out => request.as_output(Value::Inactive),
        Way::In { pull, .. } => request
            .as_input()
            .with_bias(match pull {
                Pull::Up => Bias::PullUp,
                Pull::Down => Bias::PullDown,
                Pull::None => Bias::Disabled,
            })
            .with_edge_detection(EdgeDetection::BothEdges)
            .with_kernel_event_buffer_size(EVENTS as u32),
    };
    if wire.active_low {
        request.as_active_low();
    }
    request
}

/// A GPIO chip, for people who look for a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChipLines {
    /// `gpiochip0`.
    pub chip: String,
    /// What it is, as its driver says.
    pub label: String,
    /// Its lines, in the order of their numbers.
    pub lines: Vec<LineInfo>,
}

/// One line of a chip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineInfo {
    /// Its number on the chip.
    pub number: u32,
    /// Its name, often empty.
    pub name: String,
    /// Who has it, where somebody does.
    pub used_by: Option<String>,
}

/// All chips that may be opened; none where there are none.
///
/// # Errors
/// Where there are some and none may be opened, as a sentence without a full stop.
pub fn survey() -> Result<Vec<ChipLines>, String> {
    if chip::chips().is_ok_and(|paths| paths.is_empty()) {
        return Ok(Vec::new());
    }
    let info = |info: gpiocdev::line::Info| LineInfo {
        number: info.offset,
        name: info.name,
        used_by: info.used.then_some(info.consumer),
    };
    let lines = |chip: &Chip| {
        let lines = chip.line_info_iter().ok();
        lines.map(|lines| lines.filter_map(Result::ok).map(info).collect()).unwrap_or_default()
    };
    let chips = chips(None)?;
    let survey = chips.iter().map(|chip| ChipLines {
        chip: chip.name(),
        label: chip.info().map(|info| info.label).unwrap_or_default(),
        lines: lines(chip),
    });
    Ok(survey.collect())
}

/// Whether the kernel's character devices can be had at all.
pub fn is_there() -> bool {
    chip::chips().is_ok_and(|paths| paths.iter().any(|path| Chip::from_path(path).is_ok()))
}

/// The chips to look on, each open, or why there is none.
fn chips(name: Option<&str>) -> Result<Vec<Chip>, String> {
    if let Some(name) = name {
        let path = Path::new("/dev").join(name);
        let chip = Chip::from_path(&path).map_err(|e| not_opened(&path, &e))?;
        return Ok(vec![chip]);
    }
    let paths: Vec<PathBuf> = chip::chips().unwrap_or_default();
    if paths.is_empty() {
        return Err("this machine has no GPIO (no /dev/gpiochip*)".into());
    }
    let (chips, errors): (Vec<_>, Vec<_>) = paths
        .iter()
        .map(|p| Chip::from_path(p).map_err(|e| not_opened(p, &e)))
        .partition(Result::is_ok);
    let mut errors = errors.into_iter().filter_map(Result::err);
    let chips: Vec<Chip> = chips.into_iter().filter_map(Result::ok).collect();
    match errors.next() {
        Some(error) if chips.is_empty() => Err(error),
        _ => Ok(chips),
    }
}

fn not_opened(path: &Path, error: &gpiocdev::Error) -> String {
    let denied =
        std::fs::File::open(path).is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied);
    let path = path.display();
    if denied {
        return format!(
            "{path} may not be opened: the user must belong to the group that owns it, \
             usually gpio"
        );
    }
    format!("{path} cannot be opened: {error}")
}

fn refused(path: &Path, offset: Offset, way: Way, error: &gpiocdev::Error) -> String {
    let used = Chip::from_path(path).and_then(|chip| chip.line_info(offset));
    let path = path.display();
    match used {
        Ok(info) if info.used => {
            format!("line {offset} of {path} is in use by '{}'", info.consumer)
        }
        _ if matches!(way, Way::Out) => format!("line {offset} of {path} cannot be set: {error}"),
        _ => format!("line {offset} of {path} cannot be read: {error}"),
    }
}

/// A chip, as far as the search for a line looks at it.
trait Lines {
    fn path(&self) -> PathBuf;
    fn named(&self, name: &str) -> Option<Offset>;
    fn count(&self) -> u32;
}

impl Lines for Chip {
    fn path(&self) -> PathBuf {
        Chip::path(self).to_owned()
    }
    fn named(&self, name: &str) -> Option<Offset> {
        self.find_line_info(name).map(|info| info.offset)
    }
    fn count(&self) -> u32 {
        self.info().map_or(0, |info| info.num_lines)
    }
}

/// Where a line is, as [`Line`] says.
fn find(place: &Place, chips: &[impl Lines]) -> Result<(PathBuf, Offset), String> {
    let named = |name: &str| {
        chips.iter().find_map(|chip| chip.named(name).map(|offset| (chip.path(), offset)))
    };
    let paths: Vec<String> = chips.iter().map(|chip| chip.path().display().to_string()).collect();
    let paths = paths.join(", ");
    match &place.line {
        Line::Name(name) => named(name).ok_or_else(|| format!("no line on {paths} has that name")),
        Line::Number(number) => named(&format!("GPIO{number}"))
            .or_else(|| {
                let chip = chips.iter().find(|chip| chip.count() > *number)?;
                Some((chip.path(), *number))
            })
            .ok_or_else(|| format!("no line on {paths} is named GPIO{number} or has that number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake(&'static str, &'static [&'static str]);

    impl Lines for Fake {
        fn path(&self) -> PathBuf {
            self.0.into()
        }
        fn named(&self, name: &str) -> Option<Offset> {
            self.1.iter().position(|n| *n == name).map(|i| i as Offset)
        }
        fn count(&self) -> u32 {
            self.1.len() as u32
        }
    }

    fn found(line: Line, chips: &[Fake]) -> Result<(String, Offset), String> {
        find(&Place { line, chip: None }, chips)
            .map(|(path, offset)| (path.display().to_string(), offset))
    }

    #[test]
    fn a_bcm_number_finds_the_line_of_that_name_on_whatever_chip() {
        // On a Pi 5 the header is not the first chip.
        let chips = [
            Fake("gpiochip0", &["2712_WAKE", "PMIC", "FAN"]),
            Fake("gpiochip4", &["ID_SDA", "GPIO2", "GPIO3"]),
        ];
        assert_eq!(found(Line::Number(2), &chips), Ok(("gpiochip4".into(), 1)));
        assert_eq!(found(Line::Name("FAN".into()), &chips), Ok(("gpiochip0".into(), 2)));
    }

    #[test]
    fn a_number_without_a_name_is_an_offset_on_the_first_chip_that_is_long_enough() {
        let chips = [Fake("gpiochip0", &["", ""]), Fake("gpiochip1", &["", "", "", ""])];
        assert_eq!(found(Line::Number(1), &chips), Ok(("gpiochip0".into(), 1)));
        assert_eq!(found(Line::Number(3), &chips), Ok(("gpiochip1".into(), 3)));
    }

    #[test]
    fn a_line_that_no_chip_has_gets_a_sentence() {
        let chips = [Fake("gpiochip0", &["A"]), Fake("gpiochip1", &["B"])];
        assert_eq!(
            found(Line::Number(7), &chips),
            Err("no line on gpiochip0, gpiochip1 is named GPIO7 or has that number".into())
        );
        assert_eq!(
            found(Line::Name("KEY".into()), &chips),
            Err("no line on gpiochip0, gpiochip1 has that name".into())
        );
    }

    #[test]
    fn a_chip_that_is_not_there_gets_a_sentence() {
        let why = chips(Some("gpiochip-none")).err().unwrap();
        assert!(why.starts_with("/dev/gpiochip-none cannot be opened: "), "{why}");
    }
}
