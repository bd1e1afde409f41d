//! `rimshot render`, heard with tiny instruments: every hit at its frame, every value as
//! it was recorded, and a sentence for everything that cannot be done.

mod tiny;

use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;

use rimshot::words::rng::Rng;
use tiny::{Folder, Ran, Recording, Say, Values, frames, in_ms, midi, sounding};

const KICK: u8 = 36;
const SNARE: u8 = 38;
const BLOCKS: [u32; 6] = [1, 32, 64, 441, 1024, 4096];

/// A kit whose kick is one frame of a half and whose snare is one of a quarter.
fn clicks(folder: &Folder) {
    let kit = "dynamics = 'layers'\n[slot.kick]\nsamples = 'kick.wav'\n\
               [slot.snare]\nsamples = 'snare.wav'\n";
    folder.write("kit/kit.toml", kit);
    folder.wav("kit/kick.wav", &Recording::mono([16384]));
    folder.wav("kit/snare.wav", &Recording::mono([8192]));
}

/// A kit of this one recording, which plays as it is.
fn kit_of(folder: &Folder, recording: &Recording) {
    folder.write("kit/kit.toml", "dynamics = 'layers'\n[slot.kick]\nsamples = 'kick.wav'\n");
    folder.wav("kit/kick.wav", recording);
}

fn render(folder: &Folder, take: &str, more: &str) -> Ran {
    let words = format!("render {take} -k ./kit -o out.wav --format f32 {more}");
    folder.run(words.trim_end()).well()
}

/// Values from −0.9 to 0.9 of full scale.
fn noise(seed: u64, count: usize, full: f64) -> impl Iterator<Item = f64> {
    let mut rng = Rng::new(seed, 0);
    (0..count).map(move |_| {
        let unit = (rng.draw() >> 11) as f64 / (1u64 << 53) as f64;
        ((unit - 0.5) * 1.8 * full).trunc()
    })
}

fn noise16(seed: u64, count: usize) -> Vec<i16> {
    noise(seed, count, 32768.0).map(|x| x as i16).collect()
}

#[test]
fn every_hit_sounds_on_the_frame_that_the_file_asks_for_at_every_block_size() {
    let folder = Folder::new("frames");
    clicks(&folder);
    // 480 ticks a quarter at 48 kHz: 50 frames a tick at 120 a minute, 33.3333 at 333 333 µs
    // a quarter, 100 at one a second
    let take = midi(
        480,
        &[&[
            (0, Say::Note(KICK, 1)),
            (1, Say::Note(SNARE, 127)),
            (480, Say::Tempo(333_333)),
            (480, Say::Note(KICK, 64)),
            (481, Say::Note(SNARE, 64)),
            (960, Say::Tempo(1_000_000)),
            (1000, Say::Note(KICK, 100)),
            (1003, Say::Note(SNARE, 100)),
            (1003, Say::Note(KICK, 100)),
        ]],
    );
    folder.write("take.mid", take);
    let wanted =
        [(0, 0.5), (50, 0.25), (24_000, 0.5), (24_033, 0.25), (44_000, 0.5), (44_300, 0.75)];
    for block in BLOCKS {
        render(&folder, "take.mid", &format!("--block {block}"));
        assert_eq!(sounding(&folder.join("out.wav")), wanted, "blocks of {block}");
    }
}

#[test]
fn a_hit_between_two_frames_sounds_on_the_nearer_one_and_half_way_on_the_later() {
    let folder = Folder::new("half");
    clicks(&folder);
    // a tick of half a frame
    let notes = |ticks: &[u32]| -> Vec<(u32, Say)> {
        let notes = ticks.iter().map(|&tick| (tick, Say::Note(KICK, 100)));
        [(0, Say::Tempo(5000))].into_iter().chain(notes).collect()
    };
    folder.write("take.mid", midi(480, &[&notes(&[1, 4, 7, 2001])]));
    render(&folder, "take.mid", "");
    let found = sounding(&folder.join("out.wav"));
    assert_eq!(found, [(1, 0.5), (2, 0.5), (4, 0.5), (1001, 0.5)]);
}

