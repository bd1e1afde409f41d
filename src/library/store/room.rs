//! Room for a new recording: what nobody owns goes first, the longest unused first, and
//! its buffers are used again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Key, SampleLibrary, Shelved};
use crate::kit::SampleData;
use crate::library::memory::{Booking, Value, blank};
use crate::library::prepare::{PrepareError, Room};
use crate::library::wav::WavError;

/// Samples that are looked for at once when room is needed, the longest unused first.
pub const OLDEST: usize = 64;

impl SampleLibrary {
    /// Bytes of samples that somebody beside the library owns and that `ours` does not
    /// name: they cannot make room.
    pub fn owned_beside(&self, ours: &dyn Fn(&Key) -> bool) -> usize {
        let owned = self.samples.iter().filter(|s| s.is_owned_elsewhere() && !ours(s.key()));
        owned.map(|s| s.loaded.data.bytes()).sum()
    }

    /// Gives a waiting buffer back, or forgets the sample that nobody else owns and nobody
    /// has asked for longest. False where there is nothing left to give.
    pub(super) fn make_room(&self) -> bool {
        self.memory.give_back_one() || self.forget_oldest()
    }

    fn forget_oldest(&self) -> bool {
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

    fn retire(&self, shelved: Shelved) {
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

impl Room for SampleLibrary {
    fn room<T: Value>(
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
