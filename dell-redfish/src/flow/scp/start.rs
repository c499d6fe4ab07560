//! Starting an export, preview or import, and finding its job.

use std::time::Duration;

use crate::accepted::Accepted;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{JobRef, Started, WaitOptions, find_started, follow};
use crate::operation::{Operation, Redfish, run};

/// The first pause while other work is in the way; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Sends it, waiting for other work to end (LC068, SYS431, RAC0679, …) and for the iDRAC to be ready (RAC0508, LC060, …): both
/// prove that nothing was carried out. Where the answer was lost, the job that was started is looked for, and nothing is sent
/// again.
pub(super) async fn start<O: Operation<Output = Accepted>>(
    redfish: &dyn Redfish,
    operation: &O,
    job_types: &[&str],
    patience: Duration,
    wait: &WaitOptions,
) -> Result<JobRef> {
    let end = redfish.clock().now() + patience;
    let mut pause = FIRST_PAUSE;
    loop {
        let started = Started::now(redfish, job_types);
        let error = match run(redfish, operation).await {
            Ok(accepted) => return follow(redfish, &accepted, &started, wait).await,
            Err(error) => error,
        };
        if is_lost(&error) {
            return find_started(redfish, &started, wait).await.map_err(|_| error);
        }
        if !is_in_the_way(&error) || redfish.clock().now() + pause > end {
            return Err(error);
        }
        redfish.clock().sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn is_in_the_way(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Busy | ErrorKind::NotReady) && error.http_status().is_some()
}

/// Whether it may have been carried out although no answer came.
fn is_lost(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol)
        && !error.is_unsent()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::MessageClass;
    use crate::message::MessageId;

    #[test]
    fn other_work_is_known_by_its_message() {
        for id in ["LC066", "LC068", "RAC0679", "SYS028", "SYS431", "LC062", "RAC0508", "LC060", "SWC0700"] {
            let kind = MessageClass::of(&MessageId::parse(id)).and_then(MessageClass::error_kind);
            let error = Error::new(kind.unwrap_or(ErrorKind::BadRequest), id).with_http_status(400);
            assert!(is_in_the_way(&error), "{id}");
        }
        for id in ["SYS074", "SYS011", "SYS047", "SYS406"] {
            let kind = MessageClass::of(&MessageId::parse(id)).and_then(MessageClass::error_kind);
            let error = Error::new(kind.unwrap_or(ErrorKind::BadRequest), id).with_http_status(400);
            assert!(!is_in_the_way(&error), "{id}");
        }
    }
}
