//! The query string as a whole: what is chosen, filtered, ordered and limited, of the table and of what is embedded.

use std::collections::BTreeMap;

use hyper::HeaderMap;

use super::filter::{Condition, read_filter, read_tree};
use super::reply::Refusal;
use super::scan::Scanner;
use super::select::{Item, Order, read_order, read_select};

/// A query string, read.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) select: Vec<Item>,
    pub(super) rows: Clauses,
    /// By the name of what is embedded.
    pub(super) embedded: BTreeMap<String, Clauses>,
    pub(super) columns: Option<Vec<String>>,
    pub(super) on_conflict: Vec<String>,
}

/// Which rows, in which order.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    pub(super) conditions: Vec<Condition>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
}

/// The pairs of a query string, decoded.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Query {
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Self, Refusal> {
        let mut query = Self { select: vec![Item::All], ..Self::default() };
        for (key, value) in pairs {
            match key.as_str() {
                "select" => query.select = read_select(value)?,
                "columns" => query.columns = Some(names(value)),
                "on_conflict" => query.on_conflict = names(value),
                // The key of the gateway may stand here, too.
                "apikey" => {}
                _ => query.take(key, value)?,
            }
        }
        let chosen = |name: &String| {
            query.select.iter().any(|item| matches!(item, Item::Embed(embed) if embed.name() == name))
        };
        if let Some(stranger) = query.embedded.keys().find(|name| !chosen(name)) {
            return Err(Refusal::new(
                400,
                "PGRST108",
                format!("'{stranger}' is not an embedded resource in this request"),
            )
            .hint(format!("Verify that '{stranger}' is included in the 'select' query parameter.")));
        }
        Ok(query)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), Refusal> {
        let (of, key) = match last_dot(key) {
            // `not.and` and `not.or` are no tables.
            Some((of, last)) => match of.strip_suffix("not").filter(|_| matches!(last, "and" | "or")) {
                Some(of) => (of.trim_end_matches('.'), &key[key.len() - last.len() - "not.".len()..]),
                None => (of, last),
            },
            None => ("", key),
        };
        let clauses =
            if of.is_empty() { &mut self.rows } else { self.embedded.entry(of.to_owned()).or_default() };
        match key {
            "order" => clauses.order = read_order(value)?,
            "limit" => clauses.limit = number(value)?,
            "offset" => clauses.offset = number(value)?.unwrap_or_default(),
            "and" | "or" | "not.and" | "not.or" => clauses.conditions.push(read_tree(key, value)?),
            _ => clauses.conditions.push(read_filter(key, value)?),
        }
        Ok(())
    }
}

impl Clauses {
    /// Takes what a `Range` header asks for into account, and the server's own limit.
    pub(super) fn narrow(&mut self, headers: &HeaderMap, max_rows: Option<u64>) -> Result<(), Refusal> {
        let range = headers.get("range").and_then(|value| value.to_str().ok());
        if let Some((first, last)) = range.and_then(read_range) {
            self.offset = self.offset.max(first);
            if let Some(last) = last {
                let count = (last + 1).checked_sub(first).ok_or_else(|| {
                    not_satisfiable("The lower boundary must be lower than or equal to the upper boundary in the Range header.")
                })?;
                self.limit = Some(self.limit.map_or(count, |limit| limit.min(count)));
            }
        }
        if let Some(most) = max_rows {
            self.limit = Some(self.limit.map_or(most, |limit| limit.min(most)));
        }
        Ok(())
    }
}

pub(super) fn not_satisfiable(details: impl Into<String>) -> Refusal {
    Refusal::new(416, "PGRST103", "Requested range not satisfiable").details(details.into())
}

/// `0-24` or `5-`; what is neither is as if it were not there.
fn read_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = text.strip_prefix("items=").unwrap_or(text).split_once('-')?;
    let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
    Some((first.parse().ok()?, last))
}

fn number(text: &str) -> Result<Option<u64>, Refusal> {
    match text.parse::<i64>() {
        Ok(number) => u64::try_from(number)
            .map(Some)
            .map_err(|_| not_satisfiable("Limit should be greater than or equal to zero.")),
        Err(_) => Ok(None),
    }
}

fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut scanner = Scanner::new(text);
    while !scanner.is_done() {
        match scanner.quoted() {
            Some(name) => names.push(name),
            None => names.push(scanner.until(&[',']).trim().to_owned()),
        }
        scanner.eat(",");
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Parts `servers.ip_address` at its last dot, which quotes or the arrow of a path hide.
fn last_dot(key: &str) -> Option<(&str, &str)> {
    let end = key.find(['"']).or_else(|| key.find("->")).unwrap_or(key.len());
    let dot = key.get(..end)?.rfind('.')?;
    Some((&key[..dot], &key[dot + 1..]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Query, Refusal> {
        Query::read(&pairs(text))
    }

    #[test]
    fn embedded_tables_have_clauses_of_their_own() {
        let read = query(
            "select=id,%20servers(*)&servers.order=id&servers.not.or=(a.eq.1,b.eq.2)&not.and=(c.eq.3)&d-%3E%3Ee=eq.4&limit=3",
        );
        let read = read.unwrap();
        assert_eq!((read.select.len(), read.rows.limit), (2, Some(3)));
        assert_eq!(read.rows.conditions.len(), 2);
        let of = &read.embedded["servers"];
        assert_eq!((of.order.len(), of.conditions.len()), (1, 1));
        assert!(query("servers.id=eq.1").is_err(), "not chosen");
    }

    #[test]
    fn a_plus_is_a_space() {
        assert_eq!(pairs("a=eq.1+2%2B3"), [("a".to_owned(), "eq.1 2+3".to_owned())]);
    }
}
