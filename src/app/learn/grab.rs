//! How a module says that a cymbal is grabbed.

use super::heard::Heard;

/// After the first sign this long is listened for a better one, in seconds.
const LISTENS: f64 = 0.5;
/// A note so soon after the stroke is crosstalk, or another zone of the pad.
const STROKE: f64 = 0.06;
/// Controllers that move by themselves: the hi-hat's pedal, places on a head and the prefix
/// of a velocity.
const OTHERS: [u8; 5] = [4, 16, 17, 18, 88];

/// What has been heard since a cymbal was asked for.
#[derive(Debug, Default)]
pub struct Signs {
    first: Option<f64>,
    struck: Option<f64>,
    /// Pressure on a note of the pad.
    pressure: bool,
    /// Pressure on a note that no pad has.
    pressed: Option<u8>,
    /// A note that no pad has.
    note: Option<u8>,
    channel: bool,
    controller: Option<u8>,
}

/// How a module says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grab {
    /// By pressure on the pad's own notes, which needs no word in a map.
    Pressure,
    /// By a note of its own, or by pressure on one.
    Note(u8),
    /// By channel pressure, which names no pad.
    Channel,
    /// By a controller.
    Controller(u8),
}

/// Whose a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The pad's that is asked for.
    Pad,
    /// Another one's.
    Other,
    /// Nobody's.
    Nobody,
}

impl Signs {
    /// Something came; `owner` says whose a note is, `pedal` is the hi-hat pedal's controller.
    pub fn hear(&mut self, now: f64, heard: Heard, owner: impl Fn(u8) -> Owner, pedal: u8) {
        let own_stroke = self.struck.is_some_and(|at| now - at <= STROKE);
        match heard {
            Heard::On { note, .. } => match owner(note) {
                Owner::Pad => {
                    self.struck = Some(now);
                    return;
                }
                Owner::Nobody if self.struck.is_some() && !own_stroke => self.note = Some(note),
                Owner::Nobody | Owner::Other => return,
            },
            Heard::Pressure { note, value } if value > 0 => match owner(note) {
                Owner::Pad => self.pressure = true,
                Owner::Nobody => self.pressed = Some(note),
                Owner::Other => return,
            },
            Heard::Channel { value } if value > 0 => self.channel = true,
            Heard::Control { cc, value } if value > 0 && !OTHERS.contains(&cc) && cc != pedal => {
                self.controller = Some(cc);
            }
            _ => return,
        }
        self.first.get_or_insert(now);
    }

    /// What it is, once nothing better is to be expected.
    pub fn verdict(&self, now: f64) -> Option<Grab> {
        self.first.filter(|first| now - first >= LISTENS)?;
        let note = self.note.or(self.pressed).map(Grab::Note);
        let own = self.pressure.then_some(Grab::Pressure).or(note);
        let channel = self.channel.then_some(Grab::Channel);
        own.or(channel).or(self.controller.map(Grab::Controller))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes 49 and 55 are the pad's, 38 is another one's.
    fn verdict(heard: &[(f64, Heard)]) -> Option<Grab> {
        let mut signs = Signs::default();
        let owner = |note| match note {
            49 | 55 => Owner::Pad,
            38 => Owner::Other,
            _ => Owner::Nobody,
        };
        for (at, heard) in heard {
            signs.hear(*at, *heard, owner, 1);
            assert_eq!(signs.verdict(*at), None);
        }
        signs.verdict(10.0)
    }

    fn on(note: u8) -> Heard {
        Heard::On { note, velocity: 100 }
    }

    #[test]
    fn pressure_on_the_pads_own_notes_counts_before_everything_else() {
        let pressure = |note, value| Heard::Pressure { note, value };
        let heard =
            [(0.0, on(49)), (0.5, pressure(52, 127)), (0.51, pressure(55, 127)), (0.52, on(60))];
        assert_eq!(verdict(&heard), Some(Grab::Pressure));
        assert_eq!(verdict(&[(0.0, pressure(52, 9))]), Some(Grab::Note(52)));
        assert_eq!(verdict(&[(0.0, pressure(38, 127)), (0.1, pressure(49, 0))]), None);
    }

    #[test]
    fn a_note_that_no_pad_has_is_the_hand_where_it_does_not_come_with_the_stroke() {
        assert_eq!(verdict(&[(0.0, on(49)), (0.5, on(60))]), Some(Grab::Note(60)));
        assert_eq!(verdict(&[(0.0, on(49)), (0.02, on(60)), (0.5, on(38)), (0.6, on(55))]), None);
        assert_eq!(verdict(&[(0.0, on(60))]), None, "nothing rings yet");
    }

    #[test]
    fn what_a_map_cannot_say_is_found_all_the_same() {
        let channel = Heard::Channel { value: 90 };
        let control = |cc| Heard::Control { cc, value: 127 };
        assert_eq!(verdict(&[(0.0, control(70)), (0.1, channel)]), Some(Grab::Channel));
        assert_eq!(verdict(&[(0.0, control(70))]), Some(Grab::Controller(70)));
        assert_eq!(verdict(&[(0.0, control(4)), (0.0, control(1)), (0.0, control(17))]), None);
    }
}
