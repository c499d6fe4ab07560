//! How our types rest in SQLite: uuids, addresses and times as TEXT, JSON as TEXT, booleans as INTEGER.

use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use rusqlite::types::{FromSqlError, ToSql, ToSqlOutput, Value as Sql, ValueRef};
use rusqlite::{Result, Row};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::id::{CredentialSetId, JobId, ProfileId, ServerId, TaskId};
use crate::job::{JobStatus, Priority};
use crate::store::fields::Blank;

static MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// A value of one column.
pub(super) trait Cell: Sized {
    fn bind(&self) -> ToSqlOutput<'_>;
    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError>;
}

/// Lets a [`Cell`] stand where rusqlite wants a parameter.
pub(super) struct P<'a, T>(pub &'a T);

impl<T: Cell> ToSql for P<'_, T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.bind())
    }
}

/// Reads the columns of a row one after the other.
pub(super) struct Cursor<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Cursor<'r, 's> {
    pub(super) fn new(row: &'r Row<'s>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: Cell>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        cell(self.row, index)
    }
}

/// Reads one column.
pub(super) fn cell<T: Cell>(row: &Row<'_>, index: usize) -> Result<T> {
    let value = row.get_ref(index)?;
    T::read(value)
        .map_err(|cause| rusqlite::Error::FromSqlConversionFailure(index, value.data_type(), Box::new(cause)))
}

/// A uuid as its column holds it.
pub(super) fn uuid_text(id: Uuid, buffer: &mut [u8; 36]) -> &str {
    id.hyphenated().encode_lower(buffer)
}

/// A time as its column holds it.
pub(super) fn time_text(time: &Timestamp) -> String {
    MILLISECONDS.timestamp_to_string(time)
}

fn text(text: String) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Sql::Text(text))
}

fn wrong(cause: impl std::error::Error + Send + Sync + 'static) -> FromSqlError {
    FromSqlError::Other(Box::new(cause))
}

/// A missing value is NULL, and so is an empty text: both mean "not known".
impl<T: Cell + Blank> Cell for Option<T> {
    fn bind(&self) -> ToSqlOutput<'_> {
        match self {
            Some(value) if !value.is_blank() => value.bind(),
            _ => ToSqlOutput::Owned(Sql::Null),
        }
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }
}

impl Cell for String {
    fn bind(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Text(self.as_bytes()))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_str().map(str::to_owned)
    }
}

impl Cell for i64 {
    fn bind(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Owned(Sql::Integer(*self))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_i64()
    }
}

macro_rules! small_integer {
    ($($kind:ty)*) => {$(
        impl Cell for $kind {
            fn bind(&self) -> ToSqlOutput<'_> {
                ToSqlOutput::Owned(Sql::Integer(i64::from(*self)))
            }

            fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
                let number = value.as_i64()?;
                Self::try_from(number).map_err(|_| FromSqlError::OutOfRange(number))
            }
        }
    )*};
}
small_integer!(u8 u16 u32);

impl Blank for u16 {}
impl Blank for u32 {}

impl Cell for f64 {
    fn bind(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Owned(Sql::Real(*self))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_f64()
    }
}

impl Cell for bool {
    fn bind(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Owned(Sql::Integer(i64::from(*self)))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_i64().map(|number| number != 0)
    }
}

impl Cell for Bytes {
    fn bind(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Blob(self))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_blob().map(Self::copy_from_slice)
    }
}

impl Blank for Bytes {}

impl Cell for Timestamp {
    fn bind(&self) -> ToSqlOutput<'_> {
        text(time_text(self))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_str()?.parse().map_err(wrong)
    }
}

impl Cell for Uuid {
    fn bind(&self) -> ToSqlOutput<'_> {
        text(self.to_string())
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        Self::parse_str(value.as_str()?).map_err(wrong)
    }
}

macro_rules! id_cell {
    ($($id:ident)*) => {$(
        impl Cell for $id {
            fn bind(&self) -> ToSqlOutput<'_> {
                text(self.0.to_string())
            }

            fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
                Uuid::read(value).map(Self)
            }
        }
    )*};
}
id_cell!(JobId TaskId ServerId CredentialSetId ProfileId);

impl Cell for IpAddr {
    fn bind(&self) -> ToSqlOutput<'_> {
        text(self.to_string())
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_str()?.parse().map_err(wrong)
    }
}

impl Cell for Value {
    fn bind(&self) -> ToSqlOutput<'_> {
        match self {
            Self::Null => ToSqlOutput::Owned(Sql::Null),
            value => text(value.to_string()),
        }
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        match value {
            ValueRef::Null => Ok(Self::Null),
            value => serde_json::from_str(value.as_str()?).map_err(wrong),
        }
    }
}

/// NULL and JSON that is no object read as empty.
impl Cell for Map<String, Value> {
    fn bind(&self) -> ToSqlOutput<'_> {
        text(json_text(self))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        match Value::read(value)? {
            Value::Object(map) => Ok(map),
            _ => Ok(Self::new()),
        }
    }
}

impl Cell for Vec<CredentialSetId> {
    fn bind(&self) -> ToSqlOutput<'_> {
        text(json_text(self))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        match value {
            ValueRef::Null => Ok(Self::new()),
            value => serde_json::from_str(value.as_str()?).map_err(wrong),
        }
    }
}

impl Cell for JobStatus {
    fn bind(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Text(self.as_str().as_bytes()))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_str()?.parse().map_err(wrong)
    }
}

impl Cell for Priority {
    fn bind(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Text(self.as_str().as_bytes()))
    }

    fn read(value: ValueRef<'_>) -> Result<Self, FromSqlError> {
        value.as_str().map(Self::from_word)
    }
}

/// JSON of a list or map of ours. Their keys are texts, so nothing can fail; an empty list is what would be left.
pub(super) fn json_text<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fixed_width_so_that_text_order_is_time_order() {
        let time: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert_eq!(time.bind(), text("2026-01-02T03:04:05.000Z".to_owned()));
    }
}
