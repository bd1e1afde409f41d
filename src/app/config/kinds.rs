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

/// Two different channels of the sound card.
pub struct Outputs {
    pub name: Name,
    pub range: RangeInclusive<i64>,
    pub default: [u16; 2],
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
        let found = table.and_then(|t| t.number(self.name.key, self.range.clone()));
        found.map_or(self.default, |x| x as f32)
    }
}

impl Switch {
    /// The value, or the default where it is absent or wrong (which is reported).
    pub fn read(&self, table: Option<&Table>) -> bool {
        table.and_then(|t| t.boolean(self.name.key)).unwrap_or(self.default)
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
    /// The channels, or the default where they are absent or wrong (which is reported).
    pub fn read(&self, table: Option<&Table>) -> [u16; 2] {
        let key = self.name.key;
        let found = table.and_then(|t| {
            let list = t.get(key)?;
            let items = list.array(key)?;
            let [left, right] = items.as_slice() else {
                let count = items.len();
                let allowed = self.allowed();
                list.error(format!("'{key}' has {count} channels; allowed: {allowed}"));
                return None;
            };
            let channel = |v: &Value| u16::try_from(v.integer(key, self.range.clone())?).ok();
            let (left, right) = (channel(left), channel(right));
            let (left, right) = (left?, right?);
            if left == right {
                list.error(format!("'{key}' names channel {left} twice; they have to differ"));
                return None;
            }
            Some([left, right])
        });
        found.unwrap_or(self.default)
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
        format!("two different channels, {}", bounds(&self.range))
    }
    fn default_text(&self) -> Option<String> {
        Some(format!("{:?}", self.default))
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
