//! Any bytes at all as a WAV file: the reader neither panics nor returns more than the file
//! holds, and all its ways to the same values agree.
//!
//! On stable Rust, without a sanitizer: `cargo fuzz run -s none wav`.
#![no_main]

use std::io;

use libfuzzer_sys::fuzz_target;
use rimshot::library::Pcm;
use rimshot::library::wav::{ReadAt, Reader, read};

struct Bytes<'a>(&'a [u8]);

impl ReadAt for Bytes<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.0.get(at..));
        let rest = rest.unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut buffer = Vec::new();
    let source = Bytes(bytes);
    let Ok(recording) = read(&source, &mut buffer) else { return };
    let frames = recording.frames();
    assert!((1..=2).contains(&recording.channels) && frames > 0);
    assert!(recording.pcm.len() <= bytes.len());
    assert!(recording.info.loops.iter().all(|l| l.first <= l.last && (l.last as usize) < frames));
    assert!(recording.info.cues.iter().all(|&cue| (cue as usize) < frames));

    let whole: Vec<f32> = match &recording.pcm {
        Pcm::I16(x) => x.iter().map(|&x| f32::from(x) / 32768.0).collect(),
        Pcm::F32(x) => x.clone(),
    };
    assert!(whole.iter().all(|x| *x == 0.0 || x.is_normal()));
    // From the middle on, as floats.
    let reader = Reader::open(&source, &mut buffer).expect("it was read");
    let first = frames / 2;
    let mut half = vec![9.0; (frames - first + 1) * recording.channels];
    let got = reader.floats(first as u64, &mut half, &mut buffer).expect("bytes can be read");
    assert_eq!(half[..got], whole[first * recording.channels..]);
});
