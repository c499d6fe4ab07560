//! An exchange becomes a row: here, and not where it was recorded, secrets are taken out and bodies are read.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dell_redfish::Method;
use dell_redfish::observer::ExchangeKind;
use dell_redfish::redact::{redact, redact_text};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ActivityContext;
use super::queue::Pending;
use crate::store::ActivityRow;

/// Larger bodies are not kept; a note stands for them, in the words of the existing log.
const BODY_LIMIT_KB: usize = 100;

/// What a row says that was never completed.
const UNKNOWN: &str =
    "no end is on record: the request was about to be sent, and whether it was carried out is not known";

/// A body on its way: as it was received, unless it is too large to be kept anyway.
pub(super) enum Body {
    Whole(Bytes),
    Large(usize),
}

impl Body {
    pub(super) fn new(bytes: &Bytes) -> Self {
        if bytes.len() > BODY_LIMIT_KB * 1024 { Self::Large(bytes.len()) } else { Self::Whole(bytes.clone()) }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Large(_) => 0,
        }
    }

    /// As its column holds it: redacted JSON, redacted text, or a note on what is not kept.
    fn value(&self) -> Option<Value> {
        let bytes = match self {
            Self::Whole(bytes) if bytes.is_empty() => return None,
            Self::Whole(bytes) => redact(bytes, &[]),
            Self::Large(size) => {
                let size = size / 1024;
                return Some(
                    json!({"_truncated": true, "_original_size_kb": size, "_limit_kb": BODY_LIMIT_KB}),
                );
            }
        };
        Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| match std::str::from_utf8(&bytes) {
            Ok(text) => Value::String(text.to_owned()),
            Err(_) => json!({"_binary": true, "_original_size_kb": bytes.len().div_ceil(1024)}),
        }))
    }
}

/// An exchange as it was seen. No `Debug`: its bodies are as they were received.
pub(super) struct PendingExchange {
    /// The id of the row that was written before it was sent.
    pub(super) id: Option<Uuid>,
    pub(super) context: Arc<ActivityContext>,
    pub(super) host: Box<str>,
    pub(super) method: Method,
    pub(super) path: Box<str>,
    pub(super) kind: ExchangeKind,
    pub(super) sent_at: SystemTime,
    pub(super) elapsed: Duration,
    pub(super) status: Option<u16>,
    pub(super) success: bool,
    pub(super) error: Option<Box<str>>,
    pub(super) request_body: Option<Body>,
    pub(super) response_body: Option<Body>,
}

impl PendingExchange {
    pub(super) fn body_bytes(&self) -> usize {
        self.request_body.as_ref().map_or(0, Body::bytes) + self.response_body.as_ref().map_or(0, Body::bytes)
    }

    /// Whether it can have changed nothing on the iDRAC but a session of ours.
    pub(super) fn is_read(&self) -> bool {
        let read = matches!(self.method, Method::GET | Method::HEAD);
        read || matches!(self.kind, ExchangeKind::SessionCreate | ExchangeKind::SessionDelete)
    }

    pub(super) fn drop_bodies(&mut self) -> bool {
        let (request, response) = (self.request_body.take(), self.response_body.take());
        request.is_some() || response.is_some()
    }

    /// The row of a request that is about to be sent.
    pub(super) fn into_pending_row(self) -> ActivityRow {
        let row = self.into_row();
        ActivityRow { success: false, response_time_ms: None, error_message: Some(UNKNOWN.to_owned()), ..row }
    }

    fn into_row(self) -> ActivityRow {
        let endpoint = redact_text(&self.path).into_owned();
        let full_url = format!("https://{}{endpoint}", self.host);
        ActivityRow {
            // Made here and not by the caller: it costs more than all the rest of recording, and in the order of
            // writing ids let a reader follow the log without missing a row.
            id: self.id.unwrap_or_else(Uuid::now_v7),
            timestamp: Timestamp::try_from(self.sent_at).unwrap_or(Timestamp::UNIX_EPOCH),
            server_id: self.context.server.get().copied(),
            job_id: self.context.job_id,
            task_id: self.context.task_id,
            command_type: self.method.to_string(),
            operation_type: operation_type(self.kind).to_owned(),
            endpoint,
            full_url,
            status_code: self.status,
            success: self.success,
            response_time_ms: Some(u32::try_from(self.elapsed.as_millis()).unwrap_or(u32::MAX)),
            error_message: self.error.map(|text| redact_text(&text).into_owned()),
            request_body: self.request_body.as_ref().and_then(Body::value),
            response_body: self.response_body.as_ref().and_then(Body::value),
            source: self.context.source.to_string(),
            initiated_by: self.context.initiated_by,
        }
    }
}

impl Pending {
    pub(super) fn into_row(self) -> ActivityRow {
        match self {
            Self::Exchange(exchange) => exchange.into_row(),
            Self::Row(row) => redacted(*row),
        }
    }
}

/// The row without what it refers to.
pub(super) fn bare(row: &ActivityRow) -> ActivityRow {
    ActivityRow { server_id: None, job_id: None, task_id: None, initiated_by: None, ..row.clone() }
}

fn operation_type(kind: ExchangeKind) -> &'static str {
    match kind {
        ExchangeKind::Api => "idrac_api",
        ExchangeKind::Fallback => "idrac_api_fallback",
        ExchangeKind::SessionCreate => "session_create",
        ExchangeKind::SessionDelete => "session_delete",
    }
}

fn redacted(row: ActivityRow) -> ActivityRow {
    let again =
        |value: Option<Value>| value.and_then(|value| Body::new(&Bytes::from(value.to_string())).value());
    ActivityRow {
        endpoint: redact_text(&row.endpoint).into_owned(),
        full_url: redact_text(&row.full_url).into_owned(),
        error_message: row.error_message.map(|text| redact_text(&text).into_owned()),
        request_body: again(row.request_body),
        response_body: again(row.response_body),
        ..row
    }
}
