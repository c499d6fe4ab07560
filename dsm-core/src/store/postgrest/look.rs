//! What has to be read before something can be decided.

use std::collections::VecDeque;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::fault::Rest;
use super::http::Http;
use super::jobs::NAMED;
use super::query::Query;
use super::rest::Order;

/// Rows of a table by the values of one column.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    pub(super) values: Vec<String>,
    columns: Option<&'static str>,
}

impl Look {
    pub(super) fn of(
        table: &'static str,
        column: &'static str,
        values: impl IntoIterator<Item = String>,
    ) -> Self {
        Self { table, column, values: values.into_iter().collect(), columns: None }
    }

    /// Only these columns are of interest.
    pub(super) fn only(self, columns: &'static str) -> Self {
        Self { columns: Some(columns), ..self }
    }
}

/// What was found, one list a look, in their order.
#[derive(Debug, Default)]
pub(super) struct Seen(VecDeque<Vec<Value>>);

impl Seen {
    pub(super) fn of(rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        Self(rows.into_iter().collect())
    }

    /// One more list.
    pub(super) fn push(&mut self, rows: Vec<Value>) {
        self.0.push_back(rows);
    }

    /// The rows of the next look.
    pub(super) fn next(&mut self) -> Vec<Value> {
        self.0.pop_front().unwrap_or_default()
    }
}

/// What is unique in a table and never NULL.
fn order(table: &str) -> Order<'static> {
    match table {
        "server_drives" => &[("server_id", false), ("drive_identifier", false)],
        "server_nics" => &[("server_id", false), ("fqdd", false)],
        "server_memory" => &[("server_id", false), ("dimm_identifier", false)],
        "server_firmware_inventory" => {
            &[("server_id", false), ("component_id", false), ("collected_at", false)]
        }
        "dsm_inventory_document" => &[("server_id", false), ("section", false)],
        _ => &[("id", false)],
    }
}

/// Reads with plain requests, all at once.
pub(super) async fn plainly(http: &Http, looks: &[Look]) -> Rest<Seen> {
    let found = looks.iter().map(|look| async move {
        let mut rows = Vec::new();
        for some in look.values.chunks(NAMED) {
            let mut query = Query::of(look.table).any_of(look.column, some);
            if let Some(columns) = look.columns {
                query = query.select(columns);
            }
            rows.extend(http.rows(&query, order(look.table), None).await?);
        }
        Ok(rows)
    });
    try_join_all(found).await.map(Seen::of)
}
