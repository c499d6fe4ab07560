//! Texts and records as PostgreSQL takes them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

/// A text as the server takes it: the one character it cannot hold replaced.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// A text, or NULL where it says nothing.
#[cfg(feature = "postgres")]
pub(crate) fn some_text(value: Option<&str>) -> Option<Cow<'_, str>> {
    value.filter(|value| !value.trim().is_empty()).map(text)
}

/// Replaces that character in keys and texts, however deep.
pub(crate) fn clean(value: &mut Value) {
    match value {
        Value::String(string) => {
            if string.contains('\0') {
                *string = text(string).into_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(map) => clean_map(map),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn clean_map(map: &mut Map<String, Value>) {
    if map.keys().any(|key| key.contains('\0')) {
        *map = std::mem::take(map).into_iter().map(|(key, value)| (text(&key).into_owned(), value)).collect();
    }
    map.values_mut().for_each(clean);
}

/// A record as a row: what says nothing is NULL.
pub(crate) fn record<T: Serialize>(record: &T) -> Map<String, Value> {
    let mut row = match serde_json::to_value(record) {
        Ok(Value::Object(row)) => row,
        _ => Map::new(),
    };
    for value in row.values_mut() {
        if value.as_str().is_some_and(|text| text.trim().is_empty()) {
            *value = Value::Null;
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_nothing_is_null() {
        assert_eq!(
            Value::Object(record(&json!({"a": " ", "b": 1, "c": "x"}))),
            json!({"a": null, "b": 1, "c": "x"})
        );
    }

    #[test]
    fn the_character_the_server_cannot_hold_is_replaced_everywhere() {
        let mut odd = json!({"a\0b": ["x\0", {"y": "\0"}], "kept": "\\u0000"});
        clean(&mut odd);
        assert_eq!(odd, json!({"a\u{fffd}b": ["x\u{fffd}", {"y": "\u{fffd}"}], "kept": "\\u0000"}));
    }
}
