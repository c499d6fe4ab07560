//! What can go wrong inside a call: the server's errors and ours, which of them another try may mend, and how they
//! are told to people.

use std::fmt;
use std::io;

use tokio_postgres::error::{DbError, SqlState};

use crate::error::{Error, ErrorKind};

/// An error on its way out of a call.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server's, or the connection's.
    Sql(tokio_postgres::Error),
    /// No answer within the limit.
    Late,
    /// Ours, said already.
    Ours(Error),
}

pub(super) type Db<T> = Result<T, Fault>;

/// What may help. Every method of the trait is safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The same on a new connection.
    Reconnect,
    /// The same again: another transaction was in the way, and ours was undone.
    Repeat,
    /// Nothing.
    None,
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Fault {
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Ours(_) => Remedy::None,
            Self::Late => Remedy::Reconnect,
            Self::Sql(error) => match error.code() {
                Some(code) => remedy_for(code),
                None if is_broken(error) => Remedy::Reconnect,
                None => Remedy::None,
            },
        }
    }

    /// The error to hand out, naming the database.
    pub(super) fn into_error(self, label: &str) -> Error {
        let (message, hint) = match &self {
            Self::Ours(_) => ("", ""),
            Self::Late => ("the server did not answer in time", UNREACHABLE),
            Self::Sql(error) => match error.code() {
                Some(code) => told(code),
                None if is_broken(error) => ("the server cannot be reached", UNREACHABLE),
                None => ("the connection failed", UNREACHABLE),
            },
        };
        let error = Error::new(ErrorKind::Store, message).about(label).hint(hint);
        match self {
            Self::Ours(error) => error,
            Self::Late => error,
            Self::Sql(cause) => match cause.as_db_error() {
                Some(said) => error.with_source(ServerSaid::from(said)),
                None => error.with_source(cause),
            },
        }
    }
}

const UNREACHABLE: &str = "check that it runs, its address, and the network between";

fn remedy_for(code: &SqlState) -> Remedy {
    match code.code() {
        // Serialization failure, deadlock, and a unique value that somebody else wrote at the same moment.
        "40001" | "40P01" | "23505" => Remedy::Repeat,
        // Shut down, crashed, starting, no slot left; a plan of a schema that changed under the connection.
        "57P01" | "57P02" | "57P03" | "53300" | "0A000" => Remedy::Reconnect,
        code if code.starts_with("08") => Remedy::Reconnect,
        _ => Remedy::None,
    }
}

/// Whether the stream below broke. A certificate that is refused is an I/O error as well, and no other try mends it.
fn is_broken(error: &tokio_postgres::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    error.is_closed() || source.is_some_and(|source| source.kind() != io::ErrorKind::InvalidData)
}

fn told(code: &SqlState) -> (&'static str, &'static str) {
    match code.code() {
        "28000" | "28P01" => ("the server refused the login", "check the user, its password and pg_hba.conf"),
        "3D000" => ("there is no such database", "create it first"),
        "42501" => ("the server refused permission", "grant this user what it lacks"),
        "53100" => ("the server's disk is full", "free space on it"),
        "53300" => ("the server has no connection left", "raise max_connections or use fewer"),
        "55P03" => ("a lock was held for too long", "find the session that holds a transaction open"),
        "57014" => ("a statement took longer than its limit", "look for what slows the server down"),
        "23505" => ("another writer uses the same unique value", "try again"),
        "57P01" | "57P02" | "57P03" => ("the server is going down or starting", "try again"),
        _ => ("the server refused a statement", "this is a defect of the store: report it with the cause"),
    }
}

/// What the server said, without the detail: that quotes rows, and rows hold sealed passwords.
#[derive(Debug)]
struct ServerSaid {
    code: String,
    message: String,
    at: String,
}

impl From<&DbError> for ServerSaid {
    fn from(said: &DbError) -> Self {
        let at = [said.table(), said.column(), said.constraint()].into_iter().flatten().collect::<Vec<_>>();
        Self { code: said.code().code().to_owned(), message: said.message().to_owned(), at: at.join(".") }
    }
}

impl fmt::Display for ServerSaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)?;
        if self.at.is_empty() { Ok(()) } else { write!(f, " at {}", self.at) }
    }
}

impl std::error::Error for ServerSaid {}
