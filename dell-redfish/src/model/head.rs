//! A look at the beginning of an object: link or resource, and whose.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// Just enough of an object to tell a link from a resource.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Its `@odata.id`.
    pub(super) id: Option<String>,
    /// Whether there is anything else.
    pub(super) others: bool,
}

impl Head {
    /// Reads no further than needed: the text has been read as JSON before.
    pub(super) fn read(raw: &[u8]) -> serde_json::Result<Self> {
        let mut head = Self::default();
        let mut json = serde_json::Deserializer::from_slice(raw);
        match Seed(&mut head).deserialize(&mut json) {
            Err(_) if head.is_enough() => Ok(head),
            Err(error) => Err(error),
            Ok(()) => Ok(head),
        }
    }

    fn is_enough(&self) -> bool {
        self.others && self.id.is_some()
    }
}

struct Seed<'a>(&'a mut Head);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(super::expanded::Key(key)) = map.next_key()? {
            if key == "@odata.id" {
                self.0.id = map.next_value()?;
            } else {
                self.0.others = true;
                if self.0.id.is_none() {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.0.is_enough() {
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_enough() {
        let read = |text: &str| Head::read(text.as_bytes()).map(|head| (head.id, head.others)).ok();
        let id = || Some("/a".to_owned());
        assert_eq!(read(r#"{"@odata.id":"/a"}"#), Some((id(), false)));
        assert_eq!(read(r#"{"@odata.id":"/a","Id":{"x":[1]}}"#), Some((id(), true)));
        assert_eq!(read(r#"{"Id":{"x":[1]},"@odata.id":"/a","More":1}"#), Some((id(), true)));
        assert_eq!(read(r#"{"Id":1}"#), Some((None, true)));
        assert_eq!(read("{}"), Some((None, false)));
        assert_eq!(read("[1]"), None);
    }
}
