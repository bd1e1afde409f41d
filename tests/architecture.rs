//! The house keeps its floors (`src/lib.rs` draws them), its real-time code keeps away
//! from what waits, and no file grows into the place where everything meets.

mod source;

use std::fs;
use std::path::{Path, PathBuf};

use source::{Token, clean, outside_tests, tokens};

/// Who sees less than the floors allow: the engine gets kits, and none of what makes them.
const NARROWER: [(&str, &[&str]); 1] = [("engine", &["words", "kit"])];

/// Lines of a file before its tests.
const MOST_LINES: usize = 400;

/// Files that may be longer, up to so many lines, and why.
const LONGER: [(&str, usize, &str); 0] = [];

/// What real-time code does not even name. Clippy knows the paths (`clippy.toml`); this
/// list also sees what a new import would bring under another name.
const WAITS: [&str; 11] = [
    "Mutex",
    "RwLock",
    "Condvar",
    "DashMap",
    "dashmap",
    "crossbeam",
    "crossbeam_channel",
    "println",
    "eprintln",
    "dbg",
    "format",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Path below the root, as people write it, and text of every file below `folder` that is
/// text. What builds and virtual machines leave behind is not ours.
fn texts(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name == ".git" || name == "cache" || name.starts_with("target") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((path.strip_prefix(root()).unwrap().display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let sources: Vec<_> = texts("src").into_iter().filter(|(p, _)| p.ends_with(".rs")).collect();
    assert!(sources.len() > 80, "only {} sources found", sources.len());
    sources
}

/// The table of floors in the text of `src/lib.rs`: module names, floor by floor.
fn floors(text: &str) -> Vec<Vec<String>> {
    let mut floors: Vec<Vec<String>> = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells[0] == floors.len().to_string() {
            let names = cells[1].split(',').map(|name| name.trim().trim_matches(['[', ']', '`']));
            floors.push(names.map(str::to_owned).collect());
        }
    }
    floors
}

/// Whether `who` may import from `from`.
fn sees(floors: &[Vec<String>], who: &str, from: &str) -> bool {
    if who == from || who == "main" {
        return true;
    }
    if let Some((_, only)) = NARROWER.iter().find(|(narrow, _)| *narrow == who) {
        return only.contains(&from);
    }
    let place = |name: &str| {
        let on = |floor: &Vec<String>| floor.iter().position(|module| module == name);
        floors.iter().enumerate().find_map(|(number, floor)| Some((number, on(floor)?)))
    };
    match (place(who), place(from)) {
        (Some((3, _)), Some((2, _))) => false,
        (Some((1, after)), Some((1, before))) => before < after,
        (Some((above, _)), Some((below, _))) => below < above,
        _ => false,
    }
}

/// The module of a file, outermost first.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// What is named right below the crate: one name, or those of a group.
fn heads(tokens: &[(usize, Token)]) -> Vec<String> {
    match tokens.first() {
        Some((_, Token::Word(word))) => vec![word.clone()],
        Some((_, Token::Mark('{'))) => {
            let (mut depth, mut expects, mut found) = (0, true, Vec::new());
            for (_, token) in tokens {
                match token {
                    Token::Mark('{') => depth += 1,
                    Token::Mark('}') if depth == 1 => break,
                    Token::Mark('}') => depth -= 1,
                    Token::Mark(',') if depth == 1 => expects = true,
                    Token::Word(word) if expects => {
                        found.push(word.clone());
                        expects = false;
                    }
                    Token::Mark('*') if expects => found.push("*".to_owned()),
                    _ => {}
                }
            }
            found
        }
        Some((_, Token::Mark('*'))) => vec!["*".to_owned()],
        _ => Vec::new(),
    }
}

/// Line and name of everything that a source names by way of the crate's root.
fn imports(path: &str, text: &str) -> Vec<(usize, String)> {
    let depth_of_file = module_of(path).len();
    let tokens = tokens(&clean(text));
    let is = |at: usize, token: &Token| tokens.get(at).is_some_and(|(_, t)| t == token);
    let word = |word: &str| Token::Word(word.to_owned());
    let mut found = Vec::new();
    let mut braces = 0;
    let mut modules: Vec<usize> = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        match token {
            Token::Mark('{') => {
                braces += 1;
                if at >= 2 && is(at - 2, &word("mod")) {
                    modules.push(braces);
                }
            }
            Token::Mark('}') => {
                modules.pop_if(|opened| *opened == braces);
                braces -= 1;
            }
            Token::Word(name) if !(at > 0 && is(at - 1, &Token::Path)) => {
                let mut next = at + 1;
                let at_root = match name.as_str() {
                    "crate" | "rimshot" => true,
                    "super" => {
                        let mut up = 1;
                        while is(next, &Token::Path) && is(next + 1, &word("super")) {
                            up += 1;
                            next += 2;
                        }
                        up >= depth_of_file + modules.len()
                    }
                    _ => false,
                };
                if at_root && is(next, &Token::Path) {
                    found.extend(heads(&tokens[next + 1..]).into_iter().map(|head| (*line, head)));
                }
            }
            _ => {}
        }
    }
    found
}

/// Every import of a source that its floor does not allow.
fn climbs(floors: &[Vec<String>], path: &str, text: &str) -> Vec<String> {
    let module = module_of(path);
    let Some(who) = module.first() else { return Vec::new() };
    let wrong = imports(path, text).into_iter().filter(|(_, from)| !sees(floors, who, from));
    wrong.map(|(line, from)| format!("{path}:{line}: {who} may not see {from}")).collect()
}

fn our_floors() -> Vec<Vec<String>> {
    floors(&fs::read_to_string(root().join("src/lib.rs")).unwrap())
}

#[test]
fn the_table_of_floors_names_every_module_once_and_none_that_is_not_there() {
    let mut drawn = our_floors().concat();
    drawn.sort();
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut built: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    built.sort();
    assert_eq!(drawn, built);
    assert_eq!(our_floors().len(), 5);
}

#[test]
fn no_module_imports_from_above_or_from_beside() {
    let floors = our_floors();
    let sources = sources();
    let seen: usize = sources.iter().map(|(path, text)| imports(path, text).len()).sum();
    assert!(seen > 150, "only {seen} imports found: what is looked at?");
    let wrong: Vec<String> =
        sources.iter().flat_map(|(path, text)| climbs(&floors, path, text)).collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn an_import_that_climbs_is_caught_in_every_spelling() {
    let floors = our_floors();
    let caught = |path: &str, text: &str| {
        let found = climbs(&floors, path, text);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
        found[0].clone()
    };
    assert_eq!(
        caught("src/engine/mix.rs", "use crate::words;\nuse crate::library::Pcm;\n"),
        "src/engine/mix.rs:2: engine may not see library"
    );
    caught("src/engine/mod.rs", "use crate::{kit::Kit, maps::NoteMap, words::{Slot, hit}};");
    caught("src/engine/mix.rs", "fn f() { let x = crate::factory::studio(); }");
    caught("src/engine/mod.rs", "use super::midi;");
    caught("src/sound/mod.rs", "use crate::engine::Engine;");
    caught("src/midi/ports.rs", "use super::super::panel::Panel;");
    caught("src/midi/file.rs", "mod tests {\n    use super::super::super::sound;\n}");
    caught("src/panel/mod.rs", "use rimshot::app::config;");
    caught("src/panel/mod.rs", "use crate::\n    /* a remark */ sound as s;");
    caught("src/words/slot.rs", "impl From<crate::kit::Kit> for Slot {}");
    caught("src/kit/plan.rs", "use crate::library::SampleLibrary;");
    caught("src/maps/mod.rs", "use crate::kit::Kit;");
    caught("src/library/mod.rs", "use crate::*;");
}

#[test]
fn what_only_looks_like_a_climb_is_let_through() {
    let floors = our_floors();
    for (path, text) in [
        ("src/engine/mix.rs", "use crate::words::Slot;\nuse super::Engine;\nuse crate::kit;"),
        ("src/engine/mix.rs", "//! [`crate::app`]\n/* crate::app */ fn f() { \"crate::app\"; }"),
        ("src/engine/mix.rs", "mod tests {\n    use super::super::voice;\n}"),
        ("src/engine/mix.rs", "pub(crate) fn f() {}"),
        ("src/kit/disk/names.rs", "fn f<'a>(x: &'a str) -> char { '\"' } use crate::maps::gm;"),
        ("src/app/player/mod.rs", "use crate::{engine::Engine, midi::Inputs, sound};"),
        ("src/main.rs", "fn main() { rimshot::app::cli::main() }"),
    ] {
        assert_eq!(climbs(&floors, path, text), [""; 0], "{text}");
    }
}

/// What floor 0 does not name: it has no I/O and no threads.
const ACTS: [&str; 7] = ["fs", "net", "process", "thread", "println", "eprintln", "env"];

/// Which of the words a source names outside its tests.
fn named(path: &str, text: &str, words: &[&str]) -> Vec<String> {
    let tokens = tokens(&outside_tests(&clean(text)));
    let named = tokens.iter().filter_map(|(_, token)| match token {
        Token::Word(word) if words.contains(&word.as_str()) => Some(word),
        _ => None,
    });
    named.map(|word| format!("{path}: {word}")).collect()
}

/// Whether a whole file is tests.
fn is_tests(path: &str) -> bool {
    path.ends_with("tests.rs")
}

#[test]
fn the_engine_names_nothing_that_locks_prints_or_allocates_text() {
    let engine = sources().into_iter().filter(|(path, _)| path.starts_with("src/engine/"));
    let engine: Vec<_> = engine.filter(|(path, _)| !is_tests(path)).collect();
    assert!(engine.len() > 8);
    let found: Vec<String> =
        engine.iter().flat_map(|(path, text)| named(path, text, &WAITS)).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_words_of_the_house_do_nothing_but_mean_something() {
    let words = sources().into_iter().filter(|(path, _)| path.starts_with("src/words/"));
    let found: Vec<String> = words.flat_map(|(path, text)| named(&path, &text, &ACTS)).collect();
    assert_eq!(found, [""; 0]);
    assert_eq!(named("x.rs", "use std::{fs, thread::spawn};", &ACTS), ["x.rs: fs", "x.rs: thread"]);
}

#[test]
fn a_lock_in_the_engine_would_be_seen_and_one_in_its_tests_is_not_looked_at() {
    let text = "use std::sync::Mutex as Quick;\nfn f() { println!(\"{}\", format!(\"x\")) }\n\
                #[cfg(test)]\nmod tests {\n    fn g() { format!(\"{{\"); }\n}\n\
                /// A Mutex would wait.\nfn h() { crossbeam_channel::bounded(1) }\n";
    assert_eq!(
        named("x.rs", text, &WAITS),
        ["x.rs: Mutex", "x.rs: println", "x.rs: format", "x.rs: crossbeam_channel"]
    );
}

/// Where the compiler is told to trust us, and for what. Clippy wants a reason at each place.
const TRUSTED: [(&str, &str); 13] = [
    ("src/app/cli.rs", "a signal's default action"),
    ("src/app/keys.rs", "the terminal's modes"),
    ("src/app/stats.rs", "a thread's processor time"),
    ("src/engine/mix/kernels.rs", "vectors that this processor was found to have"),
    ("src/engine/mix/lanes.rs", "the vectors' instructions"),
    ("src/engine/mix/prefetch.rs", "hints to the cache"),
    ("src/library/loader.rs", "the loader's scheduling class"),
    ("src/library/memory.rs", "zeroed memory, how the allocator keeps it"),
    ("src/library/wav.rs", "16-bit samples as the bytes that are read"),
    ("src/midi/realtime.rs", "a MIDI thread's priority"),
    ("src/panel/chardev.rs", "the clock that edges are stamped by"),
    ("src/sound/realtime.rs", "the audio thread's priority, locked memory"),
    ("src/words/nonblocking.rs", "marks for the sanitizer"),
];

/// Where an atomic says more than its own value, and what. Everything else is a counter, a
/// flag or a level that nothing is read through, and relaxed; what has to arrive whole goes
/// through a ring or a channel. So there is no protocol of our own to be model-checked.
const ORDERED: [(&str, &str); 1] =
    [("src/library/memory.rs", "memory is freed before its bytes are booked again")];

/// Files that name one of the words outside their tests, which `listed` does not name, and
/// those that it names for nothing.
fn unlisted(files: &[(String, String)], words: &[&str], listed: &[(&str, &str)]) -> Vec<String> {
    let names =
        |(path, text): &&(String, String)| !is_tests(path) && !named(path, text, words).is_empty();
    let found: Vec<&str> = files.iter().filter(names).map(|(path, _)| path.as_str()).collect();
    let unlisted = found.iter().filter(|path| !listed.iter().any(|(listed, _)| listed == *path));
    let idle = listed.iter().map(|(path, _)| path).filter(|path| !found.contains(path));
    unlisted.chain(idle).map(|path| (*path).to_owned()).collect()
}

#[test]
fn unsafe_code_and_atomics_with_an_order_stand_where_they_are_known_to() {
    let sources = sources();
    assert_eq!(unlisted(&sources, &["unsafe"], &TRUSTED), [""; 0]);
    let orders = ["Acquire", "Release", "AcqRel", "SeqCst", "fence"];
    assert_eq!(unlisted(&sources, &orders, &ORDERED), [""; 0]);
}

#[test]
fn a_new_place_and_one_that_is_not_needed_any_more_are_noticed() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let files = [
        file("a.rs", "fn f() { unsafe { g() } }"),
        file("b.rs", "// unsafe\n#[cfg(test)]\nmod tests {\n    unsafe fn f() {}\n}"),
        file("c/tests.rs", "fn f() { unsafe { g() } }"),
    ];
    assert_eq!(unlisted(&files, &["unsafe"], &[]), ["a.rs"]);
    assert_eq!(unlisted(&files, &["unsafe"], &[("a.rs", "so"), ("b.rs", "so")]), ["b.rs"]);
    assert_eq!(unlisted(&files, &["unsafe"], &[("a.rs", "so")]), [""; 0]);
}

/// A file that is too long for its place in `longer`, or no longer needs one.
fn long(path: &str, lines: usize, longer: &[(&str, usize, &str)]) -> Option<String> {
    match longer.iter().find(|(long, ..)| *long == path) {
        None if lines > MOST_LINES => {
            Some(format!("{path}: {lines} lines before its tests, {MOST_LINES} are enough"))
        }
        Some((_, most, why)) if lines > *most => {
            Some(format!("{path}: {lines} lines, and its reason ({why}) is good for {most}"))
        }
        Some(_) if lines <= MOST_LINES => {
            Some(format!("{path}: {lines} lines are within the limit, its exception can go"))
        }
        _ => None,
    }
}

#[test]
fn no_file_is_longer_than_a_person_reads_in_one_go() {
    let files = sources().into_iter().filter(|(path, _)| !is_tests(path));
    let found: Vec<String> = files
        .filter_map(|(path, text)| {
            long(&path, outside_tests(&clean(&text)).lines().count(), &LONGER)
        })
        .collect();
    assert_eq!(found, [""; 0]);
    for (path, ..) in LONGER {
        assert!(root().join(path).is_file(), "{path} has an exception and is not there");
    }
}

#[test]
fn a_long_file_and_a_useless_exception_are_noticed_and_tests_do_not_count() {
    let longer = [("long.rs", 500, "it must")];
    assert!(long("a.rs", 401, &longer).is_some() && long("a.rs", 400, &longer).is_none());
    assert!(long("long.rs", 501, &longer).is_some() && long("long.rs", 450, &longer).is_none());
    assert!(long("long.rs", 400, &longer).is_some());
    let text = "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() {\n    }\n}\nfn h() {}\n";
    assert_eq!(outside_tests(text).lines().filter(|line| !line.is_empty()).count(), 2);
    let text = "match x {\n#[cfg(test)]\nA => f(1, 2),\nB => g(),\n#[cfg(test)]\nC(y) => h()\n}";
    assert_eq!(outside_tests(text), "match x {\n\nB => g(),\n}");
}

/// Unfinished work that a text admits to.
fn unfinished(text: &str) -> Option<&'static str> {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
    ];
    words.into_iter().find(|word| text.contains(word))
}

