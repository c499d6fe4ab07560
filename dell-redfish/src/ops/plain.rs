//! Small settings: the clock, the asset tag.

use serde_json::{Value, json};

use crate::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::message::{ExtendedInfo, read_extended};
use crate::operation::Operation;
use crate::ops::action::{action, text};
use crate::request::{Request, Response};

action! {
    /// `DellTimeService.ManageTime`, asked for the time.
    GetTime = "DellTimeService.ManageTime", Read, [], |response| text(&response, "TimeData") => String
}

action! {
    /// `DellTimeService.ManageTime`, told the time.
    SetTime = "DellTimeService.ManageTime", Change, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}

/// PATCH of a few plain properties of a resource.
#[derive(Debug, Clone)]
pub struct PatchProperties {
    path: String,
    body: Value,
}

impl PatchProperties {
    /// `ComputerSystem.AssetTag`: the operator's own name for the server.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a tag longer than 63 bytes, or with control characters.
    pub(crate) fn asset_tag(system: impl Into<String>, tag: &str) -> Result<Self> {
        if tag.len() > 63 || tag.chars().any(char::is_control) {
            return Err(Error::new(ErrorKind::InvalidInput, "an asset tag has at most 63 printable bytes"));
        }
        Ok(Self { path: system.into(), body: json!({"AssetTag": tag}) })
    }

    /// `Manager.DateTime`.
    pub(crate) fn date_time(manager: impl Into<String>, time: &str) -> Self {
        Self { path: manager.into(), body: json!({"DateTime": time}) }
    }
}

impl Operation for PatchProperties {
    type Output = Vec<ExtendedInfo>;

    const NAME: &'static str = "PatchProperties";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::patch(self.path.clone(), &self.body)
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Ok(read_extended(&response.body))
    }
}

/// DELETE of a session.
#[derive(Debug, Clone)]
pub struct DeleteSession {
    path: String,
}

impl DeleteSession {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl Operation for DeleteSession {
    type Output = ();

    const NAME: &'static str = "DeleteSession";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::delete(self.path.clone())
    }

    fn parse(&self, _response: Response) -> Result<()> {
        Ok(())
    }
}
