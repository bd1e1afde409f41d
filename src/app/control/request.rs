//! What may be asked of the module, one JSON object a line.

use serde_json::{Map, Value, json};

use super::event::Topics;
use crate::words::nearest::nearest;
use crate::words::{Action, Slot};

/// Volume in dB, as everywhere.
const VOLUME: std::ops::RangeInclusive<f64> = -60.0..=0.0;
/// A kit's trim in dB, as it is remembered.
const TRIM: std::ops::RangeInclusive<f64> = -12.0..=12.0;
/// A clear stroke, where nobody says how hard.
const VELOCITY: f32 = 100.0;
/// The longest part of a mistaken name that is repeated.
const REPEATED: usize = 40;

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Everything a front panel needs.
    Status,
    /// From now on these events, and no others.
    Events(Topics),
    /// What a button may ask for.
    Act(Action),
    /// Another kit.
    Kit(Which),
    /// The volume in dB, −60..=0.
    Volume(f32),
    /// So many dB louder, or softer.
    VolumeBy(f32),
    /// The trim of the kit that plays in dB, −12..=12.
    Trim(f32),
    /// So many dB more of it, or less.
    TrimBy(f32),
    /// Write kit and volume now.
    Save,
    /// A hit that no pad has sent.
    Strike(Strike),
    /// Read the maps anew that ports take by themselves or by the configuration.
    Maps,
}

/// A hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strike {
    /// What is struck.
    pub slot: Slot,
    /// 1..=127.
    pub velocity: f32,
    /// How open the hi-hat is: 0 closed … 1 open.
    pub openness: f32,
}

/// Which kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one of this name, case not counted.
    Name(String),
    /// The one at this place of the list, from 1.
    Number(usize),
    /// The one of this program number.
    Program(u8),
}

/// The requests that are no [`Action`], with the fields that each may have.
const OWN: [(&str, &[&str]); 8] = [
    ("status", &[]),
    ("events", &["topics"]),
    ("kit", &["name", "number", "program"]),
    ("volume", &["db", "by"]),
    ("trim", &["db", "by"]),
    ("save", &[]),
    ("strike", &["slot", "velocity", "openness"]),
    ("maps", &[]),
];

/// A line of a client: what it asks, or a sentence about what is wrong with it, and the `id`
/// that the answer is to repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The client's own mark, a number or a text.
    pub id: Option<Value>,
    /// The request.
    pub request: Result<Request, String>,
}

impl Asked {
    /// Reads a line, without its end.
    pub fn read(line: &[u8]) -> Self {
        let refused = |sentence: String| Self { id: None, request: Err(sentence) };
        let Ok(text) = std::str::from_utf8(line) else {
            return refused("the line is not UTF-8 text".to_owned());
        };
        let map = match serde_json::from_str(text) {
            Ok(Value::Object(map)) => map,
            Ok(_) => return refused(what_a_line_is("the line is JSON and no object")),
            Err(error) => return refused(what_a_line_is(&format!("the line is no JSON: {error}"))),
        };
        let id = match map.get("id") {
            id @ (None | Some(Value::Number(_) | Value::String(_))) => id.cloned(),
            Some(_) => return refused("'id' is to be a number or a text".to_owned()),
        };
        Self { request: read(&map), id }
    }
}

fn what_a_line_is(found: &str) -> String {
    format!("{found}; a request is one object a line, as in {{\"request\":\"status\"}}")
}

fn names() -> impl Iterator<Item = &'static str> + Clone {
    let own = OWN.iter().map(|(name, _)| *name);
    own.chain(Action::NAMES.iter().map(|(name, _)| *name))
}

fn read(map: &Map<String, Value>) -> Result<Request, String> {
    let name = match map.get("request") {
        Some(Value::String(name)) => name.as_str(),
        Some(_) => return Err("'request' is to be a text".to_owned()),
        None => return Err(what_a_line_is("'request' is missing")),
    };
    let action = Action::from_name(name);
    let own = OWN.iter().find(|(own, _)| *own == name);
    let fields: &[&str] = match (own, action) {
        (Some((_, fields)), _) => fields,
        (None, Some(_)) => &[],
        (None, None) => return Err(unknown("request", name, names())),
    };
    let is_known = |key: &str| fields.contains(&key) || ["request", "id"].contains(&key);
    if let Some(odd) = map.keys().find(|key| !is_known(key)) {
        return Err(unknown(&format!("field of '{name}'"), odd, fields.iter().copied()));
    }
    if let Some(action) = action {
        return Ok(Request::Act(action));
    }
    match name {
        "events" => Ok(Request::Events(topics(map.get("topics"))?)),
        "kit" => which(map).map(Request::Kit),
        "volume" => volume(map),
        "trim" => trim(map),
        "save" => Ok(Request::Save),
        "strike" => strike(map),
        "maps" => Ok(Request::Maps),
        _ => Ok(Request::Status),
    }
}

