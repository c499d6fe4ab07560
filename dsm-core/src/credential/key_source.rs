//! Where keys come from: never from the database they are for.

use std::fmt::{self, Debug};
use std::path::PathBuf;

use super::key_file;
use super::keys::{Key, Keys};
use crate::error::{Error, ErrorKind, Result};

/// A place outside the database that has the keys.
pub trait KeySource: Send + Sync + Debug {
    /// The keys, the one that seals first.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the source and the way out.
    fn keys(&self) -> Result<Keys>;
}

/// A file that its owner alone can read: 32 bytes, or lines of base64 or hexadecimal, the first of which seals.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// Where.
    pub path: PathBuf,
    /// Made at first use, where it is not there.
    pub is_made: bool,
}

impl KeyFile {
    /// Puts a new random key before those in the file, which stay: it seals from now on, the others open. On the disk when
    /// this returns, so that nothing is sealed with a key that a kill or the power supply takes away.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the file.
    pub fn add_new(&self) -> Result<Key> {
        let before = self.keys()?;
        let current = Keys::random()?;
        let older = std::iter::once(before.current).chain(before.older).collect();
        key_file::replace(&self.path, &Keys { current: current.clone(), older })?;
        Ok(current)
    }

    /// Leaves the key that seals alone in the file: once [nothing needs the others](crate::Engine::forget_old_keys).
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the file.
    pub fn forget_older(&self) -> Result<()> {
        let keys = self.keys()?;
        if keys.older.is_empty() { Ok(()) } else { key_file::replace(&self.path, &Keys::new(keys.current)) }
    }
}

impl KeySource for KeyFile {
    fn keys(&self) -> Result<Keys> {
        if self.is_made {
            return key_file::read_or_create(&self.path);
        }
        key_file::read(&self.path)?.ok_or_else(|| {
            Error::new(ErrorKind::Cipher, "there is no key file").about(self.path.display().to_string()).hint(
                "put the key file back that belongs to this database; without it no stored password opens",
            )
        })
    }
}

/// An environment variable, `DSM_KEY` by default: keys as base64 or hexadecimal, separated by commas, the first of which seals.
#[derive(Debug, Clone)]
pub struct KeyVariable {
    /// Its name.
    pub name: String,
}

impl Default for KeyVariable {
    fn default() -> Self {
        Self { name: "DSM_KEY".to_owned() }
    }
}

impl KeySource for KeyVariable {
    fn keys(&self) -> Result<Keys> {
        let text = std::env::var(&self.name).map(zeroize::Zeroizing::new).map_err(|_| {
            Error::new(ErrorKind::Cipher, "the variable with the key is not set")
                .about(self.name.clone())
                .hint("set it to 32 random bytes as base64 or hexadecimal; `openssl rand -base64 32` makes some")
        })?;
        Keys::parse(&text).map_err(|error| error.about(self.name.clone()))
    }
}

/// Whatever the embedding program has: an operating system's keyring, a vault, a hardware module.
pub struct KeyCallback<F>(
    /// Asked once, when the keys are wanted.
    pub F,
);

impl<F: Fn() -> Result<Keys> + Send + Sync> KeySource for KeyCallback<F> {
    fn keys(&self) -> Result<Keys> {
        (self.0)()
    }
}

impl<F> Debug for KeyCallback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCallback(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Cipher, Place, Secret};
    use crate::id::ServerId;

    #[test]
    fn a_callback_gives_what_a_keyring_has() {
        let text = Keys::new(Keys::random().expect("random")).to_text();
        let kept = text.clone();
        let source = KeyCallback(move || Keys::parse(&kept));
        let place = Place::Server(ServerId::new());
        let sealed = Cipher::from_source(&source)
            .expect("a key")
            .seal(&Secret::new("planted-7f"), place)
            .expect("sealed");
        let again = Cipher::from_source(&source).expect("the same key");
        assert_eq!(again.open(sealed.as_str(), place).expect("opened").expose(), "planted-7f");
        assert!(!format!("{source:?}").contains(text.trim()));
    }

    #[test]
    fn a_file_gets_a_new_key_and_loses_the_old_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = KeyFile { path: folder.path().join("key"), is_made: true };
        let first = file.keys().expect("made").current;
        let second = file.add_new().expect("added");
        let both = file.keys().expect("read");
        assert_eq!((*both.current, *both.older[0]), (*second, *first));
        file.forget_older().expect("forgotten");
        file.forget_older().expect("nothing to do");
        let one = file.keys().expect("read");
        assert_eq!((*one.current, one.older.len()), (*second, 0));
    }

    #[test]
    fn a_source_without_a_key_names_itself_and_the_way_out() {
        let variable = KeyVariable { name: "DSM_KEY_THAT_NOBODY_SETS".to_owned() };
        let error = variable.keys().expect_err("not set");
        assert_eq!((error.kind(), error.subject()), (ErrorKind::Cipher, Some("DSM_KEY_THAT_NOBODY_SETS")));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let error = KeyFile { path: path.clone(), is_made: false }.keys().expect_err("not there");
        assert_eq!(error.subject(), Some(path.display().to_string().as_str()));
        KeyFile { path, is_made: true }.keys().expect("made");
        assert_eq!(KeyVariable::default().name, "DSM_KEY");
        // The one variable that is surely set, and surely no key.
        let error = KeyVariable { name: "PATH".to_owned() }.keys().expect_err("no key");
        assert_eq!(error.subject(), Some("PATH"));
    }
}
