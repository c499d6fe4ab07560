//! Fingerprints of certificates, and who remembers them.

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind};

/// SHA-256 of an end-entity certificate's DER. Written as `AB:CD:…`, as browsers and OpenSSL show it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Fingerprint {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = Error;

    /// Reads 64 hexadecimal digits, colons or not, `sha256:` before them or not.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || Error::new(ErrorKind::InvalidInput, format!("{text:?} is not a SHA-256 fingerprint"));
        let trimmed = text.trim();
        let digits = match trimmed.get(..7) {
            Some(prefix) if prefix.eq_ignore_ascii_case("sha256:") => &trimmed[7..],
            _ => trimmed,
        };
        let mut nibbles =
            digits.chars().filter(|&c| c != ':').map(|c| c.to_digit(16).map(|digit| digit as u8));
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let high = nibbles.next().flatten().ok_or_else(refuse)?;
            let low = nibbles.next().flatten().ok_or_else(refuse)?;
            *byte = high << 4 | low;
        }
        if nibbles.next().is_some() { Err(refuse()) } else { Ok(Self(bytes)) }
    }
}

/// What a [`CertificateMemory`] says about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateVerdict {
    /// Known and the same; or known of another server that has moved here.
    Trusted,
    /// None was known for this host; this one is from now on.
    FirstUse,
    /// Another one is known.
    Changed {
        /// The one that is known.
        expected: Fingerprint,
    },
}

/// Remembers which certificate each iDRAC showed, for [`TlsPolicy::TrustOnFirstUse`](crate::tls::TlsPolicy).
///
/// Asked after a handshake has proved that the peer owns the certificate, on a runtime thread: it must not block.
/// Two calls for one host must not both see a first use of different certificates.
pub trait CertificateMemory: Send + Sync + Debug {
    /// Judges the certificate `host` (`address:port`) has just shown, and remembers it when it is the first.
    fn judge(&self, host: &str, seen: &Fingerprint) -> CertificateVerdict;
}

/// A memory that ends with the process.
#[derive(Debug, Default)]
pub struct InMemoryCertificates(Mutex<HashMap<String, Fingerprint>>);

impl InMemoryCertificates {
    /// Trusts this certificate for `host` from now on, whatever was known before.
    pub fn trust(&self, host: &str, fingerprint: Fingerprint) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), fingerprint);
    }
}

impl CertificateMemory for InMemoryCertificates {
    fn judge(&self, host: &str, seen: &Fingerprint) -> CertificateVerdict {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(host) {
            Some(expected) if expected == seen => CertificateVerdict::Trusted,
            Some(expected) => CertificateVerdict::Changed { expected: *expected },
            None => {
                known.insert(host.to_owned(), *seen);
                CertificateVerdict::FirstUse
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_read_what_they_write() {
        let print = Fingerprint::of(b"x");
        assert_eq!(print.to_string().parse::<Fingerprint>().unwrap(), print);
        let plain = print.to_string().replace(':', "").to_lowercase();
        assert_eq!(format!("SHA256:{plain}").parse::<Fingerprint>().unwrap(), print);
        for bad in ["", "AB", &plain[1..], &format!("{plain}0"), "é".repeat(32).as_str()] {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }
}
