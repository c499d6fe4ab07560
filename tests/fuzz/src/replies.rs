//! Single replies of an iDRAC.

use bytes::Bytes;
use dell_redfish::message::read_extended;
use dell_redfish::model::{self, Expanded, Page, Resource, Schema};
use dell_redfish::redact::{redact, redact_text};
use dell_redfish::request::{HeaderMap, Response};
use dell_redfish::{Accepted, Actions, DellJobId, Fqdd, MessageClass, Method, ODataId, endpoint};

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// Error bodies, and answers that say "under way".
pub(crate) fn errors(data: &[u8]) {
    let messages = read_extended(data);
    let _ = MessageClass::decisive(&messages);
    let (head, body) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    let mut headers = HeaderMap::new();
    if let Ok(location) = http::HeaderValue::from_bytes(head) {
        headers.insert("retry-after", location.clone());
        headers.insert("location", location);
    }
    let accepted = Accepted::read(&Response { status: 202, headers, body: Bytes::copy_from_slice(body) });
    for path in accepted.task.iter() {
        assert!(endpoint::check(&Method::GET, path.as_str()).is_ok(), "{path} leads nowhere");
    }
}

/// Typed resources: nothing of a resource that reads is lost.
pub(crate) fn resources(data: &[u8]) {
    fn one<T: Schema + std::fmt::Debug>(raw: &Bytes) {
        let Ok(resource) = Resource::<T>::parse(raw.clone()) else { return };
        assert!(resource.is_lossless().unwrap_or(true), "{} loses something", T::NAME);
        let _ = (resource.to_json(), format!("{resource:?}"));
    }
    let raw = Bytes::copy_from_slice(data);
    one::<model::ComputerSystem>(&raw);
    one::<model::Drive>(&raw);
    one::<model::Volume>(&raw);
    one::<model::Manager>(&raw);
    one::<model::NetworkAdapter>(&raw);
    one::<model::Power>(&raw);
    one::<model::Thermal>(&raw);
    one::<model::SoftwareInventory>(&raw);
    one::<model::ServiceRoot>(&raw);
}

/// Collections, and resources with others expanded into them.
pub(crate) fn pages(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    if let Ok(page) = Page::parse(&body) {
        for member in &page.members {
            let _ = member.id();
        }
    }
    if let Ok(expanded) = Expanded::parse(&body) {
        for property in ["Members", "Drives", "Volumes", "Links", ""] {
            let _ = expanded.under(property).count();
        }
    }
}

/// What can be done to a resource: no target leaves the iDRAC.
pub(crate) fn actions(data: &[u8]) {
    let actions = Actions::read(data);
    for action in actions.iter() {
        assert!(action.target.as_str().starts_with("/redfish"), "{}", action.target);
        let _ = (action.check("ResetType", "On"), actions.find(&action.name));
    }
}

/// Names that become parts of a path: what passes is clean.
pub(crate) fn names(data: &[u8]) {
    let text = text(data);
    if let Ok(id) = ODataId::parse(&text) {
        let dots = id.path().split('/').any(|part| part == ".." || part == ".");
        assert!(!dots && !id.path().contains('?'), "{id}");
    }
    let _ = (DellJobId::parse(&text), Fqdd::parse(&text));
    for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
        if endpoint::check(&method, &text).is_ok() {
            assert!(text.starts_with("/redfish"), "{text:?} may be sent");
        }
    }
}

/// Bodies on their way into a log.
pub(crate) fn redaction(data: &[u8]) {
    let cleaned = redact(&Bytes::copy_from_slice(data), &["ImportBuffer"]);
    let again = redact(&cleaned, &["ImportBuffer"]);
    let _ = (again, redact_text(&text(data)));
}
