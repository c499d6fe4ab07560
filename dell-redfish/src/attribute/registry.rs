//! The attribute registry: what attributes there are, what they may be, and the rules between them.

use std::collections::HashMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::rule::{AttributeProperty, AttributeRule};
use super::settle::Settled;
use super::values::AttributeValues;
use crate::error::Result;
use crate::model::{Resource, Scalar, WireAttribute, WireMenu, WireOption, WireRegistry};
use crate::redact::is_secret_name;

/// Type of an attribute (DMTF `AttributeType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the DMTF names say it")]
pub enum AttributeType {
    Enumeration,
    String,
    Integer,
    Boolean,
    /// Its value is never shown, not even by the iDRAC.
    Password,
    /// The registry names none we know: any value is let through.
    Other,
}

impl AttributeType {
    /// The DMTF name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enumeration => "Enumeration",
            Self::String => "String",
            Self::Integer => "Integer",
            Self::Boolean => "Boolean",
            Self::Password => "Password",
            Self::Other => "Other",
        }
    }

    fn parse(text: Option<&str>) -> Self {
        let known = [Self::Enumeration, Self::String, Self::Integer, Self::Boolean, Self::Password];
        let found = known.into_iter().find(|kind| text.is_some_and(|text| kind.as_str() == text));
        found.unwrap_or(Self::Other)
    }
}

/// One value an enumeration may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeOption {
    /// What is sent and read (`ValueName`).
    pub name: String,
    /// What the setup program shows.
    pub display_name: Option<String>,
}

impl AttributeOption {
    pub(super) fn read(wire: WireOption) -> Option<Self> {
        Some(Self { name: wire.name?, display_name: wire.display_name })
    }
}

/// One attribute, as the registry describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attribute {
    /// `AttributeName`.
    pub name: String,
    /// Type.
    pub kind: AttributeType,
    /// What the setup program calls it.
    pub display_name: Option<String>,
    /// Its place within the menu.
    pub display_order: Option<i64>,
    /// What it does, in the registry's words.
    pub help_text: Option<String>,
    /// What to beware of, in the registry's words.
    pub warning_text: Option<String>,
    /// The menu it is in, e.g. `./ProcSettingsRef`.
    pub menu_path: Option<String>,
    /// The placeholder of the registry; iDRACs leave it null. In no record: no registry tells values.
    #[serde(skip)]
    pub current_value: Option<Scalar>,
    /// The value after a reset to defaults, where the registry says it.
    pub default_value: Option<Scalar>,
    /// The values an enumeration may have.
    pub options: Vec<AttributeOption>,
    /// The smallest integer.
    pub lower_bound: Option<i64>,
    /// The largest integer.
    pub upper_bound: Option<i64>,
    /// Step from the smallest integer on; 0 is any.
    pub scalar_increment: Option<i64>,
    /// The least number of characters.
    pub min_length: Option<i64>,
    /// The greatest number of characters.
    pub max_length: Option<i64>,
    /// Regular expression (Perl's dialect) a text must match.
    pub value_expression: Option<String>,
    /// Read-only when the registry was written; see [`AttributeRegistry::calibrated`].
    pub read_only: bool,
    /// Its value cannot be read back.
    pub write_only: bool,
    /// Hidden when the registry was written; see [`AttributeRegistry::calibrated`].
    pub hidden: bool,
    /// Shown as inactive; may be set all the same.
    pub gray_out: bool,
    /// Reflects the hardware; never changes.
    pub immutable: bool,
    /// Whether a change takes a reset of the system; unknown counts as yes.
    pub reset_required: bool,
    /// A rule that held when the registry was written explains `read_only`.
    #[serde(skip)]
    pub(super) read_only_by_rule: bool,
    /// A rule that held when the registry was written explains `hidden`.
    #[serde(skip)]
    pub(super) hidden_by_rule: bool,
}

impl Attribute {
    /// Whether its value must never be shown: passwords, and texts whose name says so (CHAP secrets, password hashes).
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self.kind {
            AttributeType::Password => true,
            AttributeType::String | AttributeType::Other => is_secret_name(&self.name),
            _ => false,
        }
    }

    fn read(wire: WireAttribute) -> Option<Self> {
        let mut options: Vec<_> =
            wire.value.unwrap_or_default().into_iter().filter_map(AttributeOption::read).collect();
        options.shrink_to_fit();
        Some(Self {
            name: wire.name.filter(|name| !name.is_empty())?,
            kind: AttributeType::parse(wire.kind.as_deref()),
            display_name: wire.display_name,
            display_order: wire.display_order,
            help_text: wire.help_text,
            warning_text: wire.warning_text,
            menu_path: wire.menu_path,
            current_value: wire.current_value,
            default_value: wire.default_value,
            options,
            lower_bound: wire.lower_bound,
            upper_bound: wire.upper_bound,
            scalar_increment: wire.scalar_increment,
            min_length: wire.min_length,
            max_length: wire.max_length,
            value_expression: wire.value_expression.filter(|expression| !expression.is_empty()),
            read_only: wire.read_only.unwrap_or(false),
            write_only: wire.write_only.unwrap_or(false),
            hidden: wire.hidden.unwrap_or(false),
            gray_out: wire.gray_out.unwrap_or(false),
            immutable: wire.immutable.unwrap_or(false),
            reset_required: wire.reset_required.unwrap_or(true),
            read_only_by_rule: false,
            hidden_by_rule: false,
        })
    }
}

