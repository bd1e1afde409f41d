//! The kinds of settings: how each is read and what it says about itself.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::words::spec::{Table, Value};

/// Where a setting stands and what it is for.
#[derive(Debug)]
pub struct Name {
    /// The table, as in `[sound]`.
    pub section: &'static str,
    /// The key.
    pub key: &'static str,
    /// What it does, in one or two sentences.
    pub doc: &'static str,
}

/// What all settings can say about themselves.
pub trait Setting: Sync {
    /// Where it stands and what it is for.
    fn name(&self) -> &Name;
    /// What may be written, as a person reads it.
    fn allowed(&self) -> String;
    /// The default as it stands in the file; `None` where the setting has to be given.
    fn default_text(&self) -> Option<String>;
}

/// A whole number.
pub struct Whole<T> {
    pub name: Name,
    pub range: RangeInclusive<i64>,
    pub default: T,
}

/// A number.
pub struct Number {
    pub name: Name,
    pub range: RangeInclusive<f64>,
    pub default: f32,
}

/// true or false.
pub struct Switch {
    pub name: Name,
    pub default: bool,
}

/// One of a few words.
pub struct Choice<T: 'static> {
    pub name: Name,
    pub choices: &'static [(&'static str, T)],
    pub default: T,
}

/// A text that `check` likes.
pub struct Text {
    pub name: Name,
    pub check: fn(&str) -> bool,
    pub allowed: &'static str,
    pub default: &'static str,
}

/// Pairs of channels of the sound card.
pub struct Outputs {
    pub name: Name,
    pub range: RangeInclusive<i64>,
    pub default: [u16; 2],
}

/// The number of one of so many pairs of [`Outputs`].
pub struct Pair {
    pub name: Name,
    pub range: RangeInclusive<i64>,
    pub default: usize,
}

/// A level in dB, or "off"; without it something else decides.
pub struct Level {
    pub name: Name,
    pub range: RangeInclusive<f64>,
    /// What decides without it.
    pub without: &'static str,
}

/// A list of folders, none by default.
pub struct Folders {
    pub name: Name,
}

/// A key without a default, read by whoever knows its type.
pub struct Required {
    pub name: Name,
    pub allowed: fn() -> String,
}

impl<T: Copy + TryFrom<i64>> Whole<T> {
    /// The number, or the default where it is absent or wrong (which is reported).
    pub fn read(&self, table: Option<&Table>) -> T {
        let found = table.and_then(|t| t.integer(self.name.key, self.range.clone()));
        found.and_then(|x| T::try_from(x).ok()).unwrap_or(self.default)
    }
}

impl Number {
    /// The number, or the default where it is absent or wrong (which is reported).
    pub fn read(&self, table: Option<&Table>) -> f32 {
        table.map_or(self.default, |table| self.read_over(table, self.default))
    }

    /// The number, or the one below where it is absent or wrong (which is reported).
    pub fn read_over(&self, table: &Table, below: f32) -> f32 {
        table.number(self.name.key, self.range.clone()).map_or(below, |x| x as f32)
    }
}

impl Switch {
    /// The value, or the default where it is absent or wrong (which is reported).
    pub fn read(&self, table: Option<&Table>) -> bool {
        table.map_or(self.default, |table| self.read_over(table, self.default))
    }

    /// The value, or the one below where it is absent or wrong (which is reported).
    pub fn read_over(&self, table: &Table, below: bool) -> bool {
        table.boolean(self.name.key).unwrap_or(below)
    }
}

impl Pair {
    /// The number, or the one below where it is absent or wrong, or where there are not so
    /// many `pairs` (which is reported).
    pub fn read_over(&self, table: &Table, pairs: usize, below: usize) -> usize {
        let key = self.name.key;
        let found = table.get(key).and_then(|value| {
            let number = usize::try_from(value.integer(key, self.range.clone())?).ok()?;
            if number > pairs {
                let pairs =
                    if pairs == 1 { "one pair".to_owned() } else { format!("{pairs} pairs") };
                value.error(format!("'{key}' is {number}; 'outputs' in [sound] has {pairs}"));
            }
            (number <= pairs).then_some(number)
        });
        found.unwrap_or(below)
    }
}

impl Level {
    /// The level in dB, −∞ for "off", or the one below where it is absent or wrong (which
    /// is reported).
    pub fn read_over(&self, table: &Table, below: Option<f32>) -> Option<f32> {
        let key = self.name.key;
        let found = table.get(key).and_then(|value| {
            if value.as_str() == Some("off") {
                return Some(f32::NEG_INFINITY);
            }
            let db = value.as_number().filter(|db| self.range.contains(db));
            let (low, high) = (self.range.start(), self.range.end());
            let allowed = || format!("a number from {low} to {high}, or \"off\"");
            db.map(|db| db as f32).or_else(|| value.wrong(key, &allowed()))
        });
        found.or(below)
    }
}

