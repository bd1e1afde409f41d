//! Which note map a MIDI port is read by, and why.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::config::{self, Config};
use crate::app::desk::masks_of;
use crate::maps::NoteMap;
use crate::midi::buttons::{Button, Buttons};
use crate::midi::ports::Chooser;
use crate::midi::{Chosen, Translator};
use crate::words::{Problem, Severity, Slot};

/// What the configuration says of ports.
pub struct Routes {
    /// Of all ports that no input speaks of.
    general: Route,
    inputs: Vec<(config::Input, Route)>,
    /// Maps that ports take by themselves, those that win first.
    learned: Vec<Arc<NoteMap>>,
    masks: BTreeMap<Slot, f32>,
    buttons: Vec<config::MidiButton>,
}

/// Which map, and who says so.
#[derive(Clone)]
struct Route {
    /// `None`: the port's name chooses.
    map: Option<Arc<NoteMap>>,
    said_by: String,
    /// 1..=16, or 0 for all.
    channel: u8,
}

impl Routes {
    /// Reads the maps that a configuration names; `learned`: those that ports take by
    /// themselves. Where one cannot be used, the name of the port chooses instead: on a stage
    /// the module plays. What is wrong goes to `odd`.
    pub fn new(config: &Config, learned: Vec<Arc<NoteMap>>, odd: &mut Vec<String>) -> Self {
        let midi = &config.midi;
        let general = Route {
            map: read(&midi.map, odd),
            said_by: "[midi]".to_owned(),
            channel: midi.channel,
        };
        let mut route = |input: &config::Input| Route {
            map: input.map.as_ref().map_or_else(|| general.map.clone(), |map| read(map, odd)),
            said_by: match input.map {
                Some(_) => "[[midi.input]]".to_owned(),
                None => general.said_by.clone(),
            },
            channel: input.channel.unwrap_or(general.channel),
        };
        let inputs = midi.inputs.iter().map(|input| (input.clone(), route(input))).collect();
        Self { masks: masks_of(config), inputs, learned, general, buttons: midi.buttons.clone() }
    }

    /// The map of a port of this name, why it is this one, and the channel, 1..=16 or 0 for all.
    pub fn map_of(&self, port: &str) -> (Arc<NoteMap>, String, u8) {
        let name = port.to_lowercase();
        let is_of =
            |(input, _): &&(config::Input, Route)| name.contains(&input.port.to_lowercase());
        let input = self.inputs.iter().find(is_of);
        let route = input.map_or(&self.general, |(_, route)| route);
        let (map, mut why) = match &route.map {
            Some(map) => (Arc::clone(map), format!("as {} says", route.said_by)),
            None => self.by_name(port),
        };
        let map = input.map_or(map.clone(), |(input, _)| with_pedal(map, input));
        if route.channel > 0 {
            why += &format!("; channel {} only", route.channel);
        }
        (map, why, route.channel)
    }

    /// What a port of this name is translated by.
    pub fn choose(&self, port: &str, device: u8) -> Chosen {
        let (map, why, channel) = self.map_of(port);
        let translator = Translator::new(map, channel.checked_sub(1), device)
            .with_masks(|slot| self.masks.get(&slot).copied())
            .with_buttons(self.buttons_of(&port.to_lowercase()));
        Chosen { translator, why }
    }

    /// What the name of a port chooses. A map of the user's own need not be whole: what it has
    /// no word for is where it would be without it.
    fn by_name(&self, port: &str) -> (Arc<NoteMap>, String) {
        let (base, why) = match NoteMap::for_port(port) {
            Some(map) => (map, "which its name says".to_owned()),
            None => (NoteMap::gm(), "as no map knows its name".to_owned()),
        };
        let own = self.learned.iter().find(|map| !map.order.is_empty() && map.is_for(port));
        match own {
            Some(own) => (Arc::new(own.over(&base)), format!("your own over {}", base.name)),
            None => (Arc::new(base), why),
        }
    }

    /// Whether the maps themselves are the same, by whatever name they were found.
    pub fn has_maps_of(&self, other: &Self) -> bool {
        let maps = |routes: &Self| -> Vec<Option<Arc<NoteMap>>> {
            let inputs = routes.inputs.iter().map(|(_, route)| route);
            std::iter::once(&routes.general).chain(inputs).map(|route| route.map.clone()).collect()
        };
        maps(self) == maps(other) && self.learned == other.learned
    }

    /// The buttons of a port, whose name is in small letters; their numbers are their places
    /// in the configuration.
    fn buttons_of(&self, port: &str) -> Buttons {
        let numbered = (0..).zip(&self.buttons);
        let own = numbered.filter(|(_, button)| port.contains(&button.port.to_lowercase()));
        Buttons::new(own.map(|(number, button)| Button {
            number,
            source: button.source,
            channel: button.channel.checked_sub(1),
        }))
    }

    /// The same, for [`crate::midi::Inputs`].
    pub fn chooser(self: Arc<Self>) -> Chooser {
        Box::new(move |port, device| Some(self.choose(port, device)))
    }
}

fn read(map: &config::NoteMap, odd: &mut Vec<String>) -> Option<Arc<NoteMap>> {
    let name = match map {
        config::NoteMap::Auto => return None,
        config::NoteMap::BuiltIn(name) => name.clone(),
        config::NoteMap::File(path) => path.to_string_lossy().into_owned(),
    };
    let (map, problems) = NoteMap::find(&name);
    let grave = problems.iter().filter(|p| p.severity > Severity::Note);
    odd.extend(grave.map(Problem::to_string));
    if map.is_none() {
        odd.push(format!("{name}: not used: the name of the port chooses"));
    }
    map.map(Arc::new)
}

