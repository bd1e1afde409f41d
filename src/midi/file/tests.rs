use super::*;
use crate::words::rng::Rng;

/// A file of these tracks; an end mark is put behind each.
fn file(format: u16, division: u16, tracks: &[&[u8]]) -> Vec<u8> {
    let mut out = b"MThd\0\0\0\x06".to_vec();
    for word in [format, tracks.len() as u16, division] {
        out.extend(word.to_be_bytes());
    }
    for track in tracks {
        out.extend(b"MTrk");
        out.extend((track.len() as u32 + 4).to_be_bytes());
        out.extend(*track);
        out.extend(b"\0\xFF\x2F\0");
    }
    out
}

fn take(bytes: &[u8]) -> Take {
    parse(Path::new("t.mid"), bytes).unwrap_or_else(|e| panic!("{e}"))
}

fn notes(take: &Take, rate: u32) -> Vec<(u64, u8)> {
    take.frames(rate)
        .filter_map(|(frame, message)| match message {
            Message::NoteOn { note, .. } => Some((frame, note)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_quarter_note_lasts_half_a_second_until_a_tempo_says_otherwise() {
    // 480 ticks a quarter; running status for the second and third note.
    let track = b"\0\x99\x24\x40\x83\x60\x24\x40\
        \0\xFF\x51\x03\x0F\x42\x40\x83\x60\x24\x40";
    let take = take(&file(0, 480, &[track]));
    assert_eq!(notes(&take, 48_000), [(0, 36), (24_000, 36)]);
    // A meta event ends running status, so the third pair of bytes is no note.
    assert_eq!(take.problems.len(), 1);
    let track = b"\0\x99\x24\x40\x83\x60\x24\x40\
        \0\xFF\x51\x03\x0F\x42\x40\x83\x60\x99\x24\x40";
    let take = self::take(&file(0, 480, &[track]));
    assert_eq!(notes(&take, 48_000), [(0, 36), (24_000, 36), (72_000, 36)]);
}

#[test]
fn a_tempo_in_one_track_moves_the_notes_of_all_from_its_tick_on() {
    let tempo = b"\x60\xFF\x51\x03\x03\xD0\x90";
    let hits = b"\x60\x99\x26\x40\x60\x99\x26\x40";
    // 96 ticks: 0.5 s at the default tempo, then 0.25 s.
    let take = take(&file(1, 96, &[hits, tempo]));
    assert_eq!(notes(&take, 1_000), [(500, 38), (750, 38)]);
    assert_eq!(take.duration_frames(1_000), 750);
}

#[test]
fn messages_of_one_tick_keep_the_order_of_tracks_and_of_places_in_them() {
    let a = b"\0\x99\x01\x40\0\x99\x02\x40";
    let b = b"\0\x99\x03\x40";
    let take = take(&file(1, 96, &[a, b]));
    assert_eq!(notes(&take, 48_000), [(0, 1), (0, 2), (0, 3)]);
    assert_eq!(take.tracks, 2);
}

#[test]
fn half_a_frame_is_rounded_up_and_errors_do_not_add_up() {
    // One tick of 1 µs a quarter at division 1; at 500 kHz it is half a frame.
    let tempo = b"\0\xFF\x51\x03\0\0\x01\x01\x99\x24\x40\x01\x99\x24\x40\x01\x99\x24\x40";
    let take = take(&file(0, 1, &[tempo]));
    assert_eq!(notes(&take, 500_000), [(1, 36), (1, 36), (2, 36)]);
    // 7 ticks a quarter at 44.1 kHz: the frames are those of the exact time, each
    // rounded once.
    let mut track = Vec::new();
    for _ in 0..70_000 {
        track.extend(b"\x01\x99\x24\x40");
    }
    let take = self::take(&file(0, 7, &[&track]));
    let frames: Vec<u64> = notes(&take, 44_100).iter().map(|n| n.0).collect();
    assert_eq!(frames[6], 22_050);
    assert_eq!(frames[69_999], 220_500_000);
    assert_eq!(frames[0], 3_150);
    assert_eq!(frames[1], 6_300);
}

#[test]
fn smpte_ticks_keep_their_own_time_whatever_the_tempo() {
    let track = b"\0\xFF\x51\x03\0\0\x01\x81\x48\x99\x24\x40";
    // 25 frames of 40 ticks: 1000 a second; 200 ticks.
    assert_eq!(notes(&take(&file(0, 0xE728, &[track])), 48_000), [(9_600, 36)]);
    // 29.97 frames of 100 ticks: 200 ticks are 200 × 1001 ÷ 3 000 000 s = 3203.2 frames.
    assert_eq!(notes(&take(&file(0, 0xE364, &[track])), 48_000), [(3_203, 36)]);
}

#[test]
fn a_file_cut_short_plays_up_to_the_cut_and_says_so() {
    let whole = file(0, 96, &[b"\0\x99\x24\x40\x60\x99\x26\x40"]);
    let take = take(&whole[..whole.len() - 6]);
    assert_eq!(notes(&take, 1_000), [(0, 36)]);
    assert_eq!(
        take.problems[0].to_string(),
        "t.mid: warning: track 1 breaks off at tick 0 without an end mark; what comes \
         before is played"
    );
}

#[test]
fn a_missing_track_and_a_standing_tempo_are_said() {
    let mut bytes = file(1, 96, &[b"\0\xFF\x51\x03\0\0\0\x60\x99\x24\x40"]);
    bytes[11] = 2;
    let take = take(&bytes);
    assert_eq!(notes(&take, 1_000), [(500, 36)]);
    let said: Vec<String> = take.problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        said,
        [
            "t.mid: warning: track 1 sets a tempo of 0 µs a quarter note at tick 0; left \
             out, the tempo before goes on",
            "t.mid: warning: has 1 track that can be read, its header says 2",
        ]
    );
}

#[test]
fn a_midi_file_inside_a_riff_is_read() {
    let inner = file(0, 96, &[b"\x60\x99\x24\x40"]);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((inner.len() as u32 + 12).to_le_bytes());
    bytes.extend(b"RMIDdata");
    bytes.extend((inner.len() as u32).to_le_bytes());
    bytes.extend(&inner);
    assert_eq!(notes(&take(&bytes), 1_000), [(500, 36)]);
}

#[test]
fn damaged_files_never_panic() {
    let whole = file(
        1,
        96,
        &[
            b"\0\xFF\x03\x04test\0\xFF\x51\x03\x03\xD0\x90\0\xFF\x54\x05\x60\0\0\0\0",
            b"\0\xC9\x05\0\xB9\x04\x5A\0\x99\x2E\x40\x60\xA9\x31\x7F\x60\xF0\x03\x41\x10\xF7",
        ],
    );
    let mut rng = Rng::new(3, 0);
    let mut read = 0;
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=rng.draw() % 4 {
            let at = (rng.draw() % bytes.len() as u64) as usize;
            bytes[at] = rng.draw() as u8;
        }
        bytes.truncate(bytes.len() - (rng.draw() % 8) as usize);
        if let Ok(take) = parse(Path::new("t.mid"), &bytes) {
            read += 1;
            let frames: Vec<u64> = take.frames(48_000).map(|f| f.0).collect();
            assert!(frames.is_sorted());
            assert!(frames.last() <= Some(&take.duration_frames(48_000)));
        }
    }
    assert!(read > 1_000, "{read}");
}
