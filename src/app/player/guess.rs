//! Which other map knows a note that the input's own does not.

use crate::app::spoken::in_words;
use crate::maps::{BUILT_IN, NoteMap};
use crate::words::limits::SOURCES;

/// What another map says of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The map's name.
    pub map: &'static str,
    /// What the note would be, in words.
    pub means: String,
}

/// The notes that each source has struck, which say more about a module than one of them.
pub struct Guesser {
    maps: Vec<(&'static str, NoteMap)>,
    struck: [[bool; 128]; SOURCES],
}

impl Guesser {
    /// With all maps in the program, and nothing struck. Of equals Roland's is the guess: its
    /// modules are the most common ones, and others copy its notes.
    pub fn new() -> Self {
        let maps = BUILT_IN.iter().filter_map(|name| Some((*name, NoteMap::named(name)?)));
        let mut maps: Vec<_> = maps.collect();
        maps.sort_by_key(|(name, _)| *name != "roland");
        Self { maps, struck: [[false; 128]; SOURCES] }
    }

    /// A source has struck a note.
    pub fn struck(&mut self, source: u8, note: u8) {
        let notes = self.struck.get_mut(usize::from(source));
        if let Some(struck) = notes.and_then(|notes| notes.get_mut(usize::from(note))) {
            *struck = true;
        }
    }

    /// Another device sends by this source now.
    pub fn forget(&mut self, source: usize) {
        if let Some(notes) = self.struck.get_mut(source) {
            *notes = [false; 128];
        }
    }

    /// Of the maps that know this note of a source, the one that knows the most of what it
    /// has struck; the first of equals.
    pub fn guess(&self, source: u8, note: u8) -> Option<Guess> {
        let struck = self.struck.get(usize::from(source))?;
        let of = |map: &NoteMap, note: u8| map.notes.get(usize::from(note)).copied().flatten();
        let knows = |map: &NoteMap| {
            (0..128).filter(|&n| struck[usize::from(n)] && of(map, n).is_some()).count()
        };
        let mut best: Option<(usize, Guess)> = None;
        for (name, map) in &self.maps {
            let Some(mapped) = of(map, note) else { continue };
            let known = knows(map);
            if best.as_ref().is_none_or(|(most, _)| known > *most) {
                let means = in_words(mapped.slot, mapped.openness);
                best = Some((known, Guess { map: name, means }));
            }
        }
        best.map(|(_, guess)| guess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_hihat_edge_of_a_roland_is_known_as_such() {
        let mut guesser = Guesser::new();
        for note in [22, 26, 36, 38] {
            guesser.struck(0, note);
        }
        let guess = guesser.guess(0, 22).unwrap();
        assert_eq!((guess.map, &*guess.means), ("roland", "hi-hat edge, closed"));
        assert_eq!(guesser.guess(0, 126), None);
    }

    #[test]
    fn of_two_maps_the_one_that_knows_more_of_what_was_struck_is_the_guess() {
        let map =
            |notes: &str| NoteMap::parse("m".as_ref(), &format!("[notes]\n{notes}")).0.unwrap();
        let maps = vec![
            ("one", map("7 = \"kick\"\n8 = \"snare\"\n")),
            ("two", map("7 = \"ride.bell\"\n9 = \"tom1\"\n10 = \"tom2\"\n")),
        ];
        let mut guesser = Guesser { maps, ..Guesser::new() };
        let guess = |guesser: &Guesser| guesser.guess(3, 7).unwrap().means;
        assert_eq!(guess(&guesser), "kick");
        guesser.struck(3, 9);
        assert_eq!(guess(&guesser), "ride bell");
        guesser.struck(3, 200);
        guesser.forget(3);
        assert_eq!(guess(&guesser), "kick");
    }
}
