//! Which ports a map is for.

/// Whether a pattern is the name of a MIDI port (client and port, `TD-17:TD-17 MIDI 1`), or of
/// its client alone. `*` is any text, `?` any one character; case does not matter.
pub(super) fn matches(pattern: &str, port: &str) -> bool {
    let client = port.split(':').next().unwrap_or(port);
    let [pattern, port, client] =
        [pattern, port, client].map(|s| s.to_lowercase().chars().collect::<Vec<char>>());
    is_like(&port, &pattern) || is_like(&client, &pattern)
}

/// Wildcards by going back to the last `*` where the text does not go on as the pattern does.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star = None;
    while at < text.len() {
        match pattern.get(next) {
            Some('*') => {
                star = Some((next, at));
                next += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(at) => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((place, from)) = star else { return false };
                star = Some((place, from + 1));
                (next, at) = (place + 1, from + 1);
            }
        }
    }
    pattern.iter().skip(next).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_is_like_the_whole_name_of_a_port_or_of_its_client() {
        for (pattern, port, is) in [
            ("TD-*", "TD-17:TD-17 MIDI 1", true),
            ("td-*", "TD-27KV:MIDI", true),
            ("TD-??", "TD-17:TD-17 MIDI 1", true),
            ("TD-??", "TD-7:x", false),
            ("*nitro*", "Alesis Nitro Mesh:USB", true),
            ("*MIDI 2", "TD-17:TD-17 MIDI 2", true),
            ("TD-*", "MTD-1:x", false),
            ("TD-17", "TD-17:TD-17 MIDI 1", true),
            ("**a*b**", "xxaxxbxx", true),
            ("a*b", "aXbX", false),
            ("*", "", true),
            ("", "", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern, port), is, "{pattern} {port}");
        }
    }

    #[test]
    fn many_stars_over_a_long_name_end_soon() {
        let (pattern, name) = ("*a".repeat(50) + "b", "a".repeat(5_000));
        assert!(!matches(&pattern, &name));
    }
}
