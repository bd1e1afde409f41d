//! Asking memory for what the next block will read.
//!
//! At 64 frames a voice reads eight lines of its recording and then goes on elsewhere:
//! too short for the processor's own prefetching, and each block begins by waiting. Asked
//! for one block ahead, the frames lie in the second cache when they are wanted.

/// Bytes of a cache line on x86 and on the Pi's processors.
const LINE: usize = 64;
/// Beyond so many bytes a block, 512 frames of stereo floats, the processor's own
/// prefetching does better.
const MOST: usize = 4096;

/// Hints that these values will be read soon. Changes nothing else.
/// Thread: audio callback; real-time.
#[inline(always)]
pub fn next_block<T>(values: &[T]) {
    let bytes = size_of_val(values);
    if bytes > MOST {
        return;
    }
    let mut address = values.as_ptr().cast::<u8>();
    let mut left = bytes;
    while left > 0 {
        line(address);
        address = address.wrapping_add(LINE);
        left = left.saturating_sub(LINE);
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
