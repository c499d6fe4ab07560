//! Attributes of the iDRAC, the system board and the Lifecycle Controller: read, compared, written, read back.
//!
//! Where they are: `DellAttributes` from iDRAC9 on, `Managers/…/Attributes` before. iDRAC7, and 8 on early firmware, have
//! neither; there a server configuration profile sets them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::settings::fetch_registry;
use crate::accepted::Accepted;
use crate::attribute::{AttributeRegistry, AttributeValues, validate};
use crate::capability::{Found, IDRAC, find_at, missing};
use crate::effect::Effect;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{DellAttributes, Resource, Scalar};
use crate::operation::{Operation as _, Redfish};
use crate::ops::ApplyTime;
use crate::ops::attribute::{AttributeGroup, PatchAttributes, same};
use crate::plan::Plan;
use crate::quirk::Generation;
use crate::redact::is_secret_name;
use crate::safeguard::Safeguard;
use crate::tag::run_tagged;

/// Looks at what was written, in all.
const LOOKS: u32 = 3;
/// Pause between two looks: a service of the iDRAC that restarts shows its new settings a little later.
const PAUSE: Duration = Duration::from_secs(2);

/// Reads a group. One request; two where the older place has to be found.
///
/// # Errors
/// [`ErrorKind::Unsupported`] on an iDRAC without attributes in Redfish.
pub async fn fetch_attributes(
    redfish: &dyn Redfish,
    group: AttributeGroup,
) -> Result<Resource<DellAttributes>> {
    find_group(redfish, group).await?.read()
}

async fn find_group(redfish: &dyn Redfish, group: AttributeGroup) -> Result<Found> {
    let newer = (&endpoint::DELL_ATTRIBUTES, vec![IDRAC, group.id()]);
    let older = (&endpoint::MANAGER_ATTRIBUTES, vec![group.id()]);
    let places = match redfish.facts().generation {
        Some(generation) if generation < Generation::Idrac9 => [older, newer],
        _ => [newer, older],
    };
    for (place, names) in places {
        if let Some(found) = find_at(redfish, place, &names).await? {
            return Ok(found);
        }
    }
    Err(missing(redfish, "DellAttributes (a server configuration profile sets them on it)"))
}

/// What came of writing attributes. Names only: a value may be a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct AttributesSet {
    /// Attributes that were written: those that differed.
    pub changed: Vec<String>,
    /// Of these, what could not be read back as written: secrets, and what the iDRAC has not taken over yet.
    pub unconfirmed: Vec<String>,
    /// Where the work can be followed, if it was put off.
    pub accepted: Option<Accepted>,
    /// The iDRAC has probably moved to another address.
    pub has_moved: bool,
}

/// Attributes as they should be.
#[derive(Clone)]
pub struct SetAttributes {
    group: AttributeGroup,
    wanted: BTreeMap<String, Scalar>,
    apply: ApplyTime,
    registry: Option<Arc<AttributeRegistry>>,
}

/// What there is, and what differs.
struct Difference {
    found: Found,
    resource: Resource<DellAttributes>,
    changes: BTreeMap<String, Scalar>,
}

impl SetAttributes {
    /// These attributes of a group, at once.
    #[must_use]
    pub fn new(group: AttributeGroup, wanted: BTreeMap<String, Scalar>) -> Self {
        Self { group, wanted, apply: ApplyTime::Immediate, registry: None }
    }

    /// Not at once but then.
    #[must_use]
    pub fn with_apply_time(self, apply: ApplyTime) -> Self {
        Self { apply, ..self }
    }

    /// Checks every value against the registry before anything is sent: type, list, bounds, rules between attributes.
    #[must_use]
    pub fn with_registry(self, registry: Arc<AttributeRegistry>) -> Self {
        Self { registry: Some(registry), ..self }
    }

    /// What would be written. One request (two at the older place), a read.
    ///
    /// # Errors
    /// As [`SetAttributes::run`].
    pub async fn plan(&self, redfish: &dyn Redfish) -> Result<Plan> {
        let difference = self.difference(redfish).await?;
        let plan = Plan::new(format!(
            "set {} of {} attributes of {}",
            difference.changes.len(),
            self.wanted.len(),
            self.group.id()
        ));
        if difference.changes.is_empty() {
            return Ok(plan);
        }
        let operation = self.operation(&difference, redfish)?;
        let plan = plan.with_step(&operation);
        Ok(if operation.effect() == Effect::Disrupt {
            plan.with_warning("the iDRAC moves to another address, network or port; this connection ends")
        } else {
            plan
        })
    }

