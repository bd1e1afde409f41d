//! What went wrong, told once a cause: hits without a sound, programs without a kit, files,
//! and what the engine could only count.

use std::collections::HashSet;

use super::guess::Guess;
use crate::engine::meters::Reading;
use crate::engine::ports::Silence;
use crate::words::{HeldBack, Hit, Problem, Severity, Slot};

/// What has been told.
#[derive(Debug, Default)]
pub struct Told {
    silences: HashSet<Cause>,
    programs: HashSet<u8>,
    problems: HashSet<String>,
    counted: HashSet<&'static str>,
}

/// What the engine has no notice for but a counter, in words.
fn counted(reading: &Reading) -> [(u64, &'static str); 4] {
    [
        (
            reading.lost,
            "midi: hits were lost: an input sent more at once than there is room for; does it \
             send in a loop?",
        ),
        (
            reading.put_off,
            "midi: some hits sound a block late: an input sent more at once than a block takes",
        ),
        (
            reading.chokes_lost,
            "midi: a grabbed cymbal rings on: an input sent more at once than there is room for",
        ),
        (
            reading.kits_cut,
            "kit: tails of an old kit were faded: the kits changed faster than they ring out",
        ),
    ]
}

/// Why hits make no sound. What does not depend on the note is one cause for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Cause {
    NoKit,
    Twins { source: u8 },
    Held { why: HeldBack, slot: Slot, source: u8 },
    Note { why: Silence, slot: Slot, note: u8, source: u8 },
}

/// A hit without a sound.
#[derive(Debug, Clone, Copy)]
pub struct Unheard<'a> {
    /// Why.
    pub why: Silence,
    /// What was struck.
    pub slot: Slot,
    /// Its MIDI note, or [`Hit::NO_NOTE`].
    pub note: u8,
    /// The source it came by.
    pub source: u8,
    /// The input's name.
    pub from: &'a str,
    /// The input's note map.
    pub map: &'a str,
    /// The kit that plays.
    pub kit: &'a str,
}

/// Why a hit made no sound, as clients of the control socket read it.
pub fn code(why: Silence) -> &'static str {
    match why {
        Silence::NoKit => "no-kit",
        Silence::NoSound => "no-sound",
        Silence::Unmapped => "unmapped",
        Silence::NotLoaded => "not-loaded",
        Silence::Muted => "muted",
        Silence::Duplicate => "duplicate",
        Silence::Soft => "soft",
        Silence::Held(HeldBack::Retrigger) => "retrigger",
        Silence::Held(HeldBack::Grab) => "grab",
        Silence::Held(HeldBack::Stomp) => "stomp",
    }
}

/// Why a hit made no sound, and what helps, as a sentence without a full stop. `guess`: what
/// another map says of the note.
pub fn sentence(unheard: &Unheard, guess: Option<Guess>) -> String {
    let Unheard { why, slot, note, from, map, kit, .. } = *unheard;
    let mut what = if note == Hit::NO_NOTE { slot.to_string() } else { format!("note {note}") };
    match why {
        Silence::Unmapped => {
            let mut helps = String::new();
            if let Some(Guess { map, means }) = guess {
                what += &format!(" ({map}: {means})");
                helps = format!(": try map = \"{map}\"");
            }
            format!(
                "{what} on '{from}' is not in the map '{map}', and kit '{kit}' has no sound for \
                 it{helps}"
            )
        }
        Silence::NoSound => {
            format!("{what} on '{from}' is {slot}, and kit '{kit}' has no sound there nor near it")
        }
        Silence::Muted => format!("{what} on '{from}' is {slot}, which is muted"),
        Silence::Soft => format!("{what} on '{from}' was softer than the threshold of {slot}"),
        Silence::Held(why) => held(why, slot, &what, from),
        Silence::NoKit => format!("'{from}' plays, and no kit is loaded yet"),
        Silence::NotLoaded => {
            format!("{what} on '{from}': its recording is being loaded; the next hit sounds")
        }
        Silence::Duplicate => {
            format!(
                "'{from}' sends the same hits as another port of the same device; each counts once"
            )
        }
    }
}

