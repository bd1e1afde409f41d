//! What the kernel must allow for audio without drop-outs: real-time priority and memory
//! that stays in RAM. All of it is a wish; where it is refused the module plays on, and
//! says so.

use std::fmt;
use std::hint::black_box;

/// Stack that is touched and locked for the audio callback. The callback keeps its
/// buffers on the heap, so its frames are small; 64 KiB is sixteen pages of room for them
/// and a thirtieth of a Rust thread's 2 MiB.
const STACK_BYTES: usize = 64 * 1024;

/// What was wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// SCHED_FIFO.
    Priority,
    /// SCHED_IDLE.
    Idle,
    /// Memory that is not paged out.
    Lock,
}

/// The kernel said no. Displays as a sentence that says what it means and what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// What was wished for.
    pub wish: Wish,
    /// The kernel's error number.
    pub errno: i32,
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let reason = std::io::Error::from_raw_os_error(self.errno);
        match (self.wish, self.errno) {
            (Wish::Priority, libc::EPERM) => write!(
                f,
                "real-time priority is not allowed here (rtprio limit {}): audio may drop \
                 out under load; deploy/install.sh sets it up",
                limit(libc::RLIMIT_RTPRIO)
            ),
            (Wish::Priority, _) => {
                write!(f, "no real-time priority ({reason}): audio may drop out under load")
            }
            (Wish::Idle, _) => write!(f, "loading cannot be made to wait for others ({reason})"),
            (Wish::Lock, libc::EPERM | libc::ENOMEM | libc::EAGAIN) => write!(
                f,
                "memory cannot be locked (memlock limit {} KiB): a hit may wait for the disk \
                 when memory runs short; deploy/install.sh sets it up",
                limit(libc::RLIMIT_MEMLOCK) / 1024
            ),
            (Wish::Lock, _) => write!(f, "memory cannot be locked ({reason})"),
        }
    }
}

fn limit(which: libc::__rlimit_resource_t) -> libc::rlim_t {
    let mut found = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `found` is a valid rlimit that the call only writes to.
    let result = unsafe { libc::getrlimit(which, &mut found) };
    if result == 0 { found.rlim_cur } else { 0 }
}

fn schedule(wish: Wish, policy: i32, priority: i32) -> Result<(), Refused> {
    // SAFETY: all-zero is a valid sched_param, a struct of integers.
    let mut param: libc::sched_param = unsafe { std::mem::zeroed() };
    param.sched_priority = priority;
    // SAFETY: names the calling thread; always succeeds.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: `me` is a live thread and `param` a valid sched_param that is only read.
    match unsafe { libc::pthread_setschedparam(me, policy, &param) } {
        0 => Ok(()),
        errno => Err(Refused { wish, errno }),
    }
}

/// Gives the calling thread SCHED_FIFO at `priority`, 1 … 99 (clamped). Allocates nothing.
///
/// # Errors
/// Where the limit for real-time priorities (RLIMIT_RTPRIO) is lower.
pub fn raise_fifo(priority: u8) -> Result<(), Refused> {
    schedule(Wish::Priority, libc::SCHED_FIFO, i32::from(priority.clamp(1, 99)))
}

/// Lets the calling thread run only when nobody else wants the processor (SCHED_IDLE), as
/// loaders do.
///
/// # Errors
/// Where the kernel or a sandbox forbids it.
pub fn lower_idle() -> Result<(), Refused> {
    schedule(Wish::Idle, libc::SCHED_IDLE, 0)
}

/// Keeps the memory of `region` in RAM, whole pages round it. What is freed and given back
/// to the kernel is unlocked by that; what the allocator keeps stays locked until
/// [`unlock_region`].
///
/// # Errors
/// Where the limit for locked memory (RLIMIT_MEMLOCK) is too low.
pub fn lock_region<T>(region: &[T]) -> Result<(), Refused> {
    lock_bytes(region.as_ptr().addr(), size_of_val(region))
}

/// Lets the memory of `region` be paged out again, but for the pages it shares with its
/// neighbours: locks do not count, and theirs would end too.
///
/// # Errors
/// Hardly ever: where the kernel cannot split the mapping.
pub fn unlock_region<T>(region: &[T]) -> Result<(), Refused> {
    let inside = inner_pages(region.as_ptr().addr(), size_of_val(region), page_size());
    let Some((start, length)) = inside else {
        return Ok(());
    };
    // SAFETY: munlock neither reads nor writes the memory; the range lies in a live slice.
    match unsafe { libc::munlock(start as *const libc::c_void, length) } {
        0 => Ok(()),
        _ => Err(Refused { wish: Wish::Lock, errno: errno() }),
    }
}

/// Keeps the program in RAM: its code and that of its libraries, and all memory that has been
/// used so far (engine, rings, room, stacks). After an hour without a hit the first one must
/// not wait for the SD card or for swap, where the kernel has put what nobody used. Called
/// before kits are loaded, which are locked one by one.
///
/// # Errors
/// Where the limit for locked memory (RLIMIT_MEMLOCK) is too low.
pub fn lock_program() -> Result<(), Refused> {
    // On fault: of a stack or an arena only what is used.
    // SAFETY: neither reads nor writes any memory.
    if unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_ONFAULT) } != 0 {
        return Err(Refused { wish: Wish::Lock, errno: errno() });
    }
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    code(&maps).try_for_each(|(start, length)| lock_bytes(start, length))
}

