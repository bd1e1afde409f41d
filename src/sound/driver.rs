//! Playing on a sound card, through cpal's ALSA host.

use std::sync::Arc;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, SampleFormat, StreamConfig};

use crate::words::stream::{AudioSource, StreamMeters, StreamShape};
use crate::words::time::Clock;

use super::Wanted;
use super::berth::{Quay, berth};
use super::convert::{CardSample, Outputs, lacking, places};
use super::pick::{Pick, pick};
use super::plan::{Candidate, Try};
use super::shell::{Health, Shell, Trouble};

/// cpal gives the device this long between two signs of life before it looks whether it
/// is still there; a second is longer than any period.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// How long a callback whose stream is gone rests before the next error. cpal repeats
/// some errors without a pause, at real-time priority: the control thread must get the
/// processor to close the stream.
const REST: Duration = Duration::from_millis(5);

/// A stream that plays.
pub(super) struct Running {
    /// Dropped, it ends.
    pub(super) output: Box<dyn Send>,
    pub(super) quay: Quay,
    pub(super) health: Arc<Health>,
    pub(super) shape: StreamShape,
    /// What a person calls it.
    pub(super) name: String,
    /// Card, PCM, format, rate, period, channels as one line.
    pub(super) what: String,
    pub(super) pcm: String,
    pub(super) card: Option<String>,
    /// Why it is not what was tried first; empty where it is.
    pub(super) failed: Vec<String>,
    /// Outputs that it lacks and what plays where instead, one clause for each pair.
    pub(super) lacks: Vec<String>,
}

/// What every stream needs besides a PCM.
pub(super) struct Needs<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) clock: Clock,
    pub(super) meters: &'a Arc<StreamMeters>,
}

type Source = Box<dyn AudioSource>;

/// Opens the first candidate that lets itself be opened, and plays `source` on it.
///
/// # Errors
/// One sentence for each candidate, and the source.
pub(super) fn open(
    plan: &[Candidate],
    needs: &Needs,
    mut source: Source,
) -> Result<Running, (Vec<String>, Source)> {
    // alsa-lib writes to stderr whatever it does not find; for this thread it goes into a
    // buffer instead, because what it means is said below.
    let _quiet = alsa::Output::local_error_handler();
    let devices = match cpal::host_from_id(cpal::HostId::Alsa) {
        Ok(host) => Devices::list(&host),
        Err(error) => return Err((vec![reason(&error)], source)),
    };
    let mut failed = Vec::new();
    for candidate in plan {
        let mut last: Option<Failure> = None;
        for way in &candidate.tries {
            match open_pcm(&devices, candidate, way, needs, source) {
                Ok(mut running) => {
                    if let Some(Failure { why, .. }) = last.filter(|_| way.converts) {
                        running.what += &format!(" because {why}");
                    }
                    return Ok(Running { failed, ..running });
                }
                Err((failure, back)) => {
                    source = back;
                    let hopeless = failure.hopeless;
                    last.get_or_insert(failure);
                    if hopeless {
                        break;
                    }
                }
            }
        }
        failed.extend(last.map(|f| format!("{}: {}", candidate.name, f.why)));
    }
    Err((failed, source))
}

/// Whether the candidate lets itself be opened; it is closed again at once.
pub(super) fn can_open(candidate: &Candidate, needs: &Needs) -> bool {
    let _quiet = alsa::Output::local_error_handler();
    let Ok(host) = cpal::host_from_id(cpal::HostId::Alsa) else { return false };
    let devices = Devices::list(&host);
    let pairs = needs.wanted.outputs.len();
    candidate.tries.iter().any(|way| build_stream(&devices, way, needs, pairs).is_ok())
}

struct Failure {
    why: String,
    /// No other way into the same card will do better.
    hopeless: bool,
}

impl Failure {
    fn soft(why: impl Into<String>) -> Self {
        Self { why: why.into(), hopeless: false }
    }
}

impl From<cpal::Error> for Failure {
    fn from(error: cpal::Error) -> Self {
        let hopeless = matches!(error.kind(), ErrorKind::DeviceBusy | ErrorKind::PermissionDenied);
        Self { why: reason(&error), hopeless }
    }
}

/// What cpal's error means to the person in front of the card.
fn reason(error: &cpal::Error) -> String {
    match error.kind() {
        ErrorKind::DeviceBusy => "another program is playing on it".to_owned(),
        ErrorKind::DeviceNotAvailable => "it is not there".to_owned(),
        ErrorKind::PermissionDenied => {
            "it may not be opened by this user (members of the group 'audio' may)".to_owned()
        }
        ErrorKind::UnsupportedOperation => "it cannot play".to_owned(),
        _ => error.to_string().trim_end_matches('.').to_owned(),
    }
}

/// What the error callback makes of an error; `None` is no trouble at all.
fn trouble(kind: ErrorKind) -> Option<Trouble> {
    match kind {
        ErrorKind::Xrun => Some(Trouble::Xrun),
        ErrorKind::DeviceNotAvailable
        | ErrorKind::StreamInvalidated
        | ErrorKind::HostUnavailable => Some(Trouble::Gone),
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => None,
        _ => Some(Trouble::Other),
    }
}

