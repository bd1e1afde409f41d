//! Any bytes at all on the control socket: however they are cut on their way the lines are
//! the same, little is kept of them, and each line is a request or a sentence.
//!
//! On stable Rust, without a sanitizer: `cargo fuzz run -s none request`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rimshot::app::control::lines::{LINE_BYTES, Lines};
use rimshot::app::control::request::Asked;

/// The lines of these bytes, which come in parts of so many.
fn lines(bytes: &[u8], part: usize) -> Vec<Result<Vec<u8>, String>> {
    let (mut lines, mut got) = (Lines::default(), Vec::new());
    for part in bytes.chunks(part) {
        lines.push(part);
        while let Some(line) = lines.take() {
            got.push(line.map_err(|error| error.to_string()));
        }
        assert!(lines.waiting() <= LINE_BYTES && !lines.has_line());
    }
    got
}

fuzz_target!(|bytes: &[u8]| {
    let whole = lines(bytes, 4096);
    assert_eq!(whole, lines(bytes, 1 + usize::from(bytes.first().copied().unwrap_or(0))));
    for line in whole.into_iter().flatten() {
        match Asked::read(&line).request {
            Ok(request) => {
                let again = Asked::read(request.to_json().to_string().as_bytes());
                assert_eq!(again.request, Ok(request));
            }
            Err(sentence) => assert!(!sentence.is_empty() && sentence.len() < 1000),
        }
    }
});
