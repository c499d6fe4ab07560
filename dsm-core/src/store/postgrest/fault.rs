//! What can go wrong inside a call: the service's answers and ours, which of them another try may mend, and how they
//! are told to people.

use std::fmt;

use serde_json::Value;

use crate::error::{Error, ErrorKind};

/// An error on its way out of a call.
#[derive(Debug)]
pub(super) enum Fault {
    /// No answer: whether the request was carried out is not known.
    Lost(String),
    /// An answer that says no.
    Refused(Refusal),
    /// What was decided on has changed meanwhile: nothing was written.
    Conflict,
    /// Ours, said already.
    Ours(Error),
}

pub(super) type Rest<T> = Result<T, Fault>;

impl Fault {
    /// Whether something may have been carried out all the same.
    pub(super) const fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }
}

/// What the service said, without details: those quote rows, and rows hold sealed passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// PostgREST's own (`PGRST…`) or PostgreSQL's (five characters).
    pub(super) code: String,
    message: String,
    /// The table or function asked for.
    at: String,
}

/// What may help. Every method of the trait is safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The same again, once the service may be back.
    Wait,
    /// The same again: somebody else was in the way.
    Repeat,
    /// Nothing.
    None,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

/// Longest text of the service that goes into an error.
const LONGEST_MESSAGE: usize = 300;

impl Refusal {
    /// Reads `{"code", "message", …}`; a gateway's page says nothing but its status.
    pub(super) fn read(status: u16, body: &[u8], at: &str) -> Self {
        let said: Value = serde_json::from_slice(body).unwrap_or_default();
        let word = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default();
        let message: String = word("message").chars().take(LONGEST_MESSAGE).collect();
        Self { status, code: word("code").chars().take(16).collect(), message, at: at.to_owned() }
    }

    /// No function of this name is known there.
    pub(super) fn is_no_function(&self) -> bool {
        self.status == 404 && matches!(self.code.as_str(), "PGRST202" | "42883")
    }

    /// No table or column of this name is known there.
    pub(super) fn is_no_table(&self) -> bool {
        matches!(self.code.as_str(), "PGRST205" | "42P01" | "PGRST204" | "42703")
    }

    /// No table of this name is known there.
    pub(super) fn is_no_relation(&self) -> bool {
        matches!(self.code.as_str(), "PGRST205" | "42P01")
    }

    /// A reference to what is not there.
    pub(super) fn is_a_reference(&self) -> bool {
        self.code == "23503"
    }

    fn remedy(&self) -> Remedy {
        match self.code.as_str() {
            "40001" | "40P01" | "23505" => Remedy::Repeat,
            // The service cannot reach its database, or has no connection free.
            "PGRST000" | "PGRST001" | "PGRST002" | "PGRST003" => Remedy::Wait,
            "57P01" | "57P02" | "57P03" | "53300" => Remedy::Wait,
            code if code.starts_with("08") => Remedy::Wait,
            _ if matches!(self.status, 429 | 502 | 503 | 504) => Remedy::Wait,
            _ => Remedy::None,
        }
    }

    fn told(&self) -> (&'static str, &'static str) {
        match (self.code.as_str(), self.status) {
            ("PGRST301" | "PGRST302" | "PGRST303", _) | (_, 401) => {
                ("the service refused the key", "check SERVICE_ROLE_KEY, and that it belongs to this DSM_URL")
            }
            ("42501", _) | (_, 403) => (
                "the service refused permission",
                "use the service role's key; on tables of ours, apply the plan of `PostgresStore::plan` once more",
            ),
            ("PGRST106", _) => ("the service does not expose this schema", "name one that it exposes"),
            ("PGRST202" | "42883", _) => {
                ("the service does not know this function", "install the schema, or reload its schema cache")
            }
            ("PGRST204" | "PGRST205" | "42P01" | "42703", _) => (
                "the service does not know this table or column",
                "check that DSM_URL is the right project; after a migration, reload its schema cache",
            ),
            ("57014", _) | (_, 504) => {
                ("it took longer than the server allows", "look for what slows it down")
            }
            ("23505", _) => ("another writer uses the same unique value", "try again"),
            ("22P02" | "22007" | "23514" | "23502" | "23503", _) => (
                "the database does not take this value",
                "look at the cause: it names the column or the constraint",
            ),
            (_, 404) => ("there is no such service", "check DSM_URL: the part before /rest/v1"),
            (_, 413) => ("the request is too large for the service", "lower `page`"),
            (_, 500..) => ("the service failed", "look into its log"),
            _ => ("the service refused a request", "this is a defect of the store: report it with the cause"),
        }
    }
}

impl Fault {
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Lost(_) => Remedy::Wait,
            Self::Refused(refusal) => refusal.remedy(),
            Self::Conflict => Remedy::Repeat,
            Self::Ours(_) => Remedy::None,
        }
    }

    /// The error to hand out, naming the service.
    pub(super) fn into_error(self, label: &str) -> Error {
        match self {
            Self::Ours(error) => error,
            Self::Lost(why) => Error::new(ErrorKind::Store, format!("the service cannot be reached: {why}"))
                .about(label)
                .hint("check that it runs, DSM_URL, and the network between"),
            Self::Conflict => Error::new(
                ErrorKind::Store,
                "others wrote to the same rows again and again; nothing was written",
            )
            .about(label)
            .hint("try again"),
            Self::Refused(refusal) => {
                let (message, hint) = refusal.told();
                Error::new(ErrorKind::Store, message)
                    .about(format!("{label}: {}", refusal.at))
                    .hint(hint)
                    .with_source(refusal)
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        if !self.code.is_empty() {
            write!(f, ", code {}", self.code)?;
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_without_its_details() {
        let body = br#"{"code":"23505","message":"duplicate key","details":"Key (name)=(v1:secret) exists","hint":null}"#;
        let refusal = Refusal::read(409, body, "credential_sets");
        assert_eq!(refusal.remedy(), Remedy::Repeat);
        let error = Fault::Refused(refusal).into_error("postgrest db.example");
        assert!(!error.chain().contains("secret"), "{}", error.chain());
        for part in ["credential_sets", "23505", "409"] {
            assert!(error.chain().contains(part), "{}", error.chain());
        }
        assert_eq!(Refusal::read(502, b"<html>", "jobs").remedy(), Remedy::Wait);
        assert!(Refusal::read(404, br#"{"code":"PGRST202"}"#, "rpc/dsm_now").is_no_function());
        assert!(!Refusal::read(404, br#"{"code":"PGRST205"}"#, "jobs").is_no_function());
    }
}
