//! What a configuration asks of the mixing desk, in the engine's terms.

use std::collections::BTreeMap;

use super::config::{Channel, Config};
use crate::engine::dsp::reverb::RoomSpec;
use crate::engine::strips::{Strip, Strips};
use crate::words::Slot;
use crate::words::units::db_to_gain;

/// The strips of all slots. Those that `[slot]` does not name change nothing.
pub fn strips_of(config: &Config) -> Strips {
    let mut strips = Strips::default();
    for (slot, channel) in &config.slots {
        strips.set(*slot, strip(channel));
    }
    strips
}

/// The retrigger masks of the slots that have one of their own, in milliseconds.
pub fn masks_of(config: &Config) -> BTreeMap<Slot, f32> {
    config.slots.iter().filter_map(|(slot, own)| Some((*slot, own.mask_ms?))).collect()
}

fn strip(channel: &Channel) -> Strip {
    Strip {
        level: db_to_gain(channel.level_db),
        pan: channel.pan,
        tune: channel.tune,
        mute: channel.mute,
        pair: channel.output.saturating_sub(1),
        reverb: channel.reverb_db.map(db_to_gain),
        touch: channel.touch,
    }
}

/// The room, where `[reverb]` is on.
pub fn room_of(config: &Config) -> Option<RoomSpec> {
    let reverb = &config.reverb;
    reverb.on.then(|| RoomSpec {
        decay: reverb.decay,
        size: reverb.size,
        damping: reverb.damping,
        predelay: reverb.predelay_ms * 0.001,
        level: db_to_gain(reverb.level_db),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        let (config, problems) = Config::parse(Path::new("rimshot.toml"), text, None);
        assert_eq!(problems, []);
        config.unwrap()
    }

    fn strip_of(strips: &Strips, slot: &str) -> Strip {
        strips.of(Slot::from_name(slot).unwrap())
    }

    #[test]
    fn without_a_word_about_slots_no_strip_changes_anything_and_there_is_no_room() {
        let strips = strips_of(&Config::default());
        assert!(Slot::all().all(|slot| strips.of(slot) == Strip::default()));
        assert_eq!(room_of(&Config::default()), None);
    }

    #[test]
    fn what_is_set_for_a_pad_holds_for_its_zones_unless_they_say_otherwise() {
        let strips = strips_of(&config(
            "[sound]\noutputs = [[1, 2], [3, 4]]\n\
             [slot.snare.rim]\nlevel_db = 6\nreverb_db = 'off'\n\
             [slot.snare]\nlevel_db = -60\npan = 0.5\ntune = -2\noutput = 2\nreverb_db = 0\n\
             [slot.tom1.rim]\nmute = true\n[slot.note.56]\nmute = true\n",
        ));
        let snare = Strip {
            level: 0.001,
            pan: 0.5,
            tune: -2.0,
            pair: 1,
            reverb: Some(1.0),
            ..Strip::default()
        };
        assert_eq!(strip_of(&strips, "snare"), snare);
        assert_eq!(strip_of(&strips, "snare.xstick"), snare);
        let rim = Strip { level: db_to_gain(6.0), reverb: Some(0.0), ..snare };
        assert_eq!(strip_of(&strips, "snare.rim"), rim);
        assert_eq!(strip_of(&strips, "tom1"), Strip::default());
        assert!(strip_of(&strips, "tom1.rim").mute && strip_of(&strips, "note.56").mute);
    }

    #[test]
    fn a_room_that_is_switched_on_is_the_engines_usual_one() {
        let room = room_of(&config("[reverb]\non = true\n")).unwrap();
        let usual = RoomSpec::default();
        assert!((room.level - usual.level).abs() < 0.002, "{}", room.level);
        assert_eq!(RoomSpec { level: usual.level, ..room }, usual);
    }

    #[test]
    fn the_predelay_is_given_to_the_room_in_seconds() {
        let room = room_of(&config("[reverb]\non = true\npredelay_ms = 20\n")).unwrap();
        assert!((room.predelay - 0.02).abs() < 1e-6);
    }
}
