//! Writing boot override and boot order.

use serde_json::{Value, json};

use crate::accepted::Accepted;
use crate::effect::Effect;
use crate::error::Result;
use crate::id::ODataId;
use crate::operation::Operation;
use crate::request::{Request, Response};

/// PATCH of `Boot`: of the system, or of its settings resource where that is the only place that takes it (iDRAC10).
#[derive(Debug, Clone, PartialEq)]
pub struct SetBoot {
    /// The system or its settings resource.
    pub home: ODataId,
    /// The properties of `Boot` to set.
    pub boot: Value,
}

impl Operation for SetBoot {
    type Output = Accepted;

    const NAME: &'static str = "SetBoot";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        Request::patch(self.home.path(), &json!({"Boot": self.boot}))
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}

/// PATCH of the settings of Dell's boot list (iDRAC7 and 8). It has no effect until a
/// [`CreateJob`](super::CreateJob) makes a job of it, so that sending it twice does no harm.
#[derive(Debug, Clone, PartialEq)]
pub struct SetBootSources {
    /// The list's settings resource.
    pub settings: ODataId,
    /// `UefiBootSeq` or `BootSeq`.
    pub list: &'static str,
    /// The entries in their new order: id, name and whether they are tried.
    pub entries: Vec<(String, String, bool)>,
}

impl Operation for SetBootSources {
    type Output = Accepted;

    const NAME: &'static str = "SetBootSources";
    const EFFECT: Effect = Effect::Change;

    fn request(&self) -> Request {
        let entry = |(index, (id, name, enabled)): (usize, &(String, String, bool))| json!({"Enabled": enabled, "Id": id, "Index": index, "Name": name});
        let entries: Vec<Value> = self.entries.iter().enumerate().map(entry).collect();
        Request::patch(self.settings.path(), &json!({"Attributes": {self.list: entries}})).idempotent()
    }

    fn parse(&self, response: Response) -> Result<Accepted> {
        Ok(Accepted::read(&response))
    }
}
