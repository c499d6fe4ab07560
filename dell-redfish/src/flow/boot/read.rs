//! What the host would start from.

use serde::{Deserialize, Serialize};

use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{Boot, BootOption, BootSource, BootSources, ComputerSystem, Link, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{GetComputerSystem, GetResource};

/// The boot override as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideState {
    /// `Disabled`, `Once`, `Continuous`.
    pub enabled: Option<String>,
    /// `None`, `Pxe`, `Cd`, …
    pub target: Option<String>,
    /// `UEFI` or `Legacy`; absent on iDRAC10, which knows UEFI only.
    pub mode: Option<String>,
    /// UEFI device path of the target `UefiTarget`.
    pub uefi_target: Option<String>,
}

/// Something the host can start from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootChoice {
    /// The name a boot order uses: `Boot0000`, or the long id of Dell's boot list.
    pub reference: String,
    /// What it is, in words or as a device of Dell's naming.
    pub name: Option<String>,
    /// UEFI device path, where told.
    pub device_path: Option<String>,
    /// Whether it is tried.
    pub enabled: Option<bool>,
}

/// Everything about starting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootConfig {
    /// The override.
    #[serde(rename = "override")]
    pub overriding: OverrideState,
    /// Targets an override can have; empty where the iDRAC does not say.
    pub targets: Vec<String>,
    /// The persistent order, by reference.
    pub order: Vec<String>,
    /// What there is to start from.
    pub choices: Vec<BootChoice>,
}

/// Reads override, order and choices.
///
/// # Errors
/// Whatever the requests meet.
pub async fn fetch_boot(idrac: &dyn Redfish) -> Result<BootConfig> {
    let place = Place::find(idrac).await?;
    let (order, choices) = match place.list(idrac).await? {
        Some(list) => (list.order(), list.choices()),
        None => (place.order(), place.choices(idrac).await?),
    };
    Ok(BootConfig { overriding: state(&place.boot), targets: place.targets(), order, choices })
}

/// Where boot is read and written on this iDRAC, and what it says there.
pub(super) struct Place {
    pub(super) system: Resource<ComputerSystem>,
    /// The system, or its settings resource.
    pub(super) home: ODataId,
    /// Of the home.
    pub(super) boot: Boot,
}

impl Place {
    /// The place that names the targets of an override: the system, or else its settings resource. Only iDRAC10 needs the
    /// second look; iDRAC9 7.x has both resources and takes boot changes at the system.
    pub(super) async fn find(idrac: &dyn Redfish) -> Result<Self> {
        let system = run(idrac, &GetComputerSystem).await?;
        let named = |system: &ComputerSystem| {
            system
                .boot
                .as_ref()
                .and_then(|boot| boot.override_targets.as_ref())
                .is_some_and(|all| !all.is_empty())
        };
        let settings =
            system.settings.as_ref().and_then(|settings| target(settings.settings_object.as_ref()));
        if let (false, Some(home)) = (named(&system), settings) {
            let later = run(idrac, &GetResource::<ComputerSystem>::at(home.clone())).await?;
            if named(&later) {
                let boot = later.into_value().boot.unwrap_or_default();
                return Ok(Self { system, home, boot });
            }
        }
        let home = ODataId::parse(endpoint::SYSTEM)?;
        let boot = system.boot.clone().unwrap_or_default();
        Ok(Self { system, home, boot })
    }

    /// The override as it stands by now.
    pub(super) async fn look(&self, idrac: &dyn Redfish) -> Result<OverrideState> {
        let now = run(idrac, &GetResource::<ComputerSystem>::at(self.home.clone())).await?;
        Ok(state(&now.into_value().boot.unwrap_or_default()))
    }

    /// The override as it was found.
    pub(super) fn state(&self) -> OverrideState {
        state(&self.boot)
    }

    pub(super) fn targets(&self) -> Vec<String> {
        self.boot.override_targets.clone().unwrap_or_default()
    }

