//! The callback's body, the same for every driver: what stands between a card that wants
//! a block and the source that renders it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use crate::words::limits::BLOCK_FRAMES;
use crate::words::nonblocking;
use crate::words::stream::{BlockStart, StreamMeters};
use crate::words::time::Clock;

use super::berth::Berth;
use super::convert::{CardSample, Outputs};
use super::realtime::{self, Refused, Wish};

/// Errors without a block between them after which a stream counts as gone. An xrun that
/// can be mended gives one; a driver that is stuck gives thousands a second.
const HOPELESS: u32 = 100;

/// What `Health::priority` and `Health::lock` hold besides the kernel's error numbers.
const NOT_TRIED: i32 = -1;
const GRANTED: i32 = 0;

/// How a stream is doing, told by the audio thread to the control thread. Each is news by
/// itself and nothing is read through it, so order is relaxed: the source comes home through
/// its berth's channel.
pub(super) struct Health {
    broken: AtomicBool,
    gone: AtomicBool,
    /// Errors since the last block.
    errors: AtomicU32,
    priority: AtomicI32,
    lock: AtomicI32,
}

/// What a driver's error means for its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The card ran out of samples: time is broken, the stream goes on.
    Xrun,
    /// The card is not there any more.
    Gone,
    /// Something else, which may pass.
    Other,
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            broken: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            errors: AtomicU32::new(0),
            priority: AtomicI32::new(NOT_TRIED),
            lock: AtomicI32::new(NOT_TRIED),
        }
    }

    /// Takes an error in, and says whether the stream is gone. Thread: audio callback;
    /// real-time.
    pub(super) fn note(&self, trouble: Trouble, meters: &StreamMeters) -> bool {
        let _law = nonblocking::enter();
        if trouble == Trouble::Xrun {
            meters.count_xrun();
        }
        self.broken.store(true, Ordering::Relaxed);
        let errors = self.errors.fetch_add(1, Ordering::Relaxed) + 1;
        if trouble == Trouble::Gone || errors >= HOPELESS {
            self.gone.store(true, Ordering::Relaxed);
        }
        self.is_gone()
    }

    /// Time does not continue at the next block. Thread: audio callback; real-time.
    pub(super) fn break_time(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// What the kernel refused when the stream was armed; nothing before its first block.
    pub(super) fn refused(&self) -> Vec<Refused> {
        let wishes = [(Wish::Priority, &self.priority), (Wish::Lock, &self.lock)];
        let refusal = |(wish, answer): (Wish, &AtomicI32)| {
            let errno = answer.load(Ordering::Relaxed);
            (errno > GRANTED).then_some(Refused { wish, errno })
        };
        wishes.into_iter().filter_map(refusal).collect()
    }
}

/// What the callback owns.
pub(super) struct Shell {
    berth: Berth,
    health: Arc<Health>,
    meters: Arc<StreamMeters>,
    clock: Clock,
    rate: u32,
    /// SCHED_FIFO priority wished for; 0 leaves the thread as it is.
    priority: u8,
    armed: bool,
    /// Samples in one frame of the source, of all its pairs together.
    width: usize,
    scratch: Box<[f32]>,
}

impl Shell {
    /// `rate` in Hz; `pairs` as the source that will come says, at least 1. Allocates all
    /// that the callback will need.
    pub(super) fn new(
        berth: Berth,
        health: Arc<Health>,
        meters: Arc<StreamMeters>,
        clock: Clock,
        rate: u32,
        priority: u8,
        pairs: usize,
    ) -> Self {
        let width = 2 * pairs.max(1);
        let scratch = vec![0.0; width * BLOCK_FRAMES].into_boxed_slice();
        Self { berth, health, meters, clock, rate, priority, armed: false, width, scratch }
    }

