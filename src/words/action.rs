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
    /// The kit that plays gets 1 dB louder than others, at most 12 dB.
    KitLouder,
    /// The kit that plays gets 1 dB softer than others, at most 12 dB.
    KitSofter,
    /// Silence everything that rings.
    Panic,
    /// Read the configuration again and apply what changed; look for kits again and load the
    /// one that plays once more.
    Reload,
    /// Tell how it is doing: load, hits, peaks.
    Report,
    /// End the program without a click.
    Quit,
}

impl Action {
    /// Every name a configuration may use, with its action.
    pub const NAMES: [(&'static str, Action); 8] = [
        ("next-kit", Action::NextKit),
        ("previous-kit", Action::PreviousKit),
        ("volume-up", Action::VolumeUp),
        ("volume-down", Action::VolumeDown),
        ("kit-louder", Action::KitLouder),
        ("kit-softer", Action::KitSofter),
        ("panic", Action::Panic),
        ("reload", Action::Reload),
    ];

    /// The action of this name.
    pub fn from_name(name: &str) -> Option<Action> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|&(_, action)| action)
    }
}
