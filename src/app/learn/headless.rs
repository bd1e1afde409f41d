//! The dialogue without a keyboard and a screen: the kit's own sounds are the questions.

use std::os::unix::net::UnixStream;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::session::{Key, Said, What};
use super::steps::{self, Step};
use super::talk::{Front, Wanted, Wish, talk};
use crate::app::control::Link;
use crate::app::control::status::Learning;

/// A question is its sound twice, so far apart, in seconds.
const TWICE: f64 = 0.5;
/// It begins so long after the last answer, which has sounded.
const BEFORE: f64 = 1.0;
/// So long an answer is waited for; then it is asked once more, and then left out.
const WAITS: f64 = 8.0;
/// An answer is confirmed by its sound after so long: the pad itself may have sounded.
const CONFIRMS: f64 = 0.3;
/// Without any answer to so many questions nobody is there.
const NOBODY: usize = 4;

/// What is told of a dialogue.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Where it stands.
    Step(Learning),
    /// A sentence for the log.
    Word(String),
    /// Something is wrong: a sentence.
    Problem(String),
}

/// A dialogue that runs; its words end when it does.
#[derive(Debug)]
pub struct Learner {
    keys: Sender<Key>,
    /// What it tells.
    pub told: Receiver<Told>,
}

impl Learner {
    /// Begins it over a connection to the module, in a thread of its own.
    ///
    /// # Errors
    /// A sentence: there is no thread.
    pub fn start(stream: UnixStream) -> Result<Self, String> {
        let (keys, pressed) = unbounded();
        let (tell, told) = unbounded();
        let work = move || {
            let wanted = Wanted { port: None, output: None, anew: false, steps: steps::by_sound() };
            let mut front = Sounds::new(tell.clone());
            let learned = Link::over(stream)
                .map_err(|why| why.to_string())
                .and_then(|link| talk(link, &pressed, &wanted, &mut front));
            let last = match learned {
                Ok(Some(done)) => match done.unwritten {
                    None => Told::Word(format!("learned {}", done.file.display())),
                    Some(_) => Told::Problem(format!("{} cannot be written", done.file.display())),
                },
                Ok(None) => Told::Word("learned nothing: no port".to_owned()),
                Err(why) => Told::Problem(why),
            };
            // the module may be gone
            let _ = tell.send(last);
        };
        thread::Builder::new()
            .name("rimshot-learn".to_owned())
            .spawn(work)
            .map_err(|error| format!("no thread to learn in: {error}"))?;
        Ok(Self { keys, told })
    }

    /// It is to end; what is learned is kept.
    pub fn stop(&self) {
        // it may have ended
        let _ = self.keys.send(Key::Quit);
    }
}

/// Asks by sounds.
struct Sounds {
    tell: Sender<Told>,
    now: f64,
    /// Sounds and their moments, and keys that press themselves, in order.
    plans: Vec<(f64, Wish)>,
    /// How many questions there were, and whether any was answered.
    asked: usize,
    answered: bool,
}

impl Sounds {
    fn new(tell: Sender<Told>) -> Self {
        Self { tell, now: 0.0, plans: Vec::new(), asked: 0, answered: false }
    }

    fn plan(&mut self, after: f64, wish: Wish) {
        self.plans.push((self.now + after, wish));
    }

    fn ask(&mut self, step: &Step, after: f64) {
        let sound = Wish::Strike(step.slot, step.openness());
        self.plan(after, sound);
        self.plan(after + TWICE, sound);
    }
}