fn unknown(what: &str, name: &str, allowed: impl Iterator<Item = &'static str> + Clone) -> String {
    let said: String = name.chars().take(REPEATED).collect();
    let cut = if said.len() < name.len() { "…" } else { "" };
    let meant = match nearest(name, allowed.clone()) {
        Some(near) => format!(" (did you mean '{near}'?)"),
        None => String::new(),
    };
    let allowed: Vec<&str> = allowed.collect();
    let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
    format!("unknown {what} '{said}{cut}'{meant}; allowed: {allowed}")
}

fn topics(value: Option<&Value>) -> Result<Topics, String> {
    let Some(value) = value else { return Ok(Topics::USUAL) };
    let wrong = || format!("'topics' is to be a list of these: {}", Topics::names().join(", "));
    let list = value.as_array().ok_or_else(wrong)?;
    list.iter().try_fold(Topics::NONE, |topics, item| {
        let name = item.as_str().ok_or_else(wrong)?;
        let topic = Topics::named(name);
        Ok(topics.and(topic.ok_or_else(|| unknown("topic", name, Topics::names().into_iter()))?))
    })
}

fn which(map: &Map<String, Value>) -> Result<Which, String> {
    let given = (map.get("name"), map.get("number"), map.get("program"));
    let whole = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
    match given {
        (Some(name), None, None) => {
            let name = name.as_str().ok_or("'name' is to be a text")?;
            Ok(Which::Name(name.to_owned()))
        }
        (None, Some(number), None) => whole(number)
            .filter(|&n| n > 0)
            .map(Which::Number)
            .ok_or_else(|| "'number' is a kit's place in the list, from 1".to_owned()),
        (None, None, Some(program)) => whole(program)
            .and_then(|n| u8::try_from(n).ok())
            .filter(|&n| n < 128)
            .map(Which::Program)
            .ok_or_else(|| "'program' is to be a number from 0 to 127".to_owned()),
        _ => Err("'kit' takes one of 'name', 'number' and 'program'".to_owned()),
    }
}

fn volume(map: &Map<String, Value>) -> Result<Request, String> {
    match (map.get("db").map(Value::as_f64), map.get("by").map(Value::as_f64)) {
        (Some(Some(db)), None) if VOLUME.contains(&db) => Ok(Request::Volume(db as f32)),
        (Some(_), None) => Err("'db' is to be a number from -60 to 0".to_owned()),
        (None, Some(Some(by))) if by.abs() <= 60.0 => Ok(Request::VolumeBy(by as f32)),
        (None, Some(_)) => Err("'by' is to be a number from -60 to 60".to_owned()),
        _ => Err("'volume' takes one of 'db' and 'by'".to_owned()),
    }
}

fn trim(map: &Map<String, Value>) -> Result<Request, String> {
    match (map.get("db").map(Value::as_f64), map.get("by").map(Value::as_f64)) {
        (Some(Some(db)), None) if TRIM.contains(&db) => Ok(Request::Trim(db as f32)),
        (Some(_), None) => Err("'db' is to be a number from -12 to 12".to_owned()),
        (None, Some(Some(by))) if by.abs() <= 24.0 => Ok(Request::TrimBy(by as f32)),
        (None, Some(_)) => Err("'by' is to be a number from -24 to 24".to_owned()),
        _ => Err("'trim' takes one of 'db' and 'by'".to_owned()),
    }
}

fn strike(map: &Map<String, Value>) -> Result<Request, String> {
    let name = map.get("slot").and_then(Value::as_str).ok_or("'slot' is to be a slot's name")?;
    let cut: String = name.chars().take(REPEATED).collect();
    let slot = Slot::from_name(name).ok_or_else(|| Slot::unknown(&cut))?;
    let number = |key: &str, range: std::ops::RangeInclusive<f64>, usual: f32| {
        let Some(value) = map.get(key) else { return Ok(usual) };
        let found = value.as_f64().filter(|x| range.contains(x)).map(|x| x as f32);
        found.ok_or_else(|| {
            format!("'{key}' is to be a number from {} to {}", range.start(), range.end())
        })
    };
    let velocity = number("velocity", 1.0..=127.0, VELOCITY)?;
    let openness = number("openness", 0.0..=1.0, 0.0)?;
    Ok(Request::Strike(Strike { slot, velocity, openness }))
}

impl Request {
    /// A hit of the usual strength.
    pub fn strike(slot: Slot, openness: f32) -> Self {
        Request::Strike(Strike { slot, velocity: VELOCITY, openness })
    }

