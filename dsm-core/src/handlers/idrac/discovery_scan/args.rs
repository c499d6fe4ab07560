//! Reads the input of a scan: which addresses or which servers, and how much of them.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::network::NetworkPolicy;
use crate::targets::Targets;

/// What a scan is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    pub(super) mode: Mode,
    pub(super) fetch: Fetch,
}

/// The two modes of `discovery_scan`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mode {
    /// Look for iDRACs at addresses.
    Range(RangeInput),
    /// Look at known servers again.
    Refresh(Vec<ServerId>),
}

/// Addresses as they were written; they become [`Targets`] once the network policy is at hand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RangeInput {
    /// Field and text of each entry.
    entries: Vec<(String, String)>,
    exclude: Vec<String>,
    allow_large: bool,
}

/// What to read of each iDRAC (`details.fetch_options`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fetch {
    /// Anything beyond what identifies it.
    pub(super) inventory: bool,
    pub(super) firmware: bool,
    pub(super) health: bool,
    pub(super) bios: bool,
    pub(super) storage: bool,
    pub(super) nics: bool,
    pub(super) memory: bool,
    /// One request more: what the ports are plugged into.
    pub(super) switch_connections: bool,
}

impl RangeInput {
    /// The addresses under a policy, and what was wrong with entries that gave none. The scan does the rest.
    ///
    /// # Errors
    /// No entry gave an address: the first entry's error, or one that says that there were none.
    pub(super) fn targets(&self, policy: &NetworkPolicy, limit: u64) -> Result<(Targets, Vec<Error>)> {
        let limit = if self.allow_large { u128::MAX } else { u128::from(limit) };
        let mut builder = Targets::builder().limit(limit);
        for (field, text) in &self.entries {
            builder = builder.text(field, text);
        }
        let (targets, mut errors) = builder.without("details.exclude", &self.exclude).build_sound(policy)?;
        if targets.is_empty() {
            return Err(if errors.is_empty() { nothing_to_scan() } else { errors.swap_remove(0) });
        }
        Ok((targets, errors))
    }

    /// The ranges as they were written.
    pub(super) fn written(&self) -> Vec<String> {
        self.entries.iter().map(|(_, text)| text.clone()).collect()
    }
}

impl Args {
    pub(super) fn decode(job: &JobRow) -> Result<Self> {
        let fetch = Fetch::decode(&job.details)?;
        let scope = match &job.target_scope {
            Value::Null => return Err(nothing_to_scan()),
            // "Run now" of the existing maintenance page sends the list itself.
            Value::Array(_) => &Map::from_iter([("ip_list".to_owned(), job.target_scope.clone())]),
            Value::Object(scope) => scope,
            other => {
                return Err(Error::invalid(
                    "target_scope",
                    format!("expected an object, found {}", kind_of(other)),
                    r#"write {"ip_range": "10.0.0.0/24"}, {"ip_list": […]} or {"server_ids": […]}"#,
                ));
            }
        };
        let servers = server_ids(scope)?;
        if !servers.is_empty() {
            return Ok(Self { mode: Mode::Refresh(servers), fetch });
        }
        let mut entries = Vec::new();
        match scope.get("ip_range") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.trim().is_empty() => {}
            Some(Value::String(text)) => entries.push(("target_scope.ip_range".to_owned(), text.clone())),
            Some(other) => return Err(wrong_type("target_scope.ip_range", "a text", other)),
        }
        for (index, text) in texts(scope, "ip_list", "target_scope.ip_list")?.into_iter().enumerate() {
            entries.push((format!("target_scope.ip_list[{index}]"), text));
        }
        if entries.is_empty() {
            return Err(nothing_to_scan());
        }
        let mut exclude = texts(scope, "exclude", "target_scope.exclude")?;
        exclude.extend(texts(&job.details, "exclude", "details.exclude")?);
        let allow_large = flag(&job.details, "allow_large_range", false, "details.allow_large_range")?;
        Ok(Self { mode: Mode::Range(RangeInput { entries, exclude, allow_large }), fetch })
    }
}

impl Fetch {
    fn decode(details: &Map<String, Value>) -> Result<Self> {
        let empty = Map::new();
        let options = match details.get("fetch_options") {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(options)) => options,
            Some(other) => return Err(wrong_type("details.fetch_options", "an object", other)),
        };
        let read = |name: &str| flag(options, name, true, &format!("details.fetch_options.{name}"));
        Ok(Self {
            inventory: read("inventory")?,
            firmware: read("firmware")?,
            health: read("health")?,
            bios: read("bios")?,
            storage: read("storage")?,
            nics: read("nics")?,
            memory: read("memory")?,
            switch_connections: flag(
                options,
                "switch_connections",
                false,
                "details.fetch_options.switch_connections",
            )?,
        })
    }
}

