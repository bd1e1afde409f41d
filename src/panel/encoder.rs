//! A rotary encoder: two contacts that open and close a quarter of a period apart.

/// Decodes the levels of both lines. A bouncing contact goes forth and back between two
/// neighbouring states, so it adds nothing; a change that skips a state says nothing about
/// the direction and is left out.
#[derive(Debug)]
pub struct Quadrature {
    /// Steps of the code from one detent to the next: 1, 2 or 4.
    steps: i32,
    levels: [bool; 2],
    /// Steps since the last detent, clockwise.
    moved: i32,
}

/// Which way it was turned, by one detent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Clockwise: a leads b.
    Right,
    /// Counter-clockwise.
    Left,
}

impl Quadrature {
    /// An encoder at rest with its lines at these levels, whose detents are so many steps
    /// of the code apart. Most have 4 (a whole period from detent to detent), and at a
    /// detent both contacts are open.
    pub fn new(steps: u8, levels: [bool; 2]) -> Self {
        Self { steps: steps.into(), levels, moved: 0 }
    }

    /// A line (0 is a, 1 is b) is active now, or is not any more.
    pub fn edge(&mut self, line: usize, active: bool) -> Option<Turn> {
        let before = self.place();
        *self.levels.get_mut(line)? = active;
        // Around the circle of the code: 1 forth, 3 back, 0 stays, and 2 cannot come of one
        // line.
        self.moved += match (self.place() - before).rem_euclid(4) {
            1 => 1,
            3 => -1,
            _ => 0,
        };
        if self.place() % self.steps != 0 {
            return None;
        }
        // An edge that got lost leaves less than all steps on the way to a detent, and half
        // of them say which way it was.
        let moved = std::mem::take(&mut self.moved);
        match moved {
            _ if 2 * moved.abs() < self.steps => None,
            1.. => Some(Turn::Right),
            _ => Some(Turn::Left),
        }
    }

    /// The place in the code's circle, 0 where both contacts are open: a closes first when it
    /// is turned clockwise.
    fn place(&self) -> i32 {
        match self.levels {
            [false, false] => 0,
            [true, false] => 1,
            [true, true] => 2,
            [false, true] => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    /// One period clockwise: which line, and its new level.
    const RIGHT: [(usize, bool); 4] = [(0, true), (1, true), (0, false), (1, false)];
    const LEFT: [(usize, bool); 4] = [(1, true), (0, true), (1, false), (0, false)];

    fn turns(steps: u8, edges: &[(usize, bool)]) -> Vec<Turn> {
        let mut encoder = Quadrature::new(steps, [false; 2]);
        edges.iter().filter_map(|&(line, active)| encoder.edge(line, active)).collect()
    }

    #[test]
    fn a_period_is_as_many_detents_as_it_has() {
        for (steps, detents) in [(4, 1), (2, 2), (1, 4)] {
            assert_eq!(turns(steps, &RIGHT), vec![Turn::Right; detents]);
            assert_eq!(turns(steps, &LEFT), vec![Turn::Left; detents]);
        }
    }

    #[test]
    fn a_knob_that_is_moved_and_goes_back_into_its_detent_was_not_turned() {
        let back = [(0, true), (1, true), (1, false), (0, false)];
        assert_eq!(turns(4, &back), []);
        assert_eq!(turns(2, &[(0, true), (0, false)]), []);
    }

    #[test]
    fn one_lost_edge_costs_at_most_one_detent_and_never_turns_the_other_way() {
        for lost in 0..4 {
            let mut edges = RIGHT.to_vec();
            edges.remove(lost);
            edges.extend(RIGHT);
            assert_eq!(turns(4, &edges).last(), Some(&Turn::Right), "without edge {lost}");
            assert!(!turns(4, &edges).contains(&Turn::Left), "without edge {lost}");
        }
    }

    #[test]
    fn an_edge_to_the_level_that_is_there_and_a_third_line_are_nothing() {
        assert_eq!(turns(1, &[(0, false), (1, false), (2, true)]), []);
    }

    #[test]
    fn however_the_contacts_bounce_a_thousand_detents_are_a_thousand() {
        let mut rng = Rng::new(9, 0);
        for steps in [4u8, 2] {
            let mut encoder = Quadrature::new(steps, [false; 2]);
            let (mut place, mut wanted, mut found) = (0i32, 0i32, 0i32);
            for _ in 0..1_000 {
                let way = if rng.draw().is_multiple_of(3) { -1 } else { 1 };
                for _ in 0..steps {
                    let code = if way > 0 { RIGHT } else { LEFT };
                    let at = if way > 0 { place } else { -place };
                    let (line, active) = code[at.rem_euclid(4) as usize];
                    place += way;
                    for bounce in 0..=2 * (rng.draw() % 6) {
                        found += match encoder.edge(line, active ^ (bounce % 2 == 1)) {
                            Some(Turn::Right) => 1,
                            Some(Turn::Left) => -1,
                            None => 0,
                        };
                    }
                }
                wanted += way;
                assert_eq!(found, wanted);
            }
        }
    }
}
