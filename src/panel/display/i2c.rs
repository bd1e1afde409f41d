//! The bus, by the kernel's `/dev/i2c-N`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use i2cdev::core::I2CDevice;
use i2cdev::linux::LinuxI2CDevice;

/// Where the kernel lists the buses that programs may use, with their names.
const BUSES: &str = "/sys/class/i2c-dev";

/// One address of a bus.
pub trait Wire {
    /// Writes these bytes in one transfer. Waits for the bus: some 25 µs a byte at 400 kHz,
    /// 90 µs at 100 kHz; longer where the bus is stuck.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Wire for LinuxI2CDevice {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        I2CDevice::write(self, bytes).map_err(io::Error::from)
    }
}

/// Opens an address of a bus (a path, or a part of the bus's name), or says in words why
/// not. Whether anything answers there shows at the first write.
pub fn open(bus: &str, address: u16) -> Result<LinuxI2CDevice, String> {
    let path = find(bus, Path::new(BUSES))?;
    LinuxI2CDevice::new(&path, address).map_err(|error| refused(&path, address, error.into()))
}

/// The path of a bus. `listed`: the folder with a folder for each bus.
fn find(bus: &str, listed: &Path) -> Result<PathBuf, String> {
    if bus.contains('/') {
        return Ok(bus.into());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(listed).into_iter().flatten().flatten() {
        let name = fs::read_to_string(entry.path().join("name")).unwrap_or_default();
        names.push((Path::new("/dev").join(entry.file_name()), name.trim().to_owned()));
    }
    names.sort();
    let found = names.iter().find(|(_, name)| name.contains(bus));
    found.map(|(path, _)| path.clone()).ok_or_else(|| match &names[..] {
        [] => format!("this machine has no I²C bus: {SWITCH_ON}"),
        names => {
            let names: Vec<String> = names
                .iter()
                .map(|(path, name)| format!("{} is '{name}'", path.display()))
                .collect();
            format!("no I²C bus has '{bus}' in its name: {}", names.join(", "))
        }
    })
}

/// How a bus comes to be there.
const SWITCH_ON: &str = "on a Raspberry Pi switch it on with `raspi-config nonint do_i2c 0` or \
                         dtparam=i2c_arm=on in config.txt, elsewhere load the module i2c-dev";

fn refused(path: &Path, address: u16, error: io::Error) -> String {
    let path = path.display();
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::NotFound, _) => format!("{path} is not there: {SWITCH_ON}"),
        (io::ErrorKind::PermissionDenied, _) => format!(
            "{path} may not be opened: the user must belong to the group that owns it, \
             usually i2c"
        ),
        (_, Some(libc::EBUSY)) => {
            format!("the address {address:#04X} of {path} is in use by a driver of the kernel")
        }
        (_, Some(libc::ENOTTY)) => format!("{path} is not an I²C bus"),
        _ => format!("{path} cannot be opened: {error}"),
    }
}

/// Why a display cannot be written to, in words.
pub fn lost(bus: &str, address: u16, error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ETIMEDOUT) => {
            format!("the I²C bus {bus} is stuck: look at its wires and what else is on it")
        }
        Some(libc::ENODEV) => format!("the I²C bus {bus} has gone"),
        Some(libc::EOPNOTSUPP) => {
            format!("the I²C bus {bus} can do SMBus only, which is not enough")
        }
        _ => format!(
            "nothing answers at {address:#04X} on {bus}: look at the wires and the address \
             ({error})"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: i32) -> String {
        refused(Path::new("/dev/i2c-1"), 0x3C, io::Error::from_raw_os_error(code))
    }

    #[test]
    fn a_bus_that_cannot_be_had_gets_a_sentence() {
        let why = open("/dev/i2c-none", 0x3C).err().unwrap();
        assert!(why.starts_with("/dev/i2c-none is not there: on a Raspberry Pi switch"), "{why}");
        let why = open("/dev/null", 0x3C).err().unwrap();
        assert_eq!(why, "/dev/null is not an I²C bus");
        assert!(refusal(libc::EACCES).contains("usually i2c"));
        assert_eq!(
            refusal(libc::EBUSY),
            "the address 0x3C of /dev/i2c-1 is in use by a driver of the kernel"
        );
    }

    #[test]
    fn a_bus_is_found_by_a_part_of_its_name() {
        let folder = std::env::temp_dir().join(format!("rimshot-i2c-{}", std::process::id()));
        for (bus, name) in [("i2c-1", "bcm2835 (i2c@7e804000)\n"), ("i2c-20", "fef04500.i2c\n")] {
            fs::create_dir_all(folder.join(bus)).unwrap();
            fs::write(folder.join(bus).join("name"), name).unwrap();
        }
        assert_eq!(find("7e804000", &folder), Ok("/dev/i2c-1".into()));
        assert_eq!(
            find("ch341", &folder),
            Err("no I²C bus has 'ch341' in its name: /dev/i2c-1 is 'bcm2835 (i2c@7e804000)', \
                 /dev/i2c-20 is 'fef04500.i2c'"
                .into())
        );
        fs::remove_dir_all(&folder).unwrap();
        assert!(find("x", &folder).unwrap_err().starts_with("this machine has no I²C bus: "));
        assert_eq!(find("/dev/i2c-7", &folder), Ok("/dev/i2c-7".into()));
    }

    #[test]
    fn a_display_that_does_not_answer_gets_a_sentence() {
        let said = |code| lost("/dev/i2c-1", 0x3C, &io::Error::from_raw_os_error(code));
        assert!(said(libc::EREMOTEIO).starts_with("nothing answers at 0x3C on /dev/i2c-1: look"));
        assert!(said(libc::ETIMEDOUT).contains("stuck"));
        assert_eq!(said(libc::ENODEV), "the I²C bus /dev/i2c-1 has gone");
    }
}
