//! Reads what a job came with: lenient about what is missing, exact about what is wrong.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::id::ServerId;
use crate::job::JobRow;

/// An object of a job's input, and what an error calls it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    name: &'static str,
    values: &'a Map<String, Value>,
}

impl<'a> Input<'a> {
    /// `details`.
    pub(crate) fn details(job: &'a JobRow) -> Self {
        Self::of("details", &job.details)
    }

    /// An object under a name of its own.
    pub(crate) fn of(name: &'static str, values: &'a Map<String, Value>) -> Self {
        Self { name, values }
    }

    /// What is under a key; null counts as nothing.
    pub(crate) fn value(&self, key: &str) -> Option<&'a Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// True or false.
    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool> {
        match self.value(key) {
            None => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self.wrong(key, "true or false", other)),
        }
    }

    /// A text that says something.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.wrong(key, "a text", other)),
        }
    }

    /// A text that must be there.
    pub(crate) fn needed(&self, key: &str, hint: &str) -> Result<&'a str> {
        self.text(key)?.ok_or_else(|| Error::invalid(self.field(key), "it is missing", hint))
    }

    /// A whole number in a range; a text of digits counts, as forms send them.
    pub(crate) fn number(&self, key: &str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>> {
        let number = match self.value(key) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(other) => return Err(self.wrong(key, "a whole number", other)),
        };
        number.filter(|number| range.contains(number)).map(Some).ok_or_else(|| {
            Error::invalid(
                self.field(key),
                "expected a whole number",
                format!("write one from {} to {}", range.start(), range.end()),
            )
        })
    }

    /// One of some words, by its text in whatever case.
    pub(crate) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, choice)| Some(*choice)).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            Error::invalid(
                self.field(key),
                "this word is not known",
                format!("use one of {}", words.join(", ")),
            )
        })
    }

    /// A list of texts, a single one, or nothing.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>> {
        texts(self.values, key, &self.field(key))
    }

    /// An object below.
    pub(crate) fn object(&self, key: &str) -> Result<Option<&'a Map<String, Value>>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(values)),
            Some(other) => Err(self.wrong(key, "an object", other)),
        }
    }

    /// What an error calls a key.
    pub(crate) fn field(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    fn wrong(&self, key: &str, expected: &str, found: &Value) -> Error {
        wrong_type(&self.field(key), expected, found)
    }
}

/// The servers a job names: `target_scope.server_ids` or `server_id`, a bare list, or `details.server_id`.
/// Each once, in the order in which they are named.
pub(crate) fn servers(job: &JobRow) -> Result<Vec<ServerId>> {
    let empty = Map::new();
    let bare;
    let scope = match &job.target_scope {
        Value::Null => &empty,
        Value::Object(scope) => scope,
        // "Run now" of the existing maintenance page sends the list itself.
        Value::Array(_) => {
            bare = Map::from_iter([("server_ids".to_owned(), job.target_scope.clone())]);
            &bare
        }
        other => return Err(wrong_type("target_scope", "an object", other)),
    };
    let mut named = texts(scope, "server_ids", "target_scope.server_ids")?
        .into_iter()
        .enumerate()
        .map(|(index, text)| (format!("target_scope.server_ids[{index}]"), text))
        .collect::<Vec<_>>();
    if named.is_empty() {
        let one = |map, field: &str| -> Result<Option<(String, String)>> {
            Ok(texts(map, "server_id", field)?.into_iter().next().map(|text| (field.to_owned(), text)))
        };
        named.extend(one(scope, "target_scope.server_id")?);
        if named.is_empty() {
            named.extend(one(&job.details, "details.server_id")?);
        }
    }
    let mut ids = Vec::with_capacity(named.len());
    for (field, text) in named {
        let id: ServerId = text.parse().map_err(|error| {
            Error::invalid(field, format!("`{text}` is no server id"), "use the ids of the `servers` table")
                .with_source(error)
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// As [`servers`], at least one.
pub(crate) fn some_servers(job: &JobRow) -> Result<Vec<ServerId>> {
    let ids = servers(job)?;
    if ids.is_empty() {
        return Err(Error::invalid(
            "target_scope.server_ids",
            "no server is named",
            r#"write {"server_ids": ["…"]} with ids of the `servers` table"#,
        ));
    }
    Ok(ids)
}

/// A list of texts, a single text, or nothing.
pub(crate) fn texts(map: &Map<String, Value>, key: &str, field: &str) -> Result<Vec<String>> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| match item {
                Value::String(text) => Ok(text.clone()),
                other => Err(wrong_type(&format!("{field}[{index}]"), "a text", other)),
            })
            .collect(),
        Some(other) => Err(wrong_type(field, "a list of texts", other)),
    }
}

pub(crate) fn wrong_type(field: &str, expected: &str, found: &Value) -> Error {
    Error::invalid(field, format!("expected {expected}, found {}", kind_of(found)), "correct the job's input")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::job::NewJob;

    fn job(scope: Value, details: Value) -> JobRow {
        NewJob::new("x").with_scope(scope).with_details(details).preview()
    }

    #[test]
    fn servers_are_found_wherever_the_front_ends_put_them_and_counted_once() {
        let id = ServerId::new();
        let text = id.to_string();
        for (scope, details) in [
            (json!({"type": "specific", "server_ids": [text, text]}), Value::Null),
            (json!([text]), Value::Null),
            (json!({"server_id": text}), json!({"server_id": "ignored"})),
            (Value::Null, json!({"server_id": text})),
            (json!({"server_ids": []}), json!({"server_id": text})),
        ] {
            assert_eq!(some_servers(&job(scope.clone(), details)).expect("servers"), [id], "{scope}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (scope, details, field) in [
            (json!({"server_ids": ["x"]}), json!({}), "target_scope.server_ids[0]"),
            (json!({"server_ids": [5]}), json!({}), "target_scope.server_ids[0]"),
            (json!({"server_ids": {}}), json!({}), "target_scope.server_ids"),
            (json!("x"), json!({}), "target_scope"),
            (json!({}), json!({"server_id": 1}), "details.server_id"),
            (Value::Null, json!({}), "target_scope.server_ids"),
        ] {
            let error = some_servers(&job(scope.clone(), details)).expect_err("bad");
            assert_eq!(error.subject(), Some(field), "{scope}");
        }
        let row = job(Value::Null, json!({"n": "12", "w": "ON", "t": "  ", "f": 1, "big": 99}));
        let input = Input::details(&row);
        assert_eq!(input.number("n", 0..=20).expect("digits"), Some(12));
        assert_eq!(input.choice("w", &[("on", 1), ("off", 2)]).expect("a word"), Some(1));
        assert_eq!(input.text("t").expect("blank"), None);
        assert_eq!(input.flag("f", true).expect_err("a number").subject(), Some("details.f"));
        assert_eq!(input.number("big", 0..=20).expect_err("range").subject(), Some("details.big"));
        assert_eq!(input.needed("none", "name it").expect_err("missing").subject(), Some("details.none"));
    }
}
