//! Reading servers and their inventory.

use super::fault::Rest;
use super::http::Http;
use super::look::{Look, plainly};
use super::query::Query;
use super::servers::{self, PartTable};
use crate::id::ServerId;
use crate::store::{DriveRow, FirmwareRow, InventoryRows, MemoryRow, NicRow, ServerQuery, ServerRow};

/// Ordered by address.
pub(super) async fn servers(http: &Http, query: &ServerQuery) -> Rest<Vec<ServerRow>> {
    let mut servers = found(http, query).await?;
    // As numbers: in text order 10.0.0.10 comes before 10.0.0.9.
    servers.sort_by_key(|server| (server.fields.ip_address.is_none(), server.fields.ip_address, server.id));
    servers.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(servers)
}

async fn found(http: &Http, query: &ServerQuery) -> Rest<Vec<ServerRow>> {
    if query.ids.is_empty() && query.addresses.is_empty() {
        let rows = http.rows(&Query::of("servers"), &[("id", false)], None).await?;
        return rows.iter().map(servers::server).collect();
    }
    let mut looks = Vec::new();
    if query.ids.is_empty() {
        looks.push(Look::of("servers", "ip_address", query.addresses.iter().map(ToString::to_string)));
    } else {
        looks.push(Look::of("servers", "id", query.ids.iter().map(ToString::to_string)));
    }
    let found = plainly(http, &looks).await?.next();
    let mut rows = found.iter().map(servers::server).collect::<Rest<Vec<_>>>()?;
    rows.retain(|row| {
        query.addresses.is_empty() || row.fields.ip_address.is_some_and(|at| query.addresses.contains(&at))
    });
    Ok(rows)
}

pub(super) async fn inventory(http: &Http, server: ServerId) -> Rest<InventoryRows> {
    let of = |table| Look::of(table, "server_id", [server.to_string()]);
    let parts = [of(DriveRow::TABLE), of(NicRow::TABLE), of(MemoryRow::TABLE), of(FirmwareRow::TABLE)];
    let latest =
        Query::of("server_health").eq("server_id", server).order("timestamp.desc").with("limit", "1");
    let (mut seen, health) =
        futures_util::future::try_join(plainly(http, &parts), http.look(&latest)).await?;
    seen.push(health);
    servers::inventory(&mut seen)
}
