//! Whether the iDRAC reaches the share of an image: asked before a drive is touched.

use crate::error::{Error, ErrorKind, Result};
use crate::flow::share::test_network_share;
use crate::operation::Redfish;
use crate::ops::MediaImage;

/// Fails only when the iDRAC says that it cannot reach the share, or that its credentials are wrong. An iDRAC that cannot
/// try, or does not understand the question, does not stand in the way.
pub(super) async fn check(redfish: &dyn Redfish, image: &MediaImage) -> Result<()> {
    match test_network_share(redfish, image.share()).await {
        Ok(test) if !test.is_reachable => {
            let message =
                "the iDRAC cannot reach the share of the image, or its credentials are refused there";
            Err(Error::new(ErrorKind::BadRequest, message)
                .with_host(redfish.host())
                .with_extended(test.messages))
        }
        Err(error) if !matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::BadRequest) => Err(error),
        _ => Ok(()),
    }
}
