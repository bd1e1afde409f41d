//! Stems, as a producer meets them: a file for each slot that a take strikes, which
//! together are the mix, and a mix that does not care whether there are any.

mod tiny;

use std::fs;
use std::path::Path;

use rimshot::app::exit::Exit;
use rimshot::words::rng::Rng;
use tiny::{Folder, Recording, Say, frames, in_ms, sounding};

/// −120 dB.
const NOTHING: f32 = 1e-6;

fn noise(seed: u64, frames: usize) -> Recording {
    let mut rng = Rng::new(seed, 0);
    Recording::mono((0..frames).map(|_| (rng.draw() >> 48) as i16 / 2).collect::<Vec<i16>>())
}

/// A kit of kick, rim, a hi-hat and a note of its own, panned and choked.
fn kit(folder: &Folder, name: &str, seed: u64) {
    let text = "gain_db = -12\n[slot.kick]\nsamples = 'kick'\n\
                [slot.'snare.rim']\npan = 0.3\nsamples = 'rim'\n\
                [slot.hihat]\npan = -0.5\nsamples = 'hat'\nchoke_self = true\n\
                [slot.'note.54']\ntune = -1.5\nsamples = 'bell'\n";
    folder.write(&format!("kits/{name}/kit.toml"), text);
    for (drum, length) in [("kick", 6000), ("rim", 3000), ("hat", 20_000), ("bell", 9000)] {
        for take in 1..=3 {
            let recording = noise(seed + take + length as u64, length);
            folder.wav(&format!("kits/{name}/{drum}/{take}.wav"), &recording);
        }
    }
}

/// Two bars of everything, with a kit switch under ringing tails.
fn take(folder: &Folder) {
    let notes = [36, 40, 42, 26, 54, 36, 42];
    let hits = (0..60u32)
        .map(|i| (i * 61, Say::Note(notes[i as usize % notes.len()], 20 + (i * 37 % 100) as u8)));
    let mut events: Vec<(u32, Say)> = hits.collect();
    events.insert(30, (29 * 61, Say::Program(102)));
    folder.write("take.mid", in_ms(&events));
}