fn server_ids(scope: &Map<String, Value>) -> Result<Vec<ServerId>> {
    let texts = texts(scope, "server_ids", "target_scope.server_ids")?;
    let mut ids = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let id: ServerId = text.parse().map_err(|error| {
            Error::invalid(
                format!("target_scope.server_ids[{index}]"),
                format!("`{text}` is no server id"),
                "use the ids of the `servers` table",
            )
            .with_source(error)
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// A list of texts, a single text, or nothing.
fn texts(map: &Map<String, Value>, key: &str, field: &str) -> Result<Vec<String>> {
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

fn flag(map: &Map<String, Value>, key: &str, default: bool, field: &str) -> Result<bool> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(value)) => Ok(*value),
        Some(other) => Err(wrong_type(field, "true or false", other)),
    }
}

fn wrong_type(field: &str, expected: &str, found: &Value) -> Error {
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

fn nothing_to_scan() -> Error {
    Error::invalid(
        "target_scope",
        "there is nothing to scan",
        r#"name addresses in `ip_range` or `ip_list` (10.0.0.7, 10.0.0.0/24, 10.0.0.1-50) or servers in `server_ids`"#,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::NewJob;
    use serde_json::json;

    fn decode(scope: Value, details: Value) -> Result<Args> {
        let details = details.as_object().cloned().unwrap_or_default();
        Args::decode(&NewJob { target_scope: scope, details, ..NewJob::default() }.preview())
    }

    fn addresses(args: &Args) -> (u128, usize) {
        let Mode::Range(input) = &args.mode else { panic!("a range was expected") };
        let (targets, errors) = input.targets(&NetworkPolicy::default(), 262_144).expect("targets");
        (targets.len(), errors.len())
    }

    #[test]
    fn every_way_to_write_addresses_is_read_and_counted_once() {
        let scope =
            json!({"ip_list": ["10.0.0.0/30", "10.0.0.1-10.0.0.2", "10.0.0.5-7", "10.0.0.9, 10.0.0.10"]});
        assert_eq!(addresses(&decode(scope, Value::Null).expect("args")), (7, 0));
        assert_eq!(addresses(&decode(json!(["10.1.0.1"]), Value::Null).expect("a bare list")), (1, 0));
        let both = json!({"ip_range": "10.2.0.0/31", "ip_list": ["10.2.0.1"]});
        assert_eq!(addresses(&decode(both, Value::Null).expect("both")), (2, 0));
    }

    #[test]
    fn a_bad_entry_is_named_and_the_rest_is_scanned() {
        let scope = json!({"ip_list": ["10.0.0.1", "10.0.0.300", "8.8.8.8"]});
        let args = decode(scope, Value::Null).expect("args");
        let Mode::Range(input) = &args.mode else { panic!("range") };
        let (targets, errors) = input.targets(&NetworkPolicy::default(), 100).expect("targets");
        assert_eq!(targets.len(), 1);
        assert_eq!(errors[0].subject(), Some("target_scope.ip_list[1]"));
        assert_eq!(errors[1].subject(), Some("target_scope.ip_list[2]"));
    }

    #[test]
    fn only_bad_entries_are_an_error() {
        let args = decode(json!({"ip_range": "8.8.8.0/24"}), Value::Null).expect("args");
        let Mode::Range(input) = &args.mode else { panic!("range") };
        let error = input.targets(&NetworkPolicy::default(), 100_000).expect_err("a public range");
        assert_eq!(error.subject(), Some("target_scope.ip_range"));
    }

    #[test]
    fn wrong_types_name_their_field() {
        for (scope, details, field) in [
            (json!({"ip_range": 12}), json!({}), "target_scope.ip_range"),
            (json!({"ip_list": {"a": 1}}), json!({}), "target_scope.ip_list"),
            (json!({"ip_list": ["10.0.0.1", 5]}), json!({}), "target_scope.ip_list[1]"),
            (json!({"server_ids": ["nonsense"]}), json!({}), "target_scope.server_ids[0]"),
            (json!("10.0.0.1"), json!({}), "target_scope"),
            (json!({"ip_range": "10.0.0.1"}), json!({"fetch_options": 3}), "details.fetch_options"),
            (
                json!({"ip_range": "10.0.0.1"}),
                json!({"fetch_options": {"bios": "yes"}}),
                "details.fetch_options.bios",
            ),
            (json!({}), json!({}), "target_scope"),
            (Value::Null, json!({}), "target_scope"),
        ] {
            let error = decode(scope.clone(), details).expect_err("bad input");
            assert_eq!(error.subject(), Some(field), "{scope}");
        }
    }

    #[test]
    fn servers_win_over_addresses_and_unknown_keys_are_left_alone() {
        let id = ServerId::new();
        let scope = json!({"type": "specific", "server_ids": [id.to_string(), id.to_string()], "ip_range": "10.0.0.1", "x": [1]});
        assert_eq!(decode(scope, Value::Null).expect("args").mode, Mode::Refresh(vec![id]));
    }
}
