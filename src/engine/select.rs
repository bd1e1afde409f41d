//! Which recording a hit plays, and how loud.

use crate::kit::{Articulation, Choice, Dynamics, Kit, KitMemory, Layer, Sound, Span};
use crate::words::Hit;
use crate::words::limits::CANDIDATES;
use crate::words::rng::Rng;

/// Weights of DrumGizmo's sample selection: closeness in loudness, time since last use,
/// chance (its defaults 0.85, 0.16 and 0.07 with the factors 4, ½ and ⅓ of its formula).
/// Its closeness is the difference of powers as a part of their range; ours is counted in
/// dB, as parts of [`FAR`], because a ghost note is heard to be wrong by 6 dB as well as an
/// accent is.
const CLOSE: f32 = 4.0 * 0.85;
const DIVERSE: f32 = 0.5 * 0.16;
const RANDOM: f32 = 0.07 / 3.0;
/// The difference in loudness that costs all of [`CLOSE`], as a natural logarithm: 24 dB, as
/// much as lies between the softest and the hardest recording of a usual drum. A roll then
/// plays what is within some 3 dB in turn.
const FAR: f32 = 2.763_102;
/// A chosen recording is scaled by at most ±6 dB.
const MOST_SCALING: f32 = 2.0;

/// The moment of a choice and the chance in it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Absolute frame of the hit.
    pub frame: u64,
    /// Frames a second.
    pub rate: f32,
    /// The slot's draw for this hit.
    pub draw: u64,
}

/// How near to the border between two articulations a hit plays both, in parts of the whole
/// range of openness or position: a pedal that is opened slowly while eighths are played
/// passes a border in three or four strokes, and none of them is a step.
const CROSSING: f32 = 0.06;

/// One recording that a hit plays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chosen {
    /// Index into the kit's samples.
    pub sample: u32,
    /// Factor from the velocity.
    pub gain: f32,
    /// How loud it then is, as a part of the loudest of its articulation.
    pub part: f32,
    /// The sample that should have played and is not in memory yet, where another stands
    /// in for it.
    pub instead_of: Option<u32>,
}

/// Why nothing plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The kit's tables disagree, which `Kit::build` does not make.
    Nothing,
    /// This sample is not in memory yet, nor one that could stand in for it.
    NotLoaded(u32),
}

/// Chooses the recording of a hit on `sound` and remembers it. Where the chosen one is a
/// hole, the nearest of the same articulation that is in memory plays, and the hole keeps
/// its turn for the next hit. Near the border to another articulation that one's recording
/// is played too, both at the part of their level with which the loudness stays the same
/// (equal power); where only one of the two can play, it does by itself. `want` is told every
/// hole. Thread: audio callback; real-time.
pub fn choose(
    kit: &Kit,
    memory: &mut KitMemory,
    sound: &Sound,
    hit: &Hit,
    moment: Moment,
    mut want: impl FnMut(u32),
) -> Result<(Chosen, Option<Chosen>), Lack> {
    let mut choose_in = |near: Near, moment: Moment| {
        let chosen = choose_in(kit, memory, sound, near, hit, moment);
        match chosen {
            Ok(Chosen { instead_of: Some(sample), .. }) | Err(Lack::NotLoaded(sample)) => {
                want(sample);
            }
            Ok(_) | Err(Lack::Nothing) => {}
        }
        chosen
    };
    let [nearest, next] = nearest_articulations(kit, sound, hit);
    let nearest = nearest.ok_or(Lack::Nothing)?;
    let chosen = choose_in(nearest, moment);
    let share = next.map_or(0.0, |next| {
        // Two that both hold every hit have no border: their difference is no number.
        let x = 0.5 * (1.0 - (next.distance - nearest.distance) / (2.0 * CROSSING)).max(0.0);
        // the power begins as a square, so that the level has no edge where crossing begins
        x * x * (3.0 - 2.0 * x)
    });
    let beside = next.filter(|_| share > 0.0).and_then(|next| {
        let moment = Moment { draw: Rng::new(moment.draw, 0).draw(), ..moment };
        choose_in(next, moment).ok()
    });
    match (chosen, beside) {
        (Ok(chosen), Some(beside)) => {
            let gain = chosen.gain * (1.0 - share).sqrt();
            let beside = Chosen { gain: beside.gain * share.sqrt(), ..beside };
            Ok((Chosen { gain, ..chosen }, Some(beside)))
        }
        (Ok(chosen), None) | (Err(_), Some(chosen)) => Ok((chosen, None)),
        (Err(lack), None) => Err(lack),
    }
}

