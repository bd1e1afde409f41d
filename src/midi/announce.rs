//! News of ports that come and go, in the millisecond they do.

use std::io::{PipeWriter, pipe};
use std::os::fd::AsRawFd;
use std::thread::{self, JoinHandle};

use alsa::poll::{Descriptors, poll, pollfd};
use alsa::seq::{Addr, EventType, PortCap, PortSubscribe, PortType, Seq};
use alsa::{Direction, Error};
use crossbeam_channel::Sender;

use super::sequencer::{Address, check_usual};

/// Events that cannot be read one after the other: the ring of a client holds 200.
const MOST_ERRORS: u32 = 400;

/// One piece of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// A port has come: time for [`super::Inputs::refresh`].
    Started(Address),
    /// A port has gone: [`super::Inputs::exited`], then a refresh.
    Exited(Address),
    /// News was lost because too much came at once: [`super::Inputs::close_all`], then a
    /// refresh, finds out what is true.
    Missed,
}

/// A thread that listens to the sequencer's announcements; it ends when this is dropped or
/// the receiver of its news is.
pub struct Watch {
    /// Closing the pipe's end wakes the thread for good.
    wake: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Whether it has ended by itself: the sequencer is gone, and its news with it.
    pub fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts to listen. Where there is no sequencer, the reason as a sentence: then
/// [`super::Inputs::refresh`] every 250 ms finds out the same, later; and listening can be
/// tried again once that has found a port.
pub fn watch(news: Sender<Announcement>) -> Result<Watch, String> {
    check_usual()?;
    let seq = subscribe().map_err(|e| format!("no news of MIDI ports: {e}"))?;
    let (ended, wake) = pipe().map_err(|e| format!("no news of MIDI ports: {e}"))?;
    let mut fds = vec![pollfd { fd: ended.as_raw_fd(), events: libc::POLLIN, revents: 0 }];
    let of_seq = (&seq, Some(Direction::Capture)).get();
    fds.extend(of_seq.map_err(|e| format!("no news of MIDI ports: {e}"))?);
    let listen = move || {
        // The pipe's other end lives as long as the thread that polls it.
        let _ended = ended;
        listen(&seq, &mut fds, &news);
    };
    let thread = thread::Builder::new()
        .name("midi-announce".into())
        .spawn(listen)
        .map_err(|e| format!("no news of MIDI ports: {e}"))?;
    Ok(Watch { wake: Some(wake), thread: Some(thread) })
}

fn subscribe() -> Result<Seq, Error> {
    let seq = Seq::open(None, None, true)?;
    seq.set_client_name(c"rimshot")?;
    let port = seq.create_simple_port(
        c"announcements",
        PortCap::WRITE | PortCap::SUBS_WRITE | PortCap::NO_EXPORT,
        PortType::APPLICATION,
    )?;
    let subscription = PortSubscribe::empty()?;
    subscription.set_sender(Addr::system_announce());
    subscription.set_dest(Addr { client: seq.client_id()?, port });
    seq.subscribe_port(&subscription)?;
    Ok(seq)
}

fn listen(seq: &Seq, fds: &mut [pollfd], news: &Sender<Announcement>) {
    let mut input = seq.input();
    loop {
        let mut errors = 0;
        loop {
            if errors > MOST_ERRORS {
                return;
            }
            let told = match input.event_input_pending(true) {
                Ok(0) => break,
                Ok(_) => match input.event_input() {
                    Ok(event) => announcement(event.get_type(), event.get_data()),
                    Err(e) if is_lasting(e) => return,
                    Err(e) => {
                        errors += 1;
                        missed(e)
                    }
                },
                Err(e) if is_lasting(e) => return,
                Err(e) => {
                    errors += 1;
                    missed(e)
                }
            };
            if told.is_some_and(|told| news.send(told).is_err()) {
                return;
            }
        }
        match poll(fds, -1) {
            Err(e) if e.errno() == libc::EINTR => continue,
            Err(_) => return,
            Ok(_) => {}
        }
        let broken = libc::POLLERR | libc::POLLHUP | libc::POLLNVAL;
        let (wake, of_seq) = (&fds[0], &fds[1..]);
        if wake.revents != 0 || of_seq.iter().any(|fd| fd.revents & broken != 0) {
            return;
        }
    }
}

/// Whether an error will be there again at the next try: who asked on would never rest.
fn is_lasting(error: Error) -> bool {
    !matches!(error.errno(), libc::ENOSPC | libc::EAGAIN | libc::EINTR | libc::EINVAL)
}

/// Whether an error says that events were lost. The kernel says it once and forgets those
/// that were waiting; any other event that cannot be read is over with its error.
fn missed(error: Error) -> Option<Announcement> {
    (error.errno() == libc::ENOSPC).then_some(Announcement::Missed)
}

fn announcement(kind: EventType, address: Option<Addr>) -> Option<Announcement> {
    let address = address.map(|a| Address { client: a.client, port: a.port })?;
    match kind {
        EventType::PortStart => Some(Announcement::Started(address)),
        EventType::PortExit => Some(Announcement::Exited(address)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_events_are_news_and_other_errors_are_not() {
        assert_eq!(missed(Error::new("read", libc::ENOSPC)), Some(Announcement::Missed));
        assert_eq!(missed(Error::new("read", libc::EINVAL)), None);
        let lasting = [libc::ENODEV, libc::EBADF, libc::ENOSPC, libc::EINTR];
        let lasting = lasting.map(|errno| is_lasting(Error::new("read", errno)));
        assert_eq!(lasting, [true, true, false, false]);
    }

    #[test]
    fn only_ports_that_come_or_go_are_news() {
        let at = Some(Addr { client: 20, port: 1 });
        let address = Address { client: 20, port: 1 };
        assert_eq!(announcement(EventType::PortStart, at), Some(Announcement::Started(address)));
        assert_eq!(announcement(EventType::PortExit, at), Some(Announcement::Exited(address)));
        assert_eq!(announcement(EventType::ClientStart, at), None);
        assert_eq!(announcement(EventType::PortStart, None), None);
    }
}
