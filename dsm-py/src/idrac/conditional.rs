//! Reading a resource only if it has changed.

use dell_redfish::{
    Conditional as Read, Effect, EntityTag, Error, ErrorKind, ODataId, Operation, Request, Response, Result,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::argument::invalid;
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    path: ODataId,
    tag: Option<String>,
}

/// What came of a conditional reading.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Conditional {
    /// The resource is another one than was remembered, or not known to be the same.
    Changed {
        /// As the iDRAC wrote it.
        resource: Map<String, Value>,
        /// What to remember it by, for the next reading; none where the iDRAC gave no tag.
        tag: Option<String>,
    },
    /// By its tag it is the one that was remembered.
    Unchanged,
}

/// Any resource, untyped.
struct GetAny(ODataId);

impl Operation for GetAny {
    type Output = Map<String, Value>;

    const NAME: &'static str = "GetResource";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.0.path())
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        serde_json::from_slice(&response.body)
            .map_err(|_| Error::new(ErrorKind::Protocol, "the reply is no resource: it is no JSON object"))
    }
}

pub(super) async fn if_changed(mut call: Call) -> Outcome {
    let Reading { path, tag } = call.read()?;
    let known = tag.map(|text| serde_json::from_str::<EntityTag>(&text)).transpose();
    let known = known.map_err(|_| invalid("the `tag` is none that was given with a resource"))?;
    let read = match call.client.run_if_changed(&GetAny(path), known.as_ref()).await? {
        Read::Unchanged => Conditional::Unchanged,
        Read::Changed { value, tag } => Conditional::Changed {
            resource: value,
            tag: tag.map(|tag| serde_json::to_string(&tag)).transpose().map_err(Failure::Json)?,
        },
    };
    Reply::json(&read)
}
