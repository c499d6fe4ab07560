//! Result tables: what rows name is looked for first, and what is not there is left out of them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::change::{Act, Change, cells};
use super::fault::{Fault, Rest};
use super::http::Http;
use super::jobs::NAMED;
use super::look::{Look, Seen};
use super::query::Query;
use super::records;
use crate::id::{JobId, ServerId};
use crate::store::no_place;
use crate::store::rows::{Refers, runs};
use crate::store::table::{Column, ColumnKind, RowChange, RowQuery, RowWrite, StoredRow, Table};
use crate::store::text::text;

/// Which people rows may name. A database of others may insist that they are known to it, and does not say where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum People {
    AsNamed,
    WithProfile,
    Nobody,
}

/// Writes rows that name what they name, and where the database refuses a reference, fewer.
pub(super) async fn leniently<T, W: Future<Output = Rest<T>>>(work: impl Fn(People) -> W) -> Rest<T> {
    for people in [People::AsNamed, People::WithProfile] {
        match work(people).await {
            Err(Fault::Refused(refusal)) if refusal.is_a_reference() => {}
            done => return done,
        }
    }
    work(People::Nobody).await
}

/// What a write's rows name.
#[derive(Debug, Default)]
pub(super) struct Named {
    servers: BTreeSet<Uuid>,
    jobs: BTreeSet<Uuid>,
    people: BTreeSet<Uuid>,
}

impl Named {
    pub(super) fn of(writes: &[RowWrite]) -> Self {
        let mut named = Self::default();
        for write in writes {
            let (RowChange::Insert(columns) | RowChange::Patch(columns)) = &write.change;
            for column in write.table.columns().iter().filter(|column| column.kind == ColumnKind::Uuid) {
                let among = match column.refers() {
                    Some(Refers::Server) => &mut named.servers,
                    Some(Refers::Job) => &mut named.jobs,
                    None => &mut named.people,
                };
                among.extend(columns.get(column.name).and_then(uuid));
            }
        }
        named
    }

    /// What is to be read; [`There::read`] takes it in this order. `own`: a job that is known to be there.
    pub(super) fn looks(mut self, people: People, own: Option<JobId>) -> Vec<Look> {
        if let Some(own) = own {
            self.jobs.remove(&own.0);
        }
        if people != People::WithProfile {
            self.people.clear();
        }
        let of = |table, ids: BTreeSet<Uuid>| {
            Look::of(table, "id", ids.iter().map(ToString::to_string)).only("id")
        };
        vec![of("servers", self.servers), of("jobs", self.jobs), of("profiles", self.people)]
    }
}

/// What of it is there.
#[derive(Debug)]
pub(super) struct There {
    servers: HashSet<Uuid>,
    jobs: HashSet<Uuid>,
    /// `None`: whoever is named.
    people: Option<HashSet<Uuid>>,
}

impl There {
    pub(super) fn read(seen: &mut Seen, people: People, own: Option<JobId>) -> Self {
        let mut next = || seen.next().iter().filter_map(|row| records::optional(row, "id")).collect();
        let (servers, mut jobs): (_, HashSet<Uuid>) = (next(), next());
        let profiles: HashSet<Uuid> = next();
        jobs.extend(own.map(|own| own.0));
        Self { servers, jobs, people: (people != People::AsNamed).then_some(profiles) }
    }

    /// Servers that the same write adds.
    pub(super) fn add(&mut self, servers: impl Iterator<Item = ServerId>) {
        self.servers.extend(servers.map(|server| server.0));
    }

    fn has_server(&self, table: Table, row: &Map<String, Value>) -> bool {
        !table.is_of_server()
            || row.get("server_id").and_then(uuid).is_some_and(|server| self.servers.contains(&server))
    }

    /// A value as it is stored.
    fn value(&self, column: &Column, row: &Map<String, Value>) -> Option<Value> {
        let value = column.kept(row.get(column.name)?)?;
        let is_there = match (column.kind, column.refers()) {
            (ColumnKind::Uuid, Some(Refers::Job)) => uuid(&value).is_some_and(|job| self.jobs.contains(&job)),
            (ColumnKind::Uuid, None) => self
                .people
                .as_ref()
                .is_none_or(|people| uuid(&value).is_some_and(|one| people.contains(&one))),
            _ => true,
        };
        Some(value).filter(|_| is_there)
    }

    /// What is to be written, in this order.
    pub(super) fn changes(&self, writes: &[RowWrite]) -> Vec<Change> {
        let mut added: HashSet<(Table, Uuid)> = HashSet::new();
        let mut changes = Vec::new();
        for run in runs(writes) {
            for (id, row) in run.rows {
                // Of those that would be one row the first stands.
                if run.is_new && !(self.has_server(run.table, row) && added.insert((run.table, id))) {
                    continue;
                }
                let value = |column: &Column| self.value(column, row).unwrap_or_default();
                let columns =
                    run.columns.iter().map(|column| (column.name.to_owned(), value(column))).collect();
                let act = if run.is_new { Act::Add } else { Act::Update };
                changes.push(Change::new(run.table.name(), act, cells([("id", json!(id))]), columns));
            }
        }
        changes
    }
}

fn uuid(value: &Value) -> Option<Uuid> {
    Uuid::try_parse(value.as_str()?).ok()
}

