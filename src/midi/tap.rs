//! What a port sends, as it is, for whoever watches it: a monitor, or somebody who learns a
//! map. Without a watcher it costs one load of a flag a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::words::limits::RAW_CHUNKS;

/// Bytes a chunk: a channel message has three, and what is longer comes in several chunks.
const CHUNK: usize = 7;

/// Bytes as they came, usually one message.
#[derive(Debug, Clone, Copy)]
pub struct Raw {
    /// When, in nanoseconds of [`crate::words::time::Clock`].
    pub time: u64,
    count: u8,
    bytes: [u8; CHUNK],
}

impl Raw {
    /// The bytes, at least one.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.count)).unwrap_or_default()
    }
}

/// Whether anybody watches, and what found no room: shared by all ports.
#[derive(Debug, Default)]
pub struct Watched {
    on: AtomicBool,
    missed: AtomicU64,
}

impl Watched {
    /// From now on ports pass on what they get, or do not any more.
    pub fn set(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Chunks that found no room since the last call.
    pub fn take_missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

/// A port's end.
#[derive(Debug)]
pub(super) struct Tap {
    watched: Arc<Watched>,
    ring: Producer<Raw>,
}

impl Tap {
    /// Both ends for one port.
    pub(super) fn new(watched: &Arc<Watched>) -> (Self, Consumer<Raw>) {
        let (ring, out) = RingBuffer::new(RAW_CHUNKS);
        (Self { watched: Arc::clone(watched), ring }, out)
    }

    /// Passes bytes on where somebody watches, or counts that there was no room.
    /// Thread: MIDI; does not allocate.
    pub(super) fn offer(&mut self, time: u64, bytes: &[u8]) {
        if !self.watched.on.load(Ordering::Relaxed) {
            return;
        }
        for part in bytes.chunks(CHUNK) {
            let mut raw = Raw { time, count: part.len() as u8, bytes: [0; CHUNK] };
            for (to, from) in raw.bytes.iter_mut().zip(part) {
                *to = *from;
            }
            if self.ring.push(raw).is_err() {
                self.watched.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_comes_as_it_was_and_what_finds_no_room_is_counted() {
        let watched = Arc::new(Watched::default());
        let (mut tap, mut out) = Tap::new(&watched);
        tap.offer(1, &[0x99, 38, 100]);
        assert!(out.pop().is_err(), "nobody watches");
        watched.set(true);
        tap.offer(2, &[0x99, 38, 100]);
        tap.offer(3, &[1, 2, 3, 4, 5, 6, 7, 8]);
        let came: Vec<(u64, Vec<u8>)> =
            std::iter::from_fn(|| out.pop().ok()).map(|r| (r.time, r.bytes().to_vec())).collect();
        assert_eq!(came, [(2, vec![0x99, 38, 100]), (3, vec![1, 2, 3, 4, 5, 6, 7]), (3, vec![8])]);
        for _ in 0..RAW_CHUNKS + 5 {
            tap.offer(4, &[0xFE]);
        }
        assert_eq!((watched.take_missed(), watched.take_missed()), (5, 0));
    }
}