/// The frames of some files, added.
fn sum(folder: &Path, names: &[&str]) -> Vec<[f32; 2]> {
    let mut sum: Vec<[f32; 2]> = Vec::new();
    for name in names {
        let stem = frames(&folder.join(format!("{name}.wav")));
        assert!(sum.is_empty() || sum.len() == stem.len(), "{name} has another length");
        sum.resize(stem.len(), [0.0; 2]);
        for (to, from) in sum.iter_mut().zip(stem) {
            *to = [to[0] + from[0], to[1] + from[1]];
        }
    }
    sum
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn stems_are_what_the_take_strikes_and_their_sum_is_the_mix() {
    let folder = Folder::new("stems");
    kit(&folder, "101-one", 1);
    kit(&folder, "102-two", 1000);
    take(&folder);
    let words = "render take.mid -k 101-one --map roland --follow-program --tail 0.2";
    for (format, voices) in [("f32", 64), ("i24", 3)] {
        let words = format!("{words} --format {format} --voices {voices}");
        folder.run(&format!("{words} -o alone.wav")).well();
        let ran = folder.run(&format!("{words} -o mix.wav --stems stems")).well();
        let all = ["kick", "snare.rim", "hihat", "hihat.edge", "note.54"];
        assert!(
            ran.says(&format!("stems   stems: {}, before the limiter", all.join(", "))),
            "{}",
            ran.out
        );
        let mut wanted: Vec<String> = all.iter().map(|name| format!("{name}.wav")).collect();
        wanted.sort();
        assert_eq!(names(&folder.join("stems")), wanted);
        assert_eq!(voices == 64, ran.out.contains(", 0 cut short"), "{}", ran.out);
        let mix = fs::read(folder.join("mix.wav")).unwrap();
        assert!(mix == fs::read(folder.join("alone.wav")).unwrap(), "stems change the mix");

        let mix = frames(&folder.join("mix.wav"));
        let loud = mix.iter().flatten().fold(0.0f32, |m, x| m.max(x.abs()));
        assert!((0.05..0.9).contains(&loud), "the limiter must have nothing to do: {loud}");
        let sum = sum(&folder.join("stems"), &all);
        assert_eq!(sum.len(), mix.len());
        for (at, (sum, mix)) in sum.iter().zip(&mix).enumerate() {
            let off = (sum[0] - mix[0]).abs().max((sum[1] - mix[1]).abs());
            assert!(off < NOTHING, "frame {at}: {sum:?} and {mix:?}");
        }
        for name in all {
            let stem = sounding(&folder.join(format!("stems/{name}.wav")));
            assert!(!stem.is_empty(), "{name} is silent");
        }
    }
}

/// A desk with something of everything.
const DESK: &str = "[slot.kick]\nlevel_db = -3\nreverb_db = 0\n[slot.snare]\nmute = true\n\
    [slot.hihat]\npan = 0.5\noutput = 1\nreverb_db = -6\n[slot.note.54]\nreverb_db = 'off'\n\
    [reverb]\non = true\nlevel_db = -6\ndecay = 0.5\n";

#[test]
fn the_room_has_a_stem_of_its_own_and_rings_to_its_end_at_every_block_size() {
    let folder = Folder::new("stems-room");
    kit(&folder, "101-one", 1);
    kit(&folder, "102-two", 1000);
    take(&folder);
    folder.write("desk.toml", DESK);
    let words = "render take.mid -k 101-one --map roland --follow-program --format f32";
    folder.run(&format!("{words} -o dry.wav")).well();
    let words = format!("{words} -c desk.toml");
    let ran = folder.run(&format!("{words} -o mix.wav --stems stems")).well();
    let all = ["reverb", "kick", "snare.rim", "hihat", "hihat.edge", "note.54"];
    assert!(ran.out.contains(&all.join(", ")), "{}", ran.out);
    assert!(ran.says("9 × a slot that the configuration mutes"), "{}", ran.out);
    assert!(!ran.out.contains("faded out"), "{}", ran.out);
    let bytes = fs::read(folder.join("mix.wav")).unwrap();
    for block in [1, 7, 4096] {
        folder.run(&format!("{words} -o again.wav --block {block}")).well();
        assert!(fs::read(folder.join("again.wav")).unwrap() == bytes, "blocks of {block}");
    }

    let mix = frames(&folder.join("mix.wav"));
    let dry = frames(&folder.join("dry.wav"));
    assert!(mix.len() > dry.len() + 4800, "the room rings on after {} frames", dry.len());
    let end = mix[mix.len() - 480..].iter().flatten().fold(0.0f32, |m, x| m.max(x.abs()));
    assert!(end < 1e-4, "the room is cut at {end}");
    let sum = sum(&folder.join("stems"), &all);
    assert_eq!(sum.len(), mix.len());
    for (at, (sum, mix)) in sum.iter().zip(&mix).enumerate() {
        let off = (sum[0] - mix[0]).abs().max((sum[1] - mix[1]).abs());
        assert!(off < NOTHING, "frame {at}: {sum:?} and {mix:?}");
    }
    assert_eq!(sounding(&folder.join("stems/snare.rim.wav")), []);
    // the room sounds in its own stem alone
    let kick = sounding(&folder.join("stems/kick.wav"));
    assert!(kick.last().unwrap().0 < dry.len());
    assert!(sounding(&folder.join("stems/reverb.wav")).last().unwrap().0 > dry.len());
}

#[test]
fn a_room_that_rings_too_long_is_faded_out_like_any_tail_with_its_stems() {
    let folder = Folder::new("stems-room-cut");
    kit(&folder, "one", 1);
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 127))]));
    folder.write("desk.toml", "[slot.kick]\nreverb_db = 0\n[reverb]\non = true\ndecay = 5\n");
    let words = "render take.mid -k one -c desk.toml --tail 0.5 --format f32";
    let ran = folder.run(&format!("{words} -o mix.wav --stems stems")).well();
    assert!(ran.out.contains("the last tail was faded out after 0.5 s"), "{}", ran.out);
    let mix = frames(&folder.join("mix.wav"));
    assert_eq!(mix.len(), 24_001);
    let loudest = |frames: &[[f32; 2]]| frames.iter().flatten().fold(0.0f32, |m, x| m.max(x.abs()));
    let (before, end) = (loudest(&mix[22_000..23_000]), loudest(&mix[23_990..]));
    assert!(before > 1e-4 && end < before / 20.0, "{before} before the fade, {end} at its end");
    let sum = sum(&folder.join("stems"), &["reverb", "kick"]);
    assert!(sum.iter().zip(&mix).all(|(sum, mix)| (sum[0] - mix[0]).abs() < NOTHING));
}

