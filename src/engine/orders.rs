//! What the control side orders, and kits on their way in and home.

use super::Engine;
use super::places::MovedIn;
use super::ports::{Command, Notice, Order, Retired, STRUCK};
use crate::kit::KitId;
use crate::words::{Event, EventKind};

impl Engine {
    pub(super) fn command(&mut self, frame: u64, out: &mut [f32]) {
        // An answer must have room before its question is taken.
        let blocked = match self.ports.commands.peek() {
            Ok(Command { order: Order::Play(kit, _), .. }) => !self.make_room(kit.id, frame, out),
            Ok(Command { order: Order::SetUp(setup), .. }) => {
                let replaces_room = setup.replaces_room();
                !self.can_take_setup(replaces_room, frame, out)
            }
            Ok(_) => false,
            Err(_) => return,
        };
        if blocked {
            return;
        }
        let Ok(command) = self.ports.commands.pop() else { return };
        match command.order {
            Order::Play(kit, memory) => {
                let id = kit.id;
                let home = match self.places.move_in(kit, memory) {
                    Ok(MovedIn::New) => None,
                    Ok(MovedIn::Replaced(old)) => Some(old),
                    Err(refused) => Some(refused),
                };
                if let Some(retired) = home {
                    self.send_home(retired);
                }
                self.notice(Notice::Playing(id));
            }
            Order::Volume { gain, frames } => {
                self.mix_to(frame, out);
                self.master_to(frame, out);
                self.master.move_to(gain, frame, frames);
            }
            Order::SetUp(setup) => self.set_up(setup),
            Order::Silence => {
                self.mix_to(frame, out);
                self.fade_where(frame, self.times.fast, out, |_| true);
                if let Some(room) = &mut self.room {
                    room.hush(frame, self.times.fast);
                }
            }
            Order::Strike(hit) => {
                // no device has this number: one for each source at the most
                let kind = EventKind::Hit(hit);
                let event = Event { when: command.when, device: u8::MAX, kind };
                self.hit(frame, STRUCK, &event, hit, out);
            }
        }
    }

    /// Sees to it that a kit finds a place now; where none is free the oldest tails fade
    /// and commands wait until they have.
    fn make_room(&mut self, id: KitId, frame: u64, out: &mut [f32]) -> bool {
        self.mix_to(frame, out);
        self.forget_ended(frame);
        self.send_kits_home();
        if self.ports.retired.slots() < 2 {
            self.commands_from = frame.saturating_add(u64::from(self.times.fast));
            return false;
        }
        if self.places.has_room_for(id) {
            return true;
        }
        if let Some(oldest) = self.places.oldest_retiring() {
            self.meters.kits_cut.add();
            self.fade_where(frame, self.times.fast, out, |v| v.place == oldest);
        }
        self.commands_from = frame.saturating_add(u64::from(self.times.fast));
        false
    }

    pub(super) fn send_kits_home(&mut self) {
        while self.ports.retired.slots() > 0
            && let Some(retired) = self.places.move_out(&self.voices)
        {
            self.send_home(retired);
        }
    }

    fn send_home(&mut self, retired: Retired) {
        // Callers have seen that there is room. Were there none, leaking the boxes would
        // still be better than freeing them here.
        if let Err(rtrb::PushError::Full(retired)) = self.ports.retired.push(retired) {
            std::mem::forget(retired);
        }
    }
}
