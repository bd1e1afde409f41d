//! What the names of folders and files say about a recording.

use super::tokens::{Token, tokens};
use super::vocabulary::{
    GROUPS, LAYER, LOUDNESS, OPENNESS, PADS, PITCHES, TURN, WEAK_PADS, ZONES, meaning,
};
use crate::words::Slot;

/// What a recording is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A slot that the name says.
    Slot(Slot),
    /// A MIDI note, 0..=127, read with the kit's own map.
    Note(u8),
    /// A tom that is named by its pitch: which slot it gets depends on the other toms.
    Tom(Tom),
}

/// A tom named by pitch. Ordered from high to low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tom {
    /// 0 highest … 6 lowest.
    pub pitch: u8,
    /// A number behind the pitch ("floor tom 2"), else 0.
    pub number: u32,
    /// Its rim.
    pub rim: bool,
}

/// How open the hi-hat was, by word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Openness {
    /// Closed.
    Closed,
    /// Half open.
    Half,
    /// Open.
    Open,
}

/// How hard the stroke was, as the name has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The number of a velocity layer (`v3`).
    pub layer: Option<u32>,
    /// The place of a word in [`LOUDNESS`] (`Hard`).
    pub word: Option<usize>,
    /// Three digits at the end, 0..=127 (`Snare1-005`): perhaps a velocity.
    pub velocity: Option<u8>,
    /// The number among equals (`rr2`).
    pub turn: Option<u32>,
}

/// All that the names on a recording's path say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Understood {
    /// What is struck; `None`: the names do not say.
    pub place: Option<Place>,
    /// How open the hi-hat is.
    pub openness: Option<Openness>,
    /// How hard.
    pub marks: Marks,
    /// The last folder of several drums, and the word it stands for.
    group: Option<&'static str>,
}

/// Reads the names of a path, outermost folder first and the file's name without its
/// ending last. An outer name that says what is struck wins; inner ones add the zone,
/// the openness and the loudness.
pub fn understand(names: &[String]) -> Understood {
    let mut known = Understood::default();
    for (index, name) in names.iter().enumerate() {
        let is_file = index + 1 == names.len();
        known.read(name, is_file);
    }
    known
}

/// The marks in the name of a file whose slot is known.
pub fn marks(name: &str) -> Marks {
    let mut known = Understood::default();
    known.modifiers(&tokens(name), true);
    known.marks
}

impl Understood {
    fn read(&mut self, name: &str, is_file: bool) {
        if let Some(slot) = Slot::from_name(name.trim()) {
            self.strike(slot.note().map_or(Place::Slot(slot), Place::Note));
            return;
        }
        let mut tokens = tokens(name);
        let note = pure_note(&tokens, self.group.is_some());
        if let (None, Some(note)) = (self.place, note) {
            self.strike(Place::Note(note));
            self.modifiers(&tokens, false);
            return;
        }
        let mut found = pad(&tokens, &STRONG);
        if found.is_none() && self.place.is_none() {
            self.group = tokens.iter().find_map(|t| meaning(&GROUPS, t.word()?)).or(self.group);
            let says = |t: &Token| t.counted().is_some() || t.word().and_then(pitch_word).is_some();
            if let Some(word) = self.group.filter(|_| is_file || tokens.iter().any(says)) {
                tokens.insert(0, Token::Word(word.to_owned()));
            }
            found = pad(&tokens, &STRONG).or_else(|| pad(&tokens, &WEAK));
        }
        if let Some((place, openness)) = found {
            self.strike(place);
            self.openness = self.openness.or(openness);
        }
        self.zone(&tokens);
        self.modifiers(&tokens, is_file);
    }

    /// What is struck, unless an outer name has said it; a zone of the same pad refines it.
    fn strike(&mut self, place: Place) {
        match (self.place, place) {
            (None, _) => self.place = Some(place),
            (Some(Place::Slot(outer)), Place::Slot(inner))
                if outer == outer.pad() && inner.pad() == outer =>
            {
                self.place = Some(place);
            }
            _ => {}
        }
    }

