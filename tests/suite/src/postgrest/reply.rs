//! What goes back: an answer, or a refusal in the form and with the status that PostgREST gives it.

use hyper::StatusCode;
use serde_json::{Value, json};

/// An answer to a request.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    pub(super) fn json(status: StatusCode, body: impl Into<String>) -> Self {
        Self::new(status).with("Content-Type", "application/json; charset=utf-8").with_body(body)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

/// Why a request was not carried out: the database's error, or one of PostgREST's own (`PGRSTgxx`).
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    code: String,
    message: String,
    details: Option<Value>,
    hint: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), details: None, hint: None }
    }

    pub(super) fn details(mut self, details: impl Into<Value>) -> Self {
        self.details = Some(details.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A query string that cannot be read; `what` is the part, as PostgREST quotes it.
    pub(super) fn unreadable(what: &str, text: &str, details: &str) -> Self {
        Self::new(400, "PGRST100", format!("\"failed to parse {what} ({text})\" (line 1, column 1)"))
            .details(details)
    }

    /// What PostgREST can do and this fake cannot: said, so that no test passes because of it.
    pub(super) fn not_simulated(what: &str) -> Self {
        Self::new(501, "FAKE", format!("the fake does not simulate {what}"))
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn reply(&self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({
            "code": self.code, "details": self.details, "hint": self.hint, "message": self.message
        });
        let reply = Reply::json(status, body.to_string());
        match self.code.as_str() {
            "PGRST301" => reply.with(
                "WWW-Authenticate",
                format!("Bearer error=\"invalid_token\", error_description=\"{}\"", self.message),
            ),
            "PGRST302" => reply.with("WWW-Authenticate", "Bearer"),
            _ => reply,
        }
    }
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(told) = error.as_db_error() else {
            return Self::new(503, "PGRST001", "Database client error. Retrying the connection.")
                .details(error.to_string());
        };
        let code = told.code().code();
        Self {
            status: status_of(code),
            code: code.to_owned(),
            message: told.message().to_owned(),
            details: told.detail().map(Value::from),
            hint: told.hint().map(str::to_owned),
        }
    }
}

/// The table of PostgREST's documentation ("HTTP status codes"), for a caller who is logged in.
fn status_of(code: &str) -> u16 {
    if let Some(own) = code.strip_prefix("PT").and_then(|number| number.parse().ok()) {
        return own;
    }
    match code {
        "23503" | "23505" => 409,
        "25006" => 405,
        "53400" | "42P17" => 500,
        "57P01" => 503,
        "P0001" => 400,
        "42883" | "42P01" => 404,
        "42501" => 403,
        _ => match code.get(..2) {
            Some("08" | "53") => 503,
            Some("0L" | "0P" | "28") => 403,
            Some(
                "09" | "25" | "2D" | "38" | "39" | "3B" | "40" | "54" | "55" | "57" | "58" | "F0" | "HV"
                | "P0" | "XX",
            ) => 500,
            _ => 400,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::status_of;

    #[test]
    fn states_become_statuses() {
        for (code, status) in [
            ("23505", 409),
            ("23503", 409),
            ("23514", 400),
            ("22P02", 400),
            ("42P01", 404),
            ("40001", 500),
            ("53300", 503),
            ("57014", 500),
            ("P0001", 400),
            ("P0002", 500),
            ("PT429", 429),
        ] {
            assert_eq!(status_of(code), status, "{code}");
        }
    }
}