impl Front for Sounds {
    fn said(&mut self, said: &Said, port: &str) -> Result<(), String> {
        if let Some(step) = &said.step {
            match said.what {
                What::Asks => {
                    self.asked += 1;
                    self.plans.retain(|(_, wish)| matches!(wish, Wish::Strike(..)));
                    self.ask(step, BEFORE);
                    self.ask(step, BEFORE + WAITS);
                    let nobody = !self.answered && self.asked >= NOBODY;
                    let key = if nobody { Key::Quit } else { Key::Skip };
                    self.plan(BEFORE + 2.0 * WAITS, Wish::Key(key));
                }
                What::Again => {
                    self.plans.clear();
                    self.ask(step, CONFIRMS);
                    self.plan(WAITS, Wish::Key(Key::Skip));
                }
                What::Learned => {
                    self.answered = true;
                    self.plans.clear();
                    self.plan(CONFIRMS, Wish::Strike(step.slot, step.openness()));
                }
                What::Taken => {
                    self.plans.clear();
                    self.plan(0.0, Wish::Key(Key::Skip));
                }
                What::Left | What::Over => self.plans.clear(),
                What::Word => {}
            }
        }
        let state = match said.what {
            What::Asks => "asks",
            What::Again => "again",
            What::Taken => "taken",
            What::Learned => "learned",
            What::Left => "left",
            What::Word => return self.word(&said.words),
            What::Over => "over",
        };
        let (step, steps) = said.number;
        let learning = Learning {
            port: crate::midi::short_name(port),
            state: state.to_owned(),
            slot: said.step.map(|step| step.slot.to_string()),
            words: said.words.clone(),
            step,
            steps,
        };
        self.tell.send(Told::Step(learning)).map_err(|_| "the module has ended".to_owned())
    }

    fn word(&mut self, words: &str) -> Result<(), String> {
        let told = Told::Word(words.to_owned());
        self.tell.send(told).map_err(|_| "the module has ended".to_owned())
    }

    fn tick(&mut self, now: f64) -> Vec<Wish> {
        self.now = now;
        let due: Vec<Wish> =
            self.plans.iter().filter(|(at, _)| *at <= now).map(|(_, wish)| *wish).collect();
        self.plans.retain(|(at, _)| *at > now);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds() -> (Sounds, Receiver<Told>) {
        let (tell, told) = unbounded();
        (Sounds::new(tell), told)
    }

    fn said(what: What, key: &str) -> Said {
        let step = steps::all().into_iter().find(|step| step.key() == key);
        Said { what, step, number: (1, 30), words: String::new() }
    }

    /// The wishes of so many seconds, with their moments in tenths.
    fn wishes(sounds: &mut Sounds, from: f64, seconds: f64) -> Vec<(u64, Wish)> {
        let tenths = 0..=(10.0 * seconds) as u64;
        let at = |tenth: u64| from + 0.1 * tenth as f64 + 0.001;
        tenths.flat_map(|t| sounds.tick(at(t)).into_iter().map(move |wish| (t, wish))).collect()
    }

    #[test]
    fn a_question_is_its_sound_twice_once_more_later_and_then_left_out() {
        let (mut sounds, told) = sounds();
        sounds.tick(5.0);
        sounds.said(&said(What::Asks, "hihat open"), "TD-17:TD-17 MIDI 1").unwrap();
        let open = Wish::Strike(Slot::HIHAT, 1.0);
        let skip = Wish::Key(Key::Skip);
        assert_eq!(
            wishes(&mut sounds, 5.0, 60.0),
            [(10, open), (15, open), (90, open), (95, open), (170, skip)]
        );
        assert!(matches!(told.recv(), Ok(Told::Step(step)) if step.port == "TD-17"));
    }

    #[test]
    fn an_answer_is_confirmed_by_its_sound_and_nobody_at_all_ends_it() {
        let (mut sounds, _told) = sounds();
        for _ in 0..NOBODY {
            sounds.said(&said(What::Left, "snare"), "x").unwrap();
            sounds.said(&said(What::Asks, "snare"), "x").unwrap();
        }
        let last = |sounds: &mut Sounds| wishes(sounds, 0.0, 60.0).last().map(|(_, wish)| *wish);
        assert_eq!(last(&mut sounds), Some(Wish::Key(Key::Quit)));
        sounds.now = 100.0;
        sounds.said(&said(What::Learned, "snare"), "x").unwrap();
        sounds.said(&said(What::Asks, "tom1"), "x").unwrap();
        let heard = wishes(&mut sounds, 100.0, 60.0);
        assert_eq!(heard.first(), Some(&(3, Wish::Strike(Slot::SNARE, 0.0))));
        assert_eq!(heard.last(), Some(&(170, Wish::Key(Key::Skip))));
    }

    use crate::words::Slot;
}
