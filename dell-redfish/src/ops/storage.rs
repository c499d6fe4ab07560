//! Reading a storage subsystem, and DMTF's changes of volumes and drives.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::accepted::Accepted;
use crate::body::Body;
use crate::effect::Effect;
use crate::endpoint::Expand;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{Drive, Resource, Storage};
use crate::operation::Operation;
use crate::ops::ApplyTime;
use crate::request::{Request, Response};

/// GET of a storage subsystem, its drives in it where this iDRAC expands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetStorage {
    /// The subsystem.
    pub path: ODataId,
    /// Whether to ask for the drives, too.
    pub expanded: bool,
}

/// A storage subsystem, and those of its drives that came with it.
#[derive(Debug)]
pub struct StorageWithDrives {
    /// The subsystem.
    pub storage: Resource<Storage>,
    /// Drives that came whole.
    pub drives: Vec<Resource<Drive>>,
}

impl Operation for GetStorage {
    type Output = StorageWithDrives;

    const NAME: &'static str = "GetStorage";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        let expand = if self.expanded { Expand::All } else { Expand::None };
        Request::get(expand.on(self.path.path()))
    }

    fn parse(&self, response: Response) -> Result<StorageWithDrives> {
        let drives = if self.expanded { inline_drives(&response.body)? } else { Vec::new() };
        Ok(StorageWithDrives { storage: Resource::parse(response.body)?, drives })
    }
}

fn inline_drives(body: &Bytes) -> Result<Vec<Resource<Drive>>> {
    let document: Value = serde_json::from_slice(body).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the reply is not one JSON document").with_source(error)
    })?;
    let drives = document.get("Drives").and_then(Value::as_array).into_iter().flatten();
    let whole = drives.filter(|drive| drive.as_object().is_some_and(|fields| fields.len() > 1));
    whole.map(|drive| Resource::parse(Bytes::from(drive.to_string()))).collect()
}

/// DMTF `Volume.RAIDType`, as far as PERC controllers know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "they are their names")]
pub enum RaidType {
    Raid0,
    Raid1,
    Raid5,
    Raid6,
    Raid10,
    Raid50,
    Raid60,
}

impl RaidType {
    /// As DMTF spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raid0 => "RAID0",
            Self::Raid1 => "RAID1",
            Self::Raid5 => "RAID5",
            Self::Raid6 => "RAID6",
            Self::Raid10 => "RAID10",
            Self::Raid50 => "RAID50",
            Self::Raid60 => "RAID60",
        }
    }

    /// Fewest drives it can lie on.
    #[must_use]
    pub const fn least_drives(self) -> usize {
        match self {
            Self::Raid0 => 1,
            Self::Raid1 => 2,
            Self::Raid5 => 3,
            Self::Raid6 | Self::Raid10 => 4,
            Self::Raid50 => 6,
            Self::Raid60 => 8,
        }
    }

    /// The word of older schemas (`VolumeType`), where there is one.
    #[must_use]
    pub const fn volume_type(self) -> Option<&'static str> {
        match self {
            Self::Raid0 => Some("NonRedundant"),
            Self::Raid1 => Some("Mirrored"),
            Self::Raid5 => Some("StripedWithParity"),
            Self::Raid10 => Some("SpannedMirrors"),
            Self::Raid50 => Some("SpannedStripesWithParity"),
            Self::Raid6 | Self::Raid60 => None,
        }
    }
}

impl fmt::Display for RaidType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// DMTF `Volume.ReadCachePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are their names")]
pub enum ReadCache {
    Off,
    ReadAhead,
    AdaptiveReadAhead,
}

/// DMTF `Volume.WriteCachePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are their names")]
pub enum WriteCache {
    WriteThrough,
    ProtectedWriteBack,
    UnprotectedWriteBack,
}

