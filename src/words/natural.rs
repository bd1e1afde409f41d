//! The order a person expects of names: `snare 2` before `snare 10`.

use std::cmp::Ordering;

/// Compares two names: runs of ASCII digits as numbers of any length, everything else
/// character by character without regard to case. Names that differ only in case or in
/// leading zeros are ordered by their bytes, so that the order is total.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a, b);
    while !x.is_empty() && !y.is_empty() {
        let (digits_x, digits_y) = (digits(x), digits(y));
        let order = if digits_x > 0 && digits_y > 0 {
            let (number_x, rest_x) = x.split_at(digits_x);
            let (number_y, rest_y) = y.split_at(digits_y);
            (x, y) = (rest_x, rest_y);
            let number_x = number_x.trim_start_matches('0');
            let number_y = number_y.trim_start_matches('0');
            number_x.len().cmp(&number_y.len()).then_with(|| number_x.cmp(number_y))
        } else {
            let (mut chars_x, mut chars_y) = (x.chars(), y.chars());
            let lower = |c: Option<char>| c.into_iter().flat_map(char::to_lowercase);
            let order = lower(chars_x.next()).cmp(lower(chars_y.next()));
            (x, y) = (chars_x.as_str(), chars_y.as_str());
            order
        };
        if order.is_ne() {
            return order;
        }
    }
    x.len().cmp(&y.len()).then_with(|| a.cmp(b))
}

/// How many ASCII digits a text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_by(|a, b| compare(a, b));
        names
    }

    #[test]
    fn numbers_count_as_numbers_and_case_does_not_matter() {
        let names = vec!["Snare 10", "snare 2", "kick", "Snare 1", "10 Rock", "9 Jazz", "100"];
        let wanted = ["9 Jazz", "10 Rock", "100", "kick", "Snare 1", "snare 2", "Snare 10"];
        assert_eq!(sorted(names), wanted);
    }

    #[test]
    fn numbers_longer_than_any_integer_type_are_still_numbers() {
        let long = "1".repeat(60);
        let longer = format!("a{long}0");
        let shorter = format!("a9{}", "0".repeat(59));
        assert_eq!(compare(&shorter, &longer), Ordering::Less);
    }

    #[test]
    fn names_that_look_alike_still_have_one_order() {
        assert_eq!(sorted(vec!["a1", "A01", "A1", "a01"]), ["A01", "A1", "a01", "a1"]);
        assert_eq!(compare("Ärger 2", "ärger 10"), Ordering::Less);
        assert_eq!(compare("a", "a"), Ordering::Equal);
        assert_eq!(compare("a", "a1"), Ordering::Less);
    }
}
