use std::sync::Mutex;
use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::*;
use crate::words::nonblocking;
use crate::words::stream::BlockStart;

/// Long enough for any machine, and never waited for on one that works.
const LONG: Duration = Duration::from_secs(30);

/// Reports its shape and every block; panics at the block it is told to.
struct Reporter {
    blocks: usize,
    panics_at: usize,
    report: Sender<(usize, u64)>,
    shape: Arc<Mutex<Option<StreamShape>>>,
}

impl AudioSource for Reporter {
    fn open(&mut self, shape: StreamShape) {
        *self.shape.lock().unwrap() = Some(shape);
    }
    fn render(&mut self, block: BlockStart, out: &mut [f32]) {
        let _stand_in = nonblocking::exempt();
        self.blocks += 1;
        assert_ne!(self.blocks, self.panics_at, "a source that panics");
        let _ = self.report.send((out.len(), block.now));
    }
}

type Shape = Arc<Mutex<Option<StreamShape>>>;

fn reporter(panics_at: usize) -> (Box<dyn AudioSource>, Receiver<(usize, u64)>, Shape) {
    let (report, reports) = unbounded();
    let shape = Shape::default();
    let source = Reporter { blocks: 0, panics_at, report, shape: shape.clone() };
    (Box::new(source), reports, shape)
}

fn silent() -> Wanted {
    Wanted { device: Some("null".to_owned()), ..Wanted::default() }
}

#[test]
fn the_silent_device_asks_for_blocks_and_gives_the_source_back() {
    let (source, reports, shape) = reporter(0);
    let meters = Arc::new(StreamMeters::default());
    let stream = open(&silent(), Clock::start(), &meters, source).ok().unwrap();
    assert_eq!(*shape.lock().unwrap(), Some(StreamShape::new(48_000, 128)));
    assert!(stream.is_silent());
    assert_eq!(stream.opened().what, "the silent device (no sound), 48000 Hz, period 128");
    let mut last = 0;
    for _ in 0..5 {
        let (samples, now) = reports.recv_timeout(LONG).unwrap();
        assert_eq!(samples, 256);
        assert!(now > last);
        last = now;
    }
    assert_eq!(stream.state(), State::Playing);
    let source = stream.close().unwrap();
    let blocks = meters.blocks.load(Ordering::Relaxed);
    assert!(blocks >= 5);
    drop(source);
    // All of its blocks were reported, and no one has the source any more.
    assert_eq!(reports.iter().count() as u64 + 5, blocks);
}

/// Reports the length of every block.
struct Wide(usize, Sender<usize>);

impl AudioSource for Wide {
    fn pairs(&self) -> usize {
        self.0
    }
    fn open(&mut self, _: StreamShape) {}
    fn render(&mut self, _: BlockStart, out: &mut [f32]) {
        let _stand_in = nonblocking::exempt();
        let _ = self.1.send(out.len());
    }
}

#[test]
fn a_source_of_many_pairs_is_asked_for_all_of_them_in_silence_too() {
    let (report, reports) = unbounded();
    let meters = Arc::new(StreamMeters::default());
    let stream = open(&silent(), Clock::start(), &meters, Box::new(Wide(5, report)));
    assert_eq!(reports.recv_timeout(LONG).unwrap(), 5 * 2 * 128);
    assert!(stream.ok().unwrap().close().is_ok());
    assert!(meters.take_load().available > 0);
}

#[test]
fn a_source_can_be_moved_from_stream_to_stream() {
    let (mut source, reports, _) = reporter(0);
    let meters = Arc::new(StreamMeters::default());
    for _ in 0..3 {
        let stream = open(&silent(), Clock::start(), &meters, source).ok().unwrap();
        reports.recv_timeout(LONG).unwrap();
        source = stream.close().unwrap();
    }
}

#[test]
fn a_source_that_panics_costs_its_stream_and_comes_home() {
    let (source, reports, _) = reporter(2);
    let meters = Arc::new(StreamMeters::default());
    let stream = open(&silent(), Clock::start(), &meters, source).ok().unwrap();
    reports.recv_timeout(LONG).unwrap();
    // The thread may still be unwinding; closing waits for it.
    let health = stream.health.clone();
    assert!(stream.close().is_ok());
    assert!(health.is_gone());
}

