//! The library's memory: a budget, and buffers that are used again.
//!
//! Every byte of samples is booked before it is asked for and until it is given back, so
//! that loading never passes the budget, not even for a moment. Buffers of samples that
//! nobody owns any more wait here for the next recording of about their size: the system
//! need not clear the same memory again and again, and the heap of a small machine does
//! not crumble.

use std::alloc::{Layout, alloc_zeroed};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use dashmap::DashMap;

use crate::kit::sample::Frames;

/// Of the budget, the part that waiting buffers may fill: enough for the recordings that
/// several threads load at once, little enough that it costs no kit its place.
const SPARE_PART: usize = 8;
/// Smaller buffers are the allocator's own business: it keeps them by itself.
const SPARE_LEAST: usize = 64 * 1024;
/// Where nothing says how much memory there is: a quarter of the smallest machine (1 GB).
const UNKNOWN_BUDGET: usize = 256 << 20;
/// Blocks from this size on (in bytes) get pages of their own from the kernel, which has
/// them back when a kit goes, and gives the next ones cleared. It is glibc's own threshold
/// at the start of a program, but left alone it rises with what is freed, up to 32 MiB. Then
/// kits share a heap, whose holes fit no other kit: after 500 switches among twelve kits of
/// 20 to 35 MB it had 105 MB, and with the threshold fixed the kit that played and 10 MB.
#[cfg(target_env = "gnu")]
const OWN_PAGES: libc::c_int = 128 * 1024;
/// What is shorter lies in one heap for all threads. With a heap for each of the threads
/// that load, which come and go, every one of them keeps its holes: with a budget of 128 MB
/// the same kits had 320 MB after 3000 switches, still growing, and with one heap 135 MB.
/// No hit waits at its lock: nothing on its way allocates.
#[cfg(target_env = "gnu")]
const HEAPS: libc::c_int = 1;

/// Sample values that memory is made of.
///
/// # Safety
/// Bytes that are all zero are a value.
pub unsafe trait Value: Copy + Send + Sync + Sized + 'static {
    /// The pool's drawer for buffers of this kind.
    fn drawer(spare: &Spare) -> &DashMap<u64, Vec<Self>>;
}

// SAFETY: all-zero bytes are the number 0.
unsafe impl Value for i16 {
    fn drawer(spare: &Spare) -> &DashMap<u64, Vec<i16>> {
        &spare.ints
    }
}

// SAFETY: all-zero bytes are the number 0.0.
unsafe impl Value for f32 {
    fn drawer(spare: &Spare) -> &DashMap<u64, Vec<f32>> {
        &spare.floats
    }
}

/// So many zeros; `None` where the system has no memory for them. The system's memory is
/// zero already: nothing is written here.
pub fn blank<T: Value>(values: usize) -> Option<Vec<T>> {
    let layout = Layout::array::<T>(values).ok()?;
    if layout.size() == 0 {
        return Some(Vec::new());
    }
    // SAFETY: the layout has a size.
    let pointer = unsafe { alloc_zeroed(layout) }.cast::<T>();
    if pointer.is_null() {
        return None;
    }
    prefer_huge_pages(pointer.cast(), layout.size());
    // SAFETY: allocated just now by the global allocator with the layout of this array, and
    // all-zero bytes are a `T`, as `Value` promises.
    Some(unsafe { Vec::from_raw_parts(pointer, values, values) })
}

/// Fixes how the C library takes memory from the kernel and gives it back; later calls
/// change nothing. Every library does so when it begins, and `play` before it has other
/// threads: a thread that has a heap of its own already keeps it. (Other C libraries than
/// glibc have one heap and give large blocks back by themselves.)
pub fn settle_allocator() {
    #[cfg(target_env = "gnu")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            for (what, value) in [(libc::M_MMAP_THRESHOLD, OWN_PAGES), (libc::M_ARENA_MAX, HEAPS)] {
                // SAFETY: sets a number inside the allocator, under its own lock.
                unsafe { libc::mallopt(what, value) };
            }
        });
    }
}

