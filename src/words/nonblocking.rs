//! Marks what runs on the audio thread for LLVM's RealtimeSanitizer, which ends the program
//! with a report where marked code allocates, frees, waits for a lock or calls the system.
//!
//! The marks are nothing at all but in a build with the feature `rtsan`, for which `make
//! rtsan` finds LLVM's library. Its functions are those that clang calls where C++ says
//! `[[clang::nonblocking]]` and `__rtsan::ScopedDisabler` (compiler-rt, `lib/rtsan/rtsan.h`).
//! It sees calls of the C library by name; what calls the kernel by another name
//! (`clock_nanosleep`) is seen by the trap of `tests/realtime.rs`.

#[cfg(feature = "rtsan")]
#[link(name = "rtsan")]
// SAFETY: the four take nothing, answer nothing and count a depth of the calling thread's
// own: they may be called at any time, and nested.
unsafe extern "C" {
    safe fn __rtsan_realtime_enter();
    safe fn __rtsan_realtime_exit();
    safe fn __rtsan_disable();
    safe fn __rtsan_enable();
}

/// The law of the callback until it is dropped: made by [`enter`].
#[must_use = "the law ends when this is dropped"]
#[derive(Debug)]
pub struct Nonblocking(());

/// Until the answer is dropped this thread may not wait. Nests.
#[inline]
pub fn enter() -> Nonblocking {
    #[cfg(feature = "rtsan")]
    __rtsan_realtime_enter();
    Nonblocking(())
}

#[cfg(feature = "rtsan")]
impl Drop for Nonblocking {
    fn drop(&mut self) {
        __rtsan_realtime_exit();
    }
}

/// An exception from the law until it is dropped: made by [`exempt`].
#[must_use = "the exception ends when this is dropped"]
#[derive(Debug)]
pub struct Exempt(());

/// Until the answer is dropped this thread may wait all the same: for the arming of a
/// stream, and for what stands in for an engine in tests. Nests.
#[inline]
pub fn exempt() -> Exempt {
    #[cfg(feature = "rtsan")]
    __rtsan_disable();
    Exempt(())
}

#[cfg(feature = "rtsan")]
impl Drop for Exempt {
    fn drop(&mut self) {
        __rtsan_enable();
    }
}

/// Negative controls: whether the sanitizer is armed.
#[cfg(test)]
#[cfg(feature = "rtsan")]
pub(crate) mod tests {
    use std::process::Command;
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use super::*;

    /// Set for the process in which a crime is committed, to what is done.
    const CRIME: &str = "RIMSHOT_RTSAN_CRIME";

    /// Commits `crime` in a process of its own, which is this test (`test`, by its whole
    /// path) run once more, and asserts that the sanitizer ends it for a call of `call`.
    pub(crate) fn is_caught(test: &str, call: &str, crime: impl FnOnce()) {
        match std::env::var(CRIME) {
            Ok(which) if which == call => {
                crime();
                std::process::exit(0);
            }
            Ok(_) => return,
            Err(_) => {}
        }
        let mut again = Command::new(std::env::current_exe().unwrap());
        let ran = again.args(["--exact", test, "--nocapture"]).env(CRIME, call).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success(), "{test}: '{call}' was not caught: {said}");
        assert!(said.contains("RealtimeSanitizer: unsafe-library-call"), "{said}");
        assert!(said.contains(&format!("function `{call}`")), "{call}: {said}");
    }

    /// What no optimiser takes away.
    fn allocated() -> Box<[u8; 99]> {
        std::hint::black_box(Box::new([1; 99]))
    }

    #[test]
    fn every_way_to_wait_is_caught() {
        let crimes: [(&str, fn()); 6] = [
            ("malloc", || drop(allocated())),
            ("free", || {
                let not_yet = exempt();
                let kept = allocated();
                drop(not_yet);
                drop(kept);
            }),
            ("open64", || drop(std::fs::File::open("/dev/null"))),
            ("write", || drop(std::io::Write::write(&mut std::io::stderr(), b"heard"))),
            ("sched_yield", std::thread::yield_now),
            // What a lock does that is held by somebody else.
            ("syscall", || {
                let (lock, never) = (Mutex::new(()), Condvar::new());
                drop(never.wait_timeout(lock.lock().unwrap(), Duration::from_millis(1)));
            }),
        ];
        for (call, crime) in crimes {
            is_caught("words::nonblocking::tests::every_way_to_wait_is_caught", call, || {
                let _law = enter();
                crime();
            });
        }
    }

    #[test]
    fn the_law_ends_where_its_outermost_mark_does_and_what_is_exempt_is_let_through() {
        let law = enter();
        drop(enter());
        drop(exempt());
        let named = exempt();
        drop(allocated());
        drop(named);
        drop(law);
        drop(allocated());
        is_caught(
            "words::nonblocking::tests::the_law_ends_where_its_outermost_mark_does_and_what_is_\
             exempt_is_let_through",
            "malloc",
            || {
                let _law = enter();
                drop(enter());
                drop(exempt());
                drop(allocated());
            },
        );
    }
}
