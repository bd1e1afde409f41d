//! The map that is being made, and what of the hi-hat has to be known until it is whole.

use super::pedal::Controllers;
use super::steps::{Kind, Step};
use crate::maps::{BUILT_IN, Mapped, NoteMap, Pedal};
use crate::words::Slot;

/// With fewer notes than this a map looks like any other.
const TELLING: usize = 6;
/// The pedal is open above this, as a translator has it.
const HALF_OPEN: f32 = 0.5;

/// What a note means already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It strikes this.
    Strikes(Slot),
    /// It grabs this.
    Grabs(Slot),
}

/// A stroke on the hi-hat, and where controllers stood then; `None` where it was learned
/// another day.
#[derive(Debug, Clone, Copy)]
struct Stroke {
    note: u8,
    at: Option<Controllers>,
}

/// The hi-hat as far as it is known.
#[derive(Debug, Default)]
struct Hat {
    /// Bow and edge.
    closed: [Option<Stroke>; 2],
    open: [Option<Stroke>; 2],
    chick: Option<Stroke>,
    splash: Option<Stroke>,
    /// Zones that have no note for open: the pedal alone says how open they are.
    lone: [bool; 2],
}

/// The map.
pub struct Book {
    map: NoteMap,
    hat: Hat,
}

fn zone(slot: Slot) -> usize {
    usize::from(slot != Slot::HIHAT)
}

impl Book {
    /// Goes on with a map.
    pub fn new(map: NoteMap) -> Self {
        let mut hat = Hat::default();
        for &note in &map.order {
            let Some(mapped) = map.notes.get(usize::from(note)).copied().flatten() else {
                continue;
            };
            let stroke = Stroke { note, at: None };
            let Mapped { slot, openness, open } = mapped;
            if slot == Slot::HIHAT_PEDAL {
                hat.chick.get_or_insert(stroke);
            }
            if slot == Slot::HIHAT_SPLASH || open == Some(Slot::HIHAT_SPLASH) {
                hat.splash.get_or_insert(stroke);
            } else if slot.is_hihat() && slot != Slot::HIHAT_PEDAL {
                if openness.is_none_or(|x| x <= 0.0) {
                    hat.closed[zone(slot)].get_or_insert(stroke);
                }
                if openness.is_none_or(|x| x >= 1.0) {
                    hat.open[zone(slot)].get_or_insert(stroke);
                }
            }
        }
        Self { map, hat }
    }

    /// The map so far.
    pub fn map(&self) -> &NoteMap {
        &self.map
    }

    fn mapped(&self, note: u8) -> Option<Mapped> {
        self.map.notes.get(usize::from(note)).copied().flatten()
    }

    /// What a note means already.
    pub fn owner(&self, note: u8) -> Option<Place> {
        let grabs = self.map.chokes.get(usize::from(note)).copied().flatten();
        let strikes = self.mapped(note).map(|mapped| Place::Strikes(mapped.slot));
        strikes.or(grabs.map(Place::Grabs))
    }

    /// Whether any note strikes a zone of this pad.
    pub fn has_pad(&self, pad: Slot) -> bool {
        let is_its = |note: &u8| self.mapped(*note).is_some_and(|mapped| mapped.slot.pad() == pad);
        self.map.order.iter().any(is_its)
    }

    /// Whether a step has its answer.
    pub fn knows(&self, step: &Step) -> bool {
        let of =
            |slot: Slot| move |note: &u8| self.mapped(*note).filter(|mapped| mapped.slot == slot);
        let mut mapped = self.map.order.iter().filter_map(of(step.slot));
        match step.kind {
            Kind::Strike => mapped.next().is_some(),
            Kind::Closed => self.hat.closed[zone(step.slot)].is_some(),
            Kind::Open => self.hat.open[zone(step.slot)].is_some(),
            Kind::Half => mapped.any(|mapped| mapped.openness.is_some_and(|x| x > 0.0 && x < 1.0)),
            Kind::Chick => self.hat.chick.is_some(),
            Kind::Splash => self.hat.splash.is_some(),
            Kind::Sweep => !self.map.pedal.auto,
            Kind::Grab => self.map.chokes.iter().flatten().any(|s| s.pad() == step.slot.pad()),
        }
    }

