//! Which note a pad sends, out of all that come when it is struck.

/// Notes within this time of a stroke's first one belong to it, in seconds: the crosstalk of
/// other pads, and what a module sends for two zones at once. (Two strokes of a flam that are
/// so near would be one as well; nobody is asked for a flam.)
const TOGETHER: f64 = 0.03;
/// A note of less than this part of the loudest one's velocity is crosstalk.
const CROSSTALK: f32 = 0.5;
/// A stroke that is softer than this may be crosstalk as a whole, or somebody who walks by.
const SOFT: u8 = 15;
/// So many strokes with the same note are no accident.
const SAME: usize = 2;

/// What has been heard of the pad that is asked for.
#[derive(Debug, Default)]
pub struct Strokes {
    stroke: Option<Stroke>,
    /// The note of each stroke.
    votes: Vec<u8>,
}

#[derive(Debug)]
struct Stroke {
    begun: f64,
    /// Note and velocity, in their order.
    notes: Vec<(u8, u8)>,
}

/// What is known after a stroke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing new.
    Nothing,
    /// It may have been another pad: once more.
    Doubt,
    /// It is this note.
    Sure(u8),
}

impl Strokes {
    /// A note came. Whether it begins a stroke.
    pub fn hear(&mut self, now: f64, note: u8, velocity: u8) -> bool {
        if let Some(stroke) = &mut self.stroke {
            stroke.notes.push((note, velocity));
            return false;
        }
        self.stroke = Some(Stroke { begun: now, notes: vec![(note, velocity)] });
        true
    }

    /// What is known now, where a stroke is over. `free`: whether no other pad has that note.
    pub fn verdict(&mut self, now: f64, free: impl Fn(u8) -> bool) -> Verdict {
        let over = |stroke: &mut Stroke| now - stroke.begun > TOGETHER;
        let Some(Stroke { notes, .. }) = self.stroke.take_if(over) else {
            return Verdict::Nothing;
        };
        let loudest = notes.iter().map(|(_, velocity)| *velocity).max().unwrap_or_default();
        let is_meant =
            |(_, velocity): &&(u8, u8)| f32::from(*velocity) >= CROSSTALK * f32::from(loudest);
        let mut meant: Vec<(u8, u8)> = notes.iter().filter(is_meant).copied().collect();
        meant.dedup_by_key(|(note, _)| *note);
        // of several, the one that is new: the head of a drum often comes with its rim
        let new = meant.iter().find(|(note, _)| free(*note));
        let Some(&(note, velocity)) = new.or_else(|| meant.iter().max_by_key(|(_, v)| *v)) else {
            return Verdict::Nothing;
        };
        let doubtful = velocity < SOFT || (meant.len() > 1 && velocity < loudest);
        let several_new = meant.iter().filter(|(note, _)| free(*note)).count() > 1;
        self.votes.push(note);
        let same = self.votes.iter().filter(|vote| **vote == note).count();
        if same >= SAME || (self.votes.len() == 1 && !doubtful && !several_new) {
            return Verdict::Sure(note);
        }
        Verdict::Doubt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdicts over strokes of notes and velocities, each 0.5 s after the last one.
    fn verdicts(strokes: &[&[(u8, u8)]], taken: &[u8]) -> Vec<Verdict> {
        let mut heard = Strokes::default();
        let mut verdict = |(index, notes): (usize, &&[(u8, u8)])| {
            let begun = 0.5 * index as f64;
            for (later, (note, velocity)) in notes.iter().enumerate() {
                let now = begun + 0.01 * later as f64;
                assert_eq!(heard.verdict(now, |_| true), Verdict::Nothing);
                heard.hear(now, *note, *velocity);
            }
            heard.verdict(begun + 0.1, |note| !taken.contains(&note))
        };
        strokes.iter().enumerate().map(&mut verdict).collect()
    }

    #[test]
    fn one_clear_stroke_is_enough() {
        assert_eq!(verdicts(&[&[(38, 100)]], &[]), [Verdict::Sure(38)]);
        assert_eq!(verdicts(&[&[(38, 100), (38, 90)]], &[]), [Verdict::Sure(38)]);
    }

    #[test]
    fn softer_notes_that_come_with_it_are_the_crosstalk_of_other_pads() {
        assert_eq!(verdicts(&[&[(48, 100), (38, 30)]], &[]), [Verdict::Sure(48)]);
        assert_eq!(verdicts(&[&[(36, 20), (48, 100)]], &[]), [Verdict::Sure(48)]);
    }

    #[test]
    fn a_rim_that_sends_its_head_as_well_is_the_new_note() {
        assert_eq!(verdicts(&[&[(38, 90), (40, 100)]], &[38]), [Verdict::Sure(40)]);
        let softer: &[(u8, u8)] = &[(38, 100), (40, 70)];
        assert_eq!(verdicts(&[softer, softer], &[38]), [Verdict::Doubt, Verdict::Sure(40)]);
    }

    #[test]
    fn where_it_is_doubtful_the_note_of_two_strokes_counts() {
        let both: &[(u8, u8)] = &[(48, 100), (45, 90)];
        let right: &[(u8, u8)] = &[(45, 100)];
        assert_eq!(
            verdicts(&[both, right, right], &[]),
            [Verdict::Doubt, Verdict::Doubt, Verdict::Sure(45)]
        );
        let soft: &[(u8, u8)] = &[(49, 5)];
        assert_eq!(verdicts(&[soft, soft], &[]), [Verdict::Doubt, Verdict::Sure(49)]);
    }
}