#[test]
fn several_tracks_sound_like_the_same_events_in_one() {
    let folder = Folder::new("formats");
    clicks(&folder);
    let tempo = [(0, Say::Tempo(600_000)), (300, Say::Tempo(123_456))];
    let kicks = [(0, Say::Note(KICK, 9)), (301, Say::Note(KICK, 9)), (900, Say::Note(KICK, 9))];
    let snares = [(299, Say::Note(SNARE, 9)), (900, Say::Note(SNARE, 9))];
    let mut all = [&tempo[..], &kicks, &snares].concat();
    all.sort_by_key(|&(tick, _)| tick);
    folder.write("one.mid", midi(96, &[&all]));
    folder.write("three.mid", midi(96, &[&tempo, &kicks, &snares]));
    render(&folder, "one.mid", "");
    let one = fs::read(folder.join("out.wav")).unwrap();
    render(&folder, "three.mid", "");
    assert!(fs::read(folder.join("out.wav")).unwrap() == one);
    assert_eq!(sounding(&folder.join("out.wav")).len(), 4);
}

#[test]
fn running_status_sounds_like_the_same_messages_in_full() {
    let folder = Folder::new("running");
    clicks(&folder);
    let file = |events: &[u8]| {
        let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\x01\xF4MTrk\0\0\0".to_vec();
        bytes.push(events.len() as u8 + 4);
        [&bytes, events, b"\0\xFF\x2F\0"].concat()
    };
    // 10 ms, 20 ms; a velocity of 0 between them is a note off; 250 ms take two bytes
    let full = [10, 0x99, 36, 100, 5, 0x99, 36, 0, 5, 0x99, 38, 90, 0x81, 0x7A, 0x99, 36, 80];
    let running = [10, 0x99, 36, 100, 5, 36, 0, 5, 38, 90, 0x81, 0x7A, 36, 80];
    for events in [&full[..], &running] {
        folder.write("take.mid", file(events));
        render(&folder, "take.mid", "");
        let found = sounding(&folder.join("out.wav"));
        assert_eq!(found, [(480, 0.5), (960, 0.25), (12_960, 0.5)]);
    }
}

/// A kit and a take in which everything happens: chokes, pedals, stolen voices, a limiter
/// at work, recordings chosen by chance, kits that change while tails ring.
fn everything(folder: &Folder) {
    for kit in ["101-one", "102-two"] {
        let seed = u64::from(kit == "102-two") * 100;
        let text = "gain_db = -3\n[slot.kick]\nsamples = 'kick'\n\
                    [slot.snare]\npan = 0.3\nsamples = 'snare'\nchoke_self = true\n\
                    [slot.hihat]\narticulations = [{ openness = [0, 0.3], samples = 'hat/1.wav' },\n\
                    { openness = [0.3, 1], samples = 'hat/2.wav' }]\n\
                    [slot.crash1]\npan = -0.5\nsamples = 'crash.wav'\nchoke = 'c'\n\
                    [slot.ride]\ntune = 1.5\nsamples = 'crash.wav'\nchoke = 'c'\n";
        folder.write(&format!("kits/{kit}/kit.toml"), text);
        for (drum, length) in [("kick", 6000), ("snare", 9000), ("hat", 30_000)] {
            for take in 1..=4 {
                let values = noise16(seed + length + take, length as usize);
                folder.wav(&format!("kits/{kit}/{drum}/{take}.wav"), &Recording::mono(values));
            }
        }
        let values = Values::I16(noise16(seed + 9, 80_000));
        let crash = Recording { rate: 44_100, channels: 2, values };
        folder.wav(&format!("kits/{kit}/crash.wav"), &crash);
    }
    let notes = [KICK, SNARE, 42, 46, 46, 49, 51, 44, 99];
    let mut rng = Rng::new(5, 5);
    let mut events = Vec::new();
    let mut at = 0;
    for _ in 0..150 {
        at += (rng.draw() % 45) as u32;
        let dice = rng.draw();
        let value = (dice >> 16) as u8 & 127;
        events.push((
            at,
            match dice % 10 {
                0 => Say::Control(4, value),
                1 => Say::Program(101 + (value & 1)),
                _ => Say::Note(notes[(dice >> 32) as usize % notes.len()], value),
            },
        ));
    }
    folder.write("take.mid", in_ms(&events));
}

