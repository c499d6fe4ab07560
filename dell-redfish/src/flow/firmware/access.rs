//! What an iDRAC takes updates by.

use crate::actions::Actions;
use crate::capability::need_at;
use crate::endpoint;
use crate::error::Result;
use crate::id::ODataId;
use crate::model::UpdateService;
use crate::operation::Redfish;

/// The ways of the update service, as it says them itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateAccess {
    /// Its actions: `SimpleUpdate` with its protocols, `StartUpdate`.
    pub actions: Actions,
    /// The moments that updates can be installed at (`OperationApplyTimeSupport`).
    pub apply_times: Vec<String>,
    /// Where a package is sent with its parameters.
    pub multipart: Option<ODataId>,
    /// Where a package is sent alone, to be installed from the inventory.
    pub push: Option<ODataId>,
    /// Largest package, where it says so.
    pub max_bytes: Option<u64>,
}

impl UpdateAccess {
    /// Whether packages can be sent to it at all.
    #[must_use]
    pub fn takes_packages(&self) -> bool {
        self.multipart.is_some() || self.push.is_some()
    }
}

/// Reads the update service. One request.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where there is none (iDRAC7 and 8 before 2.60).
pub async fn fetch_update_access(redfish: &dyn Redfish) -> Result<UpdateAccess> {
    let found = need_at(redfish, &endpoint::UPDATE_SERVICE, &[], "an update service").await?;
    let service = found.read::<UpdateService>()?;
    let link = |uri: &Option<String>| uri.as_deref().and_then(|uri| ODataId::parse(uri).ok());
    let actions = found.actions();
    // `SimpleUpdate` says it for all ways.
    let simple = actions.find("UpdateService.SimpleUpdate");
    Ok(UpdateAccess {
        apply_times: simple.map(|action| action.apply_times.clone()).unwrap_or_default(),
        actions,
        multipart: link(&service.multipart_http_push_uri),
        push: link(&service.http_push_uri),
        max_bytes: service.max_image_size_bytes.filter(|most| *most > 0),
    })
}
