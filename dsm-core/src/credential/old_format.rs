//! The existing system's form of stored passwords: AES-CBC with an initial vector of zeros, PKCS#7, base64 in lines.
//!
//! Read so that its databases can be used, written only where an operator asks for it: the form is deterministic, carries no
//! proof of being whole, and its key lies in the same database.

use std::fmt;

use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit, consts::U16};
use aes::{Aes128, Aes192, Aes256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::secret::Secret;
use crate::error::{Error, ErrorKind, Result};

const BLOCK: usize = 16;

/// PostgreSQL's `encode` breaks lines there.
const LINE: usize = 76;

/// That system's key: `activity_settings.encryption_key`.
pub struct OldKey(Aes);

enum Aes {
    Short(Aes128),
    Middle(Aes192),
    Long(Aes256),
}

impl OldKey {
    /// Reads the column: base64, in lines or not.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`]: it is no key.
    pub fn parse(text: &str) -> Result<Self> {
        let text: Zeroizing<String> = Zeroizing::new(text.split_ascii_whitespace().collect());
        match STANDARD.decode(text.as_bytes()).map(Zeroizing::new) {
            Ok(bytes) => Self::from_bytes(&bytes),
            Err(_) => Err(refused("it is not base64")),
        }
    }

    /// Takes the bytes; a key that is shorter than AES wants is filled up with zeros, as that system does.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`]: it is empty, or longer than 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut padded = Zeroizing::new([0; 32]);
        match padded.get_mut(..bytes.len()) {
            Some(part) if !bytes.is_empty() => part.copy_from_slice(bytes),
            _ => return Err(refused("it has not 1 to 32 bytes")),
        }
        let [short, middle] = [16, 24].map(|length| &padded[..length]);
        let made = match bytes.len() {
            0..=16 => Aes128::new_from_slice(short).map(Aes::Short),
            17..=24 => Aes192::new_from_slice(middle).map(Aes::Middle),
            _ => Aes256::new_from_slice(&padded[..]).map(Aes::Long),
        };
        made.map(Self).map_err(|_| refused("its length is wrong"))
    }

    /// Whether a stored text may be in that form.
    pub(super) fn is_likely(sealed: &str) -> bool {
        decode(sealed).is_some()
    }

    /// The password in that form: the same text for the same password.
    pub(super) fn seal(&self, secret: &Secret) -> String {
        let text = secret.expose().as_bytes();
        let fill = BLOCK - text.len() % BLOCK;
        let mut bytes = Zeroizing::new(text.to_vec());
        bytes.extend(std::iter::repeat_n(u8::try_from(fill).unwrap_or_default(), fill));
        let mut before = [0; BLOCK];
        for block in bytes.chunks_exact_mut(BLOCK) {
            block.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
            self.encrypt(block);
            before.copy_from_slice(block);
        }
        let coded = STANDARD.encode(&bytes[..]);
        let lines: Vec<&str> =
            coded.as_bytes().chunks(LINE).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        lines.join("\n")
    }

    /// The password; nothing where the text is of another key, damaged or none. There is no proof: a wrong key is noticed by
    /// the padding and by what is no text, which leaves about one chance in two hundred of taking noise for a short password.
    pub(super) fn open(&self, sealed: &str) -> Option<Secret> {
        let mut bytes = decode(sealed)?;
        let mut before = [0; BLOCK];
        for block in bytes.chunks_exact_mut(BLOCK) {
            let mut this = [0; BLOCK];
            this.copy_from_slice(block);
            self.decrypt(block);
            block.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
            before = this;
        }
        let fill = usize::from(*bytes.last()?);
        let end = bytes.len().checked_sub(fill)?;
        let padding = bytes.get(end..)?;
        if !(1..=BLOCK).contains(&fill) || padding.iter().any(|byte| usize::from(*byte) != fill) {
            return None;
        }
        bytes.truncate(end);
        Secret::from_utf8(std::mem::take(&mut *bytes))
    }

    fn encrypt(&self, block: &mut [u8]) {
        match &self.0 {
            Aes::Short(aes) => encrypt(aes, block),
            Aes::Middle(aes) => encrypt(aes, block),
            Aes::Long(aes) => encrypt(aes, block),
        }
    }

    fn decrypt(&self, block: &mut [u8]) {
        match &self.0 {
            Aes::Short(aes) => decrypt(aes, block),
            Aes::Middle(aes) => decrypt(aes, block),
            Aes::Long(aes) => decrypt(aes, block),
        }
    }
}

fn encrypt<A: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>>(aes: &A, bytes: &mut [u8]) {
    if let Ok(block) = <&mut Block<A>>::try_from(bytes) {
        aes.encrypt_block(block);
    }
}

fn decrypt<A: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16>>(aes: &A, bytes: &mut [u8]) {
    if let Ok(block) = <&mut Block<A>>::try_from(bytes) {
        aes.decrypt_block(block);
    }
}

/// Whole blocks of base64.
fn decode(sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text: String = sealed.split_ascii_whitespace().collect();
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    (!bytes.is_empty() && bytes.len() % BLOCK == 0).then_some(bytes)
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Cipher, format!("the existing system's key cannot be used: {why}"))
        .about("activity_settings.encryption_key")
        .hint("it is base64 of up to 32 bytes; see the existing system's settings")
}

impl fmt::Debug for OldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OldKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(length: u8) -> OldKey {
        OldKey::from_bytes(&(0..length).collect::<Vec<_>>()).expect("a key")
    }

    #[test]
    fn the_known_answer() {
        assert_eq!(key(32).seal(&Secret::new("calvin")), "md+L5w3djs6IymPpoTz/YQ==");
        assert_eq!(key(32).open("md+L5w3djs6IymPpoTz/YQ==").expect("opened").expose(), "calvin");
        let parsed =
            OldKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMU\nFRYXGBkaGxwdHh8=\n").expect("a key in lines");
        assert_eq!(parsed.open(" md+L5w3djs6I\nymPpoTz/YQ==\n").expect("opened").expose(), "calvin");
    }

    #[test]
    fn every_length_of_password_and_key_comes_back() {
        for length in [1, 15, 16, 17, 24, 25, 32] {
            for password in 0..200 {
                let secret = Secret::new("ä".repeat(password));
                let sealed = key(length).seal(&secret);
                assert!(sealed.lines().all(|line| line.len() <= LINE), "{sealed}");
                assert_eq!(key(length).open(&sealed).expect("opened"), secret);
            }
        }
        // A short key is the same as one that is filled up with zeros.
        let filled: Vec<u8> = (0..15).chain([0]).collect();
        let sealed = key(15).seal(&Secret::new("calvin"));
        assert_eq!(
            OldKey::from_bytes(&filled).expect("a key").open(&sealed).expect("opened").expose(),
            "calvin"
        );
    }

    #[test]
    fn what_is_none_of_it_is_refused() {
        for text in ["", "calvin", "md+L5w3djs6IymPpoTz/YQ", "md+L5w3djs6IymPpoTz/YR==", "AAAA", "dsm1:aa:bb"]
        {
            assert!(key(32).open(text).is_none(), "{text}");
        }
        assert!(key(31).open("md+L5w3djs6IymPpoTz/YQ==").is_none(), "another key");
        for bytes in [&[][..], &[7; 33][..]] {
            assert_eq!(OldKey::from_bytes(bytes).expect_err("no key").kind(), ErrorKind::Cipher);
        }
        assert!(OldKey::parse("not base64!").is_err());
        assert_eq!(format!("{:?}", key(32)), "OldKey(…)");
    }
}
