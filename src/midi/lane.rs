//! The way of one port's messages, from the driver's callback to a source of the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::Sender;

use super::buttons::Press;
use super::message::Stream;
use super::stamp::StampClock;
use super::swap::Taker;
use super::tap::Tap;
use super::translate::{Output, Translator};
use crate::words::time::Clock;
use crate::words::{Action, EventSink, When};

/// A numbered source of the engine.
pub(super) type Source = (usize, Box<dyn EventSink>);

/// How many MIDI threads asked for their priority, and how many got it.
#[derive(Debug, Default)]
pub(super) struct Priorities {
    pub(super) granted: AtomicUsize,
    pub(super) refused: AtomicUsize,
}

/// What a driver calls with the bytes of one port. It owns a source of the engine for as
/// long as the port is open and sends it home when it is dropped, wherever that happens.
pub struct Lane {
    pub(super) name: Arc<str>,
    pub(super) clock: Clock,
    pub(super) stamps: StampClock,
    pub(super) stream: Stream,
    pub(super) tap: Tap,
    pub(super) translator: Translator,
    pub(super) swap: Taker,
    pub(super) actions: Sender<(Arc<str>, Action)>,
    pub(super) presses: Option<Sender<Press>>,
    /// The priority that the driver's thread still has to ask for.
    pub(super) priority: Option<u8>,
    pub(super) priorities: Arc<Priorities>,
    pub(super) source: Option<Source>,
    pub(super) home: Sender<Source>,
}

impl Lane {
    /// Takes the bytes of one or more messages. `stamp` is the driver's time stamp in
    /// microseconds, by a clock of its own. Thread: MIDI, the same for every call.
    pub fn receive(&mut self, stamp: u64, bytes: &[u8]) {
        let arrival = self.clock.now();
        if let Some(priority) = self.priority.take() {
            let count = match super::realtime::raise(priority) {
                Ok(()) => &self.priorities.granted,
                Err(_) => &self.priorities.refused,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.receive_at(stamp.saturating_mul(1_000), arrival, bytes);
    }

    /// The same, both times in nanoseconds.
    pub(super) fn receive_at(&mut self, stamp: u64, arrival: u64, bytes: &[u8]) {
        self.swap.take(&mut self.translator);
        let time = self.stamps.time(stamp, arrival);
        let when = When::Nanos(time);
        for &byte in bytes {
            let Some(message) = self.stream.push(byte) else { continue };
            for output in self.translator.translate(message, when) {
                match output {
                    Output::Event(event) => {
                        if let Some((_, sink)) = &mut self.source {
                            sink.send(event);
                        }
                    }
                    // Without room the player stands still; when it is gone, the program ends.
                    Output::Action(action) => {
                        let _ = self.actions.try_send((Arc::clone(&self.name), action));
                    }
                    Output::Button(press) => {
                        let _ = self.presses.as_ref().map(|presses| presses.try_send(press));
                    }
                }
            }
        }
        self.tap.offer(time, bytes);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            let _ = self.home.send(source);
        }
    }
}
