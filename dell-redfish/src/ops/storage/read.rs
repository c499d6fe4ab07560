//! Reading a storage subsystem with its drives.

use bytes::Bytes;
use serde_json::Value;

use crate::effect::Effect;
use crate::endpoint::Expand;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{Drive, Resource, Storage};
use crate::operation::Operation;
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
