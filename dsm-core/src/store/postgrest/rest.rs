//! Tables and functions over the wire: rows in, rows out, in pages however low the service caps its answers.

use serde_json::Value;

use super::fault::{Fault, Rest};
use super::http::{Ask, Http, Reply, Verb};
use super::query::{Query, quoted};
use crate::error::{Error, ErrorKind};

/// The columns that order rows, none of them ever NULL, the last one unique; `true`: falling.
pub(super) type Order<'a> = &'a [(&'a str, bool)];

/// Rows asked for in one page.
const PAGE: usize = 1000;

impl Http {
    /// All rows, in order, or the first `limit` of them: page after page, each after the last row of the one before, so
    /// that none is left out or told twice while others write.
    pub(super) async fn rows(
        &self,
        query: &Query,
        order: Order<'_>,
        limit: Option<usize>,
    ) -> Rest<Vec<Value>> {
        let mut rows: Vec<Value> = Vec::new();
        let wanted = limit.unwrap_or(usize::MAX);
        let terms: Vec<String> = order
            .iter()
            .map(|(column, falls)| format!("{column}.{}", if *falls { "desc" } else { "asc" }))
            .collect();
        let query = query.clone().order(&terms.join(","));
        let mut after = None;
        while rows.len() < wanted {
            let size = PAGE.min(wanted - rows.len());
            let mut page = query.clone().with("limit", size.to_string());
            if let Some(after) = &after {
                page = page.with("or", after);
            }
            let reply = self.get(&page, "count=exact").await?;
            let total = reply.total;
            let got = list(&reply)?;
            let count = got.len();
            rows.extend(got);
            let is_last = count == 0 || total.is_some_and(|total| total <= count);
            if is_last {
                break;
            }
            after = rows.last().map(|row| beyond(order, row));
        }
        Ok(rows)
    }

    /// The rows of one answer.
    pub(super) async fn look(&self, query: &Query) -> Rest<Vec<Value>> {
        list(&self.get(query, "").await?)
    }

    pub(super) async fn get(&self, query: &Query, prefer: &str) -> Rest<Reply> {
        let Query { table, pairs } = query;
        self.ask(Ask { verb: Verb::Get, path: table, pairs, prefer, body: None }).await
    }

    /// Adds rows, all with the same columns. What comes back is what the query selects; nothing, unless `prefer` asks.
    pub(super) async fn post(&self, query: &Query, rows: &[Value], prefer: &str) -> Rest<Vec<Value>> {
        let body = Some(json(&rows));
        let Query { table, pairs } = query;
        list(&self.ask(Ask { verb: Verb::Post, path: table, pairs, prefer, body }).await?)
    }

    /// Changes the rows that the query still finds, and tells which those are.
    pub(super) async fn patch(&self, query: &Query, change: &Value) -> Rest<Vec<Value>> {
        self.patch_text(query, change.to_string()).await
    }

    /// The same, with the change as it is to be written.
    pub(super) async fn patch_text(&self, query: &Query, change: String) -> Rest<Vec<Value>> {
        let body = Some(change.into_bytes());
        let Query { table, pairs } = query;
        let prefer = "return=representation";
        list(&self.ask(Ask { verb: Verb::Patch, path: table, pairs, prefer, body }).await?)
    }

    /// Removes the rows that the query finds, and tells which those were.
    pub(super) async fn delete(&self, query: &Query) -> Rest<Vec<Value>> {
        let Query { table, pairs } = query;
        let prefer = "return=representation";
        list(&self.ask(Ask { verb: Verb::Delete, path: table, pairs, prefer, body: None }).await?)
    }

    /// Calls a function.
    pub(super) async fn call(&self, function: &str, arguments: &Value) -> Rest<Value> {
        let path = format!("rpc/{function}");
        let body = Some(json(arguments));
        let reply = self.ask(Ask { verb: Verb::Post, path: &path, pairs: &[], prefer: "", body }).await?;
        if reply.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&reply.body).map_err(|_| unreadable(&path))
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> Vec<u8> {
    // Keys of ours are texts, so nothing can fail.
    serde_json::to_vec(value).unwrap_or_default()
}

fn list(reply: &Reply) -> Rest<Vec<Value>> {
    if reply.body.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&reply.body).map_err(|_| unreadable("its rows"))
}

fn unreadable(what: &str) -> Fault {
    Error::new(ErrorKind::Store, "the service's answer is no JSON of the kind asked for")
        .about(what)
        .hint("check that DSM_URL is a PostgREST service")
        .into()
}

/// The rows that come after this one: `a > x, or a = x and b > y, …`.
fn beyond(order: Order<'_>, row: &Value) -> String {
    let mut ways = Vec::new();
    for at in 0..order.len() {
        let terms: Vec<String> = order
            .iter()
            .take(at + 1)
            .enumerate()
            .map(|(place, (column, falls))| {
                let value = row.get(column).map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                let operator = match (place == at, falls) {
                    (false, _) => "eq",
                    (true, true) => "lt",
                    (true, false) => "gt",
                };
                format!("{column}.{operator}.{}", quoted(&value.unwrap_or_default()))
            })
            .collect();
        ways.push(if terms.len() == 1 { terms.concat() } else { format!("and({})", terms.join(",")) });
    }
    format!("({})", ways.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_next_page_begins_after_the_last_row() {
        let row = json!({"created_at": "2026-01-01T00:00:00+00:00", "id": "b"});
        assert_eq!(beyond(&[("id", false)], &row), r#"(id.gt."b")"#);
        assert_eq!(
            beyond(&[("created_at", true), ("id", true)], &row),
            r#"(created_at.lt."2026-01-01T00:00:00+00:00",and(created_at.eq."2026-01-01T00:00:00+00:00",id.lt."b"))"#
        );
    }
}
