//! Names as people say them.

use crate::words::Slot;

/// How closed a hi-hat is called closed, and how open open.
const CLOSED: f32 = 0.2;
const OPEN: f32 = 0.8;

/// A slot as people say it: `hi-hat edge, closed`.
pub fn in_words(slot: Slot, openness: Option<f32>) -> String {
    let name = slot.to_string();
    let (pad, zone) = name.split_once('.').unwrap_or((&name, ""));
    let number = pad.trim_start_matches(|c: char| !c.is_ascii_digit());
    let pad = pad.strip_suffix(number).unwrap_or(pad);
    let pad = if pad == "hihat" { "hi-hat" } else { pad };
    let zone = if zone == "xstick" { "cross-stick" } else { zone };
    let how = match openness {
        Some(x) if x <= CLOSED => ", closed",
        Some(x) if x >= OPEN => ", open",
        Some(_) => ", half open",
        None => "",
    };
    let words = [pad, number, zone].into_iter().filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ") + how
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_called_as_people_call_them() {
        for (slot, openness, words) in [
            ("snare.xstick", None, "snare cross-stick"),
            ("tom3.rim", None, "tom 3 rim"),
            ("hihat", Some(1.0), "hi-hat, open"),
            ("hihat.edge", Some(0.5), "hi-hat edge, half open"),
            ("note.99", None, "note 99"),
        ] {
            assert_eq!(in_words(Slot::from_name(slot).unwrap(), openness), words);
        }
    }
}
