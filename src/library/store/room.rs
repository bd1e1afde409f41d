//! How the library makes room: what nobody owns goes, the longest unused first.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Key, OLDEST, SampleLibrary, Shelved};
use crate::kit::SampleData;
use crate::library::memory::{Booking, Value, blank};
use crate::library::prepare::{PrepareError, Room};
use crate::library::wav::WavError;

impl SampleLibrary {
    /// Gives a waiting buffer back, or forgets the sample that nobody else owns and nobody
    /// has asked for longest. False where there is nothing left to give.
    pub(super) fn make_room(&self) -> bool {
        self.memory.give_back_one() || self.forget_oldest()
    }

    pub(super) fn forget_oldest(&self) -> bool {
        loop {
            while let Ok((used, key)) = self.oldest.try_recv() {
                // `remove_if` holds the shard's lock: nobody takes a new share meanwhile.
                let forgotten = self.samples.remove_if(&key, |_, shelved| {
                    shelved.used.load(Ordering::Relaxed) == used && !shelved.is_owned_elsewhere()
                });
                if let Some((_, shelved)) = forgotten {
                    self.retire(shelved);
                    return true;
                }
            }
            let unowned = self.samples.iter().filter(|s| !s.is_owned_elsewhere());
            let mut unowned: Vec<(u64, Key)> =
                unowned.map(|s| (s.used.load(Ordering::Relaxed), s.key().clone())).collect();
            if unowned.is_empty() {
                return false;
            }
            unowned.sort_unstable_by_key(|(used, _)| *used);
            for sample in unowned.into_iter().take(OLDEST) {
                // Full: another thread is filling it as well.
                let _ = self.oldest_in.try_send(sample);
            }
        }
    }

    pub(super) fn retire(&self, shelved: Shelved) {
        let bytes = shelved.loaded.data.bytes();
        if let Some(SampleData { frames, .. }) = Arc::into_inner(shelved.loaded.data) {
            self.memory.retire(frames, bytes);
        }
    }

    /// Forgets the samples that nobody else owns, and the waiting buffers; gives the bytes
    /// that became free. Not needed to make room: loading does that by itself.
    pub fn sweep(&self) -> usize {
        let before = self.used();
        while self.forget_oldest() {}
        while self.memory.give_back_one() {}
        before.saturating_sub(self.used())
    }
}

/// Memory that was reserved for one recording.
#[derive(Debug)]
pub struct Reserved<'m> {
    pub(super) ints: Vec<i16>,
    pub(super) floats: Vec<f32>,
    pub(super) booking: Booking<'m>,
}

/// The library, and what it has given already.
pub(super) struct Given<'m> {
    pub(super) library: &'m SampleLibrary,
    pub(super) reserved: Cell<Option<Reserved<'m>>>,
}

impl<'m> Room<'m> for Given<'m> {
    fn room<T: Value>(
        &self,
        values: usize,
        beside: usize,
    ) -> Result<(Vec<T>, Booking<'m>), PrepareError> {
        if let Some(Reserved { mut ints, mut floats, booking }) = self.reserved.take() {
            let buffer = T::pick(&mut ints, &mut floats);
            // The file may have been cut since, or lose its pre-roll.
            if buffer.len() >= values && booking.bytes() >= size_of::<T>() * values + beside {
                let mut buffer = std::mem::take(buffer);
                buffer.truncate(values);
                return Ok((buffer, booking));
            }
        }
        self.library.room(values, beside)
    }
}

impl SampleLibrary {
    pub(super) fn room<T: Value>(
        &self,
        values: usize,
        beside: usize,
    ) -> Result<(Vec<T>, Booking<'_>), PrepareError> {
        let wanted = values * size_of::<T>() + beside;
        let no_room = || {
            let (used, budget) = (self.owned_beside(&|_| false), self.budget());
            PrepareError::NoRoom { wanted, used, budget }
        };
        loop {
            if let Some((buffer, mut booking)) = self.memory.reuse::<T>(values) {
                loop {
                    if let Some(more) = self.memory.book(beside) {
                        booking.join(more);
                        return Ok((buffer, booking));
                    }
                    if !self.make_room() {
                        return Err(no_room());
                    }
                }
            }
            if let Some(booking) = self.memory.book(wanted) {
                let no_memory = || WavError::NoMemory(values as u64);
                return Ok((blank(values).ok_or_else(no_memory)?, booking));
            }
            if !self.make_room() {
                return Err(no_room());
            }
        }
    }
}
