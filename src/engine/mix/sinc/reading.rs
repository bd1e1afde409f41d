//! The innermost loop of reading at another speed.

use super::STAGE;

/// Frames of output whose columns are added up together: of 8, 16 and 32 the fastest for
/// stereo on a desktop's processor.
const BATCH: usize = 8;

/// What the innermost loop reads.
pub struct Reading<'a> {
    pub(super) rows: &'a [f32],
    pub(super) left: &'a [f32],
    /// `None` for mono.
    pub(super) right: Option<&'a [f32; STAGE]>,
    /// The first frame's place, from the first window's first frame on.
    pub(super) first: u64,
    pub(super) step: u64,
    pub(super) gains: [f32; 2],
}

/// The sums of products in one processor's vectors. Each column is summed in order, one
/// multiplication and one addition a frame.
pub trait Weigh {
    /// For each side the frames of a window, weighted by what lies `part` of the way from
    /// the weights `here` to those of the `next` row.
    fn weigh<const SIDES: usize, const EIGHTS: usize>(
        here: &[Columns; EIGHTS],
        next: &[Columns; EIGHTS],
        part: f32,
        windows: [&[Columns; EIGHTS]; SIDES],
    ) -> [Columns; SIDES];
}

/// Makes `Vectors`, which weighs in the `Lanes` in scope.
macro_rules! vectors {
    () => {
        pub struct Vectors;

        impl crate::engine::mix::sinc::Weigh for Vectors {
            #[inline(always)]
            fn weigh<const SIDES: usize, const EIGHTS: usize>(
                here: &[[f32; 8]; EIGHTS],
                next: &[[f32; 8]; EIGHTS],
                part: f32,
                windows: [&[[f32; 8]; EIGHTS]; SIDES],
            ) -> [[f32; 8]; SIDES] {
                let part = Lanes::pairs([part; 2]);
                let mut sums = [[Lanes::ZERO; 8 / WIDTH]; SIDES];
                for (i, (here, next)) in here.iter().zip(next).enumerate() {
                    let mut weights = [Lanes::ZERO; 8 / WIDTH];
                    let rows = here.as_chunks::<WIDTH>().0.iter().zip(next.as_chunks::<WIDTH>().0);
                    for (weight, (here, next)) in weights.iter_mut().zip(rows) {
                        let here = Lanes::load(here);
                        *weight = here.plus(Lanes::load(next).minus(here).times(part));
                    }
                    for (sums, window) in sums.iter_mut().zip(windows) {
                        let Some(window) = window.get(i) else { continue };
                        let window = window.as_chunks::<WIDTH>().0;
                        for ((sum, weight), x) in sums.iter_mut().zip(&weights).zip(window) {
                            *sum = sum.plus(Lanes::load(x).times(*weight));
                        }
                    }
                }
                let mut columns = [[0.0; 8]; SIDES];
                for (columns, sums) in columns.iter_mut().zip(&sums) {
                    for (column, sum) in columns.as_chunks_mut::<WIDTH>().0.iter_mut().zip(sums) {
                        sum.store(column);
                    }
                }
                columns
            }
        }
    };
}
pub(in crate::engine::mix) use vectors;

/// Adds a reading whose windows have `taps` frames.
#[inline(always)]
pub fn add_reading<V: Weigh>(taps: usize, reading: &Reading, out: &mut [f32]) {
    match taps {
        ..=24 => windows::<V, 3>(reading, out),
        25..=32 => windows::<V, 4>(reading, out),
        33..=40 => windows::<V, 5>(reading, out),
        _ => windows::<V, 6>(reading, out),
    }
}

/// Windows of `EIGHTS` times eight frames.
#[inline(always)]
fn windows<V: Weigh, const EIGHTS: usize>(reading: &Reading, out: &mut [f32]) {
    match reading.right {
        Some(right) => sides::<V, 2, EIGHTS>(reading, [reading.left, right], out),
        None => sides::<V, 1, EIGHTS>(reading, [reading.left], out),
    }
}

/// Sums in eight columns that are added pairwise at the end: the same order whatever the
/// vectors' width.
pub type Columns = [f32; 8];

/// Adds two sides, or one to both. The columns of a batch lie in memory before they are
/// added up: otherwise the compiler lets the order of that last sum decide how it makes
/// vectors, and makes them of two values.
#[inline(always)]
fn sides<V: Weigh, const SIDES: usize, const EIGHTS: usize>(
    reading: &Reading,
    sides: [&[f32]; SIDES],
    out: &mut [f32],
) {
    let (rows, _) = reading.rows.as_chunks::<8>();
    let (rows, _) = rows.as_chunks::<EIGHTS>();
    let [to_left, to_right] = reading.gains;
    let mut place = reading.first;
    let mut sums: [[Columns; SIDES]; BATCH] = [[[0.0; 8]; SIDES]; BATCH];
    for out in out.chunks_mut(2 * BATCH) {
        let (out, _) = out.as_chunks_mut::<2>();
        for (sums, _) in sums.iter_mut().zip(out.iter()) {
            let Some(found) = weighted::<V, SIDES, EIGHTS>(rows, sides, place) else { return };
            *sums = found;
            place += reading.step;
        }
        let all = sums.as_flattened_mut();
        halve::<4>(all);
        halve::<2>(all);
        for ([l, r], sums) in out.iter_mut().zip(&sums) {
            let (Some([a, b, ..]), Some([c, d, ..])) = (sums.first(), sums.last()) else { return };
            *l += (a + b) * to_left;
            *r += (c + d) * to_right;
        }
    }
}

/// Adds the second `HALF` columns to the first.
#[inline(always)]
fn halve<const HALF: usize>(sums: &mut [Columns]) {
    for sums in sums {
        let (low, high) = sums.split_at_mut(HALF);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
    }
}

/// For each side the frames around a place, weighted.
#[inline(always)]
fn weighted<V: Weigh, const SIDES: usize, const EIGHTS: usize>(
    rows: &[[Columns; EIGHTS]],
    sides: [&[f32]; SIDES],
    place: u64,
) -> Option<[Columns; SIDES]> {
    let between = place as u32;
    let phase = (between >> 24) as usize;
    // exact: 24 bits
    let part = (between & 0xFF_FFFF) as f32 / (1 << 24) as f32;
    let at = (place >> 32) as usize;
    let [here, next] = rows.get(phase..)?.first_chunk()?;
    let mut windows = [&[[0.0; 8]; EIGHTS]; SIDES];
    for (window, side) in windows.iter_mut().zip(sides) {
        *window = side.get(at..)?.as_chunks().0.first_chunk()?;
    }
    Some(V::weigh(here, next, part, windows))
}
