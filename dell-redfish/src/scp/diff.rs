//! What differs between two profiles, by component and attribute.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::component::Attribute;
use super::profile::Profile;
use crate::redact::REDACTED;

/// The difference between two profiles: what going from the first to the second changes.
///
/// Order of components and attributes does not count, nor does the spelling of equal values (white space, blanks after
/// commas, the case of switches), nor whether one is XML and the other JSON. The order inside one value does: a boot
/// sequence is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProfileDiff {
    /// FQDDs that only the first has.
    pub components_removed: Vec<String>,
    /// FQDDs that only the second has.
    pub components_added: Vec<String>,
    /// Settings that differ and that an import of the second applies (or, where it lacks them, of the first).
    pub changes: Vec<AttributeChange>,
    /// Settings that differ but are not applied on import: read-only ones, and those in comments.
    pub informational: Vec<AttributeChange>,
    /// Secrets that cannot be compared because one side shows asterisks.
    pub unknown_secrets: Vec<AttributeName>,
}

/// One setting's place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AttributeName {
    /// FQDD of its component.
    pub component: String,
    /// Its name.
    pub attribute: String,
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttributeChange {
    /// FQDD of its component.
    pub component: String,
    /// Its name.
    pub attribute: String,
    /// Its values in the first profile; none if it is not there, several for a list. Secrets are replaced.
    pub before: Vec<String>,
    /// Its values in the second profile, likewise.
    pub after: Vec<String>,
    /// Whether it is a secret.
    pub secret: bool,
}

impl ProfileDiff {
    /// Whether an import would find nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.unknown_secrets.is_empty()
    }
}

impl Profile {
    /// What going from this profile to `after` changes. Offline; needs no iDRAC.
    #[must_use]
    pub fn diff(&self, after: &Self) -> ProfileDiff {
        let (mine, theirs) = (Side::of(self), Side::of(after));
        let mut diff = ProfileDiff {
            components_removed: mine.without(&theirs),
            components_added: theirs.without(&mine),
            ..ProfileDiff::default()
        };
        let keys: BTreeSet<_> = mine.settings.keys().chain(theirs.settings.keys()).collect();
        for key in keys {
            diff.compare(mine.settings.get(key), theirs.settings.get(key));
        }
        diff
    }
}

impl ProfileDiff {
    fn compare(&mut self, before: Option<&Setting<'_>>, after: Option<&Setting<'_>>) {
        let Some(shown) = after.or(before) else { return };
        let (component, attribute) = (shown.fqdd.to_owned(), shown.name.to_owned());
        let sides = || [before, after].into_iter().flatten();
        let secret = sides().any(|side| side.values.iter().any(|value| value.is_secret()));
        let masked = || sides().any(|side| side.values.iter().any(|value| value.is_masked()));
        if secret && before.is_some() && after.is_some() && masked() {
            // An empty password is one that is not set; asterisks could be anything.
            if sides().any(|side| side.values.iter().any(|value| !value.value().is_empty())) {
                self.unknown_secrets.push(AttributeName { component, attribute });
            }
            return;
        }
        if before.map(Setting::canonical) == after.map(Setting::canonical) {
            return;
        }
        let applied = shown.values.iter().any(|value| value.is_set_on_import() && !value.is_read_only());
        let change = AttributeChange {
            component,
            attribute,
            before: before.map(|side| side.shown(secret)).unwrap_or_default(),
            after: after.map(|side| side.shown(secret)).unwrap_or_default(),
            secret,
        };
        if applied { self.changes.push(change) } else { self.informational.push(change) }
    }
}

/// One profile, ready to be compared: names without regard to case.
struct Side<'a> {
    components: BTreeMap<String, &'a str>,
    settings: BTreeMap<(String, String), Setting<'a>>,
}

/// All values of one name in one component.
struct Setting<'a> {
    fqdd: &'a str,
    name: &'a str,
    values: Vec<&'a Attribute>,
}

impl<'a> Side<'a> {
    fn of(profile: &'a Profile) -> Self {
        let mut side = Self { components: BTreeMap::new(), settings: BTreeMap::new() };
        for component in profile.all_components() {
            let fqdd = component.fqdd();
            let folded = fqdd.to_ascii_lowercase();
            for attribute in component.attributes() {
                side.settings
                    .entry((folded.clone(), attribute.name().to_ascii_lowercase()))
                    .or_insert_with(|| Setting { fqdd, name: attribute.name(), values: Vec::new() })
                    .values
                    .push(attribute);
            }
            side.components.insert(folded, fqdd);
        }
        side
    }

    fn without(&self, other: &Self) -> Vec<String> {
        self.components
            .iter()
            .filter(|(folded, _)| !other.components.contains_key(*folded))
            .map(|(_, fqdd)| (*fqdd).to_owned())
            .collect()
    }
}

impl Setting<'_> {
    /// Values that are equal however they are spelled; of a list, in any order.
    fn canonical(&self) -> Vec<String> {
        let mut values: Vec<String> = self.values.iter().map(|each| canonical(each.value())).collect();
        values.sort_unstable();
        values
    }

    fn shown(&self, secret: bool) -> Vec<String> {
        let shown = |each: &&Attribute| if secret { REDACTED.to_owned() } else { each.value().to_owned() };
        self.values.iter().map(shown).collect()
    }
}

/// Words that mean the same in any case; other text (names, tags) keeps its case.
const SWITCHES: &[&str] =
    &["true", "false", "enabled", "disabled", "enable", "disable", "yes", "no", "none", "on", "off"];

fn canonical(value: &str) -> String {
    let parts: Vec<String> = value
        .split(',')
        .map(str::trim)
        .map(|part| {
            let folded = part.to_ascii_lowercase();
            if SWITCHES.contains(&folded.as_str()) { folded } else { part.to_owned() }
        })
        .collect();
    parts.join(",")
}
