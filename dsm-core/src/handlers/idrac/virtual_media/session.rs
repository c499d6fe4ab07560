//! Rows of `virtual_media_sessions`: what a front end asked for, and what became of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::credential::{Place, Secret};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::object;
use crate::id::ServerId;
use crate::store::{RowChange, RowQuery, RowWrite, StoredRow, Table};

/// The session of one server.
#[derive(Debug, Clone)]
pub(super) struct Session(StoredRow);

/// The sessions a job names, by server; and the servers, those of the sessions where the job names none.
pub(super) async fn load(
    ctx: &Ctx,
    servers: &mut Vec<ServerId>,
    ids: &[Uuid],
) -> Result<BTreeMap<ServerId, Session>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = RowQuery { ids: ids.to_vec(), ..RowQuery::of(Table::VirtualMediaSessions) };
    let rows: Vec<Session> = ctx.store().rows(query).await?.into_iter().map(Session).collect();
    for id in ids.iter().filter(|id| !rows.iter().any(|row| row.0.id == **id)) {
        ctx.log("WARN", format!("there is no virtual media session {id}"));
    }
    let of_servers: BTreeMap<ServerId, Session> =
        rows.into_iter().filter_map(|row| Some((row.server()?, row))).collect();
    if servers.is_empty() {
        servers.extend(of_servers.keys());
    }
    if servers.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "there is no such session, and no server is named")
            .about("details.session_id")
            .hint("name a session that is in the `virtual_media_sessions` table, or servers"));
    }
    Ok(of_servers)
}

/// What is mounted on a server, as far as the table knows.
pub(super) async fn mounted_on(ctx: &Ctx, server: ServerId) -> Result<Vec<Session>> {
    let query = RowQuery { server_id: Some(server), ..RowQuery::of(Table::VirtualMediaSessions) };
    let rows = ctx.store().rows(query).await?.into_iter().map(Session);
    Ok(rows.filter(|row| row.flag("is_mounted") == Some(true)).collect())
}

impl Session {
    fn server(&self) -> Option<ServerId> {
        self.text("server_id")?.parse().ok()
    }

    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.0.columns.get(column)?.as_str().filter(|text| !text.trim().is_empty())
    }

    pub(super) fn flag(&self, column: &str) -> Option<bool> {
        self.0.columns.get(column)?.as_bool()
    }

    /// User and password of the share, where the row has them.
    pub(super) fn share_login(&self, ctx: &Ctx) -> Result<Option<(String, Secret)>> {
        let (Some(user), Some(sealed)) = (self.text("share_username"), self.text("share_password_encrypted"))
        else {
            return Ok(None);
        };
        let place = Place::Row(Table::VirtualMediaSessions, self.0.id);
        let password = ctx.fleet().chain().cipher().open(sealed, place)?;
        Ok(Some((user.to_owned(), password)))
    }

    /// Changes columns of it.
    pub(super) fn patch<const N: usize>(&self, columns: [(&str, Value); N]) -> RowWrite {
        RowWrite {
            table: Table::VirtualMediaSessions,
            id: self.0.id,
            change: RowChange::Patch(object(columns)),
        }
    }
}

/// A row for a server that had none.
pub(super) fn new_row(server: ServerId, mut columns: Map<String, Value>) -> RowWrite {
    columns.insert("server_id".to_owned(), json!(server));
    RowWrite { table: Table::VirtualMediaSessions, id: Uuid::now_v7(), change: RowChange::Insert(columns) }
}
