//! Reading a TOML table key by key, so that *every* problem is found in one pass, each
//! with its line and what is allowed. (A serde derive stops at the first.)

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Problem, Severity};

/// A TOML text being read, and what was wrong with it so far.
pub struct Document<'a> {
    file: &'a Path,
    text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

/// One table of a document. Keys that were asked for are known; [`Table::finish`] reports the others.
pub struct Table<'d, 'a> {
    doc: &'d Document<'a>,
    /// How the table is called in sentences: "" at the top, "slot.snare".
    name: String,
    table: &'d DeTable<'a>,
    known: RefCell<Vec<&'static str>>,
}

/// One value and its place.
#[derive(Clone, Copy)]
pub struct Value<'d, 'a> {
    doc: &'d Document<'a>,
    value: &'d Spanned<DeValue<'a>>,
}

impl<'a> Document<'a> {
    /// Reads `text`, the contents of `file`, by handing its top table to `read`.
    /// Returns what `read` made (`None` where the text is not TOML) and all problems in
    /// the order of their places.
    pub fn read<T>(
        file: &'a Path,
        text: &'a str,
        read: impl FnOnce(&Table<'_, 'a>) -> T,
    ) -> (Option<T>, Vec<Problem>) {
        let doc = Document { file, text, problems: RefCell::default() };
        let made = match DeTable::parse(text) {
            Ok(table) => {
                let top = Table::new(&doc, String::new(), table.get_ref());
                let made = read(&top);
                top.finish();
                Some(made)
            }
            Err(error) => {
                let what = error.message().trim_end().replace('\n', ", ");
                doc.report(Severity::Error, error.span().map_or(0, |s| s.start), what);
                None
            }
        };
        let mut problems = doc.problems.into_inner();
        problems.sort_by_key(|p| p.place);
        (made, problems)
    }

    fn report(&self, severity: Severity, offset: usize, what: String) {
        self.problems
            .borrow_mut()
            .push(Problem::new(severity, self.file, what).at(self.text, offset));
    }
}

impl<'d, 'a> Table<'d, 'a> {
    fn new(doc: &'d Document<'a>, name: String, table: &'d DeTable<'a>) -> Self {
        Self { doc, name, table, known: RefCell::default() }
    }

    /// The value of a key, which is known from now on.
    pub fn get(&self, key: &'static str) -> Option<Value<'d, 'a>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.table.get(key).map(|value| Value { doc: self.doc, value })
    }

    /// Every key with its value, for tables whose keys the user chooses; all are known.
    pub fn entries(&self) -> impl Iterator<Item = (&'d str, Value<'d, 'a>, usize)> {
        let doc = self.doc;
        self.table.iter().map(move |(key, value)| {
            (key.get_ref().as_ref(), Value { doc, value }, key.span().start)
        })
    }

    /// A string.
    pub fn string(&self, key: &'static str) -> Option<String> {
        self.get(key)?.string(key)
    }

    /// A number within bounds; outside is an error that names them.
    pub fn number(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        self.get(key)?.number(key, range)
    }

    /// A whole number within bounds.
    pub fn integer(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        self.get(key)?.integer(key, range)
    }

    /// true or false.
    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        match value.value.get_ref() {
            DeValue::Boolean(b) => Some(*b),
            _ => value.wrong(key, "true or false"),
        }
    }

    /// One of the named choices.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.get(key)?.choice(key, choices)
    }

    /// A table below this one.
    pub fn table(&self, key: &'static str) -> Option<Table<'d, 'a>> {
        let name =
            if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        self.get(key)?.table(&name)
    }

    /// Reports an error at a byte offset of the text.
    pub fn error_at(&self, offset: usize, what: impl Into<String>) {
        self.doc.report(Severity::Error, offset, what.into());
    }

    /// Reports every key that nobody asked for. Not needed after [`Table::entries`].
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, _) in self.table {
            if !known.iter().any(|k| *k == key.get_ref().as_ref()) {
                let place = match self.name.as_str() {
                    "" => String::new(),
                    name => format!(" in [{name}]"),
                };
                let what = format!(
                    "unknown key '{}'{place}; allowed: {}",
                    key.get_ref(),
                    known.join(", ")
                );
                self.doc.report(Severity::Error, key.span().start, what);
            }
        }
    }
}

impl<'d, 'a> Value<'d, 'a> {
    /// Reports an error at this value.
    pub fn error(&self, what: impl Into<String>) {
        self.doc.report(Severity::Error, self.offset(), what.into());
    }

    /// Reports something left out because of this value.
    pub fn warning(&self, what: impl Into<String>) {
        self.doc.report(Severity::Warning, self.offset(), what.into());
    }

    /// Where it stands in the text, in bytes.
    pub fn offset(&self) -> usize {
        self.value.span().start
    }

