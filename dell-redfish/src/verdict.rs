//! Reads a reply: a success, or an error with its kind. Where a message id speaks, the HTTP status does not.

use crate::endpoint;
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::meaning::{Basis, Meaning, MessageClass, Resend};
use crate::message::{read_extended, read_strictly};
use crate::policy::parse_retry_after;
use crate::request::{Method, Request, Response};
use crate::safeguard::{Safeguard, Safeguards};

use std::time::SystemTime;

/// What to do about a service root that is not there.
const REDFISH_DISABLED: &str = "there is no service root: Redfish is switched off there (iDRAC settings, Services, \
     Redfish: enable it), or it is no Redfish service";

/// Turns everything but a usable 2xx, and a 304 that was asked for, into an error.
pub(crate) fn judge(
    request: &Request,
    response: Response,
    wall: SystemTime,
    safeguards: Safeguards,
) -> Result<Response> {
    if response.status == 304 && request.if_none_match.is_some() {
        return Ok(response);
    }
    if response.is_success() {
        let trusting = !safeguards.has(Safeguard::DoubtGarbage);
        return if trusting || is_plausible(request, &response) {
            Ok(response)
        } else {
            Err(garbled(&response))
        };
    }
    let error = refused(&response, wall, safeguards);
    let root = request.bare_path().trim_end_matches('/') == endpoint::ROOT;
    if root && response.status == 404 && safeguards.has(Safeguard::RedfishOff) {
        return Err(Error::new(ErrorKind::RedfishDisabled, REDFISH_DISABLED).with_http_status(404));
    }
    Err(error)
}

