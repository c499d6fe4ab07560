//! Keys as bytes and as text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use chacha20poly1305::aead::Generate;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// Length of a key in bytes.
pub const KEY_LENGTH: usize = 32;

/// A key, wiped on drop.
pub type Key = Zeroizing<[u8; KEY_LENGTH]>;

/// The key that seals, and older ones that only open: what is needed while stored passwords go over to a new key.
#[derive(Clone)]
pub struct Keys {
    /// Seals.
    pub current: Key,
    /// Open as well.
    pub older: Vec<Key>,
}

impl Keys {
    /// One key.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self { current: key, older: Vec::new() }
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`]: the machine gives no random bytes.
    pub fn random() -> Result<Key> {
        Generate::try_generate().map(Key::new).map_err(|error| {
            Error::new(ErrorKind::Cipher, "the machine gives no random bytes for a key")
                .hint("check the system's random source")
                .with_source(error)
        })
    }

    /// Reads keys written as base64 or hexadecimal, separated by commas or white space; the first one seals.
    ///
    /// # Errors
    /// [`ErrorKind::Cipher`], saying which of them is no key and nothing of what it is.
    pub fn parse(text: &str) -> Result<Self> {
        let words = text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
        let mut keys = words.enumerate().map(|(at, word)| {
            key_of(word).ok_or_else(|| {
                Error::new(ErrorKind::Cipher, format!("number {} is no key", at + 1))
                    .hint("write each key as base64 or hexadecimal of 32 random bytes")
            })
        });
        let Some(current) = keys.next().transpose()? else {
            return Err(Error::new(ErrorKind::Cipher, "there is no key in it")
                .hint("write each key as base64 or hexadecimal of 32 random bytes"));
        };
        Ok(Self { current, older: keys.collect::<Result<_>>()? })
    }

    /// As [`Keys::parse`] reads them, one a line, in base64.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for key in std::iter::once(&self.current).chain(&self.older) {
            text.push_str(&Zeroizing::new(STANDARD.encode(&key[..])));
            text.push('\n');
        }
        text
    }
}

fn key_of(word: &str) -> Option<Key> {
    let bytes = if word.len() == 2 * KEY_LENGTH { from_hex(word)? } else { from_base64(word)? };
    <[u8; KEY_LENGTH]>::try_from(bytes.as_slice()).ok().map(Key::new)
}

fn from_base64(word: &str) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD.decode(word).or_else(|_| STANDARD_NO_PAD.decode(word)).ok().map(Zeroizing::new)
}

fn from_hex(word: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = word.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.last()?)?))
        .collect::<Option<Vec<u8>>>()
        .map(Zeroizing::new)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_hexadecimal_in_any_mixture() {
        let [one, two] = [1, 2].map(|byte: u8| [byte; KEY_LENGTH]);
        let hex: String = one.iter().map(|byte| format!("{byte:02X}")).collect();
        for text in
            [format!("{hex},{}", STANDARD.encode(two)), format!(" {hex}\n{}\n", STANDARD_NO_PAD.encode(two))]
        {
            let keys = Keys::parse(&text).expect("two keys");
            assert_eq!((*keys.current, keys.older.len(), *keys.older[0]), (one, 1, two));
            assert_eq!(Keys::parse(&keys.to_text()).expect("the same").older.len(), 1);
        }
    }

    #[test]
    fn what_is_no_key_is_said_without_saying_what_it_is() {
        let short = STANDARD.encode([7; 31]);
        for (text, says) in [
            ("", "no key in it"),
            (" , ", "no key in it"),
            ("planted-7f", "number 1"),
            (short.as_str(), "number 1"),
        ] {
            let error = Keys::parse(text).expect_err(text);
            assert!(error.to_string().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("planted"));
        }
        let good = STANDARD.encode([7; 32]);
        assert!(Keys::parse(&format!("{good} x")).expect_err("the second").to_string().contains("number 2"));
        assert_eq!(format!("{:?}", Keys::parse(&good)), "Ok(Keys(…))");
    }

    #[test]
    fn random_keys_are_keys() {
        assert_ne!(*Keys::random().expect("random"), *Keys::random().expect("random"));
    }
}
