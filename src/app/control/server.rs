//! The thread that talks to all clients.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use alsa::poll::{poll, pollfd};
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use serde::Serialize;
use serde_json::Value;

use super::event::{Event, Topics};
use super::peer::{self, Peer};
use super::request::Request;
use super::seat::{self, Seat};

/// Clients at once: a front panel, a display, some monitors.
pub const CLIENTS: usize = 16;
/// Events on their way to the thread. It takes them at once; these are for the moment in
/// which it has no processor.
const UNDER_WAY: usize = 1024;
/// Without a file number for one more client, this long nobody is let in.
const NO_ROOM: Duration = Duration::from_secs(1);

/// A request of a client, for the player.
#[derive(Debug)]
pub struct Call {
    client: u64,
    id: Option<Value>,
    /// What it asks.
    pub request: Request,
}

/// The player's end. Dropping it ends the thread and takes the socket away.
pub struct Control {
    calls: Receiver<Call>,
    answers: Sender<(u64, Vec<u8>)>,
    events: Option<Sender<(Topics, Arc<[u8]>)>>,
    joining: Sender<UnixStream>,
    shared: Arc<Shared>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// What any client wants to hear.
    wanted: AtomicU32,
    /// Events that found no room on their way to the thread.
    missed: AtomicU64,
}

impl Control {
    /// A socket at `path`, and a sentence about it where there is something to say. `group`:
    /// see [`seat::take`].
    ///
    /// # Errors
    /// A sentence: why there is none.
    pub fn open(path: &Path, group: Option<&str>) -> Result<(Self, Option<String>), String> {
        let (seat, said) = seat::take(path, group)?;
        Ok((Self::start(Some(seat))?, said))
    }

    /// Without a socket, for those who [`Control::join`].
    ///
    /// # Errors
    /// A sentence: why there is none.
    pub fn private() -> Result<Self, String> {
        Self::start(None)
    }

    fn start(seat: Option<Seat>) -> Result<Self, String> {
        Self::spawn(seat).map_err(|error| format!("no thread for clients: {error}"))
    }

    fn spawn(seat: Option<Seat>) -> io::Result<Self> {
        let (mut control, server) = Self::ends(seat)?;
        let thread = thread::Builder::new().name("rimshot-control".to_owned());
        control.thread = Some(thread.spawn(move || server.run())?);
        Ok(control)
    }

    /// Both ends, before the thread runs.
    fn ends(seat: Option<Seat>) -> io::Result<(Self, Server)> {
        let (call, calls) = bounded(CLIENTS);
        // Emptied before the calls are filled: those, and the one that is being answered.
        let (answers, to_clients) = bounded(CLIENTS + 1);
        let (events, to_all) = bounded(UNDER_WAY);
        let (joining, joined) = bounded(CLIENTS);
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let shared = Arc::new(Shared::default());
        let server = Server {
            seat,
            woken,
            calls: call,
            answers: to_clients,
            events: to_all,
            joined,
            shared: Arc::clone(&shared),
            peers: Vec::new(),
            last: 0,
            closed_until: None,
        };
        let events = Some(events);
        let control = Self { calls, answers, events, joining, shared, wake, thread: None };
        Ok((control, server))
    }

    /// A client within the program: its end.
    ///
    /// # Errors
    /// As the system has them.
    pub fn join(&self) -> io::Result<UnixStream> {
        let (ours, theirs) = UnixStream::pair()?;
        self.joining.try_send(ours).map_err(|_| ErrorKind::QuotaExceeded)?;
        self.wake();
        Ok(theirs)
    }

    /// Requests, each to be answered by [`Control::done`] or [`Control::refused`].
    pub fn calls(&self) -> &Receiver<Call> {
        &self.calls
    }

    /// Whether any client wants to hear of any of these.
    pub fn wants(&self, topics: Topics) -> bool {
        Topics::of_bits(self.shared.wanted.load(Ordering::Relaxed)).has(topics)
    }

    /// Tells whoever wants to hear it. Never waits.
    pub fn tell(&self, event: &Event) {
        let topic = event.topic();
        let Some(events) = self.events.as_ref().filter(|_| self.wants(topic)) else { return };
        if events.try_send((topic, super::line(event).into())).is_err() {
            self.shared.missed.fetch_add(1, Ordering::Relaxed);
        }
        self.wake();
    }

    /// It was done; `fields` go into the answer.
    pub fn done(&self, call: Call, fields: &impl Serialize) {
        self.answer(call.client, peer::done(call.id, fields));
    }

    /// It was not done.
    pub fn refused(&self, call: Call, sentence: &str) {
        self.answer(call.client, peer::refused(call.id, sentence));
    }

    fn answer(&self, client: u64, answer: Vec<u8>) {
        // There is room: see `start`.
        let _ = self.answers.try_send((client, answer));
        self.wake();
    }