/// Asks for the middle of a large block to lie in huge pages, where the system has them: it
/// then hands out 2 MiB at a step instead of 4 KiB. Such steps are most of the time that
/// loading takes.
fn prefer_huge_pages(start: *mut u8, bytes: usize) {
    const HUGE: usize = 2 << 20;
    // Only what is ours from end to end: the pages at the edges hold other things too.
    let skip = start.align_offset(HUGE);
    let whole = bytes.saturating_sub(skip) / HUGE * HUGE;
    if whole > 0 {
        let first = start.wrapping_add(skip);
        // SAFETY: the range lies within the allocation; it is advice, and refusing it is fine.
        unsafe { libc::madvise(first.cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

/// Buffers that wait to be used again.
#[derive(Debug, Default)]
pub struct Spare {
    ints: DashMap<u64, Vec<i16>>,
    floats: DashMap<u64, Vec<f32>>,
    next: AtomicU64,
    bytes: AtomicUsize,
}

/// The books: what there may be, what there is, what there was at most.
#[derive(Debug)]
pub struct Memory {
    budget: AtomicUsize,
    /// Booked with Acquire and given back with Release, and changed in no other way: what
    /// made room is freed before what takes it is asked for, on whatever threads.
    used: AtomicUsize,
    most: AtomicUsize,
    spare: Spare,
}

impl Memory {
    /// Books for so many bytes.
    pub fn new(budget: usize) -> Self {
        settle_allocator();
        let budget = AtomicUsize::new(budget);
        Self { budget, used: 0.into(), most: 0.into(), spare: Spare::default() }
    }

    /// Bytes that there may be.
    pub fn budget(&self) -> usize {
        self.budget.load(Ordering::Relaxed)
    }

    /// From now on there may be so many bytes.
    pub fn set_budget(&self, bytes: usize) {
        self.budget.store(bytes, Ordering::Relaxed);
    }

    /// Bytes that are booked: samples, those being loaded, and waiting buffers.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most that was ever booked at once.
    pub fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Bytes of waiting buffers.
    pub fn spare(&self) -> usize {
        self.spare.bytes.load(Ordering::Relaxed)
    }

    /// Books so many bytes if there is room for them now.
    pub fn book(&self, bytes: usize) -> Option<Booking<'_>> {
        let budget = self.budget();
        let fits = |used: usize| used.checked_add(bytes).filter(|&sum| sum <= budget);
        let before = self.used.fetch_update(Ordering::Acquire, Ordering::Relaxed, fits).ok()?;
        self.most.fetch_max(before + bytes, Ordering::Relaxed);
        Some(Booking { memory: self, bytes })
    }

    fn unbook(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Release);
    }

    /// A waiting buffer of at least so many values and not much more, cut to them, with
    /// whatever was in it, and the booking of its bytes.
    pub fn reuse<T: Value>(&self, values: usize) -> Option<(Vec<T>, Booking<'_>)> {
        if values * size_of::<T>() < SPARE_LEAST / 2 {
            return None;
        }
        let drawer = T::drawer(&self.spare);
        let fits = values..=values + values / 4;
        loop {
            let fitting = drawer.iter().filter(|b| fits.contains(&b.len()));
            let (_, id) = fitting.map(|b| (b.len(), *b.key())).min()?;
            // Somebody else may have been faster.
            let Some((_, mut buffer)) = drawer.remove(&id) else { continue };
            let (before, after) = (size_of_val::<[T]>(&buffer), values * size_of::<T>());
            self.spare.bytes.fetch_sub(before, Ordering::Relaxed);
            buffer.truncate(values);
            buffer.shrink_to_fit();
            self.unbook(before - after);
            return Some((buffer, Booking { memory: self, bytes: after }));
        }
    }

    /// Takes the frames of a sample that is gone, `bytes` of it booked, and keeps the
    /// buffer if there is a place for it.
    pub fn retire(&self, frames: Frames, bytes: usize) {
        let kept = match frames {
            Frames::Mono16(x) | Frames::Stereo16(x) => self.keep(x.into_vec()),
            Frames::MonoF32(x) | Frames::StereoF32(x) => self.keep(x.into_vec()),
        };
        self.unbook(bytes - kept);
    }

    /// Bytes of the buffer where it is kept, else 0.
    fn keep<T: Value>(&self, buffer: Vec<T>) -> usize {
        let bytes = size_of_val::<[T]>(&buffer);
        let most = self.budget() / SPARE_PART;
        let fits = |spare: usize| spare.checked_add(bytes).filter(|&sum| sum <= most);
        let spare = &self.spare.bytes;
        if bytes < SPARE_LEAST
            || spare.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err()
        {
            return 0;
        }
        T::drawer(&self.spare).insert(self.spare.next.fetch_add(1, Ordering::Relaxed), buffer);
        bytes
    }

    /// Gives one waiting buffer, the oldest of its kind, back to the system; false where
    /// there is none.
    pub fn give_back_one(&self) -> bool {
        self.give_back::<f32>() || self.give_back::<i16>()
    }

    fn give_back<T: Value>(&self) -> bool {
        let drawer = T::drawer(&self.spare);
        loop {
            let Some(id) = drawer.iter().map(|b| *b.key()).min() else { return false };
            if let Some((_, buffer)) = drawer.remove(&id) {
                let bytes = size_of_val::<[T]>(&buffer);
                drop(buffer);
                self.spare.bytes.fetch_sub(bytes, Ordering::Relaxed);
                self.unbook(bytes);
                return true;
            }
        }
    }
}

/// Booked bytes; given back when dropped, unless [`Booking::keep`] is called.
#[derive(Debug)]
pub struct Booking<'a> {
    memory: &'a Memory,
    bytes: usize,
}

impl Booking<'_> {
    /// Adds another booking to this one.
    pub fn join(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// The bytes stay booked, `bytes` of them; what was booked beyond is given back.
    pub fn keep(mut self, bytes: usize) {
        let booked = std::mem::take(&mut self.bytes);
        debug_assert!(bytes <= booked, "{bytes} of {booked} booked");
        self.memory.unbook(booked - bytes);
    }
}

impl Drop for Booking<'_> {
    fn drop(&mut self) {
        self.memory.unbook(self.bytes);
    }
}

