//! Names in the letters and in the room that a display has.

/// What a display of dots can show: its fonts have the letters of ISO 8859-1 (Latin-1).
/// Other Latin letters lose their accent, typographers' marks become plain ones, what joins
/// the letter before it is joined (as in names of files that a Mac wrote) or left out, and
/// everything else is a question mark.
pub fn latin1(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{300}'..='\u{36f}' => {
                let joined = shown.chars().next_back().and_then(|base| join(base, c));
                if let Some(joined) = joined {
                    shown.pop();
                    shown.push(joined);
                }
            }
            // what has no width of its own
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {}
            ' '..='~' | '\u{a1}'..='\u{ff}' => shown.push(c),
            '\u{100}'..='\u{17f}' => {
                let index = c as usize - 0x100;
                shown.push(EXTENDED_A.chars().nth(index).unwrap_or('?'));
            }
            '‘' | '’' | '‚' | '′' => shown.push('\''),
            '“' | '”' | '„' | '″' => shown.push('"'),
            '\u{2010}'..='\u{2015}' | '−' => shown.push('-'),
            '…' => shown.push_str("..."),
            '•' => shown.push('·'),
            c if c.is_whitespace() || c.is_control() => shown.push(' '),
            _ => shown.push('?'),
        }
    }
    shown
}

/// U+0100 to U+017F without their accents.
const EXTENDED_A: &str = "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL\
                          lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// A letter and the accent after it as one letter of Latin-1.
fn join(base: char, accent: char) -> Option<char> {
    let (bases, joined) = match accent {
        '\u{300}' => ("AEIOUaeiou", "ÀÈÌÒÙàèìòù"),
        '\u{301}' => ("AEIOUYaeiouy", "ÁÉÍÓÚÝáéíóúý"),
        '\u{302}' => ("AEIOUaeiou", "ÂÊÎÔÛâêîôû"),
        '\u{303}' => ("ANOano", "ÃÑÕãñõ"),
        '\u{308}' => ("AEIOUaeiouy", "ÄËÏÖÜäëïöüÿ"),
        '\u{30a}' => ("Aa", "Åå"),
        '\u{327}' => ("Cc", "Çç"),
        _ => return None,
    };
    let index = bases.chars().position(|c| c == base)?;
    joined.chars().nth(index)
}

/// What every HD44780 can show. Beyond ASCII its ROMs differ (A00 has Japanese, A02
/// European letters), and in ASCII the A00 lacks `\` and `~`.
pub fn ascii(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in latin1(text).chars() {
        match c {
            '\\' => shown.push('/'),
            '~' => shown.push('-'),
            ' '..='}' => shown.push(c),
            '\u{a1}'..='\u{ff}' => shown.push_str(LATIN1[c as usize - 0xa1]),
            _ => shown.push('?'),
        }
    }
    shown
}

/// U+00A1 to U+00FF in ASCII.
const LATIN1: [&str; 95] = [
    "!", "c", "L", "?", "Y", "|", "S", "\"", "(c)", "a", "<<", "!", "", "(R)", "-", "o", "+-", "2",
    "3", "'", "u", "P", ".", ",", "1", "o", ">>", "1/4", "1/2", "3/4", "?", "A", "A", "A", "A",
    "Ae", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I", "I", "D", "N", "O", "O", "O", "O",
    "Oe", "x", "O", "U", "U", "U", "Ue", "Y", "Th", "ss", "a", "a", "a", "a", "ae", "a", "ae", "c",
    "e", "e", "e", "e", "i", "i", "i", "i", "d", "n", "o", "o", "o", "o", "oe", "/", "o", "u", "u",
    "u", "ue", "y", "th", "y",
];

/// Written at the end of what was too long.
const MORE: &str = "..";

/// The text in at most so many letters.
pub fn fit(text: &str, columns: usize) -> String {
    wrap(text, columns, 1).pop().unwrap_or_default()
}

/// Whether the text has room in so many lines of so many letters.
pub fn has_room(text: &str, columns: usize, lines: usize) -> bool {
    columns > 0 && broken(text, columns).len() <= lines
}

