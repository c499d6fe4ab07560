//! One device of a profile, and one setting of it.

use std::fmt;

use super::secret;
use crate::redact::REDACTED;

/// A device by its FQDD, with its settings and, for storage, the devices below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    fqdd: String,
    attributes: Vec<Attribute>,
    components: Vec<Component>,
}

impl Component {
    /// A device without settings.
    pub fn new(fqdd: impl Into<String>) -> Self {
        Self { fqdd: fqdd.into(), attributes: Vec::new(), components: Vec::new() }
    }

    /// Adds a setting.
    #[must_use]
    pub fn with_attribute(mut self, attribute: Attribute) -> Self {
        self.attributes.push(attribute);
        self
    }

    /// Adds a device below this one.
    #[must_use]
    pub fn with_component(mut self, component: Self) -> Self {
        self.components.push(component);
        self
    }

    /// `FQDD`, e.g. `BIOS.Setup.1-1`.
    #[must_use]
    pub fn fqdd(&self) -> &str {
        &self.fqdd
    }

    /// Its own settings, in the profile's order. A setting with several values occurs once for each.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The devices directly below it.
    #[must_use]
    pub fn components(&self) -> &[Self] {
        &self.components
    }

    /// Whether nothing is set here or below.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.components.is_empty()
    }

    pub(super) fn push(&mut self, attribute: Attribute) {
        self.attributes.push(attribute);
    }

    pub(super) fn push_below(&mut self, component: Self) {
        self.components.push(component);
    }

    /// Takes over what another holds.
    pub(super) fn absorb(&mut self, other: Self) {
        self.attributes.extend(other.attributes);
        self.components.extend(other.components);
    }

    pub(super) fn into_components(self) -> Vec<Self> {
        self.components
    }

    /// The same device with each setting kept, changed or left out; devices that end up empty go.
    pub(super) fn mapped(&self, keep: &mut dyn FnMut(&str, &Attribute) -> Option<Attribute>) -> Option<Self> {
        let mapped = Self {
            fqdd: self.fqdd.clone(),
            attributes: self.attributes.iter().filter_map(|each| keep(&self.fqdd, each)).collect(),
            components: self.components.iter().filter_map(|below| below.mapped(keep)).collect(),
        };
        (!mapped.is_empty()).then_some(mapped)
    }
}

/// One setting: a name and a text, and whether an import applies it.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    name: String,
    value: String,
    set_on_import: bool,
    comment: Option<String>,
}

impl Attribute {
    /// A setting that an import applies.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), set_on_import: true, comment: None }
    }

    /// Whether an import applies it (`Set On Import`; in XML, whether it stands outside a comment).
    #[must_use]
    pub fn with_set_on_import(mut self, set_on_import: bool) -> Self {
        self.set_on_import = set_on_import;
        self
    }

    /// The iDRAC's mark on it (`Comment`, JSON only).
    #[must_use]
    pub fn with_comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// `Name`, e.g. `ProcVirtualization` or `Users.2#UserName`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as text, as it stands in the profile. May be a secret: see [`Attribute::is_secret`].
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether an import applies it.
    #[must_use]
    pub fn is_set_on_import(&self) -> bool {
        self.set_on_import
    }

    /// The iDRAC's mark on it: `Read Only`, `Read and Write`, with further words after a comma.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// Whether the iDRAC marked it `Read Only`. XML does not tell; such a setting then stands in a comment.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.comment
            .as_deref()
            .and_then(|comment| comment.split(',').next())
            .is_some_and(|mark| mark.trim().eq_ignore_ascii_case("Read Only"))
    }

    /// Whether it is secret by its name: a password, its hash or salt, a key, a community string.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        secret::is_secret_attribute(&self.name)
    }

    /// Whether the secret itself is not there: the value is empty, or the asterisks an export puts in its place.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.value.bytes().all(|byte| byte == b'*')
    }
}

impl Attribute {
    /// Asterisks in place of the value, and not applied.
    pub(super) fn masked(&self) -> Self {
        Self { value: "*".repeat(6), set_on_import: false, ..self.clone() }
    }
}

impl fmt::Debug for Attribute {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.is_secret() && !self.is_masked() { REDACTED } else { &self.value };
        f.debug_struct("Attribute")
            .field("name", &self.name)
            .field("value", &shown)
            .field("set_on_import", &self.set_on_import)
            .field("comment", &self.comment)
            .finish()
    }
}
