//! Asking memory for what the next block will read.
//!
//! At 64 frames a voice reads eight lines of its recording and then goes on elsewhere:
//! too short for the processor's own prefetching, and each block begins by waiting. Asked
//! for one block ahead, the frames lie in the second cache when they are wanted.

use crate::kit::sample::Frames;

/// Bytes of a cache line on x86 and on the Pi's processors.
const LINE: usize = 64;
/// Beyond so many frames a block the processor's own prefetching does better.
const MOST_FRAMES: usize = 512;

/// Hints that `frames` frames from `first` on will be read soon. Changes nothing else.
/// Thread: audio callback; real-time.
pub fn next_block(source: &Frames, first: usize, frames: usize) {
    if frames > MOST_FRAMES {
        return;
    }
    match source {
        Frames::Mono16(x) => lines(x, first, frames),
        Frames::Stereo16(x) => lines(x, first.saturating_mul(2), 2 * frames),
        Frames::MonoF32(x) => lines(x, first, frames),
        Frames::StereoF32(x) => lines(x, first.saturating_mul(2), 2 * frames),
    }
}

fn lines<T>(x: &[T], first: usize, count: usize) {
    let rest = x.get(first..).unwrap_or_default();
    let ahead = rest.get(..count.min(rest.len())).unwrap_or_default();
    let bytes = size_of_val(ahead);
    let start = ahead.as_ptr().cast::<u8>();
    for offset in (0..bytes).step_by(LINE) {
        line(start.wrapping_add(offset));
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn line(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    // SAFETY: a hint: it reads nothing that the program could see, and no address faults.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) };
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn line(address: *const u8) {
    // SAFETY: a hint: it reads nothing that the program could see, and no address faults.
    unsafe {
        std::arch::asm!(
            "prfm pldl2keep, [{address}]",
            address = in(reg) address,
            options(nostack, preserves_flags, readonly)
        );
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline(always)]
fn line(_: *const u8) {}
