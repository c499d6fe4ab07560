//! Passwords at rest: one key seals, it and older ones open.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::key_file;
use super::key_source::KeySource;
use super::keys::{Key, Keys};
use super::old_format::OldKey;
use super::sealed::{Form, Place, SealedText};
use super::sealing_key::SealingKey;
use super::secret::Secret;
use crate::error::{Error, ErrorKind, Result};

/// Seals passwords with one key, and opens what that key or an older one has sealed.
///
/// With the existing system's key ([`Cipher::accept_old`]) it also opens what that system has stored, and stores in its form
/// where an operator asks for that.
pub struct Cipher {
    ring: RwLock<Ring>,
}

#[derive(Clone)]
struct Ring {
    current: Arc<SealingKey>,
    older: Vec<Arc<SealingKey>>,
    old: Option<Arc<OldKey>>,
    writes_old: bool,
}

/// What a stored text needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Sealed with the key that seals now.
    Current,
    /// Sealed with another.
    OtherKey,
    /// In the existing system's form, or in none.
    OldFormat,
}

impl Cipher {
    /// Takes a key from wherever the embedding program keeps it.
    #[must_use]
    pub fn from_key(key: Key) -> Self {
        Self::from_keys(Keys::new(key))
    }

    /// Takes several: the first seals, all of them open.
    #[must_use]
    pub fn from_keys(keys: Keys) -> Self {
        let current = Arc::new(SealingKey::new(&keys.current));
        let mut ring = Ring { current, older: Vec::new(), old: None, writes_old: false };
        keys.older.iter().for_each(|key| ring.add(SealingKey::new(key)));
        Self { ring: RwLock::new(ring) }
    }

    /// Takes the keys of a file, the environment, a keyring or a callback.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the source and what to do.
    pub fn from_source(source: &dyn KeySource) -> Result<Self> {
        source.keys().map(Self::from_keys)
    }