    /// Writes what differs, and nothing where nothing does. A read, a write, and a read back.
    ///
    /// A write that moves the iDRAC is not read back, and a connection that breaks over it is no error: the answer says
    /// [`has_moved`](AttributesSet::has_moved).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] without attributes in Redfish, or for an apply time this iDRAC does not offer;
    /// [`ErrorKind::InvalidInput`] for a name this iDRAC does not have; [`ErrorKind::Precondition`] when somebody else wrote
    /// in between.
    pub async fn run(&self, redfish: &dyn Redfish) -> Result<AttributesSet> {
        let difference = self.difference(redfish).await?;
        if difference.changes.is_empty() {
            return Ok(AttributesSet::default());
        }
        let operation = self.operation(&difference, redfish)?;
        let changed: Vec<String> = difference.changes.keys().cloned().collect();
        let has_moved = operation.effect() == Effect::Disrupt;
        let tag = match self.apply {
            ApplyTime::Immediate => difference.found.etag.as_deref(),
            // The settings object is another resource than the one that was read.
            _ => None,
        };
        let accepted = match run_tagged(redfish, &operation, tag).await {
            Ok(accepted) => Some(accepted).filter(Accepted::is_followable),
            // It went before its answer did.
            Err(error) if has_moved && is_cut_off(&error) => None,
            Err(error) => return Err(error),
        };
        let mut done = AttributesSet { unconfirmed: changed.clone(), changed, accepted, has_moved };
        let put_off = self.apply != ApplyTime::Immediate;
        if !has_moved && !put_off && redfish.safeguards().has(Safeguard::ReadBack) {
            done.unconfirmed = self.unconfirmed(redfish, &difference.changes).await?;
        }
        Ok(done)
    }

    async fn difference(&self, redfish: &dyn Redfish) -> Result<Difference> {
        let found = find_group(redfish, self.group).await?;
        let resource: Resource<DellAttributes> = found.read()?;
        let empty = BTreeMap::new();
        let current = resource.attributes.as_ref().unwrap_or(&empty);
        let mut changes = BTreeMap::new();
        for (name, value) in &self.wanted {
            match current.get(name) {
                Some(now) if same(now, value) => {}
                Some(_) => drop(changes.insert(name.clone(), value.clone())),
                None => {
                    let message = format!("{} has no attribute {name:?}", self.group.id());
                    return Err(Error::new(ErrorKind::InvalidInput, message)
                        .with_host(redfish.host())
                        .with_path(&*found.path));
                }
            }
        }
        if let Some(registry) = &self.registry {
            changes =
                checked(registry, current, &changes).map_err(|error| error.with_host(redfish.host()))?;
        }
        Ok(Difference { found, resource, changes })
    }

    fn operation(&self, difference: &Difference, redfish: &dyn Redfish) -> Result<PatchAttributes> {
        let settings = difference.resource.settings.as_ref();
        let path = match self.apply {
            ApplyTime::Immediate => difference.found.path.clone(),
            _ => {
                let offered = settings.and_then(|settings| settings.supported_apply_times.as_deref());
                let checked = self.apply.check("attributes", offered.unwrap_or_default(), &[]);
                checked
                    .map_err(|error| error.with_host(redfish.host()).with_path(&*difference.found.path))?;
                let object =
                    settings.and_then(|settings| settings.settings_object.as_ref()?.odata_id.clone());
                object.unwrap_or_else(|| difference.found.path.clone())
            }
        };
        PatchAttributes::new(path, difference.changes.clone(), self.apply.clone())
    }

    /// What does not read as written, after a few looks.
    async fn unconfirmed(
        &self,
        redfish: &dyn Redfish,
        written: &BTreeMap<String, Scalar>,
    ) -> Result<Vec<String>> {
        let mut look = 1;
        loop {
            let resource = fetch_attributes(redfish, self.group).await?;
            let now = |name: &str| resource.attributes.as_ref().and_then(|all| all.get(name));
            let differs = |(name, value): &(&String, &Scalar)| !now(name).is_some_and(|now| same(now, value));
            let left: Vec<String> = written.iter().filter(differs).map(|(name, _)| name.clone()).collect();
            // A secret is never shown: waiting for it is in vain.
            if look >= LOOKS || left.iter().all(|name| is_secret_name(name)) {
                return Ok(left);
            }
            look += 1;
            redfish.clock().sleep(PAUSE).await;
        }
    }
}

impl std::fmt::Debug for SetAttributes {
    /// Names the attributes; a value may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetAttributes")
            .field("group", &self.group)
            .field("names", &self.wanted.keys().collect::<Vec<_>>())
            .field("apply", &self.apply)
            .finish_non_exhaustive()
    }
}

/// The changes in the types the registry gives them, or all that stands against them.
fn checked(
    registry: &AttributeRegistry,
    current: &BTreeMap<String, Scalar>,
    changes: &BTreeMap<String, Scalar>,
) -> Result<BTreeMap<String, Scalar>> {
    let nothing = AttributeValues::default();
    let result = validate(registry, &current.clone().into(), &nothing, &changes.clone().into());
    if result.problems.is_empty() {
        return Ok(result.changes.into_iter().map(|change| (change.attribute, change.to)).collect());
    }
    let problems: Vec<String> = result.problems.iter().map(ToString::to_string).collect();
    Err(Error::new(ErrorKind::InvalidInput, problems.join("; ")))
}

/// Reads the registry that explains a group; nothing where the iDRAC has none. Three requests.
///
/// # Errors
/// What reading says, but for "there is none".
pub async fn fetch_attribute_registry(
    redfish: &dyn Redfish,
    resource: &DellAttributes,
) -> Result<Option<Arc<AttributeRegistry>>> {
    let Some(name) = &resource.attribute_registry else { return Ok(None) };
    let current = resource.attributes.clone().unwrap_or_default().into_iter().collect();
    fetch_registry(redfish, name, &current).await
}

fn is_cut_off(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol)
        && !error.is_unsent()
}