/// One menu of the setup program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// `MenuName`.
    pub name: String,
    /// What the setup program calls it.
    pub display_name: Option<String>,
    /// Where it is, e.g. `./SysSecurityRef`.
    pub path: Option<String>,
    /// Its place among the menus.
    pub display_order: Option<i64>,
}

impl Menu {
    fn read(wire: WireMenu) -> Option<Self> {
        Some(Self {
            name: wire.name?,
            display_name: wire.display_name,
            path: wire.path,
            display_order: wire.display_order,
        })
    }
}

/// An attribute registry (DMTF `AttributeRegistry`), read and indexed.
///
/// What it holds is bounded by the reply it was read from, and so by the client's limit on bodies. The default one knows no
/// attribute.
#[derive(Debug, Clone, Default)]
pub struct AttributeRegistry {
    id: Option<String>,
    version: Option<String>,
    language: Option<String>,
    owner: Option<String>,
    attributes: Vec<Attribute>,
    index: HashMap<String, usize>,
    rules: Vec<AttributeRule>,
    menus: Vec<Menu>,
    ignored: usize,
}

impl AttributeRegistry {
    /// Reads a registry. Entries that make no sense are left out and counted ([`AttributeRegistry::ignored`]); of two
    /// attributes with one name the first counts.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) when `raw` is not one JSON object.
    pub fn parse(raw: Bytes) -> Result<Self> {
        let wire = Resource::<WireRegistry>::parse(raw)?.into_value();
        let entries = wire.entries.unwrap_or_default();
        let mut registry = Self {
            id: wire.id,
            version: wire.registry_version,
            language: wire.language,
            owner: wire.owning_entity,
            menus: entries.menus.unwrap_or_default().into_iter().filter_map(Menu::read).collect(),
            ..Self::default()
        };
        entries.attributes.unwrap_or_default().into_iter().for_each(|wire| registry.add_attribute(wire));
        for wire in entries.dependencies.unwrap_or_default() {
            match wire.rule.and_then(AttributeRule::read) {
                Some(rule) if registry.index.contains_key(&rule.attribute) => registry.rules.push(rule),
                _ => registry.ignored += 1,
            }
        }
        Ok(registry)
    }

    fn add_attribute(&mut self, wire: WireAttribute) {
        match Attribute::read(wire) {
            Some(attribute) if !self.index.contains_key(&attribute.name) => {
                self.index.insert(attribute.name.clone(), self.attributes.len());
                self.attributes.push(attribute);
            }
            _ => self.ignored += 1,
        }
    }

    /// Tells which `ReadOnly` and `Hidden` flags are the work of rules, given the values that were current when the
    /// registry was read: those end when their rules do. What is hidden is read-only, too, so a rule that hides explains
    /// both. Without this every flag is taken to stay, which forbids more than the iDRAC does.
    #[must_use]
    pub fn calibrated(mut self, current: &AttributeValues) -> Self {
        let then = Settled::of(&self, current, &AttributeValues::default());
        let ruled = |name: &str, property| then.rule_for(name, property).is_some();
        let explained: Vec<_> = self
            .attributes
            .iter()
            .map(|attribute| {
                let hidden = ruled(&attribute.name, AttributeProperty::Hidden);
                (hidden || ruled(&attribute.name, AttributeProperty::ReadOnly), hidden)
            })
            .collect();
        for (attribute, (read_only, hidden)) in self.attributes.iter_mut().zip(explained) {
            attribute.read_only_by_rule = read_only;
            attribute.hidden_by_rule = hidden;
        }
        self
    }

    /// `Id`, e.g. `BiosAttributeRegistry.v1_0_3`: what a resource's `AttributeRegistry` names.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// `RegistryVersion`.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// `Language`, e.g. `en`.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// `OwningEntity`: Dell.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// One attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.index.get(name).and_then(|index| self.attributes.get(*index))
    }

    /// All attributes, in the registry's order.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// All rules, in the registry's order; their places are what [`Settled`] speaks of.
    #[must_use]
    pub fn rules(&self) -> &[AttributeRule] {
        &self.rules
    }

    /// All menus.
    #[must_use]
    pub fn menus(&self) -> &[Menu] {
        &self.menus
    }

    /// How many attributes and rules could not be used.
    #[must_use]
    pub fn ignored(&self) -> usize {
        self.ignored
    }

    /// Evaluates every rule: `values`, with `wanted` over them.
    #[must_use]
    pub fn settle(&self, values: &AttributeValues, wanted: &AttributeValues) -> Settled<'_> {
        Settled::of(self, values, wanted)
    }
}