#[test]
fn nothing_is_left_for_later() {
    let found: Vec<String> = texts("")
        .iter()
        .filter_map(|(path, text)| Some(format!("{path}: {}", unfinished(text)?)))
        .collect();
    assert_eq!(found, [""; 0]);
    assert!(unfinished(concat!("    to", "do!(\"later\")")).is_some());
}

/// The first folder of the machine that the text was written on which it names. `here`:
/// where the repository lies. Folders that every machine has are no secret.
fn machine_path(text: &str, here: &Path) -> Option<PathBuf> {
    const EVERYWHERE: [&str; 9] =
        ["/", "/home", "/root", "/tmp", "/usr", "/opt", "/srv", "/var", "/mnt"];
    let ours = |path: &&Path| !EVERYWHERE.iter().any(|common| Path::new(common) == *path);
    // A user's own folder is named in many an example.
    let named = |path: &&Path| path.parent() != Some(Path::new("/home"));
    here.ancestors().filter(ours).filter(named).map(Path::to_owned).find(|path| {
        let path = path.display().to_string();
        text.match_indices(&path).any(|(at, _)| {
            let part = |c: char| c.is_alphanumeric() || "._-".contains(c);
            let before = text[..at].chars().next_back();
            let after = text[at + path.len()..].chars().next();
            !before.is_some_and(|c| part(c) || c == '/') && !after.is_some_and(part)
        })
    })
}

#[test]
fn no_file_names_a_folder_of_the_machine_it_was_written_on() {
    let found: Vec<String> = texts("")
        .iter()
        .filter_map(|(path, text)| {
            Some(format!("{path}: {}", machine_path(text, root())?.display()))
        })
        .collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_path_of_the_machine_is_noticed_and_a_likeness_is_not() {
    let here = Path::new("/data/code/rimshot");
    for text in ["see /data/code/rimshot/x", "'/data/code'", "cd /data\n"] {
        assert!(machine_path(text, here).is_some(), "{text}");
    }
    for text in ["/var/data/x", "/database", "a/data/b", "/data-base", ""] {
        assert_eq!(machine_path(text, here), None, "{text}");
    }
    assert_eq!(machine_path("/home/joe/.config /tmp/x", Path::new("/home/joe/rimshot")), None);
}
