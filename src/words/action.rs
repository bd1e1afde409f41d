//! What a button, a key, a program change, a client or a signal asks for.

use std::fmt;
use std::ops::RangeInclusive;

use super::nearest::nearest;

/// One request to the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The next kit, in natural order of the folder names; after the last comes the first.
    NextKit,
    /// The previous kit; before the first comes the last.
    PreviousKit,
    /// The kit at this place of the list, from 1.
    Kit(u16),
    /// The kit with this program number, 0..=127.
    Program(u8),
    /// Louder: the volume rises by so many dB, to at most 0 dB.
    VolumeUp(u8),
    /// Softer: the volume falls by so many dB.
    VolumeDown(u8),
    /// The kit that plays gets 1 dB louder than others, at most 12 dB.
    KitLouder,
    /// The kit that plays gets 1 dB softer than others, at most 12 dB.
    KitSofter,
    /// Silence everything that rings.
    Panic,
    /// Read the configuration again and apply what changed; look for kits again and load the
    /// one that plays once more.
    Reload,
    /// Begin to learn a note map by sounds, or end that.
    Learn,
    /// Switch the machine off, after a fade and with everything saved.
    ShutDown,
    /// Tell how it is doing: load, hits, peaks.
    Report,
    /// End the program without a click.
    Quit,
}

/// Makes an action of a number.
type Make = fn(u16) -> Action;

/// The actions whose names are followed by a number, as in `kit 3`.
const NUMBERED: [(&str, RangeInclusive<u16>, Make); 4] = [
    ("kit", 1..=999, Action::Kit),
    ("program", 0..=127, |n| Action::Program(n as u8)),
    ("volume-up", 1..=60, |n| Action::VolumeUp(n as u8)),
    ("volume-down", 1..=60, |n| Action::VolumeDown(n as u8)),
];

/// The longest part of a mistaken name that is repeated.
const REPEATED: usize = 40;

impl Action {
    /// The step of the volume, in dB, where none is named.
    pub const STEP: u8 = 1;

    /// Every name that is an action by itself.
    pub const NAMES: [(&'static str, Action); 10] = [
        ("next-kit", Action::NextKit),
        ("previous-kit", Action::PreviousKit),
        ("volume-up", Action::VolumeUp(Self::STEP)),
        ("volume-down", Action::VolumeDown(Self::STEP)),
        ("kit-louder", Action::KitLouder),
        ("kit-softer", Action::KitSofter),
        ("panic", Action::Panic),
        ("reload", Action::Reload),
        ("learn", Action::Learn),
        ("shut-down", Action::ShutDown),
    ];

    /// The action of a name, with its number where it has one: `panic`, `kit 3`.
    pub fn from_name(name: &str) -> Option<Action> {
        let named = Self::NAMES.iter().find(|(n, _)| *n == name).map(|&(_, action)| action);
        named.or_else(|| {
            let (name, number) = name.split_once(' ')?;
            let (_, range, make) = NUMBERED.iter().find(|(n, ..)| *n == name)?;
            // A sign would be read as well.
            let digits = Some(number.trim_start()).filter(|n| n.starts_with(|c| c != '+'))?;
            digits.parse().ok().filter(|n| range.contains(n)).map(make)
        })
    }

    /// The same.
    ///
    /// # Errors
    /// What `name` is not, and what is allowed, as the end of a sentence.
    pub fn parse(name: &str) -> Result<Action, String> {
        Self::from_name(name).ok_or_else(|| {
            let said: String = name.chars().take(REPEATED).collect();
            let cut = if said.len() < name.len() { "…" } else { "" };
            let (word, number) = name.split_once(' ').unwrap_or((name, ""));
            let names = Self::NAMES.iter().map(|(name, _)| *name);
            let names = names.chain(NUMBERED.iter().map(|(name, ..)| *name));
            let meant = match nearest(word, names) {
                Some(near) if near != word => {
                    format!(" (did you mean \"{}\"?)", format!("{near} {number}").trim_end())
                }
                _ => String::new(),
            };
            format!("the text \"{said}{cut}\"{meant}; allowed: {}", Self::allowed())
        })
    }

    /// Every name in quotes, with the numbers that it takes.
    pub fn allowed() -> String {
        let names = Self::NAMES.iter().map(|(name, _)| format!("\"{name}\""));
        let numbered = NUMBERED.iter().map(|(name, range, _)| {
            format!("\"{name} N\" with N from {} to {}", range.start(), range.end())
        });
        names.chain(numbered).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Action {
    /// The name that [`Action::from_name`] reads; what has none is for the program alone.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some((name, _)) = Self::NAMES.iter().find(|(_, action)| action == self) {
            return f.write_str(name);
        }
        match self {
            Action::Kit(n) => write!(f, "kit {n}"),
            Action::Program(n) => write!(f, "program {n}"),
            Action::VolumeUp(db) => write!(f, "volume-up {db}"),
            Action::VolumeDown(db) => write!(f, "volume-down {db}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read_as_it_is_written() {
        let numbered = NUMBERED
            .iter()
            .flat_map(|(_, range, make)| [range.start(), range.end()].map(|&n| make(n)));
        for action in Action::NAMES.into_iter().map(|(_, action)| action).chain(numbered) {
            assert_eq!(Action::from_name(&action.to_string()), Some(action));
        }
        assert_eq!(Action::from_name("kit 3"), Some(Action::Kit(3)));
        assert_eq!(Action::from_name("volume-up 1"), Some(Action::VolumeUp(Action::STEP)));
    }

    #[test]
    fn what_is_no_action_is_a_sentence_that_says_what_is() {
        let allowed = Action::allowed();
        assert!(
            allowed.starts_with("\"next-kit\", \"previous-kit\", \"volume-up\", "),
            "{allowed}"
        );
        assert!(allowed.ends_with("\"volume-down N\" with N from 1 to 60"), "{allowed}");
        for (name, said) in [
            ("nxt-kit", "the text \"nxt-kit\" (did you mean \"next-kit\"?)"),
            ("kti 3", "the text \"kti 3\" (did you mean \"kit 3\"?)"),
            ("kit", "the text \"kit\""),
            ("kit 0", "the text \"kit 0\""),
            ("kit +3", "the text \"kit +3\""),
            ("kit 99999999", "the text \"kit 99999999\""),
            ("program 128", "the text \"program 128\""),
            ("panic 3", "the text \"panic 3\""),
            ("Quit", "the text \"Quit\""),
            ("", "the text \"\""),
        ] {
            assert_eq!(Action::parse(name), Err(format!("{said}; allowed: {allowed}")));
        }
        let long = Action::parse(&"é".repeat(3_000)).unwrap_err();
        assert!(long.starts_with(&format!("the text \"{}…\"; allowed", "é".repeat(40))), "{long}");
    }
}
