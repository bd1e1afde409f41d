//! What a hit does: chokes, finds its sound, chooses a recording, starts a voice.

use super::ports::{Notice, Silence};
use super::select::{self, Chosen, Lack, Moment};
use super::strips::factor;
use super::tone::Tone;
use super::voice::Voice;
use super::{Engine, damp, tell};
use crate::kit::{Kit, Played, Sound};
use crate::words::limits::RECENT_HITS;
use crate::words::rng::Rng;
use crate::words::{Event, HeldBack, Hit, Slot, SlotSet, When};

/// The same hit from two ports of a device within a millisecond is one (decision 7).
const TWIN_NANOS: u64 = 1_000_000;

/// The last hits, to recognise one that a device sends through two of its ports.
#[derive(Debug, Default)]
pub struct Recent {
    hits: [Option<Seen>; RECENT_HITS],
    next: usize,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    when: When,
    frame: u64,
    source: usize,
    device: u8,
    note: u8,
    velocity: f32,
}

impl Recent {
    /// Whether another source of the same device sent this hit within a millisecond, which
    /// are `within` frames; remembers it if not. Live hits are told by their times: their
    /// frames depend on when a callback woke.
    fn is_twin(&mut self, seen: Seen, within: u64) -> bool {
        let near = |other: &Seen| match (other.when, seen.when) {
            (When::Nanos(a), When::Nanos(b)) => a.abs_diff(b) <= TWIN_NANOS,
            _ => other.frame.abs_diff(seen.frame) <= within,
        };
        let twin = |other: &Seen| {
            other.source != seen.source
                && other.device == seen.device
                && other.note == seen.note
                && other.velocity == seen.velocity
                && near(other)
        };
        if seen.note != Hit::NO_NOTE && self.hits.iter().flatten().any(twin) {
            return true;
        }
        if let Some(place) = self.hits.get_mut(self.next) {
            *place = Some(seen);
        }
        self.next = (self.next + 1) % RECENT_HITS;
        false
    }
}

/// The sound of a hit: the one for exactly its note where the kit has one for this slot,
/// else the slot's (its neighbours' where it has none), else the note's own slot.
fn sound_of<'k>(kit: &'k Kit, hit: &Hit) -> Option<(Played, &'k Sound)> {
    let find = |played: Option<Played>| {
        let played = played?;
        Some((played, kit.sounds.get(usize::from(played.sound))?))
    };
    let exact = kit.notes.get(usize::from(hit.note)).copied().flatten();
    let exact = find(exact).filter(|(_, sound)| sound.slot == hit.slot);
    let of = |slot: Slot| find(kit.slots.get(slot.index()).copied().flatten());
    exact.or_else(|| of(hit.slot)).or_else(|| of(Slot::of_note(hit.note)?))
}

/// The time of an event that has one of its own.
fn nanos(when: When) -> Option<u64> {
    match when {
        When::Nanos(time) => Some(time),
        When::Frame(_) | When::Now => None,
    }
}

/// What a hit turned into.
struct Start {
    voice: Voice,
    /// Its neighbour, near the border between two articulations.
    beside: Option<Voice>,
    choke_self: bool,
    chokes: SlotSet,
    /// How loud it will be where it is loudest.
    level: f32,
}

impl Engine {
    /// A hit of `event` came by `source` and sounds at `frame`.
    pub(super) fn hit(
        &mut self,
        frame: u64,
        source: usize,
        event: &Event,
        hit: Hit,
        out: &mut [f32],
    ) {
        let mut hit =
            Hit { openness: damp::unit(hit.openness), position: damp::unit(hit.position), ..hit };
        // A velocity that is no number, or below 1, is the softest hit there is.
        hit.velocity = if hit.velocity > 1.0 { hit.velocity.min(127.0) } else { 1.0 };
        let Event { when, device, .. } = *event;
        let seen = Seen { when, frame, source, device, note: hit.note, velocity: hit.velocity };
        if self.recent.is_twin(seen, self.times.twin) {
            self.meters.duplicates.add();
            return self.silent(&hit, source, when, Silence::Duplicate);
        }
        // A stroke on the hi-hat moves its cymbals whether or not the kit has a sound for it.
        if hit.slot.is_hihat() {
            let foot = hit.slot == Slot::HIHAT_PEDAL || hit.slot == Slot::HIHAT_SPLASH;
            self.close_hihat(frame, if foot { 0.0 } else { hit.openness }, out);
        }
        // One draw a hit, whatever comes of it: other slots and polyphony change nothing.
        let draw = self.chance.get_mut(hit.slot.index()).map_or(0, Rng::draw);
        match self.start(frame, draw, hit) {
            Ok(start) => {
                self.choke_others(frame, &start.voice, start.choke_self, start.chokes, out);
                self.meters.played.add();
                let Voice { sample, .. } = start.voice;
                self.meters.hit(hit.slot, start.level);
                for voice in [Some(start.voice), start.beside].into_iter().flatten() {
                    self.sound(frame, voice, out);
                }
                let Hit { slot, note, velocity, position, .. } = hit;
                let (time, source, level) = (nanos(when), source as u8, start.level);
                self.notice(Notice::Played {
                    slot,
                    note,
                    velocity,
                    openness: if slot.is_hihat() { hit.openness } else { 0.0 },
                    position,
                    source,
                    sample,
                    level,
                    time,
                    waited: time.map_or(0, |time| self.clock.waited(time, frame)),
                });
            }
            Err(why) => {
                match why {
                    Silence::NoKit => self.meters.no_kit.add(),
                    Silence::NotLoaded => self.meters.not_loaded.add(),
                    Silence::Muted => self.meters.muted.add(),
                    Silence::Soft => self.meters.soft.add(),
                    Silence::Unmapped => self.meters.unmapped.add(),
                    Silence::NoSound | Silence::Duplicate | Silence::Held(_) => {
                        self.meters.no_sound.add();
                    }
                }
                self.silent(&hit, source, when, why);
            }
        }
    }

