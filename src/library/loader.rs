//! The thread that loads kits while others play.

use std::any::Any;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};

use super::SampleLibrary;
use super::load::load_kit_for;
use crate::kit::{Kit, KitPlan};
use crate::words::Problem;

/// Reads what a kit's folder says: the plan, unless there is none, and what is wrong.
pub type ReadPlan = Box<dyn Fn(&Path) -> (Option<KitPlan>, Vec<Problem>) + Send>;

/// Asks for a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRequest {
    /// Chosen by the caller; comes back in the reports.
    pub ticket: u64,
    /// The kit's folder.
    pub folder: PathBuf,
}

/// What the loader says about a request. Requests that were overtaken by a newer one
/// are not answered; an answer that was ready in the moment a newer request came may
/// still arrive, so compare the ticket.
#[derive(Debug)]
pub enum LoadReport {
    /// Recordings are being loaded. Left out while earlier reports wait to be read.
    Progress {
        /// Which request.
        ticket: u64,
        /// Recordings that are done.
        done: usize,
        /// Recordings there are.
        total: usize,
    },
    /// The kit can be played.
    Ready {
        /// Which request.
        ticket: u64,
        /// The kit.
        kit: Box<Kit>,
        /// The kit's name, from its plan.
        name: String,
        /// Its fixed program number, from its plan.
        program: Option<u8>,
        /// The rate that its samples are at, in frames a second.
        rate: u32,
        /// What was wrong and is left out.
        problems: Vec<Problem>,
    },
    /// There is nothing to play.
    Failed {
        /// Which request.
        ticket: u64,
        /// Why; at least one.
        problems: Vec<Problem>,
    },
}

/// The loader thread. It ends, within one recording, when this is dropped.
#[derive(Debug)]
pub struct Loader {
    requests: Option<Sender<LoadRequest>>,
    reports: Receiver<LoadReport>,
    thread: Option<JoinHandle<()>>,
    is_idle_class: bool,
}

impl Loader {
    /// Starts the thread `rimshot-loader`. It asks for the idle scheduling class, so that
    /// it gets what playing leaves over; the kernel's disk scheduler follows that class.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(library: Arc<SampleLibrary>, read_plan: ReadPlan) -> io::Result<Self> {
        // Neither channel grows without bound: the loader takes all requests at once and
        // keeps the last; a report is an answer to a request, or the one progress that
        // waits alone.
        let (requests, work) = unbounded();
        let (report, reports) = unbounded();
        let (tell_class, class) = bounded(1);
        let worker = Worker { library, read_plan, work, report };
        let thread =
            std::thread::Builder::new().name("rimshot-loader".into()).spawn(move || {
                let _ = tell_class.send(enter_idle_class());
                worker.run();
            })?;
        let is_idle_class = class.recv().unwrap_or(false);
        Ok(Self { requests: Some(requests), reports, thread: Some(thread), is_idle_class })
    }

    /// Asks for a kit. A request that is still waiting is forgotten and a load under way
    /// is left at its next recording: the newest wins.
    pub fn request(&self, request: LoadRequest) {
        if let Some(requests) = &self.requests {
            // Fails only when the thread is gone; then the reports end as well.
            let _ = requests.send(request);
        }
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

/// Puts the calling thread into SCHED_IDLE; anyone may, unless a sandbox forbids it.
fn enter_idle_class() -> bool {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: 0 is the calling thread and the pointer is to a live sched_param.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameters) == 0 }
}

struct Worker {
    library: Arc<SampleLibrary>,
    read_plan: ReadPlan,
    work: Receiver<LoadRequest>,
    report: Sender<LoadReport>,
}

