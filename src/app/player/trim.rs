//! A kit's trim: recordings of one kit may be much louder or softer than those of another.
//!
//! The trim is folded into the kit's own factors on its way to the engine, so that hits from
//! then on have it, what rings keeps what it was struck with, and nothing clicks.

use std::path::{Path, PathBuf};

use super::{NO_ORDERS, Outcome, Player};
use crate::app::control::Event;
use crate::app::state::TRIM_DB;
use crate::kit::Kit;
use crate::words::units::db_to_gain;

/// A folder by the name that it is remembered by, whichever way its path is written.
pub(super) fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// The kit's own factors times its trim.
pub(super) fn apply(kit: &mut Kit, db: f32) {
    if db == 0.0 {
        return;
    }
    let gain = db_to_gain(db);
    for sound in &mut kit.sounds {
        sound.mono = sound.mono.map(|side| side * gain);
        sound.stereo = sound.stereo.map(|side| side * gain);
    }
}

impl Player {
    /// Trims the kit that plays, in dB; remembered for as long as its folder keeps its name.
    pub(super) fn trim(&mut self, db: f32) -> Outcome {
        let (Some(folder), Some(name)) = (self.switch.folder(), self.switch.playing()) else {
            return Err("no kit plays that could be trimmed".to_owned());
        };
        let (folder, kit) = (real(folder), name.to_owned());
        // Tenths are more than anybody hears, and sums of steps stay what they say.
        let db = ((10.0 * db).round() / 10.0).clamp(*TRIM_DB.start(), *TRIM_DB.end());
        self.trim_db = db;
        self.keeper.set(|state| state.set_trim(&folder, db), self.now);
        self.console.say(&format!("trim: {kit} {db} dB"));
        self.remote.tell(|at| Event::Trim { at, kit: kit.clone(), db });
        // Where it is being loaded once more the new one will have it.
        if let Some(again) = self.switch.again() {
            let id = again.id;
            if !self.send(again) {
                self.switch.retired(id);
                return Err(NO_ORDERS.to_owned());
            }
        }
        Ok(format!("{kit}: {db} dB"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::KitPlan;
    use crate::kit::plan::{ArticulationPlan, ChoicePlan, SoundPlan};
    use crate::kit::sample::Frames;
    use crate::kit::{KitId, SampleData};
    use crate::words::Slot;

    #[test]
    fn a_trim_is_in_every_sound_of_the_kit_and_the_kit_stays_the_same_to_the_engine() {
        let whole = || vec![ArticulationPlan::whole(ChoicePlan::Measured(vec!["a".into()]))];
        let sounds = [Slot::KICK, Slot::SNARE].map(|slot| SoundPlan::new(slot, whole()));
        let plan = KitPlan::new("k", "k", sounds.into());
        let data = std::sync::Arc::new(SampleData::new(Frames::MonoF32([0.5].into()), 1.0, 0.5));
        let kit = Kit::build(&plan, |_, _| Some(data.clone()));
        let mut trimmed = kit.clone();
        apply(&mut trimmed, 0.0);
        assert_eq!(trimmed.sounds, kit.sounds);
        apply(&mut trimmed, 6.0);
        for (new, old) in trimmed.sounds.iter().zip(&kit.sounds) {
            assert!((new.mono[0] / old.mono[0] - 1.995).abs() < 0.001);
            assert!((new.stereo[1] / old.stereo[1] - 1.995).abs() < 0.001);
        }
        assert_eq!((trimmed.id, trimmed.id == KitId(0)), (kit.id, false));
    }
}
