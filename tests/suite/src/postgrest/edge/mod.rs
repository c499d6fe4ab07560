//! The edge functions, simulated: what the contract says that they answer and write. Each step is a transaction of its
//! own, as theirs are requests of their own.

mod create_job;
mod signature;
mod update_job;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

pub use signature::{canonical_json, sign};

use super::Shared;
use super::database::{Access, Statement};
use super::reply::{Refusal, Reply};
use super::serve::Asked;

/// Who is logged in to the existing system.
#[derive(Debug, Clone)]
pub struct EdgeUser {
    /// The token that stands for them.
    pub token: String,
    /// Their row in `profiles`.
    pub id: Uuid,
    /// `admin`, `operator` or `viewer`.
    pub role: String,
}

pub(super) async fn answer(shared: &Shared, function: &str, asked: &Asked) -> Reply {
    if asked.method != Method::POST {
        return told(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": "Method not allowed"}));
    }
    match function {
        "update-job" => update_job::answer(shared, asked).await,
        "create-job" => create_job::answer(shared, asked).await,
        _ => told(
            StatusCode::NOT_FOUND,
            &json!({"code": "NOT_FOUND", "message": "Requested function was not found"}),
        ),
    }
}

fn told(status: StatusCode, body: &Value) -> Reply {
    Reply::json(status, body.to_string())
}

/// The user whose token the request bears.
fn bearer<'s>(shared: &'s Shared, asked: &Asked) -> Option<&'s EdgeUser> {
    let token = asked.headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    shared.options.user.as_ref().filter(|user| user.token == token)
}

/// Runs a statement that answers one JSON value a row.
async fn rows(shared: &Shared, statement: Statement) -> Result<Vec<Value>, Refusal> {
    shared
        .database
        .transact(Access::Write, &statement, |rows| {
            rows.iter()
                .map(|row| {
                    let text: String = row.try_get(0)?;
                    serde_json::from_str(&text).map_err(|error| Refusal::new(500, "XX000", error.to_string()))
                })
                .collect()
        })
        .await
}
