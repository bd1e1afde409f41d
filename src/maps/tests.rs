use super::*;

fn strikes(map: &str, note: u8) -> String {
    match NoteMap::named(map).unwrap().notes[usize::from(note)] {
        Some(Mapped { slot, openness: Some(p), .. }) => format!("{slot} {p}"),
        Some(Mapped { slot, openness: None, .. }) => slot.to_string(),
        None => "-".to_owned(),
    }
}
fn said(text: &str) -> (NoteMap, Vec<String>) {
    let (map, problems) = NoteMap::parse(Path::new("my.toml"), text);
    (map.unwrap(), problems.iter().map(Problem::to_string).collect())
}

#[test]
fn every_built_in_map_is_without_fault_and_bears_its_name() {
    for (name, text) in BUILT_IN.into_iter().zip(TEXTS) {
        let (map, problems) = NoteMap::parse(Path::new(name), text);
        assert_eq!(problems, []);
        assert_eq!(map.unwrap().name, name);
    }
}

#[test]
fn the_six_toms_of_general_midi_are_heads() {
    let toms = [50, 48, 47, 45, 43, 41].map(|note| strikes("gm", note));
    assert_eq!(toms, ["tom1", "tom2", "tom3", "tom4", "tom5", "tom6"]);
}

#[test]
fn a_roland_pad_has_rims_and_edges_and_both_ways_of_hitting_the_hihat() {
    let notes = [48, 50, 43, 58, 49, 55, 53, 37, 34];
    let wanted = "tom1 tom1.rim tom3 tom3.rim crash1 crash1.edge ride.bell snare.xstick aux4.rim";
    assert_eq!(notes.map(|note| strikes("roland", note)).join(" "), wanted);
    let hats = [42, 46, 22, 26, 44].map(|note| strikes("roland", note)).join(", ");
    assert_eq!(hats, "hihat 0, hihat 1, hihat.edge 0, hihat.edge 1, hihat.pedal");
}

#[test]
fn notes_that_a_map_does_not_name_stay_unmapped() {
    assert_eq!([39, 54, 60].map(|note| strikes("gm", note)), ["-", "-", "-"]);
    assert_eq!(strikes("roland", 23), "-");
}

#[test]
fn the_main_note_of_a_slot_is_the_first_in_the_file() {
    let gm = NoteMap::named("gm").unwrap();
    assert_eq!([36, 35, 46, 42].map(|n| gm.main_note(n)), [Some(36), Some(36), Some(46), Some(42)]);
    assert_eq!(gm.main_note(39), None);
    assert_eq!(gm.main_note(200), None);
}

#[test]
fn a_roland_pedal_is_open_at_0_and_closed_from_90_on() {
    let pedal = NoteMap::named("roland").unwrap().pedal;
    assert_eq!([0, 45, 90, 127].map(|v| pedal.openness(v)), [1.0, 0.5, 0.0, 0.0]);
    let reversed = pedal.with_ends(Some(100), Some(20));
    assert_eq!([0, 20, 60, 100, 127].map(|v| reversed.openness(v)), [0.0, 0.0, 0.5, 1.0, 1.0]);
}

#[test]
fn every_mistake_in_a_map_is_said_and_costs_only_its_own_entry() {
    let text = "mask_ms = 500\n\
        [notes]\n\
        36 = \"kick\"\n\
        128 = \"snare\"\n\
        38 = \"snaer\"\n\
        40 = 3\n\
        42 = { slot = \"hihat\", openness = 2 }\n\
        48 = { slot = \"tom1\", openness = 0.5 }\n\
        49 = { openness = 0.5 }\n\
        036 = \"snare\"\n\
        [pedal]\n\
        cc = 4\n\
        open = 5\n\
        closed = 5\n";
    let (map, problems) = said(text);
    let allowed = Slot::ALLOWED;
    assert_eq!(
        problems,
        [
            "my.toml:1:11: error: 'mask_ms' is 500; allowed: a number from 0 to 100",
            "my.toml:4:1: error: '128' is not a note; allowed: 0 to 127",
            &format!(
                "my.toml:5:6: error: unknown slot 'snaer' (did you mean 'snare'?); allowed: {allowed}"
            ),
            "my.toml:6:6: error: '40' is 3; allowed: a text in quotes",
            "my.toml:7:35: error: 'openness' is 2; allowed: a number from 0 to 1",
            "my.toml:8:6: error: 'openness' is for the hi-hat's slots, not for 'tom1'",
            "my.toml:9:6: error: note 49 has no 'slot'",
            "my.toml:10:1: error: note 36 stands here a second time",
            "my.toml:14:10: error: 'open' and 'closed' are both 5; they must differ",
        ]
    );
    assert_eq!(map.name, "my");
    assert_eq!(map.order, [36, 42, 48]);
    assert_eq!(map.notes[36].unwrap().slot, Slot::KICK);
    assert_eq!(map.pedal, Pedal::default());
}

#[test]
fn a_map_without_notes_or_without_toml_says_so() {
    let (_, problems) = said("name = \"x\"");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("[notes]"));
    let (map, problems) = NoteMap::parse(Path::new("my.toml"), "36 = ");
    assert_eq!((map, problems.len()), (None, 1));
}

#[test]
fn a_map_that_is_nowhere_names_those_that_there_are() {
    let (map, problems) = NoteMap::find("/nowhere/td99.toml");
    assert_eq!(map, None);
    let said = problems[0].to_string();
    assert!(said.starts_with(
        "/nowhere/td99.toml: error: neither a built-in note map (gm, roland, yamaha-dtxplorer,"
    ));
    assert_eq!(NoteMap::find("gm").0.unwrap().name, "gm");
}