#[test]
fn the_same_take_gives_the_same_bytes_again_and_at_every_block_size() {
    let folder = Folder::new("blocks");
    everything(&folder);
    let render = |block: u32| {
        let words = "render take.mid -k kits/101-one -o out.wav --follow-program --voices 6";
        let ran = folder.run(&format!("{words} --tail 0.05 --block {block}")).well();
        let told = ran.out.lines().filter(|line| !line.starts_with("speed"));
        (told.map(str::to_owned).collect::<Vec<_>>(), fs::read(folder.join("out.wav")).unwrap())
    };
    let (told, bytes) = render(64);
    let told_all = told.join("\n");
    for happens in ["cut short for a newer hit", "the last tail was faded out", "peak -0.3 dBFS"] {
        assert!(told_all.contains(happens), "{happens}: {told_all}");
    }
    assert!(!told_all.contains(" 0 cut short"), "{told_all}");
    assert!(bytes.len() > 6 * 48_000);
    for block in BLOCKS {
        let (told_now, bytes_now) = render(block);
        assert_eq!(told_now, told, "blocks of {block}");
        assert!(bytes_now == bytes, "blocks of {block} sound different");
    }
}

/// From a seed: values as a file holds them, and as parts of full scale.
type Make = fn(u64) -> (Values, Vec<f32>);

#[test]
fn a_recording_at_0_db_in_the_centre_comes_out_bit_for_bit() {
    let folder = Folder::new("bits");
    folder.write("take.mid", in_ms(&[(10, Say::Note(KICK, 100))]));
    let kinds: [(&str, Make); 3] = [
        ("16-bit", |seed| {
            let values = noise16(seed, 600);
            let wanted = values.iter().map(|&x| f32::from(x) / 32768.0).collect();
            (Values::I16(values), wanted)
        }),
        ("24-bit", |seed| {
            let values: Vec<i32> = noise(seed, 600, 8_388_608.0).map(|x| x as i32).collect();
            let wanted = values.iter().map(|&x| x as f32 / 8_388_608.0).collect();
            (Values::I24(values), wanted)
        }),
        ("float", |seed| {
            let values: Vec<f32> = noise(seed, 600, 1e15).map(|x| (x / 1e15) as f32).collect();
            (Values::F32(values.clone()), values)
        }),
    ];
    for (name, make) in kinds {
        for channels in [1, 2] {
            let (values, wanted) = make(u64::from(channels));
            kit_of(&folder, &Recording { rate: 48_000, channels, values });
            render(&folder, "take.mid", "");
            let found = frames(&folder.join("out.wav"));
            let wanted: Vec<[f32; 2]> = match channels {
                1 => wanted.iter().map(|&x| [x, x]).collect(),
                _ => wanted.as_chunks::<2>().0.to_vec(),
            };
            assert!(found[..480].iter().all(|f| *f == [0.0; 2]), "{name}");
            assert!(found[480..] == wanted[..], "{name}, {channels} channels");
            let loudest = wanted.iter().flatten().fold(0.0f32, |m, x| m.max(x.abs()));
            assert!((0.8..0.96).contains(&loudest), "a test of anything: {loudest}");
        }
    }
}

