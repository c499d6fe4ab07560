//! Passwords at rest: sealed with XChaCha20-Poly1305, bound to the place they are stored in.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::key_file::{self, KEY_LENGTH, Key};
use super::secret::Secret;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{CredentialSetId, ServerId};

const VERSION: &str = "dsm1";
const NONCE_LENGTH: usize = 24;

/// A sealed password as a column holds it: `dsm1:<key id>:<base64 of nonce and ciphertext>`.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedText(String);

impl SealedText {
    /// The column's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The column's text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for SealedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedText(…)")
    }
}

/// Where a sealed password is stored. It opens nowhere else, so that one row's cannot be put into another's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// `credential_sets.password_encrypted` of a set.
    CredentialSet(CredentialSetId),
    /// `servers.idrac_password_encrypted` of a server known by its row.
    Server(ServerId),
    /// The same, of a server known by its service tag only: a scan seals before the store has given it a row.
    ServerTag(&'a str),
    /// A column of the embedding program.
    Other {
        /// Table and column.
        column: &'a str,
        /// What tells the row from others.
        row: &'a str,
    },
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CredentialSet(id) => write!(f, "credential_sets.password_encrypted of {id}"),
            Self::Server(id) => write!(f, "servers.idrac_password_encrypted of {id}"),
            Self::ServerTag(tag) => write!(f, "servers.idrac_password_encrypted of service tag {tag}"),
            Self::Other { column, row } => write!(f, "{column} of {row}"),
        }
    }
}

/// Seals and opens passwords with one key.
pub struct Cipher {
    key_id: String,
    aead: XChaCha20Poly1305,
}

impl Cipher {
    /// Takes a key from wherever the embedding program keeps it.
    #[must_use]
    pub fn from_key(key: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        Self::new(&key)
    }

