//! Our strokes beside recorded ones.

use crate::measure::{Measures, names};
use crate::recorded::Strokes;

/// A measure is marked as outside from so many recorded instruments on: fewer are no spread.
const ENOUGH: usize = 3;
/// By so much, dB, a level may lie outside and not be marked.
const SMALL_DB: f64 = 0.5;
/// By so many octaves for 10 dB, a growth.
const SMALL_GROWTH: f64 = 0.05;

/// Least, median and greatest of some values, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The middle one, or the mean of the two middle ones.
    pub median: f64,
    /// The greatest.
    pub max: f64,
    /// How many.
    pub count: usize,
}

impl Spread {
    /// None of no values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let count = values.len();
        let (min, max) = (*values.first()?, *values.last()?);
        let median = f64::midpoint(values[(count - 1) / 2], values[count / 2]);
        Some(Self { min, median, max, count })
    }
}

/// A measure of ours beside the recorded ones.
#[derive(Debug, Clone)]
pub struct Row {
    /// What is measured.
    pub name: String,
    /// Ours, over the variations of one level (or the pairs of strokes).
    pub ours: Option<Spread>,
    /// Recorded, over the instruments.
    pub recorded: Option<Spread>,
}

impl Row {
    /// −1: below what is recorded, 1: above, each by more than nobody would hear: a tenth of
    /// a time or a frequency, [`SMALL_DB`], [`SMALL_GROWTH`]. The median of ours counts.
    pub fn outside(&self) -> i32 {
        let (Some(ours), Some(r)) = (self.ours, self.recorded) else { return 0 };
        let (least, most) = match self.name.rsplit(' ').next() {
            Some("ms" | "s" | "Hz") => (0.9 * r.min, 1.1 * r.max),
            _ if self.name.starts_with("growth") => (r.min - SMALL_GROWTH, r.max + SMALL_GROWTH),
            _ => (r.min - SMALL_DB, r.max + SMALL_DB),
        };
        let outside = i32::from(ours.median > most) - i32::from(ours.median < least);
        if r.count < ENOUGH { 0 } else { outside }
    }
}

/// The measures of the hardest strokes, then of all levels.
pub fn hardest(ours: &Strokes, recorded: &[Strokes]) -> Vec<Row> {
    let mut rows = level(ours, recorded, |strokes| strokes.levels.last());
    rows.push(Row {
        name: "growth oct/10 dB".into(),
        ours: Spread::of(ours.growth()),
        recorded: Spread::of(recorded.iter().filter_map(Strokes::growth)),
    });
    rows.push(Row {
        name: "difference dB".into(),
        ours: Spread::of(ours.differences()),
        recorded: Spread::of(recorded.iter().flat_map(Strokes::differences)),
    });
    rows
}

/// The measures of the softest strokes, beside instruments of at least three levels.
pub fn softest(ours: &Strokes, recorded: &[Strokes]) -> Vec<Row> {
    level(ours, recorded, |strokes| strokes.levels.first().filter(|_| strokes.levels.len() > 2))
}

type Level = Vec<(std::path::PathBuf, Measures)>;

fn level<F>(ours: &Strokes, recorded: &[Strokes], pick: F) -> Vec<Row>
where
    F: Fn(&Strokes) -> Option<&Level>,
{
    let values = |strokes: &Strokes, i: usize| -> Option<Spread> {
        Spread::of(pick(strokes)?.iter().filter_map(|(_, m)| m.values()[i]))
    };
    let row = |(i, name)| Row {
        name,
        ours: values(ours, i),
        recorded: Spread::of(recorded.iter().filter_map(|r| Some(values(r, i)?.median))),
    };
    names().into_iter().enumerate().map(row).collect()
}
