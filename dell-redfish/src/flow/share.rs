//! Whether the iDRAC reaches a network share.

use crate::capability::{IDRAC, need_at};
use crate::endpoint;
use crate::error::Result;
use crate::message::ExtendedInfo;
use crate::operation::{Redfish, run};
use crate::ops::share::{Share, TestNetworkShare, is_share_at_fault};

/// What came of a look at a share.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShareTest {
    /// Whether the iDRAC got in.
    pub is_reachable: bool,
    /// What it said.
    pub messages: Vec<ExtendedInfo>,
}

/// Lets the iDRAC look at a share before anything is read from it or written to it. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without `DellLCService` or its `TestNetworkShare` (iDRAC7 and 8); a
/// share that cannot be reached is no error but an answer.
pub async fn test_network_share(redfish: &dyn Redfish, share: &Share) -> Result<ShareTest> {
    let service = need_at(redfish, &endpoint::LC_SERVICE, &[IDRAC], "DellLCService").await?;
    let operation = TestNetworkShare::new(&service.actions(), share.clone())?;
    match run(redfish, &operation).await {
        Ok(messages) => Ok(ShareTest { is_reachable: true, messages }),
        Err(error) if is_share_at_fault(&error) => {
            Ok(ShareTest { is_reachable: false, messages: error.extended().to_vec() })
        }
        Err(error) => Err(error),
    }
}