    /// Reads the key file, or makes it at first use (32 random bytes, mode 0600).
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], naming the file: open to others, of another length, not readable, not to be made.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        key_file::read_or_create(path).map(|key| Self::new(&key))
    }

    /// Reads the key file and never makes one: for a store that already holds sealed passwords.
    ///
    /// # Errors
    /// As [`Cipher::load_or_create`], and when there is no such file.
    pub fn load(path: &Path) -> Result<Self> {
        let key = key_file::read(path)?.ok_or_else(|| {
            Error::new(ErrorKind::Cipher, "there is no key file").about(path.display().to_string()).hint(
                "put the key file back that belongs to this database; without it no stored password opens",
            )
        })?;
        Ok(Self::new(&key))
    }

    fn new(key: &Key) -> Self {
        // A hash of the key names it in sealed texts and errors, and says nothing about it.
        let digest = Sha256::new().chain_update(b"dsm key id").chain_update(&key[..]).finalize();
        let key_id = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { key_id, aead: XChaCha20Poly1305::new((&**key).into()) }
    }

    /// The name of the key, as sealed texts carry it.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Seals a password for one place. Every call gives another text.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`] when the machine gives no random bytes.
    pub fn seal(&self, secret: &Secret, place: Place<'_>) -> Result<SealedText> {
        let nonce = XNonce::try_generate().map_err(|error| {
            Error::new(ErrorKind::Cipher, "the machine gives no random bytes")
                .about(place.to_string())
                .hint("check the system's random source")
                .with_source(error)
        })?;
        let bound = self.bound_to(place);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: bound.as_bytes() };
        let ciphertext = self.aead.encrypt(&nonce, payload).map_err(|_| {
            Error::new(ErrorKind::Cipher, "the password is too long to be sealed").about(place.to_string())
        })?;
        let coded = STANDARD.encode([nonce.as_slice(), &ciphertext].concat());
        Ok(SealedText(format!("{VERSION}:{}:{coded}", self.key_id)))
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
        let mut parts = sealed.trim().splitn(3, ':');
        let (Some(VERSION), Some(key_id), Some(coded)) = (parts.next(), parts.next(), parts.next()) else {
            return refuse(
                "the stored password is not in a form this build reads".to_owned(),
                "store the password again",
            );
        };
        if key_id != self.key_id {
            let key_id: String = key_id.chars().filter(char::is_ascii_hexdigit).take(12).collect();
            return refuse(
                format!(
                    "the stored password was sealed with key {key_id}, the key at hand is {}",
                    self.key_id
                ),
                "put the key file back that it was sealed with, or store the password again",
            );
        }
        let opened = STANDARD.decode(coded).ok().and_then(|bytes| {
            let (nonce, msg) = bytes.split_first_chunk::<NONCE_LENGTH>()?;
            let bound = self.bound_to(place);
            let text = self.aead.decrypt(nonce.into(), Payload { msg, aad: bound.as_bytes() }).ok()?;
            String::from_utf8(text).ok()
        });
        match opened {
            Some(text) => Ok(Secret::new(text)),
            None => refuse(
                "the stored password is damaged or belongs to another row".to_owned(),
                "store the password again",
            ),
        }
    }

    /// What a ciphertext is bound to beside its key. Lengths go before texts, so that no two places share one.
    fn bound_to(&self, place: Place<'_>) -> String {
        let (column, row) = match place {
            Place::CredentialSet(id) => ("credential_sets.password_encrypted", id.to_string()),
            Place::Server(id) => ("servers.idrac_password_encrypted/id", id.to_string()),
            Place::ServerTag(tag) => ("servers.idrac_password_encrypted/tag", tag.to_owned()),
            Place::Other { column, row } => (column, row.to_owned()),
        };
        let kind = u8::from(matches!(place, Place::Other { .. }));
        format!("{VERSION}:{}:{kind}:{}:{column}:{}:{row}", self.key_id, column.len(), row.len())
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(byte: u8) -> Cipher {
        Cipher::from_key(Zeroizing::new([byte; KEY_LENGTH]))
    }

    #[test]
    fn opens_what_it_sealed_and_never_seals_the_same_twice() {
        let (cipher, id) = (cipher(1), CredentialSetId::new());
        for password in ["calvin", "", "pa\\ss\\x41", "pässwörd 🔑", &"x".repeat(10_000)] {
            let secret = Secret::new(password);
            let (one, two) = (
                cipher.seal(&secret, Place::CredentialSet(id)).expect("sealed"),
                cipher.seal(&secret, Place::CredentialSet(id)).expect("sealed"),
            );
            assert_ne!(one, two);
            assert!(one.as_str().starts_with(&format!("dsm1:{}:", cipher.key_id())));
            assert!(password.is_empty() || !one.as_str().contains(password));
            assert_eq!(cipher.open(two.as_str(), Place::CredentialSet(id)).expect("opened"), secret);
        }
    }

    #[test]
    fn a_ciphertext_opens_in_its_own_place_only() {
        let cipher = cipher(1);
        let id = uuid::Uuid::now_v7();
        let row = id.to_string();
        let places = [
            Place::CredentialSet(CredentialSetId(id)),
            Place::Server(ServerId(id)),
            Place::ServerTag(&row),
            Place::ServerTag("7ABCDE1"),
            Place::Other { column: "credential_sets.password_encrypted", row: &row },
            Place::Other { column: "a:1", row: "b" },
            Place::Other { column: "a", row: "1:b" },
        ];
        for sealed_for in places {
            let sealed = cipher.seal(&Secret::new("planted-7f"), sealed_for).expect("sealed");
            for place in places {
                let opened = cipher.open(sealed.as_str(), place);
                assert_eq!(opened.is_ok(), place == sealed_for, "{sealed_for} in {place}");
                if let Err(error) = opened {
                    assert_eq!(error.subject(), Some(place.to_string().as_str()));
                }
            }
        }
    }

    #[test]
    fn another_key_is_named_and_the_way_out_with_it() {
        let (place, secret) = (Place::Server(ServerId::new()), Secret::new("planted-7f"));
        let sealed = cipher(1).seal(&secret, place).expect("sealed");
        let error = cipher(2).open(sealed.as_str(), place).expect_err("another key");
        assert_eq!(error.kind(), ErrorKind::Cipher);
        let text = format!("{error} {error:?}");
        assert!(text.contains(cipher(1).key_id()) && text.contains(cipher(2).key_id()), "{text}");
        assert!(text.contains("put the key file back") && !text.contains("planted"), "{text}");
    }

    #[test]
    fn damage_anywhere_is_an_error_and_never_a_panic() {
        let (cipher, place) = (cipher(1), Place::Server(ServerId::new()));
        let sealed = cipher.seal(&Secret::new("planted-7f"), place).expect("sealed").into_string();
        for at in 0..sealed.len() {
            for other in ['A', 'B', ':', '0'] {
                let mut damaged = sealed.clone();
                damaged.replace_range(at..=at, &other.to_string());
                if damaged != sealed {
                    let error = cipher.open(&damaged, place).expect_err("damaged");
                    assert_eq!(error.kind(), ErrorKind::Cipher);
                }
            }
            cipher.open(&sealed[..at], place).expect_err("cut off");
        }
        for nonsense in ["", "calvin", "dsm1", "dsm1::", "dsm2:aa:bb", "md+L5w3djs6IymPpoTz/YQ=="] {
            cipher.open(nonsense, place).expect_err(nonsense);
        }
        cipher.open(&format!("{sealed}\n"), place).expect("a line end does no harm");
    }

    #[test]
    fn a_key_file_gives_the_same_cipher_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("dsm.db.key");
        assert!(
            Cipher::load(&path).expect_err("not there yet").to_string().contains("put the key file back")
        );
        let place = Place::Server(ServerId::new());
        let first = Cipher::load_or_create(&path).expect("made");
        let sealed = first.seal(&Secret::new("planted-7f"), place).expect("sealed");
        let again = Cipher::load(&path).expect("read");
        assert_eq!(again.open(sealed.as_str(), place).expect("opened").expose(), "planted-7f");
        assert_eq!(format!("{again:?} {sealed:?}"), "Cipher(…) SealedText(…)");
    }
}
