//! Sealed passwords that go over to another key.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Store;
use super::lease::AttemptWrite;
use super::record::{CredentialSetRow, ServerFields, ServerPatch, ServerQuery};
use super::table::{RowChange, RowQuery, RowWrite, Table};
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};

/// Where a sealed text lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SealedAt {
    /// `credential_sets.password_encrypted`.
    Set(CredentialSetId),
    /// `servers.idrac_password_encrypted`.
    Server(ServerId),
    /// Somewhere in the `details` of a job that has not ended.
    Job(JobId),
    /// The [sealed column](Table::sealed_column) of a row.
    Row(Table, Uuid),
}

/// One sealed text in place of another, if that is still there: what an operator stored meanwhile stays.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reseal {
    /// Where.
    pub at: SealedAt,
    /// What is there.
    pub from: String,
    /// What comes in its place.
    pub to: String,
}

impl std::fmt::Debug for Reseal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reseal").field("at", &self.at).finish_non_exhaustive()
    }
}

/// With what every store can do: not in one step.
pub(super) async fn look_and_write<S: Store + ?Sized>(store: &S, changes: Vec<Reseal>) -> Result<Vec<bool>> {
    let mut done = Vec::with_capacity(changes.len());
    for Reseal { at, from, to } in changes {
        done.push(match at {
            SealedAt::Set(id) => {
                let sets = store.credential_sets().await?;
                match sets
                    .into_iter()
                    .find(|set| set.id == id && set.password_encrypted.as_ref() == Some(&from))
                {
                    Some(set) => {
                        store
                            .put_credential_set(CredentialSetRow { password_encrypted: Some(to), ..set })
                            .await?;
                        true
                    }
                    None => false,
                }
            }
            SealedAt::Server(id) => {
                let query = ServerQuery { ids: vec![id], ..ServerQuery::default() };
                let servers = store.servers(query).await?;
                let is_there =
                    servers.iter().any(|row| row.fields.idrac_password_encrypted.as_ref() == Some(&from));
                if is_there {
                    let set = ServerFields { idrac_password_encrypted: Some(to), ..ServerFields::default() };
                    store.put_servers(vec![(id, ServerPatch { set, clear: Vec::new() })]).await?;
                }
                is_there
            }
            SealedAt::Job(_) => false,
            SealedAt::Row(table, id) => look_and_write_row(store, table, id, &from, to).await?,
        });
    }
    Ok(done)
}

async fn look_and_write_row<S: Store + ?Sized>(
    store: &S,
    table: Table,
    id: Uuid,
    from: &str,
    to: String,
) -> Result<bool> {
    let Some(column) = table.sealed_column() else { return Ok(false) };
    let query = RowQuery { ids: vec![id], columns: Some(vec![column.to_owned()]), ..RowQuery::of(table) };
    let rows = store.rows(query).await?;
    let is_there = rows.iter().any(|row| row.columns.get(column).and_then(Value::as_str) == Some(from));
    if is_there {
        let change = RowChange::Patch(Map::from_iter([(column.to_owned(), Value::from(to))]));
        let rows = vec![RowWrite { table, id, change }];
        store.write(AttemptWrite { rows, ..AttemptWrite::default() }).await?;
    }
    Ok(is_there)
}
