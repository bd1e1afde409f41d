//! The words by which people name recordings of drums.
//!
//! Collected from kits in the wild: Hydrogen's GMRockKit, GMkit and TR-808 kits,
//! Dirt-Samples, the kits of drumkit and SamplerBox, and General MIDI's own names.

/// Words that name what is struck: a slot, with `closed` or `open` behind it for a
/// hi-hat, or `tom` with its pitch. Words are written without gaps: "bassdrum" is also
/// found in `Bass Drum`, `bass_drum` and `BassDrum`.
#[rustfmt::skip]
pub const PADS: [(&str, &[&str]); 44] = [
    ("kick", &["kick", "kicks", "kik", "bd", "kd", "bassdrum", "kickdrum"]),
    ("snare", &["snare", "snares", "snaredrum", "sn", "sd", "snr"]),
    ("snare.rim", &["rimshot", "rimshots", "rs"]),
    ("snare.xstick", &["sidestick", "sidesticks", "xstick", "crossstick", "crosstick", "rimclick"]),
    ("tom", &["tom", "racktom"]),
    ("tom high", &["ht"]),
    ("tom mid", &["mt"]),
    ("tom low", &["lt"]),
    ("tom floor", &["ft"]),
    ("hihat", &["hihat", "hihats", "hat", "hats", "hh", "highhat"]),
    ("hihat closed", &["ch", "chh", "hhc", "hc"]),
    ("hihat open", &["oh", "ohh", "hho", "ho"]),
    ("hihat.pedal", &["hhp", "phh", "hhf"]),
    ("hihat.splash", &["footsplash", "hatsplash", "hihatsplash", "pedalsplash"]),
    ("crash", &["crash", "cra", "cr"]),
    ("ride", &["ride", "rides", "rd"]),
    ("splash", &["splash", "spl"]),
    ("china", &["china", "chinese"]),
    ("aux", &["aux"]),
    ("note", &["note"]),
    // Hand percussion: the names of General MIDI, on the notes it gives them.
    ("note.39", &["clap", "claps", "handclap", "handclaps", "cp"]),
    ("note.54", &["tambourine", "tamb"]),
    ("note.56", &["cowbell", "cb"]),
    ("note.58", &["vibraslap"]),
    ("note.60", &["bongo", "bongos", "hibongo", "highbongo", "bongohi", "bongohigh"]),
    ("note.61", &["lobongo", "lowbongo", "bongolo", "bongolow"]),
    ("note.62", &["mutehiconga", "muteconga", "congamute"]),
    ("note.63", &["conga", "congas", "hiconga", "highconga", "openhiconga", "congahi", "congahigh"]),
    ("note.64", &["loconga", "lowconga", "congalo", "congalow"]),
    ("note.65", &["timbale", "timbales", "hightimbale"]),
    ("note.66", &["lowtimbale"]),
    ("note.67", &["agogo", "highagogo"]),
    ("note.68", &["lowagogo"]),
    ("note.69", &["cabasa"]),
    ("note.70", &["maraca", "maracas"]),
    ("note.71", &["whistle"]),
    ("note.73", &["guiro"]),
    ("note.75", &["clave", "claves"]),
    ("note.76", &["woodblock", "highwoodblock"]),
    ("note.77", &["lowwoodblock"]),
    ("note.79", &["cuica"]),
    ("note.81", &["triangle"]),
    ("note.82", &["shaker"]),
    ("note.83", &["jinglebell", "jinglebells", "sleighbells"]),
];

/// Words that name what is struck only where no other word does.
pub const WEAK_PADS: [(&str, &[&str]); 5] = [
    ("snare.rim", &["rim", "rims", "rm"]),
    ("snare.xstick", &["stick"]),
    ("ride.bell", &["bell"]),
    ("hihat.pedal", &["pedal", "foot", "chick"]),
    ("crash", &["cymbal", "cym"]),
];

/// Folders of several drums, and the word that their recordings leave unsaid.
pub const GROUPS: [(&str, &[&str]); 4] = [
    ("tom", &["toms"]),
    ("crash", &["crashes"]),
    ("cymbal", &["cymbals"]),
    ("aux", &["perc", "percussion"]),
];

/// Zones of a pad.
pub const ZONES: [(&str, &[&str]); 6] = [
    ("rim", &["rim", "rims", "rimshot", "rimshots"]),
    ("xstick", &["xstick", "sidestick", "crossstick", "crosstick", "rimclick", "stick"]),
    ("edge", &["edge"]),
    ("bell", &["bell", "cup", "dome"]),
    ("pedal", &["pedal", "ped", "foot", "chick"]),
    ("splash", &["splash"]),
];

/// Pitches of toms, from high to low.
pub const PITCHES: [(&str, &[&str]); 4] = [
    ("high", &["high", "hi", "upper"]),
    ("mid", &["mid", "middle"]),
    ("low", &["low", "lo", "lower"]),
    ("floor", &["floor"]),
];

/// How open a hi-hat is. Half comes first: "half open" and "semi closed" are half.
pub const OPENNESS: [(&str, &[&str]); 3] = [
    ("half", &["half", "semi", "loose", "halfopen", "semiopen"]),
    ("closed", &["closed", "close", "cl", "tight", "shut"]),
    ("open", &["open", "op"]),
];

/// Loudness by word, from soft to loud; a recording without such a word counts as [`PLAIN`].
pub const LOUDNESS: [&[&str]; 9] = [
    &["ppp"],
    &["pp", "softest", "ghost"],
    &["p", "soft", "quiet", "light"],
    &["mp"],
    &["med", "medium", "normal"],
    &["mf"],
    &["f", "hard", "loud", "strong"],
    &["ff", "hardest", "loudest", "accent"],
    &["fff"],
];

/// The place of "medium" in [`LOUDNESS`].
pub const PLAIN: usize = 4;

/// Words before the number of a velocity layer, softest first.
pub const LAYER: [&str; 4] = ["v", "vel", "velocity", "layer"];

/// Words before the number of a recording among equals.
pub const TURN: [&str; 3] = ["rr", "take", "roundrobin"];

/// The meaning of a word in one of the tables above.
pub fn meaning<'a>(table: &[(&'a str, &[&str])], word: &str) -> Option<&'a str> {
    table.iter().find(|(_, words)| words.contains(&word)).map(|&(meaning, _)| meaning)
}

/// Whether a word stands in any table.
pub fn is_known(word: &str) -> bool {
    [&PADS[..], &WEAK_PADS, &GROUPS, &ZONES, &PITCHES, &OPENNESS]
        .iter()
        .any(|table| meaning(table, word).is_some())
        || LOUDNESS.iter().any(|words| words.contains(&word))
}
