//! `[panel]` and what stands on it.

use super::kinds::{Required, Setting, Text};
use super::settings;
use crate::panel::gesture::{Chord, Times};
use crate::panel::{Button, Encoder, Led, Line, Place, Reaction, Wiring};
use crate::words::Action;
use crate::words::spec::{Table, Value};

/// Line offsets of one GPIO chip end far below this; 54 to 58 on a Raspberry Pi.
pub(super) const MAX_LINE: i64 = 1023;

/// How the tables are called in sentences.
const BUTTON: &str = "[panel.button]";
const CHORD: &str = "[panel.chord]";
const ENCODER: &str = "[panel.encoder]";
const LED: &str = "[panel.led]";

/// Reads `[panel]`. What is wrong with a part costs that part.
pub(super) fn read(table: Option<&Table>) -> Wiring {
    let backend = settings::BACKEND.read(table);
    let debounce_ms = settings::DEBOUNCE.read(table);
    let times = Times {
        long_ms: settings::LONG_MS.read(table),
        double_ms: settings::DOUBLE_MS.read(table),
        repeat_ms: settings::REPEAT_MS.read(table),
        chord_ms: settings::CHORD_MS.read(table),
    };
    let list = |key: &'static str, called| {
        let list = table.and_then(|t| t.get(key));
        list.into_iter().flat_map(move |list| blocks(list, key, called))
    };
    let mut taken = Taken::default();
    let mut buttons: Vec<Button> = Vec::new();
    for value in list("button", BUTTON) {
        let button = read_button(&value, debounce_ms);
        buttons.extend(button.filter(|b| taken.take(&value, &b.place, "a button")));
    }
    let chords = list("chord", CHORD);
    let chords = chords.filter_map(|value| read_chord(&value, &buttons)).collect();
    let mut encoders: Vec<Encoder> = Vec::new();
    for value in list("encoder", ENCODER) {
        let Some(encoder) = read_encoder(&value) else { continue };
        let before = taken.0.len();
        if encoder.places.iter().all(|place| taken.take(&value, place, "an encoder")) {
            encoders.push(encoder);
        } else {
            taken.0.truncate(before);
        }
    }
    let mut leds: Vec<Led> = Vec::new();
    for value in list("led", LED) {
        let led = read_led(&value);
        leds.extend(led.filter(|led| taken.take(&value, &led.place, "an LED")));
    }
    Wiring { backend, times, buttons, chords, encoders, leds }
}

