//! The kits the engine holds: the one that plays and those whose tails still ring.

use super::ports::Retired;
use super::voice::Voice;
use crate::kit::{Kit, KitId, KitMemory, SampleData};
use crate::words::limits::KIT_PLACES;

/// A kit in its place.
#[derive(Debug)]
pub struct Place {
    /// The kit.
    pub kit: Box<Kit>,
    /// What the engine remembers of it.
    pub memory: Box<KitMemory>,
    /// Number of the switch that made it current: smaller is older.
    turn: u64,
}

/// All places. At most one kit is current.
#[derive(Debug, Default)]
pub struct Places {
    places: [Option<Place>; KIT_PLACES],
    current: Option<usize>,
    turns: u64,
}

/// What became of a kit that was moved in.
#[derive(Debug)]
pub enum MovedIn {
    /// It took a free place.
    New,
    /// Another generation of it stood there and is on its way home.
    Replaced(Retired),
}

impl Places {
    /// The current kit. Thread: audio callback; real-time.
    pub fn current(&mut self) -> Option<(usize, &mut Place)> {
        let index = self.current?;
        let place = self.places.get_mut(index)?.as_mut()?;
        Some((index, place))
    }

    /// The sample of a voice. Thread: audio callback; real-time.
    pub fn sample(&self, voice: &Voice) -> Option<&SampleData> {
        let kit = &self.places.get(voice.place)?.as_ref()?.kit;
        Some(&kit.samples.get(voice.sample as usize)?.data)
    }

    /// Whether [`Places::move_in`] would find a place. Thread: audio callback; real-time.
    pub fn has_room_for(&self, id: KitId) -> bool {
        self.places.iter().any(|p| p.as_ref().is_none_or(|p| p.kit.id == id))
    }

    /// Makes a kit the current one. A kit that still stands here (another generation of
    /// the same build) is reactivated: the new table takes its place, its memory stays.
    /// Gives the boxes back where there is no room. Thread: audio callback; real-time.
    pub fn move_in(&mut self, kit: Box<Kit>, memory: Box<KitMemory>) -> Result<MovedIn, Retired> {
        self.turns += 1;
        let turn = self.turns;
        let standing = |p: &Option<Place>| p.as_ref().is_some_and(|p| p.kit.id == kit.id);
        if let Some(index) = self.places.iter().position(standing)
            && let Some(Some(place)) = self.places.get_mut(index)
        {
            self.current = Some(index);
            place.turn = turn;
            let kit = std::mem::replace(&mut place.kit, kit);
            return Ok(MovedIn::Replaced(Retired { kit, memory }));
        }
        let Some(index) = self.places.iter().position(Option::is_none) else {
            return Err(Retired { kit, memory });
        };
        if let Some(place) = self.places.get_mut(index) {
            *place = Some(Place { kit, memory, turn });
            self.current = Some(index);
        }
        Ok(MovedIn::New)
    }

    /// The place that stopped playing longest ago. Thread: audio callback; real-time.
    pub fn oldest_retiring(&self) -> Option<usize> {
        let retiring = self.places.iter().enumerate().filter(|(i, _)| Some(*i) != self.current);
        retiring.filter_map(|(i, p)| Some((p.as_ref()?.turn, i))).min().map(|(_, i)| i)
    }

    /// Takes a kit out that is not current and that no voice in `ringing` needs.
    /// Thread: audio callback; real-time.
    pub fn move_out(&mut self, ringing: &[Voice]) -> Option<Retired> {
        let current = self.current;
        let free = |i: usize| Some(i) != current && !ringing.iter().any(|v| v.place == i);
        let place = self.places.iter_mut().enumerate().find(|(i, p)| p.is_some() && free(*i))?.1;
        place.take().map(|Place { kit, memory, .. }| Retired { kit, memory })
    }
}
