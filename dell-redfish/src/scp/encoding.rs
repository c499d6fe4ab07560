//! The bytes of a profile as text.

use std::borrow::Cow;

use super::unusable;
use crate::error::Result;

/// UTF-8, with or without its mark; UTF-16 by its mark, as Windows editors save it.
pub(super) fn decode(raw: &[u8]) -> Result<Cow<'_, str>> {
    match raw {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => utf8(raw),
    }
}

fn utf8(raw: &[u8]) -> Result<Cow<'_, str>> {
    std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| unusable("its text is not UTF-8"))
}

fn utf16(raw: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>> {
    let (pairs, rest) = raw.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        _ => Err(unusable("its text is not the UTF-16 its first bytes say")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_tells_the_encoding() {
        assert_eq!(decode(b"<a/>").unwrap(), "<a/>");
        assert_eq!(decode(b"\xEF\xBB\xBF<a/>").unwrap(), "<a/>");
        assert_eq!(decode(b"\xFF\xFE<\0\xE9\0").unwrap(), "<é");
        assert_eq!(decode(b"\xFE\xFF\0<\0\xE9").unwrap(), "<é");
        for bad in [&b"\xFF\xFE<"[..], b"\xFF\xFE\x00\xD8", b"<\xFF>"] {
            assert!(decode(bad).is_err());
        }
    }
}
