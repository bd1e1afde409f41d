use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::library::SampleLibrary;

/// Kits by name, that can come and go.
type Kits = Rc<RefCell<Vec<&'static str>>>;

fn switch(names: &[&'static str]) -> (Switch, Kits) {
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
    (Switch::over(Box::new(scan), loader.unwrap()), kits)
}

fn name(asked: Asked) -> String {
    match asked {
        Asked::Loading(entry) => entry.name,
        Asked::Already(entry) => format!("already {}", entry.name),
        Asked::Nothing => "nothing".to_owned(),
    }
}

/// The newest wish is fulfilled.
fn comes(switch: &mut Switch) {
    let entry = switch.answered(switch.tickets).unwrap();
    switch.plays(entry.folder, entry.name);
}

/// The newest wish cannot be fulfilled: what is wished for instead.
fn fails(switch: &mut Switch) -> Option<String> {
    switch.failed(switch.tickets).unwrap().instead.map(|entry| entry.name)
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
fn an_overtaken_answer_counts_no_more() {
    let (mut switch, _) = switch(&["a", "b"]);
    switch.step(1);
    switch.step(1);
    assert_eq!(switch.answered(1), None);
    assert_eq!(switch.failed(1), None);
    assert_eq!(switch.answered(2).unwrap().name, "b");
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
