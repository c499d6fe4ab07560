//! DMTF's changes of volumes and drives.

use bytes::Bytes;
use serde_json::{Value, json};

use super::NewVolume;
use crate::accepted::Accepted;
use crate::body::Body;
use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::ops::ApplyTime;
use crate::request::{Request, Response};

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
    use super::super::{RaidType, ReadCache};
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
