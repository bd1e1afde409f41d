//! Just enough of Rust's grammar to see what a source names.

/// A piece of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An identifier, a keyword or a number.
    Word(String),
    /// `::`
    Path,
    /// Anything else that is no space.
    Mark(char),
}

/// The source with comments and the insides of literals as spaces; lines stay lines.
pub fn clean(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let starts = |i: usize, what: &str| what.chars().enumerate().all(|(n, c)| at(i + n) == c);
    let mut i = 0;
    while i < chars.len() {
        let end = if starts(i, "//") {
            (i..chars.len()).find(|&n| at(n) == '\n').unwrap_or(chars.len())
        } else if starts(i, "/*") {
            let mut depth = 0;
            let mut n = i;
            loop {
                if starts(n, "/*") {
                    depth += 1;
                    n += 2;
                } else if starts(n, "*/") {
                    depth -= 1;
                    n += 2;
                } else {
                    n += 1;
                }
                if depth == 0 || n >= chars.len() {
                    break n;
                }
            }
        } else if let Some(hashes) = raw_string(&chars, i) {
            let close = format!("\"{}", "#".repeat(hashes));
            let from = i + hashes + 2;
            (from..chars.len()).find(|&n| starts(n, &close)).map_or(chars.len(), |n| n + 1 + hashes)
        } else if at(i) == '"' {
            closing(&chars, i, '"')
        } else if at(i) == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            closing(&chars, i, '\'')
        } else {
            out.push(chars[i]);
            i += 1;
            continue;
        };
        let end = end.min(chars.len());
        out.extend(chars[i..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
        i = end;
    }
    out
}

/// The hashes of a raw string that begins here.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let inside_a_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    if chars[at] != 'r' || (inside_a_word && chars[at - 1] != 'b') {
        return None;
    }
    let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The place behind the literal that begins here.
fn closing(chars: &[char], at: usize, mark: char) -> usize {
    let mut n = at + 1;
    while n < chars.len() && chars[n] != mark {
        n += if chars[n] == '\\' { 2 } else { 1 };
    }
    n + 1
}

/// The pieces of a cleaned source, with their lines from 1.
pub fn tokens(clean: &str) -> Vec<(usize, Token)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut chars = clean.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let mut word = String::from(c);
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(c);
            }
            found.push((line, Token::Word(word)));
        } else if c == ':' && chars.next_if_eq(&':').is_some() {
            found.push((line, Token::Path));
        } else if !c.is_whitespace() {
            found.push((line, Token::Mark(c)));
        }
    }
    found
}

/// A cleaned source without what stands behind `#[cfg(test)]`: an item, a variant or an arm.
pub fn outside_tests(clean: &str) -> String {
    const TEST: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut rest = clean;
    while let Some(at) = rest.find(TEST) {
        out.push_str(&rest[..at]);
        let item = &rest[at + TEST.len()..];
        // variants and arms begin with a name of their own, items with a keyword
        let listed = item.trim_start().starts_with(char::is_uppercase);
        let mut depth = 0;
        let end = item.char_indices().find_map(|(i, c)| {
            match c {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                _ => {}
            }
            let ends = c == '}' || c == ';' || listed && c == ',';
            (depth < 0).then_some(i).or((depth == 0 && ends).then_some(i + 1))
        });
        rest = end.map_or("", |end| &item[end..]);
    }
    out + rest
}