#[test]
fn sixteen_bits_come_out_exactly_in_integer_formats_too() {
    let folder = Folder::new("ints");
    folder.write("take.mid", in_ms(&[(0, Say::Note(KICK, 100))]));
    let values = noise16(3, 1000);
    kit_of(&folder, &Recording { rate: 48_000, channels: 2, values: Values::I16(values.clone()) });
    for (format, shift) in [("i16", 0), ("i24", 8)] {
        folder.run(&format!("render take.mid -k ./kit -o out.wav --format {format}")).well();
        let mut reader = hound::WavReader::open(folder.join("out.wav")).unwrap();
        let found: Vec<i32> = reader.samples::<i32>().map(Result::unwrap).collect();
        let wanted: Vec<i32> = values.iter().map(|&x| i32::from(x) << shift).collect();
        assert!(found == wanted, "{format}");
    }
}

#[test]
fn a_recording_at_another_rate_sounds_on_the_same_moment() {
    let folder = Folder::new("rates");
    // 10 ms of silence, then a click
    let mut values = vec![0i16; 882];
    values[441] = 16384;
    kit_of(&folder, &Recording { rate: 44_100, channels: 1, values: Values::I16(values) });
    folder.write("take.mid", in_ms(&[(100, Say::Note(KICK, 100))]));
    for (rate, frame) in [(48_000, 5280), (44_100, 4851), (96_000, 10_560), (8000, 880)] {
        render(&folder, "take.mid", &format!("--rate {rate}"));
        let found = frames(&folder.join("out.wav"));
        let loud = |f: &[f32; 2]| f[0].abs();
        let peak = (0..found.len()).max_by(|&a, &b| loud(&found[a]).total_cmp(&loud(&found[b])));
        assert_eq!(peak, Some(frame), "at {rate} Hz");
    }
}

#[test]
fn a_render_ends_with_its_last_sound_whatever_the_file_says_after_it() {
    let folder = Folder::new("ends");
    kit_of(&folder, &Recording::mono([8192; 1000]));
    let hits = [(0, Say::Note(KICK, 100)), (100, Say::Note(KICK, 100))];
    folder.write("take.mid", in_ms(&hits));
    render(&folder, "take.mid", "");
    assert_eq!(frames(&folder.join("out.wav")).len(), 4800 + 1000);
    // a controller long after the last hit counts as an event, the tail before it as done
    let later = [&hits[..], &[(200, Say::Control(1, 1))]].concat();
    folder.write("take.mid", in_ms(&later));
    render(&folder, "take.mid", "");
    assert_eq!(frames(&folder.join("out.wav")).len(), 4800 + 1000);
}

#[test]
fn a_tail_that_is_cut_fades_and_never_clicks() {
    let folder = Folder::new("tail");
    kit_of(&folder, &Recording::mono([16384; 20_000]));
    folder.write("take.mid", in_ms(&[(0, Say::Note(KICK, 100))]));
    let ran = render(&folder, "take.mid", "--tail 0.1");
    assert!(ran.says("the last tail was faded out after 0.1 s; --tail lets it ring longer"));
    let found = frames(&folder.join("out.wav"));
    assert_eq!(found.len(), 4801);
    let steps = found.windows(2).map(|w| (w[1][0] - w[0][0]).abs());
    // 0.5 in 20 ms are 0.5 ÷ 960 a frame
    assert!(steps.fold(0.0, f32::max) < 0.00053);
    assert!(found[4800][0] < 0.00053, "it ends at {}", found[4800][0]);
    assert!(found[..3841].iter().all(|f| f[0] == 0.5), "the fade is the last 20 ms");
    let ran = render(&folder, "take.mid", "--tail 1");
    assert!(!ran.out.contains("faded"), "{}", ran.out);
    assert_eq!(frames(&folder.join("out.wav")).len(), 20_000);
}

