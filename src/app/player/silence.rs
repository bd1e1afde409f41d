//! What went wrong, told once a cause: hits without a sound, programs without a kit, files,
//! and what the engine could only count.

use std::collections::HashSet;

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

impl Told {
    /// A hit made no sound: the sentence, where this cause is new. `silent`: why, on which
    /// slot, by which note and source. `from` names the input, `map` its note map, `kit`
    /// what plays.
    pub fn tell(
        &mut self,
        silent: (Silence, Slot, u8, u8),
        from: &str,
        map: &str,
        kit: &str,
    ) -> Option<String> {
        let (why, slot, note, source) = silent;
        let cause = match why {
            Silence::NoKit => Cause::NoKit,
            // it is on its way: the next hit sounds
            Silence::NotLoaded => return None,
            Silence::Duplicate => Cause::Twins { source },
            Silence::Held(why) => Cause::Held { why, slot, source },
            Silence::NoSound | Silence::Unmapped | Silence::Muted | Silence::Soft => {
                Cause::Note { why, slot, note, source }
            }
        };
        if !self.silences.insert(cause) {
            return None;
        }
        let what = if note == Hit::NO_NOTE { slot.to_string() } else { format!("note {note}") };
        Some(match why {
            Silence::Unmapped => {
                format!(
                    "no sound: {what} on '{from}' is not mapped ('{map}'), and kit '{kit}' has no sound for it"
                )
            }
            Silence::NoSound => {
                format!(
                    "no sound: {what} on '{from}' is {slot}, and kit '{kit}' has no sound there nor near it"
                )
            }
            Silence::Muted => format!("no sound: {what} on '{from}' is {slot}, which is muted"),
            Silence::Soft => {
                format!("no sound: {what} on '{from}' was softer than the threshold of {slot}")
            }
            Silence::NoKit | Silence::NotLoaded => {
                format!("no sound: '{from}' plays, and no kit is loaded yet")
            }
            Silence::Held(why) => held(why, slot, &what, from),
            Silence::Duplicate => {
                format!(
                    "'{from}' sends the same hits as another port of the same device; each counts once"
                )
            }
        })
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

/// Why a hit was held back.
fn held(why: HeldBack, slot: Slot, what: &str, from: &str) -> String {
    match why {
        HeldBack::Retrigger => format!(
            "held back: {what} on '{from}' came twice at once and much softer, which is the pad \
             and not the stick; mask_ms = 0 in [slot.{slot}] plays it"
        ),
        HeldBack::Grab => format!(
            "held back: {what} on '{from}' is soft and a hand holds the {}; `grab_below = 0` in \
             the note map plays it",
            slot.pad()
        ),
        HeldBack::Stomp => format!(
            "held back: {what} on '{from}' is a very soft chick right after an open stroke, which \
             moves the pedal"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::meters::Meters;

    #[test]
    fn a_cause_is_told_once_and_again_for_another_kit() {
        let mut told = Told::default();
        let cause = (Silence::Unmapped, Slot::from_name("note.23").unwrap(), 23, 0);
        let first = told.tell(cause, "TD-17", "roland", "Studio").unwrap();
        assert_eq!(
            first,
            "no sound: note 23 on 'TD-17' is not mapped ('roland'), and kit 'Studio' has no sound for it"
        );
        assert_eq!(told.tell(cause, "TD-17", "roland", "Studio"), None);
        told.new_kit();
        assert!(told.tell(cause, "TD-17", "roland", "Jazz").is_some());
    }

    #[test]
    fn what_is_the_same_for_all_notes_is_told_once_for_all() {
        let mut told = Told::default();
        let mut count = |why, source| {
            (0..40u8)
                .filter(|&note| {
                    let slot = Slot::of_note(note).unwrap();
                    told.tell((why, slot, note, source), "TD-17", "gm", "none").is_some()
                })
                .count()
        };
        assert_eq!(count(Silence::NoKit, 0), 1);
        assert_eq!(count(Silence::NoKit, 1), 0);
        assert_eq!(count(Silence::Duplicate, 0), 1);
        assert_eq!(count(Silence::Duplicate, 1), 1);
        assert_eq!(count(Silence::Unmapped, 0), 40);
    }

    #[test]
    fn what_is_held_back_is_told_once_a_slot_and_says_how_to_have_it() {
        let mut told = Told::default();
        let cause = |why, slot, note| (Silence::Held(why), Slot::from_name(slot).unwrap(), note, 0);
        let mut tell = |cause| told.tell(cause, "TD-17", "roland", "Studio");
        let masked = tell(cause(HeldBack::Retrigger, "snare", 38)).unwrap();
        assert!(masked.ends_with("mask_ms = 0 in [slot.snare] plays it"), "{masked}");
        assert_eq!(tell(cause(HeldBack::Retrigger, "snare", 38)), None);
        let grabbed = tell(cause(HeldBack::Grab, "crash1.edge", 55)).unwrap();
        assert!(grabbed.contains("note 55 on 'TD-17' is soft and a hand holds the crash1"));
        assert!(tell(cause(HeldBack::Stomp, "hihat.pedal", 44)).is_some());
        told.new_kit();
        assert_eq!(told.tell(cause(HeldBack::Retrigger, "snare", 38), "", "", ""), None);
    }

    #[test]
    fn another_device_on_the_same_source_is_told_of_anew() {
        let mut told = Told::default();
        let cause = (Silence::Unmapped, Slot::of_note(23).unwrap(), 23, 0);
        assert!(told.tell(cause, "TD-17", "gm", "Studio").is_some());
        told.new_port();
        assert!(told.tell(cause, "DTX", "gm", "Studio").is_some());
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
