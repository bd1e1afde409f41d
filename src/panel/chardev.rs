//! GPIO lines by the kernel's character devices (uAPI v2, Linux 5.10).

use std::io::{PipeWriter, Read, pipe};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use gpiocdev::chip::{self, Chip};
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Offset};
use gpiocdev::request::{Builder, Request};

use super::{Button, Contact, Gpio, Line, Pull};

/// The name that a board's other programs see as the line's user.
const CONSUMER: &str = "rimshot";

/// Lines taken so far: one request each, so that a line which cannot be had costs no other.
#[derive(Default)]
pub struct Chardev {
    lines: Vec<(Request, Contact)>,
}

impl Chardev {
    /// Takes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Gpio for Chardev {
    fn take(&mut self, button: &Button, mut contact: Contact) -> Result<(), String> {
        let chips = chips(button.chip.as_deref())?;
        let (path, offset) = find(&button.line, &chips)?;
        let mut request = builder(button, &path, offset);
        if button.debounce_ms > 0 {
            let mut debounced = request.clone();
            debounced.with_debounce_period(button.debounce());
            if let Ok(request) = debounced.request() {
                contact.is_clean();
                self.lines.push((request, contact));
                return Ok(());
            }
        }
        let request = request.request().map_err(|e| refused(&path, offset, &e))?;
        self.lines.push((request, contact));
        Ok(())
    }

    fn start(self: Box<Self>) -> Result<Box<dyn Send>, String> {
        let (ended, wake) = pipe().map_err(|e| format!("no pipe to end their thread: {e}"))?;
        let mut lines = self.lines;
        let thread = thread::Builder::new()
            .name("panel".into())
            .spawn(move || listen(&mut lines, &ended))
            .map_err(|e| format!("no thread for them: {e}"))?;
        Ok(Box::new(Running { wake: Some(wake), thread: Some(thread) }))
    }
}

/// The thread that reads the lines.
struct Running {
    /// Closing the pipe's end wakes the thread for good.
    wake: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(lines: &mut Vec<(Request, Contact)>, ended: &(impl Read + AsRawFd)) {
    loop {
        let fd = |fd: i32| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut fds = vec![fd(ended.as_raw_fd())];
        fds.extend(lines.iter().map(|(request, _)| fd(request.as_raw_fd())));
        // SAFETY: `fds` is a valid array of that length, and its descriptors stay open:
        // `ended` and `lines` outlive the call.
        let ready = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, -1) };
        if ready < 0 {
            match std::io::Error::last_os_error().kind() {
                std::io::ErrorKind::Interrupted => continue,
                _ => return,
            }
        }
        if fds[0].revents != 0 {
            return;
        }
        let mut ready = fds[1..].iter().map(|fd| fd.revents);
        // A line whose chip is gone (a USB adapter was pulled) is heard no more.
        lines.retain_mut(|(request, contact)| match ready.next() {
            None | Some(0) => true,
            Some(_) => match request.read_edge_event() {
                Ok(event) => {
                    contact.edge(event.kind == EdgeKind::Rising, event.timestamp_ns);
                    true
                }
                Err(_) => false,
            },
        });
    }
}

/// A request for both edges of a line. Edges are of the line's meaning: with `active_low`
/// the kernel reports a rising edge when the line becomes active, that is, low.
fn builder(button: &Button, path: &Path, offset: Offset) -> Builder {
    let mut request = Request::builder();
    request.on_chip(path).with_consumer(CONSUMER).with_line(offset).as_input();
    if button.active_low {
        request.as_active_low();
    }
    request.with_bias(match button.pull {
        Pull::Up => Bias::PullUp,
        Pull::Down => Bias::PullDown,
        Pull::None => Bias::Disabled,
    });
    request.with_edge_detection(EdgeDetection::BothEdges);
    request
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

fn refused(path: &Path, offset: Offset, error: &gpiocdev::Error) -> String {
    let used = Chip::from_path(path).and_then(|chip| chip.line_info(offset));
    let path = path.display();
    match used {
        Ok(info) if info.used => {
            format!("line {offset} of {path} is in use by '{}'", info.consumer)
        }
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
fn find(line: &Line, chips: &[impl Lines]) -> Result<(PathBuf, Offset), String> {
    let named = |name: &str| {
        chips.iter().find_map(|chip| chip.named(name).map(|offset| (chip.path(), offset)))
    };
    let paths: Vec<String> = chips.iter().map(|chip| chip.path().display().to_string()).collect();
    let paths = paths.join(", ");
    match line {
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
        find(&line, chips).map(|(path, offset)| (path.display().to_string(), offset))
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