    /// Whether a note may answer a step without taking it from another pad.
    pub fn may_be(&self, note: u8, step: &Step) -> bool {
        match self.owner(note) {
            None => true,
            Some(Place::Grabs(_)) => false,
            Some(Place::Strikes(slot)) => match step.kind {
                Kind::Chick | Kind::Splash => {
                    slot == Slot::HIHAT_PEDAL || slot == Slot::HIHAT_SPLASH
                }
                _ => slot == step.slot,
            },
        }
    }

    /// A note means nothing any more.
    pub fn forget(&mut self, note: u8) {
        if let Some(place) = self.map.notes.get_mut(usize::from(note)) {
            *place = None;
        }
        if let Some(place) = self.map.chokes.get_mut(usize::from(note)) {
            *place = None;
        }
        self.map.order.retain(|other| *other != note);
        let Hat { closed, open, chick, splash, .. } = &mut self.hat;
        for stroke in closed.iter_mut().chain(open).chain([chick, splash]) {
            stroke.take_if(|stroke| stroke.note == note);
        }
    }

    fn set(&mut self, note: u8, mapped: Mapped) {
        let Some(place) = self.map.notes.get_mut(usize::from(note)) else { return };
        *place = Some(mapped);
        if !self.map.order.contains(&note) {
            self.map.order.push(note);
        }
    }

    /// A note answers a step; `at`: where controllers stood. Whether another step of the
    /// hi-hat has the same note.
    pub fn place(&mut self, note: u8, step: &Step, at: Controllers) -> bool {
        let stroke = Some(Stroke { note, at: Some(at) });
        let zone = zone(step.slot);
        let before = match step.kind {
            Kind::Closed => self.hat.closed[zone].replace(Stroke { note, at: Some(at) }),
            Kind::Open => self.hat.open[zone].replace(Stroke { note, at: Some(at) }),
            Kind::Chick => std::mem::replace(&mut self.hat.chick, stroke),
            Kind::Splash => std::mem::replace(&mut self.hat.splash, stroke),
            Kind::Half => {
                if self.mapped(note).is_some() {
                    return true;
                }
                self.set(note, Mapped { openness: Some(0.5), ..Mapped::new(step.slot) });
                return false;
            }
            Kind::Strike | Kind::Sweep | Kind::Grab => {
                if self.mapped(note).is_none_or(|mapped| mapped.slot != step.slot) {
                    let main = |n: &u8| self.mapped(*n).is_some_and(|m| m.slot == step.slot);
                    let old = self.map.order.iter().copied().find(main);
                    old.into_iter().for_each(|old| self.forget(old));
                    self.set(note, Mapped::new(step.slot));
                }
                return false;
            }
        };
        let Hat { closed, open, chick, splash, .. } = &self.hat;
        let strokes = || closed.iter().chain(open).chain([chick, splash]).flatten();
        if let Some(old) = before.map(|old| old.note).filter(|old| *old != note)
            && !strokes().any(|stroke| stroke.note == old)
        {
            self.forget(old);
        }
        let Hat { closed, open, chick, splash, .. } = &self.hat;
        let strokes = || closed.iter().chain(open).chain([chick, splash]).flatten();
        let shared = strokes().filter(|stroke| stroke.note == note).count() > 1;
        if self.map.pedal.auto
            && let (Some(pressed), Some(let_go)) = self.hat_strokes()
            && let Some(pedal) = Controllers::pedal(&pressed, &let_go)
        {
            self.map.pedal = Pedal { from_speed: self.map.pedal.from_speed, ..pedal };
        }
        self.place_hat();
        shared
    }

    /// Where controllers stood at strokes with the pedal pressed and with it let go.
    pub fn hat_strokes(&self) -> (Option<Controllers>, Option<Controllers>) {
        let first = |strokes: &[Option<Stroke>]| strokes.iter().flatten().find_map(|s| s.at);
        (first(&self.hat.closed), first(&self.hat.open))
    }

