//! What an iDRAC takes updates by.

use serde_json::Value;

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
    Ok(UpdateAccess {
        actions: found.actions(),
        apply_times: apply_times(&found.body),
        multipart: link(&service.multipart_http_push_uri),
        push: link(&service.http_push_uri),
        max_bytes: service.max_image_size_bytes.filter(|most| *most > 0),
    })
}

/// `SimpleUpdate` says for all ways when updates can be installed.
fn apply_times(text: &[u8]) -> Vec<String> {
    let service = serde_json::from_slice::<Value>(text).unwrap_or_default();
    let support = &service["Actions"]["#UpdateService.SimpleUpdate"]["@Redfish.OperationApplyTimeSupport"];
    let words = support["SupportedValues"].as_array().into_iter().flatten().take(16);
    words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
}
