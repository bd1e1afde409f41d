//! `[panel.display]`.

use std::time::Duration;

use super::kinds::{Name, Setting};
use super::settings;
use crate::panel::display::Settings;
use crate::words::spec::{Table, Value};

/// The addresses of the I²C bus that are not reserved (NXP UM10204, 3.1.12), and some at the
/// lower end that displays use.
const ADDRESSES: std::ops::RangeInclusive<i64> = 0x03..=0x77;

/// An address on an I²C bus, or "auto".
pub struct Address {
    pub name: Name,
}

impl Address {
    /// The address, `None` for "auto" and where it is absent or wrong (which is reported).
    fn read(&self, table: Option<&Table>) -> Option<u16> {
        let value = table?.get(self.name.key)?;
        let number = |value: &Value| match value.as_str() {
            Some(text) => i64::from_str_radix(text.strip_prefix("0x")?, 16).ok(),
            None => value.as_integer(),
        };
        if value.as_str() == Some("auto") {
            return None;
        }
        let found = number(&value).filter(|number| ADDRESSES.contains(number));
        let found = found.or_else(|| value.wrong(self.name.key, &self.allowed()));
        found.and_then(|number| u16::try_from(number).ok())
    }
}

impl Setting for Address {
    fn name(&self) -> &Name {
        &self.name
    }
    fn allowed(&self) -> String {
        "\"auto\", or 0x03 … 0x77".to_owned()
    }
    fn default_text(&self) -> Option<String> {
        Some("\"auto\"".to_owned())
    }
}

/// Reads the table.
pub(super) fn read(table: Option<&Table>) -> Settings {
    let minutes = |minutes: u16| match minutes {
        0 => None,
        minutes => Some(Duration::from_secs(60 * u64::from(minutes))),
    };
    Settings {
        kind: settings::KIND.read(table),
        bus: settings::BUS.read(table),
        address: settings::ADDRESS.read(table),
        rotated: settings::ROTATED.read(table),
        brightness: settings::BRIGHTNESS.read(table),
        dim_after: minutes(settings::DIM.read(table)),
        off_after: minutes(settings::OFF.read(table)),
    }
}
