//! What blocks cost: processor time of each, as shares of the time that a block lasts.

use std::fmt::{self, Write as _};

/// A value keeps so many bits below its highest: percentiles are right to 0.8 %, and hours
/// of blocks of one frame take no more memory than a minute of large ones.
const BITS: u32 = 7;
const FINE: usize = (64 - BITS as usize + 1) << BITS;

/// Upper ends of the drawn buckets in nanoseconds: 1, 2, 5, 10 …, three a decade, up to
/// 50 ms; longer ones share the last.
const DECADES: u32 = 6;
const FIRST_NANOS: u64 = 100;

/// Characters of the longest bar.
const WIDTH: usize = 40;
/// Eighths of a character cell, from the left.
const BARS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// Processor time of this thread in nanoseconds, from an arbitrary start. What other
/// programs take meanwhile does not count.
fn processor_nanos() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a value of ours that outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// What was measured of all blocks so far.
#[derive(Debug, Clone)]
pub struct Stats {
    /// How long a block lasts, in nanoseconds.
    period: f64,
    /// What the clock itself adds to each measurement, in nanoseconds.
    clock: u64,
    blocks: u64,
    total: u64,
    worst: u64,
    voices: u64,
    fine: Box<[u64]>,
    /// What calls of no frames took since the last block.
    carried: u64,
}

impl Stats {
    /// For blocks of so many frames at this rate in frames a second.
    pub fn new(block: usize, rate: u32) -> Self {
        let reading = |_| {
            let before = processor_nanos();
            processor_nanos() - before
        };
        Self {
            period: block as f64 * 1e9 / f64::from(rate.max(1)),
            clock: (0..100).map(reading).min().unwrap_or(0),
            blocks: 0,
            total: 0,
            worst: 0,
            voices: 0,
            fine: vec![0; FINE].into(),
            carried: 0,
        }
    }

    /// Measures what `work` takes, which makes so many frames.
    pub fn measure(&mut self, frames: usize, work: impl FnOnce()) {
        let before = processor_nanos();
        work();
        let taken = (processor_nanos() - before).saturating_sub(self.clock);
        self.add(frames, taken);
    }

    /// A call that made no frames belongs to the next block.
    fn add(&mut self, frames: usize, nanos: u64) {
        self.carried += nanos;
        if frames == 0 {
            return;
        }
        let nanos = std::mem::take(&mut self.carried);
        self.blocks += 1;
        self.total += nanos;
        self.worst = self.worst.max(nanos);
        if let Some(count) = self.fine.get_mut(fine(nanos)) {
            *count += 1;
        }
    }

    /// So many voices sounded at the end of the block that was measured last.
    pub fn voices(&mut self, voices: u32) {
        self.voices += u64::from(voices);
    }