    /// The line that asks for it, as a value.
    pub fn to_json(&self) -> Value {
        match self {
            Request::Status => json!({ "request": "status" }),
            Request::Events(topics) => json!({ "request": "events", "topics": topics.list() }),
            Request::Act(action) => json!({ "request": action.to_string() }),
            Request::Kit(Which::Name(name)) => json!({ "request": "kit", "name": name }),
            Request::Kit(Which::Number(n)) => json!({ "request": "kit", "number": n }),
            Request::Kit(Which::Program(n)) => json!({ "request": "kit", "program": n }),
            Request::Volume(db) => json!({ "request": "volume", "db": db }),
            Request::VolumeBy(by) => json!({ "request": "volume", "by": by }),
            Request::Trim(db) => json!({ "request": "trim", "db": db }),
            Request::TrimBy(by) => json!({ "request": "trim", "by": by }),
            Request::Save => json!({ "request": "save" }),
            Request::Strike(Strike { slot, velocity, openness }) => json!({
                "request": "strike", "slot": slot.to_string(), "velocity": velocity,
                "openness": openness,
            }),
            Request::Maps => json!({ "request": "maps" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(line: &str) -> String {
        Asked::read(line.as_bytes()).request.unwrap_err()
    }

    #[test]
    fn every_request_is_read_as_it_is_written() {
        let mut all = vec![
            Request::Status,
            Request::Events(Topics::USUAL),
            Request::Events(Topics::NONE),
            Request::Kit(Which::Name("Jazz".to_owned())),
            Request::Kit(Which::Number(3)),
            Request::Kit(Which::Program(0)),
            Request::Volume(-6.5),
            Request::VolumeBy(3.0),
            Request::Trim(-2.5),
            Request::TrimBy(-1.0),
            Request::Save,
            Request::strike(Slot::HIHAT, 0.5),
            Request::Maps,
        ];
        all.extend(Action::NAMES.map(|(_, action)| Request::Act(action)));
        all.extend([Action::Kit(3), Action::VolumeDown(6)].map(Request::Act));
        for request in all {
            let asked = Asked::read(request.to_json().to_string().as_bytes());
            assert_eq!(asked, Asked { id: None, request: Ok(request) });
        }
    }

    #[test]
    fn an_id_is_kept_for_the_answer_also_where_the_request_is_wrong() {
        let asked = Asked::read(br#"{"request":"stats","id":"a"}"#);
        assert_eq!(asked.id, Some("a".into()));
        assert!(asked.request.is_err());
        assert_eq!(Asked::read(br#"{"request":"panic","id":7}"#).id, Some(7.into()));
    }

    #[test]
    fn what_cannot_be_understood_is_a_sentence_that_says_what_can() {
        for (line, begins) in [
            ("", "the line is no JSON: "),
            ("[]", "the line is JSON and no object; a request is one object a line, as in "),
            ("{}", "'request' is missing; a request is one object a line, as in "),
            (r#"{"request":1}"#, "'request' is to be a text"),
            (r#"{"request":"status","id":[]}"#, "'id' is to be a number or a text"),
            (
                r#"{"request":"stauts"}"#,
                "unknown request 'stauts' (did you mean 'status'?); allowed: status, events, kit, \
                 volume, trim, save, strike, maps, next-kit, ",
            ),
            (r#"{"request":"panic","name":"x"}"#, "unknown field of 'panic' 'name'; allowed: none"),
            (
                r#"{"request":"volume","dB":-6}"#,
                "unknown field of 'volume' 'dB' (did you mean 'db'?); allowed: db, by",
            ),
            (r#"{"request":"volume"}"#, "'volume' takes one of 'db' and 'by'"),
            (r#"{"request":"volume","db":6}"#, "'db' is to be a number from -60 to 0"),
            (r#"{"request":"volume","by":"1"}"#, "'by' is to be a number from -60 to 60"),
            (r#"{"request":"trim","db":13}"#, "'db' is to be a number from -12 to 12"),
            (r#"{"request":"trim","by":25}"#, "'by' is to be a number from -24 to 24"),
            (r#"{"request":"trim","db":1,"by":1}"#, "'trim' takes one of 'db' and 'by'"),
            (r#"{"request":"strike"}"#, "'slot' is to be a slot's name"),
            (
                r#"{"request":"strike","slot":"snar"}"#,
                "unknown slot 'snar' (did you mean 'snare'?); allowed: kick, ",
            ),
            (
                r#"{"request":"strike","slot":"kick","velocity":0}"#,
                "'velocity' is to be a number from 1 to 127",
            ),
            (
                r#"{"request":"strike","slot":"hihat","openness":"1"}"#,
                "'openness' is to be a number from 0 to 1",
            ),
            (r#"{"request":"kit"}"#, "'kit' takes one of 'name', 'number' and 'program'"),
            (r#"{"request":"kit","number":0}"#, "'number' is a kit's place in the list, from 1"),
            (r#"{"request":"kit","program":128}"#, "'program' is to be a number from 0 to 127"),
            (r#"{"request":"events","topics":"hits"}"#, "'topics' is to be a list of these: hits"),
            (
                r#"{"request":"events","topics":["hit"]}"#,
                "unknown topic 'hit' (did you mean 'hits'?); allowed: hits, silences, ",
            ),
        ] {
            let found = sentence(line);
            assert!(found.starts_with(begins), "{line}: {found}");
        }
        assert_eq!(Asked::read(&[0xFF]).request.unwrap_err(), "the line is not UTF-8 text");
        let long = format!(r#"{{"request":"{}"}}"#, "é".repeat(3000));
        assert!(sentence(&long).len() < 300, "{}", sentence(&long));
    }
}
