//! What ports are called.

/// Characters of a name. The sequencer has 64 bytes for a client and 64 for a port.
pub(super) const LONGEST_NAME: usize = 130;

/// A port's name for people: the sequencer says the device twice, and numbers even its
/// only port. `TD-17:TD-17 MIDI 1` is `TD-17`, its second port `TD-17 MIDI 2`, and a second
/// module of the kind `TD-17 #2`.
pub fn short_name(name: &str) -> String {
    let is_number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    let (name, number) = match name.rsplit_once(" #") {
        Some((name, number)) if is_number(number) => (name, format!(" #{number}")),
        _ => (name, String::new()),
    };
    let (client, port) = name.split_once(':').unwrap_or((name, ""));
    let own = port.strip_prefix(client).unwrap_or(port).trim();
    match own {
        "" | "MIDI 1" => format!("{client}{number}"),
        // Programs often call their ports by names that say nothing alone.
        _ => format!("{client} {own}{number}"),
    }
}

/// A name that can be shown: a device may call itself anything, also what moves a cursor.
pub(super) fn tidy(name: &str) -> String {
    let shown = |c: char| if c.is_control() { '?' } else { c };
    let name: String = name.chars().take(LONGEST_NAME).map(shown).collect();
    if name.trim_matches([' ', ':']).is_empty() { "unnamed".to_owned() } else { name }
}
