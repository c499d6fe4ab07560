//! Finds a secret however it is written: raw, base64 at every alignment, percent- or JSON-escaped.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The ways one secret can be written.
#[derive(Debug, Clone)]
pub struct Needles {
    name: String,
    forms: BTreeSet<Vec<u8>>,
}

impl Needles {
    /// All forms of a secret; `name` is what a find is reported by.
    #[must_use]
    pub fn of(name: &str, secret: &str) -> Self {
        let mut forms = BTreeSet::from([secret.as_bytes().to_vec()]);
        forms.extend(base64_forms(secret.as_bytes()));
        let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        forms.extend(base64_forms(&utf16));
        forms.insert(utf16);
        forms.extend(percent_forms(secret).map(String::into_bytes));
        forms.extend(json_forms(secret).map(String::into_bytes));
        forms.insert(format!("{secret:?}").trim_matches('"').as_bytes().to_vec());
        forms.insert(xml(secret).into_bytes());
        forms.extend([hex(secret.as_bytes(), false), hex(secret.as_bytes(), true)].map(String::into_bytes));
        Self { name: name.to_owned(), forms }
    }

    /// The forms found in a haystack, each once.
    #[must_use]
    pub fn found_in(&self, place: &str, haystack: &[u8]) -> Vec<String> {
        let found = self.forms.iter().filter(|form| contains(haystack, form));
        found.map(|form| format!("{} in {place} as {:?}", self.name, String::from_utf8_lossy(form))).collect()
    }
}

/// The part of the base64 text that depends on nothing but the secret, for each of the three alignments, in both
/// alphabets.
fn base64_forms(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3).flat_map(move |shift| {
        let mut padded = vec![0; shift];
        padded.extend_from_slice(bytes);
        [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)].map(|text| {
            // Six bits a character: the first that hold nothing of the padding, the last that are whole.
            let first = (shift * 8).div_ceil(6);
            let last = padded.len() * 8 / 6;
            text.as_bytes().get(first..last).unwrap_or_default().to_vec()
        })
    })
}

fn percent_forms(secret: &str) -> impl Iterator<Item = String> {
    let escape = |keep: fn(u8) -> bool, upper: bool| {
        secret.bytes().fold(String::new(), |mut text, byte| {
            if keep(byte) {
                text.push(char::from(byte));
            } else if upper {
                let _ = write!(text, "%{byte:02X}");
            } else {
                let _ = write!(text, "%{byte:02x}");
            }
            text
        })
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let graphic = |byte: u8| byte.is_ascii_graphic() && !b"%<>\"\\`{}|^".contains(&byte);
    [(unreserved as fn(u8) -> bool, true), (unreserved, false), (graphic, true), (graphic, false)]
        .map(|(keep, upper)| escape(keep, upper))
        .into_iter()
}

/// As serde writes it, as Python writes it (nothing beyond ASCII), with slashes escaped, and all in `\u`.
fn json_forms(secret: &str) -> impl Iterator<Item = String> {
    let plain = serde_json::Value::from(secret).to_string();
    let plain = plain.trim_matches('"').to_owned();
    let units = |text: &str, all: bool| {
        text.chars().fold(String::new(), |mut escaped, letter| {
            if letter.is_ascii() && !all {
                escaped.push(letter);
                return escaped;
            }
            let mut buffer = [0; 2];
            for unit in letter.encode_utf16(&mut buffer) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
            escaped
        })
    };
    let ascii = units(&plain, false);
    let whole = units(secret, true);
    let html: String = plain
        .chars()
        .map(|letter| match letter {
            '<' | '>' | '&' | '\'' => format!("\\u{:04x}", u32::from(letter)),
            other => other.to_string(),
        })
        .collect();
    [
        plain.replace('/', "\\/"),
        ascii.replace('/', "\\/"),
        whole.to_uppercase().replace("\\U", "\\u"),
        plain,
        ascii,
        whole,
        html,
    ]
    .into_iter()
}

fn xml(secret: &str) -> String {
    secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

fn hex(bytes: &[u8], upper: bool) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        text
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return false };
    let mut from = 0;
    while let Some(at) = haystack.get(from..).and_then(|tail| tail.iter().position(|byte| byte == first)) {
        let start = from + at + 1;
        if haystack.get(start..start + rest.len()) == Some(rest) {
            return true;
        }
        from = start;
    }
    false
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const SECRET: &str = "p\"ä\\%s/<&>w0rd-7f";

    #[test]
    fn every_way_of_writing_is_found() {
        let needles = Needles::of("it", SECRET);
        let json = serde_json::json!({ "Password": SECRET }).to_string();
        let mut texts = vec![SECRET.to_owned(), json, format!("{SECRET:?}"), xml(SECRET)];
        for before in ["", "r", "ro", "root:", "someone:"] {
            for after in ["", "x", "xy"] {
                texts.push(STANDARD.encode(format!("{before}{SECRET}{after}")));
            }
        }
        texts.push("p%22%C3%A4%5C%25s%2F%3C%26%3Ew0rd-7f".to_owned());
        texts.push(r#"{"a":"p\"\u00e4\\%s\/<&>w0rd-7f"}"#.to_owned());
        texts.push(SECRET.bytes().map(|byte| format!("{byte:02x}")).collect());
        for text in texts {
            assert!(
                !needles.found_in("here", format!("before {text} after").as_bytes()).is_empty(),
                "{text}"
            );
        }
        assert_eq!(needles.found_in("here", b"p\"\xc3\xa4\\%s/<&>w0rd-7"), Vec::<String>::new());
    }
}