/// A volume to make. What is not said is the controller's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVolume {
    /// Its RAID level.
    pub raid_type: RaidType,
    /// Its drives, by FQDD.
    pub drives: Vec<String>,
    /// The operator's name for it.
    pub name: Option<String>,
    /// Its size in bytes; all there is unless said.
    pub capacity_bytes: Option<u64>,
    /// Its stripe in bytes.
    pub stripe_bytes: Option<u64>,
    /// Reading ahead.
    pub read_cache: Option<ReadCache>,
    /// Writing through the cache.
    pub write_cache: Option<WriteCache>,
    /// Whether the drives' own caches are used (Dell `DiskCachePolicy`).
    pub disk_cache: Option<bool>,
    /// Whether it is encrypted with the controller's key.
    pub encrypted: bool,
}

impl NewVolume {
    /// One of this level on these drives.
    #[must_use]
    pub fn new(raid_type: RaidType, drives: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            raid_type,
            drives: drives.into_iter().map(Into::into).collect(),
            name: None,
            capacity_bytes: None,
            stripe_bytes: None,
            read_cache: None,
            write_cache: None,
            disk_cache: None,
            encrypted: false,
        }
    }

    /// Names it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes it this large.
    #[must_use]
    pub fn with_capacity_bytes(mut self, bytes: u64) -> Self {
        self.capacity_bytes = Some(bytes);
        self
    }
}

/// POST to a collection of volumes. Never sent twice: a second one would be a second volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateVolume {
    /// The collection.
    pub volumes: ODataId,
    /// What to make.
    pub volume: NewVolume,
    /// Where its drives are, in the order of [`NewVolume::drives`].
    pub drives: Vec<ODataId>,
    /// When; the controller's default unless said.
    pub apply: Option<ApplyTime>,
    /// Whether to use the words of the older schema (`VolumeType`, drives not below `Links`).
    pub older: bool,
}

impl Operation for CreateVolume {
    type Output = Accepted;

    const NAME: &'static str = "CreateVolume";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let wanted = &self.volume;
        let drives: Vec<Value> = self.drives.iter().map(|drive| json!({"@odata.id": drive.path()})).collect();
        let mut body = if self.older {
            json!({"VolumeType": wanted.raid_type.volume_type(), "Drives": drives})
        } else {
            json!({"RAIDType": wanted.raid_type.as_str(), "Links": {"Drives": drives}})
        };
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                body[key] = value;
            }
        };
        put("Name", wanted.name.as_deref().map(Value::from));
        put("CapacityBytes", wanted.capacity_bytes.map(Value::from));
        put("OptimumIOSizeBytes", wanted.stripe_bytes.map(Value::from));
        put("ReadCachePolicy", wanted.read_cache.map(|policy| json!(policy)));
        put("WriteCachePolicy", wanted.write_cache.map(|policy| json!(policy)));
        put("Encrypted", wanted.encrypted.then_some(Value::Bool(true)));
        let word = |on: bool| if on { "Enabled" } else { "Disabled" };
        put(
            "Oem",
            wanted.disk_cache.map(|on| json!({"Dell": {"DellVolume": {"DiskCachePolicy": word(on)}}})),
        );
        annotate(&mut body, self.apply.as_ref());
        Request::post(self.volumes.path(), &body)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// DELETE of a volume. The apply time travels in a body that 6.00.02 and newer refuse, so that it is sent only where it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteVolume {
    /// The volume.
    pub volume: ODataId,
    /// When; the controller's default unless said.
    pub apply: Option<ApplyTime>,
}

impl Operation for DeleteVolume {
    type Output = Accepted;

    const NAME: &'static str = "DeleteVolume";
    const EFFECT: Effect = Effect::Destroy;

