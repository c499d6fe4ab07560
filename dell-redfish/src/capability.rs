//! What an iDRAC offers, asked before it is used: a resource that is not there is a capability that is missing.

use bytes::Bytes;

use crate::actions::Actions;
use crate::effect::Effect;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{Resource, Schema};
use crate::operation::{Operation, Redfish, run};
use crate::request::{Request, Response};

/// The iDRAC on every PowerEdge.
pub(crate) const IDRAC: &str = "iDRAC.Embedded.1";
/// The server on every PowerEdge.
pub(crate) const SERVER: &str = "System.Embedded.1";

/// A resource as it came, with its entity tag.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) body: Bytes,
    pub(crate) etag: Option<String>,
}

impl Found {
    /// Reads it as what it should be.
    pub(crate) fn read<T: Schema>(&self) -> Result<Resource<T>> {
        Resource::parse(self.body.clone()).map_err(|error| error.with_path(self.path.clone()))
    }

    /// Its actions.
    pub(crate) fn actions(&self) -> Actions {
        Actions::read(&self.body)
    }
}

/// GET of a resource that may not be there.
struct Look<'a> {
    path: &'a str,
}

impl Operation for Look<'_> {
    type Output = (Bytes, Option<String>);

    const NAME: &'static str = "GetResource";
    const EFFECT: Effect = Effect::Read;

    fn request(&self) -> Request {
        Request::get(self.path)
    }

    fn parse(&self, response: Response) -> Result<Self::Output> {
        let etag = crate::tag::of(&response);
        Ok((response.body, etag))
    }
}

/// Reads a resource; nothing where this iDRAC has none at that place.
pub(crate) async fn find(redfish: &dyn Redfish, path: &str) -> Result<Option<Found>> {
    // A path from a reply is checked like any other id.
    let checked = ODataId::parse(path)?;
    match run(redfish, &Look { path: checked.path() }).await {
        Ok((body, etag)) => Ok(Some(Found { path: checked.path().to_owned(), body, etag })),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same at a place of the table; not asked for where the table says that this generation has none.
pub(crate) async fn find_at(
    redfish: &dyn Redfish,
    endpoint: &Endpoint,
    names: &[&str],
) -> Result<Option<Found>> {
    if redfish.facts().generation.is_some_and(|generation| !endpoint.is_in(generation)) {
        return Ok(None);
    }
    find(redfish, &endpoint.path(names)?).await
}

/// The same, as an error that names the capability.
pub(crate) async fn need_at(
    redfish: &dyn Redfish,
    endpoint: &Endpoint,
    names: &[&str],
    capability: &str,
) -> Result<Found> {
    find_at(redfish, endpoint, names).await?.ok_or_else(|| missing(redfish, capability))
}

/// The error of a capability that is not there.
pub(crate) fn missing(redfish: &dyn Redfish, capability: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("this iDRAC does not offer {capability}"))
        .with_host(redfish.host())
}

/// Whether an answer says that there is no such thing on this iDRAC.
pub(crate) fn is_missing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) && error.http_status().is_some()
}