impl<T: Copy> Choice<T> {
    /// The choice, or the default where it is absent or wrong (which is reported).
    pub fn read(&self, table: Option<&Table>) -> T {
        table.and_then(|t| t.choice(self.name.key, self.choices)).unwrap_or(self.default)
    }
}

impl Text {
    /// The text, or the default where it is absent or wrong (which is reported).
    pub fn read(&self, table: Option<&Table>) -> String {
        let found = table.and_then(|t| {
            let value = t.get(self.name.key)?;
            let text = value.string(self.name.key)?;
            if !(self.check)(&text) {
                let (key, allowed) = (self.name.key, self.allowed);
                value.error(format!("'{key}' is the text \"{text}\"; allowed: {allowed}"));
                return None;
            }
            Some(text)
        });
        found.unwrap_or_else(|| self.default.to_owned())
    }
}

impl Outputs {
    /// The pairs, at least one, or the default where they are absent or wrong (which is
    /// reported).
    pub fn read(&self, table: Option<&Table>) -> Vec<[u16; 2]> {
        let key = self.name.key;
        let found = table.and_then(|t| {
            let list = t.get(key)?;
            let items = list.array(key)?;
            if !items.first().is_some_and(Value::is_array) {
                return Some(vec![self.pair(&list, &items)?]);
            }
            let mut pairs: Vec<[u16; 2]> = Vec::new();
            for item in items {
                let pair = self.pair(&item, &item.array(key)?)?;
                if let Some(twice) = pair.iter().find(|c| pairs.as_flattened().contains(c)) {
                    item.error(format!("'{key}' has channel {twice} in two pairs"));
                    return None;
                }
                pairs.push(pair);
            }
            Some(pairs)
        });
        found.unwrap_or_else(|| vec![self.default])
    }

    fn pair(&self, whole: &Value, items: &[Value]) -> Option<[u16; 2]> {
        let key = self.name.key;
        let [left, right] = items else {
            let count = match items.len() {
                1 => "1 channel".to_owned(),
                count => format!("{count} channels"),
            };
            whole.error(format!("'{key}' has {count}; allowed: {}", self.allowed()));
            return None;
        };
        let channel = |v: &Value| u16::try_from(v.integer(key, self.range.clone())?).ok();
        let (left, right) = (channel(left), channel(right));
        Some([left?, right?])
    }
}

impl Folders {
    /// The texts of the list; what is not a text is reported and left out.
    pub fn read(&self, table: Option<&Table>) -> Vec<String> {
        let list = table.and_then(|t| t.get(self.name.key)?.array(self.name.key));
        list.into_iter().flatten().filter_map(|value| value.string(self.name.key)).collect()
    }
}

pub fn quoted<T>(choices: &[(&str, T)]) -> String {
    let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    names.join(", ")
}

fn bounds(range: &RangeInclusive<impl Display>) -> String {
    format!("{} … {}", range.start(), range.end())
}

impl<T: Display + Sync> Setting for Whole<T> {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        bounds(&self.range)
    }
    fn default_text(&self) -> Option<String> {
        Some(self.default.to_string())
    }
}

impl Setting for Number {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        bounds(&self.range)
    }
    fn default_text(&self) -> Option<String> {
        Some(format!("{:?}", self.default))
    }
}

impl Setting for Switch {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        "true or false".to_owned()
    }
    fn default_text(&self) -> Option<String> {
        Some(self.default.to_string())
    }
}

impl<T: PartialEq + Sync> Setting for Choice<T> {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        quoted(self.choices)
    }
    fn default_text(&self) -> Option<String> {
        let (name, _) = self.choices.iter().find(|(_, value)| *value == self.default)?;
        Some(format!("\"{name}\""))
    }
}

impl Setting for Text {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }
    fn default_text(&self) -> Option<String> {
        Some(format!("\"{}\"", self.default))
    }
}

impl Setting for Outputs {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        format!("two channels, {}, or a list of such pairs", bounds(&self.range))
    }
    fn default_text(&self) -> Option<String> {
        Some(format!("{:?}", self.default))
    }
}

impl Setting for Pair {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        format!("{}, as many as there are", bounds(&self.range))
    }
    fn default_text(&self) -> Option<String> {
        Some(self.default.to_string())
    }
}

impl Setting for Level {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        format!("{}, or \"off\"; without it {}", bounds(&self.range), self.without)
    }
    fn default_text(&self) -> Option<String> {
        None
    }
}

impl Setting for Folders {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        "a list of texts, one a folder".to_owned()
    }
    fn default_text(&self) -> Option<String> {
        Some("[]".to_owned())
    }
}

impl Setting for Required {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        (self.allowed)()
    }
    fn default_text(&self) -> Option<String> {
        None
    }
}
