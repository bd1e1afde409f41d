//! A program that runs beside a test: its lines are waited for, its end too, and never a
//! while "that should do".

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long anything may take: a busy machine is no failure, a hanging program is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A process that does not outlive its test.
pub struct Process(pub std::process::Child);

impl Drop for Process {
    fn drop(&mut self) {
        // a test that failed half-way leaves no program running
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running program.
pub struct Child {
    process: Process,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    complaints: String,
    /// Every line of its output so far.
    pub said: Vec<String>,
}

impl Child {
    pub fn start(mut command: Command) -> Self {
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut stderr = process.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let errors = Some(errors);
        let process = Process(process);
        Self { process, lines, errors, complaints: String::new(), said: Vec::new() }
    }

    /// Waits for a line with this in it.
    #[track_caller]
    pub fn wait_for(&mut self, part: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.said.push(line);
                    if self.said.last().is_some_and(|line| line.contains(part)) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no '{part}' in {:#?}", self.said),
                Err(RecvTimeoutError::Disconnected) => {
                    let code = self.end();
                    panic!("it ended ({code:?}) without '{part}': {:#?}", self.said);
                }
            }
        }
    }

    /// Takes the lines that are there.
    pub fn poll(&mut self) {
        self.said.extend(self.lines.try_iter());
    }

    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: takes no pointer; the process is not reaped before `end`.
        let sent = unsafe { libc::kill(self.process.0.id() as libc::pid_t, signal) };
        assert_eq!(sent, 0);
    }

    /// Waits for its end; the exit code, or `None` where a signal ended it.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said.push(line),
                // its output is closed: it has ended
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {:#?}", self.said),
            }
        }
        let status = self.process.0.wait().unwrap();
        if let Some(errors) = self.errors.take() {
            self.complaints = errors.join().unwrap();
        }
        status.code()
    }

    /// What it wrote on standard error; complete after [`Child::end`].
    pub fn complaints(&self) -> &str {
        &self.complaints
    }
}
