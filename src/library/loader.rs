//! The thread that loads kits while others play.

mod inbox;
mod pace;
mod request;

use std::any::Any;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError, after, bounded, never, select, unbounded};

use super::SampleLibrary;
use super::load::{How, LoadedKit, load, load_sample};
use super::workers::{Done, Steer, usual_threads};
use crate::kit::KitPlan;
use crate::words::{Problem, Severity};
use inbox::{Inbox, Interrupt, Job};
pub use pace::Pace;
pub use request::{LoadReport, LoadRequest, SampleRequest, Urgency};

/// Reads what a kit's folder says: the plan, unless there is none, and what is wrong.
pub type ReadPlan = Box<dyn Fn(&Path) -> (Option<KitPlan>, Vec<Problem>) + Send>;

/// What reaches the thread.
#[derive(Debug)]
enum Message {
    Load(LoadRequest),
    Sample(SampleRequest),
    Keep(Vec<PathBuf>),
}

/// The loader thread and those that read files for it. They end, within one block of one
/// recording, when this is dropped.
#[derive(Debug)]
pub struct Loader {
    requests: Option<Sender<Message>>,
    reports: Receiver<LoadReport>,
    thread: Option<JoinHandle<()>>,
    is_idle_class: bool,
}

impl Loader {
    /// Starts the thread `rimshot-loader`. It asks for the idle classes of processor and
    /// disk, so that it gets what playing leaves over.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(library: Arc<SampleLibrary>, read_plan: ReadPlan) -> io::Result<Self> {
        Self::start_with(library, read_plan, usual_threads(), None)
    }

    /// As [`Loader::start`], with so many threads that read files to play at once, and a
    /// pace for what is loaded ahead.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(
        library: Arc<SampleLibrary>,
        read_plan: ReadPlan,
        threads: usize,
        pace: Option<Pace>,
    ) -> io::Result<Self> {
        // Neither channel grows without bound: the loader takes all requests at once and
        // keeps the last of each kit; a report is an answer to a request, or the one
        // progress that waits alone.
        let (requests, work) = unbounded();
        let (report, reports) = unbounded();
        let (tell_class, class) = bounded(1);
        let worker = Worker { library, read_plan, work, report, threads, pace };
        let thread =
            std::thread::Builder::new().name("rimshot-loader".into()).spawn(move || {
                let _ = tell_class.send(enter_idle_classes());
                worker.run();
            })?;
        let is_idle_class = class.recv().unwrap_or(false);
        Ok(Self { requests: Some(requests), reports, thread: Some(thread), is_idle_class })
    }

    fn send(&self, message: Message) {
        if let Some(requests) = &self.requests {
            // Fails only when the thread is gone; then the reports end as well.
            let _ = requests.send(message);
        }
    }

    /// Asks for a kit. One to be played is begun at once: what is being loaded is left at
    /// its next block, for good if it was to be played, until later if it was a preload.
    /// A preload waits for its turn, after those that were asked for before.
    pub fn request(&self, request: LoadRequest) {
        self.send(Message::Load(request));
    }

    /// Asks for one sample of a lazy kit. Whatever else is loaded, it comes first.
    pub fn sample(&self, request: SampleRequest) {
        self.send(Message::Sample(request));
    }

    /// From now on only the preloads of these folders are wanted; others that wait or are
    /// under way are forgotten.
    pub fn keep(&self, folders: &[PathBuf]) {
        self.send(Message::Keep(folders.to_vec()));
    }

    /// Where the reports arrive. It disconnects when the thread is gone.
    pub fn reports(&self) -> &Receiver<LoadReport> {
        &self.reports
    }

    /// Whether the thread runs in the idle scheduling class.
    pub fn is_idle_class(&self) -> bool {
        self.is_idle_class
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Puts the calling thread, and those it starts, into the idle classes of processor and
/// disk; anyone may, unless a sandbox forbids it. Gives whether the first one worked.
fn enter_idle_classes() -> bool {
    // linux/ioprio.h: who = one thread (0: this one), and the class in the upper bits.
    const WHO_PROCESS: libc::c_int = 1;
    const CLASS_IDLE: libc::c_int = 3 << 13;
    // SAFETY: takes three numbers and touches no memory.
    unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, 0, CLASS_IDLE) };
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: 0 is the calling thread and the pointer is to a live sched_param.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameters) == 0 }
}

struct Worker {
    library: Arc<SampleLibrary>,
    read_plan: ReadPlan,
    work: Receiver<Message>,
    report: Sender<LoadReport>,
    threads: usize,
    pace: Option<Pace>,
}

impl Worker {
    fn run(self) {
        let mut inbox = Inbox::default();
        loop {
            if self.collect(&mut inbox).is_break() {
                return;
            }
            match inbox.next() {
                Some(Job::Sample(request)) => self.sample(request),
                Some(Job::Load(request)) => self.answer(request, &mut inbox),
                None => match self.work.recv() {
                    Ok(message) => inbox.put(message),
                    Err(_) => return,
                },
            }
        }
    }

    /// Takes what has come; breaks where nothing more will.
    fn collect(&self, inbox: &mut Inbox) -> ControlFlow<()> {
        loop {
            match self.work.try_recv() {
                Ok(message) => inbox.put(message),
                Err(TryRecvError::Empty) => return ControlFlow::Continue(()),
                Err(TryRecvError::Disconnected) => return ControlFlow::Break(()),
            }
        }
    }

