//! Certificates, sessions and small values.

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::query::Query;
use super::super::{Rest, Service, records};
use crate::store::text::{clean, text};
use crate::store::{PinRow, SessionRow};

async fn upsert(service: &Service, table: &str, key: &str, mut rows: Vec<Value>) -> Rest<()> {
    if rows.is_empty() {
        return Ok(());
    }
    rows.iter_mut().for_each(clean);
    let query = Query::of(table).with("on_conflict", key);
    service.http.post(&query, &rows, "resolution=merge-duplicates,return=minimal").await.map(drop)
}

pub(in super::super) async fn pins(service: &Service) -> Rest<Vec<PinRow>> {
    let rows = service.http.rows(&Query::of("dsm_pin"), &[("host", false)], None).await?;
    let mut pins: Vec<PinRow> =
        rows.into_iter().map(|row| records::read("dsm_pin", row)).collect::<Rest<_>>()?;
    pins.sort_by(|a, b| a.host.cmp(&b.host));
    Ok(pins)
}

pub(in super::super) async fn put_pins(service: &Service, pins: &[PinRow]) -> Rest<()> {
    let mut latest: std::collections::BTreeMap<&str, &PinRow> = std::collections::BTreeMap::new();
    latest.extend(pins.iter().map(|pin| (pin.host.as_str(), pin)));
    upsert(service, "dsm_pin", "host", latest.into_values().map(|pin| json!(pin)).collect()).await
}

pub(in super::super) async fn forget_pin(service: &Service, host: &str) -> Rest<bool> {
    Ok(!service.http.delete(&Query::of("dsm_pin").select("host").eq("host", host)).await?.is_empty())
}

pub(in super::super) async fn put_session(service: &Service, session: &SessionRow) -> Rest<()> {
    let mut row = json!(session);
    if let (None, Some(row)) = (&session.location, row.as_object_mut()) {
        // One that is known stays.
        row.remove("location");
    }
    upsert(service, "dsm_session", "id", vec![row]).await
}

pub(in super::super) async fn locate_session(service: &Service, id: Uuid, location: &str) -> Rest<()> {
    let query = Query::of("dsm_session").select("id").eq("id", id);
    service.http.patch(&query, &json!({"location": text(location)})).await.map(drop)
}

pub(in super::super) async fn remove_session(service: &Service, id: Uuid) -> Rest<()> {
    service.http.delete(&Query::of("dsm_session").select("id").eq("id", id)).await.map(drop)
}

pub(in super::super) async fn sessions(service: &Service) -> Rest<Vec<SessionRow>> {
    let rows =
        service.http.rows(&Query::of("dsm_session"), &[("opened_at", false), ("id", false)], None).await?;
    rows.into_iter().map(|row| records::read("dsm_session", row)).collect()
}

/// Keys of the engine, kept apart from those of the schema.
fn value_key(key: &str) -> String {
    format!("value.{}", text(key))
}

pub(in super::super) async fn get_meta(service: &Service, key: &str) -> Rest<Option<Bytes>> {
    let rows = service.http.look(&Query::of("dsm_meta").select("value").eq("key", value_key(key))).await?;
    Ok(rows.first().and_then(|row| records::bytes(row, "value")))
}

pub(in super::super) async fn put_meta(service: &Service, key: &str, value: &Bytes) -> Rest<()> {
    let row = json!({"key": value_key(key), "value": records::hex(value)});
    upsert(service, "dsm_meta", "key", vec![row]).await
}