/// Newest first.
pub(super) async fn rows(http: &Http, query: &RowQuery, wanted: &[Column]) -> Rest<Vec<StoredRow>> {
    let time = query.table.time_column();
    let others = wanted.iter().map(|column| column.name).filter(|name| *name != time);
    let names: Vec<&str> = ["id", time].into_iter().chain(others).collect();
    let rows = match select(http, query, &names.join(",")).await {
        Err(Fault::Refused(refusal)) if refusal.is_no_relation() => {
            return Err(no_place(query.table.name()).into());
        }
        // A database of others may have fewer columns.
        Err(Fault::Refused(refusal)) if refusal.is_no_table() => select(http, query, "*").await?,
        rows => rows?,
    };
    rows.iter().map(|row| stored(query.table, row, wanted)).collect()
}

async fn select(http: &Http, query: &RowQuery, columns: &str) -> Rest<Vec<Value>> {
    let time = query.table.time_column();
    let mut asked = Query::of(query.table.name()).select(columns);
    if let Some(server) = query.server_id {
        asked = asked.eq("server_id", server);
    }
    if query.ids.is_empty() {
        return newest(http, &asked, time, query.limit).await;
    }
    let mut found = Vec::new();
    let ids: BTreeSet<Uuid> = query.ids.iter().copied().collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    for some in ids.chunks(NAMED) {
        found.extend(newest(http, &asked.clone().any_of("id", some), time, query.limit).await?);
    }
    // No time comes before every time, and so last.
    let age = |row: &Value| {
        Reverse((records::optional::<Timestamp>(row, time), records::optional::<Uuid>(row, "id")))
    };
    found.sort_by_cached_key(age);
    found.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(found)
}

/// Rows without a time come last; a page can begin after none of them, so that they are asked for by themselves.
async fn newest(http: &Http, asked: &Query, time: &str, limit: Option<usize>) -> Rest<Vec<Value>> {
    let timed = asked.clone().with(time, "not.is.null");
    let mut rows = http.rows(&timed, &[(time, true), ("id", true)], limit).await?;
    let room = limit.map(|limit| limit.saturating_sub(rows.len()));
    let untimed = asked.clone().with(time, "is.null");
    rows.extend(http.rows(&untimed, &[("id", true)], room).await?);
    Ok(rows)
}

fn stored(table: Table, row: &Value, wanted: &[Column]) -> Rest<StoredRow> {
    let value = |column: &Column| {
        let value = row.get(column.name)?;
        let value = match (column.kind, value) {
            // Where the database has a number or an address for what is a text here.
            (ColumnKind::Text, Value::Number(_) | Value::Bool(_)) => value.to_string().into(),
            _ => column.kept(value)?,
        };
        Some((column.name.to_owned(), value))
    };
    let columns = wanted.iter().filter_map(value).collect();
    Ok(StoredRow { id: records::needed(table.name(), row, "id")?, columns })
}

/// The longest sealed text that fits into an address to be compared there.
const LONGEST: usize = 4000;

/// Puts a sealed text in place of another, if that is still there. A long one is compared before it is written over.
pub(super) async fn reseal(http: &Http, table: Table, id: Uuid, from: &str, to: &str) -> Rest<bool> {
    let Some(column) = table.sealed_column() else { return Ok(false) };
    let from = text(from);
    let query = Query::of(table.name()).eq("id", id);
    let rows = http.look(&query.clone().select(column)).await?;
    if rows.first().is_none_or(|row| records::text(row, column) != from) {
        return Ok(false);
    }
    let query = if from.len() > LONGEST { query } else { query.eq(column, from) };
    Ok(!http.patch(&query.select("id"), &json!({column: text(to)})).await?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(id: u128, columns: Value, is_new: bool) -> RowWrite {
        let columns = columns.as_object().cloned().unwrap_or_default();
        let change = if is_new { RowChange::Insert(columns) } else { RowChange::Patch(columns) };
        RowWrite { table: Table::BiosConfigurations, id: Uuid::from_u128(id), change }
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let [here, gone, job, person] = [1, 2, 3, 4].map(Uuid::from_u128);
        let row = |server: Uuid| json!({"server_id": server, "job_id": job, "created_by": person});
        let writes = [
            write(10, row(gone), true),
            write(10, row(here), true),
            write(10, row(here), true),
            write(10, json!({"job_id": gone, "notes": null}), false),
        ];
        let named = Named::of(&writes);
        assert_eq!((named.servers.len(), named.jobs.len(), named.people.len()), (2, 2, 1));
        let seen = |known: &[Uuid]| {
            let rows = |ids: &[Uuid]| ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>();
            Seen::of([rows(&[here]), Vec::new(), rows(known)])
        };
        for (people, known, expected) in [
            (People::AsNamed, &[][..], json!(person)),
            (People::WithProfile, &[person][..], json!(person)),
            (People::WithProfile, &[][..], Value::Null),
            (People::Nobody, &[][..], Value::Null),
        ] {
            let there = There::read(&mut seen(known), people, Some(JobId(job)));
            let changes = there.changes(&writes);
            assert_eq!(changes.iter().map(|change| change.act).collect::<Vec<_>>(), [Act::Add, Act::Update]);
            let cells = &changes[0].cells;
            assert_eq!((&cells["job_id"], &cells["created_by"]), (&json!(job), &expected));
            assert_eq!(changes[1].row(), json!({"id": Uuid::from_u128(10), "job_id": null, "notes": null}));
        }
    }

    #[test]
    fn a_text_is_a_text_whatever_the_database_has() {
        let row = json!({"id": Uuid::nil(), "timestamp": "2026-01-01T00:00:00.5+00:00", "event_id": 7,
                         "severity": null, "raw_data": [1]});
        let columns = Table::ServerEventLogs.columns();
        let stored = stored(Table::ServerEventLogs, &row, columns).ok().unwrap();
        assert_eq!(
            Value::Object(stored.columns),
            json!({"timestamp": "2026-01-01T00:00:00.5Z", "event_id": "7", "raw_data": [1]})
        );
    }
}
