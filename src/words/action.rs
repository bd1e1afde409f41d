//! What a button, a key, a program change or a signal asks for.

/// One request to the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The next kit, in natural order of the folder names; after the last comes the first.
    NextKit,
    /// The previous kit; before the first comes the last.
    PreviousKit,
    /// The kit with this program number, 0..=127.
    Program(u8),
    /// Louder: the volume rises by 1 dB, to at most 0 dB.
    VolumeUp,
    /// Softer: the volume falls by 1 dB.
    VolumeDown,
    /// Silence everything that rings.
    Panic,
    /// Look for kits again and load the one that plays once more.
    Reload,
    /// Begin to learn a note map by sounds, or end that.
    Learn,
    /// Tell how it is doing: load, hits, peaks.
    Report,
    /// End the program without a click.
    Quit,
}

impl Action {
    /// Every name a configuration may use, with its action.
    pub const NAMES: [(&'static str, Action); 7] = [
        ("next-kit", Action::NextKit),
        ("previous-kit", Action::PreviousKit),
        ("volume-up", Action::VolumeUp),
        ("volume-down", Action::VolumeDown),
        ("panic", Action::Panic),
        ("reload", Action::Reload),
        ("learn", Action::Learn),
    ];

    /// The action of this name.
    pub fn from_name(name: &str) -> Option<Action> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|&(_, action)| action)
    }
}