    /// Reads the key file, or makes it at first use (32 random bytes, mode 0600).
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the file: open to others, holding no keys, not readable, not to be made.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        key_file::read_or_create(path).map(Self::from_keys)
    }

    /// Reads the key file and never makes one: for a store that already holds sealed passwords.
    ///
    /// # Errors
    /// As [`Cipher::load_or_create`], and when there is no such file.
    pub fn load(path: &Path) -> Result<Self> {
        let keys = key_file::read(path)?.ok_or_else(|| {
            Error::new(ErrorKind::Cipher, "there is no key file").about(path.display().to_string()).hint(
                "put the key file back that belongs to this database; without it no stored password opens",
            )
        })?;
        Ok(Self::from_keys(keys))
    }

    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring_mut(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the key that seals, as sealed texts carry it.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.ring().current.id.clone()
    }

    /// The names of all keys that open, the one that seals first.
    #[must_use]
    pub fn key_ids(&self) -> Vec<String> {
        let ring = self.ring();
        std::iter::once(&ring.current).chain(&ring.older).map(|key| key.id.clone()).collect()
    }

    /// Seals with this key from now on; the one that sealed until now goes on opening. See
    /// [`Engine::rotate_key`](crate::Engine::rotate_key) for the stored passwords.
    pub fn seal_with(&self, key: &Key) -> String {
        let key = SealingKey::new(key);
        let id = key.id.clone();
        let mut ring = self.ring_mut();
        if ring.current.id != id {
            ring.older.retain(|older| older.id != id);
            let before = std::mem::replace(&mut ring.current, Arc::new(key));
            ring.older.insert(0, before);
        }
        id
    }

    /// Opens with this key as well: another process may have begun to seal with it.
    pub fn accept(&self, key: &Key) {
        self.ring_mut().add(SealingKey::new(key));
    }

    /// Forgets all keys but the one that seals, and says which.
    pub fn forget_older(&self) -> Vec<String> {
        std::mem::take(&mut self.ring_mut().older).into_iter().map(|key| key.id.clone()).collect()
    }

    /// Opens what the existing system has stored, too (`activity_settings.encryption_key`).
    pub fn accept_old(&self, key: OldKey) {
        self.ring_mut().old = Some(Arc::new(key));
    }

    /// Whether it can open what the existing system has stored.
    #[must_use]
    pub fn has_old(&self) -> bool {
        self.ring().old.is_some()
    }

    /// Stores passwords of credential sets and servers in the existing system's form from now on, or no longer: for a database
    /// that it shares with that system, which reads no other. The form is weak: equal passwords look equal, nothing notices a
    /// change, and the key lies in the same database.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`]: there is no key of that system ([`Cipher::accept_old`]).
    pub fn write_old_format(&self, writes: bool) -> Result<()> {
        let mut ring = self.ring_mut();
        if writes && ring.old.is_none() {
            return Err(Error::new(ErrorKind::Cipher, "the existing system's key is not at hand")
                .hint("give it first: activity_settings.encryption_key of its database"));
        }
        ring.writes_old = writes;
        Ok(())
    }

    /// Seals a password for one place. Every call gives another text.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`] when the machine gives no random bytes.
    pub fn seal(&self, secret: &Secret, place: Place<'_>) -> Result<SealedText> {
        let ring = self.ring().clone();
        match (&ring.old, place) {
            (Some(old), Place::CredentialSet(_) | Place::Server(_) | Place::ServerTag(_))
                if ring.writes_old =>
            {
                Ok(SealedText(old.seal(secret)))
            }
            _ => ring.current.seal(secret, place),
        }
    }

    /// Seals with the present key, whatever form is written otherwise.
    pub(super) fn seal_anew(&self, secret: &Secret, place: Place<'_>) -> Result<SealedText> {
        let current = self.ring().current.clone();
        current.seal(secret, place)
    }

    pub(super) fn standing(&self, sealed: &str) -> Standing {
        match Form::of(sealed) {
            Form::Ours { key_id, .. } if key_id == self.ring().current.id => Standing::Current,
            Form::Ours { .. } | Form::Newer => Standing::OtherKey,
            Form::Other => Standing::OldFormat,
        }
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the place and what to do: sealed with another key, for another place, damaged,
    /// or no sealed text at all. Never says anything of the text itself.
    pub fn open(&self, sealed: &str, place: Place<'_>) -> Result<Secret> {
        let refuse = |message: String, hint: &str| {
            Err(Error::new(ErrorKind::Cipher, message).about(place.to_string()).hint(hint))
        };
        let ring = self.ring().clone();
        let (key_id, coded) = match (Form::of(sealed), &ring.old) {
            (Form::Ours { key_id, coded }, _) => (key_id, coded),
            (Form::Newer, _) => {
                return refuse(
                    "the stored password was sealed by a newer version".to_owned(),
                    "use that version, or store the password again",
                );
            }
            (Form::Other, Some(old)) => return open_old(old, sealed, place),
            (Form::Other, None) if OldKey::is_likely(sealed) => {
                return refuse(
                    "the stored password is in the existing system's form, and that system's key is not at hand".to_owned(),
                    "give that key (activity_settings.encryption_key of its database), or store the password again",
                );
            }
            (Form::Other, None) => {
                return refuse(
                    "the stored password is not in a form this build reads".to_owned(),
                    "store the password again",
                );
            }
        };
        let Some(key) = ring.find(key_id) else {
            let key_id: String = key_id.chars().filter(char::is_ascii_hexdigit).take(12).collect();
            let at_hand = self.key_ids().join(", ");
            return refuse(
                format!("the stored password was sealed with key {key_id}, at hand is {at_hand}"),
                "put the key file back that it was sealed with, or store the password again",
            );
        };
        match key.open(coded, place) {
            Some(secret) => Ok(secret),
            None => refuse(
                "the stored password is damaged or belongs to another row".to_owned(),
                "store the password again",
            ),
        }
    }
}

impl Ring {
    fn add(&mut self, key: SealingKey) {
        if self.find(&key.id).is_none() {
            self.older.push(Arc::new(key));
        }
    }

    fn find(&self, id: &str) -> Option<&Arc<SealingKey>> {
        std::iter::once(&self.current).chain(&self.older).find(|key| key.id == id)
    }
}

fn open_old(old: &OldKey, sealed: &str, place: Place<'_>) -> Result<Secret> {
    old.open(sealed).ok_or_else(|| {
        Error::new(
            ErrorKind::Cipher,
            "the stored password cannot be decrypted with the existing system's key",
        )
        .about(place.to_string())
        .hint("check activity_settings.encryption_key, or store the password again")
    })
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

#[cfg(test)]
#[path = "cipher_tests.rs"]
mod tests;