/// The text in at most so many lines of at most so many letters, broken between words where
/// that is possible.
pub fn wrap(text: &str, columns: usize, lines: usize) -> Vec<String> {
    if columns == 0 || lines == 0 {
        return Vec::new();
    }
    let mut all = broken(text, columns);
    if all.len() > lines {
        // The last line takes as much as it can of what is left.
        let rest = all.split_off(lines - 1).join(" ");
        let keep = columns.saturating_sub(MORE.len());
        let kept: String = rest.chars().take(keep).collect();
        let more: String = MORE.chars().take(columns - kept.chars().count()).collect();
        all.push(kept.trim_end().to_owned() + &more);
    }
    all
}

fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if used > 0 && used + 1 + width > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            if used == columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += 1;
        }
    }
    if used > 0 {
        lines.push(line);
    }
    lines
}

/// A sentence without the folders of its paths, which a small display has no room for.
pub fn without_folders(sentence: &str) -> String {
    let last = |word: &str| match word.trim_end_matches('/').rsplit_once('/') {
        Some((before, name)) if before.is_empty() || before.starts_with(['/', '~', '.']) => {
            name.to_owned()
        }
        _ => word.to_owned(),
    };
    sentence.split_whitespace().map(last).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_the_fonts_have_stay_as_they_are() {
        let all: String =
            (' '..='~').chain('\u{a1}'..='\u{ac}').chain('\u{ae}'..='\u{ff}').collect();
        assert_eq!(latin1(&all), all);
        assert_eq!(latin1("Größe café"), "Größe café");
    }

    #[test]
    fn other_letters_are_shown_by_the_nearest_one() {
        assert_eq!(latin1("Łódź Šašek Dvořák Ÿ"), "Lódz Sasek Dvorák Y");
        assert_eq!(latin1("“Fünf” – ’n… ドラム\u{fe0f}"), "\"Fünf\" - 'n... ???");
        assert_eq!(latin1("a\tb\u{7f}c\u{a0}d"), "a b c d");
        assert_eq!(EXTENDED_A.len(), 0x80);
    }

    #[test]
    fn names_as_a_mac_writes_them_are_joined() {
        assert_eq!(latin1("Cafe\u{301} Gro\u{308}ße Nin\u{303}o z\u{30c}"), "Café Größe Niño z");
        assert_eq!(latin1("\u{301}x"), "x");
    }

    #[test]
    fn a_text_display_gets_ascii() {
        assert_eq!(ascii("Größe café ½ \\~"), "Groesse cafe 1/2 /-");
        assert_eq!((ascii("þÿ¡Æ")), "thy!AE");
    }

    #[test]
    fn a_name_that_is_too_long_says_so() {
        assert_eq!(fit("Studio", 6), "Studio");
        assert_eq!(fit("Studio kit one", 10), "Studio k..");
        assert_eq!(fit("Studio kit one", 9), "Studio..");
        assert_eq!(fit("ééééé", 4), "éé..");
        assert_eq!(
            (fit("abc", 2), fit("abc", 1), fit("abc", 0)),
            ("..".into(), ".".into(), "".into())
        );
        assert_eq!(fit("  two \n lines ", 20), "two lines");
    }

    #[test]
    fn lines_break_between_words_and_a_long_word_where_it_must() {
        assert_eq!(wrap("hit the bow of the ride", 9, 3), ["hit the", "bow of", "the ride"]);
        assert_eq!(wrap("hit the bow of the ride", 9, 2), ["hit the", "bow of.."]);
        assert_eq!(wrap("abcdefghij k", 4, 4), ["abcd", "efgh", "ij k"]);
        assert!(has_room("hit the bow", 7, 2) && !has_room("hit the bow", 6, 2));
        assert_eq!(wrap("", 9, 2), [""; 0]);
    }

    #[test]
    fn folders_of_paths_are_left_out_and_other_slashes_are_not() {
        assert_eq!(
            without_folders("/home/joe/kits/Jazz/kit.toml:3: error: 3/4 or and/or"),
            "kit.toml:3: error: 3/4 or and/or"
        );
        assert_eq!(without_folders("~/kits/ is empty / so"), "kits is empty / so");
    }
}