fn choose_in(
    kit: &Kit,
    memory: &mut KitMemory,
    sound: &Sound,
    Near { index, articulation, .. }: Near,
    hit: &Hit,
    moment: Moment,
) -> Result<Chosen, Lack> {
    let (wanted, turn) = match articulation.choice {
        Choice::Layers(layers) => {
            let found = from_layers(kit, memory, layers, hit.velocity);
            found.map(|(sample, layer)| (sample, memory.turns.get_mut(layer)))
        }
        Choice::Measured(samples) => {
            let last = memory.last_sample.get(index).copied().unwrap_or(0);
            let found = measured(kit, memory, samples, articulation, last, hit.velocity, moment);
            found.map(|sample| (sample, None))
        }
    }
    .ok_or(Lack::Nothing)?;
    let is_there = |sample: u32| kit.samples.get(sample as usize).is_some_and(|s| !s.hole);
    let instead_of = (!is_there(wanted)).then_some(wanted);
    let sample = match instead_of {
        None => wanted,
        Some(_) => nearest_loaded(kit, articulation, wanted).ok_or(Lack::NotLoaded(wanted))?,
    };
    if let (Some(turn), None) = (turn, instead_of) {
        *turn = turn.wrapping_add(1);
    }
    if let Some(used) = memory.last_used.get_mut(sample as usize) {
        *used = moment.frame.saturating_add(1);
    }
    if let Some(last) = memory.last_sample.get_mut(index) {
        *last = sample.saturating_add(1);
    }
    let recorded = kit.samples.get(sample as usize).ok_or(Lack::Nothing)?;
    let gain = match sound.dynamics {
        Dynamics::Layers => 1.0,
        Dynamics::Level if articulation.is_one_level() => {
            let v = hit.velocity / 127.0;
            v * v
        }
        Dynamics::Level => {
            let loudness = recorded.data.loudness;
            let scaling = articulation.wanted(hit.velocity) / loudness;
            // silence has no loudness to scale from
            if loudness > 0.0 { scaling.clamp(1.0 / MOST_SCALING, MOST_SCALING) } else { 1.0 }
        }
    };
    let part = gain * recorded.data.loudness / articulation.ceiling;
    // silence is as loud as silence
    let part = if part > 0.0 { part } else { 1.0 };
    Ok(Chosen { sample, gain: gain * recorded.gain, part, instead_of })
}

/// The sample of an articulation that is in memory and stands nearest to `wanted` in the
/// kit's table, where neighbours are alike; the earlier one of two.
fn nearest_loaded(kit: &Kit, articulation: &Articulation, wanted: u32) -> Option<u32> {
    let all = match articulation.choice {
        Choice::Measured(samples) => samples,
        Choice::Layers(layers) => {
            let layers = layers.of(&kit.layers);
            let first = layers.first()?.samples.first;
            let last = layers.last()?.samples;
            Span { first, count: (last.first + last.count).saturating_sub(first) }
        }
    };
    let inside = |i: u32| i.checked_sub(all.first).is_some_and(|i| i < all.count);
    let is_there = |i: u32| inside(i) && kit.samples.get(i as usize).is_some_and(|s| !s.hole);
    (1..=CANDIDATES as u32).find_map(|away| {
        let near = [wanted.checked_sub(away), wanted.checked_add(away)];
        near.into_iter().flatten().find(|&i| is_there(i))
    })
}

/// An articulation and how far a hit lies outside of its ranges; negative: inside of them.
#[derive(Clone, Copy)]
struct Near<'k> {
    index: usize,
    articulation: &'k Articulation,
    distance: f32,
}

