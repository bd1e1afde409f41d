//! From a plan and its samples to the table the engine plays.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::f32::consts::{FRAC_PI_4, SQRT_2};
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use super::plan::{ArticulationPlan, ChoicePlan, FilePlan, GAIN_DB, SoundPlan};
use super::*;
use crate::words::units::db_to_gain;

/// The factors of a pan position for mono (√2·cos, √2·sin) and for stereo (balance).
/// Both are exactly 1.0 at the centre, where a position that is no number counts as well.
fn pan_factors(pan: f32) -> ([f32; 2], [f32; 2]) {
    if pan == 0.0 || pan.is_nan() {
        return ([1.0; 2], [1.0; 2]);
    }
    let pan = pan.clamp(-1.0, 1.0);
    let angle = (pan + 1.0) * FRAC_PI_4;
    ([SQRT_2 * angle.cos(), SQRT_2 * angle.sin()], [(1.0 - pan).min(1.0), (1.0 + pan).min(1.0)])
}

/// Gives the sample of a file and where it came from.
type Find<'a> = &'a dyn Fn(&FilePlan) -> Option<(KitSample, SampleSource)>;

/// The factor of a level in dB, the nearest that a kit may ask for; 1.0 where it is no number.
fn gain(db: f32) -> f32 {
    let [low, high] = GAIN_DB.map(|db| db as f32);
    if db.is_nan() { 1.0 } else { db_to_gain(db.clamp(low, high)) }
}

/// Loudness of the softest and of the loudest of these. Holes of unknown loudness do not
/// count; where nothing is known both are 0.
fn loudness_span<'k>(samples: impl IntoIterator<Item = &'k KitSample>) -> [f32; 2] {
    let known = samples.into_iter().filter(|s| !s.hole || s.data.loudness > 0.0);
    let span = known
        .map(|s| s.data.loudness)
        .fold([f32::INFINITY, 0.0], |[floor, ceiling], x| [x.min(floor), x.max(ceiling)]);
    if span[0].is_finite() { span } else { [0.0; 2] }
}

struct Builder {
    kit: Kit,
    sources: Vec<SampleSource>,
    groups: HashMap<String, u8>,
}

/// The choke group that a hi-hat gets where the kit names none: shipped kits of other
/// programs often forget it, and an open hat that rings through a closed one is wrong.
pub const HIHAT_GROUP: &str = "hihat";

impl Kit {
    /// Builds the kit of a plan. `sample` gives the loaded recording of a file at a
    /// tuning in semitones, or `None` where it could not be loaded: then that recording
    /// is left out, as one without a frame is. Sounds that lose all of theirs are left out
    /// too. Levels and pans beyond their ranges are taken for the nearest in range.
    pub fn build(plan: &KitPlan, sample: impl Fn(&Path, f32) -> Option<Arc<SampleData>>) -> Kit {
        let whole = |data| KitSample { data, gain: 1.0, hole: false };
        Kit::assemble(plan, |path, tune| sample(path, tune).map(whole)).0
    }

    /// As [`Kit::build`], from samples of which some may be holes, and with what each
    /// sample of the table was made from.
    pub fn assemble(
        plan: &KitPlan,
        sample: impl Fn(&Path, f32) -> Option<KitSample>,
    ) -> (Kit, Vec<SampleSource>) {
        let kit = Kit {
            id: KitId(0),
            name: plan.name.clone(),
            samples: Vec::new(),
            sounds: Vec::new(),
            slots: vec![None; Slot::COUNT],
            notes: vec![None; 128],
            articulations: Vec::new(),
            layers: Vec::new(),
        };
        let mut builder = Builder { kit, sources: Vec::new(), groups: HashMap::new() };
        for sound in &plan.sounds {
            builder.sound(sound, &|file| {
                let tune = sound.tune_of(file);
                let source = SampleSource { path: file.path.clone(), tune };
                let sample = sample(&file.path, tune).filter(|s| s.hole || !s.data.is_empty())?;
                Some((KitSample { gain: sample.gain * gain(file.gain_db), ..sample }, source))
            });
        }
        builder.resolve_fallbacks();
        let mut kit = builder.kit;
        kit.id = kit.identity();
        (kit, builder.sources)
    }

