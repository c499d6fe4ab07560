//! Whether the Lifecycle Controller and the host are ready for work.

use bytes::Bytes;
use serde_json::json;

use crate::actions::Actions;
use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::model::{RemoteServicesStatus, Resource};
use crate::operation::Operation;
use crate::request::{Request, Response};

/// Dell `DellLCService.GetRemoteServicesAPIStatus`, from iDRAC9 3.30 on. Changes nothing, although it is a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetRemoteServicesApiStatus {
    /// Where the service says the action is.
    pub target: ODataId,
}

impl GetRemoteServicesApiStatus {
    /// By the actions of `DellLCService`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where it has none of that name.
    pub fn new(actions: &Actions) -> Result<Self> {
        Ok(Self { target: actions.need("DellLCService.GetRemoteServicesAPIStatus")?.target.clone() })
    }
}

impl Operation for GetRemoteServicesApiStatus {
    type Output = RemoteServicesStatus;

    const NAME: &'static str = "GetRemoteServicesAPIStatus";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::post(self.target.path(), &json!({})).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        let body: Bytes = response.body;
        Ok(Resource::<RemoteServicesStatus>::parse(body)?.into_value())
    }
}
