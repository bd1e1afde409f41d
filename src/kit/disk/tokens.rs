//! A name taken apart into words and numbers.

use super::vocabulary;

/// A word or a number of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Letters, in lower case.
    Word(String),
    /// Digits.
    Number {
        /// Their value; very long ones stop at `u32::MAX`.
        value: u32,
        /// How many digits.
        width: usize,
    },
}

impl Token {
    /// The word, where this is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Token::Word(word) => Some(word),
            Token::Number { .. } => None,
        }
    }

    /// The value of a number written without leading zeros.
    pub fn counted(&self) -> Option<u32> {
        match *self {
            Token::Number { value, width } if value.to_string().len() == width => Some(value),
            _ => None,
        }
    }
}

/// Words and numbers in order: split at everything that is neither letter nor digit,
/// between letters and digits, and where capitals begin a word (`SnareRim`, `HHClosed`).
/// Words that are two known words without a gap are taken apart (`closedhh`).
pub fn tokens(name: &str) -> Vec<Token> {
    let chars: Vec<char> = name.chars().collect();
    let mut tokens = Vec::new();
    let mut start = 0;
    for end in 1..=chars.len() {
        if end < chars.len() && belongs(&chars, end) {
            continue;
        }
        push(&mut tokens, &chars[start..end]);
        start = end;
    }
    tokens
}

/// Whether the character at `at` belongs to the same token as the one before it.
fn belongs(chars: &[char], at: usize) -> bool {
    let (before, here) = (chars[at - 1], chars[at]);
    if before.is_ascii_digit() || here.is_ascii_digit() {
        return before.is_ascii_digit() && here.is_ascii_digit();
    }
    if !before.is_alphabetic() || !here.is_alphabetic() {
        return false;
    }
    let next_is_small = chars.get(at + 1).is_some_and(|c| c.is_lowercase());
    !(here.is_uppercase() && (before.is_lowercase() || next_is_small))
}

fn push(tokens: &mut Vec<Token>, chars: &[char]) {
    match chars.first() {
        Some(c) if c.is_ascii_digit() => {
            let digit = |sum: u32, c: &char| {
                sum.saturating_mul(10).saturating_add(c.to_digit(10).unwrap_or_default())
            };
            let value = chars.iter().fold(0, digit);
            tokens.push(Token::Number { value, width: chars.len() });
        }
        Some(c) if c.is_alphabetic() => {
            let word = chars.iter().flat_map(|c| c.to_lowercase()).collect::<String>();
            match parts(&word) {
                Some((first, second)) => {
                    tokens.push(Token::Word(first.to_owned()));
                    tokens.push(Token::Word(second.to_owned()));
                }
                None => tokens.push(Token::Word(word)),
            }
        }
        _ => {}
    }
}

/// The two known words that an unknown one is made of. Short ones are not looked for:
/// "chop" is no closed hi-hat.
fn parts(word: &str) -> Option<(&str, &str)> {
    let long_enough = |part: &str| part.len() > 2 || ["hh", "hi", "lo"].contains(&part);
    let fits = |part: &str| long_enough(part) && vocabulary::is_known(part);
    if vocabulary::is_known(word) {
        return None;
    }
    let splits = word.char_indices().map(|(at, _)| word.split_at(at));
    splits.rev().find(|&(first, second)| fits(first) && fits(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(name: &str) -> String {
        let spell = |token: &Token| match token {
            Token::Word(word) => word.clone(),
            Token::Number { value, width } => format!("{value:0width$}"),
        };
        tokens(name).iter().map(spell).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_come_apart_at_gaps_capitals_and_digits() {
        assert_eq!(spelled("SnareRim_Hard-03"), "snare rim hard 03");
        assert_eq!(spelled("HHClosed"), "hh closed");
        assert_eq!(spelled("38_v1_rr2"), "38 v 1 rr 2");
        assert_eq!(spelled("808 Tom_Hi (2)"), "808 tom hi 2");
        assert_eq!(spelled("closedhh floortom chopsticks"), "closed hh floor tom chopsticks");
        assert_eq!(spelled("Große Trommel\u{fffd}"), "große trommel");
        assert_eq!(spelled(""), "");
        assert_eq!(spelled("99999999999999999999"), format!("{:020}", u32::MAX));
    }
}
