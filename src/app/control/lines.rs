//! From bytes as they come to lines.

/// The longest request; the longest sensible one has a kit's name in it.
pub const LINE_BYTES: usize = 4096;

/// A line had more than [`LINE_BYTES`] bytes and is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line has at most {LINE_BYTES} bytes; this one is left out")]
pub struct TooLong;

/// What has come of a client and is not looked at yet. However the bytes are cut on their
/// way, the lines are the same.
#[derive(Debug, Default)]
pub struct Lines {
    input: Vec<u8>,
    /// How much of it has no line's end: what has been searched is not searched again.
    searched: usize,
    /// The rest of a line that is too long is not looked at.
    skips: bool,
}

impl Lines {
    /// More bytes have come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.input.len()
    }

    /// Whether a line's end is among them.
    pub fn has_line(&self) -> bool {
        self.input.iter().skip(self.searched).any(|byte| *byte == b'\n')
    }

    /// The next whole line without its end, empty ones passed over; each line that is too
    /// long is an error, once, as soon as it is. `None` until more comes.
    pub fn take(&mut self) -> Option<Result<Vec<u8>, TooLong>> {
        loop {
            let rest = self.input.get(self.searched..).unwrap_or_default();
            let end = rest.iter().position(|&byte| byte == b'\n').map(|at| self.searched + at);
            let length = end.unwrap_or(self.input.len());
            if length > LINE_BYTES && !self.skips {
                self.skips = true;
                return Some(Err(TooLong));
            }
            let Some(end) = end else {
                if self.skips {
                    self.input.clear();
                }
                self.searched = self.input.len();
                return None;
            };
            self.searched = 0;
            let text: Vec<u8> = self.input.drain(..=end).take(end).collect();
            let skipped = std::mem::take(&mut self.skips);
            // an empty line asks nothing
            if !skipped && !text.trim_ascii().is_empty() {
                return Some(Ok(text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    /// What the lines of a whole text are.
    fn expected(text: &[u8]) -> Vec<Result<Vec<u8>, TooLong>> {
        let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        // What follows the last end is no line yet, but may be too long already.
        let last = lines.pop().unwrap_or_default();
        let whole = lines.into_iter().filter_map(|line| match line.len() > LINE_BYTES {
            true => Some(Err(TooLong)),
            false => (!line.trim_ascii().is_empty()).then(|| Ok(line.to_vec())),
        });
        whole.chain((last.len() > LINE_BYTES).then_some(Err(TooLong))).collect()
    }

    #[test]
    fn however_bytes_are_cut_the_lines_are_the_same_and_little_is_kept() {
        let mut rng = Rng::new(3, 0);
        for _ in 0..300 {
            let mut text = Vec::new();
            for _ in 0..rng.draw() % 12 {
                let dice = rng.draw();
                let length = [0, 1, 20, LINE_BYTES - 1, LINE_BYTES, LINE_BYTES + 1, 3 * LINE_BYTES];
                let length = length[(dice >> 8) as usize % 7];
                let byte = [b'x', b' ', b'\r', 0, 0xFF][(dice >> 16) as usize % 5];
                text.extend(std::iter::repeat_n(byte, length));
                if dice & 3 > 0 {
                    text.push(b'\n');
                }
            }
            let (mut lines, mut got, mut rest) = (Lines::default(), Vec::new(), &text[..]);
            while !rest.is_empty() {
                let (part, after) = rest.split_at((1 + rng.draw() as usize % 4096).min(rest.len()));
                lines.push(part);
                rest = after;
                assert_eq!(lines.has_line(), part.contains(&b'\n'), "all lines were taken before");
                while let Some(line) = lines.take() {
                    got.push(line);
                }
                assert!(lines.waiting() <= LINE_BYTES, "{} bytes wait", lines.waiting());
            }
            assert_eq!(got, expected(&text));
        }
    }
}
