use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::unbounded;

use super::*;

const MS: u64 = 1_000_000;

/// Lines that a test moves by hand; line 13 is somebody else's.
#[derive(Default)]
struct Fake {
    contacts: Rc<RefCell<Vec<Contact>>>,
    running: Arc<AtomicUsize>,
    stuck: bool,
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gpio for Fake {
    fn take(&mut self, button: &Button, contact: Contact) -> Result<(), String> {
        if button.line == Line::Number(13) {
            return Err("it is in use by 'spi0'".into());
        }
        self.contacts.borrow_mut().push(contact);
        Ok(())
    }
    fn start(self: Box<Self>) -> Result<Box<dyn Send>, String> {
        if self.stuck {
            return Err("no thread for them".into());
        }
        self.running.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Running(self.running)))
    }
}

fn button(number: u32, action: Action) -> Button {
    Button {
        line: Line::Number(number),
        chip: None,
        action,
        active_low: true,
        pull: Pull::Up,
        debounce_ms: 20,
    }
}

#[test]
fn a_press_sends_its_action_once_however_the_contact_bounces() {
    let fake = Fake::default();
    let contacts = Rc::clone(&fake.contacts);
    let (actions, sent) = unbounded();
    let buttons = [button(17, Action::NextKit), button(18, Action::PreviousKit)];
    let (panel, said) = open_with(Box::new(fake), &buttons, &actions);
    assert_eq!((panel.buttons(), said.len()), (2, 0));
    let mut contacts = contacts.borrow_mut();
    for (time, active) in [(0, true), (1, false), (2, true), (90, false), (91, true), (92, false)] {
        contacts[1].edge(active, time * MS);
    }
    contacts[0].edge(true, 100 * MS);
    let sent: Vec<Action> = sent.try_iter().collect();
    assert_eq!(sent, [Action::PreviousKit, Action::NextKit]);
}

#[test]
fn a_line_that_the_kernel_debounces_is_believed() {
    let (actions, sent) = unbounded();
    let mut contact = Contact::new(&button(17, Action::NextKit), &actions);
    contact.is_clean();
    for (time, active) in [(0, true), (19, false), (38, true)] {
        contact.edge(active, time * MS);
    }
    assert_eq!(sent.try_iter().count(), 2);
}

#[test]
fn a_button_that_cannot_be_had_costs_only_itself() {
    let (actions, _sent) = unbounded();
    let buttons = [button(13, Action::NextKit), button(18, Action::PreviousKit)];
    let (panel, said) = open_with(Box::new(Fake::default()), &buttons, &actions);
    assert_eq!((panel.buttons(), panel.missing()), (1, &buttons[..1]));
    assert_eq!(said, ["the button on GPIO line 13 does nothing: it is in use by 'spi0'"]);
}

#[test]
fn a_trouble_that_all_buttons_share_is_said_once() {
    let (actions, _sent) = unbounded();
    let buttons = [button(13, Action::NextKit), button(13, Action::PreviousKit)];
    let (panel, said) = open_with(Box::new(Fake::default()), &buttons, &actions);
    assert_eq!(panel.buttons(), 0);
    assert_eq!(said, ["the buttons do nothing: it is in use by 'spi0'"]);
}

#[test]
fn buttons_are_read_until_the_panel_is_dropped() {
    let fake = Fake::default();
    let running = Arc::clone(&fake.running);
    let (actions, _sent) = unbounded();
    let (panel, _) = open_with(Box::new(fake), &[button(17, Action::Panic)], &actions);
    assert_eq!(running.load(Ordering::Relaxed), 1);
    drop(panel);
    assert_eq!(running.load(Ordering::Relaxed), 0);
}

#[test]
fn a_panel_that_cannot_start_says_so_and_is_empty() {
    let (actions, _sent) = unbounded();
    let fake = Fake { stuck: true, ..Fake::default() };
    let (panel, said) = open_with(Box::new(fake), &[button(17, Action::Panic)], &actions);
    assert_eq!((panel.buttons(), panel.missing().len()), (0, 1));
    assert_eq!(said, ["the buttons do nothing: no thread for them"]);
}

#[test]
fn without_buttons_or_without_a_backend_nothing_is_opened_and_nothing_said() {
    let (actions, _sent) = unbounded();
    for (buttons, backend) in
        [(vec![], Backend::Auto), (vec![button(17, Action::Panic)], Backend::None)]
    {
        let (panel, said) = open(&buttons, backend, &actions);
        assert_eq!((panel.buttons(), said.len()), (0, 0));
    }
}

#[test]
fn a_line_that_no_machine_has_costs_a_sentence_and_nothing_else() {
    let (actions, _sent) = unbounded();
    let nowhere = Button {
        line: Line::Name("no such line".into()),
        chip: Some("gpiochip-none".into()),
        ..button(0, Action::Panic)
    };
    let (panel, said) = open(&[nowhere], Backend::Chardev, &actions);
    assert_eq!((panel.buttons(), said.len()), (0, 1));
    assert!(
        said[0]
            .starts_with("the button on GPIO line 'no such line' does nothing: /dev/gpiochip-none"),
        "{said:?}"
    );
}

#[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
#[test]
fn rppal_off_a_pi_gets_a_sentence() {
    let (actions, _sent) = unbounded();
    let (panel, said) = open(&[button(17, Action::Panic)], Backend::Rppal, &actions);
    assert_eq!(panel.buttons(), 0);
    assert!(said[0].contains("not in this build"), "{said:?}");
}

#[test]
fn missing_buttons_that_come_later_join_those_that_work() {
    let (actions, _sent) = unbounded();
    let open = |fake: &Fake, buttons: &[Button]| {
        let fake = Fake { running: Arc::clone(&fake.running), ..Fake::default() };
        open_with(Box::new(fake), buttons, &actions).0
    };
    let fake = Fake::default();
    let buttons = [button(13, Action::NextKit), button(18, Action::Panic)];
    let mut panel = open(&fake, &buttons);
    let late = [button(19, Action::NextKit)];
    panel.missing.clear();
    panel.add(open(&fake, &late));
    assert_eq!((panel.buttons(), panel.missing().len()), (2, 0));
    assert_eq!(fake.running.load(Ordering::Relaxed), 2);
    drop(panel);
    assert_eq!(fake.running.load(Ordering::Relaxed), 0);
}
