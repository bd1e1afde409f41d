use super::super::tests::Tree;
use super::*;

fn listed(kits: &[KitEntry]) -> Vec<String> {
    let program = |kit: &KitEntry| kit.program.map_or("-".to_owned(), |p| p.to_string());
    kits.iter().map(|kit| format!("{} {}", program(kit), kit.name)).collect()
}

#[test]
fn kits_are_in_natural_order_and_take_the_free_program_numbers() {
    let tree = Tree::new(&[
        "Rock 10/kick.wav",
        "Rock 9/kick/1.wav",
        "12 Jazz/36.wav",
        "808 Kit/a.wav",
        "Studio/kit.toml\nname = 'The Studio'\nprogram = 1",
        "notes/readme.txt",
        ".trash/kick.wav",
        "deep/a/b/kick.wav",
    ]);
    let (kits, problems) = list(&[tree.0.clone(), tree.0.join("nowhere")]);
    let wanted = ["12 12 Jazz", "0 808 Kit", "2 Rock 9", "3 Rock 10", "1 The Studio"];
    assert_eq!(listed(&kits), wanted);
    assert_eq!(problems, []);
}

#[test]
fn the_second_kit_with_a_program_number_gets_a_free_one_and_this_is_said() {
    let tree = Tree::new(&["0 A/kick.wav", "B/kit.toml\nprogram = 0", "C/kick.wav"]);
    let (kits, problems) = list(std::slice::from_ref(&tree.0));
    assert_eq!(listed(&kits), ["0 0 A", "1 B", "2 C"]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].what, "program 0 is taken by the kit '0 A'; this one gets 1 instead");
}

#[test]
fn kits_beyond_the_128th_have_no_number() {
    let names: Vec<String> = (0..130).map(|n| format!("kit{n}/kick.wav")).collect();
    let tree = Tree::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let (kits, problems) = list(std::slice::from_ref(&tree.0));
    assert_eq!((kits[127].program, kits[128].program), (Some(127), None));
    assert_eq!(problems.len(), 1);
}

#[test]
fn the_same_folder_by_two_ways_is_one_kit_and_equal_names_are_two() {
    let tree = Tree::new(&["a/Jazz/kick.wav", "b/Jazz/kick.wav"]);
    let dirs = ["b", "a", "a/../b"].map(|dir| tree.0.join(dir));
    let (kits, _) = list(&dirs);
    let folders: Vec<_> = kits.iter().map(|kit| kit.folder.clone()).collect();
    assert_eq!(folders, [tree.0.join("b/Jazz"), tree.0.join("a/Jazz")]);
}

#[test]
fn a_kit_is_found_by_folder_by_name_and_by_path() {
    let tree = Tree::new(&["12 Jazz/kick.wav", "x/kit.toml\nname = 'Studio'"]);
    let dirs = [tree.0.clone()];
    for name in ["12 jazz", "JAZZ"] {
        assert_eq!(find(name, &dirs).unwrap().program, Some(12), "{name}");
    }
    assert_eq!(find("studio", &dirs).unwrap().folder, tree.0.join("x"));
    assert_eq!(find("X", &dirs).unwrap().name, "Studio");
    let path = tree.0.join("x").display().to_string();
    let found = find(&path, &[]).unwrap();
    assert_eq!((found.name.as_str(), found.program), ("Studio", None));
}

#[test]
fn a_kit_that_is_not_found_names_those_there_are() {
    let tree = Tree::new(&["12 Jazz/kick.wav", "Rock/kick.wav"]);
    let said = find("Metal", std::slice::from_ref(&tree.0)).unwrap_err().to_string();
    assert_eq!(said, "Metal: error: not a kit; there are: 12 Jazz, Rock");
    let said = find("Metal", &[PathBuf::from("/no/kits")]).unwrap_err().to_string();
    assert_eq!(said, "Metal: error: not a kit, and there are none in /no/kits");
    assert!(find("", std::slice::from_ref(&tree.0)).is_err());
}

#[test]
fn sticks_are_looked_for_at_their_depth() {
    let tree = Tree::new(&["pi/STICK/rimshot-kits/A/kick.wav", "usb/rimshot-kits/B/kick.wav"]);
    assert_eq!(sticks(&tree.0, 2), [tree.0.join("pi/STICK/rimshot-kits")]);
    assert_eq!(sticks(&tree.0, 1), [tree.0.join("usb/rimshot-kits")]);
    assert!(sticks(&tree.0.join("nowhere"), 2).is_empty());
}

#[test]
fn the_shipped_kits_come_first_and_those_beside_the_configuration_later() {
    let dirs = default_dirs(Path::new("/etc/rimshot"));
    assert_eq!(dirs[0], Path::new("/usr/share/rimshot/kits"));
    assert_eq!(dirs[1], Path::new("/var/lib/rimshot/kits"));
    assert!(dirs.contains(&PathBuf::from("/etc/rimshot/kits")));
}

#[test]
fn a_leading_number_is_a_program_only_if_it_stands_alone() {
    let number = |name: &str| leading_number(Path::new(name));
    assert_eq!(["12 Jazz", "07_Rock", "3"].map(number), [Some(12), Some(7), Some(3)]);
    assert_eq!(["808 Kit", "4th", "Jazz", "128"].map(number), [None; 4]);
}