    /// Reports that this value of `key` is not what is allowed; always `None`.
    pub fn wrong<T>(&self, key: &str, allowed: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(s) => format!("the text \"{s}\""),
            DeValue::Integer(i) => i.to_string(),
            DeValue::Float(x) => x.to_string(),
            DeValue::Boolean(b) => b.to_string(),
            DeValue::Datetime(d) => format!("the date {d}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.error(format!("'{key}' is {found}; allowed: {allowed}"));
        None
    }

    /// The text, where this is one; no complaint where not.
    pub fn as_str(&self) -> Option<&'d str> {
        match self.value.get_ref() {
            DeValue::String(s) => Some(s.as_ref()),
            _ => None,
        }
    }

    /// The whole number, where this is one; no complaint where not.
    pub fn as_integer(&self) -> Option<i64> {
        match self.value.get_ref() {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        }
    }

    /// The number, where this is one; no complaint where not.
    pub fn as_number(&self) -> Option<f64> {
        match self.value.get_ref() {
            DeValue::Float(x) => x.as_str().parse().ok(),
            DeValue::Integer(_) => self.as_integer().map(|i| i as f64),
            _ => None,
        }
    }

    /// Whether this is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    /// Whether this is a list.
    pub fn is_array(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Array(_))
    }

    /// A text; `key` names it in the complaint.
    pub fn string(&self, key: &str) -> Option<String> {
        self.as_str().map(str::to_owned).or_else(|| self.wrong(key, "a text in quotes"))
    }

    /// A number within bounds.
    pub fn number(&self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let allowed = format!("a number from {} to {}", range.start(), range.end());
        self.as_number().filter(|x| range.contains(x)).or_else(|| self.wrong(key, &allowed))
    }

    /// A whole number within bounds.
    pub fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.as_integer().filter(|i| range.contains(i)).or_else(|| self.wrong(key, &allowed))
    }

    /// One of the named choices.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let found = self.as_str().and_then(|s| choices.iter().find(|(name, _)| *name == s));
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        found.map(|&(_, value)| value).or_else(|| self.wrong(key, &names.join(", ")))
    }

    /// The values of a list.
    pub fn array(&self, key: &str) -> Option<Vec<Value<'d, 'a>>> {
        match self.value.get_ref() {
            DeValue::Array(items) => {
                Some(items.iter().map(|value| Value { doc: self.doc, value }).collect())
            }
            _ => self.wrong(key, "a list in [ ]"),
        }
    }

    /// A table, called `name` in complaints.
    pub fn table(&self, name: &str) -> Option<Table<'d, 'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Table::new(self.doc, name.to_owned(), table)),
            _ => self.wrong(name, "a table"),
        }
    }

    /// A range `[low, high]` of numbers within bounds, low ≤ high.
    pub fn range(&self, key: &str, bounds: RangeInclusive<f64>) -> Option<[f64; 2]> {
        let allowed =
            || format!("two numbers [low, high] from {} to {}", bounds.start(), bounds.end());
        let items =
            if self.is_array() { self.array(key)? } else { return self.wrong(key, &allowed()) };
        let [low, high] = items.as_slice() else { return self.wrong(key, &allowed()) };
        let low = low.number(key, bounds.clone())?;
        let high = high.number(key, bounds.clone())?;
        if low > high {
            self.error(format!(
                "'{key}' runs from {low} down to {high}; the lower number comes first"
            ));
            return None;
        }
        Some([low, high])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let read = |top: &Table| {
            top.number("gain", -60.0..=12.0);
            top.choice("mode", &[("steady", 1), ("asap", 2)]);
            if let Some(sub) = top.table("sub") {
                sub.integer("n", 1..=9);
                sub.boolean("on");
                if let Some(v) = sub.get("range") {
                    v.range("range", 0.0..=1.0);
                }
                sub.finish();
            }
        };
        let (_, problems) = Document::read(Path::new("f"), text, read);
        problems.iter().map(Problem::to_string).collect()
    }

    #[test]
    fn all_problems_are_found_in_one_pass_each_with_its_place() {
        let text =
            "gain = 20\nmode = 'fast'\nvolume = 1\n[sub]\nn = 0.5\non = 1\nrange = [1, 0]\nx = 2\n";
        assert_eq!(
            problems(text),
            [
                "f:1:8: error: 'gain' is 20; allowed: a number from -60 to 12",
                "f:2:8: error: 'mode' is the text \"fast\"; allowed: \"steady\", \"asap\"",
                "f:3:1: error: unknown key 'volume'; allowed: gain, mode, sub",
                "f:5:5: error: 'n' is 0.5; allowed: a whole number from 1 to 9",
                "f:6:6: error: 'on' is 1; allowed: true or false",
                "f:7:9: error: 'range' runs from 1 down to 0; the lower number comes first",
                "f:8:1: error: unknown key 'x' in [sub]; allowed: n, on, range",
            ]
        );
    }

    #[test]
    fn a_text_that_is_not_toml_names_the_place() {
        let found = problems("gain = \n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("f:1:"), "{found:?}");
    }

    #[test]
    fn a_good_text_has_no_problems() {
        assert_eq!(
            problems("gain = -3\nmode = 'asap'\nsub = { n = 3, range = [0, 0.5] }\n"),
            [""; 0]
        );
    }
}