#[test]
fn the_pedal_of_a_map_is_looked_for_unless_its_closed_end_is_given() {
    let pedal = |text: &str| {
        let (map, problems) = said(&format!("[notes]\n36 = \"kick\"\n[pedal]\n{text}\n"));
        assert_eq!(problems, [""; 0], "{text}");
        (map.pedal.open, map.pedal.closed, map.pedal.auto)
    };
    assert_eq!(pedal(""), (0, 90, true));
    assert_eq!(pedal("closed = \"auto\""), (0, 90, true));
    assert_eq!(pedal("closed = 127"), (0, 127, false));
    assert_eq!(pedal("closed = 0"), (127, 0, false));
    assert_eq!(pedal("open = 10\nclosed = 100"), (10, 100, false));
    assert_eq!(pedal("open = 20"), (20, 90, true));
    assert_eq!(pedal("open = 127"), (127, 0, true));
}

#[test]
fn a_note_can_grab_a_pad_instead_of_striking_it() {
    let (map, problems) = said("[notes]\n65 = \"crash1\"\n67 = { choke = \"crash1.edge\" }\n");
    assert_eq!(problems, [""; 0]);
    assert_eq!((map.notes[67], map.chokes[67]), (None, Slot::from_name("crash1.edge")));
    assert_eq!((map.order, map.chokes[65]), (vec![65], None));
}

#[test]
fn a_mask_of_a_pad_holds_for_its_zones_and_a_zones_own_wins() {
    let (map, problems) = said(
        "mask_ms = 15\n[notes]\n38 = \"snare\"\n\
         [slot.snare.rim]\nmask_ms = 3\n[slot.snare]\nmask_ms = 30\n",
    );
    assert_eq!(problems, [""; 0]);
    let masks = ["kick", "snare", "snare.xstick", "snare.rim"];
    let masks = masks.map(|name| map.mask_of(Slot::from_name(name).unwrap()));
    assert_eq!(masks, [15.0, 30.0, 30.0, 3.0]);
}

#[test]
fn general_midi_masks_nothing_and_every_module_has_the_same_mask() {
    for name in BUILT_IN {
        let map = NoteMap::named(name).unwrap();
        let wanted = if name == "gm" { 0.0 } else { 15.0 };
        assert_eq!((map.mask_ms, map.masks.len()), (wanted, 0), "{name}");
    }
}

#[test]
fn no_port_is_claimed_by_a_map_of_another_maker() {
    for (index, name) in BUILT_IN.into_iter().enumerate() {
        for pattern in &NoteMap::named(name).unwrap().ports {
            let port = pattern.replace(['*', '?'], "x");
            let found = NoteMap::for_port(&port).map(|map| map.name);
            assert_eq!(found.as_deref(), Some(BUILT_IN[index]), "{port}");
        }
    }
    assert_eq!(NoteMap::for_port("Launchpad Mini:LPMini MIDI"), None);
}

#[test]
fn every_mistake_in_what_a_map_says_besides_notes_is_said() {
    let (map, problems) = said(
        "ports = [3]\nmask_below = 2\ngrab_below = -1\n\
         [notes]\n67 = { choke = \"crash9\" }\n68 = { choke = \"ride\", slot = \"ride\" }\n\
         44 = { slot = \"hihat.pedal\", open = \"splosh\" }\n\
         [pedal]\nclosed = 300\nfoot = \"toe\"\n[slot.snare]\nmask_ms = 500\n",
    );
    let allowed = Slot::ALLOWED;
    assert_eq!(
        problems,
        [
            "my.toml:1:10: error: 'ports' is 3; allowed: a text in quotes",
            "my.toml:2:14: error: 'mask_below' is 2; allowed: a number from 0 to 1",
            "my.toml:3:14: error: 'grab_below' is -1; allowed: a number from 0 to 127",
            &format!(
                "my.toml:5:16: error: unknown slot 'crash9' (did you mean 'crash1'?); allowed: {allowed}"
            ),
            "my.toml:6:24: error: unknown key 'slot' in [notes.68]; allowed: choke",
            &format!(
                "my.toml:7:37: error: unknown slot 'splosh' (did you mean 'splash'?); allowed: {allowed}"
            ),
            "my.toml:9:10: error: 'closed' is 300; allowed: a whole number from 0 to 127, or \"auto\"",
            "my.toml:10:8: error: 'foot' is the text \"toe\"; allowed: \"sent\", \"from-pedal\"",
            "my.toml:12:11: error: 'mask_ms' is 500; allowed: a number from 0 to 100",
        ]
    );
    // what is wrong of a note costs that, and the rest of it stands
    assert_eq!(map.notes[44].map(|m| (m.slot, m.open)), Some((Slot::HIHAT_PEDAL, None)));
    assert_eq!(map.pedal, Pedal::default());
}

#[test]
fn a_map_over_another_one_has_every_word_of_its_own_and_of_the_other_what_it_lacks() {
    let map = |text: &str| NoteMap::parse("m".as_ref(), text).0.unwrap();
    let own = map("mask_ms = 9\n[notes]\n38 = 'kick'\n49 = { choke = 'ride' }\n");
    let both = own.over(&NoteMap::gm());
    let slot = |note: usize| both.notes[note].map(|mapped| mapped.slot);
    assert_eq!((slot(38), slot(36)), (Some(Slot::KICK), Some(Slot::KICK)));
    assert_eq!((slot(49), both.chokes[49]), (None, Some(Slot::RIDE)));
    assert_eq!((both.order[0], both.order.contains(&49)), (38, false));
    assert_eq!((both.mask_ms, &both.name), (9.0, &own.name));
    assert_eq!(own.over(&own), own);
}
