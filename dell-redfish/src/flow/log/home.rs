//! Where a log is: its service, and the collection of its entries.

use super::LogKind;
use crate::capability::IDRAC;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{LogService, Resource};
use crate::operation::{Redfish, run};
use crate::ops::GetResource;

/// Reads the log's service.
pub(super) async fn service(redfish: &dyn Redfish, kind: LogKind) -> Result<Resource<LogService>> {
    let path = endpoint::LOG_SERVICE.path(&[IDRAC, kind.id()])?;
    run(redfish, &GetResource::<LogService>::at(ODataId::parse(&path)?)).await
}

/// Where the entries are: as the service links to them, else at their older place.
pub(super) async fn entries(redfish: &dyn Redfish, kind: LogKind) -> Result<ODataId> {
    let absent = match service(redfish, kind).await {
        Ok(service) => {
            let link = service.entries.as_ref().and_then(|link| link.odata_id.as_deref());
            if let Some(link) = link {
                return ODataId::parse(link);
            }
            None
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => Some(error),
        Err(error) => return Err(error),
    };
    let generation = redfish.facts().generation;
    let older = generation.is_none_or(|generation| endpoint::LOG_OLD.is_in(generation));
    if older && kind != LogKind::FaultList {
        return ODataId::parse(&endpoint::LOG_OLD.path(&[IDRAC, kind.id()])?);
    }
    let error = Error::new(ErrorKind::Unsupported, format!("this iDRAC has no log {}", kind.id()));
    Err(match absent {
        Some(absent) => error.with_source(absent),
        None => error,
    })
}
