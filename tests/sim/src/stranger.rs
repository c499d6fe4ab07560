//! What is no iDRAC: another vendor's Redfish service, and a web server that knows no Redfish.
//!
//! Both count credentials that are shown to them as failed logins, so that a test can prove that no
//! secret was sent to a stranger.

use hyper::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use serde_json::json;

use crate::handle::Asked;
use crate::journal::bump;
use crate::reply::Reply;
use crate::server::Server;

fn count_secrets(server: &Server, asked: &Asked) {
    let tells = asked.headers.contains_key(AUTHORIZATION) || !asked.body.is_empty();
    if tells {
        bump(&server.counters.failed_logins);
    }
}

/// A made-up vendor's service root; everything below it wants credentials and refuses them.
pub(crate) fn redfish(server: &Server, asked: &Asked) -> Reply {
    count_secrets(server, asked);
    match asked.path.as_str() {
        "/redfish" => crate::read::versions(),
        "/redfish/v1" => Reply::value(
            200,
            &json!({"@odata.id": "/redfish/v1", "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot",
                "Id": "RootService", "Name": "Root Service", "Product": "Contoso Management Controller",
                "RedfishVersion": "1.9.0", "Vendor": "Contoso", "Oem": {"Contoso": {}},
                "Systems": {"@odata.id": "/redfish/v1/Systems"},
                "Links": {"Sessions": {"@odata.id": "/redfish/v1/SessionService/Sessions"}}}),
        ),
        _ => Reply::value(
            401,
            &json!({"error": {"code": "Base.1.8.AccessDenied", "message": "Access denied."}}),
        )
        .with(WWW_AUTHENTICATE, "Basic realm=\"contoso\""),
    }
}

/// A printer, say.
pub(crate) fn web(server: &Server, asked: &Asked) -> Reply {
    count_secrets(server, asked);
    Reply::html(401, "<html><body><h1>401 Authorization Required</h1></body></html>")
        .with(WWW_AUTHENTICATE, "Basic realm=\"Printer\"")
}
