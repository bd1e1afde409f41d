//! `[panel]` and its buttons.

use super::display;
use super::kinds::{Required, Setting};
use super::settings;
use crate::panel::display::Settings;
use crate::panel::{Backend, Button, Line};
use crate::words::Action;
use crate::words::spec::{Table, Value};

/// `[panel]`: buttons on GPIO lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// How the lines are read.
    pub backend: Backend,
    /// The buttons, all on different lines.
    pub buttons: Vec<Button>,
    /// `[panel.display]`: a small display.
    pub display: Settings,
}

/// Line offsets of one GPIO chip end far below this; 54 to 58 on a Raspberry Pi.
pub(super) const MAX_LINE: i64 = 1023;

impl Panel {
    pub(super) fn read(table: Option<&Table>) -> Self {
        let backend = settings::BACKEND.read(table);
        let debounce_ms = settings::DEBOUNCE.read(table);
        let list = table.and_then(|t| t.get("button"));
        let mut buttons: Vec<Button> = Vec::new();
        for value in list.into_iter().flat_map(|list| blocks(list, "button", BUTTON)) {
            let Some(button) = read_button(&value, debounce_ms) else { continue };
            if buttons.iter().any(|b| is_same(&b.line, &button.line)) {
                value.error(format!("{} has a button already; one line, one button", button.line));
            } else {
                buttons.push(button);
            }
        }
        let table = table.and_then(|table| table.table("display"));
        let display = display::read(table.as_ref());
        if let Some(table) = table {
            table.finish();
        }
        Self { backend, buttons, display }
    }
}

fn read_button(value: &Value, debounce_ms: u32) -> Option<Button> {
    let table = value.table(BUTTON)?;
    let line = required(value, &table, &settings::LINE, BUTTON).and_then(|v| read_line(&v));
    let action = required(value, &table, &settings::ACTION, BUTTON)
        .and_then(|v| v.choice("action", &Action::NAMES));
    let chip = settings::CHIP.read(Some(&table));
    let active_low = settings::ACTIVE_LOW.read(Some(&table));
    let pull = settings::PULL.read(Some(&table));
    table.finish();
    let chip = Some(chip).filter(|chip| !chip.is_empty());
    Some(Button { line: line?, chip, action: action?, active_low, pull, debounce_ms })
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

/// How a button's table is called in sentences.
const BUTTON: &str = "[panel.button]";

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

fn read_line(value: &Value) -> Option<Line> {
    let number = value.as_integer().filter(|n| (0..=MAX_LINE).contains(n));
    let line = match (value.as_str(), number) {
        (Some(name), _) if !name.is_empty() => Some(Line::Name(name.to_owned())),
        (_, Some(number)) => u32::try_from(number).ok().map(Line::Number),
        _ => None,
    };
    if line.is_none() {
        value.error(format!("'line' is not a GPIO line; allowed: {}", settings::LINE.allowed()));
    }
    line
}

/// On a Raspberry Pi the line of number 17 has the name GPIO17.
fn is_same(one: &Line, other: &Line) -> bool {
    let name = |line: &Line| match line {
        Line::Number(number) => format!("GPIO{number}"),
        Line::Name(name) => name.clone(),
    };
    name(one) == name(other)
}
