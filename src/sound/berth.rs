//! How what is played gets into a driver's callback and always comes home again.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::words::stream::AudioSource;

type Source = Box<dyn AudioSource>;

/// The callback's end. Whatever ends the callback (closing, a pulled cable, a panic), the
/// drop of its berth sends the source home.
pub(super) struct Berth {
    inbox: Receiver<Source>,
    home: Sender<Source>,
    source: Option<Source>,
}

/// The control thread's end.
pub(super) struct Quay {
    outbox: Sender<Source>,
    /// Kept so that a source which the callback never fetched is not lost with it.
    waiting: Receiver<Source>,
    home: Receiver<Source>,
}

/// Both ends; room for the one source.
pub(super) fn berth() -> (Quay, Berth) {
    let (outbox, inbox) = bounded(1);
    let (back, home) = bounded(1);
    let quay = Quay { outbox, waiting: inbox.clone(), home };
    (quay, Berth { inbox, home: back, source: None })
}

impl Berth {
    /// The source, fetched when it is first asked for. Thread: audio callback; real-time
    /// (`try_recv` on a bounded channel that nobody blocks on touches atomics only).
    pub(super) fn source(&mut self) -> Option<&mut dyn AudioSource> {
        if self.source.is_none() {
            self.source = self.inbox.try_recv().ok();
        }
        // A reborrow: the box's own lifetime bound is longer than the answer's.
        match &mut self.source {
            Some(source) => Some(&mut **source),
            None => None,
        }
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            // The channel has room for it, and if nobody is left to receive, nobody
            // wants it.
            let _ = self.home.try_send(source);
        }
    }
}

impl Quay {
    /// Hands the source over; the callback finds it at its next block.
    ///
    /// # Errors
    /// The source itself, where one was handed over already.
    pub(super) fn send(&self, source: Source) -> Result<(), Source> {
        self.outbox.try_send(source).map_err(crossbeam_channel::TrySendError::into_inner)
    }

    /// The source, once the callback has been dropped; `None` where that takes longer
    /// than `patience`, or where there is none.
    pub(super) fn fetch(&self, patience: Duration) -> Option<Source> {
        match self.home.recv_timeout(patience) {
            Ok(source) => Some(source),
            Err(RecvTimeoutError::Disconnected) => self.waiting.try_recv().ok(),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::stream::{BlockStart, StreamShape};

    struct Marked(f32);
    impl AudioSource for Marked {
        fn open(&mut self, _: StreamShape) {}
        fn render(&mut self, _: BlockStart, out: &mut [f32]) {
            assert!(self.0 < 9.0, "a source that panics");
            out.fill(self.0);
        }
    }

    const LONG: Duration = Duration::from_secs(20);
    const BLOCK: BlockStart = BlockStart { now: 0, broken: false };

    fn mark(source: Option<Source>) -> f32 {
        let mut out = [0.0; 2];
        source.expect("the source is lost").render(BLOCK, &mut out);
        out[0]
    }

    #[test]
    fn the_source_comes_home_when_the_callback_is_dropped() {
        let (quay, mut berth) = berth();
        assert!(quay.send(Box::new(Marked(0.25))).is_ok());
        let callback = move || berth.source().is_some();
        let mut callback: Box<dyn FnMut() -> bool + Send> = Box::new(callback);
        assert!(callback());
        drop(callback);
        assert_eq!(mark(quay.fetch(LONG)), 0.25);
    }

    #[test]
    fn the_source_comes_home_when_the_callback_was_never_called() {
        let (quay, berth) = berth();
        assert!(quay.send(Box::new(Marked(0.5))).is_ok());
        drop(berth);
        assert_eq!(mark(quay.fetch(LONG)), 0.5);
    }

    #[test]
    fn the_source_comes_home_when_it_is_handed_to_a_callback_that_has_ended() {
        let (quay, berth) = berth();
        drop(berth);
        assert!(quay.send(Box::new(Marked(0.5))).is_ok());
        assert_eq!(mark(quay.fetch(LONG)), 0.5);
    }

    #[test]
    fn the_source_comes_home_from_a_thread_that_panics() {
        let (quay, mut berth) = berth();
        assert!(quay.send(Box::new(Marked(9.0))).is_ok());
        let thread = std::thread::spawn(move || {
            let mut out = [0.0; 2];
            berth.source().unwrap().render(BLOCK, &mut out);
        });
        assert!(thread.join().is_err());
        assert!(quay.fetch(LONG).is_some());
    }

    #[test]
    fn a_second_source_is_given_back() {
        let (quay, _berth) = berth();
        assert!(quay.send(Box::new(Marked(0.25))).is_ok());
        assert_eq!(mark(quay.send(Box::new(Marked(0.5))).err()), 0.5);
    }

    #[test]
    fn a_callback_that_does_not_end_costs_patience_not_for_ever() {
        let (quay, _berth) = berth();
        assert!(quay.fetch(Duration::ZERO).is_none());
    }
}
