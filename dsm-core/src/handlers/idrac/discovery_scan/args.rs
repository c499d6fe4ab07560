//! Reads the input of a scan: which addresses or which servers, and how much of them.

use serde_json::{Map, Value};

use super::backup::BackupWish;
use crate::error::{Error, Result};
use crate::handlers::idrac::input::{self, Input, texts, wrong_type};
use crate::id::ServerId;
use crate::job::JobRow;
use crate::network::NetworkPolicy;
use crate::targets::Targets;

/// What a scan is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    pub(super) mode: Mode,
    pub(super) fetch: Fetch,
    /// Of a refresh.
    pub(super) backup: Option<BackupWish>,
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
        let fetch = Fetch::decode(Input::details(job))?;
        let backup = BackupWish::decode(Input::details(job))?;
        let scope = match &job.target_scope {
            Value::Null => return Err(nothing_to_scan()),
            // "Run now" of the existing maintenance page sends the list itself.
            Value::Array(_) => &Map::from_iter([("ip_list".to_owned(), job.target_scope.clone())]),
            Value::Object(scope) => scope,
            other => return Err(wrong_type("target_scope", "an object", other)),
        };
        if scope.contains_key("server_ids") {
            let servers = input::servers(job)?;
            if !servers.is_empty() {
                return Ok(Self { mode: Mode::Refresh(servers), fetch, backup });
            }
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
        let allow_large = Input::details(job).flag("allow_large_range", false)?;
        Ok(Self { mode: Mode::Range(RangeInput { entries, exclude, allow_large }), fetch, backup })
    }
}

impl Fetch {
    fn decode(details: Input<'_>) -> Result<Self> {
        let empty = Map::new();
        let options = details.object("fetch_options")?.unwrap_or(&empty);
        let options = Input::of("details.fetch_options", options);
        let read = |name: &str| options.flag(name, true);
        Ok(Self {
            inventory: read("inventory")?,
            firmware: read("firmware")?,
            health: read("health")?,
            bios: read("bios")?,
            storage: read("storage")?,
            nics: read("nics")?,
            memory: read("memory")?,
            switch_connections: options.flag("switch_connections", false)?,
        })
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
