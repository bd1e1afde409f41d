//! The kind of setting that `curve` is: a preset's name, or points.

use super::kinds::{Name, Setting, quoted};
use crate::engine::touch::{CURVE_POINTS, CURVES, Curve};
use crate::words::spec::{Table, Value};

/// A velocity curve.
pub struct Curves {
    pub name: Name,
}

impl Curves {
    /// The curve, or the one below where it is absent or wrong (which is reported).
    pub fn read_over(&self, table: &Table, below: Curve) -> Curve {
        let key = self.name.key;
        let found = table.get(key).and_then(|value| {
            if value.is_array() { self.points(&value) } else { value.choice(key, &CURVES) }
        });
        found.unwrap_or(below)
    }

    fn points(&self, list: &Value) -> Option<Curve> {
        let key = self.name.key;
        let items = list.array(key)?;
        let mut points = [[0.0f32; 2]; CURVE_POINTS];
        if !(2..=CURVE_POINTS).contains(&items.len()) {
            let count = items.len();
            list.error(format!("'{key}' has {count} points; allowed: 2 to {CURVE_POINTS}"));
            return None;
        }
        let mut last = 0.0;
        for (place, item) in points.iter_mut().zip(&items) {
            let pair = item.array(key)?;
            let [from, to] = &pair[..] else {
                item.error(format!("'{key}' has points of two velocities, as in [64, 80]"));
                return None;
            };
            let velocity = |value: &Value| value.number(key, 1.0..=127.0).map(|v| v as f32);
            *place = [velocity(from)?, velocity(to)?];
            if place[0] <= last {
                from.error(format!("'{key}': the first numbers of its points must rise"));
                return None;
            }
            last = place[0];
        }
        Some(Curve::Points(points, items.len()))
    }
}

impl Setting for Curves {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        format!("{}, or 2 to {CURVE_POINTS} points from [1, 1] to [127, 127]", quoted(&CURVES))
    }
    fn default_text(&self) -> Option<String> {
        Some(format!("\"{}\"", CURVES[0].0))
    }
}