    /// The order in force: always the system's, also where the settings resource takes the new one.
    pub(super) fn order(&self) -> Vec<String> {
        self.system.boot.as_ref().and_then(|boot| boot.order.clone()).unwrap_or_default()
    }

    /// The boot options, where this iDRAC has them.
    pub(super) async fn choices(&self, idrac: &dyn Redfish) -> Result<Vec<BootChoice>> {
        let options = self.system.boot.as_ref().and_then(|boot| target(boot.options.as_ref()));
        let Some(options) = options else { return Ok(Vec::new()) };
        let options =
            members::list::<BootOption>(idrac, options.path()).await?.into_iter().map(Resource::into_value);
        Ok(options
            .filter_map(|option| {
                Some(BootChoice {
                    reference: option.reference.or(option.id)?,
                    name: option.display_name,
                    device_path: option.uefi_device_path,
                    enabled: option.enabled,
                })
            })
            .collect())
    }

    /// Dell's boot list, where there are no boot options.
    pub(super) async fn list(&self, idrac: &dyn Redfish) -> Result<Option<List>> {
        let boot = self.system.boot.as_ref();
        if boot.is_some_and(|boot| boot.options.is_some() || boot.order.is_some()) {
            return Ok(None);
        }
        let linked = self
            .system
            .links
            .as_ref()
            .and_then(|links| links.oem.as_ref()?.dell.as_ref()?.boot_order.as_ref());
        let home = match target(linked) {
            Some(home) => home,
            None => ODataId::parse(endpoint::SYSTEM_BOOT_SOURCES)?,
        };
        List::read(idrac, home, self.boot.override_mode.as_deref()).await.map(Some)
    }
}

/// Dell's boot list.
pub(super) struct List {
    pub(super) home: ODataId,
    pub(super) settings: ODataId,
    /// Its property.
    pub(super) name: &'static str,
    pub(super) entries: Vec<BootSource>,
}

impl List {
    pub(super) async fn read(idrac: &dyn Redfish, home: ODataId, mode: Option<&str>) -> Result<Self> {
        let sources = run(idrac, &GetResource::<BootSources>::at(home.clone())).await?.into_value();
        let lists = sources.attributes.unwrap_or_default();
        let (name, mut entries) = match (lists.uefi, lists.legacy) {
            (_, Some(legacy)) if mode == Some("Legacy") => ("BootSeq", legacy),
            (Some(uefi), _) => ("UefiBootSeq", uefi),
            (None, Some(legacy)) => ("BootSeq", legacy),
            (None, None) => {
                return Err(Error::new(ErrorKind::Unsupported, "this iDRAC shows no boot list")
                    .with_path(home.as_str()));
            }
        };
        entries.sort_by_key(|entry| entry.index);
        let settings = match target(sources.settings.and_then(|settings| settings.settings_object).as_ref()) {
            Some(settings) => settings,
            None => ODataId::parse(&format!("{}/Settings", home.path()))?,
        };
        Ok(Self { home, settings, name, entries })
    }

    pub(super) fn order(&self) -> Vec<String> {
        self.entries.iter().filter_map(|entry| entry.id.clone()).collect()
    }

    pub(super) fn choices(&self) -> Vec<BootChoice> {
        let choice = |entry: &BootSource| {
            let reference = entry.id.clone()?;
            Some(BootChoice {
                reference,
                name: entry.name.clone(),
                device_path: None,
                enabled: entry.enabled,
            })
        };
        self.entries.iter().filter_map(choice).collect()
    }
}

fn target(link: Option<&Link>) -> Option<ODataId> {
    ODataId::parse(link?.odata_id.as_deref()?).ok()
}

fn state(boot: &Boot) -> OverrideState {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    OverrideState {
        enabled: filled(&boot.override_enabled),
        target: filled(&boot.override_target),
        mode: filled(&boot.override_mode),
        uefi_target: filled(&boot.uefi_target),
    }
}
