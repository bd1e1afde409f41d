//! A map as its file.

use std::fmt::Write as _;

use super::read::{GRAB_BELOW, MASK_BELOW};
use super::{NoteMap, Pedal};

/// The text that [`NoteMap::parse`] reads as this map, without remarks.
pub(super) fn text(map: &NoteMap) -> String {
    let mut text = format!("name = {}\n", quoted(&map.name));
    let ports: Vec<String> = map.ports.iter().map(|port| quoted(port)).collect();
    line(&mut text, &format!("ports = [{}]", ports.join(", ")));
    for (key, value, usual) in [
        ("mask_ms", map.mask_ms, 0.0),
        ("mask_below", map.mask_below, MASK_BELOW as f32),
        ("grab_below", map.grab_below, GRAB_BELOW as f32),
    ] {
        if value != usual {
            line(&mut text, &format!("{key} = {value}"));
        }
    }
    line(&mut text, "\n[notes]");
    for &note in &map.order {
        let Some(mapped) = map.notes.get(usize::from(note)).copied().flatten() else { continue };
        let slot = mapped.slot;
        let mut more = String::new();
        if let Some(openness) = mapped.openness {
            let _ = write!(more, ", openness = {openness:?}");
        }
        if let Some(open) = mapped.open {
            let _ = write!(more, ", open = \"{open}\"");
        }
        line(
            &mut text,
            &match more.as_str() {
                "" => format!("{note} = \"{slot}\""),
                more => format!("{note} = {{ slot = \"{slot}\"{more} }}"),
            },
        );
    }
    for (note, grabs) in map.chokes.iter().enumerate() {
        if let Some(slot) = grabs {
            line(&mut text, &format!("{note} = {{ choke = \"{slot}\" }}"));
        }
    }
    for (slot, ms) in &map.masks {
        line(&mut text, &format!("\n[slot.{slot}]\nmask_ms = {ms}"));
    }
    text + &pedal(&map.pedal)
}

fn pedal(pedal: &Pedal) -> String {
    let Pedal { cc, open, closed, auto, from_speed } = pedal;
    let closed = if *auto { "\"auto\"".to_owned() } else { closed.to_string() };
    let foot = if *from_speed { "foot = \"from-pedal\"\n" } else { "" };
    format!("\n[pedal]\ncc = {cc}\nopen = {open}\nclosed = {closed}\n{foot}")
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// As a TOML text in quotes.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::maps::{BUILT_IN, Mapped, NoteMap, Pedal};
    use crate::words::Slot;
    use crate::words::rng::Rng;

    fn comes_back(map: &NoteMap) {
        let text = map.to_toml();
        let (read, problems) = NoteMap::parse(Path::new("m.toml"), &text);
        assert_eq!(problems, [], "{text}");
        assert_eq!(read.as_ref(), Some(map), "{text}");
    }

    #[test]
    fn every_built_in_map_is_read_back_from_what_is_written() {
        for name in BUILT_IN {
            comes_back(&NoteMap::named(name).unwrap());
        }
    }

    #[test]
    fn any_map_is_read_back_from_what_is_written() {
        let slots: Vec<Slot> = Slot::all().collect();
        for round in 0..300 {
            let mut rng = Rng::new(round, 0);
            let mut below = |n: u64| rng.draw() % n;
            let mut map = NoteMap::parse(Path::new("odd \"name\".toml"), "[notes]").0.unwrap();
            map.ports = vec!["TD-17\\\"'\n\u{1}é".to_owned(), String::new()];
            map.mask_ms = below(1001) as f32 / 10.0;
            map.mask_below = below(1000) as f32 / 999.0;
            map.grab_below = below(128) as f32;
            for _ in 0..below(60) {
                let note = below(128) as u8;
                let place = usize::from(note);
                if map.notes[place].is_some() || map.chokes[place].is_some() {
                    continue;
                }
                let slot = slots[below(slots.len() as u64) as usize];
                if below(8) == 0 {
                    map.chokes[place] = Some(slot);
                    continue;
                }
                let openness = (slot.is_hihat() && below(2) == 0).then(|| below(11) as f32 / 10.0);
                let open = (below(4) == 0).then_some(Slot::HIHAT_SPLASH);
                map.notes[place] = Some(Mapped { slot, openness, open });
                map.order.push(note);
            }
            for slot in Slot::named().filter(|slot| slot.pad() == Slot::SNARE) {
                map.masks.insert(slot, below(100) as f32);
            }
            let (open, closed) = (below(128) as u8, below(127) as u8);
            let closed = if closed == open { 127 - open.min(126) } else { closed };
            if open != closed && below(3) > 0 {
                map.pedal = Pedal { cc: below(128) as u8, ..Pedal::default() }
                    .with_ends(Some(open), Some(closed));
            }
            map.pedal.from_speed = below(2) == 0;
            comes_back(&map);
        }
    }
}
