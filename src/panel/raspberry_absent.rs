//! In a build for another architecture than the Raspberry Pi's there is no rppal.

use super::Gpio;

/// Whether rppal is in this build.
pub(super) const HERE: bool = false;

/// Says that it is not here.
pub(super) fn open() -> Result<Box<dyn Gpio>, String> {
    Err("the backend \"rppal\" is for a Raspberry Pi and not in this build; allowed here: \
         \"auto\", \"chardev\", \"none\""
        .into())
}