/// All PCMs by name. cpal opens only what it has listed.
struct Devices(Vec<(String, cpal::Device)>);

impl Devices {
    fn list(host: &cpal::Host) -> Self {
        let name = |d: cpal::Device| Some((d.id().ok()?.id().to_owned(), d));
        let listed = host.devices().into_iter().flatten();
        Self(listed.chain(host.default_output_device()).filter_map(name).collect())
    }

    fn find(&self, way: &Try) -> Option<&cpal::Device> {
        let by_name = |name: &str| self.0.iter().find(|(n, _)| n == name).map(|(_, d)| d);
        by_name(&way.pcm).or_else(|| by_name(way.numbered.as_deref()?))
    }
}

fn open_pcm(
    devices: &Devices,
    candidate: &Candidate,
    way: &Try,
    needs: &Needs,
    mut source: Source,
) -> Result<Running, (Failure, Source)> {
    let built = match build_stream(devices, way, needs, source.pairs()) {
        Ok(built) => built,
        Err(failure) => return Err((failure, source)),
    };
    let Built { stream, quay, health, pick, period } = built;
    let lacks_pairs = lacking(&needs.wanted.outputs, source.pairs(), pick.channels);
    let shape = StreamShape { lacks: lacks_pairs, ..StreamShape::new(pick.rate, period) };
    source.open(shape);
    quay.send(source).map_err(|back| (Failure::soft("it was opened twice"), back))?;
    if stream.play().is_err() {
        // Closing it brings the source home; here it is out of reach.
        health.note(Trouble::Gone, needs.meters);
    }
    let what = describe(&candidate.name, way, &pick, period, &needs.wanted.outputs);
    let lacks = lacks(&candidate.name, &pick, &needs.wanted.outputs);
    let (pcm, card) = (way.pcm.clone(), candidate.card.clone());
    let name = candidate.name.clone();
    let failed = Vec::new();
    let output = Box::new(stream);
    Ok(Running { output, quay, health, shape, name, what, pcm, card, failed, lacks })
}

struct Built {
    stream: cpal::Stream,
    quay: Quay,
    health: Arc<Health>,
    pick: Pick,
    period: u32,
}

