//! What is in force, what is staged, and what explains both.

use std::sync::Arc;

use crate::actions::Actions;
use crate::attribute::{AttributeRegistry, AttributeValues, Problem, Validation, validate};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{AttributeResource, Resource};
use crate::operation::{Redfish, run};
use crate::ops::GetResource;

use super::cache::{Key, RegistryCache};
use super::registry::fetch_registry;
use super::target::SettingsTarget;

/// Attributes that tell the firmware a registry belongs to: the BIOS's, and a network card's.
const FIRMWARE: &[&str] = &["SystemBiosVersion", "FamilyVersion"];

/// Settings of a resource as they are now.
#[derive(Debug, Clone)]
pub struct SettingsState {
    /// In force. Some firmware shows staged values here before their job has run.
    pub current: AttributeValues,
    /// Staged.
    pub pending: AttributeValues,
    /// What explains them; an iDRAC without one lets only its own names be set, unchecked.
    pub registry: Option<Arc<AttributeRegistry>>,
    /// Where values for later are written.
    pub settings: ODataId,
    /// When they may be applied; empty where a job has to be made by hand.
    pub apply_times: Vec<String>,
    /// Whether the next restart brings the defaults.
    pub is_reset_pending: bool,
    /// What the resource offers.
    pub actions: Actions,
    /// What the Settings resource offers.
    pub settings_actions: Actions,
    /// The registry's name, and whether it was read earlier.
    explained_by: Option<(String, bool)>,
}

impl SettingsState {
    /// What `wanted` would do here. Pure.
    #[must_use]
    pub fn validate(&self, wanted: &AttributeValues) -> Validation {
        let nothing = AttributeRegistry::default();
        let registry = self.registry.as_deref().unwrap_or(&nothing);
        validate(registry, &self.current, &self.pending, wanted)
    }

    /// The same; but before a wish is refused for a flag of a registry that was read earlier, the registry is read again: 3 more
    /// requests then, and only then.
    pub(in crate::flow) async fn judge(
        &mut self,
        redfish: &dyn Redfish,
        wanted: &AttributeValues,
        cache: &RegistryCache,
    ) -> Result<Validation> {
        let validation = self.validate(wanted);
        match self.explained_by.clone() {
            Some((name, true)) if validation.problems.iter().any(Problem::can_have_passed) => {
                self.registry = fetch_and_keep(redfish, &name, &self.current, cache).await?;
                self.explained_by = Some((name, false));
                Ok(self.validate(wanted))
            }
            _ => Ok(validation),
        }
    }

    /// The firmware the values belong to.
    #[must_use]
    pub fn firmware_version(&self) -> Option<String> {
        firmware(&self.current)
    }
}

fn firmware(current: &AttributeValues) -> Option<String> {
    FIRMWARE.iter().find_map(|name| current.get(name)?.to_text()).filter(|version| !version.is_empty())
}

/// Reads them: 2 requests, and 3 more where the registry is not in the cache.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC has no such settings; what reading says.
pub async fn fetch_settings(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    cache: &RegistryCache,
) -> Result<SettingsState> {
    let resource = fetch(redfish, target, &target.resource).await?;
    let current = values(&resource);
    let link = resource
        .settings
        .as_ref()
        .and_then(|settings| settings.settings_object.as_ref()?.odata_id.as_deref());
    let settings = match link.and_then(|link| ODataId::parse(link).ok()) {
        Some(settings) => settings,
        None => target.usual_settings()?,
    };
    let staged = fetch(redfish, target, &settings).await?;
    let (registry, explained_by) = match resource.attribute_registry.as_deref() {
        Some(name) => match cache.find(&key(redfish, name, &current)) {
            Some(kept) => (Some(kept), Some((name.to_owned(), true))),
            None => {
                let read = fetch_and_keep(redfish, name, &current, cache).await?;
                (read, Some((name.to_owned(), false)))
            }
        },
        None => (None, None),
    };
    let times = resource.settings.as_ref().and_then(|settings| settings.supported_apply_times.clone());
    Ok(SettingsState {
        pending: values(&staged),
        registry,
        settings,
        apply_times: times.unwrap_or_default(),
        is_reset_pending: resource.reset_to_defaults_pending.unwrap_or(false),
        actions: Actions::of(&resource),
        settings_actions: Actions::of(&staged),
        explained_by,
        current,
    })
}

/// Reads the settings in force alone: one request.
pub(in crate::flow) async fn fetch_current(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
) -> Result<AttributeValues> {
    fetch(redfish, target, &target.resource).await.map(|resource| values(&resource))
}

pub(in crate::flow) async fn fetch(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    path: &ODataId,
) -> Result<Resource<AttributeResource>> {
    run(redfish, &GetResource::at(path.clone())).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::Unsupported => {
            let message = format!("this iDRAC does not offer staged settings of {}", target.called);
            let said = Error::new(ErrorKind::Unsupported, message).with_host(redfish.host());
            said.with_path(path.path()).with_source(error)
        }
        _ => error,
    })
}

pub(in crate::flow) fn values(resource: &AttributeResource) -> AttributeValues {
    resource.attributes.clone().unwrap_or_default().into()
}

fn key(redfish: &dyn Redfish, name: &str, current: &AttributeValues) -> Key {
    Key { host: redfish.host().to_owned(), registry: name.to_owned(), firmware: firmware(current) }
}

async fn fetch_and_keep(
    redfish: &dyn Redfish,
    name: &str,
    current: &AttributeValues,
    cache: &RegistryCache,
) -> Result<Option<Arc<AttributeRegistry>>> {
    let found = fetch_registry(redfish, name, current).await?;
    if let Some(registry) = &found {
        cache.keep(key(redfish, name, current), registry);
    }
    Ok(found)
}
