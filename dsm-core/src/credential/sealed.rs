//! Sealed passwords as columns hold them, and the places they are bound to.

use std::fmt;

use uuid::Uuid;

use crate::id::{CredentialSetId, JobId, ServerId};
use crate::store::Table;

/// What a text sealed by this build begins with, and the version in it.
pub(super) const VERSION: &str = "dsm1";

/// A sealed password as a column holds it: `dsm1:<key id>:<base64 of nonce and ciphertext>`; or, where the operator asked for
/// that, in the existing system's form.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedText(pub(super) String);

impl SealedText {
    /// The column's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The column's text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for SealedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedText(…)")
    }
}

/// What a stored text is, as far as it can be told without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// Sealed by us.
    Ours { key_id: &'a str, coded: &'a str },
    /// Sealed by a later version of this.
    Newer,
    /// Anything else: the existing system's, or nothing at all.
    Other,
}

impl<'a> Form<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut parts = text.trim().splitn(3, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(VERSION), Some(key_id), Some(coded)) => Self::Ours { key_id, coded },
            (Some(version), Some(_), Some(_)) if is_version(version) => Self::Newer,
            _ => Self::Other,
        }
    }
}

fn is_version(word: &str) -> bool {
    word.strip_prefix("dsm")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
}

/// Where a sealed password is stored. It opens nowhere else, so that one row's cannot be put into another's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// `credential_sets.password_encrypted` of a set.
    CredentialSet(CredentialSetId),
    /// `servers.idrac_password_encrypted` of a server known by its row.
    Server(ServerId),
    /// The same, of a server known by its service tag only: a scan seals before the store has given it a row.
    ServerTag(&'a str),
    /// A value in `jobs.details` of a job, by its JSON pointer.
    JobDetail(JobId, &'a str),
    /// The [sealed column](Table::sealed_column) of a row.
    Row(Table, Uuid),
    /// A column of the embedding program.
    Other {
        /// Table and column.
        column: &'a str,
        /// What tells the row from others.
        row: &'a str,
    },
}

impl Place<'_> {
    /// What a ciphertext is bound to beside its key. Lengths go before texts, so that no two places share one.
    pub(super) fn bound_to(&self, key_id: &str) -> String {
        let (column, row) = match *self {
            Self::CredentialSet(id) => ("credential_sets.password_encrypted", id.to_string()),
            Self::Server(id) => ("servers.idrac_password_encrypted/id", id.to_string()),
            Self::ServerTag(tag) => ("servers.idrac_password_encrypted/tag", tag.to_owned()),
            Self::JobDetail(id, pointer) => ("jobs.details", format!("{id}{pointer}")),
            Self::Row(table, id) => (sealed_column(table), id.to_string()),
            Self::Other { column, row } => (column, row.to_owned()),
        };
        let kind = u8::from(matches!(self, Self::Other { .. }));
        format!("{VERSION}:{key_id}:{kind}:{}:{column}:{}:{row}", column.len(), row.len())
    }
}

const fn sealed_column(table: Table) -> &'static str {
    match table {
        Table::ScpBackups => "scp_backups.scp_raw_content",
        Table::VirtualMediaSessions => "virtual_media_sessions.share_password_encrypted",
        _ => table.name(),
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CredentialSet(id) => write!(f, "credential_sets.password_encrypted of {id}"),
            Self::Server(id) => write!(f, "servers.idrac_password_encrypted of {id}"),
            Self::ServerTag(tag) => write!(f, "servers.idrac_password_encrypted of service tag {tag}"),
            Self::JobDetail(id, pointer) => write!(f, "jobs.details{pointer} of {id}"),
            Self::Row(table, id) => write!(f, "{} of {id}", sealed_column(*table)),
            Self::Other { column, row } => write!(f, "{column} of {row}"),
        }
    }
}