/// The articulation whose ranges hold the hit, else the nearest, and the next one; the first
/// of equals.
fn nearest_articulations<'k>(kit: &'k Kit, sound: &Sound, hit: &Hit) -> [Option<Near<'k>>; 2] {
    let first = sound.articulations.first as usize;
    let mut best: [Option<Near>; 2] = [None; 2];
    for (i, articulation) in sound.articulations.of(&kit.articulations).iter().enumerate() {
        let position = outside(hit.position, articulation.position);
        let distance = if sound.slot.is_hihat() {
            let openness = outside(hit.openness, articulation.openness);
            if openness > 0.0 && position > 0.0 {
                openness + position
            } else {
                openness.max(position)
            }
        } else {
            position
        };
        let near = Near { index: first + i, articulation, distance };
        if best[0].is_none_or(|b| distance < b.distance) {
            best = [Some(near), best[0]];
        } else if best[1].is_none_or(|b| distance < b.distance) {
            best[1] = Some(near);
        }
    }
    best
}

/// How far `x`, 0..=1, lies outside `low..=high`; inside of it how far from the border, as a
/// negative number. The ends of the whole range are no borders.
fn outside(x: f32, [low, high]: [f32; 2]) -> f32 {
    let low = if low > 0.0 { low - x } else { f32::NEG_INFINITY };
    let high = if high < 1.0 { x - high } else { f32::NEG_INFINITY };
    low.max(high)
}

/// The recording whose turn it is in the layer of a velocity (the nearest one in a gap),
/// and that layer.
fn from_layers(kit: &Kit, memory: &KitMemory, layers: Span, velocity: f32) -> Option<(u32, usize)> {
    let v = velocity.round();
    let first = layers.first as usize;
    let mut best: Option<(f32, usize, &Layer)> = None;
    for (i, layer) in layers.of(&kit.layers).iter().enumerate() {
        let [low, high] = layer.velocity;
        let distance = (f32::from(low) - v).max(v - f32::from(high)).max(0.0);
        if best.is_none_or(|(d, ..)| distance < d) {
            best = Some((distance, first + i, layer));
        }
    }
    let (_, index, layer) = best?;
    let place = memory.turns.get(index)?.checked_rem(layer.samples.count)?;
    Some((layer.samples.first + place, index))
}

/// DrumGizmo's choice: the least cost of closeness, recent use and chance, searched
/// outwards from the wanted loudness. The last one is not played again where another can
/// be scaled to the wanted loudness; a recording of quite another loudness is no choice.
fn measured(
    kit: &Kit,
    memory: &KitMemory,
    samples: Span,
    articulation: &Articulation,
    last: u32,
    velocity: f32,
    moment: Moment,
) -> Option<u32> {
    let table = samples.of(&kit.samples);
    let one_level = articulation.is_one_level();
    // softer than the softest, all the softest are as near as can be: ghost notes vary too
    let wanted = articulation.wanted(velocity).max(articulation.floor);
    let closeness = |loudness: f32| {
        let off = (loudness / wanted).ln() / FAR;
        if one_level { 0.0 } else { CLOSE * off * off }
    };
    let near = |loudness: f32| {
        one_level || (wanted / MOST_SCALING..=wanted * MOST_SCALING).contains(&loudness)
    };
    let mut below = table.partition_point(|s| s.data.loudness < wanted);
    let mut above = below;
    let mut best: Option<(f32, u32)> = None;
    let mut again = None;
    for _ in 0..CANDIDATES.min(table.len()) {
        let down = below.checked_sub(1).and_then(|i| table.get(i)).map(|s| s.data.loudness);
        let up = table.get(above).map(|s| s.data.loudness);
        let (loudness, place) = match (down, up) {
            (Some(d), Some(u)) if closeness(d) < closeness(u) => (d, below - 1),
            (_, Some(u)) => (u, above),
            (Some(d), None) => (d, below - 1),
            (None, None) => break,
        };
        if place < below {
            below = place;
        } else {
            above = place + 1;
        }
        let close = closeness(loudness);
        if best.is_some_and(|(cost, _)| close > cost) || (again.is_some() && !near(loudness)) {
            break;
        }
        let sample = samples.first + place as u32;
        if last == sample + 1 {
            again = Some(sample);
            continue;
        }
        let used = memory.last_used.get(sample as usize).copied().unwrap_or(0);
        let recent = match used.checked_sub(1) {
            Some(at) => 1.0 / (1.0 + moment.frame.saturating_sub(at) as f32 / moment.rate),
            None => 0.0,
        };
        let chance = Rng::of_candidate(moment.draw, u64::from(sample));
        let cost = close + DIVERSE * recent + RANDOM * chance;
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, sample));
        }
    }
    best.map(|(_, sample)| sample).or(again)
}