#[test]
fn a_take_without_hits_is_an_empty_recording_and_a_sentence() {
    let folder = Folder::new("silent");
    clicks(&folder);
    folder.write("take.mid", in_ms(&[(0, Say::Tempo(400_000)), (500, Say::Control(1, 9))]));
    let ran = render(&folder, "take.mid", "");
    assert_eq!(ran.err, "take.mid: warning: has no hits\n");
    assert!(ran.says("hits    0 played, 0 not"), "{}", ran.out);
    assert!(ran.says("level   peak silence, loudness too quiet to measure"), "{}", ran.out);
    assert_eq!(frames(&folder.join("out.wav")), [[0.0; 2]; 0]);
}

/// Kits 101, with a kick that rings for 100 ms, and 102, with a click.
fn two_kits(folder: &Folder) {
    let text = "dynamics = 'layers'\n[slot.kick]\nsamples = 'kick.wav'\n";
    for (kit, kick) in [("101-long", vec![8192; 4800]), ("102-click", vec![16384])] {
        folder.write(&format!("kits/{kit}/kit.toml"), text);
        folder.wav(&format!("kits/{kit}/kick.wav"), &Recording::mono(kick));
    }
}

const SWITCH: &str = "render take.mid -k 101-long -o out.wav --format f32";

#[test]
fn a_program_change_is_ignored_unless_it_is_asked_for() {
    let folder = Folder::new("ignored");
    two_kits(&folder);
    let hit = Say::Note(KICK, 100);
    folder.write("take.mid", in_ms(&[(0, hit), (50, Say::Program(102)), (50, hit)]));
    let ran = folder.run(SWITCH).well();
    assert!(!ran.out.contains("program change"), "{}", ran.out);
    let found: Vec<f32> = frames(&folder.join("out.wav")).iter().map(|f| f[0]).collect();
    assert_eq!(found, [vec![0.25; 2400], vec![0.5; 2400], vec![0.25; 2400]].concat());
}

#[test]
fn a_program_change_that_is_followed_switches_at_its_frame_and_the_old_tail_rings_on() {
    let folder = Folder::new("followed");
    two_kits(&folder);
    let hit = Say::Note(KICK, 100);
    folder.write(
        "take.mid",
        in_ms(&[(0, hit), (50, Say::Program(102)), (50, hit), (60, hit), (70, Say::Program(101))]),
    );
    for block in BLOCKS {
        folder.run(&format!("{SWITCH} --follow-program --block {block}")).well();
        let found: Vec<f32> = frames(&folder.join("out.wav")).iter().map(|f| f[0]).collect();
        let mut wanted = vec![0.25; 4800];
        wanted[2400] = 0.75;
        wanted[2880] = 0.75;
        assert!(found == wanted, "blocks of {block}");
    }
}

#[test]
fn a_program_that_no_kit_has_is_counted_and_the_kit_stays() {
    let folder = Folder::new("no-program");
    two_kits(&folder);
    let program = Say::Program(127);
    folder.write("take.mid", in_ms(&[(0, program), (5, program), (10, Say::Note(KICK, 100))]));
    let ran = folder.run(&format!("{SWITCH} --follow-program")).well();
    let line = "2 × program change 127: no kit has that number, the kit stayed";
    assert!(ran.says(line), "{}", ran.out);
    assert!(ran.says("hits    1 played, 0 not"), "{}", ran.out);
}

#[test]
fn every_hit_that_is_not_played_is_listed_with_its_cause() {
    let folder = Folder::new("causes");
    clicks(&folder);
    folder.write("map.toml", "mask_ms = 8\n[notes]\n36 = 'kick'\n38 = 'snare'\n49 = 'crash1'\n");
    let hits = [(0, 36), (0, 99), (5, 36), (10, 49), (20, 99), (30, 38), (31, 49), (40, 99)];
    let velocity = |ms| if ms == 5 { 49 } else { 100 };
    let take: Vec<(u32, Say)> =
        hits.iter().map(|&(ms, n)| (ms, Say::Note(n, velocity(ms)))).collect();
    folder.write("take.mid", in_ms(&take));
    let ran = render(&folder, "take.mid", "--map map.toml");
    assert!(ran.says("hits    2 played, 6 not"), "{}", ran.out);
    for line in [
        "3 × note 99: not in the map 'map', and the kit has no sound for it",
        "2 × note 49 (crash1): the kit has no sound for it",
        "1 × kick: double triggers, held back by the mask (`--mask 0` plays them)",
    ] {
        assert!(ran.says(line), "{line}: {}", ran.out);
    }
}