/// The lines that have a use.
#[derive(Default)]
struct Taken(Vec<(Place, &'static str)>);

impl Taken {
    /// Takes a line, or says at `value` that it has been taken.
    fn take(&mut self, value: &Value, place: &Place, by: &'static str) -> bool {
        if let Some((_, user)) = self.0.iter().find(|(taken, _)| taken.may_be(place)) {
            value.error(format!("{} has {user} already; one line, one use", place.line));
            return false;
        }
        self.0.push((place.clone(), by));
        true
    }
}

fn read_button(value: &Value, debounce_ms: u32) -> Option<Button> {
    let table = value.table(BUTTON)?;
    let place = read_place(value, &table, &settings::LINE, &settings::CHIP, BUTTON);
    let reaction = read_reaction(value, &table, BUTTON);
    let active_low = settings::ACTIVE_LOW.read(Some(&table));
    let pull = settings::PULL.read(Some(&table));
    table.finish();
    Some(Button { place: place?, reaction: reaction?, active_low, pull, debounce_ms })
}

/// What a button does; `None`, which is reported, where that is nothing.
pub(super) fn read_reaction<'d, 'a>(
    owner: &Value<'d, 'a>,
    table: &Table<'d, 'a>,
    called: &str,
) -> Option<Reaction> {
    let [press, long, double] =
        ["action", "long", "double"].map(|key| table.get(key).map(|v| read_action(key, &v)));
    let mut repeat = settings::REPEAT.read(Some(table));
    if let (true, Some(odd)) = (repeat, table.get("long").or_else(|| table.get("double"))) {
        odd.error(
            "a button with 'repeat = true' has no 'long' and no 'double'; it does not repeat",
        );
        repeat = false;
    }
    if [press, long, double] == [None; 3] {
        lacks_action(owner, "action", called);
    }
    let [press, long, double] = [press, long, double].map(Option::flatten);
    let reaction = Reaction { press, long, double, repeat };
    (reaction != Reaction { repeat, ..Reaction::default() }).then_some(reaction)
}

fn read_action(key: &str, value: &Value) -> Option<Action> {
    let Some(text) = value.as_str() else { return value.wrong(key, &Action::allowed()) };
    let action = Action::parse(text).map_err(|found| value.error(format!("'{key}' is {found}")));
    action.ok()
}

fn required_action(
    owner: &Value,
    table: &Table,
    setting: &Required,
    called: &str,
) -> Option<Action> {
    let key = setting.name().key;
    let Some(value) = table.get(key) else {
        lacks_action(owner, key, called);
        return None;
    };
    read_action(key, &value)
}

fn lacks_action(owner: &Value, key: &str, called: &str) {
    owner.error(format!("[{called}] lacks '{key}'; allowed: {}", Action::allowed()));
}

fn read_chord(value: &Value, buttons: &[Button]) -> Option<Chord> {
    let table = value.table(CHORD)?;
    let found = required(value, &table, &settings::CHORD_LINES, CHORD);
    let found = found.and_then(|lines| chord_lines(&lines, buttons));
    let action = required_action(value, &table, &settings::CHORD_ACTION, CHORD);
    let hold_ms = settings::HOLD.read(Some(&table));
    table.finish();
    Some(Chord { buttons: found?, action: action?, hold_ms })
}

fn chord_lines(list: &Value, buttons: &[Button]) -> Option<[usize; 2]> {
    let allowed = settings::CHORD_LINES.allowed();
    if !list.is_array() {
        return list.wrong("lines", &allowed);
    }
    let items = list.array("lines")?;
    let mut found = Vec::new();
    for item in &items {
        let line = read_line("lines", item)?;
        let place = Place { line, chip: None };
        let Some(button) = buttons.iter().position(|b| b.place.may_be(&place)) else {
            item.error(format!("{} has no [[panel.button]]; a chord is of buttons", place.line));
            return None;
        };
        found.push(button);
    }
    match found[..] {
        [one, other] if one != other => Some([one, other]),
        [_, _] => {
            list.error(format!("'lines' has one line twice; allowed: {allowed}"));
            None
        }
        _ => {
            list.error(format!("'lines' has {} of them; allowed: {allowed}", found.len()));
            None
        }
    }
}

fn read_encoder(value: &Value) -> Option<Encoder> {
    let table = value.table(ENCODER)?;
    let place = |line| read_place(value, &table, line, &settings::ENCODER_CHIP, ENCODER);
    let places = [place(&settings::ENCODER_A), place(&settings::ENCODER_B)];
    let action = |setting| required_action(value, &table, setting, ENCODER);
    let actions = [action(&settings::TURN_RIGHT), action(&settings::TURN_LEFT)];
    let steps = match table.get("steps") {
        None => Some(4),
        Some(steps) => match steps.as_integer() {
            Some(1) => Some(1),
            Some(2) => Some(2),
            Some(4) => Some(4),
            _ => steps.wrong("steps", "1, 2 or 4"),
        },
    };
    let active_low = settings::ENCODER_ACTIVE_LOW.read(Some(&table));
    let pull = settings::ENCODER_PULL.read(Some(&table));
    table.finish();
    let ([Some(a), Some(b)], [Some(right), Some(left)]) = (places, actions) else { return None };
    let steps = steps.unwrap_or(4);
    Some(Encoder { places: [a, b], right, left, steps, active_low, pull })
}

fn read_led(value: &Value) -> Option<Led> {
    let table = value.table(LED)?;
    let place = read_place(value, &table, &settings::LED_LINE, &settings::LED_CHIP, LED);
    let shows = required(value, &table, &settings::SHOWS, LED)
        .and_then(|value| value.choice("shows", &crate::panel::lamps::Shows::NAMES));
    let active_low = settings::LED_ACTIVE_LOW.read(Some(&table));
    table.finish();
    Some(Led { place: place?, shows: shows?, active_low })
}

/// The tables under `[[panel.button]]` and the like, and a word about anything else in their
/// place. `called`: the same in single brackets.
pub(super) fn blocks<'d, 'a>(list: Value<'d, 'a>, key: &str, called: &str) -> Vec<Value<'d, 'a>> {
    let items = if list.is_array() { list.array(key) } else { None };
    match items.filter(|items| items.iter().all(Value::is_table)) {
        Some(tables) => tables,
        None => {
            list.error(format!(
                "'{key}' heads a block for each {key}, in double brackets: [{called}]"
            ));
            Vec::new()
        }
    }
}

/// The value of a setting that a block, `called` so, has to have.
pub(super) fn required<'d, 'a>(
    owner: &Value<'d, 'a>,
    table: &Table<'d, 'a>,
    setting: &Required,
    called: &str,
) -> Option<Value<'d, 'a>> {
    let key = setting.name().key;
    let found = table.get(key);
    if found.is_none() {
        owner.error(format!("[{called}] lacks '{key}'; allowed: {}", setting.allowed()));
    }
    found
}

fn read_place<'d, 'a>(
    owner: &Value<'d, 'a>,
    table: &Table<'d, 'a>,
    line: &Required,
    chip: &Text,
    called: &str,
) -> Option<Place> {
    let found = required(owner, table, line, called);
    let line = found.and_then(|value| read_line(line.name.key, &value));
    let chip = Some(chip.read(Some(table))).filter(|chip| !chip.is_empty());
    Some(Place { line: line?, chip })
}

fn read_line(key: &str, value: &Value) -> Option<Line> {
    let number = value.as_integer().filter(|n| (0..=MAX_LINE).contains(n));
    let line = match (value.as_str(), number) {
        (Some(name), _) if !name.is_empty() => Some(Line::Name(name.to_owned())),
        (_, Some(number)) => u32::try_from(number).ok().map(Line::Number),
        _ => None,
    };
    if line.is_none() {
        value.error(format!("'{key}' is not a GPIO line; allowed: {}", settings::LINE.allowed()));
    }
    line
}
