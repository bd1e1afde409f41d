//! Work on many files by several threads, steered from one.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Builder, available_parallelism};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

/// Most threads that load at once. Past four a disk has no more to give, and every thread
/// has buffers of its own.
pub const MOST_THREADS: usize = 4;

/// What a thread says when it is done with one file: nothing more than that, so that a
/// steersman can wait for it beside other things.
pub type Done = Receiver<()>;

/// Steers work from the thread that asked for it.
pub trait Steer {
    /// So many of so many are done. Break ends the work.
    fn progress(&mut self, done: usize, total: usize) -> ControlFlow<()>;

    /// Whether [`Steer::hold`] may ever say no: then nothing is begun before it was asked.
    fn is_paced(&self) -> bool {
        false
    }

    /// How long nothing more may be begun.
    fn hold(&mut self) -> Duration {
        Duration::ZERO
    }

    /// Waits until something is done, for at most `limit` where there is one. Break ends
    /// the work.
    fn wait(&mut self, done: &Done, limit: Option<Duration>) -> ControlFlow<()> {
        let told = match limit {
            Some(limit) => done.recv_timeout(limit),
            None => done.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match told {
            Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<F: FnMut(usize, usize) -> ControlFlow<()>> Steer for F {
    fn progress(&mut self, done: usize, total: usize) -> ControlFlow<()> {
        self(done, total)
    }
}

/// As many threads as the machine runs at once, at most [`MOST_THREADS`].
pub fn usual_threads() -> usize {
    available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

/// Does `work` for 0..count on `threads` threads and gives the results in order. `work` is
/// told how to find out that it is not wanted any more; its result is then thrown away.
/// `None` where the steersman broke off. Threads inherit class and priority of the caller.
pub fn each<T: Send>(
    threads: usize,
    count: usize,
    steer: &mut dyn Steer,
    work: impl Fn(usize, &dyn Fn() -> bool) -> T + Sync,
) -> Option<Vec<T>> {
    let stop = AtomicBool::new(false);
    let (give, tasks) = bounded::<usize>(2 * threads.max(1));
    let (finish, results) = unbounded();
    let (tell, done) = unbounded();
    thread::scope(|scope| {
        let worker = Worker { tasks, finish, tell, stop: &stop, work: &work };
        let start = |_: &usize| {
            let worker = worker.clone();
            let name = "rimshot-load".to_owned();
            Builder::new().name(name).spawn_scoped(scope, move || worker.run()).is_ok()
        };
        let started = (0..threads.clamp(1, count.max(1))).filter(start).count();
        let mut flow = Flow { count, begun: 0, done: 0, places: Vec::new() };
        flow.places.resize_with(count, || None);
        let finished = match started {
            0 => flow.alone(steer, &work, &stop),
            n => flow.steer(n, steer, &give, &results, &done),
        };
        stop.store(finished.is_break(), Ordering::Relaxed);
        drop(give);
        finished.is_continue().then(|| flow.places.into_iter().flatten().collect())
    })
}

/// What a thread found, or the panic that it ended in.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

struct Worker<'a, T, W> {
    tasks: Receiver<usize>,
    finish: Sender<(usize, Outcome<T>)>,
    tell: Sender<()>,
    stop: &'a AtomicBool,
    work: &'a W,
}

impl<T, W> Clone for Worker<'_, T, W> {
    fn clone(&self) -> Self {
        let (tasks, finish) = (self.tasks.clone(), self.finish.clone());
        Self { tasks, finish, tell: self.tell.clone(), stop: self.stop, work: self.work }
    }
}

impl<T, W: Fn(usize, &dyn Fn() -> bool) -> T> Worker<'_, T, W> {
    fn run(self) {
        let stopped = || self.stop.load(Ordering::Relaxed);
        for index in &self.tasks {
            // A panic is the caller's; here it would leave it waiting for ever.
            let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(index, &stopped)));
            let _ = self.finish.send((index, outcome));
            let _ = self.tell.send(());
        }
    }
}

struct Flow<T> {
    count: usize,
    begun: usize,
    done: usize,
    places: Vec<Option<T>>,
}

impl<T> Flow<T> {
    fn steer(
        &mut self,
        threads: usize,
        steer: &mut dyn Steer,
        give: &Sender<usize>,
        results: &Receiver<(usize, Outcome<T>)>,
        done: &Done,
    ) -> ControlFlow<()> {
        steer.progress(0, self.count)?;
        // With the next file at hand no thread sleeps between two, and on a busy machine
        // they do not gather on one processor.
        let depth = if steer.is_paced() { threads } else { 2 * threads };
        while self.done < self.count {
            let mut hold = Duration::ZERO;
            while self.begun < self.count && self.begun - self.done < depth {
                hold = steer.hold();
                if !hold.is_zero() || give.send(self.begun).is_err() {
                    break;
                }
                self.begun += 1;
            }
            steer.wait(done, (!hold.is_zero()).then_some(hold))?;
            for (index, outcome) in results.try_iter() {
                let result = outcome.unwrap_or_else(|panic| resume_unwind(panic));
                if let Some(place) = self.places.get_mut(index) {
                    *place = Some(result);
                }
                self.done += 1;
                steer.progress(self.done, self.count)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// The system gives no thread: then this one does it.
    fn alone(
        &mut self,
        steer: &mut dyn Steer,
        work: &impl Fn(usize, &dyn Fn() -> bool) -> T,
        stop: &AtomicBool,
    ) -> ControlFlow<()> {
        for (index, place) in self.places.iter_mut().enumerate() {
            steer.progress(index, self.count)?;
            *place = Some(work(index, &|| stop.load(Ordering::Relaxed)));
        }
        steer.progress(self.count, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go_on(_: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        for threads in [0, 1, 2, 7] {
            let got = each(threads, 100, &mut go_on, |i, _| i * i);
            assert_eq!(got, Some((0..100).map(|i| i * i).collect()), "{threads}");
        }
        assert_eq!(each(3, 0, &mut go_on, |i, _| i), Some(vec![]));
    }

    #[test]
    fn breaking_off_tells_work_that_is_under_way() {
        let mut steer = |done, _| match done {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let got = each(2, 10, &mut steer, |i, stopped| {
            while i > 0 && !stopped() {
                thread::yield_now();
            }
        });
        assert_eq!(got, None, "the second would never end otherwise");
    }

    #[test]
    fn nothing_is_begun_while_the_steersman_holds() {
        struct Slow(Vec<&'static str>);
        impl Steer for Slow {
            fn progress(&mut self, done: usize, _: usize) -> ControlFlow<()> {
                self.0.push(if done == 0 { "begin" } else { "done" });
                ControlFlow::Continue(())
            }
            fn is_paced(&self) -> bool {
                true
            }
            fn hold(&mut self) -> Duration {
                let hold = self.0.last() != Some(&"waited");
                self.0.push(if hold { "hold" } else { "go" });
                Duration::from_millis(u64::from(hold))
            }
            fn wait(&mut self, done: &Done, limit: Option<Duration>) -> ControlFlow<()> {
                self.0.push("waited");
                if limit.is_none() {
                    let _ = done.recv();
                }
                ControlFlow::Continue(())
            }
        }
        let mut slow = Slow(Vec::new());
        each(1, 1, &mut slow, |_, _| ());
        assert_eq!(slow.0, ["begin", "hold", "waited", "go", "waited", "done"]);
    }

    #[test]
    fn a_panic_in_one_thread_reaches_the_one_that_asked() {
        let run = || each(2, 4, &mut go_on, |i, _| assert!(i != 2, "two"));
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    }
}
