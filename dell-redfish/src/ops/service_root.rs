//! The one question that is asked without a login.

use std::time::Duration;

use crate::effect::Effect;
use crate::endpoint;
use crate::error::Result;
use crate::model::{Resource, ServiceRoot};
use crate::operation::Operation;
use crate::request::{Request, Response};

/// GET of the service root, sent without credentials: who is there, and what it can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GetServiceRoot {
    /// Time for one attempt, where the client's default is too long: a scan asks many that are not there.
    pub timeout: Option<Duration>,
}

impl Operation for GetServiceRoot {
    type Output = Resource<ServiceRoot>;

    const NAME: &'static str = "GetServiceRoot";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request { timeout: self.timeout, ..Request::get(endpoint::ROOT).anonymous() }
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        Resource::parse(response.body)
    }
}
