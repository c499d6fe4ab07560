//! What of a profile is secret, and what an import does to the password we log in with.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use super::component::Attribute;
use super::profile::Profile;
use super::target::ScpTarget;
use crate::error::Result;
use crate::redact::is_secret_name;

/// Settings about passwords that are none: rules and states.
const RULES: &[&str] =
    &["status", "length", "score", "policy", "regex", "enable", "expiration", "lockout", "detect", "warning"];

/// Whether an attribute is secret by its name. The group before `#` does not count.
pub(super) fn is_secret_attribute(name: &str) -> bool {
    let own = name.rsplit('#').next().unwrap_or(name);
    let folded = own.to_ascii_lowercase();
    is_secret_name(own) && !RULES.iter().any(|rule| folded.ends_with(rule)) && !folded.contains("require")
}

/// A secret of a profile, by name only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SecretAttribute {
    /// FQDD of its component.
    pub component: String,
    /// The attribute's name.
    pub attribute: String,
    /// Whether the profile has only asterisks, or nothing, in its place.
    pub masked: bool,
}

/// What an import makes of a user's password.
#[derive(Clone, PartialEq, Eq)]
pub enum NewPassword {
    /// It becomes this one.
    Plain(Zeroizing<String>),
    /// It becomes one of which the profile holds a hash only.
    Hashed,
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Hashed => "Hashed",
        })
    }
}

impl Profile {
    /// Every secret the profile holds or masks, by name.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretAttribute> {
        self.attributes()
            .filter(|(_, attribute)| attribute.is_secret())
            .map(|(fqdd, attribute)| SecretAttribute {
                component: fqdd.to_owned(),
                attribute: attribute.name().to_owned(),
                masked: attribute.is_masked(),
            })
            .collect()
    }

    /// Whether any secret stands in it in the clear, or as a hash.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.attributes().any(|(_, attribute)| attribute.is_secret() && !attribute.is_masked())
    }

    /// The same profile without its secrets: what may be shown, kept in the open or compared by eye. Remarks and
    /// [unknown parts](Profile::unknown_parts) go too, since nobody knows what they hold.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a character that XML cannot hold.
    pub fn without_secrets(&self) -> Result<Self> {
        let keep = |_: &str, each: &Attribute| (!each.is_secret() || each.is_masked()).then(|| each.clone());
        let mut content = self.mapped(keep)?.content().clone();
        content.comments.clear();
        Self::from_content(content, self.format())
    }

    /// The same profile with its secrets masked and not applied: what may be shown, and does no harm where somebody imports
    /// it. Remarks and [unknown parts](Profile::unknown_parts) go, since nobody knows what they hold.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a character that XML cannot hold.
    pub fn with_secrets_masked(&self) -> Result<Self> {
        let mask =
            |_: &str, each: &Attribute| Some(if each.is_secret() { each.masked() } else { each.clone() });
        let mut content = self.mapped(mask)?.content().clone();
        content.comments.clear();
        Self::from_content(content, self.format())
    }

    /// Slots whose password an import sets, or hashes of it, without naming their users.
    #[must_use]
    pub fn unnamed_password_slots(&self) -> Vec<u32> {
        let unnamed =
            self.users().into_iter().filter(|(_, user)| user.name.is_none() && user.outcome().is_some());
        unnamed.filter_map(|(group, _)| group.strip_prefix("Users.")?.parse().ok()).collect()
    }

    /// What an import of this profile does to the password of an iDRAC user, found by name or, where the profile does
    /// not name it, by the user's slot (2 is the first an operator may use). `None` when it is left alone.
    #[must_use]
    pub fn new_password(&self, user_name: &str, slot: Option<u32>) -> Option<NewPassword> {
        let own_group = slot.map(|slot| format!("Users.{slot}"));
        self.users()
            .into_iter()
            .find(|(group, user)| match user.name {
                Some(name) => name == user_name,
                None => own_group.as_deref() == Some(group),
            })
            .and_then(|(_, user)| user.outcome())
    }

    /// What it sets of each user of the iDRAC, by group.
    fn users(&self) -> BTreeMap<&str, User<'_>> {
        let mut users: BTreeMap<&str, User<'_>> = BTreeMap::new();
        for (fqdd, attribute) in self.attributes() {
            let Some((group, field)) = attribute.name().split_once('#') else { continue };
            if !ScpTarget::Idrac.covers(fqdd) || !group.starts_with("Users.") || !attribute.is_set_on_import()
            {
                continue;
            }
            let user = users.entry(group).or_default();
            match field {
                "UserName" => user.name = Some(attribute.value()),
                "Password" if !attribute.is_masked() => user.password = Some(attribute.value()),
                "SHA256Password" | "SHA1v3Key" | "MD5v3Key" if !attribute.is_masked() => user.hashed = true,
                _ => {}
            }
        }
        users
    }
}

#[derive(Default)]
struct User<'a> {
    name: Option<&'a str>,
    password: Option<&'a str>,
    hashed: bool,
}

impl User<'_> {
    fn outcome(&self) -> Option<NewPassword> {
        match self.password {
            Some(password) => Some(NewPassword::Plain(Zeroizing::new(password.to_owned()))),
            None => self.hashed.then_some(NewPassword::Hashed),
        }
    }
}
