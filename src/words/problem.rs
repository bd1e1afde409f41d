//! What is wrong with something a user wrote or recorded, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

/// How much a problem costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Note,
    /// One thing is left out; the rest works.
    Warning,
    /// What the file asks for cannot be done.
    Error,
}

/// One sentence about one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it costs.
    pub severity: Severity,
    /// The file or folder.
    #[serde(serialize_with = "path_as_text")]
    pub file: PathBuf,
    /// Line and column, both from 1, where the file is text.
    pub place: Option<(usize, usize)>,
    /// What was found and what is allowed, as one sentence without a full stop.
    pub what: String,
}

impl Problem {
    /// A problem of a whole file.
    pub fn new(severity: Severity, file: &Path, what: impl Into<String>) -> Self {
        Self { severity, file: file.to_owned(), place: None, what: what.into() }
    }

    /// An error of a whole file.
    pub fn error(file: &Path, what: impl Into<String>) -> Self {
        Self::new(Severity::Error, file, what)
    }

    /// A warning about a whole file.
    pub fn warning(file: &Path, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, file, what)
    }

    /// The same problem at a byte offset of the file's text.
    pub fn at(mut self, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        self.place = Some((line, column));
        self
    }
}

/// A path as people see it: one with bytes in it that are no text loses these to `�`, where
/// serde would refuse everything that stands beside it.
///
/// # Errors
/// Those of the serializer.
pub fn path_as_text<P: AsRef<Path>, S: Serializer>(path: &P, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&path.as_ref().display())
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        let word = match self.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, ": {word}: {}", self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_file_line_column_and_what_is_wrong() {
        let text = "a = 1\nbö = 2\n";
        let problem = Problem::error(Path::new("kit.toml"), "'b' is wrong").at(text, 10);
        assert_eq!(problem.to_string(), "kit.toml:2:4: error: 'b' is wrong");
    }
}
