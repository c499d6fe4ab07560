//! The query parameters an iDRAC understands, and what they do to a resource.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::expand::Expand;

/// A parsed query string.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) expand: Option<Expand>,
    pub(crate) select: Vec<String>,
    pub(crate) filter: Vec<Condition>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: Option<usize>,
    pub(crate) only: bool,
}

/// `Property eq 'value'`, with `/` between the names of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    path: Vec<String>,
    operator: String,
    value: Value,
}

/// A message id that says what is wrong with the query.
pub(crate) type Refusal = &'static str;

impl Query {
    /// Reads a raw query string; unknown names without a `$` are ignored, as the specification asks.
    pub(crate) fn parse(raw: &str) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for pair in raw.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode(&value.replace('+', " "));
            match percent_decode(name).as_str() {
                "$expand" => query.expand = Some(parse_expand(&value)?),
                "$select" => query.select = value.split(',').map(|s| s.trim().to_owned()).collect(),
                "$filter" => query.filter = parse_filter(&value).ok_or("SYS407")?,
                "$top" => query.top = Some(value.parse().map_err(|_| "SYS407")?),
                "$skip" => query.skip = Some(value.parse().map_err(|_| "SYS407")?),
                "only" => query.only = true,
                name if name.starts_with('$') => return Err("SYS451"),
                _ => {}
            }
        }
        Ok(query)
    }

    /// Whether nothing but `$expand` was asked.
    pub(crate) fn is_plain(&self) -> bool {
        self.select.is_empty()
            && self.filter.is_empty()
            && self.top.is_none()
            && self.skip.is_none()
            && !self.only
    }

    pub(crate) fn keeps(&self, member: &Value) -> bool {
        self.filter.iter().all(|c| c.holds(member))
    }

    /// Keeps the selected properties, and those every resource must have.
    pub(crate) fn apply_select(&self, value: Value) -> Value {
        if self.select.is_empty() {
            return value;
        }
        let Value::Object(map) = value else { return value };
        let kept: Map<String, Value> = map
            .into_iter()
            .filter(|(key, _)| {
                key.starts_with("@odata.")
                    || self.select.iter().any(|s| s.split('/').next() == Some(key.as_str()))
                    || (key == "Members@odata.count" && self.select.iter().any(|s| s == "Members"))
            })
            .collect();
        Value::Object(kept)
    }
}

/// `*`, `.` or `~`, with or without `($levels=1)`; deeper levels are more than an iDRAC allows.
fn parse_expand(value: &str) -> Result<Expand, Refusal> {
    let (kind, levels) = match value.split_once('(') {
        Some((kind, rest)) => (kind, rest.strip_suffix(')').ok_or("SYS407")?),
        None => (value, "$levels=1"),
    };
    match levels.strip_prefix("$levels=").map(str::parse::<u32>) {
        Some(Ok(1)) => {}
        Some(Ok(_)) => return Err("SYS417"),
        _ => return Err("SYS407"),
    }
    match kind {
        "*" => Ok(Expand::All),
        "." => Ok(Expand::NoLinks),
        "~" => Ok(Expand::Links),
        _ => Err("SYS407"),
    }
}

fn parse_filter(text: &str) -> Option<Vec<Condition>> {
    text.split(" and ")
        .map(|part| {
            let mut words = part.trim().splitn(3, ' ');
            let path = words.next()?.split('/').map(str::to_owned).collect();
            let operator = words.next()?.to_owned();
            if !["eq", "ne", "gt", "ge", "lt", "le"].contains(&operator.as_str()) {
                return None;
            }
            let raw = words.next()?.trim();
            let value = match raw.strip_prefix('\'').and_then(|r| r.strip_suffix('\'')) {
                Some(text) => Value::String(text.to_owned()),
                None => serde_json::from_str(raw).unwrap_or_else(|_| Value::String(raw.to_owned())),
            };
            Some(Condition { path, operator, value })
        })
        .collect()
}

impl Condition {
    fn holds(&self, member: &Value) -> bool {
        let found = self.path.iter().try_fold(member, |v, key| v.get(key)).unwrap_or(&Value::Null);
        let order = match (found, &self.value) {
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (Value::Number(a), Value::Number(b)) => {
                a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b))
            }
            (a, b) if a == b => Some(Ordering::Equal),
            _ => None,
        };
        match self.operator.as_str() {
            "eq" => order == Some(Ordering::Equal),
            "ne" => order != Some(Ordering::Equal),
            "gt" => order == Some(Ordering::Greater),
            "ge" => order.is_some_and(Ordering::is_ge),
            "lt" => order == Some(Ordering::Less),
            _ => order.is_some_and(Ordering::is_le),
        }
    }
}

/// Undoes percent-encoding; what is not a valid escape stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |b: u8| (b as char).to_digit(16);
        if bytes[i] == b'%'
            && let (Some(high), Some(low)) =
                (bytes.get(i + 1).and_then(|b| hex(*b)), bytes.get(i + 2).and_then(|b| hex(*b)))
        {
            out.push((high * 16 + low) as u8);
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn expand_forms() {
        let expand = |raw: &str| Query::parse(raw).map(|q| q.expand);
        assert_eq!(expand("$expand=*($levels=1)"), Ok(Some(Expand::All)));
        assert_eq!(expand("%24expand=.%28%24levels%3D1%29"), Ok(Some(Expand::NoLinks)));
        assert_eq!(expand("$expand=~"), Ok(Some(Expand::Links)));
        assert_eq!(expand("$expand=*($levels=2)"), Err("SYS417"));
        assert_eq!(expand("$expand=Members"), Err("SYS407"));
        assert_eq!(expand("$orderby=Id"), Err("SYS451"));
    }

    #[test]
    fn filters_compare() {
        let query = Query::parse("$filter=Severity%20eq%20'OK'%20and%20Id%20ge%205").unwrap();
        assert!(query.keeps(&json!({"Severity": "OK", "Id": 5})));
        assert!(!query.keeps(&json!({"Severity": "OK", "Id": 4})));
        assert!(!query.keeps(&json!({"Severity": "Critical", "Id": 9})));
    }

    #[test]
    fn select_keeps_annotations() {
        let query = Query::parse("$select=Model,Status/Health").unwrap();
        let value = json!({"@odata.id": "/a", "Model": "m", "Status": {}, "Name": "n"});
        assert_eq!(query.apply_select(value), json!({"@odata.id": "/a", "Model": "m", "Status": {}}));
    }
}
