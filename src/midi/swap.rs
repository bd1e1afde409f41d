//! Another translator for a port that stays open: no message is missed, and the old one is
//! freed where freeing is allowed.

use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::translate::Translator;

/// Translators on their way to a port that sends nothing meanwhile.
const UNDER_WAY: usize = 8;

/// The control thread's end.
pub(super) struct Giver {
    new: Producer<Box<Translator>>,
    old: Consumer<Box<Translator>>,
    /// The newest, where the port has not taken those before.
    waits: Option<Box<Translator>>,
}

/// The port's end.
pub(super) struct Taker {
    new: Consumer<Box<Translator>>,
    old: Producer<Box<Translator>>,
}

/// Both ends for one port.
pub(super) fn ends() -> (Giver, Taker) {
    let (new, taken) = RingBuffer::new(UNDER_WAY);
    let (old, home) = RingBuffer::new(UNDER_WAY);
    (Giver { new, old: home, waits: None }, Taker { new: taken, old })
}

impl Giver {
    /// The port is to have this one from its next message on.
    pub(super) fn give(&mut self, translator: Translator) {
        self.waits = Some(Box::new(translator));
        self.tend();
    }

    /// Frees those that came home, and sends the one that waits where there is room.
    pub(super) fn tend(&mut self) {
        while self.old.pop().is_ok() {}
        if let Some(translator) = self.waits.take()
            && let Err(PushError::Full(translator)) = self.new.push(translator)
        {
            self.waits = Some(translator);
        }
    }
}

impl Taker {
    /// Takes what has been given, as far as the old ones find room on their way home.
    /// Thread: MIDI; does not allocate.
    pub(super) fn take(&mut self, current: &mut Translator) {
        for _ in 0..UNDER_WAY {
            if self.old.slots() == 0 {
                return;
            }
            let Ok(mut new) = self.new.pop() else { return };
            new.follow(current);
            std::mem::swap(&mut *new, current);
            if let Err(PushError::Full(old)) = self.old.push(new) {
                // There was room. Were there none, leaking would be better than freeing here.
                std::mem::forget(old);
            }
        }
    }
}