    fn wake(&self) {
        // Where it is full the thread is being woken already.
        let _ = (&self.wake).write(&[0]);
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.events = None;
        self.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Server {
    seat: Option<Seat>,
    woken: UnixStream,
    calls: Sender<Call>,
    answers: Receiver<(u64, Vec<u8>)>,
    events: Receiver<(Topics, Arc<[u8]>)>,
    joined: Receiver<UnixStream>,
    shared: Arc<Shared>,
    peers: Vec<(u64, Peer)>,
    /// The number of the client that came last.
    last: u64,
    closed_until: Option<Instant>,
}

impl Server {
    fn run(mut self) {
        let mut fds = Vec::new();
        loop {
            let now = Instant::now();
            self.watch(now, &mut fds);
            match poll(&mut fds, self.patience(now)) {
                Ok(_) => {}
                Err(error) if error.errno() == libc::EINTR => continue,
                Err(_) => return,
            }
            let came = |index: usize| fds.get(index).map_or(0, |fd: &pollfd| fd.revents);
            if came(0) != 0 {
                while matches!((&self.woken).read(&mut [0; 64]), Ok(1..)) {}
            }
            for (index, (_, peer)) in self.peers.iter_mut().enumerate() {
                let what = came(index + 2);
                if what & libc::POLLIN != 0 {
                    peer.read();
                }
                if what & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0 {
                    peer.hang_up();
                }
            }
            if came(1) != 0 {
                self.accept();
            }
            while let Ok(stream) = self.joined.try_recv() {
                self.welcome(stream);
            }
            if self.pass_on().is_err() {
                return;
            }
            self.serve();
        }
    }

    /// Who is worth being woken by: the player, who connects, and each client.
    fn watch(&mut self, now: Instant, fds: &mut Vec<pollfd>) {
        self.closed_until = self.closed_until.filter(|until| now < *until);
        let watched = |fd, events| pollfd { fd, events, revents: 0 };
        let open = if self.closed_until.is_none() { libc::POLLIN } else { 0 };
        fds.clear();
        fds.push(watched(self.woken.as_raw_fd(), libc::POLLIN));
        let listener = self.seat.as_ref().map_or(-1, |seat| seat.listener.as_raw_fd());
        fds.push(watched(listener, open));
        for (_, peer) in &self.peers {
            let reads = if peer.reads(now) { libc::POLLIN } else { 0 };
            let writes = if peer.writes() { libc::POLLOUT } else { 0 };
            fds.push(watched(peer.file(), reads | writes));
        }
    }

    /// How long, in ms, until something is due that nobody wakes it for; −1 for ever.
    fn patience(&self, now: Instant) -> i32 {
        let rests = self.peers.iter().filter_map(|(_, peer)| peer.rests(now));
        let closed = self.closed_until.map(|until| until.saturating_duration_since(now));
        let least = rests.chain(closed).min();
        // rounded up: a millisecond too early is a turn for nothing
        least.map_or(-1, |wait| i32::try_from(wait.as_millis() + 1).unwrap_or(i32::MAX))
    }

    fn accept(&mut self) {
        while let Some(seat) = &self.seat {
            match seat.listener.accept() {
                Ok((stream, _)) => self.welcome(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(_) => {
                    self.closed_until = Some(Instant::now() + NO_ROOM);
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, stream: UnixStream) {
        let Some(peer) = Peer::new(stream) else { return };
        if self.peers.len() >= CLIENTS {
            // What those asked who are gone comes last.
            let gone = self.peers.iter().position(|(_, peer)| peer.has_hung_up());
            gone.map(|index| self.peers.remove(index));
        }
        if self.peers.len() >= CLIENTS {
            return peer.turn_away(&format!("{CLIENTS} programs are connected already"));
        }
        self.last += 1;
        self.peers.push((self.last, peer));
    }

    /// Gives clients what the player has for them; an error where it is gone.
    fn pass_on(&mut self) -> Result<(), TryRecvError> {
        while let Ok((client, line)) = self.answers.try_recv() {
            self.answer(client, line);
        }
        // As many as there can be: while a flood lasts, clients have their turn too.
        // One more, which says that the player is gone after as many: nothing wakes the thread
        // for that again.
        for _ in 0..=UNDER_WAY {
            match self.events.try_recv() {
                Ok((topic, line)) => {
                    self.peers.iter_mut().for_each(|(_, peer)| peer.event(topic, &line));
                }
                Err(TryRecvError::Empty) => break,
                Err(gone) => return Err(gone),
            }
        }
        let missed = self.shared.missed.swap(0, Ordering::Relaxed);
        if missed > 0 {
            self.peers.iter_mut().for_each(|(_, peer)| peer.missed(missed));
        }
        Ok(())
    }

    fn serve(&mut self) {
        let now = Instant::now();
        let mut asked = Vec::new();
        for (client, peer) in &mut self.peers {
            if let Some(peer::Wanted { id, request }) = peer.serve(now) {
                asked.push(Call { client: *client, id, request });
            }
        }
        // What a request subscribes to is wanted before the player sees the request.
        let wanted = self.peers.iter().fold(Topics::NONE, |all, (_, peer)| all.and(peer.topics()));
        self.shared.wanted.store(wanted.bits(), Ordering::Relaxed);
        for call in asked {
            // Others may have asked and hung up.
            let Err(full) = self.calls.try_send(call) else { continue };
            let Call { client, id, .. } = full.into_inner();
            self.answer(client, peer::refused(id, "the module is busy; ask once more"));
        }
        self.peers.iter_mut().for_each(|(_, peer)| peer.write());
        self.peers.retain(|(_, peer)| !peer.is_over());
    }

    fn answer(&mut self, client: u64, line: Vec<u8>) {
        if let Some((_, peer)) = self.peers.iter_mut().find(|(id, _)| *id == client) {
            peer.answer(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_that_ends_behind_as_many_events_as_there_is_room_for_is_noticed_at_once() {
        let (control, mut server) = Control::ends(None).unwrap();
        server.shared.wanted.store(Topics::USUAL.bits(), Ordering::Relaxed);
        for _ in 0..UNDER_WAY {
            control.tell(&Event::Volume { at: 1.0, db: -6.0 });
        }
        assert_eq!(server.events.len(), UNDER_WAY);
        assert_eq!(server.shared.missed.load(Ordering::Relaxed), 0);
        drop(control);
        assert_eq!(server.pass_on(), Err(TryRecvError::Disconnected));
    }
}
