//! How events look: a line each, and below them how the module is.

use std::io::{self, IsTerminal, Write, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::control::event::{Meters, Midi};
use crate::app::control::{Event, Status};

/// How often the lowest line is drawn anew, a second: a foot is followed.
const DRAWN: u8 = 15;
/// After this it shows what was left out because it came too soon.
const SETTLED: Duration = Duration::from_millis(250);
/// Widest bar of the pedal, in characters.
const BAR: usize = 10;
/// On paper the pedal is told when it has moved so far: a tenth is a step that is heard.
const STEP: f32 = 0.1;

/// Where events go.
pub struct View {
    out: Out,
    state: State,
}

enum Out {
    /// As they came.
    Json,
    /// One line after the other.
    Lines,
    /// The same, above a line that changes.
    Terminal(ProgressBar),
}

/// What the lowest line tells.
#[derive(Default)]
struct State {
    kit: String,
    volume_db: f32,
    meters: Meters,
    pedal: Option<f32>,
    /// Where the pedal stood when it was told on paper.
    told: Option<f32>,
}

impl View {
    /// Onto standard output.
    pub fn new(json: bool) -> Self {
        let out = match (json, stdout().is_terminal()) {
            (true, _) => Out::Json,
            (false, false) => Out::Lines,
            (false, true) => {
                let target = ProgressDrawTarget::stdout_with_hz(DRAWN);
                let bar = ProgressBar::with_draw_target(None, target);
                let style = ProgressStyle::with_template("{wide_msg}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
                bar.enable_steady_tick(SETTLED);
                Out::Terminal(bar)
            }
        };
        Self { out, state: State::default() }
    }

    /// How the module is at the beginning.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub fn begin(&mut self, status: &Status) -> io::Result<()> {
        self.state.kit = status.kit.clone().unwrap_or_default();
        self.state.volume_db = status.volume_db;
        self.state.meters = status.meters.clone();
        self.state.pedal = status.midi.ports.iter().find_map(|port| port.pedal);
        self.state.told = self.state.pedal;
        if matches!(self.out, Out::Json) {
            return Ok(());
        }
        head(status).iter().try_for_each(|line| self.put(line))?;
        self.draw();
        Ok(())
    }

    /// Shows a line of the module; answers are not for people.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        let Ok(event) = serde_json::from_str::<Event>(line) else { return Ok(()) };
        if matches!(self.out, Out::Json) {
            return self.put(line);
        }
        self.state.take(&event);
        let paper = matches!(self.out, Out::Lines);
        let moved = paper && matches!(event, Event::Pedal { .. }) && self.state.has_stepped();
        if let Some(text) = in_words(&event).filter(|_| moved || !is_a_state(&event)) {
            self.put(&text)?;
        }
        self.draw();
        Ok(())
    }

    fn put(&self, line: &str) -> io::Result<()> {
        match &self.out {
            Out::Json | Out::Lines => {
                let mut out = stdout().lock();
                writeln!(out, "{line}")?;
                out.flush()
            }
            Out::Terminal(bar) => {
                bar.println(line);
                Ok(())
            }
        }
    }

    fn draw(&self) {
        if let Out::Terminal(bar) = &self.out {
            bar.set_message(self.state.line());
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Out::Terminal(bar) = &self.out {
            bar.finish_and_clear();
        }
    }
}

/// Whether the lowest line tells it.
fn is_a_state(event: &Event) -> bool {
    matches!(event, Event::Pedal { .. } | Event::Meters { .. })
}

impl State {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Kit { name, .. } => self.kit.clone_from(name),
            Event::Volume { db, .. } => self.volume_db = *db,
            Event::Meters { meters, .. } => self.meters = meters.clone(),
            Event::Pedal { openness, .. } => self.pedal = Some(*openness),
            _ => {}
        }
    }

    /// Whether the pedal has moved so far that paper is to be told.
    fn has_stepped(&mut self) -> bool {
        let Some(now) = self.pedal else { return false };
        let end = now == 0.0 || now == 1.0;
        let moved = |before: f32| (now - before).abs() >= STEP || (end && now != before);
        let stepped = self.told.is_none_or(moved);
        if stepped {
            self.told = Some(now);
        }
        stepped
    }

    fn line(&self) -> String {
        let Meters { voices, load, load_worst, xruns, .. } = self.meters;
        let kit = if self.kit.is_empty() { "none" } else { &self.kit };
        let pedal = self.pedal.map(pedal).unwrap_or_default();
        format!(
            "kit {kit}{pedal}  {} dB  {voices} voices  load {:.1} %, worst {:.1} %  {xruns} xruns",
            self.volume_db,
            100.0 * load,
            100.0 * load_worst
        )
    }
}

