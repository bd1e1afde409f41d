//! Why there was no sound: each cause is told once, then counted.

use std::collections::HashMap;

use crate::engine::ports::Silence;
use crate::words::{Hit, Slot};

/// What has been told.
#[derive(Debug, Default)]
pub struct Told {
    times: HashMap<(Silence, Slot, u8, u8), u64>,
}

impl Told {
    /// A hit made no sound: the sentence, where this cause is new. `from` names the input,
    /// `map` its note map, `kit` what plays.
    pub fn tell(
        &mut self,
        silent: (Silence, Slot, u8, u8),
        from: &str,
        map: &str,
        kit: &str,
    ) -> Option<String> {
        let times = self.times.entry(silent).or_default();
        *times += 1;
        if *times > 1 {
            return None;
        }
        let (why, slot, note, _) = silent;
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
            Silence::NoKit => format!("no sound: {what} on '{from}': no kit is loaded yet"),
            Silence::Duplicate => {
                format!(
                    "'{from}' sends the same hits as another port of the same device; each counts once"
                )
            }
        })
    }

    /// Another kit plays: what was missing in the last one may be there now.
    pub fn new_kit(&mut self) {
        self.times.retain(|(why, ..), _| *why == Silence::Duplicate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