    /// The same kit with these samples in their places (indices into [`Kit::samples`]; one
    /// that does not exist is passed over): same id, same tables, so that voices and
    /// memory carry over. Only the loudness that an articulation spans follows the samples.
    pub fn next_generation(&self, loaded: &[(usize, Arc<SampleData>)]) -> Kit {
        let mut samples = self.samples.clone();
        for (index, data) in loaded {
            if let Some(place) = samples.get_mut(*index) {
                *place = KitSample { data: Arc::clone(data), gain: place.gain, hole: false };
            }
        }
        let mut articulations = self.articulations.clone();
        for articulation in &mut articulations {
            let [floor, ceiling] = match articulation.choice {
                Choice::Measured(span) => loudness_span(span.of(&samples)),
                Choice::Layers(layers) => {
                    let spans = layers.of(&self.layers).iter().map(|l| l.samples.of(&samples));
                    loudness_span(spans.flatten())
                }
            };
            (articulation.floor, articulation.ceiling) = (floor, ceiling);
        }
        Kit {
            id: self.id,
            name: self.name.clone(),
            samples,
            sounds: self.sounds.clone(),
            slots: self.slots.clone(),
            notes: self.notes.clone(),
            articulations,
            layers: self.layers.clone(),
        }
    }

    /// A hash of everything that a voice or a memory of this kit refers to: the tables,
    /// and which samples in memory they name. (Samples are told apart by their address: as
    /// long as an engine holds a kit, its samples keep theirs.)
    fn identity(&self) -> KitId {
        let Kit { id: _, name: _, samples, sounds, slots, notes, articulations, layers } = self;
        let mut hasher = DefaultHasher::new();
        for KitSample { data, gain, hole } in samples {
            (Arc::as_ptr(data), gain.to_bits(), hole).hash(&mut hasher);
        }
        format!("{sounds:?} {slots:?} {notes:?} {articulations:?} {layers:?}").hash(&mut hasher);
        KitId(hasher.finish())
    }
}

impl Builder {
    fn sound(&mut self, plan: &SoundPlan, sample: Find) {
        let first = self.kit.articulations.len() as u32;
        for articulation in &plan.articulations {
            self.articulation(articulation, sample);
        }
        let count = self.kit.articulations.len() as u32 - first;
        let Ok(index) = u16::try_from(self.kit.sounds.len()) else { return };
        if count == 0 {
            return;
        }
        let gain = gain(plan.gain_db);
        let (mono, stereo) = pan_factors(plan.pan);
        let layered = plan.articulations.iter().all(|a| matches!(a.choice, ChoicePlan::Layers(_)));
        let group = self.group(plan);
        self.kit.sounds.push(Sound {
            slot: plan.slot,
            articulations: Span { first, count },
            mono: mono.map(|x| x * gain),
            stereo: stereo.map(|x| x * gain),
            group,
            choke_self: plan.choke_self,
            chokes: plan.chokes,
            dynamics: plan.dynamics.unwrap_or(if layered {
                Dynamics::Layers
            } else {
                Dynamics::Level
            }),
            shape: plan.shape.in_range(),
        });
        let played = Some(Played { sound: index, closed: false });
        let place = match plan.note {
            Some(note) => self.kit.notes.get_mut(usize::from(note)),
            None => self.kit.slots.get_mut(plan.slot.index()),
        };
        if let Some(place) = place {
            *place = played;
        }
    }

    fn group(&mut self, plan: &SoundPlan) -> u8 {
        let name = match &plan.choke {
            Some(name) => name.as_str(),
            None if plan.slot.is_hihat() => HIHAT_GROUP,
            None => return 0,
        };
        let next = u8::try_from(self.groups.len() + 1).unwrap_or(u8::MAX);
        *self.groups.entry(name.to_owned()).or_insert(next)
    }

    fn articulation(&mut self, plan: &ArticulationPlan, sample: Find) {
        let first_sample = self.kit.samples.len();
        let choice = match &plan.choice {
            ChoicePlan::Layers(layers) => {
                let first = self.kit.layers.len() as u32;
                for layer in layers {
                    let samples = self.samples(layer.files.iter().filter_map(sample).collect());
                    if samples.count > 0 {
                        self.kit.layers.push(Layer { velocity: layer.velocity, samples });
                    }
                }
                Choice::Layers(Span { first, count: self.kit.layers.len() as u32 - first })
            }
            ChoicePlan::Measured(files) => {
                let mut loaded: Vec<_> = files.iter().filter_map(sample).collect();
                loaded.sort_by(|(a, _), (b, _)| a.data.loudness.total_cmp(&b.data.loudness));
                Choice::Measured(self.samples(loaded))
            }
        };
        let added = self.kit.samples.get(first_sample..).unwrap_or_default();
        let [floor, ceiling] = loudness_span(added);
        if !added.is_empty() {
            self.kit.articulations.push(Articulation {
                openness: plan.openness,
                position: plan.position,
                choice,
                floor,
                ceiling,
            });
        }
    }

