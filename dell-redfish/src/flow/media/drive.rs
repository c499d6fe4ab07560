//! The virtual drives of a server, and which of them takes what.

use std::fmt;

use crate::actions::Actions;
use crate::endpoint::{self, MEDIA_OF_MANAGER, MEDIA_OF_SYSTEM, SYSTEM_VIRTUAL_MEDIA_COLLECTION};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{Resource, VirtualMedia};
use crate::operation::Redfish;
use crate::safeguard::Safeguard;

/// What the host sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum MediaDevice {
    /// An optical drive.
    #[default]
    Cd,
    /// A removable disk.
    RemovableDisk,
}

impl MediaDevice {
    fn is_offered_by(self, types: &[String]) -> bool {
        let names: &[&str] = match self {
            Self::Cd => &["CD", "DVD"],
            Self::RemovableDisk => &["USBStick", "Floppy"],
        };
        types.iter().any(|kind| names.contains(&kind.as_str()))
    }
}

impl fmt::Display for MediaDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cd => "CD",
            Self::RemovableDisk => "removable disk",
        })
    }
}

/// One virtual drive.
#[derive(Debug, Clone)]
pub struct Drive {
    /// Where it is.
    pub path: ODataId,
    /// What it says.
    pub media: Resource<VirtualMedia>,
    /// What it offers; nothing on firmware that is written to directly.
    pub actions: Actions,
}

impl Drive {
    pub(super) fn of(media: Resource<VirtualMedia>) -> Option<Self> {
        let path = ODataId::parse(media.odata_id.as_deref()?).ok()?;
        let actions = Actions::of(&media);
        Some(Self { path, media, actions })
    }

    /// Whether it can be such a drive.
    #[must_use]
    pub fn takes(&self, device: MediaDevice) -> bool {
        device.is_offered_by(self.media.media_types.as_deref().unwrap_or_default())
    }

    /// Whether anything says that an image is in it.
    #[must_use]
    pub fn is_occupied(&self) -> bool {
        self.media.inserted == Some(true) || self.media.is_stale()
    }
}

/// All virtual drives.
///
/// # Errors
/// [`ErrorKind::Unsupported`] when this iDRAC has virtual media neither below the system nor below the manager.
pub async fn list(redfish: &dyn Redfish) -> Result<Vec<Drive>> {
    let mut missing = None;
    for home in homes(redfish) {
        match members::list::<VirtualMedia>(redfish, home).await {
            Ok(found) => {
                let drives: Vec<_> = found.into_iter().filter_map(Drive::of).collect();
                if !drives.is_empty() {
                    return Ok(drives);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                redfish.learn(&mut |facts| {
                    if !facts.absent.iter().any(|known| known == home) {
                        facts.absent.push(home.to_owned());
                    }
                });
                missing = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    let error = Error::new(ErrorKind::Unsupported, "this iDRAC has no virtual media below system or manager")
        .with_host(redfish.host());
    Err(match missing {
        Some(missing) => error.with_source(missing),
        None => error,
    })
}

/// Where drives may be: below the system from 6.x on, below the manager before. What is known to be absent is not asked for.
fn homes(redfish: &dyn Redfish) -> Vec<&'static str> {
    if !redfish.safeguards().has(Safeguard::FindMediaHome) {
        return vec![MEDIA_OF_MANAGER];
    }
    let facts = redfish.facts();
    let has = |row: &endpoint::Endpoint| facts.generation.is_none_or(|generation| row.is_in(generation));
    let rows = [
        (MEDIA_OF_SYSTEM, has(&SYSTEM_VIRTUAL_MEDIA_COLLECTION)),
        (MEDIA_OF_MANAGER, has(&endpoint::MANAGER_VIRTUAL_MEDIA_COLLECTION)),
    ];
    let fits = |(home, has): (&'static str, bool)| {
        (has && !facts.absent.iter().any(|absent| absent == home)).then_some(home)
    };
    rows.into_iter().filter_map(fits).collect()
}