    /// Fills a card's block, whatever its length. Thread: audio callback; real-time but
    /// for the arming in the first one.
    pub(super) fn fill<T: CardSample>(&mut self, outputs: &Outputs, card: &mut [T]) {
        let _law = nonblocking::enter();
        let now = self.clock.now();
        let (channels, width) = (outputs.channels(), self.width);
        let frames = card.len() / channels;
        self.block(now, frames, |done, stretch| {
            let part = &mut card[done * channels..][..stretch.len() / width * channels];
            outputs.write(stretch, part);
        });
    }

    /// Renders `frames` in pieces of at most [`BLOCK_FRAMES`] and gives each (interleaved
    /// stereo, pair after pair) with the frames before it to `sink`. A later piece is dated
    /// at the time of the call plus the frames before it, so that frames and time stay in
    /// step. Without a source `sink` is not called. What it all takes is the stream's load.
    pub(super) fn block(&mut self, now: u64, frames: usize, mut sink: impl FnMut(usize, &[f32])) {
        let _law = nonblocking::enter();
        self.arm();
        let mut broken = self.health.broken.swap(false, Ordering::Relaxed);
        self.health.errors.store(0, Ordering::Relaxed);
        let Some(source) = self.berth.source() else { return };
        let begun = self.clock.now();
        let rate = u64::from(self.rate);
        let last = |frames: usize| frames as u64 * 1_000_000_000 / rate;
        let mut done = 0;
        while done < frames {
            let piece = (frames - done).min(BLOCK_FRAMES);
            let out = &mut self.scratch[..self.width * piece];
            source.render(BlockStart { now: now + last(done), broken }, out);
            self.meters.count_block();
            sink(done, out);
            broken = false;
            done += piece;
        }
        self.meters.count_load(self.clock.now() - begun, last(frames));
    }

    /// The one thing a callback may ask the kernel for, once a stream: its priority and
    /// its stack.
    fn arm(&mut self) {
        if self.armed {
            return;
        }
        self.armed = true;
        if self.priority == 0 {
            return;
        }
        let _named = nonblocking::exempt();
        let answer = |result: Result<(), Refused>| result.map_or_else(|r| r.errno, |()| GRANTED);
        let priority = answer(realtime::raise_fifo(self.priority));
        self.health.priority.store(priority, Ordering::Relaxed);
        self.health.lock.store(answer(realtime::lock_stack()), Ordering::Relaxed);
    }
}

