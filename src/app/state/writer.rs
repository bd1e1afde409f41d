//! The thread that writes.

use std::collections::BTreeMap;
use std::io;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};

/// A file's name and its new text.
type Job = (u64, &'static str, String);

/// The thread ends when this is dropped and all is written.
#[derive(Debug)]
pub(super) struct Writer {
    /// What is to be written, numbered; of those that wait for one file the newest wins.
    /// Unbounded, but there is at most one in three seconds.
    jobs: Option<Sender<Job>>,
    /// The number of what was written, and why it could not be.
    written: Receiver<(u64, Result<(), String>)>,
    /// The number that was handed over last.
    last: u64,
    /// The number that was answered last.
    answered: u64,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    /// Waits until all is written: whoever comes next finds it, and the folder free.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Writer {
    pub(super) fn start(
        mut write: impl FnMut(&'static str, &str) -> Result<(), String> + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, work) = unbounded::<Job>();
        let (tell, written) = unbounded();
        let work = move || {
            while let Ok(first) = work.recv() {
                let all = std::iter::once(first).chain(work.try_iter());
                let newest: BTreeMap<&str, Job> = all.map(|job| (job.1, job)).collect();
                let mut newest: Vec<Job> = newest.into_values().collect();
                newest.sort_by_key(|(number, ..)| *number);
                for (number, name, text) in newest {
                    if tell.send((number, write(name, &text))).is_err() {
                        return;
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("rimshot-state".to_owned()).spawn(work)?;
        Ok(Self { jobs: Some(jobs), written, last: 0, answered: 0, thread: Some(thread) })
    }

    pub(super) fn write(&mut self, name: &'static str, text: String) {
        self.last += 1;
        // Fails only when the thread is gone; then its answers end as well.
        let job = (self.last, name, text);
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
    }

    /// Its next answer; `wait`: also one that it has yet to give.
    pub(super) fn answer(&mut self, wait: bool) -> Option<Result<(), String>> {
        if self.answered >= self.last {
            return None;
        }
        let answer = match wait {
            true => self.written.recv().map_err(|_| TryRecvError::Disconnected),
            false => self.written.try_recv(),
        };
        let (number, result) = match answer {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                (self.last, Err("the thread that writes it has ended".to_owned()))
            }
        };
        self.answered = number;
        Some(result)
    }
}
