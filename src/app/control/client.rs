//! The other end of the socket: what `ctl` and `monitor` talk through.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::{Greeting, PROTOCOL, Request, line, place};
use crate::app::config;

/// A module that does not answer within this time is stuck.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest line that is believed: a status of 10 000 kits has 2 MB.
const LONGEST: u64 = 16 << 20;

/// How a command finds the module.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Reach {
    /// The module's socket. [default: the configuration's, else that of your own module,
    /// else that of the service]
    #[arg(short, long, value_name = "PATH", global = true)]
    pub socket: Option<PathBuf>,
}

impl Reach {
    /// Where the socket may lie, by the settings of a configuration.
    pub fn places(&self, config: &config::Control) -> Vec<PathBuf> {
        match &self.socket {
            Some(path) => vec![path.clone()],
            None => place::of_clients(&config.socket),
        }
    }
}

/// Why there is no link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLink {
    /// No module has a socket in any of these places.
    Nobody(Vec<PathBuf>),
    /// There is one, and it cannot be talked to: a sentence.
    Refused(String),
}

impl std::fmt::Display for NoLink {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            NoLink::Nobody(places) if places.is_empty() => {
                write!(f, "the configuration says socket = \"none\" under [control]")
            }
            NoLink::Nobody(places) => {
                let places: Vec<_> = places.iter().map(|p| p.display().to_string()).collect();
                write!(f, "no module plays: there is none at {}", places.join(" nor at "))
            }
            NoLink::Refused(why) => write!(f, "{why}"),
        }
    }
}

/// A connection to a module.
#[derive(Debug)]
pub struct Link {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
    /// What the module said first.
    pub greeting: Greeting,
}

impl Link {
    /// To the module in the first of these places where one lives.
    ///
    /// # Errors
    /// Where there is none, or it cannot be talked to.
    pub fn open(places: Vec<PathBuf>) -> Result<Self, NoLink> {
        for path in &places {
            match UnixStream::connect(path) {
                Ok(stream) => return Self::greet(stream, path),
                Err(error) => match error.kind() {
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused => {}
                    ErrorKind::PermissionDenied => {
                        let path = path.display();
                        return Err(NoLink::Refused(format!(
                            "{path} may not be used: that takes a member of the socket's group, \
                             which is rimshot for the service"
                        )));
                    }
                    _ => return Err(NoLink::Refused(format!("{}: {error}", path.display()))),
                },
            }
        }
        Err(NoLink::Nobody(places))
    }

    /// By a connection that stands already.
    ///
    /// # Errors
    /// Where the module cannot be talked to.
    pub fn over(stream: UnixStream) -> Result<Self, NoLink> {
        Self::greet(stream, Path::new("the module"))
    }

    fn greet(stream: UnixStream, path: &Path) -> Result<Self, NoLink> {
        let refused = |why: &str| NoLink::Refused(format!("{}: {why}", path.display()));
        let failed = |error: io::Error| refused(&error.to_string());
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        let lines = BufReader::new(stream.try_clone().map_err(failed)?);
        let greeting = Greeting { rimshot: String::new(), protocol: 0 };
        let mut link = Self { stream, lines, greeting };
        let first = match link.line() {
            Ok(Some(first)) => first,
            Ok(None) => return Err(refused("the module hung up")),
            Err(error) => return Err(refused(&sentence(&error))),
        };
        link.greeting = serde_json::from_str(&first)
            .map_err(|_| refused("what listens there is no rimshot"))?;
        if link.greeting.protocol != PROTOCOL {
            let Greeting { rimshot, protocol } = &link.greeting;
            return Err(refused(&format!(
                "the module is rimshot {rimshot} and speaks protocol {protocol}; this program \
                 speaks {PROTOCOL}"
            )));
        }
        Ok(link)
    }

    /// The next line, without its end; `None` where the module has ended.
    ///
    /// # Errors
    /// Where nothing came for a while, unless [`Link::wait_for_ever`] was called, and where
    /// the line is no text.
    pub fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.lines.by_ref().take(LONGEST).read_line(&mut line);
        match read {
            Ok(_) if line.ends_with('\n') => {
                line.pop();
                Ok(Some(line))
            }
            // half a line is the last word of a module that was killed
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks, and waits for the answer; events that come before it are left out.
    ///
    /// # Errors
    /// A sentence: there was no answer, or the module refuses.
    pub fn ask(&mut self, request: &Request) -> Result<Value, String> {
        self.ask_for_line(request).map(|(_, value)| value)
    }

    /// The same, with the line that says it.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub fn ask_for_line(&mut self, request: &Request) -> Result<(String, Value), String> {
        self.stream.write_all(&line(&request.to_json())).map_err(|error| sentence(&error))?;
        loop {
            let line = self.line().map_err(|error| sentence(&error))?;
            let line = line.ok_or("the module ended before it answered")?;
            let value: Value = serde_json::from_str(&line)
                .map_err(|error| format!("the answer is no JSON: {error}"))?;
            match value.get("ok").and_then(Value::as_bool) {
                Some(true) => return Ok((line, value)),
                Some(false) => {
                    let why = value.get("error").and_then(Value::as_str);
                    return Err(why.unwrap_or("the module refuses").to_owned());
                }
                None => {}
            }
        }
    }

    /// From now on lines may come as late as they like.
    ///
    /// # Errors
    /// As the system has them.
    pub fn wait_for_ever(&self) -> io::Result<()> {
        self.stream.set_read_timeout(None)
    }

    /// What asks and hangs up from another thread: then [`Link::line`] has an end.
    ///
    /// # Errors
    /// As the system has them.
    pub fn hook(&self) -> io::Result<Hook> {
        self.stream.try_clone().map(Hook)
    }
}

/// Asks by a [`Link`] that another thread reads, and hangs it up.
#[derive(Debug)]
pub struct Hook(UnixStream);

impl Hook {
    /// Asks, from another thread than the one that reads: the answer is among the lines.
    ///
    /// # Errors
    /// As the system has them.
    pub fn send(&self, request: &Request) -> io::Result<()> {
        (&self.0).write_all(&line(&request.to_json()))
    }

    /// Ends the conversation.
    pub fn hang_up(&self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

fn sentence(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("the module has not answered for {} s", PATIENCE.as_secs())
        }
        ErrorKind::BrokenPipe => "the module has hung up".to_owned(),
        _ => error.to_string(),
    }
}