/// A stream for a source of so many pairs.
fn build_stream(
    devices: &Devices,
    way: &Try,
    needs: &Needs,
    pairs: usize,
) -> Result<Built, Failure> {
    let wanted = needs.wanted;
    let device = devices.find(way).ok_or_else(|| Failure::soft("it is not there"))?;
    let offers = device.supported_output_configs()?;
    let pick = pick(offers, wanted.rate, &wanted.outputs)
        .ok_or_else(|| Failure::soft("it offers neither 16-bit, 32-bit nor float samples"))?;
    if way.exact && pick.rate != wanted.rate {
        return Err(Failure::soft(format!("it does not offer {} Hz", wanted.rate)));
    }
    let periods = pick.tries(wanted.period).into_iter().map(BufferSize::Fixed);
    let mut last = Failure::soft("it offers no period");
    for buffer_size in periods.chain([BufferSize::Default]) {
        let config = StreamConfig { channels: pick.channels, sample_rate: pick.rate, buffer_size };
        let (quay, berth) = berth();
        let health = Arc::new(Health::new());
        let outputs = Outputs::new(&wanted.outputs, pairs, pick.channels);
        let (clock, meters, priority) = (needs.clock, needs.meters.clone(), wanted.priority);
        let shell = Shell::new(berth, health.clone(), meters, clock, pick.rate, priority, pairs);
        let callback = Callback { shell, outputs, health: health.clone() };
        let meters = needs.meters.clone();
        let stream = match pick.format {
            SampleFormat::I16 => callback.build::<i16>(device, config, meters),
            SampleFormat::I32 => callback.build::<i32>(device, config, meters),
            _ => callback.build::<f32>(device, config, meters),
        };
        match stream {
            Ok(stream) => {
                let period = stream.buffer_size()?;
                return Ok(Built { stream, quay, health, pick, period });
            }
            Err(error) if error.kind() == ErrorKind::UnsupportedConfig => last = error.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}

struct Callback {
    shell: Shell,
    outputs: Outputs,
    health: Arc<Health>,
}

impl Callback {
    fn build<T: CardSample>(
        self,
        device: &cpal::Device,
        config: StreamConfig,
        meters: Arc<StreamMeters>,
    ) -> Result<cpal::Stream, cpal::Error> {
        let Self { mut shell, outputs, health } = self;
        device.build_output_stream::<T, _, _>(
            config,
            move |card, _| shell.fill(&outputs, card),
            move |error| {
                let Some(trouble) = trouble(error.kind()) else { return };
                if health.note(trouble, &meters) && trouble != Trouble::Gone {
                    std::thread::sleep(REST);
                }
            },
            Some(LOOK_AFTER),
        )
    }
}

fn describe(name: &str, way: &Try, pick: &Pick, period: u32, wanted: &[[u16; 2]]) -> String {
    let channels = match (pick.channels, wanted.len()) {
        (1, 1) => "mono (both sides together)".to_owned(),
        (1, _) => "mono (all outputs together)".to_owned(),
        (channels, _) => {
            let mut heard: Vec<String> = Vec::new();
            for place in places(wanted, wanted.len(), channels) {
                let place = sockets(place);
                if !heard.contains(&place) {
                    heard.push(place);
                }
            }
            format!("outputs {} of {channels}", heard.join(", "))
        }
    };
    let converted = if way.converts { "converted by ALSA" } else { "direct" };
    let pcm = if name == way.pcm { String::new() } else { format!(" ({})", way.pcm) };
    let (rate, format) = (pick.rate, pick.format_name());
    format!("{name}{pcm}, {rate} Hz, period {period}, {format}, {channels}, {converted}")
}

/// The channels of a pair as people name them.
fn sockets([left, right]: [u16; 2]) -> String {
    if left == right { left.to_string() } else { format!("{left} and {right}") }
}

/// One clause for each wanted pair that is elsewhere; a mono card has told that already.
fn lacks(name: &str, pick: &Pick, wanted: &[[u16; 2]]) -> Vec<String> {
    let found = places(wanted, wanted.len(), pick.channels);
    let pairs =
        wanted.iter().zip(found).filter(|(pair, place)| pick.channels > 1 && *pair != place);
    let clause = |(pair, place): (&[u16; 2], [u16; 2])| {
        let (lacking, instead) = (sockets(*pair), sockets(place));
        let (outputs, them) =
            if pair[0] == pair[1] { ("output", "it") } else { ("outputs", "them") };
        format!("{name} has no {outputs} {lacking}: what is meant for {them} plays on {instead}")
    };
    pairs.map(clause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unplugged_card_ends_the_stream_and_an_xrun_does_not() {
        assert_eq!(trouble(ErrorKind::DeviceNotAvailable), Some(Trouble::Gone));
        assert_eq!(trouble(ErrorKind::Xrun), Some(Trouble::Xrun));
        assert_eq!(trouble(ErrorKind::BackendError), Some(Trouble::Other));
        assert_eq!(trouble(ErrorKind::DeviceChanged), None);
    }

    #[test]
    fn a_reason_is_a_plain_clause() {
        let busy = Failure::from(cpal::Error::new(ErrorKind::DeviceBusy));
        assert_eq!((busy.why.as_str(), busy.hopeless), ("another program is playing on it", true));
        let odd = Failure::from(cpal::Error::with_message(ErrorKind::BackendError, "Odd thing."));
        assert_eq!((odd.why.as_str(), odd.hopeless), ("Odd thing", false));
    }

    /// What would be picked of a card of so many channels.
    fn of(channels: u16) -> Pick {
        let buffer = cpal::SupportedBufferSize::Unknown;
        let offer = cpal::SupportedStreamConfigRange::new(
            channels,
            48_000,
            48_000,
            buffer,
            SampleFormat::I32,
        );
        pick([offer], 48_000, &[[1, 2]]).unwrap()
    }

    #[test]
    fn the_line_about_a_stream_says_all_that_was_settled() {
        let way = Try {
            pcm: "hw:CARD=U192k,DEV=0".to_owned(),
            numbered: None,
            exact: true,
            converts: false,
        };
        let line = |wanted: &[[u16; 2]]| describe("UMC", &way, &of(4), 128, wanted);
        assert_eq!(
            line(&[[3, 4]]),
            "UMC (hw:CARD=U192k,DEV=0), 48000 Hz, period 128, 32-bit, \
             outputs 3 and 4 of 4, direct"
        );
        assert!(line(&[[1, 2], [4, 4], [5, 6]]).contains(", outputs 1 and 2, 4 of 4, "));
        assert!(line(&[[7, 8]]).contains(", outputs 1 and 2 of 4, "));
        let mono = describe("UMC", &way, &of(1), 128, &[[1, 2], [3, 4]]);
        assert!(mono.contains(", mono (all outputs together), "), "{mono}");
    }

    #[test]
    fn outputs_that_a_card_lacks_are_told_with_where_they_are_heard() {
        let lacks = |channels, wanted: &[[u16; 2]]| lacks("UMC", &of(channels), wanted);
        assert_eq!(
            lacks(4, &[[3, 4], [5, 6], [1, 2], [8, 8]]),
            [
                "UMC has no outputs 5 and 6: what is meant for them plays on 3 and 4",
                "UMC has no output 8: what is meant for it plays on 3 and 4"
            ]
        );
        assert_eq!(
            lacks(2, &[[7, 8]]),
            ["UMC has no outputs 7 and 8: what is meant for them plays on 1 and 2"]
        );
        assert_eq!(lacks(1, &[[1, 2], [3, 4]]), [""; 0]);
    }
}