fn with_pedal(map: Arc<NoteMap>, input: &config::Input) -> Arc<NoteMap> {
    let mut pedal = map.pedal.with_ends(input.pedal_open, input.pedal_closed);
    pedal.cc = input.pedal_cc.unwrap_or(pedal.cc);
    if pedal == map.pedal { map } else { Arc::new(NoteMap { pedal, ..NoteMap::clone(&map) }) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::midi::{Message, Output};
    use crate::words::{EventKind, When};

    fn routes(text: &str) -> (Routes, Vec<String>) {
        let (config, problems) = Config::parse(Path::new("rimshot.toml"), text, None);
        assert_eq!(problems, []);
        let mut odd = Vec::new();
        (Routes::new(&config.unwrap(), Vec::new(), &mut odd), odd)
    }

    fn chosen(text: &str, port: &str) -> (String, String) {
        let Chosen { translator, why } = routes(text).0.choose(port, 0);
        (translator.map_name().to_owned(), why)
    }

    #[test]
    fn the_name_of_a_port_chooses_its_map_and_where_it_is_strange_general_midi() {
        for (port, map) in [
            ("TD-17:TD-17 MIDI 1", "roland"),
            ("TD-27:TD-27 MIDI 1", "roland"),
            ("V71:V71 MIDI 1", "roland"),
            ("DTX502:DTX502 MIDI 1", "yamaha-dtx502"),
            ("Yamaha DTX402:MIDI", "yamaha-dtx502"),
            ("DTXplorer:x", "yamaha-dtxplorer"),
            ("Alesis Nitro Mesh:USB MIDI", "alesis-nitro"),
            ("Strike Pro:x", "alesis-strike"),
            ("EFNOTE 5:x", "efnote"),
            ("2Box DrumIt Five:x", "2box"),
            ("Simmons Titan 50:x", "simmons"),
        ] {
            assert_eq!(chosen("", port), (map.to_owned(), "which its name says".to_owned()));
        }
        assert_eq!(chosen("", "MPS-850:x").0, "gm");
        let strange = ("gm".to_owned(), "as no map knows its name".to_owned());
        assert_eq!(chosen("", "VMPK Output:out"), strange);
    }

    #[test]
    fn a_map_that_is_named_wins_over_the_name_of_the_port() {
        let text = "[midi]\nmap = 'gm'\nchannel = 10\n";
        let why = "as [midi] says; channel 10 only".to_owned();
        assert_eq!(chosen(text, "TD-17:x"), ("gm".to_owned(), why));
    }

    #[test]
    fn an_input_speaks_of_the_ports_that_have_its_text_in_their_names_the_first_of_them_counts() {
        let text = "[midi]\nmap = 'efnote'\nchannel = 10\n\
            [[midi.input]]\nport = 'drumit'\nmap = '2box'\nchannel = 0\n\
            [[midi.input]]\nport = 'TD-'\nmap = 'auto'\n\
            [[midi.input]]\nport = 'td'\nmap = 'simmons'\n";
        let own = ("2box".to_owned(), "as [[midi.input]] says".to_owned());
        assert_eq!(chosen(text, "2Box DrumIt 3:x"), own);
        let found = ("roland".to_owned(), "which its name says; channel 10 only".to_owned());
        assert_eq!(chosen(text, "TD-17:x"), found);
        let general = ("efnote".to_owned(), "as [midi] says; channel 10 only".to_owned());
        assert_eq!(chosen(text, "DTX502:x"), general);
    }

    #[test]
    fn a_map_that_is_not_there_leaves_the_choice_to_the_name() {
        let text = "[midi]\nmap = '/nowhere/mine.toml'\n";
        assert_eq!(chosen(text, "TD-17:x").0, "roland");
        let odd = routes(text).1;
        assert_eq!(odd.len(), 2, "{odd:?}");
        assert_eq!(odd[1], "/nowhere/mine.toml: not used: the name of the port chooses");
    }

    #[test]
    fn the_pedal_of_an_input_and_the_masks_of_slots_go_over_the_map() {
        let text = "[slot.snare]\nmask_ms = 50\n[[midi.input]]\nport = ''\n";
        let (config, problems) = Config::parse(Path::new("rimshot.toml"), text, None);
        assert_eq!((problems.len(), config.unwrap().midi.inputs.len()), (1, 0));

        let text = "[slot.snare]\nmask_ms = 50\n[[midi.input]]\nport = 'TD'\npedal_cc = 1\n\
            pedal_open = 127\npedal_closed = 0\n";
        let mut translator = routes(text).0.choose("TD-17:x", 0).translator;
        let mut kind = |ms: u64, message| {
            let events = translator.translate(message, When::Nanos(ms * 1_000_000));
            match events.last() {
                Some(Output::Event(event)) => event.kind,
                other => panic!("{other:?}"),
            }
        };
        let pedal = Message::Control { channel: 9, cc: 1, value: 127 };
        assert_eq!(kind(0, pedal), EventKind::Pedal(1.0));
        let snare = |velocity| Message::NoteOn { channel: 9, note: 38, velocity };
        assert!(matches!(kind(10, snare(100)), EventKind::Hit(_)));
        assert!(matches!(kind(50, snare(40)), EventKind::Held { .. }));
    }
}
