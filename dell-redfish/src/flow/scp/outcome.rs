//! What an import did.

use std::collections::BTreeMap;

use crate::flow::wait::{JobOutcome, PartOutcome, Verdict};
use crate::meaning::MessageClass;
use crate::message::ExtendedInfo;
use crate::redact::{REDACTED, is_secret_name};
use crate::scp::Profile;

/// Which password the iDRAC knows after an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordInForce {
    /// The one we came with.
    Same,
    /// The one in the profile: whoever keeps passwords must keep this one from now on.
    New,
    /// The profile held only a hash of a new one. Whether it is in force cannot be found out without knowing it.
    Hashed,
}

/// What became of one component.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ComponentResult {
    /// Its FQDD; nothing where neither the iDRAC nor the profile tells.
    pub fqdd: Option<String>,
    /// Settings that were set.
    pub applied: usize,
    /// Settings that were not, with the iDRAC's reasons.
    pub failed: Vec<PartOutcome>,
}

/// An import that came to an end and did something, or found nothing to do.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ImportOutcome {
    /// Its job: [`Verdict::Done`], [`Verdict::Partial`] or a soft end. Its parts are the settings, secrets left out.
    pub job: JobOutcome,
    /// The same by component.
    pub components: Vec<ComponentResult>,
    /// Whether anything was changed (SYS069, SYS066 and SYS054 say that nothing was).
    pub changed: bool,
    /// Lines of the Lifecycle Controller's log about the job, where it did not do everything.
    pub log: Vec<ExtendedInfo>,
    /// Which password is in force.
    pub password: PasswordInForce,
    /// Whether the host's power came to what was asked for; nothing where it was to be left alone.
    pub host_as_wanted: Option<bool>,
}

impl ImportOutcome {
    pub(super) fn of(mut job: JobOutcome, profile: Option<&Profile>) -> Self {
        job.parts.iter_mut().for_each(hide_secret);
        let applied_some = job.parts.iter().any(|part| !part.is_failed());
        let changed = applied_some || !job.has_class(MessageClass::NoChange);
        Self {
            components: by_component(&job.parts, profile),
            changed,
            job,
            log: Vec::new(),
            password: PasswordInForce::Same,
            host_as_wanted: None,
        }
    }

    /// Whether everything was done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.job.verdict == Verdict::Done
    }
}

/// An iDRAC masks secrets in its results; one that did not would make us repeat them.
pub(super) fn hide_secret(part: &mut PartOutcome) {
    if part.name.as_deref().is_some_and(is_secret_name) {
        for value in [&mut part.old_value, &mut part.new_value].into_iter().flatten() {
            *value = REDACTED.to_owned();
        }
    }
}

/// Results by component. Older firmware does not name it: the profile knows where a setting belongs, if it is in one only.
fn by_component(parts: &[PartOutcome], profile: Option<&Profile>) -> Vec<ComponentResult> {
    let mut homes: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for (fqdd, attribute) in profile.iter().flat_map(|profile| profile.attributes()) {
        homes
            .entry(attribute.name())
            .and_modify(|home| *home = home.filter(|known| *known == fqdd))
            .or_insert(Some(fqdd));
    }
    let mut found: BTreeMap<Option<String>, ComponentResult> = BTreeMap::new();
    for part in parts {
        let home = || homes.get(part.name.as_deref()?).copied().flatten().map(str::to_owned);
        let fqdd = part.component.clone().or_else(home);
        let result = found.entry(fqdd.clone()).or_insert_with(|| ComponentResult {
            fqdd,
            applied: 0,
            failed: Vec::new(),
        });
        if part.is_failed() {
            result.failed.push(part.clone());
        } else {
            result.applied += 1;
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scp::{Attribute, Component, ProfileFormat};

    fn part(component: Option<&str>, name: &str, failed: bool) -> PartOutcome {
        PartOutcome {
            component: component.map(str::to_owned),
            name: Some(name.to_owned()),
            error_code: failed.then(|| "13".to_owned()),
            new_value: Some("x".to_owned()),
            ..PartOutcome::default()
        }
    }

    #[test]
    fn results_find_their_component() {
        let profile = Profile::from_components(
            vec![
                Component::new("BIOS.Setup.1-1").with_attribute(Attribute::new("BootMode", "Uefi")),
                Component::new("NIC.1").with_attribute(Attribute::new("Wol", "On")),
                Component::new("NIC.2").with_attribute(Attribute::new("Wol", "On")),
            ],
            ProfileFormat::Xml,
        )
        .unwrap();
        let parts =
            [part(None, "BootMode", false), part(None, "Wol", true), part(Some("NIC.2"), "Wol", false)];
        let found = by_component(&parts, Some(&profile));
        let seen: Vec<_> =
            found.iter().map(|each| (each.fqdd.as_deref(), each.applied, each.failed.len())).collect();
        assert_eq!(seen, [(None, 0, 1), (Some("BIOS.Setup.1-1"), 1, 0), (Some("NIC.2"), 1, 0)]);
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let mut secret = part(None, "Users.2#Password", false);
        hide_secret(&mut secret);
        assert_eq!(secret.new_value.as_deref(), Some(REDACTED));
    }
}