impl Worker {
    fn run(self) {
        let mut next = self.work.recv().ok();
        while let Some(request) = next.take() {
            let request = self.work.try_iter().last().unwrap_or(request);
            let ticket = request.ticket;
            let mut newer = None;
            // A mistake of ours in one kit must not end the loading of all others.
            let load = || self.load(&request, &mut newer);
            let answer = catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|panic| {
                let what = format!("rimshot has a bug here: {}", panic_text(&*panic));
                let problems = vec![Problem::error(&request.folder, what)];
                Some(LoadReport::Failed { ticket, problems })
            });
            let Some(answer) = answer else {
                // What it had loaded is nobody's: scrolling through large kits would fill
                // the memory with their beginnings.
                self.library.sweep();
                next = newer;
                continue;
            };
            // Nobody listens: then nobody will ask again either.
            if self.report.send(answer).is_err() {
                return;
            }
            next = newer.or_else(|| self.work.recv().ok());
        }
    }

    /// The answer; `None` where a newer request, which is put into `newer`, or the end of
    /// the loader came first.
    fn load(&self, request: &LoadRequest, newer: &mut Option<LoadRequest>) -> Option<LoadReport> {
        let ticket = request.ticket;
        let (plan, mut problems) = (self.read_plan)(&request.folder);
        let Some(plan) = plan else {
            if problems.is_empty() {
                problems.push(Problem::error(&request.folder, "there is no kit in this folder"));
            }
            return Some(LoadReport::Failed { ticket, problems });
        };
        let rate = self.library.rate();
        let mut progress = |done, total| match self.work.try_recv() {
            Ok(request) => {
                *newer = Some(request);
                ControlFlow::Break(())
            }
            Err(TryRecvError::Disconnected) => ControlFlow::Break(()),
            Err(TryRecvError::Empty) => {
                if self.report.is_empty() {
                    let _ = self.report.send(LoadReport::Progress { ticket, done, total });
                }
                ControlFlow::Continue(())
            }
        };
        let (kit, found) = load_kit_for(rate, &plan, &self.library, &mut progress)?;
        problems.extend(found);
        if kit.sounds.is_empty() {
            let what = "none of its recordings can be played";
            problems.push(Problem::error(&request.folder, what));
            return Some(LoadReport::Failed { ticket, problems });
        }
        let (kit, name, program) = (Box::new(kit), plan.name, plan.program);
        Some(LoadReport::Ready { ticket, kit, name, program, rate, problems })
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
    use crate::library::tests::{Folder, wav_bytes};
    use crate::words::Slot;

    /// A kit of one snare: `snare.wav` in its folder.
    fn snare(folder: &Path) -> (Option<KitPlan>, Vec<Problem>) {
        let choice = ChoicePlan::Measured(vec![folder.join("snare.wav")]);
        let plan = KitPlan {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            folder: folder.into(),
            program: Some(7),
            trim: false,
            sounds: vec![SoundPlan::new(Slot::SNARE, vec![ArticulationPlan::whole(choice)])],
        };
        (Some(plan), vec![Problem::warning(folder, "said by the plan")])
    }

    fn kits(names: &[&str]) -> Folder {
        let folder = Folder::new("loader");
        for name in names {
            folder.write(&format!("{name}/snare.wav"), &wav_bytes(48_000, &[900; 64]));
        }
        folder
    }

    fn start(
        read_plan: impl Fn(&Path) -> (Option<KitPlan>, Vec<Problem>) + Send + 'static,
    ) -> Loader {
        Loader::start(Arc::new(SampleLibrary::new(48_000)), Box::new(read_plan)).unwrap()
    }

    /// The next report that is no progress.
    fn answer(loader: &Loader) -> LoadReport {
        let mut reports = loader.reports().iter();
        reports.find(|r| !matches!(r, LoadReport::Progress { .. })).expect("the loader lives")
    }

    fn ask(loader: &Loader, ticket: u64, folder: PathBuf) {
        loader.request(LoadRequest { ticket, folder });
    }

    #[test]
    fn a_kit_comes_back_with_its_ticket_and_its_name_and_a_second_time_with_the_same_id() {
        let folder = kits(&["Jazz"]);
        let loader = start(snare);
        let mut ids = Vec::new();
        for ticket in [41, 42] {
            ask(&loader, ticket, folder.path().join("Jazz"));
            let LoadReport::Ready { ticket: back, kit, name, program, rate, problems } =
                answer(&loader)
            else {
                panic!("the kit is sound")
            };
            assert_eq!((back, name.as_str(), program, rate), (ticket, "Jazz", Some(7), 48_000));
            assert_eq!((kit.samples.len(), problems.len()), (1, 1));
            ids.push(kit.id.0);
        }
        assert_eq!(ids[0], ids[1], "its samples are still in the library");
    }

    #[test]
    fn progress_is_told_before_the_answer() {
        let folder = kits(&["Jazz"]);
        let loader = start(snare);
        ask(&loader, 1, folder.path().join("Jazz"));
        let first = loader.reports().recv().unwrap();
        assert!(matches!(first, LoadReport::Progress { ticket: 1, done: 0, total: 1 }));
    }

    #[test]
    fn the_newest_request_wins_over_the_one_under_way_and_those_that_wait() {
        let folder = kits(&["A", "B", "C"]);
        let (entered, names) = unbounded();
        let (gate, opened) = unbounded::<()>();
        let library = Arc::new(SampleLibrary::new(48_000));
        let read_plan = Box::new(move |folder: &Path| {
            entered.send(folder.file_name().unwrap().to_owned()).unwrap();
            opened.recv().unwrap();
            snare(folder)
        });
        let loader = Loader::start(library.clone(), read_plan).unwrap();
        ask(&loader, 1, folder.path().join("A"));
        assert_eq!(names.recv().unwrap(), "A");
        // As if it had come this far before it was overtaken.
        library.get_or_load(&folder.path().join("A/snare.wav"), 0.0, false).unwrap();
        ask(&loader, 2, folder.path().join("B"));
        ask(&loader, 3, folder.path().join("C"));
        gate.send(()).unwrap();
        gate.send(()).unwrap();
        let first = loader.reports().recv().unwrap();
        assert!(matches!(first, LoadReport::Progress { ticket: 3, .. }), "{first:?}");
        assert!(matches!(answer(&loader), LoadReport::Ready { ticket: 3, .. }));
        // B was never looked at, and nothing is left of A.
        assert_eq!(names.try_iter().collect::<Vec<_>>(), ["C"]);
        assert_eq!(library.len(), 1);
    }

    #[test]
    fn a_folder_without_a_playable_kit_fails_in_words() {
        let folder = kits(&[]);
        let loader = start(|folder| match folder.ends_with("none") {
            true => (None, vec![]),
            false => snare(folder),
        });
        for (name, said) in [
            ("none", vec!["there is no kit in this folder"]),
            (
                "silent",
                vec![
                    "said by the plan",
                    "there is no such file or folder",
                    "none of its recordings can be played",
                ],
            ),
        ] {
            ask(&loader, 5, folder.path().join(name));
            let LoadReport::Failed { ticket: 5, problems } = answer(&loader) else { panic!() };
            assert_eq!(problems.iter().map(|p| p.what.as_str()).collect::<Vec<_>>(), said);
        }
    }

    #[test]
    fn a_bug_in_reading_one_kit_leaves_the_loader_alive_for_the_next() {
        let folder = kits(&["Jazz"]);
        let loader = start(|folder| match folder.ends_with("bug") {
            true => panic!("out of cheese"),
            false => snare(folder),
        });
        ask(&loader, 1, folder.path().join("bug"));
        let LoadReport::Failed { problems, .. } = answer(&loader) else { panic!() };
        assert_eq!(problems[0].what, "rimshot has a bug here: out of cheese");
        ask(&loader, 2, folder.path().join("Jazz"));
        assert!(matches!(answer(&loader), LoadReport::Ready { ticket: 2, .. }));
    }

    #[test]
    fn the_thread_has_its_name_its_class_as_told_and_ends_with_the_loader() {
        let (tell, told) = unbounded();
        let loader = start(move |folder| {
            // SAFETY: 0 is the calling thread; nothing is written.
            let class = unsafe { libc::sched_getscheduler(0) };
            let name = std::thread::current().name().map(str::to_owned);
            tell.send((class == libc::SCHED_IDLE, name)).unwrap();
            snare(folder)
        });
        ask(&loader, 1, "nowhere".into());
        let (is_idle, name) = told.recv().unwrap();
        assert_eq!((is_idle, name.as_deref()), (loader.is_idle_class(), Some("rimshot-loader")));
        let reports = loader.reports().clone();
        drop(loader);
        assert_eq!(reports.iter().filter(|r| matches!(r, LoadReport::Ready { .. })).count(), 0);
        assert!(told.recv().is_err(), "what the thread owned is gone");
    }
}
