//! The priority of the MIDI threads.

use std::io;

/// Puts the calling thread under `SCHED_FIFO` at `priority`, 1..=99. Needs
/// `LimitRTPRIO` or root; without it the error of the kernel.
pub(super) fn raise(priority: u8) -> io::Result<()> {
    let param = libc::sched_param { sched_priority: i32::from(priority) };
    // SAFETY: has no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: `this` is the calling thread, which runs; `param` outlives the call.
    match unsafe { libc::pthread_setschedparam(this, libc::SCHED_FIFO, &raw const param) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}
