//! Files as recorders, editors and accidents leave them, built byte by byte.

use std::cell::Cell;
use std::fs::OpenOptions;

use super::*;
use crate::library::Pcm;
use crate::words::rng::Rng;

impl ReadAt for Vec<u8> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.get(offset as usize..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

fn chunk(id: &str, body: &[u8]) -> Vec<u8> {
    let mut out = sized(id, body.len() as u32, body);
    out.resize(out.len().next_multiple_of(2), 0);
    out
}

fn sized(id: &str, size: u32, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), &size.to_le_bytes(), body].concat()
}

fn fmt_body(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let block = channels * bits.div_ceil(8);
    let mut out = Vec::new();
    out.extend(tag.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate.wrapping_mul(u32::from(block))).to_le_bytes());
    out.extend(block.to_le_bytes());
    out.extend(bits.to_le_bytes());
    out
}

fn fmt(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    chunk("fmt ", &fmt_body(tag, channels, rate, bits))
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let size = body.len() as u32 + 4;
    [b"RIFF".as_slice(), &size.to_le_bytes(), b"WAVE", &body].concat()
}

fn wav(tag: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    riff(&[fmt(tag, channels, 44_100, bits), chunk("data", data)])
}

fn shorts(values: &[i16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn read_bytes(bytes: &[u8]) -> Result<Recording, WavError> {
    read(&bytes.to_vec(), &mut Vec::new())
}
fn pcm(bytes: &[u8]) -> Pcm {
    read_bytes(bytes).unwrap_or_else(|e| panic!("{e}")).pcm
}
fn sentence(bytes: &[u8]) -> String {
    read_bytes(bytes).expect_err("this file has no recording").to_string()
}

const SOME: [i16; 4] = [0, 1, -32768, 32767];

#[test]
fn sixteen_bits_stay_sixteen_bits() {
    let read = read_bytes(&wav(1, 2, 16, &shorts(&SOME))).unwrap();
    assert_eq!((read.rate, read.channels, read.frames()), (44_100, 2, 2));
    assert_eq!(read.pcm, Pcm::I16(SOME.to_vec()));
}

#[test]
fn eight_bits_become_sixteen() {
    assert_eq!(pcm(&wav(1, 1, 8, &[0, 128, 255])), Pcm::I16(vec![-32768, 0, 127 << 8]));
}

#[test]
fn wider_samples_become_floats_of_the_same_value() {
    let data = [[0, 0, 0x40], [0, 0, 0x80], [1, 0, 0]].concat();
    let wanted = Pcm::F32(vec![0.5, -1.0, 1.0 / 8_388_608.0]);
    assert_eq!(pcm(&wav(1, 1, 24, &data)), wanted);
    let data = [i32::MIN, 1 << 30].map(i32::to_le_bytes).concat();
    assert_eq!(pcm(&wav(1, 2, 32, &data)), Pcm::F32(vec![-1.0, 0.5]));
    let data = [0.25f32, -1.5].map(f32::to_le_bytes).concat();
    assert_eq!(pcm(&wav(3, 1, 32, &data)), Pcm::F32(vec![0.25, -1.5]));
    let data = [0.25f64, -1.5].map(f64::to_le_bytes).concat();
    assert_eq!(pcm(&wav(3, 1, 64, &data)), Pcm::F32(vec![0.25, -1.5]));
}

#[test]
fn floats_that_are_no_numbers_are_silent() {
    let data = [f32::NAN, f32::INFINITY, f32::MIN_POSITIVE / 4.0, 0.5].map(f32::to_le_bytes);
    assert_eq!(pcm(&wav(3, 1, 32, &data.concat())), Pcm::F32(vec![0.0, 0.0, 0.0, 0.5]));
    let data = [f64::NAN, 1e300, 1e-300].map(f64::to_le_bytes);
    assert_eq!(pcm(&wav(3, 1, 64, &data.concat())), Pcm::F32(vec![0.0; 3]));
}

#[test]
fn a_law_and_mu_law_give_the_values_of_g_711() {
    // ITU-T G.711, tables 1a and 2a: smallest and largest magnitude of each sign.
    let wanted = vec![8, -8, 32_256, -32_256];
    assert_eq!(pcm(&wav(6, 1, 8, &[0xd5, 0x55, 0xaa, 0x2a])), Pcm::I16(wanted));
    let wanted = vec![0, 0, 32_124, -32_124];
    assert_eq!(pcm(&wav(7, 1, 8, &[0xff, 0x7f, 0x80, 0x00])), Pcm::I16(wanted));
}

#[test]
fn extensible_files_and_wide_containers_are_read_by_what_they_hold() {
    let mut body = fmt_body(0xfffe, 2, 48_000, 16);
    body.extend([22, 0, 16, 0, 3, 0, 0, 0, 1, 0]);
    body.extend([0, 0, 0, 0, 16, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    let file = riff(&[chunk("fmt ", &body), chunk("data", &shorts(&SOME))]);
    assert_eq!(pcm(&file), Pcm::I16(SOME.to_vec()));
    body.truncate(20);
    let cut = riff(&[chunk("fmt ", &body), chunk("data", &shorts(&SOME))]);
    assert_eq!(sentence(&cut), "the \"fmt \" chunk has 20 bytes; it needs 26");

    // 24 valid bits in containers of 32; 12 in 16.
    let mut body = fmt_body(1, 1, 48_000, 24);
    body[12] = 4;
    let data = (1i32 << 30).to_le_bytes();
    assert_eq!(pcm(&riff(&[chunk("fmt ", &body), chunk("data", &data)])), Pcm::F32(vec![0.5]));
    assert_eq!(pcm(&wav(1, 1, 12, &shorts(&[16]))), Pcm::I16(vec![16]));
}

#[test]
fn of_many_channels_the_first_two_are_kept() {
    let read = read_bytes(&wav(1, 4, 16, &shorts(&[1, 2, 3, 4, 5, 6, 7, 8]))).unwrap();
    assert_eq!((read.channels, read.pcm), (2, Pcm::I16(vec![1, 2, 5, 6])));
}

#[test]
fn every_rate_in_the_range_is_read_and_others_are_named() {
    let with = |rate| riff(&[fmt(1, 1, rate, 16), chunk("data", &[0, 0])]);
    for rate in [1, 11_025, 768_000] {
        assert_eq!(read_bytes(&with(rate)).unwrap().rate, rate);
    }
    assert_eq!(sentence(&with(0)), "its rate is 0 Hz; allowed are 1 to 768000 Hz");
    assert!(sentence(&with(768_001)).contains("768001 Hz"));
}

#[test]
fn odd_chunks_are_skipped_with_and_without_their_pad_byte() {
    let data = chunk("data", &shorts(&SOME));
    for (name, odd) in [("LIST", vec![7; 5]), ("xyz1", vec![0; 3]), ("bext", vec![b'd'; 1])] {
        let padded = [fmt(1, 1, 44_100, 16), chunk(name, &odd), data.clone()];
        let bare = [fmt(1, 1, 44_100, 16), sized(name, odd.len() as u32, &odd), data.clone()];
        for chunks in [padded, bare] {
            assert_eq!(pcm(&riff(&chunks)), Pcm::I16(SOME.to_vec()), "{name}");
        }
    }
}

#[test]
fn a_size_that_was_never_filled_in_means_to_the_end_of_the_file() {
    for size in [0, u32::MAX, 0x7fff_ffff, 9] {
        let mut file = riff(&[fmt(1, 1, 44_100, 16), sized("data", size, &shorts(&SOME))]);
        file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(pcm(&file), Pcm::I16(SOME.to_vec()), "{size}");
    }
}

#[test]
fn an_empty_data_chunk_before_others_is_empty_and_not_the_rest_of_the_file() {
    let list = chunk("LIST", b"INFOISFT....");
    let file = riff(&[fmt(1, 1, 44_100, 16), chunk("data", &[]), list]);
    assert_eq!(sentence(&file), "the \"data\" chunk holds no whole frame");
}

#[test]
fn chunks_of_wrong_size_do_not_hide_the_samples() {
    let data = chunk("data", &shorts(&SOME));
    for size in [u32::MAX, 3, 1000] {
        let list = sized("LIST", size, b"INFOsome words about the take.");
        let file = riff(&[fmt(1, 1, 44_100, 16), list, data.clone()]);
        assert_eq!(pcm(&file), Pcm::I16(SOME.to_vec()), "{size}");
    }
    for size in [0, 17, 18, 40, u32::MAX] {
        let fmt = sized("fmt ", size, &fmt_body(1, 1, 44_100, 16));
        assert_eq!(pcm(&riff(&[fmt, data.clone()])), Pcm::I16(SOME.to_vec()), "fmt {size}");
    }
}

#[test]
fn the_format_may_come_after_the_samples() {
    let file = riff(&[chunk("data", &shorts(&SOME)), fmt(1, 1, 44_100, 16)]);
    assert_eq!(pcm(&file), Pcm::I16(SOME.to_vec()));
}

#[test]
fn rf64_takes_its_size_from_ds64() {
    let mut sizes = vec![0; 28];
    sizes[8] = 4;
    let chunks = [
        chunk("ds64", &sizes),
        fmt(1, 1, 48_000, 16),
        sized("data", u32::MAX, &shorts(&[5, 6])),
        chunk("LIST", &[1; 40]),
    ];
    for id in [b"RF64", b"BW64"] {
        let mut file = riff(&chunks);
        file[..4].copy_from_slice(id);
        assert_eq!(pcm(&file), Pcm::I16(vec![5, 6]));
    }
}

#[test]
fn a_cut_file_gives_the_whole_frames_it_has() {
    let file = wav(1, 2, 16, &shorts(&[1, 2, 3, 4, 5, 6]));
    let cut = |bytes: usize| &file[..file.len() - bytes];
    assert_eq!(pcm(cut(1)), Pcm::I16(vec![1, 2, 3, 4]));
    assert_eq!(pcm(cut(8)), Pcm::I16(vec![1, 2]));
    assert_eq!(sentence(cut(9)), "the \"data\" chunk holds no whole frame");
    assert_eq!(sentence(cut(12)), "the \"data\" chunk holds no whole frame");
    assert_eq!(sentence(cut(13)), "there is no \"data\" chunk");
    for length in 0..file.len() {
        assert!(length > 47 || read_bytes(&file[..length]).is_err());
    }
}

#[test]
fn what_is_no_wav_file_is_called_by_its_name() {
    assert_eq!(sentence(b""), "the file is empty");
    assert_eq!(sentence(b"FORM\0\0\0\0AIFF"), "this is an AIFF file; rimshot reads WAV");
    assert_eq!(sentence(b"fLaC\0\0\0\x22"), "this is a FLAC file; rimshot reads WAV");
    assert_eq!(sentence(b"OggS"), "this is an Ogg file; rimshot reads WAV");
    assert_eq!(sentence(b"ID3\x04\0\0"), "this is an MP3 file; rimshot reads WAV");
    assert_eq!(
        sentence(b"version https://git-lfs.github.com/spec/v1"),
        "this is a Git LFS pointer, not the file itself; rimshot reads WAV"
    );
    assert_eq!(
        sentence(b"\x01hello"),
        "this is no WAV file: it begins with \"\\x01hel\", a WAV file with \"RIFF\""
    );
}

#[test]
fn what_cannot_be_read_is_said_with_what_can() {
    let mp3 = sentence(&wav(0x55, 2, 16, &[0; 8]));
    assert!(mp3.starts_with("the samples are stored as MP3 (format 0x0055); allowed"), "{mp3}");
    let wide = sentence(&wav(1, 1, 64, &[0; 8]));
    assert_eq!(wide, "the samples are 64-bit integers; allowed are 8, 16, 24 and 32 bits");
    assert_eq!(sentence(&wav(1, 0, 16, &[0; 8])), "it has 0 channels; at least 1 is needed");
    let silent = riff(&[fmt(1, 1, 44_100, 16)]);
    assert_eq!(sentence(&silent), "there is no \"data\" chunk");
    assert!(sentence(&riff(&[chunk("data", &[0; 8])])).contains("no \"fmt \" chunk"));
}

/// A file that is cut to `cut` bytes before the `at`-th block of samples is read.
struct Shrinking {
    file: File,
    blocks: Cell<u32>,
    at: u32,
    cut: u64,
}

impl ReadAt for Shrinking {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.blocks.set(self.blocks.get() + u32::from(buffer.len() > 40));
        if self.blocks.get() == self.at {
            self.file.set_len(self.cut)?;
        }
        ReadAt::read_at(&self.file, buffer, offset)
    }
    fn size(&self) -> io::Result<u64> {
        ReadAt::size(&self.file)
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_gives_what_was_left_of_it() {
    let folder = crate::library::tests::Folder::new("shrink");
    let data: Vec<u8> = (0..600_000).map(|n: u32| n as u8).collect();
    let bytes = wav(1, 2, 24, &data);
    let Pcm::F32(values) = pcm(&bytes) else { panic!() };
    // Values in a block of whole frames; 150 000 bytes are 25 000 frames.
    let block = BLOCK_BYTES / 6 * 2;
    for (at, kept) in [(1, 50_000), (2, 50_000), (3, 2 * block), (9, values.len())] {
        let path = folder.write("take.wav", &bytes);
        let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        let source = Shrinking { file, blocks: Cell::new(0), at, cut: 44 + 150_002 };
        let Pcm::F32(read) = read(&source, &mut Vec::new()).unwrap().pcm else { panic!() };
        assert!(read == values[..kept], "cut before block {at}: {} of {kept}", read.len());
    }
}

#[test]
fn memory_is_asked_for_by_the_size_of_the_file_and_not_by_its_header() {
    let chunks = [fmt(1, 2, 44_100, 16), sized("data", u32::MAX - 8, &shorts(&SOME))];
    let Pcm::I16(values) = pcm(&riff(&chunks)) else { panic!() };
    assert_eq!(values.capacity(), SOME.len());
    // A sparse file that claims and has a terabyte, without one block on the disk.
    struct Endless(Vec<u8>);
    impl ReadAt for Endless {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            buffer.fill(0);
            self.0.read_at(buffer, offset).map(|_| buffer.len())
        }
        fn size(&self) -> io::Result<u64> {
            Ok(1 << 40)
        }
    }
    let error = read(&Endless(riff(&chunks)), &mut Vec::new()).expect_err("too long");
    assert!(error.to_string().starts_with("it has 1073741821 frames; at most"), "{error}");
}

#[test]
fn no_damage_to_any_file_makes_the_reader_panic_or_return_more_than_the_file_holds() {
    let list = chunk("LIST", b"INFOIART....");
    let data = shorts(&[3; 40]);
    let mut sizes = vec![0; 28];
    sizes[8] = 80;
    let seeds = [
        riff(&[fmt(1, 2, 44_100, 16), list.clone(), chunk("data", &data), list.clone()]),
        riff(&[chunk("ds64", &sizes), fmt(3, 1, 96_000, 32), sized("data", u32::MAX, &data)]),
        riff(&[sized("junk", 3, &[1; 3]), fmt(1, 3, 8000, 24), chunk("data", &data), list]),
        riff(&[chunk("data", &data), fmt(6, 1, 8000, 8)]),
    ];
    let mut rng = Rng::new(32, 0);
    let mut buffer = Vec::new();
    let mut read_well = 0;
    for round in 0..20_000 {
        let mut file = seeds[round % seeds.len()].clone();
        for _ in 0..1 + rng.draw() % 6 {
            let (at, byte) = (rng.draw() as usize % file.len(), rng.draw() as u8);
            match rng.draw() % 5 {
                0 => file.truncate(at.max(1)),
                1 => file.insert(at, byte),
                2 => drop(file.remove(at).min(byte)),
                3 => file[at] = [0, 0xff, 0x7f, 0x80][usize::from(byte) % 4],
                _ => file[at] = byte,
            }
            if file.len() < 2 {
                break;
            }
        }
        if let Ok(recording) = read(&file, &mut buffer) {
            read_well += 1;
            assert!((1..=2).contains(&recording.channels) && recording.frames() > 0);
            assert!(recording.pcm.len() <= file.len());
            assert_eq!(recording.pcm.len() % recording.channels, 0);
        }
    }
    assert!(read_well > 1000, "the damage should leave many files readable: {read_well}");
}

/// A chunk of `head`, then of 24-byte records whose fields are given.
fn records(id: &str, head: &[u32], records: &[[u32; 6]]) -> Vec<u8> {
    let fields = head.iter().chain(records.iter().flatten());
    chunk(id, &fields.flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>())
}

#[test]
fn loops_the_unity_note_and_markers_are_read_before_and_after_the_samples() {
    let smpl = records(
        "smpl",
        &[0, 0, 20_833, 64, 0, 0, 0, 3, 0],
        &[[0, 0, 1, 3, 0, 0], [1, 0, 2, 9, 0, 0], [2, 0, 3, 2, 0, 0]],
    );
    let cue = records("cue ", &[2], &[[1, 0, 0, 0, 0, 3], [2, 0, 0, 0, 0, 1]]);
    let inst = chunk("inst", &[60, 0, 0, 0, 127, 64, 127]);
    let chunks = [fmt(1, 1, 44_100, 16), chunk("data", &shorts(&SOME))];
    let before = riff(&[vec![smpl.clone(), cue.clone(), inst.clone()], chunks.to_vec()].concat());
    let after = riff(&[chunks.to_vec(), vec![smpl, cue, inst.clone()]].concat());
    for file in [before, after] {
        let info = read_bytes(&file).unwrap().info;
        // The second loop ends past the recording, the third before it begins.
        let wanted = Info {
            unity_note: Some(64),
            loops: vec![Loop { first: 1, last: 3 }],
            cues: vec![1, 3],
            velocity: Some([64, 127]),
        };
        assert_eq!(info, wanted);
    }
    let only = riff(&[chunks.to_vec(), vec![inst]].concat());
    assert_eq!(read_bytes(&only).unwrap().info.unity_note, Some(60));
    assert!(read_bytes(&riff(&chunks)).unwrap().info.is_empty());
}

#[test]
fn chunks_that_make_no_sense_say_nothing_and_cost_nothing() {
    let data = chunk("data", &shorts(&SOME));
    for odd in [
        records("smpl", &[0, 0, 0, 128, 0, 0, 0, u32::MAX, 0], &[[0, 0, 9, 9, 0, 0]; 3]),
        records("cue ", &[u32::MAX], &[[0, 0, 0, 0, 0, 4]]),
        sized("cue ", u32::MAX, &[1, 0, 0, 0]),
        chunk("smpl", &[1; 11]),
        chunk("inst", &[200, 0, 0, 0, 127, 90, 20]),
    ] {
        let read = read_bytes(&riff(&[fmt(1, 1, 44_100, 16), data.clone(), odd])).unwrap();
        assert_eq!((read.pcm, read.info), (Pcm::I16(SOME.to_vec()), Info::default()));
    }
}