/// Half of the memory that is available now, in bytes: what samples may take by default.
pub fn half_of_available() -> usize {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    available(&text)
        .map_or(UNKNOWN_BUDGET, |bytes| usize::try_from(bytes / 2).unwrap_or(usize::MAX))
}

/// `MemAvailable` of a /proc/meminfo, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_available_is_read_in_kib_and_nonsense_is_nothing() {
        let text = "MemTotal:  948448 kB\nMemFree: 1 kB\nMemAvailable:     600000 kB\n";
        assert_eq!(available(text), Some(600_000 * 1024));
        assert_eq!(available("MemAvailable: many kB"), None);
        assert_eq!(available(""), None);
    }

    #[test]
    fn no_booking_passes_the_budget_and_what_is_not_kept_comes_back() {
        let memory = Memory::new(100);
        let mut first = memory.book(60).unwrap();
        assert!(memory.book(41).is_none());
        first.join(memory.book(40).unwrap());
        first.keep(70);
        assert_eq!(memory.used(), 70);
        drop(memory.book(30).unwrap());
        assert_eq!((memory.used(), memory.most()), (70, 100));
        assert!(memory.book(usize::MAX).is_none());
    }

    #[test]
    fn a_buffer_waits_for_a_recording_of_about_its_size_and_kind() {
        let memory = Memory::new(8 << 20);
        let frames = Frames::MonoF32(vec![0.5; 100_000].into());
        memory.book(400_100).unwrap().keep(400_100);
        let address = match &frames {
            Frames::MonoF32(x) => x.as_ptr(),
            _ => unreachable!(),
        };
        memory.retire(frames, 400_100);
        assert_eq!((memory.used(), memory.spare()), (400_000, 400_000));
        assert!(memory.reuse::<f32>(100_001).is_none());
        assert!(memory.reuse::<f32>(50_000).is_none());
        assert!(memory.reuse::<i16>(100_000).is_none());
        let (buffer, booking) = memory.reuse::<f32>(100_000).unwrap();
        assert_eq!((buffer.as_ptr(), buffer.len(), memory.spare()), (address, 100_000, 0));
        drop((buffer, booking));
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn waiting_buffers_fill_no_more_than_their_part_and_go_when_room_is_needed() {
        let memory = Memory::new(800_000);
        for _ in 0..2 {
            memory.book(100_000).unwrap().keep(100_000);
            memory.retire(Frames::Mono16(vec![0; 50_000].into()), 100_000);
        }
        assert_eq!((memory.used(), memory.spare()), (100_000, 100_000));
        assert!(memory.give_back_one());
        assert!(!memory.give_back_one());
        assert_eq!((memory.used(), memory.spare()), (0, 0));
    }

    #[test]
    fn blank_memory_is_zero_at_every_size() {
        for values in [0, 1, 70_000, 3 << 20] {
            let buffer = blank::<i16>(values).unwrap();
            assert_eq!((buffer.len(), buffer.capacity()), (values, values));
            assert!(buffer.iter().all(|&x| x == 0));
        }
        assert!(blank::<f32>(usize::MAX / 8).is_none());
    }
}