    fn zone(&mut self, tokens: &[Token]) {
        let zones = || ZONES.iter().filter(|(_, words)| says(tokens, words)).map(|&(zone, _)| zone);
        match &mut self.place {
            Some(Place::Slot(slot)) if *slot == slot.pad() => {
                let of_pad = |zone| Slot::from_name(&format!("{slot}.{zone}"));
                if let Some(zone) = zones().filter_map(of_pad).next_back() {
                    *slot = zone;
                }
            }
            Some(Place::Tom(tom)) => tom.rim |= zones().any(|zone| zone == "rim"),
            _ => {}
        }
    }

    fn modifiers(&mut self, tokens: &[Token], is_file: bool) {
        let numbered = |words: &[&str]| {
            tokens.windows(2).find_map(|pair| match pair {
                [Token::Word(word), Token::Number { value, .. }]
                    if words.contains(&word.as_str()) =>
                {
                    Some(*value)
                }
                _ => None,
            })
        };
        let marks = &mut self.marks;
        marks.layer = numbered(&LAYER).or(marks.layer);
        marks.turn = numbered(&TURN).or(marks.turn);
        marks.word = LOUDNESS.iter().position(|words| says(tokens, words)).or(marks.word);
        if let (true, Some(Token::Number { value, width: 3 })) = (is_file, tokens.last()) {
            marks.velocity = u8::try_from(*value).ok().filter(|&v| v < 128);
        }
        let word = OPENNESS.iter().find(|(_, words)| says(tokens, words)).map(|&(word, _)| word);
        self.openness = self.openness.or(word.and_then(openness));
    }
}

fn says(tokens: &[Token], words: &[&str]) -> bool {
    tokens.iter().any(|token| token.word().is_some_and(|word| words.contains(&word)))
}

fn openness(word: &str) -> Option<Openness> {
    match word {
        "closed" => Some(Openness::Closed),
        "half" => Some(Openness::Half),
        "open" => Some(Openness::Open),
        _ => None,
    }
}

/// The note of a name that is a number and besides it only layer, turn and loudness.
/// Among the recordings of a group a number with leading zeros or of one digit only counts.
fn pure_note(tokens: &[Token], in_group: bool) -> Option<u8> {
    let (Token::Number { value, width }, rest) = tokens.split_first()? else { return None };
    let is_mark = |words: &str| LAYER.contains(&words) || TURN.contains(&words);
    let mut rest = rest.iter();
    while let Some(token) = rest.next() {
        let word = token.word()?;
        if is_mark(word) {
            rest.next().filter(|next| next.word().is_none())?;
        } else if !LOUDNESS.iter().any(|words| words.contains(&word)) {
            return None;
        }
    }
    let counts = in_group && (*width == 1 || tokens[0].counted().is_none());
    u8::try_from(*value).ok().filter(|&note| note < 128 && !counts)
}

/// One way to look a name up in the vocabulary.
type Tier = fn(&str) -> Option<&'static str>;

/// Long words before abbreviations of two letters.
const STRONG: [Tier; 2] =
    [|name| meaning(&PADS, name).filter(|_| name.len() > 2), |name| meaning(&PADS, name)];

/// Words that also mean a zone.
const WEAK: [Tier; 1] = [|name| meaning(&WEAK_PADS, name)];

/// What the words say is struck, by the first tier that finds anything: the first word,
/// with as many behind it as make a name.
fn pad(tokens: &[Token], tiers: &[Tier]) -> Option<(Place, Option<Openness>)> {
    tiers.iter().find_map(|tier| {
        (0..tokens.len()).find_map(|start| {
            (1..=3).rev().find_map(|count| {
                let words = tokens.get(start..start + count)?;
                let name = words.iter().map(Token::word).collect::<Option<String>>()?;
                place(tier(&name)?, &tokens[start + count..], tokens)
            })
        })
    })
}