    /// The time that this share (0..=1) of all blocks does not exceed, in nanoseconds.
    fn percentile(&self, share: f64) -> u64 {
        let rank = ((share * self.blocks as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let at = self.fine.iter().position(|&count| {
            seen += count;
            seen >= rank
        });
        at.map_or(0, |at| top(at).min(self.worst))
    }

    /// Counts of the drawn buckets, with their ends in nanoseconds.
    fn rows(&self) -> Vec<(u64, u64, u64)> {
        let ends = (0..DECADES)
            .flat_map(|decade| [1, 2, 5].map(|step| step * FIRST_NANOS * 10u64.pow(decade)));
        let mut rows: Vec<(u64, u64, u64)> = Vec::new();
        let mut from = 0;
        for end in ends.chain([u64::MAX]) {
            rows.push((from, end, 0));
            from = end;
        }
        for (at, &count) in self.fine.iter().enumerate().filter(|&(_, &count)| count > 0) {
            let row = rows.iter_mut().find(|(_, end, _)| top(at).min(self.worst) <= *end);
            if let Some((.., sum)) = row {
                *sum += count;
            }
        }
        let used = |row: &(u64, u64, u64)| row.2 > 0;
        let first = rows.iter().position(used).unwrap_or(0);
        let last = rows.iter().rposition(used).map_or(0, |last| last + 1);
        rows.drain(..).take(last).skip(first).collect()
    }
}

/// The fine bucket of a value.
fn fine(nanos: u64) -> usize {
    let octave = (nanos >> BITS).checked_ilog2().map_or(0, |above| above + 1);
    let place = if octave == 0 { nanos } else { (nanos >> (octave - 1)) - (1 << BITS) };
    ((octave as usize) << BITS) + place as usize
}

/// The largest value of a fine bucket.
fn top(at: usize) -> u64 {
    let (octave, place) = ((at >> BITS) as u32, (at & ((1 << BITS) - 1)) as u64);
    match octave.checked_sub(1) {
        None => place,
        Some(shift) => (((1 << BITS) + place + 1) << shift).wrapping_sub(1),
    }
}

/// Nanoseconds as microseconds, with as many digits as are worth reading.
fn micros(nanos: f64) -> String {
    let us = nanos / 1e3;
    let digits = if us < 10.0 { 2 } else { usize::from(us < 1000.0) };
    format!("{us:.digits$} µs")
}

/// A bar of this share (0..=1) of the full width; what is there at all is seen.
fn bar(share: f64) -> String {
    let eighths = ((share * (8 * WIDTH) as f64).round() as usize).max(1);
    let mut bar = "█".repeat(eighths / 8);
    if let Some(rest) = BARS.get(eighths % 8).filter(|rest| **rest != ' ') {
        bar.push(*rest);
    }
    bar
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let blocks = self.blocks.max(1) as f64;
        write!(f, "{} blocks of {}, processor time of each", self.blocks, micros(self.period))?;
        let lines = [
            ("mean", self.total as f64 / blocks),
            ("p50", self.percentile(0.5) as f64),
            ("p90", self.percentile(0.9) as f64),
            ("p99", self.percentile(0.99) as f64),
            ("p99.9", self.percentile(0.999) as f64),
            ("worst", self.worst as f64),
        ];
        for (name, nanos) in lines {
            let share = 100.0 * nanos / self.period;
            write!(f, "\n{name:<6}{:>12} {share:>8.2} % of the block", micros(nanos))?;
        }
        write!(f, "\nvoices {:.1} on average", self.voices as f64 / blocks)?;
        let rows = self.rows();
        let most = rows.iter().map(|row| row.2).max().unwrap_or(1).max(1);
        for (from, end, count) in rows {
            let mut line = format!("{:>9} to ", micros(from as f64));
            match end {
                u64::MAX => line.push_str("     more"),
                end => write!(line, "{:>9}", micros(end as f64))?,
            }
            if count > 0 {
                let share = 100.0 * count as f64 / blocks;
                let bar = bar(count as f64 / most as f64);
                write!(line, " │{bar:<WIDTH$} {share:>6.2} %  {count}")?;
            } else {
                line.push_str(" │");
            }
            write!(f, "\n{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fine_buckets_follow_each_other_without_gap_or_overlap() {
        assert_eq!(fine(u64::MAX), FINE - 1);
        assert_eq!(top(FINE - 1), u64::MAX);
        for at in 0..FINE - 1 {
            assert_eq!(fine(top(at)), at);
            assert_eq!(fine(top(at) + 1), at + 1);
        }
    }

    #[test]
    fn percentiles_are_the_times_that_so_many_blocks_do_not_exceed() {
        let mut stats = Stats::new(48, 48_000);
        for nanos in (1..=1000).rev() {
            stats.add(48, nanos * 1000);
        }
        assert_eq!((stats.blocks, stats.worst, stats.total), (1000, 1_000_000, 500_500_000));
        for (share, micros) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (0.999, 999.0)] {
            let found = stats.percentile(share) as f64 / 1e3;
            assert!((found / micros - 1.0).abs() < 0.008, "{share}: {found}");
        }
        let said = stats.to_string();
        assert!(said.starts_with("1000 blocks of 1000 µs, processor time of each\n"), "{said}");
        assert!(said.contains("\nworst      1000 µs   100.00 % of the block\n"), "{said}");
    }

    #[test]
    fn the_histogram_is_drawn_from_the_fastest_to_the_slowest_block() {
        let mut stats = Stats::new(64, 48_000);
        for nanos in [1_500; 80].into_iter().chain([7_000; 20]).chain([300_000_000]) {
            stats.add(64, nanos);
            stats.voices(3);
        }
        let said = stats.to_string();
        assert!(said.contains("\nvoices 3.0 on average\n"), "{said}");
        let rows: Vec<&str> = said.lines().filter(|line| line.contains('│')).collect();
        assert_eq!(rows.len(), 15, "{said}");
        assert!(rows[0].starts_with("  1.00 µs to   2.00 µs │████████"), "{said}");
        assert!(rows[0].ends_with("  79.21 %  80"), "{said}");
        assert!(rows[1].ends_with('│'), "{said}");
        assert!(rows[2].contains("│██████████ "), "{said}");
        assert!(rows[14].starts_with(" 50000 µs to      more │▌"), "{said}");
    }

    #[test]
    fn what_calls_without_frames_take_is_part_of_the_next_block() {
        let mut stats = Stats::new(64, 48_000);
        stats.add(0, 10);
        stats.add(0, 20);
        stats.add(64, 70);
        assert_eq!((stats.blocks, stats.total, stats.worst), (1, 100, 100));
    }

    #[test]
    fn a_render_of_nothing_has_no_histogram_and_no_odd_numbers() {
        let said = Stats::new(64, 48_000).to_string();
        assert!(said.starts_with("0 blocks") && !said.contains("NaN"), "{said}");
        assert!(!said.contains('│'), "{said}");
    }
}
