//! What an iDRAC itself calls stale or incomplete, in the middle of a success (SYS518, SYS519).

use serde_json::Value;

use super::section::Section;
use crate::message::MessageId;

/// A resource that may be out of date, by the iDRAC's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The section it was read for.
    pub section: Section,
    /// Its path.
    pub path: String,
    /// `SYS518` or `SYS519`.
    pub message_id: MessageId,
}

/// Ids that say so.
const IDS: [&str; 2] = ["SYS518", "SYS519"];

/// Deepest nesting that is looked into: an expanded resource has the message of its part at the third level or so.
const DEPTH: u8 = 12;

/// Everything in a reply that says so. Only a reply that mentions one of the ids is taken apart.
pub(super) fn find(section: Section, path: &str, body: &[u8], found: &mut Vec<Stale>) {
    let mentions = |id: &str| body.windows(id.len()).any(|part| part == id.as_bytes());
    if IDS.iter().any(|id| mentions(id))
        && let Ok(document) = serde_json::from_slice::<Value>(body)
    {
        walk(section, path, &document, DEPTH, found);
    }
}

fn walk(section: Section, path: &str, value: &Value, depth: u8, found: &mut Vec<Stale>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(section, path, item, depth - 1, found)),
        Value::Object(map) => {
            let path = map.get("@odata.id").and_then(Value::as_str).unwrap_or(path);
            for info in map.get("@Message.ExtendedInfo").and_then(Value::as_array).into_iter().flatten() {
                let id = info.get("MessageId").and_then(Value::as_str).map(MessageId::parse);
                if let Some(message_id) = id.filter(|id| IDS.contains(&id.as_str())) {
                    found.push(Stale { section, path: path.to_owned(), message_id });
                }
            }
            map.values().for_each(|child| walk(section, path, child, depth - 1, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_count_and_they_name_their_resource() {
        let mut found = Vec::new();
        let body = br#"{"@odata.id":"/c","Name":"SYS519","Thermal":{"@odata.id":"/c/Thermal",
            "@Message.ExtendedInfo":[{"MessageId":"IDRAC.2.9.SYS519"},{"MessageId":"SYS413"}]}}"#;
        find(Section::Chassis, "/asked", body, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].message_id.as_str()), ("/c/Thermal", "SYS519"));
    }
}
