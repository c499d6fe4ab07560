//! Entity tags: a change is sent only if the resource is still the one that was read, as far as the firmware can say so.
//!
//! Firmware differs in what it takes (fault 42): its own tag strong, the same tag weak, or none at all; some refuses a change
//! without a tag (428, SYS404). Every one of those answers proves that nothing was carried out, so the next form may be sent.

use serde_json::Value;

use crate::capability::{self, Found};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Operation, Redfish};
use crate::request::Response;
use crate::safeguard::Safeguard;

/// The tag of a reply: its header, or `@odata.etag` in its body. An empty one is none.
pub(crate) fn of(response: &Response) -> Option<String> {
    response.header("etag").and_then(filled).or_else(|| of_text(&response.body))
}

/// The tag in the text of a resource, as a member of an expanded collection has it.
pub(crate) fn of_text(text: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(text).ok()?;
    filled(body.get("@odata.etag")?.as_str()?)
}

fn filled(tag: &str) -> Option<String> {
    (!strong(tag).trim_matches('"').is_empty()).then(|| tag.to_owned())
}

/// The tag as the resource has it: strong, and without the `-gzip` that a web server in front writes into the tags of what it packs.
/// It takes that form back for nobody, and nothing here is packed.
fn strong(tag: &str) -> String {
    let strong = tag.strip_prefix("W/").unwrap_or(tag);
    match (strong.strip_suffix("-gzip\""), strong.strip_suffix("-gzip")) {
        (Some(bare), _) => format!("{bare}\""),
        (None, Some(bare)) => bare.to_owned(),
        (None, None) => strong.to_owned(),
    }
}

/// The forms in which a tag is offered: strong, then weak.
fn forms(tag: &str) -> [String; 2] {
    let strong = strong(tag);
    let weak = format!("W/{strong}");
    [strong, weak]
}

/// The form in which a tag is offered with `If-None-Match`, which takes weak ones: as it was given.
pub(crate) fn as_given(tag: &str) -> String {
    let [strong, weak] = forms(tag);
    if tag.starts_with("W/") { weak } else { strong }
}

/// Whether two tags are one by the weak comparison (RFC 9110, 8.8.3.2), in whatever form either was written: weak or strong, quoted
/// or not, of a packed reply or not.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    strong(one).trim_matches('"') == strong(other).trim_matches('"')
}

/// Carries out a change of one resource (PATCH, DELETE) that was read with this tag.
///
/// What is sent more than once: a change that was answered with 412, 428 or SYS404, with the next form of the tag; without a
/// tag only once a second look has shown that the resource is still the one that was read.
///
/// # Errors
/// [`ErrorKind::Precondition`] when somebody else changed the resource meanwhile; otherwise as [`Redfish::send`].
pub async fn run_tagged<O: Operation>(
    redfish: &dyn Redfish,
    operation: &O,
    tag: Option<&str>,
) -> Result<O::Output> {
    let request = operation.request();
    let path = request.bare_path().to_owned();
    let climbs = redfish.safeguards().has(Safeguard::TagLadder);
    let mut outcome = match tag {
        Some(tag) if !climbs => send(redfish, operation, Some(tag)).await,
        Some(tag) => offer(redfish, operation, tag).await,
        None => send(redfish, operation, None).await,
    };
    if climbs
        && let Err(refused) = &outcome
        && is_about_tags(refused)
    {
        let now = capability::find(redfish, &path).await?;
        match (tag, now) {
            (Some(before), Some(now)) if !is_still(&now, before) => return Err(changed(redfish, &path)),
            // It is what was read, and no form of its tag was taken.
            (Some(_), Some(_)) => outcome = send(redfish, operation, None).await,
            (None, Some(Found { etag: Some(now), .. })) => outcome = offer(redfish, operation, &now).await,
            _ => {}
        }
    }
    operation
        .parse(outcome?)
        .map_err(|error| error.with_operation(O::NAME).with_host(redfish.host()).with_path(path))
}

async fn send<O: Operation>(redfish: &dyn Redfish, operation: &O, tag: Option<&str>) -> Result<Response> {
    let request = operation.request().with_effect(operation.effect());
    let request = match tag {
        Some(tag) => request.with_if_match(tag),
        None => request,
    };
    redfish.send(O::NAME, request).await
}

async fn offer<O: Operation>(redfish: &dyn Redfish, operation: &O, tag: &str) -> Result<Response> {
    let [strong, weak] = forms(tag);
    match send(redfish, operation, Some(&strong)).await {
        Err(refused) if is_about_tags(&refused) => send(redfish, operation, Some(&weak)).await,
        outcome => outcome,
    }
}

/// Whether a resource has the tag it had before. Header and body may give it two, and either may have been read.
fn is_still(now: &Found, before: &str) -> bool {
    [now.etag.clone(), of_text(&now.body)].into_iter().flatten().any(|tag| is_same(&tag, before))
}

pub(crate) fn is_about_tags(error: &Error) -> bool {
    error.kind() == ErrorKind::Precondition
}

fn changed(redfish: &dyn Redfish, path: &str) -> Error {
    let message = "somebody else changed the resource since it was read; nothing was sent over it";
    Error::new(ErrorKind::Precondition, message).with_host(redfish.host()).with_path(path)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    #[test]
    fn a_tag_is_read_from_the_header_or_the_body() {
        let response = |header: Option<&str>, body: &'static str| {
            let mut headers = HeaderMap::new();
            if let Some(tag) = header {
                headers.insert("etag", tag.parse().unwrap());
            }
            Response { status: 200, headers, body: Bytes::from_static(body.as_bytes()) }
        };
        assert_eq!(of(&response(Some("\"1\""), "{}")).as_deref(), Some("\"1\""));
        assert_eq!(of(&response(None, r#"{"@odata.etag":"W/\"2\""}"#)).as_deref(), Some("W/\"2\""));
        assert_eq!(of(&response(Some("\"\""), "<html>")), None);
        for empty in ["", "\"\"", "W/\"\"", "W/", "\"-gzip\""] {
            assert_eq!(of(&response(Some(empty), "<html>")), None, "{empty}");
        }
        assert_eq!(forms("W/\"2\""), ["\"2\"", "W/\"2\""]);
        assert_eq!(forms("\"2-gzip\""), ["\"2\"", "W/\"2\""]);
    }

    #[test]
    fn the_same_tag_is_known_in_every_form() {
        for form in ["\"a1\"", "W/\"a1\"", "a1", "W/a1", "\"a1-gzip\"", "W/\"a1-gzip\"", "a1-gzip"] {
            assert!(is_same(form, "\"a1\""), "{form}");
        }
        for other in ["\"a2\"", "\"a1 \"", "W/\"A1\"", "", "\"-gzip\""] {
            assert!(!is_same(other, "\"a1\""), "{other}");
        }
        assert_eq!([as_given("W/\"a-gzip\""), as_given("a"), as_given("\"a\"")], ["W/\"a\"", "a", "\"a\""]);
    }
}