#[test]
fn a_desk_is_heard_in_the_mix_and_one_that_sets_nothing_is_not() {
    let folder = Folder::new("desk");
    folder.write("kits/k/kit.toml", "dynamics = 'layers'\n[slot.kick]\nsamples = 'x.wav'\n");
    folder.wav("kits/k/x.wav", &Recording::mono([16_384]));
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 127))]));
    let words = "render take.mid -k k --format f32 -o";
    folder.run(&format!("{words} plain.wav")).well();
    folder.write("empty.toml", "[sound]\nrate = 96000\n");
    folder.run(&format!("{words} empty.wav -c empty.toml")).well();
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(read("plain.wav") == read("empty.wav"));
    folder.write("left.toml", "[slot.kick]\npan = -0.5\nlevel_db = -60\n");
    folder.run(&format!("{words} left.wav -c left.toml")).well();
    let [[left, right], ..] = frames(&folder.join("left.wav"))[..] else { panic!("no frames") };
    assert!((left - 0.0005).abs() < 1e-8 && (right - 0.00025).abs() < 1e-8, "{left} {right}");

    folder.write("odd.toml", "[slot.kick]\nlevel_db = 'loud'\npan = 0.0\n");
    let ran = folder.run(&format!("{words} odd.wav -c odd.toml")).well();
    assert!(ran.err.starts_with("odd.toml:2:"), "{}", ran.err);
    assert!(read("odd.wav") == read("plain.wav"));
    let ran = folder.run(&format!("{words} x.wav -c none.toml"));
    assert_eq!(ran.code, Some(Exit::Input as i32), "{ran:?}");
    assert!(ran.err.contains("none.toml: "), "{}", ran.err);
}

#[test]
fn a_stem_has_its_own_slot_alone_and_is_dry_where_the_limiter_holds_the_mix() {
    let folder = Folder::new("dry");
    let kit = "dynamics = 'layers'\n[slot.kick]\ngain_db = 6.0205999\nsamples = 'kick.wav'\n\
               [slot.snare]\nsamples = 'snare.wav'\n";
    folder.write("kits/k/kit.toml", kit);
    folder.wav("kits/k/kick.wav", &Recording::mono([24_576]));
    folder.wav("kits/k/snare.wav", &Recording::mono([8192]));
    let hits = [(0, Say::Note(36, 9)), (10, Say::Note(36, 9)), (10, Say::Note(38, 9))];
    folder.write("take.mid", in_ms(&hits));
    folder.run("render take.mid -k k --format f32 -o mix.wav --stems stems").well();
    let kick = sounding(&folder.join("stems/kick.wav"));
    assert_eq!(kick.iter().map(|&(at, _)| at).collect::<Vec<_>>(), [0, 480]);
    assert!(kick.iter().all(|&(_, x)| (x - 1.5).abs() < 1e-5), "{kick:?}");
    assert_eq!(sounding(&folder.join("stems/snare.wav")), [(480, 0.25)]);
    assert!(sounding(&folder.join("mix.wav")).iter().all(|&(_, x)| x < 0.97));

    let ran = folder.run("render take.mid -k k --stems stems").well();
    let cut = "kick: what is above 0 dBFS is cut off in this format; `--format f32` keeps it";
    assert!(ran.says(cut), "{}", ran.out);
}

#[test]
fn stems_need_no_mix_and_a_silent_slot_has_a_file_of_silence() {
    let folder = Folder::new("stems-alone");
    kit(&folder, "one", 1);
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 90)), (500, Say::Note(56, 90))]));
    let ran = folder.run("render take.mid -k one --stems out").well();
    assert!(ran.says("1 × note 56: not in the map 'gm', and the kit has no sound for it"));
    assert!(!ran.out.contains("wrote") && !ran.out.contains("level"), "{}", ran.out);
    assert_eq!(names(&folder.join("out")), ["kick.wav", "note.56.wav"]);
    assert_eq!(sounding(&folder.join("out/note.56.wav")), []);
    let length = |name: &str| frames(&folder.join(name)).len();
    assert_eq!(length("out/note.56.wav"), length("out/kick.wav"));

    folder.write("nothing.mid", in_ms(&[(0, Say::Control(4, 90))]));
    let ran = folder.run("render nothing.mid -k one --stems none").well();
    assert!(ran.says("stems   none: the take strikes nothing"), "{}", ran.out);
    assert!(!folder.join("none").exists());
}

