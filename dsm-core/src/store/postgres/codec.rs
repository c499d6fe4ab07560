//! How our types travel: reading by one cast of our own in every statement, so that the column's type is its own
//! affair, and writing whole rows as JSON, which the table's row type reads.

use std::error::Error as StdError;
use std::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use uuid::Uuid;

use super::fault::Db;
use crate::error::{Error, ErrorKind};
use crate::id::{CredentialSetId, JobId, ProfileId, ServerId, TaskId};
use crate::job::{JobStatus, Priority};
pub(super) use crate::store::text::{clean, record, some_text, text};

type Wrong = Box<dyn StdError + Send + Sync>;

/// A value of one column.
pub(super) trait Cell: Sized {
    /// The type a statement casts the column to.
    const TYPE: &'static str;
    /// What the driver reads.
    type Raw: for<'r> FromSql<'r>;

    fn from_raw(raw: Self::Raw) -> Result<Self, Wrong>;
}

/// Reads one column.
pub(super) fn cell<T: Cell>(row: &Row, index: usize) -> Db<T> {
    let raw = row.try_get::<_, T::Raw>(index)?;
    Ok(T::from_raw(raw).map_err(|cause| {
        let column = row.columns().get(index).map_or("?", |column| column.name());
        Error::new(ErrorKind::Store, "a stored value cannot be read").about(column).with_source(cause)
    })?)
}

/// Reads the columns of a row one after the other.
pub(super) struct Cursor<'r> {
    row: &'r Row,
    next: usize,
}

impl<'r> Cursor<'r> {
    pub(super) fn new(row: &'r Row) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: Cell>(&mut self) -> Db<T> {
        let index = self.next;
        self.next += 1;
        cell(self.row, index)
    }
}

/// Reads the first column of all rows.
pub(super) fn column<T: Cell>(rows: &[Row]) -> Db<Vec<T>> {
    rows.iter().map(|row| cell(row, 0)).collect()
}

/// A column of the type that a field of a record is read as.
pub(super) fn cast<T: Cell>(column: &str, _field: &T) -> String {
    format!("{column}::{}", T::TYPE)
}

macro_rules! plain {
    ($($kind:ty: $name:literal),*) => {$(
        impl Cell for $kind {
            const TYPE: &'static str = $name;
            type Raw = Self;

            fn from_raw(raw: Self) -> Result<Self, Wrong> {
                Ok(raw)
            }
        }
    )*};
}
plain!(String: "text", i64: "bigint", f64: "double precision", bool: "boolean", Uuid: "uuid", Timestamp: "timestamptz");

macro_rules! small_integer {
    ($($kind:ty)*) => {$(
        impl Cell for $kind {
            const TYPE: &'static str = "bigint";
            type Raw = i64;

            fn from_raw(raw: i64) -> Result<Self, Wrong> {
                Ok(Self::try_from(raw)?)
            }
        }
    )*};
}
small_integer!(u8 u16 u32);

macro_rules! id_cell {
    ($($id:ident)*) => {$(
        impl Cell for $id {
            const TYPE: &'static str = "uuid";
            type Raw = Uuid;

            fn from_raw(raw: Uuid) -> Result<Self, Wrong> {
                Ok(Self(raw))
            }
        }
    )*};
}
id_cell!(JobId TaskId ServerId CredentialSetId ProfileId);

impl<T: Cell> Cell for Option<T> {
    const TYPE: &'static str = T::TYPE;
    type Raw = Option<T::Raw>;

    fn from_raw(raw: Self::Raw) -> Result<Self, Wrong> {
        raw.map(T::from_raw).transpose()
    }
}

impl Cell for Bytes {
    const TYPE: &'static str = "bytea";
    type Raw = Vec<u8>;

    fn from_raw(raw: Vec<u8>) -> Result<Self, Wrong> {
        Ok(raw.into())
    }
}

impl Cell for IpAddr {
    const TYPE: &'static str = "text";
    type Raw = String;

    fn from_raw(raw: String) -> Result<Self, Wrong> {
        Ok(raw.parse()?)
    }
}

impl Cell for Value {
    const TYPE: &'static str = "jsonb";
    type Raw = Option<Self>;

    fn from_raw(raw: Option<Self>) -> Result<Self, Wrong> {
        Ok(raw.unwrap_or_default())
    }
}

/// NULL and JSON that is no object read as empty.
impl Cell for Map<String, Value> {
    const TYPE: &'static str = "jsonb";
    type Raw = Option<Value>;

    fn from_raw(raw: Option<Value>) -> Result<Self, Wrong> {
        match raw {
            Some(Value::Object(map)) => Ok(map),
            _ => Ok(Self::new()),
        }
    }
}

impl Cell for Vec<CredentialSetId> {
    const TYPE: &'static str = "uuid[]";
    type Raw = Option<Vec<Uuid>>;

    fn from_raw(raw: Self::Raw) -> Result<Self, Wrong> {
        Ok(raw.unwrap_or_default().into_iter().map(CredentialSetId).collect())
    }
}

/// A word the existing database may have beside ours (`paused`, say) is one of waiting: no claim takes it, and it
/// stays in its row.
impl Cell for JobStatus {
    const TYPE: &'static str = "text";
    type Raw = String;

    fn from_raw(raw: String) -> Result<Self, Wrong> {
        Ok(raw.parse().unwrap_or(Self::Pending))
    }
}

impl Cell for Priority {
    const TYPE: &'static str = "text";
    type Raw = Option<String>;

    fn from_raw(raw: Option<String>) -> Result<Self, Wrong> {
        Ok(Self::from_word(raw.as_deref().unwrap_or_default()))
    }
}

/// JSON on its way to the server, as a `jsonb`.
#[derive(Debug)]
pub(super) struct Jsonb(String);

impl Jsonb {
    pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        // Keys of ours are texts, so nothing can fail.
        let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        // Written out, the character the server cannot hold is always these six.
        if !json.contains("\\u0000") {
            return Self(json);
        }
        let mut value: Value = serde_json::from_str(&json).unwrap_or_default();
        clean(&mut value);
        Self(value.to_string())
    }

    /// NULL where there is nothing.
    pub(super) fn some(value: Option<&Value>) -> Option<Self> {
        value.filter(|value| !value.is_null()).map(Self::of)
    }
}

impl ToSql for Jsonb {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Wrong> {
        if *kind == Type::JSONB {
            out.put_u8(1);
        }
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    accepts!(JSON, JSONB);
    to_sql_checked!();
}

/// The uuids of a list of ids.
macro_rules! uuids {
    ($ids:expr) => {
        $ids.into_iter().map(|id| id.0).collect::<Vec<uuid::Uuid>>()
    };
}
pub(super) use uuids;

/// A limit as SQL takes it.
pub(super) fn limit(rows: Option<usize>) -> Option<i64> {
    rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_character_the_server_cannot_hold_is_replaced_everywhere() {
        let odd = json!({"a\0b": ["x\0", {"y": "\0"}], "kept": "\\u0000"});
        let expected = json!({"a\u{fffd}b": ["x\u{fffd}", {"y": "\u{fffd}"}], "kept": "\\u0000"});
        assert_eq!(serde_json::from_str::<Value>(&Jsonb::of(&odd).0).unwrap(), expected);
        assert_eq!(text("a\0b"), "a\u{fffd}b");
    }
}