impl Told {
    /// A hit made no sound: whether that is to be told, because this cause is new.
    pub fn is_new(&mut self, unheard: &Unheard) -> bool {
        let Unheard { why, slot, note, source, .. } = *unheard;
        let cause = match why {
            Silence::NoKit => Cause::NoKit,
            // it is on its way: the next hit sounds
            Silence::NotLoaded => return false,
            Silence::Duplicate => Cause::Twins { source },
            Silence::Held(why) => Cause::Held { why, slot, source },
            Silence::NoSound | Silence::Unmapped | Silence::Muted | Silence::Soft => {
                Cause::Note { why, slot, note, source }
            }
        };
        self.silences.insert(cause)
    }

    /// What the engine has counted by now: a sentence for each counter that has left zero.
    pub fn counters(&mut self, reading: &Reading) -> Vec<&'static str> {
        let some = counted(reading).into_iter().filter(|(count, _)| *count > 0);
        some.map(|(_, sentence)| sentence)
            .filter(|sentence| self.counted.insert(sentence))
            .collect()
    }

    /// Another kit plays: what was missing in the last one may be there now.
    pub fn new_kit(&mut self) {
        self.silences.retain(|cause| matches!(cause, Cause::Twins { .. } | Cause::Held { .. }));
        self.programs.clear();
    }

    /// Other ports may send by the sources that are known, and other notes.
    pub fn new_port(&mut self) {
        self.silences.retain(|cause| *cause == Cause::NoKit);
        self.programs.clear();
    }

    /// The files are to be looked at afresh.
    pub fn new_files(&mut self) {
        self.problems.clear();
    }

    /// No kit has this program: whether that is new.
    pub fn program(&mut self, program: u8) -> bool {
        self.programs.insert(program)
    }

    /// Those of the problems that are new, as sentences; mere notes are left to
    /// `rimshot check`.
    pub fn problems(&mut self, problems: &[Problem]) -> Vec<String> {
        let grave = problems.iter().filter(|p| p.severity > Severity::Note);
        grave.map(Problem::to_string).filter(|p| self.problems.insert(p.clone())).collect()
    }
}

