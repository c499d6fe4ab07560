//! `$expand`, one level deep: links give way to what they point at.

use serde_json::{Map, Value};

/// Which links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expand {
    /// `*`: all.
    All = 0,
    /// `.`: those outside `Links`.
    NoLinks = 1,
    /// `~`: those inside `Links`.
    Links = 2,
}

/// The resource with its links expanded, and how many were.
///
/// A link that `fetch` does not know stays a link; the resource never contains itself.
pub(crate) fn apply(mut value: Value, mode: Expand, fetch: &dyn Fn(&str) -> Option<Value>) -> (Value, usize) {
    let own = value.get("@odata.id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut count = 0;
    if let Value::Object(map) = &mut value {
        walk_map(map, mode, false, &own, fetch, &mut count);
    }
    (value, count)
}

fn walk_map(
    map: &mut Map<String, Value>,
    mode: Expand,
    in_links: bool,
    own: &str,
    fetch: &dyn Fn(&str) -> Option<Value>,
    count: &mut usize,
) {
    for (key, child) in map.iter_mut() {
        // An action's target is no link, and settings objects are not subordinate resources.
        if key == "Actions" || key == "@Redfish.Settings" {
            continue;
        }
        walk(child, mode, in_links || key == "Links", own, fetch, count);
    }
}

fn walk(
    value: &mut Value,
    mode: Expand,
    in_links: bool,
    own: &str,
    fetch: &dyn Fn(&str) -> Option<Value>,
    count: &mut usize,
) {
    match value {
        Value::Array(items) => {
            for item in items {
                walk(item, mode, in_links, own, fetch, count);
            }
        }
        Value::Object(map) => {
            let link = match (map.len(), map.get("@odata.id")) {
                (1, Some(Value::String(link))) => Some(link.as_str()),
                _ => None,
            };
            let Some(link) = link else {
                walk_map(map, mode, in_links, own, fetch, count);
                return;
            };
            let wanted = match mode {
                Expand::All => true,
                Expand::NoLinks => !in_links,
                Expand::Links => in_links,
            };
            if wanted
                && link != own
                && let Some(resource) = fetch(link)
            {
                *value = resource;
                *count += 1;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn modes_follow_different_links() {
        let doc = json!({"@odata.id": "/a", "Members": [{"@odata.id": "/a/1"}],
            "Links": {"Chassis": [{"@odata.id": "/c"}], "Self": {"@odata.id": "/a"}}});
        let fetch = |link: &str| Some(json!({"@odata.id": link, "Id": link}));
        assert_eq!(apply(doc.clone(), Expand::All, &fetch).1, 2);
        let (no_links, n) = apply(doc.clone(), Expand::NoLinks, &fetch);
        assert_eq!((n, &no_links["Members"][0]["Id"]), (1, &json!("/a/1")));
        let (links, n) = apply(doc, Expand::Links, &fetch);
        assert_eq!((n, &links["Links"]["Chassis"][0]["Id"]), (1, &json!("/c")));
        assert!(links["Members"][0].get("Id").is_none());
    }
}