impl Drop for Shell {
    /// However the callback ended, nobody plays any more.
    fn drop(&mut self) {
        self.health.gone.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::berth::{Quay, berth};
    use super::*;
    use crate::words::stream::{AudioSource, StreamShape};

    /// Writes its frame count on the left and its block count on the right, and keeps
    /// what it was told.
    #[derive(Default)]
    struct Counter {
        frames: usize,
        seen: Arc<std::sync::Mutex<Vec<(BlockStart, usize)>>>,
    }
    impl AudioSource for Counter {
        fn open(&mut self, _: StreamShape) {}
        fn render(&mut self, block: BlockStart, out: &mut [f32]) {
            let _stand_in = nonblocking::exempt();
            let mut seen = self.seen.lock().unwrap();
            seen.push((block, out.len() / 2));
            for frame in out.chunks_exact_mut(2) {
                frame[0] = self.frames as f32;
                frame[1] = seen.len() as f32;
                self.frames += 1;
            }
        }
    }

    type Seen = Arc<std::sync::Mutex<Vec<(BlockStart, usize)>>>;

    fn shell() -> (Shell, Quay, Seen, Arc<Health>, Arc<StreamMeters>) {
        let (quay, berth) = berth();
        let source = Counter::default();
        let seen = source.seen.clone();
        assert!(quay.send(Box::new(source)).is_ok());
        let health = Arc::new(Health::new());
        let meters = Arc::new(StreamMeters::default());
        let clock = Clock::start();
        let shell = Shell::new(berth, health.clone(), meters.clone(), clock, 48_000, 0, 1);
        (shell, quay, seen, health, meters)
    }

    #[test]
    fn a_block_larger_than_the_scratch_comes_in_pieces_that_continue_in_frames_and_time() {
        let (mut shell, _quay, seen, _, meters) = shell();
        let mut out = Vec::with_capacity(2 * (2 * BLOCK_FRAMES + 5));
        shell.block(1_000, 2 * BLOCK_FRAMES + 5, |done, stereo| {
            assert_eq!(done * 2, out.len());
            out.extend_from_slice(stereo);
        });
        let left: Vec<f32> = out.iter().step_by(2).copied().collect();
        assert_eq!(left, (0..2 * BLOCK_FRAMES + 5).map(|f| f as f32).collect::<Vec<_>>());
        let seen: Vec<_> = seen.lock().unwrap().iter().map(|(b, n)| (b.now, *n)).collect();
        // 2048 frames at 48 kHz are 42 666 666.6 ns.
        assert_eq!(seen, [(1_000, 2048), (42_667_666, 2048), (85_334_333, 5)]);
        assert_eq!(meters.blocks.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn an_xrun_is_counted_and_told_to_the_next_block_only() {
        let (mut shell, _quay, seen, health, meters) = shell();
        shell.block(0, 8, |_, _| ());
        assert!(!health.note(Trouble::Xrun, &meters));
        shell.block(0, BLOCK_FRAMES + 1, |_, _| ());
        shell.block(0, 8, |_, _| ());
        let broken: Vec<bool> = seen.lock().unwrap().iter().map(|(b, _)| b.broken).collect();
        assert_eq!(broken, [false, true, false, false]);
        assert_eq!(meters.xruns.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn xruns_with_blocks_between_them_never_end_a_stream() {
        let (mut shell, _quay, _, health, meters) = shell();
        for _ in 0..3 * HOPELESS {
            assert!(!health.note(Trouble::Xrun, &meters));
            shell.block(0, 8, |_, _| ());
        }
        assert!(!health.is_gone());
    }

    #[test]
    fn errors_without_end_and_a_missing_card_end_a_stream() {
        let (_shell, _quay, _, health, meters) = shell();
        let calls = (1..).find(|_| health.note(Trouble::Other, &meters));
        assert_eq!(calls, Some(HOPELESS));
        let (_shell, _quay, _, health, meters) = self::shell();
        assert!(health.note(Trouble::Gone, &meters));
        assert_eq!(meters.xruns.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_card_gets_whole_frames_in_its_own_format() {
        let (mut shell, _quay, _, _, _) = shell();
        let mut card = [9i16; 9];
        shell.fill(&Outputs::new(&[[1, 3]], 1, 4), &mut card);
        assert_eq!(card, [0, 0, i16::MAX, 0, i16::MAX, 0, i16::MAX, 0, 9]);
    }

    /// Two pairs, each with the frame's number on the left and its own on the right.
    #[derive(Default)]
    struct TwoPairs {
        frames: usize,
    }
    impl AudioSource for TwoPairs {
        fn pairs(&self) -> usize {
            2
        }
        fn open(&mut self, _: StreamShape) {}
        fn render(&mut self, _: BlockStart, out: &mut [f32]) {
            let frames = out.len() / 4;
            for (pair, stretch) in out.chunks_exact_mut(2 * frames).enumerate() {
                for (i, frame) in stretch.chunks_exact_mut(2).enumerate() {
                    frame[0] = (self.frames + i) as f32 / 4096.0;
                    frame[1] = pair as f32;
                }
            }
            self.frames += frames;
        }
    }

    #[test]
    fn pairs_keep_together_across_the_pieces_of_a_long_block() {
        let (quay, berth) = berth();
        assert!(quay.send(Box::new(TwoPairs::default())).is_ok());
        let (health, meters) = (Arc::new(Health::new()), Arc::default());
        let mut shell = Shell::new(berth, health, meters, Clock::start(), 48_000, 0, 2);
        let mut card = vec![9.0f32; 4 * (BLOCK_FRAMES + 3)];
        shell.fill(&Outputs::new(&[[1, 2], [4, 3]], 2, 4), &mut card);
        for (number, frame) in card.chunks_exact(4).enumerate() {
            let number = number as f32 / 4096.0;
            assert_eq!(frame, [number, 0.0, 1.0, number]);
        }
    }

    #[test]
    fn the_time_of_every_callback_is_held_against_that_of_its_frames() {
        let (mut shell, _quay, _, _, meters) = shell();
        let before = shell.clock.now();
        shell.block(0, 2 * BLOCK_FRAMES, |_, _| ());
        shell.block(0, 48, |_, _| ());
        let passed = shell.clock.now() - before;
        let load = meters.take_load();
        // 4096 and 48 frames at 48 kHz.
        assert_eq!(load.available, 85_333_333 + 1_000_000);
        assert!(load.longest <= load.busy && load.busy <= passed, "{load:?} in {passed}");
    }

    #[test]
    fn without_a_source_a_card_keeps_its_silence() {
        let (_quay, berth) = berth();
        let health = Arc::new(Health::new());
        let meters = Arc::new(StreamMeters::default());
        let mut shell = Shell::new(berth, health, meters, Clock::start(), 48_000, 0, 1);
        let mut card = [0i16; 8];
        shell.fill(&Outputs::new(&[[1, 2]], 1, 2), &mut card);
        assert_eq!(card, [0; 8]);
    }

    #[test]
    fn a_callback_that_ends_takes_its_stream_with_it_and_leaves_the_source() {
        let (mut shell, quay, _, health, _) = shell();
        shell.block(0, 8, |_, _| ());
        drop(shell);
        assert!(health.is_gone());
        assert!(quay.fetch(std::time::Duration::ZERO).is_some());
    }

    #[test]
    fn a_stream_is_armed_once_and_what_was_refused_is_said() {
        let (quay, berth) = berth();
        assert!(quay.send(Box::new(Counter::default())).is_ok());
        let health = Arc::new(Health::new());
        let meters = Arc::new(StreamMeters::default());
        let mut shell = Shell::new(berth, health.clone(), meters, Clock::start(), 48_000, 1, 1);
        assert!(health.refused().is_empty());
        // A thread of its own, which may keep the priority.
        let thread = std::thread::spawn(move || {
            shell.block(0, 8, |_, _| ());
            // SAFETY: 0 names the calling thread.
            unsafe { libc::sched_getscheduler(0) }
        });
        let raised = thread.join().unwrap() == libc::SCHED_FIFO;
        let refused = health.refused().iter().any(|r| r.wish == Wish::Priority);
        assert_ne!(raised, refused);
        assert_ne!(health.priority.load(Ordering::Relaxed), NOT_TRIED);
    }

    #[cfg(feature = "rtsan")]
    #[test]
    fn a_source_that_allocates_is_caught_in_every_drivers_callback() {
        use crate::words::nonblocking::tests::is_caught;
        struct Outlaw;
        impl AudioSource for Outlaw {
            fn open(&mut self, _: StreamShape) {}
            fn render(&mut self, _: BlockStart, out: &mut [f32]) {
                out.copy_from_slice(&vec![0.5; out.len()]);
            }
        }
        is_caught(
            "sound::shell::tests::a_source_that_allocates_is_caught_in_every_drivers_callback",
            "malloc",
            || {
                let (quay, berth) = berth();
                assert!(quay.send(Box::new(Outlaw)).is_ok());
                let (health, meters) = (Arc::new(Health::new()), Arc::default());
                let mut shell = Shell::new(berth, health, meters, Clock::start(), 48_000, 0, 1);
                shell.block(0, 8, |_, _| ());
            },
        );
    }
}