    /// A hit that its edge has held back: it is counted and told, and does nothing else.
    pub(super) fn held_back(&mut self, hit: &Hit, source: usize, when: When, why: HeldBack) {
        match why {
            HeldBack::Retrigger => self.meters.masked.add(),
            HeldBack::Grab => self.meters.grabbed.add(),
            HeldBack::Stomp => self.meters.stomps.add(),
        }
        self.silent(hit, source, when, Silence::Held(why));
    }

    fn silent(&mut self, hit: &Hit, source: usize, when: When, why: Silence) {
        let Hit { slot, note, velocity, .. } = *hit;
        let (time, source) = (nanos(when), source as u8);
        self.notice(Notice::Silent { slot, note, velocity, source, time, why });
    }

    fn start(&mut self, frame: u64, draw: u64, mut hit: Hit) -> Result<Start, Silence> {
        let (index, place) = self.places.current().ok_or(Silence::NoKit)?;
        let kit = &*place.kit;
        let strip = self.strips.of(hit.slot);
        if strip.mute {
            return Err(Silence::Muted);
        }
        hit.velocity = strip.touch.velocity(hit.velocity).ok_or(Silence::Soft)?;
        let missing = if hit.slot.note().is_some() { Silence::Unmapped } else { Silence::NoSound };
        let (played, sound) = sound_of(kit, &hit).ok_or(missing)?;
        if played.closed {
            hit.openness = 0.0;
        }
        let moment = Moment { frame, rate: self.rate, draw };
        let (ports, meters, kit_id) = (&mut self.ports, &self.meters, kit.id);
        let want = |sample| tell(ports, meters, Notice::Wanted { kit: kit_id, sample });
        let chosen = select::choose(kit, &mut place.memory, sound, &hit, moment, want);
        let (chosen, beside) = chosen.map_err(|lack| match lack {
            Lack::Nothing => missing,
            Lack::NotLoaded(_) => Silence::NotLoaded,
        })?;
        let (level, tune) = self.feel.chance(draw);
        let shape = if sound.is_positioned(kit) {
            sound.shape
        } else {
            self.feel.shape(&sound.shape, sound.slot, hit.position)
        };
        let tune = strip.tune + tune;
        let tone = Tone::of(&shape, hit.velocity, hit.position, tune, self.rate as u32);
        let level = level * strip.touch.gain(chosen.part);
        let lacks = strip.pair >= self.pairs || self.lacks >> strip.pair & 1 == 1;
        let [left, right] = strip.sides().map(|side| side * level);
        let voice_of = |chosen: Chosen| {
            let data = &kit.samples.get(chosen.sample as usize)?.data;
            let from = (index, chosen.sample);
            let mut voice = Voice::new(from, sound.slot, frame, data.len(), tone);
            let sides = if data.frames.is_stereo() { sound.stereo } else { sound.mono };
            let [l, r] = sides.map(|side| side * chosen.gain);
            voice.gains = [l * left, r * right];
            voice.pair = if lacks { 0 } else { strip.pair };
            voice.send = match self.room {
                Some(_) => factor(strip.reverb.unwrap_or(sound.shape.reverb)),
                None => 0.0,
            };
            voice.struck = hit.slot;
            voice.note = hit.note;
            voice.group = sound.group;
            // A splash rings with the cymbals apart, a chick with them together.
            voice.openness = match sound.slot {
                Slot::HIHAT_SPLASH => 1.0,
                Slot::HIHAT_PEDAL => 0.0,
                slot if slot.is_hihat() => hit.openness,
                _ => 0.0,
            };
            Some((voice, data.attack_peak()))
        };
        let (voice, peak) = voice_of(chosen).ok_or(missing)?;
        let beside = beside.and_then(voice_of).map(|(voice, _)| voice);
        let [left, right] = voice.gains;
        Ok(Start {
            voice,
            beside,
            choke_self: sound.choke_self,
            chokes: sound.chokes,
            level: left.max(right) * peak,
        })
    }

    /// Starts a voice, taking another's place where all are taken.
    fn sound(&mut self, frame: u64, voice: Voice, out: &mut [f32]) {
        let sounding = self.voices.iter().filter(|v| v.sounds_at(frame) && !v.stolen).count();
        if sounding >= self.max_voices {
            self.steal(frame, out);
        }
        if self.voices.is_full() {
            self.mix_to(frame, out);
            self.forget_ended(frame);
        }
        // There is room: at most max_voices − 1 sound and at most FADES fade.
        if self.voices.push(voice).is_err() {
            self.meters.lost.add();
        }
        self.meters.crowd(sounding.saturating_add(1).min(self.max_voices));
    }
}
