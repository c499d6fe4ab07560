//! Whether a file is the package that the catalogue means.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use md5::Md5;
use serde::{Serialize, Serializer};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Package;
use crate::error::{Error, ErrorKind, Result};

/// How a file is read: in pieces of this size, whatever its length.
const PIECE: usize = 128 << 10;

/// A hash algorithm that catalogues use; the later the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HashAlgorithm {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What a verified hash is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HashStrength {
    /// MD5 or SHA-1: proof against accidents, not against a forger.
    Weak,
    /// SHA-256 or longer.
    Strong,
}

impl HashAlgorithm {
    /// From a catalogue's word, with or without a hyphen.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().replace('-', "").to_ascii_uppercase().as_str() {
            "MD5" => Some(Self::Md5),
            "SHA1" => Some(Self::Sha1),
            "SHA256" => Some(Self::Sha256),
            "SHA384" => Some(Self::Sha384),
            "SHA512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// What it is worth.
    #[must_use]
    pub fn strength(self) -> HashStrength {
        if self >= Self::Sha256 { HashStrength::Strong } else { HashStrength::Weak }
    }

    fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Hash and length of all that comes.
    fn of(self, reader: &mut dyn Read) -> std::io::Result<(Vec<u8>, u64)> {
        match self {
            Self::Md5 => digest(Md5::new(), reader),
            Self::Sha1 => digest(Sha1::new(), reader),
            Self::Sha256 => digest(Sha256::new(), reader),
            Self::Sha384 => digest(Sha384::new(), reader),
            Self::Sha512 => digest(Sha512::new(), reader),
        }
    }
}

fn digest<D: Digest>(mut digest: D, reader: &mut dyn Read) -> std::io::Result<(Vec<u8>, u64)> {
    let mut piece = vec![0; PIECE];
    let mut length = 0;
    loop {
        let read = match reader.read(&mut piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok((digest.finalize().to_vec(), length));
        }
        digest.update(piece.get(..read).unwrap_or_default());
        length += read as u64;
    }
}

/// One listed hash of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageHash {
    /// The algorithm.
    pub algorithm: HashAlgorithm,
    /// Its value; hexadecimal when written.
    #[serde(serialize_with = "as_hex")]
    pub digest: Vec<u8>,
}

impl PackageHash {
    /// Reads a hexadecimal value; nothing where its length is not the algorithm's.
    #[must_use]
    pub fn parse(algorithm: HashAlgorithm, hex: &str) -> Option<Self> {
        let hex = hex.trim().as_bytes();
        if hex.len() != algorithm.length() * 2 {
            return None;
        }
        let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        };
        let digest = hex.chunks(2).map(pair).collect::<Option<Vec<u8>>>()?;
        Some(Self { algorithm, digest })
    }
}

fn as_hex<S: Serializer>(digest: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(digest))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(digest.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Holds what a reader gives to the strongest hash that the catalogue lists, and to the listed size. Memory is constant.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] where the catalogue lists no hash, the file is another one, or it cannot be read.
pub fn verify(package: &Package, mut reader: impl Read) -> Result<HashStrength> {
    let wrong = |message: String| Error::new(ErrorKind::InvalidInput, message).with_path(package.file_name());
    let Some(listed) = package.hashes.iter().max_by_key(|hash| hash.algorithm) else {
        return Err(wrong(
            "the catalogue lists no hash of the package, so it cannot be told from another file".into(),
        ));
    };
    let (found, length) = listed
        .algorithm
        .of(&mut reader)
        .map_err(|error| wrong("the package cannot be read".into()).with_source(error))?;
    if let Some(size) = package.size.filter(|size| *size != length) {
        return Err(wrong(format!("the package has {length} bytes, the catalogue lists {size}")));
    }
    if found != listed.digest {
        let (algorithm, found, listed) = (listed.algorithm, hex(&found), hex(&listed.digest));
        return Err(wrong(format!(
            "the file is not the package of the catalogue: its {algorithm:?} is {found}, listed is {listed}"
        )));
    }
    Ok(listed.algorithm.strength())
}

/// [`verify`] for a file on a disk. Blocks while it reads: a program with an event loop calls it on another thread.
///
/// # Errors
/// As [`verify`].
pub fn verify_file(package: &Package, path: &Path) -> Result<HashStrength> {
    let file = File::open(path).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, format!("{} cannot be opened", path.display())).with_source(error)
    })?;
    verify(package, file)
}
