//! Which recorded instruments a folder of ours is held against.

/// Kits of ours that imitate machines; they are held against recorded machines.
const MACHINES: [&str; 2] = ["eight", "nine"];

/// `acoustic` or `machine`: the kind of recorded kits for a kit of ours.
pub fn kind(kit: &str) -> &'static str {
    if MACHINES.contains(&kit) { "machine" } else { "acoustic" }
}

/// The classes of `recorded.toml` for a folder, by the words of its name. Where a folder
/// lies between two classes, as a quarter-open hi-hat does, it is held against both.
pub fn classes(folder: &str) -> Vec<String> {
    let words: Vec<&str> = folder.split(['/', '-', '_', ' ']).collect();
    let has = |wanted: &[&str]| {
        words.iter().any(|word| wanted.iter().any(|w| *word == *w || word.starts_with(w)))
    };
    let low = has(&["low", "lo", "tumba"]) || words.last().is_some_and(|w| w.ends_with('2'));
    let tom = words.iter().find_map(|word| word.strip_prefix("tom"));
    let named: &[&str] = if has(&["hihat", "hat", "hh"]) {
        if has(&["pedal", "chick", "foot"]) {
            &["hat-pedal"]
        } else if has(&["splash"]) {
            &[]
        } else if has(&["three", "wide"]) {
            &["hat-half", "hat-open"]
        } else if has(&["half", "semi"]) {
            &["hat-half"]
        } else if has(&["quarter", "loose"]) {
            &["hat-closed", "hat-half"]
        } else if has(&["open"]) {
            &["hat-open"]
        } else {
            &["hat-closed"]
        }
    } else if let Some(number) = tom {
        if has(&["rim"]) {
            &[]
        } else if number.starts_with('1') || has(&["high", "hi"]) {
            &["tom-high"]
        } else if number.starts_with('2') || has(&["mid"]) {
            &["tom-high", "tom-mid"]
        } else if number.starts_with('3') {
            &["tom-mid", "tom-low"]
        } else {
            &["tom-low"]
        }
    } else if has(&["xstick", "cross", "side"]) {
        &["xstick"]
    } else if has(&["rim"]) {
        &["rim"]
    } else if has(&["snare"]) {
        &["snare"]
    } else if has(&["kick"]) {
        &["kick"]
    } else if has(&["ride"]) {
        if has(&["bell"]) {
            &["bell"]
        } else if has(&["edge"]) {
            &["ride-edge"]
        } else {
            &["ride"]
        }
    } else if has(&["crash", "cymbal"]) {
        &["crash"]
    } else if has(&["bongo"]) {
        if low { &["bongo-low"] } else { &["bongo-high"] }
    } else if has(&["conga", "tumba", "quinto"]) {
        if has(&["slap", "mute"]) {
            &["conga-slap"]
        } else if has(&["bass"]) {
            &["conga-bass"]
        } else {
            &["conga"]
        }
    } else if has(&["maraca", "shaker", "cabasa"]) {
        &["shaker"]
    } else if has(&["tambourine"]) {
        if has(&["roll"]) {
            &[]
        } else if has(&["foot"]) {
            &["tambourine-foot"]
        } else {
            &["tambourine"]
        }
    } else if has(&["clave"]) {
        &["claves"]
    } else if has(&["wood", "block"]) {
        &["woodblock"]
    } else if has(&["cajon"]) {
        if has(&["slap"]) { &["cajon-slap"] } else { &["cajon-bass"] }
    } else {
        return words.first().map(|word| (*word).to_owned()).into_iter().collect();
    };
    named.iter().map(|name| (*name).to_owned()).collect()
}