#[test]
fn the_mask_of_the_command_line_goes_over_the_configurations_and_that_over_the_maps() {
    let folder = Folder::new("masks");
    clicks(&folder);
    folder.write("map.toml", "mask_ms = 8\n[notes]\n36 = 'kick'\n38 = 'snare'\n");
    folder.write("mine.toml", "[slot.snare]\nmask_ms = 0\n");
    let pair = |ms, note| [(ms, Say::Note(note, 100)), (ms + 5, Say::Note(note, 40))];
    folder.write("take.mid", in_ms(&[pair(0, 36), pair(100, 38)].concat()));
    let played = |args: &str| {
        let ran = render(&folder, "take.mid", &format!("--map map.toml {args}"));
        (1..=4).find(|n| ran.says(&format!("hits    {n} played, {} not", 4 - n)))
    };
    assert_eq!(played(""), Some(2));
    assert_eq!(played("-c mine.toml"), Some(3));
    assert_eq!(played("-c mine.toml --mask 8"), Some(2));
    assert_eq!(played("--mask 0"), Some(4));
    refused(
        &folder,
        "render take.mid -k ./kit --mask 101 -o x.wav",
        2,
        "error: invalid value '101' for '--mask <MS>': allowed: 0 to 100 ms\n\n\
         For more information, try '--help'.",
    );
}

#[test]
fn a_seed_repeats_its_choice_of_recordings_and_another_makes_another() {
    let folder = Folder::new("seeds");
    for take in 1..=6 {
        folder.wav(&format!("kit/snare/{take}.wav"), &Recording::mono(noise16(take, 300)));
    }
    let hits: Vec<(u32, Say)> = (0..30).map(|i| (i * 10, Say::Note(SNARE, 100))).collect();
    folder.write("take.mid", in_ms(&hits));
    let bytes = |seed: u64| {
        render(&folder, "take.mid", &format!("--seed {seed}"));
        fs::read(folder.join("out.wav")).unwrap()
    };
    let first = bytes(1);
    assert!(bytes(1) == first, "the same seed, another take");
    assert!(bytes(2) != first, "another seed, the same take");
}

#[test]
fn the_limiter_holds_a_loud_take_below_full_scale_and_can_be_left_out() {
    let folder = Folder::new("limiter");
    kit_of(&folder, &Recording::mono([30_000; 200]));
    let hit = Say::Note(KICK, 127);
    folder.write("take.mid", in_ms(&[(0, hit), (1, hit), (2, hit)]));
    let peak = |more: &str| {
        render(&folder, "take.mid", more);
        frames(&folder.join("out.wav")).iter().flatten().fold(0.0f32, |m, x| m.max(x.abs()))
    };
    let limited = peak("");
    assert!((0.96..=0.966_051).contains(&limited), "{limited}");
    assert_eq!(peak("--no-limiter"), 3.0 * 30_000.0 / 32768.0);

    let said = "what is above 0 dBFS is cut off in this format; `--format f32` keeps it";
    let words = "render take.mid -k kit -o cut.wav --format i24";
    assert!(folder.run(&format!("{words} --no-limiter")).well().says(said));
    assert!(!folder.run(words).well().says(said));
}

/// Why a file is not there, in the system's words.
const MISSING: &str = "No such file or directory (os error 2)";