fn pedal(openness: f32) -> String {
    let filled = (openness.clamp(0.0, 1.0) * BAR as f32).round() as usize;
    let bar: String = (0..BAR).map(|i| if i < filled { '█' } else { '·' }).collect();
    format!("  pedal {bar} {openness:.2}")
}

/// What there is to know before the first hit.
fn head(status: &Status) -> Vec<String> {
    let sound = status.sound.as_ref();
    let sound = sound.map_or("no sound".to_owned(), |sound| {
        format!("{}, latency {:.1} ms", sound.what, sound.latency_ms)
    });
    let mut lines = vec![format!("rimshot {}: {sound}", status.version)];
    lines.extend(status.midi.unavailable.iter().map(|why| format!("midi: {why}")));
    let open = status.midi.ports.iter().filter(|port| port.open);
    let mut ports: Vec<String> = open
        .map(|port| format!("midi: {} (map {})", port.port, port.map.as_deref().unwrap_or("none")))
        .collect();
    if ports.is_empty() && status.midi.unavailable.is_none() {
        ports.push("midi: no input yet; the next one that is plugged in is taken".to_owned());
    }
    lines.extend(ports);
    let kit = status.kit.as_deref().unwrap_or("none");
    lines.push(format!("kit: {kit}"));
    lines.extend(status.problems.iter().map(|problem| problem.words.clone()));
    lines
}

/// An event as a line for people; none where there is nothing to say.
fn in_words(event: &Event) -> Option<String> {
    let (at, words) = match event {
        Event::Hit {
            at,
            port,
            note,
            slot,
            velocity,
            openness,
            position,
            recording,
            level_db,
            latency_ms,
        } => {
            let mut line = struck(port, *note, slot, *velocity);
            if let Some(x) = openness {
                line += &format!("  open {x:.2}");
            }
            if *position > 0.0 {
                line += &format!("  position {position:.2}");
            }
            line += &format!("  {level_db:.1} dB");
            if let Some(ms) = latency_ms {
                line += &format!("  {ms:.1} ms");
            }
            if let Some(recording) = recording {
                line += &format!("  {recording}");
            }
            (at, line)
        }
        Event::Silence { at, port, note, slot, velocity, words, .. } => {
            (at, format!("{}  no sound: {words}", struck(port, *note, slot, *velocity)))
        }
        Event::Pedal { at, port, openness } => (at, format!("{port:<12} pedal {openness:.2}")),
        Event::Grab { at, port, slot, on, .. } => {
            let what = if *on { "grabbed" } else { "let go" };
            (at, format!("{port:<12} {slot} {what}"))
        }
        Event::Kit { at, name, .. } => (at, format!("kit: {name}")),
        Event::Loading { at, kit, total: 0, .. } => (at, format!("kit: loading {kit}")),
        Event::Loading { at, kit, done, total } => {
            (at, format!("kit: loading {kit}, {done} of {total}"))
        }
        Event::Failed { at, kit } => (at, format!("kit: {kit} cannot be played")),
        Event::Volume { at, db } => (at, format!("volume: {db} dB")),
        Event::Trim { at, kit, db } => (at, format!("trim: {kit} {db} dB")),
        Event::Port { at, port, change, map, why, .. } => {
            let map = map.as_ref().map(|map| format!(" (map {map})")).unwrap_or_default();
            let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            (at, format!("midi: {port} {change}{map}{why}"))
        }
        Event::Sound { at, words } => (at, words.clone()),
        // A silence is told with its hit, and a port with its change.
        Event::Problem { words, .. }
            if words.starts_with("no sound: ") || words.starts_with("midi: ") =>
        {
            return None;
        }
        Event::Problem { at, words } => (at, format!("problem: {words}")),
        Event::Midi { at, port, bytes, message, .. } => {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            let said = message.map(said).unwrap_or_default();
            (at, format!("{port:<12} {:<9}{said}", hex.join(" ")))
        }
        Event::Learn { at, learning } => (at, format!("learn: {}", learning.words)),
        Event::Missed { of, count } => return Some(format!("{:>10}{count} {of} missed", "")),
        Event::Meters { .. } | Event::Unknown => return None,
    };
    Some(format!("{at:>9.3}  {words}"))
}