    /// Writes what is known of the hi-hat into the map.
    fn place_hat(&mut self) {
        for (zone, slot) in [(0, "hihat"), (1, "hihat.edge")] {
            let Some(slot) = Slot::from_name(slot) else { continue };
            let note = |stroke: Option<Stroke>| stroke.map(|stroke| stroke.note);
            let (closed, open) = (note(self.hat.closed[zone]), note(self.hat.open[zone]));
            let one = closed == open || (self.hat.lone[zone] && open.is_none());
            for (note, openness) in [(closed, 0.0), (open, 1.0)] {
                let openness = if one { None } else { Some(openness) };
                note.into_iter()
                    .for_each(|note| self.set(note, Mapped { openness, ..Mapped::new(slot) }));
            }
        }
        let (chick, splash) = (self.hat.chick, self.hat.splash);
        if let Some(chick) = chick {
            let keeps = self.mapped(chick.note).and_then(|mapped| mapped.open);
            let shares = splash.is_some_and(|splash| splash.note == chick.note);
            let open = match shares {
                true if self.feet_differ() => Some(Slot::HIHAT_SPLASH),
                true if chick.at.is_none() || splash.is_none_or(|s| s.at.is_none()) => keeps,
                _ => None,
            };
            self.set(chick.note, Mapped { open, ..Mapped::new(Slot::HIHAT_PEDAL) });
        }
        if let Some(splash) = splash.filter(|s| chick.is_none_or(|chick| chick.note != s.note)) {
            self.set(splash.note, Mapped::new(Slot::HIHAT_SPLASH));
        }
    }

    /// Whether the pedal tells a chick of the foot from a splash.
    pub fn feet_differ(&self) -> bool {
        let pedal = &self.map.pedal;
        let open = |stroke: Option<Stroke>| {
            let value = stroke.and_then(|stroke| stroke.at?.value(pedal.cc));
            value.map(|value| pedal.openness(value) > HALF_OPEN)
        };
        open(self.hat.splash) == Some(true) && open(self.hat.chick) != Some(true)
    }

    /// Whether closed and open strokes send one note, and no pedal is known yet.
    pub fn hat_needs_pedal(&self) -> bool {
        let one = |zone: usize| {
            let note = |stroke: Option<Stroke>| stroke.map(|stroke| stroke.note);
            let closed = note(self.hat.closed[zone]);
            closed.is_some() && closed == note(self.hat.open[zone])
        };
        let found = match self.hat_strokes() {
            (Some(pressed), Some(let_go)) => Controllers::pedal(&pressed, &let_go).is_some(),
            _ => false,
        };
        self.map.pedal.auto && !found && (one(0) || one(1))
    }

    /// A zone of the hi-hat has no note for open.
    pub fn has_no_open(&mut self, slot: Slot) {
        self.hat.lone[zone(slot)] = true;
        self.place_hat();
    }

    /// Whether the foot sends a note.
    pub fn has_chick(&self) -> bool {
        self.hat.chick.is_some()
    }

    /// The pedal was found. `from_speed`: the foot's own hits come from it.
    pub fn set_pedal(&mut self, pedal: Pedal, from_speed: bool) {
        self.map.pedal = Pedal { from_speed, ..pedal };
        self.place_hat();
    }

    /// A note grabs a pad.
    pub fn grab(&mut self, note: u8, slot: Slot) {
        self.forget(note);
        let pad = slot.pad();
        for grabbed in &mut self.map.chokes {
            grabbed.take_if(|other| other.pad() == pad);
        }
        if let Some(place) = self.map.chokes.get_mut(usize::from(note)) {
            *place = Some(pad);
        }
    }

    /// The built-in maps that have every note where this one has it; none where there is
    /// little to compare.
    pub fn alike(&self) -> Vec<&'static str> {
        if self.map.order.len() < TELLING {
            return Vec::new();
        }
        let has_all = |map: &NoteMap| {
            self.map.order.iter().all(|&note| {
                let theirs = map.notes.get(usize::from(note)).copied().flatten();
                theirs.map(|mapped| mapped.slot) == self.mapped(note).map(|mapped| mapped.slot)
            })
        };
        let alike = |name: &&str| NoteMap::named(name).is_some_and(|map| has_all(&map));
        BUILT_IN.into_iter().filter(alike).collect()
    }
}
