use std::cell::RefCell;
use std::rc::Rc;

use super::*;

/// What happened to a display that may be pulled.
#[derive(Default)]
struct Fate {
    /// Why it cannot be opened now, or written to.
    gone: bool,
    opened: usize,
    seen: Vec<String>,
}

struct Fake(Rc<RefCell<Fate>>);

impl Fake {
    fn see(&mut self, what: String) -> io::Result<()> {
        let mut fate = self.0.borrow_mut();
        if fate.gone {
            return Err(io::Error::from_raw_os_error(libc::EREMOTEIO));
        }
        fate.seen.push(what);
        Ok(())
    }
}

impl Glass for Fake {
    fn show(&mut self, screen: &Screen) -> io::Result<()> {
        self.see(screen.kit.clone().unwrap_or_default())
    }
    fn light(&mut self, light: Light) -> io::Result<()> {
        self.see(format!("{light:?}"))
    }
    fn ping(&mut self) -> io::Result<()> {
        self.see("ping".into())
    }
    fn clear(&mut self) -> io::Result<()> {
        self.see("clear".into())
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn settings() -> Settings {
    Settings {
        kind: Kind::Ssd1306,
        bus: "/dev/i2c-1".into(),
        address: None,
        rotated: false,
        brightness: 60,
        dim_after: Some(5 * MINUTE),
        off_after: Some(30 * MINUTE),
    }
}

type Opened = Result<Box<dyn Glass>, String>;

fn artist(now: Instant) -> (Artist<impl FnMut() -> Opened>, Rc<RefCell<Fate>>) {
    let fate = Rc::new(RefCell::new(Fate::default()));
    let inner = Rc::clone(&fate);
    let open = move || {
        let mut fate = inner.borrow_mut();
        fate.opened += 1;
        if fate.gone { Err("no bus".to_owned()) } else { Ok(boxed(Fake(Rc::clone(&inner)))) }
    };
    (Artist::new(&settings(), open, now), fate)
}

fn kit(name: &str) -> Message {
    Message::Show(Screen { kit: Some(name.into()), ..Screen::default() })
}

/// Lets the thread's work be done whenever it is due until `end`; what it says.
fn until<O: FnMut() -> Opened>(
    artist: &mut Artist<O>,
    now: &mut Instant,
    end: Instant,
) -> Vec<String> {
    let mut said = Vec::new();
    while *now < end {
        said.extend(artist.work(*now));
        let due = artist.due(*now);
        assert!(due > *now, "it spins");
        *now = due.min(end);
    }
    said
}

fn seen(fate: &Rc<RefCell<Fate>>) -> Vec<String> {
    let all = std::mem::take(&mut fate.borrow_mut().seen);
    all.into_iter().filter(|what| what != "ping").collect()
}

#[test]
fn the_newest_screen_wins_and_nothing_is_drawn_twice() {
    let start = Instant::now();
    let (mut artist, fate) = artist(start);
    let mut now = start;
    artist.hear(kit("a"), now);
    artist.hear(kit("b"), now);
    until(&mut artist, &mut now, start + SECOND);
    assert_eq!(seen(&fate), ["b", "Full"]);
    until(&mut artist, &mut now, start + 60 * SECOND);
    assert_eq!(seen(&fate), [""; 0]);
}

#[test]
fn there_are_at_most_fifteen_pictures_a_second() {
    let start = Instant::now();
    let (mut artist, fate) = artist(start);
    for ms in 0..1000 {
        let now = start + Duration::from_millis(ms);
        artist.hear(kit(&ms.to_string()), now);
        assert_eq!(artist.work(now), [""; 0]);
    }
    let pictures = seen(&fate).iter().filter(|what| *what != "Full").count();
    assert!((10..=15).contains(&pictures), "{pictures}");
}

#[test]
fn a_display_that_is_pulled_is_said_once_and_drawn_anew_when_it_is_back() {
    let start = Instant::now();
    let (mut artist, fate) = artist(start);
    let mut now = start;
    artist.hear(kit("a"), now);
    until(&mut artist, &mut now, start + 20 * SECOND);
    assert_eq!(seen(&fate), ["a", "Full"]);
    fate.borrow_mut().gone = true;
    let said = until(&mut artist, &mut now, start + 600 * SECOND);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("display: nothing answers at 0x3C on /dev/i2c-1"), "{said:?}");
    assert_eq!(said[1], "display: no bus");
    let tries = fate.borrow().opened;
    assert!((20..30).contains(&tries), "it is looked for ever more rarely: {tries}");
    artist.hear(kit("b"), now);
    fate.borrow_mut().gone = false;
    let end = now + 45 * SECOND;
    assert_eq!(until(&mut artist, &mut now, end), ["display: it is there now"]);
    assert_eq!(seen(&fate), ["b", "Full"]);
}

#[test]
fn one_that_was_never_there_is_said_once() {
    let start = Instant::now();
    let (mut artist, fate) = artist(start);
    fate.borrow_mut().gone = true;
    let mut now = start;
    assert_eq!(until(&mut artist, &mut now, start + 10 * MINUTE), ["display: no bus"]);
}

#[test]
fn a_loose_wire_is_tried_ever_more_rarely_too_and_not_talked_about() {
    let start = Instant::now();
    let (mut artist, fate) = artist(start);
    let mut now = start;
    artist.hear(kit("a"), now);
    let mut said = Vec::new();
    for _ in 0..300 {
        fate.borrow_mut().gone = false;
        said.extend(artist.work(now));
        fate.borrow_mut().gone = true;
        let end = now + 2 * SECOND;
        said.extend(until(&mut artist, &mut now, end));
    }
    assert_eq!(said.len(), 2, "each reason once: {said:?}");
    let opened = fate.borrow().opened;
    assert!(opened < 40, "{opened} times in ten minutes");
}

#[test]
fn it_dims_and_goes_dark_and_a_hit_lights_it_again() {
    let start = Instant::now();
    let (mut artist, fate) = artist(start);
    let mut now = start;
    artist.hear(kit("a"), now);
    until(&mut artist, &mut now, start + 4 * MINUTE);
    assert_eq!(seen(&fate), ["a", "Full"]);
    artist.hear(Message::Struck, now);
    until(&mut artist, &mut now, start + 8 * MINUTE);
    assert_eq!(seen(&fate), [""; 0]);
    until(&mut artist, &mut now, start + 10 * MINUTE);
    assert_eq!(seen(&fate), ["Dim"]);
    until(&mut artist, &mut now, start + 40 * MINUTE);
    assert_eq!(seen(&fate), ["Off"]);
    artist.hear(Message::Struck, now);
    artist.work(now);
    assert_eq!(seen(&fate), ["Full"]);
    artist.end();
    assert_eq!(seen(&fate), ["clear"]);
}

#[test]
fn a_display_without_a_bus_keeps_nobody_waiting() {
    let none = Settings { kind: Kind::None, ..settings() };
    assert!(Display::open(&none).unwrap().is_none());
    let missing = Settings { bus: "/dev/i2c-none".into(), ..settings() };
    let mut display = Display::open(&missing).unwrap().unwrap();
    display.show(Screen::default(), 0);
    let line = display.said.recv().unwrap();
    assert!(line.starts_with("display: /dev/i2c-none is not there: "), "{line}");
    assert_eq!(display.news(), [""; 0]);
    drop(display);
}