fn struck(port: &str, note: Option<u8>, slot: &str, velocity: f32) -> String {
    let note = note.map_or("-".to_owned(), |note| note.to_string());
    format!("{port:<12} note {note:<3} {slot:<13} {velocity:>5.1}")
}

fn said(message: Midi) -> String {
    match message {
        Midi::NoteOn { channel, note, velocity } => {
            format!(" channel {channel}: note {note} on, velocity {velocity}")
        }
        Midi::NoteOff { channel, note } => format!(" channel {channel}: note {note} off"),
        Midi::PolyPressure { channel, note, value } => {
            format!(" channel {channel}: note {note} pressed {value}")
        }
        Midi::Control { channel, cc, value } => {
            format!(" channel {channel}: controller {cc} = {value}")
        }
        Midi::Program { channel, program } => format!(" channel {channel}: program {program}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(json: &str) -> String {
        in_words(&serde_json::from_str(json).unwrap()).unwrap_or_default()
    }

    #[test]
    fn a_hit_is_one_line_with_all_that_is_known_of_it() {
        assert_eq!(
            words(
                r#"{"event":"hit","at":12.3456,"port":"TD-17","note":26,"slot":"hihat.edge",
                "velocity":101,"openness":0.4,"position":0.25,"recording":"hihat/half_3.wav",
                "level_db":-6.2,"latency_ms":8}"#
            ),
            "   12.346  TD-17        note 26  hihat.edge    101.0  open 0.40  position 0.25  \
             -6.2 dB  8.0 ms  hihat/half_3.wav"
        );
        assert_eq!(
            words(
                r#"{"event":"hit","at":0,"port":"X","note":null,"slot":"kick","velocity":1,
                "position":0,"recording":null,"level_db":-60,"latency_ms":null}"#
            ),
            "    0.000  X            note -   kick            1.0  -60.0 dB"
        );
    }

    #[test]
    fn messages_are_shown_with_their_bytes_and_their_meaning() {
        assert_eq!(
            words(
                r#"{"event":"midi","at":1,"port":"X","name":"X","bytes":[185,4,90],
                "message":{"type":"control","channel":10,"cc":4,"value":90}}"#
            ),
            "    1.000  X            B9 04 5A  channel 10: controller 4 = 90"
        );
    }

    #[test]
    fn what_is_told_with_its_hit_or_its_port_is_not_told_once_more() {
        assert_eq!(words(r#"{"event":"problem","at":1,"words":"no sound: note 3"}"#), "");
        assert_eq!(words(r#"{"event":"problem","at":1,"words":"x"}"#), "    1.000  problem: x");
    }

    #[test]
    fn on_paper_the_pedal_is_told_by_tenths_and_at_its_ends() {
        let mut state = State::default();
        let mut stepped = |openness: f32| {
            state.take(&Event::Pedal { at: 0.0, port: String::new(), openness });
            state.has_stepped()
        };
        let moves = [1.0, 0.95, 0.91, 0.89, 0.85, 0.5, 0.04, 0.0, 0.0, 0.05];
        let told: Vec<f32> = moves.into_iter().filter(|&x| stepped(x)).collect();
        assert_eq!(told, [1.0, 0.89, 0.5, 0.04, 0.0]);
    }

    #[test]
    fn the_lowest_line_tells_kit_volume_voices_load_xruns_and_pedal() {
        let mut state = State::default();
        for line in [
            r#"{"event":"kit","at":1,"name":"Jazz","folder":"f","program":null}"#,
            r#"{"event":"volume","at":1,"db":-6}"#,
            r#"{"event":"pedal","at":1,"port":"X","openness":0.3}"#,
            r#"{"event":"meters","at":1,"voices":5,"most_voices":9,"load":0.031,"load_worst":0.2,
            "peak_db":-3,"played":1,"silent":0,"late":0,"lost":0,"stolen":0,"xruns":2}"#,
        ] {
            state.take(&serde_json::from_str(line).unwrap());
        }
        assert_eq!(
            state.line(),
            "kit Jazz  pedal ███······· 0.30  -6 dB  5 voices  load 3.1 %, worst 20.0 %  2 xruns"
        );
    }
}
