//! Whether a catalogue comes from whom the operator trusts.

use std::fmt;
use std::io::Read;

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents,
};

use super::openpgp::{self, Packet, RsaKey, RsaSignature};
use crate::error::{Error, ErrorKind, Result};

/// Longest document whose signature is checked, in bytes. It is held in memory: the packed catalogue has some megabytes.
const LONGEST_DOCUMENT: u64 = 256 << 20;

/// The OpenPGP keys that an operator trusts to sign catalogues.
///
/// Checked are detached RSA signatures (2048 to 8192 bits) of version 4 with SHA-256 or longer: what Dell puts beside its
/// catalogues as `….sign`. A key in the ring is trusted because the operator put it there; when it was made, until when it
/// is meant to be used and who vouches for it is not looked at.
pub struct Keyring {
    keys: Vec<RsaKey>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fingerprints()).finish()
    }
}

impl Keyring {
    /// Reads a file of public keys, in ASCII armour or without.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where it holds no RSA key of version 4.
    pub fn parse(file: &[u8]) -> Result<Self> {
        let packets = openpgp::read(file).unwrap_or_default();
        let keys: Vec<_> = packets
            .into_iter()
            .filter_map(|packet| match packet {
                Packet::Key(key) => Some(key),
                Packet::Signature(_) => None,
            })
            .collect();
        if keys.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "the key file holds no OpenPGP key for RSA"));
        }
        Ok(Self { keys })
    }

    /// The fingerprints of the keys and subkeys, hexadecimal.
    pub fn fingerprints(&self) -> impl Iterator<Item = String> {
        self.keys.iter().map(fingerprint)
    }

    /// Checks the detached signature of a document: of the catalogue file as it was fetched, packed or not. The fingerprint
    /// of the key that signed it comes back.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where no key of the ring made a signature of this document, or it cannot be read.
    pub fn verify(&self, document: impl Read, signature: &[u8]) -> Result<String> {
        let refused = |why: &str| Error::new(ErrorKind::InvalidInput, why.to_owned());
        let mut signed = Vec::new();
        let read = document.take(LONGEST_DOCUMENT + 1).read_to_end(&mut signed);
        let length =
            read.map_err(|error| refused("the signed document cannot be read").with_source(error))?;
        if length as u64 > LONGEST_DOCUMENT {
            return Err(refused("the signed document is too long to be checked"));
        }
        let packets = openpgp::read(signature).unwrap_or_default();
        let signatures = packets.into_iter().filter_map(|packet| match packet {
            Packet::Signature(signature) => Some(signature),
            Packet::Key(_) => None,
        });
        let mut is_signed = false;
        for signature in signatures {
            is_signed = true;
            signed.truncate(length);
            signed.extend_from_slice(&signature.trailer);
            if let Some(key) = self.keys.iter().find(|key| is_by(key, &signature, &signed)) {
                return Ok(fingerprint(key));
            }
        }
        Err(refused(if is_signed {
            "the signature is not of this document, or not by a key in the ring"
        } else {
            "the signature file holds no detached OpenPGP signature for RSA"
        }))
    }
}

/// Whether this key signed these bytes (the document and the signature's own trailer).
fn is_by(key: &RsaKey, signature: &RsaSignature, signed: &[u8]) -> bool {
    let algorithm = match signature.hash {
        8 => &RSA_PKCS1_2048_8192_SHA256,
        9 => &RSA_PKCS1_2048_8192_SHA384,
        10 => &RSA_PKCS1_2048_8192_SHA512,
        _ => return false,
    };
    // OpenPGP drops the zeros in front, RSA counts them.
    let Some(zeros) = key.modulus.len().checked_sub(signature.value.len()) else { return false };
    let value = [vec![0; zeros], signature.value.clone()].concat();
    RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent }.verify(algorithm, signed, &value).is_ok()
}

fn fingerprint(key: &RsaKey) -> String {
    key.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect()
}