#[test]
fn a_rate_or_period_of_nothing_does_not_stop_the_silent_device() {
    let (source, reports, _) = reporter(0);
    let wanted = Wanted { rate: 0, period: 0, ..silent() };
    let meters = Arc::new(StreamMeters::default());
    let stream = open(&wanted, Clock::start(), &meters, source).ok().unwrap();
    assert_eq!(reports.recv_timeout(LONG).unwrap().0, 2);
    assert!(stream.close().is_ok());
}

/// A card that no machine has, so the test means the same with and without real cards:
/// whatever happens next, its absence is said.
#[test]
fn a_card_that_is_not_there_is_named_and_the_source_is_not_lost() {
    let (source, _reports, _) = reporter(0);
    let wanted = Wanted {
        device: Some("hw:CARD=NoSuchCard".to_owned()),
        fallback: true,
        ..Wanted::default()
    };
    let meters = Arc::new(StreamMeters::default());
    let said = match open(&wanted, Clock::start(), &meters, source) {
        Ok(stream) => {
            let instead = stream.opened().instead.join("; ");
            assert!(stream.close().is_ok());
            instead
        }
        Err((error, _source)) => error.to_string(),
    };
    assert!(said.contains("hw:CARD=NoSuchCard: it is not there"), "{said}");
}

#[test]
fn a_card_named_by_its_number_is_refused_in_the_same_sentence() {
    let (source, _reports, _) = reporter(0);
    let wanted = Wanted { device: Some("hw:7".to_owned()), ..Wanted::default() };
    let meters = Arc::new(StreamMeters::default());
    let said = match open(&wanted, Clock::start(), &meters, source) {
        Ok(stream) => stream.opened().instead.join("; "),
        Err((error, _source)) => error.to_string(),
    };
    assert!(said.contains("'hw:7' names a card by its number"), "{said}");
}

fn card(id: &str, kind: CardKind) -> Card {
    let (driver, name) = (String::new(), format!("The {id}"));
    Card { index: 0, id: id.to_owned(), driver, name, kind, device: 0 }
}

#[test]
fn a_better_kind_of_card_is_taken_when_it_comes_and_an_equal_or_lesser_one_is_not() {
    let opened = |card: Option<&str>, pcm: &str| Opened {
        name: String::new(),
        what: String::new(),
        card: card.map(str::to_owned),
        pcm: pcm.to_owned(),
        shape: StreamShape::new(48_000, 128),
        buffer_frames: 256,
        instead: Vec::new(),
        lacks: Vec::new(),
    };
    let [usb, second, jack, screen] = [
        card("U192k", CardKind::Usb),
        card("U24", CardKind::Usb),
        card("Headphones", CardKind::Headphones),
        card("vc4hdmi0", CardKind::Hdmi),
    ];
    let all = [usb.clone(), second, jack.clone(), screen.clone()];
    let (on_jack, on_second) = (opened(Some("Headphones"), "hw:"), opened(Some("U24"), "hw:"));
    let (silent, default) = (opened(None, NULL), opened(None, "default"));
    for (cards, wanted, open, better) in [
        // A Pi whose own outputs were there before the USB card.
        (&all[..], None, &on_jack, true),
        (&all[2..], None, &on_jack, false),
        (&[jack.clone(), screen][..], None, &on_jack, false),
        (&all[..], None, &on_second, false),
        // What was asked for, whatever its kind.
        (&all[..], Some("Headphones"), &on_second, true),
        (&all[..], Some("Headphones"), &on_jack, false),
        (&all[..], Some("default"), &on_jack, true),
        (&all[..], Some("default"), &default, false),
        (&all[..], Some("U7"), &on_jack, true),
        // A card's number is refused; what plays instead stays.
        (&all[..], Some("hw:3"), &on_jack, false),
        // Anything is better than silence, unless it was asked for.
        (&[jack][..], None, &silent, true),
        (&all[..], Some("hw:3"), &silent, true),
        (&[usb][..], Some("null"), &silent, false),
        (&[][..], None, &silent, false),
    ] {
        let device = wanted.map(str::to_owned);
        let asked = Wanted { device, fallback: true, ..Wanted::default() };
        let found = is_another_better(cards, &asked, open);
        assert_eq!(found, better, "{} cards, {wanted:?}, {open:?}", cards.len());
    }
}
