//! Stems: a file for each slot that a take strikes, beside its mix.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::app::wavfile::{self, Format, WavFile};
use crate::engine::strips::{Strip, Strips};
use crate::kit::sample;
use crate::words::Slot;
use crate::words::limits::MAX_PAIRS;

/// What the room sounds in.
const ROOM: &str = "reverb";
/// What the slots are in that have no file of their own.
const OTHERS: &str = "others";

/// Which slot sounds on which pair of outputs, and what the pairs are called.
#[derive(Debug, PartialEq, Eq)]
pub struct Routes {
    /// Names of the pairs, in order.
    names: Vec<String>,
    /// The pairs of slots, in order of the slots.
    pairs: Vec<(Slot, usize)>,
    /// What shares the last pair, if anything does.
    others: Vec<Slot>,
}

impl Routes {
    /// A pair for each of these slots as long as there are pairs, the last one for all that
    /// are left. A `room` has the first pair, where the engine lets it sound, for itself.
    pub fn new(struck: &[Slot], room: bool) -> Self {
        let mut names: Vec<String> = room.then(|| ROOM.to_owned()).into_iter().collect();
        let free = MAX_PAIRS - names.len();
        let own = if struck.len() > free { free - 1 } else { struck.len() };
        let (own, others) = struck.split_at(own);
        let first = names.len();
        names.extend(own.iter().map(Slot::to_string));
        let last = names.len();
        if !others.is_empty() {
            names.push(OTHERS.to_owned());
        }
        let own = own.iter().zip(first..).map(|(&slot, pair)| (slot, pair));
        let pairs = own.chain(others.iter().map(|&slot| (slot, last))).collect();
        Self { names, pairs, others: others.to_vec() }
    }

    /// How many pairs of outputs are used, at least 1.
    pub fn pairs(&self) -> usize {
        self.names.len().max(1)
    }

    /// These strips, each on its pair.
    pub fn over(&self, strips: &Strips) -> Strips {
        let mut routed = strips.clone();
        for &(slot, pair) in &self.pairs {
            routed.set(slot, Strip { pair, ..strips.of(slot) });
        }
        routed
    }
}

/// A folder that goes again with its maker unless something is in it.
struct Made(Option<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            // refused where files are in it, as it should be
            let _ = fs::remove_dir(folder);
        }
    }
}

/// The files of the stems while they are written. Dropped unfinished they leave nothing.
pub struct Stems {
    routes: Routes,
    // before the folder: it can go only when they have
    files: Vec<WavFile>,
    _made: Made,
    peaks: Vec<f32>,
}

impl Stems {
    /// Begins a file for each pair of outputs in `folder`, which is made where it is
    /// missing. `mix`: the file that is written beside them.
    ///
    /// # Errors
    /// A sentence where one of them cannot be made.
    pub fn create(
        folder: &Path,
        routes: Routes,
        mix: Option<&Path>,
        rate: u32,
        format: Format,
    ) -> Result<Self, String> {
        let mut made = Made(None);
        if !routes.names.is_empty() && !folder.is_dir() {
            let refused = |e: io::Error| match e.kind() {
                io::ErrorKind::AlreadyExists => {
                    "it is there already and is not a folder".to_owned()
                }
                _ => e.to_string(),
            };
            fs::create_dir(folder)
                .map_err(|e| format!("{}: cannot be made: {}", folder.display(), refused(e)))?;
            made = Made(Some(folder.to_owned()));
        }
        let path = |name: &String| folder.join(format!("{name}.wav"));
        let real =
            |path: &Path| Some((path.parent()?.canonicalize().ok()?, path.file_name()?.to_owned()));
        // `x.wav` has the parent ``, which is no folder's name
        let mix = mix.and_then(|mix| real(&Path::new(".").join(mix)));
        let clash = routes.names.iter().map(path).find(|path| mix.is_some() && real(path) == mix);
        if let Some(clash) = clash {
            let clash = clash.display();
            return Err(format!("{clash}: is a stem's name: the mix must have another one"));
        }
        let files = routes.names.iter().map(|name| WavFile::create(&path(name), rate, format));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let peaks = vec![0.0; files.len()];
        Ok(Self { routes, files, _made: made, peaks })
    }

    /// Adds frames, interleaved stereo, one pair after the other.
    ///
    /// # Errors
    /// A sentence where the disk is full or the like.
    pub fn write(&mut self, frames: &[f32]) -> Result<(), String> {
        let pair = (frames.len() / self.routes.pairs()).max(1);
        let files = self.files.iter_mut().zip(&mut self.peaks);
        for ((file, peak), frames) in files.zip(frames.chunks_exact(pair)) {
            *peak = peak.max(sample::peak(frames));
            file.write(frames)?;
        }
        Ok(())
    }

    /// Completes the files, and `mix` with them: all of them or none.
    ///
    /// # Errors
    /// A sentence where the disk is full or the like.
    pub fn finish(mut self, mix: Option<WavFile>) -> Result<Heard, String> {
        wavfile::finish_all(mix.into_iter().chain(self.files.drain(..)).collect())?;
        let Routes { names, others, .. } = self.routes;
        let loud = self.peaks.iter().zip(&names).filter(|(peak, _)| **peak > 1.0);
        let loud = loud.map(|(_, name)| name.clone()).collect();
        Ok(Heard { names, others, loud })
    }
}

/// What the summary says of finished stems.
#[derive(Debug)]
pub struct Heard {
    /// The files, without `.wav`.
    pub names: Vec<String>,
    /// What shares the last of them.
    pub others: Vec<Slot>,
    /// Those whose peaks are above full scale.
    pub loud: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(count: usize) -> Vec<Slot> {
        Slot::all().take(count).collect()
    }

    #[test]
    fn every_slot_has_a_pair_and_the_room_the_first() {
        let struck = [Slot::KICK, Slot::HIHAT];
        let dry = Routes::new(&struck, false);
        assert_eq!((dry.names.join(" "), dry.pairs()), ("kick hihat".to_owned(), 2));
        let wet = Routes::new(&struck, true);
        assert_eq!((wet.names.join(" "), wet.pairs()), ("reverb kick hihat".to_owned(), 3));
        let mut strips = Strips::default();
        strips.set(Slot::HIHAT, Strip { level: 0.5, pair: 7, ..Strip::default() });
        let routed = wet.over(&strips);
        assert_eq!(routed.of(Slot::HIHAT), Strip { level: 0.5, pair: 2, ..Strip::default() });
        assert_eq!(routed.of(Slot::KICK).pair, 1);
        assert_eq!(Routes::new(&[], false).pairs(), 1);
    }

    #[test]
    fn more_slots_than_pairs_share_the_last_pair() {
        for (room, free) in [(false, MAX_PAIRS), (true, MAX_PAIRS - 1)] {
            let all = Routes::new(&slots(free), room);
            assert_eq!((all.pairs(), all.others.len()), (MAX_PAIRS, 0));
            assert_eq!(all.names.last().unwrap(), &slots(free).last().unwrap().to_string());
            let more = Routes::new(&slots(free + 3), room);
            assert_eq!((more.pairs(), more.others.len()), (MAX_PAIRS, 4));
            assert_eq!(more.names.last().unwrap(), OTHERS);
            let strips = more.over(&Strips::default());
            let pairs: Vec<usize> = slots(free + 3).iter().map(|&s| strips.of(s).pair).collect();
            let first = usize::from(room);
            assert!(pairs[..free - 1].iter().copied().eq(first..MAX_PAIRS - 1));
            assert_eq!(pairs[free - 1..], [MAX_PAIRS - 1; 4]);
        }
    }
}