    fn request(&self) -> Request {
        let request = Request::delete(self.volume.path());
        // Each DELETE makes a job, and a second one would be refused for the first one's sake.
        let body = self.apply.as_ref().map(|apply| Value::Object(apply.annotations().collect()).to_string());
        Request { body: body.map(|body| Body::Json(Bytes::from(body))), idempotent: false, ..request }
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// Says when, in the body of a request.
fn annotate(body: &mut Value, apply: Option<&ApplyTime>) {
    for (key, value) in apply.into_iter().flat_map(ApplyTime::annotations) {
        body[key] = value;
    }
}

macro_rules! command {
    ($(#[$meta:meta])* $name:ident, $effect:ident, |$this:ident| $body:expr) => {
        impl Operation for $name {
            type Output = Accepted;

            const NAME: &'static str = stringify!($name);
            const EFFECT: Effect = Effect::$effect;

            fn request(&self) -> Request {
                let $this = self;
                let mut body = $body;
                annotate(&mut body, self.apply.as_ref());
                Request::post(self.target.path(), &body)
            }

            fn parse(&self, response: Response) -> Result<Accepted> {
                Ok(Accepted::read(&response))
            }
        }
    };
}

/// `Volume.Initialize`: overwrites a volume, its beginning or all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitializeVolume {
    /// Where the volume says the action is.
    pub target: ODataId,
    /// All of it, and not only its beginning.
    pub slow: bool,
    /// When; the controller's default unless said.
    pub apply: Option<ApplyTime>,
}

command! { InitializeVolume, Destroy, |this| json!({"InitializeType": if this.slow { "Slow" } else { "Fast" }}) }

/// `Volume.CheckConsistency`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckVolume {
    /// Where the volume says the action is.
    pub target: ODataId,
    /// When; the controller's default unless said.
    pub apply: Option<ApplyTime>,
}

command! { CheckVolume, Change, |_this| json!({}) }

/// `Drive.SecureErase`: nothing on it can be read any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EraseDrive {
    /// Where the drive says the action is.
    pub target: ODataId,
    /// When; the controller's default unless said.
    pub apply: Option<ApplyTime>,
}

command! { EraseDrive, Destroy, |_this| json!({}) }

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ODataId {
        ODataId::parse(text).unwrap()
    }

    fn body(operation: &impl Operation) -> Value {
        serde_json::from_slice(operation.request().body.unwrap().whole().unwrap()).unwrap()
    }

    #[test]
    fn a_volume_is_described_in_either_schema() {
        let mut volume = NewVolume::new(RaidType::Raid1, ["a", "b"]).with_name("os").with_capacity_bytes(5);
        volume.read_cache = Some(ReadCache::ReadAhead);
        volume.disk_cache = Some(false);
        let create = CreateVolume {
            volumes: path("/redfish/v1/v"),
            volume,
            drives: vec![path("/redfish/v1/a"), path("/redfish/v1/b")],
            apply: Some(ApplyTime::Immediate),
            older: false,
        };
        assert_eq!(
            body(&create),
            json!({"RAIDType": "RAID1", "Links": {"Drives": [{"@odata.id": "/redfish/v1/a"}, {"@odata.id": "/redfish/v1/b"}]},
                "Name": "os", "CapacityBytes": 5, "ReadCachePolicy": "ReadAhead",
                "Oem": {"Dell": {"DellVolume": {"DiskCachePolicy": "Disabled"}}},
                "@Redfish.OperationApplyTime": "Immediate"})
        );
        let older = body(&CreateVolume { older: true, apply: None, ..create });
        assert_eq!((&older["VolumeType"], older.get("Links")), (&json!("Mirrored"), None));
    }

    #[test]
    fn a_delete_has_a_body_only_where_it_must() {
        let delete = DeleteVolume { volume: path("/redfish/v1/v"), apply: None };
        assert!(delete.request().body.is_none() && !delete.request().idempotent);
        let delete = DeleteVolume { apply: Some(ApplyTime::OnReset), ..delete };
        assert_eq!(body(&delete), json!({"@Redfish.OperationApplyTime": "OnReset"}));
    }
}