#[test]
fn more_slots_than_stems_share_a_file_and_it_is_said() {
    let folder = Folder::new("others");
    folder.write("kits/k/kit.toml", "dynamics = 'layers'\n[slot.'note.90']\nsamples = 'x.wav'\n");
    folder.wav("kits/k/x.wav", &Recording::mono([16_384]));
    folder.write("map.toml", "name = 'none'\n[notes]\n36 = 'kick'\n");
    let notes: Vec<_> = (30..96).map(|note| (0, Say::Note(note, 90))).collect();
    folder.write("take.mid", in_ms(&notes));
    let ran = folder.run("render take.mid -k k --map ./map.toml --stems out --format f32").well();
    let said = "a render has 64 stems at most: others.wav holds note.93, note.94, note.95";
    assert!(ran.says(said), "{}", ran.out);
    assert_eq!(names(&folder.join("out")).len(), 64);
    assert_eq!(sounding(&folder.join("out/note.90.wav")), [(0, 0.5)]);
    assert_eq!(sounding(&folder.join("out/others.wav")), []);
}

#[test]
fn stems_go_into_a_folder_beside_what_is_there_or_say_why_not() {
    let folder = Folder::new("stems-errors");
    kit(&folder, "one", 1);
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 90))]));
    folder.write("stems/kick.wav", "an old one");
    folder.write("stems/mine.txt", "a song");
    folder.run("render take.mid -k one --stems stems").well();
    assert_eq!(names(&folder.join("stems")), ["kick.wav", "mine.txt"]);
    assert_eq!(fs::read(folder.join("stems/mine.txt")).unwrap(), b"a song");
    assert!(!sounding(&folder.join("stems/kick.wav")).is_empty());

    folder.write("a-file", "");
    fs::create_dir_all(folder.join("taken/kick.wav")).unwrap();
    let before = folder.tree();
    for (words, said) in [
        ("--stems none/stems", "none/stems: cannot be made: "),
        ("--stems a-file", "a-file: cannot be made: it is there already and is not a folder\n"),
        ("--stems taken", "taken/kick.wav: cannot be written: it is there already and is not"),
        ("--stems new -o new/x.wav", "new/x.wav: cannot be written: "),
        ("--stems stems -o stems/kick.wav", "stems/kick.wav: is a stem's name: the mix must"),
        ("--stems . -o kick.wav", "./kick.wav: is a stem's name: the mix must"),
    ] {
        let ran = folder.run(&format!("render take.mid -k one {words}"));
        assert_eq!(ran.code, Some(Exit::Output as i32), "{words}: {ran:#?}");
        assert!(ran.err.starts_with(said), "{words}: {}", ran.err);
        assert_eq!(folder.tree(), before, "{words}");
    }
}

#[test]
fn what_blocks_cost_is_told_where_it_is_asked_for_and_changes_nothing() {
    let folder = Folder::new("stats");
    kit(&folder, "one", 1);
    folder.write("take.mid", in_ms(&[(0, Say::Note(36, 90)), (999, Say::Note(54, 90))]));
    let plain = folder.run("render take.mid -k one -o out.wav").well();
    assert!(!plain.out.contains("stats"), "{}", plain.out);
    let bytes = fs::read(folder.join("out.wav")).unwrap();
    let ran = folder.run("render take.mid -k one -o out.wav --stats --block 48").well();
    assert!(fs::read(folder.join("out.wav")).unwrap() == bytes);
    let frames = bytes.len() as u64 / 6;
    let heading = ran.out.lines().find(|line| line.starts_with("stats"));
    let blocks: u64 = heading.unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((frames / 48..frames / 48 + 4).contains(&blocks), "{blocks} of {frames} frames");
    assert!(heading.unwrap().ends_with("blocks of 1000 µs, processor time of each"), "{heading:?}");
    for figure in ["mean ", "p50 ", "p90 ", "p99 ", "p99.9 ", "worst ", "voices "] {
        let line = ran.out.lines().map(str::trim).find(|line| line.starts_with(figure));
        assert!(line.is_some(), "{figure}: {}", ran.out);
    }
    let rows = ran.out.lines().filter_map(|line| line.split_once('│')).map(|(_, row)| row);
    let counts = rows.filter_map(|row| row.split_whitespace().last()?.parse::<u64>().ok());
    assert_eq!(counts.sum::<u64>(), blocks, "{}", ran.out);

    // to measure is reason enough to render
    let ran = folder.run("render take.mid -k one --stats").well();
    assert!(ran.out.contains("\nstats   ") && !ran.out.contains("wrote"), "{}", ran.out);
}
