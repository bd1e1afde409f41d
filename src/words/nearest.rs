//! "Did you mean …?"

/// The candidate that differs least from a mistyped name, if any is near enough to be
/// what was meant: at most a third of the letters (but one for short names) inserted,
/// left out, replaced or swapped with their neighbour (the optimal string alignment
/// distance), case not counted. The first of equally near ones.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().take(MOST).collect();
    let limit = (name.len() / 3).max(1);
    candidates
        .map(|candidate| (distance(&name, candidate), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Names longer than this are compared by their beginning: no key or slot is as long.
const MOST: usize = 64;

fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().take(MOST).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let replaced = row[j] + usize::from(x != y);
            let mut least = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_finds_the_name_and_another_word_finds_none() {
        let names = || ["snare", "snare.rim", "kick", "hihat"].into_iter();
        assert_eq!(nearest("snaer", names()), Some("snare"));
        assert_eq!(nearest("Snare-rim", names()), Some("snare.rim"));
        assert_eq!(nearest("hi-hat", names()), Some("hihat"));
        assert_eq!(nearest("kik", names()), Some("kick"));
        assert_eq!(nearest("cowbell", names()), None);
        assert_eq!(nearest("", names()), None);
    }
}
