//! A person's keyboard.

use std::io::{Read, stdin};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

/// The keyboard, unbuffered and without echo while this lives.
pub struct Keys {
    before: libc::termios,
}

impl Keys {
    /// The keys, each for `each` until that returns false, unless the shell has them: who
    /// changes the terminal from the background (`rimshot play &`) is stopped for it.
    pub fn start(mut each: impl FnMut(u8) -> bool + Send + 'static) -> Option<Self> {
        if !is_in_foreground() {
            return None;
        }
        let before = attributes()?;
        let mut now = before;
        // Only these two: Ctrl-C stays a signal, and lines still end where they should.
        now.c_lflag &= !(libc::ICANON | libc::ECHO);
        // Ctrl-Z does nothing: it would stop the sound and keep the card.
        now.c_cc[libc::VSUSP] = libc::_POSIX_VDISABLE;
        set(&now)?;
        let keys = Self { before };
        let read = move || {
            let mut keys = stdin().lock().bytes().map_while(Result::ok);
            while keys.next().is_some_and(&mut each) {}
        };
        // It waits in read() until the program ends, and ends with it.
        std::thread::Builder::new().name("rimshot-keys".to_owned()).spawn(read).ok()?;
        Some(keys)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        set(&self.before);
    }
}

fn is_in_foreground() -> bool {
    // SAFETY: has no preconditions.
    let own = unsafe { libc::getpgrp() };
    // SAFETY: has no preconditions; a file that is no terminal gives -1.
    let front = unsafe { libc::tcgetpgrp(stdin().as_raw_fd()) };
    own == front
}

fn attributes() -> Option<libc::termios> {
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the pointer is valid for the call, which fills it or fails.
    let result = unsafe { libc::tcgetattr(stdin().as_raw_fd(), attributes.as_mut_ptr()) };
    // SAFETY: filled, because the call succeeded.
    (result == 0).then(|| unsafe { attributes.assume_init() })
}

fn set(attributes: &libc::termios) -> Option<()> {
    // SAFETY: the pointer is valid for the call, which only reads it.
    let result = unsafe { libc::tcsetattr(stdin().as_raw_fd(), libc::TCSANOW, attributes) };
    (result == 0).then_some(())
}
