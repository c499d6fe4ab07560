//! One key: XChaCha20-Poly1305, bound to the place a text is stored in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::keys::Key;
use super::sealed::{Place, SealedText, VERSION};
use super::secret::Secret;
use crate::error::{Error, ErrorKind, Result};

const NONCE_LENGTH: usize = 24;

/// A key at work.
pub(super) struct SealingKey {
    pub(super) id: String,
    aead: XChaCha20Poly1305,
}

impl SealingKey {
    pub(super) fn new(key: &Key) -> Self {
        // A hash of the key names it in sealed texts and errors, and says nothing about it.
        let digest = Sha256::new().chain_update(b"dsm key id").chain_update(&key[..]).finalize();
        let id = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { id, aead: XChaCha20Poly1305::new((&**key).into()) }
    }

    pub(super) fn seal(&self, secret: &Secret, place: Place<'_>) -> Result<SealedText> {
        let nonce = XNonce::try_generate().map_err(|error| {
            Error::new(ErrorKind::Cipher, "the machine gives no random bytes")
                .about(place.to_string())
                .hint("check the system's random source")
                .with_source(error)
        })?;
        let bound = place.bound_to(&self.id);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: bound.as_bytes() };
        let ciphertext = self.aead.encrypt(&nonce, payload).map_err(|_| {
            Error::new(ErrorKind::Cipher, "the password is too long to be sealed").about(place.to_string())
        })?;
        let coded = STANDARD.encode([nonce.as_slice(), &ciphertext].concat());
        Ok(SealedText(format!("{VERSION}:{}:{coded}", self.id)))
    }

    /// The secret; nothing where the text is damaged or of another place.
    pub(super) fn open(&self, coded: &str, place: Place<'_>) -> Option<Secret> {
        let bytes = STANDARD.decode(coded).ok()?;
        let (nonce, msg) = bytes.split_first_chunk::<NONCE_LENGTH>()?;
        let bound = place.bound_to(&self.id);
        let text = self.aead.decrypt(nonce.into(), Payload { msg, aad: bound.as_bytes() }).ok()?;
        Secret::from_utf8(text)
    }
}
