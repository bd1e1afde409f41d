//! What the loader has been asked for, and what comes next.

use std::collections::VecDeque;
use std::path::PathBuf;

use super::{LoadRequest, Message, SampleRequest, Urgency};

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Job {
    /// One sample.
    Sample(SampleRequest),
    /// A kit.
    Load(LoadRequest),
}

/// Why the load under way ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interrupt {
    /// Something urgent comes first.
    Later,
    /// Nobody wants it any more.
    Unwanted,
}

/// Requests that wait, and the one under way.
#[derive(Debug, Default)]
pub struct Inbox {
    /// Samples of lazy kits, oldest first.
    pub samples: VecDeque<SampleRequest>,
    play: Option<LoadRequest>,
    preloads: VecDeque<LoadRequest>,
    /// What is being loaded.
    pub running: Option<(Urgency, PathBuf)>,
    /// Set where that has to end.
    pub interrupt: Option<Interrupt>,
}

impl Inbox {
    /// Takes a message.
    pub fn put(&mut self, message: Message) {
        match message {
            Message::Sample(request) => {
                // The same hole struck twice before it is filled.
                let waits =
                    |s: &SampleRequest| s.folder == request.folder && s.index == request.index;
                if !self.samples.iter().any(waits) {
                    self.samples.push_back(request);
                }
            }
            Message::Load(request) => {
                self.preloads.retain(|p| p.folder != request.folder);
                match (&self.running, request.urgency) {
                    (Some((_, folder)), _) if *folder == request.folder => {
                        self.interrupt(Interrupt::Unwanted);
                    }
                    (Some((Urgency::Play, _)), Urgency::Play) => {
                        self.interrupt(Interrupt::Unwanted)
                    }
                    (Some((Urgency::Preload, _)), Urgency::Play) => {
                        self.interrupt(Interrupt::Later)
                    }
                    (_, Urgency::Preload) | (None, Urgency::Play) => {}
                }
                match request.urgency {
                    Urgency::Play => self.play = Some(request),
                    Urgency::Preload => self.preloads.push_back(request),
                }
            }
            Message::Keep(folders) => {
                self.preloads.retain(|p| folders.contains(&p.folder));
                if let Some((Urgency::Preload, folder)) = &self.running
                    && !folders.contains(folder)
                {
                    self.interrupt(Interrupt::Unwanted);
                }
            }
        }
    }

    fn interrupt(&mut self, why: Interrupt) {
        self.interrupt = self.interrupt.max(Some(why));
    }

    /// A preload that was interrupted is the next of them.
    pub fn put_back(&mut self, request: LoadRequest) {
        self.preloads.push_front(request);
    }

    /// What comes next: samples, then what is to be played, then preloads.
    pub fn next(&mut self) -> Option<Job> {
        let kit = |inbox: &mut Self| inbox.play.take().or_else(|| inbox.preloads.pop_front());
        self.samples.pop_front().map(Job::Sample).or_else(|| kit(self).map(Job::Load))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::load::Wanted;
    use crate::library::prepare::Form;

    fn play(ticket: u64, folder: &str) -> Message {
        Message::Load(LoadRequest::play(ticket, folder.into()))
    }
    fn preload(ticket: u64, folder: &str) -> Message {
        Message::Load(LoadRequest::preload(ticket, folder.into()))
    }
    fn sample(ticket: u64, index: usize) -> Message {
        let form = Form { rate: 1, millicents: 0, trim: false, compact: false };
        let wanted = Wanted { path: "x.wav".into(), form };
        Message::Sample(SampleRequest { ticket, folder: "kit".into(), index, wanted })
    }
    fn inbox(messages: impl IntoIterator<Item = Message>) -> Inbox {
        let mut inbox = Inbox::default();
        messages.into_iter().for_each(|message| inbox.put(message));
        inbox
    }
    fn tickets(mut inbox: Inbox) -> Vec<u64> {
        let ticket = |job| match job {
            Job::Sample(s) => s.ticket,
            Job::Load(l) => l.ticket,
        };
        std::iter::from_fn(|| inbox.next().map(ticket)).collect()
    }

    #[test]
    fn samples_come_first_then_the_newest_play_then_preloads_in_turn() {
        let messages = [
            preload(1, "a"),
            play(2, "b"),
            preload(3, "c"),
            play(4, "d"),
            sample(5, 0),
            sample(6, 1),
        ];
        assert_eq!(tickets(inbox(messages)), [5, 6, 4, 1, 3]);
    }

    #[test]
    fn a_hole_is_filled_once_and_a_kit_that_is_played_is_not_preloaded_too() {
        assert_eq!(tickets(inbox([sample(1, 7), sample(2, 7)])), [1]);
        assert_eq!(tickets(inbox([preload(1, "a"), preload(2, "b"), play(3, "a")])), [3, 2]);
        assert_eq!(tickets(inbox([preload(1, "a"), preload(2, "a")])), [2]);
    }

    #[test]
    fn only_kept_preloads_stay() {
        let messages =
            [preload(1, "a"), preload(2, "b"), play(3, "c"), Message::Keep(vec!["b".into()])];
        assert_eq!(tickets(inbox(messages)), [3, 2]);
    }

    #[test]
    fn what_is_under_way_ends_for_what_matters_more() {
        let ends = |urgency, message| {
            let mut inbox = Inbox { running: Some((urgency, "a".into())), ..Inbox::default() };
            inbox.put(message);
            inbox.interrupt
        };
        use Urgency::{Play, Preload};
        assert_eq!(ends(Play, play(1, "b")), Some(Interrupt::Unwanted));
        assert_eq!(ends(Preload, play(1, "b")), Some(Interrupt::Later));
        assert_eq!(ends(Preload, play(1, "a")), Some(Interrupt::Unwanted));
        assert_eq!(ends(Preload, Message::Keep(vec![])), Some(Interrupt::Unwanted));
        assert_eq!(ends(Preload, Message::Keep(vec!["a".into()])), None);
        for message in [preload(1, "b"), sample(1, 0), Message::Keep(vec![])] {
            assert_eq!(ends(Play, message), None);
        }
    }
}