/// Runs this and expects it to end so, and to leave nothing.
#[track_caller]
fn refused(folder: &Folder, words: &str, code: i32, sentence: &str) {
    let before = folder.tree();
    let ran = folder.run(words);
    assert_eq!(ran, Ran { code: Some(code), out: String::new(), err: format!("{sentence}\n") });
    assert_eq!(folder.tree(), before, "{words}");
}

#[test]
fn what_cannot_be_rendered_is_said_in_one_sentence_and_leaves_nothing_behind() {
    let folder = Folder::new("refused");
    clicks(&folder);
    folder.write("kits/mine/kick.wav", b"");
    folder.write("take.mid", in_ms(&[(0, Say::Note(KICK, 100))]));
    folder.write("text.mid", "Kick Snare Kick Snare");
    folder.write("empty/kit.toml", "");
    let kits = folder.run("kits --json").well().out;
    let kits: serde_json::Value = serde_json::from_str(&kits).unwrap();
    let names: Vec<&str> =
        kits["kits"].as_array().unwrap().iter().map(|kit| kit["name"].as_str().unwrap()).collect();

    refused(
        &folder,
        "render take.mid -k nosuch -o x.wav",
        3,
        &format!("nosuch: error: not a kit; there are: {}", names.join(", ")),
    );
    refused(
        &folder,
        "render take.mid -k ./empty -o x.wav",
        3,
        "./empty: error: nothing in this kit can be played; a kit needs .wav files that are \
         named after slots or notes, or that its kit.toml names",
    );
    refused(
        &folder,
        "render take.mid -k ./kits/mine -o x.wav",
        3,
        "./kits/mine/kick.wav: warning: the file is empty\n\
         ./kits/mine: error: no recording of this kit can be played",
    );
    refused(
        &folder,
        "render take.mid -k ./kit --map nomap -o x.wav",
        3,
        &format!(
            "nomap: error: neither a built-in note map (gm, roland, yamaha-dtxplorer, yamaha-dtx502, \
             alesis-strike, alesis-nitro, efnote, 2box, simmons) nor a file that can be \
             read ({MISSING})"
        ),
    );
    refused(
        &folder,
        "render none.mid -k ./kit -o x.wav",
        3,
        &format!("none.mid: error: cannot be read: {MISSING}"),
    );
    refused(
        &folder,
        "render text.mid -k ./kit -o x.wav",
        3,
        "text.mid: error: is not a MIDI file: it begins with \"Kick\"; a MIDI file begins with \
         MThd",
    );
    refused(
        &folder,
        "render take.mid -k ./kit -o none/x.wav",
        4,
        &format!("none/x.wav: cannot be written: {MISSING}"),
    );
}

#[test]
fn a_full_disk_is_said_and_leaves_the_old_file_and_no_other() {
    let folder = Folder::new("full");
    kit_of(&folder, &Recording::mono([8192; 20_000]));
    folder.write("take.mid", in_ms(&[(0, Say::Note(KICK, 100))]));
    folder.write("x.wav", "the old one");
    let before = folder.tree();
    let mut command = folder.rimshot("render take.mid -k ./kit -o x.wav".split(' '));
    let full = || {
        let most = libc::rlimit { rlim_cur: 10_000, rlim_max: 10_000 };
        // SAFETY: takes no pointer but to a live struct; the signal that would end the
        // process is ignored, so that writing fails as it does on a full disk.
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &most) };
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        Ok(())
    };
    // SAFETY: the two calls are allowed between fork and exec.
    unsafe { command.pre_exec(full) };
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "x.wav: cannot be written: File too large (os error 27)\n");
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(fs::read_to_string(folder.join("x.wav")).unwrap(), "the old one");
    assert_eq!(folder.tree(), before);
}

