//! A page of a resource collection, its members left as they are: slices of the body.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::head::Head;
use crate::error::{Error, ErrorKind, Result};

/// One page of a collection.
#[derive(Debug, Clone)]
pub struct Page {
    /// The members in the order given: whole resources where `$expand` worked, links where not.
    pub members: Vec<Member>,
    /// `Members@odata.nextLink`: where the next page is.
    pub next: Option<String>,
    /// `Members@odata.count`: members of all pages together.
    pub count: Option<u64>,
}

/// A member of a collection.
#[derive(Debug, Clone)]
pub enum Member {
    /// Only its `@odata.id`.
    Link(String),
    /// The whole resource.
    Inline {
        /// Its `@odata.id`; empty if the iDRAC gave none.
        id: String,
        /// Its text.
        raw: Bytes,
    },
}

impl Member {
    /// The member's `@odata.id`.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Link(id) | Self::Inline { id, .. } => id,
        }
    }

    /// Tells a link from a resource.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] when it is no JSON object.
    pub fn read(raw: Bytes) -> Result<Self> {
        let head = Head::read(&raw)
            .map_err(|error| Error::new(ErrorKind::Protocol, "a member is no object").with_source(error))?;
        let id = head.id.unwrap_or_default();
        Ok(if head.others || id.is_empty() { Self::Inline { id, raw } } else { Self::Link(id) })
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "Members", borrow)]
    members: Option<Vec<&'a RawValue>>,
    #[serde(rename = "Members@odata.nextLink")]
    next: Option<String>,
    // Old firmware names it without the property.
    #[serde(rename = "@odata.nextLink")]
    old_next: Option<String>,
    #[serde(rename = "Members@odata.count", default, deserialize_with = "super::lenient::field")]
    count: Option<u64>,
}

impl Page {
    /// Reads a collection in one pass.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] when the body is not exactly one JSON object with `Members`: among it the two
    /// documents in one body that `$expand` yields on some 2.x firmware.
    pub fn parse(body: &Bytes) -> Result<Self> {
        let wire: Wire<'_> = serde_json::from_slice(body).map_err(|error| {
            Error::new(ErrorKind::Protocol, "the reply is not one collection").with_source(error)
        })?;
        let members = wire
            .members
            .ok_or_else(|| Error::new(ErrorKind::Protocol, "the reply has no Members"))?
            .into_iter()
            .map(|raw| Member::read(body.slice_ref(raw.get().as_bytes())))
            .collect::<Result<_>>()?;
        Ok(Self { members, next: wire.next.or(wire.old_next), count: wire.count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_resources_are_told_apart() {
        let body = Bytes::from_static(
            br#"{"Members":[{"@odata.id":"/a"},{"@odata.id":"/b","Id":"b"}],"Members@odata.count":"2",
                "Members@odata.nextLink":"/next"}"#,
        );
        let page = Page::parse(&body).unwrap();
        assert!(matches!(&page.members[0], Member::Link(id) if id == "/a"));
        assert!(
            matches!(&page.members[1], Member::Inline { id, raw } if id == "/b" && raw.ends_with(br#""b"}"#))
        );
        assert_eq!((page.next.as_deref(), page.count), (Some("/next"), Some(2)));
    }

    #[test]
    fn damaged_collections_are_refused() {
        for body in
            [r#"{"Members":[]}{"Members":[]}"#, r#"{"Name":"x"}"#, r#"{"Members":[1]}"#, "", "<html/>"]
        {
            assert_eq!(
                Page::parse(&Bytes::from_static(body.as_bytes())).unwrap_err().kind(),
                ErrorKind::Protocol,
                "{body}"
            );
        }
    }
}
