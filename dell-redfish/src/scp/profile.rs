//! A profile: the bytes, and what they say.

use std::fmt;

use bytes::Bytes;

use super::component::{Attribute, Component};
use super::{MAX_PROFILE_BYTES, encoding, json, unusable, xml_read, xml_write};
use crate::error::Result;
use crate::redact::redact_text;

/// The two forms of a profile (`ExportFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ProfileFormat {
    /// XML: every iDRAC reads and writes it.
    #[serde(rename = "XML")]
    Xml,
    /// JSON: iDRAC9 and later.
    #[serde(rename = "JSON")]
    Json,
}

impl ProfileFormat {
    /// `XML` or `JSON`, as `ExportFormat` wants it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "XML",
            Self::Json => "JSON",
        }
    }
}

/// What a document says, whatever its form.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pub(super) model: Option<String>,
    pub(super) service_tag: Option<String>,
    pub(super) time_stamp: Option<String>,
    pub(super) comments: Vec<String>,
    pub(super) components: Vec<Component>,
    pub(super) unknown: Vec<String>,
}

impl Content {
    /// Remembers a part that this model does not hold; a few names are enough to say so.
    pub(super) fn note_unknown(&mut self, name: &str) {
        if self.unknown.len() < 32 && !self.unknown.iter().any(|known| known == name) {
            self.unknown.push(name.chars().take(64).collect());
        }
    }
}

/// A server configuration profile. Holds secrets; `Debug` shows none.
#[derive(Clone)]
pub struct Profile {
    raw: Bytes,
    format: ProfileFormat,
    content: Content,
}

impl Profile {
    /// Reads a profile by what its bytes are: XML, JSON, or either of them once more as one JSON string, which is how
    /// some databases keep an XML profile.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), without any of the content, when it is neither, is
    /// not well-formed, is larger than [`MAX_PROFILE_BYTES`], or is no `SystemConfiguration`.
    pub fn parse(raw: impl Into<Bytes>) -> Result<Self> {
        let raw = raw.into();
        if raw.len() > MAX_PROFILE_BYTES {
            return Err(unusable(format!("it is larger than {MAX_PROFILE_BYTES} bytes")));
        }
        match json::quoted(&encoding::decode(&raw)?)? {
            Some(inner) => Self::parse_plain(Bytes::from(inner)),
            None => Self::parse_plain(raw),
        }
    }

    fn parse_plain(raw: Bytes) -> Result<Self> {
        let text = encoding::decode(&raw)?;
        let (format, content) = match text.trim_start().bytes().next() {
            Some(b'<') => (ProfileFormat::Xml, xml_read::read(&text)?),
            Some(b'{') => (ProfileFormat::Json, json::read(&text)?),
            None => return Err(unusable("it is empty")),
            Some(_) => return Err(unusable("it is neither XML nor JSON")),
        };
        drop(text);
        Ok(Self { raw, format, content })
    }

    /// A profile of these components, as JSON or XML.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a character that XML cannot hold.
    pub fn from_components(components: Vec<Component>, format: ProfileFormat) -> Result<Self> {
        Self::from_content(Content { components, ..Content::default() }, format)
    }

    pub(super) fn from_content(content: Content, format: ProfileFormat) -> Result<Self> {
        let raw = written(&content, format)?;
        Ok(Self { raw, format, content })
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    /// The bytes as they came (or, for a derived profile, as they are written). They hold every secret.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// What the bytes are.
    #[must_use]
    pub fn format(&self) -> ProfileFormat {
        self.format
    }

    /// `Model` of the server it was made on, e.g. `PowerEdge R750`.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.content.model.as_deref()
    }

    /// `ServiceTag` of the server it was made on.
    #[must_use]
    pub fn service_tag(&self) -> Option<&str> {
        self.content.service_tag.as_deref()
    }

    /// `TimeStamp`, as the iDRAC wrote it.
    #[must_use]
    pub fn time_stamp(&self) -> Option<&str> {
        self.content.time_stamp.as_deref()
    }

    /// Remarks that are no attributes.
    #[must_use]
    pub fn comments(&self) -> &[String] {
        &self.content.comments
    }

    /// The components at the top.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.content.components
    }

    /// Names of parts that stand in the bytes but not in this model, such as `CustomTelemetry`. A profile derived from
    /// this one lacks them.
    #[must_use]
    pub fn unknown_parts(&self) -> &[String] {
        &self.content.unknown
    }

    /// Every component at any depth, in the profile's order.
    #[must_use]
    pub fn all_components(&self) -> Vec<&Component> {
        let mut all = Vec::new();
        let mut waiting: Vec<&Component> = self.content.components.iter().rev().collect();
        while let Some(component) = waiting.pop() {
            all.push(component);
            waiting.extend(component.components().iter().rev());
        }
        all
    }

    /// Every attribute with the FQDD of its component.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.all_components()
            .into_iter()
            .flat_map(|component| component.attributes().iter().map(|each| (component.fqdd(), each)))
    }

    /// The profile written anew in either form; XML without any white space between elements.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a character that XML cannot hold.
    pub fn to_bytes(&self, format: ProfileFormat) -> Result<Bytes> {
        written(&self.content, format)
    }

    /// The bytes as text, as they came but for the mark of an encoding.
    ///
    /// # Errors
    /// As [`Profile::parse`]; not for a profile that was parsed.
    pub fn text(&self) -> Result<String> {
        encoding::decode(&self.raw).map(std::borrow::Cow::into_owned)
    }

    /// The text for `ImportBuffer` of older firmware: JSON as it came; XML as it came but for comments and the white
    /// space between elements, which that does not take. Parts this model does not know stay.
    ///
    /// # Errors
    /// As [`Profile::parse`]; not for a profile that was parsed.
    pub fn import_buffer(&self) -> Result<String> {
        let text = encoding::decode(&self.raw)?;
        match self.format {
            ProfileFormat::Json => Ok(text.into_owned()),
            ProfileFormat::Xml => xml_write::compact(&text),
        }
    }
}

fn written(content: &Content, format: ProfileFormat) -> Result<Bytes> {
    match format {
        ProfileFormat::Xml => xml_write::write(content).map(Bytes::from),
        ProfileFormat::Json => json::write(content).map(Bytes::from),
    }
}

impl fmt::Debug for Profile {
    /// Names the profile; its content is long, and parts of it are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("format", &self.format)
            .field("bytes", &self.raw.len())
            .field("model", &self.model())
            .field("service_tag", &self.service_tag())
            .field("time_stamp", &self.time_stamp())
            .field(
                "comments",
                &self.comments().iter().map(|comment| redact_text(comment)).collect::<Vec<_>>(),
            )
            .field("components", &self.components().len())
            .finish_non_exhaustive()
    }
}
