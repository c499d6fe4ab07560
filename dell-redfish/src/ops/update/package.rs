//! Packages sent to the iDRAC, and taken off it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::operation::Operation;
use crate::ops::ApplyTime;
use crate::request::{Request, Response};
use crate::upload::{Multipart, PackageFile};

/// A package with its parameters, sent to `MultipartHttpPushUri`. Never repeated after a broken connection.
#[derive(Debug, Clone)]
pub struct UploadPackage {
    /// Where to.
    pub uri: ODataId,
    /// The package.
    pub file: PackageFile,
    /// Only on these entries of the firmware inventory; on whatever it fits when empty.
    pub targets: Vec<ODataId>,
    /// When it is installed.
    pub apply_time: Option<ApplyTime>,
    /// Longest time without a byte moving.
    pub standstill: Duration,
}

impl Operation for UploadPackage {
    type Output = Accepted;

    const NAME: &'static str = "UploadPackage";
    const EFFECT: Effect = Effect::Disrupt;

    fn request(&self) -> Request {
        let mut parameters = Map::new();
        parameters.insert(
            "Targets".into(),
            self.targets.iter().map(|target| Value::from(target.as_str())).collect(),
        );
        parameters.extend(self.apply_time.iter().flat_map(ApplyTime::annotations));
        let form = Multipart::with_parameters(&Value::Object(parameters), self.file.clone());
        Request::upload(self.uri.as_str(), Arc::new(form)).with_timeout(self.standstill)
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// A package alone, sent to `HttpPushUri` (iDRAC9): it becomes an entry of the firmware inventory and is installed from there.
/// The iDRAC asks for the entity tag of the inventory (SYS404 without). Never repeated after a broken connection.
#[derive(Debug, Clone)]
pub struct PushPackage {
    /// Where to.
    pub uri: ODataId,
    /// The package.
    pub file: PackageFile,
    /// The inventory's entity tag.
    pub etag: String,
    /// Longest time without a byte moving.
    pub standstill: Duration,
}

impl Operation for PushPackage {
    /// The entry.
    type Output = ODataId;

    const NAME: &'static str = "PushPackage";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::upload(self.uri.as_str(), Arc::new(Multipart::bare(self.file.clone())))
            .with_if_match(self.etag.clone())
            .with_timeout(self.standstill)
    }

    fn parse(&self, response: Response) -> Result<ODataId> {
        let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        let named = response.header("location").or_else(|| body.get("@odata.id")?.as_str());
        let entry =
            named.map(|path| path.split_once("/redfish/").map_or(path, |(front, _)| &path[front.len()..]));
        entry.and_then(|path| ODataId::parse(path).ok()).ok_or_else(|| {
            Error::new(
                ErrorKind::Protocol,
                "the iDRAC took the package, but does not say which entry it became",
            )
        })
    }
}

/// Takes a package off the iDRAC (iDRAC10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletePackage {
    /// Its entry in the firmware inventory.
    pub entry: ODataId,
}

impl Operation for DeletePackage {
    type Output = ();

    const NAME: &'static str = "DeletePackage";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::delete(self.entry.path())
    }

    fn parse(&self, _response: Response) -> Result<()> {
        Ok(())
    }
}
