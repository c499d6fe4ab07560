//! The action to send, from what the iDRAC offers.

use crate::actions::{Action, Actions};
use crate::capability::IDRAC;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::operation::{Redfish, run};
use crate::ops::GetManager;
use crate::quirk::{COMPACT_PROFILES, Generation};
use crate::safeguard::Safeguard;
use crate::scp::{Profile, ScpTarget};

/// The action of this name, whatever Dell puts in front of it. One request.
pub(super) async fn find(redfish: &dyn Redfish, name: &'static str) -> Result<Action> {
    if !redfish.safeguards().has(Safeguard::ActionBySuffix) {
        return usual(name);
    }
    let manager = run(redfish, &GetManager).await?;
    let generation = manager.model.as_deref().and_then(Generation::from_manager_model);
    if redfish.facts().generation.is_none() && generation.is_some() {
        redfish.learn(&mut |facts| facts.generation = generation);
    }
    Actions::of(&manager).need(name).cloned().map_err(|error| error.with_host(redfish.host()))
}

/// The place most firmware has it at, untried.
fn usual(name: &'static str) -> Result<Action> {
    let row = match name {
        super::EXPORT => endpoint::EXPORT_SYSTEM_CONFIGURATION_OLD,
        super::IMPORT => endpoint::IMPORT_SYSTEM_CONFIGURATION_OLD,
        _ => endpoint::IMPORT_SYSTEM_CONFIGURATION_PREVIEW_OLD,
    };
    let target = ODataId::parse(&row.path(&[IDRAC])?)?;
    Ok(Action {
        name: name.to_owned(),
        target,
        allowable: std::collections::BTreeMap::new(),
        info: None,
        apply_times: Vec::new(),
    })
}

/// The text of a profile as this iDRAC takes it: as it came, unless a quirk of old firmware is in the way.
pub(super) fn text(redfish: &dyn Redfish, profile: &Profile) -> Result<String> {
    if COMPACT_PROFILES.concerns(redfish.facts().generation) {
        profile.import_buffer()
    } else {
        profile.text()
    }
}

/// Refuses classes of components that this iDRAC does not know, before they are sent.
pub(super) fn check_classes(action: &Action, classes: &[ScpTarget]) -> Result<()> {
    classes.iter().try_for_each(|class| action.check("ShareParameters.Target", class.as_str()))
}

/// Refuses a way of transport that this iDRAC does not know. A local export came with 2.70, HTTP with iDRAC9.
pub(super) fn check_transport(action: &Action, kind: &str) -> Result<()> {
    action.check("ShareParameters.ShareType", kind).map_err(|error| {
        let message = format!("this iDRAC does not move profiles by {kind}");
        Error::new(ErrorKind::Unsupported, message).with_source(error)
    })
}
