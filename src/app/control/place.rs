//! Where the socket lies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::app::config::Socket;

const FILE: &str = "rimshot.sock";
/// The service's folder: systemd/rimshot.service has it made.
const SERVICE: &str = "/run/rimshot";

/// Where a module puts its socket, if anywhere: what is configured, else the folder that
/// systemd made for it, else the user's own for such things, else the service's.
pub fn of_module(socket: &Socket) -> Option<PathBuf> {
    module(socket, |name| std::env::var_os(name))
}

/// Where the socket of a module may lie, the likeliest first: what is configured, else the
/// user's own module, else the service.
pub fn of_clients(socket: &Socket) -> Vec<PathBuf> {
    clients(socket, |name| std::env::var_os(name))
}

fn folder(variable: impl Fn(&str) -> Option<OsString>, name: &str) -> Option<PathBuf> {
    // systemd names several folders with colons between them; the unit asks for one
    let folders = variable(name)?.into_string().ok()?;
    let first = folders.split(':').next().unwrap_or_default();
    Path::new(first).is_absolute().then(|| PathBuf::from(first))
}

fn module(socket: &Socket, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    match socket {
        Socket::None => None,
        Socket::Path(path) => Some(path.clone()),
        Socket::Auto => {
            let given = ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"];
            let folder = given.into_iter().find_map(|name| folder(&variable, name));
            Some(folder.unwrap_or_else(|| PathBuf::from(SERVICE)).join(FILE))
        }
    }
}

fn clients(socket: &Socket, variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    match socket {
        Socket::None => Vec::new(),
        Socket::Path(path) => vec![path.clone()],
        Socket::Auto => {
            let own = folder(variable, "XDG_RUNTIME_DIR");
            let folders = own.into_iter().chain([PathBuf::from(SERVICE)]);
            folders.map(|folder| folder.join(FILE)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into())
    }

    #[test]
    fn the_service_has_the_folder_that_systemd_made_and_a_user_his_own() {
        let at = |variables: &[_]| module(&Socket::Auto, set(variables)).unwrap();
        let user = ("XDG_RUNTIME_DIR", "/run/user/1000");
        let both = [("RUNTIME_DIRECTORY", "/run/a:/run/b"), user];
        assert_eq!(at(&both), Path::new("/run/a/rimshot.sock"));
        assert_eq!(at(&[user]), Path::new("/run/user/1000/rimshot.sock"));
        for odd in ["", "here"] {
            let found = at(&[("XDG_RUNTIME_DIR", odd)]);
            assert_eq!(found, Path::new("/run/rimshot/rimshot.sock"));
        }
    }

    #[test]
    fn a_client_tries_the_users_own_module_before_the_service() {
        let found = clients(&Socket::Auto, set(&[("XDG_RUNTIME_DIR", "/run/user/1000")]));
        let wanted = ["/run/user/1000/rimshot.sock", "/run/rimshot/rimshot.sock"];
        assert_eq!(found, wanted.map(PathBuf::from));
    }

    #[test]
    fn what_is_configured_is_the_only_place() {
        let path = Socket::Path("/srv/s".into());
        assert_eq!(module(&path, set(&[])), Some("/srv/s".into()));
        assert_eq!(clients(&path, set(&[])), [PathBuf::from("/srv/s")]);
        assert_eq!(module(&Socket::None, set(&[])), None);
        assert!(clients(&Socket::None, set(&[])).is_empty());
    }
}
