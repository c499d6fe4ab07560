//! GET and HEAD of a table, and what all answers with rows have in common.

use hyper::{HeaderMap, StatusCode};
use tokio_postgres::Row;

use super::catalogue::Catalogue;
use super::database::{Access, Database};
use super::prefer::Prefer;
use super::query::{Query, not_satisfiable};
use super::render::{Render, Selection, Source};
use super::reply::{Refusal, Reply};

/// What a client wants the body to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Array,
    /// One row, or an error (`application/vnd.pgrst.object+json`).
    Object,
}

impl Form {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let accept = headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        let kinds = || accept.split(',').filter_map(|kind| kind.split(';').next()).map(str::trim);
        if kinds().any(|kind| kind.starts_with("application/vnd.pgrst.object")) {
            return Ok(Self::Object);
        }
        let known = ["*/*", "application/*", "application/json", "application/vnd.pgrst.array+json"];
        if kinds().any(|kind| known.contains(&kind)) {
            return Ok(Self::Array);
        }
        Err(Refusal::new(406, "PGRST107", format!("None of these media types are available: {accept}")))
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Array => "application/json; charset=utf-8",
            Self::Object => "application/vnd.pgrst.object+json; charset=utf-8",
        }
    }

    /// A reply with rows; an array of one row is the row where that was asked for.
    pub(super) fn reply(self, status: StatusCode, rows: &str, count: i64) -> Result<Reply, Refusal> {
        let body = match self {
            Self::Array => rows,
            Self::Object if count == 1 => rows.trim().trim_start_matches('[').trim_end_matches(']'),
            Self::Object => {
                let message = "Cannot coerce the result to a single JSON object";
                return Err(Refusal::new(406, "PGRST116", message)
                    .details(format!("The result contains {count} rows")));
            }
        };
        Ok(Reply::new(status).with("Content-Type", self.kind()).with_body(body))
    }
}

/// Rows as JSON, how many there are, and how many there would be without limits.
pub(super) struct Rows {
    pub(super) body: String,
    pub(super) count: i64,
    pub(super) total: Option<i64>,
}

impl Rows {
    pub(super) fn take(rows: &[Row]) -> Result<Self, Refusal> {
        let row = rows.first().ok_or_else(|| Refusal::new(500, "XX000", "no row"))?;
        Ok(Self { body: row.try_get(0)?, count: row.try_get(1)?, total: row.try_get(2)? })
    }

    /// A page of a list, with its place in it.
    pub(super) fn reply(self, form: Form, offset: u64) -> Result<Reply, Refusal> {
        let lower = i64::try_from(offset).unwrap_or(i64::MAX);
        let status = match self.total {
            Some(total) if lower > total => {
                return Err(not_satisfiable(format!(
                    "An offset of {lower} was requested, but there are only {total} rows."
                )));
            }
            Some(total) if self.count < total => StatusCode::PARTIAL_CONTENT,
            _ => StatusCode::OK,
        };
        let range = content_range(lower, self.count, self.total);
        Ok(form.reply(status, &self.body, self.count)?.with("Content-Range", range))
    }
}

/// `first-last/total`.
pub(super) fn content_range(lower: i64, count: i64, total: Option<i64>) -> String {
    let range =
        if count > 0 && total != Some(0) { format!("{lower}-{}", lower + count - 1) } else { "*".into() };
    format!("{range}/{}", total.map_or_else(|| "*".to_owned(), |total| total.to_string()))
}

/// The statement that reads a selection: one row with what [`Rows`] holds.
pub(super) fn page_of(selection: &Selection, is_counted: bool) -> String {
    let Selection { all, page } = selection;
    let total = if is_counted {
        format!("(SELECT count(*) FROM ({all}) AS dsm_counted)")
    } else {
        "NULL::bigint".into()
    };
    format!(
        "SELECT coalesce(json_agg(dsm_page), '[]')::text, count(*), {total} FROM ({all}{page}) AS dsm_page"
    )
}

pub(super) async fn read_table(
    database: &Database,
    catalogue: &Catalogue,
    name: &str,
    query: &Query,
    prefer: &Prefer,
    form: Form,
) -> Result<Reply, Refusal> {
    let table = catalogue.table(name)?;
    let mut render = Render::new(catalogue);
    let from = catalogue.path(name);
    let selection = render.select(Source { from: &from, alias: name, table: Some(table) }, query)?;
    render.statement.sql = page_of(&selection, prefer.is_counted);
    let offset = query.rows.offset;
    database.transact(Access::Read, &render.statement, |rows| Rows::take(&rows)?.reply(form, offset)).await
}