/// The mappings of code in the text of /proc/PID/maps (proc_pid_maps(5)).
fn code(maps: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    maps.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let executable = fields.next()?.starts_with("r-x");
        let path = fields.nth(3)?;
        let [start, end] = [start, end].map(|hex| usize::from_str_radix(hex, 16).ok());
        let length = end?.checked_sub(start?)?;
        (executable && path.starts_with('/')).then_some((start?, length))
    })
}

/// Touches the calling thread's stack below the caller, 64 KiB deep, and locks it, so that
/// the callback never waits for a page of it. Allocates nothing.
///
/// # Errors
/// As [`lock_region`]; the stack has been touched nevertheless.
#[inline(never)]
pub fn lock_stack() -> Result<(), Refused> {
    let mut stack = [0u8; STACK_BYTES];
    // The address escapes, so the array is really there and really written.
    let stack = black_box(&mut stack);
    stack.fill(1);
    lock_bytes(black_box(stack).as_ptr().addr(), STACK_BYTES)
}

fn lock_bytes(address: usize, length: usize) -> Result<(), Refused> {
    let Some((start, length)) = pages(address, length, page_size()) else {
        return Ok(());
    };
    // SAFETY: mlock neither reads nor writes the memory; the range covers live memory.
    match unsafe { libc::mlock(start as *const libc::c_void, length) } {
        0 => Ok(()),
        _ => Err(Refused { wish: Wish::Lock, errno: errno() }),
    }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

fn page_size() -> usize {
    // SAFETY: asks for a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// The whole pages that hold `length` bytes at `address`; nothing holds nothing.
fn pages(address: usize, length: usize, page: usize) -> Option<(usize, usize)> {
    let start = address - address % page;
    let end = address.checked_add(length)?.checked_next_multiple_of(page)?;
    (length > 0).then_some((start, end - start))
}

/// The whole pages within `length` bytes at `address`.
fn inner_pages(address: usize, length: usize, page: usize) -> Option<(usize, usize)> {
    let start = address.checked_next_multiple_of(page)?;
    let end = address.checked_add(length)?;
    let end = end - end % page;
    (end > start).then(|| (start, end - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_widened_to_whole_pages() {
        assert_eq!(pages(4096, 4096, 4096), Some((4096, 4096)));
        assert_eq!(pages(5000, 1, 4096), Some((4096, 4096)));
        assert_eq!(pages(8191, 2, 4096), Some((4096, 8192)));
        assert_eq!(pages(20_000, 100_000, 16_384), Some((16_384, 114_688)));
        assert_eq!(pages(5000, 0, 4096), None);
    }

    #[test]
    fn only_pages_that_no_neighbour_shares_are_given_back() {
        assert_eq!(inner_pages(4096, 8192, 4096), Some((4096, 8192)));
        assert_eq!(inner_pages(4097, 8192, 4096), Some((8192, 4096)));
        assert_eq!(inner_pages(5000, 4000, 4096), None);
        assert_eq!(inner_pages(4096, 4095, 4096), None);
        assert_eq!(inner_pages(4096, 0, 4096), None);
    }

    #[test]
    fn code_is_what_can_be_run_and_comes_from_a_file() {
        let maps = "5600-5800 r--p 00000000 08:01 12 /usr/bin/rimshot
5800-9800 r-xp 00002000 08:01 12 /usr/bin/rimshot
9800-a000 rw-p 00006000 08:01 12 /usr/bin/rimshot
a000-b000 rw-p 00000000 00:00 0 [heap]
f000-f800 r-xp 00000000 08:01 13 /lib/a name with spaces.so
fe00-ff00 r-xp 00000000 00:00 0 [vdso]
ff00-ffff r-xp 00000000 00:00 0
nonsense
";
        assert_eq!(code(maps).collect::<Vec<_>>(), [(0x5800, 0x4000), (0xf000, 0x800)]);
        let own = std::fs::read_to_string("/proc/self/maps").unwrap();
        let here = code_is_what_can_be_run_and_comes_from_a_file as *const () as usize;
        assert!(code(&own).any(|(start, length)| (start..start + length).contains(&here)));
    }

    #[test]
    fn a_refusal_says_what_it_means_and_what_helps() {
        let said = Refused { wish: Wish::Priority, errno: libc::EPERM }.to_string();
        assert!(
            said.starts_with("real-time priority is not allowed here (rtprio limit "),
            "{said}"
        );
        assert!(said.ends_with("deploy/install.sh sets it up"), "{said}");
        let said = Refused { wish: Wish::Lock, errno: libc::ENOMEM }.to_string();
        assert!(said.starts_with("memory cannot be locked (memlock limit "), "{said}");
    }

    /// The policy of a thread of its own after `change`.
    fn policy_after(change: fn() -> Result<(), Refused>) -> (Result<(), Refused>, i32) {
        let thread = std::thread::spawn(move || {
            let result = change();
            // SAFETY: 0 names the calling thread.
            (result, unsafe { libc::sched_getscheduler(0) })
        });
        thread.join().unwrap()
    }

    #[test]
    fn a_thread_runs_as_it_was_told_or_is_told_that_it_does_not() {
        let fifo = || raise_fifo(1);
        for (change, wanted) in
            [(fifo as fn() -> _, libc::SCHED_FIFO), (lower_idle, libc::SCHED_IDLE)]
        {
            let (result, policy) = policy_after(change);
            assert_eq!(result.is_ok(), policy == wanted, "{result:?}, policy {policy}");
        }
    }

    #[test]
    fn nothing_is_locked_without_complaint_and_the_stack_survives_its_touch() {
        assert_eq!(lock_region::<f32>(&[]), Ok(()));
        let kept = black_box([7u32; 16]);
        let _ = lock_stack();
        assert_eq!(kept, [7; 16]);
    }
}
