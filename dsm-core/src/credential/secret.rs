//! A password in memory.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use zeroize::Zeroizing;

/// A password: wiped from memory when its last clone goes, and printed by nothing.
///
/// There is no `Display`, and `serde` refuses it at compile time:
///
/// ```compile_fail
/// serde_json::to_string(&dsm_core::credential::Secret::new("no")).unwrap();
/// ```
/// ```compile_fail
/// println!("{}", dsm_core::credential::Secret::new("no"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes it over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// Takes bytes over that are text; others are wiped.
    pub(crate) fn from_utf8(bytes: Vec<u8>) -> Option<Self> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Self::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                None
            }
        }
    }

    /// The text itself: for the login, and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is the empty text, which no device accepts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing_not_even_the_length() {
        assert_eq!(format!("{:?}", Secret::new("planted-7f")), "Secret(…)");
        assert_eq!(format!("{:#?}", Some(Secret::new(""))), "Some(\n    Secret(…),\n)");
    }
}
