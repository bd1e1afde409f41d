//! Why something lies outside, as `reasons.toml` says.

use serde::Deserialize;

/// What reasons.toml holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    reason: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    kit: Option<String>,
    folder: Option<String>,
    measures: Vec<String>,
    why: String,
}

impl Reasons {
    /// The reasons of this repository.
    pub fn get() -> Result<Self, String> {
        toml::from_str(include_str!("reasons.toml")).map_err(|e| format!("reasons.toml: {e}"))
    }

    /// The first reason for a measure of a folder (or a slot) of a kit.
    pub fn find(&self, kit: &str, folder: &str, measure: &str) -> Option<&str> {
        let covers = |reason: &&Reason| reason.covers(kit, folder, measure);
        self.reason.iter().find(covers).map(|reason| reason.why.as_str())
    }
}

impl Reason {
    fn covers(&self, kit: &str, folder: &str, measure: &str) -> bool {
        let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
        let inside = |wanted: &String| folder.strip_prefix(wanted.as_str()).is_some_and(below);
        self.kit.as_ref().is_none_or(|wanted| wanted == kit)
            && self.folder.as_ref().is_none_or(inside)
            && self.measures.iter().any(|start| measure.starts_with(start.as_str()))
    }
}
