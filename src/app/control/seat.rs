//! Taking the socket's place, and leaving it.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// The owner and the group, and nobody else.
const MODE: u32 = 0o660;
const GROUPS: &str = "/etc/group";

/// The socket's place. The socket goes with it.
#[derive(Debug)]
pub struct Seat {
    /// Where clients connect.
    pub listener: UnixListener,
    path: PathBuf,
    lock_path: PathBuf,
    /// Locked for as long as this lives: what tells a living module's socket from one that a
    /// killed module left behind.
    _lock: File,
}

/// A socket at `path` for members of `group` (a name or a number; `None` is the process's
/// own), in place of one that a module left which is no more; and a sentence where the
/// group cannot have it. The folder is made where it is missing.
///
/// # Errors
/// A sentence: another module has the place, or it cannot be taken.
pub fn take(path: &Path, group: Option<&str>) -> Result<(Seat, Option<String>), String> {
    let named = |error: io::Error| format!("no socket at {}: {error}", path.display());
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        fs::create_dir(folder).map_err(named)?;
    }
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let lock = locked(&lock_path).map_err(named)?.ok_or_else(|| {
        format!("another rimshot plays already and has the socket {}", path.display())
    })?;
    // Whoever had it is no more.
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path).map_err(named)?,
        Ok(_) => return Err(format!("no socket at {}: another file is there", path.display())),
        Err(_) => {}
    }
    let listener = UnixListener::bind(path).map_err(named)?;
    let seat = Seat { listener, path: path.to_owned(), lock_path, _lock: lock };
    let given = group.map(|group| give(path, group)).transpose();
    // Last, so that nobody of the old group comes in before.
    fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(named)?;
    seat.listener.set_nonblocking(true).map_err(named)?;
    Ok((seat, given.err()))
}

/// The locked file, or `None` where somebody else has it.
fn locked(path: &Path) -> io::Result<Option<File>> {
    loop {
        // Whoever can open it can lock it.
        let mut private = File::options();
        private.create(true).truncate(false).write(true).mode(0o600);
        let file = private.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Its last owner may have taken it away in between: then it is nobody's mark.
        let same = |there: fs::Metadata| Ok(there.ino() == file.metadata()?.ino());
        match fs::metadata(path).and_then(same) {
            Ok(true) => return Ok(Some(file)),
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

fn give(path: &Path, group: &str) -> Result<(), String> {
    let keeps = "the socket stays with the group that rimshot runs in";
    let number = match group.parse() {
        Ok(number) => Some(number),
        Err(_) => group_number(&fs::read_to_string(GROUPS).unwrap_or_default(), group),
    };
    let number =
        number.ok_or_else(|| format!("there is no group '{group}' in {GROUPS}; {keeps}"))?;
    chown(path, None, Some(number))
        .map_err(|error| format!("the group '{group}' cannot have the socket: {error}; {keeps}"))
}

/// The number of a group in the text of group(5): `name:password:number:members`.
fn group_number(text: &str, group: &str) -> Option<u32> {
    let mut fields = text.lines().map(|line| line.split(':'));
    let mut entry =
        fields.find_map(|mut fields| (fields.next() == Some(group)).then_some(fields))?;
    entry.nth(1)?.parse().ok()
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.lock_path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("rimshot-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_seat_can_be_taken_once_and_again_when_it_is_left_and_leaves_nothing() {
        let folder = Folder::new("seat");
        let path = folder.0.join("run/s.sock");
        let (seat, said) = take(&path, None).unwrap();
        assert_eq!(said, None);
        UnixStream::connect(&path).unwrap();
        assert_eq!(
            take(&path, None).unwrap_err(),
            format!("another rimshot plays already and has the socket {}", path.display())
        );
        UnixStream::connect(&path).expect("the refused one has changed nothing");
        drop(seat);
        drop(take(&path, None).unwrap());
        assert_eq!(fs::read_dir(folder.0.join("run")).unwrap().count(), 0);
    }

    #[test]
    fn a_socket_that_a_killed_module_left_is_replaced_and_another_file_is_not() {
        let folder = Folder::new("stale");
        let path = folder.0.join("s.sock");
        drop(UnixListener::bind(&path).unwrap());
        fs::write(folder.0.join("s.sock.lock"), "").unwrap();
        assert!(UnixStream::connect(&path).is_err());
        let (seat, _) = take(&path, None).unwrap();
        UnixStream::connect(&path).unwrap();
        drop(seat);
        fs::write(&path, "mine").unwrap();
        let sentence = take(&path, None).unwrap_err();
        assert!(sentence.ends_with("s.sock: another file is there"), "{sentence}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn the_group_may_use_it_and_others_may_not_and_an_unknown_group_is_a_sentence() {
        let folder = Folder::new("group");
        let path = folder.0.join("s.sock");
        let own = fs::metadata(&folder.0).unwrap().gid();
        for (group, sentence) in [
            (own.to_string(), None),
            (
                "nosuch:".to_owned(),
                Some(
                    "there is no group 'nosuch:' in /etc/group; the socket stays with the group \
                     that rimshot runs in",
                ),
            ),
        ] {
            let (_seat, said) = take(&path, Some(&group)).unwrap();
            assert_eq!(said.as_deref(), sentence);
            let found = fs::metadata(&path).unwrap();
            assert_eq!((found.mode() & 0o777, found.gid()), (0o660, own));
        }
    }

    #[test]
    fn a_place_that_cannot_be_is_a_sentence() {
        let folder = Folder::new("nowhere");
        for path in ["a/b/s.sock".to_owned(), "x".repeat(200)] {
            let sentence = take(&folder.0.join(path), None).unwrap_err();
            assert!(sentence.starts_with("no socket at /"), "{sentence}");
        }
        assert!(fs::read_dir(&folder.0).unwrap().count() <= 1, "a lock at the most");
    }

    #[test]
    fn a_group_is_found_by_its_whole_name() {
        let text = "root:x:0:\naudio:x:29:joe\nrimshot:x:995:joe,ann\nodd\n";
        assert_eq!(group_number(text, "rimshot"), Some(995));
        assert_eq!(group_number(text, "rim"), None);
        assert_eq!(group_number(text, "odd"), None);
    }
}