/// Why a hit was held back, and what plays it, as a sentence without a full stop.
fn held(why: HeldBack, slot: Slot, what: &str, from: &str) -> String {
    match why {
        HeldBack::Retrigger => format!(
            "{what} on '{from}' is held back: it came twice at once and much softer, which is the \
             pad and not the stick; mask_ms = 0 in [slot.{slot}] plays it"
        ),
        HeldBack::Grab => format!(
            "{what} on '{from}' is held back: it is soft and a hand holds the {}; `grab_below = 0` \
             in the note map plays it",
            slot.pad()
        ),
        HeldBack::Stomp => format!(
            "{what} on '{from}' is held back: a very soft chick right after an open stroke, which \
             moves the pedal"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::meters::Meters;

    /// A hit on a note that nothing is known of.
    fn unheard(why: Silence, note: u8, source: u8) -> Unheard<'static> {
        let slot = Slot::of_note(note).unwrap();
        Unheard { why, slot, note, source, from: "TD-17", map: "gm", kit: "Studio" }
    }

    #[test]
    fn a_cause_is_told_once_and_again_for_another_kit() {
        let mut told = Told::default();
        let cause = unheard(Silence::Unmapped, 23, 0);
        assert!(told.is_new(&cause));
        assert!(!told.is_new(&cause));
        told.new_kit();
        assert!(told.is_new(&cause));
    }

    #[test]
    fn a_note_that_another_map_knows_is_told_with_what_it_would_be_there() {
        let cause = unheard(Silence::Unmapped, 22, 0);
        assert_eq!(
            sentence(&cause, None),
            "note 22 on 'TD-17' is not in the map 'gm', and kit 'Studio' has no sound for it"
        );
        let guess = Guess { map: "roland", means: "hi-hat edge, closed".to_owned() };
        assert_eq!(
            sentence(&cause, Some(guess)),
            "note 22 (roland: hi-hat edge, closed) on 'TD-17' is not in the map 'gm', and kit \
             'Studio' has no sound for it: try map = \"roland\""
        );
    }

    #[test]
    fn what_is_the_same_for_all_notes_is_told_once_for_all() {
        let mut told = Told::default();
        let mut count = |why, source| {
            (0..40u8).filter(|&note| told.is_new(&unheard(why, note, source))).count()
        };
        assert_eq!(count(Silence::NoKit, 0), 1);
        assert_eq!(count(Silence::NoKit, 1), 0);
        assert_eq!(count(Silence::Duplicate, 0), 1);
        assert_eq!(count(Silence::Duplicate, 1), 1);
        assert_eq!(count(Silence::Unmapped, 0), 40);
        assert_eq!(count(Silence::NotLoaded, 0), 0);
    }

    #[test]
    fn what_is_held_back_is_told_once_a_slot_and_says_how_to_have_it() {
        let mut told = Told::default();
        let held = |why, slot, note| Unheard {
            slot: Slot::from_name(slot).unwrap(),
            ..unheard(Silence::Held(why), note, 0)
        };
        let masked = held(HeldBack::Retrigger, "snare", 38);
        assert!(told.is_new(&masked));
        assert!(!told.is_new(&masked));
        let words = sentence(&masked, None);
        assert!(words.starts_with("note 38 on 'TD-17' is held back: "), "{words}");
        assert!(words.ends_with("mask_ms = 0 in [slot.snare] plays it"), "{words}");
        let grabbed = held(HeldBack::Grab, "crash1.edge", 55);
        assert!(told.is_new(&grabbed));
        let words = sentence(&grabbed, None);
        assert!(words.contains("it is soft and a hand holds the crash1"), "{words}");
        assert!(told.is_new(&held(HeldBack::Stomp, "hihat.pedal", 44)));
        told.new_kit();
        assert!(!told.is_new(&masked));
    }

    #[test]
    fn another_device_on_the_same_source_is_told_of_anew() {
        let mut told = Told::default();
        let cause = unheard(Silence::Unmapped, 23, 0);
        assert!(told.is_new(&cause));
        told.new_port();
        assert!(told.is_new(&Unheard { from: "DTX", ..cause }));
    }

    #[test]
    fn what_is_only_counted_is_told_once_in_words() {
        let mut told = Told::default();
        let meters = Meters::default();
        assert_eq!(told.counters(&meters.read()), [""; 0]);
        meters.put_off.add();
        meters.kits_cut.add();
        let first = told.counters(&meters.read());
        assert_eq!(first.len(), 2);
        assert!(first[0].starts_with("midi: some hits sound a block late: "), "{first:?}");
        assert!(first[1].starts_with("kit: tails of an old kit were faded: "), "{first:?}");
        meters.put_off.add();
        meters.chokes_lost.add();
        let second = told.counters(&meters.read());
        assert_eq!(second.len(), 1);
        assert!(second[0].starts_with("midi: a grabbed cymbal rings on: "), "{second:?}");
    }

    #[test]
    fn problems_of_files_are_told_once_until_the_files_are_looked_at_afresh() {
        let mut told = Told::default();
        let file = std::path::Path::new("kit.toml");
        let problems = [
            Problem::warning(file, "one"),
            Problem::new(Severity::Note, file, "worth knowing"),
            Problem::error(file, "two"),
        ];
        let all = ["kit.toml: warning: one", "kit.toml: error: two"];
        assert_eq!(told.problems(&problems), all);
        assert_eq!(told.problems(&problems), [""; 0]);
        told.new_files();
        assert_eq!(told.problems(&problems), all);
    }
}
