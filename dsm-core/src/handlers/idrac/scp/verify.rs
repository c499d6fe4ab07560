//! Whether what was imported is in force.

use std::time::Duration;

use dell_redfish::flow::scp::{
    ExportOptions, ImportOptions, ImportPreview, best_format, export, preview_import,
};
use dell_redfish::flow::wait::PartOutcome;
use dell_redfish::redact::is_secret_name;
use dell_redfish::scp::{Profile, ScpTarget, is_order};
use dell_redfish::{Client, ErrorKind as RedfishKind, Redfish, Result};
use serde::Serialize;

use super::classes;

/// A host that has just restarted shows old values for a while: looks, and the pause between them.
const LOOKS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(60);

/// Settings named that are not as wanted.
const NAMED: usize = 50;

/// What a comparison gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Verification {
    /// Everything that can be compared is as wanted.
    pub(super) verified: bool,
    /// `export`: compared with a fresh one; `preview`: the iDRAC itself says what it would still change.
    pub(super) by: &'static str,
    /// Settings the profile sets.
    pub(super) total_attributes: usize,
    /// Secrets, and settings that this server does not show.
    pub(super) not_readable: usize,
    /// Settings that are not as wanted, in all.
    pub(super) mismatch_count: usize,
    /// The first of them.
    pub(super) mismatches: Vec<Mismatch>,
}

/// A setting that is not as wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Mismatch {
    component: String,
    attribute: String,
    requested: String,
    current: String,
}

impl Verification {
    fn of(by: &'static str, total: usize, not_readable: usize, mut mismatches: Vec<Mismatch>) -> Self {
        let mismatch_count = mismatches.len();
        mismatches.truncate(NAMED);
        Self {
            verified: mismatch_count == 0,
            by,
            total_attributes: total,
            not_readable,
            mismatch_count,
            mismatches,
        }
    }

    /// What is wrong, in a line.
    pub(super) fn problem(&self) -> Option<String> {
        let first = self.mismatches.first()?;
        Some(format!(
            "{} of {} settings are not as wanted after the import, {} of {} among them",
            self.mismatch_count, self.total_attributes, first.attribute, first.component
        ))
    }
}

/// Compares. Nothing where neither a fresh export nor a preview is to be had.
///
/// # Errors
/// The iDRAC's.
pub(super) async fn verify(client: &Client, options: &ImportOptions) -> Result<Option<Verification>> {
    let mut looks = 0;
    loop {
        let found = look(client, options).await?;
        looks += 1;
        let is_wrong = found.as_ref().is_some_and(|found| !found.verified);
        if !is_wrong || looks >= LOOKS {
            return Ok(found);
        }
        client.clock().sleep(PAUSE).await;
    }
}

async fn look(client: &Client, options: &ImportOptions) -> Result<Option<Verification>> {
    if let Some(wanted) = options.profile() {
        match by_export(client, wanted, &options.targets).await {
            Err(error) if error.kind() == RedfishKind::Unsupported => {}
            found => return found.map(Some),
        }
    }
    match preview_import(client, options).await {
        Ok(preview) => Ok(Some(by_preview(&preview, &options.targets))),
        Err(error) if error.kind() == RedfishKind::Unsupported => Ok(None),
        Err(error) => Err(error),
    }
}

async fn by_export(client: &Client, wanted: &Profile, targets: &[ScpTarget]) -> Result<Verification> {
    let format = best_format(client).await?;
    let now = export(client, &ExportOptions::new(format).with_targets(targets)).await?.profile()?;
    let wanted = if targets.is_empty() { wanted.clone() } else { wanted.only(targets)? };
    match now {
        Some(now) => Ok(compare(&now, &wanted)),
        None => Ok(Verification::of("export", 0, 0, Vec::new())),
    }
}

fn compare(now: &Profile, wanted: &Profile) -> Verification {
    let is_wanted = |name: &str| !is_order(name);
    let total =
        wanted.attributes().filter(|(_, each)| each.is_set_on_import() && is_wanted(each.name())).count();
    let diff = now.diff(wanted);
    let set = diff.changes.iter().filter(|change| !change.after.is_empty() && is_wanted(&change.attribute));
    let (shown, hidden): (Vec<_>, Vec<_>) =
        set.partition(|change| !change.secret && !change.before.is_empty());
    let mismatch = |change: &&dell_redfish::scp::AttributeChange| Mismatch {
        component: change.component.clone(),
        attribute: change.attribute.clone(),
        requested: change.after.join(","),
        current: change.before.join(","),
    };
    let hidden = hidden.len() + diff.unknown_secrets.len();
    Verification::of("export", total, hidden, shown.iter().map(mismatch).collect())
}

fn by_preview(preview: &ImportPreview, targets: &[ScpTarget]) -> Verification {
    let parts: Vec<&PartOutcome> = chosen(preview, targets).collect();
    let name = |part: &PartOutcome| part.name.clone().unwrap_or_default();
    let (hidden, left): (Vec<_>, Vec<_>) =
        parts.iter().filter(|part| !is_order(&name(part))).partition(|part| is_secret_name(&name(part)));
    let mismatch = |part: &&&PartOutcome| Mismatch {
        component: part.component.clone().unwrap_or_default(),
        attribute: name(part),
        requested: part.new_value.clone().unwrap_or_default(),
        current: part.old_value.clone().unwrap_or_default(),
    };
    let left: Vec<Mismatch> = left.iter().map(mismatch).collect();
    Verification::of("preview", left.len() + hidden.len(), hidden.len(), left)
}

/// What a preview says of settings in these classes; older firmware does not name their component.
pub(super) fn chosen<'a>(
    preview: &'a ImportPreview,
    targets: &'a [ScpTarget],
) -> impl Iterator<Item = &'a PartOutcome> {
    let parts = if preview.changes { preview.job.parts.as_slice() } else { &[] };
    parts
        .iter()
        .filter(|part| part.component.as_deref().is_none_or(|fqdd| classes::is_covered(targets, fqdd)))
}

#[cfg(test)]
mod tests {
    use dell_redfish::scp::{Attribute, Component, ProfileFormat};

    use super::*;

    fn profile(settings: &[(&str, &str)]) -> Profile {
        let component = settings.iter().fold(Component::new("BIOS.Setup.1-1"), |component, (name, value)| {
            component.with_attribute(Attribute::new(*name, *value))
        });
        Profile::from_components(vec![component], ProfileFormat::Json).expect("a profile")
    }

    #[test]
    fn only_what_the_profile_sets_and_the_server_shows_is_compared() {
        let now = profile(&[("BootMode", "Bios"), ("Extra", "1"), ("SetupPassword", "******")]);
        let wanted = profile(&[
            ("BootMode", "Uefi"),
            ("Absent", "1"),
            ("SetupPassword", "s3cret"),
            ("RAIDaction", "Delete"),
        ]);
        let found = compare(&now, &wanted);
        assert_eq!((found.verified, found.mismatch_count, found.not_readable), (false, 1, 2), "{found:?}");
        assert_eq!((found.mismatches[0].current.as_str(), found.total_attributes), ("Bios", 3));
        assert!(found.problem().is_some_and(|line| line.contains("BootMode")));
        assert!(!format!("{found:?}").contains("s3cret"));
        assert!(compare(&profile(&[("BootMode", "Uefi")]), &profile(&[("BootMode", "Uefi")])).verified);
    }
}