    fn sample(&self, request: SampleRequest) {
        let SampleRequest { ticket, folder, index, wanted } = request;
        let load = || load_sample(&self.library, &folder, &wanted);
        let loaded = caught(load).unwrap_or_else(|bug| Err(Problem::error(&wanted.path, bug)));
        let _ = self.report.send(LoadReport::Sample { ticket, folder, index, loaded });
    }

    fn answer(&self, request: LoadRequest, inbox: &mut Inbox) {
        inbox.running = Some((request.urgency, request.folder.clone()));
        // A mistake of ours in one kit must not end the loading of all others.
        let answer = caught(|| self.load(&request, inbox)).unwrap_or_else(|bug| {
            let problems = vec![Problem::error(&request.folder, bug)];
            Some(LoadReport::Failed { ticket: request.ticket, problems })
        });
        inbox.running = None;
        let interrupt = inbox.interrupt.take();
        match answer {
            Some(answer) => drop(self.report.send(answer)),
            None if interrupt == Some(Interrupt::Later) => inbox.put_back(request),
            None => {}
        }
    }

    /// The answer; `None` where it is not wanted (now).
    fn load(&self, request: &LoadRequest, inbox: &mut Inbox) -> Option<LoadReport> {
        let ticket = request.ticket;
        let was_there = request.folder.is_dir();
        let (plan, mut problems) = (self.read_plan)(&request.folder);
        let Some(plan) = plan else {
            if problems.is_empty() {
                problems.push(Problem::error(&request.folder, "there is no kit in this folder"));
            }
            return Some(LoadReport::Failed { ticket, problems });
        };
        let rate = self.library.rate();
        let is_urgent = request.urgency == Urgency::Play;
        // What is loaded ahead takes one thread: it has time, and disturbs less.
        let threads = if is_urgent { self.threads } else { 1 };
        let how = How { rate, threads, mode: request.mode, least: request.least };
        let pace = self.pace.as_ref().filter(|_| !is_urgent);
        let mut steersman = Steersman { worker: self, inbox, ticket, pace: pace.map(Pace::begin) };
        if steersman.look().is_break() {
            return None;
        }
        match load(&plan, &self.library, how, &mut steersman)? {
            Ok(LoadedKit { kit, sources, thinned, problems: found }) => {
                // A stick was pulled: half a kit in place of the one that plays helps nobody,
                // nor does a sentence for each recording.
                if was_there && !found.is_empty() && !request.folder.is_dir() {
                    let gone = Problem::error(&request.folder, "it went away while it was loaded");
                    return Some(LoadReport::Failed { ticket, problems: vec![gone] });
                }
                problems.extend(found);
                if kit.sounds.is_empty() {
                    let what = "none of its recordings can be played";
                    problems.push(Problem::error(&request.folder, what));
                    return Some(LoadReport::Failed { ticket, problems });
                }
                let (kit, name, program) = (Box::new(kit), plan.name, plan.program);
                Some(LoadReport::Ready {
                    ticket,
                    kit,
                    name,
                    program,
                    rate,
                    sources,
                    thinned,
                    problems,
                })
            }
            Err(mut problem) => {
                if !is_urgent {
                    problem.severity = Severity::Note;
                    problem.what = format!("it is not kept ready: {}", problem.what);
                }
                problems.push(problem);
                Some(LoadReport::Failed { ticket, problems })
            }
        }
    }
}

/// Steers a load by what reaches the thread meanwhile.
struct Steersman<'a> {
    worker: &'a Worker,
    inbox: &'a mut Inbox,
    ticket: u64,
    pace: Option<pace::Paced<'a>>,
}

impl Steersman<'_> {
    /// Takes what has come, loads what comes first, and breaks where the kit is not wanted.
    fn look(&mut self) -> ControlFlow<()> {
        self.worker.collect(self.inbox)?;
        while let Some(request) = self.inbox.samples.pop_front() {
            self.worker.sample(request);
        }
        match self.inbox.interrupt {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }
}

impl Steer for Steersman<'_> {
    fn progress(&mut self, done: usize, total: usize) -> ControlFlow<()> {
        self.look()?;
        let report = &self.worker.report;
        if report.is_empty() {
            let _ = report.send(LoadReport::Progress { ticket: self.ticket, done, total });
        }
        ControlFlow::Continue(())
    }

    fn is_paced(&self) -> bool {
        self.pace.is_some()
    }

    fn hold(&mut self) -> Duration {
        self.pace.as_mut().map_or(Duration::ZERO, pace::Paced::hold)
    }

    fn wait(&mut self, done: &Done, limit: Option<Duration>) -> ControlFlow<()> {
        let timer = limit.map_or_else(never, after);
        select! {
            recv(self.worker.work) -> message => match message {
                Ok(message) => self.inbox.put(message),
                Err(_) => return ControlFlow::Break(()),
            },
            recv(done) -> _ => {}
            recv(timer) -> _ => {}
        }
        self.look()
    }
}

/// What `work` gives, or a sentence about the mistake of ours that it ended in.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| format!("rimshot has a bug here: {}", panic_text(&*panic)))
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests;
