//! `/_fake/…`, with the key as `apikey`: what a test in another process does with the fake.
//!
//! `GET journal`, `POST fault {path, trouble, times?, skip?, method?, delay_ms?}`, `DELETE fault`,
//! `POST max-rows {rows}`, `POST sql` (statements; rows come back as texts), `POST reload`, `GET notifications`.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_postgres::SimpleQueryMessage;

use super::fault::{Fault, Trouble};
use super::reply::Reply;
use super::serve::Asked;
use super::{Exchange, Shared};

pub(super) async fn answer(shared: &Shared, path: &str, asked: &Asked) -> Reply {
    let key = asked.headers.get("apikey").and_then(|key| key.to_str().ok());
    if key != Some(shared.options.key.as_str()) {
        return Reply::json(StatusCode::UNAUTHORIZED, json!({"error": "apikey"}).to_string());
    }
    let body: Value = serde_json::from_str(&asked.body).unwrap_or(Value::Null);
    let told = match (&asked.method, path) {
        (&Method::GET, "journal") => Ok(shared.state().journal.iter().map(told_of).collect()),
        (&Method::GET, "notifications") => Ok(Value::from(shared.state().notifications.clone())),
        (&Method::POST, "fault") => arm(shared, &body),
        (&Method::DELETE, "fault") => {
            shared.state().faults.clear();
            Ok(Value::Null)
        }
        (&Method::POST, "max-rows") => {
            shared.state().max_rows = body.get("rows").and_then(Value::as_u64);
            Ok(Value::Null)
        }
        (&Method::POST, "reload") => {
            shared.reload().await.map(|()| Value::Null).map_err(|error| error.to_string())
        }
        (&Method::POST, "sql") => run(shared, &asked.body).await,
        _ => Err("no such switch".to_owned()),
    };
    match told {
        Ok(value) => Reply::json(StatusCode::OK, value.to_string()),
        Err(error) => Reply::json(StatusCode::BAD_REQUEST, json!({"error": error}).to_string()),
    }
}

fn told_of(exchange: &Exchange) -> Value {
    json!({
        "method": exchange.method.as_str(), "path": exchange.path, "query": exchange.query, "status": exchange.status
    })
}

fn arm(shared: &Shared, body: &Value) -> Result<Value, String> {
    let number = |key: &str| body.get(key).and_then(Value::as_u64);
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let trouble = match text("trouble") {
        Some("drop_before") => Trouble::DropBefore,
        Some("drop_after") => Trouble::DropAfter,
        Some("delay") => Trouble::Delay(Duration::from_millis(number("delay_ms").unwrap_or(1000))),
        Some("unavailable") => Trouble::Unavailable,
        Some("unauthorized") => Trouble::Unauthorized,
        _ => return Err("trouble: drop_before, drop_after, delay, unavailable or unauthorized".to_owned()),
    };
    let method = text("method").map(str::parse).transpose().map_err(|_| "method".to_owned())?;
    let times = |key: &str| number(key).and_then(|number| u32::try_from(number).ok());
    shared.state().faults.push(Fault {
        method,
        path: text("path").unwrap_or_default().to_owned(),
        skip: times("skip").unwrap_or(0),
        times: times("times").unwrap_or(1),
        trouble,
    });
    Ok(Value::Null)
}

async fn run(shared: &Shared, statements: &str) -> Result<Value, String> {
    let client = shared.database.connect().await.map_err(|refusal| refusal.message().to_owned())?;
    let messages = client.simple_query(statements).await;
    let messages = messages.map_err(|error| {
        error.as_db_error().map_or_else(|| error.to_string(), |told| told.message().to_owned())
    })?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(
            (0..row.len()).map(|column| row.get(column).map_or(Value::Null, Value::from)).collect::<Value>(),
        ),
        _ => None,
    });
    Ok(rows.collect())
}
