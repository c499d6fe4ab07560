//! What is to be written, row by row: worked out first, then carried out in one transaction where our functions are
//! installed, or one after the other where they are not.

use serde_json::{Map, Value};

use crate::store::text::clean;

/// Columns and their values.
pub(super) type Cells = Map<String, Value>;

/// How a row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// A new row; another one of its key is an error.
    Insert,
    /// A new row, unless there is one of its key.
    Add,
    /// Laid over the row of its key, or a new one.
    Upsert,
    /// Columns of a row that is there.
    Update,
    /// The row goes.
    Delete,
}

impl Act {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Add => "add",
            Self::Upsert => "upsert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// One row to be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) table: &'static str,
    pub(super) act: Act,
    /// What names the row.
    pub(super) key: Cells,
    /// What is written, without the key.
    pub(super) cells: Cells,
    /// Keys taken out of `details`, to which the rest is merged; `None`: `details` is a column like any other.
    pub(super) dropped: Option<Vec<String>>,
}

impl Change {
    pub(super) fn new(table: &'static str, act: Act, key: Cells, cells: Cells) -> Self {
        let mut change = Self { table, act, key, cells, dropped: None };
        for cells in [&mut change.key, &mut change.cells] {
            let mut value = Value::Object(std::mem::take(cells));
            clean(&mut value);
            if let Value::Object(cleaned) = value {
                *cells = cleaned;
            }
        }
        change
    }

    /// The whole row.
    pub(super) fn row(&self) -> Value {
        let mut row = self.key.clone();
        row.extend(self.cells.clone());
        Value::Object(row)
    }
}

/// Cells from pairs.
pub(super) fn cells<const N: usize>(pairs: [(&str, Value); N]) -> Cells {
    pairs.into_iter().map(|(column, value)| (column.to_owned(), value)).collect()
}