    fn samples(&mut self, loaded: Vec<(KitSample, SampleSource)>) -> Span {
        let first = self.kit.samples.len() as u32;
        let count = loaded.len() as u32;
        for (sample, source) in loaded {
            self.kit.samples.push(sample);
            self.sources.push(source);
        }
        Span { first, count }
    }

    fn resolve_fallbacks(&mut self) {
        let own = self.kit.slots.clone();
        for slot in Slot::all() {
            if own.get(slot.index()).copied().flatten().is_some() {
                continue;
            }
            let found = slot.fallbacks().into_iter().find_map(|f| {
                let played = own.get(f.slot.index()).copied().flatten()?;
                Some(Played { closed: f.closed, ..played })
            });
            if let Some(place) = self.kit.slots.get_mut(slot.index()) {
                *place = found;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::sample::Frames;

    fn one_sound(slot: Slot) -> KitPlan {
        let choice = ChoicePlan::Measured(vec!["x.wav".into()]);
        KitPlan::new(
            "one",
            "one",
            vec![SoundPlan::new(slot, vec![ArticulationPlan::whole(choice)])],
        )
    }
    fn beep(_: &Path, _: f32) -> Option<Arc<SampleData>> {
        Some(Arc::new(SampleData::new(Frames::MonoF32([1.0].into()), 1.0, 0.5)))
    }

    #[test]
    fn every_slot_of_a_one_slot_kit_sounds_exactly_where_its_chain_leads_to_it() {
        for only in Slot::all() {
            let kit = Kit::build(&one_sound(only), beep);
            for struck in Slot::all() {
                let wanted = struck == only || struck.fallbacks().iter().any(|f| f.slot == only);
                assert_eq!(
                    kit.slots[struck.index()].is_some(),
                    wanted,
                    "{only} struck as {struck}"
                );
            }
        }
    }

    #[test]
    fn a_kit_of_one_crash_sounds_on_every_cymbal_and_on_no_drum() {
        let kit = Kit::build(&one_sound(Slot::from_name("crash1").unwrap()), beep);
        for name in ["crash2", "ride.bell", "china.edge", "splash"] {
            assert!(kit.slots[Slot::from_name(name).unwrap().index()].is_some(), "{name}");
        }
        assert_eq!(kit.slots[Slot::SNARE.index()], None);
    }

    #[test]
    fn a_sound_whose_recordings_are_all_missing_leaves_the_slot_to_its_neighbour() {
        let mut plan = one_sound(Slot::SNARE);
        let rim = Slot::from_name("snare.rim").unwrap();
        let gone = ChoicePlan::Measured(vec!["gone.wav".into()]);
        plan.sounds.push(SoundPlan::new(rim, vec![ArticulationPlan::whole(gone)]));
        let kit = Kit::build(&plan, |p, t| if p.ends_with("gone.wav") { None } else { beep(p, t) });
        assert_eq!(kit.slots[rim.index()], kit.slots[Slot::SNARE.index()]);
    }

    #[test]
    fn the_same_plan_over_the_same_samples_is_the_same_kit_and_any_other_is_not() {
        let sample = beep(Path::new("x"), 0.0);
        let build = |plan: &KitPlan| Kit::build(plan, |_, _| sample.clone()).id;
        let plan = one_sound(Slot::SNARE);
        assert_eq!(build(&plan), build(&plan));
        assert_ne!(build(&plan), build(&one_sound(Slot::KICK)));
        assert_ne!(
            build(&plan),
            Kit::build(&plan, |_, _| sample.as_deref().map(|s| Arc::new(s.clone()))).id
        );
    }

    #[test]
    fn the_next_generation_keeps_id_and_places_and_fills_the_holes() {
        let mut plan = one_sound(Slot::SNARE);
        let files = ["a", "b", "c"].map(FilePlan::from);
        plan.sounds[0].articulations[0].choice = ChoicePlan::Measured(files.into());
        let sample = |loudness, hole| {
            let frames = Frames::MonoF32(if hole { [].into() } else { [1.0].into() });
            let data = Arc::new(SampleData::new(frames, 1.0, loudness));
            KitSample { data, gain: 1.0, hole }
        };
        let (kit, sources) = Kit::assemble(&plan, |path, _| match path.to_str() {
            Some("a") => Some(sample(0.3, false)),
            Some("b") => Some(sample(0.1, true)),
            _ => Some(sample(0.2, true)),
        });
        let names: Vec<_> = sources.iter().map(|s| s.path.to_str().unwrap()).collect();
        assert_eq!(names, ["b", "c", "a"], "softest first, also where it is an estimate");
        let next =
            kit.next_generation(&[(0, sample(0.12, false).data), (9, kit.samples[2].data.clone())]);
        assert_eq!(next.id, kit.id);
        assert_eq!(next.samples.iter().map(|s| s.hole).collect::<Vec<_>>(), [false, true, false]);
        assert!(Arc::ptr_eq(&next.samples[2].data, &kit.samples[2].data));
        assert_eq!((next.articulations[0].floor, next.articulations[0].ceiling), (0.12, 0.3));
    }

    #[test]
    fn the_centre_is_exactly_one_and_a_side_has_the_power_of_both() {
        assert_eq!(pan_factors(0.0), ([1.0; 2], [1.0; 2]));
        let (mono, stereo) = pan_factors(1.0);
        assert!(mono[0].abs() < 1e-6 && (mono[1] - SQRT_2).abs() < 1e-6);
        assert_eq!(stereo, [0.0, 1.0]);
    }

    #[test]
    fn a_recording_without_a_frame_leaves_the_slot_to_its_neighbour() {
        let mut plan = one_sound(Slot::SNARE);
        let rim = Slot::from_name("snare.rim").unwrap();
        let empty = ChoicePlan::Measured(vec!["empty.wav".into()]);
        plan.sounds.push(SoundPlan::new(rim, vec![ArticulationPlan::whole(empty)]));
        let nothing = Arc::new(SampleData::new(Frames::MonoF32([].into()), 1.0, 0.0));
        let sample = |p: &Path, t| match p.ends_with("empty.wav") {
            true => Some(nothing.clone()),
            false => beep(p, t),
        };
        let kit = Kit::build(&plan, sample);
        assert_eq!(kit.slots[rim.index()], kit.slots[Slot::SNARE.index()]);
    }

    #[test]
    fn levels_and_pans_out_of_range_are_the_nearest_in_range() {
        let gains = |gain_db, pan| {
            let mut plan = one_sound(Slot::SNARE);
            (plan.sounds[0].gain_db, plan.sounds[0].pan) = (gain_db, pan);
            let sound = &Kit::build(&plan, beep).sounds[0];
            (sound.mono, sound.stereo)
        };
        assert_eq!(gains(f32::NAN, f32::NAN), gains(0.0, 0.0));
        assert_eq!(gains(f32::INFINITY, 9.0), gains(12.0, 1.0));
        assert_eq!(gains(-90.0, f32::NEG_INFINITY), gains(-60.0, -1.0));
    }

    #[test]
    fn a_recordings_own_tuning_and_level_are_added_to_its_sounds() {
        let mut plan = one_sound(Slot::SNARE);
        let own = FilePlan { tune: -1.5, gain_db: 6.0, ..FilePlan::from("x.wav") };
        plan.sounds[0].articulations[0].choice = ChoicePlan::Measured(vec!["x.wav".into(), own]);
        plan.sounds[0].tune = 2.0;
        assert_eq!(plan.files().map(|(_, tune)| tune).collect::<Vec<_>>(), [2.0, 0.5]);
        let sample =
            |path: &Path, tune| Some(KitSample { data: beep(path, tune)?, gain: 0.5, hole: false });
        let (kit, sources) = Kit::assemble(&plan, sample);
        assert_eq!(sources.iter().map(|s| s.tune).collect::<Vec<_>>(), [2.0, 0.5]);
        let gains: Vec<f32> = kit.samples.iter().map(|s| s.gain).collect();
        assert_eq!(gains, [0.5, 0.5 * db_to_gain(6.0)]);
    }

    #[test]
    fn another_shape_is_another_kit() {
        let sample = beep(Path::new("x"), 0.0);
        let build = |shape| {
            let mut plan = one_sound(Slot::SNARE);
            plan.sounds[0].shape = shape;
            Kit::build(&plan, |_, _| sample.clone())
        };
        let plain = build(Shape::default());
        assert_eq!(plain.sounds[0].shape, Shape::default());
        let dull = build(Shape { lowpass: Some(Cutoff::fixed(1e9)), ..Shape::default() });
        assert_eq!(dull.sounds[0].shape.lowpass, Some(Cutoff::fixed(20_000.0)));
        assert_ne!(plain.id, dull.id);
    }

    #[test]
    fn hihat_sounds_choke_each_other_even_where_the_kit_says_nothing() {
        let kit = Kit::build(&one_sound(Slot::HIHAT), beep);
        assert_ne!(kit.sounds[0].group, 0);
        let kit = Kit::build(&one_sound(Slot::SNARE), beep);
        assert_eq!(kit.sounds[0].group, 0);
    }
}
