//! A job of what waits in a settings resource.

use serde_json::json;

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::endpoint;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::request::{Request, Response};

/// POST to Dell's job collection: makes a job that applies a settings resource at the next start of the host. Needed where a
/// PATCH does not make one by itself (iDRAC7 and 8). A second one for the same settings is refused with SYS011.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateConfigJob {
    /// The settings resource.
    pub settings: ODataId,
}

impl Operation for CreateConfigJob {
    type Output = Accepted;

    const NAME: &'static str = "CreateConfigJob";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::post(endpoint::MANAGER_JOBS, &json!({"TargetSettingsURI": self.settings.path()}))
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}
