//! Programs on a terminal of their own.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// A terminal: our end, and the end for the program.
pub fn terminal() -> (File, OwnedFd) {
    let (mut ours, mut theirs) = (0, 0);
    let (name, modes, size) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
    // SAFETY: the two numbers are written, the rest may be null.
    let result = unsafe { libc::openpty(&mut ours, &mut theirs, name, modes, size) };
    assert_eq!(result, 0);
    // SAFETY: just opened, and nobody else's.
    let ours = unsafe { File::from_raw_fd(ours) };
    // SAFETY: as above.
    (ours, unsafe { OwnedFd::from_raw_fd(theirs) })
}

/// How the terminal treats keys.
pub fn modes(terminal: &File) -> (libc::tcflag_t, [libc::cc_t; libc::NCCS]) {
    let mut found = std::mem::MaybeUninit::uninit();
    // SAFETY: the call fills the struct or fails.
    assert_eq!(unsafe { libc::tcgetattr(terminal.as_raw_fd(), found.as_mut_ptr()) }, 0);
    // SAFETY: filled.
    let found: libc::termios = unsafe { found.assume_init() };
    (found.c_lflag, found.c_cc)
}

/// Starts a program as a login on a terminal would.
pub fn on_terminal(mut command: Command, theirs: OwnedFd) -> Child {
    let end = || theirs.try_clone().unwrap();
    command.stdin(end()).stdout(end()).stderr(end());
    let own_session = || {
        // SAFETY: has no preconditions.
        let session = unsafe { libc::setsid() };
        // SAFETY: takes standard input for the session's terminal; touches no memory.
        let taken = unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) };
        if session < 0 || taken < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
    };
    // SAFETY: between fork and exec only the two system calls are made.
    unsafe { command.pre_exec(own_session) };
    command.spawn().unwrap()
}