/// The place that a meaning of the vocabulary stands for. `behind`: the tokens after it.
fn place(found: &str, behind: &[Token], tokens: &[Token]) -> Option<(Place, Option<Openness>)> {
    let (pad, word) = found.split_once(' ').unwrap_or((found, ""));
    let number = |most: u32| {
        behind.first().and_then(Token::counted).filter(|n| (1..=most).contains(n)).unwrap_or(1)
    };
    let name = match pad {
        "tom" => return Some((tom(word, behind, tokens), None)),
        "crash" => format!("crash{}", number(2)),
        "aux" => format!("aux{}", number(8)),
        "note" => return noted(behind).map(|place| (place, None)),
        other => other.to_owned(),
    };
    let slot = Slot::from_name(&name)?;
    Some((slot.note().map_or(Place::Slot(slot), Place::Note), openness(word)))
}

fn noted(behind: &[Token]) -> Option<Place> {
    let Some(Token::Number { value, .. }) = behind.first() else { return None };
    u8::try_from(*value).ok().filter(|&note| note < 128).map(Place::Note)
}

fn pitch_word(word: &str) -> Option<&'static str> {
    meaning(&PITCHES, word)
}

/// A tom by its number, or by its pitch. `said`: a pitch that is part of its name.
fn tom(said: &str, behind: &[Token], tokens: &[Token]) -> Place {
    let mut pitches: Vec<&str> =
        tokens.iter().filter_map(Token::word).filter_map(pitch_word).collect();
    pitches.push(said);
    let has = |pitch: &str| pitches.contains(&pitch);
    // General MIDI's order: high, hi-mid, (mid,) low-mid, low, high floor, low floor.
    let pitch = match (has("high"), has("mid"), has("low"), has("floor")) {
        (_, _, true, true) => Some(6),
        (_, _, _, true) => Some(5),
        (true, true, ..) => Some(1),
        (_, true, true, _) => Some(3),
        (true, ..) => Some(0),
        (_, true, ..) => Some(2),
        (_, _, true, _) => Some(4),
        _ => None,
    };
    let is_pitch = |token: &&Token| token.word().is_some_and(|word| pitch_word(word).is_some());
    let number = behind.iter().find(|token| !is_pitch(token)).and_then(Token::counted);
    if let Some(pitch) = pitch {
        return Place::Tom(Tom { pitch, number: number.unwrap_or(0), rim: false });
    }
    let number = number.filter(|n| (1..=6).contains(n)).unwrap_or(1);
    let slot = Slot::from_name(&format!("tom{number}"));
    slot.map_or(Place::Tom(Tom { pitch: 2, number, rim: false }), Place::Slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a path says, in short.
    fn says(path: &str) -> String {
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        let known = understand(&names);
        let place = match known.place {
            Some(Place::Slot(slot)) => slot.to_string(),
            Some(Place::Note(note)) => note.to_string(),
            Some(Place::Tom(tom)) => {
                format!("tom p{} n{}{}", tom.pitch, tom.number, if tom.rim { " rim" } else { "" })
            }
            None => "?".to_owned(),
        };
        let openness = known.openness.map_or(String::new(), |o| format!(" {o:?}"));
        let mark = |name: &str, x: Option<u32>| x.map_or(String::new(), |x| format!(" {name}{x}"));
        let marks = known.marks;
        let word = mark("w", marks.word.map(|w| w as u32));
        let velocity = mark("vel", marks.velocity.map(u32::from));
        place + &openness + &mark("v", marks.layer) + &word + &velocity + &mark("rr", marks.turn)
    }
    fn all_say(wanted: &str, paths: &[&str]) {
        for path in paths {
            assert_eq!(says(path), wanted, "{path}");
        }
    }

    #[test]
    fn a_drum_is_known_by_many_names() {
        all_say(
            "kick",
            &["kick/01", "BD", "Bass Drum 2", "808_Kick_Long", "kick drum/x", "BD0010"],
        );
        all_say("snare", &["snare/01", "Snare", "sn_Jazz_c", "SD/7", "Snare 01", "808_Snare_2"]);
        all_say("ride", &["24Ride-1", "ride/hit 3", "Ride Cymbal", "rd/1"]);
        all_say("china", &["China", "chinese cymbal"]);
    }

    #[test]
    fn a_zone_may_stand_in_the_folder_or_in_the_file() {
        all_say("snare.rim", &["snare.rim/01", "SnareRim", "Snare_Rim/snare 3", "snare/rim/2"]);
        all_say("snare.rim", &["SnareRimshot", "rim", "snare/Rimshot 4", "snare.rim/Snare 01"]);
        all_say("snare.xstick", &["SideStick", "snare/cross stick", "Snare Cross-Stick"]);
        all_say("ride.bell", &["ridebell", "Ride Bell 1", "ride/bell/1", "Bell", "ride cup"]);
        all_say("crash1.edge", &["crash edge", "Crash 1 Edge", "crash1.edge/1"]);
        all_say("tom2.rim", &["tom2.rim", "Tom 2 Rim", "toms/2 rim"]);
    }

    #[test]
    fn a_hihat_says_how_open_it_is() {
        all_say("hihat Closed", &["hihat/closed/1", "hh closed", "HatClosed", "CH", "closed/hat"]);
        all_say("hihat Open", &["hihat-open", "Open Hi-Hat", "hats/open", "006_ab2openhh", "oh"]);
        all_say("hihat Half", &["HatSemiOpen", "hihat half open", "hihat/half/open 1"]);
        all_say("hihat.edge Open", &["hihat edge open", "hihat.edge/open/1"]);
        all_say("hihat.pedal", &["HatPedal", "hihat/foot", "hhp_Dry_a", "pedal"]);
        all_say("hihat.splash", &["hihat/foot splash", "hihat.splash", "Foot Splash"]);
        all_say("hihat", &["hihat", "HH", "Hi Hat", "hi-hat/1"]);
    }

    #[test]
    fn toms_have_numbers_or_pitches_and_a_padded_number_only_counts() {
        all_say("tom2", &["tom2", "Tom 2", "toms/tom 2", "toms/2", "Tom2 01", "rack tom 2"]);
        all_say("tom1", &["tom", "Tom 01", "toms/03", "toms/x", "tom 7"]);
        all_say("tom p0 n0", &["Tom Hi", "High Tom", "808_Tom_Hi", "toms/hi", "ht", "hitom"]);
        all_say("tom p5 n0", &["TomFloor", "floor tom", "floortom"]);
        all_say("tom p5 n2 rim", &["Floor Tom 2 rim"]);
        all_say("tom p3 n0", &["Low-Mid Tom"]);
        all_say("tom p6 n0", &["Low Floor Tom"]);
    }

    #[test]
    fn crashes_are_two_and_further_numbers_only_count() {
        all_say(
            "crash1",
            &["crash", "Crash 1", "crash 01", "crash 3", "cymbals/crash 1", "cymbal"],
        );
        all_say("crash2", &["crash2/01", "Crash 2", "crash2/crash 1", "crashes/2"]);
    }

    #[test]
    fn numbers_are_notes_and_hand_percussion_has_the_notes_of_general_midi() {
        all_say("38", &["38", "38/x", "note.38/x 1", "note 38"]);
        all_say("38 v1 rr2", &["38_v1_rr2", "038_v1_rr2"]);
        all_say("56", &["CowBell", "percussion/cowbell 2", "cb"]);
        all_say("39", &["HandClap"]);
        all_say("?", &["36 Boom", "128", "Alesis/x", "vocals", "\u{fffd}\u{fffd}", ""]);
        all_say("aux1", &["percussion/thing", "perc 01"]);
    }

    #[test]
    fn loudness_is_a_layer_a_word_or_three_digits() {
        all_say("snare w6", &["Snare-Hard", "snare/hard/01", "hard/snare"]);
        all_say("snare v3", &["snare/v3/1", "snare_vel3", "Snare Layer 3"]);
        all_say("snare vel5", &["Snare1-005", "snare/005"]);
        all_say("kick rr2", &["kick_rr2", "kick take 2"]);
    }

    #[test]
    fn the_outer_name_wins_and_full_words_win_over_abbreviations() {
        all_say("snare", &["snare/kick bleed", "Snare OH", "Ch 1 Snare"]);
        all_say("kick", &["kick/Snare off 2"]);
    }
}
