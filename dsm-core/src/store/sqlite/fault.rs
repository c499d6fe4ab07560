//! What can go wrong inside a command: SQLite's errors and ours, and how SQLite's are told to people.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind};

/// An error on its way out of a command.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite's.
    Sql(rusqlite::Error),
    /// Ours, said already.
    Ours(Error),
}

pub(super) type Db<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Fault {
    /// The error to hand out, naming the file.
    pub(super) fn into_error(self, path: &Path) -> Error {
        match self {
            Self::Ours(error) => error,
            Self::Sql(error) => sql_error(path, error),
        }
    }
}

/// Says what SQLite met, about which file, and what to do.
pub(super) fn sql_error(path: &Path, error: rusqlite::Error) -> Error {
    let (message, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ("the disk is full", "free space on its file system"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            "another process kept the file locked for too long",
            "find the program that holds a write transaction open",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            ("the file may not be written", "give this user write permission on the file and its directory")
        }
        Some(ErrorCode::CannotOpen) => {
            ("the file cannot be opened", "check that its directory exists and may be written")
        }
        Some(ErrorCode::SystemIoFailure) => {
            ("reading or writing the file failed", "check the disk, then try again")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            ("the file is damaged", "restore it from a copy, or move it away to start with an empty one")
        }
        _ => ("the database refused a statement", "this is a defect of the store: report it with the cause"),
    };
    Error::new(ErrorKind::Store, message).about(path.display().to_string()).hint(hint).with_source(error)
}

/// A thread of the store ended before it answered.
pub(super) fn gone(path: &Path) -> Error {
    Error::new(ErrorKind::Store, "the store is closed")
        .about(path.display().to_string())
        .hint("open it again")
}
