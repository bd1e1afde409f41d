use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::kit::KitPlan;
use crate::library::SampleLibrary;

/// Kits by name, that can come and go.
type Kits = Rc<RefCell<Vec<&'static str>>>;

fn switch(names: &[&'static str]) -> (Switch, Kits) {
    switch_loading(names, Loading::Lazy)
}

fn switch_loading(names: &[&'static str], loading: Loading) -> (Switch, Kits) {
    let kits: Kits = Rc::new(RefCell::new(names.to_vec()));
    let entry = |(n, name): (usize, &&str)| KitEntry {
        name: name.to_string(),
        folder: name.into(),
        program: u8::try_from(n).ok(),
    };
    let there = Rc::clone(&kits);
    let scan = move || Shelf::with(there.borrow().iter().enumerate().map(entry).collect());
    // What it reports is of no interest here: the tests answer in its place.
    let loader = Loader::start(Arc::new(SampleLibrary::new(48_000)), Box::new(|_| (None, vec![])));
    (Switch::over(Box::new(scan), loader.unwrap(), loading), kits)
}

fn name(asked: Asked) -> String {
    match asked {
        Asked::Ready(entry, _) => format!("at once {}", entry.name),
        Asked::Loading(entry) => entry.name,
        Asked::Already(entry) => format!("already {}", entry.name),
        Asked::Nothing => "nothing".to_owned(),
    }
}

/// A kit without a sound: the switch does not look inside.
fn empty() -> Box<Kit> {
    let plan = KitPlan::new("empty", "empty", Vec::new());
    Box::new(Kit::build(&plan, |_, _| None))
}

/// The newest wish is fulfilled.
fn comes(switch: &mut Switch) {
    let entry = switch.wanted.take().unwrap().entry;
    switch.plays(entry.folder, entry.name);
}

/// The newest wish cannot be fulfilled: what is wished for instead.
fn fails(switch: &mut Switch) -> Option<String> {
    match switch.failed(switch.tickets).unwrap().instead {
        Asked::Nothing => None,
        instead => Some(name(instead)),
    }
}

#[test]
fn a_button_gets_past_kits_that_cannot_be_played_in_its_own_direction() {
    let (mut switch, _) = switch(&["a", "bad", "worse", "d"]);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    assert_eq!(name(switch.step(1)), "bad");
    assert_eq!(fails(&mut switch).as_deref(), Some("worse"));
    assert_eq!(fails(&mut switch).as_deref(), Some("d"));
    comes(&mut switch);
    assert_eq!(switch.playing(), Some("d"));
    assert_eq!(name(switch.step(-1)), "worse");
    assert_eq!(fails(&mut switch).as_deref(), Some("bad"));
    assert_eq!(fails(&mut switch).as_deref(), Some("a"));
}

#[test]
fn where_nothing_else_can_be_played_the_kit_that_plays_stays() {
    let (mut switch, _) = switch(&["a", "bad", "worse"]);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    assert_eq!(name(switch.step(1)), "bad");
    assert_eq!(fails(&mut switch).as_deref(), Some("worse"));
    assert_eq!(fails(&mut switch), None);
    assert_eq!(switch.playing(), Some("a"));
    assert_eq!(name(switch.step(1)), "bad");
}

#[test]
fn a_broken_first_kit_costs_itself_and_broken_kits_alone_do_not_go_round_for_ever() {
    let (mut switch, _) = switch(&["bad", "worse", "c"]);
    switch.begin(switch.shelf().entries()[1].clone());
    assert_eq!(fails(&mut switch).as_deref(), Some("c"));
    assert_eq!(fails(&mut switch).as_deref(), Some("bad"));
    assert_eq!(fails(&mut switch), None);
}

#[test]
fn a_program_change_for_a_broken_kit_changes_nothing() {
    let (mut switch, _) = switch(&["a", "bad", "c"]);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    assert_eq!(name(switch.program(1)), "bad");
    assert_eq!(fails(&mut switch), None);
    assert_eq!(name(switch.program(9)), "nothing");
}

#[test]
fn the_kit_that_plays_or_is_being_loaded_is_not_loaded_once_more_unless_by_a_reload() {
    let (mut switch, _) = switch(&["a", "b"]);
    assert_eq!(name(switch.program(0)), "a");
    assert_eq!(name(switch.program(0)), "already a");
    comes(&mut switch);
    assert_eq!(name(switch.program(0)), "already a");
    // On the way to another it is a wish again.
    assert_eq!(name(switch.program(1)), "b");
    assert_eq!(name(switch.program(0)), "a");
    comes(&mut switch);
    let before = switch.tickets;
    switch.reload();
    assert_eq!(switch.tickets, before + 1);
}

#[test]
fn a_kit_that_is_being_loaded_is_not_forgotten_by_a_reload() {
    let (mut switch, _) = switch(&["a", "b", "c"]);
    assert_eq!(name(switch.program(0)), "a");
    comes(&mut switch);
    assert_eq!(name(switch.step(1)), "b");
    switch.reload();
    assert_eq!(switch.wished().map(|entry| entry.name.as_str()), Some("b"));
    comes(&mut switch);
    assert_eq!(switch.playing(), Some("b"));
}

#[test]
fn an_overtaken_answer_counts_no_more() {
    let (mut switch, _) = switch(&["a", "b"]);
    switch.step(1);
    switch.step(1);
    assert!(matches!(switch.came(1, empty(), Vec::new(), false), Came::Overtaken));
    assert!(switch.failed(1).is_none());
    assert!(
        matches!(switch.came(2, empty(), Vec::new(), false), Came::Play(entry, _) if entry.name == "b")
    );
}

#[test]
fn one_kit_has_no_next_and_none_has_none_at_all() {
    let (mut one, _) = switch(&["a"]);
    one.step(1);
    comes(&mut one);
    assert_eq!(name(one.step(1)), "already a");
    let (mut none, _) = switch(&[]);
    assert_eq!(name(none.step(1)), "nothing");
}

#[test]
fn a_player_without_a_kit_takes_the_first_that_comes() {
    let (mut switch, kits) = switch(&["bad"]);
    let long_ago = Instant::now().checked_sub(SEARCH).unwrap();
    switch.begin(switch.shelf().entries()[0].clone());
    assert_eq!(switch.search(), None);
    assert_eq!(fails(&mut switch), None);
    switch.scanned = long_ago;
    assert_eq!(switch.search(), None, "it was tried");
    kits.borrow_mut().push("stick");
    assert_eq!(switch.search(), None, "it is not looked for all the time");
    switch.scanned = long_ago;
    assert_eq!(switch.search().unwrap().name, "stick");
    comes(&mut switch);
    kits.borrow_mut().push("another");
    switch.scanned = long_ago;
    assert_eq!(switch.search(), None, "something plays");
}

#[test]
fn a_kit_whose_stick_was_pulled_plays_on_and_the_next_step_leads_to_what_is_there() {
    let (mut switch, kits) = switch(&["a", "b", "c"]);
    switch.program(1);
    comes(&mut switch);
    *kits.borrow_mut() = vec!["a"];
    switch.scanned = Instant::now().checked_sub(FRESH).unwrap();
    assert_eq!(name(switch.step(1)), "a");
    assert_eq!(switch.playing(), Some("b"));
}

/// The names of the kits that are being loaded ahead, in order.
fn ahead(switch: &Switch) -> Vec<String> {
    let mut names: Vec<_> = switch.preloads.values().map(|entry| entry.name.clone()).collect();
    names.sort();
    names
}

/// All that is being loaded ahead comes.
fn all_come(switch: &mut Switch) {
    let tickets: Vec<u64> = switch.preloads.keys().copied().collect();
    for ticket in tickets {
        assert!(matches!(switch.came(ticket, empty(), Vec::new(), false), Came::Ready(_)));
    }
}

#[test]
fn the_neighbours_of_the_kit_that_plays_are_made_ready_and_played_at_once() {
    let (mut switch, _) = switch_loading(&["a", "b", "c", "d", "e"], Loading::Neighbours);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    assert_eq!(ahead(&switch), ["b", "e"]);
    all_come(&mut switch);
    let Asked::Ready(entry, _) = switch.step(1) else { panic!("b is in memory") };
    switch.plays(entry.folder, entry.name);
    assert_eq!(ahead(&switch), ["a", "c"], "a came by its own load and is no copy of ours yet");
    assert!(switch.ready.get(Path::new("e")).is_none(), "it makes room");
    assert!(switch.ready.get(Path::new("b")).is_some(), "what plays stays");
}

#[test]
fn scrolling_loads_only_where_it_stops() {
    let (mut switch, _) = switch_loading(&["a", "b", "c", "d", "e", "f"], Loading::Neighbours);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    for wanted in ["b", "c", "d"] {
        assert_eq!(name(switch.step(1)), wanted);
    }
    let last = switch.tickets;
    for ticket in 1..last {
        assert!(!matches!(switch.came(ticket, empty(), Vec::new(), false), Came::Play(..)));
    }
    let Came::Play(entry, _) = switch.came(last, empty(), Vec::new(), false) else {
        panic!("d plays")
    };
    switch.plays(entry.folder, entry.name);
    assert_eq!(ahead(&switch), ["c", "e"]);
}

#[test]
fn a_kit_that_has_no_room_ahead_is_not_tried_again_until_another_plays() {
    let (mut switch, _) = switch_loading(&["a", "b", "c"], Loading::Neighbours);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    for ticket in switch.preloads.keys().copied().collect::<Vec<_>>() {
        assert!(switch.failed(ticket).is_none(), "nobody waits for it");
    }
    assert_eq!(ahead(&switch), [""; 0]);
    assert_eq!(name(switch.step(1)), "b", "it is loaded when it is wished for");
    comes(&mut switch);
    assert_eq!(ahead(&switch), ["a", "c"]);
}

#[test]
fn a_press_onto_a_broken_kit_plays_the_one_after_it_at_once_where_that_is_in_memory() {
    let (mut switch, _) = switch_loading(&["a", "bad", "c", "d"], Loading::All);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    for (ticket, entry) in switch.preloads.clone() {
        if entry.name == "bad" {
            assert!(switch.failed(ticket).is_none(), "nobody waits for it");
        }
    }
    all_come(&mut switch);
    assert_eq!(name(switch.step(1)), "bad");
    assert_eq!(fails(&mut switch).as_deref(), Some("at once c"));
    assert!(switch.wanted.is_none(), "nothing is loaded that is there");
}

#[test]
fn everything_is_loaded_ahead_where_the_settings_say_so_and_nothing_where_lazy() {
    for (loading, wanted) in [(Loading::All, &["b", "c", "d"][..]), (Loading::Lazy, &[])] {
        let (mut switch, _) = switch_loading(&["a", "b", "c", "d"], loading);
        switch.begin(switch.shelf().entries()[0].clone());
        comes(&mut switch);
        assert_eq!(ahead(&switch), wanted);
    }
}

/// The newest wish comes, thinned, and plays.
fn comes_thinned(switch: &mut Switch) {
    let ticket = switch.wanted.as_ref().unwrap().ticket;
    let came = switch.came(ticket, empty(), Vec::new(), true);
    let Came::Play(entry, _) = came else { panic!("it was wished for") };
    switch.plays(entry.folder, entry.name);
}

/// A kit that was played comes home.
fn goes_home(switch: &mut Switch) {
    switch.retired(KitId(0));
}

#[test]
fn a_thinned_kit_is_made_whole_when_the_old_one_has_gone_and_only_then_are_its_neighbours_ready() {
    let (mut switch, _) = switch_loading(&["a", "b", "c"], Loading::Neighbours);
    switch.begin(switch.shelf().entries()[0].clone());
    comes(&mut switch);
    switch.program(1);
    comes_thinned(&mut switch);
    assert_eq!(ahead(&switch), [""; 0], "a still rings");
    goes_home(&mut switch);
    assert_eq!(ahead(&switch), ["b"]);
    let came = switch.came(switch.tickets, empty(), Vec::new(), false);
    let Came::Whole(entry, _) = came else { panic!("{came:?}") };
    switch.plays(entry.folder, entry.name);
    assert_eq!(ahead(&switch), ["a", "c"]);
    goes_home(&mut switch);
    assert_eq!(ahead(&switch), ["a", "c"], "it is whole");
}

#[test]
fn a_thinned_kit_that_cannot_be_whole_is_tried_once() {
    let (mut switch, _) = switch_loading(&["a", "b", "c"], Loading::Neighbours);
    switch.begin(switch.shelf().entries()[0].clone());
    comes_thinned(&mut switch);
    assert_eq!(ahead(&switch), ["a"], "nothing else is in the engine");
    assert!(switch.failed(switch.tickets).is_none(), "nobody waits for it");
    assert_eq!(ahead(&switch), ["b", "c"]);
    goes_home(&mut switch);
    assert_eq!(ahead(&switch), ["b", "c"]);
}

#[test]
fn a_wish_for_another_kit_goes_before_making_the_thinned_one_whole() {
    let (mut switch, _) = switch_loading(&["a", "b", "c", "d"], Loading::Neighbours);
    switch.begin(switch.shelf().entries()[0].clone());
    comes_thinned(&mut switch);
    switch.program(2);
    assert_eq!(ahead(&switch), [""; 0]);
    goes_home(&mut switch);
    assert_eq!(ahead(&switch), [""; 0]);
    assert_eq!(fails(&mut switch), None);
    assert_eq!(ahead(&switch), ["a"], "the wish is gone, and it still plays");
}