/// A GET that asked for JSON and got a login page, half a document or nothing. A cheap look: reading comes later.
fn is_plausible(request: &Request, response: &Response) -> bool {
    if request.method != Method::GET || request.accept != "application/json" {
        return true;
    }
    let body = response.body.trim_ascii();
    matches!((body.first(), body.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}

fn garbled(response: &Response) -> Error {
    let what = match response.body.trim_ascii().first() {
        None => "the reply is empty",
        Some(b'<') => "the reply is a web page where JSON was due",
        Some(b'{' | b'[') => "the reply's JSON is cut off",
        Some(_) => "the reply is not JSON",
    };
    Error::new(ErrorKind::Protocol, what).temporary().with_http_status(response.status)
}

fn refused(response: &Response, wall: SystemTime, safeguards: Safeguards) -> Error {
    let status = response.status;
    let extended = if safeguards.has(Safeguard::TolerantErrors) {
        read_extended(&response.body)
    } else {
        read_strictly(&response.body)
    };
    let class = MessageClass::decisive(&extended);
    let by_status = by_status(status);
    let kind = class.and_then(MessageClass::error_kind).unwrap_or(by_status.0);
    let permanence = match class {
        Some(class) if class.is_temporary() => Permanence::Temporary,
        Some(class) if class.error_kind().is_some() => Permanence::Permanent,
        _ => by_status.1,
    };
    let retry_after = response.header("retry-after").and_then(|value| parse_retry_after(value, wall));
    Error::new(kind, describe(kind, response))
        .with_permanence(permanence)
        .with_http_status(status)
        .with_extended(extended)
        .with_retry_after(retry_after)
        .with_location(response.header("location").filter(|_| (300..400).contains(&status)))
}

/// What a bare status means.
fn by_status(status: u16) -> (ErrorKind, Permanence) {
    use Permanence::{Permanent, Temporary};
    match status {
        401 => (ErrorKind::Authentication, Permanent),
        402 => (ErrorKind::License, Permanent),
        403 => (ErrorKind::Privilege, Permanent),
        404 | 410 => (ErrorKind::NotFound, Permanent),
        405 | 501 => (ErrorKind::Unsupported, Permanent),
        408 => (ErrorKind::Timeout, Temporary),
        409 => (ErrorKind::Conflict, Permanent),
        412 | 428 => (ErrorKind::Precondition, Permanent),
        429 => (ErrorKind::Busy, Temporary),
        503 => (ErrorKind::NotReady, Temporary),
        500..=599 => (ErrorKind::Server, Temporary),
        300..=399 => (ErrorKind::Protocol, Permanent),
        _ => (ErrorKind::BadRequest, Permanent),
    }
}

/// What may be sent again after this error of the iDRAC. The status alone speaks only where no message does: one that
/// has no row of its own gives no reason for another try, however temporary the status looks.
pub(crate) fn resend(error: &Error) -> Resend {
    let mut ids = error.extended().iter().filter_map(|info| info.message_id.as_ref());
    match MessageClass::decisive(error.extended()) {
        Some(class) if class.error_kind().is_some() => class.resend(),
        _ if ids.any(|id| Meaning::of(id).basis != Basis::Id) => Resend::Never,
        _ if error.permanence() == Permanence::Temporary => Resend::IfIdempotent,
        _ => Resend::Never,
    }
}

fn describe(kind: ErrorKind, response: &Response) -> String {
    if (300..400).contains(&response.status) {
        let location = response.header("location").unwrap_or_default();
        let host = url::Url::parse(location).ok().and_then(|url| url.host_str().map(str::to_owned));
        return match host {
            Some(host) => format!("it redirects to {host}, which is not followed"),
            None => "it redirects, which is not followed".to_owned(),
        };
    }
    match kind {
        ErrorKind::Authentication => "user name or password refused, or the session is gone",
        ErrorKind::PasswordChangeRequired => "the account must change its password before it may be used",
        ErrorKind::Privilege => "the account lacks a privilege",
        ErrorKind::SessionLimit => "all sessions of the iDRAC are in use",
        ErrorKind::NotReady => "the iDRAC is not ready",
        ErrorKind::Busy => "other work on the iDRAC is in the way",
        ErrorKind::Conflict => "the request contradicts the present state",
        ErrorKind::NotFound => "there is no such resource",
        ErrorKind::Unsupported => "this iDRAC does not offer that",
        ErrorKind::License => "a licence is missing",
        ErrorKind::Lockdown => "lockdown mode forbids it",
        ErrorKind::Precondition => "ETag or If-Match does not fit",
        ErrorKind::Server => "the iDRAC failed",
        _ => "the iDRAC refused the request",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn reply(status: u16, body: &str) -> Response {
        Response { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn error(status: u16, body: &str) -> Error {
        judge(
            &Request::get("/redfish/v1/Systems"),
            reply(status, body),
            SystemTime::UNIX_EPOCH,
            Safeguards::default(),
        )
        .unwrap_err()
    }

    #[test]
    fn message_ids_outrank_the_status() {
        let body = |id: &str| {
            format!(r#"{{"error":{{"@Message.ExtendedInfo":[{{"MessageId":"IDRAC.2.7.{id}"}}]}}}}"#)
        };
        let not_ready = error(400, &body("SWC0700"));
        assert_eq!((not_ready.kind(), resend(&not_ready)), (ErrorKind::NotReady, Resend::NotCarriedOut));
        let lockdown = error(503, &body("SYS406"));
        assert_eq!((lockdown.kind(), lockdown.permanence()), (ErrorKind::Lockdown, Permanence::Permanent));
        assert_eq!(resend(&lockdown), Resend::Never);
        assert_eq!(resend(&error(503, "<html>")), Resend::IfIdempotent);
        for silent in ["GeneralError", "SYS413"] {
            assert_eq!(resend(&error(503, &body(silent))), Resend::IfIdempotent, "{silent}");
        }
        for no_row in ["XYZ0001", "PSU0003", "RED008"] {
            assert_eq!(resend(&error(503, &body(no_row))), Resend::Never, "{no_row}");
        }
        assert_eq!(resend(&error(503, &body("RAC0218"))), Resend::NotCarriedOut);
        assert_eq!(error(404, "").kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_page_is_no_resource() {
        for body in ["", "<html></html>", "{\"a\":", "ok"] {
            let error = error(200, body);
            assert_eq!(
                (error.kind(), error.permanence()),
                (ErrorKind::Protocol, Permanence::Temporary),
                "{body}"
            );
        }
        assert!(
            judge(&Request::get("/x"), reply(200, " {} \n"), SystemTime::UNIX_EPOCH, Safeguards::default())
                .is_ok()
        );
    }
}
