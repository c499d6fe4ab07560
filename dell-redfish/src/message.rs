//! What an iDRAC says beside its data: `@Message.ExtendedInfo`, and what its message ids mean.

use std::fmt;

use serde_json::Value;

/// A message id without its registry prefix: `RAC0218`, not `IDRAC.2.9.RAC0218`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct MessageId(String);

impl MessageId {
    /// Keeps the last dotted part: the registry's version says nothing about the meaning.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.rsplit('.').next().unwrap_or(text).to_owned())
    }

    /// The bare id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of `@Message.ExtendedInfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ExtendedInfo {
    /// The id, if there was one.
    pub message_id: Option<MessageId>,
    /// The text, as the iDRAC wrote it.
    pub message: Option<String>,
    /// What the iDRAC suggests.
    pub resolution: Option<String>,
    /// The registry's severity. Not a success signal: RAC0218 is Informational.
    pub severity: Option<String>,
    /// The properties it is about.
    pub related_properties: Vec<String>,
}

impl fmt::Display for ExtendedInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.message_id, &self.message) {
            (Some(id), Some(text)) => write!(f, "{id}: {text}"),
            (Some(id), None) => write!(f, "{id}"),
            (None, Some(text)) => f.write_str(text),
            (None, None) => f.write_str("no message"),
        }
    }
}

/// Reads everything an iDRAC says about an error (or, on a 2xx, beside its data), whatever the shape:
/// a list or a single object under `@Message.ExtendedInfo` (also that of one property), at the top or under `error`; the old
/// `error.message.value`; only `error.code`; JSON that was cut off. A page of HTML says nothing.
#[must_use]
pub fn read_extended(body: &[u8]) -> Vec<ExtendedInfo> {
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return salvage(body) };
    let mut found = Vec::new();
    for holder in [document.get("error"), Some(&document)].into_iter().flatten() {
        for (name, value) in holder.as_object().into_iter().flatten() {
            let Some(property) = name.strip_suffix("@Message.ExtendedInfo") else { continue };
            let entries = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            found.extend(entries.iter().filter_map(entry).map(|info| about(info, property)));
        }
    }
    if found.is_empty()
        && let Some(error) = document.get("error")
    {
        let message_id = field(error, &["code"]).map(|code| MessageId::parse(&code));
        let message = field(error, &["message"]);
        if message_id.is_some() || message.is_some() {
            found.push(ExtendedInfo { message_id, message, ..ExtendedInfo::default() });
        }
    }
    found
}

/// Only what has the shape of the standard: a list below `error`.
pub(crate) fn read_strictly(body: &[u8]) -> Vec<ExtendedInfo> {
    let document = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let list = document.pointer("/error/@Message.ExtendedInfo").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(entry).collect()
}

/// An annotation of one property is about that property.
fn about(mut info: ExtendedInfo, property: &str) -> ExtendedInfo {
    if !property.is_empty() && info.related_properties.is_empty() {
        info.related_properties.push(property.to_owned());
    }
    info
}

fn entry(value: &Value) -> Option<ExtendedInfo> {
    value.as_object()?;
    let related = value.get("RelatedProperties").and_then(Value::as_array);
    Some(ExtendedInfo {
        message_id: field(value, &["MessageId", "MessageID"]).map(|id| MessageId::parse(&id)),
        message: field(value, &["Message"]),
        resolution: field(value, &["Resolution"]),
        severity: field(value, &["MessageSeverity", "Severity"]),
        related_properties: related
            .map(|names| names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
            .unwrap_or_default(),
    })
}

/// A text, also one wrapped as `{"lang": …, "value": …}`.
fn field(holder: &Value, names: &[&str]) -> Option<String> {
    let value = names.iter().find_map(|name| holder.get(name))?;
    value.as_str().or_else(|| value.get("value")?.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The message ids of a body that does not parse.
fn salvage(body: &[u8]) -> Vec<ExtendedInfo> {
    let text = String::from_utf8_lossy(body);
    text.split("\"MessageId\"")
        .skip(1)
        .filter_map(|rest| {
            let quoted = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
            let (id, _) = quoted.split_once('"')?;
            let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
            plain.then(|| ExtendedInfo { message_id: Some(MessageId::parse(id)), ..ExtendedInfo::default() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Vec<String> {
        read_extended(body.as_bytes())
            .iter()
            .map(|info| info.message_id.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string))
            .collect()
    }

    #[test]
    fn reads_every_shape() {
        let list = r#"{"error":{"@Message.ExtendedInfo":[{"MessageId":"Base.1.8.GeneralError"},
            {"MessageId":"IDRAC.2.7.RAC0218","Message":"m"}]}}"#;
        assert_eq!(ids(list), ["GeneralError", "RAC0218"]);
        assert_eq!(ids(r#"{"error":{"@Message.ExtendedInfo":{"MessageID":"SYS403"}}}"#), ["SYS403"]);
        assert_eq!(ids(r#"{"@Message.ExtendedInfo":[{"MessageId":"IDRAC.1.6.SYS413"}]}"#), ["SYS413"]);
        let one_property = read_extended(br#"{"Boot@Message.ExtendedInfo":[{"MessageId":"SYS425"}]}"#);
        assert_eq!(one_property[0].related_properties, ["Boot"]);
        let old = read_extended(
            br#"{"error":{"code":"Base.1.0.InternalError","message":{"lang":"en","value":"no"}}}"#,
        );
        assert_eq!(old[0].message.as_deref(), Some("no"));
        assert_eq!(
            ids(r#"{"error":{"@Message.ExtendedInfo":[{"MessageId": "IDRAC.2.7.SWC0700","Mess"#),
            ["SWC0700"]
        );
        for nothing in
            ["", "<html>401</html>", "[]", "null", r#"{"error":7}"#, r#"{"@Message.ExtendedInfo":[3]}"#]
        {
            assert!(ids(nothing).is_empty(), "{nothing}");
        }
    }
}
