//! What LEDs show, as a pure function over what has happened. Times are nanoseconds of one
//! steady clock.

/// What one LED shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Lit while a kit plays.
    Ready,
    /// Blinks while something is waited for: a kit that is being loaded.
    Loading,
    /// Lit for a moment at each hit.
    Hit,
    /// Lit for a second when the output is as loud as it can be.
    Clip,
    /// Lit while something is wrong that somebody has to mend.
    Fault,
}

impl Shows {
    /// Every name a configuration may use.
    pub const NAMES: [(&'static str, Shows); 5] = [
        ("ready", Shows::Ready),
        ("loading", Shows::Loading),
        ("hit", Shows::Hit),
        ("clip", Shows::Clip),
        ("fault", Shows::Fault),
    ];
}

/// What happens to a module, as far as LEDs show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Whether a kit plays.
    Ready(bool),
    /// Whether something is waited for.
    Loading(bool),
    /// A hit sounds.
    Hit,
    /// The output is as loud as it can be.
    Clip,
    /// Whether something is wrong.
    Fault(bool),
}

const MS: u64 = 1_000_000;
/// Half a period of blinking: two a second are seen from the corner of the eye.
const BLINK: u64 = 250 * MS;
/// Long enough to be seen, and shorter than sixteenths at 240 beats a minute (62.5 ms).
const HIT: u64 = 60 * MS;
const CLIP: u64 = 1_000 * MS;

/// What is known.
#[derive(Debug, Default)]
pub struct Lamps {
    ready: bool,
    fault: bool,
    /// Since when something has been waited for.
    loading: Option<u64>,
    /// Until when these are lit.
    hit: u64,
    clip: u64,
}

impl Lamps {
    /// Something happens at this moment.
    pub fn take(&mut self, sign: Sign, time: u64) {
        match sign {
            Sign::Ready(ready) => self.ready = ready,
            Sign::Fault(fault) => self.fault = fault,
            Sign::Loading(true) => self.loading = self.loading.or(Some(time)),
            Sign::Loading(false) => self.loading = None,
            Sign::Hit => self.hit = time + HIT,
            Sign::Clip => self.clip = time + CLIP,
        }
    }

    /// Whether an LED that shows this is lit at a moment, if nothing has happened since.
    pub fn is_lit(&self, shows: Shows, time: u64) -> bool {
        match shows {
            Shows::Ready => self.ready,
            Shows::Fault => self.fault,
            Shows::Loading => {
                self.loading.is_some_and(|since| blinks(since, time).is_multiple_of(2))
            }
            Shows::Hit => time < self.hit,
            Shows::Clip => time < self.clip,
        }
    }

    /// When that changes, if nothing happens.
    pub fn wake(&self, shows: Shows, time: u64) -> Option<u64> {
        match shows {
            Shows::Ready | Shows::Fault => None,
            Shows::Loading => self.loading.map(|since| since + (blinks(since, time) + 1) * BLINK),
            Shows::Hit => Some(self.hit).filter(|until| time < *until),
            Shows::Clip => Some(self.clip).filter(|until| time < *until),
        }
    }
}

fn blinks(since: u64, time: u64) -> u64 {
    time.saturating_sub(since) / BLINK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::rng::Rng;

    /// What an LED does until 3 s: the moments, in ms, at which it goes on and off.
    fn changes(shows: Shows, signs: &[(u64, Sign)]) -> Vec<(u64, bool)> {
        let mut lamps = Lamps::default();
        let (mut lit, mut changes) = (false, Vec::new());
        let mut look = |lamps: &Lamps, time: u64| {
            if lamps.is_lit(shows, time) != lit {
                lit = !lit;
                changes.push((time / MS, lit));
            }
        };
        let mut now = 0;
        let ends = signs.iter().map(|&(ms, sign)| (ms * MS, Some(sign)));
        for (time, sign) in ends.chain([(3_000 * MS, None)]) {
            while let Some(wake) = lamps.wake(shows, now).filter(|wake| *wake <= time) {
                assert!(wake > now, "it wakes for nothing");
                now = wake;
                look(&lamps, now);
            }
            now = time;
            sign.into_iter().for_each(|sign| lamps.take(sign, now));
            look(&lamps, now);
        }
        changes
    }

    #[test]
    fn a_hit_lights_its_led_for_60_ms_and_clipping_for_a_second() {
        assert_eq!(changes(Shows::Hit, &[(100, Sign::Hit)]), [(100, true), (160, false)]);
        let clip = [(100, Sign::Clip), (700, Sign::Hit), (900, Sign::Clip)];
        assert_eq!(changes(Shows::Clip, &clip), [(100, true), (1_900, false)]);
    }

    #[test]
    fn sixteenths_at_a_fast_tempo_are_seen_one_by_one() {
        let hits: Vec<(u64, Sign)> = (0..16).map(|i| (i * 63, Sign::Hit)).collect();
        assert_eq!(changes(Shows::Hit, &hits).len(), 32);
    }

    #[test]
    fn loading_blinks_twice_a_second_however_often_it_is_said() {
        let signs =
            [(100, Sign::Loading(true)), (400, Sign::Loading(true)), (900, Sign::Loading(false))];
        assert_eq!(
            changes(Shows::Loading, &signs),
            [(100, true), (350, false), (600, true), (850, false)]
        );
    }

    #[test]
    fn ready_and_fault_are_lit_for_as_long_as_they_hold() {
        for (shows, sign) in [
            (Shows::Ready, Sign::Ready as fn(bool) -> Sign),
            (Shows::Fault, Sign::Fault as fn(bool) -> Sign),
        ] {
            let signs = [(5, sign(true)), (6, sign(true)), (70, Sign::Hit), (90, sign(false))];
            assert_eq!(changes(shows, &signs), [(5, true), (90, false)]);
        }
    }

    #[test]
    fn whatever_happens_no_led_wakes_twice_for_nothing_or_hangs() {
        let mut rng = Rng::new(3, 0);
        for _ in 0..200 {
            let mut time = 0;
            let signs: Vec<(u64, Sign)> = (0..20)
                .map(|_| {
                    time += rng.draw() % 300;
                    let on = rng.draw().is_multiple_of(2);
                    let all = [
                        Sign::Ready(on),
                        Sign::Loading(on),
                        Sign::Hit,
                        Sign::Clip,
                        Sign::Fault(on),
                    ];
                    (time.min(2_999), all[rng.draw() as usize % all.len()])
                })
                .collect();
            for (name, shows) in Shows::NAMES {
                let changes = changes(shows, &signs);
                assert!(changes.windows(2).all(|w| w[0].1 != w[1].1), "{name}: {signs:?}");
            }
        }
    }
}
