//! The key file, which only its owner can read: 32 random bytes, or several keys as text while passwords go over to a new one.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as IoKind, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::keys::{KEY_LENGTH, Key, Keys};
use crate::error::{Error, ErrorKind, Result};

/// More than anybody has keys for.
const MOST_BYTES: u64 = 16 * 1024;

/// Where the key of a database file lies unless its owner says otherwise: beside it, as `<name>.key`.
#[must_use]
pub fn key_path_beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".key");
    PathBuf::from(path)
}

/// Reads the keys; nothing if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Keys>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == IoKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(trouble(path, "the key file cannot be opened", "make it readable for this user")
                .with_source(error));
        }
    };
    // Of the open file, not of the path: what was checked is what is read.
    let metadata = file.metadata().map_err(|error| {
        trouble(path, "the key file cannot be examined", "check the file").with_source(error)
    })?;
    if !metadata.is_file() {
        return Err(trouble(path, "the key is no plain file", "give the path of a file of 32 bytes"));
    }
    refuse_if_others_may_read(path, &metadata)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_LENGTH));
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| {
        trouble(path, "the key file cannot be read", "check the file and its disk").with_source(error)
    })?;
    keys_of(&bytes).map(Some).ok_or_else(|| {
        let length = metadata.len();
        trouble(
            path,
            &format!("the key file has {length} bytes and holds no keys; a key has {KEY_LENGTH} bytes"),
            "put the right key file back; a new key cannot open what the old one sealed",
        )
    })
}

fn keys_of(bytes: &[u8]) -> Option<Keys> {
    match <[u8; KEY_LENGTH]>::try_from(bytes) {
        Ok(key) => Some(Keys::new(Key::new(key))),
        Err(_) => Keys::parse(std::str::from_utf8(bytes).ok()?).ok(),
    }
}

/// Puts keys in place of those in the file: whole or not at all, and on the disk when this returns.
pub(super) fn replace(path: &Path, keys: &Keys) -> Result<()> {
    let failed = |error: std::io::Error| {
        trouble(path, "the key file cannot be replaced", "make its folder writable").with_source(error)
    };
    let beside = beside(path);
    let replaced = if keys.older.is_empty() {
        write_new(&beside, &keys.current[..])
    } else {
        write_new(&beside, keys.to_text().as_bytes())
    }
    .and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&beside);
    }
    replaced.and_then(|()| sync_folder(path)).map_err(failed)
}

fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", uuid::Uuid::new_v4()));
    PathBuf::from(beside)
}

/// Reads the key, or makes one: whole or not at all, and never over another one.
pub(super) fn read_or_create(path: &Path) -> Result<Keys> {
    if let Some(keys) = read(path)? {
        return Ok(keys);
    }
    let failed = |error: std::io::Error| {
        trouble(
            path,
            "the key file cannot be made",
            "make its folder writable, or put a key of 32 random bytes there, mode 0600",
        )
        .with_source(error)
    };
    let key = Keys::random().map_err(|error| error.about(path.display().to_string()))?;
    // Written beside and linked into place: another process never sees half a key, and of two that make one at the
    // same time both end up with the same.
    let beside = beside(path);
    let linked = write_new(&beside, &key[..]).and_then(|()| fs::hard_link(&beside, path));
    let _ = fs::remove_file(&beside);
    match linked {
        Ok(()) => sync_folder(path).map_err(failed).map(|()| Keys::new(key)),
        Err(error) if error.kind() == IoKind::AlreadyExists => {
            read(path)?.ok_or_else(|| failed(IoKind::NotFound.into()))
        }
        Err(error) => Err(failed(error)),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The name must be as durable as the bytes: passwords will be sealed with this key.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(unix)]
fn refuse_if_others_may_read(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(trouble(
        path,
        &format!("the key file is open to others (mode {mode:04o})"),
        &format!("run: chmod 600 '{}'", path.display()),
    ))
}

#[cfg(not(unix))]
fn refuse_if_others_may_read(_path: &Path, _metadata: &fs::Metadata) -> Result<()> {
    Ok(())
}

fn trouble(path: &Path, message: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Cipher, message).about(path.display().to_string()).hint(hint)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn made_once_and_read_ever_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = key_path_beside(&folder.path().join("dsm.db"));
        assert!(path.ends_with("dsm.db.key"));
        assert!(read(&path).expect("no trouble").is_none());
        let key = read_or_create(&path).expect("made");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(*read_or_create(&path).expect("read").current, *key.current);
        assert_ne!(*key.current, [0; KEY_LENGTH]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing left beside it");
    }

    #[test]
    fn many_at_once_get_the_same_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let keys: Vec<Keys> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| read_or_create(&path).expect("a key"))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(keys.iter().all(|key| *key.current == *keys[0].current));
    }

    #[test]
    fn a_key_others_can_read_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        read_or_create(&path).expect("made");
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
            let error = read_or_create(&path).expect_err("open to others");
            assert_eq!(error.kind(), ErrorKind::Cipher);
            let text = error.to_string();
            assert!(text.contains(&path.display().to_string()) && text.contains("chmod 600"), "{text}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("chmod");
        read_or_create(&path).expect("the owner alone");
    }

    #[test]
    fn a_key_of_another_length_is_refused_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        for length in [0, 31, 33] {
            let _ = fs::remove_file(&path);
            write_new(&path, &vec![7; length]).expect("written");
            let error = read_or_create(&path).expect_err("wrong length");
            assert!(error.to_string().contains(&format!("{length} bytes")), "{error}");
            assert_eq!(fs::read(&path).expect("kept").len(), length);
        }
        assert_eq!(read(folder.path()).expect_err("a folder").kind(), ErrorKind::Cipher);
        read_or_create(&folder.path().join("no/such/folder/key")).expect_err("no folder");
    }

    #[test]
    fn several_keys_are_put_in_place_of_one_and_one_in_place_of_several() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let first = read_or_create(&path).expect("made").current;
        let second = Keys::random().expect("random");
        replace(&path, &Keys { current: second.clone(), older: vec![first.clone()] }).expect("replaced");
        let both = read(&path).expect("read").expect("there");
        assert_eq!((*both.current, both.older.len(), *both.older[0]), (*second, 1, *first));
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        replace(&path, &Keys::new(second.clone())).expect("replaced");
        let one = read(&path).expect("read").expect("there");
        assert_eq!(
            (*one.current, one.older.len(), fs::metadata(&path).expect("there").len()),
            (*second, 0, 32)
        );
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing left beside it");
    }
}