#[test]
fn a_new_render_replaces_an_old_file_of_its_name() {
    let folder = Folder::new("replaced");
    clicks(&folder);
    folder.write("take.mid", in_ms(&[(0, Say::Note(KICK, 100))]));
    folder.write("out.wav", "the old one");
    render(&folder, "take.mid", "");
    assert_eq!(sounding(Path::new(&folder.join("out.wav"))), [(0, 0.5)]);
}

#[test]
fn a_tail_of_no_time_at_all_fades_too() {
    let folder = Folder::new("no-tail");
    kit_of(&folder, &Recording::mono([16384; 20_000]));
    let hits = [(0, Say::Note(KICK, 100)), (100, Say::Note(KICK, 100))];
    folder.write("take.mid", in_ms(&hits));
    for tail in ["0", "0.005"] {
        render(&folder, "take.mid", &format!("--no-limiter --tail {tail}"));
        let found = frames(&folder.join("out.wav"));
        assert_eq!(found.len(), 4801 + 960, "--tail {tail}");
        let end = found[found.len() - 1][0];
        assert!(end < 2.0 * 0.00053, "--tail {tail} ends at {end}");
    }
}

#[test]
fn the_last_movement_of_the_pedal_closes_the_hihat_even_where_the_file_ends_with_it() {
    let folder = Folder::new("pedal");
    folder.write("kit/kit.toml", "dynamics = 'layers'\n[slot.hihat]\nsamples = 'hat.wav'\n");
    folder.wav("kit/hat.wav", &Recording::mono([8192; 48_000]));
    // tenths of a millisecond; two movements of the foot closer than one is sent after another
    let foot = |value| Say::Control(4, value);
    let take = [(0, foot(0)), (10, Say::Note(46, 100)), (1000, foot(5)), (1005, foot(120))];
    folder.write("take.mid", midi(5000, &[&take]));
    render(&folder, "take.mid", "");
    // 68 ms after the foot: a foot's time to close
    assert_eq!(frames(&folder.join("out.wav")).len(), 4824 + 3264);
}

#[test]
fn a_flood_of_hits_without_a_sound_is_listed_to_the_last() {
    let folder = Folder::new("flood");
    clicks(&folder);
    let take: Vec<(u32, Say)> = (0..3000).map(|i| (i / 1500, Say::Note(99, 100))).collect();
    folder.write("take.mid", in_ms(&take));
    let ran = render(&folder, "take.mid", "--block 4096");
    assert!(ran.says("hits    0 played, 3000 not"), "{}", ran.out);
    let line = "3000 × note 99: not in the map 'gm', and the kit has no sound for it";
    assert!(ran.says(line), "{}", ran.out);
}

#[test]
fn what_stands_in_the_way_and_is_no_file_is_left_alone() {
    let folder = Folder::new("device");
    clicks(&folder);
    folder.write("take.mid", in_ms(&[(0, Say::Note(KICK, 100))]));
    // as /dev/null would be, which nobody wants to see replaced by a recording
    let socket = UnixListener::bind(folder.join("socket")).unwrap();
    for name in ["socket", "kit", ".."] {
        let sentence = format!("{name}: cannot be written: it is there already and is not a file");
        refused(&folder, &format!("render take.mid -k ./kit -o {name}"), 4, &sentence);
    }
    assert!(UnixStream::connect(folder.join("socket")).is_ok());
    drop(socket);
}

#[test]
fn a_take_that_no_wav_file_can_hold_is_refused_before_the_disk_is_full() {
    let folder = Folder::new("endless");
    clicks(&folder);
    // 16 s a tick, four years of them
    let slow = Say::Tempo(16_000_000);
    let take = [(0, slow), (0, Say::Note(KICK, 100)), (7_889_400, Say::Note(KICK, 100))];
    folder.write("take.mid", midi(1, &[&take]));
    refused(
        &folder,
        "render take.mid -k ./kit -o x.wav",
        3,
        "take.mid: error: lasts 35064.0 hours; a WAV file of this rate and format holds 4.1",
    );
}
